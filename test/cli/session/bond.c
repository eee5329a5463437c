/* SPDX-License-Identifier: MIT */
/* A bond that is used again: by the central that encrypts, by the peripheral that is asked. */
#include <stdio.h>
#include <string.h>

#include "cli/notes.h"
#include "cli/session/one_link.h"
#include "crypto/toolbox.h"
#include "hci/error.h"
#include "sim/pairing_scenario.h"
#include "unit.h"

#define CENTRAL	   true
#define PERIPHERAL false

static const uint8_t no_rand[8];

/* Makes a bond of blepair's in that role, and returns the peer with its keys. */
static struct reference_peer bond(bool central, bool secure, const char *options)
{
	struct reference_peer p;

	run_scenario_forget();
	one.intent = SESSION_PAIR;
	run_scenario_begin(&p, central);
	if (secure)
		p.auth |= AUTH_SC;
	run_scenario_start(&p, "%s%s%s", options, *options ? " " : "", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	if (!central)
		raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
	return p;
}

/* ---- As the central -------------------------------------------------------------------------- */

static void encrypt(const struct reference_peer *p, const char *options)
{
	struct reference_peer again;

	run_scenario_begin(&again, CENTRAL);
	one.intent = SESSION_ENCRYPT;
	sim.peer.has_ltk = p != NULL;
	if (p)
		memcpy(sim.peer.ltk, p->sc ? p->ltk : p->own.ltk, 16);
	run_scenario_start(&again, "%s%s%s", options, *options ? " " : "", run_scenario_bonds());
}

static void a_central_encrypts_with_the_bond_and_closes(void **state)
{
	struct reference_peer p = bond(CENTRAL, false, "");

	(void)state;
	encrypt(&p, "");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(sim.peer.encryptions, 1);
	assert_memory_equal(sim.peer.wanted_rand, p.own.rand, 8);
	assert_int_equal(sim.peer.wanted_ediv, p.own.ediv);
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	assert_string_equal(program_result("result"), "encrypted");
	assert_string_equal(program_result("text"),
			    "the bond with C0:FF:EE:00:00:01 works: the link is encrypted with its "
			    "128-bit key");
	assert_string_equal(json_string_value(json_object_get(program_event("encrypted"), "with")),
			    "with the key of the bond");
	assert_true(one.session.paired >= one.session.connected);
	struct attempt attempt;
	session_attempt(&one.session, &attempt);
	assert_int_equal(attempt.reason_code, ATTEMPT_NONE);
	assert_int_equal(one.session.count, STORE_NOTHING);
}

/* A user who paired with protection must learn that it does not count, without asking for more. */
static void a_bond_that_is_rated_down_is_noted_for_everyone(void **state)
{
	const struct pairing_scenario *legacy_passkey = &pairing_scenarios[1];
	struct reference_peer p;
	char options[128];

	(void)state;
	run_scenario_forget();
	pairing_scenario_begin(legacy_passkey, CENTRAL, &p);
	(void)snprintf(options, sizeof(options), "--mitm --legacy-passkey-mitm %s",
		       run_scenario_bonds());
	pairing_scenario_start(legacy_passkey, &p, options);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
	encrypt(&p, "");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(note_level("does not count as authenticated any more"), 0);
}

static void a_peer_that_lost_the_bond_is_not_taken_for_one_that_refuses(void **state)
{
	(void)bond(CENTRAL, true, "");

	(void)state;
	encrypt(NULL, "");
	assert_int_equal(sim_ends(), CLI_BOND_LOST);
	assert_int_equal(program_reason(), HCI_PIN_OR_KEY_MISSING);
	assert_string_equal(program_result("text"),
			    "C0:FF:EE:00:00:01 has lost the bond: PIN or Key Missing (0x06)");
	assert_string_equal(program_result("advice"), hci_error_advice(HCI_PIN_OR_KEY_MISSING));
}

static size_t refuse_encryption(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == 0x08)
		packet[3] = 0x29;
	return len;
}

