/* SPDX-License-Identifier: MIT */
#include "analyse/history.h"

#include <string.h>

#include "unit.h"

static struct explain_history history;
static struct explain_attempt a;
static struct explain_facts facts;

static int begin(void **state)
{
	(void)state;
	memset(&history, 0, sizeof(history));
	memset(&facts, 0, sizeof(facts));
	explain_attempt_init(&a, 1);
	return 0;
}

/* A value that depends on n. */
static const uint8_t *octets(unsigned n)
{
	static uint8_t value[64];

	memset(value, 0x77, sizeof(value));
	value[0] = (uint8_t)n;
	value[1] = (uint8_t)(n >> 8);
	return value;
}

static void set_nonce(int end, unsigned n, uint64_t frame)
{
	a.party[end].randoms = 1;
	a.party[end].random.frame = frame;
	memcpy(a.party[end].random_value[0], octets(n), 16);
}

static void values_of_both_ends_are_found_by_their_kind(void **state)
{
	static const struct {
		enum explain_kept kind;
		int end;
		unsigned n;
	} rows[] = {
		{EXPLAIN_KEPT_NONCE, 0, 1},	 {EXPLAIN_KEPT_NONCE, 1, 2},
		{EXPLAIN_KEPT_PUBLIC_KEY, 0, 3}, {EXPLAIN_KEPT_PUBLIC_KEY, 1, 4},
		{EXPLAIN_KEPT_LTK, 0, 5},	 {EXPLAIN_KEPT_LTK, 1, 6},
	};

	(void)state;
	for (unsigned end = 0; end < 2; end++) {
		struct explain_party *p = &a.party[end];
		set_nonce((int)end, 1 + end, 11 + end);
		p->public_key.frame = 13 + end;
		memcpy(p->public_key_value, octets(3 + end), 64);
		p->ltk.frame = 15 + end;
		memcpy(p->ltk_value, octets(5 + end), 16);
	}
	history_add(&history, &a, &facts, true);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int kind = EXPLAIN_KEPT_NONCE; kind <= EXPLAIN_KEPT_LTK; kind++) {
			const struct explain_kept_value *v = history_find_value(
				&history, (enum explain_kept)kind, octets(rows[i].n));
			assert_int_equal(v != NULL, kind == (int)rows[i].kind);
			if (!v)
				continue;
			assert_int_equal(v->frame, 10 + rows[i].n);
			assert_true(v->failed);
		}
	begin(state);
	set_nonce(1, 1, 11);
	history_add(&history, &a, &facts, false);
	assert_false(history_find_value(&history, EXPLAIN_KEPT_NONCE, octets(1))->failed);
	assert_int_equal(history.value_count, 1);
	assert_null(history_find_value(&history, EXPLAIN_KEPT_LTK, octets(0)));
}

static void the_oldest_of_48_values_makes_room(void **state)
{
	(void)state;
	for (unsigned n = 0; n < EXPLAIN_KEPT_VALUES; n++) {
		set_nonce(0, n, n + 1);
		history_add(&history, &a, &facts, false);
	}
	assert_non_null(history_find_value(&history, EXPLAIN_KEPT_NONCE, octets(0)));
	set_nonce(0, EXPLAIN_KEPT_VALUES, 99);
	history_add(&history, &a, &facts, false);
	assert_null(history_find_value(&history, EXPLAIN_KEPT_NONCE, octets(0)));
	for (unsigned n = 1; n <= EXPLAIN_KEPT_VALUES; n++)
		assert_non_null(history_find_value(&history, EXPLAIN_KEPT_NONCE, octets(n)));
}

/* ---- Peers ----------------------------------------------------------------------------------- */

static void set_peer(unsigned n)
{
	for (int end = 0; end < 2; end++) {
		a.party[end].has_address = true;
		a.party[end].address.type = 1;
		memcpy(a.party[end].address.octets, octets(end ? n : 7), 6);
	}
	facts.has_features = true;
	a.party[EXPLAIN_R].features.frame = 100 + n;
}

static void the_best_of_two_ends_is_remembered(void **state)
{
	(void)state;
	set_peer(1);
	facts.features.key_size = 10;
	assert_null(history_find_peer(&history, &a));
	history_add(&history, &a, &facts, false);
	const struct explain_kept_peer *p = history_find_peer(&history, &a);
	assert_non_null(p);
	assert_int_equal(p->frame, 101);
	assert_false(p->secure_connections);
	assert_false(p->has_passkey);
	facts.features.secure_connections = true;
	facts.features.key_size = 16;
	facts.has_sc_passkey = true;
	facts.sc_passkey = 123456;
	a.party[EXPLAIN_R].features.frame = 555;
	history_add(&history, &a, &facts, false);
	facts.features.secure_connections = facts.has_sc_passkey = false;
	facts.features.key_size = 7;
	history_add(&history, &a, &facts, false);
	assert_ptr_equal(history_find_peer(&history, &a), p);
	assert_int_equal(history.peer_count, 1);
	assert_int_equal(p->frame, 101);
	assert_true(p->secure_connections);
	assert_int_equal(p->key_size, 16);
	assert_true(p->has_passkey);
	assert_int_equal(p->passkey, 123456);
}

