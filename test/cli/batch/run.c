/* SPDX-License-Identifier: MIT */
/*
 * The wiring of a job: what it asks of its controllers, when, and what it reports at the end. The
 * controllers, the live view and the loop are played by the test.
 */
#include "batch/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "batch/input.h"
#include "batch/record.h"
#include "cli/batch/fixture.h"

#define S UINT64_C(1000000)

/* Calls so far, by controller of the fixture. */
static struct calls {
	unsigned opened, continued, checked, cancelled, finished;
	enum cli_exit why;
} calls[FIXTURE_CONTROLLERS];
static unsigned started, updated, stopped;
static bool init_fails, runtime_is_open;
static void (*during)(void); /* instead of the loop */

static struct calls *calls_of(const struct batch_controller *c)
{
	assert_in_range(c - controllers, 0, FIXTURE_CONTROLLERS - 1);
	return &calls[c - controllers];
}

void __wrap_batch_controller_open(struct batch_controller *c);
void __wrap_batch_controller_continue(struct batch_controller *c);
void __wrap_batch_controller_check(struct batch_controller *c);
void __wrap_batch_controller_cancel(struct batch_controller *c, enum cli_exit why);
void __wrap_batch_controller_finish(struct batch_controller *c);
void __wrap_batch_progress_start(struct batch_job *j);
void __wrap_batch_progress_update(struct batch_job *j);
void __wrap_batch_progress_stop(struct batch_job *j);
int __wrap_runtime_init(struct runtime *runtime, const struct options *o, struct store *s);
int __real_runtime_init(struct runtime *runtime, const struct options *o, struct store *s);
void __wrap_runtime_close(struct runtime *runtime);
void __real_runtime_close(struct runtime *runtime);
void __wrap_runtime_run(struct runtime *runtime);

void __wrap_batch_controller_open(struct batch_controller *c)
{
	assert_ptr_equal(c->job, &job);
	calls_of(c)->opened++;
}

void __wrap_batch_controller_continue(struct batch_controller *c)
{
	/* It is checked before it gets another unit. */
	calls_of(c)->continued++;
	assert_int_equal(calls_of(c)->continued, calls_of(c)->checked);
}

void __wrap_batch_controller_check(struct batch_controller *c)
{
	calls_of(c)->checked++;
}

void __wrap_batch_controller_cancel(struct batch_controller *c, enum cli_exit why)
{
	calls_of(c)->cancelled++;
	calls_of(c)->why = why;
}

void __wrap_batch_controller_finish(struct batch_controller *c)
{
	calls_of(c)->finished++;
}

void __wrap_batch_progress_start(struct batch_job *j)
{
	started += j == &job;
}

void __wrap_batch_progress_update(struct batch_job *j)
{
	updated += j == &job;
}

void __wrap_batch_progress_stop(struct batch_job *j)
{
	stopped += j == &job;
}

int __wrap_runtime_init(struct runtime *runtime, const struct options *o, struct store *s)
{
	if (init_fails) {
		errno = EMFILE;
		return -1;
	}
	runtime_is_open = true;
	return __real_runtime_init(runtime, o, s);
}

void __wrap_runtime_close(struct runtime *runtime)
{
	assert_ptr_equal(runtime, &job.runtime);
	assert_true(runtime_is_open);
	runtime_is_open = false;
	__real_runtime_close(runtime);
}

void __wrap_runtime_run(struct runtime *runtime)
{
	assert_ptr_equal(runtime, &job.runtime);
	assert_int_equal(runtime->opening, job.controller_count);
	if (during)
		during();
}

static int fresh(void **state)
{
	memset(calls, 0, sizeof(calls));
	started = updated = stopped = 0;
	init_fails = runtime_is_open = false;
	during = NULL;
	return begin(state);
}

static enum cli_exit run(void (*loop)(void))
{
	during = loop;
	enum cli_exit exit = batch_run(&job);
	assert_false(runtime_is_open);
	return exit;
}

static unsigned all(size_t member)
{
	unsigned sum = 0;

	for (size_t i = 0; i < COUNT(calls); i++)
		sum += *(const unsigned *)(const void *)((const char *)&calls[i] + member);
	return sum;
}

#define EACH(member, n) assert_int_equal(all(offsetof(struct calls, member)), 2 * (n))

static const json_t *last(const char *name)
{
	for (size_t i = json_array_size(events); i--;)
		if (strcmp(text_of(event(i), "event"), name) == 0)
			return event(i);
	fail_msg("no event %s", name);
	return NULL;
}

/* ---- Start ----------------------------------------------------------------------------------- */

