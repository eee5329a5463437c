/* SPDX-License-Identifier: MIT */
/*
 * P-256 by Nettle (libhogweed), in a time that does not depend on secrets: scalars and results go
 * between octets and limbs here, because the conversions of GMP's integers (mpz) depend on the
 * value. Peer's points are public, and checked through integers.
 *
 * Nettle and GMP allocate through the functions that mp_set_memory_functions() takes. During a call
 * they get ours: blocks of one array, which is wiped when the call ends. So nothing is left on the
 * heap, and an operation cannot run out of memory. The functions of other users of GMP in the
 * process are back afterwards.
 */
#include <gmp.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <stdlib.h>

#include "crypto/backend.h"
#include "crypto/bytes.h"

/* ---- Memory ---------------------------------------------------------------------------------- */

/* Nettle 3.8 takes 2 KiB for a product of a point, and 3.10 not more. */
static union {
	uint8_t octets[16384];
	max_align_t alignment;
} arena;
static size_t used;

/* GMP has no way to report that there is no memory: its own functions end the program as well. */
static void *take(size_t size)
{
	size_t whole = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);

	if (size > sizeof(arena) - used) /* both are whole */
		abort();
	used += whole;
	return arena.octets + used - whole;
}

static void *resize(void *block, size_t old_size, size_t size)
{
	return memcpy(take(size), block, old_size < size ? old_size : size);
}

static void release(void *block, size_t size)
{
	(void)block, (void)size; /* with all others, when the call ends */
}

struct memory {
	void *(*allocate)(size_t);
	void *(*reallocate)(void *, size_t, size_t);
	void (*free)(void *, size_t);
};

static void borrow(struct memory *others)
{
	mp_get_memory_functions(&others->allocate, &others->reallocate, &others->free);
	mp_set_memory_functions(take, resize, release);
}

static void give_back(const struct memory *others)
{
	mp_set_memory_functions(others->allocate, others->reallocate, others->free);
	bytes_wipe(arena.octets, used);
	used = 0;
}

/* ---- Octets and limbs, least significant limb first ------------------------------------------ */

enum { LIMB = sizeof(mp_limb_t), LIMBS = 32 / LIMB };

static void to_limbs(mp_limb_t limbs[LIMBS], const uint8_t octets[32])
{
	for (size_t n = 0; n < LIMBS; n++) {
		const uint8_t *p = octets + 32 - LIMB * (n + 1);

		limbs[n] = 0;
		for (size_t i = 0; i < LIMB; i++)
			limbs[n] = limbs[n] << 8 | p[i];
	}
}

static void to_octets(uint8_t octets[32], const mp_limb_t limbs[LIMBS])
{
	for (size_t n = 0; n < 32; n++)
		octets[31 - n] = (uint8_t)(limbs[n / LIMB] >> 8 * (n % LIMB));
}

/* False: it is not 1 to n - 1. Only this leaves a comparison of the scalar. */
static bool to_scalar(mp_limb_t scalar[LIMBS], const uint8_t octets[32])
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
					  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
					  0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	mp_limb_t n[LIMBS], difference[LIMBS];

	to_limbs(n, order);
	to_limbs(scalar, octets);
	const uint8_t below = (uint8_t)mpn_sub_n(difference, scalar, n, LIMBS);
	bytes_wipe(difference, sizeof(difference));
	return !bytes_all_zero(&below, 1) && !bytes_all_zero(octets, 32);
}

/* ---- Points ---------------------------------------------------------------------------------- */

/* False: it is not on the curve, or a coordinate is not reduced. Infinity has no such form. */
static bool to_point(struct ecc_point *point, const uint8_t octets[65])
{
	mp_limb_t x[LIMBS], y[LIMBS];
	mpz_t mx, my;

	to_limbs(x, octets + 1);
	to_limbs(y, octets + 33);
	return octets[0] == 0x04 &&
	       ecc_point_set(point, mpz_roinit_n(mx, x, LIMBS), mpz_roinit_n(my, y, LIMBS));
}

int backend_p256_public(const uint8_t private_key[32], uint8_t point[65])
{
	mp_limb_t scalar[LIMBS], result[2 * LIMBS];
	struct ecc_scalar s = {nettle_get_secp_256r1(), scalar};
	struct ecc_point r = {s.ecc, result};
	bool valid = to_scalar(scalar, private_key);
	struct memory others;

	if (valid) {
		borrow(&others);
		ecc_point_mul_g(&r, &s);
		give_back(&others);
		point[0] = 0x04;
		to_octets(point + 1, result);
		to_octets(point + 33, result + LIMBS);
	}
	bytes_wipe(scalar, sizeof(scalar));
	return valid ? CRYPTO_OK : CRYPTO_INVALID_KEY;
}

int backend_p256_check(const uint8_t point[65])
{
	mp_limb_t limbs[2 * LIMBS];
	struct ecc_point p = {nettle_get_secp_256r1(), limbs};
	struct memory others;

	borrow(&others);
	bool valid = to_point(&p, point);
	give_back(&others);
	return valid ? CRYPTO_OK : CRYPTO_INVALID_KEY;
}

int backend_p256_agree(const uint8_t private_key[32], const uint8_t point[65], uint8_t secret[32])
{
	mp_limb_t scalar[LIMBS], theirs[2 * LIMBS], result[2 * LIMBS];
	struct ecc_scalar s = {nettle_get_secp_256r1(), scalar};
	struct ecc_point p = {s.ecc, theirs}, r = {s.ecc, result};
	struct memory others;

	borrow(&others);
	bool valid = to_scalar(scalar, private_key) && to_point(&p, point);
	if (valid) {
		ecc_point_mul(&r, &s, &p);
		to_octets(secret, result);
		bytes_wipe(result, sizeof(result));
	}
	give_back(&others);
	bytes_wipe(scalar, sizeof(scalar));
	return valid ? CRYPTO_OK : CRYPTO_INVALID_KEY;
}
