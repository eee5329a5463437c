/* SPDX-License-Identifier: MIT */
/* The tables, and how those of older versions become them: one step for each version. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/sqlite.h"

/* ---- The tables ------------------------------------------------------------------------------ */

#define APPLICATION 0x626c6570 /* "blep" */
#define STRING(x)   #x
#define TEXT(x)	    STRING(x)

#define VERSION 6

static const char schema[] =
	"CREATE TABLE identity (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE,"
	" irk TEXT NOT NULL, made TEXT NOT NULL);"

	"CREATE TABLE bond (id INTEGER PRIMARY KEY,"
	/* The bond in force, to whose history this one belongs; NULL: this one is in force. */
	" newer INTEGER REFERENCES bond ON DELETE CASCADE,"
	" made TEXT NOT NULL, role TEXT NOT NULL, local TEXT NOT NULL, peer TEXT NOT NULL,"
	" secure_connections TEXT NOT NULL, authenticated TEXT NOT NULL,"
	" key_size INTEGER NOT NULL, method TEXT NOT NULL, link_key TEXT,"
	" local_ltk TEXT, local_ediv TEXT, local_rand TEXT, local_irk TEXT, local_identity TEXT,"
	" local_csrk TEXT, peer_ltk TEXT, peer_ediv TEXT, peer_rand TEXT, peer_irk TEXT,"
	" peer_identity TEXT, peer_csrk TEXT,"
	/* When it became history; NULL: it is in force. */
	" replaced TEXT,"
	" CHECK ((local_ltk IS NULL) = (local_ediv IS NULL)"
	" AND (local_ltk IS NULL) = (local_rand IS NULL)),"
	" CHECK ((peer_ltk IS NULL) = (peer_ediv IS NULL)"
	" AND (peer_ltk IS NULL) = (peer_rand IS NULL)));"

	"CREATE TABLE attempt (id INTEGER PRIMARY KEY, time TEXT NOT NULL, run TEXT, unit TEXT,"
	" label TEXT, peer TEXT, controller TEXT, method TEXT, result TEXT NOT NULL, class TEXT,"
	" reason TEXT, reason_code INTEGER, scan_ms REAL, connect_ms REAL, pair_ms REAL,"
	" total_ms REAL, retries INTEGER, slot TEXT, verdict TEXT, attributes TEXT);"

	"CREATE TABLE unit (run TEXT NOT NULL, unit TEXT NOT NULL, state TEXT NOT NULL,"
	" attempts INTEGER NOT NULL, changed TEXT NOT NULL, PRIMARY KEY (run, unit))"
	" WITHOUT ROWID;"

	/* since: microseconds since 1970; peer "": all devices together. */
	"CREATE TABLE failure (peer TEXT PRIMARY KEY NOT NULL, failures INTEGER NOT NULL,"
	" since INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL)"
	" WITHOUT ROWID;"

	/* Each lookup has an index of its own, and no index holds what no lookup needs. */
	"CREATE INDEX bond_newer ON bond (newer) WHERE newer IS NOT NULL;"
	"CREATE INDEX bond_peer ON bond (peer, newer);"
	"CREATE INDEX bond_identity ON bond (peer_identity)"
	" WHERE newer IS NULL AND peer_identity IS NOT NULL;"
	"CREATE INDEX bond_irk ON bond (peer_irk) WHERE newer IS NULL AND peer_irk IS NOT NULL;"
	"CREATE INDEX bond_replaced ON bond (replaced) WHERE replaced IS NOT NULL;"
	"CREATE INDEX attempt_time ON attempt (time);"
	"CREATE INDEX attempt_peer ON attempt (peer);"
	"CREATE INDEX attempt_run ON attempt (run) WHERE run IS NOT NULL;"
	"CREATE INDEX attempt_label ON attempt (label) WHERE label IS NOT NULL;"
	"CREATE INDEX attempt_unit ON attempt (unit) WHERE unit IS NOT NULL;"

	"PRAGMA application_id = " TEXT(APPLICATION) ";"
						     "PRAGMA user_version = " TEXT(VERSION) ";";

