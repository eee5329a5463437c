/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "unit.h"

static void a_time_is_utc_with_milliseconds(void **state)
{
	static const struct {
		uint64_t time;
		const char *text;
	} times[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{999, "1970-01-01T00:00:00.000Z"},
		{1000, "1970-01-01T00:00:00.001Z"},
		{999999, "1970-01-01T00:00:00.999Z"},
		{1000000, "1970-01-01T00:00:01.000Z"},
		{UINT64_C(951782400000000), "2000-02-29T00:00:00.000Z"},
		{UINT64_C(1764041238123456), "2025-11-25T03:27:18.123Z"},
	};
	char text[TIME_TEXT];

	(void)state;
	assert_int_equal(setenv("TZ", "Pacific/Kiritimati", 1), 0);
	tzset();
	for (size_t i = 0; i < COUNT(times); i++) {
		assert_ptr_equal(time_format(times[i].time, text), text);
		assert_string_equal(text, times[i].text);
		assert_int_equal(strlen(text), TIME_TEXT - 1);
	}
}

static void an_earlier_time_is_less_as_text(void **state)
{
	char before[TIME_TEXT], after[TIME_TEXT];

	(void)state;
	for (uint64_t t = 1; t < UINT64_C(4000000000000000); t *= 7) {
		(void)time_format(t * 1000, before);
		(void)time_format((t + 1) * 1000, after);
		assert_true(strcmp(before, after) < 0);
	}
}

static void now_is_between_two_looks_at_the_wall_clock(void **state)
{
	char before[TIME_TEXT], now[TIME_TEXT], after[TIME_TEXT];

	(void)state;
	(void)time_format(clock_wall(), before);
	assert_ptr_equal(time_now(now), now);
	(void)time_format(clock_wall(), after);
	assert_true(strcmp(before, now) <= 0 && strcmp(now, after) <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_utc_with_milliseconds),
		cmocka_unit_test(an_earlier_time_is_less_as_text),
		cmocka_unit_test(now_is_between_two_looks_at_the_wall_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
