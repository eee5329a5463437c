/* SPDX-License-Identifier: MIT */
/* Device addresses as text, and their kinds: Core Vol 6 Part B 1.3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "crypto/toolbox.h"

enum { ADDRESS_PUBLIC = 0, ADDRESS_RANDOM = 1 };

/* Room for "AA:BB:CC:DD:EE:FF" and its zero. */
#define ADDRESS_TEXT 18

/*
 * Parses AA:BB:CC:DD:EE:FF (or with dashes, in any case), optionally followed by /public or
 * /random. *typed: the type was given; without it the address is public. False: not an address.
 */
bool address_parse(const char *text, struct crypto_address *address, bool *typed);

/* Returns text. */
const char *address_format(const struct crypto_address *address, char text[ADDRESS_TEXT]);

/* "public", "random". */
const char *address_type(const struct crypto_address *address);
/* "public", "random static", "random resolvable", "random non-resolvable", "random of a reserved
 * kind". */
const char *address_kind(const struct crypto_address *address);

bool address_equal(const struct crypto_address *a, const struct crypto_address *b);
bool address_same_octets(const struct crypto_address *a, const struct crypto_address *b);
/*
 * True when a device may have it as its public address: neither zeros nor ones, and its lower half
 * is not reserved for inquiry (9E8B00 to 9E8B3F, Core Vol 2 Part B 1.2).
 */
bool address_may_be_public(const struct crypto_address *address);
bool address_is_static(const struct crypto_address *address);
bool address_is_resolvable(const struct crypto_address *address);

/* True when address is resolvable and was made with this IRK, Vol 6 Part B 1.3.2.3. */
bool address_resolves(const struct crypto_address *address, const uint8_t irk[16]);

/* Make a random address, resolvable with irk or static; 0 or CRYPTO_FAILED. */
CRYPTO_MUST_CHECK int address_make_resolvable(struct crypto_address *address,
					      const uint8_t irk[16]);
CRYPTO_MUST_CHECK int address_make_static(struct crypto_address *address);
