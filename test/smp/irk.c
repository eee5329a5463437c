/* SPDX-License-Identifier: MIT */
/* Which IRKs are not random. */
#include "smp/irk.h"

#include "crypto/toolbox.h"
#include "unit.h"

static void octets_that_repeat_or_count_are_a_pattern(void **state)
{
	static const struct {
		const char *octets;
		enum smp_irk irk;
	} cases[] = {
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", SMP_IRK_ALL_ZERO},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		 SMP_IRK_PATTERNED},
		{"aaaaaaaaaaaaaaaa", SMP_IRK_PATTERNED},
		{"abababababababab", SMP_IRK_PATTERNED},
		{"abcdabcdabcdabcd", SMP_IRK_PATTERNED},
		{"fifkj6o2fifkj6o2", SMP_IRK_PATTERNED},
		{"0123456789:;<=>?", SMP_IRK_PATTERNED},
		{"?>=<;:9876543210", SMP_IRK_PATTERNED},
		{"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
		 SMP_IRK_PATTERNED},
		{"\xfe\xff\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d",
		 SMP_IRK_PATTERNED},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", SMP_IRK_RANDOM},
		{"abcdabcdabcdabce", SMP_IRK_RANDOM},
		{"0123456789abcdef", SMP_IRK_RANDOM},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(smp_judge_irk((const uint8_t *)cases[i].octets), cases[i].irk);
}

static void a_random_irk_is_none(void **state)
{
	uint8_t irk[16];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(crypto_random(NULL, irk, sizeof(irk)), 0);
		assert_int_equal(smp_judge_irk(irk), SMP_IRK_RANDOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_that_repeat_or_count_are_a_pattern),
		cmocka_unit_test(a_random_irk_is_none),
	};
	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
