/* SPDX-License-Identifier: MIT */
/* Bonds: those in force, whose column newer is NULL, and the history of each. */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/time.h"
#include "crypto/bytes.h"
#include "store/sqlite.h"

/* ---- Statements ------------------------------------------------------------------------------ */

enum statement { FIND, FIND_ID, FIND_REPLACED, NEXT, NEXT_OLDER, DUPLICATE, INSERT };

/* The parameter of the first field; those of the others follow. */
#define FIELDS 3

/* %f: every field; %p: their parameters. */
static const char *const patterns[] = {
	[FIND] = ("SELECT id, %f FROM bond WHERE id = (SELECT max(id) FROM"
		  " (SELECT id FROM bond WHERE peer = ?1 AND newer IS NULL UNION ALL"
		  " SELECT id FROM bond WHERE peer_identity = ?1 AND newer IS NULL))"),
	[FIND_ID] = "SELECT id, %f FROM bond WHERE id = ?1",
	[FIND_REPLACED] =
		"SELECT id, %f FROM bond WHERE newer = ?1 ORDER BY made DESC, id DESC LIMIT 1",
	[NEXT] = "SELECT id, %f FROM bond WHERE newer IS NULL AND id > ?1 ORDER BY id LIMIT ?2",
	[NEXT_OLDER] = "SELECT id, %f FROM bond WHERE newer = ?3 AND id > ?1 ORDER BY id LIMIT ?2",
	[DUPLICATE] = "SELECT 1 FROM bond WHERE peer = ?1 AND (%f) IS (%p)",
	[INSERT] = "INSERT INTO bond (newer, replaced, %f) VALUES (nullif(?1, 0), ?2, %p)",
};

static sqlite3_stmt *prepare(const struct sqlite *db, enum statement which, struct failure *failure)
{
	static char texts[sizeof(patterns) / sizeof(patterns[0])][SQL_ROOM];

	return sqlite_prepare(db, sqlite_expand(texts[which], patterns[which], bond_field, FIELDS),
			      failure);
}

/*
 * Binds every field of record to its parameter, and runs the statement as sqlite_finish(). No key
 * is lost when there is no memory for it.
 */
static int finish_with(const struct sqlite *db, sqlite3_stmt *statement,
		       const struct bond_record *record, struct failure *failure)
{
	char text[BOND_VALUE];
	bool bound = true;

	for (size_t i = 0; bond_field(i) && bound; i++)
		bound = sqlite3_bind_text(statement, (int)i + FIELDS, bond_get(record, i, text), -1,
					  SQLITE_TRANSIENT) == SQLITE_OK;
	bytes_wipe(text, sizeof(text));
	if (bound)
		return sqlite_finish(db, statement, failure);
	sqlite_release(db, statement);
	return sqlite_failed(db, failure);
}

/* Reads the current row: id and every field. */
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
	bond_rate(record, db->legacy_passkey_mitm);
	if (!expected)
		return 0;
	bytes_wipe(record, sizeof(*record));
	return sqlite_damaged(db, failure, "a bond has an invalid value");
}

/* Reads the first row, and releases the statement. 1, 0: no row, -1. */
static int read_first(const struct sqlite *db, sqlite3_stmt *rows, struct bond_record *record,
		      int64_t *id, struct failure *failure)
{
	int status = sqlite_step(db, rows, failure);

	if (status == 1 && read_row(db, rows, record, id, failure))
		status = -1;
	sqlite_release(db, rows);
	return status;
}

/* ---- Finding --------------------------------------------------------------------------------- */

/*
 * The bond in force whose IRK resolves the address; *id is 0 if there is none. No index knows which
 * one that is: each IRK takes one AES operation.
 */
static int resolve(const struct sqlite *db, const struct crypto_address *on_air, int64_t *id,
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
	sqlite_release(db, rows);
	return status < 0 ? -1 : 0;
}

