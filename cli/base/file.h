/* SPDX-License-Identifier: MIT */
/*
 * The one way to write a file that an option names.
 *
 * A regular file is written whole or not at all: a temporary file beside it takes its place at the
 * end. Symbolic links are followed only where they belong to this user or to root. Everything that
 * is no regular file (/dev/stdout, /dev/fd/N, /dev/null, FIFOs) is written to as a stream; its mode
 * and its node stay untouched.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"

enum file_kind {
	/*
	 * The file may hold keys: it is created with mode 0600, and a file that others can read or
	 * that belongs to another user is refused, with the command that repairs it.
	 */
	FILE_PRIVATE,
	/* No keys: a new file has mode 0600, one that exists keeps its mode. */
	FILE_PUBLIC,
};

struct file_out {
	FILE *stream; /* where the content goes; NULL: not open */

	char path[PATH_MAX];	  /* links followed */
	char temporary[PATH_MAX]; /* empty: the stream is the file itself */
	char buffer[4096];	  /* of the stream; wiped at the end */
};

/* Starts a file. 0: out->stream is open; -1 with failure (CLI_USAGE). */
int file_create(struct file_out *out, const char *path, enum file_kind kind,
		struct failure *failure);

/*
 * Ends a file: 0, or -1 with failure (CLI_INTERNAL) and path as it was before. Both close the
 * stream. file_commit_new() leaves a file of other content that is already there, with -1 and
 * CLI_USAGE; one with the same content is a success.
 */
int file_commit(struct file_out *out, struct failure *failure);
int file_commit_new(struct file_out *out, struct failure *failure);

/* Closes the stream and removes the temporary file. Does nothing when out is not open. */
void file_abandon(struct file_out *out);

/*
 * Opens a private file that grows in place, such as a capture. Returns a descriptor at its start,
 * or -1 with failure. Nothing that is there is lost yet: *replace says that the first write must
 * truncate it (false for a stream).
 */
int file_open_growing(const char *path, bool *replace, struct failure *failure);
