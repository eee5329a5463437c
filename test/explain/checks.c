/* SPDX-License-Identifier: MIT */
/*
 * A capture for each check, made here: a host, its controller and a peer whose pairing is computed
 * from the toolbox and then spoiled in one way. Each must be diagnosed by the check that is there
 * for it; and the same pairings unspoiled must give no alarm.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "explain/tracker.h"
#include "explain/verdict.h"
#include "hci/codec.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "unit.h"

enum { I, R };

/* ---- The capture ----------------------------------------------------------------------------- */

#define VERDICTS 4

static struct {
	struct explain_tracker tracker;
	struct explain_memory memory;
	unsigned searches;
	uint64_t frame, now;
	const char *missing; /* before the next packet */
	struct explain_verdict verdicts[VERDICTS];
	char causes[VERDICTS][40];
	size_t count;
} capture;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	struct explain_verdict *v = &capture.verdicts[capture.count];
	const struct explain_finding *cause;

	(void)ctx;
	if (!explain_worth(attempt))
		return;
	assert_true(capture.count < VERDICTS);
	explain_judge(attempt, &capture.memory, &capture.searches, v);
	cause = explain_cause(v);
	snprintf(capture.causes[capture.count++], 40, "%s", cause ? cause->check->id : "");
	v->attempt = NULL; /* lent */
}

static void packet(bool received, uint8_t type, const uint8_t *data, size_t len)
{
	uint8_t h4[300] = {type};
	struct explain_packet p;

	memcpy(h4 + 1, data, len);
	assert_true(explain_packet_h4(&p, received, h4, len + 1));
	p.number = ++capture.frame;
	p.time_us = capture.now += 5000;
	p.clock = EXPLAIN_CLOCK_UNIX;
	p.missing = capture.missing;
	capture.missing = NULL;
	explain_track(&capture.tracker, &p);
}

static void event(uint8_t code, const uint8_t *data, size_t len)
{
	uint8_t e[257] = {code, (uint8_t)len};

	memcpy(e + 2, data, len);
	packet(true, HCI_EVENT, e, len + 2);
}

/* A command, and its Command Complete. */
static void command(uint16_t opcode, const void *data, size_t len, uint8_t status,
		    const void *returned, size_t returned_len)
{
	uint8_t c[258] = {(uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len};
	uint8_t e[68] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8), status};

	if (len)
		memcpy(c + 3, data, len);
	packet(false, HCI_COMMAND, c, len + 3);
	if (returned_len)
		memcpy(e + 4, returned, returned_len);
	event(HCI_COMMAND_COMPLETE, e, 4 + returned_len);
}

static void l2cap(int from, uint16_t cid, const uint8_t *data, size_t len)
{
	uint8_t a[120] = {0x40, from == I ? 0x00 : 0x20};

	bytes_put_le16(a + 2, (uint16_t)(len + 4));
	bytes_put_le16(a + 4, (uint16_t)len);
	bytes_put_le16(a + 6, cid);
	memcpy(a + 8, data, len);
	packet(from != I, HCI_ACL, a, len + 8);
}

/* ---- The world ------------------------------------------------------------------------------- */

static const struct crypto_address address[2] = {{0, {1, 0, 0, 0xdc, 0x1b, 0}},
						 {1, {1, 0, 0, 0xee, 0xff, 0xc0}}};

static struct {
	/* The host. */
	uint64_t event_mask;
	uint8_t le_mask_status;
	bool without_le_mask, dual_mode, without_le_host; /* the controller knows no such command */
	uint16_t supervision;				  /* 10 ms */
	/* The pairing. */
	uint8_t features[2][7];
	uint32_t passkey[2];
	uint8_t oob_tk[16];
	struct crypto_keypair pair[2];
	uint8_t nonce[2][16];
	uint8_t ltk[2][16];
	/* False: the PDU is not sent. It may be changed, and others sent before it. */
	bool (*edit)(int from, uint8_t *pdu, size_t *len);
	bool over;	   /* nothing is sent any more */
	uint8_t spoil_key; /* turns bits of the key given to the controller */
	bool keys_turned;  /* the initiator's first */
} world;

static void fill(void *octets, size_t len)
{
	assert_int_equal(crypto_random(NULL, octets, len), 0);
}

