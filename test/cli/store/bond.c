/* SPDX-License-Identifier: MIT */
/* A bond as text: what comes out of a file that somebody else wrote. */
#include "store/bond.h"

#include <string.h>

#include "unit.h"

static size_t field(const char *name)
{
	size_t i = 0;

	while (bond_field(i) && strcmp(bond_field(i), name) != 0)
		i++;
	assert_non_null(bond_field(i));
	return i;
}

/* A size beyond the key's array, or too short to protect anything, ends there. */
static void key_sizes(void **state)
{
	static const char *const wrong[] = {"0",   "6",	  "17",	 "255",	      "256",
					    "263", "272", "-16", "0x10",      "16 ",
					    "1e1", "",	  "x",	 "4294967312"};
	static const char *const right[] = {"7", "8", "15", "16"};
	struct bond_record r;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		memset(&r, 0, sizeof(r));
		assert_non_null(bond_set(&r, field("key_size"), wrong[i]));
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		memset(&r, 0, sizeof(r));
		assert_null(bond_set(&r, field("key_size"), right[i]));
		assert_in_range(r.bond.key_size, 7, 16);
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
}

/* A key that is longer than its size is none that a pairing ever made. */
static void a_key_beyond_its_size(void **state)
{
	struct bond_record r = {.central = true, .bond = {.key_size = 7, .method = SMP_JUST_WORKS}},
			   back;
	struct failure failure;

	(void)state;
	(void)time_now(r.made);
	r.bond.peer.has_ltk = true;
	memset(r.bond.peer.ltk, 0x5a, 7);
	json_t *json = bond_to_json(&r);
	assert_int_equal(bond_from_json(json, &back, &failure), 0);
	json_decref(json);

	r.bond.peer.ltk[7] = 1;
	json = bond_to_json(&r);
	assert_int_equal(bond_from_json(json, &back, &failure), -1);
	assert_string_equal(failure.text, "an \"ltk\" is longer than \"key_size\", 7 octets");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{.name = "CVE-2026-43020: a key size of a bond on file", .test_func = key_sizes},
		cmocka_unit_test(key_lengths),
		cmocka_unit_test(a_key_beyond_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
