/* SPDX-License-Identifier: MIT */
/*
 * Every call of SQLite may fail. Each operation runs once for each of its calls, which fails: the
 * operation fails too, has a failure, changes nothing, and loses no statement.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "cli/store/fixture.h"

/* ---- Which call fails, and how --------------------------------------------------------------- */

static int calls, failing_call; /* the calls so far; the one that fails, 0: none */
static int failing_code;	/* SQLite's code */
static int failing_errno;
static bool failed_now; /* sqlite3_errcode() returns failing_code */

static bool fails(void)
{
	failed_now = ++calls == failing_call;
	return failed_now;
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	return fails() ? failing_code : __real_sqlite3_step(statement);
}

int __real_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
			      const char **rest);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
			      const char **rest);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
			      const char **rest)
{
	*statement = NULL;
	return fails() ? failing_code : __real_sqlite3_prepare_v2(db, sql, size, statement, rest);
}

int __real_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error)
{
	/* SQLite itself rolls back, or need not; without a setting for the end it waits longer. */
	if (strcmp(sql, "ROLLBACK") == 0 || strstr(sql, "synchronous = OFF"))
		return __real_sqlite3_exec(db, sql, each, ctx, error);
	return fails() ? failing_code : __real_sqlite3_exec(db, sql, each, ctx, error);
}

int __real_sqlite3_bind_text(sqlite3_stmt *statement, int at, const char *text, int size,
			     void (*destructor)(void *));
int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int at, const char *text, int size,
			     void (*destructor)(void *));
int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int at, const char *text, int size,
			     void (*destructor)(void *))
{
	/* Only a bond is lost if it is bound in part: see finish_with() in sqlite_bonds.c. */
	if (strncmp(sqlite3_sql(statement), "INSERT INTO bond", 16) == 0 && fails())
		return failing_code;
	return __real_sqlite3_bind_text(statement, at, text, size, destructor);
}

int __real_sqlite3_errcode(sqlite3 *db);
int __wrap_sqlite3_errcode(sqlite3 *db);
int __wrap_sqlite3_errcode(sqlite3 *db)
{
	return failed_now ? failing_code : __real_sqlite3_errcode(db);
}

int __real_sqlite3_system_errno(sqlite3 *db);
int __wrap_sqlite3_system_errno(sqlite3 *db);
int __wrap_sqlite3_system_errno(sqlite3 *db)
{
	return failed_now ? failing_errno : __real_sqlite3_system_errno(db);
}

/* ---- The operations -------------------------------------------------------------------------- */

static struct bond_record r, found;
static struct attempt attempt;
static json_t *import;
static const struct store_attempts all;

static void ignore_attempt(void *ctx, const struct attempt *one)
{
	(void)ctx;
	(void)one;
}

static void ignore_unit(void *ctx, const char *unit, enum store_state unit_state, unsigned attempts)
{
	(void)ctx;
	(void)unit;
	(void)unit_state;
	(void)attempts;
}

static int do_find(void)
{
	return store_find_by_air_address(&store, &r.peer, &found, NULL, &failure) < 0 ? -1 : 0;
}

static int do_find_by_irk(void)
{
	struct crypto_address rpa;

	assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
	return store_find_by_user_address(&store, &rpa, true, &found, NULL, &failure) < 0 ? -1 : 0;
}

static int do_find_nobody(void)
{
	const struct crypto_address nobody = {1, {9, 9, 9, 9, 9, 0x49}};

	return store_find_by_user_address(&store, &nobody, false, &found, NULL, &failure);
}

static int do_next(void)
{
	int64_t id = 0;

	return store_next(&store, 0, &id, &found, &failure) < 0 ? -1 : 0;
}

static int do_write(void)
{
	struct bond_record weak = r;
	struct store_entry entries[] = {
		{.bond = &r,
		 .attempt = &attempt,
		 .state = STORE_WAITING,
		 .count = STORE_FAILURE,
		 .counted = r.peer},
		{.bond = &weak, .rule = STORE_NOT_WEAKER, .count = STORE_SUCCESS},
	};

	return store_write(&store, entries, 2, &failure);
}

