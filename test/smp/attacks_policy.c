/* SPDX-License-Identifier: MIT */
/* Attacks on the strength of a pairing: weaker features, other methods, a passkey that is used
 * again. */
#include <string.h>

#include "smp/attacker.h"

/* A fixed passkey is used only if configured, and the bond has a note of it. */
static void fixed_passkey(void **state)
{
	(void)state;
	for (int fixed = 0; fixed < 2; fixed++) {
		attack_prepare(CEN);
		us.config.io = SHOW;
		peer.config.io = TYPE;
		us.config.has_passkey = fixed;
		us.config.passkey = 42;
		attack_pair();
		assert_true(us.paired && us.smp.bond.authenticated);
		assert_int_equal(us.number == 42, fixed);
		assert_int_equal(us.smp.bond.note != NULL, fixed);
		if (fixed)
			assert_non_null(strstr(us.smp.bond.note, "fixed"));
	}
}

/* The method authenticates, not the request for it. */
static void just_works_is_not_authenticated(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		attack_prepare(n & 1);
		struct end *i = n & 1 ? &peer : &us, *r = n & 1 ? &us : &peer;
		i->config.io = (enum smp_io)(n / 4 % 5);
		r->config.io = (enum smp_io)(n / 20);
		i->config.sc = n & 2 ? SMP_SC_PREFER : SMP_SC_OFF;
		attack_pair();
		assert_true(us.paired && peer.paired);
		/* Both asked for it, each time. */
		assert_true(us.smp.features.request.auth_req & SMP_AUTH_MITM);
		assert_int_equal(us.smp.bond.authenticated,
				 us.smp.bond.secure_connections &&
					 us.smp.bond.method != SMP_JUST_WORKS);
	}
}

/* From Core 6.2 on, a TK of six digits authenticates nobody; one of 128 bits out of band does. */
static void legacy_passkey_is_not_authenticated(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		bool older_policy = n & 2, oob = n & 4;
		attack_prepare(n & 1 ? CEN : PER);
		us.config.io = SHOW;
		peer.config.io = TYPE;
		us.config.sc = peer.config.sc = SMP_SC_OFF;
		us.config.legacy_passkey_mitm = older_policy;
		us.config.oob.has_tk = peer.config.oob.has_tk = oob;
		attack_pair();
		assert_true(us.paired);
		assert_int_equal(us.smp.bond.method, oob ? SMP_OOB : SMP_PASSKEY_WE_SHOW);
		assert_int_equal(us.smp.bond.authenticated, oob || older_policy);
	}
}

/* The request does not ask for MITM protection: our policy still applies. */
static void mitm_left_out_of_the_request(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		bool required = n & 1, sc = n & 2;
		attack_prepare(PER);
		us.config.io = SHOW;
		us.config.mitm = required ? SMP_MITM_REQUIRE : SMP_MITM_PREFER;
		attack_features(TYPE, (sc ? SC : LEGACY) & ~SMP_AUTH_MITM);
		if (required && !sc)
			assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
		else
			assert_true(us.sent[0].data[3] & SMP_AUTH_MITM);
		assert_int_equal(us.failed, required && !sc);
		assert_int_equal(us.smp.features.method, SMP_PASSKEY_WE_SHOW);
		/* And with a peer that has nothing to authenticate with: no Just Works. */
		attack_prepare(PER);
		us.config.io = SHOW;
		us.config.mitm = SMP_MITM_REQUIRE;
		attack_features(NINO, (sc ? SC : LEGACY) & ~SMP_AUTH_MITM);
		assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
	}
}

/* One user compares, the other types: a fixed model excludes the other. */
static void method_confusion(void **state)
{
	const uint16_t passkey = 1U << SMP_PASSKEY_WE_SHOW | 1U << SMP_PASSKEY_WE_TYPE;

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		for (unsigned n = 0; n < 4; n++) {
			bool compare = n & 1, pinned_right = n & 2;
			attack_prepare(role);
			us.config.io = SMP_IO_KEYBOARD_DISPLAY;
			us.config.methods =
				compare == pinned_right ? 1U << SMP_NUMERIC_COMPARISON : passkey;
			attack_features(compare ? SMP_IO_DISPLAY_YES_NO : TYPE, SC);
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

/* A bond is a floor: no legacy, unauthenticated or shorter key replaces it; an equal one does. */
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
		{{false, true, 7}, TYPE, true, 16, 0},
		{{false, true, 7}, TYPE, false, 16, SMP_AUTHENTICATION_REQUIREMENTS},
		{{false, true, 7}, NINO, false, 16, SMP_AUTHENTICATION_REQUIREMENTS},
	};

	(void)state;
	for (size_t n = 0; n < 2 * COUNT(cases); n++) {
		bool central = n % 2 == 0;
		attack_prepare(central ? CEN : PER);
		us.config.mitm = SMP_MITM_OFF; /* the floor requests MITM protection */
		us.config.io = SHOW;
		us.config.floor = cases[n / 2].floor;
		peer.config.mitm = SMP_MITM_OFF;
		peer.config.io = cases[n / 2].io;
		peer.config.sc = cases[n / 2].sc ? SMP_SC_PREFER : SMP_SC_OFF;
		peer.config.max_key_size = cases[n / 2].size;
		attack_pair();
		if (!cases[n / 2].reason) {
			assert_true(us.paired);
			continue;
		}
		assert_refused(&us, cases[n / 2].reason);
		assert_non_null(strstr(us.failure.text, "bond with this device"));
		assert_false(smp_attempted(&us.smp));
	}
}

