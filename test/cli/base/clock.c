/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>
#include <unistd.h>

#include "unit.h"

static uint64_t microseconds(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void the_clocks_count_microseconds(void **state)
{
	uint64_t before = microseconds(CLOCK_MONOTONIC), now = clock_now();

	(void)state;
	assert_true(now > 0 && before <= now && now <= microseconds(CLOCK_MONOTONIC));
	before = microseconds(CLOCK_REALTIME);
	now = clock_wall();
	assert_true(before <= now && now <= microseconds(CLOCK_REALTIME));
}

static void a_wait_ends_at_its_deadline_not_before(void **state)
{
	uint64_t deadline = clock_now() + 1500;

	(void)state;
	assert_int_equal(clock_wait(NULL, 0, deadline), 0);
	assert_true(clock_now() >= deadline);
}

static void a_deadline_of_the_past_does_not_wait(void **state)
{
	uint64_t now = clock_now();

	(void)state;
	assert_int_equal(clock_wait(NULL, 0, now - 1), 0);
	assert_int_equal(clock_wait(NULL, 0, 0), 0);
}

static void a_wait_ends_when_a_descriptor_is_ready(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	struct pollfd fds[] = {{.fd = ends[0], .events = POLLIN}};
	assert_int_equal(clock_wait(fds, 1, UINT64_MAX), 1);
	assert_int_equal(fds[0].revents, POLLIN);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clocks_count_microseconds),
		cmocka_unit_test(a_wait_ends_at_its_deadline_not_before),
		cmocka_unit_test(a_deadline_of_the_past_does_not_wait),
		cmocka_unit_test(a_wait_ends_when_a_descriptor_is_ready),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
