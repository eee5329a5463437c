/* SPDX-License-Identifier: MIT */
#include "base/library.h"

#include <dlfcn.h>
#include <stddef.h>

/* Debian 13 renamed some packages, for its times of 64 bits. */
const struct library_facts library_facts[LIBRARIES] = {
	[LIBRARY_ARCHIVE] = {"libarchive.so.13", "packed captures",
			     "libarchive13 (since Debian 13: libarchive13t64)"},
	[LIBRARY_ZLIB] = {"libz.so.1", "packed captures", "zlib1g"},
	[LIBRARY_LZMA] = {"liblzma.so.5", "packed captures", "liblzma5"},
	[LIBRARY_BZIP2] = {"libbz2.so.1.0", "packed captures", "libbz2-1.0"},
	[LIBRARY_ZSTD] = {"libzstd.so.1", "packed captures", "libzstd1"},
	[LIBRARY_SQLITE] = {"libsqlite3.so.0", "the store", "libsqlite3-0"},
	[LIBRARY_USB] = {"libusb-1.0.so.0", "controllers on USB", "libusb-1.0-0"},
#ifdef P256_BY_NETTLE
	[LIBRARY_NETTLE] = {"libhogweed.so.6", "Secure Connections",
			    "libhogweed6 (since Debian 13: libhogweed6t64)"},
#endif
};

static void *handles[LIBRARIES];

bool library_load(enum library library)
{
	if (!handles[library] && library_facts[library].name)
		handles[library] = dlopen(library_facts[library].name, RTLD_NOW | RTLD_LOCAL);
	return handles[library] != NULL;
}

int library_need(enum library library, struct failure *failure)
{
	const struct library_facts *facts = &library_facts[library];

	if (!facts->name || library_load(library))
		return 0;
	return failure_set(failure, CLI_INTERNAL, "%s is needed for %s: apt install %s",
			   facts->name, facts->use, facts->package);
}

void *library_function(enum library library, const char *name)
{
	return library_load(library) ? dlsym(handles[library], name) : NULL;
}
