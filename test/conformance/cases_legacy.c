/* SPDX-License-Identifier: MIT */
/* Legacy pairing, and what all pairing has in common. */
#include <string.h>

#include "conformance/cases.h"
#include "crypto/bytes.h"
#include "sim/trial.h"

#define RESERVED 0xc0 /* of AuthReq, Part H Figure 3.3 */

/*
 * The timer runs from the last PDU of the program (3.4). An answer that comes half a millisecond
 * too late, while the link still stands, is not answered, nor is one after 40 s.
 */
void silence_ends_at_30_s(bool central)
{
	struct partner p;
	const struct tester_frame *last;
	uint8_t late[17] = {PDU_CONFIRM};
	uint64_t sent;

	trial_begin(&p, central);
	trial_start(&p, NO_OPTIONS);
	if (central) {
		last = tester_receive(p.tester, TESTER_SMP, TESTER_PATIENCE);
		memcpy(late, (uint8_t[]){PDU_RESPONSE, IO_NONE, 0, AUTH_BOND, 16, 0, 0}, 7);
	} else {
		partner_features(&p);
		last = &p.tester->frames[p.tester->count - 1];
	}
	assert_non_null(last);
	assert_int_equal(last->data[0], central ? PDU_REQUEST : PDU_RESPONSE);
	sent = last->at - AIR_DELAY;
	world_pass(sent + 30 * WORLD_S + WORLD_MS / 2 - AIR_DELAY - world_now());
	assert_non_null(p.tester->link);
	tester_send(p.tester, TESTER_SMP, late, central ? 7 : 17);
	tester_expect_silence(p.tester, WORLD_S);
	assert_null(p.tester->link);
	assert_in_range(p.tester->unlinked_at - sent, 30 * WORLD_S, 30 * WORLD_S + 5 * WORLD_MS);
	world_pass(9 * WORLD_S);
	tester_send(p.tester, TESTER_SMP, late, central ? 7 : 17);
	trial_end(&p);
	assert_string_equal(verdict.class, "timed_out");
	assert_int_equal(tester_count(p.tester, 0), 1);
}

void legacy_just_works(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	p.io = central ? IO_KEYBOARD_DISPLAY : IO_NONE;
	p.auth = 0;
	assert_true(trial(&p, NO_OPTIONS));
	assert_false(p.sc);
	assert_int_equal(sim.tester.encryptions, 1);
}

void legacy_refused_by_peer(bool central)
{
	static const uint8_t reasons[] = {0x08, 0x05, 0x09, 0x10};
	static const char *const names[] = {"Unspecified Reason", "Pairing Not Supported",
					    "Repeated Attempts", "Busy"};
	struct partner p;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		trial_begin(&p, central);
		trial_start(&p, NO_OPTIONS);
		(void)tester_expect(p.tester, PDU_REQUEST);
		partner_fail(&p, reasons[i]);
		tester_expect_silence(p.tester, TESTER_PATIENCE);
		trial_end(&p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, reasons[i]);
		assert_string_equal(verdict.reason_name, names[i]);
		assert_int_equal(tester_count(p.tester, 0), 1);
	}
}

void legacy_wrong_confirm(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	p.spoil = PDU_CONFIRM;
	trial_refused(&p, 0x04, "");
	/* The central has to reveal its random value first; the peripheral keeps it. */
	assert_int_equal(tester_count(p.tester, PDU_RANDOM), central);
	assert_int_equal(tester_count(p.tester, PDU_CONFIRM), 1);
}

/* They are 0 in what the program sends, and c1 takes the peer's as they came. */
void legacy_reserved_bits(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	p.auth |= RESERVED;
	assert_true(trial(&p, NO_OPTIONS));
	assert_int_equal((central ? p.preq[3] : p.pres[3]) & RESERVED, 0);
}

static void mirror(struct partner *p, uint8_t *pdu)
{
	if (pdu[0] == PDU_CONFIRM)
		memcpy(pdu + 1, p->program_confirm, 16);
	if (pdu[0] == PDU_RANDOM)
		memcpy(pdu + 1, p->program_nonce, 16);
}

void legacy_just_works_mirrored(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	p.alter = mirror;
	trial_refused(&p, 0x04, "");
}

/* ---- Passkey entry
 * ------------------------------------------------------------------------------- */

static void begin_passkey(struct partner *p, bool central)
{
	trial_begin(p, central);
	p->io = central ? IO_KEYBOARD : IO_KEYBOARD_DISPLAY;
	p->auth |= AUTH_MITM;
	p->method = PASSKEY;
}

