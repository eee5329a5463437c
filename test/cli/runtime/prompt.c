/* SPDX-License-Identifier: MIT */
/* Questions to the user on standard input. */
#include "runtime/prompt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define PROMPTS 3

static struct loop loop;
static struct console console;
static struct prompt prompts[PROMPTS];
static unsigned asked[PROMPTS], answers[PROMPTS];
static struct prompt_answer last;
static struct loop_timer limit;
static int input, old_input;

/* ---- Lines ----------------------------------------------------------------------------------- */

static void a_passkey_has_six_digits(void **state)
{
	static const char *const not_passkeys[] = {"",	      "12345",	  "1234567",
						   "12345a",  "-12345",	  "yes",
						   "12 3456", "123  456", "123 456 "};
	struct prompt_answer answer;

	(void)state;
	assert_true(prompt_parse(PROMPT_PASSKEY, "007007", &answer));
	assert_int_equal(answer.kind, PROMPT_PASSKEY);
	assert_int_equal(answer.passkey, 7007);
	assert_true(prompt_parse(PROMPT_PASSKEY, "999999", &answer));
	assert_int_equal(answer.passkey, 999999);
	assert_true(prompt_parse(PROMPT_PASSKEY, "007 007", &answer));
	assert_int_equal(answer.passkey, 7007);
	for (size_t i = 0; i < COUNT(not_passkeys); i++)
		assert_false(prompt_parse(PROMPT_PASSKEY, not_passkeys[i], &answer));
}

static void yes_and_no_have_several_words(void **state)
{
	static const char *const yes[] = {"y", "Y", "yes", "Yes", "j", "ja", "true", "1"};
	static const char *const no[] = {"n", "N", "no", "NO", "nein", "false", "0"};
	static const char *const neither[] = {"", "yesno", "maybe", "2", "123456"};
	struct prompt_answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(prompt_parse(PROMPT_CONFIRM, yes[i], &answer) && answer.yes);
	for (size_t i = 0; i < COUNT(no); i++)
		assert_true(prompt_parse(PROMPT_CONFIRM, no[i], &answer) && !answer.yes);
	for (size_t i = 0; i < COUNT(neither); i++)
		assert_false(prompt_parse(PROMPT_CONFIRM, neither[i], &answer));
}

/* Who asks knows the numbers of the list, and asks again. */
static void any_line_answers_a_choice(void **state)
{
	static const char *const none[] = {"", "x", "1x", "-1", "1000000", " 1"};
	struct prompt_answer answer;

	(void)state;
	assert_true(prompt_parse(PROMPT_CHOICE, "2", &answer));
	assert_int_equal(answer.number, 2);
	assert_true(prompt_parse(PROMPT_CHOICE, "99999", &answer));
	assert_int_equal(answer.number, 99999);
	for (size_t i = 0; i < COUNT(none); i++) {
		assert_true(prompt_parse(PROMPT_CHOICE, none[i], &answer));
		assert_int_equal(answer.number, 0);
	}
}

/* ---- Several questions ----------------------------------------------------------------------- */

static void note_asked(void *ctx)
{
	asked[(struct prompt *)ctx - prompts]++;
}

static void note_answered(void *ctx, const struct prompt_answer *answer)
{
	answers[(struct prompt *)ctx - prompts]++;
	last = *answer;
	if (!console.first)
		loop_stop(&loop);
}

static void time_is_over(void *ctx)
{
	(void)ctx;
	loop_stop(&loop);
}

static int begin(void **state)
{
	int ends[2];

	(void)state;
	memset(asked, 0, sizeof(asked));
	memset(answers, 0, sizeof(answers));
	memset(&last, 0xff, sizeof(last));
	if (loop_init(&loop) || pipe2(ends, O_CLOEXEC))
		return -1;
	old_input = dup(STDIN_FILENO);
	(void)dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	input = ends[1];
	console_init(&console, &loop);
	for (size_t i = 0; i < PROMPTS; i++)
		prompt_init(&prompts[i], &console, note_asked, note_answered, &prompts[i]);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(input);
	(void)dup2(old_input, STDIN_FILENO);
	close(old_input);
	loop_close(&loop);
	return 0;
}

