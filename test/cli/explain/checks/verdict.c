/* SPDX-License-Identifier: MIT */
#include "checks/verdict.h"

#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT

static struct explain_verdict verdict;

static void judge(void)
{
	unsigned searches = 0;

	verdict_judge(&attempt, &history, &searches, &verdict);
}

static void is_judged(enum explain_outcome outcome, int8_t by, uint64_t frame, const char *text)
{
	judge();
	assert_string_equal(verdict.text, text);
	assert_int_equal(verdict.outcome, outcome);
	assert_int_equal(verdict.by, by);
	assert_int_equal(verdict.frame, frame);
}

/* Legacy Just Works without keys, up to and with so many PDUs, one each second. */
static const struct {
	int8_t from;
	uint8_t code;
} chart[] = {
	{I, SMP_PAIRING_REQUEST}, {R, SMP_PAIRING_RESPONSE}, {I, SMP_PAIRING_CONFIRM},
	{R, SMP_PAIRING_CONFIRM}, {I, SMP_PAIRING_RANDOM},   {R, SMP_PAIRING_RANDOM},
};

#define PHASE_2 COUNT(chart)

static void pair(size_t pdus, uint8_t keys)
{
	case_features(NO_IO, 0, NO_IO, 0);
	for (int end = 0; end < 2; end++)
		attempt.party[end].features_pdu[5] = attempt.party[end].features_pdu[6] = keys;
	if (pdus < 2)
		attempt.party[R].features = at(0, 0);
	for (size_t i = 0; i < pdus; i++)
		(void)case_pdu(chart[i].from, chart[i].code, i + 1, i * S);
}

static void encrypt(uint64_t frame, uint8_t status)
{
	attempt.encrypt = at(frame - 1, 0);
	attempt.encrypted = at(frame, 0);
	attempt.encrypt_status = status;
}

static void disconnect(int8_t by, uint64_t frame, uint64_t time, uint8_t reason)
{
	attempt.disconnected = attempt.last = at(frame, time);
	attempt.disconnected_by = by;
	attempt.disconnect_reason = reason;
}

/* ---- Outcomes -------------------------------------------------------------------------------- */

static void a_connection_alone_is_uneventful(void **state)
{
	(void)state;
	attempt.connected = at(1, 0);
	disconnect(I, 3, 2 * S, 0x13);
	is_judged(EXPLAIN_UNEVENTFUL, NOBODY, 0, "connected, but not encrypted");
	assert_false(verdict.failed);
	assert_false(verdict_succeeded(&verdict));
}

static void a_link_that_ends_for_want_of_security_is_lost(void **state)
{
	static const uint8_t reasons[] = {0x05, 0x06, 0x08};

	for (size_t i = 0; i < COUNT(reasons); i++) {
		(void)case_begin(state);
		attempt.roles = EXPLAIN_ROLES_UNKNOWN;
		disconnect(i < 2 ? R : NOBODY, 3, 0, reasons[i]);
		judge();
		assert_true(verdict_is_worth_reporting(&attempt));
		assert_int_equal(verdict.outcome, EXPLAIN_LOST);
		assert_non_null(verdict_cause(&verdict));
		assert_null(strstr(verdict_cause(&verdict)->text, "responder"));
		/* It was encrypted: an ordinary end, or not its fault. */
		attempt.encrypted = at(2, 0);
		judge();
		assert_int_equal(verdict.outcome, EXPLAIN_ENCRYPTED);
	}
	/* A link that was used and then lost is nobody's fault. */
	attempt.encrypted = at(0, 0);
	attempt.att_frames = 1;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNEVENTFUL);
}

static void a_security_request_may_stay_without_an_answer(void **state)
{
	(void)state;
	attempt.connected = at(1, 0);
	attempt.security_request = at(3, S);
	attempt.cut = EXPLAIN_CUT_BY_END;
	is_judged(EXPLAIN_UNEVENTFUL, NOBODY, 3,
		  "connected, but not encrypted: the initiator did not answer the responder's "
		  "Security Request before the capture ends");
	attempt.cut = EXPLAIN_CUT_NOT;
	disconnect(R, 5, 2 * S, 0x13);
	is_judged(EXPLAIN_UNEVENTFUL, NOBODY, 3,
		  "connected, but not encrypted: the initiator did not answer the responder's "
		  "Security Request before the link ended");
}

/* Keys are sent on an encrypted link: phase 2 was over when the capture began. */
static void a_capture_that_begins_in_phase_3_may_lack_nothing(void **state)
{
	static const uint8_t codes[] = {SMP_ENCRYPTION_INFORMATION, SMP_CENTRAL_IDENTIFICATION,
					SMP_IDENTITY_INFORMATION, SMP_IDENTITY_ADDRESS_INFORMATION,
					SMP_SIGNING_INFORMATION};

	for (size_t i = 0; i < COUNT(codes); i++) {
		struct explain_party *p = &attempt.party[i % 2];
		struct explain_mark *const marks[] = {&p->ltk, &p->identification, &p->irk,
						      &p->identity, &p->csrk};
		(void)case_begin(state);
		attempt.pairing = attempt.begun_before = true;
		(void)case_pdu((int8_t)(i % 2), codes[i], 3, 0);
		*marks[i] = at(3, 0);
		disconnect(I, 5, S, 0x13);
		is_judged(EXPLAIN_UNFINISHED, NOBODY, 0,
			  "the capture begins during phase 3, and does not show whether all keys "
			  "were sent");
		/* That is an end of its own. */
		disconnect(NOBODY, 5, S, 0x08);
		judge();
		assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	}
}

