/* SPDX-License-Identifier: MIT */
/*
 * Everything that matters in a pairing, changed on its way by one bit: who must notice and with
 * which reason. And freshness: what must be new each time is.
 */
#include <string.h>

#include "smp/harness.h"

static struct end i, r;

static const struct scenario {
	const char *name;
	struct kind kind;
	bool late; /* users answer when nothing else can happen */
} scenarios[] = {
	{"legacy Just Works", {false, 3, 3, 0}, false},
	{"legacy passkey, initiator shows", {false, 0, 2, 0}, false},
	{"legacy passkey, responder shows", {false, 2, 0, 0}, false},
	{"legacy passkey, both type", {false, 2, 2, 0}, false},
	{"legacy out of band", {false, 3, 3, 4}, false},
	{"Just Works", {true, 3, 3, 0}, false},
	{"Numeric Comparison", {true, 1, 1, 0}, false},
	{"Numeric Comparison, answered late", {true, 1, 1, 0}, true},
	{"passkey, answered late", {true, 4, 2, 0}, true},
	{"passkey, initiator shows", {true, 4, 2, 0}, false},
	{"passkey, responder shows", {true, 2, 4, 0}, false},
	{"passkey, both type", {true, 2, 2, 0}, false},
	{"out of band, both", {true, 3, 3, 3}, false},
	{"out of band, to the initiator", {true, 3, 3, 1}, false},
	{"out of band, to the responder", {true, 3, 3, 2}, false},
};

/* One bit of one PDU. */
struct flip {
	bool to_initiator;
	size_t nth; /* of those in this direction */
	size_t octet;
	uint8_t bit;
	uint8_t code; /* found there */
	bool done;
};

static void flip(void *ctx, struct end *to, uint8_t *pdu, size_t *len)
{
	struct flip *f = ctx;

	if (f->done || (to->config.role == SMP_INITIATOR) != f->to_initiator || f->nth-- > 0)
		return;
	assert_true(f->octet < *len);
	f->code = pdu[0];
	pdu[f->octet] ^= f->bit;
	f->done = true;
}

static void run_flipped(const struct scenario *s, struct flip *f)
{
	const struct run run = {
		.answer_late = s->late, .tamper = flip, .ctx = f, .passkey_when_both_type = 123456};

	prepare_kind(&i, &r, &s->kind);
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	assert_true(f->done);
	assert_int_equal(i.sent_after_end + r.sent_after_end, 0);
}

/*
 * The side that detects a change. A public key is checked on arrival (0x0B). The receiver checks a
 * value with a commitment (0x04). The first DHKey check, at the responder, detects a nonce without
 * a commitment (0x0B): the initiator's in Just Works and Numeric Comparison, both in OOB.
 */
static void must_refuse(const struct scenario *s, const struct flip *f)
{
	const struct kind *k = &s->kind;
	bool compare = k->sc && !k->oob && (k->io_i == k->io_r && k->io_i != 2);
	bool naked =
		f->code == SMP_PAIRING_RANDOM && k->sc && (k->oob || (compare && !f->to_initiator));
	const struct end *who = f->to_initiator && !naked ? &i : &r;
	const struct end *other = who == &i ? &r : &i;
	bool confirmed =
		f->code == SMP_PAIRING_CONFIRM || (f->code == SMP_PAIRING_RANDOM && !naked);

	assert_refused(who, confirmed ? SMP_CONFIRM_VALUE_FAILED : SMP_DHKEY_CHECK_FAILED);
	assert_true(other->failed);
	assert_int_equal(other->failure.by, SMP_BY_PEER);
	assert_false(i.encrypts || r.paired || i.paired);
}

/* Every value of phase 2 of every method, at every round: exactly one end refuses, and how. */
static void every_value_that_is_changed_is_noticed(void **state)
{
	unsigned changes = 0, lot = 7;

	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		const struct scenario *s = &scenarios[n];
		static struct end clean[2];
		const struct run run = {.passkey_when_both_type = 123456};
		prepare_kind(&i, &r, &s->kind);
		end_begin(&i);
		end_begin(&r);
		run_pairing(&i, &r, &run);
		assert_true(i.paired && r.paired);
		clean[0] = i;
		clean[1] = r;
		for (size_t side = 0; side < 2; side++) {
			for (size_t k = 1; k < clean[side].sent_count; k++) {
				uint8_t code = clean[side].sent[k].data[0];
				size_t len = clean[side].sent[k].len;
				/* Keys, the last of all, go encrypted. */
				if (code >= SMP_ENCRYPTION_INFORMATION &&
				    code <= SMP_SIGNING_INFORMATION)
					break;
				/* Of the rounds' many values some octets, of the others each. */
				size_t stride = clean[side].sent_count > 30 ? 5 : 1;
				for (size_t octet = 1 + k % stride; octet < len; octet += stride) {
					lot = lot * 1664525 + 1013904223;
					struct flip f = {.to_initiator = side == 1,
							 .nth = k,
							 .octet = octet,
							 .bit = (uint8_t)(1U << (lot >> 29))};
					run_flipped(s, &f);
					assert_int_equal(f.code, code);
					must_refuse(s, &f);
					changes++;
				}
			}
		}
	}
	assert_true(changes > 2000);
}

