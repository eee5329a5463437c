/* SPDX-License-Identifier: MIT */
/* blepair bonds: list, show, export, import, remove, prune and restore what the store holds. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "base/privilege.h"
#include "base/text.h"
#include "command/bonds_restore.h"
#include "command/command.h"
#include "command/confirm.h"
#include "command/label.h"
#include "crypto/bytes.h"
#include "output/outcome.h"
#include "output/standard_output.h"
#include "output/status_line.h"
#include "transfer/export.h"
#include "transfer/import.h"

#define ATTEMPTS_SHOWN 20

struct bonds {
	const struct options *options;
	struct event_output *events;
	struct store *store;
	json_t *input; /* to import; NULL: it could not be read, and the outcome is a failure */
	struct failure failure;
	struct outcome outcome;
	struct status_line progress; /* of an import */
	uint64_t begun, shown;	     /* as clock_now() */
};

static int failed(struct bonds *b)
{
	outcome_fail(&b->outcome, b->failure.exit, "%s", b->failure.text);
	return -1;
}

/* ---- List and show --------------------------------------------------------------------------- */

static json_t *describe_peer(const struct bonds *b, const struct bond_record *r)
{
	struct failure ignored;
	char label[STORE_LABEL];

	(void)store_label(b->store, &r->peer, r, label, &ignored);
	return bond_peer_json(r, label);
}

static void emit_bond(const struct bonds *b, const struct bond_record *r, bool in_force)
{
	json_t *event = json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:b, s:b, s:b, s:i, s:s}", "event", "bond", "peer",
		describe_peer(b, r), "local", json_address(&r->local), "made", r->made, "role",
		r->central ? "central" : "peripheral", "in_force", in_force, "secure_connections",
		r->bond.secure_connections, "authenticated", r->bond.authenticated, "key_size",
		r->bond.key_size, "method", smp_method_slug(r->bond.method));
	if (r->rated_down)
		(void)json_object_set_new(event, "was_authenticated", json_true());
	if (b->options->show_keys)
		(void)json_object_set_new(event, "keys", bond_all_keys(&r->bond));
	event_emit(b->events, event);
}

/* of: 0 for the bonds in force, else the id of the bond whose history it is. */
static int emit_bonds(struct bonds *b, int64_t of, size_t *count)
{
	static struct store_page page;
	int64_t after = 0;
	int status;

	*count = 0;
	b->events->many = true;
	while (!(status = store_next_page(b->store, of, after, &page, &b->failure)) && page.count) {
		for (size_t i = 0; i < page.count && !standard_output_error(); i++)
			emit_bond(b, &page.bonds[i], !of);
		after = page.ids[page.count - 1];
		*count += page.count;
		if (!standard_output_flush())
			break;
	}
	b->events->many = false;
	bytes_wipe(&page, sizeof(page));
	return status ? failed(b) : 0;
}

static void list(struct bonds *b)
{
	size_t count;

	if (emit_bonds(b, 0, &count) == 0)
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text), "%zu bond%s", count,
			       text_s(count));
}

/* The bond of the address on the command line. */
static int find(struct bonds *b, struct bond_record *record, int64_t *id)
{
	const struct options *o = b->options;
	char address[ADDRESS_TEXT];
	struct label_peer peer = {.address = o->peer, .typed = o->peer_typed};

	memset(record, 0, sizeof(*record));
	if (o->label && label_find(b->store, o->label, true, &peer, &b->outcome))
		return -1;
	int found = store_find_by_user_address(b->store, &peer.address, peer.typed, record, id,
					       &b->failure);

	if (found < 0)
		return failed(b);
	if (found)
		return 0;
	outcome_fail(&b->outcome, CLI_USAGE, "there is no bond with %s in %.200s",
		     address_format(&o->peer, address), b->store->path);
	return -1;
}

