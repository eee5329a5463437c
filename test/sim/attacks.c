/* SPDX-License-Identifier: MIT */
/*
 * Known attacks against the whole program, each a test named after the attack, in each role that it
 * applies to. These need a link, a controller, a bond or time; test/smp/attacks_*.c has the attacks
 * on the engine alone. docs/security.md lists all.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "sim/captured.h"
#include "sim/run_scenario.h"

enum { CENTRAL = 1, PERIPHERAL = 0 }; /* the program's role */

/* An attack, and explain's summary of its captures: see story in sim/captured.h. */
struct attack {
	void (*run)(void **state);
	const char *says;
};

static void attack(void **state)
{
	const struct attack *attack = *state;

	attack->run(state);
	captured_says(attack->says);
}

static int end(void **state)
{
	run_scenario_forget();
	captured_forget();
	return sim_end(state);
}

static uint16_t handle(void)
{
	for (size_t i = 0; i < AIR_LINKS; i++)
		if (sim.controller.links[i].link)
			return sim.controller.links[i].handle;
	fail_msg("no link");
	return 0;
}

/* Injects a frame on channel cid for that handle, as if it came over the air. */
static void inject_frame(uint16_t to, uint16_t cid, const void *payload, size_t len)
{
	uint8_t packet[64] = {HCI_ACL};

	assert_true(len <= sizeof(packet) - 9);
	bytes_put_le16(packet + 1, (uint16_t)(to | 2 << 12));
	bytes_put_le16(packet + 3, (uint16_t)(4 + len));
	bytes_put_le16(packet + 5, (uint16_t)len);
	bytes_put_le16(packet + 7, cid);
	memcpy(packet + 9, payload, len);
	sim_controller_inject(&sim.controller, packet, 9 + len);
}

static void inject_ltk_request(uint16_t from, uint16_t ediv, const uint8_t rand[8])
{
	uint8_t packet[16] = {HCI_EVENT, HCI_LE_META, 13, HCI_LE_LTK_REQUEST};

	bytes_put_le16(packet + 4, from);
	memcpy(packet + 6, rand, 8);
	bytes_put_le16(packet + 14, ediv);
	sim_controller_inject(&sim.controller, packet, sizeof(packet));
}

/* Commands of the host, counted by a hook. */
static unsigned ltk_replies, ltk_refusals;

static size_t count_replies(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_COMMAND) {
		ltk_replies += bytes_get_le16(packet + 1) == HCI_LE_LTK_REPLY;
		ltk_refusals += bytes_get_le16(packet + 1) == HCI_LE_LTK_NEGATIVE_REPLY;
	}
	return len;
}

static const uint8_t no_rand[8], zero_key[16];

/* Secure Connections after the features: the steps up to the LTK... */
static void prove(struct reference_peer *p)
{
	reference_peer_public_keys(p);
	reference_peer_nonces(p);
	reference_peer_checks(p);
}

/* ... and from there to a successful end. */
static void finish(struct reference_peer *p)
{
	reference_peer_encryption(p);
	reference_peer_keys(p);
	raw_peer_disconnect(p->raw, 0x13);
	run_scenario_end(p);
	assert_string_equal(verdict.class, "ok");
}

/* ---- Encryption ------------------------------------------------------------------------------ */

/* A central that requests a key before there is one gets a negative reply, not zeroes. */
static void zero_long_term_key(void **state)
{
	struct reference_peer p;

	(void)state;
	for (unsigned stop = 1; stop <= 4; stop++) { /* before the nth PDU of the pairing */
		run_scenario_begin_sc(&p, PERIPHERAL);
		ltk_replies = ltk_refusals = 0;
		sim.controller.from_host = count_replies;
		p.stop_at = stop;
		run_scenario_start(&p, NO_OPTIONS);
		assert_false(reference_peer_pair(&p));
		assert_int_equal(raw_peer_encrypt(p.raw, zero_key, no_rand, 0), 0x06);
		assert_int_equal(ltk_replies, 0);
		assert_int_equal(ltk_refusals, 1);
		assert_int_equal(p.raw->encryption_status, 0x06);
	}
}

