/* SPDX-License-Identifier: MIT */
/* The octets of a capture, through a window of constant size: a file, a pipe, or memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most octets that one peek can ask for. */
#define EXPLAIN_WINDOW ((size_t)512 * 1024)

struct explain_source {
	int fd;		       /* -1: memory, or the end was read */
	const uint8_t *octets; /* the window */
	uint8_t *buffer;       /* the window, if it is ours; NULL: memory of the caller */
	size_t begin, end;     /* the unread octets of the window */
	uint64_t taken;	       /* octets before begin */
	uint64_t size;	       /* 0: unknown */
	int error;	       /* errno of the read that failed, 0: none did */
};

/* Opens a file; "-" is standard input. 0, or -1 with errno. */
int capture_source_open(struct explain_source *source, const char *path);
/* Reads len octets in memory, borrowed. */
void capture_source_memory(struct explain_source *source, const void *octets, size_t len);

/*
 * Returns the next octets and sets *have to how many: at least want (at most EXPLAIN_WINDOW),
 * unless the source ends before. Valid until the next call.
 */
const uint8_t *capture_source_peek(struct explain_source *source, size_t want, size_t *have);

/* Skips len octets that the last peek returned. */
void capture_source_take(struct explain_source *source, size_t len);

/* Closes the source and wipes its window, since a capture holds keys. */
void capture_source_close(struct explain_source *source);
