/* SPDX-License-Identifier: MIT */
#include "analyse/recompute_secure.h"

#include <string.h>

#include "crypto/bytes.h"
#include "smp/reason.h"

/* The debug key: Vol 3 Part H 2.3.5.6.1, in wire order. */
static const uint8_t debug_private[32] = {
	0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58, 0x99, 0xb7, 0x40,
	0xeb, 0x7b, 0x60, 0xff, 0x4a, 0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3,
	0xc9, 0x74, 0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f,
};

/* ---- Commitments ----------------------------------------------------------------------------- */

struct f4_input {
	uint8_t u[32], v[32], x[16], confirm[16];
};

static bool matches(const struct f4_input *in, uint8_t z)
{
	uint8_t confirm[16];

	return crypto_f4(in->u, in->v, in->x, z, confirm) == CRYPTO_OK &&
	       bytes_equal(confirm, in->confirm, 16);
}

static void gather(const struct explain_attempt *a, int8_t end, size_t round, struct f4_input *in)
{
	const struct explain_party *own = &a->party[end], *other = &a->party[!end];

	memcpy(in->u, own->public_key_value, 32);
	memcpy(in->v, other->public_key_value, 32);
	memcpy(in->x, own->random_value[round], 16);
	memcpy(in->confirm, own->confirm_value[round], 16);
}

static void exchange_keys(struct f4_input *in)
{
	uint8_t x[32];

	memcpy(x, in->u, sizeof(x));
	memcpy(in->u, in->v, sizeof(x));
	memcpy(in->v, x, sizeof(x));
}

static void reverse_keys(struct f4_input *in)
{
	struct f4_input was = *in;

	bytes_reverse(in->u, was.u, 32);
	bytes_reverse(in->v, was.v, 32);
}

static void reverse_nonce(struct f4_input *in)
{
	struct f4_input was = *in;

	bytes_reverse(in->x, was.x, 16);
}

static void reverse_confirm(struct f4_input *in)
{
	struct f4_input was = *in;

	bytes_reverse(in->confirm, was.confirm, 16);
}

static void reverse_all(struct f4_input *in)
{
	reverse_keys(in);
	reverse_nonce(in);
	reverse_confirm(in);
}

static const struct {
	const char *how;
	void (*apply)(struct f4_input *in);
} mistakes[] = {
	{"with the two public keys exchanged", exchange_keys},
	{"with the public keys in the wrong byte order", reverse_keys},
	{"with the nonce in the wrong byte order", reverse_nonce},
	{"and sent in the wrong byte order", reverse_confirm},
	{"with everything in the wrong byte order", reverse_all},
};

/* Tries the count values of z. Returns the one that matches without a mistake, or NULL. */
static const uint8_t *prove(const struct f4_input *in, const uint8_t *z, size_t count,
			    struct explain_proof *proof)
{
	for (size_t i = 0; i < count; i++)
		if (matches(in, z[i])) {
			proof->result = EXPLAIN_RIGHT;
			return &z[i];
		}
	proof->result = EXPLAIN_WRONG;
	for (size_t k = 0; k < sizeof(mistakes) / sizeof(mistakes[0]); k++) {
		struct f4_input wrong = *in;
		mistakes[k].apply(&wrong);
		proof->tried++;
		for (size_t i = 0; i < count; i++)
			if (matches(&wrong, z[i])) {
				proof->result = EXPLAIN_EXPLAINED;
				proof->how = mistakes[k].how;
				return NULL;
			}
	}
	return NULL;
}

/* Just Works and Numeric Comparison: only the responder sends a commitment, 2.3.5.6.2. */
static void prove_commitment(const struct explain_attempt *a, struct explain_facts *facts)
{
	static const uint8_t zero[] = {0};
	const struct explain_party *p = a->party;
	struct f4_input in;

	if (!p[EXPLAIN_R].confirms || !p[EXPLAIN_R].randoms)
		return;
	gather(a, EXPLAIN_R, 0, &in);
	(void)prove(&in, zero, 1, &facts->commitment[EXPLAIN_R]);
	analyse_note_value(facts, "responder's commitment", p[EXPLAIN_R].confirm.frame, false,
			   facts->commitment[EXPLAIN_R].result, in.confirm);
	if (p[EXPLAIN_I].randoms &&
	    crypto_g2(p[EXPLAIN_I].public_key_value, p[EXPLAIN_R].public_key_value,
		      p[EXPLAIN_I].random_value[0], p[EXPLAIN_R].random_value[0],
		      &facts->number) == CRYPTO_OK)
		facts->has_number = true;
}

