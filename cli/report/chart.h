/* SPDX-License-Identifier: MIT */
/* Figures of a page, as inline SVG; their classes are those of batch_report.css. */
#pragma once

#include <stdio.h>

#include "report/histogram.h"

/* A histogram of durations in milliseconds, with its title, axes, median and 95th percentile. */
void chart_histogram(FILE *out, const char *title, const struct histogram *histogram);

/* A part of a bar, and the class that colours it. */
struct chart_part {
	const char *class;
	double value;
};

/* A bar of parts; whole: the value of its full length. */
void chart_share(FILE *out, const char *label, const struct chart_part *parts, size_t count,
		 double whole);
