/* SPDX-License-Identifier: MIT */
/* Legacy pairing, and cases common to all pairing. */
#include <string.h>

#include "conformance/cases.h"
#include "crypto/bytes.h"
#include "sim/run_scenario.h"

#define RESERVED 0xc0 /* of AuthReq, Part H Figure 3.3 */

/*
 * The timer runs from the last PDU of the program (3.4). A PDU that arrives half a millisecond
 * late, while the link is still up, gets no answer, nor does one after 40 s.
 */
void silence_ends_at_30_s(bool central)
{
	struct reference_peer p;
	const struct raw_peer_frame *last;
	uint8_t late[17] = {PDU_CONFIRM};
	uint64_t sent;

	run_scenario_begin(&p, central);
	run_scenario_start(&p, NO_OPTIONS);
	if (central) {
		last = raw_peer_receive(p.raw, RAW_PEER_SMP, RAW_PEER_PATIENCE);
		memcpy(late, (uint8_t[]){PDU_RESPONSE, IO_NONE, 0, AUTH_BOND, 16, 0, 0}, 7);
	} else {
		reference_peer_features(&p);
		last = &p.raw->frames[p.raw->count - 1];
	}
	assert_non_null(last);
	assert_int_equal(last->data[0], central ? PDU_REQUEST : PDU_RESPONSE);
	sent = last->at - AIR_DELAY;
	world_pass(sent + 30 * WORLD_S + WORLD_MS / 2 - AIR_DELAY - world_now());
	assert_non_null(p.raw->link);
	raw_peer_send(p.raw, RAW_PEER_SMP, late, central ? 7 : 17);
	raw_peer_expect_silence(p.raw, WORLD_S);
	assert_null(p.raw->link);
	assert_in_range(p.raw->unlinked_at - sent, 30 * WORLD_S, 30 * WORLD_S + 5 * WORLD_MS);
	world_pass(9 * WORLD_S);
	raw_peer_send(p.raw, RAW_PEER_SMP, late, central ? 7 : 17);
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "timed_out");
	assert_int_equal(raw_peer_count(p.raw, 0), 1);
}

void legacy_just_works(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.io = central ? IO_KEYBOARD_DISPLAY : IO_NONE;
	p.auth = 0;
	assert_true(run_scenario(&p, NO_OPTIONS));
	assert_false(p.sc);
	assert_int_equal(sim.peer.encryptions, 1);
}

void legacy_refused_by_peer(bool central)
{
	static const uint8_t reasons[] = {0x08, 0x05, 0x09, 0x10};
	static const char *const names[] = {"Unspecified Reason", "Pairing Not Supported",
					    "Repeated Attempts", "Busy"};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		run_scenario_begin(&p, central);
		run_scenario_start(&p, NO_OPTIONS);
		(void)raw_peer_expect(p.raw, PDU_REQUEST);
		reference_peer_fail(&p, reasons[i]);
		raw_peer_expect_silence(p.raw, RAW_PEER_PATIENCE);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, reasons[i]);
		assert_string_equal(verdict.reason_name, names[i]);
		assert_int_equal(raw_peer_count(p.raw, 0), 1);
	}
}

void legacy_wrong_confirm(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.spoil = PDU_CONFIRM;
	run_scenario_refused(&p, 0x04, "");
	/* The central must send its random value first; the peripheral does not send its own. */
	assert_int_equal(raw_peer_count(p.raw, PDU_RANDOM), central);
	assert_int_equal(raw_peer_count(p.raw, PDU_CONFIRM), 1);
}

/* The program sends zeros, and uses the peer's bits unchanged in c1. */
void legacy_reserved_bits(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.auth |= RESERVED;
	assert_true(run_scenario(&p, NO_OPTIONS));
	assert_int_equal((central ? p.preq[3] : p.pres[3]) & RESERVED, 0);
}

static void mirror(struct reference_peer *p, uint8_t *pdu)
{
	if (pdu[0] == PDU_CONFIRM)
		memcpy(pdu + 1, p->program_confirm, 16);
	if (pdu[0] == PDU_RANDOM)
		memcpy(pdu + 1, p->program_nonce, 16);
}

void legacy_just_works_mirrored(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.alter = mirror;
	run_scenario_refused(&p, 0x04, "");
}

/* ---- Passkey entry --------------------------------------------------------------------------- */

static void begin_passkey(struct reference_peer *p, bool central)
{
	run_scenario_begin(p, central);
	p->io = central ? IO_KEYBOARD : IO_KEYBOARD_DISPLAY;
	p->auth |= AUTH_MITM;
	p->method = PASSKEY;
}

void legacy_passkey(bool central)
{
	static const uint8_t ios[] = {IO_DISPLAY, IO_YES_NO, IO_KEYBOARD, IO_KEYBOARD_DISPLAY};
	struct reference_peer p;

	for (size_t i = 0; i < 2 * COUNT(ios); i++) {
		const char *older = i % 2 ? " --legacy-passkey-mitm --mitm" : "";
		begin_passkey(&p, central);
		assert_true(run_scenario(&p, "--io %s%s", run_scenario_io(ios[i / 2]), older));
		/* run_scenario() compares it, too. */
		assert_int_equal(verdict.authenticated, i % 2);
	}
}

