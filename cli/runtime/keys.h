/* SPDX-License-Identifier: MIT */
/*
 * Single keys from the terminal of standard input, without Enter and without echo. The terminal is
 * changed only while this process is in its foreground, and is as it was after keys_stop(); shells
 * restore it themselves when a process is stopped or killed.
 */
#pragma once

#include <termios.h>

#include "runtime/loop.h"

struct keys {
	struct loop *loop;
	void (*pressed)(void *ctx, char key);
	void *ctx;
	bool active; /* keys are read now */

	/* Private. */
	struct loop_source source;
	struct termios before;
};

/* Set loop, pressed and ctx first; everything else is zero. */
void keys_start(struct keys *keys);

/* After SIGCONT: the process may have left or entered the foreground. */
void keys_resume(struct keys *keys);

/* Ends it in any case, also when it was not started. */
void keys_stop(struct keys *keys);
