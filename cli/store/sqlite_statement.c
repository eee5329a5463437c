/* SPDX-License-Identifier: MIT */
/* Statements and transactions, and the failures that they report. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "crypto/bytes.h"
#include "store/sqlite.h"

/* ---- Failures -------------------------------------------------------------------------------- */

int sqlite_damaged(const struct sqlite *db, struct failure *failure, const char *what)
{
	return failure_set(failure, CLI_USAGE,
			   "store %s: it is damaged (%s); it was left as it is: move it away, "
			   "and import what you exported (blepair bonds import)",
			   db->path, what);
}

const char *sqlite_otherwise(const struct sqlite *db)
{
	return db->needed ? "name another by --store"
			  : "name another by --store, or keep nothing with --no-store";
}

/* Other codes are reported in SQLite's own words. One that ends with a blank goes on with what to
 * do instead. */
static const struct {
	int code;
	enum cli_exit exit;
	const char *text;
} failures[] = {
	{SQLITE_NOTADB, CLI_USAGE,
	 "it is not a store of blepair; it was left as it is: name another file by --store"},
	{SQLITE_BUSY, CLI_INTERNAL, "another program keeps it locked: try again when it is done"},
	{SQLITE_FULL, CLI_INTERNAL, "the disk is full: make room; what was in it stays"},
	{SQLITE_NOMEM, CLI_INTERNAL, "out of memory"},
	{SQLITE_READONLY, CLI_PERMISSION, "it or its directory cannot be written; "},
	{SQLITE_PERM, CLI_PERMISSION, "its access is not permitted"},
};

int sqlite_failed(const struct sqlite *db, struct failure *failure)
{
	int code = sqlite3_errcode(db->handle), error = sqlite3_system_errno(db->handle);

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == code)
			return failure_set(failure, failures[i].exit, "store %s: %s%s", db->path,
					   failures[i].text,
					   code == SQLITE_READONLY ? sqlite_otherwise(db) : "");
	if (code == SQLITE_CORRUPT)
		return sqlite_damaged(db, failure, "its pages contradict each other");
	if (error == EACCES || error == EPERM || error == EROFS || code == SQLITE_CANTOPEN)
		return failure_set(failure, CLI_PERMISSION,
				   "store %s: it or its directory cannot be written: %s", db->path,
				   strerror(error ? error : EACCES));
	return failure_set(failure, CLI_INTERNAL, "store %s: %s%s%s", db->path,
			   sqlite3_errmsg(db->handle), error ? ": " : "",
			   error ? strerror(error) : "");
}

/* ---- Texts of statements --------------------------------------------------------------------- */

static void append(char sql[SQL_ROOM], const char *text, size_t len)
{
	size_t used = strlen(sql);

	(void)snprintf(sql + used, SQL_ROOM - used, "%.*s", (int)len, text);
}

const char *sqlite_expand(char sql[SQL_ROOM], const char *pattern, const char *(*field)(size_t i),
			  size_t first)
{
	char text[40];

	if (*sql)
		return sql;
	for (;; pattern += 2) {
		size_t len = strcspn(pattern, "%");
		append(sql, pattern, len);
		pattern += len;
		if (!*pattern)
			return sql;
		for (size_t i = 0; field(i); i++) {
			const char *comma = i ? ", " : "";
			if (pattern[1] == 'p')
				(void)snprintf(text, sizeof(text), "%s?%zu", comma, i + first);
			else
				(void)snprintf(text, sizeof(text), "%s%s", comma, field(i));
			append(sql, text, strlen(text));
		}
	}
}

/* ---- Statements ------------------------------------------------------------------------------ */

static sqlite3_stmt *compile(const struct sqlite *db, const char *sql, struct failure *failure)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
		(void)sqlite_failed(db, failure);
	return statement;
}

sqlite3_stmt *sqlite_prepare(const struct sqlite *db, const char *sql, struct failure *failure)
{
	struct sqlite_statements *all = db->statements;

	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].sql == sql && !all->list[i].in_use) {
			all->list[i].in_use = true;
			return all->list[i].statement;
		}
	sqlite3_stmt *statement = compile(db, sql, failure);
	if (statement && all->count < SQLITE_STATEMENTS) {
		all->list[all->count].sql = sql;
		all->list[all->count].statement = statement;
		all->list[all->count++].in_use = true;
	}
	return statement;
}

void sqlite_release(const struct sqlite *db, sqlite3_stmt *statement)
{
	struct sqlite_statements *all = db->statements;
	size_t i = 0;

	while (i < all->count && all->list[i].statement != statement)
		i++;
	if (i == all->count) {
		(void)sqlite3_finalize(statement);
		return;
	}
	/* Its error, if any, was reported by the step. */
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	all->list[i].in_use = false;
}

void sqlite_free_statements(const struct sqlite *db)
{
	for (size_t i = 0; i < db->statements->count; i++)
		(void)sqlite3_finalize(db->statements->list[i].statement);
	db->statements->count = 0;
}

int sqlite_step(const struct sqlite *db, sqlite3_stmt *statement, struct failure *failure)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return sqlite_failed(db, failure);
	}
}

int sqlite_finish(const struct sqlite *db, sqlite3_stmt *statement, struct failure *failure)
{
	int status = sqlite_step(db, statement, failure);

	sqlite_release(db, statement);
	return status;
}

int sqlite_run(const struct sqlite *db, const char *sql, struct failure *failure)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : sqlite_failed(db, failure);
}

int sqlite_begin(const struct sqlite *db, struct failure *failure)
{
	return sqlite_run(db, "BEGIN IMMEDIATE", failure);
}

int sqlite_end(const struct sqlite *db, int status, struct failure *failure)
{
	if (status == 0)
		status = sqlite_run(db, "COMMIT", failure);
	if (status && !sqlite3_get_autocommit(db->handle))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

void sqlite_bind_string(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

void sqlite_bind_address(sqlite3_stmt *statement, int at, const struct crypto_address *address)
{
	char text[BOND_VALUE];

	sqlite_bind_string(statement, at, bond_address(address, text));
}

void sqlite_bind_irk(sqlite3_stmt *statement, int at, const uint8_t irk[16])
{
	char text[2 * 16 + 1];

	sqlite_bind_string(statement, at, hex_format(irk, 16, text));
	bytes_wipe(text, sizeof(text));
}
