/* SPDX-License-Identifier: MIT */
/*
 * The toolbox of Core Vol 3 Part H 2.2 and 2.4.2, and the only file that converts the byte order:
 * arguments are in wire order; the library gets the order that the specification prints.
 *
 * A message that the specification writes as A || B || C, most significant first, is built here in
 * wire order, C first, and reversed as a whole.
 */
#include "crypto/toolbox.h"

#include <string.h>

#include "crypto/backend.h"
#include "crypto/bytes.h"

int crypto_init(void)
{
	return backend_start();
}

int crypto_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return backend_random(out, len);
}

int crypto_e(const uint8_t key[16], const uint8_t plaintext[16], uint8_t ciphertext[16])
{
	uint8_t k[16], in[16], out[16] = {0};

	bytes_reverse(k, key, 16);
	bytes_reverse(in, plaintext, 16);
	int error = backend_aes128(k, in, out);
	bytes_reverse(ciphertext, out, 16);
	bytes_wipe(k, sizeof(k));
	bytes_wipe(in, sizeof(in));
	bytes_wipe(out, sizeof(out));
	return error;
}

int crypto_cmac(const uint8_t key[16], const uint8_t *message, size_t len, uint8_t mac[16])
{
	uint8_t k[16], m[CRYPTO_CMAC_MAX], out[16] = {0};

	if (len > sizeof(m)) {
		memset(mac, 0, 16);
		return CRYPTO_FAILED;
	}
	bytes_reverse(k, key, 16);
	bytes_reverse(m, message, len);
	int error = backend_cmac(k, m, len, out);
	bytes_reverse(mac, out, 16);
	bytes_wipe(k, sizeof(k));
	bytes_wipe(m, sizeof(m));
	bytes_wipe(out, sizeof(out));
	return error;
}

static void xor16(uint8_t *to, const uint8_t *with)
{
	for (size_t i = 0; i < 16; i++)
		to[i] ^= with[i];
}

/* r' = padding || r; hash = e(k, r') mod 2^24 */
int crypto_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3])
{
	uint8_t in[16] = {0}, out[16];

	memcpy(in, prand, 3);
	int error = crypto_e(irk, in, out);
	memcpy(hash, out, 3);
	bytes_wipe(out, sizeof(out));
	return error;
}

/* p1 = pres || preq || rat' || iat', xored with r */
static void c1_first(const uint8_t r[16], const uint8_t preq[7], const uint8_t pres[7],
		     const struct crypto_address *ia, const struct crypto_address *ra,
		     uint8_t block[16])
{
	block[0] = ia->type;
	block[1] = ra->type;
	memcpy(block + 2, preq, 7);
	memcpy(block + 9, pres, 7);
	xor16(block, r);
}

/* p2 = padding || ia || ra */
static void c1_second(const struct crypto_address *ia, const struct crypto_address *ra,
		      uint8_t p2[16])
{
	memset(p2, 0, 16);
	memcpy(p2, ra->octets, 6);
	memcpy(p2 + 6, ia->octets, 6);
}

/* e(k, e(k, r ^ p1) ^ p2) */
int crypto_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t preq[7],
	      const uint8_t pres[7], const struct crypto_address *ia,
	      const struct crypto_address *ra, uint8_t confirm[16])
{
	uint8_t block[16], p2[16];

	c1_first(r, preq, pres, ia, ra, block);
	c1_second(ia, ra, p2);

	int error = crypto_e(tk, block, block);
	xor16(block, p2);
	if (!error)
		error = crypto_e(tk, block, confirm);
	bytes_wipe(block, sizeof(block));
	return error;
}

int crypto_c1_search(const uint8_t r[16], const uint8_t preq[7], const uint8_t pres[7],
		     const struct crypto_address *ia, const struct crypto_address *ra,
		     const uint8_t confirm[16], uint32_t *passkey)
{
	uint8_t block[16], p1[16], p2[16], wanted[16], key[16] = {0}, out[16];
	int error = CRYPTO_OK;

	/* Reversed once: the parts that do not depend on the key. */
	c1_first(r, preq, pres, ia, ra, block);
	bytes_reverse(p1, block, 16);
	c1_second(ia, ra, block);
	bytes_reverse(p2, block, 16);
	bytes_reverse(wanted, confirm, 16);
	for (*passkey = 0; !error && *passkey < CRYPTO_PASSKEYS; (*passkey)++) {
		key[15] = (uint8_t)*passkey;
		key[14] = (uint8_t)(*passkey >> 8);
		key[13] = (uint8_t)(*passkey >> 16);
		error = backend_aes128_twice(key, p1, p2, out);
		if (!error && bytes_equal(out, wanted, 16))
			break;
	}
	return error;
}

