/* SPDX-License-Identifier: MIT */
/*
 * The association model against a second reading of Core Vol 3 Part H 2.3.5.1: here it is computed
 * from the abilities of a device (show, type, answer yes or no); method.c has the printed table.
 */
#include <string.h>

#include "smp/harness.h"
#include "smp/method.h"

static bool has_display(unsigned io)
{
	return io == SMP_IO_DISPLAY_ONLY || io == SMP_IO_DISPLAY_YES_NO ||
	       io == SMP_IO_KEYBOARD_DISPLAY;
}

static bool has_keyboard(unsigned io)
{
	return io == SMP_IO_KEYBOARD_ONLY || io == SMP_IO_KEYBOARD_DISPLAY;
}

static bool compares(unsigned io)
{
	return io == SMP_IO_DISPLAY_YES_NO || io == SMP_IO_KEYBOARD_DISPLAY;
}

/*
 * Table 2.8 in words. Secure Connections compares wherever both can. Otherwise a passkey needs a
 * keyboard on one side and, on the other, a display or a keyboard too; with displays on both sides
 * and keyboards on both, the initiator shows. What remains is Just Works.
 */
static enum smp_method expected(unsigned i, unsigned r, bool sc, enum smp_role role)
{
	bool initiator_shows;

	if (sc && compares(i) && compares(r))
		return SMP_NUMERIC_COMPARISON;
	if (has_keyboard(i) && has_keyboard(r) && !has_display(i) && !has_display(r))
		return SMP_PASSKEY_BOTH_TYPE;
	if (has_display(i) && has_keyboard(r))
		initiator_shows = true;
	else if (has_display(r) && has_keyboard(i))
		initiator_shows = false;
	else
		return SMP_JUST_WORKS;
	return initiator_shows == (role == SMP_INITIATOR) ? SMP_PASSKEY_WE_SHOW
							  : SMP_PASSKEY_WE_TYPE;
}

/* One feature exchange as either role: what came of it. */
struct asked {
	enum smp_role role;
	unsigned io, peer_io;
	bool sc, peer_sc;
	bool mitm, peer_mitm;
	bool tk, oob_peer, oob_own, peer_oob;
	bool require, legacy_passkey_mitm;
};

static struct end end;

static const struct smp_features *exchange(const struct asked *a)
{
	const uint8_t pdu[7] = {a->role == SMP_INITIATOR ? SMP_PAIRING_RESPONSE
							 : SMP_PAIRING_REQUEST,
				(uint8_t)a->peer_io,
				a->peer_oob,
				(uint8_t)((a->peer_sc ? SMP_AUTH_SC : 0) |
					  (a->peer_mitm ? SMP_AUTH_MITM : 0) | SMP_AUTH_BONDING),
				16,
				0,
				0};

	end_prepare(&end, a->role);
	end.config.io = (enum smp_io)a->io;
	end.config.sc = a->sc ? SMP_SC_PREFER : SMP_SC_OFF;
	end.config.mitm = a->require ? SMP_MITM_REQUIRE : a->mitm ? SMP_MITM_PREFER : SMP_MITM_OFF;
	end.config.legacy_passkey_mitm = a->legacy_passkey_mitm;
	end.config.oob.has_tk = a->tk;
	end.config.oob.has_peer = a->oob_peer;
	end.config.oob.has_own = a->oob_own;
	end_begin(&end);
	if (a->role == SMP_INITIATOR)
		end_start(&end);
	end_pdu(&end, pdu, sizeof(pdu));
	assert_int_equal(end.features, 1);
	return smp_features(&end.smp);
}

