/* SPDX-License-Identifier: MIT */
/* What came of the whole job. */
#pragma once

#include "batch/job.h"

/* The outcome: exit code, text with the counts, why the job stopped, what to do. */
void batch_summary_outcome(const struct batch_job *job, struct outcome *outcome);

/* Emits the summary event (docs/json.md). */
void batch_summary_emit(const struct batch_job *job);

/* Parts per million. */
double batch_summary_ppm(size_t part, size_t whole);

/* What each controller did, and how it was interrupted: "controllers" of docs/json.md. */
json_t *batch_summary_controllers(const struct batch_job *job);
