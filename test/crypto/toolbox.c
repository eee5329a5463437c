/* SPDX-License-Identifier: MIT */
/* Every published vector of the file, a test each, by the name of its function. */
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
	expect(v, "public_b_y", b + 32, 32);
	assert_int_equal(crypto_p256_check(b), 0);
	assert_int_equal(crypto_p256_check(a), 0);
	assert_int_equal(crypto_p256_dhkey(private_a.octets, b, ab), 0);
	assert_int_equal(crypto_p256_dhkey(private_b.octets, a, ba), 0);
	expect(v, "dhkey", ab, 32);
	assert_memory_equal(ab, ba, 32);
}

/*
 * RFC 4493 2.3. The library keeps its subkeys to itself, but with one block of message, and with
 * none, CMAC is e of that block and a subkey.
 */
static void t_cmac_subkeys(const json_t *v)
{
	const json_t *output = json_object_get(v, "output");
	const struct input key = in(v, "key");
	uint8_t block[16] = {0}, k[16], e[16], mac[16];

	assert_int_equal(crypto_e(key.octets, block, e), 0);
	expect(v, "aes0", e, 16);

	assert_int_equal(vector_hex(output, "k1", k, 16), 16);
	for (uint8_t i = 0; i < 16; i++)
		block[i] = (uint8_t)(i ^ k[i]);
	assert_int_equal(crypto_e(key.octets, block, e), 0);
	for (uint8_t i = 0; i < 16; i++)
		block[i] = i;
	assert_int_equal(crypto_cmac(key.octets, block, 16, mac), 0);
	assert_memory_equal(e, mac, 16);

	assert_int_equal(vector_hex(output, "k2", k, 16), 16);
	k[15] ^= 0x80; /* the padding of an empty message: a one and zeros */
	assert_int_equal(crypto_e(key.octets, k, e), 0);
	assert_int_equal(crypto_cmac(key.octets, block, 0, mac), 0);
	assert_memory_equal(e, mac, 16);
}

/* Part H 2.4.5: CMAC of the message and the counter; here all is in wire order. */
static void t_att_sign(const json_t *v)
{
	const json_t *inputs = json_object_get(v, "inputs");
	uint8_t csrk[16], message[80], mac[16], want[12];
	const char *output = json_string_value(json_object_get(v, "output"));

	assert_int_equal(vector_text("_wire", json_string_value(json_object_get(inputs, "csrk")),
				     csrk, sizeof(csrk)),
			 16);
	size_t len = vector_text("_wire", json_string_value(json_object_get(inputs, "msg")),
				 message, sizeof(message) - 4);
	bytes_put_le32(message + len,
		       (uint32_t)json_integer_value(json_object_get(inputs, "sign_counter")));
	assert_int_equal(vector_text("_wire", output, want, sizeof(want)), 12);
	assert_memory_equal(message + len, want, 4);
	assert_int_equal(crypto_cmac(csrk, message, len + 4, mac), 0);
	assert_memory_equal(mac + 8, want + 4, 8);
}

static const struct {
	const char *function;
	void (*test)(const json_t *v);
} functions[] = {
	{"e", t_e},
	{"aes_cmac", t_cmac},
	{"aes_cmac_subkeys", t_cmac_subkeys},
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
	{"att_sign", t_att_sign},
};

/* One test per vector, with the name and the source of the vector. */
static void published_vector(void **state)
{
	const json_t *v = *state;
	const char *function = json_string_value(json_object_get(v, "function"));

	for (size_t k = 0; k < COUNT(functions); k++) {
		if (strcmp(functions[k].function, function) != 0)
			continue;
		functions[k].test(v);
		return;
	}
	fail_msg("nothing here computes %s", function);
}

static const json_t *published(const char *id)
{
	json_t *all = (json_t *)(uintptr_t)vectors("vectors"), *v;
	size_t i;

	json_array_foreach(all, i, v)
	{
		if (strcmp(json_string_value(json_object_get(v, "id")), id) == 0)
			return v;
	}
	fail_msg("no vector %s", id);
	return NULL;
}

