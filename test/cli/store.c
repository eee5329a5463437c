/* SPDX-License-Identifier: MIT */
/* The store: what goes in comes out, what may not go in is refused, and nothing is ever lost. */
#include "cli/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/address.h"
#include "cli/loop_clock.h"
#include "unit.h"

static char folder[64], path[96];
static struct store_problem problem;
static struct store store;

static void open_store(void)
{
	assert_int_equal(store_init(&store, path, &problem), 0);
	if (store_open(&store, &problem))
		fail_msg("%s", problem.text);
}

static int fresh(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/blepair-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/blepair.db", folder);
	problem = (struct store_problem){CLI_OK, ""};
	return 0;
}

static void drop(const char *name)
{
	char file[160];

	(void)snprintf(file, sizeof(file), "%s%s", path, name);
	(void)unlink(file);
}

static int gone(void **state)
{
	(void)state;
	store_close(&store);
	drop("");
	drop("-wal");
	drop("-shm");
	drop("-runs");
	return rmdir(folder); /* fails when another file was left */
}

static struct bond_record record(uint8_t seed, bool authenticated)
{
	struct bond_record r = {
		.made = "2026-01-01T00:00:00.000Z",
		.central = true,
		.local = {0, {1, 2, 3, 4, 5, 6}},
		.peer = {1, {seed, 2, 3, 4, 5, 0x46}},
		.bond = {.bonded = true,
			 .secure_connections = true,
			 .authenticated = authenticated,
			 .key_size = 16,
			 .method = authenticated ? SMP_NUMERIC_COMPARISON : SMP_JUST_WORKS,
			 .local =
				 {.has_ltk = true, .ltk = {seed, 1}, .has_csrk = true, .csrk = {7}},
			 .peer = {.has_ltk = true,
				  .ltk = {seed, 1},
				  .ediv = 0x1234,
				  .rand = {9, 8, 7},
				  .has_irk = true,
				  .irk = {seed, 0xee},
				  .has_identity = true,
				  .identity = {1, {seed, 9, 9, 9, 9, 0xc9}}},
			 .has_link_key = true,
			 .link_key = {5, 5}},
	};
	return r;
}

static enum store_kept add(const struct bond_record *r, enum store_rule rule)
{
	struct store_entry entry = {.bond = r, .rule = rule};

	if (store_write(&store, &entry, 1, &problem))
		fail_msg("%s", problem.text);
	return entry.kept;
}

static size_t count(int64_t of)
{
	struct bond_record r;
	int64_t id = 0;
	size_t n = 0;

	while (store_next(&store, of, &id, &r, &problem) == 1)
		n++;
	return n;
}

/* A number that SQL tells of the file. */
static int ask(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	int number = sqlite3_column_int(row, 0);
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return number;
}

static void tell(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- Bonds ----------------------------------------------------------------------------------- */

static void what_goes_in_comes_out(void **state)
{
	struct bond_record r = record(1, true), found;
	struct crypto_address rpa;
	struct stat status;
	int64_t id;

	(void)state;
	open_store();
	assert_int_equal(add(&r, STORE_REPLACE), STORE_ADDED);
	store_close(&store);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);

	open_store();
	assert_int_equal(store_find(&store, &r.peer, &found, &id, &problem), 1);
	assert_memory_equal(&found.bond.peer, &r.bond.peer, sizeof(r.bond.peer));
	assert_memory_equal(&found.bond.local, &r.bond.local, sizeof(r.bond.local));
	assert_memory_equal(found.bond.link_key, r.bond.link_key, 16);
	assert_memory_equal(&found.local, &r.local, sizeof(r.local));
	assert_string_equal(found.made, r.made);
	assert_int_equal(found.bond.method, SMP_NUMERIC_COMPARISON);
	assert_int_equal(found.bond.key_size, 16);
	assert_true(found.central && found.bond.authenticated && found.bond.secure_connections);
	assert_true(found.bond.bonded && found.bond.has_link_key);
	/* By its identity, and by a resolvable address that it never had before. */
	assert_int_equal(store_find(&store, &r.bond.peer.identity, &found, NULL, &problem), 1);
	assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
	assert_int_equal(store_find(&store, &rpa, &found, NULL, &problem), 1);
	rpa.octets[0] ^= 1;
	assert_int_equal(store_find(&store, &rpa, &found, NULL, &problem), 0);
	/* A person may leave the type out; a program may not. */
	struct crypto_address untyped = r.bond.peer.identity;
	untyped.type = ADDRESS_PUBLIC;
	assert_int_equal(store_look_up(&store, &untyped, true, &found, NULL, &problem), 0);
	assert_int_equal(store_look_up(&store, &untyped, false, &found, NULL, &problem), 1);
}

