/* SPDX-License-Identifier: MIT */
/* The errors when the library fails or a key is not valid; toolbox.c tests the results. */
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

/* The toolbox. Addresses, nonces and so on are all zero. */
static const struct crypto_address address;
static uint8_t zeros[80];
static uint32_t number;

static int t_e(void)
{
	return crypto_e(key, point, out);
}

static int t_cmac(void)
{
	return crypto_cmac(key, point, 16, out);
}

static int t_ah(void)
{
	return crypto_ah(key, point, out);
}

static int t_c1(void)
{
	return crypto_c1(zeros, zeros, zeros, zeros, &address, &address, out);
}

/* The confirm value of passkey 1, so that the search is short. */
static int t_c1_search(void)
{
	static const uint8_t tk[16] = {1};
	uint8_t confirm[16];
	unsigned fails = fake_psa_fails, calls = fake_psa_calls;

	fake_psa_fails = 0;
	if (crypto_c1(tk, zeros, zeros, zeros, &address, &address, confirm))
		fail_msg("no confirm value");
	fake_psa_fails = fails;
	fake_psa_calls = calls;
	return crypto_c1_search(zeros, zeros, zeros, &address, &address, confirm, &number);
}

static int t_s1(void)
{
	return crypto_s1(key, zeros, zeros, out);
}

static int t_f4(void)
{
	return crypto_f4(zeros, zeros, key, 0, out);
}

static int t_f5(void)
{
	return crypto_f5(zeros, zeros, zeros, &address, &address, out, out + 16);
}

static int t_f6(void)
{
	return crypto_f6(key, zeros, zeros, zeros, zeros, &address, &address, out);
}

static int t_g2(void)
{
	return crypto_g2(zeros, zeros, key, zeros, &number);
}

static int t_h6(void)
{
	return crypto_h6(key, 1, out);
}

static int t_h7(void)
{
	return crypto_h7(1, key, out);
}

static int t_link_key(void)
{
	return crypto_ltk_to_link_key(key, false, out);
}

static int t_link_key_by_h7(void)
{
	return crypto_ltk_to_link_key(key, true, out);
}

static int t_ltk(void)
{
	return crypto_link_key_to_ltk(key, true, out);
}

static int t_ccm_open(void)
{
	static const uint8_t code[4] = {0xbd, 0x8e, 0x44, 0x6d};
	return crypto_ccm_open(zeros, zeros, 0, code, 4, out);
}

static int t_public(void)
{
	return crypto_p256_public(key, out);
}

static int t_check(void)
{
	uint8_t public_key[64];
	bytes_reverse(public_key, point + 1, 32);
	bytes_reverse(public_key + 32, point + 33, 32);
	return crypto_p256_check(public_key);
}

static int t_dhkey(void)
{
	uint8_t public_key[64];
	bytes_reverse(public_key, point + 1, 32);
	bytes_reverse(public_key + 32, point + 33, 32);
	return crypto_p256_dhkey(key, public_key, out);
}

/* P-256 by Nettle cannot fail. */
#ifdef P256_BY_NETTLE
#define P256(calls) 0
#else
#define P256(calls) (calls)
#endif

static const struct {
	int (*function)(void);
	unsigned calls; /* of the library, without destroying keys */
} functions[] = {
	{random_octets, 1},
	{aes, 2},
	{cmac, 2},
	{ccm_open, 2},
	{generate, 1 + P256(2)},
	{public, P256(2)},
	{check, P256(1)},
	{agree, P256(2)},
	{t_e, 2},
	{t_cmac, 2},
	{t_ah, 2},
	{t_c1, 4},
	{t_c1_search, 6},
	{t_s1, 2},
	{t_f4, 2},
	{t_f5, 6},
	{t_f6, 2},
	{t_g2, 2},
	{t_h6, 2},
	{t_h7, 2},
	{t_link_key, 4},
	{t_link_key_by_h7, 4},
	{t_ltk, 4},
	{t_ccm_open, 2},
	{t_public, P256(2)},
	{t_check, P256(1)},
	{t_dhkey, P256(3)},
};

/* Each call of the library in each function: no success, and no other error. */
static void the_library_fails(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(functions); n++) {
		fake_psa_fails = fake_psa_calls = 0;
		assert_int_equal(functions[n].function(), CRYPTO_OK);
		assert_int_equal(fake_psa_calls, functions[n].calls);
		for (fake_psa_fails = 1; fake_psa_fails <= functions[n].calls; fake_psa_fails++) {
			fake_psa_calls = 0;
			assert_int_equal(functions[n].function(), CRYPTO_FAILED);
			/* It ends there. */
			assert_int_equal(fake_psa_calls, fake_psa_fails);
		}
		fake_psa_fails = 0;
	}
}

/* More keys than the library has room for, 32, with and without a failure after the import. */
static void no_key_stays_in_the_library(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(functions); n++) {
		for (unsigned fails = 0; fails <= functions[n].calls; fails++) {
			for (unsigned round = 0; round < 40; round++) {
				fake_psa_calls = 0;
				fake_psa_fails = fails;
				(void)!functions[n].function();
			}
			fake_psa_fails = 0;
			assert_int_equal(functions[n].function(), CRYPTO_OK);
		}
	}
}

/* A key pair of which only one half could be made leaves nothing behind. */
static void a_failed_key_pair_leaves_nothing(void **state)
{
	struct crypto_keypair pair;

	(void)state;
	for (unsigned call = 1; call <= 1 + P256(2); call++) {
		memset(&pair, 0x5a, sizeof(pair));
		fake_psa_calls = 0;
		fake_psa_fails = call;
		assert_int_equal(crypto_p256_generate(&pair, crypto_random, NULL), CRYPTO_FAILED);
		fake_psa_fails = 0;
		assert_true(bytes_all_zero((const uint8_t *)&pair, sizeof(pair)));
	}
}

static void invalid_keys_are_rejected(void **state)
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

static void a_wrong_mic_is_rejected(void **state)
{
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
		cmocka_unit_test(no_key_stays_in_the_library),
		cmocka_unit_test(a_failed_key_pair_leaves_nothing),
		cmocka_unit_test(invalid_keys_are_rejected),
		cmocka_unit_test(a_wrong_mic_is_rejected),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