static void assert_text(const char *text, const uint8_t *got)
{
	uint8_t want[16];

	assert_int_equal(vector_text("", text, want, sizeof(want)), 16);
	assert_memory_equal(got, want, 16);
}

/*
 * In the published vectors z is 0 and every address is public. Derived, with another program's
 * CMAC: the same inputs with z of a passkey's bit that is set, and with one address random.
 */
static void rounds_and_address_types_count(void **state)
{
	static const struct {
		uint8_t t1, t2;
		const char *mackey, *ltk, *check;
	} types[] = {
		{1, 0, "83c98889dad1137c562f23f31f49b4bd", "bbdfc86c2ee15c692831db65400cd02f",
		 "8fbcbfef1d7ffe61dfc4c11d4cd74ba5"},
		{0, 1, "5d2ef5eb940f3a984a8679f8c865d057", "bcf54f1454cc232f56dc5028a72a70fa",
		 "a665c74728adb1ca37169a1eefa12995"},
	};
	const json_t *f4 = published("f4"), *f5 = published("f5"), *f6 = published("f6");
	uint8_t a[16], b[16];

	(void)state;
	assert_int_equal(
		crypto_f4(in(f4, "u").octets, in(f4, "v").octets, in(f4, "x").octets, 0x81, a), 0);
	assert_text("79349d5a636c6a3778dde94bf0dabdc7", a);
	for (size_t i = 0; i < COUNT(types); i++) {
		struct crypto_address a1 = address(f5, "a1", NULL), a2 = address(f5, "a2", NULL);
		a1.type = types[i].t1;
		a2.type = types[i].t2;
		assert_int_equal(crypto_f5(in(f5, "w").octets, in(f5, "n1").octets,
					   in(f5, "n2").octets, &a1, &a2, a, b),
				 0);
		assert_text(types[i].mackey, a);
		assert_text(types[i].ltk, b);
		assert_int_equal(crypto_f6(in(f6, "w").octets, in(f6, "n1").octets,
					   in(f6, "n2").octets, in(f6, "r").octets,
					   in(f6, "iocap").octets, &a1, &a2, a),
				 0);
		assert_text(types[i].check, a);
	}
}

/* With the real cipher; the bounds of the search are tested in standin.c. */
static void a_passkey_is_found_by_its_confirm_value(void **state)
{
	static const uint32_t passkeys[] = {0, 7, 300, 70000};
	const json_t *v = published("c1");
	struct crypto_address ia = address(v, "ia", "iat"), ra = address(v, "ra", "rat");

	(void)state;
	for (size_t n = 0; n < COUNT(passkeys); n++) {
		uint8_t tk[16] = {0}, confirm[16];
		uint32_t found;
		bytes_put_le32(tk, passkeys[n]);
		assert_int_equal(crypto_c1(tk, in(v, "r").octets, in(v, "preq").octets,
					   in(v, "pres").octets, &ia, &ra, confirm),
				 0);
		assert_int_equal(crypto_c1_search(in(v, "r").octets, in(v, "preq").octets,
						  in(v, "pres").octets, &ia, &ra, confirm, &found),
				 0);
		assert_int_equal(found, passkeys[n]);
	}
}

/* SM/CEN/KDU/BI-04-C, CVE-2018-5383: refused before anything is computed with them. */
static void invalid_public_keys_are_refused(void **state)
{
	size_t i, refused = 0, taken = 0;
	const json_t *v;
	uint8_t key[64], dhkey[32], private_key[32] = {1};

	(void)state;
	json_array_foreach((json_t *)(uintptr_t)vectors("invalid_public_keys"), i, v)
	{
		assert_int_equal(vector_hex(v, "x", key, 32), 32);
		assert_int_equal(vector_hex(v, "y", key + 32, 32), 32);
		/* A reflected key and the debug key are valid points: the engine refuses them.
		 */
		if (json_is_true(json_object_get(v, "on_curve"))) {
			assert_int_equal(crypto_p256_check(key), 0);
			taken++;
			continue;
		}
		assert_int_equal(crypto_p256_check(key), CRYPTO_INVALID_KEY);
		assert_int_equal(crypto_p256_dhkey(private_key, key, dhkey), CRYPTO_INVALID_KEY);
		refused++;
	}
	assert_int_equal(refused, 4);
	assert_int_equal(taken, 3);
}

