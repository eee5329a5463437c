/* SPDX-License-Identifier: MIT */
/*
 * The log of the database (FILE-wal): a transaction is on the disk when the log is. It stays beside
 * the database between runs, so that a run waits for the disk once, and not for a log that is made,
 * written into the database and removed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "store/sqlite.h"

/* ---- Its file -------------------------------------------------------------------------------- */

/* Puts the names in the directory of a file on the disk. */
static int sync_directory(const char *path)
{
	char folder[STORE_PATH + 8];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int status = fsync(fd);
	(void)close(fd);
	return status;
}

/* 0: it is there, and its name is on the disk; -1. */
static int make_log(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : -1;
	(void)close(fd);
	return sync_directory(path);
}

static sqlite3_vfs *usual;

/*
 * In each process SQLite waits for the directory of a log that it may create, also when the log was
 * there. So it gets one that is there.
 */
static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *got)
{
	(void)vfs;
	if (flags & SQLITE_OPEN_WAL && make_log(name) == 0)
		flags &= ~SQLITE_OPEN_CREATE;
	return usual->xOpen(usual, name, file, flags, got);
}

const char *sqlite_log_files(void)
{
	static const char name[] = "blepair";
	static sqlite3_vfs files;

	if (usual)
		return name;
	usual = sqlite3_vfs_find(NULL);
	if (!usual)
		return NULL;
	files = *usual;
	files.zName = name;
	files.pNext = NULL;
	files.xOpen = open_file;
	if (sqlite3_vfs_register(&files, 0) == SQLITE_OK)
		return name;
	usual = NULL;
	return NULL;
}

/* ---- How long it is, and what is in it ------------------------------------------------------- */

/* Written into the database from so many pages on, and cut to that. */
#define SETTINGS "PRAGMA wal_autocheckpoint = 64; PRAGMA journal_size_limit = 262144;"

int sqlite_log_start(const struct sqlite *db, struct failure *failure)
{
	int stays = 1;

	if (sqlite_run(db, SETTINGS, failure))
		return -1;
	return sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_PERSIST_WAL, &stays) == SQLITE_OK
		       ? 0
		       : sqlite_failed(db, failure);
}

int sqlite_log_erase(const struct sqlite *db, bool wait, struct failure *failure)
{
	(void)sqlite3_busy_timeout(db->handle, wait ? SQLITE_BUSY_MS : 0);
	int code =
		sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->handle, SQLITE_BUSY_MS);
	if (code == SQLITE_OK)
		return 1;
	return code == SQLITE_BUSY ? 0 : sqlite_failed(db, failure);
}

/*
 * What SQLite does at the end if no other process has the database open: it writes the log into it.
 * Then the file alone holds everything, which matters to a person who copies it; the disk has it in
 * the log, which must stay whole for that: the next one that opens the database reads all of it
 * again, and writes it again with waiting before it is overwritten.
 */
void sqlite_log_leave(const struct sqlite *db)
{
	(void)sqlite3_exec(db->handle, "PRAGMA journal_size_limit = -1; PRAGMA synchronous = OFF",
			   NULL, NULL, NULL);
}
