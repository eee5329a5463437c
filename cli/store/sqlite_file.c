/* SPDX-License-Identifier: MIT */
/* The file of the database: who may read it, and how it is opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/bytes.h"
#include "store/sqlite.h"

static const char *const suffixes[] = {"-wal", "-shm", "-journal"};

/* ---- SQLite's memory may hold keys: it is wiped when it is freed ----------------------------- */

static sqlite3_mem_methods plain;
static bool holds_nothing; /* while an empty store is made: no key is anywhere */

static void wipe_and_free(void *memory)
{
	if (memory && !holds_nothing)
		bytes_wipe(memory, (size_t)plain.xSize(memory));
	plain.xFree(memory);
}

static void *reallocate(void *memory, int size)
{
	void *moved = plain.xMalloc(size);
	int old = plain.xSize(memory);

	if (!moved)
		return NULL;
	memcpy(moved, memory, (size_t)(old < size ? old : size));
	wipe_and_free(memory);
	return moved;
}

static int configure(void)
{
	static bool done;
	sqlite3_mem_methods wiping;

	if (done)
		return SQLITE_OK;
	if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) ||
	    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) ||
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain))
		return SQLITE_ERROR;
	wiping = plain;
	wiping.xFree = wipe_and_free;
	wiping.xRealloc = reallocate;
	done = true;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &wiping);
}

/* ---- The file -------------------------------------------------------------------------------- */

static int cannot_open(const struct sqlite *db, const char *name, struct failure *failure)
{
	if (errno == ELOOP)
		return failure_set(failure, CLI_USAGE,
				   "store %s: it is a symbolic link; name the file itself", name);
	return failure_set(
		failure,
		errno == ENOENT || errno == ENOTDIR || errno == EISDIR ? CLI_USAGE : CLI_PERMISSION,
		"store %s: cannot open it: %s; %s", name, strerror(errno), sqlite_otherwise(db));
}

/*
 * The database, or with a suffix a file that SQLite puts beside it, must be a regular file that
 * belongs to us and that nobody else can read. flags: of open(). 1; 0: it is absent; -1.
 */
static int check_file(const struct sqlite *db, const char *suffix, int flags,
		      struct failure *failure)
{
	char name[STORE_PATH + 8];
	struct stat status;
	const char *wrong = NULL;
	enum cli_exit code = CLI_PERMISSION;

	(void)snprintf(name, sizeof(name), "%s%s", db->path, suffix);
	int fd = open(name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return cannot_open(db, name, failure);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		wrong = "it is no regular file";
		code = CLI_USAGE;
	} else if (status.st_uid != geteuid()) {
		wrong = "it belongs to another user";
	} else if (status.st_mode & 077) {
		wrong = "others may read it; it holds keys: chmod 600 it";
	}
	/* Not while SQLite has locks on it: closing any descriptor would release them. */
	(void)close(fd);
	return wrong ? failure_set(failure, code, "store %s: %s", name, wrong) : 1;
}

/* All of them; flags: of open(). 1; 0: the database is absent; -1. */
static int check_files(const struct sqlite *db, int flags, struct failure *failure)
{
	int status = check_file(db, "", flags, failure);

	for (size_t i = 0; status == 1 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (check_file(db, suffixes[i], flags, failure) < 0)
			status = -1;
	return status;
}

/* Creates the missing directories of the path. */
static int make_directories(const struct sqlite *db, struct failure *failure)
{
	char folder[STORE_PATH];

	(void)snprintf(folder, sizeof(folder), "%s", db->path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST && access(folder, X_OK) < 0)
			return failure_set(failure, CLI_PERMISSION,
					   "store %s: cannot make the directory %s: %s; %s",
					   db->path, folder, strerror(errno), sqlite_otherwise(db));
		*slash = '/';
	}
	return 0;
}

/* ---- Creating -------------------------------------------------------------------------------- */

/* Writes a file that is not there yet, and waits for the disk. 0, or -1 with errno. */
static int write_file(const char *name, const unsigned char *octets, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t written = -1;

	if (fd < 0)
		return -1;
	errno = ENOSPC; /* of a write that ends early */
	written = pwrite(fd, octets, len, 0);
	int status = written == (ssize_t)len && fdatasync(fd) == 0 ? 0 : -1;
	int error = errno;
	(void)close(fd);
	errno = error;
	return status;
}

