/* SPDX-License-Identifier: MIT */
#include "print/html_svg.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/print/fixture.h"
#include "cli/explain/stack.h"

static struct explain_picture picture;

static void page(bool show_keys)
{
	print_again();
	print_picture_begin(&picture, out, NULL);
	print_picture_add(&picture, &verdict, show_keys);
	print_picture_end(&picture);
}

static void drawing(bool show_keys)
{
	print_again();
	print_picture_begin(&picture, NULL, out);
	print_picture_add(&picture, &verdict, show_keys);
	print_picture_end(&picture);
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
#define HIT  "<rect class=\"hit\""
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

static void nothing_of_a_capture_becomes_markup(void **state)
{
	(void)state;
	page(true);
	has_not(MARKUP);
	assert_int_equal(times(MARKUP_ESCAPED), 5); /* outcome, finding, tooltip, section, fix */
	drawing(true);
	has_not(MARKUP);
	assert_int_equal(times(MARKUP_ESCAPED), 3); /* outcome, finding, tooltip */
}

static void keys_are_shown_only_with_show_keys(void **state)
{
	static const char *const keys[] = {KEY_TEXT, TK_TEXT, "01 02 03 04 05 06 07 08 09 0a 0b"};

	(void)state;
	for (int show = 0; show < 2; show++) {
		for (int svg = 0; svg < 2; svg++) {
			(svg ? drawing : page)(show);
			for (size_t i = 0; i < COUNT(keys); i++)
				(show ? has : has_not)(keys[i]);
		}
	}
}

static void a_tooltip_has_fields_octets_values_and_finding(void **state)
{
	(void)state;
	page(false);
	has("<title>LE Enable Encryption\nEDIV 0x0000, Rand 0000000000000000, key (hidden without "
	    "--show-keys)\noctets: hidden without --show-keys</title>");
	has("<title>Pairing Request\nNoInputNoOutput, bonding, no MITM, legacy, key 16, "
	    "initiator&#39;s keys Enc, responder&#39;s keys Enc\noctets: 01 03 00 01 10 01 01\n"
	    "computed: TK (hidden without --show-keys); c1 matches\nthe initiator "
	    "sent " MARKUP_ESCAPED "</title>");
	has("<title>Pairing Failed\nBusy (0x10)\noctets: 05 10</title>");
	attempt.steps[2].code = 0xff; /* without fields */
	page(false);
	has("<title>unknown command\n2 octets\noctets: 05 10</title>");
	page(true);
	has("key " KEY_TEXT "\noctets: 40 00 00");
}

static void fields_and_values_are_cut_to_their_column(void **state)
{
	(void)state;
	page(false);
	/* 76 letters of the fields, 74 of the values. */
	has(">EDIV 0x0000, Rand 0000000000000000, key (hidden without --show-keys)</text>");
	has(">NoInputNoOutput, bonding, no MITM, legacy, key 16, initiator&#39;s keys Enc, "
	    "res…</text>");
	has(">= TK (hidden without --show-keys); c1 matches</text>");
	verdict.facts.values[1].name = "123456789012345678901234567890123";
	page(false);
	has(">= TK (hidden without --show-keys); 123456789012345678901234567890123 matches"
	    "</text>");
	verdict.facts.values[1].name = "1234567890123456789012345678901234";
	page(false);
	has(">= TK (hidden without --show-keys); 1234567890123456789012345678901234 matche…"
	    "</text>");
}

static void a_message_without_fields_has_none(void **state)
{
	(void)state;
	attempt.steps[4].code = 0x10;
	attempt.steps[4].len = attempt.steps[4].kept = 1;
	attempt.steps[4].data[0] = 0x42;
	page(false);
	has("<title>Hardware Error\noctets: 42</title>");
}

/* ---- The page -------------------------------------------------------------------------------- */

static void a_page_links_each_frame_to_its_row(void **state)
{
	(void)state;
	page(false);
	has("<h2 class=\"bad\">1. the responder refused " MARKUP_ESCAPED
	    " <a href=\"#a1-12\">(frame 12)</a></h2>");
	has("<div class=\"finding fault\"><b>why</b>the initiator sent " MARKUP_ESCAPED
	    "<i>→ do this and " MARKUP_ESCAPED "</i><small><a href=\"#a1-11\">frame 11</a>, "
	    "frame 5, Vol 3 " MARKUP_ESCAPED " [test-refused]</small></div>");
	has("<div class=\"finding hint\"><b>hint</b>good to know<i>→ do that</i><small>"
	    "<a href=\"#a1-12\">frame 12</a>, - [test-hint]</small></div>");
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
	has("<dt>initiator</dt><dd>C6:05:04:03:02:01 (public), the captured host</dd>");
	has("<dt>responder</dt><dd>C7:05:04:03:02:01 (random static)</dd>");
	has("<dt>agreed</dt><dd>LE legacy pairing, Just Works: ");
	verdict.facts.has_features = false;
	attempt.captured_end = EXPLAIN_NOBODY;
	page(false);
	has_not("agreed");
	has_not("the captured host");
}

static void an_outcome_has_a_colour(void **state)
{
	(void)state;
	verdict.failed = false;
	verdict.outcome = EXPLAIN_PAIRED;
	page(false);
	has("<h2 class=\"good\">");
	verdict.outcome = EXPLAIN_UNFINISHED;
	page(false);
	has("<h2 class=\"open\">");
}

static void attempts_are_numbered(void **state)
{
	(void)state;
	print_picture_begin(&picture, out, NULL);
	print_picture_add(&picture, &verdict, false);
	print_picture_add(&picture, &verdict, false);
	print_picture_end(&picture);
	has(">1. the responder");
	has(">2. the responder");
	assert_int_equal(times("id=\"a1-10\""), 1);
	assert_int_equal(times("id=\"a2-10\""), 1);
	assert_int_equal(picture.number, 2);
	assert_int_equal(times("<!doctype html>"), 1);
	assert_int_equal(times("</body></html>"), 1);
	has_not("has no pairing");
}

static void a_capture_without_attempts_makes_a_page_that_reports_it(void **state)
{
	(void)state;
	print_picture_begin(&picture, out, NULL);
	print_picture_end(&picture);
	has("<p>This capture has no pairing and no encryption.</p>\n</body></html>");
}

static void without_files_nothing_is_written(void **state)
{
	(void)state;
	print_picture_begin(&picture, NULL, NULL);
	print_picture_add(&picture, &verdict, false);
	print_picture_end(&picture);
	assert_int_equal(picture.number, 1);
}

/* ---- The ladder ------------------------------------------------------------------------------ */

static void lanes_are_those_of_a_host_or_of_the_air(void **state)
{
	(void)state;
	page(false);
	assert_int_equal(times(LANE), 3);
	assert_int_equal(times(LIFE), 3);
	assert_true(lane("host") < lane("controller") && lane("controller") < lane("peer"));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(attribute(element(LIFE, i), "x1"),
				 attribute(element(LANE, i), "x"));
		assert_int_equal(attribute(element(LIFE, i), "x2"),
				 attribute(element(LANE, i), "x"));
	}
	attempt.captured_end = EXPLAIN_NOBODY;
	page(false);
	assert_int_equal(times(LANE), 2);
	assert_true(lane("central") < lane("peripheral"));
}

