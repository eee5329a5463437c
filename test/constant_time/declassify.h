/* SPDX-License-Identifier: MIT */
/*
 * Included before everything else into the sources under test: the outcome of a comparison of
 * secrets is no secret, and the only thing made of them that is allowed to decide anything.
 */
#pragma once

#include <valgrind/memcheck.h>

#include "crypto/bytes.h"

static inline bool declassified(bool outcome)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(&outcome, sizeof(outcome));
	return outcome;
}

#define bytes_equal(a, b, len) declassified((bytes_equal)(a, b, len))
#define bytes_all_zero(p, len) declassified((bytes_all_zero)(p, len))
