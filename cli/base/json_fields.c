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
	json_t *json = json_object();

	/* All of it is ASCII. */
	(void)json_object_set_new_nocheck(json, "address",
					  json_string_nocheck(address_format(address, text)));
	(void)json_object_set_new_nocheck(json, "type", json_string_nocheck(address_type(address)));
	(void)json_object_set_new_nocheck(json, "kind", json_string_nocheck(address_kind(address)));
	return json;
}
