/* SPDX-License-Identifier: MIT */
/* Phase 3: which key PDUs are due, and in which order. Core Vol 3 Part H 2.4.3, 3.6.1. */
#pragma once

#include "smp/smp.h"

/* The key PDUs that distribution bits (SMP_DIST_*) stand for: a bit each, in sending order. */
uint8_t smp_keys_in_force(const struct smp *smp, uint8_t dist);

/* The PDU of this code is the next that the peer owes. */
bool smp_key_is_next(const struct smp *smp, uint8_t code);

/* Strikes the key PDU of this step off keys_due; after the last one raises PEER_KEYS_COMPLETE. */
void smp_key_received(struct smp *smp);

/* Fills and sends all key PDUs of this side. Returns 0, or a reason when randomness fails. */
int smp_send_own_keys(struct smp *smp);
