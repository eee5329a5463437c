/* SPDX-License-Identifier: MIT */
/* A bond, its fields as text, and its form as JSON: files may be of anyone's making. */
#include "store/bond.h"

#include "base/address.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

static struct failure failure;

#define FIELDS 21

static size_t field(const char *name)
{
	size_t i = 0;

	while (bond_field(i) && strcmp(bond_field(i), name) != 0)
		i++;
	assert_non_null(bond_field(i));
	return i;
}

/* Every field present, no two values alike. */
static struct bond_record complete(void)
{
	struct bond_record r = {
		.made = "2026-11-25T10:17:50.406Z",
		.central = true,
		.local = {0, {1, 2, 3, 4, 5, 6}},
		.peer = {1, {7, 2, 3, 4, 5, 0x46}},
		.bond = {.bonded = true,
			 .secure_connections = true,
			 .key_size = 16,
			 .method = SMP_JUST_WORKS,
			 .has_link_key = true,
			 .link_key = {0x10},
			 .local = {.has_ltk = true,
				   .ltk = {0x21},
				   .ediv = 0x1234,
				   .rand = {0x22},
				   .has_irk = true,
				   .irk = {0x23},
				   .has_identity = true,
				   .identity = {0, {0x24}},
				   .has_csrk = true,
				   .csrk = {0x25}},
			 .peer = {.has_ltk = true,
				  .ltk = {0x31},
				  .ediv = 0xabcd,
				  .rand = {0x32},
				  .has_irk = true,
				  .irk = {0x33},
				  .has_identity = true,
				  .identity = {1, {0x34, 0, 0, 0, 0, 0xc0}},
				  .has_csrk = true,
				  .csrk = {0x35}}},
	};
	return r;
}

#define ZEROS "000000000000000000000000000000"
/* docs/bonds.md */
static const char complete_json[] =
	"{\"made\":\"2026-11-25T10:17:50.406Z\",\"role\":\"central\","
	"\"local\":{\"address\":\"06:05:04:03:02:01\",\"address_type\":\"public\",\"kind\":"
	"\"public\"},"
	"\"peer\":{\"address\":\"46:05:04:03:02:07\",\"address_type\":\"random\","
	"\"kind\":\"random resolvable\"},\"secure_connections\":true,\"authenticated\":false,"
	"\"key_size\":16,\"method\":\"just_works\",\"link_key\":\"" ZEROS "10\","
	"\"local_keys\":{\"ltk\":\"" ZEROS "21\",\"ediv\":\"1234\",\"rand\":\"0000000000000022\","
	"\"irk\":\"" ZEROS "23\",\"identity\":{\"address\":\"00:00:00:00:00:24\","
	"\"address_type\":\"public\",\"kind\":\"public\"},\"csrk\":\"" ZEROS "25\"},"
	"\"peer_keys\":{\"ltk\":\"" ZEROS "31\",\"ediv\":\"abcd\",\"rand\":\"0000000000000032\","
	"\"irk\":\"" ZEROS "33\",\"identity\":{\"address\":\"C0:00:00:00:00:34\","
	"\"address_type\":\"random\",\"kind\":\"random static\"},\"csrk\":\"" ZEROS "35\"}}";

static const char *const complete_text[FIELDS] = {
	"2026-11-25T10:17:50.406Z",
	"central",
	"06:05:04:03:02:01/public",
	"46:05:04:03:02:07/random",
	"true",
	"false",
	"16",
	"just_works",
	ZEROS "10",
	ZEROS "21",
	"1234",
	"0000000000000022",
	ZEROS "23",
	"00:00:00:00:00:24/public",
	ZEROS "25",
	ZEROS "31",
	"abcd",
	"0000000000000032",
	ZEROS "33",
	"C0:00:00:00:00:34/random",
	ZEROS "35",
};

static void assert_same(const struct bond_record *a, const struct bond_record *b)
{
	for (size_t i = 0; i < FIELDS; i++) {
		char mine[BOND_VALUE], theirs[BOND_VALUE];
		const char *x = bond_get(a, i, mine), *y = bond_get(b, i, theirs);
		if (x && y)
			assert_string_equal(x, y);
		else
			assert_true(!x && !y);
	}
	assert_true(a->bond.bonded && b->bond.bonded);
}

