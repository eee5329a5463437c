/* SPDX-License-Identifier: MIT */
/*
 * The toolbox on a stand-in for the library: what its functions leave on the stack, and the bounds
 * of the search for a passkey, which the real library makes slow.
 */
#include <string.h>

#include "crypto/backend.h"
#include "crypto/bytes.h"
#include "crypto/toolbox.h"
#include "stack.h"
#include "unit.h"

/* ---- The stand-in: it remembers every value that it was given and that it returned ----------- */

struct value {
	uint8_t octets[CRYPTO_CMAC_MAX];
	size_t len;
};

static struct values {
	struct value list[16];
	size_t count;
} keys, messages, results;

static uint8_t pool[1024]; /* of results, unlike the arguments below */
static size_t used;

static void keep(struct values *values, const uint8_t *octets, size_t len)
{
	struct value *v = &values->list[values->count % COUNT(values->list)];

	for (size_t n = 0; n < len; n++)
		v->octets[n] = octets[n];
	v->len = len;
	values->count++;
}

static int give(uint8_t *out, size_t len)
{
	assert_true(used + len <= sizeof(pool));
	memcpy(out, pool + used, len);
	keep(&results, pool + used, len);
	used += len;
	return CRYPTO_OK;
}

int backend_start(void)
{
	return CRYPTO_OK;
}

int backend_random(uint8_t *out, size_t len)
{
	return give(out, len);
}

int backend_aes128(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	keep(&keys, key, 16);
	keep(&messages, in, 16);
	return give(out, 16);
}

/* Not AES: the key and nothing else, so that it can be searched. */
int backend_aes128_twice(const uint8_t key[16], const uint8_t in[16], const uint8_t between[16],
			 uint8_t out[16])
{
	(void)in, (void)between;
	for (size_t n = 0; n < 16; n++)
		out[n] = key[n];
	keep(&keys, key, 16);
	return CRYPTO_OK;
}

int backend_cmac(const uint8_t key[16], const uint8_t *message, size_t len, uint8_t mac[16])
{
	keep(&keys, key, 16);
	keep(&messages, message, len);
	return give(mac, 16);
}

int backend_ccm_open(const uint8_t key[16], const uint8_t nonce[13], uint8_t extra,
		     const uint8_t *in, size_t len, uint8_t *out)
{
	(void)nonce, (void)extra, (void)in;
	keep(&keys, key, 16);
	return give(out, len - 4);
}

int backend_p256_public(const uint8_t private_key[32], uint8_t point[65])
{
	keep(&keys, private_key, 32);
	memset(point, 0x11, 65);
	return CRYPTO_OK;
}

int backend_p256_check(const uint8_t point[65])
{
	(void)point;
	return CRYPTO_OK;
}

int backend_p256_agree(const uint8_t private_key[32], const uint8_t point[65], uint8_t secret[32])
{
	(void)point;
	keep(&keys, private_key, 32);
	return give(secret, 32);
}

/* ---- The functions of the toolbox ------------------------------------------------------------ */

/* Arguments: distinct octets, none of them zero. */
static uint8_t k[32], x[64], y[64], r1[16], r2[16], out[80], more[16];
static const struct crypto_address a1 = {0, {1, 2, 3, 4, 5, 6}}, a2 = {1, {7, 8, 9, 10, 11, 12}};
static struct crypto_keypair pair;
static uint32_t number;

static int e(void)
{
	return crypto_e(k, r1, out);
}

static int cmac(void)
{
	return crypto_cmac(k, x, 64, out);
}

static int ah(void)
{
	return crypto_ah(k, r1, out);
}

static int c1(void)
{
	return crypto_c1(k, r1, x, y, &a1, &a2, out);
}

static int search(void)
{
	return crypto_c1_search(r1, x, y, &a1, &a2, more, &number);
}

static int s1(void)
{
	return crypto_s1(k, r1, r2, out);
}

static int f4(void)
{
	return crypto_f4(x, y, k, 0x80, out);
}

static int f5(void)
{
	return crypto_f5(k, r1, r2, &a1, &a2, out, more);
}

static int f6(void)
{
	return crypto_f6(k, r1, r2, x, y, &a1, &a2, out);
}

static int g2(void)
{
	return crypto_g2(x, y, k, r1, &number);
}

static int h6(void)
{
	return crypto_h6(k, 0x6c656272, out);
}

static int h7(void)
{
	return crypto_h7(0x746d7031, k, out);
}

static int link_key(void)
{
	return crypto_ltk_to_link_key(k, false, out);
}

static int link_key_by_h7(void)
{
	return crypto_ltk_to_link_key(k, true, out);
}

static int ltk(void)
{
	return crypto_link_key_to_ltk(k, true, out);
}

static int ccm_open(void)
{
	return crypto_ccm_open(k, r1, 2, x, 24, out);
}

static int public_key(void)
{
	return crypto_p256_public(k, out);
}

static int generate(void)
{
	return crypto_p256_generate(&pair, crypto_random, NULL);
}

static int dhkey(void)
{
	return crypto_p256_dhkey(k, x, out);
}

/* ---- The stack ------------------------------------------------------------------------------- */

/* The compiler cannot leave out the array. */
#define USED(array) __asm__ volatile("" : : "r"(array) : "memory")

static int (*function_to_run)(void);
static int its_error;

static void run(void)
{
	its_error = function_to_run();
}

static void run_on_own_stack(int (*function)(void))
{
	function_to_run = function;
	stack_run(run);
	assert_int_equal(its_error, CRYPTO_OK);
}

