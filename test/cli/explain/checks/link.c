/* SPDX-License-Identifier: MIT */
/* The conditions on the link, its encryption, the signalling channel, and time. */
#include <stdio.h>
#include <string.h>

#include "checks/verdict.h"
#include "cli/explain/checks/fixture.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT

/* ---- Encryption ------------------------------------------------------------------------------ */

static void encrypted(uint8_t status)
{
	attempt.encrypt = at(8, 0);
	attempt.encrypted = at(9, 0);
	attempt.encrypt_status = status;
}

static void a_lost_bond_blames_the_peripheral(void **state)
{
	(void)state;
	encrypted(HCI_PIN_OR_KEY_MISSING);
	case_finds(check_no_bond, R,
		   "the peer has lost the bond and has no key for this host: PIN or Key Missing "
		   "(0x06)",
		   9, 8, 0);
	attempt.captured_end = NOBODY; /* on air */
	case_finds(check_no_bond, R,
		   "the peripheral has lost the bond and has no key for this central: PIN or Key "
		   "Missing (0x06)",
		   9, 8, 0);
	attempt.captured_end = I;
	attempt.encrypt = at(0, 0); /* the event alone */
	assert_true(check_no_bond(&tested, &finding));
	attempt.pairing = true; /* there is no bond yet */
	case_finds_nothing(check_no_bond);
	attempt.pairing = false;
	tested.outcome = EXPLAIN_NOT_CONNECTED;
	case_finds_nothing(check_no_bond);
	tested.outcome = EXPLAIN_NO_KEY;
	attempt.encrypted = at(0, 0);
	case_finds_nothing(check_no_bond);
	encrypted(0);
	case_finds_nothing(check_no_bond);
}

static void a_bond_that_the_captured_host_lacks_blames_it(void **state)
{
	(void)state;
	attempt.ltk_request = at(8, 0);
	attempt.ltk_refused = true;
	case_finds_nothing(check_bond_refused_here); /* no answer yet */
	attempt.ltk_reply = at(9, 0);
	case_finds(check_bond_refused_here, R,
		   "the captured host answered that it has no key for this central", 9, 8, 0);
	attempt.pairing = true;
	case_finds(check_bond_refused_here, R,
		   "the captured host has no key, although it has just agreed on one", 9, 8, 0);
	attempt.ltk_refused = false;
	case_finds_nothing(check_bond_refused_here);
	attempt.ltk_refused = true;
	attempt.party[I].features = at(7, 0); /* phase 2 is not over, so it has no key yet */
	case_finds_nothing(check_bond_refused_here);
}

static void a_mic_failure_blames_nobody(void **state)
{
	static const char text[] = "the two ends encrypted with different keys: Connection "
				   "Terminated due to MIC Failure (0x3d); most likely one of them "
				   "has an old bond";

	(void)state;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = 0x13;
	case_finds_nothing(check_mic_failure);
	attempt.disconnect_reason = HCI_MIC_FAILURE;
	case_finds(check_mic_failure, NOBODY, text, 12, 0, 0);
	attempt.ltk_reply = at(10, 0); /* the host has given its key */
	case_finds(check_mic_failure, NOBODY, text, 12, 10, 0);
	attempt.ltk_reply = at(0, 0);
	attempt.pairing = true; /* both keys are new */
	case_finds(check_mic_failure, NOBODY,
		   "the two ends encrypted with different keys: Connection Terminated due to MIC "
		   "Failure (0x3d)",
		   12, 0, 0);
	attempt.pairing = false;
	attempt.disconnected = at(0, 0);
	case_finds_nothing(check_mic_failure);
	attempt.disconnected = at(12, 0);
	encrypted(HCI_MIC_FAILURE);
	case_finds(check_mic_failure, NOBODY, text, 9, 0, 0);
	attempt.disconnect_reason = 0;
	assert_true(check_mic_failure(&tested, &finding));
	attempt.encrypted = at(0, 0);
	case_finds_nothing(check_mic_failure);
}

