/* SPDX-License-Identifier: MIT */
/*
 * What blepair keeps between runs: our own identities, bonds and the bonds that they replaced,
 * attempts, recent failures, and the units of named jobs (docs/bonds.md).
 *
 * Every function is one whole transaction: all of it happens or none. When it completes, what it
 * wrote is on the disk. Several processes may use one store at once. The rules (store/rules.h) are
 * the same for every backend; today there is one, an embedded SQLite database in a file of mode
 * 0600, opened when it is first used. With --no-store a store finds nothing and keeps nothing.
 *
 * A function that takes a struct store_request may complete later: nothing waits for storage while
 * a peer waits. All others block, return -1 with failure filled when the store cannot be used, and
 * are for times when no peer waits: before the first link, between links, and at the end.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "smp/attempts.h"
#include "store/attempt.h"
#include "store/bond.h"
#include "store/rules.h"

#define STORE_PATH 4096

/* Room for the label of a unit, and its zero; what does not fit is cut off. */
#define STORE_LABEL 84

/* What a command needs of the file of a store. */
enum store_access {
	STORE_CREATE, /* it reads and writes; the file is created if it is absent */
	STORE_CHANGE, /* it reads and writes what is there */
	STORE_READ,   /* it reads; what it writes may fail if the file cannot be written */
};

struct store_backend;
struct store {
	const struct store_backend *backend; /* NULL: --no-store */
	void *database;			     /* of the backend; NULL: not open */
	char path[STORE_PATH];		     /* its file, which messages name */
	bool usual; /* path is the default one, whose directories are created */
	/*
	 * The policy for Passkey Entry of legacy pairing, false after store_init(); set it before
	 * the first use. Every bond_record that the store returns is rated by it, see bond_rate().
	 */
	bool legacy_passkey_mitm;
	enum store_access access; /* STORE_CREATE, if the command sets nothing else */
	bool needed; /* the command is of no use without one: no message names --no-store */
	/* At the end the log is emptied, for which the disk must be waited. False: a short one
	 * stays beside the file, and the next run goes on with it. */
	bool empties_log;
	/* Called between the transactions of store_import(), with items of all. NULL: nobody is. */
	void (*progress)(void *ctx, size_t done, size_t all);
	void *progress_ctx;
};

/*
 * Names a store and opens nothing. path: of its file, or NULL for the default,
 * $XDG_STATE_HOME/blepair/blepair.db of the user who called. 0 or -1.
 */
int store_init(struct store *store, const char *path, struct failure *failure);
/* A store that keeps nothing: --no-store. */
void store_init_none(struct store *store);
bool store_keeps_nothing(const struct store *store);

/*
 * Opens it now, as its access says. 0 or -1; a failure leaves an existing file unchanged. If the
 * default file is absent and is not to be created, the store finds nothing; another file that is
 * absent is a failure.
 */
int store_open(struct store *store, struct failure *failure);
void store_close(struct store *store);

/* ---- Requests: operations that may complete later -------------------------------------------- */

/*
 * The caller fills done and ctx. When the operation is complete the store fills result and failure,
 * and calls done once. An embedded database completes before the store_request_*() function
 * returns; one across a network completes later, from the event loop. A caller must work both ways:
 * it acts in done, and does nothing after the call that starts the request. Until done is called,
 * the request and all that the operation points to must stay in place and unchanged. Requests of
 * one store complete in the order in which they were started. runtime/timed_request.h adds a time
 * limit.
 */
struct store_request {
	void (*done)(struct store_request *request);
	void *ctx;
	int result; /* 0 or -1 */
	struct failure failure;
};

/* What a session needs to know before it answers its peer. */
struct store_peer {
	struct crypto_address on_air;
	/* The identity of the device that is looked for: of several that the address on air may
	 * belong to, its bond is taken. NULL: none is looked for. */
	const struct crypto_address *expected;
	/* Filled by the store: */
	bool has_bond;
	int64_t bond_id;
	struct bond_record bond; /* as store_find_by_air_address(); wipe it afterwards */
	bool shares_irk;	 /* a bond in force with another device has the IRK of this one */
	struct smp_attempts attempts; /* as store_failures() */
	char label[STORE_LABEL];      /* as store_label(); "": none */
};
void store_request_peer(struct store *store, struct store_request *request,
			struct store_peer *peer);

