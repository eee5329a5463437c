/* SPDX-License-Identifier: MIT */
/* Values of legacy pairing, right and with each known mistake. */
#include "analyse/recompute_legacy.h"

#include <string.h>

#include "cli/explain/analyse/recompute_fixture.h"
#include "crypto/bytes.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "stack.h"

/* ---- Confirm values -------------------------------------------------------------------------- */

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
	assert_int_equal(crypto_s1(zero, attempt.party[R].random_value[0],
				   attempt.party[I].random_value[0], stk),
			 0);
	crypto_shorten(stk, 7);
	assert_true(facts.has_stk);
	assert_true(facts.heard);
	assert_memory_equal(facts.stk, stk, 16);
	assert_int_equal(facts.key.result, EXPLAIN_UNKNOWN);
	assert_value("initiator's confirm value", 3, false, EXPLAIN_RIGHT,
		     attempt.party[I].confirm_value[0]);
	assert_value("responder's confirm value", 4, false, EXPLAIN_RIGHT,
		     attempt.party[R].confirm_value[0]);
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
	attempt.has_passkey = true;
	attempt.passkey = 7;
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
	attempt.party[R].confirm_value[0][0] ^= 1;
	recompute();
	assert_int_equal(facts.confirm[R].result, EXPLAIN_WRONG);
	attempt.party[R].confirm_value[0][0] ^= 1;
	attempt.party[R].confirm_value[0][15] ^= 1;
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
		attempt.party[end].confirm_value[0][7] ^= 1;
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
	attempt.party[I].confirm_value[0][7] ^= 1;
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
	memcpy(in->preq, attempt.party[R].features_pdu, 7);
	memcpy(in->pres, attempt.party[I].features_pdu, 7);
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
		     attempt.party[I].confirm_value[0]);
}

/* ---- Obstacles ------------------------------------------------------------------------------- */

static void no_address(void)
{
	attempt.party[R].has_address = false;
}

static void no_own_address(void)
{
	attempt.party[I].has_address = false;
}

static void out_of_band(void)
{
	set_features(I, 3, 1, 5, 16);
	set_features(R, 3, 1, 5, 16);
}

static void no_confirms(void)
{
	attempt.party[I].confirms = attempt.party[R].confirms = 0;
}

static void no_randoms(void)
{
	attempt.party[I].randoms = attempt.party[R].randoms = 0;
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
	attempt.party[I].randoms = 0;
	recompute();
	assert_int_equal(facts.confirm[R].result, EXPLAIN_RIGHT);
	assert_null(facts.obstacle);
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
		attempt.party[end].randoms = 0;
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

/* ---- The key in use -------------------------------------------------------------------------- */

static void stk_of(const uint8_t r1[16], const uint8_t r2[16], uint8_t stk[16])
{
	static const uint8_t tk[16] = {0};

	assert_int_equal(crypto_s1(tk, r1, r2, stk), 0);
}

static void encryption_with_the_stk_is_right(void **state)
{
	const uint8_t *i = attempt.party[I].random_value[0], *r = attempt.party[R].random_value[0];

	(void)state;
	attempt.encrypt.frame = 9;
	attempt.has_encrypt_key = true;
	stk_of(r, i, attempt.encrypt_key);
	recompute();
	assert_int_equal(facts.key.result, EXPLAIN_RIGHT);
	assert_value("STK", 9, true, EXPLAIN_RIGHT, attempt.encrypt_key);
	/* The peripheral's host replies with it. */
	(void)begin(state);
	attempt.ltk_reply.frame = 8;
	attempt.has_reply_key = true;
	stk_of(r, i, attempt.reply_key);
	recompute();
	assert_int_equal(facts.key.result, EXPLAIN_RIGHT);
	assert_value("STK", 8, true, EXPLAIN_RIGHT, attempt.reply_key);
	for (size_t octet = 0; octet < 16; octet += 15) {
		attempt.reply_key[octet] ^= 1;
		recompute();
		assert_int_equal(facts.key.result, EXPLAIN_WRONG);
		attempt.reply_key[octet] ^= 1;
	}
	assert_int_equal(facts.key.tried, 4);
}

static void each_mistake_of_the_stk_is_recognised(void **state)
{
	const uint8_t *i = attempt.party[I].random_value[0], *r = attempt.party[R].random_value[0];
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
		attempt.has_encrypt_key = true;
		if (k == 0)
			stk_of(i, r, attempt.encrypt_key);
		else if (k == 3)
			stk_of(halves[0], halves[1], attempt.encrypt_key);
		else
			stk_of(r, i, attempt.encrypt_key);
		if (k != 1)
			crypto_shorten(attempt.encrypt_key, 10);
		if (k == 2)
			reverse(attempt.encrypt_key, 16);
		recompute();
		assert_int_equal(facts.key.result, EXPLAIN_EXPLAINED);
		assert_string_equal(facts.key.how, how[k]);
		assert_int_equal(facts.key.tried, k + 1);
	}
}

/* ---- Secrets --------------------------------------------------------------------------------- */

static void no_secret_stays_on_the_stack(void **state)
{
	uint8_t tk[16] = {0}, stk[16], halves[2][16] = {{0}};

	bytes_put_le32(tk, 0x01d2c3);
	(void)begin_passkey(state);
	attempt.has_passkey = true;
	attempt.passkey = 0x01d2c3;
	set_confirm(I, 0x01d2c3, NULL, false);
	set_confirm(R, 0x01d2c3, exchange_addresses, false);
	stack_run(recompute);
	assert_int_equal(facts.confirm[R].result, EXPLAIN_EXPLAINED);
	assert_false(stack_holds(tk, 16));
	set_confirm(R, 0x01d2c3, NULL, false);
	attempt.has_encrypt_key = true;
	stack_run(recompute);
	assert_true(facts.has_stk);
	assert_false(stack_holds(tk, 16));
	assert_false(stack_holds(facts.stk, 16));
	assert_int_equal(crypto_s1(tk, attempt.party[R].random_value[0],
				   attempt.party[I].random_value[0], stk),
			 0);
	/* Nor does the key of the last mistake stay. */
	memcpy(halves[0], attempt.party[R].random_value[0] + 8, 8);
	memcpy(halves[1], attempt.party[I].random_value[0] + 8, 8);
	assert_int_equal(crypto_s1(tk, halves[0], halves[1], stk), 0);
	assert_false(stack_holds(stk, 16));
}

int main(void)
{
#define LEGACY(name)  cmocka_unit_test_setup(name, begin)
#define PASSKEY(name) cmocka_unit_test_setup(name, begin_passkey)
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
		LEGACY(just_works_has_an_stk_without_confirm_values),
		LEGACY(a_key_size_outside_the_limits_has_no_stk),
		LEGACY(encryption_with_the_stk_is_right),
		LEGACY(each_mistake_of_the_stk_is_recognised),
		PASSKEY(no_secret_stays_on_the_stack),
	};
	return cmocka_run_group_tests_name("explain/analyse/recompute_legacy", tests, start, NULL);
}