/* Vol 6 Part B 5.1.3.1: a PDU that is not allowed there ends the link in the same way. */
static void a_mic_failure_with_the_right_key_is_not_of_different_keys(void **state)
{
	static const char text[] =
		"Connection Terminated due to MIC Failure (0x3d), although the key in use is that "
		"of this pairing: a packet was damaged, a PDU came that is not allowed while "
		"encryption starts, or the other end has another key";

	(void)state;
	attempt.pairing = true;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = HCI_MIC_FAILURE;
	facts.key.result = EXPLAIN_RIGHT;
	case_finds(check_mic_failure, NOBODY, text, 12, 0, 0);
	facts.key.result = EXPLAIN_WRONG;
	assert_true(check_mic_failure(&tested, &finding));
	assert_non_null(strstr(finding.text, "different keys"));
	facts.has_ltk = facts.ltk_computed = true; /* Secure Connections */
	attempt.has_encrypt_key = attempt.has_reply_key = true;
	facts.ltk[15] = attempt.encrypt_key[15] = 1;
	case_finds(check_mic_failure, NOBODY, text, 12, 0, 0);
	attempt.encrypt_key[15] = 2;
	assert_true(check_mic_failure(&tested, &finding));
	assert_non_null(strstr(finding.text, "different keys"));
	attempt.reply_key[15] = 1;
	case_finds(check_mic_failure, NOBODY, text, 12, 0, 0);
	attempt.pairing = false; /* of a bond, nobody knows what the other end has */
	assert_true(check_mic_failure(&tested, &finding));
	assert_non_null(strstr(finding.text, "different keys"));
}

static void a_mic_failure_of_a_link_that_worked_is_of_no_bond(void **state)
{
	(void)state;
	encrypted(0);
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = HCI_MIC_FAILURE;
	assert_true(check_mic_failure(&tested, &finding));
	assert_non_null(strstr(finding.text, "old bond"));
	attempt.key_proved = at(10, 0);
	case_finds(check_mic_failure, NOBODY,
		   "a packet failed its integrity check on a link whose encryption had worked: "
		   "Connection Terminated due to MIC Failure (0x3d); the two ends have the same "
		   "key, so a controller is faulty, or the packet was damaged or came from another "
		   "sender",
		   12, 10, 0);
	assert_non_null(strstr(finding.fix, "the bond is good"));
}

static void encryption_that_did_not_start_blames_nobody(void **state)
{
	(void)state;
	encrypted(0x1a);
	case_finds(check_refused_encryption, NOBODY,
		   "encryption did not start: Unsupported Remote Feature "
		   "(0x1a)",
		   9, 8, 0);
	attempt.encrypted = at(0, 0);
	case_finds_nothing(check_refused_encryption);
	encrypted(0);
	case_finds_nothing(check_refused_encryption);
	encrypted(HCI_PIN_OR_KEY_MISSING); /* these two are findings of their own */
	case_finds_nothing(check_refused_encryption);
	encrypted(HCI_MIC_FAILURE);
	case_finds_nothing(check_refused_encryption);
}

/* A pairing ends with encryption: nothing can be removed before it works. */
static void a_pairing_that_cannot_encrypt_has_no_bond_to_remove(void **state)
{
	(void)state;
	attempt.pairing = true;
	encrypted(HCI_PIN_OR_KEY_MISSING);
	case_finds(check_refused_encryption, R,
		   "the peripheral had no key for the encryption that ends this pairing: PIN or "
		   "Key Missing (0x06)",
		   9, 8, 0);
	assert_memory_equal(finding.fix, "pair again", 10);
	attempt.ltk_reply = at(7, 0); /* the captured peripheral has given it */
	case_finds(check_refused_encryption, NOBODY,
		   "encryption did not start: PIN or Key Missing (0x06)", 9, 8, 0);
	attempt.ltk_refused = true;
	case_finds(check_bond_refused_here, R,
		   "the captured host has no key, although it has just agreed on one", 7, 0, 0);
	assert_memory_equal(finding.fix, "pair again", 10);
	attempt.ltk_reply = at(0, 0);
	encrypted(HCI_MIC_FAILURE);
	assert_true(check_mic_failure(&tested, &finding));
	assert_memory_equal(finding.fix, "pair again", 10);
}

