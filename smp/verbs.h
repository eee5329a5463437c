/* SPDX-License-Identifier: MIT */
/*
 * The verbs of the table, a file a phase: verbs_features.c, verbs_user.c, verbs_confirm.c,
 * verbs_legacy.c, verbs_secure.c, verbs_keys.c, and the ends in verbs.c. Each does one thing and
 * returns 0 or the reason with which the pairing fails.
 */
#pragma once

#include "smp/engine.h"

#define X(name) int smp_do_##name(struct smp *smp);
SMP_VERBS(X)
#undef X

/* The two ends as the functions of the toolbox want them. */
const struct crypto_address *smp_initiator_address(const struct smp *smp);
const struct crypto_address *smp_responder_address(const struct smp *smp);

bool smp_is_passkey(const struct smp *smp);

/* Something odd that is lived with; what comes first matters most. */
void smp_note(struct smp *smp, const char *text);

/* Sends own_confirm. */
void smp_send_confirm(struct smp *smp);

/* 0 if the peer's confirm value is the expected one; else a refusal that says what may be wrong. */
int smp_confirm_matches(struct smp *smp, const uint8_t expected[16]);
