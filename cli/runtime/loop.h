/* SPDX-License-Identifier: MIT */
/*
 * The event loop: the place of the program that waits (and output/standard_output.h, for a reader
 * of a full pipe). It watches descriptors, timers and signals, and calls back, until loop_stop().
 * One loop serves a whole run.
 *
 * Sources and timers are linked into it: there may be any number, and nothing is allocated. Zero
 * them before their first use, and do not move them while they are in use.
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
	/* Fills fds (room for max) with the descriptors to wait for now; returns how many. */
	size_t (*watch)(void *ctx, struct pollfd *fds, size_t max);
	/* At least one of these descriptors is ready. */
	void (*ready)(void *ctx, const struct pollfd *fds, size_t count);
	void *ctx;

	/* Private to the loop. */
	struct loop_source *next, **link; /* link NULL: not added */
	size_t first, count;
};

struct loop_timer {
	uint64_t at; /* microseconds of clock_now(); 0: not set */
	void (*fire)(void *ctx);
	void *ctx;

	/* Private to the loop: a pairing heap, the earliest at its root. */
	struct loop_timer *child, *next, **link;
};

struct loop {
	struct loop_source *sources, **tail;
	struct loop_source *next_source; /* while they are called */
	struct loop_timer *timers;
	uint64_t fired; /* when timers fired last: one that is started later fires later */
	int signal_fd;
	void (*on_signal)(void *ctx, int number);
	void *signal_ctx;
	bool stopped;
};

/*
 * 0, or -1 with errno. From here on on_signal gets SIGINT, SIGTERM and SIGHUP, and also SIGWINCH
 * and SIGCONT, after which a terminal must be drawn again.
 */
int loop_init(struct loop *loop);
/* From here on on_signal also gets SIGCHLD, when a child process has ended. 0, or -1 with errno. */
int loop_watch_children(struct loop *loop);
void loop_close(struct loop *loop);

/* To add a source twice, or to remove one that is not there, changes nothing. */
void loop_add(struct loop *loop, struct loop_source *source);
void loop_remove(struct loop *loop, struct loop_source *source);

/* Sets or moves a timer to delay microseconds from now, or to a time; it fires once, from
 * loop_run(). */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay);
void loop_timer_start_at(struct loop *loop, struct loop_timer *timer, uint64_t at);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Runs until loop_stop(); can be called again then. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
