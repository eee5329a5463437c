/* SPDX-License-Identifier: MIT */
/* blepair selftest: whether controllers do what pairing needs; see selftest/run.h. */
#include <string.h>

#include "base/file.h"
#include "command/command.h"
#include "output/outcome.h"
#include "selftest/run.h"

enum cli_exit cmd_selftest(const struct options *options, struct event_output *events,
			   struct store *store)
{
	struct outcome outcome;

	if (options->capture && strlen(options->capture) >= FILE_PATH_MAX) {
		outcome_fail(&outcome, CLI_USAGE, "-w %.60s...: the name is too long",
			     options->capture);
		outcome_report(&outcome, events, NULL, NULL);
		return outcome.exit;
	}
	return selftest_run(options, events, store);
}
