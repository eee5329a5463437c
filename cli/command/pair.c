/* SPDX-License-Identifier: MIT */
#include "command/pair.h"

#include <stddef.h>
#include <stdio.h>

#include "base/json_fields.h"
#include "command/choice.h"
#include "command/label.h"
#include "command/while_connected.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "session/search.h"
#include "session/self_explain.h"

struct pair {
	const struct options *options;
	struct event_output *events;
	struct loop_timer next_attempt; /* --retry, or failures of earlier runs */
	struct choice *choice; /* of a peer that is named by what it advertises; else NULL */
	bool choosing;
	struct crypto_address peer;   /* that the user named or chose */
	bool typed;		      /* with its type */
	struct crypto_address target; /* on air */
	bool known;		      /* bond is that of the store ... */
	bool has_bond;		      /* ... and has a key that encrypts */
	struct bond_record bond;
	char label[STORE_LABEL];     /* of its unit, "": not known */
	enum own_target passed_over; /* it was seen, but does not answer us; US: it was not */
	bool has_session; /* whose outcome is that of the command; else the search has it */
	unsigned retries;
	uint32_t unanswered_writes;
	uint64_t wait; /* before the next retry */
	struct search search;
	struct self_explain explain; /* the last member: it wipes itself */
};

/* Ends without a session: the outcome is that of the search. */
static void end(struct pair *p, const struct outcome *outcome)
{
	p->search.outcome = *outcome;
	search_end(&p->search);
}

/* The peer that the user named, for events. */
static json_t *wanted(const struct pair *p)
{
	char text[ADDRESS_TEXT];
	const struct json_peer peer = {.address = p->typed ? &p->peer : NULL,
				       .text = address_format(&p->peer, text),
				       .identity = p->search.setup.identity,
				       .label = p->search.setup.peer_label};

	return json_peer(&peer);
}

/* ---- Finding and connecting ------------------------------------------------------------------ */

static bool is_wanted(void *ctx, const struct crypto_address *on_air)
{
	const struct pair *p = ctx;

	if (address_same_octets(on_air, &p->peer) && (!p->typed || on_air->type == p->peer.type))
		return true;
	return p->known && bond_may_use(&p->bond, on_air);
}

/*
 * How long a device has to wait that failed lately, perhaps in another run (Vol 3 Part H 2.3.6). 0
 * when that is beyond --timeout: the session reports the wait then.
 */
static uint64_t wait_before(const struct pair *p)
{
	const struct smp_keys *keys = &p->bond.bond.peer;
	const struct crypto_address *counted =
		p->known && keys->has_identity ? &keys->identity : &p->target;
	uint64_t now = clock_now(), limit = p->search.runtime.time_limit.at;
	uint64_t wait = smp_attempts_wait(&p->search.setup.attempts, counted, now);

	return limit && now + wait > limit ? 0 : wait;
}

static void connect_now(void *ctx)
{
	struct pair *p = ctx;

	search_connect(&p->search, &p->target);
}

static void connect_in(struct pair *p, uint64_t wait)
{
	loop_timer_start(p->search.controller.loop, &p->next_attempt, wait);
}

static void found(void *ctx, const struct crypto_address *on_air)
{
	struct pair *p = ctx;
	uint64_t wait;

	bool uses_bond = p->search.setup.intent == SESSION_ENCRYPT ||
			 (p->search.setup.intent == SESSION_PAIR && p->has_bond);

	p->target = *on_air;
	wait = uses_bond ? 0 : wait_before(p);
	if (!wait) {
		connect_now(p);
		return;
	}
	event_note(p->events, 0,
		   "attempts with this device failed lately: the next begins in %.1f s",
		   (double)wait / 1e6);
	connect_in(p, wait);
}

/*
 * A peer that hides behind resolvable addresses must be seen before it can be called; and one that
 * knows our IRK, because it may direct its advertising to such an address of ours.
 */
