/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/hex.h"
#include "base/oob.h"
#include "base/passkey.h"
#include "base/yes_no.h"
#include "crypto/bytes.h"

/* ---- Values: a parser sets its member and returns NULL, or returns what was expected --------- */

typedef const char *parse(struct batch_unit_spec *spec, const char *value);

static const char out_of_memory[] = "less: there is no memory for it";

static const char *p_address(struct batch_unit_spec *spec, const char *v)
{
	spec->has_address = address_parse(v, &spec->address, &spec->typed);
	return spec->has_address ? NULL : "AA:BB:CC:DD:EE:FF, optionally with /public or /random";
}

static const char *copy(char **to, const char *v)
{
	free(*to);
	*to = strdup(v);
	return *to ? NULL : out_of_memory;
}

static const char *p_name(struct batch_unit_spec *spec, const char *v)
{
	return strlen(v) > 248 ? "a name of at most 248 octets" : copy(&spec->name, v);
}

static const char *p_label(struct batch_unit_spec *spec, const char *v)
{
	return strlen(v) > 80 ? "a label of at most 80 octets" : copy(&spec->label, v);
}

static const char *p_slot(struct batch_unit_spec *spec, const char *v)
{
	return strlen(v) > 80 ? "a slot of at most 80 octets" : copy(&spec->slot, v);
}

static const char *without_0x(const char *v)
{
	return strncasecmp(v, "0x", 2) == 0 ? v + 2 : v;
}

static const char *p_service(struct batch_unit_spec *spec, const char *v)
{
	/* The Bluetooth Base UUID, Core Vol 3 Part B 2.5.1, in wire order. */
	static const uint8_t base[16] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10};
	char digits[34] = "";
	size_t len = 0;

	for (v = without_0x(v); *v && len < sizeof(digits) - 1; v++)
		if (*v != '-')
			digits[len++] = *v;
	memcpy(spec->service, base, sizeof(base));
	if (len == 32)
		spec->has_service = hex_parse(digits, spec->service, 16);
	else if (len == 8)
		spec->has_service = hex_parse(digits, spec->service + 12, 4);
	else
		spec->has_service = hex_parse(digits, spec->service + 12, 2);
	return spec->has_service ? NULL : "a UUID of 4, 8 or 32 hexadecimal digits";
}

/* The octets of a prefix are in the order in which they are written. */
static bool parse_prefix(struct batch_unit_spec *spec, const char *digits)
{
	const size_t len = strlen(digits) / 2;
	uint8_t reversed[BATCH_MANUFACTURER_MAX];

	if (!len || len > sizeof(reversed) || !hex_parse(digits, reversed, len))
		return false;
	for (size_t i = 0; i < len; i++)
		spec->manufacturer[i] = reversed[len - 1 - i];
	spec->manufacturer_len = (uint8_t)len;
	return true;
}

static const char *p_manufacturer(struct batch_unit_spec *spec, const char *v)
{
	const char *digits = without_0x(v), *colon = strchrnul(digits, ':');
	char company[5];
	uint8_t id[2];

	(void)snprintf(company, sizeof(company), "%s", digits);
	if (colon - digits != 4 || !hex_parse(company, id, 2) ||
	    (*colon && !parse_prefix(spec, colon + 1)))
		return "a company identifier of 4 hexadecimal digits, optionally with :HEX for the "
		       "first octets of its data";
	spec->company = bytes_get_le16(id);
	spec->has_manufacturer = true;
	return NULL;
}

static bool parse_integer(const char *text, long min, long max, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text && !*end && *out >= min && *out <= max;
}

static const char *p_rssi(struct batch_unit_spec *spec, const char *v)
{
	long n;

	if (!parse_integer(v, -127, 20, &n))
		return "the least signal strength in dBm, -127 to 20";
	spec->rssi = (int8_t)n;
	spec->has_rssi = true;
	return NULL;
}

