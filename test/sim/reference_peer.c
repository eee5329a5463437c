/* SPDX-License-Identifier: MIT */
#include "sim/reference_peer.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "sim/program.h"
#include "unit.h"

static void random_octets(void *out, size_t len)
{
	assert_int_equal(crypto_random(NULL, out, len), 0);
}

static const struct crypto_address *initiator(const struct reference_peer *p)
{
	return p->initiates ? &p->raw->air.address : &p->raw->peer;
}

static const struct crypto_address *responder(const struct reference_peer *p)
{
	return p->initiates ? &p->raw->peer : &p->raw->air.address;
}

void reference_peer_begin(struct reference_peer *p, struct raw_peer *raw)
{
	memset(p, 0, sizeof(*p));
	p->raw = raw;
	p->io = IO_NONE;
	p->auth = AUTH_BOND;
	p->key_size = 16;
	p->init_keys = p->resp_keys = KEY_ENC | KEY_ID | KEY_SIGN;
	p->passkey = 19655;
	p->other_bit = -1;
	random_octets(p->tk, sizeof(p->tk));
	random_octets(p->oob_random, sizeof(p->oob_random));
	assert_int_equal(crypto_p256_generate(&p->keypair, crypto_random, NULL), 0);
	random_octets(&p->own, sizeof(p->own));
	p->own.identity = raw->air.address;
}

/* ---- Sending and receiving ------------------------------------------------------------------- */

static void __attribute__((noreturn)) stop(struct reference_peer *p)
{
	assert_true(p->may_stop);
	p->stopped = true;
	longjmp(p->stop, 1);
}

static void missing(struct reference_peer *p, const char *what)
{
	if (p->gives_up)
		stop(p);
	fail_msg("%s did not happen until %.3f s%s", what, (double)world_now() / 1e6,
		 p->raw->link ? "" : "; no link");
}

static const json_t *expect_event(struct reference_peer *p, const char *name)
{
	const json_t *event = p->gives_up ? program_await(name, RAW_PEER_PATIENCE)
					  : program_expect(name, RAW_PEER_PATIENCE);

	if (!event)
		stop(p);
	return event;
}

void reference_peer_send(struct reference_peer *p, uint8_t code, const void *parameters, size_t len)
{
	uint8_t pdu[65] = {code};

	if (p->delay)
		world_pass(p->delay);
	memcpy(pdu + 1, parameters, len);
	if (++p->sent == p->stop_at) {
		memcpy(p->unsent, pdu, 1 + len);
		p->unsent_len = 1 + len;
		stop(p);
	}
	if (p->spoil == code && p->spoil_nth-- == 0)
		pdu[1] ^= 1;
	if (p->alter)
		p->alter(p, pdu);
	if (code == PDU_REQUEST)
		memcpy(p->preq, pdu, 7);
	if (code == PDU_RESPONSE)
		memcpy(p->pres, pdu, 7);
	raw_peer_send(p->raw, RAW_PEER_SMP, pdu, 1 + len);
}

void reference_peer_fail(struct reference_peer *p, uint8_t reason)
{
	reference_peer_send(p, PDU_FAILED, &reason, 1);
}

/* The next PDU, skipping Keypress Notifications, which may arrive at any time. */
static const uint8_t *expect(struct reference_peer *p, uint8_t code)
{
	const struct raw_peer_frame *frame;
	char what[24];

	do {
		frame = raw_peer_receive(p->raw, RAW_PEER_SMP, RAW_PEER_PATIENCE);
	} while (frame && frame->data[0] == PDU_KEYPRESS);
	(void)snprintf(what, sizeof(what), "SMP PDU 0x%02x", code);
	if (!frame)
		missing(p, what);
	if (frame->data[0] == PDU_FAILED && p->may_stop) {
		p->refused = frame->data[1];
		longjmp(p->stop, 1);
	}
	if (frame->data[0] != code)
		fail_msg("SMP PDU 0x%02x 0x%02x was received; expected 0x%02x", frame->data[0],
			 frame->data[1], code);
	return frame->data + 1;
}

/* ---- Phase 1 --------------------------------------------------------------------------------- */

