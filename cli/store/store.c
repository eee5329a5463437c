/* SPDX-License-Identifier: MIT */
/* The interface of the store: its name, --no-store, and calls of the backend. */
#define _GNU_SOURCE
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/privilege.h"
#include "crypto/bytes.h"
#include "store/backend.h"

#define SUFFIX_ROOM 8 /* for the endings of the files beside it */

/* ---- Naming and opening ---------------------------------------------------------------------- */

int store_init(struct store *store, const char *path, struct failure *failure)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = privilege_home();
	int len;

	*store = (struct store){.backend = &store_sqlite, .usual = !path};
	if (path)
		len = snprintf(store->path, sizeof(store->path), "%s", path);
	else if (state && *state == '/')
		len = snprintf(store->path, sizeof(store->path), "%s/blepair/blepair.db", state);
	else if (home && *home == '/')
		len = snprintf(store->path, sizeof(store->path),
			       "%s/.local/state/blepair/blepair.db", home);
	else
		return failure_set(failure, CLI_USAGE,
				   "store: there is no home directory for it; name a file by "
				   "--store, or keep nothing with --no-store");
	if (len > 0 && len < (int)sizeof(store->path) - SUFFIX_ROOM)
		return 0;
	return failure_set(failure, CLI_USAGE, "store: \"%.60s...\" is no file name", store->path);
}

void store_init_none(struct store *store)
{
	*store = (struct store){.backend = NULL};
}

bool store_keeps_nothing(const struct store *store)
{
	return !store->backend;
}

int store_open(struct store *store, struct failure *failure)
{
	if (!store->backend || store->database)
		return 0;
	int opened = store->backend->open(store, failure);
	if (opened || store->usual)
		return opened < 0 ? -1 : 0;
	return failure_set(failure, CLI_USAGE,
			   "store %s: there is no such file; name another by --store", store->path);
}

void store_close(struct store *store)
{
	if (store->database)
		store->backend->close(store);
	store->database = NULL;
}

/* 1: a backend is open; 0: the store holds and keeps nothing; -1. */
static int prepare(struct store *store, struct failure *failure)
{
	return store_open(store, failure) ? -1 : store->database != NULL;
}

/* ---- Requests -------------------------------------------------------------------------------- */

void store_request_peer(struct store *store, struct store_request *request, struct store_peer *peer)
{
	peer->has_bond = false;
	peer->bond_id = 0;
	peer->shares_irk = false;
	memset(&peer->bond, 0, sizeof(peer->bond));
	memset(&peer->attempts, 0, sizeof(peer->attempts));
	memset(peer->label, 0, sizeof(peer->label));
	int ready = prepare(store, &request->failure);
	if (ready == 1)
		store->backend->peer(store, request, peer);
	else
		store_complete(request, ready);
}

void store_request_write(struct store *store, struct store_request *request,
			 struct store_entry *entries, size_t count)
{
	int ready = count ? prepare(store, &request->failure) : 0;

	if (ready == 1)
		store->backend->write(store, request, entries, count);
	else
		store_complete(request, ready);
}

void store_forget(struct store *store, struct store_request *request)
{
	if (store->database && store->backend->forget)
		store->backend->forget(store, request);
}

/* ---- Bonds ----------------------------------------------------------------------------------- */

int store_find_by_air_address(struct store *store, const struct crypto_address *peer,
			      struct bond_record *record, int64_t *id, struct failure *failure)
{
	int64_t found;

	memset(record, 0, sizeof(*record));
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->find(store, peer, record, id ? id : &found, failure)
			  : ready;
}

int store_find_by_user_address(struct store *store, const struct crypto_address *peer, bool typed,
			       struct bond_record *record, int64_t *id, struct failure *failure)
{
	struct crypto_address other = *peer;
	int found = store_find_by_air_address(store, peer, record, id, failure);

	if (found || typed)
		return found;
	other.type = ADDRESS_RANDOM;
	return store_find_by_air_address(store, &other, record, id, failure);
}

/* A page of at most max bonds. */
static int next(struct store *store, int64_t of, int64_t after, size_t max, struct store_page *page,
		struct failure *failure)
{
	page->count = 0;
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->next(store, of, after, max, page, failure) : ready;
}

int store_next(struct store *store, int64_t of, int64_t *id, struct bond_record *record,
	       struct failure *failure)
{
	static struct store_page page;
	int status = next(store, of, *id, 1, &page, failure);

