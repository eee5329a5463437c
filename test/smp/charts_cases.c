/* SPDX-License-Identifier: MIT */
/*
 * Cases of the Security Manager test suite (SM.TS) that consist of two configurations and one
 * outcome: ours, and a tester, which is a second engine configured for the case.
 */
#include <string.h>

#include "smp/harness.h"

static struct end us, tester;

enum oob_data { NONE, TK, TK_WRONG, SC_DATA, SC_WRONG_CONFIRM, SC_WRONG_RANDOM };

#define NINO  SMP_IO_NO_INPUT_NO_OUTPUT
#define SHOW  SMP_IO_DISPLAY_ONLY
#define YESNO SMP_IO_DISPLAY_YES_NO
#define TYPE  SMP_IO_KEYBOARD_ONLY
#define BOTH  SMP_IO_KEYBOARD_DISPLAY
#define CEN   SMP_INITIATOR
#define PER   SMP_RESPONDER

/* clang-format off */
static const struct ts_case {
	const char *ids;
	enum smp_role role;
	bool sc;
	enum smp_io io, raw_peer_io;
	bool raw_peer_no_mitm;
	enum oob_data oob, raw_peer_oob;
	bool wrong_passkey;
	uint8_t auth_bits; /* the tester sets these reserved bits too, as far as c1 and f6 allow */
	uint8_t min_size, raw_peer_max_size;
	enum smp_method method; /* NONE: not reached */
	uint8_t reason;		/* 0: paired */
} cases[] = {
	/* Just Works, passkey, comparison: how they end well. */
	{"SM/CEN/JW/BV-01-C", CEN, false, NINO, BOTH, .raw_peer_no_mitm = true, .method = SMP_JUST_WORKS},
	{"SM/PER/JW/BV-02-C", PER, false, NINO, NINO, .raw_peer_no_mitm = true, .method = SMP_JUST_WORKS},
	{"SM/CEN/PKE/BV-01-C", CEN, false, SHOW, TYPE, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/CEN/PKE/BV-04-C", CEN, false, BOTH, NINO, .raw_peer_no_mitm = true, .method = SMP_JUST_WORKS},
	{"SM/PER/PKE/BV-02-C", PER, false, TYPE, BOTH, .method = SMP_PASSKEY_WE_TYPE},
	{"SM/PER/PKE/BV-05-C, BV-06-C", PER, false, BOTH, NINO, .raw_peer_no_mitm = true, .method = SMP_JUST_WORKS},
	{"SM/CEN/SCJW/BV-01-C", CEN, true, YESNO, BOTH, .method = SMP_NUMERIC_COMPARISON},
	{"SM/PER/SCJW/BV-02-C", PER, true, BOTH, YESNO, .method = SMP_NUMERIC_COMPARISON},
	{"SM/CEN/SCPK/BV-01-C", CEN, true, BOTH, TYPE, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/PER/SCPK/BV-02-C", PER, true, TYPE, BOTH, .method = SMP_PASSKEY_WE_TYPE},
	/* Reserved bits of AuthReq: ignored, and part of c1 and f6 as received. */
	{"SM/CEN/JW/BI-04-C", CEN, false, NINO, NINO, .auth_bits = 0xc0, .method = SMP_JUST_WORKS},
	{"SM/PER/JW/BI-03-C", PER, false, NINO, NINO, .auth_bits = 0xc0, .method = SMP_JUST_WORKS},
	{"SM/CEN/SCJW/BV-04-C", CEN, true, NINO, NINO, .auth_bits = 0xc0, .method = SMP_JUST_WORKS},
	{"SM/PER/SCJW/BV-03-C", PER, true, NINO, NINO, .auth_bits = 0xc0, .method = SMP_JUST_WORKS},
	{"SM/CEN/SCPK/BV-04-C", CEN, true, SHOW, TYPE, .auth_bits = 0xc0, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/PER/SCPK/BV-03-C", PER, true, TYPE, SHOW, .auth_bits = 0xc0, .method = SMP_PASSKEY_WE_TYPE},
	{"SM/CEN/SCOB/BV-04-C", CEN, true, NINO, NINO, .oob = SC_DATA, .raw_peer_oob = SC_DATA, .auth_bits = 0xc0, .method = SMP_OOB},
	{"SM/PER/SCOB/BV-03-C", PER, true, NINO, NINO, .oob = SC_DATA, .raw_peer_oob = SC_DATA, .auth_bits = 0xc0, .method = SMP_OOB},
	/* Another passkey. */
	{"SM/CEN/PKE/BI-01-C", CEN, false, SHOW, TYPE, .wrong_passkey = true, .method = SMP_PASSKEY_WE_SHOW, .reason = 0x04},
	{"SM/PER/PKE/BI-03-C", PER, false, TYPE, SHOW, .wrong_passkey = true, .method = SMP_PASSKEY_WE_TYPE, .reason = 0x04},
	{"SM/CEN/SCPK/BI-03-C", CEN, true, SHOW, TYPE, .wrong_passkey = true, .method = SMP_PASSKEY_WE_SHOW, .reason = 0x04},
	{"SM/PER/SCPK/BI-05-C", PER, true, TYPE, SHOW, .wrong_passkey = true, .method = SMP_PASSKEY_WE_TYPE, .reason = 0x04},
	/* Out of band, legacy: both, one side only, and two TKs that differ. */
	{"SM/CEN/OOB/BV-01-C, BV-10-C", CEN, false, NINO, NINO, .oob = TK, .raw_peer_oob = TK, .method = SMP_OOB},
	{"SM/PER/OOB/BV-02-C, BV-11-C", PER, false, NINO, NINO, .oob = TK, .raw_peer_oob = TK, .method = SMP_OOB},
	{"SM/CEN/OOB/BV-03-C", CEN, false, SHOW, TYPE, .oob = TK, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/PER/OOB/BV-04-C", PER, false, SHOW, TYPE, .oob = TK, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/CEN/OOB/BV-05-C", CEN, false, SHOW, TYPE, .raw_peer_oob = TK, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/PER/OOB/BV-06-C", PER, false, SHOW, TYPE, .raw_peer_oob = TK, .method = SMP_PASSKEY_WE_SHOW},
	{"SM/CEN/OOB/BV-07-C", CEN, false, SHOW, NINO, .raw_peer_oob = TK, .method = SMP_JUST_WORKS},
	{"SM/PER/OOB/BV-08-C", PER, false, SHOW, NINO, .raw_peer_oob = TK, .method = SMP_JUST_WORKS},
	{"SM/CEN/OOB/BV-09-C", CEN, false, SHOW, NINO, .oob = TK, .method = SMP_JUST_WORKS},
	{"SM/PER/OOB/BV-10-C", PER, false, SHOW, NINO, .oob = TK, .method = SMP_JUST_WORKS},
	{"SM/CEN/OOB/BI-01-C", CEN, false, NINO, NINO, .oob = TK, .raw_peer_oob = TK_WRONG, .method = SMP_OOB, .reason = 0x04},
	{"SM/PER/OOB/BI-02-C", PER, false, NINO, NINO, .oob = TK, .raw_peer_oob = TK_WRONG, .method = SMP_OOB, .reason = 0x04},
	/* Out of band, Secure Connections: flags {1,1}, {1,0}, {0,1}, and data that is wrong. */
	{"SM/CEN/SCOB/BV-01-C {1,1}", CEN, true, NINO, NINO, .oob = SC_DATA, .raw_peer_oob = SC_DATA, .method = SMP_OOB},
	{"SM/CEN/SCOB/BV-01-C {1,0}", CEN, true, NINO, NINO, .oob = SC_DATA, .method = SMP_OOB},
	{"SM/CEN/SCOB/BV-01-C {0,1}", CEN, true, NINO, NINO, .raw_peer_oob = SC_DATA, .method = SMP_OOB},
	{"SM/PER/SCOB/BV-02-C {1,1}", PER, true, NINO, NINO, .oob = SC_DATA, .raw_peer_oob = SC_DATA, .method = SMP_OOB},
	{"SM/PER/SCOB/BV-02-C {1,0}", PER, true, NINO, NINO, .raw_peer_oob = SC_DATA, .method = SMP_OOB},
	{"SM/PER/SCOB/BV-02-C {0,1}", PER, true, NINO, NINO, .oob = SC_DATA, .method = SMP_OOB},
	{"SM/CEN/SCOB/BI-04-C", CEN, true, NINO, NINO, .oob = SC_WRONG_CONFIRM, .raw_peer_oob = SC_DATA, .method = SMP_OOB, .reason = 0x04},
	{"SM/CEN/SCOB/BI-04-C, the random", CEN, true, NINO, NINO, .oob = SC_WRONG_RANDOM, .raw_peer_oob = SC_DATA, .method = SMP_OOB, .reason = 0x04},
	{"SM/PER/SCOB/BI-03-C", PER, true, NINO, NINO, .oob = SC_WRONG_CONFIRM, .raw_peer_oob = SC_DATA, .method = SMP_OOB, .reason = 0x04},
	{"SM/PER/SCOB/BI-03-C, the random", PER, true, NINO, NINO, .oob = SC_WRONG_RANDOM, .method = SMP_OOB, .reason = 0x04},
	/* Encryption key size. */
	{"SM/CEN/EKS/BV-01-C", CEN, false, NINO, NINO, .min_size = 9, .raw_peer_max_size = 9, .method = SMP_JUST_WORKS},
	{"SM/PER/EKS/BV-02-C", PER, false, NINO, NINO, .min_size = 9, .raw_peer_max_size = 9, .method = SMP_JUST_WORKS},
	{"SM/CEN/EKS/BV-01-C, smallest", CEN, true, NINO, NINO, .min_size = 7, .raw_peer_max_size = 7, .method = SMP_JUST_WORKS},
	{"SM/CEN/EKS/BI-01-C", CEN, false, NINO, NINO, .min_size = 16, .raw_peer_max_size = 15, .reason = 0x06},
	{"SM/PER/EKS/BI-02-C", PER, false, NINO, NINO, .min_size = 16, .raw_peer_max_size = 15, .reason = 0x06},
};
/* clang-format on */

static void give(struct end *to, struct end *from, enum oob_data data)
{
	if (data == TK || data == TK_WRONG) {
		to->config.oob.has_tk = true;
		memset(to->config.oob.tk, data == TK ? 0x42 : 0x43, 16);
	}
	if (data == SC_DATA || data == SC_WRONG_CONFIRM || data == SC_WRONG_RANDOM)
		give_oob(to, from);
	if (data == SC_WRONG_CONFIRM)
		to->config.oob.peer_confirm[7] ^= 0x10;
	if (data == SC_WRONG_RANDOM)
		to->config.oob.peer_random[7] ^= 0x10;
}

/* The tester's features get their reserved bits on the way; it computes with them like us. */
static void add_reserved_bits(void *ctx, struct end *to, uint8_t *pdu, size_t *len)
{
	const struct ts_case *c = ctx;

	(void)len;
	if (to == &us && (pdu[0] == SMP_PAIRING_REQUEST || pdu[0] == SMP_PAIRING_RESPONSE)) {
		pdu[3] |= c->auth_bits;
		(c->role == CEN ? tester.smp.pres : tester.smp.preq)[3] |= c->auth_bits;
	} else if (pdu[0] == SMP_PAIRING_REQUEST || pdu[0] == SMP_PAIRING_RESPONSE) {
		/* Our own are sent as 0, 3.5.1. */
		assert_int_equal(pdu[3] & 0xc0, 0);
		assert_int_equal((pdu[5] | pdu[6]) & 0xf0, 0);
	}
}

static void run_case(const struct ts_case *c)
{
	struct ts_case copy = *c;
	const struct run run = {
		.wrong_passkey = c->wrong_passkey, .tamper = add_reserved_bits, .ctx = &copy};

	end_prepare(&us, c->role);
	end_prepare(&tester, c->role == CEN ? PER : CEN);
	us.config.io = c->io;
	us.config.mitm = c->raw_peer_no_mitm ? SMP_MITM_OFF : SMP_MITM_PREFER;
	tester.config.io = c->raw_peer_io;
	tester.config.mitm = c->raw_peer_no_mitm ? SMP_MITM_OFF : SMP_MITM_PREFER;
	us.config.sc = c->sc ? SMP_SC_PREFER : SMP_SC_OFF;
	tester.config.sc = us.config.sc;
	us.config.min_key_size = c->min_size ? c->min_size : 7;
	tester.config.max_key_size = c->raw_peer_max_size ? c->raw_peer_max_size : 16;
	give(&us, &tester, c->oob);
	give(&tester, &us, c->raw_peer_oob);
	end_begin(&us);
	end_begin(&tester);
	if (c->role == CEN)
		run_pairing(&us, &tester, &run);
	else
		run_pairing(&tester, &us, &run);
}

static void outcomes(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct ts_case *c = &cases[n];
		run_case(c);
		print_message("%s\n", c->ids);
		assert_int_equal(us.smp.features.method, c->method);
		assert_int_equal(us.sent_after_end, 0);
		if (c->reason) {
			assert_true(us.failed && tester.failed);
			assert_false(us.encrypts && tester.replies);
			/* Either side may refuse first: the reason is the same. */
			if (us.failure.by == SMP_BY_US)
				assert_refused(&us, c->reason);
			else
				assert_int_equal(us.failure.by, SMP_BY_PEER);
			assert_int_equal(us.failure.reason, c->reason);
			continue;
		}
		assert_true(us.paired && tester.paired);
		assert_memory_equal(us.ltk, tester.ltk, 16);
		assert_int_equal(us.smp.bond.secure_connections, c->sc);
		assert_int_equal(us.smp.bond.authenticated,
				 c->method == SMP_OOB || (c->sc && c->method != SMP_JUST_WORKS));
		if (c->raw_peer_max_size) {
			/* STK and the distributed LTK: both of that size, 2.3.4. */
			size_t size = c->raw_peer_max_size;
			assert_int_equal(us.smp.bond.key_size, size);
			assert_true(bytes_all_zero(us.ltk + size, 16 - size));
			assert_true(bytes_all_zero(us.smp.bond.local.ltk + size, 16 - size));
			assert_false(bytes_all_zero(us.smp.bond.local.ltk + size - 3, 3));
		}
	}
}

/* SM/CEN/SCPK/BI-03-C, SM/PER/SCPK/BI-05-C: at the first bit that differs, whichever it is. */
static void the_first_bit_that_differs(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 20; bit++) {
		end_prepare(&us, CEN);
		end_prepare(&tester, PER);
		us.config.io = TYPE;
		tester.config.io = SHOW;
		tester.config.has_passkey = true;
		tester.config.passkey = 0x55555;
		end_begin(&us);
		end_begin(&tester);
		end_start(&us);
		for (unsigned n = 0; n < 2; n++) {
			end_pdu(&tester, us.sent[n].data, us.sent[n].len);
			end_pdu(&us, tester.sent[n].data, tester.sent[n].len);
		}
		us.taken = tester.taken = 2;
		assert_true(us.asks_passkey);
		end_passkey(&us, 0x55555U ^ 1U << bit);
		for (unsigned k = 0; k < 100 && !us.failed && !tester.failed; k++) {
			if (us.taken < us.sent_count) {
				end_pdu(&tester, us.sent[us.taken].data, us.sent[us.taken].len);
				us.taken++;
			}
			if (!tester.failed && tester.taken < tester.sent_count) {
				end_pdu(&us, tester.sent[tester.taken].data,
					tester.sent[tester.taken].len);
				tester.taken++;
			}
		}
		/* The responder sees our nonce of that round first: after so many of its own. */
		assert_refused(&tester, 0x04);
		size_t randoms = 0;
		for (size_t n = 0; n < tester.sent_count; n++)
			randoms += tester.sent[n].data[0] == SMP_PAIRING_RANDOM;
		assert_int_equal(randoms, bit);
	}
}

/* SM/CEN/SCPK/BV-01-C, SM/PER/SCPK/BV-02-C: notifications of keys, when both offered them. */
static void keypresses(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		bool ours = n & 1, theirs = n & 2;
		enum smp_role role = n & 4 ? PER : CEN;
		const uint8_t features[7] = {role == CEN ? 0x02 : 0x01, SHOW, 0,
					     theirs ? 0x1d : 0x0d, 16};
		uint8_t key[65] = {SMP_PAIRING_PUBLIC_KEY};
		uint8_t pressed[2] = {SMP_KEYPRESS_NOTIFICATION, SMP_KEYPRESS_STARTED};
		end_prepare(&us, role);
		end_prepare(&tester, role == CEN ? PER : CEN);
		us.config.io = TYPE;
		us.config.keypress = ours;
		us.config.passkey = 123;
		end_begin(&us);
		if (role == CEN)
			end_start(&us);
		end_pdu(&us, features, sizeof(features));
		assert_int_equal(us.sent[0].data[3] & SMP_AUTH_KEYPRESS, ours ? 0x10 : 0);
		memcpy(key + 1, tester.keypair.public_key, 64);
		end_pdu(&us, key, sizeof(key));
		assert_true(us.asks_passkey);
		size_t before = us.sent_count;
		for (uint8_t what = SMP_KEYPRESS_STARTED; what <= 5; what++)
			end_event(&us,
				  (struct smp_event){.kind = SMP_EV_KEYPRESS, .keypress = what});
		/* The five that are defined, each as it is, and only when both offered it. */
		assert_int_equal(us.sent_count - before, ours && theirs ? 5 : 0);
		for (uint8_t what = 0; ours && theirs && what < 5; what++) {
			assert_int_equal(us.sent[before + what].data[0], SMP_KEYPRESS_NOTIFICATION);
			assert_int_equal(us.sent[before + what].data[1], what);
		}
		end_pdu(&us, pressed, 2);
		assert_int_equal(us.keypresses, ours && theirs);
		/* Not agreed on: ignored, for nothing depends on it (2.3.5.1). */
		assert_false(us.failed);
		if (!(ours && theirs))
			continue;
		pressed[1] = 5; /* Table 3.8 ends with 4 */
		end_pdu(&us, pressed, 2);
		assert_refused(&us, 0x0a);
	}
}

/* 3.5.8: notifications belong to Secure Connections; nothing depends on those of a legacy peer. */
static void legacy_pairing_neither_offers_keypresses_nor_ends_by_one(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		enum smp_role role = n & 1 ? PER : CEN;
		bool offers_sc = n & 2;
		/* Bonding, MITM, keypress. */
		const uint8_t features[7] = {role == CEN ? 0x02 : 0x01, SHOW, 0, 0x15, 16};
		uint8_t pressed[2] = {SMP_KEYPRESS_NOTIFICATION};

		end_prepare(&us, role);
		us.config.io = TYPE;
		us.config.keypress = true;
		us.config.sc = offers_sc ? SMP_SC_PREFER : SMP_SC_OFF;
		end_begin(&us);
		if (role == CEN)
			end_start(&us);
		end_pdu(&us, features, sizeof(features));
		/* A request that offers Secure Connections does not know the result yet. */
		assert_int_equal(us.sent[0].data[3] & SMP_AUTH_KEYPRESS,
				 role == CEN && offers_sc ? SMP_AUTH_KEYPRESS : 0);
		assert_true(us.asks_passkey);
		assert_false(us.smp.features.keypress);
		size_t before = us.sent_count;
		end_event(&us, (struct smp_event){.kind = SMP_EV_KEYPRESS});
		for (; pressed[1] <= SMP_KEYPRESS_COMPLETED + 1; pressed[1]++)
			end_pdu(&us, pressed, 2);
		assert_false(us.failed);
		assert_int_equal(us.keypresses, 0);
		assert_int_equal(us.sent_count, before);
		end_event(&us, (struct smp_event){.kind = SMP_EV_PASSKEY, .passkey = 1});
		end_pdu(&us, pressed, 2);
		assert_false(us.failed);
	}
}

