/* SPDX-License-Identifier: MIT */
/* Prints HTML so that no text can become markup. */
#pragma once

#include <stdio.h>

/*
 * Like fprintf(), but escapes every %s for element content and quoted attributes: only the format
 * can contain markup. Control characters become U+FFFD. Supports %s, %zu, %u, %d, %.Nf and
 * %%.
 */
void html_put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