/* Both roles, all 25 pairs, legacy and Secure Connections: Table 2.8. */
static void every_pair_of_capabilities(void **state)
{
	unsigned methods[SMP_OOB + 1] = {0};

	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		for (unsigned n = 0; n < 50; n++) {
			const struct asked a = {.role = (enum smp_role)role,
						.io = n % 5,
						.peer_io = n / 5 % 5,
						.sc = n >= 25,
						.peer_sc = n >= 25,
						.mitm = true,
						.peer_mitm = true};
			unsigned i = role == SMP_INITIATOR ? a.io : a.peer_io;
			unsigned r = role == SMP_INITIATOR ? a.peer_io : a.io;
			const struct smp_features *f = exchange(&a);
			assert_int_equal(f->method, expected(i, r, a.sc, (enum smp_role)role));
			assert_int_equal(f->secure_connections, a.sc);
			assert_true(strlen(smp_because_text(f->because)) > 10);
			methods[f->method]++;
		}
	}
	/* As many of each as the printed table has: it is not the words that are wrong. */
	assert_int_equal(methods[SMP_NUMERIC_COMPARISON], 2 * 4);
	assert_int_equal(methods[SMP_PASSKEY_BOTH_TYPE], 2 * 2);
	assert_int_equal(methods[SMP_JUST_WORKS], 2 * (13 + 12));
	assert_int_equal(methods[SMP_PASSKEY_WE_SHOW], methods[SMP_PASSKEY_WE_TYPE]);
}

/* Tables 2.6 and 2.7, every combination of the flags, for one pair that could do a passkey. */
static void out_of_band_then_mitm_then_capabilities(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 256; n++) {
		const struct asked a = {.role = n & 1 ? SMP_RESPONDER : SMP_INITIATOR,
					.io = SMP_IO_DISPLAY_ONLY,
					.peer_io = SMP_IO_KEYBOARD_ONLY,
					.sc = n & 2,
					.peer_sc = n & 2,
					.mitm = n & 4,
					.peer_mitm = n & 8,
					.tk = n & 16 && !(n & 2),
					.oob_peer = n & 16 && n & 2,
					.oob_own = n & 2, /* or a peer with data were refused */
					.peer_oob = n & 32};
		bool own = a.tk || a.oob_peer;
		bool oob = a.sc ? own || a.peer_oob : own && a.peer_oob;
		const struct smp_features *f = exchange(&a);
		if (oob)
			assert_int_equal(f->method, SMP_OOB);
		else if (a.mitm || a.peer_mitm)
			assert_int_equal(f->method, SMP_PASSKEY_WE_SHOW);
		else
			assert_int_equal(f->method, SMP_JUST_WORKS);
		assert_true(strlen(smp_because_text(f->because)) > 10);
		assert_int_equal(f->secure_connections, a.sc);
	}
}

/* Secure Connections only when both offer it; a TK alone means legacy pairing. */
static void secure_connections_needs_both(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		const struct asked a = {.role = n & 4 ? SMP_RESPONDER : SMP_INITIATOR,
					.io = SMP_IO_NO_INPUT_NO_OUTPUT,
					.peer_io = SMP_IO_NO_INPUT_NO_OUTPUT,
					.sc = n & 1,
					.peer_sc = n & 2};
		assert_int_equal(exchange(&a)->secure_connections, (n & 3) == 3);
	}
	const struct asked tk = {
		.io = 3, .peer_io = 3, .sc = true, .peer_sc = true, .tk = true, .peer_oob = true};
	assert_false(exchange(&tk)->secure_connections);
	assert_int_equal(end.smp.features.method, SMP_OOB);
}

/* The peer declares that it has our data, but we gave out none, or have no TK. */
static void missing_out_of_band_data_are_refused(void **state)
{
	const struct asked sc = {
		.io = 3, .peer_io = 3, .sc = true, .peer_sc = true, .peer_oob = true};
	const struct asked legacy = {.io = 3, .peer_io = 3, .oob_peer = true, .peer_oob = true};

	(void)state;
	(void)exchange(&sc);
	assert_refused(&end, SMP_OOB_NOT_AVAILABLE);
	assert_int_equal(end.failure.why, SMP_WHY_NO_OOB_DATA);
	(void)exchange(&legacy);
	assert_refused(&end, SMP_OOB_NOT_AVAILABLE);
}

