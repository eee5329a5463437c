/* SPDX-License-Identifier: MIT */
/*
 * Finds the row of an event, runs its verbs, handles the cue that a verb raised, and ends the
 * pairing. Core Vol 3 Part H 2.3 (procedures), 3.3 (commands), 3.4 (timer).
 */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

static bool active(const struct smp *smp)
{
	return smp->state != SMP_STATE_IDLE && smp->state != SMP_STATE_DONE &&
	       smp->state != SMP_STATE_FAILED;
}

void smp_wipe(struct smp *smp)
{
	smp_wipe_secrets(smp);
	bytes_wipe(&smp->bond, sizeof(smp->bond));
	bytes_wipe(&smp->config, sizeof(smp->config));
	smp->state = SMP_STATE_FAILED;
}

static void end_prompt(struct smp *smp)
{
	if (smp->prompting)
		smp_act(smp, SMP_ACT_PROMPT_END);
	smp->prompting = false;
}

/* smp->failure is set. Nothing is sent on this link afterwards (3.4, 3.5.5). */
static void end_in_failure(struct smp *smp)
{
	smp->state = SMP_STATE_FAILED;
	smp_wipe_secrets(smp);
	bytes_wipe(&smp->bond, sizeof(smp->bond));
	end_prompt(smp);
	if (smp->timer_running)
		smp_act(smp, SMP_ACT_TIMER_STOP);
	smp->timer_running = false;
	smp_act(smp, SMP_ACT_FAILED)->failure = smp->failure;
}

/* A refusal of ours: sends the reason, also when the row has sent something already. */
static void fail(struct smp *smp, int reason)
{
	smp_send(smp, SMP_PAIRING_FAILED)[0] = (uint8_t)reason;
	end_in_failure(smp);
}

/* The same for a PDU that no row takes; text names the PDU. */
static void refuse_pdu(struct smp *smp, enum smp_why why, const char *text)
{
	int reason = smp_refuse(smp, why);

	smp->failure.text = text;
	fail(smp, reason);
}

static const struct smp_row *find(const struct smp *smp, uint8_t on)
{
	unsigned who = smp_is_initiator(smp) ? SMP_WHO_INITIATOR : SMP_WHO_RESPONDER;

	for (size_t i = 0; i < smp_table_rows; i++) {
		const struct smp_row *row = &smp_table[i];
		if (row->on == on && (row->who & who) &&
		    (row->in == smp->state || (row->in == SMP_STATE_ANY && active(smp))) &&
		    smp_guard_holds(smp, row->when, on))
			return row;
	}
	return NULL;
}

static void run(struct smp *smp, const struct smp_row *row)
{
	for (size_t i = 0; i < SMP_ROW_VERBS && row->verbs[i] != SMP_NO_VERB; i++) {
		int reason = smp_do(smp, row->verbs[i]);
		if (reason) {
			fail(smp, reason);
			return;
		}
	}
	if (row->to == SMP_STATE_FAILED) {
		end_in_failure(smp);
		return;
	}
	if (row->to != SMP_STATE_STAY)
		smp->state = row->to;
	if (smp->state == SMP_STATE_KEY_WANTED || smp->state == SMP_STATE_ENCRYPTING)
		end_prompt(smp);
}

/* The event of a PDU; SMP_ON_NOTHING when it was handled here. */
static uint8_t on_pdu(struct smp *smp, const uint8_t *pdu, size_t len)
{
	const struct smp_pdu_format *format = len ? smp_pdu_format(pdu[0]) : NULL;

	/* A reserved code is ignored, 3.3. */
	if (!format)
		return SMP_ON_NOTHING;
	/* Pairing Failed is never answered, not even if its length is wrong. */
	if (pdu[0] != SMP_PAIRING_FAILED && len != format->length) {
		/* Outside a pairing only a Pairing Request is answered. */
		if (active(smp) || (smp->state == SMP_STATE_IDLE && pdu[0] == SMP_PAIRING_REQUEST &&
				    !smp_is_initiator(smp)))
			refuse_pdu(smp, SMP_WHY_WRONG_LENGTH, format->wrong_length);
		return SMP_ON_NOTHING;
	}
	smp->rx = pdu;
	smp->rx_len = len;
	return pdu[0];
}

