/* SPDX-License-Identifier: MIT */
/* A person pulls the controller out and plugs it in again at the same place: it comes up again. */
#include "selftest/internal.h"

static void start(struct selftest *t)
{
	const struct selftest_controller *c = selftest_on(t);
	const double seconds = t->options->replug_timeout;

	t->pulled_out = 0;
	event_note(t->events, 0,
		   "%s: pull out %s within %.0f s, and plug it in again at the same place",
		   selftest_letter(c->index), c->spec, seconds);
	selftest_limit(t, (uint64_t)(seconds * 1e6));
}

static void overdue(struct selftest *t)
{
	selftest_end(t, SELFTEST_FAILED, "it was not pulled out within %.0f s",
		     t->options->replug_timeout);
}

static bool pulled_out(struct selftest *t)
{
	/* The controller counts the time until it is back. */
	loop_timer_stop(&t->runtime.loop, &t->limit);
	if (!t->pulled_out)
		t->pulled_out = clock_now();
	return true;
}

static void up(struct selftest *t)
{
	t->step->seconds = (double)(clock_now() - t->pulled_out) / 1e6;
	selftest_end(t, SELFTEST_PASSED, "up again %.1f s after it was pulled out",
		     t->step->seconds);
}

static void late(struct selftest *t, const char *text)
{
	struct selftest_controller *c = selftest_on(t);

	selftest_end(t, SELFTEST_FAILED, "it is not back %.0f s after it was pulled out",
		     t->options->replug_timeout);
	selftest_give_up(c, text);
}

const struct selftest_action selftest_replug = {
	.start = start, .overdue = overdue, .pulled_out = pulled_out, .up = up, .late = late};
