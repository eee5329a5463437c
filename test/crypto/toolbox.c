/* SPDX-License-Identifier: MIT */
/* Every published vector of the file, by the name of its function. */
#include "crypto/toolbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"
#include "vectors/vectors.h"

/* One input of the vector under test. */
struct input {
	uint8_t octets[80];
	size_t len;
};

static struct input in(const json_t *v, const char *name)
{
	struct input i = {{0}, 0};

	i.len = vector_hex(json_object_get(v, "inputs"), name, i.octets, sizeof(i.octets));
	return i;
}

/* The addresses of f5 and f6 are 7 octets, the type most significant. */
static struct crypto_address address(const json_t *v, const char *name, const char *type)
{
	struct input i = in(v, name), t = {{0}, 0};
	struct crypto_address a = {.type = i.octets[6]};

	if (type) {
		t = in(v, type);
		a.type = t.octets[0];
	}
	memcpy(a.octets, i.octets, 6);
	return a;
}

static void expect(const json_t *v, const char *member, const uint8_t *got, size_t len)
{
	const json_t *output = json_object_get(v, "output");
	uint8_t want[64];
	size_t want_len = member ? vector_hex(output, member, want, sizeof(want))
				 : vector_text("", json_string_value(output), want, sizeof(want));

	assert_int_equal(want_len, len);
	assert_memory_equal(got, want, len);
}

static void t_e(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_e(in(v, "key").octets, in(v, "plaintext").octets, out), 0);
	expect(v, NULL, out, 16);
}

static void t_cmac(const json_t *v)
{
	uint8_t out[16];
	struct input m = in(v, "msg");
	assert_int_equal(crypto_cmac(in(v, "key").octets, m.octets, m.len, out), 0);
	expect(v, NULL, out, 16);
}

static void t_c1(const json_t *v)
{
	uint8_t out[16];
	struct crypto_address ia = address(v, "ia", "iat"), ra = address(v, "ra", "rat");
	assert_int_equal(crypto_c1(in(v, "k").octets, in(v, "r").octets, in(v, "preq").octets,
				   in(v, "pres").octets, &ia, &ra, out),
			 0);
	expect(v, NULL, out, 16);
}

static void t_s1(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_s1(in(v, "k").octets, in(v, "r1").octets, in(v, "r2").octets, out),
			 0);
	expect(v, NULL, out, 16);
}

static void t_ah(const json_t *v)
{
	uint8_t out[3];
	assert_int_equal(crypto_ah(in(v, "k").octets, in(v, "r").octets, out), 0);
	expect(v, NULL, out, 3);
}

static void t_f4(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_f4(in(v, "u").octets, in(v, "v").octets, in(v, "x").octets,
				   in(v, "z").octets[0], out),
			 0);
	expect(v, NULL, out, 16);
}

static void t_f5(const json_t *v)
{
	uint8_t mackey[16], ltk[16];
	struct crypto_address a1 = address(v, "a1", NULL), a2 = address(v, "a2", NULL);
	assert_int_equal(crypto_f5(in(v, "w").octets, in(v, "n1").octets, in(v, "n2").octets, &a1,
				   &a2, mackey, ltk),
			 0);
	expect(v, "mackey", mackey, 16);
	expect(v, "ltk", ltk, 16);
}

static void t_f6(const json_t *v)
{
	uint8_t out[16];
	struct crypto_address a1 = address(v, "a1", NULL), a2 = address(v, "a2", NULL);
	assert_int_equal(crypto_f6(in(v, "w").octets, in(v, "n1").octets, in(v, "n2").octets,
				   in(v, "r").octets, in(v, "iocap").octets, &a1, &a2, out),
			 0);
	expect(v, NULL, out, 16);
}

static void t_g2(const json_t *v)
{
	uint32_t number;
	assert_int_equal(crypto_g2(in(v, "u").octets, in(v, "v").octets, in(v, "x").octets,
				   in(v, "y").octets, &number),
			 0);
	assert_int_equal(
		number,
		atoi(json_string_value(json_object_get(json_object_get(v, "output"), "decimal6"))));
}

static void t_h6(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_h6(in(v, "w").octets, bytes_get_le32(in(v, "keyid").octets), out),
			 0);
	expect(v, NULL, out, 16);
}

static void t_h7(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_h7(bytes_get_le32(in(v, "salt").octets), in(v, "w").octets, out),
			 0);
	expect(v, NULL, out, 16);
}

static bool ct2(const json_t *v)
{
	return json_integer_value(json_object_get(json_object_get(v, "inputs"), "ct2")) != 0;
}

static void t_ltk_to_link_key(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_ltk_to_link_key(in(v, "ltk").octets, ct2(v), out), 0);
	expect(v, "link_key", out, 16);
}

static void t_link_key_to_ltk(const json_t *v)
{
	uint8_t out[16];
	assert_int_equal(crypto_link_key_to_ltk(in(v, "link_key").octets, ct2(v), out), 0);
	expect(v, "ltk", out, 16);
}

