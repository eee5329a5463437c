/* SPDX-License-Identifier: MIT */
/*
 * Message charts with exact octets and both ways of failing; the names in comments are cases of the
 * Security Manager test suite (SM.TS).
 */
#include <string.h>

#include "smp/harness.h"
#include "smp/reason.h"

static struct end us, them;

static void prepare(enum smp_role role)
{
	end_prepare(&us, role);
	end_prepare(&them, role == SMP_INITIATOR ? SMP_RESPONDER : SMP_INITIATOR);
}

static void begin(void)
{
	end_begin(&us);
	if (us.config.role == SMP_INITIATOR)
		end_start(&us);
}

static void pdu(uint8_t code, const char *fill, size_t len)
{
	uint8_t octets[65] = {code};
	memcpy(octets + 1, fill, len - 1 < 64 ? len - 1 : 64);
	end_pdu(&us, octets, len);
}

/* A Pairing Response or Request to us. */
static void features(uint8_t code, uint8_t io, uint8_t oob, uint8_t auth, uint8_t size,
		     uint8_t init, uint8_t resp)
{
	const uint8_t p[7] = {code, io, oob, auth, size, init, resp};
	end_pdu(&us, p, sizeof(p));
}

/* Takes us up to the key distribution of Just Works against another engine. */
static void until_encrypted(bool sc)
{
	static const struct run run = {0};

	us.config.sc = them.config.sc = sc ? SMP_SC_PREFER : SMP_SC_OFF;
	end_begin(&us);
	end_begin(&them);
	if (us.config.role == SMP_INITIATOR)
		run_pairing(&us, &them, &run);
	else
		run_pairing(&them, &us, &run);
}

/* SM/CEN/JW/BI-04-C, SM/CEN/SCJW/BV-04-C: ours are 0; the peer's are ignored. */
static void reserved_bits(void **state)
{
	(void)state;
	prepare(SMP_INITIATOR);
	us.config.sc = SMP_SC_OFF;
	begin();
	const uint8_t request[7] = {0x01, 0x03, 0x00, 0x05, 0x10, 0x07, 0x07};
	assert_memory_equal(us.sent[0].data, request, 7);
	features(0x02, 3, 0, 0xe1, 16, 0, 0);
	assert_false(us.failed);
	assert_int_equal(end_last(&us), SMP_PAIRING_CONFIRM);
	assert_memory_equal(us.smp.pres, "\x02\x03\x00\xe1\x10\x00\x00", 7);

	prepare(SMP_RESPONDER);
	begin();
	features(0x01, 3, 0, 0xf1, 16, 0xf7, 0xf7);
	assert_int_equal(us.sent[0].data[3] & 0xc0, 0);
	assert_int_equal(us.sent[0].data[5], 0x07);
	assert_int_equal(us.sent[0].data[6], 0x07);
}

/* SM/CEN/JW/BV-05-C, SM/CEN/SCJW/BI-01-C: each reason is reported, and nothing is sent. */
static void the_peer_refuses(void **state)
{
	const uint8_t reasons[] = {0x03, 0x05, 0x08, 0x09, 0x0c, 0x0f, 0x10, 0x77};

	(void)state;
	for (size_t n = 0; n < COUNT(reasons); n++) {
		prepare(SMP_INITIATOR);
		begin();
		const uint8_t p[2] = {SMP_PAIRING_FAILED, reasons[n]};
		end_pdu(&us, p, 2);
		assert_true(us.failed);
		assert_int_equal(us.failure.by, SMP_BY_PEER);
		assert_int_equal(us.failure.reason, reasons[n]);
		assert_int_equal(us.sent_count, 1);
	}
	assert_string_equal(smp_reason_name(0x10), "Busy");
	assert_string_equal(smp_reason_name(0x0f), "Key Rejected");
	assert_string_equal(smp_reason_name(0x77), "reason unknown to the specification");
}

/* SM/CEN/PROT/BV-01-C, SM/PER/PROT/BV-02-C: after the time is over nothing is sent, ever. */
static void silence(void **state)
{
	(void)state;
	prepare(SMP_INITIATOR);
	begin();
	end_event(&us, (struct smp_event){.kind = SMP_EV_TIMEOUT});
	assert_int_equal(us.failure.by, SMP_BY_TIMEOUT);
	features(0x02, 3, 0, 1, 16, 0, 0);
	assert_int_equal(us.sent_count, 1);

	prepare(SMP_RESPONDER);
	begin();
	features(0x01, 3, 0, 1, 16, 0, 0);
	end_event(&us, (struct smp_event){.kind = SMP_EV_TIMEOUT});
	assert_int_equal(us.failure.by, SMP_BY_TIMEOUT);
	pdu(SMP_PAIRING_CONFIRM, "................", 17);
	assert_int_equal(us.sent_count, 1);
}

