/* SPDX-License-Identifier: MIT */
#include "print/picture.h"

#include <string.h>

#include "cli/explain/print/fixture.h"

static struct explain_picture picture;

static void page(bool show_keys)
{
	print_again();
	print_picture_begin(&picture, out, NULL, &print_origin);
	print_picture_add(&picture, &verdict, 1, show_keys);
	print_picture_end(&picture, "the sum");
}

static void nothing_of_a_capture_becomes_markup(void **state)
{
	(void)state;
	page(true);
	has_not(MARKUP);
	/* title, name, format, outcome, finding, tooltip, section, fix */
	assert_int_equal(times(MARKUP_ESCAPED), 8);
}

static void keys_are_shown_only_with_show_keys(void **state)
{
	static const char *const keys[] = {KEY_TEXT, TK_TEXT, "01 02 03 04 05 06 07 08 09 0a 0b"};

	(void)state;
	for (int show = 0; show < 2; show++) {
		page(show);
		for (size_t i = 0; i < COUNT(keys); i++)
			(show ? has : has_not)(keys[i]);
	}
}

static void a_page_names_the_file_the_dates_and_the_version(void **state)
{
	struct explain_origin origin = print_origin;

	(void)state;
	page(false);
	has("<title>blepair explain: " MARKUP_ESCAPED ".btsnoop</title>");
	has("<h1><bdi>" MARKUP_ESCAPED ".btsnoop</bdi></h1><p>btsnoop " MARKUP_ESCAPED
	    "; captured 2026-11-25 03:27:18 UTC; explained 2026-11-30 06:51:53 UTC by blepair ");
	/* What is known of the capture only later stands there, too. */
	print_again();
	print_picture_begin(&picture, out, NULL, &origin);
	origin.clock = EXPLAIN_CLOCK_NONE;
	print_picture_add(&picture, &verdict, 1, false);
	has("; captured on an unknown day; explained ");
}

static void a_page_links_each_frame_to_its_row(void **state)
{
	(void)state;
	page(false);
	has("<section class=\"bad\" id=\"a1\"><h2>1. the responder refused " MARKUP_ESCAPED
	    " (<a href=\"#a1-12\">frame 12</a>)</h2>");
	has("<div class=\"finding fault\"><b>why</b>the initiator sent " MARKUP_ESCAPED
	    "<i>→ do this and " MARKUP_ESCAPED "</i><small><a href=\"#a1-11\">frame 11</a>, "
	    "frame 5; Vol 3 " MARKUP_ESCAPED " [test-refused]</small></div>");
	has("<div class=\"finding hint\"><b>hint</b>good to know<i>→ do that</i><small>"
	    "<a href=\"#a1-12\">frame 12</a> [test-hint]</small></div>");
	assert_int_equal(times(" id=\"a1-12\""), 1);
	assert_int_equal(times(" id=\"a1-11\""), 1);
	assert_int_equal(times(" id=\"a1-5\""), 0); /* not in the ladder */
	verdict.frame = 0;
	page(false);
	has("the responder refused " MARKUP_ESCAPED "</h2>");
}

static void a_page_has_ends_and_agreement(void **state)
{
	(void)state;
	page(false);
	assert_int_equal(times("<dl>"), times("</dl>"));
	has("<dt>initiator</dt><dd>C6:05:04:03:02:01 (public), the captured host</dd>");
	has("<dt>responder</dt><dd>C7:05:04:03:02:01 (random static)</dd>");
	has("<dt>agreed</dt><dd>LE legacy pairing, Just Works: ");
	verdict.facts.has_features = false;
	attempt.captured_end = EXPLAIN_NOBODY;
	page(false);
	has_not("agreed");
	has_not("the captured host");
}

static void lanes_have_the_names_of_both_ends_and_their_roles(void **state)
{
	(void)state;
	page(false);
	has("<b class=\"lane\">host<small>initiator (central)</small></b><b "
	    "class=\"lane\">controller</b><b class=\"lane\">peer<small>responder "
	    "(peripheral)</small></b>");
	attempt.captured_end = R;
	page(false);
	has("<b class=\"lane\">host<small>responder (peripheral)</small></b>");
	attempt.captured_end = EXPLAIN_NOBODY;
	page(false);
	has("<div class=\"ladder air\">");
	has("<b class=\"lane\">central<small>initiator</small></b><b "
	    "class=\"lane\">peripheral<small>responder</small></b>");
}

static void an_arrow_goes_from_lane_to_lane_in_the_colour_of_its_layer(void **state)
{
	(void)state;
	page(false);
	has("\"arrow hci left0 right1 to\"><b>LE Enable Encryption</b>");
	has("\"arrow smp left0 right2 to\"><b>Pairing Request</b>");
	has("\"arrow smp left0 right2 fro\"><b>Pairing Failed</b>");
	has("\"arrow l2cap left0 right2 fro\"><b>Command Reject</b>");
	has("\"arrow hci left0 right1 fro\"><b>Disconnection Complete</b>");
	attempt.captured_end = EXPLAIN_NOBODY;
	attempt.steps[3].layer = EXPLAIN_LAYER_LL;
	page(false);
	has("\"arrow ll left0 right1 fro\"");
}

