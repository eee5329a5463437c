/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privilege.h"
#include "crypto/bytes.h"

/* How long another process may hold the right to write. */
#define BUSY_MS 10000

/* ---- Schema: a step a version, never changed once released ----------------------------------- */

#define APPLICATION 0x626c6570 /* "blep" */
#define STRING(x)   #x
#define TEXT(x)	    STRING(x)

static const char *const migrations[] = {
	"CREATE TABLE identity (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE,"
	" irk TEXT NOT NULL, made TEXT NOT NULL);"

	"CREATE TABLE bond (id INTEGER PRIMARY KEY,"
	/* That which replaced it; NULL: it is in force. */
	" newer INTEGER REFERENCES bond ON DELETE CASCADE,"
	" made TEXT NOT NULL, role TEXT NOT NULL, local TEXT NOT NULL, peer TEXT NOT NULL,"
	" secure_connections TEXT NOT NULL, authenticated TEXT NOT NULL,"
	" key_size INTEGER NOT NULL, method TEXT NOT NULL, link_key TEXT,"
	" local_ltk TEXT, local_ediv TEXT, local_rand TEXT, local_irk TEXT, local_identity TEXT,"
	" local_csrk TEXT, peer_ltk TEXT, peer_ediv TEXT, peer_rand TEXT, peer_irk TEXT,"
	" peer_identity TEXT, peer_csrk TEXT,"
	" CHECK ((local_ltk IS NULL) = (local_ediv IS NULL)"
	" AND (local_ltk IS NULL) = (local_rand IS NULL)),"
	" CHECK ((peer_ltk IS NULL) = (peer_ediv IS NULL)"
	" AND (peer_ltk IS NULL) = (peer_rand IS NULL)));"
	"CREATE INDEX bond_newer ON bond (newer);"
	"CREATE INDEX bond_peer ON bond (peer);"
	"CREATE INDEX bond_peer_identity ON bond (peer_identity);"

	"CREATE TABLE attempt (id INTEGER PRIMARY KEY, time TEXT NOT NULL, run TEXT, unit TEXT,"
	" label TEXT, peer TEXT, controller TEXT, method TEXT, result TEXT NOT NULL, class TEXT,"
	" reason TEXT, reason_code INTEGER, scan_ms REAL, connect_ms REAL, pair_ms REAL,"
	" total_ms REAL, retries INTEGER);"
	"CREATE INDEX attempt_time ON attempt (time);"
	"CREATE INDEX attempt_peer ON attempt (peer);"
	"CREATE INDEX attempt_run ON attempt (run) WHERE run IS NOT NULL;"

	"CREATE TABLE unit (run TEXT NOT NULL, unit TEXT NOT NULL, state TEXT NOT NULL,"
	" attempts INTEGER NOT NULL, changed TEXT NOT NULL, PRIMARY KEY (run, unit))"
	" WITHOUT ROWID;"
	"PRAGMA application_id = " TEXT(APPLICATION) ";"
						     "PRAGMA user_version = 1;",

	/* since: microseconds since 1970; peer "": all together. */
	"CREATE TABLE failure (peer TEXT PRIMARY KEY NOT NULL, failures INTEGER NOT NULL,"
	" since INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA user_version = 2;",
};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

/* ---- What can go wrong ----------------------------------------------------------------------- */

int store_db_damaged(const struct store *s, struct failure *problem, const char *where)
{
	return failure_set(problem, CLI_USAGE,
			   "store %s: it is damaged (%s); it was left as it is: move it away, "
			   "and import what you exported (blepair bonds import)",
			   s->path, where);
}

/* How SQLite's codes are told; those that are not here are told in its own words. */
static const struct {
	int code;
	enum cli_exit exit;
	const char *text;
} troubles[] = {
	{SQLITE_NOTADB, CLI_USAGE,
	 "it is not a store of blepair; it was left as it is: name another file by --store"},
	{SQLITE_BUSY, CLI_INTERNAL,
	 "another program keeps it locked; nothing was written: try again when it is done"},
	{SQLITE_FULL, CLI_INTERNAL,
	 "the disk is full; nothing was written, and what was there stays: make room"},
	{SQLITE_NOMEM, CLI_INTERNAL, "out of memory"},
	{SQLITE_READONLY, CLI_PERMISSION,
	 "it or its directory cannot be written; name another by --store, or keep nothing with "
	 "--no-store"},
	{SQLITE_PERM, CLI_PERMISSION, "its access is not permitted"},
};

