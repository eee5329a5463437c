/* SPDX-License-Identifier: MIT */
/*
 * Decrypts link-layer PDUs in captures of sniffers: Core Vol 6 Part B 2.4.2.4, 5.1.3 and Part E.
 * The MIC shows which key is right, so every key known so far is tried: from a recomputed pairing,
 * from key distribution, or from a command of a host. So is a key of zero, which a peripheral that
 * never set one may use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLAIN_KEYS 32
#define EXPLAIN_MIC  4

/* The known keys, each once; a new key replaces the oldest. All zero: empty. */
struct explain_keyring {
	uint8_t keys[EXPLAIN_KEYS][16];
	size_t count; /* all keys ever added */
};

/* Adds a key unless the ring has it. */
void track_keyring_add(struct explain_keyring *ring, const uint8_t key[16]);

/* The encryption of a link, from LL_ENC_REQ on. All zero: none. */
struct explain_session {
	bool requested, answered;
	uint8_t skd[16], iv[8]; /* the central's half first, as on air */
	bool has_key;
	uint8_t ltk[16], key[16];
	uint64_t next[2]; /* packet counters: 0 of the central, 1 of the peripheral */
	uint8_t failures; /* PDUs in a row that no key decrypts */
};

/*
 * Start the encryption of a link: LL_ENC_REQ, which resets it, and LL_ENC_RSP. pdu is opcode and
 * parameters; a PDU that is too short is ignored.
 */
void track_session_request(struct explain_session *session, const uint8_t *pdu, size_t len);
void track_session_response(struct explain_session *session, const uint8_t *pdu, size_t len);

/*
 * Decrypts the payload of a new PDU (not a retransmission): data is len octets, the last 4 its MIC;
 * plain gets len - EXPLAIN_MIC octets. header: the first octet of the PDU. *end is the presumed
 * sender (0 central, 1 peripheral), and is corrected if wrong; *lost is set to the number of PDUs
 * of that end that were missed before this one. False: no key of the ring decrypts it.
 */
bool track_session_open(struct explain_session *session, const struct explain_keyring *ring,
			int *end, uint8_t header, const uint8_t *data, size_t len, uint8_t *plain,
			uint64_t *lost);
