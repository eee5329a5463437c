/* SPDX-License-Identifier: MIT */
/* The file of a store: shared, killed over, damaged, not to be trusted; and nothing is ever lost.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/store/fixture.h"

/* ---- More than one, and death at any moment -------------------------------------------------- */

#define WRITERS 4
#define EACH	12

/* All make the store, at once, and write into it. */
static void processes_share_a_store(void **state)
{
	pid_t children[WRITERS];
	int go[2], status;
	char octet;

	(void)state;
	assert_int_equal(pipe(go), 0);
	for (int w = 0; w < WRITERS; w++) {
		children[w] = fork();
		if (children[w])
			continue;
		uint8_t irk[16];
		struct bond_record r = record((uint8_t)w, true);
		close(go[1]);
		if (read(go[0], &octet, 1) != 0 || store_init(&store, path, &failure) ||
		    store_irk(&store, &r.local, irk, &failure)) {
			(void)fprintf(stderr, "# %s\n", failure.text);
			_exit(1);
		}
		for (int i = 0; i < EACH; i++) {
			r.bond.peer.ltk[9] = (uint8_t)i;
			if (write_unit(100 * w + i, &r, STORE_DONE)) {
				(void)fprintf(stderr, "# %s\n", failure.text);
				_exit(2);
			}
		}
		store_close(&store);
		_exit(0);
	}
	close(go[0]);
	close(go[1]); /* now */
	for (int w = 0; w < WRITERS; w++) {
		assert_int_equal(waitpid(children[w], &status, 0), children[w]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(ask("SELECT count(*) FROM unit WHERE state = 'done'"), WRITERS * EACH);
	assert_int_equal(ask("SELECT count(*) FROM attempt"), WRITERS * EACH);
	assert_int_equal(ask("SELECT count(*) FROM bond WHERE newer IS NULL"), WRITERS);
	assert_int_equal(ask("SELECT count(*) FROM bond"), WRITERS * EACH);
	assert_int_equal(ask("SELECT count(*) FROM identity"), 1); /* one key for one address */
}

#define KILLS 40

/* The units go in, one after the other; that many are durable when the process says so. */
static void work_until_killed(int tell_fd)
{
	enum store_state unit;
	char name[16];

	if (store_init(&store, path, &failure) || store_claim_job(&store, "r", &failure))
		_exit(1);
	for (int i = 0;; i++) {
		struct bond_record r = record((uint8_t)i, true);
		(void)snprintf(name, sizeof(name), "%d", i);
		if (store_unit(&store, "r", name, &unit, NULL, &failure))
			_exit(2);
		if (unit == STORE_DONE)
			continue;
		r.peer.octets[1] = r.bond.peer.identity.octets[1] = (uint8_t)(i >> 8);
		if (write_unit(i, &r, STORE_DONE) || write(tell_fd, &i, sizeof(i)) != sizeof(i))
			_exit(3);
	}
}

/*
 * A station that is killed at any moment, and begun again: what it said was done is there, bond,
 * attempt and unit together, and nothing was done twice.
 */
static void killed_at_any_moment(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	int last = -1, i, status, ends[2], done;

	(void)state;
	printf("# seed %u\n", seed);
	for (int round = 0; round < KILLS; round++) {
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0) {
			close(ends[0]);
			work_until_killed(ends[1]);
		}
		close(ends[1]);
		/* Sometimes while the store is opened, mostly while it works. */
		if (round % 4)
			usleep((useconds_t)rand_r(&seed) % 8000);
		else if (read(ends[0], &i, sizeof(i)) == sizeof(i))
			last = i;
		usleep((useconds_t)rand_r(&seed) % 3000);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		while (read(ends[0], &i, sizeof(i)) == sizeof(i)) {
			/* Nothing that was done is done again; one may be durable and unsaid. */
			assert_true(i == last + 1 || i == last + 2);
			last = i;
		}
		close(ends[0]);
		if (last < 0)
			continue;
		done = ask("SELECT count(*) FROM unit WHERE state = 'done'");
		assert_true(done == last + 1 || done == last + 2);
		assert_int_equal(ask("SELECT sum(attempts) FROM unit"), done);
		assert_int_equal(ask("SELECT count(*) FROM attempt"), done);
		assert_int_equal(ask("SELECT count(DISTINCT unit) FROM attempt"), done);
		assert_int_equal(ask("SELECT count(*) FROM bond"), done);
		assert_int_equal(ask("SELECT count(*) FROM pragma_integrity_check"), 1);
		last = done - 1;
	}
	printf("# %d units in %d lives\n", last + 1, KILLS);
	assert_true(last + 1 >= KILLS / 4); /* every fourth life waits for one */
}

/* ---- Files that cannot be trusted or used ---------------------------------------------------- */

static void refused(enum cli_exit code, const char *words)
{
	assert_int_equal(store_init(&store, path, &failure), 0);
	assert_int_equal(store_open(&store, &failure), -1);
	if (failure.exit != code || !strstr(failure.text, words) || !strstr(failure.text, path))
		fail_msg("%d: %s", failure.exit, failure.text);
	assert_null(store.database);
	assert_null(strchr(failure.text, '\n'));
}

static void put(const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static size_t get(uint8_t *out, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, out, size);

	close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void files_that_are_no_store(void **state)
{
	static const char text[] = "this was never a database, and it is to stay as it is";
	uint8_t again[128];
	char other[128];

	(void)state;
	put(text, sizeof(text), 0600);
	refused(CLI_USAGE, "it is not a store of blepair");
	assert_int_equal(get(again, sizeof(again)), sizeof(text));
	assert_memory_equal(again, text, sizeof(text));
	for (mode_t mode = 1; mode < 0100; mode <<= 1) {
		put("", 0, 0600 | mode);
		refused(CLI_USAGE, "others may read it; it holds keys: chmod 600 it");
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(CLI_USAGE, "it is no regular file");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, path), 0);
	refused(CLI_USAGE, "it is a symbolic link; name the file itself");
	assert_int_equal(unlink(path), 0);
	assert_int_not_equal(access(other, F_OK), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(CLI_USAGE, "cannot open it: Is a directory");
	assert_int_equal(rmdir(path), 0);

	execute("CREATE TABLE customers (name)");
	assert_int_equal(chmod(path, 0600), 0);
	refused(CLI_USAGE, "it is the database of another program; it was left as it is");
	execute("DROP TABLE customers; PRAGMA user_version = 1; PRAGMA application_id = 7");
	refused(CLI_USAGE, "it is the database of another program");
	assert_int_equal(unlink(path), 0);

	/* What lies beside it must be as private. */
	open_store();
	store_close(&store);
	(void)snprintf(other, sizeof(other), "%s-wal", path);
	int fd = open(other, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);
	refused(CLI_USAGE, "-wal: others may read it");
}

static void files_of_others(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("only root can give files away\n");
		skip();
	}
	put("", 0, 0600);
	assert_int_equal(chown(path, 12345, 0), 0);
	refused(CLI_USAGE, "it belongs to another user");
}

/* A store of one bond, which is returned; then SQL does this to it. */
static struct bond_record one_bond_and(const char *sql)
{
	struct bond_record r = record(1, true);

	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	execute(sql);
	return r;
}

static void a_later_version_is_left_alone(void **state)
{
	static uint8_t before[1 << 17], after[1 << 17];

	(void)state;
	(void)one_bond_and("PRAGMA user_version = 99");
	size_t len = get(before, sizeof(before));
	refused(CLI_USAGE, "a later blepair made it (its version is 99, this blepair knows 2)");
	assert_int_equal(get(after, sizeof(after)), len);
	assert_memory_equal(before, after, len);
}

/* What a store of the first version held stays; what it did not know begins. */
static void a_store_of_version_1_is_taken_over(void **state)
{
	struct bond_record r = one_bond_and("DROP TABLE failure; PRAGMA user_version = 1"), found;

	(void)state;
	open_store();
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure), 1);
	count_for(&r.peer, STORE_FAILURE);
	assert_int_equal(wait_of(&r.peer), 1);
	assert_int_equal(ask("PRAGMA user_version"), 2);
}

