/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "store/bond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/hex.h"
#include "base/json_fields.h"
#include "crypto/bytes.h"

const struct crypto_address *bond_identity(const struct bond_record *r)
{
	return r->bond.peer.has_identity ? &r->bond.peer.identity : &r->peer;
}

bool bond_is_rated(const struct smp_bond *bond)
{
	/* Just Works is authenticated by no policy. */
	return !bond->secure_connections && bond->method != SMP_OOB &&
	       bond->method != SMP_JUST_WORKS;
}

void bond_rate(struct bond_record *r, bool legacy_passkey_mitm)
{
	struct smp_bond *bond = &r->bond;
	bool before = bond->authenticated;

	if (!bond_is_rated(bond))
		return;
	if (bond->method == SMP_METHOD_NONE)
		bond->authenticated = before && legacy_passkey_mitm;
	else
		bond->authenticated = smp_authenticates(bond->method, false, legacy_passkey_mitm);
	r->rated_down = before && !bond->authenticated;
}

bool bond_may_use(const struct bond_record *r, const struct crypto_address *on_air)
{
	const struct smp_keys *keys = &r->bond.peer;

	return address_equal(on_air, &r->peer) ||
	       (keys->has_identity && address_equal(on_air, &keys->identity)) ||
	       (keys->has_irk && address_resolves(on_air, keys->irk));
}