static void an_attribute_that_demands_security_may_be_left_alone(void **state)
{
	(void)state;
	attempt.att_refused = at(4, 0);
	attempt.att_by = R;
	attempt.att_handle = 0x14;
	attempt.att_error = EXPLAIN_ATT_AUTHENTICATION;
	assert_true(verdict_is_worth_reporting(&attempt));
	is_judged(
		EXPLAIN_UNEVENTFUL, NOBODY, 4,
		"connected, but not encrypted, although attribute 0x0014 of the responder demands "
		"it: Insufficient Authentication (0x05)");
	attempt.follows = true; /* after a failed pairing it is nothing new */
	assert_false(verdict_is_worth_reporting(&attempt));
}

static void a_refused_command_connects_nothing(void **state)
{
	(void)state;
	attempt.connected = at(5, 0);
	attempt.connect_status = 0x0c;
	attempt.connect_refused = 0x200d;
	is_judged(EXPLAIN_NOT_CONNECTED, I, 5,
		  "not connected: the controller rejected LE Create Connection: Command Disallowed "
		  "(0x0c)");
	assert_string_equal(verdict_cause(&verdict)->check->id, "command-refused");
}

static void a_link_of_bredr_is_reported_only_for_security_of_le(void **state)
{
	(void)state;
	attempt.bredr = true;
	encrypt(3, HCI_PIN_OR_KEY_MISSING);
	assert_true(verdict_is_worth_reporting(&attempt)); /* by a command of LE */
	attempt.encrypt = at(0, 0);
	assert_false(verdict_is_worth_reporting(&attempt));
	attempt.security_request = at(2, 0);
	assert_true(verdict_is_worth_reporting(&attempt));
	attempt.security_request = at(0, 0);
	attempt.pairing = true;
	assert_true(verdict_is_worth_reporting(&attempt));
}

static void a_failure_that_only_the_kernel_reports_is_one(void **state)
{
	(void)state;
	attempt.pairing = true;
	attempt.management.failed = at(8, 0);
	attempt.management.status = 0x05;
	assert_true(verdict_is_worth_reporting(&attempt));
	is_judged(EXPLAIN_NOT_ENCRYPTED, NOBODY, 8,
		  "not paired: the kernel reports Authentication Failed (0x05)");
	/* Pairing Failed says more than the kernel's status. */
	attempt.failed = at(7, 0);
	attempt.failed_by = R;
	attempt.reason = SMP_BUSY;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_REFUSED);
	/* And a pairing that succeeded did so. */
	(void)case_begin(state);
	pair(PHASE_2, 0);
	encrypt(8, 0);
	attempt.management.failed = at(9, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
}

static void a_failed_answer_to_pair_device_is_a_failure(void **state)
{
	(void)state;
	attempt.management.not_paired = at(8, 0);
	attempt.management.not_paired_status = 0x03;
	assert_true(verdict_is_worth_reporting(&attempt));
	is_judged(EXPLAIN_NOT_ENCRYPTED, NOBODY, 8, "not paired: the kernel reports Failed (0x03)");
	/* Authentication Failed says more. */
	attempt.management.failed = at(7, 0);
	attempt.management.status = 0x05;
	is_judged(EXPLAIN_NOT_ENCRYPTED, NOBODY, 7,
		  "not paired: the kernel reports Authentication Failed (0x05)");
	/* A link that was encrypted with a bond is no failure. */
	(void)case_begin(state);
	encrypt(5, 0);
	attempt.management.not_paired = at(8, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_ENCRYPTED);
}

static void a_trace_that_ends_with_encryption_hides_the_keys(void **state)
{
	(void)state;
	attempt.pairing = attempt.begun_before = attempt.excerpt = true;
	attempt.cut = EXPLAIN_CUT_BY_END;
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 3, 0);
	encrypt(5, 0);
	attempt.last = at(6, 2000);
	is_judged(EXPLAIN_UNFINISHED, NOBODY, 5,
		  "encrypted by a pairing, but the capture ends before it shows whether all keys "
		  "were sent");
	attempt.last = at(6, 2 * S); /* they had the time */
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
	attempt.last = at(6, 2000);
	attempt.management.new_key = at(6, 2000);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
}

static void an_unfinished_pairing_says_where_it_stands(void **state)
{
	static const struct {
		size_t pdus;
		const char *text;
	} rows[] = {
		{1, "the capture ends during phase 1: the responder's Pairing Response was due"},
		{2, "the capture ends during phase 2: the initiator's Pairing Confirm was due"},
		{5, "the capture ends during phase 2: the responder's Pairing Random was due"},
		{6, "the capture ends during phase 2: the initiator's encryption was due"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)case_begin(state);
		pair(rows[i].pdus, 0);
		is_judged(EXPLAIN_UNFINISHED, NOBODY, 0, rows[i].text);
	}
	(void)case_begin(state);
	pair(PHASE_2, SMP_DIST_ID);
	encrypt(8, 0);
	attempt.cut = EXPLAIN_CUT_BY_ATTEMPT;
	is_judged(EXPLAIN_UNFINISHED, NOBODY, 0,
		  "another attempt begins during phase 3: the responder's Identity Information was "
		  "due");
	(void)case_begin(state);
	attempt.pairing = true;
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 3, 0);
	is_judged(EXPLAIN_UNFINISHED, NOBODY, 0, "the capture ends in the middle of a pairing");
	/* No PDU has a sender, and the capture goes on for long: that is no silence. */
	attempt.party[R].last = at(0, 0);
	attempt.last = at(9, 99 * S);
	is_judged(EXPLAIN_UNFINISHED, NOBODY, 0, "the capture ends in the middle of a pairing");
}

