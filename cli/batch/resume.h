/* SPDX-License-Identifier: MIT */
/* What the store has of a job: a job that was interrupted continues. */
#pragma once

#include "batch/job.h"
#include "batch/list.h"

/*
 * Finds the latest job of this name, or with --again the next free "NAME#2", "NAME#3"..., which
 * becomes the name of the job; and claims it, so that no other process can run it. 0 or -1.
 */
int batch_resume_claim(struct batch_job *job, struct failure *failure);

/*
 * Moves the units of a list into the job, those that are paired as such; excludes devices that were
 * paired; adds attempts of earlier processes to the report. 0 or -1.
 */
int batch_resume_load(struct batch_job *job, struct batch_list *list, struct failure *failure);