/* After features, public keys and nonces the peer sends an IRK as if the checks were done. */
static void encryption_before_the_dhkey_check(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		run_scenario_start(&p, NO_OPTIONS);
		reference_peer_features(&p);
		reference_peer_public_keys(&p);
		reference_peer_nonces(&p);
		if (!central)
			assert_int_equal(raw_peer_encrypt(p.raw, zero_key, no_rand, 0), 0x06);
		p.raw->read = p.raw->count;
		reference_peer_send(&p, PDU_IDENTITY_INFORMATION, p.own.irk, 16);
		world_pass(WORLD_S / 10);
		/* blepair may have sent its DHKey check as the initiator before that. */
		assert_int_equal(raw_peer_count(p.raw, PDU_FAILED), 1);
		assert_int_equal(p.raw->encryptions, !central); /* the denied one */
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "we_refused");
		assert_int_equal(verdict.reason, 0x08);
	}
}

/* A third device injects a key after the DHKey checks, before the link is encrypted. */
static void keys_in_clear(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		p.raw->ltk_silent = true; /* delays encryption */
		run_scenario_start(&p, NO_OPTIONS);
		reference_peer_features(&p);
		prove(&p);
		world_pass(10 * WORLD_MS);
		inject_frame(handle(), RAW_PEER_SMP, "\x08injected secret.", 17);
		raw_peer_expect_failed(p.raw, 0x08);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "we_refused");
		assert_false(verdict.bonded);
	}
}

static uint8_t held[8];
static size_t held_len;

static size_t hold_encryption_change(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] != HCI_EVENT || packet[1] != HCI_ENCRYPTION_CHANGE)
		return len;
	assert_true(len <= sizeof(held));
	memcpy(held, packet, held_len = len);
	return 0;
}

static void deliver_held_event(void *ctx)
{
	(void)ctx;
	if (held_len)
		sim_controller_inject(&sim.controller, held, held_len);
}

/*
 * USB has separate pipes for events and data: keys that arrive shortly before Encryption Change are
 * accepted; keys that arrive long before it were not encrypted.
 */
static void keys_before_encryption_change(void **state)
{
	static const uint64_t delays[] = {5 * WORLD_MS, 200 * WORLD_MS};
	struct reference_peer p;

	(void)state;
	for (size_t n = 0; n < 2 * COUNT(delays); n++) {
		bool central = n & 1, late = n / 2;
		run_scenario_begin_sc(&p, central);
		p.init_keys = p.resp_keys = KEY_ID;
		held_len = 0;
		sim.controller.to_host = hold_encryption_change;
		run_scenario_start(&p, NO_OPTIONS);
		reference_peer_features(&p);
		prove(&p);
		reference_peer_encryption(&p);
		world_pass(2 * WORLD_MS);
		assert_int_not_equal(held_len, 0);
		world_post(delays[n / 2], deliver_held_event, "", 0);
		if (!central && !late) {
			reference_peer_keys(
				&p); /* the responder sends first, after Encryption Change */
		} else {
			reference_peer_send(&p, PDU_IDENTITY_INFORMATION, p.own.irk, 16);
			if (late) {
				raw_peer_expect_failed(p.raw, 0x08);
				run_scenario_end(&p);
				assert_string_equal(verdict.class, "we_refused");
				continue;
			}
			reference_peer_send(&p, PDU_IDENTITY_ADDRESS,
					    "\x01\x01\x00\x00\xee\xff\xc0", 7);
			(void)raw_peer_expect(p.raw, PDU_IDENTITY_INFORMATION);
			(void)raw_peer_expect(p.raw, PDU_IDENTITY_ADDRESS);
		}
		raw_peer_disconnect(p.raw, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "ok");
	}
}

/* ---- Bonds ----------------------------------------------------------------------------------- */

/* Creates a bond in the program's store with Just Works; the program has that role. */
static struct reference_peer bond(bool central)
{
	struct reference_peer p;

	run_scenario_forget();
	run_scenario_begin_sc(&p, central);
	assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
	return p;
}

static void assert_bond_works(const struct reference_peer *old, bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, old->ltk, 16);
	run_scenario_start(&p, central ? "verify %s" : "%s", run_scenario_bonds());
	if (!central)
		assert_int_equal(raw_peer_encrypt(&sim.peer, old->ltk, no_rand, 0), 0);
	raw_peer_encrypted(&sim.peer, 1);
	if (!central)
		raw_peer_disconnect(&sim.peer, 0x13);
	run_scenario_end(&p);
	assert_string_equal(program_result("result"), "encrypted");
}

