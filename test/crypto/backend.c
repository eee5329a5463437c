/* SPDX-License-Identifier: MIT */
/*
 * What backend.c does when the library draws badly. It is compiled once more, with draw() for
 * psa_generate_random(): what the library itself draws, to blind what it computes, is not counted.
 */
#include "crypto/backend.h"

#include <psa/crypto.h>
#include <string.h>

#include "unit.h"

static uint8_t drawn[8];      /* what each draw is filled with */
static unsigned draws, fails; /* how many there were, and from which on they fail (0: none) */

psa_status_t draw(uint8_t *output, size_t size);
psa_status_t draw(uint8_t *output, size_t size)
{
	assert_true(draws < sizeof(drawn));
	memset(output, drawn[draws++], size);
	return fails && draws >= fails ? PSA_ERROR_INSUFFICIENT_ENTROPY : PSA_SUCCESS;
}

static int begin(void **state)
{
	(void)state;
	memset(drawn, 0, sizeof(drawn));
	draws = fails = 0;
	return backend_start();
}

static void is_filled_with(const uint8_t *octets, size_t len, uint8_t value)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(octets[i], value);
}

static void draws_a_scalar_again_that_is_not_of_the_group(void **state)
{
	uint8_t private_key[32], point[65], again[65];

	(void)state;
	drawn[0] = 0xff; /* beyond the order */
	drawn[1] = 0x00; /* no key either */
	drawn[2] = 0x5a;
	assert_int_equal(backend_p256_generate(private_key, point), CRYPTO_OK);
	assert_int_equal(draws, 3);
	is_filled_with(private_key, 32, 0x5a);
	assert_int_equal(backend_p256_public(private_key, again), CRYPTO_OK);
	assert_memory_equal(point, again, 65);
}

static void gives_up_on_a_source_that_draws_nothing_good(void **state)
{
	uint8_t private_key[32], point[65];

	(void)state;
	memset(drawn, 0xff, sizeof(drawn));
	assert_int_equal(backend_p256_generate(private_key, point), CRYPTO_FAILED);
	is_filled_with(private_key, 32, 0);
}

static void fails_with_the_source(void **state)
{
	uint8_t private_key[32], point[65];

	(void)state;
	drawn[0] = 0x5a;
	fails = 1;
	assert_int_equal(backend_p256_generate(private_key, point), CRYPTO_FAILED);
	assert_int_equal(draws, 1);
	is_filled_with(private_key, 32, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(draws_a_scalar_again_that_is_not_of_the_group, begin),
		cmocka_unit_test_setup(gives_up_on_a_source_that_draws_nothing_good, begin),
		cmocka_unit_test_setup(fails_with_the_source, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
