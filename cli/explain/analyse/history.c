/* SPDX-License-Identifier: MIT */
#include "analyse/history.h"

#include <string.h>

/* How many of all values that were ever added are kept. */
static size_t kept(uint64_t count, size_t room)
{
	return count < room ? (size_t)count : room;
}

static bool same(const struct crypto_address *a, const struct crypto_address *b)
{
	return a->type == b->type && memcmp(a->octets, b->octets, 6) == 0;
}

static void keep(struct explain_history *h, const struct explain_attempt *a, enum explain_kept kind,
		 bool failed, uint64_t frame, const uint8_t octets[16])
{
	struct explain_kept_value *v = &h->values[h->value_count++ % EXPLAIN_KEPT_VALUES];

	*v = (struct explain_kept_value){
		.kind = (uint8_t)kind, .failed = failed, .frame = frame, .attempt = a->id};
	memcpy(v->octets, octets, 16);
}

/* ---- The two ends ---------------------------------------------------------------------------- */

static void set_ends(const struct explain_history *h, const struct explain_attempt *a,
		     struct explain_kept_ends *ends)
{
	for (size_t i = 0; i < 2; i++) {
		ends->known[i] = a->party[i].has_address;
		ends->address[i] = a->party[i].address;
		if (ends->known[i])
			(void)history_resolve(h, a, &a->party[i].address, &ends->address[i]);
	}
}

/* As far as addresses are known. */
static bool can_be(const struct explain_kept_ends *a, const struct explain_kept_ends *b)
{
	for (size_t i = 0; i < 2; i++)
		if (a->known[i] && b->known[i] && !same(&a->address[i], &b->address[i]))
			return false;
	return true;
}

/* The addresses of all ends but the captured host are known. */
static bool knows_peers(const struct explain_attempt *a, const struct explain_kept_ends *ends)
{
	for (int8_t i = 0; i < 2; i++)
		if (!ends->known[i] && i != a->captured_end)
			return false;
	return true;
}

static bool was_bonded(const struct explain_attempt *a, const struct explain_facts *facts)
{
	const struct smp_features *f = &facts->features;

	if (!mark_is_set(&a->encrypted) || a->encrypt_status)
		return false;
	return !a->pairing || (facts->has_features &&
			       f->request.auth_req & f->response.auth_req & SMP_AUTH_BONDING);
}

static void keep_bond(struct explain_history *h, const struct explain_attempt *a,
		      const struct explain_facts *facts, bool failed)
{
	struct explain_kept_ends ends;

	set_ends(h, a, &ends);
	if (!failed && was_bonded(a, facts) && knows_peers(a, &ends))
		h->bonds[h->bond_count++ % EXPLAIN_KEPT_BONDS] =
			(struct explain_kept_bond){ends, a->encrypted.frame};
}

static void keep_request(struct explain_history *h, const struct explain_attempt *a)
{
	const struct explain_party *p = a->party;
	struct explain_kept_request *r = &h->requests[h->request_count % EXPLAIN_KEPT_REQUESTS];

	if (!mark_is_set(&p[EXPLAIN_I].features))
		return;
	h->request_count++;
	*r = (struct explain_kept_request){
		.frame = p[EXPLAIN_I].features.frame,
		.answered = mark_is_set(&p[EXPLAIN_R].features),
		.refused = mark_is_set(&a->failed) && a->failed_by == EXPLAIN_R,
	};
	memcpy(r->pdu, p[EXPLAIN_I].features_pdu, sizeof(r->pdu));
	set_ends(h, a, &r->ends);
}

static void keep_peer(struct explain_history *h, const struct explain_attempt *a,
		      const struct explain_facts *facts)
{
	const struct smp_features *f = &facts->features;
	struct explain_kept_peer *p = NULL;

	for (size_t i = 0; i < kept(h->peer_count, EXPLAIN_KEPT_PEERS); i++)
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
			keep(h, a, EXPLAIN_KEPT_NONCE, failed, p->random.frame, p->random_value[0]);
		if (mark_is_set(&p->public_key))
			keep(h, a, EXPLAIN_KEPT_PUBLIC_KEY, failed, p->public_key.frame,
			     p->public_key_value);
		if (mark_is_set(&p->ltk))
			keep(h, a, EXPLAIN_KEPT_LTK, failed, p->ltk.frame, p->ltk_value);
		if (mark_is_set(&p->irk)) {
			struct explain_kept_irk *irk = &h->irks[h->irk_count++ % EXPLAIN_KEPT_IRKS];
			memcpy(irk->irk, p->irk_value, 16);
			irk->identity = mark_is_set(&p->identity) ? p->identity_value : p->address;
		}
	}
	if (facts->has_features && a->party[0].has_address && a->party[1].has_address)
		keep_peer(h, a, facts);
	keep_bond(h, a, facts, failed);
	keep_request(h, a);
}