/* The bond in force that has this address. 1, 0, -1. */
static int find_address(const struct sqlite *db, const struct crypto_address *address,
			struct bond_record *record, int64_t *id, struct failure *failure)
{
	sqlite3_stmt *rows = prepare(db, FIND, failure);

	if (!rows)
		return -1;
	sqlite_bind_address(rows, 1, address);
	return read_first(db, rows, record, id, failure);
}

/* 1, 0: there is none, or id is 0; -1. */
static int find_id(const struct sqlite *db, int64_t id, struct bond_record *record,
		   struct failure *failure)
{
	sqlite3_stmt *rows = id ? prepare(db, FIND_ID, failure) : NULL;

	if (!rows)
		return id ? -1 : 0;
	(void)sqlite3_bind_int64(rows, 1, id);
	return read_first(db, rows, record, &id, failure);
}

int sqlite_bond_find(const struct sqlite *db, const struct crypto_address *on_air,
		     struct bond_record *record, int64_t *id, struct failure *failure)
{
	int found = find_address(db, on_air, record, id, failure);

	if (found)
		return found;
	return resolve(db, on_air, id, failure) ? -1 : find_id(db, *id, record, failure);
}

int sqlite_bond_find_replaced(const struct sqlite *db, int64_t of, struct bond_record *record,
			      int64_t *id, struct failure *failure)
{
	sqlite3_stmt *rows = prepare(db, FIND_REPLACED, failure);

	if (!rows)
		return -1;
	(void)sqlite3_bind_int64(rows, 1, of);
	return read_first(db, rows, record, id, failure);
}

/* Reads rows into page until it has max, or there are no more. */
static int read_page(const struct sqlite *db, sqlite3_stmt *rows, int64_t after,
		     struct store_page *page, struct failure *failure)
{
	int status;

	while ((status = sqlite_step(db, rows, failure)) == 1) {
		size_t n = page->count;
		if (read_row(db, rows, &page->bonds[n], &page->ids[n], failure))
			return -1;
		page->count++;
		/* Pages in a wrong order would be read again and again. */
		if (page->ids[n] <= after)
			return sqlite_damaged(db, failure, "its bonds are out of order");
		after = page->ids[n];
	}
	return status;
}

int sqlite_bond_next(const struct sqlite *db, int64_t of, int64_t after, size_t max,
		     struct store_page *page, struct failure *failure)
{
	sqlite3_stmt *rows = prepare(db, of ? NEXT_OLDER : NEXT, failure);

	page->count = 0;
	if (!rows)
		return -1;
	(void)sqlite3_bind_int64(rows, 1, after);
	(void)sqlite3_bind_int64(rows, 2, (int64_t)max);
	if (of)
		(void)sqlite3_bind_int64(rows, 3, of);
	int status = read_page(db, rows, after, page, failure);
	sqlite_release(db, rows);
	if (!status)
		return 0;
	bytes_wipe(page->bonds, max * sizeof(page->bonds[0]));
	page->count = 0;
	return -1;
}

/* All of one page after the other. of: as sqlite_bond_next(). */
static int read_history(const struct sqlite *db, const struct contents_reader *reader, int64_t of,
			struct failure *failure)
{
	static struct store_page page;
	int64_t after = 0;
	int status;

	while (!(status = sqlite_bond_next(db, of, after, STORE_PAGE, &page, failure)) &&
	       page.count) {
		for (size_t i = 0; i < page.count; i++)
			reader->bond(reader->ctx, &page.bonds[i], false);
		after = page.ids[page.count - 1];
	}
	bytes_wipe(&page, sizeof(page));
	return status;
}

int sqlite_bonds_read(const struct sqlite *db, const struct contents_reader *reader,
		      struct failure *failure)
{
	static struct store_page page;
	int64_t after = 0;
	int status;

	while (!(status = sqlite_bond_next(db, 0, after, STORE_PAGE, &page, failure)) &&
	       page.count) {
		after = page.ids[page.count - 1];
		for (size_t i = 0; i < page.count && !status; i++) {
			reader->bond(reader->ctx, &page.bonds[i], true);
			status = read_history(db, reader, page.ids[i], failure);
		}
		if (status)
			break;
	}
	bytes_wipe(&page, sizeof(page));
	return status;
}

