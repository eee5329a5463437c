/* SPDX-License-Identifier: MIT */
#include "track/contents.h"

#include <string.h>

#include "unit.h"

static struct explain_contents contents;
static char text[CONTENTS_TEXT];

static int begin(void **state)
{
	(void)state;
	memset(&contents, 0, sizeof(contents));
	return 0;
}

static void add(enum explain_kind kind, const uint8_t *data, size_t len)
{
	const struct explain_packet packet = {
		.kind = kind, .data = data, .len = len, .original = len};

	contents_add(&contents, &packet);
}

static void add_air(uint32_t access_address, uint8_t header)
{
	const uint8_t data[2] = {header, 0};
	const struct explain_packet packet = {.kind = EXPLAIN_AIR,
					      .data = data,
					      .len = 2,
					      .original = 2,
					      .air = {.access_address = access_address}};

	contents_add(&contents, &packet);
}

static void event(uint8_t code, uint8_t first, uint8_t second, uint8_t link_type)
{
	const uint8_t data[13] = {code, 11, first, second, [11] = link_type};

	add(EXPLAIN_EVENT, data, sizeof(data));
}

static void describes(const char *clause, const char *advice)
{
	const char *given = contents_describe(&contents, text);

	assert_string_equal(text, clause);
	if (!strstr(given, advice))
		fail_msg("no \"%s\" in \"%s\"", advice, given);
}

#define ADVERTISING 0x8e89bed6U

static void a_capture_of_br_edr_only_needs_another_program(void **state)
{
	(void)state;
	event(0x03, 0, 0x40, 1);
	event(0x03, 4, 0x41, 1); /* failed */
	event(0x03, 0, 0x42, 0); /* SCO */
	add(EXPLAIN_ACL, NULL, 0);
	describes("4 packets: no LE connection", "what happened over BR/EDR");
	event(0x03, 0, 0x40, 1);
	describes("5 packets: no LE connection", "what happened over BR/EDR");
}

static void connections_without_pairing_need_somebody_to_pair(void **state)
{
	(void)state;
	event(0x3e, 0x01, 0, 0);
	describes("1 packet: 1 LE connection, without pairing and encryption",
		  "neither end asked for security");
	event(0x3e, 0x0a, 0, 0);
	event(0x3e, 0x29, 0, 0);
	event(0x3e, 0x0a, 2, 0); /* failed */
	event(0x03, 0, 0x40, 1); /* BR/EDR beside them */
	describes("5 packets: 3 LE connections, without pairing and encryption",
		  "neither end asked for security");
}

static void advertising_alone_needs_a_connection(void **state)
{
	(void)state;
	event(0x3e, 0x02, 1, 0);
	event(0x3e, 0x0d, 1, 0);
	describes("2 packets: 2 advertising reports, no connection is seen to begin",
		  "connect and pair while the capture runs");
}

static void the_bring_up_alone_needs_a_connection(void **state)
{
	(void)state;
	add(EXPLAIN_COMMAND, (const uint8_t[]){3, 12, 0}, 3);
	event(0x0e, 1, 3, 0);
	describes("2 packets: commands and events of HCI, no connection is seen to begin",
		  "connect and pair while the capture runs");
}

static void data_without_a_connection_event_began_before_the_capture(void **state)
{
	(void)state;
	add(EXPLAIN_ACL, NULL, 0);
	describes("1 packet: 1 packet of ACL data, but no connection is seen to begin",
		  "start the capture before connecting");
}

static void a_sniffer_has_to_follow_the_connection(void **state)
{
	(void)state;
	add_air(ADVERTISING, 0);
	describes("1 packet: 1 advertising PDU, no connection", "make the sniffer follow");
	add_air(ADVERTISING, 0x25); /* CONNECT_IND */
	describes("2 packets: 1 connection request, no PDU of a connection",
		  "make the sniffer follow");
	add_air(0x12345678, 2);
	describes("3 packets: 1 PDU of connections, without pairing and encryption",
		  "neither end asked for security");
}

static void notes_alone_are_no_traffic(void **state)
{
	(void)state;
	add(EXPLAIN_NOTE, NULL, 0);
	describes("1 packet: none of HCI or of the air", "btmon -w FILE");
	add(EXPLAIN_MANAGEMENT, NULL, 0);
	describes("2 packets: 1 message of the management interface, none of HCI", "whole trace");
}

static void a_packet_that_is_cut_is_not_read_beyond_its_end(void **state)
{
	static const uint8_t meta[] = {0x3e, 1, 1};

	(void)state;
	for (size_t len = 0; len <= sizeof(meta); len++)
		add(EXPLAIN_EVENT, meta, len);
	assert_int_equal(contents.connections, 0);
	const struct explain_packet air = {.kind = EXPLAIN_AIR,
					   .air = {.access_address = ADVERTISING}};
	contents_add(&contents, &air);
	assert_int_equal(contents.requests, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

/* Channel 1 is of BR/EDR only: Core Vol 3 Part A 2.1. */
static void signaling_of_br_edr_is_named_without_its_connection(void **state)
{
	static const uint8_t rfcomm[] = {1, 0x20, 8, 0, 4, 0, 0x41, 0, 3, 0x3f, 1, 0x1c},
			     signaling[] = {1, 0x20, 8, 0, 4, 0, 1, 0, 6, 7, 0, 0},
			     rest[] = {1, 0x10, 8, 0, 4, 0, 1, 0, 6, 7, 0, 0};

	(void)state;
	add(EXPLAIN_ACL, rfcomm, sizeof(rfcomm));
	add(EXPLAIN_ACL, rest, sizeof(rest));
	describes("2 packets: 2 packets of ACL data, but no connection is seen to begin",
		  "start the capture before connecting");
	add(EXPLAIN_ACL, signaling, sizeof(signaling));
	describes("3 packets: data of BR/EDR, no connection is seen to begin",
		  "for an LE device, start the capture before it connects");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_capture_of_br_edr_only_needs_another_program),
		TEST(connections_without_pairing_need_somebody_to_pair),
		TEST(advertising_alone_needs_a_connection),
		TEST(the_bring_up_alone_needs_a_connection),
		TEST(data_without_a_connection_event_began_before_the_capture),
		TEST(a_sniffer_has_to_follow_the_connection),
		TEST(signaling_of_br_edr_is_named_without_its_connection),
		TEST(notes_alone_are_no_traffic),
		TEST(a_packet_that_is_cut_is_not_read_beyond_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
