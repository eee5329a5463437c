/* SPDX-License-Identifier: MIT */
/*
 * Pairing on air that loses packets, advertising included, beside what the link layer itself
 * allows. At the first attempt a link fails as often as CONNECT_IND or six connection events in a
 * row are lost, and for no other reason; a pairing takes as many connection events as the link
 * layer needs to repeat what was lost.
 *
 * BLEPAIR_SIM_TRIES sets the number of pairings at each loss (60) for scripts/bench, which prints
 * the table.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/device.h"
#include "sim/radio.h"
#include "sim/sim.h"

#define TRIES	  60
#define TRIES_MAX 100000
#define ESTABLISH 6 /* connection events, Vol 6 Part B 4.5.2 */
#define LINKS	  5 /* that blepair sets up when links are not established */

static const unsigned losses[] = {0, 50, 100, 200, 300}; /* of 1000 */

/*
 * The data PDUs of a pairing with Secure Connections (test/sim/events.c), the two ends in turn: a
 * public key takes three, "key, confirm" four; keys behind LL_START_ENC_RSP three.
 */
#define FEATURES 1, 1
#define CHECKS	 1, 1
#define ENCRYPT	 1, 2, 1, 3, 2 /* and the keys of both */
#define ROUND	 1, 1, 1, 1
#define ROUNDS_5 ROUND, ROUND, ROUND, ROUND, ROUND

static const uint8_t just_works[] = {FEATURES, 3, 4, 1, 1, CHECKS, ENCRYPT};
static const uint8_t passkey[] = {FEATURES, 3,	      3,      ROUNDS_5, ROUNDS_5,
				  ROUNDS_5, ROUNDS_5, CHECKS, ENCRYPT};

struct method {
	const char *name, *options;
	enum smp_io io; /* of the device */
	const uint8_t *turns;
	size_t count;
};

static const struct method methods[] = {
	{"Just Works", "--io none", SMP_IO_NO_INPUT_NO_OUTPUT, just_works, COUNT(just_works)},
	{"passkey", "--io display --passkey 123456", SMP_IO_KEYBOARD_ONLY, passkey, COUNT(passkey)},
};

static struct crypto_keypair keypair;

/* ---- What the link layer allows -------------------------------------------------------------- */

/* Both the central's PDU and the answer get through. */
static double both(double loss)
{
	return (1 - loss) * (1 - loss);
}

/* The central receives nothing: CONNECT_IND was lost, or its events were. */
static double not_established(double loss)
{
	return loss + (1 - loss) * pow(1 - both(loss), ESTABLISH);
}

/*
 * The mean number of connection events. Each failure ends an event. A PDU of the central takes
 * one exchange in which both get through, but the last of its turn only has to arrive; one of the
 * peripheral takes such an exchange. The peripheral sends its empty PDU again first, if that was
 * lost at the end of the central's turn (4.5.9). The device counts from the first PDU's arrival.
 */
static double least_events(const struct method *m, double loss)
{
	const double again = 1 / both(loss) - 1;
	double events = 0;

	for (size_t i = 0; i < m->count; i++) {
		const double pdus = m->turns[i];
		if (i % 2)
			events += 1 + (pdus + loss) * again;
		else
			events += 1 + (pdus - 1) * again + (i ? 1 / (1 - loss) - 1 : 0);
	}
	return events;
}

/* ---- What blepair does ----------------------------------------------------------------------- */

struct tries {
	size_t count, first, paired;
	double *times;	/* ms from the first "connecting" to the result, of those that paired */
	double *events; /* connection events of pairings at the first attempt */
};

static struct {
	uint64_t connecting, result;
	unsigned links;
} seen;

static void watch(void *ctx, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	(void)ctx;
	if (strcmp(name, "connecting") == 0 && !seen.links++)
		seen.connecting = world_now();
	if (strcmp(name, "result") == 0)
		seen.result = world_now();
}