static void type(const char *text)
{
	assert_int_equal(write(input, text, strlen(text)), strlen(text));
}

/* Until nothing is asked any more, or a moment has passed. */
static void run(void)
{
	loop.stopped = false;
	limit = (struct loop_timer){.fire = time_is_over};
	loop_timer_start(&loop, &limit, 20000);
	loop_run(&loop);
	loop_timer_stop(&loop, &limit);
}

/* Of several links: one at a time, in the order in which they were asked. */
static void questions_are_asked_one_after_the_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROMPTS; i++)
		prompt_ask(&prompts[i], PROMPT_CONFIRM);
	assert_ptr_equal(loop.sources, &console.source);
	assert_true(asked[0] == 1 && asked[1] == 0 && asked[2] == 0);
	prompt_close(&prompts[1]); /* one that waits may be withdrawn */
	assert_true(asked[0] == 1 && asked[1] == 0 && asked[2] == 0);
	prompt_close(&prompts[0]);
	assert_true(asked[0] == 1 && asked[1] == 0 && asked[2] == 1);
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	assert_int_equal(asked[0], 1);
	prompt_close(&prompts[2]);
	assert_true(asked[0] == 2 && asked[2] == 1);
	prompt_close(&prompts[0]);
	prompt_close(&prompts[0]);
	assert_null(loop.sources); /* standard input is left alone */
}

static void a_question_that_is_asked_again_goes_to_the_end(void **state)
{
	(void)state;
	prompt_ask(&prompts[0], PROMPT_CONFIRM);
	prompt_ask(&prompts[1], PROMPT_CONFIRM);
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	assert_true(asked[0] == 1 && asked[1] == 1);
	assert_ptr_equal(console.first, &prompts[1]);
	assert_ptr_equal(prompts[1].next, &prompts[0]);
	assert_null(prompts[0].next);
}

static void each_line_answers_the_question_that_was_asked(void **state)
{
	(void)state;
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	prompt_ask(&prompts[1], PROMPT_CONFIRM);
	type("123456\n");
	run();
	assert_true(answers[0] == 1 && answers[1] == 0 && asked[1] == 1);
	assert_int_equal(last.kind, PROMPT_PASSKEY);
	assert_int_equal(last.passkey, 123456);
	type("yes\n");
	run();
	assert_int_equal(answers[1], 1);
	assert_true(last.kind == PROMPT_CONFIRM && last.yes);
	assert_null(loop.sources);
}

/* What was typed in advance belongs to the questions in their order. */
static void lines_typed_in_advance_are_not_lost(void **state)
{
	(void)state;
	type("000001\nno\n");
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	run();
	assert_true(answers[0] == 1 && last.passkey == 1);
	prompt_ask(&prompts[1], PROMPT_CONFIRM);
	run();
	assert_true(answers[1] == 1 && last.kind == PROMPT_CONFIRM && !last.yes);
}

