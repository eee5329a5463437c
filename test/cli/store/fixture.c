/* SPDX-License-Identifier: MIT */
#include "cli/store/fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

char folder[64], path[96];
struct failure failure;
struct store store;

int fresh(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/blepair-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/blepair.db", folder);
	failure = (struct failure){CLI_OK, ""};
	return 0;
}

static const char *file_beside(const char *suffix)
{
	static char file[160];

	(void)snprintf(file, sizeof(file), "%s%s", path, suffix);
	return file;
}

void drop(const char *suffix)
{
	(void)unlink(file_beside(suffix));
}

bool is_database_open(void)
{
	char link[32], file[160];

	for (int fd = 0; fd < 256; fd++) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(link, file, sizeof(file));
		if (len >= (ssize_t)strlen(path) && memcmp(file, path, strlen(path)) == 0)
			return true;
	}
	return false;
}

int gone(void **state)
{
	(void)state;
	store_close(&store);
	/* A statement that was not released would keep it open. */
	if (is_database_open())
		return -1;
	drop("");
	drop("-wal");
	drop("-shm");
	drop("-runs");
	return rmdir(folder); /* fails when another file was left */
}

void open_store(void)
{
	assert_int_equal(store_init(&store, path, &failure), 0);
	if (store_open(&store, &failure))
		fail_msg("%s", failure.text);
}

/* SQLite is configured when a store is first opened, which must precede any SQL of the tests. */
int start(void **state)
{
	(void)setenv("XDG_STATE_HOME", "/dev/null", 1);
	if (crypto_init() || fresh(state))
		return -1;
	open_store();
	return gone(state);
}

struct bond_record record(uint8_t seed, bool authenticated)
{
	struct bond_record r = {
		.made = "2026-01-01T00:00:00.000Z",
		.central = true,
		.local = {0, {1, 2, 3, 4, 5, 6}},
		.peer = {1, {seed, 2, 3, 4, 5, 0x46}},
		.bond = {.bonded = true,
			 .secure_connections = true,
			 .authenticated = authenticated,
			 .key_size = 16,
			 .method = authenticated ? SMP_NUMERIC_COMPARISON : SMP_JUST_WORKS,
			 .local =
				 {.has_ltk = true, .ltk = {seed, 1}, .has_csrk = true, .csrk = {7}},
			 .peer = {.has_ltk = true,
				  .ltk = {seed, 1},
				  .ediv = 0x1234,
				  .rand = {9, 8, 7},
				  .has_irk = true,
				  .irk = {seed, 0xee},
				  .has_identity = true,
				  .identity = {1, {seed, 9, 9, 9, 9, 0xc9}}},
			 .has_link_key = true,
			 .link_key = {5, 5}},
	};
	return r;
}

enum store_kept add(const struct bond_record *r, enum store_rule rule)
{
	struct store_entry entry = {.bond = r, .rule = rule};

	if (store_write(&store, &entry, 1, &failure))
		fail_msg("%s", failure.text);
	return entry.kept;
}

int write_unit(int number, const struct bond_record *bond, enum store_state unit_state)
{
	char unit[16];
	struct attempt attempt;
	struct store_entry entry = {.bond = bond, .attempt = &attempt, .state = unit_state};

	(void)snprintf(unit, sizeof(unit), "%d", number);
	attempt_init(&attempt, bond ? "paired" : "failed", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = "r";
	attempt.unit = unit;
	return store_write(&store, &entry, 1, &failure);
}

void count_for(const struct crypto_address *peer, enum store_count how)
{
	struct store_entry entry = {.count = how, .counted = *peer};

	if (store_write(&store, &entry, 1, &failure))
		fail_msg("%s", failure.text);
}

unsigned wait_of(const struct crypto_address *peer)
{
	struct smp_attempts attempts;

	store_close(&store);
	open_store();
	assert_int_equal(store_failures(&store, &attempts, &failure), 0);
	return (unsigned)((smp_attempts_wait(&attempts, peer, clock_now()) + 999999) / 1000000);
}

size_t count(int64_t of)
{
	struct bond_record r;
	int64_t id = 0;
	size_t n = 0;

	while (store_next(&store, of, &id, &r, &failure) == 1)
		n++;
	return n;
}

int query(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	int number = sqlite3_column_int(row, 0);
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return number;
}

void execute(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- Files ----------------------------------------------------------------------------------- */

void write_store_file(const void *octets, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, octets, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

size_t read_store_file(uint8_t *octets, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, octets, size);

	close(fd);
	return n < 0 ? 0 : (size_t)n;
}

void assert_refused(enum cli_exit exit, const char *words)
{
	failure = (struct failure){CLI_OK, ""};
	assert_int_equal(store_init(&store, path, &failure), 0);
	assert_int_equal(store_open(&store, &failure), -1);
	if (failure.exit != exit || !strstr(failure.text, words) || !strstr(failure.text, path))
		fail_msg("%d: %s", failure.exit, failure.text);
	assert_null(store.database);
	assert_null(strchr(failure.text, '\n'));
}

struct bond_record one_bond_then(const char *sql)
{
	struct bond_record r = record(1, true);

	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	execute(sql);
	return r;
}
