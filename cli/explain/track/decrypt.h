/* SPDX-License-Identifier: MIT */
/*
 * Encryption of the link layer undone, for captures of sniffers: Core Vol 6 Part B 2.4.2.4, 5.1.3
 * and Part E. Which key is the right one tells the message integrity code, so that keys are simply
 * tried: each that the capture gave away so far, by a pairing that was computed once more, by key
 * distribution, or by a host's command.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLAIN_KEYS 32
#define EXPLAIN_MIC  4

/* The oldest is forgotten. */
struct explain_keyring {
	uint8_t keys[EXPLAIN_KEYS][16];
	size_t count; /* ever */
};

void track_keyring_add(struct explain_keyring *ring, const uint8_t key[16]);

/* One encryption of a link, from LL_ENC_REQ on. All zero: there is none. */
struct explain_session {
	bool asked, answered;
	uint8_t skd[16], iv[8]; /* the central's half first, as on air */
	bool has_key;
	uint8_t ltk[16], key[16];
	uint64_t next[2]; /* packet counters: 0 of the central, 1 of the peripheral */
	uint8_t failures; /* in a row */
};

/* LL_ENC_REQ and LL_ENC_RSP: opcode and parameters. */
void track_session_ask(struct explain_session *session, const uint8_t *pdu, size_t len);
void track_session_answer(struct explain_session *session, const uint8_t *pdu, size_t len);

/*
 * Opens the payload of a new PDU, MIC behind it: len - EXPLAIN_MIC octets into plain. *end is who
 * sent it, as far as the sniffer could tell, and is put right; *lost, how many PDUs of that end
 * were not heard before it. False: no key is known for it.
 */
bool track_session_open(struct explain_session *session, const struct explain_keyring *ring,
			int *end, uint8_t header, const uint8_t *data, size_t len, uint8_t *plain,
			uint64_t *lost);