const char *bond_address(const struct crypto_address *address, char text[BOND_VALUE])
{
	size_t len = strlen(address_format(address, text));

	text[len] = '/';
	(void)snprintf(text + len + 1, BOND_VALUE - len - 1, "%s", address_type(address));
	return text;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

enum kind { TIME, ROLE, ADDRESS, FLAG, SIZE, METHOD, HEX, EDIV };

#define ALWAYS SIZE_MAX

struct field {
	const char *name;      /* in JSON: of the bond, or of the keys of one side */
	const char *column[2]; /* of a key: ours, the peer's */
	enum kind kind;
	size_t at, len;
	size_t has; /* offset of the bool that is true if the value is present, or ALWAYS */
};

#define OF_BOND(name, kind, member, has)                                        \
	{                                                                       \
		name, {NULL, NULL}, kind, offsetof(struct bond_record, member), \
			sizeof(((struct bond_record *)0)->member), has          \
	}
static const struct field bond_fields[] = {
	OF_BOND("made", TIME, made, ALWAYS),
	OF_BOND("role", ROLE, central, ALWAYS),
	OF_BOND("local", ADDRESS, local, ALWAYS),
	OF_BOND("peer", ADDRESS, peer, ALWAYS),
	OF_BOND("secure_connections", FLAG, bond.secure_connections, ALWAYS),
	OF_BOND("authenticated", FLAG, bond.authenticated, ALWAYS),
	OF_BOND("key_size", SIZE, bond.key_size, ALWAYS),
	OF_BOND("method", METHOD, bond.method, ALWAYS),
	OF_BOND("link_key", HEX, bond.link_key, offsetof(struct bond_record, bond.has_link_key)),
};

#define OF_KEYS(name, kind, member, has)                                                       \
	{                                                                                      \
		name, {"local_" name, "peer_" name}, kind, offsetof(struct smp_keys, member),  \
			sizeof(((struct smp_keys *)0)->member), offsetof(struct smp_keys, has) \
	}
static const struct field key_fields[] = {
	OF_KEYS("ltk", HEX, ltk, has_ltk),
	OF_KEYS("ediv", EDIV, ediv, has_ltk),
	OF_KEYS("rand", HEX, rand, has_ltk),
	OF_KEYS("irk", HEX, irk, has_irk),
	OF_KEYS("identity", ADDRESS, identity, has_identity),
	OF_KEYS("csrk", HEX, csrk, has_csrk),
};

#define BOND_FIELDS (sizeof(bond_fields) / sizeof(bond_fields[0]))
#define KEY_FIELDS  (sizeof(key_fields) / sizeof(key_fields[0]))

static const char *const roles[] = {"peripheral", "central"};
static const char *const flags[] = {"false", "true"};

static const char *const sides[] = {"local_keys", "peer_keys"};

/* A field by its number, and the struct in which it lies; NULL beyond the last. */
static const struct field *find(size_t i, const struct bond_record *r, const void **in)
{
	*in = r;
	if (i < BOND_FIELDS)
		return &bond_fields[i];
	i -= BOND_FIELDS;
	*in = i < KEY_FIELDS ? &r->bond.local : &r->bond.peer;
	return i < 2 * KEY_FIELDS ? &key_fields[i % KEY_FIELDS] : NULL;
}

const char *bond_field(size_t i)
{
	if (i < BOND_FIELDS)
		return bond_fields[i].name;
	i -= BOND_FIELDS;
	return i < 2 * KEY_FIELDS ? key_fields[i % KEY_FIELDS].column[i / KEY_FIELDS] : NULL;
}

static const char *get(const struct field *f, const void *in, char text[BOND_VALUE])
{
	const uint8_t *value = (const uint8_t *)in + f->at;
	uint8_t ediv[2];

	if (f->has != ALWAYS && !*(const bool *)((const uint8_t *)in + f->has))
		return NULL;
	switch (f->kind) {
	case TIME:
		return (const char *)value;
	case ROLE:
		return roles[*(const bool *)value];
	case ADDRESS:
		return bond_address((const struct crypto_address *)value, text);
	case FLAG:
		return flags[*(const bool *)value];
	case SIZE:
		(void)snprintf(text, BOND_VALUE, "%u", *value);
		return text;
	case METHOD:
		return smp_method_slug(((const struct bond_record *)in)->bond.method);
	case HEX:
		return hex_format(value, f->len, text);
	case EDIV:
		bytes_put_le16(ediv, ((const struct smp_keys *)in)->ediv);
		return hex_format(ediv, 2, text);
	}
	return NULL;
}

const char *bond_get(const struct bond_record *record, size_t i, char text[BOND_VALUE])
{
	const void *in;
	const struct field *f = find(i, record, &in);

	return f ? get(f, in, text) : NULL;
}

static bool set_word(const char *text, const char *const words[2], bool *value)
{
	*value = strcmp(text, words[1]) == 0;
	return *value || strcmp(text, words[0]) == 0;
}

static bool set_method(const char *text, enum smp_method *method)
{
	for (int m = SMP_METHOD_NONE; m <= SMP_OOB; m++) {
		*method = (enum smp_method)m;
		if (strcmp(text, smp_method_slug(*method)) == 0)
			return true;
	}
	return false;
}

/* NULL, or the expected form. */
static const char *set(const struct field *f, void *in, const char *text)
{
	uint8_t *value = (uint8_t *)in + f->at, ediv[2];
	bool typed;

	if (f->has != ALWAYS)
		*(bool *)((uint8_t *)in + f->has) = true;
	switch (f->kind) {
	case TIME:
		if (!time_is_valid(text))
			return "a time like 2026-11-25T03:27:18.123Z";
		memcpy(value, text, TIME_TEXT);
		return NULL;
	case ROLE:
		return set_word(text, roles, (bool *)value) ? NULL : "central or peripheral";
	case ADDRESS:
		return address_parse(text, (struct crypto_address *)value, &typed) && typed
			       ? NULL
			       : "an address and its type";
	case FLAG:
		return set_word(text, flags, (bool *)value) ? NULL : "true or false";
	case SIZE: /* a size out of range would be used later: CVE-2026-43020 */
		*value = (uint8_t)strtoul(text, NULL, 10);
		return *value >= 7 && *value <= 16 && strlen(text) <= 2 ? NULL : "7 to 16";
	case METHOD:
		return set_method(text, &((struct bond_record *)in)->bond.method)
			       ? NULL
			       : "a pairing method";
	case HEX:
		if (hex_parse(text, value, f->len))
			return NULL;
		return f->len == 16 ? "32 hexadecimal digits" : "16 hexadecimal digits";
	case EDIV:
		if (!hex_parse(text, ediv, 2))
			return "4 hexadecimal digits";
		((struct smp_keys *)in)->ediv = bytes_get_le16(ediv);
		return NULL;
	}
	return NULL;
}

const char *bond_set(struct bond_record *record, size_t i, const char *text)
{
	const void *in;
	const struct field *f = find(i, record, &in);
	size_t at = (size_t)((const uint8_t *)in - (const uint8_t *)record);

	record->bond.bonded = true;
	return f ? set(f, (uint8_t *)record + at, text) : NULL;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_field(json_t *json, const struct field *f, const void *in)
{
	char text[BOND_VALUE];
	const char *value = get(f, in, text);
	const uint8_t *raw = (const uint8_t *)in + f->at;

	if (!value)
		return;
	if (f->kind == ADDRESS)
		(void)json_object_set_new(json, f->name,
					  json_address((const struct crypto_address *)raw));
	else if (f->kind == FLAG)
		(void)json_object_set_new(json, f->name, json_boolean(*(const bool *)raw));
	else if (f->kind == SIZE)
		(void)json_object_set_new(json, f->name, json_integer(*raw));
	else
		(void)json_object_set_new(json, f->name, json_string(value));
	bytes_wipe(text, sizeof(text));
}

json_t *bond_keys(const struct smp_keys *keys)
{
	json_t *json = json_object();

	for (size_t i = 0; i < KEY_FIELDS; i++)
		write_field(json, &key_fields[i], keys);
	return json;
}

json_t *bond_all_keys(const struct smp_bond *bond)
{
	json_t *keys = json_pack("{s:o, s:o}", "local", bond_keys(&bond->local), "peer",
				 bond_keys(&bond->peer));

	if (bond->has_link_key)
		(void)json_object_set_new(keys, "link_key", json_hex(bond->link_key, 16));
	return keys;
}

json_t *bond_peer_json(const struct bond_record *r, const char *label)
{
	const struct smp_keys *keys = &r->bond.peer;
	const struct json_peer peer = {.address = &r->peer,
				       .identity = keys->has_identity ? &keys->identity : NULL,
				       .label = label};

	return json_peer(&peer);
}

json_t *bond_to_json(const struct bond_record *record)
{
	json_t *json = json_object();

	for (size_t i = 0; i < BOND_FIELDS; i++)
		write_field(json, &bond_fields[i], record);
	(void)json_object_set_new(json, sides[0], bond_keys(&record->bond.local));
	(void)json_object_set_new(json, sides[1], bond_keys(&record->bond.peer));
	return json;
}

void bond_put_text(json_t *json, size_t i, const char *text)
{
	static const struct bond_record none;
	const char *slash = strchr(text, '/');
	const void *in;
	const struct field *f = find(i, &none, &in);
	json_t *value = NULL;

	if (i >= BOND_FIELDS)
		json = json_object_get(json, sides[(i - BOND_FIELDS) / KEY_FIELDS]);
	if (f->kind == ADDRESS && slash)
		value = json_pack("{s:s%, s:s}", "address", text, (size_t)(slash - text),
				  "address_type", slash + 1);
	else if (f->kind == FLAG || f->kind == SIZE)
		value = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!value)
		value = json_string(text);
	/* JSON cannot hold text that is not UTF-8. */
	(void)json_object_set_new(json, f->name, value ? value : json_null());
}

/* A value as text; NULL: it has another kind. */
static const char *as_text(const json_t *value, enum kind kind, char text[BOND_VALUE])
{
	const char *address, *type;

	switch (kind) {
	case ADDRESS:
		address = json_string_value(json_object_get(value, "address"));
		type = json_string_value(json_object_get(value, "address_type"));
		if (!type) /* version 1 of the exports */
			type = json_string_value(json_object_get(value, "type"));
		if (!address || !type)
			return NULL;
		(void)snprintf(text, BOND_VALUE, "%s/%s", address, type);
		return text;
	case FLAG:
		return json_is_boolean(value) ? flags[json_is_true(value)] : NULL;
	case SIZE:
		(void)snprintf(text, BOND_VALUE, "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
		return json_is_integer(value) ? text : NULL;
	case TIME:
	case ROLE:
	case METHOD:
	case HEX:
	case EDIV:
		break;
	}
	return json_string_value(value);
}

/*
 * Reads one field of an object. prefix: where the object is, "" or "peer_keys: ". 1; 0: it is
 * absent, as it may be; -1 with failure.
 */
static int read_field(const json_t *json, const struct field *f, void *in, const char *prefix,
		      struct failure *failure)
{
	const json_t *value = json_object_get(json, f->name);
	char text[BOND_VALUE];
	const char *expected = NULL, *as = value ? as_text(value, f->kind, text) : NULL;

	if (!value && f->has != ALWAYS)
		return 0;
	if (as)
		expected = set(f, in, as);
	bytes_wipe(text, sizeof(text));
	if (!as)
		return failure_set(failure, CLI_USAGE, "%s\"%s\" is %s", prefix, f->name,
				   value ? "not of the right kind" : "missing");
	if (expected)
		return failure_set(failure, CLI_USAGE, "%s\"%s\" must be %s", prefix, f->name,
				   expected);
	return 1;
}

static int read_keys(const json_t *json, const char *name, struct smp_keys *keys,
		     struct failure *failure)
{
	const json_t *side = json_object_get(json, name);
	int found[KEY_FIELDS];
	char prefix[32];

	(void)snprintf(prefix, sizeof(prefix), "%s: ", name);
	if (!json_is_object(side))
		return failure_set(failure, CLI_USAGE, "\"%s\" must be an object", name);
	for (size_t i = 0; i < KEY_FIELDS; i++)
		if ((found[i] = read_field(side, &key_fields[i], keys, prefix, failure)) < 0)
			return -1;
	if (found[0] == found[1] && found[0] == found[2])
		return 0;
	return failure_set(failure, CLI_USAGE, "%s\"ltk\", \"ediv\" and \"rand\" belong together",
			   prefix);
}

/* Vol 3 Part H 2.4.2.1: octets beyond the size of a key are zero. */
static bool fits(const struct smp_keys *keys, uint8_t size)
{
	return !keys->has_ltk || bytes_all_zero(keys->ltk + size, sizeof(keys->ltk) - size);
}

int bond_from_json(const json_t *json, struct bond_record *record, struct failure *failure)
{
	memset(record, 0, sizeof(*record));
	record->bond.bonded = true;
	for (size_t i = 0; i < BOND_FIELDS; i++)
		if (read_field(json, &bond_fields[i], record, "", failure) < 0)
			return -1;
	if (read_keys(json, sides[0], &record->bond.local, failure) ||
	    read_keys(json, sides[1], &record->bond.peer, failure))
		return -1;
	if (fits(&record->bond.local, record->bond.key_size) &&
	    fits(&record->bond.peer, record->bond.key_size))
		return 0;
	return failure_set(failure, CLI_USAGE, "an \"ltk\" is longer than \"key_size\", %u octets",
			   record->bond.key_size);
}

bool bond_address_from_json(const json_t *json, struct crypto_address *address)
{
	char text[BOND_VALUE];
	const char *as = as_text(json, ADDRESS, text);
	bool typed;

	return as && address_parse(as, address, &typed) && typed;
}
