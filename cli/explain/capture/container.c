/* SPDX-License-Identifier: MIT */
#include "capture/container.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet.h"
#include "capture/unpack.h"
#include "crypto/bytes.h"

enum { NAME = 200 };

/* By the first octets; of tar, those at 257 (POSIX.1, ustar). */
static const struct {
	const char *magic;
	uint16_t len, at;
	const char *kind;
	const char *advice; /* NULL: it can be unpacked here */
} kinds[] = {
	{"\x1f\x8b", 2, 0, "gzip", NULL},
	{"\x28\xb5\x2f\xfd", 4, 0, "zstd", NULL},
	{"\xfd"
	 "7zXZ\0",
	 6, 0, "xz", NULL},
	{"1AY&SY", 6, 4, "bzip2", NULL}, /* behind BZh and a digit */
	{"PK\x03\x04", 4, 0, "ZIP", NULL},
	{"ustar", 5, 257, "tar", NULL},
	{"PK\x07\x08", 4, 0, "one volume of a ZIP archive",
	 "join them with zip -s 0 FILE --out ALL.zip"},
	{"PK\x05\x06", 4, 0, "an empty ZIP archive", "it holds no file"},
	{"7z\xbc\xaf\x27\x1c", 6, 0, "a 7z archive", "unpack it with 7z x FILE"},
	{"Rar!", 4, 0, "a RAR archive", "unpack it with unar FILE"},
	{"\x04\x22\x4d\x18", 4, 0, "compressed by lz4", "lz4cat FILE | blepair explain -"},
	{"LZIP", 4, 0, "compressed by lzip", "lzip -dc FILE | blepair explain -"},
};

struct level {
	struct explain_container *container; /* that it is in */
	struct archive *archive;	     /* NULL: a compressed file */
	struct unpacker unpacker;
	bool begun, ended;    /* of it: its file was given, its last octet was read */
	bool dry;	      /* all of in was lent */
	const uint8_t *block; /* of the file, unpacked and not yet given */
	size_t block_len;
	uint64_t block_at, at; /* in the file: of block, and of the next octet to give */
	struct explain_source in;
	size_t lent;	/* octets of in that the library reads now */
	uint64_t given; /* octets of files */
	char name[NAME];
};

struct explain_container {
	const struct explain_library *library;
	size_t depth; /* levels in use; 0: all have ended */
	struct level levels[EXPLAIN_CONTAINER_DEPTH];
	uint64_t files;
	uint64_t size; /* of the user's file, for the end; 0: unknown */
	char trouble[200];
};

static size_t find_kind(const uint8_t *first, size_t len)
{
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(kinds[0]) &&
	       (len < (size_t)kinds[i].at + kinds[i].len ||
		memcmp(first + kinds[i].at, kinds[i].magic, kinds[i].len) != 0))
		i++;
	return i;
}

const char *capture_container_kind(const uint8_t *first, size_t len)
{
	size_t i = find_kind(first, len);

	return i < sizeof(kinds) / sizeof(kinds[0]) && !kinds[i].advice ? kinds[i].kind : NULL;
}

bool capture_container_unsupported(const uint8_t *first, size_t len, const char **kind,
				   const char **advice)
{
	size_t i = find_kind(first, len);

	if (i == sizeof(kinds) / sizeof(kinds[0]) || !kinds[i].advice)
		return false;
	*kind = kinds[i].kind;
	*advice = kinds[i].advice;
	return true;
}

/* ---- Trouble --------------------------------------------------------------------------------- */

/* Keeps the first. */
__attribute__((format(printf, 2, 3))) static void trouble(struct explain_container *container,
							  const char *format, ...)
{
	va_list arguments;

	if (*container->trouble)
		return;
	va_start(arguments, format);
	(void)vsnprintf(container->trouble, sizeof(container->trouble), format, arguments);
	va_end(arguments);
}

