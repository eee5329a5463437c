/* SPDX-License-Identifier: MIT */
/*
 * store_access lookup FILE: finds bonds of a store by identity address, by address on air and by a
 * resolvable address, and prints the mean CPU time of each in microseconds, with that of an
 * address that nobody has.
 *
 * store_access write FILE: writes attempts until standard input ends, and prints how many, and the
 * longest time of one in milliseconds.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "store/store.h"

#define SAMPLE 200
#define RPAS   10 /* each may take as long as there are bonds */

static struct store store;
static struct failure failure;
static struct bond_record sample[SAMPLE];
static size_t count;

static int fail(void)
{
	(void)fprintf(stderr, "store_access: %s\n", failure.text);
	return 1;
}

/* Every so many bonds one, so that they are all over the store. */
static int take_sample(void)
{
	struct bond_record record;
	int64_t id = 0;
	int status;
	size_t all = 0, i = 0;

	while ((status = store_next(&store, 0, &id, &record, &failure)) == 1)
		all++;
	for (id = 0; status == 0 && count < SAMPLE; i++) {
		status = store_next(&store, 0, &id, &record, &failure);
		if (status != 1)
			break;
		status = 0;
		if (i % (all / SAMPLE + 1) == 0)
			sample[count++] = record;
	}
	return status;
}

/* The mean CPU time of a lookup; expected: 1 or 0. Negative: it failed. */
static double time_lookups(const struct crypto_address *addresses, size_t n, int expected)
{
	struct bond_record found;
	clock_t begin = clock();

	for (size_t i = 0; i < n; i++)
		if (store_find_by_air_address(&store, &addresses[i], &found, NULL, &failure) !=
		    expected)
			return -1;
	return (double)(clock() - begin) * 1e6 / CLOCKS_PER_SEC / (double)n;
}

static int look_up(void)
{
	static struct crypto_address identities[SAMPLE], on_air[SAMPLE], unknown[SAMPLE],
		rpas[RPAS];

	if (take_sample() || count < RPAS)
		return fail();
	for (size_t i = 0; i < count; i++) {
		identities[i] = unknown[i] = *bond_identity(&sample[i]);
		on_air[i] = sample[i].peer;
		unknown[i].octets[0] ^= 0xff;
	}
	for (size_t i = 0; i < RPAS; i++)
		if (address_make_resolvable(&rpas[i], sample[i * (count / RPAS)].bond.peer.irk))
			return fail();
	printf("%.1f %.1f %.1f %.1f\n", time_lookups(identities, count, 1),
	       time_lookups(on_air, count, 1), time_lookups(unknown, count, 0),
	       time_lookups(rpas, RPAS, 1));
	return 0;
}

static void note(struct store_request *request)
{
	*(struct failure *)request->ctx = request->failure;
}

static int write_attempts(void)
{
	struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};
	uint64_t longest = 0;
	unsigned n = 0;

	attempt_init(&attempt, "failed", CLI_NOT_FOUND, "bench", ATTEMPT_NONE);
	while (poll(&end, 1, 20) == 0) {
		struct store_request request = {.done = note, .ctx = &failure};
		uint64_t begin = clock_now();
		store_request_write(&store, &request, &entry, 1);
		if (request.result)
			return fail();
		if (clock_now() - begin > longest)
			longest = clock_now() - begin;
		n++;
	}
	printf("%u %.1f\n", n, (double)longest / 1000);
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc != 3 || crypto_init() || store_init(&store, argv[2], &failure))
		return fail();
	int status = strcmp(argv[1], "write") == 0 ? write_attempts() : look_up();
	store_close(&store);
	return status;
}
