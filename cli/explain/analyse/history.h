/* SPDX-License-Identifier: MIT */
/*
 * What earlier attempts of a capture showed, for checks of later ones: nonces, public keys and LTKs
 * that must not be used again, identity resolving keys, and the best security of two ends. All
 * bounded: the oldest entry makes room.
 */
#pragma once

#include "analyse/attempt.h"
#include "analyse/facts.h"

enum explain_kept { EXPLAIN_KEPT_NONCE, EXPLAIN_KEPT_PUBLIC_KEY, EXPLAIN_KEPT_LTK };

struct explain_kept_value {
	uint8_t kind; /* enum explain_kept */
	bool failed;  /* the attempt failed */
	uint64_t frame;
	uint8_t octets[16]; /* of a public key, the first 16 */
};

struct explain_kept_irk {
	uint8_t irk[16];
	struct crypto_address identity;
};

/* Two ends, and the best security of their attempts. */
struct explain_kept_peer {
	struct crypto_address address[2];
	bool secure_connections; /* both supported it */
	uint8_t key_size;
	bool has_passkey;
	uint32_t passkey;
	uint64_t frame;
};

#define EXPLAIN_KEPT_VALUES 48
#define EXPLAIN_KEPT_IRKS   16
#define EXPLAIN_KEPT_PEERS  16

struct explain_history {
	struct explain_kept_value values[EXPLAIN_KEPT_VALUES];
	struct explain_kept_irk irks[EXPLAIN_KEPT_IRKS];
	struct explain_kept_peer peers[EXPLAIN_KEPT_PEERS];
	uint64_t value_count, irk_count, peer_count; /* ever added */
};

/* Adds a finalized attempt. failed: it did not end with a usable pairing. */
void history_add(struct explain_history *history, const struct explain_attempt *attempt,
		 const struct explain_facts *facts, bool failed);

/* The same value in an earlier attempt; NULL: none. Of a public key, the first 16 octets. */
const struct explain_kept_value *history_find_value(const struct explain_history *history,
						    enum explain_kept kind,
						    const uint8_t octets[16]);
/* The same two ends in earlier attempts; NULL: none. */
const struct explain_kept_peer *history_find_peer(const struct explain_history *history,
						  const struct explain_attempt *attempt);

/*
 * Resolves a private address with the IRKs of this attempt and of earlier ones. True: *identity is
 * the identity address.
 */
bool history_resolve(const struct explain_history *history, const struct explain_attempt *attempt,
		     const struct crypto_address *address, struct crypto_address *identity);
