/* SPDX-License-Identifier: MIT */
/* How many units end in a minute, over the latest ones. Times are microseconds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BATCH_RATE_UNITS 64

/* Zeroed: no unit has ended. */
struct batch_rate {
	uint64_t ends[BATCH_RATE_UNITS]; /* a ring of the latest */
	size_t count;			 /* of all that ended */
};

void batch_rate_add(struct batch_rate *rate, uint64_t now);

/* Units a minute, from the first end in the ring until now; 0: not known yet. */
double batch_rate_per_minute(const struct batch_rate *rate, uint64_t now);
