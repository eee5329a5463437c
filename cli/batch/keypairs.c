/* SPDX-License-Identifier: MIT */
#include "batch/keypairs.h"

#include "crypto/bytes.h"

/* How many links will need one, as far as is known. */
static size_t needed(const struct batch_job *job)
{
	const struct batch_scheduler *s = &job->scheduler;
	size_t units = s->counts[BATCH_WAITING] + s->counts[BATCH_READY] + s->counts[BATCH_RESTING];

	if (s->match || s->more)
		return BATCH_KEYPAIRS;
	for (size_t i = 0; i < job->controller_count; i++)
		units += job->controllers[i].connecting != NULL;
	return units < BATCH_KEYPAIRS ? units : BATCH_KEYPAIRS;
}

/* One at a time: other events of the loop come in between. */
static void generate(void *ctx)
{
	struct batch_job *job = ctx;

	if (job->keypair_count >= needed(job) || job->scheduler.stop != BATCH_RUNNING ||
	    crypto_p256_generate(&job->keypairs[job->keypair_count], crypto_random, NULL) !=
		    CRYPTO_OK)
		return;
	job->keypair_count++;
	batch_keypairs_continue(job);
}

void batch_keypairs_continue(struct batch_job *job)
{
	if (job->keypair_timer.fire && !job->keypair_timer.at && job->keypair_count < needed(job))
		loop_timer_start(&job->runtime.loop, &job->keypair_timer, 0);
}

void batch_keypairs_start(struct batch_job *job)
{
	if (job->options->sc == SMP_SC_OFF || job->options->oob_own)
		return;
	job->keypair_timer = (struct loop_timer){.fire = generate, .ctx = job};
	batch_keypairs_continue(job);
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
	batch_keypairs_continue(job);
}
