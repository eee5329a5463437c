/* SPDX-License-Identifier: MIT */
/*
 * Results: all attempts that ended in one turn of the loop are stored in one transaction, and only
 * then announced and passed to the scheduler. A unit that is announced as paired is on the disk.
 */
#pragma once

#include "batch/job.h"

void batch_record_init(struct batch_job *job);

/* The attempt of a slot has ended: the slot is in the queue until its result is stored. */
void batch_record_attempt(struct batch_slot *slot, enum batch_end end, int code);

/*
 * Stores what is in the queue, one write at a time, and announces it when that is complete; called
 * by a timer.
 */
void batch_record_pending(struct batch_job *job);

/* Gives up a waiting unit. */
void batch_record_unseen(struct batch_job *job, struct batch_unit *unit);

/* Announces that a unit is paired already: it is not connected. */
void batch_record_paired_before(struct batch_job *job, struct batch_unit *unit);

/* At the end of a run: announces a unit that has no final result. */
void batch_record_left(struct batch_job *job, struct batch_unit *unit);

/* Runs the loop until all results are stored and announced: after the last controller. */
void batch_record_finish(struct batch_job *job);
