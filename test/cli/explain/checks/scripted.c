/* SPDX-License-Identifier: MIT */
#include "cli/explain/checks/scripted.h"

#include <string.h>

#include "analyse/management.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

/* ---- The capture ----------------------------------------------------------------------------- */

struct scripted scripted;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	struct explain_verdict *v = &scripted.verdicts[scripted.count];

	(void)ctx;
	if (!verdict_is_worth_reporting(attempt))
		return;
	assert_true(scripted.count < SCRIPTED_VERDICTS);
	scripted.attempts[scripted.count] = *attempt;
	scripted.attempts[scripted.count].own = scripted.own;
	verdict_judge(&scripted.attempts[scripted.count], &scripted.memory, &scripted.searches, v);
	scripted.count++;
}

static void take(struct explain_packet *p)
{
	p->number = ++scripted.frame;
	p->time_us = scripted.now += 5000;
	p->clock = EXPLAIN_CLOCK_UNIX;
	p->missing = scripted.missing;
	scripted.missing = NULL;
	track_packet(&scripted.tracker, p);
}

static void packet(bool received, uint8_t type, const uint8_t *data, size_t len)
{
	uint8_t h4[300] = {type};
	struct explain_packet p;

	memcpy(h4 + 1, data, len);
	assert_true(capture_packet_h4(&p, received, h4, len + 1));
	take(&p);
}

void script_management(uint16_t code, const void *data, size_t len)
{
	uint8_t m[64] = {(uint8_t)code, (uint8_t)(code >> 8 & 0x7f)};
	struct explain_packet p = {.kind = EXPLAIN_MANAGEMENT,
				   .way = code & EXPLAIN_MANAGEMENT_EVENT ? EXPLAIN_RECEIVED
									  : EXPLAIN_SENT,
				   .data = m,
				   .len = 9 + len,
				   .original = 9 + len};

	memcpy(m + 2, script_address[R].octets, 6);
	m[8] = 1 + script_address[R].type;
	if (len)
		memcpy(m + 9, data, len);
	take(&p);
}

void script_note(const char *text)
{
	take(&(struct explain_packet){.kind = EXPLAIN_NOTE, .text = text});
}

void script_event(uint8_t code, const uint8_t *data, size_t len)
{
	uint8_t e[257] = {code, (uint8_t)len};

	memcpy(e + 2, data, len);
	packet(true, HCI_EVENT, e, len + 2);
}

void script_command(uint16_t opcode, const void *data, size_t len, uint8_t status,
		    const void *returned, size_t returned_len)
{
	uint8_t c[258] = {(uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len};
	uint8_t e[68] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8), status};

	if (len)
		memcpy(c + 3, data, len);
	packet(false, HCI_COMMAND, c, len + 3);
	if (returned_len)
		memcpy(e + 4, returned, returned_len);
	script_event(HCI_COMMAND_COMPLETE, e, 4 + returned_len);
}

void script_l2cap(int from, uint16_t cid, const uint8_t *data, size_t len)
{
	uint8_t a[120] = {0x40, from == I ? 0x00 : 0x20};

	bytes_put_le16(a + 2, (uint16_t)(len + 4));
	bytes_put_le16(a + 4, (uint16_t)len);
	bytes_put_le16(a + 6, cid);
	memcpy(a + 8, data, len);
	packet(from != I, HCI_ACL, a, len + 8);
}

/* ---- The world ------------------------------------------------------------------------------- */

struct script script;

const struct crypto_address script_address[2] = {{0, {1, 0, 0, 0xdc, 0x1b, 0}},
						 {1, {1, 0, 0, 0xee, 0xff, 0xc0}}};

void script_fill(void *octets, size_t len)
{
	assert_int_equal(crypto_random(NULL, octets, len), 0);
}

void script_begin(void)
{
	memset(&script, 0, sizeof(script));
	script.event_mask = 0x20001fffffffffffULL;
	script.supervision = 400;
	memcpy(script.features[I], (const uint8_t[]){1, 3, 0, 1, 16, 1, 1}, 7);
	memcpy(script.features[R], (const uint8_t[]){2, 3, 0, 1, 16, 1, 1}, 7);
	for (int end = 0; end < 2; end++) {
		assert_int_equal(crypto_p256_generate(&script.pair[end], crypto_random, NULL), 0);
		script_fill(script.nonce[end], 16);
		script_fill(script.ltk[end], 16);
	}
}

void script_bring_up(void)
{
	uint8_t mask[8], local[8] = {0, 0, 0, 0, script.dual_mode ? 0x40 : 0x60},
			 commands[64] = {0};

	script_command(HCI_RESET, NULL, 0, 0, NULL, 0);
	commands[24] = script.without_le_host ? 0 : 0x40;
	script_command(HCI_READ_LOCAL_COMMANDS, NULL, 0, 0, commands, sizeof(commands));
	script_command(HCI_READ_LOCAL_FEATURES, NULL, 0, 0, local, 8);
	bytes_put_le64(mask, script.event_mask);
	script_command(HCI_SET_EVENT_MASK, mask, 8, 0, NULL, 0);
	bytes_put_le64(mask, 0x1f);
	if (!script.without_le_mask)
		script_command(HCI_LE_SET_EVENT_MASK, mask, 8, script.le_mask_status, NULL, 0);
	script_command(HCI_LE_READ_BUFFER_SIZE, NULL, 0, 0, "\x1b\0\4", 3);
	script_command(HCI_READ_BD_ADDR, NULL, 0, 0, script_address[I].octets, 6);
}

