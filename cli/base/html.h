/* SPDX-License-Identifier: MIT */
/* Printing HTML so that no text can become markup. */
#pragma once

#include <stdio.h>

/*
 * As fprintf(), but every %s is escaped, for element content and quoted attributes alike: markup
 * comes from the format alone. Knows %s, %.*s, %u, %zu, %llu, %d, %f with a
 * precision, and %%.
 */
void html_put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