/* ---- Removing -------------------------------------------------------------------------------- */

int sqlite_bond_remove(const struct sqlite *db, int64_t id, struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(db, "DELETE FROM bond WHERE id = ?1", failure);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, id);
	return sqlite_finish(db, statement, failure);
}

/* ---- Adding ---------------------------------------------------------------------------------- */

/* Whether there is any bond with this address on air, in force or not. 1, 0, -1. */
static int is_known(const struct sqlite *db, const struct crypto_address *peer,
		    struct failure *failure)
{
	sqlite3_stmt *statement =
		sqlite_prepare(db, "SELECT 1 FROM bond WHERE peer = ?1 LIMIT 1", failure);

	if (!statement)
		return -1;
	sqlite_bind_address(statement, 1, peer);
	return sqlite_finish(db, statement, failure);
}

/* 1: a bond with these values is there, in force or not; 0; -1. */
static int is_there(const struct sqlite *db, const struct bond_record *record,
		    struct failure *failure)
{
	sqlite3_stmt *statement = prepare(db, DUPLICATE, failure);

	if (!statement)
		return -1;
	sqlite_bind_address(statement, 1, &record->peer);
	return finish_with(db, statement, record, failure);
}

/*
 * 1: the same bond is there already; 0; -1. Two that differ in a rating only are the same bond: an
 * export has the rating of its time.
 */
static int is_duplicate(const struct sqlite *db, const struct bond_record *record,
			struct failure *failure)
{
	int status = is_known(db, &record->peer, failure);

	if (status != 1)
		return status;
	status = is_there(db, record, failure);
	if (status == 0 && bond_is_rated(&record->bond)) {
		struct bond_record other = *record;
		other.bond.authenticated = !other.bond.authenticated;
		status = is_there(db, &other, failure);
		bytes_wipe(&other, sizeof(other));
	}
	return status;
}

/* in_force: 0, or the bond to whose history the new one belongs. */
static int insert(const struct sqlite *db, const struct bond_record *record, int64_t in_force,
		  struct failure *failure)
{
	sqlite3_stmt *statement = prepare(db, INSERT, failure);
	char now[TIME_TEXT];

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, in_force);
	if (sqlite3_bind_text(statement, 2, in_force ? time_now(now) : NULL, -1,
			      SQLITE_TRANSIENT) != SQLITE_OK) {
		sqlite_release(db, statement);
		return sqlite_failed(db, failure);
	}
	return finish_with(db, statement, record, failure);
}

/* Moves old and its history into the history of the bond in force. */
static int move_to_history(const struct sqlite *db, int64_t old, int64_t in_force,
			   struct failure *failure)
{
	sqlite3_stmt *statement =
		sqlite_prepare(db,
			       "UPDATE bond SET newer = ?2, replaced = coalesce(replaced, ?3)"
			       " WHERE id = ?1 OR newer = ?1",
			       failure);
	char now[TIME_TEXT];

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, old);
	(void)sqlite3_bind_int64(statement, 2, in_force);
	sqlite_bind_string(statement, 3, time_now(now));
	return sqlite_finish(db, statement, failure);
}

/* Takes a bond out of the history of another one. 1, 0: it is not in it; -1. */
static int take_from_history(const struct sqlite *db, int64_t id, int64_t in_force,
			     struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(db,
						 "UPDATE bond SET newer = NULL, replaced = NULL"
						 " WHERE id = ?1 AND newer = ?2",
						 failure);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, id);
	(void)sqlite3_bind_int64(statement, 2, in_force);
	if (sqlite_finish(db, statement, failure))
		return -1;
	return sqlite3_changes(db->handle) == 1;
}

int sqlite_bond_restore(const struct sqlite *db, int64_t id, int64_t in_force,
			struct failure *failure)
{
	const int taken = take_from_history(db, id, in_force, failure);