void script_connect_as(uint8_t role, uint8_t status)
{
	uint8_t c[25] = {0x60, 0, 0x30, 0, 0, 1},
		e[19] = {HCI_LE_CONNECTION_COMPLETE, status, 0x40, 0, role, 1};

	memcpy(c + 6, script_address[R].octets, 6);
	bytes_put_le16(c + 13, 12);
	bytes_put_le16(c + 15, 24);
	bytes_put_le16(c + 19, script.supervision);
	if (role == 0) {
		uint8_t head[28] = {(uint8_t)HCI_LE_CREATE_CONNECTION,
				    HCI_LE_CREATE_CONNECTION >> 8, 25};
		memcpy(head + 3, c, 25);
		packet(false, HCI_COMMAND, head, 28);
		script_event(HCI_COMMAND_STATUS,
			     (const uint8_t[]){0, 1, (uint8_t)HCI_LE_CREATE_CONNECTION,
					       HCI_LE_CREATE_CONNECTION >> 8},
			     4);
	}
	memcpy(e + 6, script_address[R].octets, 6);
	bytes_put_le16(e + 12, 24);
	bytes_put_le16(e + 16, script.supervision);
	script_event(HCI_LE_META, e, 19);
}

void script_connect(void)
{
	script_bring_up();
	script_connect_as(0, 0);
}

void script_disconnect(uint8_t reason)
{
	script_event(HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, 0x40, 0, reason}, 4);
}

void script_encryption_changed(uint8_t status)
{
	if (!script.over)
		script_event(HCI_ENCRYPTION_CHANGE, (const uint8_t[]){status, 0x40, 0, status == 0},
			     4);
}

void script_enable_encryption(const uint8_t key[16], const uint8_t *rand, uint16_t ediv)
{
	uint8_t c[31] = {(uint8_t)HCI_LE_ENABLE_ENCRYPTION, HCI_LE_ENABLE_ENCRYPTION >> 8, 28,
			 0x40};

	if (script.over)
		return;
	if (rand)
		memcpy(c + 5, rand, 8);
	bytes_put_le16(c + 13, ediv);
	memcpy(c + 15, key, 16);
	for (size_t i = 0; i < 16; i++)
		c[15 + i] ^= script.spoil_key;
	packet(false, HCI_COMMAND, c, 31);
	script_event(HCI_COMMAND_STATUS,
		     (const uint8_t[]){0, 1, (uint8_t)HCI_LE_ENABLE_ENCRYPTION,
				       HCI_LE_ENABLE_ENCRYPTION >> 8},
		     4);
}

/* ---- Pairing --------------------------------------------------------------------------------- */

void script_send(int from, uint8_t code, const void *value, size_t len)
{
	uint8_t pdu[80] = {code};

	if (len)
		memcpy(pdu + 1, value, len);
	len++;
	if (script.over || (script.edit && !script.edit(from, pdu, &len)))
		return;
	script_l2cap(from, 6, pdu, len);
}

void script_send_anyway(int from, uint8_t code, const void *value, size_t len)
{
	bool over = script.over;
	bool (*edit)(int, uint8_t *, size_t *) = script.edit;

	script.over = false;
	script.edit = NULL;
	script_send(from, code, value, len);
	script.over = over;
	script.edit = edit;
}

void script_refuse(int by, uint8_t reason)
{
	script_send_anyway(by, SMP_PAIRING_FAILED, &reason, 1);
	script.over = true;
}

static uint8_t key_size(void)
{
	return script.features[I][4] < script.features[R][4] ? script.features[I][4]
							     : script.features[R][4];
}

static void give_keys(int end, bool sc)
{
	uint8_t dist = script.features[R][end == I ? 5 : 6] & script.features[I][end == I ? 5 : 6],
		value[16];

	if (dist & 1 && !sc) {
		memcpy(value, script.ltk[end], 16);
		crypto_shorten(value, script.long_ltk ? 16 : key_size());
		script_send(end, SMP_ENCRYPTION_INFORMATION, value, 16);
		script_fill(value, 10);
		script_send(end, SMP_CENTRAL_IDENTIFICATION, value, 10);
	}
	if (dist & 2) {
		script_fill(value, 16);
		script_send(end, SMP_IDENTITY_INFORMATION, value, 16);
		value[0] = script_address[end].type;
		memcpy(value + 1, script_address[end].octets, 6);
		script_send(end, SMP_IDENTITY_ADDRESS_INFORMATION, value, 7);
	}
	if (dist & 4) {
		script_fill(value, 16);
		script_send(end, SMP_SIGNING_INFORMATION, value, 16);
	}
}

