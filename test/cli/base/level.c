/* SPDX-License-Identifier: MIT */
#include "base/level.h"

#include "unit.h"

static void a_level_has_one_word(void **state)
{
	enum security_level level;

	(void)state;
	for (int i = LEVEL_OPEN; i <= LEVEL_SECURE; i++) {
		assert_true(level_parse(level_name((enum security_level)i), &level));
		assert_int_equal(level, i);
	}
	assert_false(level_parse("", &level));
	assert_false(level_parse("Open", &level));
	assert_false(level_parse("encrypted ", &level));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_level_has_one_word)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
