/* SPDX-License-Identifier: MIT */
/*
 * Known attacks on the Security Manager, each a test of its name: what a hostile peer sends, and
 * what is answered. docs/security.md lists them, and those that need more than an engine:
 * test/e2e/attacks.test.mjs. Whatever has no name yet is for hostile.c, tamper.c and the charts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smp/harness.h"
#include "smp/reason.h"

static struct end us, peer;

enum { CEN = SMP_INITIATOR, PER = SMP_RESPONDER };
#define NINO SMP_IO_NO_INPUT_NO_OUTPUT
#define SHOW SMP_IO_DISPLAY_ONLY
#define TYPE SMP_IO_KEYBOARD_ONLY

#define LEGACY 0x05 /* AuthReq: bonding and MITM */
#define SC     0x0d

static void prepare(int role)
{
	end_prepare(&us, (enum smp_role)role);
	end_prepare(&peer, role == CEN ? SMP_RESPONDER : SMP_INITIATOR);
}

/* The peer's side of the feature exchange; us.config is as the test wants it. */
static void exchange_features(uint8_t io, uint8_t auth_req)
{
	const uint8_t pdu[7] = {us.config.role == SMP_INITIATOR ? SMP_PAIRING_RESPONSE
								: SMP_PAIRING_REQUEST,
				io, 0, auth_req, 16};

	end_begin(&us);
	smp_prepare(&us.smp);
	if (us.config.role == SMP_INITIATOR)
		end_start(&us);
	end_pdu(&us, pdu, sizeof(pdu));
}

static void send(uint8_t code, const void *parameters)
{
	uint8_t pdu[65] = {code};

	memcpy(pdu + 1, parameters, smp_pdu_format(code)->length - 1);
	end_pdu(&us, pdu, smp_pdu_format(code)->length);
}

static void send_key(const uint8_t x[32], const uint8_t y[32])
{
	uint8_t key[64];

	memcpy(key, x, 32);
	memcpy(key + 32, y, 32);
	send(SMP_PAIRING_PUBLIC_KEY, key);
}

/* The two of them, with each other, as they are configured. */
static void pair(void)
{
	static const struct run run = {.passkey_when_both_type = 123456};
	bool central = us.config.role == SMP_INITIATOR;

	end_begin(&us);
	end_begin(&peer);
	run_pairing(central ? &us : &peer, central ? &peer : &us, &run);
}

/* Legacy Just Works: both have proven all, and the responder waits for the link's encryption. */
static void prove_as_responder(void)
{
	prepare(PER);
	us.config.sc = peer.config.sc = SMP_SC_OFF;
	end_begin(&us);
	end_begin(&peer);
	end_start(&peer);
	for (size_t n = 0; n < 3; n++) {
		end_pdu(&us, peer.sent[n].data, peer.sent[n].len);
		end_pdu(&peer, us.sent[n].data, us.sent[n].len);
	}
	assert_int_equal(us.smp.state, SMP_STATE_KEY_WANTED);
}

/* ---- Public keys ----------------------------------------------------------------------------- */

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
		prepare(role);
		us.config.keypair = NULL;
		exchange_features(NINO, SC);
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
		default: /* of that point only the writing was wrong */
			from_hex(five, x);
			from_hex(y_of_five, y);
			send_key(x, y);
			assert_false(us.failed);
			continue;
		}
		size_t before = us.sent_count;
		memcpy(own[role], us.smp.secret.keypair.public_key, 64);
		send_key(x, y);
		assert_refused(&us, SMP_DHKEY_CHECK_FAILED);
		assert_int_equal(us.sent_count, before + 1);
		/* Too late to try the next one on the same key pair: it is gone. */
		send_key(good, good + 32);
		assert_int_equal(us.sent_count, before + 1);
		us.config.keypair = NULL;
		us.failed = false;
		exchange_features(NINO, SC);
		assert_memory_not_equal(own[role], us.smp.secret.keypair.public_key, 32);
	}
}

