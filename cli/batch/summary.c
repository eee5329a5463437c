/* SPDX-License-Identifier: MIT */
#include "batch/summary.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "batch/input.h"

/* Values of "stopped". */
static const char *const stop_slugs[] = {
	[BATCH_RUNNING] = "going",
	[BATCH_ALL_ENDED] = "all",
	[BATCH_COUNT_REACHED] = "enough",
	[BATCH_TIME_OVER] = "time",
	[BATCH_NONE_SEEN] = "nobody",
	[BATCH_MAX_FAILURES] = "failures",
	[BATCH_NO_CONTROLLER] = "no_controller",
	[BATCH_STORE_FAILED] = "no_store",
	[BATCH_INTERRUPTED] = "interrupted",
};

/* Units of the list that have not ended. */
static size_t units_left(const struct batch_scheduler *s)
{
	return s->total - s->counts[BATCH_PAIRED] - s->counts[BATCH_FAILED];
}

static size_t rows_refused(const struct batch_job *job)
{
	return job->input ? job->input->refused : 0;
}

/* Of the first controller that is out of service. */
static const struct failure *controller_failure(const struct batch_job *job)
{
	static const struct failure none = {CLI_CONTROLLER_FAILED, "all are out of service"};

	for (size_t i = 0; i < job->controller_count; i++)
		if (job->controllers[i].failure.exit != CLI_OK)
			return &job->controllers[i].failure;
	return &none;
}

static enum cli_exit exit_of(const struct batch_job *job)
{
	const struct batch_scheduler *s = &job->scheduler;

	switch (s->stop) {
	case BATCH_MAX_FAILURES:
		return CLI_STOPPED;
	case BATCH_NO_CONTROLLER:
		return controller_failure(job)->exit;
	case BATCH_STORE_FAILED:
		return job->store_failure.exit;
	case BATCH_INTERRUPTED:
		return CLI_CANCELLED;
	case BATCH_TIME_OVER:
		if (!job->options->until_time)
			return CLI_TIMED_OUT;
		break;
	case BATCH_RUNNING:
	case BATCH_ALL_ENDED:
	case BATCH_COUNT_REACHED:
	case BATCH_NONE_SEEN:
		break;
	}
	if (s->counts[BATCH_FAILED] || rows_refused(job))
		return CLI_UNITS_FAILED;
	if (job->hooks_failed)
		return CLI_INTERNAL;
	return job->commands_failed ? CLI_HOOK_FAILED : CLI_OK;
}

static void set_counts(const struct batch_job *job, struct outcome *o)
{
	const struct batch_scheduler *s = &job->scheduler;
	const size_t paired = s->counts[BATCH_PAIRED], failed = s->counts[BATCH_FAILED];
	const size_t rows = rows_refused(job);
	char total[32] = "", failures[32] = "", refused[48] = "", hooks[48] = "", commands[48] = "";

	if (!s->match)
		(void)snprintf(total, sizeof(total), " of %zu", s->total);
	if (failed)
		(void)snprintf(failures, sizeof(failures), ", %zu failed", failed);
	if (rows)
		(void)snprintf(refused, sizeof(refused), ", %zu row%s refused", rows, text_s(rows));
	if (job->hooks_failed)
		(void)snprintf(hooks, sizeof(hooks), ", %zu hook%s failed", job->hooks_failed,
			       text_s(job->hooks_failed));
	if (job->commands_failed)
		(void)snprintf(commands, sizeof(commands), ", %zu command%s failed",
			       job->commands_failed, text_s(job->commands_failed));
	(void)snprintf(o->text, sizeof(o->text), "%zu%s unit%s paired%s%s%s%s", paired, total,
		       text_s(s->match ? paired : s->total), failures, refused, hooks, commands);
}

static void set_detail(const struct batch_job *job, struct outcome *o)
{
	const struct batch_scheduler *s = &job->scheduler;

	if (s->stop == BATCH_MAX_FAILURES)
		(void)snprintf(o->detail, sizeof(o->detail),
			       "%u failed in a row: --max-failures %u stopped the job",
			       s->failures_in_row, job->options->max_failures);
	else if (s->stop == BATCH_NO_CONTROLLER)
		(void)snprintf(o->detail, sizeof(o->detail), "no controller is left: %.300s",
			       controller_failure(job)->text);
	else if (s->stop == BATCH_STORE_FAILED)
		(void)snprintf(o->detail, sizeof(o->detail), "%.300s", job->store_failure.text);
	else if (s->stop == BATCH_TIME_OVER)
		(void)snprintf(o->detail, sizeof(o->detail), "the time is over");
}

static size_t bonds_lost(const struct batch_scheduler *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->cause_count; i++)
		if (s->causes[i].end == BATCH_BOND_LOST)
			count += s->causes[i].count;
	return count;
}

