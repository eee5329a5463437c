/* SPDX-License-Identifier: MIT */
/* What the user sees and answers: Core Vol 3 Part H 2.3.5. */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/reason.h"
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

/* A passkey is the TK of legacy pairing, and r of f6 in Secure Connections, as 16 octets. */
static void set_passkey(struct smp *smp, uint32_t passkey)
{
	smp->secret.passkey = passkey;
	memset(smp->secret.tk, 0, 16);
	bytes_put_le32(smp->secret.tk, passkey);
}

/* Uniform in 0 to 999999: values that would make small numbers likelier are drawn again. */
int smp_do_pick_passkey(struct smp *smp)
{
	const uint32_t limit = UINT32_MAX - UINT32_MAX % 1000000;
	uint8_t octets[4];
	uint32_t value;
	/* Bounded: with real randomness 64 draws in a row fail with probability 2^-768. */
	int tries = 64;

	if (smp->config.has_passkey) {
		/* Each failed attempt reveals a bit of it: a random one is used once. */
		smp_note(smp,
			 "the passkey was fixed in advance: an attacker can learn it from failed "
			 "attempts if it is used again");
		set_passkey(smp, smp->config.passkey);
		return 0;
	}
	do {
		if (!tries-- || smp->config.random(smp->config.random_ctx, octets, sizeof(octets)))
			return smp_internal_failure(smp);
		value = bytes_get_le32(octets);
	} while (value >= limit);
	set_passkey(smp, value % 1000000);
	bytes_wipe(octets, sizeof(octets));
	return 0;
}

int smp_do_show_passkey(struct smp *smp)
{
	smp_act(smp, SMP_ACT_SHOW_PASSKEY)->number = smp->secret.passkey;
	smp->prompting = true;
	return 0;
}

int smp_do_ask_passkey(struct smp *smp)
{
	smp_act(smp, SMP_ACT_ASK_PASSKEY);
	smp->prompting = true;
	return 0;
}

int smp_do_take_passkey(struct smp *smp)
{
	if (smp->event->passkey > 999999)
		return smp_refuse(smp, SMP_WHY_PASSKEY_TOO_LONG);
	set_passkey(smp, smp->event->passkey);
	return 0;
}

int smp_do_ask_comparison(struct smp *smp)
{
	const struct smp_secrets *s = &smp->secret;
	bool i = smp_is_initiator(smp);
	uint32_t number;

	if (crypto_g2(i ? s->keypair.public_key : s->peer_key,
		      i ? s->peer_key : s->keypair.public_key, i ? s->own_random : s->peer_random,
		      i ? s->peer_random : s->own_random, &number))
		return smp_internal_failure(smp);
	smp_act(smp, SMP_ACT_ASK_CONFIRM)->number = number;
	smp->prompting = true;
	return 0;
}

int smp_do_refuse_comparison(struct smp *smp)
{
	return smp_refuse(smp, SMP_WHY_NUMBERS_DIFFER);
}

int smp_do_send_keypress(struct smp *smp)
{
	if (smp->event->keypress > SMP_KEYPRESS_COMPLETED)
		return 0;
	smp_send(smp, SMP_KEYPRESS_NOTIFICATION)[0] = smp->event->keypress;
	return 0;
}

int smp_do_report_keypress(struct smp *smp)
{
	if (smp_rx(smp)[0] > SMP_KEYPRESS_COMPLETED)
		return smp_refuse(smp, SMP_WHY_RESERVED_KEYPRESS);
	smp_act(smp, SMP_ACT_PEER_KEYPRESS)->keypress = smp_rx(smp)[0];
	return 0;
}

/* The reason depends on what the user was doing. */
int smp_do_give_up(struct smp *smp)
{
	enum smp_reason reason = SMP_UNSPECIFIED_REASON;

	if (smp->state == SMP_STATE_COMPARING || smp->state == SMP_STATE_COMPARING_CHECKED)
		reason = SMP_NUMERIC_COMPARISON_FAILED;
	/* Passkey entry ends when encryption starts. */
	else if (smp_is_passkey(smp) && smp->state < SMP_STATE_KEY_WANTED)
		reason = SMP_PASSKEY_ENTRY_FAILED;
	smp_blame(smp, SMP_BY_USER, (uint8_t)reason, SMP_WHY_CANCELLED);
	return (int)reason;
}
