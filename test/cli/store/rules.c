/* SPDX-License-Identifier: MIT */
/* The decisions of a store, without a store. */
#include "store/rules.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* ---- Bonds ----------------------------------------------------------------------------------- */

#define HELD  7 /* id of the bond whose strength the pairing had to reach */
#define OTHER 8

static struct bond_record bond(bool authenticated, bool secure, uint8_t key_size, const char *made)
{
	struct bond_record record = {.bond = {.authenticated = authenticated,
					      .secure_connections = secure,
					      .key_size = key_size,
					      .peer = {.has_ltk = true}}};

	(void)snprintf(record.made, sizeof(record.made), "%s", made);
	return record;
}

#define STRONG bond(true, true, 16, "2026-01-02")

static void a_bond_is_weaker_if_it_is_less_in_any_respect(void **state)
{
	const struct bond_record strong = STRONG;
	const struct bond_record weaker[] = {bond(false, true, 16, ""), bond(true, false, 16, ""),
					     bond(true, true, 15, "")};

	(void)state;
	assert_false(rules_is_weaker(&strong.bond, &strong.bond));
	for (size_t i = 0; i < COUNT(weaker); i++) {
		assert_true(rules_is_weaker(&weaker[i].bond, &strong.bond));
		assert_false(rules_is_weaker(&strong.bond, &weaker[i].bond));
		/* Less in one respect is not made up for by another. */
		for (size_t k = 0; k < COUNT(weaker); k++)
			assert_int_equal(rules_is_weaker(&weaker[i].bond, &weaker[k].bond), i != k);
	}
}

static void a_weaker_bond_is_restored_only_on_demand(void **state)
{
	const struct bond_record strong = STRONG, weak = bond(true, false, 16, "2026-01-03");
	struct bond_record useless = STRONG;

	(void)state;
	useless.bond.peer.has_ltk = false;
	assert_int_equal(rules_restore(&strong, &weak), RULES_RESTORE);
	assert_int_equal(rules_restore(&strong, &strong), RULES_RESTORE);
	assert_int_equal(rules_restore(&weak, &strong), RULES_RESTORE_WEAKER);
	assert_int_equal(rules_restore(&weak, &useless), RULES_RESTORE);
	assert_int_equal(rules_restore(&useless, &weak), RULES_RESTORE_USELESS);
}

static void an_address_on_air_finds_a_candidate_but_proves_nothing(void **state)
{
	struct bond_record one = STRONG, other = STRONG;

	(void)state;
	one.peer = other.peer = (struct crypto_address){1, {1, 2, 3, 4, 5, 0x46}};
	assert_true(rules_is_same_peer(&one, &other));
	one.bond.peer.has_identity = true;
	one.bond.peer.identity = (struct crypto_address){1, {1, 1, 1, 1, 1, 0xc1}};
	assert_true(rules_is_same_peer(&one, &other));
	assert_true(rules_is_same_peer(&other, &one));
	other.bond.peer = one.bond.peer;
	assert_true(rules_is_same_peer(&one, &other));
	other.bond.peer.identity.type = 0;
	assert_false(rules_is_same_peer(&one, &other));
	other.bond.peer.identity = one.bond.peer.identity;
	other.bond.peer.identity.octets[0]++;
	assert_false(rules_is_same_peer(&one, &other));
}

static void the_first_bond_with_a_peer_is_added(void **state)
{
	static const struct rules_same_peer none;
	const struct bond_record weak = bond(false, false, 7, "2026-01-01");

	(void)state;
	for (int rule = STORE_REPLACE; rule <= STORE_NEWEST; rule++) {
		struct rules_decision decision =
			rules_add_bond(&weak, (enum store_rule)rule, 0, &none);
		assert_int_equal(decision.kept, STORE_ADDED);
		assert_int_equal(decision.in_force, 0);
	}
}

static enum store_kept not_weaker(struct bond_record record, struct bond_record old, int64_t id)
{
	const struct rules_same_peer same = {.count = 1, .ids = {id}, .bonds = {old}};
	struct rules_decision decision = rules_add_bond(&record, STORE_NOT_WEAKER, HELD, &same);

