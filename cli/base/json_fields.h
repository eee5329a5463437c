/* SPDX-License-Identifier: MIT */
/* JSON values that events, bonds and reports share. Each returns a new reference. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"

/* {"address", "type", "kind"}: see address_format(), address_type() and address_kind(). */
json_t *json_address(const struct crypto_address *address);

/* A string of hexadecimal digits, most significant octet first. len: at most 64 octets. */
json_t *json_hex(const uint8_t *value, size_t len);
