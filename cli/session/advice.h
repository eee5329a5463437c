/* SPDX-License-Identifier: MIT */
/* What to do after a pairing failed, with the names of our options: the engine (smp/) knows none.
 */
#pragma once

#include "options/options.h"
#include "smp/smp.h"
#include "store/bond.h"

/* What advice depends on. Borrowed. */
struct session_advice {
	const struct options *options;
	const struct smp_features *features; /* as far as they were exchanged */
	const struct smp_bond *bond;	     /* with this peer, from before; NULL: none */
	bool central;
	bool attempted; /* a key or value of the pairing was exchanged: smp_attempted() */
};

/* For a reason that the peer sent in Pairing Failed, known or not: a clause, static, never NULL. */
const char *session_advice_on_reason(uint8_t reason, const struct session_advice *about);

/* For a refusal of ours: a clause, static; NULL when nothing helps. */
const char *session_advice_on_refusal(enum smp_why why, const struct session_advice *about);

/* For a timer of 30 s that ran out (Vol 3 Part H 3.4): a clause, static, never NULL. */
const char *session_advice_on_silence(enum smp_why why);

/* For encryption that failed at the end of a pairing: a clause, static. */
const char *session_advice_on_encryption(void);

/* For the choice of a method: a clause, static; NULL when no option would give a better one. */
const char *session_advice_on_method(enum smp_because because);

/* True: an option, a bond or the user here made us refuse. False: what the peer sent was wrong. */
bool session_is_policy(enum smp_why why);

/* That option: "--mitm"; static. NULL: it was no option. */
const char *session_policy(enum smp_why why, const struct session_advice *about);
