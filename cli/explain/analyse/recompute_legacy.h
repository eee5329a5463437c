/* SPDX-License-Identifier: MIT */
/* The part of recompute.h for legacy pairing: c1, s1, Core Vol 3 Part H 2.2.3 and 2.2.4. */
#pragma once

#include "analyse/facts.h"

/* facts has features and progress. *searches: as for analyse_recompute(). */
void analyse_recompute_legacy(const struct explain_attempt *attempt, unsigned *searches,
			      struct explain_facts *facts);
