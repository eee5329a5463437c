/* SPDX-License-Identifier: MIT */
#include "command/bonds_restore.h"

#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "command/confirm.h"
#include "crypto/bytes.h"

struct restore {
	const struct options *options;
	struct event_output *events;
	struct store *store;
	struct outcome *outcome;
	struct failure failure;
	const char *name; /* of the peer, as on the command line */
	char address[ADDRESS_TEXT];
	int64_t id, replaced_id;
	struct bond_record in_force, replaced;
};

static int store_failed(const struct restore *r)
{
	outcome_fail(r->outcome, r->failure.exit, "%s", r->failure.text);
	return -1;
}

/* ---- Finding --------------------------------------------------------------------------------- */

static void note_peer(void *ctx, const struct attempt *attempt)
{
	char *peer = ctx;

	if (*attempt->peer && strcmp(attempt->result, "paired") == 0)
		(void)snprintf(peer, ADDRESS_TEXT, "%s", attempt->peer);
}

/* The peer with which a unit paired last; one without leaves typed and peer as they are. 0, -1. */
static int find_peer(struct restore *r, struct crypto_address *peer, bool *known)
{
	const struct store_attempts which = {.unit = r->options->label};
	char address[ADDRESS_TEXT] = "";
	bool typed;

	if (store_attempts(r->store, &which, note_peer, address, &r->failure))
		return store_failed(r);
	*known = address_parse(address, peer, &typed);
	return 0;
}

static int find(struct restore *r)
{
	const struct options *o = r->options;
	struct crypto_address peer = o->peer;
	bool known = true;
	int found = 0;

	r->name = o->label ? o->label : address_format(&o->peer, r->address);
	if (o->label && find_peer(r, &peer, &known))
		return -1;
	if (known)
		found = store_find_by_user_address(r->store, &peer, o->peer_typed, &r->in_force,
						   &r->id, &r->failure);
	if (found < 0)
		return store_failed(r);
	if (!found) {
		outcome_fail(r->outcome, CLI_USAGE, "there is no bond with %.100s in %.200s",
			     r->name, r->store->path);
		return -1;
	}
	found = store_find_replaced(r->store, r->id, &r->replaced, &r->replaced_id, &r->failure);
	if (found < 0)
		return store_failed(r);
	if (!found)
		outcome_fail(r->outcome, CLI_USAGE,
			     "no replaced bond with %.100s is kept: none was replaced, or it was "
			     "removed from the history",
			     r->name);
	return found ? 0 : -1;
}

/* ---- Deciding -------------------------------------------------------------------------------- */

static const char *weakness(const struct restore *r)
{
	const struct smp_bond *replaced = &r->replaced.bond, *in_force = &r->in_force.bond;

	if (replaced->authenticated < in_force->authenticated)
		return "it is not authenticated";
	if (replaced->secure_connections < in_force->secure_connections)
		return "it was made by legacy pairing";
	return "its key is shorter";
}

static bool is_allowed(const struct restore *r)
{
	switch (rules_restore(&r->replaced, &r->in_force)) {
	case RULES_RESTORE:
		return true;
	case RULES_RESTORE_WEAKER:
		if (r->options->replace_bond)
			return true;
		outcome_fail(r->outcome, CLI_WE_REFUSED,
			     "the replaced bond with %.100s is weaker than the one in force: %s",
			     r->name, weakness(r));
		outcome_advice(r->outcome, "--replace-bond restores it all the same");
		return false;
	case RULES_RESTORE_USELESS:
		break;
	}
	outcome_fail(r->outcome, CLI_WE_REFUSED,
		     "the replaced bond with %.100s has no key that encrypts", r->name);
	return false;
}

static bool is_confirmed(const struct restore *r)
{
	char question[400];

	(void)snprintf(question, sizeof(question),
		       "restore the bond with %.100s of %s, and replace the one of %s by it?",
		       r->name, r->replaced.made, r->in_force.made);
	return confirm(r->options, r->events, question, "bonds restore", "restored", r->outcome);
}

/* ---------------------------------------------------------------------------------------------- */

static void emit(const struct restore *r)
{
	event_emit(r->events, json_pack("{s:s, s:o, s:s, s:s}", "event", "restored", "peer",
					bond_peer_json(&r->replaced, r->options->label), "made",
					r->replaced.made, "replaced", r->in_force.made));
}

static void run(struct restore *r)
{
	if (find(r) || !is_allowed(r) || !is_confirmed(r))
		return;
	if (store_restore(r->store, r->replaced_id, r->id, &r->failure)) {
		(void)store_failed(r);
		return;
	}
	emit(r);
	(void)snprintf(r->outcome->text, sizeof(r->outcome->text),
		       "the bond with %.100s of %s is in force again; the one of %s is history",
		       r->name, r->replaced.made, r->in_force.made);
	outcome_detail(r->outcome, "it works if the peer still has it: blepair verify");
}

void bonds_restore(const struct options *options, struct event_output *events, struct store *store,
		   struct outcome *outcome)
{
	static struct restore restore; /* its keys are wiped, also from here */

	restore = (struct restore){
		.options = options, .events = events, .store = store, .outcome = outcome};
	run(&restore);
	bytes_wipe(&restore, sizeof(restore));
}