const struct explain_kept_value *history_find_value(const struct explain_history *h,
						    enum explain_kept kind,
						    const uint8_t octets[16])
{
	for (size_t i = 0; i < kept(h->value_count, EXPLAIN_KEPT_VALUES); i++)
		if (h->values[i].kind == kind && memcmp(h->values[i].octets, octets, 16) == 0)
			return &h->values[i];
	return NULL;
}

const struct explain_kept_peer *history_find_peer(const struct explain_history *h,
						  const struct explain_attempt *a)
{
	if (!a->party[0].has_address || !a->party[1].has_address)
		return NULL;
	for (size_t i = 0; i < kept(h->peer_count, EXPLAIN_KEPT_PEERS); i++)
		if (same(&h->peers[i].address[0], &a->party[0].address) &&
		    same(&h->peers[i].address[1], &a->party[1].address))
			return &h->peers[i];
	return NULL;
}

/* The same two values of one kind in one earlier attempt. */
static bool has_pair(const struct explain_history *h, enum explain_kept kind, const uint8_t *first,
		     const uint8_t *second)
{
	const size_t count = kept(h->value_count, EXPLAIN_KEPT_VALUES);

	for (size_t i = 0; i < count; i++) {
		const struct explain_kept_value *v = &h->values[i];
		if (v->kind != kind || memcmp(v->octets, first, 16) != 0)
			continue;
		for (size_t k = 0; k < count; k++) {
			const struct explain_kept_value *w = &h->values[k];
			if (w->kind == kind && w->attempt == v->attempt &&
			    memcmp(w->octets, second, 16) == 0)
				return true;
		}
	}
	return false;
}

bool history_has_trace(const struct explain_history *h, const struct explain_attempt *a)
{
	const struct explain_party *p = a->party;

	if (p[0].randoms && p[1].randoms)
		return has_pair(h, EXPLAIN_KEPT_NONCE, p[0].random_value[0], p[1].random_value[0]);
	return mark_is_set(&p[0].public_key) && mark_is_set(&p[1].public_key) &&
	       has_pair(h, EXPLAIN_KEPT_PUBLIC_KEY, p[0].public_key_value, p[1].public_key_value);
}

const struct explain_kept_bond *history_find_bond(const struct explain_history *h,
						  const struct explain_attempt *a)
{
	const struct explain_kept_bond *last = NULL;
	struct explain_kept_ends ends;

	set_ends(h, a, &ends);
	if (!knows_peers(a, &ends))
		return NULL;
	for (size_t i = 0; i < kept(h->bond_count, EXPLAIN_KEPT_BONDS); i++)
		if (can_be(&h->bonds[i].ends, &ends) && (!last || h->bonds[i].frame > last->frame))
			last = &h->bonds[i];
	return last;
}

const struct explain_kept_request *history_find_request(const struct explain_history *h,
							const struct explain_attempt *a,
							bool answered)
{
	const struct explain_kept_request *last = NULL;
	struct explain_kept_ends ends;

	set_ends(h, a, &ends);
	for (size_t i = 0; i < kept(h->request_count, EXPLAIN_KEPT_REQUESTS); i++) {
		const struct explain_kept_request *r = &h->requests[i];
		if ((answered ? r->answered : r->refused && !r->answered) &&
		    can_be(&r->ends, &ends) && (!last || r->frame > last->frame))
			last = r;
	}
	return last;
}

static bool resolves(const uint8_t irk[16], const struct crypto_address *address)
{
	uint8_t hash[3];

	return crypto_ah(irk, address->octets + 3, hash) == CRYPTO_OK &&
	       memcmp(hash, address->octets, 3) == 0;
}

/* Core Vol 6 Part B 1.3.2.2. */
static bool is_resolvable(const struct crypto_address *address)
{
	return address->type == 1 && address->octets[5] >> 6 == 1;
}

bool history_resolve(const struct explain_history *h, const struct explain_attempt *a,
		     const struct crypto_address *address, struct crypto_address *identity)
{
	if (!is_resolvable(address))
		return false;
	for (size_t i = 0; i < 2; i++)
		if (mark_is_set(&a->party[i].irk) && resolves(a->party[i].irk_value, address)) {
			*identity = mark_is_set(&a->party[i].identity) ? a->party[i].identity_value
								       : a->party[i].address;
			return true;
		}
	for (size_t i = 0; i < kept(h->irk_count, EXPLAIN_KEPT_IRKS); i++)
		if (resolves(h->irks[i].irk, address)) {
			*identity = h->irks[i].identity;
			return true;
		}
	/* The host's kernel or its controller has resolved it. */
	for (size_t i = 0; i < 2; i++) {
		const struct explain_party *p = &a->party[i];
		if (p->has_address && p->is_reported && !is_resolvable(&p->reported) &&
		    memcmp(p->address.octets, address->octets, sizeof(address->octets)) == 0) {
			*identity = p->reported;
			return true;
		}
	}
	return false;
}
