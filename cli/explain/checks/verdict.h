/* SPDX-License-Identifier: MIT */
/* The verdict on one attempt: how it ended, why, and everything that the checks found. */
#pragma once

#include "checks/table.h"

struct explain_verdict {
	const struct explain_attempt *attempt; /* lent */
	struct explain_facts facts;
	enum explain_outcome outcome;
	bool failed;
	int8_t by;	/* who ended it; EXPLAIN_NOBODY */
	uint64_t frame; /* where it ended, 0: nowhere */
	char text[200]; /* one line: "the responder refused: Unspecified Reason (0x08)" */
	struct explain_finding findings[EXPLAIN_FINDINGS];
	size_t count;
	bool resolved[2]; /* who is behind a resolvable private address */
	struct crypto_address identity[2];
};

/* False: nothing happened that anybody would ask about; the verdict is then not filled. */
bool verdict_is_worth_reporting(const struct explain_attempt *attempt);

/* Judges a finalized attempt, and remembers it. searches: see recompute.h. */
void verdict_judge(const struct explain_attempt *attempt, struct explain_history *memory,
		   unsigned *searches, struct explain_verdict *verdict);

/* The finding that is the cause, NULL: none is. */
const struct explain_finding *verdict_cause(const struct explain_verdict *verdict);

/* "paired", "refused", "unfinished"... for JSON. */
const char *verdict_outcome_slug(enum explain_outcome outcome);

void verdict_wipe(struct explain_verdict *verdict);
