/* SPDX-License-Identifier: MIT */
#include "batch/rate.h"

#include <math.h>

#include "unit.h"

#define S UINT64_C(1000000)

static void is_about(double value, double expected)
{
	if (fabs(value - expected) > 1e-9)
		fail_msg("%g, not %g", value, expected);
}

static void two_ends_are_needed(void **state)
{
	struct batch_rate rate = {0};

	(void)state;
	is_about(batch_rate_per_minute(&rate, 5 * S), 0);
	batch_rate_add(&rate, 5 * S);
	is_about(batch_rate_per_minute(&rate, 9 * S), 0);
	batch_rate_add(&rate, 15 * S);
	is_about(batch_rate_per_minute(&rate, 15 * S), 6);
}

static void it_falls_while_nothing_ends(void **state)
{
	struct batch_rate rate = {0};

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		batch_rate_add(&rate, (100 + i) * S);
	is_about(batch_rate_per_minute(&rate, 104 * S), 60);
	is_about(batch_rate_per_minute(&rate, 108 * S), 30);
}

static void ends_at_the_same_time_have_no_rate_yet(void **state)
{
	struct batch_rate rate = {0};

	(void)state;
	batch_rate_add(&rate, S);
	batch_rate_add(&rate, S);
	is_about(batch_rate_per_minute(&rate, S), 0);
}

/* One a minute at first, then one a second: only the latest count. */
static void old_ends_are_forgotten(void **state)
{
	struct batch_rate rate = {0};
	uint64_t now = S;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		batch_rate_add(&rate, now += 60 * S);
	for (unsigned i = 0; i < BATCH_RATE_UNITS - 1; i++)
		batch_rate_add(&rate, now += S);
	is_about(batch_rate_per_minute(&rate, now), 60);
	for (unsigned i = 0; i < 100; i++) {
		batch_rate_add(&rate, now += S);
		is_about(batch_rate_per_minute(&rate, now), 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_ends_are_needed),
		cmocka_unit_test(it_falls_while_nothing_ends),
		cmocka_unit_test(ends_at_the_same_time_have_no_rate_yet),
		cmocka_unit_test(old_ends_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
