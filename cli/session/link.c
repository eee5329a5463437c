/* SPDX-License-Identifier: MIT */
#include "session/link.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "l2cap/att_client.h"

#define CLOSE_LIMIT_US 1000000
/* The same while the controller owes answers to commands, each of which has a limit of its own. */
#define LONGEST_CLOSE_US 3000000

/* An answer takes a few connection events, and a peer that is slow to compute takes some more. */
#define PROOF_US	500000
#define PROOF_INTERVALS 10

#define SUPERVISION_UNIT_US 10000
#define LONGEST_SUPERVISION 3200 /* Vol 4 Part E 7.7.65.1; the controller may say anything */

void session_send(struct session *s, uint16_t cid, const uint8_t *payload, size_t len)
{
	struct controller *c = s->controller;
	struct l2cap_cut cut;
	const uint8_t *fragment;
	uint8_t pb;
	size_t n;

	if (!s->link || !l2cap_cut_begin(&cut, cid, payload, len))
		return;
	while ((n = l2cap_cut_next(&cut, c->host.acl_length, &pb, &fragment)))
		if (!hci_host_acl(&c->host, s->link->handle, pb, fragment, n))
			event_note(s->events, 0, "the data queue is full: a fragment was lost");
	bytes_wipe(&cut, sizeof(cut));
}

void session_link_up(struct session *s, struct hci_link *link)
{
	s->state = SESSION_LOADING;
	s->link = link;
	s->central = link->central;
	s->peer.type = link->peer_type;
	memcpy(s->peer.octets, link->peer, sizeof(s->peer.octets));
	s->local = s->controller->own.address;
	if (link->has_own_rpa) {
		s->local.type = ADDRESS_RANDOM;
		memcpy(s->local.octets, link->own_rpa, sizeof(s->local.octets));
	}
	s->connected = s->progress = clock_now();
}

void session_loaded(struct session *s)
{
	s->state = SESSION_OPEN;
}

/* After LOADING without an answer: drops the request, and all that waits for it. */
static void leave(struct session *s, enum session_state next)
{
	if (s->state == SESSION_LOADING) {
		timed_request_forget(&s->storage);
		s->early_pdu_count = 0;
		s->early_ltk_request.kind = HCI_GAP_NOTHING;
	}
	s->state = next;
}

void session_settle(struct session *s)
{
	if (s->state <= SESSION_OPEN)
		leave(s, SESSION_SETTLED);
}

static void start_close_timer(struct session *s, uint64_t delay)
{
	loop_timer_start(s->controller->loop, &s->close_timer, delay);
}

void session_close(struct session *s)
{
	if (s->state >= SESSION_CLOSING)
		return;
	hold_stop(&s->hold, HOOK_UNLINKED);
	leave(s, SESSION_CLOSING);
	start_close_timer(s, CLOSE_LIMIT_US);
}

static uint64_t supervision_us(const struct session *s)
{
	uint16_t timeout = s->link->timeout;

	return SUPERVISION_UNIT_US *
	       (uint64_t)(timeout < LONGEST_SUPERVISION ? timeout : LONGEST_SUPERVISION);
}

static uint64_t proof_us(const struct session *s)
{
	return PROOF_US + PROOF_INTERVALS * (uint64_t)s->link->interval * INTERVAL_US;
}

void session_await_delivery(struct session *s)
{
	s->state = SESSION_DELIVERING;
	start_close_timer(s, supervision_us(s) + proof_us(s));
	session_check_delivery(s);
}

/* Neither a command nor a time needs the link any more. */
static void released(void *ctx)
{
	struct session *s = ctx;

	if (s->central)
		session_disconnect(s);
	else if (s->released)
		s->released(s->ctx);
}

void session_hold(struct session *s)
{
	struct hold_environment environment = {.len = 0};
	const struct hold_setup setup = {
		.hook = s->setup->hook,
		.environment = &environment,
		.loop = s->controller->loop,
		.events = s->events,
		.hook_seconds = s->options->hook_timeout,
		.linger = s->central ? s->options->linger : 0,
		.over = released,
		.ctx = s,
	};

	if (s->state >= SESSION_CLOSING)
		return;
	if (setup.hook)
		session_environment(s, &environment);
	if (s->gave_up == CLI_OK && hold_start(&s->hold, &setup)) {
		if (!s->central)
			return;
		s->state = SESSION_HELD;
		loop_timer_stop(s->controller->loop, &s->close_timer);
	} else if (s->central) {
		session_close(s);
	}
}

void session_await_proof(struct session *s)
{
	struct att_client client;

	att_client_init(&client);
	att_client_prove(&client);
	session_send(s, L2CAP_CID_ATT, client.request, client.request_len);
	session_await_delivery(s);
}

void session_delivered(struct session *s)
{
	s->state = SESSION_CHECKING;
	loop_timer_stop(s->controller->loop, &s->close_timer);
}

