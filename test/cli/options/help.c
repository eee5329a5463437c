/* SPDX-License-Identifier: MIT */
/* --help and --version. */
#include "cli/options/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/exit_code.h"
#include "options/table.h"

static void help_names_every_option_and_command(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	assert_string_equal(streams_err, "");
	for (size_t i = 0; i < options_row_count; i++) {
		const struct options_row *row = &options_rows[i];
		assert_true(!row->name || strlen(row->name) <= OPTIONS_NAME);
		if (row->name)
			(void)snprintf(name, sizeof(name), "  %c%c%c --%s%s%s",
				       row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
				       row->letter ? ',' : ' ', row->name, row->argument ? " " : "",
				       row->argument ? row->argument : "");
		else
			(void)snprintf(name, sizeof(name), "\n%s:\n", row->help);
		assert_non_null(strstr(streams_out, name));
	}
	size_t summaries = 0;
	const char *end = strstr(streams_out, "\nController:\n");
	for (const char *at = streams_out; (at = strstr(at, "\n  blepair ")) && at < end; at++)
		summaries++;
	assert_int_equal(summaries, options_command_count);
	for (size_t i = 1; i < options_command_count; i++) {
		(void)snprintf(name, sizeof(name), "\n  blepair %-20s %s\n",
			       options_commands[i].name, options_commands[i].summary);
		assert_non_null(strstr(streams_out, name));
	}
	assert_non_null(strstr(streams_out, "\n  blepair ADDRESS "));
	assert_int_equal(parse("scan -h --nonsense"), CLI_OK); /* the first one decides */
	assert_int_equal(parse("--nonsense -h"), CLI_USAGE);
}

static void the_examples_of_the_help_are_valid(void **state)
{
	char lines[2000], *rest = lines, *line;
	int examples = 0;

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	const char *from = strstr(streams_out, "\nExamples:\n");
	assert_non_null(from);
	(void)snprintf(lines, sizeof(lines), "%s", from + strlen("\nExamples:\n"));
	while ((line = strsep(&rest, "\n"))) {
		const char *arguments = strstr(line, "blepair ");
		if (arguments) {
			accepts(arguments + strlen("blepair "));
			examples++;
		}
	}
	assert_true(examples >= 5);
}

/* Names on the left, texts from column 31 to 79 on the right, words whole. */
static void help_fits_a_terminal(void **state)
{
	char *rest = streams_out, *line, joined[65536] = "";
	bool options = false;
	size_t before = 0; /* length of the line before */

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	while ((line = strsep(&rest, "\n"))) {
		options |= strcmp(line, "Controller:") == 0;
		if (strcmp(line, "Examples:") == 0)
			break;
		if (!options)
			continue;
		assert_true(strlen(line) <= 79);
		if (strlen(line) > 31 && strncmp(line, "      --supervision", 19) != 0) {
			assert_true(line[30] == ' ' && line[31] != ' ');
			/* A line is as long as it can be. */
			if (before && line[3] == ' ' && line[6] == ' ')
				assert_true(before + 1 + strcspn(line + 31, " ") > 79);
			before = strlen(line);
			(void)strcat(strcat(joined, line + 31), " ");
		} else {
			before = 0;
		}
	}
	for (size_t i = 0; i < options_row_count; i++)
		if (options_rows[i].name) {
			char text[600];
			(void)snprintf(text, sizeof(text), "%s ", options_rows[i].help);
			assert_non_null(strstr(joined, text));
		}
}

static void the_version_is_printed(void **state)
{
	(void)state;
	assert_int_equal(parse("--version"), CLI_OK);
	assert_string_equal(streams_out, "blepair " VERSION "\n");
	assert_string_equal(streams_err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_names_every_option_and_command),
		cmocka_unit_test(the_examples_of_the_help_are_valid),
		cmocka_unit_test(help_fits_a_terminal),
		cmocka_unit_test(the_version_is_printed),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}