/* Each field of its own: no two may be mixed up, none forgotten. */
static void every_field_stands_for_itself(void **state)
{
	static const char *const other[] = {
		"2027-01-01T00:00:00.000Z",
		"peripheral",
		"0A:0B:0C:0D:0E:0F/random",
		"01:02:03:04:05:06/public",
		"false",
		"false",
		"7",
		"just_works",
	};
	struct bond_record r, found;
	char before[BOND_VALUE], after[BOND_VALUE];
	size_t fields = 0;

	(void)state;
	while (bond_field(fields))
		fields++;
	assert_int_equal(fields, 21);
	open_store();
	/* One column for each, in the order of the table, behind id and newer. */
	for (size_t i = 0; i < fields; i++) {
		char sql[160];
		(void)snprintf(sql, sizeof(sql),
			       "SELECT count(*) FROM pragma_table_info('bond') WHERE name = '%s'",
			       bond_field(i));
		assert_int_equal(ask(sql), 1);
	}
	assert_int_equal(ask("SELECT count(*) FROM pragma_table_info('bond')"), fields + 2);
	for (size_t i = 0; i < fields; i++) {
		const char *value = i < COUNT(other) ? other[i] : NULL;
		r = record((uint8_t)(40 + i), true);
		r.bond.local.has_irk = r.bond.local.has_identity = r.bond.peer.has_csrk = true;
		(void)bond_get(&r, i, before);
		if (!value) { /* keys: another first digit; addresses: another type */
			assert_non_null(bond_get(&r, i, after));
			if (strchr(after, '/'))
				(void)snprintf(after, sizeof(after), "%s", other[3]);
			else
				after[0] = after[0] == '9' ? '8' : '9';
			value = after;
		}
		assert_null(bond_set(&r, i, value));
		(void)add(&r, STORE_REPLACE);
		assert_int_equal(store_find(&store, bond_identity(&r), &found, NULL, &problem), 1);
		for (size_t k = 0; k < fields; k++) {
			char mine[BOND_VALUE], theirs[BOND_VALUE];
			const char *a = bond_get(&r, k, mine), *b = bond_get(&found, k, theirs);
			assert_true(a && b ? strcmp(a, b) == 0 : a == b);
		}
		(void)store_remove(&store, ask("SELECT max(id) FROM bond"), &problem);
	}
}

/* CVE-2025-62235 and its like: what a peer started does not weaken what a user made. */
static void a_weaker_bond_does_not_replace_a_stronger_one(void **state)
{
	struct bond_record strong = record(1, true), weak = record(1, false), found;
	struct bond_record other = record(2, false);
	int64_t id;

	(void)state;
	weak.bond.peer.ltk[0] = 0x77;
	open_store();
	assert_int_equal(add(&strong, STORE_NOT_WEAKER), STORE_ADDED);
	assert_int_equal(add(&weak, STORE_NOT_WEAKER), STORE_STAYED);
	assert_int_equal(store_find(&store, &strong.peer, &found, NULL, &problem), 1);
	assert_true(found.bond.authenticated);
	/* The user may; what was before is kept, but no longer found. */
	assert_int_equal(add(&weak, STORE_REPLACE), STORE_REPLACED);
	assert_int_equal(store_find(&store, &strong.peer, &found, &id, &problem), 1);
	assert_int_equal(found.bond.peer.ltk[0], 0x77);
	assert_int_equal(count(0), 1);
	assert_int_equal(count(id), 1);
	/* Another peer is another bond. */
	assert_int_equal(add(&other, STORE_NOT_WEAKER), STORE_ADDED);
	assert_int_equal(count(0), 2);
	/* A third makes both others history; removal takes them along. */
	assert_int_equal(add(&strong, STORE_REPLACE), STORE_REPLACED);
	assert_int_equal(store_find(&store, &strong.peer, &found, &id, &problem), 1);
	assert_int_equal(count(id), 2);
	assert_int_equal(store_remove(&store, id, &problem), 0);
	assert_int_equal(ask("SELECT count(*) FROM bond"), 1);
}

/* Found by its address of then and by its identity: both are the same peer, and one bond stays. */
static void two_bonds_that_meet_become_one(void **state)
{
	struct bond_record hidden = record(1, false), open = record(1, false), both = hidden, found;
	int64_t id;

	(void)state;
	hidden.bond.peer.has_identity = hidden.bond.peer.has_irk = false; /* known on air only */
	open.peer = open.bond.peer.identity;
	open_store();
	assert_int_equal(add(&hidden, STORE_REPLACE), STORE_ADDED);
	assert_int_equal(add(&open, STORE_REPLACE), STORE_ADDED);
	assert_int_equal(count(0), 2);
	assert_int_equal(add(&both, STORE_REPLACE), STORE_REPLACED);
	assert_int_equal(count(0), 1);
	assert_int_equal(store_find(&store, &both.peer, &found, &id, &problem), 1);
	assert_int_equal(count(id), 2);
}

static void our_identity_stays(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}}, b = {0, {1, 2, 3, 4, 5, 0xc6}};
	struct crypto_address found;
	uint8_t irk[3][16];

	(void)state;
	open_store();
	assert_int_equal(store_static(&store, &found, &problem), 0);
	assert_int_equal(store_irk(&store, &b, irk[1], &problem), 0);
	assert_int_equal(store_static(&store, &found, &problem), 0);
	assert_int_equal(store_irk(&store, &a, irk[0], &problem), 0);
	store_close(&store);
	open_store();
	assert_int_equal(store_irk(&store, &a, irk[2], &problem), 0);
	assert_memory_equal(irk[0], irk[2], 16);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_int_equal(store_static(&store, &found, &problem), 1);
	assert_true(address_equal(&found, &a));
}

