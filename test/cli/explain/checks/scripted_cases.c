/* SPDX-License-Identifier: MIT */
/* The scripts: for each check a capture with the mistake that it finds. */
#include <string.h>

#include "cli/explain/checks/scripted.h"
#include "cli/explain/files.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"

/* ---- Edits ----------------------------------------------------------------------------------- */

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
	memcpy(pdu + 1, script.pair[I].public_key, 64);
}
static void mirror(uint8_t *pdu, size_t *len)
{
	(void)len;
	memcpy(pdu + 1, script.nonce[I], 16);
}

static bool wait_before_random(int from, uint8_t *pdu, size_t *len)
{
	(void)len;
	if (from == R && pdu[0] == SMP_PAIRING_RANDOM)
		scripted.now += 8000000;
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
		scripted.missing = "3 packets are missing before frame 20";
	return true;
}

static bool wait_for_ever(int from, uint8_t *pdu, size_t *len)
{
	if (!script_change(from, pdu, len)) {
		scripted.now += 31000000;
		return false;
	}
	return true;
}

/* ---- The cases ------------------------------------------------------------------------------- */

static void c_not_negotiated(void)
{
	script_connect();
	script.features[R][5] = 0;
	script_legacy();
	script_send(I, SMP_ENCRYPTION_INFORMATION, script.ltk[I], 16);
	script_refuse(R, 8);
	script_disconnect(0x13);
}
static void c_changed(int from, uint8_t code, void (*change)(uint8_t *, size_t *), uint8_t reason,
		      bool sc)
{
	script_connect();
	script_change_pdu(from, code, change, reason);
	if (sc)
		script_secure(false);
	else
		script_legacy();
	script_disconnect(0x13);
}
static void c_length(void)
{
	c_changed(I, SMP_PAIRING_CONFIRM, cut_one, 0x0a, false);
}
static void c_reserved(void)
{
	script.features[I][1] = 9;
	c_changed(I, 1, NULL, 0x0a, false);
}
static void c_role(void)
{
	script_connect();
	script_send(R, 1, script.features[I] + 1, 6);
	script_refuse(I, 7);
	script_disconnect(0x13);
}
static void c_reflected(void)
{
	c_changed(R, SMP_PAIRING_PUBLIC_KEY, reflect, 0x0a, true);
}
static void c_mirrored(void)
{
	c_changed(R, SMP_PAIRING_RANDOM, mirror, 4, false);
}
static void c_invalid(void)
{
	c_changed(R, SMP_PAIRING_PUBLIC_KEY, spoil_y, 0x0b, true);
}
static void c_not_offered(void)
{
	script.features[R][6] = 5;
	c_changed(R, 2, NULL, 0x0a, false);
}
static void c_passkeys(void)
{
	script_use_passkey(123456, 123457);
	c_changed(R, SMP_PAIRING_RANDOM, NULL, 4, false);
}
static void c_confirm(void)
{
	c_changed(R, SMP_PAIRING_RANDOM, spoil, 4, false);
}
static void c_commitment(void)
{
	c_changed(R, SMP_PAIRING_RANDOM, spoil, 4, true);
}

/* Part H 2.3.5.6.1, the private debug key, least significant octet first. */
static const uint8_t debug_private[32] = {0xbd, 0x1a, 0x3c, 0xcd, 0xa6, 0xb8, 0x99, 0x58,
					  0x99, 0xb7, 0x40, 0xeb, 0x7b, 0x60, 0xff, 0x4a,
					  0x50, 0x3f, 0x10, 0xd2, 0xe3, 0xb3, 0xc9, 0x74,
					  0x38, 0x5f, 0xc5, 0xa3, 0xd4, 0xf6, 0x49, 0x3f};

