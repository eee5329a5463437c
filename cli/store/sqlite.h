/* SPDX-License-Identifier: MIT */
/*
 * The embedded database, shared by the sqlite_*.c files. From the bottom to the top:
 * sqlite_statement.c, sqlite_schema.c, sqlite_file.c; the tables sqlite_bonds.c, sqlite_history.c
 * (bonds that were replaced), sqlite_attempts.c, sqlite_units.c, sqlite_identities.c and
 * sqlite_throttle.c; sqlite.c makes transactions of them.
 *
 * Functions return 0, or -1 with failure, if nothing else is stated. Those of a table run within a
 * transaction of the caller, or are one statement, which is a transaction of its own.
 */
#pragma once

#include <sqlite3.h>

#include "store/contents.h"
#include "store/store.h"

/* Statements that were compiled once and serve again. */
#define SQLITE_STATEMENTS 48
struct sqlite_statements {
	size_t count;
	struct {
		const char *sql;
		sqlite3_stmt *statement;
		bool in_use;
	} list[SQLITE_STATEMENTS];
};

/* How long to wait for another process that writes. */
#define SQLITE_BUSY_MS 10000

struct sqlite {
	sqlite3 *handle;
	const char *path; /* of the store, for messages */
	bool needed;	  /* no message names --no-store */
	int job_locks;	  /* descriptor of PATH-runs, -1: not open */
	struct sqlite_statements *statements;
	bool legacy_passkey_mitm; /* of the store */
	bool read_only;		  /* the file cannot be written, and the command need not */
	/* It is of an older version: what attempts have not, beside what the one before names. */
	enum {
		SQLITE_LACKS_NOTHING,
		SQLITE_LACKS_ATTRIBUTES,
		SQLITE_LACKS_SLOT,
		SQLITE_LACKS, /* their number */
	} lacks;
	bool must_erase; /* the log may hold keys that were removed */
};

/* ---- sqlite_statement.c ---------------------------------------------------------------------- */

/* Fills failure from SQLite's last error; returns -1. */
int sqlite_failed(const struct sqlite *db, struct failure *failure);
/* What to do instead: the end of a message about a store that cannot be used. */
const char *sqlite_otherwise(const struct sqlite *db);
/* The database holds what no store writes; returns -1. */
int sqlite_damaged(const struct sqlite *db, struct failure *failure, const char *what);

/*
 * Writes pattern into sql, once, and returns it: %f becomes the names of all fields, %p their
 * parameters, of which first is the number of the first. field(i): the name of a field, NULL after
 * the last one. sql is zero before its first use.
 */
#define SQL_ROOM 1024 /* room for a statement that names every field twice */
const char *sqlite_expand(char sql[SQL_ROOM], const char *pattern, const char *(*field)(size_t i),
			  size_t first);

/*
 * A statement without values, to release. sql: a string that lives as long as the program; its
 * address identifies the statement, which is compiled once. NULL with failure.
 */
sqlite3_stmt *sqlite_prepare(const struct sqlite *db, const char *sql, struct failure *failure);
/* Ends the use of a statement, and forgets its values. NULL: nothing. */
void sqlite_release(const struct sqlite *db, sqlite3_stmt *statement);
/* Before the database is closed. */
void sqlite_free_statements(const struct sqlite *db);
/* 1: there is a row; 0: the statement is complete; -1. */
int sqlite_step(const struct sqlite *db, sqlite3_stmt *statement, struct failure *failure);
/* Steps a statement once, and releases it; returns as sqlite_step(). */
int sqlite_finish(const struct sqlite *db, sqlite3_stmt *statement, struct failure *failure);
/* Statements without values or rows. */
int sqlite_run(const struct sqlite *db, const char *sql, struct failure *failure);

/* Starts a transaction that can write, and so waits for other writers here only. */
int sqlite_begin(const struct sqlite *db, struct failure *failure);
/* Commits if status is 0, else rolls back. Returns the new status. */
int sqlite_end(const struct sqlite *db, int status, struct failure *failure);

void sqlite_bind_string(sqlite3_stmt *statement, int at, const char *text); /* NULL: no value */
void sqlite_bind_address(sqlite3_stmt *statement, int at, const struct crypto_address *address);

/* ---- sqlite_schema.c, sqlite_file.c ---------------------------------------------------------- */

/*
 * Creates the tables of a new database, or upgrades those of an older version. Read-only: checks
 * that this version can be read.
 */
