/* SPDX-License-Identifier: MIT */
/*
 * The message chart that a pairing of these features has (Core Vol 3 Part H Appendix C), and how
 * the attempt went along it: what came out of order, what was not agreed, what is missing, and
 * whose turn it was in the end.
 */
#pragma once

#include "analyse/attempt.h"

struct explain_beat {
	int8_t from;
	uint8_t code;
};

/* Features 2, public keys 2, passkey entry 80, checks 2, keys 10. */
#define EXPLAIN_BEATS 96

/* Fills beats with the whole chart; returns how many. Keys begin at *keys. */
size_t sequence_follow(const struct smp_features *features, struct explain_beat *beats,
		       size_t *keys);

#define EXPLAIN_NO_STEP UINT16_MAX

/* Steps are indices into attempt->steps, EXPLAIN_NO_STEP: none. */
struct explain_course {
	size_t beats, keys;  /* of the chart, and of it before key distribution */
	size_t done;	     /* beats that were seen */
	bool complete;	     /* all of them */
	bool phase_2;	     /* all before key distribution, or enough of what follows */
	uint16_t unexpected; /* a PDU of phase 1 or 2 that the chart does not have there */
	uint16_t early;	     /* it came before what it must wait for ... */
	uint16_t late;	     /* ... this one */
	/* Key PDUs that were not negotiated, as bits of their codes; per end. */
	uint16_t not_negotiated[2];
	uint16_t not_negotiated_step[2]; /* the first of each */
	uint16_t keys_missing[2];	 /* negotiated and never seen, as bits of codes */
	bool hole;			 /* a beat was not seen, though later ones were */
	struct explain_beat missing;	 /* the first such */
	uint16_t beyond;		 /* the first step behind it */
	struct explain_beat due;	 /* what should have come next; unless complete */
	bool waits_for_encryption;	 /* ... but before that, encryption */
};

void sequence_walk(const struct explain_attempt *attempt, const struct smp_features *features,
		   struct explain_course *course);

/* True for the five PDUs of key distribution. */
bool sequence_is_key(uint8_t code);
