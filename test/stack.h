/* SPDX-License-Identifier: MIT */
/* Data that functions leave on the stack when they return. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define STACK_SEARCHED 65536

/*
 * True: the octets are on the stack below the caller's frame. Call it directly after the function
 * under test, because any other call overwrites that part of the stack.
 */
__attribute__((noinline, no_sanitize("address"), unused)) static bool
stack_holds(const void *octets, size_t len)
{
	const volatile unsigned char *want = octets;
	const volatile unsigned char *top = __builtin_frame_address(0);

	for (const volatile unsigned char *at = top - STACK_SEARCHED; at + len <= top; at++) {
		size_t i = 0;
		while (i < len && at[i] == want[i])
			i++;
		if (i == len)
			return true;
	}
	return false;
}