static void use_debug_key(void)
{
	memcpy(script.pair[R].private_key, debug_private, 32);
	assert_int_equal(crypto_p256_public(debug_private, script.pair[R].public_key), 0);
}
static void c_check(void)
{
	use_debug_key();
	c_changed(R, SMP_PAIRING_DHKEY_CHECK, spoil, 0x0b, true);
}
static void c_rejected(void)
{
	c_changed(R, SMP_PAIRING_RANDOM, NULL, 4, false);
}
static void c_wrong_key(void)
{
	script_connect();
	script.spoil_key = 0x80;
	script_legacy();
	script_disconnect(0x3d);
}
static void c_out_of_turn(void)
{
	script.features[R][3] |= 8;
	script.features[I][3] |= 8;
	c_changed(I, SMP_PAIRING_CONFIRM, NULL, 8, false);
}
static void c_keys_order(void)
{
	script_connect();
	script.keys_turned = true;
	script_legacy();
	script_refuse(R, 8);
	script_disconnect(0x13);
}
static void bonded_encryption(uint8_t status)
{
	script_connect();
	script_enable_encryption(script.ltk[R], (const uint8_t *)"\1\2\7\4\5\6\3\x8", 0x1234);
	script_encryption_changed(status);
}
static void c_no_bond(void)
{
	bonded_encryption(6);
	script_disconnect(0x16);
}
static void c_refused_here(void)
{
	script_bring_up();
	script_connect_as(1, 0);
	script_event(
		HCI_LE_META,
		(const uint8_t[]){HCI_LE_LTK_REQUEST, 0x40, 0, 9, 1, 8, 3, 4, 2, 6, 1, 0x34, 0x12},
		13);
	script_command(HCI_LE_LTK_NEGATIVE_REPLY, "\x40\0", 2, 0, "\x40\0", 2);
	script_disconnect(0x13);
}
static void c_mic(void)
{
	bonded_encryption(0);
	script_disconnect(0x3d);
}
static void c_unsupported(void)
{
	bonded_encryption(0x1a);
	script_disconnect(0x16);
}
static void c_not_established(void)
{
	script_connect();
	script_disconnect(0x3e);
}
static void c_hardware(void)
{
	script_connect();
	script_change_pdu(R, 2, NULL, 0);
	script_legacy();
	script_event(HCI_HARDWARE_ERROR, (const uint8_t[]){0x42}, 1);
}
static void c_supervision(void)
{
	script_connect();
	script_change_pdu(I, 1, NULL, 0);
	script_legacy();
	script_disconnect(0x08);
}
static void c_silence(void)
{
	script_connect();
	script_change_pdu(I, 1, NULL, 0);
	script.edit = wait_for_ever;
	script_legacy();
	script_disconnect(0x16);
}
static void c_hung_up(void)
{
	script_connect();
	script_change_pdu(R, 2, NULL, 0);
	script_legacy();
	script_disconnect(0x13);
}
static void c_size(void)
{
	script.features[R][4] = 7;
	c_changed(R, 2, NULL, 6, false);
}
static void c_mitm(void)
{
	script.features[I][1] = 4;
	script.features[I][3] |= 4;
	c_changed(R, 2, NULL, 3, false);
}