/* Our own key comes back, with its Y or the other: the curve has two points for an X. */
static void reflected_key(void **state)
{
	static const char prime[] =
		"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	uint8_t p[32], y[32];

	(void)state;
	from_hex(prime, p);
	for (int round = 0; round < 4; round++) {
		int role = round % 2, borrow = 0;
		prepare(role);
		us.config.io = SHOW;
		exchange_features(TYPE, SC);
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
		assert_int_equal(crypto_p256_check(key), 0); /* a valid key, that is the point */
		send_key(own, y);
		assert_refused(&us, SMP_DHKEY_CHECK_FAILED);
		assert_non_null(strstr(us.failure.text, "our own"));
	}
}

/* Part H 2.3.5.6.1. The private key of the specification is no secret, and so is nobody's. */
static void debug_key(void **state)
{
	static const char private_key[] =
		"3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd";

	(void)state;
	for (int round = 0; round < 8; round++) {
		bool required = round & 2, floor = round & 4;
		prepare(round % 2);
		from_hex(private_key, peer.keypair.private_key);
		assert_int_equal(
			crypto_p256_public(peer.keypair.private_key, peer.keypair.public_key), 0);
		us.config.io = peer.config.io = SMP_IO_DISPLAY_YES_NO;
		us.config.mitm = required ? SMP_MITM_REQUIRE : SMP_MITM_PREFER;
		us.config.floor.authenticated = floor;
		pair();
		if (required || floor) {
			assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
			assert_non_null(strstr(us.failure.text, "debug key"));
			continue;
		}
		assert_true(us.paired && peer.paired);
		assert_int_equal(us.smp.bond.method, SMP_NUMERIC_COMPARISON);
		assert_false(us.smp.bond.authenticated);
		assert_non_null(strstr(us.smp.bond.note, "debug key"));
		assert_true(peer.smp.bond.authenticated); /* it cannot know better */
	}
}

/* ---- Mirrors --------------------------------------------------------------------------------- */

/* A peer that knows nothing repeats our values: confirm, nonce, in each kind of pairing. */
static void mirrors(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool sc = n & 1, passkey = n & 2;
		prepare(CEN);
		us.config.io = SHOW;
		exchange_features(passkey ? TYPE : NINO, sc ? SC : LEGACY);
		if (sc)
			send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		if (sc && !passkey) {
			/* It commits first: the mirror can only repeat our nonce. */
			send(SMP_PAIRING_CONFIRM, "anything at all.");
			assert_int_equal(end_last(&us), SMP_PAIRING_RANDOM);
		} else {
			assert_int_equal(end_last(&us), SMP_PAIRING_CONFIRM);
		}
		end_pdu(&us, us.sent[us.sent_count - 1].data, 17);
		assert_refused(&us, SMP_CONFIRM_VALUE_FAILED);
		assert_non_null(strstr(us.failure.text, "our own"));
	}
	/* A mirror that waits for the nonce: legacy, any confirm value, then our nonce. */
	prepare(CEN);
	exchange_features(NINO, LEGACY);
	send(SMP_PAIRING_CONFIRM, "anything at all.");
	assert_int_equal(end_last(&us), SMP_PAIRING_RANDOM);
	end_pdu(&us, us.sent[us.sent_count - 1].data, 17);
	assert_refused(&us, SMP_CONFIRM_VALUE_FAILED);
	/* In each of the twenty rounds of passkey entry. */
	for (unsigned round = 0; round < 20; round++) {
		prepare(CEN);
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

/* ---- Order ----------------------------------------------------------------------------------- */

/* A Random before the Confirm made a stack reveal its passkey check: responder, every method. */
static void random_before_confirm(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 6; n++) {
		bool sc = n & 1;
		prepare(PER);
		us.config.io = n / 2 == 0 ? SMP_IO_KEYBOARD_ONLY : n / 2 == 1 ? SHOW : NINO;
		exchange_features(n / 2 == 0 ? SHOW : TYPE, sc ? SC : LEGACY);
		if (sc)
			send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		if (sc && n / 2 == 2)
			continue; /* Just Works: the initiator's Random is the next */
		size_t before = us.sent_count;
		send(SMP_PAIRING_RANDOM, "no confirm first");
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
		assert_int_equal(us.sent_count, before + 1);
		assert_false(us.prompt_open);
	}
	/* The user typed already, and the Confirm is still to come. */
	for (unsigned sc = 0; sc < 2; sc++) {
		prepare(PER);
		us.config.io = TYPE;
		exchange_features(SHOW, sc ? SC : LEGACY);
		if (sc)
			send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		end_passkey(&us, 123456);
		send(SMP_PAIRING_RANDOM, "no confirm first");
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
	}
}

