/* SPDX-License-Identifier: MIT */
#include "print/picture.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/print/fixture.h"

static struct explain_picture picture;

static void drawing(bool show_keys)
{
	print_again();
	print_picture_begin(&picture, NULL, out, &print_origin);
	print_picture_add(&picture, &verdict, 1, show_keys);
	print_picture_end(&picture, "the sum");
	assert_int_equal(fseek(out, 0, SEEK_END), 0);
}

/* ---- Elements -------------------------------------------------------------------------------- */

/* The element of that number (from 0) that begins with these characters, behind text. */
static const char *element_in(const char *text, const char *start, size_t number)
{
	const char *p = text;

	for (size_t i = 0; (p = strstr(p, start)); i++, p++)
		if (i == number)
			return p;
	fail_msg("no %s number %zu", start, number);
	return NULL;
}

static const char *element(const char *start, size_t number)
{
	return element_in(printed(), start, number);
}

static int attribute(const char *element, const char *name)
{
	char text[20];
	const char *p, *end = strchr(element, '>');

	(void)snprintf(text, sizeof(text), " %s=\"", name);
	p = strstr(element, text);
	assert_true(p && p < end);
	return atoi(p + strlen(text));
}

#define LANE "<text class=\"lane\""
#define LIFE "<line class=\"life\""
#define ROW  "<g class=\"row"
#define HIT  "<rect class=\"hit"
#define LINE "<line class=\"arrow"

static const char *row(size_t number)
{
	return element(ROW, number);
}

/* The x of a lane. */
static int lane(const char *name)
{
	for (size_t i = 0; i < times(LANE); i++) {
		const char *text = strchr(element(LANE, i), '>') + 1;
		if (strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '<')
			return attribute(element(LANE, i), "x");
	}
	fail_msg("no lane %s", name);
	return 0;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void a_tooltip_has_fields_octets_values_and_finding(void **state)
{
	(void)state;
	drawing(false);
	has("<title>LE Enable Encryption\nEDIV 0x0000, Rand 0000000000000000, key (hidden without "
	    "--show-keys)\noctets: hidden without --show-keys</title>");
	has("<title>Pairing Request\nNoInputNoOutput, bonding, no MITM, legacy, key 16, "
	    "initiator&#39;s keys Enc, responder&#39;s keys Enc\noctets: 01 03 00 01 10 01 01\n"
	    "computed: TK (hidden without --show-keys); c1 matches\nthe initiator "
	    "sent " MARKUP_ESCAPED "</title>");
	has("<title>Pairing Failed\nBusy (0x10)\noctets: 05 10</title>");
	attempt.steps[2].code = 0xff; /* without fields */
	drawing(false);
	has("<title>unknown command\n2 octets\noctets: 05 10</title>");
	drawing(true);
	has("key " KEY_TEXT "\noctets: 40 00 00");
}

static void a_message_without_fields_has_none(void **state)
{
	(void)state;
	attempt.steps[4].code = 0x10;
	attempt.steps[4].len = attempt.steps[4].kept = 1;
	attempt.steps[4].data[0] = 0x42;
	drawing(false);
	has("<title>Hardware Error\noctets: 42</title>");
}

/* ---- The ladder ------------------------------------------------------------------------------ */

static void lanes_are_those_of_a_host_or_of_the_air(void **state)
{
	(void)state;
	drawing(false);
	assert_int_equal(times(LANE), 3);
	assert_int_equal(times(LIFE), 6); /* once more over the band of the end */
	assert_true(lane("host") < lane("controller") && lane("controller") < lane("peer"));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(attribute(element(LIFE, i), "x1"),
				 attribute(element(LANE, i), "x"));
		assert_int_equal(attribute(element(LIFE, i), "x2"),
				 attribute(element(LANE, i), "x"));
	}
	has(">initiator (central)</text>");
	has(">responder (peripheral)</text>");
	attempt.captured_end = EXPLAIN_NOBODY;
	drawing(false);
	assert_int_equal(times(LANE), 2);
	has(">initiator</text>");
	has(">responder</text>");
	assert_true(lane("central") < lane("peripheral"));
}

