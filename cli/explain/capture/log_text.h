/* SPDX-License-Identifier: MIT */
/* What the readers of facts in logs share: words, and numbers behind them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The first place of the words in the text, or NULL; words NULL: NULL. */
const char *capture_log_find(const char *text, size_t len, const char *words);

/*
 * The number at p, before end: behind blanks, "(", ":" or "=", hexadecimal if it has "0x" or hex is
 * set, else decimal; at most 20 bits are read. False: there is none.
 */
bool capture_log_number(const char *p, const char *end, bool hex, unsigned *value);