/* The key of a unit may be its address, and has the type then; NULL: no address is known. */
static json_t *attempt_peer(const struct attempt *attempt)
{
	struct crypto_address address;
	char named[ADDRESS_TEXT] = "";
	bool typed = false;

	if (attempt->unit && address_parse(attempt->unit, &address, &typed))
		(void)address_format(&address, named);
	if (!*attempt->peer && !*named)
		return NULL;
	const bool same = !*attempt->peer || strcmp(attempt->peer, named) == 0;
	const struct json_peer peer = {.address = same && typed ? &address : NULL,
				       .text = *attempt->peer ? attempt->peer : named,
				       .label = attempt->label};
	return json_peer(&peer);
}

static void emit_attempt(void *ctx, const struct attempt *attempt)
{
	struct bonds *b = ctx;
	/* "time" of an event is the time since the start. */
	json_t *event = json_pack("{s:s, s:s}", "event", "attempt", "ended", attempt->time);
	json_t *fields = attempt_to_json(attempt);

	(void)json_object_del(fields, "time");
	(void)json_object_set_new(fields, "peer", attempt_peer(attempt)); /* NULL: none */
	/* The store has the list as text. */
	if (attempt->attributes) {
		json_t *list = json_loads(attempt->attributes, 0, NULL);
		if (list)
			(void)json_object_set_new(fields, "attributes", list);
		else
			(void)json_object_del(fields, "attributes");
	}
	(void)json_object_update(event, fields);
	json_decref(fields);
	event_emit(b->events, event);
}

/* What bonds show is about: a peer, its bond, or a unit of a batch. */
struct shown {
	char peer[ADDRESS_TEXT];   /* its address, or the identity of its bond; "": not known */
	char on_air[ADDRESS_TEXT]; /* of its bond */
	bool has_bond;
	size_t older;
	size_t attempts;
};

static void count_attempt(void *ctx, const struct attempt *attempt)
{
	(void)attempt;
	++*(size_t *)ctx;
}

/* The peer of the last attempt with a unit that had one; one that succeeded counts more. */
static void note_peer(void *ctx, const struct attempt *attempt)
{
	struct shown *shown = ctx;
	bool succeeded = strcmp(attempt->result, "paired") == 0;

	if (*attempt->peer && (succeeded || !shown->has_bond))
		(void)snprintf(shown->peer, sizeof(shown->peer), "%s", attempt->peer);
	shown->has_bond |= succeeded;
}

/* Emits the bond with a peer, if there is one, and its history. */
static int show_bond(struct bonds *b, const struct crypto_address *peer, bool typed,
		     struct shown *shown)
{
	struct bond_record record;
	int64_t id;
	int found = store_find_by_user_address(b->store, peer, typed, &record, &id, &b->failure);

	(void)address_format(peer, shown->peer);
	if (found == 1) {
		emit_bond(b, &record, true);
		(void)address_format(&record.peer, shown->on_air);
		(void)address_format(bond_identity(&record), shown->peer);
	}
	shown->has_bond = found == 1;
	bytes_wipe(&record, sizeof(record));
	if (found < 0)
		return failed(b);
	return found ? emit_bonds(b, id, &shown->older) : 0;
}

/* The attempts with the unit or the peer. */
static struct store_attempts attempts_of(const struct bonds *b, const struct shown *shown)
{
	struct store_attempts which = {.unit = b->options->label, .last = ATTEMPTS_SHOWN};

	if (!which.unit)
		which.peer = shown->peer;
	if (!which.unit && shown->has_bond)
		which.or_peer = shown->on_air;
	return which;
}

/* Emits the bond with the peer of a unit, if it is known and there is one. */
static int show_unit_bond(struct bonds *b, struct shown *shown)
{
	const struct store_attempts which = attempts_of(b, shown);
	struct crypto_address peer;
	bool typed;

	if (store_attempts(b->store, &which, note_peer, shown, &b->failure))
		return failed(b);
	shown->has_bond = false;
	return address_parse(shown->peer, &peer, &typed) ? show_bond(b, &peer, false, shown) : 0;
}

static void conclude_show(struct bonds *b, const struct shown *shown)
{
	const char *name = b->options->label ? b->options->label : shown->peer;
	const char *s = text_s(shown->attempts);

	if (shown->has_bond)
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
			       "the bond with %s, and %zu older", shown->peer, shown->older);
	else if (shown->attempts)
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
			       "no bond with %.100s, and %zu attempt%s", name, shown->attempts, s);
	else
		outcome_fail(&b->outcome, CLI_USAGE,
			     "there is no bond with %.100s in %.200s, and no attempt", name,
			     b->store->path);
}