/* Up to where the responder waits for the DHKey check, encryption begins, and what follows it. */
static void encryption_before_the_check(void **state)
{
	const uint8_t irk[16] = "their own secret";

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		prepare(role);
		exchange_features(NINO, SC);
		send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		if (role == CEN) {
			uint8_t confirm[16];
			assert_int_equal(crypto_f4(peer.keypair.public_key, us.keypair.public_key,
						   irk, 0, confirm),
					 0);
			send(SMP_PAIRING_CONFIRM, confirm);
		}
		send(SMP_PAIRING_RANDOM, irk);
		assert_int_equal(us.smp.state, SMP_STATE_DHKEY_CHECK);
		end_event(&us, (struct smp_event){.kind = SMP_EV_LTK_REQUEST});
		assert_int_equal(us.denies, role == PER);
		assert_false(us.replies);
		end_encrypted(&us, 0);
		assert_int_equal(us.smp.state, SMP_STATE_DHKEY_CHECK);
		send(SMP_IDENTITY_INFORMATION, irk);
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
		assert_false(us.paired || us.encrypts);
	}
}

/*
 * All is proven, but the link is encrypted with a key that we did not give for it, that of an old
 * bond for instance: no key is sent over it, none taken.
 */
static void encryption_with_another_key(void **state)
{
	(void)state;
	prove_as_responder();
	size_t before = us.sent_count;
	end_encrypted(&us, 0);
	assert_int_equal(us.smp.state, SMP_STATE_KEY_WANTED);
	assert_int_equal(us.sent_count, before);
	assert_false(smp_awaits_encryption(&us.smp)); /* so that nothing is held for later */
	send(SMP_IDENTITY_INFORMATION, "their own secret");
	assert_refused(&us, SMP_UNSPECIFIED_REASON);
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
	prepare(PER);
	exchange_features(NINO, LEGACY);
	end_event(&us, event);
	assert_true(us.denies && !us.replies);

	prove_as_responder();
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
		prepare(role);
		us.config.sc = SMP_SC_OFF;
		us.config.max_key_size = round / 2 == 2 ? 7 : 16;
		us.config.init_keys = us.config.resp_keys = SMP_DIST_ENC;
		peer.keeps_keys = true;
		pair();
		assert_int_equal(us.smp.state, SMP_STATE_KEYS);
		send(SMP_ENCRYPTION_INFORMATION, keys[round / 2]);
		send(SMP_CENTRAL_IDENTIFICATION, "\0\0\0\0\0\0\0\0\0"); /* that is allowed */
		if (round / 2 == 3) {
			assert_true(us.paired);
			continue;
		}
		assert_refused(&us, SMP_KEY_REJECTED);
		assert_true(bytes_all_zero((const uint8_t *)&us.smp.bond, sizeof(us.smp.bond)));
	}
}

/* Of the other keys: a guessable signature key is rejected, a guessable IRK names nobody. */
static void guessable_keys(void **state)
{
	static const uint8_t ones[16] = {[0 ... 15] = 0xff};

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		prepare(role);
		peer.keeps_keys = true;
		pair();
		assert_int_equal(us.smp.state, SMP_STATE_KEYS);
		send(SMP_IDENTITY_INFORMATION, ones);
		send(SMP_IDENTITY_ADDRESS_INFORMATION, "\0\0\0\0\0\0");
		assert_false(us.failed || us.smp.bond.peer.has_irk);
		send(SMP_SIGNING_INFORMATION, ones);
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
			prepare(role);
			exchange_features(NINO, SC);
			assert_int_equal(us.smp.state, SMP_STATE_PUBLIC_KEYS);
			pdu[0] = SMP_PAIRING_PUBLIC_KEY;
			memcpy(pdu + 1, peer.keypair.public_key, 64);
			/* Exactly as long as it says: a sanitizer sees who reads beyond. */
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
		prepare(role);
		exchange_features(NINO, SC);
		send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
	}
}

