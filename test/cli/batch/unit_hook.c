/* SPDX-License-Identifier: MIT */
/* A hook gets the result of each unit that is done; how it ended is reported everywhere. */
#include "batch/unit_hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch/record.h"
#include "batch/summary.h"
#include "cli/batch/fixture.h"
#include "smp/reason.h"

static struct hook hook;
static char *page;
static json_t *inputs; /* of hook_run() */
static bool helper_has_ended;

void __wrap_hook_watch(struct hook *h, struct loop *loop);
void __wrap_hook_run(struct hook *h, json_t *input);

void __wrap_hook_watch(struct hook *h, struct loop *loop)
{
	assert_ptr_equal(h, &hook);
	assert_ptr_equal(loop, &job.runtime.loop);
}

void __wrap_hook_run(struct hook *h, json_t *input)
{
	assert_ptr_equal(h, &hook);
	(void)json_array_append_new(inputs, input);
	if (helper_has_ended)
		h->ended(h->ctx, input, &(const struct hook_result){HOOK_NO_HELPER, 0});
}

static int begin_hook(void **state)
{
	int status = begin(state);

	inputs = json_array();
	helper_has_ended = false;
	hook = (struct hook){.fd = -1};
	job.hook = &hook;
	options.hook_timeout = 2.5;
	batch_unit_hook_start(&job);
	return status;
}

static int end_hook(void **state)
{
	json_decref(inputs);
	batch_report_free(job.report);
	free(page);
	page = NULL;
	return end(state);
}

static void lose(size_t unit, enum batch_end how, int code)
{
	struct batch_slot *slot = link_unit(unit, 0);

	outcome_fail(&slot->session.outcome, CLI_PEER_REFUSED, "it refused");
	batch_record_attempt(slot, how, code);
	run_timers();
}

