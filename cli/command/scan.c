/* SPDX-License-Identifier: MIT */
/*
 * blepair scan: a line for each device that advertises, on standard output. On a terminal the lines
 * are updated in place; elsewhere each is printed once, when the device has responded to a scan
 * request, or when it has had the time for that. With --json there is an event whenever a device
 * has more to report.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/heard.h"
#include "command/command.h"
#include "command/scan_table.h"
#include "output/advertisement_event.h"
#include "output/outcome.h"
#include "output/standard_output.h"
#include "runtime/progress.h"
#include "runtime/runtime.h"

#define UPDATE_US 250000 /* of the live view */
/* A device that does not respond to scan requests: its line waits no longer. */
#define RESPONSE_US 1000000

/* What the lines are for. */
enum scan_lines {
	SCAN_EVENTS, /* JSON */
	SCAN_LIVE,   /* updated in place; once more at the end */
	SCAN_STREAM, /* each line as soon as it is complete */
	SCAN_LATER,  /* all lines at the end: --sort */
};

struct scan {
	const struct options *options;
	struct event_output *events;
	struct runtime run;
	struct controller controller;
	struct batch_unit_spec match; /* --match; zeroed: all devices */
	bool matches_all;
	struct loop_timer limit, draw;
	struct progress progress;
	enum scan_lines lines;
	struct scan_table table;
	struct batch_view_drawn drawn; /* the live view */
	size_t devices;
	bool over;
	enum cli_exit code;
	struct heard heard; /* the last member: large, and empty by its count */
};

/* ---- Lines ----------------------------------------------------------------------------------- */

static void print(const char *text, size_t len)
{
	standard_output_put(text, len);
	(void)standard_output_flush();
}

static unsigned terminal_size(unsigned *height)
{
	struct winsize size = {0};

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*height = size.ws_row ? size.ws_row : 24;
	return size.ws_col ? size.ws_col : 80;
}

/* Replaces the live view by what put() prints. */
static void replace(struct scan *s, void (*put)(FILE *out, struct scan *s))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	unsigned height;
	char erase[32];
	standard_output_put(erase, batch_view_erase(&s->drawn, terminal_size(&height), erase));
	s->drawn.lines = 0;
	if (put)
		put(out, s);
	(void)fclose(out);
	print(text, len);
	free(text);
}

/* Negative: without a limit. */
static double seconds_left(const struct scan *s)
{
	const uint64_t now = clock_now();

	if (!s->limit.at)
		return -1;
	return s->limit.at > now ? (double)(s->limit.at - now) / 1e6 : 0;
}

static void put_live(FILE *out, struct scan *s)
{
	static const struct heard_device *list[HEARD_MAX];
	const size_t count = heard_sort(&s->heard, s->options->sort, list);
	unsigned height;

	s->table.width = terminal_size(&height);
	scan_table_live(out, &s->table, height, list, count, seconds_left(s), &s->drawn);
}

static void put_all(FILE *out, struct scan *s)
{
	static const struct heard_device *list[HEARD_MAX];
	const size_t count = heard_sort(&s->heard, s->options->sort, list);

	if (s->table.width && count)
		(void)scan_table_head(out, &s->table);
	for (size_t i = 0; i < count; i++)
		if (!list[i]->printed)
			(void)scan_table_row(out, &s->table, list[i]);
}

/* A line on standard error follows: the live view is drawn again below it. */
static void before_line(void *ctx)
{
	replace(ctx, NULL);
}

static void draw_again(struct scan *s)
{
	loop_timer_start(s->controller.loop, &s->draw, UPDATE_US);
}

/* Prints the lines that are complete by now. */
static void stream(struct scan *s)
{
	const uint64_t now = clock_now();
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	for (size_t i = 0; i < s->heard.count; i++) {
		struct heard_device *d = &s->heard.devices[i];
		if (!d->matched || d->printed ||
		    !(d->answers || s->options->passive || now - d->first >= RESPONSE_US))
			continue;
		d->printed = true;
		(void)scan_table_row(out, &s->table, d);
	}
	(void)fclose(out);
	if (len)
		print(text, len);
	free(text);
}

static void update(void *ctx)
{
	struct scan *s = ctx;

	if (s->over)
		return;
	if (s->lines == SCAN_LIVE)
		replace(s, put_live);
	else
		stream(s);
	draw_again(s);
}

static void redraw(void *ctx)
{
	struct scan *s = ctx;

	if (s->lines == SCAN_LIVE)
		update(s);
}

static void start_lines(struct scan *s)
{
	const bool terminal = event_terminal(STDOUT_FILENO);
	unsigned height;

	s->table.ascii = s->events->ascii;
	s->table.color = event_colors(s->options, STDOUT_FILENO);
	if (s->options->json)
		s->lines = SCAN_EVENTS;
	else if (terminal)
		s->lines = s->options->quiet ? SCAN_LATER : SCAN_LIVE;
	else
		s->lines = s->options->sort != SCAN_BY_HEARD ? SCAN_LATER : SCAN_STREAM;
	s->draw = (struct loop_timer){.fire = update, .ctx = s};
	if (terminal)
		s->table.width = terminal_size(&height);
	if (s->lines == SCAN_LIVE) {
		s->events->before = before_line;
		s->events->before_ctx = s;
		s->run.redraw = redraw;
	}
	if (s->lines == SCAN_LIVE || s->lines == SCAN_STREAM)
		draw_again(s);
}