static bool must_be_seen(const struct pair *p)
{
	const struct smp_bond *bond = &p->bond.bond;

	return p->known &&
	       (bond->peer.has_irk || (bond->local.has_irk &&
				       hci_gap_reports_private_targets(&p->search.controller.gap)));
}

/* The peer is known: looks for it, or calls it. */
static void begin(struct pair *p)
{
	struct store *store = p->search.controller.store;
	struct failure failure;
	int status =
		store_find_by_user_address(store, &p->peer, p->typed, &p->bond, NULL, &failure);

	p->known = status == 1;
	p->has_bond = p->known && smp_bond_has_key(&p->bond.bond);
	if (p->has_bond)
		p->search.setup.expected = bond_identity(&p->bond);
	if (p->known && p->bond.bond.peer.has_identity)
		p->search.setup.identity = &p->bond.bond.peer.identity;
	if (status >= 0)
		status = store_label(store, &p->peer, p->known ? &p->bond : NULL, p->label,
				     &failure);
	p->search.setup.peer_label = p->label;
	if (status >= 0)
		status = session_setup_load_failures(&p->search.setup, store, true, &failure);
	if (status < 0) {
		search_fail(&p->search, &failure);
		return;
	}
	if (p->search.setup.intent == SESSION_ENCRYPT && !p->has_bond) {
		session_outcome_no_bond(&p->search.outcome, &p->peer, store);
		search_end(&p->search);
		return;
	}
	if (p->typed && !p->options->match && !must_be_seen(p)) {
		found(p, &p->peer);
		return;
	}
	event_emit(p->events, json_pack("{s:s, s:o}", "event", "scanning", "peer", wanted(p)));
	search_scan(&p->search);
}

/* Fills the peer of a label. False: the search is over. */
static bool find_label(struct pair *p)
{
	struct label_peer peer;

	if (label_find(p->search.controller.store, p->options->label,
		       p->search.setup.intent == SESSION_ENCRYPT, &peer, &p->search.outcome)) {
		search_end(&p->search);
		return false;
	}
	p->peer = peer.address;
	p->typed = peer.typed;
	return true;
}

static void up(void *ctx)
{
	struct pair *p = ctx;

	p->choosing = p->search.scans_actively = p->options->match != NULL;
	if (p->choosing) {
		choice_begin(p->choice);
		event_emit(p->events, json_pack("{s:s, s:s}", "event", "scanning", "match",
						p->options->match));
		search_scan(&p->search);
	} else if (!p->options->label || find_label(p)) {
		begin(p);
	}
}

/* ---- The choice of a peer -------------------------------------------------------------------- */

static bool heard(void *ctx, const struct hci_advertisement *a)
{
	struct pair *p = ctx;

	if (p->choosing)
		choice_hear(p->choice, a, own_identity_target(&p->search.controller.own, a));
	return p->choosing;
}

static void stop_scan(void *ctx)
{
	search_stop_scan(&((struct pair *)ctx)->search);
}

static void chosen(void *ctx, const struct heard_device *peer)
{
	struct pair *p = ctx;

	if (p->search.state == SEARCH_OVER)
		return;
	p->choosing = p->search.scans_actively = false;
	p->peer = peer->address;
	p->search.seen = peer->address;
	(void)snprintf(p->search.seen_name, sizeof(p->search.seen_name), "%s", peer->name);
	p->typed = true;
	begin(p);
}

static void none_chosen(void *ctx, const struct outcome *outcome)
{
	end(ctx, outcome);
}

/* ---- The end of the search ------------------------------------------------------------------- */

static void passed_over(void *ctx, enum own_target target)
{
	((struct pair *)ctx)->passed_over = target;
}

static void not_found(void *ctx)
{
	struct pair *p = ctx;
	char address[ADDRESS_TEXT];
	struct outcome o;

	if (p->choosing) {
		choice_decide(p->choice);
		return;
	}
	address_format(&p->peer, address);
	if (p->search.seen_not_connectable) {
		outcome_fail(&o, CLI_NOT_FOUND, "%s advertises, but does not accept connections",
			     address);
		outcome_advice(&o, "put it into pairing mode");
	} else if (p->passed_over != OWN_TARGET_US) {
		search_outcome_passed_over(&o, &p->peer, p->passed_over);
	} else {
		outcome_fail(&o, CLI_NOT_FOUND, "%s was not seen within %g s", address,
			     p->options->scan_timeout);
		outcome_advice(&o,
			       "is it switched on, near and advertising? a device with a "
			       "resolvable private address is found by its identity only with a "
			       "bond; see blepair scan");
	}
	end(p, &o);
}

