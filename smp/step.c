/* SPDX-License-Identifier: MIT */
#include "smp/step.h"

#include <string.h>

#include "crypto/bytes.h"
#include "smp/pdu.h"

struct smp_action *smp_act(struct smp *smp, enum smp_action_kind kind)
{
	/* A test over all paths proves the bound; this only keeps memory safe. */
	size_t i = smp->out->count < SMP_MAX_ACTIONS ? smp->out->count++ : SMP_MAX_ACTIONS - 1;
	struct smp_action *action = &smp->out->list[i];

	memset(action, 0, sizeof(*action));
	action->kind = kind;
	return action;
}

uint8_t *smp_send(struct smp *smp, uint8_t code)
{
	struct smp_action *action = smp_act(smp, SMP_ACT_SEND);

	action->pdu.len = (uint8_t)smp_pdu_format(code)->length;
	action->pdu.data[0] = code;
	smp->sent = true;
	return action->pdu.data + 1;
}

void smp_blame(struct smp *smp, enum smp_blame by, uint8_t reason, enum smp_why why)
{
	smp->failure = (struct smp_failure){
		.by = by, .reason = reason, .why = why, .text = smp_why_text(why)};
}

int smp_refuse(struct smp *smp, enum smp_why why)
{
	uint8_t reason = smp_why_reason(why);

	smp_blame(smp, SMP_BY_US, reason, why);
	return reason;
}

int smp_internal_failure(struct smp *smp)
{
	uint8_t reason = smp_why_reason(SMP_WHY_INTERNAL_FAILURE);

	smp_blame(smp, SMP_BY_INTERNAL, reason, SMP_WHY_INTERNAL_FAILURE);
	return reason;
}

void smp_wipe_secrets(struct smp *smp)
{
	bytes_wipe(&smp->secret, sizeof(smp->secret));
	bytes_wipe(&smp->config.oob, sizeof(smp->config.oob));
	bytes_wipe(&smp->config.passkey, sizeof(smp->config.passkey));
	bytes_wipe(smp->config.irk, sizeof(smp->config.irk));
}

const struct crypto_address *smp_initiator_address(const struct smp *smp)
{
	return smp_is_initiator(smp) ? &smp->config.local : &smp->config.peer;
}

const struct crypto_address *smp_responder_address(const struct smp *smp)
{
	return smp_is_initiator(smp) ? &smp->config.peer : &smp->config.local;
}

bool smp_is_passkey(const struct smp *smp)
{
	return smp->features.method == SMP_PASSKEY_WE_SHOW ||
	       smp->features.method == SMP_PASSKEY_WE_TYPE ||
	       smp->features.method == SMP_PASSKEY_BOTH_TYPE;
}

void smp_note(struct smp *smp, const char *text)
{
	if (!smp->bond.note)
		smp->bond.note = text;
}
