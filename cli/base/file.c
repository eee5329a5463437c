/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/bytes.h"

/* The file at the end of a chain of links counts as one of them. */
#define LINKS_MAX 40

/* The file that a path names. */
struct target {
	char path[FILE_PATH_MAX]; /* links followed */
	int descriptor;		  /* /dev/fd/N: N; else -1 */
	bool exists, stream;	  /* stream: it is not a regular file */
	struct stat status;	  /* if it exists */
};

static int cannot_write(const char *path, struct failure *failure)
{
	return failure_set(failure, CLI_USAGE, "cannot write %s: %s", path, strerror(errno));
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
 * Opens each link, so that it follows the same link whose owner it has checked. Other users can
 * replace links in a shared folder at any time.
 */
static int find_target(const char *path, struct target *t, struct failure *failure)
{
	*t = (struct target){.descriptor = -1};
	errno = ENAMETOOLONG;
	if (snprintf(t->path, sizeof(t->path), "%s", path) >= (int)sizeof(t->path))
		return cannot_write(path, failure);
	for (int i = 0; i < LINKS_MAX; i++) {
		t->descriptor = named_descriptor(t->path);
		if (t->descriptor >= 0)
			return 0;
		int fd = open(t->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOENT ? 0 : cannot_write(path, failure);
		int status = fstat(fd, &t->status);
		bool is_link = status == 0 && S_ISLNK(t->status.st_mode);
		bool foreign = is_link && t->status.st_uid != geteuid() && t->status.st_uid != 0;
		if (is_link && !foreign)
			status = follow(fd, t->path);
		int error = errno;
		(void)close(fd);
		errno = error;
		if (status)
			return cannot_write(path, failure);
		if (foreign)
			return failure_set(failure, CLI_USAGE,
					   "cannot write %s: %s is a symbolic link of another "
					   "user; remove it: rm %s",
					   path, t->path, t->path);
		t->exists = !is_link;
		if (t->exists)
			return 0;
	}
	errno = ELOOP;
	return cannot_write(path, failure);
}

/* Refuses a file that other users can read. */
static int check_private(const struct target *t, struct failure *failure)
{
	bool regular = S_ISREG(t->status.st_mode);

	if (t->status.st_uid != geteuid() && (regular || t->status.st_uid != 0))
		return failure_set(failure, CLI_USAGE,
				   "%s belongs to another user, who could read the keys in it; "
				   "remove it: rm %s",
				   t->path, t->path);
	if (regular && t->status.st_mode & 077)
		return failure_set(failure, CLI_USAGE,
				   "%s is open to others, who could read the keys in it; make it "
				   "private: chmod 600 %s",
				   t->path, t->path);
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
	int fd = open(t->path, O_WRONLY | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
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
	if (find_target(path, t, failure))
		return -1;
	if (t->exists && S_ISDIR(t->status.st_mode)) {
		errno = EISDIR;
		return cannot_write(path, failure);
	}
	t->stream = t->descriptor >= 0 || (t->exists && !S_ISREG(t->status.st_mode));
	return kind == FILE_PRIVATE && t->exists ? check_private(t, failure) : 0;
}

int file_create(struct file_out *out, const char *path, enum file_kind kind,
		struct failure *failure)
{
	struct target t;
	int fd;

	out->stream = NULL;
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
	out->stream = fd < 0 ? NULL : fdopen(fd, "w");
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
	errno = error ? error : EIO;
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
	failure->exit = CLI_INTERNAL;
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
