/* SPDX-License-Identifier: MIT */
/* Values of pairings that are computed here, right and with each known mistake. */
#include "analyse/recompute.h"

#include <string.h>

#include "cli/explain/stack.h"
#include "crypto/bytes.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "unit.h"

enum { I = EXPLAIN_I, R = EXPLAIN_R };

static struct explain_attempt a;
static struct explain_facts facts;
static unsigned searches;

/* The inputs of the values of each end; a mistake changes those of one end. */
static struct inputs {
	uint8_t tk[16], random[16], preq[7], pres[7];
	struct crypto_address ia, ra;
} inputs;

static const struct crypto_address addresses[2] = {{0, {1, 2, 3, 4, 5, 6}},
						   {1, {7, 8, 9, 10, 11, 0xc0}}};

static void set_features(int end, uint8_t io, uint8_t oob, uint8_t auth, uint8_t size)
{
	const uint8_t pdu[7] = {(uint8_t)(end == I ? SMP_PAIRING_REQUEST : SMP_PAIRING_RESPONSE),
				io,
				oob,
				auth,
				size,
				1,
				3};

	memcpy(a.party[end].features_pdu, pdu, 7);
	a.party[end].features.frame = 1U + (unsigned)end;
}

static void set_random(int end, uint8_t first)
{
	for (uint8_t i = 0; i < 16; i++)
		a.party[end].random_value[0][i] = (uint8_t)(first + i);
	a.party[end].randoms = 1;
	a.party[end].random.frame = 5U + (unsigned)end;
}

/* Two ends that pair by Just Works, without confirm values as yet. */
static int begin(void **state)
{
	(void)state;
	explain_attempt_init(&a, 1);
	a.pairing = a.finalized = true;
	searches = 2;
	for (int end = 0; end < 2; end++) {
		a.party[end].has_address = true;
		a.party[end].address = addresses[end];
		set_features(end, 3, 0, 1, 16);
		set_random(end, (uint8_t)(0x10 + 0x40 * end));
	}
	return 0;
}

static int begin_passkey(void **state)
{
	(void)begin(state);
	set_features(I, 0, 0, 5, 16);
	set_features(R, 2, 0, 5, 16);
	return 0;
}

static void reverse(void *octets, size_t len)
{
	uint8_t was[16];

	memcpy(was, octets, len);
	bytes_reverse(octets, was, len);
}

/* The confirm value of an end that makes a mistake. */
static void set_confirm(int end, uint32_t passkey, void (*mistake)(struct inputs *inputs),
			bool reversed)
{
	struct explain_party *p = &a.party[end];

	memset(&inputs, 0, sizeof(inputs));
	bytes_put_le32(inputs.tk, passkey);
	memcpy(inputs.random, p->random_value[0], 16);
	memcpy(inputs.preq, a.party[I].features_pdu, 7);
	memcpy(inputs.pres, a.party[R].features_pdu, 7);
	inputs.ia = addresses[I];
	inputs.ra = addresses[R];
	if (mistake)
		mistake(&inputs);
	assert_int_equal(crypto_c1(inputs.tk, inputs.random, inputs.preq, inputs.pres, &inputs.ia,
				   &inputs.ra, p->confirm_value[0]),
			 0);
	if (reversed)
		reverse(p->confirm_value[0], 16);
	p->confirms = 1;
	p->confirm.frame = 3U + (unsigned)end;
}

static void recompute(void)
{
	analyse_recompute(&a, &searches, &facts);
}

static const struct explain_value *value(const char *name)
{
	for (size_t i = 0; i < facts.value_count; i++)
		if (strcmp(facts.values[i].name, name) == 0)
			return &facts.values[i];
	return NULL;
}

static void assert_value(const char *name, uint64_t frame, bool secret, enum explain_result result,
			 const uint8_t octets[16])
{
	const struct explain_value *v = value(name);

	assert_non_null(v);
	assert_int_equal(v->frame, frame);
	assert_int_equal(v->secret, secret);
	assert_int_equal(v->result, result);
	assert_int_equal(v->len, 16);
	assert_memory_equal(v->octets, octets, 16);
}

/* ---- Legacy ---------------------------------------------------------------------------------- */

static void the_values_of_just_works_match(void **state)
{
	uint8_t stk[16], zero[16] = {0};

	(void)state;
	set_features(R, 3, 0, 1, 7);
	set_confirm(I, 0, NULL, false);
	set_confirm(R, 0, NULL, false);
	recompute();
	for (int end = 0; end < 2; end++) {
		assert_int_equal(facts.confirm[end].result, EXPLAIN_RIGHT);
		assert_null(facts.confirm[end].how);
		assert_true(facts.has_tk[end]);
		assert_int_equal(facts.passkey[end], 0);
	}
	assert_int_equal(facts.features.method, SMP_JUST_WORKS);
	assert_false(facts.features.secure_connections);
	assert_int_equal(facts.features.request.max_key_size, 16);
	assert_int_equal(facts.features.response.max_key_size, 7);
	assert_null(facts.obstacle);
	assert_int_equal(searches, 2);
	assert_int_equal(
		crypto_s1(zero, a.party[R].random_value[0], a.party[I].random_value[0], stk), 0);
	crypto_shorten(stk, 7);
	assert_true(facts.has_stk);
	assert_true(facts.heard);
	assert_memory_equal(facts.stk, stk, 16);
	assert_int_equal(facts.key.result, EXPLAIN_UNKNOWN);
	assert_value("initiator's confirm value", 3, false, EXPLAIN_RIGHT,
		     a.party[I].confirm_value[0]);
	assert_value("responder's confirm value", 4, false, EXPLAIN_RIGHT,
		     a.party[R].confirm_value[0]);
	assert_value("TK", 3, true, EXPLAIN_UNKNOWN, zero);
	assert_value("STK", 6, true, EXPLAIN_UNKNOWN, stk);
	assert_int_equal(facts.value_count, 4);
}

