/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/passkey.h"
#include "crypto/bytes.h"
#include "output/standard_output.h"

#define UPDATE_US  100000 /* after a change */
#define REFRESH_US 500000 /* while units are under way: their seconds count up */

static unsigned terminal_width(unsigned *height)
{
	struct winsize size = {0};

	(void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	*height = size.ws_row ? size.ws_row : 24;
	return size.ws_col ? size.ws_col : 80;
}

static void put(const char *text, size_t len)
{
	while (len && standard_error_has_room()) {
		ssize_t done = write(STDERR_FILENO, text, len);
		if (done <= 0)
			return;
		text += done;
		len -= (size_t)done;
	}
}

/* The lines that were typed since have moved the view up. */
static void count_answers(struct batch_job *job)
{
	job->drawn.answers = job->runtime.console.lines - job->lines_typed;
}

static void erase(struct batch_job *job)
{
	unsigned height;
	char text[32];

	count_answers(job);
	put(text, batch_view_erase(&job->drawn, terminal_width(&height), text));
	job->drawn.lines = 0;
	job->drawn.asks = false;
}

static const char *phase_of(const struct batch_slot *slot)
{
	const struct session *s = &slot->session;

	switch (slot->state) {
	case BATCH_SLOT_CONNECTING:
		return "connecting";
	case BATCH_SLOT_LINKED:
		return s->prompt.open == PROMPT_PASSKEY	  ? "passkey?"
		       : s->prompt.open == PROMPT_CONFIRM ? "same?"
		       : s->hold.runs			  ? "command"
		       : s->state > SESSION_OPEN	  ? "closing"
		       : s->shows_number		  ? "enter it"
							  : "pairing";
	case BATCH_SLOT_ENDED:
	case BATCH_SLOT_FREE:
		break;
	}
	return "storing";
}

/* What the user compares, or enters on the unit; NULL: nothing. */
static const char *number_of(const struct batch_slot *slot, char text[PASSKEY_TEXT])
{
	const struct session *s = &slot->session;

	return slot->state == BATCH_SLOT_LINKED && s->state == SESSION_OPEN && s->shows_number
		       ? passkey_group(s->number, text)
		       : NULL;
}

#define QUESTION 400

/* What the next line that is typed answers; NULL: nothing. */
static const char *question_of(const struct batch_job *job, char text[QUESTION])
{
	const struct prompt *prompt = job->runtime.console.first;

	if (!prompt || !prompt->about)
		return NULL;
	(void)snprintf(text, QUESTION,
		       prompt->open == PROMPT_PASSKEY ? "passkey of %s:"
						      : "same number on %s? (yes/no)",
		       prompt->about);
	return text;
}

/* Fills links with at most BATCH_VIEW_LINES units under way; returns how many. */
static size_t collect_links(const struct batch_job *job, uint64_t now,
			    struct batch_view_link *links, char numbers[][PASSKEY_TEXT])
{
	size_t count = 0;

	for (size_t i = 0; i < job->controller_count; i++) {
		const struct batch_controller *c = &job->controllers[i];
		for (size_t k = 0; k < HCI_LINKS_MAX && count < BATCH_VIEW_LINES; k++) {
			const struct batch_slot *slot = &c->slots[k];
			if (slot->state == BATCH_SLOT_FREE)
				continue;
			links[count] = (struct batch_view_link){
				.unit = slot->name,
				.phase = phase_of(slot),
				.controller = c->name,
				.seconds = (double)(now - slot->unit->started) / 1e6,
				.number = number_of(slot, numbers[count]),
				.asked = job->runtime.console.first == &slot->session.prompt,
			};
			count++;
		}
	}
	return count;
}

static unsigned controllers_up(const struct batch_job *job)
{
	unsigned count = 0;

	for (size_t i = 0; i < job->controller_count; i++)
		count += job->controllers[i].state == BATCH_UP;
	return count;
}

static void draw(void *ctx)
{
	struct batch_job *job = ctx;
	const struct batch_scheduler *s = &job->scheduler;
	static struct batch_view_link links[BATCH_VIEW_LINES];
	static char numbers[BATCH_VIEW_LINES][PASSKEY_TEXT], question[QUESTION];
	const struct console *console = &job->runtime.console;
	struct batch_view_cause causes[BATCH_CAUSES];
	static char cause_texts[BATCH_CAUSES][BATCH_CAUSE_TEXT], text[32 + BATCH_VIEW_TEXT];
	const uint64_t now = clock_now();

	/* The user types, and the terminal shows it. */
	if (job->drawn.asks && job->asked == console->asked && job->lines_typed == console->lines &&
	    console->first) {
		loop_timer_start(&job->runtime.loop, &job->draw_timer, REFRESH_US);
		return;
	}
	struct batch_view view = {
		.color = job->events->color,
		.ascii = job->events->ascii,
		.total = s->match ? 0 : s->total,
		.paired = s->counts[BATCH_PAIRED],
		.failed = s->counts[BATCH_FAILED],
		.active = s->counts[BATCH_ACTIVE],
		.resting = s->counts[BATCH_RESTING],
		.waiting = s->counts[BATCH_WAITING],
		.controllers = controllers_up(job),
		.elapsed = (double)(now - job->started) / 1e6,
		.per_minute = batch_rate_per_minute(&job->rate, now),
		.links = links,
		.link_count = collect_links(job, now, links, numbers),
		.causes = causes,
		.cause_count = s->cause_count,
		.ending =
			s->stop != BATCH_RUNNING && s->stop != BATCH_ALL_ENDED ? "stopping" : NULL,
	};

	view.width = terminal_width(&view.height);
	view.question = question_of(job, question);
	count_answers(job);
	for (size_t i = 0; i < s->cause_count; i++)
		causes[i] = (struct batch_view_cause){
			batch_cause_text(s->causes[i].end, s->causes[i].code, cause_texts[i]),
			s->causes[i].count};
	size_t len = batch_view_erase(&job->drawn, view.width, text);
	len += batch_view_draw(&view, text + len, &job->drawn);
	put(text, len);
	job->asked = console->asked;
	job->lines_typed = console->lines;
	bytes_wipe(numbers, sizeof(numbers));
	bytes_wipe(text, sizeof(text));
	if (view.active || view.resting)
		loop_timer_start(&job->runtime.loop, &job->draw_timer, REFRESH_US);
}

/* A line is about to be printed on the terminal. */
static void before_line(void *ctx)
{
	erase(ctx);
	batch_progress_update(ctx);
}

static void redraw(void *ctx)
{
	struct batch_job *job = ctx;

	if (!job->live)
		return;
	erase(job); /* a question, too */
	draw(job);
}

void batch_progress_start(struct batch_job *job)
{
	/* Each row that comes is answered by a line. */
	job->live = !job->input && !job->events->json && !job->events->quiet &&
		    event_terminal(STDERR_FILENO);
	if (!job->live)
		return;
	job->draw_timer = (struct loop_timer){.fire = draw, .ctx = job};
	job->events->before = before_line;
	job->events->before_ctx = job;
	job->runtime.console.before = before_line;
	job->runtime.console.before_ctx = job;
	job->runtime.redraw = redraw;
	batch_progress_update(job);
}

void batch_progress_update(struct batch_job *job)
{
	const uint64_t soon = clock_now() + UPDATE_US;

	if (job->live && (!job->draw_timer.at || job->draw_timer.at > soon))
		loop_timer_start_at(&job->runtime.loop, &job->draw_timer, soon);
}

void batch_progress_stop(struct batch_job *job)
{
	if (!job->live)
		return;
	job->live = false;
	loop_timer_stop(&job->runtime.loop, &job->draw_timer);
	erase(job);
	job->events->before = NULL;
	job->runtime.console.before = NULL;
}
