/* SPDX-License-Identifier: MIT */
#include "runtime/output_watch.h"

#include <errno.h>
#include <poll.h>

#include "output/standard_output.h"

static size_t watch_reader(void *ctx, struct pollfd *fds, size_t max)
{
	int fd = max ? standard_output_pipe() : -1;

	(void)ctx;
	if (fd < 0)
		return 0;
	fds[0] = (struct pollfd){.fd = fd}; /* no events: POLLERR and POLLHUP are always reported */
	return 1;
}

static void reader_gone(void *ctx, const struct pollfd *fds, size_t count)
{
	(void)ctx;
	(void)fds;
	(void)count;
	standard_output_lose(EPIPE);
}

/* Whatever wrote is still on the stack: the run is ended from the loop. */
static void end_from_loop(void *ctx)
{
	struct output_watch *watch = ctx;

	loop_timer_start(watch->loop, &watch->timer, 0);
}

static void fire(void *ctx)
{
	struct output_watch *watch = ctx;

	watch->lost(watch->ctx);
}

void output_watch_start(struct output_watch *watch)
{
	watch->timer = (struct loop_timer){.fire = fire, .ctx = watch};
	watch->source =
		(struct loop_source){.watch = watch_reader, .ready = reader_gone, .ctx = watch};
	loop_add(watch->loop, &watch->source);
	standard_output_on_loss(end_from_loop, watch);
	if (standard_output_error())
		end_from_loop(watch);
}

void output_watch_stop(struct output_watch *watch)
{
	standard_output_on_loss(NULL, NULL);
	loop_remove(watch->loop, &watch->source);
	loop_timer_stop(watch->loop, &watch->timer);
}
