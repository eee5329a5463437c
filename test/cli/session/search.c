/* SPDX-License-Identifier: MIT */
/* The way from a command to its sessions: searching, connecting, retries, limits. */
#include "session/search.h"

#include <stdio.h>
#include <string.h>

#include "cli/notes.h"
#include "hci/error.h"
#include "sim/run_scenario.h"
#include "unit.h"

enum first { SCAN, CONNECT, NOTHING };

static struct {
	/* To be set before the program starts. */
	enum first first;
	bool no_packet, again, connects_later;
	enum session_intent intent;

	/* To be looked at. */
	struct options options;
	struct event_output events;
	struct store store;
	struct search search;
	char log[1024];
	struct outcome outcome; /* of not_connected */
	unsigned packets;
} one;

static void note(const char *what)
{
	size_t len = strlen(one.log);

	(void)snprintf(one.log + len, sizeof(one.log) - len, "%s%s", len ? ", " : "", what);
}

/* ---- The program ----------------------------------------------------------------------------- */

static void begin(void)
{
	switch (one.first) {
	case SCAN:
		search_scan(&one.search);
		break;
	case CONNECT:
		search_connect(&one.search, &one.options.peer);
		break;
	case NOTHING:
		break;
	}
}

static void up(void *ctx)
{
	(void)ctx;
	note("up");
	begin();
}

static bool is_wanted(void *ctx, const struct crypto_address *on_air)
{
	(void)ctx;
	return address_same_octets(on_air, &one.options.peer);
}

static void found(void *ctx, const struct crypto_address *on_air)
{
	(void)ctx;
	note("found");
	if (!one.connects_later)
		search_connect(&one.search, on_air);
}

static void not_found(void *ctx)
{
	(void)ctx;
	note("not found");
	search_end(&one.search);
}

static void not_connected(void *ctx, const struct outcome *outcome)
{
	(void)ctx;
	note("not connected");
	one.outcome = *outcome;
	search_end(&one.search);
}

static void closed(void *ctx)
{
	(void)ctx;
	note(one.search.state == SEARCH_OVER ? "closed at the end" : "closed");
	session_conclude(&one.search.session, NULL, NULL);
	if (one.again)
		begin();
	else
		search_end(&one.search);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	(void)ctx;
	(void)received;
	(void)octets;
	(void)len;
	one.packets++;
}

static int run(int argc, char *argv[])
{
	static struct search_user user;
	enum cli_exit code;

	user = (struct search_user){
		.up = up,
		.is_wanted = is_wanted,
		.found = found,
		.not_found = not_found,
		.not_connected = not_connected,
		.closed = closed,
		.packet = one.no_packet ? NULL : packet,
	};
	if (options_parse(argc, argv, &one.options) >= 0)
		return CLI_USAGE;
	event_output_init(&one.events, &one.options);
	store_init_none(&one.store);
	code = search_init(&one.search, &one.options, &one.events, one.intent, &user, &one);
	if (code != CLI_OK)
		return (int)code;
	search_run(&one.search, &one.store, false);
	if (one.search.outcome.exit != CLI_OK)
		outcome_report(&one.search.outcome, &one.events, NULL, NULL);
	return (int)one.search.outcome.exit;
}

static int one_begin(void **state)
{
	memset(&one, 0, sizeof(one));
	program_replace(run);
	return sim_begin(state);
}

static int one_end(void **state)
{
	int status = sim_end(state);

	memset(&one, 0, sizeof(one));
	program_replace(NULL);
	return status;
}

static bool is_state(void *ctx)
{
	return one.search.state == *(const enum search_state *)ctx;
}

static void until(enum search_state state)
{
	if (!world_until(is_state, &state, 10 * WORLD_S))
		fail_msg("the search is in state %d, and should be in %d", (int)one.search.state,
			 (int)state);
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

#define PEER "C0:FF:EE:00:00:01"

static void start(enum first first, const char *options)
{
	one.first = first;
	program_start("%s%s%s", options, *options ? " " : "", PEER "/random");
}

/* ---- Searching ------------------------------------------------------------------------------- */

static void a_wanted_peer_is_found_and_connected_to(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, true);
	start(SCAN, "");
	until(SEARCH_SCANNING);
	world_pass(WORLD_S);
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	until(SEARCH_LINKED);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, found, closed");
	assert_int_equal(count_events("found"), 1);
	assert_int_equal(count_events("connecting"), 1);
	assert_string_equal(program_result("result"), "paired");
	assert_true(one.packets > 10);
	const json_t *timings = json_object_get(program_event("result"), "timings");
	assert_true(json_real_value(json_object_get(timings, "scan_ms")) > 990);
	assert_true(json_real_value(json_object_get(timings, "scan_ms")) < 1100);
	assert_true(json_real_value(json_object_get(timings, "connect_ms")) > 0);
	assert_true(json_real_value(json_object_get(timings, "connect_ms")) < 100);
}

