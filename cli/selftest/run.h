/* SPDX-License-Identifier: MIT */
/*
 * A self-test of one or two controllers: bring-up, resets, advertisements heard, pairings of both
 * with each other by every association model and in both roles, and of a golden unit.
 */
#pragma once

#include "base/exit_code.h"
#include "options/options.h"
#include "output/event.h"
#include "store/store.h"

/* Runs all steps, and reports each and the result. store: one that keeps nothing. */
enum cli_exit selftest_run(const struct options *options, struct event_output *events,
			   struct store *store);
