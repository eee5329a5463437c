/* SPDX-License-Identifier: MIT */
/* What came of the whole job. */
#pragma once

#include "batch/job.h"

/* The outcome: exit code, text with the counts, why the job stopped, what to do. */
void batch_summary_outcome(const struct batch_job *job, struct outcome *outcome);

/* Emits the summary event (docs/json.md). */
void batch_summary_emit(const struct batch_job *job);
