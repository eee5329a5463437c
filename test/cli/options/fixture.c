/* SPDX-License-Identifier: MIT */
#include "cli/options/fixture.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "options/table.h"

struct options o;

int parse(const char *line)
{
	static char text[1024];
	char *argv[40] = {"blepair"}, *rest = text, *word;
	int argc = 1, status;

	(void)snprintf(text, sizeof(text), "%s", line);
	while ((word = strsep(&rest, " ")))
		argv[argc++] = strcmp(word, "''") ? word : "";
	/* libc remembers its position within a word of the last command line. */
	optind = 0;
	(void)getopt(1, (char *[]){"blepair", NULL}, "+");
	streams_capture();
	status = options_parse(argc, argv, &o);
	streams_restore();
	return status;
}

void accepts(const char *line)
{
	if (parse(line) != -1)
		fail_msg("%s: %s", line, streams_err);
	assert_string_equal(streams_err, "");
	assert_string_equal(streams_out, "");
}

/* The help that the message names: that of the command, if it is named. */
static const char *page(const char *line)
{
	static char text[64];
	char copy[1024], *rest = copy, *word;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, " ")))
		if (options_find_command(word)) {
			(void)snprintf(text, sizeof(text), "help %s", word);
			return text;
		}
	return "--help";
}

void refuses(const char *line, const char *why)
{
	char want[400];

	assert_int_equal(parse(line), CLI_USAGE);
	(void)snprintf(want, sizeof(want), "blepair: %s; see blepair %s\n", why, page(line));
	assert_string_equal(streams_err, want);
	assert_string_equal(streams_out, "");
}

int start(void **state)
{
	(void)state;
	return unsetenv("BLEPAIR_CONTROLLER");
}

int without_terminal(void **state)
{
	(void)start(state);
	return freopen("/dev/null", "r", stdin) ? 0 : -1;
}