int store_db_failed(const struct store *s, struct failure *problem)
{
	int code = sqlite3_errcode(s->db), error = sqlite3_system_errno(s->db);

	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].code == code)
			return failure_set(problem, troubles[i].exit, "store %s: %s", s->path,
					   troubles[i].text);
	if (code == SQLITE_CORRUPT)
		return store_db_damaged(s, problem, "its pages contradict each other");
	if (error == EACCES || error == EPERM || error == EROFS || code == SQLITE_CANTOPEN)
		return failure_set(problem, CLI_PERMISSION,
				   "store %s: it or its directory cannot be written: %s", s->path,
				   strerror(error ? error : EACCES));
	return failure_set(problem, CLI_INTERNAL, "store %s: %s%s%s", s->path,
			   sqlite3_errmsg(s->db), error ? ": " : "", error ? strerror(error) : "");
}

/* ---- Statements ------------------------------------------------------------------------------ */

sqlite3_stmt *store_db_prepare(struct store *s, const char *sql, struct failure *problem)
{
	sqlite3_stmt *statement = NULL;

	if (!s->db && store_open(s, problem))
		return NULL;
	if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
		(void)store_db_failed(s, problem);
	return statement;
}

int store_db_step(const struct store *s, sqlite3_stmt *statement, struct failure *problem)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return store_db_failed(s, problem);
	}
}

int store_db_run(struct store *s, const char *sql, struct failure *problem)
{
	if (!s->db && store_open(s, problem))
		return -1;
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : store_db_failed(s, problem);
}

int store_db_begin(struct store *s, struct failure *problem)
{
	return store_db_run(s, "BEGIN IMMEDIATE", problem);
}

int store_db_end(struct store *s, int status, struct failure *problem)
{
	if (status == 0)
		status = store_db_run(s, "COMMIT", problem);
	if (status && !sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

/* ---- Memory that held keys is erased when SQLite gives it back ------------------------------- */

static sqlite3_mem_methods usual;

static void erase_and_free(void *memory)
{
	if (memory)
		bytes_wipe(memory, (size_t)usual.xSize(memory));
	usual.xFree(memory);
}

static void *move(void *memory, int size)
{
	void *moved = usual.xMalloc(size);
	int old = usual.xSize(memory);

	if (!moved)
		return NULL;
	memcpy(moved, memory, (size_t)(old < size ? old : size));
	erase_and_free(memory);
	return moved;
}

static int configure(void)
{
	static bool done;
	sqlite3_mem_methods erasing;

	if (done)
		return SQLITE_OK;
	if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) ||
	    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) ||
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual))
		return SQLITE_ERROR;
	erasing = usual;
	erasing.xFree = erase_and_free;
	erasing.xRealloc = move;
	done = true;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &erasing);
}

/* ---- The file -------------------------------------------------------------------------------- */

/* The file, or one that SQLite puts beside it: ours, and nobody else's to read. Made if make. */
static int check_file(const char *path, const char *beside, bool make, struct failure *problem)
{
	char name[STORE_PATH + 8];
	struct stat status;
	const char *wrong = NULL;

	(void)snprintf(name, sizeof(name), "%s%s", path, beside);
	int fd = open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (make ? O_CREAT : 0),
		      0600);
	if (fd < 0 && errno == ENOENT && !make)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return failure_set(problem, CLI_USAGE,
				   "store %s: it is a symbolic link; name the file itself", name);
	if (fd < 0)
		return failure_set(problem,
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
	(void)close(fd); /* before SQLite has locks on it: closing would lift them */
	return wrong ? failure_set(problem, CLI_USAGE, "store %s: %s", name, wrong) : 0;
}

/* The directories of the usual place. */
static int make_directories(const char *path, struct failure *problem)
{
	char folder[STORE_PATH];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST && access(folder, X_OK) < 0)
			return failure_set(
				problem, CLI_PERMISSION,
				"store %s: cannot make the directory %s: %s; name another "
				"by --store, or keep nothing with --no-store",
				path, folder, strerror(errno));
		*slash = '/';
	}
	return 0;
}

