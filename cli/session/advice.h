/* SPDX-License-Identifier: MIT */
/* What to do after a pairing failed, with the names of our options: the engine (smp/) knows none.
 */
#pragma once

#include <stdint.h>

#include "smp/why.h"

/* For a reason that the peer sent in Pairing Failed, known or not: a clause, static, never NULL. */
const char *session_advice_on_reason(uint8_t reason);

/*
 * For a refusal of ours: a clause, static; NULL when no option helps. because is that of the
 * features.
 */
const char *session_advice_on_refusal(enum smp_why why, enum smp_because because);

/* For the choice of a method: a clause, static; NULL when no option would give a better one. */
const char *session_advice_on_method(enum smp_because because);