static void each_message_is_a_row_below_the_one_before(void **state)
{
	(void)state;
	drawing(false);
	const char *svg = element("<svg ", 0);
	const int height = attribute(svg, "height"), width = attribute(svg, "width");
	assert_int_equal(times(ROW), 5);
	int below = attribute(element(LANE, 0), "y"); /* the names of the lanes are above */
	for (size_t i = 0; i < 5; i++) {
		const char *hit = element_in(row(i), HIT, 0);
		assert_true(attribute(hit, "y") >= below);
		assert_int_equal(attribute(hit, "width"), width);
		below = attribute(hit, "y") + attribute(hit, "height");
	}
	/* All lines of life go from the names past the last row, and end in the picture. */
	for (size_t i = 0; i < 3; i++) {
		const char *life = element(LIFE, i);
		assert_true(attribute(life, "y1") > attribute(element(LANE, i), "y"));
		assert_true(attribute(life, "y1") <= attribute(element_in(row(0), HIT, 0), "y"));
		assert_true(attribute(life, "y2") >= below && attribute(life, "y2") < height);
	}
}

static void an_arrow_goes_from_lane_to_lane(void **state)
{
	static const struct {
		const char *from, *to, *class;
	} arrows[] = {
		{"host", "controller", "hci"}, {"host", "peer", "smp"},
		{"peer", "host", "smp"},       {"peer", "host", "l2cap"},
		{"controller", "host", "hci"},
	};
	char text[80];

	(void)state;
	drawing(false);
	for (size_t i = 0; i < COUNT(arrows); i++) {
		const char *hit = element_in(row(i), HIT, 0), *line = element_in(row(i), LINE, 0);
		const int from = lane(arrows[i].from), to = lane(arrows[i].to);
		const int y = attribute(line, "y1");
		assert_int_equal(attribute(line, "x1"), from);
		assert_int_equal(attribute(line, "x2"), to);
		assert_int_equal(attribute(line, "y2"), y);
		assert_true(y > attribute(hit, "y"));
		assert_true(y < attribute(hit, "y") + attribute(hit, "height"));
		(void)snprintf(text, sizeof(text), "<line class=\"arrow %s\"", arrows[i].class);
		assert_memory_equal(line, text, strlen(text));
		/* The head stands at the end, and points away from the start. */
		(void)snprintf(text, sizeof(text),
			       "<path class=\"head %s\" d=\"M%d %dl%d -5v10z\"/>", arrows[i].class,
			       to, y, to > from ? -8 : 8);
		assert_true(element_in(line, text, 0) < element_in(line, "</g>", 0));
		/* The title stands above the arrow, right of its left end. */
		const char *title = element_in(row(i), "<text class=\"title\"", 0);
		assert_true(attribute(title, "y") < y &&
			    attribute(title, "y") > attribute(hit, "y"));
		assert_int_equal(attribute(title, "x"), (from < to ? from : to) + 10);
	}
}

static void a_control_pdu_has_the_colour_of_the_link_layer(void **state)
{
	(void)state;
	attempt.captured_end = EXPLAIN_NOBODY;
	attempt.steps[3].layer = EXPLAIN_LAYER_LL;
	drawing(false);
	has("<line class=\"arrow ll\"");
}

static void a_row_has_time_and_frame_and_a_flag_for_its_finding(void **state)
{
	(void)state;
	drawing(false);
	has("text-anchor=\"end\">0.250000</text>");
	has("text-anchor=\"end\">#11</text>");
	has("text-anchor=\"end\">seconds</text>");
	has("text-anchor=\"end\">frame</text>");
	has("<g class=\"row fault\" id=\"a1-11\">");
	has("<g class=\"row \" id=\"a1-12\">");			  /* a hint is no flag */
	assert_int_equal(times("<circle class=\"flag\""), 1 + 5); /* the legend has five */
	const char *flag = element("<circle class=\"flag\"", 0);
	const char *hit = element_in(row(1), HIT, 0);
	assert_true(flag > row(1) && flag < row(2));
	assert_true(attribute(flag, "cy") > attribute(hit, "y"));
	assert_true(attribute(flag, "cy") < attribute(hit, "y") + attribute(hit, "height"));
	assert_true(attribute(flag, "cx") > lane("peer"));
}

