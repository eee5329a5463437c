/* SPDX-License-Identifier: MIT */
/* The live view: its lines, in terminals of every size, with names of every kind. */
#include "batch/progress_view.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static char text[BATCH_VIEW_TEXT];
static struct batch_view_drawn drawn;

static const struct batch_view_link links[] = {
	{"C4:7C:8D:11:22:33 SENSOR-0412", "pairing", "usb:0a12:0001", 0.44, NULL, false},
	{"C4:7C:8D:11:22:34 Küche 7", "connecting", "hci1", 2, NULL, false},
};
static const struct batch_view_cause causes[] = {
	{"the unit refused: Repeated Attempts (0x09)", 5},
	{"not seen", 3},
};

static struct batch_view usual(void)
{
	return (struct batch_view){
		.width = 100,
		.height = 24,
		.total = 1000,
		.paired = 404,
		.failed = 8,
		.active = 2,
		.resting = 1,
		.waiting = 585,
		.controllers = 2,
		.elapsed = 643,
		.per_minute = 38.4,
		.links = links,
		.link_count = COUNT(links),
		.causes = causes,
		.cause_count = COUNT(causes),
	};
}

static void it_has_a_bar_counts_links_and_causes(void **state)
{
	struct batch_view v = usual();

	(void)state;
	size_t len = batch_view_draw(&v, text, &drawn);
	assert_int_equal(len, strlen(text));
	assert_string_equal(
		text,
		"████████████████░░░░░░░░░░░░░░░░░░░░░░░░  412/1000 41 %  38/min  15:19 left\n"
		"404 paired  8 failed  2 under way  1 for another try  585 not seen yet  2 "
		"controllers\n"
		"  C4:7C:8D:11:22:33 SENSOR-0412                pairing       0.4 s  "
		"usb:0a12:0001\n"
		"  C4:7C:8D:11:22:34 Küche 7                    connecting    2.0 s  hci1\n"
		"      5  the unit refused: Repeated Attempts (0x09)\n"
		"      3  not seen\n");
	assert_int_equal(drawn.lines, 6);

	v.ascii = true;
	v.total = 0;
	v.per_minute = 0;
	v.link_count = v.cause_count = v.resting = v.failed = 0;
	v.ending = "winding up";
	(void)batch_view_draw(&v, text, &drawn);
	assert_string_equal(text, "404 units  10:43\n"
				  "404 paired  2 under way  2 controllers  winding up\n");
}

/* The answer is typed behind it, on the same line. */
static void a_question_leaves_room_for_its_answer(void **state)
{
	struct batch_view v = usual();
	char erase[32];

	(void)state;
	v.question = "passkey of C4:7C:8D:11:22:33 SENSOR-0412:";
	v.link_count = v.cause_count = 0;
	(void)batch_view_draw(&v, text, &drawn);
	assert_true(drawn.asks && drawn.lines == 2);
	assert_non_null(strstr(text, "controllers\npasskey of C4:7C:8D:11:22:33 SENSOR-0412: "));
	(void)batch_view_erase(&drawn, 100, erase);
	assert_string_equal(erase, "\033[2A\r\033[J");
	drawn.answers = 1;
	(void)batch_view_erase(&drawn, 100, erase);
	assert_string_equal(erase, "\033[3A\r\033[J");
	v.width = 30;
	(void)batch_view_draw(&v, text, &drawn);
	assert_string_equal(strrchr(text, '\n'), "\npasskey of C4:7C:8D: ");
	v.height = 1;
	(void)batch_view_draw(&v, text, &drawn);
	(void)batch_view_erase(&drawn, 30, erase);
	assert_string_equal(erase, "\r\033[J");
}

static void colours_change_nothing_else(void **state)
{
	struct batch_view v = usual();
	char plain[BATCH_VIEW_TEXT], *to = plain;

	(void)state;
	(void)batch_view_draw(&v, plain, &drawn);
	v.color = true;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "\033[31m  8 failed\033[0m"));
	assert_non_null(strstr(text, "\033[1m412/1000 41 %"));
	assert_non_null(strstr(text, "\033[32m404 paired\033[0m"));
	assert_non_null(strstr(text, "\033[2m  hci1\033[0m"));
	assert_non_null(strstr(text, "\033[31m    5\033[0m  the unit"));
	/* Nothing but colours differs. */
	char want[BATCH_VIEW_TEXT];
	memcpy(want, plain, sizeof(want));
	for (const char *from = text; *from;) {
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(plain, want);
}

