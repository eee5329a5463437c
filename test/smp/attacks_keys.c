/* SPDX-License-Identifier: MIT */
/* Attacks by keys and secret values: invalid, reflected, guessable, short or used twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smp/attacker.h"

static void from_hex(const char *most_significant_first, uint8_t out[32])
{
	for (size_t n = 0; n < 32; n++) {
		unsigned octet;
		assert_int_equal(sscanf(most_significant_first + 2 * n, "%2x", &octet), 1);
		out[31 - n] = (uint8_t)octet;
	}
}

/*
 * SM/CEN/KDU/BI-04-C, SM/PER/KDU/BI-04-C: exactly DHKey Check Failed, as soon as the key is here,
 * nothing computed with it, and another key pair the next time.
 */
static void invalid_curve(void **state)
{
	static const uint8_t zero[32] = {0};
	/* P-256: a point, its X written with the prime added, an X that is on the twist only. */
	static const char five[] =
		"0000000000000000000000000000000000000000000000000000000000000005";
	static const char y_of_five[] =
		"459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
	static const char five_and_p[] =
		"ffffffff00000001000000000000000000000001000000000000000000000004";
	static const char prime[] =
		"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	static const char on_twist[] =
		"0000000000000000000000000000000000000000000000000000000000000001";
	uint8_t x[32], y[32], own[2][64];

	(void)state;
	for (int round = 0; round < 20; round++) {
		int role = round % 2;
		attack_prepare(role);
		us.config.keypair = NULL;
		attack_features(NINO, SC);
		const uint8_t *good = peer.keypair.public_key;
		memcpy(x, good, 32);
		memcpy(y, good + 32, 32);
		switch (round / 2) {
		case 0: /* CVE-2018-5383: y = 0 */
			memcpy(y, zero, 32);
			break;
		case 1: /* the point at infinity, as some write it */
			memcpy(x, zero, 32);
			memcpy(y, zero, 32);
			break;
		case 2:
			memcpy(x, zero, 32);
			break;
		case 3: /* one bit */
			y[7] ^= 1;
			break;
		case 4:
			x[31] ^= 0x80;
			break;
		case 5: /* the twist */
			from_hex(on_twist, x);
			break;
		case 6: /* coordinates not below the prime */
			from_hex(five_and_p, x);
			from_hex(y_of_five, y);
			break;
		case 7:
			from_hex(prime, x);
			from_hex(prime, y);
			break;
		case 8: /* X and Y exchanged */
			memcpy(x, good + 32, 32);
			memcpy(y, good, 32);
			break;
		default: /* the same point, reduced, is valid */
			from_hex(five, x);
			from_hex(y_of_five, y);
			attack_send_key(x, y);
			assert_false(us.failed);
			continue;
		}
		size_t before = us.sent_count;
		memcpy(own[role], us.smp.secret.keypair.public_key, 64);
		attack_send_key(x, y);
		assert_refused(&us, SMP_DHKEY_CHECK_FAILED);
		assert_int_equal(us.sent_count, before + 1);
		/* The key pair is gone: a second key cannot be tried on it. */
		attack_send_key(good, good + 32);
		assert_int_equal(us.sent_count, before + 1);
		us.config.keypair = NULL;
		us.failed = false;
		attack_features(NINO, SC);
		assert_memory_not_equal(own[role], us.smp.secret.keypair.public_key, 32);
	}
}

/* Our own public key, with either Y: the curve has two points for each X. */
static void reflected_key(void **state)
{
	static const char prime[] =
		"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	uint8_t p[32], y[32];

	(void)state;
	from_hex(prime, p);
	for (int round = 0; round < 4; round++) {
		int role = round % 2, borrow = 0;
		attack_prepare(role);
		us.config.io = SHOW;
		attack_features(TYPE, SC);
		const uint8_t *own = us.keypair.public_key;
		memcpy(y, own + 32, 32);
		for (size_t n = 0; round >= 2 && n < 32; n++) { /* p - y */
			int d = p[n] - own[32 + n] - borrow;
			borrow = d < 0;
			y[n] = (uint8_t)d;
		}
		uint8_t key[64];
		memcpy(key, own, 32);
		memcpy(key + 32, y, 32);
		assert_int_equal(crypto_p256_check(key), 0); /* a valid key */
		attack_send_key(own, y);
		assert_refused(&us, SMP_DHKEY_CHECK_FAILED);
		assert_non_null(strstr(us.failure.text, "our own"));
	}
}

/* Part H 2.3.5.6.1: the private key is in the specification, so it authenticates no device. */
static void debug_key(void **state)
{
	static const char private_key[] =
		"3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd";

	(void)state;
	for (int round = 0; round < 8; round++) {
		bool required = round & 2, floor = round & 4;
		attack_prepare(round % 2);
		from_hex(private_key, peer.keypair.private_key);
		assert_int_equal(
			crypto_p256_public(peer.keypair.private_key, peer.keypair.public_key), 0);
		us.config.io = peer.config.io = SMP_IO_DISPLAY_YES_NO;
		us.config.mitm = required ? SMP_MITM_REQUIRE : SMP_MITM_PREFER;
		us.config.floor.authenticated = floor;
		attack_pair();
		if (required || floor) {
			assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
			assert_non_null(strstr(us.failure.text, "debug key"));
			continue;
		}
		assert_true(us.paired && peer.paired);
		assert_int_equal(us.smp.bond.method, SMP_NUMERIC_COMPARISON);
		assert_false(us.smp.bond.authenticated);
		assert_non_null(strstr(us.smp.bond.note, "debug key"));
		assert_true(peer.smp.bond.authenticated); /* our key is not the debug key */
	}
}

