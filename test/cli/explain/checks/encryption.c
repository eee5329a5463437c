/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "crypto/bytes.h"
#include "smp/pdu.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT

/* ---- Encryption before there is a key -------------------------------------------------------- */

/* A sniffed pairing with Secure Connections, as far as both random values. */
static void up_to_randoms(void)
{
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	attempt.air = true;
	attempt.captured_end = NOBODY;
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_PUBLIC_KEY, 3, 0);
	(void)case_pdu(R, SMP_PAIRING_PUBLIC_KEY, 4, 0);
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 5, 0);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 6, 0);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 7, 0);
	case_walk();
}

static void control(uint8_t opcode, int8_t from, uint64_t frame)
{
	attempt.steps[attempt.step_count++] = (struct explain_step){
		.at = at(frame, 0), .layer = EXPLAIN_LAYER_LL, .from = from, .code = opcode};
}

static void ask(uint64_t frame)
{
	attempt.encrypt = at(frame, 0);
	control(0x03, I, frame);
}

static void encryption_before_the_dhkey_checks_blames_the_initiator(void **state)
{
	(void)state;
	up_to_randoms();
	case_finds_nothing(check_encrypted_early);
	ask(8);
	case_finds(
		check_encrypted_early, I,
		"the initiator started encryption right after Pairing Random, before the pairing "
		"had made a key: without DHKey Check",
		8, 7, 0);
	case_finds_nothing(check_early_encryption_accepted);
	control(0x05, R, 10);
	case_finds(
		check_early_encryption_accepted, R,
		"the responder accepted encryption before the pairing had made a key: it does not "
		"check this, and an attacker needs no key",
		10, 8, 0);
}

/* The last PDUs of phase 2 may be what it did not hear. */
static void a_sniffer_that_missed_a_pdu_proves_no_early_encryption(void **state)
{
	(void)state;
	up_to_randoms();
	ask(10);
	attempt.unheard = 7; /* before them */
	assert_true(check_encrypted_early(&tested, &finding));
	attempt.unheard = 8;
	case_finds_nothing(check_encrypted_early);
	attempt.air = false;
	assert_true(check_encrypted_early(&tested, &finding));
}

static void what_was_missed_in_less_than_two_events_is_no_phase_2(void **state)
{
	(void)state;
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	attempt.air = true;
	attempt.captured_end = NOBODY;
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 1000000);
	case_walk();
	ask(4);
	attempt.unheard = 3;
	attempt.interval = 16; /* 20 ms */
	attempt.encrypt.time_us = 1000000 + 39999;
	case_finds_nothing(check_encrypted_early);
	attempt.has_interval = true;
	assert_true(check_encrypted_early(&tested, &finding));
	attempt.encrypt.time_us = 1000000 + 40000;
	case_finds_nothing(check_encrypted_early);
}

static void a_responder_that_falls_silent_may_have_crashed(void **state)
{
	(void)state;
	up_to_randoms();
	ask(8);
	control(0x04, R, 9);
	control(0x02, I, 11);
	case_finds(
		check_encrypted_early, I,
		"the initiator started encryption right after Pairing Random, before the pairing "
		"had made a key: without DHKey Check; the responder fell silent after LL_ENC_RSP, "
		"it may have crashed",
		8, 7, 9);
	control(0x0d, R, 12); /* it rejects */
	assert_true(check_encrypted_early(&tested, &finding));
	assert_null(strstr(finding.text, "crashed"));
}

static void encryption_is_not_early_when(void **state)
{
	enum {
		PHASE_2_IS_OVER,
		A_PDU_IS_MISSING,
		A_STEP_IS_NOT_KEPT,
		THE_CHART_HAS_A_HOLE,
		THE_CAPTURED_CENTRAL_ASKS,
		THE_REQUEST_IS_NOT_CAPTURED,
		THE_RESPONSE_IS_NOT_CAPTURED,
		IT_HAD_FAILED,
		WAYS
	};

	for (int way = 0; way < WAYS; way++) {
		(void)case_begin(state);
		up_to_randoms();
		switch (way) {
		case PHASE_2_IS_OVER:
			(void)case_pdu(I, SMP_PAIRING_DHKEY_CHECK, 8, 0);
			(void)case_pdu(R, SMP_PAIRING_DHKEY_CHECK, 9, 0);
			break;
		case A_PDU_IS_MISSING:
			attempt.missing = at(7, 0);
			break;
		case A_STEP_IS_NOT_KEPT:
			attempt.steps_lost = 1;
			break;
		case THE_CHART_HAS_A_HOLE:
			facts.progress.hole = true;
			break;
		case THE_CAPTURED_CENTRAL_ASKS:
			attempt.captured_end = I;
			attempt.air = false;
			break;
		case THE_REQUEST_IS_NOT_CAPTURED:
			attempt.party[I].features = at(0, 0);
			break;
		case THE_RESPONSE_IS_NOT_CAPTURED:
			facts.has_features = false;
			break;
		default:
			attempt.failed = at(8, 0);
			break;
		}
		ask(10);
		case_finds_nothing(check_encrypted_early);
		control(0x05, R, 12);
		case_finds_nothing(check_early_encryption_accepted);
	}
}