/* Columns of a line of UTF-8, all of which are one wide here. */
static size_t columns(const char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)line[i] & 0xc0) != 0x80;
	return n;
}

static void it_fits_into_every_size(void **state)
{
	struct batch_view_link many[100];

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = links[i % 2];
	for (unsigned width = 0; width < 130; width++)
		for (unsigned height = 0; height < 80; height += 1 + height / 8) {
			struct batch_view v = usual();
			size_t lines = 0;
			v.width = width;
			v.height = height;
			v.links = many;
			v.link_count = height % 2 ? 100 : 16;
			size_t len = batch_view_draw(&v, text, &drawn);
			assert_int_equal(len, strlen(text));
			for (const char *line = text, *end; (end = strchr(line, '\n'));
			     line = end + 1, lines++) {
				size_t n = columns(line, (size_t)(end - line));
				assert_true(n < width);
				assert_int_equal(n, drawn.columns[lines]);
			}
			assert_int_equal(lines, drawn.lines);
			assert_int_equal(lines == 0, width < 2 || height < 2);
			assert_true(lines == 0 || lines < height);
			if (height > 10 && width > 20)
				assert_non_null(strstr(text, "not seen"));
		}
}

/* Up to 40 columns of the bar, two blanks, the figures, and a free column. */
static void the_bar_fills_the_line_up_to_its_size(void **state)
{
	const size_t figures = columns("412/1000 41 %  38/min  15:19 left", 33);

	(void)state;
	for (unsigned width = (unsigned)figures + 13; width < 130; width++) {
		struct batch_view v = usual();
		v.width = width;
		(void)batch_view_draw(&v, text, &drawn);
		size_t bar = width - figures - 3;
		assert_int_equal(drawn.columns[0], (bar < 40 ? bar : 40) + 2 + figures);
	}
}

/* A name cannot steer the terminal, nor can what is no UTF-8. */
static void no_name_can_control_the_terminal(void **state)
{
	static const char *const names[] = {"\033[2J",
					    "a\nb",
					    "\x9b"
					    "31m",
					    "\xc2\x9b"
					    "1m",
					    "\xff\xfe",
					    "\xe2\x82",
					    "\xf0\x9f"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct batch_view_link link = {names[i], names[i], names[i], 0, NULL, false};
		struct batch_view v = usual();
		v.links = &link;
		v.link_count = 1;
		(void)batch_view_draw(&v, text, &drawn);
		assert_int_equal(drawn.lines, 5);
		for (const char *p = text; *p; p++)
			assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
		assert_null(strstr(text, "\xc2\x9b"));
		assert_non_null(strchr(text, '?'));
	}
}

/* Spaces and wide characters are no control characters; a wide one has two columns. */
static void names_in_other_scripts_are_shown(void **state)
{
	static const char name[] = "A\u00a0\u00e9\u4e2d\U0001f600~";
	const struct batch_view_link link = {name, "pairing", "hci0", 0, NULL, false};
	struct batch_view v = usual();

	(void)state;
	v.links = &link;
	v.link_count = 1;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, name));
	assert_int_equal(drawn.columns[2], 2 + 44 + 1 + 11 + 8 + 2 + 4);
	v.ascii = true;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "  A????~ "));
}

/* It stands for what cannot be shown, so it is no character of a name. */
static void a_replacement_character_becomes_a_question_mark(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {{"A\ufffdB", "  A?B "}, {"A\ufffcB", "  A\ufffcB "}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct batch_view_link link = {cases[i].name, "pairing", "hci0", 0,
						     NULL,	    false};
		struct batch_view v = usual();
		v.links = &link;
		v.link_count = 1;
		(void)batch_view_draw(&v, text, &drawn);
		assert_non_null(strstr(text, cases[i].shown));
	}
}

