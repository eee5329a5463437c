/* SPDX-License-Identifier: MIT */
#include "command/confirm.h"

#include "runtime/ask.h"
#include "runtime/prompt.h"

bool confirm(const struct options *options, struct event_output *events, const char *question,
	     const char *what, const char *done, struct outcome *outcome)
{
	enum cli_exit answer;

	if (options->yes)
		return true;
	if (!console_has_person(options->json)) {
		outcome_fail(outcome, CLI_USAGE, "%s in a script needs --yes", what);
		return false;
	}
	answer = ask_person(events, question);
	if (answer == CLI_INTERNAL)
		outcome_fail(outcome, answer, "the question cannot be asked; --yes answers it");
	else if (answer != CLI_OK)
		outcome_fail(outcome, answer, "%s: nothing was %s",
			     answer == CLI_TIMED_OUT ? "timed out" : "cancelled", done);
	return answer == CLI_OK;
}
