/* SPDX-License-Identifier: MIT */
/* What crypto/p256_nettle.c uses of libhogweed, and of GMP, which libhogweed brings along. */
#include <gmp.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>

#include "stubs/stub.h"

/* clang-format off */
#define NETTLE(result, name, parameters, arguments) STUB(LIBRARY_NETTLE, result, name, parameters, arguments)

NETTLE(const struct ecc_curve *, nettle_get_secp_256r1, (void), ())
NETTLE(int, ecc_point_set, (struct ecc_point *p, const mpz_t x, const mpz_t y), (p, x, y))
NETTLE(void, ecc_point_mul, (struct ecc_point *r, const struct ecc_scalar *n, const struct ecc_point *p), (r, n, p))
NETTLE(void, ecc_point_mul_g, (struct ecc_point *r, const struct ecc_scalar *n), (r, n))
NETTLE(mp_limb_t, mpn_sub_n, (mp_ptr r, mp_srcptr a, mp_srcptr b, mp_size_t n), (r, a, b, n))
NETTLE(mpz_srcptr, mpz_roinit_n, (mpz_ptr x, mp_srcptr limbs, mp_size_t n), (x, limbs, n))
NETTLE(void, mp_get_memory_functions, (void *(**a)(size_t), void *(**r)(void *, size_t, size_t), void (**f)(void *, size_t)), (a, r, f))
NETTLE(void, mp_set_memory_functions, (void *(*a)(size_t), void *(*r)(void *, size_t, size_t), void (*f)(void *, size_t)), (a, r, f))
