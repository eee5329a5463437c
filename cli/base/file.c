/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/bytes.h"

/* The file at the end of a chain of links counts as one of them. */
#define LINKS_MAX 40

/* The file that a path names. */
struct target {
	char path[FILE_PATH_MAX]; /* links followed */
	int descriptor;		  /* /dev/fd/N: N; else -1 */
	bool exists, stream;	  /* stream: it is not a regular file */
	bool foreign_link;	  /* refused: a link of another user */
	struct stat status;	  /* if it exists */
};

const char *file_error(int error)
{
	return error == ETIMEDOUT ? "nobody reads it" : strerror(error);
}

static int cannot_write(const char *path, struct failure *failure)
{
	return failure_set(failure, cli_exit_of_errno(errno), "cannot write %s: %s",
			   strcmp(path, "/dev/stdout") == 0 ? "standard output" : path,
			   file_error(errno));
}

/* ---- Waiting for the reader ------------------------------------------------------------------ */

/* A signal does not end a wait. */
static bool in_a_run(void)
{
	sigset_t blocked;

	return sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 1;
}

/* open() for writing, without O_NONBLOCK in the end; errno is ETIMEDOUT if a FIFO has no reader. */
static int open_for_reader(const char *path, int flags)
{
	const uint64_t end = clock_now() + FILE_READER_US;
	int fd;

	if (!in_a_run())
		return open(path, flags);
	while ((fd = open(path, flags | O_NONBLOCK)) < 0 && errno == ENXIO && clock_now() < end)
		(void)clock_wait(NULL, 0, clock_now() + 20000);
	if (fd < 0) {
		errno = errno == ENXIO ? ETIMEDOUT : errno;
		return -1;
	}
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

bool file_has_room(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	struct stat status;

	if (fstat(fd, &status) || S_ISREG(status.st_mode))
		return true;
	return clock_wait(&poll_fd, 1, clock_now() + FILE_READER_US) != 0;
}

static ssize_t write_for_reader(void *cookie, const char *data, size_t len)
{
	struct file_out *out = cookie;
	size_t done = 0;

	while (done < len && !out->error) {
		const size_t part = len - done < PIPE_BUF ? len - done : PIPE_BUF;
		const bool room = file_has_room(out->fd);
		const ssize_t n = room ? write(out->fd, data + done, part) : -1;
		if (n < 0)
			out->error = room ? errno : ETIMEDOUT; /* nothing waits again */
		else
			done += (size_t)n;
	}
	if (out->error)
		errno = out->error;
	return (ssize_t)done;
}

static int close_for_reader(void *cookie)
{
	return close(((const struct file_out *)cookie)->fd);
}

static FILE *open_file(struct file_out *out, int fd, bool stream)
{
	const cookie_io_functions_t functions = {.write = write_for_reader,
						 .close = close_for_reader};

	out->fd = fd;
	return stream && in_a_run() ? fopencookie(out, "w", functions) : fdopen(fd, "w");
}

/* The descriptor that /dev/stdout, /dev/fd/N and similar names stand for, or -1. */
static int named_descriptor(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t len = strlen(folders[i]);
		char *end;

		if (strncmp(path, folders[i], len) != 0 || path[len] < '0' || path[len] > '9')
			continue;
		unsigned long number = strtoul(path + len, &end, 10);
		if (!*end && number <= INT_MAX)
			return (int)number;
	}
	return -1;
}

/* The length of the folder part of a path, including the slash. */
static int folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

/* Replaces path by the target of link, which is open. */
static int follow(int link, char path[FILE_PATH_MAX])
{
	char to[FILE_PATH_MAX], joined[FILE_PATH_MAX];
	ssize_t len = readlinkat(link, "", to, sizeof(to) - 1);

	if (len >= 0) {
		to[len] = '\0';
		int joined_len = snprintf(joined, sizeof(joined), "%.*s%s",
					  *to == '/' ? 0 : folder_length(path), path, to);
		if (joined_len < FILE_PATH_MAX) {
			memcpy(path, joined, (size_t)joined_len + 1);
			return 0;
		}
		errno = ENAMETOOLONG;
	}
	return -1;
}

/*
 * Looks at the part of t->path up to end, and replaces it by its target if it is a link. Opens it,
 * so that it follows the same link whose owner it has checked: other users can replace links in a
 * shared folder at any time. t->status: of that part. 1: it was a link; 0; -1 with failure, CLI_OK
 * in it if there is no such file.
 */