static void a_passkey_is_searched_once(void **state)
{
	uint8_t tk[16] = {0xe2, 4};

	(void)state;
	set_confirm(I, 1250, NULL, false);
	set_confirm(R, 1250, NULL, false);
	recompute();
	assert_int_equal(searches, 1);
	for (int end = 0; end < 2; end++) {
		assert_int_equal(facts.confirm[end].result, EXPLAIN_RIGHT);
		assert_int_equal(facts.passkey[end], 1250);
	}
	assert_true(facts.has_stk);
	assert_value("TK", 3, true, EXPLAIN_UNKNOWN, tk);
}

static void different_passkeys_are_both_found(void **state)
{
	(void)state;
	set_confirm(I, 1, NULL, false);
	set_confirm(R, 2, NULL, false);
	recompute();
	assert_int_equal(facts.confirm[I].result, EXPLAIN_RIGHT);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_RIGHT);
	assert_int_equal(facts.passkey[I], 1);
	assert_int_equal(facts.passkey[R], 2);
	assert_int_equal(facts.confirm[I].tried, 15 + CRYPTO_PASSKEYS);
	assert_int_equal(facts.confirm[R].tried, 30 + CRYPTO_PASSKEYS);
	assert_int_equal(searches, 0);
	assert_false(facts.has_stk);
	assert_null(value("TK"));
}

static void a_known_passkey_needs_no_search(void **state)
{
	(void)state;
	a.has_passkey = true;
	a.passkey = 7;
	searches = 0;
	set_confirm(I, 7, NULL, false);
	set_confirm(R, 7, NULL, false);
	recompute();
	assert_true(facts.has_stk);
	assert_int_equal(facts.passkey[I], 7);
}

static void without_a_search_a_passkey_stays_unknown(void **state)
{
	(void)state;
	searches = 0;
	set_confirm(I, 7, NULL, false);
	set_confirm(R, 7, NULL, false);
	recompute();
	for (int end = 0; end < 2; end++) {
		assert_int_equal(facts.confirm[end].result, EXPLAIN_UNKNOWN);
		assert_false(facts.has_tk[end]);
	}
	assert_non_null(strstr(facts.obstacle, "not searched for"));
	assert_null(value("initiator's confirm value"));
	/* Just Works has no passkey to search for. */
	(void)begin(state);
	searches = 0;
	set_confirm(I, 7, NULL, false);
	set_confirm(R, 0, NULL, false);
	recompute();
	assert_int_equal(facts.confirm[I].result, EXPLAIN_WRONG);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_RIGHT);
	assert_null(facts.obstacle);
	assert_non_null(value("initiator's confirm value"));
}

static void a_value_that_nothing_explains_is_wrong(void **state)
{
	(void)state;
	set_confirm(I, 3, NULL, false);
	set_confirm(R, 3, NULL, false);
	a.party[R].confirm_value[0][0] ^= 1;
	recompute();
	assert_int_equal(facts.confirm[R].result, EXPLAIN_WRONG);
	a.party[R].confirm_value[0][0] ^= 1;
	a.party[R].confirm_value[0][15] ^= 1;
	searches = 2;
	recompute();
	assert_int_equal(facts.confirm[I].result, EXPLAIN_RIGHT);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_WRONG);
	assert_null(facts.confirm[R].how);
	assert_int_equal(facts.confirm[R].tried, CRYPTO_PASSKEYS + 30);
	assert_false(facts.has_tk[R]);
	assert_int_equal(searches, 0);
}

static void both_values_may_be_wrong(void **state)
{
	(void)state;
	for (int end = 0; end < 2; end++) {
		set_confirm(end, 3, NULL, false);
		a.party[end].confirm_value[0][7] ^= 1;
	}
	recompute();
	for (int end = 0; end < 2; end++) {
		assert_int_equal(facts.confirm[end].result, EXPLAIN_WRONG);
		assert_int_equal(facts.confirm[end].tried, 15 + CRYPTO_PASSKEYS);
	}
	/* The responder's is right, and does not explain the initiator's. */
	(void)begin_passkey(state);
	set_confirm(I, 3, NULL, false);
	set_confirm(R, 3, NULL, false);
	a.party[I].confirm_value[0][7] ^= 1;
	recompute();
	assert_int_equal(facts.confirm[I].result, EXPLAIN_WRONG);
	assert_int_equal(facts.confirm[I].tried, 15 + 30 + CRYPTO_PASSKEYS);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_RIGHT);
	assert_null(facts.obstacle);
}

static void exchange_addresses(struct inputs *in)
{
	in->ia = addresses[R];
	in->ra = addresses[I];
}

static void other_initiator_type(struct inputs *in)
{
	in->ia.type = 1;
}

static void other_responder_type(struct inputs *in)
{
	in->ra.type = 0;
}

static void other_types(struct inputs *in)
{
	in->ia.type = 1;
	in->ra.type = 0;
}

static void reverse_addresses(struct inputs *in)
{
	reverse(in->ia.octets, 6);
	reverse(in->ra.octets, 6);
}

static void no_initiator(struct inputs *in)
{
	memset(&in->ia, 0, sizeof(in->ia));
}

static void no_responder(struct inputs *in)
{
	memset(&in->ra, 0, sizeof(in->ra));
}

static void exchange_features(struct inputs *in)
{
	memcpy(in->preq, a.party[R].features_pdu, 7);
	memcpy(in->pres, a.party[I].features_pdu, 7);
}

static void reverse_features(struct inputs *in)
{
	reverse(in->preq, 7);
	reverse(in->pres, 7);
}

