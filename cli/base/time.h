/* SPDX-License-Identifier: MIT */
/* Points in time as text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Room for "2026-11-25T03:27:18.123Z" and its zero: UTC; an earlier time is less, by strcmp(). */
#define TIME_TEXT 25

/* The time that lies so many microseconds after 1970. Returns text. */
const char *time_format(uint64_t time, char text[TIME_TEXT]);

/* The present time, by wall_clock(). Returns text. */
const char *time_now(char text[TIME_TEXT]);

/* True for text of this form: digits in their places; the day or month may be none. */
bool time_is_valid(const char *text);