static void the_search_ends_after_the_scan_timeout(void **state)
{
	(void)state;
	start(SCAN, "--scan-timeout 3");
	until(SEARCH_SCANNING);
	uint64_t began = world_now();
	until(SEARCH_OVER);
	assert_in_range(world_now() - began, 3 * WORLD_S - WORLD_MS, 3 * WORLD_S + WORLD_MS);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, not found");
	assert_false(one.search.seen_not_connectable);
}

static void a_peer_that_does_not_accept_connections_is_not_connected_to(void **state)
{
	(void)state;
	start(SCAN, "--scan-timeout 3");
	until(SEARCH_SCANNING);
	air_advertise(&sim.peer.air, false, NULL, 0, NULL, 0);
	until(SEARCH_OVER);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, not found");
	assert_true(one.search.seen_not_connectable);
	assert_int_equal(count_events("found"), 0);
}

static void other_devices_are_left_alone(void **state)
{
	static struct raw_peer other;

	(void)state;
	raw_peer_begin(&other, "C0:FF:EE:00:00:09/random");
	start(SCAN, "--scan-timeout 3");
	until(SEARCH_SCANNING);
	raw_peer_advertise(&other);
	until(SEARCH_OVER);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, not found");
	assert_null(other.link);
}

/* A command may wait before it connects: the scan is over, and its limit too. */
static void after_it_was_found_there_is_no_hurry(void **state)
{
	(void)state;
	one.connects_later = true;
	start(SCAN, "--scan-timeout 2");
	raw_peer_advertise(&sim.peer);
	world_pass(5 * WORLD_S);
	assert_string_equal(one.log, "up, found");
	assert_int_equal(one.search.state, SEARCH_IDLE);
	assert_false(one.search.controller.gap.scanning);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

/* ---- Connecting ------------------------------------------------------------------------------ */

static void a_connection_that_is_not_accepted_is_given_up(void **state)
{
	(void)state;
	start(CONNECT, "--scan-timeout 3");
	until(SEARCH_CONNECTING);
	uint64_t began = world_now();
	until(SEARCH_OVER);
	assert_in_range(world_now() - began, 3 * WORLD_S - WORLD_MS, 3 * WORLD_S + 5 * WORLD_MS);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, not connected");
	assert_int_equal(one.outcome.exit, CLI_NOT_FOUND);
	assert_string_equal(one.outcome.text, PEER " did not accept a connection within 3 s");
	assert_non_null(strstr(one.outcome.advice, "really random?"));
}

static size_t drop_all(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	return 0;
}

static size_t refuse_connection(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	/* LE (Enhanced) Connection Complete: Connection Limit Exceeded. */
	if (packet[0] == HCI_EVENT && packet[1] == 0x3e && (packet[3] == 1 || packet[3] == 10))
		packet[4] = 0x09;
	return len;
}

static void a_connection_that_fails_reports_the_error(void **state)
{
	(void)state;
	sim.controller.to_host = refuse_connection;
	sim.broken = true;
	start(CONNECT, "");
	raw_peer_advertise(&sim.peer);
	until(SEARCH_OVER);
	(void)program_ends(10 * WORLD_S);
	assert_string_equal(one.log, "up, not connected");
	assert_int_equal(one.outcome.exit, CLI_CONNECTION_FAILED);
	assert_int_equal(one.outcome.reason_code, 0x09);
	assert_string_equal(one.outcome.reason, hci_error_name(0x09));
	assert_string_equal(one.outcome.advice, hci_error_advice(0x09));
	assert_string_equal(one.outcome.text,
			    "cannot connect to " PEER ": Connection Limit Exceeded (0x09)");
}

static size_t refuse_scanning(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	/* Command Complete of LE Set (Extended) Scan Enable: Command Disallowed. */
	if (packet[0] == HCI_EVENT && packet[1] == HCI_COMMAND_COMPLETE && packet[5] == 0x20 &&
	    (packet[4] == 0x0c || packet[4] == 0x42))
		packet[6] = 0x0c;
	return len;
}

static void a_command_that_is_refused_is_named(void **state)
{
	(void)state;
	sim.controller.to_host = refuse_scanning;
	sim.broken = true;
	start(SCAN, "");
	until(SEARCH_OVER);
	(void)program_ends(10 * WORLD_S);
	assert_int_equal(one.search.outcome.exit, CLI_CONTROLLER_FAILED);
	assert_non_null(strstr(one.search.outcome.text, "Scan Enable"));
	assert_non_null(strstr(one.search.outcome.text, "Command Disallowed (0x0c)"));
}

/* Breaks every link as one that was never established. */
static void break_links(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		raw_peer_advertise(&sim.peer);
		raw_peer_linked(&sim.peer);
		world_pass(10 * WORLD_MS);
		air_break(sim.peer.link, HCI_FAILED_TO_ESTABLISH);
		(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	}
}

static void a_link_that_was_never_established_is_tried_five_times(void **state)
{
	(void)state;
	start(CONNECT, "--wait-security-request");
	break_links(5);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, closed");
	assert_int_equal(count_events("connecting"), SEARCH_LINK_TRIES);
	assert_int_equal(count_events("connected"), SEARCH_LINK_TRIES);
	assert_int_equal(note_level("the link failed to be established: trying again"), 0);
	assert_string_equal(program_result("class"), "connection_failed");
	assert_int_equal(program_reason(), HCI_FAILED_TO_ESTABLISH);
}

static void the_next_link_has_five_tries_of_its_own(void **state)
{
	(void)state;
	one.again = true;
	start(CONNECT, "--wait-security-request");
	break_links(9);
	assert_string_equal(one.log, "up, closed");
	one.again = false;
	break_links(1);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, closed, closed");
}

static void a_link_that_breaks_for_another_reason_is_not_retried(void **state)
{
	(void)state;
	start(CONNECT, "--wait-security-request");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	world_pass(10 * WORLD_MS);
	air_break(sim.peer.link, 0x08);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("connecting"), 1);
	assert_int_equal(program_reason(), 0x08);
}