/* The report so far. */
static const char *report(void)
{
	size_t size;
	const struct batch_report_head head = {.job = NULL};
	FILE *out;

	free(page);
	page = NULL;
	out = open_memstream(&page, &size);
	assert_non_null(out);
	assert_int_equal(batch_report_print(job.report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	return page;
}

/* The hook of input n ends. */
static const json_t *ends(size_t n, enum hook_end how, int code)
{
	const struct hook_result result = {how, code};

	hook.ended(hook.ctx, json_array_get(inputs, n), &result);
	return event(json_array_size(events) - 1);
}

static void a_hook_runs_when_a_unit_is_done(void **state)
{
	const json_t *input;

	(void)state;
	add_units(3);
	lose(0, BATCH_LOST, 8);
	assert_int_equal(json_array_size(inputs), 0); /* it is tried again */
	lose(1, BATCH_REFUSED, SMP_CONFIRM_VALUE_FAILED);
	assert_int_equal(json_array_size(inputs), 1);
	input = json_array_get(inputs, 0);
	assert_string_equal(text_of(input, "event"), "unit");
	assert_string_equal(text_of(input, "label"), "SN-1");
	assert_string_equal(text_of(input, "run"), "order-7");
	assert_string_equal(text_of(input, "cause"), "refused");
	assert_true(flag_of(input, "final"));
	/* All other fields are those of the event. */
	json_t *copy = json_copy((json_t *)(uintptr_t)input);
	(void)json_object_del(copy, "run");
	assert_true(json_equal(copy, event(1)));
	json_decref(copy);
	batch_record_unseen(&job, &units[2]);
	run_timers();
	assert_string_equal(text_of(json_array_get(inputs, 1), "cause"), "not_seen");
	batch_record_paired_before(&job, &units[2]);
	assert_true(flag_of(json_array_get(inputs, 2), "before"));
}

static void how_a_hook_ended_is_an_event(void **state)
{
	static const struct {
		enum hook_end end;
		int code;
		const char *result, *text;
	} cases[] = {
		{HOOK_EXITED, 0, "ok", "the hook ended with 0"},
		{HOOK_EXITED, 3, "failed", "the hook ended with 3"},
		{HOOK_KILLED, 9, "failed", "signal 9 killed the hook"},
		{HOOK_OVERDUE, 0, "timed_out",
		 "the hook did not end within 2.5 s (--hook-timeout), and was killed"},
		{HOOK_NOT_STARTED, ENOMEM, "not_run",
		 "the hook was not run: Cannot allocate memory"},
		{HOOK_LEFT, 0, "unfinished", "the run was interrupted before the hook had ended"},
		{HOOK_NOT_RUN, 0, "not_run",
		 "the hook was not run: the run was interrupted before its turn"},
		{HOOK_LOST, 0, "unfinished", "the process that starts hooks ended before the hook"},
		{HOOK_NO_HELPER, 0, "not_run",
		 "the hook was not run: the process that starts hooks has ended"},
	};

	(void)state;
	add_units(1);
	lose(0, BATCH_REFUSED, SMP_CONFIRM_VALUE_FAILED);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const json_t *e = ends(0, cases[i].end, cases[i].code);
		assert_string_equal(text_of(e, "event"), "hook");
		assert_string_equal(text_of(e, "unit"), "C4:00:00:00:00:00");
		assert_string_equal(text_of(e, "label"), "SN-0");
		assert_int_equal(number_of(e, "line"), 2);
		assert_string_equal(text_of(e, "result"), cases[i].result);
		assert_string_equal(text_of(e, "text"), cases[i].text);
		assert_int_equal(number_of(e, "status"),
				 cases[i].end == HOOK_EXITED ? cases[i].code : -1);
		assert_int_equal(number_of(e, "signal"),
				 cases[i].end == HOOK_KILLED ? cases[i].code : -1);
	}
	assert_int_equal(job.hooks_started, 6); /* those that started */
	assert_int_equal(job.hooks_failed, 8);
}

/* The unit is paired all the same. */
static void a_hook_that_failed_is_in_the_summary_and_the_report(void **state)
{
	struct outcome outcome;
	uint64_t due;

	(void)state;
	job.report = batch_report_new();
	add_units(1);
	(void)link_unit(0, 0);
	(void)batch_attempt_ended(&job.scheduler, now, &units[0], BATCH_SUCCEEDED, -1, &due);
	batch_report_add(job.report,
			 json_pack("{s:s, s:s, s:s}", "time", "2026-01-31T10:00:00.250Z", "unit",
				   "C4:00:00:00:00:00", "result", "paired"),
			 NULL);
	batch_record_paired_before(&job, &units[0]);
	(void)ends(0, HOOK_EXITED, 0);
	batch_summary_outcome(&job, &outcome);
	assert_int_equal(outcome.exit, CLI_OK);
	(void)ends(0, HOOK_EXITED, 3);
	batch_summary_outcome(&job, &outcome);
	assert_int_equal(outcome.exit, CLI_INTERNAL);
	assert_string_equal(outcome.text, "1 of 1 unit paired, 1 hook failed");
	batch_summary_emit(&job);
	const json_t *hooks = json_object_get(event(json_array_size(events) - 1), "hooks");
	assert_int_equal(number_of(hooks, "run"), 2);
	assert_int_equal(number_of(hooks, "failed"), 1);
	assert_non_null(strstr(report(), "<small class=\"no\">the hook ended with 3</small>"));
	/* What has become of it since, by a later answer. */
	(void)ends(0, HOOK_EXITED, 0);
	assert_null(strstr(report(), "the hook ended"));
}

/* Then a hook ends before batch_unit_hook() returns. */
static void without_a_helper_the_hook_follows_its_unit(void **state)
{
	(void)state;
	helper_has_ended = true;
	job.report = batch_report_new();
	add_units(2);
	lose(0, BATCH_REFUSED, SMP_CONFIRM_VALUE_FAILED);
	batch_record_unseen(&job, &units[1]);
	run_timers();
	assert_int_equal(json_array_size(events), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(text_of(event(i), "event"), i % 2 ? "hook" : "unit");
	const char *first = strstr(report(), "the hook was not run");
	assert_non_null(first);
	assert_non_null(strstr(first + 1, "the hook was not run"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin_hook, end_hook)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_hook_runs_when_a_unit_is_done),
		CASE(how_a_hook_ended_is_an_event),
		CASE(without_a_helper_the_hook_follows_its_unit),
		CASE(a_hook_that_failed_is_in_the_summary_and_the_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
