/* SPDX-License-Identifier: MIT */
#include "options/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/exit_code.h"
#include "options/table.h"

/* ---- Parsing --------------------------------------------------------------------------------- */

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

/* How many letters must be changed to make one word the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], diagonal, columns = strlen(b);

	if (columns >= 32)
		return columns;
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

/* The option whose name is nearest to a mistyped one, or NULL. */
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

const char *options_command_name(enum command command)
{
	for (size_t i = 0; i < options_command_count; i++)
		if (options_commands[i].command == command && options_commands[i].name)
			return options_commands[i].name;
	return "pairing";
}

static int set_option(struct options *o, const struct options_row *row, const char *value)
{
	if (!(row->commands & o->command))
		return options_usage("--%s is not an option of %s", row->name,
				     options_command_name(o->command));
	const char *expected = row->parse(o, value);
	if (expected == options_oob_error)
		return options_usage("%s", expected);
	if (expected)
		return options_usage("--%s: \"%s\" is not right; expected %s", row->name, value,
				     expected);
	return -1;
}

static void defaults(struct options *o)
{
	*o = (struct options){
		.io = -1,
		.mitm = SMP_MITM_PREFER,
		.sc = SMP_SC_PREFER,
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
		.max_failures = 10,
	};
}

const char *options_long_name(size_t i)
{
	for (size_t k = 0; k < options_row_count; k++)
		if (options_rows[k].name && i-- == 0)
			return options_rows[k].name;
	return NULL;
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* True when the word behind this option is its value. */
static bool takes_next(const char *argument)
{
	for (size_t i = 0; i < options_row_count; i++) {
		if (!options_rows[i].name || !options_rows[i].argument)
			continue;
		if (argument[1] == '-' ? strcmp(argument + 2, options_rows[i].name) == 0
				       : argument[1] == options_rows[i].letter && !argument[2])
			return true;
	}
	return false;
}

/* A command is the first word that is no option; options may stand on both sides of it. */
static enum command find_command(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			i += takes_next(argv[i]);
			continue;
		}
		for (size_t k = 0; k < options_command_count; k++)
			if (options_commands[k].name &&
			    strcmp(argv[i], options_commands[k].name) == 0)
				return options_commands[k].command;
		break;
	}
	return COMMAND_PAIR;
}

int options_parse(int argc, char *argv[], struct options *o)
{
	struct option longs[OPTIONS_ROWS + 1] = {{0}};
	char letters[2 * OPTIONS_ROWS + 3] = "+:";
	int map[OPTIONS_ROWS], count = 0, code, status;

	defaults(o);
	for (size_t i = 0; i < options_row_count; i++) {
		if (!options_rows[i].name)
			continue;
		map[count] = (int)i;
		longs[count] =
			(struct option){options_rows[i].name,
					options_rows[i].argument ? required_argument : no_argument,
					NULL, 1000 + count};
		count++;
		if (options_rows[i].letter) {
			size_t len = strlen(letters);
			letters[len] = options_rows[i].letter;
			letters[len + 1] = options_rows[i].argument ? ':' : '\0';
		}
	}

	o->command = find_command(argc, argv);

	const char *operands[3] = {NULL};
	size_t operand_count = 0;
	bool command_seen = o->command == COMMAND_PAIR;
	opterr = 0;
	optind = 1;
	while (optind < argc) {
		int at = optind;
		code = getopt_long(argc, argv, letters, longs, NULL);
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

		const struct options_row *row = NULL;
		for (size_t i = 0; i < options_row_count; i++)
			if (options_rows[i].letter && options_rows[i].letter == code)
				row = &options_rows[i];
		if (!row)
			row = &options_rows[map[code - 1000]];
		if (!row->parse) {
			if (row->letter)
				options_help();
			else
				puts("blepair " BLEPAIR_VERSION);
			return CLI_OK;
		}
		status = set_option(o, row, optarg);
		if (status >= 0)
			return status;
	}

	status = options_operands(o, operands, operand_count);
	if (status >= 0)
		return status;
	return options_settle(o);
}