static void show(struct bonds *b)
{
	const struct options *o = b->options;
	struct shown shown = {.has_bond = false};
	struct label_peer peer;
	struct outcome several;

	/* A unit without a bond has attempts to show; one of several bonds would be a guess. */
	if (o->label && label_find(b->store, o->label, true, &peer, &several) == 1) {
		b->outcome = several;
		return;
	}
	if (o->label ? show_unit_bond(b, &shown) : show_bond(b, &o->peer, o->peer_typed, &shown))
		return;
	const struct store_attempts which = attempts_of(b, &shown);
	if (store_attempts(b->store, &which, count_attempt, &shown.attempts, &b->failure) ||
	    store_attempts(b->store, &which, emit_attempt, b, &b->failure))
		(void)failed(b);
	else
		conclude_show(b, &shown);
}

/* ---- Export and import ----------------------------------------------------------------------- */

static void export(struct bonds *b)
{
	(void)export_bonds(b->options, b->events, b->store, &b->outcome);
}

/* Transactions of an import take some milliseconds each. */
static void show_progress(void *ctx, size_t done, size_t all)
{
	struct bonds *b = ctx;
	const uint64_t now = clock_now();

	if (now - b->shown < 1000000)
		return;
	b->shown = now;
	status_line_show(&b->progress, "importing: %zu of %zu, %.0f s", done, all,
			 (double)(now - b->begun) / 1e6);
}

static void import(struct bonds *b)
{
	size_t kept[STORE_KEPT], all = 0;

	if (!b->input)
		return;
	status_line_begin(&b->progress, b->events);
	b->begun = b->shown = clock_now();
	b->store->progress = show_progress;
	b->store->progress_ctx = b;
	int status = import_recognize(b->input, b->store, &b->failure) ||
		     store_import(b->store, b->input, b->options->input, kept, &b->failure);
	status_line_end(&b->progress, b->events);
	b->store->progress = NULL;
	json_decref(b->input);
	if (status) {
		(void)failed(b);
		return;
	}
	for (size_t i = 0; i < STORE_KEPT; i++)
		all += kept[i];
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
		       "%zu bond%s: %zu of new peers, %zu newer than ours, %zu older (in the "
		       "history now), %zu known already",
		       all, text_s(all), kept[STORE_ADDED], kept[STORE_REPLACED], kept[STORE_OLDER],
		       kept[STORE_DUPLICATE]);
}

/* ---- Remove ---------------------------------------------------------------------------------- */

/* Asks whether to remove all bonds. */
static bool is_confirmed(struct bonds *b)
{
	char question[STORE_PATH + 40];

	(void)snprintf(question, sizeof(question), "remove all bonds of %s?", b->store->path);
	return confirm(b->options, b->events, question, "bonds remove --all", "removed",
		       &b->outcome);
}

/* Bonds that are removed in one transaction. */
#define TOGETHER 256
struct removal {
	size_t count;
	int64_t ids[TOGETHER];
	json_t *peers[TOGETHER]; /* for events, which take them */
};

static void add_removal(const struct bonds *b, struct removal *r, int64_t id,
			const struct bond_record *record)
{
	r->ids[r->count] = id;
	r->peers[r->count++] = describe_peer(b, record);
}

static int remove_together(struct bonds *b, struct removal *r)
{
	const bool removed = store_remove(b->store, r->ids, r->count, &b->failure) == 0;

	for (size_t i = 0; i < r->count; i++)
		if (removed)
			event_emit(b->events, json_pack("{s:s, s:o}", "event", "removed", "peer",
							r->peers[i]));
		else
			json_decref(r->peers[i]);
	r->count = 0;
	return removed ? 0 : failed(b);
}

