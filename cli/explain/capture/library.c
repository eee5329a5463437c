/* SPDX-License-Identifier: MIT */
#include "capture/library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { ARCHIVE, ZLIB, LZMA, BZIP2, ZSTD, LIBRARIES };

/* Debian 13 renamed the package, for its time of 64 bits. */
static const struct {
	const char *name, *packages;
} libraries[LIBRARIES] = {
	[ARCHIVE] = {"libarchive.so.13", "libarchive13 (since Debian 13: libarchive13t64)"},
	[ZLIB] = {"libz.so.1", "zlib1g"},
	[LZMA] = {"liblzma.so.5", "liblzma5"},
	[BZIP2] = {"libbz2.so.1.0", "libbz2-1.0"},
	[ZSTD] = {"libzstd.so.1", "libzstd1"},
};

static const struct {
	const char *name;
	unsigned library;
	size_t offset; /* of the pointer in struct explain_library */
} functions[] = {
#define ROW(name) {"archive_" #name, ARCHIVE, offsetof(struct explain_library, name)},
	EXPLAIN_ARCHIVE_FUNCTIONS(ROW)
#undef ROW
		{"inflateInit2_", ZLIB, offsetof(struct explain_library, inflate_init)},
	{"inflate", ZLIB, offsetof(struct explain_library, inflate)},
	{"inflateEnd", ZLIB, offsetof(struct explain_library, inflate_end)},
	{"lzma_stream_decoder", LZMA, offsetof(struct explain_library, lzma_begin)},
	{"lzma_code", LZMA, offsetof(struct explain_library, lzma_code)},
	{"lzma_end", LZMA, offsetof(struct explain_library, lzma_end)},
	{"BZ2_bzDecompressInit", BZIP2, offsetof(struct explain_library, bzip2_begin)},
	{"BZ2_bzDecompress", BZIP2, offsetof(struct explain_library, bzip2_decompress)},
	{"BZ2_bzDecompressEnd", BZIP2, offsetof(struct explain_library, bzip2_end)},
	{"ZSTD_createDStream", ZSTD, offsetof(struct explain_library, zstd_begin)},
	{"ZSTD_decompressStream", ZSTD, offsetof(struct explain_library, zstd_decompress)},
	{"ZSTD_isError", ZSTD, offsetof(struct explain_library, zstd_is_error)},
	{"ZSTD_freeDStream", ZSTD, offsetof(struct explain_library, zstd_end)},
};

static struct explain_library library;
static bool loaded;

const struct explain_library *capture_library(struct failure *failure)
{
	void *handles[LIBRARIES];

	if (loaded)
		return &library;
	for (size_t i = 0; i < LIBRARIES; i++) {
		handles[i] = dlopen(libraries[i].name, RTLD_NOW | RTLD_LOCAL);
		if (!handles[i]) {
			(void)failure_set(failure, CLI_NOT_A_CAPTURE,
					  "cannot be unpacked without %s: apt install %s",
					  libraries[i].name, libraries[i].packages);
			return NULL;
		}
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(handles[functions[i].library], functions[i].name);

		if (!function) {
			(void)failure_set(failure, CLI_NOT_A_CAPTURE,
					  "cannot be unpacked: %s has no %s",
					  libraries[functions[i].library].name, functions[i].name);
			return NULL;
		}
		memcpy((char *)&library + functions[i].offset, &function, sizeof(function));
	}
	loaded = true;
	return &library;
}
