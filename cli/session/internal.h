/* SPDX-License-Identifier: MIT */
/*
 * What the parts of a session share among themselves; users include cli/session/session.h.
 * session.c has the link and the engine, session_data.c what comes in, session_user.c the
 * questions, session_bond.c the use of a bond, session_verdict.c, session_tell.c and
 * session_result.c what is said of it, session_setup.c what is common to a run.
 */
#pragma once

#include <stdio.h>

#include "session/session.h"

static inline void session_say(char *to, size_t len, const char *text)
{
	(void)snprintf(to, len, "%s", text);
}

static inline const char *session_address(const struct session *s, char text[ADDRESS_TEXT])
{
	return address_format(&s->peer, text);
}

/* ---- session.c ---- */

/* One event for the engine; its actions are carried out. */
void session_step(struct session *s, const struct smp_event *event);
void session_send(struct session *s, uint16_t cid, const uint8_t *payload, size_t len);
/* What was sent is delivered first, so that the peer learns why; bounded by patience. */
void session_close(struct session *s);

/* ---- session_data.c ---- */

/* Hands the key PDUs that overtook the news of encryption to the engine. */
void session_release_early_keys(struct session *s);
/* Of the timer: they did not overtake it, but came in clear. */
void session_early_keys_overdue(void *session);

/* ---- session_verdict.c ---- */

/* Whom the peer claims to be: attempts count for the identity, whatever address it uses now. */
const struct crypto_address *session_claimed(const struct session *s);
bool session_too_soon(void *session);
/* Says in the outcome how long the next attempt has to wait. */
void session_say_wait(struct session *s);
void session_paired(struct session *s);
void session_failed(struct session *s, const struct smp_failure *failure);

/* ---- session_user.c ---- */

/* Of the prompt. */
void session_asked(void *session);
void session_answered(void *session, const struct prompt_answer *answer);
void session_ask_passkey(struct session *s);
void session_show_passkey(struct session *s, uint32_t passkey);
void session_ask_confirm(struct session *s, uint32_t number);

/* ---- session_tell.c ---- */

void session_emit_features(struct session *s);
void session_emit_keys(struct session *s);
void session_emit_encrypted(struct session *s, const char *with);
void session_emit_parameters(struct session *s);

/* ---- session_bond.c ---- */

void session_encrypt_with_bond(struct session *s);
/* The LTK that a central asks for: of this very pairing, or of the bond (Vol 6 Part D 4.2.1). */
void session_answer_ltk(struct session *s, const struct hci_gap_event *h);
void session_bond_encrypted(struct session *s, uint8_t status);
