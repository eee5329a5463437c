/* SPDX-License-Identifier: MIT */
/*
 * The keys of a capture for whoever decrypts it: a text file, one key a line, private (0600). Those
 * that the toolbar of nRF Sniffer takes have its names, as in "blepair bonds export --format
 * wireshark".
 */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

/* Writes the head of the file. */
void print_keys_begin(FILE *file);

/* Writes what is known of one attempt; returns how many keys. */
size_t print_keys_write(FILE *file, const struct explain_verdict *verdict, uint64_t number);
