/* SPDX-License-Identifier: MIT */
/* The interface of the store: its name, --no-store, and calls of the backend. */
#define _GNU_SOURCE
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/privilege.h"
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
	return store->backend->open(store, failure);
}

void store_close(struct store *store)
{
	if (store->database)
		store->backend->close(store);
	store->database = NULL;
}

/* 1: a backend is open; 0: the store keeps nothing; -1. */
static int prepare(struct store *store, struct failure *failure)
{
	return store_open(store, failure) ? -1 : store->backend != NULL;
}

/* ---- Requests -------------------------------------------------------------------------------- */

void store_request_peer(struct store *store, struct store_request *request, struct store_peer *peer)
{
	peer->has_bond = false;
	peer->bond_id = 0;
	memset(&peer->bond, 0, sizeof(peer->bond));
	memset(&peer->attempts, 0, sizeof(peer->attempts));
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

int store_write(struct store *store, struct store_entry *entries, size_t count,
		struct failure *failure)
{
	struct store_request request = {.done = NULL};

	store_request_write(store, &request, entries, count);
	if (request.result)
		*failure = request.failure;
	return request.result;
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

int store_next(struct store *store, int64_t of, int64_t *id, struct bond_record *record,
	       struct failure *failure)
{
	memset(record, 0, sizeof(*record));
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->next(store, of, id, record, failure) : ready;
}

int store_remove(struct store *store, int64_t id, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->remove(store, id, failure) : ready;
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

int store_static(struct store *store, struct crypto_address *address, struct failure *failure)
{
	int ready = prepare(store, failure);
	return ready == 1 ? store->backend->static_identity(store, address, failure) : ready;
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

	if (!store->backend)
		return json;
	if (store_open(store, failure) == 0 &&
	    store->backend->read_all(store, &reader, failure) == 0)
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
	int status = store_open(store, failure);
	if (!status && store->backend)
		status = store->backend->merge(store, &contents, kept, failure);
	contents_free(&contents);
	return status;
}
