/* SPDX-License-Identifier: MIT */
#include "analyse/management.h"

#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT
#define M     attempt.management

static void refuse(int8_t by, uint8_t reason, uint64_t frame, uint64_t time)
{
	attempt.pairing = tested.failed = true;
	attempt.failed = at(frame, time);
	attempt.failed_by = by;
	attempt.reason = reason;
	tested.outcome = EXPLAIN_REFUSED;
}

static void ask(uint16_t what, uint64_t frame, uint64_t time)
{
	M.asked = at(frame, time);
	M.asked_for = what;
}

static void blames_host(explain_condition *condition)
{
	finding = (struct explain_finding){.by = NOBODY};
	assert_true(condition(&tested, &finding));
	assert_int_equal(finding.by, I);
}

/* ---- The agent and the user ------------------------------------------------------------------ */

static void a_question_that_nobody_answers_has_no_agent(void **state)
{
	(void)state;
	ask(MANAGEMENT_CONFIRM_REQUEST, 5, 0);
	refuse(I, SMP_UNSPECIFIED_REASON, 7, S);
	case_finds(
		check_agent_missing, I,
		"the captured host was asked to confirm, and no program there answered: no agent "
		"is registered",
		5, 7, 0);
	assert_non_null(strstr(finding.fix, "agent on"));
	case_finds_nothing(check_user_refused);
	/* Nobody knows how long the question was there. */
	M.asked.untimed = true;
	case_finds_nothing(check_agent_missing);
	M.asked.untimed = false;
	attempt.failed.untimed = true;
	case_finds_nothing(check_agent_missing);
	/* A user who does not answer for long may be there. */
	attempt.failed = at(7, 9 * S);
	case_finds_nothing(check_agent_missing);
	case_finds(check_user_refused, I,
		   "the user of the captured host was asked to confirm and did not answer in 9 s",
		   5, 7, 0);
	/* The peer ended it while the user thought about it. */
	attempt.failed_by = R;
	case_finds_nothing(check_agent_missing);
	case_finds_nothing(check_user_refused);
}

static void an_answer_within_milliseconds_is_of_no_person(void **state)
{
	(void)state;
	ask(MANAGEMENT_PASSKEY_REQUEST, 5, S);
	M.refused = at(6, S + 4000);
	refuse(I, SMP_PASSKEY_ENTRY_FAILED, 7, S + 5000);
	case_finds(
		check_agent_missing, I,
		"the captured host answered no by itself, 4.0 ms after it was asked for a passkey: "
		"it has no agent, or one that may not ask",
		6, 5, 7);
	M.refused.time_us = 3 * S;
	attempt.failed.time_us = 3 * S;
	case_finds_nothing(check_agent_missing);
	case_finds(
		check_user_refused, I,
		"the user of the captured host, or its agent, answered no when asked for a passkey",
		6, 5, 7);
	/* Without a clock, nobody knows how soon it was. */
	M.refused.time_us = S;
	M.asked.untimed = true;
	case_finds_nothing(check_agent_missing);
	M.asked.untimed = false;
	M.refused.untimed = true;
	case_finds_nothing(check_agent_missing);
	M.refused.untimed = false;
	assert_true(check_agent_missing(&tested, &finding));
	attempt.clock = EXPLAIN_CLOCK_NONE;
	case_finds_nothing(check_agent_missing);
}

static void a_program_without_an_agent_says_so(void **state)
{
	(void)state;
	M.no_agent = at(9, 0);
	refuse(NOBODY, SMP_NUMERIC_COMPARISON_FAILED, 7, 0);
	case_finds(
		check_agent_missing, I,
		"most likely the captured host itself refused: its program wrote that no agent is "
		"available, so that nobody could be asked",
		7, 0, 0);
	attempt.failed_by = R;
	case_finds_nothing(check_agent_missing);
}

static void a_value_that_is_wrong_is_not_the_agents_fault(void **state)
{
	(void)state;
	ask(MANAGEMENT_CONFIRM_REQUEST, 5, 0);
	refuse(I, SMP_CONFIRM_VALUE_FAILED, 7, S);
	case_finds_nothing(check_agent_missing);
	attempt.reason = SMP_DHKEY_CHECK_FAILED;
	case_finds_nothing(check_agent_missing);
}

static void a_success_needs_no_agent(void **state)
{
	(void)state;
	ask(MANAGEMENT_CONFIRM_REQUEST, 5, 0);
	M.refused = at(6, 0);
	M.cancelled = at(6, 0);
	M.no_agent = at(6, 0);
	case_finds_nothing(check_agent_missing);
	case_finds_nothing(check_user_refused);
	case_finds_nothing(check_user_cancelled);
}

static void a_user_may_cancel(void **state)
{
	(void)state;
	M.cancelled = at(6, S);
	refuse(I, SMP_PASSKEY_ENTRY_FAILED, 7, 2 * S);
	case_finds(check_user_cancelled, I,
		   "the user of the captured host, or its program, cancelled the pairing", 6, 7, 0);
	M.cancelled = at(8, 3 * S); /* after the failure: too late to be its cause */
	case_finds_nothing(check_user_cancelled);
}

