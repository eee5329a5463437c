/* SPDX-License-Identifier: MIT */
/* blepair listen: advertises, and answers pairing and encryption, any number of times. */
#include "command/command.h"
#include "command/while_connected.h"
#include "session/listener.h"

struct listen {
	const struct options *options;
	unsigned done;	    /* pairings and encryptions that succeeded */
	enum cli_exit last; /* of the last session */
	enum cli_exit cut;  /* of one that failed when it was stopped; CLI_OK: none did */
	bool hook_failed;   /* the command of --while-connected did, after a success */
};

static struct listener listener; /* too large for a stack that may be small */

static bool is_enough(const struct listen *l, unsigned done)
{
	return l->options->count && done >= l->options->count;
}

static bool wants_more(void *ctx)
{
	const struct listen *l = ctx;

	return !is_enough(l, l->done + listener_succeeded(&listener));
}

static void ended(void *ctx, const struct outcome *outcome)
{
	struct listen *l = ctx;

	l->last = outcome->exit == CLI_HOOK_FAILED ? CLI_OK : outcome->exit;
	l->hook_failed |= outcome->exit == CLI_HOOK_FAILED;
	l->done += l->last == CLI_OK;
	if (listener.stopped && l->last != CLI_OK)
		l->cut = l->last;
}

/* Stopped by --timeout or a signal, before --count was reached. */
static void describe_stop(const struct listen *l, struct outcome *o)
{
	const unsigned count = l->options->count;

	if (listener.stopped == CLI_CANCELLED)
		outcome_fail(o, CLI_CANCELLED, "cancelled");
	else if (l->done && count)
		outcome_fail(o, CLI_TIMED_OUT, "timed out: %u of %u devices paired in time",
			     l->done, count);
	else if (l->done)
		outcome_fail(o, CLI_TIMED_OUT, "timed out: --timeout is over");
	else
		outcome_fail(o, CLI_TIMED_OUT, "timed out: no device paired in time");
}

/*
 * Reports why it ended, unless the last session has the same outcome. Without --count, to be
 * stopped is the usual end, and no failure unless it ended a session or nothing has paired.
 */
static enum cli_exit conclude(const struct listen *l, struct event_output *events)
{
	struct outcome o = listener.outcome;

	if (is_enough(l, l->done))
		return CLI_OK;
	if (o.exit == CLI_OK) {
		bool usual = listener.stopped == CLI_CANCELLED || l->done;
		if (!l->cut && !l->options->count && usual)
			return CLI_OK;
		if (l->cut && l->last == l->cut)
			return l->cut;
		describe_stop(l, &o);
	}
	outcome_report(&o, events, NULL, NULL);
	return o.exit;
}

enum cli_exit cmd_listen(const struct options *options, struct event_output *events,
			 struct store *store)
{
	static const struct listener_user user = {.wants_more = wants_more, .ended = ended};
	struct listen l = {.options = options};
	static struct hook hook;
	struct hook *started;
	enum cli_exit code = while_connected_start(&hook, &started, options, events);

	if (code != CLI_OK)
		return code;
	code = listener_init(&listener, options, events, &user, &l);
	if (code == CLI_OK) {
		listener.setup.hook = started;
		listener_run(&listener, store);
		code = conclude(&l, events);
		listener_explain_end(&listener);
	}
	if (started)
		hook_close(started);
	listener_close(&listener);
	return code == CLI_OK && l.hook_failed ? CLI_HOOK_FAILED : code;
}
