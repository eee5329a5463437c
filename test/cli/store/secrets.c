/* SPDX-License-Identifier: MIT */
/* No key stays in memory that the store gives back: neither on the stack nor on the heap. */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "cli/store/fixture.h"
#include "cli/store/key_search.h"
#include "store/contents.h"
#include "store/sqlite.h"

/* ---- Operations ------------------------------------------------------------------------------ */

static struct bond_record bond, found;
static int64_t id;
static int status;
static json_t *json;
static struct store_entry entry;
static struct store_peer peer;
static struct store_request request;
static struct contents contents;
static size_t kept[STORE_KEPT];
static uint8_t irk[16];
static char text[BOND_VALUE];
static const char *value;

static void get_field(void)
{
	for (size_t i = 0; bond_field(i); i++)
		value = bond_get(&bond, i, text);
	memset(text, 0, sizeof(text));
}

static void set_field(void)
{
	for (size_t i = 0; bond_field(i); i++)
		if (strcmp(bond_field(i), "peer_ltk") == 0)
			value = bond_set(&found, i, key_text);
}

static void write_json(void)
{
	json = bond_to_json(&bond);
}

static void write_keys(void)
{
	json = bond_keys(&bond.bond.peer);
}

static void write_all_keys(void)
{
	json = bond_all_keys(&bond.bond);
}

static void read_json(void)
{
	status = bond_from_json(json, &found, &failure);
}

static void put_text(void)
{
	for (size_t i = 0; bond_field(i); i++)
		if (strcmp(bond_field(i), "peer_ltk") == 0)
			bond_put_text(json, i, key_text);
}

static void read_contents(void)
{
	status = contents_from_json(json, "x", &contents, &failure);
}

static void free_contents(void)
{
	contents_free(&contents);
}

static void write_entry(void)
{
	status = store_write(&store, &entry, 1, &failure);
}

static void find_by_air_address(void)
{
	status = store_find_by_air_address(&store, &bond.peer, &found, &id, &failure);
}

static void find_by_irk(void)
{
	struct crypto_address rpa;

	status = address_make_resolvable(&rpa, key);
	status = store_find_by_air_address(&store, &rpa, &found, &id, &failure);
}

static void step_to_next(void)
{
	id = 0;
	status = store_next(&store, 0, &id, &found, &failure);
}

static void read_peer(void)
{
	store_request_peer(&store, &request, &peer);
	status = request.result;
}

static void read_irk(void)
{
	status = store_irk(&store, &bond.local, irk, &failure);
}

static void export(void)
{
	json = store_export(&store, &failure);
}

static void import(void)
{
	status = store_import(&store, json, "x", kept, &failure);
}

static void remove_bond(void)
{
	status = store_remove(&store, &id, 1, &failure);
}

static void find_static(void)
{
	struct crypto_address address;

	status = store_static(&store, 0, &address, &failure);
}

static void has_identity(void)
{
	status = store_has_identity(&store, &bond.local, &failure);
}

static void add_identity(void)
{
	static struct contents_identity identity = {.made = "2026-01-01T00:00:00.000Z"};

	identity.address = bond.local;
	memcpy(identity.irk, key, sizeof(identity.irk));
	status = sqlite_identity_add(store.database, &identity, &failure);
	memset(&identity, 0, sizeof(identity));
}

static sqlite3_stmt *statement;

static void bind_irk(void)
{
	sqlite_bind_irk(statement, 1, key);
}

static void take_identity(void *ctx, const struct contents_identity *identity)
{
	memcpy(ctx, identity->irk, sizeof(identity->irk));
}

static void read_identities(void)
{
	const struct contents_reader reader = {.identity = take_identity, .ctx = irk};

	status = sqlite_identities_read(store.database, &reader, &failure);
}

static void take_bond(void *ctx, const struct bond_record *record, bool in_force)
{
	(void)in_force;
	memcpy(ctx, record->bond.peer.irk, 16);
}

static void read_bonds(void)
{
	const struct contents_reader reader = {.bond = take_bond, .ctx = irk};

	status = sqlite_bonds_read(store.database, &reader, &failure);
}

/* A bond whose every key is the one looked for. */
static int make_bond(void **state)
{
	if (key_search_start())
		return -1;
	bond = record(1, true);
	memcpy(bond.bond.link_key, key, 16);
	for (int side = 0; side < 2; side++) {
		struct smp_keys *keys = side ? &bond.bond.peer : &bond.bond.local;
		keys->has_ltk = keys->has_irk = keys->has_csrk = true;
		memcpy(keys->ltk, key, 16);
		memcpy(keys->irk, key, 16);
		memcpy(keys->csrk, key, 16);
	}
	bond.bond.local.has_identity = false;
	memset(&found, 0, sizeof(found));
	json = NULL;
	entry = (struct store_entry){.bond = &bond, .rule = STORE_NOT_WEAKER};
	request = (struct store_request){.done = NULL};
	peer = (struct store_peer){.on_air = bond.peer};
	return fresh(state);
}

