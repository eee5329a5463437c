/* SPDX-License-Identifier: MIT */
/* The embedded database as a backend: each operation of store.h as one transaction. */
#include "store/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "crypto/bytes.h"
#include "store/backend.h"

/* A database and what belongs to it. */
struct opened {
	struct sqlite db; /* the first member: store->database points to it */
	struct sqlite_statements statements;
};

static int open_store(struct store *store, struct failure *failure)
{
	struct opened *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return failure_set(failure, CLI_INTERNAL, "out of memory");
	opened->db.path = store->path;
	opened->db.needed = store->needed;
	opened->db.legacy_passkey_mitm = store->legacy_passkey_mitm;
	opened->db.statements = &opened->statements;
	int status = sqlite_open(&opened->db, store->access, store->usual, failure);
	if (status == 1)
		store->database = &opened->db;
	else
		free(opened);
	return status;
}

static void close_store(struct store *store)
{
	const struct sqlite *db = store->database;

	if (!store->empties_log && !db->must_erase)
		sqlite_log_leave(db);
	sqlite_close(store->database);
	free(store->database);
}

/* ---- Requests: complete before they return --------------------------------------------------- */

/* 1; 0: there is no bond with it; -1. */
static int find_peer(const struct sqlite *db, struct store_peer *peer, struct failure *failure)
{
	int found = 0;

	if (peer->expected) {
		found = sqlite_bond_find(db, peer->expected, &peer->bond, &peer->bond_id, failure);
		if (found == 1 && !bond_may_use(&peer->bond, &peer->on_air)) {
			bytes_wipe(&peer->bond, sizeof(peer->bond));
			peer->bond_id = 0;
			found = 0;
		}
	}
	if (!found)
		found = sqlite_bond_find(db, &peer->on_air, &peer->bond, &peer->bond_id, failure);
	if (found == 1 && sqlite_bond_shares_irk(db, &peer->bond, &peer->shares_irk, failure))
		return -1;
	return found;
}

static void read_peer(struct store *store, struct store_request *request, struct store_peer *peer)
{
	const struct sqlite *db = store->database;
	struct failure *failure = &request->failure;
	int status = sqlite_run(db, "BEGIN", failure);

	if (!status) {
		int found = find_peer(db, peer, failure);
		/* Of several devices with one IRK, a private address proves none. */
		bool is_its =
			found == 1 && !(peer->shares_irk && address_is_resolvable(&peer->on_air));
		peer->has_bond = found == 1;
		status = found < 0 || sqlite_throttle_read(db, &peer->attempts, failure) ||
					 sqlite_attempts_label(db, &peer->on_air,
							       is_its ? &peer->bond : NULL,
							       peer->label, failure) < 0
				 ? -1
				 : 0;
		status = sqlite_end(db, status, failure);
	}
	store_complete(request, status);
}

/* Adds a bond by the rules; what it replaced is history, as much of it as is kept. */
static int add_bond(const struct sqlite *db, const struct bond_record *bond, enum store_rule rule,
		    int64_t held_to, enum store_kept *kept, size_t *removed,
		    struct failure *failure)
{
	if (sqlite_bond_add(db, bond, rule, held_to, kept, failure))
		return -1;
	return *kept == STORE_REPLACED || *kept == STORE_OLDER
		       ? sqlite_history_trim(db, removed, failure)
		       : 0;
}

/* The log may hold keys that were removed from the history. Another process may delay its end. */
static void erase_later(struct sqlite *db, size_t removed)
{
	struct failure ignored;

	db->must_erase |= removed > 0;
	if (db->must_erase && sqlite_log_erase(db, false, &ignored) == 1)
		db->must_erase = false;
}

static int write_entry(const struct sqlite *db, struct store_entry *e, size_t *removed,
		       struct failure *failure)
{
	const struct attempt *attempt = e->attempt;
	enum store_state state = e->state;

	if (e->bond && (add_bond(db, e->bond, e->rule, e->held_to, &e->kept, removed, failure) ||
			sqlite_bond_shares_irk(db, e->bond, &e->shares_irk, failure)))
		return -1;
	if (e->bond && e->kept == STORE_REJECTED_WEAKER && e->if_rejected) {
		attempt = e->if_rejected;
		state = e->state_if_rejected;
	}
	if (attempt && sqlite_attempt_add(db, attempt, failure))
		return -1;
	if (e->count != STORE_NOTHING && sqlite_throttle_count(db, &e->counted, e->count, failure))
		return -1;
	return state != STORE_NO_UNIT ? sqlite_unit_write(db, attempt, state, failure) : 0;
}

