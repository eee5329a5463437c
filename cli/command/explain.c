/* SPDX-License-Identifier: MIT */
/* blepair explain FILE: reports each attempt in a capture, and why it failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/file.h"
#include "base/privilege.h"
#include "base/sandbox.h"
#include "base/start_crypto.h"
#include "base/text.h"
#include "base/time.h"
#include "capture/capture.h"
#include "capture/foreign.h"
#include "command/command.h"
#include "command/explainer.h"
#include "crypto/bytes.h"
#include "output/outcome.h"
#include "output/standard_output.h"
#include "output/status_line.h"
#include "print/key_file.h"
#include "print/picture.h"
#include "track/contents.h"

enum { OUTPUT_KEYS, OUTPUT_HTML, OUTPUT_SVG, OUTPUTS };

struct explain {
	struct explainer explainer;
	const struct options *options;
	struct event_output *events;
	struct explain_contents contents;
	bool bredr;	    /* there was something of BR/EDR */
	const char *advice; /* about it, or NULL */
	bool cut;	    /* a text that ends within a packet */
	bool wish;	    /* the host was asked to pair, and no connection followed */
	bool unmade;	    /* the kernel reports that it made no connection */
	struct file_out outputs[OUTPUTS];
	FILE *key_file; /* NULL: not wanted */
	size_t keys;	/* in key_file */
	struct explain_picture picture;
	struct explain_origin origin;
	FILE *drawing; /* the SVG image while it is drawn, if it goes to a pipe or a device */
	struct status_line progress;
	uint64_t begun, next_progress; /* by the monotonic clock; 0: not begun */
	/* What lines of logs among the packets say: struct capture_foreign_finds. */
	char log[2][320];
	/* The captures read so far; an archive may have several. */
	uint64_t captures, cancelled;
	uint64_t encryptions; /* that succeeded, on handles of which nothing else is known */
	char format[100];
	char missing[400];
	bool more_missing;
	char said[400]; /* "the log itself says: ..."; or empty */
};

/* ---- Progress -------------------------------------------------------------------------------- */

/* A line each second. The clock is asked once in so many packets. */
enum { PROGRESS_PACKETS = 256, PROGRESS_US = 1000000 };

