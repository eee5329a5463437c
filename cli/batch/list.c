/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/list.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/csv.h"
#include "crypto/bytes.h"

enum { COLUMNS_MAX = 32, PLACE = 120 };

/* A list while it is read. */
struct reader {
	struct batch_list *list;
	const char *name;
	size_t line; /* number of the line, from 1 */
	char *cell;  /* room for a whole line: the current value */
	size_t room; /* of cell */
	enum { UNKNOWN, CSV, JSON_LINES } format;
	const struct batch_field *columns[COLUMNS_MAX]; /* CSV: of the header */
	size_t column_count;
	struct failure *failure;
};

static struct batch_unit_spec *add_spec(struct reader *r)
{
	struct batch_list *list = r->list;
	struct batch_unit_spec *spec;

	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 64;
		struct batch_unit_spec *grown = calloc(room, sizeof(*grown));
		if (!grown) {
			(void)failure_set(r->failure, CLI_INTERNAL,
					  "%s: line %zu: no memory for more units", r->name,
					  r->line);
			return NULL;
		}
		if (list->specs) {
			memcpy(grown, list->specs, list->count * sizeof(*grown));
			bytes_wipe(list->specs, list->count * sizeof(*grown));
		}
		free(list->specs);
		list->specs = grown;
		list->room = room;
	}
	spec = &list->specs[list->count++];
	spec->line = (uint32_t)r->line;
	return spec;
}

/* ---- CSV: RFC 4180, a row a line ------------------------------------------------------------- */

static int read_header(struct reader *r, const char *line)
{
	size_t at = 0;

	for (;; at++) {
		const struct batch_field *field =
			csv_cell(line, &at, r->cell) ? batch_field(r->cell) : NULL;
		const size_t column = r->column_count + 1;
		if (!field)
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %zu, column %zu: \"%.60s\" is not a field; "
					   "expected a header of %s",
					   r->name, r->line, column, r->cell, batch_field_names);
		for (size_t i = 0; i < r->column_count; i++)
			if (r->columns[i] == field)
				return failure_set(
					r->failure, CLI_USAGE,
					"%s: line %zu, column %zu: %s is in the header twice",
					r->name, r->line, column, r->cell);
		/* There are fewer fields than COLUMNS_MAX, and each is there once. */
		r->columns[r->column_count++] = field;
		if (!line[at])
			return 0;
	}
}