void reference_peer_features(struct reference_peer *p)
{
	uint8_t own[6] = {p->io, p->oob, p->auth, p->key_size, p->init_keys, p->resp_keys};

	if (p->initiates) {
		reference_peer_send(p, PDU_REQUEST, own, sizeof(own));
		memcpy(p->pres + 1, expect(p, PDU_RESPONSE), 6);
		p->pres[0] = PDU_RESPONSE;
	} else {
		memcpy(p->preq + 1, expect(p, PDU_REQUEST), 6);
		p->preq[0] = PDU_REQUEST;
		/* No key that was not offered (3.6.1). */
		own[4] &= p->preq[5];
		own[5] &= p->preq[6];
		reference_peer_send(p, PDU_RESPONSE, own, sizeof(own));
	}
	p->sc = (p->preq[3] & p->pres[3] & AUTH_SC) != 0;
	p->negotiated_size = p->preq[4] < p->pres[4] ? p->preq[4] : p->pres[4];
	p->negotiated_init = p->preq[5] & p->pres[5];
	p->negotiated_resp = p->preq[6] & p->pres[6];
}

/* ---- The users ------------------------------------------------------------------------------- */

/* Sends Keypress Notifications if both agreed on them and our user types (3.5.8). */
static void type(struct reference_peer *p)
{
	static const uint8_t keys[] = {0, 1, 1, 1, 1, 1, 1, 4};

	if (!p->sc || !(p->preq[3] & p->pres[3] & AUTH_KEYPRESS))
		return;
	for (size_t i = 0; i < sizeof(keys); i++)
		reference_peer_send(p, PDU_KEYPRESS, &keys[i], 1);
}

void reference_peer_users(struct reference_peer *p)
{
	const json_t *event = expect_event(p, "passkey");
	const char *shown = json_string_value(json_object_get(event, "passkey"));
	char text[8];

	p->shown = p->passkey;
	if (shown) {
		assert_int_equal(sscanf(shown, "%6u", &p->shown), 1);
		type(p);
	} else if (!p->users_away) {
		(void)snprintf(text, sizeof(text), "%06u", p->passkey);
		program_answer(text);
	}
	if (p->other_bit >= 0)
		p->shown ^= 1U << p->other_bit;
}

static void compare(struct reference_peer *p)
{
	const json_t *event = expect_event(p, "confirm");
	const uint8_t *own = p->keypair.public_key;
	char text[8];

	assert_int_equal(
		p->initiates
			? crypto_g2(own, p->program_key, p->nonce, p->program_nonce, &p->shown)
			: crypto_g2(p->program_key, own, p->program_nonce, p->nonce, &p->shown),
		0);
	(void)snprintf(text, sizeof(text), "%06u", p->shown);
	assert_string_equal(json_string_value(json_object_get(event, "number")), text);
	if (!p->users_away)
		program_answer("yes");
}

/* ---- Phase 2, legacy ------------------------------------------------------------------------- */

static void temporary_key(const struct reference_peer *p, uint8_t tk[16])
{
	memset(tk, 0, 16);
	if (p->method == PASSKEY)
		bytes_put_le32(tk, p->shown);
	if (p->method == OUT_OF_BAND)
		memcpy(tk, p->tk, 16);
}

static void legacy_confirm(const struct reference_peer *p, const uint8_t random[16],
			   uint8_t confirm[16])
{
	uint8_t tk[16];

	temporary_key(p, tk);
	assert_int_equal(
		crypto_c1(tk, random, p->preq, p->pres, initiator(p), responder(p), confirm), 0);
}

void reference_peer_legacy_confirms(struct reference_peer *p)
{
	random_octets(p->nonce, 16);
	legacy_confirm(p, p->nonce, p->confirm);
	if (p->initiates)
		reference_peer_send(p, PDU_CONFIRM, p->confirm, 16);
	memcpy(p->program_confirm, expect(p, PDU_CONFIRM), 16);
	if (!p->initiates)
		reference_peer_send(p, PDU_CONFIRM, p->confirm, 16);
}

/* "The most significant octets of the key are masked", 2.3.4: they come last. */
static void shorten(struct reference_peer *p)
{
	memset(p->ltk, 0, 16);
	memcpy(p->ltk, p->full_ltk, p->negotiated_size);
}

