/* SPDX-License-Identifier: MIT */
/* A run of several controllers: root, signals, joining and leaving. */
#include "runtime/runtime.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/runtime/controllers.h"

static enum cli_exit ends(void)
{
	return (enum cli_exit)program_ends(20 * WORLD_S);
}

/* The program takes signals from a descriptor: nothing else here may take them. */
static void send(int number)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(raise(number), 0);
}

/* How many descriptors a controller waits for, if there is room for so many. */
static size_t watched(size_t i, size_t max)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];

	return all.controllers[i].source.watch(&all.controllers[i], fds, max);
}

/* ---- Root ------------------------------------------------------------------------------------ */

static void root_is_given_up_once_all_are_open_and_nothing_is_sent_before(void **state)
{
	(void)state;
	all.count = 3;
	all.slow[1] = all.slow[2] = true;
	program_start("info");
	program_answer("nothing was asked"); /* nothing is read before it is needed */
	world_pass(WORLD_S);
	assert_int_equal(all.drops, 0);
	controllers_open_now(1);
	world_pass(WORLD_S);
	assert_int_equal(all.controllers[0].state, CONTROLLER_OPEN);
	assert_int_equal(all.controllers[1].state, CONTROLLER_OPEN);
	assert_int_equal(all.controllers[2].state, CONTROLLER_OPENING);
	assert_int_equal(watched(0, HCI_TRANSPORT_FDS), 0); /* what it sends waits */
	assert_int_equal(all.packets[0] + all.packets[1], 0);
	assert_int_equal(all.roots_gone, 0);
	controllers_open_now(2);
	for (size_t i = 0; i < 3; i++)
		controllers_until(i, CONTROLLER_UP);
	assert_true(watched(0, HCI_TRANSPORT_FDS) > 0);
	assert_int_equal(watched(0, HCI_TRANSPORT_FDS - 1), 0); /* no room for all */
	assert_int_equal(all.drops, 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(all.drops, 1);
	assert_int_equal(all.roots_gone, 1);
}

static void a_controller_that_fails_to_open_does_not_hold_up_the_others(void **state)
{
	(void)state;
	all.count = 2;
	all.slow[1] = true;
	program_start("info");
	world_pass(WORLD_S);
	assert_int_equal(all.controllers[0].state, CONTROLLER_OPEN);
	sim_controller_vanish(&all.radios[1]);
	controllers_until(0, CONTROLLER_UP);
	assert_int_equal(all.drops, 1);
	assert_string_equal(all.log, "1 failed 13, 0 up");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void nothing_goes_on_if_root_cannot_be_given_up(void **state)
{
	(void)state;
	all.count = 2;
	all.failing = 1;
	program_start("info");
	assert_int_equal(ends(), CLI_INTERNAL);
	assert_string_equal(all.failure, "root could not be given up");
	assert_non_null(strstr(all.log, "0 failed 1"));
	assert_non_null(strstr(all.log, "1 failed 1"));
	assert_int_equal(all.packets[0], 0);
	assert_int_equal(all.roots_gone, 0);
}

static void open_another(struct controller *c)
{
	if (c != &all.controllers[0])
		return;
	runtime_open(&all.run, &all.controllers[1],
		     &(struct controller_setup){.spec = "sim:1",
						.events = &all.events,
						.user = c->user,
						.ctx = &all.controllers[1]});
}

static void a_controller_that_joins_later_starts_at_once(void **state)
{
	(void)state;
	all.up = open_another;
	program_start("info");
	world_pass(WORLD_S);
	assert_int_equal(all.controllers[1].state, CONTROLLER_UP);
	assert_int_equal(all.drops, 1);
	assert_string_equal(all.log, "0 up, 1 up");
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* ---- Leaving --------------------------------------------------------------------------------- */

static void the_run_ends_with_its_last_controller(void **state)
{
	(void)state;
	all.count = 3;
	program_start("info");
	for (size_t i = 0; i < 3; i++)
		controllers_until(i, CONTROLLER_UP);
	static const size_t order[] = {1, 2, 0}; /* from the middle, the front, the end */
	for (size_t k = 0; k < 3; k++) {
		assert_true(world_runs());
		controller_finish(&all.controllers[order[k]]);
		controllers_wake(order[k]);
		world_pass(WORLD_S);
		assert_int_equal(all.controllers[order[k]].state, CONTROLLER_CLOSED);
	}
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(all.run.loop.signal_fd, -1);
}

static void a_run_without_controllers_ends_at_once(void **state)
{
	(void)state;
	all.count = 0;
	program_start("info");
	assert_int_equal(ends(), CLI_OK);
}

/* ---- Signals --------------------------------------------------------------------------------- */

static void every_signal_that_ends_a_program_is_taken(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < COUNT(signals); i++) {
		program_start("info");
		controllers_until(0, CONTROLLER_UP);
		send(signals[i]);
		assert_int_equal(ends(), CLI_OK);
		assert_true(sim.controller.clean);
	}
}

static void the_terminal_is_drawn_again_after_a_change(void **state)
{
	(void)state;
	program_start("info");
	controllers_until(0, CONTROLLER_UP);
	send(SIGWINCH);
	world_pass(WORLD_MS);
	assert_int_equal(all.redraws, 1);
	send(SIGCONT);
	world_pass(WORLD_MS);
	assert_int_equal(all.redraws, 2);
	all.run.redraw = NULL;
	send(SIGWINCH);
	world_pass(WORLD_MS);
	assert_int_equal(all.controllers[0].state, CONTROLLER_UP);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void a_signal_while_opening_cancels(void **state)
{
	(void)state;
	all.count = 2;
	all.interrupts = true;
	all.slow[1] = true;
	program_start("info");
	world_pass(WORLD_S);
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_null(strstr(all.log, "interrupted"));
	assert_non_null(strstr(all.log, "0 failed 11"));
	assert_non_null(strstr(all.log, "1 failed 11"));
	assert_string_equal(all.failure, "cancelled");
}

static void the_first_signal_leaves_the_end_to_the_command(void **state)
{
	(void)state;
	all.interrupts = true;
	program_start("info");
	controllers_until(0, CONTROLLER_UP);
	unsigned sent = all.packets[0];
	program_interrupt();
	world_pass(WORLD_S);
	assert_true(all.packets[0] > sent); /* what the command asks for goes out */
	assert_string_equal(all.log, "0 up, 0 interrupted");
	assert_int_equal(all.controllers[0].state, CONTROLLER_UP);
	/* The second one does not. */
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_string_equal(all.log, "0 up, 0 interrupted, 0 failed 11");
}

static void the_third_signal_does_not_wait_for_the_release(void **state)
{
	(void)state;
	all.interrupts = true;
	all.slow_release = true;
	all.count = 2;
	program_start("info");
	controllers_until(0, CONTROLLER_UP);
	controllers_until(1, CONTROLLER_UP);
	program_interrupt();
	world_pass(WORLD_MS);
	program_interrupt();
	controllers_until(0, CONTROLLER_RELEASING);
	assert_true(world_runs());
	uint64_t now = world_now();
	program_interrupt();
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_in_range(world_now() - now, 0, WORLD_MS);
	assert_int_equal(all.controllers[0].state, CONTROLLER_CLOSED);
	assert_int_equal(all.controllers[1].state, CONTROLLER_CLOSED);
}

/* While there is nothing left but to give back, one signal is enough. */
static void a_signal_during_the_release_leaves_at_once(void **state)
{
	(void)state;
	all.slow_release = true;
	program_start("info");
	controllers_until(0, CONTROLLER_UP);
	controller_finish(&all.controllers[0]);
	controllers_wake(0);
	controllers_until(0, CONTROLLER_RELEASING);
	program_interrupt();
	world_pass(WORLD_MS);
	assert_false(world_runs());
	assert_int_equal(ends(), CLI_OK);
}

/* Three at once: what the loop could not report any more is reported all the same. */
static void three_signals_at_once_are_reported_too(void **state)
{
	(void)state;
	all.count = 2;
	program_start("info");
	controllers_until(0, CONTROLLER_UP);
	controllers_until(1, CONTROLLER_UP);
	all.run.interrupted = NULL;
	all.interrupts = true;
	all.run.signals = 1; /* the first one was taken */
	send(SIGINT);
	send(SIGTERM);
	assert_int_equal(ends(), CLI_CANCELLED);
	assert_non_null(strstr(all.log, "0 failed 11"));
	assert_non_null(strstr(all.log, "1 failed 11"));
}

/* ---- Without a loop -------------------------------------------------------------------------- */

static enum cli_exit failed_with;

static void note_failure(void *ctx, enum cli_exit code, const char *text)
{
	(void)ctx;
	assert_true(*text);
	failed_with = code;
}

static void a_run_that_cannot_even_begin_is_reported(void **state)
{
	static const struct controller_user user = {.failed = note_failure};
	struct rlimit old, none;
	struct runtime run;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){0, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum cli_exit code =
		runtime_run_controller(&run, &all.controllers[0], &all.options, &all.events,
				       &all.store, (struct controller_setup){.user = &user});
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	runtime_close(&run);
	assert_int_equal(code, CLI_INTERNAL);
	assert_int_equal(failed_with, CLI_INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controllers_begin, controllers_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(root_is_given_up_once_all_are_open_and_nothing_is_sent_before),
		TEST(a_controller_that_fails_to_open_does_not_hold_up_the_others),
		TEST(nothing_goes_on_if_root_cannot_be_given_up),
		TEST(a_controller_that_joins_later_starts_at_once),
		TEST(the_run_ends_with_its_last_controller),
		TEST(a_run_without_controllers_ends_at_once),
		TEST(every_signal_that_ends_a_program_is_taken),
		TEST(the_terminal_is_drawn_again_after_a_change),
		TEST(a_signal_while_opening_cancels),
		TEST(the_first_signal_leaves_the_end_to_the_command),
		TEST(the_third_signal_does_not_wait_for_the_release),
		TEST(a_signal_during_the_release_leaves_at_once),
		TEST(three_signals_at_once_are_reported_too),
		TEST(a_run_that_cannot_even_begin_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
