/* SPDX-License-Identifier: MIT */
#include "batch/unit_hook.h"

#include "base/text.h"

static void copy(json_t *to, const json_t *from, const char *field)
{
	json_t *value = json_object_get(from, field);

	if (value)
		(void)json_object_set(to, field, value);
}

static void ended(void *ctx, const json_t *input, const struct hook_result *result)
{
	struct batch_job *job = ctx;
	const bool good = hook_succeeded(result);
	const double limit = job->options->hook_timeout;
	char text[HOOK_TEXT];
	json_t *event = json_pack("{s:s}", "event", "hook");

	copy(event, input, "unit");
	copy(event, input, "label");
	copy(event, input, "line");
	hook_add_result(event, result, "hook", limit);
	job->hooks_started += hook_was_started(result);
	job->hooks_failed += !good;
	if (job->report)
		batch_report_hook(job->report, json_string_value(json_object_get(input, "unit")),
				  good ? NULL : hook_describe(result, "hook", limit, text));
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
