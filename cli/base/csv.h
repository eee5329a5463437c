/* SPDX-License-Identifier: MIT */
/* Cells of comma-separated values, RFC 4180. A row is one line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies the cell of line at *at, without blanks around it and without quotation marks, into cell,
 * which has room for the whole line. Moves *at to the comma after it, or to the end. False: a
 * quotation mark is not closed, or text follows the closing one.
 */
bool csv_cell(const char *line, size_t *at, char *cell);
