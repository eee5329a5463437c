/* SPDX-License-Identifier: MIT */
/* main() runs the command that the command line names, and passes on its exit code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/sim.h"

static void each_word_runs_its_command(void **state)
{
	static const struct {
		const char *words, *event; /* that only this command emits */
	} cases[] = {
		{"scan --duration 1", "scanning"},
		{"info", "info"},
		{"listen --timeout 1", "advertising"},
		{"C0:FF:EE:00:00:01/random --scan-timeout 1", "connecting"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		program_start("%s", cases[i].words);
		(void)sim_ends();
		assert_non_null(program_event(cases[i].event));
		for (size_t k = 0; k < COUNT(cases); k++)
			if (k != i && !(i == 0 && k == 0))
				assert_null(program_event(cases[k].event));
	}
}

int blepair_main(int argc, char *argv[]);

static int list_bonds(int argc, char *argv[])
{
	char name[] = "blepair", json[] = "--json", bonds[] = "bonds", list[] = "list";
	char *words[] = {name, json, bonds, list, NULL};

	(void)argc;
	(void)argv;
	(void)setenv("XDG_STATE_HOME", "/nonexistent", 1);
	return blepair_main(4, words);
}

static int list_checks(int argc, char *argv[])
{
	char name[] = "blepair", explain[] = "explain", checks[] = "--checks";
	char *words[] = {name, explain, checks, NULL};

	(void)argc;
	(void)argv;
	return blepair_main(3, words);
}

static void commands_without_a_controller_open_none(void **state)
{
	(void)state;
	program_replace(list_checks);
	program_start("explain");
	assert_int_equal(program_ends(WORLD_S), CLI_OK);
	assert_true(json_array_size(program_events()) > 20); /* lines */
	program_replace(list_bonds);
	program_start("bonds");
	int code = program_ends(WORLD_S);
	program_replace(NULL);
	assert_int_equal(code, CLI_OK); /* there is no store, and so no bond */
	assert_int_equal(sim.controller.opened, 0);
}

static void a_mistake_in_the_command_line_ends_before_anything_happens(void **state)
{
	(void)state;
	program_start("info --no-such-option");
	assert_int_equal(program_ends(WORLD_S), CLI_USAGE);
	assert_int_equal(json_array_size(program_events()), 0);
	assert_memory_equal(program_errors(), "blepair:", 8);
	assert_int_equal(sim.controller.opened, 0);
	program_start("--help");
	assert_int_equal(program_ends(WORLD_S), CLI_OK);
}

static void the_exit_code_is_that_of_the_command(void **state)
{
	(void)state;
	program_start("C0:FF:EE:00:00:01/random --scan-timeout 1");
	assert_int_equal(program_ends(10 * WORLD_S), CLI_NOT_FOUND);
	program_start("scan --duration 1");
	assert_int_equal(program_ends(10 * WORLD_S), CLI_OK);
	assert_string_equal(program_result("text"), "0 devices seen");
	assert_int_equal(json_integer_value(json_object_get(program_event("result"), "devices")),
			 0);
}

static size_t count_events(const char *name)
{
	size_t i, count = 0;
	const json_t *event;

	json_array_foreach(program_events(), i, event)
	{
		count += strcmp(json_string_value(json_object_get(event, "event")), name) == 0;
	}
	return count;
}

/* ---- scan ------------------------------------------------------------------------------------ */

static void scan_reports_a_device_once_and_again_when_it_has_more_to_say(void **state)
{
	static const uint8_t flags[] = {2, 1, 6}, more[] = {2, 1, 6, 3, 0x09, 'H', 'i'};
	static struct raw_peer other;

	(void)state;
	raw_peer_begin(&other, "C0:FF:EE:00:00:09/random");
	program_start("scan --passive --duration 10");
	(void)program_expect("scanning", WORLD_S);
	uint64_t began = world_now();
	air_advertise(&sim.peer.air, true, flags, sizeof(flags), NULL, 0);
	world_pass(WORLD_S);
	assert_int_equal(count_events("advertisement"), 1);
	air_advertise(&sim.peer.air, true, more, sizeof(more), NULL, 0);
	air_advertise(&other.air, true, flags, sizeof(flags), NULL, 0);
	world_pass(WORLD_S);
	assert_int_equal(count_events("advertisement"), 3);
	air_advertise(&sim.peer.air, true, flags, sizeof(flags), NULL, 0);
	world_pass(WORLD_S);
	assert_int_equal(count_events("advertisement"), 3);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_in_range(world_now() - began, 10 * WORLD_S - WORLD_MS, 10 * WORLD_S + 10 * WORLD_MS);
	assert_string_equal(program_result("text"), "2 devices seen");
}

