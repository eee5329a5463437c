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
					    "C4:7C:8D:11:22:33 ",
					    "C:47C:8D:11:22:33",
					    "C4:7C:8D:11:22:33/randomx",
					    "C4:7C:8D:11:22:G3",
					    "G4:7C:8D:11:22:33",
					    "C4:7C:8D:11:22",
					    "C4:7C:8D:11:22:",
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

static void equality(void **state)
{
	const struct crypto_address a = {.octets = {1, 2, 3, 4, 5, 6}};

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct crypto_address b = a;
		assert_true(address_equal(&a, &b) && address_same_octets(&a, &b));
		b.octets[i] ^= 0x80;
		assert_false(address_equal(&a, &b) || address_same_octets(&a, &b));
	}
	struct crypto_address b = a;
	b.type = ADDRESS_RANDOM;
	assert_true(address_same_octets(&a, &b));
	assert_false(address_equal(&a, &b));
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
	a.octets[5] = 0x40;
	assert_string_equal(address_kind(&a), "random resolvable");
	a.octets[5] = 0xbf;
	assert_string_equal(address_kind(&a), "random of a reserved kind");
	assert_false(address_is_static(&a) || address_is_resolvable(&a));
	assert_string_equal(address_type(&a), "random");
	a.type = ADDRESS_PUBLIC;
	assert_string_equal(address_type(&a), "public");
	for (int top = 0; top < 4; top++) {
		a.octets[5] = (uint8_t)(top << 6);
		assert_string_equal(address_kind(&a), "public");
		assert_false(address_is_static(&a) || address_is_resolvable(&a));
	}
}

/* Core Vol 2 Part B 1.2: 64 lower halves are those of inquiry. */
static void addresses_that_no_device_has(void **state)
{
	static const struct {
		const char *text;
		bool may;
	} cases[] = {
		{"00:00:00:00:00:00", false}, {"00:00:00:00:00:01", true},
		{"01:00:00:00:00:00", true},  {"FF:FF:FF:FF:FF:FF", false},
		{"FF:FF:FF:FF:FF:FE", true},  {"00:03:19:9E:8A:FF", true},
		{"00:03:19:9E:8B:00", false}, {"00:03:19:9E:8B:33", false},
		{"00:03:19:9E:8B:3F", false}, {"00:03:19:9E:8B:40", true},
	};
	struct crypto_address a;
	bool typed;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(address_parse(cases[i].text, &a, &typed));
		assert_int_equal(address_may_be_public(&a), cases[i].may);
	}
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
	for (int i = 0; i < 6; i++) {
		a.octets[i] ^= 1;
		assert_false(address_resolves(&a, irk));
		a.octets[i] ^= 1;
	}
	a.type = ADDRESS_PUBLIC; /* the same octets, which are no resolvable address now */
	assert_false(address_resolves(&a, irk));

	/* Every bit of the random part varies. */
	static struct crypto_address some[2][300];
	uint8_t ones[2][6] = {{0}}, zeros[2][6] = {{0}};
	for (size_t i = 0; i < COUNT(some[0]); i++) {
		assert_int_equal(address_make_resolvable(&some[0][i], irk), 0);
		assert_int_equal(address_make_static(&some[1][i]), 0);
		for (int kind = 0; kind < 2; kind++)
			for (int k = 0; k < 6; k++) {
				ones[kind][k] |= some[kind][i].octets[k];
				zeros[kind][k] |= (uint8_t)~some[kind][i].octets[k];
			}
	}
	assert_memory_equal(ones[0], "\xff\xff\xff\xff\xff\x7f", 6);
	assert_memory_equal(zeros[0], "\xff\xff\xff\xff\xff\xbf", 6);
	assert_memory_equal(ones[1], "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(zeros[1], "\xff\xff\xff\xff\xff\x3f", 6);

	struct crypto_address fresh[2];
	for (int i = 0; i < 2; i++) {
		assert_int_equal(address_make_resolvable(&fresh[i], irk), 0);
		assert_true(address_resolves(&fresh[i], irk));
	}
	assert_false(address_equal(&fresh[0], &fresh[1]));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(address_make_static(&fresh[i]), 0);
		assert_true(address_is_static(&fresh[i]));
	}
	assert_memory_not_equal(fresh[0].octets, fresh[1].octets, 3);
	assert_memory_not_equal(fresh[0].octets + 3, fresh[1].octets + 3, 3);
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
		cmocka_unit_test(equality),
		cmocka_unit_test(kinds),
		cmocka_unit_test(addresses_that_no_device_has),
		cmocka_unit_test(resolving),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