static int free_all(void **state)
{
	key_search_end();
	json_decref(json);
	return gone(state);
}

static void bonds_as_text_and_json_leave_no_key_behind(void **state)
{
	(void)state;
	LEAVES_NO_KEY(get_field);
	LEAVES_NO_KEY(set_field);
	assert_memory_equal(found.bond.peer.ltk, key, 16);
	LEAVES_NO_KEY(write_keys);
	json_decref(json);
	LEAVES_NO_KEY(write_all_keys);
	json_decref(json);
	LEAVES_NO_KEY(write_json);
	LEAVES_NO_KEY(read_json);
	assert_int_equal(status, 0);
	assert_memory_equal(found.bond.peer.csrk, key, 16);
	LEAVES_NO_KEY(put_text);
}

static void the_store_leaves_no_key_on_the_stack(void **state)
{
	(void)state;
	open_store();
	watch_freed = true;
	LEAVES_NO_KEY(write_entry);
	assert_int_equal(status, 0);
	LEAVES_NO_KEY(find_by_air_address);
	assert_int_equal(status, 1);
	LEAVES_NO_KEY(find_by_irk);
	assert_int_equal(status, 1);
	LEAVES_NO_KEY(step_to_next);
	assert_int_equal(status, 1);
	LEAVES_NO_KEY(read_peer);
	assert_true(peer.has_bond);
	/* The bond in force is read and compared. */
	LEAVES_NO_KEY(write_entry);
	assert_int_equal(status, 0);
	LEAVES_NO_KEY(step_to_next);
	LEAVES_NO_KEY(remove_bond);
	assert_int_equal(status, 0);
	store_close(&store);
	assert_int_equal(keys_freed, 0);
}

static void exports_and_imports_leave_no_key_on_the_stack(void **state)
{
	char sql[160];

	(void)state;
	open_store();
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	assert_int_equal(store_irk(&store, &bond.local, irk, &failure), 0);
	(void)snprintf(sql, sizeof(sql), "UPDATE identity SET irk = '%s'", key_text);
	execute(sql);
	LEAVES_NO_KEY(read_irk);
	assert_memory_equal(irk, key, 16);
	LEAVES_NO_KEY(find_static);
	LEAVES_NO_KEY(export);
	assert_int_equal(json_array_size(json_object_get(json, "bonds")), 1);
	execute("DELETE FROM bond; DELETE FROM identity");
	LEAVES_NO_KEY(import);
	assert_int_equal(status, 0);
	assert_int_equal(kept[STORE_ADDED], 1);
	LEAVES_NO_KEY(read_irk);
	assert_memory_equal(irk, key, 16);
}

/* Their parts: what follows in an export would cover the traces. */
static void the_parts_of_an_export_leave_no_key_behind(void **state)
{
	size_t copies;

	(void)state;
	open_store();
	statement = sqlite_prepare(store.database, "SELECT ?1", &failure);
	assert_non_null(statement);
	LEAVES_NO_KEY(bind_irk);
	sqlite_release(store.database, statement);
	LEAVES_NO_KEY(add_identity);
	assert_int_equal(status, 0);
	LEAVES_NO_KEY(has_identity);
	assert_int_equal(status, 1);
	LEAVES_NO_KEY(read_identities);
	assert_int_equal(status, 0);
	assert_memory_equal(irk, key, 16);
	write_entry();
	entry.rule = STORE_REPLACE;
	write_entry(); /* the first one is history from here on */
	copies = static_copies_of_key();
	LEAVES_NO_KEY(read_bonds);
	assert_int_equal(status, 0);
	assert_memory_equal(irk, key, 16);
	assert_int_equal(static_copies_of_key(), copies);
	step_to_next();
	assert_int_equal(status, 1);
	assert_memory_equal(found.bond.peer.ltk, key, 16);
	memset(&found, 0, sizeof(found));
	assert_int_equal(static_copies_of_key(), copies);
}

static void read_page(void)
{
	static struct store_page page;

	status = store_next_page(&store, 0, 0, &page, &failure);
}

/* Of a page whose last bond is damaged, nothing is given. */
static void a_page_that_cannot_be_read_leaves_no_key_behind(void **state)
{
	struct bond_record other = bond;
	size_t copies;

	(void)state;
	open_store();
	write_entry();
	other.peer.octets[0] ^= 0xff;
	other.bond.peer.identity.octets[0] ^= 0xff;
	entry.bond = &other;
	write_entry();
	assert_int_equal(status, 0);
	execute("UPDATE bond SET key_size = 1 WHERE id = (SELECT max(id) FROM bond)");
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NULL"), 2);
	copies = static_copies_of_key();
	LEAVES_NO_KEY(read_page);
	assert_int_equal(status, -1);
	assert_int_equal(static_copies_of_key(), copies);
}

