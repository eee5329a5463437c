/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define FFFD "\xef\xbf\xbd"

static char *printed;
static size_t size;

static FILE *begin(void)
{
	FILE *out = open_memstream(&printed, &size);

	assert_non_null(out);
	return out;
}

static void is_printed(FILE *out, const char *want)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(printed, want);
	free(printed);
}

static void puts_as(const char *text, const char *want)
{
	FILE *out = begin();

	text_put(out, text, strlen(text));
	is_printed(out, want);
}

/* The UTF-8 of a code point below U+10000, by the definition. */
static const char *encode(unsigned code)
{
	static char text[4];

	memset(text, 0, sizeof(text));
	if (code < 0x80) {
		text[0] = (char)code;
	} else if (code < 0x800) {
		text[0] = (char)(0xc0 | code >> 6);
		text[1] = (char)(0x80 | (code & 0x3f));
	} else {
		text[0] = (char)(0xe0 | code >> 12);
		text[1] = (char)(0x80 | (code >> 6 & 0x3f));
		text[2] = (char)(0x80 | (code & 0x3f));
	}
	return text;
}

static void each_control_character_is_replaced_and_no_other(void **state)
{
	(void)state;
	for (unsigned code = 1; code < 0x10000; code++) {
		bool control = code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||
			       code == 0x200e || code == 0x200f ||
			       (code >= 0x202a && code <= 0x202e) ||
			       (code >= 0x2066 && code <= 0x2069);
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		puts_as(encode(code), control ? FFFD : encode(code));
	}
	FILE *out = begin();
	text_put(out, "a\0b", 3);
	is_printed(out, "a" FFFD "b");
}

