/* SPDX-License-Identifier: MIT */
/*
 * The verbs of the table, a file a phase: verbs_features.c, verbs_user.c, verbs_confirm.c,
 * verbs_legacy.c, verbs_secure.c, verbs_keys.c, and verbs_end.c. Each does one thing and returns 0
 * or the reason with which the pairing fails (enum smp_reason).
 */
#pragma once

#include "smp/smp.h"
#include "smp/table.h"

#define X(name) int smp_do_##name(struct smp *smp);
SMP_VERBS(X)
#undef X

/* Runs a verb (enum smp_verb). Returns 0 or the reason with which to fail. */
int smp_do(struct smp *smp, uint8_t verb);

/* A guard (enum smp_guard) holds for the event on (enum smp_on). */
bool smp_guard_holds(const struct smp *smp, uint8_t guard, uint8_t on);

/* Makes the key pair, or the DHKey, unless it is there. Returns 0 or a reason. */
int smp_need_keypair(struct smp *smp);
int smp_need_dhkey(struct smp *smp);

/* Sends own_confirm. */
void smp_send_confirm(struct smp *smp);

/* 0 if the peer's confirm value is the expected one, else a refusal with the likely cause. */
int smp_confirm_matches(struct smp *smp, const uint8_t expected[16]);