static void every_controller_is_opened_once(void **state)
{
	(void)state;
	add_units(2);
	job.paired_before = 0;
	(void)run(NULL);
	EACH(opened, 1);
	assert_int_equal(started, 1);
	assert_int_equal(stopped, 1);
	assert_string_equal(controllers[0].events.controller, "hci0");
	assert_string_equal(controllers[1].events.controller, "hci1");
	assert_string_equal(text_of(event(0), "event"), "batch");
	assert_string_equal(text_of(event(0), "run"), "order-7");
	assert_int_equal(number_of(event(0), "total"), 2);
	assert_int_equal(number_of(event(0), "paired_before"), 0);
	assert_int_equal(number_of(event(0), "controllers"), 2);
}

static void the_only_controller_is_not_named_in_events(void **state)
{
	(void)state;
	job.controller_count = 1;
	add_units(1);
	(void)run(NULL);
	assert_null(controllers[0].events.controller);
	assert_int_equal(calls[0].opened, 1);
	assert_int_equal(calls[1].opened, 0);
}

static void no_controller_is_opened_when_all_units_are_paired(void **state)
{
	(void)state;
	batch_add_paired_before(&job.scheduler, &units[0]);
	job.paired_before = 1;
	assert_int_equal(run(NULL), CLI_OK);
	EACH(opened, 0);
	assert_string_equal(text_of(last("summary"), "stopped"), "all");
	assert_int_equal(number_of(event(0), "paired_before"), 1);
}

/* An empty store: the match has paired no device yet, and waits for them. */
static void a_match_opens_controllers_without_any_unit(void **state)
{
	struct batch_unit_spec match = {0};

	(void)state;
	job.scheduler.match = &match;
	(void)run(NULL);
	EACH(opened, 1);
}

static void without_a_loop_it_fails(void **state)
{
	(void)state;
	init_fails = true;
	add_units(1);
	assert_int_equal(run(NULL), CLI_INTERNAL);
	EACH(opened, 0);
	assert_string_equal(text_of(event(0), "event"), "result");
	assert_string_equal(text_of(event(0), "text"), strerror(EMFILE));
}

static void limits_come_from_the_options(void **state)
{
	(void)state;
	options.unit_timeout = 1.5;
	options.scan_timeout = 30;
	options.until_count = 7;
	options.limit = 8;
	options.max_failures = 9;
	add_units(1);
	(void)run(NULL);
	assert_int_equal(job.scheduler.unit_timeout, 1500000);
	assert_int_equal(job.scheduler.idle_timeout, 30 * S);
	assert_int_equal(job.scheduler.until, 7);
	assert_int_equal(job.scheduler.limit, 8);
	assert_int_equal(job.scheduler.max_failures, 9);
	assert_int_equal(job.limit_timer.at, 0);
	assert_int_equal(job.started, now);
	assert_int_equal(job.scheduler.idle_since, now);
}

/* ---- Scheduling ------------------------------------------------------------------------------ */

static void schedule_twice(void)
{
	batch_schedule_soon(&job);
	batch_schedule_soon(&job);
	EACH(continued, 0); /* not before the caller has returned to the loop */
	run_timers();
	EACH(continued, 1); /* both requests are one */
	assert_int_equal(updated, 1);
	assert_int_equal(job.schedule_timer.at, 0); /* nothing else is due */
}

static void a_request_has_every_controller_continue(void **state)
{
	(void)state;
	add_units(1);
	(void)run(schedule_twice);
}

static void rest_and_wait(void)
{
	uint64_t due;

	(void)link_unit(0, 0);
	(void)batch_attempt_ended(&job.scheduler, now, &units[0], BATCH_LOST, 8, &due);
	batch_schedule_soon(&job);
	run_timers();
	EACH(continued, 1);
	assert_int_equal(units[0].state, BATCH_RESTING);
	pass(S - 1);
	EACH(continued, 1);
	pass(1);
	EACH(continued, 2);
	assert_int_equal(units[0].state, BATCH_READY);
}

static void it_schedules_again_when_a_rest_is_over(void **state)
{
	(void)state;
	add_units(1);
	(void)run(rest_and_wait);
}

static void see_nothing(void)
{
	batch_schedule_soon(&job);
	run_timers();
	pass(20 * S - 1);
	EACH(finished, 0);
	pass(1);
	EACH(finished, 1);
	assert_int_equal(job.scheduler.stop, BATCH_NONE_SEEN);
	assert_int_equal(units[1].state, BATCH_FAILED);
}

static void units_that_are_never_seen_fail(void **state)
{
	(void)state;
	options.scan_timeout = 20;
	add_units(2);
	assert_int_equal(run(see_nothing), CLI_UNITS_FAILED);
	assert_string_equal(text_of(last("summary"), "stopped"), "nobody");
	assert_int_equal(number_of(last("summary"), "failed"), 2);
}

