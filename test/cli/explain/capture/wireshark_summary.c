/* SPDX-License-Identifier: MIT */
/* One line of tshark: what it has is read, and the rest stays unknown. */
#include "capture/wireshark_summary.h"

#include <stdio.h>
#include <string.h>

#include "smp/reason.h"
#include "unit.h"

static struct wireshark_summary summary;
static struct wireshark_ends ends;
static struct explain_packet packet;

static enum wireshark_found take(const char *line)
{
	memset(&packet, 0, sizeof(packet));
	if (!wireshark_summary_read(&summary, line))
		return WIRESHARK_IRRELEVANT;
	return wireshark_summary_packet(&summary, &ends, &packet);
}

#define ENDS "Intel_01:00:42 () \xe2\x86\x92 Intel_00:00:42 () "
#define BACK "Intel_00:00:42 () \xe2\x86\x92 Intel_01:00:42 () "

static void a_reason_is_read_with_its_sender(void **state)
{
	static const uint8_t failed[] = {0x20, 6, 0, 2, 0, 6, 0, 5, 4};

	(void)state;
	assert_int_equal(take("38 0.5 " ENDS "SMP 11 Rcvd Pairing Failed: Confirm Value Failed"),
			 WIRESHARK_PACKET);
	assert_int_equal(packet.way, EXPLAIN_RECEIVED);
	assert_int_equal(packet.len, 10);
	assert_int_equal(packet.data[1] & 0xf0, failed[0]);
	assert_memory_equal(packet.data + 2, failed + 1, sizeof(failed) - 1);
	assert_true(capture_knows(&packet, 0, 10));
	/* A reason that is not known stays unknown. */
	assert_int_equal(take("38 0.5 " ENDS "SMP 11 Rcvd Pairing Failed: Whatever"),
			 WIRESHARK_PACKET);
	assert_false(capture_knows(&packet, 9, 1));
}

/* `tshark -t ad` and `-t a`: the ends are behind a date, or a time of day. */
static void a_time_of_day_is_read(void **state)
{
	(void)state;
	assert_int_equal(take("27 2014-04-11 12:12:52.196380 " ENDS
			      "SMP 16 Sent Security Request: AuthReq: Bonding, MITM"),
			 WIRESHARK_PACKET);
	assert_int_equal(summary.clock, EXPLAIN_CLOCK_START);
	assert_int_equal(summary.time_us,
			 ((11 * 24 + 12) * 3600 + 12 * 60 + 52) * UINT64_C(1000000) + 196380);
	uint16_t handle = summary.handle;
	assert_int_equal(
		take("28 12:12:52.1 " ENDS "SMP 16 Sent Security Request: AuthReq: Bonding, MITM"),
		WIRESHARK_PACKET);
	assert_int_equal(summary.time_us, (12 * 3600 + 12 * 60 + 52) * UINT64_C(1000000) + 100000);
	assert_int_equal(summary.handle, handle);
	/* That is no time of day. */
	assert_int_equal(take("28 12:12 " ENDS "LE LL 19 Empty PDU"), WIRESHARK_IRRELEVANT);
}

#define AIR "Master_0x92dda6f5 \xe2\x86\x92 Slave_0x92dda6f5 LE LL 24 Control Opcode: "

/* The PDU after LL_START_ENC_REQ whose opcode cannot be read is the first that is encrypted. */
static void the_first_encrypted_pdu_is_read(void **state)
{
	(void)state;
	memset(&ends, 0, sizeof(ends));
	assert_int_equal(take("9 0.1 " AIR "Unknown"), WIRESHARK_IRRELEVANT);
	assert_int_equal(take("10 0.2 " AIR "LL_START_ENC_REQ"), WIRESHARK_PACKET);
	assert_int_equal(take("11 0.3 Master_0x12345678 -> Slave_0x12345678 LE LL 24 Control "
			      "Opcode: Unknown"),
			 WIRESHARK_IRRELEVANT);
	assert_int_equal(take("12 0.4 " AIR "Unknown"), WIRESHARK_PACKET);
	assert_int_equal(packet.kind, EXPLAIN_AIR);
	assert_int_equal(packet.way, EXPLAIN_CENTRAL);
	assert_int_equal(packet.original, 2 + 5);
	assert_false(capture_knows(&packet, 2, 1));
	/* Of an unknown sender: only one end starts encryption. */
	assert_int_equal(take("13 0.5 Unknown_0x12345678 -> Unknown_0x12345678 LE LL 20 Control "
			      "Opcode: LL_START_ENC_REQ"),
			 WIRESHARK_PACKET);
	assert_int_equal(packet.way, EXPLAIN_PERIPHERAL);
}