static void a_peer_that_does_not_encrypt_refuses(void **state)
{
	struct reference_peer p = bond(CENTRAL, true, "");

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	one.intent = SESSION_ENCRYPT;
	sim.controller.to_host = refuse_encryption;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_int_equal(program_reason(), 0x29);
	assert_non_null(strstr(program_result("text"), "does not encrypt with the bond"));
}

static void without_a_bond_there_is_nothing_to_encrypt_with(void **state)
{
	(void)state;
	run_scenario_forget();
	encrypt(NULL, "");
	assert_int_equal(sim_ends(), CLI_USAGE);
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	assert_int_equal(sim.peer.encryptions, 0);
	assert_memory_equal(program_result("text"), "there is no bond with C0:FF:EE:00:00:01 in /",
			    44);
}

static void a_bond_below_the_policy_is_not_used(void **state)
{
	static const struct {
		const char *options, *detail;
	} cases[] = {
		{"--sc only", "it was made by legacy pairing, and --sc only was given"},
		{"--mitm --io keyboard-display", "it is not authenticated, and --mitm was given"},
	};
	struct reference_peer p = bond(CENTRAL, false, "");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		encrypt(&p, cases[i].options);
		assert_int_equal(sim_ends(), CLI_WE_REFUSED);
		assert_string_equal(program_result("detail"), cases[i].detail);
		assert_string_equal(program_result("text"),
				    "the bond with C0:FF:EE:00:00:01 is not good enough");
		assert_int_equal(sim.peer.encryptions, 0);
	}
}

/* Of legacy pairing, each end encrypts as central with the key that the other one distributed. */
static void bond_without_key(struct reference_peer *p)
{
	run_scenario_forget();
	run_scenario_begin(p, CENTRAL);
	p->resp_keys = KEY_ID;
	run_scenario_start(p, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(p));
	assert_int_equal(sim_ends(), CLI_OK);
}

static void a_bond_without_a_key_for_this_role_is_of_no_use(void **state)
{
	struct reference_peer p;

	(void)state;
	bond_without_key(&p);
	encrypt(&p, "");
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_non_null(strstr(program_result("text"), "has no key for this role"));
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));
}

/* A Security Request that comes meanwhile is answered by the encryption that is under way. */
static void a_security_request_does_not_start_a_pairing_beside_the_bond(void **state)
{
	static const uint8_t request[2] = {PDU_SECURITY_REQUEST, AUTH_BOND};
	struct reference_peer p = bond(CENTRAL, true, "");

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	one.intent = SESSION_ENCRYPT;
	sim.peer.ltk_silent = true;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	raw_peer_send(&sim.peer, RAW_PEER_SMP, request, 2);
	raw_peer_expect_silence(&sim.peer, WORLD_S);
	assert_non_null(program_event("security_request"));
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

static size_t keep_acknowledgements(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_EVENT && packet[1] == 0x13 ? 0 : len;
}

/* The link still waits for an acknowledgement when the peer answers at last. */
static void encryption_after_the_end_changes_nothing(void **state)
{
	struct reference_peer p = bond(CENTRAL, true, ""), again;

	(void)state;
	run_scenario_begin(&again, CENTRAL);
	one.intent = SESSION_ENCRYPT;
	sim.peer.ltk_silent = true;
	sim.controller.to_host = keep_acknowledgements;
	run_scenario_start(&again, "%s", run_scenario_bonds());
	raw_peer_send(&sim.peer, RAW_PEER_ATT, "\x0a\x01\x00", 3);
	world_pass(10 * WORLD_MS);
	program_interrupt();
	world_pass(10 * WORLD_MS);
	assert_int_equal(one.session.state, SESSION_CLOSING);
	air_ltk(sim.peer.link, p.ltk);
	world_pass(10 * WORLD_MS);
	assert_int_equal(sim.peer.encryptions, 1);
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_null(program_event("encrypted"));
}

static uint8_t held[16];
static size_t held_len;

static size_t hold_encryption_change(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] != HCI_EVENT || (packet[1] != 0x08 && packet[1] != 0x30))
		return len;
	if (!held_len) {
		memcpy(held, packet, len);
		held_len = len;
	}
	return 0;
}