static void end_all(void)
{
	uint64_t due;

	loop_timer_start(&job.runtime.loop, &job.limit_timer, S);
	loop_timer_start(&job.runtime.loop, &job.keypair_timer, S);
	(void)link_unit(0, 0);
	(void)batch_attempt_ended(&job.scheduler, now, &units[0], BATCH_SUCCEEDED, -1, &due);
	batch_schedule_soon(&job);
	run_timers();
	EACH(finished, 1);
	EACH(continued, 0);
	assert_int_equal(job.limit_timer.at, 0);
	assert_int_equal(job.keypair_timer.at, 0);
	assert_int_equal(job.schedule_timer.at, 0);
}

static void at_the_end_controllers_are_given_back_and_timers_stop(void **state)
{
	(void)state;
	options.sc = SMP_SC_OFF;
	add_units(1);
	assert_int_equal(run(end_all), CLI_OK);
	assert_string_equal(text_of(last("result"), "text"), "1 of 1 unit paired");
}

static void stop_with_a_unit_under_way(void)
{
	(void)link_unit(0, 0);
	batch_stop(&job.scheduler, BATCH_NO_CONTROLLER);
	batch_schedule_soon(&job);
	run_timers();
	EACH(finished, 0);
	EACH(continued, 1);
}

static void controllers_are_kept_while_a_unit_is_under_way(void **state)
{
	(void)state;
	add_units(2);
	(void)run(stop_with_a_unit_under_way);
	assert_int_equal(units[1].state, BATCH_WAITING); /* it was not given up */
}

static struct batch_input input;

static bool input_is_watched(void)
{
	for (const struct loop_source *s = job.runtime.loop.sources; s; s = s->next)
		if (s == &input.source)
			return true;
	return false;
}

static void give_up_root(void)
{
	assert_false(input_is_watched());
	pass(3600 * S); /* the first row may come late */
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	job.runtime.root_gone(job.runtime.ctx);
	assert_true(input_is_watched());
	batch_no_more(&job.scheduler);
	batch_schedule_soon(&job);
	run_timers();
	assert_false(input_is_watched());
}

static void rows_are_read_once_root_is_gone(void **state)
{
	struct failure failure;

	(void)state;
	options.scan_timeout = 30;
	assert_int_equal(batch_input_init(&input, &job, &failure), 0);
	job.input = &input;
	assert_int_equal(run(give_up_root), CLI_OK);
	EACH(finished, 1);
	batch_input_free(&input);
}

static struct hook hook;

static void interrupt_a_hook(void)
{
	const struct loop_source *source = job.runtime.loop.sources;

	while (source && source != &hook.source)
		source = source->next;
	assert_non_null(source); /* the loop reads there that the command has ended */
	hook_run(&hook, json_pack("{s:s}", "unit", "SN-1"));
	loop_stop(&job.runtime.loop);
}