/* SM/CEN/JW/BI-01-C: 0x04, after the responder's Random. SM/CEN/JW/BI-06-C: a mirror. */
static void legacy_confirm_values(void **state)
{
	(void)state;
	prepare(SMP_INITIATOR);
	us.config.sc = SMP_SC_OFF;
	begin();
	features(0x02, 3, 0, 1, 16, 0, 0);
	pdu(SMP_PAIRING_CONFIRM, "wrong wrong wron", 17);
	assert_int_equal(end_last(&us), SMP_PAIRING_RANDOM);
	pdu(SMP_PAIRING_RANDOM, "random random ra", 17);
	assert_refused(&us, 0x04);
	assert_false(us.encrypts);

	prepare(SMP_INITIATOR);
	us.config.sc = SMP_SC_OFF;
	begin();
	features(0x02, 3, 0, 1, 16, 0, 0);
	end_pdu(&us, us.sent[1].data, 17);
	assert_refused(&us, 0x04);

	/* SM/PER/JW/BI-02-C: our Random is not sent. */
	prepare(SMP_RESPONDER);
	us.config.sc = SMP_SC_OFF;
	begin();
	features(0x01, 3, 0, 1, 16, 0, 0);
	pdu(SMP_PAIRING_CONFIRM, "wrong wrong wron", 17);
	pdu(SMP_PAIRING_RANDOM, "random random ra", 17);
	assert_refused(&us, 0x04);
	for (size_t n = 0; n < us.sent_count; n++)
		assert_int_not_equal(us.sent[n].data[0], SMP_PAIRING_RANDOM);
}

/* SM/CEN/EKS/BI-01-C, SM/PER/EKS/BI-02-C; and what is no size at all. */
static void key_sizes(void **state)
{
	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		uint8_t code = role == SMP_INITIATOR ? 0x02 : 0x01;
		prepare((enum smp_role)role);
		us.config.min_key_size = 12;
		begin();
		features(code, 3, 0, 1, 11, 0, 0);
		assert_refused(&us, 0x06);
		prepare((enum smp_role)role);
		begin();
		features(code, 3, 0, 1, 6, 0, 0);
		assert_refused(&us, 0x0a);
		prepare((enum smp_role)role);
		begin();
		features(code, 3, 0, 1, 17, 0, 0);
		assert_refused(&us, 0x0a);
		prepare((enum smp_role)role);
		begin();
		features(code, 5, 0, 1, 16, 0, 0);
		assert_refused(&us, 0x0a);
		prepare((enum smp_role)role);
		begin();
		features(code, 3, 2, 1, 16, 0, 0);
		assert_refused(&us, 0x0a);
	}
}

static void mitm_that_cannot_be(void **state)
{
	(void)state;
	prepare(SMP_INITIATOR);
	us.config.mitm = SMP_MITM_REQUIRE;
	us.config.io = SMP_IO_KEYBOARD_DISPLAY;
	begin();
	features(0x02, 3, 0, 0x09, 16, 0, 0);
	assert_refused(&us, 0x03);
	assert_string_equal(us.failure.text, "the peer has no input and no output "
					     "(NoInputNoOutput): only Just Works is possible");

	/* SM/PER/PKE/BV-06-C: a responder that only prefers it answers without the bit. */
	prepare(SMP_RESPONDER);
	us.config.io = SMP_IO_DISPLAY_ONLY;
	begin();
	features(0x01, 3, 0, 0x01, 16, 0, 0);
	assert_int_equal(us.sent[0].data[3] & SMP_AUTH_MITM, 0);

	prepare(SMP_INITIATOR);
	us.config.sc = SMP_SC_ONLY;
	begin();
	features(0x02, 3, 0, 0x01, 16, 0, 0);
	assert_refused(&us, 0x03);
}

/* 3.6.1: a response may not ask for more than the request offers. */
static void keys_beyond_the_request(void **state)
{
	(void)state;
	prepare(SMP_INITIATOR);
	us.config.init_keys = SMP_DIST_ID;
	begin();
	features(0x02, 3, 0, 1, 16, SMP_DIST_ENC | SMP_DIST_ID, 0);
	assert_refused(&us, 0x0a);
}

