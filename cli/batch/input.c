/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/text.h"
#include "batch/controller.h"
#include "batch/place.h"
#include "batch/record.h"
#include "crypto/bytes.h"

/* A unit that came by a row. */
struct batch_row {
	struct batch_unit unit;
	struct batch_job *job;
	struct loop_timer patience; /* until it is given up if it is not seen */
};

#define BY_EARLIER_PROCESS (-1)
#define NOT_KNOWN	   (-2)

/* ---- Answers --------------------------------------------------------------------------------- */

static void answer(const struct batch_input *in, const char *class, const char *text)
{
	event_emit(in->job->events,
		   json_pack("{s:s, s:i, s:s, s:o}", "event", "row", "line", (int)in->rows.line,
			     "class", class, "text", text_json(text)));
}

static void refuse(struct batch_input *in, const struct failure *failure)
{
	in->refused++;
	answer(in, cli_exit_slug(failure->exit), failure->text);
}

/* ---- Units that the job has ------------------------------------------------------------------ */

static int index_at(const struct batch_input *in, const char *key)
{
	const json_t *index = json_object_get(in->keys, key);

	return index ? (int)json_integer_value(index) : NOT_KNOWN;
}

/* By key; an address without a type is the same unit as the one with it. */
static int find(const struct batch_input *in, const struct batch_unit_spec *spec)
{
	char key[BATCH_UNIT_NAME];
	struct batch_unit_spec other = *spec;
	int index = index_at(in, batch_unit_key(spec, key));

	if (index != NOT_KNOWN || !spec->has_address)
		return index;
	other.typed = !spec->typed;
	if (spec->typed)
		return index_at(in, batch_unit_key(&other, key));
	other.address.type = ADDRESS_PUBLIC;
	index = index_at(in, batch_unit_key(&other, key));
	if (index != NOT_KNOWN)
		return index;
	other.address.type = ADDRESS_RANDOM;
	return index_at(in, batch_unit_key(&other, key));
}

static void remember_done(void *ctx, const char *unit, enum store_state state, unsigned attempts)
{
	struct batch_input *in = ctx;

	(void)attempts;
	if (state == STORE_DONE)
		(void)json_object_set_new(in->keys, unit, json_integer(BY_EARLIER_PROCESS));
}

/* Room for one more unit. NULL: no memory. */
static struct batch_row *new_row(struct batch_input *in)
{
	struct batch_row *row;

	if (in->count == in->room) {
		const size_t room = in->room ? 2 * in->room : 64;
		struct batch_row **more = reallocarray(in->units, room, sizeof(struct batch_row *));
		if (!more)
			return NULL;
		in->units = more;
		in->room = room;
	}
	row = calloc(1, sizeof(*row));
	if (row)
		row->job = in->job;
	return row;
}

static void keep(struct batch_input *in, struct batch_row *row)
{
	char key[BATCH_UNIT_NAME];

	(void)json_object_set_new(in->keys, batch_unit_key(&row->unit.spec, key),
				  json_integer((json_int_t)in->count));
	in->units[in->count++] = row;
}

/* ---- Units that are not seen ----------------------------------------------------------------- */

static uint64_t time_limit(const struct batch_job *job)
{
	return (uint64_t)(job->options->scan_timeout * 1e6);
}

/* When the time of a unit began, in which it must be seen. 0: no controller is left to see it. */
static uint64_t waiting_since(const struct batch_scheduler *s, const struct batch_unit *unit)
{
	const uint64_t heard = batch_heard_since(s, unit);
	uint64_t since = unit->last_seen > unit->started ? unit->last_seen : unit->started;

	/* Its attempts have limits of their own, and so has a controller that is away. */
	if (unit->state != BATCH_WAITING || batch_is_unheard(s, unit))
		return clock_now();
	return heard > since ? heard : since;
}

static void lose_patience(void *ctx)
{
	struct batch_row *row = ctx;
	const struct batch_unit *unit = &row->unit;
	struct batch_job *job = row->job;
	uint64_t since;

	if (unit->state >= BATCH_PAIRED || job->scheduler.stop != BATCH_RUNNING)
		return;
	since = waiting_since(&job->scheduler, unit);
	if (since && since + time_limit(job) > clock_now()) {
		loop_timer_start_at(&job->runtime.loop, &row->patience, since + time_limit(job));
		return;
	}
	batch_record_unseen(job, &row->unit);
	batch_schedule_soon(job);
}