static void a_connection_may_not_be_established(void **state)
{
	char text[120];

	(void)state;
	disconnect(R, 3, 0, HCI_FAILED_TO_ESTABLISH);
	(void)snprintf(text, sizeof(text), "not connected: %s (0x3e)",
		       hci_error_name(HCI_FAILED_TO_ESTABLISH));
	is_judged(EXPLAIN_NOT_CONNECTED, NOBODY, 3, text);
	attempt.connected = at(2, 0);
	attempt.connect_status = 0x0c;
	is_judged(EXPLAIN_NOT_CONNECTED, NOBODY, 2, "not connected: Command Disallowed (0x0c)");
	attempt.failed = at(1, 0);
	is_judged(EXPLAIN_NOT_CONNECTED, NOBODY, 2, "not connected: Command Disallowed (0x0c)");
	assert_true(verdict.failed);
}

static void pairing_failed_is_a_refusal_of_its_sender(void **state)
{
	(void)state;
	pair(1, 0);
	attempt.failed = at(5, 0);
	attempt.failed_by = R;
	attempt.reason = SMP_PAIRING_NOT_SUPPORTED;
	is_judged(EXPLAIN_REFUSED, R, 5, "the responder refused: Pairing Not Supported (0x05)");
	assert_true(verdict.failed);
	assert_false(verdict_succeeded(&verdict));
}

static void an_end_without_a_known_role_is_the_captured_host_or_the_peer(void **state)
{
	(void)state;
	attempt.roles = EXPLAIN_ROLES_UNKNOWN;
	attempt.pairing = true;
	(void)case_pdu(R, SMP_PAIRING_FAILED, 3, S);
	attempt.failed = at(3, S);
	attempt.failed_by = R;
	attempt.reason = SMP_NUMERIC_COMPARISON_FAILED;
	is_judged(EXPLAIN_REFUSED, R, 3, "the peer refused: Numeric Comparison Failed (0x0c)");
	assert_int_equal(verdict.count, 1);
	assert_string_equal(verdict.findings[0].text,
			    "the peer sent Numeric Comparison Failed (0x0c)");
	attempt.failed_by = attempt.steps[0].from = NOBODY;
	is_judged(EXPLAIN_REFUSED, NOBODY, 3,
		  "one of the two ends refused: Numeric Comparison Failed (0x0c)");
	/* No reason needs the features of an end that nobody knows. */
	for (unsigned reason = 0; reason < 256; reason++) {
		attempt.reason = (uint8_t)reason;
		judge();
		assert_true(verdict.failed);
	}
}

static void the_peripheral_has_lost_the_bond(void **state)
{
	static const char text[] = "not encrypted: the peripheral has no key for this central";

	(void)state;
	encrypt(9, HCI_PIN_OR_KEY_MISSING);
	is_judged(EXPLAIN_NO_KEY, R, 9, text);
	attempt.encrypted = at(0, 0);
	attempt.ltk_refused = true;
	attempt.ltk_reply = at(7, 0);
	is_judged(EXPLAIN_NO_KEY, R, 7, text);
	attempt.ltk_refused = false;
	attempt.ltk_reply = at(0, 0);
	judge();
	assert_int_not_equal(verdict.outcome, EXPLAIN_NO_KEY);
}

static void encryption_may_fail(void **state)
{
	(void)state;
	encrypt(9, 0x1a);
	is_judged(EXPLAIN_NOT_ENCRYPTED, NOBODY, 9,
		  "not encrypted: Unsupported Remote Feature (0x1a)");
	encrypt(9, 0);
	disconnect(R, 12, 0, HCI_MIC_FAILURE);
	is_judged(EXPLAIN_NOT_ENCRYPTED, NOBODY, 12,
		  "not encrypted: Connection Terminated due to MIC Failure (0x3d)");
	pair(PHASE_2, 0);
	disconnect(R, 12, 0, HCI_MIC_FAILURE);
	is_judged(EXPLAIN_NOT_ENCRYPTED, NOBODY, 12,
		  "not encrypted: Connection Terminated due to MIC Failure (0x3d)");
	attempt.encrypted = at(0, 0); /* without encryption there is no MIC */
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
}