	assert_int_equal(decision.in_force, 0);
	return decision.kept;
}

static void a_pairing_replaces_the_bond_whose_strength_it_had_to_reach(void **state)
{
	(void)state;
	assert_int_equal(not_weaker(STRONG, STRONG, HELD), STORE_REPLACED);
	/* The pairing itself was held to that strength, which is not checked once more. */
	assert_int_equal(not_weaker(bond(false, false, 7, ""), STRONG, HELD), STORE_REPLACED);
}

/* CVE-2025-62235: a peer may claim the identity of any other. */
static void any_other_bond_is_replaced_only_by_an_authenticated_one_that_is_not_weaker(void **state)
{
	const struct bond_record weak = bond(false, false, 7, "");

	(void)state;
	assert_int_equal(not_weaker(STRONG, weak, OTHER), STORE_REPLACED);
	assert_int_equal(not_weaker(STRONG, STRONG, OTHER), STORE_REPLACED);
	assert_int_equal(not_weaker(bond(false, true, 16, ""), weak, OTHER), STORE_REJECTED_WEAKER);
	assert_int_equal(not_weaker(bond(true, true, 15, ""), STRONG, OTHER),
			 STORE_REJECTED_WEAKER);
	assert_int_equal(not_weaker(weak, weak, OTHER), STORE_REJECTED_WEAKER);
}

static void a_bond_without_a_key_may_be_replaced_by_any(void **state)
{
	struct bond_record empty = STRONG;

	(void)state;
	empty.bond.peer.has_ltk = false;
	assert_int_equal(not_weaker(bond(false, false, 7, ""), empty, OTHER), STORE_REPLACED);
}

/* Found by its address on air it was the bond held to; the identity belongs to another bond. */
static void each_of_two_bonds_must_agree(void **state)
{
	const struct bond_record weak = bond(false, true, 16, "");
	struct rules_same_peer same = {
		.count = 2, .ids = {HELD, OTHER}, .bonds = {weak, bond(false, false, 7, "")}};

	(void)state;
	assert_int_equal(rules_add_bond(&weak, STORE_NOT_WEAKER, HELD, &same).kept,
			 STORE_REJECTED_WEAKER);
	same.ids[0] = OTHER;
	same.ids[1] = HELD;
	assert_int_equal(rules_add_bond(&weak, STORE_NOT_WEAKER, HELD, &same).kept,
			 STORE_REJECTED_WEAKER);
	assert_int_equal(rules_add_bond(&weak, STORE_REPLACE, HELD, &same).kept, STORE_REPLACED);
}

static void with_replace_the_new_bond_is_in_force_however_weak_or_old(void **state)
{
	const struct bond_record weak = bond(false, false, 7, "2020-01-01");
	const struct rules_same_peer same = {.count = 1, .ids = {OTHER}, .bonds = {STRONG}};
	struct rules_decision decision = rules_add_bond(&weak, STORE_REPLACE, 0, &same);

	(void)state;
	assert_int_equal(decision.kept, STORE_REPLACED);
	assert_int_equal(decision.in_force, 0);
}

static void in_a_merge_the_bond_made_last_is_in_force_however_weak(void **state)
{
	const struct rules_same_peer same = {
		.count = 2, .ids = {3, 4}, .bonds = {bond(true, true, 16, "2026-01-02"), STRONG}};
	const struct bond_record older = bond(true, true, 16, "2026-01-01"),
				 newer = bond(false, false, 7, "2026-01-03"),
				 equal = bond(false, false, 7, "2026-01-02");
	struct rules_decision decision = rules_add_bond(&older, STORE_NEWEST, 0, &same);

	(void)state;
	assert_int_equal(decision.kept, STORE_OLDER);
	assert_true(decision.in_force == 3 || decision.in_force == 4);
	decision = rules_add_bond(&newer, STORE_NEWEST, 0, &same);
	assert_int_equal(decision.kept, STORE_REPLACED);
	assert_int_equal(decision.in_force, 0);
	/* Of two that were made at one time, the one that arrives last. */
	decision = rules_add_bond(&equal, STORE_NEWEST, 0, &same);
	assert_int_equal(decision.kept, STORE_REPLACED);
	assert_int_equal(decision.in_force, 0);
}

