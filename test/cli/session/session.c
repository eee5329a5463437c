/* SPDX-License-Identifier: MIT */
/* One session on one link: the engine's actions in order, questions, the end of the link. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/notes.h"
#include "cli/session/one_link.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "l2cap/signaling.h"
#include "session/internal.h"
#include "sim/pairing_scenario.h"
#include "unit.h"

#define CENTRAL	   true
#define PERIPHERAL false

static const struct pairing_scenario *scenario(const char *name)
{
	for (size_t i = 0; i < PAIRING_SCENARIOS; i++)
		if (strcmp(pairing_scenarios[i].name, name) == 0)
			return &pairing_scenarios[i];
	fail_msg("there is no scenario \"%s\"", name);
	return NULL;
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

static const char *field(const char *event, const char *name)
{
	const char *text = json_string_value(json_object_get(program_event(event), name));

	return text ? text : "";
}

static double number(const char *event, const char *name)
{
	return json_number_value(json_object_get(program_event(event), name));
}

/* ---- Actions are carried out in order ------------------------------------------------------- */

/* As the responder, the engine asks for an answer and then starts its timer: "no" ends both. */
static void a_scripted_no_leaves_no_timer_of_a_dead_session(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, PERIPHERAL);
	p.method = COMPARISON;
	p.io = IO_YES_NO;
	p.auth |= AUTH_MITM;
	run_scenario_start(&p, "--io display-yesno --confirm no");
	p.stop_at = 4; /* its DHKey Check */
	assert_false(reference_peer_pair(&p));
	one_link_until(one_link_closing);
	assert_int_equal(one.session.smp_timer.at, 0);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(program_reason(), 0x0c);
	assert_int_equal(count_events("confirm"), 1);
	assert_string_equal(field("confirm", "answer"), "no");
}

/* Started, six digits, completed, and only then the confirm value (Part H 3.5.8). */
static void a_scripted_passkey_is_typed_in_order(void **state)
{
	static const uint8_t keypresses[] = {0, 1, 1, 1, 1, 1, 1, 4};
	struct reference_peer p;
	size_t n = 0;

	(void)state;
	pairing_scenario_begin(scenario("passkey, blepair's user types"), PERIPHERAL, &p);
	p.passkey = 123456;
	p.auth |= AUTH_KEYPRESS;
	p.stop_at = 3; /* its first confirm value */
	run_scenario_start(&p, "--sc only --io keyboard --keypress --passkey 123456");
	assert_false(reference_peer_pair(&p));
	world_pass(100 * WORLD_MS);
	for (size_t i = 0; i < sim.peer.count; i++) {
		const struct raw_peer_frame *f = &sim.peer.frames[i];
		if (f->sent || f->cid != RAW_PEER_SMP || f->data[0] != PDU_KEYPRESS)
			continue;
		assert_true(n < COUNT(keypresses));
		assert_int_equal(f->data[1], keypresses[n++]);
	}
	assert_int_equal(n, COUNT(keypresses));
	/* Nobody is asked. */
	assert_string_equal(field("passkey", "action"), "given");
	assert_int_equal(one.session.queue.count, 0);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

/* ---- A method that is not the demanded one -------------------------------------------------- */

static void demand_comparison(void)
{
	one.options.method = SMP_NUMERIC_COMPARISON;
}

static void demand_passkey(void)
{
	one.options.method = SMP_PASSKEY_WE_SHOW;
}

static void another_method_than_demanded_is_refused(void **state)
{
	(void)state;
	for (int central = 0; central < 2; central++) {
		struct reference_peer p;

		assert_int_equal(one_link_end(NULL) | one_link_begin(NULL), 0);
		run_scenario_begin_sc(&p, central);
		one.up = demand_comparison;
		p.stop_at = 3;
		run_scenario_start(&p, "--sc only --io none");
		(void)reference_peer_pair(&p);
		one_link_until(one_link_closing);
		assert_int_equal(sim_ends(), CLI_WE_REFUSED);
		assert_string_equal(program_result("text"),
				    "we refused: it would be Just Works, not Numeric Comparison");
		assert_true(*program_result("detail"));
		assert_int_equal(raw_peer_count(&sim.peer, PDU_FAILED), 1);
		assert_int_equal(sim.peer.encryptions, 0);
	}
}

static void the_demanded_method_is_not_refused(void **state)
{
	struct reference_peer p;

	(void)state;
	one.up = demand_passkey;
	pairing_scenario_begin(scenario("passkey, blepair shows"), CENTRAL, &p);
	pairing_scenario_start(scenario("passkey, blepair shows"), &p, "");
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(field("passkey", "action"), "show");
	assert_int_equal(strlen(field("passkey", "passkey")), 6);
}

/* The user who gives up is not the policy: no method is to blame. */
static void to_give_up_is_no_refusal_of_the_method(void **state)
{
	struct reference_peer p;

	(void)state;
	one.up = demand_passkey;
	pairing_scenario_begin(scenario("passkey, blepair shows"), CENTRAL, &p);
	p.stop_at = 3;
	pairing_scenario_start(scenario("passkey, blepair shows"), &p, "");
	assert_false(reference_peer_pair(&p));
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("text"), "cancelled");
	assert_string_equal(program_result("reason"), "Passkey Entry Failed");
	assert_int_equal(program_reason(), 0x01);
}

/* The engine refuses for a reason of its own: the peer gets that one, and the link ends. */
static void a_refusal_of_the_engine_reaches_the_peer_whatever_method_is_demanded(void **state)
{
	struct reference_peer p;

	(void)state;
	one.up = demand_comparison;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "--mitm --io display-yesno");
	assert_false(reference_peer_pair(&p));
	assert_int_equal(p.refused, 0x03);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(program_reason(), 0x03);
}

/* ---- The user -------------------------------------------------------------------------------- */

static void a_typed_number_is_compared(void **state)
{
	static const struct {
		const char *answer;
		enum cli_exit code;
	} cases[] = {{"yes", CLI_OK}, {"no", CLI_WE_REFUSED}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reference_peer p;

		pairing_scenario_begin(scenario("numeric comparison"), CENTRAL, &p);
		p.users_away = p.gives_up = true;
		pairing_scenario_start(scenario("numeric comparison"), &p, "");
		if (cases[i].code == CLI_OK)
			p.users_away = p.gives_up = false;
		(void)reference_peer_pair(&p);
		if (cases[i].code != CLI_OK)
			program_answer(cases[i].answer);
		assert_int_equal(sim_ends(), cases[i].code);
		assert_int_equal(count_events("confirm"), 1);
		assert_int_equal(strlen(field("confirm", "number")), 6);
	}
}

