/* SPDX-License-Identifier: MIT */
#include "report/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define NINE 1796029200.0 /* 2026-11-30 09:00:00 UTC */

static struct timeline_unit units[5000];
static double values[5000];
static size_t count;
static char *text;

static int begin(void **state)
{
	(void)state;
	count = 0;
	text = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void add(double seconds, double took, bool paired)
{
	units[count++] = (struct timeline_unit){NINE + seconds, took, paired};
}

static void draw(void)
{
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	timeline_draw(out, units, count, values);
	assert_int_equal(fclose(out), 0);
}

static size_t times(const char *part)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, part)); p++)
		n++;
	return n;
}

static void a_bin_is_a_usual_time_and_there_are_not_too_many(void **state)
{
	static const struct {
		double span, width;
	} cases[] = {
		{0, 1},
		{59, 1},
		{60, 2},
		{600, 15},
		{3600, 120},
		{7200, 300},
		{8 * 3600, 600},
		{86400, 1800},
		{7 * 86400, 10800},
		{31536000, 604800},
		{1e10, 604800.0 * 512},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const double width = timeline_width(NINE, NINE + cases[i].span);
		if (width != cases[i].width)
			fail_msg("%.0f s: %.0f", cases[i].span, width);
		assert_true(floor((NINE + cases[i].span) / width) - floor(NINE / width) <
			    TIMELINE_BINS);
	}
}

/* In one hour of eight, a unit takes four times as long, and fewer are paired. */
static void a_slow_hour_shows(void **state)
{
	(void)state;
	for (int minute = 0; minute < 8 * 60; minute++) {
		const bool slow = minute >= 180 && minute < 240;
		if (!slow || minute % 4 == 0)
			add(minute * 60.0, slow ? 2000 : 500, true);
	}
	draw();
	assert_int_equal(times("<title>median 500 ms, 95 % within 500 ms</title>"), 42);
	assert_int_equal(times("<title>median 2.00 s, 95 % within 2.00 s</title>"), 6);
	assert_int_equal(times("<title>10 paired, 0 failed</title>"), 42);
	assert_int_equal(times("in each 10 min."), 1);
	/* Both plots have the same axis: the first bin of each begins at its left end. */
	assert_int_equal(times("x=\"60.50\""), 4);
	assert_int_equal(times(">09:00</text>"), 1);
	assert_int_equal(times(">2026-11-30</text>"), 1);
}

static void units_that_failed_are_counted_and_have_no_time(void **state)
{
	(void)state;
	add(0, 30000, false);
	add(1, 400, true);
	add(1.5, NAN, true);
	draw();
	assert_int_equal(times("<title>0 paired, 1 failed</title>"), 1);
	assert_int_equal(times("<title>2 paired, 0 failed</title>"), 1);
	assert_int_equal(times("<title>median 400 ms, 95 % within 400 ms</title>"), 1);
	assert_int_equal(times("30.00 s"), 0);
}

static void a_day_that_begins_is_named(void **state)
{
	(void)state;
	add(0, 400, true);
	add(20 * 3600, 400, true); /* 05:00 of the next day */
	draw();
	assert_int_equal(times(">2026-11-30</text>"), 1);
	assert_int_equal(times(">2026-12-01</text>"), 1);
}

static void one_unit_and_no_unit_have_no_division_by_zero(void **state)
{
	(void)state;
	draw();
	assert_string_equal(text, "");
	free(text);
	add(0, 0, true);
	draw();
	assert_int_equal(times("nan"), 0);
	assert_int_equal(times("inf"), 0);
	assert_int_equal(times("<title>1 paired, 0 failed</title>"), 1);
	free(text);
	count = 0;
	add(0, NAN, false);
	draw();
	assert_int_equal(times("nan"), 0);
	assert_int_equal(times("<title>0 paired, 1 failed</title>"), 1);
}

/* A clock that was wrong for a while must not make the drawing large, or take long. */
static void a_drawing_is_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++)
		add(i % 2 ? i * 1e6 : -1.7e9, i, i % 3);
	draw();
	assert_true(times("<rect") <= 4 * TIMELINE_BINS);
	assert_true(strlen(text) < 40000);
	assert_int_equal(times("nan"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bin_is_a_usual_time_and_there_are_not_too_many),
		TEST(a_slow_hour_shows),
		TEST(units_that_failed_are_counted_and_have_no_time),
		TEST(a_day_that_begins_is_named),
		TEST(one_unit_and_no_unit_have_no_division_by_zero),
		TEST(a_drawing_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
