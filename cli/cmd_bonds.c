/* SPDX-License-Identifier: MIT */
/* blepair bonds list|export: what the bond file holds, for people and for other hosts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/bluez.h"
#include "cli/commands.h"
#include "cli/outcome.h"
#include "cli/privilege.h"
#include "crypto/bytes.h"

static void tell(struct report *report, const struct bond_record *r)
{
	json_t *peer = report_address(&r->peer);

	if (r->bond.peer.has_identity)
		(void)json_object_set_new(peer, "identity", report_address(&r->bond.peer.identity));
	report_emit(report, json_pack("{s:s, s:o, s:o, s:s, s:b, s:b, s:i, s:s}", "event", "bond",
				      "peer", peer, "local", report_address(&r->local), "role",
				      r->central ? "central" : "peripheral", "secure_connections",
				      r->bond.secure_connections, "authenticated",
				      r->bond.authenticated, "key_size", r->bond.key_size, "method",
				      smp_method_slug(r->bond.method)));
}

/* ---- Files ----------------------------------------------------------------------------------- */

static int fail(struct outcome *o, const char *path, const char *what)
{
	outcome_fail(o, CLI_USAGE, "%s: %s", path, what);
	return -1;
}

/* 1: it holds that text already; 0: it is not there; -1: it holds something else. */
static int compare(const char *path, const char *text, struct outcome *o)
{
	uint8_t there[2048];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	ssize_t got = fd < 0 ? -1 : read(fd, there, sizeof(there));
	if (fd >= 0)
		close(fd);
	bool same = got == (ssize_t)strlen(text) &&
		    bytes_equal(there, (const uint8_t *)text, (size_t)got);
	bytes_wipe(there, sizeof(there));
	return same ? 1
		    : fail(o, path,
			   "is there already, and not the same; it was left as it is: "
			   "move it away, or give another --output");
}

/* A whole file or none. */
static int put(const char *path, const char *text, struct outcome *o)
{
	char temporary[PATH_MAX];
	int same = compare(path, text, o);
	size_t len = strlen(text);

	if (same)
		return same < 0 ? -1 : 0;
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return fail(o, path, "its name is too long");
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return fail(o, path, strerror(errno));
	bool written = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	int error = errno;
	written = close(fd) == 0 && written;
	if (written && rename(temporary, path) == 0)
		return 0;
	error = written ? errno : error;
	(void)unlink(temporary);
	return fail(o, path, strerror(error));
}

static int make_directory(const char *path, struct outcome *o)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : fail(o, path, strerror(errno));
}

static int export_bluez(const struct bluez_bond *b, const char *folder, struct outcome *o,
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
		if (put(path, b->identity, o))
			return -1;
	}
	(void)snprintf(path + end, PATH_MAX - end, "/%s", b->device);
	if (make_directory(path, o))
		return -1;
	end = strlen(path);
	(void)snprintf(path + end, PATH_MAX - end, "/info");
	return put(path, b->info, o);
}

static int export_one(const struct options *options, struct report *report,
		      const struct bond_record *r, struct outcome *o)
{
	struct bluez_bond b;
	char path[PATH_MAX];
	const char *why = bluez_bond(r, &b);
	int status = 0;

	if (why) {
		char address[ADDRESS_TEXT];
		report_note(report, 0, "%s is left out: %s", address_format(&r->peer, address),
			    why);
	} else if ((status = export_bluez(&b, options->output, o, path)) == 0) {
		report_emit(report, json_pack("{s:s, s:o, s:s}", "event", "exported", "peer",
					      report_address(&r->peer), "path", path));
	}
	bytes_wipe(&b, sizeof(b));
	return status ? -1 : !why;
}

enum cli_exit cmd_bonds(const struct options *options, struct report *report,
			struct bondfile *bonds)
{
	bool exports = options->bonds_action == BONDS_EXPORT;
	struct outcome outcome = {
		.exit = CLI_OK, .result = exports ? "exported" : "listed", .reason_code = -1};
	struct bond_record record;
	size_t count = 0, done = 0;
	int status = 0;

	if (privilege_drop())
		return CLI_INTERNAL;
	for (; status >= 0 && bondfile_get(bonds, count, &record); count++) {
		if (!exports)
			tell(report, &record);
		else
			status = export_one(options, report, &record, &outcome);
		done += status == 1;
	}
	bytes_wipe(&record, sizeof(record));
	if (status >= 0 && exports)
		(void)snprintf(outcome.text, sizeof(outcome.text),
			       "%zu of %zu bonds exported to %s: copy it to /var/lib/bluetooth, "
			       "bluetoothd being stopped",
			       done, count, options->output);
	else if (status >= 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%zu bond%s", count,
			       count == 1 ? "" : "s");
	outcome_report(&outcome, report, NULL, NULL);
	return outcome.exit;
}
