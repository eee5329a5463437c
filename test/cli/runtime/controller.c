/* SPDX-License-Identifier: MIT */
/* The states of a controller: opening, bring-up, sickness, the end. */
#include "runtime/controller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/notes.h"
#include "cli/runtime/controllers.h"

static void start(void)
{
	program_start("info");
}

static enum cli_exit ends(void)
{
	return (enum cli_exit)program_ends(20 * WORLD_S);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void the_reason_why_it_cannot_be_opened_gives_the_exit_code(void **state)
{
	static const struct {
		enum hci_failure_kind kind;
		enum cli_exit code;
	} cases[] = {
		{HCI_FAILURE_SPEC, CLI_USAGE},
		{HCI_FAILURE_NOT_FOUND, CLI_NO_CONTROLLER},
		{HCI_FAILURE_IN_USE, CLI_CONTROLLER_BUSY},
		{HCI_FAILURE_BUSY, CLI_CONTROLLER_BUSY},
		{HCI_FAILURE_BLOCKED, CLI_CONTROLLER_BLOCKED},
		{HCI_FAILURE_PERMISSION, CLI_PERMISSION},
		{HCI_FAILURE_GONE, CLI_CONTROLLER_FAILED},
		{HCI_FAILURE_PROTOCOL, CLI_CONTROLLER_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char log[32];

		all.log[0] = '\0';
		all.kind = cases[i].kind;
		start();
		assert_int_equal(ends(), cases[i].code);
		(void)snprintf(log, sizeof(log), "0 failed %d", (int)cases[i].code);
		assert_string_equal(all.log, log);
		assert_string_equal(all.failure, "it cannot be opened");
	}
}

static void a_transport_may_take_six_seconds_to_open(void **state)
{
	(void)state;
	all.slow[0] = true;
	start();
	world_pass(6 * WORLD_S - WORLD_MS);
	assert_int_equal(all.controllers[0].state, CONTROLLER_OPENING);
	controllers_open_now(0);
	controllers_until(0, CONTROLLER_UP);
	world_pass(10 * WORLD_S);
	assert_int_equal(all.controllers[0].state, CONTROLLER_UP);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);

	all.log[0] = '\0';
	start();
	world_pass(6 * WORLD_S - WORLD_MS);
	assert_int_equal(all.controllers[0].state, CONTROLLER_OPENING);
	world_pass(2 * WORLD_MS);
	assert_int_equal(ends(), CLI_CONTROLLER_BUSY);
	assert_string_equal(all.failure, "it waits for somebody");
	assert_string_equal(all.log, "0 failed 4");
}

static void a_controller_that_disappears_while_opening_has_failed(void **state)
{
	(void)state;
	all.slow[0] = true;
	start();
	world_pass(WORLD_S);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 failed 13");
}

/* btrtl.c: hci_ver=0a hci_rev=000b lmp_ver=0a lmp_subver=8761, manufacturer 93. */
static const uint8_t rtl8761b_rom[] = {0x0a, 0x0b, 0x00, 0x0a, 0x5d, 0x00, 0x61, 0x87};

static void a_controller_without_firmware_is_never_up(void **state)
{
	(void)state;
	sim.controller.version = rtl8761b_rom;
	start();
	assert_int_equal(ends(), CLI_NO_CONTROLLER);
	assert_string_equal(all.log, "0 failed 3");
	assert_non_null(strstr(all.failure, "Realtek RTL8761B without firmware"));
	assert_non_null(strstr(all.failure, "firmware-realtek"));
}

/* "BCM20702A1 (001.002.014) build 0000" of btbcm.c: it can be used. */
static void a_controller_without_its_patch_is_used_and_noted(void **state)
{
	static const uint8_t rom[] = {0x06, 0x00, 0x10, 0x06, 0x0f, 0x00, 0x0e, 0x22};

	(void)state;
	sim.controller.version = rom;
	start();
	controllers_until(0, CONTROLLER_UP);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(note_level("Broadcom without patch: it runs from its ROM"), 0);
}

/* btusb.c, Silicon Wave and others: what blepair works around by itself is for -v. */
static void a_defect_that_is_worked_around_is_noted_with_v(void **state)
{
	(void)state;
	all.slow[0] = true;
	start();
	world_pass(WORLD_S);
	all.controllers[0].transport->usb = (struct hci_usb_id){0x10d7, 0xb012, 0};
	controllers_open_now(0);
	controllers_until(0, CONTROLLER_UP);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(note_level("Actions ATS2851: it lists extended commands"), 1);
}

static void a_store_that_cannot_be_used_is_reported_before_anything_is_sent_on_air(void **state)
{
	(void)state;
	program_start("listen --store /dev/null/bonds");
	assert_int_not_equal(ends(), CLI_OK);
	assert_memory_equal(all.log, "0 failed", 8);
	assert_null(strstr(all.log, "up"));
}

static void a_capture_that_cannot_be_written_is_a_failure_from_the_start(void **state)
{
	(void)state;
	all.capture = "/dev/null/capture";
	start();
	assert_int_not_equal(ends(), CLI_OK);
	assert_null(strstr(all.log, "up"));
	assert_false(sim.controller.opened);
}

static void the_owner_starts_only_a_controller_that_is_open(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	unsigned packets = all.packets[0];
	controller_start(&all.controllers[0]);
	assert_int_equal(all.controllers[0].state, CONTROLLER_UP);
	assert_int_equal(all.packets[0], packets);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void a_controller_without_an_identity_has_failed(void **state)
{
	(void)state;
	all.no_identity = true;
	start();
	assert_int_equal(ends(), CLI_PERMISSION);
	assert_string_equal(all.log, "0 failed 5");
	assert_string_equal(all.failure, "there is no identity");
}

/* A person at a terminal may take a controller from its user; nothing else may without --take. */
static void only_a_person_may_allow_to_take_a_controller(void **state)
{
	static const struct {
		const char *answer;
		enum cli_exit code;
	} cases[] = {
		{"yes", CLI_OK},
		{"no", CLI_CONTROLLER_BUSY},
		{NULL, CLI_CONTROLLER_BUSY},
	};
	static const struct {
		bool person, json;
		int redirected;
	} nobody[] = {
		{false, false, 0},
		{true, true, 0},
		{true, false, 1 << STDIN_FILENO},
		{true, false, 1 << STDERR_FILENO},
	};

	(void)state;
	all.kind = HCI_FAILURE_IN_USE;
	for (size_t i = 0; i < COUNT(cases); i++) {
		all.log[0] = '\0';
		all.person = true;
		start();
		world_pass(WORLD_MS);
		assert_string_equal(
			json_string_value(json_object_get(program_event("take"), "text")),
			"it cannot be opened");
		assert_int_equal(all.controllers[0].state, CONTROLLER_OPENING);
		program_answer(cases[i].answer);
		if (cases[i].code == CLI_OK) {
			controllers_until(0, CONTROLLER_UP);
			program_interrupt();
		}
		assert_int_equal(ends(), cases[i].code);
		assert_string_equal(all.log, cases[i].code == CLI_OK ? "0 up" : "0 failed 4");
	}
	for (size_t i = 0; i < COUNT(nobody); i++) {
		all.person = nobody[i].person;
		all.json = nobody[i].json;
		all.redirected = nobody[i].redirected;
		start();
		assert_int_equal(ends(), CLI_CONTROLLER_BUSY);
		assert_null(program_event("take"));
	}
}

/* Its transport is closed before it is opened again. */
static void a_transport_that_refuses_late_is_opened_again_if_it_may(void **state)
{
	(void)state;
	all.person = all.slow[0] = all.refuses_late = true;
	start();
	world_pass(WORLD_MS);
	controllers_wake(0);
	world_pass(WORLD_MS);
	assert_non_null(program_event("take"));
	assert_null(all.controllers[0].transport);
	assert_false(sim.controller.open);
	world_pass(20 * WORLD_S); /* a person may take his time */
	program_answer("yes");
	controllers_until(0, CONTROLLER_UP);
	assert_int_equal(sim.controller.opened, 2);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void with_take_nobody_is_asked(void **state)
{
	(void)state;
	all.kind = HCI_FAILURE_IN_USE;
	all.person = true;
	program_start("info --take");
	controllers_until(0, CONTROLLER_UP);
	assert_null(program_event("take"));
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static unsigned answers_dropped;

/* LE Read Supported States, which is not needed: refused, or not answered. */
static size_t refuse_states(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == 0x0e && packet[4] == 0x1c && packet[5] == 0x20)
		packet[6] = 0x01;
	return len;
}

static size_t drop_states(void *ctx, uint8_t *packet, size_t len)
{
	bool states = packet[0] == HCI_COMMAND && packet[1] == 0x1c && packet[2] == 0x20;

	(void)ctx;
	answers_dropped += states;
	return states ? 0 : len;
}

static void a_controller_may_lack_an_optional_command(void **state)
{
	(void)state;
	sim.controller.to_host = refuse_states;
	start();
	controllers_until(0, CONTROLLER_UP);
	assert_int_equal(note_level("bring-up: LE Read Supported States: Unknown HCI Command"), 1);
	/* Refused later, it is noted as well. */
	assert_true(hci_host_command(&all.controllers[0].host, HCI_LE_READ_STATES, NULL, 0));
	controllers_wake(0);
	world_pass(10 * WORLD_MS);
	assert_int_equal(note_level("Supported States: Unknown HCI Command (0x01)"), 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);

	sim.controller.to_host = NULL;
	sim.controller.from_host = drop_states;
	start();
	uint64_t began = world_now();
	controllers_until(0, CONTROLLER_UP);
	assert_int_equal(answers_dropped, 1);
	assert_in_range(world_now() - began, 2 * WORLD_S, 2 * WORLD_S + WORLD_MS);
	assert_int_equal(note_level("bring-up: LE Read Supported States: no answer"), 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* ---- In use ---------------------------------------------------------------------------------- */

static void the_user_sees_every_packet_and_hears_when_all_is_handled(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	world_pass(WORLD_S);
	assert_true(all.packets[0] > 10);
	assert_int_equal(all.packets[0], all.packets[1]);
	assert_true(all.idles > 0);
	assert_string_equal(all.log, "0 up");
	const json_t *event = program_event("controller");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(event, "own"), "address")),
		"00:1B:DC:00:00:01");
	assert_true(json_integer_value(json_object_get(event, "acl_count")) == 8);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
	assert_true(sim.controller.clean);
	assert_int_equal(note_level("it is given back"), 0);
	assert_int_equal(note_level("the capture ends here"), -1);
	assert_int_equal(all.controllers[0].state, CONTROLLER_CLOSED);
	assert_string_equal(all.log, "0 up");
}

static void connection(uint16_t handle)
{
	uint8_t event[] = {
		HCI_EVENT, 0x3e, 19,  1, 0, (uint8_t)handle, 0, 0, 1, 1, 2, 3, 4, 5, 0xc6, 24, 0,
		0,	   0,	 100, 0, 0};

	sim_controller_inject(&sim.controller, event, sizeof(event));
}

/* As when directed advertising ends. */
static void a_connection_that_fails_beside_any_attempt_is_noted(void **state)
{
	static const uint8_t failed[23] = {HCI_EVENT, 0x3e, 19, 1, 0x3c};

	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	sim_controller_inject(&sim.controller, failed, 22);
	world_pass(WORLD_MS);
	assert_int_equal(note_level("connection: Advertising Timeout (0x3c)"), 1);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void acl(uint16_t handle, uint8_t first)
{
	uint8_t packet[] = {HCI_ACL, (uint8_t)handle, 0x20, 1, 0, first};

	sim_controller_inject(&sim.controller, packet, sizeof(packet));
}

/* As from USB, where data and events have a pipe each. */
static void data_that_comes_before_its_connection_is_kept_for_it(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	acl(1, 'a');
	acl(2, 'b');
	acl(1, 'c');
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, 0);
	connection(1);
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, 2);
	assert_true(all.data[0].handle == 1 && all.data[0].first == 'a');
	assert_true(all.data[1].handle == 1 && all.data[1].first == 'c');
	connection(2);
	acl(1, 'd');
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, 4);
	assert_true(all.data[2].handle == 2 && all.data[2].first == 'b');
	assert_true(all.data[3].handle == 1 && all.data[3].first == 'd');
	assert_int_equal(note_level("which is not a link"), -1);
	program_interrupt();
	sim.broken = true;
	(void)ends();
}

