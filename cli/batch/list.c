/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/list.h"

#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/oob.h"
#include "crypto/bytes.h"

/* ---- Values: each parser keeps the value and returns NULL, or what was expected -------------- */

typedef const char *parse(struct batch_unit_spec *w, const char *value);

static const char out_of_memory[] = "more memory than there is";

static const char *p_address(struct batch_unit_spec *w, const char *v)
{
	w->has_address = address_parse(v, &w->address, &w->typed);
	return w->has_address ? NULL : "AA:BB:CC:DD:EE:FF, with /public or /random behind it";
}

static const char *keep(char **to, const char *v)
{
	free(*to);
	*to = strdup(v);
	return *to ? NULL : out_of_memory;
}

static const char *p_name(struct batch_unit_spec *w, const char *v)
{
	return strlen(v) > 248 ? "a name of at most 248 octets" : keep(&w->name, v);
}

static const char *p_label(struct batch_unit_spec *w, const char *v)
{
	return strlen(v) > 80 ? "a label of at most 80 octets" : keep(&w->label, v);
}

/* An even number of hexadecimal digits, in the order in which they are written. */
static bool octets(const char *text, uint8_t *out, size_t max, size_t *len)
{
	*len = strlen(text) / 2;
	if (strlen(text) % 2 || *len > max || strspn(text, "0123456789abcdefABCDEF") != 2 * *len)
		return false;
	for (size_t i = 0; i < *len; i++) {
		const char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return true;
}

static const char *p_service(struct batch_unit_spec *w, const char *v)
{
	/* The Bluetooth Base UUID, Core Vol 3 Part B 2.5.1, as it is written. */
	uint8_t uuid[16] = {0, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0x80, 0x5f, 0x9b, 0x34, 0xfb};
	uint8_t given[16];
	char digits[40] = "";
	size_t len = 0;

	if (strncasecmp(v, "0x", 2) == 0)
		v += 2;
	for (const char *p = v; *p && len < sizeof(digits) - 1; p++)
		if (*p != '-')
			digits[len++] = *p;
	if (!octets(digits, given, 16, &len) || (len != 2 && len != 4 && len != 16))
		return "a UUID of 4, 8 or 32 hexadecimal digits";
	memcpy(uuid + (len == 2 ? 2 : 0), given, len);
	for (size_t i = 0; i < 16; i++)
		w->service[i] = uuid[15 - i];
	w->has_service = true;
	return NULL;
}

static const char *p_manufacturer(struct batch_unit_spec *w, const char *v)
{
	static const char expected[] =
		"a company identifier of 4 hexadecimal digits, and :HEX for how its data begins";
	char company[5];
	uint8_t id[2];
	size_t len;

	if (strncasecmp(v, "0x", 2) == 0)
		v += 2;
	(void)snprintf(company, sizeof(company), "%s", v);
	if (!octets(company, id, 2, &len) || len != 2 || (v[4] && v[4] != ':'))
		return expected;
	if (v[4] && (!octets(v + 5, w->maker, BATCH_MAKER_MAX, &len) || !len))
		return expected;
	w->maker_len = v[4] ? (uint8_t)len : 0;
	w->company = (uint16_t)(id[0] << 8 | id[1]);
	w->has_maker = true;
	return NULL;
}

static bool whole(const char *text, long min, long max, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text && !*end && *out >= min && *out <= max;
}

static const char *p_rssi(struct batch_unit_spec *w, const char *v)
{
	long n;

	if (!whole(v, -127, 20, &n))
		return "the least signal strength in dBm, -127 to 20";
	w->rssi = (int8_t)n;
	w->has_rssi = true;
	return NULL;
}

static const char *p_method(struct batch_unit_spec *w, const char *v)
{
	static const enum smp_method methods[] = {SMP_JUST_WORKS,	 SMP_NUMERIC_COMPARISON,
						  SMP_PASSKEY_WE_SHOW,	 SMP_PASSKEY_WE_TYPE,
						  SMP_PASSKEY_BOTH_TYPE, SMP_OOB};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(v, smp_method_slug(methods[i])) == 0)
			w->method = (uint8_t)methods[i];
	return w->method ? NULL
			 : "just_works, numeric_comparison, passkey_we_show, passkey_we_type, "
			   "passkey_both_type or oob";
}

