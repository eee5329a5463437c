/* SPDX-License-Identifier: MIT */
/* What the parts of the engine share among themselves; users include smp/smp.h. */
#pragma once

#include "smp/reason.h"
#include "smp/smp.h"
#include "smp/table.h"

/* Appends one action to this step's list. */
struct smp_action *smp_act(struct smp *smp, enum smp_action_kind kind);

/* Appends an SMP_ACT_SEND with a PDU of this code; returns where the parameters go. */
uint8_t *smp_send(struct smp *smp, uint8_t code);

/* A verb's refusal: keeps the words, returns the reason for Pairing Failed. */
int smp_refuse(struct smp *smp, enum smp_reason reason, const char *why);

/* A verb's refusal because crypto or randomness failed here. */
int smp_broken(struct smp *smp);

/* The end of every pairing: wipes all that is secret and is not the bond. */
void smp_forget(struct smp *smp);

/* The parameters of the PDU of this step. */
static inline const uint8_t *smp_rx(const struct smp *smp)
{
	return smp->rx + 1;
}

static inline bool smp_is_initiator(const struct smp *smp)
{
	return smp->config.role == SMP_INITIATOR;
}

/* verbs.c: carries a verb out; 0, or the reason with which to fail. */
int smp_do(struct smp *smp, uint8_t verb);
bool smp_guard_holds(const struct smp *smp, uint8_t guard, uint8_t on);
int smp_need_keypair(struct smp *smp);
int smp_need_dhkey(struct smp *smp);

/* method.c: the outcome of the feature exchange, Part H 2.3.5.1; 0 or a reason. */
int smp_choose(struct smp *smp);
bool smp_method_authenticates(enum smp_method method);

/* keys.c: phase 3. */
uint8_t smp_keys_in_force(const struct smp *smp, uint8_t dist); /* to PDU bits, in sending order */
bool smp_key_is_next(const struct smp *smp, uint8_t code);
void smp_key_received(struct smp *smp);
int smp_send_own_keys(struct smp *smp);
