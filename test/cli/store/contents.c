/* SPDX-License-Identifier: MIT */
/* An export as JSON, read and checked without a store. */
#include "store/contents.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct failure failure;

#define IRK "000102030405060708090a0b0c0d0e0f"

static struct bond_record bond(uint8_t seed)
{
	struct bond_record r = {
		.made = "2026-01-01T00:00:00.000Z",
		.central = true,
		.peer = {1, {seed, 2, 3, 4, 5, 0xc6}},
		.bond = {.bonded = true,
			 .key_size = 16,
			 .method = SMP_JUST_WORKS,
			 .has_link_key = true,
			 .local = {.has_ltk = true, .ltk = {seed}, .has_irk = true},
			 .peer = {.has_ltk = true, .ltk = {seed}, .has_irk = true}},
	};
	return r;
}

/* One identity, a bond in the history, two in force, and an attempt, as a reader gets them. */
static json_t *example(void)
{
	json_t *json;
	struct contents_reader reader = contents_to_json(&json);
	const struct contents_identity identity = {
		.address = {1, {1, 2, 3, 4, 5, 0xc6}},
		.irk = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
		.made = "2026-01-02T00:00:00.000Z",
	};
	struct bond_record bonds[] = {bond(1), bond(2), bond(3)};
	struct attempt attempt;

	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	reader.identity(reader.ctx, &identity);
	reader.bond(reader.ctx, &bonds[0], true);
	reader.bond(reader.ctx, &bonds[1], false);
	reader.bond(reader.ctx, &bonds[2], true);
	reader.attempt(reader.ctx, &attempt);
	return json;
}

static void an_export_is_read_back(void **state)
{
	struct contents contents;
	json_t *json = example();
	const json_t *identity = json_array_get(json_object_get(json, "identities"), 0);

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 2);
	assert_string_equal(json_string_value(json_object_get(identity, "irk")), IRK);
	assert_int_equal(contents_from_json(json, "x.json", &contents, &failure), 0);
	assert_int_equal(contents.identity_count, 1);
	assert_int_equal(contents.identities[0].irk[0], 15);
	assert_int_equal(contents.identities[0].address.octets[5], 0xc6);
	assert_string_equal(contents.identities[0].made, "2026-01-02T00:00:00.000Z");
	assert_int_equal(contents.bond_count, 3);
	/* The history comes first: what replaced it arrives later. */
	assert_int_equal(contents.bonds[0].peer.octets[0], 2);
	assert_int_equal(contents.bonds[1].peer.octets[0], 1);
	assert_int_equal(contents.bonds[2].peer.octets[0], 3);
	assert_int_equal(contents.attempt_count, 1);
	assert_string_equal(contents.attempts[0].result, "paired");
	contents_free(&contents);
	assert_null(contents.bonds);
	assert_int_equal(contents.bond_count, 0);
	json_decref(json);
}

/* As from CSV or BlueZ. */
static void only_the_list_of_bonds_is_required(void **state)
{
	struct contents contents;
	json_t *json = json_pack("{s:i, s:[]}", "version", 1, "bonds");

	(void)state;
	assert_int_equal(contents_from_json(json, "x.json", &contents, &failure), 0);
	assert_int_equal(contents.bond_count + contents.identity_count + contents.attempt_count, 0);
	contents_free(&contents);
	json_decref(json);
}

static void another_version_is_refused(void **state)
{
	static const char *const texts[] = {"{\"version\":3,\"bonds\":[]}",
					    "{\"bonds\":[]}",
					    "{\"version\":1}",
					    "{\"version\":0,\"bonds\":[]}",
					    "{\"version\":1,\"bonds\":{}}",
					    "{\"version\":\"1\",\"bonds\":[]}"};
	struct contents contents;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		json_t *json = json_loads(texts[i], 0, NULL);
		assert_int_equal(contents_from_json(json, "x.json", &contents, &failure), -1);
		assert_string_equal(
			failure.text,
			"x.json: \"version\" 1 or 2 and the list \"bonds\" expected, as "
			"blepair exports them; nothing was imported");
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_null(contents.bonds);
		json_decref(json);
	}
}

static void a_wrong_item_is_reported_with_its_place(void **state)
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
		{"bonds", NULL, "secure_connections", NULL, "\"secure_connections\" is missing"},
		{"history", NULL, "local", NULL, "\"history\", number 1: \"local\" is missing"},
		{"identities", NULL, "irk", "\"\"",
		 "\"identities\", number 1: address, address_type, irk"},
		{"identities", NULL, "irk", NULL,
		 "\"identities\", number 1: address, address_type, irk"},
		{"identities", NULL, "made", NULL,
		 "\"identities\", number 1: address, address_type, irk"},
		{"identities", NULL, "address_type", "\"x\"",
		 "\"identities\", number 1: address, address_type"},
		{"identities", NULL, "address", NULL,
		 "\"identities\", number 1: address, address_type"},
		{"attempts", NULL, "time", "1", "\"attempts\", number 1: \"time\" must be a text"},
	};
	struct contents contents;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		json_t *json = example(), *list = json_object_get(json, wrongs[i].list);
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
		assert_int_equal(contents_from_json(json, "x.json", &contents, &failure), -1);
		if (!strstr(failure.text, wrongs[i].words) ||
		    strstr(failure.text, "x.json: \"") != failure.text ||
		    !strstr(failure.text, "; nothing was imported"))
			fail_msg("%s, not %s", failure.text, wrongs[i].words);
		assert_int_equal(failure.exit, CLI_USAGE);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_export_is_read_back),
		cmocka_unit_test(only_the_list_of_bonds_is_required),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(a_wrong_item_is_reported_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
