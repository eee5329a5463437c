/* SPDX-License-Identifier: MIT */
/* Everything that a store can export, and its form as JSON (docs/bonds.md). */
#pragma once

#include <jansson.h>

#include "store/attempt.h"
#include "store/bond.h"

/* One of our identity addresses. */
struct contents_identity {
	struct crypto_address address;
	uint8_t irk[16];
	const char *made; /* borrowed: when */
};

struct contents {
	struct contents_identity *identities;
	size_t identity_count;
	/* First those of the history, then those in force. */
	struct bond_record *bonds;
	size_t bond_count;
	struct attempt *attempts; /* their texts are borrowed */
	size_t attempt_count;
};

/*
 * Reads an export, and borrows texts from json. name: of its file, for failures. Checks all of it.
 * 0 with contents to free, or -1 with failure.
 */
int contents_from_json(const json_t *json, const char *name, struct contents *contents,
		       struct failure *failure);
/* Wipes and frees the lists. */
void contents_free(struct contents *contents);

/* Takes what a store holds, one by one. Arguments are valid during the call. */
struct contents_reader {
	void (*identity)(void *ctx, const struct contents_identity *identity);
	void (*bond)(void *ctx, const struct bond_record *bond, bool in_force);
	void (*attempt)(void *ctx, const struct attempt *attempt);
	void *ctx;
};

/* A reader that fills the export *json, which is a new reference. */
struct contents_reader contents_to_json(json_t **json);
