/* SPDX-License-Identifier: MIT */
/* The help, from the table. */
#include <stdio.h>
#include <string.h>

#include "base/exit_code.h"
#include "options/table.h"

enum { COLUMN = 31, WIDTH = 79 };

/* ---- Options --------------------------------------------------------------------------------- */

/* Prints len octets of text from COLUMN on, wrapped. */
static void print_text(const char *text, size_t len)
{
	const char *const end = text + len;
	size_t column = COLUMN;

	while (text < end) {
		size_t word = strcspn(text, " ");
		if (text + word > end)
			word = (size_t)(end - text);
		if (column + word > WIDTH) {
			printf("\n%*s", COLUMN, "");
			column = COLUMN;
		}
		printf("%s%.*s", column == COLUMN ? "" : " ", (int)word, text);
		column += word + 1;
		text += word;
		text += text < end;
	}
	putchar('\n');
}

/* The first len octets of text describe the option. */
static void print_option(const struct options_row *r, const char *text, size_t len)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", r->letter ? '-' : ' ',
		       r->letter ? r->letter : ' ', r->letter ? "," : " ", r->name,
		       r->argument ? " " : "", r->argument ? r->argument : "");
	if (strlen(left) > COLUMN - 2)
		printf("%s\n%*s", left, COLUMN, "");
	else
		printf("%-*s", COLUMN, left);
	print_text(text, len);
}

/* Values, defaults and exceptions are left out, and so is "COMMAND: " before what only one command
 * has. The words "bonds prune: " stay, because they name the action. */
static void print_option_briefly(const struct options_row *r, const struct options_command *command)
{
	static const char *const ends[] = {": ", "; ", " ("};
	const size_t name = strlen(command->name);
	const char *text = r->help, *rest = text;
	size_t len;

	if (strncmp(text, command->name, name) == 0 && strstr(text, ": ")) {
		rest = strstr(text, ": ") + 2;
		if (rest == text + name + 2)
			text = rest;
	}
	len = strlen(text);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *stop = strstr(rest, ends[i]);
		if (stop && (size_t)(stop - text) < len)
			len = (size_t)(stop - text);
	}
	print_option(r, text, len);
}

/* Every option that one of these commands takes, below its heading. */
static void print_options(unsigned commands)
{
	const struct options_row *heading = NULL;

	for (size_t i = 0; i < options_row_count; i++) {
		const struct options_row *r = &options_rows[i];
		if (!r->name) {
			heading = r;
			continue;
		}
		if (!(r->commands & commands))
			continue;
		if (heading)
			printf("\n%s:\n", heading->help);
		heading = NULL;
		print_option(r, r->help, strlen(r->help));
	}
}

static void print_first_options(const struct options_command *command)
{
	for (const char *name = command->first; *name; name += strspn(name, " ")) {
		size_t len = strcspn(name, " ");
		for (size_t i = 0; i < options_row_count; i++)
			if (options_rows[i].name && strlen(options_rows[i].name) == len &&
			    strncmp(options_rows[i].name, name, len) == 0)
				print_option_briefly(&options_rows[i], command);
		name += len;
	}
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void help_command(const struct options_command *command, bool all)
{
	const char *form = command->usage, *lead = "usage:";

	for (size_t len; *form; form += len + (form[len] == '\n'), lead = "      ") {
		len = strcspn(form, "\n");
		printf("%s blepair %s %.*s\n", lead, command->name, (int)len, form);
	}
	printf("\nblepair %s: %s.\n", command->name, command->summary);
	if (all) {
		print_options(command->command);
		return;
	}
	if (!*command->first)
		return;
	putchar('\n');
	print_first_options(command);
	printf("\nAll options: blepair help %s all. Manual: man blepair-%s.\n", command->name,
	       command->name);
}

static void help_all(bool all)
{
	puts("usage: blepair COMMAND [OPTIONS] ...\n"
	     "       blepair [OPTIONS] ADDRESS[/public|/random]|KEY=VALUE\n\n"
	     "Pairs with a Bluetooth LE device and explains failures.\n");
	for (size_t i = 0; i < options_command_count; i++)
		printf("  blepair %-12s %s\n", options_commands[i].name,
		       options_commands[i].summary);
	if (all)
		print_options(~0U);
	else
		puts("\nOptions of a command: blepair help COMMAND. All options: blepair --help "
		     "all.");
	puts("\nExamples:\n"
	     "  sudo blepair C4:7C:8D:11:22:33\n"
	     "  blepair explain --html why.html btsnoop_hci.log\n"
	     "  sudo blepair watch -w pairing.btsnoop");
	if (all)
		puts("  blepair -c usb:0a12:0001 --sc only C4:7C:8D:11:22:33/random\n"
		     "  blepair pair -c serial:/dev/ttyACM0,1000000 --mitm C4:7C:8D:11:22:33\n"
		     "  blepair listen -c tcp:localhost:4321 --json --count 1");
}

int options_help(const struct options_command *command, const char *next)
{
	/* One write, at the end: stdio forgets why an earlier one has failed. */
	static char room[32768];
	const bool all = next && strcmp(next, "all") == 0;

	(void)setvbuf(stdout, room, _IOFBF, sizeof(room));
	if (command)
		help_command(command, all);
	else
		help_all(all);
	return CLI_OK;
}

int options_help_operands(const char *const operands[], size_t count)
{
	const struct options_command *command;

	if (!count || strcmp(operands[0], "all") == 0)
		return options_help(NULL, operands[0]);
	command = options_find_command(operands[0]);
	if (!command)
		return options_unknown_command(operands[0]);
	if (count > 2 || (count == 2 && strcmp(operands[1], "all") != 0))
		return options_usage("unexpected argument \"%s\"; expected all",
				     operands[count - 1]);
	return options_help(command, operands[1]);
}
