/* SPDX-License-Identifier: MIT */
/* A finding: the result of one check that applies. Conditions fill it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyse/attempt.h"

#define EXPLAIN_FINDING_FRAMES 4
/* The longest text of a finding or verdict, and a zero. */
#define EXPLAIN_TEXT_MAX 480

/* A loop over both ends, the initiator first. */
#define EACH_END(end) for (int8_t end = EXPLAIN_I; end <= (int8_t)EXPLAIN_R; end++)

struct explain_finding {
	const struct explain_check *check;
	bool cause; /* the most likely cause of the failure */
	int8_t by;  /* the end that did it: EXPLAIN_I, EXPLAIN_R or EXPLAIN_NOBODY */
	uint64_t frames[EXPLAIN_FINDING_FRAMES]; /* the frames that show it */
	uint8_t frame_count;
	char text[EXPLAIN_TEXT_MAX]; /* one clause, without a full stop */
	size_t effect;	  /* where text goes on with the refusal that it caused; 0: nowhere */
	const char *fix;  /* what to do in this case; NULL: see advice. Borrowed */
	char advice[320]; /* what to do, with the end and a command; empty: what the check says */
};

/*
 * Fills finding with the end that did it, a frame (0: none) and a text, cut at the size of the
 * buffer. Always returns true, so that a condition can end with it.
 */
bool check_found(struct explain_finding *finding, int8_t by, uint64_t frame, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

/* Adds a frame. Ignores 0, a frame that is already there, and a fifth frame. */
void check_add_frame(struct explain_finding *finding, uint64_t frame);

/*
 * "initiator", "responder", or "nobody": for the texts of conditions and verdicts, which speak as
 * if the roles were known. check_name_ends() gives the ends the names that the capture allows.
 */
const char *check_role(int8_t end);

/* What the capture allows to call this end: a role, or "host" and "peer"; "nobody". */
const char *check_end_name(const struct explain_attempt *attempt, int8_t end);

/*
 * Names the ends in a text, in a buffer of that size: "the nobody" is one of the two ends; and if
 * the roles are not known, the initiator (the central) is the captured host, and the other the
 * peer.
 */
void check_name_ends(const struct explain_attempt *attempt, char *text, size_t size);

/* "A, B and C": the names of the PDUs whose codes are set as bits in codes. Returns text. */
#define CHECK_PDU_LIST 160
const char *check_pdu_list(uint16_t codes, char text[CHECK_PDU_LIST]);

/* "Enc, Id, Sign, Link": the names of SMP_DIST_* bits, or "none". Returns text. */
#define CHECK_KEY_LIST 24
const char *check_key_list(uint8_t dist, const char *separator, char text[CHECK_KEY_LIST]);
