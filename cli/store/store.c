/* SPDX-License-Identifier: MIT */
/* What stands in the store: bonds, identities, attempts, units. */
#define _GNU_SOURCE
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/hex.h"
#include "base/json_fields.h"
#include "base/time.h"
#include "crypto/bytes.h"
#include "store/sqlite.h"

#define SQL 1024 /* room for a statement that names all fields of a bond */

/* ---- Bonds ----------------------------------------------------------------------------------- */

static void append_text(char sql[SQL], const char *text)
{
	size_t used = strlen(sql);

	(void)snprintf(sql + used, SQL - used, "%s", text);
}

/* Appends every field of a bond as format says, "%s" being the field, a comma in between. */
static void append_fields(char sql[SQL], const char *before, const char *between)
{
	const char *name;

	for (size_t i = 0; (name = bond_field(i)); i++) {
		size_t used = strlen(sql);
		(void)snprintf(sql + used, SQL - used, "%s%s%s", i ? between : "", before, name);
	}
}

/* SELECT id, every field FROM bond, and the rest. */
static sqlite3_stmt *select_bonds(struct store *s, const char *rest, struct failure *problem)
{
	char sql[SQL] = "SELECT id, ";

	append_fields(sql, "", ", ");
	append_text(sql, " FROM bond ");
	append_text(sql, rest);
	return store_db_prepare(s, sql, problem);
}

/* The bond of the row at which the statement stands. */
static int load(const struct store *s, sqlite3_stmt *row, struct bond_record *record,
		struct failure *problem)
{
	const char *text, *expected = NULL;
	int column = 1;

	memset(record, 0, sizeof(*record));
	for (size_t i = 0; !expected && bond_field(i); i++) {
		text = (const char *)sqlite3_column_text(row, column++);
		expected = text ? bond_set(record, i, text) : NULL;
	}
	if (!expected)
		return 0;
	bytes_wipe(record, sizeof(*record));
	return store_db_damaged(s, problem, "a bond has a value that none can have");
}

static int bind_bond(sqlite3_stmt *statement, const struct bond_record *record)
{
	char text[BOND_VALUE], name[40];
	int status = SQLITE_OK;

	for (size_t i = 0; bond_field(i) && status == SQLITE_OK; i++) {
		(void)snprintf(name, sizeof(name), ":%s", bond_field(i));
		status = sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name),
					   bond_get(record, i, text), -1, SQLITE_TRANSIENT);
	}
	bytes_wipe(text, sizeof(text));
	return status;
}

const char *store_db_address(const struct crypto_address *address, char text[BOND_VALUE])
{
	char plain[ADDRESS_TEXT];

	(void)snprintf(text, BOND_VALUE, "%s/%s", address_format(address, plain),
		       address_type(address));
	return text;
}

static int bind_address(sqlite3_stmt *statement, int at, const struct crypto_address *address)
{
	char text[BOND_VALUE];

	return sqlite3_bind_text(statement, at, store_db_address(address, text), -1,
				 SQLITE_TRANSIENT);
}

/* The bonds in force whose IRK made that address: none can be looked up by it. *id 0: none. */
static int find_resolving(struct store *s, const struct crypto_address *on_air, int64_t *id,
			  struct failure *problem)
{
	sqlite3_stmt *all;
	uint8_t irk[16];
	int status = 1;

	*id = 0;
	if (!address_is_resolvable(on_air))
		return 0;
	all = store_db_prepare(
		s, "SELECT id, peer_irk FROM bond WHERE newer IS NULL AND peer_irk IS NOT NULL",
		problem);
	if (!all)
		return -1;
	while (!*id && (status = store_db_step(s, all, problem)) == 1)
		if (hex_parse((const char *)sqlite3_column_text(all, 1), irk, 16) &&
		    address_resolves(on_air, irk))
			*id = sqlite3_column_int64(all, 0);
	bytes_wipe(irk, sizeof(irk));
	(void)sqlite3_finalize(all);
	return status < 0 ? -1 : 0;
}

