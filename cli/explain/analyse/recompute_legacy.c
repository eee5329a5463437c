/* SPDX-License-Identifier: MIT */
#include "analyse/recompute_legacy.h"

#include <string.h>

#include "crypto/bytes.h"

/* The inputs of c1 (Vol 3 Part H 2.2.3), and the value that it should give. */
struct c1_input {
	uint8_t tk[16], random[16], preq[7], pres[7], confirm[16];
	struct crypto_address ia, ra;
};

static void reverse(uint8_t *value, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t octet = value[i];
		value[i] = value[len - 1 - i];
		value[len - 1 - i] = octet;
	}
}

static bool matches(const struct c1_input *in)
{
	uint8_t confirm[16];

	return crypto_c1(in->tk, in->random, in->preq, in->pres, &in->ia, &in->ra, confirm) ==
		       CRYPTO_OK &&
	       bytes_equal(confirm, in->confirm, 16);
}

static void set_tk(struct c1_input *in, uint32_t passkey)
{
	memset(in->tk, 0, 16);
	bytes_put_le32(in->tk, passkey);
}

/* ---- Mistakes that an implementation may make ------------------------------------------------ */

static void exchange_addresses(struct c1_input *in)
{
	struct crypto_address address = in->ia;

	in->ia = in->ra;
	in->ra = address;
}

static void other_initiator_type(struct c1_input *in)
{
	in->ia.type ^= 1;
}

static void other_responder_type(struct c1_input *in)
{
	in->ra.type ^= 1;
}

static void other_types(struct c1_input *in)
{
	in->ia.type ^= 1;
	in->ra.type ^= 1;
}

static void reverse_addresses(struct c1_input *in)
{
	reverse(in->ia.octets, 6);
	reverse(in->ra.octets, 6);
}

static void no_initiator(struct c1_input *in)
{
	memset(&in->ia, 0, sizeof(in->ia));
}

static void no_responder(struct c1_input *in)
{
	memset(&in->ra, 0, sizeof(in->ra));
}

static void exchange_features(struct c1_input *in)
{
	uint8_t pdu[7];

	memcpy(pdu, in->preq, sizeof(pdu));
	memcpy(in->preq, in->pres, sizeof(pdu));
	memcpy(in->pres, pdu, sizeof(pdu));
}

static void reverse_features(struct c1_input *in)
{
	reverse(in->preq, 7);
	reverse(in->pres, 7);
}

static void no_codes(struct c1_input *in)
{
	in->preq[0] = in->pres[0] = 0;
}

static void reverse_random(struct c1_input *in)
{
	reverse(in->random, 16);
}

static void reverse_confirm(struct c1_input *in)
{
	reverse(in->confirm, 16);
}

static void reverse_tk(struct c1_input *in)
{
	reverse(in->tk, 16);
}

static void reverse_values(struct c1_input *in)
{
	reverse_random(in);
	reverse_confirm(in);
}

static void reverse_all(struct c1_input *in)
{
	reverse_values(in);
	reverse_tk(in);
}

static const struct {
	const char *how;
	void (*apply)(struct c1_input *in);
} mistakes[] = {
	{"with the addresses of initiator and responder exchanged", exchange_addresses},
	{"with the other address type (public, random) for the initiator", other_initiator_type},
	{"with the other address type (public, random) for the responder", other_responder_type},
	{"with the other address type (public, random) for both", other_types},
	{"with both addresses in the wrong byte order", reverse_addresses},
	{"with the initiator's address left zero", no_initiator},
	{"with the responder's address left zero", no_responder},
	{"with Pairing Request and Pairing Response exchanged", exchange_features},
	{"with Pairing Request and Pairing Response in the wrong byte order", reverse_features},
	{"with Pairing Request and Pairing Response without their codes", no_codes},
	{"with the random value in the wrong byte order", reverse_random},
	{"and sent in the wrong byte order", reverse_confirm},
	{"with the TK in the wrong byte order", reverse_tk},
	{"with random and confirm value in the wrong byte order", reverse_values},
	{"with TK, random and confirm value in the wrong byte order", reverse_all},
};

#define MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

/* ---- Confirm values -------------------------------------------------------------------------- */

