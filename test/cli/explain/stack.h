/* SPDX-License-Identifier: MIT */
/* Looks for secrets that a function leaves on the stack. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Calls run on a stack of its own. */
void stack_run(void (*run)(void));

/* How often secret (len octets) is on the stack that the last stack_run() used. */
size_t stack_count(const void *secret, size_t len);