/* SM/CEN/KDU/BV-04-C, 05, 06, 10, 11 and SM/PER/KDU/BV-01-C, 02, 03, 08, 09. */
static void only_what_was_negotiated_is_sent(void **state)
{
	static const struct {
		uint8_t dist;
		const char *legacy, *sc;
	} cases[] = {
		{SMP_DIST_ENC, "\x06\x07", ""},
		{SMP_DIST_ID, "\x08\x09", "\x08\x09"},
		{SMP_DIST_SIGN, "\x0a", "\x0a"},
		{SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_SIGN, "\x06\x07\x08\x09\x0a",
		 "\x08\x09\x0a"},
		{0, "", ""},
	};

	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		for (int sc = 0; sc < 2; sc++) {
			for (size_t n = 0; n < COUNT(cases); n++) {
				const char *want = sc ? cases[n].sc : cases[n].legacy;
				prepare((enum smp_role)role);
				us.config.init_keys = us.config.resp_keys = 7;
				them.config.init_keys = cases[n].dist;
				them.config.resp_keys = cases[n].dist;
				until_encrypted(sc);
				assert_true(us.paired);
				size_t keys = 0;
				for (size_t k = 0; k < us.sent_count; k++) {
					uint8_t code = us.sent[k].data[0];
					if (code < SMP_ENCRYPTION_INFORMATION ||
					    code > SMP_SIGNING_INFORMATION)
						continue;
					assert_int_equal(code, want[keys++]);
				}
				assert_int_equal(keys, strlen(want));
			}
		}
	}
}

/* An IRK or a signing key encrypts nothing. */
static void without_a_key_that_encrypts_there_is_no_bond(void **state)
{
	static const struct {
		uint8_t ours, theirs;
		bool legacy, sc; /* bonded */
	} cases[] = {
		{0, 0, false, true},
		{SMP_DIST_ID, 0, false, true},
		{0, SMP_DIST_ID, false, true},
		{SMP_DIST_ID, SMP_DIST_ID, false, true},
		{SMP_DIST_ENC, 0, true, true},
		{0, SMP_DIST_ENC, true, true},
		{SMP_DIST_SIGN, 0, false, true},
		{0, SMP_DIST_SIGN, false, true},
	};

	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		for (int sc = 0; sc < 2; sc++) {
			for (size_t n = 0; n < COUNT(cases); n++) {
				bool initiates = role == SMP_INITIATOR;
				bool bonded = sc ? cases[n].sc : cases[n].legacy;
				prepare((enum smp_role)role);
				us.config.init_keys = them.config.init_keys =
					initiates ? cases[n].ours : cases[n].theirs;
				us.config.resp_keys = them.config.resp_keys =
					initiates ? cases[n].theirs : cases[n].ours;
				until_encrypted(sc);
				assert_true(us.paired);
				assert_int_equal(us.smp.bond.bonded, bonded);
				assert_int_equal(us.smp.bond.note != NULL, !bonded);
			}
		}
	}
}

/* Brings us, the initiator, to where the peer's keys are due. */
static void expect_keys_of_peer(uint8_t resp_keys)
{
	prepare(SMP_INITIATOR);
	us.config.resp_keys = them.config.resp_keys = resp_keys;
	us.config.init_keys = them.config.init_keys = 0;
	us.config.sc = SMP_SC_OFF;
	end_begin(&us);
	end_begin(&them);
	end_start(&us);
	for (size_t n = 0; n < 3; n++) {
		end_pdu(&them, us.sent[n].data, us.sent[n].len);
		end_pdu(&us, them.sent[n].data, them.sent[n].len);
	}
	assert_true(us.encrypts);
	end_encrypted(&us, 0);
}