/* Linux reports keys at the end; an excerpt may leave out what is before. */
static void a_key_that_the_kernel_reports_is_of_a_pairing_that_worked(void **state)
{
	(void)state;
	pair(2, 0);
	attempt.management.new_key = at(9, 9 * S);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
	attempt.missing = at(10, 10 * S);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
	/* Even its features. */
	(void)case_begin(state);
	attempt.pairing = attempt.begun_before = true;
	(void)case_pdu(R, SMP_IDENTITY_INFORMATION, 3, 0);
	attempt.management.new_key = at(4, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
	attempt.excerpt = true;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
}

static void a_bond_encrypts(void **state)
{
	(void)state;
	encrypt(9, 0);
	is_judged(EXPLAIN_ENCRYPTED, NOBODY, 9, "encrypted with a bond");
	assert_true(verdict_succeeded(&verdict));
	assert_false(verdict.failed);
	/* Identifiers of zero are those of a new key, too. */
	attempt.begun_before = true;
	is_judged(EXPLAIN_ENCRYPTED, NOBODY, 9,
		  "encrypted, with a bond or after a pairing that is not in the capture");
	attempt.encrypt_ediv[1] = 1;
	is_judged(EXPLAIN_ENCRYPTED, NOBODY, 9, "encrypted with a bond");
}

static void encryption_under_way_is_lost_with_the_link(void **state)
{
	struct explain_mark *const begun[] = {&attempt.encrypt, &attempt.ltk_request,
					      &attempt.ltk_reply};

	(void)state;
	for (size_t i = 0; i < COUNT(begun); i++) {
		(void)case_begin(state);
		*begun[i] = at(4, 0);
		is_judged(EXPLAIN_UNFINISHED, NOBODY, 0,
			  "the capture ends before encryption starts");
		assert_false(verdict.failed);
		attempt.cut = EXPLAIN_CUT_BY_ATTEMPT;
		is_judged(EXPLAIN_UNFINISHED, NOBODY, 0,
			  "another attempt begins before encryption starts");
		disconnect(R, 6, 0, 0x13);
		is_judged(EXPLAIN_LOST, R, 6,
			  "the link ended too early: Remote User Terminated Connection (0x13)");
	}
}

static void a_pairing_ends_with_its_last_key_or_with_encryption(void **state)
{
	(void)state;
	pair(PHASE_2, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
	encrypt(8, 0);
	is_judged(EXPLAIN_PAIRED, NOBODY, 8, "paired: LE legacy pairing, Just Works, 128-bit key");
	assert_true(verdict_succeeded(&verdict));
	(void)case_begin(state);
	pair(PHASE_2, SMP_DIST_SIGN);
	encrypt(8, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
	attempt.air = true; /* a sniffer may have missed the keys */
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
}

static void a_pairing_whose_features_were_not_captured_ends_with_encryption(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 3, 0);
	attempt.pairing = true;
	encrypt(8, 0);
	is_judged(EXPLAIN_PAIRED, NOBODY, 8, "paired");
}

static void encryption_before_the_end_of_phase_2_is_no_pairing(void **state)
{
	(void)state;
	pair(PHASE_2 - 1, 0);
	encrypt(8, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
}

/* On air. */
static void encryption_that_was_started_too_early_bypasses_the_pairing(void **state)
{
	(void)state;
	pair(2, 0);
	attempt.air = true;
	attempt.captured_end = NOBODY;
	attempt.encrypt = at(4, 0);
	attempt.cut = EXPLAIN_CUT_BY_END;
	is_judged(EXPLAIN_BYPASSED, I, 4,
		  "encryption was started before the pairing had made a key");
	assert_true(verdict.failed);
	assert_string_equal(verdict_cause(&verdict)->check->id, "encryption-early");
	attempt.encrypted = at(5, 0);
	is_judged(EXPLAIN_BYPASSED, I, 5, "encrypted before the pairing had made a key");
	attempt.failed = at(3, 0);
	attempt.failed_by = R;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_REFUSED);
}

static void a_pairing_is_lost_with_the_link(void **state)
{
	(void)state;
	pair(3, 0);
	disconnect(I, 9, 3 * S, 0x13);
	is_judged(EXPLAIN_LOST, I, 9,
		  "the link ended too early: Remote User Terminated Connection (0x13)");
	attempt.disconnect_reason = 0;
	is_judged(EXPLAIN_LOST, I, 9, "the link ended too early; the capture does not show why");
	attempt.hardware_error = at(8, 3 * S);
	attempt.hardware_code = 0x42;
	is_judged(EXPLAIN_LOST, NOBODY, 8, "the link ended too early: Hardware Error 0x42");
	attempt.disconnected = at(0, 0);
	is_judged(EXPLAIN_LOST, NOBODY, 8, "the link ended too early: Hardware Error 0x42");
	attempt.hardware_error = at(0, 0);
	attempt.reset = at(10, 3 * S);
	is_judged(EXPLAIN_LOST, I, 10, "the link ended too early: its host reset the controller");
}

/* The last PDU of phase 2 is what it did not hear: encryption shows that both ends have the key. */
static void a_pairing_whose_last_pdu_a_sniffer_missed_has_succeeded(void **state)
{
	(void)state;
	pair(5, SMP_DIST_ID);
	attempt.air = true;
	encrypt(8, 0);
	attempt.encrypt = at(7, 0);
	disconnect(I, 12, 6 * S, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	attempt.unheard = 7;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
}

/* An end that disconnects without sending its keys has not paired. */
static void keys_that_are_missing_at_the_end_of_the_link_are_a_loss(void **state)
{
	(void)state;
	pair(PHASE_2, SMP_DIST_SIGN);
	encrypt(8, 0);
	disconnect(R, 9, 6 * S, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	attempt.steps[3].layer =
		EXPLAIN_LAYER_EVENT; /* the capture lacks PDUs: it may have sent them */
	(void)case_pdu(R, SMP_SIGNING_INFORMATION, 8, 6 * S);
	disconnect(R, 9, 6 * S, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_PAIRED);
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
}

/* ---- Silence --------------------------------------------------------------------------------- */

static void a_pairing_times_out_when_nothing_came_for_30_s(void **state)
{
	(void)state;
	pair(3, 0); /* the last at 2 s */
	attempt.last = at(9, 31 * S + 500 * MS);
	is_judged(EXPLAIN_SILENCE, R, 9, "timed out: the responder was silent for 30 s");
	assert_true(verdict.failed);
	attempt.last.time_us--; /* half a second for the clocks */
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
	attempt.last.time_us++;
	attempt.clock = EXPLAIN_CLOCK_NONE;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
}

static void a_clock_that_goes_backwards_is_no_silence(void **state)
{
	(void)state;
	pair(3, 0);
	attempt.last = at(9, 1 * S);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
}

static void the_end_that_disconnects_counts_from_its_own_last_pdu(void **state)
{
	(void)state;
	pair(2, 0);
	attempt.party[R].last = at(2, 10 * S);
	disconnect(I, 9, 29 * S + 500 * MS, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_SILENCE);
	disconnect(R, 9, 29 * S + 500 * MS, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	disconnect(NOBODY, 9, 39 * S + 499 * MS, 0x13); /* the last PDU of both */
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	attempt.party[I].last = at(0, 0);
	disconnect(I, 9, 29 * S + 500 * MS, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
}

static void the_silent_end_is_the_one_whose_turn_it_was(void **state)
{
	static const struct {
		size_t pdus;
		int8_t turn;
	} cases[] = {{1, R}, {2, I}, {3, R}, {4, I}, {5, R}, {PHASE_2, I}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)case_begin(state);
		pair(cases[i].pdus, SMP_DIST_SIGN);
		attempt.last = at(90, 60 * S);
		judge();
		assert_int_equal(verdict.outcome, EXPLAIN_SILENCE);
		assert_int_equal(verdict.by, cases[i].turn);
	}
	attempt.encrypt = at(7, 0); /* the responder has to find the key */
	judge();
	assert_int_equal(verdict.by, R);
	attempt.encrypt = at(0, 0);
	attempt.ltk_request = at(7, 0);
	judge();
	assert_int_equal(verdict.by, R);
	encrypt(8, 0); /* the responder sends its keys first */
	judge();
	assert_int_equal(verdict.by, R);
}

static void without_a_request_no_end_is_blamed_for_the_silence(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 3, 0);
	attempt.pairing = true;
	attempt.last = at(9, 40 * S);
	is_judged(EXPLAIN_SILENCE, NOBODY, 9, "timed out: no PDU came for 30 s");
	assert_string_equal(verdict.findings[0].text, "no PDU came for 30 s");
}

/* An excerpt leaves out packets, in which PDUs may have come. */
static void a_silence_across_a_gap_is_not_known(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_PUBLIC_KEY, 3, 0);
	attempt.pairing = true;
	attempt.missing = attempt.missing_last = at(2, 0);
	disconnect(R, 9, 40 * S, 0x13);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_SILENCE);
	attempt.missing_last = at(9, 40 * S);
	is_judged(EXPLAIN_UNFINISHED, NOBODY, 0,
		  "the capture lacks packets before the link was closed, and does not show how the "
		  "pairing ended");
	case_pdu(R, SMP_PAIRING_RANDOM, 9, 40 * S)->from = NOBODY; /* it shows what was last */
	attempt.party[R].last = at(3, 0);
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	attempt.step_count--;
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
}

/* A line without a header has no time, and stands before the first one that has. */
static void a_silence_is_not_measured_from_a_pdu_without_a_time(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 3, 0);
	attempt.pairing = true;
	attempt.last = at(9, 40 * S);
	attempt.party[R].last.untimed = true;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_UNFINISHED);
}

