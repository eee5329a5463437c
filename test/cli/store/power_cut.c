/* SPDX-License-Identifier: MIT */
/*
 * The power is cut at any moment. This program stands between SQLite and the kernel: it records
 * what is written to the files of a store, and when a sync has put it on the disk. After a cut,
 * what was synced is there; of the rest each sector may be there or not. Then the store must open,
 * and hold all that was announced.
 */
#undef _FORTIFY_SOURCE /* its open() cannot be replaced */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/store/fixture.h"

#define SECTOR	    512
#define OPERATIONS  20000
#define FILES	    400
#define DESCRIPTORS 256
#define ROOM	    (1 << 20) /* for the content of a file */

/* ---- What was done, and when it was on the disk ---------------------------------------------- */

enum kind { ADD_NAME, REMOVE_NAME, MOVE_NAME, WRITE, TRUNCATE };

struct operation {
	enum kind kind;
	int file;
	off_t at; /* of a write; the new size of a file */
	size_t len;
	uint8_t *octets;
	char name[16], to[16]; /* in the folder */
	size_t safe_from;      /* the number of operations after which a sync had put it there */
};

static struct operation operations[OPERATIONS];
static size_t done;
static bool recording;
static int files;
static char names[FILES][16]; /* of each file; empty: removed */
#define FOLDER (-2)
static int file_of[DESCRIPTORS]; /* 0: none of ours, FOLDER, else 1 + file */

static struct operation *record_operation(enum kind kind, int file)
{
	assert_true(done < OPERATIONS);
	operations[done] = (struct operation){.kind = kind, .file = file, .safe_from = SIZE_MAX};
	return &operations[done++];
}

static void record_sync(int fd)
{
	if (!recording || fd >= DESCRIPTORS || !file_of[fd])
		return;
	for (size_t i = 0; i < done; i++) {
		bool name = operations[i].kind < WRITE;
		bool covers = file_of[fd] == FOLDER
				      ? name
				      : !name && operations[i].file == file_of[fd] - 1;
		if (covers && operations[i].safe_from == SIZE_MAX)
			operations[i].safe_from = done;
	}
}

/* The name within the folder of the store; NULL: elsewhere, or what is only shared memory. */
static const char *name_within(const char *name)
{
	size_t len = strlen(folder);

	if (!recording || strncmp(name, folder, len) != 0 || name[len] != '/')
		return NULL;
	name += len + 1;
	return strstr(name, "-shm") ? NULL : name;
}