static void begin(void)
{
	memset(&world, 0, sizeof(world));
	world.event_mask = 0x20001fffffffffffULL;
	world.supervision = 400;
	memcpy(world.features[I], (const uint8_t[]){1, 3, 0, 1, 16, 1, 1}, 7);
	memcpy(world.features[R], (const uint8_t[]){2, 3, 0, 1, 16, 1, 1}, 7);
	for (int end = 0; end < 2; end++) {
		assert_int_equal(crypto_p256_generate(&world.pair[end]), 0);
		fill(world.nonce[end], 16);
		fill(world.ltk[end], 16);
	}
}

static void bring_up(void)
{
	uint8_t mask[8], local[8] = {0, 0, 0, 0, world.dual_mode ? 0x40 : 0x60}, commands[64] = {0};

	command(HCI_RESET, NULL, 0, 0, NULL, 0);
	commands[24] = world.without_le_host ? 0 : 0x40;
	command(HCI_READ_LOCAL_COMMANDS, NULL, 0, 0, commands, sizeof(commands));
	command(HCI_READ_LOCAL_FEATURES, NULL, 0, 0, local, 8);
	bytes_put_le64(mask, world.event_mask);
	command(HCI_SET_EVENT_MASK, mask, 8, 0, NULL, 0);
	bytes_put_le64(mask, 0x1f);
	if (!world.without_le_mask)
		command(HCI_LE_SET_EVENT_MASK, mask, 8, world.le_mask_status, NULL, 0);
	command(HCI_LE_READ_BUFFER_SIZE, NULL, 0, 0, "\x1b\0\4", 3);
	command(HCI_READ_BD_ADDR, NULL, 0, 0, address[I].octets, 6);
}

static void connect_as(uint8_t role, uint8_t status)
{
	uint8_t c[25] = {0x60, 0, 0x30, 0, 0, 1},
		e[19] = {HCI_LE_CONNECTION_COMPLETE, status, 0x40, 0, role, 1};

	memcpy(c + 6, address[R].octets, 6);
	bytes_put_le16(c + 13, 12);
	bytes_put_le16(c + 15, 24);
	bytes_put_le16(c + 19, world.supervision);
	if (role == 0) {
		uint8_t head[28] = {(uint8_t)HCI_LE_CREATE_CONNECTION,
				    HCI_LE_CREATE_CONNECTION >> 8, 25};
		memcpy(head + 3, c, 25);
		packet(false, HCI_COMMAND, head, 28);
		event(HCI_COMMAND_STATUS,
		      (const uint8_t[]){0, 1, (uint8_t)HCI_LE_CREATE_CONNECTION,
					HCI_LE_CREATE_CONNECTION >> 8},
		      4);
	}
	memcpy(e + 6, address[R].octets, 6);
	bytes_put_le16(e + 12, 24);
	bytes_put_le16(e + 16, world.supervision);
	event(HCI_LE_META, e, 19);
}

static void connect_peer(void)
{
	bring_up();
	connect_as(0, 0);
}

static void disconnect(uint8_t reason)
{
	event(HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, 0x40, 0, reason}, 4);
}

static void encryption_changed(uint8_t status)
{
	if (!world.over)
		event(HCI_ENCRYPTION_CHANGE, (const uint8_t[]){status, 0x40, 0, status == 0}, 4);
}

static void enable_encryption(const uint8_t key[16], const uint8_t *rand, uint16_t ediv)
{
	uint8_t c[31] = {(uint8_t)HCI_LE_ENABLE_ENCRYPTION, HCI_LE_ENABLE_ENCRYPTION >> 8, 28,
			 0x40};

	if (world.over)
		return;
	if (rand)
		memcpy(c + 5, rand, 8);
	bytes_put_le16(c + 13, ediv);
	memcpy(c + 15, key, 16);
	for (size_t i = 0; i < 16; i++)
		c[15 + i] ^= world.spoil_key;
	packet(false, HCI_COMMAND, c, 31);
	event(HCI_COMMAND_STATUS,
	      (const uint8_t[]){0, 1, (uint8_t)HCI_LE_ENABLE_ENCRYPTION,
				HCI_LE_ENABLE_ENCRYPTION >> 8},
	      4);
}

/* ---- Pairing --------------------------------------------------------------------------------- */

static void say(int from, uint8_t code, const void *value, size_t len)
{
	uint8_t pdu[80] = {code};

	if (len)
		memcpy(pdu + 1, value, len);
	len++;
	if (world.over || (world.edit && !world.edit(from, pdu, &len)))
		return;
	l2cap(from, 6, pdu, len);
}

