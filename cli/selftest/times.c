/* SPDX-License-Identifier: MIT */
#include "selftest/times.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct selftest_times selftest_times_of(double *samples, size_t count)
{
	if (!count)
		return (struct selftest_times){0};
	qsort(samples, count, sizeof(*samples), compare);
	return (struct selftest_times){
		.min = samples[0],
		.median = (samples[(count - 1) / 2] + samples[count / 2]) / 2,
		.max = samples[count - 1],
	};
}
