/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/aggregate.h"

#include <stdlib.h>
#include <string.h>

#include "report/attempt_text.h"
#include "report/batch_report.h"

struct batch_report *batch_report_new(void)
{
	struct batch_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->positions = json_object();
	r->reasons = json_object();
	if (r->positions && r->reasons)
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
	}
	free(r->units);
	json_decref(r->positions);
	json_decref(r->reasons);
	json_decref(r->station);
	free(r);
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

void report_count(json_t *counts, const char *key)
{
	json_int_t before = json_integer_value(json_object_get(counts, key));

	(void)json_object_set_new(counts, key, json_integer(before + 1));
}

void batch_report_add(struct batch_report *r, json_t *attempt)
{
	struct report_unit *unit = unit_of(r, report_unit_name(attempt));
	char reason[REPORT_REASON];

	if (!unit) {
		r->incomplete = true;
		json_decref(attempt);
		return;
	}
	r->attempts++;
	unit->attempts++;
	r->interrupted +=
		strcmp(report_text(attempt, "class"), cli_exit_slug(CLI_CONTROLLER_FAILED)) == 0;
	if (!report_succeeded(attempt))
		report_count(r->reasons, report_reason(attempt, reason));
	/* Attempts may be added in any order: their times decide. */
	if (unit->last &&
	    strcmp(report_text(unit->last, "time"), report_text(attempt, "time")) > 0) {
		json_decref(attempt);
		return;
	}
	json_decref(unit->last);
	unit->last = attempt;
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
