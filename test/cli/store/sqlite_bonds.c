/* SPDX-License-Identifier: MIT */
/* Bonds in the database: found, replaced, kept as history, removed. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "cli/store/fixture.h"
#include "crypto/bytes.h"

static void a_bond_is_found_by_each_of_its_addresses(void **state)
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
static void every_field_is_kept_in_a_column_of_its_own(void **state)
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
	/* One column for each, besides id, newer and replaced. */
	for (size_t i = 0; i < fields; i++) {
		char sql[160];
		(void)snprintf(sql, sizeof(sql),
			       "SELECT count(*) FROM pragma_table_info('bond') WHERE name = '%s'",
			       bond_field(i));
		assert_int_equal(query(sql), 1);
	}
	assert_int_equal(query("SELECT count(*) FROM pragma_table_info('bond')"), fields + 3);
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
		(void)store_remove(&store, &(int64_t){query("SELECT max(id) FROM bond")}, 1,
				   &failure);
	}
}

/*
 * A bond that was stored as authenticated, by Passkey Entry of legacy pairing: how it counts
 * depends on the policy of the reader, and the same bond in a file, rated either way, is known
 * already.
 */
static void a_bond_of_a_legacy_passkey_is_rated_when_it_is_read(void **state)
{
	struct bond_record old = record(1, true), found;
	size_t kept[STORE_KEPT];

	(void)state;
	old.bond.secure_connections = false;
	old.bond.method = SMP_PASSKEY_WE_TYPE;
	open_store();
	assert_int_equal(add(&old, STORE_NOT_WEAKER), STORE_ADDED);
	for (int older = 0; older < 2; older++) {
		store_close(&store);
		store.legacy_passkey_mitm = older;
		assert_int_equal(
			store_find_by_air_address(&store, &old.peer, &found, NULL, &failure), 1);
		assert_int_equal(found.bond.authenticated, older);
		assert_int_equal(found.rated_down, !older);

		json_t *json = store_export(&store, &failure);
		const json_t *bond = json_array_get(json_object_get(json, "bonds"), 0);
		assert_int_equal(json_is_true(json_object_get(bond, "authenticated")), older);
		assert_int_equal(store_import(&store, json, "x", kept, &failure), 0);
		assert_int_equal(kept[STORE_DUPLICATE], 1);
		json_decref(json);
		assert_int_equal(count(0), 1);
	}
	/* Of other bonds, authentication is a difference. */
	old = record(2, true);
	assert_int_equal(add(&old, STORE_NEWEST), STORE_ADDED);
	old.bond.authenticated = false;
	assert_int_equal(add(&old, STORE_NEWEST), STORE_REPLACED);
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
	assert_int_equal(store_remove(&store, &id, 1, &failure), 0);
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
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

/*
 * Some firmware has one IRK in every device. Each bond stays in force, also when one device uses
 * the address on air of the other, whichever rule decides.
 */
static void devices_with_one_irk_keep_their_bonds(void **state)
{
	(void)state;
	open_store();
	for (int rule = STORE_REPLACE; rule <= STORE_NEWEST; rule++) {
		for (int same_address = 0; same_address < 2; same_address++) {
			struct bond_record one = record(1, true), other = record(2, false), found;

			memcpy(other.bond.peer.irk, one.bond.peer.irk, 16);
			assert_int_equal(address_make_resolvable(&one.peer, one.bond.peer.irk), 0);
			assert_int_equal(address_make_resolvable(&other.peer, one.bond.peer.irk),
					 0);
			if (same_address)
				other.peer = one.peer;
			assert_int_equal(add(&one, (enum store_rule)rule), STORE_ADDED);
			assert_int_equal(add(&other, (enum store_rule)rule), STORE_ADDED);
			assert_int_equal(count(0), 2);
			assert_int_equal(store_find_by_air_address(&store, bond_identity(&one),
								   &found, NULL, &failure),
					 1);
			assert_memory_equal(found.bond.peer.ltk, one.bond.peer.ltk, 16);
			assert_int_equal(store_find_by_air_address(&store, bond_identity(&other),
								   &found, NULL, &failure),
					 1);
			assert_memory_equal(found.bond.peer.ltk, other.bond.peer.ltk, 16);
			execute("DELETE FROM bond");
		}
	}
}

/* The device that is looked for is preferred among those that the address may belong to. */
static void the_expected_device_is_preferred_among_candidates(void **state)
{
	struct bond_record one = record(1, true), other = record(2, true), third = record(3, true);
	const struct bond_record none = {.peer.type = 0};
	const struct crypto_address unknown = {.octets = {1, 2, 3, 4, 5, 6}};
	struct crypto_address rpa;

	(void)state;
	memcpy(other.bond.peer.irk, one.bond.peer.irk, 16);
	assert_int_equal(address_make_resolvable(&rpa, one.bond.peer.irk), 0);
	open_store();
	(void)add(&one, STORE_REPLACE);
	(void)add(&other, STORE_REPLACE);
	(void)add(&third, STORE_REPLACE);
	const struct {
		const struct crypto_address *on_air, *expected;
		const struct bond_record *found;
		bool shares_irk;
	} cases[] = {
		{&rpa, NULL, &one, true},
		{&rpa, bond_identity(&one), &one, true},
		{&rpa, bond_identity(&other), &other, true},
		{&rpa, bond_identity(&third), &one, true}, /* the address cannot be its */
		{bond_identity(&one), bond_identity(&other), &one, true},
		{bond_identity(&third), NULL, &third, false},
		{&unknown, bond_identity(&third), NULL, false}, /* and no other has it */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct store_peer peer = {.on_air = *cases[i].on_air,
					  .expected = cases[i].expected};
		struct store_request request = {.done = NULL};
		store_request_peer(&store, &request, &peer);
		assert_int_equal(request.result, 0);
		assert_int_equal(peer.has_bond, cases[i].found != NULL);
		if (!cases[i].found) {
			assert_memory_equal(&peer.bond, &none, sizeof(none));
			assert_int_equal(peer.bond_id, 0);
			continue;
		}
		assert_memory_equal(peer.bond.bond.peer.ltk, cases[i].found->bond.peer.ltk, 16);
		assert_int_equal(peer.shares_irk, cases[i].shares_irk);
	}
}

/* The attempt and the unit's state of a bond that is not kept are those for that case. */
static void what_is_stored_depends_on_what_became_of_the_bond(void **state)
{
	struct bond_record strong = record(1, true), weak = record(1, false);
	struct attempt attempt, if_rejected;
	enum store_state unit;

	(void)state;
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = "r";
	attempt.unit = "1";
	if_rejected = attempt;
	if_rejected.result = "failed";
	open_store();
	for (int i = 0; i < 2; i++) {
		struct store_entry entry = {.bond = i ? &weak : &strong,
					    .rule = STORE_NOT_WEAKER,
					    .attempt = &attempt,
					    .state = STORE_DONE,
					    .if_rejected = &if_rejected,
					    .state_if_rejected = STORE_FAILED};
		assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
		assert_int_equal(entry.kept, i ? STORE_REJECTED_WEAKER : STORE_ADDED);
		assert_int_equal(store_unit(&store, "r", "1", &unit, NULL, &failure), 0);
		assert_int_equal(unit, i ? STORE_FAILED : STORE_DONE);
	}
	assert_int_equal(query("SELECT count(*) FROM attempt WHERE result = 'paired'"), 1);
	assert_int_equal(query("SELECT count(*) FROM attempt WHERE result = 'failed'"), 1);
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
		assert_int_equal(store_remove(&store, &id, 1, &failure), 0);
	}
}

