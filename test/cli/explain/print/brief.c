/* SPDX-License-Identifier: MIT */
#include "print/brief.h"

#include <string.h>

#include "checks/conditions.h"
#include "cli/explain/print/fixture.h"

static char sentence[BRIEF_TEXT];

static const char *brief(void)
{
	(void)brief_describe(&verdict, sentence);
	return sentence;
}

static void says(const char *text)
{
	(void)snprintf(verdict.text, sizeof(verdict.text), "%s", text);
}

static void finds(size_t number, const char *text)
{
	(void)snprintf(verdict.findings[number].text, sizeof(verdict.findings[number].text), "%s",
		       text);
}

/* A refusal as the tests below change it. */
static void refusal(void)
{
	attempt.pairing = true;
	says("the responder refused: Busy (0x10)");
	finds(0, "the initiator sent nonsense: most likely why the responder sent Busy (0x10)");
	verdict.findings[0].effect = strlen("the initiator sent nonsense");
}

static void a_refusal_has_both_ends_the_reason_the_cause_the_frames_and_the_advice(void **state)
{
	(void)state;
	refusal();
	assert_string_equal(
		brief(),
		"Pairing of C6:05:04:03:02:01 with C7:05:04:03:02:01 failed: the responder refused "
		"with Busy (0x10, frame 12), most likely because the initiator sent nonsense "
		"(frames 11, 5); do this and " MARKUP ".");
	assert_int_equal(brief_describe(&verdict, sentence),
			 strlen("Pairing of C6:05:04:03:02:01 with C7:05:04:03:02:01 failed"));
}

static void a_cause_that_is_the_refusal_itself_is_said_once(void **state)
{
	(void)state;
	refusal();
	finds(0, "the responder sent Busy (0x10)");
	verdict.findings[0].effect = 0;
	verdict.findings[0].frames[0] = 12;
	assert_string_equal(brief(), "Pairing of C6:05:04:03:02:01 with C7:05:04:03:02:01 failed: "
				     "the responder sent Busy (0x10, frames 12, 5); do this "
				     "and " MARKUP ".");
}

static void an_end_that_refuses_by_its_own_fault_is_no_likely_cause(void **state)
{
	(void)state;
	refusal();
	finds(0, "the responder computes another value (all were tried)");
	verdict.findings[0].effect = 0;
	verdict.findings[0].by = R;
	brief();
	assert_non_null(strstr(sentence,
			       "with Busy (0x10, frame 12): the responder computes another "
			       "value (all were tried) (frames 11, 5); do"));
	assert_null(strstr(sentence, "likely"));
}

static void without_an_address_the_captured_host_is_named_and_its_role(void **state)
{
	(void)state;
	refusal();
	attempt.party[R].has_address = false;
	assert_non_null(strstr(brief(), "Pairing of C6:05:04:03:02:01 with a device of unknown "
					"address failed: "));
	attempt.captured_end = R;
	assert_non_null(
		strstr(brief(), "Pairing of C6:05:04:03:02:01 with the captured host failed: "));
	attempt.party[I].has_address = false;
	assert_non_null(strstr(brief(), "Pairing of the captured host (the responder) failed: "));
	attempt.captured_end = EXPLAIN_NOBODY;
	assert_memory_equal(brief(), "Pairing failed: ", 16);
}

static void a_peer_is_named_by_the_address_that_the_management_interface_reports(void **state)
{
	(void)state;
	refusal();
	attempt.party[R].has_address = false;
	attempt.party[R].is_reported = true;
	attempt.party[R].reported = (struct crypto_address){1, {7, 7, 7, 7, 7, 0xc7}};
	assert_non_null(strstr(brief(), " with C7:07:07:07:07:07 failed: "));
}

static void an_identity_address_stands_for_the_resolvable_one(void **state)
{
	(void)state;
	refusal();
	verdict.resolved[R] = true;
	verdict.identity[R] = (struct crypto_address){0, {9, 9, 9, 9, 9, 9}};
	assert_non_null(strstr(brief(), " with 09:09:09:09:09:09 failed"));
	assert_null(strstr(brief(), "C7:05"));
}

