/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/commands.h"
#include "crypto/toolbox.h"

static const struct {
	enum command command;
	enum cli_exit (*run)(const struct options *, struct report *, struct bondfile *);
} commands[] = {
	{COMMAND_PAIR, cmd_pair},
	{COMMAND_LISTEN, cmd_listen},
	{COMMAND_SCAN, cmd_scan},
	{COMMAND_INFO, cmd_info},
};

int main(int argc, char *argv[])
{
	struct options options;
	struct report report;
	struct bondfile bonds;
	char error[BONDFILE_ERROR];
	enum cli_exit code = CLI_INTERNAL;
	int parsed = options_parse(argc, argv, &options);

	if (parsed >= 0)
		return parsed;
	report_init(&report, &options);
	if (crypto_init()) {
		fputs("blepair: the cryptographic library does not start\n", stderr);
		return CLI_INTERNAL;
	}
	if (bondfile_open(&bonds, options.bond_file, error)) {
		fprintf(stderr, "blepair: %s\n", error);
		bondfile_close(&bonds);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].command == options.command)
			code = commands[i].run(&options, &report, &bonds);
	bondfile_close(&bonds);
	return (int)code;
}
