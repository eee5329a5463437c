/* SPDX-License-Identifier: MIT */
/*
 * All that the event loop uses of the operating system's time: two clocks and one wait. A program
 * that defines these three functions itself runs all of blepair in virtual time.
 */
#pragma once

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* Microseconds of a monotonic clock; never 0. */
uint64_t clock_now(void);
/* Microseconds since 1970, for captures and files. */
uint64_t clock_wall(void);

/*
 * Waits until one of the descriptors is ready, or clock_now() reaches deadline (UINT64_MAX: never).
 * Returns how many are ready, 0 when the time is over, -1 with errno, as poll().
 */
int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline);