static void each_octet_that_is_not_utf8_is_replaced(void **state)
{
	uint32_t code;

	(void)state;
	puts_as("a\xff"
		"b\x80"
		"c",
		"a" FFFD "b" FFFD "c");
	puts_as("\xc3", FFFD);				  /* cut */
	puts_as("\xe2\x82", FFFD FFFD);			  /* cut */
	puts_as("\xc0\x9b", FFFD FFFD);			  /* overlong ESC */
	puts_as("\xe0\x80\x9b", FFFD FFFD FFFD);	  /* overlong ESC */
	puts_as("\xf0\x80\x80\x9b", FFFD FFFD FFFD FFFD); /* overlong ESC */
	puts_as("\xed\xa0\x80", FFFD FFFD FFFD);	  /* a surrogate */
	puts_as("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD); /* above U+10FFFF */
	puts_as("\xf0\x9f\x94\x92 \xf4\x8f\xbf\xbf", "\xf0\x9f\x94\x92 \xf4\x8f\xbf\xbf");
	assert_false(text_is_utf8("a\xff", 2));
	assert_true(text_is_utf8("a\xff", 1));
	assert_true(text_is_utf8("\xe2\x82\xac", 3));
	assert_false(text_is_utf8("\xe2\x82\xac", 2));
	assert_int_equal(text_character("", 0, &code), 0);
	assert_int_equal(text_character("\xf0\x9f\x94\x92", 4, &code), 4);
	assert_int_equal(code, 0x1f512);
}

static void a_line_cannot_become_two(void **state)
{
	FILE *out = begin();

	(void)state;
	text_print(out, "cannot read %s: %d", "a\n\033[31mb\r", 7);
	is_printed(out, "cannot read a" FFFD FFFD "[31mb" FFFD ": 7");
}

static void json_keeps_controls_escaped(void **state)
{
	json_t *text = text_json("\x1b\x7f\xc2\x9b\xe2\x80\xae\xd8\x9c\xff\xc3\xa9\n");
	json_t *object = json_pack("{s:[o]}", "a", text);
	FILE *out = begin();

	(void)state;
	assert_int_equal(text_dump_json(object, out, JSON_COMPACT), 0);
	is_printed(out, "{\"a\":[\"\\u001B\\u007F\\u009B\\u202E\\u061C" FFFD "\xc3\xa9\\n\"]}");
	out = begin();
	assert_int_equal(text_dump_json(object, out, JSON_INDENT(1)), 0);
	assert_int_equal(fflush(out), 0);
	assert_int_equal(strncmp(printed, "{\n \"a\": [\n", 10), 0); /* layout stays */
	assert_int_equal(fclose(out), 0);
	free(printed);
	json_decref(object);
}

static void a_write_of_json_that_fails_is_an_error(void **state)
{
	json_t *object = json_pack("{s:s}", "a", "\xc2\x9b");
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(setvbuf(full, NULL, _IONBF, 0), 0);
	assert_int_equal(text_dump_json(object, full, 0), -1);
	(void)fclose(full);
	json_decref(object);
}

static void all_strings_of_an_event_are_cleaned(void **state)
{
	json_t *event =
		json_pack("{s:s, s:{s:s, s:[s, {s:s}, s]}, s:i}", "text", "a\033b", "peer", "name",
			  "\xc2\x9b", "list", "x\x7f", "deep", "\xe2\x81\xa6", "plain", "n", 1);
	json_t *want =
		json_pack("{s:s, s:{s:s, s:[s, {s:s}, s]}, s:i}", "text", "a" FFFD "b", "peer",
			  "name", FFFD, "list", "x" FFFD, "deep", FFFD, "plain", "n", 1);

	(void)state;
	text_clean_json(event);
	assert_true(json_equal(event, want));
	json_decref(event);
	json_decref(want);
}

static void one_has_no_ending(void **state)
{
	(void)state;
	assert_string_equal(text_s(0), "s");
	assert_string_equal(text_s(1), "");
	assert_string_equal(text_s(2), "s");
	assert_string_equal(text_s((uint64_t)1 << 32 | 1), "s");
}

/* The shell itself says what it makes of the word. */
static void a_word_for_the_shell_is_one_word_with_the_same_text(void **state)
{
	static const char *const texts[] = {
		"/tmp/plain-1.db", "a b", "it's", "''", "$(id)", "`id`", "a\"b", "a\\b", "x;y",
		"\xc3\xa9",	   "*",	  "#a",	  "~",	"a=b",	 "a\tb",
	};
	char word[TEXT_WORD], command[TEXT_WORD + 40], back[TEXT_WORD];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)snprintf(command, sizeof(command), "printf '<%%s>' %s",
			       text_shell_word(texts[i], word));
		FILE *shell = popen(command, "r");
		assert_non_null(shell);
		size_t len = fread(back, 1, sizeof(back) - 1, shell);
		assert_int_equal(pclose(shell), 0);
		back[len] = '\0';
		assert_int_equal(back[0], '<');
		assert_int_equal(back[len - 1], '>');
		back[len - 1] = '\0';
		assert_string_equal(back + 1, texts[i]);
	}
	assert_string_equal(text_shell_word("/tmp/plain-1.db", word), "/tmp/plain-1.db");
	/* No option of the command in front of it. */
	assert_string_equal(text_shell_word("-rf", word), "./-rf");
	assert_string_equal(text_shell_word("-r f", word), "'./-r f'");
}

static void a_word_that_is_too_long_is_not_cut(void **state)
{
	char text[TEXT_WORD + 1], word[TEXT_WORD];

	(void)state;
	for (int blank = 0; blank < 2; blank++) {
		for (size_t len = TEXT_WORD - 6; len <= TEXT_WORD; len++) {
			memset(text, 'a', len);
			text[len] = '\0';
			if (blank)
				text[3] = ' ';
			const char *got = text_shell_word(text, word);
			bool fits = len + 1 + (blank ? 2 : 0) <= TEXT_WORD;
			assert_int_equal(strcmp(got, "it") != 0, fits);
			if (fits)
				assert_int_equal(strlen(got), len + (blank ? 2 : 0));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_control_character_is_replaced_and_no_other),
		cmocka_unit_test(each_octet_that_is_not_utf8_is_replaced),
		cmocka_unit_test(a_line_cannot_become_two),
		cmocka_unit_test(json_keeps_controls_escaped),
		cmocka_unit_test(a_write_of_json_that_fails_is_an_error),
		cmocka_unit_test(all_strings_of_an_event_are_cleaned),
		cmocka_unit_test(one_has_no_ending),
		cmocka_unit_test(a_word_for_the_shell_is_one_word_with_the_same_text),
		cmocka_unit_test(a_word_that_is_too_long_is_not_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