/* The first row of a statement that selects bonds. */
static int take_first(struct store *s, sqlite3_stmt *bonds, struct bond_record *record, int64_t *id,
		      struct failure *problem)
{
	int status = bonds ? store_db_step(s, bonds, problem) : -1;

	if (status == 1) {
		if (id)
			*id = sqlite3_column_int64(bonds, 0);
		status = load(s, bonds, record, problem) ? -1 : 1;
	}
	(void)sqlite3_finalize(bonds);
	return status;
}

int store_find_by_air_address(struct store *s, const struct crypto_address *peer,
			      struct bond_record *record, int64_t *id, struct failure *problem)
{
	int64_t resolving;
	sqlite3_stmt *bonds;

	memset(record, 0, sizeof(*record));
	if (!s->used)
		return 0;
	bonds = select_bonds(s,
			     "WHERE newer IS NULL AND (peer = ?1 OR peer_identity = ?1)"
			     " ORDER BY id DESC LIMIT 1",
			     problem);
	if (bonds)
		(void)bind_address(bonds, 1, peer);
	int status = take_first(s, bonds, record, id, problem);
	if (status)
		return status;
	if (find_resolving(s, peer, &resolving, problem))
		return -1;
	if (!resolving)
		return 0;
	bonds = select_bonds(s, "WHERE id = ?1", problem);
	if (bonds)
		(void)sqlite3_bind_int64(bonds, 1, resolving);
	return take_first(s, bonds, record, id, problem);
}

int store_find_by_user_address(struct store *s, const struct crypto_address *peer, bool typed,
			       struct bond_record *record, int64_t *id, struct failure *problem)
{
	struct crypto_address other = *peer;
	int found = store_find_by_air_address(s, peer, record, id, problem);

	if (found || typed)
		return found;
	other.type = ADDRESS_RANDOM;
	return store_find_by_air_address(s, &other, record, id, problem);
}

int store_next(struct store *s, int64_t of, int64_t *id, struct bond_record *record,
	       struct failure *problem)
{
	memset(record, 0, sizeof(*record));
	if (!s->used)
		return 0;
	sqlite3_stmt *bonds =
		select_bonds(s,
			     of ? "WHERE newer = ?2 AND id > ?1 ORDER BY id LIMIT 1"
				: "WHERE newer IS NULL AND id > ?1 ORDER BY id LIMIT 1",
			     problem);
	if (bonds) {
		(void)sqlite3_bind_int64(bonds, 1, *id);
		if (of)
			(void)sqlite3_bind_int64(bonds, 2, of);
	}
	return take_first(s, bonds, record, id, problem);
}

/* A statement whose only value is a number. */
static int run_with(struct store *s, const char *sql, int64_t number, struct failure *problem)
{
	sqlite3_stmt *statement = store_db_prepare(s, sql, problem);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, number);
	int status = store_db_step(s, statement, problem);
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

int store_remove(struct store *s, int64_t id, struct failure *problem)
{
	/* The log in front of the database has old pages until it is emptied into it. */
	return run_with(s, "DELETE FROM bond WHERE id = ?1", id, problem) ||
			       store_db_run(s, "PRAGMA wal_checkpoint(TRUNCATE)", problem)
		       ? -1
		       : 0;
}

/* ---- Adding a bond --------------------------------------------------------------------------- */

/* 1: this very bond is there already. */
static int is_known(struct store *s, const struct bond_record *record, struct failure *problem)
{
	char sql[SQL] = "SELECT 1 FROM bond WHERE ";
	const char *name;

	for (size_t i = 0; (name = bond_field(i)); i++) {
		size_t used = strlen(sql);
		(void)snprintf(sql + used, sizeof(sql) - used, "%s%s IS :%s", i ? " AND " : "",
			       name, name);
	}
	sqlite3_stmt *statement = store_db_prepare(s, sql, problem);
	if (!statement)
		return -1;
	int status = bind_bond(statement, record) == SQLITE_OK
			     ? store_db_step(s, statement, problem)
			     : store_db_failed(s, problem);
	(void)sqlite3_finalize(statement);
	return status;
}

