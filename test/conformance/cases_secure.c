/* SPDX-License-Identifier: MIT */
/* LE Secure Connections. */
#include <stdio.h>
#include <string.h>

#include "conformance/cases.h"
#include "crypto/bytes.h"
#include "sim/run_scenario.h"

#define RESERVED 0xc0 /* of AuthReq, Part H Figure 3.3 */

/* Three pairings for each pair of IO capabilities whose method is not passkey entry. */
void secure_just_works_or_comparison(bool central)
{
	for (uint8_t own = IO_DISPLAY; own <= IO_KEYBOARD_DISPLAY; own++) {
		for (uint8_t other = IO_DISPLAY; other <= IO_KEYBOARD_DISPLAY; other++) {
			enum reference_peer_method method =
				central ? run_scenario_method(own, other)
					: run_scenario_method(other, own);
			struct fresh nonces = {.count = 0};
			struct reference_peer p;

			if (method == PASSKEY)
				continue;
			for (int i = 0; i < 3; i++) {
				run_scenario_begin_sc(&p, central);
				p.io = other;
				p.auth |= AUTH_MITM;
				p.method = method;
				assert_true(run_scenario(&p, "--io %s", run_scenario_io(own)));
				assert_true(p.sc);
				run_scenario_fresh(&nonces, p.program_nonce);
			}
		}
	}
}

void secure_reserved_bits(bool central)
{
	struct reference_peer p;

	run_scenario_begin_sc(&p, central);
	p.auth |= RESERVED;
	assert_true(run_scenario(&p, NO_OPTIONS));
	assert_int_equal((central ? p.preq : p.pres)[3] & RESERVED, 0);
}

/* ---- Refused by the peer --------------------------------------------------------------------- */

static void refused(struct reference_peer *p, uint8_t reason)
{
	size_t received = raw_peer_count(p->raw, 0);

	reference_peer_fail(p, reason);
	raw_peer_expect_silence(p->raw, RAW_PEER_PATIENCE);
	run_scenario_end(p);
	assert_string_equal(verdict.class, "peer_refused");
	assert_int_equal(verdict.reason, reason);
	assert_int_equal(raw_peer_count(p->raw, 0), received);
}

/* The peer refuses after phase 1. */
static void refused_at_once(bool central)
{
	static const uint8_t reasons[] = {0x03, 0x08, 0x05, 0x09};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		run_scenario_begin_sc(&p, central);
		run_scenario_start(&p, NO_OPTIONS);
		if (central)
			(void)raw_peer_expect(p.raw, PDU_REQUEST);
		else
			reference_peer_features(&p);
		refused(&p, reasons[i]);
	}
}

/* The peer refuses instead of sending its nth PDU. */
static void refused_in_phase_2(struct reference_peer *p, unsigned nth, uint8_t reason,
			       const char *options)
{
	p->stop_at = nth;
	run_scenario_start(p, "%s", options);
	assert_false(reference_peer_pair(p));
	assert_true(p->stopped);
	world_pass(100 * WORLD_MS);
	p->raw->read = p->raw->count; /* the program may have sent one more PDU */
	refused(p, reason);
}

void secure_refused_by_peer(bool central)
{
	struct reference_peer p;

	if (central)
		refused_at_once(central);
	run_scenario_begin_sc(&p, central);
	p.io = IO_YES_NO;
	p.auth |= AUTH_MITM;
	p.method = COMPARISON;
	/* As responder its user rejects the number; as initiator it rejects the confirm value. */
	refused_in_phase_2(&p, central ? 5 : 4, central ? 0x0c : 0x04, "--io display-yesno");
}

/* ---- Passkey entry --------------------------------------------------------------------------- */

static void begin_passkey(struct reference_peer *p, bool central)
{
	run_scenario_begin_sc(p, central);
	p->io = central ? IO_KEYBOARD : IO_KEYBOARD_DISPLAY;
	p->auth |= AUTH_MITM;
	p->method = PASSKEY;
}

static size_t keypress_events(void)
{
	size_t n = 0, i;
	json_t *event;

	json_array_foreach(program_events(), i, event) n +=
		strcmp(json_string_value(json_object_get(event, "event")), "keypress") == 0;
	return n;
}

/*
 * A side that types sends keypress notifications if, and only if, both sides have set the bit.
 * There are eight: started, six digits, completed.
 */
void secure_passkey(bool central)
{
	static const uint8_t ios[] = {IO_DISPLAY, IO_KEYBOARD};
	struct reference_peer p;

	for (size_t io = 0; io < COUNT(ios); io++) {
		for (int bits = 0; bits < 4; bits++) {
			bool types = ios[io] == IO_KEYBOARD, both = bits == 3;
			begin_passkey(&p, central);
			p.auth |= bits & 1 ? AUTH_KEYPRESS : 0;
			assert_true(run_scenario(&p, "--io %s%s", run_scenario_io(ios[io]),
						 bits & 2 ? " --keypress" : ""));
			assert_int_equal(raw_peer_count(p.raw, PDU_CONFIRM), 20);
			assert_int_equal(raw_peer_count(p.raw, PDU_RANDOM), 20);
			assert_int_equal(raw_peer_count(p.raw, PDU_KEYPRESS),
					 both && types ? 8 : 0);
			assert_int_equal(keypress_events(), both && !types ? 8 : 0);
		}
	}
}

