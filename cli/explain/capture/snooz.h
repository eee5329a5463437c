/* SPDX-License-Identifier: MIT */
/*
 * btsnooz: the log that Android keeps in memory when no log is written to a file. A bug report has
 * it as btsnooz_hci.log or, in its text and in that of "dumpsys bluetooth_manager", in base64. It
 * is a version, a time, and records compressed by zlib; their times are distances that end at that
 * time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "capture/source.h"

/* The phone keeps a few hundred KiB; more than this, unpacked, is not read. */
#define EXPLAIN_SNOOZ_OCTETS ((size_t)8 << 20)

/* True for the beginning of a btsnooz file. */
bool capture_is_snooz(const uint8_t *first, size_t len);

/* True for the beginning of a text that has it in base64, further down or not at all. */
bool capture_is_bug_report(const uint8_t *first, size_t len);

/* A file of btsnoop that was made from it; empty: octets is NULL. */
struct explain_snooz {
	uint8_t *octets;
	size_t len;
};

/*
 * Reads source to the end of the log and makes the file; what is cut is made as far as it goes. 0,
 * or -1 with failure: a clause that continues the name of the file.
 */
int capture_snooz_make(struct explain_snooz *snooz, struct explain_source *source,
		       struct failure *failure);

void capture_snooz_free(struct explain_snooz *snooz);
