/* SPDX-License-Identifier: MIT */
#include "session/self_explain.h"

#include <stddef.h>
#include <stdio.h>

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
	self->attempt = *attempt;
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
	track_packet(&self->tracker, &packet);
}

void self_explain_judge(struct self_explain *self, struct event_output *events)
{
	/* A search for a passkey takes seconds: only on request. */
	unsigned searches = self->options->explain ? EXPLAIN_SEARCHES : 0;

	self->failed = false;
	if (!self->has_attempt)
		return;
	self->has_attempt = false;
	/* The capture ends here because we end the run: that is no finding. */
	self->attempt.cut = false;
	verdict_judge(&self->attempt, &self->history, &searches, &self->verdict);
	self->failed = self->verdict.failed;
	self->style = (struct explain_style){
		.color = events->color,
		.ascii = events->ascii,
		.show_keys = self->options->show_keys,
		.ladder = self->options->explain,
	};
	if (self->failed && events->json) {
		json_t *event = print_json(&self->verdict, self->options->show_keys);
		(void)json_object_set_new(event, "event", json_string("explained"));
		event_emit(events, event);
	}
}

void self_explain_end(struct self_explain *self, struct event_output *events)
{
	track_end(&self->tracker);
	self_explain_judge(self, events);
}

void self_explain_print(struct self_explain *self)
{
	if (!self->failed || self->options->json || self->options->quiet)
		return;
	print_findings(stderr, &self->verdict, &self->style);
	if (self->style.ladder)
		print_ladder(stderr, &self->verdict, &self->style);
}

void self_explain_wipe(struct self_explain *self)
{
	/* A link of the tracker is wiped when it ends. To wipe all of it would use 240 KiB more. */
	track_end(&self->tracker);
	bytes_wipe(self, offsetof(struct self_explain, tracker));
}
