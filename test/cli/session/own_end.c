/* SPDX-License-Identifier: MIT */
/* What a session knows about its own end. */
#include <string.h>

#include "session/session.h"
#include "unit.h"

static struct session session;
static struct options options;
static struct explain_own_end own;

static int begin(void **state)
{
	(void)state;
	memset(&session, 0, sizeof(session));
	options = (struct options){.sc = SMP_SC_PREFER};
	session.options = &options;
	return 0;
}

static void a_success_and_the_peers_end_are_not_ours(void **state)
{
	static const enum cli_exit exits[] = {CLI_OK, CLI_PEER_REFUSED, CLI_CONNECTION_FAILED,
					      CLI_BOND_LOST, CLI_INTERNAL};

	(void)state;
	for (size_t i = 0; i < COUNT(exits); i++) {
		session.outcome.exit = exits[i];
		assert_false(session_own_end(&session, &own));
	}
}

static void the_user_gave_up_or_could_not_answer(void **state)
{
	(void)state;
	outcome_fail(&session.outcome, CLI_CANCELLED, "cancelled");
	assert_true(session_own_end(&session, &own));
	assert_int_equal(own.reason, EXPLAIN_OWN_CANCELLED);
	assert_string_equal(own.text, "the user here gave up");
	assert_string_equal(own.fix, "");
	outcome_detail(&session.outcome, "standard input ended");
	assert_true(session_own_end(&session, &own));
	assert_string_equal(own.text, "standard input ended");
}

static void a_limit_is_ours_and_the_silence_of_the_peer_is_not(void **state)
{
	(void)state;
	outcome_fail(&session.outcome, CLI_TIMED_OUT, "timed out: --timeout is over");
	outcome_advice(&session.outcome, "wait");
	assert_true(session_own_end(&session, &own));
	assert_int_equal(own.reason, EXPLAIN_OWN_LIMIT);
	assert_string_equal(own.text, "--timeout is over");
	assert_string_equal(own.fix, "wait");
	session.blame = SMP_BY_TIMEOUT;
	session.why = SMP_WHY_PEER_SILENT;
	assert_false(session_own_end(&session, &own));
	session.why = SMP_WHY_USER_SILENT;
	assert_true(session_own_end(&session, &own));
	outcome_fail(&session.outcome, CLI_TIMED_OUT, "a limit");
	assert_true(session_own_end(&session, &own));
	assert_string_equal(own.text, "a limit");
}

static void a_refusal_is_a_policy_or_a_judgement(void **state)
{
	(void)state;
	outcome_fail(&session.outcome, CLI_WE_REFUSED, "we refused");
	outcome_detail(&session.outcome, "the details");
	session.why = SMP_WHY_LEGACY_ONLY;
	assert_true(session_own_end(&session, &own));
	assert_int_equal(own.reason, EXPLAIN_OWN_POLICY);
	assert_string_equal(own.policy, "--sc only");
	assert_string_equal(own.text, "the details");
	assert_false(own.other_passkey);
	session.why = SMP_WHY_WRONG_PASSKEY;
	assert_true(session_own_end(&session, &own));
	assert_int_equal(own.reason, EXPLAIN_OWN_JUDGEMENT);
	assert_null(own.policy);
	assert_true(own.other_passkey);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_success_and_the_peers_end_are_not_ours),
		TEST(the_user_gave_up_or_could_not_answer),
		TEST(a_limit_is_ours_and_the_silence_of_the_peer_is_not),
		TEST(a_refusal_is_a_policy_or_a_judgement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
