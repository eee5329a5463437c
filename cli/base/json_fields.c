/* SPDX-License-Identifier: MIT */
#include "base/json_fields.h"

#include "base/address.h"
#include "base/hex.h"
#include "base/text.h"
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
	(void)json_object_set_new_nocheck(json, "address_type",
					  json_string_nocheck(address_type(address)));
	(void)json_object_set_new_nocheck(json, "kind", json_string_nocheck(address_kind(address)));
	return json;
}

json_t *json_peer(const struct json_peer *p)
{
	json_t *json = p->address ? json_address(p->address) : json_object();

	if (!p->address)
		(void)json_object_set_new(json, "address", json_string(p->text));
	if (p->identity)
		(void)json_object_set_new(json, "identity", json_address(p->identity));
	if (p->name && *p->name)
		(void)json_object_set_new(json, "name", text_json(p->name));
	if (p->label && *p->label)
		(void)json_object_set_new(json, "label", text_json(p->label));
	return json;
}
