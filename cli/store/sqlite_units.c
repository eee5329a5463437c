/* SPDX-License-Identifier: MIT */
/* The units of jobs, and the lock by which a job belongs to one process. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/sqlite.h"

/* ---- Jobs ------------------------------------------------------------------------------------ */

_Static_assert(sizeof(off_t) == 8, "a lock's offset has 62 bits");

/* The byte of the lock file that a job locks. */
static off_t lock_offset(const char *job)
{
	return (off_t)(hash_fnv1a64(job, strlen(job)) >> 2);
}

int sqlite_job_claim(struct sqlite *db, const char *job, struct failure *failure)
{
	char path[STORE_PATH + 8];
	struct flock lock = {.l_type = F_WRLCK, .l_start = lock_offset(job), .l_len = 1};

	(void)snprintf(path, sizeof(path), "%s-runs", db->path);
	if (db->job_locks < 0)
		db->job_locks = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (db->job_locks < 0)
		return failure_set(failure, cli_exit_of_errno(errno),
				   "store %s: cannot open it: %s", path, strerror(errno));
	/* A lock of the descriptor ends with the process, however that ends. */
	if (fcntl(db->job_locks, F_OFD_SETLK, &lock) == 0)
		return 0;
	return failure_set(failure, CLI_USAGE,
			   "another process is at work on the run \"%s\" of the store %s", job,
			   db->path);
}

/* ---- Units ----------------------------------------------------------------------------------- */

static void read_state(sqlite3_stmt *row, int column, enum store_state *state, unsigned *attempts)
{
	*state = rules_state_parse((const char *)sqlite3_column_text(row, column));
	*attempts = (unsigned)sqlite3_column_int(row, column + 1);
}

int sqlite_unit_read(const struct sqlite *db, const char *job, const char *unit,
		     enum store_state *state, unsigned *attempts, struct failure *failure)
{
	sqlite3_stmt *row = sqlite_prepare(
		db, "SELECT state, attempts FROM unit WHERE run = ?1 AND unit = ?2", failure);

	if (!row)
		return -1;
	sqlite_bind_string(row, 1, job);
	sqlite_bind_string(row, 2, unit);
	int status = sqlite_step(db, row, failure);
	if (status == 1)
		read_state(row, 0, state, attempts);
	sqlite_release(db, row);
	return status < 0 ? -1 : 0;
}

int sqlite_units_read(const struct sqlite *db, const char *job,
		      void (*each)(void *ctx, const char *unit, enum store_state state,
				   unsigned attempts),
		      void *ctx, struct failure *failure)
{
	enum store_state state;
	unsigned attempts;
	int status;
	sqlite3_stmt *rows = sqlite_prepare(
		db, "SELECT unit, state, attempts FROM unit WHERE run = ?1 ORDER BY unit", failure);

	if (!rows)
		return -1;
	sqlite_bind_string(rows, 1, job);
	while ((status = sqlite_step(db, rows, failure)) == 1) {
		read_state(rows, 1, &state, &attempts);
		each(ctx, (const char *)sqlite3_column_text(rows, 0), state, attempts);
	}
	sqlite_release(db, rows);
	return status;
}

int sqlite_unit_write(const struct sqlite *db, const struct attempt *attempt,
		      enum store_state state, struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(
		db,
		"INSERT INTO unit (run, unit, state, attempts, changed) VALUES (?1, ?2, ?3, 1, ?4)"
		" ON CONFLICT DO UPDATE SET state = ?3, attempts = attempts + 1, changed = ?4",
		failure);

	if (!statement)
		return -1;
	sqlite_bind_string(statement, 1, attempt->job);
	sqlite_bind_string(statement, 2, attempt->unit);
	sqlite_bind_string(statement, 3, rules_state_name(state));
	sqlite_bind_string(statement, 4, attempt->time);
	return sqlite_finish(db, statement, failure);
}
