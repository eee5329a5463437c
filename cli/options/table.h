/* SPDX-License-Identifier: MIT */
/*
 * The table of options and what its users share; users of options include cli/options/options.h.
 * options_rows.c has the rows, options.c goes through the words, options_settle.c through what they
 * say together, options_help.c prints --help.
 */
#pragma once

#include <stddef.h>

#include "options/options.h"

#define OPTIONS_ROWS 128 /* at most */

/* Commands that have a store. */
#define OPTIONS_KEEPING \
	(COMMAND_PAIR | COMMAND_VERIFY | COMMAND_BATCH | COMMAND_LISTEN | COMMAND_BONDS)

struct options_row {
	const char *name;
	char letter;
	const char *argument; /* NULL: takes none */
	unsigned commands;    /* enum command */
	/* Stores the value and returns NULL, or what was expected. NULL: --help, --version. */
	const char *(*parse)(struct options *options, const char *value);
	const char *help; /* of a heading (name NULL): the heading */
};

/* What is wrong with --oob, a whole line: parse() of its row returns this. */
extern char options_oob_error[300];

extern const struct options_row options_rows[];
extern const size_t options_row_count;

struct options_command {
	const char *name; /* NULL: that of no name, pairing */
	enum command command;
	const char *summary;
};

extern const struct options_command options_commands[];
extern const size_t options_command_count;

const char *options_command_name(enum command command);

/* The index of a word in a list that ends with NULL, -1: not there. */
int options_word(const char *value, const char *const words[]);

/* One line on stderr; returns CLI_USAGE. */
int options_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Both: -1 to go on, or the exit code. */
int options_operands(struct options *options, const char *const operands[], size_t count);
int options_settle(struct options *options);

void options_help(void);
