/* SPDX-License-Identifier: MIT */
/* The part of recompute.h for Secure Connections: f4, f5, f6, g2, Core Vol 3 Part H 2.2.6 to 2.2.9.
 */
#pragma once

#include "analyse/facts.h"

/* facts has features and progress. */
void analyse_recompute_secure(const struct explain_attempt *attempt, struct explain_facts *facts);
