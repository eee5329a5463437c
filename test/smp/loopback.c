/* SPDX-License-Identifier: MIT */
/*
 * Two engines against each other over everything that can be configured. What two equal ends can
 * agree on although it is wrong, the charts, the vectors and the tampering show.
 */
#include <string.h>

#include "smp/harness.h"

static struct end i, r;

static void same_keys(const struct smp_keys *sent, const struct smp_keys *got, uint8_t dist,
		      bool sc)
{
	assert_int_equal(sent->has_ltk, sc || dist & SMP_DIST_ENC);
	assert_int_equal(sent->has_irk, (dist & SMP_DIST_ID) != 0);
	assert_int_equal(sent->has_identity, (dist & SMP_DIST_ID) != 0);
	assert_int_equal(sent->has_csrk, (dist & SMP_DIST_SIGN) != 0);
	assert_memory_equal(sent, got, sizeof(*sent));
}

/* 2.4.3: exactly the intersection, in order, each once, as seen on the link. */
static void sent_exactly(const struct end *end, uint8_t dist, bool sc)
{
	uint8_t want[5], got[5];
	size_t want_count = 0, got_count = 0;

	if (dist & SMP_DIST_ENC && !sc) {
		want[want_count++] = SMP_ENCRYPTION_INFORMATION;
		want[want_count++] = SMP_CENTRAL_IDENTIFICATION;
	}
	if (dist & SMP_DIST_ID) {
		want[want_count++] = SMP_IDENTITY_INFORMATION;
		want[want_count++] = SMP_IDENTITY_ADDRESS_INFORMATION;
	}
	if (dist & SMP_DIST_SIGN)
		want[want_count++] = SMP_SIGNING_INFORMATION;
	for (size_t n = 0; n < end->sent_count; n++) {
		uint8_t code = end->sent[n].data[0];
		if (code < SMP_ENCRYPTION_INFORMATION || code > SMP_SIGNING_INFORMATION)
			continue;
		assert_true(got_count < COUNT(got));
		got[got_count++] = code;
	}
	assert_int_equal(got_count, want_count);
	assert_memory_equal(got, want, want_count);
}

static void opposite(enum smp_method a, enum smp_method b)
{
	if (a == SMP_PASSKEY_WE_SHOW)
		assert_int_equal(b, SMP_PASSKEY_WE_TYPE);
	else if (a == SMP_PASSKEY_WE_TYPE)
		assert_int_equal(b, SMP_PASSKEY_WE_SHOW);
	else
		assert_int_equal(b, a);
}

/* Secure Connections always has a key; else one is distributed, and not only our own identity. */
static bool makes_a_bond(uint8_t own, uint8_t peer, bool sc)
{
	return sc || ((own | peer) & SMP_DIST_ENC);
}

static void check_pair(void)
{
	static const uint8_t zeros[16];
	const struct smp_features *f = smp_features(&i.smp), *g = smp_features(&r.smp);
	const struct smp_bond *a = smp_bond(&i.smp), *b = smp_bond(&r.smp);
	uint8_t init = i.config.init_keys & r.config.init_keys;
	uint8_t resp = i.config.resp_keys & r.config.resp_keys;
	bool sc = f->secure_connections;

	assert_true(i.paired && r.paired);
	assert_false(i.failed || r.failed);
	assert_memory_equal(i.ltk, r.ltk, 16);
	assert_memory_not_equal(i.ltk, zeros, 7);
	assert_memory_equal(i.ltk + a->key_size, zeros, 16U - a->key_size);
	opposite(a->method, b->method);
	assert_int_equal(a->authenticated,
			 a->method == SMP_OOB || (sc && a->method != SMP_JUST_WORKS));
	assert_int_equal(b->authenticated, a->authenticated);
	assert_int_equal(a->secure_connections, b->secure_connections);
	assert_int_equal(a->key_size, b->key_size);
	bool bonding = i.config.bonding && r.config.bonding;
	bool bonded_i = bonding && makes_a_bond(init, resp, sc);
	bool bonded_r = bonding && makes_a_bond(resp, init, sc);
	assert_int_equal(a->bonded, bonded_i);
	assert_int_equal(b->bonded, bonded_r);
	if (!sc) {
		init &= (uint8_t)~SMP_DIST_LINK;
		resp &= (uint8_t)~SMP_DIST_LINK;
	}
	assert_int_equal(f->init_keys, init);
	assert_int_equal(f->resp_keys, resp);
	assert_int_equal(g->init_keys, init);
	assert_int_equal(g->resp_keys, resp);
	same_keys(&a->local, &b->peer, init, sc);
	same_keys(&b->local, &a->peer, resp, sc);
	sent_exactly(&i, init, sc);
	sent_exactly(&r, resp, sc);
	assert_int_equal(a->has_link_key, (init & resp & SMP_DIST_LINK) != 0);
	assert_int_equal(b->has_link_key, a->has_link_key);
	assert_memory_equal(a->link_key, b->link_key, 16);
	assert_int_equal(a->note != NULL, bonding && !bonded_i);
	/* The one number or passkey that both saw. */
	if (a->method == SMP_NUMERIC_COMPARISON)
		assert_int_equal(i.number, r.number);
	assert_false(i.timer || r.timer || i.prompt_open || r.prompt_open);
	/* After the end only the bond is left. */
	assert_true(bytes_all_zero((const uint8_t *)&i.smp.secret, sizeof(i.smp.secret)));
	assert_true(bytes_all_zero((const uint8_t *)&r.smp.secret, sizeof(r.smp.secret)));
	assert_true(bytes_all_zero((const uint8_t *)&r.smp.config.oob, sizeof(struct smp_oob)));
	assert_int_equal(i.sent_count, i.taken);
	assert_int_equal(r.sent_count, r.taken);
}

