/* SPDX-License-Identifier: MIT */
/*
 * The libraries that unpack: libarchive, and zlib, liblzma, libbz2 and libzstd, which it needs
 * anyway. They are loaded when a file demands them, so that no other run pays for them or depends
 * on them.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stddef.h>
#include <stdint.h>

/* Its input is const then. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/failure.h"

/* Each function that is used, without its prefix. */
#define EXPLAIN_ARCHIVE_FUNCTIONS(F) \
	F(entry_filetype)            \
	F(entry_is_data_encrypted)   \
	F(entry_pathname)            \
	F(error_string)              \
	F(filter_bytes)              \
	F(read_data_block)           \
	F(read_free)                 \
	F(read_new)                  \
	F(read_next_header)          \
	F(read_open)                 \
	F(read_support_format_tar)   \
	F(read_support_format_zip_streamable)

/*
 * What is used of the last three, as their sonames promise it: with their headers, a build would
 * depend on three packages more.
 */
struct explain_lzma { /* lzma_stream of liblzma.so.5; rest is more than it has */
	const uint8_t *next_in;
	size_t avail_in;
	uint64_t total_in;
	uint8_t *next_out;
	size_t avail_out;
	uint64_t total_out, rest[16];
};
enum {
	EXPLAIN_LZMA_OK = 0,
	EXPLAIN_LZMA_STREAM_END = 1,
	EXPLAIN_LZMA_MEM_ERROR = 5,
	EXPLAIN_LZMA_MEMLIMIT_ERROR = 6,
	EXPLAIN_LZMA_BUF_ERROR = 10
};
enum { EXPLAIN_LZMA_RUN = 0 };

struct explain_bzip2 { /* bz_stream of libbz2.so.1.0 */
	const uint8_t *next_in;
	unsigned avail_in, total_in[2];
	uint8_t *next_out;
	unsigned avail_out, total_out[2];
	void *state, *allocate, *release, *opaque;
};
enum { EXPLAIN_BZIP2_OK = 0, EXPLAIN_BZIP2_STREAM_END = 4, EXPLAIN_BZIP2_MEM_ERROR = -3 };

struct explain_zstd_in { /* ZSTD_inBuffer and ZSTD_outBuffer of libzstd.so.1 */
	const void *octets;
	size_t size, pos;
};
struct explain_zstd_out {
	void *octets;
	size_t size, pos;
};

struct explain_library {
#define MEMBER(name) __typeof__(archive_##name) *name;
	EXPLAIN_ARCHIVE_FUNCTIONS(MEMBER)
#undef MEMBER
	__typeof__(inflateInit2_) *inflate_init;
	__typeof__(inflate) *inflate;
	__typeof__(inflateEnd) *inflate_end;
	int (*lzma_begin)(struct explain_lzma *stream, uint64_t memory, uint32_t flags);
	int (*lzma_code)(struct explain_lzma *stream, int action);
	void (*lzma_end)(struct explain_lzma *stream);
	int (*bzip2_begin)(struct explain_bzip2 *stream, int verbosity, int small);
	int (*bzip2_decompress)(struct explain_bzip2 *stream);
	int (*bzip2_end)(struct explain_bzip2 *stream);
	void *(*zstd_begin)(void);
	size_t (*zstd_decompress)(void *stream, struct explain_zstd_out *to,
				  struct explain_zstd_in *from);
	unsigned (*zstd_is_error)(size_t status);
	size_t (*zstd_end)(void *stream);
};

/*
 * Loads them, the first time. It opens files: call it before the filter of system calls is set.
 * NULL with failure: one line that names the package.
 */
const struct explain_library *capture_library(struct failure *failure);
