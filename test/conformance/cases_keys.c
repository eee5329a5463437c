/* SPDX-License-Identifier: MIT */
/* Key sizes, key distribution, Security Requests, keys for the other transport. */
#include <stdio.h>
#include <string.h>

#include "conformance/cases.h"
#include "crypto/bytes.h"
#include "sim/run_scenario.h"

/* ---- Key size -------------------------------------------------------------------------------- */

/* Encrypts a new link with the bond of p: the key is the same on both ends. */
static void encrypt_again(struct reference_peer *p, bool central)
{
	struct reference_peer old = *p;
	const uint8_t size = p->negotiated_size;

	run_scenario_begin(p, central);
	if (central) {
		sim.peer.has_ltk = true;
		memcpy(sim.peer.ltk, old.sc ? old.ltk : old.own.ltk, size);
		run_scenario_start(p, "verify --min-key-size %u %s", size, run_scenario_bonds());
		raw_peer_encrypted(&sim.peer, 1);
		assert_int_equal(sim.peer.wanted_ediv, old.sc ? 0 : old.own.ediv);
		assert_memory_equal(sim.peer.wanted_rand, old.sc ? (uint8_t[8]){0} : old.own.rand,
				    8);
	} else {
		run_scenario_start(p, "--min-key-size %u %s", size, run_scenario_bonds());
		assert_int_equal(raw_peer_encrypt(&sim.peer, old.sc ? old.ltk : old.received.ltk,
						  old.received.rand, old.received.ediv),
				 0);
		raw_peer_disconnect(&sim.peer, 0x13);
	}
	run_scenario_end(p);
	assert_string_equal(verdict.class, "ok");
	assert_string_equal(program_result("result"), "encrypted");
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
}

static bool is_short(const uint8_t key[16], uint8_t size)
{
	return bytes_all_zero(key + size, 16U - size) && !bytes_all_zero(key, size);
}

void minimum_key_size(bool central)
{
	static const uint8_t sizes[] = {7, 10, 16};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(sizes) * 2; i++) {
		uint8_t size = sizes[i / 2];

		run_scenario_forget(); /* a listener keeps the stronger bond */
		run_scenario_begin(&p, central);
		p.auth |= i & 1 ? AUTH_SC : 0;
		p.key_size = size;
		assert_true(run_scenario(&p, "--min-key-size %u %s", size, run_scenario_bonds()));
		assert_int_equal(p.negotiated_size, size);
		assert_true(is_short(p.ltk, size));
		if (!p.sc)
			assert_true(is_short(p.received.ltk, size));
		encrypt_again(&p, central);
	}
}

void key_size_too_small(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.key_size = 15;
	run_scenario_refused(&p, 0x06, "");
	run_scenario_begin(&p, central);
	p.key_size = 9;
	run_scenario_refused(&p, 0x06, "--min-key-size 10");
	/* Six octets is not a valid key size: Invalid Parameters, not Encryption Key Size. */
	run_scenario_begin(&p, central);
	p.key_size = 6;
	run_scenario_refused(&p, 0x0a, "--min-key-size 7");
	assert_int_equal(raw_peer_count(p.raw, 0), central ? 2 : 1);
}

/* ---- Key distribution ------------------------------------------------------------------------ */

/* The codes of all PDUs that the program sent after encryption, then zeros. */
static void key_pdus(const struct raw_peer *t, uint8_t codes[8])
{
	size_t n = 0;

	memset(codes, 0, 8);
	for (size_t i = 0; i < t->count; i++) {
		const struct raw_peer_frame *frame = &t->frames[i];
		if (frame->sent || !frame->encrypted || frame->cid != RAW_PEER_SMP)
			continue;
		assert_true(n < 7);
		codes[n++] = frame->data[0];
	}
}

static void only(struct reference_peer *p, bool central, uint8_t dist, const char *options)
{
	/* The peer accepts all keys and sends none. */
	p->init_keys = central ? 7 : 0;
	p->resp_keys = central ? 0 : 7;
	assert_true(run_scenario(p, "--%s-keys %s%s", central ? "init" : "resp",
				 dist == KEY_ENC  ? "enc"
				 : dist == KEY_ID ? "id"
						  : "sign",
				 options));
	assert_int_equal(p->received.dist, dist);
	assert_int_equal(central ? p->preq[5] : p->pres[6], dist);
}