/* A peer behind a private address, with that identity. */
static void begin_hidden(struct reference_peer *p, const uint8_t irk[16], uint8_t identity)
{
	uint8_t *octets = sim.peer.air.address.octets;

	run_scenario_begin_sc(p, CENTRAL);
	memcpy(p->own.irk, irk, 16);
	p->own.identity.octets[0] = identity;
	octets[5] = (uint8_t)(0x40 | (octets[5] & 0x3f));
	assert_int_equal(crypto_ah(irk, octets + 3, octets), 0);
}

/* A private address proves no identity: the bond with the device that was meant may be good. */
static void of_two_devices_with_one_irk_none_is_said_to_have_lost_its_bond(void **state)
{
	static const uint8_t irk[16] = "the firmware's";
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	for (uint8_t devices = 1; devices <= 2; devices++) {
		one.intent = SESSION_PAIR_ANEW;
		begin_hidden(&p, irk, devices);
		run_scenario_start(&p, "--replace-bond %s", run_scenario_bonds());
		assert_true(reference_peer_pair(&p));
		assert_int_equal(sim_ends(), CLI_OK);
		one.intent = SESSION_ENCRYPT;
		begin_hidden(&p, irk, 0);
		run_scenario_start(&p, "%s", run_scenario_bonds());
		assert_int_equal(sim_ends(), devices == 1 ? CLI_BOND_LOST : CLI_PEER_REFUSED);
		assert_int_equal(program_reason(), HCI_PIN_OR_KEY_MISSING);
	}
	assert_non_null(strstr(program_result("text"), " does not have the bond with "));
	assert_string_equal(program_result("detail"),
			    "another device with a bond has the same IRK, so it may be that one");
	begin_hidden(&p, irk, 0);
	sim.controller.to_host = refuse_encryption;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_non_null(strstr(program_result("text"), "does not encrypt with the bond"));
}

/* The Link Layer would have ended the link after 40 s (Vol 6 Part B 5.2). */
static void a_controller_that_never_reports_encryption_fails_after_42_seconds(void **state)
{
	struct reference_peer p = bond(CENTRAL, true, ""), again;

	(void)state;
	held_len = 0;
	run_scenario_begin(&again, CENTRAL);
	one.intent = SESSION_ENCRYPT;
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, p.ltk, 16);
	sim.controller.to_host = hold_encryption_change;
	sim.broken = true;
	run_scenario_start(&again, "%s", run_scenario_bonds());
	uint64_t linked = world_now();
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_in_range(world_now() - linked, 42 * WORLD_S - 10 * WORLD_MS,
			42 * WORLD_S + 10 * WORLD_MS);
	assert_int_equal(sim.peer.encryptions, 1);
	assert_non_null(strstr(one.failure, "did not report Encryption Change within 42 s"));
	assert_null(program_event("encrypted"));
}

/* ---- To pair with a bond --------------------------------------------------------------------- */

static bool person;

bool __wrap_console_has_person(bool json);

bool __wrap_console_has_person(bool json)
{
	(void)json;
	return person;
}

static bool unattended;

static void set_unattended(void)
{
	one.setup.unattended = unattended;
}

/* Starts to pair with a peer that has that key; NULL: it has none. */
static void pair_again(struct reference_peer *again, const struct reference_peer *old,
		       const char *options)
{
	run_scenario_begin_sc(again, CENTRAL);
	one.intent = SESSION_PAIR;
	one.up = set_unattended;
	sim.peer.has_ltk = old != NULL;
	if (old)
		memcpy(sim.peer.ltk, old->sc ? old->ltk : old->own.ltk, 16);
	run_scenario_start(again, "%s%s%s", options, *options ? " " : "", run_scenario_bonds());
}