/* Injects a Security Request after the refusal of the key, before the link ends. */
static size_t request_security_after_refusal(void *ctx, uint8_t *packet, size_t len)
{
	const uint8_t request[2] = {PDU_SECURITY_REQUEST, AUTH_BOND};

	(void)ctx;
	if (packet[0] != HCI_EVENT || packet[1] != HCI_ENCRYPTION_CHANGE || !packet[3])
		return len;
	sim_controller_inject(&sim.controller, packet, len);
	inject_frame(handle(), RAW_PEER_SMP, request, 2);
	return 0;
}

/*
 * A bonded peer refuses to encrypt: the program stops, sends nothing in clear, and does not pair
 * again, not even on a Security Request.
 */
static void no_pdu_after_refused_encryption(void **state)
{
	static const uint8_t wants[1] = {AUTH_BOND};
	struct reference_peer old = bond(CENTRAL), p;

	(void)state;
	for (int asks = 0; asks < 2; asks++) {
		run_scenario_begin(&p, CENTRAL);
		if (asks)
			sim.controller.to_host = request_security_after_refusal;
		run_scenario_start(&p, "verify %s", run_scenario_bonds());
		reference_peer_send(&p, PDU_SECURITY_REQUEST, wants, 1);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "bond_lost");
		assert_int_equal(verdict.reason, 0x06);
		for (size_t i = 0; i < sim.peer.count; i++)
			assert_true(sim.peer.frames[i].sent);
		assert_bond_works(&old, CENTRAL);
	}
}

/*
 * A device with the address of a bonded peripheral sends Security Requests of any level, also with
 * reserved bits: the central goes on encrypting with its bond, and does not pair.
 */
static void a_security_request_does_not_pair_anew(void **state)
{
	static const uint8_t levels[] = {AUTH_BOND, AUTH_BOND | AUTH_MITM | AUTH_SC, 0xc1, 0xff};
	struct reference_peer old = bond(CENTRAL), p;

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		run_scenario_begin(&p, CENTRAL);
		run_scenario_start(&p, "verify %s", run_scenario_bonds());
		reference_peer_send(&p, PDU_SECURITY_REQUEST, &levels[i], 1);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "bond_lost");
		assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	}
	assert_bond_works(&old, CENTRAL);
}

/*
 * A peripheral asks for MITM protection and Secure Connections, is offered both, and takes one back
 * in its Pairing Response. The Security Request comes first, or crosses the Pairing Request.
 */
static void the_level_of_the_security_request_is_taken_back(void **state)
{
	static const uint8_t wants = AUTH_BOND | AUTH_MITM | AUTH_SC;
	static const uint8_t responses[] = {AUTH_BOND | AUTH_MITM, AUTH_BOND | AUTH_SC, AUTH_BOND};

	(void)state;
	for (size_t n = 0; n < 2 * COUNT(responses); n++) {
		struct reference_peer p;
		bool crosses = n % 2;
		run_scenario_begin(&p, CENTRAL);
		p.auth = responses[n / 2];
		p.io = IO_KEYBOARD;
		run_scenario_start(&p, "--io display%s", crosses ? "" : " --wait-security-request");
		reference_peer_send(&p, PDU_SECURITY_REQUEST, &wants, 1);
		assert_false(reference_peer_pair(&p));
		assert_int_equal(p.refused, 0x03);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "we_refused");
		assert_non_null(strstr(verdict.detail, "Security Request"));
		assert_non_null(strstr(program_result("advice"), "--no-mitm"));
	}
}

/*
 * A device with the address of a bonded central asks to pair with less security than the bond has:
 * without authentication, by legacy pairing, with a shorter key.
 */
