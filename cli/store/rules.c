/* SPDX-License-Identifier: MIT */
#include "store/rules.h"

#include <string.h>

/* ---- Bonds ----------------------------------------------------------------------------------- */

bool rules_is_weaker(const struct smp_bond *bond, const struct smp_bond *other)
{
	return bond->authenticated < other->authenticated ||
	       bond->secure_connections < other->secure_connections ||
	       bond->key_size < other->key_size;
}

bool rules_is_same_peer(const struct bond_record *bond, const struct bond_record *old)
{
	const struct smp_keys *a = &bond->bond.peer, *b = &old->bond.peer;

	return !a->has_identity || !b->has_identity ||
	       crypto_address_equal(&a->identity, &b->identity);
}

static bool may_replace(const struct bond_record *bond, const struct bond_record *old)
{
	return !smp_bond_has_key(&old->bond) ||
	       (bond->bond.authenticated && !rules_is_weaker(&bond->bond, &old->bond));
}

struct rules_decision rules_add_bond(const struct bond_record *bond, enum store_rule rule,
				     int64_t held_to, const struct rules_same_peer *same)
{
	struct rules_decision decision = {.kept = same->count ? STORE_REPLACED : STORE_ADDED};

	for (size_t i = 0; i < same->count; i++) {
		const struct bond_record *old = &same->bonds[i];
		if (rule == STORE_NOT_WEAKER && same->ids[i] != held_to && !may_replace(bond, old))
			return (struct rules_decision){.kept = STORE_REJECTED_WEAKER};
		if (rule == STORE_NEWEST && strcmp(old->made, bond->made) > 0)
			decision = (struct rules_decision){STORE_OLDER, same->ids[i]};
	}
	return decision;
}

enum rules_restore rules_restore(const struct bond_record *replaced,
				 const struct bond_record *in_force)
{
	if (!smp_bond_has_key(&replaced->bond))
		return RULES_RESTORE_USELESS;
	return smp_bond_has_key(&in_force->bond) &&
			       rules_is_weaker(&replaced->bond, &in_force->bond)
		       ? RULES_RESTORE_WEAKER
		       : RULES_RESTORE;
}

/* ---- Repeated attempts ----------------------------------------------------------------------- */

void rules_count(struct smp_attempts *attempts, const struct crypto_address *peer,
		 enum store_count count, uint64_t now)
{
	struct smp_attempt all = attempts->all;

	if (count == STORE_SUCCESS)
		smp_attempts_succeeded(attempts, peer);
	else if (count != STORE_NOTHING)
		smp_attempts_failed(attempts, peer, now);
	/* We choose the device to which we connect: new addresses gain an attacker nothing. */
	if (count == STORE_FAILURE_OF_CALLED)
		attempts->all = all;
}

uint64_t rules_to_wall_clock(uint64_t since, uint64_t now, uint64_t wall)
{
	return wall - (now - since);
}

uint64_t rules_from_wall_clock(uint64_t since, uint64_t now, uint64_t wall)
{
	return now - (wall > since ? wall - since : 0);
}

/* ---- Units ----------------------------------------------------------------------------------- */

static const char *const states[] = {
	[STORE_NO_UNIT] = "",
	[STORE_WAITING] = "waiting",
	[STORE_DONE] = "done",
	[STORE_FAILED] = "failed",
};

const char *rules_state_name(enum store_state state)
{
	return states[state];
}

enum store_state rules_state_parse(const char *name)
{
	for (int i = STORE_WAITING; name && i <= STORE_FAILED; i++)
		if (strcmp(name, states[i]) == 0)
			return (enum store_state)i;
	return STORE_NO_UNIT;
}
