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
	len = asprintf(&line, "blepair: %s; see blepair --help",
		       what ? what : "the command line is not valid");
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

const char *options_command_name(enum command command)
{
	for (size_t i = 0; i < options_command_count; i++)
		if (options_commands[i].command == command && options_commands[i].name)
			return options_commands[i].name;
	return "pairing";
}
