/* SPDX-License-Identifier: MIT */
/* Repeated attempts, Core Vol 3 Part H 2.3.6. */
#include "smp/attempts.h"

/* A failure expires after this many times its wait, if no other follows. */
#define EXPIRY 4

/* The wait after this many failures, of which the first ones are free. */
static uint64_t wait_after(unsigned failures, unsigned free)
{
	return failures > free ? SMP_ATTEMPTS_FIRST_US << (failures - free - 1) : 0;
}

/* The entry without the failures that have expired by now. */
static struct smp_attempt expire(struct smp_attempt a, unsigned free, uint64_t now)
{
	while (a.failures) {
		uint64_t wait = wait_after(a.failures, free);
		uint64_t quiet = EXPIRY * (wait ? wait : SMP_ATTEMPTS_FIRST_US);
		if (now - a.since < quiet)
			break;
		a.since += quiet;
		a.failures--;
	}
	return a;
}

static uint64_t left(const struct smp_attempt *a, unsigned free, uint64_t now)
{
	uint64_t wait = wait_after(a->failures, free);

	return now - a->since < wait ? wait - (now - a->since) : 0;
}

/* The index of a device; -1: it has no entry. */
static int find(const struct smp_attempts *attempts, const struct crypto_address *peer)
{
	for (int i = 0; i < SMP_ATTEMPTS_PEERS; i++)
		if (attempts->peers[i].failures &&
		    crypto_address_equal(&attempts->peers[i].peer, peer))
			return i;
	return -1;
}

/* A free entry, or the one whose wait ends first: its failures still count in all. */
static int find_free(const struct smp_attempts *attempts, uint64_t now)
{
	int best = 0;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < SMP_ATTEMPTS_PEERS; i++) {
		struct smp_attempt a = expire(attempts->peers[i], 0, now);
		uint64_t wait = a.failures ? 1 + left(&a, 0, now) : 0;
		if (wait < least) {
			least = wait;
			best = i;
		}
	}
	return best;
}

static struct smp_attempt entry(const struct smp_attempts *attempts,
				const struct crypto_address *peer, uint64_t now)
{
	int i = find(attempts, peer);

	return i < 0 ? (struct smp_attempt){.peer = *peer} : expire(attempts->peers[i], 0, now);
}

uint64_t smp_attempts_wait(const struct smp_attempts *attempts, const struct crypto_address *peer,
			   uint64_t now)
{
	struct smp_attempt one = entry(attempts, peer, now);
	struct smp_attempt all = expire(attempts->all, SMP_ATTEMPTS_ALL_FREE, now);
	uint64_t a = left(&one, 0, now), b = left(&all, SMP_ATTEMPTS_ALL_FREE, now);

	return a > b ? a : b;
}

unsigned smp_attempts_failures(const struct smp_attempts *attempts,
			       const struct crypto_address *peer, uint64_t now)
{
	return entry(attempts, peer, now).failures;
}

bool smp_attempts_crowded(const struct smp_attempts *attempts, uint64_t now)
{
	return expire(attempts->all, SMP_ATTEMPTS_ALL_FREE, now).failures >= SMP_ATTEMPTS_ALL_FREE;
}

void smp_attempts_failed(struct smp_attempts *attempts, const struct crypto_address *peer,
			 uint64_t now)
{
	struct smp_attempt one = entry(attempts, peer, now);
	int i = find(attempts, peer);

	if (one.failures < SMP_ATTEMPTS_PEER_MAX)
		one.failures++;
	one.since = now;
	attempts->peers[i < 0 ? find_free(attempts, now) : i] = one;

	attempts->all = expire(attempts->all, SMP_ATTEMPTS_ALL_FREE, now);
	if (attempts->all.failures < SMP_ATTEMPTS_ALL_MAX)
		attempts->all.failures++;
	attempts->all.since = now;
}

void smp_attempts_succeeded(struct smp_attempts *attempts, const struct crypto_address *peer)
{
	int i = find(attempts, peer);

	if (i >= 0)
		attempts->peers[i].failures = 0;
}