void reference_peer_legacy_randoms(struct reference_peer *p)
{
	uint8_t expected[16], tk[16];

	if (p->initiates)
		reference_peer_send(p, PDU_RANDOM, p->nonce, 16);
	memcpy(p->program_nonce, expect(p, PDU_RANDOM), 16);
	if (!p->accepts_any_confirm && p->other_bit < 0) {
		legacy_confirm(p, p->program_nonce, expected);
		assert_memory_equal(expected, p->program_confirm, 16);
	}
	if (!p->initiates)
		reference_peer_send(p, PDU_RANDOM, p->nonce, 16);
	temporary_key(p, tk);
	assert_int_equal(p->initiates ? crypto_s1(tk, p->program_nonce, p->nonce, p->full_ltk)
				      : crypto_s1(tk, p->nonce, p->program_nonce, p->full_ltk),
			 0);
	shorten(p);
}

/* ---- Phase 2, Secure Connections ------------------------------------------------------------- */

void reference_peer_public_keys(struct reference_peer *p)
{
	if (p->initiates)
		reference_peer_send(p, PDU_PUBLIC_KEY, p->keypair.public_key, 64);
	memcpy(p->program_key, expect(p, PDU_PUBLIC_KEY), 64);
	assert_int_equal(crypto_p256_check(p->program_key), 0);
	if (!p->initiates)
		reference_peer_send(p, PDU_PUBLIC_KEY, p->keypair.public_key, 64);
}

/* Our confirm value and the program's of this nonce and z. */
static void own_f4(const struct reference_peer *p, uint8_t z, uint8_t out[16])
{
	assert_int_equal(crypto_f4(p->keypair.public_key, p->program_key, p->nonce, z, out), 0);
}

static void check_program_f4(const struct reference_peer *p, uint8_t z)
{
	uint8_t expected[16];

	assert_int_equal(
		crypto_f4(p->program_key, p->keypair.public_key, p->program_nonce, z, expected), 0);
	assert_memory_equal(expected, p->program_confirm, 16);
}

void reference_peer_nonces(struct reference_peer *p)
{
	bool commits = p->method != OUT_OF_BAND; /* the responder does */

	random_octets(p->nonce, 16);
	own_f4(p, 0, p->confirm);
	if (p->initiates) {
		if (commits)
			memcpy(p->program_confirm, expect(p, PDU_CONFIRM), 16);
		reference_peer_send(p, PDU_RANDOM, p->nonce, 16);
		memcpy(p->program_nonce, expect(p, PDU_RANDOM), 16);
		if (commits)
			check_program_f4(p, 0);
	} else {
		if (commits)
			reference_peer_send(p, PDU_CONFIRM, p->confirm, 16);
		memcpy(p->program_nonce, expect(p, PDU_RANDOM), 16);
		reference_peer_send(p, PDU_RANDOM, p->nonce, 16);
	}
	if (p->method == COMPARISON)
		compare(p);
}

void reference_peer_rounds(struct reference_peer *p)
{
	for (unsigned round = 0; round < 20; round++) {
		uint8_t z = (uint8_t)(0x80 | (p->shown >> round & 1));

		random_octets(p->nonce, 16);
		own_f4(p, z, p->confirm);
		if (p->initiates)
			reference_peer_send(p, PDU_CONFIRM, p->confirm, 16);
		memcpy(p->program_confirm, expect(p, PDU_CONFIRM), 16);
		if (!p->initiates)
			reference_peer_send(p, PDU_CONFIRM, p->confirm, 16);
		if (p->initiates)
			reference_peer_send(p, PDU_RANDOM, p->nonce, 16);
		memcpy(p->program_nonce, expect(p, PDU_RANDOM), 16);
		if ((int)round != p->other_bit)
			check_program_f4(p, z);
		if (!p->initiates)
			reference_peer_send(p, PDU_RANDOM, p->nonce, 16);
	}
}

/*
 * f6(MacKey, N of the sender, N of the receiver, r of the receiver, IO of the sender, addresses):
 * r is the passkey, or the out-of-band random of the receiver if the sender has it.
 */
