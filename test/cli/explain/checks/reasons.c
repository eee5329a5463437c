/* SPDX-License-Identifier: MIT */
#include "smp/reason.h"

#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "smp/pdu.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT
#define TYPES SMP_IO_KEYBOARD_ONLY
#define SHOWS SMP_IO_DISPLAY_ONLY

static void refuse(int8_t by, uint8_t reason)
{
	attempt.failed = at(3, 0);
	attempt.failed_by = by;
	attempt.reason = reason;
}

static void a_refused_key_size_blames_the_end_with_the_shorter_maximum(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	refuse(I, SMP_ENCRYPTION_KEY_SIZE);
	case_finds_nothing(check_key_size_refused); /* both have 16 */
	attempt.party[R].features_pdu[4] = 10;
	case_finds(check_key_size_refused, R,
		   "the responder supports keys of 10 octets at most, and the initiator requires "
		   "longer ones",
		   2, 3, 0);
	attempt.party[I].features_pdu[4] = 7;
	refuse(R, SMP_ENCRYPTION_KEY_SIZE);
	case_finds(check_key_size_refused, I,
		   "the initiator supports keys of 7 octets at most, and the responder requires "
		   "longer ones",
		   1, 3, 0);
	attempt.party[I].features_pdu[4] = attempt.party[R].features_pdu[4] = 15;
	for (int8_t by = 0; by < 2; by++) { /* equal: the end that did not refuse */
		attempt.failed_by = by;
		assert_true(check_key_size_refused(&tested, &finding));
		assert_int_equal(finding.by, !by);
	}
	attempt.party[I].features_pdu[4] = 10;
	attempt.party[R].features_pdu[4] = 16;
	assert_true(check_key_size_refused(&tested, &finding));
	assert_int_equal(finding.by, I);
	attempt.party[R].features = at(0, 0); /* it refused the request */
	attempt.party[R].features_pdu[4] = 0;
	assert_true(check_key_size_refused(&tested, &finding));
	assert_int_equal(finding.by, I);
	tested.explained = true;
	case_finds_nothing(check_key_size_refused);
	tested.explained = false;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds_nothing(check_key_size_refused);
	refuse(R, SMP_ENCRYPTION_KEY_SIZE);
	attempt.party[I].features = at(0, 0);
	case_finds_nothing(check_key_size_refused);
}

static void the_responder_refuses_a_request_that_offers_too_little(void **state)
{
	(void)state;
	attempt.party[I].features = at(1, 0);
	memcpy(attempt.party[I].features_pdu, (uint8_t[]){1, TYPES, 0, 0, 16, 0, 0}, 7);
	refuse(R, SMP_AUTHENTICATION_REQUIREMENTS);
	case_finds(check_mitm_refused, R,
		   "the responder requires more than the request offers: KeyboardOnly, no MITM, "
		   "legacy pairing only",
		   3, 0, 0);
	attempt.party[I].features_pdu[3] = SMP_AUTH_MITM | SMP_AUTH_SC;
	case_finds(check_mitm_refused, R,
		   "the responder requires more than the request offers: KeyboardOnly, MITM, "
		   "Secure Connections",
		   3, 0, 0);
	tested.explained = true;
	case_finds_nothing(check_mitm_refused);
	tested.explained = false;
	attempt.failed_by = I;
	case_finds_nothing(check_mitm_refused);
	attempt.failed_by = R;
	attempt.party[I].features = at(0, 0);
	case_finds_nothing(check_mitm_refused);
}