/* Cut or filled with other octets anywhere: a line, or all of what can still be read; no crash. */
static void a_damaged_file_is_told(void **state)
{
	static uint8_t whole[1 << 17], damaged[1 << 17];
	struct bond_record r;
	unsigned told = 0;
	int64_t id;

	(void)state;
	open_store();
	for (int i = 0; i < 30; i++) {
		r = record((uint8_t)i, true);
		(void)add(&r, STORE_REPLACE);
	}
	store_close(&store);
	size_t len = get(whole, sizeof(whole));
	assert_true(len > 8192 && len < sizeof(whole));
	for (size_t at = 0; at < len; at += 997) {
		for (int how = 0; how < 2; how++) {
			int status = -1;
			memcpy(damaged, whole, len);
			if (how)
				memset(damaged + at, 0xa5, len - at < 200 ? len - at : 200);
			put((const char *)damaged, how ? len : at, 0600);
			*failure.text = '\0';
			assert_int_equal(store_init(&store, path, &failure), 0);
			id = 0;
			if (store_open(&store, &failure) == 0)
				while ((status = store_next(&store, 0, &id, &r, &failure)) == 1)
					;
			if (status < 0) {
				assert_non_null(strstr(failure.text, path));
				assert_true(failure.exit == CLI_USAGE);
				told++;
			}
			store_close(&store);
		}
	}
	assert_true(told > 40);
}

