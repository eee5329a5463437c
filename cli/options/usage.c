/* SPDX-License-Identifier: MIT */
/* Errors of the command line. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/words.h"
#include "crypto/bytes.h"
#include "options/table.h"

/* Of the latest options_parse(). */
static enum command help_command;

void options_usage_of(enum command command)
{
	help_command = command;
}

int options_usage(const char *format, ...)
{
	struct words w = {.out = stderr, .width = words_width(STDERR_FILENO), .indent = 2};
	va_list arguments;
	char *what, *line;
	int len;

	va_start(arguments, format);
	if (vasprintf(&what, format, arguments) < 0)
		what = NULL;
	va_end(arguments);
	len = asprintf(&line, "blepair: %s; see blepair %s%s",
		       what ? what : "the command line is not valid",
		       help_command ? "help " : "--help",
		       help_command ? options_command_name(help_command) : "");
	if (len >= 0) {
		words_put(&w, line, (size_t)len);
		/* An option may hold a key. */
		bytes_wipe(line, (size_t)len);
		free(line);
	}
	if (what)
		bytes_wipe(what, strlen(what));
	free(what);
	fputc('\n', stderr);
	return CLI_USAGE;
}

int options_unknown_command(const char *operand)
{
	const char *guess = options_similar_command(operand);

	help_command = 0;
	return guess ? options_usage("unknown command \"%s\": did you mean %s", operand, guess)
		     : options_usage("\"%s\" is neither a command nor an address; expected a "
				     "command, or AA:BB:CC:DD:EE:FF, optionally followed by "
				     "/public or /random",
				     operand);
}

const struct options_command *options_find_command(const char *name)
{
	for (size_t i = 0; i < options_command_count; i++)
		if (strcmp(options_commands[i].name, name) == 0)
			return &options_commands[i];
	return NULL;
}

const char *options_command_name(enum command command)
{
	size_t i = 0;

	while (options_commands[i].command != command)
		i++;
	return options_commands[i].name;
}
