/* SPDX-License-Identifier: MIT */
#include "capture/linktype.h"

#include <string.h>

#include "unit.h"

static struct explain_linktype_state links;
static struct explain_packet packet;

static int begin(void **state)
{
	(void)state;
	memset(&links, 0, sizeof(links));
	return 0;
}

/* Takes a record of a link type, of which extra more octets were on the wire. */
static bool take(unsigned number, const void *data, size_t kept, size_t extra)
{
	const struct explain_linktype *linktype = capture_linktype(number);

	assert_non_null(linktype);
	packet = (struct explain_packet){
		.number = 7, .time_us = 8, .clock = EXPLAIN_CLOCK_UNIX, .source = 0x100};
	return linktype->take(&links, &packet, data, kept, kept + extra) == EXPLAIN_READ_PACKET;
}

static void a_record_that_ends_in_its_direction_is_skipped(void **state)
{
	(void)state;
	for (size_t kept = 0; kept < 5; kept++)
		assert_false(take(201, "\0\0\0\1\1\3\x0c\0", kept, 8 - kept));
	assert_true(take(201, "\0\0\0\1\1\3\x0c\0", 5, 3));
	assert_int_equal(packet.len, 0);
	assert_int_equal(packet.original, 3);
}

static void an_unknown_link_type_has_its_message(void **state)
{
	struct failure failure;

	(void)state;
	assert_null(capture_linktype(0));
	assert_null(capture_linktype(200));
	assert_int_equal(capture_linktype_unknown(&failure, 105), -1);
	assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
	assert_string_equal(failure.text,
			    "is of link type 105, Wi-Fi: capture HCI: btmon -w FILE, or "
			    "Wireshark's interface bluetooth-monitor");
	assert_int_equal(capture_linktype_unknown(&failure, 255), -1);
	assert_non_null(strstr(failure.text, "type 255, Bluetooth BR/EDR baseband: "));
	assert_int_equal(capture_linktype_unknown(&failure, 147), -1);
	assert_non_null(strstr(failure.text, "type 147, the private format of a sniffer: "));
	assert_int_equal(capture_linktype_unknown(&failure, 9999), -1);
	assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
	assert_non_null(strstr(failure.text, "type 9999, which is not supported: capture HCI"));
}

/* ---- HCI ------------------------------------------------------------------------------------- */

static void the_sender_of_h4_without_direction_is_guessed(void **state)
{
	static const struct {
		uint8_t data[6];
		enum explain_way way;
	} rows[] = {
		{{1, 3, 0x0c, 0}, EXPLAIN_SENT},
		{{4, 0x0e, 0}, EXPLAIN_RECEIVED},
		{{2, 0x40, 0x10, 0, 0}, EXPLAIN_WAY_UNKNOWN}, /* continues an unknown one */
		{{2, 0x40, 0x00, 0, 0}, EXPLAIN_SENT},
		{{2, 0x41, 0x20, 0, 0}, EXPLAIN_RECEIVED},
		{{2, 0x40, 0x10, 0, 0}, EXPLAIN_SENT},
		{{2, 0x41, 0x10, 0, 0}, EXPLAIN_RECEIVED},
		{{2, 0x40, 0x20, 0, 0}, EXPLAIN_RECEIVED},
		{{2, 0x40, 0x10, 0, 0}, EXPLAIN_RECEIVED},
		{{2, 0x40, 0x1e, 0, 0}, EXPLAIN_WAY_UNKNOWN}, /* another handle */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(take(187, rows[i].data, 5, 2));
		assert_int_equal(packet.way, rows[i].way);
		assert_int_equal(packet.number, 7);
		assert_int_equal(packet.time_us, 8);
		assert_int_equal(packet.clock, EXPLAIN_CLOCK_UNIX);
		assert_int_equal(packet.source, 0x100);
		assert_int_equal(packet.len, 4);
		assert_int_equal(packet.original, 6);
	}
	assert_false(take(187, "\3\1\2\3", 4, 0));
	assert_false(take(187, "", 0, 0));
	/* Cut before its handle. */
	assert_true(take(187, "\2\x40", 2, 5));
	assert_int_equal(packet.way, EXPLAIN_WAY_UNKNOWN);
}