static void without_standard_input_a_question_cancels(void **state)
{
	struct reference_peer p;

	(void)state;
	pairing_scenario_begin(scenario("numeric comparison"), CENTRAL, &p);
	p.users_away = p.gives_up = true;
	pairing_scenario_start(scenario("numeric comparison"), &p, "");
	assert_false(reference_peer_pair(&p));
	program_answer(NULL);
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("detail"),
			    "an answer was needed, and standard input ended: use --passkey or "
			    "--confirm");
	assert_int_equal(raw_peer_count(&sim.peer, PDU_FAILED), 1);
}

static void keypresses_of_the_peer_are_shown(void **state)
{
	static const char *const names[] = {"started", "digit", "erased", "cleared", "completed"};
	struct reference_peer p;

	(void)state;
	pairing_scenario_begin(scenario("passkey, blepair shows"), CENTRAL, &p);
	p.auth |= AUTH_KEYPRESS;
	run_scenario_start(&p, "--sc only --io display --keypress");
	reference_peer_features(&p);
	reference_peer_public_keys(&p);
	for (uint8_t i = 0; i < COUNT(names); i++) {
		const uint8_t pdu[2] = {PDU_KEYPRESS, i};
		raw_peer_send(&sim.peer, RAW_PEER_SMP, pdu, 2);
		(void)program_expect("keypress", WORLD_S);
		assert_string_equal(field("keypress", "action"), names[i]);
	}
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

/* ---- A peer that asks ------------------------------------------------------------------------ */

static void a_security_request_starts_the_pairing_that_waits_for_it(void **state)
{
	static const uint8_t request[2] = {PDU_SECURITY_REQUEST, AUTH_BOND | AUTH_MITM};
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "--wait-security-request");
	raw_peer_expect_silence(&sim.peer, WORLD_S);
	raw_peer_send(&sim.peer, RAW_PEER_SMP, request, 2);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	const json_t *event = program_event("security_request");
	assert_true(json_is_true(json_object_get(event, "bonding")));
	assert_true(json_is_true(json_object_get(event, "mitm")));
	assert_true(json_is_false(json_object_get(event, "secure_connections")));
}

static void a_peripheral_asks_only_when_told_to(void **state)
{
	(void)state;
	sim_listen(NO_OPTIONS);
	raw_peer_expect_silence(&sim.peer, WORLD_S);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);

	assert_int_equal(one_link_end(NULL) | one_link_begin(NULL), 0);
	sim_listen("--security-request");
	(void)raw_peer_expect(&sim.peer, PDU_SECURITY_REQUEST);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

/* ---- The end of the link --------------------------------------------------------------------- */

static void a_link_that_ends_before_pairing_is_a_failed_connection(void **state)
{
	(void)state;
	sim_listen(NO_OPTIONS);
	assert_int_equal(one.session.state, SESSION_OPEN);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_int_equal(one.session.state, SESSION_CLOSED);
	assert_int_equal(one.closed, 1);
	assert_int_equal(program_reason(), 0x13);
	assert_string_equal(program_result("text"),
			    "the connection ended before pairing began: Remote User Terminated "
			    "Connection (0x13)");
	assert_string_equal(program_result("advice"), hci_error_advice(0x13));
	assert_string_equal(field("disconnected", "reason"), hci_error_name(0x13));
	assert_int_equal(number("disconnected", "reason_code"), 0x13);
}

/* The central has the last word on the link: what was paired stays paired. */
static void a_peripheral_keeps_the_link_after_pairing(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, PERIPHERAL);
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	world_pass(5 * WORLD_S);
	assert_non_null(sim.peer.link);
	assert_int_equal(one.session.state, SESSION_SETTLED);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
}

static void a_mic_failure_after_pairing_is_a_failure(void **state)
{
	static const struct {
		uint8_t reason;
		enum cli_exit code;
	} cases[] = {{HCI_MIC_FAILURE, CLI_CONNECTION_FAILED}, {0x08, CLI_OK}};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		run_scenario_begin_sc(&p, PERIPHERAL);
		run_scenario_start(&p, NO_OPTIONS);
		assert_true(reference_peer_pair(&p));
		one_link_until(one_link_settled);
		air_break(sim.peer.link, cases[i].reason);
		assert_int_equal(sim_ends(), cases[i].code);
	}
}

/* HCI's advice on these errors is about a bond, which is not made yet. */
static void a_link_that_ends_during_a_pairing_has_advice_of_its_own(void **state)
{
	static const struct {
		uint8_t reason;
		bool about_encryption;
	} cases[] = {
		{HCI_MIC_FAILURE, true},
		{HCI_AUTHENTICATION_FAILURE, true},
		{HCI_PIN_OR_KEY_MISSING, true},
		{HCI_CONNECTION_TIMEOUT, false},
	};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		run_scenario_begin_sc(&p, CENTRAL);
		p.stop_at = 3;
		run_scenario_start(&p, NO_OPTIONS);
		assert_false(reference_peer_pair(&p));
		air_break(sim.peer.link, cases[i].reason);
		assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
		assert_int_equal(program_reason(), cases[i].reason);
		assert_string_equal(program_result("advice"),
				    cases[i].about_encryption ? session_advice_on_encryption()
							      : hci_error_advice(cases[i].reason));
	}
}

/* Only an answer to the ATT request behind the keys proves that the peer has taken them. */
static void a_central_waits_for_the_proof_that_its_keys_arrived(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	sim.peer.att_silent = true;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	one_link_until(one_link_settled);
	assert_int_equal(one.session.state, SESSION_AWAITING_PROOF);
	const struct raw_peer_frame *request = raw_peer_receive(&sim.peer, RAW_PEER_ATT, WORLD_S);
	assert_non_null(request);
	assert_int_equal(request->len, 5);
	/* Find Information Request, of handle 1 */
	assert_memory_equal(request->data, "\x04\x01\x00\x01\x00", 5);
	/* A notification proves nothing. */
	raw_peer_send(&sim.peer, RAW_PEER_ATT, "\x1b\x01\x00!", 4);
	world_pass(20 * WORLD_MS);
	assert_int_equal(one.session.state, SESSION_AWAITING_PROOF);
	/* Without ATT: 500 ms and ten intervals are enough, once they are acknowledged. */
	assert_int_equal(one.session.close_timer.at - one.session.paired,
			 AIR_DELAY + 500000 + 10 * 1250 * sim.peer.link->parameters.interval);
	one_link_until(one_link_closing);
	assert_int_equal(one.session.state, SESSION_DISCONNECTING);
	assert_int_equal(sim_ends(), CLI_OK);
}