static void a_bond_that_works_is_used_and_not_replaced(void **state)
{
	struct reference_peer old = bond(CENTRAL, true, ""), again;

	(void)state;
	for (int i = 0; i < 2; i++) {
		unattended = i;
		pair_again(&again, &old, "");
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
		assert_string_equal(program_result("result"), "encrypted");
		assert_non_null(strstr(program_result("detail"), "no new pairing"));
		assert_true(json_is_true(json_object_get(program_event("result"), "bonded")));
		assert_true(json_is_false(json_object_get(program_event("result"), "replaced")));
	}
	unattended = false;
}

static void without_a_person_a_bond_that_was_lost_stays(void **state)
{
	struct reference_peer again;

	(void)state;
	(void)bond(CENTRAL, true, "");
	person = false;
	for (int i = 0; i < 2; i++) {
		unattended = i;
		pair_again(&again, NULL, "");
		assert_int_equal(sim_ends(), CLI_BOND_LOST);
		assert_int_equal(program_reason(), HCI_PIN_OR_KEY_MISSING);
		assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
		assert_non_null(strstr(program_result("advice"), "--replace-bond pairs anew"));
		assert_int_equal(strstr(program_result("advice"), "--again") != NULL, i);
		assert_null(program_event("replace"));
	}
	unattended = false;
}

static void a_person_decides_whether_a_lost_bond_is_replaced(void **state)
{
	struct reference_peer old, again;

	(void)state;
	(void)bond(CENTRAL, true, "");
	person = true;
	pair_again(&again, NULL, "");
	assert_non_null(program_expect("replace", WORLD_S));
	program_answer("no");
	assert_int_equal(sim_ends(), CLI_BOND_LOST);
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);

	/* Also one that is weaker. */
	pair_again(&again, NULL, "");
	again.auth &= (uint8_t)~AUTH_SC;
	assert_non_null(program_expect("replace", WORLD_S));
	program_answer("yes");
	assert_true(reference_peer_pair(&again));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	assert_true(json_is_true(json_object_get(program_event("result"), "replaced")));
	old = again;
	pair_again(&again, &old, "");
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "encrypted");
}

static void a_question_about_the_bond_ends_without_an_answer(void **state)
{
	static const enum { INPUT_ENDS, HANGS_UP, CTRL_C } ways[] = {INPUT_ENDS, HANGS_UP, CTRL_C};
	static const uint8_t request[2] = {PDU_SECURITY_REQUEST, AUTH_BOND};
	struct reference_peer again;

	(void)state;
	(void)bond(CENTRAL, true, "");
	person = true;
	for (size_t i = 0; i < COUNT(ways); i++) {
		pair_again(&again, NULL, "");
		assert_non_null(program_expect("replace", WORLD_S));
		/* A request of the peer is no yes. */
		raw_peer_send(&sim.peer, RAW_PEER_SMP, request, 2);
		raw_peer_expect_silence(&sim.peer, WORLD_S);
		if (ways[i] == INPUT_ENDS)
			program_answer(NULL);
		else if (ways[i] == HANGS_UP)
			raw_peer_disconnect(&sim.peer, 0x13);
		else
			program_interrupt();
		assert_int_equal(sim_ends(), ways[i] == CTRL_C ? CLI_CANCELLED : CLI_BOND_LOST);
		assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	}
}

/* The link stays until the peer acknowledges what was sent: an answer comes too late. */
static void an_answer_after_the_end_replaces_no_bond(void **state)
{
	struct reference_peer again;

	(void)state;
	(void)bond(CENTRAL, true, "");
	person = true;
	pair_again(&again, NULL, "");
	assert_non_null(program_expect("replace", WORLD_S));
	sim.controller.to_host = keep_acknowledgements;
	raw_peer_send(&sim.peer, RAW_PEER_ATT, "\x0a\x01\x00", 3);
	world_pass(10 * WORLD_MS);
	program_interrupt();
	world_pass(10 * WORLD_MS);
	assert_int_equal(one.session.state, SESSION_CLOSING);
	program_answer("yes");
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	person = false;
}

