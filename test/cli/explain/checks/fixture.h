/* SPDX-License-Identifier: MIT */
/*
 * A case built by hand for the tests of single conditions: an attempt between a captured initiator
 * and a responder, with the facts that a test sets. Nothing is recomputed.
 */
#pragma once

#include "checks/conditions.h"
#include "checks/questions.h"
#include "unit.h"

enum { I = EXPLAIN_I, R = EXPLAIN_R, NOBODY = EXPLAIN_NOBODY };

#define MS 1000ULL
#define S  1000000ULL

extern struct explain_attempt attempt;
extern struct explain_facts facts;
extern struct explain_history history;
extern struct explain_case tested;
extern struct explain_finding finding;

/* Starts a case without any step. For the setup of a test. */
int case_begin(void **state);

struct explain_mark at(uint64_t frame, uint64_t time_us);

/* Adds an SMP PDU of one octet or more, and returns its step. */
struct explain_step *case_pdu(int8_t from, uint8_t code, uint64_t frame, uint64_t time_us);

/*
 * Sets the features of both ends in frames 1 and 2: IO capability and AuthReq. All keys, 16 octets,
 * no OOB data; change attempt.party[].features_pdu and call case_negotiate() for others.
 */
void case_features(uint8_t io_i, uint8_t auth_i, uint8_t io_r, uint8_t auth_r);
void case_negotiate(void);

/* Follows the message chart of the features with the PDUs that were added. */
void case_walk(void);

/* Runs the condition: it must apply, blame that end, and have that text and these frames. */
void case_finds(explain_condition *condition, int8_t by, const char *text, uint64_t frame,
		uint64_t second, uint64_t third);
/* It must not apply. */
void case_finds_nothing(explain_condition *condition);