static void no_codes(struct inputs *in)
{
	in->preq[0] = in->pres[0] = 0;
}

static void reverse_random(struct inputs *in)
{
	reverse(in->random, 16);
}

static void reverse_tk(struct inputs *in)
{
	reverse(in->tk, 16);
}

static void reverse_tk_and_random(struct inputs *in)
{
	reverse_tk(in);
	reverse_random(in);
}

static const struct {
	const char *how;
	void (*mistake)(struct inputs *inputs);
	bool reversed;
} mistakes[] = {
	{"with the addresses of initiator and responder exchanged", exchange_addresses, false},
	{"with the other address type (public, random) for the initiator", other_initiator_type,
	 false},
	{"with the other address type (public, random) for the responder", other_responder_type,
	 false},
	{"with the other address type (public, random) for both", other_types, false},
	{"with both addresses in the wrong byte order", reverse_addresses, false},
	{"with the initiator's address left zero", no_initiator, false},
	{"with the responder's address left zero", no_responder, false},
	{"with Pairing Request and Pairing Response exchanged", exchange_features, false},
	{"with Pairing Request and Pairing Response in the wrong byte order", reverse_features,
	 false},
	{"with Pairing Request and Pairing Response without their codes", no_codes, false},
	{"with the random value in the wrong byte order", reverse_random, false},
	{"and sent in the wrong byte order", NULL, true},
	{"with the TK in the wrong byte order", reverse_tk, false},
	{"with random and confirm value in the wrong byte order", reverse_random, true},
	{"with TK, random and confirm value in the wrong byte order", reverse_tk_and_random, true},
};

static void each_known_mistake_is_recognised(void **state)
{
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		(void)begin_passkey(state);
		searches = 1; /* for the initiator's passkey */
		set_confirm(I, 0x1234, NULL, false);
		set_confirm(R, 0x1234, mistakes[i].mistake, mistakes[i].reversed);
		recompute();
		assert_int_equal(facts.confirm[I].result, EXPLAIN_RIGHT);
		assert_int_equal(facts.confirm[R].result, EXPLAIN_EXPLAINED);
		assert_string_equal(facts.confirm[R].how, mistakes[i].how);
		assert_int_equal(facts.passkey[R], 0x1234);
		assert_false(facts.has_tk[R]);
		assert_false(facts.has_stk);
		assert_int_equal(searches, 0);
	}
}

static void the_responders_passkey_explains_the_initiators_mistake(void **state)
{
	(void)state;
	set_confirm(R, 5, NULL, false);
	set_confirm(I, 5, reverse_random, false);
	recompute();
	assert_int_equal(facts.confirm[R].result, EXPLAIN_RIGHT);
	assert_int_equal(facts.confirm[I].result, EXPLAIN_EXPLAINED);
	assert_string_equal(facts.confirm[I].how, "with the random value in the wrong byte order");
	assert_int_equal(searches, 0);
}

static void a_mistake_of_just_works_needs_no_passkey(void **state)
{
	(void)state;
	set_confirm(I, 0, exchange_addresses, false);
	recompute();
	assert_int_equal(facts.confirm[I].result, EXPLAIN_EXPLAINED);
	assert_string_equal(facts.confirm[I].how,
			    "with the addresses of initiator and responder exchanged");
	assert_int_equal(facts.confirm[I].tried, 1);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_UNKNOWN);
	assert_int_equal(searches, 2);
	assert_value("initiator's confirm value", 3, false, EXPLAIN_EXPLAINED,
		     a.party[I].confirm_value[0]);
}

/* ---- Legacy: obstacles ----------------------------------------------------------------------- */

static void no_address(void)
{
	a.party[R].has_address = false;
}

static void no_own_address(void)
{
	a.party[I].has_address = false;
}

static void out_of_band(void)
{
	set_features(I, 3, 1, 5, 16);
	set_features(R, 3, 1, 5, 16);
}

static void no_confirms(void)
{
	a.party[I].confirms = a.party[R].confirms = 0;
}

static void no_randoms(void)
{
	a.party[I].randoms = a.party[R].randoms = 0;
}

static void each_obstacle_is_named(void **state)
{
	static const struct {
		void (*make)(void);
		const char *words;
	} rows[] = {
		{no_address, "an address of this connection is not in the capture"},
		{no_own_address, "an address of this connection is not in the capture"},
		{out_of_band, "out of band"},
		{no_confirms, "no confirm value is in the capture"},
		{no_randoms, "no random value was sent"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)begin_passkey(state);
		set_confirm(I, 3, NULL, false);
		set_confirm(R, 3, NULL, false);
		rows[i].make();
		recompute();
		assert_non_null(strstr(facts.obstacle, rows[i].words));
		assert_false(facts.has_stk);
		assert_int_equal(facts.value_count, 0);
		assert_int_equal(searches, 2);
	}
	/* One of each is enough. */
	(void)begin_passkey(state);
	set_confirm(R, 3, NULL, false);
	a.party[I].randoms = 0;
	recompute();
	assert_int_equal(facts.confirm[R].result, EXPLAIN_RIGHT);
	assert_null(facts.obstacle);
}

static void without_both_feature_pdus_nothing_is_computed(void **state)
{
	for (int end = 0; end < 2; end++) {
		(void)begin(state);
		a.party[end].features.frame = 0;
		recompute();
		assert_false(facts.has_features);
		assert_string_equal(facts.obstacle,
				    "Pairing Request and Response are not both in the capture");
	}
	(void)begin(state);
	a.pairing = false;
	recompute();
	assert_false(facts.has_features);
	assert_null(facts.obstacle);
	assert_int_equal(facts.value_count, 0);
}