	if (taken == 0)
		return failure_set(failure, CLI_INTERNAL,
				   "the bond was changed by another process meanwhile; nothing was "
				   "restored");
	return taken < 0 ? -1 : move_to_history(db, in_force, id, failure);
}

/* The bond in force whose IRK is that of record. 1, 0, -1. */
static int find_same_irk(const struct sqlite *db, const struct bond_record *record,
			 struct bond_record *found, int64_t *id, struct failure *failure)
{
	sqlite3_stmt *rows = sqlite_prepare(
		db, "SELECT min(id) FROM bond WHERE newer IS NULL AND peer_irk = ?1", failure);

	if (!rows)
		return -1;
	sqlite_bind_irk(rows, 1, record->bond.peer.irk);
	int status = sqlite_step(db, rows, failure);
	*id = status == 1 ? sqlite3_column_int64(rows, 0) : 0;
	sqlite_release(db, rows);
	return status < 0 ? -1 : find_id(db, *id, found, failure);
}

/*
 * As sqlite_bond_find(), for an address of the peer of a new bond. If the new bond has the IRK that
 * resolves it, an index finds the others with that IRK: any other IRK that resolves the address
 * does so by chance. An import of many bonds with IRKs tries no others.
 */
static int find_earlier(const struct sqlite *db, const struct bond_record *record,
			enum store_rule rule, const struct crypto_address *address,
			struct bond_record *found, int64_t *id, struct failure *failure)
{
	const struct smp_keys *keys = &record->bond.peer;
	bool is_own = keys->has_irk && address_resolves(address, keys->irk);

	if (!is_own && !(keys->has_irk && rule == STORE_NEWEST))
		return sqlite_bond_find(db, address, found, id, failure);
	int status = find_address(db, address, found, id, failure);
	if (status || !is_own)
		return status;
	return find_same_irk(db, record, found, id, failure);
}

/*
 * The bonds in force under the peer's identity address, and under its address on air if they may
 * be of the same peer.
 */
static int find_same_peer(const struct sqlite *db, const struct bond_record *record,
			  enum store_rule rule, struct rules_same_peer *same,
			  struct failure *failure)
{
	const struct crypto_address *addresses[] = {bond_identity(record), &record->peer};

	same->count = 0;
	for (size_t i = 0; i < RULES_SAME_PEER; i++) {
		size_t n = same->count;
		same->ids[n] = 0;
		int found = find_earlier(db, record, rule, addresses[i], &same->bonds[n],
					 &same->ids[n], failure);
		if (found < 0)
			return -1;
		if (found && !(n && same->ids[0] == same->ids[n]) &&
		    rules_is_same_peer(record, &same->bonds[n]))
			same->count++;
	}
	return 0;
}

int sqlite_bond_shares_irk(const struct sqlite *db, const struct bond_record *record, bool *shares,
			   struct failure *failure)
{
	*shares = false;
	if (!record->bond.peer.has_irk)
		return 0;
	sqlite3_stmt *statement =
		sqlite_prepare(db,
			       "SELECT 1 FROM bond WHERE newer IS NULL AND peer_irk = ?1"
			       " AND coalesce(peer_identity, peer) <> ?2 LIMIT 1",
			       failure);
	if (!statement)
		return -1;
	sqlite_bind_irk(statement, 1, record->bond.peer.irk);
	sqlite_bind_address(statement, 2, bond_identity(record));
	int status = sqlite_finish(db, statement, failure);
	*shares = status == 1;
	return status < 0 ? -1 : 0;
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
	status = find_same_peer(db, record, rule, &same, failure);
	if (!status) {
		struct rules_decision decision = rules_add_bond(record, rule, held_to, &same);
		*kept = decision.kept;
		if (decision.kept != STORE_REJECTED_WEAKER)
			status = add(db, record, &decision, &same, failure);
	}
	bytes_wipe(&same, sizeof(same));
	return status;
}
