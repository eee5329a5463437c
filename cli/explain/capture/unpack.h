/* SPDX-License-Identifier: MIT */
/*
 * Unpacks one compressed file: gzip, xz, bzip2 or zstd, each by its own library. libarchive reads
 * them as well, but of a file that is cut it drops what it has unpacked of its last block, which
 * may be all of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/library.h"

enum unpack_kind { UNPACK_GZIP, UNPACK_XZ, UNPACK_BZIP2, UNPACK_ZSTD, UNPACK_KINDS };

enum unpack_status {
	UNPACK_MORE,   /* it needs more octets, or more room */
	UNPACK_MEMBER, /* a member has ended: another one may follow */
	UNPACK_DAMAGED,
	UNPACK_MEMORY, /* the file needs more than there is, or than is allowed */
};

struct unpacker {
	const struct explain_library *library;
	enum unpack_kind kind;
	bool open;
	union {
		z_stream gzip;
		struct explain_lzma xz;
		struct explain_bzip2 bzip2;
		void *zstd;
	} state;
};

/* The kind that begins with these octets; UNPACK_KINDS: none. */
enum unpack_kind unpack_kind_of(const uint8_t *first, size_t len);
const char *unpack_kind_name(enum unpack_kind kind);

/* Begins a member. 0, or -1: out of memory. */
int unpack_begin(struct unpacker *u, const struct explain_library *library, enum unpack_kind kind);

/*
 * Unpacks from *in to *out, and moves both by what it used. A member that was just begun needs
 * octets.
 */
enum unpack_status unpack_step(struct unpacker *u, const uint8_t **in, size_t *in_len,
			       uint8_t **out, size_t *out_len);

/* Ends a member, or what is left of it; may be called again. */
void unpack_end(struct unpacker *u);
