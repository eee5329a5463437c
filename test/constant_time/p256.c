/* SPDX-License-Identifier: MIT */
/*
 * P-256 by Nettle, for scripts/branches.mjs, which fails when a branch or an address depends on the
 * scalar: in p256_nettle.c, and in the machine code of Nettle and GMP of this system, for this
 * processor. The scalar is marked as undefined, see constant_time.c. Whether a scalar is valid is
 * exempt. With the argument "leak" there is such a branch.
 */
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>

#include "crypto/backend.h"
#include "unit.h"

/* Most significant octet first. */
static const struct {
	const char *name;
	uint8_t first, between, last;
} scalars[] = {
	{"1", 0x00, 0x00, 0x01},
	{"few bits", 0x80, 0x00, 0x00},
	{"half zeros", 0x00, 0x5a, 0x00},
	{"many bits", 0x7f, 0xff, 0xff},
	{"others", 0x31, 0x96, 0xc3},
	{"zero, refused", 0x00, 0x00, 0x00},
	{"above the order, refused", 0xff, 0xff, 0xff},
};

static void fill(uint8_t scalar[32], size_t n)
{
	memset(scalar, scalars[n].between, 32);
	scalar[0] = scalars[n].first;
	scalar[31] = scalars[n].last;
}

static void compute_with_each_scalar(void **state)
{
	uint8_t scalar[32], point[65], peer[65], secret[32];

	(void)state;
	fill(scalar, 4);
	assert_int_equal(backend_p256_public(scalar, peer), CRYPTO_OK);
	for (size_t n = 0; n < COUNT(scalars); n++) {
		fill(scalar, n);
		(void)VALGRIND_MAKE_MEM_UNDEFINED(scalar, sizeof(scalar));
		int error = backend_p256_public(scalar, point);
		(void)VALGRIND_MAKE_MEM_DEFINED(&error, sizeof(error));
		assert_int_equal(error, n < 5 ? CRYPTO_OK : CRYPTO_INVALID_KEY);

		fill(scalar, n);
		(void)VALGRIND_MAKE_MEM_UNDEFINED(scalar, sizeof(scalar));
		error = backend_p256_agree(scalar, peer, secret);
		(void)VALGRIND_MAKE_MEM_DEFINED(&error, sizeof(error));
		assert_int_equal(error, n < 5 ? CRYPTO_OK : CRYPTO_INVALID_KEY);
	}
}

/* The marks reach the result through the library, so that they were seen on the way. */
static void results_depend_on_the_scalar(void **state)
{
	uint8_t scalar[32], point[65], undefined[64];

	(void)state;
	fill(scalar, 4);
	(void)VALGRIND_MAKE_MEM_UNDEFINED(scalar, sizeof(scalar));
	(void)!backend_p256_public(scalar, point);
	(void)VALGRIND_GET_VBITS(point + 1, undefined, sizeof(undefined));
	for (size_t n = 0; n < sizeof(undefined); n++)
		assert_int_equal(undefined[n], 0xff);
}

static void leak(void **state)
{
	volatile uint8_t scalar = 1;

	(void)state;
	(void)VALGRIND_MAKE_MEM_UNDEFINED((void *)(uintptr_t)&scalar, 1);
	if (scalar == 1)
		puts("a branch depends on the scalar");
}

static int print_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size, (void)ctx;
	printf("object 0x%llx %s\n", (unsigned long long)info->dlpi_addr,
	       *info->dlpi_name ? info->dlpi_name : "-");
	return 0;
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest leaking[] = {cmocka_unit_test(leak)};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compute_with_each_scalar),
		cmocka_unit_test(results_depend_on_the_scalar),
	};

	if (!RUNNING_ON_VALGRIND) {
		fputs("constant_time_p256: runs under valgrind only\n", stderr);
		return 77;
	}
	(void)dl_iterate_phdr(print_object, NULL);
	if (argc == 2 && strcmp(argv[1], "leak") == 0)
		return cmocka_run_group_tests(leaking, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
