/* SPDX-License-Identifier: MIT */
/*
 * What an operation costs does not depend on how much the store holds: SQLite counts the steps of
 * its virtual machine, which do not depend on the machine or its load.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "cli/store/fixture.h"
#include "store/sqlite.h"

#define FEW	20
#define HUNDRED 100 /* in one transaction */

/* Bond number i: its peer is found by its address on air, its identity and its IRK. */
static struct bond_record numbered(unsigned i)
{
	struct bond_record r = record((uint8_t)i, true);

	r.peer.octets[1] = r.bond.peer.identity.octets[1] = (uint8_t)(i >> 8);
	r.bond.peer.irk[2] = (uint8_t)(i >> 8);
	return r;
}

/* Adds bonds, attempts and units with these numbers. */
static void fill(unsigned from, unsigned to)
{
	static struct bond_record bonds[HUNDRED];
	static struct attempt attempts[HUNDRED];
	static struct store_entry entries[HUNDRED];
	static char units[HUNDRED][16];

	for (size_t n; from < to; from += (unsigned)n) {
		for (n = 0; n < HUNDRED && from + n < to; n++) {
			bonds[n] = numbered(from + (unsigned)n);
			(void)snprintf(units[n], sizeof(units[n]), "%zu", from + n);
			attempt_init(&attempts[n], "paired", CLI_OK, NULL, ATTEMPT_NONE);
			attempts[n].job = "r";
			attempts[n].unit = attempts[n].label = units[n];
			(void)address_format(&bonds[n].peer, attempts[n].peer);
			entries[n] = (struct store_entry){.bond = &bonds[n],
							  .rule = STORE_NEWEST,
							  .attempt = &attempts[n],
							  .state = STORE_DONE};
		}
		assert_int_equal(store_write(&store, entries, n, &failure), 0);
	}
}

/* The steps of all statements since the last call; full: also those through a whole table. */
static int steps(int *full)
{
	const struct sqlite *db = store.database;
	int all = 0;

	*full = 0;
	for (sqlite3_stmt *s = sqlite3_next_stmt(db->handle, NULL); s;
	     s = sqlite3_next_stmt(db->handle, s)) {
		all += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
		*full += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	}
	return all;
}

/* ---- The operations -------------------------------------------------------------------------- */

static struct bond_record r, found;
static int64_t id;

static void find_on_air(void)
{
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, &id, &failure), 1);
}

static void find_identity(void)
{
	assert_int_equal(
		store_find_by_air_address(&store, &r.bond.peer.identity, &found, &id, &failure), 1);
}

static void find_nobody(void)
{
	const struct crypto_address nobody = {1, {9, 9, 9, 9, 9, 0xc9}};

	assert_int_equal(store_find_by_air_address(&store, &nobody, &found, &id, &failure), 0);
}

static void find_the_next(void)
{
	id = 10;
	assert_int_equal(store_next(&store, 0, &id, &found, &failure), 1);
}

static void find_no_history(void)
{
	int64_t old = 0;

	assert_int_equal(store_next(&store, 3, &old, &found, &failure), 0);
}

static void add_a_duplicate(void)
{
	assert_int_equal(add(&r, STORE_NEWEST), STORE_DUPLICATE);
}

/* And removes it again. */
static void add_a_new_peer(void)
{
	struct bond_record new = numbered(60000);

	assert_int_equal(address_make_resolvable(&new.peer, new.bond.peer.irk), 0);
	assert_int_equal(add(&new, STORE_NEWEST), STORE_ADDED);
	assert_int_equal(store_find_by_air_address(&store, &new.peer, &found, &id, &failure), 1);
	assert_int_equal(store_remove(&store, &id, 1, &failure), 0);
}

static void read_a_unit(void)
{
	enum store_state unit;

	assert_int_equal(store_unit(&store, "r", "3", &unit, NULL, &failure), 0);
	assert_int_equal(unit, STORE_DONE);
}

static size_t attempts_read;

static void count_attempt(void *ctx, const struct attempt *attempt)
{
	(void)ctx;
	(void)attempt;
	attempts_read++;
}

static void read_attempts(const struct store_attempts *which)
{
	attempts_read = 0;
	assert_int_equal(store_attempts(&store, which, count_attempt, NULL, &failure), 0);
	assert_int_equal(attempts_read, 1);
}

static void read_the_attempts_of_a_peer(void)
{
	char address[ADDRESS_TEXT];
	const struct store_attempts which = {.peer = address_format(&r.peer, address)};

	read_attempts(&which);
}

static void read_the_attempts_of_a_unit(void)
{
	const struct store_attempts which = {.unit = "3"};

	read_attempts(&which);
}

static const struct operation {
	const char *name;
	void (*run)(void);
} operations[] = {
	{"find by address on air", find_on_air},
	{"find by identity", find_identity},
	{"find nobody", find_nobody},
	{"next", find_the_next},
	{"no history", find_no_history},
	{"add a duplicate", add_a_duplicate},
	{"add a new peer, and remove it", add_a_new_peer},
	{"unit", read_a_unit},
	{"attempts of a peer", read_the_attempts_of_a_peer},
	{"attempts of a unit", read_the_attempts_of_a_unit},
};

