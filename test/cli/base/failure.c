/* SPDX-License-Identifier: MIT */
#include "base/failure.h"

#include <string.h>

#include "unit.h"

static void a_failure_is_an_exit_code_and_a_line(void **state)
{
	struct failure failure;

	(void)state;
	assert_int_equal(failure_set(&failure, CLI_NOT_FOUND, "%s: %d seen", "peer", 0), -1);
	assert_int_equal(failure.exit, CLI_NOT_FOUND);
	assert_string_equal(failure.text, "peer: 0 seen");
}

static void a_long_line_is_cut(void **state)
{
	struct failure failure;
	char text[2 * FAILURE_TEXT];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(failure_set(&failure, CLI_USAGE, "%s", text), -1);
	assert_int_equal(strlen(failure.text), FAILURE_TEXT - 1);
	assert_memory_equal(failure.text, text, FAILURE_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_an_exit_code_and_a_line),
		cmocka_unit_test(a_long_line_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
