/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/*
 * Starts what computes the values of a pairing, before a filter of system calls: the library of all
 * primitives, which may open a file of the kernel, and that of P-256. False: it cannot be started.
 */
bool start_crypto(void);
