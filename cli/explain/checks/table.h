/* SPDX-License-Identifier: MIT */
/*
 * The checks: one row each, in the order of their weight. A row says what it is called, how bad it
 * is, when it holds, what it means, which section of the Core Specification says so, and what to
 * do. docs/explain.md is made from the table.
 */
#pragma once

#include "analyse/attempt.h"
#include "analyse/history.h"
#include "analyse/recompute.h"

enum explain_severity {
	EXPLAIN_FAULT,	  /* against the specification, or what made it fail */
	EXPLAIN_WEAKNESS, /* it may work, and is not safe */
	EXPLAIN_SURPRISE, /* allowed, and hardly what was meant */
	EXPLAIN_HINT,	  /* good to know */
};

/* How an attempt ended. */
enum explain_outcome {
	EXPLAIN_UNEVENTFUL,    /* a connection in which nothing of all this happened */
	EXPLAIN_PAIRED,	       /* paired and encrypted */
	EXPLAIN_ENCRYPTED,     /* encrypted with a bond */
	EXPLAIN_UNFINISHED,    /* the capture ends, or has not enough, before there is an end */
	EXPLAIN_REFUSED,       /* Pairing Failed */
	EXPLAIN_NO_KEY,	       /* the peer, or the host, has no bond for it any more */
	EXPLAIN_NOT_ENCRYPTED, /* encryption was refused, or failed */
	EXPLAIN_LOST,	       /* the link ended in the middle */
	EXPLAIN_SILENCE,       /* 30 s without an answer, Vol 3 Part H 3.4 */
	EXPLAIN_NOT_CONNECTED, /* the link never came up */
	EXPLAIN_OUTCOMES
};

struct explain_finding {
	const struct explain_check *check;
	bool cause;	    /* the most likely reason of the failure */
	int8_t by;	    /* who did it; EXPLAIN_NOBODY */
	uint64_t frames[4]; /* where */
	uint8_t frame_count;
	char text[480];
};

/* All that a condition may ask. */
struct explain_case {
	const struct explain_attempt *attempt;
	const struct explain_facts *facts;
	const struct explain_memory *memory;
	enum explain_outcome outcome;
	int8_t silent; /* of EXPLAIN_SILENCE and EXPLAIN_UNFINISHED: whose turn it was */
	const struct explain_step *late; /* the PDU that came when 30 s were over, or NULL */
	bool failed;			 /* the outcome is a failure */
	bool explained;			 /* a row above has found the cause */
	uint8_t parameter;		 /* of the row under way */
};

struct explain_check {
	const char *id;
	enum explain_severity severity;
	bool ends; /* it can be why an attempt failed */
	bool (*holds)(const struct explain_case *c, struct explain_finding *finding);
	uint8_t parameter;
	const char *text;    /* what it means */
	const char *section; /* of the Core Specification */
	const char *fix;
};

extern const struct explain_check explain_checks[];
extern const size_t explain_check_count;

#define EXPLAIN_FINDINGS 16

/* Runs all checks; returns how many findings there are, the heaviest first. */
size_t explain_run_checks(struct explain_case *c,
			  struct explain_finding findings[EXPLAIN_FINDINGS]);

const char *explain_severity_name(enum explain_severity severity);

/* ---- For conditions -------------------------------------------------------------------------- */

/* Fills a finding and returns true. frame 0: none. */
bool explain_say(struct explain_finding *finding, int8_t by, uint64_t frame, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
void explain_also(struct explain_finding *finding, uint64_t frame);
/* "initiator", "responder". */
const char *explain_who(int8_t end);
/* "A, B and C" of the PDUs whose codes are bits. */
const char *explain_pdu_list(uint16_t codes, char text[160]);

/*
 * The step of an end that left out a PDU of its own: not lost by the capture, for the other end did
 * not have it either, and refused what came in its place. NULL: none.
 */
const struct explain_step *explain_skipped(const struct explain_case *c);

/* A pairing was under way, or had failed, when encryption was asked for: there was no key to it. */
bool explain_keyless(const struct explain_case *c);

/* The command to encrypt in this attempt, which the controller refused. NULL: it did not. */
const struct explain_refusal *explain_refused_to_encrypt(const struct explain_case *c);

/* What was awaited when nothing came any more: "Pairing Random", "encryption". */
const char *explain_awaited(const struct explain_case *c);

typedef bool explain_condition(const struct explain_case *c, struct explain_finding *finding);

/* check_pairing.c: what was said. */
explain_condition explain_keys_not_negotiated, explain_wrong_length, explain_reserved_value,
	explain_keys_not_offered, explain_keys_order, explain_out_of_turn, explain_wrong_role,
	explain_after_failure, explain_keys_missing, explain_security_request_ignored,
	explain_mitm_unmet, explain_io_unused, explain_key_size_refused, explain_mitm_refused,
	explain_peer_reason, explain_unknown_reason;
/* check_values.c: what was computed. */
explain_condition explain_passkeys_differ, explain_confirm_wrong, explain_commitment_wrong,
	explain_check_wrong, explain_wrong_stk, explain_invalid_key, explain_reflected_key,
	explain_mirrored, explain_rejected_right, explain_patterned_keys, explain_patterned_nonce,
	explain_repeated_nonce, explain_repeated_ltk, explain_repeated_public_key,
	explain_repeated_passkey, explain_debug_key, explain_small_key, explain_downgrade,
	explain_open_book, explain_read_along, explain_passkey_shown, explain_not_computable;
/* check_link.c: the link and its encryption. */
explain_condition explain_no_bond, explain_bond_refused_here, explain_mic_failure,
	explain_refused_encryption, explain_not_established, explain_hardware_error,
	explain_supervision, explain_silent, explain_hung_up, explain_identifier,
	explain_result_code, explain_unanswered, explain_bad_parameters, explain_slow;
/* check_host.c: the host before, and the capture itself. */
explain_condition explain_command_refused, explain_masked, explain_le_host, explain_bringup_missing,
	explain_capture_holes, explain_capture_cut;