static void write_entries(struct store *store, struct store_request *request,
			  struct store_entry *entries, size_t count)
{
	struct sqlite *db = store->database;
	struct failure *failure = &request->failure;
	size_t removed = 0;
	bool bonds = false;
	int status = sqlite_begin(db, failure);

	if (!status) {
		for (size_t i = 0; i < count && !status; i++) {
			status = write_entry(db, &entries[i], &removed, failure);
			bonds |= entries[i].bond != NULL;
		}
		if (!status && bonds)
			status = sqlite_history_expire(db, &removed, failure);
		status = sqlite_end(db, status, failure);
	}
	if (!status)
		erase_later(db, removed);
	store_complete(request, status);
}

/* ---- All others ------------------------------------------------------------------------------ */

static int find(struct store *store, const struct crypto_address *peer, struct bond_record *record,
		int64_t *id, struct failure *failure)
{
	return sqlite_bond_find(store->database, peer, record, id, failure);
}

static int next(struct store *store, int64_t of, int64_t after, size_t max, struct store_page *page,
		struct failure *failure)
{
	return sqlite_bond_next(store->database, of, after, max, page, failure);
}

static int remove_bonds(struct store *store, const int64_t *ids, size_t count,
			struct failure *failure)
{
	const struct sqlite *db = store->database;
	int status = sqlite_begin(db, failure);

	if (status)
		return status;
	for (size_t i = 0; i < count && !status; i++)
		status = sqlite_bond_remove(db, ids[i], failure);
	return sqlite_end(db, status, failure);
}

static int find_replaced(struct store *store, int64_t of, struct bond_record *record, int64_t *id,
			 struct failure *failure)
{
	return sqlite_bond_find_replaced(store->database, of, record, id, failure);
}

static int restore(struct store *store, int64_t id, int64_t in_force, struct failure *failure)
{
	const struct sqlite *db = store->database;
	int status = sqlite_begin(db, failure);

	if (status)
		return status;
	status = sqlite_bond_restore(db, id, in_force, failure);
	return sqlite_end(db, status, failure);
}

static int get_history(struct store *store, struct store_history *limits, struct failure *failure)
{
	return sqlite_history_get(store->database, limits, failure);
}

static int set_history(struct store *store, const struct store_history *limits,
		       struct failure *failure)
{
	return sqlite_history_set(store->database, limits, failure);
}

static int prune(struct store *store, const struct store_history *limits, size_t *removed,
		 struct failure *failure)
{
	const struct sqlite *db = store->database;
	int status = sqlite_begin(db, failure);

	if (status)
		return status;
	status = sqlite_history_prune(db, limits, removed, failure);
	return sqlite_end(db, status, failure);
}

static int erase(struct store *store, struct failure *failure)
{
	struct sqlite *db = store->database;
	struct failure cause = {.text = "another program reads it"};
	int erased = sqlite_run(db, "VACUUM", &cause) ? -1 : sqlite_log_erase(db, true, &cause);

	db->must_erase = erased != 1;
	if (erased == 1)
		return 0;
	return failure_set(failure, erased ? cause.exit : CLI_INTERNAL,
			   "store %s: what was removed stays removed, but its keys may still be in "
			   "%s or in its log: %s; run blepair bonds prune when no other program "
			   "uses it",
			   db->path, db->path, cause.text);
}

static int get_irk(struct store *store, const struct crypto_address *identity,
		   const uint8_t fresh[16], uint8_t irk[16], struct failure *failure)
{
	const struct sqlite *db = store->database;
	struct contents_identity added = {.address = *identity};
	struct failure ignored;
	char now[TIME_TEXT];
	int found = sqlite_identity_irk(db, identity, irk, failure);

	if (found)
		return found < 0 ? -1 : 0;
	memcpy(added.irk, fresh, sizeof(added.irk));
	if (db->read_only) {
		memcpy(irk, fresh, sizeof(added.irk));
		return 0;
	}
	added.made = time_now(now);
	/* Without waiting for the disk: the next write does, and it is there before any bond. */
	if (sqlite_run(db, "PRAGMA synchronous = NORMAL", failure))
		return -1;
	/* Another process may have stored one meanwhile. */
	int status = sqlite_identity_add(db, &added, failure);
	if (sqlite_run(db, "PRAGMA synchronous = FULL", status ? &ignored : failure) || status)
		return -1;
	return sqlite_identity_irk(db, identity, irk, failure) < 0 ? -1 : 0;
}

