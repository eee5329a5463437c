/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "store/sqlite.h"

#define SQL 1024 /* room for a statement that names every field twice */

/* Parameter ?N is the field N - 1. */
static void append_fields(char sql[SQL], bool as_parameters)
{
	for (size_t i = 0; attempt_field(i); i++) {
		size_t used = strlen(sql);
		if (as_parameters)
			(void)snprintf(sql + used, SQL - used, "%s?%zu", i ? ", " : "", i + 1);
		else
			(void)snprintf(sql + used, SQL - used, "%s%s", i ? ", " : "",
				       attempt_field(i));
	}
}

static void append(char sql[SQL], const char *text)
{
	size_t used = strlen(sql);

	(void)snprintf(sql + used, SQL - used, "%s", text);
}

static void bind_attempt(sqlite3_stmt *statement, const struct attempt *attempt)
{
	for (int i = 0; attempt_field((size_t)i); i++) {
		struct attempt_value value = attempt_get(attempt, (size_t)i);
		switch (value.type) {
		case ATTEMPT_TEXT:
			sqlite_bind_string(statement, i + 1, value.text);
			break;
		case ATTEMPT_INTEGER:
			(void)sqlite3_bind_int64(statement, i + 1, value.integer);
			break;
		case ATTEMPT_REAL:
			(void)sqlite3_bind_double(statement, i + 1, value.real);
			break;
		case ATTEMPT_ABSENT:
			break;
		}
	}
}

/* condition: of the row that is inserted, or "". */
static int insert(const struct sqlite *db, const struct attempt *attempt, const char *condition,
		  struct failure *failure)
{
	char sql[SQL] = "INSERT INTO attempt (";

	append_fields(sql, false);
	append(sql, ") SELECT ");
	append_fields(sql, true);
	append(sql, condition);
	sqlite3_stmt *statement = sqlite_prepare(db, sql, failure);
	if (!statement)
		return -1;
	bind_attempt(statement, attempt);
	return sqlite_finish(db, statement, failure);
}

int sqlite_attempt_add(const struct sqlite *db, const struct attempt *attempt,
		       struct failure *failure)
{
	return insert(db, attempt, "", failure);
}

int sqlite_attempt_merge(const struct sqlite *db, const struct attempt *attempt,
			 struct failure *failure)
{
	return insert(db, attempt,
		      " WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE time = ?1 AND run IS ?2 AND"
		      " unit IS ?3 AND peer IS ?5 AND controller IS ?6 AND result IS ?8)",
		      failure);
}

/* Reads the current row; its texts are valid until the next step. */
static int read_row(const struct sqlite *db, sqlite3_stmt *row, struct attempt *attempt,
		    struct failure *failure)
{
	const char *expected = NULL;

	attempt_clear(attempt);
	for (int i = 0; !expected && attempt_field((size_t)i); i++) {
		struct attempt_value value = {.type = ATTEMPT_ABSENT};
		switch (sqlite3_column_type(row, i)) {
		case SQLITE_INTEGER:
			value.type = ATTEMPT_INTEGER;
			value.integer = sqlite3_column_int64(row, i);
			break;
		case SQLITE_FLOAT:
			value.type = ATTEMPT_REAL;
			value.real = sqlite3_column_double(row, i);
			break;
		case SQLITE_TEXT:
			value.type = ATTEMPT_TEXT;
			value.text = (const char *)sqlite3_column_text(row, i);
			break;
		default:
			break;
		}
		expected = attempt_set(attempt, (size_t)i, &value);
	}
	return expected ? sqlite_damaged(db, failure, "an attempt has an invalid value") : 0;
}

int sqlite_attempts_read(const struct sqlite *db, const struct store_attempts *which,
			 void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
			 struct failure *failure)
{
	char sql[SQL] = "SELECT ";
	struct attempt attempt;
	int status;

	append_fields(sql, false);
	append(sql, " FROM (SELECT id AS place, * FROM attempt"
		    " WHERE (?1 IS NULL OR peer IN (?1, ?4)) AND (?2 IS NULL OR run = ?2)"
		    " ORDER BY id DESC LIMIT ?3) ORDER BY place");
	sqlite3_stmt *rows = sqlite_prepare(db, sql, failure);
	if (!rows)
		return -1;
	sqlite_bind_string(rows, 1, which->peer);
	sqlite_bind_string(rows, 2, which->job);
	(void)sqlite3_bind_int64(rows, 3, which->last ? (int64_t)which->last : -1);
	sqlite_bind_string(rows, 4, which->or_peer);
	while ((status = sqlite_step(db, rows, failure)) == 1) {
		if ((status = read_row(db, rows, &attempt, failure)))
			break;
		each(ctx, &attempt);
	}
	(void)sqlite3_finalize(rows);
	return status;
}
