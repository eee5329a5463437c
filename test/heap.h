/* SPDX-License-Identifier: MIT */
/*
 * A heap for tests: makes allocations fail, counts blocks, and finds secrets in freed blocks. Link
 * with heap(TARGET) of test/CMakeLists.txt; it intercepts the calls of our own libraries.
 */
#pragma once

#include <stddef.h>

/* Makes allocation n from now fail (1: the next one); 0: none. */
void heap_fail_at(size_t n);

/* The number of allocated blocks. */
long heap_blocks(void);

/*
 * Between them, calls count and fail nothing: for a library, which calls these functions as well if
 * it is linked statically.
 */
void heap_pause(void);
void heap_resume(void);

/* Fails the test when a block that contains these octets is freed. NULL: no check. */
void heap_forbid(const void *octets, size_t len);
