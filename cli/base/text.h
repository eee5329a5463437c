/* SPDX-License-Identifier: MIT */
/*
 * Text from outside: names from the air, labels of lists, options, file names, captures. Every text
 * for a terminal or a page passes through this file, which replaces what could control it:
 *
 * - control characters: U+0000 to U+001F, U+007F, U+0080 to U+009F;
 * - controls of the direction of text: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069;
 * - octets that are not UTF-8.
 *
 * Each becomes U+FFFD, the replacement character.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The length in octets of the first character of text, which has len octets, and its code point;
 * 0: it is not UTF-8.
 */
size_t text_character(const char *text, size_t len, uint32_t *code);

/* True for a code point that must not reach a terminal or a page. */
bool text_is_control(uint32_t code);

/* True if all octets are UTF-8. */
bool text_is_utf8(const char *text, size_t len);

/* Prints len octets of text, cleaned. */
void text_put(FILE *out, const char *text, size_t len);

/* Like fprintf(), but cleans the whole result: line ends too. */
void text_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The ending of a noun behind a number: "" or "s". */
const char *text_s(uint64_t count);

/*
 * A word for a command line that a user may copy: quoted for the shell if it has to be. word: of
 * TEXT_WORD octets; what does not fit becomes "it".
 */
#define TEXT_WORD 320
const char *text_shell_word(const char *text, char word[TEXT_WORD]);

/* A JSON string. Only octets that are not UTF-8 are replaced. NULL: no memory. */
json_t *text_json(const char *text);

/* Cleans all strings in value, an object or an array, for a terminal. */
void text_clean_json(json_t *value);

/* Writes value as json_dumpf() does; controls inside strings are escaped (\u009B). 0 or -1. */
int text_dump_json(const json_t *value, FILE *out, size_t flags);

/* The same through put(), whose result is 0 or -1. */
int text_dump_json_to(const json_t *value, json_dump_callback_t put, void *ctx, size_t flags);
