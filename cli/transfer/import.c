/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/import.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/csv.h"
#include "base/json_fields.h"
#include "base/privilege.h"
#include "base/time.h"
#include "crypto/bytes.h"
#include "transfer/bluez.h"

static json_t *nothing_yet(void)
{
	return json_pack("{s:i, s:[], s:[], s:[]}", "version", 1, "identities", "bonds", "history");
}

static void append(json_t *json, const char *list, json_t *item)
{
	(void)json_array_append_new(json_object_get(json, list), item);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static const char expected[] = "expected JSON, or CSV, as bonds export writes them";

enum { COLUMNS = 32, IN_FORCE = COLUMNS };

struct csv {
	size_t columns[COLUMNS], count; /* which field of a bond each is, or IN_FORCE */
	char *cell;
};

static int header(struct csv *csv, const char *line, char why[128])
{
	for (size_t at = 0;; at++) {
		size_t field = IN_FORCE;
		bool fine = csv_cell(line, &at, csv->cell) && csv->count < COLUMNS;

		if (fine && strcmp(csv->cell, "in_force") != 0)
			for (field = 0; bond_field(field); field++)
				if (strcmp(csv->cell, bond_field(field)) == 0)
					break;
		if (!fine || (field != IN_FORCE && !bond_field(field))) {
			(void)snprintf(why, 128, "cell %zu names no column of ours; %s",
				       csv->count + 1, expected);
			return -1;
		}
		csv->columns[csv->count++] = field;
		if (!line[at])
			return 0;
	}
}

static int row(const struct csv *csv, const char *line, json_t *json, char why[128])
{
	json_t *bond = json_pack("{s:{}, s:{}}", "local_keys", "peer_keys");
	struct bond_record record;
	bool in_force = true, fine = true;

	for (size_t at = 0, i = 0;; at++, i++) {
		fine = i < csv->count && csv_cell(line, &at, csv->cell);
		if (fine && csv->columns[i] == IN_FORCE)
			in_force = strcmp(csv->cell, "false") != 0;
		else if (fine && *csv->cell)
			bond_put_text(bond, csv->columns[i], csv->cell);
		if (!fine || !line[at])
			break;
	}
	if (!fine)
		(void)snprintf(why, 128, "expected %zu cells, as the header has", csv->count);
	else
		fine = !bond_from_json(bond, &record, why);
	bytes_wipe(&record, sizeof(record));
	append(json, in_force ? "bonds" : "history", bond);
	return fine ? 0 : -1;
}

/* number: which line, from 1. 0, or -1 with why; "" is a want of memory. */
static int take_line(struct csv *csv, char *line, size_t number, json_t *json, char why[128])
{
	size_t len = strlen(line);
	const char *from = number == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;

	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	if (!len)
		return 0;
	csv->cell = malloc(len + 1);
	if (!csv->cell)
		return -1;
	int status = csv->count ? row(csv, from, json, why) : header(csv, from, why);
	bytes_wipe(csv->cell, len + 1);
	free(csv->cell);
	return status;
}

json_t *import_csv(FILE *file, char why[IMPORT_WHY])
{
	struct csv csv = {.count = 0};
	json_t *json = nothing_yet();
	char *line = NULL, text[128] = "";
	size_t room = 0, number = 0;
	ssize_t got;
	int status = 0;

	while (!status && (got = getline(&line, &room, file)) > 0) {
		number++;
		if (strlen(line) == (size_t)got) {
			status = take_line(&csv, line, number, json, text);
		} else {
			(void)snprintf(text, sizeof(text), "a zero octet; %s", expected);
			status = -1;
		}
	}
	if (line)
		bytes_wipe(line, room);
	free(line);
	if (!status && csv.count)
		return json;
	if (status)
		(void)snprintf(why, IMPORT_WHY, "line %zu: %s", number, *text ? text : "no memory");
	else
		(void)snprintf(why, IMPORT_WHY, "it is empty; %s", expected);
	json_decref(json);
	return NULL;
}

/* ---- BlueZ: <controller>/identity and <controller>/<device>/info ------------------------------
 */

static const char info[] = "/info", identity[] = "/identity";

#define TEXT 65536 /* of a file: BlueZ's have some hundred octets, with services some thousand */

struct bluez {
	const char *path;
	struct event_output *events;
	struct outcome *outcome;
	json_t *json;
	size_t devices;
	char *text; /* room for a file */
	char where[64];
};

/* file: "/info" and the like, or "" for the folder itself. */
static int broken(struct bluez *b, const char *file, const char *what)
{
	outcome_fail(b->outcome, CLI_USAGE, "%.200s%s%s: %s; nothing was imported", b->path,
		     b->where, file, what);
	return -1;
}

/* Length of the file; 0: it is not there; -1: told. No link is followed: see privilege_raise(). */
static ssize_t read_text(struct bluez *b, int folder, const char *file, struct stat *status)
{
	int fd = openat(folder, file + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = -1;

	if (fd < 0 && errno == ENOENT)
		return 0;
	const char *why = errno == ELOOP ? "a symbolic link is not followed" : strerror(errno);
	if (fd >= 0 && (fstat(fd, status) || !S_ISREG(status->st_mode)))
		why = "it is no regular file";
	else if (fd >= 0 && (len = read(fd, b->text, TEXT)) < 0)
		why = strerror(errno);
	else if (len == TEXT)
		why = "it is too long for a file of BlueZ", len = -1;
	if (fd >= 0)
		(void)close(fd);
	return len < 0 ? broken(b, file, why) : len;
}

static void add_identity(json_t *json, const struct smp_keys *us, const char *made)
{
	json_t *item = json_address(&us->identity);

	(void)json_object_set_new(item, "irk", json_hex(us->irk, sizeof(us->irk)));
	(void)json_object_set_new(item, "made", json_string(made));
	append(json, "identities", item);
}

static const char *time_of(const struct stat *status, char made[TIME_TEXT])
{
	return time_format((uint64_t)status->st_mtim.tv_sec * 1000000 +
				   (uint64_t)status->st_mtim.tv_nsec / 1000,
			   made);
}

static int read_device(struct bluez *b, int folder, const char *name, const struct smp_keys *us)
{
	char made[TIME_TEXT], why[BLUEZ_WHY];
	struct bond_record record;
	struct stat status;
	ssize_t len = read_text(b, folder, info, &status);

	if (len <= 0)
		return (int)len;
	b->devices++;
	switch (bluez_read(name, b->text, (size_t)len, time_of(&status, made), us, &record, why)) {
	case BLUEZ_BOND:
		append(b->json, "bonds", bond_to_json(&record));
		break;
	case BLUEZ_NO_BOND:
		event_note(b->events, 0, "%s is left out: %s", name, why);
		break;
	case BLUEZ_WRONG:
		return broken(b, info, why);
	}
	bytes_wipe(&record, sizeof(record));
	return 0;
}

/* Each directory in folder that is named by an address, in their order. */
static int for_each(struct bluez *b, int folder, const struct smp_keys *us,
		    int (*visit)(struct bluez *b, int folder, const char *name,
				 const struct smp_keys *us))
{
	struct dirent **names = NULL;
	struct crypto_address address;
	int count = scandirat(folder, ".", &names, NULL, alphasort), status = 0;
	size_t end = strlen(b->where);
	bool typed;

	if (count < 0)
		status = broken(b, "", strerror(errno));
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		if (!status && address_parse(name, &address, &typed) && !typed) {
			(void)snprintf(b->where + end, sizeof(b->where) - end, "/%s", name);
			int inner = openat(folder, name,
					   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			status = inner < 0 ? broken(b, "", strerror(errno))
					   : visit(b, inner, name, us);
			if (inner >= 0)
				(void)close(inner);
			b->where[end] = '\0';
		}
		free(names[i]);
	}
	free(names);
	return status;
}

static int read_controller(struct bluez *b, int folder, const char *name,
			   const struct smp_keys *none)
{
	char made[TIME_TEXT], why[BLUEZ_WHY];
	struct smp_keys us;
	struct stat status;
	ssize_t len = read_text(b, folder, identity, &status);

	(void)none;
	if (len < 0 || bluez_read_identity(name, len ? b->text : NULL, (size_t)len, &us, why))
		return len < 0 ? -1 : broken(b, identity, why);
	if (us.has_irk)
		add_identity(b->json, &us, time_of(&status, made));
	int result = for_each(b, folder, &us, read_device);
	bytes_wipe(&us, sizeof(us));
	return result;
}

static json_t *read_bluez(const char *path, int folder, struct event_output *events,
			  struct outcome *outcome)
{
	struct bluez b = {path, events, outcome, nothing_yet(), 0, malloc(TEXT), ""};
	char *full = realpath(path, NULL);
	const char *name = full ? strrchr(full, '/') + 1 : "";
	struct crypto_address address;
	bool typed;
	int status = -1;

	if (!b.text)
		(void)broken(&b, "", "no memory");
	else if (address_parse(name, &address, &typed) && !typed) /* of one controller */
		status = read_controller(&b, folder, name, NULL);
	else
		status = for_each(&b, folder, NULL, read_controller);
	if (!status && !b.devices)
		status = broken(&b, "",
				"no device of BlueZ in it; expected CONTROLLER/DEVICE/info, as "
				"below /var/lib/bluetooth");
	if (b.text)
		bytes_wipe(b.text, TEXT);
	free(b.text);
	free(full);
	if (!status)
		return b.json;
	json_decref(b.json);
	return NULL;
}

/* BlueZ's has not what was on air, and the method; what says the same of its keys is the same. */
static bool same_keys(const struct bond_record *a, const struct bond_record *b)
{
	const struct smp_keys *x[] = {&a->bond.local, &a->bond.peer};
	const struct smp_keys *y[] = {&b->bond.local, &b->bond.peer};

	for (size_t i = 0; i < 2; i++)
		if (x[i]->has_ltk != y[i]->has_ltk || x[i]->ediv != y[i]->ediv ||
		    !bytes_equal(x[i]->ltk, y[i]->ltk, 16) ||
		    !bytes_equal(x[i]->rand, y[i]->rand, 8))
			return false;
	return a->bond.authenticated == b->bond.authenticated;
}

int import_recognize(json_t *json, struct store *store, struct failure *problem)
{
	json_t *bonds = json_object_get(json, "bonds"), *item;
	struct bond_record record, ours;
	char why[128];
	size_t i;
	int found = 0;

	json_array_foreach(bonds, i, item)
	{
		if (bond_from_json(item, &record, why))
			continue; /* it will be refused */
		if (record.bond.method != SMP_METHOD_NONE)
			continue; /* it is none of BlueZ's */
		found = store_find_by_air_address(store, bond_identity(&record), &ours, NULL,
						  problem);
		if (found == 1 && same_keys(&record, &ours))
			(void)json_array_set_new(bonds, i, bond_to_json(&ours));
		if (found < 0)
			break;
	}
	bytes_wipe(&record, sizeof(record));
	bytes_wipe(&ours, sizeof(ours));
	return found < 0 ? -1 : 0;
}

/* ---- Any of them ----------------------------------------------------------------------------- */

static json_t *read_file(const char *path, FILE *file, struct outcome *outcome)
{
	json_error_t where;
	char why[IMPORT_WHY] = "";
	json_t *json = NULL;
	int first;

	do
		first = fgetc(file);
	while (isspace(first));
	(void)ungetc(first, file);
	if (first == '{') {
		json = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
		if (!json)
			(void)snprintf(why, sizeof(why), "line %d: %.120s", where.line, where.text);
	} else {
		json = import_csv(file, why);
	}
	if (ferror(file))
		(void)snprintf(why, sizeof(why), "cannot read it: %s", strerror(errno));
	if (*why)
		outcome_fail(outcome, CLI_USAGE, "%.200s: %s; nothing was imported", path, why);
	return json;
}

json_t *import_read(const char *path, struct event_output *events, struct outcome *outcome)
{
	bool standard = strcmp(path, "-") == 0;
	struct stat status = {0};

	if (standard)
		return read_file("standard input", stdin, outcome);
	privilege_raise();
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	json_t *json = folder < 0 ? NULL : read_bluez(path, folder, events, outcome);
	if (folder >= 0)
		(void)close(folder);
	privilege_lower();
	if (folder >= 0)
		return json;
	FILE *file = fopen(path, "re");
	if (!file || fstat(fileno(file), &status)) {
		outcome_fail(outcome, CLI_USAGE, "%.200s: cannot read it: %s", path,
			     strerror(errno));
		return NULL;
	}
	if (status.st_mode & 077)
		event_note(events, 0, "%s: others may read it; it holds keys: chmod 600 it", path);
	json = read_file(path, file, outcome);
	(void)fclose(file);
	return json;
}