/* The TK of Just Works is 0, even without a confirm value that proves it. */
static void just_works_has_an_stk_without_confirm_values(void **state)
{
	(void)state;
	recompute();
	assert_true(facts.has_stk);
	assert_false(facts.has_tk[I]);
	(void)begin(state);
	set_confirm(I, 0, NULL, false);
	recompute();
	assert_true(facts.has_stk);
	/* A confirm value that does not match disproves it. */
	(void)begin(state);
	set_confirm(I, 0, NULL, false);
	set_confirm(R, 0, exchange_addresses, false);
	recompute();
	assert_false(facts.has_stk);
	for (int end = 0; end < 2; end++) {
		(void)begin(state);
		a.party[end].randoms = 0;
		recompute();
		assert_false(facts.has_stk);
	}
}

static void a_key_size_outside_the_limits_has_no_stk(void **state)
{
	static const struct {
		uint8_t size;
		bool has;
	} rows[] = {{6, false}, {7, true}, {16, true}, {17, false}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)begin(state);
		set_features(I, 3, 0, 1, rows[i].size);
		set_features(R, 3, 0, 1, rows[i].size);
		recompute();
		assert_int_equal(facts.has_stk, rows[i].has);
		assert_int_equal(facts.heard, rows[i].has);
	}
}

/* ---- Legacy: the key in use ------------------------------------------------------------------ */

static void stk_of(const uint8_t r1[16], const uint8_t r2[16], uint8_t stk[16])
{
	static const uint8_t tk[16] = {0};

	assert_int_equal(crypto_s1(tk, r1, r2, stk), 0);
}

static void encryption_with_the_stk_is_right(void **state)
{
	const uint8_t *i = a.party[I].random_value[0], *r = a.party[R].random_value[0];

	(void)state;
	a.encrypt.frame = 9;
	a.has_encrypt_key = true;
	stk_of(r, i, a.encrypt_key);
	recompute();
	assert_int_equal(facts.key.result, EXPLAIN_RIGHT);
	assert_value("STK", 9, true, EXPLAIN_RIGHT, a.encrypt_key);
	/* The peripheral's host replies with it. */
	(void)begin(state);
	a.ltk_reply.frame = 8;
	a.has_reply_key = true;
	stk_of(r, i, a.reply_key);
	recompute();
	assert_int_equal(facts.key.result, EXPLAIN_RIGHT);
	assert_value("STK", 8, true, EXPLAIN_RIGHT, a.reply_key);
	for (size_t octet = 0; octet < 16; octet += 15) {
		a.reply_key[octet] ^= 1;
		recompute();
		assert_int_equal(facts.key.result, EXPLAIN_WRONG);
		a.reply_key[octet] ^= 1;
	}
	assert_int_equal(facts.key.tried, 4);
}

static void each_mistake_of_the_stk_is_recognised(void **state)
{
	const uint8_t *i = a.party[I].random_value[0], *r = a.party[R].random_value[0];
	static const char *const how[] = {
		"with the random values exchanged",
		"and not shortened to the negotiated size",
		"in the wrong byte order",
		"with the wrong half of both random values",
	};

	for (size_t k = 0; k < COUNT(how); k++) {
		uint8_t halves[2][16] = {{0}};
		(void)begin(state);
		set_features(I, 3, 0, 1, 10);
		memcpy(halves[0], r + 8, 8);
		memcpy(halves[1], i + 8, 8);
		a.has_encrypt_key = true;
		if (k == 0)
			stk_of(i, r, a.encrypt_key);
		else if (k == 3)
			stk_of(halves[0], halves[1], a.encrypt_key);
		else
			stk_of(r, i, a.encrypt_key);
		if (k != 1)
			crypto_shorten(a.encrypt_key, 10);
		if (k == 2)
			reverse(a.encrypt_key, 16);
		recompute();
		assert_int_equal(facts.key.result, EXPLAIN_EXPLAINED);
		assert_string_equal(facts.key.how, how[k]);
		assert_int_equal(facts.key.tried, k + 1);
	}
}

/* ---- Secure Connections ---------------------------------------------------------------------- */

/* The debug key, Vol 3 Part H 2.3.5.6.1, in wire order. */
static const uint8_t debug_private[32] = {0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58,
					  0x99, 0xb7, 0x40, 0xeb, 0x7b, 0x60, 0xff, 0x4a,
					  0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3, 0xc9, 0x74,
					  0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f};

static struct crypto_keypair pairs[2];

static int begin_secure(void **state)
{
	(void)begin(state);
	for (int end = 0; end < 2; end++) {
		set_features(end, 3, 0, 9, 16);
		if (bytes_all_zero(pairs[end].private_key, 32))
			assert_int_equal(crypto_p256_generate(&pairs[end], crypto_random, NULL), 0);
		memcpy(a.party[end].public_key_value, pairs[end].public_key, 64);
		a.party[end].public_key.frame = 20U + (unsigned)end;
	}
	return 0;
}

static int begin_secure_passkey(void **state)
{
	(void)begin_secure(state);
	set_features(I, 0, 0, 13, 16);
	set_features(R, 2, 0, 13, 16);
	return 0;
}

static void set_commitment(int end, size_t round, uint8_t z)
{
	struct explain_party *p = &a.party[end];

	for (uint8_t i = 0; i < 16; i++)
		p->random_value[round][i] = (uint8_t)(13 * round + 100 * (size_t)end + i);
	assert_int_equal(crypto_f4(p->public_key_value, a.party[!end].public_key_value,
				   p->random_value[round], z, p->confirm_value[round]),
			 0);
	p->confirms = p->randoms = (uint8_t)(round + 1);
	p->confirm.frame = 30U + (unsigned)end;
}