/* From version n + 1 to the next; a released one never changes. */
static const char *const migrations[] = {
	"CREATE TABLE failure (peer TEXT PRIMARY KEY NOT NULL, failures INTEGER NOT NULL,"
	" since INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA user_version = 2;",

	"ALTER TABLE bond ADD COLUMN replaced TEXT;"
	"UPDATE bond SET replaced = (SELECT made FROM bond AS now WHERE now.id = bond.newer)"
	" WHERE newer IS NOT NULL;"
	"DROP INDEX bond_newer;"
	"DROP INDEX bond_peer;"
	"DROP INDEX bond_peer_identity;"
	"CREATE INDEX bond_newer ON bond (newer) WHERE newer IS NOT NULL;"
	"CREATE INDEX bond_peer ON bond (peer, newer);"
	"CREATE INDEX bond_identity ON bond (peer_identity)"
	" WHERE newer IS NULL AND peer_identity IS NOT NULL;"
	"CREATE INDEX bond_irk ON bond (peer_irk) WHERE newer IS NULL AND peer_irk IS NOT NULL;"
	"CREATE INDEX bond_replaced ON bond (replaced) WHERE replaced IS NOT NULL;"
	"CREATE INDEX attempt_label ON attempt (label) WHERE label IS NOT NULL;"
	"CREATE INDEX attempt_unit ON attempt (unit) WHERE unit IS NOT NULL;"
	"CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"PRAGMA user_version = 3;",

	"ALTER TABLE attempt ADD COLUMN slot TEXT; PRAGMA user_version = 4;",

	"ALTER TABLE attempt ADD COLUMN verdict TEXT; PRAGMA user_version = 5;",

	"ALTER TABLE attempt ADD COLUMN attributes TEXT; PRAGMA user_version = 6;",
};

_Static_assert(VERSION == 1 + sizeof(migrations) / sizeof(migrations[0]),
	       "the tables are those after the last step");
/* The oldest one with all that is read, but for columns that sqlite_attempts.c can do without. */
#define OLDEST_READ 2

/* "Database File Format" 1.3.3: what must understand the file to write or read it: a log. */
#define WRITE_VERSION 18
#define READ_VERSION  19
#define WITH_LOG      2

unsigned char *sqlite_schema_image(sqlite3_int64 *len)
{
	unsigned char *image = NULL;
	sqlite3 *made;

	if (sqlite3_open_v2(":memory:", &made, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_exec(made, schema, NULL, NULL, NULL) == SQLITE_OK)
		image = sqlite3_serialize(made, "main", len, 0);
	(void)sqlite3_close(made);
	if (image)
		image[WRITE_VERSION] = image[READ_VERSION] = WITH_LOG;
	return image;
}

/* ---- Versions -------------------------------------------------------------------------------- */

static int get_number(const struct sqlite *db, const char *sql, int *number,
		      struct failure *failure)
{
	sqlite3_stmt *statement = sqlite_prepare(db, sql, failure);
	int status = statement ? sqlite_step(db, statement, failure) : -1;

	*number = status == 1 ? sqlite3_column_int(statement, 0) : 0;
	sqlite_release(db, statement);
	return status < 0 ? -1 : 0;
}

/* The version; 0: the database is empty. Another program's database is a failure. */
static int get_version(const struct sqlite *db, int *version, struct failure *failure)
{
	int application = 0, tables = 0;

	/* In one transaction: another process may be creating it. */
	if (sqlite_run(db, "BEGIN", failure))
		return -1;
	int status = get_number(db, "PRAGMA user_version", version, failure) ||
		     get_number(db, "PRAGMA application_id", &application, failure) ||
		     get_number(db, "SELECT count(*) FROM sqlite_schema", &tables, failure);
	if (sqlite_end(db, status ? -1 : 0, failure))
		return -1;
	if (application != APPLICATION && (application || *version || tables))
		return failure_set(failure, CLI_USAGE,
				   "store %s: it is the database of another program; it was "
				   "left as it is: name another file by --store",
				   db->path);
	if (*version > VERSION)
		return failure_set(failure, CLI_USAGE,
				   "store %s: a later blepair made it (its version is %d, this "
				   "blepair knows %d); it was left as it is: update blepair",
				   db->path, *version, VERSION);
	return 0;
}

static int migrate(const struct sqlite *db, int version, struct failure *failure)
{
	int status = 0;

	if (sqlite_begin(db, failure))
		return -1;
	if (!version)
		status = sqlite_run(db, schema, failure);
	for (; version && !status && version < VERSION; version++)
		status = sqlite_run(db, migrations[version - 1], failure);
	return sqlite_end(db, status, failure);
}

int sqlite_lock_directory(const char *path)
{
	char folder[STORE_PATH];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	return fd;
}

int sqlite_schema_prepare(struct sqlite *db, struct failure *failure)
{
	int version;

	if (get_version(db, &version, failure))
		return -1;
	db->version = db->read_only ? version : VERSION;
	if (version == VERSION || (db->read_only && version >= OLDEST_READ))
		return 0;
	if (db->read_only)
		return failure_set(failure, CLI_PERMISSION,
				   "store %s: an older blepair made it, and it cannot be written, "
				   "which its upgrade needs",
				   db->path);
	/* SQLite does not wait when two change the journal mode at once. */
	int lock = sqlite_lock_directory(db->path);
	int status = get_version(db, &version, failure);
	if (!status && version < VERSION)
		status = sqlite_run(db, "PRAGMA journal_mode = WAL", failure) ||
					 migrate(db, version, failure)
				 ? -1
				 : 0;
	if (lock >= 0)
		(void)close(lock);
	return status;
}