static const char *obstacle(const struct explain_attempt *a, const struct explain_facts *facts)
{
	const struct explain_party *i = &a->party[EXPLAIN_I], *r = &a->party[EXPLAIN_R];

	if (!i->has_address || !r->has_address)
		return "an address of this connection is not in the capture, and it enters the "
		       "confirm values";
	if (facts->features.method == SMP_OOB)
		return "the TK was sent out of band, and its 128 bits cannot be searched";
	if (!i->confirms && !r->confirms && facts->features.method != SMP_JUST_WORKS)
		return "no confirm value is in the capture: there is nothing to try a "
		       "TK against";
	if (!i->randoms && !r->randoms)
		return "no random value was sent: there is nothing to try a TK "
		       "against";
	return NULL;
}

static void gather(const struct explain_attempt *a, int8_t end, struct c1_input *in)
{
	const struct explain_party *p = &a->party[end];

	memcpy(in->random, p->random_value[0], 16);
	memcpy(in->confirm, p->confirm_value[0], 16);
	memcpy(in->preq, a->party[EXPLAIN_I].features_pdu, 7);
	memcpy(in->pres, a->party[EXPLAIN_R].features_pdu, 7);
	in->ia = a->party[EXPLAIN_I].address;
	in->ra = a->party[EXPLAIN_R].address;
}

/* Tries the TK 0, a passkey that is known or was found for the other end, and each mistake. */
static void try_likely(const struct explain_attempt *a, int8_t end, struct explain_facts *facts)
{
	struct explain_proof *proof = &facts->confirm[end];
	size_t count = a->has_passkey || facts->has_tk[!end] ? 2 : 1;
	uint32_t likely[] = {0, a->has_passkey ? a->passkey : facts->passkey[!end]};
	struct c1_input in, wrong;

	gather(a, end, &in);
	for (size_t i = 0; i < count && !facts->has_tk[end]; i++) {
		set_tk(&in, likely[i]);
		facts->has_tk[end] = matches(&in);
		facts->passkey[end] = likely[i];
	}
	for (size_t k = 0; k < MISTAKES && !facts->has_tk[end] && !proof->how; k++)
		for (size_t i = 0; i < count && !proof->how; i++) {
			wrong = in;
			set_tk(&wrong, likely[i]);
			mistakes[k].apply(&wrong);
			proof->tried++;
			if (matches(&wrong)) {
				proof->how = mistakes[k].how;
				facts->passkey[end] = likely[i];
			}
			bytes_wipe(&wrong, sizeof(wrong));
		}
	proof->result = facts->has_tk[end] ? EXPLAIN_RIGHT
			: proof->how	   ? EXPLAIN_EXPLAINED
					   : EXPLAIN_WRONG;
	bytes_wipe(&in, sizeof(in));
	bytes_wipe(likely, sizeof(likely));
}

static void search(const struct explain_attempt *a, int8_t end, struct explain_facts *facts)
{
	uint32_t passkey;
	struct c1_input in;

	gather(a, end, &in);
	facts->confirm[end].tried += CRYPTO_PASSKEYS;
	if (crypto_c1_search(in.random, in.preq, in.pres, &in.ia, &in.ra, in.confirm, &passkey) !=
		    CRYPTO_OK ||
	    passkey == CRYPTO_PASSKEYS)
		return;
	facts->has_tk[end] = true;
	facts->passkey[end] = passkey;
	facts->confirm[end].result = EXPLAIN_RIGHT;
}

static void prove_confirm(const struct explain_attempt *a, int8_t end, unsigned *searches,
			  struct explain_facts *facts)
{
	struct explain_proof *proof = &facts->confirm[end];

	if (!a->party[end].confirms || !a->party[end].randoms)
		return;
	try_likely(a, end, facts);
	if (proof->result != EXPLAIN_WRONG)
		return;
	if (*searches) {
		(*searches)--;
		search(a, end, facts);
	} else if (facts->features.method != SMP_JUST_WORKS) {
		/* Without a search, a mismatch proves no fault. */
		proof->result = EXPLAIN_UNKNOWN;
		facts->obstacle = "the passkey was not searched for: a search takes a second, and "
				  "their number is limited";
	}
}

static void note_confirm(const struct explain_attempt *a, int8_t end, struct explain_facts *facts)
{
	const struct explain_party *p = &a->party[end];

	if (facts->confirm[end].result != EXPLAIN_UNKNOWN)
		analyse_note_value(facts,
				   end == EXPLAIN_I ? "initiator's confirm value"
						    : "responder's confirm value",
				   p->confirm.frame, false, facts->confirm[end].result,
				   p->confirm_value[0]);
}

/* ---- STK ------------------------------------------------------------------------------------- */

