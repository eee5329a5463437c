/* SPDX-License-Identifier: MIT */
/* Errors of the command line. */
#include <stdarg.h>
#include <stdio.h>

#include "base/exit_code.h"
#include "options/table.h"

int options_usage(const char *format, ...)
{
	va_list arguments;

	fputs("blepair: ", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("; see blepair --help\n", stderr);
	return CLI_USAGE;
}

const char *options_command_name(enum command command)
{
	for (size_t i = 0; i < options_command_count; i++)
		if (options_commands[i].command == command && options_commands[i].name)
			return options_commands[i].name;
	return "pairing";
}
