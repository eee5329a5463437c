/* SPDX-License-Identifier: MIT */
/* Bonds: those in force, whose column newer is NULL, and the history of each. */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "crypto/bytes.h"
#include "store/sqlite.h"

#define SQL 1024 /* room for a statement that names every field of a bond */

/* ---- Statements ------------------------------------------------------------------------------ */

static void append(char sql[SQL], const char *text)
{
	size_t used = strlen(sql);

	(void)snprintf(sql + used, SQL - used, "%s", text);
}

/* Appends every field, each after prefix, with commas between them. */
static void append_fields(char sql[SQL], const char *prefix)
{
	for (size_t i = 0; bond_field(i); i++) {
		append(sql, i ? ", " : "");
		append(sql, prefix);
		append(sql, bond_field(i));
	}
}

static sqlite3_stmt *select_bonds(const struct sqlite *db, const char *where,
				  struct failure *failure)
{
	char sql[SQL] = "SELECT id, ";

	append_fields(sql, "");
	append(sql, " FROM bond WHERE ");
	append(sql, where);
	return sqlite_prepare(db, sql, failure);
}

/*
 * Binds every field of record to the parameter of its name, and runs the statement as
 * sqlite_finish(). No key is lost when there is no memory for it.
 */
static int finish_with(const struct sqlite *db, sqlite3_stmt *statement,
		       const struct bond_record *record, struct failure *failure)
{
	char text[BOND_VALUE], name[40];
	bool bound = true;

	for (size_t i = 0; bond_field(i) && bound; i++) {
		(void)snprintf(name, sizeof(name), ":%s", bond_field(i));
		bound = sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name),
					  bond_get(record, i, text), -1,
					  SQLITE_TRANSIENT) == SQLITE_OK;
	}
	bytes_wipe(text, sizeof(text));
	if (bound)
		return sqlite_finish(db, statement, failure);
	(void)sqlite3_finalize(statement);
	return sqlite_failed(db, failure);
}

/* Reads the current row of select_bonds(). */
static int read_row(const struct sqlite *db, sqlite3_stmt *row, struct bond_record *record,
		    int64_t *id, struct failure *failure)
{
	const char *expected = NULL;

	memset(record, 0, sizeof(*record));
	*id = sqlite3_column_int64(row, 0);
	for (size_t i = 0; !expected && bond_field(i); i++) {
		const char *text = (const char *)sqlite3_column_text(row, (int)i + 1);
		expected = text ? bond_set(record, i, text) : NULL;
	}
	if (!expected)
		return 0;
	bytes_wipe(record, sizeof(*record));
	return sqlite_damaged(db, failure, "a bond has an invalid value");
}

/* Reads the first row of select_bonds(), and finalizes it. 1, 0: no row, -1. */
static int read_first(const struct sqlite *db, sqlite3_stmt *rows, struct bond_record *record,
		      int64_t *id, struct failure *failure)
{
	int status = sqlite_step(db, rows, failure);

	if (status == 1 && read_row(db, rows, record, id, failure))
		status = -1;
	(void)sqlite3_finalize(rows);
	return status;
}

/* ---- Finding --------------------------------------------------------------------------------- */

/* The bond in force whose IRK resolves the address; *id is 0 if there is none. */
static int find_by_irk(const struct sqlite *db, const struct crypto_address *on_air, int64_t *id,
		       struct failure *failure)
{
	uint8_t irk[16];
	int status = 0;

	*id = 0;
	if (!address_is_resolvable(on_air))
		return 0;
	sqlite3_stmt *rows = sqlite_prepare(
		db, "SELECT id, peer_irk FROM bond WHERE newer IS NULL AND peer_irk IS NOT NULL",
		failure);
	if (!rows)
		return -1;
	while (!*id && (status = sqlite_step(db, rows, failure)) == 1)
		if (hex_parse((const char *)sqlite3_column_text(rows, 1), irk, sizeof(irk)) &&
		    address_resolves(on_air, irk))
			*id = sqlite3_column_int64(rows, 0);
	bytes_wipe(irk, sizeof(irk));
	(void)sqlite3_finalize(rows);
	return status < 0 ? -1 : 0;
}

int sqlite_bond_find(const struct sqlite *db, const struct crypto_address *on_air,
		     struct bond_record *record, int64_t *id, struct failure *failure)
{
	int64_t resolved;
	sqlite3_stmt *rows = select_bonds(db,
					  "newer IS NULL AND (peer = ?1 OR peer_identity = ?1)"
					  " ORDER BY id DESC LIMIT 1",
					  failure);

	if (!rows)
		return -1;
	sqlite_bind_address(rows, 1, on_air);
	int found = read_first(db, rows, record, id, failure);
	if (found)
		return found;
	if (find_by_irk(db, on_air, &resolved, failure))
		return -1;
	if (!resolved)
		return 0;
	rows = select_bonds(db, "id = ?1", failure);
	if (!rows)
		return -1;
	(void)sqlite3_bind_int64(rows, 1, resolved);
	return read_first(db, rows, record, id, failure);
}