static void a_weaker_pairing_over_a_bond(void **state)
{
	static const struct {
		uint8_t io, auth, key_size, reason;
	} cases[] = {
		{IO_NONE, AUTH_BOND | AUTH_SC, 16, 0x03},
		{IO_KEYBOARD, AUTH_BOND | AUTH_MITM, 16, 0x03},
		{IO_KEYBOARD, AUTH_BOND | AUTH_SC | AUTH_MITM, 7, 0x06},
	};
	struct reference_peer old, p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&old, PERIPHERAL);
	old.io = IO_KEYBOARD;
	old.auth |= AUTH_MITM;
	old.method = PASSKEY;
	assert_true(run_scenario(&old, "--io display %s", run_scenario_bonds()));
	assert_true(verdict.authenticated);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char options[128];
		(void)snprintf(options, sizeof(options), "--io display --min-key-size 7 %s",
			       run_scenario_bonds());
		run_scenario_begin(&p, PERIPHERAL);
		p.io = cases[i].io;
		p.auth = cases[i].auth;
		p.key_size = cases[i].key_size;
		run_scenario_refused(&p, cases[i].reason, options);
		assert_non_null(strstr(verdict.detail, "bond with this device"));
	}
	assert_bond_works(&old, PERIPHERAL);
}

/*
 * Another device with the address of a bonded one sends a Security Request or a Pairing Request.
 * The central answers with the key of the bond, which the device does not have, and does not pair.
 */
static void a_bond_outlives_requests(void **state)
{
	static const uint8_t wants[1] = {AUTH_BOND | AUTH_SC};

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		struct reference_peer old = bond(central), p;
		run_scenario_begin_sc(&p, central);
		run_scenario_start(&p, "%s%s", central ? "--wait-security-request " : "",
				   run_scenario_bonds());
		if (central) {
			reference_peer_send(&p, PDU_SECURITY_REQUEST, wants, 1);
			raw_peer_expect_silence(p.raw, WORLD_S);
		} else {
			p.stop_at = 2;
			assert_false(reference_peer_pair(&p));
			assert_int_equal(p.refused, 0x03);
			raw_peer_disconnect(p.raw, 0x13);
		}
		run_scenario_end(&p);
		assert_string_equal(verdict.class, central ? "bond_lost" : "we_refused");
		assert_bond_works(&old, central);
	}
}

/* The central may encrypt with the bond again any number of times, but with no other EDIV. */
static void the_bond_again_on_the_same_link(void **state)
{
	struct reference_peer old = bond(PERIPHERAL), p;

	(void)state;
	run_scenario_begin(&p, PERIPHERAL);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	for (unsigned n = 1; n <= 3; n++)
		assert_int_equal(raw_peer_encrypt(p.raw, old.ltk, no_rand, 0), 0);
	assert_int_equal(p.raw->encryptions, 3);
	assert_int_equal(raw_peer_encrypt(p.raw, old.ltk, no_rand, 1), 0x06);
	raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
}

static size_t ask_after_failure(void *ctx, uint8_t *packet, size_t len)
{
	if (packet[0] == HCI_ACL && packet[9] == PDU_FAILED)
		inject_ltk_request(handle(), 0, no_rand);
	return count_replies(ctx, packet, len);
}

/* After a failed pairing the link ends; the old bond does not turn the failure into a success. */
static void the_bond_after_a_failure(void **state)
{
	struct reference_peer old = bond(PERIPHERAL), p;

	(void)state;
	run_scenario_begin(&p, PERIPHERAL);
	ltk_replies = ltk_refusals = 0;
	sim.controller.from_host = ask_after_failure;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "we_refused");
	assert_int_equal(ltk_replies, 0);
	assert_int_equal(ltk_refusals, 1);
	assert_bond_works(&old, PERIPHERAL);
}

static void claim_another(struct reference_peer *p, uint8_t *pdu)
{
	(void)p;
	if (pdu[0] == PDU_IDENTITY_ADDRESS)
		memcpy(pdu + 1, "\x00\x99\x88\x77\x66\x55\x44", 7);
}

static void claim_no_identity(struct reference_peer *p, uint8_t *pdu)
{
	(void)p;
	if (pdu[0] == PDU_IDENTITY_ADDRESS)
		memcpy(pdu + 1, "\x01\x99\x88\x77\x66\x55\x44", 7); /* resolvable */
}