/* SM/CEN/SCCT/BV-07-C, BV-09-C and the responder's: from the LTK before it was shortened. */
static void link_keys(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		uint8_t want[16], full[16];
		end_prepare(&us, CEN);
		end_prepare(&tester, PER);
		us.config.init_keys = us.config.resp_keys = SMP_DIST_ALL;
		tester.config.init_keys = tester.config.resp_keys = SMP_DIST_LINK;
		us.config.ct2 = n & 1;
		tester.config.ct2 = n & 2;
		us.config.max_key_size = 7;
		end_begin(&us);
		end_begin(&tester);
		/* Stopped at the end of phase 2, where the whole LTK can still be seen. */
		end_start(&us);
		for (unsigned k = 0; k < 20 && !us.encrypts; k++) {
			if (us.taken < us.sent_count) {
				end_pdu(&tester, us.sent[us.taken].data, us.sent[us.taken].len);
				us.taken++;
			}
			while (tester.taken < tester.sent_count) {
				end_pdu(&us, tester.sent[tester.taken].data,
					tester.sent[tester.taken].len);
				tester.taken++;
			}
		}
		assert_true(us.encrypts);
		memcpy(full, us.smp.secret.full_ltk, 16);
		assert_false(bytes_all_zero(full + 7, 9));
		assert_true(bytes_all_zero(us.ltk + 7, 9));
		end_event(&tester, (struct smp_event){.kind = SMP_EV_LTK_REQUEST});
		end_encrypted(&us, 0);
		end_encrypted(&tester, 0);
		assert_true(us.paired && tester.paired);
		assert_int_equal(crypto_ltk_to_link_key(full, n == 3, want), 0);
		assert_true(us.smp.bond.has_link_key && tester.smp.bond.has_link_key);
		assert_memory_equal(us.smp.bond.link_key, want, 16);
		assert_memory_equal(tester.smp.bond.link_key, want, 16);
	}
}