static void each_message_is_a_row_below_the_one_before(void **state)
{
	(void)state;
	page(false);
	const char *svg = element("<svg ", 0);
	const int height = attribute(svg, "height"), width = attribute(svg, "width");
	char box[60];
	(void)snprintf(box, sizeof(box), "<svg viewBox=\"0 0 %d %d\" width=", width, height);
	has(box);
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
	page(false);
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
		(void)snprintf(text, sizeof(text), "<path class=\"%s\" d=\"M%d %dl%d -5v10z\"/>",
			       arrows[i].class, to, y, to > from ? -8 : 8);
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
	page(false);
	has("<line class=\"arrow ll\"");
}

static void a_row_has_time_and_frame_and_a_flag_for_its_finding(void **state)
{
	(void)state;
	page(false);
	has("text-anchor=\"end\">0.250000</text>");
	has("text-anchor=\"end\">#11</text>");
	has("text-anchor=\"end\">seconds</text>");
	has("text-anchor=\"end\">frame</text>");
	has("<g class=\"row fault\" id=\"a1-11\">");
	has("<g class=\"row \" id=\"a1-12\">"); /* a hint is no flag */
	assert_int_equal(times("<circle class=\"flag\""), 1);
	const char *flag = element("<circle class=\"flag\"", 0);
	const char *hit = element_in(row(1), HIT, 0);
	assert_true(flag > row(1) && flag < row(2));
	assert_true(attribute(flag, "cy") > attribute(hit, "y"));
	assert_true(attribute(flag, "cy") < attribute(hit, "y") + attribute(hit, "height"));
	assert_true(attribute(flag, "cx") > lane("peer"));
}