/* Only after the proof: and meanwhile the peer gets its answers. */
static void a_link_that_is_held_is_served_and_closed_afterwards(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	one.options.linger = 3;
	assert_true(reference_peer_pair(&p));
	one_link_until(one_link_settled);
	world_pass(WORLD_S);
	assert_int_equal(one.session.state, SESSION_HELD);
	sim.peer.att_silent = true;
	while (raw_peer_receive(&sim.peer, RAW_PEER_ATT, 0))
		;
	raw_peer_send(&sim.peer, RAW_PEER_ATT, "\x02\x17\x00", 3); /* Exchange MTU Request */
	const struct raw_peer_frame *answer = raw_peer_receive(&sim.peer, RAW_PEER_ATT, WORLD_S);
	assert_non_null(answer);
	assert_int_equal(answer->data[0], 0x03);
	world_pass(WORLD_S);
	assert_int_equal(one.session.state, SESSION_HELD);
	one_link_until(one_link_closing);
	assert_int_equal(sim_ends(), CLI_OK);
}

static void a_link_that_is_held_may_be_closed_by_either_end(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int by_us = 0; by_us < 2; by_us++) {
		run_scenario_begin(&p, CENTRAL);
		run_scenario_start(&p, NO_OPTIONS);
		one.options.linger = 600;
		assert_true(reference_peer_pair(&p));
		one_link_until(one_link_settled);
		world_pass(WORLD_S);
		assert_int_equal(one.session.state, SESSION_HELD);
		if (by_us)
			session_cancel(&one.session, CLI_CANCELLED);
		else
			air_break(sim.peer.link, HCI_REMOTE_USER_TERMINATED);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_false(hold_is_active(&one.session.hold));
	}
}

static void either_answer_to_the_att_request_is_a_proof(void **state)
{
	static const struct {
		const char *pdu;
		size_t len;
	} answers[] = {{"\x01\x04\x00\x00\x06", 5}, {"\x05\x01\x01\x00\x00\x28", 6}};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		run_scenario_begin(&p, CENTRAL);
		sim.peer.att_silent = true;
		run_scenario_start(&p, NO_OPTIONS);
		assert_true(reference_peer_pair(&p));
		one_link_until(one_link_settled);
		raw_peer_send(&sim.peer, RAW_PEER_ATT, answers[i].pdu, answers[i].len);
		world_pass(2 * AIR_DELAY);
		assert_true(one_link_closing());
		assert_int_equal(sim_ends(), CLI_OK);
	}
}

/*
 * Encryption Change here does not prove that the peer's host has finished: every pairing is proven,
 * also one in which we send no keys, by exactly one request that is not Exchange MTU, which may be
 * sent only once on a connection.
 */
static void a_central_waits_for_a_proof_after_every_pairing(void **state)
{
	static const struct {
		bool secure;
		uint8_t keys;
		const char *options;
	} cases[] = {
		{false, KEY_ENC, ""},
		{false, KEY_ID, ""},
		{false, KEY_SIGN, ""},
		{true, KEY_ENC, ""},
		{true, KEY_ID, ""},
		{true, KEY_SIGN, ""},
		{false, 0, ""},
		{true, 0, ""},
		{true, KEY_ID, "--init-keys none"},
		{false, KEY_ENC | KEY_ID, "--init-keys none"},
		{true, KEY_ID, "--no-bond"},
	};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		run_scenario_begin(&p, CENTRAL);
		if (cases[i].secure)
			p.auth |= AUTH_SC;
		p.init_keys = cases[i].keys;
		sim.peer.att_silent = true;
		run_scenario_start(&p, "%s", cases[i].options);
		assert_true(reference_peer_pair(&p));
		one_link_until(one_link_settled);
		assert_int_equal(one.session.state, SESSION_AWAITING_PROOF);
		world_pass(WORLD_S / 2);
		assert_non_null(sim.peer.link);
		const struct raw_peer_frame *request = raw_peer_receive(&sim.peer, RAW_PEER_ATT, 0);
		assert_non_null(request);
		assert_int_equal(request->data[0], 0x04);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_null(raw_peer_receive(&sim.peer, RAW_PEER_ATT, 0));
	}
}

/* Without a proof, a link that is lost or a peer that reports a failure is no success. */
static void a_link_that_ends_before_the_proof(void **state)
{
	static const struct {
		uint8_t reason;
		enum cli_exit code;
	} cases[] = {
		{HCI_CONNECTION_TIMEOUT, CLI_CONNECTION_FAILED},
		{HCI_AUTHENTICATION_FAILURE, CLI_CONNECTION_FAILED},
		{HCI_MIC_FAILURE, CLI_CONNECTION_FAILED},
		{HCI_REMOTE_USER_TERMINATED, CLI_OK}, /* it decided so, and gave no objection */
	};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		run_scenario_begin_sc(&p, CENTRAL);
		sim.peer.att_silent = true;
		run_scenario_start(&p, NO_OPTIONS);
		assert_true(reference_peer_pair(&p));
		one_link_until(one_link_settled);
		air_break(sim.peer.link, cases[i].reason);
		assert_int_equal(sim_ends(), cases[i].code);
	}
}

static size_t vanish_at_the_request(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] != HCI_ACL || packet[7] != L2CAP_CID_ATT)
		return len;
	sim_controller_vanish(&sim.controller);
	return 0;
}

/* Nor is it when the controller is pulled out before our keys were acknowledged. */
static void a_controller_that_fails_before_the_proof(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	sim.controller.from_host = vanish_at_the_request;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_false(session_result_is_final(&one.session));

	run_scenario_begin_sc(&p, CENTRAL);
	sim.peer.att_silent = true;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	one_link_until(one_link_settled);
	world_pass(3 * AIR_DELAY);
	assert_int_equal(one.session.state, SESSION_AWAITING_PROOF);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_true(session_result_is_final(&one.session));
}

