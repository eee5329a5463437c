/* SPDX-License-Identifier: MIT */
#include "session/self_explain.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/words.h"
#include "crypto/bytes.h"
#include "print/json.h"
#include "runtime/loop.h"

/* Earlier attempts of the run are judged only for the history. */
static void finished(void *ctx, const struct explain_attempt *attempt)
{
	struct self_explain *self = ctx;
	unsigned none = 0;

	if (!verdict_is_worth_reporting(attempt))
		return;
	if (self->has_attempt)
		verdict_judge(&self->attempt, &self->history, &none, &self->verdict);
	explain_attempt_wipe(&self->attempt);
	explain_attempt_copy(&self->attempt, attempt);
	self->has_attempt = true;
}

void self_explain_init(struct self_explain *self, const struct options *options)
{
	self->options = options;
	track_init(&self->tracker, finished, self);
}

void self_explain_packet(struct self_explain *self, bool received, const uint8_t *octets,
			 size_t len)
{
	struct explain_packet packet;

	self->packets++; /* a capture with -w numbers them alike */
	if (!capture_packet_h4(&packet, received, octets, len))
		return;
	packet.number = self->packets;
	packet.time_us = clock_wall();
	packet.clock = EXPLAIN_CLOCK_UNIX;
	packet.system = EXPLAIN_SYSTEM_BLEPAIR;
	track_packet(&self->tracker, &packet);
}

void self_explain_judge(struct self_explain *self, struct event_output *events,
			const struct session *session)
{
	/* A search for a passkey takes seconds: only on request. */
	unsigned searches = self->options->explain ? EXPLAIN_SEARCHES : 0;

	/* Late packets of this run are of no link: the session has ended. */
	track_links_flush(&self->tracker.links);
	self->failed = false;
	if (!self->has_attempt)
		return;
	self->has_attempt = false;
	/* The capture ends here because we end the run: that is no finding. */
	self->attempt.cut = EXPLAIN_CUT_NOT;
	self->attempt.own_run = true;
	if (self->controller_failed || (session && session_own_end(session, &self->own)))
		self->attempt.own = &self->own;
	verdict_judge(&self->attempt, &self->history, &searches, &self->verdict);
	self->failed = self->verdict.failed;
	self->style = (struct explain_style){
		.color = events->color,
		.ascii = events->ascii,
		.show_keys = self->options->show_keys,
		.ladder = self->options->explain,
		.said = self->attempt.own ? self->own.fix : NULL,
		.width = words_width(STDERR_FILENO),
	};
	if (self->failed && events->json) {
		json_t *event = print_json(&self->verdict, self->options->show_keys);
		(void)json_object_set_new(event, "event", json_string("explained"));
		event_emit(events, event);
	}
}

void self_explain_controller_failed(struct self_explain *self, const char *text)
{
	self->controller_failed = true;
	self->own = (struct explain_own_end){.reason = EXPLAIN_OWN_CONTROLLER};
	(void)snprintf(self->own.text, sizeof(self->own.text), "%s", text);
}

void self_explain_judge_link(struct self_explain *self, uint16_t handle,
			     struct event_output *events, const struct session *session)
{
	struct explain_link *link = track_link_find(&self->tracker.links, 0, handle);

	if (link)
		track_link_cut(&self->tracker.links, link, EXPLAIN_CUT_BY_END);
	track_links_flush(&self->tracker.links);
	self->failed = false;
	if (self->has_attempt && self->attempt.handle == handle)
		self_explain_judge(self, events, session);
}

void self_explain_end(struct self_explain *self, struct event_output *events,
		      const struct session *session)
{
	track_end(&self->tracker);
	self_explain_judge(self, events, session);
}

void self_explain_print(struct self_explain *self, FILE *file)
{
	const struct explain_own_end *own = self->attempt.own;

	if (!self->failed || self->options->json || self->options->quiet)
		return;
	/* A user who gave up knows why. */
	if (!own || own->reason != EXPLAIN_OWN_CANCELLED)
		print_findings(file, &self->verdict, &self->style);
	if (self->style.ladder)
		print_ladder(file, &self->verdict, &self->style);
}

const char *self_explain_cause(const struct self_explain *self)
{
	for (size_t i = 0; self->failed && i < self->verdict.count; i++)
		if (self->verdict.findings[i].cause)
			return self->verdict.findings[i].text;
	return NULL;
}

void self_explain_forget(struct self_explain *self)
{
	self->failed = self->has_attempt = false;
	explain_attempt_wipe(&self->attempt);
	if (self->verdict.attempt)
		verdict_wipe(&self->verdict);
}

void self_explain_wipe(struct self_explain *self)
{
	/* A link of the tracker is wiped when it ends. To wipe all of it would use 240 KiB more. */
	track_end(&self->tracker);
	self_explain_forget(self);
	bytes_wipe(self, offsetof(struct self_explain, attempt));
}
