/* SPDX-License-Identifier: MIT */
/* The command of --hook (runtime/hook.h) after each unit of a job, and what came of it. */
#pragma once

#include "batch/job.h"

void batch_unit_hook_start(struct batch_job *job);

/*
 * Runs the hook of the job with the event of a unit whose result is final, which was reported;
 * takes the reference.
 */
void batch_unit_hook(struct batch_job *job, json_t *event);
