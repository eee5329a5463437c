/* SPDX-License-Identifier: MIT */
/* blepair bonds: what the store holds, for people and for other programs. */
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
	json_t *input; /* what is to be imported */
	struct failure problem;
	struct outcome outcome;
};

static int failed(struct bonds *b)
{
	outcome_fail(&b->outcome, b->problem.exit, "%s", b->problem.text);
	return -1;
}

static void tell(const struct bonds *b, const struct bond_record *r, bool in_force)
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

/* Those in force, or those that the one with this id replaced. */
static int tell_all(struct bonds *b, int64_t of, size_t *count)
{
	struct bond_record record;
	int64_t id = 0;
	int status;

	for (*count = 0; (status = store_next(b->store, of, &id, &record, &b->problem)) == 1;
	     (*count)++)
		tell(b, &record, !of);
	bytes_wipe(&record, sizeof(record));
	return status < 0 ? failed(b) : 0;
}

static int list(struct bonds *b)
{
	size_t count;

	if (tell_all(b, 0, &count))
		return -1;
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text), "%zu bond%s", count,
		       count == 1 ? "" : "s");
	return 0;
}

/* The bond of the address on the command line. */
static int find(struct bonds *b, struct bond_record *record, int64_t *id)
{
	const struct options *o = b->options;
	char address[ADDRESS_TEXT];
	int found = store_find_by_user_address(b->store, &o->peer, o->peer_typed, record, id,
					       &b->problem);

	if (found < 0)
		return failed(b);
	if (found)
		return 0;
	outcome_fail(&b->outcome, CLI_USAGE, "there is no bond with %s in %.200s",
		     address_format(&o->peer, address), b->store->path);
	return -1;
}

static void tell_attempt(void *ctx, json_t *attempt)
{
	struct bonds *b = ctx;
	/* The time of an event is that since the start. */
	json_t *event = json_pack("{s:s, s:O}", "event", "attempt", "ended",
				  json_object_get(attempt, "time"));

	(void)json_object_del(attempt, "time");
	(void)json_object_update(event, attempt);
	json_decref(attempt);
	event_emit(b->events, event);
}

static int show(struct bonds *b)
{
	struct bond_record record;
	char on_air[ADDRESS_TEXT], identity[ADDRESS_TEXT];
	int64_t id;
	size_t older = 0;

	if (find(b, &record, &id))
		return -1;
	tell(b, &record, true);
	(void)address_format(&record.peer, on_air);
	(void)address_format(bond_identity(&record), identity);
	bytes_wipe(&record, sizeof(record));
	if (tell_all(b, id, &older))
		return -1;
	const struct store_attempts which = {
		.peer = identity, .or_peer = on_air, .last = ATTEMPTS_SHOWN};
	if (store_attempts(b->store, &which, tell_attempt, b, &b->problem))
		return failed(b);
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text), "the bond with %s, and %zu older",
		       identity, older);
	return 0;
}

static int export(struct bonds *b)
{
	return export_bonds(b->options, b->events, b->store, &b->outcome);
}

/* ---- Import ---------------------------------------------------------------------------------- */

static int import(struct bonds *b)
{
	size_t kept[5], all = 0;

	if (!b->input)
		return -1;
	int status = import_recognize(b->input, b->store, &b->problem) ||
		     store_import(b->store, b->input, b->options->input, kept, &b->problem);
	json_decref(b->input);
	if (status)
		return failed(b);
	for (size_t i = 0; i < 5; i++)
		all += kept[i];
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
		       "%zu bond%s: %zu of new peers, %zu newer than ours, %zu older (in the "
		       "history now), %zu known already",
		       all, all == 1 ? "" : "s", kept[STORE_ADDED], kept[STORE_REPLACED],
		       kept[STORE_OLDER], kept[STORE_DUPLICATE]);
	return 0;
}

/* ---- Removal --------------------------------------------------------------------------------- */

static bool agreed(struct bonds *b)
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

static int remove_one(struct bonds *b, int64_t id, const struct bond_record *record)
{
	if (store_remove(b->store, id, &b->problem))
		return failed(b);
	event_emit(b->events, json_pack("{s:s, s:o}", "event", "removed", "peer",
					json_address(bond_identity(record))));
	return 0;
}

static int remove_bonds(struct bonds *b)
{
	struct bond_record record;
	int64_t id = 0;
	size_t count = 0;
	int status = 0, found = 1;

	if (!b->options->all) {
		count = 1;
		status = find(b, &record, &id) || remove_one(b, id, &record) ? -1 : 0;
	} else if (!agreed(b)) {
		return -1;
	}
	while (b->options->all && !status &&
	       (found = store_next(b->store, 0, &id, &record, &b->problem)) == 1) {
		status = remove_one(b, id, &record);
		count++;
	}
	bytes_wipe(&record, sizeof(record));
	if (found < 0)
		return failed(b);
	(void)snprintf(b->outcome.text, sizeof(b->outcome.text),
		       "%zu bond%s removed, with what is older; the peers still have theirs", count,
		       count == 1 ? "" : "s");
	return status;
}

/* ---------------------------------------------------------------------------------------------- */

enum cli_exit cmd_bonds(const struct options *options, struct event_output *events,
			struct store *store)
{
	static const struct {
		const char *result;
		int (*run)(struct bonds *b);
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
	(void)actions[options->bonds_action].run(b);
	outcome_report(&b->outcome, events, NULL, NULL);
	return b->outcome.exit;
}
