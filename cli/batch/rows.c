/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/rows.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "crypto/bytes.h"

enum { PLACE = 120 };

/* ---- CSV: RFC 4180, a row a line ------------------------------------------------------------- */

static int read_header(struct batch_rows *r, const char *line)
{
	size_t at = 0;

	for (;; at++) {
		const struct batch_field *field =
			csv_cell(line, &at, r->cell) ? batch_field(r->cell) : NULL;
		const size_t column = r->column_count + 1;
		if (!field)
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %u, column %zu: \"%.60s\" is not a field; "
					   "expected a header of %s",
					   r->name, r->line, column, r->cell, batch_field_names);
		for (size_t i = 0; i < r->column_count; i++)
			if (r->columns[i] == field)
				return failure_set(
					r->failure, CLI_USAGE,
					"%s: line %u, column %zu: %s is in the header twice",
					r->name, r->line, column, r->cell);
		r->columns[r->column_count++] = field;
		if (!line[at])
			return 0;
	}
}

static int read_row(struct batch_rows *r, struct batch_unit_spec *spec, const char *line)
{
	char place[PLACE];
	size_t at = 0;

	for (size_t column = 0;; at++, column++) {
		(void)snprintf(place, sizeof(place), "%s: line %u, column %zu", r->name, r->line,
			       column + 1);
		if (column == r->column_count)
			return failure_set(r->failure, CLI_USAGE,
					   "%s: more cells than the header has; expected %zu",
					   place, r->column_count);
		if (!csv_cell(line, &at, r->cell))
			return failure_set(r->failure, CLI_USAGE,
					   "%s: a quotation mark is not closed, or is inside a "
					   "cell",
					   place);
		if (*r->cell &&
		    batch_field_set(r->columns[column], spec, r->cell, place, r->failure))
			return -1;
		if (!line[at])
			return 0;
	}
}

/* ---- JSON lines ------------------------------------------------------------------------------ */

/* A value as it would be in CSV; NULL: it cannot be. */
static const char *json_text(struct batch_rows *r, const json_t *value)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	if (!json_is_integer(value))
		return NULL;
	(void)snprintf(r->cell, r->room, "%lld", (long long)json_integer_value(value));
	return r->cell;
}

static int read_member(struct batch_rows *r, struct batch_unit_spec *spec, const char *key,
		       const json_t *value, const char *place)
{
	const struct batch_field *field = batch_field(key);
	const char *text;

	if (!field)
		return failure_set(r->failure, CLI_USAGE,
				   "%s: \"%.60s\" is not a field; expected %s", place, key,
				   batch_field_names);
	if (json_is_null(value))
		return 0;
	text = json_text(r, value);
	if (!text)
		return failure_set(r->failure, CLI_USAGE,
				   "%s: \"%s\" has a value of the wrong type; expected a string",
				   place, key);
	return batch_field_set(field, spec, text, place, r->failure);
}

static int read_object(struct batch_rows *r, struct batch_unit_spec *spec, const char *line,
		       const char *place)
{
	json_error_t error;
	json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, &error), *value;
	const char *key;
	int status = 0;

	if (!row)
		return failure_set(r->failure, CLI_USAGE,
				   "%s, column %d: %s; expected a JSON object", place, error.column,
				   error.text);
	if (!json_is_object(row))
		status = failure_set(r->failure, CLI_USAGE, "%s: expected a JSON object", place);
	json_object_foreach(row, key, value)
	{
		if (status)
			break;
		status = read_member(r, spec, key, value, place);
	}
	json_decref(row);
	return status;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* The line in r->text. 1: it is a unit; 0: it is the header. */
static int read_line(struct batch_rows *r, struct batch_unit_spec *spec)
{
	const bool first = r->format == BATCH_ROWS_UNKNOWN;
	char place[PLACE];

	if (first)
		r->format =
			r->text[strspn(r->text, " \t")] == '{' ? BATCH_ROWS_JSON : BATCH_ROWS_CSV;
	if (first && r->format == BATCH_ROWS_CSV) {
		r->column_count = 0;
		if (read_header(r, r->text) == 0)
			return 0;
		r->format = BATCH_ROWS_UNKNOWN;
		return -1;
	}
	(void)snprintf(place, sizeof(place), "%s: line %u", r->name, r->line);
	if (r->format == BATCH_ROWS_CSV ? read_row(r, spec, r->text)
					: read_object(r, spec, r->text, place))
		return -1;
	return batch_unit_spec_check(spec, place, r->failure) ? -1 : 1;
}

int batch_rows_take(struct batch_rows *r, const char *text, size_t len,
		    struct batch_unit_spec *spec, struct failure *failure)
{
	r->failure = failure;
	r->line++;
	*spec = (struct batch_unit_spec){.line = r->line};
	if (r->line == 1 && len >= 3 && strncmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3; /* a byte order mark */
		len -= 3;
	}
	if (len >= r->room)
		return failure_set(failure, CLI_USAGE, "%s: line %u: it is longer than %zu octets",
				   r->name, r->line, r->room - 1);
	memcpy(r->text, text, len);
	r->text[len] = '\0';
	if (strlen(r->text) != len)
		return failure_set(failure, CLI_USAGE, "%s: line %u: a zero octet; expected text",
				   r->name, r->line);
	if (!text_is_utf8(r->text, len))
		return failure_set(failure, CLI_USAGE,
				   "%s: line %u: this is not UTF-8; convert the list: "
				   "iconv -f WINDOWS-1252 -t UTF-8",
				   r->name, r->line);
	while (len && isspace((unsigned char)r->text[len - 1]))
		r->text[--len] = '\0';
	return len && r->text[0] != '#' ? read_line(r, spec) : 0;
}

int batch_rows_init(struct batch_rows *r, const char *name, size_t longest)
{
	*r = (struct batch_rows){.name = name, .room = longest + 1};
	r->text = malloc(r->room);
	r->cell = malloc(r->room);
	return r->text && r->cell ? 0 : -1;
}

void batch_rows_free(struct batch_rows *r)
{
	if (r->text)
		bytes_wipe(r->text, r->room);
	if (r->cell)
		bytes_wipe(r->cell, r->room);
	free(r->text);
	free(r->cell);
	*r = (struct batch_rows){.name = NULL};
}