/* A user gets a message, or a question; a batch pairs for what a row demands. */
static void a_bond_below_the_demands_gives_way_only_in_a_batch(void **state)
{
	static const struct {
		const char *options, *detail;
	} cases[] = {
		{"--sc only", "it was made by legacy pairing, and --sc only was given"},
		{"--method numeric --io keyboard-display --confirm yes",
		 "it was made by another association model than the one demanded"},
	};
	struct reference_peer old, again;

	(void)state;
	person = false;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		old = bond(CENTRAL, false, "");
		unattended = i % 2;
		pair_again(&again, &old, cases[i / 2].options);
		if (!unattended) {
			assert_int_equal(sim_ends(), CLI_WE_REFUSED);
			assert_string_equal(program_result("detail"), cases[i / 2].detail);
			assert_non_null(strstr(program_result("advice"), "--replace-bond"));
			assert_int_equal(sim.peer.encryptions, 0);
			continue;
		}
		(void)raw_peer_expect(&sim.peer, PDU_REQUEST);
		program_interrupt();
		(void)sim_ends();
	}
	unattended = false;
}

static void a_person_is_told_what_the_bond_lacks(void **state)
{
	struct reference_peer old = bond(CENTRAL, false, ""), again;

	(void)state;
	person = true;
	pair_again(&again, &old, "--sc only");
	assert_string_equal(
		json_string_value(json_object_get(program_expect("replace", WORLD_S), "text")),
		"the bond with C0:FF:EE:00:00:01 is not good enough: it was made by legacy "
		"pairing, and --sc only was given");
	program_answer("no");
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	person = false;
}

/* The peer can use it, as the central. */
static void a_bond_without_a_key_for_this_role_is_not_replaced_unasked(void **state)
{
	struct reference_peer p;

	(void)state;
	bond_without_key(&p);
	person = false;
	pair_again(&p, NULL, "");
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_non_null(strstr(program_result("detail"), "no key for this role"));
	assert_non_null(strstr(program_result("advice"), "--replace-bond pairs anew"));
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	unattended = true;
	pair_again(&p, NULL, "");
	(void)raw_peer_expect(&sim.peer, PDU_REQUEST);
	program_interrupt();
	(void)sim_ends();
	unattended = false;
}

static void a_bond_under_another_address_of_ours_stays(void **state)
{
	struct reference_peer old = bond(CENTRAL, true, ""), again;

	(void)state;
	person = false;
	for (int i = 0; i < 2; i++) {
		unattended = i;
		pair_again(&again, &old, "--own-address static=C1:00:00:00:00:01");
		assert_int_equal(sim_ends(), CLI_WE_REFUSED);
		assert_non_null(strstr(program_result("detail"), "another address of ours"));
		assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	}
	unattended = false;
}

/* The peer has the bond, too: its refusal is not about our IO capabilities. */
static void a_peer_that_keeps_its_bond_is_named_as_the_cause(void **state)
{
	static const uint8_t refused[2] = {PDU_FAILED, 0x03};
	struct reference_peer again;

	(void)state;
	for (int with_bond = 0; with_bond < 2; with_bond++) {
		if (!with_bond)
			run_scenario_forget();
		else
			(void)bond(CENTRAL, true, "");
		run_scenario_begin_sc(&again, CENTRAL);
		one.intent = SESSION_PAIR_ANEW;
		run_scenario_start(&again, "--replace-bond %s", run_scenario_bonds());
		(void)raw_peer_expect(&sim.peer, PDU_REQUEST);
		raw_peer_send(&sim.peer, RAW_PEER_SMP, refused, sizeof(refused));
		assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
		assert_int_equal(program_reason(), 0x03);
		assert_int_equal(
			strncmp(program_result("advice"), "the likely cause is the bond", 28) == 0,
			with_bond);
		/* Without a bond of ours it is one cause among others. */
		assert_non_null(strstr(program_result("advice"), "remove it at the peer"));
	}
}

