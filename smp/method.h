/* SPDX-License-Identifier: MIT */
/* The outcome of the feature exchange, Core Vol 3 Part H 2.3.5.1. */
#pragma once

#include "smp/smp.h"

/*
 * Fills smp->features from its request and response, and checks the configuration's policy.
 * Returns 0 or the reason of the refusal.
 */
int smp_choose(struct smp *smp);

/* The method protects against a man in the middle. */
bool smp_method_authenticates(enum smp_method method);
