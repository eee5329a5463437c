/* SPDX-License-Identifier: MIT */
#include "session/self_explain.h"

#include <stdio.h>

#include "crypto/bytes.h"
#include "print/json.h"
#include "runtime/loop.h"

/* Attempts of the run before the last one serve only to notice what repeats itself. */
static void finished(void *ctx, const struct explain_attempt *attempt)
{
	struct self_explain *h = ctx;
	unsigned none = 0;

	if (!verdict_is_worth_reporting(attempt))
		return;
	if (h->has_attempt)
		verdict_judge(&h->attempt, &h->memory, &none, &h->verdict);
	h->attempt = *attempt;
	h->has_attempt = true;
}

void self_explain_init(struct self_explain *h, const struct options *options)
{
	h->options = options;
	track_init(&h->tracker, finished, h);
}

void self_explain_packet(struct self_explain *h, bool received, const uint8_t *octets, size_t len)
{
	struct explain_packet packet;

	h->packets++; /* as a capture with -w numbers them */
	if (!capture_packet_h4(&packet, received, octets, len))
		return;
	packet.number = h->packets;
	packet.time_us = clock_wall();
	packet.clock = EXPLAIN_CLOCK_UNIX;
	track_packet(&h->tracker, &packet);
}

void self_explain_judge(struct self_explain *h, struct event_output *events)
{
	/* A search for a passkey takes seconds: only for who asked for all that can be said. */
	unsigned searches = h->options->explain ? EXPLAIN_SEARCHES : 0;

	h->failed = false;
	if (!h->has_attempt)
		return;
	h->has_attempt = false;
	/* What is cut at the end was cut by us, on purpose. */
	h->attempt.cut = false;
	verdict_judge(&h->attempt, &h->memory, &searches, &h->verdict);
	h->failed = h->verdict.failed;
	h->style = (struct explain_style){
		.color = events->color,
		.ascii = events->ascii,
		.show_keys = h->options->show_keys,
		.ladder = h->options->explain,
	};
	if (h->failed && events->json) {
		json_t *event = print_json(&h->verdict, h->options->show_keys);
		(void)json_object_set_new(event, "event", json_string("explained"));
		event_emit(events, event);
	}
}

void self_explain_end(struct self_explain *h, struct event_output *events)
{
	track_end(&h->tracker);
	self_explain_judge(h, events);
}

void self_explain_print(struct self_explain *h)
{
	if (!h->failed || h->options->json || h->options->quiet)
		return;
	print_findings(stderr, &h->verdict, &h->style);
	if (h->style.ladder)
		print_ladder(stderr, &h->verdict, &h->style);
}

void self_explain_wipe(struct self_explain *h)
{
	/* The tracker wiped its links as they ended. */
	bytes_wipe(&h->attempt, sizeof(h->attempt));
	bytes_wipe(&h->memory, sizeof(h->memory));
	bytes_wipe(&h->verdict, sizeof(h->verdict));
}
