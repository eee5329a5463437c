/* SPDX-License-Identifier: MIT */
/*
 * What attempts before said, as far as later ones are judged by it: keys and nonces that come
 * again, identity resolving keys, what a peer could once do. Bounded: the oldest is forgotten.
 */
#pragma once

#include "analyse/attempt.h"
#include "analyse/recompute.h"

enum explain_kept { EXPLAIN_KEPT_NONCE, EXPLAIN_KEPT_PUBLIC_KEY, EXPLAIN_KEPT_LTK };

struct explain_kept_value {
	uint8_t kind; /* enum explain_kept */
	bool failed;  /* the attempt did not end well */
	uint64_t frame;
	uint8_t octets[16];
};

struct explain_kept_irk {
	uint8_t irk[16];
	struct crypto_address identity;
};

/* A pair of ends, and the best that they did. */
struct explain_kept_peer {
	struct crypto_address address[2];
	bool secure_connections; /* both could */
	uint8_t key_size;
	bool has_passkey;
	uint32_t passkey;
	uint64_t frame;
};

#define EXPLAIN_KEPT_VALUES 48
#define EXPLAIN_KEPT_IRKS   16
#define EXPLAIN_KEPT_PEERS  16

struct explain_memory {
	struct explain_kept_value values[EXPLAIN_KEPT_VALUES];
	struct explain_kept_irk irks[EXPLAIN_KEPT_IRKS];
	struct explain_kept_peer peers[EXPLAIN_KEPT_PEERS];
	uint64_t value_count, irk_count, peer_count; /* ever */
};

void history_add(struct explain_memory *memory, const struct explain_attempt *attempt,
		 const struct explain_facts *facts, bool failed);

/* The same octets in an attempt before, NULL: none. */
const struct explain_kept_value *history_find_value(const struct explain_memory *memory,
						    enum explain_kept kind,
						    const uint8_t octets[16]);
/* The same two ends before, NULL: never seen. */
const struct explain_kept_peer *history_find_peer(const struct explain_memory *memory,
						  const struct explain_attempt *attempt);

/* Who is behind a resolvable private address, by the keys seen so far and in this attempt. */
bool history_resolve(const struct explain_memory *memory, const struct explain_attempt *attempt,
		     const struct crypto_address *address, struct crypto_address *identity);