static void give_tk(struct end *to)
{
	to->config.oob.has_tk = true;
	memcpy(to->config.oob.tk, "a shared secret!", 16);
}

/* The out-of-band data of the two: none, a TK, or data of Secure Connections. */
enum { NO_OOB, TK_BOTH, TK_I, TK_R, OOB_BOTH, OOB_I, OOB_R, OOB_VARIANTS };

static void hand_over(unsigned oob)
{
	if (oob == TK_BOTH || oob == TK_I)
		give_tk(&i);
	if (oob == TK_BOTH || oob == TK_R)
		give_tk(&r);
	if (oob == OOB_BOTH || oob == OOB_I)
		give_oob(&i, &r);
	if (oob == OOB_BOTH || oob == OOB_R)
		give_oob(&r, &i);
}

/*
 * Capabilities, MITM, Secure Connections, out-of-band data and key masks in full; the rest, and who
 * is next of all that could be, by lot.
 */
static void everything_pairs(void **state)
{
	uint32_t lot = 1;
	unsigned n = 0, methods[2][SMP_OOB + 1] = {{0}};

	(void)state;
	for (unsigned io = 0; io < 25; io++) {
		for (unsigned flags = 0; flags < 16 * 16 * OOB_VARIANTS; flags++) {
			lot = lot * 1664525 + 1013904223;
			struct run run = {.shuffle = lot | 1,
					  .encrypted_late = lot >> 9 & 1,
					  .passkey_when_both_type = (lot >> 4) % 1000000};
			unsigned oob = flags / 16 % OOB_VARIANTS, mask = flags / 16 / OOB_VARIANTS;
			bool sc = (flags & 3) == 3;
			/* Data of Secure Connections has no use in legacy pairing: 0x02, charts. */
			if (oob == OOB_BOTH && !sc)
				continue;
			end_prepare(&i, SMP_INITIATOR);
			end_prepare(&r, SMP_RESPONDER);
			i.config.io = (enum smp_io)(io % 5);
			r.config.io = (enum smp_io)(io / 5);
			i.config.sc = flags & 1 ? SMP_SC_PREFER : SMP_SC_OFF;
			r.config.sc = flags & 2 ? SMP_SC_PREFER : SMP_SC_OFF;
			i.config.mitm = flags & 4 ? SMP_MITM_PREFER : SMP_MITM_OFF;
			r.config.mitm = flags & 8 ? SMP_MITM_PREFER : SMP_MITM_OFF;
			hand_over(oob);
			/* The keys that both allow, in each direction. */
			i.config.init_keys = (uint8_t)(mask | (lot >> 10 & 15));
			r.config.init_keys = (uint8_t)(mask | (~lot >> 10 & 15));
			i.config.resp_keys = (uint8_t)((mask ^ 15) | (lot >> 14 & 15));
			r.config.resp_keys = (uint8_t)((mask ^ 15) | (~lot >> 14 & 15));
			i.config.ct2 = lot >> 26 & 1;
			r.config.ct2 = lot >> 27 & 1;
			i.config.bonding = (lot >> 28 & 3) != 0;
			r.config.bonding = (lot >> 30 & 3) != 0;
			i.config.max_key_size = (uint8_t)(7 + lot % 10);
			r.config.max_key_size = (uint8_t)(16 - lot / 10 % 10);
			i.seed += n;
			r.seed += n;
			end_begin(&i);
			end_begin(&r);
			run_pairing(&i, &r, &run);
			check_pair();
			assert_int_equal(i.smp.features.init_keys & (SMP_DIST_ALL ^ SMP_DIST_LINK),
					 mask & (SMP_DIST_ALL ^ SMP_DIST_LINK));
			assert_int_equal(i.smp.bond.key_size,
					 i.config.max_key_size < r.config.max_key_size
						 ? i.config.max_key_size
						 : r.config.max_key_size);
			if (!(flags & 12) && oob == NO_OOB)
				assert_int_equal(i.smp.bond.method, SMP_JUST_WORKS);
			methods[i.smp.bond.secure_connections][i.smp.bond.method]++;
			n++;
		}
	}
	/* Nothing was left out by mistake. */
	assert_int_equal(n, 25 * 16 * (16 * OOB_VARIANTS - 12));
	for (unsigned sc = 0; sc < 2; sc++)
		for (unsigned m = SMP_JUST_WORKS; m <= SMP_OOB; m++)
			assert_int_equal(methods[sc][m] == 0, !sc && m == SMP_NUMERIC_COMPARISON);
}

