/* SPDX-License-Identifier: MIT */
#include "print/terminal.h"

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/explain/print/fixture.h"

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
		"             frame 12 [test-hint]\n"
		"             -> do that\n"
		"  initiator  C6:05:04:03:02:01 (public), the captured host\n"
		"  responder  C7:05:04:03:02:01 (random static)\n"
		"  agreed     LE legacy pairing, Just Works: neither end asked for protection "
		"against a man in the middle; key of 16 octets, initiator's keys none, responder's "
		"keys none\n");
}

/* The result of the run has given it. */
static void advice_that_was_printed_is_not_repeated(void **state)
{
	const char *text;

	(void)state;
	print(&(struct explain_style){.ascii = true, .said = "do that"}, 0);
	text = printed();
	assert_non_null(strstr(text, "-> do this and "));
	assert_null(strstr(text, "-> do that"));
	assert_non_null(strstr(text, "[test-hint]\n  initiator"));
}

static void the_ladder_has_a_line_for_each_message_and_its_values(void **state)
{
	(void)state;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	assert_string_equal(
		strstr(printed(), "        time"),
		"        time   frame  host (initiator), controller, peer (responder)\n"
		"    0.000000      10  ->     HCI     LE Enable Encryption: EDIV 0x0000, Rand "
		"0000000000000000, key (hidden without --show-keys)\n"
		"    0.250000      11  -----> SMP   ! Pairing Request: NoInputNoOutput, bonding, "
		"no "
		"MITM, legacy, key 16, initiator's keys Enc, responder's keys Enc\n"
		"                                     = TK (hidden without --show-keys); c1 "
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
	has("frame  central (initiator), peripheral (responder)\n");
	has("11  -----> SMP");
	has("12  <----- SMP");
	has_not("the captured host");
	attempt.captured_end = R; /* a captured responder does */
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("11  <----- SMP");
	has("12  -----> SMP");
	has("responder  C7:05:04:03:02:01 (random static), the captured host\n");
}

static void a_role_that_is_not_known_is_not_printed(void **state)
{
	(void)state;
	attempt.roles = EXPLAIN_ROLES_DEDUCED;
	print(&(struct explain_style){.ascii = true}, 0);
	has("responder  C7:05:04:03:02:01 (random static); role deduced from the messages\n");
	attempt.roles = EXPLAIN_ROLES_UNKNOWN;
	attempt.steps[1].from = EXPLAIN_NOBODY;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("  host       C6:05:04:03:02:01 (public), the captured host\n");
	has("  peer       C7:05:04:03:02:01 (random static)\n");
	has("11  ------ SMP");
	print(&(struct explain_style){.ladder = true}, 0);
	has("──────");
}

static void steps_that_were_lost_are_counted(void **state)
{
	(void)state;
	attempt.steps_lost = 7;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("\n                      and 7 more steps\n");
	attempt.steps_lost = 1;
	print(&(struct explain_style){.ascii = true, .ladder = true}, 0);
	has("\n                      and 1 more step\n");
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
	has("  \033[2m      time   frame  host (initiator), controller, peer (responder)\n\033[0m");
	has("  \033[2m  0.500000      12\033[0m  ");
}

/* ---- Width ----------------------------------------------------------------------------------- */

#define WIDTH	  60
#define NARROWEST 40

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
	for (int width = 80; width <= 160; width++) {
		print(&(struct explain_style){.ascii = true, .ladder = true, .width = width}, 0);
		char *broken = words(printed());
		assert_string_equal(broken, whole);
		free(broken);
		for (const char *p = printed(); *p; p += strcspn(p, "\n") + 1)
			assert_true(strcspn(p, "\n") <= (size_t)width);
	}
	free(whole);
	for (int width = NARROWEST; width < 80; width++) {
		print(&(struct explain_style){.ascii = true, .ladder = true, .width = width}, 0);
		for (const char *p = printed(); *p; p += strcspn(p, "\n") + 1)
			assert_true(strcspn(p, "\n") <= (size_t)width);
	}
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
	/* Where there is little room, the content stands below. */
	has("SMP   ! Pairing Request\n"
	    "                      NoInputNoOutput, bonding, no MITM,\n"
	    "                      legacy, key 16, ");
	has("                      = TK (hidden without --show-keys); c1\n"
	    "                        matches\n");
	has("  host (initiator), controller, peer\n"
	    "                      (responder)\n");
	print(&(struct explain_style){.ascii = true, .ladder = true, .width = 80}, 0);
	has("SMP   ! Pairing Request: NoInputNoOutput, bonding,\n"
	    "                                     no MITM, legacy, key 16, ");
	print(&(struct explain_style){.ascii = true, .ladder = true, .width = WIDTH}, 0);
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

static void only_a_word_longer_than_a_line_is_split(void **state)
{
	(void)state;
	(void)snprintf(verdict.findings[0].text, sizeof(verdict.findings[0].text), "%s",
		       "12345678901234567890123456789012345678901234567x after");
	print(&(struct explain_style){.ascii = true, .width = WIDTH}, 0);
	has("  why        12345678901234567890123456789012345678901234567\n"
	    "             x after\n");
	(void)snprintf(verdict.findings[0].text, sizeof(verdict.findings[0].text), "%s",
		       "before \u00e412345678901234567890123456789012345678901234567x");
	print(&(struct explain_style){.ascii = true, .width = WIDTH}, 0);
	has("  why        before\n"
	    "             \u00e41234567890123456789012345678901234567890123456\n"
	    "             7x\n");
}

static void an_end_with_a_long_description_is_broken_too(void **state)
{
	(void)state;
	verdict.resolved[I] = true;
	print(&(struct explain_style){.ascii = true, .width = WIDTH}, 0);
	has("  initiator  C6:05:04:03:02:01 (public), identity\n"
	    "             00:00:00:00:00:00, the captured host\n");
}

/* ---- One sentence ---------------------------------------------------------------------------- */

static void print_sentence(const struct explain_style *style)
{
	print_again();
	print_brief(out, &verdict, style, 0);
}

static void a_sentence_is_one_line_where_there_is_no_width(void **state)
{
	(void)state;
	print_sentence(&(struct explain_style){.ladder = true});
	assert_int_equal(times("\n"), 1);
	has("Pairing of C6:05:04:03:02:01 with C7:05:04:03:02:01 failed: the responder "
	    "refused " MARKUP " (frame 12), most");
	print_sentence(&(struct explain_style){.width = WIDTH});
	for (const char *p = printed(); *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= WIDTH);
	has("Pairing of C6:05:04:03:02:01 with C7:05:04:03:02:01 failed:\n  the responder");
}

static void what_happened_is_coloured(void **state)
{
	(void)state;
	print_sentence(&(struct explain_style){.color = true});
	has("\033[31m\033[1mPairing of C6:05:04:03:02:01 with C7:05:04:03:02:01 failed\033[0m: "
	    "the");
	verdict.outcome = EXPLAIN_ENCRYPTED;
	verdict.failed = false;
	verdict.findings[0].cause = false;
	print_sentence(&(struct explain_style){.color = true});
	has("\033[32m\033[1m");
	has(" succeeded\033[0m with a bond (frame 12), but");
}

static void a_sentence_may_have_the_number_and_the_mark_of_its_attempt(void **state)
{
	(void)state;
	print_again();
	print_brief(out, &verdict, &(struct explain_style){.width = WIDTH}, 12);
	has("№ 12 ✗ Pairing of ");
	for (const char *p = printed(); *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= WIDTH + 4); /* two letters of three octets */
}

static void a_remark_is_one_line_where_there_is_no_terminal(void **state)
{
	(void)state;
	print_again();
	print_remark(out, "2 attempts: " MARKUP " succeeded, 1 failed");
	assert_string_equal(printed(), "2 attempts: " MARKUP " succeeded, 1 failed\n");
}

static void a_remark_is_as_wide_as_the_terminal_that_it_goes_to(void **state)
{
	static const char expected[] = "2 attempts: 1\n  succeeded, 1 failed\n";
	const struct winsize size = {.ws_row = 24, .ws_col = 23};
	struct termios raw = {0};
	char text[sizeof(expected)] = "";
	int master, terminal;

	(void)state;
	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &terminal, NULL, &raw, &size), 0);
	FILE *stream = fdopen(terminal, "w");
	assert_non_null(stream);
	print_remark(stream, "2 attempts: 1 succeeded, 1 failed");
	assert_int_equal(fflush(stream), 0);
	for (size_t len = 0; len < sizeof(expected) - 1;) {
		const ssize_t got = read(master, text + len, sizeof(text) - 1 - len);
		assert_true(got > 0);
		len += (size_t)got;
	}
	assert_string_equal(text, expected);
	(void)fclose(stream);
	close(master);
}