/* ---- Another attempt ------------------------------------------------------------------------- */

static bool may_retry(const struct pair *p)
{
	return p->search.state != SEARCH_OVER && !p->search.stopped &&
	       p->retries < p->options->retry;
}

/* Nobody has refused: the first packets of the link were lost. */
static bool was_not_established(const struct outcome *o)
{
	return o->exit == CLI_CONNECTION_FAILED && o->reason_code == HCI_FAILED_TO_ESTABLISH;
}

/* The wait before another attempt, and how often it is doubled at most. */
#define FIRST_WAIT_US UINT64_C(1000000)
#define MOST_DOUBLED  9

/* Announces another attempt, at least least microseconds from now. Returns the wait: it is longer
 * each time. */
static uint64_t count_retry(struct pair *p, const struct outcome *o, uint64_t least)
{
	uint64_t wait = FIRST_WAIT_US << (p->retries < MOST_DOUBLED ? p->retries : MOST_DOUBLED);

	if (least > wait)
		wait = least;
	event_note(p->events, 0, "%s; attempt %u of %u follows in %.0f s", o->text, p->retries + 2,
		   p->options->retry + 1, (double)wait / 1e6);
	p->retries++;
	return wait;
}

static void not_connected(void *ctx, const struct outcome *outcome)
{
	struct pair *p = ctx;

	if (was_not_established(outcome) && may_retry(p))
		connect_in(p, count_retry(p, outcome, 0));
	else
		end(p, outcome);
}

/* ---- The end of a session -------------------------------------------------------------------- */

/*
 * A refusal by our own policy would be repeated, and the peer does not have the out-of-band data
 * that replace those of ours that were used.
 */
static bool is_worth_retry(const struct pair *p)
{
	const struct session *s = &p->search.session;
	enum cli_exit code = s->outcome.exit;

	return may_retry(p) && code != CLI_OK && code != CLI_INTERNAL && code != CLI_CANCELLED &&
	       code != CLI_WRONG_ATTRIBUTE && code != CLI_UNPROTECTED &&
	       (smp_attempted(&s->smp) || code == CLI_PEER_REFUSED ||
		was_not_established(&s->outcome)) &&
	       !smp_spent_own_oob(&s->smp);
}

static void retry(void *ctx)
{
	struct pair *p = ctx;

	session_wipe(&p->search.session);
	/* A key pair does not serve again after a failure (Vol 3 Part H 2.3.6). */
	p->search.setup.keypair = NULL;
	connect_in(p, p->wait);
}

static void closed(void *ctx)
{
	struct pair *p = ctx;
	struct session *s = &p->search.session;

	if (!is_worth_retry(p)) {
		p->has_session = true;
		search_end(&p->search);
		return;
	}
	/* The peer may have failed before, in other runs. */
	p->wait = count_retry(p, &s->outcome, session_wait(s));
	session_keep(s, retry, p);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	self_explain_packet(&((struct pair *)ctx)->explain, received, octets, len);
}

static void stored(void *ctx, const struct failure *failure)
{
	const struct pair *p = ctx;

	if (failure)
		event_note(p->events, 0, "%s", failure->text);
}

/* False: it was named by a label or by what it advertises, and that has found none. */
static bool has_peer(const struct pair *p)
{
	static const struct crypto_address none;

	return p->options->has_peer || !address_equal(&p->peer, &none);
}