static void ends_differ_by_address_and_type(void **state)
{
	(void)state;
	set_peer(1);
	history_add(&history, &a, &facts, false);
	for (int end = 0; end < 2; end++) {
		a.party[end].address.type = 0;
		assert_null(history_find_peer(&history, &a));
		history_add(&history, &a, &facts, false);
		assert_int_equal(history.peer_count, 2 + 2 * end);
		a.party[end].address.type = 1;
		a.party[end].address.octets[5] ^= 1;
		assert_null(history_find_peer(&history, &a));
		history_add(&history, &a, &facts, false);
		assert_int_equal(history.peer_count, 3 + 2 * end);
		a.party[end].address.octets[5] ^= 1;
	}
	for (int end = 0; end < 2; end++) {
		a.party[end].has_address = false;
		assert_null(history_find_peer(&history, &a));
		history_add(&history, &a, &facts, false);
		a.party[end].has_address = true;
	}
	facts.has_features = false;
	a.party[0].address.octets[0] ^= 1;
	history_add(&history, &a, &facts, false);
	assert_int_equal(history.peer_count, 5);
}

static void the_oldest_of_16_peers_makes_room(void **state)
{
	(void)state;
	for (unsigned n = 0; n < EXPLAIN_KEPT_PEERS; n++) {
		set_peer(n);
		facts.features.key_size = n ? 7 : 16;
		history_add(&history, &a, &facts, false);
	}
	set_peer(0);
	assert_non_null(history_find_peer(&history, &a));
	set_peer(EXPLAIN_KEPT_PEERS);
	history_add(&history, &a, &facts, false);
	assert_int_equal(history_find_peer(&history, &a)->key_size, 7);
	set_peer(0);
	assert_null(history_find_peer(&history, &a));
	for (unsigned n = 1; n <= EXPLAIN_KEPT_PEERS; n++) {
		set_peer(n);
		assert_int_equal(history_find_peer(&history, &a)->frame, 100 + n);
	}
}

/* ---- Traces, bonds and requests -------------------------------------------------------------- */

static void a_trace_is_the_same_when_both_ends_repeat_one_attempt(void **state)
{
	(void)state;
	set_nonce(0, 1, 11);
	set_nonce(1, 2, 12);
	assert_false(history_has_trace(&history, &a));
	history_add(&history, &a, &facts, false);
	assert_true(history_has_trace(&history, &a));
	set_nonce(1, 3, 13);
	assert_false(history_has_trace(&history, &a));
	a.id = 2;
	history_add(&history, &a, &facts, false);
	set_nonce(0, 4, 14);
	a.id = 3;
	history_add(&history, &a, &facts, false);
	set_nonce(0, 4, 15);
	set_nonce(1, 2, 16); /* of different attempts */
	assert_false(history_has_trace(&history, &a));
}

static void bond(unsigned peer, uint64_t frame)
{
	set_peer(peer);
	a.captured_end = 0;
	a.pairing = false;
	a.encrypted.frame = frame;
	history_add(&history, &a, &facts, false);
}

static void a_bond_is_found_by_the_address_of_the_peer(void **state)
{
	(void)state;
	bond(1, 40);
	bond(1, 50);
	assert_int_equal(history_find_bond(&history, &a)->frame, 50);
	a.party[0].has_address = false; /* of the captured host */
	assert_int_equal(history_find_bond(&history, &a)->frame, 50);
	set_peer(2);
	assert_null(history_find_bond(&history, &a));
	a.party[1].has_address = false;
	assert_null(history_find_bond(&history, &a));
}

static void only_a_pairing_with_bonding_that_encrypted_makes_a_bond(void **state)
{
	(void)state;
	set_peer(1);
	a.pairing = true;
	a.encrypted.frame = 40;
	history_add(&history, &a, &facts, false);
	facts.features.request.auth_req = facts.features.response.auth_req = SMP_AUTH_BONDING;
	a.encrypt_status = 6;
	history_add(&history, &a, &facts, false);
	a.encrypt_status = 0;
	history_add(&history, &a, &facts, true);
	assert_null(history_find_bond(&history, &a));
	history_add(&history, &a, &facts, false);
	assert_int_equal(history_find_bond(&history, &a)->frame, 40);
}

static void the_oldest_of_16_bonds_makes_room(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= EXPLAIN_KEPT_BONDS; n++)
		bond(n, 40 + n);
	set_peer(0);
	assert_null(history_find_bond(&history, &a));
	set_peer(1);
	assert_non_null(history_find_bond(&history, &a));
}

static void request(uint8_t auth, uint64_t frame, bool answered)
{
	memset(&a.failed, 0, sizeof(a.failed));
	a.party[0].features.frame = frame;
	a.party[0].features_pdu[3] = auth;
	a.party[1].features.frame = answered ? frame + 1 : 0;
	if (!answered)
		a.failed.frame = frame + 1;
	a.failed_by = EXPLAIN_R;
	history_add(&history, &a, &facts, !answered);
}

