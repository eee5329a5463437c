/* SPDX-License-Identifier: MIT */
/*
 * The one way to write a file that an option names.
 *
 * A regular file is written whole or not at all: a temporary file beside it takes its place at the
 * end. Symbolic links are followed only where they belong to this user or to root. Everything that
 * is not a regular file (/dev/stdout, /dev/fd/N, /dev/null, FIFOs) is written to as a stream; its
 * node and its mode do not change.
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
	/* The file holds no keys. A new file has mode 0600; an existing one keeps its mode. */
	FILE_PUBLIC,
};

struct file_out {
	FILE *stream; /* where the content goes; NULL: not open */

	char path[FILE_PATH_MAX];      /* links followed */
	char temporary[FILE_PATH_MAX]; /* empty: the stream is the file itself */
	char buffer[4096];	       /* of the stream; wiped at the end */
};

/* Starts a file. 0: out->stream is open; -1 with failure (CLI_USAGE). */
int file_create(struct file_out *out, const char *path, enum file_kind kind,
		struct failure *failure);

/*
 * Close the stream and put the file in its place. 0, or -1 with failure (CLI_INTERNAL) and path as
 * it was before. file_commit_new() does not replace a file: if one exists, it returns 0 if the
 * content is the same, else -1 with CLI_USAGE.
 */
int file_commit(struct file_out *out, struct failure *failure);
int file_commit_new(struct file_out *out, struct failure *failure);

/* Closes the stream and removes the temporary file. Does nothing when out is not open. */
void file_abandon(struct file_out *out);

/*
 * Opens a FILE_PRIVATE that grows in place, such as a capture. Returns a descriptor, or -1 with
 * failure. The old content is still there: *replace is true if it must be truncated before the
 * first write.
 */
int file_open_growing(const char *path, bool *replace, struct failure *failure);
