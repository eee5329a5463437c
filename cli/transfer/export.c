/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/export.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/file.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "transfer/bluez.h"
#include "transfer/bond_csv.h"
#include "transfer/wireshark.h"

/* ---- Files ----------------------------------------------------------------------------------- */

/* Writes the content of a file. False with errno. */
typedef bool writer(FILE *file, void *ctx);

static int file_failed(struct failure *failure, const char *path, int error)
{
	return failure_set(failure, cli_exit_of_errno(error), "%.200s: %s", path, strerror(error));
}

/* Writes a private file as a whole or not at all. An existing file stays. */
static int write_path(const char *path, writer *write_to, void *ctx, struct failure *failure)
{
	static struct file_out file;

	if (file_create(&file, path, FILE_PRIVATE, failure))
		return -1;
	if (write_to(file.stream, ctx))
		return file_commit_new(&file, failure);
	int error = errno;
	file_abandon(&file);
	return file_failed(failure, path, error);
}

/* ---- Every bond ------------------------------------------------------------------------------ */

struct export
{
	const struct options *options;
	struct event_output *events;
	struct store *store;
	struct failure failure;
	FILE *file;
	size_t count, written;
};

/* Handles one bond. False: the export ends here. */
typedef bool visitor(struct export *e, const struct bond_record *record, bool in_force);

/*
 * Visits the bonds in force, and with history those of each, until visit returns false. False with
 * failure: the store cannot be read.
 */
static bool for_each(struct export *e, bool history, visitor *visit)
{
	struct bond_record record;
	int64_t id = 0, old;
	int status = 1;
	bool more = true;

	while (more && (status = store_next(e->store, 0, &id, &record, &e->failure)) == 1) {
		more = visit(e, &record, true);
		for (old = 0; history && more && status == 1;)
			if ((status = store_next(e->store, id, &old, &record, &e->failure)) == 1)
				more = visit(e, &record, false);
		if (status < 0)
			break;
	}
	bytes_wipe(&record, sizeof(record));
	return status >= 0;
}

/* ---- One file -------------------------------------------------------------------------------- */

static bool write_json(FILE *file, void *ctx)
{
	struct export *e = ctx;
	json_t *all = store_export(e->store, &e->failure);

	if (!all)
		return false;
	e->count = json_array_size(json_object_get(all, "bonds")) +
		   json_array_size(json_object_get(all, "history"));
	bool written = text_dump_json(all, file, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0 &&
		       fputc('\n', file) != EOF;
	json_decref(all);
	return written;
}

static bool write_csv_bond(struct export *e, const struct bond_record *record, bool in_force)
{
	e->count++;
	return bond_csv_write(e->file, record, in_force);
}

static bool write_csv(FILE *file, void *ctx)
{
	struct export *e = ctx;

	e->file = file;
	return bond_csv_write_header(file) && for_each(e, true, write_csv_bond) && !ferror(file);
}

static bool write_wireshark_bond(struct export *e, const struct bond_record *record, bool in_force)
{
	(void)in_force;
	e->count++;
	return wireshark_write(e->file, record);
}

static bool write_wireshark(FILE *file, void *ctx)
{
	struct export *e = ctx;

	e->file = file;
	return wireshark_write_header(file) && for_each(e, false, write_wireshark_bond) &&
	       !ferror(file);
}

static int export_file(struct export *e)
{
	static writer *const writers[] = {
		[BONDS_JSON] = write_json,
		[BONDS_CSV] = write_csv,
		[BONDS_WIRESHARK] = write_wireshark,
	};
	const char *path = e->options->output;
	writer *write_to = writers[e->options->format];
	struct failure failure;

	if (strcmp(path, "-") == 0) {
		if (write_to(stdout, e) && fflush(stdout) == 0)
			return 0;
		(void)file_failed(&failure, "standard output", errno);
	} else if (write_path(path, write_to, e, &failure) == 0) {
		return 0;
	}
	/* A failure of the store comes first: it is why the file could not be written. */
	if (e->failure.exit == CLI_OK)
		e->failure = failure;
	return -1;
}

/* ---- BlueZ's directories --------------------------------------------------------------------- */

static bool write_text(FILE *file, void *text)
{
	return fputs(text, file) != EOF;
}

static int make_directory(const char *path, struct failure *failure)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return file_failed(failure, path, errno);
}

/* path: filled with the name of the file "info". */
static int write_bluez(struct bluez_bond *b, const char *folder, char path[PATH_MAX],
		       struct failure *failure)
{
	if (make_directory(folder, failure))
		return -1;
	if (snprintf(path, PATH_MAX, "%s/%s", folder, b->controller) > PATH_MAX - 64)
		return file_failed(failure, folder, ENAMETOOLONG);
	if (make_directory(path, failure))
		return -1;
	size_t end = strlen(path);
	if (*b->identity) {
		(void)snprintf(path + end, PATH_MAX - end, "/identity");
		if (write_path(path, write_text, b->identity, failure))
			return -1;
	}
	(void)snprintf(path + end, PATH_MAX - end, "/%s", b->device);
	if (make_directory(path, failure))
		return -1;
	end = strlen(path);
	(void)snprintf(path + end, PATH_MAX - end, "/info");
	return write_path(path, write_text, b->info, failure);
}

static bool write_bluez_bond(struct export *e, const struct bond_record *r, bool in_force)
{
	struct bluez_bond b;
	struct failure why;
	char path[PATH_MAX], address[ADDRESS_TEXT], label[STORE_LABEL];
	bool written = true;

	(void)in_force;
	e->count++;
	if (bluez_bond(r, &b, &why)) {
		event_note(e->events, 0, "%s is left out: %s", address_format(&r->peer, address),
			   why.text);
	} else if (write_bluez(&b, e->options->output, path, &e->failure)) {
		written = false;
	} else {
		(void)store_label(e->store, &r->peer, r, label, &why);
		event_emit(e->events, json_pack("{s:s, s:o, s:o}", "event", "exported", "peer",
						bond_peer_json(r, label), "path", text_json(path)));
		e->written++;
	}
	bytes_wipe(&b, sizeof(b));
	return written;
}

static int export_bluez(struct export *e)
{
	return for_each(e, false, write_bluez_bond) && e->failure.exit == CLI_OK ? 0 : -1;
}

/* ---------------------------------------------------------------------------------------------- */

int export_bonds(const struct options *options, struct event_output *events, struct store *store,
		 struct outcome *outcome)
{
	struct export e = {
		.options = options, .events = events, .store = store, .failure = {CLI_OK, ""}};
	const char *path = options->output;
	bool bluez = options->format == BONDS_BLUEZ;

	if (bluez ? export_bluez(&e) : export_file(&e)) {
		outcome_fail(outcome, e.failure.exit, "%s", e.failure.text);
		return -1;
	}
	if (bluez)
		(void)snprintf(outcome->text, sizeof(outcome->text),
			       "%zu of %zu bond%s exported to %.200s: stop bluetoothd, and copy it "
			       "to /var/lib/bluetooth",
			       e.written, e.count, text_s(e.count), path);
	else
		(void)snprintf(outcome->text, sizeof(outcome->text),
			       "%zu bond%s exported to %.200s", e.count, text_s(e.count),
			       strcmp(path, "-") == 0 ? "standard output" : path);
	return 0;
}