/* Packets are acknowledged in their order: the request, which is the last, may be left. */
static bool is_delivered(const struct session *s)
{
	return hci_host_acl_pending(&s->controller->host, s->link->handle) <= 1;
}

void session_check_delivery(struct session *s)
{
	if (s->state != SESSION_DELIVERING || !is_delivered(s))
		return;
	if (s->gave_up != CLI_OK) {
		if (session_attributes_pending(s))
			session_fail_given_up(s, s->gave_up);
		session_close(s);
		return;
	}
	if (session_attributes_pending(s)) {
		session_delivered(s);
		return;
	}
	s->state = SESSION_AWAITING_PROOF;
	start_close_timer(s, proof_us(s));
}

void session_hurry_delivery(struct session *s, enum cli_exit why)
{
	if (s->gave_up != CLI_OK)
		return;
	s->gave_up = why;
	if (s->close_timer.at > clock_now() + CLOSE_LIMIT_US)
		start_close_timer(s, CLOSE_LIMIT_US);
}

void session_fail_given_up(struct session *s, enum cli_exit why)
{
	if (why != CLI_TIMED_OUT) {
		outcome_fail(&s->outcome, why, "cancelled");
		return;
	}
	outcome_fail(&s->outcome, CLI_TIMED_OUT, "timed out: --timeout is over");
	outcome_advice(&s->outcome, "give more time (--timeout), unless the peer is stuck");
}

/* What a controller has that never reports completed packets may be delivered: its link has not
 * broken. */
static bool may_be_delivered(const struct session *s)
{
	const struct hci_host *host = &s->controller->host;

	return !hci_host_acl_reported(host) && hci_host_acl_unsent(host, s->link->handle) <= 1;
}

static void fail_delivery(struct session *s)
{
	if (s->gave_up != CLI_OK) {
		session_fail_given_up(s, s->gave_up);
		outcome_detail(&s->outcome, "the peer had not acknowledged the last keys");
		return;
	}
	outcome_fail(&s->outcome, CLI_CONNECTION_FAILED,
		     "the peer did not acknowledge the last keys within %g s, the supervision "
		     "timeout of the link",
		     (double)supervision_us(s) / 1e6);
	outcome_advice(&s->outcome, "move the peer nearer, remove its bond there, and pair again");
}

void session_disconnect(struct session *s)
{
	session_close(s);
	s->state = SESSION_DISCONNECTING;
	s->close_by = clock_now() + LONGEST_CLOSE_US;
	start_close_timer(s, CLOSE_LIMIT_US);
	hci_gap_disconnect(&s->controller->gap, s->link, HCI_REMOTE_USER_TERMINATED);
	controller_flush(s->controller);
}

/* Whether the outcome stands. A peer that has not proved yet that it has finished may have: at
 * least its link layer acknowledged all that we sent. */
static bool is_decided(const struct session *s)
{
	if (session_attributes_pending(s))
		return false;
	return s->state == SESSION_DELIVERING ? is_delivered(s) : s->state > SESSION_OPEN;
}

void session_abandon(struct session *s)
{
	if (s->state == SESSION_NONE)
		return;
	hold_stop(&s->hold, HOOK_UNLINKED);
	leave(s, is_decided(s) ? SESSION_CLOSED : SESSION_NONE);
	s->link = NULL;
	prompt_close(&s->prompt);
	loop_timer_stop(s->controller->loop, &s->smp_timer);
	loop_timer_stop(s->controller->loop, &s->early_pdu_timer);
	loop_timer_stop(s->controller->loop, &s->close_timer);
	loop_timer_stop(s->controller->loop, &s->bond_timer);
	loop_timer_stop(s->controller->loop, &s->attributes.timer);
}

void session_link_down(struct session *s)
{
	/* How the link ended has decided what is missing a proof. */
	if (s->state == SESSION_DELIVERING || s->state == SESSION_AWAITING_PROOF)
		s->state = SESSION_CLOSING;
	session_abandon(s);
	s->closed(s->ctx);
}

void session_close_overdue(void *ctx)
{
	struct session *s = ctx;

	if (s->state != SESSION_DISCONNECTING) {
		/* AWAITING_PROOF: a peer without ATT, whose link layer has our keys. */
		if (s->state == SESSION_DELIVERING && !may_be_delivered(s))
			fail_delivery(s);
		else if (s->state == SESSION_DELIVERING || s->state == SESSION_AWAITING_PROOF)
			session_hold(s);
		if (s->state != SESSION_HELD)
			session_disconnect(s);
	} else if (hci_host_deadline(&s->controller->host) != UINT64_MAX &&
		   clock_now() < s->close_by) {
		start_close_timer(s, CLOSE_LIMIT_US);
	} else {
		event_note(s->events, 0,
			   "the controller did not report Disconnection Complete in time");
		session_link_down(s);
	}
	controller_flush(s->controller);
}
