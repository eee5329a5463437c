/* SPDX-License-Identifier: MIT */
/* blepair listen with several centrals at a time: room for links, idle links, questions, ends. */
#include "session/listener.h"

#include <stdio.h>
#include <string.h>

#include "cli/notes.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "heap.h"
#include "sim/run_scenario.h"
#include "unit.h"

#define CENTRALS (LISTENER_LINKS + 1)

static struct raw_peer centrals[CENTRALS];
static struct reference_peer peers[CENTRALS];

/* ---- Centrals -------------------------------------------------------------------------------- */

static int begin(void **state)
{
	int status = sim_begin(state);

	for (size_t i = 0; !status && i < CENTRALS; i++) {
		char address[32];
		(void)snprintf(address, sizeof(address), "C0:FF:EE:00:01:%02zX/random", i + 1);
		raw_peer_begin(&centrals[i], address);
		reference_peer_begin(&peers[i], &centrals[i]);
		peers[i].initiates = true;
		peers[i].auth |= AUTH_SC;
		peers[i].own.identity = centrals[i].air.address;
	}
	return status;
}

static int end(void **state)
{
	heap_forbid(NULL, 0);
	program_replace(NULL);
	run_scenario_forget();
	return sim_end(state);
}

static void start(const char *options)
{
	program_start("listen%s%s", *options ? " " : "", options);
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
}

static void connect_central(size_t i)
{
	raw_peer_connect(&centrals[i], &sim.controller.air.address);
	world_pass(50 * WORLD_MS); /* blepair advertises again, if it can */
}

/* Calls blepair, which does not advertise. */
static void call_in_vain(size_t i)
{
	static const struct air_parameters usual = {12, 0, 400};

	air_connect(&centrals[i].air, &sim.controller.air.address, &usual);
	world_pass(WORLD_S);
	assert_null(centrals[i].link);
}

static void interrupt(enum cli_exit code)
{
	world_pass(50 * WORLD_MS); /* what was sent arrives */
	program_interrupt();
	assert_int_equal(sim_ends(), code);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static const char *str(const json_t *event, const char *field)
{
	const char *text = json_string_value(json_object_get(event, field));

	return text ? text : "";
}

static size_t count_events(const char *name)
{
	size_t i, count = 0;
	const json_t *event;

	json_array_foreach(program_events(), i, event)
	{
		count += strcmp(str(event, "event"), name) == 0;
	}
	return count;
}

/* The last event of that name in session i + 1; NULL: none. */
static const json_t *event_of(size_t session, const char *name)
{
	const json_t *event, *last = NULL;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		if (strcmp(str(event, "event"), name) == 0 &&
		    json_integer_value(json_object_get(event, "session")) == (json_int_t)session)
			last = event;
	}
	return last;
}

static const char *result_of(size_t session, const char *field)
{
	return str(event_of(session, "result"), field);
}

static const char *peer_of(const json_t *event)
{
	return str(json_object_get(event, "peer"), "address");
}

/* ---- Room ------------------------------------------------------------------------------------ */

static void as_many_centrals_as_there_is_room_for_pair_at_once(void **state)
{
	const json_t *event;
	size_t i;

	(void)state;
	start("");
	for (i = 0; i < LISTENER_LINKS; i++)
		connect_central(i);
	call_in_vain(LISTENER_LINKS);
	/* All pairings are under way before the first one ends. */
	for (i = 0; i < LISTENER_LINKS; i++)
		reference_peer_features(&peers[i]);
	for (i = LISTENER_LINKS; i--;) {
		reference_peer_public_keys(&peers[i]);
		reference_peer_nonces(&peers[i]);
	}
	for (i = 0; i < LISTENER_LINKS; i++) {
		reference_peer_checks(&peers[i]);
		reference_peer_encryption(&peers[i]);
		reference_peer_keys(&peers[i]);
	}
	raw_peer_disconnect(&centrals[3], 0x13);
	raw_peer_linked(&centrals[LISTENER_LINKS]); /* now there is room for the last one */
	for (i = 0; i < CENTRALS; i++)
		raw_peer_disconnect(&centrals[i], 0x13);
	world_pass(WORLD_S);
	for (i = 1; i <= LISTENER_LINKS; i++) {
		const char *address = peer_of(event_of(i, "connected"));
		char expected[20];
		(void)snprintf(expected, sizeof(expected), "C0:FF:EE:00:01:%02zX", i);
		assert_string_equal(address, expected);
		assert_string_equal(result_of(i, "class"), "ok");
		assert_string_equal(result_of(i, "result"), "paired");
	}
	/* Each event of a session names it and its peer. */
	json_array_foreach(program_events(), i, event)
	{
		json_int_t session = json_integer_value(json_object_get(event, "session"));
		if (strcmp(str(event, "event"), "controller") == 0 ||
		    strcmp(str(event, "event"), "advertising") == 0) {
			assert_null(json_object_get(event, "session"));
			continue;
		}
		assert_in_range(session, 1, CENTRALS);
		assert_string_equal(peer_of(event),
				    peer_of(event_of((size_t)session, "connected")));
	}
	assert_string_equal(result_of(CENTRALS, "class"), "connection_failed");
	interrupt(CLI_OK);
}

static unsigned advertising_enabled; /* how often blepair has asked for it */

static size_t watch_advertising(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	advertising_enabled += packet[0] == HCI_COMMAND && packet[1] == 0x0a && packet[2] == 0x20 &&
			       packet[4] == 1;
	return len;
}

