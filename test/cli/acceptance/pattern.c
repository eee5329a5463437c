/* SPDX-License-Identifier: MIT */
#include "acceptance/pattern.h"

#include <string.h>

#include "unit.h"

static bool matches(const char *pattern, const char *value)
{
	assert_null(pattern_check(pattern));
	return pattern_matches(pattern, (const uint8_t *)value, strlen(value));
}

static void an_expression_must_match_the_whole_value(void **state)
{
	(void)state;
	assert_true(matches("SN-[0-9]+", "SN-0001"));
	assert_false(matches("SN-[0-9]", "SN-0001"));
	assert_false(matches("[0-9]+", "SN-0001"));
	assert_true(matches("a|ab", "ab"));
	assert_true(matches("(a|b){2}c?", "ab"));
	assert_true(matches("^v1$", "v1"));
	assert_true(matches("\\{1\\}", "{1}"));
	assert_false(matches("x", ""));
	assert_true(matches("x*", ""));
}

static void a_value_with_a_nul_matches_nothing(void **state)
{
	(void)state;
	assert_false(pattern_matches(".*", (const uint8_t *)"a\0b", 3));
	assert_false(pattern_matches("a", (const uint8_t *)"a\0", 2));
}

/* A back-reference takes exponential time, nested counts much memory. */
static void what_is_not_bounded_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",  "(a)\\1", "(a*)*\\1x",   "((a{255}){255}){255}", "a{1,257}", "(a{17}){17}",
		"(", "[a",     "a{99999999}", "a{4294967297}",	      "a{,300}",
	};
	char too_long[PATTERN_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_non_null(pattern_check(wrong[i]));
	memset(too_long, 'a', sizeof(too_long));
	too_long[sizeof(too_long) - 1] = '\0';
	assert_non_null(pattern_check(too_long));
	too_long[PATTERN_MAX] = '\0';
	assert_null(pattern_check(too_long));
	assert_null(pattern_check("(a{16}){16}"));
	assert_null(pattern_check("a\\\\1")); /* a backslash, and a digit */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_must_match_the_whole_value),
		cmocka_unit_test(a_value_with_a_nul_matches_nothing),
		cmocka_unit_test(what_is_not_bounded_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
