/* SPDX-License-Identifier: MIT */
#include "print/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/print/fixture.h"
#include "cli/explain/stack.h"

static void print(const struct explain_style *style, uint64_t number)
{
	print_again();
	print_verdict(out, &verdict, style, number);
}

static void a_verdict_has_outcome_findings_ends_and_agreement(void **state)
{
	(void)state;
	print(&(struct explain_style){.ascii = true}, 0);
	assert_string_equal(
		printed(),
		"FAILED: the responder refused " MARKUP " (frame 12)\n"
		"  why        the initiator sent " MARKUP "\n"
		"             frames 11, 5; Vol 3 " MARKUP " [test-refused]\n"
		"             -> do this and " MARKUP "\n"
		"  hint       good to know\n"
		"             frame 12; - [test-hint]\n"
		"             -> do that\n"
		"  initiator  C6:05:04:03:02:01 (public), the captured host\n"
		"  responder  C7:05:04:03:02:01 (random static)\n"
		"  agreed     LE legacy pairing, Just Works: neither end asked for protection "
		"against a man in the middle; key of 16 octets, initiator's keys none, responder's "
		"keys none\n");
}

static void the_ladder_has_a_line_for_each_message_and_its_values(void **state)
{
	(void)state;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	assert_string_equal(
		strstr(printed(), "        time"),
		"        time   frame  host, controller, peer\n"
		"    0.000000      10  ->     HCI     LE Enable Encryption: EDIV 0x0000, Rand "
		"0000000000000000, key (hidden without --show-keys)\n"
		"    0.250000      11  -----> SMP   ! Pairing Request: NoInputNoOutput, bonding, "
		"no "
		"MITM, legacy, key 16, initiator's keys Enc, responder's keys Enc\n"
		"                                    = TK (hidden without --show-keys); c1 "
		"matches\n"
		"    0.500000      12  <----- SMP     Pairing Failed: Busy (0x10)\n"
		"    0.750000      13  <----- L2CAP   Command Reject: identifier 9\n"
		"    1.000000      14  <-     HCI     Disconnection Complete: Remote User "
		"Terminated Connection (0x13)\n");
}

static void without_a_ladder_there_is_none(void **state)
{
	(void)state;
	print(&(struct explain_style){.ascii = true}, 0);
	has_not("Pairing Request");
}

static void on_air_the_initiator_stands_on_the_left(void **state)
{
	(void)state;
	attempt.captured_end = EXPLAIN_NOBODY;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("frame  central, peripheral\n");
	has("11  -----> SMP");
	has("12  <----- SMP");
	has_not("the captured host");
	attempt.captured_end = R; /* a captured responder does */
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("11  <----- SMP");
	has("12  -----> SMP");
	has("responder  C7:05:04:03:02:01 (random static), the captured host\n");
}

static void steps_that_were_lost_are_counted(void **state)
{
	(void)state;
	attempt.steps_lost = 7;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("\n                      and 7 more steps\n");
}

static void keys_are_shown_only_with_show_keys(void **state)
{
	(void)state;
	print(&(struct explain_style){.ladder = true}, 0);
	has_not(KEY_TEXT);
	has_not(TK_TEXT);
	print(&(struct explain_style){.ladder = true, .show_keys = true}, 0);
	has("key " KEY_TEXT);
	has("TK " TK_TEXT);
}

static void a_number_and_a_mark_precede_the_outcome(void **state)
{
	static const struct {
		enum explain_outcome outcome;
		bool failed;
		const char *mark, *ascii, *color;
	} cases[] = {
		{EXPLAIN_REFUSED, true, "✗", "FAILED:", "\033[31m"},
		{EXPLAIN_PAIRED, false, "✓", "OK:", "\033[32m"},
		{EXPLAIN_ENCRYPTED, false, "✓", "OK:", "\033[32m"},
		{EXPLAIN_UNFINISHED, false, "–", "--", "\033[33m"},
	};
	char line[100];

	(void)state;
	verdict.frame = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		verdict.outcome = cases[i].outcome;
		verdict.failed = cases[i].failed;
		print(&(struct explain_style){.ascii = true}, 3);
		(void)snprintf(line, sizeof(line), "#3 %s the responder refused " MARKUP "\n",
			       cases[i].ascii);
		assert_memory_equal(printed(), line, strlen(line));
		print(&(struct explain_style){.color = false}, 3);
		(void)snprintf(line, sizeof(line), "№ 3 %s the responder refused " MARKUP "\n",
			       cases[i].mark);
		assert_memory_equal(printed(), line, strlen(line));
		print(&(struct explain_style){.color = true}, 0);
		(void)snprintf(line, sizeof(line), "%s\033[1m%s the responder", cases[i].color,
			       cases[i].mark);
		assert_memory_equal(printed(), line, strlen(line));
	}
}

