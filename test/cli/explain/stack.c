/* SPDX-License-Identifier: MIT */
#include "cli/explain/stack.h"

#include <string.h>
#include <ucontext.h>

#include "unit.h"

static char stack[1024 * 1024];

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

size_t stack_count(const void *secret, size_t len)
{
	size_t count = 0;

	for (const char *p = stack;
	     (p = memmem(p, (size_t)(stack + sizeof(stack) - p), secret, len)); p++)
		count++;
	return count;
}