static void the_responders_commitment_matches(void **state)
{
	uint32_t number;

	(void)state;
	set_commitment(R, 0, 0);
	recompute();
	assert_true(facts.features.secure_connections);
	assert_int_equal(facts.commitment[R].result, EXPLAIN_RIGHT);
	assert_int_equal(facts.commitment[I].result, EXPLAIN_UNKNOWN);
	assert_value("responder's commitment", 31, false, EXPLAIN_RIGHT,
		     a.party[R].confirm_value[0]);
	assert_int_equal(crypto_g2(pairs[I].public_key, pairs[R].public_key,
				   a.party[I].random_value[0], a.party[R].random_value[0], &number),
			 0);
	assert_true(facts.has_number);
	assert_int_equal(facts.number, number);
	assert_false(facts.has_ltk);
	assert_false(facts.heard);
	assert_non_null(strstr(facts.obstacle, "private keys that are never sent"));
	for (int end = 0; end < 2; end++) {
		assert_false(facts.bad_point[end]);
		assert_false(facts.debug_key[end]);
	}
	a.party[I].randoms = 0;
	recompute();
	assert_false(facts.has_number);
	assert_int_equal(facts.commitment[R].result, EXPLAIN_RIGHT);
	a.party[R].randoms = 0;
	recompute();
	assert_int_equal(facts.commitment[R].result, EXPLAIN_UNKNOWN);
}

