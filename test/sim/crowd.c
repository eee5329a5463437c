/* SPDX-License-Identifier: MIT */
/*
 * A batch among hundreds of other advertisers: which of them the controller reports, and that no
 * unit is missed for it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/device.h"
#include "sim/sim.h"

#define OTHERS 300
#define UNITS  12 /* more than the controller's list has room for */

static struct sim_device others[OTHERS], units[UNITS];
static char path[32];
static unsigned reports; /* of others, since the program began */

static size_t count_report(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	reports += packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
		   packet[3] == HCI_LE_ADVERTISING_REPORT && packet[12] == 0xc9;
	return len;
}

static struct crypto_address address_of(uint8_t kind, size_t n)
{
	return (struct crypto_address){.type = 1,
				       .octets = {(uint8_t)n, (uint8_t)(n >> 8), 0, 0, 0, kind}};
}

static int begin(void **state)
{
	if (sim_begin(state))
		return -1;
	reports = 0;
	sim.controller.to_host = count_report;
	for (size_t i = 0; i < OTHERS; i++) {
		const struct crypto_address address = address_of(0xc9, i);
		sim_device_begin(&others[i], &address);
		others[i].air.advertising_interval = WORLD_S;
		sim_device_advertise(&others[i]);
	}
	for (size_t i = 0; i < UNITS; i++) {
		const struct crypto_address address = address_of(0xc4, i);
		sim_device_begin(&units[i], &address);
		units[i].sc = SMP_SC_OFF;
		units[i].air.advertising_interval = WORLD_S;
	}
	return 0;
}

static void start(const char *list)
{
	(void)strcpy(path, "/tmp/crowd-XXXXXX");
	FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	fputs(list, file);
	assert_int_equal(fclose(file), 0);
	program_start("batch %s --no-store", path);
}

/* The first of the units are paired, and no other device is called. */
static void ends(size_t count)
{
	assert_int_equal(sim_ends(), CLI_OK);
	(void)unlink(path);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(units[i].pairings, 1);
	for (size_t i = 0; i < OTHERS; i++)
		assert_int_equal(others[i].links, 0);
}

static void addresses_that_fit_keep_the_others_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		sim_device_advertise(&units[i]);
	/* A type that is not given takes two places. */
	start("address\nC4:00:00:00:00:00\nC4:00:00:00:00:01/random\nC4:00:00:00:00:02/random\n"
	      "C4:00:00:00:00:03/random\n");
	ends(4);
	assert_int_equal(reports, 0);
}

/* The last of a long list are paired without the others. */
static void a_list_that_is_too_long_fits_later(void **state)
{
	char list[UNITS * 32] = "address\n";
	unsigned before;

	(void)state;
	for (unsigned i = 0; i < UNITS; i++)
		(void)sprintf(list + strlen(list), "C4:00:00:00:00:%02X/random\n", i);
	start(list);
	for (size_t i = 0; i + 1 < UNITS; i++)
		sim_device_advertise(&units[i]);
	world_pass(15 * WORLD_S);
	for (size_t i = 0; i + 1 < UNITS; i++)
		assert_int_equal(units[i].pairings, 1);
	before = reports;
	assert_true(before > 0);
	world_pass(5 * WORLD_S);
	sim_device_advertise(&units[UNITS - 1]);
	ends(UNITS);
	assert_int_equal(reports, before);
}

/* A name may be that of any device, and may come late: in other data, or in a scan response. */
static void a_unit_is_found_by_a_name_that_comes_later(void **state)
{
	static const uint8_t flags[] = {2, 1, 6}, booting[] = {5, 0x09, 'b', 'o', 'o', 't'},
			     ready[] = {6, 0x09, 'r', 'e', 'a', 'd', 'y'},
			     late[] = {5, 0x09, 'l', 'a', 't', 'e'};

	(void)state;
	start("name,address\nready,\nlate,\n,C4:00:00:00:00:02/random\n");
	air_advertise(&units[0].air, true, booting, sizeof(booting), NULL, 0);
	air_advertise(&units[1].air, true, flags, sizeof(flags), NULL, 0);
	sim_device_advertise(&units[2]);
	world_pass(3 * WORLD_S);
	assert_int_equal(units[0].links + units[1].links, 0);
	assert_true(reports > 0);
	air_advertise(&units[0].air, true, ready, sizeof(ready), NULL, 0);
	air_advertise(&units[1].air, true, flags, sizeof(flags), late, sizeof(late));
	ends(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_that_fit_keep_the_others_out, begin,
						sim_end),
		cmocka_unit_test_setup_teardown(a_list_that_is_too_long_fits_later, begin, sim_end),
		cmocka_unit_test_setup_teardown(a_unit_is_found_by_a_name_that_comes_later, begin,
						sim_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