/* A device claims the identity of another device, or an invalid one: its IRK is not stored. */
static void identity_of_another_device(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		p.alter = claim_another;
		assert_true(run_scenario(&p, "--show-keys"));
		const json_t *result = program_event("result");
		const json_t *keys = json_object_get(json_object_get(result, "keys"), "peer");
		assert_null(json_object_get(keys, "irk"));
		assert_string_equal(json_string_value(json_object_get(
					    json_object_get(keys, "identity"), "address")),
				    "C0:FF:EE:00:00:01");
		assert_non_null(strstr(program_result("detail"), "identity"));

		run_scenario_begin_sc(&p, central);
		p.alter = claim_no_identity;
		p.init_keys = p.resp_keys = KEY_ID;
		run_scenario_start(&p, "%s", run_scenario_bonds());
		(void)reference_peer_pair(&p);
		raw_peer_disconnect(p.raw, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "we_refused");
		assert_int_equal(verdict.reason, 0x0f);
	}
}

/* ---- Policy ---------------------------------------------------------------------------------- */

/* The options of the program decide, not the features of the peer. */
static void policy(void **state)
{
	static const struct {
		const char *options;
		uint8_t io, auth, reason;
	} cases[] = {
		/* MITM left out of the request or the response. */
		{"--mitm --io display", IO_NONE, AUTH_BOND | AUTH_SC, 0x03},
		{"--mitm --io display", IO_NONE, AUTH_BOND, 0x03},
		/* Method confusion: another association model than the user expects. */
		{"--io keyboard-display --method numeric_comparison", IO_KEYBOARD,
		 AUTH_BOND | AUTH_SC | AUTH_MITM, 0x03},
		{"--io keyboard-display --method passkey", IO_YES_NO,
		 AUTH_BOND | AUTH_SC | AUTH_MITM, 0x03},
		/* Passkey Entry of legacy pairing: from Core 6.2 on it does not protect. */
		{"--mitm --io display", IO_KEYBOARD, AUTH_BOND | AUTH_MITM, 0x03},
		/* The SC bit stripped. */
		{"--sc only", IO_NONE, AUTH_BOND, 0x03},
	};

	(void)state;
	for (size_t n = 0; n < 2 * COUNT(cases); n++) {
		struct reference_peer p;
		run_scenario_begin(&p, n & 1);
		p.io = cases[n / 2].io;
		p.auth = cases[n / 2].auth;
		run_scenario_refused(&p, cases[n / 2].reason, cases[n / 2].options);
	}
}

/* A link key for BR/EDR is neither requested nor derived, even if the peer requests it. */
static void cross_transport(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		p.init_keys |= KEY_LINK;
		p.resp_keys |= KEY_LINK;
		assert_true(run_scenario(&p, "--show-keys"));
		assert_int_equal((p.negotiated_init | p.negotiated_resp) & KEY_LINK, 0);
		assert_string_equal(verdict.link_key, "");
	}
}

/* The result of legacy pairing reports that anyone who recorded it can read the keys. */
static void legacy_keys_are_reported_as_readable(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		for (int passkey = 0; passkey < 2; passkey++) {
			run_scenario_begin(&p, central);
			if (passkey) {
				p.method = PASSKEY;
				p.io = IO_KEYBOARD;
				p.auth |= AUTH_MITM;
			}
			assert_true(run_scenario(&p, "--io display"));
			assert_non_null(strstr(program_result("detail"), "anyone who recorded it"));
		}
		run_scenario_begin_sc(&p, central);
		assert_true(run_scenario(&p, NO_OPTIONS));
		assert_string_equal(program_result("detail"), "");
	}
}

/* ---- Time ------------------------------------------------------------------------------------ */

static void begin_initiator(struct reference_peer *p)
{
	reference_peer_begin(p, &sim.peer);
	p->initiates = true;
	p->auth |= AUTH_SC | AUTH_MITM;
	p->io = IO_KEYBOARD;
	p->method = PASSKEY;
}

