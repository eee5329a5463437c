/* SPDX-License-Identifier: MIT */
/* The peer that the label of a unit stands for: that of its attempts in the store. */
#pragma once

#include "output/outcome.h"
#include "store/store.h"

struct label_peer {
	struct crypto_address address; /* of its bond on air, or of an attempt */
	bool typed;		       /* the type of the address is known */
	bool has_bond;
	int64_t id; /* of the bond */
};

/*
 * Finds the peer of a label, or of the key of a unit. Peers with a bond count more than attempts
 * that made none; bonded: only they count. 0; 1 with outcome: there are several, which are listed;
 * -1 with outcome: there is none, or the store failed.
 */
int label_find(struct store *store, const char *label, bool bonded, struct label_peer *peer,
	       struct outcome *outcome);