/* Each of the 256 pairs of masks for the initiator's keys, and for the responder's. */
static void every_pair_of_key_masks(void **state)
{
	const struct run run = {0};

	(void)state;
	for (unsigned n = 0; n < 512; n++) {
		end_prepare(&i, SMP_INITIATOR);
		end_prepare(&r, SMP_RESPONDER);
		i.config.sc = n & 256 ? SMP_SC_PREFER : SMP_SC_OFF;
		i.config.init_keys = r.config.resp_keys = n & 15;
		r.config.init_keys = i.config.resp_keys = n >> 4 & 15;
		end_begin(&i);
		end_begin(&r);
		run_pairing(&i, &r, &run);
		check_pair();
	}
}

/* The key pair and the DHKey made ahead, or when needed: the same pairing. */
static void made_ahead_or_when_needed(void **state)
{
	const struct run run = {0};

	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		end_prepare(&i, SMP_INITIATOR);
		end_prepare(&r, SMP_RESPONDER);
		i.config.keypair = NULL;
		r.config.keypair = NULL;
		end_begin(&i);
		end_begin(&r);
		if (n & 1)
			smp_prepare(&i.smp);
		if (n & 2)
			smp_prepare(&r.smp);
		assert_int_equal(i.smp.secret.has_keypair, n & 1);
		run_pairing(&i, &r, &run);
		check_pair();
		assert_true(i.smp.bond.secure_connections);
	}
}

/* The public key that an initiator without a key pair sends, its randomness seeded. */
static const uint8_t *made_public_key(uint64_t seed)
{
	const struct run run = {0};

	end_prepare(&i, SMP_INITIATOR);
	end_prepare(&r, SMP_RESPONDER);
	i.config.keypair = NULL;
	i.seed = seed;
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	check_pair();
	assert_int_equal(i.sent[1].data[0], SMP_PAIRING_PUBLIC_KEY);
	return i.sent[1].data + 1;
}

/* Same configuration, same random octets: same key pair. */
static void a_key_pair_is_drawn_from_the_configured_source(void **state)
{
	uint8_t first[64];

	(void)state;
	memcpy(first, made_public_key(1), 64);
	assert_memory_equal(made_public_key(1), first, 64);
	assert_memory_not_equal(made_public_key(2), first, 64);
}

static void a_source_that_fails_while_a_key_pair_is_made_ends_the_pairing(void **state)
{
	const struct run run = {0};

	(void)state;
	end_prepare(&i, SMP_INITIATOR);
	end_prepare(&r, SMP_RESPONDER);
	i.config.keypair = NULL;
	i.draws_left = 1; /* the first draw fails */
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	assert_true(i.failed);
	assert_int_equal(i.failure.by, SMP_BY_INTERNAL);
	assert_int_equal(i.failure.why, SMP_WHY_INTERNAL_FAILURE);
	assert_int_equal(end_last(&i), SMP_PAIRING_FAILED);
}

/* The harness asserts the bound of smp.h; this is the actual maximum. */
static void the_most_actions_of_one_event(void **state)
{
	const struct run run = {.answer_late = true};

	(void)state;
	end_prepare(&i, SMP_INITIATOR);
	end_prepare(&r, SMP_RESPONDER);
	i.config.sc = SMP_SC_OFF;
	i.config.io = SMP_IO_DISPLAY_ONLY;
	r.config.io = SMP_IO_KEYBOARD_ONLY;
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	check_pair();
	/* Five keys, the timer, the verdict; twelve are allowed. */
	assert_int_equal(i.most_actions, 7);
}

