/* SPDX-License-Identifier: MIT */
/*
 * blepair verify: encrypts with one bond, or with --all with every bond whose peer is near, one
 * after the other, and reports which of them work.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/pair.h"
#include "command/while_connected.h"
#include "crypto/bytes.h"
#include "session/search.h"
#include "session/self_explain.h"

/* How often a connection that does not come up is tried. */
#define CONNECT_TRIES 3

struct bond_state {
	int64_t id;
	struct crypto_address peer; /* its lasting address */
	bool has_identity;	    /* which is one that it gave us */
	uint8_t irk_tag[3];	    /* the same in bonds with one IRK, which does not stay here */
	unsigned tries;
	enum own_target passed_over; /* it was seen, but does not answer us; US: it was not */
	bool done;
	enum cli_exit code;
};

struct verify {
	const struct options *options;
	struct event_output *events;
	struct bond_state *bonds;
	size_t count, done, working;
	struct bond_state *current; /* found on air, or given up; NULL: none */
	bool none_seen;		    /* of those that are not done: give them up */
	struct {
		struct outcome outcome;
		struct attempt attempt;
		struct store_entry entry;
		struct timed_request write;
		struct loop_timer next;
	} unlinked;		   /* the current bond, without a session */
	struct bond_record record; /* from the store */
	char label[STORE_LABEL];   /* of the current peer */
	struct search search;
	struct self_explain explain; /* the last member: it wipes itself */
};

/* ---- Which bonds ----------------------------------------------------------------------------- */

/* All zero without an IRK. */
static void tag_irk(const struct bond_record *r, uint8_t tag[3])
{
	static const uint8_t prand[3];

	if (!r->bond.peer.has_irk || crypto_ah(r->bond.peer.irk, prand, tag) != CRYPTO_OK)
		memset(tag, 0, 3);
}

