/* SPDX-License-Identifier: MIT */
/*
 * The rows of a list of units, one line after the other: CSV with a header, or JSON with an object
 * a line (docs/batch.md). The first line that is neither empty nor a remark decides.
 */
#pragma once

#include "batch/spec.h"

/* More than there are fields: each is in a header once. */
#define BATCH_COLUMNS 32

struct batch_rows {
	const char *name; /* of the list, in messages */
	uint32_t line;	  /* number of the latest line, from 1 */

	/* Private. */
	size_t room; /* of text and cell: the longest line, and its zero */
	char *text;  /* the current line */
	char *cell;  /* the current value */
	enum { BATCH_ROWS_UNKNOWN, BATCH_ROWS_CSV, BATCH_ROWS_JSON } format;
	const struct batch_field *columns[BATCH_COLUMNS]; /* CSV: of the header */
	size_t column_count;
	struct failure *failure;
};

/* longest: octets of a line, without its end. 0, or -1: no memory. Free it in either case. */
int batch_rows_init(struct batch_rows *rows, const char *name, size_t longest);
/* Wipes what is left of the lines: they may hold passkeys. */
void batch_rows_free(struct batch_rows *rows);

/*
 * Takes the next line, of len octets, without its end. 1: spec is a unit; 0: the line holds none;
 * -1 with the place, the text there and what was expected: then the line counts as not there, and
 * the next one can be taken. Free spec in each case.
 */
int batch_rows_take(struct batch_rows *rows, const char *text, size_t len,
		    struct batch_unit_spec *spec, struct failure *failure);
