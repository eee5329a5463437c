/* SPDX-License-Identifier: MIT */
/* A line that shows what a run waits for: on a terminal, from the second second on. */
#include "runtime/progress.h"

#include <stdlib.h>
#include <string.h>

#include "cli/streams.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)

static uint64_t now;
static struct loop loop;
static struct console console;
static struct event_output events;
static struct progress progress;
static struct prompt question;
static bool goes_on;
static struct progress_step step;

/* In the place of base/clock.c. */
uint64_t clock_now(void)
{
	return now;
}

uint64_t clock_wall(void)
{
	return now;
}

int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	(void)fds;
	(void)count;
	(void)deadline;
	return 0;
}

static bool describe(void *ctx, struct progress_step *found)
{
	assert_ptr_equal(ctx, &progress);
	*found = step;
	return goes_on;
}

static int begin(void **state)
{
	(void)state;
	now = 100 * SECOND;
	memset(&loop, 0, sizeof(loop));
	loop.tail = &loop.sources;
	memset(&console, 0, sizeof(console));
	events = (struct event_output){.start = now};
	progress = (struct progress){.describe = describe, .ctx = &progress};
	step = (struct progress_step){"scanning", 0};
	goes_on = true;
	return setenv("TERM", "xterm", 1);
}

static void start(void)
{
	streams_capture_terminal(40);
	progress_start(&progress, &loop, &console, &events);
}

/* A second passes; its timer is the only one. */
static void pass(void)
{
	now += SECOND;
	assert_true(progress.timer.at && progress.timer.at <= now);
	loop_timer_stop(&loop, &progress.timer);
	progress.timer.fire(progress.timer.ctx);
}

static void a_long_step_shows_its_time(void **state)
{
	(void)state;
	start();
	pass();
	pass();
	progress_stop(&progress);
	streams_restore();
	assert_string_equal(streams_err, "\rscanning: 1 s\033[K\rscanning: 2 s\033[K\r\033[K");
	assert_null(loop.timers);
	assert_null(events.before);
}

static void the_time_that_is_left_is_shown_if_it_is_known(void **state)
{
	(void)state;
	step.until = now + 9 * SECOND + 1;
	start();
	pass();
	progress_stop(&progress);
	streams_restore();
	assert_string_equal(streams_err, "\rscanning: 1 s, 9 s left\033[K\r\033[K");
}

static void each_step_counts_for_itself(void **state)
{
	(void)state;
	start();
	pass();
	step.what = "connecting";
	pass();
	pass();
	goes_on = false;
	pass();
	pass();
	progress_stop(&progress);
	streams_restore();
	assert_string_equal(streams_err,
			    "\rscanning: 1 s\033[K\r\033[K\rconnecting: 1 s\033[K\r\033[K");
}

static void a_line_that_is_printed_removes_it(void **state)
{
	(void)state;
	start();
	pass();
	event_note(&events, 0, "odd");
	progress_stop(&progress);
	streams_restore();
	assert_string_equal(streams_err, "\rscanning: 1 s\033[K\r\033[K   1.000  note odd\n");
}

static void nothing_is_shown_while_a_question_is_open(void **state)
{
	(void)state;
	start();
	pass();
	console.first = &question;
	pass();
	pass();
	progress_stop(&progress);
	streams_restore();
	assert_string_equal(streams_err, "\rscanning: 1 s\033[K\r\033[K");
}

static void a_long_text_is_cut(void **state)
{
	(void)state;
	step.what = "a step with a name that is longer than this terminal";
	start();
	pass();
	progress_stop(&progress);
	streams_restore();
	assert_string_equal(streams_err, "\ra step with a name that is longer than \033[K\r\033[K");
}

static void only_a_terminal_without_quiet_and_json_has_it(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		events.quiet = i == 0;
		events.json = i == 1;
		if (i == 2)
			streams_capture();
		else
			streams_capture_terminal(40);
		progress_start(&progress, &loop, &console, &events);
		assert_int_equal(progress.timer.at, 0);
		progress_stop(&progress);
		streams_restore();
		assert_string_equal(streams_err, "");
	}
}

#define CASE(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_long_step_shows_its_time),
		CASE(the_time_that_is_left_is_shown_if_it_is_known),
		CASE(each_step_counts_for_itself),
		CASE(a_line_that_is_printed_removes_it),
		CASE(nothing_is_shown_while_a_question_is_open),
		CASE(a_long_text_is_cut),
		CASE(only_a_terminal_without_quiet_and_json_has_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
