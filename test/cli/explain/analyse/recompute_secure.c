/* SPDX-License-Identifier: MIT */
/* Values of Secure Connections, right and with each known mistake. */
#include "analyse/recompute_secure.h"

#include <string.h>

#include "cli/explain/analyse/recompute_fixture.h"
#include "cli/explain/debug_key.h"
#include "crypto/bytes.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "stack.h"

/* ---- Commitments and rounds ------------------------------------------------------------------ */

static void set_commitment(int end, size_t round, uint8_t z)
{
	struct explain_party *p = &attempt.party[end];

	for (uint8_t i = 0; i < 16; i++)
		p->random_value[round][i] = (uint8_t)(13 * round + 100 * (size_t)end + i);
	assert_int_equal(crypto_f4(p->public_key_value, attempt.party[!end].public_key_value,
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
		     attempt.party[R].confirm_value[0]);
	assert_int_equal(crypto_g2(pairs[I].public_key, pairs[R].public_key,
				   attempt.party[I].random_value[0],
				   attempt.party[R].random_value[0], &number),
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
	attempt.party[I].randoms = 0;
	recompute();
	assert_false(facts.has_number);
	assert_int_equal(facts.commitment[R].result, EXPLAIN_RIGHT);
	attempt.party[R].randoms = 0;
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
		memcpy(u, attempt.party[rows[i].exchanged ? I : R].public_key_value, 32);
		memcpy(v, attempt.party[rows[i].exchanged ? R : I].public_key_value, 32);
		memcpy(x, attempt.party[R].random_value[0], 16);
		if (rows[i].keys) {
			memcpy(was, u, 32);
			bytes_reverse(u, was, 32);
			memcpy(was, v, 32);
			bytes_reverse(v, was, 32);
		}
		if (rows[i].nonce)
			reverse(x, 16);
		assert_int_equal(crypto_f4(u, v, x, 0, attempt.party[R].confirm_value[0]), 0);
		if (rows[i].confirm)
			reverse(attempt.party[R].confirm_value[0], 16);
		recompute();
		assert_int_equal(facts.commitment[R].result, EXPLAIN_EXPLAINED);
		assert_string_equal(facts.commitment[R].how, rows[i].how);
		assert_int_equal(facts.commitment[R].tried, i + 1);
	}
	for (size_t octet = 0; octet < 16; octet += 15) {
		attempt.party[R].confirm_value[0][octet] ^= 1;
		recompute();
		assert_int_equal(facts.commitment[R].result, EXPLAIN_WRONG);
		attempt.party[R].confirm_value[0][octet] ^= 1;
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
		attempt.party[I].randoms = attempt.party[R].randoms = 0;
		set_rounds(I, 0, rows[i].rounds[I]);
		set_rounds(R, 0, rows[i].rounds[R]);
		attempt.failed.frame = rows[i].by == EXPLAIN_NOBODY ? 0 : 50;
		attempt.failed_by = rows[i].by;
		attempt.reason = rows[i].reason;
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
	attempt.party[I].confirm_value[4][3] ^= 1;
	recompute();
	assert_int_equal(facts.commitment[I].result, EXPLAIN_WRONG);
	assert_int_equal(facts.commitment[I].round, 4);
	assert_int_equal(facts.commitment[R].result, EXPLAIN_UNKNOWN);
}

static void points_and_debug_keys_are_recognised(void **state)
{
	for (int end = 0; end < 2; end++) {
		(void)begin_secure(state);
		attempt.party[end].public_key_value[40] ^= 1;
		assert_int_equal(
			crypto_p256_public(debug_private, attempt.party[!end].public_key_value), 0);
		recompute();
		assert_true(facts.bad_point[end]);
		assert_false(facts.bad_point[!end]);
		assert_true(facts.debug_key[!end]);
		assert_false(facts.debug_key[end]);
		attempt.party[!end].public_key = (struct explain_mark){0};
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

/* ---- With a debug key ------------------------------------------------------------------------ */

/* The inputs of the DHKey checks, and a mistake of one end. */
static struct secure {
	uint8_t dhkey[32], r[2][16], iocap[2][3];
	struct crypto_address address[2];
} secure;

static void use_debug_key(int end)
{
	memcpy(pairs[end].private_key, debug_private, 32);
	assert_int_equal(crypto_p256_public(debug_private, pairs[end].public_key), 0);
	memcpy(attempt.party[end].public_key_value, pairs[end].public_key, 64);
}

static void set_check(int end, size_t last, uint32_t passkey, void (*mistake)(void))
{
	uint8_t mackey[16], ltk[16];

	assert_int_equal(
		crypto_p256_dhkey(
			debug_private,
			attempt.party[bytes_equal(pairs[I].private_key, debug_private, 32) ? R : I]
				.public_key_value,
			secure.dhkey),
		0);
	for (int i = 0; i < 2; i++) {
		memset(secure.r[i], 0, 16);
		bytes_put_le32(secure.r[i], passkey);
		memcpy(secure.iocap[i], attempt.party[i].features_pdu + 1, 3);
		secure.address[i] = addresses[i];
	}
	if (mistake)
		mistake();
	assert_int_equal(crypto_f5(secure.dhkey, attempt.party[I].random_value[last],
				   attempt.party[R].random_value[last], &secure.address[I],
				   &secure.address[R], mackey, ltk),
			 0);
	assert_int_equal(crypto_f6(mackey, attempt.party[end].random_value[last],
				   attempt.party[!end].random_value[last], secure.r[!end],
				   secure.iocap[end], &secure.address[end], &secure.address[!end],
				   attempt.party[end].check_value),
			 0);
	attempt.party[end].check.frame = 40U + (unsigned)end;
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
			     attempt.party[I].check_value);
		assert_value("responder's DHKey check", 41, false, EXPLAIN_RIGHT,
			     attempt.party[R].check_value);
		assert_int_equal(
			crypto_p256_dhkey(pairs[I].private_key, pairs[R].public_key, dhkey), 0);
		assert_int_equal(crypto_f5(dhkey, attempt.party[I].random_value[0],
					   attempt.party[R].random_value[0], &addresses[I],
					   &addresses[R], mackey, ltk),
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
	memcpy(secure.iocap[0], attempt.party[1].features_pdu + 1, 3);
	memcpy(secure.iocap[1], attempt.party[0].features_pdu + 1, 3);
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
		attempt.party[I].check_value[octet] ^= 1;
		recompute();
		assert_int_equal(facts.check[I].result, EXPLAIN_WRONG);
		attempt.party[I].check_value[octet] ^= 1;
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
			attempt.party[rows[i].end].has_address = false;
		else
			attempt.party[rows[i].end].randoms = 0;
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

/* ---- Secrets --------------------------------------------------------------------------------- */

static void no_secret_stays_on_the_stack(void **state)
{
	uint8_t mackey[16], ltk[16];

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
		assert_int_equal(crypto_f5(secure.dhkey, attempt.party[I].random_value[19],
					   attempt.party[R].random_value[19], &secure.address[I],
					   &secure.address[R], mackey, ltk),
				 0);
		assert_false(stack_holds(ltk, 16));
		assert_false(stack_holds(mackey, 16));
		other_type_0();
	}
	assert_false(stack_holds(secure.dhkey, 32));
	forget_pairs();
}

int main(void)
{
#define SECURE(name)	     cmocka_unit_test_setup(name, begin_secure)
#define SECURE_PASSKEY(name) cmocka_unit_test_setup(name, begin_secure_passkey)
	const struct CMUnitTest tests[] = {
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
		SECURE_PASSKEY(no_secret_stays_on_the_stack),
	};
	return cmocka_run_group_tests_name("explain/analyse/recompute_secure", tests, start, NULL);
}
