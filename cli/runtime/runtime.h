/* SPDX-License-Identifier: MIT */
/*
 * What one process runs: one event loop, the controllers in it, standard input, signals, and root,
 * which is given up for good as soon as every controller is open or has failed to open.
 */
#pragma once

#include "base/exit_code.h"
#include "hci/inventory.h"
#include "options/options.h"
#include "output/event.h"
#include "runtime/controller.h"
#include "runtime/loop.h"
#include "runtime/output_watch.h"
#include "runtime/prompt.h"
#include "store/store.h"

struct runtime {
	struct loop loop;
	struct console console;
	struct output_watch output;
	struct controller_owner owner;	/* what its controllers share */
	struct controller *controllers; /* those that are not given back yet */
	unsigned opening;		/* those among them that may still need root */
	unsigned signals;
	bool root;		      /* not given up yet */
	char spec[HCI_SPEC_MAX];      /* of the controller, if it is not the one of the options */
	struct loop_timer time_limit; /* --timeout, from the first moment of the run */

	/* SIGINT, SIGTERM or SIGHUP: end what is under way, then controller_finish(). NULL: there
	 * is nothing to end. */
	void (*interrupted)(void *ctx);
	/* --timeout of a run with one controller is over: the same. NULL: the run has no limit. */
	void (*time_over)(void *ctx);
	/* Root is given up for good, and the filter of system calls is set. NULL: nothing waits. */
	void (*root_gone)(void *ctx);
	/* The terminal has another size, or is ours again; NULL: nothing is drawn. */
	void (*redraw)(void *ctx);
	void *ctx;
};

/* 0, or -1 with errno. All pointers are borrowed until runtime_close(). */
int runtime_init(struct runtime *run, const struct options *options, struct store *store);

/*
 * Opens a controller in this run. Before the first one, the caller sets run->opening to the number
 * of controllers that it is going to open: root is kept until that many are open or have failed.
 */
void runtime_open(struct runtime *run, struct controller *controller,
		  const struct controller_setup *setup);

/* Starts the timer of --timeout, which limits the wait for a reader of standard output, too. */
void runtime_limit(struct runtime *run, struct loop_timer *timer, double seconds);

/* Runs until the last controller is given back. */
void runtime_run(struct runtime *run);
void runtime_close(struct runtime *run);

/*
 * A run with one controller, the first of the options; spec, capture and events of setup are filled
 * in here. Its --timeout counts from here on: it ends a controller that is not up yet as well.
 * Initializes run; call runtime_close() afterwards in any case. Returns CLI_OK, or the
 * code that user->failed was given.
 */
enum cli_exit runtime_run_controller(struct runtime *run, struct controller *controller,
				     const struct options *options, struct event_output *events,
				     struct store *store, struct controller_setup setup);