static const char *p_passkey(struct batch_unit_spec *w, const char *v)
{
	long n;

	if (strspn(v, "0123456789") != strlen(v) || strlen(v) > 6 || !whole(v, 0, 999999, &n))
		return "a number of up to six digits";
	w->passkey = (uint32_t)n;
	w->has_passkey = true;
	return NULL;
}

static const char *p_confirm(struct batch_unit_spec *w, const char *v)
{
	w->confirm = strcmp(v, "yes") == 0 ? CONFIRM_YES : strcmp(v, "no") == 0 ? CONFIRM_NO : 0;
	return w->confirm ? NULL : "yes or no";
}

static const char *p_oob(struct batch_unit_spec *w, const char *v)
{
	struct failure failure;

	w->oob = calloc(1, sizeof(*w->oob));
	if (!w->oob)
		return out_of_memory;
	return oob_parse(v, w->oob, &failure)
		       ? "tk=HEX or confirm=HEX,random=HEX with 32 hexadecimal digits each"
		       : NULL;
}

static const char *p_level(struct batch_unit_spec *w, const char *v)
{
	long n;

	if (!whole(v, 2, 4, &n))
		return "the least level of security mode 1: 2 (encrypted), 3 (authenticated) or 4 "
		       "(authenticated Secure Connections)";
	w->level = (uint8_t)n;
	return NULL;
}

/* ---- The fields ------------------------------------------------------------------------------ */

static const struct field {
	const char *name;
	parse *parse;
	bool finds;  /* it says which unit is meant */
	bool secret; /* its value is not repeated in an error */
} fields[] = {
	{"address", p_address, true, false}, {"name", p_name, true, false},
	{"service", p_service, true, false}, {"manufacturer", p_manufacturer, true, false},
	{"rssi", p_rssi, true, false},	     {"label", p_label, false, false},
	{"method", p_method, false, false},  {"level", p_level, false, false},
	{"passkey", p_passkey, false, true}, {"confirm", p_confirm, false, false},
	{"oob", p_oob, false, true},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char field_names[] =
	"address, name, service, manufacturer, rssi, label, method, level, passkey, confirm or oob";

static const struct field *field(const char *name)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static int fail(char error[BATCH_LIST_ERROR], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(char error[BATCH_LIST_ERROR], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(error, BATCH_LIST_ERROR, format, arguments);
	va_end(arguments);
	return -1;
}

/* where: "list.csv: line 3, column 2" or so. */
static int set(struct batch_unit_spec *w, const struct field *f, const char *value,
	       const char *where, char error[BATCH_LIST_ERROR])
{
	const char *expected = f->parse(w, value);

	if (!expected)
		return 0;
	if (f->secret)
		return fail(error, "%s: the %s is not right; expected %s", where, f->name,
			    expected);
	return fail(error, "%s: \"%.60s\" is not right for %s; expected %s", where, value, f->name,
		    expected);
}

/* What a row says as a whole. */
static int settled(const struct batch_unit_spec *w, const char *where, char error[BATCH_LIST_ERROR])
{
	if (!w->has_address && !w->name && !w->has_service && !w->has_maker && !w->has_rssi)
		return fail(error,
			    "%s: nothing says which unit is meant; expected an address, or a "
			    "match by name, service, manufacturer or rssi",
			    where);
	if (w->method == SMP_OOB && !w->oob)
		return fail(error, "%s: the method is oob, but there is no oob data", where);
	if (w->level == 4 && w->oob && w->oob->has_tk)
		return fail(error, "%s: level 4 needs Secure Connections, oob tk=... is of legacy",
			    where);
	return 0;
}

static struct batch_unit_spec *add(struct batch_list *list, size_t line,
				   char error[BATCH_LIST_ERROR])
{
	struct batch_unit_spec *more;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		more = calloc(room, sizeof(*more));
		if (!more) {
			fail(error, "line %zu: no memory for more units", line);
			return NULL;
		}
		if (list->count) {
			memcpy(more, list->wants, list->count * sizeof(*more));
			bytes_wipe(list->wants, list->count * sizeof(*more));
		}
		free(list->wants);
		list->wants = more;
		list->room = room;
	}
	more = &list->wants[list->count++];
	memset(more, 0, sizeof(*more));
	more->line = (uint32_t)line;
	return more;
}

/* ---- CSV: RFC 4180, a row a line ------------------------------------------------------------- */

enum { COLUMNS_MAX = 32, WHERE = 120 };

struct csv {
	const struct field *columns[COLUMNS_MAX];
	size_t count;
};

static int csv_header(struct csv *csv, const char *line, char *cell, const char *name,
		      size_t number, char error[BATCH_LIST_ERROR])
{
	size_t at = 0;

	for (;; at++) {
		const struct field *f = csv_cell(line, &at, cell) ? field(cell) : NULL;
		if (!f)
			return fail(error,
				    "%s: line %zu, column %zu: \"%.60s\" is no field; expected a "
				    "header of %s",
				    name, number, csv->count + 1, cell, field_names);
		for (size_t i = 0; i < csv->count; i++)
			if (csv->columns[i] == f)
				return fail(error, "%s: line %zu, column %zu: %s is there twice",
					    name, number, csv->count + 1, cell);
		if (csv->count == COLUMNS_MAX)
			return fail(error, "%s: line %zu: too many columns", name, number);
		csv->columns[csv->count++] = f;
		if (!line[at])
			return 0;
	}
}

static int csv_row(const struct csv *csv, struct batch_unit_spec *w, const char *line, char *cell,
		   const char *name, size_t number, char error[BATCH_LIST_ERROR])
{
	char where[WHERE];
	size_t at = 0, column = 0;

	for (;; at++, column++) {
		(void)snprintf(where, sizeof(where), "%s: line %zu, column %zu", name, number,
			       column + 1);
		if (column == csv->count)
			return fail(error, "%s: more cells than the header has; expected %zu",
				    where, csv->count);
		if (!csv_cell(line, &at, cell))
			return fail(error, "%s: a quotation mark is not closed, or stands inside",
				    where);
		if (*cell && set(w, csv->columns[column], cell, where, error))
			return -1;
		if (!line[at])
			break;
	}
	(void)snprintf(where, sizeof(where), "%s: line %zu", name, number);
	return settled(w, where, error);
}

/* ---- JSON lines ------------------------------------------------------------------------------ */

/* A value as CSV would have it, into text; NULL: it cannot be. */
static const char *json_text(const json_t *value, char text[24])
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	if (!json_is_integer(value))
		return NULL;
	(void)snprintf(text, 24, "%lld", (long long)json_integer_value(value));
	return text;
}

