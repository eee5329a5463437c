/* SPDX-License-Identifier: MIT */
#include "store/attempt.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Fields ---------------------------------------------------------------------------------- */

/* OBJECT: in memory and in SQL, the text of the JSON object. */
enum kind { TIME, ADDRESS, TEXT, NUMBER, DURATION, OBJECT };

/* In the order of the columns. */
static const struct field {
	const char *name;
	enum kind kind;
	bool required;
	size_t at;
} fields[] = {
#define FIELD(name, kind, required, member)                            \
	{                                                              \
		name, kind, required, offsetof(struct attempt, member) \
	}
	FIELD("time", TIME, true, time),
	FIELD("run", TEXT, false, job),
	FIELD("unit", TEXT, false, unit),
	FIELD("label", TEXT, false, label),
	FIELD("peer", ADDRESS, false, peer),
	FIELD("controller", TEXT, false, controller),
	FIELD("method", TEXT, false, method),
	FIELD("result", TEXT, true, result),
	FIELD("class", TEXT, false, class),
	FIELD("reason", TEXT, false, reason),
	FIELD("reason_code", NUMBER, false, reason_code),
	FIELD("scan_ms", DURATION, false, scan_ms),
	FIELD("connect_ms", DURATION, false, connect_ms),
	FIELD("pair_ms", DURATION, false, pair_ms),
	FIELD("total_ms", DURATION, false, total_ms),
	FIELD("retries", NUMBER, false, retries),
	FIELD("slot", TEXT, false, slot),
	FIELD("verdict", OBJECT, false, verdict),
	FIELD("attributes", TEXT, false, attributes),
	{NULL, TEXT, false, 0},
};

const char *attempt_field(size_t i)
{
	return i < sizeof(fields) / sizeof(fields[0]) ? fields[i].name : NULL;
}

static struct attempt_value text_value(const char *text)
{
	return (struct attempt_value){.type = text ? ATTEMPT_TEXT : ATTEMPT_ABSENT, .text = text};
}

struct attempt_value attempt_get(const struct attempt *attempt, size_t i)
{
	const void *at = (const uint8_t *)attempt + fields[i].at;
	struct attempt_value value = {.type = ATTEMPT_ABSENT};

	switch (fields[i].kind) {
	case TIME:
	case ADDRESS:
		value = text_value(*(const char *)at ? at : NULL);
		break;
	case TEXT:
	case OBJECT:
		value = text_value(*(const char *const *)at);
		break;
	case NUMBER:
		value.integer = *(const int *)at;
		value.type = value.integer >= 0 ? ATTEMPT_INTEGER : ATTEMPT_ABSENT;
		break;
	case DURATION:
		value.real = *(const double *)at;
		value.type = value.real >= 0 ? ATTEMPT_REAL : ATTEMPT_ABSENT;
		break;
	}
	return value;
}

static const char *set_number(int *number, const struct attempt_value *value)
{
	if (value->type != ATTEMPT_INTEGER || value->integer < 0 || value->integer > INT_MAX)
		return "a number from 0";
	*number = (int)value->integer;
	return NULL;
}

static const char *set_duration(double *duration, const struct attempt_value *value)
{
	double real = value->type == ATTEMPT_INTEGER ? (double)value->integer : value->real;

	if (value->type == ATTEMPT_TEXT || !(real >= 0))
		return "a number from 0";
	*duration = real;
	return NULL;
}

const char *attempt_set(struct attempt *attempt, size_t i, const struct attempt_value *value)
{
	void *at = (uint8_t *)attempt + fields[i].at;

	if (value->type == ATTEMPT_ABSENT)
		return NULL;
	if (fields[i].kind == NUMBER)
		return set_number(at, value);
	if (fields[i].kind == DURATION)
		return set_duration(at, value);
	if (value->type != ATTEMPT_TEXT)
		return "a text";
	if (fields[i].kind == TEXT || fields[i].kind == OBJECT) {
		*(const char **)at = value->text;
	} else if (fields[i].kind == TIME) {
		if (!time_is_valid(value->text))
			return "a time like 2026-11-25T03:27:18.123Z";
		memcpy(at, value->text, TIME_TEXT);
	} else if (snprintf(at, ADDRESS_TEXT, "%s", value->text) >= ADDRESS_TEXT) {
		return "an address";
	}
	return NULL;
}