static void encrypt_and_give(uint8_t key[16], bool sc)
{
	crypto_shorten(key, key_size());
	script_enable_encryption(key, NULL, script.ediv);
	script_encryption_changed(0);
	give_keys(script.keys_turned ? I : R, sc);
	give_keys(script.keys_turned ? R : I, sc);
}

void script_legacy(void)
{
	uint8_t tk[2][16] = {{0}}, confirm[16], stk[16];

	script_send(I, 1, script.features[I] + 1, 6);
	script_send(R, 2, script.features[R] + 1, 6);
	for (int end = 0; end < 2; end++) {
		memcpy(tk[end], script.oob_tk, 16);
		if (script.passkey[end])
			bytes_put_le32(tk[end], script.passkey[end]);
		assert_int_equal(crypto_c1(tk[end], script.nonce[end], script.features[I],
					   script.features[R], &script_address[I],
					   &script_address[R], confirm),
				 0);
		script_send(end, SMP_PAIRING_CONFIRM, confirm, 16);
	}
	script_send(I, SMP_PAIRING_RANDOM, script.nonce[I], 16);
	script_send(R, SMP_PAIRING_RANDOM, script.nonce[R], 16);
	assert_int_equal(crypto_s1(tk[I], script.nonce[R], script.nonce[I], stk), 0);
	encrypt_and_give(stk, false);
}

void script_secure(bool passkey)
{
	uint8_t dhkey[32], mackey[16], ltk[16], r[2][16] = {{0}}, value[16];

	for (int end = 0; end < 2; end++)
		script.features[end][3] |= 8 | (passkey ? 4 : 0);
	script_send(I, 1, script.features[I] + 1, 6);
	script_send(R, 2, script.features[R] + 1, 6);
	script_send(I, SMP_PAIRING_PUBLIC_KEY, script.pair[I].public_key, 64);
	script_send(R, SMP_PAIRING_PUBLIC_KEY, script.pair[R].public_key, 64);
	for (int round = 0; round < (passkey ? 20 : 1); round++) {
		for (int end = passkey ? I : R; end < 2; end++) {
			uint8_t z =
				(uint8_t)(passkey ? 0x80 | (script.passkey[end] >> round & 1) : 0);
			if (round)
				script_fill(script.nonce[end], 16);
			assert_int_equal(crypto_f4(script.pair[end].public_key,
						   script.pair[!end].public_key, script.nonce[end],
						   z, value),
					 0);
			script_send(end, SMP_PAIRING_CONFIRM, value, 16);
		}
		script_send(I, SMP_PAIRING_RANDOM, script.nonce[I], 16);
		script_send(R, SMP_PAIRING_RANDOM, script.nonce[R], 16);
	}
	assert_int_equal(
		crypto_p256_dhkey(script.pair[I].private_key, script.pair[R].public_key, dhkey), 0);
	assert_int_equal(crypto_f5(dhkey, script.nonce[I], script.nonce[R], &script_address[I],
				   &script_address[R], mackey, ltk),
			 0);
	for (int end = 0; end < 2; end++) {
		const uint8_t *f = script.features[end];
		if (passkey)
			bytes_put_le32(r[!end], script.passkey[!end]);
		assert_int_equal(crypto_f6(mackey, script.nonce[end], script.nonce[!end], r[!end],
					   (const uint8_t[]){f[1], f[2], f[3]},
					   &script_address[end], &script_address[!end], value),
				 0);
		script_send(end, SMP_PAIRING_DHKEY_CHECK, value, 16);
	}
	encrypt_and_give(ltk, true);
}

void script_use_passkey(uint32_t initiator, uint32_t responder)
{
	script.features[I][1] = 0; /* DisplayOnly */
	script.features[R][1] = 2; /* KeyboardOnly */
	script.features[I][3] |= 4;
	script.features[R][3] |= 4;
	script.passkey[I] = initiator;
	script.passkey[R] = responder;
}
/* The PDU that is changed, and the answer of the other end. */
static struct {
	int from;
	uint8_t code;
	uint8_t reason; /* 0: no answer */
	void (*change)(uint8_t *pdu, size_t *len);
} to_change;

bool script_change(int from, uint8_t *pdu, size_t *len)
{
	if (from != to_change.from || pdu[0] != to_change.code)
		return true;
	if (to_change.change)
		to_change.change(pdu, len);
	script_send_anyway(from, pdu[0], pdu + 1, *len - 1);
	if (to_change.reason)
		script_refuse(!from, to_change.reason);
	script.over = true;
	return false;
}

void script_change_pdu(int from, uint8_t code, void (*change)(uint8_t *, size_t *), uint8_t reason)
{
	to_change.from = from;
	to_change.code = code;
	to_change.change = change;
	to_change.reason = reason;
	script.edit = script_change;
}

void scripted_play(void (*what)(void))
{
	memset(&scripted, 0, sizeof(scripted));
	scripted.searches = EXPLAIN_SEARCHES;
	scripted.now = 1700000000000000ULL;
	track_init(&scripted.tracker, finished, NULL);
	script_begin();
	what();
	track_end(&scripted.tracker);
}