/*
 * Coordinates are below p. Derived: the curve's points with X = 0 and with Y = 5; with p added to
 * that coordinate they name the same points modulo p, and must be refused all the same.
 */
static void unreduced_coordinates_are_refused(void **state)
{
	static const struct {
		const char *x, *y;
		int result;
	} points[] = {
		{"0000000000000000000000000000000000000000000000000000000000000000",
		 "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4", 0},
		{"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
		 "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
		 CRYPTO_INVALID_KEY},
		{"d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7",
		 "0000000000000000000000000000000000000000000000000000000000000005", 0},
		{"d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7",
		 "ffffffff00000001000000000000000000000001000000000000000000000004",
		 CRYPTO_INVALID_KEY},
	};
	uint8_t key[64], dhkey[32];
	const uint8_t private_key[32] = {2};

	(void)state;
	for (size_t i = 0; i < COUNT(points); i++) {
		assert_int_equal(vector_text("", points[i].x, key, 32), 32);
		assert_int_equal(vector_text("", points[i].y, key + 32, 32), 32);
		assert_int_equal(crypto_p256_check(key), points[i].result);
		assert_int_equal(crypto_p256_dhkey(private_key, key, dhkey), points[i].result);
	}
}

/* A refusal leaves no value that could be mistaken for a result. */
static void a_refusal_leaves_zeros(void **state)
{
	uint8_t dhkey[32], mac[16], public_key[64];
	const uint8_t zeros[64] = {0}, one[32] = {1};
	static const uint8_t message[CRYPTO_CMAC_MAX + 1];

	(void)state;
	memset(dhkey, 0xa5, sizeof(dhkey));
	assert_int_equal(crypto_p256_dhkey(one, zeros, dhkey), CRYPTO_INVALID_KEY);
	assert_true(bytes_all_zero(dhkey, sizeof(dhkey)));

	assert_int_equal(crypto_p256_public(one, public_key), 0);
	memset(dhkey, 0xa5, sizeof(dhkey));
	assert_int_equal(crypto_p256_dhkey(zeros, public_key, dhkey), CRYPTO_INVALID_KEY);
	assert_true(bytes_all_zero(dhkey, sizeof(dhkey)));

	memset(public_key, 0xa5, sizeof(public_key));
	assert_int_equal(crypto_p256_public(zeros, public_key), CRYPTO_INVALID_KEY);
	assert_true(bytes_all_zero(public_key, sizeof(public_key)));

	assert_int_equal(crypto_cmac(zeros, message, CRYPTO_CMAC_MAX, mac), 0);
	memset(mac, 0xa5, sizeof(mac));
	assert_int_equal(crypto_cmac(zeros, message, CRYPTO_CMAC_MAX + 1, mac), CRYPTO_FAILED);
	assert_true(bytes_all_zero(mac, sizeof(mac)));
}

