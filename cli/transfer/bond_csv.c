/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/bond_csv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "crypto/bytes.h"

static const char in_force_name[] = "in_force";

/* ---- Writing --------------------------------------------------------------------------------- */

bool bond_csv_write_header(FILE *file)
{
	(void)fputs(in_force_name, file);
	for (size_t i = 0; bond_field(i); i++)
		(void)fprintf(file, ",%s", bond_field(i));
	(void)fputs("\r\n", file);
	return !ferror(file);
}

bool bond_csv_write(FILE *file, const struct bond_record *record, bool in_force)
{
	char text[BOND_VALUE];

	(void)fputs(in_force ? "true" : "false", file);
	for (size_t i = 0; bond_field(i); i++) {
		const char *value = bond_get(record, i, text);
		(void)fprintf(file, ",%s", value ? value : "");
	}
	bytes_wipe(text, sizeof(text));
	(void)fputs("\r\n", file);
	return !ferror(file);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static const char expected[] = "expected JSON, or CSV, as bonds export writes them";

enum { COLUMNS = 32, IN_FORCE = COLUMNS };

struct table {
	size_t columns[COLUMNS], count; /* the field of a bond in each column, or IN_FORCE */
	char *cell;			/* room for a cell of the line */
	json_t *json;			/* filled */
};

/* The field that a column holds; false: none has that name. */
static bool find_column(const char *name, size_t *field)
{
	*field = IN_FORCE;
	if (strcmp(name, in_force_name) == 0)
		return true;
	for (*field = 0; bond_field(*field); ++*field)
		if (strcmp(name, bond_field(*field)) == 0)
			return true;
	return false;
}

static int read_header(struct table *table, const char *line, struct failure *failure)
{
	for (size_t at = 0;; at++) {
		if (table->count == COLUMNS || !csv_cell(line, &at, table->cell) ||
		    !find_column(table->cell, &table->columns[table->count]))
			return failure_set(failure, CLI_USAGE,
					   "cell %zu names no column of ours; %s", table->count + 1,
					   expected);
		table->count++;
		if (!line[at])
			return 0;
	}
}

/* Fills bond, as JSON, from the cells of a line. */
static int read_cells(const struct table *table, const char *line, json_t *bond, bool *in_force,
		      struct failure *failure)
{
	for (size_t at = 0, i = 0;; at++, i++) {
		if (i == table->count || !csv_cell(line, &at, table->cell))
			return failure_set(failure, CLI_USAGE,
					   "expected %zu cells, as the header has", table->count);
		if (table->columns[i] == IN_FORCE)
			*in_force = strcmp(table->cell, "false") != 0;
		else if (*table->cell)
			bond_put_text(bond, table->columns[i], table->cell);
		if (!line[at])
			return 0;
	}
}

static int read_bond(const struct table *table, const char *line, struct failure *failure)
{
	json_t *bond = json_pack("{s:{}, s:{}}", "local_keys", "peer_keys");
	struct bond_record record;
	bool in_force = true;
	int status = read_cells(table, line, bond, &in_force, failure);

	if (!status)
		status = bond_from_json(bond, &record, failure);
	bytes_wipe(&record, sizeof(record));
	(void)json_array_append_new(json_object_get(table->json, in_force ? "bonds" : "history"),
				    bond);
	return status;
}

/* Reads a line of len octets without its end. The first that is not empty is the header. */
static int read_line(struct table *table, const char *line, size_t len, struct failure *failure)
{
	if (!len)
		return 0;
	table->cell = malloc(len + 1);
	if (!table->cell)
		return failure_set(failure, CLI_INTERNAL, "out of memory");
	int status =
		table->count ? read_bond(table, line, failure) : read_header(table, line, failure);
	bytes_wipe(table->cell, len);
	free(table->cell);
	return status;
}

static int read_lines(struct table *table, FILE *file, struct failure *failure)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	char *line = NULL;
	size_t room = 0, number = 0;
	struct failure wrong;
	ssize_t got;
	int status = 0;

	while (!status && (got = getline(&line, &room, file)) > 0) {
		size_t len = strlen(line), skip = 0;
		if (++number == 1 && strncmp(line, byte_order_mark, 3) == 0)
			skip = 3;
		if (len != (size_t)got)
			status = failure_set(&wrong, CLI_USAGE, "a zero octet; %s", expected);
		while (len > skip && isspace((unsigned char)line[len - 1]))
			line[--len] = '\0';
		if (!status)
			status = read_line(table, line + skip, len - skip, &wrong);
	}
	if (line)
		bytes_wipe(line, room);
	free(line);
	if (status)
		return failure_set(failure, wrong.exit, "line %zu: %s", number, wrong.text);
	if (!table->count)
		return failure_set(failure, CLI_USAGE, "it is empty; %s", expected);
	return 0;
}

json_t *bond_csv_read(FILE *file, struct failure *failure)
{
	struct table table = {
		.json = json_pack("{s:i, s:[], s:[]}", "version", 1, "bonds", "history")};

	if (read_lines(&table, file, failure) == 0)
		return table.json;
	json_decref(table.json);
	return NULL;
}
