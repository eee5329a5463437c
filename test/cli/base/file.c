/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stack.h"
#include "unit.h"

static char folder[32], path[64];
static struct file_out out;
static struct failure failure;

static int make_folder(void **state)
{
	(void)state;
	(void)strcpy(folder, "/tmp/blepair-test.XXXXXX");
	(void)umask(022);
	failure = (struct failure){0};
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/out", folder);
	return 0;
}

/* Removes what the test names; anything else that is left in the folder fails the test. */
static int remove_folder(void **state)
{
	static const char *const names[] = {"out", "link", "link2", "other", "fifo"};
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
		(void)unlink(name);
	}
	return rmdir(folder);
}

static const char *in_folder(const char *name)
{
	static char names[16][64];
	static unsigned next;
	char *at = names[next++ % COUNT(names)];

	(void)snprintf(at, sizeof(names[0]), "%s/%s", folder, name);
	return at;
}

static void put(const char *name, const char *content, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void holds(const char *name, const char *content)
{
	char text[256] = "";
	int fd = open(name, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_int_equal(close(fd), 0);
	assert_string_equal(text, content);
}

static mode_t mode_of(const char *name)
{
	struct stat status;

	assert_int_equal(lstat(name, &status), 0);
	return status.st_mode & 07777;
}

static void write_new(const char *name, enum file_kind kind)
{
	assert_int_equal(file_create(&out, name, kind, &failure), 0);
	assert_true(fputs("new", out.stream) >= 0);
	assert_int_equal(file_commit(&out, &failure), 0);
	assert_null(out.stream);
}

static void is_refused_with(enum cli_exit exit, const char *name, enum file_kind kind,
			    const char *why)
{
	bool replace;

	assert_int_equal(file_create(&out, name, kind, &failure), -1);
	assert_null(out.stream);
	assert_int_equal(failure.exit, exit);
	assert_non_null(strstr(failure.text, name));
	assert_non_null(strstr(failure.text, why));
	if (kind != FILE_PRIVATE)
		return;
	assert_int_equal(file_open_growing(name, &replace, &failure), -1);
	assert_non_null(strstr(failure.text, why));
}

static void is_refused(const char *name, enum file_kind kind, const char *why)
{
	is_refused_with(CLI_USAGE, name, kind, why);
}

/* Other users can read the file, or replace it. */
static void is_forbidden(const char *name, enum file_kind kind, const char *why)
{
	is_refused_with(CLI_PERMISSION, name, kind, why);
}

static bool is_root(void)
{
	if (geteuid() == 0)
		return true;
	puts("SKIPPED, not tested here: this needs root");
	skip();
	return false;
}

static void a_new_file_belongs_to_this_user_alone(void **state)
{
	(void)state;
	write_new(path, FILE_PRIVATE);
	holds(path, "new");
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(unlink(path), 0);
	write_new(path, FILE_PUBLIC);
	assert_int_equal(mode_of(path), 0600);
}

static void the_old_file_stays_until_the_new_one_is_whole(void **state)
{
	(void)state;
	put(path, "old", 0600);
	assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
	assert_true(fputs("new", out.stream) >= 0);
	assert_int_equal(fflush(out.stream), 0);
	holds(path, "old");
	file_abandon(&out);
	holds(path, "old");
	file_abandon(&out); /* does nothing */
	write_new(path, FILE_PRIVATE);
	holds(path, "new");
}

static void a_public_file_keeps_its_mode(void **state)
{
	(void)state;
	static const mode_t modes[] = {0644, 0600, 0757, 0775, 04777};

	for (size_t i = 0; i < COUNT(modes); i++) {
		put(path, "old", modes[i]);
		write_new(path, FILE_PUBLIC);
		holds(path, "new");
		assert_int_equal(mode_of(path), modes[i] & 0777); /* not set-user-ID */
		assert_int_equal(unlink(path), 0);
	}
}

static void keys_do_not_go_into_a_file_that_others_can_read(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0601};
	char line[96];

	(void)state;
	(void)snprintf(line, sizeof(line), ": chmod 600 %s", path);
	for (size_t i = 0; i < COUNT(modes); i++) {
		put(path, "old", modes[i]);
		is_forbidden(path, FILE_PRIVATE, line);
		holds(path, "old");
		assert_int_equal(mode_of(path), modes[i]);
		assert_int_equal(unlink(path), 0);
	}
}

static void keys_do_not_go_into_a_file_of_another_user(void **state)
{
	char line[96];

	(void)state;
	if (!is_root())
		return;
	(void)snprintf(line, sizeof(line), ": rm %s", path);
	put(path, "old", 0600);
	assert_int_equal(chown(path, 1234, 1234), 0);
	is_forbidden(path, FILE_PRIVATE, line);
	is_forbidden(path, FILE_PUBLIC, line); /* nor is it replaced */
	holds(path, "old");
}

static void a_folder_behind_a_link_of_another_user_is_not_entered(void **state)
{
	const char *link = in_folder("link");
	char inside[96], line[96];
	bool replace;

	(void)state;
	if (!is_root())
		return;
	(void)snprintf(inside, sizeof(inside), "%s/./out", link);
	(void)snprintf(line, sizeof(line), "rm %s", link);
	assert_int_equal(symlink(".", link), 0);
	assert_int_equal(file_check_folders(inside, &failure), 0);
	write_new(inside, FILE_PRIVATE); /* our own link */
	holds(path, "new");
	assert_int_equal(lchown(link, 1234, 1234), 0);
	is_forbidden(inside, FILE_PRIVATE, line);
	is_forbidden(inside, FILE_PUBLIC, line);
	assert_int_equal(file_open_growing(inside, &replace, &failure), -1);
	assert_int_equal(file_check_folders(inside, &failure), -1);
	assert_non_null(strstr(failure.text, line));
	assert_int_equal(file_check_folders("out", &failure), 0);
	assert_int_equal(file_check_folders("/nonexistent/x/out", &failure), 0);
	holds(path, "new");
}

static void keys_do_not_go_into_a_fifo_of_another_user(void **state)
{
	const char *fifo = in_folder("fifo");

	(void)state;
	if (!is_root())
		return;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(chown(fifo, 1234, 1234), 0);
	is_forbidden(fifo, FILE_PRIVATE, "belongs to another user");
}

static void an_own_symbolic_link_is_followed_and_stays(void **state)
{
	const char *other = in_folder("other"), *link = in_folder("link"),
		   *link2 = in_folder("link2");
	struct stat status;
	bool replace;

	(void)state;
	assert_int_equal(symlink("link2", link), 0);
	assert_int_equal(symlink(other, link2), 0);
	write_new(link, FILE_PRIVATE); /* there was nothing at its end */
	holds(other, "new");
	put(path, "old", 0600);
	assert_int_equal(rename(path, other), 0);
	write_new(link, FILE_PRIVATE);
	holds(other, "new");
	int fd = file_open_growing(link, &replace, &failure);
	assert_true(fd >= 0 && replace);
	assert_int_equal(close(fd), 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(lstat(link2, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
}

static void a_symbolic_link_of_another_user_is_not_followed(void **state)
{
	const char *link = in_folder("link"), *link2 = in_folder("link2");
	char line[96];

	(void)state;
	if (!is_root())
		return;
	(void)snprintf(line, sizeof(line), "rm %s", link);
	put(path, "old", 0600);
	assert_int_equal(symlink("out", link), 0);
	assert_int_equal(lchown(link, 1234, 1234), 0);
	is_forbidden(link, FILE_PRIVATE, line);
	is_forbidden(link, FILE_PUBLIC, line);
	assert_int_equal(symlink("link", link2), 0); /* our own, but it leads there */
	is_forbidden(link2, FILE_PUBLIC, line);
	holds(path, "old");
}

/* A user who is not root may follow what root has set up, /dev/stdout for one. */
static void a_symbolic_link_of_root_is_followed(void **state)
{
	const char *link = in_folder("link");

	(void)state;
	if (!is_root())
		return;
	assert_int_equal(symlink("out", link), 0);
	assert_int_equal(chown(folder, 1234, 1234), 0);
	assert_int_equal(seteuid(1234), 0);
	int status = file_create(&out, link, FILE_PRIVATE, &failure);
	if (status == 0)
		status = file_commit(&out, &failure);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(status, 0);
	assert_int_equal(mode_of(path), 0600);
}

/* What another user does with the file between the check and the opening. */
static void (*meanwhile)(void);

int __real_open(const char *name, int flags, mode_t mode);
int __wrap_open(const char *name, int flags, mode_t mode);
int __wrap_open(const char *name, int flags, mode_t mode)
{
	if (meanwhile && flags & O_WRONLY) {
		void (*now)(void) = meanwhile;
		meanwhile = NULL;
		now();
	}
	return __real_open(name, flags, mode);
}

static void replace_fifo(void)
{
	assert_int_equal(rename(in_folder("other"), in_folder("fifo")), 0);
}

static void replace_fifo_by_link(void)
{
	assert_int_equal(unlink(in_folder("fifo")), 0);
	assert_int_equal(symlink("out", in_folder("fifo")), 0);
}

static void make_link(void)
{
	assert_int_equal(symlink("other", path), 0);
}

static void a_file_that_is_replaced_after_the_check_is_refused(void **state)
{
	static void (*const attacks[])(void) = {replace_fifo, replace_fifo_by_link};
	const char *fifo = in_folder("fifo");
	bool replace;

	(void)state;
	for (size_t i = 0; i < COUNT(attacks); i++) {
		(void)unlink(fifo);
		(void)unlink(path);
		put(path, "old", 0600);
		put(in_folder("other"), "other", 0600);
		assert_int_equal(mkfifo(fifo, 0600), 0);
		meanwhile = attacks[i];
		assert_int_equal(file_create(&out, fifo, FILE_PUBLIC, &failure), -1);
		assert_null(meanwhile);
		assert_non_null(strstr(failure.text, i ? "Too many levels of symbolic links"
						       : "Stale file handle"));
		holds(path, "old");
		(void)unlink(in_folder("other"));
	}
	/* As descriptor 0, too. */
	put(in_folder("other"), "other", 0600);
	(void)unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	meanwhile = replace_fifo;
	int saved = dup(STDIN_FILENO);
	close(STDIN_FILENO);
	int status = file_create(&out, fifo, FILE_PUBLIC, &failure);
	int open0 = fcntl(STDIN_FILENO, F_GETFD);
	(void)dup2(saved, STDIN_FILENO);
	close(saved);
	assert_int_equal(status, -1);
	assert_int_equal(open0, -1);
	/* Where there was nothing, too. */
	(void)unlink(path);
	put(in_folder("other"), "other", 0600);
	meanwhile = make_link;
	assert_int_equal(file_open_growing(path, &replace, &failure), -1);
	assert_non_null(strstr(failure.text, "File exists"));
	holds(in_folder("other"), "other");
}

static void a_chain_has_at_most_39_links(void **state)
{
	char name[64], to[16];

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "%s/%d", folder, i);
		(void)snprintf(to, sizeof(to), "%d", i + 1);
		assert_int_equal(symlink(i == 39 ? "out" : to, name), 0);
	}
	int status[2];
	for (int i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "%s/%d", folder, i);
		status[i] = file_create(&out, name, FILE_PRIVATE, &failure);
		file_abandon(&out);
	}
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "%s/%d", folder, i);
		assert_int_equal(unlink(name), 0);
	}
	assert_int_equal(status[0], -1);
	assert_int_equal(status[1], 0);
}

