/* SPDX-License-Identifier: MIT */
#include "options/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "acceptance/profile.h"
#include "base/exit_code.h"
#include "options/table.h"

/* ---- Parsing --------------------------------------------------------------------------------- */

/* argument: as typed, with a value after "=" or not. */
static int unknown_option(const struct options *o, const char *argument)
{
	const int len = (int)strcspn(argument, "=");
	char typed[OPTIONS_NAME + 1];
	const char *guess;

	(void)snprintf(typed, sizeof(typed), "%.*s", len, argument);
	const char *name = typed + strspn(typed, "-");

	guess = options_similar_option(name, o->command);
	if (guess && strcmp(guess, name) == 0)
		return options_usage("--%s takes no value", name);
	return guess ? options_usage("unknown option \"%.*s\": did you mean --%s", len, argument,
				     guess)
		     : options_usage("unknown option \"%.*s\"", len, argument);
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
	case OPTION_HELP: /* see options_parse() */
		break;
	case OPTION_VERSION:
		puts("blepair " BLEPAIR_VERSION "\nbuilt with " BLEPAIR_LIBRARIES);
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
		.replug_timeout = 60,
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

/* The command is the first operand; options may precede and follow it. NULL: there is no operand.
 */
static const char *find_operand(int argc, char *argv[], const struct getopt_options *g)
{
	optind = 1;
	while (getopt_long(argc, argv, g->letters, g->longs, NULL) != -1)
		;
	return optind < argc ? argv[optind] : NULL;
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
	const char *first = find_operand(argc, argv, &g);
	const struct options_command *named = first ? options_find_command(first) : NULL;
	o->command = named ? named->command : COMMAND_PAIR;
	bool command_seen = !named;
	options_usage_of(named ? named->command : 0);
	optind = 1;
	while (optind < argc) {
		int at = optind, code = getopt_long(argc, argv, g.letters, g.longs, NULL);
		if (code == -1) {
			if (optind >= argc)
				break;
			if (!command_seen && strcmp(argv[optind], first) == 0)
				command_seen = true;
			else if (operand_count < 3)
				operands[operand_count++] = argv[optind];
			optind++;
			continue;
		}
		if (code == '?')
			return unknown_option(o, argv[at]);
		if (code == ':')
			return options_usage("%s needs a value", argv[at]);
		const struct options_row *row = find_row(code);
		if (row->kind == OPTION_HELP)
			return options_help(named, optind < argc ? argv[optind] : NULL);
		given[row - options_rows] = true;
		status = set_option(o, row, optarg);
		if (status != OPTIONS_GO_ON)
			return status;
	}

	if (argc < 2) {
		(void)options_help(NULL, NULL);
		return CLI_USAGE;
	}
	/* Every address has a colon, also a mistyped one; what a peer advertises is KEY=VALUE. */
	if (first && !named && !strchr(first, ':') && !strchr(first, '='))
		return options_unknown_command(first);
	status = options_operands(o, operands, operand_count);
	if (status == OPTIONS_GO_ON)
		status = options_contradictions(o, given);
	return status == OPTIONS_GO_ON ? options_validate(o) : status;
}

int options_read_attribute_files(struct options *o)
{
	struct failure failure;

	if (o->acceptance && acceptance_read_files(options_acceptance(o), &failure)) {
		(void)options_usage("--write-value: %s", failure.text);
		return (int)failure.exit;
	}
	if (o->profile && profile_load(o->profile, options_acceptance(o), &failure)) {
		(void)options_usage("--profile: %s", failure.text);
		return (int)failure.exit;
	}
	if (o->acceptance)
		acceptance_add_levels(options_acceptance(o));
	return OPTIONS_GO_ON;
}