/* The refusal shows that there is no room; it is asked again when a link has ended. */
static void a_controller_that_refuses_to_advertise_has_no_room(void **state)
{
	(void)state;
	advertising_enabled = 0;
	sim.controller.max_links = 2;
	sim.controller.from_host = watch_advertising;
	start("");
	connect_central(0);
	connect_central(1);
	assert_int_equal(advertising_enabled, 3);
	assert_int_equal(note_level("the controller has no room for another link: Connection Limit "
				    "Exceeded (0x09); it advertises again when a link ends"),
			 1);
	call_in_vain(2);
	assert_int_equal(advertising_enabled, 3);
	raw_peer_disconnect(&centrals[0], 0x13);
	raw_peer_linked(&centrals[2]);
	assert_int_equal(count_events("advertising"), 3);
	assert_true(reference_peer_pair(&peers[2]));
	assert_true(reference_peer_pair(&peers[1]));
	interrupt(CLI_OK);
}

static const uint8_t advertising_answer[] = {HCI_EVENT, 0x0e, 4, 1, 0x0a, 0x20, 0};

static size_t keep_advertising_answer(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return len == sizeof(advertising_answer) &&
			       memcmp(packet, advertising_answer, sizeof(advertising_answer)) == 0
		       ? 0
		       : len;
}

/* A session ends before the controller has answered the command of the next one. */
static void advertising_is_reported_once_the_controller_confirms_it(void **state)
{
	(void)state;
	start("");
	sim.controller.to_host = keep_advertising_answer;
	connect_central(0);
	raw_peer_disconnect(&centrals[0], 0x13);
	world_pass(100 * WORLD_MS);
	assert_non_null(event_of(1, "result"));
	assert_int_equal(count_events("advertising"), 1);
	sim.controller.to_host = NULL;
	sim_controller_inject(&sim.controller, advertising_answer, sizeof(advertising_answer));
	world_pass(100 * WORLD_MS);
	assert_int_equal(count_events("advertising"), 2);
	/* After a result that changes nothing it is repeated. */
	connect_central(1);
	assert_int_equal(count_events("advertising"), 3);
	raw_peer_disconnect(&centrals[1], 0x13);
	world_pass(100 * WORLD_MS);
	assert_int_equal(count_events("advertising"), 4);
	interrupt(CLI_OK);
}

/* Bit 38: connectable advertising as a peripheral (Vol 4 Part E 7.8.27). */
static void a_controller_that_cannot_do_both_is_not_asked_to(void **state)
{
	(void)state;
	for (int unknown = 0; unknown < 2; unknown++) {
		assert_int_equal(end(NULL) | begin(NULL), 0);
		advertising_enabled = 0;
		sim.controller.le_states =
			unknown ? 0 : sim.controller.le_states & ~(UINT64_C(1) << 38);
		sim.controller.from_host = watch_advertising;
		start("");
		connect_central(0);
		assert_int_equal(advertising_enabled, 1 + unknown);
		if (unknown) {
			connect_central(1);
		} else {
			call_in_vain(1);
			raw_peer_disconnect(&centrals[0], 0x13);
			raw_peer_linked(&centrals[1]);
		}
		assert_true(reference_peer_pair(&peers[1]));
		interrupt(unknown ? CLI_CANCELLED : CLI_OK);
	}
}

/* They serve one pairing (Vol 3 Part H 2.3.6), and are renewed between two. */
static void our_out_of_band_data_are_for_one_central_at_a_time(void **state)
{
	(void)state;
	start("--oob-own -");
	connect_central(0);
	call_in_vain(1);
	raw_peer_disconnect(&centrals[0], 0x13);
	raw_peer_linked(&centrals[1]);
	interrupt(CLI_CANCELLED);
}

static void pair_by_our_out_of_band_data(size_t i)
{
	peers[i].oob = 1;
	peers[i].auth |= AUTH_SC | AUTH_MITM;
	peers[i].method = OUT_OF_BAND;
	reference_peer_take_oob(&peers[i]);
	connect_central(i);
	assert_true(reference_peer_pair(&peers[i]));
	raw_peer_disconnect(&centrals[i], 0x13);
	(void)raw_peer_unlinked(&centrals[i], WORLD_S);
	world_pass(100 * WORLD_MS);
}

static void out_of_band_data_that_were_used_are_renewed_and_reported(void **state)
{
	char used[33];

	(void)state;
	start("--oob-own -");
	/* Those that were not used stay. */
	connect_central(0);
	raw_peer_disconnect(&centrals[0], 0x13);
	(void)raw_peer_unlinked(&centrals[0], WORLD_S);
	world_pass(100 * WORLD_MS);
	assert_int_equal(count_events("oob"), 1);
	assert_int_equal(note_level("fresh ones were made"), -1);
	(void)snprintf(used, sizeof(used), "%s", str(program_event("oob"), "random"));
	pair_by_our_out_of_band_data(1);
	assert_int_equal(note_level("fresh ones were made"), 0);
	assert_int_equal(count_events("oob"), 2);
	assert_string_not_equal(str(program_event("oob"), "random"), used);
	pair_by_our_out_of_band_data(2);
	interrupt(CLI_OK);
}

