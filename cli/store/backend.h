/* SPDX-License-Identifier: MIT */
/*
 * What a database must do to be a store. store.c calls these; nobody else does. A backend is open
 * when any function but open is called. Each is one transaction, and documented in store.h.
 */
#pragma once

#include "store/contents.h"
#include "store/store.h"

struct store_backend {
	/* 1 sets store->database; 0: the file is absent and not to be created; -1. */
	int (*open)(struct store *store, struct failure *failure);
	void (*close)(struct store *store);

	/* Call store_complete() once, now or later. */
	void (*peer)(struct store *store, struct store_request *request, struct store_peer *peer);
	void (*write)(struct store *store, struct store_request *request,
		      struct store_entry *entries, size_t count);
	/* NULL: every request completes at once, and there is none to forget. */
	void (*forget)(struct store *store, struct store_request *request);

	int (*find)(struct store *store, const struct crypto_address *peer,
		    struct bond_record *record, int64_t *id, struct failure *failure);
	/* Fills the first max places of page. */
	int (*next)(struct store *store, int64_t of, int64_t after, size_t max,
		    struct store_page *page, struct failure *failure);
	int (*remove)(struct store *store, const int64_t *ids, size_t count,
		      struct failure *failure);
	int (*find_replaced)(struct store *store, int64_t of, struct bond_record *record,
			     int64_t *id, struct failure *failure);
	int (*restore)(struct store *store, int64_t id, int64_t in_force, struct failure *failure);
	int (*get_history)(struct store *store, struct store_history *limits,
			   struct failure *failure);
	int (*set_history)(struct store *store, const struct store_history *limits,
			   struct failure *failure);
	int (*prune)(struct store *store, const struct store_history *limits, size_t *removed,
		     struct failure *failure);
	int (*erase)(struct store *store, struct failure *failure);

	/* Stores fresh for this identity if it has no IRK yet; irk is the stored one. */
	int (*irk)(struct store *store, const struct crypto_address *identity,
		   const uint8_t fresh[16], uint8_t irk[16], struct failure *failure);
	int (*static_identity)(struct store *store, size_t place, struct crypto_address *address,
			       struct failure *failure);
	int (*has_identity)(struct store *store, const struct crypto_address *identity,
			    struct failure *failure);
	int (*failures)(struct store *store, struct smp_attempts *attempts,
			struct failure *failure);

	int (*attempts)(struct store *store, const struct store_attempts *which,
			void (*each)(void *ctx, const struct attempt *attempt), void *ctx,
			struct failure *failure);
	int (*label)(struct store *store, const struct crypto_address *peer,
		     const struct bond_record *bond, char label[STORE_LABEL],
		     struct failure *failure);
	int (*claim_job)(struct store *store, const char *job, struct failure *failure);
	int (*unit)(struct store *store, const char *job, const char *unit, enum store_state *state,
		    unsigned *attempts, struct failure *failure);
	int (*units)(struct store *store, const char *job,
		     void (*each)(void *ctx, const char *unit, enum store_state state,
				  unsigned attempts),
		     void *ctx, struct failure *failure);

	/* Calls each function of reader for everything in the store. */
	int (*read_all)(struct store *store, const struct contents_reader *reader,
			struct failure *failure);
	int (*merge)(struct store *store, const struct contents *contents, size_t kept[STORE_KEPT],
		     struct failure *failure);
};

extern const struct store_backend store_sqlite;

/* Completes a request; -1 with request->failure filled. */
static inline void store_complete(struct store_request *request, int result)
{
	request->result = result;
	if (request->done)
		request->done(request);
}
