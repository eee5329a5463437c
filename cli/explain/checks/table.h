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
	const struct explain_history *memory;
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

extern const struct explain_check check_table[];
extern const size_t check_count;

#define EXPLAIN_FINDINGS 16

/* Runs all checks; returns how many findings there are, the heaviest first. */
size_t check_run_all(struct explain_case *c, struct explain_finding findings[EXPLAIN_FINDINGS]);

const char *check_severity_name(enum explain_severity severity);

/* ---- For conditions -------------------------------------------------------------------------- */

/* Fills a finding and returns true. frame 0: none. */
bool check_found(struct explain_finding *finding, int8_t by, uint64_t frame, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
void check_add_frame(struct explain_finding *finding, uint64_t frame);
/* "initiator", "responder". */
const char *check_who(int8_t end);
/* "A, B and C" of the PDUs whose codes are bits. */
const char *check_pdu_list(uint16_t codes, char text[160]);

/*
 * The step of an end that left out a PDU of its own: not lost by the capture, for the other end did
 * not have it either, and refused what came in its place. NULL: none.
 */
const struct explain_step *check_skipped(const struct explain_case *c);

/* A pairing was under way, or had failed, when encryption was asked for: there was no key to it. */
bool check_keyless(const struct explain_case *c);

/* The command to encrypt in this attempt, which the controller refused. NULL: it did not. */
const struct explain_refusal *check_refused_to_encrypt(const struct explain_case *c);

/* What was awaited when nothing came any more: "Pairing Random", "encryption". */
const char *check_awaited(const struct explain_case *c);

typedef bool explain_condition(const struct explain_case *c, struct explain_finding *finding);

/* check_pairing.c: what was said. */
explain_condition check_keys_not_negotiated, check_wrong_length, check_reserved_value,
	check_keys_not_offered, check_keys_order, check_out_of_turn, check_wrong_role,
	check_after_failure, check_keys_missing, check_security_request_ignored, check_mitm_unmet,
	check_io_unused, check_key_size_refused, check_mitm_refused, check_peer_reason,
	check_unknown_reason;
/* check_values.c: what was computed. */
explain_condition check_passkeys_differ, check_confirm_wrong, check_commitment_wrong,
	check_dhkey_check_wrong, check_wrong_stk, check_invalid_key, check_reflected_key,
	check_mirrored, check_rejected_right, check_patterned_keys, check_patterned_nonce,
	check_repeated_nonce, check_repeated_ltk, check_repeated_public_key, check_repeated_passkey,
	check_debug_key, check_small_key, check_downgrade, check_open_book, check_read_along,
	check_passkey_shown, check_not_computable;
/* check_link.c: the link and its encryption. */
explain_condition check_no_bond, check_bond_refused_here, check_mic_failure,
	check_refused_encryption, check_not_established, check_hardware_error, check_supervision,
	check_silent, check_hung_up, check_identifier, check_result_code, check_unanswered,
	check_bad_parameters, check_slow;
/* check_host.c: the host before, and the capture itself. */
explain_condition check_command_refused, check_masked, check_le_host, check_bringup_missing,
	check_capture_holes, check_capture_cut;