static bool first(uint8_t handle, uint16_t source, enum explain_way way)
{
	const uint8_t data[] = {2, handle, way == EXPLAIN_SENT ? 0 : 0x20, 0, 0};
	struct explain_packet p = {.source = source};

	return capture_linktype(187)->take(&links, &p, data, 5, 5) == EXPLAIN_READ_PACKET &&
	       p.way == way;
}

static enum explain_way continuing(uint8_t handle, uint16_t source)
{
	const uint8_t data[] = {2, handle, 0x10, 0, 0};
	struct explain_packet p = {.source = source};

	assert_int_equal(capture_linktype(187)->take(&links, &p, data, 5, 5), EXPLAIN_READ_PACKET);
	return p.way;
}

static void the_senders_of_eight_handles_are_remembered(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < EXPLAIN_SENDERS; i++)
		assert_true(first(i, 0, i & 1 ? EXPLAIN_SENT : EXPLAIN_RECEIVED));
	assert_true(first(0, 0, EXPLAIN_SENT)); /* the same handle needs no more room */
	for (uint8_t i = 1; i < EXPLAIN_SENDERS; i++)
		assert_int_equal(continuing(i, 0), i & 1 ? EXPLAIN_SENT : EXPLAIN_RECEIVED);
	assert_int_equal(continuing(0, 0), EXPLAIN_SENT);
	assert_int_equal(continuing(0, 1), EXPLAIN_WAY_UNKNOWN); /* another controller */
	assert_true(first(0, 1, EXPLAIN_RECEIVED));
	assert_int_equal(continuing(0, 0), EXPLAIN_WAY_UNKNOWN); /* the oldest made room */
	assert_int_equal(continuing(0, 1), EXPLAIN_RECEIVED);
	assert_int_equal(continuing(1, 0), EXPLAIN_SENT);
}

static void h4_with_direction_has_it_in_its_last_bit(void **state)
{
	(void)state;
	assert_true(take(201, "\0\0\0\1\4\x0e\0", 7, 3));
	assert_int_equal(packet.kind, EXPLAIN_EVENT);
	assert_int_equal(packet.way, EXPLAIN_RECEIVED);
	assert_memory_equal(packet.data, "\x0e\0", 2);
	assert_int_equal(packet.len, 2);
	assert_int_equal(packet.original, 5);
	assert_true(take(201, "\1\1\1\0\2\1\2", 7, 0));
	assert_int_equal(packet.way, EXPLAIN_SENT);
	assert_false(take(201, "\0\0\0\1", 4, 5));
	assert_false(take(201, "\0\0\1\2", 3, 5));
}

static void the_linux_monitor_has_index_and_opcode(void **state)
{
	(void)state;
	assert_true(take(254, "\0\7\0\3\x0e\0", 6, 3));
	assert_int_equal(packet.kind, EXPLAIN_EVENT);
	assert_int_equal(packet.source, 0x107); /* beside the interface */
	assert_memory_equal(packet.data, "\x0e\0", 2);
	assert_int_equal(packet.len, 2);
	assert_int_equal(packet.original, 5);
	assert_true(take(254, "\0\1\0\2", 4, 0));
	assert_int_equal(packet.len, 0);
	assert_false(take(254, "\0\1\0", 3, 1));
}

/* ---- On air ---------------------------------------------------------------------------------- */

static void assert_pdu(const char *octets, size_t len, size_t original)
{
	assert_int_equal(packet.kind, EXPLAIN_AIR);
	assert_int_equal(packet.air.access_address, 0x50655641);
	assert_int_equal(packet.len, len);
	assert_int_equal(packet.original, original);
	assert_memory_equal(packet.data, octets, len);
}

#define AA "\x41\x56\x65\x50"