/* ---- Passkey entry --------------------------------------------------------------------------- */

/* After the twentieth round comes the DHKey check; a twenty-first is out of turn. */
static void passkey_round_21(void **state)
{
	(void)state;
	for (int role = CEN; role <= PER; role++) {
		struct end *i = role == CEN ? &us : &peer, *r = role == CEN ? &peer : &us;
		prepare(role);
		i->config.io = SHOW;
		r->config.io = TYPE;
		end_begin(i);
		end_begin(r);
		end_start(i);
		/* Features, keys, and a Confirm and a Random for each round. */
		for (size_t n = 0; n < 2 + 40; n++) {
			assert_true(us.smp.secret.round < 20 && peer.smp.secret.round < 20);
			end_pdu(r, i->sent[n].data, i->sent[n].len);
			end_pdu(i, r->sent[n].data, r->sent[n].len);
			if (r->asks_passkey)
				end_passkey(r, i->number);
		}
		assert_int_equal(us.smp.state, SMP_STATE_DHKEY_CHECK);
		assert_int_equal(us.smp.secret.round, 19);
		send(SMP_PAIRING_CONFIRM, "the twenty-first");
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
	}
}

/* One that the user fixed beforehand is used only then, and the bond says so. */
static void fixed_passkey(void **state)
{
	(void)state;
	for (int fixed = 0; fixed < 2; fixed++) {
		prepare(CEN);
		us.config.io = SHOW;
		peer.config.io = TYPE;
		us.config.has_passkey = fixed;
		us.config.passkey = 42;
		pair();
		assert_true(us.paired && us.smp.bond.authenticated);
		assert_int_equal(us.number == 42, fixed);
		assert_int_equal(us.smp.bond.note != NULL, fixed);
		if (fixed)
			assert_non_null(strstr(us.smp.bond.note, "fixed"));
	}
}

/* Keys pressed for ever, and requests for security: they prolong nothing and change nothing. */
static void floods(void **state)
{
	const uint8_t pressed[2] = {SMP_KEYPRESS_NOTIFICATION, SMP_KEYPRESS_DIGIT};
	const uint8_t request[2] = {SMP_SECURITY_REQUEST, SC};

	(void)state;
	for (int agreed = 0; agreed < 2; agreed++) {
		prepare(CEN);
		us.config.io = SHOW;
		us.config.keypress = agreed;
		exchange_features(TYPE, SC | (agreed ? SMP_AUTH_KEYPRESS : 0));
		send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		assert_int_equal(us.smp.state, SMP_STATE_PASSKEY_CONFIRM);
		for (int n = 0; n < 1000; n++) {
			struct smp_actions actions;
			const uint8_t *pdu = n & 1 ? pressed : request;
			smp_step(&us.smp, &(struct smp_event){.kind = SMP_EV_PDU, .pdu = {pdu, 2}},
				 &actions);
			/* No answer, and no timer started again (3.4: by what we send alone). */
			for (size_t k = 0; k < actions.count; k++)
				assert_int_equal(actions.list[k].kind, SMP_ACT_PEER_KEYPRESS);
			assert_int_equal(actions.count, (n & 1) && agreed);
		}
		assert_int_equal(us.smp.state, SMP_STATE_PASSKEY_CONFIRM);
	}
	/* After the end: the bond is what it was. */
	prepare(CEN);
	pair();
	struct smp_bond bond = us.smp.bond;
	end_pdu(&us, request, 2);
	assert_memory_equal(&bond, &us.smp.bond, sizeof(bond));
	assert_int_equal(us.security_requests, 0);
}

/* ---- Trust ----------------------------------------------------------------------------------- */

