/* SPDX-License-Identifier: MIT */
/* blepair bonds: list, show, export, import and remove what the store holds. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json_fields.h"
#include "base/privilege.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "output/outcome.h"
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
};

static int failed(struct bonds *b)
{
	outcome_fail(&b->outcome, b->failure.exit, "%s", b->failure.text);
	return -1;
}

/* ---- List and show --------------------------------------------------------------------------- */

static void emit_bond(const struct bonds *b, const struct bond_record *r, bool in_force)
{
	json_t *peer = json_address(&r->peer);

	if (r->bond.peer.has_identity)
		(void)json_object_set_new(peer, "identity", json_address(&r->bond.peer.identity));
	json_t *event = json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:b, s:b, s:b, s:i, s:s}", "event", "bond", "peer", peer,
		"local", json_address(&r->local), "made", r->made, "role",
		r->central ? "central" : "peripheral", "in_force", in_force, "secure_connections",
		r->bond.secure_connections, "authenticated", r->bond.authenticated, "key_size",
		r->bond.key_size, "method", smp_method_slug(r->bond.method));
	if (b->options->show_keys)
		(void)json_object_set_new(event, "keys", bond_all_keys(&r->bond));
	event_emit(b->events, event);
}

/* of: 0 for the bonds in force, else the id of the bond whose history it is. */
static int emit_bonds(struct bonds *b, int64_t of, size_t *count)
{
	struct bond_record record;
	int64_t id = 0;
	int status;

	for (*count = 0; (status = store_next(b->store, of, &id, &record, &b->failure)) == 1;
	     (*count)++)
		emit_bond(b, &record, !of);
	return status < 0 ? failed(b) : 0;
}

static void list(struct bonds *b)
{
	size_t count;

	if (emit_bonds(b, 0, &count) == 0)
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text), "%zu bond%s", count,
			       count == 1 ? "" : "s");
}

/* The bond of the address on the command line. */
static int find(struct bonds *b, struct bond_record *record, int64_t *id)
{
	const struct options *o = b->options;
	char address[ADDRESS_TEXT];
	int found = store_find_by_user_address(b->store, &o->peer, o->peer_typed, record, id,
					       &b->failure);

	if (found < 0)
		return failed(b);
	if (found)
		return 0;
	outcome_fail(&b->outcome, CLI_USAGE, "there is no bond with %s in %.200s",
		     address_format(&o->peer, address), b->store->path);
	return -1;
}

static void emit_attempt(void *ctx, const struct attempt *attempt)
{
	struct bonds *b = ctx;
	/* "time" of an event is the time since the start. */
	json_t *event = json_pack("{s:s, s:s}", "event", "attempt", "ended", attempt->time);
	json_t *fields = attempt_to_json(attempt);

	(void)json_object_del(fields, "time");
	(void)json_object_update(event, fields);
	json_decref(fields);
	event_emit(b->events, event);
}

static void show(struct bonds *b)
{
	struct bond_record record;
	char on_air[ADDRESS_TEXT], identity[ADDRESS_TEXT];
	int64_t id;
	size_t older;

	if (find(b, &record, &id))
		return;
	emit_bond(b, &record, true);
	(void)address_format(&record.peer, on_air);
	(void)address_format(bond_identity(&record), identity);
	bytes_wipe(&record, sizeof(record));
	if (emit_bonds(b, id, &older))
		return;
	const struct store_attempts which = {
		.peer = identity, .or_peer = on_air, .last = ATTEMPTS_SHOWN};
	if (store_attempts(b->store, &which, emit_attempt, b, &b->failure))
		(void)failed(b);
	else
		(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
			       "the bond with %s, and %zu older", identity, older);
}

/* ---- Export and import ----------------------------------------------------------------------- */

static void export(struct bonds *b)
{
	(void)export_bonds(b->options, b->events, b->store, &b->outcome);
}

static void import(struct bonds *b)
{
	size_t kept[STORE_KEPT], all = 0;

	if (!b->input)
		return;
	int status = import_recognize(b->input, b->store, &b->failure) ||
		     store_import(b->store, b->input, b->options->input, kept, &b->failure);
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
		       all, all == 1 ? "" : "s", kept[STORE_ADDED], kept[STORE_REPLACED],
		       kept[STORE_OLDER], kept[STORE_DUPLICATE]);
}

/* ---- Remove ---------------------------------------------------------------------------------- */

/* Asks whether to remove all bonds. */
static bool is_confirmed(struct bonds *b)
{
	char answer[16] = "";

	if (b->options->yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || b->options->json) {
		outcome_fail(&b->outcome, CLI_USAGE, "bonds remove --all in a script needs --yes");
		return false;
	}
	(void)fprintf(stderr, "remove all bonds of %s? (yes/no) ", b->store->path);
	if (fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0)
		return true;
	outcome_fail(&b->outcome, CLI_CANCELLED, "cancelled: nothing was removed");
	return false;
}

static int remove_bond(struct bonds *b, int64_t id, const struct bond_record *record)
{
	if (store_remove(b->store, id, &b->failure))
		return failed(b);
	event_emit(b->events, json_pack("{s:s, s:o}", "event", "removed", "peer",
					json_address(bond_identity(record))));
	return 0;
}

static int remove_all(struct bonds *b, size_t *count)
{
	struct bond_record record;
	int64_t id = 0;
	int found;

	if (!is_confirmed(b))
		return -1;
	while ((found = store_next(b->store, 0, &id, &record, &b->failure)) == 1) {
		int status = remove_bond(b, id, &record);
		bytes_wipe(&record, sizeof(record));
		if (status)
			return -1;
		++*count;
	}
	return found < 0 ? failed(b) : 0;
}

static int remove_one(struct bonds *b, size_t *count)
{
	struct bond_record record;
	int64_t id;
	int status = find(b, &record, &id) || remove_bond(b, id, &record) ? -1 : 0;

	bytes_wipe(&record, sizeof(record));
	*count = 1;
	return status;
}

static void remove_bonds(struct bonds *b)
{
	size_t count = 0;

	if (b->options->all ? remove_all(b, &count) : remove_one(b, &count))
		return;
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
		       "%zu bond%s removed, with the history; the peers still have theirs", count,
		       count == 1 ? "" : "s");
}

/* ---------------------------------------------------------------------------------------------- */

enum cli_exit cmd_bonds(const struct options *options, struct event_output *events,
			struct store *store)
{
	static const struct {
		const char *result;
		void (*run)(struct bonds *b);
	} actions[] = {
		[BONDS_LIST] = {"listed", list},
		[BONDS_SHOW] = {"listed", show},
		[BONDS_EXPORT] = {"exported", export},
		[BONDS_IMPORT] = {"imported", import},
		[BONDS_REMOVE] = {"removed", remove_bonds},
	};
	static struct bonds bonds;
	struct bonds *b = &bonds;

	*b = (struct bonds){.options = options, .events = events, .store = store};
	b->outcome = (struct outcome){
		.exit = CLI_OK, .result = actions[options->bonds_action].result, .reason_code = -1};
	if (options->bonds_action == BONDS_IMPORT)
		b->input = import_read(options->input, events, &b->outcome);
	if (privilege_drop())
		return CLI_INTERNAL;
	actions[options->bonds_action].run(b);
	outcome_report(&b->outcome, events, NULL, NULL);
	return b->outcome.exit;
}
