/* SPDX-License-Identifier: MIT */
/*
 * One pairing attempt in the simulated world, from blepair's arguments to its result line, with the
 * check that every attempt must pass: blepair's result agrees with what the peer saw on the air.
 */
#pragma once

#include "sim/sim.h"

/* The fields of the result line. */
struct verdict {
	char class[32]; /* as in docs/exit-codes.md: "ok", "peer_refused", "we_refused", ... */
	char method[32];
	int reason; /* -1: none */
	char reason_name[48];
	char text[300], detail[300];
	bool authenticated, bonded;
	char link_key[40]; /* of --show-keys */
};

extern struct verdict verdict;

/* A new world with a new peer, as reference_peer_begin() leaves it. */
void run_scenario_begin(struct reference_peer *p, bool program_is_central);
/* The same, with Secure Connections. */
void run_scenario_begin_sc(struct reference_peer *p, bool program_is_central);

/* Starts blepair with these options, in the role opposite to the peer's, and waits for the link. */
void run_scenario_start(const struct reference_peer *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Waits for the result line and the end of blepair, and fills verdict. */
void run_scenario_end(const struct reference_peer *p);

/*
 * Start, pair, end. If they paired, blepair's result must have the method, kind and key size of the
 * peer; if blepair refused, the reason that it sent. False: refused.
 */
bool run_scenario(struct reference_peer *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a peer that blepair must refuse with this reason. */
void run_scenario_refused(struct reference_peer *p, uint8_t reason, const char *options);

/* The value of --io for an IO_*. */
const char *run_scenario_io(uint8_t io);
/* The method for these IO capabilities with Secure Connections and MITM, Part H Table 2.8. */
enum reference_peer_method run_scenario_method(uint8_t initiator, uint8_t responder);
/* "--oob tk=HEX" with the peer's TK. */
const char *run_scenario_tk(const struct reference_peer *p);

/* "--store PATH" for the command line; the store lasts until run_scenario_forget(). */
const char *run_scenario_bonds(void);
void run_scenario_forget(void);

/* The values that run_scenario_fresh() has seen; it fails when a value repeats. */
struct fresh {
	uint8_t values[64][16];
	size_t count;
};
void run_scenario_fresh(struct fresh *fresh, const uint8_t value[16]);
