/* SPDX-License-Identifier: MIT */
#include "crypto/bytes.h"

#include <string.h>

#include "unit.h"

static void integers_are_little_endian(void **state)
{
	uint8_t p[8];

	(void)state;
	bytes_put_le64(p, 0x0807060504030201ULL);
	for (int i = 0; i < 8; i++)
		assert_int_equal(p[i], i + 1);
	assert_int_equal(bytes_get_le16(p), 0x0201);
	assert_int_equal(bytes_get_le32(p), 0x04030201);
	assert_true(bytes_get_le64(p) == 0x0807060504030201ULL);
}

static void equality_sees_every_octet(void **state)
{
	uint8_t a[16] = {0}, b[16] = {0};

	(void)state;
	assert_true(bytes_equal(a, b, 16));
	for (size_t i = 0; i < 128; i++) {
		b[i / 8] ^= (uint8_t)(1U << i % 8);
		assert_false(bytes_equal(a, b, 16));
		assert_false(bytes_all_zero(b, 16));
		b[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	assert_true(bytes_all_zero(b, 16));
}

static void wiping_leaves_nothing(void **state)
{
	uint8_t secret[33];

	(void)state;
	memset(secret, 0xa5, sizeof(secret));
	bytes_wipe(secret, 32);
	assert_true(bytes_all_zero(secret, 32));
	assert_int_equal(secret[32], 0xa5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_little_endian),
		cmocka_unit_test(equality_sees_every_octet),
		cmocka_unit_test(wiping_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
