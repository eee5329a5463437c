/* SPDX-License-Identifier: MIT */
/* The event loop: timers in their order whatever their number, sources that come and go. */
#include "runtime/loop.h"

#include <stdlib.h>
#include <string.h>
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
static void nobody_starves(void **state)
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

/* Whoever is ready first removes the other: that one is not called any more. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_in_order, fresh, over),
		cmocka_unit_test_setup_teardown(a_timer_stops_those_due_with_it, fresh, over),
		cmocka_unit_test_setup_teardown(nobody_starves, fresh, over),
		cmocka_unit_test_setup_teardown(sources_come_and_go, fresh, over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