static void a_row_has_time_frame_content_and_values_as_a_whole(void **state)
{
	(void)state;
	page(false);
	has("<span class=\"time\">0.250000</span><span class=\"frame\">11</span>");
	has("<span class=\"content\"><b>why</b>NoInputNoOutput, bonding, no MITM, legacy, key 16, "
	    "initiator&#39;s keys Enc, responder&#39;s keys Enc<i>= TK (hidden without "
	    "--show-keys); c1 matches</i></span>");
	has("title=\"Pairing Request\nNoInputNoOutput, bonding, no MITM, legacy, key 16, "
	    "initiator&#39;s keys Enc, responder&#39;s keys Enc\noctets: 01 03 00 01 10 01 01\n"
	    "computed: TK (hidden without --show-keys); c1 matches\nthe initiator "
	    "sent " MARKUP_ESCAPED "\"");
	has("title=\"LE Enable Encryption\nEDIV 0x0000, Rand 0000000000000000, key (hidden without "
	    "--show-keys)\noctets: hidden without --show-keys\"");
	assert_int_equal(times("<div class=\"row"), 1 + 5); /* the names of the lanes, too */
}

static void the_row_that_ended_the_attempt_is_marked(void **state)
{
	(void)state;
	page(false);
	has("<div class=\"row ended bad\" id=\"a1-12\"");
	has("<b class=\"here\">✗ failed here</b>Busy (0x10)</span>");
	assert_int_equal(times("class=\"here\""), 1);
	verdict.failed = false;
	verdict.outcome = EXPLAIN_PAIRED;
	page(false);
	has("<section class=\"good\"");
	has("<div class=\"row ended good\" id=\"a1-12\"");
	has("<b class=\"here\">✓ encrypted here</b>");
	verdict.outcome = EXPLAIN_UNFINISHED;
	verdict.frame = 0;
	page(false);
	has("<section class=\"open\"");
	assert_int_equal(times("class=\"here\""), 0);
}

static void a_page_ends_with_the_sum_and_a_legend(void **state)
{
	(void)state;
	page(false);
	has("<p class=\"sum\">the sum</p>\n<section class=\"legend\">");
	for (size_t i = 0; i < look_legend_count; i++)
		has(look_legend[i].meaning);
	has("</dl></section>\n</body></html>\n");
}

static void attempts_keep_their_numbers(void **state)
{
	(void)state;
	print_picture_begin(&picture, out, NULL, &print_origin);
	print_picture_add(&picture, &verdict, 1, false);
	print_picture_add(&picture, &verdict, 5, false);
	print_picture_end(&picture, "");
	has(">1. the responder");
	has(">5. the responder");
	assert_int_equal(times("id=\"a1-10\""), 1);
	assert_int_equal(times("id=\"a5-10\""), 1);
	assert_int_equal(times("<!DOCTYPE html>"), 1);
	assert_int_equal(times("</body></html>"), 1);
}

static void steps_that_were_lost_are_counted(void **state)
{
	(void)state;
	attempt.steps_lost = 1;
	page(false);
	has("<p>and 1 more step</p>");
	attempt.steps_lost = 7;
	page(false);
	has("<p>and 7 more steps</p>");
}

static void a_page_has_no_references_but_its_own_and_a_style_for_paper(void **state)
{
	(void)state;
	page(false);
	has("prefers-color-scheme:dark");
	has("@media print");
	has("size: A4");
	/* The names of the lanes stand on each page of paper: tables repeat their head. */
	has("<div class=\"top\"><div class=\"row head\">");
	has(".top { display: table-header-group; break-inside: avoid; }");
	has_not("url(");
	has_not("src=");
	has_not("@import");
	assert_int_equal(times("href=\""), times("href=\"#"));
	assert_int_equal(times("<style>"), 1);
	assert_int_equal(times("</style>"), 1);
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void add_secrets(void)
{
	print_picture_add(&picture, &verdict, 1, true);
}

static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	print_picture_begin(&picture, out, NULL, &print_origin);
	leaves_no_key(add_secrets);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_of_a_capture_becomes_markup),
		TEST(keys_are_shown_only_with_show_keys),
		TEST(a_page_names_the_file_the_dates_and_the_version),
		TEST(a_page_links_each_frame_to_its_row),
		TEST(a_page_has_ends_and_agreement),
		TEST(lanes_have_the_names_of_both_ends_and_their_roles),
		TEST(an_arrow_goes_from_lane_to_lane_in_the_colour_of_its_layer),
		TEST(a_row_has_time_frame_content_and_values_as_a_whole),
		TEST(the_row_that_ended_the_attempt_is_marked),
		TEST(a_page_ends_with_the_sum_and_a_legend),
		TEST(attempts_keep_their_numbers),
		TEST(steps_that_were_lost_are_counted),
		TEST(a_page_has_no_references_but_its_own_and_a_style_for_paper),
		TEST(no_key_is_left_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
