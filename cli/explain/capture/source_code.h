/* SPDX-License-Identifier: MIT */
/* Source code, which people paste beside a log: what it could print, it does not say. */
#pragma once

#include <stdbool.h>

/*
 * Whether p, in a line of text, is in source code: a string that a function prints, a case, a
 * condition or a definition.
 */
bool capture_is_source(const char *text, const char *p);

/* Whether the line of p, before end, ends as a statement does. */
bool capture_is_statement(const char *p, const char *end);
