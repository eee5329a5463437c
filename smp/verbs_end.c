/* SPDX-License-Identifier: MIT */
/* How a pairing that failed ended, and who ended it: Core Vol 3 Part H 3.4, 3.5.5. */
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

static int blame(struct smp *smp, enum smp_blame by, uint8_t reason, const char *why)
{
	smp->failure = (struct smp_failure){.by = by, .reason = reason, .why = why};
	return 0;
}

int smp_do_blame_peer(struct smp *smp)
{
	uint8_t reason = smp->rx_len > 1 ? smp_rx(smp)[0] : 0;
	return blame(smp, SMP_BY_PEER, reason, smp_reason_advice(reason));
}

/* Who was too slow: the states say who was waited for. */
int smp_do_blame_timeout(struct smp *smp)
{
	const char *why = "the peer did not answer within 30 s";

	if (smp->state == LEGACY_EITHER || smp->state == PASSKEY_EITHER ||
	    (smp->state == COMPARING && !smp_is_initiator(smp)))
		why = "neither the peer nor the user here answered within 30 s";
	else if (smp->state == LEGACY_TYPING || smp->state == PASSKEY_TYPING ||
		 smp->state == COMPARING || smp->state == COMPARING_CHECKED)
		why = "the user here did not answer within 30 s";
	else if (smp->state == KEY_WANTED || smp->state == ENCRYPTING)
		why = "the link was not encrypted within 30 s";
	else if (smp->state == KEYS)
		why = "the peer did not send all of its keys within 30 s";
	smp->timer_running = false;
	return blame(smp, SMP_BY_TIMEOUT, 0, why);
}

int smp_do_blame_link(struct smp *smp)
{
	return blame(smp, SMP_BY_LINK, smp->event->status, "the connection ended during pairing");
}

int smp_do_blame_encryption(struct smp *smp)
{
	return blame(smp, SMP_BY_ENCRYPTION, smp->event->status,
		     "the link could not be encrypted with the new key");
}
