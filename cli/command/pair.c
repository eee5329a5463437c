/* SPDX-License-Identifier: MIT */
/* blepair ADDRESS and blepair verify: find the peer, connect, pair or encrypt with the bond. */
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"
#include "output/advertisement_event.h"
#include "session/self_explain.h"
#include "session/session.h"

/* How often a link that broke at once (0x3E) is set up again. */
#define LINK_TRIES 3

struct pair {
	const struct options *options;
	struct event_output *events;
	struct controller controller;
	struct session session;
	struct session_setup setup;
	struct self_explain *hindsight;
	struct loop_timer time_limit;	/* --timeout */
	struct loop_timer search_limit; /* --scan-timeout, also of the connection */
	struct loop_timer next_attempt; /* --retry */
	struct crypto_address target;	/* on air, once known */
	bool has_bond;
	struct bond_record bond;
	bool seen_mute; /* seen, but not connectable */
	bool linked;	/* the session is in use */
	bool over;
	bool stopping;
	unsigned tries;	  /* of this link */
	unsigned retries; /* of the pairing */
	struct outcome outcome;
};

static void stop_timers(struct pair *p)
{
	loop_timer_stop(p->controller.loop, &p->time_limit);
	loop_timer_stop(p->controller.loop, &p->search_limit);
	loop_timer_stop(p->controller.loop, &p->next_attempt);
}

/* The end without a link; with one the session has its own outcome. */
static void end(struct pair *p)
{
	if (p->over)
		return;
	p->over = true;
	stop_timers(p);
	controller_finish(&p->controller);
}

/* ---- Finding --------------------------------------------------------------------------------- */

static bool is_target(const struct pair *p, const struct crypto_address *address)
{
	const struct smp_keys *keys = &p->bond.bond.peer;

	if (address_same_octets(address, &p->options->peer) &&
	    (!p->options->peer_typed || address->type == p->options->peer.type))
		return true;
	return p->has_bond && (address_equal(address, &p->bond.peer) ||
			       (keys->has_identity && address_equal(address, &keys->identity)) ||
			       (keys->has_irk && address_resolves(address, keys->irk)));
}

/*
 * How long a device has to wait that failed lately, perhaps in another run: Vol 3 Part H 2.3.6. 0
 * when that is beyond --timeout: the session says so then.
 */
static uint64_t wait_before(const struct pair *p)
{
	const struct smp_keys *keys = &p->bond.bond.peer;
	uint64_t now = clock_now(), limit = p->time_limit.at;
	uint64_t wait =
		p->options->command == COMMAND_VERIFY
			? 0
			: smp_attempts_wait(&p->setup.attempts,
					    p->has_bond && keys->has_identity ? &keys->identity
									      : &p->target,
					    now);

	return limit && now + wait > limit ? 0 : wait;
}

static void connect_target(struct pair *p)
{
	const struct options *o = p->options;
	uint64_t wait = wait_before(p);

	if (wait) {
		event_note(p->events, 0,
			   "attempts with this device failed lately: the next begins in %.1f s",
			   (double)wait / 1e6);
		loop_timer_stop(p->controller.loop, &p->search_limit);
		loop_timer_start(p->controller.loop, &p->next_attempt, wait);
		return;
	}
	struct hci_connect connect = {
		.own_type = p->controller.own_type,
		.peer_type = p->target.type,
		.parameters = {o->interval_min, o->interval_max, o->latency, o->supervision},
	};

	memcpy(connect.peer, p->target.octets, 6);
	p->tries++;
	p->session.started = clock_now();
	event_emit(p->events, json_pack("{s:s, s:o}", "event", "connecting", "peer",
					json_address(&p->target)));
	hci_gap_connect(&p->controller.gap, &connect);
	loop_timer_start(p->controller.loop, &p->search_limit, (uint64_t)(o->scan_timeout * 1e6));
	controller_flush(&p->controller);

	/* While the radio works: what Secure Connections will need. */
	if (!p->setup.keypair)
		session_setup_keypair(&p->setup, o);
}

static void on_reports(struct pair *p, const struct hci_input *input)
{
	struct hci_advertisement a;
	size_t at = 0;

	while (p->controller.gap.scanning && hci_advertisement_next(input, &at, &a)) {
		struct crypto_address address = {.type = a.address_type};
		memcpy(address.octets, a.address, 6);
		if (!is_target(p, &address))
			continue;
		if (!a.connectable) {
			p->seen_mute |= !a.scan_response;
			continue;
		}
		p->target = address;
		event_emit(p->events, advertisement_event("found", &a));
		hci_gap_scan_stop(&p->controller.gap);
		connect_target(p);
	}
}