static int json_row(struct batch_unit_spec *w, const char *line, const char *name, size_t number,
		    char error[BATCH_LIST_ERROR])
{
	json_error_t problem;
	json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, &problem), *value;
	char where[WHERE], text[24];
	const char *key, *plain;
	int status = 0;

	(void)snprintf(where, sizeof(where), "%s: line %zu", name, number);
	if (!json_is_object(row)) {
		status = row ? fail(error, "%s: expected a JSON object", where)
			     : fail(error, "%s, column %d: %s; expected a JSON object", where,
				    problem.column, problem.text);
		json_decref(row);
		return status;
	}
	json_object_foreach(row, key, value)
	{
		const struct field *f = field(key);
		if (!f)
			status = fail(error, "%s: \"%.60s\" is no field; expected %s", where, key,
				      field_names);
		else if (json_is_null(value))
			continue;
		else if (!(plain = json_text(value, text)))
			status = fail(error,
				      "%s: \"%s\" has a value of another kind; expected a string",
				      where, key);
		else
			status = set(w, f, plain, where, error);
		if (status)
			break;
	}
	json_decref(row);
	bytes_wipe(text, sizeof(text));
	return status ? status : settled(w, where, error);
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	const struct batch_unit_spec *const *x = a, *const *y = b;
	int order = 0;

	for (size_t i = 0; i < 6 && !order; i++)
		order = (*x)->address.octets[i] - (*y)->address.octets[i];
	if (!order)
		order = ((*x)->typed ? (*x)->address.type : 0) -
			((*y)->typed ? (*y)->address.type : 0);
	return order ? order : (*x)->line < (*y)->line ? -1 : 1;
}

static int by_label(const void *a, const void *b)
{
	const struct batch_unit_spec *const *x = a, *const *y = b;
	int order = strcmp((*x)->label, (*y)->label);

	return order ? order : (*x)->line < (*y)->line ? -1 : 1;
}

/*
 * The same unit twice is a mistake: it would be paired twice, or never. Those without an address
 * are known by their labels.
 */
