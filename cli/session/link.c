/* SPDX-License-Identifier: MIT */
#include "session/link.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "l2cap/att.h"

#define CLOSE_LIMIT_US 1000000

/* An answer takes a few connection events, and a peer that is slow to compute takes some more. */
#define KEY_ACK_US	  100000
#define KEY_ACK_INTERVALS 10

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
	s->connected = clock_now();
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
	leave(s, SESSION_CLOSING);
	start_close_timer(s, CLOSE_LIMIT_US);
}

void session_await_key_ack(struct session *s)
{
	static const uint8_t exchange_mtu_request[3] = {0x02, ATT_MTU, 0x00};

	s->state = SESSION_AWAITING_KEY_ACK;
	session_send(s, L2CAP_CID_ATT, exchange_mtu_request, sizeof(exchange_mtu_request));
	start_close_timer(s, KEY_ACK_US +
				     KEY_ACK_INTERVALS * (uint64_t)s->link->interval * INTERVAL_US);
}

void session_disconnect(struct session *s)
{
	session_close(s);
	if (s->state != SESSION_CLOSING)
		return;
	s->state = SESSION_DISCONNECTING;
	start_close_timer(s, CLOSE_LIMIT_US);
	hci_gap_disconnect(&s->controller->gap, s->link, HCI_REMOTE_USER_TERMINATED);
	controller_flush(s->controller);
}

void session_abandon(struct session *s)
{
	if (s->state == SESSION_NONE)
		return;
	leave(s, s->state <= SESSION_OPEN ? SESSION_NONE : SESSION_CLOSED);
	s->link = NULL;
	prompt_close(&s->prompt);
	loop_timer_stop(s->controller->loop, &s->smp_timer);
	loop_timer_stop(s->controller->loop, &s->early_pdu_timer);
	loop_timer_stop(s->controller->loop, &s->close_timer);
}

void session_link_down(struct session *s)
{
	session_abandon(s);
	s->closed(s->ctx);
}

void session_close_overdue(void *ctx)
{
	struct session *s = ctx;

	if (s->state != SESSION_DISCONNECTING) {
		/* A peer without ATT: its link layer at least has acknowledged our keys. */
		session_disconnect(s);
	} else if (hci_host_deadline(&s->controller->host) != UINT64_MAX) {
		/* The controller owes an answer to a command, which has a limit of its own. */
		start_close_timer(s, CLOSE_LIMIT_US);
	} else {
		/* The controller does not even report that the link is gone. */
		session_link_down(s);
	}
	controller_flush(s->controller);
}
