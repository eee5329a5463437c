/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/library.h"
#include "base/privilege.h"
#include "base/sandbox.h"
#include "base/start_crypto.h"
#include "base/words.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "options/table.h"
#include "output/junit.h"
#include "output/standard_output.h"

/* What a command uses; the libraries of it are loaded then. */
enum { STORE = 1 << 0, CRYPTO = 1 << 1 };

static const struct row {
	enum command command;
	enum cli_exit (*run)(const struct options *, struct event_output *, struct store *);
	unsigned needs;
} commands[] = {
	{COMMAND_PAIR, cmd_pair, STORE | CRYPTO},
	{COMMAND_BATCH, cmd_batch, STORE | CRYPTO},
	{COMMAND_VERIFY, cmd_verify, STORE | CRYPTO},
	{COMMAND_LISTEN, cmd_listen, STORE | CRYPTO},
	{COMMAND_SCAN, cmd_scan, STORE},
	{COMMAND_INFO, cmd_info, STORE},
	{COMMAND_CONTROLLERS, cmd_controllers, 0},
	{COMMAND_BONDS, cmd_bonds, STORE},
	{COMMAND_EXPLAIN, cmd_explain, 0}, /* if there is a capture */
	{COMMAND_WATCH, cmd_watch, 0},	   /* when the monitor channel is open */
	{COMMAND_SELFTEST, cmd_selftest, CRYPTO},
};

/*
 * Loads libraries before root and system calls are given up; libusb is loaded by the first
 * controller on USB, which is opened before, too.
 */
static int load(unsigned needs, const struct options *options, struct failure *failure)
{
	if ((needs & STORE) && !options->no_store && library_need(LIBRARY_SQLITE, failure))
		return -1;
	return needs & CRYPTO ? start_crypto(failure) : 0;
}

/* JSON values can hold keys (exports, --show-keys): wipe memory before it is freed. */
static void free_erased(void *memory)
{
	if (memory)
		bytes_wipe(memory, malloc_usable_size(memory));
	free(memory);
}

/*
 * A result that could not be written is no success, and neither is a run whose capture is not
 * complete: the pairing was reported, but not all that was asked for is there. A reader that has
 * gone, as of "| head -1", needs no message.
 */
static int end(enum cli_exit code)
{
	if (standard_output_close()) {
		if (code != CLI_OK || !file_incomplete())
			return (int)code;
		if (standard_error_has_room()) {
			words_complain("%s is not complete", file_incomplete());
		}
		return CLI_INTERNAL;
	}
	if (code != CLI_INTERNAL && standard_output_error() != EPIPE && standard_error_has_room()) {
		words_complain("cannot write standard output: %s", standard_output_reason());
	}
	return CLI_INTERNAL;
}

/* Returns code, or the code of a failure that comes after a success. */
static enum cli_exit write_junit(const struct junit *junit, const struct options *options,
				 enum cli_exit code)
{
	struct failure failure;

	if (junit_write(junit, options->junit, &failure) == 0)
		return code;
	words_complain("--junit: %s", failure.text);
	return code == CLI_OK ? failure.exit : code;
}

int main(int argc, char *argv[])
{
	struct options options;
	struct event_output events;
	static struct store store;
	static struct junit junit;
	struct failure failure;
	const struct row *command = commands;
	enum cli_exit code;
	int parsed;

	sandbox_hide_memory();
	file_fill_standard();
	standard_output_init();
	json_set_alloc_funcs(malloc, free_erased);
	json_object_seed(
		0); /* opens a file of the kernel, which a filter of system calls forbids */
	parsed = options_parse(argc, argv, &options);

	if (parsed >= 0)
		return end((enum cli_exit)parsed);
	if (privilege_begin(options.keep_root)) {
		words_complain("cannot change to the user who called sudo; --keep-root keeps root "
			       "privileges");
		return CLI_INTERNAL;
	}
	sandbox_hide_memory(); /* the change of user has undone it */
	parsed = options_read_oob_file(&options);
	if (parsed >= 0)
		return end((enum cli_exit)parsed);
	parsed = options_read_attribute_files(&options);
	if (parsed >= 0)
		return end((enum cli_exit)parsed);
	event_output_init(&events, &options);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].command == options.command)
			command = &commands[i];
	if (load(command->needs, &options, &failure)) {
		words_complain("%s", failure.text);
		return (int)failure.exit;
	}
	/* A file to write is never the store, not even in a run without it. */
	const bool named = store_init(&store, options.store, &failure) == 0;
	if (named && (parsed = options_refuse_store(&options, store.path)) >= 0)
		return end((enum cli_exit)parsed);
	if (options.no_store) {
		store_init_none(&store);
	} else if (!named) {
		words_complain("%s", failure.text);
		return (int)failure.exit;
	}
	store.legacy_passkey_mitm = options.legacy_passkey_mitm;
	/* A file that cannot be written is reported before any work. A stream takes only one. */
	events.junit = options.junit ? &junit : NULL;
	if (events.junit && junit_init(&junit, options_command_name(options.command)))
		return end(CLI_INTERNAL);
	if (events.junit && !file_is_stream(options.junit) &&
	    (code = write_junit(&junit, &options, CLI_OK)) != CLI_OK)
		return end(code);
	code = command->run(&options, &events, &store);
	if (events.junit)
		code = write_junit(&junit, &options, code);
	junit_free(&junit);
	store_close(&store);
	bytes_wipe(&options, sizeof(options));
	return end(code);
}
