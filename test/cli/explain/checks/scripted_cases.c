/* SPDX-License-Identifier: MIT */
/* The scripts: for each check a capture with the mistake that it finds. */
#include <stdio.h>
#include <string.h>

#include "analyse/management.h"
#include "cli/explain/checks/scripted.h"
#include "cli/explain/debug_key.h"
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
static void c_reset(void)
{
	script_connect();
	script_change_pdu(R, 2, NULL, 0);
	script_legacy();
	script_bring_up();
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
static void c_disconnected_early(void)
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
static void c_ltk_again(void)
{
	script_connect();
	script_legacy();
	script_disconnect(0x13);
	script_fill(script.nonce, sizeof(script.nonce));
	script_connect_as(0, 0);
	script_legacy();
	script_disconnect(0x13);
}
static void c_nonce_again(void)
{
	script_connect();
	script_legacy();
	script_disconnect(0x13);
	script_fill(script.nonce[R], 16);
	script_fill(script.ltk, sizeof(script.ltk));
	script_connect_as(0, 0);
	script_legacy();
	script_disconnect(0x13);
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
static void c_taken_back(void)
{
	static const uint8_t wants = SMP_AUTH_MITM;

	script_connect();
	script_send(R, SMP_SECURITY_REQUEST, &wants, 1);
	script.features[I][3] |= SMP_AUTH_MITM;
	script_send(I, SMP_PAIRING_REQUEST, script.features[I] + 1, 6);
	script_send(R, SMP_PAIRING_RESPONSE, script.features[R] + 1, 6);
	script_refuse(I, SMP_AUTHENTICATION_REQUIREMENTS);
	script_disconnect(0x13);
}
static void c_signing_key(void)
{
	script_connect();
	script.features[I][5] |= SMP_DIST_SIGN;
	script.features[R][5] |= SMP_DIST_SIGN;
	script_legacy();
	script_disconnect(0x13);
}
static void c_no_bonding(void)
{
	script_connect();
	script.features[I][3] &= (uint8_t)~SMP_AUTH_BONDING;
	script_secure(false);
	script_disconnect(0x13);
}
static void c_oob_unused(void)
{
	static const uint8_t add_oob[] = {MANAGEMENT_ADD_OOB, 0, 1, 2, 3, 4, 5, 6, 0, 9, 9};
	const struct explain_packet packet = {
		.number = ++scripted.frame,
		.kind = EXPLAIN_MANAGEMENT,
		.way = EXPLAIN_SENT,
		.data = add_oob,
		.len = sizeof(add_oob),
		.original = sizeof(add_oob),
	};
	track_packet(&scripted.tracker, &packet);
	script_connect();
	script_secure(false);
	script_disconnect(0x13);
}
static void c_io_unused(void)
{
	script_connect();
	script.features[I][1] = 0;
	script.features[R][1] = 2;
	script_secure(false);
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

/* What the captured host knows about itself. */
static struct explain_own_end own;

static void c_own(enum explain_own_reason reason, const char *text)
{
	own = (struct explain_own_end){.reason = reason, .fix = "an advice"};
	(void)snprintf(own.text, sizeof(own.text), "%s", text);
	scripted.own = &own;
	script_connect();
	script_change_pdu(R, SMP_PAIRING_PUBLIC_KEY, NULL, 8);
	script_secure(false);
	script_disconnect(0x16);
}
static void c_cancelled(void)
{
	c_own(EXPLAIN_OWN_CANCELLED, "the user gave up");
}
static void c_limit(void)
{
	c_own(EXPLAIN_OWN_LIMIT, "a limit was over");
}
static void c_controller(void)
{
	c_own(EXPLAIN_OWN_CONTROLLER, "the controller is mute");
}
static void c_refused(void)
{
	c_own(EXPLAIN_OWN_POLICY, "an option says so");
}
static void set_zero(uint8_t *pdu, size_t *len)
{
	memset(pdu + 1, 0, *len - 1);
}
static void c_constant(void)
{
	script.features[R][6] = script.features[I][6] = 4;
	c_changed(R, SMP_SIGNING_INFORMATION, set_zero, SMP_KEY_REJECTED, true);
}
static void make_resolvable(uint8_t *pdu, size_t *len)
{
	(void)len;
	pdu[1] = 1;
	pdu[7] = 0x44;
}
static void c_identity(void)
{
	script.features[R][6] = script.features[I][6] = 2;
	c_changed(R, SMP_IDENTITY_ADDRESS_INFORMATION, make_resolvable, SMP_KEY_REJECTED, true);
}

static void c_two_stacks(void)
{
	script_connect();
	script_change_pdu(R, SMP_PAIRING_CONFIRM, NULL, 0);
	script_legacy();
	script_send_anyway(R, SMP_PAIRING_RESPONSE, script.features[R] + 1, 6);
	script_disconnect(0x13);
}
/* Handle 0x40 is of BR/EDR: Connection Complete, Vol 4 Part E 7.7.3. */
static void c_bredr(void)
{
	script_bring_up();
	script_event(0x03, (const uint8_t[11]){0, 0x40, 0, 1, 2, 3, 4, 5, 6, 1, 0}, 11);
	script_send(I, SMP_PAIRING_REQUEST, script.features[I] + 1, 6);
	script_refuse(R, SMP_PAIRING_NOT_SUPPORTED);
	script_disconnect(0x13);
}
static void c_identifier_not_zero(void)
{
	script_connect();
	script.ediv = 0x40;
	script_secure(false);
	script_disconnect(0x13);
}
static void c_long_key(void)
{
	script_connect();
	script.features[R][4] = 7;
	script.long_ltk = true;
	script_legacy();
	script_disconnect(0x13);
}
/* The captured host is the peripheral, and gives a key when it is asked too early. */
static void c_early(void)
{
	uint8_t reply[18] = {0x40};

	script_bring_up();
	script_connect_as(1, 0);
	script_send(R, SMP_PAIRING_REQUEST, script.features[I] + 1, 6);
	script_send(I, SMP_PAIRING_RESPONSE, script.features[R] + 1, 6);
	script_event(HCI_LE_META, (const uint8_t[13]){HCI_LE_LTK_REQUEST, 0x40}, 13);
	script_command(HCI_LE_LTK_REPLY, reply, sizeof(reply), 0, "\x40\0", 2);
	script_encryption_changed(0);
	script_disconnect(0x13);
}
static void c_requests(void)
{
	script_connect();
	for (int i = 0; i < 3; i++)
		script_send(I, SMP_PAIRING_REQUEST, script.features[I] + 1, 6);
	scripted.now += 31000000;
	script_disconnect(0x16);
}
/* A bond is made; then the initiator has lost it, and is refused. */
static void c_refused_after_bond(uint8_t reason, uint8_t auth)
{
	script_connect();
	script_legacy();
	script_disconnect(0x13);
	script_connect_as(0, 0);
	script.features[I][3] |= auth;
	script_change_pdu(I, SMP_PAIRING_REQUEST, NULL, reason);
	script_legacy();
	script_disconnect(0x13);
}
static void c_stale(void)
{
	c_refused_after_bond(SMP_PAIRING_NOT_SUPPORTED, 0);
}
static void c_differs(void)
{
	c_refused_after_bond(SMP_PAIRING_NOT_SUPPORTED, SMP_AUTH_MITM);
}
static void c_newer_bits(void)
{
	script.features[I][3] |= SMP_AUTH_SC | SMP_AUTH_CT2;
	c_changed(I, SMP_PAIRING_REQUEST, NULL, SMP_INVALID_PARAMETERS, false);
}
static void set_known_irk(uint8_t *pdu, size_t *len)
{
	static const uint8_t irk[16] = {0xef, 0x8d, 0xe2, 0x16, 0x4f, 0xec, 0x43, 0x0d,
					0xbf, 0x5b, 0xdd, 0x34, 0xc0, 0x53, 0x1e, 0xb8};

	(void)len;
	memcpy(pdu + 1, irk, 16);
}
static bool change_irk(int from, uint8_t *pdu, size_t *len)
{
	if (from == R && pdu[0] == SMP_IDENTITY_INFORMATION)
		set_known_irk(pdu, len);
	return true;
}
static void c_channel(void)
{
	script_connect();
	script_l2cap(R, 5, (const uint8_t[14]){0x15, 1, 10, [12] = 8}, 14);
	script_disconnect(0x13);
}
static void c_known_key(void)
{
	script_connect();
	script.features[R][6] = script.features[I][6] = 2;
	script.edit = change_irk;
	script_secure(false);
	script_disconnect(0x13);
}
static void c_public_kept(void)
{
	script_connect();
	for (int i = 0; i < 2; i++) {
		script_fill(script.nonce, sizeof(script.nonce));
		if (i)
			assert_int_equal(crypto_p256_generate(&script.pair[I], crypto_random, NULL),
					 0);
		if (i)
			script_connect_as(0, 0);
		script_secure(false);
		script_disconnect(0x13);
	}
}
/* The captured host is asked, and then refuses. */
static void c_asked(uint16_t answer, uint64_t after_us, uint8_t reason)
{
	script_connect();
	script_send(I, 1, script.features[I] + 1, 6);
	script_send(R, 2, script.features[R] + 1, 6);
	script_management(MANAGEMENT_CONFIRM_REQUEST, "\0\1\2\3\4", 5);
	scripted.now += after_us;
	if (answer)
		script_management(answer, NULL, 0);
	script_refuse(I, reason);
	script_disconnect(0x13);
}
static void c_user_refused(void)
{
	c_asked(MANAGEMENT_CONFIRM_NOT, 2000000, SMP_NUMERIC_COMPARISON_FAILED);
}
static void c_agent(void)
{
	c_asked(0, 0, SMP_UNSPECIFIED_REASON);
}
static void c_user_cancelled(void)
{
	c_asked(MANAGEMENT_CANCEL_PAIR, 2000000, SMP_PASSKEY_ENTRY_FAILED);
}
static void c_old_bond(void)
{
	for (int end = 0; end < 2; end++)
		script.features[end][3] |= 8;
	script_connect();
	script_send(I, 1, script.features[I] + 1, 6);
	script_send(R, 2, script.features[R] + 1, 6);
	script_management(MANAGEMENT_CONFIRM_REQUEST, "\1\0\0\0\0", 5);
	script_send(I, SMP_PAIRING_RANDOM, script.nonce[I], 16);
	script_refuse(I, SMP_DHKEY_CHECK_FAILED);
	script_disconnect(0x13);
}
static void c_own_demand(void)
{
	script_connect();
	script_send(R, SMP_SECURITY_REQUEST, "\1", 1);
	script_send(I, 1, script.features[I] + 1, 6);
	script_refuse(R, SMP_PAIRING_NOT_SUPPORTED);
	script_disconnect(0x13);
}
static void c_attribute(void)
{
	script_connect();
	script_l2cap(R, 4, (const uint8_t[]){1, 0x0a, 0x14, 0, 0x0f}, 5);
	script_legacy();
	script_disconnect(0x13);
}

const struct scripted_case scripted_cases[] = {
	{"user-cancelled", c_user_cancelled, true, I, 0},
	{"agent-missing", c_agent, true, I, 0},
	{"user-refused", c_user_refused, true, I, 0},
	{"old-bond-confirmation", c_old_bond, true, I, 0},
	{"own-demand-refused", c_own_demand, true, R, 0},
	{"attribute-demand", c_attribute, false, R, 0},
	{"cancelled-here", c_cancelled, true, I, 0},
	{"limit-here", c_limit, true, I, 0},
	{"controller-failed", c_controller, true, EXPLAIN_NOBODY, 0},
	{"refused-here", c_refused, true, I, 0},
	{"constant-key", c_constant, true, R, 0},
	{"invalid-identity", c_identity, true, R, 0},
	{"two-stacks", c_two_stacks, true, R, 0},
	{"bredr-link", c_bredr, true, I, 0},
	{"identifier-not-zero", c_identifier_not_zero, false, I, 0},
	{"key-not-shortened", c_long_key, false, I, 0},
	{"encryption-early", c_early, true, I, 0},
	{"early-encryption-accepted", c_early, false, R, 0},
	{"zero-key", c_early, false, R, 0},
	{"requests-unanswered", c_requests, true, R, 0},
	{"stale-bond", c_stale, true, R, 0},
	{"newer-bits-refused", c_newer_bits, true, R, 0},
	{"request-differs", c_differs, false, EXPLAIN_NOBODY, 0},
	{"channel-refused", c_channel, false, R, 0},
	{"known-key", c_known_key, false, R, 0},
	{"kept-public-key", c_public_kept, false, R, 0},
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
	{"controller-reset", c_reset, true, I, 0},
	{"supervision-timeout", c_supervision, true, EXPLAIN_NOBODY, 0},
	{"silence", c_silence, true, R, 0},
	{"disconnected-early", c_disconnected_early, true, R, 0},
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
	{"security-request-taken-back", c_taken_back, true, R, 0},
	{"signing-key", c_signing_key, false, I, 0},
	{"no-bonding", c_no_bonding, false, I, 0},
	{"oob-unused", c_oob_unused, false, I, 0},
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
