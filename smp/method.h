/* SPDX-License-Identifier: MIT */
/* The outcome of the feature exchange, Core Vol 3 Part H 2.3.5.1. */
#pragma once

#include "smp/smp.h"

/*
 * Fills smp->features from its request and response, and checks the configuration's policy.
 * Returns 0 or the reason of the refusal.
 */
int smp_choose(struct smp *smp);

/* True if the method that was chosen protects against a man in the middle, by the configuration. */
bool smp_chose_authentication(const struct smp *smp);