/* Every octet is filled, and with other values each time. */
static void random_octets_are_fresh(void **state)
{
	uint8_t a[64], b[64], seen[64] = {0};

	(void)state;
	for (int round = 0; round < 32; round++) {
		memset(a, 0, sizeof(a));
		assert_int_equal(crypto_random(NULL, a, sizeof(a)), 0);
		for (size_t i = 0; i < sizeof(a); i++)
			seen[i] |= a[i];
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_not_equal(seen[i], 0);
	assert_int_equal(crypto_random(NULL, b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Private keys are 1 to n - 1, n the order of the group, Part H 2.3.5.6.1. */
static void invalid_private_keys_are_refused(void **state)
{
	static const struct {
		const char *key;
		int result;
	} keys[] = {
		{"0000000000000000000000000000000000000000000000000000000000000000",
		 CRYPTO_INVALID_KEY},
		{"0000000000000000000000000000000000000000000000000000000000000001", 0},
		{"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", 0},
		{"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		 CRYPTO_INVALID_KEY},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		 CRYPTO_INVALID_KEY},
	};
	struct crypto_keypair peer;
	uint8_t key[32], public_key[64], dhkey[32];

	(void)state;
	assert_int_equal(crypto_p256_generate(&peer, crypto_random, NULL), 0);
	for (size_t i = 0; i < COUNT(keys); i++) {
		assert_int_equal(vector_text("", keys[i].key, key, 32), 32);
		assert_int_equal(crypto_p256_public(key, public_key), keys[i].result);
		assert_int_equal(crypto_p256_dhkey(key, peer.public_key, dhkey), keys[i].result);
	}
}

static void key_pairs_are_fresh_and_agree(void **state)
{
	struct crypto_keypair a, b;
	uint8_t ab[32], ba[32], again[64];

	(void)state;
	assert_int_equal(crypto_p256_generate(&a, crypto_random, NULL), 0);
	assert_int_equal(crypto_p256_generate(&b, crypto_random, NULL), 0);
	assert_memory_not_equal(a.private_key, b.private_key, 32);
	assert_int_equal(crypto_p256_public(a.private_key, again), 0);
	assert_memory_equal(again, a.public_key, 64);
	assert_int_equal(crypto_p256_dhkey(a.private_key, b.public_key, ab), 0);
	assert_int_equal(crypto_p256_dhkey(b.private_key, a.public_key, ba), 0);
	assert_memory_equal(ab, ba, 32);
}

/* Vol 3 Part H 2.3.5.6.1, the private one, in wire order. */
static void the_debug_key_is_known(void **state)
{
	static const uint8_t debug[32] = {0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58,
					  0x99, 0xb7, 0x40, 0xeb, 0x7b, 0x60, 0xff, 0x4a,
					  0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3, 0xc9, 0x74,
					  0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f};
	uint8_t key[64];

	(void)state;
	assert_int_equal(crypto_p256_public(debug, key), 0);
	assert_true(crypto_p256_is_debug(key));
	for (size_t i = 0; i < 32; i++) {
		key[i] ^= 1;
		assert_false(crypto_p256_is_debug(key));
		key[i] ^= 1;
	}
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

#define VECTORS_MAX 64

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(rounds_and_address_types_count),
		cmocka_unit_test(a_passkey_is_found_by_its_confirm_value),
		cmocka_unit_test(invalid_public_keys_are_refused),
		cmocka_unit_test(unreduced_coordinates_are_refused),
		cmocka_unit_test(invalid_private_keys_are_refused),
		cmocka_unit_test(a_refusal_leaves_zeros),
		cmocka_unit_test(random_octets_are_fresh),
		cmocka_unit_test(key_pairs_are_fresh_and_agree),
		cmocka_unit_test(the_debug_key_is_known),
		cmocka_unit_test(keys_are_shortened_at_the_right_end),
	};
	static char names[VECTORS_MAX][100];
	struct CMUnitTest tests[VECTORS_MAX + COUNT(others)] = {0};
	json_t *all = (json_t *)(uintptr_t)vectors("vectors"), *v;
	size_t i, n = json_array_size(all);

	if (n > VECTORS_MAX)
		abort();
	json_array_foreach(all, i, v)
	{
		(void)snprintf(names[i], sizeof(names[i]), "%s (%s)",
			       json_string_value(json_object_get(v, "id")),
			       json_string_value(json_object_get(v, "spec")));
		tests[i] = (struct CMUnitTest){
			.name = names[i], .test_func = published_vector, .initial_state = v};
	}
	memcpy(tests + n, others, sizeof(others));
	return _cmocka_run_group_tests("crypto/toolbox", tests, n + COUNT(others), start, NULL);
}
