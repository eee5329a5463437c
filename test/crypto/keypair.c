/* SPDX-License-Identifier: MIT */
/* Key pairs of P-256 made from a given source of randomness. */
#include <string.h>

#include "crypto/bytes.h"
#include "crypto/toolbox.h"
#include "unit.h"

/* A source: each draw is one octet repeated, until it fails. */
struct source {
	uint8_t octets[8];
	unsigned draws;
	unsigned fails; /* the draw that fails, from 1; 0: none */
};

static int draw(void *ctx, uint8_t *out, size_t len)
{
	struct source *s = ctx;

	assert_int_equal(len, 32);
	assert_true(s->draws < sizeof(s->octets));
	memset(out, s->octets[s->draws++], len);
	return s->fails && s->draws == s->fails ? 1 : 0;
}

static int generate(struct crypto_keypair *pair, struct source *source)
{
	memset(pair, 0xa5, sizeof(*pair));
	return crypto_p256_generate(pair, draw, source);
}

static bool is_wiped(const struct crypto_keypair *pair)
{
	return bytes_all_zero((const uint8_t *)pair, sizeof(*pair));
}

static void the_source_alone_fixes_the_key_pair(void **state)
{
	struct source a = {.octets = {0x5a}}, b = a, c = {.octets = {0x5b}};
	struct crypto_keypair pair, same, other;
	uint8_t private_key[32], public_key[64];

	(void)state;
	assert_int_equal(generate(&pair, &a), CRYPTO_OK);
	assert_int_equal(a.draws, 1);
	memset(private_key, 0x5a, 32);
	assert_memory_equal(pair.private_key, private_key, 32);
	assert_int_equal(crypto_p256_public(private_key, public_key), CRYPTO_OK);
	assert_memory_equal(pair.public_key, public_key, 64);

	assert_int_equal(generate(&same, &b), CRYPTO_OK);
	assert_memory_equal(&same, &pair, sizeof(pair));
	assert_int_equal(generate(&other, &c), CRYPTO_OK);
	assert_memory_not_equal(other.public_key, pair.public_key, 64);
}

static void a_scalar_out_of_range_is_drawn_again(void **state)
{
	/* Above the group order, zero, above again, and a good one in the last draw. */
	struct source source = {.octets = {0xff, 0x00, 0xff, 0x5a}};
	struct crypto_keypair pair;
	uint8_t private_key[32];

	(void)state;
	assert_int_equal(generate(&pair, &source), CRYPTO_OK);
	assert_int_equal(source.draws, CRYPTO_P256_DRAWS);
	memset(private_key, 0x5a, 32);
	assert_memory_equal(pair.private_key, private_key, 32);
}

static void a_source_of_scalars_out_of_range_is_given_up(void **state)
{
	struct source source = {.octets = {0xff, 0xff, 0xff, 0xff, 0x5a}};
	struct crypto_keypair pair;

	(void)state;
	assert_int_equal(generate(&pair, &source), CRYPTO_FAILED);
	assert_int_equal(source.draws, CRYPTO_P256_DRAWS);
	assert_true(is_wiped(&pair));
}

static void a_source_that_fails_is_not_asked_again(void **state)
{
	struct source at_once = {.octets = {0x5a, 0x5a}, .fails = 1};
	struct source later = {.octets = {0xff, 0x5a, 0x5a}, .fails = 2};
	struct crypto_keypair pair;

	(void)state;
	assert_int_equal(generate(&pair, &at_once), CRYPTO_FAILED);
	assert_int_equal(at_once.draws, 1);
	assert_true(is_wiped(&pair));
	assert_int_equal(generate(&pair, &later), CRYPTO_FAILED);
	assert_int_equal(later.draws, 2);
	assert_true(is_wiped(&pair));
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_source_alone_fixes_the_key_pair),
		cmocka_unit_test(a_scalar_out_of_range_is_drawn_again),
		cmocka_unit_test(a_source_of_scalars_out_of_range_is_given_up),
		cmocka_unit_test(a_source_that_fails_is_not_asked_again),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
