/* SPDX-License-Identifier: MIT */
#include "batch/place.h"

#include <stdio.h>
#include <string.h>

/* The controller of this name, which may be that of the same dongle at the kernel; NULL: none. */
static struct batch_controller *find_controller(const struct batch_job *job, const char *spec)
{
	for (size_t i = 0; i < job->controller_count; i++) {
		struct batch_controller *c = &job->controllers[i];
		if (strcmp(c->spec, spec) == 0 || (*c->other_spec && !strcmp(c->other_spec, spec)))
			return c;
	}
	return NULL;
}

/* The controller that --bind gives to a slot; else the slot names a controller itself. */
static const char *spec_of(const struct options *options, const char *slot)
{
	for (size_t i = 0; i < options->bind_count; i++) {
		const size_t len = strcspn(options->binds[i], "=");
		if (strlen(slot) == len && strncmp(options->binds[i], slot, len) == 0)
			return options->binds[i] + len + 1;
	}
	return slot;
}

int batch_place_check(const struct batch_job *job, struct failure *failure)
{
	const struct options *o = job->options;

	for (size_t i = 0; i < o->bind_count; i++) {
		const char *spec = strchr(o->binds[i], '=') + 1;
		if (!find_controller(job, spec))
			return failure_set(failure, CLI_USAGE,
					   "--bind %.120s: this run does not use the controller "
					   "%.120s; add -c %.120s",
					   o->binds[i], spec, spec);
	}
	return 0;
}

int batch_place_find(struct batch_job *job, const struct batch_unit_spec *spec, const char *list,
		     const struct batch_controller **controller, struct failure *failure)
{
	const char *slot = spec->slot;

	*controller = NULL;
	if (!slot)
		return 0;
	*controller = find_controller(job, spec_of(job->options, slot));
	if (!*controller)
		return failure_set(failure, CLI_USAGE,
				   "%s: line %u: no controller belongs to the slot \"%s\"; add "
				   "--bind %s=CONTROLLER, or write a controller of -c",
				   list, spec->line, slot, slot);
	if (job->scheduler.controllers[(*controller)->index].gone)
		return failure_set(failure, CLI_CONTROLLER_FAILED,
				   "%s: line %u: the controller of the slot \"%s\" is out of "
				   "service",
				   list, spec->line, slot);
	return 0;
}

int batch_place_bind(struct batch_job *job, struct batch_unit *unit, const char *list,
		     struct failure *failure)
{
	const struct batch_controller *c;

	if (batch_place_find(job, &unit->spec, list, &c, failure))
		return -1;
	if (c)
		batch_bind_unit(&job->scheduler, unit, c->index);
	return 0;
}
