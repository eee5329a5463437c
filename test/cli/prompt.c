/* SPDX-License-Identifier: MIT */
#include "cli/prompt.h"

#include "unit.h"

static void answers(void **state)
{
	static const char *const not_passkeys[] = {"",	     "12345",  "1234567",
						   "12345a", "-12345", "yes"};
	struct prompt_answer answer;

	(void)state;
	assert_true(prompt_parse(PROMPT_PASSKEY, "007007", &answer));
	assert_int_equal(answer.passkey, 7007);
	for (size_t i = 0; i < COUNT(not_passkeys); i++)
		assert_false(prompt_parse(PROMPT_PASSKEY, not_passkeys[i], &answer));
	assert_true(prompt_parse(PROMPT_CONFIRM, "Y", &answer) && answer.yes);
	assert_true(prompt_parse(PROMPT_CONFIRM, "yes", &answer) && answer.yes);
	assert_true(prompt_parse(PROMPT_CONFIRM, "no", &answer) && !answer.yes);
	assert_false(prompt_parse(PROMPT_CONFIRM, "", &answer));
	assert_false(prompt_parse(PROMPT_CONFIRM, "yesno", &answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
