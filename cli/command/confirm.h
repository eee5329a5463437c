/* SPDX-License-Identifier: MIT */
/* The yes of the user before a command does what cannot be undone. */
#pragma once

#include <stdbool.h>

#include "options/options.h"
#include "output/event.h"
#include "output/outcome.h"

/*
 * True: --yes was given, or a person at the terminal said yes to question. False: outcome has why
 * not. what: the command, for a script that forgot --yes; done: what was not, as "removed".
 */
bool confirm(const struct options *options, struct event_output *events, const char *question,
	     const char *what, const char *done, struct outcome *outcome);