static void a_bare_link_layer_packet_is_its_pdu_without_crc(void **state)
{
	(void)state;
	assert_true(take(251, AA "\2\3abcCRC", 12, 0));
	assert_pdu("\2\3abc", 5, 5);
	assert_int_equal(packet.air.channel, -1);
	assert_int_equal(packet.air.rssi, 127);
	assert_int_equal(packet.way, EXPLAIN_WAY_UNKNOWN);
	assert_true(take(251, AA "\2\3a", 7, 5));
	assert_pdu("\2\3a", 3, 5);
	assert_true(take(251, AA "\2\0", 6, 0));
	assert_false(take(251, AA "\2", 5, 0));
	assert_false(take(251, AA, 4, 0));
	assert_false(take(251, "\1\2\3", 3, 0));
}

static void the_frequency_of_a_sniffer_is_a_channel(void **state)
{
	static const struct {
		uint8_t radio;
		int channel;
	} rows[] = {{0, 37},  {1, 0},	{11, 10}, {12, 38}, {13, 11},
		    {38, 36}, {39, 39}, {40, -1}, {255, -1}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t data[] = "\0\0\0\0\0\0\0\0\0\0" AA "\2\1x";
		data[0] = rows[i].radio;
		assert_true(take(256, data, 17, 0));
		assert_int_equal(packet.air.channel, rows[i].channel);
	}
}

static void the_flags_of_a_sniffer_are_read(void **state)
{
	static const struct {
		uint16_t flags;
		struct explain_radio air;
		enum explain_way way;
	} rows[] = {
		{0, {.rssi = 127}, EXPLAIN_WAY_UNKNOWN},
		{0x0002, {.rssi = -60}, EXPLAIN_WAY_UNKNOWN},
		{0x0008, {.rssi = 127, .decrypted = true}, EXPLAIN_WAY_UNKNOWN},
		{0x0080, {.rssi = 127}, EXPLAIN_WAY_UNKNOWN}, /* advertising on other channels */
		{0x0100, {.rssi = 127}, EXPLAIN_CENTRAL},
		{0x0180, {.rssi = 127}, EXPLAIN_PERIPHERAL},
		{0x0400, {.rssi = 127, .crc = EXPLAIN_CRC_BAD}, EXPLAIN_WAY_UNKNOWN},
		{0x0c00, {.rssi = 127, .crc = EXPLAIN_CRC_GOOD}, EXPLAIN_WAY_UNKNOWN},
		{0x0800, {.rssi = 127, .crc = EXPLAIN_CRC_UNKNOWN}, EXPLAIN_WAY_UNKNOWN},
		{0x1000, {.rssi = 127, .mic_failed = true}, EXPLAIN_WAY_UNKNOWN},
		{0x3000, {.rssi = 127}, EXPLAIN_WAY_UNKNOWN},
		{0x2000, {.rssi = 127}, EXPLAIN_WAY_UNKNOWN},
		{0x4000, {.rssi = 127}, EXPLAIN_WAY_UNKNOWN}, /* 2 Mbit/s */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t data[] = "\1\xc4\0\0\0\0\0\0\0\0" AA "\2\1xCRC";
		data[8] = (uint8_t)rows[i].flags;
		data[9] = (uint8_t)(rows[i].flags >> 8);
		assert_true(take(256, data, 20, 0));
		assert_pdu("\2\1x", 3, 3);
		assert_int_equal(packet.way, rows[i].way);
		assert_int_equal(packet.air.rssi, rows[i].air.rssi);
		assert_int_equal(packet.air.crc, rows[i].air.crc);
		assert_int_equal(packet.air.decrypted, rows[i].air.decrypted);
		assert_int_equal(packet.air.mic_failed, rows[i].air.mic_failed);
	}
	/* The coded PHY has an indicator before the PDU. */
	assert_true(take(256, "\1\0\0\0\0\0\0\0\0\x80" AA "!\2\1x", 18, 0));
	assert_pdu("\2\1x", 3, 3);
	assert_true(take(256, "\1\0\0\0\0\0\0\0\0\x80" AA "!\2\0", 17, 0));
	assert_false(take(256, "\1\0\0\0\0\0\0\0\0\x80" AA "!\2", 16, 0));
	assert_false(take(256, "\1\0\0\0\0\0\0\0\0\x80" AA, 14, 5));
	assert_true(take(256, "\1\0\0\0\0\0\0\0\0\0" AA "\2\0", 16, 0));
	assert_false(take(256, "\1\0\0\0\0\0\0\0\0\0" AA, 14, 5));
	assert_false(take(256, "\1\0\0\0\0\0\0\0\0\0\1\2\3", 13, 5));
}

