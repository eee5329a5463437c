/* SPDX-License-Identifier: MIT */
/* Text of groups and keys. */
#include "transfer/ini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char taken[400];

static void take(void *ctx, struct ini_part group, struct ini_part key, struct ini_part value)
{
	size_t used = strlen(taken);

	assert_ptr_equal(ctx, taken);
	(void)snprintf(taken + used, sizeof(taken) - used, "%.*s/%.*s/%.*s;", (int)group.len,
		       group.at, (int)key.len, key.at, (int)value.len, value.at);
}

/* Without a zero behind it: a sanitizer finds a read past the end. */
static size_t read_text(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	*taken = '\0';
	size_t line = ini_read(copy, len, take, taken);
	free(copy);
	return line;
}

static void values_are_taken_in_order_with_their_group(void **state)
{
	static const struct {
		const char *text, *values;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"# no group\n", ""},
		{"[A]", ""},
		{"[A]\nb=c", "A/b/c;"},
		{"[A]\nb=c\n[D]\nb=e\nf=\n", "A/b/c;D/b/e;D/f/;"},
		{"[A]\nb=c\nb=d\n", "A/b/c;A/b/d;"},
		{" [ A ] \n\t b = c d \n", "A/b/c d;"},
		{"[A]\r\nb=c\r\n\r\n", "A/b/c;"},
		{"[A]\nb=c=d:e;f # g\n", "A/b/c=d:e;f # g;"},
		{"[A]\nb=[C]\n", "A/b/[C];"},
		{"[A]\n  # b=c\n;d=e\n", "A/;d/e;"},
		{"[[A]]\nb=c\n", "[A]/b/c;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, strlen(cases[i].text)), 0);
		assert_string_equal(taken, cases[i].values);
	}
}

static void the_first_wrong_line_is_returned(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} cases[] = {
		{"x", 1},	  {"a=b\n[C]\n", 1},  {"[A]\nb\nc\n", 2}, {"[A]\n=b", 2},
		{"[A]\n = b", 2}, {"[A]\n\n[B\n", 3}, {"[]\n", 1},	  {"[", 1},
		{"[ ]\n", 1},	  {"[A] b\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (read_text(cases[i].text, strlen(cases[i].text)) != cases[i].line)
			fail_msg("\"%s\" is not wrong in line %zu", cases[i].text, cases[i].line);
	assert_int_equal(read_text("[A]\nb=c\nd\n", 10), 3);
	assert_string_equal(taken, "A/b/c;");
}

static void a_zero_octet_is_wrong_wherever_it_is(void **state)
{
	static const char text[] = "[A]\nb=c\n# d\n";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char copy[sizeof(text)];
		memcpy(copy, text, sizeof(text));
		copy[i] = '\0';
		if (!read_text(copy, sizeof(text) - 1))
			fail_msg("a zero at octet %zu", i);
	}
}

static void a_line_may_have_any_length(void **state)
{
	enum { LONG = 1000000 };
	char *text = malloc(LONG + 20);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LONG + 20);
	memcpy(text, "[A]\nb=", 6);
	memcpy(text + LONG, "\nc=d\n", 5);
	*taken = '\0';
	assert_int_equal(ini_read(text, LONG + 5, take, taken), 0);
	assert_memory_equal(taken, "A/b/xxx", 7);
	memcpy(text + 4, "#", 1);
	assert_int_equal(read_text(text, LONG + 5), 0);
	assert_string_equal(taken, "A/c/d;");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_taken_in_order_with_their_group),
		cmocka_unit_test(the_first_wrong_line_is_returned),
		cmocka_unit_test(a_zero_octet_is_wrong_wherever_it_is),
		cmocka_unit_test(a_line_may_have_any_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
