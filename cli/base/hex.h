/* SPDX-License-Identifier: MIT */
/*
 * Hexadecimal text of values. In memory a value is in wire order, least significant octet first; as
 * text it has the most significant octet first, as the Core Specification prints it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a hexadecimal digit of either case; -1: c is none. */
int hex_digit(char c);

/*
 * Reads exactly 2*len hexadecimal digits of either case into len octets. False when text has
 * another length or another character; out may then be partly written.
 */
bool hex_parse(const char *text, uint8_t *out, size_t len);

/* Writes len octets as 2*len lower-case digits and a zero: text has room for 2*len + 1. Returns
 * text. */
const char *hex_format(const uint8_t *value, size_t len, char *text);
