/* SPDX-License-Identifier: MIT */
#include "session/self_explain.h"

#include <stddef.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "unit.h"

static struct self_explain self;
static struct options options;
static struct event_output events;

/* What was reported: see wrap() in CMakeLists.txt. */
static json_t *emitted;
static unsigned emissions, findings_printed, ladders_printed;

void __wrap_event_emit(struct event_output *to, json_t *event);
void __wrap_event_emit(struct event_output *to, json_t *event)
{
	assert_ptr_equal(to, &events);
	json_decref(emitted);
	emitted = event;
	emissions++;
}

static void check_print(FILE *out, const struct explain_verdict *verdict)
{
	assert_ptr_equal(out, stderr);
	assert_ptr_equal(verdict, &self.verdict);
}

void __wrap_print_findings(FILE *out, const struct explain_verdict *verdict,
			   const struct explain_style *style);
void __wrap_print_findings(FILE *out, const struct explain_verdict *verdict,
			   const struct explain_style *style)
{
	check_print(out, verdict);
	assert_int_equal(style->color, events.color);
	assert_int_equal(style->ascii, events.ascii);
	assert_int_equal(style->show_keys, options.show_keys);
	findings_printed++;
}

void __wrap_print_ladder(FILE *out, const struct explain_verdict *verdict,
			 const struct explain_style *style);
void __wrap_print_ladder(FILE *out, const struct explain_verdict *verdict,
			 const struct explain_style *style)
{
	check_print(out, verdict);
	assert_true(style->ladder);
	ladders_printed++;
}

/* ---- Packets --------------------------------------------------------------------------------- */

static int begin(void **state)
{
	(void)state;
	memset(&self, 0, sizeof(self));
	memset(&options, 0, sizeof(options));
	memset(&events, 0, sizeof(events));
	emissions = findings_printed = ladders_printed = 0;
	self_explain_init(&self, &options);
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_decref(emitted);
	emitted = NULL;
	return 0;
}

static void connect(void)
{
	static const uint8_t complete[] = {HCI_EVENT, HCI_LE_META,
					   19,	      HCI_LE_CONNECTION_COMPLETE,
					   0,	      0x40,
					   0,	      0,
					   0,	      1,
					   2,	      3,
					   4,	      5,
					   6,	      24,
					   0,	      0,
					   0,	      200,
					   0,	      0};

	self_explain_packet(&self, true, complete, sizeof(complete));
}

static void disconnect(uint8_t reason)
{
	const uint8_t complete[] = {HCI_EVENT, HCI_DISCONNECTION_COMPLETE, 4, 0, 0x40, 0, reason};

	self_explain_packet(&self, true, complete, sizeof(complete));
}

static void smp(bool received, const uint8_t *pdu, size_t len)
{
	uint8_t packet[40] = {HCI_ACL, 0x40, received ? 0x20 : 0};

	bytes_put_le16(packet + 3, (uint16_t)(len + 4));
	bytes_put_le16(packet + 5, (uint16_t)len);
	bytes_put_le16(packet + 7, 6);
	memcpy(packet + 9, pdu, len);
	self_explain_packet(&self, received, packet, len + 9);
}

static void request(void)
{
	smp(false, (const uint8_t[]){SMP_PAIRING_REQUEST, 3, 0, 1, 16, 1, 1}, 7);
}

/* A link on which the peer refuses to pair. */
static void refused(uint8_t reason)
{
	connect();
	request();
	smp(true, (const uint8_t[]){SMP_PAIRING_FAILED, reason}, 2);
	disconnect(0x13);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_failure_is_judged_when_its_link_has_ended(void **state)
{
	(void)state;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge(&self, &events, NULL);
	assert_true(self.failed);
	assert_int_equal(self.verdict.outcome, EXPLAIN_REFUSED);
	assert_int_equal(self.verdict.by, EXPLAIN_R);
	assert_string_equal(verdict_cause(&self.verdict)->check->id,
			    "reason-pairing-not-supported");
	assert_int_equal(self.verdict.frame, 3); /* the third packet of the run */
	assert_int_equal(emissions, 0);
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 1);
	assert_int_equal(ladders_printed, 0);
}

static void packets_of_any_kind_are_counted(void **state)
{
	static const uint8_t vendor[] = {0xff, 1, 2};

	(void)state;
	self_explain_packet(&self, true, vendor, sizeof(vendor));
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge(&self, &events, NULL);
	assert_int_equal(self.verdict.frame, 4); /* as a capture with -w numbers them */
	assert_int_equal(self.packets, 5);
}

static void explain_prints_the_ladder_too(void **state)
{
	(void)state;
	options.explain = options.show_keys = true;
	events.color = events.ascii = true;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge(&self, &events, NULL);
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 1);
	assert_int_equal(ladders_printed, 1);
}

static void quiet_prints_nothing(void **state)
{
	(void)state;
	options.quiet = true;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge(&self, &events, NULL);
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 0);
}

static void json_has_an_event_and_no_text(void **state)
{
	(void)state;
	options.json = events.json = true;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge(&self, &events, NULL);
	assert_int_equal(emissions, 1);
	assert_string_equal(json_string_value(json_object_get(emitted, "event")), "explained");
	assert_string_equal(json_string_value(json_object_get(emitted, "outcome")), "refused");
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 0);
}

static void each_failure_is_reported_once(void **state)
{
	(void)state;
	options.json = events.json = true;
	self_explain_judge(&self, &events, NULL); /* no link yet */
	assert_int_equal(emissions, 0);
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge(&self, &events, NULL);
	self_explain_judge(&self, &events, NULL);
	assert_int_equal(emissions, 1);
	assert_false(self.failed);
	refused(SMP_BUSY);
	self_explain_judge(&self, &events, NULL);
	assert_int_equal(emissions, 2);
}