static void arrows_need_unicode(void **state)
{
	(void)state;
	print(&(struct explain_style){.ladder = true}, 0);
	has("             → do that\n");
	has("  ─▶     HCI ");
	has("  ◀─     HCI ");
	has("  ─────▶ SMP ");
	has("  ◀───── SMP ");
	print(&(struct explain_style){.ladder = true, .ascii = true}, 1);
	for (const char *p = printed(); *p; p++)
		assert_true((unsigned char)*p < 0x80);
}

/* ---- Colours --------------------------------------------------------------------------------- */

static void colours_are_escape_sequences_that_end_on_their_line(void **state)
{
	(void)state;
	print(&(struct explain_style){.ladder = true}, 1);
	has_not("\033");
	print(&(struct explain_style){.ladder = true, .color = true}, 1);
	/* Wherever a line ends, its colour has ended, or ends first on the next line. */
	const char *last = NULL;
	for (const char *p = printed(); (p = strchr(p, '\033')); p++)
		last = p;
	assert_non_null(last);
	assert_memory_equal(last, "\033[0m", 4);
}

static void each_layer_and_severity_has_a_colour(void **state)
{
	static const struct {
		enum explain_severity severity;
		const char *code, *name;
	} severities[] = {
		{EXPLAIN_FAULT, "\033[31m", "fault     "},
		{EXPLAIN_WEAKNESS, "\033[35m", "weakness  "},
		{EXPLAIN_SURPRISE, "\033[33m", "surprise  "},
		{EXPLAIN_HINT, "\033[36m", "hint      "},
	};
	struct explain_check check = *verdict.findings[0].check;
	char part[100];

	(void)state;
	verdict.findings[0].check = &check;
	verdict.findings[0].cause = false;
	for (size_t i = 0; i < COUNT(severities); i++) {
		check.severity = severities[i].severity;
		print(&(struct explain_style){.color = true, .ladder = true}, 0);
		(void)snprintf(part, sizeof(part), "  %s%s\033[0m \033[0mthe initiator sent",
			       severities[i].code, severities[i].name);
		has(part);
		(void)snprintf(part, sizeof(part), " %s! Pairing Request", severities[i].code);
		assert_int_equal(times(part), check.severity != EXPLAIN_HINT); /* its frame */
	}
	verdict.findings[0].cause = true;
	attempt.steps[3].layer = EXPLAIN_LAYER_LL;
	print(&(struct explain_style){.color = true, .ladder = true}, 0);
	has("\033[0m \033[1mthe initiator sent");
	has("\033[34m─▶     HCI");
	has("\033[34m◀─     HCI");
	has("\033[32m◀───── SMP");
	has("\033[36m◀───── LL");
	has("\033[36m= TK");
	has("\033[2mframes 11, 5;");
	attempt.steps[3].layer = EXPLAIN_LAYER_SIGNALING;
	print(&(struct explain_style){.color = true, .ladder = true}, 4);
	has("\033[35m◀───── L2CAP");
	has("\033[2m№ 4 \033[0m\033[31m\033[1m✗ the");
	has("  \033[2m      time   frame  host, controller, peer\033[0m\n");
	has("  \033[2m  0.500000      12\033[0m  ");
}

/* ---- Width ----------------------------------------------------------------------------------- */

#define WIDTH 60

/* The words of a text, a blank after each. Free it. */
static char *words(const char *text)
{
	char *all = malloc(strlen(text) + 2), *to = all;

	assert_non_null(all);
	while (*text) {
		size_t len = strcspn(text, " \n");
		memcpy(to, text, len);
		to += len;
		*to++ = ' ';
		text += len;
		text += strspn(text, " \n");
	}
	*to = '\0';
	return all;
}

static void lines_are_broken_before_the_width_and_lose_no_word(void **state)
{
	(void)state;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	char *whole = words(printed());
	print(&(struct explain_style){.ascii = true, .ladder = true, .width = WIDTH}, 0);
	char *broken = words(printed());
	assert_string_equal(broken, whole);
	free(broken);
	free(whole);
	for (const char *p = printed(); *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= WIDTH);
}