/* A peer without any secret repeats our confirm value or nonce, in each kind of pairing. */
static void mirrors(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool sc = n & 1, passkey = n & 2;
		attack_prepare(CEN);
		us.config.io = SHOW;
		attack_features(passkey ? TYPE : NINO, sc ? SC : LEGACY);
		if (sc)
			attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		if (sc && !passkey) {
			/* It commits first: the mirror can only repeat our nonce. */
			attack_send(SMP_PAIRING_CONFIRM, "anything at all.");
			assert_int_equal(end_last(&us), SMP_PAIRING_RANDOM);
		} else {
			assert_int_equal(end_last(&us), SMP_PAIRING_CONFIRM);
		}
		end_pdu(&us, us.sent[us.sent_count - 1].data, 17);
		assert_refused(&us, SMP_CONFIRM_VALUE_FAILED);
		assert_non_null(strstr(us.failure.text, "our own"));
	}
	/* A mirror that waits for the nonce: legacy, any confirm value, then our nonce. */
	attack_prepare(CEN);
	attack_features(NINO, LEGACY);
	attack_send(SMP_PAIRING_CONFIRM, "anything at all.");
	assert_int_equal(end_last(&us), SMP_PAIRING_RANDOM);
	end_pdu(&us, us.sent[us.sent_count - 1].data, 17);
	assert_refused(&us, SMP_CONFIRM_VALUE_FAILED);
	/* In each of the twenty rounds of passkey entry. */
	for (unsigned round = 0; round < 20; round++) {
		attack_prepare(CEN);
		us.config.io = SHOW;
		peer.config.io = TYPE;
		us.config.has_passkey = true;
		end_begin(&us);
		end_begin(&peer);
		end_start(&us);
		for (size_t n = 0; n < 2 + 2 * round; n++) {
			end_pdu(&peer, us.sent[n].data, us.sent[n].len);
			if (peer.asks_passkey)
				end_passkey(&peer, us.number);
			end_pdu(&us, peer.sent[n].data, peer.sent[n].len);
		}
		assert_int_equal(end_last(&us), SMP_PAIRING_CONFIRM);
		end_pdu(&us, us.sent[us.sent_count - 1].data, 17);
		assert_refused(&us, SMP_CONFIRM_VALUE_FAILED);
	}
}

/*
 * A key that was never set: asked for before its time, at each state; asked for under another name;
 * and distributed by the peer. The harness fails every test in which an engine hands out zeroes.
 */
static void zero_long_term_key(void **state)
{
	static const uint8_t zero[16], ones[16] = {[0 ... 15] = 0xff};
	struct smp_event event = {.kind = SMP_EV_LTK_REQUEST};
	uint8_t short_key[16] = "AAAAAAAbcdefghi"; /* its seven octets that count are one */

	(void)state;
	attack_prepare(PER);
	attack_features(NINO, LEGACY);
	end_event(&us, event);
	assert_true(us.denies && !us.replies);

	attack_prove_as_responder();
	event.ltk_request.ediv = 1;
	end_event(&us, event);
	assert_true(us.denies && !us.replies);
	event.ltk_request.ediv = 0;
	event.ltk_request.rand[7] = 1;
	end_event(&us, event);
	assert_false(us.replies);
	event.ltk_request.rand[7] = 0;
	end_event(&us, event);
	assert_true(us.replies);

	for (int round = 0; round < 8; round++) {
		int role = round % 2;
		const uint8_t *keys[] = {zero, ones, short_key,
					 (const uint8_t *)"0123456789abcdef"};
		attack_prepare(role);
		us.config.sc = SMP_SC_OFF;
		us.config.max_key_size = round / 2 == 2 ? 7 : 16;
		us.config.init_keys = us.config.resp_keys = SMP_DIST_ENC;
		peer.keeps_keys = true;
		attack_pair();
		assert_int_equal(us.smp.state, SMP_STATE_KEYS);
		attack_send(SMP_ENCRYPTION_INFORMATION, keys[round / 2]);
		attack_send(SMP_CENTRAL_IDENTIFICATION, "\0\0\0\0\0\0\0\0\0"); /* that is allowed */
		if (round / 2 == 3) {
			assert_true(us.paired);
			continue;
		}
		assert_refused(&us, SMP_KEY_REJECTED);
		assert_true(bytes_all_zero((const uint8_t *)&us.smp.bond, sizeof(us.smp.bond)));
	}
}

