/* SPDX-License-Identifier: MIT */
/*
 * Every way to pair: what blepair's options and the partner have to be so that this method comes
 * out. For sweeps over all of them, in both roles.
 */
#pragma once

#include "sim/trial.h"

struct way {
	const char *name;
	const char *options; /* blepair's */
	bool secure;
	uint8_t io; /* of the partner */
	enum partner_method method;
	bool asks; /* blepair's user has to answer */
};

#define WAYS 12
extern const struct way ways[WAYS];

/* A new world with a partner for this way. */
void way_begin(const struct way *way, bool program_is_central, struct partner *p);
/* Starts blepair for it, with more options ("" for none), and waits for the link. */
void way_start(const struct way *way, struct partner *p, const char *more);

/* How many PDUs the partner sends on this way, from a pairing that succeeds. */
unsigned way_length(const struct way *way, bool program_is_central);

/*
 * The next number of a PDU after this one that stands for another state: of the twenty rounds of
 * passkey entry, which are the same state again and again, the first two and the last are enough.
 */
unsigned way_next(const struct way *way, unsigned nth);