static void the_advice_on_refused_encryption_depends_on_the_error(void **state)
{
	(void)state;
	for (int pairing = 0; pairing < 2; pairing++) {
		attempt.pairing = pairing;
		encrypted(HCI_LL_RESPONSE_TIMEOUT);
		finding = (struct explain_finding){.by = NOBODY};
		assert_true(check_refused_encryption(&tested, &finding));
		assert_non_null(strstr(finding.fix, "move closer"));
		encrypted(HCI_CONNECTION_TIMEOUT);
		assert_true(check_refused_encryption(&tested, &finding));
		assert_non_null(strstr(finding.fix, "move closer"));
		encrypted(HCI_UNSUPPORTED_REMOTE_FEATURE);
		assert_true(check_refused_encryption(&tested, &finding));
		assert_non_null(strstr(finding.fix, "features of both controllers"));
		encrypted(HCI_AUTHENTICATION_FAILURE);
		assert_true(check_refused_encryption(&tested, &finding));
		assert_int_equal(finding.fix != NULL, pairing);
	}
}

/* ---- The link -------------------------------------------------------------------------------- */

static void a_link_that_was_not_established_blames_nobody(void **state)
{
	char text[200];

	(void)state;
	attempt.connected = at(2, 0);
	attempt.disconnect_reason = HCI_FAILED_TO_ESTABLISH;
	case_finds_nothing(check_not_established);
	attempt.disconnected = at(3, 0);
	(void)snprintf(text, sizeof(text),
		       "the link was not established, because the peer answered none of the first "
		       "packets: %s (0x3e)",
		       hci_error_name(HCI_FAILED_TO_ESTABLISH));
	case_finds(check_not_established, NOBODY, text, 3, 0, 0);
	attempt.disconnect_reason = 0x13;
	case_finds_nothing(check_not_established);
	attempt.connect_status = 0x0c;
	case_finds(check_not_established, NOBODY,
		   "the link was not established: Command Disallowed (0x0c)", 2, 0, 0);
	attempt.connected = at(0, 0);
	case_finds_nothing(check_not_established);
}

static void a_hardware_error_blames_nobody(void **state)
{
	(void)state;
	case_finds_nothing(check_hardware_error);
	attempt.hardware_error = at(7, 0);
	attempt.hardware_code = 0x42;
	case_finds(check_hardware_error, NOBODY,
		   "the controller reported Hardware Error 0x42, and the link ended", 7, 0, 0);
}

static void a_reset_in_the_middle_blames_the_host(void **state)
{
	(void)state;
	attempt.reset = at(7, 0);
	case_finds_nothing(check_controller_reset); /* the attempt was over */
	tested.outcome = EXPLAIN_LOST;
	attempt.pairing = true;
	case_finds(check_controller_reset, I,
		   "the captured host reset its controller, which ended the link, before Pairing "
		   "Response",
		   7, 0, 0);
}

static void a_supervision_timeout_blames_nobody(void **state)
{
	(void)state;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT;
	case_finds_nothing(check_supervision); /* the attempt was not lost with the link */
	tested.outcome = EXPLAIN_LOST;
	case_finds(check_supervision, NOBODY,
		   "the link was lost: no packet arrived within the supervision timeout", 12, 0, 0);
	attempt.has_interval = true;
	attempt.timeout = 99; /* 10 ms */
	case_finds(check_supervision, NOBODY,
		   "the link was lost: no packet arrived within the supervision timeout, which is "
		   "shorter than a second",
		   12, 0, 0);
	attempt.timeout = 100;
	assert_true(check_supervision(&tested, &finding));
	assert_null(strstr(finding.text, "shorter"));
	attempt.disconnect_reason = 0x13;
	case_finds_nothing(check_supervision);
}

