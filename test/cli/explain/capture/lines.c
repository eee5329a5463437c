/* SPDX-License-Identifier: MIT */
/* Lines of a text, without what mailers, terminals and web pages put around them. */
#include "capture/lines.h"

#include <string.h>

#include "unit.h"

static struct explain_capture capture;
static struct explain_lines lines;

static void begin(const char *text, size_t len)
{
	memset(&capture, 0, sizeof(capture));
	memset(&lines, 0, sizeof(lines));
	capture_source_memory(&capture.source, text, len);
}

static void assert_lines(const char *text, const char *const *expected, size_t count)
{
	begin(text, strlen(text));
	for (size_t i = 0; i < count; i++) {
		assert_true(capture_line(&capture, &lines));
		assert_string_equal(lines.text, expected[i]);
	}
	assert_false(capture_line(&capture, &lines));
}

static void a_line_ends_with_lf_or_cr_or_both(void **state)
{
	static const char *const expected[] = {"one", "two", "", "three", "four"};

	(void)state;
	assert_lines("one\ntwo\n\nthree\nfour", expected, COUNT(expected));
	assert_lines("one\r\ntwo\r\n\r\nthree\r\nfour\r\n", expected, COUNT(expected));
	assert_lines("one\rtwo\r\rthree\rfour\r", expected, COUNT(expected));
}

static void quotes_colours_escapes_and_marks_are_removed(void **state)
{
	static const char *const expected[] = {"Frame 1", "a -> b & \"c\"", "red", "x", "a|b > c"};

	(void)state;
	assert_lines("\xef\xbb\xbf> > | Frame 1  \n&gt; a -&gt; b &amp; &quot;c&quot;\n"
		     "\x1b[1;31mred\x1b[0m\n\t x\n>>a|b > c",
		     expected, COUNT(expected));
}

/* Trimming ends where the line begins. */
static void a_line_of_blanks_changes_nothing_before_it(void **state)
{
	static struct {
		char before[8];
		struct explain_lines lines;
	} of;

	(void)state;
	begin("   \n\n", 5);
	memset(of.before, ' ', sizeof(of.before));
	for (int i = 0; i < 2; i++) {
		assert_true(capture_line(&capture, &of.lines));
		assert_string_equal(of.lines.text, "");
		assert_memory_equal(of.before, "        ", sizeof(of.before));
	}
}

static void a_long_line_is_cut_and_the_next_one_is_whole(void **state)
{
	static char text[EXPLAIN_LINE_MAX + 100];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 6, "\nnext\n", 6);
	begin(text, sizeof(text));
	assert_true(capture_line(&capture, &lines));
	assert_true(lines.cut);
	assert_int_equal(strlen(lines.text), EXPLAIN_LINE_MAX);
	assert_true(capture_line(&capture, &lines));
	assert_false(lines.cut);
	assert_string_equal(lines.text, "next");
}

static void a_zero_does_not_end_a_line(void **state)
{
	(void)state;
	begin("a\0b\nc", 5);
	assert_true(capture_line(&capture, &lines));
	assert_string_equal(lines.text, "a b");
}

static void the_time_of_day_is_read_and_midnight_passes(void **state)
{
	static const struct {
		const char *line;
		uint64_t us;
	} rows[] = {
		{"Dec 06 13:35:59.204  ACL Send", UINT64_C(48959204000)},
		{"[23:00:00.102,000] <inf>", UINT64_C(82800102000)},
		{"[00:00:01.5] EVT <=", UINT64_C(86401500000)},
	};
	struct explain_packet packet = {0};
	uint64_t last = 0, day = 0;

	(void)state;
	assert_false(capture_line_time("00:11:22:33:44:55", 17, &packet, &last, &day));
	assert_int_equal(packet.clock, EXPLAIN_CLOCK_NONE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(capture_line_time(rows[i].line, strlen(rows[i].line), &packet, &last,
					      &day));
		assert_int_equal(packet.clock, EXPLAIN_CLOCK_DAY);
		assert_int_equal(packet.time_us, rows[i].us);
	}
	/* A line without a time has that of the line before. */
	assert_false(capture_line_time("EVT <=", 6, &packet, &last, &day));
	assert_int_equal(packet.time_us, rows[2].us);
}

static bool has_time(const char *line)
{
	struct explain_packet packet = {0};
	uint64_t last = 0, day = 0;

	return capture_line_time(line, strlen(line), &packet, &last, &day);
}

static void a_time_has_its_digits_and_colons_and_is_possible(void **state)
{
	char line[] = "12:34:56";

	(void)state;
	assert_true(has_time(line));
	for (size_t i = 0; line[i]; i++) {
		const char right = line[i];
		line[i] = 'x';
		assert_false(has_time(line));
		line[i] = right;
	}
	assert_true(has_time("99:59:60"));
	assert_false(has_time("12:60:00"));
	assert_false(has_time("12:00:61"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_with_lf_or_cr_or_both),
		cmocka_unit_test(quotes_colours_escapes_and_marks_are_removed),
		cmocka_unit_test(a_line_of_blanks_changes_nothing_before_it),
		cmocka_unit_test(a_long_line_is_cut_and_the_next_one_is_whole),
		cmocka_unit_test(a_zero_does_not_end_a_line),
		cmocka_unit_test(the_time_of_day_is_read_and_midnight_passes),
		cmocka_unit_test(a_time_has_its_digits_and_colons_and_is_possible),
	};
	return cmocka_run_group_tests_name("explain/capture/lines", tests, NULL, NULL);
}
