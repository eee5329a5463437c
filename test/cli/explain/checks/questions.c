/* SPDX-License-Identifier: MIT */
#include "checks/questions.h"

#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"

/* ---- The same as in smp/ --------------------------------------------------------------------- */

static void a_reason_is_defined_when_smp_has_a_name_for_it(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < 256; reason++)
		assert_int_equal(check_reason_is_defined((uint8_t)reason),
				 strcmp(smp_reason_name((uint8_t)reason), smp_reason_name(0)) != 0);
}

static void an_io_capability_is_defined_when_smp_has_a_name_for_it(void **state)
{
	(void)state;
	for (unsigned io = 0; io < 256; io++)
		assert_int_equal(check_io_is_defined((uint8_t)io),
				 strcmp(smp_io_name((uint8_t)io), "reserved") != 0);
}

static void an_association_model_has_the_name_that_smp_gives_it(void **state)
{
	(void)state;
	for (int method = SMP_JUST_WORKS; method <= SMP_OOB; method++) {
		const char *name = check_method_name((enum smp_method)method);
		assert_memory_equal(smp_method_name((enum smp_method)method), name, strlen(name));
	}
	assert_string_equal(check_method_name(SMP_METHOD_NONE), "no association model");
}

/* Just Works never does; from Core 6.2 on, legacy pairing with a passkey does not either. */
static void association_models_authenticate_as_in_core_6_2(void **state)
{
	(void)state;
	for (int sc = 0; sc < 2; sc++) {
		for (int method = SMP_METHOD_NONE; method <= SMP_OOB; method++) {
			const struct smp_features f = {.method = (enum smp_method)method,
						       .secure_connections = sc};
			bool passkey = strcmp(check_method_name(f.method), "Passkey Entry") == 0;
			assert_int_equal(check_authenticates(&f),
					 method > SMP_JUST_WORKS && (sc || !passkey));
		}
	}
}

static void four_reasons_answer_a_pdu_that_is_not_expected(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned reason = 0; reason < 256; reason++)
		count += check_is_answer_to_misplaced((uint8_t)reason);
	assert_int_equal(count, 4);
	assert_true(check_is_answer_to_misplaced(SMP_UNSPECIFIED_REASON));
	assert_true(check_is_answer_to_misplaced(SMP_INVALID_PARAMETERS));
	assert_true(check_is_answer_to_misplaced(SMP_COMMAND_NOT_SUPPORTED));
	assert_true(check_is_answer_to_misplaced(SMP_KEY_REJECTED));
}