static void the_identity_address_is_the_lasting_one(void **state)
{
	struct bond_record r = complete();

	(void)state;
	assert_ptr_equal(bond_identity(&r), &r.bond.peer.identity);
	r.bond.peer.has_identity = false;
	assert_ptr_equal(bond_identity(&r), &r.peer);
}

static void a_bond_may_use_the_addresses_that_its_peer_can_have(void **state)
{
	struct bond_record r = complete();
	struct crypto_address rpa;

	(void)state;
	assert_true(bond_may_use(&r, &r.peer));
	assert_true(bond_may_use(&r, &r.bond.peer.identity));
	assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
	assert_true(bond_may_use(&r, &rpa));
	rpa.octets[0] ^= 1;
	assert_false(bond_may_use(&r, &rpa));
	rpa.octets[0] ^= 1;
	r.bond.peer.has_irk = false;
	assert_false(bond_may_use(&r, &rpa));
	r.bond.peer.has_identity = false;
	assert_false(bond_may_use(&r, &r.bond.peer.identity));
}

/* ---- Fields as text -------------------------------------------------------------------------- */

static void every_field_has_a_text_and_is_set_by_it(void **state)
{
	struct bond_record r = complete(), set = {.central = false};
	char text[BOND_VALUE];

	(void)state;
	for (size_t i = 0; i < FIELDS; i++) {
		assert_non_null(bond_field(i));
		assert_string_equal(bond_get(&r, i, text), complete_text[i]);
		assert_null(bond_set(&set, i, complete_text[i]));
	}
	assert_same(&r, &set);
	assert_int_equal(set.bond.local.ediv, 0x1234);
	assert_int_equal(set.bond.peer.rand[0], 0x32);
	assert_int_equal(set.bond.peer.identity.type, 1);
	assert_true(set.central && set.bond.secure_connections && !set.bond.authenticated);
}

static void there_are_21_fields_with_names_of_their_own(void **state)
{
	struct bond_record r = complete();
	char text[BOND_VALUE];

	(void)state;
	for (size_t i = 0; i < FIELDS; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(bond_field(i), bond_field(k));
	assert_null(bond_field(FIELDS));
	assert_null(bond_get(&r, FIELDS, text));
	assert_null(bond_set(&r, FIELDS, "x"));
	assert_int_equal(field("local_ltk") - field("link_key"), 1);
	assert_int_equal(field("peer_ltk") - field("local_csrk"), 1);
}

/* The keys of a side come and go together only where they are one key. */
static void a_key_that_was_not_distributed_has_no_text(void **state)
{
	const struct bond_record none = {.central = true};
	char text[BOND_VALUE];

	(void)state;
	for (size_t i = 0; i < FIELDS; i++)
		if (i <= field("method"))
			assert_non_null(bond_get(&none, i, text));
		else
			assert_null(bond_get(&none, i, text));
	for (size_t i = field("link_key"); i < FIELDS; i++) {
		struct bond_record one = {.central = true};
		size_t present = 0;
		assert_null(bond_set(&one, i, complete_text[i]));
		for (size_t k = field("link_key"); k < FIELDS; k++)
			present += bond_get(&one, k, text) != NULL;
		bool of_ltk = strstr(bond_field(i), "ltk") || strstr(bond_field(i), "ediv") ||
			      strstr(bond_field(i), "rand");
		assert_int_equal(present, of_ltk ? 3 : 1);
	}
}

static void each_field_has_its_form(void **state)
{
	static const struct {
		const char *name, *text, *expected;
	} wrongs[] = {
		{"made", "2026-11-25T10:17:50.406", "a time like 2026-11-25T03:27:18.123Z"},
		{"made", "2026-11-25 10:17:50.406Z", "a time like 2026-11-25T03:27:18.123Z"},
		{"made", "", "a time like 2026-11-25T03:27:18.123Z"},
		{"role", "Central", "central or peripheral"},
		{"role", "", "central or peripheral"},
		{"local", "06:05:04:03:02:01", "an address and its type"},
		{"peer", "06:05:04:03:02/public", "an address and its type"},
		{"secure_connections", "1", "true or false"},
		{"authenticated", "TRUE", "true or false"},
		{"method", "magic", "a pairing method"},
		{"link_key", "00", "32 hexadecimal digits"},
		{"local_ediv", "12345", "4 hexadecimal digits"},
		{"local_ediv", "123", "4 hexadecimal digits"},
		{"peer_rand", ZEROS "00", "16 hexadecimal digits"},
		{"peer_identity", "x", "an address and its type"},
	};
	static const struct {
		const char *name, *text;
	} rights[] = {{"role", "peripheral"},
		      {"authenticated", "true"},
		      {"authenticated", "false"},
		      {"local", "06-05-04-03-02-01/public"}};
	char text[BOND_VALUE];

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct bond_record r = {.central = true};
		const char *expected = bond_set(&r, field(wrongs[i].name), wrongs[i].text);
		if (!expected)
			fail_msg("%s: %s", wrongs[i].name, wrongs[i].text);
		assert_string_equal(expected, wrongs[i].expected);
	}
	for (size_t i = 0; i < COUNT(rights); i++) {
		struct bond_record r = {.central = true};
		assert_null(bond_set(&r, field(rights[i].name), rights[i].text));
	}
	for (int m = SMP_METHOD_NONE; m <= SMP_OOB; m++) {
		struct bond_record r = {.central = true};
		const char *name = smp_method_slug((enum smp_method)m);
		assert_null(bond_set(&r, field("method"), name));
		assert_int_equal(r.bond.method, m);
		assert_string_equal(bond_get(&r, field("method"), text), name);
	}
}