/* The message of the library has no octets of the file. */
static void trouble_of(struct explain_container *container, struct level *level)
{
	const char *message = container->library->error_string(level->archive);

	if (level->dry)
		trouble(container, "the file is cut: what it packs is missing from there on");
	else
		trouble(container, "unpacking failed, the rest is missing: %s",
			message ? message : "the file is damaged");
}

/* True if the octets that were unpacked so far exceed a limit. */
static bool exceeds(struct explain_container *container, const struct level *level, uint64_t octets)
{
	uint64_t from = level->in.taken + level->lent;

	if (octets > EXPLAIN_CONTAINER_OCTETS)
		trouble(container, "it unpacks to more than %" PRIu64 " MiB: the rest is not read",
			(uint64_t)EXPLAIN_CONTAINER_OCTETS >> 20);
	else if (octets > 1 << 20 && octets / EXPLAIN_CONTAINER_RATIO > from)
		trouble(container,
			"it unpacks to more than %d times its size: the rest is not read",
			EXPLAIN_CONTAINER_RATIO);
	else
		return false;
	return true;
}

/* ---- Between the windows and the library ----------------------------------------------------- */

/* Lends the library what is in the window; it has read what was lent before. */
static la_ssize_t lend(struct archive *archive, void *ctx, const void **octets)
{
	struct level *level = ctx;
	struct explain_container *container = level->container;
	size_t have;

	(void)archive;
	capture_source_take(&level->in, level->lent);
	level->lent = 0;
	*octets = capture_source_peek(&level->in, 1, &have);
	level->lent = have;
	level->dry = have == 0;
	if (level->in.error) {
		trouble(container, "reading failed: %s", strerror(level->in.error));
		return -1;
	}
	/* Octets of files that are skipped count, too. */
	int64_t passed = container->library->filter_bytes(archive, 0);
	return exceeds(container, level, passed > 0 ? (uint64_t)passed : 0) ? -1 : (la_ssize_t)have;
}

/* The length of what may stand between members, at least its beginning; 0: nothing does. */
static uint64_t padding(enum unpack_kind kind, const uint8_t *octets, size_t have)
{
	/* A stream without blocks, behind BZh and a digit, and its checksum. */
	static const uint8_t bzip2_end[] = {0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0};

	switch (kind) {
	case UNPACK_XZ: /* zeros, see 2.2 of its format */
		return have >= 4 && bytes_all_zero(octets, 4) ? 4 : 0;
	case UNPACK_ZSTD: /* frames to skip: RFC 8878 3.1.2 */
		return have >= 8 && (octets[0] & 0xf0) == 0x50 && octets[1] == 0x2a &&
				       octets[2] == 0x4d && octets[3] == 0x18
			       ? 8 + (uint64_t)bytes_get_le32(octets + 4)
			       : 0;
	case UNPACK_BZIP2:
		return have >= 4 + sizeof(bzip2_end) &&
				       memcmp(octets + 4, bzip2_end, sizeof(bzip2_end)) == 0
			       ? 4 + sizeof(bzip2_end)
			       : 0;
	case UNPACK_GZIP:
	case UNPACK_KINDS:
		break;
	}
	return 0;
}

static void skip_padding(struct level *level, enum unpack_kind kind)
{
	enum { FIRST = 16 };
	uint64_t left;
	size_t have;

	do {
		const uint8_t *octets = capture_source_peek(&level->in, FIRST, &have);
		const uint64_t skip = padding(kind, octets, have);

		for (left = skip; left && have; left -= have) {
			(void)capture_source_peek(&level->in, 1, &have);
			have = capture_least(have, (size_t)left);
			capture_source_take(&level->in, have);
		}
		have = skip ? have : 0;
	} while (have); /* none is left, or the file is cut there */
}

