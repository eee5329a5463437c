/* SPDX-License-Identifier: MIT */
/*
 * Real runs for explain: blepair as a whole in the simulated world, with a peer, a link, a
 * controller or a user that does one thing wrong. The table in runs.c says which is for which
 * check.
 */
#pragma once

#include "sim/pairing_scenario.h"

enum { P = 1, C = 2, BOTH = P | C }; /* blepair's roles: peripheral, central */

/* Places in ways[]. */
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
	const char *id; /* the check that it is for */
	int roles;
	const char *says; /* of the last attempt, see sim/captured.h */
	unsigned way;
	const char *options; /* beside those of the way, or NULL */
	/* Of the peer: what it is before it starts, and what it sees of each PDU before it is sent.
	 */
	run_step *bend;
	void (*alter)(struct reference_peer *p, uint8_t *pdu);
	/* In place of its first PDU of this code it refuses with that reason, or, 0, says nothing.
	 */
	uint8_t at, reason;
	run_step *then_do; /* when the peer has paired, stopped or was refused */
	run_step *play;	   /* in place of all that */
};

extern const struct run *run; /* under way */
extern bool central;	      /* blepair's role in it */
extern struct reference_peer peer;

/* What the peer is: runs_peers.c. */
run_step spoiled_confirm, reserved_io, key_of_7, key_of_15, other_passkey, no_mitm, wants_mitm,
	legacy_only, slow, never_encrypts, constant_key, counting_key, debug_key,
	debug_key_and_spoiled_check;
void reflects(struct reference_peer *p, uint8_t *pdu),
	off_the_curve(struct reference_peer *p, uint8_t *pdu),
	mirrors(struct reference_peer *p, uint8_t *pdu),
	asks_for_more_keys(struct reference_peer *p, uint8_t *pdu),
	constant_nonce(struct reference_peer *p, uint8_t *pdu),
	asks_for_bad_parameters(struct reference_peer *p, uint8_t *pdu),
	answers_without_question(struct reference_peer *p, uint8_t *pdu);
/* What it does then. */
run_step cuts_short, sends_confirm, sends_signing_key, takes_the_other_role, hangs_up, is_silent,
	comes_too_late, dies, goes_on_after_failure;
/* blepair's user, the controller, the radio. */
run_step says_no, gives_up, refuses_encryption, refuses_command, breaks_down, vanishes,
	hears_nothing;
/* More than one attempt, or none to pair. */
run_step bond_works, bond_differs, bond_is_lost, ignores_request, refuses_request, repeats_nonce,
	repeats_key, repeats_public_key, repeats_passkey, downgrades;