static int insert(struct store *s, const struct bond_record *record, int64_t newer, int64_t *id,
		  struct failure *problem)
{
	char sql[SQL] = "INSERT INTO bond (newer, ";

	append_fields(sql, "", ", ");
	append_text(sql, ") VALUES (:newer, ");
	append_fields(sql, ":", ", ");
	append_text(sql, ")");
	sqlite3_stmt *statement = store_db_prepare(s, sql, problem);
	if (!statement)
		return -1;
	if (newer)
		(void)sqlite3_bind_int64(statement,
					 sqlite3_bind_parameter_index(statement, ":newer"), newer);
	int status = bind_bond(statement, record) == SQLITE_OK
			     ? store_db_step(s, statement, problem)
			     : store_db_failed(s, problem);
	(void)sqlite3_finalize(statement);
	*id = sqlite3_last_insert_rowid(s->db);
	return status < 0 ? -1 : 0;
}

/* old, and what it had replaced, are of the past from now on. */
static int replace(struct store *s, int64_t old, int64_t newer, struct failure *problem)
{
	sqlite3_stmt *statement = store_db_prepare(
		s, "UPDATE bond SET newer = ?2 WHERE id = ?1 OR newer = ?1", problem);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, old);
	(void)sqlite3_bind_int64(statement, 2, newer);
	int status = store_db_step(s, statement, problem);
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

/*
 * The bonds in force with the same peer: the one of its lasting address, and the one of the address
 * that it had on air, which may be another one.
 */
static int find_same(struct store *s, const struct bond_record *record, struct bond_record old[2],
		     int64_t ids[2], struct failure *problem)
{
	int count = store_find_by_air_address(s, bond_identity(record), &old[0], &ids[0], problem);

	if (count < 0)
		return -1;
	int more = store_find_by_air_address(s, &record->peer, &old[count], &ids[count], problem);
	if (more < 0)
		return -1;
	return count + more - (count && more && ids[0] == ids[1]);
}

static int add(struct store *s, const struct bond_record *record, enum store_rule rule,
	       enum store_kept *kept, struct failure *problem)
{
	struct bond_record old[2];
	int64_t ids[2], id = 0, newer = 0;
	bool stays = false;
	int status = rule == STORE_NEWEST ? is_known(s, record, problem) : 0;