/* SM/PER/KDU/BV-02-C, SM/CEN/KDU/BV-05-C: what is sent is what was configured, to the octet. */
static void identities_to_the_octet(void **state)
{
	const struct run run = {0};

	(void)state;
	for (int role = CEN; role <= PER; role++) {
		end_prepare(&us, (enum smp_role)role);
		end_prepare(&tester, role == CEN ? PER : CEN);
		us.config.init_keys = us.config.resp_keys = SMP_DIST_ID;
		for (uint8_t n = 0; n < 16; n++)
			us.config.irk[n] = (uint8_t)(0xa0 + n);
		end_begin(&us);
		end_begin(&tester);
		run_pairing(role == CEN ? &us : &tester, role == CEN ? &tester : &us, &run);
		assert_true(us.paired);
		assert_memory_equal(
			us.sent[us.sent_count - 2].data,
			"\x08\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae"
			"\xaf",
			17);
		assert_memory_equal(us.sent[us.sent_count - 1].data,
				    role == CEN ? "\x09\x00\x11\x22\x33\x44\x55\x66"
						: "\x09\x01\x01\x02\x03\x04\x05\xc6",
				    8);
	}
}

/*
 * Ea and Eb of out-of-band pairing, computed here from 2.3.5.6.5: r of each is the other's random
 * where it arrived, else 0. Two engines that left it out would agree with each other.
 */
