/* SPDX-License-Identifier: MIT */
/* One controller of a job: it scans, connects one unit at a time, and carries the links. */
#pragma once

#include "batch/job.h"

/* Opens the controller; spec, events and capture are set. */
void batch_controller_open(struct batch_controller *c);

/* Connects the next unit of the scheduler, or scans. */
void batch_controller_continue(struct batch_controller *c);

/*
 * Makes it report all devices again: some controllers report each device once, even with the filter
 * of duplicates off. It scans from the next batch_controller_continue() on.
 */
void batch_controller_rescan(struct batch_controller *c);

/* Resets it, or takes it out of service, if the scheduler suspects it. */
void batch_controller_check(struct batch_controller *c);

/* Cancels what is under way; why: the exit code of its sessions. */
void batch_controller_cancel(struct batch_controller *c, enum cli_exit why);

/* Gives it back, when nothing is under way. */
void batch_controller_finish(struct batch_controller *c);
