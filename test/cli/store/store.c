/* SPDX-License-Identifier: MIT */
/* The bonds of a store: what goes in comes out, what may not go in is refused; two stores meet. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "cli/store/fixture.h"

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
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, &id, &failure), 1);
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
	assert_int_equal(
		store_find_by_air_address(&store, &r.bond.peer.identity, &found, NULL, &failure),
		1);
	assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, NULL, &failure), 1);
	rpa.octets[0] ^= 1;
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, NULL, &failure), 0);
	/* A person may leave the type out; a program may not. */
	struct crypto_address untyped = r.bond.peer.identity;
	untyped.type = ADDRESS_PUBLIC;
	assert_int_equal(store_find_by_user_address(&store, &untyped, true, &found, NULL, &failure),
			 0);
	assert_int_equal(
		store_find_by_user_address(&store, &untyped, false, &found, NULL, &failure), 1);
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
		assert_int_equal(store_find_by_air_address(&store, bond_identity(&r), &found, NULL,
							   &failure),
				 1);
		for (size_t k = 0; k < fields; k++) {
			char mine[BOND_VALUE], theirs[BOND_VALUE];
			const char *a = bond_get(&r, k, mine), *b = bond_get(&found, k, theirs);
			assert_true(a && b ? strcmp(a, b) == 0 : a == b);
		}
		(void)store_remove(&store, ask("SELECT max(id) FROM bond"), &failure);
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
	assert_int_equal(add(&weak, STORE_NOT_WEAKER), STORE_REJECTED_WEAKER);
	assert_int_equal(store_find_by_air_address(&store, &strong.peer, &found, NULL, &failure),
			 1);
	assert_true(found.bond.authenticated);
	/* The user may; what was before is kept, but no longer found. */
	assert_int_equal(add(&weak, STORE_REPLACE), STORE_REPLACED);
	assert_int_equal(store_find_by_air_address(&store, &strong.peer, &found, &id, &failure), 1);
	assert_int_equal(found.bond.peer.ltk[0], 0x77);
	assert_int_equal(count(0), 1);
	assert_int_equal(count(id), 1);
	/* Another peer is another bond. */
	assert_int_equal(add(&other, STORE_NOT_WEAKER), STORE_ADDED);
	assert_int_equal(count(0), 2);
	/* A third makes both others history; removal takes them along. */
	assert_int_equal(add(&strong, STORE_REPLACE), STORE_REPLACED);
	assert_int_equal(store_find_by_air_address(&store, &strong.peer, &found, &id, &failure), 1);
	assert_int_equal(count(id), 2);
	assert_int_equal(store_remove(&store, id, &failure), 0);
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
	assert_int_equal(store_find_by_air_address(&store, &both.peer, &found, &id, &failure), 1);
	assert_int_equal(count(id), 2);
}

static void our_identity_stays(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}}, b = {0, {1, 2, 3, 4, 5, 0xc6}};
	struct crypto_address found;
	uint8_t irk[3][16];

	(void)state;
	open_store();
	assert_int_equal(store_static(&store, &found, &failure), 0);
	assert_int_equal(store_irk(&store, &b, irk[1], &failure), 0);
	assert_int_equal(store_static(&store, &found, &failure), 0);
	assert_int_equal(store_irk(&store, &a, irk[0], &failure), 0);
	store_close(&store);
	open_store();
	assert_int_equal(store_irk(&store, &a, irk[2], &failure), 0);
	assert_memory_equal(irk[0], irk[2], 16);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_int_equal(store_static(&store, &found, &failure), 1);
	assert_true(address_equal(&found, &a));
}

static void without_a_store_nothing_is_kept(void **state)
{
	struct bond_record r = record(1, true), found;
	enum store_state unit;
	uint8_t irk[2][16];

	(void)state;
	store_init_none(&store);
	assert_int_equal(store_open(&store, &failure), 0);
	(void)add(&r, STORE_REPLACE);
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure), 0);
	assert_int_equal(store_irk(&store, &r.local, irk[0], &failure), 0);
	assert_int_equal(store_irk(&store, &r.local, irk[1], &failure), 0);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_int_equal(store_claim_job(&store, "run", &failure), 0);
	assert_int_equal(store_unit(&store, "run", "1", &unit, NULL, &failure), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(count(0), 0);
	assert_null(store.database);
	assert_int_not_equal(access(path, F_OK), 0);
}

