/* SPDX-License-Identifier: MIT */
#include "batch/keypairs.h"

#include "crypto/bytes.h"

/* One at a time: other events of the loop come in between. */
static void generate(void *ctx)
{
	struct batch_job *job = ctx;

	if (job->keypair_count == BATCH_KEYPAIRS || job->scheduler.stop != BATCH_RUNNING ||
	    crypto_p256_generate(&job->keypairs[job->keypair_count], crypto_random, NULL) !=
		    CRYPTO_OK)
		return;
	if (++job->keypair_count < BATCH_KEYPAIRS)
		loop_timer_start(&job->runtime.loop, &job->keypair_timer, 0);
}

void batch_keypairs_start(struct batch_job *job)
{
	job->keypair_timer = (struct loop_timer){.fire = generate, .ctx = job};
	if (job->options->sc != SMP_SC_OFF && !job->options->oob_own)
		loop_timer_start(&job->runtime.loop, &job->keypair_timer, 0);
}

void batch_keypairs_stop(struct batch_job *job)
{
	loop_timer_stop(&job->runtime.loop, &job->keypair_timer);
}

void batch_keypairs_give(struct batch_job *job, struct session_setup *setup)
{
	if (!job->keypair_count)
		return;
	setup->own_keypair = job->keypairs[--job->keypair_count];
	setup->keypair = &setup->own_keypair;
	bytes_wipe(&job->keypairs[job->keypair_count], sizeof(job->keypairs[0]));
	if (!job->keypair_timer.at)
		loop_timer_start(&job->runtime.loop, &job->keypair_timer, 0);
}