/* There was no link: that is an attempt too, once the controller could have made one. */
static enum cli_exit conclude_unlinked(struct pair *p)
{
	const struct outcome *o = &p->search.outcome;
	const struct controller *c = &p->search.controller;
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};
	struct timed_request write;

	attempt_init(&attempt, o->result, o->exit, o->reason, o->reason_code);
	if (has_peer(p))
		(void)address_format(&p->peer, attempt.peer);
	attempt.controller = c->spec;
	if (c->own.chosen && has_peer(p) && o->exit != CLI_USAGE) { /* else nothing was attempted */
		timed_request_init(&write, c->store, c->loop, stored, p);
		timed_request_write(&write, &entry, 1);
		timed_request_finish(&write);
	}
	outcome_report(o, p->events, NULL,
		       has_peer(p) ? json_pack("{s:o}", "peer", wanted(p)) : NULL);
	return o->exit;
}

/* 0, or -1 after the report of a failure: what the peer must advertise is not valid. */
static int prepare_choice(struct pair *p)
{
	static struct choice choice; /* large, and seldom used */
	struct failure failure;
	struct outcome outcome;

	p->choice = &choice;
	choice.options = p->options;
	choice.events = p->events;
	choice.controller = &p->search.controller;
	choice.chosen = chosen;
	choice.failed = none_chosen;
	choice.stop = stop_scan;
	choice.ctx = p;
	if (choice_init(&choice, &failure) == 0)
		return 0;
	choice_end(&choice);
	outcome_fail(&outcome, failure.exit, "%s", failure.text);
	outcome_report(&outcome, p->events, NULL, NULL);
	return -1;
}

enum cli_exit pair_with_peer(const struct options *options, struct event_output *events,
			     struct store *store, enum session_intent intent)
{
	static const struct search_user user = {.up = up,
						.heard = heard,
						.is_wanted = is_wanted,
						.found = found,
						.passed_over = passed_over,
						.not_found = not_found,
						.not_connected = not_connected,
						.closed = closed,
						.packet = packet};
	static struct pair pair; /* too large for a stack that may be small */
	static struct hook hook;
	struct hook *started;
	struct pair *p = &pair;
	enum cli_exit code = while_connected_start(&hook, &started, options, events);

	if (code != CLI_OK)
		return code;
	p->options = options;
	p->events = events;
	p->peer = options->peer;
	p->typed = options->peer_typed;
	p->next_attempt = (struct loop_timer){.fire = connect_now, .ctx = p};
	if (options->match && prepare_choice(p)) {
		if (started)
			hook_close(started);
		return CLI_USAGE;
	}
	code = search_init(&p->search, options, events, intent, &user, p);
	if (code != CLI_OK) {
		if (p->choice)
			choice_end(p->choice);
		if (started)
			hook_close(started);
		return code;
	}
	p->search.setup.hook = started;
	p->search.pause = &p->next_attempt;
	p->search.setup.unanswered_writes = &p->unanswered_writes;
	self_explain_init(&p->explain, options);
	search_run(&p->search, store, intent != SESSION_PAIR_ANEW);
	if (p->choice)
		choice_end(p->choice);

	if (!p->has_session && p->search.outcome.exit == CLI_CONTROLLER_FAILED)
		self_explain_controller_failed(&p->explain, p->search.outcome.text);
	self_explain_end(&p->explain, events, p->has_session ? &p->search.session : NULL);
	if (p->has_session) {
		session_setup_renew(&p->search.setup, &p->search.session);
		session_conclude(&p->search.session, NULL, NULL);
		session_finish(&p->search.session);
		code = p->search.session.outcome.exit;
	} else {
		code = conclude_unlinked(p);
	}
	self_explain_print(&p->explain, stderr);
	if (started)
		hook_close(started);
	search_close(&p->search);
	self_explain_wipe(&p->explain);
	if (p->has_session)
		session_wipe(&p->search.session);
	bytes_wipe(p, offsetof(struct pair, search.controller));
	return code;
}

enum cli_exit cmd_pair(const struct options *options, struct event_output *events,
		       struct store *store)
{
	return pair_with_peer(options, events, store,
			      options->replace_bond ? SESSION_PAIR_ANEW : SESSION_PAIR);
}
