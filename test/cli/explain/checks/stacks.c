/* SPDX-License-Identifier: MIT */
#include "cli/explain/checks/fixture.h"
#include "smp/pdu.h"

static void a_response_after_later_pdus_is_of_a_second_stack(void **state)
{
	(void)state;
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 0);
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 4, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 5, 0);
	case_finds_nothing(check_two_stacks);
	attempt.second_response = at(5, 0);
	attempt.second_by = R;
	case_finds(
		check_two_stacks, R,
		"the responder sent Pairing Response after its Pairing Confirm: two stacks answer "
		"on one link",
		5, 4, 0);
}

/* One stack refuses, and the other answers what the initiator sends next. */
static void an_end_that_refuses_and_goes_on_has_two_stacks(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_FAILED, 5, 0);
	attempt.failed = at(5, 0);
	attempt.failed_by = R;
	(void)case_pdu(I, SMP_PAIRING_DHKEY_CHECK, 6, 0);
	case_finds_nothing(check_two_stacks);
	(void)case_pdu(R, SMP_PAIRING_DHKEY_CHECK, 7, 0);
	case_finds(
		check_two_stacks, R,
		"the responder sent Pairing Failed, and went on with Pairing DHKey Check all the "
		"same: two stacks answer on one link, one refuses and the other goes on",
		7, 5, 6);
	/* It explains what the other end sent, too. */
	attempt.after_failure = at(6, 10 * S);
	attempt.after_by = I;
	attempt.after_code = SMP_PAIRING_DHKEY_CHECK;
	case_finds_nothing(check_after_failure);
}

static void an_end_that_sends_one_pdu_too_many_has_one_stack(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_FAILED, 5, 0);
	attempt.failed = at(5, 0);
	attempt.failed_by = R;
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 6, 0);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 7, 0);
	(void)case_pdu(R, SMP_PAIRING_FAILED, 8, 0);
	case_finds_nothing(check_two_stacks);
}

static void le_pairing_on_a_link_of_the_other_transport_blames_the_end_that_tried(void **state)
{
	static const char text[] = "LE pairing or encryption was tried on a BR/EDR link, which has "
				   "its own";

	(void)state;
	attempt.bredr = true;
	case_finds_nothing(check_bredr_link);
	attempt.encrypt = at(9, 0);
	case_finds(check_bredr_link, I, text, 9, 0, 0);
	(void)case_pdu(R, SMP_SECURITY_REQUEST, 3, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 4, 0);
	case_finds(check_bredr_link, R, text, 3, 0, 0);
	tested.outcome = EXPLAIN_PAIRED; /* so the link is of LE after all */
	case_finds_nothing(check_bredr_link);
	tested.outcome = EXPLAIN_LOST;
	attempt.bredr = false;
	case_finds_nothing(check_bredr_link);
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_response_after_later_pdus_is_of_a_second_stack),
		TEST(an_end_that_refuses_and_goes_on_has_two_stacks),
		TEST(an_end_that_sends_one_pdu_too_many_has_one_stack),
		TEST(le_pairing_on_a_link_of_the_other_transport_blames_the_end_that_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
