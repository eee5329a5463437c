/* SPDX-License-Identifier: MIT */
/* JSON values that events, bonds and reports share. Each function returns a new reference. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"

/* {"address", "type", "kind"}: see address_format(), address_type() and address_kind(). */
json_t *json_address(const struct crypto_address *address);

/* hex_format() as a JSON string. len: at most 64 octets, more gives an empty string. */
json_t *json_hex(const uint8_t *value, size_t len);