/* The rest of a packet is in the lines below it. */
static void only_lines_of_our_protocols_begin_a_packet(void **state)
{
	(void)state;
	assert_true(wireshark_summary_is_begun("38 0.5 " ENDS "SMP 11 Rcvd Pairing Failed"));
	assert_true(
		wireshark_summary_is_begun("38 0.5 a -> b LE LL 33 Control Opcode: LL_ENC_REQ"));
	assert_true(wireshark_summary_is_begun("38 0.5 Central_0x1 -> Peripheral_0x1 L2CAP 9"));
	assert_false(wireshark_summary_is_begun("38 0.5 Central_0x1 -> Peripheral_0x1 ATT 9 x"));
	assert_false(wireshark_summary_is_begun("38 0.5 a -> b HCI_CMD 4 Sent Reset"));
	assert_false(wireshark_summary_is_begun("a -> b SMP 11 Rcvd Pairing Failed"));
	assert_false(wireshark_summary_is_begun("38 0.5 "));
}

/* What is not known is 0, also after another packet. */
static void unknown_octets_are_zero(void **state)
{
	(void)state;
	memset(ends.data, 0xff, sizeof(ends.data));
	memset(ends.known, 1, sizeof(ends.known));
	assert_int_equal(take("1 0.1 " ENDS "SMP 26 Sent Pairing Confirm"), WIRESHARK_PACKET);
	assert_int_equal(packet.len, 4 + 4 + 17);
	for (size_t i = 9; i < packet.len; i++) {
		assert_false(packet.known[i]);
		assert_int_equal(packet.data[i], 0);
	}
}

static void columns_may_be_missing(void **state)
{
	static const char *const lines[] = {
		"27 0.006463 a -> b SMP 16 Sent Security Request: AuthReq: Bonding, MITM",
		"27 0.006463 a -> b SMP Sent Security Request: AuthReq: Bonding, MITM",
		"0.006463 a ? b SMP 16 Sent Security Request: AuthReq: Bonding, MITM",
		"a -> b SMP 16 Sent Security Request: AuthReq: Bonding, MITM",
		"localhost SMP Sent Security Request: AuthReq: Bonding, MITM",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		if (take(lines[i]) != WIRESHARK_PACKET)
			fail_msg("%s", lines[i]);
		assert_int_equal(packet.way, EXPLAIN_SENT);
		assert_int_equal(packet.data[8], 0x0b);
		assert_int_equal(packet.data[9], 0x05);
		assert_true(capture_knows(&packet, 8, 2));
	}
}