static void the_last_request_with_another_fate_is_found(void **state)
{
	(void)state;
	assert_null(history_find_request(&history, &a, true));
	request(1, 10, true);
	request(2, 20, true);
	assert_null(history_find_request(&history, &a, false));
	request(3, 30, false);
	assert_int_equal(history_find_request(&history, &a, true)->frame, 20);
	assert_int_equal(history_find_request(&history, &a, true)->pdu[3], 2);
	assert_int_equal(history_find_request(&history, &a, false)->frame, 30);
	for (unsigned n = 0; n < EXPLAIN_KEPT_REQUESTS; n++)
		request(4, 100 + n, false);
	assert_null(history_find_request(&history, &a, true));
}

/* ---- Resolvable addresses -------------------------------------------------------------------- */

static void set_irk(int end, unsigned n)
{
	a.party[end].irk.frame = 1;
	memcpy(a.party[end].irk_value, octets(n), 16);
	a.party[end].address.octets[0] = (uint8_t)n;
}

static struct crypto_address resolvable(unsigned n)
{
	struct crypto_address address = {.type = 1, .octets = {0, 0, 0, 1, 2, 0x43}};

	assert_int_equal(crypto_ah(octets(n), address.octets + 3, address.octets), 0);
	return address;
}

static bool resolves(unsigned n, struct crypto_address *identity)
{
	const struct crypto_address address = resolvable(n);

	memset(identity, 0, sizeof(*identity));
	return history_resolve(&history, &a, &address, identity);
}

static void an_address_is_resolved_by_irks_of_this_and_earlier_attempts(void **state)
{
	struct crypto_address identity;

	for (int end = 0; end < 2; end++)
		for (int has_identity = 0; has_identity < 2; has_identity++) {
			begin(state);
			set_irk(end, 9);
			if (has_identity) {
				a.party[end].identity.frame = 2;
				a.party[end].identity_value.octets[0] = 42;
			}
			for (int before = 0; before < 2; before++) {
				assert_true(resolves(9, &identity));
				assert_int_equal(identity.octets[0], has_identity ? 42 : 9);
				assert_false(resolves(8, &identity));
				history_add(&history, &a, &facts, false);
				explain_attempt_init(&a, 2);
			}
			assert_int_equal(history.irk_count, 1);
		}
}

static void the_hosts_kernel_may_have_resolved_the_address(void **state)
{
	struct crypto_address identity, address = resolvable(9);

	(void)state;
	a.party[1].has_address = true;
	a.party[1].address = address;
	assert_false(history_resolve(&history, &a, &address, &identity));
	a.party[1].is_reported = true;
	a.party[1].reported = resolvable(8);
	assert_false(history_resolve(&history, &a, &address, &identity));
	a.party[1].reported = (struct crypto_address){.octets = {7}};
	assert_true(history_resolve(&history, &a, &address, &identity));
	assert_int_equal(identity.octets[0], 7);
}

static void only_resolvable_addresses_are_resolved(void **state)
{
	struct crypto_address identity, address = resolvable(9);

	(void)state;
	set_irk(0, 9);
	assert_true(history_resolve(&history, &a, &address, &identity));
	address.type = 0;
	assert_false(history_resolve(&history, &a, &address, &identity));
	/* Of a static random one, the highest bits are 11. */
	address = (struct crypto_address){.type = 1, .octets = {0, 0, 0, 1, 2, 0xc3}};
	assert_int_equal(crypto_ah(octets(9), address.octets + 3, address.octets), 0);
	assert_false(history_resolve(&history, &a, &address, &identity));
}

static void the_oldest_of_16_irks_makes_room(void **state)
{
	struct crypto_address identity;

	for (unsigned n = 0; n <= EXPLAIN_KEPT_IRKS; n++) {
		set_irk(0, n);
		history_add(&history, &a, &facts, false);
		explain_attempt_init(&a, n);
		assert_true(resolves(0, &identity) || n == EXPLAIN_KEPT_IRKS);
	}
	(void)state;
	assert_false(resolves(0, &identity));
	for (unsigned n = 1; n <= EXPLAIN_KEPT_IRKS; n++)
		assert_true(resolves(n, &identity));
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(values_of_both_ends_are_found_by_their_kind),
		TEST(the_oldest_of_48_values_makes_room),
		TEST(the_best_of_two_ends_is_remembered),
		TEST(ends_differ_by_address_and_type),
		TEST(the_oldest_of_16_peers_makes_room),
		TEST(a_trace_is_the_same_when_both_ends_repeat_one_attempt),
		TEST(a_bond_is_found_by_the_address_of_the_peer),
		TEST(only_a_pairing_with_bonding_that_encrypted_makes_a_bond),
		TEST(the_oldest_of_16_bonds_makes_room),
		TEST(the_last_request_with_another_fate_is_found),
		TEST(an_address_is_resolved_by_irks_of_this_and_earlier_attempts),
		TEST(only_resolvable_addresses_are_resolved),
		TEST(the_hosts_kernel_may_have_resolved_the_address),
		TEST(the_oldest_of_16_irks_makes_room),
	};
	return cmocka_run_group_tests_name("explain/analyse/history", tests, start, NULL);
}