static void t_p256(const json_t *v)
{
	uint8_t a[64], b[64], ab[32], ba[32];
	struct input private_a = in(v, "private_a"), private_b = in(v, "private_b");

	assert_int_equal(crypto_p256_public(private_a.octets, a), 0);
	assert_int_equal(crypto_p256_public(private_b.octets, b), 0);
	expect(v, "public_a_x", a, 32);
	expect(v, "public_a_y", a + 32, 32);
	expect(v, "public_b_x", b, 32);
	assert_int_equal(crypto_p256_check(a), 0);
	assert_int_equal(crypto_p256_dhkey(private_a.octets, b, ab), 0);
	assert_int_equal(crypto_p256_dhkey(private_b.octets, a, ba), 0);
	expect(v, "dhkey", ab, 32);
	assert_memory_equal(ab, ba, 32);
}

static const struct {
	const char *function;
	void (*test)(const json_t *v);
} functions[] = {
	{"e", t_e},
	{"aes_cmac", t_cmac},
	{"c1", t_c1},
	{"s1", t_s1},
	{"ah", t_ah},
	{"f4", t_f4},
	{"f5", t_f5},
	{"f6", t_f6},
	{"g2", t_g2},
	{"h6", t_h6},
	{"h7", t_h7},
	{"ctkd_ltk_to_linkkey", t_ltk_to_link_key},
	{"ctkd_linkkey_to_ltk", t_link_key_to_ltk},
	{"p256_ecdh", t_p256},
};

static void published_vectors(void **state)
{
	size_t i, done = 0;
	const json_t *v;

	(void)state;
	json_array_foreach((json_t *)(uintptr_t)vectors("vectors"), i, v)
	{
		const char *function = json_string_value(json_object_get(v, "function"));
		for (size_t k = 0; k < COUNT(functions); k++) {
			if (strcmp(functions[k].function, function) != 0)
				continue;
			functions[k].test(v);
			done++;
		}
	}
	/* All but CMAC's subkeys, which the library keeps to itself, and signing, which is not
	 * here. */
	assert_int_equal(done, json_array_size(vectors("vectors")) - 6);
}

/* SM/CEN/KDU/BI-04-C, CVE-2018-5383: refused before anything is computed with them. */
static void invalid_public_keys_are_refused(void **state)
{
	size_t i, refused = 0;
	const json_t *v;
	uint8_t key[64], dhkey[32], private_key[32] = {1};

	(void)state;
	json_array_foreach((json_t *)(uintptr_t)vectors("invalid_public_keys"), i, v)
	{
		if (json_is_true(json_object_get(v, "on_curve")) || !vector_hex(v, "x", key, 32) ||
		    !vector_hex(v, "y", key + 32, 32))
			continue;
		assert_int_equal(crypto_p256_check(key), CRYPTO_INVALID_KEY);
		assert_int_equal(crypto_p256_dhkey(private_key, key, dhkey), CRYPTO_INVALID_KEY);
		refused++;
	}
	assert_true(refused >= 4);
}

/* Private keys are 1 to n - 1, Part H 2.3.5.6.1. */
static void invalid_private_keys_are_refused(void **state)
{
	uint8_t key[32] = {0}, public_key[64];

	(void)state;
	assert_int_equal(crypto_p256_public(key, public_key), CRYPTO_INVALID_KEY);
	memset(key, 0xff, sizeof(key));
	assert_int_equal(crypto_p256_public(key, public_key), CRYPTO_INVALID_KEY);
}

static void key_pairs_are_fresh_and_agree(void **state)
{
	struct crypto_keypair a, b;
	uint8_t ab[32], ba[32], again[64];

	(void)state;
	assert_int_equal(crypto_p256_generate(&a), 0);
	assert_int_equal(crypto_p256_generate(&b), 0);
	assert_memory_not_equal(a.private_key, b.private_key, 32);
	assert_int_equal(crypto_p256_public(a.private_key, again), 0);
	assert_memory_equal(again, a.public_key, 64);
	assert_int_equal(crypto_p256_dhkey(a.private_key, b.public_key, ab), 0);
	assert_int_equal(crypto_p256_dhkey(b.private_key, a.public_key, ba), 0);
	assert_memory_equal(ab, ba, 32);
}

static void keys_are_shortened_at_the_right_end(void **state)
{
	size_t i;
	const json_t *v;

	(void)state;
	assert_true(json_array_size(vectors("key_size_masking")) > 0);
	json_array_foreach((json_t *)(uintptr_t)vectors("key_size_masking"), i, v)
	{
		uint8_t key[16], want[16];
		assert_int_equal(vector_hex(v, "ltk", key, 16), 16);
		assert_int_equal(vector_hex(v, "masked_wire", want, 16), 16);
		crypto_shorten(key, (uint8_t)json_integer_value(json_object_get(v, "key_size")));
		assert_memory_equal(key, want, 16);
	}
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(invalid_public_keys_are_refused),
		cmocka_unit_test(invalid_private_keys_are_refused),
		cmocka_unit_test(key_pairs_are_fresh_and_agree),
		cmocka_unit_test(keys_are_shortened_at_the_right_end),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
