/* SPDX-License-Identifier: MIT */
#include "store/contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/json_fields.h"
#include "crypto/bytes.h"

/* Version 1 has "type" for "address_type". */
#define VERSION 2

/* ---- To JSON --------------------------------------------------------------------------------- */

static void append(json_t *json, const char *list, json_t *item)
{
	(void)json_array_append_new(json_object_get(json, list), item);
}

static void write_identity(void *ctx, const struct contents_identity *identity)
{
	json_t *item = json_address(&identity->address);

	(void)json_object_set_new(item, "irk", json_hex(identity->irk, sizeof(identity->irk)));
	(void)json_object_set_new(item, "made", json_string(identity->made));
	append(ctx, "identities", item);
}

static void write_bond(void *ctx, const struct bond_record *bond, bool in_force)
{
	append(ctx, in_force ? "bonds" : "history", bond_to_json(bond));
}

static void write_attempt(void *ctx, const struct attempt *attempt)
{
	append(ctx, "attempts", attempt_to_json(attempt));
}

struct contents_reader contents_to_json(json_t **json)
{
	*json = json_pack("{s:i, s:[], s:[], s:[], s:[]}", "version", VERSION, "identities",
			  "bonds", "history", "attempts");
	return (struct contents_reader){write_identity, write_bond, write_attempt, *json};
}

/* ---- From JSON ------------------------------------------------------------------------------- */

static int read_identity(const json_t *json, struct contents_identity *identity,
			 struct failure *failure)
{
	const char *irk = json_string_value(json_object_get(json, "irk"));

	identity->made = json_string_value(json_object_get(json, "made"));
	if (bond_address_from_json(json, &identity->address) && irk && identity->made &&
	    hex_parse(irk, identity->irk, sizeof(identity->irk)))
		return 0;
	return failure_set(failure, CLI_USAGE, "address, address_type, irk and made expected");
}

/* A list of an export, and where its items go. */
struct list {
	const char *name, *file;
	const json_t *items;
	size_t done;
};

static int list_failed(const struct list *list, const struct failure *item, struct failure *failure)
{
	return failure_set(failure, item->exit, "%s: \"%s\", number %zu: %s; nothing was imported",
			   list->file, list->name, list->done + 1, item->text);
}

static int read_identities(struct list *list, struct contents *contents, struct failure *failure)
{
	struct failure item;

	for (; list->done < json_array_size(list->items); list->done++)
		if (read_identity(json_array_get(list->items, list->done),
				  &contents->identities[contents->identity_count++], &item))
			return list_failed(list, &item, failure);
	return 0;
}

static int read_bonds(struct list *list, struct contents *contents, struct failure *failure)
{
	struct failure item;

	for (; list->done < json_array_size(list->items); list->done++)
		if (bond_from_json(json_array_get(list->items, list->done),
				   &contents->bonds[contents->bond_count++], &item))
			return list_failed(list, &item, failure);
	return 0;
}

static int read_attempts(struct list *list, struct contents *contents, struct failure *failure)
{
	struct failure item;

	for (; list->done < json_array_size(list->items); list->done++)
		if (attempt_from_json(json_array_get(list->items, list->done),
				      &contents->attempts[contents->attempt_count++], &item))
			return list_failed(list, &item, failure);
	return 0;
}

static void *room_for(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

int contents_from_json(const json_t *json, const char *name, struct contents *contents,
		       struct failure *failure)
{
	struct list identities = {"identities", name, json_object_get(json, "identities"), 0};
	struct list history = {"history", name, json_object_get(json, "history"), 0};
	struct list bonds = {"bonds", name, json_object_get(json, "bonds"), 0};
	struct list attempts = {"attempts", name, json_object_get(json, "attempts"), 0};

	memset(contents, 0, sizeof(*contents));
	const json_int_t version = json_integer_value(json_object_get(json, "version"));
	if (version < 1 || version > VERSION || !json_is_array(bonds.items))
		return failure_set(
			failure, CLI_USAGE,
			"%s: \"version\" 1 or 2 and the list \"bonds\" expected, as blepair "
			"exports them; nothing was imported",
			name);
	contents->identities =
		room_for(json_array_size(identities.items), sizeof(*contents->identities));
	contents->bonds = room_for(json_array_size(history.items) + json_array_size(bonds.items),
				   sizeof(*contents->bonds));
	contents->attempts = room_for(json_array_size(attempts.items), sizeof(*contents->attempts));
	if (!contents->identities || !contents->bonds || !contents->attempts)
		(void)failure_set(failure, CLI_INTERNAL, "%s: out of memory; nothing was imported",
				  name);
	else if (read_identities(&identities, contents, failure) == 0 &&
		 read_bonds(&history, contents, failure) == 0 &&
		 read_bonds(&bonds, contents, failure) == 0 &&
		 read_attempts(&attempts, contents, failure) == 0)
		return 0;
	contents_free(contents);
	return -1;
}

void contents_free(struct contents *contents)
{
	if (contents->identities)
		bytes_wipe(contents->identities,
			   contents->identity_count * sizeof(*contents->identities));
	if (contents->bonds)
		bytes_wipe(contents->bonds, contents->bond_count * sizeof(*contents->bonds));
	free(contents->identities);
	free(contents->bonds);
	free(contents->attempts);
	memset(contents, 0, sizeof(*contents));
}
