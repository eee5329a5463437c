/* SPDX-License-Identifier: MIT */
/* The case that the checks examine: one attempt, the values computed from it, and its outcome. */
#pragma once

#include "analyse/attempt.h"
#include "analyse/history.h"
#include "analyse/recompute.h"

/* How an attempt ended. */
enum explain_outcome {
	EXPLAIN_UNEVENTFUL,    /* connected; neither pairing nor encryption was tried */
	EXPLAIN_PAIRED,	       /* paired and encrypted */
	EXPLAIN_ENCRYPTED,     /* encrypted with a bond */
	EXPLAIN_UNFINISHED,    /* the capture ends, or another attempt begins, before the end */
	EXPLAIN_REFUSED,       /* Pairing Failed */
	EXPLAIN_NO_KEY,	       /* the peripheral has no key for this central any more */
	EXPLAIN_BYPASSED,      /* encrypted before the pairing had made a key */
	EXPLAIN_NOT_ENCRYPTED, /* encryption was refused, or failed */
	EXPLAIN_CONTRADICTED,  /* an end contradicts itself, so that the other end must refuse */
	EXPLAIN_LOST,	       /* the link ended before the procedure did */
	EXPLAIN_SILENCE,       /* 30 s without an answer, Vol 3 Part H 3.4 */
	EXPLAIN_NOT_CONNECTED, /* the link was not established */
	EXPLAIN_OUTCOMES
};

struct explain_case {
	const struct explain_attempt *attempt; /* finalized: end 0 is the initiator */
	const struct explain_facts *facts;
	const struct explain_history *history; /* of the attempts before this one */
	enum explain_outcome outcome;
	int8_t turn; /* the end that had to send next; EXPLAIN_NOBODY: none, or not known */
	const struct explain_step *late; /* the PDU that came after the 30 s, or NULL */
	bool failed;			 /* the outcome is a failure */
	bool explained;			 /* an earlier row of the table is the cause */
	uint8_t parameter;		 /* of the row that is being run */
};
