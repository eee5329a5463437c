/* SPDX-License-Identifier: MIT */
/* What P-256 by Nettle leaves in memory: on the heap, in its blocks and on the stack. */
#include <gmp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/backend.h"
#include "crypto/bytes.h"
#include "stack.h"
#include "unit.h"

/* ---- The blocks that Nettle and GMP were given ----------------------------------------------- */

static struct block {
	uint8_t *at;
	size_t size;
} blocks[256];
static size_t count, total;
static void *(*take)(size_t), *(*resize)(void *, size_t, size_t);

static void *record(void *block, size_t size)
{
	assert_true(count < COUNT(blocks));
	blocks[count++] = (struct block){block, size};
	total += size;
	return block;
}

static void *take_and_record(size_t size)
{
	return record(take(size), size);
}

static void *resize_and_record(void *block, size_t old_size, size_t size)
{
	return record(resize(block, old_size, size), size);
}

void __real___gmp_set_memory_functions(void *(*allocate)(size_t),
				       void *(*reallocate)(void *, size_t, size_t),
				       void (*release)(void *, size_t));
void __wrap___gmp_set_memory_functions(void *(*allocate)(size_t),
				       void *(*reallocate)(void *, size_t, size_t),
				       void (*release)(void *, size_t));
static void *(*first_allocate)(size_t);

/* The second call of each pair gives the functions of others back. */
void __wrap___gmp_set_memory_functions(void *(*allocate)(size_t),
				       void *(*reallocate)(void *, size_t, size_t),
				       void (*release)(void *, size_t))
{
	if (allocate == first_allocate) {
		__real___gmp_set_memory_functions(allocate, reallocate, release);
		return;
	}
	take = allocate;
	resize = reallocate;
	__real___gmp_set_memory_functions(take_and_record, resize_and_record, release);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static uint8_t ours[32], theirs[32], our_point[65], their_point[65], secret[32], out[65];

static int public_key(void)
{
	return backend_p256_public(ours, out);
}

static int check(void)
{
	return backend_p256_check(their_point);
}

static int agree(void)
{
	return backend_p256_agree(ours, their_point, out);
}

static int agree_with_a_wrong_point(void)
{
	uint8_t wrong[65];

	memcpy(wrong, their_point, 65);
	wrong[64] ^= 1;
	return backend_p256_agree(ours, wrong, out);
}

static int agree_with_a_wrong_scalar(void)
{
	uint8_t wrong[32];

	memset(wrong, 0xff, 32);
	return backend_p256_agree(wrong, their_point, out);
}

static const struct operation {
	int (*function)(void);
	int result;
	bool takes_blocks;
} operations[] = {
	{public_key, CRYPTO_OK, true},
	{check, CRYPTO_OK, true},
	{agree, CRYPTO_OK, true},
	{agree_with_a_wrong_point, CRYPTO_INVALID_KEY, true},
	{agree_with_a_wrong_scalar, CRYPTO_INVALID_KEY, false},
};

/* 20 key pairs: a value that happens to be zero proves nothing. */
static void new_keys(void)
{
	assert_int_equal(backend_random(ours, 32) || backend_random(theirs, 32), 0);
	ours[0] &= 0x7f;
	theirs[0] &= 0x7f;
	assert_int_equal(backend_p256_public(ours, our_point), CRYPTO_OK);
	assert_int_equal(backend_p256_public(theirs, their_point), CRYPTO_OK);
	assert_int_equal(backend_p256_agree(theirs, our_point, secret), CRYPTO_OK);
}

static void blocks_are_wiped(void **state)
{
	(void)state;
	for (size_t n = 0; n < 20 * COUNT(operations); n++) {
		const struct operation *o = &operations[n % COUNT(operations)];

		new_keys();
		count = 0;
		assert_int_equal(o->function(), o->result);
		assert_int_equal(count > 0, o->takes_blocks);
		for (size_t i = 0; i < count; i++)
			assert_true(bytes_all_zero(blocks[i].at, blocks[i].size));
	}
}

/* A newer Nettle may need more: the array has four times as much as this one. */
static void blocks_have_room_to_spare(void **state)
{
	(void)state;
	new_keys();
	for (size_t n = 0; n < COUNT(operations); n++) {
		total = 0;
		assert_int_equal(operations[n].function(), operations[n].result);
		assert_true(total <= 4096);
	}
}

/* Blocks of others, taken before and after a call, are their own. */
static void other_users_of_gmp_keep_their_memory(void **state)
{
	mpz_t before, after;

	(void)state;
	new_keys();
	mpz_init_set_ui(before, 7);
	for (size_t n = 0; n < COUNT(operations); n++) {
		count = 0;
		assert_int_equal(operations[n].function(), operations[n].result);
		size_t taken = count;
		mpz_init_set_ui(after, 3);
		mpz_mul_2exp(before, before, 200);
		mpz_add(after, after, before);
		mpz_clear(after);
		assert_int_equal(count, taken);
	}
	mpz_clear(before);
}

static const struct operation *operation;
static int its_result;

static void run(void)
{
	count = 0;
	its_result = operation->function();
}

/* As octets and as limbs, which are reversed on a little-endian machine. */
static bool on_stack(const uint8_t octets[32])
{
	uint8_t reversed[32];

	bytes_reverse(reversed, octets, 32);
	/* Parts of it count as well. */
	return stack_holds(octets, 16) || stack_holds(octets + 16, 16) ||
	       stack_holds(reversed, 16) || stack_holds(reversed + 16, 16);
}

static void the_stack_holds_no_secret(void **state)
{
	(void)state;
	for (size_t n = 0; n < 20 * COUNT(operations); n++) {
		operation = &operations[n % COUNT(operations)];
		new_keys();
		stack_run(run);
		assert_int_equal(its_result, operation->result);
		assert_false(on_stack(ours));
		assert_false(on_stack(secret));
	}
}

/* AddressSanitizer keeps variables elsewhere, to notice their use after the function. */
__attribute__((no_sanitize("address"))) static int leave_a_copy(void)
{
	uint8_t copy[32];

	bytes_reverse(copy, ours, 32);
	__asm__ volatile("" : : "r"(copy) : "memory");
	return CRYPTO_OK;
}

static void a_copy_on_the_stack_is_found(void **state)
{
	const struct operation copying = {leave_a_copy, CRYPTO_OK, false};

	(void)state;
	new_keys();
	operation = &copying;
	stack_run(run);
	assert_true(on_stack(ours));
	assert_false(on_stack(secret));
}

#define ARENA 16384

/* Whether a process that takes these two blocks lives. */
static bool lives(size_t one, size_t other)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		const struct rlimit none = {0, 0};
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);
		(void)take(one);
		if (other)
			(void)take(other);
		_exit(0);
	}
	assert_true(child > 0);
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGABRT);
	return WIFEXITED(status);
}

