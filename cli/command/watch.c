/* SPDX-License-Identifier: MIT */
/*
 * blepair watch: explains every pairing of this machine, of any host, as it happens. Only the
 * monitor channel is opened with privileges; no packet is read before they are given up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/file.h"
#include "base/privilege.h"
#include "base/sandbox.h"
#include "base/start_crypto.h"
#include "base/text.h"
#include "base/words.h"
#include "capture/monitor.h"
#include "command/command.h"
#include "command/explainer.h"
#include "crypto/bytes.h"
#include "hci/btsnoop.h"
#include "hci/monitor.h"
#include "output/standard_output.h"
#include "runtime/keys.h"
#include "runtime/loop.h"
#include "runtime/output_watch.h"
#include "track/settled.h"

/* Records that are taken before signals and keys are served. */
#define RECORDS_AT_ONCE 256
/* Controllers that are named. */
#define CONTROLLERS 16
#define NAMES	    ((size_t)CONTROLLERS * 10)

struct watch {
	const struct options *options;
	struct event_output *events;
	struct explainer explainer;
	struct loop loop;
	struct output_watch output;
	struct hci_monitor monitor;
	struct loop_source records;
	struct loop_timer settle, limit;
	struct keys keys;
	struct hci_btsnoop capture;
	uint64_t number;   /* of the last record, as explain numbers those of the file of -w */
	char missing[120]; /* the text of packet.missing, until a packet carries it */
	uint16_t controllers[CONTROLLERS];
	size_t controller_count;
	char line[NAMES + 200]; /* what the terminal shows, if drawn */
	bool announced;		/* the controllers that are there at the start */
	bool status, drawn;	/* the terminal shows a line with the state; it is there now */
	struct failure failure; /* why it ended; exit CLI_OK: it was asked to */
	/* The last failure, to be printed whole. */
	bool has_failed;
	uint64_t failed_number;
	struct explain_attempt attempt;
	struct explain_verdict failed;
};

/* ---- What the terminal shows ----------------------------------------------------------------- */

/* "hci0, hci1" */
static const char *names(const struct watch *w, char text[NAMES])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < w->controller_count; i++)
		len += (size_t)snprintf(text + len, NAMES - len, "%shci%u", i ? ", " : "",
					w->controllers[i]);
	return w->controller_count ? text : "no controller";
}

static void erase_status(void *ctx)
{
	struct watch *w = ctx;

	if (w->drawn) {
		fputs("\r\033[K", stderr);
		(void)fflush(stderr); /* before standard output, which may be the same terminal */
	}
	w->drawn = false;
}

/* One line that fits: a terminal would keep the rest of a longer one. */
static void draw_status(struct watch *w)
{
	char text[sizeof(w->line)], list[NAMES], sum[EXPLAINER_SUM];

	if (!w->status || !w->announced)
		return;
	explainer_sum(&w->explainer, sum, sizeof(sum));
	(void)snprintf(text, sizeof(text), "watching %s; %s (%s%s)", names(w, list), sum,
		       w->has_failed && w->keys.active ? "l: last failure, " : "",
		       w->keys.active ? "q: quit" : "Ctrl-C: quit");
	/* Packets come all the time, and change nothing that is shown. */
	if (w->drawn && strcmp(text, w->line) == 0)
		return;
	erase_status(w);
	(void)snprintf(w->line, sizeof(w->line), "%s", text);
	text_print(stderr, "%.*s", words_width(STDERR_FILENO) - 1, text);
	(void)fflush(stderr);
	w->drawn = true;
}

