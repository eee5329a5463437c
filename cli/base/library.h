/* SPDX-License-Identifier: MIT */
/*
 * The libraries that are loaded only by a run that needs them: to bind all of their functions at
 * the start takes longer than what most commands do (docs/benchmarks.md). The package depends on
 * them all the same, but for those that unpack captures.
 *
 * To load one opens files and maps code, which a filter of system calls may forbid, and which is
 * better done before anything from outside is read: load what is needed later before privileges
 * are given up or a filter is set.
 */
#pragma once

#include <stdbool.h>

#include "base/failure.h"

enum library {
	LIBRARY_ARCHIVE,
	LIBRARY_ZLIB,
	LIBRARY_LZMA,
	LIBRARY_BZIP2,
	LIBRARY_ZSTD,
	LIBRARY_SQLITE,
	LIBRARY_USB,
	LIBRARY_NETTLE,
	LIBRARIES,
};

/* "NAME is needed for USE: apt install PACKAGE". */
extern const struct library_facts { /* without a name: this build does not need it */
	const char *name, *use, *package;
} library_facts[LIBRARIES];

/* Loads a library, the first time. False: the system does not have it. */
bool library_load(enum library library);

/* The same for one that a run cannot do without. 0, or -1 with failure. */
int library_need(enum library library, struct failure *failure);

/*
 * A function of a library, which it loads, or of those that this library needs. NULL: there is none
 * of this name.
 */
void *library_function(enum library library, const char *name);
