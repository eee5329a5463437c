/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/bytes.h"

int capture_source_open(struct explain_source *source, const char *path)
{
	struct stat status;

	memset(source, 0, sizeof(*source));
	source->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0)
		return -1;
	if (fstat(source->fd, &status) == 0) {
		if (S_ISDIR(status.st_mode)) {
			capture_source_close(source);
			errno = EISDIR;
			return -1;
		}
		source->regular = S_ISREG(status.st_mode);
		source->size = source->regular ? (uint64_t)status.st_size : 0;
	}
	source->buffer = malloc(EXPLAIN_WINDOW);
	if (!source->buffer) {
		capture_source_close(source);
		errno = ENOMEM;
		return -1;
	}
	source->octets = source->buffer;
	source->room = EXPLAIN_WINDOW;
	return 0;
}

int capture_source_fed(struct explain_source *source, explain_feed *feed, void *ctx)
{
	uint8_t *window = source->buffer;

	if (window)
		bytes_wipe(window, source->used);
	memset(source, 0, sizeof(*source));
	source->fd = -1;
	source->feed = feed;
	source->feed_ctx = ctx;
	source->buffer = window ? window : malloc(EXPLAIN_WINDOW);
	source->octets = source->buffer;
	source->room = EXPLAIN_WINDOW;
	return source->buffer ? 0 : -1;
}

void capture_source_memory(struct explain_source *source, const void *octets, size_t len)
{
	memset(source, 0, sizeof(*source));
	source->fd = -1;
	source->octets = octets;
	source->end = len;
	source->size = len;
}

/* Narrows len octets of UTF-16 at the end of the buffer in place. Returns how many are left. */
static size_t narrow(struct explain_source *source, uint8_t *octets, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t second = octets[i];
		if (!source->odd) {
			source->odd = true;
			source->odd_is = second;
			continue;
		}
		bool little = source->wide == EXPLAIN_WIDE_LITTLE;
		uint8_t low = little ? source->odd_is : second;
		uint8_t high = little ? second : source->odd_is;
		source->odd = false;
		octets[kept++] = high == 0 && low < 0x80 ? low : (uint8_t)'?';
	}
	return kept;
}

/* How many octets of n that were put at the end of the window stay. */
static size_t kept_of(struct explain_source *source, size_t n)
{
	return source->wide ? narrow(source, source->buffer + source->end, n) : n;
}

int capture_source_widen(struct explain_source *source, enum explain_wide wide)
{
	size_t len = source->end - source->begin;

	if (!source->buffer) {
		source->buffer = malloc(len ? len : 1);
		if (!source->buffer)
			return -1;
		source->room = len ? len : 1;
		if (len)
			memcpy(source->buffer, source->octets + source->begin, len);
		source->octets = source->buffer;
		source->begin = 0;
	}
	source->wide = wide;
	source->end = source->begin + narrow(source, source->buffer + source->begin, len);
	return 0;
}

/* n octets more were read, before kept_of() may take some away: they are wiped at the end. */
static void note_used(struct explain_source *source, size_t n)
{
	if (source->end + n > source->used)
		source->used = source->end + n;
}

/* Reads until the window has want octets, or there are no more. */
static void fill(struct explain_source *source, size_t want)
{
	if (source->buffer && source->begin > 0) {
		memmove(source->buffer, source->buffer + source->begin,
			source->end - source->begin);
		source->end -= source->begin;
		source->begin = 0;
	}
	while (source->end - source->begin < want && source->buffer && source->feed) {
		size_t n = source->feed(source->feed_ctx, source->buffer + source->end,
					source->room - source->end);
		note_used(source, n);
		source->end += kept_of(source, n);
		if (n == 0)
			source->feed = NULL;
	}
	while (source->end - source->begin < want && source->buffer && source->fd >= 0) {
		ssize_t n =
			read(source->fd, source->buffer + source->end, source->room - source->end);
		if (n > 0) {
			note_used(source, (size_t)n);
			source->end += kept_of(source, (size_t)n);
		} else if (n == 0 || errno != EINTR) {
			source->error = n < 0 ? errno : 0;
			if (source->fd != STDIN_FILENO)
				close(source->fd);
			source->fd = -1;
		}
	}
}

const uint8_t *capture_source_peek(struct explain_source *source, size_t want, size_t *have)
{
	if (source->end - source->begin < want)
		fill(source, want);
	*have = source->end - source->begin;
	return source->octets ? source->octets + source->begin : NULL;
}

void capture_source_take(struct explain_source *source, size_t len)
{
	source->begin += len;
	source->taken += source->wide ? 2 * (uint64_t)len : len;
}

void capture_source_close(struct explain_source *source)
{
	if (source->fd >= 0 && source->fd != STDIN_FILENO)
		close(source->fd);
	if (source->buffer) /* a capture holds keys */
		bytes_wipe(source->buffer, source->used);
	free(source->buffer);
	memset(source, 0, sizeof(*source));
	source->fd = -1;
}
