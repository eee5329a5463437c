/* SPDX-License-Identifier: MIT */
/* The verdict on one attempt: how it ended, why, and all findings. */
#pragma once

#include "checks/table.h"

struct explain_verdict {
	const struct explain_attempt *attempt; /* borrowed: it must outlive the verdict */
	struct explain_facts facts;
	enum explain_outcome outcome;
	bool failed;	/* the outcome is a failure */
	int8_t by;	/* the end that ended it; EXPLAIN_NOBODY */
	uint64_t frame; /* where it ended, 0: nowhere */
	char text[200]; /* one clause: "the responder refused: Unspecified Reason (0x08)" */
	size_t count;
	bool resolved[2]; /* the end uses a resolvable private address, and its IRK is known... */
	struct crypto_address identity[2]; /* ...so this is its identity address */
	size_t touched; /* how many of the findings were written to since they were wiped */
	/* The cause first, hints last, otherwise in the order of the table. */
	struct explain_finding findings[EXPLAIN_FINDINGS];
};

/* False: the attempt has neither a pairing nor an encryption nor a failure. */
bool verdict_is_worth_reporting(const struct explain_attempt *attempt);

/*
 * Judges a finalized attempt and adds it to the history. searches: the number of passkey searches
 * that are left, counted down; see analyse/recompute.h.
 */
void verdict_judge(const struct explain_attempt *attempt, struct explain_history *history,
		   unsigned *searches, struct explain_verdict *verdict);

/* True when it ended paired or encrypted. An attempt that is cut neither succeeded nor failed. */
bool verdict_succeeded(const struct explain_verdict *verdict);

/* The finding that is the most likely cause of the failure, or NULL. */
const struct explain_finding *verdict_cause(const struct explain_verdict *verdict);

/* The first finding, hints excluded, that names this frame, or NULL. */
const struct explain_finding *verdict_finding_at(const struct explain_verdict *verdict,
						 uint64_t frame);

/* The name of the outcome in JSON: "paired", "refused", "unfinished"... */
const char *verdict_outcome_slug(enum explain_outcome outcome);

/* Overwrites all that was written to it, keys included. */
void verdict_wipe(struct explain_verdict *verdict);
