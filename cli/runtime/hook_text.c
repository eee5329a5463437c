/* SPDX-License-Identifier: MIT */
/* How a command of the user ended, in words. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "runtime/hook.h"

static const struct {
	const char *slug;
	bool started;
} ends[HOOK_ENDS] = {
	[HOOK_EXITED] = {"failed", true},      [HOOK_KILLED] = {"failed", true},
	[HOOK_OVERDUE] = {"timed_out", true},  [HOOK_NOT_STARTED] = {"not_run", false},
	[HOOK_LEFT] = {"unfinished", true},    [HOOK_NOT_RUN] = {"not_run", false},
	[HOOK_LOST] = {"unfinished", true},    [HOOK_NO_HELPER] = {"not_run", false},
	[HOOK_UNLINKED] = {"link_lost", true}, [HOOK_CANCELLED] = {"cancelled", true},
};

bool hook_succeeded(const struct hook_result *result)
{
	return result->end == HOOK_EXITED && result->code == 0;
}

const char *hook_slug(const struct hook_result *result)
{
	return hook_succeeded(result) ? "ok" : ends[result->end].slug;
}

bool hook_was_started(const struct hook_result *result)
{
	return ends[result->end].started;
}

const char *hook_describe(const struct hook_result *result, const char *what, double seconds,
			  char text[HOOK_TEXT])
{
	switch (result->end) {
	case HOOK_EXITED:
		(void)snprintf(text, HOOK_TEXT, "the %s ended with %d", what, result->code);
		break;
	case HOOK_KILLED:
		(void)snprintf(text, HOOK_TEXT, "signal %d killed the %s", result->code, what);
		break;
	case HOOK_OVERDUE:
		(void)snprintf(text, HOOK_TEXT,
			       "the %s did not end within %g s (--hook-timeout), and was killed",
			       what, seconds);
		break;
	case HOOK_NOT_STARTED:
		(void)snprintf(text, HOOK_TEXT, "the %s was not run: %s", what,
			       strerror(result->code));
		break;
	case HOOK_LEFT:
		(void)snprintf(text, HOOK_TEXT, "the run was interrupted before the %s had ended",
			       what);
		break;
	case HOOK_NOT_RUN:
		(void)snprintf(text, HOOK_TEXT,
			       "the %s was not run: the run was interrupted before its turn", what);
		break;
	case HOOK_LOST:
		(void)snprintf(text, HOOK_TEXT, "the process that starts %ss ended before the %s",
			       what, what);
		break;
	case HOOK_NO_HELPER:
		(void)snprintf(text, HOOK_TEXT,
			       "the %s was not run: the process that starts %ss has ended", what,
			       what);
		break;
	case HOOK_UNLINKED:
		(void)snprintf(text, HOOK_TEXT,
			       "the link was lost before the %s had ended, and it was killed",
			       what);
		break;
	case HOOK_CANCELLED:
		(void)snprintf(text, HOOK_TEXT,
			       "the run was ended before the %s had ended, and it was killed",
			       what);
		break;
	case HOOK_ENDS:
		break;
	}
	return text;
}

void hook_add_result(json_t *event, const struct hook_result *result, const char *what,
		     double seconds)
{
	char text[HOOK_TEXT];

	(void)json_object_set_new(event, "result", json_string(hook_slug(result)));
	if (result->end == HOOK_EXITED)
		(void)json_object_set_new(event, "status", json_integer(result->code));
	if (result->end == HOOK_KILLED)
		(void)json_object_set_new(event, "signal", json_integer(result->code));
	(void)json_object_set_new(event, "text",
				  text_json(hook_describe(result, what, seconds, text)));
}