/* It has failed when the peer refuses what it was sent last (SM/PER/KDU/BI-02-C). */
static void a_peer_may_object_to_our_keys(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	sim.peer.att_silent = true;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	one_link_until(one_link_settled);
	reference_peer_fail(&p, 0x0f);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_int_equal(program_reason(), 0x0f);
	assert_string_equal(program_result("text"), "the peer refused: Key Rejected (0x0f)");
}

/* To cancel takes nothing back. */
static void a_pairing_that_waits_for_its_proof_is_not_cancelled(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	sim.peer.att_silent = true;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	one_link_until(one_link_settled);
	program_interrupt();
	world_pass(2 * AIR_DELAY);
	assert_true(one_link_closing());
	assert_int_equal(sim_ends(), CLI_OK);
}

/* ---- A peer that does not acknowledge our keys ----------------------------------------------- */

static struct held {
	uint16_t handle, count;
} held;

/* The controller reports no completed packets. */
static size_t hold_acknowledgements(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] != HCI_EVENT || packet[1] != 0x13)
		return len;
	held.handle = bytes_get_le16(packet + 4);
	held.count = (uint16_t)(held.count + bytes_get_le16(packet + 6));
	return 0;
}

static void deliver_acknowledgements(void)
{
	uint8_t event[8] = {HCI_EVENT, 0x13, 5, 1};

	bytes_put_le16(event + 4, held.handle);
	bytes_put_le16(event + 6, held.count);
	sim.controller.to_host = NULL;
	sim_controller_inject(&sim.controller, event, sizeof(event));
	world_pass(WORLD_MS);
}

static bool is_first_key(const uint8_t *packet)
{
	return packet[0] == HCI_ACL && packet[7] == L2CAP_CID_SMP &&
	       packet[9] == PDU_ENCRYPTION_INFORMATION;
}

static size_t hold_from_the_keys_on(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (is_first_key(packet))
		sim.controller.to_host = hold_acknowledgements;
	return len;
}

/* Until the supervision timeout, the controller does not know it. */
static size_t carry_the_peer_away_under_the_keys(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (is_first_key(packet))
		air_remove(&sim.peer.air);
	return len;
}

static void interrupt(void *arg)
{
	(void)arg;
	program_interrupt();
}

static size_t carry_the_peer_away_and_interrupt(void *ctx, uint8_t *packet, size_t len)
{
	if (is_first_key(packet))
		world_post(100 * WORLD_MS, interrupt, NULL, 0);
	return carry_the_peer_away_under_the_keys(ctx, packet, len);
}

static void begin_to_lose_keys(struct reference_peer *p,
			       size_t (*from_host)(void *ctx, uint8_t *packet, size_t len))
{
	run_scenario_begin(p, CENTRAL);
	held = (struct held){0};
	p->gives_up = true;
	sim.controller.from_host = from_host;
	sim.controller.acl_count = 16; /* enough for a pairing of which nothing is acknowledged */
	sim.peer.att_silent = true;
}

/* The supervision timeout is longer than the wait for the proof: it decides. */
static void keys_that_were_never_acknowledged_make_no_bond(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	begin_to_lose_keys(&p, carry_the_peer_away_under_the_keys);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_string_equal(program_result("result"), "failed");
	assert_int_equal(program_reason(), HCI_CONNECTION_TIMEOUT);
	assert_int_equal(one.session.stored.bond, SESSION_BOND_NONE);
	run_scenario_forget();
}

/* Packet loss may delay them. The peer has the usual time for its answer afterwards. */
static void keys_that_are_acknowledged_late_are_no_failure(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	begin_to_lose_keys(&p, hold_from_the_keys_on);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	world_pass(3 * WORLD_S);
	assert_true(one_link_settled());
	assert_false(one_link_closing());
	deliver_acknowledgements();
	world_pass(WORLD_S / 2);
	assert_int_equal(one.session.state, SESSION_AWAITING_PROOF);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(one.session.stored.bond, SESSION_BOND_ADDED);
	run_scenario_forget();
}

/* The peer's answer says more than its controller's acknowledgement. */
static void a_proof_needs_no_acknowledgement(void **state)
{
	struct reference_peer p;

	(void)state;
	begin_to_lose_keys(&p, hold_from_the_keys_on);
	sim.peer.att_silent = false;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	world_pass(3 * AIR_DELAY);
	assert_true(one_link_closing());
	assert_int_equal(sim_ends(), CLI_OK);
}

/* A controller that keeps a link on which nothing is acknowledged is not waited for for ever. */
static void keys_are_awaited_no_longer_than_the_supervision_timeout_and_the_proof(void **state)
{
	struct reference_peer p;
	uint64_t limit;

	(void)state;
	begin_to_lose_keys(&p, hold_from_the_keys_on);
	run_scenario_start(&p, NO_OPTIONS);
	limit = sim.peer.link->parameters.timeout * 10 * WORLD_MS + WORLD_S / 2 +
		10 * UINT64_C(1250) * sim.peer.link->parameters.interval;
	assert_true(reference_peer_pair(&p));
	(void)raw_peer_unlinked(&sim.peer, 10 * WORLD_S);
	assert_in_range(sim.peer.unlinked_at - one.session.paired, limit, limit + 2 * AIR_DELAY);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_string_equal(program_result("result"), "failed");
	assert_string_equal(program_result("text"),
			    "the peer did not acknowledge the last keys within 4 s, the "
			    "supervision timeout of the link");
	assert_true(*program_result("advice"));
}

/* Nothing can be concluded from its silence: the link, which did not break, decides. */
static void a_controller_that_never_reports_completed_packets_can_pair(void **state)
{
	struct reference_peer p;

	(void)state;
	begin_to_lose_keys(&p, NULL);
	sim.controller.to_host = hold_acknowledgements;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");

	begin_to_lose_keys(&p, carry_the_peer_away_under_the_keys);
	sim.controller.to_host = hold_acknowledgements;
	run_scenario_start(&p, NO_OPTIONS);
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);

	/* What does not even fit into its buffers was not sent. */
	begin_to_lose_keys(&p, NULL);
	sim.controller.acl_count = 6;
	sim.controller.to_host = hold_acknowledgements;
	run_scenario_start(&p, NO_OPTIONS);
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

