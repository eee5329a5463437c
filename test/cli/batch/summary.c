/* SPDX-License-Identifier: MIT */
/* The exit code, the counts and the advice of a job, for each reason to stop. */
#include "batch/summary.h"

#include <string.h>

#include "cli/batch/fixture.h"

static struct outcome outcome;

static void set_counts(size_t total, size_t paired, size_t failed)
{
	job.scheduler.total = total;
	job.scheduler.counts[BATCH_PAIRED] = paired;
	job.scheduler.counts[BATCH_FAILED] = failed;
}

static void outcome_for(enum batch_stop stop)
{
	job.scheduler.stop = stop;
	batch_summary_outcome(&job, &outcome);
}

static void each_reason_to_stop_has_an_exit_code(void **state)
{
	static const struct {
		enum batch_stop stop;
		size_t failed;
		enum cli_exit exit;
	} cases[] = {
		{BATCH_ALL_ENDED, 0, CLI_OK},
		{BATCH_ALL_ENDED, 1, CLI_UNITS_FAILED},
		{BATCH_COUNT_REACHED, 0, CLI_OK},
		{BATCH_COUNT_REACHED, 1, CLI_UNITS_FAILED},
		{BATCH_NONE_SEEN, 2, CLI_UNITS_FAILED},
		{BATCH_NONE_SEEN, 0, CLI_OK},
		{BATCH_TIME_OVER, 0, CLI_TIMED_OUT},
		{BATCH_MAX_FAILURES, 3, CLI_STOPPED},
		{BATCH_NO_CONTROLLER, 1, CLI_CONTROLLER_BUSY},
		{BATCH_STORE_FAILED, 1, CLI_PERMISSION},
		{BATCH_INTERRUPTED, 1, CLI_CANCELLED},
	};

	(void)state;
	job.controllers[1].failure.exit = CLI_CONTROLLER_BUSY;
	job.store_failure.exit = CLI_PERMISSION;
	for (size_t i = 0; i < COUNT(cases); i++) {
		set_counts(5, 2, cases[i].failed);
		outcome_for(cases[i].stop);
		assert_int_equal(outcome.exit, cases[i].exit);
		assert_string_equal(outcome.result, cases[i].exit == CLI_OK	     ? "paired"
						    : cases[i].exit == CLI_CANCELLED ? "cancelled"
										     : "failed");
		assert_int_equal(outcome.reason_code, -1);
	}
}

/* --until TIME is no failure: the job did what it was asked for. */
static void an_agreed_time_is_not_a_timeout(void **state)
{
	(void)state;
	options.until_time = 1;
	set_counts(5, 2, 0);
	outcome_for(BATCH_TIME_OVER);
	assert_int_equal(outcome.exit, CLI_OK);
	set_counts(5, 2, 1);
	outcome_for(BATCH_TIME_OVER);
	assert_int_equal(outcome.exit, CLI_UNITS_FAILED);
}

static void the_text_counts_units(void **state)
{
	struct batch_unit_spec match = {0};

	(void)state;
	set_counts(5, 3, 2);
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.text, "3 of 5 units paired, 2 failed");
	set_counts(1, 1, 0);
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.text, "1 of 1 unit paired");
	job.scheduler.match = &match;
	outcome_for(BATCH_COUNT_REACHED);
	assert_string_equal(outcome.text, "1 unit paired");
	set_counts(2, 2, 0);
	outcome_for(BATCH_COUNT_REACHED);
	assert_string_equal(outcome.text, "2 units paired");
	set_counts(3, 0, 3);
	outcome_for(BATCH_NONE_SEEN);
	assert_string_equal(outcome.text, "0 units paired, 3 failed");
}

static void the_detail_says_why_it_stopped(void **state)
{
	(void)state;
	options.max_failures = 7;
	job.scheduler.failures_in_row = 8;
	(void)failure_set(&job.controllers[1].failure, CLI_CONTROLLER_FAILED, "hci1: it is gone");
	(void)strcpy(job.store_failure.text, "store.db: no space left");
	outcome_for(BATCH_MAX_FAILURES);
	assert_string_equal(outcome.detail, "8 failed in a row: --max-failures 7 stopped the job");
	outcome_for(BATCH_NO_CONTROLLER);
	assert_string_equal(outcome.detail, "no controller is left: hci1: it is gone");
	outcome_for(BATCH_STORE_FAILED);
	assert_string_equal(outcome.detail, "store.db: no space left");
	outcome_for(BATCH_TIME_OVER);
	assert_string_equal(outcome.detail, "the time is over");
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.detail, "");
	outcome_for(BATCH_INTERRUPTED);
	assert_string_equal(outcome.detail, "");
}