static void without_a_store_nothing_is_kept(void **state)
{
	struct bond_record r = record(1, true), found;
	enum store_state unit;
	uint8_t irk[2][16];

	(void)state;
	store_init_none(&store);
	assert_int_equal(store_open(&store, &problem), 0);
	(void)add(&r, STORE_REPLACE);
	assert_int_equal(store_find(&store, &r.peer, &found, NULL, &problem), 0);
	assert_int_equal(store_irk(&store, &r.local, irk[0], &problem), 0);
	assert_int_equal(store_irk(&store, &r.local, irk[1], &problem), 0);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_int_equal(store_run(&store, "run", &problem), 0);
	assert_int_equal(store_unit(&store, "run", "1", &unit, NULL, &problem), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(count(0), 0);
	assert_null(store.db);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* ---- Two stores meet ------------------------------------------------------------------------- */

static json_t *exported(void)
{
	json_t *json = store_export(&store, &problem);

	assert_non_null(json);
	return json;
}

static void import(const json_t *json, const size_t expected[5])
{
	size_t kept[5];

	if (store_import(&store, json, "x.json", kept, &problem))
		fail_msg("%s", problem.text);
	assert_memory_equal(kept, expected, sizeof(kept));
}

/* Whichever comes first: the newest is in force, the others are history, in every order. */
static void the_newest_wins_in_any_order(void **state)
{
	struct bond_record r[3] = {record(1, true), record(1, false), record(1, false)}, found;
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	int64_t id;

	(void)state;
	open_store();
	for (int i = 0; i < 3; i++) {
		r[i].made[3] = (char)('0' + i);
		r[i].bond.peer.ltk[5] = (uint8_t)i;
	}
	for (size_t o = 0; o < COUNT(orders); o++) {
		for (int i = 0; i < 3; i++)
			(void)add(&r[orders[o][i]], STORE_NEWEST);
		assert_int_equal(add(&r[1], STORE_NEWEST), STORE_KNOWN);
		assert_int_equal(count(0), 1);
		assert_int_equal(store_find(&store, &r[0].peer, &found, &id, &problem), 1);
		assert_int_equal(found.bond.peer.ltk[5], 2);
		assert_int_equal(count(id), 2);
		assert_int_equal(store_remove(&store, id, &problem), 0);
	}
}

static void an_import_is_whole_and_may_be_repeated(void **state)
{
	struct bond_record a = record(1, true), b = record(2, true), newer = record(1, false);
	struct store_entry entry = {.attempt = json_pack("{s:s, s:s, s:s, s:f, s:i}", "time",
							 "2026-01-01T00:00:00.000Z", "result",
							 "paired", "peer", "C9:09:09:09:09:01",
							 "pair_ms", 12.5, "retries", 2)};
	uint8_t irk[16];

	(void)state;
	newer.made[3] = '7';
	open_store();
	(void)add(&a, STORE_REPLACE);
	(void)add(&b, STORE_REPLACE);
	assert_int_equal(store_irk(&store, &a.local, irk, &problem), 0);
	assert_int_equal(store_write(&store, &entry, 1, &problem), 0);
	json_decref(entry.attempt);
	json_t *first = exported();
	import(first, (const size_t[5]){[STORE_KNOWN] = 2});
	(void)add(&newer, STORE_REPLACE);
	json_t *second = exported();
	assert_int_equal(json_array_size(json_object_get(second, "history")), 1);
	store_close(&store);
	drop("");

	open_store();
	import(first, (const size_t[5]){[STORE_ADDED] = 2});
	import(second, (const size_t[5]){[STORE_REPLACED] = 1, [STORE_KNOWN] = 2});
	import(first, (const size_t[5]){[STORE_KNOWN] = 2});
	json_t *third = exported();
	/* The order of the bonds is that of their arrival. */
	assert_int_equal(json_array_size(json_object_get(third, "bonds")), 2);
	assert_true(
		json_equal(json_object_get(third, "history"), json_object_get(second, "history")));
	assert_true(json_equal(json_object_get(third, "identities"),
			       json_object_get(second, "identities")));
	assert_true(json_equal(json_object_get(third, "attempts"),
			       json_object_get(second, "attempts")));
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

static void a_wrong_import_changes_nothing(void **state)
{
	static const struct {
		const char *list, *of, *name, *value, *words;
	} wrongs[] = {
		{"bonds", NULL, "key_size", "17", "number 2: \"key_size\" must be 7 to 16"},
		{"bonds", NULL, "key_size", "\"16\"", "\"key_size\" is not of the right kind"},
		{"bonds", NULL, "key_size", "272", "\"key_size\" must be 7 to 16"},
		{"bonds", NULL, "role", "\"master\"", "\"role\" must be central or peripheral"},
		{"bonds", NULL, "method", "\"magic\"", "\"method\" must be one of our methods"},
		{"bonds", NULL, "made", "\"yesterday\"", "\"made\" must be a time like"},
		{"bonds", NULL, "peer", "{}", "\"peer\" is not of the right kind"},
		{"bonds", NULL, "authenticated", "1", "\"authenticated\" is not of the right kind"},
		{"bonds", NULL, "link_key", "\"00\"", "\"link_key\" must be 32 hexadecimal digits"},
		{"bonds", NULL, "peer_keys", "[]", "\"peer_keys\" must be an object"},
		{"bonds", "peer_keys", "irk", "\"xx\"",
		 "peer_keys: \"irk\" must be 32 hexadecimal"},
		{"bonds", "local_keys", "rand", NULL,
		 "local_keys: \"ltk\", \"ediv\" and \"rand\" belong"},
		{"bonds", "local_keys", "ediv", "\"12345\"",
		 "\"ediv\" must be 4 hexadecimal digits"},
		{"identities", NULL, "irk", "\"\"", "\"identities\", number 1: address, type, irk"},
		{"attempts", NULL, "time", "1", "\"attempts\", number 1: time and result expected"},
	};
	struct bond_record a = record(1, true), b = record(2, true);
	struct store_entry entry = {.attempt = json_pack("{s:s, s:s}", "time",
							 "2026-01-01T00:00:00.000Z", "result",
							 "failed")};
	uint8_t irk[16];
	size_t kept[5];

	(void)state;
	open_store();
	(void)add(&a, STORE_REPLACE);
	(void)add(&b, STORE_REPLACE);
	assert_int_equal(store_irk(&store, &a.local, irk, &problem), 0);
	assert_int_equal(store_write(&store, &entry, 1, &problem), 0);
	json_decref(entry.attempt);
	json_t *good = exported();
	store_close(&store);
	drop("");
	open_store();
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		json_t *bad = json_deep_copy(good);
		json_t *list = json_object_get(bad, wrongs[i].list);
		json_t *item = json_array_get(list, json_array_size(list) - 1);
		if (wrongs[i].of)
			item = json_object_get(item, wrongs[i].of);
		if (wrongs[i].value)
			assert_int_equal(json_object_set_new(item, wrongs[i].name,
							     json_loads(wrongs[i].value,
									JSON_DECODE_ANY, NULL)),
					 0);
		else
			assert_int_equal(json_object_del(item, wrongs[i].name), 0);
		assert_int_equal(store_import(&store, bad, "x.json", kept, &problem), -1);
		if (!strstr(problem.text, wrongs[i].words) || !strstr(problem.text, "x.json: "))
			fail_msg("%s, not %s", problem.text, wrongs[i].words);
		assert_int_equal(problem.exit, CLI_USAGE);
		json_decref(bad);
		assert_int_equal(ask("SELECT (SELECT count(*) FROM bond) + (SELECT count(*) FROM "
				     "identity) + (SELECT count(*) FROM attempt)"),
				 0);
	}
	json_t *none = json_pack("{s:i, s:[]}", "version", 2, "bonds");
	assert_int_equal(store_import(&store, none, "x.json", kept, &problem), -1);
	assert_non_null(strstr(problem.text, "\"version\" 1"));
	json_decref(none);
	json_decref(good);
}

/* ---- Repeated attempts, Vol 3 Part H 2.3.6 ----------------------------------------------------
 */

static void count_for(const struct crypto_address *peer, enum store_count how)
{
	struct store_entry entry = {.count = how, .counted = *peer};

	if (store_write(&store, &entry, 1, &problem))
		fail_msg("%s", problem.text);
}

/* How long a device has to wait, as another process is told; in whole seconds, rounded up. */
static unsigned wait_of(const struct crypto_address *peer)
{
	struct smp_attempts attempts;

	store_close(&store);
	open_store();
	assert_int_equal(store_failures(&store, &attempts, &problem), 0);
	return (unsigned)((smp_attempts_wait(&attempts, peer, loop_now()) + 999999) / 1000000);
}

static void failures_outlive_the_process(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}}, b = {0, {1, 2, 3, 4, 5, 0xc6}};

	(void)state;
	open_store();
	assert_int_equal(wait_of(&a), 0);
	for (unsigned wait = 1; wait <= 512; wait *= 2) {
		count_for(&a, STORE_FAILURE_OF_CALLED);
		assert_int_equal(wait_of(&a), wait);
	}
	count_for(&a, STORE_FAILURE_OF_CALLED);
	assert_int_equal(wait_of(&a), 512);
	/* The type is part of an address, and whom we called does not make others wait. */
	assert_int_equal(wait_of(&b), 0);
	tell("UPDATE failure SET since = since - 1000000 * 510");
	assert_in_range(wait_of(&a), 1, 2);
	count_for(&b, STORE_FAILURE);
	assert_int_equal(wait_of(&b), 1);
	count_for(&b, STORE_SUCCESS);
	assert_int_equal(wait_of(&b), 0);
	assert_in_range(wait_of(&a), 1, 2);
	/* None of that is in an export, nor an attempt. */
	assert_int_equal(ask("SELECT count(*) FROM attempt"), 0);
}

