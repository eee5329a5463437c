/* SPDX-License-Identifier: MIT */
/* Extended advertising and the PHYs: devices that only they find, and the PHY of a link. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/device.h"
#include "sim/run_scenario.h"

#define HAS_2M	  (UINT64_C(1) << 8)
#define HAS_CODED (UINT64_C(1) << 11)
#define EXTENDED  (UINT64_C(1) << 12)

#define PEER "C0:FF:EE:00:00:01" /* its type is not given: it is searched for */

/* More than one report holds; the name is at the end. */
static uint8_t long_data[400];

static struct reference_peer p;

static int begin(void **state)
{
	static const uint8_t name[] = {7, 0x09, 'f', 'a', 'r', 'o', 'f', 'f'};

	if (sim_begin(state))
		return -1;
	sim.controller.le_features |= EXTENDED | HAS_CODED | HAS_2M;
	/* Manufacturer data of 195 octets, twice. */
	long_data[0] = long_data[196] = 195;
	long_data[1] = long_data[197] = 0xff;
	memcpy(long_data + 392, name, sizeof(name));
	reference_peer_begin(&p, &sim.peer);
	return 0;
}

static void advertise_on(uint8_t primary, uint8_t secondary)
{
	air_advertise_extended(&sim.peer.air, primary, secondary, long_data, sizeof(long_data));
}

static const char *text_in(const char *event, const char *field)
{
	const char *text = json_string_value(json_object_get(program_event(event), field));

	return text ? text : "absent";
}

static const char *text_in_peer(const char *event, const char *field)
{
	const json_t *peer = json_object_get(program_event(event), "peer");
	const char *text = json_string_value(json_object_get(peer, field));

	return text ? text : "absent";
}

static void pairs(void)
{
	raw_peer_linked(&sim.peer);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_string_equal(program_errors(), "");
}

/* ---- Finding --------------------------------------------------------------------------------- */

static void a_peer_that_advertises_on_coded_phy_only_is_found_and_paired_there(void **state)
{
	(void)state;
	program_start(PEER);
	advertise_on(AIR_CODED, AIR_CODED);
	pairs();
	assert_string_equal(text_in("found", "phy"), "coded");
	assert_string_equal(text_in("found", "secondary_phy"), "coded");
	assert_string_equal(text_in_peer("found", "name"), "faroff");
	assert_string_equal(text_in("connected", "phy"), "coded");
	assert_null(program_event("phy")); /* LE 2M does not reach so far */
}

static void a_peer_of_legacy_advertising_is_found_beside_it(void **state)
{
	(void)state;
	program_start(PEER);
	raw_peer_advertise(&sim.peer);
	pairs();
	assert_string_equal(text_in("found", "phy"), "1m");
	assert_string_equal(text_in("found", "secondary_phy"), "absent");
	assert_string_equal(text_in("connected", "phy"), "1m");
}

static void a_link_begins_on_the_secondary_phy(void **state)
{
	(void)state;
	program_start(PEER);
	advertise_on(AIR_1M, AIR_2M);
	pairs();
	assert_string_equal(text_in("found", "phy"), "1m");
	assert_string_equal(text_in("connected", "phy"), "2m");
}

/* Its address and type are known: it is called at once, on every PHY. */
static void a_peer_that_is_called_at_once_is_reached_on_any_phy(void **state)
{
	(void)state;
	program_start(PEER "/random");
	advertise_on(AIR_CODED, AIR_CODED);
	pairs();
	assert_null(program_event("found"));
	assert_string_equal(text_in("connected", "phy"), "absent");
	assert_string_equal(text_in("phy", "transmit"), "coded");
	assert_string_equal(text_in("phy", "receive"), "coded");
}

static void a_limit_to_1m_does_not_find_it(void **state)
{
	(void)state;
	program_start("--phy 1m --scan-timeout 5 " PEER);
	advertise_on(AIR_CODED, AIR_CODED);
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_int_equal(sim.peer.links, 0);
}

static void a_limit_to_coded_finds_no_other(void **state)
{
	(void)state;
	program_start("--phy coded --scan-timeout 5 " PEER);
	raw_peer_advertise(&sim.peer);
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_int_equal(sim.peer.links, 0);
	program_end();
	program_start("--phy coded " PEER);
	advertise_on(AIR_CODED, AIR_CODED);
	pairs();
}

static void a_controller_without_coded_phy_says_so_if_it_is_demanded(void **state)
{
	static const uint64_t missing[] = {HAS_CODED, EXTENDED};

	(void)state;
	for (size_t i = 0; i < COUNT(missing); i++) {
		(void)sim_end(NULL);
		(void)begin(NULL);
		sim.controller.le_features &= ~missing[i];
		sim.broken = true; /* it is given back after its bring-up, which changed masks */
		program_start("scan --phy coded");
		assert_int_equal(sim_ends(), CLI_NO_CONTROLLER);
		assert_non_null(strstr(program_result("text"), "LE Coded"));
		assert_non_null(strstr(program_result("text"), "--phy"));
	}
}

/* ---- LE 2M ----------------------------------------------------------------------------------- */

static void both_ends_with_2m_switch_to_it_after_encryption(void **state)
{
	(void)state;
	sim.peer.air.has_2m = true;
	program_start(PEER);
	raw_peer_advertise(&sim.peer);
	pairs();
	assert_string_equal(text_in("connected", "phy"), "1m");
	assert_string_equal(text_in("phy", "transmit"), "2m");
	assert_string_equal(text_in("phy", "receive"), "2m");
}