static void each_mistake_of_a_commitment_is_recognised(void **state)
{
	static const struct {
		const char *how;
		bool exchanged, keys, nonce, confirm;
	} rows[] = {
		{"with the two public keys exchanged", true, false, false, false},
		{"with the public keys in the wrong byte order", false, true, false, false},
		{"with the nonce in the wrong byte order", false, false, true, false},
		{"and sent in the wrong byte order", false, false, false, true},
		{"with everything in the wrong byte order", false, true, true, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t u[32], v[32], x[16], was[32];
		(void)begin_secure(state);
		set_commitment(R, 0, 0);
		memcpy(u, a.party[rows[i].exchanged ? I : R].public_key_value, 32);
		memcpy(v, a.party[rows[i].exchanged ? R : I].public_key_value, 32);
		memcpy(x, a.party[R].random_value[0], 16);
		if (rows[i].keys) {
			memcpy(was, u, 32);
			bytes_reverse(u, was, 32);
			memcpy(was, v, 32);
			bytes_reverse(v, was, 32);
		}
		if (rows[i].nonce)
			reverse(x, 16);
		assert_int_equal(crypto_f4(u, v, x, 0, a.party[R].confirm_value[0]), 0);
		if (rows[i].confirm)
			reverse(a.party[R].confirm_value[0], 16);
		recompute();
		assert_int_equal(facts.commitment[R].result, EXPLAIN_EXPLAINED);
		assert_string_equal(facts.commitment[R].how, rows[i].how);
		assert_int_equal(facts.commitment[R].tried, i + 1);
	}
	for (size_t octet = 0; octet < 16; octet += 15) {
		a.party[R].confirm_value[0][octet] ^= 1;
		recompute();
		assert_int_equal(facts.commitment[R].result, EXPLAIN_WRONG);
		a.party[R].confirm_value[0][octet] ^= 1;
	}
	assert_int_equal(facts.commitment[R].tried, COUNT(rows));
}

static void set_rounds(int end, uint32_t passkey, size_t rounds)
{
	for (size_t i = 0; i < rounds; i++)
		set_commitment(end, i, (uint8_t)(0x80 | (passkey >> i & 1)));
}

static void the_rounds_give_the_passkey(void **state)
{
	for (int missing = 0; missing < 2; missing++) {
		(void)begin_secure_passkey(state);
		set_rounds(I, 678901, missing ? 19 : 20);
		set_rounds(R, 678901, 20);
		recompute();
		assert_true(facts.has_sc_passkey);
		assert_int_equal(facts.sc_passkey, 678901);
		assert_false(facts.passkeys_differ);
		assert_int_equal(facts.commitment[I].result, EXPLAIN_RIGHT);
		assert_int_equal(facts.commitment[R].result, EXPLAIN_RIGHT);
		assert_false(facts.has_number);
	}
	(void)begin_secure_passkey(state);
	set_rounds(I, 678901, 20);
	set_rounds(R, 678901, 19);
	recompute();
	assert_true(facts.has_sc_passkey);
	(void)begin_secure_passkey(state);
	set_rounds(I, 678901, 19);
	set_rounds(R, 678901, 19);
	recompute();
	assert_false(facts.has_sc_passkey);
}

static void the_first_round_with_different_bits_is_named(void **state)
{
	(void)state;
	set_rounds(I, 1 | 4 | 32, 8);
	set_rounds(R, 1 | 32, 8);
	recompute();
	assert_true(facts.passkeys_differ);
	assert_int_equal(facts.differ_round, 2);
}

/* A responder that refuses keeps its random value, but after good rounds it is the bit. */
static void a_responder_that_refuses_a_later_round_has_another_bit(void **state)
{
	static const struct {
		int8_t by;
		uint8_t reason;
		size_t rounds[2];
		bool differ;
	} rows[] = {
		{R, SMP_CONFIRM_VALUE_FAILED, {4, 3}, true},
		{I, SMP_CONFIRM_VALUE_FAILED, {4, 3}, false},
		{R, SMP_UNSPECIFIED_REASON, {4, 3}, false},
		{R, SMP_CONFIRM_VALUE_FAILED, {4, 4}, false},
		{R, SMP_CONFIRM_VALUE_FAILED, {5, 3}, false},
		{R, SMP_CONFIRM_VALUE_FAILED, {1, 0}, false},
		{EXPLAIN_NOBODY, 0, {4, 3}, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)begin_secure_passkey(state);
		a.party[I].randoms = a.party[R].randoms = 0;
		set_rounds(I, 0, rows[i].rounds[I]);
		set_rounds(R, 0, rows[i].rounds[R]);
		a.failed.frame = rows[i].by == EXPLAIN_NOBODY ? 0 : 50;
		a.failed_by = rows[i].by;
		a.reason = rows[i].reason;
		recompute();
		assert_int_equal(facts.passkeys_differ, rows[i].differ);
		if (rows[i].differ)
			assert_int_equal(facts.differ_round, 3);
	}
}

static void a_round_that_does_not_match_is_named(void **state)
{
	(void)state;
	set_rounds(I, 5, 6);
	a.party[I].confirm_value[4][3] ^= 1;
	recompute();
	assert_int_equal(facts.commitment[I].result, EXPLAIN_WRONG);
	assert_int_equal(facts.commitment[I].round, 4);
	assert_int_equal(facts.commitment[R].result, EXPLAIN_UNKNOWN);
}

static void points_and_debug_keys_are_recognised(void **state)
{
	for (int end = 0; end < 2; end++) {
		(void)begin_secure(state);
		a.party[end].public_key_value[40] ^= 1;
		assert_int_equal(crypto_p256_public(debug_private, a.party[!end].public_key_value),
				 0);
		recompute();
		assert_true(facts.bad_point[end]);
		assert_false(facts.bad_point[!end]);
		assert_true(facts.debug_key[!end]);
		assert_false(facts.debug_key[end]);
		a.party[!end].public_key.frame = 0;
		recompute();
		assert_true(facts.bad_point[end]);
		assert_false(facts.debug_key[!end]);
		assert_string_equal(facts.obstacle, "the public keys are not both in the capture");
	}
}

static void out_of_band_has_no_commitment_to_check(void **state)
{
	(void)state;
	set_features(I, 3, 1, 9, 16);
	set_features(R, 3, 1, 9, 16);
	set_commitment(R, 0, 0);
	recompute();
	assert_int_equal(facts.features.method, SMP_OOB);
	assert_int_equal(facts.commitment[R].result, EXPLAIN_UNKNOWN);
	assert_false(facts.has_number);
}

/* ---- Secure Connections with a debug key ----------------------------------------------------- */

/* The inputs of the DHKey checks, and a mistake of one end. */
static struct secure {
	uint8_t dhkey[32], r[2][16], iocap[2][3];
	struct crypto_address address[2];
} secure;

static void use_debug_key(int end)
{
	memcpy(pairs[end].private_key, debug_private, 32);
	assert_int_equal(crypto_p256_public(debug_private, pairs[end].public_key), 0);
	memcpy(a.party[end].public_key_value, pairs[end].public_key, 64);
}

static void set_check(int end, size_t last, uint32_t passkey, void (*mistake)(void))
{
	uint8_t mackey[16], ltk[16];

	assert_int_equal(
		crypto_p256_dhkey(
			debug_private,
			a.party[bytes_equal(pairs[I].private_key, debug_private, 32) ? R : I]
				.public_key_value,
			secure.dhkey),
		0);
	for (int i = 0; i < 2; i++) {
		memset(secure.r[i], 0, 16);
		bytes_put_le32(secure.r[i], passkey);
		memcpy(secure.iocap[i], a.party[i].features_pdu + 1, 3);
		secure.address[i] = addresses[i];
	}
	if (mistake)
		mistake();
	assert_int_equal(crypto_f5(secure.dhkey, a.party[I].random_value[last],
				   a.party[R].random_value[last], &secure.address[I],
				   &secure.address[R], mackey, ltk),
			 0);
	assert_int_equal(crypto_f6(mackey, a.party[end].random_value[last],
				   a.party[!end].random_value[last], secure.r[!end],
				   secure.iocap[end], &secure.address[end], &secure.address[!end],
				   a.party[end].check_value),
			 0);
	a.party[end].check.frame = 40U + (unsigned)end;
}

static void forget_pairs(void)
{
	memset(pairs, 0, sizeof(pairs));
}

static void a_debug_key_gives_the_ltk(void **state)
{
	for (int end = 0; end < 2; end++) {
		uint8_t dhkey[32], mackey[16], ltk[16];
		forget_pairs();
		(void)begin_secure(state);
		use_debug_key(end);
		set_features(I, 3, 0, 9, 7);
		set_commitment(R, 0, 0);
		set_check(I, 0, 0, NULL);
		set_check(R, 0, 0, NULL);
		recompute();
		for (int i = 0; i < 2; i++)
			assert_int_equal(facts.check[i].result, EXPLAIN_RIGHT);
		assert_value("initiator's DHKey check", 40, false, EXPLAIN_RIGHT,
			     a.party[I].check_value);
		assert_value("responder's DHKey check", 41, false, EXPLAIN_RIGHT,
			     a.party[R].check_value);
		assert_int_equal(
			crypto_p256_dhkey(pairs[I].private_key, pairs[R].public_key, dhkey), 0);
		assert_int_equal(crypto_f5(dhkey, a.party[I].random_value[0],
					   a.party[R].random_value[0], &addresses[I], &addresses[R],
					   mackey, ltk),
				 0);
		crypto_shorten(ltk, 7);
		assert_true(facts.has_ltk && facts.ltk_computed && facts.heard);
		assert_memory_equal(facts.ltk, ltk, 16);
		assert_value("LTK", 41, true, EXPLAIN_UNKNOWN, ltk);
		assert_null(facts.obstacle);
	}
	forget_pairs();
}

static void a_key_size_outside_the_limits_does_not_shorten(void **state)
{
	static const uint8_t sizes[] = {6, 17};

	forget_pairs();
	for (size_t i = 0; i < COUNT(sizes); i++) {
		(void)begin_secure(state);
		use_debug_key(I);
		set_features(I, 3, 0, 9, sizes[i]);
		set_features(R, 3, 0, 9, sizes[i]);
		recompute();
		assert_true(facts.ltk_computed);
		assert_false(bytes_all_zero(facts.ltk + 7, 9));
	}
	forget_pairs();
}

static void other_type_0(void)
{
	secure.address[0].type ^= 1;
}

static void other_type_1(void)
{
	secure.address[1].type ^= 1;
}

static void exchange_secure_addresses(void)
{
	secure.address[0] = addresses[1];
	secure.address[1] = addresses[0];
}

static void reverse_iocap(void)
{
	reverse(secure.iocap[0], 3);
	reverse(secure.iocap[1], 3);
}

static void exchange_iocap(void)
{
	memcpy(secure.iocap[0], a.party[1].features_pdu + 1, 3);
	memcpy(secure.iocap[1], a.party[0].features_pdu + 1, 3);
}

static void no_passkey(void)
{
	memset(secure.r, 0, sizeof(secure.r));
}

static void each_mistake_of_a_check_is_recognised(void **state)
{
	static const struct {
		const char *how;
		void (*mistake)(void);
	} rows[] = {
		{"with the other address type (public, random) for the initiator", other_type_0},
		{"with the other address type (public, random) for the responder", other_type_1},
		{"with the addresses of initiator and responder exchanged",
		 exchange_secure_addresses},
		{"with IO capability, OOB flag and AuthReq in the wrong order", reverse_iocap},
		{"with the other end's IO capability, OOB flag and AuthReq", exchange_iocap},
		{"without the passkey", no_passkey},
	};

	forget_pairs();
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int end = R; end >= I; end--) {
			(void)begin_secure_passkey(state);
			use_debug_key(R);
			set_rounds(I, 678901, 20);
			set_rounds(R, 678901, 20);
			set_check(end, 19, 678901, rows[i].mistake);
			set_check(!end, 19, 678901, NULL);
			recompute();
			assert_int_equal(facts.check[!end].result, EXPLAIN_RIGHT);
			assert_int_equal(facts.check[end].result, EXPLAIN_EXPLAINED);
			assert_string_equal(facts.check[end].how, rows[i].how);
			assert_int_equal(facts.check[end].tried, i + 1);
		}
	for (size_t octet = 0; octet < 16; octet += 15) {
		a.party[I].check_value[octet] ^= 1;
		recompute();
		assert_int_equal(facts.check[I].result, EXPLAIN_WRONG);
		a.party[I].check_value[octet] ^= 1;
	}
	assert_int_equal(facts.check[I].tried, COUNT(rows));
	assert_true(facts.ltk_computed);
	forget_pairs();
}

