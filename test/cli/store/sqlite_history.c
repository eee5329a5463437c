/* SPDX-License-Identifier: MIT */
/* The bonds that were replaced: how many stay, for how long, and what is left of them in the files.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hex.h"
#include "cli/store/fixture.h"

/* Bond number n with a peer, whose keys are all its own. */
static struct bond_record numbered(uint8_t peer, unsigned n)
{
	struct bond_record r = record(peer, true);

	r.made[17] = (char)('0' + n / 10 % 6);
	r.made[18] = (char)('0' + n % 10);
	for (size_t i = 0; i < 16; i++) {
		r.bond.peer.ltk[i] = (uint8_t)(17 * i + peer);
		r.bond.local.ltk[i] = (uint8_t)(29 * i + peer);
	}
	r.bond.peer.ltk[3] = r.bond.local.ltk[3] = (uint8_t)n;
	return r;
}

static void replace(uint8_t peer, unsigned times)
{
	for (unsigned n = 0; n < times; n++) {
		struct bond_record r = numbered(peer, n);
		(void)add(&r, STORE_REPLACE);
	}
}

static size_t file_size(const char *suffix)
{
	char name[128];
	struct stat status;

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &status) == 0 ? (size_t)status.st_size : 0;
}

/* Whether the key is in a file of the store, as the text that it is kept as. */
static bool is_in_file(const char *suffix, const uint8_t key[16])
{
	char name[128], text[33];
	size_t size = file_size(suffix);
	uint8_t *octets = malloc(size + 1);

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	FILE *file = fopen(name, "re");
	size_t len = file ? fread(octets, 1, size, file) : 0;
	if (file)
		(void)fclose(file);
	bool found = memmem(octets, len, hex_format(key, 16, text), 32) != NULL;
	free(octets);
	return found;
}

static bool is_in_any_file(const struct bond_record *r)
{
	return is_in_file("", r->bond.peer.ltk) || is_in_file("-wal", r->bond.peer.ltk) ||
	       is_in_file("", r->bond.local.ltk) || is_in_file("-wal", r->bond.local.ltk);
}

static void the_default_keeps_three_replaced_bonds_of_each_peer(void **state)
{
	struct store_history limits;

	(void)state;
	open_store();
	assert_int_equal(store_get_history(&store, &limits, &failure), 0);
	assert_int_equal(limits.keep, 3);
	assert_int_equal(limits.days, 90);
	replace(1, 6);
	replace(2, 2);
	assert_int_equal(query("SELECT count(*) FROM bond"), 4 + 2);
	/* Those that were made last. */
	assert_int_equal(query("SELECT count(*) FROM bond WHERE made < '2026-01-01T00:00:02'"), 2);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NULL"), 2);
}

static void a_bond_that_was_replaced_long_ago_goes_with_the_next_write(void **state)
{
	struct bond_record other = record(9, true);

	(void)state;
	open_store();
	replace(1, 3);
	store_close(&store);
	execute("UPDATE bond SET replaced = '2020-01-01T00:00:00.000Z' WHERE newer IS NOT NULL AND"
		" made LIKE '%:00.000Z'");
	open_store();
	assert_int_equal(query("SELECT count(*) FROM bond"), 3);
	(void)add(&other, STORE_REPLACE);
	assert_int_equal(query("SELECT count(*) FROM bond"), 3);
	struct bond_record gone_one = numbered(1, 0);
	assert_false(is_in_any_file(&gone_one));
}

static void the_setting_of_the_store_counts_for_every_process(void **state)
{
	const struct store_history none = {.keep = 0, .days = 7};
	struct store_history limits;

	(void)state;
	open_store();
	assert_int_equal(store_set_history(&store, &none, &failure), 0);
	store_close(&store);
	open_store();
	assert_int_equal(store_get_history(&store, &limits, &failure), 0);
	assert_int_equal(limits.keep, 0);
	assert_int_equal(limits.days, 7);
	replace(1, 5);
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
	struct bond_record old = numbered(1, 3), in_force = numbered(1, 4);
	assert_false(is_in_any_file(&old));
	assert_true(is_in_any_file(&in_force));
}

