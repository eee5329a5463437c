/* SPDX-License-Identifier: MIT */
/*
 * Real runs for the checks: the whole of blepair in the simulated world, with a peer, a link, a
 * controller or a user that makes one mistake. The table in runs.c has the check of each run.
 */
#pragma once

#include "sim/pairing_scenario.h"

enum { P = 1, C = 2, BOTH = P | C }; /* blepair's roles: peripheral, central */

/* Indexes of pairing_scenarios[]. */
enum {
	LEGACY,
	LEGACY_SHOWN,
	LEGACY_OOB = 4,
	JUST,
	COMPARED,
	SHOWN,
	OOB = 10,
};

typedef void run_step(void);

struct run {
	const char *id; /* of the check */
	int roles;
	const char *says; /* the findings of the last attempt, see sim/captured.h */
	unsigned way;
	const char *options; /* in addition to those of the scenario, or NULL */
	run_step *prepare;   /* changes the peer before the run */
	/* Changes each PDU of the peer before it is sent. */
	void (*alter)(struct reference_peer *p, uint8_t *pdu);
	/*
	 * In place of its first PDU of this code, the peer refuses with that reason; 0: it sends
	 * nothing.
	 */
	uint8_t at, reason;
	run_step *then_do; /* after the peer has paired, has stopped or was refused */
	run_step *play;	   /* replaces all of the above */
};

extern const struct run *run; /* the current one */
extern bool central;	      /* blepair's role in it */
extern struct reference_peer peer;

/* Plays the current run, in the role of central: runs_play.c. */
void play_run(void);

/* Changes of the peer: runs_peers.c. */
run_step spoiled_confirm, reserved_io, key_of_7, key_of_15, other_passkey, no_mitm, wants_mitm,
	legacy_only, slow, never_encrypts, constant_key, counting_key, debug_key,
	debug_key_and_spoiled_check, shipped_irk, asks_for_no_bond;
void reflects(struct reference_peer *p, uint8_t *pdu),
	off_the_curve(struct reference_peer *p, uint8_t *pdu),
	mirrors(struct reference_peer *p, uint8_t *pdu),
	asks_for_more_keys(struct reference_peer *p, uint8_t *pdu),
	constant_nonce(struct reference_peer *p, uint8_t *pdu),
	claims_a_resolvable_identity(struct reference_peer *p, uint8_t *pdu),
	asks_for_bad_parameters(struct reference_peer *p, uint8_t *pdu),
	answers_without_question(struct reference_peer *p, uint8_t *pdu);
/* Actions of the peer. */
run_step cuts_short, sends_confirm, sends_signing_key, takes_the_other_role, hangs_up,
	hangs_up_late, requests_again, answers_again, encrypts_early, presses_a_key, is_silent,
	comes_too_late, dies, goes_on_after_failure;
/* blepair's user, the controller, the radio. */
run_step answers_no, gives_up, refuses_encryption, refuses_command, breaks_down, vanishes,
	hears_nothing;
/* More than one attempt, or none to pair. */
run_step bond_works, bond_differs, bond_is_lost, ignores_request, takes_back, refuses_request,
	repeats_nonce, repeats_key, repeats_public_key, keeps_public_key, repeats_passkey,
	downgrades;
