/* SPDX-License-Identifier: MIT */
/*
 * What a person does about a finding: which end has to act, and the command to type on the system
 * of that end, where one is known. From one table.
 */
#pragma once

#include "checks/case.h"
#include "checks/finding.h"

/*
 * Fills finding->advice for a check that the table of advice has, unless the condition has set
 * finding->fix. The command stands last, in backquotes.
 */
void check_advise(const struct explain_case *c, struct explain_finding *finding);