static const char *p_method(struct batch_unit_spec *spec, const char *v)
{
	static const enum smp_method methods[] = {SMP_JUST_WORKS,	 SMP_NUMERIC_COMPARISON,
						  SMP_PASSKEY_WE_SHOW,	 SMP_PASSKEY_WE_TYPE,
						  SMP_PASSKEY_BOTH_TYPE, SMP_OOB};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(v, smp_method_slug(methods[i])) == 0) {
			spec->method = (uint8_t)methods[i];
			return NULL;
		}
	return "just_works, numeric_comparison, passkey_we_show, passkey_we_type, "
	       "passkey_both_type or oob";
}

static const char *p_passkey(struct batch_unit_spec *spec, const char *v)
{
	long n;

	if (!passkey_parse(v, &spec->passkey)) {
		if (strspn(v, "0123456789") != strlen(v) || strlen(v) > 6 ||
		    !parse_integer(v, 0, 999999, &n))
			return "a number of up to six digits";
		spec->passkey = (uint32_t)n;
	}
	spec->has_passkey = true;
	return NULL;
}

static const char *p_confirm(struct batch_unit_spec *spec, const char *v)
{
	bool yes;

	if (!yes_no_parse(v, &yes))
		return "yes or no";
	spec->confirm = yes ? CONFIRM_YES : CONFIRM_NO;
	return NULL;
}

static const char *p_oob(struct batch_unit_spec *spec, const char *v)
{
	struct failure failure;

	spec->oob = calloc(1, sizeof(*spec->oob));
	if (!spec->oob)
		return out_of_memory;
	return oob_parse(v, spec->oob, &failure)
		       ? "tk=HEX or confirm=HEX,random=HEX with 32 hexadecimal digits each"
		       : NULL;
}