/*
 * A peripheral asks for a level by Security Request, before or after our Pairing Request, is
 * offered it, and takes it back in its Pairing Response.
 */
static void level_of_a_security_request(void **state)
{
	enum { LEVELS = 4 }; /* bit 0: MITM, bit 1: Secure Connections */
	static const uint8_t flags[LEVELS] = {0, SMP_AUTH_MITM, SMP_AUTH_SC,
					      SMP_AUTH_MITM | SMP_AUTH_SC};

	(void)state;
	for (unsigned n = 0; n < LEVELS * LEVELS * LEVELS * 2; n++) {
		uint8_t asked = flags[n % 4], offered = flags[n / 4 % 4];
		uint8_t response = flags[n / 16 % 4];
		const uint8_t reserved = 0xc0;
		attack_prepare(CEN);
		us.config.io = SHOW;
		us.config.mitm = offered & SMP_AUTH_MITM ? SMP_MITM_PREFER : SMP_MITM_OFF;
		us.config.sc = offered & SMP_AUTH_SC ? SMP_SC_PREFER : SMP_SC_OFF;
		end_begin(&us);
		if (n / 64)
			end_start(&us);
		attack_send(SMP_SECURITY_REQUEST, (uint8_t[]){asked | reserved});
		/* A second, weaker one does not help. */
		attack_send(SMP_SECURITY_REQUEST, (uint8_t[]){SMP_AUTH_BONDING});
		if (!(n / 64))
			end_start(&us);
		attack_send(SMP_PAIRING_RESPONSE,
			    (uint8_t[]){TYPE, 0, SMP_AUTH_BONDING | response, 16, 0, 0});
		if (!(asked & offered & ~response)) {
			assert_false(us.failed);
			continue;
		}
		assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
		assert_int_equal(us.failure.why, SMP_WHY_RESPONSE_TOOK_BACK);
		assert_int_equal(us.features, 1);
		assert_false(smp_attempted(&us.smp));
	}
	/* A responder of ours never takes back what it asked for. */
	for (unsigned n = 0; n < 50; n++) {
		attack_prepare(CEN);
		us.config.io = (enum smp_io)(n % 5);
		peer.config.io = (enum smp_io)(n / 5 % 5);
		us.config.sc = n / 25 ? SMP_SC_PREFER : SMP_SC_OFF;
		end_begin(&us);
		end_begin(&peer);
		end_start(&peer);
		end_pdu(&us, peer.sent[0].data, peer.sent[0].len);
		end_start(&us);
		end_pdu(&peer, us.sent[0].data, us.sent[0].len);
		end_pdu(&us, peer.sent[1].data, peer.sent[1].len);
		assert_int_equal(us.features, 1);
		assert_false(us.failed || peer.failed);
	}
}

/* An attacker clears the SC bit of the features. */
static void secure_connections_stripped(void **state)
{
	(void)state;
	for (int role = CEN; role <= PER; role++) {
		attack_prepare(role);
		us.config.sc = SMP_SC_ONLY;
		attack_features(NINO, LEGACY);
		assert_refused(&us, SMP_AUTHENTICATION_REQUIREMENTS);
		assert_non_null(strstr(us.failure.text, "only Secure Connections"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACK("a passkey that serves again", fixed_passkey),
		ATTACK("CVE-2026-31773: Just Works taken for authenticated",
		       just_works_is_not_authenticated),
		ATTACK("CVE-2026-43334: MITM left out of the request",
		       mitm_left_out_of_the_request),
		ATTACK("CVE-2020-10134, CVE-2022-25836: method confusion", method_confusion),
		ATTACK("legacy Passkey Entry taken for authenticated",
		       legacy_passkey_is_not_authenticated),
		ATTACK("CVE-2025-62235, BLERP V4, BLERP V6: a bond weakened by a new pairing",
		       bond_is_not_weakened),
		ATTACK("BLERP V3: a Pairing Response weaker than the Security Request",
		       level_of_a_security_request),
		ATTACK("downgrade: the SC bit stripped", secure_connections_stripped),
	};
	return cmocka_run_group_tests(tests, attack_start, NULL);
}
