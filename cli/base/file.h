/* SPDX-License-Identifier: MIT */
/*
 * The one way to write a file that an option names.
 *
 * A regular file is written whole or not at all: a temporary file beside it takes its place at the
 * end. Symbolic links, also those of folders in the path, are followed only where they belong to
 * this user or to root. Everything that is not a regular file (/dev/stdout, /dev/fd/N, /dev/null,
 * FIFOs) is written to as a stream; its node and its mode do not change.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"

#define FILE_PATH_MAX 4096 /* as PATH_MAX of Linux */

enum file_kind {
	/*
	 * The file can hold keys. It is created with mode 0600. A file that others can read or that
	 * belongs to another user is refused; the failure has the command to type.
	 */
	FILE_PRIVATE,
	/*
	 * The file holds no keys. A new file has mode 0600; an existing one keeps its mode. A
	 * regular file of another user is refused.
	 */
	FILE_PUBLIC,
};

struct file_out {
	FILE *stream; /* where the content goes; NULL: not open */
	int fd;	      /* of a stream that waits for its reader */
	int error;    /* errno of a write that failed, if the writer knows it; else 0 */

	char path[FILE_PATH_MAX];      /* links followed */
	char temporary[FILE_PATH_MAX]; /* empty: the stream is the file itself */
	char buffer[4096];	       /* of the stream; wiped at the end */
};

/* Starts a file. 0: out->stream is open; -1 with failure: CLI_PERMISSION, or what
 * cli_exit_of_errno() says. */
int file_create(struct file_out *out, const char *path, enum file_kind kind,
		struct failure *failure);

/*
 * Close the stream and put the file in its place. 0, or -1 with failure and path as
 * it was before. file_commit_new() does not replace a file: if one exists, it returns 0 if the
 * content is the same, else -1 with CLI_USAGE.
 */
int file_commit(struct file_out *out, struct failure *failure);
int file_commit_new(struct file_out *out, struct failure *failure);

/*
 * True if path names something that is written to as a stream: what is written there before the end
 * cannot be replaced.
 */
bool file_is_stream(const char *path);

/*
 * A FIFO waits for its reader, and a full pipe, too. Without a run, until a signal ends the
 * process. In a run, which has blocked the signals, for FILE_READER_US: --timeout and a signal must
 * end it.
 */
#define FILE_READER_US 2000000

/* For a write of up to PIPE_BUF octets, in a run: false: nobody reads what is there. */
bool file_has_room(int fd);
/* What strerror() says, or that nobody reads the file. */
const char *file_error(int error);

/* Closes the stream and removes the temporary file. Does nothing when out is not open. */
void file_abandon(struct file_out *out);

/*
 * For a file that is written in another way: refuses a path that leads through a symbolic link of
 * another user. 0, or -1 with failure (CLI_PERMISSION).
 */
int file_check_folders(const char *path, struct failure *failure);

/*
 * Opens a FILE_PRIVATE that grows in place, such as a capture. Returns a descriptor, or -1 with
 * failure. The old content is still there: *replace is true if it must be truncated before the
 * first write.
 */
int file_open_growing(const char *path, bool *replace, struct failure *failure);

/* A file cannot be read, for an errno: returns -1 with failure. */
int file_cannot_read(const char *path, int error, struct failure *failure);

/*
 * A file that an option names, and that grew in place, is not complete: a run that succeeds
 * otherwise has not done all that it was asked for.
 */
void file_note_incomplete(const char *path);
/* The first one of this process; NULL: every file is complete. */
const char *file_incomplete(void);

/*
 * Opens /dev/null for each of the descriptors 0, 1 and 2 that the caller of the process has closed,
 * so that no file or controller gets one of these numbers and what is printed. Reading gives the
 * end of the file; a write to standard output fails (EBADF), one to standard error is lost. Call it
 * before anything is opened.
 */
void file_fill_standard(void);