static void wait_for(struct batch_row *row)
{
	loop_timer_stop(&row->job->runtime.loop, &row->patience);
	row->patience = (struct loop_timer){.fire = lose_patience, .ctx = row};
	if (time_limit(row->job))
		loop_timer_start(&row->job->runtime.loop, &row->patience, time_limit(row->job));
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* The row owns what spec points to from here on. */
static void move_spec(struct batch_row *row, struct batch_unit_spec *spec)
{
	batch_unit_spec_free(&row->unit.spec);
	row->unit.spec = *spec;
	bytes_wipe(spec, sizeof(*spec));
}

/* A new unit, or one that has failed. 0, or -1: the row is refused. */
static int begin(struct batch_input *in, struct batch_row *row, struct batch_unit_spec *spec,
		 struct failure *failure)
{
	struct batch_scheduler *s = &in->job->scheduler;
	const bool again = row->unit.state == BATCH_FAILED;
	const struct batch_controller *c;

	if (batch_place_find(in->job, spec, in->rows.name, &c, failure))
		return -1;
	move_spec(row, spec);
	if (again)
		batch_retry_unit(s, &row->unit);
	else if (batch_add_unit(s, &row->unit))
		return failure_set(failure, CLI_INTERNAL, "%s: line %u: no memory for the unit",
				   in->rows.name, in->rows.line);
	if (c)
		batch_bind_unit(s, &row->unit, c->index);
	wait_for(row);
	in->begun = true;
	return 0;
}

/* Its line number starts anew in each process: it would be taken for another unit. */
static bool has_no_lasting_key(const struct batch_input *in, const struct batch_unit_spec *spec)
{
	return in->job->options->job_name && !store_keeps_nothing(in->job->store) &&
	       !spec->has_address && !spec->label;
}

static int add(struct batch_input *in, struct batch_unit_spec *spec, bool done,
	       struct failure *failure)
{
	struct batch_job *job = in->job;
	const struct batch_controller *c;
	struct batch_row *row;

	if (has_no_lasting_key(in, spec))
		return failure_set(failure, CLI_USAGE,
				   "%s: line %u: with --run, a row needs an address or a label",
				   in->rows.name, in->rows.line);
	if (done && batch_place_find(job, spec, in->rows.name, &c, failure))
		return -1;
	row = new_row(in);
	if (!row)
		return failure_set(failure, CLI_INTERNAL, "%s: line %u: no memory for the unit",
				   in->rows.name, in->rows.line);
	if (!done && begin(in, row, spec, failure)) {
		batch_unit_spec_free(&row->unit.spec);
		free(row);
		return -1;
	}
	if (done) {
		move_spec(row, spec);
		batch_add_paired_before(&job->scheduler, &row->unit);
		job->paired_before++;
		batch_record_paired_before(job, &row->unit);
		batch_check_limits(&job->scheduler);
	}
	keep(in, row);
	return 0;
}

/* A scanner reads a code twice, or a person brings back a unit. */
static int repeat(struct batch_input *in, struct batch_row *row, struct batch_unit_spec *spec,
		  struct failure *failure)
{
	char key[BATCH_UNIT_NAME], text[BATCH_UNIT_NAME + 80];
	const struct batch_controller *c;

	if (row->unit.answered && row->unit.state == BATCH_FAILED)
		return begin(in, row, spec, failure);
	if (row->unit.answered) {
		if (batch_place_find(in->job, spec, in->rows.name, &c, failure))
			return -1;
		/* Its key in the store stays: the row may leave out the type of the address. */
		spec->address = row->unit.spec.address;
		spec->typed = row->unit.spec.typed;
		move_spec(row, spec);
		batch_record_paired_before(in->job, &row->unit);
		return 0;
	}
	(void)snprintf(text, sizeof(text), "%s: line %u: %s is in line %u already", in->rows.name,
		       spec->line, batch_unit_key(spec, key), row->unit.spec.line);
	answer(in, cli_exit_slug(CLI_OK), text);
	return 0;
}

static void take_row(struct batch_input *in, const char *text, size_t len)
{
	struct batch_unit_spec spec;
	struct failure failure;
	int status = batch_rows_take(&in->rows, text, len, &spec, &failure);

	if (status == 1) {
		const int index = find(in, &spec);
		status = index >= 0 ? repeat(in, in->units[index], &spec, &failure)
				    : add(in, &spec, index == BY_EARLIER_PROCESS, &failure);
	}
	if (status < 0)
		refuse(in, &failure);
	batch_unit_spec_free(&spec);
}

/* ---- Standard input -------------------------------------------------------------------------- */

static void end(struct batch_input *in)
{
	struct failure failure;

	batch_input_stop(in);
	if (!in->count && !in->refused) {
		(void)failure_set(&failure, CLI_USAGE,
				  "%s: no units; expected CSV with a header, or JSON lines",
				  in->rows.name);
		refuse(in, &failure);
	}
	batch_no_more(&in->job->scheduler);
}

/* Units came, which devices that were seen already may be. */
static void look_again(struct batch_input *in)
{
	struct batch_job *job = in->job;

	for (size_t i = 0; in->begun && i < job->controller_count; i++)
		batch_controller_rescan(&job->controllers[i]);
	in->begun = false;
	batch_schedule_soon(job);
}

/* Takes the rows that are complete, and keeps the beginning of the next one. */
static void take_rows(struct batch_input *in)
{
	char *at = in->buffer, *eol;

	while ((eol = memchr(at, '\n', in->len))) {
		const size_t len = (size_t)(eol - at);
		if (!in->too_long)
			take_row(in, at, len);
		in->too_long = false;
		at += len + 1;
		in->len -= len + 1;
	}
	if (in->len == sizeof(in->buffer) || in->too_long) {
		if (!in->too_long)
			take_row(in, at, in->len); /* which refuses it */
		in->too_long = true;
		in->len = 0;
	}
	memmove(in->buffer, at, in->len);
	bytes_wipe(in->buffer + in->len, sizeof(in->buffer) - in->len);
}

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	const struct batch_input *in = ctx;

	if (!max || in->job->scheduler.stop != BATCH_RUNNING)
		return 0;
	fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	return 1;
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct batch_input *in = ctx;
	struct failure failure;
	ssize_t got = read(STDIN_FILENO, in->buffer + in->len, sizeof(in->buffer) - in->len);

	(void)fds;
	(void)count;
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got < 0) {
		(void)failure_set(&failure, CLI_INTERNAL, "%s: cannot read: %s", in->rows.name,
				  strerror(errno));
		refuse(in, &failure);
	}
	if (got > 0) {
		in->len += (size_t)got;
		take_rows(in);
	} else {
		if (in->len)
			take_row(in, in->buffer, in->len);
		end(in);
	}
	look_again(in);
}