/* As it is, whatever has happened. */
static void insist(int from, uint8_t code, const void *value, size_t len)
{
	bool over = world.over;
	bool (*edit)(int, uint8_t *, size_t *) = world.edit;

	world.over = false;
	world.edit = NULL;
	say(from, code, value, len);
	world.over = over;
	world.edit = edit;
}

static void refuse(int by, uint8_t reason)
{
	insist(by, SMP_PAIRING_FAILED, &reason, 1);
	world.over = true;
}

static uint8_t key_size(void)
{
	return world.features[I][4] < world.features[R][4] ? world.features[I][4]
							   : world.features[R][4];
}

static void give_keys(int end, bool sc)
{
	uint8_t dist = world.features[R][end == I ? 5 : 6] & world.features[I][end == I ? 5 : 6],
		value[16];

	if (dist & 1 && !sc) {
		say(end, SMP_ENCRYPTION_INFORMATION, world.ltk[end], 16);
		fill(value, 10);
		say(end, SMP_CENTRAL_IDENTIFICATION, value, 10);
	}
	if (dist & 2) {
		fill(value, 16);
		say(end, SMP_IDENTITY_INFORMATION, value, 16);
		value[0] = address[end].type;
		memcpy(value + 1, address[end].octets, 6);
		say(end, SMP_IDENTITY_ADDRESS_INFORMATION, value, 7);
	}
	if (dist & 4) {
		fill(value, 16);
		say(end, SMP_SIGNING_INFORMATION, value, 16);
	}
}

static void encrypt_and_give(uint8_t key[16], bool sc)
{
	crypto_shorten(key, key_size());
	enable_encryption(key, NULL, 0);
	encryption_changed(0);
	give_keys(world.keys_turned ? I : R, sc);
	give_keys(world.keys_turned ? R : I, sc);
}

static void legacy(void)
{
	uint8_t tk[2][16] = {{0}}, confirm[16], stk[16];

	say(I, 1, world.features[I] + 1, 6);
	say(R, 2, world.features[R] + 1, 6);
	for (int end = 0; end < 2; end++) {
		memcpy(tk[end], world.oob_tk, 16);
		if (world.passkey[end])
			bytes_put_le32(tk[end], world.passkey[end]);
		assert_int_equal(crypto_c1(tk[end], world.nonce[end], world.features[I],
					   world.features[R], &address[I], &address[R], confirm),
				 0);
		say(end, SMP_PAIRING_CONFIRM, confirm, 16);
	}
	say(I, SMP_PAIRING_RANDOM, world.nonce[I], 16);
	say(R, SMP_PAIRING_RANDOM, world.nonce[R], 16);
	assert_int_equal(crypto_s1(tk[I], world.nonce[R], world.nonce[I], stk), 0);
	encrypt_and_give(stk, false);
}

static void secure(bool passkey)
{
	uint8_t dhkey[32], mackey[16], ltk[16], r[2][16] = {{0}}, value[16];

	for (int end = 0; end < 2; end++)
		world.features[end][3] |= 8 | (passkey ? 4 : 0);
	say(I, 1, world.features[I] + 1, 6);
	say(R, 2, world.features[R] + 1, 6);
	say(I, SMP_PAIRING_PUBLIC_KEY, world.pair[I].public_key, 64);
	say(R, SMP_PAIRING_PUBLIC_KEY, world.pair[R].public_key, 64);
	for (int round = 0; round < (passkey ? 20 : 1); round++) {
		for (int end = passkey ? I : R; end < 2; end++) {
			uint8_t z =
				(uint8_t)(passkey ? 0x80 | (world.passkey[end] >> round & 1) : 0);
			if (round)
				fill(world.nonce[end], 16);
			assert_int_equal(crypto_f4(world.pair[end].public_key,
						   world.pair[!end].public_key, world.nonce[end], z,
						   value),
					 0);
			say(end, SMP_PAIRING_CONFIRM, value, 16);
		}
		say(I, SMP_PAIRING_RANDOM, world.nonce[I], 16);
		say(R, SMP_PAIRING_RANDOM, world.nonce[R], 16);
	}
	assert_int_equal(
		crypto_p256_dhkey(world.pair[I].private_key, world.pair[R].public_key, dhkey), 0);
	assert_int_equal(crypto_f5(dhkey, world.nonce[I], world.nonce[R], &address[I], &address[R],
				   mackey, ltk),
			 0);
	for (int end = 0; end < 2; end++) {
		const uint8_t *f = world.features[end];
		if (passkey)
			bytes_put_le32(r[!end], world.passkey[!end]);
		assert_int_equal(crypto_f6(mackey, world.nonce[end], world.nonce[!end], r[!end],
					   (const uint8_t[]){f[1], f[2], f[3]}, &address[end],
					   &address[!end], value),
				 0);
		say(end, SMP_PAIRING_DHKEY_CHECK, value, 16);
	}
	encrypt_and_give(ltk, true);
}

