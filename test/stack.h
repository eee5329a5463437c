/* SPDX-License-Identifier: MIT */
/* Looks for secrets that a function leaves on the stack. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* True: the memory has these octets. It may be a stack that is in use. */
bool memory_holds(const void *memory, size_t size, const void *octets, size_t len);

/*
 * Calls run on a stack of its own, which stays readable afterwards. A function that is bound at its
 * first call leaves registers there: link the test with -z now, or call it before.
 */
void stack_run(void (*run)(void));

/* True: the octets are on the stack that the last stack_run() used. */
bool stack_holds(const void *octets, size_t len);

/* The same, below an address of that stack; false if it is of another one. */
bool stack_holds_below(const void *end, const void *octets, size_t len);