void secure_passkey_reserved_bits(bool central)
{
	struct reference_peer p;

	begin_passkey(&p, central);
	p.auth |= RESERVED;
	assert_true(run_scenario(&p, "--io display"));
	assert_int_equal((central ? p.preq : p.pres)[3] & RESERVED, 0);
}

void secure_passkeys_differ(bool central)
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

void secure_passkey_refused_by_peer(bool central)
{
	struct reference_peer p;

	refused_at_once(central);
	begin_passkey(&p, central);
	refused_in_phase_2(&p, 3, 0x01, "--io display");
}

void secure_passkey_wrong_confirm(bool central)
{
	static const unsigned rounds[] = {0, 7, 19};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(rounds); i++) {
		begin_passkey(&p, central);
		p.spoil = PDU_CONFIRM;
		p.spoil_nth = rounds[i];
		run_scenario_refused(&p, 0x04, "--io display");
		assert_int_equal(raw_peer_count(p.raw, PDU_CONFIRM), rounds[i] + 1);
	}
}

/* The difference is detected in the round of the differing bit, not before. */
void secure_other_passkey(bool central)
{
	static const int bits[] = {0, 3, 19};
	struct reference_peer p;

	for (size_t i = 0; i < COUNT(bits); i++) {
		begin_passkey(&p, central);
		p.other_bit = bits[i];
		run_scenario_refused(&p, 0x04, "--io display");
		assert_int_equal(raw_peer_count(p.raw, PDU_CONFIRM), bits[i] + 1);
		assert_int_equal(raw_peer_count(p.raw, PDU_RANDOM), bits[i] + central);
	}
}

/* ---- Out of band ----------------------------------------------------------------------------- */

/* here: the program has the peer's data; there: the peer has the program's. */
static void begin_oob(struct reference_peer *p, bool central, bool here, bool there,
		      char options[160])
{
	char data[96];

	run_scenario_begin_sc(p, central);
	p->oob = there;
	p->method = OUT_OF_BAND;
	(void)snprintf(options, 160, "%s%s%s%s", here ? "--oob " : "",
		       here ? reference_peer_oob(p, data) : "", here && there ? " " : "",
		       there ? "--oob-own -" : "");
}

static bool pair_oob(struct reference_peer *p, const char *options)
{
	run_scenario_start(p, "%s", options);
	if (p->oob)
		reference_peer_take_oob(p);
	bool paired = reference_peer_pair(p);
	if (paired)
		raw_peer_disconnect(p->raw, 0x13);
	run_scenario_end(p);
	assert_string_equal(verdict.class, paired ? "ok" : "we_refused");
	assert_string_equal(verdict.method, paired ? "oob" : "");
	assert_int_equal(verdict.authenticated, paired);
	return paired;
}

void secure_oob(bool central)
{
	char options[160];
	struct reference_peer p;

	for (int flags = 3; flags > 0; flags--) {
		begin_oob(&p, central, flags & 1, flags & 2, options);
		assert_true(pair_oob(&p, options));
		assert_true(p.sc);
		assert_int_equal((central ? p.preq : p.pres)[2], flags & 1);
	}
}

void secure_oob_reserved_bits(bool central)
{
	char options[160];
	struct reference_peer p;

	begin_oob(&p, central, true, true, options);
	p.auth |= RESERVED;
	assert_true(pair_oob(&p, options));
	assert_int_equal((central ? p.preq : p.pres)[3] & RESERVED, 0);
}

void secure_oob_refused_by_peer(bool central)
{
	char options[160];
	struct reference_peer p;

	refused_at_once(central);
	begin_oob(&p, central, true, false, options);
	refused_in_phase_2(&p, 3, 0x02, options);
}

/* The commitment to the public key is wrong: refused before the program sends its random value. */
void secure_oob_wrong_confirm(bool central)
{
	char options[160];
	struct reference_peer p;

	begin_oob(&p, central, true, false, options);
	char *digit = strstr(options, "confirm=") + 8;
	*digit = *digit == '0' ? '1' : '0';
	assert_false(pair_oob(&p, options));
	assert_int_equal(p.refused, 0x04);
	assert_int_equal(verdict.reason, 0x04);
	assert_int_equal(raw_peer_count(p.raw, PDU_RANDOM), 0);
}

/* ---- Invalid public keys --------------------------------------------------------------------- */

enum bad_key { Y_ZERO, Y_FLIPPED, ORIGIN, OWN_POINT, OWN_X };

/* The prime of P-256 in wire order: -y of a point is p - y. */
static const uint8_t prime[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				  0xff, 0,    0,    0,	  0,	0,    0,    0,	  0,	0,    0,
				  0,	0,    1,    0,	  0,	0,    0xff, 0xff, 0xff, 0xff};

static void negate(uint8_t y[32])
{
	unsigned borrow = 0;

	for (int i = 0; i < 32; i++) {
		unsigned difference = 256U + prime[i] - y[i] - borrow;
		y[i] = (uint8_t)difference;
		borrow = difference < 256;
	}
}