static void use_passkey(uint32_t initiator, uint32_t responder)
{
	world.features[I][1] = 0; /* DisplayOnly */
	world.features[R][1] = 2; /* KeyboardOnly */
	world.features[I][3] |= 4;
	world.features[R][3] |= 4;
	world.passkey[I] = initiator;
	world.passkey[R] = responder;
}

/* ---- What goes wrong: edits ------------------------------------------------------------------ */

/* Which PDU, and what the other end says to it. */
static struct {
	int from;
	uint8_t code;
	uint8_t reason; /* of the other end; 0: it says nothing, the pairing stops there */
	void (*change)(uint8_t *pdu, size_t *len);
} flaw;

static bool strike(int from, uint8_t *pdu, size_t *len)
{
	if (from != flaw.from || pdu[0] != flaw.code)
		return true;
	if (flaw.change)
		flaw.change(pdu, len);
	insist(from, pdu[0], pdu + 1, *len - 1);
	if (flaw.reason)
		refuse(!from, flaw.reason);
	world.over = true;
	return false;
}

static void strike_at(int from, uint8_t code, void (*change)(uint8_t *, size_t *), uint8_t reason)
{
	flaw.from = from;
	flaw.code = code;
	flaw.change = change;
	flaw.reason = reason;
	world.edit = strike;
}

static void cut_one(uint8_t *pdu, size_t *len)
{
	(void)pdu;
	(*len)--;
}
static void spoil(uint8_t *pdu, size_t *len)
{
	(void)len;
	pdu[3] ^= 0x10;
}
static void spoil_y(uint8_t *pdu, size_t *len)
{
	(void)len;
	pdu[60] ^= 1;
}
static void reflect(uint8_t *pdu, size_t *len)
{
	(void)len;
	memcpy(pdu + 1, world.pair[I].public_key, 64);
}
static void mirror(uint8_t *pdu, size_t *len)
{
	(void)len;
	memcpy(pdu + 1, world.nonce[I], 16);
}

static bool wait_before_random(int from, uint8_t *pdu, size_t *len)
{
	(void)len;
	if (from == R && pdu[0] == SMP_PAIRING_RANDOM)
		capture.now += 8000000;
	return true;
}

static bool lose_keys(int from, uint8_t *pdu, size_t *len)
{
	(void)len;
	return from != R || pdu[0] != SMP_ENCRYPTION_INFORMATION;
}

static bool hole_before_random(int from, uint8_t *pdu, size_t *len)
{
	(void)len;
	if (from == R && pdu[0] == SMP_PAIRING_RANDOM)
		capture.missing = "3 packets are missing before frame 20";
	return true;
}

static bool wait_for_ever(int from, uint8_t *pdu, size_t *len)
{
	if (!strike(from, pdu, len)) {
		capture.now += 31000000;
		return false;
	}
	return true;
}

/* ---- The cases ------------------------------------------------------------------------------- */

static void c_not_negotiated(void)
{
	connect_peer();
	world.features[R][5] = 0;
	legacy();
	say(I, SMP_ENCRYPTION_INFORMATION, world.ltk[I], 16);
	refuse(R, 8);
	disconnect(0x13);
}
static void c_struck(int from, uint8_t code, void (*change)(uint8_t *, size_t *), uint8_t reason,
		     bool sc)
{
	connect_peer();
	strike_at(from, code, change, reason);
	if (sc)
		secure(false);
	else
		legacy();
	disconnect(0x13);
}
static void c_length(void)
{
	c_struck(I, SMP_PAIRING_CONFIRM, cut_one, 0x0a, false);
}
static void c_reserved(void)
{
	world.features[I][1] = 9;
	c_struck(I, 1, NULL, 0x0a, false);
}
static void c_role(void)
{
	connect_peer();
	say(R, 1, world.features[I] + 1, 6);
	refuse(I, 7);
	disconnect(0x13);
}
static void c_reflected(void)
{
	c_struck(R, SMP_PAIRING_PUBLIC_KEY, reflect, 0x0a, true);
}
static void c_mirrored(void)
{
	c_struck(R, SMP_PAIRING_RANDOM, mirror, 4, false);
}
static void c_invalid(void)
{
	c_struck(R, SMP_PAIRING_PUBLIC_KEY, spoil_y, 0x0b, true);
}
static void c_not_offered(void)
{
	world.features[R][6] = 5;
	c_struck(R, 2, NULL, 0x0a, false);
}
static void c_passkeys(void)
{
	use_passkey(123456, 123457);
	c_struck(R, SMP_PAIRING_RANDOM, NULL, 4, false);
}
static void c_confirm(void)
{
	c_struck(R, SMP_PAIRING_RANDOM, spoil, 4, false);
}
static void c_commitment(void)
{
	c_struck(R, SMP_PAIRING_RANDOM, spoil, 4, true);
}

