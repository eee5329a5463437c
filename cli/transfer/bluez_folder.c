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

/* A file, as it was read. */
struct file {
	struct file *next;
	char controller[ADDRESS_TEXT], device[ADDRESS_TEXT]; /* device: empty for an identity */
	struct stat status;
	size_t len;
	char text[];
};

struct bluez_files {
	const char *path; /* for messages */
	struct file *first, **last;
};

/* ---- Reading --------------------------------------------------------------------------------- */

/* Where in path a walk is; empty names: not inside of such a folder. */
struct place {
	struct bluez_files *files;
	char controller[ADDRESS_TEXT], device[ADDRESS_TEXT];
	struct failure *failure;
};

/* file: "/info", "/identity", or "" for the folder itself. */
static int failed(struct failure *failure, const char *path, const char *controller,
		  const char *device, const char *file, const char *why)
{
	return failure_set(failure, CLI_USAGE, "%.200s%s%s%s%s%s: %s", path, *controller ? "/" : "",
			   controller, *device ? "/" : "", device, file, why);
}

static int not_read(const struct place *p, const char *file, const char *why)
{
	return failed(p->failure, p->files->path, p->controller, p->device, file, why);
}

/* error: an errno. */
static int inaccessible(const struct place *p, const char *file, int error)
{
	(void)not_read(p, file,
		       error == ELOOP ? "a symbolic link is not followed" : strerror(error));
	p->failure->exit = cli_exit_of_errno(error);
	return -1;
}

/* Keeps a file of this place; text is of len octets. */
static int keep(const struct place *p, const struct stat *status, const char *text, size_t len)
{
	struct file *file = malloc(sizeof(*file) + len);

	if (!file)
		return not_read(p, "", "out of memory");
	*file = (struct file){.status = *status, .len = len};
	memcpy(file->controller, p->controller, sizeof(file->controller));
	memcpy(file->device, p->device, sizeof(file->device));
	memcpy(file->text, text, len);
	*p->files->last = file;
	p->files->last = &file->next;
	return 0;
}

/* Reads a file if it exists. */
static int read_file(const struct place *p, int folder, const char *file)
{
	static char text[TEXT_ROOM];
	int fd = openat(folder, file + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	ssize_t len = -1;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return inaccessible(p, file, errno);
	if (fstat(fd, &status) || !S_ISREG(status.st_mode))
		(void)not_read(p, file, "it is no regular file");
	else if ((len = read(fd, text, TEXT_ROOM)) < 0)
		(void)inaccessible(p, file, errno);
	else if (len == TEXT_ROOM)
		len = not_read(p, file, "it is too long for a file of BlueZ");
	(void)close(fd);
	int result = len < 0 ? -1 : 0;
	if (len > 0)
		result = keep(p, &status, text, (size_t)len);
	bytes_wipe(text, sizeof(text));
	return result;
}

static bool is_address(const char *name)
{
	struct crypto_address address;
	bool typed;

	return address_parse(name, &address, &typed) && !typed;
}

/* Names of directories, in no order. */
struct names {
	char (*list)[ADDRESS_TEXT];
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Adds the names in folder that are addresses, and sorts them. 0, or -1 with errno. */
static int list_names(int folder, struct names *names)
{
	/* One of its own: the position in a directory belongs to the open file. */
	const int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = own < 0 ? NULL : fdopendir(own);
	const struct dirent *entry;
	int error = stream ? 0 : errno;

	if (own >= 0 && !stream)
		(void)close(own);
	while (stream && (errno = 0, entry = readdir(stream))) {
		if (!is_address(entry->d_name))
			continue;
		char(*more)[ADDRESS_TEXT] =
			realloc(names->list, (names->count + 1) * sizeof(*more));
		if (!more) {
			error = ENOMEM;
			break;
		}
		names->list = more;
		(void)snprintf(names->list[names->count++], ADDRESS_TEXT, "%.17s", entry->d_name);
	}
	error = error ? error : errno;
	if (stream)
		(void)closedir(stream);
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), by_name);
	errno = error;
	return error ? -1 : 0;
}

/* Visits each directory in folder whose name is an address, in the order of the names. */
static int for_each(struct place *p, char name[ADDRESS_TEXT], int folder,
		    int (*visit)(struct place *p, int folder))
{
	struct names names = {NULL, 0};
	int status = list_names(folder, &names) ? inaccessible(p, "", errno) : 0;

	for (size_t i = 0; i < names.count && !status; i++) {
		memcpy(name, names.list[i], ADDRESS_TEXT);
		int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		status = inner < 0 ? inaccessible(p, "", errno) : visit(p, inner);
		if (inner >= 0)
			(void)close(inner);
		*name = '\0';
	}
	free(names.list);
	return status;
}

