/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/clock.h"

#include <time.h>

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_now(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

uint64_t clock_wall(void)
{
	return clock_us(CLOCK_REALTIME);
}

int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	uint64_t now = clock_now(), left = deadline > now ? deadline - now : 0;
	struct timespec time = {.tv_sec = (time_t)(left / 1000000),
				.tv_nsec = (long)(left % 1000000 * 1000)};

	return ppoll(fds, count, deadline == UINT64_MAX ? NULL : &time, NULL);
}
