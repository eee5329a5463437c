/* SPDX-License-Identifier: MIT */
/* Repeated attempts (smp/attempts.h) beyond the process: whose pairings failed lately. */
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "store/bond.h"
#include "store/sqlite.h"

#define ALL "" /* stands for all devices together */

static int take(struct store *s, sqlite3_stmt *row, struct smp_attempt *a, int64_t most,
		struct failure *problem)
{
	uint64_t wall = clock_wall(), since = (uint64_t)sqlite3_column_int64(row, 2);
	int64_t failures = sqlite3_column_int64(row, 1);

	if (failures < 1 || failures > most)
		return store_db_damaged(s, problem, "a count of failures that none can have");
	a->failures = (uint8_t)failures;
	/* The clock of files may be set back; that of the wait goes on, and may be younger. */
	a->since = clock_now() - (wall > since ? wall - since : 0);
	return 0;
}

int store_failures(struct store *s, struct smp_attempts *attempts, struct failure *problem)
{
	size_t count = 0;
	int status;
	bool typed;

	memset(attempts, 0, sizeof(*attempts));
	if (!s->used)
		return 0;
	sqlite3_stmt *rows =
		store_db_prepare(s, "SELECT peer, failures, since FROM failure", problem);
	if (!rows)
		return -1;
	while ((status = store_db_step(s, rows, problem)) == 1) {
		const char *peer = (const char *)sqlite3_column_text(rows, 0);
		struct smp_attempt *one = &attempts->peers[count];
		if (strcmp(peer, ALL) == 0)
			status = take(s, rows, &attempts->all, SMP_ATTEMPTS_ALL_MAX, problem);
		else if (count == SMP_ATTEMPTS_PEERS || !address_parse(peer, &one->peer, &typed))
			status = store_db_damaged(s, problem, "failures of nobody");
		else
			status = take(s, rows, one, SMP_ATTEMPTS_PEER_MAX, problem);
		if (status)
			break;
		count += one->failures != 0;
	}
	(void)sqlite3_finalize(rows);
	return status < 0 ? -1 : 0;
}

static int put(struct store *s, const char *peer, const struct smp_attempt *a,
	       struct failure *problem)
{
	uint64_t since = clock_wall() - (clock_now() - a->since);
	int status = 0;

	if (!a->failures)
		return 0;
	sqlite3_stmt *statement = store_db_prepare(
		s, "INSERT INTO failure (peer, failures, since) VALUES (?1, ?2, ?3)", problem);
	if (!statement)
		return -1;
	(void)sqlite3_bind_text(statement, 1, peer, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(statement, 2, a->failures);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)since);
	status = store_db_step(s, statement, problem);
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

int store_db_count(struct store *s, const struct crypto_address *peer, enum store_count count,
		   struct failure *problem)
{
	struct smp_attempts now;
	char text[BOND_VALUE];
	int status = store_failures(s, &now, problem);
	struct smp_attempt all = now.all;

	if (status)
		return -1;
	if (count == STORE_SUCCESS)
		smp_attempts_succeeded(&now, peer);
	else
		smp_attempts_failed(&now, peer, clock_now());
	/* Whom we called cannot have come under ever new addresses. */
	if (count == STORE_FAILURE_OF_CALLED)
		now.all = all;
	status = store_db_run(s, "DELETE FROM failure", problem);
	if (!status)
		status = put(s, ALL, &now.all, problem);
	for (size_t i = 0; i < SMP_ATTEMPTS_PEERS && !status; i++)
		status = put(s, store_db_address(&now.peers[i].peer, text), &now.peers[i], problem);
	return status;
}
