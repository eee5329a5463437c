/* SPDX-License-Identifier: MIT */
#include "print/picture.h"

#include "cli/explain/print/fixture.h"

static struct explain_picture picture;

static void without_files_nothing_is_written(void **state)
{
	(void)state;
	print_picture_begin(&picture, NULL, NULL, &print_origin);
	print_picture_add(&picture, &verdict, 3, false);
	print_picture_end(&picture, "the sum");
	assert_int_equal(picture.number, 3);
}

static void a_capture_without_attempts_makes_files_that_report_it(void **state)
{
	(void)state;
	print_picture_begin(&picture, out, NULL, &print_origin);
	print_picture_end(&picture, "nothing in it");
	has("<h1><bdi>");
	has("<p class=\"sum\">nothing in it</p>");
	has("</body></html>");
	print_again();
	print_picture_begin(&picture, NULL, out, &print_origin);
	print_picture_end(&picture, "nothing in it");
	assert_int_equal(fseek(out, 0, SEEK_END), 0);
	has(">nothing in it</text>");
	has("</svg>");
}

static void nothing_is_written_before_the_first_attempt(void **state)
{
	(void)state;
	print_picture_begin(&picture, out, NULL, &print_origin);
	assert_string_equal(printed(), "");
	print_picture_add(&picture, &verdict, 1, false);
	has("<!doctype html>");
}

static void each_capture_of_an_archive_is_named_once(void **state)
{
	struct explain_origin origin = print_origin;

	(void)state;
	for (int drawing = 0; drawing < 2; drawing++) {
		print_again();
		print_picture_begin(&picture, drawing ? NULL : out, drawing ? out : NULL, &origin);
		origin.inside = "logs/a" MARKUP;
		print_picture_add(&picture, &verdict, 1, false);
		print_picture_add(&picture, &verdict, 2, false);
		assert_int_equal(times("logs/a" MARKUP_ESCAPED), 1);
		origin.inside = "logs/b";
		print_picture_add(&picture, &verdict, 3, false);
		assert_int_equal(times("logs/b<"), 1);
		has_not(MARKUP);
		print_picture_end(&picture, "the sum");
	}
}

static void a_message_within_the_host_is_a_dot_and_no_arrow(void **state)
{
	(void)state;
	attempt.step_count = 1;
	attempt.steps[0].layer = EXPLAIN_LAYER_MANAGEMENT;
	attempt.steps[0].from = attempt.captured_end;
	print_picture_begin(&picture, out, NULL, &print_origin);
	print_picture_add(&picture, &verdict, 1, false);
	has("<span class=\"arrow mgmt left0 right2 at\">");
	print_again();
	print_picture_begin(&picture, NULL, out, &print_origin);
	print_picture_add(&picture, &verdict, 1, false);
	has("<circle class=\"dot mgmt\"");
	has_not("<line class=\"arrow");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_files_nothing_is_written),
		TEST(a_capture_without_attempts_makes_files_that_report_it),
		TEST(nothing_is_written_before_the_first_attempt),
		TEST(each_capture_of_an_archive_is_named_once),
		TEST(a_message_within_the_host_is_a_dot_and_no_arrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
