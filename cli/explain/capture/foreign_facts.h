/* SPDX-License-Identifier: MIT */
/* What a log says itself about the failure of a pairing: a clause for each known line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the first fact of the table that the text has into fact, of size octets, and the second
 * one into second. Empty: none. They claim no more than the line says: above all, no role and no
 * cause that the line does not have. True: the first one is of a failure.
 */
bool capture_foreign_fact(const char *text, size_t len, char *fact, char *second, size_t size);
