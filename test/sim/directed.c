/* SPDX-License-Identifier: MIT */
/*
 * Peers that direct their advertising: to our address on air, to a resolvable one that only our IRK
 * shows to be ours, or to another device. By legacy commands, and by extended ones.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "sim/device.h"
#include "sim/run_scenario.h"

#define PRIVACY	      (UINT64_C(1) << 6)
#define SCAN_POLICIES (UINT64_C(1) << 7)
#define CODED	      (UINT64_C(1) << 11)
#define EXTENDED      (UINT64_C(1) << 12)

#define PEER "C4:00:00:00:00:01"

static const uint8_t other_irk[16] = {0x77}, device_irk[16] = {1}; /* of sim/device.c */

static struct sim_device device;

/* How a test runs: the features of the controller, the peer's PHY, and whether it hides. */
static struct way {
	uint64_t features;
	uint8_t primary; /* 0: legacy advertising */
	bool hides;	 /* the peer has a resolvable address on air */
} way;

static const struct way ways[] = {
	{PRIVACY | SCAN_POLICIES, 0, false},
	{PRIVACY | SCAN_POLICIES, 0, true},
	{PRIVACY | SCAN_POLICIES | EXTENDED | CODED, 0, false},
	{PRIVACY | SCAN_POLICIES | EXTENDED | CODED, 0, true},
	{PRIVACY | SCAN_POLICIES | EXTENDED | CODED, AIR_CODED, false},
	{PRIVACY | SCAN_POLICIES | EXTENDED | CODED, AIR_CODED, true},
};

static void begin(const struct way *w)
{
	struct crypto_address on_air = raw_peer_address(PEER "/random");

	way = *w;
	assert_int_equal(sim_begin(NULL), 0);
	sim.controller.le_features |= way.features;
	if (way.hides)
		assert_int_equal(address_make_resolvable(&on_air, device_irk), 0);
	sim_device_begin(&device, &on_air);
	device.identity = raw_peer_address(PEER "/random");
	device.sc = SMP_SC_OFF;
}

static void end(void)
{
	(void)sim_end(NULL);
	run_scenario_forget();
}

static struct crypto_address resolvable(const uint8_t irk[16])
{
	struct crypto_address address;

	assert_int_equal(address_make_resolvable(&address, irk), 0);
	return address;
}

/* A bond with the device. */
static void pair_before(void)
{
	char address[32];

	sim_device_advertise(&device);
	program_start("%s %s", run_scenario_bonds(), raw_peer_text(&device.air.address, address));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_true(device.has_bond && device.received.has_irk);
	program_end();
}

static const json_t *last(const char *event, const char *field)
{
	return json_object_get(program_event(event), field);
}

/* ---- To us ----------------------------------------------------------------------------------- */

static void a_bond_is_verified_when_the_peer_calls_our_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		begin(&ways[i]);
		pair_before();
		const struct crypto_address ours = raw_peer_address(SIM_ADDRESS);
		air_advertise_to(&device.air, &ours, way.primary);
		program_start("%s verify " PEER, run_scenario_bonds());
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(device.used, 1);
		end();
	}
}

/* LE Directed Advertising Report, or an extended one: the controller has to resolve to connect. */
static void a_bond_is_verified_when_the_peer_calls_a_private_address_of_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(ways); i++) {
		begin(&ways[i / 2]);
		pair_before();
		const struct crypto_address ours = resolvable(device.received.irk);
		air_advertise_to(&device.air, &ours, way.primary);
		program_start("%s verify %s", run_scenario_bonds(), i % 2 ? "--all" : PEER);
		(void)program_expect("connecting", 10 * WORLD_S);
		assert_false(world_stack_holds(device.received.irk, 16));
		assert_false(world_stack_holds(device.bond.ltk, 16));
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(device.used, 1);
		assert_true(json_is_true(last("found", "directed")));
		end();
	}
}

/* The type of its address is given, which needs no search otherwise. */
static void a_peer_that_knows_our_irk_is_seen_before_it_is_called(void **state)
{
	(void)state;
	begin(&ways[0]);
	pair_before();
	const struct crypto_address ours = resolvable(device.received.irk);
	air_advertise_to(&device.air, &ours, 0);
	program_start("%s " PEER "/random", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "encrypted");
	end();
}