static void read_wrong_contents(void)
{
	assert_int_equal(contents_from_json(json, "x", &contents, &failure), -1);
}

static void read_and_free_contents(void)
{
	assert_int_equal(contents_from_json(json, "x", &contents, &failure), 0);
	contents_free(&contents);
}

/* SQLite's pages and values; nothing else of this test is on the heap. */
static void a_closed_store_leaves_no_key_on_the_heap(void **state)
{
	(void)state;
	open_store();
	write_entry();
	find_by_irk();
	assert_int_equal(status, 1);
	assert_true(heap_holds_key()); /* in its cache */
	store_close(&store);
	assert_false(heap_holds_key());
}

static void an_identity_leaves_no_key(void **state)
{
	(void)state;
	open_store();
	json = json_pack("{s:i, s:[], s:[{s:s, s:s, s:s, s:s}]}", "version", 1, "bonds",
			 "identities", "address", "C6:05:04:03:02:01", "type", "random", "irk",
			 key_text, "made", "2026-01-01T00:00:00.000Z");
	LEAVES_NO_KEY(import);
	assert_int_equal(status, 0);
	json_decref(json);
	LEAVES_NO_KEY(export);
	assert_int_equal(json_array_size(json_object_get(json, "identities")), 1);
}

/* Imports keep every bond in memory for a while. */
static void an_import_frees_what_it_used_and_no_key(void **state)
{
	(void)state;
	json = json_pack("{s:i, s:[o], s:[o], s:[{s:s, s:s, s:s, s:s}]}", "version", 1, "bonds",
			 bond_to_json(&bond), "history", bond_to_json(&bond), "identities",
			 "address", "C6:05:04:03:02:01", "type", "random", "irk", key_text, "made",
			 "2026-01-01T00:00:00.000Z");
	watch_freed = true;
	LEAVES_NO_KEY(read_contents);
	assert_int_equal(status, 0);
	assert_memory_equal(contents.identities[0].irk, key, 16);
	assert_memory_equal(contents.bonds[1].bond.peer.ltk, key, 16);
	LEAVES_NO_KEY(free_contents);
	assert_int_equal(keys_freed, 0);
	/* A wrong bond behind a good one. */
	(void)json_array_append_new(json_object_get(json, "bonds"), json_object());
	LEAVES_NO_KEY(read_contents);
	assert_int_equal(status, -1);
	assert_int_equal(keys_freed, 0);
	watch_freed = false;

	assert_false(loses_memory(read_wrong_contents));
	(void)json_array_remove(json_object_get(json, "bonds"), 1);
	assert_false(loses_memory(read_and_free_contents));
}

static void close_and_open(void)
{
	store_close(&store);
	assert_int_equal(store_open(&store, &failure), 0);
}

static void export_and_free(void)
{
	json_decref(store_export(&store, &failure));
}

static void find_and_step(void)
{
	find_by_irk();
	step_to_next();
}

static void write_a_duplicate(void)
{
	struct store_entry duplicate = {.bond = &bond, .rule = STORE_NEWEST};

	assert_int_equal(store_write(&store, &duplicate, 1, &failure), 0);
}

/* SQLite's memory too, which is wiped when it is freed or moved. */
static void the_store_loses_no_memory(void **state)
{
	(void)state;
	open_store();
	write_entry();
	assert_false(loses_memory(close_and_open));
	assert_false(loses_memory(find_and_step));
	assert_false(loses_memory(write_a_duplicate));
	assert_false(loses_memory(export_and_free));
	json = store_export(&store, &failure);
	assert_false(loses_memory(import));
	execute("UPDATE bond SET key_size = 1");
	assert_false(loses_memory(export_and_free));
}

int main(int argc, char *argv[])
{
	(void)argc;
	bind_functions_now(argv);
	const struct CMUnitTest tests[] = {
#define SECRET_CASE(name) cmocka_unit_test_setup_teardown(name, make_bond, free_all)
		SECRET_CASE(bonds_as_text_and_json_leave_no_key_behind),
		SECRET_CASE(the_store_leaves_no_key_on_the_stack),
		SECRET_CASE(exports_and_imports_leave_no_key_on_the_stack),
		SECRET_CASE(the_parts_of_an_export_leave_no_key_behind),
		SECRET_CASE(a_page_that_cannot_be_read_leaves_no_key_behind),
		SECRET_CASE(a_closed_store_leaves_no_key_on_the_heap),
		SECRET_CASE(an_identity_leaves_no_key),
		SECRET_CASE(the_store_loses_no_memory),
		SECRET_CASE(an_import_frees_what_it_used_and_no_key),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
