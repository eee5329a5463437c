/* SPDX-License-Identifier: MIT */
/* The start of --while-connected. */
#pragma once

#include "options/options.h"
#include "output/event.h"
#include "runtime/hook.h"

/*
 * Starts the helper process if options name a command: before anything else is opened. *started is
 * hook, or NULL. CLI_OK, or the failure was reported.
 */
enum cli_exit while_connected_start(struct hook *hook, struct hook **started,
				    const struct options *options, struct event_output *events);
