/* SPDX-License-Identifier: MIT */
#include "track/settled.h"

#include "analyse/recompute.h"
#include "crypto/bytes.h"
#include "smp/smp.h"

/* The host that waits disconnects when the timer has ended: that comes with it. */
#define SILENCE_US (SMP_TIMEOUT_US + EXPLAIN_SETTLED_US)

/* No key is due any more: Core Vol 3 Part H 3.6.1. */
static bool has_all_keys(const struct explain_attempt *attempt)
{
	struct explain_attempt so_far;
	struct explain_sequence_progress progress = {.complete = true};
	struct smp_features features = {0};

	explain_attempt_copy(&so_far, attempt);
	explain_attempt_finalize(&so_far);
	if (analyse_features(&so_far, &features))
		sequence_walk(&so_far, &features, &progress);
	explain_attempt_wipe(&so_far);
	return progress.complete;
}

static uint64_t later(uint64_t time_us, const struct explain_mark *mark)
{
	return mark_is_set(mark) && mark->time_us > time_us ? mark->time_us : time_us;
}

/* Of the pairing and the encryption; other packets do not matter. */
static uint64_t last_step(const struct explain_attempt *a)
{
	uint64_t time_us = later(0, &a->party[0].last);

	time_us = later(time_us, &a->party[1].last);
	time_us = later(time_us, &a->ltk_reply);
	return later(time_us, &a->encrypted);
}

static bool has_outcome(const struct explain_attempt *a)
{
	if (mark_is_set(&a->failed) || (mark_is_set(&a->ltk_reply) && a->ltk_refused))
		return true;
	if (!mark_is_set(&a->encrypted))
		return false;
	return a->encrypt_status || !a->pairing || has_all_keys(a);
}

/* The kernel's message about the end of a link follows at once. */
#define END_US 100000

/* When it is over if nothing comes. */
static uint64_t over_at(const struct explain_link *link)
{
	const struct explain_attempt *a = &link->attempt;

	if (!link->used)
		return EXPLAIN_NO_WAIT;
	if (link->over)
		return a->last.time_us + END_US;
	if (a->reported)
		return EXPLAIN_NO_WAIT;
	if (has_outcome(a))
		return last_step(a) + EXPLAIN_SETTLED_US;
	return a->pairing ? last_step(a) + SILENCE_US : EXPLAIN_NO_WAIT;
}

uint64_t track_settle(struct explain_tracker *t, uint64_t now_us)
{
	uint64_t wait = EXPLAIN_NO_WAIT;

	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links.links[i];
		const uint64_t at = over_at(link);
		if (at <= now_us && link->over)
			track_link_close(&t->links, link);
		else if (at <= now_us)
			track_link_report(&t->links, link, now_us);
		else if (at != EXPLAIN_NO_WAIT && at - now_us < wait)
			wait = at - now_us;
	}
	return wait;
}