/* Nobody can use them any more. */
static void at_the_end_no_out_of_band_data_are_reported(void **state)
{
	(void)state;
	start("--oob-own - --count 1");
	pair_by_our_out_of_band_data(0);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("oob"), 1);

	start("--oob-own -");
	reference_peer_take_oob(&peers[1]);
	peers[1].oob = 1;
	peers[1].auth |= AUTH_SC | AUTH_MITM;
	peers[1].method = OUT_OF_BAND;
	connect_central(1);
	assert_true(reference_peer_pair(&peers[1]));
	interrupt(CLI_OK);
	assert_int_equal(count_events("oob"), 1);
}

/* Else an attacker with ever new addresses could make many attempts in the time of one. */
static void after_many_failures_there_is_one_central_at_a_time(void **state)
{
	(void)state;
	start("");
	for (size_t i = 0; i < LISTENER_LINKS; i++) {
		connect_central(i);
		reference_peer_features(&peers[i]);
		reference_peer_public_keys(&peers[i]);
		reference_peer_nonces(&peers[i]);
	}
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		reference_peer_fail(&peers[i], 0x08);
	world_pass(WORLD_S);
	connect_central(LISTENER_LINKS);
	call_in_vain(0);
	raw_peer_disconnect(&centrals[LISTENER_LINKS], 0x13);
	raw_peer_linked(&centrals[0]);
	world_pass(100 * WORLD_S); /* the failures expire */
	connect_central(1);
	connect_central(2);
	assert_non_null(centrals[1].link);
	interrupt(CLI_CANCELLED);
}

static void interrupt_now(void *arg)
{
	(void)arg;
	program_interrupt();
}

static size_t refuse_parameters_once(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == 0x0e && packet[4] == 0x06 && packet[5] == 0x20) {
		packet[6] = 0x0c; /* Command Disallowed */
		sim.controller.to_host = NULL;
	}
	return len;
}

static size_t refuse_parameters_and_interrupt(void *ctx, uint8_t *packet, size_t len)
{
	(void)refuse_parameters_once(ctx, packet, len);
	if (!sim.controller.to_host)
		world_post(0, interrupt_now, NULL, 0);
	return len;
}

/* The controller refuses the parameters, and advertises nevertheless. */
static void a_controller_that_advertises_after_a_refusal_has_room(void **state)
{
	(void)state;
	start("");
	sim.controller.to_host = refuse_parameters_once;
	connect_central(0);
	assert_int_equal(note_level("the controller has no room for another link"), 1);
	assert_int_equal(count_events("advertising"), 2);
	connect_central(1);
	assert_true(reference_peer_pair(&peers[1]));
	interrupt(CLI_CANCELLED);
}

/* The controller refused the parameters, and may advertise nevertheless. */
static void a_listener_that_is_stopped_does_not_advertise(void **state)
{
	(void)state;
	start("");
	sim.controller.to_host = refuse_parameters_and_interrupt;
	raw_peer_connect(&centrals[0], &sim.controller.air.address);
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_int_equal(count_events("advertising"), 1);
}

static unsigned disconnects; /* of the link with handle 0x77 */

static size_t watch_disconnect(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	disconnects += packet[0] == HCI_COMMAND && packet[1] == 0x06 && packet[2] == 0x04 &&
		       packet[4] == 0x77 && packet[6] == HCI_REMOTE_USER_TERMINATED;
	return len;
}

static void inject_link(bool central)
{
	const uint8_t packet[] = {HCI_EVENT, 0x3e, 19, 1, 0,  0x77, 0, !central, 1,   1, 2,
				  3,	     4,	   5,  6, 24, 0,    0, 0,	 100, 0, 0};

	sim_controller_inject(&sim.controller, packet, sizeof(packet));
	world_pass(100 * WORLD_MS);
}

static void end_injected_link(void)
{
	static const uint8_t ended[] = {HCI_EVENT, 0x05, 4, 0, 0x77, 0, 0x13};

	sim_controller_inject(&sim.controller, ended, sizeof(ended));
	world_pass(100 * WORLD_MS);
}

/* In the role of the central, and while there is no room for a central. */
static void a_link_that_was_not_offered_is_closed(void **state)
{
	(void)state;
	disconnects = 0;
	sim.controller.from_host = watch_disconnect;
	start("--oob-own -");
	inject_link(true);
	assert_int_equal(disconnects, 1);
	end_injected_link();
	connect_central(0);
	inject_link(false);
	assert_int_equal(disconnects, 2);
	assert_int_equal(count_events("connected"), 1);
	end_injected_link();
	interrupt(CLI_CANCELLED);
}

/* The room that a link takes which has no session is offered again once it has ended. */
static void there_is_room_after_a_link_without_a_session(void **state)
{
	(void)state;
	advertising_enabled = 0;
	sim.controller.max_links = 1;
	sim.controller.from_host = watch_advertising;
	start("");
	connect_central(0);
	assert_int_equal(advertising_enabled, 2);
	inject_link(false);
	end_injected_link();
	assert_int_equal(advertising_enabled, 3);
	interrupt(CLI_CANCELLED);
}