/* A size beyond the key's array, or too short to protect anything. */
static void key_sizes(void **state)
{
	static const char *const wrong[] = {"0",   "6",	  "17",	 "255",	       "256",
					    "263", "272", "-16", "0x10",       "16 ",
					    "1e1", "",	  "x",	 "4294967312", "007"};
	static const char *const right[] = {"7", "8", "15", "16"};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct bond_record r = {.central = true};
		assert_string_equal(bond_set(&r, field("key_size"), wrong[i]), "7 to 16");
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		struct bond_record r = {.central = true};
		assert_null(bond_set(&r, field("key_size"), right[i]));
		assert_int_equal(r.bond.key_size, atoi(right[i]));
	}
}

/* Keys of any length but their own. */
static void key_lengths(void **state)
{
	static const char *const wrong[] = {"", "00", "0123456789abcdef0123456789abcde",
					    "0123456789abcdef0123456789abcdef0",
					    "0123456789abcdef0123456789abcdeg"};
	struct bond_record r = {.central = true};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_non_null(bond_set(&r, field("peer_ltk"), wrong[i]));
	assert_null(bond_set(&r, field("peer_ltk"), "0123456789abcdef0123456789abcdef"));
	assert_int_equal(r.bond.peer.ltk[0], 0xef);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void a_bond_is_written_as_json_and_read_back(void **state)
{
	struct bond_record r = complete(), back;
	json_t *json = bond_to_json(&r);
	char *text = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, complete_json);
	assert_int_equal(bond_from_json(json, &back, &failure), 0);
	assert_same(&r, &back);
	free(text);
	json_decref(json);
	/* Without any key that may be absent. */
	r = (struct bond_record){.made = "2026-11-25T10:17:50.406Z",
				 .bond = {.bonded = true, .key_size = 7}};
	json = bond_to_json(&r);
	back = complete(); /* is forgotten */
	assert_int_equal(json_object_size(json_object_get(json, "peer_keys")), 0);
	assert_null(json_object_get(json, "link_key"));
	assert_int_equal(bond_from_json(json, &back, &failure), 0);
	assert_same(&r, &back);
	json_decref(json);
}

