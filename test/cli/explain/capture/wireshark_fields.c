/* SPDX-License-Identifier: MIT */
/* The details of a packet, line by line, become its octets. */
#include "capture/wireshark_fields.h"

#include <string.h>

#include "unit.h"

static struct wireshark_details details;
static struct explain_packet packet;

static bool take(const char *const *lines, size_t count)
{
	memset(&packet, 0, sizeof(packet));
	wireshark_details_begin(&details);
	for (size_t i = 0; i < count; i++)
		(void)wireshark_details_line(&details, lines[i]);
	return wireshark_details_packet(&details, &packet);
}

static void numbers_octets_and_addresses_are_in_wire_order(void **state)
{
	static const char *const lines[] = {
		"Bluetooth HCI Command - LE Start Encryption",
		"Command Opcode: LE Start Encryption (0x2019)",
		"0010 00.. .... .... = Opcode Group Field: LE Controller Commands (0x08)",
		"Parameter Total Length: 28",
		"Connection Handle: 0x002a",
		"Random Number: 0102030405060708",
		"Encrypted Diversifier: 0x1234",
		"Long Term Key: fa1a4094d65d72fd8df66e04097da485",
	};
	static const uint8_t command[] = {0x19, 0x20, 28,   0x2a, 0,	1,    2,    3,
					  4,	5,    6,    7,	  8,	0x34, 0x12, 0xfa,
					  0x1a, 0x40, 0x94, 0xd6, 0x5d, 0x72, 0xfd, 0x8d,
					  0xf6, 0x6e, 0x04, 0x09, 0x7d, 0xa4, 0x85};
	static const char *const address[] = {
		"Bluetooth HCI Command - LE Set Random Address",
		"Command Opcode: LE Set Random Address (0x2005)",
		"Parameter Total Length: 6",
		"BD_ADDR: Intel_00:00:42 (00:aa:01:00:00:42)",
	};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_int_equal(packet.kind, EXPLAIN_COMMAND);
	assert_int_equal(packet.way, EXPLAIN_SENT);
	assert_int_equal(packet.len, sizeof(command));
	assert_memory_equal(packet.data, command, sizeof(command));
	assert_null(packet.known);
	assert_true(take(address, COUNT(address)));
	assert_memory_equal(packet.data + 3, "\x42\0\0\1\xaa\0", 6);
}

/* Its parts are below it, unless the person who copied the details had them closed. */
static void the_header_of_a_pdu_is_read_without_its_parts(void **state)
{
	static const char *const lines[] = {
		"Bluetooth Low Energy Link Layer",
		"Access Address: 0xaf9aabed",
		"Data Header: 0x0317",
		"Control Opcode: LL_REJECT_IND_EXT (0x11)",
		"Reject Opcode: LL_ENC_REQ (0x03)",
		"Error Code: PIN or Key Missing (0x06)",
		"CRC: 0x8e0ec0",
	};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_int_equal(packet.kind, EXPLAIN_AIR);
	assert_int_equal(packet.len, 5);
	assert_memory_equal(packet.data, "\x17\3\x11\3\6", 5);
	assert_null(packet.known);
}

static void a_cut_value_is_known_as_far_as_it_goes(void **state)
{
	static const char *const lines[] = {
		"Bluetooth HCI ACL Packet",
		".... 0000 0010 1010 = Connection Handle: 0x02a",
		"..00 .... .... .... = PB Flag: First Non-automatically Flushable Packet (0)",
		"Data Total Length: 21",
		"Bluetooth L2CAP Protocol",
		"Length: 17",
		"CID: Security Manager Protocol (0x0006)",
		"Bluetooth Security Manager Protocol",
		"Opcode: Pairing Confirm (0x03)",
		"Confirm Value: 39a475c2\xe2\x80\xa6",
	};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_int_equal(packet.way, EXPLAIN_SENT);
	assert_true(capture_knows(&packet, 0, 13));
	assert_false(capture_knows(&packet, 13, 1));
	assert_int_equal(packet.len, 25);
}

