/* SPDX-License-Identifier: MIT */
/* blepair batch: many units, by many controllers, until all are paired; resumed where it ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/privilege.h"
#include "batch/run.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "hci/inventory.h"

static enum cli_exit refuse(struct event_output *events, enum cli_exit code, const char *text)
{
	struct outcome outcome;

	outcome_fail(&outcome, code, "%s", text);
	outcome_report(&outcome, events, NULL, NULL);
	return code;
}

/* ---- The list ----------------------------------------------------------------------------------
 */

/* All that a descriptor has, with its length; NULL with errno. */
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
		/* There may be passkeys in it: no copy is left behind. */
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

static uint64_t fingerprint(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3;
	return hash;
}

/* A run is known by what it is about: the same list is the same run, wherever it lies. */
static void name_run(struct batch_run *r, const char *what, const char *text, size_t len)
{
	const char *base = strrchr(what, '/');

	if (r->options->job_name)
		(void)snprintf(r->name, sizeof(r->name), "%.150s", r->options->job_name);
	else
		(void)snprintf(r->name, sizeof(r->name), "%.100s-%016llx", base ? base + 1 : what,
			       (unsigned long long)fingerprint(text, len));
}

static enum cli_exit read_list(struct batch_run *r, struct batch_list *list)
{
	const char *file = r->options->list, *name = strcmp(file, "-") == 0 ? "stdin" : file;
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	char error[BATCH_LIST_ERROR];
	size_t len = 0;
	char *text = fd < 0 ? NULL : read_all(fd, &len);
	int status;

	if (!text) {
		(void)snprintf(error, sizeof(error), "%s: cannot be read: %s", name,
			       strerror(errno));
		return refuse(r->events, errno == EACCES ? CLI_PERMISSION : CLI_USAGE, error);
	}
	if (fd != STDIN_FILENO)
		close(fd);
	name_run(r, name, text, len);
	status = batch_list_read(list, name, text, len, error);
	bytes_wipe(text, len);
	free(text);
	return status ? refuse(r->events, CLI_USAGE, error) : CLI_OK;
}

/* ---- What the store knows of it ----------------------------------------------------------------
 */

static void count_unit(void *ctx, const char *unit, enum store_state state, unsigned attempts)
{
	(void)unit;
	(void)state;
	(void)attempts;
	++*(size_t *)ctx;
}

/*
 * --again begins anew, under the name with the next number; what was there stays. Without it, the
 * latest of them is resumed.
 */
static int find_run(struct batch_run *r, struct failure *problem)
{
	char base[sizeof(r->name)], next[sizeof(r->name) + 12];
	size_t units = 0;

	memcpy(base, r->name, sizeof(base));
	if (store_units(r->store, base, count_unit, &units, problem) < 0)
		return -1;
	for (unsigned n = 2; units; n++) {
		(void)snprintf(next, sizeof(next), "%.150s#%u", base, n);
		units = 0;
		if (store_units(r->store, next, count_unit, &units, problem) < 0)
			return -1;
		if (units || r->options->again)
			(void)snprintf(r->name, sizeof(r->name), "%.199s", next);
	}
	return store_claim_job(r->store, r->name, problem);
}

/* A device that was paired in this run is left alone, under whatever address. */
static void know_peer(void *ctx, const struct attempt *attempt)
{
	struct batch_run *r = ctx;
	struct crypto_address address;
	struct failure problem;
	struct bond_record record;
	bool typed;

	if (strcmp(attempt->result, "paired") == 0 &&
	    address_parse(attempt->peer, &address, &typed)) {
		for (address.type = 0; address.type < 2; address.type++)
			(void)batch_exclude_device(&r->batch, &address, NULL);
		if (store_find_by_user_address(r->store, &address, false, &record, NULL, &problem) >
		    0) {
			const struct smp_keys *keys = &record.bond.peer;
			(void)batch_exclude_device(&r->batch, bond_identity(&record),
						   keys->has_irk ? keys->irk : NULL);
			bytes_wipe(&record, sizeof(record));
		}
	}
	batch_report_add(r, attempt);
}

