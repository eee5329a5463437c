/* SPDX-License-Identifier: MIT */
/*
 * blepair verify: encrypts with one bond, or with --all with every bond whose peer is near, one
 * after the other, and reports which of them work.
 */
#include <stdlib.h>

#include "command/pair.h"
#include "crypto/bytes.h"
#include "session/search.h"

/* How often a connection that does not come up is tried. */
#define CONNECT_TRIES 3

struct bond_state {
	int64_t id;
	struct crypto_address peer; /* its lasting address */
	unsigned tries;
	bool done;
	enum cli_exit code;
};

struct verify {
	const struct options *options;
	struct event_output *events;
	struct search search;
	struct bond_state *bonds;
	size_t count, done, working;
	struct bond_state *current; /* found on air, NULL: none */
	struct bond_record record;  /* from the store */
};

/* ---- Which bonds ----------------------------------------------------------------------------- */

/* The peer knows us by the address that we had, or by the identity that we gave it. */
static bool is_ours(const struct own_identity *own, const struct bond_record *r)
{
	const struct smp_keys *keys = &r->bond.local;

	return address_equal(&r->local, &own->address) ||
	       (keys->has_identity && address_equal(&keys->identity, &own->identity));
}

/* 0, or -1 with failure. */
static int add(struct verify *v, int64_t id, struct failure *failure)
{
	struct bond_state *more = realloc(v->bonds, (v->count + 1) * sizeof(*more));

	if (!more)
		return failure_set(failure, CLI_INTERNAL, "out of memory");
	v->bonds = more;
	v->bonds[v->count++] = (struct bond_state){.id = id, .peer = *bond_identity(&v->record)};
	return 0;
}

/* 0, or -1 with failure. */
static int load(struct verify *v, struct failure *failure)
{
	const struct controller *c = &v->search.controller;
	int64_t id = 0;
	size_t others = 0;
	int status;

	while ((status = store_next(c->store, 0, &id, &v->record, failure)) == 1) {
		if (!is_ours(&c->own, &v->record))
			others++;
		else if (add(v, id, failure))
			break;
	}
	if (status)
		return -1;
	if (others)
		event_note(v->events, 0,
			   "%zu bond%s made under another address of ours, by another controller "
			   "or --own-address: left out",
			   others, others == 1 ? " was" : "s were");
	return v->count ? 0
			: failure_set(failure, CLI_USAGE, "there is no bond to verify in %.200s",
				      c->store->path);
}

/* ---- One after the other --------------------------------------------------------------------- */

static void next(struct verify *v)
{
	v->current = NULL;
	if (v->done == v->count || v->search.stopped)
		search_end(&v->search);
	else
		search_scan(&v->search);
}

static void up(void *ctx)
{
	struct verify *v = ctx;
	struct failure failure;

	if (load(v, &failure)) {
		search_fail(&v->search, &failure);
		return;
	}
	event_emit(v->events, json_pack("{s:s}", "event", "scanning"));
	next(v);
}

/* The bond with the device on air, if it is still to be verified. */
static bool is_wanted(void *ctx, const struct crypto_address *on_air)
{
	struct verify *v = ctx;
	struct failure failure;
	int64_t id;
	int status = store_find_by_air_address(v->search.controller.store, on_air, &v->record, &id,
					       &failure);

	bytes_wipe(&v->record, sizeof(v->record));
	if (status < 0)
		search_fail(&v->search, &failure);
	v->current = NULL;
	for (size_t i = 0; status == 1 && i < v->count; i++)
		if (v->bonds[i].id == id && !v->bonds[i].done)
			v->current = &v->bonds[i];
	return v->current;
}

static void found(void *ctx, const struct crypto_address *on_air)
{
	struct verify *v = ctx;

	v->current->tries++;
	search_connect(&v->search, on_air);
}

/* ---- How each ended -------------------------------------------------------------------------- */

