/* SPDX-License-Identifier: MIT */
/* Attacks by order and number: PDUs and events at the wrong moment, floods, repeated attempts, and
 * how they end. */
#include <string.h>

#include "smp/attacker.h"

static bool yes(void *ctx)
{
	++*(int *)ctx;
	return true;
}

/* A Random before the Confirm made a stack reveal its passkey check: responder, every method. */
static void random_before_confirm(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 6; n++) {
		bool sc = n & 1;
		attack_prepare(PER);
		us.config.io = n / 2 == 0 ? SMP_IO_KEYBOARD_ONLY : n / 2 == 1 ? SHOW : NINO;
		attack_features(n / 2 == 0 ? SHOW : TYPE, sc ? SC : LEGACY);
		if (sc)
			attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		if (sc && n / 2 == 2)
			continue; /* Just Works: the initiator's Random is the next */
		size_t before = us.sent_count;
		attack_send(SMP_PAIRING_RANDOM, "no confirm first");
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
		assert_int_equal(us.sent_count, before + 1);
		assert_false(us.prompt_open);
	}
	/* The user has typed, and the Confirm is missing. */
	for (unsigned sc = 0; sc < 2; sc++) {
		attack_prepare(PER);
		us.config.io = TYPE;
		attack_features(SHOW, sc ? SC : LEGACY);
		if (sc)
			attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		end_passkey(&us, 123456);
		attack_send(SMP_PAIRING_RANDOM, "no confirm first");
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
	}
}

/* Up to where the responder waits for the DHKey check, encryption begins, and what follows it. */
static void encryption_before_the_check(void **state)
{
	const uint8_t irk[16] = "their own secret";

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		attack_prepare(role);
		attack_features(NINO, SC);
		attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
		if (role == CEN) {
			uint8_t confirm[16];
			assert_int_equal(crypto_f4(peer.keypair.public_key, us.keypair.public_key,
						   irk, 0, confirm),
					 0);
			attack_send(SMP_PAIRING_CONFIRM, confirm);
		}
		attack_send(SMP_PAIRING_RANDOM, irk);
		assert_int_equal(us.smp.state, SMP_STATE_DHKEY_CHECK);
		end_event(&us, (struct smp_event){.kind = SMP_EV_LTK_REQUEST});
		assert_int_equal(us.denies, role == PER);
		assert_false(us.replies);
		end_encrypted(&us, 0);
		assert_int_equal(us.smp.state, SMP_STATE_DHKEY_CHECK);
		attack_send(SMP_IDENTITY_INFORMATION, irk);
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
	attack_prove_as_responder();
	size_t before = us.sent_count;
	end_encrypted(&us, 0);
	assert_int_equal(us.smp.state, SMP_STATE_KEY_WANTED);
	assert_int_equal(us.sent_count, before);
	assert_false(smp_awaits_encryption(&us.smp)); /* so that the session holds nothing back */
	attack_send(SMP_IDENTITY_INFORMATION, "their own secret");
	assert_refused(&us, SMP_UNSPECIFIED_REASON);
}

/* After the twentieth round comes the DHKey check; a twenty-first is out of turn. */
static void passkey_round_21(void **state)
{
	(void)state;
	for (int role = CEN; role <= PER; role++) {
		struct end *i = role == CEN ? &us : &peer, *r = role == CEN ? &peer : &us;
		attack_prepare(role);
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
		attack_send(SMP_PAIRING_CONFIRM, "the twenty-first");
		assert_refused(&us, SMP_UNSPECIFIED_REASON);
	}
}

