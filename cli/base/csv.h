/* SPDX-License-Identifier: MIT */
/* Cells of comma-separated values, RFC 4180; a row is a line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The next cell of a line into cell, which has room for all of the line; *at is behind it, at the
 * comma or the end. False: a quotation mark is not closed, or something stands behind it.
 */
bool csv_cell(const char *line, size_t *at, char *cell);
