/* SPDX-License-Identifier: MIT */
/* What blepair does, a function a command. Each returns the exit code and reported what happened.
 */
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
enum cli_exit cmd_bonds(const struct options *options, struct event_output *events,
			struct store *store);
enum cli_exit cmd_batch(const struct options *options, struct event_output *events,
			struct store *store);