/* Runs with stderr in a file, and returns what was written there. */
static const char *errors_of_run(void)
{
	static char text[512];
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);

	assert_non_null(file);
	(void)dup2(fileno(file), STDERR_FILENO);
	run();
	(void)dup2(old, STDERR_FILENO);
	close(old);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static void a_line_that_is_no_answer_is_asked_for_again(void **state)
{
	(void)state;
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	type("12345\n");
	assert_string_equal(errors_of_run(), "blepair: a passkey has six digits; try again:\n");
	assert_int_equal(answers[0], 0);
	type("yes\n");
	assert_string_equal(errors_of_run(), "blepair: a passkey has six digits; try again:\n");
	type("  654321 \t\r\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[0] == 1 && last.passkey == 654321);
	prompt_ask(&prompts[0], PROMPT_CONFIRM);
	type("654321\n");
	assert_string_equal(errors_of_run(), "blepair: answer yes or no:\n");
	type("\n");
	assert_string_equal(errors_of_run(), "blepair: answer yes or no:\n");
	assert_int_equal(answers[0], 1);
}

static void half_a_line_is_no_answer_and_is_forgotten_with_its_question(void **state)
{
	(void)state;
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	prompt_ask(&prompts[1], PROMPT_PASSKEY);
	type("999");
	run();
	assert_int_equal(answers[0], 0);
	type("123\n");
	run();
	assert_int_equal(answers[0], 1);
	type("999");
	run();
	prompt_close(&prompts[1]);
	prompt_ask(&prompts[1], PROMPT_PASSKEY);
	type("123456\n");
	run();
	assert_true(answers[1] == 1 && last.passkey == 123456);
}

/* Who typed it may have meant the old question: a "yes" must not confirm another number. */
static void the_first_line_after_a_question_was_withdrawn_answers_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROMPTS; i++)
		prompt_ask(&prompts[i], PROMPT_CONFIRM);
	prompt_close(&prompts[0]);
	assert_int_equal(asked[1], 1);
	type("yes\n");
	assert_string_equal(errors_of_run(),
			    "blepair: the question before was withdrawn; answer this one:\n");
	assert_true(answers[1] == 0 && asked[1] == 2);
	type("yes\n");
	assert_string_equal(errors_of_run(), "");
	assert_int_equal(answers[1], 1);
	/* The next one was asked after an answer: it takes the place of none. */
	type("no\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[2] == 1 && asked[2] == 1);
	/* Nor does one that is asked later. */
	prompt_ask(&prompts[0], PROMPT_CONFIRM);
	prompt_close(&prompts[0]);
	prompt_ask(&prompts[1], PROMPT_CONFIRM);
	type("yes\n");
	assert_string_equal(errors_of_run(), "");
	assert_int_equal(answers[1], 2);
}

