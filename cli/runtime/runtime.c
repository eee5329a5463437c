/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/runtime.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/privilege.h"
#include "base/sandbox.h"
#include "output/standard_output.h"

/* ---- Signals --------------------------------------------------------------------------------- */

/* The first signal ends what is under way, the second gives controllers back at once. */
static void cancel(struct runtime *run)
{
	struct controller *c;
	bool up = false;

	for (c = run->controllers; c; c = c->next) {
		up |= c->state == CONTROLLER_UP;
		if (run->signals > 1 || controller_is_not_up(c))
			controller_fail(c, CLI_CANCELLED, "cancelled");
		else if (!run->interrupted)
			controller_finish(c);
	}
	if (run->signals == 1 && up && run->interrupted)
		run->interrupted(run->ctx);
	for (c = run->controllers; c; c = c->next)
		if (c->state == CONTROLLER_UP)
			controller_flush(c);
}

static void on_signal(void *ctx, int number)
{
	struct runtime *run = ctx;
	bool all_leave = true;

	if (number == SIGWINCH || number == SIGCONT) {
		if (run->redraw)
			run->redraw(run->ctx);
		return;
	}
	for (const struct controller *c = run->controllers; c; c = c->next)
		all_leave &= c->state >= CONTROLLER_RELEASING;
	standard_output_hurry();
	/* The third signal, or any while nothing is left but the release: leave at once. */
	if (++run->signals > 2 || all_leave)
		loop_stop(&run->loop);
	else
		cancel(run);
}

/* A controller that is not up has nothing under way that the user could end. */
static void time_over(void *ctx)
{
	struct runtime *run = ctx;
	bool up = false;

	for (struct controller *c = run->controllers; c; c = c->next) {
		up |= c->state == CONTROLLER_UP;
		if (controller_is_not_up(c))
			controller_fail(c, CLI_TIMED_OUT,
					"timed out: --timeout was over before the controller was "
					"up");
	}
	if (up)
		run->time_over(run->ctx);
	for (struct controller *c = run->controllers; c; c = c->next)
		if (c->state == CONTROLLER_UP)
			controller_flush(c);
}

/* Results reach nobody: ends the run as the first signal does. */
static void output_lost(void *ctx)
{
	struct runtime *run = ctx;

	if (run->signals++ == 0)
		cancel(run);
}

/* ---- Controllers ----------------------------------------------------------------------------- */

static void give_up_root(struct runtime *run)
{
	bool failed = privilege_drop() != 0;

	if (!failed && !run->owner.options->keep_root)
		failed = sandbox_enter(SANDBOX_RUN) != 0;
	sandbox_hide_memory(); /* the change of user has undone it */

	run->root = false;
	if (!failed && run->root_gone)
		run->root_gone(run->ctx);
	for (struct controller *c = run->controllers; c; c = c->next) {
		if (failed)
			controller_fail(c, CLI_INTERNAL, "root could not be given up");
		else
			controller_start(c);
	}
}

static void settled(void *ctx, struct controller *controller)
{
	struct runtime *run = ctx;

	if (!run->root) /* one that joins later has nothing to wait for */
		controller_start(controller);
	else if (--run->opening == 0)
		give_up_root(run);
}

static void closed(void *ctx, struct controller *controller)
{
	struct runtime *run = ctx;
	struct controller **place = &run->controllers;

	while (*place != controller)
		place = &(*place)->next;
	*place = controller->next;
	if (!run->controllers)
		loop_stop(&run->loop);
}

int runtime_init(struct runtime *run, const struct options *options, struct store *store)
{
	int status;

	*run = (struct runtime){.root = true};
	status = loop_init(&run->loop);
	standard_output_guard();
	run->loop.on_signal = on_signal;
	run->loop.signal_ctx = run;
	console_init(&run->console, &run->loop);
	run->output = (struct output_watch){.loop = &run->loop, .lost = output_lost, .ctx = run};
	output_watch_start(&run->output);
	run->owner = (struct controller_owner){
		.options = options,
		.store = store,
		.loop = &run->loop,
		.console = &run->console,
		.controllers = &run->controllers,
		.settled = settled,
		.closed = closed,
		.ctx = run,
	};
	return status;
}

void runtime_open(struct runtime *run, struct controller *controller,
		  const struct controller_setup *setup)
{
	controller_init(controller, &run->owner, setup);
	controller->next = run->controllers;
	run->controllers = controller;
	controller_open(controller);
}

void runtime_run(struct runtime *run)
{
	if (run->controllers)
		loop_run(&run->loop);
	/* Stopped by a signal: the rest is reported, and closed as it is. */
	for (struct controller *c = run->controllers; c; c = c->next)
		controller_fail(c, CLI_CANCELLED, "cancelled");
	while (run->controllers)
		controller_close(run->controllers);
}

void runtime_limit(struct runtime *run, struct loop_timer *timer, double seconds)
{
	loop_timer_start(&run->loop, timer, (uint64_t)(seconds * 1e6));
	standard_output_end_at(timer->at);
}

void runtime_close(struct runtime *run)
{
	output_watch_stop(&run->output);
	loop_close(&run->loop);
}

/* Which one, if neither -c nor the environment names it: the kernel's, unless that is not
 * permitted. */
static const char *choose(struct runtime *run, const struct options *options,
			  struct event_output *events)
{
	bool instead = false;

	if (strcmp(options->controller, "hci") == 0) {
		privilege_raise();
		instead = hci_inventory_usb_instead(run->spec);
		privilege_lower();
	}
	if (!instead)
		return options->controller;
	event_note(events, 0, "using %s: controllers of the kernel need CAP_NET_ADMIN", run->spec);
	return run->spec;
}

enum cli_exit runtime_run_controller(struct runtime *run, struct controller *controller,
				     const struct options *options, struct event_output *events,
				     struct store *store, struct controller_setup setup)
{
	if (runtime_init(run, options, store)) {
		setup.user->failed(setup.ctx, CLI_INTERNAL, strerror(errno));
		return CLI_INTERNAL;
	}
	run->interrupted = setup.user->interrupted;
	run->time_over = setup.user->time_over;
	run->time_limit = (struct loop_timer){.fire = time_over, .ctx = run};
	if (run->time_over && options->timeout > 0)
		runtime_limit(run, &run->time_limit, options->timeout);
	run->ctx = setup.ctx;
	run->opening = 1;
	setup.spec = choose(run, options, events);
	setup.capture = options->capture;
	setup.events = events;
	runtime_open(run, controller, &setup);
	runtime_run(run);
	loop_timer_stop(&run->loop, &run->time_limit);
	return controller->failure.exit;
}
