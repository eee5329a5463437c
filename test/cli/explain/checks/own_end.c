/* SPDX-License-Identifier: MIT */
/* The conditions on what only the captured host knows about its own end. */
#include <string.h>

#include "checks/table.h"
#include "cli/explain/checks/fixture.h"
#include "smp/pdu.h"
#include "smp/reason.h"

static struct explain_own_end own;

static void know(enum explain_own_reason reason)
{
	own = (struct explain_own_end){.reason = reason, .text = "it happened"};
	attempt.own = &own;
	attempt.failed = at(7, 0);
	attempt.failed_by = I;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	tested.failed = true;
}

static void without_such_knowledge_there_is_no_finding(void **state)
{
	(void)state;
	know(EXPLAIN_OWN_CANCELLED);
	attempt.own = NULL;
	case_finds_nothing(check_cancelled_here);
	case_finds_nothing(check_limit_here);
	case_finds_nothing(check_refused_here);
	attempt.own = &own;
	tested.failed = false;
	case_finds_nothing(check_cancelled_here);
}

static void a_user_who_gave_up_is_named(void **state)
{
	(void)state;
	know(EXPLAIN_OWN_CANCELLED);
	case_finds(check_cancelled_here, I, "it happened", 7, 0, 0);
	case_finds_nothing(check_limit_here);
	case_finds_nothing(check_refused_here);
	attempt.failed = at(0, 0);
	attempt.disconnected = at(9, 0);
	case_finds(check_cancelled_here, I, "it happened", 9, 0, 0);
}

static void a_limit_names_the_step_that_the_other_end_owed(void **state)
{
	(void)state;
	know(EXPLAIN_OWN_LIMIT);
	case_finds(check_limit_here, I, "it happened", 7, 0, 0);
	tested.turn = R;
	case_finds(check_limit_here, I, "it happened before encryption: the responder had to act",
		   7, 0, 0);
	tested.turn = I;
	case_finds(check_limit_here, I, "it happened", 7, 0, 0);
	case_finds_nothing(check_cancelled_here);
}

/* Its silence is not the other end's. */
static void a_controller_that_failed_hides_the_other_end(void **state)
{
	(void)state;
	know(EXPLAIN_OWN_CONTROLLER);
	case_finds(check_controller_failed, NOBODY, "it happened", 7, 0, 0);
	tested.outcome = EXPLAIN_SILENCE;
	tested.turn = R;
	case_finds_nothing(check_silent);
	attempt.own = NULL;
	assert_true(check_silent(&tested, &finding));
	case_finds_nothing(check_controller_failed);
}

static void a_policy_blames_the_host_and_a_judgement_the_peer(void **state)
{
	(void)state;
	know(EXPLAIN_OWN_POLICY);
	case_finds(check_refused_here, I, "the initiator refused: it happened", 7, 0, 0);
	own.policy = "--option";
	case_finds(check_refused_here, I, "the initiator refused because of --option: it happened",
		   7, 0, 0);
	know(EXPLAIN_OWN_JUDGEMENT);
	case_finds(check_refused_here, R, "the initiator refused: it happened", 7, 0, 0);
	tested.explained = true; /* the capture shows a cause */
	case_finds_nothing(check_refused_here);
}

static void its_advice_replaces_that_of_the_check(void **state)
{
	static struct explain_finding findings[EXPLAIN_FINDINGS];

	(void)state;
	know(EXPLAIN_OWN_POLICY);
	assert_int_equal(check_run_all(&tested, findings), 1);
	assert_string_equal(findings[0].check->id, "refused-here");
	assert_true(findings[0].cause);
	assert_ptr_equal(check_fix(&findings[0]), findings[0].check->fix);
	(void)strcpy(own.fix, "do this");
	assert_int_equal(check_run_all(&tested, findings), 1);
	assert_string_equal(check_fix(&findings[0]), "do this");
}

static void our_own_disconnection_is_not_blamed_as_well(void **state)
{
	(void)state;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = 0x16;
	attempt.disconnected_by = I;
	tested.outcome = EXPLAIN_LOST;
	tested.failed = true;
	assert_true(check_disconnected_early(&tested, &finding));
	attempt.own = &own;
	case_finds_nothing(check_disconnected_early);
	attempt.disconnected_by = R;
	assert_true(check_disconnected_early(&tested, &finding));
}

/* The captured host did not find its own passkey in the other end's confirm value. */
static void another_passkey_is_named_where_no_search_was_made(void **state)
{
	static const char text[] = "the two ends used different passkeys: the responder's confirm "
				   "value does not match the passkey of the initiator";

	(void)state;
	know(EXPLAIN_OWN_JUDGEMENT);
	attempt.party[R].confirm = at(4, 0);
	attempt.party[R].random = at(6, 0);
	case_finds_nothing(check_passkeys_differ);
	own.other_passkey = true;
	case_finds(check_passkeys_differ, NOBODY, text, 4, 6, 0);
	facts.confirm[R].result = EXPLAIN_WRONG; /* a search found no passkey at all */
	case_finds_nothing(check_passkeys_differ);
	facts.confirm[R].result = EXPLAIN_UNKNOWN;
	facts.features.secure_connections = true; /* bit by bit, without a search */
	case_finds_nothing(check_passkeys_differ);
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_such_knowledge_there_is_no_finding),
		TEST(a_user_who_gave_up_is_named),
		TEST(a_limit_names_the_step_that_the_other_end_owed),
		TEST(a_controller_that_failed_hides_the_other_end),
		TEST(a_policy_blames_the_host_and_a_judgement_the_peer),
		TEST(its_advice_replaces_that_of_the_check),
		TEST(our_own_disconnection_is_not_blamed_as_well),
		TEST(another_passkey_is_named_where_no_search_was_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
