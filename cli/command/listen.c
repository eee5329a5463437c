/* SPDX-License-Identifier: MIT */
/* blepair listen: advertises, and answers pairing and encryption, any number of times. */
#include <stddef.h>

#include "command/command.h"
#include "crypto/bytes.h"
#include "session/search.h"
#include "session/self_explain.h"

/* How long the last peer of --count may keep the link that it made. */
#define LAST_LINK_US 1000000

struct listen {
	const struct options *options;
	struct event_output *events;
	struct search search;
	struct loop_timer last_link;
	unsigned done;		     /* pairings and encryptions that succeeded */
	enum cli_exit code;	     /* of the last session */
	struct self_explain explain; /* the last member: it wipes itself */
};

static void up(void *ctx)
{
	search_advertise(&((struct listen *)ctx)->search);
}

static bool is_enough(const struct listen *l, unsigned done)
{
	return l->options->count && done >= l->options->count;
}

static void concluded(void *ctx)
{
	struct listen *l = ctx;
	struct session *s = &l->search.session;
	bool renewed = smp_spent_own_oob(&s->smp);

	self_explain_print(&l->explain);
	l->code = s->outcome.exit;
	l->done += l->code == CLI_OK;
	session_wipe(s);
	if (l->search.stopped || is_enough(l, l->done)) {
		search_end(&l->search);
		return;
	}
	if (renewed)
		session_setup_emit_oob(&l->search.setup, &l->search.controller);
	search_advertise(&l->search);
}

static void closed(void *ctx)
{
	struct listen *l = ctx;
	struct session *s = &l->search.session;

	loop_timer_stop(l->search.controller.loop, &l->last_link);
	session_setup_renew(&l->search.setup, s);
	/* The verdict comes before the result for programs, and after it for people. */
	if (l->search.state == SEARCH_OVER)
		track_end(&l->explain.tracker);
	self_explain_judge(&l->explain, l->events);
	session_conclude(s, concluded, l);
}

/* The last link that was asked for: its central may keep it for a moment only. */
static void idle(void *ctx)
{
	struct listen *l = ctx;

	if (l->search.session.state == SESSION_SETTLED && is_enough(l, l->done + 1) &&
	    !l->last_link.at)
		loop_timer_start(l->search.controller.loop, &l->last_link, LAST_LINK_US);
}

static void last_link_over(void *ctx)
{
	struct listen *l = ctx;

	session_cancel(&l->search.session, CLI_CANCELLED);
	controller_flush(&l->search.controller);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	self_explain_packet(&((struct listen *)ctx)->explain, received, octets, len);
}

/* Reports why it ended; without --count, to be interrupted is the usual end and no failure. */
static enum cli_exit conclude(struct listen *l)
{
	struct outcome *o = &l->search.outcome;

	if (o->exit == CLI_OK || is_enough(l, l->done))
		return l->code;
	if (o->exit == CLI_CANCELLED && l->search.stopped && !l->options->count)
		return CLI_OK;
	if (o->exit == CLI_TIMED_OUT)
		outcome_fail(o, CLI_TIMED_OUT, "timed out: no device paired in time");
	outcome_report(o, l->events, NULL, NULL);
	return o->exit;
}

enum cli_exit cmd_listen(const struct options *options, struct event_output *events,
			 struct store *store)
{
	static const struct search_user user = {
		.up = up, .closed = closed, .idle = idle, .packet = packet};
	static struct listen listen;
	struct listen *l = &listen;
	enum cli_exit code;

	l->options = options;
	l->events = events;
	l->last_link = (struct loop_timer){.fire = last_link_over, .ctx = l};
	code = search_init(&l->search, options, events, SESSION_PAIR, &user, l);
	if (code != CLI_OK)
		return code;
	self_explain_init(&l->explain, options);
	search_run(&l->search, store, false);
	code = conclude(l);
	search_close(&l->search);
	self_explain_wipe(&l->explain);
	bytes_wipe(l, offsetof(struct listen, explain));
	return code;
}