static void keys_out_of_turn(void **state)
{
	(void)state;
	expect_keys_of_peer(SMP_DIST_ID);
	pdu(SMP_SIGNING_INFORMATION, "0123456789abcdef", 17); /* not negotiated */
	assert_refused(&us, 0x0f);
	expect_keys_of_peer(SMP_DIST_ENC);
	pdu(SMP_CENTRAL_IDENTIFICATION, "..........", 11); /* the second first */
	assert_refused(&us, 0x0f);
	expect_keys_of_peer(SMP_DIST_ENC);
	pdu(SMP_ENCRYPTION_INFORMATION, "0123456789abcdef", 17);
	pdu(SMP_ENCRYPTION_INFORMATION, "0123456789abcdef", 17); /* twice */
	assert_refused(&us, 0x0f);
	expect_keys_of_peer(SMP_DIST_ENC);
	pdu(SMP_ENCRYPTION_INFORMATION, "0123456789abcdef", 16); /* short */
	assert_refused(&us, 0x0a);
	/* A peer that forgets to shorten its LTK means the short one all the same, 2.4.3. */
	expect_keys_of_peer(SMP_DIST_ENC);
	us.smp.features.key_size = 7;
	pdu(SMP_ENCRYPTION_INFORMATION, "0123456789abcdef", 17);
	pdu(SMP_CENTRAL_IDENTIFICATION, "..........", 11);
	assert_true(us.paired);
	assert_memory_equal(us.smp.bond.peer.ltk, "0123456\0\0\0\0\0\0\0\0", 16);
	/* Only Enc was agreed: no identity is missed. */
	expect_keys_of_peer(SMP_DIST_ENC);
	pdu(SMP_ENCRYPTION_INFORMATION, "0123456789abcdef", 17);
	pdu(SMP_CENTRAL_IDENTIFICATION, "..........", 11);
	assert_true(us.paired);
}

/* 3.6.1: one order, each once. In each place of it, each other key is rejected; both roles. */
static void every_key_in_every_place(void **state)
{
	static const struct {
		uint8_t code;
		size_t len;
	} order[] = {{SMP_ENCRYPTION_INFORMATION, 17},
		     {SMP_CENTRAL_IDENTIFICATION, 11},
		     {SMP_IDENTITY_INFORMATION, 17},
		     {SMP_IDENTITY_ADDRESS_INFORMATION, 8},
		     {SMP_SIGNING_INFORMATION, 17}};
	static const struct run run = {0};

	(void)state;
	for (int role = SMP_INITIATOR; role <= SMP_RESPONDER; role++) {
		for (size_t place = 0; place < COUNT(order); place++) {
			for (size_t n = 0; n < COUNT(order); n++) {
				struct end *i = role == SMP_INITIATOR ? &us : &them;
				struct end *r = role == SMP_INITIATOR ? &them : &us;
				/* The peer falls silent before it sends a key. */
				prepare((enum smp_role)role);
				us.config.sc = SMP_SC_OFF;
				them.keeps_keys = true;
				end_begin(&us);
				end_begin(&them);
				run_pairing(i, r, &run);
				assert_false(us.failed || us.paired);
				assert_int_equal(us.smp.state, SMP_STATE_KEYS);
				for (size_t k = 0; k < place; k++)
					pdu(order[k].code,
					    k == 3 ? "\1\1\2\3\4\5\306" : "0123456789abcdef",
					    order[k].len);
				assert_false(us.failed || us.paired);
				pdu(order[n].code, "\1\1\2\3\4\5\306.........", order[n].len);
				if (n != place)
					assert_refused(&us, 0x0f);
				else
					assert_int_equal(us.paired, place + 1 == COUNT(order));
			}
		}
	}
}

