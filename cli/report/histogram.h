/* SPDX-License-Identifier: MIT */
/* The distribution of values: bins of a round width, and the usual quantiles. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HISTOGRAM_BINS 24

struct histogram {
	size_t count;	    /* values, including those beyond the bins */
	double from, width; /* bin i holds from + i * width <= value < from + (i + 1) * width */
	size_t bins;	    /* at most HISTOGRAM_BINS */
	size_t counts[HISTOGRAM_BINS];
	size_t beyond;		      /* above the last bin: at most one value in 100 is */
	double min, median, p95, max; /* by nearest rank */
};

/* Counts finite values, which it sorts. False: there are none, and the histogram is empty. */
bool histogram_make(struct histogram *histogram, double *values, size_t count);

/* The least of 1, 2 and 5 times a power of ten that is at least value, which is positive. */
double histogram_round_up(double value);
