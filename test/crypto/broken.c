/* SPDX-License-Identifier: MIT */
/* What is said when the library fails or a key is none; the results are tested in toolbox.c. */
#include "crypto/backend.h"

#include <string.h>

#include "crypto/bytes.h"
#include "crypto/fake_psa.h"
#include "unit.h"

static uint8_t key[32], point[65], out[80];

static int random_octets(void)
{
	return backend_random(out, 16);
}

static int aes(void)
{
	return backend_aes128(key, point, out);
}

static int cmac(void)
{
	return backend_cmac(key, point, 16, out);
}

/* An empty payload, all else zero. */
static int ccm_open(void)
{
	static const uint8_t zeros[16], code[4] = {0xbd, 0x8e, 0x44, 0x6d};
	return backend_ccm_open(zeros, zeros, 0, code, 4, out);
}

static int generate(void)
{
	struct crypto_keypair pair;
	return crypto_p256_generate(&pair, crypto_random, NULL);
}

static int public(void)
{
	return backend_p256_public(key, out);
}

static int check(void)
{
	return backend_p256_check(point);
}

static int agree(void)
{
	return backend_p256_agree(key, point, out);
}

static int (*const functions[])(void) = {random_octets, aes,	cmac,  ccm_open,
					 generate,	public, check, agree};

/* Each call of the library in each function: never a success, never a wrong reason. */
static void the_library_fails(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(functions); n++) {
		fake_psa_fails = fake_psa_calls = 0;
		assert_int_equal(functions[n](), CRYPTO_OK);
		unsigned calls = fake_psa_calls;
		assert_in_range(calls, 1, 4);
		for (fake_psa_fails = 1; fake_psa_fails <= calls; fake_psa_fails++) {
			fake_psa_calls = 0;
			assert_int_equal(functions[n](), CRYPTO_FAILED);
		}
		fake_psa_fails = 0;
	}
}

/* A key pair of which only one half could be made leaves nothing behind. */
static void half_a_key_pair(void **state)
{
	struct crypto_keypair pair;

	(void)state;
	for (unsigned call = 1; call <= 3; call++) {
		memset(&pair, 0x5a, sizeof(pair));
		fake_psa_calls = 0;
		fake_psa_fails = call;
		assert_int_equal(crypto_p256_generate(&pair, crypto_random, NULL), CRYPTO_FAILED);
		fake_psa_fails = 0;
		assert_true(bytes_all_zero((const uint8_t *)&pair, sizeof(pair)));
	}
}

static void keys_that_are_none(void **state)
{
	uint8_t zero[32] = {0}, ones[32], bad[65];

	(void)state;
	memset(ones, 0xff, sizeof(ones)); /* above the order of the group */
	assert_int_equal(backend_p256_public(zero, out), CRYPTO_INVALID_KEY);
	assert_int_equal(backend_p256_public(ones, out), CRYPTO_INVALID_KEY);
	assert_int_equal(backend_p256_agree(zero, point, out), CRYPTO_INVALID_KEY);
	memcpy(bad, point, sizeof(bad));
	bad[64] ^= 1;
	assert_int_equal(backend_p256_check(bad), CRYPTO_INVALID_KEY);
	assert_int_equal(backend_p256_agree(key, bad, out), CRYPTO_INVALID_KEY);
}

static void a_code_that_is_wrong(void **state)
{
	static const uint8_t zeros[16];

	(void)state;
	assert_int_equal(backend_ccm_open(zeros, zeros, 0, zeros, 4, out), CRYPTO_INVALID_KEY);
	assert_int_equal(backend_ccm_open(zeros, zeros, 0, zeros, 3, out), CRYPTO_FAILED);
}

static int start(void **state)
{
	(void)state;
	memset(key, 0x5a, sizeof(key));
	return backend_start() || backend_p256_public(key, point);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_fails),
		cmocka_unit_test(half_a_key_pair),
		cmocka_unit_test(keys_that_are_none),
		cmocka_unit_test(a_code_that_is_wrong),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
