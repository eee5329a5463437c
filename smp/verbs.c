/* SPDX-License-Identifier: MIT */
/* Verbs and guards by the names that the table calls them; how a pairing that failed ends. */
#include "smp/verbs.h"
#include "crypto/bytes.h"

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

/* ---- The end --------------------------------------------------------------------------------- */

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

/* ---- By name --------------------------------------------------------------------------------- */

int smp_do(struct smp *smp, uint8_t verb)
{
	static int (*const verbs[])(struct smp *) = {
#define X(name) [name] = smp_do_##name,
		SMP_VERBS(X)
#undef X
	};
	return verbs[verb](smp);
}

bool smp_guard_holds(const struct smp *smp, uint8_t guard, uint8_t on)
{
	switch ((enum smp_guard)guard) {
	case always:
		return true;
	case numeric:
		return smp->features.method == SMP_NUMERIC_COMPARISON;
	case more_rounds:
		return smp->secret.round < 19;
	case due:
		return smp_key_is_next(smp, on);
	case new_key:
		return !smp->event->ltk_request.ediv &&
		       bytes_all_zero(smp->event->ltk_request.rand, 8);
	case passkey_entry:
		return smp->features.secure_connections && smp_is_passkey(smp) &&
		       smp->state != KEYS;
	case keypress_agreed:
		return smp->features.keypress && smp_guard_holds(smp, passkey_entry, on);
	case SMP_GUARD_COUNT:
		break;
	}
	return false;
}
