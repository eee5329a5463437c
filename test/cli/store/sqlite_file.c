/* SPDX-License-Identifier: MIT */
/* The file of the database: who may have it, what else it may be, and how it is damaged. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/store/fixture.h"

#define NOBODY 65534

static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

/* The name of the store's file or of one beside it. */
static const char *file_name(const char *suffix)
{
	static char name[128];

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	return name;
}

static void create(const char *suffix, mode_t mode)
{
	int fd = open(file_name(suffix), O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void a_new_store_is_private(void **state)
{
	struct bond_record r = record(1, true);
	struct stat status;

	(void)state;
	mode_t before = umask(0);
	open_store();
	(void)add(&r, STORE_REPLACE);
	(void)umask(before);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stat(file_name(suffixes[i]), &status), 0);
		assert_int_equal(status.st_mode & 07777, 0600);
	}
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void no_descriptor_stays_open(void **state)
{
	size_t before = open_descriptors();
	(void)state;
	for (int i = 0; i < 2; i++) {
		open_store();
		assert_int_equal(store_claim_job(&store, "r", &failure), 0);
		store_close(&store);
		assert_int_equal(open_descriptors(), before);
	}
	assert_int_equal(chmod(path, 0644), 0);
	assert_refused(CLI_PERMISSION, "others may read it");
	assert_int_equal(open_descriptors(), before);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		for (mode_t mode = 1; mode < 0100; mode <<= 1) {
			create("", 0600);
			create(suffixes[i], 0600 | mode);
			assert_refused(CLI_PERMISSION,
				       "others may read it; it holds keys: chmod 600 it");
			assert_non_null(strstr(failure.text, file_name(suffixes[i])));
		}
		assert_int_equal(unlink(file_name(suffixes[i])), 0);
	}
	drop("");
}

static void a_folder_behind_a_link_of_another_user_is_refused(void **state)
{
	char usual[sizeof(path)], link[sizeof(folder) + 8];

	(void)state;
	if (geteuid()) {
		print_message("only root can give files away\n");
		skip();
	}
	memcpy(usual, path, sizeof(path));
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	(void)snprintf(path, sizeof(path), "%.64s/x.db", link);
	assert_int_equal(symlink(".", link), 0);
	assert_int_equal(lchown(link, 12345, 12345), 0);
	assert_refused(CLI_PERMISSION, "link is a symbolic link of another user");
	memcpy(path, usual, sizeof(path));
	assert_int_equal(unlink(link), 0);
}

static void a_file_of_another_user_is_refused(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("only root can give files away\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		create("", 0600);
		create(suffixes[i], 0600);
		assert_int_equal(chown(file_name(suffixes[i]), 12345, 0), 0);
		assert_refused(CLI_PERMISSION, "it belongs to another user");
		assert_int_equal(unlink(file_name(suffixes[i])), 0);
	}
	drop("");
}

static void a_symbolic_link_is_refused_and_not_followed(void **state)
{
	char other[128];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		if (*suffixes[i])
			create("", 0600);
		assert_int_equal(symlink(other, file_name(suffixes[i])), 0);
		assert_refused(CLI_USAGE, "it is a symbolic link; name the file itself");
		assert_int_equal(unlink(file_name(suffixes[i])), 0);
		assert_int_not_equal(access(other, F_OK), 0);
	}
	drop("");
}

