/* SPDX-License-Identifier: MIT */
/* --help and --version. */
#include "cli/options/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/exit_code.h"
#include "options/table.h"

/* Whether the help has a row of the table. */
static bool has(const struct options_row *row)
{
	char text[64];
	const char *at = streams_out;
	const int len =
		snprintf(text, sizeof(text), "\n  %c%c%c --%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");

	while ((at = strstr(at, text)) && at[len] != ' ' && at[len] != '\n')
		at += len;
	return at != NULL;
}

static void help_all_names_every_option_and_command(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(parse("--help all"), CLI_OK);
	assert_string_equal(streams_err, "");
	for (size_t i = 0; i < options_row_count; i++) {
		const struct options_row *row = &options_rows[i];
		assert_true(!row->name || strlen(row->name) <= OPTIONS_NAME);
		(void)snprintf(name, sizeof(name), "\n%s:\n", row->help);
		assert_true(row->name ? has(row) : strstr(streams_out, name) != NULL);
	}
	size_t summaries = 0;
	const char *end = strstr(streams_out, "\nController:\n");
	for (const char *at = streams_out; (at = strstr(at, "\n  blepair ")) && at < end; at++)
		summaries++;
	assert_int_equal(summaries, options_command_count);
	for (size_t i = 0; i < options_command_count; i++) {
		(void)snprintf(name, sizeof(name), "\n  blepair %-12s %s\n",
			       options_commands[i].name, options_commands[i].summary);
		assert_non_null(strstr(streams_out, name));
	}
	assert_int_equal(parse("scan -h --nonsense"), CLI_OK); /* the first one decides */
	assert_int_equal(parse("--nonsense -h"), CLI_USAGE);
}

static void the_short_help_names_every_command_and_no_option(void **state)
{
	static const char *const forms[] = {"--help", "-h", "help"};
	char name[64];

	(void)state;
	for (size_t k = 0; k < COUNT(forms); k++) {
		assert_int_equal(parse(forms[k]), CLI_OK);
		assert_null(strstr(streams_out, "\n      --"));
		for (size_t i = 0; i < options_command_count; i++) {
			(void)snprintf(name, sizeof(name), "\n  blepair %s ",
				       options_commands[i].name);
			assert_non_null(strstr(streams_out, name));
		}
	}
}

/* It is an error in a script whose variable is empty. */
static void without_arguments_the_short_help_is_printed_and_fails(void **state)
{
	char *words[] = {(char[]){"blepair"}, NULL};
	static char help[sizeof(streams_out)];

	(void)state;
	assert_int_equal(parse("--help"), CLI_OK);
	(void)snprintf(help, sizeof(help), "%s", streams_out);
	streams_capture();
	assert_int_equal(options_parse(1, words, &o), CLI_USAGE);
	streams_restore();
	assert_string_equal(streams_out, help);
	assert_string_equal(streams_err, "");
	refuses("--json", "the peer is missing; expected its address, like C4:7C:8D:11:22:33, a "
			  "label, or KEY=VALUE");
}

/* Lines of 79 columns, 24 with the prompt of the shell after them. */
static void the_help_of_each_command_fits_on_a_screen(void **state)
{
	static char copy[sizeof(streams_out)];
	char line[80], *rest, *row;

	(void)state;
	for (size_t i = 0; i <= options_command_count; i++) {
		size_t lines = 0;
		(void)snprintf(line, sizeof(line), "%s --help",
			       i < options_command_count ? options_commands[i].name : "");
		assert_int_equal(parse(i < options_command_count ? line : "--help"), CLI_OK);
		(void)snprintf(copy, sizeof(copy), "%s", streams_out);
		for (rest = copy; (row = strsep(&rest, "\n")); lines++)
			assert_true(strlen(row) <= 79);
		if (lines > 25)
			fail_msg("%s: %zu lines", line, lines);
	}
}

static void the_help_of_a_command_has_its_options(void **state)
{
	char line[80], names[400], *rest, *name;

	(void)state;
	for (size_t i = 0; i < options_command_count; i++) {
		const struct options_command *command = &options_commands[i];
		(void)snprintf(line, sizeof(line), "help %s", command->name);
		assert_int_equal(parse(line), CLI_OK);
		(void)snprintf(names, sizeof(names), "%s", command->first);
		for (rest = names; *command->first && (name = strsep(&rest, " "));) {
			size_t found = 0;
			for (size_t k = 0; k < options_row_count; k++) {
				const struct options_row *row = &options_rows[k];
				if (!row->name || strcmp(row->name, name) != 0)
					continue;
				found++;
				assert_true(row->commands & command->command);
				assert_true(has(row));
			}
			assert_int_equal(found, 1);
		}
		(void)snprintf(line, sizeof(line), "help %s all", command->name);
		assert_int_equal(parse(line), CLI_OK);
		for (size_t k = 0; k < options_row_count; k++)
			if (options_rows[k].name)
				assert_int_equal(has(&options_rows[k]), (options_rows[k].commands &
									 command->command) != 0);
	}
}

static void a_short_help_leaves_out_values_and_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("pair -h"), CLI_OK);
	assert_non_null(strstr(streams_out, "  LE Secure Connections\n"));
	assert_int_equal(parse("listen -h"), CLI_OK);
	assert_non_null(strstr(streams_out, "  close a link on which nothing happens for this\n"));
	assert_int_equal(parse("bonds -h"), CLI_OK);
	assert_non_null(strstr(streams_out, "  bonds export: form of the file\n"));
	assert_int_equal(parse("bonds -h all"), CLI_OK);
	assert_non_null(strstr(streams_out, "form of the file: json"));
}

static void help_takes_a_command(void **state)
{
	(void)state;
	assert_int_equal(parse("help bach"), CLI_USAGE);
	assert_string_equal(streams_err, "blepair: unknown command \"bach\": did you mean batch; "
					 "see blepair --help\n");
	refuses("help batch scan", "unexpected argument \"scan\"; expected all");
	refuses("help batch all more", "unexpected argument \"more\"; expected all");
	refuses("help --json", "--json is not an option of help");
}

static void the_examples_of_the_help_are_valid(void **state)
{
	char lines[2000], *rest = lines, *line;
	int examples = 0;

	(void)state;
	assert_int_equal(parse("--help all"), CLI_OK);
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
	assert_int_equal(parse("--help all"), CLI_OK);
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
	assert_int_equal(strncmp(streams_out, "blepair " VERSION "\nbuilt with mbedTLS ",
				 strlen("blepair " VERSION "\nbuilt with mbedTLS ")),
			 0);
	assert_string_equal(streams_err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_all_names_every_option_and_command),
		cmocka_unit_test(the_short_help_names_every_command_and_no_option),
		cmocka_unit_test(without_arguments_the_short_help_is_printed_and_fails),
		cmocka_unit_test(the_help_of_each_command_fits_on_a_screen),
		cmocka_unit_test(the_help_of_a_command_has_its_options),
		cmocka_unit_test(a_short_help_leaves_out_values_and_defaults),
		cmocka_unit_test(help_takes_a_command),
		cmocka_unit_test(the_examples_of_the_help_are_valid),
		cmocka_unit_test(help_fits_a_terminal),
		cmocka_unit_test(the_version_is_printed),
	};
	return cmocka_run_group_tests(tests, without_terminal, NULL);
}
