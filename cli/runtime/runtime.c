/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/runtime.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/privilege.h"
#include "runtime/controller.h"

static void on_signal(void *ctx, int number)
{
	struct runtime *run = ctx;
	bool leaving = true, up = false;
	struct controller *c, *next;

	if (number == SIGWINCH || number == SIGCONT) {
		if (run->redraw)
			run->redraw(run->ctx);
		return;
	}
	for (c = run->controllers; c; c = c->next) {
		leaving &= c->leaving;
		up |= c->up;
	}
	/* Whoever insists leaves at once. */
	if (leaving || run->signals++ > 1) {
		loop_stop(&run->loop);
		return;
	}
	for (c = run->controllers; c; c = next) {
		next = c->next;
		if (run->signals > 1 || (!c->up && !c->finishing))
			controller_fail(c, CLI_CANCELLED, "cancelled");
		else if (!run->interrupted)
			controller_finish(c);
	}
	if (run->signals == 1 && up && run->interrupted)
		run->interrupted(run->ctx);
	for (c = run->controllers; c; c = c->next)
		if (c->up)
			controller_flush(c);
}

int runtime_init(struct runtime *run, const struct options *options, struct event_output *events,
		 struct store *store)
{
	*run = (struct runtime){.options = options, .events = events, .store = store, .root = true};
	if (loop_init(&run->loop))
		return -1;
	run->loop.on_signal = on_signal;
	run->loop.signal_ctx = run;
	console_init(&run->console, &run->loop);
	return 0;
}

void runtime_settled(struct runtime *run)
{
	bool failed;

	if (--run->opening || !run->root)
		return;
	run->root = false;
	failed = privilege_drop() != 0;
	for (struct controller *c = run->controllers; c; c = c->next) {
		if (failed)
			controller_fail(c, CLI_INTERNAL, "root could not be given up");
		else if (c->opened)
			controller_start(c);
	}
}

void runtime_left(struct runtime *run, struct controller *controller)
{
	struct controller **place = &run->controllers;

	while (*place != controller)
		place = &(*place)->next;
	*place = controller->next;
	if (!run->controllers)
		loop_stop(&run->loop);
}

void runtime_run(struct runtime *run)
{
	if (run->controllers)
		loop_run(&run->loop);
	/* Stopped by whoever insisted: what is left is closed as it is. */
	while (run->controllers)
		controller_close(run->controllers);
}

void runtime_close(struct runtime *run)
{
	loop_close(&run->loop);
}

enum cli_exit runtime_run_controller(struct controller *controller, const struct options *options,
				     struct event_output *events, struct store *store,
				     const struct controller_user *user, void *ctx)
{
	struct runtime run;

	if (runtime_init(&run, options, events, store)) {
		user->failed(ctx, CLI_INTERNAL, strerror(errno));
		return CLI_INTERNAL;
	}
	run.interrupted = user->interrupted;
	run.ctx = ctx;
	run.opening = 1;
	controller_open(controller, &run, options->controller, options->capture, events, user, ctx);
	runtime_run(&run);
	runtime_close(&run);
	return controller->failure;
}
