/* SPDX-License-Identifier: MIT */
/*
 * Formats that carry no packets that explain can read: what they are, and how to get a capture from
 * the system that wrote them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum capture_system {
	CAPTURE_FILE, /* there is one already */
	CAPTURE_LINUX,
	CAPTURE_ANDROID,
	CAPTURE_APPLE,
	CAPTURE_WINDOWS,
	CAPTURE_ZEPHYR,
	CAPTURE_BTSTACK,
	CAPTURE_ESP,
	CAPTURE_BUMBLE,
	CAPTURE_UBERTOOTH,
	CAPTURE_SNIFFER,
	CAPTURE_HOST, /* of a computer or a phone; of which, the log does not tell */
	CAPTURE_SYSTEMS
};

/* How to get a capture, in one clause. docs/explain.md has the same words. */
extern const char *const capture_advice[CAPTURE_SYSTEMS];

struct capture_foreign;

/* What was found in the parts of a text so far. */
struct capture_foreign_finds {
	const struct capture_foreign *format; /* NULL: none of the table */
	char fact[320];	  /* what the log itself says about the failure, a clause; or empty */
	char second[320]; /* another such clause, or empty */
	bool failure;	  /* fact is of a failure */
};

/* Looks at the next part of a text. What was found first stays. */
void capture_foreign_look(struct capture_foreign_finds *finds, const char *text, size_t len);

/* Sets failure to the format, the fact and the advice. finds->format is set. Returns -1. */
int capture_foreign_fail(const struct capture_foreign_finds *finds, const char *name,
			 struct failure *failure);

/* What a file of another kind is, by its first octets, and what to do; NULL: none of the table. */
const char *capture_foreign_magic(const uint8_t *first, size_t len);

/* ---- The tables, for tests ------------------------------------------------------------------- */

/* The name of format i, "a log of Zephyr"; NULL: there are no more. */
const char *capture_foreign_name(size_t i);