/* A later attempt is the one to explain. */
static void the_last_attempt_counts(void **state)
{
	(void)state;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	refused(SMP_BUSY);
	self_explain_judge(&self, &events, NULL);
	assert_string_equal(verdict_cause(&self.verdict)->check->id, "reason-busy");
	assert_int_equal(self.verdict.frame, 7);
}

static void a_link_without_an_attempt_does_not_count(void **state)
{
	(void)state;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	connect();
	disconnect(0x13);
	self_explain_judge(&self, &events, NULL);
	assert_int_equal(self.verdict.frame, 3);
}

static void an_attempt_that_did_not_fail_is_not_explained(void **state)
{
	(void)state;
	options.json = events.json = true;
	connect();
	request();
	self_explain_end(&self, &events, NULL);
	assert_false(self.failed);
	assert_int_equal(emissions, 0);
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 0);
	/* We end the run ourselves, so that the capture is not cut. */
	for (size_t i = 0; i < self.verdict.count; i++)
		assert_string_not_equal(self.verdict.findings[i].check->id, "capture-cut");
}

/* A Pairing Failed of ours. */
static void we_fail(void)
{
	connect();
	request();
	smp(false, (const uint8_t[]){SMP_PAIRING_FAILED, SMP_UNSPECIFIED_REASON}, 2);
	disconnect(0x16);
}

static void what_the_session_knows_is_the_cause(void **state)
{
	static struct session session;
	const struct explain_finding *cause;

	(void)state;
	session.options = &options;
	outcome_fail(&session.outcome, CLI_TIMED_OUT, "timed out");
	outcome_advice(&session.outcome, "wait");
	we_fail();
	self_explain_judge(&self, &events, &session);
	cause = verdict_cause(&self.verdict);
	assert_string_equal(cause->check->id, "limit-here");
	assert_string_equal(check_fix(cause), "wait");
	assert_string_equal(self.style.said, "wait"); /* the result has it */
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 1);
}

static void a_user_who_gave_up_is_told_nothing(void **state)
{
	static struct session session;

	(void)state;
	outcome_fail(&session.outcome, CLI_CANCELLED, "cancelled");
	we_fail();
	self_explain_judge(&self, &events, &session);
	assert_string_equal(verdict_cause(&self.verdict)->check->id, "cancelled-here");
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 0);
}

static void the_end_of_the_run_ends_its_links(void **state)
{
	(void)state;
	connect();
	request();
	smp(true, (const uint8_t[]){SMP_PAIRING_FAILED, SMP_BUSY}, 2);
	self_explain_judge(&self, &events, NULL);
	assert_false(self.failed); /* the link is open */
	self_explain_end(&self, &events, NULL);
	assert_true(self.failed);
	self_explain_print(&self, stderr);
	assert_int_equal(findings_printed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* Several links may be up: each session asks for its own. */
static void the_attempt_of_another_link_is_left_alone(void **state)
{
	(void)state;
	refused(SMP_PAIRING_NOT_SUPPORTED);
	self_explain_judge_link(&self, 0x41, &events, NULL);
	assert_false(self.failed);
	self_explain_judge_link(&self, 0x40, &events, NULL);
	assert_true(self.failed);
	self_explain_judge_link(&self, 0x40, &events, NULL);
	assert_false(self.failed);
}

static void a_link_is_judged_although_its_end_was_not_reported(void **state)
{
	(void)state;
	connect();
	request();
	smp(true, (const uint8_t[]){SMP_PAIRING_FAILED, SMP_PAIRING_NOT_SUPPORTED}, 2);
	self_explain_judge_link(&self, 0x40, &events, NULL);
	assert_true(self.failed);
	assert_int_equal(self.verdict.outcome, EXPLAIN_REFUSED);
	disconnect(0x13); /* it comes late, and says nothing new */
	self_explain_judge_link(&self, 0x40, &events, NULL);
	assert_false(self.failed);
}

/* They have keys, also of a pairing that was judged. */
static void what_is_forgotten_is_wiped(void **state)
{
	(void)state;
	refused(SMP_UNSPECIFIED_REASON);
	self_explain_judge(&self, &events, NULL);
	assert_false(bytes_all_zero((const uint8_t *)&self.attempt, sizeof(self.attempt)));
	assert_false(bytes_all_zero((const uint8_t *)&self.verdict, sizeof(self.verdict)));
	self_explain_forget(&self);
	assert_true(bytes_all_zero((const uint8_t *)&self.attempt, sizeof(self.attempt)));
	assert_true(bytes_all_zero((const uint8_t *)&self.verdict, sizeof(self.verdict)));
	refused(SMP_UNSPECIFIED_REASON);
	self_explain_judge(&self, &events, NULL);
	self_explain_wipe(&self);
	assert_true(bytes_all_zero((const uint8_t *)&self, offsetof(struct self_explain, tracker)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failure_is_judged_when_its_link_has_ended),
		TEST(the_attempt_of_another_link_is_left_alone),
		TEST(a_link_is_judged_although_its_end_was_not_reported),
		TEST(what_is_forgotten_is_wiped),
		TEST(packets_of_any_kind_are_counted),
		TEST(explain_prints_the_ladder_too),
		TEST(quiet_prints_nothing),
		TEST(json_has_an_event_and_no_text),
		TEST(each_failure_is_reported_once),
		TEST(the_last_attempt_counts),
		TEST(a_link_without_an_attempt_does_not_count),
		TEST(an_attempt_that_did_not_fail_is_not_explained),
		TEST(what_the_session_knows_is_the_cause),
		TEST(a_user_who_gave_up_is_told_nothing),
		TEST(the_end_of_the_run_ends_its_links),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