static int do_read_peer(void)
{
	struct store_request request = {.done = NULL};
	struct store_peer peer = {.on_air = r.peer};

	store_request_peer(&store, &request, &peer);
	failure = request.failure;
	return request.result;
}

static int do_irk(void)
{
	uint8_t irk[16];
	const struct crypto_address fresh_identity = {0, {5}};

	return store_irk(&store, &fresh_identity, irk, &failure);
}

static int do_static(void)
{
	struct crypto_address address;

	return store_static(&store, 0, &address, &failure) < 0 ? -1 : 0;
}

static int do_failures(void)
{
	struct smp_attempts attempts;

	return store_failures(&store, &attempts, &failure);
}

static int do_attempts(void)
{
	return store_attempts(&store, &all, ignore_attempt, NULL, &failure);
}

static int do_unit(void)
{
	enum store_state unit;

	return store_unit(&store, "r", "1", &unit, NULL, &failure);
}

static int do_units(void)
{
	return store_units(&store, "r", ignore_unit, NULL, &failure);
}

static int do_export(void)
{
	json_t *json = store_export(&store, &failure);

	json_decref(json);
	return json ? 0 : -1;
}

static int do_import(void)
{
	size_t kept[STORE_KEPT];

	return store_import(&store, import, "x.json", kept, &failure);
}

static int do_prune(void)
{
	const struct store_history limits = {.keep = 0, .days = 9};
	struct store_history now;
	size_t removed;

	return store_get_history(&store, &now, &failure) ||
			       store_prune(&store, &limits, &removed, &failure)
		       ? -1
		       : 0;
}

static int do_erase(void)
{
	return store_erase(&store, &failure);
}

static int do_set_history(void)
{
	const struct store_history limits = {.keep = 7, .days = 7};

	return store_set_history(&store, &limits, &failure);
}

static int do_remove(void)
{
	const int64_t ids[] = {1, 2};

	return store_remove(&store, ids, 2, &failure);
}

static int do_open(void)
{
	store_close(&store);
	return store_open(&store, &failure);
}

static const struct operation {
	const char *name;
	int (*run)(void);
	int least; /* so many calls it makes at least */
} operations[] = {
	{"find", do_find, 2},
	{"find by IRK", do_find_by_irk, 6},
	{"find nobody", do_find_nobody, 8},
	{"next", do_next, 2},
	{"write", do_write, 40},
	{"read peer", do_read_peer, 6},
	{"irk", do_irk, 5}, /* its query is compiled once */
	{"static", do_static, 2},
	{"failures", do_failures, 3},
	{"attempts", do_attempts, 3},
	{"unit", do_unit, 2},
	{"units", do_units, 3},
	{"export", do_export, 14},
	{"import", do_import, 20},
	{"open", do_open, 9},
	{"set history", do_set_history, 2},
	{"prune", do_prune, 8},
	{"remove", do_remove, 5},
	{"erase", do_erase, 1},
};

/* A store with something in every table, and an import of one more peer. */
static void fill(void)
{
	static struct bond_record other;
	uint8_t irk[16];

	failing_call = 0;
	r = record(1, true);
	other = record(2, true);
	open_store();
	(void)add(&r, STORE_REPLACE);
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = "r";
	attempt.unit = "1";
	assert_int_equal(do_write(), 0);
	assert_int_equal(store_irk(&store, &r.bond.peer.identity, irk, &failure), 0);
	json_t *json = attempt_to_json(&attempt);
	assert_int_equal(json_object_set_new(json, "unit", json_string("2")), 0);
	import = json_pack("{s:i, s:[o], s:[o], s:[{s:s, s:s, s:s, s:s}]}", "version", 1, "bonds",
			   bond_to_json(&other), "attempts", json, "identities", "address",
			   "C6:05:04:03:02:01", "type", "random", "irk",
			   "000102030405060708090a0b0c0d0e0f", "made", "2026-01-01T00:00:00.000Z");
}

