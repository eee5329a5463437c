/* SPDX-License-Identifier: MIT */
/* blepair explain FILE: what happened in a capture, and why it failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/capture.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "output/outcome.h"
#include "print/html_svg.h"
#include "print/json.h"
#include "print/key_file.h"
#include "print/terminal.h"
#include "track/tracker.h"

struct explainer {
	const struct options *options;
	struct event_output *events;
	struct explain_style style;
	struct explain_tracker tracker;
	struct explain_history memory;
	struct explain_verdict verdict;
	uint64_t number, paired, failed;
	size_t keys;
	FILE *key_file;
	struct explain_picture picture;
	bool progress; /* a line of it stands on the terminal */
};

/* ---- Progress -------------------------------------------------------------------------------- */

#define PROGRESS_PACKETS \
	262144 /* so many between two looks: a file that is read at once shows none */

static void clear_progress(struct explainer *e)
{
	if (e->progress)
		fputs("\r\033[K", stderr);
	e->progress = false;
}

static void show_progress(struct explainer *e, const struct explain_capture *capture)
{
	uint64_t octets, size;

	capture_progress(capture, &octets, &size);
	if (size)
		fprintf(stderr, "\r%3.0f %% of %.0f MB", 100.0 * (double)octets / (double)size,
			(double)size / 1e6);
	else
		fprintf(stderr, "\r%.0f MB", (double)octets / 1e6);
	e->progress = true;
}

/* ---- Telling --------------------------------------------------------------------------------- */

static int columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col < 60 ? 60 : size.ws_col > 160 ? 160 : size.ws_col;
	return isatty(STDOUT_FILENO) ? 100 : 0;
}

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	struct explainer *e = ctx;
	struct explain_verdict *v = &e->verdict;

	if (!verdict_is_worth_reporting(attempt))
		return;
	verdict_judge(attempt, &e->memory, &e->tracker.searches, v);
	e->number++;
	e->paired += v->outcome == EXPLAIN_PAIRED || v->outcome == EXPLAIN_ENCRYPTED;
	e->failed += v->failed;
	clear_progress(e);
	if (e->events->json) {
		json_t *event = print_json(v, e->options->show_keys);
		(void)json_object_set_new(event, "event", json_string("explained"));
		(void)json_object_set_new(event, "number", json_integer((json_int_t)e->number));
		event_emit(e->events, event);
	} else if (!e->options->quiet || v->failed) {
		if (e->number > 1)
			putchar('\n');
		print_verdict(stdout, v, &e->style, e->number);
		(void)fflush(stdout);
	}
	if (e->key_file)
		e->keys += print_keys_write(e->key_file, v, e->number);
	print_picture_add(&e->picture, v, e->options->show_keys);
	verdict_wipe(v);
}

/* Opens what is to be written before anything is read, so that a typing error costs no time. */
static int open_outputs(struct explainer *e, struct outcome *o)
{
	const struct options *options = e->options;

	if (options->keys_file && !(e->key_file = print_keys_open(options->keys_file))) {
		outcome_fail(o, CLI_USAGE, "%s: cannot write it: %s", options->keys_file,
			     strerror(errno));
		return -1;
	}
	if (print_picture_open(&e->picture, options->html, options->svg)) {
		outcome_fail(o, CLI_USAGE, "%s: cannot write it: %s", e->picture.path,
			     strerror(errno));
		return -1;
	}
	return 0;
}

static void close_outputs(struct explainer *e, struct outcome *o)
{
	bool lost = false;

	if (print_picture_close(&e->picture))
		lost = true;
	if (e->key_file && (ferror(e->key_file) | fclose(e->key_file)))
		lost = true;
	e->key_file = NULL;
	if (lost)
		outcome_fail(o, CLI_INTERNAL, "what was to be written is not complete: %s",
			     strerror(errno));
	else if (e->options->keys_file)
		event_note(e->events, 0, "%zu keys are in %s", e->keys, e->options->keys_file);
}