/* The controller confirms that it advertises when no more centrals are wanted. */
static void a_confirmation_that_comes_late_is_not_reported(void **state)
{
	(void)state;
	start("--count 1");
	connect_central(0);
	assert_int_equal(count_events("advertising"), 2);
	reference_peer_features(&peers[0]);
	reference_peer_public_keys(&peers[0]);
	reference_peer_nonces(&peers[0]);
	reference_peer_checks(&peers[0]);
	reference_peer_encryption(&peers[0]);
	sim.controller.to_host = keep_advertising_answer;
	connect_central(1);
	sim.controller.to_host = NULL;
	reference_peer_keys(&peers[0]);
	world_pass(10 * WORLD_MS);
	sim_controller_inject(&sim.controller, advertising_answer, sizeof(advertising_answer));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("advertising"), 2);
}

static void a_controller_that_reports_a_hardware_error_is_the_end(void **state)
{
	static const uint8_t hardware_error[] = {HCI_EVENT, 0x10, 1, 0x42};

	(void)state;
	start("");
	connect_central(0);
	sim.broken = true;
	sim_controller_inject(&sim.controller, hardware_error, sizeof(hardware_error));
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(program_result("text"), "the controller reports Hardware Error 0x42");
	assert_int_equal(note_level("it is reset"), -1);
}

static void without_links_a_refusal_to_advertise_is_the_end(void **state)
{
	(void)state;
	sim.controller.max_links = 0;
	program_start("listen");
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(program_result("text"),
			    "LE Set Advertising Enable: Connection Limit Exceeded (0x09)");
}

/* Flags and name are on air as Core Specification Supplement Part A 1.2 and 1.3 have them. */
static void a_listener_is_discoverable_by_its_name(void **state)
{
	static const uint8_t flags[] = {2, 0x01, 0x06}, name[] = {5, 0x09, 'L', 'a', 'm', 'p'};

	(void)state;
	start("--name Lamp");
	const struct air_advertisement *a = &sim.controller.air.advertisement;
	assert_true(a->connectable);
	assert_int_equal(a->len, sizeof(flags));
	assert_memory_equal(a->data, flags, sizeof(flags));
	assert_int_equal(a->response_len, sizeof(name));
	assert_memory_equal(a->response, name, sizeof(name));
	assert_string_equal(str(program_event("advertising"), "name"), "Lamp");
	interrupt(CLI_OK);
}

static void a_link_that_was_never_established_is_the_centrals_business(void **state)
{
	(void)state;
	start("");
	connect_central(0);
	air_break(centrals[0].link, HCI_FAILED_TO_ESTABLISH);
	world_pass(WORLD_S);
	assert_string_equal(result_of(1, "class"), "connection_failed");
	assert_int_equal(count_events("connecting"), 0);
	connect_central(0);
	assert_true(reference_peer_pair(&peers[0]));
	interrupt(CLI_OK);
}

static void inject_connection(uint16_t handle)
{
	const uint8_t packet[] = {
		HCI_EVENT, 0x3e, 19,  1, 0, (uint8_t)handle, 0, 1, 1, 1, 2, 3, 4, 5, 6, 24, 0,
		0,	   0,	 100, 0, 0};

	sim_controller_inject(&sim.controller, packet, sizeof(packet));
	world_pass(100 * WORLD_MS);
}

#define CONFUSED "the controller reports a second connection with the handle of a live one"

/* As BlueZ's btvirt does when its centrals have one link each. */
static void a_controller_that_confuses_its_links_is_reset_once(void **state)
{
	(void)state;
	sim.broken = true;
	start("");
	connect_central(0);
	connect_central(1);
	assert_true(reference_peer_pair(&peers[1]));
	world_pass(50 * WORLD_MS);
	inject_connection(sim.controller.links[0].handle);
	assert_int_equal(
		note_level(CONFUSED ": it is reset, and takes one link at a time from now on"), 0);
	assert_string_equal(result_of(1, "class"), "controller_failed");
	assert_string_equal(result_of(1, "text"), CONFUSED);
	assert_string_equal(result_of(2, "class"), "ok");
	connect_central(2);
	call_in_vain(3);
	assert_true(reference_peer_pair(&peers[2]));
	world_pass(50 * WORLD_MS);
	inject_connection(sim.controller.links[0].handle);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(result_of(3, "class"), "ok");
	assert_string_equal(program_result("text"), CONFUSED);
}

static unsigned generated; /* key pairs, since it was set to 0 */

int __real_crypto_p256_generate(struct crypto_keypair *pair, crypto_random_function *random,
				void *ctx);
int __wrap_crypto_p256_generate(struct crypto_keypair *pair, crypto_random_function *random,
				void *ctx);

int __wrap_crypto_p256_generate(struct crypto_keypair *pair, crypto_random_function *random,
				void *ctx)
{
	generated++;
	return __real_crypto_p256_generate(pair, random, ctx);
}

/* One for each session (Vol 3 Part H 2.3.6), and none while a central waits for it. */
static void key_pairs_are_made_while_no_central_waits(void **state)
{
	(void)state;
	generated = 0;
	start("");
	for (unsigned i = 0; i < 3; i++) {
		world_pass(50 * WORLD_MS);
		assert_int_equal(generated, i + 1);
		connect_central(i);
		assert_true(reference_peer_pair(&peers[i]));
		raw_peer_disconnect(&centrals[i], 0x13);
		assert_int_equal(generated, i + 1);
		(void)raw_peer_unlinked(&centrals[i], WORLD_S);
	}
	world_pass(50 * WORLD_MS);
	connect_central(3);
	connect_central(4);
	assert_true(reference_peer_pair(&peers[3]));
	assert_true(reference_peer_pair(&peers[4]));
	assert_memory_not_equal(peers[3].program_key, peers[4].program_key, 64);
	assert_int_equal(generated, 5);
	interrupt(CLI_OK);
}