static void measure(int taken[COUNT(operations)])
{
	int full;

	for (size_t i = 0; i < COUNT(operations); i++) {
		operations[i].run(); /* the first time, statements are compiled */
		(void)steps(&full);
		operations[i].run();
		taken[i] = steps(&full);
		/* The table of settings has no more than two rows. */
		if (full > 2)
			fail_msg("%s steps %d times through a whole table", operations[i].name,
				 full);
	}
}

/* Where a random private address belongs in an index may take a step more; a scan takes FEW. */
#define BY_CHANCE 2

static void no_operation_takes_more_steps_in_a_larger_store(void **state)
{
	int few[COUNT(operations)], many[COUNT(operations)];

	(void)state;
	open_store();
	r = numbered(5);
	fill(0, FEW);
	measure(few);
	fill(FEW, 40 * FEW);
	measure(many);
	for (size_t i = 0; i < COUNT(operations); i++)
		if (abs(many[i] - few[i]) > BY_CHANCE)
			fail_msg("%s: %d steps, and %d in a store that is 40 times as large",
				 operations[i].name, few[i], many[i]);
}

/* Only a resolvable address needs all IRKs: it reads them alone, not whole bonds. */
static void an_address_is_resolved_by_reading_an_index_only(void **state)
{
	struct crypto_address rpa;
	int few, many, full;

	(void)state;
	open_store();
	fill(0, FEW);
	r = numbered(FEW);
	r.bond.peer.irk[5] = 0x77;
	assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, &id, &failure), 0);
	(void)steps(&full);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, &id, &failure), 0);
	few = steps(&full);
	fill(FEW, 2 * FEW);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, &id, &failure), 0);
	(void)steps(&full);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, &id, &failure), 0);
	many = steps(&full);
	/* At most five steps of the virtual machine for each IRK. */
	assert_in_range((many - few) / FEW, 1, 5);
	assert_int_equal(query("SELECT count(*) FROM sqlite_schema WHERE name = 'bond_irk'"), 1);
}

/* ---- Imports --------------------------------------------------------------------------------- */

/* Between two transactions of an import another process tries to write. */
static int commits, written;
static const char *other_write;

int __real_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error)
{
	int code = __real_sqlite3_exec(db, sql, each, ctx, error);

	if (other_write && strcmp(sql, "COMMIT") == 0) {
		sqlite3 *other;
		commits++;
		assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
		written += __real_sqlite3_exec(other, other_write, NULL, NULL, NULL) == SQLITE_OK;
		assert_int_equal(sqlite3_close(other), SQLITE_OK);
	}
	return code;
}

static json_t *export_of(unsigned count)
{
	json_t *bonds = json_array();

	for (unsigned i = 0; i < count; i++) {
		struct bond_record one = numbered(i);
		(void)json_array_append_new(bonds, bond_to_json(&one));
	}
	return json_pack("{s:i, s:o}", "version", 1, "bonds", bonds);
}

static void other_processes_write_during_a_large_import(void **state)
{
	size_t kept[STORE_KEPT];
	json_t *json = export_of(4500);

	(void)state;
	open_store();
	commits = written = 0;
	other_write = "INSERT OR REPLACE INTO setting VALUES ('x', 1)";
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), 0);
	other_write = NULL;
	assert_int_equal(kept[STORE_ADDED], 4500);
	assert_int_equal(commits, 3);
	assert_int_equal(written, 3);
	json_decref(json);
}

static size_t progress_done[8], progress_calls;

static void note_progress(void *ctx, size_t done, size_t all)
{
	assert_ptr_equal(ctx, &store);
	assert_int_equal(all, 4500);
	assert_true(progress_calls < COUNT(progress_done));
	progress_done[progress_calls++] = done;
}

static void a_large_import_reports_its_progress(void **state)
{
	size_t kept[STORE_KEPT];
	json_t *json = export_of(4500);

	(void)state;
	open_store();
	progress_calls = 0;
	store.progress = note_progress;
	store.progress_ctx = &store;
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), 0);
	assert_int_equal(progress_calls, 3);
	assert_int_equal(progress_done[0], 2000);
	assert_int_equal(progress_done[2], 4500);
	json_decref(json);
}

/* What another process keeps locked ends the import: it says what is there, and can go on. */
static void an_import_that_fails_says_what_it_imported_and_can_continue(void **state)
{
	size_t kept[STORE_KEPT];
	json_t *json = export_of(4500);

	(void)state;
	open_store();
	commits = written = 0;
	/* After the first transaction, nothing fits any more. */
	other_write = "CREATE TRIGGER full BEFORE INSERT ON bond BEGIN SELECT RAISE(ABORT, 'x');"
		      " END";
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), -1);
	other_write = NULL;
	assert_non_null(strstr(failure.text, "the first 2000 of 4500 bonds were imported, and stay:"
					     " import the file again"));
	assert_int_equal(kept[STORE_ADDED], 2000);
	assert_int_equal(query("SELECT count(*) FROM bond"), 2000);
	execute("DROP TRIGGER full");
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), 0);
	assert_int_equal(kept[STORE_ADDED], 2500);
	assert_int_equal(kept[STORE_DUPLICATE], 2000);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_operation_takes_more_steps_in_a_larger_store),
		CASE(an_address_is_resolved_by_reading_an_index_only),
		CASE(other_processes_write_during_a_large_import),
		CASE(a_large_import_reports_its_progress),
		CASE(an_import_that_fails_says_what_it_imported_and_can_continue),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