static void each_member_is_checked(void **state)
{
	static const struct {
		const char *of, *name, *value, *text;
	} wrongs[] = {
		{NULL, "role", NULL, "\"role\" is missing"},
		{NULL, "role", "true", "\"role\" is not of the right kind"},
		{NULL, "role", "\"master\"", "\"role\" must be central or peripheral"},
		{NULL, "key_size", "16.0", "\"key_size\" is not of the right kind"},
		{NULL, "key_size", "6", "\"key_size\" must be 7 to 16"},
		{NULL, "authenticated", "\"true\"", "\"authenticated\" is not of the right kind"},
		{NULL, "local", "\"06:05:04:03:02:01/public\"",
		 "\"local\" is not of the right kind"},
		{NULL, "local", "{\"address\":\"06:05:04:03:02:01\"}",
		 "\"local\" is not of the right kind"},
		{NULL, "local", "{\"address_type\":\"public\"}",
		 "\"local\" is not of the right kind"},
		{NULL, "local", "{\"address\":\"06:05:04:03:02:01\",\"type\":\"none\"}",
		 "\"local\" must be an address and its type"},
		{NULL, "peer_keys", NULL, "\"peer_keys\" must be an object"},
		{NULL, "local_keys", "[]", "\"local_keys\" must be an object"},
		{NULL, "link_key", "\"12\"", "\"link_key\" must be 32 hexadecimal digits"},
		{"local_keys", "irk", "1", "local_keys: \"irk\" is not of the right kind"},
		{"peer_keys", "csrk", "\"\"", "peer_keys: \"csrk\" must be 32 hexadecimal digits"},
		{"local_keys", "ltk", NULL,
		 "local_keys: \"ltk\", \"ediv\" and \"rand\" belong together"},
		{"local_keys", "ediv", NULL,
		 "local_keys: \"ltk\", \"ediv\" and \"rand\" belong together"},
		{"peer_keys", "rand", NULL,
		 "peer_keys: \"ltk\", \"ediv\" and \"rand\" belong together"},
	};
	struct bond_record r = complete(), back;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		json_t *json = bond_to_json(&r);
		json_t *of = wrongs[i].of ? json_object_get(json, wrongs[i].of) : json;
		if (wrongs[i].value)
			assert_int_equal(json_object_set_new(of, wrongs[i].name,
							     json_loads(wrongs[i].value,
									JSON_DECODE_ANY, NULL)),
					 0);
		else
			assert_int_equal(json_object_del(of, wrongs[i].name), 0);
		assert_int_equal(bond_from_json(json, &back, &failure), -1);
		assert_string_equal(failure.text, wrongs[i].text);
		assert_int_equal(failure.exit, CLI_USAGE);
		json_decref(json);
	}
}

/* A key that is longer than its size is none that a pairing ever made. */
static void a_key_beyond_its_size(void **state)
{
	struct bond_record r = complete(), back;

	(void)state;
	r.bond.key_size = 7;
	for (int side = 0; side < 2; side++) {
		struct smp_keys *keys = side ? &r.bond.peer : &r.bond.local;
		memset(keys->ltk, 0x5a, 7);
		json_t *json = bond_to_json(&r);
		assert_int_equal(bond_from_json(json, &back, &failure), 0);
		json_decref(json);
		for (int octet = 7; octet < 16; octet += 8) {
			keys->ltk[octet] = 1;
			json = bond_to_json(&r);
			assert_int_equal(bond_from_json(json, &back, &failure), -1);
			assert_string_equal(failure.text,
					    "an \"ltk\" is longer than \"key_size\", 7 octets");
			json_decref(json);
			keys->ltk[octet] = 0;
		}
	}
}

static void text_is_put_into_its_place_in_json(void **state)
{
	struct bond_record r = complete(), back;
	json_t *json = json_pack("{s:{}, s:{}}", "local_keys", "peer_keys");

	(void)state;
	for (size_t i = 0; i < FIELDS; i++)
		bond_put_text(json, i, complete_text[i]);
	assert_int_equal(bond_from_json(json, &back, &failure), 0);
	assert_same(&r, &back);
	/* Any text is put there, and refused when it is read. */
	for (size_t i = 0; i < FIELDS; i++) {
		static const char *const wrongs[] = {"x", "\xff", "1/2", "{}", "\"16\"", ""};
		for (size_t k = 0; k < COUNT(wrongs); k++) {
			json_t *wrong = json_deep_copy(json);
			bond_put_text(wrong, i, wrongs[k]);
			assert_int_equal(bond_from_json(wrong, &back, &failure), -1);
			json_decref(wrong);
		}
	}
	json_decref(json);
}