static void the_row_that_ended_the_attempt_is_marked(void **state)
{
	(void)state;
	drawing(false);
	assert_int_equal(times("<rect class=\"hit ended\""), 1);
	assert_true(element("<rect class=\"hit ended\"", 0) > row(2));
	assert_true(element("<rect class=\"hit ended\"", 0) < row(3));
	has(">✗ failed here</text>\n<text class=\"mono\"");
	verdict.failed = false;
	verdict.outcome = EXPLAIN_PAIRED;
	drawing(false);
	has(">✓ encrypted here</text>\n<text class=\"mono\"");
	verdict.frame = 0;
	drawing(false);
	has_not("hit ended");
}

static void long_content_is_broken_into_lines_of_a_higher_row(void **state)
{
	static const char *const lines[] = {
		(">NoInputNoOutput, bonding, no MITM, legacy, key 16, initiator&#39;s keys "
		 "Enc,</text>"),
		">responder&#39;s keys Enc</text>",
		">= TK (hidden without --show-keys); c1 matches</text>",
	};
	int y = 0;

	(void)state;
	drawing(false);
	const char *hit = element_in(row(1), HIT, 0);
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *text = element_in(row(1), "<text class=\"mono\"", i);
		assert_memory_equal(strchr(text, '>'), lines[i], strlen(lines[i]));
		assert_true(attribute(text, "y") >= (i ? y + 12 : attribute(hit, "y") + 12));
		y = attribute(text, "y");
		assert_true(attribute(text, "x") > lane("peer"));
	}
	assert_true(y < attribute(hit, "y") + attribute(hit, "height"));
	assert_true(attribute(hit, "height") > attribute(element_in(row(3), HIT, 0), "height"));
	/* One line stands at the arrow. */
	assert_int_equal(attribute(element_in(row(3), "<text class=\"mono\"", 0), "y"),
			 attribute(element_in(row(3), LINE, 0), "y1"));
}

/* ---- The drawing ----------------------------------------------------------------------------- */

static void nothing_of_a_capture_becomes_markup(void **state)
{
	(void)state;
	drawing(true);
	has_not(MARKUP);
	/* name, format, outcome, finding, advice, tooltip */
	assert_int_equal(times(MARKUP_ESCAPED), 6);
}

static void keys_are_shown_only_with_show_keys(void **state)
{
	static const char *const keys[] = {KEY_TEXT, TK_TEXT, "01 02 03 04 05 06 07 08 09 0a 0b"};

	(void)state;
	for (int show = 0; show < 2; show++) {
		drawing(show);
		for (size_t i = 0; i < COUNT(keys); i++)
			(show ? has : has_not)(keys[i]);
	}
}

static void a_drawing_has_the_size_of_its_content(void **state)
{
	(void)state;
	drawing(false);
	assert_memory_equal(printed(), "<svg xmlns=", 11);
	const char *svg = element("<svg ", 0), *hit = element_in(row(4), HIT, 0);
	const int one = attribute(svg, "height");
	const char *last = element("<g class=\"legend", times("<g class=\"legend") - 1);
	const int end = attribute(element_in(last, "<text", 0), "y");
	assert_true(end > attribute(hit, "y") + attribute(hit, "height"));
	assert_true(one > end && one < end + 60);
	char box[60];
	(void)snprintf(box, sizeof(box), "viewBox=\"0 0 %d %8d\"", attribute(svg, "width"), one);
	has(box);
	has("</svg>\n");

	print_again();
	print_picture_begin(&picture, NULL, out, &print_origin);
	print_picture_add(&picture, &verdict, 1, false);
	print_picture_add(&picture, &verdict, 5, false);
	print_picture_end(&picture, "the sum");
	assert_int_equal(fseek(out, 0, SEEK_END), 0);
	/* The second is below the first, and has its own number. */
	const char *second = element("<text class=\"verdict\"", 1);
	hit = element_in(row(4), HIT, 0);
	assert_true(attribute(second, "y") > attribute(hit, "y") + attribute(hit, "height"));
	assert_true(attribute(element_in(row(5), HIT, 0), "y") > attribute(second, "y"));
	assert_int_equal(attribute(element("<svg ", 0), "height") - one,
			 attribute(element_in(row(5), HIT, 0), "y") -
				 attribute(element_in(row(0), HIT, 0), "y"));
	has(">5. the responder refused ");
	has("id=\"a5-11\"");
}