static void conclude(struct explainer *e, const struct explain_capture *capture, struct outcome *o)
{
	const char *missing = capture_missing(capture);

	*o = (struct outcome){.exit = CLI_OK, .result = "explained", .reason_code = -1};
	if (!e->number) {
		outcome_fail(o, CLI_NOTHING_FOUND, "%s: no pairing and no encryption in it",
			     capture_format(capture));
		(void)snprintf(o->detail, sizeof(o->detail),
			       "%" PRIu64 " packets, %" PRIu64 " connections%s%s",
			       e->tracker.packets, e->tracker.links.connections,
			       missing ? "; " : "", missing ? missing : "");
		(void)snprintf(o->advice, sizeof(o->advice),
			       "start the capture before connecting; of a sniffer, let it follow "
			       "the connection");
		return;
	}
	(void)snprintf(o->text, sizeof(o->text),
		       "%s: %" PRIu64 " attempts, %" PRIu64 " succeeded, %" PRIu64 " failed",
		       capture_format(capture), e->number, e->paired, e->failed);
	if (missing)
		(void)snprintf(o->detail, sizeof(o->detail), "%s", missing);
	if (e->failed) {
		o->exit = CLI_EXPLAINED;
		o->result = "failed";
	}
}

/* The last line of people: only if it says more than the attempts did. */
static void tell(struct explainer *e, const struct outcome *o)
{
	if (e->events->json || o->exit == CLI_NOTHING_FOUND || o->exit == CLI_USAGE ||
	    o->exit == CLI_INTERNAL) {
		outcome_report(o, e->events, NULL,
			       json_pack("{s:I, s:I, s:I}", "attempts", (json_int_t)e->number,
					 "succeeded", (json_int_t)e->paired, "failed",
					 (json_int_t)e->failed));
		return;
	}
	if (e->number > 1)
		printf("\n%s\n", o->text);
	if (*o->detail)
		printf("%s\n", o->detail);
}

/* As docs/explain.md has it. */
static void list_checks(void)
{
	puts("| check | kind | what it means | what to do | Core Specification |\n"
	     "| --- | --- | --- | --- | --- |");
	for (size_t i = 0; i < check_count; i++) {
		const struct explain_check *c = &check_table[i];
		printf("| `%s` | %s | %s | %s | %s |\n", c->id, check_severity_name(c->severity),
		       c->text, c->fix, c->section);
	}
}

enum cli_exit cmd_explain(const struct options *options, struct event_output *events,
			  struct store *store)
{
	static struct explainer explainer; /* large, and of one size whatever the capture */
	struct explainer *e = &explainer;
	struct explain_capture *capture;
	struct explain_packet packet;
	struct outcome o;
	struct failure failure;
	bool terminal = isatty(STDERR_FILENO) && !options->quiet;

	(void)store;
	if (options->checks) {
		list_checks();
		return CLI_OK;
	}
	e->options = options;
	e->events = events;
	e->style = (struct explain_style){
		.color = options->color == COLOR_ALWAYS ||
			 (options->color == COLOR_AUTO && events->color && isatty(STDOUT_FILENO)),
		.ascii = events->ascii,
		.show_keys = options->show_keys,
		.ladder = !options->quiet,
		.width = columns(),
	};
	capture = capture_open(options->file, &failure);
	if (!capture) {
		outcome_fail(&o, failure.exit, "%s", failure.text);
		outcome_report(&o, events, NULL, NULL);
		return o.exit;
	}
	if (open_outputs(e, &o)) {
		outcome_report(&o, events, NULL, NULL);
	} else {
		track_init(&e->tracker, finished, e);
		while (capture_next(capture, &packet)) {
			track_packet(&e->tracker, &packet);
			if (terminal && e->tracker.packets % PROGRESS_PACKETS == 0)
				show_progress(e, capture);
		}
		track_end(&e->tracker);
		clear_progress(e);
		conclude(e, capture, &o);
		close_outputs(e, &o);
		tell(e, &o);
		if (fflush(stdout) || ferror(stdout)) {
			fputs("blepair: standard output could not be written\n", stderr);
			o.exit = CLI_INTERNAL;
		}
	}
	capture_close(capture);
	bytes_wipe(&e->memory, sizeof(e->memory));
	return o.exit;
}