static int read_device(struct place *p, int folder)
{
	return read_file(p, folder, info);
}

static int read_controller(struct place *p, int folder)
{
	if (read_file(p, folder, identity))
		return -1;
	return for_each(p, p->device, folder, read_device);
}

struct bluez_files *bluez_files_read(const char *path, int folder, struct failure *failure)
{
	struct bluez_files *files = calloc(1, sizeof(*files));
	struct place p = {.files = files, .failure = failure};
	char *full = realpath(path, NULL);
	const char *name = full ? strrchr(full, '/') + 1 : "";
	int status;

	if (!files) {
		status = failure_set(failure, CLI_INTERNAL, "%.200s: out of memory", path);
	} else {
		files->path = path;
		files->last = &files->first;
		if (is_address(name)) { /* one controller's */
			(void)snprintf(p.controller, sizeof(p.controller), "%.17s", name);
			status = read_controller(&p, folder);
		} else {
			status = for_each(&p, p.controller, folder, read_controller);
		}
	}
	free(full);
	if (!status)
		return files;
	bluez_files_free(files);
	return NULL;
}

void bluez_files_free(struct bluez_files *files)
{
	struct file *file = files ? files->first : NULL, *next;

	for (; file; file = next) {
		next = file->next;
		bytes_wipe(file, sizeof(*file) + file->len);
		free(file);
	}
	free(files);
}

/* ---- Parsing --------------------------------------------------------------------------------- */

struct parser {
	const struct bluez_files *files;
	struct event_output *events;
	struct failure *failure;
	json_t *json;
	size_t devices;
	char controller[ADDRESS_TEXT]; /* whose identity us is */
	struct smp_keys us;
};

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

static int wrong(const struct parser *r, const struct file *file, const char *why)
{
	return failed(r->failure, r->files->path, file->controller, file->device,
		      *file->device ? info : identity, why);
}

/* Sets us to the controller of this file; text: of its identity, "" if there is none. */
static int use_controller(struct parser *r, const struct file *file, const char *text, size_t len)
{
	struct failure why;

	memcpy(r->controller, file->controller, sizeof(r->controller));
	return bluez_read_identity(file->controller, text, len, &r->us, &why)
		       ? wrong(r, file, why.text)
		       : 0;
}

static int parse_identity(struct parser *r, const struct file *file)
{
	char made[TIME_TEXT];

	if (use_controller(r, file, file->text, file->len))
		return -1;
	if (r->us.has_irk)
		add_identity(r->json, &r->us, changed_at(&file->status, made));
	return 0;
}

static int parse_device(struct parser *r, const struct file *file)
{
	char made[TIME_TEXT];
	struct failure why;
	struct bond_record record;
	int status = 0;

	if (strcmp(r->controller, file->controller) != 0 && use_controller(r, file, "", 0))
		return -1;
	r->devices++;
	switch (bluez_read(file->device, file->text, file->len, changed_at(&file->status, made),
			   &r->us, &record, &why)) {
	case BLUEZ_BOND:
		(void)json_array_append_new(json_object_get(r->json, "bonds"),
					    bond_to_json(&record));
		break;
	case BLUEZ_NO_BOND:
		event_note(r->events, 0, "%s is left out: %s", file->device, why.text);
		break;
	case BLUEZ_WRONG:
		status = wrong(r, file, why.text);
		break;
	}
	bytes_wipe(&record, sizeof(record));
	return status;
}

json_t *bluez_files_parse(const struct bluez_files *files, struct event_output *events,
			  struct failure *failure)
{
	struct parser r = {
		.files = files, .events = events, .failure = failure, .json = new_contents()};
	int status = 0;

	for (const struct file *file = files->first; file && !status; file = file->next)
		status = *file->device ? parse_device(&r, file) : parse_identity(&r, file);
	if (!status && !r.devices)
		status = failed(failure, files->path, "", "", "",
				"no device of BlueZ in it; expected CONTROLLER/DEVICE/info, as "
				"below /var/lib/bluetooth");
	bytes_wipe(&r.us, sizeof(r.us));
	if (!status)
		return r.json;
	json_decref(r.json);
	return NULL;
}