/* A response that comes so long after the request, and the disconnection of the initiator. */
static void respond_late(uint64_t response, uint64_t disconnection)
{
	attempt.step_count = 0;
	pair(2, 0);
	attempt.steps[0].at.time_us = attempt.party[I].last.time_us = 10 * S;
	attempt.steps[1].at.time_us = attempt.party[R].last.time_us = 10 * S + response;
	disconnect(I, 9, 10 * S + disconnection, 0x13);
}

static bool says_too_late(void)
{
	bool found = false;

	judge();
	for (size_t i = 0; i < verdict.count; i++)
		found |= strstr(verdict.findings[i].text, "too late") != NULL;
	return found;
}

static void a_pdu_after_30_s_is_late_when_the_other_end_gives_up(void **state)
{
	(void)state;
	respond_late(30 * S, 30 * S + 999 * MS);
	is_judged(EXPLAIN_SILENCE, R, 9, "timed out: the responder was silent for 30 s");
	assert_int_equal(verdict.findings[0].by, R);
	assert_non_null(strstr(verdict.findings[0].text, "sent Pairing Response too late"));
	attempt.step_count = 1; /* the response is of an earlier attempt */
	judge();
	assert_null(strstr(verdict.findings[0].text, "too late"));
	respond_late(30 * S - 1, 30 * S + 999 * MS);
	judge();
	assert_null(strstr(verdict.findings[0].text, "too late"));
	respond_late(30 * S, 31 * S); /* it gave up for another reason */
	judge();
	assert_null(strstr(verdict.findings[0].text, "too late"));
	respond_late(30 * S, 30 * S + 999 * MS);
	attempt.party[I].last.time_us = 40 * S; /* it went on */
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	respond_late(30 * S, 30 * S + 999 * MS);
	/* Also at the same time, as far as the clock shows it. */
	attempt.party[I].last.time_us = attempt.steps[1].at.time_us;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	respond_late(30 * S, 30 * S + 999 * MS);
	attempt.clock = EXPLAIN_CLOCK_NONE;
	judge();
	assert_int_equal(verdict.outcome, EXPLAIN_LOST);
	respond_late(30 * S, 30 * S + 999 * MS);
	attempt.clock = EXPLAIN_CLOCK_START;
	assert_true(says_too_late());
	attempt.steps[0].at.untimed = true; /* nobody knows how late it is */
	assert_false(says_too_late());
	attempt.steps[0].at.untimed = false;
	attempt.steps[1].at.untimed = true;
	assert_false(says_too_late());
	attempt.steps[1].at.untimed = false;
	assert_true(says_too_late());
	attempt.missing = at(2, 0); /* another one may have come before it */
	assert_false(says_too_late());
	attempt.missing = at(0, 0);
	attempt.disconnected = at(0, 0);
	judge();
	assert_null(strstr(verdict.findings[0].text, "too late"));
}

