/* SPDX-License-Identifier: MIT */
/*
 * Every way to pair: what blepair's options and the partner have to be so that this method comes
 * out. For sweeps over all of them, in both roles.
 */
#pragma once

#include "sim/run_scenario.h"

struct pairing_scenario {
	const char *name;
	const char *options; /* blepair's */
	bool secure;
	uint8_t io; /* of the partner */
	enum reference_peer_method method;
	bool asks; /* blepair's user has to answer */
};

#define WAYS 12
extern const struct pairing_scenario ways[WAYS];

/* A new world with a partner for this way. */
void pairing_scenario_begin(const struct pairing_scenario *way, bool program_is_central,
			    struct reference_peer *p);
/* Starts blepair for it, with more options ("" for none), and waits for the link. */
void pairing_scenario_start(const struct pairing_scenario *way, struct reference_peer *p,
			    const char *more);

/* How many PDUs the partner sends on this way, from a pairing that succeeds. */
unsigned pairing_scenario_length(const struct pairing_scenario *way, bool program_is_central);

/*
 * The next number of a PDU after this one that stands for another state: of the twenty rounds of
 * passkey entry, which are the same state again and again, the first two and the last are enough.
 */
unsigned pairing_scenario_next(const struct pairing_scenario *way, unsigned nth);