/* GMP cannot report it: as its own functions, ours end the program. */
static void no_block_is_beyond_the_room(void **state)
{
	(void)state;
	assert_int_equal(public_key(), CRYPTO_OK);
	assert_true(lives(ARENA, 0));
	assert_true(lives(1, ARENA - sizeof(max_align_t)));
	assert_false(lives(ARENA + 1, 0));
	assert_false(lives(SIZE_MAX, 0));
	assert_false(lives(ARENA, 1));
	assert_false(lives(1, ARENA - sizeof(max_align_t) + 1));
}

static void a_block_that_is_resized_keeps_its_octets_and_no_others(void **state)
{
	static const uint8_t zero[32];

	(void)state;
	new_keys();
	assert_int_equal(public_key(), CRYPTO_OK); /* the blocks are wiped */
	uint8_t *block = take(32), *next = take(32);
	memset(block, 1, 32);
	memset(next, 2, 32);
	uint8_t *larger = resize(block, 32, 64), *smaller = resize(block, 32, 16);
	assert_memory_equal(larger, block, 32);
	assert_memory_equal(larger + 32, zero, 32);
	assert_memory_equal(smaller, block, 16);
	assert_memory_equal(smaller + 16, zero, 16);
	assert_int_equal(public_key(), CRYPTO_OK); /* gives them back */
	assert_memory_equal(block, zero, 32);
}

static int start(void **state)
{
	void *(*reallocate)(void *, size_t, size_t);
	void (*release)(void *, size_t);

	(void)state;
	mp_get_memory_functions(&first_allocate, &reallocate, &release);
	return backend_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_wiped),
		cmocka_unit_test(blocks_have_room_to_spare),
		cmocka_unit_test(other_users_of_gmp_keep_their_memory),
		cmocka_unit_test(no_block_is_beyond_the_room),
		cmocka_unit_test(a_block_that_is_resized_keeps_its_octets_and_no_others),
		cmocka_unit_test(a_copy_on_the_stack_is_found),
		cmocka_unit_test(the_stack_holds_no_secret),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
