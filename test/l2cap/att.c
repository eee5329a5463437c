/* SPDX-License-Identifier: MIT */
/* Core Vol 3 Part F: an ATT server without attributes. */
#include "l2cap/att.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"

enum { INVALID_HANDLE = 0x01, INVALID_PDU = 0x04, NOT_SUPPORTED = 0x06, NOT_FOUND = 0x0a };

/* The answer to the octets given must be the second list. */
#define PDU(...)       ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})
#define ask(pdu, want) assert_answer(pdu, want, __LINE__)

static void assert_answer(const uint8_t *pdu, size_t len, const uint8_t *want, size_t want_len,
			  int line)
{
	uint8_t reply[ATT_REPLY_MAX];
	size_t got = att_answer(pdu, len, reply);

	if (got != want_len || memcmp(reply, want, got) != 0)
		print_error("line %d: opcode 0x%02x\n", line, pdu[0]);
	assert_int_equal(got, want_len);
	assert_memory_equal(reply, want, want_len);
}

/* 3.4.2: ours is the default; the peer's does not matter, we send nothing longer. */
static void the_mtu_is_exchanged(void **state)
{
	(void)state;
	ask(PDU(0x02, 23, 0), PDU(0x03, 23, 0));
	ask(PDU(0x02, 0x05, 0x02), PDU(0x03, 23, 0));
	ask(PDU(0x02), PDU(0x01, 0x02, 0, 0, INVALID_PDU));
	ask(PDU(0x02, 23), PDU(0x01, 0x02, 0, 0, INVALID_PDU));
	ask(PDU(0x02, 23, 0, 0), PDU(0x01, 0x02, 0, 0, INVALID_PDU));
}

/* 3.4.3.1, 3.4.3.3, 3.4.4.1, 3.4.4.9: nothing is found; an invalid range comes first. */
static void discovery_finds_nothing(void **state)
{
	static const struct {
		uint8_t opcode;
		size_t len;
	} requests[] = {{0x04, 5},  {0x06, 7}, {0x06, 9}, {0x08, 7},
			{0x08, 21}, {0x10, 7}, {0x10, 21}};
	static const struct {
		uint16_t start, end;
		uint8_t code;
	} ranges[] = {{1, 0xffff, NOT_FOUND},	       {0x1234, 0x1234, NOT_FOUND},
		      {0xffff, 0xffff, NOT_FOUND},     {0, 0xffff, INVALID_HANDLE},
		      {0, 0, INVALID_HANDLE},	       {2, 1, INVALID_HANDLE},
		      {0x0100, 0x00ff, INVALID_HANDLE}};

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		for (size_t k = 0; k < COUNT(ranges); k++) {
			uint8_t pdu[32] = {requests[i].opcode};
			uint8_t want[5] = {0x01, requests[i].opcode, 0, 0, ranges[k].code};
			bytes_put_le16(pdu + 1, ranges[k].start);
			bytes_put_le16(pdu + 3, ranges[k].end);
			bytes_put_le16(want + 2, ranges[k].start);
			assert_answer(pdu, requests[i].len, want, sizeof(want), __LINE__);
		}
	}
}

static void no_handle_is_valid(void **state)
{
	(void)state;
	ask(PDU(0x0a, 0x03, 0x01), PDU(0x01, 0x0a, 0x03, 0x01, INVALID_HANDLE));
	ask(PDU(0x0c, 0x03, 0x01, 5, 0), PDU(0x01, 0x0c, 0x03, 0x01, INVALID_HANDLE));
	ask(PDU(0x0e, 0x03, 0x01, 4, 0), PDU(0x01, 0x0e, 0x03, 0x01, INVALID_HANDLE));
	ask(PDU(0x12, 0x03, 0x01), PDU(0x01, 0x12, 0x03, 0x01, INVALID_HANDLE));
	ask(PDU(0x12, 0x03, 0x01, 1, 2, 3), PDU(0x01, 0x12, 0x03, 0x01, INVALID_HANDLE));
	ask(PDU(0x16, 0x03, 0x01, 0, 0, 9), PDU(0x01, 0x16, 0x03, 0x01, INVALID_HANDLE));
	ask(PDU(0x20, 0x03, 0x01, 4, 0), PDU(0x01, 0x20, 0x03, 0x01, INVALID_HANDLE));
}

