/* SPDX-License-Identifier: MIT */
/* The event loop: timers in their order whatever their number, sources that come and go. */
#include "runtime/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define MANY 2000

static struct loop loop;
static struct loop_timer timers[MANY];
static uint64_t last;
static size_t fired;

static int fresh(void **state)
{
	(void)state;
	memset(timers, 0, sizeof(timers));
	last = 0;
	fired = 0;
	return loop_init(&loop);
}

static int over(void **state)
{
	(void)state;
	loop_close(&loop);
	return 0;
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(&loop);
}

static uint64_t when[MANY];

static void in_order(void *ctx)
{
	size_t i = (size_t)((struct loop_timer *)ctx - timers);

	assert_int_equal(timers[i].at, 0);
	assert_true(when[i] >= last);
	last = when[i];
	fired++;
}

/* Set, moved and stopped at random: exactly those that stand fire, the earliest first. */
static void timers_in_order(void **state)
{
	struct loop_timer end = {.fire = stop};
	uint64_t now = clock_now();
	size_t standing = 0;

	(void)state;
	srandom(1);
	for (size_t i = 0; i < MANY; i++)
		timers[i] = (struct loop_timer){.fire = in_order, .ctx = &timers[i]};
	for (size_t k = 0; k < 10 * MANY; k++) {
		size_t i = (size_t)random() % MANY;
		if (random() % 3) {
			when[i] = now + (uint64_t)random() % 20000;
			loop_timer_start_at(&loop, &timers[i], when[i]);
		} else {
			loop_timer_stop(&loop, &timers[i]);
		}
	}
	for (size_t i = 0; i < MANY; i++)
		standing += timers[i].at != 0;
	assert_true(standing > MANY / 2 && standing < MANY);
	loop_timer_start_at(&loop, &end, now + 30000);
	loop_run(&loop);
	assert_int_equal(fired, standing);
	assert_true(clock_now() >= now + 30000);
}

static void stop_others(void *ctx)
{
	(void)ctx;
	fired++;
	for (size_t i = 0; i < MANY; i++)
		loop_timer_stop(&loop, &timers[i]);
}

static void a_timer_stops_those_due_with_it(void **state)
{
	struct loop_timer end = {.fire = stop};

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		timers[i] = (struct loop_timer){.fire = stop_others};
		loop_timer_start(&loop, &timers[i], 1000);
	}
	loop_timer_start(&loop, &end, 5000);
	loop_run(&loop);
	assert_int_equal(fired, 1);
}

static struct loop_timer again;
static int pipes[2][2];
static struct loop_source sources[2];

static void restart(void *ctx)
{
	fired++;
	loop_timer_start(&loop, ctx, 0);
}

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	const size_t i = (size_t)((struct loop_source *)ctx - sources);

	assert_true(max > 0);
	fds[0] = (struct pollfd){.fd = pipes[i][0], .events = POLLIN};
	return 1;
}

static void stop_reading(void *ctx, const struct pollfd *fds, size_t count)
{
	(void)ctx;
	assert_int_equal(count, 1);
	assert_true(fds[0].revents & POLLIN);
	loop_stop(&loop);
}

/* A timer that starts itself for now leaves a turn to the descriptors. */
static void descriptors_are_served_between_timers(void **state)
{
	(void)state;
	assert_int_equal(pipe(pipes[0]), 0);
	again = (struct loop_timer){.fire = restart, .ctx = &again};
	sources[0] =
		(struct loop_source){.watch = watch, .ready = stop_reading, .ctx = &sources[0]};
	loop_add(&loop, &sources[0]);
	loop_timer_start(&loop, &again, 0);
	assert_int_equal(write(pipes[0][1], "x", 1), 1);
	loop_run(&loop);
	assert_true(fired < 10);
	close(pipes[0][0]);
	close(pipes[0][1]);
}

static void remove_both(void *ctx, const struct pollfd *fds, size_t count)
{
	(void)ctx;
	(void)fds;
	(void)count;
	fired++;
	loop_remove(&loop, &sources[0]);
	loop_remove(&loop, &sources[1]);
}

/* The one that is ready first removes the other, which is not called any more. */
static void sources_come_and_go(void **state)
{
	struct loop_timer end = {.fire = stop};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		sources[i] = (struct loop_source){
			.watch = watch, .ready = remove_both, .ctx = &sources[i]};
		loop_add(&loop, &sources[i]);
		loop_add(&loop, &sources[i]);
	}
	loop_timer_start(&loop, &end, 2000);
	loop_run(&loop);
	assert_int_equal(fired, 1);
	assert_null(loop.sources);
	/* Both may come back, behind one another. */
	loop_add(&loop, &sources[1]);
	loop_add(&loop, &sources[0]);
	assert_ptr_equal(loop.sources, &sources[1]);
	assert_ptr_equal(sources[1].next, &sources[0]);
	for (size_t i = 0; i < 2; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

/* ---- Signals, and what wakes the loop -------------------------------------------------------- */

static int taken[8];
static size_t taken_count;

static void take(void *ctx, int number)
{
	assert_ptr_equal(ctx, &taken);
	taken[taken_count++] = number;
	loop_stop(&loop);
}

static void signals_come_to_the_loop_and_kill_nothing(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};

	(void)state;
	taken_count = 0;
	loop.on_signal = take;
	loop.signal_ctx = &taken;
	for (size_t i = 0; i < COUNT(signals); i++) {
		loop.stopped = false;
		assert_int_equal(raise(signals[i]), 0);
		loop_run(&loop);
		assert_int_equal(taken_count, i + 1);
		assert_int_equal(taken[i], signals[i]);
	}
}