/* Vol 3 Part H 3.4 and 3.5.8. */
static void each_pdu_answers_or_restarts_the_timer_or_has_none(void **state)
{
	for (unsigned code = 0; code < 256; code++) {
		bool answers = smp_pdu_format((uint8_t)code) && code != SMP_SECURITY_REQUEST &&
			       code != SMP_PAIRING_FAILED && code != SMP_KEYPRESS_NOTIFICATION;
		(void)case_begin(state);
		respond_late(30 * S, 30 * S + 999 * MS);
		attempt.steps[1].code = (uint16_t)code;
		judge();
		bool late = false;
		for (size_t i = 0; i < verdict.count; i++)
			late |= strstr(verdict.findings[i].text, "too late") != NULL;
		assert_int_equal(late, answers);
	}
}

static void a_keypress_restarts_the_timer_of_the_other_end(void **state)
{
	(void)state;
	respond_late(50 * S, 50 * S + 500 * MS);
	attempt.steps[2] = attempt.steps[1];
	attempt.steps[1].code = SMP_KEYPRESS_NOTIFICATION;
	attempt.steps[1].at.time_us = 10 * S + 20 * S + 1; /* 29.999999 s before the response */
	attempt.step_count = 3;
	judge();
	assert_null(strstr(verdict.findings[0].text, "too late"));
	attempt.steps[1].at.time_us--;
	judge();
	assert_non_null(strstr(verdict.findings[0].text, "too late"));
	attempt.steps[1].layer = EXPLAIN_LAYER_SIGNALING;
	attempt.steps[2].at.time_us = 10 * S + 29 * S;
	judge();
	assert_null(strstr(verdict.findings[0].text, "too late"));
}

/* ---- Findings -------------------------------------------------------------------------------- */

static void a_wrong_length(int8_t by)
{
	pair(2, 0);
	attempt.wrong_length = at(2, 0);
	attempt.length_by = by;
	attempt.length_code = SMP_PAIRING_RESPONSE;
	attempt.length_was = 6;
	attempt.failed = at(5, 0);
	attempt.failed_by = I;
	attempt.reason = SMP_INVALID_PARAMETERS;
}

static void the_cause_is_reported_with_the_refusal_that_it_caused(void **state)
{
	static const char cause[] = "the responder's Pairing Response has 6 octets, not 7";
	char text[200];

	(void)state;
	a_wrong_length(R);
	judge();
	assert_ptr_equal(verdict_cause(&verdict), &verdict.findings[0]);
	(void)snprintf(text, sizeof(text),
		       "%s: most likely why the initiator sent Invalid Parameters (0x0a)", cause);
	assert_string_equal(verdict.findings[0].text, text);
	disconnect(R, 9, 0, 0x13);
	judge();
	assert_string_equal(verdict.findings[0].text, text);
	disconnect(I, 9, 0, 0x13);
	judge();
	(void)snprintf(
		text, sizeof(text),
		"%s: most likely why the initiator sent Invalid Parameters (0x0a) and disconnected",
		cause);
	assert_string_equal(verdict.findings[0].text, text);
	attempt.wrong_length = attempt.failed; /* the refusal itself */
	judge();
	assert_string_equal(verdict.findings[0].text, cause);
	a_wrong_length(I); /* an end does not refuse because of itself */
	judge();
	assert_string_equal(verdict.findings[0].text,
			    "the initiator's Pairing Response has 6 octets, not 7");
	a_wrong_length(R);
	encrypt(9, HCI_PIN_OR_KEY_MISSING);
	attempt.failed = at(0, 0); /* another outcome */
	judge();
	assert_string_equal(verdict.findings[0].text, cause);
}

/* A command that the controller refused stands far below in the table. */
static void the_cause_stands_before_all_other_findings(void **state)
{
	(void)state;
	pair(3, 0);
	memset(attempt.party[I].confirm_value[0], 7, 16);
	attempt.party[I].confirm = attempt.steps[2].at;
	attempt.party[I].confirms = 1;
	attempt.connected = at(9, 0);
	attempt.connect_status = 0x0c;
	attempt.connect_refused = 0x200d;
	judge();
	assert_true(verdict.count > 1);
	assert_true(verdict.findings[0].cause);
	assert_string_equal(verdict.findings[0].check->id, "command-refused");
	assert_string_equal(verdict.findings[1].check->id, "patterned-nonce");
	for (size_t i = 1; i < verdict.count; i++)
		assert_false(verdict.findings[i].cause);
}

