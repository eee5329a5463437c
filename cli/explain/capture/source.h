/* SPDX-License-Identifier: MIT */
/*
 * The octets of a capture, through a window of constant size: a file, a pipe, memory, or what
 * another program unpacks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most octets that one peek can ask for. */
#define EXPLAIN_WINDOW ((size_t)512 * 1024)

/*
 * Puts up to room octets there. Returns how many; 0: there are no more. Never fails: who unpacks
 * keeps the reason.
 */
typedef size_t explain_feed(void *ctx, uint8_t *to, size_t room);

struct explain_source {
	int fd;		    /* -1: memory or a feed, or the end was read */
	explain_feed *feed; /* NULL: there is none, or it has ended */
	void *feed_ctx;
	const uint8_t *octets; /* the window */
	uint8_t *buffer;       /* the window, if it is ours; NULL: memory of the caller */
	size_t room;	       /* octets of buffer */
	size_t begin, end;     /* the unread octets of the window */
	size_t used;	       /* octets of the buffer that were ever written */
	uint64_t taken;	       /* octets before begin */
	bool regular;	       /* a file that can be read without waiting */
	uint64_t size;	       /* 0: unknown */
	int error;	       /* errno of the read that failed, 0: none did */
	/* UTF-16, which is read as one octet a character; each counts as two in taken */
	enum explain_wide { EXPLAIN_NARROW, EXPLAIN_WIDE_LITTLE, EXPLAIN_WIDE_BIG } wide;
	bool odd;	/* half of a character was read */
	uint8_t odd_is; /* that octet */
};

/* Opens a file; "-" is standard input. 0, or -1 with errno. */
int capture_source_open(struct explain_source *source, const char *path);
/* Reads what a feed gives; source is closed, or was fed before, and keeps its window. 0, or -1 with
 * errno. */
int capture_source_fed(struct explain_source *source, explain_feed *feed, void *ctx);
/* Reads len octets in memory, borrowed. */
void capture_source_memory(struct explain_source *source, const void *octets, size_t len);

/*
 * Returns the next octets and sets *have to how many: at least want (at most EXPLAIN_WINDOW),
 * unless the source ends before. Valid until the next call.
 */
const uint8_t *capture_source_peek(struct explain_source *source, size_t want, size_t *have);

/* Skips len octets that the last peek returned. */
void capture_source_take(struct explain_source *source, size_t len);

/*
 * From here on the source is UTF-16: a character of ASCII becomes its octet, any other one "?". The
 * unread octets begin with a whole character. 0, or -1: no memory.
 */
int capture_source_widen(struct explain_source *source, enum explain_wide wide);

/* Closes the source and wipes its window, since a capture holds keys. */
void capture_source_close(struct explain_source *source);