/* Part H 2.3.5.6.1, the private debug key, least significant octet first. */
static const uint8_t debug_private[32] = {0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58,
					  0x99, 0xb7, 0x40, 0xeb, 0x7b, 0x60, 0xff, 0x4a,
					  0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3, 0xc9, 0x74,
					  0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f};

static void use_debug_key(void)
{
	memcpy(world.pair[R].private_key, debug_private, 32);
	assert_int_equal(crypto_p256_public(debug_private, world.pair[R].public_key), 0);
}
static void c_check(void)
{
	use_debug_key();
	c_struck(R, SMP_PAIRING_DHKEY_CHECK, spoil, 0x0b, true);
}
static void c_rejected(void)
{
	c_struck(R, SMP_PAIRING_RANDOM, NULL, 4, false);
}
static void c_wrong_key(void)
{
	connect_peer();
	world.spoil_key = 0x80;
	legacy();
	disconnect(0x3d);
}
static void c_out_of_turn(void)
{
	world.features[R][3] |= 8;
	world.features[I][3] |= 8;
	c_struck(I, SMP_PAIRING_CONFIRM, NULL, 8, false);
}
static void c_keys_order(void)
{
	connect_peer();
	world.keys_turned = true;
	legacy();
	refuse(R, 8);
	disconnect(0x13);
}
static void bonded_encryption(uint8_t status)
{
	connect_peer();
	enable_encryption(world.ltk[R], (const uint8_t *)"\1\2\7\4\5\6\3\x8", 0x1234);
	encryption_changed(status);
}
static void c_no_bond(void)
{
	bonded_encryption(6);
	disconnect(0x16);
}
static void c_refused_here(void)
{
	bring_up();
	connect_as(1, 0);
	event(HCI_LE_META,
	      (const uint8_t[]){HCI_LE_LTK_REQUEST, 0x40, 0, 9, 1, 8, 3, 4, 2, 6, 1, 0x34, 0x12},
	      13);
	command(HCI_LE_LTK_NEGATIVE_REPLY, "\x40\0", 2, 0, "\x40\0", 2);
	disconnect(0x13);
}
static void c_mic(void)
{
	bonded_encryption(0);
	disconnect(0x3d);
}
static void c_unsupported(void)
{
	bonded_encryption(0x1a);
	disconnect(0x16);
}
static void c_not_established(void)
{
	connect_peer();
	disconnect(0x3e);
}
static void c_supervision(void)
{
	connect_peer();
	strike_at(I, 1, NULL, 0);
	legacy();
	disconnect(0x08);
}
static void c_silence(void)
{
	connect_peer();
	strike_at(I, 1, NULL, 0);
	world.edit = wait_for_ever;
	legacy();
	disconnect(0x16);
}
static void c_hung_up(void)
{
	connect_peer();
	strike_at(R, 2, NULL, 0);
	legacy();
	disconnect(0x13);
}
static void c_size(void)
{
	world.features[R][4] = 7;
	c_struck(R, 2, NULL, 6, false);
}
static void c_mitm(void)
{
	world.features[I][1] = 4;
	world.features[I][3] |= 4;
	c_struck(R, 2, NULL, 3, false);
}