/* The last column stays free: a terminal would wrap there. */
static void a_line_may_fill_all_columns_but_the_last(void **state)
{
	static const char line[] = "0 paired  0 under way  1 controller";
	struct batch_view v = {.width = sizeof(line), .height = 9, .controllers = 1};

	(void)state;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "\n0 paired  0 under way  1 controller\n"));
	v.width--;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "\n0 paired  0 under way  1 controlle\n"));
}

static void the_end_of_the_job_is_shown_in_colour(void **state)
{
	struct batch_view v = {.width = 80, .height = 9, .color = true, .ending = "stopping"};

	(void)state;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "\033[33m  stopping\033[0m\n"));
}

static void times_are_in_minutes_and_hours(void **state)
{
	static const struct {
		double elapsed;
		const char *text;
	} times[] = {{0, "0 units  0:00\n"},	   {-5, "0 units  0:00\n"},
		     {59.4, "0 units  0:59\n"},	   {59.6, "0 units  1:00\n"},
		     {3599, "0 units  59:59\n"},   {3600, "0 units  1:00:00\n"},
		     {3725, "0 units  1:02:05\n"}, {1e12, "0 units  2400:00:00\n"}};
	struct batch_view v = {.width = 100, .height = 24};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		v.elapsed = times[i].elapsed;
		(void)batch_view_draw(&v, text, &drawn);
		assert_int_equal(strncmp(text, times[i].text, strlen(times[i].text)), 0);
	}
}

static void the_bar_shows_the_part_that_ended(void **state)
{
	struct batch_view v = {.width = 80, .height = 24, .total = 10, .ascii = true};

	(void)state;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(
		strncmp(text, "........................................  0/10 0 %  0:00\n", 57), 0);
	v.paired = 4;
	v.failed = 1;
	v.per_minute = 9.96;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(strncmp(text,
				 "####################....................  5/10 50 %  "
				 "10.0/min  0:30 left\n",
				 72),
			 0);
	v.paired = 9;
	v.per_minute = 10;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(strncmp(text,
				 "########################################  10/10 100 %  "
				 "10/min  0:00\n",
				 68),
			 0);
	/* Only the whole is 100 %. */
	v.total = 1000;
	v.paired = 998;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "999/1000 99 %"));
	/* A terminal that has no room for a bar of ten columns has none. */
	v = (struct batch_view){.width = 27, .height = 9, .total = 10, .ascii = true};
	(void)batch_view_draw(&v, text, &drawn); /* "0/10 0 %  0:00" has 14 */
	assert_int_equal(strncmp(text, "..........  0/10", 16), 0);
	v.width = 26;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(strncmp(text, "0/10 0 %", 8), 0);
}

static void counts_that_are_zero_are_left_out(void **state)
{
	struct batch_view v = {.width = 100, .height = 24, .total = 3, .controllers = 1};

	(void)state;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "0 paired  0 under way  0 not seen yet  1 controller\n"));
	v.controllers = 0;
	v.failed = v.resting = v.active = v.waiting = 1;
	(void)batch_view_draw(&v, text, &drawn);
	assert_non_null(strstr(text, "0 paired  1 failed  1 under way  1 for another try  "
				     "1 not seen yet  0 controllers\n"));
}

/* Combining characters have no column of their own. */
static void an_accent_takes_no_column(void **state)
{
	const struct batch_view_link link = {"e\u0301x", "pairing", "hci0", 0, NULL, false};
	struct batch_view v = usual();

	(void)state;
	v.links = &link;
	v.link_count = 1;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(drawn.columns[2], 2 + 44 + 1 + 11 + 8 + 2 + 4);
	assert_non_null(strstr(text, "e\u0301x                                          "));
}

/* Names of every length: cut at the column, the rest of the line in its place. */
static void columns_depend_on_the_width(void **state)
{
	static const struct {
		unsigned width, unit;
		bool controller;
	} widths[] = {
		{91, 44, true}, {90, 30, true}, {61, 30, true}, {60, 34, false}, {29, 3, false}};
	static const char name[] =
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	const struct batch_view_link link = {name, "pairing", "hci0", 7, NULL, false};
	struct batch_view v = {.height = 9, .links = &link, .link_count = 1, .total = 5};

	(void)state;
	for (size_t i = 0; i < COUNT(widths); i++) {
		char line[120];
		v.width = widths[i].width;
		(void)batch_view_draw(&v, text, &drawn);
		(void)snprintf(line, sizeof(line), "\n  %.*s pairing       7.0 s%s\n",
			       (int)widths[i].unit, name, widths[i].controller ? "  hci0" : "");
		if (!strstr(text, line))
			fail_msg("width %u: no line %s in\n%s", widths[i].width, line, text);
	}
}