static int get_static(struct store *store, size_t place, struct crypto_address *address,
		      struct failure *failure)
{
	return sqlite_identity_static(store->database, place, address, failure);
}

static int has_identity(struct store *store, const struct crypto_address *identity,
			struct failure *failure)
{
	uint8_t irk[16];
	int found = sqlite_identity_irk(store->database, identity, irk, failure);

	bytes_wipe(irk, sizeof(irk));
	return found;
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

static int get_label(struct store *store, const struct crypto_address *peer,
		     const struct bond_record *bond, char label[STORE_LABEL],
		     struct failure *failure)
{
	return sqlite_attempts_label(store->database, peer, bond, label, failure);
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

/*
 * So many identities, bonds and attempts are one transaction of an import: other processes can
 * write between two of them.
 */
#define TOGETHER 2000

/* Where an import is: the items of contents, one list after the other. */
struct merge {
	const struct contents *contents;
	size_t done; /* of all lists */
	size_t kept[STORE_KEPT];
	size_t removed; /* from the history */
};

static size_t count_items(const struct contents *c)
{
	return c->identity_count + c->bond_count + c->attempt_count;
}

static int merge_item(const struct sqlite *db, struct merge *m, struct failure *failure)
{
	const struct contents *c = m->contents;
	size_t i = m->done;
	enum store_kept kept;

	if (i < c->identity_count)
		return sqlite_identity_add(db, &c->identities[i], failure);
	i -= c->identity_count;
	if (i >= c->bond_count)
		return sqlite_attempt_merge(db, &c->attempts[i - c->bond_count], failure);
	if (add_bond(db, &c->bonds[i], STORE_NEWEST, 0, &kept, &m->removed, failure))
		return -1;
	m->kept[kept]++;
	return 0;
}

/* One transaction; after a failure m is as before. */
static int merge_some(const struct sqlite *db, struct merge *m, struct failure *failure)
{
	struct merge next = *m;
	size_t all = count_items(m->contents), end = m->done + TOGETHER;
	int status = sqlite_begin(db, failure);

	if (status)
		return status;
	for (; !status && next.done < all && next.done < end; next.done += !status)
		status = merge_item(db, &next, failure);
	if (!status)
		status = sqlite_history_expire(db, &next.removed, failure);
	status = sqlite_end(db, status, failure);
	if (!status)
		*m = next;
	return status;
}

/* Says what an import that failed has done. */
static int merge_failed(const struct merge *m, struct failure *failure)
{
	struct failure cause = *failure;
	size_t bonds = 0;

	if (!m->done)
		return failure_set(failure, cause.exit, "%s; nothing was imported", cause.text);
	for (size_t i = 0; i < STORE_KEPT; i++)
		bonds += m->kept[i];
	return failure_set(failure, cause.exit,
			   "%s; before, the first %zu of %zu bond%s were imported, and stay: "
			   "import the file again to add the others",
			   cause.text, bonds, m->contents->bond_count,
			   text_s(m->contents->bond_count));
}

static int merge(struct store *store, const struct contents *contents, size_t kept[STORE_KEPT],
		 struct failure *failure)
{
	struct sqlite *db = store->database;
	struct merge m = {.contents = contents};
	/* Until it is closed: a process that imports does little else. */
	int status = sqlite_run(db, "PRAGMA cache_size = -32768", failure);

	while (!status && m.done < count_items(contents)) {
		status = merge_some(db, &m, failure);
		if (store->progress)
			store->progress(store->progress_ctx, m.done, count_items(contents));
	}
	if (status)
		(void)merge_failed(&m, failure);
	memcpy(kept, m.kept, sizeof(m.kept));
	erase_later(db, m.removed);
	return status;
}

const struct store_backend store_sqlite = {
	.open = open_store,
	.close = close_store,
	.peer = read_peer,
	.write = write_entries,
	.find = find,
	.next = next,
	.remove = remove_bonds,
	.find_replaced = find_replaced,
	.restore = restore,
	.get_history = get_history,
	.set_history = set_history,
	.prune = prune,
	.erase = erase,
	.irk = get_irk,
	.static_identity = get_static,
	.has_identity = has_identity,
	.failures = get_failures,
	.attempts = read_attempts,
	.label = get_label,
	.claim_job = claim_job,
	.unit = read_unit,
	.units = read_units,
	.read_all = read_all,
	.merge = merge,
};
