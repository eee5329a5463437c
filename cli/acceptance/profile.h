/* SPDX-License-Identifier: MIT */
/*
 * A profile: the attributes of a kind of units, as a JSON file. docs/profile.schema.json describes
 * it.
 */
#pragma once

#include "acceptance/acceptance.h"

#define PROFILE_MAX 65536 /* octets of the file */

/*
 * Adds the attributes of a file. A process without privileges parses it. 0, or -1 with failure:
 * which attribute is wrong, and what was expected.
 */
int profile_load(const char *path, struct acceptance *acceptance, struct failure *failure);