/* As many links as the height allows, and the number of the others; causes keep their lines. */
static void links_that_find_no_line_are_counted(void **state)
{
	struct batch_view_link many[BATCH_VIEW_LINES];
	struct batch_view_cause causes_[7];
	struct batch_view v = usual();

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = links[0];
	for (size_t i = 0; i < COUNT(causes_); i++)
		causes_[i] = (struct batch_view_cause){"x", 10 + i};
	v.links = many;
	v.link_count = 20;
	v.causes = causes_;
	v.cause_count = COUNT(causes_);
	v.height = 18; /* 17 lines: 2, 5 for causes, 10 for links */
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(drawn.lines, 17);
	assert_non_null(strstr(text, "\n  and 11 more\n     10  x\n"));
	assert_non_null(strstr(text, "     14  x\n"));
	assert_null(strstr(text, "     15  x\n")); /* five are enough */
	v.link_count = 10;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(drawn.lines, 17);
	assert_null(strstr(text, "more\n"));
	v.height = 200;
	v.link_count = BATCH_VIEW_LINES;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(drawn.lines, 2 + 54 + 5);
	assert_non_null(strstr(text, "\n  and 11 more\n"));
	v.height = 4;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_equal(drawn.lines, 3);
}

static void erasing_removes_every_row(void **state)
{
	struct batch_view v = usual();
	char erase[32];

	(void)state;
	(void)batch_view_draw(&v, text, &drawn);
	assert_int_not_equal(batch_view_erase(&drawn, 100, erase), 0);
	assert_string_equal(erase, "\033[6A\r\033[J");
	/* At half the width, lines above it take two rows. */
	size_t rows = 0;
	for (size_t i = 0; i < drawn.lines; i++)
		rows += drawn.columns[i] > 50 ? 2 : 1;
	assert_true(rows > 6);
	(void)batch_view_erase(&drawn, 50, erase);
	char want[32];
	(void)snprintf(want, sizeof(want), "\033[%zuA\r\033[J", rows);
	assert_string_equal(erase, want);
	/* An empty line has a row, and so has any line of a terminal without a width. */
	drawn.columns[0] = 0;
	drawn.columns[1] = 60;
	drawn.lines = 2;
	(void)batch_view_erase(&drawn, 50, erase);
	assert_string_equal(erase, "\033[3A\r\033[J");
	(void)batch_view_erase(&drawn, 0, erase);
	assert_string_equal(erase, "\033[2A\r\033[J");
	drawn.lines = 0;
	assert_int_equal(batch_view_erase(&drawn, 50, erase), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_a_bar_counts_links_and_causes),
		cmocka_unit_test(a_question_leaves_room_for_its_answer),
		cmocka_unit_test(colours_change_nothing_else),
		cmocka_unit_test(it_fits_into_every_size),
		cmocka_unit_test(the_bar_fills_the_line_up_to_its_size),
		cmocka_unit_test(no_name_can_control_the_terminal),
		cmocka_unit_test(names_in_other_scripts_are_shown),
		cmocka_unit_test(a_replacement_character_becomes_a_question_mark),
		cmocka_unit_test(a_line_may_fill_all_columns_but_the_last),
		cmocka_unit_test(the_end_of_the_job_is_shown_in_colour),
		cmocka_unit_test(times_are_in_minutes_and_hours),
		cmocka_unit_test(the_bar_shows_the_part_that_ended),
		cmocka_unit_test(counts_that_are_zero_are_left_out),
		cmocka_unit_test(an_accent_takes_no_column),
		cmocka_unit_test(columns_depend_on_the_width),
		cmocka_unit_test(links_that_find_no_line_are_counted),
		cmocka_unit_test(erasing_removes_every_row),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
