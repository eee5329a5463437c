/* SPDX-License-Identifier: MIT */
#include "track/decrypt.h"

#include <string.h>

#include "capture/packet.h"
#include "crypto/bytes.h"
#include "crypto/toolbox.h"

/* How many packet counters are tried, because PDUs may have been missed. */
#define AHEAD 16

/* After so many PDUs in a row that no key decrypts, the rest of the session is not tried. */
enum { TRIES_WITHOUT_KEY = 4, TRIES_WITH_KEY = 32 };

void track_keyring_add(struct explain_keyring *ring, const uint8_t key[16])
{
	size_t held = capture_least(ring->count, EXPLAIN_KEYS);

	for (size_t i = 0; i < held; i++)
		if (bytes_equal(ring->keys[i], key, 16))
			return;
	memcpy(ring->keys[ring->count++ % EXPLAIN_KEYS], key, 16);
}

/* Rand, EDIV, the halves of SKD and IV, Vol 6 Part B 2.4.2.4 and 2.4.2.5. */
void track_session_request(struct explain_session *session, const uint8_t *pdu, size_t len)
{
	bytes_wipe(session, sizeof(*session));
	if (len < 23)
		return;
	session->requested = true;
	memcpy(session->skd, pdu + 11, 8);
	memcpy(session->iv, pdu + 19, 4);
}

void track_session_response(struct explain_session *session, const uint8_t *pdu, size_t len)
{
	if (len < 13 || !session->requested)
		return;
	session->answered = true;
	memcpy(session->skd + 8, pdu + 1, 8);
	memcpy(session->iv + 4, pdu + 9, 4);
}

/* Tries one key with both directions: the direction is a bit of the nonce, Part E 2.1. */
static bool try_key(struct explain_session *session, const uint8_t key[16], int *end,
		    uint8_t header, const uint8_t *data, size_t len, uint8_t *plain, uint64_t *lost)
{
	uint8_t nonce[13];

	memcpy(nonce + 5, session->iv, 8);
	for (int i = 0; i < 2; i++) {
		int from = i ? !*end : *end;
		for (uint64_t ahead = 0; ahead < AHEAD; ahead++) {
			uint64_t counter = session->next[from] + ahead;
			bytes_put_le32(nonce, (uint32_t)counter);
			nonce[4] = (uint8_t)((counter >> 32 & 0x7f) | (from == 0 ? 0x80 : 0));
			if (crypto_ccm_open(key, nonce, header, data, len, plain) != CRYPTO_OK)
				continue;
			session->next[from] = counter + 1;
			*end = from;
			*lost = ahead;
			return true;
		}
	}
	return false;
}

/* The newest first: a link usually uses the key of its own pairing. Last, a key of zero. */
static bool find_key(struct explain_session *session, const struct explain_keyring *ring, int *end,
		     uint8_t header, const uint8_t *data, size_t len, uint8_t *plain,
		     uint64_t *lost)
{
	static const uint8_t zero[16];
	size_t held = capture_least(ring->count, EXPLAIN_KEYS);

	for (size_t i = 1; i <= held + 1 && !session->has_key; i++) {
		const uint8_t *ltk = i > held ? zero : ring->keys[(ring->count - i) % EXPLAIN_KEYS];
		if (crypto_e(ltk, session->skd, session->key) != CRYPTO_OK ||
		    !try_key(session, session->key, end, header, data, len, plain, lost))
			continue;
		session->has_key = true;
		memcpy(session->ltk, ltk, 16);
	}
	return session->has_key;
}

bool track_session_open(struct explain_session *session, const struct explain_keyring *ring,
			int *end, uint8_t header, const uint8_t *data, size_t len, uint8_t *plain,
			uint64_t *lost)
{
	uint8_t tries = session->has_key ? TRIES_WITH_KEY : TRIES_WITHOUT_KEY;

	if (!session->answered || len <= EXPLAIN_MIC || session->failures == tries)
		return false;
	if (session->has_key ? try_key(session, session->key, end, header, data, len, plain, lost)
			     : find_key(session, ring, end, header, data, len, plain, lost)) {
		session->failures = 0;
		return true;
	}
	session->failures++;
	return false;
}