	memset(record, 0, sizeof(*record));
	if (!status && page.count) {
		*id = page.ids[0];
		*record = page.bonds[0];
	}
	bytes_wipe(&page.bonds[0], sizeof(page.bonds[0]));
	return status ? status : (int)page.count;
}

int store_next_page(struct store *store, int64_t of, int64_t after, struct store_page *page,
		    struct failure *failure)
{
	return next(store, of, after, STORE_PAGE, page, failure);
}

int store_remove(struct store *store, const int64_t *ids, size_t count, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->remove(store, ids, count, failure) : ready;
}

/* ---- History --------------------------------------------------------------------------------- */

int store_get_history(struct store *store, struct store_history *limits, struct failure *failure)
{
	*limits = (struct store_history){STORE_HISTORY_KEEP, STORE_HISTORY_DAYS};
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->get_history(store, limits, failure) : ready;
}

int store_set_history(struct store *store, const struct store_history *limits,
		      struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->set_history(store, limits, failure) : ready;
}

int store_find_replaced(struct store *store, int64_t of, struct bond_record *record, int64_t *id,
			struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->find_replaced(store, of, record, id, failure) : ready;
}

int store_restore(struct store *store, int64_t id, int64_t in_force, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->restore(store, id, in_force, failure) : ready;
}

int store_prune(struct store *store, const struct store_history *limits, size_t *removed,
		struct failure *failure)
{
	*removed = 0;
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->prune(store, limits, removed, failure) : ready;
}

int store_erase(struct store *store, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->erase(store, failure) : ready;
}

/* ---- Our own identities, repeated attempts --------------------------------------------------- */

int store_irk(struct store *store, const struct crypto_address *identity, uint8_t irk[16],
	      struct failure *failure)
{
	uint8_t fresh[16];

	if (crypto_random(NULL, fresh, sizeof(fresh)))
		return failure_set(failure, CLI_INTERNAL, "the source of randomness failed");
	memcpy(irk, fresh, sizeof(fresh));
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->irk(store, identity, fresh, irk, failure) : ready;
}

int store_static(struct store *store, size_t place, struct crypto_address *address,
		 struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->static_identity(store, place, address, failure) : ready;
}

int store_has_identity(struct store *store, const struct crypto_address *identity,
		       struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->has_identity(store, identity, failure) : ready;
}

int store_failures(struct store *store, struct smp_attempts *attempts, struct failure *failure)
{
	memset(attempts, 0, sizeof(*attempts));
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->failures(store, attempts, failure) : ready;
}

/* ---- Attempts and jobs ----------------------------------------------------------------------- */

int store_attempts(struct store *store, const struct store_attempts *which,
		   void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
		   struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->attempts(store, which, each, ctx, failure) : ready;
}

int store_label(struct store *store, const struct crypto_address *peer,
		const struct bond_record *bond, char label[STORE_LABEL], struct failure *failure)
{
	*label = '\0';
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->label(store, peer, bond, label, failure) : ready;
}

int store_claim_job(struct store *store, const char *job, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->claim_job(store, job, failure) : ready;
}

int store_unit(struct store *store, const char *job, const char *unit, enum store_state *state,
	       unsigned *attempts, struct failure *failure)
{
	unsigned ignored;

	*state = STORE_NO_UNIT;
	if (!attempts)
		attempts = &ignored;
	*attempts = 0;
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->unit(store, job, unit, state, attempts, failure)
			  : ready;
}

int store_units(struct store *store, const char *job,
		void (*each)(void *ctx, const char *unit, enum store_state state,
			     unsigned attempts),
		void *ctx, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->units(store, job, each, ctx, failure) : ready;
}

/* ---- Export and import ----------------------------------------------------------------------- */

json_t *store_export(struct store *store, struct failure *failure)
{
	json_t *json;
	struct contents_reader reader = contents_to_json(&json);

	int ready = prepare(store, failure);
	if (ready == 0 || (ready == 1 && store->backend->read_all(store, &reader, failure) == 0))
		return json;
	json_decref(json);
	return NULL;
}

int store_import(struct store *store, const json_t *json, const char *name, size_t kept[STORE_KEPT],
		 struct failure *failure)
{
	struct contents contents;

	memset(kept, 0, STORE_KEPT * sizeof(kept[0]));
	if (contents_from_json(json, name, &contents, failure))
		return -1;
	int ready = prepare(store, failure);
	if (ready == 1)
		ready = store->backend->merge(store, &contents, kept, failure);
	contents_free(&contents);
	return ready;
}
