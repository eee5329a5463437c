/* SPDX-License-Identifier: MIT */
#include "command/label.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "crypto/bytes.h"

/* Attempts that are read, and different peers among them, the latest of each. */
#define ATTEMPTS 200
#define PEERS	 16

struct peers {
	size_t count;
	struct label_peer list[PEERS];
};

static void take_out(struct peers *p, size_t i)
{
	memmove(p->list + i, p->list + i + 1, (--p->count - i) * sizeof(p->list[0]));
}

/* The oldest comes first. A unit that was never seen has no peer: its key may be the address. */
static void note(void *ctx, const struct attempt *attempt)
{
	struct peers *p = ctx;
	struct label_peer peer = {.has_bond = false};
	const char *text = *attempt->peer ? attempt->peer : attempt->unit;

	if (!text || !address_parse(text, &peer.address, &peer.typed))
		return;
	for (size_t i = 0; i < p->count; i++)
		if (address_same_octets(&p->list[i].address, &peer.address)) {
			peer.typed |= p->list[i].typed;
			if (p->list[i].typed)
				peer.address = p->list[i].address;
			take_out(p, i);
		}
	if (p->count == PEERS)
		take_out(p, 0);
	p->list[p->count++] = peer;
}

static bool is_listed(const struct peers *p, int64_t id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].has_bond && p->list[i].id == id)
			return true;
	return false;
}

/* Fills in the bonds; a device that had several addresses has one. 0, or -1 with failure. */
static int find_bonds(struct store *store, struct peers *p, struct failure *failure)
{
	const struct peers all = *p;
	struct bond_record record;

	p->count = 0;
	for (size_t i = 0; i < all.count; i++) {
		struct label_peer peer = all.list[i];
		int found = store_find_by_user_address(store, &peer.address, peer.typed, &record,
						       &peer.id, failure);
		peer.has_bond = found == 1;
		if (peer.has_bond) {
			peer.address = record.peer;
			peer.typed = true;
		}
		bytes_wipe(&record, sizeof(record));
		if (found < 0)
			return -1;
		if (!peer.has_bond || !is_listed(p, peer.id))
			p->list[p->count++] = peer;
	}
	return 0;
}

static void keep_bonded(struct peers *p, bool always)
{
	size_t bonded = 0;

	for (size_t i = 0; i < p->count; i++)
		bonded += p->list[i].has_bond;
	for (size_t i = p->count; (bonded || always) && i-- > 0;)
		if (!p->list[i].has_bond)
			take_out(p, i);
}

static void refuse(struct outcome *o, const struct peers *p, const char *label)
{
	char list[PEERS * (ADDRESS_TEXT + 2)] = "", address[ADDRESS_TEXT];

	for (size_t i = 0; i < p->count; i++) {
		const size_t len = strlen(list);
		(void)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
			       address_format(&p->list[i].address, address));
	}
	outcome_fail(o, CLI_USAGE, "%zu peers have the label \"%.100s\"", p->count, label);
	outcome_detail(o, "%s", list);
	outcome_advice(o, "name one of them by its address");
}

int label_find(struct store *store, const char *label, bool bonded, struct label_peer *peer,
	       struct outcome *o)
{
	const struct store_attempts which = {.unit = label, .last = ATTEMPTS};
	struct peers peers = {.count = 0};
	struct failure failure;

	if (store_attempts(store, &which, note, &peers, &failure) ||
	    find_bonds(store, &peers, &failure)) {
		outcome_fail(o, failure.exit, "%s", failure.text);
		return -1;
	}
	keep_bonded(&peers, bonded);
	if (peers.count > 1) {
		refuse(o, &peers, label);
		return 1;
	}
	if (!peers.count) {
		outcome_fail(o, CLI_USAGE, "there is no %s with the label \"%.100s\" in %.200s",
			     bonded ? "bond" : "peer", label, store->path);
		outcome_advice(o, "blepair bonds list prints the labels of bonds; a device is "
				  "named by its address, too");
		return -1;
	}
	*peer = peers.list[0];
	return 0;
}
