/* SPDX-License-Identifier: MIT */
/* The shortest, the median and the longest of some times. */
#pragma once

#include <stddef.h>

/* In the unit of the samples; all zero without a sample. */
struct selftest_times {
	double min, median, max;
};

/* Sorts the samples. */
struct selftest_times selftest_times_of(double *samples, size_t count);
