/* SPDX-License-Identifier: MIT */
/*
 * Captures inside compressed files and archives: gzip, zstd, xz and bzip2, ZIP and tar, and one of
 * these inside another. What is unpacked passes through the windows of capture/source.h, so memory
 * stays constant and nothing is written to disk.
 *
 * Anybody may have made the file. Five limits hold: how deep, how many files, how many octets, how
 * many of them from one octet, and how much memory.
 */
#pragma once

#include "base/failure.h"
#include "capture/source.h"

/* Of levels: bugreport.zip with a capture.gz has two, and so has a tar.gz. */
#define EXPLAIN_CONTAINER_DEPTH	 3
#define EXPLAIN_CONTAINER_FILES	 100000
#define EXPLAIN_CONTAINER_OCTETS ((uint64_t)4 << 30)
/* From one octet, after the first MiB. */
#define EXPLAIN_CONTAINER_RATIO 1000
/*
 * Of the whole process: a file chooses the window that it needs to be unpacked, and xz allows 4
 * GiB. The most that xz -9 and zstd --ultra choose is 128 MiB.
 */
#define EXPLAIN_CONTAINER_MEMORY ((size_t)384 << 20)

/* The kind of container that begins with these octets, for people, or NULL. */
const char *capture_container_kind(const uint8_t *first, size_t len);

/* Kinds that are recognised and cannot be unpacked here: sets *kind and *advice. */
bool capture_container_unsupported(const uint8_t *first, size_t len, const char **kind,
				   const char **advice);

struct explain_container;

/*
 * Enters the container that source is at. source is taken over; it becomes empty, until
 * capture_container_next(). *container is created, or enters one level more. 0, or -1 with failure.
 */
int capture_container_enter(struct explain_container **container, struct explain_source *source,
			    struct failure *failure);

/*
 * Closes source and sets it to the next file. Leaves each level that has ended. False: there is
 * none, or it cannot be reached; see capture_container_trouble().
 */
bool capture_container_next(struct explain_container *container, struct explain_source *source);

/* The name of that file as the innermost archive has it, from outside; NULL: it has no name. */
const char *capture_container_name(const struct explain_container *container);

/* NULL, or the first clause about what could not be unpacked: "it is cut: ...". */
const char *capture_container_trouble(const struct explain_container *container);

/* The octets that were read of the user's file, and its size; 0: unknown (a pipe). */
void capture_container_progress(const struct explain_container *container, uint64_t *octets,
				uint64_t *size);

/* May be NULL. */
void capture_container_free(struct explain_container *container);