static void assert_found(const struct crypto_address *peer, uint8_t ltk)
{
	struct bond_record found;

	assert_int_equal(store_find_by_air_address(&store, peer, &found, NULL, &failure), 1);
	assert_int_equal(found.bond.peer.ltk[0], ltk);
}

/* Only bonds in force are found, by their IRK too. */
static void the_history_is_not_found(void **state)
{
	struct bond_record old = record(1, true), next = record(1, true), found;
	struct crypto_address rpa;

	(void)state;
	old.bond.peer.irk[3] = 0x33;
	assert_int_equal(address_make_resolvable(&rpa, old.bond.peer.irk), 0);
	open_store();
	(void)add(&old, STORE_REPLACE);
	assert_found(&rpa, 1);
	next.peer.octets[1] = 0x77;
	next.bond.peer.ltk[0] = 9;
	assert_int_equal(add(&next, STORE_REPLACE), STORE_REPLACED);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, NULL, &failure), 0);
	assert_int_equal(store_find_by_air_address(&store, &old.peer, &found, NULL, &failure), 0);
	assert_found(&next.bond.peer.identity, 9);
}

/* An address that no IRK resolves costs nothing; one that several peers could have is not mixed up.
 */
static void the_irk_that_resolves_an_address_tells_whose_it_is(void **state)
{
	struct bond_record r;
	struct crypto_address rpa;

	(void)state;
	open_store();
	for (uint8_t i = 1; i < 6; i++) {
		r = record(i, true);
		(void)add(&r, STORE_REPLACE);
	}
	for (uint8_t i = 1; i < 6; i++) {
		r = record(i, true);
		assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
		assert_found(&rpa, i);
	}
}