static void a_debug_key_is_not_enough_alone(void **state)
{
	static const struct {
		int end;
		bool address;
	} rows[] = {{I, true}, {R, true}, {I, false}, {R, false}};

	forget_pairs();
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)begin_secure(state);
		use_debug_key(I);
		if (rows[i].address)
			a.party[rows[i].end].has_address = false;
		else
			a.party[rows[i].end].randoms = 0;
		recompute();
		assert_false(facts.has_ltk);
		assert_non_null(facts.obstacle);
	}
	/* The last round of passkey entry enters the key. */
	(void)begin_secure_passkey(state);
	use_debug_key(I);
	set_rounds(I, 678901, 20);
	set_rounds(R, 678901, 19);
	recompute();
	assert_false(facts.has_ltk);
	set_rounds(I, 678901, 19);
	set_rounds(R, 678901, 20);
	recompute();
	assert_false(facts.has_ltk);
	(void)begin_secure(state);
	use_debug_key(I);
	set_features(I, 3, 1, 9, 16);
	set_features(R, 3, 1, 9, 16);
	recompute();
	assert_false(facts.has_ltk);
	forget_pairs();
}

/* ---- A key that the capture has -------------------------------------------------------------- */

static void finish_phase_2(void)
{
	static const uint8_t last = SMP_PAIRING_DHKEY_CHECK;

	a.steps[0] = (struct explain_step){
		.at.frame = 1, .layer = EXPLAIN_LAYER_SMP, .from = R, .code = last};
	a.step_count = 1;
}

static void the_ltk_of_the_hosts_command_is_used(void **state)
{
	static const uint8_t ltk[16] = {1, 2, 3}, other[16] = {9};

	for (int air = 0; air < 2; air++) {
		(void)begin_secure(state);
		a.air = air;
		a.has_encrypt_key = a.has_reply_key = true;
		memcpy(a.encrypt_key, ltk, 16);
		memcpy(a.reply_key, other, 16);
		a.encrypt.frame = 60;
		a.ltk_reply.frame = 61;
		recompute();
		assert_false(facts.has_ltk); /* a key of another pairing */
		finish_phase_2();
		recompute();
		assert_true(facts.has_ltk);
		assert_false(facts.ltk_computed);
		assert_memory_equal(facts.ltk, ltk, 16);
		assert_value(air ? "LTK of this link" : "LTK, from the host's command", 60, true,
			     EXPLAIN_UNKNOWN, ltk);
	}
	a.has_encrypt_key = false;
	a.air = false;
	recompute();
	assert_value("LTK, from the host's command", 61, true, EXPLAIN_UNKNOWN, other);
	a.has_reply_key = false;
	recompute();
	assert_false(facts.has_ltk);
}

static void the_key_of_a_link_without_pairing_is_shown(void **state)
{
	static const uint8_t ltk[16] = {1, 2, 3};

	(void)state;
	a.pairing = false;
	a.air = a.has_encrypt_key = true;
	a.encrypt.frame = 60;
	memcpy(a.encrypt_key, ltk, 16);
	recompute();
	assert_value("LTK of this link", 60, true, EXPLAIN_UNKNOWN, ltk);
	assert_int_equal(facts.value_count, 1);
	a.has_encrypt_key = false;
	recompute();
	assert_int_equal(facts.value_count, 0);
	a.has_encrypt_key = true;
	a.air = false; /* a host's command is shown among its steps */
	recompute();
	assert_int_equal(facts.value_count, 0);
}