/* The profile of nRF Sniffer has a PHY before the protocol, and six columns behind it. */
static void nrf_sniffer_has_more_columns(void **state)
{
	static const struct {
		const char *line;
		enum explain_way way;
		uint8_t code, value;
	} rows[] = {
		{"1620 12.076 Master_0x91b041bf LE 1M SMP 11 49691 1 1 False 781 Sent Pairing "
		 "Request: AuthReq: No Bonding, SecureConnection | Initiator Key(s): <none> | "
		 "Responder Key(s): <none>",
		 EXPLAIN_CENTRAL, 1, 0},
		{"1623 12.159 Slave_0x91b041bf LE 1M SMP 6 -150\302\265s 0 1 True 782 Rcvd Pairing "
		 "Failed: Confirm Value Failed",
		 EXPLAIN_PERIPHERAL, 5, 4},
		{"1623 12.159 Peripheral_0x91b041bf LE 2M SMP 6 150 0 1 782 Rcvd Pairing Failed: "
		 "Confirm Value Failed",
		 EXPLAIN_PERIPHERAL, 5, 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (take(rows[i].line) != WIRESHARK_PACKET)
			fail_msg("%s", rows[i].line);
		assert_int_equal(packet.kind, EXPLAIN_AIR);
		assert_int_equal(packet.way, rows[i].way);
		assert_int_equal(packet.data[6], rows[i].code);
		if (rows[i].value)
			assert_int_equal(packet.data[7], rows[i].value);
		assert_int_equal(packet.air.access_address, 0x91b041bf);
	}
	assert_int_equal(take("7 1.5 Master_0x91b041bf LE 1M LE LL 9 150 0 1 False 783 Control "
			      "Opcode: LL_START_ENC_REQ"),
			 WIRESHARK_PACKET);
	assert_int_equal(packet.data[2], 5);
	/* Other words are no columns. */
	assert_int_equal(take("9 1.5 Master_0x91b041bf LE 1M SMP 6 150 x 1 Rcvd Pairing Failed"),
			 WIRESHARK_IRRELEVANT);
	assert_int_equal(take("of SMP 6 of 7 False Sent Pairing Failed"), WIRESHARK_IRRELEVANT);
}

/* What Wireshark exports as CSV has each column in quotes. */
static void the_columns_of_csv_are_read(void **state)
{
	(void)state;
	assert_int_equal(
		take("\"9\",\"8.102366\",\"Master_0x24bd7eeb\",\"Slave_0x24bd7eeb\",\"SMP\","
		     "\"30\",\"Sent Pairing Request: AuthReq: No Bonding, SecureConnection | "
		     "Initiator Key(s): LTK, IRK | Responder Key(s): LTK\""),
		WIRESHARK_PACKET);
	assert_int_equal(summary.number, 9);
	assert_int_equal(summary.time_us, 8102366);
	assert_int_equal(packet.way, EXPLAIN_CENTRAL);
	assert_int_equal(packet.data[9], 0x08);
	assert_int_equal(packet.data[11], 0x03);
	assert_int_equal(packet.data[12], 0x01);
	assert_int_equal(
		take("\"11\",\"8.1\",\"Slave_0x24bd7eeb\",\"LE 1M\",\"SMP\",\"25\",\"150\","
		     "\"0\",\"1\",\"False\",\"781\",\"Rcvd Pairing Failed: Busy\""),
		WIRESHARK_PACKET);
	assert_int_equal(packet.data[7], SMP_BUSY);
	assert_int_equal(take("\"12\",\"8.2\",\"remote ()\",\"localhost ()\",\"HCI_EVT\",\"7\","
			      "\"Rcvd Disconnect Complete\""),
			 WIRESHARK_LOST);
	assert_int_equal(take("\"12\",\"8.2\",\"remote ()\",\"localhost ()\",\"SMP\",\"10\","
			      "\"Rcvd Pairing Failed: DHKey Check Failed\""),
			 WIRESHARK_PACKET);
	assert_int_equal(packet.kind, EXPLAIN_ACL);
	assert_int_equal(packet.way, EXPLAIN_RECEIVED);
	assert_int_equal(take("\"SMP Sent Pairing Request\", he said"), WIRESHARK_IRRELEVANT);
	assert_int_equal(take("\"9"), WIRESHARK_IRRELEVANT);
	assert_int_equal(take("\""), WIRESHARK_IRRELEVANT);
}

/* People write about SMP in words that a summary has, too. */
static void a_sentence_is_no_summary(void **state)
{
	static const char *const lines[] = {
		"I see in SMP that the phone Sent Pairing Request twice",
		"Over SMP Sent Pairing Request was seen, but nothing else",
		"the log of SMP Sent Pairing Confirm",
		"1. In SMP the central Sent Pairing Failed: Confirm Value Failed",
		"My SMP 1.0 code Sent Security Request: AuthReq: Bonding",
		"With SMP we Rcvd Pairing Failed: why?",
		"phone -> tag: the SMP of it Rcvd Pairing Request, and that is all",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		if (take(lines[i]) != WIRESHARK_IRRELEVANT ||
		    wireshark_summary_read(&summary, lines[i]))
			fail_msg("%s", lines[i]);
}

static void both_directions_of_a_link_belong_together(void **state)
{
	uint16_t handle;

	(void)state;
	assert_int_equal(take("1 0.1 " ENDS "SMP 26 Sent Pairing Confirm"), WIRESHARK_PACKET);
	handle = summary.handle;
	assert_int_equal(take("2 0.2 " BACK "SMP 26 Rcvd Pairing Confirm"), WIRESHARK_PACKET);
	assert_int_equal(summary.handle, handle);
	assert_int_equal(take("3 0.2 x -> y SMP 26 Rcvd Pairing Confirm"), WIRESHARK_PACKET);
	assert_int_not_equal(summary.handle, handle);
	/* Values are not in the line. */
	assert_false(capture_knows(&packet, 9, 1));
}

static void ends_may_have_no_names_or_those_of_host_and_controller(void **state)
{
	static const char *const pairs[][2] = {
		{"host \xe2\x86\x92 controller", "controller \xe2\x86\x92 host"},
		{"host -> controller", "controller -> host"},
		{"\xe2\x86\x92", "\xe2\x86\x92"},
		{" \xe2\x86\x92 ", " \xe2\x86\x92 "},
		{"     \xe2\x86\x92     ", "     \xe2\x86\x92     "},
		{" -> ", " -> "},
		{"?", "?"},
		{"", ""},
		{"      ", "      "},
		{"a \xe2\x86\x92 ", " \xe2\x86\x92 a"},
	};
	char line[160];

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		(void)snprintf(line, sizeof(line), "9 0.1 %s SMP 16 Sent Pairing Request",
			       pairs[i][0]);
		assert_int_equal(take(line), WIRESHARK_PACKET);
		const uint16_t handle = summary.handle;
		assert_int_equal(packet.way, EXPLAIN_SENT);
		assert_int_equal(packet.data[8], 1);
		(void)snprintf(line, sizeof(line), "10 0.2 %s SMP 11 Rcvd Pairing Failed: Busy",
			       pairs[i][1]);
		assert_int_equal(take(line), WIRESHARK_PACKET);
		assert_int_equal(packet.way, EXPLAIN_RECEIVED);
		assert_int_equal(summary.handle, handle);
	}
}

static void names_of_ends_on_air_give_roles(void **state)
{
	static const struct {
		const char *ends;
		enum explain_way way;
	} rows[] = {
		{"Master_0x24bd7eeb \xe2\x86\x92 Slave_0x24bd7eeb", EXPLAIN_CENTRAL},
		{"Slave_0x24bd7eeb -> Master_0x24bd7eeb", EXPLAIN_PERIPHERAL},
		{"Central_0x24bd7eeb -> Peripheral_0x24bd7eeb", EXPLAIN_CENTRAL},
		{"Peripheral_0x24bd7eeb -> Central_0x24bd7eeb", EXPLAIN_PERIPHERAL},
	};
	char line[160];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(line, sizeof(line), "9 8.1 %s SMP 40 Sent Pairing Random",
			       rows[i].ends);
		assert_int_equal(take(line), WIRESHARK_PACKET);
		assert_int_equal(packet.kind, EXPLAIN_AIR);
		assert_int_equal(packet.way, rows[i].way);
		assert_int_equal(packet.air.access_address, 0x24bd7eeb);
		(void)snprintf(line, sizeof(line), "9 8.1 %s LE LL 42 Control Opcode: LL_ENC_REQ",
			       rows[i].ends);
		assert_int_equal(take(line), WIRESHARK_PACKET);
		assert_int_equal(packet.data[2], 3);
		assert_int_equal(packet.len, 3);
		assert_int_equal(packet.original, 2 + 23);
	}
}

