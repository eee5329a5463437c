/* SPDX-License-Identifier: MIT */
/* Versions of the database, and databases of others. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/store/fixture.h"

static void a_later_version_is_left_alone(void **state)
{
	static uint8_t before[1 << 17], after[1 << 17];

	(void)state;
	(void)one_bond_then("PRAGMA user_version = 99");
	size_t len = read_store_file(before, sizeof(before));
	assert_refused(CLI_USAGE,
		       "a later blepair made it (its version is 99, this blepair knows 6)");
	assert_int_equal(read_store_file(after, sizeof(after)), len);
	assert_memory_equal(before, after, len);
}

#define TO_VERSION_5 "ALTER TABLE attempt DROP COLUMN attributes; PRAGMA user_version = 5;"
#define TO_VERSION_4 \
	TO_VERSION_5 "ALTER TABLE attempt DROP COLUMN verdict; PRAGMA user_version = 4;"
#define TO_VERSION_3 TO_VERSION_4 "ALTER TABLE attempt DROP COLUMN slot; PRAGMA user_version = 3;"

#define TO_VERSION_2                                                                          \
	TO_VERSION_3                                                                          \
	"DROP INDEX bond_newer; DROP INDEX bond_peer; DROP INDEX bond_identity;"              \
	"DROP INDEX bond_irk; DROP INDEX bond_replaced; DROP INDEX attempt_label;"            \
	"DROP INDEX attempt_unit; DROP TABLE setting; ALTER TABLE bond DROP COLUMN replaced;" \
	"CREATE INDEX bond_newer ON bond (newer); CREATE INDEX bond_peer ON bond (peer);"     \
	"CREATE INDEX bond_peer_identity ON bond (peer_identity); PRAGMA user_version = 2;"

/* As blepair 0.1.0 made it. */
#define VERSION_1                                                                                 \
	"CREATE TABLE identity (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE,"            \
	" irk TEXT NOT NULL, made TEXT NOT NULL);"                                                \
	"CREATE TABLE bond (id INTEGER PRIMARY KEY,"                                              \
	" newer INTEGER REFERENCES bond ON DELETE CASCADE,"                                       \
	" made TEXT NOT NULL, role TEXT NOT NULL, local TEXT NOT NULL, peer TEXT NOT NULL,"       \
	" secure_connections TEXT NOT NULL, authenticated TEXT NOT NULL,"                         \
	" key_size INTEGER NOT NULL, method TEXT NOT NULL, link_key TEXT,"                        \
	" local_ltk TEXT, local_ediv TEXT, local_rand TEXT, local_irk TEXT, local_identity TEXT," \
	" local_csrk TEXT, peer_ltk TEXT, peer_ediv TEXT, peer_rand TEXT, peer_irk TEXT,"         \
	" peer_identity TEXT, peer_csrk TEXT,"                                                    \
	" CHECK ((local_ltk IS NULL) = (local_ediv IS NULL)"                                      \
	" AND (local_ltk IS NULL) = (local_rand IS NULL)),"                                       \
	" CHECK ((peer_ltk IS NULL) = (peer_ediv IS NULL)"                                        \
	" AND (peer_ltk IS NULL) = (peer_rand IS NULL)));"                                        \
	"CREATE INDEX bond_newer ON bond (newer);"                                                \
	"CREATE INDEX bond_peer ON bond (peer);"                                                  \
	"CREATE INDEX bond_peer_identity ON bond (peer_identity);"                                \
	"CREATE TABLE attempt (id INTEGER PRIMARY KEY, time TEXT NOT NULL, run TEXT, unit TEXT,"  \
	" label TEXT, peer TEXT, controller TEXT, method TEXT, result TEXT NOT NULL, class TEXT," \
	" reason TEXT, reason_code INTEGER, scan_ms REAL, connect_ms REAL, pair_ms REAL,"         \
	" total_ms REAL, retries INTEGER);"                                                       \
	"CREATE INDEX attempt_time ON attempt (time);"                                            \
	"CREATE INDEX attempt_peer ON attempt (peer);"                                            \
	"CREATE INDEX attempt_run ON attempt (run) WHERE run IS NOT NULL;"                        \
	"CREATE TABLE unit (run TEXT NOT NULL, unit TEXT NOT NULL, state TEXT NOT NULL,"          \
	" attempts INTEGER NOT NULL, changed TEXT NOT NULL, PRIMARY KEY (run, unit))"             \
	" WITHOUT ROWID;"                                                                         \
	"PRAGMA application_id = 1651271024; PRAGMA user_version = 1;"

