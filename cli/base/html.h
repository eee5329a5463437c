/* SPDX-License-Identifier: MIT */
/* Prints HTML so that no text can become markup. */
#pragma once

#include <stdio.h>

/*
 * Like fprintf(), but escapes every %s and %.*s for element content and quoted attributes: only the
 * format can contain markup. Control characters become U+FFFD (base/text.h). Supports %s, %.*s, %u,
 * %zu, %llu, %d, %f with a precision, and %%.
 */
void html_put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