static void a_bond_without_an_irk_resolves_nothing(void **state)
{
	static const uint8_t zero[16];
	struct bond_record r = record(1, true), found;
	struct crypto_address rpa;

	(void)state;
	r.bond.peer.has_irk = false;
	open_store();
	(void)add(&r, STORE_REPLACE);
	assert_int_equal(address_make_resolvable(&rpa, zero), 0);
	assert_int_equal(store_find_by_air_address(&store, &rpa, &found, NULL, &failure), 0);
	assert_found(&r.peer, 1);
}

/* Of two bonds that share an address, as before they meet: the later one. */
static void of_two_bonds_with_one_address_the_later_is_found(void **state)
{
	struct bond_record r = one_bond_then(
		"INSERT INTO bond SELECT 9, newer, made, role, local, peer, secure_connections,"
		" authenticated, 7, method, link_key, '09' || substr(local_ltk, 3), local_ediv,"
		" local_rand, local_irk, local_identity, local_csrk, "
		"'00000000000000000000000000000009',"
		" peer_ediv, peer_rand, peer_irk, peer_identity, peer_csrk, replaced FROM bond");

	(void)state;
	open_store();
	assert_found(&r.peer, 9);
}

static void store_next_steps_through_bonds_in_the_order_in_which_they_came(void **state)
{
	struct bond_record r;
	int64_t id = 0, last = 0;

	(void)state;
	open_store();
	for (uint8_t i = 0; i < 4; i++) {
		r = record((uint8_t)(40 - i), true);
		(void)add(&r, STORE_REPLACE);
	}
	for (uint8_t i = 0; i < 4; i++) {
		assert_int_equal(store_next(&store, 0, &id, &r, &failure), 1);
		assert_int_equal(r.bond.peer.ltk[0], 40 - i);
		assert_true(id > last);
		last = id;
	}
	assert_int_equal(store_next(&store, last, &(int64_t){0}, &r, &failure), 0);
	/* Behind the last one: nothing is changed but the record, which is empty. */
	id = last + 7;
	assert_int_equal(store_next(&store, 0, &id, &r, &failure), 0);
	assert_int_equal(id, last + 7);
	assert_true(bytes_all_zero((const uint8_t *)&r, sizeof(r)));
}

/* What is in the way stays history of the bond in force, and goes with it. */
static void an_older_bond_joins_the_history_of_the_newer(void **state)
{
	struct bond_record newest = record(1, true), middle = record(1, true),
			   oldest = record(1, true);
	int64_t id = 0;
	struct bond_record found;

	(void)state;
	newest.made[3] = '9';
	middle.made[3] = '8';
	open_store();
	assert_int_equal(add(&newest, STORE_NEWEST), STORE_ADDED);
	assert_int_equal(add(&oldest, STORE_NEWEST), STORE_OLDER);
	assert_int_equal(add(&middle, STORE_NEWEST), STORE_OLDER);
	assert_int_equal(store_next(&store, 0, &id, &found, &failure), 1);
	assert_string_equal(found.made, newest.made);
	assert_int_equal(count(0), 1);
	assert_int_equal(count(id), 2);
	assert_int_equal(store_remove(&store, &id, 1, &failure), 0);
	assert_int_equal(query("SELECT count(*) FROM bond"), 0);
}

/* A single field that differs makes another bond. */
static void the_same_bond_is_a_duplicate_and_another_is_not(void **state)
{
	struct bond_record r = record(1, true), other = record(1, true);

	(void)state;
	open_store();
	(void)add(&r, STORE_NEWEST);
	assert_int_equal(add(&r, STORE_NEWEST), STORE_DUPLICATE);
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
	other.bond.peer.has_csrk = true; /* NULL in the other */
	assert_int_equal(add(&other, STORE_NEWEST), STORE_REPLACED);
	assert_int_equal(add(&other, STORE_NEWEST), STORE_DUPLICATE);
	/* In the history too. */
	assert_int_equal(add(&r, STORE_NEWEST), STORE_DUPLICATE);
	assert_int_equal(query("SELECT count(*) FROM bond"), 2);
}