/* Its length is wrong, and the line does not say which it is. */
static void a_malformed_pdu_has_its_code(void **state)
{
	(void)state;
	assert_int_equal(take("37 0.003 " ENDS "SMP 25 Rcvd Pairing Confirm[Malformed Packet]"),
			 WIRESHARK_PACKET);
	assert_int_equal(packet.data[8], 3);
	assert_true(capture_knows(&packet, 8, 1));
	assert_false(capture_knows(&packet, 9, 1));
}

static void control_pdus_are_read_by_their_name(void **state)
{
	static const struct {
		const char *name;
		uint8_t code;
	} rows[] = {
		{"LL_TERMINATE_IND", 0x02},	{"LL_UNKNOWN_RSP", 0x07},
		{"LL_FEATURE_REQ", 0x08},	{"LL_FEATURE_RSP", 0x09},
		{"LL_SLAVE_FEATURE_REQ", 0x0e}, {"LL_PERIPHERAL_FEATURE_REQ", 0x0e},
		{"LL_REJECT_EXT_IND", 0x11},
	};
	char line[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(line, sizeof(line),
			       "9 8.1 Slave_0x24bd7eeb -> Master_0x24bd7eeb LE LL 28 Control "
			       "Opcode: %s",
			       rows[i].name);
		if (take(line) != WIRESHARK_PACKET)
			fail_msg("%s", rows[i].name);
		assert_int_equal(packet.data[2], rows[i].code);
	}
}