/* ---- As the peripheral ----------------------------------------------------------------------- */

static void listen_again(const char *options)
{
	one.intent = SESSION_PAIR;
	sim_listen("%s%s%s", options, *options ? " " : "", run_scenario_bonds());
}

static void a_peripheral_gives_the_key_that_the_central_names(void **state)
{
	struct reference_peer p = bond(PERIPHERAL, false, "");

	(void)state;
	listen_again("");
	/* Any number of times on one link. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(raw_peer_encrypt(&sim.peer, p.received.ltk, p.received.rand,
						  p.received.ediv),
				 0);
	world_pass(10 * WORLD_MS);
	assert_int_equal(one.session.state, SESSION_SETTLED);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "encrypted");
	assert_int_equal(note_level("not known here"), -1);
}

static void no_other_key_is_given(void **state)
{
	struct reference_peer p = bond(PERIPHERAL, false, "");
	uint8_t rand[8];

	(void)state;
	for (int wrong = 0; wrong < 2; wrong++) {
		listen_again("");
		memcpy(rand, p.received.rand, 8);
		rand[7] ^= (uint8_t)!wrong;
		assert_int_equal(raw_peer_encrypt(&sim.peer, p.received.ltk, rand,
						  (uint16_t)(p.received.ediv + wrong)),
				 HCI_PIN_OR_KEY_MISSING);
		assert_int_equal(note_level("a bond that is not known here"), 0);
		raw_peer_disconnect(&sim.peer, 0x13);
		assert_int_not_equal(sim_ends(), CLI_OK);
	}
}

static void a_key_below_the_policy_is_not_given(void **state)
{
	struct reference_peer p = bond(PERIPHERAL, true, "");

	(void)state;
	listen_again("--mitm --io keyboard-display");
	assert_int_equal(raw_peer_encrypt(&sim.peer, p.ltk, no_rand, 0), HCI_PIN_OR_KEY_MISSING);
	assert_int_equal(
		note_level("the peer wants to encrypt with a bond: it is not authenticated"), 0);
	assert_int_equal(note_level("not known here"), -1);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_not_equal(sim_ends(), CLI_OK);
}

/* The key of the pairing on this link, which replaced the one on file. */
static void after_a_new_pairing_its_key_is_given(void **state)
{
	struct reference_peer old = bond(PERIPHERAL, true, ""), p;

	(void)state;
	run_scenario_begin_sc(&p, PERIPHERAL);
	run_scenario_start(&p, "--replace-bond %s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	assert_memory_not_equal(p.ltk, old.ltk, 16);
	assert_int_equal(raw_peer_encrypt(&sim.peer, p.ltk, no_rand, 0), 0);
	world_pass(10 * WORLD_MS);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "paired");
	size_t encrypted = 0, i;
	const json_t *event;
	json_array_foreach(program_events(), i, event)
	{
		encrypted += strcmp(json_string_value(json_object_get(event, "event")),
				    "encrypted") == 0;
	}
	assert_int_equal(encrypted, 1); /* the first time is news */
}

/* The controller is slow to report it: a pairing waits for encryption with its own key by now. */
static void encryption_with_the_bond_proves_nothing_about_a_pairing(void **state)
{
	struct reference_peer old = bond(PERIPHERAL, true, ""), p;

	(void)state;
	held_len = 0;
	run_scenario_begin_sc(&p, PERIPHERAL);
	p.stop_unencrypted = true;
	sim.controller.to_host = hold_encryption_change;
	run_scenario_start(&p, "--replace-bond %s", run_scenario_bonds());
	air_encrypt(sim.peer.link, old.ltk, no_rand, 0);
	world_pass(20 * WORLD_MS);
	assert_true(held_len > 0);
	assert_false(reference_peer_pair(&p));
	air_encrypt(sim.peer.link, p.ltk, no_rand, 0);
	world_pass(20 * WORLD_MS);
	assert_true(smp_awaits_encryption(&one.session.smp));
	sim_controller_inject(&sim.controller, held, held_len);
	world_pass(20 * WORLD_MS);
	assert_non_null(program_event("encrypted"));
	assert_true(smp_awaits_encryption(&one.session.smp));
	assert_int_equal(raw_peer_count(&sim.peer, PDU_IDENTITY_INFORMATION), 0);
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)sim_ends();
}

