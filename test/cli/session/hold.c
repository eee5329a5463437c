/* SPDX-License-Identifier: MIT */
/* What keeps a link up: a command, a time, or both; and how either is ended. */
#include "session/hold.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static struct hook hook;
static struct hold hold;
static struct hold_environment variables;
static struct loop loop;
static struct event_output events;
static unsigned over, killed;
static int error;		 /* of hook_call() */
static struct hook_call *called; /* under way */
static char environment[HOLD_ENVIRONMENT];
static json_t *emitted;

int __wrap_hook_call(struct hook *h, struct hook_call *call, const char *text, size_t len);
void __wrap_hook_end_call(struct hook *h, struct hook_call *call);
void __wrap_event_emit(struct event_output *to, json_t *event);

int __wrap_hook_call(struct hook *h, struct hook_call *call, const char *text, size_t len)
{
	assert_ptr_equal(h, &hook);
	memcpy(environment, text, len);
	called = error ? NULL : call;
	return error;
}

void __wrap_hook_end_call(struct hook *h, struct hook_call *call)
{
	assert_ptr_equal(h, &hook);
	assert_ptr_equal(call, called);
	called = NULL;
	killed++;
}

void __wrap_event_emit(struct event_output *to, json_t *event)
{
	assert_ptr_equal(to, &events);
	(void)json_array_append_new(emitted, event);
}

static const char *last(const char *field)
{
	const json_t *event = json_array_get(emitted, json_array_size(emitted) - 1);

	return json_string_value(json_object_get(event, field));
}

static void note_over(void *ctx)
{
	assert_ptr_equal(ctx, &hold);
	over++;
	loop_stop(&loop);
}

static bool start(bool command, double linger)
{
	const struct hold_setup setup = {.hook = command ? &hook : NULL,
					 .environment = &variables,
					 .loop = &loop,
					 .events = &events,
					 .hook_seconds = 5,
					 .linger = linger,
					 .over = note_over,
					 .ctx = &hold};

	return hold_start(&hold, &setup);
}

static void end_command(enum hook_end how, int code)
{
	struct hook_call *call = called;

	called = NULL;
	call->ended(call->ctx, &(const struct hook_result){how, code});
}

static int begin(void **state)
{
	(void)state;
	memset(&hold, 0, sizeof(hold));
	variables.len = 0;
	over = killed = 0;
	error = 0;
	called = NULL;
	emitted = json_array();
	return loop_init(&loop);
}

static int end(void **state)
{
	(void)state;
	json_decref(emitted);
	loop_close(&loop);
	return 0;
}

static void without_a_reason_nothing_is_held(void **state)
{
	(void)state;
	assert_false(start(false, 0));
	assert_false(hold_is_active(&hold));
	hold_stop(&hold, HOOK_UNLINKED);
	assert_int_equal(json_array_size(emitted), 0);
	assert_false(hold_failed(&hold));
}

static void a_command_holds_the_link_until_it_ends(void **state)
{
	(void)state;
	hold_set(&variables, "ADDRESS", "C4:7C:8D:11:22:33");
	hold_set(&variables, "UNIT", NULL);
	hold_set(&variables, "LEVEL", "4");
	assert_true(start(true, 0));
	assert_true(hold_is_active(&hold));
	assert_memory_equal(environment, "BLEPAIR_ADDRESS=C4:7C:8D:11:22:33\0BLEPAIR_LEVEL=4", 50);
	assert_string_equal(last("for"), "command");
	end_command(HOOK_EXITED, 0);
	assert_int_equal(over, 1);
	assert_string_equal(last("event"), "command");
	assert_string_equal(last("result"), "ok");
	assert_false(hold_is_active(&hold) || hold_failed(&hold));
	/* A second success on the same link runs nothing. */
	assert_false(start(true, 0));
	assert_null(called);
}

static void a_command_that_fails_is_reported(void **state)
{
	(void)state;
	assert_true(start(true, 0));
	end_command(HOOK_EXITED, 3);
	assert_true(hold_failed(&hold));
	assert_string_equal(last("result"), "failed");
	assert_string_equal(last("text"), "the command ended with 3");
	assert_int_equal(over, 1);
}

static void a_command_that_cannot_run_holds_nothing(void **state)
{
	(void)state;
	error = EMSGSIZE;
	assert_false(start(true, 0));
	assert_true(hold_failed(&hold));
	assert_string_equal(last("text"), "the command was not run: Message too long");
	memset(&hold, 0, sizeof(hold));
	error = EPIPE;
	assert_false(start(true, 0));
	assert_string_equal(last("text"), "the command was not run: the process that starts "
					  "commands has ended");
	assert_int_equal(over, 0);
}

static void a_command_is_killed_with_its_link(void **state)
{
	(void)state;
	assert_true(start(true, 0));
	hold_stop(&hold, HOOK_UNLINKED);
	hold_stop(&hold, HOOK_CANCELLED); /* once */
	assert_int_equal(killed, 1);
	assert_int_equal(over, 0); /* who stops it knows */
	assert_string_equal(last("result"), "link_lost");
	assert_true(hold_failed(&hold));
	assert_false(hold_is_active(&hold));
}

static void time_holds_the_link(void **state)
{
	(void)state;
	assert_true(start(false, 0.01));
	assert_string_equal(last("for"), "linger");
	loop_run(&loop);
	assert_int_equal(over, 1);
	assert_false(hold_is_active(&hold) || hold_failed(&hold));
	assert_false(start(false, 0.01));
}

static void time_that_is_ended_is_no_failure(void **state)
{
	(void)state;
	assert_true(start(false, 60));
	hold_stop(&hold, HOOK_CANCELLED);
	assert_null(loop.timers);
	assert_false(hold_is_active(&hold) || hold_failed(&hold));
	assert_int_equal(over, 0);
}

static void the_later_of_both_ends_it(void **state)
{
	(void)state;
	assert_true(start(true, 0.01));
	end_command(HOOK_EXITED, 0);
	assert_int_equal(over, 0);
	assert_true(hold_is_active(&hold));
	loop_run(&loop);
	assert_int_equal(over, 1);
}

static void a_variable_without_room_is_left_out(void **state)
{
	static char value[HOLD_ENVIRONMENT];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	hold_set(&variables, "A", value);
	assert_int_equal(variables.len, 0);
	hold_set(&variables, "B", "1");
	assert_int_equal(variables.len, sizeof("BLEPAIR_B=1"));
	value[HOLD_ENVIRONMENT - sizeof("BLEPAIR_B=1") - sizeof("BLEPAIR_C=")] = '\0';
	hold_set(&variables, "C", value);
	assert_int_equal(variables.len, HOLD_ENVIRONMENT);
	hold_set(&variables, "D", "");
	assert_int_equal(variables.len, HOLD_ENVIRONMENT);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_a_reason_nothing_is_held),
		CASE(a_command_holds_the_link_until_it_ends),
		CASE(a_command_that_fails_is_reported),
		CASE(a_command_that_cannot_run_holds_nothing),
		CASE(a_command_is_killed_with_its_link),
		CASE(time_holds_the_link),
		CASE(time_that_is_ended_is_no_failure),
		CASE(the_later_of_both_ends_it),
		CASE(a_variable_without_room_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