static void search_over(void *ctx)
{
	struct pair *p = ctx;
	const struct options *o = p->options;
	char address[ADDRESS_TEXT];

	if (p->controller.gap.connecting) {
		hci_gap_connect_cancel(&p->controller.gap);
		controller_flush(&p->controller);
		return;
	}
	hci_gap_scan_stop(&p->controller.gap);
	address_format(&o->peer, address);
	if (p->seen_mute) {
		outcome_fail(&p->outcome, CLI_NOT_FOUND,
			     "%s advertises, but does not accept connections", address);
		(void)snprintf(p->outcome.advice, sizeof(p->outcome.advice),
			       "put it into pairing mode");
	} else {
		outcome_fail(&p->outcome, CLI_NOT_FOUND, "%s was not seen within %g s", address,
			     o->scan_timeout);
		(void)snprintf(
			p->outcome.advice, sizeof(p->outcome.advice),
			"is it switched on, near and advertising? a device with a resolvable "
			"private address is found by its identity only with a bond; "
			"see blepair scan");
	}
	end(p);
}

/* ---- What the controller tells --------------------------------------------------------------- */

static void up(void *ctx)
{
	struct pair *p = ctx;
	const struct options *o = p->options;
	char text[ADDRESS_TEXT];
	struct failure problem;

	if (o->timeout > 0)
		loop_timer_start(p->controller.loop, &p->time_limit, (uint64_t)(o->timeout * 1e6));
	session_setup_tell(&p->setup, &p->controller);
	int found = store_find_by_user_address(p->controller.store, &o->peer, o->peer_typed,
					       &p->bond, NULL, &problem);
	p->has_bond = found == 1;
	if (found < 0 || session_setup_recall(&p->setup, p->controller.store, true, &problem)) {
		outcome_fail(&p->outcome, problem.exit, "%s", problem.text);
		end(p);
		return;
	}
	/* A peer that hides behind resolvable addresses must be seen before it can be called. */
	if (o->peer_typed && !(p->has_bond && p->bond.bond.peer.has_irk)) {
		p->target = o->peer;
		connect_target(p);
		return;
	}
	event_emit(p->events, json_pack("{s:s, s:s}", "event", "scanning", "for",
					address_format(&o->peer, text)));
	p->session.searched = clock_now();
	hci_gap_scan(&p->controller.gap, p->controller.own_type, false);
	loop_timer_start(p->controller.loop, &p->search_limit, (uint64_t)(o->scan_timeout * 1e6));
}

static void not_connected(struct pair *p, const struct hci_gap_event *h)
{
	char address[ADDRESS_TEXT];

	if (p->over)
		return;
	address_format(&p->target, address);
	if (h->cancelled) {
		outcome_fail(&p->outcome, CLI_NOT_FOUND, "%s did not take a connection within %g s",
			     address, p->options->scan_timeout);
		(void)snprintf(p->outcome.advice, sizeof(p->outcome.advice),
			       "is it switched on, near and advertising, and is its address really "
			       "%s? without /public or /random behind it, the type is found out",
			       address_type(&p->target));
	} else {
		outcome_fail(&p->outcome, CLI_CONNECTION_FAILED,
			     "cannot connect to %s: %s (0x%02x)", address,
			     hci_error_name(h->status), h->status);
		(void)snprintf(p->outcome.advice, sizeof(p->outcome.advice), "%s",
			       hci_error_advice(h->status));
		p->outcome.reason = hci_error_name(h->status);
		p->outcome.reason_code = h->status;
	}
	end(p);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct pair *p = ctx;

	if (h->kind == HCI_GAP_REPORTS) {
		on_reports(p, input);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		loop_timer_stop(p->controller.loop, &p->search_limit);
		if (p->over || p->linked) {
			hci_gap_disconnect(&p->controller.gap, h->link, HCI_REMOTE_USER_TERMINATED);
			return;
		}
		p->linked = true;
		session_open(&p->session, &p->controller, h->link, &p->setup);
	} else if (h->kind == HCI_GAP_NOT_CONNECTED) {
		not_connected(p, h);
	} else if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&p->outcome, h->opcode, h->status);
		end(p);
	} else if (session_failed_to_establish(&p->session, h) && p->tries < LINK_TRIES) {
		event_note(p->events, 0, "the link failed to be established: once more");
		session_abandon(&p->session);
		p->linked = false;
		connect_target(p);
	} else {
		session_on_gap_event(&p->session, h);
	}
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	session_data(&((struct pair *)ctx)->session, link, pb, octets, len);
}

static void on_idle(void *ctx)
{
	session_idle(&((struct pair *)ctx)->session);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct pair *p = ctx;

	p->over = true;
	stop_timers(p);
	if (p->linked)
		session_abandon(&p->session);
	if (p->linked && session_result_is_final(&p->session))
		return;
	p->linked = false;
	outcome_fail(&p->outcome, code, "%s", text);
}