static void end_lines(struct scan *s)
{
	s->events->before = NULL;
	if (s->lines != SCAN_EVENTS && !standard_output_error())
		replace(s, put_all);
	s->lines = SCAN_EVENTS; /* all lines are printed */
}

/* ---- The scan -------------------------------------------------------------------------------- */

static void end(void *ctx)
{
	struct scan *s = ctx;

	if (s->over)
		return;
	s->over = true;
	loop_timer_stop(s->controller.loop, &s->draw);
	end_lines(s);
	controller_finish(&s->controller);
}

/* The live view shows it by itself. */
static bool describe_step(void *ctx, struct progress_step *step)
{
	const struct scan *s = ctx;

	*step = (struct progress_step){"scanning", s->limit.at};
	return !s->over;
}

static void up(void *ctx)
{
	struct scan *s = ctx;

	event_emit(s->events, json_pack("{s:s}", "event", "scanning"));
	hci_gap_scan(&s->controller.gap, s->controller.own.type, !s->options->passive);
	if (s->options->duration > 0)
		loop_timer_start(s->controller.loop, &s->limit,
				 (uint64_t)(s->options->duration * 1e6));
	start_lines(s);
	if (s->lines == SCAN_LIVE)
		return;
	s->progress.describe = describe_step;
	s->progress.ctx = s;
	progress_start(&s->progress, s->controller.loop, s->controller.owner->console, s->events);
}

static json_t *describe(const struct hci_advertisement *a, enum own_target target)
{
	json_t *event = advertisement_event("advertisement", a);

	if (a->directed)
		(void)json_object_set_new(event, "to_us",
					  json_boolean(target != OWN_TARGET_ANOTHER));
	return event;
}

/* What matches may come in the scan response: the advertisement before it is reported then. */
static void report(struct scan *s, struct heard_device *d, json_t *event)
{
	if (!d->matched) {
		json_decref(d->held);
		d->held = event;
		return;
	}
	if (d->held)
		event_emit(s->events, d->held);
	d->held = NULL;
	event_emit(s->events, event);
}

static bool matches(const struct scan *s, const struct heard_device *d)
{
	const struct batch_advertiser all = heard_advertiser(d);

	return s->matches_all || batch_matches(&s->match, &all);
}

static void hear(struct scan *s, const struct hci_advertisement *a)
{
	const enum own_target target = own_identity_target(&s->controller.own, a);
	bool news;
	struct heard_device *d = heard_add(&s->heard, a, target, clock_now(), &news);

	if (!d->matched && matches(s, d)) {
		d->matched = true;
		s->devices++;
		news = true;
	}
	if (s->lines == SCAN_EVENTS && news)
		report(s, d, describe(a, target));
	else if (s->lines == SCAN_STREAM && d->answers)
		stream(s);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct scan *s = ctx;
	struct hci_advertisement a;
	size_t at = 0;

	if (h->kind == HCI_GAP_FAILED) {
		struct outcome outcome;
		outcome_command_failed(&outcome, h->opcode, h->status);
		s->code = outcome.exit;
		end(s);
		outcome_report(&outcome, s->events, NULL, NULL);
	}
	if (h->kind != HCI_GAP_REPORTS || s->over)
		return;
	while (hci_gap_next_report(&s->controller.gap, input, &at, &a))
		hear(s, &a);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct scan *s = ctx;
	struct outcome outcome;

	s->over = true;
	end_lines(s);
	outcome_fail(&outcome, code, "%s", text);
	outcome_report(&outcome, s->events, NULL, NULL);
	s->code = code;
}

static void limit_reached(void *ctx)
{
	struct scan *s = ctx;

	end(s);
	controller_flush(&s->controller);
}

static void conclude(struct scan *s)
{
	struct outcome outcome = {.exit = CLI_OK, .result = "scanned", .reason_code = -1};

	(void)snprintf(outcome.text, sizeof(outcome.text), "%zu device%s %s", s->devices,
		       text_s(s->devices), s->matches_all ? "seen" : "seen that match");
	outcome_report(&outcome, s->events, NULL, json_pack("{s:i}", "devices", (int)s->devices));
}

enum cli_exit cmd_scan(const struct options *options, struct event_output *events,
		       struct store *store)
{
	static const struct controller_user user = {
		.up = up, .on_gap_event = on_gap_event, .failed = failed, .interrupted = end};
	static struct scan scan;
	struct scan *s = &scan;
	struct failure failure;

	memset(s, 0, offsetof(struct scan, heard));
	s->options = options;
	s->events = events;
	s->limit = (struct loop_timer){.fire = limit_reached, .ctx = s};
	s->lines = SCAN_EVENTS; /* until the controller is up: nothing is drawn */
	s->matches_all = !options->match;
	if (options->match && batch_match_parse(&s->match, options->match, &failure)) {
		struct outcome outcome;
		outcome_fail(&outcome, failure.exit, "%s", failure.text);
		outcome_report(&outcome, events, NULL, NULL);
		batch_unit_spec_free(&s->match);
		return outcome.exit;
	}
	(void)runtime_run_controller(&s->run, &s->controller, options, events, store,
				     (struct controller_setup){.user = &user, .ctx = s});
	progress_stop(&s->progress);
	runtime_close(&s->run);
	if (s->over && s->code == CLI_OK)
		conclude(s);
	heard_free(&s->heard);
	batch_unit_spec_free(&s->match);
	return s->code;
}
