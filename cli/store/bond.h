/* SPDX-License-Identifier: MIT */
/*
 * One bond and its text form, for the store, JSON and CSV. One table of fields serves all three.
 * Hexadecimal text has the most significant octet first, as the Core Specification prints it; keys
 * in memory are in wire order, the least significant octet first.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/time.h"
#include "smp/smp.h"

struct bond_record {
	char made[TIME_TEXT];	     /* when the pairing ended */
	bool central;		     /* our role in that pairing */
	struct crypto_address local; /* our address on air in that pairing */
	struct crypto_address peer;  /* the peer's */
	struct smp_bond bond;
	bool rated_down; /* see bond_rate() */
};

/*
 * Decides again whether a bond is authenticated: Core 6.2 no longer counts Passkey Entry of legacy
 * pairing, and older stores and files do. A legacy bond of unknown method (from BlueZ) may have
 * been made that way, so it is not counted either. legacy_passkey_mitm: count both as they were
 * before 6.2. rated_down becomes true if the record was authenticated and is not any more.
 */
void bond_rate(struct bond_record *record, bool legacy_passkey_mitm);

/* True if bond_rate() decides by its policy whether this bond is authenticated. */
bool bond_is_rated(const struct smp_bond *bond);

/* The peer's identity address if it distributed one, else its address on air. */
const struct crypto_address *bond_identity(const struct bond_record *record);

/*
 * True if the peer of the bond may be the device of this address on air: it had the address in the
 * pairing, the address is its identity, or its IRK resolves it. That proves nothing: another device
 * may have the same IRK.
 */
bool bond_may_use(const struct bond_record *record, const struct crypto_address *on_air);

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Room for any value: "AA:BB:CC:DD:EE:FF/random", or 32 digits and a zero. */
#define BOND_VALUE 33

/* "AA:BB:CC:DD:EE:FF/random". Returns text. */
const char *bond_address(const struct crypto_address *address, char text[BOND_VALUE]);

/* The column of a field, for instance "peer_ltk"; NULL beyond the last. */
const char *bond_field(size_t field);

/* The value as text; NULL if it is absent, as a key that was not distributed. */
const char *bond_get(const struct bond_record *record, size_t field, char text[BOND_VALUE]);

/* Sets a field from text; record starts as zeroes. NULL, or the expected form. */
const char *bond_set(struct bond_record *record, size_t field, const char *text);

/* ---- JSON: docs/bonds.md --------------------------------------------------------------------- */

/* Each returns a new reference. */
json_t *bond_to_json(const struct bond_record *record);
/* {"ltk":...}: the keys of one side. */
json_t *bond_keys(const struct smp_keys *keys);
/* The peer of a bond, for events: see json_peer(). label: as store_label(). A new reference. */
json_t *bond_peer_json(const struct bond_record *record, const char *label);

/* {"local", "peer", "link_key"}: every key of a bond, for --show-keys. */
json_t *bond_all_keys(const struct smp_bond *bond);

/* 0, or -1 with failure: which member, and the expected form. Wipe record afterwards. */
int bond_from_json(const json_t *json, struct bond_record *record, struct failure *failure);

/*
 * Puts the text of a field into its place in JSON, which holds "local_keys" and "peer_keys". Takes
 * any text; bond_from_json() checks it.
 */
void bond_put_text(json_t *json, size_t field, const char *text);

/* Reads {"address", "address_type"}. False: it is neither, or no address. */
bool bond_address_from_json(const json_t *json, struct crypto_address *address);