/* Keys that are on their way have a second: then it is cancelled, and not paired. */
static void to_cancel_before_the_keys_are_acknowledged_makes_no_bond(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	begin_to_lose_keys(&p, carry_the_peer_away_and_interrupt);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("result"), "cancelled");
	assert_string_equal(program_result("detail"),
			    "the peer had not acknowledged the last keys");
	assert_int_equal(one.session.stored.bond, SESSION_BOND_NONE);
	assert_in_range(json_number_value(json_object_get(
				json_object_get(program_event("result"), "timings"), "total_ms")),
			1100, 2000);
	run_scenario_forget();
}

static void to_cancel_while_the_keys_are_on_their_way_takes_nothing_back(void **state)
{
	struct reference_peer p;

	(void)state;
	begin_to_lose_keys(&p, hold_from_the_keys_on);
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	one_link_until(one_link_settled);
	program_interrupt();
	world_pass(WORLD_S / 2);
	assert_false(one_link_closing());
	deliver_acknowledgements();
	assert_true(one_link_closing()); /* without a wait for the proof */
	assert_int_equal(sim_ends(), CLI_OK);
}

static void time_over(void *arg)
{
	(void)arg;
	session_cancel(&one.session, CLI_TIMED_OUT);
}

static size_t carry_the_peer_away_and_cancel_twice(void *ctx, uint8_t *packet, size_t len)
{
	if (is_first_key(packet))
		world_post(500 * WORLD_MS, time_over, NULL, 0);
	return carry_the_peer_away_and_interrupt(ctx, packet, len);
}

/* By --timeout, after an interruption: while the keys are delivered, and while the link closes. */
static void the_first_reason_to_cancel_stands(void **state)
{
	struct reference_peer p;

	(void)state;
	begin_to_lose_keys(&p, carry_the_peer_away_and_cancel_twice);
	run_scenario_start(&p, NO_OPTIONS);
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("result"), "cancelled");

	run_scenario_begin_sc(&p, CENTRAL);
	p.stop_at = 3;
	run_scenario_start(&p, NO_OPTIONS);
	sim.controller.to_host = hold_acknowledgements;
	assert_false(reference_peer_pair(&p));
	program_interrupt();
	world_pass(WORLD_S / 2);
	assert_int_equal(one.session.state, SESSION_CLOSING);
	time_over(NULL);
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("result"), "cancelled");
}

static void to_cancel_closes_a_link_on_which_nothing_happens(void **state)
{
	(void)state;
	sim_listen(NO_OPTIONS);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("text"), "cancelled");
	assert_int_equal(program_reason(), -1);
	assert_int_equal(raw_peer_unlinked(&sim.peer, WORLD_S), 0x13);
}

static size_t keep_acknowledgements(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == 0x13 ? 0 : len;
}

/* Pairing Failed should be delivered first; but a second is enough to wait for it. */
static void the_link_closes_after_a_second_though_nothing_is_acknowledged(void **state)
{
	struct reference_peer p;
	uint64_t sent = 0;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "--mitm --io display-yesno");
	sim.controller.to_host = keep_acknowledgements;
	assert_false(reference_peer_pair(&p));
	(void)raw_peer_unlinked(&sim.peer, 2 * WORLD_S);
	for (size_t i = 0; i < sim.peer.count; i++)
		if (!sim.peer.frames[i].sent && sim.peer.frames[i].data[0] == PDU_FAILED)
			sent = sim.peer.frames[i].at;
	assert_in_range(sim.peer.unlinked_at - sent, WORLD_S, WORLD_S + WORLD_MS);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
}

static uint64_t disconnect_at;

static size_t watch_disconnect(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_COMMAND && packet[1] == 0x06 && packet[2] == 0x04)
		disconnect_at = world_now();
	return len;
}

static size_t hide_the_end(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == 0x05 ? 0 : len;
}

static void a_controller_that_does_not_report_the_end_is_given_a_second(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	sim.controller.from_host = watch_disconnect;
	sim.controller.to_host = hide_the_end;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	(void)program_expect("result", 2 * WORLD_S);
	assert_in_range(world_now() - disconnect_at, WORLD_S, WORLD_S + 10 * WORLD_MS);
	assert_int_equal(one.closed, 1);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_int_equal(note_level("the controller did not report Disconnection Complete in time"),
			 0);
}

/* As soon as the peer has Pairing Failed the link ends, and not before. */
static void the_peer_learns_the_reason_before_the_link_ends(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "--mitm --io display-yesno");
	assert_false(reference_peer_pair(&p));
	(void)raw_peer_unlinked(&sim.peer, 20 * WORLD_MS);
	assert_int_equal(raw_peer_count(&sim.peer, PDU_FAILED), 1);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static void a_silent_peer_times_out_after_thirty_seconds(void **state)
{
	struct reference_peer p;
	uint64_t linked;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	linked = one.session.connected;
	(void)raw_peer_expect(&sim.peer, PDU_REQUEST);
	(void)raw_peer_unlinked(&sim.peer, 40 * WORLD_S);
	assert_in_range(sim.peer.unlinked_at, linked + 30 * WORLD_S,
			linked + 30 * WORLD_S + 10 * WORLD_MS);
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_true(*program_result("advice"));
	assert_false(session_result_is_final(&one.session));
}

static void the_result_has_the_times_that_it_took(void **state)
{
	struct reference_peer p;

	(void)state;
	one.setup.started = 0;
	run_scenario_begin_sc(&p, CENTRAL);
	p.delay = 100 * WORLD_MS;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	const json_t *timings = json_object_get(program_event("result"), "timings");
	assert_float_equal(json_real_value(json_object_get(timings, "pair_ms")),
			   (double)(one.session.paired - one.session.connected) / 1000, 0.01);
	assert_true(json_real_value(json_object_get(timings, "pair_ms")) > 300);
	assert_true(json_real_value(json_object_get(timings, "total_ms")) >
		    json_real_value(json_object_get(timings, "pair_ms")));
	assert_null(json_object_get(timings, "scan_ms"));
	assert_null(json_object_get(timings, "connect_ms"));
	assert_true(session_result_is_final(&one.session));
}