static void all_keys_are_those_of_both_sides_and_the_link_key(void **state)
{
	struct bond_record r = complete();
	json_t *keys = bond_all_keys(&r.bond), *whole = bond_to_json(&r);

	(void)state;
	assert_int_equal(json_object_size(keys), 3);
	assert_true(
		json_equal(json_object_get(keys, "local"), json_object_get(whole, "local_keys")));
	assert_true(json_equal(json_object_get(keys, "peer"), json_object_get(whole, "peer_keys")));
	assert_true(
		json_equal(json_object_get(keys, "link_key"), json_object_get(whole, "link_key")));
	json_decref(keys);
	r.bond.has_link_key = false;
	keys = bond_all_keys(&r.bond);
	assert_int_equal(json_object_size(keys), 2);
	json_decref(keys);
	json_decref(whole);
}

static void an_address_in_json_has_a_type(void **state)
{
	static const char *const wrongs[] = {"{\"address\":\"06:05:04:03:02:01\"}",
					     "{\"address_type\":\"public\"}",
					     "[]",
					     "{\"address\":\"06:05:04:03:02:01\",\"type\":\"\"}",
					     "{\"address\":\"06:05\",\"address_type\":\"public\"}",
					     "{\"address\":\"06:05:04:03:02:01\",\"type\":1}"};
	struct crypto_address address;
	/* The second is that of exports of version 1. */
	static const char *const names[] = {"address_type", "type"};
	json_t *json;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		json = json_pack("{s:s, s:s}", "address", "06:05:04:03:02:01", names[i], "random");
		assert_true(bond_address_from_json(json, &address));
		assert_int_equal(address.type, 1);
		assert_int_equal(address.octets[0], 1);
		json_decref(json);
	}
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		json = json_loads(wrongs[i], 0, NULL);
		assert_false(bond_address_from_json(json, &address));
		json_decref(json);
	}
}

/* Core 6.2: of legacy bonds, only those with out-of-band data are authenticated. */
static void a_legacy_bond_is_rated_again(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8U * (SMP_OOB + 1); n++) {
		bool stored = n & 1, secure = n & 2, older = n & 4;
		struct bond_record r = complete();
		bool expected = stored;

		r.bond.method = (enum smp_method)(n / 8);
		r.bond.authenticated = stored;
		r.bond.secure_connections = secure;
		bond_rate(&r, older);
		switch (r.bond.method) {
		case SMP_METHOD_NONE: /* from BlueZ: it may have been a passkey */
			expected = stored && (secure || older);
			break;
		case SMP_PASSKEY_WE_SHOW:
		case SMP_PASSKEY_WE_TYPE:
		case SMP_PASSKEY_BOTH_TYPE:
			expected = secure ? stored : older;
			break;
		case SMP_JUST_WORKS:
		case SMP_OOB:
			break;
		case SMP_NUMERIC_COMPARISON: /* legacy pairing has none */
			continue;
		}
		assert_int_equal(r.bond.authenticated, expected);
		assert_int_equal(r.rated_down, stored && !expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_legacy_bond_is_rated_again),
		cmocka_unit_test(the_identity_address_is_the_lasting_one),
		cmocka_unit_test(a_bond_may_use_the_addresses_that_its_peer_can_have),
		cmocka_unit_test(every_field_has_a_text_and_is_set_by_it),
		cmocka_unit_test(there_are_21_fields_with_names_of_their_own),
		cmocka_unit_test(a_key_that_was_not_distributed_has_no_text),
		cmocka_unit_test(each_field_has_its_form),
		{.name = "CVE-2026-43020: a key size of a bond on file", .test_func = key_sizes},
		cmocka_unit_test(key_lengths),
		cmocka_unit_test(a_bond_is_written_as_json_and_read_back),
		cmocka_unit_test(each_member_is_checked),
		cmocka_unit_test(a_key_beyond_its_size),
		cmocka_unit_test(text_is_put_into_its_place_in_json),
		cmocka_unit_test(all_keys_are_those_of_both_sides_and_the_link_key),
		cmocka_unit_test(an_address_in_json_has_a_type),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
