/* SPDX-License-Identifier: MIT */
/* P-256 key pairs for coming sessions, generated while the loop has nothing else to do: no more
 * than there are units to connect. */
#pragma once

#include "batch/job.h"

/* Starts to generate, if sessions of the job need key pairs of their own. */
void batch_keypairs_start(struct batch_job *job);
/* A unit is being connected: its key pair may be missing, if it was not known or is tried again. */
void batch_keypairs_continue(struct batch_job *job);
void batch_keypairs_stop(struct batch_job *job);
/* Moves a key pair into the set-up of a session, if one is ready. */
void batch_keypairs_give(struct batch_job *job, struct session_setup *setup);