/* r' = low half of r1 || low half of r2; e(k, r') */
int crypto_s1(const uint8_t tk[16], const uint8_t r1[16], const uint8_t r2[16], uint8_t stk[16])
{
	uint8_t r[16];

	memcpy(r, r2, 8);
	memcpy(r + 8, r1, 8);
	int error = crypto_e(tk, r, stk);
	bytes_wipe(r, sizeof(r));
	return error;
}

/* CMAC_x(u || v || z) */
int crypto_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z,
	      uint8_t confirm[16])
{
	uint8_t m[65];

	m[0] = z;
	memcpy(m + 1, v, 32);
	memcpy(m + 33, u, 32);
	return crypto_cmac(x, m, sizeof(m), confirm);
}

/* The 56 bits of an address in f5 and f6: its type, then the address (2.2.7). */
static void put_address(uint8_t *p, const struct crypto_address *address)
{
	memcpy(p, address->octets, 6);
	p[6] = address->type;
}

/* T = CMAC_salt(w); CMAC_T(counter || "btle" || n1 || n2 || a1 || a2 || 256) */
int crypto_f5(const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
	      const struct crypto_address *a1, const struct crypto_address *a2, uint8_t mackey[16],
	      uint8_t ltk[16])
{
	static const uint8_t salt[16] = {0xbe, 0x83, 0x60, 0x5a, 0xdb, 0x0b, 0x37, 0x60,
					 0x38, 0xa5, 0xf5, 0xaa, 0x91, 0x83, 0x88, 0x6c};
	uint8_t t[16], m[53];
	int error = crypto_cmac(salt, w, 32, t);

	bytes_put_le16(m, 256);
	put_address(m + 2, a2);
	put_address(m + 9, a1);
	memcpy(m + 16, n2, 16);
	memcpy(m + 32, n1, 16);
	bytes_put_le32(m + 48, 0x62746c65); /* "btle" */
	m[52] = 0;
	if (!error)
		error = crypto_cmac(t, m, sizeof(m), mackey);
	m[52] = 1;
	if (!error)
		error = crypto_cmac(t, m, sizeof(m), ltk);
	bytes_wipe(t, sizeof(t));
	return error;
}

/* CMAC_w(n1 || n2 || r || iocap || a1 || a2) */
int crypto_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
	      const uint8_t iocap[3], const struct crypto_address *a1,
	      const struct crypto_address *a2, uint8_t check[16])
{
	uint8_t m[65];

	put_address(m, a2);
	put_address(m + 7, a1);
	memcpy(m + 14, iocap, 3);
	memcpy(m + 17, r, 16);
	memcpy(m + 33, n2, 16);
	memcpy(m + 49, n1, 16);
	int error = crypto_cmac(w, m, sizeof(m), check);
	bytes_wipe(m, sizeof(m));
	return error;
}

/* CMAC_x(u || v || y) mod 2^32 */
int crypto_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16],
	      uint32_t *number)
{
	uint8_t m[80], mac[16];

	memcpy(m, y, 16);
	memcpy(m + 16, v, 32);
	memcpy(m + 48, u, 32);
	int error = crypto_cmac(x, m, sizeof(m), mac);
	*number = bytes_get_le32(mac) % 1000000;
	return error;
}

int crypto_h6(const uint8_t w[16], uint32_t key_id, uint8_t out[16])
{
	uint8_t m[4];

	bytes_put_le32(m, key_id);
	return crypto_cmac(w, m, sizeof(m), out);
}

int crypto_h7(uint32_t salt, const uint8_t w[16], uint8_t out[16])
{
	uint8_t key[16] = {0};

	bytes_put_le32(key, salt);
	return crypto_cmac(key, w, 16, out);
}

/* An intermediate key by h6 or h7, then the key by h6: 2.4.2.4 and 2.4.2.5. */
static int convert(const uint8_t from[16], bool ct2, uint32_t intermediate_id, uint32_t key_id,
		   uint8_t to[16])
{
	uint8_t intermediate[16];
	int error = ct2 ? crypto_h7(intermediate_id, from, intermediate)
			: crypto_h6(from, intermediate_id, intermediate);

	if (!error)
		error = crypto_h6(intermediate, key_id, to);
	bytes_wipe(intermediate, sizeof(intermediate));
	return error;
}