static void a_request_without_an_answer_explains_a_supervision_timeout(void **state)
{
	(void)state;
	tested.outcome = EXPLAIN_LOST;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT;
	attempt.party[I].features = at(7, 0);
	attempt.only_requests = true;
	case_finds(check_supervision, NOBODY,
		   "the responder did not answer Pairing Request, and the link was lost "
		   "(supervision timeout): it is out of range, switched off, or crashed on the "
		   "request",
		   12, 7, 0);
	attempt.only_requests = false;
	case_finds(check_supervision, NOBODY,
		   "the link was lost: no packet arrived within the supervision timeout", 12, 0, 0);
}

static void repeated_requests_without_an_answer_blame_the_responder(void **state)
{
	(void)state;
	attempt.party[I].features = at(7, 0);
	attempt.only_requests = true;
	attempt.requests = 1;
	case_finds_nothing(check_requests_unanswered);
	attempt.requests = 3;
	case_finds(check_requests_unanswered, R,
		   "the initiator sent Pairing Request 3 times, and the responder answered none", 7,
		   0, 0);
	attempt.only_requests = false;
	case_finds_nothing(check_requests_unanswered);
	attempt.only_requests = true;
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT; /* another finding */
	case_finds_nothing(check_requests_unanswered);
}

static void an_initiator_that_gives_up_after_repeated_requests_is_not_blamed(void **state)
{
	(void)state;
	tested.outcome = EXPLAIN_LOST;
	attempt.pairing = attempt.only_requests = true;
	attempt.requests = 3;
	attempt.party[I].features = at(7, 0);
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = HCI_LOCAL_HOST_TERMINATED;
	attempt.disconnected_by = I;
	case_finds_nothing(check_disconnected_early);
	attempt.requests = 1; /* it did not wait for the answer */
	case_finds(check_disconnected_early, I,
		   "the initiator disconnected too early, before Pairing Response: Connection "
		   "Terminated By Local Host (0x16)",
		   12, 0, 0);
	attempt.requests = 3;
	attempt.disconnected_by = R;
	attempt.disconnect_reason = HCI_REMOTE_USER_TERMINATED;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13)",
		   12, 0, 0);
}

static void on_air_an_early_disconnection_names_the_exchange_before_it(void **state)
{
	(void)state;
	tested.outcome = EXPLAIN_LOST;
	attempt.air = attempt.pairing = true;
	attempt.party[I].last = at(4, 0);
	attempt.disconnected = at(12, 0);
	attempt.disconnected_by = R;
	attempt.disconnect_reason = 0x13;
	attempt.last_control = at(10, 0);
	attempt.last_control_by = I;
	attempt.last_control_code = 0x07;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13), after the other end had answered a link-layer "
		   "request with LL_UNKNOWN_RSP",
		   12, 10, 0);
	attempt.last_control_by = R;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13), after it had answered a link-layer request with "
		   "LL_UNKNOWN_RSP",
		   12, 10, 0);
	attempt.last_control_code = 0x09;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13), after the exchange of link-layer features",
		   12, 10, 0);
	attempt.party[I].last = at(11, 0);
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13)",
		   12, 0, 0);
}

