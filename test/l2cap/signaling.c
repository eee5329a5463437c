/* SPDX-License-Identifier: MIT */
/* Core Vol 3 Part A 4: LE signalling. */
#include "l2cap/signaling.h"

#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"

static struct signaling_result result;

/* Takes a command with this data, as central or as peripheral. */
static void take(bool central, uint8_t code, uint8_t identifier, const uint8_t *data, size_t len)
{
	uint8_t pdu[64] = {code, identifier, (uint8_t)len, 0};

	if (len)
		memcpy(pdu + 4, data, len);
	signaling_receive(pdu, 4 + len, central, &result);
}

static void assert_reply(const uint8_t *want, size_t len)
{
	assert_int_equal(result.reply_len, len);
	assert_memory_equal(result.reply, want, len);
}

static void assert_rejected(uint8_t identifier)
{
	const uint8_t reject[] = {0x01, identifier, 2, 0, 0x00, 0x00};
	assert_reply(reject, sizeof(reject));
}

static void ask(bool central, uint8_t identifier, const struct signaling_parameters *p)
{
	uint8_t pdu[SIGNALING_MTU];
	signaling_receive(pdu, signaling_request_parameters(identifier, p, pdu), central, &result);
}

/* 4.20: as it is sent, octet by octet. */
static void a_parameter_request_is_built(void **state)
{
	static const uint8_t want[] = {0x12, 0x2a, 0x08, 0x00, 0x06, 0x00,
				       0x80, 0x0c, 0xf3, 0x01, 0x80, 0x0c};
	const struct signaling_parameters p = {6, 3200, 499, 3200};
	uint8_t pdu[SIGNALING_MTU];

	(void)state;
	assert_int_equal(signaling_request_parameters(0x2a, &p, pdu), sizeof(want));
	assert_memory_equal(pdu, want, sizeof(want));
}

/* 4.20, 4.21: accepted with the identifier of the request. */
static void good_parameters_are_accepted(void **state)
{
	const struct signaling_parameters p = {24, 40, 4, 500};

	(void)state;
	for (int identifier = 1; identifier < 256; identifier++) {
		const uint8_t want[] = {0x13, (uint8_t)identifier, 2, 0, 0, 0};
		ask(true, (uint8_t)identifier, &p);
		assert_int_equal(result.kind, SIGNALING_PARAMETERS);
		assert_int_equal(result.identifier, identifier);
		assert_reply(want, sizeof(want));
		assert_memory_equal(&result.parameters, &p, sizeof(p));
		assert_null(result.note);
	}
}

