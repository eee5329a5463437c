/* SPDX-License-Identifier: MIT */
/* Recent failures of peers (smp/attempts.h), shared by all processes. */
#include <string.h>

#include "base/clock.h"
#include "store/sqlite.h"

#define ALL "" /* the row of all devices together */

static int read_row(const struct sqlite *db, sqlite3_stmt *row, struct smp_attempt *attempt,
		    int64_t max, struct failure *failure)
{
	int64_t failures = sqlite3_column_int64(row, 1);

	if (failures < 1 || failures > max)
		return sqlite_damaged(db, failure, "a number of failures that is out of range");
	attempt->failures = (uint8_t)failures;
	attempt->since = rules_from_wall_clock((uint64_t)sqlite3_column_int64(row, 2), clock_now(),
					       clock_wall());
	return 0;
}

int sqlite_throttle_read(const struct sqlite *db, struct smp_attempts *attempts,
			 struct failure *failure)
{
	size_t count = 0;
	int status;
	bool typed;
	sqlite3_stmt *rows =
		sqlite_prepare(db, "SELECT peer, failures, since FROM failure", failure);

	memset(attempts, 0, sizeof(*attempts));
	if (!rows)
		return -1;
	while ((status = sqlite_step(db, rows, failure)) == 1) {
		const char *peer = (const char *)sqlite3_column_text(rows, 0);
		if (strcmp(peer, ALL) == 0)
			status = read_row(db, rows, &attempts->all, SMP_ATTEMPTS_ALL_MAX, failure);
		else if (count == SMP_ATTEMPTS_PEERS ||
			 !address_parse(peer, &attempts->peers[count].peer, &typed))
			status = sqlite_damaged(db, failure, "failures of no device");
		else
			status = read_row(db, rows, &attempts->peers[count++],
					  SMP_ATTEMPTS_PEER_MAX, failure);
		if (status)
			break;
	}
	sqlite_release(db, rows);
	return status;
}

static int write_row(const struct sqlite *db, const char *peer, const struct smp_attempt *attempt,
		     struct failure *failure)
{
	if (!attempt->failures)
		return 0;
	sqlite3_stmt *statement = sqlite_prepare(
		db, "INSERT INTO failure (peer, failures, since) VALUES (?1, ?2, ?3)", failure);
	if (!statement)
		return -1;
	sqlite_bind_string(statement, 1, peer);
	(void)sqlite3_bind_int(statement, 2, attempt->failures);
	(void)sqlite3_bind_int64(
		statement, 3,
		(int64_t)rules_to_wall_clock(attempt->since, clock_now(), clock_wall()));
	return sqlite_finish(db, statement, failure);
}

int sqlite_throttle_count(const struct sqlite *db, const struct crypto_address *peer,
			  enum store_count count, struct failure *failure)
{
	struct smp_attempts attempts;
	char text[BOND_VALUE];

	if (sqlite_throttle_read(db, &attempts, failure))
		return -1;
	rules_count(&attempts, peer, count, clock_now());
	int status = sqlite_run(db, "DELETE FROM failure", failure);
	if (!status)
		status = write_row(db, ALL, &attempts.all, failure);
	for (size_t i = 0; i < SMP_ATTEMPTS_PEERS && !status; i++)
		status = write_row(db, bond_address(&attempts.peers[i].peer, text),
				   &attempts.peers[i], failure);
	return status;
}
