/* SPDX-License-Identifier: MIT */
/*
 * One step of the engine, as engine.c, the verbs, method.c and keys.c share it: the list of
 * actions, the PDU under way, the ends of the link, refusals. Users include smp/smp.h.
 */
#pragma once

#include "smp/smp.h"

/* Appends an action to the list of this step. Returns it, zeroed but for its kind, to be filled. */
struct smp_action *smp_act(struct smp *smp, enum smp_action_kind kind);

/* Appends an SMP_ACT_SEND with a PDU of this code. Returns where its parameters go. */
uint8_t *smp_send(struct smp *smp, uint8_t code);

/*
 * Sets smp->failure: who ended the pairing, the number that goes with it (see enum smp_blame) and
 * why. The engine ends the pairing when the row is done.
 */
void smp_blame(struct smp *smp, enum smp_blame by, uint8_t reason, enum smp_why why);

/* Blames us. Returns the reason that belongs to why, for Pairing Failed: the verb returns it. */
int smp_refuse(struct smp *smp, enum smp_why why);

/* The same when cryptography or randomness failed on this side. */
int smp_internal_failure(struct smp *smp);

/* Wipes every secret except the bond. Called at the end of every pairing. */
void smp_wipe_secrets(struct smp *smp);

/* Notes something odd that does not end the pairing. The first note is kept. */
void smp_note(struct smp *smp, const char *text);

/* The parameters of the PDU of this step, behind its code. */
static inline const uint8_t *smp_rx(const struct smp *smp)
{
	return smp->rx + 1;
}

static inline bool smp_is_initiator(const struct smp *smp)
{
	return smp->config.role == SMP_INITIATOR;
}

/* The addresses of the two ends, by role, as c1, f5 and f6 take them. */
const struct crypto_address *smp_initiator_address(const struct smp *smp);
const struct crypto_address *smp_responder_address(const struct smp *smp);

/* The method is Passkey Entry, in any of its three forms. */
bool smp_is_passkey(const struct smp *smp);