/* The engine has its key pair while the peer computes. */
static void what_takes_long_is_done_while_there_is_nothing_else_to_do(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	world_pass(10 * WORLD_MS);
	assert_true(one.session.smp.secret.has_keypair);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

static void leave_something(void)
{
	memset(&one.session, 0xff, sizeof(one.session));
}

/* Who we are is what the peer is given. */
static void the_identity_that_is_distributed_is_ours(void **state)
{
	struct reference_peer p;
	uint8_t irk[16];

	(void)state;
	run_scenario_begin_sc(&p, PERIPHERAL);
	run_scenario_start(&p, NO_OPTIONS);
	memcpy(irk, one.controller.own.irk, 16);
	assert_true(reference_peer_pair(&p));
	assert_memory_equal(p.received.irk, irk, 16);
	assert_true(address_equal(&p.received.identity, &one.controller.own.identity));
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
}

static unsigned feature_requests;

static size_t count_feature_requests(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	feature_requests += packet[0] == HCI_COMMAND && packet[1] == 0x16 && packet[2] == 0x20;
	return len;
}

/* LE Read Remote Features is the central's: it may lead to longer packets. */
static void only_a_central_asks_for_features_and_after_its_first_pdu(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = 0; central < 2; central++) {
		run_scenario_begin_sc(&p, central);
		feature_requests = 0;
		sim.controller.from_host = count_feature_requests;
		run_scenario_start(&p, NO_OPTIONS);
		assert_true(reference_peer_pair(&p));
		if (!central)
			raw_peer_disconnect(&sim.peer, 0x13);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(feature_requests, central);
		size_t i, sent = 0, received = 0;
		const json_t *event;
		json_array_foreach(program_events(), i, event)
		{
			const char *text = json_string_value(json_object_get(event, "text"));
			sent += text &&
				!strcmp(text, central ? "> Pairing Request" : "> Pairing Response");
			received += text && !strcmp(text, central ? "< Pairing Response"
								  : "< Pairing Request");
		}
		assert_true(sent == 1 && received == 1);
		assert_int_equal(note_level("> Pairing"), 2);
		assert_int_equal(note_level("< Pairing"), 2);
		assert_int_equal(note_level("the data queue is full"), -1);
	}
}

/* As if an attempt had failed a moment ago. */
static void fail_before(void)
{
	one.setup.failures_loaded = true;
	smp_attempts_failed(&one.setup.attempts, &sim.peer.air.address, clock_now());
}

static void a_central_that_refuses_asks_for_no_features(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	one.up = fail_before;
	feature_requests = 0;
	sim.controller.from_host = count_feature_requests;
	run_scenario_start(&p, NO_OPTIONS);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(program_reason(), 0x09);
	assert_int_equal(feature_requests, 0);
}

static void demand_a_key_that_is_too_short(void)
{
	one.options.min_key_size = 6; /* 7 to 16, Part H 2.3.4 */
}

/* The parser of options accepts none: a defect must not pair by other rules than the user's. */
static void options_that_the_engine_does_not_accept_end_the_session(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	one.up = demand_a_key_that_is_too_short;
	run_scenario_start(&p, NO_OPTIONS);
	assert_int_equal(sim_ends(), CLI_INTERNAL);
	assert_string_equal(program_result("text"), "the options contradict each other");
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
}

static void a_session_has_nothing_of_the_one_before(void **state)
{
	struct reference_peer p;

	(void)state;
	one.up = leave_something;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	assert_int_equal(one.session.count, STORE_NOTHING);
	assert_int_equal(one.session.paired, 0);
	assert_int_equal(one.session.early_pdu_count, 0);
	assert_int_equal(one.session.outcome.exit, CLI_OK);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
}

/* ---- Encryption ------------------------------------------------------------------------------ */

/* Random and EDIV are zero for the key of a pairing (Part H 2.4.4): nothing else is its name. */
static void the_key_of_a_pairing_has_no_other_name(void **state)
{
	static const struct {
		uint8_t rand[8];
		uint16_t ediv;
	} names[] = {{{1}, 0}, {{0, 0, 0, 0, 0, 0, 0, 1}, 0}, {{0}, 1}, {{0}, 0x100}};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct reference_peer p;

		run_scenario_begin_sc(&p, PERIPHERAL);
		run_scenario_start(&p, NO_OPTIONS);
		p.stop_unencrypted = true;
		(void)reference_peer_pair(&p);
		assert_int_equal(raw_peer_encrypt(&sim.peer, p.ltk, names[i].rand, names[i].ediv),
				 HCI_PIN_OR_KEY_MISSING);
		assert_int_equal(count_events("encrypted"), 0);
		raw_peer_disconnect(&sim.peer, 0x13);
		assert_int_not_equal(sim_ends(), CLI_OK);
	}
}

/* Only keys wait for Encryption Change: a peer that fails is heard at once. */
static void pairing_failed_does_not_wait_for_encryption(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	p.stop_unencrypted = true;
	sim.peer.ltk_silent = true;
	(void)reference_peer_pair(&p);
	world_pass(10 * WORLD_MS);
	assert_true(smp_awaits_encryption(&one.session.smp));
	reference_peer_fail(&p, 0x08);
	world_pass(2 * AIR_DELAY);
	assert_true(one_link_closing());
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
}

/* Keys in clear are separated from those that overtook encryption after two connection intervals.
 */
static void keys_wait_for_encryption_for_two_intervals(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	p.stop_unencrypted = true;
	sim.peer.ltk_silent = true;
	(void)reference_peer_pair(&p);
	world_pass(10 * WORLD_MS);
	uint64_t sent = world_now();
	reference_peer_send(&p, PDU_IDENTITY_INFORMATION, p.own.irk, 16);
	world_pass(2 * AIR_DELAY);
	assert_int_equal(one.session.early_pdu_count, 1);
	assert_in_range(one.session.early_pdu_timer.at - sent - AIR_DELAY,
			2 * 1250 * sim.peer.link->parameters.interval,
			2 * 1250 * sim.peer.link->parameters.interval + AIR_DELAY / 2);
	one_link_until(one_link_closing);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(program_reason(), 0x08);
}

/* As many as may overtake encryption wait for it, of any size; one more is not waited with. */
static void no_more_keys_wait_for_encryption_than_there_is_room_for(void **state)
{
	static const uint8_t largest[65] = {PDU_ENCRYPTION_INFORMATION};
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	p.stop_unencrypted = true;
	sim.peer.ltk_silent = true;
	(void)reference_peer_pair(&p);
	for (size_t i = 0; i < SESSION_EARLY_PDUS; i++)
		raw_peer_send(&sim.peer, RAW_PEER_SMP, largest, sizeof(largest));
	world_pass(20 * WORLD_MS);
	assert_false(one_link_closing());
	raw_peer_send(&sim.peer, RAW_PEER_SMP, largest, sizeof(largest));
	world_pass(5 * WORLD_MS);
	assert_true(one_link_closing());
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
}

