/* SPDX-License-Identifier: MIT */
/* Runs a job: connects its scheduler to controllers, limits of time, signals and the live view. */
#pragma once

#include "batch/job.h"

/*
 * Runs a job until it is over, and reports what came of it. options, events, store, name, units and
 * scheduler are set, and of each controller its spec, capture and index. Returns the exit code.
 */
enum cli_exit batch_run(struct batch_job *job);

/* Writes the report, if one is wanted. 0 or -1. */
int batch_run_write_report(const struct batch_job *job, struct failure *failure);
