/* SPDX-License-Identifier: MIT */
/*
 * A run: one event loop, the controllers that are in it, standard input, signals, and root, which
 * is given up for good as soon as every controller is open or has failed to open.
 */
#pragma once

#include "base/exit_code.h"
#include "options/options.h"
#include "output/event.h"
#include "runtime/loop.h"
#include "runtime/prompt.h"
#include "store/store.h"

struct controller;
struct controller_user;

struct runtime {
	const struct options *options;
	struct event_output *events;
	struct store *store;
	struct loop loop;
	struct console console;
	struct controller *controllers; /* those that are not given back yet */
	unsigned opening;		/* those among them that may still need root */
	unsigned signals;
	bool root; /* not given up yet */

	/* SIGINT, SIGTERM or SIGHUP: wind up, then controller_finish(). NULL: nothing to wind up.
	 */
	void (*interrupted)(void *ctx);
	/* The terminal has another size, or is ours again; NULL: nothing is drawn. */
	void (*redraw)(void *ctx);
	void *ctx;
};

/* 0, or -1 with errno. */
int runtime_init(struct runtime *run, const struct options *options, struct event_output *events,
		 struct store *store);
/* Runs until the last controller is given back. */
void runtime_run(struct runtime *run);
void runtime_close(struct runtime *run);

/* Of controllers: one is settled, open or not; one is given back. */
void runtime_settled(struct runtime *run);
void runtime_left(struct runtime *run, struct controller *controller);

/*
 * A run with the controller of the options alone; user and ctx are told of everything. Returns
 * CLI_OK, or the code that user->failed was told.
 */
enum cli_exit runtime_run_controller(struct controller *controller, const struct options *options,
				     struct event_output *events, struct store *store,
				     const struct controller_user *user, void *ctx);
