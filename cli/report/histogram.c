/* SPDX-License-Identifier: MIT */
#include "report/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The greatest one that is no greater than value. The program needs libm for nothing else, which
 * would take 0.3 MiB of its memory. */
static double power_of_ten(double value)
{
	double power = 1;

	while (isfinite(value) && power * 10 <= value)
		power *= 10;
	while (power > value && power > 0)
		power /= 10;
	return power;
}

double histogram_round_up(double value)
{
	static const double steps[] = {1, 2, 5};
	double power = power_of_ten(value);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (value <= steps[i] * power * (1 + 1e-9))
			return steps[i] * power;
	return 10 * power;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double rank(const double *sorted, size_t count, double part)
{
	size_t i = (size_t)ceil(part * (double)count);

	return sorted[i ? i - 1 : 0];
}

/* A value on an edge belongs to the bin above it, despite rounding. */
static double bin_of(double value, double width)
{
	return floor(value / width + 1e-9);
}

bool histogram_make(struct histogram *h, double *values, size_t count)
{
	memset(h, 0, sizeof(*h));
	if (!count)
		return false;
	qsort(values, count, sizeof(*values), compare);
	h->count = count;
	h->min = values[0];
	h->median = rank(values, count, 0.5);
	h->p95 = rank(values, count, 0.95);
	h->max = values[count - 1];

	/* A few outliers must not push all other values into one bin. */
	double high = rank(values, count, 0.99), spread = high - h->min;
	h->width = histogram_round_up(spread > 0  ? spread / (HISTOGRAM_BINS - 4)
				      : high != 0 ? fabs(high) / 10
						  : 1);
	double first = bin_of(h->min, h->width);
	h->from = first * h->width;
	h->bins = (size_t)(bin_of(high, h->width) - first) + 1;
	for (size_t i = 0; i < count; i++) {
		size_t bin = (size_t)(bin_of(values[i], h->width) - first);
		if (bin < h->bins)
			h->counts[bin]++;
		else
			h->beyond++;
	}
	return true;
}