/* Demanded protection: refused, with the cause, wherever only Just Works is left. */
static void demanded_protection(void **state)
{
	static const struct {
		unsigned io, peer_io;
		enum smp_because because;
	} cases[] = {
		{4, 3, SMP_BECAUSE_PEER_HAS_NO_IO},
		{3, 4, SMP_BECAUSE_WE_HAVE_NO_IO},
		{3, 3, SMP_BECAUSE_NO_IO},
		{0, 1, SMP_BECAUSE_IO_DOES_NOT_FIT},
	};

	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		for (size_t n = 0; n < COUNT(cases); n++) {
			const struct asked a = {.role = (enum smp_role)role,
						.io = cases[n].io,
						.peer_io = cases[n].peer_io,
						.sc = true,
						.peer_sc = true,
						.require = true};
			(void)exchange(&a);
			assert_refused(&end, SMP_AUTHENTICATION_REQUIREMENTS);
			assert_int_equal(end.failure.why, SMP_WHY_UNAUTHENTICATED);
			assert_int_equal(smp_features(&end.smp)->because, cases[n].because);
			assert_string_equal(end.failure.text, smp_because_text(cases[n].because));
		}
		/* Where it can be had, it is had, though the peer did not ask. */
		const struct asked a = {.role = (enum smp_role)role,
					.io = SMP_IO_DISPLAY_ONLY,
					.peer_io = SMP_IO_KEYBOARD_DISPLAY,
					.sc = true,
					.peer_sc = true,
					.require = true};
		assert_int_equal(exchange(&a)->method, SMP_PASSKEY_WE_SHOW);
		assert_false(end.failed);
	}
}

/* Core 6.2: Passkey Entry of legacy pairing is refused where protection is required. */
static void legacy_passkey_entry_does_not_protect(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		struct asked a = {.role = n & 1 ? SMP_INITIATOR : SMP_RESPONDER,
				  .io = SMP_IO_DISPLAY_ONLY,
				  .peer_io = SMP_IO_KEYBOARD_ONLY,
				  .mitm = true,
				  .require = n & 2,
				  .legacy_passkey_mitm = n & 4};
		const struct smp_features *f = exchange(&a);
		assert_int_equal(f->method, SMP_PASSKEY_WE_SHOW);
		/* The flag stays, for the initiator selects the model by it. */
		assert_true((n & 1 ? f->request : f->response).auth_req & SMP_AUTH_MITM);
		if (a.require && !a.legacy_passkey_mitm) {
			assert_refused(&end, SMP_AUTHENTICATION_REQUIREMENTS);
			assert_int_equal(end.failure.why, SMP_WHY_LEGACY_PASSKEY);
		} else {
			assert_false(end.failed);
		}
		/* Out of band protects, as before. */
		a.tk = a.peer_oob = true;
		assert_int_equal(exchange(&a)->method, SMP_OOB);
		assert_false(end.failed);
	}
}

/* Names for people and for JSON: each its own. */
static void names(void **state)
{
	(void)state;
	for (int m = SMP_METHOD_NONE; m <= SMP_OOB; m++) {
		for (int k = SMP_METHOD_NONE; k < m; k++) {
			assert_string_not_equal(smp_method_name((enum smp_method)m),
						smp_method_name((enum smp_method)k));
			assert_string_not_equal(smp_method_slug((enum smp_method)m),
						smp_method_slug((enum smp_method)k));
		}
		/*
		 * 2.3.1: all but Just Works protect against a man in the middle, in legacy pairing
		 * only out of band.
		 */
		bool protects = m != SMP_METHOD_NONE && m != SMP_JUST_WORKS;
		bool passkey = m >= SMP_PASSKEY_WE_SHOW && m <= SMP_PASSKEY_BOTH_TYPE;
		assert_int_equal(smp_authenticates((enum smp_method)m, true, false), protects);
		assert_int_equal(smp_authenticates((enum smp_method)m, true, true), protects);
		assert_int_equal(smp_authenticates((enum smp_method)m, false, true), protects);
		assert_int_equal(smp_authenticates((enum smp_method)m, false, false),
				 protects && !passkey);
	}
	assert_string_equal(smp_io_name(0), "DisplayOnly");
	assert_string_equal(smp_io_name(4), "KeyboardDisplay");
	assert_string_equal(smp_io_name(5), "reserved");
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_capabilities),
		cmocka_unit_test(out_of_band_then_mitm_then_capabilities),
		cmocka_unit_test(secure_connections_needs_both),
		cmocka_unit_test(missing_out_of_band_data_are_refused),
		cmocka_unit_test(demanded_protection),
		cmocka_unit_test(legacy_passkey_entry_does_not_protect),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
