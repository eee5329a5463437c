/* SPDX-License-Identifier: MIT */
/* The one way to report a failure upwards: the exit code it leads to, and one line of text. */
#pragma once

#include "base/exit_code.h"

#define FAILURE_TEXT 480

struct failure {
	enum cli_exit exit;
	char text[FAILURE_TEXT]; /* what is wrong with what, what was expected, what to do */
};

/* Fills failure; returns -1, for a return statement. */
int failure_set(struct failure *failure, enum cli_exit exit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