/* Connects at that time, after the old link has ended. */
static void connect_at(uint64_t when)
{
	(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	assert_true(world_now() < when);
	world_pass(when - world_now());
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
}

/* The waiting time doubles with each failure, also on a new link; an early request is refused. */
static void repeated_attempts(void **state)
{
	struct reference_peer p;

	(void)state;
	sim_listen("--io display");
	for (unsigned n = 0; n < 7; n++) {
		begin_initiator(&p);
		reference_peer_features(&p);
		reference_peer_public_keys(&p);
		reference_peer_users(&p);
		reference_peer_send(&p, PDU_CONFIRM, "any confirm valu", 16);
		(void)raw_peer_expect(p.raw, PDU_CONFIRM);
		reference_peer_send(&p, PDU_RANDOM, "any random value", 16);
		assert_int_equal(raw_peer_expect(p.raw, PDU_FAILED)[0], 0x04);
		uint64_t next = world_now() + (WORLD_S << n);

		connect_at(next - 200 * WORLD_MS);
		begin_initiator(&p);
		reference_peer_send(&p, PDU_REQUEST, "\x02\0\x0d\x10\0\0", 6);
		assert_int_equal(raw_peer_expect(p.raw, PDU_FAILED)[0], 0x09);
		connect_at(next);
	}
	begin_initiator(&p);
	assert_true(reference_peer_pair(&p)); /* a successful pairing resets the waiting time */
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	begin_initiator(&p);
	reference_peer_features(&p);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

/* ---- Other links, other transports, empty frames --------------------------------------------- */

/* Events of a second link of the same controller do not affect this one. */
static void another_link(void **state)
{
	/* Connection Complete, as peripheral, of handle 0x0e00; then its encryption and its end. */
	static const uint8_t up[22] = {HCI_EVENT, HCI_LE_META, 19, 1,	 0, 0x00, 0x0e, 1,
				       1,	  9,	       9,  9,	 9, 9,	  0xc9, 12,
				       0,	  0,	       0,  0x90, 1, 0};
	static const uint8_t failed[7] = {HCI_EVENT, HCI_ENCRYPTION_CHANGE, 4, 0x06, 0x00, 0x0e, 0};
	static const uint8_t down[7] = {HCI_EVENT, HCI_DISCONNECTION_COMPLETE, 4, 0, 0x00, 0x0e,
					0x3e};
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		ltk_replies = ltk_refusals = 0;
		sim.controller.from_host = count_replies;
		run_scenario_start(&p, NO_OPTIONS);
		sim_controller_inject(&sim.controller, up, sizeof(up));
		reference_peer_features(&p);
		prove(&p);
		/* Now this link has a key. */
		inject_ltk_request(0x0e00, 0, no_rand);
		sim_controller_inject(&sim.controller, failed, sizeof(failed));
		inject_frame(0x0e00, RAW_PEER_SMP, "\x05\x08", 2);
		sim_controller_inject(&sim.controller, down, sizeof(down));
		/* A listener has a session on the other link, too, with a result of its own. */
		if (!central)
			(void)program_expect("result", WORLD_S);
		assert_int_equal(ltk_replies, 0);
		finish(&p);
	}
}

/* Security Request and Pairing Failed on channels of BR/EDR and on links that do not exist. */
static void wrong_transport(void **state)
{
	static const uint16_t channels[] = {0x0000, 0x0001, 0x0002, 0x0003, 0x0007, 0x0040, 0xffff};
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		run_scenario_start(&p, NO_OPTIONS);
		reference_peer_features(&p);
		for (size_t i = 0; i < COUNT(channels); i++) {
			raw_peer_send(p.raw, channels[i], "\x0b\x0d", 2);
			raw_peer_send(p.raw, channels[i], "\x05\x08", 2);
		}
		inject_frame(0x0123, RAW_PEER_SMP, "\x0b\x0d", 2);
		inject_frame(0x0123, RAW_PEER_SMP, "\x05\x08", 2);
		prove(&p);
		finish(&p);
	}
}

/* Empty frames on each channel and empty fragments are ignored. */
static void empty(void **state)
{
	static const uint16_t channels[] = {RAW_PEER_SMP, RAW_PEER_ATT, RAW_PEER_SIGNALING, 0x0040};
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_begin_sc(&p, central);
		run_scenario_start(&p, NO_OPTIONS);
		reference_peer_features(&p);
		for (size_t i = 0; i < COUNT(channels); i++)
			raw_peer_send(p.raw, channels[i], "", 0);
		raw_peer_send_raw(p.raw, true, "", 0);
		raw_peer_send_raw(p.raw, false, "", 0);
		raw_peer_send_raw(p.raw, true, "\x11\0\x06", 3); /* a frame without its payload */
		prove(&p);
		finish(&p);
	}
}