static void settle(struct verify *v, struct bond_state *bond, enum cli_exit code)
{
	bond->done = true;
	bond->code = code;
	v->done++;
	v->working += code == CLI_OK;
}

/* One that no session has reported: its outcome is reported and kept here. */
static void settle_unlinked(struct verify *v, struct bond_state *bond, const struct outcome *o)
{
	const struct controller *c = &v->search.controller;
	struct failure failure;
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	attempt_init(&attempt, o->result, o->exit, o->reason, o->reason_code);
	(void)address_format(&bond->peer, attempt.peer);
	attempt.controller = c->spec;
	if (store_write(c->store, &entry, 1, &failure))
		event_note(v->events, 0, "%s", failure.text);
	outcome_report(o, v->events, &bond->peer, NULL);
	settle(v, bond, o->exit);
}

static void not_found(void *ctx)
{
	struct verify *v = ctx;
	char address[ADDRESS_TEXT];
	struct outcome o;

	for (size_t i = 0; i < v->count; i++) {
		if (v->bonds[i].done)
			continue;
		outcome_fail(&o, CLI_NOT_FOUND, "%s was not seen within %g s",
			     address_format(&v->bonds[i].peer, address), v->options->scan_timeout);
		settle_unlinked(v, &v->bonds[i], &o);
	}
	next(v);
}

static void not_connected(void *ctx, const struct outcome *outcome)
{
	struct verify *v = ctx;

	if (v->current->tries >= CONNECT_TRIES)
		settle_unlinked(v, v->current, outcome);
	next(v);
}

static void closed(void *ctx)
{
	struct verify *v = ctx;

	session_conclude(&v->search.session);
	settle(v, v->current, v->search.session.outcome.exit);
	session_wipe(&v->search.session);
	next(v);
}

/* ---------------------------------------------------------------------------------------------- */

/* The last line: how many work; the code is that of the first that does not. */
static enum cli_exit conclude(struct verify *v)
{
	struct outcome o = {.exit = CLI_OK, .result = "encrypted", .reason_code = -1};

	if (v->search.outcome.exit != CLI_OK)
		o = v->search.outcome;
	else if (v->search.stopped)
		outcome_fail(&o, v->search.stopped, "%s",
			     v->search.stopped == CLI_TIMED_OUT ? "timed out: --timeout is over"
								: "cancelled");
	for (size_t i = 0; o.exit == CLI_OK && i < v->count; i++)
		if (v->bonds[i].code != CLI_OK)
			outcome_fail(&o, v->bonds[i].code, "%zu of %zu bonds work", v->working,
				     v->count);
	if (o.exit == CLI_OK)
		(void)snprintf(o.text, sizeof(o.text), "%zu of %zu bonds work", v->working,
			       v->count);
	else if (v->done < v->count)
		outcome_detail(&o, "%zu of %zu bonds work, %zu were not tried", v->working,
			       v->count, v->count - v->done);
	outcome_report(&o, v->events, NULL,
		       json_pack("{s:i, s:i}", "bonds", (int)v->count, "working", (int)v->working));
	return o.exit;
}

static enum cli_exit verify_all(const struct options *options, struct event_output *events,
				struct store *store)
{
	static const struct search_user user = {.up = up,
						.is_wanted = is_wanted,
						.found = found,
						.not_found = not_found,
						.not_connected = not_connected,
						.closed = closed};
	static struct verify verify;
	struct verify *v = &verify;
	enum cli_exit code;

	v->options = options;
	v->events = events;
	code = search_init(&v->search, options, events, SESSION_ENCRYPT, &user, v);
	if (code != CLI_OK)
		return code;
	search_run(&v->search, store, false);
	code = conclude(v);
	free(v->bonds);
	bytes_wipe(v, sizeof(*v));
	return code;
}

enum cli_exit cmd_verify(const struct options *options, struct event_output *events,
			 struct store *store)
{
	return options->all ? verify_all(options, events, store)
			    : pair_with_peer(options, events, store, SESSION_ENCRYPT);
}