int sqlite_bond_next(const struct sqlite *db, int64_t of, int64_t *id, struct bond_record *record,
		     struct failure *failure)
{
	sqlite3_stmt *rows =
		select_bonds(db, "newer IS nullif(?2, 0) AND id > ?1 ORDER BY id LIMIT 1", failure);

	if (!rows)
		return -1;
	(void)sqlite3_bind_int64(rows, 1, *id);
	(void)sqlite3_bind_int64(rows, 2, of);
	return read_first(db, rows, record, id, failure);
}

int sqlite_bonds_read(const struct sqlite *db, const struct contents_reader *reader,
		      struct failure *failure)
{
	struct bond_record record;
	int64_t id = 0;
	int status;

	while ((status = sqlite_bond_next(db, 0, &id, &record, failure)) == 1) {
		int64_t old = 0, of = id;
		reader->bond(reader->ctx, &record, true);
		while ((status = sqlite_bond_next(db, of, &old, &record, failure)) == 1)
			reader->bond(reader->ctx, &record, false);
		if (status)
			break;
	}
	bytes_wipe(&record, sizeof(record));
	return status;
}

/* ---- Removing -------------------------------------------------------------------------------- */

int sqlite_bond_remove(const struct sqlite *db, int64_t id, struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(db, "DELETE FROM bond WHERE id = ?1", failure);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, id);
	if (sqlite_finish(db, statement, failure))
		return -1;
	/* The write-ahead log still holds the old pages. */
	return sqlite_run(db, "PRAGMA wal_checkpoint(TRUNCATE)", failure);
}

/* ---- Adding ---------------------------------------------------------------------------------- */

/* 1: the same bond is there already; 0; -1. */
static int is_duplicate(const struct sqlite *db, const struct bond_record *record,
			struct failure *failure)
{
	char sql[SQL] = "SELECT 1 FROM bond WHERE (";

	append_fields(sql, "");
	append(sql, ") IS (");
	append_fields(sql, ":");
	append(sql, ")");
	sqlite3_stmt *statement = sqlite_prepare(db, sql, failure);
	return statement ? finish_with(db, statement, record, failure) : -1;
}

/* in_force: 0, or the bond to whose history the new one belongs. */
static int insert(const struct sqlite *db, const struct bond_record *record, int64_t in_force,
		  struct failure *failure)
{
	char sql[SQL] = "INSERT INTO bond (newer, ";

	append_fields(sql, "");
	append(sql, ") VALUES (nullif(?1, 0), ");
	append_fields(sql, ":");
	append(sql, ")");
	sqlite3_stmt *statement = sqlite_prepare(db, sql, failure);
	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, in_force);
	return finish_with(db, statement, record, failure);
}

/* Moves old and its history into the history of the bond in force. */
static int move_to_history(const struct sqlite *db, int64_t old, int64_t in_force,
			   struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(
		db, "UPDATE bond SET newer = ?2 WHERE id = ?1 OR newer = ?1", failure);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, old);
	(void)sqlite3_bind_int64(statement, 2, in_force);
	return sqlite_finish(db, statement, failure);
}

/* The bonds in force under the peer's identity address, and under its address on air. */
static int find_same_peer(const struct sqlite *db, const struct bond_record *record,
			  struct rules_same_peer *same, struct failure *failure)
{
	const struct crypto_address *addresses[] = {bond_identity(record), &record->peer};

	same->count = 0;
	memset(same->ids, 0, sizeof(same->ids));
	for (size_t i = 0; i < RULES_SAME_PEER; i++) {
		size_t n = same->count;
		int found =
			sqlite_bond_find(db, addresses[i], &same->bonds[n], &same->ids[n], failure);
		if (found < 0)
			return -1;
		if (found && !(n && same->ids[0] == same->ids[n]))
			same->count++;
	}
	return 0;
}

static int add(const struct sqlite *db, const struct bond_record *record,
	       const struct rules_decision *decision, const struct rules_same_peer *same,
	       struct failure *failure)
{
	if (insert(db, record, decision->in_force, failure))
		return -1;
	int64_t in_force =
		decision->in_force ? decision->in_force : sqlite3_last_insert_rowid(db->handle);
	for (size_t i = 0; i < same->count; i++)
		if (same->ids[i] != in_force &&
		    move_to_history(db, same->ids[i], in_force, failure))
			return -1;
	return 0;
}

int sqlite_bond_add(const struct sqlite *db, const struct bond_record *record, enum store_rule rule,
		    int64_t held_to, enum store_kept *kept, struct failure *failure)
{
	struct rules_same_peer same;
	int status = rule == STORE_NEWEST ? is_duplicate(db, record, failure) : 0;

	*kept = STORE_DUPLICATE;
	if (status)
		return status < 0 ? -1 : 0;
	status = find_same_peer(db, record, &same, failure);
	if (!status) {
		struct rules_decision decision = rules_add_bond(record, rule, held_to, &same);
		*kept = decision.kept;
		if (decision.kept != STORE_REJECTED_WEAKER)
			status = add(db, record, &decision, &same, failure);
	}
	bytes_wipe(&same, sizeof(same));
	return status;
}