static void a_long_time_moves_no_line_beyond_the_width(void **state)
{
	(void)state;
	print_again();
	attempt.steps[1].at.time_us = attempt.first.time_us + 123456789000000;
	attempt.steps[1].at.frame = 1234567890;
	print_verdict(out, &verdict,
		      &(struct explain_style){.ladder = true, .width = WIDTH, .ascii = true}, 1);
	has("123456789.000000 1234567890  ");
	for (const char *p = strstr(printed(), "123456789.000000"); *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= WIDTH);
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void print_secrets(void)
{
	print_verdict(out, &verdict, &(struct explain_style){.ladder = true, .show_keys = true}, 0);
}

static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	leaves_no_key(print_secrets);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, print_begin, print_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_verdict_has_outcome_findings_ends_and_agreement),
		TEST(advice_that_was_printed_is_not_repeated),
		TEST(the_ladder_has_a_line_for_each_message_and_its_values),
		TEST(without_a_ladder_there_is_none),
		TEST(on_air_the_initiator_stands_on_the_left),
		TEST(a_role_that_is_not_known_is_not_printed),
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
		TEST(only_a_word_longer_than_a_line_is_split),
		TEST(an_end_with_a_long_description_is_broken_too),
		TEST(a_sentence_is_one_line_where_there_is_no_width),
		TEST(what_happened_is_coloured),
		TEST(a_remark_is_one_line_where_there_is_no_terminal),
		TEST(a_remark_is_as_wide_as_the_terminal_that_it_goes_to),
		TEST(a_long_time_moves_no_line_beyond_the_width),
		TEST(a_sentence_may_have_the_number_and_the_mark_of_its_attempt),
		TEST(no_key_is_left_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