int store_init(struct store *s, const char *path, struct failure *problem)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = privilege_home();
	int len;

	*s = (struct store){.used = true, .runs = -1};
	if (path)
		len = snprintf(s->path, sizeof(s->path), "%s", path);
	else if (state && *state == '/')
		len = snprintf(s->path, sizeof(s->path), "%s/blepair/blepair.db", state);
	else if (home && *home == '/')
		len = snprintf(s->path, sizeof(s->path), "%s/.local/state/blepair/blepair.db",
			       home);
	else
		return failure_set(problem, CLI_USAGE,
				   "store: there is no home directory to keep it in; name it "
				   "by --store, or keep nothing with --no-store");
	s->usual = !path;
	if (len <= 0 || len >= (int)sizeof(s->path) - 8)
		return failure_set(problem, CLI_USAGE, "store: \"%.60s...\" is no file name",
				   path ? path : s->path);
	return 0;
}

void store_init_none(struct store *s)
{
	*s = (struct store){.runs = -1};
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int get_number(struct store *s, const char *sql, int *number, struct failure *problem)
{
	sqlite3_stmt *statement = store_db_prepare(s, sql, problem);
	int status = statement ? store_db_step(s, statement, problem) : -1;

	*number = status == 1 ? sqlite3_column_int(statement, 0) : 0;
	(void)sqlite3_finalize(statement);
	return status < 0 ? -1 : 0;
}

/* Who made it, and in which version; 0: it is empty, and to be made. */
static int get_version(struct store *s, int *version, struct failure *problem)
{
	int application = 0, tables = 0;

	/* As of one moment: another process may be making it. */
	if (store_db_run(s, "BEGIN", problem))
		return -1;
	int status = get_number(s, "PRAGMA user_version", version, problem) ||
		     get_number(s, "PRAGMA application_id", &application, problem) ||
		     get_number(s, "SELECT count(*) FROM sqlite_schema", &tables, problem);
	if (store_db_end(s, status ? -1 : 0, problem))
		return -1;
	if (application != APPLICATION && (application || *version || tables))
		return failure_set(problem, CLI_USAGE,
				   "store %s: it is the database of another program; it was "
				   "left as it is: name another file by --store",
				   s->path);
	if (*version > VERSION)
		return failure_set(problem, CLI_USAGE,
				   "store %s: a later blepair made it (its version is %d, this "
				   "blepair knows %d); it was left as it is: update blepair",
				   s->path, *version, VERSION);
	return 0;
}

static int migrate(struct store *s, int version, struct failure *problem)
{
	int status = 0;

	if (store_db_begin(s, problem))
		return -1;
	for (; !status && version < VERSION; version++)
		status = store_db_run(s, migrations[version], problem);
	return store_db_end(s, status, problem);
}

/*
 * One process after the other: SQLite does not wait where two change the mode at once. The lock is
 * the directory's, for closing a descriptor of the database would lift SQLite's own.
 */
static int lock_directory(const char *path)
{
	char folder[STORE_PATH];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	return fd;
}

static int check_schema(struct store *s, struct failure *problem)
{
	int version;

	if (get_version(s, &version, problem))
		return -1;
	if (version == VERSION)
		return 0;
	int lock = lock_directory(s->path);
	int status = get_version(s, &version, problem);
	if (!status && version < VERSION)
		status = store_db_run(s, "PRAGMA journal_mode = WAL", problem) ||
					 migrate(s, version, problem)
				 ? -1
				 : 0;
	if (lock >= 0)
		(void)close(lock);
	return status;
}

static int open_database(struct store *s, struct failure *problem)
{
	if (configure() != SQLITE_OK)
		return failure_set(problem, CLI_INTERNAL, "SQLite does not start");
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return s->db ? store_db_failed(s, problem)
			     : failure_set(problem, CLI_INTERNAL, "out of memory");
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	return store_db_run(s,
			    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
			    "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
			    "PRAGMA cache_size = -512; PRAGMA trusted_schema = OFF",
			    problem) ||
			       check_schema(s, problem)
		       ? -1
		       : 0;
}

int store_open(struct store *s, struct failure *problem)
{
	static const char *const beside[] = {"-wal", "-shm", "-journal"};

	if (!s->used || s->db)
		return 0;
	if ((s->usual && make_directories(s->path, problem)) ||
	    check_file(s->path, "", true, problem))
		return -1;
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (check_file(s->path, beside[i], false, problem))
			return -1;
	if (open_database(s, problem) == 0)
		return 0;
	(void)sqlite3_close(s->db);
	s->db = NULL;
	return -1;
}

void store_close(struct store *s)
{
	(void)sqlite3_close(s->db);
	s->db = NULL;
	if (s->runs >= 0)
		(void)close(s->runs);
	s->runs = -1;
}