static void identities(void **state)
{
	static const uint8_t zero[16] = {0};
	uint8_t address[8] = {SMP_IDENTITY_ADDRESS_INFORMATION, 1, 1, 2, 3, 4, 5, 0xc6};

	(void)state;
	/* An all-zero IRK and the address that is on air: no privacy, no error. */
	expect_keys_of_peer(SMP_DIST_ID);
	pdu(SMP_IDENTITY_INFORMATION, (const char *)zero, 17);
	end_pdu(&us, address, 8);
	assert_true(us.paired);
	assert_false(us.smp.bond.peer.has_irk);
	assert_int_equal(us.smp.bond.peer_irk, SMP_IRK_ALL_ZERO);
	assert_false(us.smp.bond.bonded); /* there is no other key */
	assert_string_equal(us.smp.bond.note, "no LTK was exchanged, so there is no bond");

	/* Another identity than that of the connection: left out, with a note. */
	expect_keys_of_peer(SMP_DIST_ID);
	pdu(SMP_IDENTITY_INFORMATION, "0123456789abcdef", 17);
	address[2] ^= 0xff;
	end_pdu(&us, address, 8);
	assert_true(us.paired);
	assert_false(us.smp.bond.peer.has_irk);
	assert_non_null(us.smp.bond.note);
	assert_true(bytes_all_zero(us.smp.bond.peer.irk, 16));
	assert_memory_equal(us.smp.bond.peer.identity.octets, us.config.peer.octets, 6);
	assert_int_equal(us.smp.bond.peer.identity.type, us.config.peer.type);

	/* No identity address at all: the IRK stands for the address that is connected. */
	expect_keys_of_peer(SMP_DIST_ID);
	pdu(SMP_IDENTITY_INFORMATION, "0123456789abcdef", 17);
	pdu(SMP_IDENTITY_ADDRESS_INFORMATION, "\0\0\0\0\0\0\0", 8);
	assert_true(us.paired && us.smp.bond.peer.has_irk);
	assert_int_equal(us.smp.bond.peer_irk, SMP_IRK_RANDOM);
	assert_memory_equal(us.smp.bond.peer.identity.octets, us.config.peer.octets, 6);

	/* An older and graver note stays. */
	expect_keys_of_peer(SMP_DIST_ID);
	us.smp.bond.note = "the debug key";
	pdu(SMP_IDENTITY_INFORMATION, "0123456789abcdef", 17);
	end_pdu(&us, address, 8);
	assert_true(us.paired);
	assert_string_equal(us.smp.bond.note, "the debug key");

	/* A resolvable address is no identity. */
	expect_keys_of_peer(SMP_DIST_ID);
	pdu(SMP_IDENTITY_INFORMATION, "0123456789abcdef", 17);
	address[7] = 0x45;
	end_pdu(&us, address, 8);
	assert_refused(&us, 0x0f);
}

/* SM/PER/KDU/BI-02-C, BI-03-C: the peer objects to our keys, also when all seemed done. */
static void keys_that_the_peer_rejects(void **state)
{
	(void)state;
	for (int sc = 0; sc < 2; sc++) {
		prepare(SMP_RESPONDER);
		them.config.init_keys = 0;
		until_encrypted(sc);
		assert_true(us.paired);
		const uint8_t p[2] = {SMP_PAIRING_FAILED, 0x0f};
		end_pdu(&us, p, 2);
		assert_true(us.failed);
		assert_int_equal(us.failure.by, SMP_BY_PEER);
		assert_int_equal(us.failure.reason, 0x0f);
		assert_true(bytes_all_zero(us.smp.bond.local.ltk, 16));
	}
}

/* SM/CEN/PIS/BV-02-C, BV-03-C and SM/PER/PIS/BV-01-C. */
static void security_requests(void **state)
{
	const uint8_t request[2] = {SMP_SECURITY_REQUEST, SMP_AUTH_MITM};

	(void)state;
	prepare(SMP_INITIATOR);
	end_begin(&us);
	end_pdu(&us, request, 2);
	assert_int_equal(us.security_requests, 1);
	end_start(&us);
	assert_int_equal(end_last(&us), SMP_PAIRING_REQUEST);
	end_pdu(&us, request, 2); /* a second one is ignored */
	assert_int_equal(us.security_requests, 1);
	assert_int_equal(us.sent_count, 1);
	assert_false(us.failed);

	/* It asks for MITM protection only if that is required. */
	for (int required = 0; required < 2; required++) {
		prepare(SMP_RESPONDER);
		us.config.io = SMP_IO_DISPLAY_ONLY;
		us.config.mitm = required ? SMP_MITM_REQUIRE : SMP_MITM_PREFER;
		end_begin(&us);
		end_start(&us);
		assert_int_equal(end_last(&us), SMP_SECURITY_REQUEST);
		assert_int_equal(us.sent[0].data[1], required ? 0x0d : 0x09);
		features(0x01, 2, 0, 0x0d, 16, 0, 0);
		assert_int_equal(end_last(&us), SMP_PAIRING_RESPONSE);
	}

	/* SM/PER/PIS/BV-02-C: a bonded central encrypts instead of pairing, and that is all. */
	prepare(SMP_RESPONDER);
	us.config.mitm = SMP_MITM_OFF;
	end_begin(&us);
	end_start(&us);
	assert_int_equal(us.sent[0].data[1] & SMP_AUTH_MITM, 0);
	assert_true(us.timer);
	end_encrypted(&us, 0);
	assert_false(us.timer || us.failed || us.paired);
	assert_false(smp_busy(&us.smp));
	features(0x01, 3, 0, 0x09, 16, 0, 0); /* it may pair all the same, later */
	assert_int_equal(end_last(&us), SMP_PAIRING_RESPONSE);

	/* Each role refuses the other's command, and no procedure ends or begins. */
	prepare(SMP_INITIATOR);
	end_begin(&us);
	features(0x01, 3, 0, 0x09, 16, 0, 0);
	assert_int_equal(us.sent_count, 1);
	assert_memory_equal(us.sent[0].data, "\x05\x07", 2);
	assert_false(us.failed);
	end_start(&us);
	assert_int_equal(end_last(&us), SMP_PAIRING_REQUEST);
	prepare(SMP_RESPONDER);
	end_begin(&us);
	end_pdu(&us, request, 2);
	assert_int_equal(us.sent[0].data[1], 0x07);
	assert_false(us.failed);
	features(0x01, 3, 0, 0x01, 16, 0, 0);
	assert_int_equal(end_last(&us), SMP_PAIRING_RESPONSE);
}