/* The message that follows is one for which the other end does not wait. */
static void an_end_that_answers_twice_has_made_the_pairing_fail(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 6, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 9, 0);
	attempt.pairing = true;
	attempt.cut = EXPLAIN_CUT_BY_END;
	attempt.second_response = attempt.last = at(9, 0);
	attempt.second_by = R;
	is_judged(EXPLAIN_CONTRADICTED, R, 9,
		  "not paired: the responder answered Pairing Request twice");
	assert_true(verdict.failed);
	assert_string_equal(verdict_cause(&verdict)->check->id, "two-stacks");
}

static void hints_stand_behind_all_other_findings(void **state)
{
	bool hint = false;

	(void)state;
	attempt.connected = at(2, 0);
	attempt.host.used = true;
	attempt.host.reset = at(1, 0); /* without the commands that follow it */
	case_features(SMP_IO_NO_INPUT_NO_OUTPUT, 0, SMP_IO_NO_INPUT_NO_OUTPUT, 0);
	attempt.pairing = true;
	attempt.cut = EXPLAIN_CUT_BY_END;
	judge();
	assert_true(verdict.count > 2);
	for (size_t i = 0; i < verdict.count; i++) {
		assert_false(hint && verdict.findings[i].check->severity != EXPLAIN_HINT);
		hint |= verdict.findings[i].check->severity == EXPLAIN_HINT;
	}
	assert_true(hint);
	assert_int_equal(verdict.findings[0].check->severity, EXPLAIN_SURPRISE);
}

static void a_success_has_no_cause(void **state)
{
	(void)state;
	encrypt(9, 0);
	attempt.wrong_length = at(2, 0);
	attempt.length_code = SMP_PAIRING_RESPONSE;
	judge();
	assert_int_equal(verdict.count, 1);
	verdict.findings[1].cause = true; /* of an earlier verdict */
	assert_null(verdict_cause(&verdict));
}

static void a_frame_belongs_to_the_first_finding_that_names_it_hints_excluded(void **state)
{
	(void)state;
	verdict = (struct explain_verdict){.count = 3};
	verdict.findings[0] = (struct explain_finding){
		.check = &check_table[check_count - 1], .frames = {7}, .frame_count = 1};
	verdict.findings[1] = (struct explain_finding){
		.check = &check_table[0], .frames = {5, 7}, .frame_count = 2};
	verdict.findings[2] = (struct explain_finding){
		.check = &check_table[1], .frames = {7, 8}, .frame_count = 1};
	assert_int_equal(check_table[check_count - 1].severity, EXPLAIN_HINT);
	assert_ptr_equal(verdict_finding_at(&verdict, 7), &verdict.findings[1]);
	assert_ptr_equal(verdict_finding_at(&verdict, 5), &verdict.findings[1]);
	assert_null(verdict_finding_at(&verdict, 8));
	verdict.count = 1;
	assert_null(verdict_finding_at(&verdict, 7));
}

/* ---- The ends -------------------------------------------------------------------------------- */

static void a_resolvable_address_is_resolved_by_an_irk_of_the_capture(void **state)
{
	struct explain_party *p = &attempt.party[R];

	(void)state;
	memset(p->irk_value, 0x5a, 16);
	p->address = (struct crypto_address){1, {0, 0, 0, 0x11, 0x22, 0x73}};
	assert_int_equal(crypto_ah(p->irk_value, p->address.octets + 3, p->address.octets), 0);
	p->has_address = true;
	p->irk = p->identity = at(8, 0);
	p->identity_value = (struct crypto_address){0, {1, 2, 3, 4, 5, 6}};
	judge();
	assert_true(verdict.resolved[R]);
	assert_false(verdict.resolved[I]);
	assert_memory_equal(verdict.identity[R].octets, p->identity_value.octets, 6);
	p->identity_value = p->address; /* nothing is gained */
	judge();
	assert_false(verdict.resolved[R]);
	p->has_address = false;
	judge();
	assert_false(verdict.resolved[R]);
}

static void an_attempt_becomes_part_of_the_history_with_its_outcome(void **state)
{
	(void)state;
	pair(PHASE_2, 0);
	for (int end = 0; end < 2; end++) {
		attempt.party[end].random = at(5, 0);
		attempt.party[end].randoms = 1;
		memset(attempt.party[end].random_value[0], 0x33 + end, 16);
	}
	judge();
	const struct explain_kept_value *kept =
		history_find_value(&history, EXPLAIN_KEPT_NONCE, attempt.party[R].random_value[0]);
	assert_non_null(kept);
	assert_false(kept->failed);
	attempt.party[I].random_value[0][0]++;
	judge(); /* the second time, it is a repetition */
	bool repeated = false;
	for (size_t i = 0; i < verdict.count; i++)
		repeated |= strcmp(verdict.findings[i].check->id, "repeated-nonce") == 0;
	assert_true(repeated);
	memset(&history, 0, sizeof(history));
	disconnect(R, 9, 6 * S, 0x13);
	judge();
	assert_true(history.values[0].failed);
}

/* ---- Which attempts are reported ------------------------------------------------------------- */