void legacy_passkey_falls_back_to_just_works(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	assert_true(run_scenario(&p, "--io keyboard-display"));
	assert_false(verdict.authenticated);
}

/* From 6.2 on a responder sets MITM only if the method provides it (2.3.5.1). */
void legacy_mitm_is_not_claimed(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	assert_true(run_scenario(&p, "--io keyboard-display"));
	assert_int_equal(p.pres[3] & AUTH_MITM, 0);
}

/* Up to 6.1 a responder could claim it or refuse; with --mitm blepair refuses. */
void legacy_mitm_or_refused(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	run_scenario_refused(&p, 0x03, "--io keyboard-display --mitm");
}

void legacy_passkeys_differ(bool central)
{
	struct fresh passkeys = {.count = 0};
	struct reference_peer p;

	for (int i = 0; i < 3; i++) {
		uint8_t value[16] = {0};
		begin_passkey(&p, central);
		assert_true(run_scenario(&p, "--io display"));
		bytes_put_le32(value, p.shown);
		run_scenario_fresh(&passkeys, value);
	}
}

void legacy_other_passkey(bool central)
{
	static const uint8_t ios[] = {IO_DISPLAY, IO_KEYBOARD};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(ios); i++) {
		char options[32] = "--io ";
		begin_passkey(&p, central);
		p.other_bit = 0;
		strcat(options, run_scenario_io(ios[i]));
		run_scenario_refused(&p, 0x04, options);
		assert_int_equal(raw_peer_count(p.raw, PDU_RANDOM), central);
	}
}

/* While blepair's user types, and while it reads the passkey. */
void legacy_passkey_entry_fails(bool central)
{
	static const uint8_t ios[] = {IO_KEYBOARD, IO_DISPLAY};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(ios); i++) {
		begin_passkey(&p, central);
		p.users_away = true;
		run_scenario_start(&p, "--io %s", run_scenario_io(ios[i]));
		reference_peer_features(&p);
		reference_peer_users(&p);
		reference_peer_fail(&p, 0x01);
		raw_peer_receive(p.raw, RAW_PEER_SMP, WORLD_MS); /* a confirm value sent before */
		/* Input after the failure is ignored. */
		program_answer("123456");
		raw_peer_expect_silence(p.raw, RAW_PEER_PATIENCE);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "peer_refused");
		assert_int_equal(verdict.reason, 0x01);
		assert_string_equal(verdict.reason_name, "Passkey Entry Failed");
		assert_int_equal(raw_peer_count(p.raw, PDU_CONFIRM), ios[i] == IO_DISPLAY);
	}
}

void legacy_passkey_mirrored(bool central)
{
	struct reference_peer p;

	begin_passkey(&p, central);
	p.alter = mirror;
	run_scenario_refused(&p, 0x04, "--io display");
}

/* ---- Out of band ----------------------------------------------------------------------------- */

void legacy_oob(bool central)
{
	struct fresh randoms = {.count = 0};
	struct reference_peer p;

	for (int i = 0; i < 5; i++) {
		run_scenario_begin(&p, central);
		p.oob = 1;
		p.method = OUT_OF_BAND;
		assert_true(run_scenario(&p, "%s", run_scenario_tk(&p)));
		run_scenario_fresh(&randoms, p.program_nonce);
	}
}

void legacy_oob_only_blepair_has_data_passkey(bool central)
{
	struct reference_peer p;

	begin_passkey(&p, central);
	assert_true(run_scenario(&p, "--io display %s", run_scenario_tk(&p)));
	assert_int_equal((central ? p.preq : p.pres)[2], 1);
}

void legacy_oob_only_peer_has_data_passkey(bool central)
{
	struct reference_peer p;

	begin_passkey(&p, central);
	p.oob = 1;
	assert_true(run_scenario(&p, "--io display"));
	assert_int_equal((central ? p.preq : p.pres)[2], 0);
}

void legacy_oob_only_peer_has_data_just_works(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	p.oob = 1;
	assert_true(run_scenario(&p, "--io keyboard-display"));
	assert_int_equal((central ? p.preq : p.pres)[2], 0);
}

void legacy_oob_only_blepair_has_data_just_works(bool central)
{
	struct reference_peer p;

	run_scenario_begin(&p, central);
	assert_true(run_scenario(&p, "--io keyboard-display %s", run_scenario_tk(&p)));
	assert_int_equal((central ? p.preq : p.pres)[2], 1);
}

void legacy_oob_differs(bool central)
{
	struct reference_peer p;
	const char *options;

	run_scenario_begin(&p, central);
	p.oob = 1;
	p.method = OUT_OF_BAND;
	options = run_scenario_tk(&p);
	p.tk[7] ^= 0x10;
	p.accepts_any_confirm = true;
	run_scenario_refused(&p, 0x04, options);
}
