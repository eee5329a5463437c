/* SPDX-License-Identifier: MIT */
/*
 * The number of connection events of a pairing equals the minimum that the order of messages
 * allows. An answer goes out in the next event at the earliest, so the minimum is the number of
 * times that the sender changes, including the Link Layer's encryption procedure (Core Vol 3 Part H
 * Appendix C, Vol 6 Part D 6.6).
 */
#include <stdio.h>
#include <string.h>

#include "sim/device.h"
#include "sim/radio.h"
#include "sim/sim.h"

/* A bar separates events; the central and the peripheral send in turn. */
#define FEATURES "request|response|"
#define ENCRYPT	 "LL_ENC_REQ|LL_ENC_RSP LL_START_ENC_REQ|LL_START_ENC_RSP|LL_START_ENC_RSP "
#define KEYS	 "keys|keys"
#define LEGACY	 FEATURES "confirm|confirm|random|random|" ENCRYPT KEYS
#define CHECKS	 "check|check|"
#define SC	 FEATURES "key|key confirm|random|random|" CHECKS ENCRYPT KEYS
#define SC_OOB	 FEATURES "key|key|random|random|" CHECKS ENCRYPT KEYS
#define ROUND	 "confirm|confirm|random|random|"
#define ROUNDS_5 ROUND ROUND ROUND ROUND ROUND
#define SC_KEY	 FEATURES "key|key|" ROUNDS_5 ROUNDS_5 ROUNDS_5 ROUNDS_5 CHECKS ENCRYPT KEYS

struct pairing_scenario {
	const char *name, *options;
	enum smp_io io; /* of the device */
	enum smp_sc sc;
	bool tk, oob;
	const char *method, *chart;
};

#define TK "--oob tk=000102030405060708090a0b0c0d0e0f"

static const struct pairing_scenario scenarios[] = {
	{"legacy Just Works", "--sc off --io none", SMP_IO_NO_INPUT_NO_OUTPUT, SMP_SC_OFF, false,
	 false, "just_works", LEGACY},
	{"legacy passkey, we show", "--sc off --io display --passkey 123456", SMP_IO_KEYBOARD_ONLY,
	 SMP_SC_OFF, false, false, "passkey_we_show", LEGACY},
	{"legacy passkey, we type", "--sc off --io keyboard --passkey 123456", SMP_IO_DISPLAY_ONLY,
	 SMP_SC_OFF, false, false, "passkey_we_type", LEGACY},
	{"legacy out of band", "--sc off --io none " TK, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_SC_OFF,
	 true, false, "oob", LEGACY},
	{"Just Works", "--sc only --io none", SMP_IO_NO_INPUT_NO_OUTPUT, SMP_SC_ONLY, false, false,
	 "just_works", SC},
	{"numeric comparison", "--sc only --io display-yesno --confirm yes", SMP_IO_DISPLAY_YES_NO,
	 SMP_SC_ONLY, false, false, "numeric_comparison", SC},
	{"passkey, we show", "--sc only --io display --passkey 123456", SMP_IO_KEYBOARD_ONLY,
	 SMP_SC_ONLY, false, false, "passkey_we_show", SC_KEY},
	{"passkey, we type", "--sc only --io keyboard --passkey 123456", SMP_IO_DISPLAY_ONLY,
	 SMP_SC_ONLY, false, false, "passkey_we_type", SC_KEY},
	{"out of band", "--sc only --io none", SMP_IO_NO_INPUT_NO_OUTPUT, SMP_SC_ONLY, false, true,
	 "oob", SC_OOB},
};

static struct sim_device device;
static struct crypto_keypair keypair;

static int begin(void **state)
{
	static const struct radio radio = {.seed = 1};

	if (sim_begin(state) || crypto_p256_generate(&keypair, crypto_random, NULL))
		return -1;
	radio_on(&radio);
	const struct crypto_address address = raw_peer_address("C0:FF:EE:00:00:02/random");
	sim_device_begin(&device, &address);
	return 0;
}

static uint64_t least(const char *chart)
{
	uint64_t events = 1;

	for (; *chart; chart++)
		events += *chart == '|';
	return events;
}

/* Configures the device; returns the options of the program. Out of band: only the program has
 * data. */
