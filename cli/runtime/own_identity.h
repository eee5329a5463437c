/* SPDX-License-Identifier: MIT */
/* Who we are on air: the address and the keys that peers know us by, chosen once per controller. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "hci/advertising.h"
#include "hci/bringup.h"
#include "options/options.h"
#include "output/event.h"
#include "store/store.h"

struct own_identity {
	bool chosen;			/* the rest is valid */
	uint8_t type;			/* HCI_OWN_*, for the commands of hci/gap.h */
	struct crypto_address address;	/* on air */
	struct crypto_address identity; /* what we distribute: public or static random */
	uint8_t irk[16];		/* of identity, wire order */
};

/* The other controllers of this run. */
struct own_others {
	/* The name of the one that has this identity; NULL: none has it. */
	const char *(*having)(void *ctx, const struct crypto_address *identity);
	void *ctx;
};

/*
 * Chooses by --own-address, the controller's addresses and what the store keeps. Unless
 * --own-address demands an address, it is one that no other controller of the run has.
 * be_known_to_peer: if there is a bond with options->peer, be the one that the peer bonded with,
 * because it finds our key by our address. A choice that was made stays: a controller that was
 * reset is who it was, unless it has another public address than the one that was chosen, as
 * another dongle at the same port has. 0, or -1 with failure.
 */
int own_identity_choose(struct own_identity *own, const struct options *options,
			bool be_known_to_peer, const struct hci_controller_info *controller,
			const struct own_others *others, struct store *store,
			struct event_output *events, struct failure *failure);

/* True if the peer of the bond knows us: by our address on air, or by the identity it was given. */
bool own_identity_made(const struct own_identity *own, const struct bond_record *bond);

/* To whom a device directs its advertising: its address. */
enum own_target {
	OWN_TARGET_US,	    /* the one that we have on air: the device answers us */
	OWN_TARGET_HIDDEN,  /* another one of ours: it answers only if the controller resolves it */
	OWN_TARGET_ANOTHER, /* it answers another device */
};

enum own_target own_identity_target(const struct own_identity *own,
				    const struct hci_advertisement *advertisement);

/* Wipes the IRK. */
void own_identity_wipe(struct own_identity *own);
