/* SPDX-License-Identifier: MIT */
/*
 * Two engines against each other over everything that can be configured; then the same with every
 * cryptographic value changed on its way.
 */
#include <string.h>

#include "smp/harness.h"

/* ---- Breadth
 * ----------------------------------------------------------------------------------------- */

static void same_keys(const struct smp_keys *sent, const struct smp_keys *got, uint8_t dist,
		      bool sc)
{
	assert_int_equal(sent->has_ltk, sc || dist & SMP_DIST_ENC);
	assert_int_equal(sent->has_irk, (dist & SMP_DIST_ID) != 0);
	assert_int_equal(sent->has_csrk, (dist & SMP_DIST_SIGN) != 0);
	assert_memory_equal(sent, got, sizeof(*sent));
}

static void check_pair(const struct end *i, const struct end *r)
{
	const struct smp_features *f = smp_features(&i->smp);
	const struct smp_bond *a = smp_bond(&i->smp), *b = smp_bond(&r->smp);

	assert_true(i->paired && r->paired);
	assert_false(i->failed || r->failed);
	assert_memory_equal(i->ltk, r->ltk, 16);
	assert_int_equal(a->method == SMP_JUST_WORKS, !a->authenticated);
	assert_int_equal(a->authenticated, b->authenticated);
	assert_int_equal(f->init_keys, smp_features(&r->smp)->init_keys);
	same_keys(&a->local, &b->peer, f->init_keys, f->secure_connections);
	same_keys(&b->local, &a->peer, f->resp_keys, f->secure_connections);
	assert_int_equal(a->has_link_key,
			 f->secure_connections && (f->init_keys & f->resp_keys & SMP_DIST_LINK));
	assert_memory_equal(a->link_key, b->link_key, 16);
	assert_false(i->timer || r->timer || i->prompt_open || r->prompt_open);
	/* After the end only the bond is left. */
	assert_true(bytes_all_zero((const uint8_t *)&i->smp.secret, sizeof(i->smp.secret)));
	assert_true(bytes_all_zero((const uint8_t *)&r->smp.secret, sizeof(r->smp.secret)));
}

static void everything_pairs(void **state)
{
	static struct end i, r;
	unsigned n = 0;

	(void)state;
	for (unsigned io = 0; io < 25; io++) {
		for (unsigned sc = 0; sc < 4; sc++) {
			for (unsigned mitm = 0; mitm < 4; mitm++) {
				/* Key masks: every pair of the 256 comes up over the product. */
				unsigned masks = n * 37;
				struct run run = {.answer_late = n & 1,
						  .passkey_when_both_type = n * 7919 % 1000000};
				end_prepare(&i, SMP_INITIATOR);
				end_prepare(&r, SMP_RESPONDER);
				i.config.io = (enum smp_io)(io % 5);
				r.config.io = (enum smp_io)(io / 5);
				i.config.sc = sc & 1 ? SMP_SC_PREFER : SMP_SC_OFF;
				r.config.sc = sc & 2 ? SMP_SC_PREFER : SMP_SC_OFF;
				i.config.mitm = mitm & 1 ? SMP_MITM_PREFER : SMP_MITM_OFF;
				r.config.mitm = mitm & 2 ? SMP_MITM_PREFER : SMP_MITM_OFF;
				i.config.init_keys = (uint8_t)(masks & 15);
				i.config.resp_keys = (uint8_t)(masks >> 4 & 15);
				r.config.init_keys = (uint8_t)((masks ^ n * 11) & 15);
				r.config.resp_keys = 15;
				i.config.ct2 = n & 2;
				r.config.ct2 = n & 4;
				i.config.max_key_size = (uint8_t)(7 + n % 10);
				i.seed += n;
				end_begin(&i);
				end_begin(&r);
				run_pairing(&i, &r, &run);
				check_pair(&i, &r);
				assert_int_equal(i.smp.bond.key_size, 7 + n % 10);
				if (mitm == 0)
					assert_int_equal(i.smp.bond.method, SMP_JUST_WORKS);
				n++;
			}
		}
	}
	assert_int_equal(n, 400);
}

static void give_oob(struct end *to, struct end *from)
{
	to->config.oob.has_peer = true;
	memset(to->config.oob.peer_random, 0x10 + (int)from->config.role, 16);
	assert_int_equal(crypto_f4(from->keypair.public_key, from->keypair.public_key,
				   to->config.oob.peer_random, 0, to->config.oob.peer_confirm),
			 0);
	from->config.oob.has_own = true;
	memcpy(from->config.oob.own_random, to->config.oob.peer_random, 16);
}