static int read_row(struct reader *r, struct batch_unit_spec *spec, const char *line)
{
	char place[PLACE];
	size_t at = 0;

	for (size_t column = 0;; at++, column++) {
		(void)snprintf(place, sizeof(place), "%s: line %zu, column %zu", r->name, r->line,
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
static const char *json_text(struct reader *r, const json_t *value)
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

static int read_member(struct reader *r, struct batch_unit_spec *spec, const char *key,
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

static int read_object(struct reader *r, struct batch_unit_spec *spec, const char *line,
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

/* ---- The whole ------------------------------------------------------------------------------- */

/* A line without its end. */
static int read_line(struct reader *r, const char *line)
{
	struct batch_unit_spec *spec;
	char place[PLACE];

	if (r->format == UNKNOWN) {
		r->format = line[strspn(line, " \t")] == '{' ? JSON_LINES : CSV;
		if (r->format == CSV)
			return read_header(r, line);
	}
	spec = add_spec(r);
	if (!spec)
		return -1;
	(void)snprintf(place, sizeof(place), "%s: line %zu", r->name, r->line);
	if (r->format == CSV ? read_row(r, spec, line) : read_object(r, spec, line, place))
		return -1;
	return batch_unit_spec_check(spec, place, r->failure);
}

/* line has room for all of text. */
static int read_lines(struct reader *r, const char *text, size_t len, char *line)
{
	const char *const end = text + len;

	if (len >= 3 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3; /* a byte order mark */
	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((eol ? eol : end) - text);
		memcpy(line, text, size);
		line[size] = '\0';
		text = eol ? eol + 1 : end;
		r->line++;
		if (strlen(line) != size)
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %zu: a zero octet; expected text", r->name,
					   r->line);
		while (size && isspace((unsigned char)line[size - 1]))
			line[--size] = '\0';
		if (size && line[0] != '#' && read_line(r, line))
			return -1;
	}
	if (!r->list->count)
		return failure_set(r->failure, CLI_USAGE,
				   "%s: no units; expected CSV with a header, or JSON lines",
				   r->name);
	return 0;
}

/* ---- Duplicates ------------------------------------------------------------------------------ */

/* By address, then by line. */
static int compare_addresses(const void *a, const void *b)
{
	const struct batch_unit_spec *const *x = a, *const *y = b;
	int order = (*x)->address.type - (*y)->address.type;

	for (size_t i = 6; i--;)
		if ((*x)->address.octets[i] != (*y)->address.octets[i])
			order = (*x)->address.octets[i] - (*y)->address.octets[i];
	return order ? order : (int)((*x)->line - (*y)->line);
}

/* By label, then by line. */
static int compare_labels(const void *a, const void *b)
{
	const struct batch_unit_spec *const *x = a, *const *y = b;
	int order = strcmp((*x)->label, (*y)->label);

	return order ? order : (int)((*x)->line - (*y)->line);
}

static bool same_address(const struct batch_unit_spec *a, const struct batch_unit_spec *b)
{
	return address_same_octets(&a->address, &b->address) &&
	       (!a->typed || !b->typed || a->address.type == b->address.type);
}

static int check_addresses(const struct reader *r, const struct batch_unit_spec **sorted,
			   size_t count)
{
	char text[ADDRESS_TEXT];

	qsort(sorted, count, sizeof(void *), compare_addresses);
	for (size_t i = 1; i < count; i++) {
		const struct batch_unit_spec *a = sorted[i - 1], *b = sorted[i];
		if (same_address(a, b))
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %u: %s is in line %u already", r->name,
					   a->line > b->line ? a->line : b->line,
					   address_format(&a->address, text),
					   a->line < b->line ? a->line : b->line);
	}
	return 0;
}

static int check_labels(const struct reader *r, const struct batch_unit_spec **sorted, size_t count)
{
	qsort(sorted, count, sizeof(void *), compare_labels);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->label, sorted[i]->label) == 0)
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %u: the label \"%s\" is in line %u already",
					   r->name, sorted[i]->line, sorted[i]->label,
					   sorted[i - 1]->line);
	return 0;
}

/*
 * A unit that is in the list twice would be paired twice, or never. Units without an address are
 * named by their labels.
 */
static int check_duplicates(const struct reader *r)
{
	const struct batch_list *list = r->list;
	const struct batch_unit_spec **sorted = calloc(list->count + 1, sizeof(void *));
	size_t addresses = 0, labels = 0;
	int status;

	if (!sorted)
		return failure_set(r->failure, CLI_INTERNAL, "%s: no memory", r->name);
	for (size_t i = 0; i < list->count; i++)
		if (list->specs[i].has_address)
			sorted[addresses++] = &list->specs[i];
	for (size_t i = 0; i < list->count; i++)
		if (!list->specs[i].has_address && list->specs[i].label)
			sorted[addresses + labels++] = &list->specs[i];
	status = check_addresses(r, sorted, addresses);
	if (!status)
		status = check_labels(r, sorted + addresses, labels);
	free(sorted);
	return status;
}

int batch_list_read(struct batch_list *list, const char *name, const char *text, size_t len,
		    struct failure *failure)
{
	struct reader r = {.list = list, .name = name, .room = len + 1, .failure = failure};
	char *line = malloc(len + 1);
	int status;

	r.cell = malloc(r.room);
	memset(list, 0, sizeof(*list));
	if (line && r.cell) {
		status = read_lines(&r, text, len, line);
		/* The list may hold passkeys. */
		bytes_wipe(line, len + 1);
		bytes_wipe(r.cell, r.room);
	} else {
		status = failure_set(failure, CLI_INTERNAL, "%s: no memory", name);
	}
	free(line);
	free(r.cell);
	return status ? status : check_duplicates(&r);
}

void batch_list_free(struct batch_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		batch_unit_spec_free(&list->specs[i]);
	free(list->specs);
	*list = (struct batch_list){NULL, 0, 0};
}