static void just_works_has_a_reason_in_the_io_capabilities(void **state)
{
	static const struct {
		uint8_t i, r;
		bool sc;
		const char *why;
	} cases[] = {
		{SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT, false,
		 "neither end has input or output"},
		{SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_KEYBOARD_ONLY, false,
		 "the initiator has no input and no output (NoInputNoOutput)"},
		{SMP_IO_KEYBOARD_ONLY, SMP_IO_NO_INPUT_NO_OUTPUT, false,
		 "the responder has no input and no output (NoInputNoOutput)"},
		{SMP_IO_DISPLAY_YES_NO, SMP_IO_DISPLAY_YES_NO, false,
		 "both ends have DisplayYesNo, which only Secure Connections can use"},
		{SMP_IO_DISPLAY_YES_NO, SMP_IO_DISPLAY_YES_NO, true,
		 "neither end can type the number that the other shows"},
		{SMP_IO_DISPLAY_YES_NO, SMP_IO_DISPLAY_ONLY, false,
		 "neither end can type the number that the other shows"},
		{SMP_IO_DISPLAY_ONLY, SMP_IO_DISPLAY_YES_NO, false,
		 "neither end can type the number that the other shows"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct smp_features features = {.request.io = cases[i].i,
						      .response.io = cases[i].r,
						      .secure_connections = cases[i].sc};
		assert_string_equal(check_why_unauthenticated(&features), cases[i].why);
	}
}

/* Vol 3 Part A 4, Table 4.2: the commands of an LE link. */
static void signalling_commands_have_their_name_in_the_specification(void **state)
{
	static const char *const names[256] = {
		[0x01] = "Command Reject",
		[0x06] = "Disconnection Request",
		[0x07] = "Disconnection Response",
		[0x12] = "Connection Parameter Update Request",
		[0x13] = "Connection Parameter Update Response",
		[0x14] = "LE Credit Based Connection Request",
		[0x15] = "LE Credit Based Connection Response",
		[0x16] = "Flow Control Credit",
		[0x17] = "Credit Based Connection Request",
		[0x18] = "Credit Based Connection Response",
		[0x19] = "Credit Based Reconfigure Request",
		[0x1a] = "Credit Based Reconfigure Response",
	};

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		assert_string_equal(check_signal_name((uint8_t)code),
				    names[code] ? names[code] : "unknown command");
}

/* Vol 3 Part F 3.4.1.1, Table 3.4: the errors that ask for pairing or encryption. */
static void att_errors_have_their_name_in_the_specification(void **state)
{
	static const char *const names[256] = {
		[0x05] = "Insufficient Authentication",
		[0x08] = "Insufficient Authorization",
		[0x0c] = "Encryption Key Size Too Short",
		[0x0f] = "Insufficient Encryption",
	};

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		assert_string_equal(check_att_error_name((uint8_t)code),
				    names[code] ? names[code] : "other error");
}

/* ---- The attempt ----------------------------------------------------------------------------- */

/* The initiator sends Pairing Random without Pairing Confirm before it; the responder refuses. */
static const struct explain_step *skip_confirm(void)
{
	case_features(SMP_IO_NO_INPUT_NO_OUTPUT, 0, SMP_IO_NO_INPUT_NO_OUTPUT, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 1);
	const struct explain_step *s = case_pdu(I, SMP_PAIRING_RANDOM, 3, 2);
	(void)case_pdu(R, SMP_PAIRING_FAILED, 4, 3);
	attempt.failed = at(4, 3);
	attempt.failed_by = R;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_walk();
	return s;
}

static void an_end_has_skipped_a_pdu_when_the_other_refuses_the_next_one(void **state)
{
	(void)state;
	const struct explain_step *s = skip_confirm();
	assert_ptr_equal(check_skipped(&tested), s);
}

static void a_pdu_is_not_skipped_when(void **state)
{
	enum {
		THE_FEATURES_ARE_MISSING,
		ANOTHER_CAME_LATE,
		NOTHING_CAME_AFTER_IT,
		A_SNIFFER_HEARD_IT,
		THE_CAPTURE_HAS_A_GAP,
		THE_PAIRING_DID_NOT_FAIL,
		THE_REASON_IS_ANOTHER,
		ITS_SENDER_REFUSES,
		THE_OTHER_END_WAS_DUE,
		NOTHING_IS_MISSING,
		REASONS_NOT_TO
	};

	for (int why = 0; why < REASONS_NOT_TO; why++) {
		(void)case_begin(state);
		(void)skip_confirm();
		switch (why) {
		case THE_FEATURES_ARE_MISSING:
			facts.has_features = false;
			break;
		case ANOTHER_CAME_LATE:
			facts.progress.late = 2;
			break;
		case NOTHING_CAME_AFTER_IT:
			facts.progress.beyond = EXPLAIN_NO_STEP;
			break;
		case A_SNIFFER_HEARD_IT:
			attempt.air = true;
			break;
		case THE_CAPTURE_HAS_A_GAP:
			attempt.missing = at(2, 0);
			break;
		case THE_PAIRING_DID_NOT_FAIL:
			attempt.failed = at(0, 0);
			break;
		case THE_REASON_IS_ANOTHER:
			attempt.reason = SMP_CONFIRM_VALUE_FAILED;
			break;
		case ITS_SENDER_REFUSES:
			attempt.failed_by = I;
			break;
		case THE_OTHER_END_WAS_DUE:
			facts.progress.missing.from = R;
			break;
		default:
			facts.progress.hole = false;
			break;
		}
		assert_null(check_skipped(&tested));
	}
}

static void a_pdu_is_not_skipped_when_the_refusal_answers_a_later_one(void **state)
{
	(void)state;
	(void)skip_confirm();
	attempt.steps[3] = attempt.steps[2];
	attempt.steps[3].at = at(5, 3);
	attempt.failed = at(6, 4);
	assert_null(check_skipped(&tested));
	attempt.steps[3].layer = EXPLAIN_LAYER_EVENT;
	assert_non_null(check_skipped(&tested));
	attempt.steps[3].layer = EXPLAIN_LAYER_SMP;
	attempt.steps[3].at = attempt.failed;
	assert_non_null(check_skipped(&tested));
}

static void encryption_is_keyless_before_phase_2_ends_and_after_a_failure(void **state)
{
	(void)state;
	attempt.ltk_request = at(10, 0);
	facts.progress.phase_2 = false;
	assert_false(check_keyless(&tested)); /* no pairing */
	attempt.party[I].features = at(11, 0);
	assert_false(check_keyless(&tested)); /* the pairing began later */
	attempt.party[I].features = at(10, 0);
	assert_false(check_keyless(&tested));
	attempt.party[I].features = at(9, 0);
	assert_true(check_keyless(&tested));
	facts.progress.phase_2 = true;
	assert_false(check_keyless(&tested));
	facts.progress.hole = true;
	assert_true(check_keyless(&tested));
	facts.progress.hole = false;
	attempt.failed = at(10, 0);
	assert_false(check_keyless(&tested));
	attempt.failed = at(9, 0);
	assert_true(check_keyless(&tested));
}

static void
the_controller_refused_to_encrypt_when_it_rejected_a_command_of_this_attempt(void **state)
{
	static const uint16_t opcodes[] = {HCI_LE_ENABLE_ENCRYPTION, HCI_LE_LTK_REPLY};
	struct explain_host *host = &attempt.host;

	(void)state;
	attempt.first = at(5, 0);
	host->refused[0] = (struct explain_refusal){at(9, 0), HCI_LE_SET_EVENT_MASK, 1};
	host->refused[1] = (struct explain_refusal){at(6, 0), 0, 1};
	for (size_t i = 0; i < COUNT(opcodes); i++) {
		host->refused[1].opcode = opcodes[i];
		host->refused[1].at = at(6, 0);
		host->refusals = 1;
		assert_null(check_refused_to_encrypt(&tested));
		host->refusals = 2;
		assert_ptr_equal(check_refused_to_encrypt(&tested), &host->refused[1]);
		host->refused[1].at = at(5, 0); /* before it */
		assert_null(check_refused_to_encrypt(&tested));
	}
}

static void the_next_step_is_a_pdu_or_encryption_or_nothing(void **state)
{
	(void)state;
	assert_string_equal(check_awaited(&tested), "encryption"); /* with a bond */
	attempt.pairing = true;
	assert_string_equal(check_awaited(&tested), "Pairing Response");
	attempt.begun_before = true; /* nobody knows which PDUs came before */
	assert_string_equal(check_awaited(&tested), "the end of the pairing");
	attempt.party[I].features = at(3, 0);
	assert_string_equal(check_awaited(&tested), "Pairing Response");
	facts.has_features = true;
	facts.progress.due.code = SMP_PAIRING_RANDOM;
	assert_string_equal(check_awaited(&tested), "Pairing Random");
	facts.progress.waits_for_encryption = true;
	assert_string_equal(check_awaited(&tested), "encryption");
	facts.progress.waits_for_encryption = false;
	facts.progress.complete = true;
	assert_string_equal(check_awaited(&tested), "nothing");
}

/* ---- What a user is asked -------------------------------------------------------------------- */

static void a_passkey_is_typed_by_the_end_without_a_display(void **state)
{
	char text[CHECK_TASK];

	(void)state;
	assert_null(check_user_task(&tested, I, text)); /* no features yet */
	case_features(SMP_IO_KEYBOARD_ONLY, SMP_AUTH_MITM, SMP_IO_DISPLAY_ONLY, SMP_AUTH_MITM);
	assert_string_equal(check_user_task(&tested, I, text), "to type the passkey");
	assert_null(check_user_task(&tested, R, text));
	assert_null(check_user_task(&tested, NOBODY, text));
	attempt.party[I].confirm = at(3, 0); /* it has been typed */
	assert_null(check_user_task(&tested, I, text));
	case_features(SMP_IO_KEYBOARD_ONLY, SMP_AUTH_MITM, SMP_IO_KEYBOARD_ONLY, SMP_AUTH_MITM);
	assert_non_null(check_user_task(&tested, R, text));
	case_features(SMP_IO_DISPLAY_ONLY, SMP_AUTH_MITM | SMP_AUTH_SC, SMP_IO_KEYBOARD_ONLY,
		      SMP_AUTH_MITM | SMP_AUTH_SC);
	assert_null(check_user_task(&tested, R, text)); /* the public keys come first */
	attempt.party[I].public_key = attempt.party[R].public_key = at(3, 0);
	assert_non_null(check_user_task(&tested, R, text));
}

static void a_number_is_confirmed_between_the_nonces_and_the_check(void **state)
{
	char text[CHECK_TASK];

	(void)state;
	case_features(SMP_IO_DISPLAY_YES_NO, SMP_AUTH_MITM | SMP_AUTH_SC, SMP_IO_DISPLAY_YES_NO,
		      SMP_AUTH_MITM | SMP_AUTH_SC);
	assert_null(check_user_task(&tested, R, text));
	attempt.party[I].random = attempt.party[R].random = at(5, 0);
	assert_string_equal(check_user_task(&tested, R, text), "to confirm a number");
	facts.has_number = true;
	facts.number = 7;
	assert_string_equal(check_user_task(&tested, R, text), "to confirm the number 000007");
	attempt.party[R].check = at(6, 0);
	assert_null(check_user_task(&tested, R, text));
	assert_non_null(check_user_task(&tested, I, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reason_is_defined_when_smp_has_a_name_for_it),
		cmocka_unit_test(an_io_capability_is_defined_when_smp_has_a_name_for_it),
		cmocka_unit_test(an_association_model_has_the_name_that_smp_gives_it),
		cmocka_unit_test(association_models_authenticate_as_in_core_6_2),
		cmocka_unit_test(four_reasons_answer_a_pdu_that_is_not_expected),
		cmocka_unit_test(signalling_commands_have_their_name_in_the_specification),
		cmocka_unit_test(att_errors_have_their_name_in_the_specification),
		cmocka_unit_test(just_works_has_a_reason_in_the_io_capabilities),
		cmocka_unit_test_setup(an_end_has_skipped_a_pdu_when_the_other_refuses_the_next_one,
				       case_begin),
		cmocka_unit_test_setup(a_pdu_is_not_skipped_when, case_begin),
		cmocka_unit_test_setup(a_pdu_is_not_skipped_when_the_refusal_answers_a_later_one,
				       case_begin),
		cmocka_unit_test_setup(
			encryption_is_keyless_before_phase_2_ends_and_after_a_failure, case_begin),
		cmocka_unit_test_setup(
			the_controller_refused_to_encrypt_when_it_rejected_a_command_of_this_attempt,
			case_begin),
		cmocka_unit_test_setup(the_next_step_is_a_pdu_or_encryption_or_nothing, case_begin),
		cmocka_unit_test_setup(a_passkey_is_typed_by_the_end_without_a_display, case_begin),
		cmocka_unit_test_setup(a_number_is_confirmed_between_the_nonces_and_the_check,
				       case_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