/* Passkey Entry: every round reveals one bit, 2.3.5.6.3. */
static void prove_rounds(const struct explain_attempt *a, int8_t end, struct explain_facts *facts,
			 uint32_t *passkey, size_t *bits)
{
	static const uint8_t either[] = {0x80, 0x81};
	const struct explain_party *p = &a->party[end];
	struct explain_proof *proof = &facts->commitment[end];
	struct f4_input in;

	*bits = 0;
	*passkey = 0;
	for (size_t i = 0; i < p->confirms && i < p->randoms && i < EXPLAIN_ROUNDS; i++) {
		gather(a, end, i, &in);
		const uint8_t *z = prove(&in, either, 2, proof);
		if (!z) {
			proof->round = (uint8_t)i;
			return;
		}
		*passkey |= (uint32_t)(*z & 1) << i;
		(*bits)++;
	}
}

static void prove_passkey(const struct explain_attempt *a, struct explain_facts *facts)
{
	uint32_t passkey[2];
	size_t bits[2];

	prove_rounds(a, EXPLAIN_I, facts, &passkey[0], &bits[0]);
	prove_rounds(a, EXPLAIN_R, facts, &passkey[1], &bits[1]);
	for (size_t i = 0; i < bits[0] && i < bits[1]; i++)
		if ((passkey[0] ^ passkey[1]) >> i & 1) {
			facts->passkeys_differ = true;
			facts->differ_round = (uint8_t)i;
			break;
		}
	/* A responder that refuses does not send its random value. After a complete round, only the
	 * bit can be the reason. */
	if (mark_is_set(&a->failed) && a->failed_by == EXPLAIN_R &&
	    a->reason == SMP_CONFIRM_VALUE_FAILED && bits[1] && bits[0] == bits[1] + 1 &&
	    !facts->passkeys_differ) {
		facts->passkeys_differ = true;
		facts->differ_round = (uint8_t)bits[1];
	}
	if (bits[0] == EXPLAIN_ROUNDS || bits[1] == EXPLAIN_ROUNDS) {
		facts->has_sc_passkey = true;
		facts->sc_passkey = passkey[bits[0] == EXPLAIN_ROUNDS ? 0 : 1];
	}
}

/* ---- The key, if one end used the debug key ---------------------------------------------------
 */

/* The inputs of f5 and f6, and the keys that f5 gives. */
struct f5_input {
	uint8_t w[32], n[2][16], r[2][16], iocap[2][3];
	struct crypto_address address[2];
	uint8_t mackey[16], ltk[16];
};

static bool derive(struct f5_input *in)
{
	return crypto_f5(in->w, in->n[0], in->n[1], &in->address[0], &in->address[1], in->mackey,
			 in->ltk) == CRYPTO_OK;
}

static bool check_matches(struct f5_input *in, const uint8_t check[16], int8_t end)
{
	uint8_t value[16];

	return derive(in) &&
	       crypto_f6(in->mackey, in->n[end], in->n[!end], in->r[!end], in->iocap[end],
			 &in->address[end], &in->address[!end], value) == CRYPTO_OK &&
	       bytes_equal(value, check, 16);
}

static void as_it_is(struct f5_input *in)
{
	(void)in;
}

static void other_type_0(struct f5_input *in)
{
	in->address[0].type ^= 1;
}

static void other_type_1(struct f5_input *in)
{
	in->address[1].type ^= 1;
}

static void exchange_addresses(struct f5_input *in)
{
	struct crypto_address address = in->address[0];

	in->address[0] = in->address[1];
	in->address[1] = address;
}

static void reverse_iocap(struct f5_input *in)
{
	for (size_t i = 0; i < 2; i++) {
		uint8_t octet = in->iocap[i][0];
		in->iocap[i][0] = in->iocap[i][2];
		in->iocap[i][2] = octet;
	}
}

static void exchange_iocap(struct f5_input *in)
{
	uint8_t iocap[3];

	memcpy(iocap, in->iocap[0], sizeof(iocap));
	memcpy(in->iocap[0], in->iocap[1], sizeof(iocap));
	memcpy(in->iocap[1], iocap, sizeof(iocap));
}

static void no_passkey(struct f5_input *in)
{
	memset(in->r, 0, sizeof(in->r));
}

