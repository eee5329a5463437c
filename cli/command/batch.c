/* SPDX-License-Identifier: MIT */
/* blepair batch: reads the list, finds the controllers, and runs the job (batch/run.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/privilege.h"
#include "batch/resume.h"
#include "batch/run.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "hci/inventory.h"

/* ---- Units ----------------------------------------------------------------------------------- */

/* The content of a file, with its length; NULL with errno. */
static char *read_all(int fd, size_t *len)
{
	size_t room = 65536, used = 0;
	char *text = malloc(room);

	while (text) {
		ssize_t got = read(fd, text + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(text);
			return NULL;
		}
		if (got == 0)
			break;
		used += (size_t)got;
		if (used < room)
			continue;
		/* The list may hold passkeys: wipe the smaller copy. */
		char *more = malloc(2 * room);
		if (more)
			memcpy(more, text, used);
		bytes_wipe(text, used);
		free(text);
		text = more;
		room *= 2;
	}
	*len = used;
	return text;
}

/* By default the content of the list names the job: the same list is the same job. */
static void name_job(struct batch_job *job, const char *file, const char *text, size_t len)
{
	const char *base = strrchr(file, '/');

	if (job->options->job_name)
		(void)snprintf(job->name, sizeof(job->name), "%.150s", job->options->job_name);
	else
		(void)snprintf(job->name, sizeof(job->name), "%.100s-%016llx",
			       base ? base + 1 : file, (unsigned long long)hash_fnv1a64(text, len));
}

static int read_list(struct batch_job *job, struct batch_list *list, struct failure *failure)
{
	const char *file = job->options->list, *name = strcmp(file, "-") == 0 ? "stdin" : file;
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	char *text = fd < 0 ? NULL : read_all(fd, &len);
	int status;

	if (!text)
		return failure_set(failure, errno == EACCES ? CLI_PERMISSION : CLI_USAGE,
				   "cannot read %s: %s", name, strerror(errno));
	if (fd != STDIN_FILENO)
		close(fd);
	name_job(job, name, text, len);
	status = batch_list_read(list, name, text, len, failure);
	bytes_wipe(text, len);
	free(text);
	return status;
}

static int read_match(struct batch_job *job, struct batch_unit_spec *match, struct failure *failure)
{
	const char *text = job->options->match;

	name_job(job, "match", text, strlen(text));
	if (batch_match_parse(match, text, failure))
		return -1;
	job->scheduler.match = match;
	job->active_scan = !match->has_address;
	return 0;
}

/* ---- Controllers ----------------------------------------------------------------------------- */

/* A controller of the kernel and the USB device that it is are one. */
static bool is_taken(const struct hci_inventory_entry *e, const struct hci_inventory_entry **taken,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (taken[i] == e || strcmp(taken[i]->spec, e->hci) == 0 ||
		    strcmp(taken[i]->hci, e->spec) == 0)
			return true;
	return false;
}

static bool may_take(const struct options *o, const struct hci_inventory_entry *e)
{
	return e->usable || (o->take && strcmp(e->state, "up") == 0) ||
	       (o->unblock && e->rfkill_soft && !e->rfkill_hard);
}

/*
 * Lists all controllers that can be used, at most OPTIONS_CONTROLLERS. Returns how many; with none,
 * why is the end of a sentence: "is none at all", "are hci0 (up, used by ...)".
 */
static size_t list_controllers(struct batch_job *job, char specs[OPTIONS_CONTROLLERS][64],
			       char *why, size_t size)
{
	static struct hci_inventory_entry list[HCI_INVENTORY_MAX];
	const struct hci_inventory_entry *taken[OPTIONS_CONTROLLERS];
	size_t count, used = 0;

	privilege_raise(); /* without root, fewer controllers look usable */
	count = hci_inventory(list);
	privilege_lower();
	for (size_t i = 0; i < count && used < OPTIONS_CONTROLLERS; i++) {
		if (!may_take(job->options, &list[i]) || is_taken(&list[i], taken, used))
			continue;
		taken[used] = &list[i];
		(void)snprintf(specs[used++], 64, "%.63s", list[i].spec);
	}
	(void)snprintf(why, size, count ? "are " : "is none at all");
	for (size_t i = 0; i < count; i++) {
		const char *text = list[i].usable ? "16 are used already" : list[i].why;
		size_t len = strlen(why);
		if (!used)
			(void)snprintf(why + len, size - len, "%s%.63s (%s)", i ? ", " : "",
				       list[i].spec, text);
		else if (!is_taken(&list[i], taken, used))
			event_note(job->events, 0, "%s is left out: %s", list[i].spec, text);
	}
	return used;
}

