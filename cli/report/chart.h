/* SPDX-License-Identifier: MIT */
/* Figures of a page, as inline SVG; the classes are those of html_report.css. */
#pragma once

#include <stdio.h>

#include "report/histogram.h"

/* Milliseconds as people say them: "7.5 ms", "340 ms", "1.24 s", "3 min 20 s"; "-" if not finite.
 */
#define HTML_DURATION 24
const char *html_duration(double ms, char text[HTML_DURATION]);

/* The histogram of durations in milliseconds, with its title, axis, median and 95th percentile. */
void html_chart(FILE *out, const char *title, const struct histogram *histogram);

/* A bar of parts of a whole, each with the class that colours it. */
struct html_part {
	const char *class;
	double value;
};
void html_share(FILE *out, const char *label, const struct html_part *parts, size_t count,
		double whole);
