/* SPDX-License-Identifier: MIT */
#include "runtime/absence.h"

#include <unistd.h>

#include "hci/uevents.h"

static void look(void *ctx)
{
	struct absence *a = ctx;
	char spec[HCI_PLACE_SPEC];

	a->step = 2 * a->step < ABSENCE_MOST_US ? 2 * a->step : ABSENCE_MOST_US;
	loop_timer_start(a->loop, &a->look, a->step);
	if (hci_place_find(a->place, spec))
		a->there(a->ctx, spec);
}

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	const struct absence *a = ctx;

	if (!max)
		return 0;
	fds[0] = (struct pollfd){.fd = a->news, .events = POLLIN};
	return 1;
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct absence *a = ctx;
	const uint64_t soon = clock_now() + ABSENCE_FIRST_US;

	(void)fds;
	(void)count;
	/* Many come together: the kernel makes a device of several parts. One look is for all, and
	 * those of other devices do not put it off. */
	if (hci_uevents_take(a->news) && a->look.at > soon) {
		a->step = ABSENCE_FIRST_US;
		loop_timer_start_at(a->loop, &a->look, soon);
	}
}

static void over(void *ctx)
{
	struct absence *a = ctx;

	a->overdue(a->ctx);
}

void absence_begin(struct absence *a, uint64_t limit)
{
	if (!a->under_way) {
		/* A place without a port is a socket, or a device that the schedule finds. */
		a->news = *a->place->port ? hci_uevents_open() : -1;
		a->source = (struct loop_source){.watch = watch, .ready = ready, .ctx = a};
		a->look = (struct loop_timer){.fire = look, .ctx = a};
		a->limit = (struct loop_timer){.fire = over, .ctx = a};
		if (a->news >= 0)
			loop_add(a->loop, &a->source);
	}
	a->under_way = true;
	a->step = ABSENCE_FIRST_US;
	loop_timer_start(a->loop, &a->look, a->step);
	loop_timer_start(a->loop, &a->limit, limit);
}

void absence_end(struct absence *a)
{
	if (!a->under_way)
		return;
	a->under_way = false;
	loop_timer_stop(a->loop, &a->look);
	loop_timer_stop(a->loop, &a->limit);
	loop_remove(a->loop, &a->source);
	if (a->news >= 0)
		close(a->news);
}