static void an_answer_may_name_its_session(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROMPTS; i++) {
		prompts[i].session = (unsigned)i + 1;
		prompt_ask(&prompts[i], i ? PROMPT_CONFIRM : PROMPT_PASSKEY);
	}
	type("2 yes\n");
	assert_string_equal(errors_of_run(), "blepair: session 1 is asked, not 2\n");
	assert_int_equal(answers[0], 0);
	type("1  123456\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[0] == 1 && last.passkey == 123456);
	/* It is meant for this question, whatever was withdrawn before. */
	prompt_close(&prompts[1]);
	type("1 yes\n");
	assert_string_equal(errors_of_run(), "blepair: session 3 is asked, not 1\n");
	type("99999999999999999999 yes\n");
	assert_string_equal(errors_of_run(), "blepair: session 3 is asked, not 4294967295\n");
	type("3 no\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[2] == 1 && !last.yes);
	assert_int_equal(asked[2], 1);
}

static void a_passkey_in_two_groups_names_no_session(void **state)
{
	(void)state;
	prompts[0].session = 1;
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	type("123 456\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[0] == 1 && last.passkey == 123456);
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	type("1 654 321\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[0] == 2 && last.passkey == 654321);
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	type("2 654321\n");
	assert_string_equal(errors_of_run(), "blepair: session 1 is asked, not 2\n");
}

static void a_message_names_the_unit_of_its_question(void **state)
{
	(void)state;
	prompts[0].about = "C4:7C:8D:11:22:33 SENSOR-7";
	prompt_ask(&prompts[0], PROMPT_CONFIRM);
	type("perhaps\n");
	assert_string_equal(errors_of_run(),
			    "blepair: C4:7C:8D:11:22:33 SENSOR-7: answer yes or no:\n");
}

/* Who is late may answer what is not asked any more. */
static void a_question_ends_with_its_limit(void **state)
{
	(void)state;
	prompts[0].limit = 1000;
	prompt_ask(&prompts[0], PROMPT_CONFIRM);
	prompt_ask(&prompts[1], PROMPT_CONFIRM);
	assert_string_equal(errors_of_run(), "blepair: no answer within 0.001 s\n");
	assert_true(answers[0] == 1 && answers[1] == 0 && asked[1] == 1);
	assert_true(last.kind == PROMPT_NONE && last.overdue && !last.yes);
	type("yes\n");
	assert_string_equal(errors_of_run(),
			    "blepair: the question before was withdrawn; answer this one:\n");
	assert_int_equal(answers[1], 0);
	type("yes\n");
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[1] == 1 && last.yes);
	assert_null(loop.timers);
}

static bool cleared;

static void clear_view(void *ctx)
{
	(void)ctx;
	cleared = true;
}

static void a_message_clears_what_is_drawn(void **state)
{
	(void)state;
	console.before = clear_view;
	cleared = false;
	prompt_ask(&prompts[0], PROMPT_CONFIRM);
	assert_false(cleared);
	type("x\n");
	(void)errors_of_run();
	assert_true(cleared);
	assert_int_equal(console.lines, 1);
	assert_int_equal(console.asked, 1);
}

static void a_line_that_is_too_long_is_no_answer(void **state)
{
	char line[201];

	(void)state;
	memset(line, '1', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	type(line);
	type("\n");
	assert_string_equal(errors_of_run(), "blepair: a passkey has six digits; try again:\n");
	assert_int_equal(answers[0], 0);
	/* What comes after the longest line may have made it another one. */
	(void)snprintf(line, sizeof(line), "%-64s\n", "123456");
	type(line);
	assert_string_equal(errors_of_run(), "blepair: a passkey has six digits; try again:\n");
	(void)snprintf(line, sizeof(line), "%-63s\n", "123456");
	type(line);
	assert_string_equal(errors_of_run(), "");
	assert_true(answers[0] == 1 && last.passkey == 123456);
}

static void at_the_end_of_input_there_is_no_answer(void **state)
{
	(void)state;
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	prompt_ask(&prompts[1], PROMPT_CONFIRM);
	type("12");
	close(input);
	run();
	assert_true(answers[0] == 1 && answers[1] == 1);
	assert_int_equal(last.kind, PROMPT_NONE);
	assert_false(last.yes);
	assert_null(loop.sources);
	input = dup(STDERR_FILENO); /* for end() */
}

static void no_passkey_stays_in_the_buffer(void **state)
{
	static const char zero[sizeof(console.line)];

	(void)state;
	prompt_ask(&prompts[0], PROMPT_PASSKEY);
	type("123456\n");
	run();
	assert_memory_equal(console.line, zero, sizeof(zero));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_line_answers_a_choice),
		cmocka_unit_test(a_passkey_has_six_digits),
		cmocka_unit_test(yes_and_no_have_several_words),
		TEST(questions_are_asked_one_after_the_other),
		TEST(a_question_that_is_asked_again_goes_to_the_end),
		TEST(each_line_answers_the_question_that_was_asked),
		TEST(lines_typed_in_advance_are_not_lost),
		TEST(a_line_that_is_no_answer_is_asked_for_again),
		TEST(half_a_line_is_no_answer_and_is_forgotten_with_its_question),
		TEST(the_first_line_after_a_question_was_withdrawn_answers_nothing),
		TEST(an_answer_may_name_its_session),
		TEST(a_passkey_in_two_groups_names_no_session),
		TEST(a_message_names_the_unit_of_its_question),
		TEST(a_question_ends_with_its_limit),
		TEST(a_message_clears_what_is_drawn),
		TEST(a_line_that_is_too_long_is_no_answer),
		TEST(at_the_end_of_input_there_is_no_answer),
		TEST(no_passkey_stays_in_the_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
