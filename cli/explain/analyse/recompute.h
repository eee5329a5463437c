/* SPDX-License-Identifier: MIT */
/*
 * What can be computed once more from an attempt: confirm values, STK, commitments, the number to
 * compare, DHKey checks with the debug key, the key in use. Where a value does not come out, what
 * might explain it is tried: another passkey, exchanged or wrong addresses, another byte order.
 * Core Vol 3 Part H 2.2 and 2.3.5.
 */
#pragma once

#include "analyse/attempt.h"
#include "analyse/sequence.h"

enum explain_result {
	EXPLAIN_UNKNOWN,   /* something that it needs is not in the capture */
	EXPLAIN_RIGHT,	   /* it comes out */
	EXPLAIN_WRONG,	   /* it does not, and nothing that was tried explains it */
	EXPLAIN_EXPLAINED, /* it comes out if something is done wrong: .how */
};

struct explain_proof {
	enum explain_result result;
	const char *how; /* EXPLAIN_EXPLAINED: what was done, "with ..."; static */
	unsigned tried;	 /* other explanations that were tried */
	uint8_t round;	 /* of passkey entry, from 0: where it stopped to come out */
};

/* A value that was computed, for whoever shows them. */
struct explain_value {
	const char *name;	    /* static */
	uint64_t frame;		    /* where it belongs */
	bool secret;		    /* a key, or what leads to one */
	enum explain_result result; /* of the comparison with the capture; UNKNOWN: none */
	uint8_t len;
	uint8_t octets[16]; /* wire order */
};

#define EXPLAIN_VALUES 12

struct explain_facts {
	bool has_features;
	struct smp_features features;
	struct explain_course course;

	const char *obstacle; /* why not everything can be computed, a clause, or NULL; static */

	/* Legacy. */
	struct explain_proof confirm[2]; /* of each end */
	bool has_tk[2];			 /* the TK that an end used is found */
	uint32_t passkey[2];		 /* it, if so: 0 in Just Works */
	bool has_stk;
	uint8_t stk[16];
	struct explain_proof key; /* that encryption was started with the STK */

	/* Secure Connections. */
	struct explain_proof commitment[2];
	bool has_number, has_sc_passkey;
	uint32_t number, sc_passkey;
	bool passkeys_differ; /* both ends' values of one round come out, with different bits */
	uint8_t differ_round;
	bool bad_point[2]; /* the public key is not on the curve */
	bool debug_key[2];
	struct explain_proof check[2];

	bool has_ltk; /* of Secure Connections: computed, or as the host gave it to its controller
		       */
	bool ltk_computed;
	uint8_t ltk[16];
	/* Whoever listened has, or can compute, the key of this link. */
	bool heard;

	struct explain_value values[EXPLAIN_VALUES];
	size_t value_count;
};

/* Searches for a passkey that all attempts together may cost; each takes a second or two. */
#define EXPLAIN_SEARCHES 24

/* Of a settled attempt. searches: how many are left, counted down. */
void analyse_recompute(const struct explain_attempt *attempt, unsigned *searches,
		       struct explain_facts *facts);

/* ---- Its parts: legacy.c, secure.c ----------------------------------------------------------- */

void analyse_recompute_legacy(const struct explain_attempt *attempt, unsigned *searches,
			      struct explain_facts *facts);
void analyse_recompute_secure(const struct explain_attempt *attempt, struct explain_facts *facts);

/* Notes a value; what does not fit is left out. */
void analyse_note_value(struct explain_facts *facts, const char *name, uint64_t frame, bool secret,
			enum explain_result result, const uint8_t octets[16]);
