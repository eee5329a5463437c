/* SPDX-License-Identifier: MIT */
/* The live view of a run over many units, on the terminal that is standard error. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "batch/run.h"

#define SOON_US	 100000 /* after a change; and, while something goes on, after... */
#define LATER_US 500000

static unsigned width_of(unsigned *height)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col) {
		size.ws_col = 80;
		size.ws_row = 24;
	}
	*height = size.ws_row;
	return size.ws_col;
}

static void put(const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(STDERR_FILENO, text, len);
		if (done <= 0)
			return;
		text += done;
		len -= (size_t)done;
	}
}

/* Before anything else is written there. */
static void erase(void *ctx)
{
	struct batch_run *r = ctx;
	unsigned height;
	char text[32];

	put(text, batch_view_erase(&r->drawn, width_of(&height), text));
	r->drawn.lines = 0;
	batch_show(r);
}

static const char *phase(const struct batch_slot *slot)
{
	const struct session *s = &slot->session;

	if (!slot->linked)
		return slot->over ? "keeping" : "connecting";
	return s->prompt.open != PROMPT_NONE ? "asking"
	       : s->state > SESSION_OPEN     ? "closing"
					     : "pairing";
}

static void draw(void *ctx)
{
	struct batch_run *r = ctx;
	const struct batch *b = &r->batch;
	static struct batch_view_link links[BATCH_VIEW_LINES];
	struct batch_view_cause causes[BATCH_CAUSES];
	static char words[BATCH_CAUSES][120], text[32 + BATCH_VIEW_TEXT];
	uint64_t now = clock_now();
	struct batch_view view = {
		.color = r->events->color,
		.ascii = r->events->ascii,
		.total = b->match ? 0 : b->total,
		.paired = b->counts[BATCH_PAIRED],
		.failed = b->counts[BATCH_FAILED],
		.active = b->counts[BATCH_ACTIVE],
		.resting = b->counts[BATCH_RESTING],
		.waiting = b->counts[BATCH_WAITING],
		.elapsed = (double)(now - r->started) / 1e6,
		.per_minute = batch_rate(r),
		.links = links,
		.causes = causes,
		.cause_count = b->cause_count,
		.ending = b->stop != BATCH_GOING && b->stop != BATCH_ALL ? "winding up" : NULL,
	};

	view.width = width_of(&view.height);
	for (size_t i = 0; i < r->site_count; i++) {
		const struct batch_controller *site = &r->sites[i];
		view.controllers += site->up;
		for (size_t k = 0; k < HCI_LINKS_MAX && view.link_count < BATCH_VIEW_LINES; k++) {
			const struct batch_slot *slot = &site->slots[k];
			if (slot->unit)
				links[view.link_count++] = (struct batch_view_link){
					slot->name, phase(slot), site->spec,
					(double)(now - slot->unit->started) / 1e6};
		}
	}
	for (size_t i = 0; i < b->cause_count; i++)
		causes[i] = (struct batch_view_cause){
			batch_cause_text(b->causes[i].end, b->causes[i].code, words[i]),
			b->causes[i].count};
	size_t len = batch_view_erase(&r->drawn, view.width, text);
	len += batch_view_draw(&view, text + len, &r->drawn);
	put(text, len);
	if (view.active || view.resting)
		loop_timer_start(&r->run.loop, &r->draw, LATER_US);
}

static void redraw(void *ctx)
{
	struct batch_run *r = ctx;

	if (r->live)
		draw(r);
}

void batch_show_init(struct batch_run *r)
{
	const char *terminal = getenv("TERM");

	r->live = !r->events->json && !r->events->quiet && isatty(STDERR_FILENO) &&
		  !(terminal && strcmp(terminal, "dumb") == 0);
	if (!r->live)
		return;
	r->draw = (struct loop_timer){.fire = draw, .ctx = r};
	r->events->before = erase;
	r->events->before_ctx = r;
	r->run.redraw = redraw;
	batch_show(r);
}

void batch_show(struct batch_run *r)
{
	uint64_t soon = clock_now() + SOON_US;

	if (r->live && (!r->draw.at || r->draw.at > soon))
		loop_timer_start_at(&r->run.loop, &r->draw, soon);
}

void batch_show_end(struct batch_run *r)
{
	if (!r->live)
		return;
	r->live = false;
	loop_timer_stop(&r->run.loop, &r->draw);
	erase(r);
	r->events->before = NULL;
}