static int remove_all(struct bonds *b, size_t *count)
{
	static struct removal removal;
	struct bond_record record;
	int64_t id = 0;
	int found = 1;

	if (!is_confirmed(b))
		return -1;
	for (removal.count = 0; found == 1;) {
		found = store_next(b->store, 0, &id, &record, &b->failure);
		if (found == 1)
			add_removal(b, &removal, id, &record);
		bytes_wipe(&record, sizeof(record));
		*count += found == 1;
		bool full = removal.count == TOGETHER || (found == 0 && removal.count);
		if (full && remove_together(b, &removal))
			return -1;
	}
	return found < 0 ? failed(b) : 0;
}

static int remove_one(struct bonds *b, size_t *count)
{
	static struct removal removal;
	struct bond_record record;
	int64_t id;
	int status = find(b, &record, &id);

	removal.count = 0;
	if (!status)
		add_removal(b, &removal, id, &record);
	bytes_wipe(&record, sizeof(record));
	*count = 1;
	return status ? status : remove_together(b, &removal);
}

static void remove_bonds(struct bonds *b)
{
	size_t count = 0;
	int status = b->options->all ? remove_all(b, &count) : remove_one(b, &count);

	/* Also after a failure of --all: some may have been removed before. */
	if ((!status || b->options->all) && store_erase(b->store, &b->failure) && !status)
		status = failed(b);
	if (status)
		return;
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
		       "%zu bond%s removed, with the history; the peers still have theirs", count,
		       text_s(count));
}

/* ---- Prune ----------------------------------------------------------------------------------- */

static void prune(struct bonds *b)
{
	const struct options *o = b->options;
	struct store_history limits;
	size_t removed;
	char setting[120] = "";

	if (store_get_history(b->store, &limits, &b->failure)) {
		(void)failed(b);
		return;
	}
	if (o->keep >= 0)
		limits.keep = (unsigned)o->keep;
	if (o->older_than >= 0)
		limits.days = (unsigned)o->older_than;
	if ((o->always && store_set_history(b->store, &limits, &b->failure)) ||
	    store_prune(b->store, &limits, &removed, &b->failure) ||
	    store_erase(b->store, &b->failure)) {
		(void)failed(b);
		return;
	}
	if (o->always)
		(void)snprintf(setting, sizeof(setting),
			       "; setting of the store: keep %u of each peer, for %u day%s",
			       limits.keep, limits.days, text_s(limits.days));
	if (removed)
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
			       "%zu replaced bond%s removed, and no copy of %s keys is left%s",
			       removed, text_s(removed), removed == 1 ? "its" : "their", setting);
	else
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
			       "no replaced bond to remove; the file was written anew%s", setting);
}

static void restore(struct bonds *b)
{
	bonds_restore(b->options, b->events, b->store, &b->outcome);
}

/* ---------------------------------------------------------------------------------------------- */

enum cli_exit cmd_bonds(const struct options *options, struct event_output *events,
			struct store *store)
{
	static const struct {
		const char *result;
		void (*run)(struct bonds *b);
		enum store_access access;
	} actions[] = {
		[BONDS_LIST] = {"listed", list, STORE_READ},
		[BONDS_SHOW] = {"listed", show, STORE_READ},
		[BONDS_EXPORT] = {"exported", export, STORE_READ},
		[BONDS_IMPORT] = {"imported", import, STORE_CREATE},
		[BONDS_REMOVE] = {"removed", remove_bonds, STORE_CHANGE},
		[BONDS_PRUNE] = {"pruned", prune, STORE_CHANGE},
		[BONDS_RESTORE] = {"restored", restore, STORE_CHANGE},
	};
	static struct bonds bonds;
	struct bonds *b = &bonds;

	*b = (struct bonds){.options = options, .events = events, .store = store};
	b->outcome = (struct outcome){
		.exit = CLI_OK, .result = actions[options->bonds_action].result, .reason_code = -1};
	store->access = actions[options->bonds_action].access;
	store->needed = true;
	store->empties_log = true;
	/* import_read() gives up all privileges before it parses. */
	if (options->bonds_action == BONDS_IMPORT)
		b->input = import_read(options->input, events, &b->outcome);
	else if (privilege_drop())
		return CLI_INTERNAL;
	actions[options->bonds_action].run(b);
	outcome_report(&b->outcome, events, NULL, NULL);
	return b->outcome.exit;
}
