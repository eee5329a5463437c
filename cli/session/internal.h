/* SPDX-License-Identifier: MIT */
/*
 * What the parts of a session share; users include session/session.h. From the bottom: queue.c,
 * hold.c, stored.c, environment.c, link.c, security.c and setup.c; events.c, verdict.c, user.c and
 * bond.c; actions.c, which runs the engine; receive.c; session.c. result.c and own_end.c stand
 * beside them.
 * A part calls only those below it.
 */
#pragma once

#include "session/advice.h"
#include "session/link.h"
#include "session/session.h"

static inline const char *session_address(const struct session *s, char text[ADDRESS_TEXT])
{
	return address_format(&s->peer, text);
}

/* The peer did something that session_idle_since() counts. */
static inline void session_progressed(struct session *s)
{
	s->progress = clock_now();
}

/* ---- events.c: events for programs and people ---- */

void session_emit_features(struct session *s);
void session_emit_keys(struct session *s);
void session_emit_encrypted(struct session *s, const char *with);
void session_emit_connected(struct session *s);
void session_emit_parameters(struct session *s);
void session_emit_phy(struct session *s);

/* ---- verdict.c: outcomes, and what counts against the peer ---- */

/* The identity that the peer claims: attempts count for it, whatever address is on air now. */
const struct crypto_address *session_claimed_identity(const struct session *s);
bool session_too_soon(void *session);
/* The pairing would use another method than --method or the unit's row demands. */
bool session_rejects_method(const struct session *s);

/* What advice to the user depends on. */
struct session_advice session_advice_about(const struct session *s);

void session_paired(struct session *s);
void session_failed(struct session *s, const struct smp_failure *failure);
/* We do not begin: the peer has to wait after attempts that failed. Closes. */
void session_refuse_too_soon(struct session *s);

/* ---- security.c ---- */

/* How secure the link is now, by the pairing or the bond that encrypts it. */
enum security_level session_level(const struct session *s);

/* ---- attributes.c: attributes of the peer, for a central ---- */

/* Tries in clear what must be refused then. False: there is nothing to try. */
bool session_try_in_clear(struct session *s);

/* The link is encrypted: begins to try all. False: there is nothing to try. */
bool session_check_attributes(struct session *s);

/* What follows an answer, or its absence. */
enum session_attributes_next {
	ATTRIBUTES_GO_ON, /* nothing here */
	ATTRIBUTES_BEGIN, /* all was refused in clear: session_secure() */
};

/* Takes an ATT PDU of the peer; one that answers no request of ours is left alone. */
enum session_attributes_next session_attributes_receive(struct session *s, const uint8_t *pdu,
							size_t len);
/* The peer exchanges the MTU (pdu), and this is the answer: it offers what the client needs. */
void session_attributes_mtu(struct session *s, const uint8_t *pdu, uint8_t *reply);
/* For the timer: true when session_secure() follows. */
bool session_attributes_overdue(struct session *s);

/* A Security Request came: true if it has to wait for an answer in clear. */
bool session_security_request_waits(struct session *s);

/* The link ended while some were pending: fills the outcome. */
void session_attributes_link_down(struct session *s, uint8_t reason);

/* Wipes what was read, and forgets it. */
void session_attributes_wipe(struct session *s);

/* ---- begin.c ---- */

/* As the central: encrypts with the bond, or pairs, as the setup says. */
void session_secure(struct session *s);

/* ---- stored.c ---- */

/* The bond of the outcome: of the pairing, or the one that was used again. */
const struct smp_bond *session_bond(const struct session *s);

/* ---- setup.c ---- */

/* The failures of earlier runs, as they count for a session in this role. */
void session_take_failures(struct smp_attempts *to, const struct smp_attempts *from, bool central);

/* ---- user.c: what the user is asked and shown ---- */

/* For the prompt: puts the question in words. */
void session_asked(void *session);
/* These queue the answer at once if an option has it. */
void session_ask_passkey(struct session *s);
void session_ask_confirm(struct session *s, uint32_t number);
void session_show_passkey(struct session *s, uint32_t passkey);
/* Queues what the user answered. */
void session_queue_answer(struct session *s, const struct prompt_answer *answer);

/* ---- bond.c: a bond that is used again ---- */

/*
 * As the central: encrypts with the bond if there is one, or pairs. A bond that is of no use, or
 * that the peer has lost, is replaced only after a yes of a person at the terminal. Unattended, a
 * bond below the demands of the options gives way to a pairing that meets them; and when the peer
 * uses a private address, it may be another device with the same IRK, which is paired for itself.
 */
void session_begin(struct session *s);
/* As the central, with SESSION_ENCRYPT. */
void session_encrypt_with_bond(struct session *s);
/* The answer to the question of SESSION_BOND_ASKED. */
void session_bond_answered(struct session *s, bool yes);
/* The link ended while the bond was in use: fills the outcome. */
void session_bond_link_down(struct session *s, uint8_t reason);
/*
 * The minimum strength of a pairing. It must not weaken a bond; and if the peer asks for it, and
 * not the user, it must also prove that it is the same device: else anyone could take its place.
 */
struct smp_floor session_floor(const struct session *s);
/* As the peripheral: answers the central's request with the LTK that it names, if there is one. */
void session_answer_bond_ltk(struct session *s, const struct hci_gap_event *event);
/* The result may be events in the queue. */
void session_bond_encrypted(struct session *s, uint8_t status);
/* For bond_timer: the controller reported neither encryption nor its failure. */
void session_bond_overdue(void *session);

/* ---- actions.c: the engine ---- */

/* Runs the engine on one event, and on all events that its actions raise. */
void session_step(struct session *s, const struct smp_event *event);

/* Runs the engine on the events that are queued. */
void session_run_queue(struct session *s);

/* ---- receive.c ---- */

/* Hands the PDUs to the engine that were here before the event that they follow. */
void session_release_early_pdus(struct session *s);