/* The result of one attempt. */
struct store_entry {
	const struct bond_record *bond; /* or NULL */
	enum store_rule rule;
	/* For STORE_NOT_WEAKER: id of the bond whose strength this pairing had to reach, or 0. */
	int64_t held_to;
	const struct attempt *attempt; /* or NULL */
	/* The attempt and the state that are stored instead if bond is STORE_REJECTED_WEAKER: what
	 * is reported must be what is in force. NULL and STORE_NO_UNIT: the same in each case. */
	const struct attempt *if_rejected;
	enum store_state state_if_rejected;
	/* New state of the unit that attempt names by job and unit; STORE_NO_UNIT: there is none.
	 */
	enum store_state state;
	enum store_count count;
	/* The peer for which count is: its identity if a bond has it, else its address on air.
	 */
	struct crypto_address counted;
	/* Filled by the store, for an entry with a bond: */
	enum store_kept kept; /* what became of it */
	bool shares_irk;      /* a bond in force with another device has the IRK of this peer */
};
/* Writes all entries in one transaction. */
void store_request_write(struct store *store, struct store_request *request,
			 struct store_entry *entries, size_t count);
/* done is not called any more, and request may go. A write that is forgotten may happen or not. */
void store_forget(struct store *store, struct store_request *request);

/* ---- Bonds ----------------------------------------------------------------------------------- */

/*
 * Finds the bond in force with a peer by its address on air: the address in the pairing, its
 * identity address, or one that its IRK resolves. 1 with record, wipe it afterwards, and *id (may
 * be NULL); 0: none.
 */
int store_find_by_air_address(struct store *store, const struct crypto_address *peer,
			      struct bond_record *record, int64_t *id, struct failure *failure);

/* The same for an address from a user. typed: its type was given; if not, both are tried. */
int store_find_by_user_address(struct store *store, const struct crypto_address *peer, bool typed,
			       struct bond_record *record, int64_t *id, struct failure *failure);

/*
 * Steps through bonds. *id is 0 at first, and that of the bond returned last afterwards. of: 0 for
 * the bonds in force, else the id of the bond whose history it is. 1 with record, wipe it
 * afterwards; 0: no more, -1: with the failure, and record is wiped.
 */
int store_next(struct store *store, int64_t of, int64_t *id, struct bond_record *record,
	       struct failure *failure);

/* Steps through many bonds with less work for each. */
#define STORE_PAGE 64
struct store_page {
	size_t count; /* 0: no more */
	int64_t ids[STORE_PAGE];
	struct bond_record bonds[STORE_PAGE];
};
/*
 * The first bonds whose ids are greater than after, 0 at first. of: as above. 0 or -1. Wipe page
 * afterwards.
 */
int store_next_page(struct store *store, int64_t of, int64_t after, struct store_page *page,
		    struct failure *failure);

/*
 * Removes bonds and their history in one transaction. Their keys are overwritten, but copies may
 * stay: see store_erase().
 */
int store_remove(struct store *store, const int64_t *ids, size_t count, struct failure *failure);

/* ---- The history of bonds: those that were replaced ------------------------------------------ */

/* How much of it is kept. A bond is in it from the time when another replaced it. */
struct store_history {
	unsigned keep; /* bonds of each peer: those made last */
	unsigned days;
};
/* What every write keeps, if no setting of the store says otherwise. */
#define STORE_HISTORY_KEEP 3
#define STORE_HISTORY_DAYS 90

/*
 * The bond in the history of another one that was made last. of: the id of the one in force. 1 with
 * record, wipe it afterwards, and *id; 0: there is none.
 */
int store_find_replaced(struct store *store, int64_t of, struct bond_record *record, int64_t *id,
			struct failure *failure);

/*
 * Puts a bond of the history into force again; in_force and the rest of its history become the
 * history of that one. Check it by rules_restore() first. -1 also if it is not in that history any
 * more.
 */
int store_restore(struct store *store, int64_t id, int64_t in_force, struct failure *failure);

