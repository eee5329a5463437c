/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/controller.h"
#include "batch/input.h"
#include "batch/keypairs.h"
#include "batch/progress.h"
#include "batch/record.h"
#include "batch/summary.h"
#include "batch/unit_hook.h"

#define S UINT64_C(1000000)

/* ---- Scheduling ------------------------------------------------------------------------------ */

/* Units whose only controller is gone are left: they may well be there. */
static void give_up_unseen(struct batch_job *job)
{
	for (size_t i = 0; i < job->unit_count; i++)
		if (job->units[i].state == BATCH_WAITING &&
		    !batch_is_stranded(&job->scheduler, &job->units[i]))
			batch_record_unseen(job, &job->units[i]);
}

static void finish(struct batch_job *job)
{
	loop_timer_stop(&job->runtime.loop, &job->schedule_timer);
	loop_timer_stop(&job->runtime.loop, &job->limit_timer);
	batch_keypairs_stop(job);
	if (job->input)
		batch_input_stop(job->input);
	if (job->scheduler.stop == BATCH_NONE_SEEN)
		give_up_unseen(job);
	for (size_t i = 0; i < job->controller_count; i++)
		batch_controller_finish(&job->controllers[i]);
}

/* Has every controller do what it can do now; runs again when the scheduler needs it. */
static void schedule(void *ctx)
{
	struct batch_job *job = ctx;
	uint64_t next;

	batch_tick(&job->scheduler, clock_now());
	if (batch_is_over(&job->scheduler)) {
		finish(job);
		return;
	}
	for (size_t i = 0; i < job->controller_count; i++) {
		batch_controller_check(&job->controllers[i]);
		batch_controller_continue(&job->controllers[i]);
	}
	next = batch_deadline(&job->scheduler);
	if (next != UINT64_MAX)
		loop_timer_start_at(&job->runtime.loop, &job->schedule_timer, next);
	batch_progress_update(job);
}

static void stop(struct batch_job *job, enum batch_stop why)
{
	batch_stop(&job->scheduler, why);
	batch_schedule_soon(job);
}

static void cancel(struct batch_job *job, enum cli_exit why)
{
	for (size_t i = 0; i < job->controller_count; i++)
		batch_controller_cancel(&job->controllers[i], why);
}

static void on_interrupt(void *ctx)
{
	stop(ctx, BATCH_INTERRUPTED);
	cancel(ctx, CLI_CANCELLED);
}

/* --timeout cancels the units that are under way; --until lets them end. */
static void on_time_over(void *ctx)
{
	struct batch_job *job = ctx;

	stop(job, BATCH_TIME_OVER);
	if (!job->options->until_time)
		cancel(job, CLI_TIMED_OUT);
}

/* ---- Start ----------------------------------------------------------------------------------- */

static void set_limits(struct batch_job *job)
{
	const struct options *o = job->options;
	struct batch_scheduler *s = &job->scheduler;
	const uint64_t wall = clock_wall();

	s->unit_timeout = (uint64_t)(o->unit_timeout * (double)S);
	/* A unit that comes by itself has a limit of its own. */
	s->idle_timeout = job->input ? 0 : (uint64_t)(o->scan_timeout * (double)S);
	s->until = o->until_count;
	s->limit = o->limit;
	s->max_failures = o->max_failures;
	job->limit_timer = (struct loop_timer){.fire = on_time_over, .ctx = job};
	if (o->until_time)
		loop_timer_start(&job->runtime.loop, &job->limit_timer,
				 o->until_time > wall ? o->until_time - wall : 0);
	else if (o->timeout > 0)
		runtime_limit(&job->runtime, &job->limit_timer, o->timeout);
}

/* Rows are foreign: not before this process has no more rights than their author. */
static void on_root_gone(void *ctx)
{
	struct batch_job *job = ctx;

	if (job->input)
		batch_input_start(job->input);
}

static void start(struct batch_job *job)
{
	job->runtime.root_gone = on_root_gone;
	if (job->hook)
		batch_unit_hook_start(job);
	if (job->while_connected)
		hook_watch(job->while_connected, &job->runtime.loop);
	job->runtime.interrupted = on_interrupt;
	job->runtime.ctx = job;
	job->started = job->scheduler.idle_since = clock_now();
	job->schedule_timer = (struct loop_timer){.fire = schedule, .ctx = job};
	set_limits(job);
	batch_record_init(job);
	batch_progress_start(job);
	event_emit(job->events, json_pack("{s:s, s:o, s:i, s:i, s:i}", "event", "batch", "run",
					  text_json(job->name), "total", (int)job->scheduler.total,
					  "paired_before", (int)job->paired_before, "controllers",
					  (int)job->controller_count));
}

/* Until the last controller is given back. */
static void work(struct batch_job *job)
{
	batch_keypairs_start(job);
	job->runtime.opening = (unsigned)job->controller_count;
	for (size_t i = 0; i < job->controller_count; i++) {
		struct batch_controller *c = &job->controllers[i];
		c->job = job;
		c->events = *job->events;
		c->events.controller = job->controller_count > 1 ? c->name : NULL;
		batch_controller_open(c);
	}
	runtime_run(&job->runtime);
	/* The loop ends with the last controller: results may be left to store. */
	batch_record_finish(job);
	if (job->input)
		batch_input_answer_left(job->input);
}

/* ---- End ------------------------------------------------------------------------------------- */

int batch_run_write_report(const struct batch_job *job, struct failure *failure)
{
	char host[256] = "";
	const struct options *o = job->options;
	const struct batch_report_head head = {
		.job = job->name,
		.list = o->match     ? o->match
			: job->input ? "standard input"
				     : o->list,
		.host = host,
	};

	if (!job->report)
		return 0;
	(void)gethostname(host, sizeof(host) - 1);
	return batch_report_write(job->report, &head, job->options->report, failure);
}

/* Writes the report and emits the summary. Returns the exit code. */
static enum cli_exit conclude(struct batch_job *job)
{
	struct outcome outcome;
	struct failure failure;

	batch_summary_outcome(job, &outcome);
	if (job->report)
		batch_report_station(job->report, batch_summary_controllers(job));
	if (batch_run_write_report(job, &failure)) {
		event_note(job->events, 0, "%s", failure.text);
		if (outcome.exit == CLI_OK) {
			outcome.exit = CLI_INTERNAL;
			outcome.result = "failed";
		}
	}
	batch_summary_emit(job);
	outcome_report(&outcome, job->events, NULL, NULL);
	return outcome.exit;
}

enum cli_exit batch_run(struct batch_job *job)
{
	enum cli_exit exit;

	if (runtime_init(&job->runtime, job->options, job->store)) {
		struct outcome outcome;
		outcome_fail(&outcome, CLI_INTERNAL, "%s", strerror(errno));
		outcome_report(&outcome, job->events, NULL, NULL);
		return CLI_INTERNAL;
	}
	start(job);
	/* Units of earlier processes may be all, or enough. */
	batch_check_limits(&job->scheduler);
	if (job->scheduler.stop == BATCH_RUNNING)
		work(job);
	batch_progress_stop(job);
	if (job->hook)
		hook_finish(job->hook);
	exit = conclude(job);
	runtime_close(&job->runtime);
	return exit;
}