static void a_refusal_of_the_features_names_what_they_lack(void **state)
{
	(void)state;
	case_features(SHOWS, SMP_AUTH_SC | SMP_AUTH_MITM, TYPES, SMP_AUTH_MITM);
	refuse(I, SMP_AUTHENTICATION_REQUIREMENTS);
	case_finds(check_mitm_refused, I,
		   "the initiator requires protection against a man in the middle or Secure "
		   "Connections, and Passkey Entry of legacy pairing does not give it, from Core "
		   "6.2 on",
		   3, 2, 0);
	case_features(SHOWS, SMP_AUTH_MITM, TYPES, SMP_AUTH_MITM | SMP_AUTH_SC);
	refuse(R, SMP_AUTHENTICATION_REQUIREMENTS);
	case_finds(check_mitm_refused, R,
		   "the responder requires protection against a man in the middle or Secure "
		   "Connections, and Passkey Entry of legacy pairing does not give it, from Core "
		   "6.2 on",
		   3, 1, 0);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, 0);
	attempt.party[I].features_pdu[2] = attempt.party[R].features_pdu[2] = 1; /* a TK */
	case_negotiate();
	refuse(I, SMP_AUTHENTICATION_REQUIREMENTS);
	case_finds(check_mitm_refused, I,
		   "the initiator requires Secure Connections, and the responder offers legacy "
		   "pairing only",
		   3, 2, 0);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, 0);
	refuse(I, SMP_AUTHENTICATION_REQUIREMENTS);
	case_finds(check_mitm_refused, I,
		   "the initiator requires protection against a man in the middle or Secure "
		   "Connections, and neither end has input or output",
		   3, 2, 0);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	case_finds(check_mitm_refused, I,
		   "the initiator requires protection against a man in the middle, and neither end "
		   "has input or output",
		   3, 2, 0);
	case_features(SHOWS, SMP_AUTH_MITM | SMP_AUTH_SC, TYPES, SMP_AUTH_MITM | SMP_AUTH_SC);
	case_finds(
		check_mitm_refused, I,
		"the initiator does not accept Passkey Entry, to which the features of both ends "
		"lead",
		3, 2, 0);
	facts.debug_key[I] = true; /* its own is not what it refuses */
	assert_true(check_mitm_refused(&tested, &finding));
	assert_int_equal(finding.by, I);
	facts.debug_key[R] = true;
	attempt.party[R].public_key = at(5, 0);
	case_finds(check_mitm_refused, R,
		   "the responder used the published debug key, which protects nothing", 5, 2, 0);
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds_nothing(check_mitm_refused);
}

/* In Just Works nobody has typed a passkey. */
static void a_confirm_value_that_fails_without_a_passkey_has_advice_of_its_own(void **state)
{
	(void)state;
	tested.parameter = SMP_CONFIRM_VALUE_FAILED;
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	refuse(R, SMP_CONFIRM_VALUE_FAILED);
	finding = (struct explain_finding){.by = NOBODY};
	assert_true(check_peer_reason(&tested, &finding));
	assert_null(strstr(finding.fix, "passkey"));
	case_features(SHOWS, SMP_AUTH_MITM, TYPES, SMP_AUTH_MITM);
	finding = (struct explain_finding){.by = NOBODY};
	assert_true(check_peer_reason(&tested, &finding));
	assert_null(finding.fix);
}

static void a_reason_is_reported_with_the_pdu_before_it(void **state)
{
	(void)state;
	tested.parameter = SMP_BUSY;
	refuse(R, SMP_BUSY);
	case_finds(check_peer_reason, R, "the responder sent Busy (0x10)", 3, 0, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 0);
	case_finds(check_peer_reason, R,
		   "the responder sent Busy (0x10) after the other end's Pairing Request", 3, 1, 0);
	attempt.step_count = 0; /* of an earlier attempt */
	case_finds(check_peer_reason, R, "the responder sent Busy (0x10)", 3, 0, 0);
	attempt.step_count = 3;
	attempt.steps[0].layer = EXPLAIN_LAYER_SIGNALING;
	case_finds(check_peer_reason, R, "the responder sent Busy (0x10)", 3, 0, 0);
	tested.parameter = SMP_KEY_REJECTED;
	case_finds_nothing(check_peer_reason);
	tested.parameter = SMP_BUSY;
	tested.explained = true;
	case_finds_nothing(check_peer_reason);
	tested.explained = false;
	attempt.failed = at(0, 0);
	case_finds_nothing(check_peer_reason);
}