/* More than are remembered: the one that was silent for the longest time is forgotten. */
static void scan_remembers_a_thousand_devices(void **state)
{
	uint8_t report[] = {HCI_EVENT, 0x3e, 12, 2, 1, 3, 1, 0, 0, 3, 4, 5, 0xc6, 0, 0xce};

	(void)state;
	program_start("scan --duration 0");
	(void)program_expect("scanning", WORLD_S);
	for (unsigned i = 0; i < 1026; i++) {
		report[7] = (uint8_t)i;
		report[8] = (uint8_t)(i >> 8);
		sim_controller_inject(&sim.controller, report, sizeof(report));
		world_pass(WORLD_MS);
	}
	assert_int_equal(count_events("advertisement"), 1026);
	report[7] = 0xff; /* the 1024th */
	report[8] = 3;
	sim_controller_inject(&sim.controller, report, sizeof(report));
	world_pass(WORLD_MS);
	assert_int_equal(count_events("advertisement"), 1026);
	report[7] = 0; /* the one after it, in the place of the first */
	report[8] = 4;
	sim_controller_inject(&sim.controller, report, sizeof(report));
	world_pass(WORLD_MS);
	assert_int_equal(count_events("advertisement"), 1026);
	report[7] = 0; /* which is forgotten */
	report[8] = 0;
	sim_controller_inject(&sim.controller, report, sizeof(report));
	world_pass(WORLD_MS);
	assert_int_equal(count_events("advertisement"), 1027);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("text"), "1027 devices seen");
}

static void scan_goes_on_until_it_is_interrupted(void **state)
{
	(void)state;
	program_start("scan --duration 0");
	air_advertise(&sim.peer.air, true, NULL, 0, NULL, 0);
	world_pass(1000 * WORLD_S);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("text"), "1 device seen");
}

static size_t refuse_scan(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == 0x0e && packet[5] == 0x20 &&
	    (packet[4] == 0x0c || packet[4] == 0x42))
		packet[6] = 0x0c;
	return len;
}

static void scan_reports_a_controller_that_refuses_or_disappears(void **state)
{
	(void)state;
	sim.controller.to_host = refuse_scan;
	program_start("scan --duration 5");
	assert_int_equal(program_ends(WORLD_S), CLI_CONTROLLER_FAILED);
	assert_non_null(strstr(program_result("text"), "Command Disallowed"));
	assert_int_equal(count_events("result"), 1);
	sim.controller.to_host = NULL;

	program_start("scan --duration 5");
	(void)program_expect("scanning", WORLD_S);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(program_ends(WORLD_S), CLI_CONTROLLER_FAILED);
	assert_string_equal(program_result("class"), "controller_failed");
	assert_int_equal(count_events("result"), 1);
}

/* ---- info ------------------------------------------------------------------------------------ */

static struct {
	uint8_t states[8];
	bool lacks_commands;
	uint16_t manufacturer;
} answers;