static void only_a_regular_file_can_be_a_store(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(CLI_USAGE, "it is no regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(CLI_USAGE, "cannot open it: Is a directory; name another by --store");
	assert_int_equal(rmdir(path), 0);
}

static void another_file_is_left_as_it_is(void **state)
{
	static const char text[] = "this was never a database, and it is to stay as it is";
	uint8_t again[128];

	(void)state;
	write_store_file(text, sizeof(text), 0600);
	assert_refused(CLI_USAGE, "it is not a store of blepair");
	assert_int_equal(read_store_file(again, sizeof(again)), sizeof(text));
	assert_memory_equal(again, text, sizeof(text));
}

static void a_path_without_a_directory_is_reported(void **state)
{
	char before[sizeof(path)];

	(void)state;
	memcpy(before, path, sizeof(path));
	(void)snprintf(path, sizeof(path), "%s/none/blepair.db", folder);
	assert_refused(CLI_USAGE, "cannot open it: No such file or directory; name another");
	(void)snprintf(path, sizeof(path), "/dev/null/blepair.db");
	assert_refused(CLI_USAGE, "cannot open it: Not a directory; name another");
	memcpy(path, before, sizeof(path));
}

/* The command of the user decides what helps. */
static void the_advice_names_no_store_only_where_it_helps(void **state)
{
	(void)state;
	for (int needed = 0; needed < 2; needed++) {
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(store_init(&store, path, &failure), 0);
		store.needed = needed;
		assert_int_equal(store_open(&store, &failure), -1);
		assert_non_null(strstr(failure.text, "name another by --store"));
		assert_int_equal(strstr(failure.text, "--no-store") != NULL, !needed);
		assert_int_equal(rmdir(path), 0);
	}
}

/* Tests may run as root, which may write everywhere: then this one runs as nobody. */
static void a_store_that_cannot_be_written_is_reported_and_stays(void **state)
{
	struct bond_record r = record(1, true);
	bool root = geteuid() == 0;

	(void)state;
	if (root) {
		assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	drop("-wal");
	drop("-shm");
	assert_int_equal(chmod(folder, 0500), 0);
	assert_refused(CLI_PERMISSION, "it or its directory cannot be written");
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chmod(path, 0400), 0);
	assert_refused(CLI_PERMISSION, "cannot open it: Permission denied; name another");
	assert_int_equal(chmod(path, 0600), 0);
	open_store();
	assert_int_equal(count(0), 1);
	store_close(&store);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static int open_with(enum store_access how)
{
	failure = (struct failure){CLI_OK, ""};
	assert_int_equal(store_init(&store, path, &failure), 0);
	store.access = how;
	return store_open(&store, &failure);
}

/* A name that was mistyped is no new store. */
static void only_a_command_that_creates_makes_a_file(void **state)
{
	struct bond_record r;
	int64_t id = 0;

	(void)state;
	for (int how = STORE_CHANGE; how <= STORE_READ; how++) {
		assert_int_equal(open_with((enum store_access)how), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_non_null(strstr(failure.text, "there is no such file; name another"));
		assert_int_not_equal(access(path, F_OK), 0);
	}
	/* The default one holds nothing until something is kept. */
	assert_int_equal(setenv("XDG_STATE_HOME", folder, 1), 0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	store.access = STORE_READ;
	assert_int_equal(store_next(&store, 0, &id, &r, &failure), 0);
	json_t *json = store_export(&store, &failure);
	assert_int_equal(json_array_size(json_object_get(json, "bonds")), 0);
	json_decref(json);
	assert_int_not_equal(access(store.path, F_OK), 0);
	assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null", 1), 0);
}

/* As nobody, if the tests run as root. */
static bool become_nobody(void)
{
	bool root = geteuid() == 0;

	if (root) {
		assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	return root;
}

/* The slot counts 1, the verdict 10, the attributes 100. */
static void count_fields(void *ctx, const struct attempt *attempt)
{
	*(unsigned *)ctx = (attempt->slot ? 1U : 0U) + (attempt->verdict ? 10U : 0U) +
			   (attempt->attributes ? 100U : 0U);
}

/* It cannot be upgraded: the fields that it does not have are absent. */
static void attempts_of_older_versions_can_be_read(void **state)
{
	static const struct {
		const char *older;
		unsigned fields;
	} cases[] = {
		{"ALTER TABLE attempt DROP COLUMN attributes; PRAGMA user_version = 5", 11},
		{"ALTER TABLE attempt DROP COLUMN verdict; PRAGMA user_version = 4", 1},
		{"ALTER TABLE attempt DROP COLUMN slot; PRAGMA user_version = 3", 0},
	};
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};
	const struct store_attempts all = {0};
	unsigned fields = 0;
	bool root = become_nobody();

	(void)state;
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.slot = "3";
	attempt.verdict = "{}";
	attempt.attributes = "[]";
	open_store();
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	assert_int_equal(store_attempts(&store, &all, count_fields, &fields, &failure), 0);
	assert_int_equal(fields, 111);
	store_close(&store);
	for (size_t i = 0; i < COUNT(cases); i++) {
		execute(cases[i].older);
		assert_int_equal(chmod(path, 0400), 0);
		if (open_with(STORE_READ))
			fail_msg("%s", failure.text);
		assert_int_equal(store_attempts(&store, &all, count_fields, &fields, &failure), 0);
		assert_int_equal(fields, cases[i].fields);
		store_close(&store);
		assert_int_equal(chmod(path, 0600), 0);
	}
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void assert_size(const char *suffix, off_t expected)
{
	struct stat status;

	if (expected < 0) {
		assert_int_not_equal(access(file_name(suffix), F_OK), 0);
		return;
	}
	assert_int_equal(stat(file_name(suffix), &status), 0);
	assert_int_equal(status.st_size, expected);
}

/*
 * A file or a directory without write permission: it is read, and nothing is created or changed.
 * Also when its log stayed beside it, or is that of a copy whose owner reads it only.
 */
static void a_store_that_cannot_be_written_can_be_read(void **state)
{
	static const struct {
		mode_t folder, file, log;
	} modes[] = {
		{0700, 0400, 0600}, {0500, 0400, 0600}, {0500, 0400, 0400},
		{0500, 0600, 0},    {0700, 0400, 0},	{0500, 0400, 0}, /* without a log */
	};
	struct stat log;
	struct bond_record r = record(1, true), found;
	uint8_t irk[16], again[16];
	bool root = become_nobody();

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	assert_int_equal(stat(file_name("-wal"), &log), 0);
	assert_true(log.st_size > 4096);
	for (size_t i = 0; i < COUNT(modes); i++) {
		if (!modes[i].log) {
			assert_int_equal(chmod(folder, 0700), 0);
			drop("-wal");
			drop("-shm");
			log.st_size = -1;
		} else {
			assert_int_equal(chmod(file_name("-wal"), modes[i].log), 0);
			assert_int_equal(chmod(file_name("-shm"), modes[i].log), 0);
		}
		assert_int_equal(chmod(path, modes[i].file), 0);
		assert_int_equal(chmod(folder, modes[i].folder), 0);
		if (open_with(STORE_READ))
			fail_msg("%zu: %s", i, failure.text);
		assert_int_equal(count(0), 1);
		assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure),
				 1);
		/* What it writes fails, and says why. */
		struct store_entry entry = {.bond = &r};
		assert_int_equal(store_write(&store, &entry, 1, &failure), -1);
		assert_int_equal(failure.exit, CLI_PERMISSION);
		assert_non_null(strstr(failure.text, "cannot be written"));
		/* An identity that is not kept lasts as long as the run. */
		assert_int_equal(store_irk(&store, &r.local, irk, &failure), 0);
		assert_int_equal(store_irk(&store, &r.local, again, &failure), 0);
		store_close(&store);
		assert_size("-wal", log.st_size);
		assert_size("-shm", log.st_size < 0 ? -1 : 32768);
		/* A command that changes it must write. */
		assert_int_equal(open_with(STORE_CHANGE), -1);
		assert_int_equal(failure.exit, CLI_PERMISSION);
		assert_non_null(strstr(failure.text, path));
	}
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chmod(path, 0600), 0);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

/* What is in the log only must not be missed. */
static void a_log_that_cannot_be_read_is_reported(void **state)
{
	struct bond_record r = record(1, true);
	bool root = become_nobody();

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	drop("-shm");
	assert_int_equal(chmod(folder, 0500), 0);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(open_with(STORE_READ), -1);
	assert_int_equal(failure.exit, CLI_PERMISSION);
	assert_non_null(
		strstr(failure.text, "-wal can be read only where it can be written: copy"));
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chmod(path, 0600), 0);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

/* Characters that mean something in a URI. */
static void the_name_of_a_store_that_is_read_may_have_any_characters(void **state)
{
	char before[sizeof(path)];
	struct bond_record r = record(1, true);
	bool root = become_nobody();

	(void)state;
	memcpy(before, path, sizeof(path));
	(void)snprintf(path, sizeof(path), "%s/a?b#c%%20 d", folder);
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	drop("-wal"); /* a name with a log is no URI */
	drop("-shm");
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(open_with(STORE_READ), 0);
	assert_int_equal(count(0), 1);
	store_close(&store);
	drop("");
	memcpy(path, before, sizeof(path));
	if (root)
		assert_int_equal(seteuid(0), 0);
}

/* Who removes a store, or moves it away, begins a new one: nothing of the old one returns. */
static void a_log_without_its_store_is_not_used(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	drop("");
	assert_int_equal(access(file_name("-wal"), F_OK), 0);
	open_store();
	assert_int_equal(count(0), 0);
	assert_int_equal(
		query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
		1);
}

/* A run does not wait until the log is in the file, but puts it there: a copy of it has all. */
static void the_file_alone_holds_everything_after_a_run(void **state)
{
	static uint8_t octets[1 << 17];

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		struct bond_record r = record(i, true);
		open_store();
		(void)add(&r, STORE_REPLACE);
		store_close(&store);
		size_t len = read_store_file(octets, sizeof(octets));
		assert_true(len > 4096 && len < sizeof(octets));
		char usual[sizeof(path)];
		memcpy(usual, path, sizeof(path));
		(void)snprintf(path, sizeof(path), "%.64s/copy.db", folder);
		write_store_file(octets, len, 0600);
		open_store();
		assert_int_equal(count(0), i + 1);
		store_close(&store);
		for (size_t k = 0; k < COUNT(suffixes); k++)
			drop(suffixes[k]);
		memcpy(path, usual, sizeof(path));
	}
}

static void the_directories_of_the_default_path_are_created(void **state)
{
	char created[128], before[sizeof(path)];
	struct stat status;

	(void)state;
	memcpy(before, path, sizeof(path));
	assert_int_equal(setenv("XDG_STATE_HOME", folder, 1), 0);
	mode_t mask = umask(0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	assert_int_equal(store_open(&store, &failure), 0);
	(void)umask(mask);
	store_close(&store);
	(void)snprintf(path, sizeof(path), "%.90s", store.path);
	(void)snprintf(created, sizeof(created), "%s/blepair", folder);
	assert_int_equal(stat(created, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	/* And used the next time. */
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	assert_int_equal(store_open(&store, &failure), 0);
	store_close(&store);
	for (size_t i = 0; i < COUNT(suffixes); i++)
		drop(suffixes[i]);
	assert_int_equal(rmdir(created), 0);

	/* A file in the way of one. */
	int fd = open(created, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	assert_int_equal(store_open(&store, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_int_equal(unlink(created), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	else
		assert_int_equal(chmod(folder, 0500), 0);
	assert_int_equal(store_open(&store, &failure), -1);
	if (geteuid() == NOBODY)
		assert_int_equal(seteuid(0), 0);
	else
		assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(failure.exit, CLI_PERMISSION);
	assert_non_null(strstr(failure.text, "cannot make the directory "));
	assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null", 1), 0);
	memcpy(path, before, sizeof(path));
}

/* Cut or overwritten anywhere: a failure, or every bond that can still be read; no crash. */
static void a_damaged_file_is_reported(void **state)
{
	static uint8_t whole[1 << 17], damaged[1 << 17];
	struct bond_record r;
	unsigned reported = 0;
	int64_t id;

	(void)state;
	open_store();
	for (int i = 0; i < 30; i++) {
		r = record((uint8_t)i, true);
		(void)add(&r, STORE_REPLACE);
	}
	store_close(&store);
	size_t len = read_store_file(whole, sizeof(whole));
	assert_true(len > 8192 && len < sizeof(whole));
	for (size_t at = 0; at < len; at += 997) {
		for (int how = 0; how < 2; how++) {
			int status = -1;
			memcpy(damaged, whole, len);
			if (how)
				memset(damaged + at, 0xa5, len - at < 200 ? len - at : 200);
			drop("-wal");
			write_store_file(damaged, how ? len : at, 0600);
			*failure.text = '\0';
			assert_int_equal(store_init(&store, path, &failure), 0);
			id = 0;
			if (store_open(&store, &failure) == 0)
				while ((status = store_next(&store, 0, &id, &r, &failure)) == 1)
					;
			if (status < 0) {
				assert_non_null(strstr(failure.text, path));
				assert_true(failure.exit == CLI_USAGE);
				reported++;
			}
			store_close(&store);
		}
	}
	assert_true(reported > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_new_store_is_private),
		CASE(no_descriptor_stays_open),
		CASE(a_file_that_others_may_read_is_refused),
		CASE(a_file_of_another_user_is_refused),
		CASE(a_folder_behind_a_link_of_another_user_is_refused),
		CASE(a_symbolic_link_is_refused_and_not_followed),
		CASE(only_a_regular_file_can_be_a_store),
		CASE(another_file_is_left_as_it_is),
		CASE(a_path_without_a_directory_is_reported),
		CASE(the_advice_names_no_store_only_where_it_helps),
		CASE(a_store_that_cannot_be_written_is_reported_and_stays),
		CASE(only_a_command_that_creates_makes_a_file),
		CASE(attempts_of_older_versions_can_be_read),
		CASE(a_store_that_cannot_be_written_can_be_read),
		CASE(a_log_that_cannot_be_read_is_reported),
		CASE(the_name_of_a_store_that_is_read_may_have_any_characters),
		CASE(a_log_without_its_store_is_not_used),
		CASE(the_file_alone_holds_everything_after_a_run),
		CASE(the_directories_of_the_default_path_are_created),
		CASE(a_damaged_file_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