/* A member has ended: begins another one, of the same kind, if it is there. */
static void next_member(struct explain_container *container, struct level *level)
{
	enum { FIRST = 16 };
	const enum unpack_kind kind = level->unpacker.kind;
	size_t have;

	unpack_end(&level->unpacker);
	skip_padding(level, kind);
	const uint8_t *octets = capture_source_peek(&level->in, FIRST, &have);
	level->ended = unpack_kind_of(octets, have) != kind;
	if (level->ended && have)
		trouble(container, "what follows the %s data is not read", unpack_kind_name(kind));
	if (!level->ended && unpack_begin(&level->unpacker, container->library, kind) < 0) {
		trouble(container, "unpacking failed, the rest is missing: out of memory");
		level->ended = true;
	}
}

/* The next octets of a compressed file, which may have several members. */
static size_t unpack_some(struct explain_container *container, struct level *level, uint8_t *to,
			  size_t room)
{
	size_t left = room, have;

	while (left == room && !level->ended) {
		const uint8_t *octets = capture_source_peek(&level->in, 1, &have);
		const bool dry = have == 0;
		size_t more = have;
		enum unpack_status status =
			unpack_step(&level->unpacker, &octets, &more, &to, &left);

		capture_source_take(&level->in, have - more);
		if (status == UNPACK_MEMBER) {
			next_member(container, level);
		} else if (!dry && status == UNPACK_MEMORY) {
			trouble(container,
				"the %s file needs more memory than is allowed: unpack it first",
				unpack_kind_name(level->unpacker.kind));
			level->ended = true;
		} else if (!dry && (status == UNPACK_DAMAGED || (more == have && left == room))) {
			trouble(container,
				"the %s file is damaged, or needs more memory than is allowed: the "
				"rest is missing",
				unpack_kind_name(level->unpacker.kind));
			level->ended = true;
		} else if (dry && left == room) {
			if (level->in.error)
				trouble(container, "reading failed: %s", strerror(level->in.error));
			else
				trouble(container,
					"the file is cut: what it packs is missing from there on");
			break;
		}
	}
	return room - left;
}

/* The next octets of a file in an archive. */
static size_t read_some(struct explain_container *container, struct level *level, uint8_t *to,
			size_t room)
{
	/* Block by block: archive_read_data() forgets those before an error. */
	while (level->block_len == 0) {
		const void *block;
		la_int64_t offset;
		int status = container->library->read_data_block(level->archive, &block,
								 &level->block_len, &offset);
		level->block = block;
		level->block_at = offset > 0 ? (uint64_t)offset : 0;
		if (status == ARCHIVE_OK)
			continue;
		level->block_len = 0;
		if (status != ARCHIVE_EOF)
			trouble_of(container, level);
		return 0;
	}
	if (level->at < level->block_at) { /* a sparse file: zeros are left out */
		uint64_t zeros = level->block_at - level->at;
		size_t len = zeros < room ? (size_t)zeros : room;
		memset(to, 0, len);
		return len;
	}
	size_t len = level->block_len < room ? level->block_len : room;
	memcpy(to, level->block, len);
	level->block += len;
	level->block_len -= len;
	level->block_at += len;
	return len;
}

static size_t feed(void *ctx, uint8_t *to, size_t room)
{
	struct level *level = ctx;
	struct explain_container *container = level->container;
	size_t len = level->archive ? read_some(container, level, to, room)
				    : unpack_some(container, level, to, room);

	level->at += len;
	level->given += len;
	return exceeds(container, level, level->given) ? 0 : len;
}

/* ---- Levels ---------------------------------------------------------------------------------- */

static void leave(struct explain_container *container)
{
	struct level *level = &container->levels[--container->depth];

	if (level->archive)
		(void)container->library->read_free(level->archive);
	else
		unpack_end(&level->unpacker);
	capture_source_close(&level->in);
	memset(level, 0, sizeof(*level));
}

static int open_level(struct explain_container *container, struct level *level,
		      enum unpack_kind kind)
{
	const struct explain_library *l = container->library;

	if (kind < UNPACK_KINDS)
		return unpack_begin(&level->unpacker, l, kind);
	__typeof__(archive_read_support_format_tar) *const support[] = {
		l->read_support_format_tar,
		l->read_support_format_zip_streamable,
	};

