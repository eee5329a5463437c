/* SPDX-License-Identifier: MIT */
/* The conditions on the captured host before the attempt, and on the capture itself. */
#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT

/* ---- Bring-up -------------------------------------------------------------------------------- */

/* A host that was captured from its Reset in frame 1 on, and did all that it should. */
static void captured_host(int8_t end)
{
	attempt.captured_end = end;
	attempt.connected = at(9, 0);
	attempt.host = (struct explain_host){
		.used = true,
		.reset = at(1, 0),
		.bringup = EXPLAIN_HAS_EVENT_MASK | EXPLAIN_HAS_LE_EVENT_MASK |
			   EXPLAIN_HAS_LE_BUFFER_SIZE | EXPLAIN_HAS_LE_HOST,
		.event_mask = UINT64_MAX,
		.le_event_mask = UINT64_MAX,
		.has_features = true,
		.dual_mode = true};
}

static explain_condition *const bringup_checks[] = {check_masked, check_bringup_missing,
						    check_le_host};

static void a_complete_bringup_has_no_finding(void **state)
{
	(void)state;
	for (int8_t end = 0; end < 2; end++) {
		captured_host(end);
		for (size_t i = 0; i < COUNT(bringup_checks); i++)
			case_finds_nothing(bringup_checks[i]);
	}
}

static void a_host_is_judged_only_when_its_reset_and_its_connection_were_captured(void **state)
{
	(void)state;
	for (int without = 0; without < 4; without++) {
		captured_host(I);
		attempt.host.bringup = EXPLAIN_HAS_EVENT_MASK;
		attempt.host.event_mask = 0;
		if (without == 0)
			attempt.host.used = false;
		if (without == 1)
			attempt.host.reset = at(0, 0);
		if (without == 2)
			attempt.connected = at(0, 0);
		for (size_t i = 0; i < COUNT(bringup_checks); i++) {
			finding = (struct explain_finding){.by = NOBODY};
			assert_int_equal(bringup_checks[i](&tested, &finding), without == 3);
		}
	}
}

/* Vol 4 Part E 7.3.1 and 7.8.1: the bits of the masks. */
static void a_masked_event_blames_the_captured_host(void **state)
{
	static const struct {
		uint64_t mask;
		bool le;
		const char *name;
	} events[] = {
		{0x80, false, "Encryption Change"},
		{0x10, false, "Disconnection Complete"},
		{0x2000000000000000, false, "LE Meta"},
		{0x10, true, "LE Long Term Key Request"},
	};
	char text[120];

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		captured_host(R);
		if (events[i].le)
			attempt.host.le_event_mask &= ~events[i].mask;
		else
			attempt.host.event_mask &= ~events[i].mask;
		(void)snprintf(text, sizeof(text),
			       "the host masked %s: it will not receive this event",
			       events[i].name);
		case_finds(check_masked, R, text, 1, 0, 0);
		/* The default masks are not judged. */
		attempt.host.bringup &= (uint8_t) ~(events[i].le ? EXPLAIN_HAS_LE_EVENT_MASK
								 : EXPLAIN_HAS_EVENT_MASK);
		case_finds_nothing(check_masked);
	}
}

static void a_central_needs_no_ltk_request(void **state)
{
	(void)state;
	captured_host(I);
	attempt.host.le_event_mask &= ~0x10ULL;
	case_finds_nothing(check_masked);
}

static void commands_that_a_bringup_lacks_blame_the_captured_host(void **state)
{
	(void)state;
	captured_host(R);
	attempt.host.bringup &= (uint8_t)~EXPLAIN_HAS_LE_EVENT_MASK;
	case_finds(check_bringup_missing, R, "the host did not send LE Set Event Mask after Reset",
		   1, 0, 0);
	attempt.host.bringup &= (uint8_t)~EXPLAIN_HAS_LE_BUFFER_SIZE;
	case_finds(check_bringup_missing, R,
		   "the host did not send LE Set Event Mask and LE Read Buffer Size after Reset", 1,
		   0, 0);
	attempt.host.bringup |= EXPLAIN_HAS_LE_EVENT_MASK;
	case_finds(check_bringup_missing, R,
		   "the host did not send LE Read Buffer Size after Reset", 1, 0, 0);
}

