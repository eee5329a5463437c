/* SPDX-License-Identifier: MIT */
#include "options/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/exit_code.h"
#include "options/table.h"

/* ---- Parsing --------------------------------------------------------------------------------- */

/* The edit distance of a word and the name of an option: letters to change, add or remove. */
static size_t distance(const char *a, const char *b)
{
	size_t row[OPTIONS_NAME + 1], diagonal, columns = strlen(b);

	for (size_t k = 0; k <= columns; k++)
		row[k] = k;
	for (size_t i = 1; *a; a++, i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= columns; k++) {
			size_t best = diagonal + (*a != b[k - 1]);
			diagonal = row[k];
			best = row[k] + 1 < best ? row[k] + 1 : best;
			row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
		}
	}
	return row[columns];
}

/* The option whose name is most similar to a mistyped one, or NULL. */
static const char *nearest(const char *typed)
{
	const char *best = NULL;
	size_t least = 4;

	for (size_t i = 0; i < options_row_count; i++) {
		size_t d = options_rows[i].name ? distance(typed, options_rows[i].name) : least;
		if (d < least) {
			least = d;
			best = options_rows[i].name;
		}
	}
	return best;
}

static int unknown_option(const char *argument)
{
	const char *typed = argument + strspn(argument, "-");
	const char *guess = nearest(typed);

	return guess ? options_usage("unknown option \"%s\": did you mean --%s", argument, guess)
		     : options_usage("unknown option \"%s\"", argument);
}

static int set_option(struct options *o, const struct options_row *row, const char *value)
{
	struct failure failure;
	const char *expected;
	char *field = (char *)o + row->at;

	if (!(row->commands & o->command))
		return options_usage("--%s is not an option of %s", row->name,
				     options_command_name(o->command));
	switch (row->kind) {
	case OPTION_HEADING:
		break;
	case OPTION_HELP:
		options_help();
		return CLI_OK;
	case OPTION_VERSION:
		puts("blepair " BLEPAIR_VERSION);
		return CLI_OK;
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_TEXT:
		if (!*value)
			return options_usage("--%s needs a value", row->name);
		memcpy(field, &value, sizeof(value));
		break;
	case OPTION_OOB:
		if (row->read_oob(value, &o->oob, &failure)) {
			(void)options_usage("--%s: %s", row->name, failure.text);
			return (int)failure.exit;
		}
		break;
	case OPTION_VALUE:
		expected = row->parse(o, value);
		if (expected)
			return options_usage("--%s: \"%s\" is not valid; expected %s", row->name,
					     value, expected);
		break;
	}
	return -1;
}

static void defaults(struct options *o)
{
	*o = (struct options){
		.mitm = SMP_MITM_PREFER,
		.sc = SMP_SC_PREFER,
		.keep = -1,
		.older_than = -1,
		.init_keys = -1,
		.resp_keys = -1,
		.min_key_size = 16,
		.max_key_size = 16,
		.scan_timeout = -1,
		.timeout = -1,
		.duration = 10,
		.interval_min = 6,
		.interval_max = 12,
		.supervision = 400,
		.name = "blepair",
		.unit_timeout = 90,
		.hook_timeout = 10,
		.idle_timeout = 30,
		.max_failures = 10,
	};
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* The options as getopt_long() takes them. It returns 1000 + the index of a row for a long name. */
struct getopt_options {
	char letters[2 * OPTIONS_ROWS + 3];
	struct option longs[OPTIONS_ROWS + 1];
};

static void make_getopt(struct getopt_options *g)
{
	struct option *longs = g->longs;
	char *letter = g->letters + sprintf(g->letters, "+:");

	for (size_t i = 0; i < options_row_count; i++) {
		const struct options_row *row = &options_rows[i];
		if (!row->name)
			continue;
		*longs++ =
			(struct option){row->name, row->argument ? required_argument : no_argument,
					NULL, 1000 + (int)i};
		if (row->letter)
			letter += sprintf(letter, "%c%s", row->letter, row->argument ? ":" : "");
	}
	*longs = (struct option){0};
}

/* The command is the first operand; options may precede and follow it. */
static enum command find_command(int argc, char *argv[], const struct getopt_options *g)
{
	optind = 1;
	while (getopt_long(argc, argv, g->letters, g->longs, NULL) != -1)
		;
	for (size_t k = 0; optind < argc && k < options_command_count; k++)
		if (options_commands[k].name && strcmp(argv[optind], options_commands[k].name) == 0)
			return options_commands[k].command;
	return COMMAND_PAIR;
}

static const struct options_row *find_row(int code)
{
	size_t i = 0;

	if (code >= 1000)
		return &options_rows[code - 1000];
	while (options_rows[i].letter != code)
		i++;
	return &options_rows[i];
}

int options_parse(int argc, char *argv[], struct options *o)
{
	struct getopt_options g;
	const char *operands[3] = {NULL};
	size_t operand_count = 0;
	bool given[OPTIONS_ROWS] = {false};
	int status;

	make_getopt(&g);
	defaults(o);
	opterr = 0;
	o->command = find_command(argc, argv, &g);
	bool command_seen = o->command == COMMAND_PAIR;
	optind = 1;
	while (optind < argc) {
		int at = optind, code = getopt_long(argc, argv, g.letters, g.longs, NULL);
		if (code == -1) {
			if (optind >= argc)
				break;
			if (!command_seen &&
			    strcmp(argv[optind], options_command_name(o->command)) == 0)
				command_seen = true;
			else if (operand_count < 3)
				operands[operand_count++] = argv[optind];
			optind++;
			continue;
		}
		if (code == '?')
			return unknown_option(argv[at]);
		if (code == ':')
			return options_usage("%s needs a value", argv[at]);
		const struct options_row *row = find_row(code);
		given[row - options_rows] = true;
		status = set_option(o, row, optarg);
		if (status != OPTIONS_GO_ON)
			return status;
	}

	status = options_operands(o, operands, operand_count);
	if (status == OPTIONS_GO_ON)
		status = options_contradictions(o, given);
	return status == OPTIONS_GO_ON ? options_validate(o) : status;
}