static void check_value(const struct reference_peer *p, bool ours, uint8_t out[16])
{
	const struct crypto_address *own = &p->raw->air.address, *program = &p->raw->peer;
	const uint8_t *features = ours == p->initiates ? p->preq : p->pres;
	uint8_t r[16] = {0};

	if (p->method == PASSKEY)
		bytes_put_le32(r, p->shown);
	if (p->method == OUT_OF_BAND && features[2])
		memcpy(r, ours ? p->program_oob_random : p->oob_random, 16);
	assert_int_equal(crypto_f6(p->mackey, ours ? p->nonce : p->program_nonce,
				   ours ? p->program_nonce : p->nonce, r, features + 1,
				   ours ? own : program, ours ? program : own, out),
			 0);
}

void reference_peer_checks(struct reference_peer *p)
{
	uint8_t dhkey[32], own[16], expected[16];

	assert_int_equal(crypto_p256_dhkey(p->keypair.private_key, p->program_key, dhkey), 0);
	assert_int_equal(crypto_f5(dhkey, p->initiates ? p->nonce : p->program_nonce,
				   p->initiates ? p->program_nonce : p->nonce, initiator(p),
				   responder(p), p->mackey, p->full_ltk),
			 0);
	shorten(p);
	check_value(p, true, own);
	check_value(p, false, expected);
	if (p->initiates)
		reference_peer_send(p, PDU_DHKEY_CHECK, own, 16);
	assert_memory_equal(expect(p, PDU_DHKEY_CHECK), expected, 16);
	if (!p->initiates)
		reference_peer_send(p, PDU_DHKEY_CHECK, own, 16);
}

/* ---- Encryption and phase 3 ------------------------------------------------------------------ */

static bool encrypted_or_unread(void *ctx)
{
	struct raw_peer *t = ctx;

	return t->encryptions || !t->link || raw_peer_unread(t);
}

void reference_peer_encryption(struct reference_peer *p)
{
	static const uint8_t zero[8] = {0};
	struct raw_peer *t = p->raw;

	if (p->stop_unencrypted) {
		t->ltk_silent = true;
		stop(p);
	}
	if (p->initiates) {
		air_encrypt(t->link, p->ltk, zero, 0);
	} else {
		memcpy(t->ltk, p->ltk, 16);
		t->has_ltk = true;
	}
	(void)world_until(encrypted_or_unread, t, RAW_PEER_PATIENCE);
	if (!t->encryptions && raw_peer_unread(t))
		(void)expect(p, PDU_FAILED); /* it rejects our last PDU */
	if (!t->encryptions)
		missing(p, "encryption");
	assert_int_equal(t->encryption_status, 0);
	if (p->initiates)
		return;
	assert_int_equal(t->wanted_ediv, 0);
	assert_memory_equal(t->wanted_rand, zero, 8);
}

static void send_keys(struct reference_peer *p, uint8_t dist)
{
	const struct reference_peer_keys *k = &p->own;
	uint8_t address[7] = {k->identity.type}, ltk[16] = {0}, name[10];

	memcpy(ltk, k->ltk, p->negotiated_size);
	bytes_put_le16(name, k->ediv);
	memcpy(name + 2, k->rand, 8);
	memcpy(address + 1, k->identity.octets, 6);
	if (dist & KEY_ENC && !p->sc) {
		reference_peer_send(p, PDU_ENCRYPTION_INFORMATION, ltk, 16);
		reference_peer_send(p, PDU_CENTRAL_IDENTIFICATION, name, 10);
	}
	if (dist & KEY_ID) {
		reference_peer_send(p, PDU_IDENTITY_INFORMATION, k->irk, 16);
		reference_peer_send(p, PDU_IDENTITY_ADDRESS, address, 7);
	}
	if (dist & KEY_SIGN)
		reference_peer_send(p, PDU_SIGNING_INFORMATION, k->csrk, 16);
}

