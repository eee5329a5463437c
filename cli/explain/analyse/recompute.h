/* SPDX-License-Identifier: MIT */
/*
 * Computes the values of an attempt again: confirm values, STK, commitments, the number to compare
 * and, where a debug key was used, DHKey checks and LTK (Core Vol 3 Part H 2.2 and 2.3.5). Where a
 * value does not match, known mistakes are tried: another passkey, addresses exchanged or of the
 * wrong type, another byte order.
 */
#pragma once

#include "analyse/facts.h"

/* The most passkey searches for one capture; each takes a second or two. */
#define EXPLAIN_SEARCHES 24

/* Negotiates the features of a finalized attempt. False: the capture does not have both. */
bool analyse_features(const struct explain_attempt *attempt, struct smp_features *features);

/*
 * Fills facts from a finalized attempt. *searches is how many passkey searches may still be made;
 * each one made reduces it by one. facts then holds keys: the caller wipes it.
 */
void analyse_recompute(const struct explain_attempt *attempt, unsigned *searches,
		       struct explain_facts *facts);
