/* SPDX-License-Identifier: MIT */
/* Which attempts are judged, and counted. */
#include "command/explainer.h"

#include <string.h>

#include "cli/streams.h"
#include "hci/error.h"
#include "output/standard_output.h"
#include "unit.h"

static struct explainer explainer;
static struct options options;
static struct event_output output;
static struct explain_attempt attempt;
static unsigned judgements;

static void judged(void *ctx, const struct explain_verdict *verdict)
{
	assert_ptr_equal(ctx, &judgements);
	assert_ptr_equal(verdict->attempt, &attempt);
	judgements++;
}

static int begin(void **state)
{
	(void)state;
	memset(&explainer, 0, sizeof(explainer));
	options = (struct options){.json = true};
	judgements = 0;
	explainer.judged = judged;
	explainer.ctx = &judgements;
	streams_capture();
	standard_output_init();
	event_output_init(&output, &options);
	explainer_init(&explainer, &options, &output, true);
	explainer_begin(&explainer, NULL);
	/* Encrypted with a bond. */
	explain_attempt_init(&attempt, 1);
	attempt.encrypted = (struct explain_mark){.frame = 7, .time_us = 7};
	attempt.finalized = true;
	attempt.central = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	streams_restore();
	return 0;
}

static void finish(void)
{
	explainer.tracker.links.finished(explainer.tracker.links.ctx, &attempt);
}

static void a_link_that_asked_for_no_security_is_said_to_have_ended(void **state)
{
	char text[200];

	(void)state;
	explainer_departure(&explainer, text, sizeof(text));
	assert_string_equal(text, "");
	attempt.encrypted = (struct explain_mark){0};
	attempt.disconnected = (struct explain_mark){.frame = 8, .time_us = 8};
	attempt.disconnected_by = EXPLAIN_I;
	attempt.disconnect_reason = 0x13;
	finish();
	assert_int_equal(explainer.number, 0);
	explainer_departure(&explainer, text, sizeof(text));
	assert_string_equal(text,
			    "the central disconnected without asking for security: Remote User "
			    "Terminated Connection (0x13)");
}

static void attempts_are_counted_by_how_they_ended(void **state)
{
	(void)state;
	finish();
	attempt.encrypt_status = HCI_PIN_OR_KEY_MISSING;
	finish();
	memset(&attempt.encrypted, 0, sizeof(attempt.encrypted)); /* nothing to report */
	finish();
	json_t *counts = explainer_counts(&explainer);
	assert_int_equal(json_integer_value(json_object_get(counts, "attempts")), 2);
	assert_int_equal(json_integer_value(json_object_get(counts, "succeeded")), 1);
	assert_int_equal(json_integer_value(json_object_get(counts, "failed")), 1);
	json_decref(counts);
	assert_int_equal(judgements, 2);
}

static void a_reported_attempt_is_judged_again_only_for_a_later_mic_failure(void **state)
{
	(void)state;
	finish();
	attempt.reported = true;
	finish();
	attempt.disconnected = (struct explain_mark){.frame = 8, .time_us = 8};
	attempt.disconnect_reason = HCI_CONNECTION_TIMEOUT;
	finish();
	assert_int_equal(judgements, 1);
	attempt.disconnect_reason = HCI_MIC_FAILURE;
	finish();
	assert_int_equal(judgements, 2);
	assert_int_equal(explainer.failed, 1);
	attempt.failed =
		(struct explain_mark){.frame = 6, .time_us = 6}; /* it had failed already */
	finish();
	assert_int_equal(judgements, 2);
}

static void nothing_is_judged_after_the_end(void **state)
{
	(void)state;
	explainer.closed = true;
	finish();
	assert_int_equal(judgements, 0);
	assert_int_equal(explainer.number, 0);
}

static void the_sum_leaves_out_what_there_is_none_of(void **state)
{
	static const struct {
		uint64_t number, succeeded, failed;
		const char *text;
	} cases[] = {
		{3, 1, 1, "3 attempts: 1 succeeded, 1 failed, 1 unfinished"},
		{1, 0, 1, "1 attempt: 1 failed"},
		{2, 2, 0, "2 attempts: 2 succeeded"},
		{5, 0, 0, "5 attempts: 5 unfinished"},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		explainer.number = cases[i].number;
		explainer.succeeded = cases[i].succeeded;
		explainer.failed = cases[i].failed;
		explainer_sum(&explainer, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

/* A success, an attempt that is cut, a failure. */
static void finish_all(void)
{
	struct explain_attempt encrypted;

	attempt.encrypt_status = 0;
	encrypted = attempt;
	finish();
	memset(&attempt.encrypted, 0, sizeof(attempt.encrypted));
	attempt.encrypt = (struct explain_mark){.frame = 6, .time_us = 6};
	finish();
	attempt = encrypted;
	attempt.encrypt_status = HCI_PIN_OR_KEY_MISSING;
	finish();
}

static size_t prints(bool quiet, bool failures, bool silent)
{
	size_t sentences = 0;

	options.json = output.json = false;
	options.brief = true;
	options.quiet = output.quiet = quiet;
	options.failures = failures;
	explainer.silent = silent;
	finish_all();
	assert_int_equal(fflush(stdout), 0);
	streams_restore();
	for (const char *p = streams_out; (p = strstr(p, "Encryption")); p++)
		sentences++;
	streams_capture();
	return sentences;
}

static void options_select_what_is_printed(void **state)
{
	(void)state;
	assert_int_equal(prints(false, false, false), 3);
	assert_int_equal(prints(true, false, false), 2); /* what did not succeed */
	assert_int_equal(prints(false, true, false), 1);
	assert_int_equal(prints(false, false, true), 0);
	/* With --failed, files have only failures, too; all are counted. */
	explainer.number = judgements = 0;
	assert_int_equal(prints(false, true, false), 1);
	assert_int_equal(judgements, 1);
	assert_int_equal(explainer.number, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_link_that_asked_for_no_security_is_said_to_have_ended),
		TEST(attempts_are_counted_by_how_they_ended),
		TEST(a_reported_attempt_is_judged_again_only_for_a_later_mic_failure),
		TEST(nothing_is_judged_after_the_end),
		TEST(the_sum_leaves_out_what_there_is_none_of),
		TEST(options_select_what_is_printed),
	};
	return cmocka_run_group_tests_name("cli/command/explainer", tests, NULL, NULL);
}