/* A value that no bond can have: put there by hand, or by a disk. */
static void a_damaged_value_is_told(void **state)
{
	struct bond_record r = one_bond_and("UPDATE bond SET key_size = 2"), found;

	(void)state;
	open_store();
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure), -1);
	assert_non_null(strstr(failure.text, "it is damaged (a bond has an invalid value"));
	assert_true(found.bond.key_size == 0 && !found.bond.peer.has_ltk);
}

static void a_directory_that_cannot_be_written(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none/blepair.db", folder);
	refused(CLI_USAGE, "cannot open it: No such file or directory; name another by --store");
	(void)snprintf(path, sizeof(path), "/proc/blepair.db");
	refused(CLI_USAGE, "cannot open it: No such file");
	(void)snprintf(path, sizeof(path), "%s/blepair.db", folder);
	if (geteuid() == 0)
		return; /* writes everywhere */
	open_store();
	(void)add(&r, STORE_REPLACE);
	store_close(&store);
	assert_int_equal(chmod(folder, 0500), 0);
	refused(CLI_PERMISSION, "it or its directory cannot be written");
	assert_int_equal(chmod(folder, 0700), 0);
	open_store();
	assert_int_equal(count(0), 1);
}

/* A limit on the size of files stands for the end of the disk. */
static void a_full_disk_loses_nothing(void **state)
{
	struct rlimit usual, small;
	int written = 0, status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	small = usual;
	small.rlim_cur = 150000;
	(void)signal(SIGXFSZ, SIG_IGN);
	pid_t child = fork();
	if (child == 0) {
		if (setrlimit(RLIMIT_FSIZE, &small) || store_init(&store, path, &failure))
			_exit(250);
		while (written < 200) {
			struct bond_record r = record((uint8_t)written, true);
			if (write_unit(written, &r, STORE_DONE))
				break;
			written++;
		}
		/* It says so, and could go on. */
		bool said = strstr(failure.text, path) && failure.exit == CLI_INTERNAL;
		if (!said)
			(void)fprintf(stderr, "# %s\n", failure.text);
		_exit(said ? written : 251);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	written = WEXITSTATUS(status);
	assert_in_range(written, 1, 199);
	open_store();
	assert_int_equal(count(0), written);
	assert_int_equal(ask("SELECT count(*) FROM unit"), written);
	assert_int_equal(ask("SELECT count(*) FROM pragma_integrity_check"), 1);
}

/* $XDG_STATE_HOME, which must be absolute, else below the home directory; made private. */
static void the_usual_place(void **state)
{
	char home[64];

	(void)state;
	(void)snprintf(home, sizeof(home), "%s", folder);
	assert_int_equal(setenv("XDG_STATE_HOME", "relative", 1), 0); /* is to be ignored */
	assert_int_equal(setenv("HOME", home, 1), 0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	char expected[160];
	(void)snprintf(expected, sizeof(expected), "%s/.local/state/blepair/blepair.db", home);
	assert_string_equal(store.path, expected);
	assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	(void)snprintf(expected, sizeof(expected), "%s/blepair/blepair.db", home);
	assert_string_equal(store.path, expected);
	assert_int_equal(store_open(&store, &failure), 0);
	struct stat status;
	(void)snprintf(expected, sizeof(expected), "%s/blepair", home);
	assert_int_equal(stat(expected, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	store_close(&store);
	(void)snprintf(path, sizeof(path), "%s/blepair/blepair.db", home);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(expected), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(processes_share_a_store),
		CASE(killed_at_any_moment),
		CASE(files_that_are_no_store),
		CASE(files_of_others),
		CASE(a_later_version_is_left_alone),
		CASE(a_store_of_version_1_is_taken_over),
		CASE(a_damaged_file_is_told),
		CASE(a_damaged_value_is_told),
		CASE(a_directory_that_cannot_be_written),
		CASE(a_full_disk_loses_nothing),
		CASE(the_usual_place),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
