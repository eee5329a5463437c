/* SPDX-License-Identifier: MIT */
/*
 * The decisions of a store, without its storage: which bond replaces which, what counts for or
 * against a peer, and the states of a unit. Every backend calls these within its transaction, so
 * that they decide alike. No function here reads a clock, a file or a database.
 */
#pragma once

#include "smp/attempts.h"
#include "store/bond.h"

/* ---- Bonds ----------------------------------------------------------------------------------- */

/* Which bond with a peer is in force afterwards; the others become history. */
enum store_rule {
	/* The new one. The user asked for it. */
	STORE_REPLACE,
	/* The new one, if no other bond with this peer is stronger in any respect; see held_to. */
	STORE_NOT_WEAKER,
	/* The one that was made last: two stores are merged. */
	STORE_NEWEST,
};

/* What became of a new bond. */
enum store_kept {
	STORE_ADDED,	       /* in force; the peer was unknown */
	STORE_REPLACED,	       /* in force; another bond is history now */
	STORE_OLDER,	       /* history; a newer one is in force */
	STORE_DUPLICATE,       /* not stored: the same bond is there already */
	STORE_REJECTED_WEAKER, /* not stored: the bond in force stays */
};
#define STORE_KEPT 5 /* how many there are */

/* The bonds in force that belong to the peer of a new one. */
#define RULES_SAME_PEER 2
struct rules_same_peer {
	size_t count;
	int64_t ids[RULES_SAME_PEER];
	struct bond_record bonds[RULES_SAME_PEER];
};

struct rules_decision {
	enum store_kept kept;
	/* STORE_OLDER: the bond in force, to whose history the new one belongs; else 0. */
	int64_t in_force;
};

/*
 * True if old, which was found by the identity of bond or by its address on air, belongs to the
 * same peer. An address on air only finds a candidate: several devices may have one IRK, and so
 * resolve, or even use, the same private address. Two that distributed different identity addresses
 * are different devices.
 */
bool rules_is_same_peer(const struct bond_record *bond, const struct bond_record *old);

/* True if bond is less than other in authentication, Secure Connections or key size. */
bool rules_is_weaker(const struct smp_bond *bond, const struct smp_bond *other);

/*
 * Decides about a new bond that is no duplicate. held_to, for STORE_NOT_WEAKER: the id of the bond
 * whose strength the pairing had to reach; that one may be replaced. 0: there was none. Any other
 * bond is replaced only by one that is authenticated and not weaker: a peer may claim any identity.
 * A bond without any key of its peer protects nothing, and may always be replaced.
 */
struct rules_decision rules_add_bond(const struct bond_record *bond, enum store_rule rule,
				     int64_t held_to, const struct rules_same_peer *same);

/* Whether a bond of the history may be in force again. */
enum rules_restore {
	RULES_RESTORE,
	RULES_RESTORE_WEAKER,  /* it is weaker than the one in force: only if the user says so */
	RULES_RESTORE_USELESS, /* it has no key that encrypts, and protects nothing */
};
enum rules_restore rules_restore(const struct bond_record *replaced,
				 const struct bond_record *in_force);

/* ---- Repeated attempts, Core Vol 3 Part H 2.3.6 ---------------------------------------------- */

/* What a pairing counts for or against the peer. */
enum store_count {
	STORE_NOTHING,
	STORE_FAILURE,		 /* of a device that connected to us */
	STORE_FAILURE_OF_CALLED, /* of one to which we connected: not counted for all together */
	STORE_SUCCESS,
};

/* Counts it. now: microseconds of the clock of attempts. */
void rules_count(struct smp_attempts *attempts, const struct crypto_address *peer,
		 enum store_count count, uint64_t now);

/*
 * Times of failures are kept as wall-clock time, because the monotonic clock starts anew with the
 * machine. All are microseconds. A wall clock that was set back neither shortens a wait nor makes
 * it longer than a new failure would.
 */
uint64_t rules_to_wall_clock(uint64_t since, uint64_t now, uint64_t wall);
uint64_t rules_from_wall_clock(uint64_t since, uint64_t now, uint64_t wall);

/* ---- Units of a job -------------------------------------------------------------------------- */

enum store_state {
	STORE_NO_UNIT, /* unknown */
	STORE_WAITING, /* every attempt failed so far; it may be tried again */
	STORE_DONE,
	STORE_FAILED, /* given up */
};

/* "waiting", "done", "failed"; "" for STORE_NO_UNIT. */
const char *rules_state_name(enum store_state state);
/* The reverse; STORE_NO_UNIT for NULL and any other text. */
enum store_state rules_state_parse(const char *name);