/* A value that does not fit its field is not taken for one. */
static void a_number_too_large_is_unknown(void **state)
{
	static const char *const lines[] = {
		"Bluetooth HCI Event - Encryption Change",
		"Event Code: Encryption Change (0x08)",
		"Parameter Total Length: 4",
		"Status: 0x1ff",
		"Connection Handle: none",
	};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_false(capture_knows(&packet, 2, 1));
	assert_false(capture_knows(&packet, 3, 1));
}

/* Command Complete has the parameters of its command. */
static void a_completed_command_has_its_own_fields(void **state)
{
	static const char *const lines[] = {
		"Bluetooth HCI Event - Command Complete",
		"Event Code: Command Complete (0x0e)",
		"Parameter Total Length: 10",
		"Number of Allowed Command Packets: 1",
		"Command Opcode: Read BD ADDR (0x1009)",
		"Status: Success (0x00)",
		"BD_ADDR: Intel_01:00:42 (00:aa:01:01:00:42)",
	};
	static const uint8_t event[] = {0x0e, 10, 1, 0x09, 0x10, 0, 0x42, 0, 1, 1, 0xaa, 0};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_int_equal(packet.len, sizeof(event));
	assert_memory_equal(packet.data, event, sizeof(event));
	assert_null(packet.known);
}

static void a_connection_on_air_needs_both_ends(void **state)
{
	static const char *const lines[] = {
		"Bluetooth Low Energy Link Layer",
		"Access Address: 0x8e89bed6",
		"Packet Header: 0x2285 (PDU Type: CONNECT_IND, ChSel: #1, TxAdd: Public)",
		"Initiator Address: CC&CTech_73:3e:f4 (5c:f3:70:73:3e:f4)",
		"Advertising Address: 7d:43:82:42:23:16 (7d:43:82:42:23:16)",
		"Link Layer Data",
		"Access Address: 0x50654a27",
		"Interval: 54 (67.5 msec)",
		"Timeout: 42 (420 msec)",
	};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_int_equal(packet.kind, EXPLAIN_AIR);
	assert_int_equal(packet.way, EXPLAIN_CENTRAL);
	assert_int_equal(packet.len, 36);
	assert_int_equal(packet.air.access_address, 0x8e89bed6);
	assert_memory_equal(packet.data + 2, "\xf4\x3e\x73\x70\xf3\x5c\x16\x23\x42\x82\x43\x7d",
			    12);
	assert_memory_equal(packet.data + 14, "\x27\x4a\x65\x50", 4);
	assert_true(capture_knows(&packet, 24, 2));
	/* Without the advertiser nothing is known of the connection. */
	assert_true(take(lines, 4));
	assert_int_equal(packet.len, 2);
	assert_int_equal(packet.original, 36);
}

/* Neither the link nor the sender is in the text, and none is claimed. */
static void details_of_smp_alone_have_no_sender(void **state)
{
	static const char *const lines[] = {
		"Bluetooth Security Manager Protocol",
		"Opcode: Pairing Failed (0x05)",
		"Reason: Numeric Comparison Failed (0x0c)",
	};
	static const uint8_t failed[] = {0, 0, 6, 0, 2, 0, 6, 0, 5, 0x0c};

	(void)state;
	assert_true(take(lines, COUNT(lines)));
	assert_int_equal(packet.kind, EXPLAIN_ACL);
	assert_int_equal(packet.way, EXPLAIN_WAY_UNKNOWN);
	assert_int_equal(packet.len, sizeof(failed));
	assert_memory_equal(packet.data, failed, sizeof(failed));
	/* Without its code it is nothing. */
	assert_false(take(lines, 1));
}

