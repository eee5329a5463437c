/* SPDX-License-Identifier: MIT */
/* The commands, one function each. Each reports its result, and returns the exit code. */
#pragma once

#include "base/exit_code.h"
#include "options/options.h"
#include "output/event.h"
#include "store/store.h"

enum cli_exit cmd_pair(const struct options *options, struct event_output *events,
		       struct store *store);
enum cli_exit cmd_verify(const struct options *options, struct event_output *events,
			 struct store *store);
enum cli_exit cmd_listen(const struct options *options, struct event_output *events,
			 struct store *store);
enum cli_exit cmd_scan(const struct options *options, struct event_output *events,
		       struct store *store);
enum cli_exit cmd_info(const struct options *options, struct event_output *events,
		       struct store *store);
enum cli_exit cmd_controllers(const struct options *options, struct event_output *events,
			      struct store *store);
enum cli_exit cmd_explain(const struct options *options, struct event_output *events,
			  struct store *store);
enum cli_exit cmd_watch(const struct options *options, struct event_output *events,
			struct store *store);
enum cli_exit cmd_bonds(const struct options *options, struct event_output *events,
			struct store *store);
enum cli_exit cmd_selftest(const struct options *options, struct event_output *events,
			   struct store *store);
enum cli_exit cmd_batch(const struct options *options, struct event_output *events,
			struct store *store);