static void an_attempt_is_reported_when_it_has(void **state)
{
	struct explain_mark *const marks[] = {&attempt.security_request,
					      &attempt.encrypt,
					      &attempt.ltk_request,
					      &attempt.ltk_reply,
					      &attempt.encrypted,
					      &attempt.failed,
					      &attempt.signaling.wrong_identifier};
	static const struct {
		uint8_t reason;
		bool reported;
	} disconnections[] = {
		{0x13, false}, {0x16, false}, {0x08, true}, {0x3d, true}, {0x3e, true}};

	attempt.connected = at(1, 0);
	assert_false(verdict_is_worth_reporting(&attempt));
	for (size_t i = 0; i < COUNT(marks); i++) {
		*marks[i] = at(2, 0);
		assert_true(verdict_is_worth_reporting(&attempt));
		*marks[i] = at(0, 0);
	}
	for (size_t i = 0; i < COUNT(disconnections); i++) {
		attempt.disconnect_reason = disconnections[i].reason;
		assert_false(verdict_is_worth_reporting(&attempt));
		attempt.disconnected = at(4, 0);
		assert_int_equal(verdict_is_worth_reporting(&attempt), disconnections[i].reported);
		attempt.disconnected = at(0, 0);
	}
	attempt.bad_count = 1;
	assert_true(verdict_is_worth_reporting(&attempt));
	attempt.bad_count = 0;
	attempt.pairing = true;
	assert_true(verdict_is_worth_reporting(&attempt));
	attempt.pairing = false;
	attempt.connect_status = 0x0c;
	assert_true(verdict_is_worth_reporting(&attempt));
	attempt.connected = at(0, 0);
	assert_false(verdict_is_worth_reporting(&attempt));
	(void)case_begin(state);
	assert_false(verdict_is_worth_reporting(&attempt));
}

static void each_outcome_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < EXPLAIN_OUTCOMES; i++) {
		assert_non_null(verdict_outcome_slug((enum explain_outcome)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(verdict_outcome_slug((enum explain_outcome)i),
						verdict_outcome_slug((enum explain_outcome)k));
	}
}

static void a_wiped_verdict_is_empty(void **state)
{
	(void)state;
	memset(&verdict, 0xa5, sizeof(verdict));
	verdict_wipe(&verdict);
	assert_true(bytes_all_zero((const uint8_t *)&verdict, sizeof(verdict)));
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_connection_alone_is_uneventful),
		TEST(a_link_that_ends_for_want_of_security_is_lost),
		TEST(a_security_request_may_stay_without_an_answer),
		TEST(a_capture_that_begins_in_phase_3_may_lack_nothing),
		TEST(an_attribute_that_demands_security_may_be_left_alone),
		TEST(a_refused_command_connects_nothing),
		TEST(a_link_of_bredr_is_reported_only_for_security_of_le),
		TEST(a_failure_that_only_the_kernel_reports_is_one),
		TEST(a_failed_answer_to_pair_device_is_a_failure),
		TEST(a_trace_that_ends_with_encryption_hides_the_keys),
		TEST(an_unfinished_pairing_says_where_it_stands),
		TEST(a_connection_may_not_be_established),
		TEST(pairing_failed_is_a_refusal_of_its_sender),
		TEST(an_end_without_a_known_role_is_the_captured_host_or_the_peer),
		TEST(the_peripheral_has_lost_the_bond),
		TEST(encryption_may_fail),
		TEST(a_key_that_the_kernel_reports_is_of_a_pairing_that_worked),
		TEST(a_bond_encrypts),
		TEST(encryption_under_way_is_lost_with_the_link),
		TEST(a_pairing_ends_with_its_last_key_or_with_encryption),
		TEST(a_pairing_whose_features_were_not_captured_ends_with_encryption),
		TEST(encryption_before_the_end_of_phase_2_is_no_pairing),
		TEST(encryption_that_was_started_too_early_bypasses_the_pairing),
		TEST(a_pairing_is_lost_with_the_link),
		TEST(a_pairing_whose_last_pdu_a_sniffer_missed_has_succeeded),
		TEST(keys_that_are_missing_at_the_end_of_the_link_are_a_loss),
		TEST(a_pairing_times_out_when_nothing_came_for_30_s),
		TEST(a_clock_that_goes_backwards_is_no_silence),
		TEST(the_end_that_disconnects_counts_from_its_own_last_pdu),
		TEST(the_silent_end_is_the_one_whose_turn_it_was),
		TEST(without_a_request_no_end_is_blamed_for_the_silence),
		TEST(a_silence_across_a_gap_is_not_known),
		TEST(a_silence_is_not_measured_from_a_pdu_without_a_time),
		TEST(a_pdu_after_30_s_is_late_when_the_other_end_gives_up),
		TEST(each_pdu_answers_or_restarts_the_timer_or_has_none),
		TEST(a_keypress_restarts_the_timer_of_the_other_end),
		TEST(the_cause_is_reported_with_the_refusal_that_it_caused),
		TEST(the_cause_stands_before_all_other_findings),
		TEST(an_end_that_answers_twice_has_made_the_pairing_fail),
		TEST(hints_stand_behind_all_other_findings),
		TEST(a_success_has_no_cause),
		TEST(a_frame_belongs_to_the_first_finding_that_names_it_hints_excluded),
		TEST(a_resolvable_address_is_resolved_by_an_irk_of_the_capture),
		TEST(an_attempt_becomes_part_of_the_history_with_its_outcome),
		TEST(an_attempt_is_reported_when_it_has),
		TEST(each_outcome_has_a_name_of_its_own),
		TEST(a_wiped_verdict_is_empty),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