static void failures_of_many_have_a_bound(void **state)
{
	struct crypto_address peer = {1, {0, 2, 3, 4, 5, 0xc6}}, other = {1, {9, 9}};

	(void)state;
	open_store();
	for (uint8_t i = 0; i < SMP_ATTEMPTS_PEERS + 8; i++) {
		peer.octets[0] = i;
		count_for(&peer, STORE_FAILURE);
	}
	assert_int_equal(ask("SELECT count(*) FROM failure WHERE peer <> ''"), SMP_ATTEMPTS_PEERS);
	assert_int_equal(ask("SELECT failures FROM failure WHERE peer = ''"), SMP_ATTEMPTS_ALL_MAX);
	assert_int_equal(wait_of(&other), 64); /* all together */
}

static void a_clock_set_back_forgives_nothing(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}};

	(void)state;
	open_store();
	for (int i = 0; i < 4; i++)
		count_for(&a, STORE_FAILURE_OF_CALLED);
	tell("UPDATE failure SET since = since + 1000000 * 86400");
	assert_int_equal(wait_of(&a), 8); /* and no day longer */
}

static void failures_that_none_can_have(void **state)
{
	/* More devices than are remembered. */
	static const char crowd[] =
		"WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 42)"
		" INSERT INTO failure SELECT 'C0:00:00:00:00:' || i || '/random', 1, 1 FROM n";
	static const char *const wrongs[] = {
		"UPDATE failure SET failures = 11", /* a wait beyond all bounds */
		"UPDATE failure SET failures = 0",
		"UPDATE failure SET failures = -1",
		"UPDATE failure SET failures = 4294967297",
		"UPDATE failure SET peer = 'nobody'",
		crowd,
	};
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}};
	struct smp_attempts attempts;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		open_store();
		count_for(&a, STORE_FAILURE_OF_CALLED);
		tell(wrongs[i]);
		assert_int_equal(store_failures(&store, &attempts, &problem), -1);
		assert_int_equal(problem.exit, CLI_USAGE);
		assert_non_null(strstr(problem.text, "it is damaged"));
		store_close(&store);
		drop("");
	}
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static int write_unit(struct store *s, int number, const struct bond_record *bond,
		      enum store_state unit_state)
{
	char unit[16], now[BOND_TIME];