/* Only the management interface shows the failure. */
static void a_failure_of_the_kernel_is_one_of_the_host(void **state)
{
	(void)state;
	ask(MANAGEMENT_CONFIRM_REQUEST, 5, 0);
	M.refused = at(6, 2 * S);
	M.failed = at(7, 3 * S);
	tested.failed = true;
	case_finds(check_user_refused, I,
		   "the user of the captured host, or its agent, answered no when asked to confirm",
		   6, 5, 7);
}

/* The peer left, or its link was lost. */
static void a_question_may_stay_open_when_the_link_ends(void **state)
{
	(void)state;
	tested.failed = true;
	tested.outcome = EXPLAIN_LOST;
	ask(MANAGEMENT_CONFIRM_REQUEST, 5, 0);
	M.failed = at(8, S);
	case_finds(
		check_agent_missing, I,
		"the captured host was asked to confirm, and no program there answered: no agent "
		"is registered",
		5, 8, 0);
	attempt.disconnected = at(7, S);
	attempt.disconnected_by = NOBODY;
	case_finds_nothing(check_agent_missing);
	attempt.disconnected_by = R;
	case_finds_nothing(check_agent_missing);
	/* The same when only the kernel's own message shows it. */
	attempt.disconnected = at(0, 0);
	M.disconnected = at(7, S);
	M.disconnect_reason = MANAGEMENT_DISCONNECT_REMOTE;
	case_finds_nothing(check_agent_missing);
	M.disconnect_reason = MANAGEMENT_DISCONNECT_TIMEOUT;
	case_finds_nothing(check_agent_missing);
	M.disconnect_reason = MANAGEMENT_DISCONNECT_LOCAL;
	blames_host(check_agent_missing);
	/* A user may take as long as the peer waits, Vol 3 Part H 3.4. */
	M.disconnected = at(0, 0);
	attempt.disconnected = at(7, 20 * S);
	M.failed = at(8, 20 * S);
	case_finds_nothing(check_user_refused);
	attempt.disconnected = at(7, 30 * S);
	M.failed = at(8, 30 * S);
	case_finds(check_user_refused, I,
		   "the user of the captured host was asked to confirm and did not answer in 30 s",
		   5, 8, 0);
	M.refused = at(9, 31 * S); /* too late */
	blames_host(check_user_refused);
	M.refused = at(0, 0);
	/* A host that closed its link did not wait for the answer. */
	attempt.disconnected = at(7, 20 * S);
	attempt.disconnected_by = I;
	blames_host(check_user_refused);
}

/* The program takes its question back, and the kernel gets a no. */
static void an_answer_after_the_end_of_the_link_is_no_cause(void **state)
{
	(void)state;
	tested.failed = true;
	tested.outcome = EXPLAIN_LOST;
	ask(MANAGEMENT_CONFIRM_REQUEST, 5, S);
	attempt.disconnected = at(6, S + 5000);
	attempt.disconnected_by = R;
	M.refused = at(7, S + 9000);
	M.failed = at(8, S + 10000);
	case_finds_nothing(check_agent_missing);
	case_finds_nothing(check_user_refused);
	M.cancelled = at(7, S + 9000);
	case_finds_nothing(check_user_cancelled);
	attempt.disconnected = at(9, S + 20000);
	blames_host(check_user_cancelled);
	M.cancelled = at(0, 0);
	blames_host(check_agent_missing);
}

/* ---- An old bond ----------------------------------------------------------------------------- */

#define OLD_BOND(hint)                                                                        \
	"the captured host refused, and most likely computed wrongly: it asked its user to "  \
	"confirm" hint                                                                        \
	", which Just Works does only when the host has an old bond with this peer; Linux "   \
	"kernels with a fault there never compute the MacKey, so that no DHKey Check can be " \
	"right"

static void a_confirmation_in_just_works_shows_an_old_bond(void **state)
{
	(void)state;
	attempt.captured_end = R;
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	ask(MANAGEMENT_CONFIRM_REQUEST, 33, 0);
	M.hint = true;
	attempt.party[R].random = at(34, 0);
	attempt.party[I].check = at(37, 0);
	refuse(R, SMP_DHKEY_CHECK_FAILED, 38, 0);
	case_finds(check_old_bond_confirmation, R, OLD_BOND(" (hint 1)"), 38, 34, 37);
	M.hint = false;
	case_finds(check_old_bond_confirmation, R, OLD_BOND(""), 38, 34, 37);
	facts.features.method = SMP_NUMERIC_COMPARISON;
	case_finds_nothing(check_old_bond_confirmation);
	facts.has_features = false; /* the hint alone shows Just Works */
	case_finds_nothing(check_old_bond_confirmation);
	M.hint = true;
	case_finds(check_old_bond_confirmation, R, OLD_BOND(" (hint 1)"), 38, 34, 37);
	attempt.failed_by = I;
	case_finds_nothing(check_old_bond_confirmation);
	attempt.failed_by = R;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds_nothing(check_old_bond_confirmation);
}

