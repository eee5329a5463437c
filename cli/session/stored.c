/* SPDX-License-Identifier: MIT */
/* What the store has in force after a session, in the outcome and in events. */
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "session/internal.h"

static bool is_encrypted(const struct session *s)
{
	return strcmp(s->outcome.result, "encrypted") == 0;
}

const struct smp_bond *session_bond(const struct session *s)
{
	return is_encrypted(s) ? &s->bond.bond : smp_bond(&s->smp);
}

/* ---- The IRK of the peer --------------------------------------------------------------------- */

enum irk_fault { IRK_FINE, IRK_ALL_ZERO, IRK_SHARED, IRK_PATTERNED };

static enum irk_fault irk_fault(const struct session *s)
{
	const struct smp_keys *keys = &s->bond.bond.peer;
	enum smp_irk irk = smp_bond(&s->smp)->peer_irk;
	bool shared = s->stored.shares_irk;

	if (is_encrypted(s)) {
		irk = keys->has_irk ? smp_judge_irk(keys->irk) : SMP_IRK_NONE;
		shared = s->shares_irk;
	}
	if (irk == SMP_IRK_ALL_ZERO)
		return IRK_ALL_ZERO;
	if (shared)
		return IRK_SHARED;
	return irk == SMP_IRK_PATTERNED ? IRK_PATTERNED : IRK_FINE;
}

bool session_irk_is_unique(const struct session *s)
{
	return irk_fault(s) == IRK_FINE;
}

/* Appends a clause to the details. */
static void add_detail(struct outcome *o, const char *clause)
{
	size_t len = strlen(o->detail);

	(void)snprintf(o->detail + len, sizeof(o->detail) - len, "%s%s", len ? "; " : "", clause);
}

static void describe_irk(struct session *s)
{
	switch (irk_fault(s)) {
	case IRK_FINE:
		break;
	case IRK_ALL_ZERO:
		add_detail(&s->outcome, "the IRK of the peer is all zero: it has no privacy");
		break;
	case IRK_SHARED:
		add_detail(&s->outcome, "the IRK of the peer is also that of another device with a "
					"bond: their private addresses cannot be distinguished");
		break;
	case IRK_PATTERNED:
		add_detail(&s->outcome, "the IRK of the peer follows a pattern: other devices may "
					"have the same one");
		break;
	}
}

/* ---- The bond -------------------------------------------------------------------------------- */

static void reject(struct session *s, const struct bond_record *bond)
{
	char address[ADDRESS_TEXT];

	outcome_fail(&s->outcome, CLI_WE_REFUSED,
		     "paired with %s, but this bond is not kept: the one in the store stays in "
		     "force",
		     session_address(s, address));
	outcome_detail(&s->outcome,
		       "the peer claims the identity of another device that there is a bond with, "
		       "%s, and did not prove it",
		       address_format(bond_identity(bond), address));
	outcome_advice(&s->outcome, "if it is that device and has lost its bond, pair again with "
				    "--replace-bond");
}

static void append_replaced(struct outcome *o)
{
	size_t len = strlen(o->text);

	(void)snprintf(o->text + len, sizeof(o->text) - len, " (the old bond was replaced)");
}

void session_stored(struct session *s, const struct store_entry *entry)
{
	if (strcmp(s->outcome.result, "paired") != 0)
		return;
	if (entry->bond) {
		s->stored.bond = entry->kept == STORE_REJECTED_WEAKER ? SESSION_BOND_REJECTED
				 : entry->kept == STORE_REPLACED      ? SESSION_BOND_REPLACED
								      : SESSION_BOND_ADDED;
		s->stored.shares_irk = entry->shares_irk;
	}
	if (s->stored.bond == SESSION_BOND_REPLACED)
		append_replaced(&s->outcome);
	describe_irk(s);
	if (s->stored.bond == SESSION_BOND_REJECTED)
		reject(s, entry->bond);
}

void session_attempt_if_rejected(const struct attempt *attempt, struct attempt *if_rejected)
{
	*if_rejected = *attempt;
	if_rejected->result = "failed";
	if_rejected->class = cli_exit_slug(CLI_WE_REFUSED);
}

/* ---- Events ---------------------------------------------------------------------------------- */

void session_add_bond(const struct session *s, json_t *event)
{
	static const char *const faults[] = {
		[IRK_ALL_ZERO] = "all_zero",
		[IRK_SHARED] = "shared",
		[IRK_PATTERNED] = "patterned",
	};
	const struct smp_bond *bond = session_bond(s);
	const char *fault = faults[irk_fault(s)];
	json_t *fields =
		json_pack("{s:s, s:b, s:b, s:b, s:i}", "method", smp_method_slug(bond->method),
			  "secure_connections", bond->secure_connections, "authenticated",
			  bond->authenticated, "bonded", bond->bonded, "key_size", bond->key_size);

	(void)json_object_update(event, fields);
	json_decref(fields);
	if (bond->bonded)
		(void)json_object_set_new(event, "replaced",
					  json_boolean(s->stored.bond == SESSION_BOND_REPLACED));
	if (fault)
		(void)json_object_set_new(event, "irk", json_string(fault));
}
