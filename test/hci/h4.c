/* SPDX-License-Identifier: MIT */
#include "hci/h4.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Command Complete of Reset, an ACL packet, an event without parameters. */
static const uint8_t stream[] = {0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00,    /**/
				 0x02, 0x2a, 0x20, 0x03, 0x00, 1,    2,	   3, /**/
				 0x04, 0x10, 0x00};
static const size_t ends[] = {7, 15, 18};

static void any_cut_gives_the_same_packets(void **state)
{
	(void)state;
	for (size_t first = 0; first <= sizeof(stream); first++) {
		for (size_t second = first; second <= sizeof(stream); second++) {
			const size_t cuts[] = {first, second, sizeof(stream)};
			struct hci_h4 h4;
			size_t at = 0, packets = 0, used;

			hci_h4_init(&h4, false);
			for (size_t n = 0; n < COUNT(cuts); n++) {
				while (hci_h4_push(&h4, stream + at, cuts[n] - at, &used) ==
				       HCI_H4_PACKET) {
					at += used;
					size_t start = packets ? ends[packets - 1] : 0;
					assert_int_equal(at, ends[packets]);
					assert_int_equal(h4.length, ends[packets] - start);
					assert_memory_equal(h4.packet, stream + start, h4.length);
					packets++;
				}
				at += used;
				assert_int_equal(at, cuts[n]);
			}
			assert_int_equal(packets, 3);
		}
	}
}

static void a_bad_octet_is_named(void **state)
{
	const uint8_t bad[] = {0x04, 0x10, 0x00, 0x7e};
	struct hci_h4 h4;
	size_t used;

	(void)state;
	hci_h4_init(&h4, false);
	assert_int_equal(hci_h4_push(&h4, bad, sizeof(bad), &used), HCI_H4_PACKET);
	assert_int_equal(hci_h4_push(&h4, bad + used, sizeof(bad) - used, &used), HCI_H4_BAD_TYPE);
	assert_int_equal(h4.bad, 0x7e);
	assert_int_equal(h4.octets, 3);
	/* A command comes from a host, never from a controller. */
	hci_h4_init(&h4, false);
	assert_int_equal(hci_h4_push(&h4, (const uint8_t *)"\x01", 1, &used), HCI_H4_BAD_TYPE);
}

static void a_packet_that_is_too_long_is_refused(void **state)
{
	const uint8_t acl[] = {0x02, 0x01, 0x00, 0xff, 0xff};
	struct hci_h4 h4;
	size_t used;

	(void)state;
	hci_h4_init(&h4, false);
	assert_int_equal(hci_h4_push(&h4, acl, sizeof(acl), &used), HCI_H4_TOO_LONG);
}

/* Old octets on a serial line before the answer to Reset, whatever they are. */
static void a_serial_line_synchronizes_on_the_answer_to_reset(void **state)
{
	(void)state;
	for (size_t noise = 0; noise < 40; noise++) {
		uint8_t line[64];
		struct hci_h4 h4;
		size_t at = 0, used;

		for (size_t i = 0; i < noise; i++)
			line[i] = stream[(i * 5) % 6]; /* much like the real thing */
		memcpy(line + noise, stream, 15);
		hci_h4_init(&h4, true);
		enum hci_h4_status status;
		do {
			status = hci_h4_push(&h4, line + at, 1, &used);
			at += used;
		} while (status == HCI_H4_MORE && at < noise + 7);
		assert_int_equal(status, HCI_H4_PACKET);
		assert_int_equal(at, noise + 7);
		assert_int_equal(h4.skipped, noise);
		assert_int_equal(hci_h4_push(&h4, line + at, 8, &used), HCI_H4_PACKET);
		assert_int_equal(h4.length, 8);
	}
}

/* SYNC and SYNC RESPONSE of Core Vol 4 Part D 8.3, and the first message of BCSP, in whole frames.
 */
static void another_protocol_on_a_serial_line_is_recognised(void **state)
{
	static const struct {
		const char *frame;
		size_t len;
		const char *protocol;
	} cases[] = {
		{"\xc0\x00\x2f\x00\xd0\x01\x7e\xc0", 8, "3wire"},
		{"\xc0\x00\x2f\x00\xd0\x02\x7d\xc0", 8, "3wire"},
		{"\xc0\x40\x41\x00\x7e\xda\xdc\xed\xed\xa9\x7a\xc0", 12, "bcsp"},
		{"\xc0\x00\x2f\x00\xd0\x03\xfc\xc0", 8, NULL},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		for (size_t noise = 0; noise < 9; noise++) {
			uint8_t line[32] = {0};
			struct hci_h4 h4;
			size_t used;

			memcpy(line + noise, cases[n].frame, cases[n].len);
			hci_h4_init(&h4, true);
			enum hci_h4_status status = hci_h4_push(&h4, line, sizeof(line), &used);
			if (cases[n].protocol) {
				assert_int_equal(status, HCI_H4_OTHER);
				assert_string_equal(h4.protocol, cases[n].protocol);
				assert_int_equal(used, noise + 7);
			} else {
				assert_int_equal(status, HCI_H4_MORE);
				assert_null(h4.protocol);
			}
		}
	}
}

