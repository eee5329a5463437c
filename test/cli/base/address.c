/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <string.h>

#include "unit.h"
#include "vectors/vectors.h"

static void as_people_write_them(void **state)
{
	static const char *const wrong[] = {"",
					    "C4:7C:8D:11:22",
					    "C4:7C:8D:11:22:3",
					    "C4:7C:8D:11:22:33:44",
					    "C4:7C:8D:11:22:3G",
					    "C47C8D112233",
					    "C4:7C:8D:11:22:33/",
					    "C4:7C:8D:11:22:33/static",
					    " C4:7C:8D:11:22:33",
					    "C4 7C 8D 11 22 33"};
	struct crypto_address a;
	char text[ADDRESS_TEXT];
	bool typed;

	(void)state;
	assert_true(address_parse("c4:7c-8D:11:22:33", &a, &typed));
	assert_false(typed);
	assert_memory_equal(a.octets, "\x33\x22\x11\x8d\x7c\xc4", 6);
	assert_string_equal(address_format(&a, text), "C4:7C:8D:11:22:33");
	assert_true(address_parse("C4:7C:8D:11:22:33/random", &a, &typed));
	assert_true(typed && a.type == ADDRESS_RANDOM);
	assert_true(address_parse("C4:7C:8D:11:22:33/PUBLIC", &a, &typed));
	assert_true(typed && a.type == ADDRESS_PUBLIC);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(address_parse(wrong[i], &a, &typed));
}

static void kinds(void **state)
{
	struct crypto_address a = {.type = ADDRESS_RANDOM};

	(void)state;
	a.octets[5] = 0xc0;
	assert_true(address_is_static(&a));
	assert_string_equal(address_kind(&a), "random static");
	a.octets[5] = 0x7f;
	assert_true(address_is_resolvable(&a));
	assert_string_equal(address_kind(&a), "random resolvable");
	a.octets[5] = 0x3f;
	assert_string_equal(address_kind(&a), "random non-resolvable");
	a.type = ADDRESS_PUBLIC;
	assert_string_equal(address_kind(&a), "public");
	a.octets[5] = 0xc0;
	assert_false(address_is_static(&a) || address_is_resolvable(&a));
}

/* The published vector of ah, Vol 3 Part H D.7: prand 708194, hash 0dfbaa. */
static void resolving(void **state)
{
	uint8_t irk[16], other[16] = {1};
	struct crypto_address a;
	bool typed;

	(void)state;
	assert_int_equal(vector_text("irk", "ec0234a357c8ad05341010a60a397d9b", irk, 16), 16);
	assert_true(address_parse("70:81:94:0D:FB:AA/random", &a, &typed));
	assert_true(address_resolves(&a, irk));
	assert_false(address_resolves(&a, other));
	a.octets[0] ^= 1;
	assert_false(address_resolves(&a, irk));

	struct crypto_address fresh[2];
	for (int i = 0; i < 2; i++) {
		assert_int_equal(address_make_resolvable(&fresh[i], irk), 0);
		assert_true(address_resolves(&fresh[i], irk));
	}
	assert_false(address_equal(&fresh[0], &fresh[1]));
	assert_int_equal(address_make_static(&fresh[0]), 0);
	assert_true(address_is_static(&fresh[0]));
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_people_write_them),
		cmocka_unit_test(kinds),
		cmocka_unit_test(resolving),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