static void fields_stand_at_the_arrow_or_above_the_values(void **state)
{
	(void)state;
	page(false);
	const char *alone = element_in(row(2), "<text class=\"mono\"", 0);
	const char *fields = element_in(row(1), "<text class=\"mono\"", 0);
	const char *values = element_in(row(1), "<text class=\"mono\"", 1);
	const char *hit = element_in(row(1), HIT, 0);

	assert_int_equal(attribute(alone, "y"), attribute(element_in(row(2), LINE, 0), "y1"));
	assert_true(attribute(fields, "y") > attribute(hit, "y"));
	assert_true(attribute(values, "y") - attribute(fields, "y") >=
		    12); /* its letters' height */
	assert_true(attribute(values, "y") < attribute(hit, "y") + attribute(hit, "height"));
	assert_int_equal(attribute(values, "x"), attribute(fields, "x"));
	assert_true(attribute(fields, "x") > attribute(element("<circle class=\"flag\"", 0), "cx"));
	/* Time and frame stand left of the lanes. */
	const char *time = element_in(row(1), "<text class=\"dim\"", 0);
	const char *frame = element_in(row(1), "<text class=\"dim\"", 1);
	assert_true(attribute(time, "x") < attribute(frame, "x"));
	assert_true(attribute(frame, "x") < lane("host"));
	assert_int_equal(attribute(time, "y"), attribute(frame, "y"));
	assert_int_equal(attribute(time, "y"), attribute(element_in(row(1), LINE, 0), "y1"));
}

/* ---- The drawing ----------------------------------------------------------------------------- */

static void a_drawing_has_the_size_of_its_content(void **state)
{
	(void)state;
	drawing(false);
	assert_memory_equal(printed(), "<svg xmlns=", 11);
	const char *svg = element("<svg ", 0);
	const int one = attribute(svg, "height");
	const char *hit = element_in(row(4), HIT, 0);
	assert_true(one > attribute(hit, "y") + attribute(hit, "height"));
	assert_true(one < attribute(hit, "y") + attribute(hit, "height") + 60);
	char box[60];
	(void)snprintf(box, sizeof(box), "viewBox=\"0 0 %d %8d\"", attribute(svg, "width"), one);
	has(box);
	has("</svg>\n");

	print_again();
	print_picture_begin(&picture, NULL, out);
	print_picture_add(&picture, &verdict, false);
	print_picture_add(&picture, &verdict, false);
	print_picture_end(&picture);
	assert_int_equal(fseek(out, 0, SEEK_END), 0);
	const int two = attribute(element("<svg ", 0), "height");
	assert_int_equal(two - one, one - 20); /* the margin at the bottom is common */
	/* The second is below the first. */
	const char *second = element("<text class=\"verdict\"", 1);
	hit = element_in(row(4), HIT, 0);
	assert_true(attribute(second, "y") > attribute(hit, "y") + attribute(hit, "height"));
	assert_true(attribute(element_in(row(5), HIT, 0), "y") > attribute(second, "y"));
	has(">2. the responder refused ");
}

static void a_drawing_has_outcome_findings_and_ladder_one_below_the_other(void **state)
{
	(void)state;
	drawing(false);
	const char *outcome = element("<text class=\"verdict\"", 0);
	const char *why = element("<text class=\"word\"", 0),
		   *hint = element("<text class=\"word\"", 1);
	has(">1. the responder refused " MARKUP_ESCAPED "</text>");
	has("<g class=\"fault\"><text class=\"word\"");
	has("<g class=\"hint\"><text class=\"word\"");
	assert_memory_equal(strchr(why, '>'), ">why<", 5);
	assert_memory_equal(strchr(hint, '>'), ">hint<", 6);
	assert_true(attribute(outcome, "y") + 20 < attribute(why, "y"));
	assert_int_equal(attribute(hint, "y") - attribute(why, "y"), 19); /* one line */
	const char *text = element_in(why, "<text x=", 0);
	assert_int_equal(attribute(text, "y"), attribute(why, "y"));
	assert_true(attribute(text, "x") > attribute(why, "x") + 60);
	assert_true(attribute(element(LANE, 0), "y") > attribute(hint, "y"));
}