void attempt_clear(struct attempt *attempt)
{
	*attempt = (struct attempt){
		.reason_code = ATTEMPT_NONE,
		.scan_ms = ATTEMPT_NONE,
		.connect_ms = ATTEMPT_NONE,
		.pair_ms = ATTEMPT_NONE,
		.total_ms = ATTEMPT_NONE,
		.retries = ATTEMPT_NONE,
	};
}

void attempt_init(struct attempt *attempt, const char *result, enum cli_exit class,
		  const char *reason, int reason_code)
{
	attempt_clear(attempt);
	(void)time_now(attempt->time);
	attempt->result = result;
	attempt->class = cli_exit_slug(class);
	attempt->reason = reason;
	attempt->reason_code = reason_code;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

json_t *attempt_to_json(const struct attempt *attempt)
{
	json_t *json = json_object();

	for (size_t i = 0; fields[i].name; i++) {
		struct attempt_value value = attempt_get(attempt, i);
		json_t *item = NULL;
		switch (value.type) {
		case ATTEMPT_TEXT:
			item = fields[i].kind == OBJECT ? json_loads(value.text, 0, NULL)
							: json_string(value.text);
			break;
		case ATTEMPT_INTEGER:
			item = json_integer(value.integer);
			break;
		case ATTEMPT_REAL:
			item = json_real(value.real);
			break;
		case ATTEMPT_ABSENT:
			continue;
		}
		(void)json_object_set_new(json, fields[i].name, item);
	}
	return json;
}

static bool is_object_text(const char *text)
{
	json_t *object = text ? json_loads(text, 0, NULL) : NULL;
	const bool is = json_is_object(object);

	json_decref(object);
	return is;
}

/* Replaces an object by its text, which may have been done before. NULL, or what was expected. */
static const char *object_to_text(json_t *json, const char *name)
{
	const json_t *object = json_object_get(json, name);
	char *text = json_is_object(object) ? json_dumps(object, JSON_COMPACT) : NULL;

	if (text)
		(void)json_object_set_new(json, name, json_string(text));
	free(text);
	const char *now = json_string_value(json_object_get(json, name));
	return !object || (now && strlen(now) <= ATTEMPT_VERDICT && is_object_text(now))
		       ? NULL
		       : "an object of at most 16384 octets";
}

/* False: no kind of value that an attempt can have. */
static bool value_from_json(const json_t *json, struct attempt_value *value)
{
	*value = (struct attempt_value){.type = ATTEMPT_ABSENT};
	if (json_is_string(json))
		*value = (struct attempt_value){ATTEMPT_TEXT, .text = json_string_value(json)};
	else if (json_is_integer(json))
		*value = (struct attempt_value){ATTEMPT_INTEGER,
						.integer = json_integer_value(json)};
	else if (json_is_real(json))
		*value = (struct attempt_value){ATTEMPT_REAL, .real = json_real_value(json)};
	return value->type != ATTEMPT_ABSENT || !json;
}

int attempt_from_json(json_t *json, struct attempt *attempt, struct failure *failure)
{
	attempt_clear(attempt);
	for (size_t i = 0; fields[i].name; i++) {
		struct attempt_value value;
		const char *expected =
			fields[i].kind == OBJECT ? object_to_text(json, fields[i].name) : NULL;
		if (expected)
			return failure_set(failure, CLI_USAGE, "\"%s\" must be %s", fields[i].name,
					   expected);
		if (!value_from_json(json_object_get(json, fields[i].name), &value))
			return failure_set(failure, CLI_USAGE, "\"%s\" is not of the right kind",
					   fields[i].name);
		if (value.type == ATTEMPT_ABSENT && fields[i].required)
			return failure_set(failure, CLI_USAGE, "\"%s\" is missing", fields[i].name);
		expected = attempt_set(attempt, i, &value);
		if (expected)
			return failure_set(failure, CLI_USAGE, "\"%s\" must be %s", fields[i].name,
					   expected);
	}
	return 0;
}
