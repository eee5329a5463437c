/* SPDX-License-Identifier: MIT */
/* What recomputing the values of one attempt found, and how far it got. Filled by recompute.c. */
#pragma once

#include "analyse/sequence.h"

enum explain_result {
	EXPLAIN_UNKNOWN,   /* an input is not in the capture */
	EXPLAIN_RIGHT,	   /* the value matches */
	EXPLAIN_WRONG,	   /* it does not match, and no known mistake explains it */
	EXPLAIN_EXPLAINED, /* it matches if computed with a known mistake: .how */
};

struct explain_proof {
	enum explain_result result;
	const char *how; /* EXPLAIN_EXPLAINED: the mistake, "with ..." or "and ..."; static */
	unsigned tried;	 /* how many mistakes, and passkeys, were tried */
	uint8_t round;	 /* of passkey entry, from 0: the first that does not match */
};

/* A value to show. */
struct explain_value {
	const char *name;	    /* static */
	uint64_t frame;		    /* the frame that it belongs to */
	bool secret;		    /* a key, or an input that leads to one */
	enum explain_result result; /* compared with the capture; EXPLAIN_UNKNOWN: not compared */
	uint8_t len;
	uint8_t octets[16]; /* wire order */
};

/* Published keys that an end distributed: analyse/known_keys.h. NULL: none. */
struct explain_known {
	const char *ltk, *irk, *csrk; /* the owner of the key; static */
	bool has_div;		      /* the LTK follows from a published root with this... */
	uint16_t div;		      /* ...diversifier */
};

#define EXPLAIN_VALUES 12

struct explain_facts {
	bool has_features;
	struct smp_features features;
	struct explain_sequence_progress progress;

	const char *obstacle; /* why values are not recomputed, a clause; static. NULL: all are */

	/* Legacy pairing. */
	struct explain_proof confirm[2]; /* of each end */
	bool has_tk[2];			 /* the TK that an end used was found: .passkey */
	uint32_t passkey[2];		 /* 0 in Just Works */
	bool has_stk;
	uint8_t stk[16];
	struct explain_proof key; /* that encryption was started with the STK */

	/* Secure Connections. */
	struct explain_proof commitment[2];
	bool has_number, has_sc_passkey;
	uint32_t number, sc_passkey;
	bool passkeys_differ; /* in differ_round both ends' values match, with different bits */
	uint8_t differ_round;
	bool bad_point[2]; /* the public key is not on the curve */
	bool debug_key[2];
	struct explain_proof check[2];

	bool has_ltk;	   /* of Secure Connections */
	bool ltk_computed; /* else the host gave it to its controller */
	uint8_t ltk[16];
	bool heard; /* an eavesdropper can compute the key of this link */

	struct explain_known known[2]; /* of each end */

	struct explain_value values[EXPLAIN_VALUES];
	size_t value_count;
};

/* True if the negotiated key size is allowed: 7 to 16 octets, Vol 3 Part H 2.3.4. */
bool analyse_key_size_is_valid(const struct smp_features *features);

/* Adds a value of 16 octets; the 13th and later ones are left out. */
void analyse_note_value(struct explain_facts *facts, const char *name, uint64_t frame, bool secret,
			enum explain_result result, const uint8_t octets[16]);