/* Everything but times. */
static int content(void)
{
	return query("SELECT (SELECT count(*) FROM bond) + 100 * (SELECT count(*) FROM attempt)"
		     " + 10000 * (SELECT count(*) FROM identity)"
		     " + 100000 * (SELECT sum(failures) FROM failure)"
		     " + 10000000 * (SELECT attempts FROM unit)");
}

static void every_failing_call_fails_its_operation(void **state)
{
	(void)state;
	failing_code = SQLITE_IOERR;
	fill();
	for (const struct operation *o = operations; o < operations + COUNT(operations); o++) {
		for (int call = 1;; call++) {
			execute("DELETE FROM identity WHERE address = '00:00:00:00:00:05/public'");
			int before = content();
			failure = (struct failure){CLI_OK, ""};
			/* No statement is compiled yet. */
			store_close(&store);
			assert_int_equal(store_open(&store, &failure), 0);
			calls = 0;
			failed_now = false;
			failing_call = call;
			int status = o->run();
			failing_call = 0;
			failed_now = false;
			if (calls < call) {
				assert_int_equal(status, 0);
				if (call <= o->least)
					fail_msg("%s makes only %d calls", o->name, call - 1);
				break;
			}
			if (status != -1)
				fail_msg("%s: call %d failed unnoticed", o->name, call);
			if (!strstr(failure.text, path) || failure.exit != CLI_INTERNAL)
				fail_msg("%s, call %d: %d %s", o->name, call, failure.exit,
					 failure.text);
			/* An IRK that was stored before its second reading failed stays. */
			if (o->run != do_irk)
				assert_int_equal(content(), before);
			/* No statement is left: the database can be closed. */
			assert_int_equal(store_open(&store, &failure), 0);
		}
		store_close(&store);
		if (is_database_open())
			fail_msg("%s: the database was not closed", o->name);
		assert_int_equal(store_open(&store, &failure), 0);
	}
	json_decref(import);
}

/* ---- What is reported ------------------------------------------------------------------------ */

static void each_code_of_sqlite_has_an_exit_code_and_words(void **state)
{
	static const struct {
		int code, error;
		enum cli_exit exit;
		const char *words;
	} failures[] = {
		{SQLITE_NOTADB, 0, CLI_USAGE, "it is not a store of blepair; it was left"},
		{SQLITE_BUSY, 0, CLI_INTERNAL, "another program keeps it locked: try again"},
		{SQLITE_FULL, 0, CLI_INTERNAL, "the disk is full: make room"},
		{SQLITE_NOMEM, 0, CLI_INTERNAL, "out of memory"},
		{SQLITE_READONLY, 0, CLI_PERMISSION, "it or its directory cannot be written; name"},
		{SQLITE_PERM, 0, CLI_PERMISSION, "its access is not permitted"},
		{SQLITE_CORRUPT, 0, CLI_USAGE, "it is damaged (its pages contradict each other)"},
		{SQLITE_CANTOPEN, 0, CLI_PERMISSION, "cannot be written: Permission denied"},
		{SQLITE_CANTOPEN, EMFILE, CLI_PERMISSION, "cannot be written: Too many open files"},
		{SQLITE_IOERR, EACCES, CLI_PERMISSION, "cannot be written: Permission denied"},
		{SQLITE_IOERR, EPERM, CLI_PERMISSION, "cannot be written: Operation not permitted"},
		{SQLITE_IOERR, EROFS, CLI_PERMISSION, "cannot be written: Read-only file system"},
		{SQLITE_IOERR, EIO, CLI_INTERNAL, ": Input/output error"},
		{SQLITE_FULL, ENOSPC, CLI_INTERNAL, "the disk is full"},
	};

	(void)state;
	r = record(1, true);
	open_store();
	for (size_t i = 0; i < COUNT(failures); i++) {
		failing_code = failures[i].code;
		failing_errno = failures[i].error;
		calls = 0;
		failing_call = 1;
		failure = (struct failure){CLI_OK, ""};
		assert_int_equal(do_find(), -1);
		failing_call = 0;
		failed_now = false;
		if (failure.exit != failures[i].exit || !strstr(failure.text, failures[i].words) ||
		    strstr(failure.text, "store /") != failure.text)
			fail_msg("%s: %d %s", failures[i].words, failure.exit, failure.text);
	}
	failing_errno = 0;
	assert_int_equal(do_find(), 0);
}

