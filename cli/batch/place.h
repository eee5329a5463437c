/* SPDX-License-Identifier: MIT */
/*
 * The places of a fixture. A row's "slot" is the name that --bind gives to a controller, or a
 * controller of the job itself; only that controller may connect the row's unit. How strong a
 * signal is does not show in which place a device lies.
 */
#pragma once

#include "batch/job.h"

/* Every controller of --bind is one of the job. 0 or -1. */
int batch_place_check(const struct batch_job *job, struct failure *failure);

/*
 * Finds the controller of a slot, which is not out of service; NULL: spec has no slot. 0, or -1:
 * there is none. list begins the message.
 */
int batch_place_find(struct batch_job *job, const struct batch_unit_spec *spec, const char *list,
		     const struct batch_controller **controller, struct failure *failure);

/*
 * Binds a unit that was added to the controller of its slot, if it has one. 0 or -1, as above.
 */
int batch_place_bind(struct batch_job *job, struct batch_unit *unit, const char *list,
		     struct failure *failure);