/* It is the method that ran which authenticates, not what was asked for. */
static void just_works_is_not_authenticated(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		prepare(n & 1);
		struct end *i = n & 1 ? &peer : &us, *r = n & 1 ? &us : &peer;
		i->config.io = (enum smp_io)(n / 4 % 5);
		r->config.io = (enum smp_io)(n / 20);
		i->config.sc = n & 2 ? SMP_SC_PREFER : SMP_SC_OFF;
		pair();
		assert_true(us.paired && peer.paired);
		/* Both asked for it, each time. */
		assert_true(us.smp.features.request.auth_req & SMP_AUTH_MITM);
		assert_int_equal(us.smp.bond.authenticated, us.smp.bond.method != SMP_JUST_WORKS);
	}
}

/* The request says no MITM: our own policy counts all the same, before the method is chosen. */
static void mitm_left_out_of_the_request(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool required = n & 1, sc = n & 2;
		prepare(PER);
		us.config.io = SHOW;
		us.config.mitm = required ? SMP_MITM_REQUIRE : SMP_MITM_PREFER;
		exchange_features(TYPE, (sc ? SC : LEGACY) & ~SMP_AUTH_MITM);
		assert_false(us.failed);
		assert_true(us.sent[0].data[3] & SMP_AUTH_MITM);
		assert_int_equal(us.smp.features.method, SMP_PASSKEY_WE_SHOW);
		/* And with a peer that has nothing to authenticate with: no Just Works. */
		prepare(PER);
		us.config.io = SHOW;
		us.config.mitm = SMP_MITM_REQUIRE;
		exchange_features(NINO, (sc ? SC : LEGACY) & ~SMP_AUTH_MITM);
		assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
	}
}

/* One user compares, the other types: who pins the model is not led into the other. */
static void method_confusion(void **state)
{
	const uint16_t passkey = 1U << SMP_PASSKEY_WE_SHOW | 1U << SMP_PASSKEY_WE_TYPE;

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		for (unsigned n = 0; n < 4; n++) {
			bool compare = n & 1, pinned_right = n & 2;
			prepare(role);
			us.config.io = SMP_IO_KEYBOARD_DISPLAY;
			us.config.methods =
				compare == pinned_right ? 1U << SMP_NUMERIC_COMPARISON : passkey;
			exchange_features(compare ? SMP_IO_DISPLAY_YES_NO : TYPE, SC);
			if (pinned_right) {
				assert_false(us.failed);
				continue;
			}
			assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
			assert_int_equal(us.failure.why, SMP_WHY_OTHER_METHOD);
			assert_false(us.prompt_open);
		}
	}
}

/* A bond is a floor: not legacy, not unauthenticated, not shorter; as strong is welcome. */
static void bond_is_not_weakened(void **state)
{
	static const struct {
		struct smp_floor floor;
		enum smp_io io;
		bool sc;
		uint8_t size, reason;
	} cases[] = {
		{{true, false, 16}, NINO, true, 16, 0},
		{{true, false, 16}, NINO, false, 16, SMP_AUTHENTICATION_REQUIREMENTS},
		{{false, false, 16}, NINO, true, 16, 0},
		{{false, false, 8}, NINO, false, 8, 0},
		{{false, false, 8}, NINO, false, 7, SMP_ENCRYPTION_KEY_SIZE},
		{{true, true, 16}, TYPE, true, 16, 0},
		{{true, true, 16}, NINO, true, 16, SMP_AUTHENTICATION_REQUIREMENTS},
		{{false, true, 7}, TYPE, false, 16, 0},
		{{false, true, 7}, NINO, false, 16, SMP_AUTHENTICATION_REQUIREMENTS},
	};

	(void)state;
	for (size_t n = 0; n < 2 * COUNT(cases); n++) {
		bool central = n % 2 == 0;
		prepare(central ? CEN : PER);
		us.config.mitm = SMP_MITM_OFF; /* the floor alone asks for what it needs */
		us.config.io = SHOW;
		us.config.floor = cases[n / 2].floor;
		peer.config.mitm = SMP_MITM_OFF;
		peer.config.io = cases[n / 2].io;
		peer.config.sc = cases[n / 2].sc ? SMP_SC_PREFER : SMP_SC_OFF;
		peer.config.max_key_size = cases[n / 2].size;
		pair();
		if (!cases[n / 2].reason) {
			assert_true(us.paired);
			continue;
		}
		assert_refused(&us, cases[n / 2].reason);
		assert_non_null(strstr(us.failure.text, "bond with this device"));
		assert_false(smp_attempted(&us.smp));
	}
}