static int add_units(struct batch_run *r, struct batch_list *list, struct failure *problem)
{
	const struct store_attempts which = {.job = r->name};
	char key[BATCH_UNIT];

	r->units = calloc(list->count + 1, sizeof(*r->units));
	if (!r->units)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		struct batch_unit *unit = &r->units[r->unit_count++];
		enum store_state state = STORE_NO_UNIT;
		unit->want = list->wants[i]; /* now its owner */
		if (store_unit(r->store, r->name, batch_unit_key(unit, key), &state, NULL,
			       problem) < 0)
			return -1;
		if (state == STORE_DONE) {
			batch_add_paired_before(&r->batch, unit);
			r->past++;
		} else if (batch_add(&r->batch, unit)) {
			return -1;
		}
		/* Only names and the like are told in scan responses. */
		r->active_scan |= !unit->want.has_address;
	}
	list->count = 0;
	return store_attempts(r->store, &which, know_peer, r, problem);
}

/* ---- Controllers -------------------------------------------------------------------------------
 */

/* A controller of the kernel, and the USB device that it is, are one. */
static bool is_among(const struct hci_inventory_entry *e, const struct hci_inventory_entry **taken,
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

/* What -c all means now; with none, why: "is none at all", "are hci0 (up, used by ...)". */
static size_t all_controllers(struct batch_run *r, char specs[OPTIONS_CONTROLLERS][64], char *why,
			      size_t size)
{
	static struct hci_inventory_entry list[HCI_INVENTORY_MAX];
	const struct hci_inventory_entry *taken[OPTIONS_CONTROLLERS];
	size_t count, used = 0;

	privilege_raise(); /* what may be used is a question of rights */
	count = hci_inventory(list);
	privilege_lower();
	for (size_t i = 0; i < count && used < OPTIONS_CONTROLLERS; i++) {
		if (!may_take(r->options, &list[i]) || is_among(&list[i], taken, used))
			continue;
		taken[used] = &list[i];
		(void)snprintf(specs[used++], 64, "%.63s", list[i].spec);
	}
	(void)snprintf(why, size, count ? "are " : "is none at all");
	for (size_t i = 0; i < count; i++) {
		const char *text = list[i].usable ? "16 are taken already" : list[i].why;
		size_t len = strlen(why);
		if (!used)
			(void)snprintf(why + len, size - len, "%s%.63s (%s)", i ? ", " : "",
				       list[i].spec, text);
		else if (!is_among(&list[i], taken, used))
			event_note(r->events, 0, "%s is left out: %s", list[i].spec, text);
	}
	return used;
}

static enum cli_exit find_controllers(struct batch_run *r)
{
	static char specs[OPTIONS_CONTROLLERS][64];
	const struct options *o = r->options;
	size_t count = o->controller_count;

	for (size_t i = 0; i < count; i++)
		(void)snprintf(specs[i], sizeof(specs[i]), "%.63s", o->controllers[i]);
	if (count == 1 && strcmp(o->controllers[0], "all") == 0) {
		char why[400], text[450];
		count = all_controllers(r, specs, why, sizeof(why));
		(void)snprintf(text, sizeof(text), "no controller can be used; there %s", why);
		if (!count)
			return refuse(r->events, CLI_NO_CONTROLLER, text);
	}
	r->batch.links = o->links;
	r->sites = calloc(count ? count : 1, sizeof(*r->sites));
	if (!r->sites)
		return refuse(r->events, CLI_INTERNAL, "no memory for the controllers");
	for (size_t i = 0; i < count; i++) {
		struct batch_controller *site = &r->sites[r->site_count++];
		site->run = r;
		memcpy(site->spec, specs[i], sizeof(site->spec));
		site->place = batch_join(&r->batch);
		if (o->capture && count > 1)
			(void)snprintf(site->capture, sizeof(site->capture), "%.480s.%zu",
				       o->capture, i + 1);
		else if (o->capture)
			(void)snprintf(site->capture, sizeof(site->capture), "%.480s", o->capture);
	}
	return CLI_OK;
}

/* ---- The run -----------------------------------------------------------------------------------
 */

static void interrupted(void *ctx)
{
	struct batch_run *r = ctx;

	batch_stop(&r->batch, BATCH_INTERRUPTED);
	batch_sites_cancel(r, CLI_CANCELLED);
	batch_schedule(r);
}

/* --timeout ends what is under way; --until lets it come to its end. */
static void time_over(void *ctx)
{
	struct batch_run *r = ctx;

	batch_stop(&r->batch, BATCH_TIME);
	if (!r->options->until_time)
		batch_sites_cancel(r, CLI_TIMED_OUT);
	batch_schedule(r);
}

static void set_limits(struct batch_run *r)
{
	const struct options *o = r->options;
	struct batch *b = &r->batch;
	double seconds = o->timeout;

	b->unit_timeout = (uint64_t)(o->unit_timeout * 1e6);
	b->idle_timeout = (uint64_t)(o->scan_timeout * 1e6);
	b->until = o->until_count;
	b->limit = o->limit;
	b->in_a_row = o->max_failures;
	r->limit = (struct loop_timer){.fire = time_over, .ctx = r};
	if (o->until_time) {
		double left = (double)o->until_time - (double)clock_wall() / 1e6;
		seconds = left > 0.001 ? left : 0.001;
	}
	if (seconds > 0)
		loop_timer_start(&r->run.loop, &r->limit, (uint64_t)(seconds * 1e6));
}

static enum cli_exit go(struct batch_run *r)
{
	struct outcome outcome;

	if (runtime_init(&r->run, r->options, r->store))
		return refuse(r->events, CLI_INTERNAL, strerror(errno));
	r->run.interrupted = interrupted;
	r->run.ctx = r;
	r->started = clock_now();
	r->batch.quiet_since = r->started;
	set_limits(r);
	batch_record_init(r);
	batch_show_init(r);
	event_emit(r->events, json_pack("{s:s, s:s, s:i, s:i, s:i}", "event", "batch", "run",
					r->name, "total", (int)r->batch.total, "paired_before",
					(int)r->past, "controllers", (int)r->site_count));
	if (!r->batch.match && r->past == r->batch.total) {
		batch_stop(&r->batch, BATCH_ALL);
	} else {
		batch_spare_init(r);
		r->run.opening = (unsigned)r->site_count;
		for (size_t i = 0; i < r->site_count; i++) {
			struct batch_controller *site = &r->sites[i];
			site->events = *r->events;
			site->events.controller = r->site_count > 1 ? site->spec : NULL;
			batch_site_open(site);
		}
		runtime_run(&r->run);
	}
	batch_show_end(r);
	batch_record_summary(r, &outcome);
	outcome_report(&outcome, r->events, NULL, NULL);
	runtime_close(&r->run);
	return outcome.exit;
}

enum cli_exit cmd_batch(const struct options *options, struct event_output *events,
			struct store *store)
{
	static struct batch_run run;
	struct batch_run *r = &run;
	struct batch_list list = {0};
	struct batch_unit_spec match = {0};
	struct failure problem = {CLI_INTERNAL, "no memory for the units"};
	char error[BATCH_LIST_ERROR];
	enum cli_exit code = CLI_OK;

	r->options = options;
	r->events = events;
	r->store = store;
	if (options->match) {
		name_run(r, "match", options->match, strlen(options->match));
		if (batch_list_match(&match, options->match, error))
			code = refuse(events, CLI_USAGE, error);
	} else {
		code = read_list(r, &list);
	}
	if (code == CLI_OK && batch_init(&r->batch, clock_now()))
		code = refuse(events, CLI_INTERNAL, problem.text);
	if (options->report && !(r->html = html_report_new()))
		code = refuse(events, CLI_INTERNAL, problem.text);
	if (code == CLI_OK && options->match) {
		r->batch.match = &match;
		r->active_scan = !match.has_address;
	}
	if (code == CLI_OK && (find_run(r, &problem) || add_units(r, &list, &problem)))
		code = refuse(events, problem.exit, problem.text);
	/* Where no page can be written later, it is said now. */
	if (code == CLI_OK && batch_record_write(r, problem.text, sizeof(problem.text)))
		code = refuse(events, CLI_USAGE, problem.text);
	if (code == CLI_OK)
		code = find_controllers(r);
	if (code == CLI_OK)
		code = go(r);

	for (size_t i = 0; i < r->unit_count; i++)
		batch_want_free(&r->units[i].want);
	free(r->units);
	batch_free(&r->batch);
	html_report_free(r->html);
	if (r->sites)
		bytes_wipe(r->sites, r->site_count * sizeof(*r->sites));
	free(r->sites);
	batch_list_free(&list);
	batch_want_free(&match);
	bytes_wipe(r, sizeof(*r));
	return code;
}