/* The other keys: a guessable signature key is rejected, a guessable IRK is left out. */
static void guessable_keys(void **state)
{
	static const uint8_t ones[16] = {[0 ... 15] = 0xff};

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		attack_prepare(role);
		peer.keeps_keys = true;
		attack_pair();
		assert_int_equal(us.smp.state, SMP_STATE_KEYS);
		attack_send(SMP_IDENTITY_INFORMATION, ones);
		attack_send(SMP_IDENTITY_ADDRESS_INFORMATION, "\0\0\0\0\0\0");
		assert_false(us.failed || us.smp.bond.peer.has_irk);
		attack_send(SMP_SIGNING_INFORMATION, ones);
		assert_refused(&us, SMP_KEY_REJECTED);
	}
}

/* Every length of every command but its own, at each state up to the end: 0x0A, or no answer. */
static void malformed_public_key(void **state)
{
	uint8_t pdu[70] = {0};

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		for (size_t len = 1; len <= sizeof(pdu); len++) {
			attack_prepare(role);
			attack_features(NINO, SC);
			assert_int_equal(us.smp.state, SMP_STATE_PUBLIC_KEYS);
			pdu[0] = SMP_PAIRING_PUBLIC_KEY;
			memcpy(pdu + 1, peer.keypair.public_key, 64);
			/* In a buffer of this length: a sanitizer detects a read past the end. */
			uint8_t *exact = malloc(len);
			assert_non_null(exact);
			memcpy(exact, pdu, len);
			end_pdu(&us, exact, len);
			free(exact);
			if (len == 65)
				assert_false(us.failed);
			else
				assert_refused(&us, SMP_INVALID_PARAMETERS);
		}
		/* And twice. */
		attack_prepare(role);
		attack_features(NINO, SC);
		attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
	}
}

/* KNOB: the peer, or an attacker that changes its PDU, asks for a key of seven octets. */
static void short_key(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		bool sc = n & 2, allowed = n & 4;
		attack_prepare(n & 1);
		us.config.sc = sc ? SMP_SC_PREFER : SMP_SC_OFF;
		us.config.min_key_size = allowed ? 7 : 16;
		peer.config.max_key_size = 7;
		attack_pair();
		if (!allowed) {
			assert_refused(&us, SMP_ENCRYPTION_KEY_SIZE);
			continue;
		}
		/* Where it is allowed, the key is shortened before it is used or stored. */
		assert_true(us.paired);
		assert_int_equal(us.smp.bond.key_size, 7);
		assert_true(bytes_all_zero(us.ltk + 7, 9));
		assert_true(bytes_all_zero(us.smp.bond.local.ltk + 7, 9));
		assert_true(bytes_all_zero(us.smp.bond.peer.ltk + 7, 9));
	}
}

/* The key of the other transport is neither offered nor made unless both sides request it. */
static void cross_transport(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool asked = n & 2;
		attack_prepare(n & 1);
		if (asked)
			us.config.init_keys = us.config.resp_keys = SMP_DIST_ALL;
		peer.config.init_keys = peer.config.resp_keys = SMP_DIST_ALL;
		attack_pair();
		assert_true(us.paired && peer.paired);
		assert_int_equal((us.sent[0].data[5] | us.sent[0].data[6]) & SMP_DIST_LINK,
				 asked ? SMP_DIST_LINK : 0);
		assert_int_equal(us.smp.bond.has_link_key, asked);
		assert_int_equal(peer.smp.bond.has_link_key, asked);
	}
}

/* Only a peer that has our out-of-band data gets their key pair; another peer does not spend it. */
static void out_of_band_keys_of_ours(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool has = n & 2;
		attack_prepare(n & 1);
		give_oob(&peer, &us);
		peer.config.oob.has_peer = has;
		attack_pair();
		assert_true(us.paired && peer.paired);
		assert_int_equal(us.smp.bond.method, has ? SMP_OOB : SMP_JUST_WORKS);
		assert_int_equal(smp_spent_own_oob(&us.smp), has);
		bool sent = false;
		for (size_t k = 0; k < us.sent_count; k++)
			if (us.sent[k].data[0] == SMP_PAIRING_PUBLIC_KEY)
				sent = memcmp(us.sent[k].data + 1, us.keypair.public_key, 64) == 0;
		assert_int_equal(sent, has);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACK("CVE-2018-5383: invalid curve, (0,0), the twist", invalid_curve),
		ATTACK("CVE-2020-26558, CVE-2021-37577: our own public key, either Y",
		       reflected_key),
		ATTACK("the debug key of the specification", debug_key),
		ATTACK("SM.TS JW/BI-06, PKE/BI-03: mirrored confirm value and random", mirrors),
		ATTACK("CVE-2019-19194: a zero long term key", zero_long_term_key),
		ATTACK("keys that can be guessed", guessable_keys),
		ATTACK("CVE-2019-17520: malformed public key", malformed_public_key),
		ATTACK("CVE-2019-9506: KNOB, a short key", short_key),
		ATTACK("CVE-2020-15802: BLURtooth, a key for the other transport", cross_transport),
		ATTACK("Part H 2.3.6: our out-of-band key pair serves once",
		       out_of_band_keys_of_ours),
	};
	return cmocka_run_group_tests(tests, attack_start, NULL);
}
