/* SPDX-License-Identifier: MIT */
/*
 * Reads text of groups and keys, as the key files of GLib, in which BlueZ stores its settings:
 *
 *   # a comment
 *   [GROUP]
 *   KEY=VALUE
 *
 * Lines may have any length. The reader copies nothing, so no secret of the text stays in its
 * memory.
 */
#pragma once

#include <stddef.h>

/* A part of the text, without a zero at its end. */
struct ini_part {
	const char *at;
	size_t len;
};

/* Spaces and tabs around each of them are left out. A value may be empty, a group or key not. */
typedef void ini_take(void *ctx, struct ini_part group, struct ini_part key, struct ini_part value);

/*
 * Calls take for each value of len octets of text, in order. Returns 0, or the number of the first
 * line, from 1, that has another form, holds a zero octet, or is a value outside of all groups.
 * Values before that line have been taken.
 */
size_t ini_read(const char *text, size_t len, ini_take *take, void *ctx);