/* SM/CEN/SCOB/BV-01-C, SM/PER/SCOB/BV-02-C: flags {1,1}, {1,0}, {0,1}. */
static void out_of_band_in_each_direction(void **state)
{
	static struct end i, r;
	const struct run run = {0};

	(void)state;
	for (unsigned flags = 1; flags < 4; flags++) {
		end_prepare(&i, SMP_INITIATOR);
		end_prepare(&r, SMP_RESPONDER);
		if (flags & 1)
			give_oob(&i, &r);
		if (flags & 2)
			give_oob(&r, &i);
		end_begin(&i);
		end_begin(&r);
		run_pairing(&i, &r, &run);
		check_pair(&i, &r);
		assert_int_equal(i.smp.bond.method, SMP_OOB);
		assert_true(i.smp.bond.authenticated);
	}
}

/* ---- Tampering
 * ----------------------------------------------------------------------------------------- */

struct flip {
	uint8_t code;  /* the PDU to change */
	unsigned skip; /* so many of that code pass unchanged */
	unsigned octet;
	bool to_initiator;
	bool done;
};

static void flip(void *ctx, struct end *to, uint8_t *pdu, size_t *len)
{
	struct flip *f = ctx;

	(void)len;
	if (f->done || pdu[0] != f->code || (to->config.role == SMP_INITIATOR) != f->to_initiator ||
	    f->skip-- > 0)
		return;
	pdu[f->octet] ^= 0x04;
	f->done = true;
}

/* What the changed value must lead to; 0: whatever, so long as nobody pairs. */
static const struct {
	const char *what;
	bool sc;
	enum smp_io io_i, io_r;
	uint8_t code;
	unsigned skip;
	bool to_initiator;
	uint8_t reason;
} changes[] = {
	{"legacy Mconfirm", false, 3, 3, SMP_PAIRING_CONFIRM, 0, false, 0x04},
	{"legacy Sconfirm", false, 3, 3, SMP_PAIRING_CONFIRM, 0, true, 0x04},
	{"legacy Mrand", false, 3, 3, SMP_PAIRING_RANDOM, 0, false, 0x04},
	{"legacy Srand", false, 3, 3, SMP_PAIRING_RANDOM, 0, true, 0x04},
	{"legacy passkey Mconfirm", false, 4, 2, SMP_PAIRING_CONFIRM, 0, false, 0x04},
	{"legacy passkey Srand", false, 4, 2, SMP_PAIRING_RANDOM, 0, true, 0x04},
	{"PKa", true, 3, 3, SMP_PAIRING_PUBLIC_KEY, 0, false, 0x0b},
	{"PKb", true, 3, 3, SMP_PAIRING_PUBLIC_KEY, 0, true, 0x0b},
	{"Cb", true, 3, 3, SMP_PAIRING_CONFIRM, 0, true, 0x04},
	{"Nb", true, 3, 3, SMP_PAIRING_RANDOM, 0, true, 0x04},
	{"Na", true, 3, 3, SMP_PAIRING_RANDOM, 0, false, 0x0b},
	{"Ea", true, 3, 3, SMP_PAIRING_DHKEY_CHECK, 0, false, 0x0b},
	{"Eb", true, 3, 3, SMP_PAIRING_DHKEY_CHECK, 0, true, 0x0b},
	{"comparison Cb", true, 1, 1, SMP_PAIRING_CONFIRM, 0, true, 0x04},
	{"comparison Nb", true, 1, 1, SMP_PAIRING_RANDOM, 0, true, 0x04},
	{"comparison Ea", true, 1, 1, SMP_PAIRING_DHKEY_CHECK, 0, false, 0x0b},
	{"passkey Cai, first round", true, 4, 2, SMP_PAIRING_CONFIRM, 0, false, 0x04},
	{"passkey Cbi, round 7", true, 4, 2, SMP_PAIRING_CONFIRM, 6, true, 0x04},
	{"passkey Nai, round 20", true, 4, 2, SMP_PAIRING_RANDOM, 19, false, 0x04},
	{"passkey Nbi, round 20", true, 4, 2, SMP_PAIRING_RANDOM, 19, true, 0x04},
	{"passkey Eb", true, 2, 0, SMP_PAIRING_DHKEY_CHECK, 0, true, 0x0b},
};