static void random_octets_stay_within_bounds(void **state)
{
	uint8_t noise[512];

	(void)state;
	srand(1);
	for (int n = 0; n < 2000; n++) {
		struct hci_h4 h4;
		size_t at = 0, used;

		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(rand() >> 7 & (n & 1 ? 0x07 : 0xff));
		hci_h4_init(&h4, n & 2);
		while (at < sizeof(noise)) {
			enum hci_h4_status s =
				hci_h4_push(&h4, noise + at, sizeof(noise) - at, &used);
			assert_true(at + used <= sizeof(noise));
			at += used;
			if (s == HCI_H4_BAD_TYPE || s == HCI_H4_TOO_LONG)
				break;
			assert_true(s == HCI_H4_PACKET || at == sizeof(noise));
		}
	}
}

/* A packet of the longest length that is taken, and one octet more: Core Vol 4 Part A 2. */
static void the_longest_packet(void **state)
{
	static uint8_t acl[HCI_PACKET_MAX + 1] = {HCI_ACL, 1, 0};
	struct hci_h4 h4;
	size_t used;

	(void)state;
	acl[3] = (HCI_PACKET_MAX - 5) & 0xff;
	acl[4] = (HCI_PACKET_MAX - 5) >> 8;
	hci_h4_init(&h4, false);
	assert_int_equal(hci_h4_push(&h4, acl, sizeof(acl), &used), HCI_H4_PACKET);
	assert_int_equal(used, HCI_PACKET_MAX);
	assert_int_equal(h4.length, HCI_PACKET_MAX);
	assert_int_equal(h4.octets, HCI_PACKET_MAX);
	acl[3]++;
	hci_h4_init(&h4, false);
	assert_int_equal(hci_h4_push(&h4, acl, sizeof(acl), &used), HCI_H4_TOO_LONG);
	assert_int_equal(used, 5);
	assert_int_equal(h4.octets, 5);
}

/* 5.4.2 to 5.4.5 of Part E: where each type of packet has its length. */
static void the_length_of_each_type(void **state)
{
	static const struct {
		uint8_t octets[8];
		size_t len;
	} cases[] = {
		{{HCI_ACL, 9, 9, 2, 0, 7, 7}, 7},
		{{HCI_ACL, 9, 9, 0, 0}, 5},
		{{HCI_SCO, 9, 9, 3, 7, 7, 7}, 7},
		{{HCI_SCO, 9, 9, 0}, 4},
		{{HCI_EVENT, 9, 4, 7, 7, 7, 7}, 7},
		{{HCI_EVENT, 9, 0}, 3},
		{{HCI_ISO, 9, 9, 3, 0xc0, 7, 7, 7}, 8}, /* two bits are reserved */
		{{HCI_ISO, 9, 9, 0, 0}, 5},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		for (size_t piece = 1; piece <= 8; piece++) {
			struct hci_h4 h4;
			size_t at = 0, used;
			enum hci_h4_status status;
			hci_h4_init(&h4, false);
			do {
				size_t left = sizeof(cases[n].octets) - at;
				status = hci_h4_push(&h4, cases[n].octets + at,
						     piece < left ? piece : left, &used);
				at += used;
			} while (status == HCI_H4_MORE && at < sizeof(cases[n].octets));
			assert_int_equal(status, HCI_H4_PACKET);
			assert_int_equal(at, cases[n].len);
			assert_int_equal(h4.length, cases[n].len);
			assert_int_equal(h4.octets, cases[n].len);
			assert_memory_equal(h4.packet, cases[n].octets, cases[n].len);
		}
	}
}

/* Each octet matters but the number of allowed commands. */
static void only_the_answer_to_reset_ends_the_hunt(void **state)
{
	(void)state;
	for (size_t i = 0; i < 7; i++) {
		uint8_t line[7];
		struct hci_h4 h4;
		size_t used;

		memcpy(line, stream, sizeof(line));
		line[i]++;
		memset(&h4, 0xff, sizeof(h4));
		hci_h4_init(&h4, true);
		assert_int_equal(hci_h4_push(&h4, line, sizeof(line), &used),
				 i == 3 ? HCI_H4_PACKET : HCI_H4_MORE);
		assert_int_equal(used, 7);
		assert_int_equal(h4.octets, 7);
		assert_int_equal(h4.skipped, 0);
		/* The next octet moves the window by one. */
		if (i != 3) {
			assert_int_equal(hci_h4_push(&h4, line, 1, &used), HCI_H4_MORE);
			assert_int_equal(h4.skipped, 1);
			assert_int_equal(h4.octets, 8);
		}
	}
}

/* Right after it come the next packets, in the same octets. */
static void packets_follow_the_hunt(void **state)
{
	struct hci_h4 h4;
	size_t used, at = 0;

	(void)state;
	hci_h4_init(&h4, true);
	for (size_t n = 0; n < COUNT(ends); n++) {
		assert_int_equal(hci_h4_push(&h4, stream + at, sizeof(stream) - at, &used),
				 HCI_H4_PACKET);
		assert_int_equal(at + used, ends[n]);
		assert_int_equal(h4.length, used);
		assert_memory_equal(h4.packet, stream + at, used);
		at += used;
		assert_int_equal(h4.octets, at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cut_gives_the_same_packets),
		cmocka_unit_test(a_bad_octet_is_named),
		cmocka_unit_test(a_packet_that_is_too_long_is_refused),
		cmocka_unit_test(a_serial_line_synchronizes_on_the_answer_to_reset),
		cmocka_unit_test(another_protocol_on_a_serial_line_is_recognised),
		cmocka_unit_test(random_octets_stay_within_bounds),
		cmocka_unit_test(the_longest_packet),
		cmocka_unit_test(the_length_of_each_type),
		cmocka_unit_test(only_the_answer_to_reset_ends_the_hunt),
		cmocka_unit_test(packets_follow_the_hunt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