static void bad_key(struct reference_peer *p, uint8_t *pdu)
{
	if (pdu[0] != PDU_PUBLIC_KEY)
		return;
	switch (*(enum bad_key *)p->ctx) {
	case Y_ZERO:
		memset(pdu + 33, 0, 32);
		break;
	case Y_FLIPPED:
		pdu[33] ^= 1;
		break;
	case ORIGIN:
		memset(pdu + 1, 0, 64);
		break;
	case OWN_POINT:
		memcpy(pdu + 1, p->program_key, 64);
		break;
	case OWN_X:
		memcpy(pdu + 1, p->program_key, 64);
		negate(pdu + 33);
		assert_int_equal(crypto_p256_check(pdu + 1), 0);
		break;
	}
}

/* Seconds from the end of the previous link to connection attempt n, by the program's clock. */
static double pause_before_attempt(size_t n)
{
	double ended = 0;
	size_t i;
	json_t *event;

	json_array_foreach(program_events(), i, event)
	{
		const char *name = json_string_value(json_object_get(event, "event"));
		double time = json_number_value(json_object_get(event, "time"));
		if (strcmp(name, "disconnected") == 0)
			ended = time;
		if (strcmp(name, "connecting") == 0 && n-- == 0)
			return time - ended;
	}
	fail_msg("no such attempt");
	return 0;
}

/* With --retry a central doubles the waiting time after each failure. */
static void central_waits_before_retry(enum bad_key kind)
{
	struct reference_peer p;

	run_scenario_begin_sc(&p, true);
	run_scenario_start(&p, "--retry 3 --timeout 0");
	for (int n = 0; n < 4; n++) {
		reference_peer_begin(&p, &sim.peer);
		p.auth |= AUTH_SC;
		p.alter = bad_key;
		p.ctx = &kind;
		if (n) {
			raw_peer_advertise(&sim.peer);
			raw_peer_linked(&sim.peer);
		}
		assert_false(reference_peer_pair(&p));
		assert_int_equal(p.refused, 0x0b);
	}
	run_scenario_end(&p);
	for (size_t n = 1; n < 4; n++)
		assert_true(pause_before_attempt(n) >= (double)(1 << (n - 1)));
}

/* One attempt with a bad key; returns the reason of the refusal. */
static uint8_t attempt_with_bad_key(enum bad_key *kind)
{
	struct reference_peer p;

	reference_peer_begin(&p, &sim.peer);
	p.initiates = true;
	p.auth |= AUTH_SC;
	p.alter = bad_key;
	p.ctx = kind;
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	p.may_stop = true;
	if (setjmp(p.stop) == 0) {
		reference_peer_features(&p);
		reference_peer_public_keys(&p);
	}
	(void)raw_peer_unlinked(&sim.peer, RAW_PEER_PATIENCE);
	world_pass(10 * WORLD_MS); /* until the program advertises again */
	return p.refused;
}

/* A peripheral refuses attempts during the waiting time, which doubles after each failure. */
static void peripheral_refuses_early_attempts(enum bad_key kind)
{
	program_start("listen");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	for (int n = 0; n < 4; n++) {
		uint64_t wait = WORLD_S << n;
		assert_int_equal(attempt_with_bad_key(&kind), 0x0b);
		assert_int_equal(attempt_with_bad_key(&kind), 0x09);
		world_pass(wait - wait / 4);
		assert_int_equal(attempt_with_bad_key(&kind), 0x09);
		world_pass(wait / 4);
	}
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
}

/*
 * If a point of order two were accepted, an attacker would succeed half of the time: hence the
 * twenty attempts. Every bad key is refused at once, and the next pairing uses a new key pair.
 */
void secure_invalid_keys(bool central)
{
	static const struct {
		enum bad_key kind;
		int times;
	} rounds[] = {{Y_ZERO, 20}, {Y_FLIPPED, 2}, {ORIGIN, 2}, {OWN_POINT, 2}, {OWN_X, 2}};
	struct fresh keys = {.count = 0};

	for (size_t i = 0; i < COUNT(rounds); i++) {
		/* A central must send its key before it knows the peripheral's. */
		if (!central && rounds[i].kind >= OWN_POINT)
			continue;
		for (int n = 0; n < rounds[i].times; n++) {
			enum bad_key kind = rounds[i].kind;
			struct reference_peer p;

			run_scenario_begin_sc(&p, central);
			p.alter = bad_key;
			p.ctx = &kind;
			run_scenario_refused(&p, 0x0b, "");
			assert_int_equal(raw_peer_count(p.raw, PDU_PUBLIC_KEY), central);
			assert_int_equal(raw_peer_count(p.raw, 0), central ? 3 : 2);
			if (central)
				run_scenario_fresh(&keys, p.program_key);
		}
	}
	if (central) {
		central_waits_before_retry(ORIGIN);
	} else {
		(void)sim_end(NULL);
		assert_int_equal(sim_begin(NULL), 0);
		peripheral_refuses_early_attempts(ORIGIN);
	}
}