/* The controllers that were there when the channel was opened. */
static void announce(struct watch *w)
{
	char list[NAMES];

	if (w->announced)
		return;
	w->announced = true;
	if (!w->status)
		event_note(w->events, 0, "watching %s", names(w, list));
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static void judged(void *ctx, const struct explain_verdict *v)
{
	struct watch *w = ctx;
	struct explainer *e = &w->explainer;

	e->tracker.searches = EXPLAIN_SEARCHES; /* a limit for one capture, not for a long run */
	if (v->failed) {
		w->has_failed = true;
		w->failed_number = e->number;
		w->attempt = *v->attempt;
		w->failed = *v;
		w->failed.attempt = &w->attempt;
	}
	if (w->options->count && e->number >= w->options->count) {
		e->closed = true;
		loop_stop(&w->loop);
	}
}

static void print_last_failure(struct watch *w)
{
	struct explain_style style = w->explainer.style;

	if (!w->has_failed) {
		event_note(w->events, 0, "no attempt has failed yet");
		return;
	}
	erase_status(w);
	putchar('\n');
	style.ladder = true;
	print_verdict(stdout, &w->failed, &style, w->failed_number);
	(void)standard_output_flush();
}

/* Those that are over; and when to look again. */
static void settle(void *ctx)
{
	struct watch *w = ctx;
	const uint64_t wait = track_settle(&w->explainer.tracker, clock_wall());

	if (wait == EXPLAIN_NO_WAIT)
		loop_timer_stop(&w->loop, &w->settle);
	else
		loop_timer_start(&w->loop, &w->settle, wait);
	draw_status(w);
}

/* ---- Records --------------------------------------------------------------------------------- */

/* The list is in order, the kernel's is not. */
static void note_controller(struct watch *w, const struct explain_packet *packet)
{
	const bool added = packet->note == EXPLAIN_NOTE_ADDED;
	uint16_t *at = w->controllers, *end = w->controllers + w->controller_count;

	if (!added && packet->note != EXPLAIN_NOTE_REMOVED)
		return;
	while (at < end && *at < packet->source)
		at++;
	const bool known = at < end && *at == packet->source;
	const size_t behind = (size_t)(end - at) * sizeof(*at);
	if (added && !known && w->controller_count < CONTROLLERS) {
		memmove(at + 1, at, behind);
		*at = packet->source;
		w->controller_count++;
	} else if (!added && known) {
		memmove(at, at + 1, behind - sizeof(*at));
		w->controller_count--;
	}
	if (w->announced)
		event_note(w->events, 0, "hci%u was %s", packet->source,
			   added ? "added" : "removed");
}

static void write_record(struct watch *w, const struct hci_monitor_record *record)
{
	struct hci_failure failure;

	if (w->capture.fd == -1)
		return;
	if (!file_has_room(w->capture.fd))
		(void)hci_failure_set(&failure, HCI_FAILURE_GONE, "cannot write %s: %s",
				      w->options->capture, file_error(ETIMEDOUT));
	else if (!hci_btsnoop_write_monitor(&w->capture, record, &failure))
		return;
	event_note(w->events, 0, "%s; the capture ends here", failure.text);
	hci_btsnoop_close(&w->capture);
}

static void take_record(struct watch *w, const struct hci_monitor_record *record)
{
	struct explain_packet packet = {
		.number = ++w->number,
		.time_us = record->time_us,
		.clock = EXPLAIN_CLOCK_UNIX,
		.manufacturer = 0xffff,
	};

	if (record->lost) {
		(void)snprintf(w->missing, sizeof(w->missing),
			       "%" PRIu64 " packet%s missing before frame %" PRIu64, record->lost,
			       record->lost == 1 ? " is" : "s are", packet.number);
		event_note(w->events, 0, "%s: the kernel dropped %s, as this program was too slow",
			   w->missing, record->lost == 1 ? "it" : "them");
	}
	write_record(w, record);
	if (capture_take_monitor(&packet, record->opcode, record->index, record->data, record->len,
				 record->original) != EXPLAIN_READ_PACKET)
		return;
	packet.missing = *w->missing ? w->missing : NULL;
	if (packet.kind == EXPLAIN_NOTE)
		note_controller(w, &packet);
	track_packet(&w->explainer.tracker, &packet);
	*w->missing = '\0';
}

static void end_by(struct watch *w, enum cli_exit exit, const char *text)
{
	(void)failure_set(&w->failure, exit, "%s", text);
	loop_stop(&w->loop);
}

static size_t wait_for_records(void *ctx, struct pollfd *fds, size_t max)
{
	const struct watch *w = ctx;

	if (!max)
		return 0;
	fds[0] = (struct pollfd){.fd = w->monitor.fd, .events = POLLIN};
	return 1;
}

static void records_ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct watch *w = ctx;
	struct hci_monitor_record record;
	struct hci_failure failure;
	int got = 1;

	(void)fds;
	(void)count;
	for (unsigned i = 0; i < RECORDS_AT_ONCE && !w->explainer.closed; i++) {
		got = hci_monitor_next(&w->monitor, &record, &failure);
		if (got <= 0)
			break;
		take_record(w, &record);
	}
	if (got == 0)
		announce(w);
	if (got < 0)
		end_by(w, CLI_CONTROLLER_FAILED, failure.text);
	settle(w);
}

/* ---- The user -------------------------------------------------------------------------------- */

static void pressed(void *ctx, char key)
{
	struct watch *w = ctx;

	if (key == 'q' || key == 'Q' || key == 4) /* Ctrl-D */
		loop_stop(&w->loop);
	else if (key == 'l' || key == 'L' || key == '\n' || key == '\r')
		print_last_failure(w);
	draw_status(w);
}

static void on_signal(void *ctx, int number)
{
	struct watch *w = ctx;

	if (number == SIGWINCH || number == SIGCONT) {
		if (number == SIGCONT && w->keys.loop)
			keys_resume(&w->keys);
		w->explainer.style.width = words_width(STDOUT_FILENO);
		erase_status(w);
		draw_status(w);
		return;
	}
	standard_output_hurry();
	loop_stop(&w->loop);
}

/* --timeout, or standard output is lost. */
static void stop(void *ctx)
{
	struct watch *w = ctx;

	loop_stop(&w->loop);
}

