/* SPDX-License-Identifier: MIT */
#include "capture/library.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/library.h"

static const struct {
	const char *name;
	enum library library;
	size_t offset; /* of the pointer in struct explain_library */
} functions[] = {
#define ROW(name) {"archive_" #name, LIBRARY_ARCHIVE, offsetof(struct explain_library, name)},
	EXPLAIN_ARCHIVE_FUNCTIONS(ROW)
#undef ROW
		{"inflateInit2_", LIBRARY_ZLIB, offsetof(struct explain_library, inflate_init)},
	{"inflate", LIBRARY_ZLIB, offsetof(struct explain_library, inflate)},
	{"inflateEnd", LIBRARY_ZLIB, offsetof(struct explain_library, inflate_end)},
	{"lzma_stream_decoder", LIBRARY_LZMA, offsetof(struct explain_library, lzma_begin)},
	{"lzma_code", LIBRARY_LZMA, offsetof(struct explain_library, lzma_code)},
	{"lzma_end", LIBRARY_LZMA, offsetof(struct explain_library, lzma_end)},
	{"BZ2_bzDecompressInit", LIBRARY_BZIP2, offsetof(struct explain_library, bzip2_begin)},
	{"BZ2_bzDecompress", LIBRARY_BZIP2, offsetof(struct explain_library, bzip2_decompress)},
	{"BZ2_bzDecompressEnd", LIBRARY_BZIP2, offsetof(struct explain_library, bzip2_end)},
	{"ZSTD_createDStream", LIBRARY_ZSTD, offsetof(struct explain_library, zstd_begin)},
	{"ZSTD_decompressStream", LIBRARY_ZSTD, offsetof(struct explain_library, zstd_decompress)},
	{"ZSTD_isError", LIBRARY_ZSTD, offsetof(struct explain_library, zstd_is_error)},
	{"ZSTD_freeDStream", LIBRARY_ZSTD, offsetof(struct explain_library, zstd_end)},
};

static struct explain_library library;
static bool loaded;

const struct explain_library *capture_library(struct failure *failure)
{
	if (loaded)
		return &library;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		const struct library_facts *facts = &library_facts[functions[i].library];
		void *function = library_function(functions[i].library, functions[i].name);

		if (!library_load(functions[i].library)) {
			(void)failure_set(failure, CLI_NOT_A_CAPTURE,
					  "cannot be unpacked without %s: apt install %s",
					  facts->name, facts->package);
			return NULL;
		}
		if (!function) {
			(void)failure_set(failure, CLI_NOT_A_CAPTURE,
					  "cannot be unpacked: %s has no %s", facts->name,
					  functions[i].name);
			return NULL;
		}
		memcpy((char *)&library + functions[i].offset, &function, sizeof(function));
	}
	loaded = true;
	return &library;
}