/* A number that changes with any table, column or index: its name, type, place or condition. */
static int structure(void)
{
	return query(
		"SELECT sum(length(t.name) * 7919 + (c.cid + 1) * (length(c.name) * 1299 +"
		" unicode(c.name) * 31 + c.pk * 6119 + c.\"notnull\" * 2243 +"
		" length(c.type))) + (SELECT sum(length(sql) * length(sql)) + 1000003 * count(*)"
		"    FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL)"
		" FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
		" WHERE t.type = 'table'");
}

/* There are two ways to the tables: at once, and step by step. */
static void an_old_store_becomes_like_a_new_one(void **state)
{
	(void)state;
	open_store();
	store_close(&store);
	int new = structure();

	assert_int_equal(unlink(path), 0);
	execute(VERSION_1);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_not_equal(structure(), new);
	open_store();
	assert_int_equal(query("PRAGMA user_version"), 6);
	assert_int_equal(structure(), new);
}

/* What a store of the first version held stays; what it did not know begins. */
static void a_store_of_version_1_is_taken_over(void **state)
{
	struct bond_record r = one_bond_then(TO_VERSION_2
					     "DROP TABLE failure; PRAGMA user_version = 1"),
			   found;

	(void)state;
	open_store();
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure), 1);
	count_for(&r.peer, STORE_FAILURE);
	assert_int_equal(wait_of(&r.peer), 1);
	assert_int_equal(query("PRAGMA user_version"), 6);
}

/* The time at which an old bond was replaced was not kept: that of the next one is the closest. */
static void the_history_of_a_store_of_version_2_is_taken_over(void **state)
{
	struct bond_record old = record(1, true), new = record(1, true), found;
	int64_t id;

	(void)state;
	new.made[3] = '9';
	new.bond.peer.ltk[0] = 9;
	open_store();
	(void)add(&old, STORE_REPLACE);
	(void)add(&new, STORE_REPLACE);
	store_close(&store);
	execute(TO_VERSION_2);
	open_store();
	assert_int_equal(store_find_by_air_address(&store, &old.peer, &found, &id, &failure), 1);
	assert_int_equal(found.bond.peer.ltk[0], 9);
	assert_int_equal(count(id), 1);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NOT NULL AND"
			       " replaced = '2029-01-01T00:00:00.000Z'"),
			 1);
	assert_int_equal(
		query("SELECT count(*) FROM bond WHERE newer IS NULL AND replaced IS NULL"), 1);
}

static void the_database_of_another_program_is_left_alone(void **state)
{
	(void)state;
	execute("CREATE TABLE customers (name)");
	assert_int_equal(chmod(path, 0600), 0);
	assert_refused(CLI_USAGE, "it is the database of another program; it was left as it is");
	execute("DROP TABLE customers; PRAGMA user_version = 1");
	assert_refused(CLI_USAGE, "it is the database of another program");
	execute("PRAGMA user_version = 0; PRAGMA application_id = 7");
	assert_refused(CLI_USAGE, "it is the database of another program");
	/* Nothing is in it now: it becomes a store. */
	execute("PRAGMA application_id = 0");
	open_store();
	assert_int_equal(query("PRAGMA application_id"), 0x626c6570);
}

/* What SQLite is set to: durable, without traces, readable while another process writes. */
static void the_database_is_durable_and_shared(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	execute("CREATE TEMP TABLE ignored (x)");
	assert_int_equal(query("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	/* Removing a bond removes its history: foreign keys are on. */
	struct bond_record next = record(1, true);
	(void)add(&next, STORE_REPLACE);
	int64_t id = 0;
	assert_int_equal(store_next(&store, 0, &id, &r, &failure), 1);
	assert_int_equal(store_remove(&store, &id, 1, &failure), 0);
	assert_int_equal(query("SELECT count(*) FROM bond"), 0);
}

static void no_bond_has_a_part_of_a_key(void **state)
{
	static const char *const parts[] = {"local_ltk", "local_ediv", "local_rand",
					    "peer_ltk",	 "peer_ediv",  "peer_rand"};

	(void)state;
	(void)one_bond_then("");
	for (size_t i = 0; i < COUNT(parts); i++) {
		char sql[80];
		(void)snprintf(sql, sizeof(sql), "UPDATE OR IGNORE bond SET %s = NULL", parts[i]);
		execute(sql);
		(void)snprintf(sql, sizeof(sql), "SELECT %s IS NOT NULL FROM bond", parts[i]);
		assert_int_equal(query(sql), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_later_version_is_left_alone),
		CASE(an_old_store_becomes_like_a_new_one),
		CASE(a_store_of_version_1_is_taken_over),
		CASE(the_history_of_a_store_of_version_2_is_taken_over),
		CASE(the_database_of_another_program_is_left_alone),
		CASE(the_database_is_durable_and_shared),
		CASE(no_bond_has_a_part_of_a_key),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
