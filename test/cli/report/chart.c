/* SPDX-License-Identifier: MIT */
#include "report/chart.h"

#include <stdlib.h>
#include <string.h>

#include "report/duration.h"
#include "unit.h"

static char *text;
static size_t size;
static FILE *out;

static int begin(void **state)
{
	(void)state;
	out = open_memstream(&text, &size);
	return out ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void is_printed(const char *want)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
}

static void durations_are_as_people_say_them(void **state)
{
	static const struct {
		double ms;
		const char *text;
	} durations[] = {
		{0, "0.0 ms"},	     {7.5, "7.5 ms"},	     {340, "340 ms"},
		{1240, "1.24 s"},    {200e3, "3 min 20 s"},  {5400e3, "1 h 30 min"},
		{59.4e3, "59.40 s"}, {-1.0 / 0.0, "-"},	     {9.9, "9.9 ms"},
		{10, "10 ms"},	     {999, "999 ms"},	     {1000, "1.00 s"},
		{60e3, "1 min 0 s"}, {3540e3, "59 min 0 s"}, {3600e3, "1 h 0 min"},
		{1.0 / 0.0, "-"},    {0.0 / 0.0, "-"},
	};
	char words[REPORT_DURATION];

	(void)state;
	for (size_t i = 0; i < COUNT(durations); i++)
		assert_string_equal(report_duration(durations[i].ms, words), durations[i].text);
	is_printed("");
}

static size_t count(const char *what)
{
	size_t found = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		found++;
	return found;
}

/* As many bars as bins that hold something, each with its number, and none higher than the plot. */
static void a_chart_draws_every_bin(void **state)
{
	double values[] = {0, 1, 1, 1, 1, 1, 9};
	struct histogram h;

	(void)state;
	assert_true(histogram_make(&h, values, COUNT(values)));
	chart_histogram(out, "a & b", &h);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(count("<rect class=\"bar\""), 3);
	assert_int_equal(count(": 1</title>"), 2);
	assert_int_equal(count(": 5</title>"), 1);
	/* The axis goes to 6, by twos, over 130. */
	assert_int_equal(count("height=\"108.33\""), 1);
	assert_int_equal(count("height=\"21.67\""), 2);
	assert_non_null(strstr(text, ">6</text>"));
	assert_int_equal(count("<b>a &amp; b</b>"), 1);
	assert_non_null(strstr(text, "median 1.0 ms, 95 % within 9.0 ms, longest 9.0 ms"));
	assert_null(strstr(text, "more"));
}

static void what_is_beyond_has_a_bar_of_its_own(void **state)
{
	double values[200];
	struct histogram h;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = (double)i;
	values[199] = 1e5;
	assert_true(histogram_make(&h, values, COUNT(values)));
	chart_histogram(out, "x", &h);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "<title>200 ms and more: 1</title>"));
	assert_int_equal(count("<rect class=\"bar\""), 21);
}

static void shares_fill_the_whole(void **state)
{
	const struct chart_part parts[] = {{"good", 1}, {"bad", 3}, {"not counted", 1}};

	(void)state;
	chart_share(out, "it", parts, 2, 4);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "<rect class=\"good\" x=\"0.00\" width=\"250.00\""));
	assert_non_null(strstr(text, "<rect class=\"bad\" x=\"250.00\" width=\"750.00\""));
	assert_int_equal(count("<rect"), 2);
	assert_int_equal(count("aria-label=\"it\""), 1);
}

/* Of nothing there are no parts: no division by zero reaches the page. */
static void nothing_has_no_shares(void **state)
{
	const struct chart_part parts[] = {{"good", 0}};

	(void)state;
	chart_share(out, "it", parts, 1, 0);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, "<rect"));
	assert_null(strstr(text, "nan"));
}

/* Two that look the same tell nothing. */
static void each_number_on_the_axis_is_another(void **state)
{
	static const struct {
		double from, to;
	} ranges[] = {{10, 18},	    {0.04, 0.2}, {5.5, 13}, {0, 39},	{900, 1100},
		      {1200, 1300}, {0, 30000},	 {3, 3.02}, {7.3, 7.3}, {59000, 59999}};

	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		double values[9];
		struct histogram h;
		char before[REPORT_DURATION] = "", *at = NULL;
		size_t numbers = 0;

		for (size_t k = 0; k < COUNT(values); k++)
			values[k] =
				ranges[i].from + (ranges[i].to - ranges[i].from) * (double)k / 8;
		assert_true(histogram_make(&h, values, COUNT(values)));
		out = open_memstream(&text, &size);
		chart_histogram(out, "Total", &h);
		assert_int_equal(fclose(out), 0);
		for (at = text; (at = strstr(at, "\"middle\">")); numbers++) {
			char number[REPORT_DURATION];
			at += strlen("\"middle\">");
			(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(at, "<"), at);
			assert_string_not_equal(number, before);
			(void)strcpy(before, number);
		}
		assert_in_range(numbers, 1, 9);
		free(text);
	}
}

/* One unit on the whole axis, by the longest duration; as many decimals as the numbers need. */
static void the_axis_has_the_unit_of_the_longest_duration(void **state)
{
	static const struct {
		double from, to;
		const char *first;
	} axes[] = {{0, 999, ">0 ms<"},
		    {0, 1000, ">0.00 s<"},
		    {0, 59999, ">0 s<"},
		    {0, 60000, ">0.0 ms<"},
		    {0.04, 0.2, ">0.04 ms<"},
		    {10, 18, ">10.0 ms<"},
		    {0.1234, 0.12345, ">0.123 ms<"}};

	(void)state;
	for (size_t i = 0; i < COUNT(axes); i++) {
		double values[2] = {axes[i].from, axes[i].to};
		struct histogram h;
		assert_true(histogram_make(&h, values, 2));
		out = open_memstream(&text, &size);
		chart_histogram(out, "Total", &h);
		assert_int_equal(fclose(out), 0);
		const char *axis = strstr(text, "y=\"158\" text-anchor=\"middle\"");
		assert_non_null(axis); /* below the plot */
		assert_int_equal(strncmp(strchr(axis, '>'), axes[i].first, strlen(axes[i].first)),
				 0);
		free(text);
	}
}

/* All of it in one bin, whatever it is: the plot has 440 units, an eighth of that is 55. */
static void one_bar_is_no_wall(void **state)
{
	double value = 7.3;
	struct histogram h;

	(void)state;
	assert_true(histogram_make(&h, &value, 1));
	chart_histogram(out, "Total", &h);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "class=\"bar\" x=\"44.50\" y=\"12.00\" width=\"54.00\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(durations_are_as_people_say_them, begin, end),
		cmocka_unit_test_setup_teardown(a_chart_draws_every_bin, begin, end),
		cmocka_unit_test_setup_teardown(what_is_beyond_has_a_bar_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(shares_fill_the_whole, begin, end),
		cmocka_unit_test_setup_teardown(nothing_has_no_shares, begin, end),
		cmocka_unit_test(each_number_on_the_axis_is_another),
		cmocka_unit_test(the_axis_has_the_unit_of_the_longest_duration),
		cmocka_unit_test_setup_teardown(one_bar_is_no_wall, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
