/* SPDX-License-Identifier: MIT */
/* blepair batch: reads the list, finds the controllers, and runs the job (batch/run.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/apart.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/privilege.h"
#include "base/time.h"
#include "batch/input.h"
#include "batch/list_pipe.h"
#include "batch/place.h"
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
static void name_job(struct batch_job *job, const char *file, uint64_t hash)
{
	const char *base = strrchr(file, '/');

	if (job->options->job_name)
		(void)snprintf(job->name, sizeof(job->name), "%.150s", job->options->job_name);
	else
		(void)snprintf(job->name, sizeof(job->name), "%.100s-%016llx",
			       base ? base + 1 : file, (unsigned long long)hash);
}

/* A list, which others may have written. */
struct foreign_list {
	int fd;
	const char *name;
	struct batch_list *list;
	uint64_t hash; /* of its content */
};

static int parse_list(void *ctx, struct failure *failure)
{
	struct foreign_list *f = ctx;
	size_t len = 0;
	char *text = read_all(f->fd, &len);

	if (!text)
		return file_cannot_read(f->name, errno, failure);
	f->hash = hash_fnv1a64(text, len);
	int status = batch_list_read(f->list, f->name, text, len, failure);
	bytes_wipe(text, len);
	free(text);
	return status;
}

static int send_list(const void *ctx, FILE *out)
{
	const struct foreign_list *f = ctx;

	return fwrite(&f->hash, sizeof(f->hash), 1, out) == 1 ? batch_list_send(f->list, out) : -1;
}

static int receive_list(void *ctx, FILE *in)
{
	struct foreign_list *f = ctx;

	return fread(&f->hash, sizeof(f->hash), 1, in) == 1 ? batch_list_receive(f->list, in) : -1;
}

static int read_list(struct batch_job *job, struct batch_list *list, struct failure *failure)
{
	const char *file = job->options->list;
	struct foreign_list f = {.name = file, .list = list};
	const struct apart apart = {parse_list, send_list, receive_list, &f};

	f.fd = open(file, O_RDONLY | O_CLOEXEC);
	if (f.fd < 0)
		return file_cannot_read(f.name, errno, failure);
	int status = apart_run(&apart, failure);
	(void)close(f.fd);
	name_job(job, f.name, f.hash);
	return status;
}

/*
 * Rows that come later cannot name the job, and a row is about a unit that lies there now: without
 * --run it is a new job each time.
 */
static void name_input(struct batch_job *job)
{
	char time[TIME_TEXT];

	if (job->options->job_name)
		name_job(job, "", 0);
	else
		(void)snprintf(job->name, sizeof(job->name), "stdin-%s", time_now(time));
}

static int read_match(struct batch_job *job, struct batch_unit_spec *match, struct failure *failure)
{
	const char *text = job->options->match;

	name_job(job, "match", hash_fnv1a64(text, strlen(text)));
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

/* The other name of the dongle that e is; empty: it has none. */
static const char *other_spec(const struct hci_inventory_entry *list, size_t count,
			      const struct hci_inventory_entry *e)
{
	if (*e->hci)
		return e->hci;
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].hci, e->spec) == 0)
			return list[i].spec;
	return "";
}

/* How -c and --bind name a controller. */
struct controller_names {
	char spec[BATCH_CONTROLLER_SPEC], other[BATCH_OTHER_SPEC];
};

/*
 * Lists all controllers that can be used, at most OPTIONS_CONTROLLERS. Returns how many; with none,
 * why is the end of a sentence: "is none at all", "are hci0 (up, used by ...)".
 */
static size_t list_controllers(struct batch_job *job,
			       struct controller_names names[OPTIONS_CONTROLLERS], char *why,
			       size_t size)
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
		(void)snprintf(names[used].other, BATCH_OTHER_SPEC, "%s",
			       other_spec(list, count, &list[i]));
		(void)snprintf(names[used++].spec, BATCH_CONTROLLER_SPEC, "%s", list[i].spec);
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

/* The same spec may be given more than once: the second one gets a number. */
static void name_controller(struct batch_job *job, size_t index)
{
	struct batch_controller *c = &job->controllers[index];
	size_t same = 1;

	for (size_t i = 0; i < index; i++)
		same += strcmp(job->controllers[i].spec, c->spec) == 0;
	if (same > 1)
		(void)snprintf(c->name, sizeof(c->name), "%s #%zu", c->spec, same);
	else
		memcpy(c->name, c->spec, sizeof(c->spec));
}

