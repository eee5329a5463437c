/* SPDX-License-Identifier: MIT */
/*
 * The keys of a capture for whoever decrypts it: a text file, one key a line, private (0600). Of
 * legacy pairing Wireshark takes the TK or an LTK ("Preferences, Protocols, BTLE"), of Secure
 * Connections the LTK.
 */
#pragma once

#include <stdio.h>

#include "explain/verdict.h"

/* Creates it, for this user alone. NULL: errno says why. */
FILE *explain_keys_open(const char *path);

/* Writes what is known of one attempt; returns how many keys. */
size_t explain_keys_write(FILE *file, const struct explain_verdict *verdict, uint64_t number);
