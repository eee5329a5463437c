/* SPDX-License-Identifier: MIT */
/*
 * Inside of cli/options only: the table of options and the steps of options_parse(). Users include
 * options/options.h.
 */
#pragma once

#include <stddef.h>

#include "base/failure.h"
#include "options/options.h"

#define OPTIONS_ROWS 128 /* at most */
#define OPTIONS_NAME 31	 /* letters of a name, at most */

/* Commands that use a store. */
#define OPTIONS_KEEPING \
	(COMMAND_PAIR | COMMAND_VERIFY | COMMAND_BATCH | COMMAND_LISTEN | COMMAND_BONDS)

enum options_kind {
	OPTION_HEADING, /* of --help; no option */
	OPTION_FLAG,	/* sets the bool at offset at */
	OPTION_TEXT,	/* stores the value, not empty, as the const char * at offset at */
	OPTION_VALUE,	/* by parse() */
	OPTION_OOB,	/* by read_oob() */
	OPTION_VERSION, /* prints the version and ends */
	OPTION_HELP,	/* prints the help and ends */
};

struct options_row {
	enum options_kind kind;
	size_t at;
	/* Stores the value and returns NULL, or returns what was expected. */
	const char *(*parse)(struct options *options, const char *value);
	int (*read_oob)(const char *value, struct smp_oob *oob, struct failure *failure);
	const char *name;     /* without --; NULL: a heading */
	char letter;	      /* 0: none */
	const char *argument; /* NULL: takes none */
	unsigned commands;    /* bits of enum command that take it */
	const char *help;     /* or the heading */
};

extern const struct options_row options_rows[];
extern const size_t options_row_count;

struct options_command {
	const char *name;
	enum command command;
	const char *usage; /* what follows the name; several forms are on lines of their own */
	const char *summary;
	const char *first; /* names of the options that its short help shows */
};

extern const struct options_command options_commands[];
extern const size_t options_command_count;

/* o->selftest to be filled in, with its defaults at first: batch keeps a copy of all options for
 * each link. */
struct options_selftest *options_selftest(struct options *options);

/* o->acceptance to be filled in, empty at first. */
struct acceptance *options_acceptance(struct options *options);

/* The index of a word in a list that ends with NULL; -1: not in it. */
int options_word(const char *value, const char *const words[]);

/* The row of a command; NULL: there is none of this name. */
const struct options_command *options_find_command(const char *name);

const char *options_command_name(enum command command);

/* The name among all commands, or among the options that these commands take, that is most similar
 * to a mistyped one. NULL: none is similar enough, a letter of three. */
const char *options_similar_command(const char *typed);
const char *options_similar_option(const char *typed, unsigned commands);

/* Reports an operand that is neither a command nor an address; returns CLI_USAGE. */
int options_unknown_command(const char *operand);

/* The command whose help options_usage() names; 0: none is known yet. */
void options_usage_of(enum command command);

/* Prints one line on stderr, which ends with the help to read; returns CLI_USAGE. */
int options_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What the steps of options_parse() return; else the exit code to leave with. */
#define OPTIONS_GO_ON (-1)

/* First the operands, then what excludes each other, then all options together. rows: which of
 * options_rows were given. */
int options_operands(struct options *options, const char *const operands[], size_t count);
int options_contradictions(const struct options *options, const bool rows[]);
int options_validate(struct options *options);

/* Prints the help of a command, or that of all, NULL; with every option if the argument that
 * follows, NULL for none, is "all". Returns CLI_OK. */
int options_help(const struct options_command *command, const char *next);

/* blepair help [COMMAND [all]]. Returns CLI_OK or CLI_USAGE. */
int options_help_operands(const char *const operands[], size_t count);