/* Numeric Comparison: both numbers are on the displays, and one end refuses. */
static void compare(uint64_t after_us)
{
	enum { AUTH = SMP_AUTH_SC | SMP_AUTH_MITM };

	attempt.step_count = 0;
	attempt.clock = EXPLAIN_CLOCK_UNIX;
	tested.parameter = SMP_UNSPECIFIED_REASON;
	case_features(SMP_IO_DISPLAY_YES_NO, AUTH, SMP_IO_DISPLAY_YES_NO, AUTH);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 1, S);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 2, 2 * S);
	attempt.party[I].random = at(1, S);
	attempt.party[R].random = at(2, 2 * S);
	refuse(I, SMP_UNSPECIFIED_REASON);
	attempt.failed = at(3, 2 * S + after_us);
	finding = (struct explain_finding){.by = NOBODY};
}

static void a_refusal_while_a_user_was_asked_is_most_likely_the_users(void **state)
{
	(void)state;
	compare(4 * S);
	case_finds(check_peer_reason, I,
		   "most likely the user of the initiator cancelled, or its program: it had to ask "
		   "to confirm a number, and sent Unspecified Reason (0x08) 4.0 s later",
		   3, 2, 0);
	compare(500 * MS); /* no person is so quick */
	assert_true(check_peer_reason(&tested, &finding));
	assert_null(strstr(finding.text, "cancelled"));
	compare(4 * S);
	attempt.clock = EXPLAIN_CLOCK_NONE;
	assert_true(check_peer_reason(&tested, &finding));
	assert_null(strstr(finding.text, "cancelled"));
	compare(4 * S);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC); /* Just Works asks nobody */
	assert_true(check_peer_reason(&tested, &finding));
	assert_null(strstr(finding.text, "cancelled"));
}

static void a_reason_that_is_not_defined_blames_its_sender(void **state)
{
	(void)state;
	refuse(R, 0x77);
	case_finds(check_unknown_reason, R,
		   "the responder ended the pairing with the reason 0x77, which is not defined", 3,
		   0, 0);
	attempt.reason = SMP_BUSY;
	case_finds_nothing(check_unknown_reason);
	attempt.reason = 0;
	assert_true(check_unknown_reason(&tested, &finding));
	attempt.failed = at(0, 0);
	case_finds_nothing(check_unknown_reason);
}

/* ---- Bonds and requests of earlier attempts -------------------------------------------------- */

static void set_addresses(void)
{
	for (uint8_t end = 0; end < 2; end++) {
		attempt.party[end].has_address = true;
		attempt.party[end].address.octets[0] = (uint8_t)(end + 1);
	}
}

/* An earlier attempt of the same ends that made a bond. */
static void bond_earlier(uint64_t frame)
{
	set_addresses();
	attempt.encrypted = at(frame, 0);
	history_add(&history, &attempt, &facts, false);
	attempt.encrypted = at(0, 0);
}

static void an_end_that_has_a_bond_may_refuse_to_pair_anew(void **state)
{
	(void)state;
	bond_earlier(2);
	attempt.party[I].features = at(9, 0);
	refuse(R, SMP_PAIRING_NOT_SUPPORTED);
	case_finds(check_stale_bond, R,
		   "the responder refused to pair anew: it has a bond with the initiator, which "
		   "most likely has lost its own",
		   3, 2, 0);
	attempt.party[R].features = at(10, 0); /* it had agreed to pair */
	case_finds_nothing(check_stale_bond);
	attempt.reason = SMP_DHKEY_CHECK_FAILED;
	assert_true(check_stale_bond(&tested, &finding));
	attempt.reason = SMP_NUMERIC_COMPARISON_FAILED;
	case_finds_nothing(check_stale_bond);
	refuse(R, SMP_PAIRING_NOT_SUPPORTED);
	attempt.party[R].features = at(0, 0);
	attempt.party[R].address.octets[0] = 0x77; /* another responder */
	case_finds_nothing(check_stale_bond);
}

static void send_request(uint8_t auth, uint8_t keys, uint64_t frame)
{
	attempt.party[I].features = at(frame, 0);
	memcpy(attempt.party[I].features_pdu, (uint8_t[]){1, NO_IO, 0, auth, 16, keys, keys}, 7);
	attempt.pairing = true;
}