/* A disconnection is of LE unless the text shows the connection of BR/EDR that it ends. */
static void what_belongs_to_bredr_has_its_octets(void **state)
{
	static const char *const connected[] = {
		"Bluetooth HCI Event - Connect Complete",
		"Event Code: Connect Complete (0x03)",
		"Parameter Total Length: 11",
		"Status: Success (0x00)",
		"Connection Handle: 0x000b",
		"BD_ADDR: NarayInf_03:02:09 (00:05:04:03:02:09)",
		"Link Type: ACL connection (Data Channels) (0x01)",
		"Encryption Mode: Encryption Disabled (0x00)",
	};
	static const char *const paired[] = {
		"Bluetooth HCI Event - Simple Pairing Complete",
		"Event Code: Simple Pairing Complete (0x36)",
		"Parameter Total Length: 7",
		"Status: Authentication Failure (0x05)",
		"BD_ADDR: NarayInf_03:02:09 (00:05:04:03:02:09)",
	};
	static const char *const authenticated[] = {
		"Bluetooth HCI Event - Authentication Complete",
		"Event Code: Authentication Complete (0x06)",
		"Parameter Total Length: 3",
		"Status: Authentication Failure (0x05)",
		"Connection Handle: 0x000b",
	};
	static const char *const key_size[] = {
		"Bluetooth HCI Event - Command Complete",
		"Event Code: Command Complete (0x0e)",
		"Parameter Total Length: 7",
		"Number of Allowed Command Packets: 1",
		"Command Opcode: Read Encryption Key Size (0x1408)",
		"Status: Success (0x00)",
		"Connection Handle: 0x000b",
		"Encryption Key Size: 7",
	};
	static const char *const requested[] = {
		"Bluetooth HCI Command - Authentication Requested",
		"Command Opcode: Authentication Requested (0x0411)",
		"Parameter Total Length: 2",
		"Connection Handle: 0x000b",
	};
	static const struct {
		const char *const *lines;
		size_t count, len;
		uint8_t octets[13];
	} rows[] = {
		{connected, COUNT(connected), 13, {3, 11, 0, 0x0b, 0, 9, 2, 3, 4, 5, 0, 1, 0}},
		{paired, COUNT(paired), 9, {0x36, 7, 5, 9, 2, 3, 4, 5, 0}},
		{authenticated, COUNT(authenticated), 5, {6, 3, 5, 0x0b, 0}},
		{key_size, COUNT(key_size), 9, {0x0e, 7, 1, 8, 0x14, 0, 0x0b, 0, 7}},
		{requested, COUNT(requested), 5, {0x11, 4, 2, 0x0b, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(take(rows[i].lines, rows[i].count));
		assert_int_equal(packet.len, rows[i].len);
		assert_true(capture_knows(&packet, 0, rows[i].len));
		assert_memory_equal(packet.data, rows[i].octets, rows[i].len);
	}
}

/* Others are of the person who sent them. */
static void lines_of_details_are_taken(void **state)
{
	(void)state;
	wireshark_details_begin(&details);
	assert_false(wireshark_details_line(&details, "Connection Handle: 0x002a"));
	assert_false(wireshark_details_line(&details, "[Frame is marked: False]"));
	assert_true(wireshark_details_line(&details, "Bluetooth HCI Command - Reset"));
	assert_true(wireshark_details_line(&details, "Connection Handle: 0x002a"));
	assert_true(wireshark_details_line(&details, "[Response in frame: 7]"));
	assert_true(wireshark_details_line(&details, "[Direction: Sent (0x00)]"));
	assert_false(wireshark_details_line(&details, "and then it fails"));
}

static void lines_without_a_protocol_are_no_packet(void **state)
{
	static const char *const prose[] = {"Reason: it does not work (0x05)", "Status: closed"};
	static const char *const header[] = {"Bluetooth HCI Event - Encryption Change"};

	(void)state;
	assert_false(take(prose, COUNT(prose)));
	assert_false(take(header, COUNT(header)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_octets_and_addresses_are_in_wire_order),
		cmocka_unit_test(the_header_of_a_pdu_is_read_without_its_parts),
		cmocka_unit_test(a_cut_value_is_known_as_far_as_it_goes),
		cmocka_unit_test(a_number_too_large_is_unknown),
		cmocka_unit_test(a_completed_command_has_its_own_fields),
		cmocka_unit_test(a_connection_on_air_needs_both_ends),
		cmocka_unit_test(details_of_smp_alone_have_no_sender),
		cmocka_unit_test(what_belongs_to_bredr_has_its_octets),
		cmocka_unit_test(lines_of_details_are_taken),
		cmocka_unit_test(lines_without_a_protocol_are_no_packet),
	};
	return cmocka_run_group_tests_name("explain/capture/wireshark_fields", tests, NULL, NULL);
}