/* The run does not end before its hooks, unless it is interrupted. */
static void hooks_are_awaited(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	hook = (struct hook){.fd = ends[0], .last = &hook.first};
	job.hook = &hook;
	add_units(1);
	(void)run(interrupt_a_hook);
	assert_null(hook.first);
	assert_string_equal(text_of(last("hook"), "unit"), "SN-1");
	assert_string_equal(text_of(last("hook"), "result"), "unfinished");
	assert_int_equal(job.hooks_started, 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
	job.hook = NULL;
}

/* ---- Interruption and limits of time --------------------------------------------------------- */

static void interrupt(void)
{
	assert_ptr_equal(job.runtime.ctx, &job);
	job.runtime.interrupted(job.runtime.ctx);
	EACH(cancelled, 1);
	assert_int_equal(calls[1].why, CLI_CANCELLED);
	run_timers();
	EACH(finished, 1);
}

static void an_interrupt_cancels_and_ends(void **state)
{
	(void)state;
	add_units(1);
	assert_int_equal(run(interrupt), CLI_CANCELLED);
	assert_string_equal(text_of(last("summary"), "stopped"), "interrupted");
}

static void wait_for_the_timeout(void)
{
	pass(2500000 - 1);
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	pass(1);
	assert_int_equal(job.scheduler.stop, BATCH_TIME_OVER);
	EACH(cancelled, 1);
	assert_int_equal(calls[0].why, CLI_TIMED_OUT);
	EACH(finished, 1);
}

static void a_timeout_cancels_and_ends(void **state)
{
	(void)state;
	options.timeout = 2.5;
	add_units(1);
	assert_int_equal(run(wait_for_the_timeout), CLI_TIMED_OUT);
}

static void wait_for_the_time(void)
{
	pass(10 * S - 1);
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	pass(1);
	assert_int_equal(job.scheduler.stop, BATCH_TIME_OVER);
	EACH(cancelled, 0);
	EACH(finished, 1);
}

static void a_time_of_day_ends_without_cancelling(void **state)
{
	(void)state;
	options.timeout = 1; /* the time of day takes precedence */
	options.until_time = now + 10 * S;
	add_units(1);
	assert_int_equal(run(wait_for_the_time), CLI_OK);
}

static void check_the_time(void)
{
	run_timers();
	assert_int_equal(job.scheduler.stop, BATCH_TIME_OVER);
}

static void a_time_in_the_past_ends_at_once(void **state)
{
	(void)state;
	options.until_time = now - 1;
	add_units(1);
	(void)run(check_the_time);
}

/* ---- End ------------------------------------------------------------------------------------- */

static void lose_the_last_controller(void)
{
	struct batch_slot *slot = link_unit(0, 0);

	outcome_fail(&slot->session.outcome, CLI_CONTROLLER_FAILED, "it is gone");
	batch_record_attempt(slot, BATCH_CONTROLLER_FAILED, -1);
	(void)failure_set(&controllers[0].failure, CLI_CONTROLLER_FAILED, "it is gone");
	batch_stop(&job.scheduler, BATCH_NO_CONTROLLER);
	/* The loop ends here: no timer fires any more. */
}

static void results_that_are_left_are_recorded(void **state)
{
	(void)state;
	add_units(1);
	assert_int_equal(run(lose_the_last_controller), CLI_CONTROLLER_FAILED);
	assert_string_equal(text_of(last("unit"), "cause"), "controller");
	assert_string_equal(text_of(last("result"), "detail"), "no controller is left: it is gone");
}

static char report[64];

static int remove_report(void **state)
{
	(void)unlink(report);
	batch_report_free(job.report);
	return end(state);
}

static int with_report(void **state)
{
	int status = fresh(state);

	(void)snprintf(report, sizeof(report), "/tmp/blepair-run.%d.html", (int)getpid());
	options.report = report;
	job.report = batch_report_new();
	return status;
}

static void the_report_is_written_at_the_end(void **state)
{
	static char page[65536];
	char host[256] = "", expected[300];
	FILE *file;

	(void)state;
	add_units(1);
	(void)run(NULL);
	file = fopen(report, "r");
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	assert_non_null(strstr(page, "<bdi>order-7</bdi>"));
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	(void)snprintf(expected, sizeof(expected), "on <bdi>%s</bdi>", host);
	assert_non_null(strstr(page, expected));
	assert_string_equal(text_of(last("summary"), "event"), "summary");
}

static void a_report_that_cannot_be_written_is_a_failure(void **state)
{
	(void)state;
	options.report = "/nonexistent/r.html";
	batch_add_paired_before(&job.scheduler, &units[0]);
	job.paired_before = 1;
	assert_int_equal(run(NULL), CLI_INTERNAL);
	assert_non_null(strstr(text_of(last("note"), "text"), "/nonexistent/r.html"));
	assert_string_equal(text_of(last("result"), "result"), "failed");
}

/* The exit code of another failure stays. */
static void a_report_that_cannot_be_written_hides_no_other_failure(void **state)
{
	(void)state;
	options.report = "/nonexistent/r.html";
	add_units(1);
	assert_int_equal(run(interrupt), CLI_CANCELLED);
	assert_string_equal(text_of(last("result"), "result"), "cancelled");
	assert_non_null(strstr(text_of(last("note"), "text"), "/nonexistent/r.html"));
}

static void without_a_report_nothing_is_written(void **state)
{
	struct failure failure;

	(void)state;
	options.report = "/nonexistent/r.html";
	assert_int_equal(batch_run_write_report(&job, &failure), 0);
}

#define CASE(name)	  cmocka_unit_test_setup_teardown(name, fresh, end)
#define WITH_REPORT(name) cmocka_unit_test_setup_teardown(name, with_report, remove_report)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_controller_is_opened_once),
		CASE(hooks_are_awaited),
		CASE(the_only_controller_is_not_named_in_events),
		CASE(no_controller_is_opened_when_all_units_are_paired),
		CASE(a_match_opens_controllers_without_any_unit),
		CASE(without_a_loop_it_fails),
		CASE(limits_come_from_the_options),
		CASE(a_request_has_every_controller_continue),
		CASE(it_schedules_again_when_a_rest_is_over),
		CASE(units_that_are_never_seen_fail),
		CASE(at_the_end_controllers_are_given_back_and_timers_stop),
		CASE(controllers_are_kept_while_a_unit_is_under_way),
		CASE(rows_are_read_once_root_is_gone),
		CASE(an_interrupt_cancels_and_ends),
		CASE(a_timeout_cancels_and_ends),
		CASE(a_time_of_day_ends_without_cancelling),
		CASE(a_time_in_the_past_ends_at_once),
		CASE(results_that_are_left_are_recorded),
		WITH_REPORT(the_report_is_written_at_the_end),
		WITH_REPORT(a_report_that_cannot_be_written_is_a_failure),
		WITH_REPORT(a_report_that_cannot_be_written_hides_no_other_failure),
		CASE(without_a_report_nothing_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