static int find_controllers(struct batch_job *job, struct failure *failure)
{
	static struct controller_names names[OPTIONS_CONTROLLERS];
	const struct options *o = job->options;
	size_t count = o->controller_count;

	if (o->capture && strlen(o->capture) >= FILE_PATH_MAX)
		return failure_set(failure, CLI_USAGE, "-w %.60s...: the name is too long",
				   o->capture);
	for (size_t i = 0; i < count; i++)
		if (snprintf(names[i].spec, sizeof(names[i].spec), "%s", o->controllers[i]) >=
		    (int)sizeof(names[i].spec))
			return failure_set(failure, CLI_USAGE,
					   "-c %.60s...: expected at most %zu octets",
					   o->controllers[i], sizeof(names[i].spec) - 1);
	if (count == 1 && strcmp(o->controllers[0], "all") == 0) {
		char why[400];
		count = list_controllers(job, names, why, sizeof(why));
		if (!count)
			return failure_set(failure, CLI_NO_CONTROLLER,
					   "no controller can be used; there %s", why);
	}
	if (o->has_set_address && count > 1)
		return failure_set(failure, CLI_USAGE,
				   "--set-address is for one controller, and this run has %zu: "
				   "give each its address by blepair info -c SPEC --set-address",
				   count);
	job->controllers = calloc(count ? count : 1, sizeof(*job->controllers));
	if (!job->controllers)
		return failure_set(failure, CLI_INTERNAL, "no memory for the controllers");
	job->controller_count = count;
	job->scheduler.links = o->links;
	for (size_t i = 0; i < count; i++) {
		struct batch_controller *c = &job->controllers[i];
		memcpy(c->spec, names[i].spec, sizeof(c->spec));
		memcpy(c->other_spec, names[i].other, sizeof(c->other_spec));
		c->index = batch_add_controller(&job->scheduler);
		name_controller(job, i);
		if (o->capture && count > 1)
			(void)snprintf(c->capture, sizeof(c->capture), "%s.%zu", o->capture, i + 1);
		else if (o->capture)
			(void)snprintf(c->capture, sizeof(c->capture), "%s", o->capture);
	}
	return 0;
}

/* ---- Places of a fixture ----------------------------------------------------------------------
 */

static int bind_units(struct batch_job *job, struct failure *failure)
{
	if (batch_place_check(job, failure))
		return -1;
	for (size_t i = 0; i < job->unit_count; i++)
		if (batch_place_bind(job, &job->units[i], job->options->list, failure))
			return -1;
	return 0;
}

/* ---- The command ----------------------------------------------------------------------------- */

/* Where its units come from. */
struct source {
	struct batch_list list;
	struct batch_unit_spec match;
	struct batch_input input;
};

static int read_source(struct batch_job *job, struct source *source, struct failure *failure)
{
	if (job->options->match)
		return read_match(job, &source->match, failure);
	if (!options_read_rows(job->options))
		return read_list(job, &source->list, failure);
	name_input(job);
	job->input = &source->input;
	return 0;
}

static int prepare(struct batch_job *job, struct source *source, struct failure *failure)
{
	if (batch_scheduler_init(&job->scheduler, clock_now()))
		return failure_set(failure, CLI_INTERNAL, "no memory for the units");
	if (job->options->report && !(job->report = batch_report_new()))
		return failure_set(failure, CLI_INTERNAL, "no memory for the report");
	if (read_source(job, source, failure) || batch_resume_claim(job, failure) ||
	    batch_resume_load(job, &source->list, failure))
		return -1;
	if (job->input && batch_input_init(job->input, job, failure))
		return -1;
	/* A report that cannot be written is reported before any work. A stream takes only one. */
	if (job->report && !file_is_stream(job->options->report) &&
	    batch_run_write_report(job, failure))
		return -1;
	return find_controllers(job, failure) || bind_units(job, failure) ? -1 : 0;
}

/* First of all: its process must not have what the others need. */
static int start_hooks(struct batch_job *job, struct hook *hook, struct hook *while_connected,
		       struct failure *failure)
{
	const struct options *o = job->options;

	const struct hook_setup setup = {
		.option = "--hook", .command = o->hook, .seconds = o->hook_timeout};

	if (o->hook && hook_start(hook, &setup, failure))
		return -1;
	job->hook = o->hook ? hook : NULL;
	return session_hook_start(while_connected, &job->while_connected, o, failure);
}

/* A controller wipes itself when it is given back. */
static void wipe_links(struct batch_controller *c)
{
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (*c->slots[i].name) /* it was used */
			bytes_wipe(&c->slots[i], sizeof(c->slots[i]));
	if (c->explain.options)
		self_explain_wipe(&c->explain);
}

static void wipe(struct batch_job *job)
{
	for (size_t i = 0; i < job->unit_count; i++)
		batch_unit_spec_free(&job->units[i].spec);
	free(job->units);
	if (job->input)
		batch_input_free(job->input);
	batch_scheduler_free(&job->scheduler);
	batch_report_free(job->report);
	for (size_t i = 0; job->controllers && i < job->controller_count; i++)
		wipe_links(&job->controllers[i]);
	free(job->controllers);
	bytes_wipe(job, sizeof(*job));
}

enum cli_exit cmd_batch(const struct options *options, struct event_output *events,
			struct store *store)
{
	static struct batch_job job;
	static struct source source;
	static struct hook hook, while_connected;
	struct failure failure;
	enum cli_exit code;

	job.options = options;
	job.events = events;
	job.store = store;
	if (start_hooks(&job, &hook, &while_connected, &failure) == 0 &&
	    prepare(&job, &source, &failure) == 0) {
		code = batch_run(&job);
	} else {
		struct outcome outcome;
		code = failure.exit;
		outcome_fail(&outcome, code, "%s", failure.text);
		outcome_report(&outcome, events, NULL, NULL);
	}
	if (job.hook)
		hook_close(job.hook);
	if (job.while_connected)
		hook_close(job.while_connected);
	wipe(&job);
	batch_list_free(&source.list);
	batch_unit_spec_free(&source.match);
	return code;
}
