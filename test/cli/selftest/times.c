/* SPDX-License-Identifier: MIT */
#include "selftest/times.h"

#include "unit.h"

static void assert_times(double *samples, size_t count, double min, double median, double max)
{
	const struct selftest_times t = selftest_times_of(samples, count);

	assert_true(t.min == min && t.median == median && t.max == max);
}

static void the_median_is_in_the_middle(void **state)
{
	double odd[] = {9, 1, 5}, even[] = {8, 2, 4, 100}, one[] = {7};

	(void)state;
	assert_times(odd, 3, 1, 5, 9);
	assert_times(even, 4, 2, 6, 100);
	assert_times(one, 1, 7, 7, 7);
}

static void without_a_sample_all_are_zero(void **state)
{
	double none[1] = {3};

	(void)state;
	assert_times(none, 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_median_is_in_the_middle),
		cmocka_unit_test(without_a_sample_all_are_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
