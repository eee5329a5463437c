/* SPDX-License-Identifier: MIT */
/* The six digits of a passkey, or of a number to compare, as people read and type them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "123 456" */
#define PASSKEY_TEXT 8

/* Two groups of three digits. number: below 1000000. */
const char *passkey_group(uint32_t number, char text[PASSKEY_TEXT]);

/* The same of a text of six digits; any other text stays as it is. Returns text or typed. */
const char *passkey_group_text(const char *typed, char text[PASSKEY_TEXT]);

/* Six digits, with a blank in the middle or without. */
bool passkey_parse(const char *typed, uint32_t *number);
