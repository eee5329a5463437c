/* SPDX-License-Identifier: MIT */
#include "base/html.h"

#include <stdlib.h>

#include "unit.h"

static char *text;
static size_t size;
static FILE *out;

static int begin(void **state)
{
	(void)state;
	out = open_memstream(&text, &size);
	return out ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void is_printed(const char *want)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
}

static void text_is_never_markup(void **state)
{
	(void)state;
	html_put(out, "<b class=\"%s\">%s</b>", "\"><script>",
		 "<img src=x onerror='alert(1)'>&amp;");
	is_printed("<b class=\"&quot;&gt;&lt;script&gt;\">"
		   "&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;</b>");
}

static void control_characters_are_no_characters(void **state)
{
	(void)state;
	html_put(out, "%s", "a\x1b[2J\x01\x7f\n\tz \xc3\xa9");
	is_printed("a\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz \xc3\xa9");
}

static void numbers_are_as_printf_has_them(void **state)
{
	(void)state;
	html_put(out, "%zu %u %d %.1f %.0f 100 %%.", (size_t)7, 8U, -9, 1.25, 2.0);
	is_printed("7 8 -9 1.2 2 100 %.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_never_markup, begin, end),
		cmocka_unit_test_setup_teardown(control_characters_are_no_characters, begin, end),
		cmocka_unit_test_setup_teardown(numbers_are_as_printf_has_them, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