/* ---- Repeated attempts ----------------------------------------------------------------------- */

static const struct crypto_address peer = {1, {1, 2, 3, 4, 5, 0xc6}};

static void a_failure_counts_for_the_peer_and_for_all(void **state)
{
	struct smp_attempts attempts = {0};

	(void)state;
	rules_count(&attempts, &peer, STORE_FAILURE, 1000);
	assert_int_equal(smp_attempts_failures(&attempts, &peer, 1000), 1);
	assert_int_equal(attempts.all.failures, 1);
	rules_count(&attempts, &peer, STORE_NOTHING, 2000);
	assert_int_equal(smp_attempts_failures(&attempts, &peer, 2000), 1);
	rules_count(&attempts, &peer, STORE_SUCCESS, 3000);
	assert_int_equal(smp_attempts_failures(&attempts, &peer, 3000), 0);
}

static void a_failure_of_a_device_to_which_we_connected_makes_no_other_wait(void **state)
{
	struct smp_attempts attempts = {0};

	(void)state;
	rules_count(&attempts, &peer, STORE_FAILURE_OF_CALLED, 1000);
	assert_int_equal(smp_attempts_failures(&attempts, &peer, 1000), 1);
	assert_int_equal(attempts.all.failures, 0);
}

static void times_are_kept_by_the_wall_clock(void **state)
{
	const uint64_t now = 5000, wall = 1000000, since = 4000;
	uint64_t kept = rules_to_wall_clock(since, now, wall);

	(void)state;
	assert_int_equal(kept, wall - 1000);
	/* Later, on a machine that has started anew. */
	assert_int_equal(rules_from_wall_clock(kept, 20, wall + 7000), (uint64_t)20 - 8000);
	assert_int_equal(rules_from_wall_clock(kept, now, wall), since);
}

static void a_wall_clock_that_was_set_back_makes_a_failure_new(void **state)
{
	(void)state;
	assert_int_equal(rules_from_wall_clock(2000, 50, 1999), 50);
	assert_int_equal(rules_from_wall_clock(2000, 50, 2000), 50);
	assert_int_equal(rules_from_wall_clock(2000, 50, 2001), 49);
}

/* ---- Units ----------------------------------------------------------------------------------- */

static void states_have_names(void **state)
{
	static const char *const names[] = {"", "waiting", "done", "failed"};

	(void)state;
	for (int i = STORE_NO_UNIT; i <= STORE_FAILED; i++) {
		assert_string_equal(rules_state_name((enum store_state)i), names[i]);
		assert_int_equal(rules_state_parse(names[i]), i);
	}
	assert_int_equal(rules_state_parse(NULL), STORE_NO_UNIT);
	assert_int_equal(rules_state_parse("lost"), STORE_NO_UNIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bond_is_weaker_if_it_is_less_in_any_respect),
		cmocka_unit_test(a_weaker_bond_is_restored_only_on_demand),
		cmocka_unit_test(an_address_on_air_finds_a_candidate_but_proves_nothing),
		cmocka_unit_test(a_bond_without_a_key_may_be_replaced_by_any),
		cmocka_unit_test(the_first_bond_with_a_peer_is_added),
		cmocka_unit_test(a_pairing_replaces_the_bond_whose_strength_it_had_to_reach),
		cmocka_unit_test(
			any_other_bond_is_replaced_only_by_an_authenticated_one_that_is_not_weaker),
		cmocka_unit_test(each_of_two_bonds_must_agree),
		cmocka_unit_test(with_replace_the_new_bond_is_in_force_however_weak_or_old),
		cmocka_unit_test(in_a_merge_the_bond_made_last_is_in_force_however_weak),
		cmocka_unit_test(a_failure_counts_for_the_peer_and_for_all),
		cmocka_unit_test(a_failure_of_a_device_to_which_we_connected_makes_no_other_wait),
		cmocka_unit_test(times_are_kept_by_the_wall_clock),
		cmocka_unit_test(a_wall_clock_that_was_set_back_makes_a_failure_new),
		cmocka_unit_test(states_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
