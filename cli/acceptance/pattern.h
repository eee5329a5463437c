/* SPDX-License-Identifier: MIT */
/*
 * POSIX extended regular expressions for values of a device. They are bounded: without
 * back-references, whose search may take exponential time, and with few repetitions, so that one
 * compiles in little memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_MAX 200 /* octets */

/* NULL, or what was expected. */
const char *pattern_check(const char *pattern);

/* Whether it matches the whole value; the pattern was checked. A value with a NUL matches none. */
bool pattern_matches(const char *pattern, const uint8_t *value, size_t len);
