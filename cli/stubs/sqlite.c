/* SPDX-License-Identifier: MIT */
/* What store/ uses of SQLite. */
#include <sqlite3.h>
#include <stdarg.h>

#include "stubs/stub.h"

/* clang-format off */
#define SQLITE(result, name, parameters, arguments) STUB(LIBRARY_SQLITE, result, sqlite3_##name, parameters, arguments)

SQLITE(int, bind_double, (sqlite3_stmt *s, int n, double v), (s, n, v))
SQLITE(int, bind_int, (sqlite3_stmt *s, int n, int v), (s, n, v))
SQLITE(int, bind_int64, (sqlite3_stmt *s, int n, sqlite3_int64 v), (s, n, v))
SQLITE(int, bind_text, (sqlite3_stmt *s, int n, const char *v, int len, void (*end)(void *)), (s, n, v, len, end))
SQLITE(int, busy_timeout, (sqlite3 *db, int ms), (db, ms))
SQLITE(int, changes, (sqlite3 *db), (db))
SQLITE(int, clear_bindings, (sqlite3_stmt *s), (s))
SQLITE(int, close, (sqlite3 *db), (db))
SQLITE(double, column_double, (sqlite3_stmt *s, int n), (s, n))
SQLITE(int, column_int, (sqlite3_stmt *s, int n), (s, n))
SQLITE(sqlite3_int64, column_int64, (sqlite3_stmt *s, int n), (s, n))
SQLITE(const unsigned char *, column_text, (sqlite3_stmt *s, int n), (s, n))
SQLITE(int, column_type, (sqlite3_stmt *s, int n), (s, n))
SQLITE(int, errcode, (sqlite3 *db), (db))
SQLITE(const char *, errmsg, (sqlite3 *db), (db))
SQLITE(int, exec, (sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *ctx, char **error), (db, sql, row, ctx, error))
SQLITE(int, file_control, (sqlite3 *db, const char *name, int op, void *argument), (db, name, op, argument))
SQLITE(int, finalize, (sqlite3_stmt *s), (s))
SQLITE(void, free, (void *memory), (memory))
SQLITE(int, get_autocommit, (sqlite3 *db), (db))
SQLITE(sqlite3_int64, last_insert_rowid, (sqlite3 *db), (db))
SQLITE(int, open_v2, (const char *name, sqlite3 **db, int flags, const char *vfs), (name, db, flags, vfs))
SQLITE(int, prepare_v2, (sqlite3 *db, const char *sql, int len, sqlite3_stmt **s, const char **tail), (db, sql, len, s, tail))
SQLITE(int, reset, (sqlite3_stmt *s), (s))
SQLITE(unsigned char *, serialize, (sqlite3 *db, const char *name, sqlite3_int64 *len, unsigned flags), (db, name, len, flags))
SQLITE(int, step, (sqlite3_stmt *s), (s))
SQLITE(int, system_errno, (sqlite3 *db), (db))
SQLITE(sqlite3_vfs *, vfs_find, (const char *name), (name))
SQLITE(int, vfs_register, (sqlite3_vfs *vfs, int usual), (vfs, usual))
SQLITE(int, wal_checkpoint_v2, (sqlite3 *db, const char *name, int mode, int *frames, int *done), (db, name, mode, frames, done))
/* clang-format on */

/* Each setting that store/ makes has at most one argument: an int or a pointer. */
__attribute__((visibility("hidden"))) int sqlite3_config(int setting, ...)
{
	__typeof__(sqlite3_config) *config =
		(__typeof__(sqlite3_config) *)stub_function(LIBRARY_SQLITE, "sqlite3_config");
	va_list arguments;
	int status;

	va_start(arguments, setting);
	switch (setting) {
	case SQLITE_CONFIG_SINGLETHREAD:
		status = config(setting);
		break;
	case SQLITE_CONFIG_MEMSTATUS: {
		int on = va_arg(arguments, int);
		status = config(setting, on);
		break;
	}
	default: {
		void *methods = va_arg(arguments, void *);
		status = config(setting, methods);
	}
	}
	va_end(arguments);
	return status;
}
