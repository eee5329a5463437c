/* SPDX-License-Identifier: MIT */
/* A yes or a no as people type it. */
#pragma once

#include <stdbool.h>

/* Yes and no, or their first letter, in any case, and a few words like them. False: neither. */
bool yes_no_parse(const char *typed, bool *yes);