/* Only where it is asked for: a process may have children that it did not start. */
static void the_end_of_a_child_comes_to_the_loop_that_asked(void **state)
{
	struct loop_timer end = {.fire = stop};

	(void)state;
	taken_count = 0;
	loop.on_signal = take;
	loop.signal_ctx = &taken;
	for (size_t i = 0; i < 2; i++) {
		pid_t child = fork();
		if (child == 0)
			_exit(0);
		if (i == 0) {
			assert_int_equal(waitpid(child, NULL, 0), child);
			loop_timer_start(&loop, &end, 1000);
		}
		loop_run(&loop);
		assert_int_equal(taken_count, i);
		if (i == 0)
			assert_int_equal(loop_watch_children(&loop), 0);
		else
			assert_int_equal(waitpid(child, NULL, 0), child);
	}
	assert_int_equal(taken[0], SIGCHLD);
}

static void a_signal_that_nothing_waits_for_is_dropped(void **state)
{
	struct loop_timer end = {.fire = stop};

	(void)state;
	loop.on_signal = NULL;
	assert_int_equal(raise(SIGTERM), 0);
	loop_timer_start(&loop, &end, 1000);
	loop_run(&loop);
}

/* The write fails with EPIPE. */
static void a_reader_that_goes_away_does_not_kill(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	close(ends[1]);
}

static void a_closed_loop_has_no_descriptor(void **state)
{
	struct loop other;

	(void)state;
	assert_int_equal(loop_init(&other), 0);
	int fd = other.signal_fd;
	assert_true(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	loop_close(&other);
	assert_int_equal(other.signal_fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void a_timer_that_is_moved_fires_once_and_at_the_new_time(void **state)
{
	struct loop_timer end = {.fire = stop};
	uint64_t now = clock_now();

	(void)state;
	timers[0] = (struct loop_timer){.fire = in_order, .ctx = &timers[0]};
	when[0] = 0;
	loop_timer_start_at(&loop, &timers[0], now + 1000);
	loop_timer_start_at(&loop, &timers[0], now + 4000);
	assert_int_equal(timers[0].at, now + 4000);
	loop_timer_start_at(&loop, &end, now + 2000);
	loop_run(&loop);
	assert_int_equal(fired, 0);
	loop.stopped = false;
	loop_timer_start_at(&loop, &end, now + 6000);
	loop_run(&loop);
	assert_int_equal(fired, 1);
	assert_int_equal(timers[0].at, 0);
}

/* A timer for now fires in the next turn, and a stopped loop calls nothing more. */
static void stop_and_count(void *ctx)
{
	(void)ctx;
	fired++;
	loop_stop(&loop);
}

static void a_stopped_loop_fires_no_other_timer(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		timers[i] = (struct loop_timer){.fire = stop_and_count};
		loop_timer_start_at(&loop, &timers[i], 1);
	}
	loop_run(&loop);
	assert_int_equal(fired, 1);
}

static void stop_and_keep(void *ctx, const struct pollfd *fds, size_t count)
{
	(void)ctx;
	(void)fds;
	(void)count;
	fired++;
	loop_stop(&loop);
}

static void a_stopped_loop_calls_no_other_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		sources[i] = (struct loop_source){
			.watch = watch, .ready = stop_and_keep, .ctx = &sources[i]};
		loop_add(&loop, &sources[i]);
	}
	loop_run(&loop);
	assert_int_equal(fired, 1);
	for (size_t i = 0; i < 2; i++) {
		loop_remove(&loop, &sources[i]);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

/* Only a source with something ready is called, with its own descriptors. */
static void a_source_without_news_is_not_called(void **state)
{
	struct loop_timer end = {.fire = stop};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		sources[i] = (struct loop_source){
			.watch = watch, .ready = stop_and_keep, .ctx = &sources[i]};
		loop_add(&loop, &sources[i]);
	}
	loop_timer_start(&loop, &end, 2000);
	loop_run(&loop);
	assert_int_equal(fired, 0);
	loop.stopped = false;
	sources[1].ready = stop_reading;
	assert_int_equal(write(pipes[1][1], "x", 1), 1);
	loop_timer_start(&loop, &end, 1000000);
	loop_run(&loop);
	assert_int_equal(fired, 0);
	assert_int_not_equal(end.at, 0);
	for (size_t i = 0; i < 2; i++) {
		loop_remove(&loop, &sources[i]);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	loop_timer_stop(&loop, &end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_in_order, fresh, over),
		cmocka_unit_test_setup_teardown(a_timer_stops_those_due_with_it, fresh, over),
		cmocka_unit_test_setup_teardown(descriptors_are_served_between_timers, fresh, over),
		cmocka_unit_test_setup_teardown(sources_come_and_go, fresh, over),
		cmocka_unit_test_setup_teardown(signals_come_to_the_loop_and_kill_nothing, fresh,
						over),
		cmocka_unit_test_setup_teardown(the_end_of_a_child_comes_to_the_loop_that_asked,
						fresh, over),
		cmocka_unit_test_setup_teardown(a_signal_that_nothing_waits_for_is_dropped, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_reader_that_goes_away_does_not_kill, fresh, over),
		cmocka_unit_test_setup_teardown(a_closed_loop_has_no_descriptor, fresh, over),
		cmocka_unit_test_setup_teardown(
			a_timer_that_is_moved_fires_once_and_at_the_new_time, fresh, over),
		cmocka_unit_test_setup_teardown(a_stopped_loop_fires_no_other_timer, fresh, over),
		cmocka_unit_test_setup_teardown(a_stopped_loop_calls_no_other_source, fresh, over),
		cmocka_unit_test_setup_teardown(a_source_without_news_is_not_called, fresh, over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