void legacy_passkey(bool central)
{
	static const uint8_t ios[] = {IO_DISPLAY, IO_YES_NO, IO_KEYBOARD, IO_KEYBOARD_DISPLAY};
	struct partner p;

	for (size_t i = 0; i < COUNT(ios); i++) {
		begin_passkey(&p, central);
		assert_true(trial(&p, "--io %s", trial_io(ios[i])));
	}
}

void legacy_passkey_falls_to_just_works(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	assert_true(trial(&p, "--io keyboard-display"));
	assert_false(verdict.authenticated);
}

/* From 6.2 on a responder sets MITM only if the method gives it (2.3.5.1). */
void legacy_mitm_is_not_claimed(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	assert_true(trial(&p, "--io keyboard-display"));
	assert_int_equal(p.pres[3] & AUTH_MITM, 0);
}

/* Until 6.1 it had the choice: claim it all the same, or refuse; --mitm refuses. */
void legacy_mitm_or_refused(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	trial_refused(&p, 0x03, "--io keyboard-display --mitm");
}

void legacy_passkeys_differ(bool central)
{
	struct fresh passkeys = {.count = 0};
	struct partner p;

	for (int i = 0; i < 3; i++) {
		uint8_t value[16] = {0};
		begin_passkey(&p, central);
		assert_true(trial(&p, "--io display"));
		bytes_put_le32(value, p.shown);
		trial_fresh(&passkeys, value);
	}
}

void legacy_other_passkey(bool central)
{
	static const uint8_t ios[] = {IO_DISPLAY, IO_KEYBOARD};
	struct partner p;

	for (size_t i = 0; i < COUNT(ios); i++) {
		char options[32] = "--io ";
		begin_passkey(&p, central);
		p.other_bit = 0;
		strcat(options, trial_io(ios[i]));
		trial_refused(&p, 0x04, options);
		assert_int_equal(tester_count(p.tester, PDU_RANDOM), central);
	}
}

/* While its user is typing, and while its user is reading. */
void legacy_passkey_given_up(bool central)
{
	static const uint8_t ios[] = {IO_KEYBOARD, IO_DISPLAY};
	struct partner p;

	for (size_t i = 0; i < COUNT(ios); i++) {
		begin_passkey(&p, central);
		p.users_away = true;
		trial_start(&p, "--io %s", trial_io(ios[i]));
		partner_features(&p);
		partner_users(&p);
		partner_fail(&p, 0x01);
		tester_receive(p.tester, TESTER_SMP, WORLD_MS); /* a confirm value, before */
		/* What is typed now is of no use to anybody. */
		program_answer("123456");
		tester_expect_silence(p.tester, TESTER_PATIENCE);
		trial_end(&p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, 0x01);
		assert_string_equal(verdict.reason_name, "Passkey Entry Failed");
		assert_int_equal(tester_count(p.tester, PDU_CONFIRM), ios[i] == IO_DISPLAY);
	}
}

void legacy_passkey_mirrored(bool central)
{
	struct partner p;

	begin_passkey(&p, central);
	p.alter = mirror;
	trial_refused(&p, 0x04, "--io display");
}

/* ---- Out of band
 * --------------------------------------------------------------------------------- */

void legacy_oob(bool central)
{
	struct fresh randoms = {.count = 0};
	struct partner p;

	for (int i = 0; i < 5; i++) {
		trial_begin(&p, central);
		p.oob = 1;
		p.method = OUT_OF_BAND;
		assert_true(trial(&p, "%s", trial_tk(&p)));
		trial_fresh(&randoms, p.program_nonce);
	}
}

void legacy_oob_here_only_passkey(bool central)
{
	struct partner p;

	begin_passkey(&p, central);
	assert_true(trial(&p, "--io display %s", trial_tk(&p)));
	assert_int_equal((central ? p.preq : p.pres)[2], 1);
}

void legacy_oob_there_only_passkey(bool central)
{
	struct partner p;

	begin_passkey(&p, central);
	p.oob = 1;
	assert_true(trial(&p, "--io display"));
	assert_int_equal((central ? p.preq : p.pres)[2], 0);
}

void legacy_oob_there_only_just_works(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	p.oob = 1;
	assert_true(trial(&p, "--io keyboard-display"));
	assert_int_equal((central ? p.preq : p.pres)[2], 0);
}

void legacy_oob_here_only_just_works(bool central)
{
	struct partner p;

	trial_begin(&p, central);
	assert_true(trial(&p, "--io keyboard-display %s", trial_tk(&p)));
	assert_int_equal((central ? p.preq : p.pres)[2], 1);
}

void legacy_oob_differs(bool central)
{
	struct partner p;
	const char *options;

	trial_begin(&p, central);
	p.oob = 1;
	p.method = OUT_OF_BAND;
	options = trial_tk(&p);
	p.tk[7] ^= 0x10;
	p.lax = true;
	trial_refused(&p, 0x04, options);
}