static void a_finding_is_broken_into_lines(void **state)
{
	struct explain_finding *f = &verdict.findings[0];

	(void)state;
	/* 158 letters fit into a line. */
	memset(f->text, 'x', 200);
	f->text[100] = ' ';
	f->text[157] = ' ';
	f->text[200] = '\0';
	drawing(false);
	const char *why = element("<text class=\"word\"", 0),
		   *hint = element("<text class=\"word\"", 1);
	assert_int_equal(attribute(hint, "y") - attribute(why, "y"), 2 * 19);
	const char *first = element_in(why, "<text x=", 0),
		   *second = element_in(why, "<text x=", 1);
	assert_int_equal(strcspn(strchr(first, '>') + 1, "<"), 157);
	assert_int_equal(strcspn(strchr(second, '>') + 1, "<"), 42);
	assert_int_equal(attribute(second, "y") - attribute(first, "y"), 19);
	f->text[157] = 'x';
	f->text[158] = ' '; /* the line is full */
	drawing(false);
	first = element_in(element("<text class=\"word\"", 0), "<text x=", 0);
	assert_int_equal(strcspn(strchr(first, '>') + 1, "<"), 158);
	f->text[158] = 'x';
	f->text[159] = ' ';
	drawing(false);
	first = element_in(element("<text class=\"word\"", 0), "<text x=", 0);
	assert_int_equal(strcspn(strchr(first, '>') + 1, "<"), 100);
	f->text[100] = f->text[159] = 'x'; /* a word that is longer than a line */
	drawing(false);
	first = element_in(element("<text class=\"word\"", 0), "<text x=", 0);
	second = element_in(first, "<text x=", 1);
	assert_int_equal(strcspn(strchr(first, '>') + 1, "<"), 158);
	assert_int_equal(strcspn(strchr(second, '>') + 1, "<"), 42);
	f->text[200] = ' '; /* no letter is lost before a later word */
	f->text[201] = 'y';
	f->text[202] = '\0';
	drawing(false);
	second = element_in(element("<text class=\"word\"", 0), "<text x=", 1);
	assert_int_equal(strcspn(strchr(second, '>') + 1, "<"), 44);
	f->text[158] = '\0';
	drawing(false);
	first = element_in(element("<text class=\"word\"", 0), "<text x=", 0);
	assert_int_equal(strcspn(strchr(first, '>') + 1, "<"), 158);
}

static void both_files_have_the_same_style_and_no_references(void **state)
{
	(void)state;
	for (int svg = 0; svg < 2; svg++) {
		(svg ? drawing : page)(false);
		has("prefers-color-scheme:dark");
		has_not("url(");
		has_not("src=");
		has_not("@import");
		assert_int_equal(times("href=\""), times("href=\"#"));
		assert_int_equal(times("<style>"), 1);
		assert_int_equal(times("</style>"), 1);
	}
	has("width=\"100%\" height=\"100%\"/>"); /* the background */
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void add_secrets(void)
{
	print_picture_add(&picture, &verdict, true);
}

static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	attempt.step_count = 1;
	attempt.steps[0].at.frame = 11;
	print_picture_begin(&picture, out, NULL);
	stack_run(add_secrets);
	has(KEY_TEXT);
	has(TK_TEXT);
	assert_int_equal(stack_count(KEY_TEXT, 16), 0);
	assert_int_equal(stack_count(TK_TEXT, 32), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_of_a_capture_becomes_markup),
		TEST(keys_are_shown_only_with_show_keys),
		TEST(a_tooltip_has_fields_octets_values_and_finding),
		TEST(fields_and_values_are_cut_to_their_column),
		TEST(a_message_without_fields_has_none),
		TEST(a_page_links_each_frame_to_its_row),
		TEST(a_page_has_ends_and_agreement),
		TEST(an_outcome_has_a_colour),
		TEST(attempts_are_numbered),
		TEST(a_capture_without_attempts_makes_a_page_that_reports_it),
		TEST(without_files_nothing_is_written),
		TEST(lanes_are_those_of_a_host_or_of_the_air),
		TEST(each_message_is_a_row_below_the_one_before),
		TEST(an_arrow_goes_from_lane_to_lane),
		TEST(a_control_pdu_has_the_colour_of_the_link_layer),
		TEST(a_row_has_time_and_frame_and_a_flag_for_its_finding),
		TEST(fields_stand_at_the_arrow_or_above_the_values),
		TEST(a_drawing_has_the_size_of_its_content),
		TEST(a_drawing_has_outcome_findings_and_ladder_one_below_the_other),
		TEST(a_finding_is_broken_into_lines),
		TEST(both_files_have_the_same_style_and_no_references),
		TEST(no_key_is_left_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
