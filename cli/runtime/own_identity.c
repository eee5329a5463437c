/* SPDX-License-Identifier: MIT */
#include "runtime/own_identity.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/gap.h"

/* 1: own->identity is the one of the bond; 0: no bond demands one; -1 with failure. */
static int choose_bonded(struct own_identity *own, const struct options *o,
			 const struct hci_controller_info *controller, struct store *store,
			 struct event_output *events, struct failure *failure)
{
	struct bond_record record = {0};
	int found =
		store_find_by_user_address(store, &o->peer, o->peer_typed, &record, NULL, failure);

	if (found == 1)
		own->identity =
			record.bond.local.has_identity ? record.bond.local.identity : record.local;
	bytes_wipe(&record, sizeof(record));
	if (found != 1 || own->identity.type != ADDRESS_PUBLIC)
		return found;
	if (memcmp(own->identity.octets, controller->address, 6) != 0)
		event_note(events, 0,
			   "the bond was made with another controller: the peer may not know this "
			   "one");
	return 0;
}

/* 0, or -1 with failure. */
static int choose_static(struct own_identity *own, const struct options *o, struct store *store,
			 struct failure *failure)
{
	int found;

	if (o->has_static) {
		own->identity = o->static_address;
		return 0;
	}
	found = store_static(store, &own->identity, failure);
	if (found < 0)
		return -1;
	return found ? 0 : address_make_static(&own->identity);
}

int own_identity_choose(struct own_identity *own, const struct options *o, bool be_known_to_peer,
			const struct hci_controller_info *controller, struct store *store,
			struct event_output *events, struct failure *failure)
{
	bool public = o->own_address != OWN_STATIC;
	int bonded = 0;

	if (own->chosen)
		return 0;
	/* Of address_make_*(); the store replaces it by its own. */
	(void)failure_set(failure, CLI_INTERNAL, "cryptography failed here");
	if (public && !controller->has_address) {
		event_note(events, 0,
			   "the controller has no public address: using a static random one");
		public = false;
	}
	if (be_known_to_peer && o->own_address == OWN_AUTO)
		bonded = choose_bonded(own, o, controller, store, events, failure);
	if (bonded < 0)
		return -1;
	if (!bonded && public) {
		own->identity.type = ADDRESS_PUBLIC;
		memcpy(own->identity.octets, controller->address, sizeof(own->identity.octets));
	} else if (!bonded && choose_static(own, o, store, failure)) {
		return -1;
	}
	if (store_irk(store, &own->identity, own->irk, failure))
		return -1;
	own->address = own->identity;
	if (o->own_address == OWN_RPA && address_make_resolvable(&own->address, own->irk))
		return -1;
	own->type = own->address.type == ADDRESS_PUBLIC ? HCI_OWN_PUBLIC : HCI_OWN_RANDOM;
	own->chosen = true;
	return 0;
}

bool own_identity_made(const struct own_identity *own, const struct bond_record *bond)
{
	const struct smp_keys *keys = &bond->bond.local;

	return address_equal(&bond->local, &own->address) ||
	       (keys->has_identity && address_equal(&keys->identity, &own->identity));
}

enum own_target own_identity_target(const struct own_identity *own,
				    const struct hci_advertisement *a)
{
	struct crypto_address target = {.type = a->target_type};

	memcpy(target.octets, a->target, sizeof(target.octets));
	if (!a->has_target || address_equal(&target, &own->address))
		return OWN_TARGET_US;
	return address_equal(&target, &own->identity) || address_resolves(&target, own->irk)
		       ? OWN_TARGET_HIDDEN
		       : OWN_TARGET_ANOTHER;
}

void own_identity_wipe(struct own_identity *own)
{
	bytes_wipe(own->irk, sizeof(own->irk));
}