static void encryption_right_after_the_request_is_early_without_a_response(void **state)
{
	(void)state;
	attempt.air = true;
	attempt.captured_end = NOBODY;
	attempt.party[I].features = at(1, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	ask(2);
	case_finds(check_encrypted_early, I,
		   "the initiator started encryption right after Pairing Request, before the "
		   "pairing had made a key: without a Pairing Response",
		   2, 1, 0);
}

static void a_refusal_is_no_acceptance(void **state)
{
	(void)state;
	up_to_randoms();
	attempt.air = false;
	attempt.captured_end = R;
	attempt.ltk_request = at(8, 0);
	attempt.ltk_reply = at(9, 0);
	attempt.ltk_refused = true;
	case_finds_nothing(check_encrypted_early);
	case_finds_nothing(check_early_encryption_accepted);
	attempt.ltk_refused = false;
	assert_true(check_encrypted_early(&tested, &finding));
	finding = (struct explain_finding){.by = NOBODY};
	assert_true(check_early_encryption_accepted(&tested, &finding));
	assert_int_equal(finding.frames[0], 9);
}

/* ---- The key --------------------------------------------------------------------------------- */

static void ediv_and_rand_must_be_zero_with_the_key_of_the_pairing(void **state)
{
	(void)state;
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	facts.progress.phase_2 = true;
	attempt.encrypt = at(8, 0);
	case_finds_nothing(check_identifier_not_zero);
	attempt.encrypt_ediv[0] = 0x40;
	attempt.encrypt_rand[0] = 0xff;
	case_finds(check_identifier_not_zero, I,
		   "the initiator encrypts with EDIV 0x0040 and Rand 0xff, which must both be zero "
		   "with the key of this pairing",
		   8, 0, 0);
	attempt.encrypted = at(9, 0);
	case_finds(check_identifier_not_zero, I,
		   "the initiator encrypts with EDIV 0x0040 and Rand 0xff, which must both be zero "
		   "with the key of this pairing, and the responder accepted it",
		   8, 9, 0);
	facts.progress.phase_2 = false;
	case_finds_nothing(check_identifier_not_zero);
	facts.progress.phase_2 = true;
	attempt.encrypt = at(0, 0);
	attempt.ltk_request = at(12, 0); /* with the distributed LTK, after the pairing */
	case_finds_nothing(check_identifier_not_zero);
}

static void a_key_must_be_shortened_to_the_negotiated_size(void **state)
{
	(void)state;
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	attempt.party[R].features_pdu[4] = 7;
	case_negotiate();
	facts.progress.phase_2 = true;
	attempt.encrypt = at(8, 0);
	attempt.has_encrypt_key = true;
	memset(attempt.encrypt_key, 0xaa, 7);
	case_finds_nothing(check_key_not_shortened);
	attempt.encrypt_key[7] = 1;
	case_finds(check_key_not_shortened, I,
		   "the initiator encrypts with a key that is not shortened to the negotiated 7 "
		   "octets",
		   8, 0, 0);
	attempt.air = true; /* the key is a guess then */
	case_finds_nothing(check_key_not_shortened);
	attempt.party[R].ltk = at(9, 0);
	attempt.party[R].ltk_value[15] = 1;
	case_finds(check_key_not_shortened, R,
		   "the responder distributed an LTK that is not shortened to the negotiated 7 "
		   "octets",
		   9, 0, 0);
	attempt.party[R].features_pdu[4] = 16;
	case_negotiate();
	case_finds_nothing(check_key_not_shortened);
}

static void a_key_of_zero_is_named_once_it_encrypts(void **state)
{
	static const char text[] = "the link is encrypted with a key that is all zero: anyone can "
				   "read it";

	(void)state;
	attempt.encrypt = at(8, 0);
	attempt.has_encrypt_key = true;
	case_finds_nothing(check_zero_key);
	attempt.encrypted = at(9, 0);
	case_finds(check_zero_key, I, text, 8, 0, 0);
	attempt.encrypt_status = 6;
	case_finds_nothing(check_zero_key);
	attempt.encrypt_status = 0;
	attempt.has_encrypt_key = false;
	case_finds_nothing(check_zero_key);
	attempt.has_reply_key = true;
	attempt.ltk_reply = at(7, 0);
	case_finds(check_zero_key, I, text, 7, 0, 0);
	attempt.reply_key[15] = 1;
	case_finds_nothing(check_zero_key);
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(encryption_before_the_dhkey_checks_blames_the_initiator),
		TEST(a_sniffer_that_missed_a_pdu_proves_no_early_encryption),
		TEST(what_was_missed_in_less_than_two_events_is_no_phase_2),
		TEST(a_responder_that_falls_silent_may_have_crashed),
		TEST(encryption_is_not_early_when),
		TEST(encryption_right_after_the_request_is_early_without_a_response),
		TEST(a_refusal_is_no_acceptance),
		TEST(ediv_and_rand_must_be_zero_with_the_key_of_the_pairing),
		TEST(a_key_must_be_shortened_to_the_negotiated_size),
		TEST(a_key_of_zero_is_named_once_it_encrypts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
