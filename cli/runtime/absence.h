/* SPDX-License-Identifier: MIT */
/*
 * Waits until a controller is there again at its place: on news of the kernel and of udev, and on a
 * schedule for places without news (a socket, a container). Both only have the caller look again.
 */
#pragma once

#include "hci/place.h"
#include "runtime/loop.h"

/* The schedule: the first look, then each time twice as long after the one before, at most. */
#define ABSENCE_FIRST_US 100000
#define ABSENCE_MOST_US	 4000000

struct absence {
	/* Set these before absence_begin(); place is borrowed. */
	struct loop *loop;
	const struct hci_place *place;
	/* Something is at the place: open it as spec names it. Called until absence_end(). */
	void (*there)(void *ctx, const char *spec);
	/* The limit is over; looking goes on. */
	void (*overdue)(void *ctx);
	void *ctx;

	/* Private. */
	int news;
	bool under_way;
	uint64_t step;
	struct loop_source source;
	struct loop_timer look, limit;
};

/* Begins, or begins anew with another limit, in microseconds; there() is never called from here. */
void absence_begin(struct absence *absence, uint64_t limit);

/* In any state. */
void absence_end(struct absence *absence);