/* ---- Idle links ------------------------------------------------------------------------------ */

static void a_central_that_does_nothing_is_sent_away(void **state)
{
	static const struct {
		const char *options;
		unsigned seconds;
	} cases[] = {{"", 30}, {"--idle-timeout 5", 5}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		start(cases[i].options);
		connect_central(0);
		uint64_t limit = cases[i].seconds * WORLD_S;
		assert_int_equal(raw_peer_unlinked(&centrals[0], 2 * limit),
				 HCI_REMOTE_USER_TERMINATED);
		assert_in_range(centrals[0].unlinked_at - centrals[0].linked_at, limit,
				limit + 10 * WORLD_MS);
		(void)program_expect("result", WORLD_S);
		(void)program_expect("advertising", WORLD_S); /* after each result */
		char text[100];
		(void)snprintf(text, sizeof(text),
			       "timed out: the peer neither paired nor encrypted, and did nothing "
			       "for %u s",
			       cases[i].seconds);
		assert_string_equal(result_of(1, "class"), "timed_out");
		assert_string_equal(result_of(1, "text"), text);
		assert_non_null(strstr(result_of(1, "advice"), "--idle-timeout"));
		connect_central(1);
		assert_true(reference_peer_pair(&peers[1]));
		interrupt(CLI_OK);
	}
}

static void without_an_idle_timeout_a_link_may_stay(void **state)
{
	(void)state;
	start("--idle-timeout 0");
	connect_central(0);
	world_pass(10000 * WORLD_S);
	assert_non_null(centrals[0].link);
	interrupt(CLI_CANCELLED);
}

/* What counts is what the peer does: pairing, ATT, encryption; not the signalling channel. */
static void a_peer_that_does_something_is_not_idle(void **state)
{
	static const uint8_t mtu_request[] = {0x02, 23, 0};
	static const uint8_t echo[] = {0x01, 1, 2, 0, 0, 0}; /* Command Reject */

	(void)state;
	start("--idle-timeout 5");
	connect_central(0);
	for (int i = 0; i < 4; i++) {
		world_pass(4 * WORLD_S);
		raw_peer_send(&centrals[0], RAW_PEER_ATT, mtu_request, sizeof(mtu_request));
	}
	assert_true(reference_peer_pair(&peers[0]));
	world_pass(4 * WORLD_S);
	assert_int_equal(raw_peer_encrypt(&centrals[0], peers[0].ltk, (const uint8_t[8]){0}, 0), 0);
	uint64_t encrypted = world_now();
	world_pass(4 * WORLD_S);
	raw_peer_send(&centrals[0], RAW_PEER_SIGNALING, echo, sizeof(echo));
	(void)raw_peer_unlinked(&centrals[0], 10 * WORLD_S);
	assert_in_range(world_now() - encrypted, 5 * WORLD_S - 10 * WORLD_MS,
			5 * WORLD_S + 10 * WORLD_MS);
	world_pass(WORLD_S);
	/* What it has done stands. */
	assert_string_equal(result_of(1, "result"), "paired");
	assert_int_equal(note_level("the peer did nothing for 5 s (--idle-timeout): the link is "
				    "closed"),
			 0);
	interrupt(CLI_OK);
}

/* A central that only sends what leads nowhere keeps no other away. */
static void a_peer_whose_pdus_lead_nowhere_is_idle(void **state)
{
	static const uint8_t pdus[][2] = {
		{PDU_FAILED, 0x08}, {PDU_SECURITY_REQUEST, 0x01}, {0x7f, 0}};
	static const uint8_t rand[8];

	(void)state;
	start("--idle-timeout 5");
	connect_central(0);
	uint64_t linked = world_now();
	for (size_t i = 0; i < COUNT(pdus); i++) {
		world_pass(WORLD_S);
		raw_peer_send(&centrals[0], RAW_PEER_SMP, pdus[i], sizeof(pdus[i]));
	}
	(void)raw_peer_encrypt(&centrals[0], (const uint8_t[16]){1}, rand, 0); /* refused */
	(void)raw_peer_unlinked(&centrals[0], 10 * WORLD_S);
	assert_in_range(world_now() - linked, 5 * WORLD_S - 100 * WORLD_MS,
			5 * WORLD_S + 10 * WORLD_MS);
	assert_string_equal(result_of(1, "class"), "timed_out");
	interrupt(CLI_OK);
}

/* A pairing has limits of its own (Vol 3 Part H 3.4). */
static void a_pairing_under_way_is_not_idle(void **state)
{
	(void)state;
	start("--idle-timeout 5");
	connect_central(0);
	peers[0].stop_at = 3;
	assert_false(reference_peer_pair(&peers[0]));
	uint64_t stopped = world_now();
	(void)raw_peer_unlinked(&centrals[0], 40 * WORLD_S);
	assert_in_range(world_now() - stopped, 29 * WORLD_S, 31 * WORLD_S);
	world_pass(WORLD_S);
	assert_non_null(strstr(result_of(1, "text"), "the peer did not answer within 30 s"));
	interrupt(CLI_OK);
}