/* The id that a session read before the pairing: another bond took its place meanwhile. */
static void a_bond_that_changed_since_the_pairing_began_must_be_reached_anew(void **state)
{
	struct bond_record first = record(1, false), second = record(1, true),
			   weak = record(1, false), found;
	int64_t id;
	struct store_entry entry = {.bond = &weak, .rule = STORE_NOT_WEAKER};

	(void)state;
	weak.bond.peer.ltk[0] = 0x77;
	open_store();
	(void)add(&first, STORE_REPLACE);
	assert_int_equal(store_find_by_air_address(&store, &first.peer, &found, &id, &failure), 1);
	entry.held_to = id;
	(void)add(&second, STORE_REPLACE);
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	assert_int_equal(entry.kept, STORE_REJECTED_WEAKER);
	assert_found(&first.peer, 1);
	assert_int_equal(store_find_by_air_address(&store, &first.peer, &found, &id, &failure), 1);
	entry.held_to = id;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	assert_int_equal(entry.kept, STORE_REPLACED);
	assert_found(&first.peer, 0x77);
}

static void removed_keys_are_not_in_any_file(void **state)
{
	static uint8_t octets[1 << 18];
	struct bond_record r = record(1, true);
	char ltk[33] = "", name[160];
	int64_t id = 0;
	struct stat status;

	(void)state;
	for (size_t i = 0; bond_field(i); i++)
		if (strcmp(bond_field(i), "peer_ltk") == 0)
			(void)bond_get(&r, i, ltk);
	open_store();
	(void)add(&r, STORE_REPLACE);
	(void)snprintf(name, sizeof(name), "%s-wal", path);
	assert_int_equal(stat(name, &status), 0);
	assert_true(status.st_size > 0);
	assert_int_equal(store_next(&store, 0, &id, &r, &failure), 1);
	assert_int_equal(store_remove(&store, &id, 1, &failure), 0);
	assert_int_equal(store_erase(&store, &failure), 0);
	assert_int_equal(stat(name, &status), 0);
	assert_int_equal(status.st_size, 0);
	size_t len = read_store_file(octets, sizeof(octets));
	assert_null(memmem(octets, len, ltk, 32));
}

/* A value that no bond can have: put there by hand, or by a disk. */
static void an_invalid_value_is_reported(void **state)
{
	struct bond_record r = one_bond_then("UPDATE bond SET key_size = 2"), found;
	int64_t id = 0;

	(void)state;
	open_store();
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure), -1);
	assert_non_null(strstr(failure.text, "it is damaged (a bond has an invalid value"));
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_true(found.bond.key_size == 0 && !found.bond.peer.has_ltk);
	assert_int_equal(store_next(&store, 0, &id, &found, &failure), -1);
	struct store_entry entry = {.bond = &r};
	assert_int_equal(store_write(&store, &entry, 1, &failure), -1);
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_bond_is_found_by_each_of_its_addresses),
		CASE(every_field_is_kept_in_a_column_of_its_own),
		CASE(a_bond_of_a_legacy_passkey_is_rated_when_it_is_read),
		CASE(a_weaker_bond_does_not_replace_a_stronger_one),
		CASE(two_bonds_that_meet_become_one),
		CASE(devices_with_one_irk_keep_their_bonds),
		CASE(the_expected_device_is_preferred_among_candidates),
		CASE(what_is_stored_depends_on_what_became_of_the_bond),
		CASE(the_newest_wins_in_any_order),
		CASE(the_history_is_not_found),
		CASE(the_irk_that_resolves_an_address_tells_whose_it_is),
		CASE(a_bond_without_an_irk_resolves_nothing),
		CASE(of_two_bonds_with_one_address_the_later_is_found),
		CASE(store_next_steps_through_bonds_in_the_order_in_which_they_came),
		CASE(an_older_bond_joins_the_history_of_the_newer),
		CASE(the_same_bond_is_a_duplicate_and_another_is_not),
		CASE(a_bond_that_changed_since_the_pairing_began_must_be_reached_anew),
		CASE(removed_keys_are_not_in_any_file),
		CASE(an_invalid_value_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