/* ---- Start and end --------------------------------------------------------------------------- */

int batch_input_init(struct batch_input *in, struct batch_job *job, struct failure *failure)
{
	*in = (struct batch_input){.job = job, .keys = json_object()};
	in->source = (struct loop_source){.watch = watch, .ready = ready, .ctx = in};
	if (batch_rows_init(&in->rows, "stdin", BATCH_ROW_MAX) || !in->keys)
		return failure_set(failure, CLI_INTERNAL, "stdin: no memory");
	job->scheduler.more = true;
	job->active_scan = true; /* a row may be about a name, which comes in scan responses */
	return store_units(job->store, job->name, remember_done, in, failure) < 0 ? -1 : 0;
}

void batch_input_free(struct batch_input *in)
{
	for (size_t i = 0; i < in->count; i++) {
		batch_unit_spec_free(&in->units[i]->unit.spec);
		free(in->units[i]);
	}
	free(in->units);
	json_decref(in->keys);
	batch_rows_free(&in->rows);
	bytes_wipe(in, sizeof(*in));
}

void batch_input_start(struct batch_input *in)
{
	loop_add(&in->job->runtime.loop, &in->source);
}

void batch_input_stop(struct batch_input *in)
{
	loop_remove(&in->job->runtime.loop, &in->source);
}

void batch_input_answer_left(struct batch_input *in)
{
	for (size_t i = 0; i < in->count; i++)
		if (!in->units[i]->unit.answered)
			batch_record_left(in->job, &in->units[i]->unit);
}