static void a_link_that_is_encrypted_with_a_bond_is_closed_when_idle(void **state)
{
	char options[128];

	(void)state;
	(void)snprintf(options, sizeof(options), "%s", run_scenario_bonds());
	start(options);
	connect_central(0);
	assert_true(reference_peer_pair(&peers[0]));
	raw_peer_disconnect(&centrals[0], 0x13);
	(void)raw_peer_unlinked(&centrals[0], WORLD_S);
	connect_central(0);
	assert_int_equal(raw_peer_encrypt(&centrals[0], peers[0].ltk, (const uint8_t[8]){0}, 0), 0);
	uint64_t encrypted = world_now();
	(void)raw_peer_unlinked(&centrals[0], 40 * WORLD_S);
	assert_in_range(world_now() - encrypted, 30 * WORLD_S - 10 * WORLD_MS,
			30 * WORLD_S + 10 * WORLD_MS);
	world_pass(WORLD_S);
	assert_string_equal(result_of(2, "result"), "encrypted");
	assert_string_equal(result_of(2, "class"), "ok");
	interrupt(CLI_OK);
}

/* ---- Questions ------------------------------------------------------------------------------- */

/* Up to the question: the user has to compare two numbers. */
static void ask_about(size_t i)
{
	peers[i].io = IO_YES_NO;
	peers[i].auth |= AUTH_MITM;
	peers[i].method = COMPARISON;
	peers[i].users_away = peers[i].gives_up = true;
	connect_central(i);
	assert_false(reference_peer_pair(&peers[i]));
	assert_true(peers[i].stopped);
}

static void is_asked_about(size_t i)
{
	const json_t *question = program_event("confirm");

	assert_int_equal(json_integer_value(json_object_get(question, "session")), i + 1);
	assert_string_equal(peer_of(question), peer_of(event_of(i + 1, "connected")));
}

/* blepair's answer: its DHKey Check follows that of the peer, or Pairing Failed. */
static bool confirmed(size_t i)
{
	world_pass(100 * WORLD_MS);
	return raw_peer_count(&centrals[i], PDU_FAILED) == 0;
}

static void questions_are_asked_one_at_a_time_and_name_the_peer(void **state)
{
	(void)state;
	start("--io display-yesno");
	for (size_t i = 0; i < 3; i++)
		ask_about(i);
	assert_int_equal(count_events("confirm"), 1);
	is_asked_about(0);
	program_answer("no");
	assert_false(confirmed(0));
	is_asked_about(1);
	program_answer("2 yes");
	assert_true(confirmed(1));
	is_asked_about(2);
	program_answer("3 no");
	assert_false(confirmed(2));
	assert_string_equal(result_of(3, "class"), "we_refused");
	assert_int_equal(count_events("confirm"), 3);
	interrupt(CLI_CANCELLED);
}

/* Its answer may be on the way: it must not answer the next question. */
static void the_question_of_a_session_that_ended_is_withdrawn(void **state)
{
	(void)state;
	start("--io display-yesno");
	for (size_t i = 0; i < 3; i++)
		ask_about(i);
	raw_peer_disconnect(&centrals[1], 0x13); /* its question was not asked yet */
	raw_peer_disconnect(&centrals[0], 0x13);
	world_pass(100 * WORLD_MS);
	is_asked_about(2);
	assert_int_equal(count_events("confirm"), 2);
	program_answer("no");
	assert_true(confirmed(2));
	is_asked_about(2);
	assert_int_equal(count_events("confirm"), 3);
	program_answer("no");
	assert_false(confirmed(2));
	interrupt(CLI_OK);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* A stranger cannot keep the device away that is waited for. */
static void an_idle_central_keeps_no_other_away(void **state)
{
	(void)state;
	start("--count 1");
	connect_central(0);
	connect_central(1);
	assert_true(reference_peer_pair(&peers[1]));
	uint64_t paired = world_now();
	assert_int_equal(raw_peer_unlinked(&centrals[0], WORLD_S), HCI_REMOTE_USER_TERMINATED);
	call_in_vain(2);
	(void)raw_peer_unlinked(&centrals[1], 5 * WORLD_S);
	assert_in_range(centrals[1].unlinked_at - paired, WORLD_S - 50 * WORLD_MS,
			WORLD_S + 50 * WORLD_MS);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(result_of(1, "class"), "cancelled");
	assert_string_equal(result_of(1, "detail"), "as many devices as --count says have paired");
	assert_string_equal(result_of(2, "class"), "ok");
	assert_int_equal(count_events("result"), 2);
}

static void no_more_pair_than_were_asked_for(void **state)
{
	(void)state;
	start("--count 2");
	for (size_t i = 0; i < 3; i++)
		connect_central(i);
	peers[2].stop_at = 3;
	assert_false(reference_peer_pair(&peers[2]));
	for (size_t i = 0; i < 2; i++) {
		assert_true(reference_peer_pair(&peers[i]));
		raw_peer_disconnect(&centrals[i], 0x13);
	}
	(void)raw_peer_unlinked(&centrals[2], WORLD_S);
	assert_int_equal(raw_peer_count(&centrals[2], PDU_FAILED), 1);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(result_of(3, "class"), "cancelled");
}

/* The peer of the last one takes its success back, so another one is waited for. */
static void a_success_that_is_taken_back_does_not_count(void **state)
{
	static const uint8_t failed[2] = {PDU_FAILED, 0x08};

	(void)state;
	start("--count 1");
	connect_central(0);
	assert_true(reference_peer_pair(&peers[0]));
	world_pass(10 * WORLD_MS);
	raw_peer_send(&centrals[0], RAW_PEER_SMP, failed, sizeof(failed));
	(void)raw_peer_unlinked(&centrals[0], 5 * WORLD_S);
	connect_central(1);
	assert_true(reference_peer_pair(&peers[1]));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(result_of(1, "class"), "peer_refused");
	assert_string_equal(result_of(2, "class"), "ok");
}

static void an_interruption_ends_all_sessions(void **state)
{
	(void)state;
	start("");
	for (size_t i = 0; i < 3; i++)
		connect_central(i);
	assert_true(reference_peer_pair(&peers[0]));
	peers[1].stop_at = 3;
	assert_false(reference_peer_pair(&peers[1]));
	interrupt(CLI_CANCELLED);
	assert_string_equal(result_of(1, "class"), "ok");
	assert_string_equal(result_of(2, "class"), "cancelled");
	assert_string_equal(result_of(3, "class"), "cancelled");
	assert_int_equal(raw_peer_count(&centrals[1], PDU_FAILED), 1);
	/* The last line has the exit code. */
	assert_string_equal(program_result("class"), "cancelled");
}

/* The exit code is that of the last line, and neither says more than what happened. */
static void the_time_limit_ends_all_sessions(void **state)
{
	static const struct {
		const char *options, *class, *text;
		enum cli_exit code;
	} cases[] = {
		{"--timeout 5 --count 2", "timed_out", "timed out: 1 of 2 devices paired in time",
		 CLI_TIMED_OUT},
		{"--timeout 5", "ok", NULL, CLI_OK},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int linked = 0; linked < 2; linked++) {
			start(cases[i].options);
			connect_central(0);
			assert_true(reference_peer_pair(&peers[0]));
			if (!linked)
				raw_peer_disconnect(&centrals[0], 0x13);
			assert_int_equal(sim_ends(), cases[i].code);
			assert_string_equal(program_result("class"), cases[i].class);
			if (cases[i].text)
				assert_string_equal(program_result("text"), cases[i].text);
			(void)raw_peer_unlinked(&centrals[0], 10 * WORLD_S);
		}
	}
	start("--timeout 5");
	connect_central(0);
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_string_equal(program_result("text"), "timed out: --timeout is over");
}

