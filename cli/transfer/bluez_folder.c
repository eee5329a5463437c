/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/bluez_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "transfer/bluez.h"

static const char info[] = "/info", identity[] = "/identity";

#define TEXT_ROOM 65536 /* of a file: usual ones have some hundred octets, up to some thousand */

static char text[TEXT_ROOM]; /* of the file that was read last */

struct bluez {
	const char *path;
	struct event_output *events;
	struct failure *failure;
	json_t *json;
	size_t devices;
	char where[64]; /* the directory below path that is being read, "/CONTROLLER/DEVICE" */
};

/* file: "/info", "/identity", or "" for the folder itself. */
static int failed(const struct bluez *b, const char *file, const char *why)
{
	return failure_set(b->failure, CLI_USAGE, "%.200s%s%s: %s", b->path, b->where, file, why);
}

/* Reads a file into text. Returns its length; 0: there is none; -1 with the failure. */
static ssize_t read_text(struct bluez *b, int folder, const char *file, struct stat *status)
{
	int fd = openat(folder, file + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = -1;

	if (fd < 0 && errno == ENOENT)
		return 0;
	const char *why = errno == ELOOP ? "a symbolic link is not followed" : strerror(errno);
	if (fd >= 0 && (fstat(fd, status) || !S_ISREG(status->st_mode)))
		why = "it is no regular file";
	else if (fd >= 0 && (len = read(fd, text, TEXT_ROOM)) < 0)
		why = strerror(errno);
	else if (len == TEXT_ROOM)
		why = "it is too long for a file of BlueZ", len = -1;
	if (fd >= 0)
		(void)close(fd);
	return len < 0 ? failed(b, file, why) : len;
}

static json_t *new_contents(void)
{
	return json_pack("{s:i, s:[], s:[]}", "version", 1, "identities", "bonds");
}

static void add_identity(json_t *json, const struct smp_keys *us, const char *made)
{
	json_t *item = json_address(&us->identity);

	(void)json_object_set_new(item, "irk", json_hex(us->irk, sizeof(us->irk)));
	(void)json_object_set_new(item, "made", json_string(made));
	(void)json_array_append_new(json_object_get(json, "identities"), item);
}

static const char *changed_at(const struct stat *status, char made[TIME_TEXT])
{
	return time_format((uint64_t)status->st_mtim.tv_sec * 1000000 +
				   (uint64_t)status->st_mtim.tv_nsec / 1000,
			   made);
}

static int read_device(struct bluez *b, int folder, const char *name, const struct smp_keys *us)
{
	char made[TIME_TEXT];
	struct failure why;
	struct bond_record record;
	struct stat status;
	ssize_t len = read_text(b, folder, info, &status);

	if (len <= 0)
		return (int)len;
	b->devices++;
	switch (bluez_read(name, text, (size_t)len, changed_at(&status, made), us, &record, &why)) {
	case BLUEZ_BOND:
		(void)json_array_append_new(json_object_get(b->json, "bonds"),
					    bond_to_json(&record));
		break;
	case BLUEZ_NO_BOND:
		event_note(b->events, 0, "%s is left out: %s", name, why.text);
		break;
	case BLUEZ_WRONG:
		return failed(b, info, why.text);
	}
	bytes_wipe(&record, sizeof(record));
	return 0;
}

/* Visits each directory in folder whose name is an address, in the order of the names. */
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
		status = failed(b, "", strerror(errno));
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		if (!status && address_parse(name, &address, &typed) && !typed) {
			(void)snprintf(b->where + end, sizeof(b->where) - end, "/%s", name);
			int inner = openat(folder, name,
					   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			status = inner < 0 ? failed(b, "", strerror(errno))
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
	char made[TIME_TEXT];
	struct failure why;
	struct smp_keys us;
	struct stat status;
	ssize_t len = read_text(b, folder, identity, &status);

	(void)none;
	if (len < 0)
		return -1;
	if (bluez_read_identity(name, text, (size_t)len, &us, &why))
		return failed(b, identity, why.text);
	if (us.has_irk)
		add_identity(b->json, &us, changed_at(&status, made));
	int result = for_each(b, folder, &us, read_device);
	bytes_wipe(&us, sizeof(us));
	return result;
}

json_t *bluez_folder_read(const char *path, int folder, struct event_output *events,
			  struct failure *failure)
{
	struct bluez b = {path, events, failure, new_contents(), 0, ""};
	char *full = realpath(path, NULL);
	const char *name = full ? strrchr(full, '/') + 1 : "";
	struct crypto_address address;
	bool typed;
	int status;

	if (address_parse(name, &address, &typed) && !typed) /* one controller's */
		status = read_controller(&b, folder, name, NULL);
	else
		status = for_each(&b, folder, NULL, read_controller);
	if (!status && !b.devices)
		status = failed(&b, "",
				"no device of BlueZ in it; expected CONTROLLER/DEVICE/info, as "
				"below /var/lib/bluetooth");
	bytes_wipe(text, sizeof(text));
	free(full);
	if (!status)
		return b.json;
	json_decref(b.json);
	return NULL;
}