/* Vol 4 Part E 7.8.18: each limit and its neighbour. */
static void the_limits_are_exact(void **state)
{
	static const struct {
		struct signaling_parameters p;
		bool valid;
	} cases[] = {
		{{6, 6, 0, 10}, true},
		{{5, 6, 0, 10}, false},
		{{6, 5, 0, 10}, false},
		{{0, 0, 0, 10}, false},
		{{3200, 3200, 0, 3200}, true},
		{{3200, 3201, 0, 3200}, false},
		{{0xffff, 0xffff, 0, 3200}, false},
		{{24, 23, 0, 100}, false},
		{{24, 24, 0, 100}, true},
		{{6, 6, 0, 9}, false},
		{{6, 6, 0, 3201}, false},
		{{6, 6, 0, 0}, false},
		{{6, 6, 0, 0xffff}, false},
		{{6, 6, 499, 3200}, true},
		{{6, 6, 500, 3200}, false},
		{{6, 6, 0xffff, 3200}, false},
		/* More than twice (1 + latency) * interval_max: 2 * 40 * 1.25 ms = 100 ms. */
		{{40, 40, 0, 10}, false},
		{{40, 40, 0, 11}, true},
		/* 2 * 500 * 6 * 1.25 ms = 7500 ms. */
		{{6, 6, 499, 750}, false},
		{{6, 6, 499, 751}, true},
		/* interval_max decides, not interval_min. */
		{{6, 40, 0, 10}, false},
		/* 2 * 500 * 3200 * 1.25 ms would overflow 16 bits. */
		{{6, 3200, 499, 3200}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const uint8_t want[] = {0x13, 7, 2, 0, cases[i].valid ? 0 : 1, 0};
		assert_int_equal(signaling_parameters_valid(&cases[i].p), cases[i].valid);
		ask(true, 7, &cases[i].p);
		assert_int_equal(result.kind, cases[i].valid ? SIGNALING_PARAMETERS
							     : SIGNALING_PARAMETERS_REFUSED);
		assert_reply(want, sizeof(want));
	}
}

/* 4.20: sent to the central only; a peripheral rejects it. */
static void a_peripheral_rejects_a_parameter_request(void **state)
{
	const struct signaling_parameters p = {24, 40, 4, 500};

	(void)state;
	ask(false, 9, &p);
	assert_int_equal(result.kind, SIGNALING_REFUSED);
	assert_rejected(9);
}

static void a_parameter_request_of_a_wrong_length_is_rejected(void **state)
{
	static const uint8_t data[16] = {24, 0, 40, 0, 4, 0, 0xf4, 1};

	(void)state;
	for (size_t len = 0; len <= 16; len++) {
		if (len == 8)
			continue;
		take(true, 0x12, 3, data, len);
		assert_int_equal(result.kind, SIGNALING_MALFORMED);
		assert_non_null(result.note);
		assert_rejected(3);
	}
}

static void the_answer_to_our_request_is_told(void **state)
{
	(void)state;
	for (int verdict = 0; verdict < 3; verdict++) {
		const uint8_t data[2] = {(uint8_t)verdict, 0};
		take(false, 0x13, 5, data, 2);
		assert_int_equal(result.kind, SIGNALING_PARAMETERS_ANSWER);
		assert_int_equal(result.identifier, 5);
		assert_int_equal(result.accepted, verdict == 0);
		assert_int_equal(result.reply_len, 0);
	}
	take(false, 0x13, 5, NULL, 0);
	assert_int_equal(result.kind, SIGNALING_MALFORMED);
	assert_int_equal(result.reply_len, 0);
}

/* Never an answer to an answer; 0x16 is an indication. Well-formed or not. */
static const uint8_t answers[] = {0x01, 0x03, 0x05, 0x07, 0x09, 0x0b, 0x0d,
				  0x0f, 0x11, 0x13, 0x15, 0x16, 0x18, 0x1a};

static void answers_are_not_answered(void **state)
{
	static const uint8_t data[48];

	(void)state;
	for (size_t i = 0; i < sizeof(answers); i++) {
		for (size_t len = 0; len <= sizeof(data); len++) {
			take(true, answers[i], 1, data, len);
			assert_int_equal(result.reply_len, 0);
			take(false, answers[i], 1, data, len);
			assert_int_equal(result.reply_len, 0);
		}
		const uint8_t lying[] = {answers[i], 1, 9, 0};
		signaling_receive(lying, sizeof(lying), true, &result);
		assert_int_equal(result.reply_len, 0);
		assert_int_equal(result.kind, SIGNALING_MALFORMED);
	}
}

/* 4.1: all else, LE Credit Based Connection Request (0x14) and 0x17, 0x19 too, is not understood.
 */
static void all_other_requests_are_rejected(void **state)
{
	static const uint8_t data[10];

	(void)state;
	for (int code = 0; code < 256; code++) {
		if (code == 0x12 || memchr(answers, code, sizeof(answers)))
			continue;
		for (int identifier = 1; identifier < 256; identifier += 127) {
			take(true, (uint8_t)code, (uint8_t)identifier, data, sizeof(data));
			assert_int_equal(result.kind, SIGNALING_REFUSED);
			assert_rejected((uint8_t)identifier);
			take(false, (uint8_t)code, (uint8_t)identifier, data, 0);
			assert_rejected((uint8_t)identifier);
		}
	}
}

/* 4: "shall never be used". */
static void identifier_zero_is_ignored_and_told(void **state)
{
	static const uint8_t data[40];

	(void)state;
	for (int code = 0; code < 256; code++) {
		for (size_t len = 0; len <= sizeof(data); len += 8) {
			take(true, (uint8_t)code, 0, data, len);
			assert_int_equal(result.kind, SIGNALING_MALFORMED);
			assert_non_null(result.note);
			assert_int_equal(result.reply_len, 0);
		}
	}
}

/* 4.1: reason 0x0001 with the MTU that is ours. */
static void what_exceeds_the_mtu_is_rejected_with_it(void **state)
{
	static const uint8_t data[SIGNALING_MTU];
	static const uint8_t want[] = {0x01, 6, 4, 0, 0x01, 0x00, 23, 0};

	(void)state;
	take(true, 0x14, 6, data, SIGNALING_MTU - 4);
	assert_rejected(6);
	take(true, 0x14, 6, data, SIGNALING_MTU - 3);
	assert_int_equal(result.kind, SIGNALING_MALFORMED);
	assert_reply(want, sizeof(want));
	take(true, 0x12, 6, data, SIGNALING_MTU);
	assert_reply(want, sizeof(want));
}

static void lengths_that_lie_are_rejected(void **state)
{
	const uint8_t more[] = {0x12, 4, 9, 0, 24, 0, 40, 0, 4, 0, 0xf4, 1};
	const uint8_t less[] = {0x12, 4, 7, 0, 24, 0, 40, 0, 4, 0, 0xf4, 1};
	const uint8_t huge[] = {0x12, 4, 0xff, 0xff, 24, 0, 40, 0, 4, 0, 0xf4, 1};
	const uint8_t *const cases[] = {more, less, huge};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		signaling_receive(cases[i], 12, true, &result);
		assert_int_equal(result.kind, SIGNALING_MALFORMED);
		assert_non_null(result.note);
		assert_rejected(4);
	}
	/* Nor is an answer with a tail taken for one, and still it gets none. */
	const uint8_t tail[] = {0x13, 4, 2, 0, 0, 0, 0};
	signaling_receive(tail, sizeof(tail), true, &result);
	assert_int_equal(result.kind, SIGNALING_MALFORMED);
	assert_int_equal(result.reply_len, 0);
	/* Less than a header has no identifier to answer with. */
	for (size_t len = 0; len < 4; len++) {
		signaling_receive(more, len, true, &result);
		assert_int_equal(result.kind, SIGNALING_MALFORMED);
		assert_non_null(result.note);
		assert_int_equal(result.reply_len, 0);
	}
}