/* ---- Demands --------------------------------------------------------------------------------- */

#define BEGAN(end, by, reason)                                                                   \
	"the " end " began this pairing by " by ", and then refused it (" reason "): it is not " \
	"bondable, or cannot pair at the moment"

static void an_end_that_asks_for_security_must_not_refuse_it(void **state)
{
	(void)state;
	attempt.security_request = at(3, 0);
	refuse(R, SMP_PAIRING_NOT_SUPPORTED, 7, S);
	case_finds(check_own_demand_refused, R,
		   BEGAN("responder", "its own Security Request", "0x05"), 7, 3, 0);
	attempt.captured_end = R;
	attempt.host.not_bondable = at(2, 0);
	case_finds(check_own_demand_refused, R,
		   BEGAN("responder", "its own Security Request", "0x05"), 7, 3, 2);
	attempt.failed_by = I;
	case_finds_nothing(check_own_demand_refused);
	attempt.failed_by = R;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds_nothing(check_own_demand_refused);
	/* The features say more. */
	attempt.reason = SMP_AUTHENTICATION_REQUIREMENTS;
	case_finds(check_own_demand_refused, R,
		   BEGAN("responder", "its own Security Request", "0x03"), 7, 3, 2);
	facts.has_features = true;
	case_finds_nothing(check_own_demand_refused);
}

static void an_attribute_is_a_demand_of_its_server_and_a_wish_of_its_client(void **state)
{
	(void)state;
	attempt.att_refused = at(4, 0);
	attempt.att_by = R;
	refuse(R, SMP_PAIRING_NOT_SUPPORTED, 7, S);
	case_finds(check_own_demand_refused, R,
		   BEGAN("responder", "its own attribute, which demands security", "0x05"), 7, 4,
		   0);
	attempt.failed_by = I;
	case_finds(
		check_own_demand_refused, I,
		BEGAN("initiator", "its own access to an attribute that demands security", "0x05"),
		7, 4, 0);
	attempt.att_refused = at(8, 0);
	case_finds_nothing(check_own_demand_refused);
}

static void an_attribute_that_made_the_pairing_begin_is_named(void **state)
{
	(void)state;
	attempt.att_refused = at(4, 0);
	attempt.att_by = R;
	attempt.att_handle = 0x14;
	attempt.att_error = EXPLAIN_ATT_ENCRYPTION;
	case_finds_nothing(check_attribute_demand);
	attempt.pairing = true;
	case_finds(check_attribute_demand, R,
		   "it began because the responder's attribute 0x0014 demands encryption: "
		   "Insufficient Encryption (0x0f)",
		   4, 0, 0);
	attempt.encrypted = at(3, 0); /* it came afterwards */
	case_finds_nothing(check_attribute_demand);
}

static void an_attribute_that_no_pairing_follows_is_named(void **state)
{
	(void)state;
	attempt.att_refused = at(4, 0);
	attempt.att_by = R;
	attempt.att_handle = 0x14;
	attempt.att_error = EXPLAIN_ATT_ENCRYPTION;
	tested.outcome = EXPLAIN_UNEVENTFUL;
	case_finds_nothing(check_attribute_demand); /* a whole capture: most links have one */
	attempt.excerpt = true;
	case_finds(check_attribute_demand, R,
		   "no pairing follows in this text, although the responder's attribute 0x0014 "
		   "demands encryption",
		   4, 0, 0);
	attempt.security_request = at(5, 0);
	assert_true(check_attribute_demand(&tested, &finding));
	assert_non_null(strstr(finding.text, "it began because"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, case_begin)
	const struct CMUnitTest tests[] = {
		TEST(a_question_that_nobody_answers_has_no_agent),
		TEST(an_answer_within_milliseconds_is_of_no_person),
		TEST(a_program_without_an_agent_says_so),
		TEST(a_value_that_is_wrong_is_not_the_agents_fault),
		TEST(a_success_needs_no_agent),
		TEST(a_user_may_cancel),
		TEST(a_failure_of_the_kernel_is_one_of_the_host),
		TEST(a_question_may_stay_open_when_the_link_ends),
		TEST(an_answer_after_the_end_of_the_link_is_no_cause),
		TEST(a_confirmation_in_just_works_shows_an_old_bond),
		TEST(an_end_that_asks_for_security_must_not_refuse_it),
		TEST(an_attribute_is_a_demand_of_its_server_and_a_wish_of_its_client),
		TEST(an_attribute_that_made_the_pairing_begin_is_named),
		TEST(an_attribute_that_no_pairing_follows_is_named),
	};
	return cmocka_run_group_tests_name("explain/checks/management", tests, NULL, NULL);
}