/* After smp_wipe() no secret is left, and the engine does nothing. */
static void a_wiped_engine_is_empty_and_inactive(void **state)
{
	const struct run run = {0};

	(void)state;
	end_prepare(&i, SMP_INITIATOR);
	end_prepare(&r, SMP_RESPONDER);
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	check_pair();
	end_start(&r); /* done: not a word */
	assert_int_equal(r.smp.state, SMP_STATE_DONE);
	for (int n = 0; n < 2; n++) {
		if (n) /* in the middle, with all the secrets there are before a pairing */
			end_begin(&i);
		smp_wipe(&i.smp);
		assert_true(bytes_all_zero((const uint8_t *)&i.smp.bond, sizeof(i.smp.bond)));
		assert_true(bytes_all_zero((const uint8_t *)&i.smp.secret, sizeof(i.smp.secret)));
		assert_true(bytes_all_zero((const uint8_t *)&i.smp.config, sizeof(i.smp.config)));
		assert_false(smp_busy(&i.smp));
		size_t before = i.sent_count;
		end_start(&i);
		assert_int_equal(i.sent_count, before);
	}
}

/* A contradiction is rejected before anything is sent. */
static void invalid_configurations_are_rejected(void **state)
{
	struct smp smp;

	(void)state;
	end_prepare(&i, SMP_INITIATOR);
	assert_int_equal(smp_init(&smp, &i.config), 0);
	struct smp_config c = i.config;
	c.min_key_size = 6;
	assert_int_equal(smp_init(&smp, &c), -1);
	c = i.config;
	c.max_key_size = 17;
	assert_int_equal(smp_init(&smp, &c), -1);
	c = i.config;
	c.min_key_size = 16;
	c.max_key_size = 15;
	assert_int_equal(smp_init(&smp, &c), -1);
	c = i.config;
	c.passkey = 1000000;
	assert_int_equal(smp_init(&smp, &c), -1);
	c = i.config;
	c.random = NULL;
	assert_int_equal(smp_init(&smp, &c), -1);
	c = i.config;
	c.oob.has_own = true;
	c.keypair = NULL;
	assert_int_equal(smp_init(&smp, &c), -1);
	c = i.config;
	c.sc = SMP_SC_ONLY;
	c.oob.has_tk = true;
	assert_int_equal(smp_init(&smp, &c), -1);
}

static void an_engine_with_an_invalid_configuration_ignores_every_event(void **state)
{
	static const uint8_t request[7] = {SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 0};
	static const uint8_t security[2] = {SMP_SECURITY_REQUEST, 1};
	static const struct smp_event events[] = {
		{.kind = SMP_EV_START},
		{.kind = SMP_EV_PDU, .pdu = {request, sizeof(request)}},
		{.kind = SMP_EV_PDU, .pdu = {security, sizeof(security)}},
		{.kind = SMP_EV_CANCEL},
		{.kind = SMP_EV_TIMEOUT},
		{.kind = SMP_EV_DISCONNECTED, .status = 0x13},
	};
	static const enum smp_role roles[] = {SMP_INITIATOR, SMP_RESPONDER};
	struct smp_actions actions;
	struct smp smp;

	(void)state;
	for (size_t k = 0; k < COUNT(roles); k++) {
		end_prepare(&i, roles[k]);
		i.config.random = NULL;
		for (size_t n = 0; n < COUNT(events); n++) {
			memset(&smp, 0, sizeof(smp));
			assert_int_equal(smp_init(&smp, &i.config), -1);
			smp_step(&smp, &events[n], &actions);
			assert_int_equal(actions.count, 0);
			assert_false(smp_pairing(&smp));
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
		cmocka_unit_test(every_pair_of_key_masks),
		cmocka_unit_test(made_ahead_or_when_needed),
		cmocka_unit_test(a_key_pair_is_drawn_from_the_configured_source),
		cmocka_unit_test(a_source_that_fails_while_a_key_pair_is_made_ends_the_pairing),
		cmocka_unit_test(the_most_actions_of_one_event),
		cmocka_unit_test(a_wiped_engine_is_empty_and_inactive),
		cmocka_unit_test(invalid_configurations_are_rejected),
		cmocka_unit_test(an_engine_with_an_invalid_configuration_ignores_every_event),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
