/* SPDX-License-Identifier: MIT */
/* How functions of cli/ report a failure to their caller: an exit code and one line of text. */
#pragma once

#include "base/exit_code.h"

#define FAILURE_TEXT 480

struct failure {
	enum cli_exit exit;
	char text[FAILURE_TEXT]; /* what is wrong, what was expected, what to do */
};

/* Fills failure; a longer text is cut. Returns -1, for a return statement. */
int failure_set(struct failure *failure, enum cli_exit exit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