static const char *p_level(struct batch_unit_spec *spec, const char *v)
{
	long n;

	if (!parse_integer(v, 2, 4, &n))
		return "the least level of security mode 1: 2 (encrypted), 3 (authenticated: not "
		       "by a "
		       "legacy passkey) or 4 (authenticated Secure Connections)";
	spec->level = (uint8_t)n;
	return NULL;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

struct batch_field {
	const char *name; /* of expect.UUID: "expect" */
	parse *parse;
	bool identifies;      /* the unit: allowed in --match */
	bool secret;	      /* the value is not repeated in a message */
	struct att_uuid uuid; /* of expect.UUID */
};

#define NO_UUID           \
	{                 \
		0,        \
		{         \
			0 \
		}         \
	}
static const struct batch_field fields[] = {
	{"address", p_address, true, false, NO_UUID},
	{"name", p_name, true, false, NO_UUID},
	{"service", p_service, true, false, NO_UUID},
	{"manufacturer", p_manufacturer, true, false, NO_UUID},
	{"rssi", p_rssi, true, false, NO_UUID},
	{"label", p_label, false, false, NO_UUID},
	{"slot", p_slot, false, false, NO_UUID},
	{"method", p_method, false, false, NO_UUID},
	{"level", p_level, false, false, NO_UUID},
	{"passkey", p_passkey, false, true, NO_UUID},
	{"confirm", p_confirm, false, false, NO_UUID},
	{"oob", p_oob, false, true, NO_UUID},
};

/* The fields expect.UUID that were named so far, also by another word for the same UUID. */
static struct batch_field expects[ACCEPTANCE_OF_ROW];
static size_t expect_fields;

/* NULL: it is no UUID, or there are as many already as a row can have. */
static const struct batch_field *expect_field(const char *name)
{
	struct batch_field field = {"expect", NULL, false, true, NO_UUID};

	if (!uuid_parse(name, &field.uuid))
		return NULL;
	for (size_t i = 0; i < expect_fields; i++)
		if (uuid_equal(&expects[i].uuid, &field.uuid))
			return &expects[i];
	if (expect_fields == ACCEPTANCE_OF_ROW)
		return NULL;
	expects[expect_fields] = field;
	return &expects[expect_fields++];
}

const char batch_field_names[] =
	"address, name, service, manufacturer, rssi, label, slot, method, level, passkey, confirm, "
	"oob or expect.UUID";

const struct batch_field *batch_field(const char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return strncmp(name, "expect.", 7) == 0 ? expect_field(name + 7) : NULL;
}

const char *batch_spec_expect(struct batch_unit_spec *spec, const char *argument)
{
	static struct acceptance scratch; /* large for a stack */
	const char *expected = acceptance_set_row(&scratch, argument);
	char **more;

	bytes_wipe(&scratch, sizeof(scratch));
	if (expected)
		return expected;
	if (spec->expect_count == ACCEPTANCE_OF_ROW)
		return "8 attributes at most";
	more = realloc(spec->expects, (spec->expect_count + 1U) * sizeof(*more));
	if (!more)
		return out_of_memory;
	spec->expects = more;
	more[spec->expect_count] = strdup(argument);
	return more[spec->expect_count] ? (spec->expect_count++, NULL) : out_of_memory;
}

static const char *set_expect(const struct batch_field *field, struct batch_unit_spec *spec,
			      const char *value)
{
	char uuid[UUID_TEXT], argument[UUID_TEXT + 3 + 2 * ACCEPTANCE_VALUE + 8];
	const char *expected = "a value of 244 octets at most";

	if (snprintf(argument, sizeof(argument), "%s=%s", uuid_format(&field->uuid, uuid), value) <
	    (int)sizeof(argument))
		expected = batch_spec_expect(spec, argument);
	bytes_wipe(argument, sizeof(argument));
	return expected;
}

int batch_field_set(const struct batch_field *field, struct batch_unit_spec *spec,
		    const char *value, const char *where, struct failure *failure)
{
	const char *expected =
		field->parse ? field->parse(spec, value) : set_expect(field, spec, value);

	if (!expected)
		return 0;
	if (field->secret)
		return failure_set(failure, CLI_USAGE, "%s: the %s is not valid; expected %s",
				   where, field->name, expected);
	return failure_set(failure, CLI_USAGE, "%s: \"%.60s\" is not valid for %s; expected %s",
			   where, value, field->name, expected);
}

int batch_unit_spec_check(const struct batch_unit_spec *spec, const char *where,
			  struct failure *failure)
{
	if (!spec->has_address && !spec->name && !spec->has_service && !spec->has_manufacturer &&
	    !spec->has_rssi)
		return failure_set(failure, CLI_USAGE,
				   "%s: no field identifies the unit; expected an address, name, "
				   "service, manufacturer or rssi",
				   where);
	if (spec->method == SMP_OOB && !spec->oob)
		return failure_set(failure, CLI_USAGE,
				   "%s: the method is oob, but there is no oob data", where);
	if (spec->level == 4 && spec->oob && spec->oob->has_tk)
		return failure_set(failure, CLI_USAGE,
				   "%s: level 4 needs Secure Connections, but oob tk=... is for "
				   "legacy pairing",
				   where);
	return 0;
}

int batch_match_read(struct batch_unit_spec *spec, const char *text, const char *where,
		     struct failure *failure)
{
	char *copied = strdup(text), *rest = copied, *pair;
	int status = copied ? 0 : failure_set(failure, CLI_INTERNAL, "%s: no memory", where);

	memset(spec, 0, sizeof(*spec));
	while (!status && (pair = strsep(&rest, ","))) {
		char *value = strchr(pair, '=');
		if (value)
			*value++ = '\0';
		const struct batch_field *field = batch_field(pair);
		if (!value || !*value || !field || !field->identifies)
			status = failure_set(failure, CLI_USAGE,
					     "%s: \"%.60s\" is not valid; expected KEY=VALUE with "
					     "address, name, service, manufacturer or rssi",
					     where, pair);
		else
			status = batch_field_set(field, spec, value, where, failure);
	}
	free(copied);
	return status;
}

int batch_match_parse(struct batch_unit_spec *spec, const char *text, struct failure *failure)
{
	return batch_match_read(spec, text, "--match", failure);
}

void batch_unit_spec_free(struct batch_unit_spec *spec)
{
	free(spec->name);
	free(spec->label);
	free(spec->slot);
	if (spec->oob)
		bytes_wipe(spec->oob, sizeof(*spec->oob));
	free(spec->oob);
	for (size_t i = 0; i < spec->expect_count; i++) {
		bytes_wipe(spec->expects[i], strlen(spec->expects[i]));
		free(spec->expects[i]);
	}
	free(spec->expects);
	bytes_wipe(spec, sizeof(*spec));
}
