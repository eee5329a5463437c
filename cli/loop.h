/* SPDX-License-Identifier: MIT */
/*
 * The event loop: the only place of the program that waits. It watches descriptors, timers and
 * signals, and calls back; it stops when told to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/loop_clock.h"

#define LOOP_SOURCES 8
#define LOOP_TIMERS  32
#define LOOP_FDS     64

/* Something with descriptors; owned by the caller, who leaves it in place while it is added. */
struct loop_source {
	/* Fills fds (room for at most max) with what to wait for now; returns how many. */
	size_t (*watch)(void *ctx, struct pollfd *fds, size_t max);
	/* Some of these descriptors are ready. */
	void (*ready)(void *ctx, const struct pollfd *fds, size_t count);
	void *ctx;
};

struct loop_timer {
	uint64_t at; /* microseconds of loop_now(); 0: not set */
	void (*fire)(void *ctx);
	void *ctx;
};

struct loop {
	struct loop_source *sources[LOOP_SOURCES];
	struct loop_timer *timers[LOOP_TIMERS];
	int signal_fd;
	void (*on_signal)(void *ctx, int number);
	void *signal_ctx;
	bool stopped;
};

/* 0, or -1 with errno. SIGINT, SIGTERM and SIGHUP come to on_signal from here on. */
int loop_init(struct loop *loop);
void loop_close(struct loop *loop);

void loop_add(struct loop *loop, struct loop_source *source);
void loop_remove(struct loop *loop, struct loop_source *source);

/* Sets or moves a timer to delay microseconds from now; it fires once. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay);
void loop_timer_start_at(struct loop *loop, struct loop_timer *timer, uint64_t at);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Forgets all sources and timers, and that it was stopped: another run may follow. */
void loop_clear(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