static void a_broken_line_goes_on_below_its_first_word(void **state)
{
	(void)state;
	(void)snprintf(verdict.findings[0].text, sizeof(verdict.findings[0].text), "%s",
		       "1234567890 1234567890 1234567890 1234567890 123 1234567890");
	print(&(struct explain_style){.ascii = true, .ladder = true, .width = WIDTH}, 0);
	/* 13 + 47 are the 60 columns. */
	has("  why        1234567890 1234567890 1234567890 1234567890 123\n"
	    "             1234567890\n");
	(void)snprintf(verdict.findings[0].text, sizeof(verdict.findings[0].text), "%s",
		       "1234567890 1234567890 1234567890 1234567890 1234 1234567890");
	print(&(struct explain_style){.ascii = true, .ladder = true, .width = WIDTH}, 0);
	has("  why        1234567890 1234567890 1234567890 1234567890\n"
	    "             1234 1234567890\n");
	has("SMP   ! Pairing Request:\n"
	    "                                    NoInputNoOutput,");
	has("                                    = TK (hidden without\n"
	    "                                      --show-keys); c1\n"
	    "                                      matches\n");
	has("  agreed     LE legacy pairing, Just Works: neither end\n"
	    "             asked for protection");
}

static void the_outcome_is_broken_before_the_width_too(void **state)
{
	static const char words[] =
		"1234567890 1234567890 1234567890 1234567890 1234567 1234567890";

	(void)state;
	verdict.frame = 0;
	(void)snprintf(verdict.text, sizeof(verdict.text), "%s", words);
	/* 5 + 55 columns. */
	print(&(struct explain_style){.width = WIDTH}, 3);
	has("№ 3 ✗ 1234567890 1234567890 1234567890 1234567890 1234567\n  1234567890\n");
	print(&(struct explain_style){.width = WIDTH}, 333);
	has("№ 333 ✗ 1234567890 1234567890 1234567890 1234567890 1234567\n  1234567890\n");
	print(&(struct explain_style){.width = WIDTH}, 33333);
	has("№ 33333 ✗ 1234567890 1234567890 1234567890 1234567890\n  1234567 1234567890\n");
	print(&(struct explain_style){.width = WIDTH, .ascii = true}, 3);
	has("#3 FAILED: 1234567890 1234567890 1234567890 1234567890\n  1234567 1234567890\n");
	print(&(struct explain_style){.width = WIDTH, .ascii = true, .color = true}, 0);
	has("FAILED: 1234567890 1234567890 1234567890 1234567890 1234567\n  1234567890\n");
}

static void the_advice_goes_on_below_its_first_word(void **state)
{
	struct explain_check check = *verdict.findings[0].check;

	(void)state;
	verdict.findings[0].check = &check;
	check.fix = "1234567890 1234567890 1234567890 1234567890 1 1234567890";
	print(&(struct explain_style){.ascii = false, .width = WIDTH}, 0);
	has("             → 1234567890 1234567890 1234567890 1234567890 1\n"
	    "               1234567890\n");
	print(&(struct explain_style){.ascii = true, .width = WIDTH}, 0);
	has("             -> 1234567890 1234567890 1234567890 1234567890\n"
	    "                1 1234567890\n");
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void print_secrets(void)
{
	print_verdict(out, &verdict, &(struct explain_style){.ladder = true, .show_keys = true}, 0);
}

static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	attempt.step_count = 1;
	attempt.steps[0].at.frame = 11;
	stack_run(print_secrets);
	has(KEY_TEXT);
	has(TK_TEXT);
	assert_int_equal(stack_count(KEY_TEXT, 16), 0);
	assert_int_equal(stack_count(TK_TEXT, 32), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_verdict_has_outcome_findings_ends_and_agreement),
		TEST(the_ladder_has_a_line_for_each_message_and_its_values),
		TEST(without_a_ladder_there_is_none),
		TEST(on_air_the_initiator_stands_on_the_left),
		TEST(steps_that_were_lost_are_counted),
		TEST(keys_are_shown_only_with_show_keys),
		TEST(a_number_and_a_mark_precede_the_outcome),
		TEST(arrows_need_unicode),
		TEST(colours_are_escape_sequences_that_end_on_their_line),
		TEST(each_layer_and_severity_has_a_colour),
		TEST(lines_are_broken_before_the_width_and_lose_no_word),
		TEST(a_broken_line_goes_on_below_its_first_word),
		TEST(the_outcome_is_broken_before_the_width_too),
		TEST(the_advice_goes_on_below_its_first_word),
		TEST(no_key_is_left_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