static uint8_t reason_under_way;
static void c_reason(void)
{
	script_connect();
	/* Leave out the features, which would explain these two reasons better. */
	if (reason_under_way == SMP_AUTHENTICATION_REQUIREMENTS) {
		script_send(I, 1, script.features[I] + 1, 6);
		script_refuse(I, reason_under_way);
	} else {
		if (reason_under_way != SMP_ENCRYPTION_KEY_SIZE)
			script_send(I, 1, script.features[I] + 1, 6);
		script_refuse(R, reason_under_way);
	}
	script_disconnect(0x13);
}
static void c_unknown_reason(void)
{
	reason_under_way = 0x77;
	c_reason();
}
static void c_missing(void)
{
	script_connect();
	script.edit = lose_keys;
	script_legacy();
	scripted.now += 35000000;
	script_disconnect(0x16);
}
static void c_ignored(void)
{
	script_connect();
	script_send(R, SMP_SECURITY_REQUEST, "\1", 1);
	scripted.now += 3000000;
	script_disconnect(0x13);
}
static void c_after(void)
{
	script_connect();
	script_send(I, 1, script.features[I] + 1, 6);
	script_refuse(R, 5);
	script_send_anyway(R, SMP_PAIRING_CONFIRM, script.nonce[R], 16);
	script_disconnect(0x13);
}
static void c_pattern_key(void)
{
	script_connect();
	memset(script.ltk[I], 0x22, 16);
	script_legacy();
	script_disconnect(0x13);
}
static void c_pattern_nonce(void)
{
	script_connect();
	memset(script.nonce[R], 0x11, 16);
	script_legacy();
	script_disconnect(0x13);
}
static void c_again(bool nonce, bool ltk)
{
	script_connect();
	script_legacy();
	script_disconnect(0x13);
	for (int end = 0; end < 2; end++) {
		if (!nonce)
			script_fill(script.nonce[end], 16);
		if (!ltk)
			script_fill(script.ltk[end], 16);
	}
	script_connect_as(0, 0);
	script_legacy();
	script_disconnect(0x13);
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
	c_changed(R, SMP_PAIRING_RANDOM, spoil, 4, true);
	script.edit = NULL;
	script.over = false;
	script_fill(script.nonce, sizeof(script.nonce));
	script_connect_as(0, 0);
	script_secure(false);
	script_disconnect(0x13);
}
static void c_passkey_again(void)
{
	script_connect();
	script_use_passkey(123456, 123456);
	script_secure(true);
	script_disconnect(0x13);
	for (int end = 0; end < 2; end++) {
		assert_int_equal(crypto_p256_generate(&script.pair[end], crypto_random, NULL), 0);
		script_fill(script.nonce[end], 16);
	}
	script_connect_as(0, 0);
	script_secure(true);
	script_disconnect(0x13);
}
static void c_debug(void)
{
	script_connect();
	use_debug_key();
	script_secure(false);
	script_disconnect(0x13);
}
static void c_small(void)
{
	script_connect();
	script.features[I][4] = 7;
	script_legacy();
	script_disconnect(0x13);
}
static void c_downgrade(void)
{
	script_connect();
	script_secure(false);
	script_disconnect(0x13);
	script_fill(script.nonce, sizeof(script.nonce));
	script.features[R][3] &= (uint8_t)~8;
	script_connect_as(0, 0);
	script_legacy();
	script_disconnect(0x13);
}
static void c_command(void)
{
	script.le_mask_status = 0x12;
	c_not_established();
}
static void c_masked(void)
{
	script.event_mask &= ~0x80ULL;
	script_connect();
	script_legacy();
	script_disconnect(0x13);
}
static void parameters(uint8_t identifier, uint8_t result, bool answer, uint16_t timeout)
{
	uint8_t request[12] = {0x12, 2, 8, 0, 24, 0, 40, 0, 0, 0};

	script_connect();
	bytes_put_le16(request + 10, timeout);
	script_l2cap(R, 5, request, 12);
	if (answer)
		script_l2cap(I, 5, (const uint8_t[]){0x13, identifier, 2, 0, result, 0}, 6);
	script_legacy();
	scripted.now += answer ? 0 : 40000000;
	script_disconnect(0x13);
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
	script_connect();
	script.edit = wait_before_random;
	script_legacy();
	script_disconnect(0x13);
}
static void c_mitm_unmet(void)
{
	script_connect();
	script.features[I][3] |= 4;
	script_legacy();
	script_disconnect(0x13);
}
static void c_io_unused(void)
{
	script_connect();
	script.features[I][1] = 0;
	script.features[R][1] = 2;
	script_legacy();
	script_disconnect(0x13);
}
static void c_open(void)
{
	script_connect();
	script_legacy();
	script_disconnect(0x13);
}
/* A host gives its key to the controller; a sniffer captures the link: the sample data. */
static void c_read_along(void)
{
	script_connect();
	script_enable_encryption(sample_ltk, NULL, 0);
	for (size_t i = 0; i < ENCRYPTED_SAMPLES; i++) {
		const struct sample *s = &encrypted_samples[i];
		struct explain_packet p = {.number = ++scripted.frame,
					   .time_us = scripted.now += 5000,
					   .clock = EXPLAIN_CLOCK_UNIX,
					   .kind = EXPLAIN_AIR,
					   .way = s->way,
					   .data = s->data + 4,
					   .len = s->len - 4,
					   .original = s->len - 4,
					   .air = {.access_address = bytes_get_le32(s->data),
						   .crc = EXPLAIN_CRC_GOOD}};
		track_packet(&scripted.tracker, &p);
	}
}
static void c_shown(void)
{
	script_connect();
	script_use_passkey(999999, 999999);
	script_secure(true);
	script_disconnect(0x13);
}
static void c_not_computable(void)
{
	script_connect();
	script.features[I][2] = script.features[R][2] = 1;
	script_fill(script.oob_tk, 16);
	script_legacy();
	script_disconnect(0x13);
}
static void c_bringup(void)
{
	script.without_le_mask = true;
	c_open();
}
static void c_le_host(void)
{
	script.dual_mode = true;
	c_open();
}
static void c_holes(void)
{
	script_connect();
	script.edit = hole_before_random;
	script_legacy();
	script_disconnect(0x13);
}
static void c_cut(void)
{
	script_connect();
	script_change_pdu(R, SMP_PAIRING_CONFIRM, NULL, 0);
	script_legacy();
}

