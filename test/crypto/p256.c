/* SPDX-License-Identifier: MIT */
/* P-256 at the ends of the range of scalars, and its two products against each other. */
#include <string.h>

#include "crypto/backend.h"
#include "crypto/bytes.h"
#include "unit.h"

/* SEC 2, 2.4.2: the base point, and the order of its group. */
static const uint8_t base[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc,
				 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
				 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
				 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb,
				 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
				 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
				  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
				  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t prime[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
				  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
				  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* to = a - b, most significant octet first. */
static void subtract(uint8_t to[32], const uint8_t a[32], const uint8_t b[32])
{
	int borrow = 0;

	for (size_t i = 32; i-- > 0;) {
		int difference = a[i] - b[i] - borrow;

		to[i] = (uint8_t)difference;
		borrow = difference < 0;
	}
}

/* 2 to the power of the bit. */
static void power(uint8_t scalar[32], unsigned bit)
{
	memset(scalar, 0, 32);
	scalar[31 - bit / 8] = (uint8_t)(1 << bit % 8);
}

/*
 * k G, by both ways to compute it, and (n - k) G, which is its negative. The algorithms take digits
 * of some bits of the scalar, and their additions are exceptional when a digit is zero.
 */
static void assert_products(const uint8_t k[32])
{
	uint8_t point[65], negative[65], secret[32], rest[32], y[32];

	assert_int_equal(backend_p256_public(k, point), CRYPTO_OK);
	assert_int_equal(backend_p256_check(point), CRYPTO_OK);
	assert_int_equal(backend_p256_agree(k, base, secret), CRYPTO_OK);
	assert_memory_equal(secret, point + 1, 32);

	subtract(rest, order, k);
	subtract(y, prime, point + 33);
	assert_int_equal(backend_p256_public(rest, negative), CRYPTO_OK);
	assert_memory_equal(negative, point, 33);
	assert_memory_equal(negative + 33, y, 32);
	assert_int_equal(backend_p256_agree(rest, base, secret), CRYPTO_OK);
	assert_memory_equal(secret, point + 1, 32);
}

static void one_times_the_base_point_is_that_point(void **state)
{
	uint8_t k[32], point[65];

	(void)state;
	power(k, 0);
	assert_int_equal(backend_p256_public(k, point), CRYPTO_OK);
	assert_memory_equal(point, base, 65);
}

static void scalars_with_few_bits_and_their_negatives(void **state)
{
	uint8_t k[32];

	(void)state;
	for (unsigned bit = 0; bit < 256; bit += bit < 8 || bit > 246 ? 1 : 13) {
		power(k, bit);
		assert_products(k);
		k[31] |= 1;
		assert_products(k);
	}
	for (unsigned small = 1; small <= 33; small++) {
		memset(k, 0, 32);
		k[31] = (uint8_t)small;
		assert_products(k);
	}
}

static void random_scalars_agree(void **state)
{
	uint8_t a[32], b[32], at_a[65], at_b[65], ab[32], ba[32];

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		assert_int_equal(backend_random(a, 32) || backend_random(b, 32), 0);
		a[0] &= 0x7f;
		b[0] &= 0x7f;
		assert_products(a);
		assert_int_equal(backend_p256_public(a, at_a), CRYPTO_OK);
		assert_int_equal(backend_p256_public(b, at_b), CRYPTO_OK);
		assert_int_equal(backend_p256_agree(a, at_b, ab), CRYPTO_OK);
		assert_int_equal(backend_p256_agree(b, at_a, ba), CRYPTO_OK);
		assert_memory_equal(ab, ba, 32);
	}
}

/* Each octet of the order is compared. */
static void scalars_above_the_order_are_refused(void **state)
{
	uint8_t k[32], point[65];

	(void)state;
	assert_int_equal(backend_p256_public(order, point), CRYPTO_INVALID_KEY);
	for (size_t n = 0; n < 32; n++) {
		memcpy(k, order, 32);
		if (order[n] < 0xff) {
			k[n]++;
			assert_int_equal(backend_p256_public(k, point), CRYPTO_INVALID_KEY);
			assert_int_equal(backend_p256_agree(k, base, point), CRYPTO_INVALID_KEY);
			k[n]--;
		}
		if (order[n] > 0) {
			k[n]--;
			assert_int_equal(backend_p256_public(k, point), CRYPTO_OK);
			assert_int_equal(backend_p256_agree(k, base, point), CRYPTO_OK);
		}
	}
}

/* Only the form 0x04, X, Y: not a compressed one, not infinity, and each coordinate counts. */
static void points_in_another_form_are_refused(void **state)
{
	static const uint8_t forms[] = {0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x84, 0xff};
	uint8_t point[65], k[32], secret[32];

	(void)state;
	power(k, 1);
	for (size_t n = 0; n < COUNT(forms); n++) {
		memcpy(point, base, 65);
		point[0] = forms[n];
		assert_int_not_equal(backend_p256_check(point), CRYPTO_OK);
		assert_int_not_equal(backend_p256_agree(k, point, secret), CRYPTO_OK);
	}
	for (size_t n = 1; n < 65; n++) {
		memcpy(point, base, 65);
		point[n] ^= 0x10;
		assert_int_equal(backend_p256_check(point), CRYPTO_INVALID_KEY);
		assert_int_equal(backend_p256_agree(k, point, secret), CRYPTO_INVALID_KEY);
	}
}

static int start(void **state)
{
	(void)state;
	return backend_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_times_the_base_point_is_that_point),
		cmocka_unit_test(scalars_with_few_bits_and_their_negatives),
		cmocka_unit_test(random_scalars_agree),
		cmocka_unit_test(scalars_above_the_order_are_refused),
		cmocka_unit_test(points_in_another_form_are_refused),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
