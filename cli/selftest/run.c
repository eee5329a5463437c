/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "selftest/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "selftest/station.h"

/* ---- Steps ----------------------------------------------------------------------------------- */

static void finish(struct selftest *t)
{
	t->over = true;
	for (unsigned i = 0; i < t->count; i++)
		if (t->controllers[i].state != SELFTEST_GONE)
			controller_finish(&t->controllers[i].controller);
}

/* Why the step cannot begin; false: it can. */
static bool is_impossible(struct selftest *t, char *text, size_t size)
{
	const struct selftest_controller *const of[] = {selftest_on(t), selftest_with(t)};

	if (t->step->kind == SELFTEST_PAIR && !of[1]) {
		(void)snprintf(text, size, "pairing needs a second controller: give another -c");
		return true;
	}
	for (size_t i = 0; i < 2; i++)
		if (of[i] && of[i]->state == SELFTEST_GONE && t->step->kind != SELFTEST_BRING_UP) {
			(void)snprintf(text, size, "%s is out of service",
				       selftest_letter(of[i]->index));
			return true;
		}
	return false;
}

static void start_next(struct selftest *t)
{
	char text[100];

	t->step = &t->plan.steps[t->next++];
	if (is_impossible(t, text, sizeof(text)))
		selftest_end(t, SELFTEST_SKIPPED, "%s", text);
	else
		selftest_action(t->step->kind)->start(t);
}

static void go_on(void *ctx)
{
	struct selftest *t = ctx;

	if (t->over || (t->step && !t->repeats))
		return;
	for (unsigned i = 0; i < t->count; i++)
		if (t->controllers[i].state == SELFTEST_COMING_UP)
			return;
	if (t->step) {
		t->repeats = false;
		selftest_action(t->step->kind)->start(t);
		return;
	}
	if (t->cancelled || t->next == t->plan.count) {
		finish(t);
		return;
	}
	start_next(t);
}

static void overdue(void *ctx)
{
	struct selftest *t = ctx;

	if (t->step && selftest_action(t->step->kind)->overdue)
		selftest_action(t->step->kind)->overdue(t);
}

static void interrupted(void *ctx)
{
	struct selftest *t = ctx;

	t->cancelled = true;
	if (t->step)
		selftest_end(t, SELFTEST_SKIPPED, "cancelled");
	for (unsigned i = 0; i < t->count; i++)
		selftest_unlink(&t->controllers[i]);
	finish(t);
}

/* ---- Start and end --------------------------------------------------------------------------- */

static void set_up(struct selftest *t, unsigned index)
{
	struct selftest_controller *c = &t->controllers[index];
	const struct options *o = t->options;

	c->test = t;
	c->index = index;
	c->spec = o->controllers[index];
	c->events = *t->events;
	c->events.brief = !o->verbose;
	c->events.controller = t->count > 1 ? c->spec : NULL;
	if (o->capture && t->count > 1)
		(void)snprintf(c->capture, sizeof(c->capture), "%s.%u", o->capture, index + 1);
	else if (o->capture)
		(void)snprintf(c->capture, sizeof(c->capture), "%s", o->capture);
}

static enum cli_exit conclude(struct selftest *t)
{
	struct outcome outcome;

	/* The loop ends with the last controller: no other step is possible. */
	while (!t->cancelled && t->next < t->plan.count)
		start_next(t);
	selftest_outcome(t, &outcome);
	if (!t->cancelled)
		event_emit(t->events, selftest_tested_event(t));
	outcome_report(&outcome, t->events, NULL,
		       json_pack("{s:i, s:i, s:i}", "passed",
				 (int)selftest_count(&t->plan, SELFTEST_KINDS, SELFTEST_PASSED,
						     SELFTEST_NOBODY),
				 "failed",
				 (int)selftest_count(&t->plan, SELFTEST_KINDS, SELFTEST_FAILED,
						     SELFTEST_NOBODY),
				 "skipped",
				 (int)selftest_count(&t->plan, SELFTEST_KINDS, SELFTEST_SKIPPED,
						     SELFTEST_NOBODY)));
	return outcome.exit;
}

static bool describe(void *ctx, struct progress_step *step)
{
	const struct selftest *t = ctx;

	if (t->step)
		*step = (struct progress_step){selftest_title(t->step), 0};
	return t->step;
}

enum cli_exit selftest_run(const struct options *options, struct event_output *events,
			   struct store *store)
{
	static struct selftest test; /* too large for a stack that may be small */
	struct selftest *t = &test;
	enum cli_exit code;

	t->options = options;
	t->events = events;
	t->count = (unsigned)options->controller_count;
	if (runtime_init(&t->runtime, options, store)) {
		struct outcome outcome;
		outcome_fail(&outcome, CLI_INTERNAL, "%s", strerror(errno));
		outcome_report(&outcome, events, NULL, NULL);
		return CLI_INTERNAL;
	}
	t->runtime.interrupted = interrupted;
	t->runtime.ctx = t;
	t->runtime.opening = t->count;
	t->go_on = (struct loop_timer){.fire = go_on, .ctx = t};
	t->limit = (struct loop_timer){.fire = overdue, .ctx = t};
	t->progress.describe = describe;
	t->progress.ctx = t;
	progress_start(&t->progress, &t->runtime.loop, &t->runtime.console, events);
	selftest_plan(&t->plan, t->count, options->selftest->has_golden, options->selftest->replug);
	for (unsigned i = 0; i < t->count; i++)
		set_up(t, i);
	for (unsigned i = 0; i < t->count; i++)
		selftest_open(&t->controllers[i]);
	runtime_run(&t->runtime);
	progress_stop(&t->progress);
	code = conclude(t);
	runtime_close(&t->runtime);
	bytes_wipe(t, sizeof(*t));
	return code;
}