static void more_than_twelve_values_do_not_fit(void **state)
{
	static const uint8_t octets[16] = {1};

	(void)state;
	memset(&facts, 0, sizeof(facts));
	for (uint64_t i = 0; i < EXPLAIN_VALUES + 1; i++)
		analyse_note_value(&facts, "value", i, false, EXPLAIN_RIGHT, octets);
	assert_int_equal(facts.value_count, EXPLAIN_VALUES);
	assert_int_equal(facts.values[EXPLAIN_VALUES - 1].frame, EXPLAIN_VALUES - 1);
}

/* ---- Secrets --------------------------------------------------------------------------------- */

static void no_secret_stays_on_the_stack(void **state)
{
	uint8_t tk[16] = {0}, mackey[16], ltk[16], stk[16], halves[2][16] = {{0}};

	bytes_put_le32(tk, 0x01d2c3);
	(void)begin_passkey(state);
	a.has_passkey = true;
	a.passkey = 0x01d2c3;
	set_confirm(I, 0x01d2c3, NULL, false);
	set_confirm(R, 0x01d2c3, exchange_addresses, false);
	stack_run(recompute);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_EXPLAINED);
	assert_int_equal(stack_count(tk, 16), 0);
	set_confirm(R, 0x01d2c3, NULL, false);
	a.has_encrypt_key = true;
	stack_run(recompute);
	assert_true(facts.has_stk);
	assert_int_equal(stack_count(tk, 16), 0);
	assert_int_equal(stack_count(facts.stk, 16), 0);
	assert_int_equal(crypto_s1(tk, a.party[R].random_value[0], a.party[I].random_value[0], stk),
			 0);
	/* Nor does the key of the last mistake stay. */
	memcpy(halves[0], a.party[R].random_value[0] + 8, 8);
	memcpy(halves[1], a.party[I].random_value[0] + 8, 8);
	assert_int_equal(crypto_s1(tk, halves[0], halves[1], stk), 0);
	assert_int_equal(stack_count(stk, 16), 0);

	forget_pairs();
	(void)begin_secure_passkey(state);
	use_debug_key(I);
	set_rounds(I, 678901, 20);
	set_rounds(R, 678901, 20);
	set_check(I, 19, 678901, NULL);
	set_check(R, 19, 678901, other_type_0);
	stack_run(recompute);
	assert_true(facts.ltk_computed);
	for (int mistaken = 0; mistaken < 2; mistaken++) {
		if (!mistaken)
			other_type_0(); /* back to the right one */
		assert_int_equal(crypto_f5(secure.dhkey, a.party[I].random_value[19],
					   a.party[R].random_value[19], &secure.address[I],
					   &secure.address[R], mackey, ltk),
				 0);
		assert_int_equal(stack_count(ltk, 16), 0);
		assert_int_equal(stack_count(mackey, 16), 0);
		other_type_0();
	}
	assert_int_equal(stack_count(secure.dhkey, 32), 0);
	forget_pairs();
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
#define LEGACY(name)	     cmocka_unit_test_setup(name, begin)
#define PASSKEY(name)	     cmocka_unit_test_setup(name, begin_passkey)
#define SECURE(name)	     cmocka_unit_test_setup(name, begin_secure)
#define SECURE_PASSKEY(name) cmocka_unit_test_setup(name, begin_secure_passkey)
	const struct CMUnitTest tests[] = {
		LEGACY(the_values_of_just_works_match),
		PASSKEY(a_passkey_is_searched_once),
		PASSKEY(different_passkeys_are_both_found),
		PASSKEY(a_known_passkey_needs_no_search),
		PASSKEY(without_a_search_a_passkey_stays_unknown),
		PASSKEY(a_value_that_nothing_explains_is_wrong),
		PASSKEY(both_values_may_be_wrong),
		PASSKEY(each_known_mistake_is_recognised),
		PASSKEY(the_responders_passkey_explains_the_initiators_mistake),
		LEGACY(a_mistake_of_just_works_needs_no_passkey),
		PASSKEY(each_obstacle_is_named),
		LEGACY(without_both_feature_pdus_nothing_is_computed),
		LEGACY(just_works_has_an_stk_without_confirm_values),
		LEGACY(a_key_size_outside_the_limits_has_no_stk),
		LEGACY(encryption_with_the_stk_is_right),
		LEGACY(each_mistake_of_the_stk_is_recognised),
		SECURE(the_responders_commitment_matches),
		SECURE(each_mistake_of_a_commitment_is_recognised),
		SECURE_PASSKEY(the_rounds_give_the_passkey),
		SECURE_PASSKEY(the_first_round_with_different_bits_is_named),
		SECURE_PASSKEY(a_responder_that_refuses_a_later_round_has_another_bit),
		SECURE_PASSKEY(a_round_that_does_not_match_is_named),
		SECURE(points_and_debug_keys_are_recognised),
		SECURE(out_of_band_has_no_commitment_to_check),
		SECURE(a_debug_key_gives_the_ltk),
		SECURE(a_key_size_outside_the_limits_does_not_shorten),
		SECURE_PASSKEY(each_mistake_of_a_check_is_recognised),
		SECURE(a_debug_key_is_not_enough_alone),
		SECURE(the_ltk_of_the_hosts_command_is_used),
		LEGACY(the_key_of_a_link_without_pairing_is_shown),
		LEGACY(more_than_twelve_values_do_not_fit),
		PASSKEY(no_secret_stays_on_the_stack),
	};
	return cmocka_run_group_tests_name("explain/analyse/recompute", tests, start, NULL);
}
