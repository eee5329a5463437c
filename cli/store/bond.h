/* SPDX-License-Identifier: MIT */
/*
 * One bond, and its forms as text: what the store, JSON and CSV hold. One table of fields serves
 * all three. Hexadecimal values have the most significant octet first, as the Core Specification
 * prints them; in memory keys are in wire order, the least significant octet first.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"
#include "smp/smp.h"

struct bond_record {
	char made[TIME_TEXT];	     /* when */
	bool central;		     /* our role when it was made */
	struct crypto_address local; /* on air, then */
	struct crypto_address peer;  /* on air, then */
	struct smp_bond bond;
};

/* A peer's lasting address: its identity if it gave one, else that on air. */
const struct crypto_address *bond_identity(const struct bond_record *record);

/* The peer, when on air under that address: as it was then, as its identity, or by its IRK. */
bool bond_is_peer(const struct bond_record *record, const struct crypto_address *on_air);

/* Less than the other in any of: authentication, Secure Connections, size of the key. */
bool bond_is_weaker(const struct smp_bond *bond, const struct smp_bond *than);

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Of any field: "AA:BB:CC:DD:EE:FF/random", 32 digits and their zero. */
#define BOND_VALUE 33

/* The name of a field as a column, "peer_ltk" for instance; NULL beyond the last. */
const char *bond_field(size_t field);

/* Its value as text; NULL when the bond has none, a key that was not distributed. */
const char *bond_get(const struct bond_record *record, size_t field, char text[BOND_VALUE]);

/* Reads it from text, into a record that began as zeroes. NULL, or what was expected. */
const char *bond_set(struct bond_record *record, size_t field, const char *text);

/* ---- JSON: docs/bonds.md --------------------------------------------------------------------- */

json_t *bond_to_json(const struct bond_record *record);

/* NULL, or what is wrong, in why. */
const char *bond_from_json(const json_t *json, struct bond_record *record, char why[128]);

/* {"ltk":...}: the keys of one side. */
json_t *bond_keys(const struct smp_keys *keys);
/* {"local", "peer", "link_key"}: all keys of a bond, for --show-keys. */
json_t *bond_all_keys(const struct smp_bond *bond);

/*
 * Puts the text of a field where it stands in JSON, which has "local_keys" and "peer_keys" already.
 * Any text: bond_from_json() says what is wrong with it.
 */
void bond_put_text(json_t *json, size_t field, const char *text);

/* An address of {"address", "type"}. */
bool bond_address_from_json(const json_t *json, struct crypto_address *address);
