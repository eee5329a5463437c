/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/aggregate.h"

#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "report/attempt_text.h"
#include "report/batch_report.h"

struct batch_report *batch_report_new(void)
{
	struct batch_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->positions = json_object();
	r->failures = calloc(REPORT_FAILURES, sizeof(*r->failures));
	if (r->positions && r->failures)
		return r;
	batch_report_free(r);
	return NULL;
}

void batch_report_free(struct batch_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		json_decref(r->units[i].last);
		json_decref(r->units[i].hook);
		free(r->units[i].part);
	}
	for (size_t i = 0; i < r->failure_count; i++) {
		json_decref(r->failures[i].example);
		free(r->failures[i].part);
	}
	free(r->units);
	free(r->failures);
	json_decref(r->positions);
	json_decref(r->station);
	free(r);
}

/* ---- Failures -------------------------------------------------------------------------------- */

struct report_failure *report_failure_of(const struct batch_report *r, const char *reason)
{
	for (size_t i = 0; i < r->failure_count; i++)
		if (strcmp(r->failures[i].reason, reason) == 0)
			return &r->failures[i];
	return r->failure_count < REPORT_FAILURES ? NULL : &r->failures[REPORT_FAILURES - 1];
}

static struct report_failure *failure_for(struct batch_report *r, const json_t *attempt)
{
	char reason[REPORT_REASON];
	struct report_failure *f = report_failure_of(r, report_reason(attempt, reason));

	if (f)
		return f;
	f = &r->failures[r->failure_count++];
	if (r->failure_count == REPORT_FAILURES)
		(void)strcpy(reason, "other reasons\n\n");
	memcpy(f->reason, reason, sizeof(f->reason));
	return f;
}

static char *copy_part(const char *part)
{
	return part && strlen(part) <= REPORT_PART ? strdup(part) : NULL;
}

/* The first one whose messages are known, else the first one. True: it is this attempt now. */
static bool take_example(struct report_failure *f, json_t *attempt, const char *part)
{
	if (f->example && (f->part || !part))
		return false;
	json_decref(f->example);
	f->example = json_incref(attempt);
	f->part = copy_part(part);
	return true;
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static struct report_unit *unit_of(struct batch_report *r, const char *name)
{
	const json_t *position = json_object_get(r->positions, name);

	if (position)
		return &r->units[json_integer_value(position)];
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct report_unit *more = reallocarray(r->units, room, sizeof(*more));
		if (!more)
			return NULL;
		r->units = more;
		r->room = room;
	}
	if (json_object_set_new(r->positions, name, json_integer((json_int_t)r->count)))
		return NULL;
	r->units[r->count] = (struct report_unit){0};
	return &r->units[r->count++];
}

/* Attempts may be added in any order: their times decide. */
static bool is_latest(const struct report_unit *unit, const json_t *attempt)
{
	return !unit->last ||
	       strcmp(report_text(unit->last, "time"), report_text(attempt, "time")) <= 0;
}

static void set_latest(struct batch_report *r, struct report_unit *unit, json_t *attempt,
		       const char *part, size_t example)
{
	json_decref(unit->last);
	unit->last = json_incref(attempt);
	r->parts -= unit->part != NULL;
	free(unit->part);
	unit->example = example;
	unit->part = !example && r->parts < REPORT_PARTS ? copy_part(part) : NULL;
	r->parts += unit->part != NULL;
}

void batch_report_add(struct batch_report *r, json_t *attempt, const char *part)
{
	struct report_unit *unit = unit_of(r, report_unit_name(attempt));
	size_t example = 0;

	if (!unit) {
		r->incomplete = true;
		json_decref(attempt);
		return;
	}
	r->attempts += report_is_attempt(attempt);
	unit->tries += report_counts(attempt);
	r->interrupted += report_is(attempt, CLI_CONTROLLER_FAILED);
	if (!report_succeeded(attempt)) {
		struct report_failure *f = failure_for(r, attempt);
		f->attempts += report_is_attempt(attempt);
		if (take_example(f, attempt, part))
			example = (size_t)(f - r->failures) + 1;
	}
	/* The unit of an earlier example is shown for itself. */
	for (size_t i = 0; example && i < r->count; i++)
		if (r->units[i].example == example)
			r->units[i].example = 0;
	if (is_latest(unit, attempt))
		set_latest(r, unit, attempt, part, example);
	json_decref(attempt);
}

void batch_report_begin(struct batch_report *r)
{
	r->before = r->attempts;
}

void batch_report_station(struct batch_report *r, json_t *controllers)
{
	json_decref(r->station);
	r->station = controllers;
}

void batch_report_hook(struct batch_report *r, const char *unit, const char *text)
{
	const json_t *position = json_object_get(r->positions, unit);

	if (!position)
		return;
	json_t **hook = &r->units[json_integer_value(position)].hook;
	json_decref(*hook);
	*hook = text ? json_string(text) : NULL;
}