/* A role that no name shows is not claimed, unless only one end sends such a PDU. */
static void an_unknown_sender_stays_unknown(void **state)
{
#define UNKNOWN "57 1.5 Unknown_0x50654a27 -> Unknown_0x50654a27 SMP 30 UnknownDirection "
	(void)state;
	assert_int_equal(take(UNKNOWN "Pairing Confirm"), WIRESHARK_LOST);
	assert_int_equal(take(UNKNOWN "Pairing Response: AuthReq: Bonding"), WIRESHARK_PACKET);
	assert_int_equal(packet.way, EXPLAIN_PERIPHERAL);
}

static void a_line_names_its_record_of_the_linux_monitor(void **state)
{
	static const struct {
		const char *line;
		int opcode;
	} rows[] = {
		{"1 0.0 \xe2\x86\x92 HCI_MON 16 Info Adapter Id: 0, Opcode: New Index", 0},
		{"1 0.0 host -> controller HCI_CMD 7 Sent Disconnect", 2},
		{"1 0.0 controller -> host HCI_EVT 22 Rcvd LE Meta", 3},
		{"1 0.0 " ENDS "SMP 16 Sent Pairing Request: AuthReq: Bonding", 4},
		{"1 0.0 " ENDS "ATT 12 Rcvd Error Response", 5},
		{"1 0.0 -> HCI_MON 16 Info Adapter Id: 0, Opcode: Index Information", 10},
		{"1 0.0 -> HCI_MON 16 Info Adapter Id: 0, Opcode: User Logging", 13},
		{"1 0.0 -> HCI_MON 14 Sent Adapter Id: 0, Opcode: Control Command", 16},
		{"1 0.0 -> HCI_MON 14 Rcvd Adapter Id: 0, Opcode: Control Event", 17},
		{"1 0.0 -> HCI_MON 14 Sent Adapter Id: 0, Opcode: Control Open", -1},
		{"1 0.0 Master_0x24bd7eeb -> Slave_0x24bd7eeb LE LL 28 Control Opcode: LL_ENC_REQ",
		 -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)wireshark_summary_read(&summary, rows[i].line);
		if (summary.monitor != rows[i].opcode)
			fail_msg("%s: %d", rows[i].line, summary.monitor);
	}
}

static void lines_of_other_packets_are_summaries_too(void **state)
{
	(void)state;
	assert_int_equal(take("44 0.0125 controller -> host HCI_EVT 7 Rcvd Encryption Change"),
			 WIRESHARK_LOST);
	assert_int_equal(
		take("30 0.0078 controller -> host HCI_EVT 8 Rcvd Number of Completed Packets"),
		WIRESHARK_IRRELEVANT);
	assert_true(wireshark_summary_read(&summary, "7 8.0 a -> b LE LL 19 Empty PDU"));
	assert_false(wireshark_summary_read(&summary, "Dear all,"));
	assert_false(wireshark_summary_read(&summary, "I Sent Pairing Request to it"));
	assert_false(wireshark_summary_read(&summary, ""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reason_is_read_with_its_sender),
		cmocka_unit_test(a_time_of_day_is_read),
		cmocka_unit_test(the_first_encrypted_pdu_is_read),
		cmocka_unit_test(only_lines_of_our_protocols_begin_a_packet),
		cmocka_unit_test(unknown_octets_are_zero),
		cmocka_unit_test(columns_may_be_missing),
		cmocka_unit_test(nrf_sniffer_has_more_columns),
		cmocka_unit_test(the_columns_of_csv_are_read),
		cmocka_unit_test(a_sentence_is_no_summary),
		cmocka_unit_test(both_directions_of_a_link_belong_together),
		cmocka_unit_test(ends_may_have_no_names_or_those_of_host_and_controller),
		cmocka_unit_test(names_of_ends_on_air_give_roles),
		cmocka_unit_test(a_malformed_pdu_has_its_code),
		cmocka_unit_test(control_pdus_are_read_by_their_name),
		cmocka_unit_test(an_unknown_sender_stays_unknown),
		cmocka_unit_test(a_line_names_its_record_of_the_linux_monitor),
		cmocka_unit_test(lines_of_other_packets_are_summaries_too),
	};
	return cmocka_run_group_tests_name("explain/capture/wireshark_summary", tests, NULL, NULL);
}