static void stop(struct pair *p, enum cli_exit why)
{
	p->stopping = true;
	if (p->linked && p->session.link) {
		session_cancel(&p->session, why);
		return;
	}
	if (p->over)
		return;
	hci_gap_scan_stop(&p->controller.gap);
	if (why == CLI_TIMED_OUT)
		outcome_fail(&p->outcome, why, "timed out: --timeout is over");
	else
		outcome_fail(&p->outcome, why, "cancelled");
	end(p);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	struct pair *p = ctx;

	self_explain_packet(p->hindsight, received, octets, len);
}

static void interrupted(void *ctx)
{
	stop(ctx, CLI_CANCELLED);
}

static void time_over(void *ctx)
{
	struct pair *p = ctx;

	stop(p, CLI_TIMED_OUT);
	controller_flush(&p->controller);
}

/* ---- Once more ------------------------------------------------------------------------------- */

/* What our own policy refused would be refused again, and spent data of ours the peer has not. */
static bool worth_another(const struct pair *p)
{
	const struct session *s = &p->session;

	return !p->stopping && p->retries < p->options->retry && s->outcome.exit != CLI_OK &&
	       s->outcome.exit != CLI_INTERNAL && s->outcome.exit != CLI_CANCELLED &&
	       (smp_attempted(&s->smp) || s->outcome.exit == CLI_PEER_REFUSED) &&
	       !smp_spent_own_oob(&s->smp);
}

static void attempt_again(void *ctx)
{
	struct pair *p = ctx;

	/* A key pair does not serve again after a failure, Vol 3 Part H 2.3.6. */
	session_setup_keypair(&p->setup, p->options);
	connect_target(p);
}

static void link_closed(void *ctx)
{
	struct pair *p = ctx;
	uint64_t wait = 1000000ULL << (p->retries < 9 ? p->retries : 9);

	if (!worth_another(p)) {
		end(p);
		return;
	}
	/* Longer each time; and the peer may have failed before, under other retries. */
	if (session_wait(&p->session) > wait)
		wait = session_wait(&p->session);
	event_note(p->events, 0, "%s; attempt %u of %u follows in %.0f s", p->session.outcome.text,
		   p->retries + 2, p->options->retry + 1, (double)wait / 1e6);
	session_keep(&p->session);
	session_wipe(&p->session);
	p->linked = false;
	p->tries = 0;
	p->retries++;
	loop_timer_start(p->controller.loop, &p->next_attempt, wait);
}

/* There never was a link: that is an attempt too, once the controller was there for it. */
static void conclude_unlinked(struct pair *p)
{
	const struct outcome *o = &p->outcome;
	struct failure problem;
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	attempt_init(&attempt, o->result, o->exit, o->reason, o->reason_code);
	(void)address_format(&p->options->peer, attempt.peer);
	attempt.controller = p->controller.spec;
	if (p->controller.named && store_write(p->controller.store, &entry, 1, &problem))
		event_note(p->events, 0, "%s", problem.text);
	outcome_report(&p->outcome, p->events, NULL, NULL);
}

enum cli_exit cmd_pair(const struct options *options, struct event_output *events,
		       struct store *store)
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .failed = failed,
						    .packet = packet,
						    .interrupted = interrupted};
	static struct pair pair; /* too large for a stack that may be small */
	static struct self_explain hindsight;
	struct pair *p = &pair;
	enum cli_exit code;

	p->options = options;
	p->events = events;
	p->time_limit = (struct loop_timer){.fire = time_over, .ctx = p};
	p->search_limit = (struct loop_timer){.fire = search_over, .ctx = p};
	p->next_attempt = (struct loop_timer){.fire = attempt_again, .ctx = p};
	outcome_fail(&p->outcome, CLI_INTERNAL, "ended without a verdict");
	code = session_setup_init(&p->setup, options, events, link_closed, p);
	if (code != CLI_OK)
		return code;
	p->hindsight = &hindsight;
	self_explain_init(p->hindsight, options);
	(void)runtime_run_controller(&p->controller, options, events, store, &user, p);

	self_explain_end(p->hindsight, events);
	if (p->linked) {
		session_setup_renew(&p->setup, &p->session);
		session_conclude(&p->session);
	} else {
		conclude_unlinked(p);
	}
	code = p->linked ? p->session.outcome.exit : p->outcome.exit;
	self_explain_print(p->hindsight);
	self_explain_wipe(p->hindsight);
	session_wipe(&p->session);
	bytes_wipe(p, sizeof(*p));
	return code;
}