/* 0, or -1 with failure. */
static int add(struct verify *v, int64_t id, struct failure *failure)
{
	struct bond_state *more = realloc(v->bonds, (v->count + 1) * sizeof(*more));

	if (!more)
		return failure_set(failure, CLI_INTERNAL, "out of memory");
	v->bonds = more;
	v->bonds[v->count] = (struct bond_state){.id = id,
						 .peer = *bond_identity(&v->record),
						 .has_identity = v->record.bond.peer.has_identity};
	tag_irk(&v->record, v->bonds[v->count++].irk_tag);
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
		if (!smp_bond_has_key(&v->record.bond))
			continue; /* of an earlier version: nothing that could be verified */
		if (!own_identity_made(&c->own, &v->record))
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

/* The bond of this id if it is still to be verified, or another one with the same IRK; NULL. */
static struct bond_state *choose(const struct verify *v, int64_t id, const uint8_t irk_tag[3])
{
	static const uint8_t none[3];
	struct bond_state *other = NULL;

	for (size_t i = 0; i < v->count; i++) {
		struct bond_state *bond = &v->bonds[i];
		if (bond->done)
			continue;
		if (bond->id == id)
			return bond;
		if (!other && !bytes_equal(irk_tag, none, 3) &&
		    bytes_equal(irk_tag, bond->irk_tag, 3))
			other = bond;
	}
	return other;
}

/*
 * The bond with the device on air, if it is still to be verified. A private address only finds a
 * candidate: several devices may have one IRK.
 */
static bool is_wanted(void *ctx, const struct crypto_address *on_air)
{
	struct verify *v = ctx;
	struct failure failure;
	uint8_t tag[3] = {0};
	int64_t id;
	int status = store_find_by_air_address(v->search.controller.store, on_air, &v->record, &id,
					       &failure);

	if (status == 1 && address_is_resolvable(on_air))
		tag_irk(&v->record, tag);
	v->current = status == 1 ? choose(v, id, tag) : NULL;
	if (v->current &&
	    store_label(v->search.controller.store, on_air, &v->record, v->label, &failure) < 0)
		status = -1;
	bytes_wipe(&v->record, sizeof(v->record));
	if (status < 0) {
		v->current = NULL;
		search_fail(&v->search, &failure);
	}
	v->search.setup.peer_label = v->label;
	v->search.setup.identity =
		v->current && v->current->has_identity ? &v->current->peer : NULL;
	return v->current;
}

static void found(void *ctx, const struct crypto_address *on_air)
{
	struct verify *v = ctx;

	v->current->tries++;
	v->search.setup.expected = &v->current->peer;
	search_connect(&v->search, on_air);
}

/* ---- How each ended -------------------------------------------------------------------------- */

static void settle(struct verify *v, struct bond_state *bond, enum cli_exit code)
{
	bond->done = true;
	bond->code = code;
	v->done++;
	v->working += code == CLI_OK || code == CLI_HOOK_FAILED;
}

/* The peer of the current bond, as it is in the store. */
static json_t *describe_peer(struct verify *v)
{
	struct store *store = v->search.controller.store;
	struct failure ignored;
	char label[STORE_LABEL];

	/* The store may have failed since; the address is known anyway. */
	if (store_find_by_air_address(store, &v->current->peer, &v->record, NULL, &ignored) != 1)
		v->record.peer = v->current->peer;
	(void)store_label(store, &v->record.peer, &v->record, label, &ignored);
	json_t *peer = bond_peer_json(&v->record, label);
	bytes_wipe(&v->record, sizeof(v->record));
	return peer;
}

static void unlinked_stored(void *ctx, const struct failure *failure)
{
	struct verify *v = ctx;

	if (failure)
		event_note(v->events, 0, "%s", failure->text);
	outcome_report(&v->unlinked.outcome, v->events, NULL,
		       json_pack("{s:o}", "peer", describe_peer(v)));
	settle(v, v->current, v->unlinked.outcome.exit);
	/* From the loop: there may be many, one after the other. */
	loop_timer_start(v->search.controller.loop, &v->unlinked.next, 0);
}

/* The current bond, which no session has reported: its outcome is kept, then reported, here. */
static void settle_unlinked(struct verify *v, const struct outcome *o)
{
	const struct controller *c = &v->search.controller;
	struct attempt *attempt = &v->unlinked.attempt;

	v->unlinked.outcome = *o;
	attempt_init(attempt, o->result, o->exit, o->reason, o->reason_code);
	(void)address_format(&v->current->peer, attempt->peer);
	attempt->controller = c->spec;
	v->unlinked.entry = (struct store_entry){.attempt = attempt};
	timed_request_init(&v->unlinked.write, c->store, c->loop, unlinked_stored, v);
	timed_request_write(&v->unlinked.write, &v->unlinked.entry, 1);
}

static void settle_unseen(struct verify *v)
{
	char address[ADDRESS_TEXT];
	struct outcome o;

	for (v->current = v->bonds; v->current->done; v->current++)
		;
	if (v->current->passed_over != OWN_TARGET_US)
		search_outcome_passed_over(&o, &v->current->peer, v->current->passed_over);
	else
		outcome_fail(&o, CLI_NOT_FOUND, "%s was not seen within %g s",
			     address_format(&v->current->peer, address), v->options->scan_timeout);
	settle_unlinked(v, &o);
}

static void next(void *ctx)
{
	struct verify *v = ctx;

	v->current = NULL;
	if (v->done == v->count || v->search.stopped || v->search.state == SEARCH_OVER)
		search_end(&v->search);
	else if (v->none_seen)
		settle_unseen(v);
	else
		search_scan(&v->search);
}

static void passed_over(void *ctx, enum own_target target)
{
	((struct verify *)ctx)->current->passed_over = target;
}

static void not_found(void *ctx)
{
	struct verify *v = ctx;

	v->none_seen = true;
	next(v);
}

static void not_connected(void *ctx, const struct outcome *outcome)
{
	struct verify *v = ctx;

	if (v->current->tries >= CONNECT_TRIES)
		settle_unlinked(v, outcome);
	else
		next(v);
}

static void concluded(void *ctx)
{
	struct verify *v = ctx;

	settle(v, v->current, v->search.session.outcome.exit);
	self_explain_print(&v->explain, stderr);
	self_explain_forget(&v->explain);
	session_wipe(&v->search.session);
	next(v);
}

static void closed(void *ctx)
{
	struct verify *v = ctx;

	self_explain_judge(&v->explain, v->events, &v->search.session);
	session_conclude(&v->search.session, concluded, v);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	self_explain_packet(&((struct verify *)ctx)->explain, received, octets, len);
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

/* ---------------------------------------------------------------------------------------------- */

#define WORKING_TEXT 80

/* "1 of 2 bonds works" */
static void describe_working(const struct verify *v, char text[WORKING_TEXT])
{
	(void)snprintf(text, WORKING_TEXT, "%zu of %zu bond%s %s", v->working, v->count,
		       text_s(v->count), v->working == 1 || v->count == 1 ? "works" : "work");
}

/* The last line: how many work; the code is that of the first that does not. */
static enum cli_exit conclude(struct verify *v)
{
	struct outcome o = {.exit = CLI_OK, .result = "encrypted", .reason_code = -1};
	char working[WORKING_TEXT];

	if (v->search.outcome.exit != CLI_OK)
		o = v->search.outcome;
	else if (v->search.stopped)
		outcome_fail(&o, v->search.stopped, "%s",
			     v->search.stopped == CLI_TIMED_OUT ? "timed out: --timeout is over"
								: "cancelled");
	describe_working(v, working);
	for (size_t i = 0; o.exit == CLI_OK && i < v->count; i++)
		if (v->bonds[i].code != CLI_OK)
			outcome_fail(&o, v->bonds[i].code, "%s", working);
	if (o.exit == CLI_OK)
		(void)snprintf(o.text, sizeof(o.text), "%s", working);
	else if (v->done < v->count)
		outcome_detail(&o, "%s, %zu %s not tried", working, v->count - v->done,
			       v->count - v->done == 1 ? "was" : "were");
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
						.passed_over = passed_over,
						.not_found = not_found,
						.not_connected = not_connected,
						.closed = closed,
						.packet = packet};
	static struct verify verify;
	static struct hook hook;
	struct hook *started;
	struct verify *v = &verify;
	enum cli_exit code = while_connected_start(&hook, &started, options, events);

	if (code != CLI_OK)
		return code;
	v->options = options;
	v->events = events;
	v->unlinked.next = (struct loop_timer){.fire = next, .ctx = v};
	code = search_init(&v->search, options, events, SESSION_ENCRYPT, &user, v);
	if (code != CLI_OK) {
		if (started)
			hook_close(started);
		return code;
	}
	v->search.setup.hook = started;
	self_explain_init(&v->explain, options);
	search_run(&v->search, store, false);
	timed_request_finish(&v->unlinked.write);
	if (v->search.outcome.exit == CLI_CONTROLLER_FAILED)
		self_explain_controller_failed(&v->explain, v->search.outcome.text);
	self_explain_end(&v->explain, events, NULL);
	code = conclude(v);
	self_explain_print(&v->explain, stderr);
	free(v->bonds);
	if (started)
		hook_close(started);
	search_close(&v->search);
	self_explain_wipe(&v->explain);
	bytes_wipe(v, offsetof(struct verify, search.controller));
	return code;
}

enum cli_exit cmd_verify(const struct options *options, struct event_output *events,
			 struct store *store)
{
	store->access = STORE_READ;
	store->needed = true;
	return options->all ? verify_all(options, events, store)
			    : pair_with_peer(options, events, store, SESSION_ENCRYPT);
}