static void an_early_disconnection_blames_the_end_that_disconnected(void **state)
{
	(void)state;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = 0x13;
	attempt.disconnected_by = R;
	case_finds_nothing(check_disconnected_early);
	tested.outcome = EXPLAIN_LOST;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before encryption: Remote User "
		   "Terminated Connection (0x13)",
		   12, 0, 0);
	attempt.pairing = true;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13)",
		   12, 0, 0);
	attempt.disconnect_reason = 0; /* a summary has none */
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, before Pairing Response; the capture "
		   "does not show why",
		   12, 0, 0);
	attempt.disconnect_reason = 0x13;
	facts.has_features = true;
	facts.progress.complete = true;
	case_finds(check_disconnected_early, R,
		   "the responder disconnected too early, after the last key: Remote User "
		   "Terminated Connection (0x13)",
		   12, 0, 0);
	facts.has_features = false;
	facts.progress.complete = false;
	attempt.disconnected_by = NOBODY;
	case_finds(check_disconnected_early, NOBODY,
		   "the link was disconnected too early, before Pairing Response: Remote User "
		   "Terminated Connection (0x13)",
		   12, 0, 0);
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT; /* these two are other findings */
	case_finds_nothing(check_disconnected_early);
	attempt.disconnect_reason = HCI_MIC_FAILURE;
	case_finds_nothing(check_disconnected_early);
	attempt.disconnect_reason = 0x13;
	attempt.disconnected = at(0, 0);
	case_finds_nothing(check_disconnected_early);
}

/* The controller rejected the command to encrypt. */
static void reject_encryption(void)
{
	attempt.host.refusals = 1;
	attempt.host.refused[0] =
		(struct explain_refusal){at(6, 0), HCI_LE_ENABLE_ENCRYPTION, 0x0c};
}

static void an_end_whose_controller_cannot_encrypt_is_not_blamed(void **state)
{
	(void)state;
	attempt.disconnected = at(12, 0);
	attempt.disconnect_reason = 0x13;
	attempt.disconnected_by = R;
	tested.outcome = EXPLAIN_LOST;
	reject_encryption();
	case_finds_nothing(check_disconnected_early);
	tested.outcome = EXPLAIN_SILENCE;
	case_finds_nothing(check_silent);
}

/* ---- Silence --------------------------------------------------------------------------------- */

static void silence_blames_the_end_whose_turn_it_was(void **state)
{
	(void)state;
	attempt.pairing = true;
	attempt.party[I].last = at(5, 2 * S);
	attempt.party[R].last = at(4, 1 * S);
	tested.turn = R;
	case_finds_nothing(check_silent);
	tested.outcome = EXPLAIN_SILENCE;
	case_finds(check_silent, R,
		   "the responder was silent: it was its turn, and Pairing Response did not come "
		   "within 30 s",
		   5, 0, 0);
	attempt.party[R].last = at(6, 3 * S);
	tested.turn = I;
	case_finds(check_silent, I,
		   "the initiator was silent: it was its turn, and Pairing Response did not come "
		   "within 30 s",
		   6, 0, 0);
}

static void silence_while_a_user_was_asked_names_the_question(void **state)
{
	(void)state;
	case_features(SMP_IO_DISPLAY_YES_NO, SMP_AUTH_SC | SMP_AUTH_MITM, SMP_IO_DISPLAY_YES_NO,
		      SMP_AUTH_SC | SMP_AUTH_MITM);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 5, 2 * S);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 6, 3 * S);
	attempt.party[I].random = at(5, 2 * S);
	attempt.party[R].random = at(6, 3 * S);
	facts.has_number = true;
	facts.number = 42;
	tested.outcome = EXPLAIN_SILENCE;
	tested.turn = I;
	finding = (struct explain_finding){.by = NOBODY};
	assert_true(check_silent(&tested, &finding));
	assert_non_null(strstr(finding.text, "within 30 s; its user was asked to confirm the "
					     "number 000042"));
	assert_non_null(strstr(finding.fix, "answer on that end"));
}

static void a_late_pdu_blames_its_sender(void **state)
{
	(void)state;
	tested.outcome = EXPLAIN_SILENCE;
	tested.late = case_pdu(R, SMP_PAIRING_RANDOM, 9, 31 * S);
	tested.turn = R;
	case_finds(check_silent, R,
		   "the responder sent Pairing Random too late: the initiator waits no longer than "
		   "30 s",
		   9, 0, 0);
}

