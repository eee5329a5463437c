/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/privilege.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "crypto/toolbox.h"

static const struct {
	enum command command;
	enum cli_exit (*run)(const struct options *, struct event_output *, struct store *);
} commands[] = {
	{COMMAND_PAIR, cmd_pair},
	{COMMAND_BATCH, cmd_batch},
	{COMMAND_VERIFY, cmd_verify},
	{COMMAND_LISTEN, cmd_listen},
	{COMMAND_SCAN, cmd_scan},
	{COMMAND_INFO, cmd_info},
	{COMMAND_CONTROLLERS, cmd_controllers},
	{COMMAND_BONDS, cmd_bonds},
	{COMMAND_EXPLAIN, cmd_explain},
};

/* JSON values can hold keys (exports, --show-keys): wipe memory before it is freed. */
static void free_erased(void *memory)
{
	if (memory)
		bytes_wipe(memory, malloc_usable_size(memory));
	free(memory);
}

int main(int argc, char *argv[])
{
	struct options options;
	struct event_output events;
	static struct store store;
	struct failure failure;
	enum cli_exit code = CLI_INTERNAL;
	int parsed;

	json_set_alloc_funcs(malloc, free_erased);
	parsed = options_parse(argc, argv, &options);

	if (parsed >= 0)
		return parsed;
	if (privilege_begin(options.keep_root)) {
		fputs("blepair: cannot change to the user who called sudo; --keep-root keeps root "
		      "privileges\n",
		      stderr);
		return CLI_INTERNAL;
	}
	event_output_init(&events, &options);
	if (crypto_init()) {
		fputs("blepair: cannot initialize the cryptographic library\n", stderr);
		return CLI_INTERNAL;
	}
	if (options.no_store) {
		store_init_none(&store);
	} else if (store_init(&store, options.store, &failure)) {
		fprintf(stderr, "blepair: %s\n", failure.text);
		return (int)failure.exit;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].command == options.command)
			code = commands[i].run(&options, &events, &store);
	store_close(&store);
	bytes_wipe(&options, sizeof(options));
	return (int)code;
}
