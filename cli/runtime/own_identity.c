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
	if (memcmp(own->identity.octets, controller->address, 6) == 0)
		return 1;
	event_note(events, 0,
		   "the bond was made with another controller: the peer may not know this one");
	return 0;
}

static const char *having(const struct own_others *others, const struct crypto_address *identity)
{
	return others->having(others->ctx, identity);
}

/*
 * Whether there is a public address to use: 1 or 0, or -1 with failure. A store that has used a
 * shared one goes on with it: its peers know it.
 */
static int has_public(const struct crypto_address *address, const struct options *o,
		      const struct hci_controller_info *controller, struct store *store,
		      struct event_output *events, struct failure *failure)
{
	char text[120];
	int known = controller->has_address;

	if (controller->address_state == HCI_ADDRESS_SHARED)
		known = o->own_address == OWN_PUBLIC ? 1
						     : store_has_identity(store, address, failure);
	if (known)
		return known;
	hci_address_text(controller->address, controller->address_state, text, sizeof(text));
	event_note(
		events, 0,
		"the controller has no public address of its own (%s): using a static random one",
		text);
	return 0;
}

/* 1: own->identity is the public address; 0; -1 with failure. */
static int choose_public(struct own_identity *own, const struct options *o,
			 const struct hci_controller_info *controller,
			 const struct own_others *others, struct store *store,
			 struct event_output *events, struct failure *failure)
{
	struct crypto_address address = {.type = ADDRESS_PUBLIC};
	char text[ADDRESS_TEXT];
	const char *other;
	int usable;

	if (o->own_address == OWN_STATIC)
		return 0;
	memcpy(address.octets, controller->address, sizeof(address.octets));
	usable = has_public(&address, o, controller, store, events, failure);
	if (usable != 1)
		return usable;
	other = having(others, &address);
	if (other) {
		bool demanded = o->own_address == OWN_PUBLIC;
		event_note(events, 0, "the controller has the same public address as %s, %s: %s",
			   other, address_format(&address, text),
			   demanded ? "using it nevertheless, as --own-address demands"
				    : "using a static random one");
		if (!demanded)
			return 0;
	}
	own->identity = address;
	return 1;
}

/* 0, or -1 with failure. */
static int choose_static(struct own_identity *own, const struct options *o,
			 const struct hci_controller_info *controller,
			 const struct own_others *others, struct store *store,
			 struct failure *failure)
{
	const bool demanded = o->own_address == OWN_STATIC;
	int found;

	if (o->has_static) {
		own->identity = o->static_address;
		return 0;
	}
	own->identity.type = ADDRESS_RANDOM;
	memcpy(own->identity.octets, controller->static_address, sizeof(own->identity.octets));
	if (!demanded && controller->has_static_address && !having(others, &own->identity))
		return 0;
	for (size_t place = 0; (found = store_static(store, place, &own->identity, failure)) == 1;
	     place++)
		if (demanded || !having(others, &own->identity))
			return 0;
	return found < 0 ? -1 : address_make_static(&own->identity);
}

/* False: another controller is there, and has its own public address on air. */
static bool is_its_own(const struct own_identity *own, const struct hci_controller_info *controller)
{
	return own->identity.type != ADDRESS_PUBLIC ||
	       controller->address_state == HCI_ADDRESS_UNREAD ||
	       memcmp(own->identity.octets, controller->address, sizeof(controller->address)) == 0;
}

int own_identity_choose(struct own_identity *own, const struct options *o, bool be_known_to_peer,
			const struct hci_controller_info *controller,
			const struct own_others *others, struct store *store,
			struct event_output *events, struct failure *failure)
{
	int chosen = 0;

	if (own->chosen && is_its_own(own, controller))
		return 0;
	own->chosen = false;
	/* Of address_make_*(); the store replaces it by its own. */
	(void)failure_set(failure, CLI_INTERNAL, "cryptography failed here");
	if (be_known_to_peer && o->own_address == OWN_AUTO)
		chosen = choose_bonded(own, o, controller, store, events, failure);
	if (!chosen)
		chosen = choose_public(own, o, controller, others, store, events, failure);
	if (!chosen)
		chosen = choose_static(own, o, controller, others, store, failure);
	if (chosen < 0 || store_irk(store, &own->identity, own->irk, failure))
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
