/* SPDX-License-Identifier: MIT */
/*
 * Looks over the engine's shoulder, by the linker (--wrap smp_init, smp_step, smp_do): which verbs
 * succeeded, and what came out. Fails the test when a key is used, a key is accepted or a pairing
 * succeeds before the checks of its method were done (Core Vol 3 Part H 2.3.5), whatever way led
 * there; and when something is done after the end, a secret stays, or the timer does not run.
 *
 * What each method demands is written down here a second time, without the table.
 */
#pragma once

#include "smp/reason.h"
#include "smp/table.h"
#include "smp/verbs.h"

#define SPY_ENGINES 4

/* What was seen of one engine. To be saved and restored together with engines that are copied. */
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
	bool compared;	 /* the user said that the numbers are equal */
	bool key_made;	 /* STK or LTK */
	bool encrypted;	 /* the link is, with this key */
	bool over;
};

struct spy {
	struct spy_record records[SPY_ENGINES];
	size_t count;
	/* In all, to see that something was seen. */
	uint64_t steps, keys_out, paired, failed;
};

extern struct spy spy;

/* Forgets all engines. */
void spy_reset(void);