/* A public key one octet too short or too long is refused as Invalid Parameters. */
static void wrong_lengths(void **state)
{
	struct reference_peer p;

	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		const uint8_t key[67] = {PDU_PUBLIC_KEY};
		run_scenario_begin_sc(&p, n & 1);
		run_scenario_start(&p, NO_OPTIONS);
		reference_peer_features(&p);
		if (n & 1) /* the program sends first */
			(void)raw_peer_expect(p.raw, PDU_PUBLIC_KEY);
		raw_peer_send(p.raw, RAW_PEER_SMP, key, n / 2 ? 66 : 64);
		raw_peer_expect_failed(p.raw, 0x0a);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "we_refused");
		assert_int_equal(verdict.reason, 0x0a);
	}
}

int main(void)
{
#define ATTACK(title, function, says)                             \
	{                                                         \
		(title), attack, sim_begin, end, &(struct attack) \
		{                                                 \
			(function), (says)                        \
		}                                                 \
	}
	const struct CMUnitTest tests[] = {
		ATTACK("CVE-2019-19194: a zero long term key", zero_long_term_key,
		       "bond_lost: host bond-refused-here; not_encrypted: peer out-of-turn"),
		ATTACK("CVE-2020-13593: encryption before the DHKey check",
		       encryption_before_the_dhkey_check, "refused: peer out-of-turn"),
		ATTACK("keys injected before encryption", keys_in_clear,
		       "refused: peer out-of-turn"),
		ATTACK("keys that arrive before Encryption Change", keys_before_encryption_change,
		       "paired; refused: peer out-of-turn"),
		ATTACK("CVE-2020-9770, BLERP V5: BLESA, a bond that is not used",
		       no_pdu_after_refused_encryption,
		       "paired; bond_lost: peer no-bond; encrypted"),
		ATTACK("BLERP V1: a Security Request does not pair anew",
		       a_security_request_does_not_pair_anew,
		       "paired; bond_lost: peer no-bond; encrypted"),
		ATTACK("BLERP V3: the level of the Security Request is taken back",
		       the_level_of_the_security_request_is_taken_back,
		       "refused: peer security-request-taken-back"),
		ATTACK("BLERP V4, BLERP V6: a weaker pairing over a bond",
		       a_weaker_pairing_over_a_bond,
		       "paired; refused: host mitm-refused; refused: peer key-size-refused; "
		       "encrypted"),
		ATTACK("CVE-2025-62235, BLERP V2: a bond outlives requests",
		       a_bond_outlives_requests,
		       "paired; refused: host mitm-refused; encrypted; bond_lost: peer no-bond"),
		ATTACK("the bond again on the same link", the_bond_again_on_the_same_link,
		       "paired; encrypted; bond_lost: host bond-refused-here"),
		ATTACK("the bond after a failed pairing", the_bond_after_a_failure,
		       "paired; refused: host mitm-refused; bond_lost: host bond-refused-here; "
		       "encrypted"),
		ATTACK("identity clash: the identity of another device", identity_of_another_device,
		       "paired; refused: peer invalid-identity"),
		ATTACK("CVE-2026-43334, CVE-2020-10134, CVE-2022-25836, downgrade: our own policy",
		       policy, "refused: host mitm-refused"),
		ATTACK("CVE-2020-15802: BLURtooth, a key for the other transport", cross_transport,
		       "paired"),
		ATTACK("crackle: keys of legacy pairing are reported as readable",
		       legacy_keys_are_reported_as_readable,
		       "paired; paired: - peer mitm-unmet; paired: - host mitm-unmet"),
		ATTACK("Part H 2.3.6: repeated attempts", repeated_attempts,
		       "refused: peer commitment-wrong; refused: host reason-repeated-attempts; "
		       "refused: peer commitment-wrong, peer repeated-nonce; paired; refused: host "
		       "reason-passkey-entry-failed"),
		ATTACK("cross-link: another link of the same controller", another_link,
		       "not_connected: nobody not-established; paired"),
		ATTACK("the wrong transport: channels of BR/EDR, links that do not exist",
		       wrong_transport, "paired; refused: peer reason-unspecified"),
		ATTACK("bumble 0a78e75: empty frames", empty, "paired"),
		ATTACK("CVE-2019-17520: malformed public key", wrong_lengths,
		       "refused: peer wrong-length"),
	};
	return cmocka_run_group_tests(tests, captured_begin, captured_end);
}