static void the_advice_is_to_continue_or_to_retry(void **state)
{
	struct batch_unit_spec match = {0};
	struct failure failure;

	(void)state;
	assert_int_equal(store_init(&store, "bonds.db", &failure), 0);
	set_counts(9, 5, 1);
	outcome_for(BATCH_INTERRUPTED);
	assert_string_equal(outcome.advice, "3 left: run the same command again to continue");
	set_counts(9, 8, 1);
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.advice,
			    "run the same command again to retry those that failed");
	/* The same command alone would fail in the same way. */
	job.scheduler.causes[0].end = BATCH_BOND_LOST;
	job.scheduler.causes[0].count = job.scheduler.cause_count = 1;
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.advice, "run the same command again with --replace-bond to "
					    "pair those anew that lost their bond");
	set_counts(9, 7, 2);
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.advice,
			    "run the same command again to retry those that failed, with "
			    "--replace-bond for those that lost their bond");
	job.scheduler.cause_count = 0;
	set_counts(9, 9, 0);
	outcome_for(BATCH_ALL_ENDED);
	assert_string_equal(outcome.advice, "");
	/* Without a store or a list, the same command starts from the beginning. */
	set_counts(9, 5, 1);
	job.scheduler.match = &match;
	outcome_for(BATCH_INTERRUPTED);
	assert_string_equal(outcome.advice, "");
	job.scheduler.match = NULL;
	store_init_none(&store);
	outcome_for(BATCH_INTERRUPTED);
	assert_string_equal(outcome.advice, "");
}

static void the_event_has_all_figures(void **state)
{
	const json_t *e, *item;
	uint64_t due;

	(void)state;
	add_units(4);
	job.paired_before = 1;
	batch_stop(&job.scheduler, BATCH_COUNT_REACHED);
	job.scheduler.stop = BATCH_RUNNING;
	(void)link_unit(0, 0);
	(void)link_unit(1, 1);
	(void)link_unit(2, 1);
	(void)batch_attempt_ended(&job.scheduler, clock_now(), &units[0], BATCH_SUCCEEDED, -1,
				  &due);
	(void)batch_attempt_ended(&job.scheduler, clock_now(), &units[1], BATCH_REFUSED, 5, &due);
	(void)batch_attempt_ended(&job.scheduler, clock_now(), &units[2], BATCH_UNIT_TIMEOUT, -1,
				  &due);
	batch_stop(&job.scheduler, BATCH_INTERRUPTED);
	job.started = clock_now() - 3500000;
	controllers[1].controller.failure.exit = CLI_CONTROLLER_FAILED;
	batch_summary_emit(&job);
	e = event(0);
	assert_string_equal(text_of(e, "event"), "summary");
	assert_string_equal(text_of(e, "run"), "order-7");
	assert_string_equal(text_of(e, "stopped"), "interrupted");
	assert_int_equal(number_of(e, "total"), 4);
	assert_int_equal(number_of(e, "paired"), 1);
	assert_int_equal(number_of(e, "paired_before"), 1);
	assert_int_equal(number_of(e, "failed"), 2);
	assert_int_equal(number_of(e, "left"), 1);
	assert_int_equal(number_of(e, "attempts"), 3);
	assert_int_equal(number_of(e, "seconds"), 3);
	assert_int_equal(json_array_size(json_object_get(e, "causes")), 2);
	item = json_array_get(json_object_get(e, "causes"), 0);
	assert_string_equal(text_of(item, "cause"), "refused");
	assert_string_equal(text_of(item, "text"),
			    "the unit refused: Pairing Not Supported (0x05)");
	assert_int_equal(number_of(item, "count"), 1);
	assert_int_equal(number_of(item, "reason_code"), 5);
	item = json_array_get(json_object_get(e, "causes"), 1);
	assert_string_equal(text_of(item, "cause"), "too_long");
	assert_null(json_object_get(item, "reason_code"));
	assert_int_equal(json_array_size(json_object_get(e, "controllers")), 2);
	item = json_array_get(json_object_get(e, "controllers"), 0);
	assert_string_equal(text_of(item, "controller"), "hci0");
	assert_int_equal(number_of(item, "paired"), 1);
	assert_int_equal(number_of(item, "failed"), 0);
	assert_false(flag_of(item, "failed_itself"));
	item = json_array_get(json_object_get(e, "controllers"), 1);
	assert_int_equal(number_of(item, "failed"), 2);
	assert_int_equal(number_of(item, "links"), 2);
	assert_true(flag_of(item, "failed_itself"));
	assert_int_equal(number_of(item, "interruptions"), 0);
	assert_null(json_object_get(item, "recovered"));
	assert_int_equal(number_of(e, "interrupted"), 0);
	assert_int_equal(number_of(e, "interrupted_ppm"), 0);
}

