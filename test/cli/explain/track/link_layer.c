/* SPDX-License-Identifier: MIT */
/* Connections as a sniffer hears them, in real captures and in made ones. */
#include "track/link_layer.h"

#include <string.h>

#include "cli/explain/files.h"

#define ADDRESS 0x50655641u

/* ---- Real ------------------------------------------------------------------------------------
 */

/* The first octets of SMP in a capture: whose they are, and the code, in order. */
struct told {
	char way;
	uint8_t code;
};

static void pairings_are_heard_in_order(void **state)
{
	static const struct {
		const char *name;
		size_t frames;
		uint64_t connected; /* number of CONNECT_IND */
		struct told told[9];
	} rows[] = {
		{"crackle_01_legacy_jw_pairing_and_ltk_exchange.pcap",
		 713,
		 516,
		 {{'C', 1}, {'P', 2}, {'C', 3}, {'P', 3}, {'C', 4}, {'P', 4}}},
		{"crackle_05_legacy_passkey.pcap",
		 307,
		 3,
		 {{'C', 1}, {'P', 2}, {'C', 3}, {'P', 3}, {'C', 4}, {'P', 4}}},
		/* The peripheral's first fragment was heard twice, damaged once. */
		{"crackle_04_le_secure_connections.pcapng",
		 303,
		 44,
		 {{'C', 1},
		  {'P', 2},
		  {'C', 12},
		  {'P', 12},
		  {'P', 12},
		  {'P', 3},
		  {'C', 4},
		  {'P', 4},
		  {'C', 13}}},
		{"whad_ble_pairing.pcap",
		 1604,
		 1,
		 {{'C', 1}, {'P', 2}, {'C', 3}, {'P', 3}, {'C', 4}, {'P', 4}}},
	};
	static struct explain_link_layer air;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct explain_link_layer_event event;
		struct reading reading;
		size_t heard = 0, encrypted = 0;
		reading_take_stored(&reading, rows[row].name);
		assert_int_equal(reading.count, rows[row].frames);
		track_link_layer_init(&air);
		for (size_t i = 0; i < reading.count; i++) {
			track_link_layer_take(&air, &reading.packets[i], &event);
			if (event.kind == EXPLAIN_LINK_LAYER_CONNECTED)
				assert_int_equal(reading.packets[i].number, rows[row].connected);
			encrypted += event.kind == EXPLAIN_LINK_LAYER_ENCRYPTED;
			if (event.kind != EXPLAIN_LINK_LAYER_FRAGMENT || !event.first ||
			    event.len < 5 || event.data[2] != 6 || heard == COUNT(rows[row].told) ||
			    !rows[row].told[heard].code)
				continue;
			assert_int_equal(event.data[4], rows[row].told[heard].code);
			assert_int_equal(event.way, rows[row].told[heard].way == 'C'
							    ? EXPLAIN_CENTRAL
							    : EXPLAIN_PERIPHERAL);
			heard++;
		}
		assert_true(heard == COUNT(rows[row].told) || !rows[row].told[heard].code);
		assert_true(encrypted > 0);
		reading_free(&reading);
	}
}

/* ---- Made ------------------------------------------------------------------------------------
 */

static struct explain_link_layer made;
static uint64_t made_number;

/* header: LLID, NESN, SN. The way is not told. */
static struct explain_link_layer_event hear(uint64_t time_us, uint8_t header, const char *payload,
					    enum explain_crc crc)
{
	static uint8_t pdu[64];
	struct explain_link_layer_event event;
	size_t len = strlen(payload);

	pdu[0] = header;
	pdu[1] = (uint8_t)len;
	memcpy(pdu + 2, payload, len);
	struct explain_packet packet = {
		.number = ++made_number,
		.time_us = time_us,
		.kind = EXPLAIN_AIR,
		.data = pdu,
		.len = 2 + len,
		.original = 2 + len,
		.air = {.access_address = ADDRESS, .channel = 3, .crc = crc}};
	track_link_layer_take(&made, &packet, &event);
	return event;
}

static void what_is_sent_again_is_heard_once(void **state)
{
	enum { FIRST = 2, NESN = 4, SN = 8 };

	(void)state;
	track_link_layer_init(&made);
	struct explain_link_layer_event got = hear(1000, FIRST, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got.way, EXPLAIN_CENTRAL);
	assert_true(got.first);
	/* 150 us behind its end the other end answers, and asks for the same again. */
	got = hear(1000 + 80 + 40 + 150, FIRST, "12345", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got.way, EXPLAIN_PERIPHERAL);
	got = hear(31000, FIRST | NESN, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.links[0].repeated, 1);
	/* A new number is a new PDU, although it says the same. */
	got = hear(61000, FIRST | SN, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got.way, EXPLAIN_CENTRAL);
}

static void what_was_damaged_on_air_is_not_heard(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	struct explain_link_layer_event got = hear(1000, 2, "abcde", EXPLAIN_CRC_GOOD);
	got = hear(31000, 2 | 8, "abXde", EXPLAIN_CRC_BAD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.bad_crc, 1);
	assert_int_equal(made.links[0].bad_crc, 1);
	got = hear(61000, 2 | 8, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
}

static void a_start_of_encryption_hides_what_follows(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	struct explain_link_layer_event got =
		hear(1000, 3, "\x05", EXPLAIN_CRC_GOOD); /* LL_START_ENC_REQ */
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_CONTROL);
	assert_int_equal(got.way, EXPLAIN_PERIPHERAL);
	assert_false(got.encrypted);
	got = hear(31000, 3, "\x91\x33\x12\x44\x55", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_ENCRYPTED);
	assert_true(got.encrypted);
	assert_int_equal(got.len, 5);
	got = hear(61000, 2 | 8, "\xf1\x33\x12\x44\x55\x66\x77\x88", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_ENCRYPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairings_are_heard_in_order),
		cmocka_unit_test(what_is_sent_again_is_heard_once),
		cmocka_unit_test(what_was_damaged_on_air_is_not_heard),
		cmocka_unit_test(a_start_of_encryption_hides_what_follows),
	};
	return cmocka_run_group_tests_name("explain/air", tests, NULL, NULL);
}
