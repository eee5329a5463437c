/* SPDX-License-Identifier: MIT */
/* A number of two groups of three digits that can be read from the other side of a table. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Columns of "123 456". */
#define LARGE_NUMBER_COLUMNS 26

/*
 * Draws a text of digits and blanks, seven characters at most, on lines of their own behind so many
 * blanks. ascii: without the block elements of Unicode, which need half of the lines.
 */
void large_number_print(FILE *out, const char *text, int indent, bool ascii);
