/* SPDX-License-Identifier: MIT */
/* The command or option that a mistyped word may stand for. */
#include <string.h>

#include "options/table.h"

/* The edit distance of a word and a name: letters to change, add or remove. */
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

/* The best name so far, and its distance. */
struct similar {
	const char *name;
	size_t distance;
};

/* A letter of three may differ, and three at most. */
static struct similar begin(const char *typed)
{
	size_t letters = (strlen(typed) + 2) / 3;

	return (struct similar){.distance = (letters < 3 ? letters : 3) + 1};
}

static void try(struct similar *best, const char *typed, const char *name)
{
	size_t d = distance(typed, name);

	if (d < best->distance)
		*best = (struct similar){name, d};
}

const char *options_similar_command(const char *typed)
{
	struct similar best = begin(typed);

	for (size_t i = 0; i < options_command_count; i++)
		try(&best, typed, options_commands[i].name);
	return best.name;
}

const char *options_similar_option(const char *typed, unsigned commands)
{
	struct similar best = begin(typed);

	for (size_t i = 0; i < options_row_count; i++)
		if (options_rows[i].name && options_rows[i].commands & commands)
			try(&best, typed, options_rows[i].name);
	return best.name;
}
