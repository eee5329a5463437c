/* SPDX-License-Identifier: MIT */
/*
 * Explains a failure of this run: the checks of blepair explain on our own traffic. While a link is
 * open, packets are only sorted into attempts; an attempt is judged when its link has ended.
 */
#pragma once

#include "analyse/own_end.h"
#include "options/options.h"
#include "output/event.h"
#include "print/terminal.h"
#include "session/session.h"
#include "track/tracker.h"

struct self_explain {
	const struct options *options;
	uint64_t packets;
	bool has_attempt;	    /* attempt is the last one that is worth reporting */
	struct explain_own_end own; /* of attempt */
	bool controller_failed;	    /* own has the reason */
	struct explain_history history;
	bool failed; /* verdict is that of a failure, to be printed */
	struct explain_style style;
	struct explain_attempt attempt;
	struct explain_verdict verdict;
	struct explain_tracker tracker;
};

/* self must be all zero. options are borrowed. */
void self_explain_init(struct self_explain *self, const struct options *options);

/* Takes one packet of H4, packet type included. */
void self_explain_packet(struct self_explain *self, bool received, const uint8_t *packet,
			 size_t len);

/*
 * Judges the last attempt since the previous call, when its link has ended. session: whose attempt
 * it is, which has ended; NULL: no session. If it failed, emits it as an event with --json.
 */
void self_explain_judge(struct self_explain *self, struct event_output *events,
			const struct session *session);

/* The controller failed, which is why the attempt ended; text: a clause. Before the end. */
void self_explain_controller_failed(struct self_explain *self, const char *text);

/*
 * The same for the link of that handle, which is over although its end may not have been reported.
 * Attempts of other links are left alone.
 */
void self_explain_judge_link(struct self_explain *self, uint16_t handle,
			     struct event_output *events, const struct session *session);

/* Ends the run: ends all links, then as above. */
void self_explain_end(struct self_explain *self, struct event_output *events,
		      const struct session *session);

/* Without --json, prints why the judged attempt failed: to be shown below the result. */
void self_explain_print(struct self_explain *self, FILE *file);

/* The cause of the failure that was judged, a clause; NULL: it did not fail, or none is known. */
const char *self_explain_cause(const struct self_explain *self);

/* Overwrites the last attempt, judged or not, with its keys. */
void self_explain_forget(struct self_explain *self);

/* Ends all links and overwrites all keys. */
void self_explain_wipe(struct self_explain *self);
