/* SPDX-License-Identifier: MIT */
#include "analyse/history.h"

#include <string.h>

static bool same(const struct crypto_address *a, const struct crypto_address *b)
{
	return a->type == b->type && memcmp(a->octets, b->octets, 6) == 0;
}

static void keep(struct explain_history *h, enum explain_kept kind, bool failed, uint64_t frame,
		 const uint8_t octets[16])
{
	struct explain_kept_value *v = &h->values[h->value_count++ % EXPLAIN_KEPT_VALUES];

	*v = (struct explain_kept_value){.kind = (uint8_t)kind, .failed = failed, .frame = frame};
	memcpy(v->octets, octets, 16);
}

static void keep_peer(struct explain_history *h, const struct explain_attempt *a,
		      const struct explain_facts *facts)
{
	const struct smp_features *f = &facts->features;
	struct explain_kept_peer *p = NULL;

	for (size_t i = 0; i < capture_least(h->peer_count, EXPLAIN_KEPT_PEERS); i++)
		if (same(&h->peers[i].address[0], &a->party[0].address) &&
		    same(&h->peers[i].address[1], &a->party[1].address))
			p = &h->peers[i];
	if (!p) {
		p = &h->peers[h->peer_count++ % EXPLAIN_KEPT_PEERS];
		*p = (struct explain_kept_peer){
			.address = {a->party[0].address, a->party[1].address},
			.frame = a->party[EXPLAIN_R].features.frame};
	}
	p->secure_connections |= f->secure_connections;
	if (f->key_size > p->key_size)
		p->key_size = f->key_size;
	if (facts->has_sc_passkey) {
		p->has_passkey = true;
		p->passkey = facts->sc_passkey;
	}
}

void history_add(struct explain_history *h, const struct explain_attempt *a,
		 const struct explain_facts *facts, bool failed)
{
	for (size_t i = 0; i < 2; i++) {
		const struct explain_party *p = &a->party[i];
		if (p->randoms)
			keep(h, EXPLAIN_KEPT_NONCE, failed, p->random.frame, p->random_value[0]);
		if (mark_is_set(&p->public_key))
			keep(h, EXPLAIN_KEPT_PUBLIC_KEY, failed, p->public_key.frame,
			     p->public_key_value);
		if (mark_is_set(&p->ltk))
			keep(h, EXPLAIN_KEPT_LTK, failed, p->ltk.frame, p->ltk_value);
		if (mark_is_set(&p->irk)) {
			struct explain_kept_irk *irk = &h->irks[h->irk_count++ % EXPLAIN_KEPT_IRKS];
			memcpy(irk->irk, p->irk_value, 16);
			irk->identity = mark_is_set(&p->identity) ? p->identity_value : p->address;
		}
	}
	if (facts->has_features && a->party[0].has_address && a->party[1].has_address)
		keep_peer(h, a, facts);
}

const struct explain_kept_value *history_find_value(const struct explain_history *h,
						    enum explain_kept kind,
						    const uint8_t octets[16])
{
	for (size_t i = 0; i < capture_least(h->value_count, EXPLAIN_KEPT_VALUES); i++)
		if (h->values[i].kind == kind && memcmp(h->values[i].octets, octets, 16) == 0)
			return &h->values[i];
	return NULL;
}

const struct explain_kept_peer *history_find_peer(const struct explain_history *h,
						  const struct explain_attempt *a)
{
	if (!a->party[0].has_address || !a->party[1].has_address)
		return NULL;
	for (size_t i = 0; i < capture_least(h->peer_count, EXPLAIN_KEPT_PEERS); i++)
		if (same(&h->peers[i].address[0], &a->party[0].address) &&
		    same(&h->peers[i].address[1], &a->party[1].address))
			return &h->peers[i];
	return NULL;
}

static bool resolves(const uint8_t irk[16], const struct crypto_address *address)
{
	uint8_t hash[3];

	return crypto_ah(irk, address->octets + 3, hash) == CRYPTO_OK &&
	       memcmp(hash, address->octets, 3) == 0;
}

bool history_resolve(const struct explain_history *h, const struct explain_attempt *a,
		     const struct crypto_address *address, struct crypto_address *identity)
{
	if (address->type != 1 || address->octets[5] >> 6 != 1)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (mark_is_set(&a->party[i].irk) && resolves(a->party[i].irk_value, address)) {
			*identity = mark_is_set(&a->party[i].identity) ? a->party[i].identity_value
								       : a->party[i].address;
			return true;
		}
	for (size_t i = 0; i < capture_least(h->irk_count, EXPLAIN_KEPT_IRKS); i++)
		if (resolves(h->irks[i].irk, address)) {
			*identity = h->irks[i].identity;
			return true;
		}
	return false;
}