static void signing_only(struct reference_peer *p, bool central)
{
	uint8_t codes[8];

	only(p, central, KEY_SIGN, "");
	key_pdus(p->raw, codes);
	assert_memory_equal(codes, "\x0a\0\0\0\0\0\0", 8);
	assert_false(bytes_all_zero(p->received.csrk, 16));
}

/* With the public address, and with a static one. */
static void identity_only(bool central, bool secure)
{
	uint8_t codes[8];
	struct reference_peer p;

	for (int i = 0; i < 2; i++) {
		run_scenario_begin(&p, central);
		p.auth |= secure ? AUTH_SC : 0;
		only(&p, central, KEY_ID, i ? " --own-address static=C1:02:03:04:05:06" : "");
		key_pdus(p.raw, codes);
		assert_memory_equal(codes, "\x08\x09\0\0\0\0\0", 8);
		assert_int_equal(p.received.identity.type, i);
		assert_memory_equal(
			p.received.identity.octets,
			raw_peer_address(i ? "C1:02:03:04:05:06/random" : SIM_ADDRESS).octets, 6);
	}
}

void legacy_signing_key_only(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	signing_only(&p, central);
}

void secure_signing_key_only(bool central)
{
	struct reference_peer p;

	run_scenario_begin_sc(&p, central);
	signing_only(&p, central);
	assert_true(p.sc);
}

void legacy_identity_only(bool central)
{
	identity_only(central, false);
}

void secure_identity_only(bool central)
{
	identity_only(central, true);
}

void legacy_encryption_key_only(bool central)
{
	uint8_t codes[8];
	struct reference_peer p;

	run_scenario_begin(&p, central);
	only(&p, central, KEY_ENC, "");
	key_pdus(p.raw, codes);
	assert_memory_equal(codes, "\x06\x07\0\0\0\0\0", 8);
}

void legacy_same_link_again(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(
		raw_peer_encrypt(&sim.peer, p.received.ltk, p.received.rand, p.received.ediv), 0);
	assert_int_equal(sim.peer.encryptions, 2);
	raw_peer_disconnect(&sim.peer, 0x13);
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "ok");
}

/* The peer rejects the keys after the program's last one, with or without keys to send. */
static void keys_rejected(bool central, bool secure)
{
	static const uint8_t legacy_codes[8] = {6, 7, 8, 9}, secure_codes[8] = {8, 9};
	uint8_t codes[8];
	struct reference_peer p;

	for (int i = 0; i < 2; i++) {
		run_scenario_begin(&p, central);
		p.auth |= secure ? AUTH_SC : 0;
		p.init_keys = i ? 7 : 0;
		p.stop_at = i ? (secure ? 5 : 4) : 0;
		run_scenario_start(&p, "%s", run_scenario_bonds());
		assert_int_equal(reference_peer_pair(&p), !i);
		assert_false(p.refused);
		reference_peer_fail(&p, 0x0f);
		raw_peer_expect_silence(p.raw, WORLD_S / 2);
		raw_peer_disconnect(p.raw, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, 0x0f);
		assert_string_equal(verdict.reason_name, "Key Rejected");
		key_pdus(p.raw, codes);
		assert_memory_equal(codes, secure ? secure_codes : legacy_codes, 8);

		/* No bond was stored: the key is unknown. */
		struct reference_peer again;
		run_scenario_begin(&again, central);
		run_scenario_start(&again, "%s", run_scenario_bonds());
		assert_int_equal(raw_peer_encrypt(&sim.peer, secure ? p.ltk : p.received.ltk,
						  p.received.rand, p.received.ediv),
				 0x06);
		run_scenario_forget(); /* and the failure, to avoid the waiting time */
	}
}

void legacy_keys_rejected(bool central)
{
	keys_rejected(central, false);
}

void secure_keys_rejected(bool central)
{
	keys_rejected(central, true);
}

/* ---- Security Requests ----------------------------------------------------------------------- */

