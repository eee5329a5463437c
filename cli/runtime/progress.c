/* SPDX-License-Identifier: MIT */
#include "runtime/progress.h"

#include <inttypes.h>

#define SECOND_US UINT64_C(1000000)

static void show(struct progress *p, const struct progress_step *step, uint64_t now)
{
	const uint64_t past = (now - p->since) / SECOND_US;

	if (step->until > now)
		status_line_show(&p->line, "%s: %" PRIu64 " s, %" PRIu64 " s left", step->what,
				 past, (step->until - now + SECOND_US - 1) / SECOND_US);
	else
		status_line_show(&p->line, "%s: %" PRIu64 " s", step->what, past);
}

static void tick(void *ctx)
{
	struct progress *p = ctx;
	struct progress_step step = {0};
	const uint64_t now = clock_now();
	const bool goes_on = !p->console->first && p->describe(p->ctx, &step);

	loop_timer_start_at(p->loop, &p->timer, now + SECOND_US);
	if (!goes_on || step.what != p->what) {
		status_line_clear(&p->line);
		p->what = goes_on ? step.what : NULL;
		p->since = now;
	} else if (now - p->since >= SECOND_US) {
		show(p, &step, now);
	}
}

void progress_start(struct progress *p, struct loop *loop, const struct console *console,
		    struct event_output *events)
{
	p->loop = loop;
	p->console = console;
	p->events = events;
	p->timer = (struct loop_timer){.fire = tick, .ctx = p};
	status_line_begin(&p->line, events);
	if (p->line.allowed)
		tick(p);
}

void progress_stop(struct progress *p)
{
	if (!p->loop)
		return;
	loop_timer_stop(p->loop, &p->timer);
	status_line_end(&p->line, p->events);
	p->loop = NULL;
}