/* ---- Links beside that of the session -------------------------------------------------------- */

static unsigned second_link_closed;

static size_t watch_for_disconnect(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	second_link_closed += packet[0] == HCI_COMMAND && packet[1] == 0x06 && packet[2] == 0x04 &&
			      packet[4] == 0x77 && packet[6] == HCI_REMOTE_USER_TERMINATED;
	return len;
}

/* There is one session: a link beside that of its own is closed, and changes nothing else. */
static void a_second_link_is_closed(void **state)
{
	static const uint8_t connection[] = {HCI_EVENT, 0x3e, 19, 1, 0,	 0x77, 0, 0, 1,	  1, 2,
					     3,		4,    5,  6, 24, 0,    0, 0, 100, 0, 0};
	struct reference_peer p;

	(void)state;
	second_link_closed = 0;
	run_scenario_begin_sc(&p, true);
	start(CONNECT, "--wait-security-request");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	world_pass(10 * WORLD_MS);
	sim.controller.from_host = watch_for_disconnect;
	sim_controller_inject(&sim.controller, connection, sizeof(connection));
	world_pass(10 * WORLD_MS);
	assert_int_equal(second_link_closed, 1);
	assert_int_equal(one.search.state, SEARCH_LINKED);
	assert_true(address_equal(&one.search.session.peer, &sim.peer.air.address));
	program_interrupt();
	(void)sim_ends();
	assert_string_equal(one.log, "up, closed");
}

/* A central that calls gets no central. The run goes on. */
static void a_link_in_the_other_role_is_closed(void **state)
{
	const uint8_t connection[] = {HCI_EVENT, 0x3e, 19, 1, 0,  0x77, 0, 1, 1,   1, 2,
				      3,	 4,    5,  6, 24, 0,	0, 0, 100, 0, 0};

	(void)state;
	second_link_closed = 0;
	start(CONNECT, "");
	until(SEARCH_CONNECTING);
	world_pass(10 * WORLD_MS);
	sim.controller.from_host = watch_for_disconnect;
	sim_controller_inject(&sim.controller, connection, sizeof(connection));
	world_pass(10 * WORLD_MS);
	assert_int_equal(second_link_closed, 1);
	assert_null(one.search.session.link);
	assert_int_equal(one.search.state, SEARCH_CONNECTING);
	program_interrupt();
	(void)sim_ends();
	assert_string_equal(one.log, "up");
}