static void pair_once(const struct method *m, unsigned loss, unsigned seed, struct tries *t)
{
	const struct radio radio = {.loss = loss, .advertising_loss = loss, .seed = seed};
	const struct crypto_address address = raw_peer_address("C0:FF:EE:00:00:02/random");
	static struct sim_device device;
	char text[32];

	assert_int_equal(sim_begin(NULL), 0);
	radio_on(&radio);
	sim_device_begin(&device, &address);
	device.io = m->io;
	device.sc = SMP_SC_ONLY;
	device.passkey = 123456;
	device.mitm = m->io == SMP_IO_KEYBOARD_ONLY ? SMP_MITM_PREFER : device.mitm;
	device.keypair = &keypair;
	sim_device_advertise(&device);
	memset(&seen, 0, sizeof(seen));
	program_start("--sc only %s %s", m->options, raw_peer_text(&address, text));
	program_listen(watch, NULL);
	const int code = sim_ends();
	if (code == CLI_OK) {
		assert_true(device.paired);
		if (seen.links == 1)
			t->events[t->first++] =
				(double)(device.last_event - device.first_event + 1);
		t->times[t->paired++] = (double)(seen.result - seen.connecting) / 1e3;
	} else {
		/* It says why, and tried as often as it promises. */
		assert_int_equal(code, CLI_CONNECTION_FAILED);
		assert_int_equal(program_reason(), 0x3e);
		assert_int_equal(seen.links, LINKS);
	}
	t->count++;
	assert_int_equal(sim_end(NULL), 0);
}

static size_t how_many(void)
{
	const char *text = getenv("BLEPAIR_SIM_TRIES");
	const size_t count = text ? strtoul(text, NULL, 10) : TRIES;

	assert_in_range(count, 1, TRIES_MAX);
	return count;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

static double deviation(const double *values, size_t count)
{
	const double middle = mean(values, count);
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (values[i] - middle) * (values[i] - middle);
	return count > 1 ? sqrt(sum / (double)(count - 1)) : 0;
}

static double part(const double *sorted, size_t count, double share)
{
	return sorted[(size_t)(share * (double)(count - 1))];
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/*
 * Four standard errors, and two hundredths of the events: links that are not established are left
 * out, among them those on which the first answer would have taken longest. The seeds are fixed, so
 * it fails always or never.
 */
static void assert_near(double value, double expected, double error, const char *what)
{
	if (fabs(value - expected) > 4 * error + 1e-9)
		fail_msg("%s: %.3f, the link layer: %.3f", what, value, expected);
}

static void check(const struct method *m, unsigned permille)
{
	const double loss = permille / 1e3, good = 1 - not_established(loss);
	const double in_the_end = 1 - pow(1 - good, LINKS);
	struct tries t = {.count = 0};
	const size_t tries = how_many();

	t.times = calloc(tries, sizeof(*t.times));
	t.events = calloc(tries, sizeof(*t.events));
	assert_true(t.times && t.events);
	for (unsigned i = 0; i < tries; i++)
		pair_once(m, permille, 1 + i, &t);
	const double n = (double)tries, first = (double)t.first / n, paired = (double)t.paired / n;
	const double events = mean(t.events, t.first), least = least_events(m, loss);
	qsort(t.times, t.paired, sizeof(*t.times), compare);
	print_message("%-10s loss %2u %% tries %zu first %5.1f %% (%5.1f) paired %5.1f %% (%5.1f) "
		      "events %6.1f (%6.1f) ms %6.0f median %6.0f 95th\n",
		      m->name, permille / 10, tries, 100 * first, 100 * good, 100 * paired,
		      100 * in_the_end, events, least, part(t.times, t.paired, 0.5),
		      part(t.times, t.paired, 0.95));
	assert_near(first, good, sqrt(good * (1 - good) / n), "paired at the first attempt");
	assert_near(paired, in_the_end, sqrt(in_the_end * (1 - in_the_end) / n), "paired");
	assert_near(events, least,
		    deviation(t.events, t.first) / sqrt((double)t.first) + least / 200, "events");
	free(t.times);
	free(t.events);
}

static void only_the_link_layer_makes_a_first_attempt_fail(void **state)
{
	const struct method *m = *state;

	for (size_t i = 0; i < COUNT(losses); i++)
		check(m, losses[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{methods[0].name, only_the_link_layer_makes_a_first_attempt_fail, NULL, NULL,
		 (void *)(uintptr_t)&methods[0]},
		{methods[1].name, only_the_link_layer_makes_a_first_attempt_fail, NULL, NULL,
		 (void *)(uintptr_t)&methods[1]},
	};

	if (crypto_init() || crypto_p256_generate(&keypair, crypto_random, NULL))
		return 1;
	return cmocka_run_group_tests_name("sim/loss", tests, NULL, NULL);
}
