/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/export.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "transfer/bluez.h"

/* ---- Files ----------------------------------------------------------------------------------- */

/* Writes the content of a file; false: with errno. */
typedef bool writer(FILE *file, void *ctx);

static int fail(struct outcome *o, const char *path, const char *what)
{
	outcome_fail(o, CLI_USAGE, "%.200s: %s", path, what);
	return -1;
}

/* A whole file or none; what is there stays. */
static int put(const char *path, writer *write_to, void *ctx, struct outcome *o)
{
	static struct file_out file;
	struct failure failure;

	if (file_create(&file, path, FILE_PRIVATE, &failure)) {
		outcome_fail(o, failure.exit, "%s", failure.text);
		return -1;
	}
	if (!write_to(file.stream, ctx)) {
		int error = errno;
		file_abandon(&file);
		return fail(o, path, strerror(error));
	}
	if (file_commit_new(&file, &failure)) {
		outcome_fail(o, failure.exit, "%s", failure.text);
		return -1;
	}
	return 0;
}

/* ---- Every bond ------------------------------------------------------------------------------ */

/* Those in force, or with history those before them too; a visit that returns false ends it. */
static int for_each(struct store *store, bool history,
		    bool (*visit)(void *ctx, const struct bond_record *record, bool in_force),
		    void *ctx, struct failure *problem)
{
	struct bond_record record;
	int64_t id = 0, old;
	int status;
	bool go = true;

	while (go && (status = store_next(store, 0, &id, &record, problem)) == 1) {
		go = visit(ctx, &record, true);
		for (old = 0; history && go && status == 1;)
			if ((status = store_next(store, id, &old, &record, problem)) == 1)
				go = visit(ctx, &record, false);
		if (status < 0)
			break;
	}
	bytes_wipe(&record, sizeof(record));
	return go ? status : 0;
}

struct visit {
	const struct options *options;
	struct event_output *events;
	struct store *store;
	struct failure problem;
	struct outcome *outcome;
	FILE *file;
	size_t count, done;
	bool failed;
};

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool write_json(FILE *file, void *ctx)
{
	return json_dumpf(ctx, file, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0 &&
	       fputc('\n', file) != EOF;
}

/* ---- CSV: RFC 4180; no value of ours has a comma or a quotation mark ------------------------- */

static bool write_csv_row(void *ctx, const struct bond_record *record, bool in_force)
{
	struct visit *v = ctx;
	char text[BOND_VALUE];

	(void)fputs(in_force ? "true" : "false", v->file);
	for (size_t i = 0; bond_field(i); i++) {
		const char *value = bond_get(record, i, text);
		(void)fprintf(v->file, ",%s", value ? value : "");
	}
	bytes_wipe(text, sizeof(text));
	v->count++;
	return fputs("\r\n", v->file) >= 0;
}

static bool write_csv(FILE *file, void *ctx)
{
	struct visit *v = ctx;

	v->file = file;
	(void)fputs("in_force", file);
	for (size_t i = 0; bond_field(i); i++)
		(void)fprintf(file, ",%s", bond_field(i));
	(void)fputs("\r\n", file);
	v->failed = for_each(v->store, true, write_csv_row, v, &v->problem) < 0;
	return !v->failed && !ferror(file);
}

/* ---- Wireshark ------------------------------------------------------------------------------- */

static void write_key(FILE *file, const char *name, const uint8_t key[16], const char *whose)
{
	char text[BOND_VALUE];

	(void)fprintf(file, "%-10s 0x%s  %s\n", name, hex_format(key, 16, text), whose);
	bytes_wipe(text, sizeof(text));
}

static bool write_wireshark_bond(void *ctx, const struct bond_record *r, bool in_force)
{
	struct visit *v = ctx;
	const struct smp_bond *b = &r->bond;
	char peer[ADDRESS_TEXT], local[ADDRESS_TEXT];

	(void)in_force;
	(void)fprintf(v->file, "\n# %s (%s) with %s (%s), %s\n",
		      address_format(bond_identity(r), peer), address_kind(bond_identity(r)),
		      address_format(&r->local, local), address_kind(&r->local), r->made);
	if (b->secure_connections && b->peer.has_ltk) {
		write_key(v->file, "SC LTK", b->peer.ltk, "of both");
	} else {
		/* The peripheral's is used, whoever is the peripheral. */
		if (b->peer.has_ltk)
			write_key(v->file, "Legacy LTK", b->peer.ltk, "the peer as peripheral");
		if (b->local.has_ltk)
			write_key(v->file, "Legacy LTK", b->local.ltk, "we as peripheral");
	}
	if (b->peer.has_irk)
		write_key(v->file, "IRK", b->peer.irk, "of the peer");
	if (b->local.has_irk)
		write_key(v->file, "IRK", b->local.irk, "ours");
	v->count++;
	return !ferror(v->file);
}

static bool write_wireshark(FILE *file, void *ctx)
{
	struct visit *v = ctx;

	v->file = file;
	(void)fputs("# Keys to decrypt captures of Bluetooth LE: name and value as the toolbar of "
		    "nRF Sniffer in\n# Wireshark asks for them. The most significant octet is "
		    "first.\n",
		    file);
	v->failed = for_each(v->store, false, write_wireshark_bond, v, &v->problem) < 0;
	return !v->failed && !ferror(file);
}

/* ---- BlueZ ----------------------------------------------------------------------------------- */

static bool write_text(FILE *file, void *text)
{
	return fputs(text, file) >= 0;
}

static int make_directory(const char *path, struct outcome *o)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : fail(o, path, strerror(errno));
}

