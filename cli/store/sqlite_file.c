/* SPDX-License-Identifier: MIT */
/* The file of the database: who may read it, and how it is opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "store/sqlite.h"

/* How long to wait for another process that writes. */
#define BUSY_MS 10000

/* ---- SQLite's memory may hold keys: it is wiped when it is freed ----------------------------- */

static sqlite3_mem_methods plain;

static void wipe_and_free(void *memory)
{
	if (memory)
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

/*
 * The database, or with a suffix a file that SQLite puts beside it, must be a regular file that
 * belongs to us and that nobody else can read. create: creates it if it is absent.
 */
static int check_file(const char *path, const char *suffix, bool create, struct failure *failure)
{
	char name[STORE_PATH + 8];
	struct stat status;
	const char *wrong = NULL;

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	int fd = open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (create ? O_CREAT : 0),
		      0600);
	if (fd < 0 && errno == ENOENT && !create)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return failure_set(failure, CLI_USAGE,
				   "store %s: it is a symbolic link; name the file itself", name);
	if (fd < 0)
		return failure_set(failure,
				   errno == ENOENT || errno == ENOTDIR || errno == EISDIR
					   ? CLI_USAGE
					   : CLI_PERMISSION,
				   "store %s: cannot open it: %s; name another by --store, or "
				   "keep nothing with --no-store",
				   name, strerror(errno));
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		wrong = "it is no regular file";
	else if (status.st_uid != geteuid())
		wrong = "it belongs to another user";
	else if (status.st_mode & 077)
		wrong = "others may read it; it holds keys: chmod 600 it";
	/* Not while SQLite has locks on it: closing any descriptor would release them. */
	(void)close(fd);
	return wrong ? failure_set(failure, CLI_USAGE, "store %s: %s", name, wrong) : 0;
}

/* Creates the missing directories of path. */
static int make_directories(const char *path, struct failure *failure)
{
	char folder[STORE_PATH];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST && access(folder, X_OK) < 0)
			return failure_set(
				failure, CLI_PERMISSION,
				"store %s: cannot make the directory %s: %s; name another "
				"by --store, or keep nothing with --no-store",
				path, folder, strerror(errno));
		*slash = '/';
	}
	return 0;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int open_database(struct sqlite *db, struct failure *failure)
{
	if (configure() != SQLITE_OK)
		return failure_set(failure, CLI_INTERNAL, "SQLite does not start");
	if (sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return db->handle ? sqlite_failed(db, failure)
				  : failure_set(failure, CLI_INTERNAL, "out of memory");
	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (sqlite_run(db,
		       "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		       "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
		       "PRAGMA cache_size = -512; PRAGMA trusted_schema = OFF",
		       failure))
		return -1;
	return sqlite_schema_prepare(db, failure);
}

int sqlite_open(struct sqlite *db, bool create_folders, struct failure *failure)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal"};

	db->job_locks = -1;
	if ((create_folders && make_directories(db->path, failure)) ||
	    check_file(db->path, "", true, failure))
		return -1;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (check_file(db->path, suffixes[i], false, failure))
			return -1;
	if (open_database(db, failure) == 0)
		return 0;
	(void)sqlite3_close(db->handle);
	return -1;
}

void sqlite_close(struct sqlite *db)
{
	(void)sqlite3_close(db->handle);
	if (db->job_locks >= 0)
		(void)close(db->job_locks);
}
