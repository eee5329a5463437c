/* SPDX-License-Identifier: MIT */
/*
 * Every way to pair: the options of blepair and the features of the peer that select a method.
 * Tests loop over all of them, in both roles.
 */
#pragma once

#include "sim/run_scenario.h"

struct pairing_scenario {
	const char *name;
	const char *options; /* blepair's */
	bool secure;
	uint8_t io; /* of the peer */
	enum reference_peer_method method;
	bool asks; /* blepair asks its user */
};

#define PAIRING_SCENARIOS 12
extern const struct pairing_scenario pairing_scenarios[PAIRING_SCENARIOS];

/* A new world with a peer for this scenario. */
void pairing_scenario_begin(const struct pairing_scenario *scenario, bool program_is_central,
			    struct reference_peer *p);
/* Starts blepair with the options of the scenario and more ("": none), and waits for the link. */
void pairing_scenario_start(const struct pairing_scenario *scenario, struct reference_peer *p,
			    const char *more);

/* The number of PDUs that the peer sends in a successful pairing of this scenario. */
unsigned pairing_scenario_length(const struct pairing_scenario *scenario, bool program_is_central);

/*
 * The next PDU number after nth at which the engine is in a new state. The twenty rounds of passkey
 * entry repeat the same states: the first two and the last are enough.
 */
unsigned pairing_scenario_next(const struct pairing_scenario *scenario, unsigned nth);
