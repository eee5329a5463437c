/* SPDX-License-Identifier: MIT */
#include "base/exit_code.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* Scripts depend on these: a code or a class never changes. */
static void codes_and_classes_are_stable(void **state)
{
	static const char *const classes[] = {"ok",
					      "internal",
					      "usage",
					      "no_controller",
					      "controller_busy",
					      "permission",
					      "not_found",
					      "connection_failed",
					      "peer_refused",
					      "we_refused",
					      "timed_out",
					      "cancelled",
					      "bond_lost",
					      "controller_failed",
					      "controller_blocked",
					      "explained",
					      "nothing_found",
					      "units_failed",
					      "stopped"};

	(void)state;
	assert_int_equal(CLI_EXIT_COUNT, COUNT(classes));
	for (int i = 0; i < CLI_EXIT_COUNT; i++)
		assert_string_equal(cli_exit_slug((enum cli_exit)i), classes[i]);
}

/* docs/exit-codes.md has the same rows; explain and others are formatted as code there. */
static void the_page_has_the_same_meanings(void **state)
{
	char line[512], plain[512];
	int rows = 0;
	FILE *page = fopen(PAGE, "r");

	(void)state;
	assert_non_null(page);
	while (fgets(line, sizeof(line), page)) {
		int code;
		size_t n = 0;
		char row[512];
		if (sscanf(line, "| %d |", &code) != 1)
			continue;
		for (const char *p = line; *p; p++)
			if (*p != '`')
				plain[n++] = *p;
		plain[n] = '\0';
		assert_in_range(code, 0, CLI_EXIT_COUNT - 1);
		(void)snprintf(row, sizeof(row), "| %d | %s | %s |", code,
			       cli_exit_slug((enum cli_exit)code),
			       cli_exit_meaning((enum cli_exit)code));
		assert_int_equal(strncmp(plain, row, strlen(row)), 0);
		rows++;
	}
	assert_int_equal(fclose(page), 0);
	assert_int_equal(rows, CLI_EXIT_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_and_classes_are_stable),
		cmocka_unit_test(the_page_has_the_same_meanings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
