/* SPDX-License-Identifier: MIT */
/*
 * The heap under test: allocations that fail, blocks that are never freed, and secrets in blocks
 * that are. Link with heap(TARGET) of test/CMakeLists.txt; it sees the calls of our own libraries.
 */
#pragma once

#include <stddef.h>

/* Allocation n from now fails (1: the next one); 0: none does. */
void heap_fail_at(size_t n);

/* Blocks that are allocated now. */
long heap_blocks(void);

/* Fails the test when a block that holds these octets is freed. NULL: none are secret. */
void heap_forbid(const void *octets, size_t len);
