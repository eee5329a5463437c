/* SPDX-License-Identifier: MIT */
/*
 * Why a link stays up after its success: the command of --while-connected runs, or the time of
 * --linger is not over. The event loop goes on meanwhile, so the peer is served.
 */
#pragma once

#include <stdint.h>

#include "output/event.h"
#include "runtime/hook.h"

/* The variables of a command. */
#define HOLD_ENVIRONMENT 1024
struct hold_environment {
	char text[HOLD_ENVIRONMENT]; /* NAME=VALUE, each with its zero */
	size_t len;
};

/* Adds a variable; one that has no room, or no value (NULL), is left out. */
void hold_set(struct hold_environment *environment, const char *name, const char *value);

struct hold {
	struct hook_call call;
	struct loop_timer linger;
	bool runs, lingers;	   /* what it waits for */
	bool has_run;		   /* once for each link: */
	struct hook_result result; /* ... how the command ended */

	/* While it runs or lingers. */
	struct hook *hook;
	struct loop *loop;
	struct event_output *events;
	double seconds; /* limit of the command */
	void (*over)(void *ctx);
	void *ctx;
};

struct hold_setup {
	struct hook *hook; /* NULL: no command */
	const struct hold_environment *environment;
	struct loop *loop;
	struct event_output *events;
	double hook_seconds, linger; /* 0: not at all */
	/* Called once, from the loop, when the command has ended and the time is over; not after
	 * hold_stop(). */
	void (*over)(void *ctx);
	void *ctx;
};

/* False: there is nothing to wait for, or it was waited for before. */
bool hold_start(struct hold *hold, const struct hold_setup *setup);

bool hold_is_active(const struct hold *hold);

/* Ends it now: kills the command, whose result is end. Does nothing if it is not active. */
void hold_stop(struct hold *hold, enum hook_end end);

/* The command ran, and did not succeed. */
bool hold_failed(const struct hold *hold);