static void users(void **state)
{
	(void)state;
	/* SM/CEN/PKE/BI-02-C: the prompt ends with the pairing. */
	prepare(SMP_INITIATOR);
	us.config.io = SMP_IO_KEYBOARD_ONLY;
	us.config.sc = SMP_SC_OFF;
	begin();
	features(0x02, 0, 0, 0x05, 16, 0, 0);
	assert_true(us.prompt_open);
	const uint8_t p[2] = {SMP_PAIRING_FAILED, 0x01};
	end_pdu(&us, p, 2);
	assert_false(us.prompt_open);

	/* A user who cancels: the peer gets the reason. */
	prepare(SMP_INITIATOR);
	us.config.io = SMP_IO_KEYBOARD_ONLY;
	begin();
	features(0x02, 0, 0, 0x0d, 16, 0, 0);
	end_event(&us, (struct smp_event){.kind = SMP_EV_CANCEL});
	assert_int_equal(us.failure.by, SMP_BY_USER);
	assert_int_equal(us.sent[us.sent_count - 1].data[1], 0x01);
	assert_int_equal(us.sent_after_end, 0);

	/* A passkey has six digits. */
	prepare(SMP_INITIATOR);
	us.config.io = SMP_IO_KEYBOARD_ONLY;
	begin();
	features(0x02, 0, 0, 0x05, 16, 0, 0);
	end_passkey(&us, 1000000);
	assert_refused(&us, 0x01);

	/* Giving up a comparison is Numeric Comparison Failed; before a method is known, no reason.
	 */
	prepare(SMP_INITIATOR);
	us.config.io = them.config.io = SMP_IO_DISPLAY_YES_NO;
	us.user_is_away = true;
	until_encrypted(true);
	assert_true(us.prompt_open);
	end_event(&us, (struct smp_event){.kind = SMP_EV_CANCEL});
	assert_int_equal(us.failure.by, SMP_BY_USER);
	assert_int_equal(us.sent[us.sent_count - 1].data[1], 0x0c);
	prepare(SMP_INITIATOR);
	begin();
	end_event(&us, (struct smp_event){.kind = SMP_EV_CANCEL});
	assert_int_equal(us.sent[us.sent_count - 1].data[1], 0x08);

	/* Keypress notifications: only when both offered them, Part H 3.5.8. */
	for (int agreed = 0; agreed < 2; agreed++) {
		prepare(SMP_INITIATOR);
		us.config.io = SMP_IO_KEYBOARD_ONLY;
		us.config.keypress = true;
		begin();
		features(0x02, 0, 0, agreed ? 0x1d : 0x0d, 16, 0, 0);
		size_t before = us.sent_count;
		end_event(&us, (struct smp_event){.kind = SMP_EV_KEYPRESS,
						  .keypress = SMP_KEYPRESS_DIGIT});
		assert_int_equal(us.sent_count - before, agreed);
	}
}