/* ---- The end --------------------------------------------------------------------------------- */

static void the_time_limit_ends_whatever_is_under_way(void **state)
{
	static const enum first firsts[] = {SCAN, CONNECT, NOTHING};

	(void)state;
	for (size_t i = 0; i < COUNT(firsts); i++) {
		assert_int_equal(one_end(NULL) | one_begin(NULL), 0);
		one.no_packet = true;
		start(firsts[i], "--timeout 2");
		(void)program_expect("controller", WORLD_S);
		uint64_t began = world_now();
		assert_int_equal(sim_ends(), CLI_TIMED_OUT);
		assert_in_range(world_now() - began, 2 * WORLD_S - WORLD_MS,
				2 * WORLD_S + 20 * WORLD_MS);
		assert_string_equal(program_result("text"), "timed out: --timeout is over");
		assert_int_equal(one.search.stopped, CLI_TIMED_OUT);
		assert_string_equal(one.log, "up");
	}
}

/* A controller that is slow, or does not answer, has no more time than the run. */
static void the_time_limit_counts_from_the_start(void **state)
{
	(void)state;
	sim.controller.to_host = drop_all;
	sim.broken = true;
	start(SCAN, "--timeout 1.5");
	uint64_t began = world_now();
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_in_range(world_now() - began, 1500 * WORLD_MS, 1500 * WORLD_MS + 100);
	assert_string_equal(program_result("text"),
			    "timed out: --timeout was over before the controller was up");
	assert_string_equal(one.log, "");
}

static void without_a_time_limit_there_is_none(void **state)
{
	(void)state;
	start(NOTHING, "--timeout 0");
	world_pass(1000 * WORLD_S);
	assert_true(world_runs());
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("text"), "cancelled");
}

static void the_time_limit_closes_the_link(void **state)
{
	(void)state;
	start(CONNECT, "--timeout 2 --wait-security-request");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_int_equal(sim_ends(), CLI_OK); /* the session has the outcome */
	assert_string_equal(one.log, "up, closed");
	assert_string_equal(program_result("class"), "timed_out");
	assert_int_equal(one.search.stopped, CLI_TIMED_OUT);
	assert_int_equal(sim.peer.unlinked_reason, 0x13);
}

static void the_time_limit_is_no_secret_to_the_peer(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, true);
	start(CONNECT, "--timeout 2");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	p.stop_at = 3;
	assert_false(reference_peer_pair(&p));
	world_pass(2 * WORLD_S);
	assert_int_equal(raw_peer_count(&sim.peer, PDU_FAILED), 1);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("class"), "timed_out");
}

static void an_interruption_closes_the_link(void **state)
{
	(void)state;
	start(CONNECT, "--wait-security-request");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(one.log, "up, closed");
	assert_string_equal(program_result("class"), "cancelled");
	assert_int_equal(one.search.stopped, CLI_CANCELLED);
}

static size_t keep_acknowledgements(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == 0x13 ? 0 : len;
}

/* The time limit is over while the link of an interrupted search closes, or the controller. */
static void the_first_reason_to_stop_stands(void **state)
{
	(void)state;
	for (int linked = 0; linked < 2; linked++) {
		assert_int_equal(one_end(NULL) | one_begin(NULL), 0);
		start(linked ? CONNECT : NOTHING, "--timeout 2");
		(void)program_expect("controller", WORLD_S);
		sim.controller.to_host = linked ? keep_acknowledgements : drop_all;
		sim.broken = !linked;
		uint64_t over = world_now() + 2 * WORLD_S;
		if (linked) {
			raw_peer_advertise(&sim.peer);
			raw_peer_linked(&sim.peer);
		}
		world_pass(over - world_now() - WORLD_S / 2);
		program_interrupt();
		world_pass(WORLD_S / 2 + 10 * WORLD_MS);
		assert_true(world_runs());
		assert_int_equal(sim_ends(), linked ? CLI_OK : CLI_CANCELLED);
		assert_string_equal(program_result("class"), "cancelled");
		assert_int_equal(one.search.stopped, CLI_CANCELLED);
	}
}

