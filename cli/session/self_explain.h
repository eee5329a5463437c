/* SPDX-License-Identifier: MIT */
/*
 * Our own failure, explained: the checks of blepair explain on the traffic of this run. While a
 * link goes on, packets are only sorted into attempts; nothing is judged before its end.
 */
#pragma once

#include "options/options.h"
#include "output/event.h"
#include "print/terminal.h"
#include "track/tracker.h"

struct self_explain {
	const struct options *options;
	uint64_t packets;
	bool has_attempt; /* the last one that says something: */
	struct explain_attempt attempt;
	struct explain_history memory;
	struct explain_verdict verdict;
	bool failed; /* the verdict is there, and is to be told */
	struct explain_style style;
	struct explain_tracker tracker;
};

/* hindsight must be all zero. options are borrowed. */
void self_explain_init(struct self_explain *hindsight, const struct options *options);

/* One packet of H4. */
void self_explain_packet(struct self_explain *hindsight, bool received, const uint8_t *packet,
			 size_t len);

/* A link is over: judges the last attempt since the call before, and if that failed, emits it with
 * --json. */
void self_explain_judge(struct self_explain *hindsight, struct event_output *events);

/* The same, and the run is over. */
void self_explain_end(struct self_explain *hindsight, struct event_output *events);

/* Of keys. */
void self_explain_wipe(struct self_explain *hindsight);

/* Prints, for people, why it failed: after the result, so that it is what they read last. */
void self_explain_print(struct self_explain *hindsight);
