/* SPDX-License-Identifier: MIT */
/* What is computed at all, and the key that the capture has. */
#include "analyse/recompute.h"

#include <string.h>

#include "cli/explain/analyse/recompute_fixture.h"
#include "smp/pdu.h"

static void without_both_feature_pdus_nothing_is_computed(void **state)
{
	for (int end = 0; end < 2; end++) {
		(void)begin(state);
		attempt.party[end].features = (struct explain_mark){0};
		recompute();
		assert_false(facts.has_features);
		assert_string_equal(facts.obstacle,
				    "Pairing Request and Response are not both in the capture");
	}
	(void)begin(state);
	attempt.pairing = false;
	recompute();
	assert_false(facts.has_features);
	assert_null(facts.obstacle);
	assert_int_equal(facts.value_count, 0);
}

/* ---- A key that the capture has -------------------------------------------------------------- */

static void finish_phase_2(void)
{
	static const uint8_t last = SMP_PAIRING_DHKEY_CHECK;

	attempt.steps[0] = (struct explain_step){
		.at.frame = 1, .layer = EXPLAIN_LAYER_SMP, .from = R, .code = last};
	attempt.step_count = 1;
}

static void the_ltk_of_the_hosts_command_is_used(void **state)
{
	static const uint8_t ltk[16] = {1, 2, 3}, other[16] = {9};

	for (int air = 0; air < 2; air++) {
		(void)begin_secure(state);
		attempt.air = air;
		attempt.has_encrypt_key = attempt.has_reply_key = true;
		memcpy(attempt.encrypt_key, ltk, 16);
		memcpy(attempt.reply_key, other, 16);
		attempt.encrypt.frame = 60;
		attempt.ltk_reply.frame = 61;
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
	attempt.has_encrypt_key = false;
	attempt.air = false;
	recompute();
	assert_value("LTK, from the host's command", 61, true, EXPLAIN_UNKNOWN, other);
	attempt.has_reply_key = false;
	recompute();
	assert_false(facts.has_ltk);
}

static void the_key_of_a_link_without_pairing_is_shown(void **state)
{
	static const uint8_t ltk[16] = {1, 2, 3};

	(void)state;
	attempt.pairing = false;
	attempt.air = attempt.has_encrypt_key = true;
	attempt.encrypt.frame = 60;
	memcpy(attempt.encrypt_key, ltk, 16);
	recompute();
	assert_value("LTK of this link", 60, true, EXPLAIN_UNKNOWN, ltk);
	assert_int_equal(facts.value_count, 1);
	attempt.has_encrypt_key = false;
	recompute();
	assert_int_equal(facts.value_count, 0);
	attempt.has_encrypt_key = true;
	attempt.air = false; /* a host's command is shown among its steps */
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

int main(void)
{
#define LEGACY(name) cmocka_unit_test_setup(name, begin)
#define SECURE(name) cmocka_unit_test_setup(name, begin_secure)
	const struct CMUnitTest tests[] = {
		LEGACY(without_both_feature_pdus_nothing_is_computed),
		SECURE(the_ltk_of_the_hosts_command_is_used),
		LEGACY(the_key_of_a_link_without_pairing_is_shown),
		LEGACY(more_than_twelve_values_do_not_fit),
	};
	return cmocka_run_group_tests_name("explain/analyse/recompute", tests, start, NULL);
}
