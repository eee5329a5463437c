/* SPDX-License-Identifier: MIT */
/*
 * What earlier attempts of a capture showed, for checks of later ones: nonces, public keys and LTKs
 * that must not be used again, identity resolving keys, the best security of two ends, bonds, and
 * Pairing Requests with what became of them. All bounded: the oldest entry makes room.
 */
#pragma once

#include "analyse/attempt.h"
#include "analyse/facts.h"

enum explain_kept { EXPLAIN_KEPT_NONCE, EXPLAIN_KEPT_PUBLIC_KEY, EXPLAIN_KEPT_LTK };

struct explain_kept_value {
	uint8_t kind; /* enum explain_kept */
	bool failed;  /* the attempt failed */
	uint64_t frame;
	uint64_t attempt;   /* its id */
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

/* Two ends, by identity address where it is known. */
struct explain_kept_ends {
	bool known[2];
	struct crypto_address address[2];
};

/* Two ends that have a bond. */
struct explain_kept_bond {
	struct explain_kept_ends ends;
	uint64_t frame; /* it was made or used here */
};

/* A Pairing Request. */
struct explain_kept_request {
	struct explain_kept_ends ends;
	uint8_t pdu[7];
	uint64_t frame;
	bool answered; /* by Pairing Response */
	bool refused;  /* by Pairing Failed, at once */
};

#define EXPLAIN_KEPT_VALUES   48
#define EXPLAIN_KEPT_IRKS     16
#define EXPLAIN_KEPT_PEERS    16
#define EXPLAIN_KEPT_BONDS    16
#define EXPLAIN_KEPT_REQUESTS 16

struct explain_history {
	struct explain_kept_value values[EXPLAIN_KEPT_VALUES];
	struct explain_kept_irk irks[EXPLAIN_KEPT_IRKS];
	struct explain_kept_peer peers[EXPLAIN_KEPT_PEERS];
	struct explain_kept_bond bonds[EXPLAIN_KEPT_BONDS];
	struct explain_kept_request requests[EXPLAIN_KEPT_REQUESTS];
	uint64_t value_count, irk_count, peer_count, bond_count, request_count; /* ever added */
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
 * True if both ends sent the same random values, or the same public keys, in one earlier attempt.
 * Neither end can bring that about alone: it is the same trace, seen again.
 */
bool history_has_trace(const struct explain_history *history,
		       const struct explain_attempt *attempt);

/* The last bond of these two ends; the address of the peer must be known. NULL: none. */
const struct explain_kept_bond *history_find_bond(const struct explain_history *history,
						  const struct explain_attempt *attempt);

/*
 * The last Pairing Request before this attempt that was answered, or that was refused at once; from
 * and to the same ends, as far as addresses are known. NULL: none.
 */
const struct explain_kept_request *history_find_request(const struct explain_history *history,
							const struct explain_attempt *attempt,
							bool answered);

/*
 * Resolves a private address with the IRKs of this attempt and of earlier ones. True: *identity is
 * the identity address.
 */
bool history_resolve(const struct explain_history *history, const struct explain_attempt *attempt,
		     const struct crypto_address *address, struct crypto_address *identity);
