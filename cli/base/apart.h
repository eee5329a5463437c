/* SPDX-License-Identifier: MIT */
/*
 * Parses a file that others may have written while this process still needs its privileges to open
 * a controller: a child process without privileges parses it and sends the result through a pipe.
 */
#pragma once

#include <stdio.h>

#include "base/failure.h"

struct apart {
	/* Parses. 0, or -1 with failure. It may use what is open, and nothing else. */
	int (*parse)(void *ctx, struct failure *failure);
	/* Sends the result that parse() left in ctx. 0 or -1. */
	int (*send)(const void *ctx, FILE *out);
	/*
	 * Fills ctx from what was sent. 0, or -1: it is not valid. The sender may be hostile: check
	 * every value.
	 */
	int (*receive)(void *ctx, FILE *in);
	void *ctx;
};

/*
 * Runs parse(): in a child with a filter of system calls if privilege_held(), else here, without
 * send() and receive(). 0, or -1 with the failure of parse().
 */
int apart_run(const struct apart *apart, struct failure *failure);