static void le_host_support_is_needed_where_the_controller_has_it(void **state)
{
	(void)state;
	captured_host(I);
	attempt.host.bringup &= (uint8_t)~EXPLAIN_HAS_LE_HOST;
	case_finds(check_le_host, I,
		   "the controller has BR/EDR too, and the host did not send Write LE Host Support",
		   1, 0, 0);
	attempt.host.no_le_host = true;
	case_finds_nothing(check_le_host);
	attempt.host.no_le_host = false;
	attempt.host.dual_mode = false;
	case_finds_nothing(check_le_host);
	attempt.host.dual_mode = true;
	attempt.host.has_features = false; /* unknown */
	case_finds_nothing(check_le_host);
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void a_rejected_command_blames_the_captured_host(void **state)
{
	struct explain_host *host = &attempt.host;

	(void)state;
	attempt.captured_end = R;
	case_finds_nothing(check_command_refused);
	host->refused[0] = (struct explain_refusal){at(2, 0), HCI_LE_SET_EVENT_MASK, 0x12};
	host->refused[1] = (struct explain_refusal){at(7, 0), HCI_LE_LTK_REPLY, 0x0c};
	host->refusals = 1;
	case_finds_nothing(check_command_refused); /* nothing failed */
	tested.failed = true;
	case_finds(check_command_refused, R,
		   "the controller rejected LE Set Event Mask: Invalid HCI Command Parameters "
		   "(0x12)",
		   2, 0, 0);
	host->refusals = 2; /* the one that prevents encryption matters more */
	case_finds(check_command_refused, R,
		   "the controller rejected LE Long Term Key Request Reply: Command Disallowed "
		   "(0x0c)",
		   7, 0, 0);
}

/* The connection goes on as before. */
static void a_harmless_refusal_is_no_finding(void **state)
{
	static const uint16_t harmless[] = {HCI_LE_CONNECTION_UPDATE, HCI_LE_SET_RANDOM_ADDRESS,
					    HCI_LE_CREATE_CONNECTION};
	struct explain_host *host = &attempt.host;

	(void)state;
	tested.failed = true;
	for (size_t i = 0; i < COUNT(harmless); i++)
		host->refused[i] = (struct explain_refusal){at(2 + i, 0), harmless[i], 0x0c};
	host->refusals = COUNT(harmless);
	case_finds_nothing(check_command_refused);
	host->refused[host->refusals++] =
		(struct explain_refusal){at(7, 0), HCI_LE_SET_EVENT_MASK, 0x12};
	assert_true(check_command_refused(&tested, &finding));
	assert_int_equal(finding.frames[0], 7);
}

static void a_connection_that_the_controller_refused_has_its_own_advice(void **state)
{
	static const struct {
		uint8_t status;
		const char *advice; /* NULL: that of the check */
	} rows[] = {{0x0c, "under way"},
		    {0x09, "no room"},
		    {0x0d, "no room"},
		    {0x0b, "exists"},
		    {0x12, NULL}};

	(void)state;
	attempt.host.refusals = 1; /* another one, earlier */
	attempt.connect_refused = HCI_LE_EXTENDED_CREATE_CONNECTION;
	attempt.connected = at(5, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		attempt.connect_status = rows[i].status;
		finding = (struct explain_finding){.by = NOBODY};
		assert_true(check_command_refused(&tested, &finding));
		assert_int_equal(finding.frames[0], 5);
		assert_non_null(strstr(finding.text, "rejected LE Extended Create Connection"));
		if (rows[i].advice)
			assert_non_null(strstr(finding.fix, rows[i].advice));
		else
			assert_null(finding.fix);
	}
}

/* ---- The capture ----------------------------------------------------------------------------- */

static void a_gap_of_the_capture_is_reported_with_the_text_of_the_reader(void **state)
{
	(void)state;
	case_finds_nothing(check_capture_holes);
	attempt.missing = at(20, 0);
	(void)snprintf(attempt.missing_text, sizeof(attempt.missing_text),
		       "3 packets are missing before frame 20");
	case_finds(check_capture_holes, NOBODY, "3 packets are missing before frame 20", 20, 0, 0);
}

static void steps_that_are_not_shown_are_counted(void **state)
{
	(void)state;
	attempt.steps_lost = 5;
	attempt.last = at(200, 0);
	case_finds(check_capture_holes, NOBODY, "5 more steps of this attempt are not shown", 200,
		   0, 0);
	assert_null(strstr(finding.fix, "again")); /* the capture lacks nothing */
}

static void a_gap_of_a_sniffer_matters_in_a_failure_and_in_a_pairing_without_an_end(void **state)
{
	(void)state;
	attempt.missing = at(20, 0);
	attempt.air = true;
	case_finds_nothing(check_capture_holes); /* no pairing */
	attempt.pairing = true;
	assert_true(check_capture_holes(&tested, &finding));
	facts.progress.complete = true;
	case_finds_nothing(check_capture_holes);
	tested.failed = true;
	assert_true(check_capture_holes(&tested, &finding));
	attempt.air = false;
	tested.failed = false;
	assert_true(check_capture_holes(&tested, &finding));
}

static void a_key_that_a_sniffer_did_not_hear_is_reported_with_its_sender(void **state)
{
	struct explain_sequence_progress *progress = &facts.progress;

	(void)state;
	attempt.air = attempt.pairing = attempt.has_encrypt_key = true;
	attempt.encrypt = at(12, 0);
	progress->phase_2 = true;
	case_finds_nothing(check_capture_holes);
	progress->keys_missing[I] = 1 << SMP_SIGNING_INFORMATION;
	case_finds(check_capture_holes, I,
		   "the capture does not have the initiator's negotiated Signing Information: the "
		   "sniffer may have missed it",
		   12, 0, 0);
	progress->keys_missing[R] = 1 << SMP_IDENTITY_INFORMATION;
	case_finds(check_capture_holes, R,
		   "the capture does not have the responder's negotiated Identity Information: the "
		   "sniffer may have missed it",
		   12, 0, 0);
	progress->phase_2 = false;
	case_finds_nothing(check_capture_holes);
	progress->phase_2 = true;
	attempt.has_encrypt_key = false;
	case_finds_nothing(check_capture_holes);
	attempt.has_encrypt_key = true;
	attempt.air = false;
	case_finds_nothing(check_capture_holes);
}

/* Pairing Random without Pairing Confirm before it. */
static void without_confirm(void)
{
	case_features(NO_IO, 0, NO_IO, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 3, 0);
	case_walk();
}

static void a_pdu_that_the_capture_lacks_blames_nobody(void **state)
{
	(void)state;
	without_confirm();
	case_finds(check_capture_holes, NOBODY,
		   "the initiator's Pairing Confirm is not in the capture, although later PDUs are",
		   0, 0, 0);
	facts.has_features = false;
	case_finds_nothing(check_capture_holes);
	facts.has_features = true;
	facts.progress.late = 2; /* it came late, or another came in its place */
	case_finds_nothing(check_capture_holes);
	facts.progress.late = EXPLAIN_NO_STEP;
	facts.progress.unexpected = 2;
	case_finds_nothing(check_capture_holes);
	facts.progress.unexpected = EXPLAIN_NO_STEP;
	facts.progress.hole = false;
	case_finds_nothing(check_capture_holes);
	facts.progress.hole = true;
	attempt.failed = at(4, 0); /* the other end did not have it either */
	attempt.failed_by = R;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds_nothing(check_capture_holes);
}

/* People leave out of a text what does not matter. */
static void what_an_excerpt_leaves_out_matters_only_without_a_cause(void **state)
{
	(void)state;
	attempt.missing = at(12, 0);
	(void)snprintf(attempt.missing_text, sizeof(attempt.missing_text),
		       "the excerpt leaves out 3 packets before frame 12");
	attempt.excerpt = tested.explained = tested.failed = true;
	tested.outcome = EXPLAIN_REFUSED;
	case_finds_nothing(check_capture_holes);
	tested.explained = false;
	case_finds(check_capture_holes, NOBODY, "the excerpt leaves out 3 packets before frame 12",
		   12, 0, 0);
	tested.failed = false;
	tested.outcome = EXPLAIN_PAIRED;
	case_finds_nothing(check_capture_holes);
	attempt.excerpt = false; /* a file has all that was there */
	case_finds(check_capture_holes, NOBODY, "the excerpt leaves out 3 packets before frame 12",
		   12, 0, 0);
	assert_null(finding.fix);
}

static void the_reader_of_an_excerpt_is_sent_to_the_trace_rather_than_to_a_new_capture(void **state)
{
	(void)state;
	attempt.excerpt = attempt.pairing = true;
	attempt.cut = EXPLAIN_CUT_BY_END;
	attempt.last = at(30, 0);
	case_finds(check_capture_cut, NOBODY, "the capture ends before the pairing ends", 30, 0, 0);
	assert_non_null(strstr(finding.fix, "what follows in the trace"));
	tested.outcome = EXPLAIN_REFUSED;
	attempt.begun_before = true;
	attempt.first = at(4, 0);
	attempt.failed = at(5, 0);
	case_finds(check_capture_cut, NOBODY, "the capture begins in the middle of this pairing", 4,
		   0, 0);
	tested.explained = true;
	case_finds_nothing(check_capture_cut);
}

static void a_cut_capture_names_the_step_that_was_due(void **state)
{
	(void)state;
	attempt.last = at(30, 0);
	case_finds_nothing(check_capture_cut);
	attempt.cut = EXPLAIN_CUT_BY_END;
	case_finds(check_capture_cut, NOBODY, "the capture ends before encryption starts", 30, 0,
		   0);
	attempt.pairing = true;
	case_finds(check_capture_cut, NOBODY, "the capture ends before the pairing ends", 30, 0, 0);
	tested.turn = R;
	case_finds(check_capture_cut, NOBODY,
		   "the capture ends before the pairing ends: the responder's Pairing Response was "
		   "due",
		   30, 0, 0);
	tested.turn = NOBODY;
	tested.outcome = EXPLAIN_REFUSED;
	case_finds_nothing(check_capture_cut);
}

static void what_cut_an_attempt_is_named_with_what_to_do_about_it(void **state)
{
	static const struct {
		enum explain_cut cut;
		const char *text, *fix;
	} rows[] = {
		{EXPLAIN_CUT_BY_ATTEMPT, "another attempt begins before the pairing ends",
		 "the attempt that follows"},
		{EXPLAIN_CUT_BY_CONNECTION,
		 "another connection gets the handle of this one before the pairing ends",
		 "lacks the end"},
		{EXPLAIN_CUT_BY_CROWD,
		 "so many connections are open that this one is followed no further before the "
		 "pairing ends",
		 "fewer devices"},
		{EXPLAIN_CUT_BY_MOMENT, "another capture begins before the pairing ends",
		 "one by one"},
	};

	(void)state;
	attempt.last = at(30, 0);
	attempt.pairing = true;
	case_finds_nothing(check_capture_cut);
	for (size_t i = 0; i < COUNT(rows); i++) {
		attempt.cut = rows[i].cut;
		case_finds(check_capture_cut, NOBODY, rows[i].text, 30, 0, 0);
		assert_non_null(strstr(finding.fix, rows[i].fix));
	}
	/* On air a connection has an access address. */
	attempt.air = true;
	attempt.cut = EXPLAIN_CUT_BY_CONNECTION;
	case_finds(check_capture_cut, NOBODY,
		   "another connection has the access address of this one before the pairing ends",
		   30, 0, 0);
	attempt.air = false;
	/* The controller is gone: nothing is missing from the capture. */
	attempt.cut = EXPLAIN_CUT_BY_REMOVAL;
	case_finds_nothing(check_capture_cut);
}

static void a_capture_may_begin_in_the_middle_of_a_pairing(void **state)
{
	(void)state;
	attempt.first = at(4, 0);
	attempt.begun_before = true;
	case_finds_nothing(check_capture_cut);
	attempt.pairing = true;
	case_finds(check_capture_cut, NOBODY, "the capture begins in the middle of this pairing", 4,
		   0, 0);
	attempt.party[I].features = at(5, 0);
	case_finds_nothing(check_capture_cut);
	attempt.party[I].features = at(0, 0);
	attempt.begun_before = false;
	case_finds_nothing(check_capture_cut);
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_complete_bringup_has_no_finding),
		TEST(a_host_is_judged_only_when_its_reset_and_its_connection_were_captured),
		TEST(a_masked_event_blames_the_captured_host),
		TEST(a_central_needs_no_ltk_request),
		TEST(commands_that_a_bringup_lacks_blame_the_captured_host),
		TEST(le_host_support_is_needed_where_the_controller_has_it),
		TEST(a_rejected_command_blames_the_captured_host),
		TEST(a_harmless_refusal_is_no_finding),
		TEST(a_connection_that_the_controller_refused_has_its_own_advice),
		TEST(a_gap_of_the_capture_is_reported_with_the_text_of_the_reader),
		TEST(steps_that_are_not_shown_are_counted),
		TEST(a_gap_of_a_sniffer_matters_in_a_failure_and_in_a_pairing_without_an_end),
		TEST(a_key_that_a_sniffer_did_not_hear_is_reported_with_its_sender),
		TEST(a_pdu_that_the_capture_lacks_blames_nobody),
		TEST(what_an_excerpt_leaves_out_matters_only_without_a_cause),
		TEST(the_reader_of_an_excerpt_is_sent_to_the_trace_rather_than_to_a_new_capture),
		TEST(a_cut_capture_names_the_step_that_was_due),
		TEST(what_cut_an_attempt_is_named_with_what_to_do_about_it),
		TEST(a_capture_may_begin_in_the_middle_of_a_pairing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