/* KNOB: the peer, or who changes its PDU, asks for seven octets. */
static void short_key(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		bool sc = n & 2, allowed = n & 4;
		prepare(n & 1);
		us.config.sc = sc ? SMP_SC_PREFER : SMP_SC_OFF;
		us.config.min_key_size = allowed ? 7 : 16;
		peer.config.max_key_size = 7;
		pair();
		if (!allowed) {
			assert_refused(&us, SMP_ENCRYPTION_KEY_SIZE);
			continue;
		}
		/* Who wants it gets it, masked before it is used or kept. */
		assert_true(us.paired);
		assert_int_equal(us.smp.bond.key_size, 7);
		assert_true(bytes_all_zero(us.ltk + 7, 9));
		assert_true(bytes_all_zero(us.smp.bond.local.ltk + 7, 9));
		assert_true(bytes_all_zero(us.smp.bond.peer.ltk + 7, 9));
	}
}

/* The key of the other transport is neither offered nor made unless both sides were told to. */
static void cross_transport(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool asked = n & 2;
		prepare(n & 1);
		if (asked)
			us.config.init_keys = us.config.resp_keys = SMP_DIST_ALL;
		peer.config.init_keys = peer.config.resp_keys = SMP_DIST_ALL;
		pair();
		assert_true(us.paired && peer.paired);
		assert_int_equal((us.sent[0].data[5] | us.sent[0].data[6]) & SMP_DIST_LINK,
				 asked ? SMP_DIST_LINK : 0);
		assert_int_equal(us.smp.bond.has_link_key, asked);
		assert_int_equal(peer.smp.bond.has_link_key, asked);
	}
}

/* The SC bit is taken out of the features on their way. */
static void secure_connections_stripped(void **state)
{
	(void)state;
	for (int role = CEN; role <= PER; role++) {
		prepare(role);
		us.config.sc = SMP_SC_ONLY;
		exchange_features(NINO, LEGACY);
		assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
		assert_non_null(strstr(us.failure.text, "only Secure Connections"));
	}
}

/* ---- Again and again ------------------------------------------------------------------------- */

static bool yes(void *ctx)
{
	++*(int *)ctx;
	return true;
}

/* 2.3.6: no features, no method, nothing begun; also when a Security Request of ours is out. */
static void repeated_attempts(void **state)
{
	(void)state;
	for (int requested = 0; requested < 2; requested++) {
		int asked = 0;
		prepare(PER);
		us.config.too_soon = yes;
		us.config.too_soon_ctx = &asked;
		end_begin(&us);
		if (requested)
			end_start(&us);
		end_pdu(&us, (const uint8_t[7]){SMP_PAIRING_REQUEST, NINO, 0, SC, 16}, 7);
		assert_refused(&us, SMP_REPEATED_ATTEMPTS);
		assert_int_equal(asked, 1);
		assert_int_equal(us.features, 0);
		assert_false(smp_attempted(&us.smp));
	}
}

/* What counts as an attempt begins with the first value that tells anything, in either role. */
static void what_is_an_attempt(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool sc = n & 2;
		prepare(n & 1);
		exchange_features(NINO, sc ? SC : LEGACY);
		assert_int_equal(smp_attempted(&us.smp), (n & 1) == CEN);
		if ((n & 1) == PER && sc) {
			send(SMP_PAIRING_PUBLIC_KEY, us.keypair.public_key);
			assert_true(us.failed && smp_attempted(&us.smp));
		} else if ((n & 1) == PER) {
			send(SMP_PAIRING_CONFIRM, "anything at all.");
			assert_true(smp_attempted(&us.smp));
		}
	}
	prepare(CEN);
	us.config.io = TYPE; /* the user is asked, and nothing has gone out */
	exchange_features(SHOW, LEGACY);
	assert_false(smp_attempted(&us.smp));
}

