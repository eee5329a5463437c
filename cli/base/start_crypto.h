/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/failure.h"

/*
 * Starts what computes the values of a pairing, before a filter of system calls: the library of all
 * primitives, which may open a file of the kernel, and that of P-256. 0, or -1 with failure.
 */
int start_crypto(struct failure *failure);
