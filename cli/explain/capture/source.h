/* SPDX-License-Identifier: MIT */
/* The octets of a capture, through a window of constant size: a file, a pipe, or memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one peek can be sure of to see, if there is that much. */
#define EXPLAIN_WINDOW ((size_t)512 * 1024)

struct explain_source {
	int fd;		       /* -1: memory, or all is read */
	const uint8_t *octets; /* the window */
	uint8_t *buffer;       /* of a file, where the window lies; else NULL */
	size_t begin, end;     /* what of it is unread */
	uint64_t taken;	       /* octets before begin */
	uint64_t size;	       /* 0: not known */
	int error;	       /* errno of the read that failed, 0: none did */
};

/* "-": standard input. 0, or -1 with errno. */
int capture_source_open(struct explain_source *source, const char *path);
void capture_source_memory(struct explain_source *source, const void *octets, size_t len);

/*
 * The next octets, at least want (at most EXPLAIN_WINDOW) unless the source has no more; *have is
 * how many. Good until the next call.
 */
const uint8_t *capture_source_peek(struct explain_source *source, size_t want, size_t *have);

/* Takes len octets that a peek showed. */
void capture_source_take(struct explain_source *source, size_t len);

void capture_source_close(struct explain_source *source);