static void every_value_that_is_changed_is_noticed(void **state)
{
	static struct end i, r;

	(void)state;
	for (size_t n = 0; n < COUNT(changes); n++) {
		for (unsigned octet = 1; octet <= 16; octet += 5) {
			struct flip f = {.code = changes[n].code,
					 .skip = changes[n].skip,
					 .octet = octet,
					 .to_initiator = changes[n].to_initiator};
			const struct run run = {
				.tamper = flip, .ctx = &f, .passkey_when_both_type = 1};
			end_prepare(&i, SMP_INITIATOR);
			end_prepare(&r, SMP_RESPONDER);
			i.config.io = changes[n].io_i;
			r.config.io = changes[n].io_r;
			i.config.sc = changes[n].sc ? SMP_SC_PREFER : SMP_SC_OFF;
			end_begin(&i);
			end_begin(&r);
			run_pairing(&i, &r, &run);
			print_message("%s octet %u\n", changes[n].what, octet);
			assert_true(f.done);
			assert_true(i.failed && r.failed);
			struct end *who = changes[n].to_initiator ? &i : &r;
			/* A changed Na shows at the initiator's or the responder's check. */
			if (who->failure.by != SMP_BY_US)
				who = who == &i ? &r : &i;
			assert_refused(who, changes[n].reason);
			assert_int_equal(i.sent_after_end + r.sent_after_end, 0);
			assert_false(i.encrypts && r.replies);
		}
	}
}

/* Features that change on their way must not go unnoticed either: they enter c1 and f6. */
static void changed_features_are_noticed(void **state)
{
	static struct end i, r;

	(void)state;
	for (int sc = 0; sc < 2; sc++) {
		for (unsigned octet = 4; octet <= 6; octet++) {
			struct flip f = {
				.code = SMP_PAIRING_RESPONSE, .octet = octet, .to_initiator = true};
			const struct run run = {.tamper = flip, .ctx = &f};
			end_prepare(&i, SMP_INITIATOR);
			end_prepare(&r, SMP_RESPONDER);
			i.config.sc = sc ? SMP_SC_PREFER : SMP_SC_OFF;
			end_begin(&i);
			end_begin(&r);
			run_pairing(&i, &r, &run);
			assert_true(f.done);
			/* f6 has no key masks: for Secure Connections only the key size can matter.
			 */
			if (!sc)
				assert_true(i.failed && r.failed);
			assert_false(i.paired && r.paired && memcmp(i.ltk, r.ltk, 16) != 0);
		}
	}
}

/* ---- Freshness
 * -------------------------------------------------------------------------------------------- */

/* SM/CEN/PKE/BV-05-C, SM/CEN/SCPK/BV-05-C, SM/CEN/SCJW/BV-01-C: nothing is used twice. */
static void nothing_is_used_twice(void **state)
{
	static struct end i[3], r[3];

	(void)state;
	for (int sc = 0; sc < 2; sc++) {
		for (int n = 0; n < 3; n++) {
			const struct run run = {0};
			end_prepare(&i[n], SMP_INITIATOR);
			end_prepare(&r[n], SMP_RESPONDER);
			i[n].seed += (uint64_t)n * 1000;
			r[n].seed += (uint64_t)n * 1000;
			i[n].config.io = SMP_IO_DISPLAY_ONLY;
			r[n].config.io = SMP_IO_KEYBOARD_ONLY;
			i[n].config.sc = sc ? SMP_SC_PREFER : SMP_SC_OFF;
			end_begin(&i[n]);
			end_begin(&r[n]);
			run_pairing(&i[n], &r[n], &run);
			check_pair(&i[n], &r[n]);
		}
		for (int n = 1; n < 3; n++) {
			const struct smp_keys *a = &i[0].smp.bond.local, *b = &i[n].smp.bond.local;
			assert_int_not_equal(i[0].number, i[n].number);
			assert_memory_not_equal(i[0].ltk, i[n].ltk, 16);
			assert_memory_not_equal(a->csrk, b->csrk, 16);
			assert_memory_not_equal(a->ltk, b->ltk, 16);
			if (!sc)
				assert_int_not_equal(a->ediv, b->ediv);
		}
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
		cmocka_unit_test(everything_pairs),
		cmocka_unit_test(out_of_band_in_each_direction),
		cmocka_unit_test(every_value_that_is_changed_is_noticed),
		cmocka_unit_test(changed_features_are_noticed),
		cmocka_unit_test(nothing_is_used_twice),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