const struct scripted_case scripted_cases[] = {
	{"keys-not-negotiated", c_not_negotiated, true, I, 0},
	{"wrong-length", c_length, true, I, 0},
	{"reserved-value", c_reserved, true, I, 0},
	{"wrong-role", c_role, true, R, 0},
	{"reflected-key", c_reflected, true, R, 0},
	{"mirrored-values", c_mirrored, true, R, 0},
	{"invalid-key", c_invalid, true, R, 0},
	{"keys-not-offered", c_not_offered, true, R, 0},
	{"passkeys-differ", c_passkeys, true, EXPLAIN_NOBODY, 0},
	{"confirm-wrong", c_confirm, true, R, 0},
	{"commitment-wrong", c_commitment, true, R, 0},
	{"check-wrong", c_check, true, R, 0},
	{"confirm-rejected", c_rejected, true, I, 0},
	{"wrong-key", c_wrong_key, true, I, 0},
	{"out-of-turn", c_out_of_turn, true, I, 0},
	{"keys-order", c_keys_order, true, I, 0},
	{"no-bond", c_no_bond, true, R, 0},
	{"bond-refused-here", c_refused_here, true, R, 0},
	{"mic-failure", c_mic, true, EXPLAIN_NOBODY, 0},
	{"encryption-refused", c_unsupported, true, EXPLAIN_NOBODY, 0},
	{"not-established", c_not_established, true, EXPLAIN_NOBODY, 0},
	{"hardware-error", c_hardware, true, EXPLAIN_NOBODY, 0},
	{"supervision-timeout", c_supervision, true, EXPLAIN_NOBODY, 0},
	{"silence", c_silence, true, R, 0},
	{"hung-up", c_hung_up, true, R, 0},
	{"key-size-refused", c_size, true, R, 0},
	{"mitm-refused", c_mitm, true, I, 0},
	{"reason-passkey-entry-failed", c_reason, true, R, 0x01},
	{"reason-oob-not-available", c_reason, true, R, 0x02},
	{"reason-authentication-requirements", c_reason, true, I, 0x03},
	{"reason-confirm-value-failed", c_reason, true, R, 0x04},
	{"reason-pairing-not-supported", c_reason, true, R, 0x05},
	{"reason-encryption-key-size", c_reason, true, R, 0x06},
	{"reason-command-not-supported", c_reason, true, R, 0x07},
	{"reason-unspecified", c_reason, true, R, 0x08},
	{"reason-repeated-attempts", c_reason, true, R, 0x09},
	{"reason-invalid-parameters", c_reason, true, R, 0x0a},
	{"reason-dhkey-check-failed", c_reason, true, R, 0x0b},
	{"reason-numeric-comparison-failed", c_reason, true, R, 0x0c},
	{"reason-bredr-pairing", c_reason, true, R, 0x0d},
	{"reason-ctkd-not-allowed", c_reason, true, R, 0x0e},
	{"reason-key-rejected", c_reason, true, R, 0x0f},
	{"reason-busy", c_reason, true, R, 0x10},
	{"reason-unknown", c_unknown_reason, true, R, 0},
	{"keys-missing", c_missing, true, R, 0},
	{"security-request-ignored", c_ignored, false, I, 0},
	{"pdu-after-failure", c_after, false, R, 0},
	{"patterned-keys", c_pattern_key, false, I, 0},
	{"patterned-nonce", c_pattern_nonce, false, R, 0},
	{"repeated-nonce", c_nonce_again, false, I, 0},
	{"repeated-key", c_ltk_again, false, I, 0},
	{"repeated-public-key", c_public_again, false, I, 0},
	{"repeated-passkey", c_passkey_again, false, EXPLAIN_NOBODY, 0},
	{"debug-key", c_debug, false, R, 0},
	{"small-key", c_small, false, I, 0},
	{"downgrade", c_downgrade, false, EXPLAIN_NOBODY, 0},
	{"command-refused", c_command, false, I, 0},
	{"events-masked", c_masked, false, I, 0},
	{"l2cap-identifier", c_identifier, false, I, 0},
	{"l2cap-result", c_result, false, I, 0},
	{"l2cap-unanswered", c_unanswered, false, I, 0},
	{"bad-parameters", c_parameters, false, R, 0},
	{"slow-step", c_slow, false, R, 0},
	{"mitm-unmet", c_mitm_unmet, false, I, 0},
	{"io-unused", c_io_unused, false, EXPLAIN_NOBODY, 0},
	{"open-book", c_open, false, EXPLAIN_NOBODY, 0},
	{"read-along", c_read_along, false, EXPLAIN_NOBODY, 0},
	{"passkey-shown", c_shown, false, EXPLAIN_NOBODY, 0},
	{"not-computable", c_not_computable, false, EXPLAIN_NOBODY, 0},
	{"bringup-missing", c_bringup, false, I, 0},
	{"le-host-support", c_le_host, false, I, 0},
	{"capture-holes", c_holes, false, EXPLAIN_NOBODY, 0},
	{"capture-cut", c_cut, false, EXPLAIN_NOBODY, 0},
};

const size_t scripted_cases_count = COUNT(scripted_cases);

void scripted_play_case(const struct scripted_case *which)
{
	reason_under_way = which->reason;
	scripted_play(which->play);
}
