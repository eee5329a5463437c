/* SPDX-License-Identifier: MIT */
/* The link of a session, and the states that it goes through: only link.c changes them. */
#pragma once

#include "session/session.h"

#define INTERVAL_US 1250 /* the unit of a link's interval */

/* There are attributes of the peer to try yet, on the encrypted link. */
static inline bool session_attributes_pending(const struct session *s)
{
	return (s->attributes.state == ATTRIBUTES_OWED_ENCRYPTED ||
		s->attributes.state == ATTRIBUTES_ENCRYPTED) &&
	       s->state < SESSION_CLOSING;
}

/* One L2CAP frame of len octets on the fixed channel cid. Does nothing without a link. */
void session_send(struct session *s, uint16_t cid, const uint8_t *payload, size_t len);

/* The session takes over a link that has just come up. */
void session_link_up(struct session *s, struct hci_link *link);

/* The store has answered: the session begins. */
void session_loaded(struct session *s);

/* There is an outcome, and the link stays until the central closes it. */
void session_settle(struct session *s);

/*
 * There is an outcome: disconnects as soon as all that was sent is delivered, so that the peer
 * learns the reason; after CLOSE_LIMIT_US in any case.
 */
void session_close(struct session *s);

/*
 * For a central after every pairing. Encryption Change here does not show that the peer's host has
 * finished, and a peer may still object to keys that we sent last (SM/PER/KDU/BI-02-C). An ATT
 * request follows; its answer, of whatever kind, shows that the peer has taken all before it.
 * Without an answer the link is closed 500 ms and ten connection intervals after the peer's link
 * layer has acknowledged our keys. If it does not acknowledge them, the supervision timeout ends
 * the link; if the link is there that much later, the pairing fails.
 */
void session_await_proof(struct session *s);

/* environment.c: what the command of --while-connected gets after a success. */
void session_environment(const struct session *s, struct hold_environment *environment);

/*
 * There is a success, and the peer has all that it needs: the command of --while-connected runs,
 * and --linger counts. The central closes the link afterwards, or at once if it has neither.
 */
void session_hold(struct session *s);
/*
 * The same if there are attributes to check: their first request takes the place of that ATT
 * request, and CHECKING that of AWAITING_PROOF.
 */
void session_await_delivery(struct session *s);

/* DELIVERING, or after encryption with a bond: attributes are checked from here on. */
void session_delivered(struct session *s);

/* DELIVERING: goes on if the keys are acknowledged. */
void session_check_delivery(struct session *s);

/* DELIVERING: session_cancel() was called. The keys have CLOSE_LIMIT_US at most. */
void session_hurry_delivery(struct session *s, enum cli_exit why);

/* Fills the outcome of a pairing that session_cancel() ended. */
void session_fail_given_up(struct session *s, enum cli_exit why);

/* Disconnects now. */
void session_disconnect(struct session *s);

/* The link is down: session_abandon(), then the caller is called back. */
void session_link_down(struct session *s);

/* For the timer of session_close(), session_await_proof() and session_disconnect(). */
void session_close_overdue(void *session);
