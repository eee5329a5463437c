/* SPDX-License-Identifier: MIT */
/* What a session says about its bond once the store has it, or has not. */
#include <string.h>

#include "base/json_fields.h"
#include "session/session.h"
#include "unit.h"

static struct session s;
static struct bond_record record;

/* A session that has paired, with a bond that was given to the store. */
static struct store_entry paired(void)
{
	memset(&s, 0, sizeof(s));
	s.outcome = (struct outcome){.exit = CLI_OK, .result = "paired", .reason_code = -1};
	(void)strcpy(s.outcome.text, "paired, bonded");
	s.smp.bond = (struct smp_bond){.bonded = true,
				       .method = SMP_JUST_WORKS,
				       .key_size = 16,
				       .peer = {.has_ltk = true},
				       .peer_irk = SMP_IRK_RANDOM};
	record = (struct bond_record){.peer = {ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}},
				      .bond = s.smp.bond};
	return (struct store_entry){.bond = &record};
}

static const json_t *event;

static const json_t *describe(void)
{
	static json_t *described;

	json_decref(described);
	described = json_pack("{s:{}}", "peer");
	session_add_bond(&s, described);
	return described;
}

static void a_first_bond_is_added(void **state)
{
	struct store_entry entry = paired();

	(void)state;
	session_stored(&s, &entry);
	assert_int_equal(s.outcome.exit, CLI_OK);
	assert_string_equal(s.outcome.text, "paired, bonded");
	assert_string_equal(s.outcome.detail, "");
	event = describe();
	assert_true(json_is_true(json_object_get(event, "bonded")));
	assert_true(json_is_false(json_object_get(event, "replaced")));
	assert_null(json_object_get(event, "irk"));
	assert_true(session_irk_is_unique(&s));
}

static void a_bond_that_replaces_another_says_so(void **state)
{
	struct store_entry entry = paired();

	(void)state;
	entry.kept = STORE_REPLACED;
	session_stored(&s, &entry);
	assert_int_equal(s.outcome.exit, CLI_OK);
	assert_string_equal(s.outcome.text, "paired, bonded (the old bond was replaced)");
	assert_true(json_is_true(json_object_get(describe(), "replaced")));
}

static void a_bond_that_is_not_kept_is_a_failure(void **state)
{
	struct store_entry entry = paired();
	struct attempt attempt, if_rejected;

	(void)state;
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.unit = "the unit";
	entry.kept = STORE_REJECTED_WEAKER;
	session_stored(&s, &entry);
	assert_int_equal(s.outcome.exit, CLI_WE_REFUSED);
	assert_string_equal(s.outcome.result, "failed");
	assert_non_null(strstr(s.outcome.detail, "C6:05:04:03:02:01"));
	assert_non_null(strstr(s.outcome.advice, "--replace-bond"));
	session_attempt_if_rejected(&attempt, &if_rejected);
	assert_string_equal(if_rejected.result, "failed");
	assert_string_equal(if_rejected.class, "we_refused");
	assert_string_equal(if_rejected.unit, "the unit");
}

static void a_pairing_without_a_bond_replaces_nothing(void **state)
{
	struct store_entry entry = paired();

	(void)state;
	s.smp.bond.bonded = false;
	entry.bond = NULL;
	entry.kept = STORE_REPLACED; /* means nothing without a bond */
	session_stored(&s, &entry);
	assert_int_equal(s.outcome.exit, CLI_OK);
	assert_string_equal(s.outcome.text, "paired, bonded");
	assert_null(json_object_get(describe(), "replaced"));
}

static void other_outcomes_stay_as_they_are(void **state)
{
	struct store_entry entry = paired();

	(void)state;
	entry.kept = STORE_REJECTED_WEAKER;
	outcome_fail(&s.outcome, CLI_PEER_REFUSED, "it refused");
	session_stored(&s, &entry);
	assert_int_equal(s.outcome.exit, CLI_PEER_REFUSED);
	assert_string_equal(s.outcome.text, "it refused");
}

static void what_is_wrong_with_an_irk_is_reported(void **state)
{
	static const struct {
		enum smp_irk irk;
		bool shared;
		const char *fault, *detail;
	} cases[] = {
		{SMP_IRK_NONE, false, NULL, ""},
		{SMP_IRK_RANDOM, false, NULL, ""},
		{SMP_IRK_ALL_ZERO, false, "all_zero", "is all zero"},
		{SMP_IRK_PATTERNED, false, "patterned", "follows a pattern"},
		{SMP_IRK_RANDOM, true, "shared", "also that of another device"},
		{SMP_IRK_PATTERNED, true, "shared", "also that of another device"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct store_entry entry = paired();
		const char *fault;

		s.smp.bond.peer_irk = cases[i].irk;
		entry.shares_irk = cases[i].shared;
		(void)strcpy(s.outcome.detail, "before");
		session_stored(&s, &entry);
		fault = json_string_value(json_object_get(describe(), "irk"));
		assert_int_equal(session_irk_is_unique(&s), cases[i].fault == NULL);
		if (!cases[i].fault) {
			assert_null(fault);
			assert_string_equal(s.outcome.detail, "before");
			continue;
		}
		assert_string_equal(fault, cases[i].fault);
		assert_memory_equal(s.outcome.detail, "before; ", 8);
		assert_non_null(strstr(s.outcome.detail, cases[i].detail));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_bond_is_added),
		cmocka_unit_test(a_bond_that_replaces_another_says_so),
		cmocka_unit_test(a_bond_that_is_not_kept_is_a_failure),
		cmocka_unit_test(a_pairing_without_a_bond_replaces_nothing),
		cmocka_unit_test(other_outcomes_stay_as_they_are),
		cmocka_unit_test(what_is_wrong_with_an_irk_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