static uint8_t reason_under_way;
static void c_reason(void)
{
	connect_peer();
	/* What explains these two better is left out, so that the reason alone stands there. */
	if (reason_under_way == SMP_AUTHENTICATION_REQUIREMENTS) {
		say(I, 1, world.features[I] + 1, 6);
		refuse(I, reason_under_way);
	} else {
		if (reason_under_way != SMP_ENCRYPTION_KEY_SIZE)
			say(I, 1, world.features[I] + 1, 6);
		refuse(R, reason_under_way);
	}
	disconnect(0x13);
}
static void c_unknown_reason(void)
{
	reason_under_way = 0x77;
	c_reason();
}
static void c_missing(void)
{
	connect_peer();
	world.edit = lose_keys;
	legacy();
	capture.now += 35000000;
	disconnect(0x16);
}
static void c_ignored(void)
{
	connect_peer();
	say(R, SMP_SECURITY_REQUEST, "\1", 1);
	capture.now += 3000000;
	disconnect(0x13);
}
static void c_after(void)
{
	connect_peer();
	say(I, 1, world.features[I] + 1, 6);
	refuse(R, 5);
	insist(R, SMP_PAIRING_CONFIRM, world.nonce[R], 16);
	disconnect(0x13);
}
static void c_pattern_key(void)
{
	connect_peer();
	memset(world.ltk[I], 0x22, 16);
	legacy();
	disconnect(0x13);
}
static void c_pattern_nonce(void)
{
	connect_peer();
	memset(world.nonce[R], 0x11, 16);
	legacy();
	disconnect(0x13);
}
static void c_again(bool nonce, bool ltk)
{
	connect_peer();
	legacy();
	disconnect(0x13);
	for (int end = 0; end < 2; end++) {
		if (!nonce)
			fill(world.nonce[end], 16);
		if (!ltk)
			fill(world.ltk[end], 16);
	}
	connect_as(0, 0);
	legacy();
	disconnect(0x13);
}
static void c_nonce_again(void)
{
	c_again(true, false);
}
static void c_ltk_again(void)
{
	c_again(false, true);
}
static void c_public_again(void)
{
	c_struck(R, SMP_PAIRING_RANDOM, spoil, 4, true);
	world.edit = NULL;
	world.over = false;
	fill(world.nonce, sizeof(world.nonce));
	connect_as(0, 0);
	secure(false);
	disconnect(0x13);
}
static void c_passkey_again(void)
{
	connect_peer();
	use_passkey(123456, 123456);
	secure(true);
	disconnect(0x13);
	for (int end = 0; end < 2; end++) {
		assert_int_equal(crypto_p256_generate(&world.pair[end]), 0);
		fill(world.nonce[end], 16);
	}
	connect_as(0, 0);
	secure(true);
	disconnect(0x13);
}
static void c_debug(void)
{
	connect_peer();
	use_debug_key();
	secure(false);
	disconnect(0x13);
}
static void c_small(void)
{
	connect_peer();
	world.features[I][4] = 7;
	legacy();
	disconnect(0x13);
}
static void c_downgrade(void)
{
	connect_peer();
	secure(false);
	disconnect(0x13);
	fill(world.nonce, sizeof(world.nonce));
	world.features[R][3] &= (uint8_t)~8;
	connect_as(0, 0);
	legacy();
	disconnect(0x13);
}
static void c_command(void)
{
	world.le_mask_status = 0x12;
	c_not_established();
}
static void c_masked(void)
{
	world.event_mask &= ~0x80ULL;
	connect_peer();
	legacy();
	disconnect(0x13);
}
static void parameters(uint8_t identifier, uint8_t result, bool answer, uint16_t timeout)
{
	uint8_t request[12] = {0x12, 2, 8, 0, 24, 0, 40, 0, 0, 0};

	connect_peer();
	bytes_put_le16(request + 10, timeout);
	l2cap(R, 5, request, 12);
	if (answer)
		l2cap(I, 5, (const uint8_t[]){0x13, identifier, 2, 0, result, 0}, 6);
	legacy();
	capture.now += answer ? 0 : 40000000;
	disconnect(0x13);
}
static void c_identifier(void)
{
	parameters(0, 0, true, 400);
}
static void c_result(void)
{
	parameters(2, 7, true, 400);
}
static void c_unanswered(void)
{
	parameters(2, 0, false, 400);
}
static void c_parameters(void)
{
	parameters(2, 0, true, 10);
}
static void c_slow(void)
{
	connect_peer();
	world.edit = wait_before_random;
	legacy();
	disconnect(0x13);
}
static void c_mitm_unmet(void)
{
	connect_peer();
	world.features[I][3] |= 4;
	legacy();
	disconnect(0x13);
}
static void c_io_unused(void)
{
	connect_peer();
	world.features[I][1] = 0;
	world.features[R][1] = 2;
	legacy();
	disconnect(0x13);
}
static void c_open(void)
{
	connect_peer();
	legacy();
	disconnect(0x13);
}
static void c_shown(void)
{
	connect_peer();
	use_passkey(999999, 999999);
	secure(true);
	disconnect(0x13);
}
static void c_not_computable(void)
{
	connect_peer();
	world.features[I][2] = world.features[R][2] = 1;
	fill(world.oob_tk, 16);
	legacy();
	disconnect(0x13);
}
static void c_bringup(void)
{
	world.without_le_mask = true;
	c_open();
}
static void c_le_host(void)
{
	world.dual_mode = true;
	c_open();
}
static void c_holes(void)
{
	connect_peer();
	world.edit = hole_before_random;
	legacy();
	disconnect(0x13);
}
static void c_cut(void)
{
	connect_peer();
	strike_at(R, SMP_PAIRING_CONFIRM, NULL, 0);
	legacy();
}

