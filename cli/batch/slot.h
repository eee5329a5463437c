/* SPDX-License-Identifier: MIT */
/* A unit under way: the options of its session, and how that session ended. */
#pragma once

#include "batch/job.h"

/* Fills a free slot of a controller for an attempt with the unit; its state is CONNECTING then. */
void batch_slot_start(struct batch_slot *slot, struct batch_unit *unit);

/* The end that the outcome of the slot's session stands for. */
enum batch_end batch_slot_end(const struct batch_slot *slot);

/* Wipes secrets and frees the slot. */
void batch_slot_free(struct batch_slot *slot);