static int find_file(const char *name)
{
	for (int i = 0; i < files; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static void record_open(const char *path_opened, int flags, int fd)
{
	const char *name = name_within(path_opened);
	int file = name ? find_file(name) : -1;

	if (fd < 0 || fd >= DESCRIPTORS)
		return;
	file_of[fd] = recording && strcmp(path_opened, folder) == 0 ? FOLDER : 0;
	if (name && file < 0 && (flags & O_CREAT)) {
		assert_true(files < FILES);
		file = files++;
		(void)snprintf(names[file], sizeof(names[file]), "%s", name);
		struct operation *o = record_operation(ADD_NAME, file);
		(void)snprintf(o->name, sizeof(o->name), "%s", name);
	}
	if (file >= 0)
		file_of[fd] = 1 + file;
}

static void record_write(int fd, const void *octets, ssize_t len, off_t at)
{
	if (!recording || len <= 0 || fd >= DESCRIPTORS || file_of[fd] <= 0)
		return;
	struct operation *o = record_operation(WRITE, file_of[fd] - 1);
	o->at = at;
	o->len = (size_t)len;
	o->octets = malloc(o->len);
	assert_non_null(o->octets);
	memcpy(o->octets, octets, o->len);
}

/* ---- The calls, instead of those of the C library -------------------------------------------- */

int open64(const char *name, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
	record_open(name, flags, fd);
	return fd;
}

ssize_t pwrite64(int fd, const void *octets, size_t len, off64_t at)
{
	ssize_t written = syscall(SYS_pwrite64, fd, octets, len, at);

	record_write(fd, octets, written, at);
	return written;
}

ssize_t write(int fd, const void *octets, size_t len)
{
	off_t at = recording && fd < DESCRIPTORS && file_of[fd] > 0 ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t written = syscall(SYS_write, fd, octets, len);

	record_write(fd, octets, written, at);
	return written;
}

int ftruncate64(int fd, off64_t size)
{
	int status = (int)syscall(SYS_ftruncate, fd, size);

	if (recording && !status && fd < DESCRIPTORS && file_of[fd] > 0)
		record_operation(TRUNCATE, file_of[fd] - 1)->at = size;
	return status;
}

/* On 32-bit systems these are other names of the same. */
#ifndef _FILE_OFFSET_BITS
int open(const char *name, int flags, ...) __attribute__((alias("open64")));
ssize_t pwrite(int fd, const void *octets, size_t len, off_t at) __attribute__((alias("pwrite64")));
#endif

int unlink(const char *name)
{
	int status = (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
	const char *within = name_within(name);
	int file = within ? find_file(within) : -1;

	if (!status && file >= 0) {
		struct operation *o = record_operation(REMOVE_NAME, file);
		(void)snprintf(o->name, sizeof(o->name), "%s", within);
		*names[file] = '\0';
	}
	return status;
}

int rename(const char *from, const char *to)
{
	int status = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	const char *a = name_within(from), *b = name_within(to);

	if (!status && a && b) {
		int file = find_file(a), replaced = find_file(b);
		struct operation *o = record_operation(MOVE_NAME, file);
		(void)snprintf(o->name, sizeof(o->name), "%s", a);
		(void)snprintf(o->to, sizeof(o->to), "%s", b);
		if (replaced >= 0)
			*names[replaced] = '\0';
		(void)snprintf(names[file], sizeof(names[file]), "%s", b);
	}
	return status;
}

int fdatasync(int fd)
{
	record_sync(fd);
	return 0; /* the disk of this machine need not know */
}

int fsync(int fd)
{
	record_sync(fd);
	return 0;
}

/* ---- The disk after a cut -------------------------------------------------------------------- */

static unsigned seed;

static bool is_lucky(void)
{
	return rand_r(&seed) & 0x100;
}

struct content {
	size_t len;
	uint8_t octets[ROOM];
};

static void put(struct content *c, const struct operation *o, size_t moment)
{
	assert_true((size_t)o->at + o->len <= ROOM);
	for (size_t i = 0; i < o->len; i += SECTOR) {
		size_t at = (size_t)o->at + i, len = o->len - i < SECTOR ? o->len - i : SECTOR;
		if (o->safe_from > moment && !is_lucky())
			continue;
		if (c->len < at)
			memset(c->octets + c->len, 0, at - c->len);
		memcpy(c->octets + at, o->octets + i, len);
		if (c->len < at + len)
			c->len = at + len;
	}
}

/* What a file has after the first moment operations. */
static void restore(struct content *c, int file, size_t moment)
{
	c->len = 0;
	for (size_t i = 0; i < moment; i++) {
		const struct operation *o = &operations[i];
		if (o->file != file || o->kind < WRITE)
			continue;
		if (o->kind == WRITE) {
			put(c, o, moment);
		} else if (o->safe_from <= moment || is_lucky()) {
			if (c->len < (size_t)o->at)
				memset(c->octets + c->len, 0, (size_t)o->at - c->len);
			c->len = (size_t)o->at;
		}
	}
}

/* Which file a name means: names are lost in their order, the last ones first. -1: none. */
static int file_named(const char *name, size_t moment, size_t names_until)
{
	int file = -1;

	for (size_t i = 0; i < moment; i++) {
		const struct operation *o = &operations[i];
		if (o->kind >= WRITE || (o->safe_from > moment && i >= names_until))
			continue;
		if (o->kind == ADD_NAME && strcmp(o->name, name) == 0)
			file = o->file;
		if (o->kind == REMOVE_NAME && strcmp(o->name, name) == 0)
			file = -1;
		if (o->kind == MOVE_NAME && strcmp(o->to, name) == 0)
			file = o->file;
		if (o->kind == MOVE_NAME && strcmp(o->name, name) == 0)
			file = -1;
	}
	return file;
}

/* Puts the files of that moment where path says. False: there is no store. */
static bool cut(size_t moment)
{
	static const char *const ends[] = {"", "-wal", "-journal"};
	static struct content content;
	size_t names_until = (size_t)rand_r(&seed) % (moment + 1);
	bool exists = false;

	for (size_t i = 0; i < COUNT(ends); i++) {
		char name[16], whole[128];
		(void)snprintf(name, sizeof(name), "s.db%s", ends[i]);
		(void)snprintf(whole, sizeof(whole), "%s%s", path, ends[i]);
		(void)unlink(whole);
		int file = file_named(name, moment, names_until);
		if (file < 0)
			continue;
		exists |= i == 0;
		restore(&content, file, moment);
		int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, content.octets, content.len), content.len);
		close(fd);
	}
	drop("-shm");
	return exists;
}

/* ---- The test -------------------------------------------------------------------------------- */

#define RUNS 24
#define CUTS 600

static size_t announced_at[10 * RUNS];
static int announced;

static void pair_one(void)
{
	struct bond_record r = record((uint8_t)(announced % 5), true);

	r.bond.local.ltk[5] = (uint8_t)announced;
	if (write_unit(announced, &r, STORE_DONE))
		fail_msg("%s", failure.text);
	announced_at[announced++] = done;
}

/* One process after the other; some of them have the store open at the same time. */
static void work(void)
{
	struct crypto_address identity = {0, {1, 2, 3, 4, 5, 6}};
	uint8_t irk[16];

	for (int run = 0; run < RUNS; run++) {
		struct store other;
		open_store();
		identity.octets[0] = (uint8_t)(run / 3);
		assert_int_equal(store_irk(&store, &identity, irk, &failure), 0);
		if (run % 4 == 3) {
			assert_int_equal(store_init(&other, path, &failure), 0);
			assert_int_equal(store_open(&other, &failure), 0);
			assert_int_equal(store_irk(&other, &identity, irk, &failure), 0);
		}
		for (int i = 0; i < 1 + run % 5; i++)
			pair_one();
		if (run % 4 == 3)
			store_close(&other);
		store.empties_log = run % 7 == 6;
		store_close(&store);
	}
}

static void assert_holds(size_t moment, bool exists)
{
	char sql[96];
	int expected = 0;

	while (expected < announced && announced_at[expected] <= moment)
		expected++;
	if (!exists) {
		assert_int_equal(expected, 0);
		return;
	}
	open_store();
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM unit WHERE CAST(unit AS INT) < %d",
		       expected);
	assert_int_equal(query(sql), expected);
	assert_int_equal(query("SELECT count(*) FROM attempt"), query("SELECT count(*) FROM unit"));
	assert_int_equal(query("SELECT count(*) FROM pragma_integrity_check"
			       " WHERE integrity_check = 'ok'"),
			 1);
	if (expected)
		assert_int_equal(query("SELECT count(*) > 0 FROM identity"), 1);
	store_close(&store);
}

static void after_a_power_cut_the_store_holds_what_was_announced(void **state)
{
	char usual[sizeof(path)];

	(void)state;
	seed = (unsigned)time(NULL);
	printf("# seed %u\n", seed);
	memcpy(usual, path, sizeof(path));
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	recording = true;
	work();
	recording = false;
	for (size_t i = 0; i < 4; i++)
		drop((const char *[]){"", "-wal", "-shm", "-journal"}[i]);
	memcpy(path, usual, sizeof(path));
	for (int i = 0; i < CUTS; i++) {
		size_t moment = (size_t)rand_r(&seed) % (done + 1);
		assert_holds(moment, cut(moment));
	}
	printf("# %d pairings, %zu operations, %d cuts\n", announced, done, CUTS);
	for (size_t i = 0; i < done; i++)
		free(operations[i].octets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(after_a_power_cut_the_store_holds_what_was_announced),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