static const struct {
	const char *id;
	void (*play)(void);
	bool cause; /* it is why it failed; else it is only said */
	uint8_t reason;
} cases[] = {
	{"keys-not-negotiated", c_not_negotiated, true, 0},
	{"wrong-length", c_length, true, 0},
	{"reserved-value", c_reserved, true, 0},
	{"wrong-role", c_role, true, 0},
	{"reflected-key", c_reflected, true, 0},
	{"mirrored-values", c_mirrored, true, 0},
	{"invalid-key", c_invalid, true, 0},
	{"keys-not-offered", c_not_offered, true, 0},
	{"passkeys-differ", c_passkeys, true, 0},
	{"confirm-wrong", c_confirm, true, 0},
	{"commitment-wrong", c_commitment, true, 0},
	{"check-wrong", c_check, true, 0},
	{"confirm-rejected", c_rejected, true, 0},
	{"wrong-key", c_wrong_key, true, 0},
	{"out-of-turn", c_out_of_turn, true, 0},
	{"keys-order", c_keys_order, true, 0},
	{"no-bond", c_no_bond, true, 0},
	{"bond-refused-here", c_refused_here, true, 0},
	{"mic-failure", c_mic, true, 0},
	{"encryption-refused", c_unsupported, true, 0},
	{"not-established", c_not_established, true, 0},
	{"supervision-timeout", c_supervision, true, 0},
	{"silence", c_silence, true, 0},
	{"hung-up", c_hung_up, true, 0},
	{"key-size-refused", c_size, true, 0},
	{"mitm-refused", c_mitm, true, 0},
	{"reason-passkey-entry-failed", c_reason, true, 0x01},
	{"reason-oob-not-available", c_reason, true, 0x02},
	{"reason-authentication-requirements", c_reason, true, 0x03},
	{"reason-confirm-value-failed", c_reason, true, 0x04},
	{"reason-pairing-not-supported", c_reason, true, 0x05},
	{"reason-encryption-key-size", c_reason, true, 0x06},
	{"reason-command-not-supported", c_reason, true, 0x07},
	{"reason-unspecified", c_reason, true, 0x08},
	{"reason-repeated-attempts", c_reason, true, 0x09},
	{"reason-invalid-parameters", c_reason, true, 0x0a},
	{"reason-dhkey-check-failed", c_reason, true, 0x0b},
	{"reason-numeric-comparison-failed", c_reason, true, 0x0c},
	{"reason-bredr-pairing", c_reason, true, 0x0d},
	{"reason-ctkd-not-allowed", c_reason, true, 0x0e},
	{"reason-key-rejected", c_reason, true, 0x0f},
	{"reason-busy", c_reason, true, 0x10},
	{"reason-unknown", c_unknown_reason, true, 0},
	{"keys-missing", c_missing, true, 0},
	{"security-request-ignored", c_ignored, false, 0},
	{"pdu-after-failure", c_after, false, 0},
	{"patterned-keys", c_pattern_key, false, 0},
	{"patterned-nonce", c_pattern_nonce, false, 0},
	{"repeated-nonce", c_nonce_again, false, 0},
	{"repeated-key", c_ltk_again, false, 0},
	{"repeated-public-key", c_public_again, false, 0},
	{"repeated-passkey", c_passkey_again, false, 0},
	{"debug-key", c_debug, false, 0},
	{"small-key", c_small, false, 0},
	{"downgrade", c_downgrade, false, 0},
	{"command-refused", c_command, false, 0},
	{"events-masked", c_masked, false, 0},
	{"l2cap-identifier", c_identifier, false, 0},
	{"l2cap-result", c_result, false, 0},
	{"l2cap-unanswered", c_unanswered, false, 0},
	{"bad-parameters", c_parameters, false, 0},
	{"slow-step", c_slow, false, 0},
	{"mitm-unmet", c_mitm_unmet, false, 0},
	{"io-unused", c_io_unused, false, 0},
	{"open-book", c_open, false, 0},
	{"passkey-shown", c_shown, false, 0},
	{"not-computable", c_not_computable, false, 0},
	{"bringup-missing", c_bringup, false, 0},
	{"le-host-support", c_le_host, false, 0},
	{"capture-holes", c_holes, false, 0},
	{"capture-cut", c_cut, false, 0},
};