static int nobody_twice(const struct batch_list *list, const char *name,
			char error[BATCH_LIST_ERROR])
{
	const struct batch_unit_spec **sorted =
		calloc(list->count + 1, sizeof(struct batch_unit_spec *));
	char address[ADDRESS_TEXT];
	size_t count = 0;
	int status = 0;

	if (!sorted)
		return fail(error, "%s: no memory", name);
	for (size_t i = 0; i < list->count; i++)
		if (list->wants[i].has_address)
			sorted[count++] = &list->wants[i];
	qsort(sorted, count, sizeof(void *), by_address);
	for (size_t i = 1; i < count && !status; i++) {
		const struct batch_unit_spec *a = sorted[i - 1], *b = sorted[i];
		if (address_same_octets(&a->address, &b->address) &&
		    (!a->typed || !b->typed || a->address.type == b->address.type))
			status = fail(error, "%s: line %u: %s stands in line %u already", name,
				      a->line > b->line ? a->line : b->line,
				      address_format(&a->address, address),
				      a->line < b->line ? a->line : b->line);
	}
	count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (!list->wants[i].has_address && list->wants[i].label)
			sorted[count++] = &list->wants[i];
	qsort(sorted, count, sizeof(void *), by_label);
	for (size_t i = 1; i < count && !status; i++)
		if (strcmp(sorted[i - 1]->label, sorted[i]->label) == 0)
			status = fail(error,
				      "%s: line %u: the label \"%s\" stands in line %u already",
				      name, sorted[i]->line, sorted[i]->label, sorted[i - 1]->line);
	free(sorted);
	return status;
}

int batch_list_read(struct batch_list *list, const char *name, const char *text, size_t len,
		    char error[BATCH_LIST_ERROR])
{
	struct csv csv = {{NULL}, 0};
	size_t number = 0, cut = 0;
	bool json = false, begun = false;
	char *line = malloc(len + 1), *cell = malloc(len + 1);
	int status = line && cell ? 0 : fail(error, "%s: no memory", name);

	memset(list, 0, sizeof(*list));
	if (len >= 3 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		cut = 3;
	while (!status && line && cell && cut < len) {
		const char *end = memchr(text + cut, '\n', len - cut);
		size_t octets_of = end ? (size_t)(end - text) - cut : len - cut;
		memcpy(line, text + cut, octets_of);
		line[octets_of] = '\0';
		cut += octets_of + 1;
		number++;
		if (strlen(line) != octets_of) {
			status = fail(error, "%s: line %zu: a zero octet; expected text", name,
				      number);
			break;
		}
		while (octets_of && isspace((unsigned char)line[octets_of - 1]))
			line[--octets_of] = '\0';
		if (!octets_of || line[0] == '#')
			continue;
		if (!begun) {
			begun = true;
			json = line[strspn(line, " \t")] == '{';
			if (!json) {
				status = csv_header(&csv, line, cell, name, number, error);
				continue;
			}
		}
		struct batch_unit_spec *w = add(list, number, error);
		if (!w)
			status = -1;
		else
			status = json ? json_row(w, line, name, number, error)
				      : csv_row(&csv, w, line, cell, name, number, error);
	}
	if (!status && !list->count)
		status = fail(error, "%s: no unit in it; expected CSV with a header, or JSON lines",
			      name);
	if (!status)
		status = nobody_twice(list, name, error);
	/* There may be passkeys in it. */
	if (line)
		bytes_wipe(line, len + 1);
	if (cell)
		bytes_wipe(cell, len + 1);
	free(line);
	free(cell);
	return status;
}

int batch_list_match(struct batch_unit_spec *want, const char *text, char error[BATCH_LIST_ERROR])
{
	char *copy = strdup(text), *rest = copy, *part;
	int status = copy ? 0 : fail(error, "--match: no memory");

	memset(want, 0, sizeof(*want));
	while (!status && (part = strsep(&rest, ","))) {
		char *value = strchr(part, '=');
		if (value)
			*value++ = '\0';
		const struct field *f = field(part);
		if (!value || !*value || !f || !f->finds)
			status = fail(error,
				      "--match: \"%.60s\" is not right; expected KEY=VALUE with "
				      "address, name, service, manufacturer or rssi",
				      part);
		else
			status = set(want, f, value, "--match", error);
	}
	free(copy);
	return status;
}

void batch_want_free(struct batch_unit_spec *want)
{
	free(want->name);
	free(want->label);
	if (want->oob)
		bytes_wipe(want->oob, sizeof(*want->oob));
	free(want->oob);
	bytes_wipe(want, sizeof(*want));
}

void batch_list_free(struct batch_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		batch_want_free(&list->wants[i]);
	free(list->wants);
	memset(list, 0, sizeof(*list));
}