int crypto_ltk_to_link_key(const uint8_t ltk[16], bool ct2, uint8_t key[16])
{
	return convert(ltk, ct2, 0x746d7031 /* "tmp1" */, 0x6c656272 /* "lebr" */, key);
}

int crypto_link_key_to_ltk(const uint8_t key[16], bool ct2, uint8_t ltk[16])
{
	return convert(key, ct2, 0x746d7032 /* "tmp2" */, 0x62726c65 /* "brle" */, ltk);
}

static void point_from_wire(uint8_t point[65], const uint8_t public_key[64])
{
	point[0] = 0x04;
	bytes_reverse(point + 1, public_key, 32);
	bytes_reverse(point + 33, public_key + 32, 32);
}

static void point_to_wire(uint8_t public_key[64], const uint8_t point[65])
{
	bytes_reverse(public_key, point + 1, 32);
	bytes_reverse(public_key + 32, point + 33, 32);
}

/* NESN, SN and MD are not authenticated: they change when a PDU is sent again. */
int crypto_ccm_open(const uint8_t key[16], const uint8_t nonce[13], uint8_t header,
		    const uint8_t *data, size_t len, uint8_t *plain)
{
	uint8_t k[16];

	bytes_reverse(k, key, 16);
	int error = backend_ccm_open(k, nonce, header & 0xe3, data, len, plain);
	bytes_wipe(k, sizeof(k));
	return error;
}

int crypto_p256_public(const uint8_t private_key[32], uint8_t public_key[64])
{
	uint8_t scalar[32], point[65] = {0};

	bytes_reverse(scalar, private_key, 32);
	int error = backend_p256_public(scalar, point);
	point_to_wire(public_key, point);
	bytes_wipe(scalar, sizeof(scalar));
	return error;
}

/* Drawn and tested, as in FIPS 186-4 B.4.2. */
int crypto_p256_generate(struct crypto_keypair *pair, crypto_random_function *random, void *ctx)
{
	int error = CRYPTO_INVALID_KEY;

	for (int i = 0; i < CRYPTO_P256_DRAWS && error == CRYPTO_INVALID_KEY; i++)
		error = random(ctx, pair->private_key, 32)
				? CRYPTO_FAILED
				: crypto_p256_public(pair->private_key, pair->public_key);
	if (!error)
		return CRYPTO_OK;
	bytes_wipe(pair, sizeof(*pair));
	return CRYPTO_FAILED;
}

int crypto_p256_check(const uint8_t public_key[64])
{
	uint8_t point[65];

	point_from_wire(point, public_key);
	return backend_p256_check(point);
}

bool crypto_p256_is_debug(const uint8_t public_key[64])
{
	static const uint8_t x[32] = {
		0xe6, 0x9d, 0x35, 0x0e, 0x48, 0x01, 0x03, 0xcc, 0xdb, 0xfd, 0xf4,
		0xac, 0x11, 0x91, 0xf4, 0xef, 0xb9, 0xa5, 0xf9, 0xe9, 0xa7, 0x83,
		0x2c, 0x5e, 0x2c, 0xbe, 0x97, 0xf2, 0xd2, 0x03, 0xb0, 0x20,
	};

	return bytes_equal(public_key, x, sizeof(x));
}

int crypto_p256_dhkey(const uint8_t private_key[32], const uint8_t public_key[64],
		      uint8_t dhkey[32])
{
	uint8_t scalar[32], point[65], secret[32] = {0};

	bytes_reverse(scalar, private_key, 32);
	point_from_wire(point, public_key);
	/* Nothing is computed with a point that was not checked first, CVE-2018-5383. */
	int error = backend_p256_check(point);
	if (!error)
		error = backend_p256_agree(scalar, point, secret);
	bytes_reverse(dhkey, secret, 32);
	bytes_wipe(scalar, sizeof(scalar));
	bytes_wipe(secret, sizeof(secret));
	return error;
}

void crypto_shorten(uint8_t key[16], uint8_t size)
{
	/* In wire order the most significant octets, which become zero, are the last. */
	for (size_t i = size; i < 16; i++)
		key[i] = 0;
}