static void the_user_may_forbid_2m(void **state)
{
	(void)state;
	sim.peer.air.has_2m = true;
	program_start("--phy 1m,coded " PEER);
	raw_peer_advertise(&sim.peer);
	pairs();
	assert_null(program_event("phy"));
}

/* A request that is not answered delays what follows on the link for 40 s (Vol 6 Part B 5.2). */
static void a_peer_that_does_not_answer_the_switch_pairs_as_fast(void **state)
{
	uint64_t took[2];

	(void)state;
	for (int silent = 0; silent < 2; silent++) {
		(void)sim_end(NULL);
		(void)begin(NULL);
		sim.peer.air.has_2m = true;
		sim.peer.air.phy_silent = silent;
		program_start(PEER);
		raw_peer_advertise(&sim.peer);
		raw_peer_linked(&sim.peer);
		uint64_t linked = world_now();
		assert_true(reference_peer_pair(&p));
		took[silent] = world_now() - linked;
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(program_event("phy") == NULL, silent);
	}
	assert_int_equal(took[0], took[1]);
}

/* ---- scan, verify and batch ------------------------------------------------------------------ */

static void scan_lists_devices_of_each_phy(void **state)
{
	(void)state;
	program_start("scan --duration 1");
	advertise_on(AIR_CODED, AIR_2M);
	world_pass(500 * WORLD_MS);
	assert_string_equal(text_in("advertisement", "phy"), "coded");
	assert_string_equal(text_in("advertisement", "secondary_phy"), "2m");
	assert_string_equal(text_in_peer("advertisement", "name"), "faroff");
	raw_peer_advertise(&sim.peer); /* the same device elsewhere */
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(text_in("advertisement", "phy"), "1m");
	assert_string_equal(program_result("text"), "1 device seen");
}

/* Reports of any length make the same advertisement. */
static void data_in_many_reports_are_one_advertisement(void **state)
{
	static const size_t lengths[] = {229, 200, 31, 2};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		(void)sim_end(NULL);
		(void)begin(NULL);
		sim.controller.report_max = lengths[i];
		program_start("scan --duration 0.1");
		advertise_on(AIR_CODED, AIR_CODED);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_string_equal(text_in_peer("advertisement", "name"), "faroff");
		size_t count = 0, n;
		const json_t *event;
		json_array_foreach(program_events(), n, event)
		{
			count += strcmp(json_string_value(json_object_get(event, "event")),
					"advertisement") == 0;
		}
		assert_int_equal(count, 1);
	}
}

static void a_bond_is_verified_on_coded_phy(void **state)
{
	static struct sim_device far;
	const struct crypto_address address = raw_peer_address("C4:00:00:00:00:01/random");

	(void)state;
	sim_device_begin(&far, &address);
	far.sc = SMP_SC_OFF;
	air_advertise_extended(&far.air, AIR_CODED, AIR_CODED, long_data, sizeof(long_data));
	program_start("%s C4:00:00:00:00:01", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	program_end();
	air_advertise_extended(&far.air, AIR_CODED, AIR_CODED, long_data, sizeof(long_data));
	program_start("verify --all %s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	run_scenario_forget();
	assert_int_equal(far.used, 1);
	assert_string_equal(text_in("connected", "phy"), "coded");
}

static void a_batch_pairs_units_on_either_phy_by_their_names(void **state)
{
	static struct sim_device far, near;
	const struct crypto_address addresses[] = {raw_peer_address("C4:00:00:00:00:01/random"),
						   raw_peer_address("C4:00:00:00:00:02/random")};
	char path[] = "/tmp/phy-list-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(file);
	fputs("name,label\nfaroff,SN-1\nnear,SN-2\n", file);
	assert_int_equal(fclose(file), 0);
	sim_device_begin(&far, &addresses[0]);
	sim_device_begin(&near, &addresses[1]);
	near.name = "near";
	sim_device_advertise(&near);
	air_advertise_extended(&far.air, AIR_CODED, AIR_CODED, long_data, sizeof(long_data));
	program_start("batch %s --no-store", path);
	assert_int_equal(sim_ends(), CLI_OK);
	(void)unlink(path);
	assert_int_equal(far.pairings, 1);
	assert_int_equal(near.pairings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, sim_end)
		TEST(a_peer_that_advertises_on_coded_phy_only_is_found_and_paired_there),
		TEST(a_peer_of_legacy_advertising_is_found_beside_it),
		TEST(a_link_begins_on_the_secondary_phy),
		TEST(a_peer_that_is_called_at_once_is_reached_on_any_phy),
		TEST(a_limit_to_1m_does_not_find_it),
		TEST(a_limit_to_coded_finds_no_other),
		TEST(a_controller_without_coded_phy_says_so_if_it_is_demanded),
		TEST(both_ends_with_2m_switch_to_it_after_encryption),
		TEST(the_user_may_forbid_2m),
		TEST(a_peer_that_does_not_answer_the_switch_pairs_as_fast),
		TEST(scan_lists_devices_of_each_phy),
		TEST(data_in_many_reports_are_one_advertisement),
		TEST(a_bond_is_verified_on_coded_phy),
		TEST(a_batch_pairs_units_on_either_phy_by_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