static void prune_removes_what_is_beyond_its_limits(void **state)
{
	struct store_history limits = {.keep = 2, .days = 90};
	size_t removed;

	(void)state;
	open_store();
	replace(1, 4);
	replace(2, 3);
	assert_int_equal(store_prune(&store, &limits, &removed, &failure), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NOT NULL"), 4);
	store_close(&store);
	execute("UPDATE bond SET replaced = '2020-01-01T00:00:00.000Z' WHERE replaced IS NOT NULL"
		" AND made LIKE '%:01.000Z'");
	open_store();
	assert_int_equal(store_prune(&store, &limits, &removed, &failure), 0);
	assert_int_equal(removed, 2);
	limits.days = 0;
	assert_int_equal(store_prune(&store, &limits, &removed, &failure), 0);
	assert_int_equal(removed, 2);
	assert_int_equal(query("SELECT count(*) FROM bond"), 2);
	assert_int_equal(count(0), 2);
}

#define MANY  3600
#define ROUND 60

static uint32_t draw(uint32_t below)
{
	static uint32_t state = 7; /* with this one, copies stay if the file is not rewritten */

	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* A bond with a peer of its own; some have more keys than others, and so longer rows. */
static struct bond_record one_of_many(unsigned i)
{
	struct bond_record r = numbered((uint8_t)i, 0);

	r.peer.octets[1] = r.bond.peer.identity.octets[1] = (uint8_t)(i >> 8);
	r.bond.peer.ltk[5] = r.bond.local.ltk[5] = (uint8_t)(i >> 8);
	r.bond.peer.irk[0] = (uint8_t)(61 * i);
	r.bond.peer.irk[1] = (uint8_t)(i >> 8);
	r.bond.peer.irk[2] = (uint8_t)i;
	r.bond.has_link_key = i % 3;
	r.bond.local.has_csrk = i * 5 % 4;
	r.bond.peer.has_irk = r.bond.peer.has_identity = i * 11 % 7;
	r.bond.local.has_irk = r.bond.local.has_identity = i * 3 % 5 == 0;
	return r;
}

static void write_round(unsigned first)
{
	static struct bond_record bonds[ROUND];
	static struct store_entry entries[ROUND];

	for (unsigned i = 0; i < ROUND; i++) {
		bonds[i] = one_of_many(first + i);
		entries[i] = (struct store_entry){.bond = &bonds[i], .rule = STORE_REPLACE};
	}
	assert_int_equal(store_write(&store, entries, ROUND, &failure), 0);
}

/* Removes some of those that are there. */
static void remove_round(unsigned count_of_all, bool removed[MANY])
{
	int64_t ids[ROUND / 2];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(ids); i++) {
		unsigned which = draw(count_of_all);
		struct bond_record r = one_of_many(which), found;
		if (removed[which])
			continue;
		assert_int_equal(
			store_find_by_air_address(&store, &r.peer, &found, &ids[count++], &failure),
			1);
		removed[which] = true;
	}
	assert_int_equal(store_remove(&store, ids, count, &failure), 0);
}

/* Marks the bonds of which the file holds our LTK, whose octets 0 and 5 are the number. */
static void search_file(bool present[MANY])
{
	size_t size = file_size("");
	char *octets = malloc(size + 1), text[33];
	FILE *file = fopen(path, "re");
	size_t len = fread(octets, 1, size, file);

	(void)fclose(file);
	for (size_t at = 0; at + 32 <= len; at++) {
		uint8_t ltk[16];
		memcpy(text, octets + at, 32);
		text[32] = '\0';
		if (hex_digit(text[0]) < 0 || !hex_parse(text, ltk, sizeof(ltk)))
			continue;
		unsigned i = ltk[0] + 256U * ltk[5];
		struct bond_record r = one_of_many(i);
		if (i < MANY && memcmp(r.bond.local.ltk, ltk, sizeof(ltk)) == 0)
			present[i] = true;
	}
	free(octets);
}

/* Pages are split, moved and freed while the store changes: no copy may stay in any. */
static void nothing_of_what_was_removed_is_in_any_file(void **state)
{
	static bool removed[MANY], present[MANY];
	size_t left = 0, lost = 0;

	(void)state;
	open_store();
	for (unsigned i = 0; i < MANY; i += ROUND) {
		write_round(i);
		remove_round(i + ROUND, removed);
	}
	assert_int_equal(store_erase(&store, &failure), 0);
	assert_int_equal(file_size("-wal"), 0);
	search_file(present);
	for (unsigned i = 0; i < MANY; i++) {
		left += present[i] && removed[i];
		lost += !present[i] && !removed[i]; /* the search finds those that stay */
	}
	assert_int_equal(lost, 0);
	assert_int_equal(left, 0);
}

static sqlite3 *reader;

static void start_reading(void)
{
	assert_int_equal(sqlite3_open(path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM bond", NULL, NULL, NULL),
			 SQLITE_OK);
}

int __real_sqlite3_busy_timeout(sqlite3 *db, int ms);
int __wrap_sqlite3_busy_timeout(sqlite3 *db, int ms);
int __wrap_sqlite3_busy_timeout(sqlite3 *db, int ms)
{
	return __real_sqlite3_busy_timeout(db, ms > 20 ? 20 : ms);
}

/* Another process that reads keeps old pages in the log: the keys are not gone yet. */
static void keys_that_a_reader_keeps_in_the_log_are_reported(void **state)
{
	const struct store_history none = {.keep = 0, .days = 90};
	struct bond_record old = numbered(1, 0);
	size_t removed;

	(void)state;
	open_store();
	replace(1, 2);
	start_reading();
	assert_int_equal(store_prune(&store, &none, &removed, &failure), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(store_erase(&store, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "its keys may still be in "));
	assert_true(is_in_any_file(&old));
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	assert_int_equal(store_erase(&store, &failure), 0);
	assert_false(is_in_any_file(&old));
	assert_int_equal(file_size("-wal"), 0);
}

/* A pairing does not wait for a reader; the next one empties the log. */
static void a_write_erases_what_the_one_before_could_not(void **state)
{
	struct bond_record old = numbered(1, 0), other = record(9, true);

	(void)state;
	open_store();
	replace(1, 4);
	start_reading();
	struct bond_record fifth = numbered(1, 4);
	assert_int_equal(add(&fifth, STORE_REPLACE), STORE_REPLACED);
	assert_true(is_in_any_file(&old));
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	(void)add(&other, STORE_REPLACE);
	assert_false(is_in_any_file(&old));
}

static void a_restored_bond_is_in_force_and_has_the_history(void **state)
{
	struct bond_record found, oldest = numbered(1, 0), middle = numbered(1, 1),
				  last = numbered(1, 2);
	int64_t in_force, id;

	(void)state;
	open_store();
	replace(1, 3);
	replace(2, 2); /* of another peer: it stays as it is */
	assert_int_equal(store_find_by_air_address(&store, &last.peer, &found, &in_force, &failure),
			 1);
	assert_int_equal(store_find_replaced(&store, in_force, &found, &id, &failure), 1);
	assert_memory_equal(found.bond.peer.ltk, middle.bond.peer.ltk, 16);
	assert_int_equal(store_restore(&store, id, in_force, &failure), 0);
	assert_int_equal(store_find_by_air_address(&store, &last.peer, &found, &in_force, &failure),
			 1);
	assert_memory_equal(found.bond.peer.ltk, middle.bond.peer.ltk, 16);
	assert_true(in_force == id);
	assert_int_equal(count(id), 2);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NULL"), 2);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NOT NULL AND replaced IS "
			       "NULL"),
			 0);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NULL AND replaced IS NOT "
			       "NULL"),
			 0);
	/* Once more: the one that it replaced comes back. */
	assert_int_equal(store_find_replaced(&store, id, &found, &id, &failure), 1);
	assert_memory_equal(found.bond.peer.ltk, last.bond.peer.ltk, 16);
	assert_memory_not_equal(found.bond.peer.ltk, oldest.bond.peer.ltk, 16);
}