/* ---- The signalling channel ------------------------------------------------------------------ */

static void a_wrong_identifier_blames_the_end_that_answered(void **state)
{
	struct explain_signaling *s = &attempt.signaling;

	(void)state;
	case_finds_nothing(check_identifier);
	s->wrong_identifier = at(17, 0);
	s->wrong_by = I;
	s->wrong_code = 0x13;
	s->got = 0;
	s->expected = 2;
	s->count = 2;
	s->requests[0] = (struct explain_request){.at = at(13, 0), .identifier = 1};
	s->requests[1] = (struct explain_request){.at = at(14, 0), .identifier = 2};
	s->requests[2] = (struct explain_request){.at = at(15, 0), .identifier = 2}; /* not used */
	case_finds(check_identifier, I,
		   "the initiator's Connection Parameter Update Response has identifier 0 instead "
		   "of 2",
		   17, 14, 0);
	s->expected = 1;
	case_finds(check_identifier, I,
		   "the initiator's Connection Parameter Update Response has identifier 0 instead "
		   "of 1",
		   17, 13, 0);
	s->expected = 2;
	s->wrong_by = R;
	s->wrong_code = 0x01;
	case_finds(check_identifier, R,
		   "the responder's Command Reject has identifier 0 instead of 2", 17, 14, 0);
}

static void a_result_that_is_not_defined_blames_the_end_that_answered(void **state)
{
	(void)state;
	case_finds_nothing(check_result_code);
	attempt.signaling.wrong_result = at(17, 0);
	attempt.signaling.result_by = I;
	attempt.signaling.result = 7;
	case_finds(check_result_code, I,
		   "the initiator's Connection Parameter Update Response has the result 0x0007", 17,
		   0, 0);
}

static void a_channel_that_was_refused_names_what_it_demands(void **state)
{
	(void)state;
	case_finds_nothing(check_channel_refused);
	attempt.signaling.refused = at(9, 0);
	attempt.signaling.refused_by = R;
	attempt.signaling.refused_result = 7;
	case_finds(check_channel_refused, R,
		   "the responder refused a channel that the other end asked for: Encryption Key "
		   "Size Too Short (0x0007)",
		   9, 0, 0);
	assert_true(verdict_is_worth_reporting(&attempt));
	attempt.encrypted = at(8, 0);
	assert_true(check_channel_refused(&tested, &finding));
	attempt.encrypted = at(10, 0);
	case_finds_nothing(check_channel_refused);
	attempt.encrypt_status = 6;
	assert_true(check_channel_refused(&tested, &finding));
}

static void a_request_without_an_answer_in_30_s_blames_the_central(void **state)
{
	(void)state;
	attempt.last = at(20, 45 * S + 1);
	case_finds_nothing(check_unanswered);
	attempt.signaling.unanswered = at(6, 15 * S);
	case_finds(check_unanswered, I,
		   "the peripheral's Connection Parameter Update Request got no answer in 30 s", 6,
		   0, 0);
	attempt.last.time_us--;
	case_finds_nothing(check_unanswered);
	attempt.last.time_us++;
	attempt.signaling.unanswered.untimed = true;
	case_finds_nothing(check_unanswered);
	attempt.signaling.unanswered.untimed = false;
	attempt.missing = at(8, 0);
	case_finds_nothing(check_unanswered);
}

