/* SPDX-License-Identifier: MIT */
#include "base/yes_no.h"

#include "unit.h"

static void yes_and_no_have_several_words_in_any_case(void **state)
{
	static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "j", "ja", "true", "1"};
	static const char *const no[] = {"n", "N", "no", "NO", "nein", "false", "0"};
	static const char *const neither[] = {"", " yes", "yesno", "maybe", "2", "ye", "123456"};
	bool answer;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(yes_no_parse(yes[i], &answer) && answer);
	for (size_t i = 0; i < COUNT(no); i++)
		assert_true(yes_no_parse(no[i], &answer) && !answer);
	for (size_t i = 0; i < COUNT(neither); i++)
		assert_false(yes_no_parse(neither[i], &answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yes_and_no_have_several_words_in_any_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