/* Each outcome, without a finding. */
static void each_outcome_has_its_verb(void **state)
{
	static const struct {
		enum explain_outcome outcome;
		bool pairing, encrypts;
		const char *text, *sentence;
	} cases[] = {
		{EXPLAIN_PAIRED, true, true, "paired: LE legacy pairing, Just Works, 128-bit key",
		 "Pairing of A with B succeeded: LE legacy pairing, Just Works, 128-bit key (frame "
		 "12)."},
		{EXPLAIN_PAIRED, true, true, "paired", "Pairing of A with B succeeded (frame 12)."},
		{EXPLAIN_ENCRYPTED, false, true, "encrypted with a bond",
		 "Encryption between A and B succeeded with a bond (frame 12)."},
		{EXPLAIN_UNFINISHED, true, false, "the capture ends before the attempt ends",
		 "Pairing of A with B is unfinished: the capture ends before the attempt ends "
		 "(frame 12)."},
		{EXPLAIN_NO_KEY, false, true,
		 "not encrypted: the peripheral has no key for this central",
		 "Encryption between A and B failed: the peripheral has no key for this central "
		 "(frame 12)."},
		{EXPLAIN_NOT_ENCRYPTED, true, true, "not encrypted: MIC Failure (0x3d)",
		 "Pairing of A with B failed: MIC Failure (0x3d, frame 12)."},
		{EXPLAIN_LOST, true, false, "the link ended too early: Connection Timeout (0x08)",
		 "Pairing of A with B failed: the link ended too early with Connection Timeout "
		 "(0x08, frame 12)."},
		{EXPLAIN_LOST, false, false, "the link ended too early: Connection Timeout (0x08)",
		 "Connection between A and B failed: the link ended too early with Connection "
		 "Timeout (0x08, frame 12)."},
		{EXPLAIN_SILENCE, true, false, "timed out: the responder was silent for 30 s",
		 "Pairing of A with B timed out: the responder was silent for 30 s (frame 12)."},
		{EXPLAIN_NOT_CONNECTED, false, false, "not connected: Unknown (0x3e)",
		 "Connection between A and B failed: Unknown (0x3e, frame 12)."},
		{EXPLAIN_UNEVENTFUL, false, false, "connected, but not encrypted",
		 "Connection between A and B was not encrypted (frame 12)."},
	};

	(void)state;
	verdict.count = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char expected[BRIEF_TEXT] = "";
		attempt.pairing = cases[i].pairing;
		attempt.encrypt =
			(struct explain_mark){.frame = cases[i].encrypts ? 11 : 0, .time_us = 0};
		verdict.outcome = cases[i].outcome;
		says(cases[i].text);
		for (const char *p = cases[i].sentence; *p; p++) {
			const bool a = strncmp(p, " A ", 3) == 0, b = strncmp(p, " B ", 3) == 0;
			const size_t len = strlen(expected);
			(void)snprintf(expected + len, sizeof(expected) - len, "%.1s%s", p,
				       a   ? "C6:05:04:03:02:01"
				       : b ? "C7:05:04:03:02:01"
					   : "");
			p += a || b;
		}
		assert_string_equal(brief(), expected);
	}
}

static void a_success_names_its_first_fault_or_weakness_but_no_hint(void **state)
{
	struct explain_check check = *verdict.findings[0].check;

	(void)state;
	refusal();
	verdict.outcome = EXPLAIN_PAIRED;
	verdict.failed = false;
	says("paired");
	finds(0, "the key is short");
	verdict.findings[0].cause = false;
	verdict.findings[0].effect = 0;
	verdict.findings[0].check = &check;
	check.severity = EXPLAIN_WEAKNESS;
	assert_non_null(strstr(brief(),
			       " succeeded (frame 12), but the key is short (frames 11, 5); "
			       "do this"));
	check.severity = EXPLAIN_SURPRISE;
	check.can_cause = false;
	assert_non_null(strstr(brief(), " succeeded (frame 12)."));
}

static void an_attempt_that_is_cut_says_what_was_due(void **state)
{
	struct explain_check check = {.id = "cut",
				      .severity = EXPLAIN_HINT,
				      .holds = check_capture_cut,
				      .fix = "capture longer"};

	(void)state;
	refusal();
	verdict.outcome = EXPLAIN_UNFINISHED;
	verdict.failed = false;
	says("the capture ends before the attempt ends");
	verdict.findings[0].cause = false;
	verdict.count = 1;
	verdict.findings[0].check = &check;
	finds(0, "the capture ends before the pairing ends");
	assert_non_null(strstr(brief(), " is unfinished: the capture ends before the pairing ends; "
					"capture longer."));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_has_both_ends_the_reason_the_cause_the_frames_and_the_advice),
		TEST(a_cause_that_is_the_refusal_itself_is_said_once),
		TEST(an_end_that_refuses_by_its_own_fault_is_no_likely_cause),
		TEST(without_an_address_the_captured_host_is_named_and_its_role),
		TEST(an_identity_address_stands_for_the_resolvable_one),
		TEST(a_peer_is_named_by_the_address_that_the_management_interface_reports),
		TEST(each_outcome_has_its_verb),
		TEST(a_success_names_its_first_fault_or_weakness_but_no_hint),
		TEST(an_attempt_that_is_cut_says_what_was_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