/* Endless Keypress Notifications and Security Requests extend nothing and change nothing. */
static void floods(void **state)
{
	const uint8_t pressed[2] = {SMP_KEYPRESS_NOTIFICATION, SMP_KEYPRESS_DIGIT};
	const uint8_t request[2] = {SMP_SECURITY_REQUEST, SC};

	(void)state;
	for (int agreed = 0; agreed < 2; agreed++) {
		attack_prepare(CEN);
		us.config.io = SHOW;
		us.config.keypress = agreed;
		attack_features(TYPE, SC | (agreed ? SMP_AUTH_KEYPRESS : 0));
		attack_send(SMP_PAIRING_PUBLIC_KEY, peer.keypair.public_key);
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
	attack_prepare(CEN);
	attack_pair();
	struct smp_bond bond = us.smp.bond;
	end_pdu(&us, request, 2);
	assert_memory_equal(&bond, &us.smp.bond, sizeof(bond));
	assert_int_equal(us.security_requests, 0);
}

/* 2.3.6: no features, no method, nothing begun; also when a Security Request of ours is out. */
static void repeated_attempts(void **state)
{
	(void)state;
	for (int requested = 0; requested < 2; requested++) {
		int asked = 0;
		attack_prepare(PER);
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

static bool no(void *ctx)
{
	++*(int *)ctx;
	return false;
}

/* The throttle is asked once per request. */
static void a_request_in_time(void **state)
{
	int asked = 0;

	(void)state;
	attack_prepare(PER);
	us.config.too_soon = no;
	us.config.too_soon_ctx = &asked;
	attack_pair();
	assert_true(us.paired);
	assert_int_equal(asked, 1);
}

/* An attempt counts from the first value that reveals something, in either role. */
static void what_is_an_attempt(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool sc = n & 2;
		attack_prepare(n & 1);
		attack_features(NINO, sc ? SC : LEGACY);
		assert_int_equal(smp_attempted(&us.smp), (n & 1) == CEN);
		if ((n & 1) == PER && sc) {
			attack_send(SMP_PAIRING_PUBLIC_KEY, us.keypair.public_key);
			assert_true(us.failed && smp_attempted(&us.smp));
		} else if ((n & 1) == PER) {
			attack_send(SMP_PAIRING_CONFIRM, "anything at all.");
			assert_true(smp_attempted(&us.smp));
		}
	}
	attack_prepare(CEN);
	us.config.io = TYPE; /* the user is asked, and nothing has gone out */
	attack_features(SHOW, LEGACY);
	assert_false(smp_attempted(&us.smp));
}

/* Every number that a peer sends is reported, and 0x01 to 0x10 have a name. */
static void every_reason(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < 256; reason++) {
		attack_prepare(CEN);
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

/* A pairing that is cancelled during key distribution did not fail at passkey entry. */
static void cancelled_among_keys(void **state)
{
	(void)state;
	for (int role = CEN; role <= PER; role++) {
		attack_prepare(role);
		us.config.io = SHOW;
		peer.config.io = TYPE;
		peer.keeps_keys = true;
		attack_pair();
		assert_int_equal(us.smp.state, SMP_STATE_KEYS);
		end_event(&us, (struct smp_event){.kind = SMP_EV_CANCEL});
		assert_int_equal(us.failure.by, SMP_BY_USER);
		assert_int_equal(us.sent[us.sent_count - 1].data[1], SMP_UNSPECIFIED_REASON);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACK("AOSP 456f705b: Random before Confirm", random_before_confirm),
		ATTACK("CVE-2020-13593: encryption before the DHKey check",
		       encryption_before_the_check),
		ATTACK("encryption with another key than the one that was proven",
		       encryption_with_another_key),
		ATTACK("zephyr 114792: a twenty-first passkey round", passkey_round_21),
		ATTACK("floods of Keypress Notification and Security Request", floods),
		ATTACK("Part H 2.3.6: repeated attempts", repeated_attempts),
		ATTACK("Part H 2.3.6: repeated attempts, a request in time", a_request_in_time),
		ATTACK("Part H 2.3.6: what counts as an attempt", what_is_an_attempt),
		ATTACK("each reason of Pairing Failed", every_reason),
		ATTACK("cancelled during key distribution", cancelled_among_keys),
	};
	return cmocka_run_group_tests(tests, attack_start, NULL);
}
