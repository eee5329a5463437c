/* SPDX-License-Identifier: MIT */
#include "runtime/prompt.h"

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

static int asked[3];

static void count_asked(void *ctx)
{
	asked[*(int *)ctx]++;
}

/* Questions of several links: one at a time, in the order in which they were asked. */
static void queue(void **state)
{
	static int places[3] = {0, 1, 2};
	struct loop loop;
	struct console console;
	struct prompt prompts[3];

	(void)state;
	assert_int_equal(loop_init(&loop), 0);
	console_init(&console, &loop);
	for (size_t i = 0; i < 3; i++) {
		prompt_init(&prompts[i], &console, count_asked, NULL, &places[i]);
		prompt_ask(&prompts[i], PROMPT_CONFIRM);
	}
	assert_ptr_equal(loop.sources, &console.source);
	assert_true(asked[0] == 1 && asked[1] == 0 && asked[2] == 0);
	prompt_close(&prompts[1]); /* whoever waits may leave */
	assert_true(asked[0] == 1 && asked[1] == 0 && asked[2] == 0);
	prompt_close(&prompts[0]);
	assert_true(asked[0] == 1 && asked[1] == 0 && asked[2] == 1);
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	prompt_close(&prompts[2]);
	assert_true(asked[0] == 2 && asked[2] == 1);
	prompt_close(&prompts[0]);
	prompt_close(&prompts[0]);
	assert_null(loop.sources); /* standard input is left alone */
	loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(queue)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
