/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/keys.h"

#include <unistd.h>

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	const struct keys *keys = ctx;

	if (!keys->active || !max)
		return 0;
	fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	return 1;
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct keys *keys = ctx;
	char key;

	(void)fds;
	(void)count;
	if (read(STDIN_FILENO, &key, 1) == 1)
		keys->pressed(keys->ctx, key);
	else
		keys->active = false; /* the terminal has gone */
}

/* Signals from keys (Ctrl-C, Ctrl-Z) stay as they are. */
static void enter(struct keys *keys)
{
	struct termios terminal;

	/* To change the terminal from the background would stop this process. */
	if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &terminal))
		return;
	keys->before = terminal;
	terminal.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	terminal.c_cc[VMIN] = 1;
	terminal.c_cc[VTIME] = 0;
	keys->active = tcsetattr(STDIN_FILENO, TCSANOW, &terminal) == 0;
}

static void leave(struct keys *keys)
{
	if (keys->active && tcgetpgrp(STDIN_FILENO) == getpgrp())
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &keys->before);
	keys->active = false;
}

void keys_start(struct keys *keys)
{
	keys->source = (struct loop_source){.watch = watch, .ready = ready, .ctx = keys};
	loop_add(keys->loop, &keys->source);
	enter(keys);
}

void keys_resume(struct keys *keys)
{
	const struct termios before = keys->before;
	const bool was_active = keys->active;

	keys->active = false;
	enter(keys);
	/* A shell that did not restore the terminal has it as it was set here. */
	if (was_active)
		keys->before = before;
}

void keys_stop(struct keys *keys)
{
	leave(keys);
	if (keys->loop)
		loop_remove(keys->loop, &keys->source);
}