static int put_bluez(struct bluez_bond *b, const char *folder, struct outcome *o,
		     char path[PATH_MAX])
{
	if (make_directory(folder, o))
		return -1;
	if (snprintf(path, PATH_MAX, "%s/%s", folder, b->controller) > PATH_MAX - 64)
		return fail(o, folder, "its name is too long");
	if (make_directory(path, o))
		return -1;
	size_t end = strlen(path);
	if (*b->identity) {
		(void)snprintf(path + end, PATH_MAX - end, "/identity");
		if (put(path, write_text, b->identity, o))
			return -1;
	}
	(void)snprintf(path + end, PATH_MAX - end, "/%s", b->device);
	if (make_directory(path, o))
		return -1;
	end = strlen(path);
	(void)snprintf(path + end, PATH_MAX - end, "/info");
	return put(path, write_text, b->info, o);
}

static bool visit_bluez(void *ctx, const struct bond_record *r, bool in_force)
{
	struct visit *v = ctx;
	struct bluez_bond b;
	char path[PATH_MAX], address[ADDRESS_TEXT];
	const char *why = bluez_bond(r, &b);

	(void)in_force;
	v->count++;
	if (why) {
		event_note(v->events, 0, "%s is left out: %s", address_format(&r->peer, address),
			   why);
	} else if (put_bluez(&b, v->options->output, v->outcome, path)) {
		v->failed = true;
	} else {
		event_emit(v->events, json_pack("{s:s, s:o, s:s}", "event", "exported", "peer",
						json_address(&r->peer), "path", path));
		v->done++;
	}
	bytes_wipe(&b, sizeof(b));
	return !v->failed;
}

static int export_bluez(struct visit *v)
{
	if (for_each(v->store, false, visit_bluez, v, &v->problem) < 0) {
		outcome_fail(v->outcome, v->problem.exit, "%s", v->problem.text);
		return -1;
	}
	if (v->failed)
		return -1;
	(void)snprintf(v->outcome->text, sizeof(v->outcome->text),
		       "%zu of %zu bonds exported to %.200s: copy it to /var/lib/bluetooth, "
		       "bluetoothd being stopped",
		       v->done, v->count, v->options->output);
	return 0;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int put_or_print(struct visit *v, writer *write_to, void *ctx)
{
	const char *path = v->options->output;

	if (strcmp(path, "-") == 0 && !(write_to(stdout, ctx) && fflush(stdout) == 0))
		return v->failed ? -1 : fail(v->outcome, "standard output", strerror(errno));
	if (strcmp(path, "-") != 0 && put(path, write_to, ctx, v->outcome))
		return -1;
	return 0;
}

static int export_file(struct visit *v)
{
	static writer *const writers[] = {
		[BONDS_CSV] = write_csv, [BONDS_WIRESHARK] = write_wireshark};
	enum bonds_format format = v->options->format;
	json_t *all = NULL;
	int status;

	if (format == BONDS_JSON) {
		all = store_export(v->store, &v->problem);
		v->failed = !all;
		v->count = json_array_size(json_object_get(all, "bonds")) +
			   json_array_size(json_object_get(all, "history"));
		status = all ? put_or_print(v, write_json, all) : -1;
		json_decref(all);
	} else {
		status = put_or_print(v, writers[format], v);
	}
	if (v->failed)
		outcome_fail(v->outcome, v->problem.exit, "%s", v->problem.text);
	if (status)
		return -1;
	(void)snprintf(v->outcome->text, sizeof(v->outcome->text), "%zu bond%s exported to %.200s",
		       v->count, v->count == 1 ? "" : "s",
		       strcmp(v->options->output, "-") ? v->options->output : "standard output");
	return 0;
}

int export_bonds(const struct options *options, struct event_output *events, struct store *store,
		 struct outcome *outcome)
{
	struct visit v = {.options = options, .events = events, .store = store, .outcome = outcome};

	return options->format == BONDS_BLUEZ ? export_bluez(&v) : export_file(&v);
}