static void early_data_is_kept_for_a_tenth_of_a_second(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	acl(1, 'a');
	world_pass(100 * WORLD_MS - 10);
	assert_int_equal(note_level("data for handle 1, which is not a link"), -1);
	world_pass(20);
	assert_int_equal(note_level("data for handle 1, which is not a link"), 1);
	connection(1);
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, 0);
	program_interrupt();
	sim.broken = true;
	(void)ends();
}

static void no_more_early_data_is_kept_than_there_is_room_for(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	for (uint8_t i = 0; i < 2 * CONTROLLER_EARLY; i++)
		acl(1, i);
	connection(1);
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, CONTROLLER_EARLY);
	for (uint8_t i = 0; i < CONTROLLER_EARLY; i++)
		assert_int_equal(all.data[i].first, i);
	program_interrupt();
	sim.broken = true;
	(void)ends();
}

/* It may have held a key. */
static void no_packet_is_left_on_the_stack(void **state)
{
	static const uint8_t secret[16] = {1, 2, 4,  8,	 16, 32, 64,  128,
					   3, 6, 12, 24, 48, 96, 192, 7};
	uint8_t packet[5 + sizeof(secret)] = {HCI_ACL, 1, 0x20, sizeof(secret), 0};

	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	connection(1);
	memcpy(packet + 5, secret, sizeof(secret));
	sim_controller_inject(&sim.controller, packet, sizeof(packet));
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, 1);
	assert_false(world_stack_holds(secret, sizeof(secret)));
	unsigned sent = all.packets[0];
	assert_true(hci_host_command(&all.controllers[0].host, 0x2017, secret, sizeof(secret)));
	controllers_wake(0);
	world_pass(10 * WORLD_MS);
	assert_int_equal(all.packets[0], sent + 1);
	assert_false(world_stack_holds(secret, sizeof(secret)));
	program_interrupt();
	sim.broken = true;
	(void)ends();
}

