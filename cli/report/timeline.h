/* SPDX-License-Identifier: MIT */
/* When units ended and how long they took, over the time of day: an hour that was slow shows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TIMELINE_BINS 60

/* A unit that ended. */
struct timeline_unit {
	double end;  /* seconds since 1970 */
	double took; /* milliseconds; NAN: not known */
	bool paired;
};

/*
 * The seconds of a bin for that span: a second, a minute, an hour, a day, or a usual multiple, so
 * that there are at most TIMELINE_BINS.
 */
double timeline_width(double from, double to);

/*
 * Draws units, which it sorts by their end: how many were paired and how many failed in each bin,
 * and below, on the same axis, how long those took that were paired. values: room for count.
 */
void timeline_draw(FILE *out, struct timeline_unit *units, size_t count, double *values);