static void checks_of_out_of_band(void **state)
{
	const struct run run = {0};

	(void)state;
	for (unsigned flags = 1; flags < 4; flags++) {
		uint8_t dhkey[32], mackey[16], ltk[16], want[16], ra[16] = {0}, rb[16] = {0};
		const uint8_t *na = NULL, *nb = NULL, *ea = NULL, *eb = NULL;
		end_prepare(&us, CEN);
		end_prepare(&tester, PER);
		if (flags & 1) {
			give_oob(&us, &tester);
			memcpy(rb, us.config.oob.peer_random, 16);
		}
		if (flags & 2) {
			give_oob(&tester, &us);
			memcpy(ra, us.config.oob.own_random, 16);
		}
		end_begin(&us);
		end_begin(&tester);
		run_pairing(&us, &tester, &run);
		assert_true(us.paired && tester.paired);
		for (size_t n = 0; n < us.sent_count; n++) {
			na = us.sent[n].data[0] == SMP_PAIRING_RANDOM ? us.sent[n].data + 1 : na;
			ea = us.sent[n].data[0] == SMP_PAIRING_DHKEY_CHECK ? us.sent[n].data + 1
									   : ea;
		}
		for (size_t n = 0; n < tester.sent_count; n++) {
			nb = tester.sent[n].data[0] == SMP_PAIRING_RANDOM ? tester.sent[n].data + 1
									  : nb;
			eb = tester.sent[n].data[0] == SMP_PAIRING_DHKEY_CHECK
				     ? tester.sent[n].data + 1
				     : eb;
		}
		assert_true(na && nb && ea && eb);
		assert_int_equal(
			crypto_p256_dhkey(us.keypair.private_key, tester.keypair.public_key, dhkey),
			0);
		assert_int_equal(crypto_f5(dhkey, na, nb, &us.config.local, &tester.config.local,
					   mackey, ltk),
				 0);
		assert_memory_equal(us.ltk, ltk, 16);
		assert_int_equal(crypto_f6(mackey, na, nb, rb, us.sent[0].data + 1,
					   &us.config.local, &tester.config.local, want),
				 0);
		assert_memory_equal(ea, want, 16);
		assert_int_equal(crypto_f6(mackey, nb, na, ra, tester.sent[0].data + 1,
					   &tester.config.local, &us.config.local, want),
				 0);
		assert_memory_equal(eb, want, 16);
	}
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(the_first_bit_that_differs),
		cmocka_unit_test(keypresses),
		cmocka_unit_test(legacy_pairing_neither_offers_keypresses_nor_ends_by_one),
		cmocka_unit_test(link_keys),
		cmocka_unit_test(identities_to_the_octet),
		cmocka_unit_test(checks_of_out_of_band),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