/* ---- The strength of the bond on file -------------------------------------------------------- */

static void a_stranger_does_not_replace_a_bond_by_asking_for_a_pairing(void **state)
{
	struct reference_peer p;

	(void)state;
	(void)bond(PERIPHERAL, true, "");
	run_scenario_begin_sc(&p, PERIPHERAL);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	assert_int_equal(p.refused, 0x03);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));
}

static void a_pairing_anew_is_not_weaker_than_the_bond(void **state)
{
	struct reference_peer p;

	(void)state;
	struct reference_peer old = bond(CENTRAL, true, "");
	one.intent = SESSION_PAIR_ANEW;
	one_link_watch(old.ltk);
	one_link_watch(old.own.irk);
	one_link_watch(old.own.csrk);
	run_scenario_begin_sc(&p, CENTRAL);
	p.own.identity = old.own.identity;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(one.leaks, 0); /* the old keys, from the store */

	run_scenario_begin(&p, CENTRAL);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));

	run_scenario_begin_sc(&p, CENTRAL);
	p.key_size = 15;
	run_scenario_start(&p, "--min-key-size 7 %s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	assert_int_equal(p.refused, 0x06);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));

	run_scenario_begin(&p, CENTRAL);
	run_scenario_start(&p, "--replace-bond %s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
}

static int clean_up(void **state)
{
	run_scenario_forget();
	return one_link_end(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_link_begin, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_central_encrypts_with_the_bond_and_closes),
		TEST(a_bond_that_is_rated_down_is_noted_for_everyone),
		TEST(a_peer_that_lost_the_bond_is_not_taken_for_one_that_refuses),
		TEST(a_peer_that_does_not_encrypt_refuses),
		TEST(without_a_bond_there_is_nothing_to_encrypt_with),
		TEST(a_bond_below_the_policy_is_not_used),
		TEST(a_bond_without_a_key_for_this_role_is_of_no_use),
		TEST(a_security_request_does_not_start_a_pairing_beside_the_bond),
		TEST(encryption_after_the_end_changes_nothing),
		TEST(of_two_devices_with_one_irk_none_is_said_to_have_lost_its_bond),
		TEST(a_controller_that_never_reports_encryption_fails_after_42_seconds),
		TEST(a_bond_that_works_is_used_and_not_replaced),
		TEST(without_a_person_a_bond_that_was_lost_stays),
		TEST(a_person_decides_whether_a_lost_bond_is_replaced),
		TEST(a_question_about_the_bond_ends_without_an_answer),
		TEST(an_answer_after_the_end_replaces_no_bond),
		TEST(a_bond_below_the_demands_gives_way_only_in_a_batch),
		TEST(a_person_is_told_what_the_bond_lacks),
		TEST(a_bond_without_a_key_for_this_role_is_not_replaced_unasked),
		TEST(a_bond_under_another_address_of_ours_stays),
		TEST(a_peer_that_keeps_its_bond_is_named_as_the_cause),
		TEST(a_peripheral_gives_the_key_that_the_central_names),
		TEST(no_other_key_is_given),
		TEST(a_key_below_the_policy_is_not_given),
		TEST(after_a_new_pairing_its_key_is_given),
		TEST(encryption_with_the_bond_proves_nothing_about_a_pairing),
		TEST(a_stranger_does_not_replace_a_bond_by_asking_for_a_pairing),
		TEST(a_pairing_anew_is_not_weaker_than_the_bond),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
