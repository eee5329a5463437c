/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "command/explainer.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "base/words.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "output/standard_output.h"
#include "print/json.h"

static void print_text(struct explainer *e)
{
	if (*e->inside && !e->inside_printed) {
		if (e->printed && !e->options->brief)
			putchar('\n');
		text_print(stdout, "%s:", e->inside);
		putchar('\n');
		e->inside_printed = true;
		e->printed = false;
	}
	if (e->options->brief || (e->sentences && !(e->options->explain && e->verdict.failed))) {
		print_brief(stdout, &e->verdict, &e->style, e->sentences ? e->number : 0);
	} else {
		if (e->printed)
			putchar('\n');
		print_verdict(stdout, &e->verdict, &e->style, e->number);
	}
	e->printed = true;
	(void)standard_output_flush();
}

static void print(struct explainer *e)
{
	const struct explain_verdict *v = &e->verdict;

	if (e->options->failures && !v->failed)
		return;
	if (e->events->before)
		e->events->before(e->events->before_ctx);
	if (e->events->json) {
		json_t *event = print_json(v, e->options->show_keys);
		(void)json_object_set_new(event, "event", json_string("explained"));
		(void)json_object_set_new(event, "number", json_integer((json_int_t)e->number));
		if (*e->inside)
			(void)json_object_set_new(event, "file", text_json(e->inside));
		event_emit(e->events, event);
	} else if (!e->silent && (!e->options->quiet || !verdict_succeeded(v))) {
		print_text(e);
	}
}

/*
 * An attempt that was reported while its link was up has only the end of the link to add. It is of
 * interest if the encryption that worked then failed later; that is compared with no other attempt,
 * as the values of this one are in the history already.
 */
static bool adds_nothing(const struct explain_attempt *a)
{
	return a->reported && (!mark_is_set(&a->disconnected) ||
			       a->disconnect_reason != HCI_MIC_FAILURE || mark_is_set(&a->failed));
}

static void note_departure(struct explain_departure *left, const struct explain_attempt *a)
{
	if (a->bredr || !mark_is_set(&a->disconnected))
		return;
	left->count++;
	left->by = a->roles == EXPLAIN_ROLES_UNKNOWN ? EXPLAIN_NOBODY : a->disconnected_by;
	left->reason = a->disconnect_reason;
	left->unknown_request = mark_is_set(&a->last_control) && a->last_control_unknown;
}

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	struct explainer *e = ctx;
	struct explain_verdict *v = &e->verdict;
	struct explain_history none = {0};

	if (!verdict_is_worth_reporting(attempt))
		note_departure(&e->left, attempt);
	if (e->closed || !verdict_is_worth_reporting(attempt) || adds_nothing(attempt))
		return;
	verdict_judge(attempt, attempt->reported ? &none : &e->history, &e->tracker.searches, v);
	e->number++;
	e->succeeded += verdict_succeeded(v);
	e->failed += v->failed;
	print(e);
	if (e->judged && (v->failed || !e->options->failures))
		e->judged(e->ctx, v);
	verdict_wipe(v);
	bytes_wipe(&none, sizeof(none));
}

void explainer_init(struct explainer *e, const struct options *options, struct event_output *events,
		    bool ladder)
{
	e->options = options;
	e->events = events;
	e->style = (struct explain_style){
		.color = event_colors(options, STDOUT_FILENO),
		.ascii = events->ascii,
		.show_keys = options->show_keys,
		.ladder = ladder,
		.width = words_width(STDOUT_FILENO),
	};
}

void explainer_begin(struct explainer *e, const char *inside)
{
	bytes_wipe(&e->tracker, sizeof(e->tracker));
	bytes_wipe(&e->history, sizeof(e->history)); /* an archive may have a capture twice */
	(void)snprintf(e->inside, sizeof(e->inside), "%s", inside ? inside : "");
	e->inside_printed = false;
	track_init(&e->tracker, finished, e);
}

void explainer_sum(const struct explainer *e, char *text, size_t size)
{
	const struct {
		uint64_t count;
		const char *what;
	} parts[] = {
		{e->succeeded, "succeeded"},
		{e->failed, "failed"},
		{e->number - e->succeeded - e->failed, "unfinished"},
	};
	const char *separator = ": ";
	int len = snprintf(text, size, "%" PRIu64 " attempt%s", e->number, text_s(e->number));

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].count)
			continue;
		len += snprintf(text + len, size - (size_t)len, "%s%" PRIu64 " %s", separator,
				parts[i].count, parts[i].what);
		separator = ", ";
	}
}

void explainer_departure(const struct explainer *e, char *text, size_t size)
{
	const struct explain_departure *left = &e->left;

	*text = '\0';
	if (left->count)
		(void)snprintf(text, size,
			       "%s disconnected%s without asking for security: %s (0x%02x)",
			       left->by == EXPLAIN_I   ? "the central"
			       : left->by == EXPLAIN_R ? "the peripheral"
						       : "an end",
			       left->unknown_request ? ", after LL_UNKNOWN_RSP," : "",
			       hci_error_name(left->reason), left->reason);
}

json_t *explainer_counts(const struct explainer *e)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "attempts", (json_int_t)e->number, "succeeded",
			 (json_int_t)e->succeeded, "failed", (json_int_t)e->failed, "unfinished",
			 (json_int_t)(e->number - e->succeeded - e->failed));
}

void explainer_wipe(struct explainer *e)
{
	bytes_wipe(&e->history, sizeof(e->history));
}