static void parameters_out_of_range_blame_the_end_that_asked_for_them(void **state)
{
	/* The bounds of Vol 4 Part E 7.8.18: interval 6 to 3200, latency to 499, timeout 10 to
	 * 3200. */
	static const struct explain_parameters good[] = {
		{{6, 0, false}, R, 6, 3200, 499, 3200},
		{{6, 0, false}, R, 24, 24, 0, 10},
	};
	static const struct explain_parameters bad[] = {
		{{6, 0, false}, R, 5, 40, 0, 400},  {{6, 0, false}, R, 24, 3201, 0, 400},
		{{6, 0, false}, R, 41, 40, 0, 400}, {{6, 0, false}, R, 24, 40, 500, 400},
		{{6, 0, false}, R, 24, 40, 0, 9},   {{6, 0, false}, R, 24, 40, 0, 3201},
	};

	(void)state;
	case_finds_nothing(check_bad_parameters);
	attempt.bad_count = 1;
	for (size_t i = 0; i < COUNT(good); i++) {
		attempt.bad_parameters[0] = good[i];
		assert_true(check_bad_parameters(&tested, &finding));
		assert_null(strstr(finding.text, "out of range"));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		attempt.bad_parameters[0] = bad[i];
		assert_true(check_bad_parameters(&tested, &finding));
		assert_non_null(strstr(finding.text, "out of range"));
	}
	attempt.bad_parameters[0] = bad[3];
	case_finds(
		check_bad_parameters, R,
		"the responder's connection parameters are out of range: interval 30.00 to 50.00 "
		"ms, latency 500, supervision timeout 4000 ms",
		6, 0, 0);
}

static void a_timeout_that_is_too_short_blames_the_end_that_asked_for_it(void **state)
{
	(void)state;
	attempt.bad_count = 1;
	attempt.bad_parameters[0] = (struct explain_parameters){at(6, 0), I, 24, 40, 4, 50};
	case_finds(check_bad_parameters, I,
		   "the initiator's supervision timeout of 500 ms is too short: interval 50.00 ms "
		   "and latency 4 need more than 500 ms",
		   6, 0, 0);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static void a_step_of_more_than_5_s_blames_its_sender(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 10 * S);
	struct explain_step *s = case_pdu(R, SMP_PAIRING_CONFIRM, 4, 15 * S);
	case_finds_nothing(check_slow);
	s->at.time_us++;
	case_finds(check_slow, R, "the responder took 5.0 s for Pairing Confirm", 4, 3, 0);
	attempt.clock = EXPLAIN_CLOCK_NONE;
	case_finds_nothing(check_slow);
	attempt.clock = EXPLAIN_CLOCK_UNIX;
	tested.outcome = EXPLAIN_SILENCE; /* another finding */
	case_finds_nothing(check_slow);
	tested.outcome = EXPLAIN_PAIRED;
	attempt.step_count--; /* of an earlier attempt */
	case_finds_nothing(check_slow);
	attempt.step_count++;
	s->layer = EXPLAIN_LAYER_EVENT;
	case_finds_nothing(check_slow);
}

static void a_slow_step_is_measured_from_the_pdu_before_it(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_SECURITY_REQUEST, 1, 1 * S); /* no part of the pairing */
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 2, 20 * S);
	(void)case_pdu(R, SMP_SECURITY_REQUEST, 3, 21 * S);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 4, 26 * S);
	case_finds(check_slow, R, "the responder took 6.0 s for Pairing Random", 4, 2, 0);
	attempt.steps[1].at.time_us = 21 * S;
	case_finds_nothing(check_slow);
}

/* Lines without a header come before the first time, or between two. */
static void a_step_without_a_time_is_not_measured(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_IDENTITY_INFORMATION, 1, 0);
	(void)case_pdu(R, SMP_IDENTITY_ADDRESS_INFORMATION, 2, 40 * S);
	assert_true(check_slow(&tested, &finding));
	attempt.steps[0].at.untimed = true;
	case_finds_nothing(check_slow);
	attempt.steps[0].at.untimed = false;
	attempt.steps[1].at.untimed = true;
	case_finds_nothing(check_slow);
}

static void pdus_after_a_failure_are_not_slow(void **state)
{
	(void)state;
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 10 * S);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 4, 20 * S);
	attempt.failed = at(4, 20 * S);
	assert_true(check_slow(&tested, &finding));
	attempt.failed = at(3, 10 * S);
	case_finds_nothing(check_slow);
}