static void what_is_no_smp(void **state)
{
	(void)state;
	prepare(SMP_INITIATOR);
	begin();
	pdu(0x0f, "..", 3); /* codes of the future are ignored, 3.3 */
	pdu(0x00, "..", 3);
	pdu(0xff, "", 1);
	assert_false(us.failed);
	assert_int_equal(us.sent_count, 1);
	prepare(SMP_INITIATOR);
	begin();
	pdu(SMP_PAIRING_RESPONSE, "......", 6);
	assert_refused(&us, 0x0a);
	prepare(SMP_INITIATOR);
	begin();
	pdu(SMP_PAIRING_RANDOM, "................", 17); /* out of turn */
	assert_refused(&us, 0x08);
	/* An empty PDU, or any PDU outside a pairing, gets no answer. */
	prepare(SMP_RESPONDER);
	begin();
	end_pdu(&us, (const uint8_t *)"", 0);
	pdu(SMP_PAIRING_CONFIRM, "................", 17);
	assert_int_equal(us.sent_count, 0);
	assert_false(us.failed);
	/* A malformed request ends what a responder would begin, and nothing of an initiator. */
	pdu(SMP_PAIRING_REQUEST, "......", 6);
	assert_refused(&us, 0x0a);
	prepare(SMP_INITIATOR);
	end_begin(&us);
	pdu(SMP_PAIRING_REQUEST, "......", 6);
	pdu(SMP_PAIRING_REQUEST, ".......", 8);
	assert_int_equal(us.sent_count, 0);
	assert_false(us.failed);
	end_start(&us);
	assert_int_equal(end_last(&us), SMP_PAIRING_REQUEST);
}

/* 3.4: the cause names the side that was too slow: the peer, the user here, or both. */
static void a_timeout_names_the_slow_side(void **state)
{
	static const struct {
		enum smp_role role;
		enum smp_io io, peer_io;
		bool sc;
		enum smp_why why;
	} cases[] = {
		{SMP_INITIATOR, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, false,
		 SMP_WHY_USER_SILENT},
		{SMP_RESPONDER, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, false,
		 SMP_WHY_PEER_AND_USER_SILENT},
		{SMP_INITIATOR, SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, false,
		 SMP_WHY_PEER_SILENT},
		{SMP_INITIATOR, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_DISPLAY_ONLY, true,
		 SMP_WHY_PEER_SILENT},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		prepare(cases[n].role);
		us.config.io = cases[n].io;
		us.config.sc = cases[n].sc ? SMP_SC_PREFER : SMP_SC_OFF;
		begin();
		features(cases[n].role == SMP_INITIATOR ? 0x02 : 0x01, (uint8_t)cases[n].peer_io, 0,
			 0x0d, 16, 0, 0);
		end_event(&us, (struct smp_event){.kind = SMP_EV_TIMEOUT});
		assert_int_equal(us.failure.by, SMP_BY_TIMEOUT);
		assert_int_equal(us.failure.why, cases[n].why);
	}
}

/* While encryption begins: the key of this pairing each time, and no key of another name. */
static void ask_again(void *ctx, struct end *initiator, struct end *responder)
{
	unsigned *asked = ctx;
	struct smp_event event = {.kind = SMP_EV_LTK_REQUEST};

	(void)initiator;
	if (responder->smp.state != SMP_STATE_ENCRYPTING || (*asked)++)
		return;
	responder->replies = false;
	event.ltk_request.ediv = 1;
	end_event(responder, event);
	assert_true(responder->denies && !responder->replies);
	event.ltk_request.ediv = 0;
	end_event(responder, event);
	assert_true(responder->replies);
}

static void the_controller_asks_again(void **state)
{
	unsigned asked = 0;
	const struct run run = {.before = ask_again, .ctx = &asked};

	(void)state;
	prepare(SMP_RESPONDER);
	end_begin(&us);
	end_begin(&them);
	run_pairing(&them, &us, &run);
	assert_true(asked && us.paired && them.paired);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_bits),
		cmocka_unit_test(the_peer_refuses),
		cmocka_unit_test(silence),
		cmocka_unit_test(the_controller_asks_again),
		cmocka_unit_test(legacy_confirm_values),
		cmocka_unit_test(key_sizes),
		cmocka_unit_test(mitm_that_cannot_be),
		cmocka_unit_test(keys_beyond_the_request),
		cmocka_unit_test(only_what_was_negotiated_is_sent),
		cmocka_unit_test(without_a_key_that_encrypts_there_is_no_bond),
		cmocka_unit_test(keys_out_of_turn),
		cmocka_unit_test(every_key_in_every_place),
		cmocka_unit_test(identities),
		cmocka_unit_test(keys_that_the_peer_rejects),
		cmocka_unit_test(security_requests),
		cmocka_unit_test(users),
		cmocka_unit_test(what_is_no_smp),
		cmocka_unit_test(a_timeout_names_the_slow_side),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