/* Fixed noise: every reply is well-formed, an answer, and carries the identifier it was asked by.
 */
static void noise_gets_only_answers(void **state)
{
	uint64_t seed = 0x2545f4914f6cdd1d;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint8_t pdu[40];
		size_t len = 0;
		for (size_t i = 0; i < sizeof(pdu); i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			pdu[i] = (uint8_t)(seed >> 24);
			len = (size_t)(seed >> 40) % sizeof(pdu);
		}
		if (round % 2 && len >= 4) {
			pdu[0] %= 0x20;
			bytes_put_le16(pdu + 2, (uint16_t)(len - 4));
		}
		signaling_receive(pdu, len, round % 3 == 0, &result);
		assert_true(result.reply_len <= SIGNALING_MTU);
		if (!result.reply_len)
			continue;
		assert_true(result.reply[0] == 0x01 || result.reply[0] == 0x13);
		assert_int_not_equal(result.reply[1], 0);
		assert_int_equal(result.reply[1], pdu[1]);
		assert_int_equal(bytes_get_le16(result.reply + 2), result.reply_len - 4);
		assert_null(memchr(answers, pdu[0], sizeof(answers)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parameter_request_is_built),
		cmocka_unit_test(good_parameters_are_accepted),
		cmocka_unit_test(the_limits_are_exact),
		cmocka_unit_test(a_peripheral_rejects_a_parameter_request),
		cmocka_unit_test(a_parameter_request_of_a_wrong_length_is_rejected),
		cmocka_unit_test(the_answer_to_our_request_is_told),
		cmocka_unit_test(answers_are_not_answered),
		cmocka_unit_test(all_other_requests_are_rejected),
		cmocka_unit_test(identifier_zero_is_ignored_and_told),
		cmocka_unit_test(what_exceeds_the_mtu_is_rejected_with_it),
		cmocka_unit_test(lengths_that_lie_are_rejected),
		cmocka_unit_test(noise_gets_only_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