/* PPI: version, flags, length, link type inside; then fields. */
static void ppi_has_a_link_type_inside(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t data[] = "\0\0\x08\0\x93\0\0\0" AA "\2\1x";
		data[4] = i ? 251 : 147;
		assert_true(take(192, data, 15, 0));
		assert_pdu("\2\1x", 3, 3);
		assert_int_equal(packet.air.channel, -1);
		assert_int_equal(packet.air.rssi, 127);
	}
	assert_true(take(192,
			 "\0\0\x08\0\0\1\0\0"
			 "\1\xc4\0\0\0\0\0\0\x82\1" AA "\2\1x",
			 25, 0));
	assert_pdu("\2\1x", 3, 3);
	assert_int_equal(packet.way, EXPLAIN_PERIPHERAL);
	assert_int_equal(packet.air.rssi, -60);
	assert_false(take(192, "\0\0\x08\0\1\0\0\0" AA "\2\1x", 15, 0));
	/* Lengths that do not fit. */
	assert_false(take(192, "\0\0\x07\0\x93\0\0\0" AA "\2\1x", 15, 0));
	assert_false(take(192, "\0\0\x10\0\x93\0\0\0" AA "\2\1x", 15, 9));
	assert_false(take(192, "\0\0\x0f\0\x93\0\0\0" AA "\2\1x", 15, 9));
	assert_false(take(192, "\0\0\x08\0\x93\0\0", 7, 9));
}

static void ubertooths_field_of_ppi_has_channel_and_signal(void **state)
{
	static const struct {
		uint8_t fields[24];
		size_t len;
		int channel, rssi;
	} rows[] = {
		{{0x36, 0x75, 10, 0, 0, 0x62, 0x09}, 14, 37, 0}, /* 2402 MHz */
		{{0x36, 0x75, 10, 0, 0, 0x64, 0x09, 0, 0, 0, 0, 0, 0xc4}, 14, 0, -60},
		{{0x36, 0x75, 10, 0, 0, 0x61, 0x09, 0, 0, 0, 0, 0, 0xc4}, 14, -1, -60},
		{{0x36, 0x75, 9, 0, 0, 0x64, 0x09, 0, 0, 0, 0, 0, 0xc4}, 13, -1, 127},
		{{0x36, 0x75, 11, 0, 0, 0x64, 0x09, 0, 0, 0, 0, 0, 0xc4}, 14, -1, 127},
		{{0x35, 0x75, 10, 0, 0, 0x64, 0x09, 0, 0, 0, 0, 0, 0xc4}, 14, -1, 127},
		{{1, 0, 2, 0, 9, 9, 0x36, 0x75, 10, 0, 0, 0x64, 0x09, 0, 0, 0, 0, 0, 0xc4},
		 20,
		 0,
		 -60},
		{{1, 0, 0, 0, 0x36, 0x75, 10, 0, 0, 0x64, 0x09, 0, 0, 0, 0, 0, 0xc4}, 18, 0, -60},
		{{0x36, 0x75, 10}, 3, -1, 127},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t data[8 + 24 + 7] = {0, 0, (uint8_t)(8 + rows[i].len), 0, 147};
		memcpy(data + 8, rows[i].fields, rows[i].len);
		memcpy(data + 8 + rows[i].len, AA "\2\1x", 7);
		assert_true(take(192, data, 8 + rows[i].len + 7, 0));
		assert_pdu("\2\1x", 3, 3);
		assert_int_equal(packet.air.channel, rows[i].channel);
		assert_int_equal(packet.air.rssi, rows[i].rssi);
	}
}