/* Without a store, a list or --run, the same command would not continue this job. */
static void set_advice(const struct batch_job *job, struct outcome *o)
{
	const struct batch_scheduler *s = &job->scheduler;
	const size_t failed = s->counts[BATCH_FAILED], lost = bonds_lost(s);

	if (store_keeps_nothing(job->store) || s->match || (job->input && !job->options->job_name))
		return;
	if (units_left(s))
		(void)snprintf(o->advice, sizeof(o->advice),
			       "%zu left: run the same command again to continue", units_left(s));
	else if (failed && failed == lost)
		(void)snprintf(o->advice, sizeof(o->advice),
			       "run the same command again with --replace-bond to pair those anew "
			       "that lost their bond");
	else if (failed)
		(void)snprintf(o->advice, sizeof(o->advice),
			       "run the same command again to retry those that failed%s",
			       lost ? ", with --replace-bond for those that lost their bond" : "");
}

void batch_summary_outcome(const struct batch_job *job, struct outcome *o)
{
	*o = (struct outcome){.reason_code = -1, .result = "paired"};
	if (exit_of(job) != CLI_OK)
		outcome_fail(o, exit_of(job), "%s", "");
	set_counts(job, o);
	set_detail(job, o);
	set_advice(job, o);
}

/* ---- The event ------------------------------------------------------------------------------- */

static json_t *causes_of(const struct batch_scheduler *s)
{
	json_t *causes = json_array();
	char text[BATCH_CAUSE_TEXT];

	for (size_t i = 0; i < s->cause_count; i++) {
		if (!s->causes[i].count)
			continue; /* its units were tried anew */
		json_t *cause = json_pack(
			"{s:s, s:s, s:i}", "cause", batch_end_slug(s->causes[i].end), "text",
			batch_cause_text(s->causes[i].end, s->causes[i].code, text), "count",
			(int)s->causes[i].count);
		if (s->causes[i].code >= 0)
			(void)json_object_set_new(cause, "reason_code",
						  json_integer(s->causes[i].code));
		(void)json_array_append_new(causes, cause);
	}
	return causes;
}

double batch_summary_ppm(size_t part, size_t whole)
{
	return whole ? (double)part * 1e6 / (double)whole : 0;
}

/* How it was lost and came back; REMEDY_NONE is none. */
static json_t *recoveries_of(const struct recovery_figures *figures)
{
	json_t *recovered = json_object();

	for (enum remedy r = REMEDY_RESET; r < REMEDIES; r++)
		if (figures->recovered[r])
			(void)json_object_set_new(recovered, remedy_slug(r),
						  json_integer(figures->recovered[r]));
	return recovered;
}

json_t *batch_summary_controllers(const struct batch_job *job)
{
	json_t *controllers = json_array();

	for (size_t i = 0; i < job->controller_count; i++) {
		const struct batch_controller *c = &job->controllers[i];
		const struct batch_controller_load *load = &job->scheduler.controllers[c->index];
		const struct recovery_figures *figures = &c->controller.recovery.figures;
		json_t *one =
			json_pack("{s:o, s:i, s:i, s:i, s:b, s:i, s:i}", "controller",
				  text_json(c->name), "paired", (int)load->paired, "failed",
				  (int)load->failed, "links", (int)load->most, "failed_itself",
				  c->controller.failure.exit != CLI_OK || figures->unfinished,
				  "interruptions", (int)figures->interruptions, "interrupted",
				  (int)load->interrupted);
		if (figures->interruptions)
			(void)json_object_update_new(
				one, json_pack("{s:f, s:f, s:o}", "away_seconds",
					       (double)figures->away / 1e6, "longest_seconds",
					       (double)figures->longest / 1e6, "recovered",
					       recoveries_of(figures)));
		(void)json_array_append_new(controllers, one);
	}
	return controllers;
}

void batch_summary_emit(const struct batch_job *job)
{
	const struct batch_scheduler *s = &job->scheduler;
	const double seconds = (double)(clock_now() - job->started) / 1e6;

	json_t *event = json_pack(
		"{s:s, s:o, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:o, s:o}", "event",
		"summary", "run", text_json(job->name), "stopped", stop_slugs[s->stop], "total",
		(int)s->total, "paired", (int)s->counts[BATCH_PAIRED], "paired_before",
		(int)job->paired_before, "failed", (int)s->counts[BATCH_FAILED], "left",
		(int)units_left(s), "attempts", (int)s->attempts, "interrupted",
		(int)s->interrupted, "interrupted_ppm",
		batch_summary_ppm(s->interrupted, s->attempts), "seconds", seconds, "causes",
		causes_of(s), "controllers", batch_summary_controllers(job));
	if (job->input)
		(void)json_object_set_new(event, "refused",
					  json_integer((json_int_t)rows_refused(job)));
	if (job->hook)
		(void)json_object_set_new(event, "hooks",
					  json_pack("{s:i, s:i}", "run", (int)job->hooks_started,
						    "failed", (int)job->hooks_failed));
	event_emit(job->events, event);
}
