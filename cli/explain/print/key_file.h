/* SPDX-License-Identifier: MIT */
/*
 * The keys of a capture, to decrypt it with other programs: text, one key a line, with its name, 0x
 * and the value (most significant octet first), and its owner. LTK and IRK have the names that the
 * toolbar of nRF Sniffer accepts, as in "blepair bonds export --format wireshark". The caller opens
 * the file, private (0600).
 */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

/* Writes the comment at the start of the file. */
void print_keys_begin(FILE *file);

/* Writes the keys of one attempt with that number; returns how many. */
size_t print_keys_write(FILE *file, const struct explain_verdict *verdict, uint64_t number);
