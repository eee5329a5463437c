/* SPDX-License-Identifier: MIT */
#include "base/page.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char *text;

static void print(const char *title, const char *nonce, const char *style)
{
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	page_head(out, title, nonce, style);
	assert_int_equal(fclose(out), 0);
}

static int end(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static void a_page_with_a_script_uses_only_what_has_its_nonce(void **state)
{
	(void)state;
	print("a <b> page", "0123abcd", ".own { color: red; }\n");
	assert_non_null(strstr(text, "<title>a &lt;b&gt; page</title>"));
	assert_non_null(strstr(text, "content=\"default-src 'none'; base-uri 'none'; "
				     "form-action 'none'; style-src 'nonce-0123abcd'; "
				     "script-src 'nonce-0123abcd'\">"));
	assert_non_null(strstr(text, "<style nonce=\"0123abcd\">"));
	assert_non_null(strstr(text, ".own { color: red; }\n</style>\n</head>\n<body>\n"));
	assert_null(strstr(text, "unsafe"));
}

static void a_page_without_a_script_allows_none(void **state)
{
	(void)state;
	print("title", NULL, NULL);
	assert_non_null(strstr(text, "style-src 'unsafe-inline'\">"));
	assert_null(strstr(text, "script-src"));
	assert_non_null(strstr(text, "<style>"));
}

static void the_style_is_for_light_dark_narrow_and_paper_and_loads_nothing(void **state)
{
	static const char *const parts[] = {"color-scheme: light dark",
					    "@media screen and (prefers-color-scheme:dark)",
					    "@media screen and (max-width:", "@media print"};

	(void)state;
	print("title", NULL, NULL);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("not in the style: %s", parts[i]);
	assert_non_null(strstr(text, page_colours()));
	assert_null(strstr(text, "url("));
	assert_null(strstr(text, "@import"));
	assert_null(strstr(text, "http://"));
	assert_null(strstr(text, "https://"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_page_with_a_script_uses_only_what_has_its_nonce, end),
		cmocka_unit_test_teardown(a_page_without_a_script_allows_none, end),
		cmocka_unit_test_teardown(
			the_style_is_for_light_dark_narrow_and_paper_and_loads_nothing, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
