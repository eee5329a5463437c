/* SPDX-License-Identifier: MIT */
/* Tests of the simulator: time passes in order, and a peer that must fail does fail. */
#include "sim/sim.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "sim/radio.h"

static char order[16];

static void append(void *arg)
{
	strcat(order, (const char *)arg);
}

static void test_events_come_in_the_order_of_time(void **state)
{
	uint64_t began = world_now();

	(void)state;
	order[0] = '\0';
	world_post(3 * WORLD_S, append, "d", 2);
	world_post(1 * WORLD_S, append, "a", 2);
	world_post(2 * WORLD_S, append, "b", 2);
	world_post(2 * WORLD_S, append, "c", 2);
	world_pass(2 * WORLD_S);
	assert_string_equal(order, "abc");
	assert_int_equal(world_now() - began, 2 * WORLD_S);
	assert_false(world_dead());
	world_pass(2 * WORLD_S);
	assert_string_equal(order, "abcd");
	assert_true(world_dead());
	assert_int_equal(world_now() - began, 4 * WORLD_S);
}

static void test_pairs_as_a_central(void **state)
{
	struct reference_peer p;

	(void)state;
	reference_peer_begin(&p, &sim.peer);
	sim_pair("--sc off");
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_string_equal(program_errors(), "");
	assert_int_equal(p.received.dist, KEY_ENC | KEY_ID);
	assert_int_equal(sim.controller.opened, 1);
	assert_null(sim.peer.link);
}

static void test_pairs_as_a_peripheral(void **state)
{
	struct reference_peer p;

	(void)state;
	reference_peer_begin(&p, &sim.peer);
	p.initiates = true;
	p.io = IO_KEYBOARD_DISPLAY;
	p.auth |= AUTH_SC | AUTH_MITM;
	p.method = COMPARISON;
	sim_listen("--io display-yesno --count 1");
	assert_true(reference_peer_pair(&p));
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("method"), "numeric_comparison");
}

/* A reference peer that accepts every passkey would prove nothing. */
static void test_the_reference_peer_detects_another_passkey(void **state)
{
	struct reference_peer p;

	(void)state;
	reference_peer_begin(&p, &sim.peer);
	p.io = IO_KEYBOARD;
	p.auth |= AUTH_SC | AUTH_MITM;
	p.method = PASSKEY;
	p.other_bit = 5;
	sim_pair("--io display");
	assert_false(reference_peer_pair(&p));
	assert_int_equal(p.refused, 0x04);
	assert_int_equal(raw_peer_count(&sim.peer, PDU_CONFIRM), 6);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(program_reason(), 0x04);
}

static void test_a_world_without_events_is_dead(void **state)
{
	(void)state;
	program_start("listen");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	/* The program listens for ever; the world is not dead, because it advertises. */
	world_pass(3600 * WORLD_S);
	assert_true(world_runs());
	assert_false(world_dead());
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
	world_pass(WORLD_S);
	assert_true(world_dead());
}

static void test_ends_a_program_that_a_test_leaves_behind(void **state)
{
	(void)state;
	sim_pair("--io keyboard-display");
	(void)raw_peer_expect(&sim.peer, PDU_REQUEST);
	program_end();
	assert_false(world_runs());
	assert_null(program_event("result"));
}

static size_t lose_reset(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[1] == HCI_COMMAND_COMPLETE && packet[4] == 0x03 ? 0 : len;
}

static void test_a_hook_drops_packets(void **state)
{
	uint64_t began = world_now();

	(void)state;
	sim.controller.to_host = lose_reset;
	program_start(RAW_PEER_ADDRESS);
	assert_int_equal(program_ends(10 * WORLD_S), CLI_NO_CONTROLLER);
	/* The loop takes a microsecond from one turn to the next. */
	assert_in_range(world_now() - began, 2 * WORLD_S, 2 * WORLD_S + 5);
}

/* CLOCK_MONOTONIC stands still, so a limit of 10 s takes 10 s in which the machine is awake. */
static void test_a_suspended_program_does_not_run(void **state)
{
	const uint64_t began = world_now(), wall = clock_wall();

	(void)state;
	program_start("--scan-timeout 10 " RAW_PEER_ADDRESS);
	world_pass(5 * WORLD_S);
	world_suspend(60 * WORLD_S);
	world_pass(30 * WORLD_S);
	assert_true(world_is_suspended());
	assert_int_equal(clock_now(), began + 5 * WORLD_S);
	assert_int_equal(clock_wall() - wall, 35 * WORLD_S);
	assert_int_equal(program_ends(100 * WORLD_S), CLI_NOT_FOUND);
	assert_in_range(world_now() - began, 70 * WORLD_S, 71 * WORLD_S);
	world_set_wall(-(int64_t)(3600 * WORLD_S));
	assert_in_range(wall - clock_wall(), 3528 * WORLD_S, 3530 * WORLD_S);
}

/* When CONNECT_IND is lost, only the central has a link: for six connection events. */
static void test_a_link_that_one_end_does_not_know(void **state)
{
	struct radio radio = {.advertising_loss = 500};
	unsigned connected = 0, links = 0;
	const json_t *event;
	size_t i;

	for (radio.seed = 1; radio.seed < 20; radio.seed++) {
		assert_int_equal(sim_begin(state), 0);
		radio_on(&radio);
		raw_peer_advertise(&sim.peer);
		program_start("--wait-security-request " RAW_PEER_ADDRESS);
		world_pass(2 * WORLD_S);
		json_array_foreach(program_events(), i, event)
		{
			const char *name = json_string_value(json_object_get(event, "event"));
			connected += name && strcmp(name, "connected") == 0;
		}
		links += sim.peer.links;
		program_interrupt();
		(void)sim_ends();
		assert_int_equal(sim_end(state), 0);
	}
	/* Half of the links, and each of those that are tried again. */
	assert_int_equal(links, 19);
	assert_in_range(connected, 19 * 3 / 2, 19 * 3);
	(void)sim_begin(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, sim_end)
	const struct CMUnitTest tests[] = {
		TEST(test_events_come_in_the_order_of_time),
		TEST(test_pairs_as_a_central),
		TEST(test_pairs_as_a_peripheral),
		TEST(test_the_reference_peer_detects_another_passkey),
		TEST(test_a_world_without_events_is_dead),
		TEST(test_ends_a_program_that_a_test_leaves_behind),
		TEST(test_a_hook_drops_packets),
		TEST(test_a_suspended_program_does_not_run),
		TEST(test_a_link_that_one_end_does_not_know),
	};
	return cmocka_run_group_tests_name("sim/selftest", tests, NULL, NULL);
}
