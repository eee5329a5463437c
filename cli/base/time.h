/* SPDX-License-Identifier: MIT */
/* Times as text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Room for "2026-11-25T03:27:18.123Z" (UTC) and its zero. strcmp() compares times. */
#define TIME_TEXT 25

/* Formats microseconds since 1970. Returns text. */
const char *time_format(uint64_t time, char text[TIME_TEXT]);

/* Formats the current time, clock_wall(). Returns text. */
const char *time_now(char text[TIME_TEXT]);

/* True for text of this form: digits in their places; the day or month may be none. */
bool time_is_valid(const char *text);
