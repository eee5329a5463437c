/* SPDX-License-Identifier: MIT */
#include "base/level.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	[LEVEL_OPEN] = "open",
	[LEVEL_ENCRYPTED] = "encrypted",
	[LEVEL_AUTHENTICATED] = "authenticated",
	[LEVEL_SECURE] = "secure",
};

const char *level_name(enum security_level level)
{
	return names[level];
}

bool level_parse(const char *name, enum security_level *level)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			*level = (enum security_level)i;
			return true;
		}
	}
	return false;
}