/* s1 takes the less significant half of each random value, 2.2.4; this takes the other. */
static void wrong_halves(const struct explain_party *party, uint8_t i[16], uint8_t r[16])
{
	memcpy(i, party[EXPLAIN_I].random_value[0] + 8, 8);
	memcpy(r, party[EXPLAIN_R].random_value[0] + 8, 8);
}

static void compare_key(const struct explain_attempt *a, const uint8_t tk[16],
			struct explain_facts *facts)
{
	const struct explain_party *p = a->party;
	const uint8_t *used = a->has_encrypt_key ? a->encrypt_key
			      : a->has_reply_key ? a->reply_key
						 : NULL;
	uint8_t tried[16], i[16], r[16];
	struct {
		const char *how;
		const uint8_t *first, *second;
		bool whole, reversed;
	} mistaken[] = {
		{"with the random values exchanged", p[0].random_value[0], p[1].random_value[0],
		 false, false},
		{"and not shortened to the negotiated size", p[1].random_value[0],
		 p[0].random_value[0], true, false},
		{"in the wrong byte order", p[1].random_value[0], p[0].random_value[0], false,
		 true},
		{"with the wrong half of both random values", r, i, false, false},
	};

	if (!used)
		return;
	if (bytes_equal(used, facts->stk, 16)) {
		facts->key.result = EXPLAIN_RIGHT;
		return;
	}
	facts->key.result = EXPLAIN_WRONG;
	wrong_halves(p, i, r);
	for (size_t k = 0; k < sizeof(mistaken) / sizeof(mistaken[0]); k++) {
		facts->key.tried++;
		if (crypto_s1(tk, mistaken[k].first, mistaken[k].second, tried) != CRYPTO_OK)
			continue;
		if (!mistaken[k].whole)
			crypto_shorten(tried, facts->features.key_size);
		if (mistaken[k].reversed)
			reverse(tried, 16);
		if (!bytes_equal(tried, used, 16))
			continue;
		facts->key.result = EXPLAIN_EXPLAINED;
		facts->key.how = mistaken[k].how;
		break;
	}
	bytes_wipe(tried, sizeof(tried));
}

static void find_stk(const struct explain_attempt *a, struct explain_facts *facts)
{
	const struct explain_party *p = a->party;
	bool agreed =
		facts->has_tk[0] && facts->has_tk[1] && facts->passkey[0] == facts->passkey[1];
	/* Just Works: the TK is 0, even where the capture lacks the confirm values that prove it.
	 */
	bool assumed = facts->features.method == SMP_JUST_WORKS && p[0].randoms && p[1].randoms &&
		       (!p[0].confirms || !p[1].confirms);
	uint64_t frame = mark_is_set(&a->encrypt)     ? a->encrypt.frame
			 : mark_is_set(&a->ltk_reply) ? a->ltk_reply.frame
						      : p[EXPLAIN_R].random.frame;
	uint8_t tk[16] = {0};

	if (!(agreed || assumed) || !analyse_key_size_is_valid(&facts->features))
		return;
	bytes_put_le32(tk, facts->passkey[0]);
	analyse_note_value(facts, "TK", p[EXPLAIN_I].confirm.frame, true, EXPLAIN_UNKNOWN, tk);
	if (crypto_s1(tk, p[EXPLAIN_R].random_value[0], p[EXPLAIN_I].random_value[0], facts->stk) ==
	    CRYPTO_OK) {
		facts->has_stk = facts->heard = true;
		crypto_shorten(facts->stk, facts->features.key_size);
		compare_key(a, tk, facts);
		analyse_note_value(facts, "STK", frame, true, facts->key.result, facts->stk);
	}
	bytes_wipe(tk, sizeof(tk));
}

void analyse_recompute_legacy(const struct explain_attempt *a, unsigned *searches,
			      struct explain_facts *facts)
{
	facts->obstacle = obstacle(a, facts);
	if (facts->obstacle)
		return;
	prove_confirm(a, EXPLAIN_I, searches, facts);
	prove_confirm(a, EXPLAIN_R, searches, facts);
	/* The passkey of the responder may explain the initiator's value. */
	if (facts->confirm[EXPLAIN_I].result == EXPLAIN_WRONG && facts->has_tk[EXPLAIN_R])
		try_likely(a, EXPLAIN_I, facts);
	if (facts->has_tk[EXPLAIN_I] && facts->has_tk[EXPLAIN_R])
		facts->obstacle = NULL;
	note_confirm(a, EXPLAIN_I, facts);
	note_confirm(a, EXPLAIN_R, facts);
	find_stk(a, facts);
}
