/* SPDX-License-Identifier: MIT */
/*
 * What blepair keeps from run to run: our own identities, bonds and those that they replaced,
 * attempts, and how far a named run over many units has come (docs/bonds.md). An SQLite database,
 * mode 0600, opened when it is first used; several processes may use it at once. What a function
 * wrote is on the disk when it returns, all of it or nothing.
 *
 * Functions return -1 with the problem filled when the store cannot be used; with --no-store they
 * find nothing and keep nothing.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "smp/attempts.h"
#include "store/bond.h"

#define STORE_PATH 4096
struct store {
	bool used;	       /* false: --no-store */
	bool usual;	       /* at its usual place, whose directories are made */
	char path[STORE_PATH]; /* of the database */
	struct sqlite3 *db;    /* NULL: not opened yet */
	int runs;	       /* descriptor of the locks of runs, -1: none yet */
};

/*
 * Names the store and opens nothing: the file at path, or NULL for the usual one,
 * $XDG_STATE_HOME/blepair/blepair.db of the user who called. 0 or -1.
 */
int store_init(struct store *store, const char *path, struct failure *problem);
/* One that keeps nothing: --no-store. */
void store_init_none(struct store *store);

/* Opens it now, makes it if it is absent. 0 or -1; the file is never changed by a failure. */
int store_open(struct store *store, struct failure *problem);
void store_close(struct store *store);

/* ---- Bonds ----------------------------------------------------------------------------------- */

/*
 * The bond with a peer that is on air under this address: as it was then, as its identity, or by
 * its IRK. 1 with record, wipe it afterwards, and *id (may be NULL); 0: none.
 */
int store_find_by_air_address(struct store *store, const struct crypto_address *peer,
			      struct bond_record *record, int64_t *id, struct failure *problem);

/* The same for an address that a person gave, perhaps without its type: either is tried then. */
int store_find_by_user_address(struct store *store, const struct crypto_address *peer, bool typed,
			       struct bond_record *record, int64_t *id, struct failure *problem);

/*
 * One bond after the other: that behind *id, which is 0 at first; of: 0 for those in force, else
 * those that were in force before this one. 1 with record, wipe it afterwards; 0: no more.
 */
int store_next(struct store *store, int64_t of, int64_t *id, struct bond_record *record,
	       struct failure *problem);

/* Forgets a bond and those before it; its keys are overwritten. */
int store_remove(struct store *store, int64_t id, struct failure *problem);

/* ---- What is written ------------------------------------------------------------------------- */

/* Which bond with a peer is in force; the other stays in the history. */
enum store_rule {
	STORE_REPLACE, /* this one: the pairing was held to the strength of the one that was there
			*/
	/* It was not: the one there stays, unless this one is authenticated and not weaker. */
	STORE_NOT_WEAKER,
	STORE_NEWEST, /* that made last: the bonds of two stores meet */
};

enum store_kept {
	STORE_ADDED,	       /* with a peer that was unknown */
	STORE_REPLACED,	       /* it is in force now, another was before */
	STORE_OLDER,	       /* it is in the history: a newer one is in force */
	STORE_DUPLICATE,       /* the very same was there */
	STORE_REJECTED_WEAKER, /* the one there stayed, and this is not kept */
};

/* How far a unit of a run is. */
enum store_state {
	STORE_NO_UNIT,
	STORE_WAITING, /* attempts failed so far, it may be tried again */
	STORE_DONE,
	STORE_FAILED, /* given up */
};

/* What a pairing says about the peer, for repeated attempts (Vol 3 Part H 2.3.6). */
enum store_count {
	STORE_NOTHING,
	STORE_FAILURE,		 /* of a device that called us */
	STORE_FAILURE_OF_CALLED, /* of one that we called: not counted against all together */
	STORE_SUCCESS,
};

/*
 * What came of one attempt. attempt is an object of these, all but time and result optional: time
 * (as time_now()), run, unit, label, peer (address), controller, method, result, class, reason,
 * reason_code, scan_ms, connect_ms, pair_ms, total_ms, retries. state is of the unit that the
 * attempt names by run and unit.
 */
struct store_entry {
	const struct bond_record *bond; /* or NULL */
	enum store_rule rule;
	json_t *attempt; /* or NULL; stays the caller's */
	enum store_state state;
	enum store_count count;	       /* of whom: */
	struct crypto_address counted; /* the identity where a bond tells it, else on air */
	enum store_kept kept;	       /* is told: what became of the bond */
};

/* Writes all of them in one transaction. 0 or -1. */
int store_write(struct store *store, struct store_entry *entries, size_t count,
		struct failure *problem);

/*
 * Takes over what another store exported (store_export()): bonds by STORE_NEWEST, identities and
 * attempts that are not here yet. All or, with one line, nothing. kept counts by enum store_kept.
 */
int store_import(struct store *store, const json_t *json, const char *name, size_t kept[5],
		 struct failure *problem);

/* ---- Our own identities ---------------------------------------------------------------------- */

/* Our IRK for an identity address: the one kept, else a fresh one, which is kept from now on. */
int store_irk(struct store *store, const struct crypto_address *identity, uint8_t irk[16],
	      struct failure *problem);

/* Our static random identity: 1, or 0: there is none. */
int store_static(struct store *store, struct crypto_address *address, struct failure *problem);

/* ---- Repeated attempts ------------------------------------------------------------------------
 */

/* Whose attempts failed lately, in this process or others, by the clock of clock_now(). */
int store_failures(struct store *store, struct smp_attempts *attempts, struct failure *problem);

/* ---- Attempts and runs ----------------------------------------------------------------------- */

/* Which attempts are meant. */
struct store_attempts {
	const char *peer, *or_peer; /* addresses, NULL: of any */
	const char *run;	    /* NULL: of any, or of none */
	unsigned last;		    /* only so many, the latest; 0: all */
};

/* Tells each, the oldest first; the callback takes the reference. */
int store_attempts(struct store *store, const struct store_attempts *which,
		   void (*each)(void *ctx, json_t *attempt), void *ctx, struct failure *problem);

/*
 * Begins or resumes a run: no other process can have the same one until this store is closed or
 * the process ends, however it ends. 0 or -1.
 */
int store_claim_job(struct store *store, const char *name, struct failure *problem);

/* How far a unit of a run is; STORE_NO_UNIT: never heard of. attempts may be NULL. */
int store_unit(struct store *store, const char *run, const char *unit, enum store_state *state,
	       unsigned *attempts, struct failure *problem);

/* Tells every unit of a run, ordered by name. */
int store_units(struct store *store, const char *run,
		void (*each)(void *ctx, const char *unit, enum store_state state,
			     unsigned attempts),
		void *ctx, struct failure *problem);

/* ---- As a whole ------------------------------------------------------------------------------ */

/* {"version", "identities", "bonds", "history", "attempts"} of docs/bonds.md: with all keys. */
json_t *store_export(struct store *store, struct failure *problem);
