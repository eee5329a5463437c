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
		source->size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	}
	source->buffer = malloc(EXPLAIN_WINDOW);
	if (!source->buffer) {
		capture_source_close(source);
		errno = ENOMEM;
		return -1;
	}
	source->octets = source->buffer;
	return 0;
}

void capture_source_memory(struct explain_source *source, const void *octets, size_t len)
{
	memset(source, 0, sizeof(*source));
	source->fd = -1;
	source->octets = octets;
	source->end = len;
	source->size = len;
}

const uint8_t *capture_source_peek(struct explain_source *source, size_t want, size_t *have)
{
	if (source->end - source->begin < want && source->buffer && source->begin > 0) {
		memmove(source->buffer, source->buffer + source->begin,
			source->end - source->begin);
		source->end -= source->begin;
		source->begin = 0;
	}
	while (source->end - source->begin < want && source->buffer && source->fd >= 0) {
		ssize_t n = read(source->fd, source->buffer + source->end,
				 EXPLAIN_WINDOW - source->end);
		if (n > 0) {
			source->end += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			source->error = n < 0 ? errno : 0;
			if (source->fd != STDIN_FILENO)
				close(source->fd);
			source->fd = -1;
		}
	}
	*have = source->end - source->begin;
	return source->octets ? source->octets + source->begin : NULL;
}

void capture_source_take(struct explain_source *source, size_t len)
{
	source->begin += len;
	source->taken += len;
}

void capture_source_close(struct explain_source *source)
{
	if (source->fd >= 0 && source->fd != STDIN_FILENO)
		close(source->fd);
	if (source->buffer) /* a capture holds keys */
		bytes_wipe(source->buffer, EXPLAIN_WINDOW);
	free(source->buffer);
	memset(source, 0, sizeof(*source));
	source->fd = -1;
}