void security_request_is_answered(bool central)
{
	const uint8_t wants = AUTH_BOND | AUTH_MITM;
	struct reference_peer p;

	for (int older = 0; older < 2; older++) {
		run_scenario_begin(&p, central);
		p.io = IO_KEYBOARD;
		p.auth |= AUTH_MITM;
		p.method = PASSKEY;
		run_scenario_start(&p, "--io display --wait-security-request%s",
				   older ? " --legacy-passkey-mitm" : "");
		raw_peer_expect_silence(p.raw, WORLD_S);
		reference_peer_send(&p, PDU_SECURITY_REQUEST, &wants, 1);
		assert_true(reference_peer_pair(&p));
		assert_int_equal(p.preq[3] & AUTH_MITM, AUTH_MITM);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "ok");
		assert_int_equal(verdict.authenticated, older);
	}
}

/* There is no key, so it pairs; a second request does not start another pairing (2.4.6). */
void security_request_without_key(bool central)
{
	const uint8_t wants = AUTH_BOND;
	struct reference_peer p;

	run_scenario_begin(&p, central);
	run_scenario_start(&p, "--wait-security-request %s", run_scenario_bonds());
	reference_peer_send(&p, PDU_SECURITY_REQUEST, &wants, 1);
	world_pass(100 * WORLD_MS);
	assert_false(sim.peer.ltk_wanted);
	assert_int_equal(raw_peer_count(p.raw, PDU_REQUEST), 1);
	reference_peer_send(&p, PDU_SECURITY_REQUEST, &wants, 1);
	world_pass(100 * WORLD_MS);
	assert_int_equal(raw_peer_count(p.raw, 0), 1);
	assert_true(reference_peer_pair(&p));
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "ok");
	assert_int_equal(raw_peer_count(p.raw, PDU_REQUEST), 1);
}

void security_request_is_sent(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.io = IO_KEYBOARD_DISPLAY;
	p.auth |= AUTH_MITM;
	p.method = PASSKEY;
	run_scenario_start(&p, "--io display --security-request --mitm --legacy-passkey-mitm");
	assert_int_equal(raw_peer_expect(p.raw, PDU_SECURITY_REQUEST)[0] & AUTH_MITM, AUTH_MITM);
	assert_true(reference_peer_pair(&p));
	raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "ok");
}

void security_request_with_bond(bool central)
{
	struct reference_peer p;
	struct reference_peer_keys keys;

	run_scenario_begin(&p, central);
	assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
	keys = p.received;
	run_scenario_begin(&p, central);
	run_scenario_start(&p, "--security-request --no-mitm %s", run_scenario_bonds());
	assert_int_equal(raw_peer_expect(p.raw, PDU_SECURITY_REQUEST)[0] & AUTH_MITM, 0);
	assert_int_equal(raw_peer_encrypt(p.raw, keys.ltk, keys.rand, keys.ediv), 0);
	raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "ok");
	assert_string_equal(program_result("result"), "encrypted");
}

/* ---- Keys for the other transport ------------------------------------------------------------ */

/*
 * With the shortest LTK, because the link key is derived from the whole LTK (2.4.2.4). The peer
 * computes the expected value.
 */
static void link_key(bool central, bool ct2, bool csrk)
{
	const char *keys = csrk ? "enc,id,sign,link" : "enc,id,link";
	char expected[33];
	uint8_t key[16];
	struct reference_peer p;

	run_scenario_begin_sc(&p, central);
	p.auth |= ct2 ? AUTH_CT2 : 0;
	p.key_size = 7;
	p.init_keys |= KEY_LINK;
	p.resp_keys |= KEY_LINK;
	assert_true(run_scenario(&p, "--min-key-size 7 --init-keys %s --resp-keys %s --show-keys",
				 keys, keys));
	assert_true(is_short(p.ltk, 7));
	reference_peer_link_key(&p, key);
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(expected + 2 * i, 3, "%02x", key[15 - i]);
	assert_string_equal(verdict.link_key, expected);
	assert_int_equal(p.received.dist & KEY_SIGN, csrk ? KEY_SIGN : 0);
	assert_int_equal((central ? p.preq : p.pres)[3] & AUTH_CT2, AUTH_CT2);
}

void link_key_by_h6(bool central)
{
	link_key(central, false, true);
}

void link_key_by_h7(bool central)
{
	link_key(central, true, true);
}

void link_key_by_h6_without_csrk(bool central)
{
	link_key(central, false, false);
}

void link_key_by_h7_without_csrk(bool central)
{
	link_key(central, true, false);
}