static void a_request_with_newer_bits_that_is_refused_at_once_meets_an_old_responder(void **state)
{
	(void)state;
	tested.failed = true;
	send_request(SMP_AUTH_BONDING | SMP_AUTH_SC | SMP_AUTH_CT2, SMP_DIST_ENC | SMP_DIST_LINK,
		     1);
	refuse(R, SMP_INVALID_PARAMETERS);
	case_finds(check_newer_bits_refused, R,
		   "the responder refused a valid request at once: most likely it takes the bits "
		   "that came after Core 4.1 (SC, CT2, LinkKey) for invalid, although it must "
		   "ignore bits that it does not know",
		   3, 1, 0);
	attempt.party[I].features_pdu[1] = 9; /* it is not valid */
	case_finds_nothing(check_newer_bits_refused);
	send_request(SMP_AUTH_BONDING, SMP_DIST_ENC, 1);
	case_finds_nothing(check_newer_bits_refused);
	send_request(SMP_AUTH_SC, 0, 1);
	assert_true(check_newer_bits_refused(&tested, &finding));
	attempt.party[R].features = at(2, 0);
	case_finds_nothing(check_newer_bits_refused);
}

/* An earlier request of 4.0 that was answered in frame 12. */
static void answer_earlier(void)
{
	send_request(SMP_AUTH_BONDING | SMP_AUTH_MITM, SMP_DIST_ENC | SMP_DIST_ID, 11);
	attempt.party[R].features = at(12, 0);
	history_add(&history, &attempt, &facts, false);
	attempt.party[R].features = at(0, 0);
}

static void a_refused_request_is_compared_with_one_that_was_answered(void **state)
{
	(void)state;
	answer_earlier();
	tested.failed = true;
	send_request(SMP_AUTH_BONDING | SMP_AUTH_SC, SMP_DIST_ENC | SMP_DIST_LINK, 21);
	attempt.party[I].features_pdu[1] = TYPES;
	attempt.party[I].features_pdu[4] = 7;
	refuse(R, SMP_INVALID_PARAMETERS);
	case_finds(check_request_differs, NOBODY,
		   "an earlier Pairing Request was answered, and this one refused: it adds SC, "
		   "LinkKey; it lacks MITM, IdKey; its IO capability is KeyboardOnly, not "
		   "NoInputNoOutput; its key size is 7, not 16",
		   21, 11, 0);
	finding = (struct explain_finding){.by = NOBODY};
	assert_true(check_newer_bits_refused(&tested, &finding));
	assert_non_null(strstr(finding.text, "; it answered a request without them"));
	attempt.failed = at(0, 0);
	assert_true(check_request_differs(&tested, &finding));
	assert_non_null(strstr(finding.text, "and this one not"));
	send_request(SMP_AUTH_BONDING | SMP_AUTH_MITM, SMP_DIST_ENC | SMP_DIST_ID, 21);
	case_finds_nothing(check_request_differs); /* they are the same */
}

static void requests_to_other_ends_are_not_compared(void **state)
{
	(void)state;
	set_addresses();
	answer_earlier();
	tested.failed = true;
	send_request(SMP_AUTH_SC, 0, 21);
	refuse(R, SMP_INVALID_PARAMETERS);
	assert_true(check_request_differs(&tested, &finding));
	attempt.party[R].address.octets[0] = 0x77;
	case_finds_nothing(check_request_differs);
	attempt.party[R].has_address = false; /* it can be the same */
	assert_true(check_request_differs(&tested, &finding));
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_key_size_blames_the_end_with_the_shorter_maximum),
		TEST(the_responder_refuses_a_request_that_offers_too_little),
		TEST(a_refusal_of_the_features_names_what_they_lack),
		TEST(a_confirm_value_that_fails_without_a_passkey_has_advice_of_its_own),
		TEST(a_reason_is_reported_with_the_pdu_before_it),
		TEST(a_refusal_while_a_user_was_asked_is_most_likely_the_users),
		TEST(a_reason_that_is_not_defined_blames_its_sender),
		TEST(an_end_that_has_a_bond_may_refuse_to_pair_anew),
		TEST(a_request_with_newer_bits_that_is_refused_at_once_meets_an_old_responder),
		TEST(a_refused_request_is_compared_with_one_that_was_answered),
		TEST(requests_to_other_ends_are_not_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