static void show_progress(struct explain *e, const struct explain_capture *capture)
{
	const uint64_t now = clock_now();
	uint64_t octets, size;

	if (now < e->next_progress)
		return;
	const bool begins = !e->next_progress; /* most files are read within the first second */
	e->next_progress = now + PROGRESS_US;
	if (begins) {
		e->begun = now;
		return;
	}
	capture_progress(capture, &octets, &size);
	if (size)
		status_line_show(&e->progress, "%3.0f %% of %.0f MB, %.0f s",
				 100.0 * (double)octets / (double)size, (double)size / 1e6,
				 (double)(now - e->begun) / 1e6);
	else
		status_line_show(&e->progress, "%.1f MB, %.0f s", (double)octets / 1e6,
				 (double)(now - e->begun) / 1e6);
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static void judged(void *ctx, const struct explain_verdict *v)
{
	struct explain *e = ctx;

	if (e->key_file)
		e->keys += print_keys_write(e->key_file, v, e->explainer.number);
	print_picture_add(&e->picture, v, e->explainer.number, e->options->show_keys);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void abandon_outputs(struct explain *e)
{
	if (e->drawing)
		(void)fclose(e->drawing);
	e->drawing = NULL;
	for (size_t i = 0; i < OUTPUTS; i++)
		file_abandon(&e->outputs[i]);
}

/*
 * The height of an SVG image is known at its end, but stands at its beginning. What cannot go back
 * is drawn in memory.
 */
static int open_drawing(struct explain *e, struct failure *failure)
{
	const struct file_out *svg = &e->outputs[OUTPUT_SVG];

	e->drawing = NULL;
	if (!e->options->svg || *svg->temporary)
		return 0;
	int fd = memfd_create("svg", MFD_CLOEXEC);
	e->drawing = fd < 0 ? NULL : fdopen(fd, "w+");
	return e->drawing ? 0
			  : failure_set(failure, CLI_INTERNAL, "no memory to draw in: %s",
					strerror(errno));
}

static void copy_drawing(struct explain *e)
{
	struct file_out *svg = &e->outputs[OUTPUT_SVG];
	char part[4096];
	size_t len;

	if (!e->drawing)
		return;
	rewind(e->drawing);
	while ((len = fread(part, 1, sizeof(part), e->drawing)) > 0)
		if (fwrite(part, 1, len, svg->stream) != len) {
			svg->error = errno;
			break;
		}
	bytes_wipe(part, sizeof(part));
	(void)fclose(e->drawing);
	e->drawing = NULL;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(path, "-") == 0 ? "standard input" : slash ? slash + 1 : path;
}

/* Opens the files before the capture is read, so that a wrong path is reported at once. */
static int open_outputs(struct explain *e, struct failure *failure)
{
	const char *const paths[OUTPUTS] = {e->options->keys_file, e->options->html,
					    e->options->svg};

	for (size_t i = 0; i < OUTPUTS; i++) {
		const bool standard = paths[i] && strcmp(paths[i], "-") == 0;
		e->explainer.silent = e->explainer.silent || standard;
		if (paths[i] && file_create(&e->outputs[i], standard ? "/dev/stdout" : paths[i],
					    FILE_PRIVATE, failure)) {
			abandon_outputs(e);
			return -1;
		}
	}
	if (open_drawing(e, failure)) {
		abandon_outputs(e);
		return -1;
	}
	e->origin.name = file_name(e->options->file);
	e->origin.inside = e->explainer.inside;
	(void)time_now(e->origin.reported);
	e->key_file = e->outputs[OUTPUT_KEYS].stream;
	if (e->key_file)
		print_keys_begin(e->key_file);
	print_picture_begin(&e->picture, e->outputs[OUTPUT_HTML].stream,
			    e->drawing ? e->drawing : e->outputs[OUTPUT_SVG].stream, &e->origin);
	return 0;
}

/*
 * Opens the capture and the files for the result, and gives up all privileges and most system
 * calls: anybody may have written the capture. NULL with the failure.
 */
static struct explain_capture *open_all(struct explain *e, struct failure *failure)
{
	const struct options *o = e->options;
	const bool writes = o->keys_file || o->html || o->svg;
	struct explain_capture *capture;

	if (privilege_drop()) {
		(void)failure_set(failure, CLI_INTERNAL, "root could not be given up: %s",
				  strerror(errno));
		return NULL;
	}
	sandbox_hide_memory();
	capture = capture_open_file(o->file, failure);
	if (!capture)
		return NULL;
	if ((capture_is_empty(capture) || start_crypto(failure) == 0) &&
	    open_outputs(e, failure) == 0) {
		capture_prepare(capture);
		if (o->keep_root ||
		    sandbox_enter(writes ? SANDBOX_PARSE_AND_WRITE : SANDBOX_PARSE) == 0)
			return capture;
		(void)failure_set(failure, CLI_INTERNAL, "system calls cannot be filtered: %s",
				  strerror(errno));
		abandon_outputs(e);
	}
	capture_close(capture);
	return NULL;
}

static int close_outputs(struct explain *e, const struct outcome *o, struct failure *failure)
{
	int lost = 0;

	print_picture_end(&e->picture, o->text);
	copy_drawing(e);
	for (size_t i = 0; i < OUTPUTS; i++)
		if (e->outputs[i].stream)
			lost |= file_commit(&e->outputs[i], failure);
	e->key_file = NULL;
	if (!lost && e->options->keys_file)
		event_note(e->events, 0, "%zu key%s %s in %s", e->keys, text_s(e->keys),
			   e->keys == 1 ? "is" : "are",
			   strcmp(e->options->keys_file, "-") == 0 ? "standard output"
								   : e->options->keys_file);
	return lost;
}

/* ---- The result ------------------------------------------------------------------------------ */

static void add_detail(struct outcome *o, const char *text)
{
	const size_t len = strlen(o->detail);

	if (*text)
		(void)snprintf(o->detail + len, sizeof(o->detail) - len, "%s%s", len ? "; " : "",
			       text);
}

/* Adds a clause about what is missing or odd, once. clause: NULL or empty: none. */
static void add_clause(struct explain *e, const char *clause)
{
	const size_t len = strlen(e->missing);

	if (!clause || !*clause || strstr(e->missing, clause))
		return;
	if (len && len + strlen("; ") + strlen(clause) >= sizeof(e->missing)) {
		e->more_missing = true; /* an archive may have many captures */
		return;
	}
	(void)snprintf(e->missing + len, sizeof(e->missing) - len, "%s%s", len ? "; " : "", clause);
}

static void add_missing(const struct explain *e, struct outcome *o)
{
	add_detail(o, e->missing);
	if (e->more_missing)
		add_detail(o, "and more in other captures");
}

/* Keeps what a line of a log says, once. */
static void note_log(struct explain *e, const char *line)
{
	struct capture_foreign_finds finds = {0};

	if (*e->log[1])
		return;
	capture_foreign_look(&finds, line, strlen(line));
	if (*finds.fact && strcmp(finds.fact, e->log[0]) != 0)
		(void)snprintf(e->log[*e->log[0] != '\0'], sizeof(e->log[0]), "%s", finds.fact);
}

/* Where the packets do not show how a pairing ended, a log may. */
static void add_log(const struct explain *e, struct outcome *o)
{
	char text[800];

	if (e->explainer.failed || e->explainer.succeeded)
		return;
	if (!*e->log[0]) {
		add_detail(o, e->said);
		return;
	}
	(void)snprintf(text, sizeof(text), "a log in it says: %s%s%s", e->log[0],
		       *e->log[1] ? "; and " : "", e->log[1]);
	add_detail(o, text);
}

/* Adds a capture that has been read to the sums. */
static void add_up(struct explain *e, const struct explain_capture *capture)
{
	const struct explain_links *links = &e->explainer.tracker.links;
	char bredr[400], ends[TRACK_ENDS], unmade[TRACK_ENDS], wish[TRACK_ENDS];

	if (++e->captures == 1)
		(void)snprintf(e->format, sizeof(e->format), "%s", capture_format(capture));
	else
		(void)snprintf(e->format, sizeof(e->format), "%" PRIu64 " captures", e->captures);
	e->cancelled += links->cancelled;
	e->encryptions += links->encryptions_kept;
	e->bredr |= *track_bredr_summary(&links->bredr, bredr, sizeof(bredr)) != '\0';
	e->advice = e->advice ? e->advice : track_bredr_advice(&links->bredr, !links->connections);
	if (!e->explainer.number || track_bredr_paired(&links->bredr))
		add_clause(e, bredr);
	add_clause(e, track_ends_describe(&links->ends, ends));
	if (!e->explainer.number) {
		add_clause(e, track_unmade_describe(&links->unmade, unmade));
		add_clause(e, track_dropped_describe(&links->dropped, ends));
		add_clause(e, track_kept_keys_describe(&links->kept_keys, ends));
		e->unmade |= links->unmade.count > 0;
		add_clause(e, track_wish_describe(links, wish));
		e->wish |= *wish != '\0';
	}
	e->cut |= capture_is_cut(capture);
	add_clause(e, capture_remark(capture));
	if (!*e->said && capture_said(capture))
		(void)snprintf(e->said, sizeof(e->said), "the log itself says: %s",
			       capture_said(capture));
	add_clause(e, capture_missing(capture));
}

/* No attempt of LE: says what there is instead. */
static void conclude_nothing(const struct explain *e, const char *subject, struct outcome *o)
{
	char text[CONTENTS_TEXT];

	const bool classic = e->contents.classic || e->bredr;

	/* Encryption Change alone is the same event for LE and BR/EDR: Vol 4 Part E 7.7.8. */
	if (e->encryptions && !classic)
		outcome_fail(o, CLI_NOTHING_FOUND,
			     "%s: %s no pairing, and encryption that started, but nothing that "
			     "shows whether it is of LE or of BR/EDR",
			     e->format, subject);
	else
		outcome_fail(o, CLI_NOTHING_FOUND, "%s: %s no pairing and no encryption%s",
			     e->format, subject, classic ? " of LE" : "");
	outcome_advice(o, "%s", contents_describe(&e->contents, text));
	if (e->advice)
		outcome_advice(o, "%s", e->advice);
	else if (e->bredr && !e->contents.connections && !e->contents.classic)
		outcome_advice(o, "%s", contents_bredr_advice);
	else if (e->cut)
		outcome_advice(o, "explain what follows in the trace as well: this text ends "
				  "before it shows a pairing");
	else if (e->unmade)
		outcome_advice(o, "bring the device near, switch it on, put it into its pairing "
				  "mode, and try again; `sudo btmon -w FILE` records all of it");
	else if (e->wish)
		outcome_advice(o, "explain what follows in the trace as well, or let the capture "
				  "run until the pairing has ended; the device must be near, "
				  "switched on, and in its pairing mode");
	add_detail(o, text);
	explainer_departure(&e->explainer, text, sizeof(text));
	add_detail(o, text);
	if (e->cancelled) {
		(void)snprintf(text, sizeof(text),
			       "the host stopped making %" PRIu64 " connection%s itself, before a "
			       "peer answered",
			       e->cancelled, text_s(e->cancelled));
		add_detail(o, text);
	}
	add_log(e, o);
	add_missing(e, o);
}

static void conclude(const struct explain *e, struct outcome *o)
{
	const char *subject = e->captures > 1 ? "they have" : "this capture has";

	*o = (struct outcome){.exit = CLI_OK, .result = "explained", .reason_code = -1};
	if (!e->contents.packets) {
		outcome_fail(o, CLI_EMPTY, "%s: %s no packet", e->format, subject);
		if (*e->missing)
			outcome_detail(o, "%s", e->missing);
		else
			outcome_advice(o, "capture again: start before the connection, stop after "
					  "the failure, and run the program as root, as in `sudo "
					  "btmon -w FILE`");
		return;
	}
	if (!e->explainer.number) {
		conclude_nothing(e, subject, o);
		return;
	}
	explainer_sum(&e->explainer, o->text, sizeof(o->text));
	add_log(e, o);
	add_missing(e, o);
	if (e->explainer.failed) {
		o->exit = CLI_EXPLAINED;
		o->result = "failed";
	} else if (e->explainer.succeeded < e->explainer.number) {
		o->exit = CLI_UNFINISHED;
		o->result = "unfinished";
	}
}

/* Reads one capture to its end. */
static void read_capture(struct explain *e, struct explain_capture *capture)
{
	struct explain_tracker *tracker = &e->explainer.tracker;
	struct explain_packet packet;

	explainer_begin(&e->explainer, capture_inside(capture));
	while (!standard_output_error() && capture_next(capture, &packet)) {
		if (!e->contents.packets) {
			e->origin.clock = packet.clock;
			e->origin.captured = packet.time_us;
		}
		contents_add(&e->contents, &packet);
		if (packet.kind == EXPLAIN_NOTE && packet.text)
			note_log(e, packet.text);
		track_packet(tracker, &packet);
		if (e->progress.allowed && tracker->packets % PROGRESS_PACKETS == 0)
			show_progress(e, capture);
	}
	track_end(tracker);
	status_line_clear(&e->progress);
	add_up(e, capture);
}

/*
 * Prints the result. Without --json, only what the attempts above do not show. Where standard
 * output is for sentences or for a file, the result stands on standard error.
 */
static void report(struct explain *e, const struct outcome *o)
{
	const bool aside = e->explainer.silent || e->options->brief;
	FILE *out = aside ? stderr : stdout;

	if (e->events->json || !e->explainer.number || o->exit == CLI_USAGE ||
	    o->exit == CLI_INTERNAL) {
		outcome_report(o, e->events, NULL, explainer_counts(&e->explainer));
		return;
	}
	if (aside && e->options->quiet)
		return;
	if (e->explainer.number > 1 || (e->options->failures && !e->explainer.printed)) {
		if (!aside && e->explainer.printed)
			fputc('\n', out);
		print_remark(out, o->text);
	}
	if (*o->detail)
		print_remark(out, o->detail);
}

/* As a table of Markdown: it is part of docs/explain.md. */
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
	static struct explain explain; /* large: its size does not depend on the capture */
	struct explain *e = &explain;
	struct explain_capture *capture;
	struct outcome o;
	struct failure failure;

	(void)store;
	if (options->checks) {
		list_checks();
		return CLI_OK;
	}
	e->options = options;
	e->events = events;
	e->explainer.judged = judged;
	e->explainer.ctx = e;
	explainer_init(&e->explainer, options, events, !options->quiet);
	status_line_begin(&e->progress, events);
	capture = open_all(e, &failure);
	if (!capture) {
		outcome_fail(&o, failure.exit, "%s", failure.text);
		outcome_report(&o, events, NULL, NULL);
		return o.exit;
	}
	if (capture_begin(capture, &failure)) {
		outcome_fail(&o, failure.exit, "%s", failure.text);
		outcome_report(&o, events, NULL, NULL);
		abandon_outputs(e);
	} else {
		e->origin.format = e->format;
		(void)snprintf(e->format, sizeof(e->format), "%s", capture_format(capture));
		do
			read_capture(e, capture);
		while (!standard_output_error() && capture_following(capture));
		add_clause(e, capture_missing(capture));
		conclude(e, &o);
		if (close_outputs(e, &o, &failure))
			outcome_fail(&o, failure.exit, "%s", failure.text);
		report(e, &o);
	}
	capture_close(capture);
	status_line_end(&e->progress, events);
	explainer_wipe(&e->explainer);
	return o.exit;
}