/* ---- Tests ----------------------------------------------------------------------------------- */

static void play(void (*what)(void))
{
	memset(&capture, 0, sizeof(capture));
	capture.searches = EXPLAIN_SEARCHES;
	capture.now = 1700000000000000ULL;
	explain_tracker_init(&capture.tracker, finished, NULL);
	begin();
	what();
	explain_tracker_end(&capture.tracker);
}

static const struct explain_finding *find(const char *id)
{
	const struct explain_verdict *v = &capture.verdicts[capture.count - 1];

	for (size_t i = 0; capture.count && i < v->count; i++)
		if (strcmp(v->findings[i].check->id, id) == 0)
			return &v->findings[i];
	return NULL;
}

static void tell_all(void)
{
	for (size_t a = 0; a < capture.count; a++) {
		print_message("  %s\n", capture.verdicts[a].text);
		for (size_t i = 0; i < capture.verdicts[a].count; i++) {
			const struct explain_finding *f = &capture.verdicts[a].findings[i];
			print_message("    %s%s: %s\n", f->cause ? "why: " : "", f->check->id,
				      f->text);
		}
	}
}

static void test_each_capture_is_diagnosed_right(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		reason_under_way = cases[i].reason;
		play(cases[i].play);
		const struct explain_finding *f = find(cases[i].id);
		if (f && f->cause == cases[i].cause && *f->text &&
		    (f->frame_count || f->check->severity == EXPLAIN_HINT))
			continue;
		print_message("%s:\n", cases[i].id);
		tell_all();
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_each_check_has_a_capture(void **state)
{
	size_t without = 0;

	(void)state;
	for (size_t i = 0; i < explain_check_count; i++) {
		bool found = false;
		for (size_t k = 0; k < COUNT(cases); k++)
			found |= strcmp(cases[k].id, explain_checks[i].id) == 0;
		if (!found)
			print_message("no capture for %s\n", explain_checks[i].id);
		without += !found;
	}
	assert_int_equal(without, 0);
	assert_int_equal(COUNT(cases), explain_check_count);
}

/* Nobody can be blamed for not sending what the controller does not know. */
static void c_without_le_host(void)
{
	world.without_le_host = true;
	c_le_host();
}

static void test_a_command_that_is_not_known(void **state)
{
	(void)state;
	play(c_without_le_host);
	assert_null(find("le-host-support"));
}

static void c_good(void)
{
	for (int i = 0; i < 3; i++) {
		begin();
		if (i == 0)
			bring_up();
		connect_as(0, 0);
		if (i == 0)
			legacy();
		else if (i == 1)
			secure(false);
		else
			use_passkey(31415, 31415), secure(true);
		disconnect(0x16);
	}
}

static void test_the_same_unspoiled_gives_no_alarm(void **state)
{
	(void)state;
	play(c_good);
	assert_int_equal(capture.count, 3);
	for (size_t a = 0; a < capture.count; a++) {
		assert_int_equal(capture.verdicts[a].outcome, EXPLAIN_PAIRED);
		for (size_t i = 0; i < capture.verdicts[a].count; i++) {
			const struct explain_finding *f = &capture.verdicts[a].findings[i];
			if (f->check->severity != EXPLAIN_HINT) {
				tell_all();
				fail_msg("%s", f->check->id);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_check_has_a_capture),
		cmocka_unit_test(test_each_capture_is_diagnosed_right),
		cmocka_unit_test(test_a_command_that_is_not_known),
		cmocka_unit_test(test_the_same_unspoiled_gives_no_alarm),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