static size_t keep_acknowledgements(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == 0x13 ? 0 : len;
}

/* The time limit is over while the link of an interruption closes. */
static void the_first_reason_to_stop_stands(void **state)
{
	(void)state;
	start("--count 2 --timeout 3");
	uint64_t over = world_now() + 3 * WORLD_S;
	connect_central(0);
	assert_true(reference_peer_pair(&peers[0]));
	sim.controller.to_host = keep_acknowledgements;
	raw_peer_send(&centrals[0], RAW_PEER_ATT, "\x0a\x01\x00", 3); /* the answer waits */
	world_pass(over - world_now() - WORLD_S / 2);
	program_interrupt();
	world_pass(WORLD_S / 2 + 10 * WORLD_MS);
	assert_true(world_runs());
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(result_of(1, "class"), "ok");
	assert_string_equal(program_result("class"), "cancelled");
}

/* The pairings that were finished are kept and reported; the others failed with it. */
static void results_outlive_the_controller_if_they_are_final(void **state)
{
	(void)state;
	start("");
	for (size_t i = 0; i < 4; i++)
		connect_central(i);
	assert_true(reference_peer_pair(&peers[0]));
	assert_true(reference_peer_pair(&peers[2]));
	peers[3].stop_at = 3;
	assert_false(reference_peer_pair(&peers[3]));
	world_pass(100 * WORLD_MS);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_string_equal(result_of(1, "class"), "ok");
	assert_string_equal(result_of(3, "class"), "ok");
	assert_int_equal(count_events("result"), 3);
	assert_string_equal(program_result("class"), "controller_failed");
	/* What it interrupted is explained by the controller, not by the peer. */
	const json_t *explained = event_of(4, "explained");
	assert_non_null(explained);
	assert_int_equal(count_events("explained"), 1);
	assert_non_null(strstr(str(explained, "text"), "the link was lost with the controller"));
}

/* What one peer did is not said of another one. */
static void each_failure_is_explained_by_its_own_link(void **state)
{
	(void)state;
	start("");
	for (size_t i = 0; i < 2; i++)
		connect_central(i);
	reference_peer_features(&peers[0]);
	reference_peer_features(&peers[1]);
	reference_peer_public_keys(&peers[1]);
	reference_peer_fail(&peers[0], 0x05);
	reference_peer_fail(&peers[1], 0x08);
	world_pass(WORLD_S);
	assert_int_equal(count_events("explained"), 2);
	assert_non_null(strstr(str(event_of(1, "explained"), "text"), "(0x05)"));
	assert_non_null(strstr(str(event_of(2, "explained"), "text"), "(0x08)"));
	assert_non_null(strstr(result_of(1, "text"), "(0x05)"));
	assert_non_null(strstr(result_of(2, "text"), "(0x08)"));
	interrupt(CLI_OK);
}

/* ---- For people ------------------------------------------------------------------------------ */

static struct listener people;
static size_t explained; /* octets of explanations when the last session was over */

static bool wants_more(void *ctx)
{
	(void)ctx;
	return true;
}

static void note_end(void *ctx, const struct outcome *outcome)
{
	(void)ctx;
	(void)outcome;
	explained = strlen(program_errors());
}