	*kept = STORE_DUPLICATE;
	if (status)
		return status < 0 ? -1 : 0;
	int count = find_same(s, record, old, ids, problem);
	for (int i = 0; i < count; i++) {
		stays |= !record->bond.authenticated || bond_is_weaker(&record->bond, &old[i].bond);
		if (strcmp(old[i].made, record->made) > 0)
			newer = ids[i];
	}
	bytes_wipe(old, sizeof(old));
	*kept = STORE_REJECTED_WEAKER;
	if (count < 0 || (rule == STORE_NOT_WEAKER && stays))
		return count < 0 ? -1 : 0;
	if (rule != STORE_NEWEST)
		newer = 0;
	*kept = newer ? STORE_OLDER : count ? STORE_REPLACED : STORE_ADDED;
	status = insert(s, record, newer, &id, problem);
	for (int i = 0; i < count && !status; i++)
		if (ids[i] != newer)
			status = replace(s, ids[i], newer ? newer : id, problem);
	return status;
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static const char *const columns[] = {
	"time",	      "run",	 "unit",     "label",	"peer",	       "controller",
	"method",     "result",	 "class",    "reason",	"reason_code", "scan_ms",
	"connect_ms", "pair_ms", "total_ms", "retries",
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define COLUMN_NAMES                                                                             \
	"time, run, unit, label, peer, controller, method, result, class, reason, reason_code, " \
	"scan_ms, connect_ms, pair_ms, total_ms, retries"
#define COLUMN_VALUES "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16"

static int bind_json(sqlite3_stmt *statement, int at, const json_t *value)
{
	if (json_is_string(value))
		return sqlite3_bind_text(statement, at, json_string_value(value), -1,
					 SQLITE_TRANSIENT);
	if (json_is_integer(value))
		return sqlite3_bind_int64(statement, at, json_integer_value(value));
	if (json_is_real(value))
		return sqlite3_bind_double(statement, at, json_real_value(value));
	return sqlite3_bind_null(statement, at);
}

static int run_attempt(struct store *s, const char *sql, const json_t *attempt,
		       struct failure *problem)
{
	sqlite3_stmt *statement = store_db_prepare(s, sql, problem);

	if (!statement)
		return -1;
	for (size_t i = 0; i < COLUMNS; i++)
		(void)bind_json(statement, (int)i + 1, json_object_get(attempt, columns[i]));
	int status = store_db_step(s, statement, problem);
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

/* The row at which the statement stands, as an object. */
static json_t *attempt_json(sqlite3_stmt *row)
{
	json_t *json = json_object();

	for (int i = 0; i < (int)COLUMNS; i++) {
		switch (sqlite3_column_type(row, i)) {
		case SQLITE_INTEGER:
			(void)json_object_set_new(json, columns[i],
						  json_integer(sqlite3_column_int64(row, i)));
			break;
		case SQLITE_FLOAT:
			(void)json_object_set_new(json, columns[i],
						  json_real(sqlite3_column_double(row, i)));
			break;
		case SQLITE_TEXT:
			(void)json_object_set_new(
				json, columns[i],
				json_string((const char *)sqlite3_column_text(row, i)));
			break;
		default:
			break;
		}
	}
	return json;
}

int store_attempts(struct store *s, const struct store_attempts *which,
		   void (*each)(void *ctx, json_t *attempt), void *ctx, struct failure *problem)
{
	int status;

	if (!s->used)
		return 0;
	sqlite3_stmt *rows = store_db_prepare(
		s,
		"SELECT " COLUMN_NAMES " FROM (SELECT id AS place, * FROM attempt"
		" WHERE (?1 IS NULL OR peer IN (?1, ?4)) AND (?2 IS NULL OR run = ?2)"
		" ORDER BY id DESC LIMIT ?3) ORDER BY place",
		problem);
	if (!rows)
		return -1;
	(void)sqlite3_bind_text(rows, 1, which->peer, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(rows, 2, which->run, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(rows, 3, which->last ? (int64_t)which->last : -1);
	(void)sqlite3_bind_text(rows, 4, which->or_peer, -1, SQLITE_STATIC);
	while ((status = store_db_step(s, rows, problem)) == 1)
		each(ctx, attempt_json(rows));
	(void)sqlite3_finalize(rows);
	return status;
}

/* ---- Runs and their units -------------------------------------------------------------------- */

static const char *const states[] = {"", "waiting", "done", "failed"};

static enum store_state state_of(const char *word)
{
	for (int i = STORE_WAITING; word && i <= STORE_FAILED; i++)
		if (strcmp(word, states[i]) == 0)
			return (enum store_state)i;
	return STORE_NO_UNIT;
}

/* The byte of the file of locks that stands for a run: FNV-1a of its name. */
static off_t place_of(const char *run)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *run; run++)
		hash = (hash ^ (uint8_t)*run) * 0x100000001b3;
	return (off_t)(hash >> 2);
}

int store_claim_job(struct store *s, const char *name, struct failure *problem)
{
	char path[STORE_PATH + 8];
	struct flock lock = {.l_type = F_WRLCK, .l_start = place_of(name), .l_len = 1};

	if (!s->used)
		return 0;
	if (!s->db && store_open(s, problem))
		return -1;
	(void)snprintf(path, sizeof(path), "%s-runs", s->path);
	if (s->runs < 0)
		s->runs = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->runs < 0)
		return failure_set(problem, CLI_PERMISSION, "store %s: cannot open it: %s", path,
				   strerror(errno));
	/* Of the descriptor, not of the process: it goes with it, however the process ends. */
	if (fcntl(s->runs, F_OFD_SETLK, &lock) == 0)
		return 0;
	return failure_set(problem, CLI_USAGE,
			   "another process is at work on the run \"%s\" of the store %s", name,
			   s->path);
}

int store_unit(struct store *s, const char *run, const char *unit, enum store_state *state,
	       unsigned *attempts, struct failure *problem)
{
	*state = STORE_NO_UNIT;
	if (attempts)
		*attempts = 0;
	if (!s->used)
		return 0;
	sqlite3_stmt *row = store_db_prepare(
		s, "SELECT state, attempts FROM unit WHERE run = ?1 AND unit = ?2", problem);
	if (!row)
		return -1;
	(void)sqlite3_bind_text(row, 1, run, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(row, 2, unit, -1, SQLITE_STATIC);
	int status = store_db_step(s, row, problem);
	if (status == 1) {
		*state = state_of((const char *)sqlite3_column_text(row, 0));
		if (attempts)
			*attempts = (unsigned)sqlite3_column_int(row, 1);
	}
	(void)sqlite3_finalize(row);
	return status < 0 ? -1 : 0;
}

int store_units(struct store *s, const char *run,
		void (*each)(void *ctx, const char *unit, enum store_state state,
			     unsigned attempts),
		void *ctx, struct failure *problem)
{
	int status;

	if (!s->used)
		return 0;
	sqlite3_stmt *rows = store_db_prepare(
		s, "SELECT unit, state, attempts FROM unit WHERE run = ?1 ORDER BY unit", problem);
	if (!rows)
		return -1;
	(void)sqlite3_bind_text(rows, 1, run, -1, SQLITE_STATIC);
	while ((status = store_db_step(s, rows, problem)) == 1)
		each(ctx, (const char *)sqlite3_column_text(rows, 0),
		     state_of((const char *)sqlite3_column_text(rows, 1)),
		     (unsigned)sqlite3_column_int(rows, 2));
	(void)sqlite3_finalize(rows);
	return status;
}

static int write_unit(struct store *s, const json_t *attempt, enum store_state state,
		      struct failure *problem)
{
	sqlite3_stmt *statement = store_db_prepare(
		s,
		"INSERT INTO unit (run, unit, state, attempts, changed) VALUES (?1, ?2, ?3, 1, ?4)"
		" ON CONFLICT DO UPDATE SET state = ?3, attempts = attempts + 1, changed = ?4",
		problem);
	if (!statement)
		return -1;
	(void)bind_json(statement, 1, json_object_get(attempt, "run"));
	(void)bind_json(statement, 2, json_object_get(attempt, "unit"));
	(void)sqlite3_bind_text(statement, 3, states[state], -1, SQLITE_STATIC);
	(void)bind_json(statement, 4, json_object_get(attempt, "time"));
	int status = store_db_step(s, statement, problem);
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int write_entry(struct store *s, struct store_entry *e, struct failure *problem)
{
	if (e->bond && add(s, e->bond, e->rule, &e->kept, problem))
		return -1;
	if (e->attempt &&
	    run_attempt(s, "INSERT INTO attempt (" COLUMN_NAMES ") VALUES (" COLUMN_VALUES ")",
			e->attempt, problem))
		return -1;
	if (e->count != STORE_NOTHING && store_db_count(s, &e->counted, e->count, problem))
		return -1;
	return e->state != STORE_NO_UNIT ? write_unit(s, e->attempt, e->state, problem) : 0;
}

int store_write(struct store *s, struct store_entry *entries, size_t count, struct failure *problem)
{
	int status = 0;

	if (!s->used || !count)
		return 0;
	if (store_db_begin(s, problem))
		return -1;
	for (size_t i = 0; i < count && !status; i++)
		status = write_entry(s, &entries[i], problem);
	return store_db_end(s, status, problem);
}

/* ---- Our own identities ---------------------------------------------------------------------- */

/* 1: it is there. */
static int get_irk(struct store *s, const struct crypto_address *identity, uint8_t irk[16],
		   struct failure *problem)
{
	sqlite3_stmt *row =
		store_db_prepare(s, "SELECT irk FROM identity WHERE address = ?1", problem);

	if (!row)
		return -1;
	(void)bind_address(row, 1, identity);
	int status = store_db_step(s, row, problem);
	if (status == 1 && !hex_parse((const char *)sqlite3_column_text(row, 0), irk, 16))
		status = store_db_damaged(s, problem, "an identity without a key");
	(void)sqlite3_finalize(row);
	return status;
}

static int put_irk(struct store *s, const struct crypto_address *identity, const uint8_t irk[16],
		   const char *made, struct failure *problem)
{
	char text[BOND_VALUE];
	sqlite3_stmt *statement = store_db_prepare(
		s, "INSERT OR IGNORE INTO identity (address, irk, made) VALUES (?1, ?2, ?3)",
		problem);

	if (!statement)
		return -1;
	(void)bind_address(statement, 1, identity);
	(void)sqlite3_bind_text(statement, 2, hex_format(irk, 16, text), -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_text(statement, 3, made, -1, SQLITE_STATIC);
	bytes_wipe(text, sizeof(text));
	int status = store_db_step(s, statement, problem);
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

int store_irk(struct store *s, const struct crypto_address *identity, uint8_t irk[16],
	      struct failure *problem)
{
	char now[TIME_TEXT];
	int status = s->used ? get_irk(s, identity, irk, problem) : 0;

	if (status)
		return status < 0 ? -1 : 0;
	if (crypto_random(NULL, irk, 16))
		return failure_set(problem, CLI_INTERNAL, "the source of randomness failed");
	/* Another process may have been faster: then its key is ours too. */
	if (s->used && (put_irk(s, identity, irk, time_now(now), problem) ||
			get_irk(s, identity, irk, problem) < 0))
		return -1;
	return 0;
}

int store_static(struct store *s, struct crypto_address *address, struct failure *problem)
{
	bool typed, found = false;
	int status;

	if (!s->used)
		return 0;
	sqlite3_stmt *rows =
		store_db_prepare(s, "SELECT address FROM identity ORDER BY id", problem);
	if (!rows)
		return -1;
	while (!found && (status = store_db_step(s, rows, problem)) == 1)
		found = address_parse((const char *)sqlite3_column_text(rows, 0), address,
				      &typed) &&
			address_is_static(address);
	(void)sqlite3_finalize(rows);
	return found ? 1 : status;
}

/* ---- As a whole: export and import ----------------------------------------------------------- */

static int export_bonds(struct store *s, int64_t of, json_t *current, json_t *history,
			struct failure *problem)
{
	struct bond_record record;
	int64_t id = 0;
	int status;

	while ((status = store_next(s, of, &id, &record, problem)) == 1) {
		(void)json_array_append_new(of ? history : current, bond_to_json(&record));
		bytes_wipe(&record, sizeof(record));
		if (!of && export_bonds(s, id, current, history, problem))
			return -1;
	}
	return status;
}

static int export_identities(struct store *s, json_t *list, struct failure *problem)
{
	sqlite3_stmt *rows =
		store_db_prepare(s, "SELECT address, irk, made FROM identity ORDER BY id", problem);
	struct crypto_address address;
	bool typed;
	int status = -1;

	while (rows && (status = store_db_step(s, rows, problem)) == 1) {
		if (!address_parse((const char *)sqlite3_column_text(rows, 0), &address, &typed)) {
			status = store_db_damaged(s, problem, "an identity without an address");
			break;
		}
		json_t *item = json_address(&address);
		(void)json_object_set_new(item, "irk",
					  json_string((const char *)sqlite3_column_text(rows, 1)));
		(void)json_object_set_new(item, "made",
					  json_string((const char *)sqlite3_column_text(rows, 2)));
		(void)json_array_append_new(list, item);
	}
	(void)sqlite3_finalize(rows);
	return status;
}

static void append(void *ctx, json_t *attempt)
{
	(void)json_array_append_new(ctx, attempt);
}

json_t *store_export(struct store *s, struct failure *problem)
{
	static const struct store_attempts all;
	json_t *identities = json_array(), *bonds = json_array(), *history = json_array(),
	       *attempts = json_array();
	json_t *json =
		json_pack("{s:i, s:o, s:o, s:o, s:o}", "version", 1, "identities", identities,
			  "bonds", bonds, "history", history, "attempts", attempts);

	/* In one transaction: what others write meanwhile is in it or not, as a whole. */
	int status = store_db_run(s, "BEGIN", problem);
	if (!status)
		status = export_identities(s, identities, problem) ||
					 export_bonds(s, 0, bonds, history, problem) ||
					 store_attempts(s, &all, append, attempts, problem)
				 ? -1
				 : 0;
	if (s->db)
		status = store_db_end(s, status, problem);
	if (!status)
		return json;
	json_decref(json);
	return NULL;
}

static int import_bonds(struct store *s, const json_t *list, const char *name, const char *file,
			size_t kept[5], struct failure *problem)
{
	struct bond_record record;
	enum store_kept became;
	char why[128];
	const json_t *item;
	size_t i;
	int status = 0;

	json_array_foreach(list, i, item)
	{
		if (bond_from_json(item, &record, why))
			status = failure_set(problem, CLI_USAGE,
					     "%s: \"%s\", number %zu: %s; nothing was imported",
					     file, name, i + 1, why);
		else if ((status = add(s, &record, STORE_NEWEST, &became, problem)) == 0)
			kept[became]++;
		bytes_wipe(&record, sizeof(record));
		if (status)
			return -1;
	}
	return 0;
}

static int import_identities(struct store *s, const json_t *list, const char *file,
			     struct failure *problem)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(json_object_get(item, "irk"));
		const char *made = json_string_value(json_object_get(item, "made"));
		struct crypto_address address;
		uint8_t irk[16];

		if (!bond_address_from_json(item, &address) || !text || !made ||
		    !hex_parse(text, irk, 16))
			return failure_set(problem, CLI_USAGE,
					   "%s: \"identities\", number %zu: address, type, irk "
					   "and made expected; nothing was imported",
					   file, i + 1);
		if (put_irk(s, &address, irk, made, problem))
			return -1;
	}
	return 0;
}

static int import_attempts(struct store *s, const json_t *list, const char *file,
			   struct failure *problem)
{
	static const char sql[] =
		"INSERT INTO attempt (" COLUMN_NAMES ") SELECT " COLUMN_VALUES
		" WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE time = ?1 AND run IS ?2 AND"
		" unit IS ?3 AND peer IS ?5 AND controller IS ?6 AND result IS ?8)";
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(json_object_get(item, "time")) ||
		    !json_is_string(json_object_get(item, "result")))
			return failure_set(problem, CLI_USAGE,
					   "%s: \"attempts\", number %zu: time and result "
					   "expected; nothing was imported",
					   file, i + 1);
		if (run_attempt(s, sql, item, problem))
			return -1;
	}
	return 0;
}

int store_import(struct store *s, const json_t *json, const char *file, size_t kept[5],
		 struct failure *problem)
{
	const json_t *bonds = json_object_get(json, "bonds");

	memset(kept, 0, 5 * sizeof(kept[0]));
	if (json_integer_value(json_object_get(json, "version")) != 1 || !json_is_array(bonds))
		return failure_set(problem, CLI_USAGE,
				   "%s: \"version\" 1 and the list \"bonds\" expected, as blepair "
				   "exports them; nothing was imported",
				   file);
	if (store_db_begin(s, problem))
		return -1;
	int status =
		import_identities(s, json_object_get(json, "identities"), file, problem) ||
				import_bonds(s, json_object_get(json, "history"), "history", file,
					     kept, problem) ||
				import_bonds(s, bonds, "bonds", file, kept, problem) ||
				import_attempts(s, json_object_get(json, "attempts"), file, problem)
			? -1
			: 0;
	return store_db_end(s, status, problem);
}
