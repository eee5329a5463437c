/* SPDX-License-Identifier: MIT */
#include "stack.h"

#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "unit.h"

static char stack[1024 * 1024];

__attribute__((no_sanitize("address"))) bool memory_holds(const void *memory, size_t size,
							  const void *octets, size_t len)
{
	const volatile uint8_t *at = memory;
	const uint8_t *want = octets;

	for (; size >= len; at++, size--) {
		size_t i = 0;
		while (i < len && at[i] == want[i])
			i++;
		if (i == len)
			return true;
	}
	return false;
}

void stack_run(void (*run)(void))
{
	ucontext_t here, there;

	memset(stack, 0xa5, sizeof(stack)); /* no end of a secret */
	assert_int_equal(getcontext(&there), 0);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &here;
	makecontext(&there, run, 0);
	assert_int_equal(swapcontext(&here, &there), 0);
}

bool stack_holds(const void *octets, size_t len)
{
	return memory_holds(stack, sizeof(stack), octets, len);
}

bool stack_holds_below(const void *end, const void *octets, size_t len)
{
	const char *p = end;

	return p > stack && p <= stack + sizeof(stack) &&
	       memory_holds(stack, (size_t)(p - stack), octets, len);
}
