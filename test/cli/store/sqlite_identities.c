/* SPDX-License-Identifier: MIT */
/* Our identity addresses and their IRKs. */
#include <string.h>

#include "base/address.h"
#include "cli/store/fixture.h"

static void an_identity_keeps_its_irk(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}}, b = {0, {1, 2, 3, 4, 5, 0xc6}};
	struct crypto_address found;
	uint8_t irk[3][16];

	(void)state;
	open_store();
	assert_int_equal(store_static(&store, 0, &found, &failure), 0);
	assert_int_equal(store_irk(&store, &b, irk[1], &failure), 0);
	assert_int_equal(store_static(&store, 0, &found, &failure), 0);
	assert_int_equal(store_irk(&store, &a, irk[0], &failure), 0);
	store_close(&store);
	open_store();
	assert_int_equal(store_irk(&store, &a, irk[2], &failure), 0);
	assert_memory_equal(irk[0], irk[2], 16);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_int_equal(store_static(&store, 0, &found, &failure), 1);
	assert_true(address_equal(&found, &a));
}

static const struct crypto_address first = {1, {1, 2, 3, 4, 5, 0xc6}},
				   second = {1, {7, 2, 3, 4, 5, 0xc6}};

static void the_oldest_static_address_is_ours(void **state)
{
	struct crypto_address found;
	uint8_t irk[16];

	(void)state;
	open_store();
	assert_int_equal(store_irk(&store, &second, irk, &failure), 0);
	assert_int_equal(store_irk(&store, &first, irk, &failure), 0);
	assert_int_equal(store_static(&store, 0, &found, &failure), 1);
	assert_true(address_equal(&found, &second));
}

/* For controllers of one run, each of which needs its own; public addresses are no places. */
static void each_static_address_has_a_place(void **state)
{
	const struct crypto_address public = {0, {1, 2, 3, 4, 5, 0xc6}};
	struct crypto_address found;
	uint8_t irk[16];

	(void)state;
	open_store();
	assert_int_equal(store_irk(&store, &second, irk, &failure), 0);
	assert_int_equal(store_irk(&store, &public, irk, &failure), 0);
	assert_int_equal(store_irk(&store, &first, irk, &failure), 0);
	assert_int_equal(store_static(&store, 0, &found, &failure), 1);
	assert_true(address_equal(&found, &second));
	assert_int_equal(store_static(&store, 1, &found, &failure), 1);
	assert_true(address_equal(&found, &first));
	assert_int_equal(store_static(&store, 2, &found, &failure), 0);
}

static void a_store_knows_its_identities(void **state)
{
	uint8_t irk[16];

	(void)state;
	open_store();
	assert_int_equal(store_has_identity(&store, &first, &failure), 0);
	assert_int_equal(store_irk(&store, &first, irk, &failure), 0);
	assert_int_equal(store_has_identity(&store, &first, &failure), 1);
	assert_int_equal(store_has_identity(&store, &second, &failure), 0);
}

static void an_irk_of_another_store_does_not_replace_ours(void **state)
{
	uint8_t ours[16], after[16];
	size_t kept[STORE_KEPT];

	(void)state;
	open_store();
	assert_int_equal(store_irk(&store, &first, ours, &failure), 0);
	json_t *theirs =
		json_pack("{s:i, s:[], s:[{s:s, s:s, s:s, s:s}]}", "version", 1, "bonds",
			  "identities", "address", "C6:05:04:03:02:01", "type", "random", "irk",
			  "000102030405060708090a0b0c0d0e0f", "made", "2026-01-01T00:00:00.000Z");
	assert_int_equal(store_import(&store, theirs, "x.json", kept, &failure), 0);
	json_decref(theirs);
	assert_int_equal(store_irk(&store, &first, after, &failure), 0);
	assert_memory_equal(ours, after, 16);
}

static void a_damaged_identity_is_reported(void **state)
{
	static const struct {
		const char *sql, *words;
	} wrongs[] = {
		{"UPDATE identity SET irk = 'x'", "it is damaged (an identity without a key)"},
		{"UPDATE identity SET address = 'x'",
		 "it is damaged (an identity without an address)"},
	};
	struct crypto_address found;
	uint8_t irk[16];

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		open_store();
		assert_int_equal(store_irk(&store, &first, irk, &failure), 0);
		execute(wrongs[i].sql);
		assert_int_equal(store_static(&store, 0, &found, &failure), -1);
		assert_non_null(strstr(failure.text, wrongs[i].words));
		assert_int_equal(failure.exit, CLI_USAGE);
		*failure.text = '\0';
		assert_null(store_export(&store, &failure));
		assert_non_null(strstr(failure.text, wrongs[i].words));
		if (i == 0)
			assert_int_equal(store_irk(&store, &first, irk, &failure), -1);
		store_close(&store);
		drop("");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_identity_keeps_its_irk),
		CASE(the_oldest_static_address_is_ours),
		CASE(each_static_address_has_a_place),
		CASE(a_store_knows_its_identities),
		CASE(an_irk_of_another_store_does_not_replace_ours),
		CASE(a_damaged_identity_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