/* Board; length, version, counter, id; length, flags, channel, RSSI, counter, time. */
static uint8_t nrf[] = "\0"
		       "\x11\0"
		       "\3"
		       "\0\0"
		       "\6"
		       "\x0a"
		       "\1"
		       "\0"
		       "\x3c"
		       "\0\0"
		       "\0\0\0\0" AA "\2\1xCRC";

static bool take_nrf(uint8_t version, uint8_t event, uint8_t flags)
{
	nrf[3] = version;
	nrf[6] = event;
	nrf[8] = flags;
	return take(272, nrf, sizeof(nrf) - 1, 0);
}

static void the_headers_of_the_nrf_sniffer_are_read(void **state)
{
	static const struct {
		uint8_t flags;
		enum explain_crc crc;
		enum explain_way way;
		bool decrypted, mic_failed;
	} rows[] = {
		{0x00, EXPLAIN_CRC_BAD, EXPLAIN_PERIPHERAL, false, false},
		{0x01, EXPLAIN_CRC_GOOD, EXPLAIN_PERIPHERAL, false, false},
		{0x03, EXPLAIN_CRC_GOOD, EXPLAIN_CENTRAL, false, false},
		{0x05, EXPLAIN_CRC_GOOD, EXPLAIN_PERIPHERAL, false, true},
		{0x0d, EXPLAIN_CRC_GOOD, EXPLAIN_PERIPHERAL, true, false},
		{0x09, EXPLAIN_CRC_GOOD, EXPLAIN_PERIPHERAL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(take_nrf(3, 6, rows[i].flags));
		assert_pdu("\2\1x", 3, 3);
		assert_int_equal(packet.air.channel, 0);
		assert_int_equal(packet.air.rssi, -60);
		assert_int_equal(packet.air.crc, rows[i].crc);
		assert_int_equal(packet.way, rows[i].way);
		assert_int_equal(packet.air.decrypted, rows[i].decrypted);
		assert_int_equal(packet.air.mic_failed, rows[i].mic_failed);
	}
	/* From version 2 on, advertising packets have another event. */
	assert_true(take_nrf(2, 2, 1));
	assert_false(take_nrf(1, 2, 1));
	assert_true(take_nrf(1, 6, 1));
	assert_false(take_nrf(3, 5, 1));
	assert_false(take_nrf(3, 3, 1));
	/* The coded PHY, which version 1 did not know. */
	memcpy(nrf + 21, "!\2\1x", 4);
	assert_true(take_nrf(2, 6, 0x21));
	assert_pdu("\2\1x", 3, 3);
	memcpy(nrf + 21, "\2\1xCRC", 6);
	assert_true(take_nrf(1, 6, 0x21));
	assert_pdu("\2\1x", 3, 3);
	assert_true(take_nrf(3, 6, 0x11)); /* 2 Mbit/s */
	assert_pdu("\2\1x", 3, 3);
}

static void odd_values_of_the_nrf_sniffer_are_unknown(void **state)
{
	static const struct {
		uint8_t octet;
		int channel, rssi;
	} rows[] = {{39, 39, -39}, {40, -1, -40}, {127, -1, -127}, {128, -1, 127}, {255, -1, 127}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		nrf[9] = nrf[10] = rows[i].octet;
		assert_true(take_nrf(3, 6, 1));
		assert_int_equal(packet.air.channel, rows[i].channel);
		assert_int_equal(packet.air.rssi, rows[i].rssi);
	}
	nrf[9] = 0;
	nrf[10] = 60;
	assert_false(take(272, nrf, 21, 5));
	nrf[8] = 1;
	assert_false(take(272, nrf, 22, 5)); /* half a header of a PDU */
	assert_true(take(272, nrf, 23, 5));
}

/* In advertising packets, the flags of a connection have another meaning. */
static void an_advertising_pdu_of_the_nrf_sniffer_has_no_end(void **state)
{
	(void)state;
	memcpy(nrf + 17, "\xd6\xbe\x89\x8e\x40", 5);
	assert_true(take_nrf(3, 2, 0x0f));
	assert_int_equal(packet.way, EXPLAIN_WAY_UNKNOWN);
	assert_false(packet.air.decrypted);
	assert_true(take_nrf(3, 2, 0x05));
	assert_false(packet.air.mic_failed);
	nrf[21] = 0x45; /* CONNECT_IND */
	assert_true(take_nrf(3, 2, 1));
	assert_int_equal(packet.way, EXPLAIN_CENTRAL);
	memcpy(nrf + 17, AA, 4); /* a data PDU with these bits */
	assert_true(take_nrf(3, 6, 1));
	assert_int_equal(packet.way, EXPLAIN_PERIPHERAL);
	nrf[21] = 2;
}

/* As a program writes it that is no sniffer: it gives each PDU its end and its CRC, and no more. */
static void a_pdu_without_packet_id_is_read_and_its_radio_is_unknown(void **state)
{
	(void)state;
	nrf[9] = nrf[10] = 0;
	assert_true(take_nrf(2, 0, 0x03));
	assert_pdu("\2\1x", 3, 3);
	assert_int_equal(packet.way, EXPLAIN_CENTRAL);
	assert_int_equal(packet.air.crc, EXPLAIN_CRC_GOOD);
	assert_int_equal(packet.air.channel, -1);
	assert_int_equal(packet.air.rssi, 127);
	assert_true(take_nrf(1, 0, 0x01));
	assert_int_equal(packet.way, EXPLAIN_PERIPHERAL);
	nrf[9] = 38;
	nrf[10] = 60;
	assert_true(take_nrf(3, 0, 0x01));
	assert_int_equal(packet.air.channel, 38);
	assert_int_equal(packet.air.rssi, -60);
	nrf[9] = 0;
	nrf[10] = 60;
}

static void a_usb_bus_without_a_controller_is_named_at_the_end(void **state)
{
	static struct explain_capture capture;

	(void)state;
	capture.end[0] = '\0';
	assert_int_equal(capture_linktype_end(&capture, &links), EXPLAIN_READ_END);
	assert_string_equal(capture.end, "");
	links.usb.transfers = 1;
	assert_int_equal(capture_linktype_end(&capture, &links), EXPLAIN_READ_END);
	assert_non_null(strstr(capture.end, "USB bus"));
	capture.end[0] = '\0';
	links.usb.count = 1;
	assert_int_equal(capture_linktype_end(&capture, &links), EXPLAIN_READ_END);
	assert_string_equal(capture.end, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_record_that_ends_in_its_direction_is_skipped),
		TEST(an_unknown_link_type_has_its_message),
		TEST(the_sender_of_h4_without_direction_is_guessed),
		TEST(the_senders_of_eight_handles_are_remembered),
		TEST(h4_with_direction_has_it_in_its_last_bit),
		TEST(the_linux_monitor_has_index_and_opcode),
		TEST(a_bare_link_layer_packet_is_its_pdu_without_crc),
		TEST(the_frequency_of_a_sniffer_is_a_channel),
		TEST(the_flags_of_a_sniffer_are_read),
		TEST(ppi_has_a_link_type_inside),
		TEST(ubertooths_field_of_ppi_has_channel_and_signal),
		TEST(the_headers_of_the_nrf_sniffer_are_read),
		TEST(odd_values_of_the_nrf_sniffer_are_unknown),
		TEST(an_advertising_pdu_of_the_nrf_sniffer_has_no_end),
		TEST(a_pdu_without_packet_id_is_read_and_its_radio_is_unknown),
		TEST(a_usb_bus_without_a_controller_is_named_at_the_end),
	};
	return cmocka_run_group_tests_name("explain/capture/linktype", tests, NULL, NULL);
}