static int expand(struct target *t, size_t end, const char *named, struct failure *failure)
{
	char *const path = t->path;
	struct stat *const status = &t->status;
	char part[FILE_PATH_MAX], rest[FILE_PATH_MAX], word[TEXT_WORD];

	(void)snprintf(part, sizeof(part), "%.*s", (int)end, path);
	(void)snprintf(rest, sizeof(rest), "%s", path + end);
	int fd = open(part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	failure->exit = CLI_OK;
	if (fd < 0)
		return errno == ENOENT ? -1 : cannot_write(named, failure);
	int result = fstat(fd, status);
	bool is_link = result == 0 && S_ISLNK(status->st_mode);
	t->foreign_link = is_link && status->st_uid != geteuid() && status->st_uid != 0;
	if (is_link && !t->foreign_link)
		result = follow(fd, part);
	int error = errno;
	(void)close(fd);
	errno = error;
	if (result)
		return cannot_write(named, failure);
	if (t->foreign_link)
		return failure_set(failure, CLI_PERMISSION,
				   "cannot write %s: %s is a symbolic link of another user; "
				   "remove it: rm %s",
				   named, part, text_shell_word(part, word));
	if (!is_link)
		return 0;
	errno = ENAMETOOLONG;
	if (snprintf(path, FILE_PATH_MAX, "%s%s", part, rest) >= FILE_PATH_MAX)
		return cannot_write(named, failure);
	return 1;
}

/* The end of the part of path that follows the one that ends at end. */
static size_t next_part(const char *path, size_t end)
{
	end += strspn(path + end, "/");
	return end + strcspn(path + end, "/");
}

/* named: the path for messages. */
static int find_target(const char *path, const char *named, struct target *t,
		       struct failure *failure)
{
	int links = 0, kind;

	*t = (struct target){.descriptor = -1};
	errno = ENAMETOOLONG;
	if (snprintf(t->path, sizeof(t->path), "%s", path) >= (int)sizeof(t->path))
		return cannot_write(named, failure);
	for (size_t end = 0;;) {
		t->descriptor = named_descriptor(t->path);
		if (t->descriptor >= 0)
			return 0;
		end = next_part(t->path, end);
		kind = expand(t, end, named, failure);
		if (kind < 0)
			return failure->exit == CLI_OK ? 0 : -1;
		if (kind == 1 && ++links == LINKS_MAX)
			break;
		if (kind == 1)
			end = 0; /* the target may have links, too */
		else if (!t->path[end])
			return t->exists = true, 0;
	}
	errno = ELOOP;
	return cannot_write(named, failure);
}

int file_check_folders(const char *path, struct failure *failure)
{
	char folder[FILE_PATH_MAX];
	struct target t;

	(void)snprintf(folder, sizeof(folder), "%.*s", folder_length(path), path);
	/* Any other failure is met again, and reported better, by what opens the file. */
	return find_target(folder, path, &t, failure) && t.foreign_link ? -1 : 0;
}

/* Refuses a file of another user, and for keys one that other users can read. */
static int check_owner(const struct target *t, enum file_kind kind, struct failure *failure)
{
	bool regular = S_ISREG(t->status.st_mode), foreign = t->status.st_uid != geteuid();
	char word[TEXT_WORD];

	if (kind == FILE_PUBLIC)
		return regular && foreign
			       ? failure_set(failure, CLI_PERMISSION,
					     "%s belongs to another user; remove it: rm %s",
					     t->path, text_shell_word(t->path, word))
			       : 0;
	if (foreign && (regular || t->status.st_uid != 0))
		return failure_set(failure, CLI_PERMISSION,
				   "%s belongs to another user, who could read the keys in it; "
				   "remove it: rm %s",
				   t->path, text_shell_word(t->path, word));
	if (regular && t->status.st_mode & 077)
		return failure_set(failure, CLI_PERMISSION,
				   "%s is open to others, who could read the keys in it; make it "
				   "private: chmod 600 %s",
				   t->path, text_shell_word(t->path, word));
	return 0;
}

/* Opens an existing file without changing it: a descriptor, or -1 with errno. */
static int open_stream(const struct target *t)
{
	struct stat status;

	if (t->descriptor >= 0) {
		int flags = fcntl(t->descriptor, F_GETFL);
		if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY)
			errno = EBADF, flags = -1;
		return flags < 0 ? -1 : fcntl(t->descriptor, F_DUPFD_CLOEXEC, 0);
	}
	int fd = open_for_reader(t->path, O_WRONLY | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &status) || status.st_dev != t->status.st_dev ||
			status.st_ino != t->status.st_ino)) {
		(void)close(fd);
		errno = ESTALE; /* replaced since it was checked */
		return -1;
	}
	return fd;
}

/* Finds and checks the file. */
static int prepare(const char *path, enum file_kind kind, struct target *t, struct failure *failure)
{
	if (find_target(path, path, t, failure))
		return -1;
	if (t->exists && S_ISDIR(t->status.st_mode)) {
		errno = EISDIR;
		return cannot_write(path, failure);
	}
	t->stream = t->descriptor >= 0 || (t->exists && !S_ISREG(t->status.st_mode));
	return t->exists ? check_owner(t, kind, failure) : 0;
}