static const struct {
	const char *how;
	void (*apply)(struct f5_input *in);
} check_mistakes[] = {
	{NULL, as_it_is},
	{"with the other address type (public, random) for the initiator", other_type_0},
	{"with the other address type (public, random) for the responder", other_type_1},
	{"with the addresses of initiator and responder exchanged", exchange_addresses},
	{"with IO capability, OOB flag and AuthReq in the wrong order", reverse_iocap},
	{"with the other end's IO capability, OOB flag and AuthReq", exchange_iocap},
	{"without the passkey", no_passkey},
};

/* tried: room for one try, wiped by the caller. */
static void prove_check(const struct explain_attempt *a, const struct f5_input *in,
			struct f5_input *tried, int8_t end, struct explain_facts *facts)
{
	struct explain_proof *proof = &facts->check[end];
	const struct explain_party *p = &a->party[end];

	if (!mark_is_set(&p->check))
		return;
	proof->result = EXPLAIN_WRONG;
	for (size_t k = 0; k < sizeof(check_mistakes) / sizeof(check_mistakes[0]) &&
			   proof->result == EXPLAIN_WRONG;
	     k++) {
		*tried = *in;
		check_mistakes[k].apply(tried);
		if (check_matches(tried, p->check_value, end)) {
			proof->how = check_mistakes[k].how;
			proof->result = proof->how ? EXPLAIN_EXPLAINED : EXPLAIN_RIGHT;
		}
		proof->tried += check_mistakes[k].how != NULL;
	}
	analyse_note_value(facts,
			   end == EXPLAIN_I ? "initiator's DHKey check" : "responder's DHKey check",
			   p->check.frame, false, proof->result, p->check_value);
}

static void prove_key(const struct explain_attempt *a, int8_t debug, struct explain_facts *facts)
{
	const struct explain_party *p = a->party;
	bool passkey = sequence_is_passkey(facts->features.method);
	size_t last = passkey ? EXPLAIN_ROUNDS - 1 : 0;
	struct f5_input in = {.address = {p[0].address, p[1].address}}, tried;

	if (p[0].randoms <= last || p[1].randoms <= last || !p[0].has_address ||
	    !p[1].has_address || facts->features.method == SMP_OOB ||
	    crypto_p256_dhkey(debug_private, p[!debug].public_key_value, in.w) != CRYPTO_OK)
		return;
	for (size_t i = 0; i < 2; i++) {
		memcpy(in.n[i], p[i].random_value[last], 16);
		if (passkey)
			bytes_put_le32(in.r[i], facts->sc_passkey);
		memcpy(in.iocap[i], p[i].features_pdu + 1, 3);
	}
	prove_check(a, &in, &tried, EXPLAIN_I, facts);
	prove_check(a, &in, &tried, EXPLAIN_R, facts);
	if (derive(&in)) {
		memcpy(facts->ltk, in.ltk, 16);
		facts->has_ltk = facts->ltk_computed = facts->heard = true;
		if (analyse_key_size_is_valid(&facts->features))
			crypto_shorten(facts->ltk, facts->features.key_size);
		analyse_note_value(facts, "LTK", p[EXPLAIN_R].check.frame, true, EXPLAIN_UNKNOWN,
				   facts->ltk);
	}
	bytes_wipe(&in, sizeof(in));
	bytes_wipe(&tried, sizeof(tried));
}

void analyse_recompute_secure(const struct explain_attempt *a, struct explain_facts *facts)
{
	const struct explain_party *p = a->party;

	for (int8_t i = 0; i < 2; i++) {
		if (!mark_is_set(&p[i].public_key))
			continue;
		facts->bad_point[i] = crypto_p256_check(p[i].public_key_value) != CRYPTO_OK;
		facts->debug_key[i] = crypto_p256_is_debug(p[i].public_key_value);
	}
	facts->obstacle = "the keys of Secure Connections follow from private keys that are never "
			  "sent: an eavesdropper cannot compute them";
	if (!mark_is_set(&p[0].public_key) || !mark_is_set(&p[1].public_key)) {
		facts->obstacle = "the public keys are not both in the capture";
		return;
	}
	if (sequence_is_passkey(facts->features.method))
		prove_passkey(a, facts);
	else if (facts->features.method != SMP_OOB)
		prove_commitment(a, facts);
	if (facts->debug_key[0] || facts->debug_key[1]) {
		prove_key(a, facts->debug_key[0] ? EXPLAIN_I : EXPLAIN_R, facts);
		if (facts->ltk_computed)
			facts->obstacle = NULL;
	}
}
