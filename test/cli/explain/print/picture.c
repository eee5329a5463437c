/* SPDX-License-Identifier: MIT */
#include "print/picture.h"

#include <string.h>

#include "cli/explain/print/fixture.h"
#include "smp/pdu.h"

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
	has("<!DOCTYPE html>");
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

/* A page for others: the values of Passkey Entry reveal the passkey. */
static void a_part_of_another_page_has_no_value_of_the_pairing(void **state)
{
	static const uint8_t codes[] = {SMP_PAIRING_CONFIRM, SMP_PAIRING_RANDOM,
					SMP_PAIRING_DHKEY_CHECK, SMP_PAIRING_PUBLIC_KEY};
	struct explain_step *s = &attempt.steps[1];

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		const bool key = codes[i] == SMP_PAIRING_PUBLIC_KEY;
		s->code = codes[i];
		s->kept = key ? 65 : 17;
		s->len = s->kept;
		memset(s->data, 0xa7, s->kept);
		print_again();
		print_picture_begin(&picture, out, NULL, &print_origin);
		print_picture_add(&picture, &verdict, 1, false);
		has("a7a7a7a7");
		print_again();
		print_picture_part(out, &verdict, 7);
		has_not("a7a7");
		has_not("a7 a7");
		has_not("octets:");
		has_not(KEY_TEXT);
		has_not(MARKUP);
		has("<b>why</b>the initiator sent " MARKUP_ESCAPED);
		has("<a href=\"#a7-11\">frame 11</a>");
		has("id=\"a7-11\"");
		has("<dt>initiator</dt>");
		has_not("<html");
	}
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
		TEST(a_part_of_another_page_has_no_value_of_the_pairing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