static int find_controllers(struct batch_job *job, struct failure *failure)
{
	static char specs[OPTIONS_CONTROLLERS][64];
	const struct options *o = job->options;
	size_t count = o->controller_count;

	for (size_t i = 0; i < count; i++)
		(void)snprintf(specs[i], sizeof(specs[i]), "%.63s", o->controllers[i]);
	if (count == 1 && strcmp(o->controllers[0], "all") == 0) {
		char why[400];
		count = list_controllers(job, specs, why, sizeof(why));
		if (!count)
			return failure_set(failure, CLI_NO_CONTROLLER,
					   "no controller can be used; there %s", why);
	}
	job->controllers = calloc(count ? count : 1, sizeof(*job->controllers));
	if (!job->controllers)
		return failure_set(failure, CLI_INTERNAL, "no memory for the controllers");
	job->controller_count = count;
	job->scheduler.links = o->links;
	for (size_t i = 0; i < count; i++) {
		struct batch_controller *c = &job->controllers[i];
		memcpy(c->spec, specs[i], sizeof(c->spec));
		c->index = batch_add_controller(&job->scheduler);
		if (o->capture && count > 1)
			(void)snprintf(c->capture, sizeof(c->capture), "%.480s.%zu", o->capture,
				       i + 1);
		else if (o->capture)
			(void)snprintf(c->capture, sizeof(c->capture), "%.480s", o->capture);
	}
	return 0;
}

/* ---- The command ----------------------------------------------------------------------------- */

static int prepare(struct batch_job *job, struct batch_list *list, struct batch_unit_spec *match,
		   struct failure *failure)
{
	if (batch_scheduler_init(&job->scheduler, clock_now()))
		return failure_set(failure, CLI_INTERNAL, "no memory for the units");
	if (job->options->report && !(job->report = batch_report_new()))
		return failure_set(failure, CLI_INTERNAL, "no memory for the report");
	if (job->options->match ? read_match(job, match, failure) : read_list(job, list, failure))
		return -1;
	if (batch_resume_claim(job, failure) || batch_resume_load(job, list, failure))
		return -1;
	/* A report that cannot be written is reported before any work. */
	if (batch_run_write_report(job, failure)) {
		failure->exit = CLI_USAGE;
		return -1;
	}
	return find_controllers(job, failure);
}

static void wipe(struct batch_job *job)
{
	for (size_t i = 0; i < job->unit_count; i++)
		batch_unit_spec_free(&job->units[i].spec);
	free(job->units);
	batch_scheduler_free(&job->scheduler);
	batch_report_free(job->report);
	if (job->controllers)
		bytes_wipe(job->controllers, job->controller_count * sizeof(*job->controllers));
	free(job->controllers);
	bytes_wipe(job, sizeof(*job));
}

enum cli_exit cmd_batch(const struct options *options, struct event_output *events,
			struct store *store)
{
	static struct batch_job job;
	struct batch_list list = {0};
	struct batch_unit_spec match = {0};
	struct failure failure;
	enum cli_exit code;

	job.options = options;
	job.events = events;
	job.store = store;
	if (prepare(&job, &list, &match, &failure) == 0) {
		code = batch_run(&job);
	} else {
		struct outcome outcome;
		code = failure.exit;
		outcome_fail(&outcome, code, "%s", failure.text);
		outcome_report(&outcome, events, NULL, NULL);
	}
	wipe(&job);
	batch_list_free(&list);
	batch_unit_spec_free(&match);
	return code;
}