static const char *set_up(const struct pairing_scenario *scenario)
{
	static char options[256];
	char hex[2][33];
	uint8_t confirm[16];

	device.io = scenario->io;
	device.sc = scenario->sc;
	device.passkey = 123456;
	device.keypair = &keypair;
	if (scenario->io != SMP_IO_NO_INPUT_NO_OUTPUT)
		device.mitm = SMP_MITM_PREFER;
	device.oob.has_tk = scenario->tk;
	for (uint8_t i = 0; i < 16; i++)
		device.oob.tk[i] = (uint8_t)(15 - i);
	if (!scenario->oob)
		return scenario->options;
	device.oob.has_own = true;
	memset(device.oob.own_random, 7, 16);
	assert_int_equal(crypto_f4(keypair.public_key, keypair.public_key, device.oob.own_random, 0,
				   confirm),
			 0);
	for (size_t i = 0; i < 16; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", confirm[15 - i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", device.oob.own_random[15 - i]);
	}
	(void)snprintf(options, sizeof(options), "%s --oob confirm=%s,random=%s", scenario->options,
		       hex[0], hex[1]);
	return options;
}

/* The device counts up to the last PDU that it received; as a central it sends the last one. */
static void assert_minimum(const struct pairing_scenario *scenario, bool device_is_central)
{
	uint64_t events = device.last_event - device.first_event + 1 + device_is_central;

	assert_true(device.paired);
	print_message("%-24s %llu connection events, %llu at least\n", scenario->name,
		      (unsigned long long)events, (unsigned long long)least(scenario->chart));
	assert_int_equal(events, least(scenario->chart));
}

static void test_central(void **state)
{
	const struct pairing_scenario *scenario = *state;
	char address[32];

	program_start("%s %s", set_up(scenario), raw_peer_text(&device.air.address, address));
	sim_device_advertise(&device);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("method"), scenario->method);
	assert_minimum(scenario, false);
}

static void test_peripheral(void **state)
{
	const struct pairing_scenario *scenario = *state;

	program_start("listen --count 1 %s", set_up(scenario));
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	sim_device_connect(&device, &sim.controller.air.address);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("method"), scenario->method);
	assert_minimum(scenario, true);
}

/* ---- A bad link ------------------------------------------------------------------------------ */

/* Lost packets cost connection events only. */
static void test_lost_packets_only_cost_events(void **state)
{
	static const struct radio bad = {.loss = 200, .seed = 7};
	char address[32];

	(void)state;
	radio_on(&bad);
	program_start("%s %s", set_up(&scenarios[0]), raw_peer_text(&device.air.address, address));
	sim_device_advertise(&device);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_true(device.paired);
	assert_true(device.last_event - device.first_event + 1 > least(scenarios[0].chart));
}

/* When no packet gets through the link is not established: blepair tries again, then reports it. */
static void test_a_link_that_is_never_established(void **state)
{
	static const struct radio dead = {.loss = 1000, .seed = 7};
	char address[32];

	(void)state;
	radio_on(&dead);
	program_start("%s %s", set_up(&scenarios[0]), raw_peer_text(&device.air.address, address));
	sim_device_advertise(&device);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_int_equal(program_reason(), 0x3e);
	assert_int_equal(device.links, 5);
}

int main(void)
{
	struct CMUnitTest tests[2 * COUNT(scenarios) + 2];
	char names[2 * COUNT(scenarios)][80];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(scenarios); i++) {
		(void)snprintf(names[n], sizeof(names[n]), "central: %s", scenarios[i].name);
		tests[n] = (struct CMUnitTest){names[n], test_central, begin, sim_end,
					       (void *)(uintptr_t)&scenarios[i]};
		n++;
		(void)snprintf(names[n], sizeof(names[n]), "peripheral: %s", scenarios[i].name);
		tests[n] = (struct CMUnitTest){names[n], test_peripheral, begin, sim_end,
					       (void *)(uintptr_t)&scenarios[i]};
		n++;
	}
#define TEST(name) (struct CMUnitTest) cmocka_unit_test_setup_teardown(name, begin, sim_end)
	tests[n++] = TEST(test_lost_packets_only_cost_events);
	tests[n++] = TEST(test_a_link_that_is_never_established);
	return _cmocka_run_group_tests("sim/events", tests, n, NULL, NULL);
}