static void links_without_an_end_are_an_error(void **state)
{
	const char *link = in_folder("link");

	(void)state;
	assert_int_equal(symlink("link", link), 0);
	is_refused(link, FILE_PRIVATE, "Too many levels of symbolic links");
}

static void a_device_is_written_to_and_stays_as_it_is(void **state)
{
	const char *node = in_folder("other");
	struct stat before, after;
	bool replace = true;

	(void)state;
	if (!is_root())
		return;
	assert_int_equal(mknod(node, S_IFCHR | 0666, makedev(1, 3)), 0); /* a /dev/null */
	assert_int_equal(chmod(node, 0666), 0);
	assert_int_equal(stat(node, &before), 0);
	for (int kind = FILE_PRIVATE; kind <= FILE_PUBLIC; kind++)
		write_new(node, (enum file_kind)kind);
	assert_int_equal(file_create(&out, node, FILE_PRIVATE, &failure), 0);
	assert_int_equal(file_commit_new(&out, &failure), 0); /* it exists, but it is a stream */
	int fd = file_open_growing(node, &replace, &failure);
	assert_true(fd >= 0 && !replace);
	assert_int_equal(close(fd), 0);
	assert_int_equal(stat(node, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_true(S_ISCHR(after.st_mode));
}

static void a_fifo_is_written_to_and_stays_as_it_is(void **state)
{
	const char *fifo = in_folder("fifo");
	struct stat status;
	char text[8] = "";

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(chmod(fifo, 0644), 0);
	int reader = open(fifo, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	write_new(fifo, FILE_PRIVATE);
	assert_int_equal(read(reader, text, sizeof(text)), 3);
	assert_string_equal(text, "new");
	assert_int_equal(close(reader), 0);
	assert_int_equal(stat(fifo, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0644);
}

/* Opened by the shell: what is in it, and its mode, are not ours to change. */
static void an_open_descriptor_is_written_to_where_it_stands(void **state)
{
	char name[32];
	bool replace = true;

	(void)state;
	put(path, "before ", 0644);
	int fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	write_new(name, FILE_PRIVATE);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	write_new(name, FILE_PUBLIC);
	int growing = file_open_growing(name, &replace, &failure);
	assert_true(growing >= 0 && growing != fd && !replace);
	assert_int_equal(close(growing), 0);
	assert_int_equal(close(fd), 0);
	holds(path, "before newnew");
	assert_int_equal(mode_of(path), 0644);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	is_refused(name, FILE_PRIVATE, "Bad file descriptor");
	fd = open(path, O_RDONLY);
	is_refused(name, FILE_PUBLIC, "Bad file descriptor"); /* it is for reading */
	assert_int_equal(close(fd), 0);
}

/* In a process whose /dev is its own: nothing can happen to the one of the machine. */
static void write_to_standard_streams(void)
{
	static const struct {
		int fd;
		const char *name;
	} standard[] = {{STDOUT_FILENO, "/dev/stdout"}, {STDERR_FILENO, "/dev/stderr"}};

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/dev", "tmpfs", 0, NULL))
		_exit(2);
	for (size_t i = 0; i < COUNT(standard); i++) {
		int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (dup2(to, standard[i].fd) < 0 ||
		    file_create(&out, standard[i].name, FILE_PRIVATE, &failure) ||
		    fputs("new", out.stream) < 0 || file_commit(&out, &failure) ||
		    lseek(to, 0, SEEK_CUR) != 3)
			_exit(1);
		close(to);
	}
	_exit(access("/dev/stdout", F_OK) == 0);
}

static void standard_output_is_a_stream(void **state)
{
	int status;

	(void)state;
	if (!is_root())
		return;
	(void)fflush(NULL);
	pid_t child = fork();
	if (!child)
		write_to_standard_streams();
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status == 2 << 8) {
		puts("SKIPPED, not tested here: this needs a mount namespace");
		skip();
	}
	assert_int_equal(status, 0);
	holds(path, "new");
}

static void a_name_that_only_looks_like_a_descriptor_is_a_file(void **state)
{
	(void)state;
	static const char *const names[] = {"/dev/fd/1x", "/dev/fd/99999999999", "/dev/fd/-1",
					    "/dev/fd/+1", "/dev/fd/ 1",		 "/dev/fd/:1",
					    "/dev/fd/",	  "/dev/fd/2147483648"};

	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(file_create(&out, names[i], FILE_PUBLIC, &failure), -1);
	/* It may be a descriptor, but none that is open. */
	is_refused("/dev/fd/2147483647", FILE_PUBLIC, "Bad file descriptor");
}

static void a_folder_is_refused(void **state)
{
	(void)state;
	is_refused(folder, FILE_PRIVATE, "Is a directory");
	is_refused("/no/such/file", FILE_PRIVATE, "No such file or directory");
}

static void a_link_to_a_name_that_is_too_long_is_refused(void **state)
{
	char target[FILE_PATH_MAX];
	const char *link = in_folder("link");

	(void)state;
	memset(target, 'a', sizeof(target));
	for (size_t i = 1; i < sizeof(target); i += 2)
		target[i] = '/';
	target[FILE_PATH_MAX - 1] = '\0';
	assert_int_equal(symlink(target, link), 0); /* too long behind the folder of the link */
	is_refused(link, FILE_PUBLIC, "File name too long");
	assert_int_equal(unlink(link), 0);
	/* With the folder there is room for FILE_PATH_MAX - 1. */
	target[FILE_PATH_MAX - 1 - strlen(folder) - 1] = '\0';
	assert_int_equal(symlink(target, link), 0);
	bool replace;
	assert_int_equal(file_open_growing(link, &replace, &failure), -1);
	assert_non_null(strstr(failure.text, "No such file or directory"));
	/* The temporary file has a longer name. */
	is_refused(link, FILE_PUBLIC, "File name too long");
}

static void a_name_that_is_too_long_is_refused(void **state)
{
	char name[FILE_PATH_MAX + 8], text[FILE_PATH_MAX + 64];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < sizeof(name); i += 100)
		name[i] = '/';
	name[FILE_PATH_MAX] = '\0';
	assert_int_equal(file_create(&out, name, FILE_PUBLIC, &failure), -1);
	(void)snprintf(text, sizeof(text), "cannot write %s", name);
	assert_memory_equal(failure.text, text, 100);
}

static void a_full_disk_is_an_error_of_this_machine(void **state)
{
	const char *full = in_folder("other");
	char want[96];

	(void)state;
	if (!is_root())
		return;
	(void)snprintf(want, sizeof(want), "cannot write %s: No space left on device", full);
	assert_int_equal(mknod(full, S_IFCHR | 0600, makedev(1, 7)), 0); /* a /dev/full */
	for (int how = 0; how < 3; how++) {
		size_t len = how ? 3 : 2 * sizeof(out.buffer); /* fails before the end, or there */
		failure.exit = CLI_OK;
		assert_int_equal(file_create(&out, full, FILE_PUBLIC, &failure), 0);
		for (size_t i = 0; i < len; i++)
			(void)fputc('x', out.stream);
		assert_int_equal(ferror(out.stream) != 0, !how);
		assert_int_equal(how == 2 ? file_commit_new(&out, &failure)
					  : file_commit(&out, &failure),
				 -1);
		assert_null(out.stream);
		assert_int_equal(failure.exit, CLI_INTERNAL);
		assert_string_equal(failure.text, want);
	}
}

/* What was lost before stays lost, even if the rest can be written. */
static void an_earlier_error_is_not_forgotten(void **state)
{
	int ends[2];
	char name[32], drain[4096];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	assert_int_equal(file_create(&out, name, FILE_PUBLIC, &failure), 0);
	while (!ferror(out.stream))
		(void)fputc('x', out.stream);
	while (read(ends[0], drain, sizeof(drain)) > 0)
		;
	assert_int_equal(file_commit(&out, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	close(ends[0]);
	close(ends[1]);
}

/* The name became a folder while the content was written. */
static void a_file_that_cannot_take_its_place_leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(file_commit(&out, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_non_null(strstr(failure.text, "Is a directory"));
	assert_int_equal(rmdir(path), 0);
}

static void a_new_file_does_not_replace_a_different_one(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) { /* absent, then the same content */
		assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
		assert_true(fputs("new", out.stream) >= 0);
		assert_int_equal(file_commit_new(&out, &failure), 0);
		holds(path, "new");
	}
	static const char *const others[] = {"newer", "ne", "nEw"};
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_int_equal(unlink(path), 0);
		put(path, others[i], 0600);
		assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
		assert_true(fputs("new", out.stream) >= 0);
		assert_int_equal(file_commit_new(&out, &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_non_null(strstr(failure.text, "exists and differs"));
		holds(path, others[i]);
	}
}

/* Keys leave no copy in the buffer of the stream. */
static void the_buffer_is_wiped(void **state)
{
	static const char zero[sizeof(out.buffer)];

	(void)state;
	for (int how = 0; how < 3; how++) {
		assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
		assert_true(fputs("00112233445566778899aabbccddeeff", out.stream) >= 0);
		assert_memory_equal(out.buffer, "0011", 4);
		if (how == 0)
			assert_int_equal(file_commit(&out, &failure), 0);
		else if (how == 1)
			assert_int_equal(file_commit_new(&out, &failure), 0);
		else
			file_abandon(&out);
		assert_memory_equal(out.buffer, zero, sizeof(zero));
	}
}

/* Longer than a buffer, and different in its last octet. */
static void long_files_are_compared_to_the_end(void **state)
{
	static char text[9001];

	(void)state;
	memset(text, 'x', 9000);
	put(path, text, 0600);
	for (int round = 0; round < 4; round++) {
		assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
		text[8999] = round == 1 ? 'y' : 'x';
		text[0] = round == 2 ? 'y' : 'x';
		assert_int_equal(fwrite(text, 1, round == 3 ? 8192 : 9000, out.stream),
				 round == 3 ? 8192 : 9000);
		assert_int_equal(file_commit_new(&out, &failure), round ? -1 : 0);
	}
}

static void commit_what_exists(void)
{
	assert_int_equal(file_commit_new(&out, &failure), 0);
}

static void comparing_leaves_no_keys_behind(void **state)
{
	static const char key[] = "00112233445566778899aabbccddeeff";

	(void)state;
	put(path, key, 0600);
	assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
	assert_true(fputs(key, out.stream) >= 0);
	stack_run(commit_what_exists);
	assert_false(stack_holds(key, sizeof(key) - 1));
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 100; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void no_descriptor_stays_open(void **state)
{
	int before = open_descriptors();

	(void)state;
	write_new(path, FILE_PRIVATE);
	assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
	assert_true(fputs("new", out.stream) >= 0);
	assert_int_equal(file_commit_new(&out, &failure), 0);
	assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
	file_abandon(&out);
	is_refused("/no/such/file", FILE_PRIVATE, "No such file");
	assert_int_equal(symlink("out", in_folder("link")), 0);
	write_new(in_folder("link"), FILE_PRIVATE);
	assert_int_equal(chmod(path, 0644), 0);
	is_forbidden(path, FILE_PRIVATE, "chmod 600");
	assert_int_equal(open_descriptors(), before);
}

/* Started with standard input closed, the first file gets its number. */
static void descriptor_0_is_one_like_others(void **state)
{
	int saved = dup(STDIN_FILENO), fds[4], created[4];
	bool replace;

	(void)state;
	assert_int_equal(symlink("out", in_folder("link")), 0);
	close(STDIN_FILENO);
	created[0] = file_create(&out, in_folder("link"), FILE_PRIVATE, &failure);
	fds[0] = created[0] ? -1 : fileno(out.stream);
	created[1] = created[0] ? -1 : file_commit(&out, &failure);
	created[2] = file_create(&out, path, FILE_PRIVATE, &failure);
	created[3] = created[2] ? -1 : file_commit_new(&out, &failure);
	fds[1] = file_open_growing(path, &replace, &failure);
	close(STDIN_FILENO);
	(void)unlink(path);
	fds[2] = file_open_growing(path, &replace, &failure);
	fds[3] = file_open_growing("/dev/fd/0", &replace, &failure);
	close(fds[3]);
	(void)dup2(saved, STDIN_FILENO);
	close(saved);
	for (size_t i = 0; i < COUNT(created); i++)
		assert_int_equal(created[i], 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fds[i], 0);
	assert_true(fds[3] > 0);
}

static void descriptors_are_closed_on_exec(void **state)
{
	char name[32];
	bool replace;

	(void)state;
	assert_int_equal(file_create(&out, path, FILE_PRIVATE, &failure), 0);
	assert_int_equal(fcntl(fileno(out.stream), F_GETFD), FD_CLOEXEC);
	file_abandon(&out);
	int fd = file_open_growing(path, &replace, &failure);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	int copy = file_open_growing(name, &replace, &failure);
	assert_int_equal(fcntl(copy, F_GETFD), FD_CLOEXEC);
	close(copy);
	close(fd);
}

static void a_growing_file_is_private_and_loses_nothing_when_it_is_opened(void **state)
{
	bool replace = true;
	int fd;

	(void)state;
	fd = file_open_growing(path, &replace, &failure);
	assert_true(fd >= 0 && !replace);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(write(fd, "old", 3), 3);
	assert_int_equal(close(fd), 0);
	fd = file_open_growing(path, &replace, &failure);
	assert_true(fd >= 0 && replace);
	holds(path, "old");
	assert_int_equal(write(fd, "N", 1), 1);
	assert_int_equal(close(fd), 0);
	holds(path, "Nld");
}

/* ---- In a run, which has blocked the signals ------------------------------------------------- */

static int begin_run(void **state)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	return make_folder(state) || sigprocmask(SIG_BLOCK, &set, NULL);
}

static int end_run(void **state)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	return remove_folder(state) || sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Nothing would end a wait for ever. */
static void a_fifo_that_nobody_reads_is_given_up(void **state)
{
	const char *fifo = in_folder("fifo");
	bool replace;

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	(void)alarm(20);
	assert_int_equal(file_open_growing(fifo, &replace, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "fifo: nobody reads it"));
	assert_int_equal(file_create(&out, fifo, FILE_PUBLIC, &failure), -1);
	assert_non_null(strstr(failure.text, "fifo: nobody reads it"));
	(void)alarm(0);
}

static void a_reader_that_stops_is_given_up(void **state)
{
	static char content[200000];
	const char *fifo = in_folder("fifo");
	bool replace;
	int reader, fd;

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)alarm(20);
	fd = file_open_growing(fifo, &replace, &failure);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_true(file_has_room(fd));
	assert_int_equal(file_create(&out, fifo, FILE_PUBLIC, &failure), 0);
	(void)fwrite(content, 1, sizeof(content), out.stream);
	assert_int_equal(file_commit(&out, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "fifo: nobody reads it"));
	assert_false(file_has_room(fd));
	(void)alarm(0);
	assert_int_equal(close(fd) | close(reader), 0);
}

static void a_reader_that_comes_gets_everything(void **state)
{
	static char content[50000];
	const char *fifo = in_folder("fifo");
	struct timespec pause = {.tv_nsec = 200000000};
	int status;

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	pid_t child = fork();
	if (child == 0) {
		size_t total = 0;
		ssize_t n;
		(void)nanosleep(&pause, NULL);
		int fd = open(fifo, O_RDONLY | O_CLOEXEC);
		while ((n = read(fd, content, 700)) > 0)
			total += (size_t)n;
		_exit(total == sizeof(content) ? 0 : 1);
	}
	assert_int_equal(file_create(&out, fifo, FILE_PUBLIC, &failure), 0);
	assert_int_equal(fwrite(content, 1, sizeof(content), out.stream), sizeof(content));
	assert_int_equal(file_commit(&out, &failure), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define RUN(test)  cmocka_unit_test_setup_teardown(test, begin_run, end_run)
#define CASE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_new_file_belongs_to_this_user_alone),
		CASE(the_old_file_stays_until_the_new_one_is_whole),
		CASE(a_public_file_keeps_its_mode),
		CASE(keys_do_not_go_into_a_file_that_others_can_read),
		CASE(keys_do_not_go_into_a_file_of_another_user),
		CASE(a_folder_behind_a_link_of_another_user_is_not_entered),
		CASE(keys_do_not_go_into_a_fifo_of_another_user),
		CASE(an_own_symbolic_link_is_followed_and_stays),
		CASE(a_symbolic_link_of_another_user_is_not_followed),
		CASE(a_symbolic_link_of_root_is_followed),
		CASE(a_file_that_is_replaced_after_the_check_is_refused),
		CASE(a_chain_has_at_most_39_links),
		CASE(links_without_an_end_are_an_error),
		CASE(a_device_is_written_to_and_stays_as_it_is),
		CASE(a_fifo_is_written_to_and_stays_as_it_is),
		CASE(an_open_descriptor_is_written_to_where_it_stands),
		CASE(standard_output_is_a_stream),
		CASE(a_name_that_only_looks_like_a_descriptor_is_a_file),
		CASE(a_folder_is_refused),
		CASE(a_link_to_a_name_that_is_too_long_is_refused),
		CASE(a_name_that_is_too_long_is_refused),
		CASE(a_full_disk_is_an_error_of_this_machine),
		CASE(an_earlier_error_is_not_forgotten),
		CASE(a_file_that_cannot_take_its_place_leaves_nothing),
		CASE(a_new_file_does_not_replace_a_different_one),
		CASE(the_buffer_is_wiped),
		CASE(long_files_are_compared_to_the_end),
		CASE(comparing_leaves_no_keys_behind),
		CASE(no_descriptor_stays_open),
		CASE(descriptor_0_is_one_like_others),
		CASE(descriptors_are_closed_on_exec),
		CASE(a_growing_file_is_private_and_loses_nothing_when_it_is_opened),
		RUN(a_fifo_that_nobody_reads_is_given_up),
		RUN(a_reader_that_stops_is_given_up),
		RUN(a_reader_that_comes_gets_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