bool file_is_stream(const char *path)
{
	struct failure failure;
	struct target t;

	return prepare(path, FILE_PUBLIC, &t, &failure) == 0 && t.stream;
}

int file_create(struct file_out *out, const char *path, enum file_kind kind,
		struct failure *failure)
{
	struct target t;
	int fd;

	out->stream = NULL;
	out->error = 0;
	out->temporary[0] = '\0';
	if (prepare(path, kind, &t, failure))
		return -1;
	memcpy(out->path, t.path, sizeof(out->path));
	if (t.stream) {
		fd = open_stream(&t);
	} else if (snprintf(out->temporary, sizeof(out->temporary), "%.*s.blepair.XXXXXX",
			    folder_length(t.path), t.path) < (int)sizeof(out->temporary)) {
		fd = mkostemp(out->temporary, O_CLOEXEC); /* 0600 */
		if (fd >= 0 && t.exists)
			(void)fchmod(fd, t.status.st_mode & 0777);
	} else {
		errno = ENAMETOOLONG;
		fd = -1;
	}
	out->stream = fd < 0 ? NULL : open_file(out, fd, t.stream);
	if (!out->stream) {
		(void)cannot_write(path, failure);
		if (fd >= 0)
			(void)close(fd);
		if (fd >= 0 && !t.stream)
			(void)unlink(out->temporary);
		return -1;
	}
	(void)setvbuf(out->stream, out->buffer, _IOFBF, sizeof(out->buffer));
	return 0;
}

/* Closes the stream. 0, or -1 with errno: not everything reached the file. */
static int finish(struct file_out *out)
{
	errno = 0;
	/* fflush() first: it repeats a write that failed, which sets errno again. */
	bool written = fflush(out->stream) == 0 && !ferror(out->stream) &&
		       (!*out->temporary || fsync(fileno(out->stream)) == 0);
	int error = errno;

	if (fclose(out->stream) && written) {
		error = errno;
		written = false;
	}
	out->stream = NULL;
	bytes_wipe(out->buffer, sizeof(out->buffer));
	errno = error ? error : out->error ? out->error : EIO;
	return written ? 0 : -1;
}

void file_abandon(struct file_out *out)
{
	if (!out->stream)
		return;
	(void)finish(out);
	if (*out->temporary)
		(void)unlink(out->temporary);
}

static int not_written(const struct file_out *out, struct failure *failure)
{
	(void)cannot_write(out->path, failure);
	if (*out->temporary)
		(void)unlink(out->temporary);
	return -1;
}

int file_commit(struct file_out *out, struct failure *failure)
{
	if (finish(out) || (*out->temporary && rename(out->temporary, out->path)))
		return not_written(out, failure);
	return 0;
}

static bool same_content(const char *a, const char *b)
{
	uint8_t buffer[2][4096];
	int fds[2] = {open(a, O_RDONLY | O_CLOEXEC), open(b, O_RDONLY | O_CLOEXEC)};
	bool same = true; /* without a descriptor read() fails */
	ssize_t got = 1;

	while (same && got > 0) {
		got = read(fds[0], buffer[0], sizeof(buffer[0]));
		same = got >= 0 && read(fds[1], buffer[1], sizeof(buffer[1])) == got &&
		       bytes_equal(buffer[0], buffer[1], (size_t)got);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
	bytes_wipe(buffer, sizeof(buffer));
	return same;
}

int file_commit_new(struct file_out *out, struct failure *failure)
{
	if (finish(out))
		return not_written(out, failure);
	if (!*out->temporary)
		return 0;
	if (access(out->path, F_OK) == 0) {
		bool same = same_content(out->temporary, out->path);
		(void)unlink(out->temporary);
		return same ? 0
			    : failure_set(failure, CLI_USAGE,
					  "%s exists and differs; it was not changed: move it "
					  "away or name another file",
					  out->path);
	}
	return rename(out->temporary, out->path) ? not_written(out, failure) : 0;
}

int file_open_growing(const char *path, bool *replace, struct failure *failure)
{
	struct target t;
	int fd;

	if (prepare(path, FILE_PRIVATE, &t, failure))
		return -1;
	*replace = t.exists && !t.stream;
	fd = t.exists || t.stream
		     ? open_stream(&t)
		     : open(t.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? cannot_write(path, failure) : fd;
}

void file_fill_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			/* The lowest free number: fd. */
			(void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

int file_cannot_read(const char *path, int error, struct failure *failure)
{
	return failure_set(failure, cli_exit_of_errno(error), "cannot read %.200s: %s", path,
			   strerror(error));
}

static char incomplete[256]; /* empty: none */

void file_note_incomplete(const char *path)
{
	if (!*incomplete)
		(void)snprintf(incomplete, sizeof(incomplete), "%s", path);
}

const char *file_incomplete(void)
{
	return *incomplete ? incomplete : NULL;
}
