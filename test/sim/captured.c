/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sim/captured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "sim/program.h"
#include "track/tracker.h"
#include "unit.h"

struct captured captured;

static char file[] = "/tmp/blepair-captured-XXXXXX";
static struct explain_tracker tracker;
static struct explain_history history;
static unsigned searches;

static const char *side(int8_t by, int8_t near)
{
	return by == EXPLAIN_NOBODY ? "nobody" : by == near ? "host" : "peer";
}

static void append(struct captured_attempt *a, const char *text)
{
	size_t len = strlen(a->says);

	(void)snprintf(a->says + len, sizeof(a->says) - len, "%s", text);
}

static void finding(struct captured_attempt *a, const struct explain_finding *f, int8_t near)
{
	append(a, " ");
	append(a, side(f->by, near));
	append(a, " ");
	append(a, f->check->id);
}

/* Adds a summary to the story unless it is already there. */
static void add_to_story(const char *says)
{
	size_t len = strlen(captured.story), end = strlen(says);

	for (size_t i = 0; i + 1 < captured.count; i++)
		if (strcmp(captured.attempts[i].says, says) == 0)
			return;
	assert_true(len + end + 3 <= sizeof(captured.story));
	if (len) {
		memcpy(captured.story + len, "; ", 2);
		len += 2;
	}
	memcpy(captured.story + len, says, end + 1);
}

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	static struct explain_verdict v;
	struct captured_attempt *a = &captured.attempts[captured.count];
	const struct explain_finding *cause;
	bool more = false;

	(void)ctx;
	if (!verdict_is_worth_reporting(attempt))
		return;
	assert_true(captured.count++ < CAPTURED_ATTEMPTS);
	verdict_judge(attempt, &history, &searches, &v);
	cause = verdict_cause(&v);
	*a = (struct captured_attempt){.outcome = v.outcome, .count = v.count};
	append(a, verdict_outcome_slug(v.outcome));
	if (cause) {
		append(a, ":");
		finding(a, cause, attempt->captured_end);
	}
	for (size_t i = 0; i < v.count; i++) {
		const struct explain_finding *f = &v.findings[i];
		a->findings[i].check = f->check;
		(void)snprintf(a->findings[i].text, sizeof(a->findings[i].text), "%s", f->text);
		if (f == cause || f->check->severity == EXPLAIN_HINT)
			continue;
		append(a, more || cause ? "," : ": -");
		more = true;
		finding(a, f, attempt->captured_end);
	}
	add_to_story(a->says);
	verdict_wipe(&v);
}

bool captured_read(const char *path, void (*each)(void *ctx, const struct explain_attempt *attempt))
{
	struct failure failure;
	struct explain_capture *capture = capture_open(path, &failure);
	struct explain_packet packet;

	if (!capture)
		return false;
	memset(&tracker, 0, sizeof(tracker));
	track_init(&tracker, each, NULL);
	while (capture_next(capture, &packet))
		track_packet(&tracker, &packet);
	track_end(&tracker);
	assert_null(capture_missing(capture));
	capture_close(capture);
	return true;
}

/* A run has ended. A run that never opened its controller has written no capture. */
static void judge(void)
{
	memset(&history, 0, sizeof(history));
	searches = captured.searches;
	if (captured_read(file, finished))
		assert_int_equal(truncate(file, 0), 0);
}

int captured_begin(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0 && close(fd) == 0);
	captured_forget();
	program_capture(file, judge);
	return 0;
}

int captured_end(void **state)
{
	(void)state;
	program_capture(NULL, NULL);
	(void)unlink(file);
	return 0;
}

void captured_forget(void)
{
	captured.count = 0;
	captured.searches = 0;
	captured.story[0] = '\0';
}

const struct captured_attempt *captured_last(void)
{
	program_end();
	if (!captured.count)
		fail_msg("the capture has no attempt worth reporting");
	return &captured.attempts[captured.count - 1];
}

void captured_says(const char *story)
{
	program_end();
	if (strcmp(captured.story, story) != 0)
		fail_msg("explain says\n\"%s\", not\n\"%s\"", captured.story, story);
}

bool captured_found(const struct captured_attempt *a, const char *id)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->findings[i].check->id, id) == 0)
			return true;
	return false;
}

void captured_print(const struct captured_attempt *a)
{
	print_error("%s\n", a->says);
	for (size_t i = 0; i < a->count; i++)
		print_error("    %s: %s\n", a->findings[i].check->id, a->findings[i].text);
}