/* A pairing on such a link uses the addresses that both had on air (Vol 3 Part H 2.2.3). */
static void a_peer_may_pair_anew_through_a_private_address_of_ours(void **state)
{
	(void)state;
	begin(&ways[1]);
	pair_before();
	const struct crypto_address ours = resolvable(device.received.irk);
	device.has_bond = device.paired = false;
	air_advertise_to(&device.air, &ours, 0);
	program_start("%s --replace-bond --sc off " PEER, run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_int_equal(device.pairings, 2);
	end();
}

/* Our IRK is enough to be called by, while the peer has its identity address on air. */
static void a_peer_without_a_bond_can_be_paired_through_a_private_address_of_ours(void **state)
{
	(void)state;
	begin(&ways[0]);
	sim_device_advertise(&device);
	/* Legacy pairing without an LTK makes no bond. */
	program_start("%s --sc off --init-keys id --resp-keys id " PEER, run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	assert_true(device.received.has_irk);
	program_end();
	const struct crypto_address ours = resolvable(device.received.irk);
	device.has_bond = device.paired = false;
	air_advertise_to(&device.air, &ours, 0);
	program_start("%s --sc off " PEER, run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	end();
}

static void a_controller_that_cannot_resolve_says_so(void **state)
{
	struct way without = ways[0];

	(void)state;
	without.features &= ~PRIVACY;
	for (int all = 0; all < 2; all++) {
		begin(&without);
		pair_before();
		const struct crypto_address ours = resolvable(device.received.irk);
		air_advertise_to(&device.air, &ours, 0);
		program_start("%s verify --scan-timeout 3 %s", run_scenario_bonds(),
			      all ? "--all" : PEER);
		assert_int_equal(sim_ends(), CLI_NOT_FOUND);
		if (!all)
			assert_non_null(strstr(program_result("text"), "private address of ours"));
		assert_int_equal(device.links, 1);
		end();
	}
}

/* ---- To another device ----------------------------------------------------------------------- */

static void a_peer_that_calls_another_device_is_not_said_to_be_absent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		if (ways[i].hides)
			continue; /* it is not known without a bond */
		begin(&ways[i]);
		const struct crypto_address another = resolvable(other_irk);
		air_advertise_to(&device.air, &another, way.primary);
		program_start("--no-store --scan-timeout 3 " PEER);
		assert_int_equal(sim_ends(), CLI_NOT_FOUND);
		assert_non_null(strstr(program_result("text"), "directed to another device"));
		assert_int_equal(device.links, 0);
		end();
	}
}

static void verify_names_the_bonds_whose_peer_calls_another_device(void **state)
{
	bool named = false;
	const json_t *event;
	size_t n;

	(void)state;
	begin(&ways[1]);
	pair_before();
	const struct crypto_address another = resolvable(other_irk);
	air_advertise_to(&device.air, &another, 0);
	program_start("%s verify --all --scan-timeout 3", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	json_array_foreach(program_events(), n, event)
	{
		const char *text = json_string_value(json_object_get(event, "text"));
		named |= text && strstr(text, "directed to another device");
	}
	assert_true(named);
	end();
}

/* A batch cannot use the resolving list, because its scan goes on meanwhile. */
static void a_batch_names_units_that_call_another_device_or_a_private_address(void **state)
{
	static const char *const says[] = {
		"it advertises, but directed to another device",
		"it directs its advertising to a private address of ours: use verify"};
	char path[] = "/tmp/directed-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(file);
	fputs("address,label\n" PEER "/random,SN-1\n", file);
	assert_int_equal(fclose(file), 0);
	for (int ours = 0; ours < 2; ours++) {
		begin(&ways[0]);
		pair_before();
		const struct crypto_address target =
			resolvable(ours ? device.received.irk : other_irk);
		air_advertise_to(&device.air, &target, 0);
		program_start("batch %s %s --again --scan-timeout 3", path, run_scenario_bonds());
		assert_int_equal(sim_ends(), CLI_UNITS_FAILED);
		assert_string_equal(json_string_value(last("unit", "text")), says[ours]);
		assert_int_equal(device.links, 1);
		end();
	}
	(void)unlink(path);
}

/* Nor to an identity of another device, nor without the filter policy: no controller reports it. */
static void what_the_controller_does_not_report_is_not_seen(void **state)
{
	struct way without = ways[0];

	(void)state;
	without.features &= ~SCAN_POLICIES;
	for (int policy = 0; policy < 2; policy++) {
		begin(policy ? &ways[0] : &without);
		const struct crypto_address another =
			policy ? raw_peer_address("C0:00:00:00:00:09/random")
			       : resolvable(other_irk);
		air_advertise_to(&device.air, &another, 0);
		program_start("--no-store --scan-timeout 3 " PEER);
		assert_int_equal(sim_ends(), CLI_NOT_FOUND);
		assert_non_null(strstr(program_result("text"), "was not seen"));
		end();
	}
}

/* ---- scan ------------------------------------------------------------------------------------ */

static void scan_says_whom_a_device_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		begin(&ways[i]);
		const struct crypto_address another = resolvable(other_irk);
		program_start("scan --no-store --duration 0.2");
		air_advertise_to(&device.air, &another, way.primary);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_true(json_is_true(last("advertisement", "directed")));
		assert_true(json_is_false(last("advertisement", "to_us")));
		assert_non_null(last("advertisement", "target"));
		program_end();
		const struct crypto_address ours = raw_peer_address(SIM_ADDRESS);
		program_start("scan --no-store --duration 0.2");
		air_advertise_to(&device.air, &ours, way.primary);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_true(json_is_true(last("advertisement", "to_us")));
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bond_is_verified_when_the_peer_calls_our_address),
		cmocka_unit_test(a_bond_is_verified_when_the_peer_calls_a_private_address_of_ours),
		cmocka_unit_test(a_peer_that_knows_our_irk_is_seen_before_it_is_called),
		cmocka_unit_test(a_peer_may_pair_anew_through_a_private_address_of_ours),
		cmocka_unit_test(
			a_peer_without_a_bond_can_be_paired_through_a_private_address_of_ours),
		cmocka_unit_test(a_controller_that_cannot_resolve_says_so),
		cmocka_unit_test(a_peer_that_calls_another_device_is_not_said_to_be_absent),
		cmocka_unit_test(verify_names_the_bonds_whose_peer_calls_another_device),
		cmocka_unit_test(a_batch_names_units_that_call_another_device_or_a_private_address),
		cmocka_unit_test(what_the_controller_does_not_report_is_not_seen),
		cmocka_unit_test(scan_says_whom_a_device_calls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