/* Our out-of-band key pair is for who has the data; a stranger gets another, and spends nothing. */
static void out_of_band_keys_of_ours(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool has = n & 2;
		prepare(n & 1);
		give_oob(&peer, &us);
		peer.config.oob.has_peer = has;
		pair();
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

/* ---- Words ----------------------------------------------------------------------------------- */

/* Whatever number a peer gives reaches the user: 0x01 to 0x10 by name, all by number. */
static void every_reason(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < 256; reason++) {
		prepare(CEN);
		end_begin(&us);
		end_start(&us);
		end_pdu(&us, (const uint8_t[2]){SMP_PAIRING_FAILED, (uint8_t)reason}, 2);
		assert_int_equal(us.failure.by, SMP_BY_PEER);
		assert_int_equal(us.failure.reason, reason);
		assert_int_equal(us.sent_count, 1);
		bool known = reason >= 0x01 && reason <= 0x10;
		assert_int_equal(strstr(smp_reason_name((uint8_t)reason), "unknown") == NULL,
				 known);
	}
}

/* Who is cancelled among keys did not fail at the passkey. */
static void cancelled_among_keys(void **state)
{
	(void)state;
	for (int role = CEN; role <= PER; role++) {
		prepare(role);
		us.config.io = SHOW;
		peer.config.io = TYPE;
		peer.keeps_keys = true;
		pair();
		assert_int_equal(us.smp.state, SMP_STATE_KEYS);
		end_event(&us, (struct smp_event){.kind = SMP_EV_CANCEL});
		assert_int_equal(us.failure.by, SMP_BY_USER);
		assert_int_equal(us.sent[us.sent_count - 1].data[1], SMP_UNSPECIFIED_REASON);
	}
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

#define ATTACK(title, function)                          \
	{                                                \
		.name = (title), .test_func = (function) \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACK("CVE-2018-5383: invalid curve, (0,0), the twist", invalid_curve),
		ATTACK("CVE-2020-26558, CVE-2021-37577: our own public key, either Y",
		       reflected_key),
		ATTACK("the debug key of the specification", debug_key),
		ATTACK("SM.TS JW/BI-06, PKE/BI-03: mirrored confirm value and random", mirrors),
		ATTACK("AOSP 456f705b: Random before Confirm", random_before_confirm),
		ATTACK("CVE-2020-13593: encryption before the DHKey check",
		       encryption_before_the_check),
		ATTACK("encryption with another key than the one that was proven",
		       encryption_with_another_key),
		ATTACK("CVE-2019-19194: a zero long term key", zero_long_term_key),
		ATTACK("keys that can be guessed", guessable_keys),
		ATTACK("CVE-2019-17520: malformed public key", malformed_public_key),
		ATTACK("zephyr 114792: a twenty-first passkey round", passkey_round_21),
		ATTACK("a passkey that serves again", fixed_passkey),
		ATTACK("floods of Keypress Notification and Security Request", floods),
		ATTACK("CVE-2026-31773: Just Works taken for authenticated",
		       just_works_is_not_authenticated),
		ATTACK("CVE-2026-43334: MITM left out of the request",
		       mitm_left_out_of_the_request),
		ATTACK("CVE-2020-10134, CVE-2022-25836: method confusion", method_confusion),
		ATTACK("CVE-2025-62235: a bond weakened by a new pairing", bond_is_not_weakened),
		ATTACK("CVE-2019-9506: KNOB, a short key", short_key),
		ATTACK("CVE-2020-15802: BLURtooth, a key for the other transport", cross_transport),
		ATTACK("downgrade: the SC bit stripped", secure_connections_stripped),
		ATTACK("Part H 2.3.6: repeated attempts", repeated_attempts),
		ATTACK("Part H 2.3.6: what counts as an attempt", what_is_an_attempt),
		ATTACK("Part H 2.3.6: our out-of-band key pair serves once",
		       out_of_band_keys_of_ours),
		ATTACK("each reason of Pairing Failed", every_reason),
		ATTACK("cancelled during key distribution", cancelled_among_keys),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