static void a_drawing_begins_with_its_origin_and_ends_with_sum_and_legend(void **state)
{
	(void)state;
	drawing(false);
	const char *name = element("<text class=\"name\"", 0);
	has(">" MARKUP_ESCAPED ".btsnoop</text>");
	has(">btsnoop " MARKUP_ESCAPED "; captured 2026-11-25 03:27:18 UTC; explained 2026-11-30 "
	    "06:51:53 UTC by blepair ");
	assert_true(name < element("<text class=\"verdict\"", 0));
	assert_true(element(">the sum</text>", 0) > row(4));
	has(">Security Manager: the messages of pairing</text>");
}

static void a_drawing_has_outcome_findings_and_ladder_one_below_the_other(void **state)
{
	(void)state;
	drawing(false);
	const char *outcome = element("<text class=\"verdict\"", 0);
	const char *why = element("<text class=\"word\"", 0),
		   *hint = element("<text class=\"word\"", 1);
	has(">1. the responder refused " MARKUP_ESCAPED " (frame 12)</text>");
	has("<g class=\"bad\">");
	assert_memory_equal(strchr(why, '>'), ">why<", 5);
	assert_memory_equal(strchr(hint, '>'), ">hint<", 6);
	assert_true(attribute(outcome, "y") + 20 < attribute(why, "y"));
	const char *text = element_in(why, "<text class=\"what\"", 0),
		   *fix = element_in(why, "<text class=\"fix\"", 0);
	assert_int_equal(attribute(text, "y"), attribute(why, "y"));
	assert_true(attribute(text, "x") > attribute(why, "x") + 60);
	assert_true(attribute(fix, "y") > attribute(text, "y"));
	assert_true(attribute(hint, "y") > attribute(fix, "y"));
	assert_true(attribute(element(LANE, 0), "y") > attribute(hint, "y"));
}

static void a_finding_is_broken_into_lines(void **state)
{
	static const struct {
		size_t blank, first, second;
	} cases[] = {
		{149, 149, 50},
		{150, 150, 49}, /* the line is full */
		{151, 150, 50}, /* a word that is longer than a line */
	};
	struct explain_finding *f = &verdict.findings[0];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memset(f->text, 'x', 200);
		f->text[cases[i].blank] = ' ';
		f->text[200] = '\0';
		drawing(false);
		const char *first = element("<text class=\"what\"", 0),
			   *second = element("<text class=\"what\"", 1);
		assert_int_equal(strcspn(strchr(first, '>') + 1, "<"), cases[i].first);
		assert_int_equal(strcspn(strchr(second, '>') + 1, "<"), cases[i].second);
		assert_int_equal(attribute(second, "y") - attribute(first, "y"), 19);
	}
	/* No letter is split. */
	memset(f->text, 'x', 149);
	strcpy(f->text + 149, "\u00e4y");
	drawing(false);
	has("xx</text>");
	has(">\u00e4y</text>");
}

static void a_drawing_has_no_references(void **state)
{
	(void)state;
	drawing(false);
	has("prefers-color-scheme:dark");
	has_not("url(");
	has_not("src=");
	has_not("@import");
	has_not("href=");
	assert_int_equal(times("<style>"), 1);
	assert_int_equal(times("</style>"), 1);
	has("width=\"100%\" height=\"100%\"/>"); /* the background */
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void add_secrets(void)
{
	print_picture_add(&picture, &verdict, 1, true);
}

static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	print_picture_begin(&picture, NULL, out, &print_origin);
	leaves_no_key(add_secrets);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tooltip_has_fields_octets_values_and_finding),
		TEST(a_message_without_fields_has_none),
		TEST(lanes_are_those_of_a_host_or_of_the_air),
		TEST(each_message_is_a_row_below_the_one_before),
		TEST(an_arrow_goes_from_lane_to_lane),
		TEST(a_control_pdu_has_the_colour_of_the_link_layer),
		TEST(a_row_has_time_and_frame_and_a_flag_for_its_finding),
		TEST(the_row_that_ended_the_attempt_is_marked),
		TEST(long_content_is_broken_into_lines_of_a_higher_row),
		TEST(nothing_of_a_capture_becomes_markup),
		TEST(keys_are_shown_only_with_show_keys),
		TEST(a_drawing_has_the_size_of_its_content),
		TEST(a_drawing_begins_with_its_origin_and_ends_with_sum_and_legend),
		TEST(a_drawing_has_outcome_findings_and_ladder_one_below_the_other),
		TEST(a_finding_is_broken_into_lines),
		TEST(a_drawing_has_no_references),
		TEST(no_key_is_left_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