static void unknown_requests_are_not_supported(void **state)
{
	(void)state;
	ask(PDU(0x18, 1), PDU(0x01, 0x18, 0, 0, NOT_SUPPORTED));
	ask(PDU(0x00), PDU(0x01, 0x00, 0, 0, NOT_SUPPORTED));
	ask(PDU(0x14, 1, 2), PDU(0x01, 0x14, 0, 0, NOT_SUPPORTED));
	ask(PDU(0x3e), PDU(0x01, 0x3e, 0, 0, NOT_SUPPORTED));
	ask(PDU(0xa5, 1, 2, 3), PDU(0x01, 0xa5, 0, 0, NOT_SUPPORTED));
}

/* Every length but the right ones, 3.4: {opcode, shortest, whether longer ones are right, other}.
 */
static void wrong_lengths_are_invalid(void **state)
{
	static const struct {
		uint8_t opcode;
		size_t len, other;
		bool longer;
	} requests[] = {
		{0x04, 5, 0, false}, {0x06, 7, 0, true},  {0x08, 7, 21, false}, {0x0a, 3, 0, false},
		{0x0c, 5, 0, false}, {0x0e, 5, 0, true},  {0x10, 7, 21, false}, {0x12, 3, 0, true},
		{0x16, 5, 0, true},  {0x18, 2, 0, false}, {0x20, 5, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		for (size_t len = 1; len < 64; len++) {
			/* In a buffer of this length: a sanitizer detects a read past the end. */
			uint8_t pdu[64] = {0}, reply[ATT_REPLY_MAX];
			uint8_t *end = pdu + sizeof(pdu) - len;
			bool right = len == requests[i].len || len == requests[i].other ||
				     (requests[i].longer && len > requests[i].len);
			*end = requests[i].opcode;
			assert_int_equal(att_answer(end, len, reply), 5);
			assert_int_equal(reply[0], 0x01);
			assert_int_equal(reply[1], requests[i].opcode);
			if (right)
				assert_int_not_equal(reply[4], INVALID_PDU);
			else
				assert_int_equal(reply[4], INVALID_PDU);
		}
	}
}

/* 3.3.2: an indication is confirmed, or the peer waits 30 s and gives up. */
static void indications_are_confirmed(void **state)
{
	(void)state;
	ask(PDU(0x1d, 0x03, 0x00, 1, 2), PDU(0x1e));
	ask(PDU(0x1d, 0x03, 0x00), PDU(0x1e));
}

/* Responses, confirmations, notifications and all commands (bit 6), of any length. */
static void what_asks_nothing_gets_no_answer(void **state)
{
	static const uint8_t quiet[] = {0x01, 0x03, 0x05, 0x07, 0x09, 0x0b, 0x0d, 0x0f,
					0x11, 0x13, 0x17, 0x19, 0x1b, 0x1e, 0x21, 0x23};
	uint8_t pdu[32] = {0}, reply[ATT_REPLY_MAX];

	(void)state;
	assert_int_equal(att_answer(pdu, 0, reply), 0);
	assert_int_equal(att_answer(NULL, 0, reply), 0);
	for (size_t len = 1; len <= sizeof(pdu); len++) {
		for (size_t i = 0; i < sizeof(quiet); i++) {
			pdu[0] = quiet[i];
			assert_int_equal(att_answer(pdu, len, reply), 0);
		}
		for (int opcode = 0; opcode < 256; opcode++) {
			pdu[0] = (uint8_t)opcode;
			if (opcode & 0x40)
				assert_int_equal(att_answer(pdu, len, reply), 0);
		}
	}
}

/* Two such servers never talk to each other for ever: no answer of ours is answered. */
static void an_answer_is_never_answered(void **state)
{
	uint8_t pdu[32], reply[ATT_REPLY_MAX], again[ATT_REPLY_MAX];

	(void)state;
	memset(pdu, 0x11, sizeof(pdu));
	for (int opcode = 0; opcode < 256; opcode++) {
		for (size_t len = 1; len <= sizeof(pdu); len++) {
			pdu[0] = (uint8_t)opcode;
			size_t n = att_answer(pdu, len, reply);
			assert_true(n <= ATT_REPLY_MAX);
			assert_int_equal(att_answer(reply, n, again), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mtu_is_exchanged),
		cmocka_unit_test(discovery_finds_nothing),
		cmocka_unit_test(no_handle_is_valid),
		cmocka_unit_test(unknown_requests_are_not_supported),
		cmocka_unit_test(wrong_lengths_are_invalid),
		cmocka_unit_test(indications_are_confirmed),
		cmocka_unit_test(what_asks_nothing_gets_no_answer),
		cmocka_unit_test(an_answer_is_never_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
