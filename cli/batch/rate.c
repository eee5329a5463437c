/* SPDX-License-Identifier: MIT */
#include "batch/rate.h"

void batch_rate_add(struct batch_rate *rate, uint64_t now)
{
	rate->ends[rate->count++ % BATCH_RATE_UNITS] = now;
}

double batch_rate_per_minute(const struct batch_rate *rate, uint64_t now)
{
	const size_t held = rate->count < BATCH_RATE_UNITS ? rate->count : BATCH_RATE_UNITS;
	const uint64_t first = rate->ends[(rate->count - held) % BATCH_RATE_UNITS];

	/* The first end starts the clock: it does not count. */
	return held >= 2 && now > first ? (double)(held - 1) * 60e6 / (double)(now - first) : 0;
}
