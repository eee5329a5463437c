/* SPDX-License-Identifier: MIT */
/* The controllers of a self-test as a table of Markdown, to paste into a report. */
#pragma once

#include <jansson.h>

/*
 * The lines of the table, an array of strings, from the array of the event "tested";
 * scripts/tested-controllers.mjs makes the same rows. NULL: no memory.
 */
json_t *selftest_table(const json_t *controllers, const char *version);
