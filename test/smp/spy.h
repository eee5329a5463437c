/* SPDX-License-Identifier: MIT */
/*
 * Watches an engine through the linker (--wrap smp_init, smp_step, smp_do): the verbs that succeed,
 * and the actions. Fails the test if a key is used or accepted, or a pairing succeeds, before the
 * checks of its method were done (Core Vol 3 Part H 2.3.5), on any path; or if the engine acts
 * after the end, keeps a secret, or does not run the timer.
 *
 * The requirements of each method are written here a second time, independent of the table.
 */
#pragma once

#include "smp/reason.h"
#include "smp/table.h"
#include "smp/verbs.h"

#define SPY_ENGINES 4

/* The record of one engine. Copy it together with the engine. */
struct spy_record {
	const struct smp *smp;
	bool has_peer_oob, has_tk;   /* configured */
	uint8_t min_key_size;	     /* configured */
	bool sc_only, mitm_demanded; /* configured */
	bool features;		     /* a method was chosen */
	bool passkey;		     /* it is known: shown or typed */
	bool legacy_checked, commitment_checked, oob_checked, dhkey_check_verified;
	bool fresh;	 /* our random value of this round is new */
	uint32_t rounds; /* of passkey entry, a bit each, that were checked */
	bool compared;	 /* the user answered that the numbers are equal */
	bool key_made;	 /* STK or LTK */
	bool encrypted;	 /* the link is, with this key */
	bool over;
};

struct spy {
	struct spy_record records[SPY_ENGINES];
	size_t count;
	/* In total, so that a test can assert that it saw something. */
	uint64_t steps, keys_out, paired, failed;
};

extern struct spy spy;

/* Forgets all engines. */
void spy_reset(void);