static size_t lose_the_key(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == 0x08)
		packet[3] = HCI_PIN_OR_KEY_MISSING;
	return len;
}

/* The pairing has failed, and no encryption is reported. */
static void a_peer_that_does_not_encrypt_with_the_new_key_refuses(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	p.gives_up = true;
	sim.controller.to_host = lose_the_key;
	(void)reference_peer_pair(&p);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_int_equal(program_reason(), HCI_PIN_OR_KEY_MISSING);
	assert_non_null(strstr(program_result("text"), "PIN or Key Missing (0x06)"));
	assert_null(program_event("encrypted"));
}

/* ---- Notes ----------------------------------------------------------------------------------- */

/* Data for an unknown channel, a frame without an end, a malformed signal. */
static void send_odd_things(void)
{
	raw_peer_send(&sim.peer, 0x0040, "x", 1);
	raw_peer_send_raw(&sim.peer, true, "\x05\x00\x06\x00x", 5);
	raw_peer_send_raw(&sim.peer, true, "\xff\xff\x06\x00x", 5);
	raw_peer_send(&sim.peer, RAW_PEER_SIGNALING, "\x12\x07\xff\xff", 4);
	world_pass(10 * WORLD_MS);
}

static void oddities_are_for_those_who_want_to_know(void **state)
{
	struct reference_peer p;

	(void)state;
	one.text = true;
	for (int verbose = 0; verbose < 2; verbose++) {
		run_scenario_begin_sc(&p, PERIPHERAL);
		program_start("listen%s", verbose ? " -v" : "");
		world_pass(100 * WORLD_MS);
		raw_peer_connect(&sim.peer, &sim.controller.air.address);
		raw_peer_send(&sim.peer, RAW_PEER_ATT, "\x0a\x01\x00", 3); /* not odd */
		world_pass(10 * WORLD_MS);
		assert_null(strstr(program_errors(), "from the peer"));
		send_odd_things();
		const char *printed = program_errors();
		struct signaling_result result;
		signaling_receive((const uint8_t *)"\x12\x07\xff\xff", 4, false, &result);
		assert_int_equal(strstr(printed, result.note) != NULL, verbose);
		assert_non_null(strstr(printed, "connected"));
		assert_int_equal(strstr(printed, "data for channel 0x0040") != NULL, verbose);
		assert_int_equal(strstr(printed, l2cap_status_name(L2CAP_UNFINISHED)) != NULL,
				 verbose);
		assert_int_equal(strstr(printed, l2cap_status_name(L2CAP_TOO_LONG)) != NULL,
				 verbose);
		raw_peer_disconnect(&sim.peer, 0x13);
		(void)sim_ends();
	}
}

/* More than any peer could cause: it is noted, whether the user wants to know or not. */
static void data_that_is_lost_is_always_noted(void **state)
{
	static const uint8_t data[512];
	struct reference_peer p;

	(void)state;
	one.text = true;
	run_scenario_begin_sc(&p, PERIPHERAL);
	program_start("listen");
	world_pass(100 * WORLD_MS);
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	FILE *err = stderr;
	char *text = NULL;
	size_t len;
	stderr = open_memstream(&text, &len);
	for (size_t i = 0; i < HCI_ACL_QUEUE / 3 + 2; i++)
		session_send(&one.session, L2CAP_CID_ATT, data, sizeof(data));
	(void)fclose(stderr);
	stderr = err;
	assert_non_null(strstr(text, "the data queue is full: a fragment was lost"));
	free(text);
	sim.broken = true;
	sim_controller_vanish(&sim.controller);
	(void)program_ends(10 * WORLD_S);
}

/* ---- Secrets --------------------------------------------------------------------------------- */

static bool all_zero(const void *memory, size_t len)
{
	const uint8_t *octet = memory;

	while (len && !*octet)
		octet++, len--;
	return !len;
}

/* Distributed keys; not the LTK of the link, of which the virtual controller leaves copies there.
 */
static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	for (int central = 0; central < 2; central++)
		for (int secure = 0; secure < 2; secure++) {
			struct reference_peer p;

			assert_int_equal(one_link_end(NULL) | one_link_begin(NULL), 0);
			run_scenario_begin(&p, central);
			if (secure)
				p.auth |= AUTH_SC;
			run_scenario_start(&p, NO_OPTIONS);
			one_link_watch(p.own.ltk);
			one_link_watch(p.own.irk);
			one_link_watch(p.own.csrk);
			one_link_watch(one.session.smp.bond.local.ltk);
			one_link_watch(one.session.smp.bond.local.csrk);
			one_link_watch(one.controller.own.irk);
			assert_true(reference_peer_pair(&p));
			if (!central)
				raw_peer_disconnect(&sim.peer, 0x13);
			assert_int_equal(sim_ends(), CLI_OK);
			assert_int_equal(one.leaks, 0);
		}
}

static void watch_irk(void)
{
	one_link_watch(one.controller.own.irk);
}

static void watch_tk(void)
{
	one_link_watch(one.options.oob.tk);
}

static void an_engine_that_is_set_up_leaves_no_key_on_the_stack(void **state)
{
	struct reference_peer p;

	(void)state;
	one.up = watch_tk;
	run_scenario_begin(&p, CENTRAL);
	run_scenario_start(&p, "--wait-security-request --oob "
			       "tk=a1b2c3d4e5f60718293a4b5c6d7e8f90");
	assert_int_equal(one.options.oob.tk[0], 0x90);
	assert_int_equal(one.leaks, 0);
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)sim_ends();
}

/* Of calls that are followed by others, which cover their traces: at once. */
static void no_call_leaves_a_key_on_the_stack(void **state)
{
	static uint8_t pdu[17] = {PDU_IDENTITY_INFORMATION};
	struct reference_peer p;

	(void)state;
	one.up = watch_irk;
	run_scenario_begin(&p, PERIPHERAL);
	run_scenario_start(&p, NO_OPTIONS);
	assert_int_equal(one.leaks, 0); /* of session_open() */
	one_link_watch(p.own.irk);
	one_link_watch(p.own.ltk);
	assert_true(reference_peer_pair(&p));
	world_pass(10 * WORLD_MS);
	one_link_clear();
	session_keep(&one.session, NULL, NULL);
	one_link_look();
	assert_int_equal(one.leaks, 0);
	memcpy(pdu + 1, p.own.irk, 16);
	session_send(&one.session, L2CAP_CID_SMP, pdu, sizeof(pdu));
	one_link_look();
	assert_int_equal(one.leaks, 0);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
}