static struct attempt paired_attempt(void)
{
	struct attempt attempt;

	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	(void)snprintf(attempt.peer, sizeof(attempt.peer), "C9:09:09:09:09:01");
	attempt.pair_ms = 12.5;
	attempt.retries = 2;
	return attempt;
}

/* ---- Two stores meet ------------------------------------------------------------------------- */

static json_t *exported(void)
{
	json_t *json = store_export(&store, &failure);

	assert_non_null(json);
	return json;
}

static void import(const json_t *json, const size_t expected[5])
{
	size_t kept[STORE_KEPT];

	if (store_import(&store, json, "x.json", kept, &failure))
		fail_msg("%s", failure.text);
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
		assert_int_equal(add(&r[1], STORE_NEWEST), STORE_DUPLICATE);
		assert_int_equal(count(0), 1);
		assert_int_equal(
			store_find_by_air_address(&store, &r[0].peer, &found, &id, &failure), 1);
		assert_int_equal(found.bond.peer.ltk[5], 2);
		assert_int_equal(count(id), 2);
		assert_int_equal(store_remove(&store, id, &failure), 0);
	}
}

static void an_import_is_whole_and_may_be_repeated(void **state)
{
	struct bond_record a = record(1, true), b = record(2, true), newer = record(1, false);
	struct attempt attempt = paired_attempt();
	struct store_entry entry = {.attempt = &attempt};
	uint8_t irk[16];

	(void)state;
	newer.made[3] = '7';
	open_store();
	(void)add(&a, STORE_REPLACE);
	(void)add(&b, STORE_REPLACE);
	assert_int_equal(store_irk(&store, &a.local, irk, &failure), 0);
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	json_t *first = exported();
	import(first, (const size_t[5]){[STORE_DUPLICATE] = 2});
	(void)add(&newer, STORE_REPLACE);
	json_t *second = exported();
	assert_int_equal(json_array_size(json_object_get(second, "history")), 1);
	store_close(&store);
	drop("");

	open_store();
	import(first, (const size_t[5]){[STORE_ADDED] = 2});
	import(second, (const size_t[5]){[STORE_REPLACED] = 1, [STORE_DUPLICATE] = 2});
	import(first, (const size_t[5]){[STORE_DUPLICATE] = 2});
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
		{"bonds", NULL, "method", "\"magic\"", "\"method\" must be a pairing method"},
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
		{"attempts", NULL, "time", "1", "\"attempts\", number 1: \"time\" must be a text"},
	};
	struct bond_record a = record(1, true), b = record(2, true);
	struct attempt attempt = paired_attempt();
	struct store_entry entry = {.attempt = &attempt};
	uint8_t irk[16];
	size_t kept[STORE_KEPT];

	(void)state;
	open_store();
	(void)add(&a, STORE_REPLACE);
	(void)add(&b, STORE_REPLACE);
	assert_int_equal(store_irk(&store, &a.local, irk, &failure), 0);
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
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
		assert_int_equal(store_import(&store, bad, "x.json", kept, &failure), -1);
		if (!strstr(failure.text, wrongs[i].words) || !strstr(failure.text, "x.json: "))
			fail_msg("%s, not %s", failure.text, wrongs[i].words);
		assert_int_equal(failure.exit, CLI_USAGE);
		json_decref(bad);
		assert_int_equal(ask("SELECT (SELECT count(*) FROM bond) + (SELECT count(*) FROM "
				     "identity) + (SELECT count(*) FROM attempt)"),
				 0);
	}
	json_t *none = json_pack("{s:i, s:[]}", "version", 2, "bonds");
	assert_int_equal(store_import(&store, none, "x.json", kept, &failure), -1);
	assert_non_null(strstr(failure.text, "\"version\" 1"));
	json_decref(none);
	json_decref(good);
}

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
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