/* What was lost to the station, and how its controllers came back. */
static void the_event_has_the_interruptions_of_controllers(void **state)
{
	struct recovery_figures *figures = &controllers[1].controller.recovery.figures;
	const json_t *e, *item;
	uint64_t due;

	(void)state;
	add_units(3);
	(void)link_unit(0, 1);
	(void)link_unit(1, 1);
	(void)link_unit(2, 0);
	batch_controller_down(&job.scheduler, 1);
	(void)batch_attempt_ended(&job.scheduler, clock_now(), &units[0], BATCH_CONTROLLER_FAILED,
				  -1, &due);
	(void)batch_attempt_ended(&job.scheduler, clock_now(), &units[1], BATCH_CONTROLLER_FAILED,
				  -1, &due);
	*figures = (struct recovery_figures){
		.interruptions = 5,
		.away = 90500000,
		.longest = 60250000,
		.recovered = {[REMEDY_RETURN] = 2, [REMEDY_USB_RESET] = 1, [REMEDY_PORT_POWER] = 1},
		.unfinished = true};
	batch_summary_emit(&job);
	e = event(0);
	assert_int_equal(number_of(e, "attempts"), 3);
	assert_int_equal(number_of(e, "interrupted"), 2);
	assert_int_equal(number_of(e, "interrupted_ppm"), 666666);
	item = json_array_get(json_object_get(e, "controllers"), 0);
	assert_int_equal(number_of(item, "interruptions"), 0);
	assert_int_equal(number_of(item, "interrupted"), 0);
	assert_false(flag_of(item, "failed_itself"));
	item = json_array_get(json_object_get(e, "controllers"), 1);
	assert_int_equal(number_of(item, "interruptions"), 5);
	assert_int_equal(number_of(item, "interrupted"), 2);
	assert_int_equal(number_of(item, "away_seconds"), 90);
	assert_int_equal(number_of(item, "longest_seconds"), 60);
	assert_true(flag_of(item, "failed_itself"));
	item = json_object_get(item, "recovered");
	assert_int_equal(json_object_size(item), 3);
	assert_int_equal(number_of(item, "return"), 2);
	assert_int_equal(number_of(item, "usb_reset"), 1);
	assert_int_equal(number_of(item, "port_power"), 1);
}

/* docs/json.md lists them. */
static void each_reason_to_stop_has_a_slug(void **state)
{
	static const char *const slugs[] = {
		[BATCH_ALL_ENDED] = "all",	   [BATCH_COUNT_REACHED] = "enough",
		[BATCH_TIME_OVER] = "time",	   [BATCH_NONE_SEEN] = "nobody",
		[BATCH_MAX_FAILURES] = "failures", [BATCH_NO_CONTROLLER] = "no_controller",
		[BATCH_STORE_FAILED] = "no_store", [BATCH_INTERRUPTED] = "interrupted"};

	(void)state;
	for (size_t i = BATCH_ALL_ENDED; i < COUNT(slugs); i++) {
		job.scheduler.stop = (enum batch_stop)i;
		batch_summary_emit(&job);
		assert_string_equal(text_of(event(i - BATCH_ALL_ENDED), "stopped"), slugs[i]);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_reason_to_stop_has_an_exit_code),
		CASE(an_agreed_time_is_not_a_timeout),
		CASE(the_text_counts_units),
		CASE(the_detail_says_why_it_stopped),
		CASE(the_advice_is_to_continue_or_to_retry),
		CASE(the_event_has_all_figures),
		CASE(the_event_has_the_interruptions_of_controllers),
		CASE(each_reason_to_stop_has_a_slug),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