/*
 * Each bit of Pairing Request and Response. In legacy pairing c1 covers all of them, so no pairing
 * succeeds. In Secure Connections f6 covers capabilities, OOB flag and AuthReq; a changed key size
 * changes the key; a changed key mask is not detected, but both ends use the same one.
 */
static void changed_features(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		const struct scenario *s = &scenarios[n];
		for (unsigned bit = 8; bit < 2 * 56 - 8; bit++) {
			struct flip f = {.to_initiator = bit >= 56,
					 .octet = bit % 56 / 8,
					 .bit = (uint8_t)(1U << bit % 8)};
			if (!f.octet)
				continue;
			run_flipped(s, &f);
			if (!s->kind.sc || f.octet <= 4) {
				if (i.paired || r.paired)
					fail_msg("%s: octet %zu, bit %02x went unnoticed", s->name,
						 f.octet, f.bit);
				continue;
			}
			/* One may wait in vain for a key; the timer is for that. */
			if (!i.paired || !r.paired) {
				assert_true(f.to_initiator);
				continue;
			}
			/* EncKey asks for nothing here: the LTK was computed, 2.4.1. */
			assert_int_equal((i.smp.features.init_keys ^ r.smp.features.init_keys) &
						 ~SMP_DIST_ENC,
					 0);
			assert_int_equal((i.smp.features.resp_keys ^ r.smp.features.resp_keys) &
						 ~SMP_DIST_ENC,
					 0);
			assert_memory_equal(i.ltk, r.ltk, 16);
		}
	}
}

/* A key size below the agreed one, both ends' view of it differing: the keys differ too. */
static void changed_key_size(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 2; to++) {
		struct flip f = {.to_initiator = to, .octet = 4, .bit = 0x04};
		prepare_kind(&i, &r, &scenarios[5].kind);
		i.config.max_key_size = r.config.max_key_size = 12;
		const struct run run = {.tamper = flip, .ctx = &f};
		end_begin(&i);
		end_begin(&r);
		run_pairing(&i, &r, &run);
		assert_true(f.done);
		assert_false(i.paired || r.paired);
		assert_int_equal(i.failure.by, SMP_BY_ENCRYPTION);
		assert_int_equal(r.failure.by, SMP_BY_ENCRYPTION);
	}
}

/* ---- Freshness ------------------------------------------------------------------------------- */

#define RUNS 3

/* Every 16-octet value that an end makes up: confirm values, nonces, keys. Not the IRK. */
static void collect(const struct end *end, uint8_t (*values)[16], size_t *count, size_t max)
{
	for (size_t n = 0; n < end->sent_count; n++) {
		uint8_t code = end->sent[n].data[0];
		if (end->sent[n].len != 17 || code == SMP_IDENTITY_INFORMATION)
			continue;
		assert_true(*count < max);
		memcpy(values[(*count)++], end->sent[n].data + 1, 16);
	}
	assert_true(*count < max);
	memcpy(values[(*count)++], end->ltk, 16);
}

/*
 * SM/CEN/PKE/BV-05-C, SM/CEN/SCPK/BV-05-C, SM/CEN/SCJW/BV-01-C, SM/PER/SCJW/BV-02-C,
 * SM/CEN/OOB/BV-10-C, SM/PER/OOB/BV-11-C: no nonce, confirm value, passkey or key comes twice,
 * neither in a pairing nor in the next.
 */