static void a_controller_that_disappears_ends_the_search(void **state)
{
	static const enum first firsts[] = {SCAN, CONNECT, NOTHING};

	(void)state;
	for (size_t i = 0; i < COUNT(firsts); i++) {
		assert_int_equal(one_end(NULL) | one_begin(NULL), 0);
		start(firsts[i], "");
		(void)program_expect("controller", WORLD_S);
		sim_controller_vanish(&sim.controller);
		assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
		assert_string_equal(one.log, "up");
		assert_int_equal(one.search.state, SEARCH_OVER);
		assert_int_equal(one.search.stopped, CLI_OK);
	}
}

/* A pairing that was finished stays so; one that was not is the controller's failure. */
static void the_outcome_of_a_session_outlives_the_controller_if_it_is_final(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, true);
	start(CONNECT, "--wait-security-request");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	world_pass(10 * WORLD_MS);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(one.log, "up");

	assert_int_equal(one_end(NULL) | one_begin(NULL), 0);
	one.again = true; /* which is not possible any more */
	run_scenario_begin_sc(&p, true);
	sim.peer.att_silent = true;
	start(CONNECT, "");
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_true(reference_peer_pair(&p));
	world_pass(2 * AIR_DELAY);
	assert_int_equal(one.search.session.state, SESSION_AWAITING_PROOF);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(one.log, "up, closed at the end");
	assert_int_equal(one.search.session.outcome.exit, CLI_OK);
}

static size_t refuse_scan(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	/* Command Complete of LE Set Scan Enable, legacy or extended: Command Disallowed. */
	if (packet[0] == HCI_EVENT && packet[1] == 0x0e && packet[5] == 0x20 &&
	    (packet[4] == 0x0c || packet[4] == 0x42))
		packet[6] = 0x0c;
	return len;
}

static void a_command_that_the_controller_refuses_ends_the_search(void **state)
{
	(void)state;
	sim.controller.to_host = refuse_scan;
	start(SCAN, "");
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(one.log, "up");
	assert_non_null(strstr(program_result("text"), "Command Disallowed (0x0c)"));
}

static void nothing_starts_once_it_is_over(void **state)
{
	const struct crypto_address peer = raw_peer_address(RAW_PEER_ADDRESS);
	const struct failure late = {.exit = CLI_INTERNAL};

	(void)state;
	start(NOTHING, "");
	(void)program_expect("controller", WORLD_S);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	search_scan(&one.search);
	search_connect(&one.search, &peer);
	search_end(&one.search);
	search_fail(&one.search, &late);
	assert_int_equal(one.search.state, SEARCH_OVER);
	assert_int_equal(one.search.outcome.exit, CLI_CANCELLED);
	assert_int_equal(one.search.tries, 0);
}

static void out_of_band_data_that_cannot_be_loaded_is_reported(void **state)
{
	(void)state;
	start(SCAN, "--oob-own /dev/null/oob");
	assert_int_equal(program_ends(WORLD_S), CLI_USAGE);
	assert_string_equal(program_result("class"), "usage");
	assert_string_equal(one.log, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_begin, one_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wanted_peer_is_found_and_connected_to),
		TEST(the_search_ends_after_the_scan_timeout),
		TEST(a_peer_that_does_not_accept_connections_is_not_connected_to),
		TEST(other_devices_are_left_alone),
		TEST(after_it_was_found_there_is_no_hurry),
		TEST(a_connection_that_is_not_accepted_is_given_up),
		TEST(a_connection_that_fails_reports_the_error),
		TEST(a_command_that_is_refused_is_named),
		TEST(a_link_that_was_never_established_is_tried_five_times),
		TEST(the_next_link_has_five_tries_of_its_own),
		TEST(a_link_that_breaks_for_another_reason_is_not_retried),
		TEST(a_second_link_is_closed),
		TEST(a_link_in_the_other_role_is_closed),
		TEST(the_time_limit_ends_whatever_is_under_way),
		TEST(the_time_limit_counts_from_the_start),
		TEST(without_a_time_limit_there_is_none),
		TEST(the_time_limit_closes_the_link),
		TEST(the_time_limit_is_no_secret_to_the_peer),
		TEST(an_interruption_closes_the_link),
		TEST(the_first_reason_to_stop_stands),
		TEST(a_controller_that_disappears_ends_the_search),
		TEST(the_outcome_of_a_session_outlives_the_controller_if_it_is_final),
		TEST(a_command_that_the_controller_refuses_ends_the_search),
		TEST(nothing_starts_once_it_is_over),
		TEST(out_of_band_data_that_cannot_be_loaded_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