static void sqlite_must_be_configured_before_it_starts(void **state)
{
	(void)state;
	assert_int_equal(store_init(&store, path, &failure), 0);
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	assert_int_equal(store_open(&store, &failure), -1);
	assert_string_equal(failure.text, "SQLite does not start");
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
	assert_int_equal(store_open(&store, &failure), 0);
}

/* As many items as there are in one transaction of an import. */
#define TOGETHER 2000

/* Three bonds, and so many attempts that they need a second transaction. */
static json_t *large_import(void)
{
	static struct bond_record bonds[3];
	json_t *attempts = json_array(), *list = json_array();
	char unit[16];

	for (uint8_t n = 0; n < COUNT(bonds); n++) {
		bonds[n] = record((uint8_t)(10 + n), true);
		(void)json_array_append_new(list, bond_to_json(&bonds[n]));
	}
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = "r";
	attempt.unit = unit;
	for (unsigned n = 0; n < TOGETHER; n++) {
		(void)snprintf(unit, sizeof(unit), "%u", n);
		(void)json_array_append_new(attempts, attempt_to_json(&attempt));
	}
	return json_pack("{s:i, s:o, s:o}", "version", 1, "bonds", list, "attempts", attempts);
}

/* What was imported before stays, and a second import adds the rest. */
static void an_import_that_fails_in_the_middle_says_what_it_has_done(void **state)
{
	(void)state;
	failing_code = SQLITE_FULL;
	open_store();
	import = large_import();
	int all_calls = 0;
	for (int i = 0; i < 2; i++) { /* the first time compiles its statements */
		calls = 0;
		assert_int_equal(do_import(), 0);
		all_calls = calls;
		execute("DELETE FROM bond; DELETE FROM attempt");
	}
	calls = 0;
	failing_call = all_calls - 3; /* of the last transaction */
	assert_int_equal(do_import(), -1);
	failing_call = 0;
	failed_now = false;
	assert_non_null(strstr(failure.text, "the disk is full"));
	assert_non_null(strstr(failure.text, "; before, the first 3 of 3 bonds were imported, and "
					     "stay: import the file again to add the others"));
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_int_equal(query("SELECT count(*) FROM bond"), 3);
	assert_int_equal(query("SELECT count(*) FROM attempt"), TOGETHER - 3);
	assert_int_equal(do_import(), 0);
	assert_int_equal(query("SELECT count(*) FROM bond"), 3);
	assert_int_equal(query("SELECT count(*) FROM attempt"), TOGETHER);

	/* In the first one. */
	execute("DELETE FROM bond; DELETE FROM attempt");
	calls = 0;
	failing_call = 10;
	assert_int_equal(do_import(), -1);
	failing_call = 0;
	failed_now = false;
	assert_non_null(strstr(failure.text, "; nothing was imported"));
	assert_int_equal(query("SELECT count(*) FROM bond"), 0);
	json_decref(import);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sqlite_must_be_configured_before_it_starts),
		CASE(every_failing_call_fails_its_operation),
		CASE(each_code_of_sqlite_has_an_exit_code_and_words),
		CASE(an_import_that_fails_in_the_middle_says_what_it_has_done),
	};
	return crypto_init() || cmocka_run_group_tests(tests, NULL, NULL);
}