/* What the controller answers at bring-up. */
static size_t alter(void *ctx, uint8_t *packet, size_t len)
{
	uint16_t opcode = (uint16_t)(packet[4] | packet[5] << 8);

	(void)ctx;
	if (packet[0] != HCI_EVENT || packet[1] != 0x0e)
		return len;
	if (opcode == HCI_LE_READ_STATES)
		memcpy(packet + 7, answers.states, 8);
	if (opcode == HCI_READ_LOCAL_COMMANDS && answers.lacks_commands) {
		packet[7 + 26] &= (uint8_t) ~(1 << 1 | 1 << 3); /* enables advertising, scanning */
	}
	if (opcode == HCI_READ_LOCAL_VERSION) {
		packet[8] = 0x34; /* revision, LMP subversion */
		packet[9] = 0x12;
		packet[11] = (uint8_t)answers.manufacturer;
		packet[12] = (uint8_t)(answers.manufacturer >> 8);
		packet[13] = 0x78;
		packet[14] = 0x56;
	}
	return len;
}

static const char *info_text(const char *name)
{
	const char *text = json_string_value(json_object_get(program_event("info"), name));

	return text ? text : "";
}

static void info_names_features_states_and_missing_commands(void **state)
{
	(void)state;
	sim.controller.to_host = alter;
	sim.controller.le_features = 1 << 0 | 1 << 6 | 1 << 8 | 1 << 11 | 1 << 14;
	answers.states[0] = 1 << 0 | 1 << 5;
	answers.manufacturer = 2;
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(info_text("le_features"),
			    "encryption, LL privacy, LE 2M PHY, LE Coded PHY, channel selection "
			    "algorithm #2");
	assert_string_equal(info_text("states"), "advertise (non-connectable), scan actively");
	assert_string_equal(info_text("missing_commands"), "");
	assert_string_equal(info_text("manufacturer"), "Intel");
	const json_t *info = program_event("info");
	assert_int_equal(json_integer_value(json_object_get(info, "company")), 2);
	assert_int_equal(json_integer_value(json_object_get(info, "revision")), 0x1234);
	assert_int_equal(json_integer_value(json_object_get(info, "lmp_subversion")), 0x5678);
	assert_true(json_is_true(json_object_get(info, "has_public_address")));
	assert_int_equal(json_integer_value(json_object_get(info, "acl_count")), 8);

	answers.states[0] = 1 << 2 | 1 << 4 | 1 << 6 | 1 << 7;
	answers.lacks_commands = true;
	answers.manufacturer = 0xfffe;
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(info_text("states"),
			    "advertise (connectable), scan passively, initiate, be central, "
			    "be peripheral");
	assert_string_equal(info_text("missing_commands"),
			    "LE Set Scan Enable, LE Set Advertising Enable");
	assert_string_equal(info_text("manufacturer"), "unknown");
}

static void info_names_what_the_controller_can_do(void **state)
{
	(void)state;
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	const json_t *info = program_event("info");
	assert_string_equal(json_string_value(json_object_get(info, "le_features")),
			    "encryption, connection parameter request, peripheral-initiated "
			    "features exchange, data packet length extension");
	assert_string_equal(json_string_value(json_object_get(info, "missing_commands")), "");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(info, "public_address"), "address")),
			    "00:1B:DC:00:00:01");
	assert_int_equal(json_integer_value(json_object_get(info, "acl_length")), 251);

	sim.controller.busy = true;
	program_start("info");
	assert_int_equal(program_ends(WORLD_S), CLI_CONTROLLER_BUSY);
	assert_string_equal(program_result("class"), "controller_busy");
	assert_null(program_event("info"));

	sim.controller.busy = false;
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	/* Nothing that was opened is left open. */
	int first = dup(STDIN_FILENO);
	close(first);
	program_start("info");
	assert_int_equal(sim_ends(), CLI_OK);
	int second = dup(STDIN_FILENO);
	close(second);
	assert_int_equal(first, second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, sim_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_word_runs_its_command),
		TEST(commands_without_a_controller_open_none),
		TEST(a_mistake_in_the_command_line_ends_before_anything_happens),
		TEST(the_exit_code_is_that_of_the_command),
		TEST(scan_reports_a_device_once_and_again_when_it_has_more_to_say),
		TEST(scan_remembers_a_thousand_devices),
		TEST(scan_goes_on_until_it_is_interrupted),
		TEST(scan_reports_a_controller_that_refuses_or_disappears),
		TEST(info_names_features_states_and_missing_commands),
		TEST(info_names_what_the_controller_can_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
