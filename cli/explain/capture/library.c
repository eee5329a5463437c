/* SPDX-License-Identifier: MIT */
#include "capture/library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { ARCHIVE, ZLIB, LIBRARIES };

/* Debian 13 renamed the package, for its time of 64 bits. */
static const struct {
	const char *name, *packages;
} libraries[LIBRARIES] = {
	[ARCHIVE] = {"libarchive.so.13", "libarchive13 (since Debian 13: libarchive13t64)"},
	[ZLIB] = {"libz.so.1", "zlib1g"},
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
	{"inflateReset", ZLIB, offsetof(struct explain_library, inflate_reset)},
	{"inflateEnd", ZLIB, offsetof(struct explain_library, inflate_end)},
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