	(void)snprintf(unit, sizeof(unit), "%d", number);
	struct store_entry entry = {.bond = bond,
				    .attempt = json_pack("{s:s, s:s, s:s, s:s}", "time",
							 bond_now(now), "run", "r", "unit", unit,
							 "result", bond ? "paired" : "failed"),
				    .state = unit_state};
	int status = store_write(s, &entry, 1, &problem);
	json_decref(entry.attempt);
	return status;
}

static void collect(void *ctx, const char *unit, enum store_state unit_state, unsigned attempts)
{
	char *text = ctx;
	size_t used = strlen(text);

	(void)snprintf(text + used, 64 - used, "%s:%d:%u ", unit, unit_state, attempts);
}

static void count_attempt(void *ctx, json_t *attempt)
{
	++*(int *)ctx;
	json_decref(attempt);
}

static void units_of_a_run(void **state)
{
	struct bond_record r = record(1, true);
	enum store_state unit;
	unsigned attempts;
	char text[64] = "";
	int n = 0;

	(void)state;
	open_store();
	assert_int_equal(store_run(&store, "r", &problem), 0);
	assert_int_equal(store_unit(&store, "r", "1", &unit, &attempts, &problem), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(write_unit(&store, 1, NULL, STORE_WAITING), 0);
	assert_int_equal(write_unit(&store, 1, &r, STORE_DONE), 0);
	assert_int_equal(write_unit(&store, 2, NULL, STORE_FAILED), 0);
	assert_int_equal(store_unit(&store, "r", "1", &unit, &attempts, &problem), 0);
	assert_int_equal(unit, STORE_DONE);
	assert_int_equal(attempts, 2);
	assert_int_equal(store_unit(&store, "s", "1", &unit, &attempts, &problem), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(store_units(&store, "r", collect, text, &problem), 0);
	assert_string_equal(text, "1:2:2 2:3:1 ");
	const struct store_attempts which = {.run = "r"}, last = {.run = "r", .last = 2},
				    other = {.run = "s"};
	assert_int_equal(store_attempts(&store, &which, count_attempt, &n, &problem), 0);
	assert_int_equal(n, 3);
	assert_int_equal(store_attempts(&store, &last, count_attempt, &n, &problem), 0);
	assert_int_equal(n, 5);
	assert_int_equal(store_attempts(&store, &other, count_attempt, &n, &problem), 0);
	assert_int_equal(n, 5);
}

static void a_run_belongs_to_one_process(void **state)
{
	struct store second;
	int status;

	(void)state;
	open_store();
	assert_int_equal(store_run(&store, "night", &problem), 0);
	assert_int_equal(store_init(&second, path, &problem), 0);
	assert_int_equal(store_run(&second, "night", &problem), -1);
	assert_int_equal(problem.exit, CLI_USAGE);
	assert_non_null(strstr(problem.text, "another process is at work on the run \"night\""));
	assert_int_equal(store_run(&second, "day", &problem), 0);
	store_close(&second);
	store_close(&store);

	/* It ends with the process, even one that is killed. */
	int ready[2];
	char octet;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		open_store();
		octet = (char)store_run(&store, "night", &problem);
		_exit(write(ready[1], &octet, 1) == 1 && pause());
	}
	assert_int_equal(read(ready[0], &octet, 1), 1);
	assert_int_equal(octet, 0);
	open_store();
	assert_int_equal(store_run(&store, "night", &problem), -1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(store_run(&store, "night", &problem), 0);
	close(ready[0]);
	close(ready[1]);
}

/* ---- More than one, and death at any moment -------------------------------------------------- */

#define WRITERS 4
#define EACH	12

/* All make the store, at once, and write into it. */
static void processes_share_a_store(void **state)
{
	pid_t children[WRITERS];
	int go[2], status;
	char octet;

	(void)state;
	assert_int_equal(pipe(go), 0);
	for (int w = 0; w < WRITERS; w++) {
		children[w] = fork();
		if (children[w])
			continue;
		uint8_t irk[16];
		struct bond_record r = record((uint8_t)w, true);
		close(go[1]);
		if (read(go[0], &octet, 1) != 0 || store_init(&store, path, &problem) ||
		    store_irk(&store, &r.local, irk, &problem)) {
			(void)fprintf(stderr, "# %s\n", problem.text);
			_exit(1);
		}
		for (int i = 0; i < EACH; i++) {
			r.bond.peer.ltk[9] = (uint8_t)i;
			if (write_unit(&store, 100 * w + i, &r, STORE_DONE)) {
				(void)fprintf(stderr, "# %s\n", problem.text);
				_exit(2);
			}
		}
		store_close(&store);
		_exit(0);
	}
	close(go[0]);
	close(go[1]); /* now */
	for (int w = 0; w < WRITERS; w++) {
		assert_int_equal(waitpid(children[w], &status, 0), children[w]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(ask("SELECT count(*) FROM unit WHERE state = 'done'"), WRITERS * EACH);
	assert_int_equal(ask("SELECT count(*) FROM attempt"), WRITERS * EACH);
	assert_int_equal(ask("SELECT count(*) FROM bond WHERE newer IS NULL"), WRITERS);
	assert_int_equal(ask("SELECT count(*) FROM bond"), WRITERS * EACH);
	assert_int_equal(ask("SELECT count(*) FROM identity"), 1); /* one key for one address */
}

#define KILLS 40

/* The units go in, one after the other; that many are durable when the process says so. */
static void work_until_killed(int tell_fd)
{
	enum store_state unit;
	char name[16];

	if (store_init(&store, path, &problem) || store_run(&store, "r", &problem))
		_exit(1);
	for (int i = 0;; i++) {
		struct bond_record r = record((uint8_t)i, true);
		(void)snprintf(name, sizeof(name), "%d", i);
		if (store_unit(&store, "r", name, &unit, NULL, &problem))
			_exit(2);
		if (unit == STORE_DONE)
			continue;
		r.peer.octets[1] = r.bond.peer.identity.octets[1] = (uint8_t)(i >> 8);
		if (write_unit(&store, i, &r, STORE_DONE) ||
		    write(tell_fd, &i, sizeof(i)) != sizeof(i))
			_exit(3);
	}
}

/*
 * A station that is killed at any moment, and begun again: what it said was done is there, bond,
 * attempt and unit together, and nothing was done twice.
 */
static void killed_at_any_moment(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	int last = -1, i, status, ends[2], done;

	(void)state;
	printf("# seed %u\n", seed);
	for (int round = 0; round < KILLS; round++) {
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0) {
			close(ends[0]);
			work_until_killed(ends[1]);
		}
		close(ends[1]);
		/* Sometimes while the store is opened, mostly while it works. */
		if (round % 4)
			usleep((useconds_t)rand_r(&seed) % 8000);
		else if (read(ends[0], &i, sizeof(i)) == sizeof(i))
			last = i;
		usleep((useconds_t)rand_r(&seed) % 3000);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		while (read(ends[0], &i, sizeof(i)) == sizeof(i)) {
			/* Nothing that was done is done again; one may be durable and unsaid. */
			assert_true(i == last + 1 || i == last + 2);
			last = i;
		}
		close(ends[0]);
		if (last < 0)
			continue;
		done = ask("SELECT count(*) FROM unit WHERE state = 'done'");
		assert_true(done == last + 1 || done == last + 2);
		assert_int_equal(ask("SELECT sum(attempts) FROM unit"), done);
		assert_int_equal(ask("SELECT count(*) FROM attempt"), done);
		assert_int_equal(ask("SELECT count(DISTINCT unit) FROM attempt"), done);
		assert_int_equal(ask("SELECT count(*) FROM bond"), done);
		assert_int_equal(ask("SELECT count(*) FROM pragma_integrity_check"), 1);
		last = done - 1;
	}
	printf("# %d units in %d lives\n", last + 1, KILLS);
	assert_true(last + 1 >= KILLS / 4); /* every fourth life waits for one */
}

/* ---- Files that cannot be trusted or used ---------------------------------------------------- */

static void refused(enum cli_exit code, const char *words)
{
	assert_int_equal(store_init(&store, path, &problem), 0);
	assert_int_equal(store_open(&store, &problem), -1);
	if (problem.exit != code || !strstr(problem.text, words) || !strstr(problem.text, path))
		fail_msg("%d: %s", problem.exit, problem.text);
	assert_null(store.db);
	assert_null(strchr(problem.text, '\n'));
}

static void put(const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static size_t get(uint8_t *out, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, out, size);

	close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void files_that_are_no_store(void **state)
{
	static const char text[] = "this was never a database, and it is to stay as it is";
	uint8_t again[128];
	char other[128];

	(void)state;
	put(text, sizeof(text), 0600);
	refused(CLI_USAGE, "it is not a store of blepair");
	assert_int_equal(get(again, sizeof(again)), sizeof(text));
	assert_memory_equal(again, text, sizeof(text));
	for (mode_t mode = 1; mode < 0100; mode <<= 1) {
		put("", 0, 0600 | mode);
		refused(CLI_USAGE, "others may read it; it holds keys: chmod 600 it");
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(CLI_USAGE, "it is no regular file");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, path), 0);
	refused(CLI_USAGE, "it is a symbolic link; name the file itself");
	assert_int_equal(unlink(path), 0);
	assert_int_not_equal(access(other, F_OK), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(CLI_USAGE, "cannot open it: Is a directory");
	assert_int_equal(rmdir(path), 0);

	tell("CREATE TABLE customers (name)");
	assert_int_equal(chmod(path, 0600), 0);
	refused(CLI_USAGE, "it is the database of another program; it was left as it is");
	tell("DROP TABLE customers; PRAGMA user_version = 1; PRAGMA application_id = 7");
	refused(CLI_USAGE, "it is the database of another program");
	assert_int_equal(unlink(path), 0);

	/* What lies beside it must be as private. */
	open_store();
	store_close(&store);
	(void)snprintf(other, sizeof(other), "%s-wal", path);
	int fd = open(other, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);
	refused(CLI_USAGE, "-wal: others may read it");
}

static void files_of_others(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("only root can give files away\n");
		skip();
	}
	put("", 0, 0600);
	assert_int_equal(chown(path, 12345, 0), 0);
	refused(CLI_USAGE, "it belongs to another user");
}

static void a_later_version_is_left_alone(void **state)
{
	struct bond_record r = record(1, true);
	static uint8_t before[1 << 17], after[1 << 17];

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	tell("PRAGMA user_version = 99");
	size_t len = get(before, sizeof(before));
	refused(CLI_USAGE, "a later blepair made it (its version is 99, this blepair knows 2)");
	assert_int_equal(get(after, sizeof(after)), len);
	assert_memory_equal(before, after, len);
}

/* What a store of the first version held stays; what it did not know begins. */
static void a_store_of_version_1_is_taken_over(void **state)
{
	struct bond_record r = record(1, true), found;

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	tell("DROP TABLE failure; PRAGMA user_version = 1");
	open_store();
	assert_int_equal(store_find(&store, &r.peer, &found, NULL, &problem), 1);
	count_for(&r.peer, STORE_FAILURE);
	assert_int_equal(wait_of(&r.peer), 1);
	assert_int_equal(ask("PRAGMA user_version"), 2);
}

/* Cut or filled with other octets anywhere: a line, or all of what can still be read; no crash. */
static void a_damaged_file_is_told(void **state)
{
	static uint8_t whole[1 << 17], damaged[1 << 17];
	struct bond_record r;
	unsigned told = 0;
	int64_t id;

	(void)state;
	open_store();
	for (int i = 0; i < 30; i++) {
		r = record((uint8_t)i, true);
		(void)add(&r, STORE_REPLACE);
	}
	store_close(&store);
	size_t len = get(whole, sizeof(whole));
	assert_true(len > 8192 && len < sizeof(whole));
	for (size_t at = 0; at < len; at += 997) {
		for (int how = 0; how < 2; how++) {
			int status = -1;
			memcpy(damaged, whole, len);
			if (how)
				memset(damaged + at, 0xa5, len - at < 200 ? len - at : 200);
			put((const char *)damaged, how ? len : at, 0600);
			*problem.text = '\0';
			assert_int_equal(store_init(&store, path, &problem), 0);
			id = 0;
			if (store_open(&store, &problem) == 0)
				while ((status = store_next(&store, 0, &id, &r, &problem)) == 1)
					;
			if (status < 0) {
				assert_non_null(strstr(problem.text, path));
				assert_true(problem.exit == CLI_USAGE);
				told++;
			}
			store_close(&store);
		}
	}
	assert_true(told > 40);
}

/* A value that no bond can have: put there by hand, or by a disk. */
static void a_damaged_value_is_told(void **state)
{
	struct bond_record r = record(1, true), found;

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	tell("UPDATE bond SET key_size = 2");
	open_store();
	assert_int_equal(store_find(&store, &r.peer, &found, NULL, &problem), -1);
	assert_non_null(strstr(problem.text, "it is damaged (a bond has a value"));
	assert_true(found.bond.key_size == 0 && !found.bond.peer.has_ltk);
}

static void a_directory_that_cannot_be_written(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none/blepair.db", folder);
	refused(CLI_USAGE, "cannot open it: No such file or directory; name another by --store");
	(void)snprintf(path, sizeof(path), "/proc/blepair.db");
	refused(CLI_USAGE, "cannot open it: No such file");
	(void)snprintf(path, sizeof(path), "%s/blepair.db", folder);
	if (geteuid() == 0)
		return; /* writes everywhere */
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	assert_int_equal(chmod(folder, 0500), 0);
	refused(CLI_PERMISSION, "it or its directory cannot be written");
	assert_int_equal(chmod(folder, 0700), 0);
	open_store();
	assert_int_equal(count(0), 1);
}

/* A limit on the size of files stands for the end of the disk. */
static void a_full_disk_loses_nothing(void **state)
{
	struct rlimit usual, small;
	int written = 0, status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	small = usual;
	small.rlim_cur = 150000;
	(void)signal(SIGXFSZ, SIG_IGN);
	pid_t child = fork();
	if (child == 0) {
		if (setrlimit(RLIMIT_FSIZE, &small) || store_init(&store, path, &problem))
			_exit(250);
		while (written < 200) {
			struct bond_record r = record((uint8_t)written, true);
			if (write_unit(&store, written, &r, STORE_DONE))
				break;
			written++;
		}
		/* It says so, and could go on. */
		bool said = strstr(problem.text, path) && problem.exit == CLI_INTERNAL;
		if (!said)
			(void)fprintf(stderr, "# %s\n", problem.text);
		_exit(said ? written : 251);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	written = WEXITSTATUS(status);
	assert_in_range(written, 1, 199);
	open_store();
	assert_int_equal(count(0), written);
	assert_int_equal(ask("SELECT count(*) FROM unit"), written);
	assert_int_equal(ask("SELECT count(*) FROM pragma_integrity_check"), 1);
}

/* $XDG_STATE_HOME, which must be absolute, else below the home directory; made private. */
static void the_usual_place(void **state)
{
	char home[64];

	(void)state;
	(void)snprintf(home, sizeof(home), "%s", folder);
	assert_int_equal(setenv("XDG_STATE_HOME", "relative", 1), 0); /* is to be ignored */
	assert_int_equal(setenv("HOME", home, 1), 0);
	assert_int_equal(store_init(&store, NULL, &problem), 0);
	char expected[160];
	(void)snprintf(expected, sizeof(expected), "%s/.local/state/blepair/blepair.db", home);
	assert_string_equal(store.path, expected);
	assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
	assert_int_equal(store_init(&store, NULL, &problem), 0);
	(void)snprintf(expected, sizeof(expected), "%s/blepair/blepair.db", home);
	assert_string_equal(store.path, expected);
	assert_int_equal(store_open(&store, &problem), 0);
	struct stat status;
	(void)snprintf(expected, sizeof(expected), "%s/blepair", home);
	assert_int_equal(stat(expected, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	store_close(&store);
	(void)snprintf(path, sizeof(path), "%s/blepair/blepair.db", home);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(expected), 0);
}

static int start(void **state)
{
	(void)state;
	(void)setenv("XDG_STATE_HOME", "/dev/null", 1);
	return crypto_init();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_goes_in_comes_out),
		CASE(every_field_stands_for_itself),
		CASE(a_weaker_bond_does_not_replace_a_stronger_one),
		CASE(two_bonds_that_meet_become_one),
		CASE(our_identity_stays),
		CASE(without_a_store_nothing_is_kept),
		CASE(the_newest_wins_in_any_order),
		CASE(an_import_is_whole_and_may_be_repeated),
		CASE(a_wrong_import_changes_nothing),
		CASE(failures_outlive_the_process),
		CASE(failures_of_many_have_a_bound),
		CASE(a_clock_set_back_forgives_nothing),
		CASE(failures_that_none_can_have),
		CASE(units_of_a_run),
		CASE(a_run_belongs_to_one_process),
		CASE(processes_share_a_store),
		CASE(killed_at_any_moment),
		CASE(files_that_are_no_store),
		CASE(files_of_others),
		CASE(a_later_version_is_left_alone),
		CASE(a_store_of_version_1_is_taken_over),
		CASE(a_damaged_file_is_told),
		CASE(a_damaged_value_is_told),
		CASE(a_directory_that_cannot_be_written),
		CASE(a_full_disk_loses_nothing),
		CASE(the_usual_place),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