/* Eight octets with few zeros among them: constants and padding are no secrets. */
static bool is_distinct(const uint8_t *octets)
{
	unsigned zeros = 0;

	for (size_t n = 0; n < 8; n++)
		zeros += octets[n] == 0;
	return zeros < 4;
}

static bool any_on_stack(const struct values *values, bool reversed)
{
	for (size_t i = 0; i < values->count && i < COUNT(values->list); i++) {
		const struct value *v = &values->list[i];
		uint8_t octets[CRYPTO_CMAC_MAX];
		if (reversed)
			bytes_reverse(octets, v->octets, v->len);
		else
			memcpy(octets, v->octets, v->len);
		for (size_t n = 0; n + 8 <= v->len; n++)
			if (is_distinct(octets + n) && stack_holds(octets + n, 8))
				return true;
	}
	return false;
}

enum { PUBLIC_MESSAGE = 1, PUBLIC_RESULT = 2 };

static const struct {
	const char *name;
	int (*function)(void);
	unsigned flags;
} functions[] = {
	{"e", e, 0},
	{"cmac", cmac, 0},
	{"ah", ah, 0},
	{"c1", c1, 0},
	{"c1_search", search, 0},
	{"s1", s1, 0},
	{"f4", f4, PUBLIC_MESSAGE}, /* public keys */
	{"f5", f5, PUBLIC_MESSAGE}, /* nonces and addresses */
	{"f6", f6, 0},		    /* the passkey, or out-of-band data */
	{"g2", g2, PUBLIC_MESSAGE | PUBLIC_RESULT},
	{"h6", h6, 0},
	{"h7", h7, 0},
	{"ltk_to_link_key", link_key, 0},
	{"ltk_to_link_key by h7", link_key_by_h7, 0},
	{"link_key_to_ltk", ltk, 0},
	{"ccm_open", ccm_open, 0},
	{"p256_public", public_key, 0},
	{"p256_generate", generate, 0},
	{"p256_dhkey", dhkey, 0},
};

/*
 * No copy of a key, message or result stays on the stack, in either byte order. Messages that are
 * public may stay as the function built them, in wire order. The compiler may still spill registers
 * when it optimises; the test is built with -O1, where it does not.
 */
static void no_function_leaves_secrets_on_the_stack(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(functions); n++) {
		used = 0;
		/* Once before: the dynamic linker saves registers on the stack at a first call. */
		assert_int_equal(functions[n].function(), CRYPTO_OK);
		keys.count = messages.count = results.count = 0;
		run_on_own_stack(functions[n].function);
		assert_true(keys.count > 0);
		if (any_on_stack(&keys, false) || any_on_stack(&keys, true))
			fail_msg("%s leaves a key", functions[n].name);
		if (any_on_stack(&messages, false) ||
		    (!(functions[n].flags & PUBLIC_MESSAGE) && any_on_stack(&messages, true)))
			fail_msg("%s leaves a message", functions[n].name);
		if (any_on_stack(&results, false) ||
		    (!(functions[n].flags & PUBLIC_RESULT) && any_on_stack(&results, true)))
			fail_msg("%s leaves a result", functions[n].name);
	}
}

static int leave_a_copy(void)
{
	uint8_t copy[16];

	memcpy(copy, k, 16);
	USED(copy);
	keep(&keys, k, 16);
	return CRYPTO_OK;
}

static void a_copy_on_the_stack_is_found(void **state)
{
	(void)state;
	keys.count = 0;
	run_on_own_stack(leave_a_copy);
	assert_true(any_on_stack(&keys, false));
	assert_false(any_on_stack(&keys, true));
}

/* ---- The search for a passkey ---------------------------------------------------------------- */

/* Searches a key, in wire order; returns the number of keys that were tried. */
static size_t search_key(uint32_t wanted)
{
	uint8_t confirm[16] = {0};

	bytes_put_le32(confirm, wanted);
	keys.count = 0;
	assert_int_equal(crypto_c1_search(r1, x, y, &a1, &a2, confirm, &number), CRYPTO_OK);
	return keys.count;
}

static void the_search_ends_at_the_passkey(void **state)
{
	static const uint32_t passkeys[] = {0, 1, 255, 256, 65535, 65536, 123456, 999999};

	(void)state;
	for (size_t n = 0; n < COUNT(passkeys); n++) {
		assert_int_equal(search_key(passkeys[n]), passkeys[n] + 1);
		assert_int_equal(number, passkeys[n]);
	}
}

static void the_search_ends_after_the_last_passkey(void **state)
{
	(void)state;
	assert_int_equal(search_key(1000000), 1000000);
	assert_int_equal(number, CRYPTO_PASSKEYS);
}

static int start(void **state)
{
	uint8_t octet = 0x21;
	struct {
		uint8_t *octets;
		size_t len;
	} arguments[] = {{k, sizeof(k)}, {r1, sizeof(r1)}, {r2, sizeof(r2)}, {x, 32}, {y, 16}};

	(void)state;
	for (size_t n = 0; n < COUNT(arguments); n++)
		for (size_t i = 0; i < arguments[n].len; i++)
			arguments[n].octets[i] = octet++;
	for (size_t i = 0; i < sizeof(pool); i++)
		pool[i] = (uint8_t)(0x80 | 3 * i);
	memcpy(x + 32, x, 32);
	memcpy(y + 16, y, 16);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_on_the_stack_is_found),
		cmocka_unit_test(no_function_leaves_secrets_on_the_stack),
		cmocka_unit_test(the_search_ends_at_the_passkey),
		cmocka_unit_test(the_search_ends_after_the_last_passkey),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
