/* SPDX-License-Identifier: MIT */
#include "analyse/known_keys.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "crypto/toolbox.h"
#include "unit.h"

/* Printed most significant octet first. */
static const uint8_t *key(const char *digits)
{
	static uint8_t octets[16];
	unsigned value;

	for (size_t i = 0; i < 16; i++) {
		assert_int_equal(sscanf(digits + 2 * i, "%2x", &value), 1);
		octets[15 - i] = (uint8_t)value;
	}
	return octets;
}

static void a_published_irk_has_an_owner(void **state)
{
	(void)state;
	assert_string_equal(known_key_owner(KNOWN_IRK, key("c7cf41e75979a53fa2fc7b3160eeeae6")),
			    "BTstack");
	assert_string_equal(known_key_owner(KNOWN_IRK, key("b81e53c034dd5bbf0d43ec4f16e28def")),
			    "NimBLE");
	assert_null(known_key_owner(KNOWN_LTK, key("b81e53c034dd5bbf0d43ec4f16e28def")));
	assert_null(known_key_owner(KNOWN_IRK, key("b81e53c034dd5bbf0d43ec4f16e28dee")));
}

/* ---- BTstack ----------------------------------------------------------------------------------
 */

/* d1(IR, 1, 0) and d1(IR, 3, 0), with the IR most significant octet first. */
static void the_irk_of_btstack_follows_from_its_ir(void **state)
{
	uint8_t ir[16], block[16] = {1}, irk[16];

	(void)state;
	memcpy(ir, key("909192939495969798999a9b9c9d9e9f"), 16);
	assert_int_equal(crypto_e(ir, block, irk), CRYPTO_OK);
	assert_string_equal(known_key_owner(KNOWN_IRK, irk), "BTstack");
}

static const uint8_t rand_value[8] = {8, 7, 6, 5, 4, 3, 2, 1};

/* What BTstack distributes with this diversifier. */
static struct known_ltk distributed(uint16_t div, uint8_t size)
{
	struct known_ltk l = {.size = size, .has_identification = true};
	uint8_t er[16], dhk[16], block[16] = {0};

	memcpy(er, key("303132333435363738393a3b3c3d3e3f"), 16);
	bytes_put_le16(block, div);
	assert_int_equal(crypto_e(er, block, l.ltk), CRYPTO_OK);
	crypto_shorten(l.ltk, size);
	memcpy(dhk, key("b54fc6732a320aa2aa8fb959921729c7"), 16);
	memcpy(l.rand, rand_value, 8);
	memcpy(block, rand_value, 8);
	assert_int_equal(crypto_e(dhk, block, block), CRYPTO_OK);
	bytes_put_le16(l.ediv, bytes_get_le16(block) ^ div);
	return l;
}

static void an_ltk_of_btstack_follows_from_ediv_and_rand(void **state)
{
	uint16_t div = 0;

	(void)state;
	for (uint8_t size = 7; size <= 16; size += 9) {
		struct known_ltk l = distributed(0xbeef, size);
		assert_true(known_ltk_of_btstack(&l, &div));
		assert_int_equal(div, 0xbeef);
		l.ltk[0] ^= 1;
		assert_false(known_ltk_of_btstack(&l, &div));
	}
}

/* The IR may be the application's own, and the ER not. */
static void the_diversifier_is_searched_for_when_ediv_and_rand_do_not_give_it(void **state)
{
	struct known_ltk l = distributed(0xffff, 16);
	uint16_t div = 0;

	(void)state;
	l.has_identification = false;
	assert_false(known_ltk_of_btstack(&l, &div));
	l.search = true;
	assert_true(known_ltk_of_btstack(&l, &div));
	assert_int_equal(div, 0xffff);
	l = distributed(3, 16);
	l.ediv[0] ^= 1;
	assert_false(known_ltk_of_btstack(&l, &div));
	l.search = true;
	assert_true(known_ltk_of_btstack(&l, &div));
	assert_int_equal(div, 3);
}

/* A key of few octets would match by chance. */
static void a_key_size_that_is_not_allowed_matches_nothing(void **state)
{
	struct known_ltk l = distributed(3, 16);
	uint16_t div;

	(void)state;
	l.size = 6;
	assert_false(known_ltk_of_btstack(&l, &div));
	l.size = 253;
	assert_true(known_ltk_of_btstack(&l, &div));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_irk_has_an_owner),
		cmocka_unit_test(the_irk_of_btstack_follows_from_its_ir),
		cmocka_unit_test(an_ltk_of_btstack_follows_from_ediv_and_rand),
		cmocka_unit_test(the_diversifier_is_searched_for_when_ediv_and_rand_do_not_give_it),
		cmocka_unit_test(a_key_size_that_is_not_allowed_matches_nothing),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
