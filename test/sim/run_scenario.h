/* SPDX-License-Identifier: MIT */
/*
 * One attempt to pair in the simulated world, from blepair's arguments to its result line, with the
 * checks that every attempt has to pass: what the partner saw on air and what blepair said agree.
 */
#pragma once

#include "sim/sim.h"

/* How it ended, out of the result line. */
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

/* A new world with a new partner, as reference_peer_begin() leaves it. */
void run_scenario_begin(struct reference_peer *p, bool program_is_central);
/* The same, of Secure Connections. */
void run_scenario_begin_sc(struct reference_peer *p, bool program_is_central);

/* Starts blepair with these options, in the role that is not the partner's, and waits for the link.
 */
void run_scenario_start(const struct reference_peer *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Waits for the result line, lets blepair end, and fills verdict. */
void run_scenario_end(const struct reference_peer *p);

/*
 * All of it: start, pair, end. Paired, blepair must say so, with method, kind and key size of the
 * partner; refused, it must give the reason that it sent. False: refused.
 */
bool run_scenario(struct reference_peer *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a partner that must be refused with this reason. */
void run_scenario_refused(struct reference_peer *p, uint8_t reason, const char *options);

/* blepair's io of the same name as IO_*, for --io. */
const char *run_scenario_io(uint8_t io);
/* The method that Part H Table 2.8 has for these IO capabilities, Secure Connections and MITM. */
enum reference_peer_method run_scenario_method(uint8_t initiator, uint8_t responder);
/* "--oob tk=HEX" of the partner's TK. */
const char *run_scenario_tk(const struct reference_peer *p);

/* A place for bonds that lasts until run_scenario_forget(), "--store PATH" for the command line. */
const char *run_scenario_bonds(void);
void run_scenario_forget(void);

/* All values that were ever put in, by run_scenario_fresh(), are different from this one. */
struct fresh {
	uint8_t values[64][16];
	size_t count;
};
void run_scenario_fresh(struct fresh *fresh, const uint8_t value[16]);