static void a_wiped_session_has_no_secrets(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_false(all_zero(&smp_bond(&one.session.smp)->peer, sizeof(struct smp_keys)));
	memset(&one.session.bond, 1, sizeof(one.session.bond));
	memset(&one.session.queue, 1, sizeof(one.session.queue));
	memset(one.session.early_pdus, 1, sizeof(one.session.early_pdus));
	memset(&one.session.l2cap, 1, sizeof(one.session.l2cap));
	/* As while a request of the store is under way. */
	assert_true(all_zero(&one.session.known.bond, sizeof(one.session.known.bond)));
	assert_true(all_zero(&one.session.result.bond, sizeof(one.session.result.bond)));
	memset(&one.session.known, 1, sizeof(one.session.known));
	memset(&one.session.result.bond, 1, sizeof(one.session.result.bond));
	session_release_early_pdus(&one.session); /* there are none, but for what is left */
	assert_true(all_zero(one.session.early_pdus, sizeof(one.session.early_pdus)));
	memset(one.session.early_pdus, 1, sizeof(one.session.early_pdus));
	session_wipe(&one.session);
	assert_true(all_zero(&smp_bond(&one.session.smp)->peer, sizeof(struct smp_keys)));
	assert_true(all_zero(&one.session.bond, sizeof(one.session.bond)));
	assert_true(all_zero(&one.session.queue, sizeof(one.session.queue)));
	assert_true(all_zero(one.session.early_pdus, sizeof(one.session.early_pdus)));
	assert_true(all_zero(&one.session.l2cap, sizeof(one.session.l2cap)));
	assert_true(all_zero(&one.session.known, sizeof(one.session.known)));
	assert_true(all_zero(&one.session.result.bond, sizeof(one.session.result.bond)));
	/* The controller that was closed has none either. */
	assert_true(all_zero(one.controller.host.commands, sizeof(one.controller.host.commands)));
	assert_true(all_zero(one.controller.host.acl, sizeof(one.controller.host.acl)));
	assert_true(all_zero(one.controller.own.irk, 16));
	assert_true(all_zero(one.controller.early, sizeof(one.controller.early)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_link_begin, one_link_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_scripted_no_leaves_no_timer_of_a_dead_session),
		TEST(a_scripted_passkey_is_typed_in_order),
		TEST(another_method_than_demanded_is_refused),
		TEST(the_demanded_method_is_not_refused),
		TEST(to_give_up_is_no_refusal_of_the_method),
		TEST(a_refusal_of_the_engine_reaches_the_peer_whatever_method_is_demanded),
		TEST(a_typed_number_is_compared),
		TEST(without_standard_input_a_question_cancels),
		TEST(keypresses_of_the_peer_are_shown),
		TEST(a_security_request_starts_the_pairing_that_waits_for_it),
		TEST(a_peripheral_asks_only_when_told_to),
		TEST(a_link_that_ends_before_pairing_is_a_failed_connection),
		TEST(a_peripheral_keeps_the_link_after_pairing),
		TEST(a_mic_failure_after_pairing_is_a_failure),
		TEST(a_link_that_ends_during_a_pairing_has_advice_of_its_own),
		TEST(a_central_waits_for_the_proof_that_its_keys_arrived),
		TEST(either_answer_to_the_att_request_is_a_proof),
		TEST(a_central_waits_for_a_proof_after_every_pairing),
		TEST(a_link_that_ends_before_the_proof),
		TEST(a_controller_that_fails_before_the_proof),
		TEST(a_peer_may_object_to_our_keys),
		TEST(a_pairing_that_waits_for_its_proof_is_not_cancelled),
		TEST(keys_that_were_never_acknowledged_make_no_bond),
		TEST(keys_that_are_acknowledged_late_are_no_failure),
		TEST(a_proof_needs_no_acknowledgement),
		TEST(keys_are_awaited_no_longer_than_the_supervision_timeout_and_the_proof),
		TEST(a_controller_that_never_reports_completed_packets_can_pair),
		TEST(to_cancel_before_the_keys_are_acknowledged_makes_no_bond),
		TEST(to_cancel_while_the_keys_are_on_their_way_takes_nothing_back),
		TEST(the_first_reason_to_cancel_stands),
		TEST(to_cancel_closes_a_link_on_which_nothing_happens),
		TEST(the_link_closes_after_a_second_though_nothing_is_acknowledged),
		TEST(a_controller_that_does_not_report_the_end_is_given_a_second),
		TEST(the_peer_learns_the_reason_before_the_link_ends),
		TEST(a_silent_peer_times_out_after_thirty_seconds),
		TEST(the_result_has_the_times_that_it_took),
		TEST(what_takes_long_is_done_while_there_is_nothing_else_to_do),
		TEST(the_identity_that_is_distributed_is_ours),
		TEST(only_a_central_asks_for_features_and_after_its_first_pdu),
		TEST(a_central_that_refuses_asks_for_no_features),
		TEST(a_link_that_is_held_is_served_and_closed_afterwards),
		TEST(a_link_that_is_held_may_be_closed_by_either_end),
		TEST(options_that_the_engine_does_not_accept_end_the_session),
		TEST(a_session_has_nothing_of_the_one_before),
		TEST(the_key_of_a_pairing_has_no_other_name),
		TEST(pairing_failed_does_not_wait_for_encryption),
		TEST(keys_wait_for_encryption_for_two_intervals),
		TEST(no_more_keys_wait_for_encryption_than_there_is_room_for),
		TEST(a_peer_that_does_not_encrypt_with_the_new_key_refuses),
		TEST(oddities_are_for_those_who_want_to_know),
		TEST(data_that_is_lost_is_always_noted),
		TEST(no_key_is_left_on_the_stack),
		TEST(an_engine_that_is_set_up_leaves_no_key_on_the_stack),
		TEST(no_call_leaves_a_key_on_the_stack),
		TEST(a_wiped_session_has_no_secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