/* Another process may have pruned it, or paired again. */
static void a_bond_that_left_the_history_is_not_restored(void **state)
{
	struct bond_record found, last = numbered(1, 1);
	int64_t in_force, id, none;

	(void)state;
	open_store();
	replace(1, 2);
	assert_int_equal(store_find_by_air_address(&store, &last.peer, &found, &in_force, &failure),
			 1);
	assert_int_equal(store_find_replaced(&store, in_force, &found, &id, &failure), 1);
	execute("DELETE FROM bond WHERE newer IS NOT NULL");
	assert_int_equal(store_restore(&store, id, in_force, &failure), -1);
	assert_non_null(strstr(failure.text, "nothing was restored"));
	assert_int_equal(store_find_replaced(&store, in_force, &found, &none, &failure), 0);
	assert_int_equal(store_find_by_air_address(&store, &last.peer, &found, &none, &failure), 1);
	assert_true(none == in_force);
}

/* A long run: the log is written into the database often, and is cut. */
static void the_log_stays_small_in_a_long_run(void **state)
{
	size_t largest = 0;

	(void)state;
	open_store();
	for (int i = 0; i < 120; i++) {
		struct bond_record r = numbered((uint8_t)i, (unsigned)i);
		r.peer.octets[1] = r.bond.peer.identity.octets[1] = (uint8_t)(i >> 8);
		assert_int_equal(write_unit(i, &r, STORE_DONE), 0);
		if (file_size("-wal") > largest)
			largest = file_size("-wal");
	}
	assert_true(largest > 0);
	if (largest > 512 * 1024)
		fail_msg("the log grew to %zu octets", largest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_default_keeps_three_replaced_bonds_of_each_peer),
		CASE(a_bond_that_was_replaced_long_ago_goes_with_the_next_write),
		CASE(the_setting_of_the_store_counts_for_every_process),
		CASE(prune_removes_what_is_beyond_its_limits),
		CASE(nothing_of_what_was_removed_is_in_any_file),
		CASE(keys_that_a_reader_keeps_in_the_log_are_reported),
		CASE(a_write_erases_what_the_one_before_could_not),
		CASE(a_restored_bond_is_in_force_and_has_the_history),
		CASE(a_bond_that_left_the_history_is_not_restored),
		CASE(the_log_stays_small_in_a_long_run),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
