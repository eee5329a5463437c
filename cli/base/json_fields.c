/* SPDX-License-Identifier: MIT */
#include "base/json_fields.h"

#include "base/address.h"
#include "base/hex.h"
#include "crypto/bytes.h"

json_t *json_hex(const uint8_t *value, size_t len)
{
	char text[2 * 64 + 1];
	json_t *string = json_string(len <= 64 ? hex_format(value, len, text) : "");

	bytes_wipe(text, sizeof(text));
	return string;
}

json_t *json_address(const struct crypto_address *address)
{
	char text[ADDRESS_TEXT];

	return json_pack("{s:s, s:s, s:s}", "address", address_format(address, text), "type",
			 address_type(address), "kind", address_kind(address));
}
