/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/import.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/privilege.h"
#include "crypto/bytes.h"
#include "transfer/bluez_folder.h"
#include "transfer/bond_csv.h"

/* ---- Bonds that are here already ------------------------------------------------------------- */

/*
 * True if the keys and their strength are equal. Only they come back from BlueZ unchanged. Whether
 * a legacy key counts as authenticated is a matter of policy, so it does not distinguish two bonds.
 */
static bool same_keys(const struct bond_record *a, const struct bond_record *b)
{
	const struct smp_keys *x[] = {&a->bond.local, &a->bond.peer};
	const struct smp_keys *y[] = {&b->bond.local, &b->bond.peer};

	for (size_t i = 0; i < 2; i++)
		if (x[i]->has_ltk != y[i]->has_ltk || x[i]->ediv != y[i]->ediv ||
		    !bytes_equal(x[i]->ltk, y[i]->ltk, 16) ||
		    !bytes_equal(x[i]->rand, y[i]->rand, 8))
			return false;
	return !a->bond.secure_connections || a->bond.authenticated == b->bond.authenticated;
}

int import_recognize(json_t *json, struct store *store, struct failure *failure)
{
	json_t *bonds = json_object_get(json, "bonds"), *item;
	struct bond_record record, ours;
	struct failure wrong;
	size_t i;
	int found = 0;

	json_array_foreach(bonds, i, item)
	{
		if (bond_from_json(item, &record, &wrong))
			continue; /* store_import() reports it */
		if (record.bond.method != SMP_METHOD_NONE)
			continue; /* not from BlueZ */
		found = store_find_by_air_address(store, bond_identity(&record), &ours, NULL,
						  failure);
		if (found == 1 && same_keys(&record, &ours))
			(void)json_array_set_new(bonds, i, bond_to_json(&ours));
		if (found < 0)
			break;
	}
	bytes_wipe(&record, sizeof(record));
	bytes_wipe(&ours, sizeof(ours));
	return found < 0 ? -1 : 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static json_t *fail(struct outcome *outcome, enum cli_exit exit, const char *text)
{
	outcome_fail(outcome, exit, "%s; nothing was imported", text);
	return NULL;
}

static json_t *read_json(FILE *file, struct failure *failure)
{
	json_error_t where;
	json_t *json = json_loadf(file, JSON_REJECT_DUPLICATES, &where);

	if (!json)
		(void)failure_set(failure, CLI_USAGE, "line %d: %.120s", where.line, where.text);
	return json;
}

/* name: of the file, for failures. */
static json_t *read_file(const char *name, FILE *file, struct outcome *outcome)
{
	struct failure failure;
	char text[FAILURE_TEXT];
	int first;

	do
		first = fgetc(file);
	while (isspace(first));
	(void)ungetc(first, file);
	json_t *json = first == '{' ? read_json(file, &failure) : bond_csv_read(file, &failure);
	if (ferror(file)) {
		json_decref(json);
		json = NULL;
		(void)file_cannot_read(name, errno, &failure);
		return fail(outcome, failure.exit, failure.text);
	}
	if (json)
		return json;
	(void)snprintf(text, sizeof(text), "%.200s: %.200s", name, failure.text);
	return fail(outcome, failure.exit, text);
}

/* Reads a folder of BlueZ, which belongs to root. NULL: it is no folder, or failure is why. */
static struct bluez_files *read_folder(const char *path, bool *is_folder, struct failure *failure)
{
	struct bluez_files *files = NULL;

	privilege_raise();
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*is_folder = folder >= 0;
	if (*is_folder) {
		files = bluez_files_read(path, folder, failure);
		(void)close(folder);
	}
	privilege_lower();
	return files;
}

static json_t *parse_folder(const struct bluez_files *files, struct event_output *events,
			    struct outcome *outcome)
{
	struct failure failure;
	json_t *json = bluez_files_parse(files, events, &failure);

	return json ? json : fail(outcome, failure.exit, failure.text);
}

json_t *import_read(const char *path, struct event_output *events, struct outcome *outcome)
{
	const bool standard_input = strcmp(path, "-") == 0;
	struct stat status;
	struct failure failure;
	json_t *json = NULL;
	bool is_folder = false;
	struct bluez_files *files = standard_input ? NULL : read_folder(path, &is_folder, &failure);
	FILE *file = standard_input ? stdin : is_folder ? NULL : fopen(path, "re");
	const int error = errno;

	/* Nothing was parsed up to here, and no privilege is left from here on. */
	if (privilege_drop())
		json = fail(outcome, CLI_INTERNAL, "root could not be given up");
	else if (is_folder)
		json = files ? parse_folder(files, events, outcome)
			     : fail(outcome, failure.exit, failure.text);
	else if (file)
		json = read_file(standard_input ? "standard input" : path, file, outcome);
	else
		outcome_fail(outcome, file_cannot_read(path, error, &failure) ? failure.exit : 0,
			     "%s", failure.text);
	if (file && !standard_input) {
		if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
		    status.st_mode & 077)
			event_note(events, 0, "%s: others may read it; it holds keys: chmod 600 it",
				   path);
		(void)fclose(file);
	}
	bluez_files_free(files);
	return json;
}