/* The turn may have begun in what is missing. */
static void a_step_behind_a_gap_is_not_slow(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 10 * S);
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 4, 20 * S);
	assert_true(check_slow(&tested, &finding));
	attempt.missing = at(4, 20 * S);
	case_finds_nothing(check_slow);
}

/* A user may be asked before the PDU; Vol 3 Part H 2.3.5. */
static void a_step_that_waits_for_the_user_is_not_slow(void **state)
{
	static const uint16_t always = 1 << SMP_PAIRING_REQUEST | 1 << SMP_PAIRING_RESPONSE |
				       1 << SMP_SECURITY_REQUEST | 1 << SMP_PAIRING_FAILED;
	static const uint16_t with_a_number = 1 << SMP_PAIRING_CONFIRM |
					      1 << SMP_PAIRING_DHKEY_CHECK |
					      1 << SMP_KEYPRESS_NOTIFICATION;

	for (uint8_t code = 1; smp_pdu_format(code); code++) {
		for (int model = 0; model < 3; model++) {
			bool number = model == 2;
			(void)case_begin(state);
			if (model)
				case_features(number ? SMP_IO_DISPLAY_ONLY : NO_IO, SMP_AUTH_MITM,
					      SMP_IO_KEYBOARD_ONLY, 0);
			(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 10 * S);
			(void)case_pdu(R, code, 4, 20 * S);
			bool waits = always >> code & 1 || (number && with_a_number >> code & 1);
			finding = (struct explain_finding){.by = NOBODY};
			assert_int_equal(check_slow(&tested, &finding), !waits);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lost_bond_blames_the_peripheral),
		TEST(a_bond_that_the_captured_host_lacks_blames_it),
		TEST(a_mic_failure_blames_nobody),
		TEST(a_mic_failure_with_the_right_key_is_not_of_different_keys),
		TEST(a_mic_failure_of_a_link_that_worked_is_of_no_bond),
		TEST(encryption_that_did_not_start_blames_nobody),
		TEST(a_pairing_that_cannot_encrypt_has_no_bond_to_remove),
		TEST(the_advice_on_refused_encryption_depends_on_the_error),
		TEST(a_link_that_was_not_established_blames_nobody),
		TEST(a_hardware_error_blames_nobody),
		TEST(a_reset_in_the_middle_blames_the_host),
		TEST(a_supervision_timeout_blames_nobody),
		TEST(a_request_without_an_answer_explains_a_supervision_timeout),
		TEST(repeated_requests_without_an_answer_blame_the_responder),
		TEST(an_initiator_that_gives_up_after_repeated_requests_is_not_blamed),
		TEST(on_air_an_early_disconnection_names_the_exchange_before_it),
		TEST(an_early_disconnection_blames_the_end_that_disconnected),
		TEST(an_end_whose_controller_cannot_encrypt_is_not_blamed),
		TEST(silence_blames_the_end_whose_turn_it_was),
		TEST(silence_while_a_user_was_asked_names_the_question),
		TEST(a_late_pdu_blames_its_sender),
		TEST(a_wrong_identifier_blames_the_end_that_answered),
		TEST(a_result_that_is_not_defined_blames_the_end_that_answered),
		TEST(a_channel_that_was_refused_names_what_it_demands),
		TEST(a_request_without_an_answer_in_30_s_blames_the_central),
		TEST(parameters_out_of_range_blame_the_end_that_asked_for_them),
		TEST(a_timeout_that_is_too_short_blames_the_end_that_asked_for_it),
		TEST(a_step_of_more_than_5_s_blames_its_sender),
		TEST(a_slow_step_is_measured_from_the_pdu_before_it),
		TEST(a_step_without_a_time_is_not_measured),
		TEST(pdus_after_a_failure_are_not_slow),
		TEST(a_step_behind_a_gap_is_not_slow),
		TEST(a_step_that_waits_for_the_user_is_not_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
