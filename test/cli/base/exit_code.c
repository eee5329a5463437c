/* SPDX-License-Identifier: MIT */
#include "base/exit_code.h"

#include <errno.h>
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
					      "stopped",
					      "unfinished",
					      "not_a_capture",
					      "empty",
					      "test_failed",
					      "hook_failed",
					      "wrong_attribute",
					      "unprotected"};

	(void)state;
	assert_int_equal(CLI_EXIT_COUNT, COUNT(classes));
	for (int i = 0; i < CLI_EXIT_COUNT; i++)
		assert_string_equal(cli_exit_slug((enum cli_exit)i), classes[i]);
}

/* One rule for every command and file. */
static void a_failed_system_call_has_one_code_everywhere(void **state)
{
	static const struct {
		int error;
		enum cli_exit exit;
	} cases[] = {
		{ENOENT, CLI_USAGE},	 {ENOTDIR, CLI_USAGE},	   {EISDIR, CLI_USAGE},
		{ELOOP, CLI_USAGE},	 {EEXIST, CLI_USAGE},	   {ENAMETOOLONG, CLI_USAGE},
		{EINVAL, CLI_USAGE},	 {EBADF, CLI_USAGE},	   {ENXIO, CLI_USAGE},
		{ENODEV, CLI_USAGE},	 {EACCES, CLI_PERMISSION}, {EPERM, CLI_PERMISSION},
		{EROFS, CLI_PERMISSION}, {ENOSPC, CLI_INTERNAL},   {EDQUOT, CLI_INTERNAL},
		{EIO, CLI_INTERNAL},	 {ENOMEM, CLI_INTERNAL},   {EMFILE, CLI_INTERNAL},
		{EPIPE, CLI_INTERNAL},	 {EFBIG, CLI_INTERNAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(cli_exit_of_errno(cases[i].error), cases[i].exit);
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
		cmocka_unit_test(a_failed_system_call_has_one_code_everywhere),
		cmocka_unit_test(the_page_has_the_same_meanings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