static uint8_t name_event(struct smp *smp, const struct smp_event *event)
{
	switch (event->kind) {
	case SMP_EV_START:
		return SMP_ON_START;
	case SMP_EV_PDU:
		return on_pdu(smp, event->pdu.data, event->pdu.len);
	case SMP_EV_PASSKEY:
		return SMP_ON_PASSKEY;
	case SMP_EV_CONFIRM:
		return event->yes ? SMP_ON_NUMBERS_EQUAL : SMP_ON_NUMBERS_DIFFER;
	case SMP_EV_CANCEL:
		return SMP_ON_CANCEL;
	case SMP_EV_KEYPRESS:
		return SMP_ON_KEYPRESS;
	case SMP_EV_ENCRYPTED:
		return event->status ? SMP_ON_NOT_ENCRYPTED : SMP_ON_ENCRYPTED;
	case SMP_EV_LTK_REQUEST:
		return SMP_ON_LTK_REQUEST;
	case SMP_EV_TIMEOUT:
		return SMP_ON_TIMEOUT;
	case SMP_EV_DISCONNECTED:
		return SMP_ON_DISCONNECTED;
	}
	return SMP_ON_NOTHING;
}

void smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions)
{
	actions->count = 0;
	smp->out = actions;
	smp->event = event;
	smp->rx = NULL;
	smp->rx_len = 0;
	smp->sent = false;

	uint8_t on = name_event(smp, event);
	while (on != SMP_ON_NOTHING) {
		const struct smp_row *row = find(smp, on);
		smp->raised = SMP_ON_NOTHING;
		if (row)
			run(smp, row);
		else if (on <= SMP_LAST_PDU && active(smp))
			refuse_pdu(smp,
				   smp->state == SMP_STATE_KEYS ? SMP_WHY_KEY_OUT_OF_TURN
								: SMP_WHY_OUT_OF_TURN,
				   smp_pdu_format(on)->out_of_turn);
		on = smp->raised;
	}

	/* "Reset when a command is queued for transmission", 3.4. */
	if (smp->sent && active(smp)) {
		smp_act(smp, SMP_ACT_TIMER_START)->timer_us = SMP_TIMEOUT_US;
		smp->timer_running = true;
	}
	smp->rx = NULL;
	smp->event = NULL;
	smp->out = NULL;
}

int smp_init(struct smp *smp, const struct smp_config *config)
{
	memset(smp, 0, sizeof(*smp));
	smp->state = SMP_STATE_FAILED;
	if (config->min_key_size < 7 || config->max_key_size > 16 ||
	    config->min_key_size > config->max_key_size || config->passkey > 999999 ||
	    !config->random || (config->oob.has_own && !config->keypair) ||
	    (config->sc == SMP_SC_ONLY && config->oob.has_tk))
		return -1;

	smp->state = SMP_STATE_IDLE;
	smp->config = *config;
	if (config->keypair) {
		smp->secret.keypair = *config->keypair;
		smp->secret.has_keypair = true;
	}
	smp->config.keypair = NULL;
	return 0;
}

void smp_set_floor(struct smp *smp, const struct smp_floor *floor)
{
	smp->config.floor = *floor;
}

void smp_prepare(struct smp *smp)
{
	/* A failure is reported when the verb that needs the value tries again. */
	if (smp->state == SMP_STATE_IDLE || smp->state == SMP_STATE_REQUESTED ||
	    smp->state == SMP_STATE_FEATURES) {
		if (smp->config.sc != SMP_SC_OFF)
			(void)smp_need_keypair(smp);
	} else if (active(smp) && smp->has_peer_key) {
		(void)smp_need_dhkey(smp);
	}
}

bool smp_awaits_encryption(const struct smp *smp)
{
	return smp->state == SMP_STATE_ENCRYPTING;
}

bool smp_attempted(const struct smp *smp)
{
	return smp->attempted;
}

bool smp_spent_own_oob(const struct smp *smp)
{
	return smp->spent_own_oob;
}

bool smp_busy(const struct smp *smp)
{
	return active(smp);
}

bool smp_pairing(const struct smp *smp)
{
	return active(smp) && smp->state != SMP_STATE_REQUESTED;
}

bool smp_paired(const struct smp *smp)
{
	return smp->state == SMP_STATE_DONE;
}

const struct smp_features *smp_features(const struct smp *smp)
{
	return &smp->features;
}

const struct smp_bond *smp_bond(const struct smp *smp)
{
	return &smp->bond;
}
