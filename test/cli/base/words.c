/* SPDX-License-Identifier: MIT */
#include "base/words.h"

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static char *text;
static size_t size;
static struct words words;

static int begin(void **state)
{
	(void)state;
	words = (struct words){.width = 20, .indent = 2};
	words.out = open_memstream(&text, &size);
	return words.out ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	(void)fclose(words.out);
	free(text);
	return 0;
}

static void prints(const char *given, const char *expected)
{
	words_put(&words, given, strlen(given));
	assert_int_equal(fflush(words.out), 0);
	assert_string_equal(text, expected);
}

static void a_line_ends_between_two_words(void **state)
{
	(void)state;
	prints("1234567890 123456789 1 123456789 12345678", "1234567890 123456789\n"
							    "  1 123456789\n"
							    "  12345678");
}

static void without_a_terminal_a_line_has_no_end(void **state)
{
	(void)state;
	words.width = 0;
	prints("1234567890 123456789 1 123456789 12345678",
	       "1234567890 123456789 1 123456789 12345678");
}

static void the_first_line_may_begin_in_another_column(void **state)
{
	(void)state;
	words.column = 13;
	prints("1234567 12345678 1234567 123456789", "1234567\n  12345678 1234567\n  123456789");
}

static void what_follows_a_word_is_separated_by_a_blank_or_belongs_to_it(void **state)
{
	(void)state;
	words_put(&words, "one", 3);
	words_put(&words, " two", 4);
	words.begun = false;
	prints(": three", "one two: three");
}

static void blanks_within_a_line_stay(void **state)
{
	(void)state;
	prints("1  2   3    4567890", "1  2   3    4567890");
	prints("  5 6", "1  2   3    4567890\n  5 6");
}

static void a_letter_of_several_octets_is_one_column(void **state)
{
	(void)state;
	assert_int_equal(words_columns("\u00e4\u2192\U0001f512x", 10), 4);
	prints("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4 123456789 1",
	       "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4 123456789\n  1");
}

static void a_word_longer_than_a_line_is_split(void **state)
{
	(void)state;
	prints("a 1234567890123456789012", "a\n  123456789012345678\n  9012");
}

static void a_word_to_copy_stays_whole(void **state)
{
	(void)state;
	words.whole = true;
	prints("a 1234567890123456789012 b", "a\n  1234567890123456789012\n  b");
}

static void controls_are_replaced(void **state)
{
	(void)state;
	prints("\033[2J a\xff", "\ufffd[2J a\ufffd");
}

static void colours_have_no_columns(void **state)
{
	(void)state;
	words.painted = true;
	prints("\033[31m\033[1m1234567890\033[0m 123456789 1",
	       "\033[31m\033[1m1234567890\033[0m 123456789\n  1");
}

static void the_width_is_that_of_the_terminal(void **state)
{
	static const struct {
		unsigned short columns;
		const char *variable;
		int width;
	} cases[] = {{40, "60", 40},
		     {80, NULL, 80},
		     {5, NULL, WORDS_NARROWEST},
		     {500, NULL, WORDS_WIDEST},
		     {0, NULL, 80},
		     /* Only if the terminal does not say. */
		     {0, "50", 50},
		     {0, "5", WORDS_NARROWEST},
		     {0, "99999999999999999999", WORDS_WIDEST},
		     {0, "-3", 80},
		     {0, "50x", 80},
		     {0, "", 80}};
	int ends[2];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct winsize window = {.ws_col = cases[i].columns, .ws_row = 24};
		int master, terminal;
		assert_int_equal(cases[i].variable ? setenv("COLUMNS", cases[i].variable, 1)
						   : unsetenv("COLUMNS"),
				 0);
		assert_int_equal(openpty(&master, &terminal, NULL, NULL, &window), 0);
		assert_int_equal(words_width(terminal), cases[i].width);
		close(master);
		close(terminal);
	}
	assert_int_equal(pipe(ends), 0);
	(void)setenv("COLUMNS", "50", 1);
	assert_int_equal(words_width(ends[1]), 0);
	(void)unsetenv("COLUMNS");
	close(ends[0]);
	close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_ends_between_two_words),
		TEST(without_a_terminal_a_line_has_no_end),
		TEST(the_first_line_may_begin_in_another_column),
		TEST(what_follows_a_word_is_separated_by_a_blank_or_belongs_to_it),
		TEST(blanks_within_a_line_stay),
		TEST(a_letter_of_several_octets_is_one_column),
		TEST(a_word_longer_than_a_line_is_split),
		TEST(a_word_to_copy_stays_whole),
		TEST(controls_are_replaced),
		TEST(colours_have_no_columns),
		TEST(the_width_is_that_of_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
