/* SPDX-License-Identifier: MIT */
/*
 * The libraries that unpack: libarchive, and zlib, which it needs anyway. They are loaded when a
 * file demands them, so that no other run pays for them or depends on them.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

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
	F(format)                    \
	F(read_data_block)           \
	F(read_free)                 \
	F(read_new)                  \
	F(read_next_header)          \
	F(read_open)                 \
	F(read_support_filter_bzip2) \
	F(read_support_filter_xz)    \
	F(read_support_filter_zstd)  \
	F(read_support_format_raw)   \
	F(read_support_format_tar)   \
	F(read_support_format_zip_streamable)

struct explain_library {
#define MEMBER(name) __typeof__(archive_##name) *name;
	EXPLAIN_ARCHIVE_FUNCTIONS(MEMBER)
#undef MEMBER
	__typeof__(inflateInit2_) *inflate_init;
	__typeof__(inflate) *inflate;
	__typeof__(inflateReset) *inflate_reset;
	__typeof__(inflateEnd) *inflate_end;
};

/*
 * Loads them, the first time. It opens files: call it before the filter of system calls is set.
 * NULL with failure: one line that names the package.
 */
const struct explain_library *capture_library(struct failure *failure);
