/* SPDX-License-Identifier: MIT */
/* How long bonds that were replaced stay. */
#include <string.h>

#include "base/clock.h"
#include "base/time.h"
#include "store/sqlite.h"

#define DAY_US UINT64_C(86400000000)

/* ---- The setting ----------------------------------------------------------------------------- */

int sqlite_history_get(const struct sqlite *db, struct store_history *limits,
		       struct failure *failure)
{
	int status;
	sqlite3_stmt *rows = sqlite_prepare(db, "SELECT name, value FROM setting", failure);

	if (!rows)
		return -1;
	*limits = (struct store_history){STORE_HISTORY_KEEP, STORE_HISTORY_DAYS};
	while ((status = sqlite_step(db, rows, failure)) == 1) {
		const char *name = (const char *)sqlite3_column_text(rows, 0);
		unsigned value = (unsigned)sqlite3_column_int64(rows, 1);
		if (strcmp(name, "history_keep") == 0)
			limits->keep = value;
		else if (strcmp(name, "history_days") == 0)
			limits->days = value;
	}
	sqlite_release(db, rows);
	return status;
}

int sqlite_history_set(const struct sqlite *db, const struct store_history *limits,
		       struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(
		db,
		"INSERT OR REPLACE INTO setting VALUES ('history_keep', ?1), ('history_days', ?2)",
		failure);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, limits->keep);
	(void)sqlite3_bind_int64(statement, 2, limits->days);
	return sqlite_finish(db, statement, failure);
}

/* ---- Removing -------------------------------------------------------------------------------- */

/* Runs a statement that removes bonds, and adds to *removed. */
static int finish(const struct sqlite *db, sqlite3_stmt *statement, size_t *removed,
		  struct failure *failure)
{
	int status = sqlite_finish(db, statement, failure);

	if (!status)
		*removed += (size_t)sqlite3_changes(db->handle);
	return status;
}

/* Those that were replaced more than so many days ago. */
static int remove_old(const struct sqlite *db, unsigned days, size_t *removed,
		      struct failure *failure)
{
	char time[TIME_TEXT];
	uint64_t now = clock_wall(), age = days * DAY_US;
	sqlite3_stmt *statement =
		sqlite_prepare(db, "DELETE FROM bond WHERE replaced <= ?1", failure);

	if (!statement)
		return -1;
	sqlite_bind_string(statement, 1, time_format(now > age ? now - age : 0, time));
	return finish(db, statement, removed, failure);
}

static int remove_beyond(const struct sqlite *db, const char *sql, unsigned keep, size_t *removed,
			 struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(db, sql, failure);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, keep);
	return finish(db, statement, removed, failure);
}

int sqlite_history_trim(const struct sqlite *db, size_t *removed, struct failure *failure)
{
	static const char beyond[] =
		"DELETE FROM bond WHERE id IN (SELECT id FROM bond WHERE newer ="
		" (SELECT coalesce(newer, id) FROM bond WHERE id = last_insert_rowid())"
		" ORDER BY made DESC, id DESC LIMIT -1 OFFSET ?1)";
	struct store_history limits;

	return sqlite_history_get(db, &limits, failure) ||
			       remove_beyond(db, beyond, limits.keep, removed, failure)
		       ? -1
		       : 0;
}

int sqlite_history_expire(const struct sqlite *db, size_t *removed, struct failure *failure)
{
	struct store_history limits;

	return sqlite_history_get(db, &limits, failure) ||
			       remove_old(db, limits.days, removed, failure)
		       ? -1
		       : 0;
}

int sqlite_history_prune(const struct sqlite *db, const struct store_history *limits,
			 size_t *removed, struct failure *failure)
{
	static const char beyond[] =
		"DELETE FROM bond WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
		" (PARTITION BY newer ORDER BY made DESC, id DESC) AS place"
		" FROM bond WHERE newer IS NOT NULL) WHERE place > ?1)";

	return remove_beyond(db, beyond, limits->keep, removed, failure) ||
			       remove_old(db, limits->days, removed, failure)
		       ? -1
		       : 0;
}