int sqlite_schema_prepare(struct sqlite *db, struct failure *failure);

/*
 * Checks the files, creates what is absent if access allows it, and opens the database.
 * create_folders: for path. 1; 0: it is absent, and was not created; -1.
 */
int sqlite_open(struct sqlite *db, enum store_access access, bool create_folders,
		struct failure *failure);
void sqlite_close(struct sqlite *db);

/* ---- Tables: as the functions of store.h with similar names ---------------------------------- */

int sqlite_bond_find(const struct sqlite *db, const struct crypto_address *on_air,
		     struct bond_record *record, int64_t *id, struct failure *failure);
int sqlite_bond_next(const struct sqlite *db, int64_t of, int64_t after, size_t max,
		     struct store_page *page, struct failure *failure);
int sqlite_bond_remove(const struct sqlite *db, int64_t id, struct failure *failure);
/* Adds a bond by the rules. */
int sqlite_bond_add(const struct sqlite *db, const struct bond_record *record, enum store_rule rule,
		    int64_t held_to, enum store_kept *kept, struct failure *failure);
/* *shares: a bond in force with another device has the IRK of this one's peer. */
int sqlite_bond_shares_irk(const struct sqlite *db, const struct bond_record *record, bool *shares,
			   struct failure *failure);
/*
 * Each removes bonds that were replaced, and adds their number to *removed. After
 * sqlite_bond_add(): those of that peer that are too many, by the setting.
 */
int sqlite_history_trim(const struct sqlite *db, size_t *removed, struct failure *failure);
/* Those that are too old, by the setting. */
int sqlite_history_expire(const struct sqlite *db, size_t *removed, struct failure *failure);
/* Those of all peers beyond limits. */
int sqlite_history_prune(const struct sqlite *db, const struct store_history *limits,
			 size_t *removed, struct failure *failure);
int sqlite_history_get(const struct sqlite *db, struct store_history *limits,
		       struct failure *failure);
int sqlite_history_set(const struct sqlite *db, const struct store_history *limits,
		       struct failure *failure);
/*
 * Writes the log into the database and empties it: what was removed is in no file afterwards. 1: is
 * done; 0: not now, another process reads; -1. wait: for that one, as long as for a lock.
 */
int sqlite_history_erase(const struct sqlite *db, bool wait, struct failure *failure);
int sqlite_bonds_read(const struct sqlite *db, const struct contents_reader *reader,
		      struct failure *failure);

int sqlite_attempt_add(const struct sqlite *db, const struct attempt *attempt,
		       struct failure *failure);
/* The same, unless that attempt is there already. */
int sqlite_attempt_merge(const struct sqlite *db, const struct attempt *attempt,
			 struct failure *failure);
int sqlite_attempts_read(const struct sqlite *db, const struct store_attempts *which,
			 void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
			 struct failure *failure);

int sqlite_job_claim(struct sqlite *db, const char *job, struct failure *failure);
int sqlite_unit_read(const struct sqlite *db, const char *job, const char *unit,
		     enum store_state *state, unsigned *attempts, struct failure *failure);
int sqlite_units_read(const struct sqlite *db, const char *job,
		      void (*each)(void *ctx, const char *unit, enum store_state state,
				   unsigned attempts),
		      void *ctx, struct failure *failure);
/* One more attempt of the unit that attempt names, which has this state now. */
int sqlite_unit_write(const struct sqlite *db, const struct attempt *attempt,
		      enum store_state state, struct failure *failure);

/* Does nothing if that address has an IRK already. */
int sqlite_identity_add(const struct sqlite *db, const struct contents_identity *identity,
			struct failure *failure);
/* 1 with irk; 0: none. */
int sqlite_identity_irk(const struct sqlite *db, const struct crypto_address *identity,
			uint8_t irk[16], struct failure *failure);
/* 1 with address; 0: none. */
int sqlite_identity_static(const struct sqlite *db, size_t place, struct crypto_address *address,
			   struct failure *failure);
int sqlite_identities_read(const struct sqlite *db, const struct contents_reader *reader,
			   struct failure *failure);

int sqlite_throttle_read(const struct sqlite *db, struct smp_attempts *attempts,
			 struct failure *failure);
int sqlite_throttle_count(const struct sqlite *db, const struct crypto_address *peer,
			  enum store_count count, struct failure *failure);