static void nothing_is_used_twice(void **state)
{
	static uint8_t values[2][RUNS * 50][16];

	(void)state;
	for (size_t n = 0; n < COUNT(scenarios); n++) {
		size_t count[2] = {0, 0};
		uint32_t numbers[RUNS] = {0};
		uint16_t ediv[RUNS] = {0};
		uint8_t rand[RUNS][8] = {{0}};
		for (unsigned k = 0; k < RUNS; k++) {
			const struct run run = {.passkey_when_both_type = 777777};
			prepare_kind(&i, &r, &scenarios[n].kind);
			i.seed += (uint64_t)k * 1000;
			r.seed += (uint64_t)k * 1000;
			end_begin(&i);
			end_begin(&r);
			run_pairing(&i, &r, &run);
			assert_true(i.paired && r.paired);
			collect(&i, values[0], &count[0], COUNT(values[0]));
			collect(&r, values[1], &count[1], COUNT(values[1]));
			numbers[k] = i.number ? i.number : r.number;
			ediv[k] = r.smp.bond.local.ediv;
			memcpy(rand[k], r.smp.bond.local.rand, 8);
			assert_int_equal(bytes_all_zero(rand[k], 8), scenarios[n].kind.sc);
			for (unsigned j = 0; j < k; j++) {
				if (numbers[k])
					assert_int_not_equal(numbers[j], numbers[k]);
				if (!scenarios[n].kind.sc) {
					assert_int_not_equal(ediv[j], ediv[k]);
					assert_memory_not_equal(rand[j], rand[k], 8);
				}
			}
		}
		for (size_t side = 0; side < 2; side++)
			for (size_t a = 0; a < count[side]; a++)
				for (size_t b = 0; b < a; b++)
					assert_memory_not_equal(values[side][a], values[side][b],
								16);
	}
}

/* Uniform over all six digits, and drawn again where a remainder would favour small ones. */
static void passkeys_are_uniform(void **state)
{
	unsigned tenths[10] = {0};

	(void)state;
	for (unsigned n = 0; n < 5000; n++) {
		const uint8_t response[7] = {SMP_PAIRING_RESPONSE, SMP_IO_KEYBOARD_ONLY, 0, 5, 16};
		end_prepare(&i, SMP_INITIATOR);
		i.config.io = SMP_IO_DISPLAY_ONLY;
		i.config.sc = SMP_SC_OFF;
		i.seed += (uint64_t)n * 0x9e3779b97f4a7c15;
		end_begin(&i);
		end_start(&i);
		end_pdu(&i, response, sizeof(response));
		assert_true(i.shows_passkey && i.number < 1000000);
		tenths[i.number / 100000]++;
	}
	/* 500 each; five standard deviations are 107. */
	for (unsigned n = 0; n < 10; n++)
		assert_in_range(tenths[n], 390, 610);
}

static int stuck_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0xff, len);
	return 0;
}

static int broken_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
	return -1;
}

/* A source that fails, or never yields a usable value: the pairing ends, nothing predictable goes.
 */
static void randomness_that_fails(void **state)
{
	const uint8_t response[7] = {SMP_PAIRING_RESPONSE, SMP_IO_KEYBOARD_ONLY, 0, 5, 16};

	(void)state;
	for (int n = 0; n < 2; n++) {
		end_prepare(&i, SMP_INITIATOR);
		i.config.io = SMP_IO_DISPLAY_ONLY;
		i.config.sc = SMP_SC_OFF;
		i.config.random = n ? broken_random : stuck_random;
		end_begin(&i);
		end_start(&i);
		end_pdu(&i, response, sizeof(response));
		assert_true(i.failed);
		assert_int_equal(i.failure.by, SMP_BY_INTERNAL);
		assert_int_equal(end_last(&i), SMP_PAIRING_FAILED);
		assert_int_equal(i.sent[i.sent_count - 1].data[1], SMP_UNSPECIFIED_REASON);
		assert_int_equal(i.sent_count, 2);
		assert_false(i.shows_passkey);
	}
	/* The same when a later draw fails: never paired, and reported once. */
	unsigned stopped = 0;
	for (unsigned draws = 0; draws < 8 * COUNT(scenarios); draws++) {
		const struct run run = {0};
		prepare_kind(&i, &r, &scenarios[draws % COUNT(scenarios)].kind);
		r.draws_left = draws / (unsigned)COUNT(scenarios) + 1;
		end_begin(&i);
		end_begin(&r);
		run_pairing(&i, &r, &run);
		if (r.paired) /* it needed fewer */
			continue;
		assert_true(r.failed && i.failed);
		assert_int_equal(r.failure.by, SMP_BY_INTERNAL);
		assert_int_equal(r.sent_after_end + i.sent_after_end, 0);
		stopped++;
	}
	assert_true(stopped > 60);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_that_is_changed_is_noticed),
		cmocka_unit_test(changed_features),
		cmocka_unit_test(changed_key_size),
		cmocka_unit_test(nothing_is_used_twice),
		cmocka_unit_test(passkeys_are_uniform),
		cmocka_unit_test(randomness_that_fails),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