	level->archive = l->read_new();
	if (!level->archive)
		return -1;
	for (size_t i = 0; i < sizeof(support) / sizeof(support[0]); i++)
		if (support[i](level->archive) < ARCHIVE_WARN)
			return -1;
	(void)l->read_open(level->archive, level, NULL, lend, NULL);
	return 0;
}

int capture_container_enter(struct explain_container **container, struct explain_source *source,
			    struct failure *failure)
{
	struct explain_container *c = *container;

	if (!c) {
		const struct explain_library *library = capture_library(failure);
		if (!library)
			return -1;
		*container = c = calloc(1, sizeof(*c));
		if (!c)
			return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
		c->library = library;
	}
	if (c->depth == EXPLAIN_CONTAINER_DEPTH)
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "is packed more than %d times: unpack it first",
				   EXPLAIN_CONTAINER_DEPTH);
	enum { FIRST = 16 };
	size_t have;
	const uint8_t *first = capture_source_peek(source, FIRST, &have);
	const enum unpack_kind kind = unpack_kind_of(first, have);
	struct level *level = &c->levels[c->depth++];
	level->container = c;
	level->in = *source;
	if (c->depth == 1)
		c->size = source->size;
	capture_source_memory(source, NULL, 0);
	return open_level(c, level, kind) == 0
		       ? 0
		       : failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
}

/* What has no name, or one that no locale can show, has its number. */
static void name_file(struct explain_container *container, struct level *level,
		      struct archive_entry *entry)
{
	const char *name = container->library->entry_pathname(entry);

	if (name && *name)
		(void)snprintf(level->name, sizeof(level->name), "%s", name);
	else
		(void)snprintf(level->name, sizeof(level->name), "file %" PRIu64, container->files);
}

/* The next file of the innermost level. */
static bool next_file(struct explain_container *container)
{
	const struct explain_library *l = container->library;
	struct level *level = &container->levels[container->depth - 1];
	struct archive_entry *entry;
	int status;

	level->block_len = 0;
	level->block_at = level->at = 0;
	if (!level->archive) {
		bool first = !level->begun;
		level->begun = true;
		return first;
	}
	while ((status = l->read_next_header(level->archive, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN || status == ARCHIVE_RETRY) {
		if (++container->files > EXPLAIN_CONTAINER_FILES) {
			trouble(container, "it holds more than %d files: the rest is not read",
				EXPLAIN_CONTAINER_FILES);
			return false;
		}
		if (status == ARCHIVE_RETRY)
			continue;
		name_file(container, level, entry);
		if (l->entry_is_data_encrypted(entry) > 0) {
			trouble(container, "it is protected by a password: unpack it first");
			return false;
		}
		if (l->entry_filetype(entry) == AE_IFREG)
			return true;
	}
	if (status != ARCHIVE_EOF)
		trouble_of(container, level);
	return false;
}

bool capture_container_next(struct explain_container *container, struct explain_source *source)
{
	while (container->depth > 0) {
		if (next_file(container)) {
			if (capture_source_fed(source, feed,
					       &container->levels[container->depth - 1]) == 0)
				return true;
			trouble(container, "unpacking failed, the rest is missing: out of memory");
			return false;
		}
		leave(container);
	}
	capture_source_close(source);
	return false;
}

const char *capture_container_name(const struct explain_container *container)
{
	for (size_t i = container->depth; i-- > 0;)
		if (*container->levels[i].name)
			return container->levels[i].name;
	return NULL;
}

const char *capture_container_trouble(const struct explain_container *container)
{
	return *container->trouble ? container->trouble : NULL;
}

void capture_container_progress(const struct explain_container *container, uint64_t *octets,
				uint64_t *size)
{
	const struct explain_source *outside = &container->levels[0].in;

	*octets = container->depth ? outside->taken : container->size;
	*size = container->depth ? outside->size : container->size;
}

void capture_container_free(struct explain_container *container)
{
	while (container && container->depth > 0)
		leave(container);
	free(container);
}