/* The setting of this store, or the default. */
int store_get_history(struct store *store, struct store_history *limits, struct failure *failure);
/* Makes limits the setting: all later writes of any process keep no more than that. */
int store_set_history(struct store *store, const struct store_history *limits,
		      struct failure *failure);

/* Removes the history beyond limits, as store_remove(). *removed: how many bonds. */
int store_prune(struct store *store, const struct store_history *limits, size_t *removed,
		struct failure *failure);

/*
 * Writes the file anew and empties its log: no file of the store holds anything of what was ever
 * removed. Takes longer the more the store holds, and locks others out for so long. -1 with
 * failure, for instance when another program reads the store: what was removed stays removed, but
 * its keys may be in the files.
 */
int store_erase(struct store *store, struct failure *failure);

/* ---- Our own identities ---------------------------------------------------------------------- */

/* These block while a controller starts: there is no link yet. */

/*
 * The IRK of one of our identity addresses: the stored one, else a new one, which is stored. It is
 * on the disk with the next write, so before the bond with a peer that got it.
 */
int store_irk(struct store *store, const struct crypto_address *identity, uint8_t irk[16],
	      struct failure *failure);

/* One of our static random identity addresses: place 0 is the oldest. 1, or 0: there is none. */
int store_static(struct store *store, size_t place, struct crypto_address *address,
		 struct failure *failure);

/* Whether this was an identity address of ours before: 1 or 0. */
int store_has_identity(struct store *store, const struct crypto_address *identity,
		       struct failure *failure);

/* ---- Repeated attempts, Core Vol 3 Part H 2.3.6 ---------------------------------------------- */

/* The recent failures of all processes, with times of clock_now(). */
int store_failures(struct store *store, struct smp_attempts *attempts, struct failure *failure);

/* ---- Attempts -------------------------------------------------------------------------------- */

/* Selects attempts. */
struct store_attempts {
	const char *peer, *or_peer; /* addresses of peers or units; NULL: any */
	const char *unit; /* label or key of a unit, instead of peer; NULL: any, or none */
	const char *job;  /* NULL: any, or none */
	unsigned last;	  /* only the newest so many; 0: all */
};

/* Calls each for every one, the oldest first; attempt is valid during the call. */
int store_attempts(struct store *store, const struct store_attempts *which,
		   void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
		   struct failure *failure);

/*
 * The label that the unit had in the latest attempts with this peer. bond: the one with it, or
 * NULL: its addresses count too. 1; 0 and "": none; -1.
 */
int store_label(struct store *store, const struct crypto_address *peer,
		const struct bond_record *bond, char label[STORE_LABEL], struct failure *failure);

/* ---- Jobs: named runs of batch over many units ----------------------------------------------- */

/*
 * Starts or resumes a job. No other process can claim it until this store is closed or the process
 * ends in any way. 0 or -1.
 */
int store_claim_job(struct store *store, const char *job, struct failure *failure);

/* State and number of attempts of a unit. attempts may be NULL. */
int store_unit(struct store *store, const char *job, const char *unit, enum store_state *state,
	       unsigned *attempts, struct failure *failure);

/* Calls each for every unit of a job, in the order of their names. */
int store_units(struct store *store, const char *job,
		void (*each)(void *ctx, const char *unit, enum store_state state,
			     unsigned attempts),
		void *ctx, struct failure *failure);

/* ---- Export and import ----------------------------------------------------------------------- */

/*
 * The whole store with all keys: {"version", "identities", "bonds", "history", "attempts"} of
 * docs/bonds.md. NULL with failure.
 */
json_t *store_export(struct store *store, struct failure *failure);

/*
 * Merges such an export: bonds by STORE_NEWEST, identities and attempts that are not here yet.
 * name: of the file, for failures. kept: the number of bonds for each enum store_kept. The export
 * is checked as a whole first. It is merged in several transactions, so that other processes can
 * write meanwhile: after a failure, which says so, the first of them stay; merging again continues.
 */
int store_import(struct store *store, const json_t *json, const char *name, size_t kept[STORE_KEPT],
		 struct failure *failure);
