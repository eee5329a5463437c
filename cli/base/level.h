/* SPDX-License-Identifier: MIT */
/*
 * How secure a link is, and what an attribute demands of it: the levels of security mode 1, Core
 * Vol 3 Part C 10.2.1. Each level includes those before.
 */
#pragma once

#include <stdbool.h>

enum security_level {
	LEVEL_OPEN,
	LEVEL_ENCRYPTED,
	LEVEL_AUTHENTICATED,
	LEVEL_SECURE, /* authenticated, by LE Secure Connections */
};

/* The word of a level on the command line and in JSON: "open", "encrypted", ... */
const char *level_name(enum security_level level);

/* False: there is no level of that name. */
bool level_parse(const char *name, enum security_level *level);
