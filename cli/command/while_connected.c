/* SPDX-License-Identifier: MIT */
#include "command/while_connected.h"

#include "output/outcome.h"
#include "session/session.h"

enum cli_exit while_connected_start(struct hook *hook, struct hook **started,
				    const struct options *options, struct event_output *events)
{
	struct outcome outcome;
	struct failure failure;

	if (session_hook_start(hook, started, options, &failure) == 0)
		return CLI_OK;
	outcome_fail(&outcome, failure.exit, "%s", failure.text);
	outcome_report(&outcome, events, NULL, NULL);
	return failure.exit;
}