static void a_capture_that_cannot_be_continued_ends_and_the_run_goes_on(void **state)
{
	(void)state;
	all.capture = "/dev/full";
	start();
	world_pass(WORLD_S);
	if (all.controllers[0].state != CONTROLLER_UP) /* refused at once: that is as good */
		return;
	assert_int_equal(note_level("the capture ends here"), 0);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* ---- Sick ------------------------------------------------------------------------------------ */

static void hardware_error(void)
{
	static const uint8_t error[] = {HCI_EVENT, 0x10, 1, 0x42};

	sim_controller_inject(&sim.controller, error, sizeof(error));
}

static void a_sick_controller_is_reset_if_its_user_wants_to(void **state)
{
	struct own_identity before;

	(void)state;
	all.resets = true;
	program_start("listen --own-address rpa");
	controllers_until(0, CONTROLLER_UP);
	before = all.controllers[0].own;
	acl(7, 'x');
	hardware_error();
	world_pass(WORLD_S);
	assert_string_equal(all.log, "0 up, 0 sick, 0 up");
	assert_true(*all.failure);
	assert_int_equal(all.controllers[0].early_count, 0);
	/* It is who it was. */
	assert_memory_equal(&all.controllers[0].own, &before, sizeof(before));
	assert_memory_equal(sim.controller.random_address, before.address.octets, 6);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

/* What was queued is not sent any more, and may have been a key. */
static void nothing_that_was_queued_is_left_after_a_reset(void **state)
{
	static const uint8_t key[16] = "a secret of mine";
	struct hci_host *host = &all.controllers[0].host;

	(void)state;
	all.resets = true;
	start();
	controllers_until(0, CONTROLLER_UP);
	hardware_error();
	for (int i = 0; i < 3; i++) {
		assert_true(hci_host_command(host, 0x2017, key, sizeof(key)));
		assert_true(hci_host_acl(host, 1, 0, key, sizeof(key)));
	}
	assert_non_null(memmem(host, sizeof(*host), key, sizeof(key)));
	world_pass(WORLD_S);
	assert_string_equal(all.log, "0 up, 0 sick, 0 up");
	assert_null(memmem(host, sizeof(*host), key, sizeof(key)));
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
}

static void a_sick_controller_fails_if_its_user_does_not_reset_it(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	hardware_error();
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 sick, 0 failed 13");
	assert_int_equal(note_level(all.failure),
			 -1); /* it is the failure, and no note beside it */

	all.log[0] = '\0';
	all.no_sick = true;
	start();
	controllers_until(0, CONTROLLER_UP);
	hardware_error();
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 failed 13");
}

static void end_on_sickness(struct controller *c)
{
	(void)c;
	all.finishes = false;
}

/* The user has no more use for it: that it was sick does not matter. */
static void a_user_may_finish_with_a_sick_controller(void **state)
{
	(void)state;
	all.up = end_on_sickness;
	for (int resets = 0; resets < 2; resets++) {
		all.log[0] = '\0';
		all.resets = resets;
		start();
		controllers_until(0, CONTROLLER_UP);
		all.finishes = true;
		hardware_error();
		assert_int_equal(ends(), CLI_OK);
		assert_string_equal(all.log, "0 up, 0 sick");
	}
}

static size_t nothing_arrives(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	return 0;
}

static void scan(struct controller *c)
{
	hci_gap_scan(&c->gap, c->own.type, false);
	controller_flush(c);
	controllers_wake(0);
}

static void a_command_that_is_not_answered_makes_the_controller_sick(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	sim.controller.from_host = nothing_arrives;
	scan(&all.controllers[0]);
	uint64_t asked = world_now();
	world_pass(2 * WORLD_S - WORLD_MS);
	assert_int_equal(all.controllers[0].state, CONTROLLER_UP);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_in_range(world_now() - asked, 2 * WORLD_S, 2 * WORLD_S + WORLD_MS);
	assert_string_equal(all.log, "0 up, 0 sick, 0 failed 13");
	assert_non_null(strstr(all.failure, "did not answer"));
	sim.controller.from_host = NULL;
}

static size_t hide_connections(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == 0x3e && packet[3] == 1 ? 0 : len;
}

/* LE Create Connection Cancel is answered twice: by its Command Complete, and by the event of the
 * connection (Vol 4 Part E 7.8.13). */
static void a_cancel_without_its_event_makes_the_controller_sick(void **state)
{
	struct controller *c = &all.controllers[0];

	(void)state;
	sim.controller.to_host = hide_connections;
	start();
	controllers_until(0, CONTROLLER_UP);
	hci_gap_connect(&c->gap,
			&(struct hci_connect){.peer = {1}, .parameters = {24, 24, 0, 100}});
	controller_flush(c);
	controllers_wake(0);
	world_pass(WORLD_S);
	hci_gap_connect_cancel(&c->gap);
	controller_flush(c);
	controllers_wake(0);
	const uint64_t cancelled = world_now();
	world_pass(4 * WORLD_S - WORLD_MS);
	assert_int_equal(c->state, CONTROLLER_UP);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_in_range(world_now() - cancelled, 4 * WORLD_S, 4 * WORLD_S + 10 * WORLD_MS);
	assert_string_equal(all.log, "0 up, 0 sick, 0 failed 13");
	assert_non_null(strstr(all.failure, "did not report LE Connection Complete within 4 s"));
}

static void a_controller_that_cannot_be_sent_to_has_failed(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	all.send_fails = sim.broken = true;
	scan(&all.controllers[0]);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 failed 13");
	assert_string_equal(all.failure, "it was pulled out");
}

static void a_bring_up_without_an_answer_fails(void **state)
{
	(void)state;
	sim.controller.from_host = nothing_arrives;
	start();
	assert_int_equal(ends(), CLI_NO_CONTROLLER);
	assert_null(strstr(all.log, "up"));
	assert_true(*all.failure);
}

static void an_odd_event_is_noted_and_lived_with(void **state)
{
	static const uint8_t malformed[] = {HCI_EVENT, 0x0e, 1, 1};

	(void)state;
	all.text = true;
	for (int verbose = 0; verbose < 2; verbose++) {
		program_start("info%s", verbose ? " -v" : "");
		controllers_until(0, CONTROLLER_UP);
		size_t before = strlen(program_errors());
		sim_controller_inject(&sim.controller, malformed, sizeof(malformed));
		acl(9, 'x');
		world_pass(WORLD_S);
		assert_int_equal(all.controllers[0].state, CONTROLLER_UP);
		assert_int_equal(strlen(program_errors()) > before, verbose);
		assert_int_equal(strstr(program_errors(), "which is not a link") != NULL, verbose);
		program_interrupt();
		assert_int_equal(ends(), CLI_OK);
	}
}

/* ---- The end --------------------------------------------------------------------------------- */

static void to_finish_before_it_is_up_is_no_failure(void **state)
{
	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		all.slow[0] = slow;
		sim.controller.from_host = nothing_arrives;
		start();
		world_pass(WORLD_S);
		assert_int_equal(all.controllers[0].state,
				 slow ? CONTROLLER_OPENING : CONTROLLER_BRINGING_UP);
		controller_finish(&all.controllers[0]);
		controllers_wake(0);
		assert_int_equal(all.controllers[0].state, CONTROLLER_ENDING);
		assert_int_equal(ends(), CLI_OK);
		assert_string_equal(all.log, "");
	}
}

/* Its use is over: no callback reports that it went first. */
static void a_controller_that_fails_while_it_is_reset_is_no_news(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	connection(1);
	world_pass(WORLD_MS);
	sim.controller.from_host = nothing_arrives;
	program_interrupt();
	controllers_until(0, CONTROLLER_RESETTING);
	acl(1, 'x'); /* of a link that is of no use any more */
	world_pass(WORLD_MS);
	assert_int_equal(all.data_count, 0);
	if (all.controllers[0].state == CONTROLLER_RESETTING)
		sim_controller_vanish(&sim.controller);
	assert_int_equal(ends(), CLI_OK);
	assert_string_equal(all.log, "0 up");
}

static void a_reset_at_the_end_waits_no_longer_than_for_any_command(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	sim.controller.from_host = nothing_arrives;
	program_interrupt();
	controllers_until(0, CONTROLLER_RESETTING);
	uint64_t asked = world_now();
	assert_int_equal(ends(), CLI_OK);
	assert_in_range(world_now() - asked, 2 * WORLD_S - WORLD_MS, 2 * WORLD_S + WORLD_MS);
	assert_string_equal(all.log, "0 up");
}

static void to_fail_or_finish_twice_changes_nothing(void **state)
{
	(void)state;
	start();
	controllers_until(0, CONTROLLER_UP);
	controller_fail(&all.controllers[0], CLI_CONTROLLER_FAILED, "the first");
	controller_fail(&all.controllers[0], CLI_INTERNAL, "the second");
	controller_finish(&all.controllers[0]);
	controller_sick(&all.controllers[0], "the third");
	assert_string_equal(all.log, "0 up"); /* not from within the call */
	controllers_wake(0);
	assert_int_equal(ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(all.log, "0 up, 0 failed 13");
	assert_string_equal(all.failure, "the first");
}

static void what_was_taken_is_given_back_within_eight_seconds(void **state)
{
	(void)state;
	all.slow_release = true;
	for (int in_time = 0; in_time < 2; in_time++) {
		start();
		controllers_until(0, CONTROLLER_UP);
		program_interrupt();
		controllers_until(0, CONTROLLER_RELEASING);
		uint64_t released = world_now();
		world_pass(8 * WORLD_S - WORLD_MS);
		assert_int_equal(all.controllers[0].state, CONTROLLER_RELEASING);
		assert_non_null(all.run.controllers);
		if (in_time)
			controllers_release_now(0);
		assert_int_equal(ends(), CLI_OK);
		assert_int_equal(note_level("could not be given back in time"), in_time ? -1 : 0);
		assert_in_range(world_now() - released, 8 * WORLD_S - WORLD_MS,
				8 * WORLD_S + WORLD_MS);
		assert_null(all.run.controllers);
		assert_null(all.controllers[0].transport);
	}
}

/* Nothing is waited for any more. */
static void while_it_is_given_back_no_timer_of_its_use_runs(void **state)
{
	(void)state;
	all.slow_release = true;
	start();
	controllers_until(0, CONTROLLER_UP);
	acl(1, 'a');
	world_pass(WORLD_MS);
	program_interrupt();
	controllers_until(0, CONTROLLER_RELEASING);
	assert_int_equal(all.controllers[0].early_timer.at, 0);
	assert_int_equal(all.controllers[0].command_timer.at, 0);
	assert_int_equal(all.controllers[0].deferred.at, 0);
	controllers_release_now(0);
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(note_level("which is not a link"), -1);
	assert_int_equal(all.controllers[0].early[0].data[0], 0); /* they may have been keys */
}

static void the_capture_is_closed_at_the_end(void **state)
{
	static char file[] = "/tmp/blepair-capture-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(file), 0);
	all.capture = file;
	start();
	controllers_until(0, CONTROLLER_UP);
	assert_true(all.controllers[0].capture.fd >= 0);
	program_interrupt();
	assert_int_equal(ends(), CLI_OK);
	assert_int_equal(all.controllers[0].capture.fd, -1);
	assert_int_equal(unlink(file), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controllers_begin, controllers_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_reason_why_it_cannot_be_opened_gives_the_exit_code),
		TEST(a_transport_may_take_six_seconds_to_open),
		TEST(a_controller_that_disappears_while_opening_has_failed),
		TEST(a_controller_without_firmware_is_never_up),
		TEST(a_controller_without_its_patch_is_used_and_noted),
		TEST(a_defect_that_is_worked_around_is_noted_with_v),
		TEST(a_store_that_cannot_be_used_is_reported_before_anything_is_sent_on_air),
		TEST(a_capture_that_cannot_be_written_is_a_failure_from_the_start),
		TEST(the_owner_starts_only_a_controller_that_is_open),
		TEST(a_controller_may_lack_an_optional_command),
		TEST(a_connection_that_fails_beside_any_attempt_is_noted),
		TEST(the_user_sees_every_packet_and_hears_when_all_is_handled),
		TEST(data_that_comes_before_its_connection_is_kept_for_it),
		TEST(early_data_is_kept_for_a_tenth_of_a_second),
		TEST(no_more_early_data_is_kept_than_there_is_room_for),
		TEST(no_packet_is_left_on_the_stack),
		TEST(a_capture_that_cannot_be_continued_ends_and_the_run_goes_on),
		TEST(a_sick_controller_is_reset_if_its_user_wants_to),
		TEST(nothing_that_was_queued_is_left_after_a_reset),
		TEST(a_sick_controller_fails_if_its_user_does_not_reset_it),
		TEST(a_user_may_finish_with_a_sick_controller),
		TEST(a_command_that_is_not_answered_makes_the_controller_sick),
		TEST(a_cancel_without_its_event_makes_the_controller_sick),
		TEST(a_controller_that_cannot_be_sent_to_has_failed),
		TEST(a_bring_up_without_an_answer_fails),
		TEST(to_finish_before_it_is_up_is_no_failure),
		TEST(a_controller_that_fails_while_it_is_reset_is_no_news),
		TEST(a_reset_at_the_end_waits_no_longer_than_for_any_command),
		TEST(to_fail_or_finish_twice_changes_nothing),
		TEST(a_controller_without_an_identity_has_failed),
		TEST(only_a_person_may_allow_to_take_a_controller),
		TEST(a_transport_that_refuses_late_is_opened_again_if_it_may),
		TEST(with_take_nobody_is_asked),
		TEST(an_odd_event_is_noted_and_lived_with),
		TEST(while_it_is_given_back_no_timer_of_its_use_runs),
		TEST(the_capture_is_closed_at_the_end),
		TEST(what_was_taken_is_given_back_within_eight_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