static void receive_keys(struct reference_peer *p, uint8_t dist)
{
	struct reference_peer_keys *k = &p->received;
	const uint8_t *pdu;

	if (dist & KEY_ENC && !p->sc) {
		memcpy(k->ltk, expect(p, PDU_ENCRYPTION_INFORMATION), 16);
		pdu = expect(p, PDU_CENTRAL_IDENTIFICATION);
		k->ediv = bytes_get_le16(pdu);
		memcpy(k->rand, pdu + 2, 8);
		k->dist |= KEY_ENC;
	}
	if (dist & KEY_ID) {
		memcpy(k->irk, expect(p, PDU_IDENTITY_INFORMATION), 16);
		pdu = expect(p, PDU_IDENTITY_ADDRESS);
		k->identity.type = pdu[0];
		memcpy(k->identity.octets, pdu + 1, 6);
		k->dist |= KEY_ID;
	}
	if (dist & KEY_SIGN) {
		memcpy(k->csrk, expect(p, PDU_SIGNING_INFORMATION), 16);
		k->dist |= KEY_SIGN;
	}
}

void reference_peer_keys(struct reference_peer *p)
{
	/* The responder sends its keys first, 2.4.3. */
	if (p->initiates) {
		receive_keys(p, p->negotiated_resp);
		send_keys(p, p->negotiated_init);
	} else {
		send_keys(p, p->negotiated_resp);
		receive_keys(p, p->negotiated_init);
	}
}

/* ---- A whole pairing ------------------------------------------------------------------------- */

static void pair_legacy(struct reference_peer *p)
{
	if (p->method == PASSKEY)
		reference_peer_users(p);
	reference_peer_legacy_confirms(p);
	reference_peer_legacy_randoms(p);
}

static void pair_secure(struct reference_peer *p)
{
	reference_peer_public_keys(p);
	if (p->method == PASSKEY) {
		reference_peer_users(p);
		reference_peer_rounds(p);
	} else {
		reference_peer_nonces(p);
	}
	reference_peer_checks(p);
}

bool reference_peer_pair(struct reference_peer *p)
{
	p->may_stop = true;
	if (setjmp(p->stop) == 0) {
		reference_peer_features(p);
		if (p->sc)
			pair_secure(p);
		else
			pair_legacy(p);
		reference_peer_encryption(p);
		reference_peer_keys(p);
		p->paired = true;
	}
	p->may_stop = false;
	if (p->refused)
		raw_peer_expect_silence(p->raw, RAW_PEER_PATIENCE);
	return p->paired;
}

/* ---- Out of band, across transports ---------------------------------------------------------- */

static void put_hex(char *text, const uint8_t value[16])
{
	for (int i = 0; i < 16; i++)
		(void)sprintf(text + 2 * i, "%02x", value[15 - i]);
}

static void get_hex(const char *text, uint8_t value[16])
{
	assert_int_equal(strlen(text), 32);
	for (int i = 0; i < 16; i++)
		assert_int_equal(sscanf(text + 2 * i, "%2hhx", &value[15 - i]), 1);
}

const char *reference_peer_oob(struct reference_peer *p, char text[96])
{
	char confirm[33], random[33];
	uint8_t value[16];
	const uint8_t *x = p->keypair.public_key;

	assert_int_equal(crypto_f4(x, x, p->oob_random, 0, value), 0);
	put_hex(confirm, value);
	put_hex(random, p->oob_random);
	(void)snprintf(text, 96, "confirm=%s,random=%s", confirm, random);
	return text;
}

void reference_peer_take_oob(struct reference_peer *p)
{
	const json_t *event = program_event("oob");

	assert_non_null(event);
	get_hex(json_string_value(json_object_get(event, "confirm")), p->program_oob_confirm);
	get_hex(json_string_value(json_object_get(event, "random")), p->program_oob_random);
}

void reference_peer_link_key(const struct reference_peer *p, uint8_t key[16])
{
	uint8_t intermediate[16];
	bool ct2 = p->preq[3] & p->pres[3] & AUTH_CT2;

	assert_int_equal(ct2 ? crypto_h7(0x746d7031, p->full_ltk, intermediate)
			     : crypto_h6(p->full_ltk, 0x746d7031, intermediate),
			 0);
	assert_int_equal(crypto_h6(intermediate, 0x6c656272, key), 0);
}