/* ---- The run --------------------------------------------------------------------------------- */

static enum cli_exit exit_of(const struct hci_failure *failure)
{
	return failure->kind == HCI_FAILURE_PERMISSION	? CLI_PERMISSION
	       : failure->kind == HCI_FAILURE_NOT_FOUND ? CLI_NO_CONTROLLER
							: CLI_INTERNAL;
}

/* The file of -w as the user, the channel as root; then without any privilege. 0, or -1. */
static int open_all(struct watch *w)
{
	struct hci_failure failure;
	bool replace = false;
	int file = -1, fd;

	if (w->options->capture) {
		file = file_open_growing(w->options->capture, &replace, &w->failure);
		if (file < 0)
			return -1;
	}
	hci_btsnoop_start(&w->capture, file, replace);
	privilege_raise();
	fd = hci_monitor_open(&failure);
	if (fd < 0) {
		privilege_lower();
		return failure_set(&w->failure, exit_of(&failure), "%s", failure.text);
	}
	hci_monitor_start(&w->monitor, fd, clock_wall);
	if (privilege_drop())
		return failure_set(&w->failure, CLI_INTERNAL, "root could not be given up: %s",
				   strerror(errno));
	sandbox_hide_memory(); /* the change of user has undone it */
	return start_crypto(&w->failure);
}

static void run(struct watch *w)
{
	const struct options *o = w->options;

	w->loop.on_signal = on_signal;
	w->loop.signal_ctx = w;
	w->records =
		(struct loop_source){.watch = wait_for_records, .ready = records_ready, .ctx = w};
	loop_add(&w->loop, &w->records);
	w->output = (struct output_watch){.loop = &w->loop, .lost = stop, .ctx = w};
	output_watch_start(&w->output);
	w->settle = (struct loop_timer){.fire = settle, .ctx = w};
	w->limit = (struct loop_timer){.fire = stop, .ctx = w};
	if (o->timeout > 0) {
		loop_timer_start(&w->loop, &w->limit, (uint64_t)(o->timeout * 1e6));
		standard_output_end_at(w->limit.at);
	}
	if (w->status && isatty(STDIN_FILENO)) {
		w->keys = (struct keys){.loop = &w->loop, .pressed = pressed, .ctx = w};
		keys_start(&w->keys);
	}
	loop_run(&w->loop);
	keys_stop(&w->keys);
	track_end(&w->explainer.tracker);
	erase_status(w);
	output_watch_stop(&w->output);
}

static void conclude(const struct watch *w, struct outcome *o)
{
	const struct explainer *e = &w->explainer;

	*o = (struct outcome){.exit = CLI_OK, .result = "watched", .reason_code = -1};
	if (w->failure.exit) {
		outcome_fail(o, w->failure.exit, "%s", w->failure.text);
		return;
	}
	/* A run that the user ends has done what it was asked to do. */
	if (e->closed && e->failed) {
		o->exit = CLI_EXPLAINED;
		o->result = "failed";
	}
	explainer_sum(e, o->text, sizeof(o->text));
}

enum cli_exit cmd_watch(const struct options *options, struct event_output *events,
			struct store *store)
{
	static struct watch watch; /* large: its size does not depend on how long it runs */
	struct watch *w = &watch;
	struct outcome outcome;

	(void)store;
	memset(w, 0, sizeof(*w));
	w->options = options;
	w->events = events;
	w->monitor.fd = w->capture.fd = w->loop.signal_fd = -1;
	w->status = event_terminal(STDERR_FILENO) && !options->json && !options->quiet;
	w->explainer.judged = judged;
	w->explainer.ctx = w;
	explainer_init(&w->explainer, options, events, options->explain);
	w->explainer.sentences = true;
	explainer_begin(&w->explainer, NULL);
	events->before = erase_status;
	events->before_ctx = w;
	if (open_all(w) == 0) {
		if (loop_init(&w->loop))
			(void)failure_set(&w->failure, CLI_INTERNAL, "no event loop: %s",
					  strerror(errno));
		standard_output_guard();
		if (!w->failure.exit && !options->keep_root && sandbox_enter(SANDBOX_WATCH))
			(void)failure_set(&w->failure, CLI_INTERNAL,
					  "system calls cannot be filtered: %s", strerror(errno));
		if (!w->failure.exit)
			run(w);
	}
	conclude(w, &outcome);
	outcome_report(&outcome, events, NULL, explainer_counts(&w->explainer));
	events->before = NULL;
	hci_monitor_close(&w->monitor);
	hci_btsnoop_close(&w->capture);
	if (w->loop.signal_fd >= 0)
		loop_close(&w->loop);
	bytes_wipe(&w->attempt, sizeof(w->attempt));
	bytes_wipe(&w->failed, sizeof(w->failed));
	explainer_wipe(&w->explainer);
	return outcome.exit;
}