/* What is beside the database. 0, or -1 with errno. */
static int remove_others(const struct sqlite *db)
{
	char name[STORE_PATH + 8];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", db->path, suffixes[i]);
		if (unlink(name) < 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}

/*
 * A store that holds nothing: beside its place first, so that there is never a part of one there.
 * What an earlier try left is replaced, and so is the log of a store that was removed, which would
 * be written into this one.
 */
static int put_file(const struct sqlite *db, const unsigned char *image, size_t len,
		    struct failure *failure)
{
	char name[STORE_PATH + 8];

	(void)snprintf(name, sizeof(name), "%s-new", db->path);
	(void)unlink(name);
	if (write_file(name, image, len) == 0 && remove_others(db) == 0 &&
	    rename(name, db->path) == 0)
		return 0;
	int error = errno;
	(void)unlink(name);
	errno = error;
	return cannot_open(db, db->path, failure);
}

static int create_file(const struct sqlite *db, struct failure *failure)
{
	sqlite3_int64 len = 0;
	int status = 0;

	holds_nothing = true;
	unsigned char *image = sqlite_schema_image(&len);
	holds_nothing = false;
	int lock = sqlite_lock_directory(db->path);
	if (!image)
		status = failure_set(failure, CLI_INTERNAL, "out of memory");
	else if (access(db->path, F_OK) != 0) /* another process may have made it meanwhile */
		status = put_file(db, image, (size_t)len, failure);
	sqlite3_free(image);
	if (lock >= 0)
		(void)close(lock);
	return status;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int open_handle(struct sqlite *db, const char *name, int flags, struct failure *failure)
{
	const char *files = sqlite_log_files();

	if (!files)
		return failure_set(failure, CLI_INTERNAL, "SQLite does not start");
	if (sqlite3_open_v2(name, &db->handle, flags, files) != SQLITE_OK)
		return db->handle ? sqlite_failed(db, failure)
				  : failure_set(failure, CLI_INTERNAL, "out of memory");
	(void)sqlite3_busy_timeout(db->handle, SQLITE_BUSY_MS);
	if (sqlite_run(db,
		       "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		       "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
		       "PRAGMA cache_size = -512; PRAGMA trusted_schema = OFF;",
		       failure) ||
	    sqlite_log_start(db, failure))
		return -1;
	return sqlite_schema_prepare(db, failure);
}

static int open_database(struct sqlite *db, const char *name, int flags, struct failure *failure)
{
	if (open_handle(db, name, flags, failure) == 0)
		return 1;
	sqlite_free_statements(db);
	(void)sqlite3_close(db->handle);
	db->handle = NULL;
	return -1;
}

/* True if the file beside the database is there and holds something. */
static bool has_content(const char *path, const char *suffix)
{
	char name[STORE_PATH + 8];
	struct stat status;

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &status) == 0 && status.st_size > 0;
}

/* The URI of a database that nobody changes, so that SQLite needs no files beside it. */
static void format_uri(const char *path, char uri[3 * STORE_PATH + 32])
{
	char *to = uri + sprintf(uri, "file:");

	for (const char *from = path; *from; from++)
		to += sprintf(to, strchr("?#%", *from) ? "%%%02x" : "%c", (unsigned char)*from);
	(void)sprintf(to, "?immutable=1");
}

/*
 * Opens a database that cannot be written: its file, its directory or its file system is
 * read-only. Another process that changes it must have its log beside it; that is read, too.
 */
static int open_read_only(struct sqlite *db, struct failure *failure)
{
	char uri[3 * STORE_PATH + 32];
	bool log = has_content(db->path, "-wal") || has_content(db->path, "-journal");
	int status = check_files(db, O_RDONLY, failure);

	if (status != 1)
		return status;
	db->read_only = true;
	format_uri(db->path, uri);
	status = open_database(db, log ? db->path : uri,
			       SQLITE_OPEN_READONLY | (log ? 0 : SQLITE_OPEN_URI), failure);
	if (status < 0 && log && failure->exit == CLI_PERMISSION)
		(void)failure_set(
			failure, CLI_PERMISSION,
			"store %s: its log %s-wal can be read only where it can be "
			"written: copy both to a directory of yours, and name the copy by "
			"--store",
			db->path, db->path);
	return status;
}

int sqlite_open(struct sqlite *db, enum store_access access, bool create_folders,
		struct failure *failure)
{
	bool create = access == STORE_CREATE;

	db->job_locks = -1;
	if (file_check_folders(db->path, failure) ||
	    (create && create_folders && make_directories(db, failure)))
		return -1;
	if (configure() != SQLITE_OK)
		return failure_set(failure, CLI_INTERNAL, "SQLite does not start");
	int status = check_files(db, O_RDWR, failure);
	if (status == 0 && create)
		status = create_file(db, failure) ? -1 : check_files(db, O_RDWR, failure);
	if (status == 1)
		status = open_database(db, db->path, SQLITE_OPEN_READWRITE, failure);
	if (status < 0 && access == STORE_READ && failure->exit == CLI_PERMISSION)
		status = open_read_only(db, failure);
	return status;
}

void sqlite_close(struct sqlite *db)
{
	sqlite_free_statements(db);
	(void)sqlite3_close(db->handle);
	if (db->job_locks >= 0)
		(void)close(db->job_locks);
}
