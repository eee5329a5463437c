/* SPDX-License-Identifier: MIT */
/*
 * The message sequence chart that a pairing with given features follows (Core Vol 3 Part H Appendix
 * C), and how far an attempt got along it: which PDU came out of order, which was not negotiated,
 * which is missing, and which end had to send next.
 */
#pragma once

#include "analyse/attempt.h"

/* One PDU of the chart. */
struct explain_expected_pdu {
	int8_t from;  /* EXPLAIN_I or EXPLAIN_R */
	uint8_t code; /* enum smp_code */
};

/* The longest chart: features 2, public keys 2, passkey entry 80, checks 2, keys 10. */
#define EXPLAIN_EXPECTED_PDUS 96

/*
 * Fills expected (EXPLAIN_EXPECTED_PDUS entries) with the whole chart and returns its length. Key
 * distribution begins at index *keys. Only method, secure_connections, init_keys and resp_keys of
 * features are read.
 */
size_t sequence_follow(const struct smp_features *features, struct explain_expected_pdu *expected,
		       size_t *keys);

#define EXPLAIN_NO_STEP UINT16_MAX

/* Steps are indices into attempt->steps; EXPLAIN_NO_STEP: none. */
struct explain_sequence_progress {
	size_t expected, keys; /* PDUs of the chart, and of it before key distribution */
	size_t done;	       /* of the expected PDUs, how many were seen */
	bool complete;	       /* all of them */
	bool phase_2;	       /* the last one before key distribution was seen, or a later one */
	uint16_t unexpected;   /* a PDU, not of key distribution, that the chart lacks there */
	uint16_t early;	       /* it came before the PDU that it must wait for ... */
	uint16_t late;	       /* ... which is this one */
	/* Key PDUs that were not negotiated, a bit for each code; of each end. */
	uint16_t not_negotiated[2];
	uint16_t not_negotiated_step[2]; /* the first of each end */
	uint16_t keys_missing[2];	 /* negotiated but never seen, a bit for each code */
	bool hole;			 /* an expected PDU was not seen, though a later one was */
	struct explain_expected_pdu missing; /* the first such */
	uint16_t beyond;		     /* the first step behind the hole */
	struct explain_expected_pdu due;     /* the PDU that had to come next; unless complete */
	bool waits_for_encryption;	     /* encryption has to start before due is sent */
};

/*
 * Compares the SMP steps of a finalized attempt with the chart of features and fills progress.
 * Steps after Pairing Failed do not count.
 */
void sequence_walk(const struct explain_attempt *attempt, const struct smp_features *features,
		   struct explain_sequence_progress *progress);

/* True for the five PDUs of key distribution. */
bool sequence_is_key(uint8_t code);

/* True for the methods in which a user types a passkey, Vol 3 Part H 2.3.5.1. */
bool sequence_is_passkey(enum smp_method method);
