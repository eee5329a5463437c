/* SPDX-License-Identifier: MIT */
/*
 * The default set-up: a world with one controller, "sim:0", for the program, and one raw peer at
 *the other end of the air. sim_begin() and sim_end() are setup and teardown functions for cmocka
 *tests.
 *
 *	struct reference_peer p;
 *
 *	reference_peer_begin(&p, &sim.peer);
 *	sim_pair("--sc off");              // the program is the central, the peer advertises
 *	assert_true(reference_peer_pair(&p));
 *	assert_int_equal(sim_ends(), CLI_OK);
 */
#pragma once

#include "base/exit_code.h"
#include "sim/controller.h"
#include "sim/program.h"
#include "sim/raw_peer.h"
#include "sim/reference_peer.h"
#include "sim/world.h"
#include "unit.h"

#define NO_OPTIONS "%s", "" /* compilers do not like an empty format */

#define SIM_ADDRESS	 "00:1B:DC:00:00:01/public" /* of the controller */
#define RAW_PEER_ADDRESS "C0:FF:EE:00:00:01/random"

struct sim {
	struct sim_controller controller;
	struct raw_peer peer;
	bool broken; /* the test broke the controller, so it cannot be reset */
};

extern struct sim sim;

int sim_begin(void **state);
int sim_end(void **state);

/*
 * Starts "blepair OPTIONS ADDRESS-OF-THE-PEER", or "blepair listen OPTIONS", and waits for the
 * link.
 */
void sim_pair(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_listen(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Waits until the program has ended, and returns its exit code. Checks that the controller was
 * given back, and as after a reset unless it is broken or unplugged. */
int sim_ends(void);
