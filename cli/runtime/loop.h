/* SPDX-License-Identifier: MIT */
/*
 * The event loop: the only place of the program that waits. It watches descriptors, timers and
 * signals, and calls back; it stops when told to. One serves a whole run, whatever is in it.
 *
 * Sources and timers are links of it: there may be any number, and none takes memory. They are
 * zeroed before their first use, and stay where they are while they are in use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* Descriptors of all sources together; each controller has at most HCI_TRANSPORT_FDS. */
#define LOOP_FDS 512

/* Something with descriptors. */
struct loop_source {
	/* Fills fds (room for at most max) with what to wait for now; returns how many. */
	size_t (*watch)(void *ctx, struct pollfd *fds, size_t max);
	/* Some of these descriptors are ready. */
	void (*ready)(void *ctx, const struct pollfd *fds, size_t count);
	void *ctx;

	/* The loop's own. */
	struct loop_source *next, **link; /* link NULL: not added */
	size_t first, count;
};

struct loop_timer {
	uint64_t at; /* microseconds of clock_now(); 0: not set */
	void (*fire)(void *ctx);
	void *ctx;

	/* The loop's own: a pairing heap, the earliest at its root. */
	struct loop_timer *child, *next, **link;
};

struct loop {
	struct loop_source *sources, **tail;
	struct loop_source *turn; /* whose turn is next, while they are called */
	struct loop_timer *timers;
	uint64_t fired; /* when timers were last: what is started since then comes after it */
	int signal_fd;
	void (*on_signal)(void *ctx, int number);
	void *signal_ctx;
	bool stopped;
};

/*
 * 0, or -1 with errno. SIGINT, SIGTERM and SIGHUP come to on_signal from here on, and SIGWINCH and
 * SIGCONT, after which a terminal is to be drawn again.
 */
int loop_init(struct loop *loop);
void loop_close(struct loop *loop);

/* Adding what is there already, or removing what is not, changes nothing. */
void loop_add(struct loop *loop, struct loop_source *source);
void loop_remove(struct loop *loop, struct loop_source *source);

/* Sets or moves a timer to delay microseconds from now; it fires once, from loop_run(). */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay);
void loop_timer_start_at(struct loop *loop, struct loop_timer *timer, uint64_t at);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
