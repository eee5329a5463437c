/* SPDX-License-Identifier: MIT */
#include "batch/unit_hook.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define HOOK_TEXT 160

static const struct {
	const char *slug; /* value of "result" */
	bool started;
} ends[HOOK_ENDS] = {
	[HOOK_EXITED] = {"failed", true},     [HOOK_KILLED] = {"failed", true},
	[HOOK_OVERDUE] = {"timed_out", true}, [HOOK_NOT_STARTED] = {"not_run", false},
	[HOOK_LEFT] = {"unfinished", true},   [HOOK_NOT_RUN] = {"not_run", false},
	[HOOK_LOST] = {"unfinished", true},   [HOOK_NO_HELPER] = {"not_run", false},
};

static bool succeeded(const struct hook_result *result)
{
	return result->end == HOOK_EXITED && result->code == 0;
}

static const char *describe(const struct batch_job *job, const struct hook_result *result,
			    char text[HOOK_TEXT])
{
	switch (result->end) {
	case HOOK_EXITED:
		(void)snprintf(text, HOOK_TEXT, "the hook ended with %d", result->code);
		break;
	case HOOK_KILLED:
		(void)snprintf(text, HOOK_TEXT, "signal %d killed the hook", result->code);
		break;
	case HOOK_OVERDUE:
		(void)snprintf(text, HOOK_TEXT,
			       "the hook did not end within %g s (--hook-timeout), and was killed",
			       job->options->hook_timeout);
		break;
	case HOOK_NOT_STARTED:
		(void)snprintf(text, HOOK_TEXT, "the hook was not run: %s", strerror(result->code));
		break;
	case HOOK_LEFT:
		(void)snprintf(text, HOOK_TEXT,
			       "the run was interrupted before the hook had ended");
		break;
	case HOOK_NOT_RUN:
		(void)snprintf(text, HOOK_TEXT,
			       "the hook was not run: the run was interrupted before its turn");
		break;
	case HOOK_LOST:
		(void)snprintf(text, HOOK_TEXT,
			       "the process that starts hooks ended before the hook");
		break;
	case HOOK_NO_HELPER:
		(void)snprintf(text, HOOK_TEXT,
			       "the hook was not run: the process that starts hooks has ended");
		break;
	case HOOK_ENDS:
		break;
	}
	return text;
}

static void copy(json_t *to, const json_t *from, const char *field)
{
	json_t *value = json_object_get(from, field);

	if (value)
		(void)json_object_set(to, field, value);
}

static void ended(void *ctx, const json_t *input, const struct hook_result *result)
{
	struct batch_job *job = ctx;
	const bool good = succeeded(result);
	char text[HOOK_TEXT];
	json_t *event = json_pack("{s:s}", "event", "hook");

	copy(event, input, "unit");
	copy(event, input, "label");
	copy(event, input, "line");
	(void)json_object_set_new(event, "result",
				  json_string(good ? "ok" : ends[result->end].slug));
	if (result->end == HOOK_EXITED)
		(void)json_object_set_new(event, "status", json_integer(result->code));
	if (result->end == HOOK_KILLED)
		(void)json_object_set_new(event, "signal", json_integer(result->code));
	(void)json_object_set_new(event, "text", text_json(describe(job, result, text)));
	job->hooks_started += ends[result->end].started;
	job->hooks_failed += !good;
	if (job->report)
		batch_report_hook(job->report, json_string_value(json_object_get(input, "unit")),
				  good ? NULL : text);
	event_emit(job->events, event);
}

void batch_unit_hook_start(struct batch_job *job)
{
	job->hook->ended = ended;
	job->hook->ctx = job;
	hook_watch(job->hook, &job->runtime.loop);
}

void batch_unit_hook(struct batch_job *job, json_t *event)
{
	(void)json_object_set_new(event, "run", text_json(job->name));
	hook_run(job->hook, event);
}
