/* SPDX-License-Identifier: MIT */
/*
 * Shows what a run waits for, and how long: once a second, by a timer of the loop, from the second
 * second of a step on. On a terminal only: see output/status_line.h.
 */
#pragma once

#include "output/status_line.h"
#include "runtime/loop.h"
#include "runtime/prompt.h"

struct progress_step {
	const char *what; /* "scanning" */
	uint64_t until;	  /* as clock_now(); 0: it has no limit that is known */
};

struct progress {
	/* Fills what goes on. False: nothing that is worth a line. */
	bool (*describe)(void *ctx, struct progress_step *step);
	void *ctx;

	/* Private. */
	struct loop *loop;
	const struct console *console;
	struct event_output *events;
	struct status_line line;
	struct loop_timer timer;
	const char *what; /* the step that was found last, and when */
	uint64_t since;
};

/* describe and ctx are set; console: while a question is open, nothing is shown. */
void progress_start(struct progress *progress, struct loop *loop, const struct console *console,
		    struct event_output *events);
/* Removes the line. Does nothing if it was not started. */
void progress_stop(struct progress *progress);
