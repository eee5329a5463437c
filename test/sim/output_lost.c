/* SPDX-License-Identifier: MIT */
/*
 * Standard output that cannot be written, at each line of each command: the run ends, gives the
 * controller back, reports why on standard error, and its exit code is 1.
 */
#include <string.h>

#include "sim/device.h"
#include "sim/sim.h"

#define SOON (10 * WORLD_S)

static void ended_with_the_reason(void)
{
	assert_non_null(strstr(program_errors(),
			       "blepair: cannot write standard output: No space left on device\n"));
}

static void a_command_ends_when_its_output_is_lost(void **state)
{
	static const struct {
		const char *command;
		size_t lines; /* that it prints in any case */
	} cases[] = {
		{"info", 2},
		{"scan --duration 1", 3},
		{"scan --duration 0", 2},
		{"listen --timeout 0", 2},
		{RAW_PEER_ADDRESS " --scan-timeout 100", 2},
		{"batch --match rssi=-127 --timeout 0", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t lines = 0; lines < cases[i].lines; lines++) {
			(void)sim_end(NULL);
			assert_int_equal(sim_begin(NULL), 0);
			program_start("%s", cases[i].command);
			program_fill_disk(lines);
			int code = program_ends(SOON);
			if (code != CLI_INTERNAL)
				fail_msg("%s, %zu lines: %d", cases[i].command, lines, code);
			ended_with_the_reason();
			/* Before the first line it is not up yet, and is closed as it is. */
			sim.broken = lines == 0;
			assert_int_equal(sim_ends(), CLI_INTERNAL);
		}
	}
}

static void a_pairing_ends_when_its_output_is_lost(void **state)
{
	static const struct crypto_address address = {1, {1, 0, 0, 0, 0, 0xc4}};
	static struct sim_device device;
	size_t lines = 0;
	int code;

	(void)state;
	do {
		(void)sim_end(NULL);
		assert_int_equal(sim_begin(NULL), 0);
		sim_device_begin(&device, &address);
		sim_device_advertise(&device);
		program_start("C4:00:00:00:00:01/random");
		program_fill_disk(lines);
		code = sim_ends();
		if (code == CLI_INTERNAL)
			ended_with_the_reason();
	} while (code == CLI_INTERNAL && ++lines);
	assert_int_equal(code, CLI_OK);
	assert_int_equal(json_array_size(program_events()), lines);
	assert_true(lines > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_command_ends_when_its_output_is_lost, sim_begin,
						sim_end),
		cmocka_unit_test_setup_teardown(a_pairing_ends_when_its_output_is_lost, sim_begin,
						sim_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