/* As "listen" without --json; the test reads its events all the same. */
static int run_for_people(int argc, char *argv[])
{
	static const struct listener_user user = {.wants_more = wants_more, .ended = note_end};
	static struct options options;
	static struct event_output events;
	static struct store store;

	if (options_parse(argc, argv, &options) >= 0)
		return CLI_USAGE;
	event_output_init(&events, &options);
	options.json = false;
	store_init_none(&store);
	memset(&people, 0, sizeof(people));
	if (listener_init(&people, &options, &events, &user, NULL) != CLI_OK)
		return CLI_INTERNAL;
	listener_run(&people, &store);
	listener_explain_end(&people);
	listener_close(&people);
	return CLI_OK;
}

/* Of a peer that gives up in the middle of a pairing. */
static void fail_in_the_middle(size_t i)
{
	connect_central(i);
	reference_peer_features(&peers[i]);
	reference_peer_public_keys(&peers[i]);
	reference_peer_nonces(&peers[i]);
}

/* With --show-keys it has values that are secret: no more is left of them than what was printed. */
static void a_failure_is_explained_to_people_when_its_session_is_over(void **state)
{
	static const char value[] = "responder's commitment matches";

	(void)state;
	explained = 0;
	program_replace(run_for_people);
	heap_forbid(value, sizeof(value) - 1);
	start("--explain --show-keys");
	fail_in_the_middle(0);
	assert_string_equal(program_errors(), "");
	reference_peer_fail(&peers[0], 0x08);
	world_pass(WORLD_S);
	assert_non_null(strstr(program_errors(), "Unspecified Reason (0x08)"));
	assert_non_null(strstr(program_errors(), value));
	assert_int_equal(explained, strlen(program_errors()));
	/* What the controller has interrupted has no result of its own: at the end. */
	fail_in_the_middle(1);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_non_null(strstr(program_errors() + explained, "the controller is gone"));
	assert_true(bytes_all_zero((const uint8_t *)&people.explain,
				   offsetof(struct self_explain, tracker)));
}

static bool holds(const uint8_t key[16])
{
	return memmem(people.slots, sizeof(people.slots), key, 16) != NULL;
}

static void no_key_is_left_of_a_session_that_is_over(void **state)
{
	(void)state;
	program_replace(run_for_people);
	start("");
	connect_central(0);
	assert_true(reference_peer_pair(&peers[0]));
	world_pass(10 * WORLD_MS);
	assert_true(holds(peers[0].ltk) && holds(peers[0].own.irk));
	raw_peer_disconnect(&centrals[0], 0x13);
	world_pass(100 * WORLD_MS);
	assert_false(holds(peers[0].ltk) || holds(peers[0].own.irk));
	interrupt(CLI_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
/* docs/security.md has a row of this title. */
#define ATTACK(title, test)                   \
	{                                     \
		title, test, begin, end, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_many_centrals_as_there_is_room_for_pair_at_once),
		TEST(a_controller_that_refuses_to_advertise_has_no_room),
		TEST(advertising_is_reported_once_the_controller_confirms_it),
		TEST(a_controller_that_cannot_do_both_is_not_asked_to),
		TEST(our_out_of_band_data_are_for_one_central_at_a_time),
		TEST(out_of_band_data_that_were_used_are_renewed_and_reported),
		TEST(at_the_end_no_out_of_band_data_are_reported),
		ATTACK("repeated attempts on several links at once",
		       after_many_failures_there_is_one_central_at_a_time),
		TEST(a_controller_that_advertises_after_a_refusal_has_room),
		TEST(a_listener_that_is_stopped_does_not_advertise),
		TEST(a_link_that_was_not_offered_is_closed),
		TEST(there_is_room_after_a_link_without_a_session),
		TEST(a_confirmation_that_comes_late_is_not_reported),
		TEST(a_controller_that_reports_a_hardware_error_is_the_end),
		TEST(without_links_a_refusal_to_advertise_is_the_end),
		TEST(key_pairs_are_made_while_no_central_waits),
		TEST(a_controller_that_confuses_its_links_is_reset_once),
		TEST(a_listener_is_discoverable_by_its_name),
		TEST(a_link_that_was_never_established_is_the_centrals_business),
		TEST(a_central_that_does_nothing_is_sent_away),
		TEST(without_an_idle_timeout_a_link_may_stay),
		TEST(a_peer_that_does_something_is_not_idle),
		TEST(a_peer_whose_pdus_lead_nowhere_is_idle),
		TEST(a_pairing_under_way_is_not_idle),
		TEST(a_link_that_is_encrypted_with_a_bond_is_closed_when_idle),
		TEST(questions_are_asked_one_at_a_time_and_name_the_peer),
		ATTACK("an answer to the question of another peer",
		       the_question_of_a_session_that_ended_is_withdrawn),
		ATTACK("an idle central keeps others away", an_idle_central_keeps_no_other_away),
		TEST(no_more_pair_than_were_asked_for),
		TEST(a_success_that_is_taken_back_does_not_count),
		TEST(an_interruption_ends_all_sessions),
		TEST(the_time_limit_ends_all_sessions),
		TEST(the_first_reason_to_stop_stands),
		TEST(results_outlive_the_controller_if_they_are_final),
		TEST(each_failure_is_explained_by_its_own_link),
		TEST(a_failure_is_explained_to_people_when_its_session_is_over),
		TEST(no_key_is_left_of_a_session_that_is_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
