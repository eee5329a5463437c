/* SPDX-License-Identifier: MIT */
/* The live view of a job, on the terminal that is standard error. */
#pragma once

#include "batch/job.h"

/* Draws from now on, if standard error is a terminal and neither --json nor --quiet is given. */
void batch_progress_start(struct batch_job *job);
/* Something changed: draws soon. */
void batch_progress_update(struct batch_job *job);
/* Removes the view. */
void batch_progress_stop(struct batch_job *job);
