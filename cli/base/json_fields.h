/* SPDX-License-Identifier: MIT */
/* JSON values that events, bonds and reports share. Each function returns a new reference. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"

/* {"address", "address_type", "kind"}: see address_format(), address_type(), address_kind(). */
json_t *json_address(const struct crypto_address *address);

/* What is known of a peer. */
struct json_peer {
	const struct crypto_address *address; /* on air; NULL: it is text */
	const char *text;		      /* the address, whose type is not known */
	const struct crypto_address *identity;
	const char *name, *label; /* advertised; of its unit in the store */
};

/*
 * {"address", "address_type", "kind", "identity", "name", "label"}: the "peer" of every event. What
 * is NULL or "" is left out.
 */
json_t *json_peer(const struct json_peer *peer);

/* hex_format() as a JSON string. len: at most 64 octets, more gives an empty string. */
json_t *json_hex(const uint8_t *value, size_t len);
