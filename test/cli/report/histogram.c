/* SPDX-License-Identifier: MIT */
#include "report/histogram.h"

#include <math.h>

#include "unit.h"

static struct histogram h;

static void is_about(double value, double want)
{
	if (fabs(value - want) > 1e-6 * (1 + fabs(want)))
		fail_msg("%.9g, not %.9g", value, want);
}

/* What must hold of any: every value is counted once, where it belongs. */
static void is_sound(const double *sorted, size_t count)
{
	size_t sum = h.beyond;

	assert_int_equal(h.count, count);
	assert_in_range(h.bins, 1, HISTOGRAM_BINS);
	assert_true(h.width > 0);
	for (size_t i = 0; i < h.bins; i++) {
		double low = h.from + (double)i * h.width, high = low + h.width;
		size_t within = 0;
		for (size_t k = 0; k < count; k++)
			within += sorted[k] >= low - h.width * 1e-8 &&
				  sorted[k] < high - h.width * 1e-8;
		assert_int_equal(h.counts[i], within);
		sum += h.counts[i];
	}
	assert_int_equal(sum, count);
	assert_true(h.beyond * 100 <= count);
	assert_true(h.counts[0] > 0); /* it begins where the values begin */
	is_about(h.min, sorted[0]);
	is_about(h.max, sorted[count - 1]);
}

static void widths_are_round(void **state)
{
	static const struct {
		double value, width;
	} rounds[] = {{1, 1},  {1.01, 2}, {2, 2},     {3, 5},	    {5, 5},	 {5.1, 10},
		      {9, 10}, {10, 10},  {0.3, 0.5}, {0.02, 0.02}, {1234, 2000}};

	(void)state;
	for (size_t i = 0; i < COUNT(rounds); i++)
		is_about(histogram_round_up(rounds[i].value), rounds[i].width);
}

static void nothing_has_no_histogram(void **state)
{
	(void)state;
	assert_false(histogram_make(&h, NULL, 0));
	assert_int_equal(h.bins, 0);
}

static void one_value_and_many_equal_ones(void **state)
{
	double one[] = {42}, zero[] = {0, 0, 0}, equal[50];

	(void)state;
	assert_true(histogram_make(&h, one, 1));
	is_sound(one, 1);
	assert_int_equal(h.bins, 1);
	is_about(h.median, 42);
	is_about(h.p95, 42);
	assert_true(histogram_make(&h, zero, COUNT(zero)));
	is_sound(zero, COUNT(zero));
	assert_int_equal(h.counts[0], 3);
	for (size_t i = 0; i < COUNT(equal); i++)
		equal[i] = 0.7;
	assert_true(histogram_make(&h, equal, COUNT(equal)));
	is_sound(equal, COUNT(equal));
	assert_int_equal(h.bins, 1);
}

/* 0.1 * 3 is not 0.3: on an edge it must still stand in the bin above. */
static void a_value_on_an_edge_belongs_above(void **state)
{
	double values[21];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = (double)i * 0.1;
	assert_true(histogram_make(&h, values, COUNT(values)));
	is_about(h.width, 0.1);
	is_about(h.from, 0);
	assert_int_equal(h.bins, 21);
	for (size_t i = 0; i < h.bins; i++)
		assert_int_equal(h.counts[i], 1);
	is_about(h.median, 1.0); /* the 11th of 21 */
	is_about(h.p95, 1.9);	 /* the 20th */
}

static void it_sorts_what_it_gets(void **state)
{
	double values[] = {30, 10, 20, 50, 40};

	(void)state;
	assert_true(histogram_make(&h, values, COUNT(values)));
	is_sound(values, COUNT(values));
	is_about(h.min, 10);
	is_about(h.median, 30);
	is_about(h.max, 50);
}

static void stragglers_stand_beyond(void **state)
{
	double values[200];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = 100 + (double)i;
	values[199] = 1e6;
	assert_true(histogram_make(&h, values, COUNT(values)));
	is_sound(values, COUNT(values));
	assert_int_equal(h.beyond, 1);
	is_about(h.width, 10);
	is_about(h.max, 1e6);
}

static void whatever_the_values_all_are_counted(void **state)
{
	static double values[997];
	uint64_t x = 88172645463325252ULL;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		size_t count = 1 + round * 3;
		double scale = pow(10, (double)(round % 9) - 4);
		for (size_t i = 0; i < count; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			double part = (double)(x % 100000) / 1000;
			values[i] = scale * (round % 3 ? part : part * part);
		}
		assert_true(histogram_make(&h, values, count));
		is_sound(values, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_are_round),
		cmocka_unit_test(nothing_has_no_histogram),
		cmocka_unit_test(one_value_and_many_equal_ones),
		cmocka_unit_test(a_value_on_an_edge_belongs_above),
		cmocka_unit_test(it_sorts_what_it_gets),
		cmocka_unit_test(stragglers_stand_beyond),
		cmocka_unit_test(whatever_the_values_all_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
