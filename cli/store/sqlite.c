/* SPDX-License-Identifier: MIT */
/* The embedded database as a backend: each operation of store.h as one transaction. */
#include "store/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/backend.h"

static int open_store(struct store *store, struct failure *failure)
{
	struct sqlite *db = calloc(1, sizeof(*db));

	if (!db)
		return failure_set(failure, CLI_INTERNAL, "out of memory");
	db->path = store->path;
	if (sqlite_open(db, store->usual, failure)) {
		free(db);
		return -1;
	}
	store->database = db;
	return 0;
}

static void close_store(struct store *store)
{
	sqlite_close(store->database);
	free(store->database);
}

/* ---- Requests: complete before they return --------------------------------------------------- */

static void read_peer(struct store *store, struct store_request *request, struct store_peer *peer)
{
	const struct sqlite *db = store->database;
	struct failure *failure = &request->failure;
	int status = sqlite_run(db, "BEGIN", failure);

	if (!status) {
		int found =
			sqlite_bond_find(db, &peer->on_air, &peer->bond, &peer->bond_id, failure);
		peer->has_bond = found == 1;
		status = found < 0 || sqlite_throttle_read(db, &peer->attempts, failure) ? -1 : 0;
		status = sqlite_end(db, status, failure);
	}
	store_complete(request, status);
}

static int write_entry(const struct sqlite *db, struct store_entry *e, struct failure *failure)
{
	if (e->bond && sqlite_bond_add(db, e->bond, e->rule, e->held_to, &e->kept, failure))
		return -1;
	if (e->attempt && sqlite_attempt_add(db, e->attempt, failure))
		return -1;
	if (e->count != STORE_NOTHING && sqlite_throttle_count(db, &e->counted, e->count, failure))
		return -1;
	return e->state != STORE_NO_UNIT ? sqlite_unit_write(db, e->attempt, e->state, failure) : 0;
}

static void write_entries(struct store *store, struct store_request *request,
			  struct store_entry *entries, size_t count)
{
	const struct sqlite *db = store->database;
	struct failure *failure = &request->failure;
	int status = sqlite_begin(db, failure);

	if (!status) {
		for (size_t i = 0; i < count && !status; i++)
			status = write_entry(db, &entries[i], failure);
		status = sqlite_end(db, status, failure);
	}
	store_complete(request, status);
}

/* ---- All others ------------------------------------------------------------------------------ */

static int find(struct store *store, const struct crypto_address *peer, struct bond_record *record,
		int64_t *id, struct failure *failure)
{
	return sqlite_bond_find(store->database, peer, record, id, failure);
}

static int next(struct store *store, int64_t of, int64_t *id, struct bond_record *record,
		struct failure *failure)
{
	return sqlite_bond_next(store->database, of, id, record, failure);
}

static int remove_bond(struct store *store, int64_t id, struct failure *failure)
{
	return sqlite_bond_remove(store->database, id, failure);
}

static int get_irk(struct store *store, const struct crypto_address *identity,
		   const uint8_t fresh[16], uint8_t irk[16], struct failure *failure)
{
	const struct sqlite *db = store->database;
	struct contents_identity added = {.address = *identity};
	char now[TIME_TEXT];
	int found = sqlite_identity_irk(db, identity, irk, failure);

	if (found)
		return found < 0 ? -1 : 0;
	memcpy(added.irk, fresh, sizeof(added.irk));
	added.made = time_now(now);
	/* Another process may have stored one meanwhile. */
	if (sqlite_identity_add(db, &added, failure))
		return -1;
	return sqlite_identity_irk(db, identity, irk, failure) < 0 ? -1 : 0;
}

static int get_static(struct store *store, struct crypto_address *address, struct failure *failure)
{
	return sqlite_identity_static(store->database, address, failure);
}

static int get_failures(struct store *store, struct smp_attempts *attempts, struct failure *failure)
{
	return sqlite_throttle_read(store->database, attempts, failure);
}

static int read_attempts(struct store *store, const struct store_attempts *which,
			 void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
			 struct failure *failure)
{
	return sqlite_attempts_read(store->database, which, each, ctx, failure);
}

static int claim_job(struct store *store, const char *job, struct failure *failure)
{
	return sqlite_job_claim(store->database, job, failure);
}

static int read_unit(struct store *store, const char *job, const char *unit,
		     enum store_state *state, unsigned *attempts, struct failure *failure)
{
	return sqlite_unit_read(store->database, job, unit, state, attempts, failure);
}

static int read_units(struct store *store, const char *job,
		      void (*each)(void *ctx, const char *unit, enum store_state state,
				   unsigned attempts),
		      void *ctx, struct failure *failure)
{
	return sqlite_units_read(store->database, job, each, ctx, failure);
}

/* ---- Export and import ----------------------------------------------------------------------- */

static int read_all(struct store *store, const struct contents_reader *reader,
		    struct failure *failure)
{
	static const struct store_attempts all;
	const struct sqlite *db = store->database;

	/* What other processes write meanwhile is read as a whole or not at all. */
	if (sqlite_run(db, "BEGIN", failure))
		return -1;
	int status = sqlite_identities_read(db, reader, failure) ||
		     sqlite_bonds_read(db, reader, failure) ||
		     sqlite_attempts_read(db, &all, reader->attempt, reader->ctx, failure);
	return sqlite_end(db, status ? -1 : 0, failure);
}

static int merge_contents(const struct sqlite *db, const struct contents *contents,
			  size_t kept[STORE_KEPT], struct failure *failure)
{
	enum store_kept one;

	for (size_t i = 0; i < contents->identity_count; i++)
		if (sqlite_identity_add(db, &contents->identities[i], failure))
			return -1;
	for (size_t i = 0; i < contents->bond_count; i++) {
		if (sqlite_bond_add(db, &contents->bonds[i], STORE_NEWEST, 0, &one, failure))
			return -1;
		kept[one]++;
	}
	for (size_t i = 0; i < contents->attempt_count; i++)
		if (sqlite_attempt_merge(db, &contents->attempts[i], failure))
			return -1;
	return 0;
}

static int merge(struct store *store, const struct contents *contents, size_t kept[STORE_KEPT],
		 struct failure *failure)
{
	const struct sqlite *db = store->database;

	if (sqlite_begin(db, failure))
		return -1;
	return sqlite_end(db, merge_contents(db, contents, kept, failure), failure);
}

const struct store_backend store_sqlite = {
	.open = open_store,
	.close = close_store,
	.peer = read_peer,
	.write = write_entries,
	.find = find,
	.next = next,
	.remove = remove_bond,
	.irk = get_irk,
	.static_identity = get_static,
	.failures = get_failures,
	.attempts = read_attempts,
	.claim_job = claim_job,
	.unit = read_unit,
	.units = read_units,
	.read_all = read_all,
	.merge = merge,
};
