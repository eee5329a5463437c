/* SPDX-License-Identifier: MIT */
#include "print/look.h"

#include <string.h>

#include "cli/explain/print/fixture.h"

static void the_date_says_what_is_known_of_it(void **state)
{
	static const struct {
		enum explain_clock clock;
		const char *text;
	} cases[] = {
		{EXPLAIN_CLOCK_UNIX, "f; captured 2026-11-25 03:27:18 UTC; explained "},
		{EXPLAIN_CLOCK_LOCAL, "f; captured 2026-11-25 03:27:18 local time; explained "},
		{EXPLAIN_CLOCK_DAY, "f; captured at 03:27:18 on an unknown day; explained "},
		{EXPLAIN_CLOCK_START, "f; captured on an unknown day; explained "},
		{EXPLAIN_CLOCK_NONE, "f; captured on an unknown day; explained "},
	};
	struct explain_origin origin = print_origin;
	char text[LOOK_ORIGIN];

	(void)state;
	origin.format = "f";
	for (size_t i = 0; i < COUNT(cases); i++) {
		origin.clock = cases[i].clock;
		assert_memory_equal(look_origin(&origin, text), cases[i].text,
				    strlen(cases[i].text));
		assert_non_null(strstr(text, "; explained 2026-11-30 06:51:53 UTC by blepair "));
	}
	/* A sniffer without a clock. */
	origin.clock = EXPLAIN_CLOCK_UNIX;
	origin.captured = UINT64_C(12) * 86400 * 1000000;
	assert_non_null(strstr(look_origin(&origin, text), "; captured on an unknown day;"));
}

static void only_the_step_of_the_frame_of_the_outcome_is_marked(void **state)
{
	(void)state;
	assert_null(look_here(&verdict, &attempt.steps[1]));
	assert_string_equal(look_here(&verdict, &attempt.steps[2]), "✗ failed here");
	verdict.failed = false;
	assert_string_equal(look_here(&verdict, &attempt.steps[2]), "– ended here");
	verdict.outcome = EXPLAIN_ENCRYPTED;
	assert_string_equal(look_here(&verdict, &attempt.steps[2]), "✓ encrypted here");
}

/* On air, the first encrypted PDU of a link may be empty: it is no step. */
static void an_end_between_two_steps_is_marked_at_the_one_before(void **state)
{
	(void)state;
	attempt.steps[3].at.frame = 15;
	attempt.steps[4].at.frame = 20;
	verdict.frame = 14;
	assert_string_equal(look_here(&verdict, &attempt.steps[2]), "✗ failed after this");
	assert_null(look_here(&verdict, &attempt.steps[1]));
	assert_null(look_here(&verdict, &attempt.steps[3]));
	verdict.failed = false;
	assert_string_equal(look_here(&verdict, &attempt.steps[2]), "– ended after this");
	verdict.outcome = EXPLAIN_ENCRYPTED;
	assert_string_equal(look_here(&verdict, &attempt.steps[2]), "✓ encrypted after this");
	verdict.frame = 100;
	assert_non_null(look_here(&verdict, &attempt.steps[4]));
	verdict.frame = 9;
	for (size_t i = 0; i < attempt.step_count; i++)
		assert_null(look_here(&verdict, &attempt.steps[i]));
	verdict.frame = 0;
	for (size_t i = 0; i < attempt.step_count; i++)
		assert_null(look_here(&verdict, &attempt.steps[i]));
}

static void each_layer_has_a_class(void **state)
{
	(void)state;
	assert_string_equal(look_layer(EXPLAIN_LAYER_COMMAND), "hci");
	assert_string_equal(look_layer(EXPLAIN_LAYER_EVENT), "hci");
	assert_string_equal(look_layer(EXPLAIN_LAYER_SMP), "smp");
	assert_string_equal(look_layer(EXPLAIN_LAYER_SIGNALING), "l2cap");
	assert_string_equal(look_layer(EXPLAIN_LAYER_ATT), "l2cap");
	assert_string_equal(look_layer(EXPLAIN_LAYER_LL), "ll");
	assert_string_equal(look_layer(EXPLAIN_LAYER_MANAGEMENT), "mgmt");
}

static void the_captured_host_stands_on_the_left_and_on_air_the_central(void **state)
{
	struct explain_lanes lanes;

	(void)state;
	attempt.captured_end = R;
	look_lanes(&attempt, &lanes);
	assert_int_equal(lanes.count, 3);
	assert_int_equal(lanes.ends[0], R);
	assert_int_equal(lanes.ends[1], EXPLAIN_NOBODY);
	assert_int_equal(lanes.ends[2], I);
	assert_int_equal(look_lane(&lanes, "host"), 0);
	assert_int_equal(look_lane(&lanes, "controller"), 1);
	assert_int_equal(look_lane(&lanes, "peer"), 2);
	attempt.captured_end = EXPLAIN_NOBODY;
	look_lanes(&attempt, &lanes);
	assert_int_equal(lanes.count, 2);
	assert_int_equal(look_lane(&lanes, "central"), 0);
	assert_int_equal(look_lane(&lanes, "peripheral"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_date_says_what_is_known_of_it),
		TEST(only_the_step_of_the_frame_of_the_outcome_is_marked),
		TEST(an_end_between_two_steps_is_marked_at_the_one_before),
		TEST(each_layer_has_a_class),
		TEST(the_captured_host_stands_on_the_left_and_on_air_the_central),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
