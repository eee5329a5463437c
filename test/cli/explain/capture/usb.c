/* SPDX-License-Identifier: MIT */
#include "capture/usb.h"

#include <string.h>

#include "unit.h"

static struct explain_usb usb;
static struct explain_packet packet;

static int begin(void **state)
{
	(void)state;
	memset(&usb, 0, sizeof(usb));
	return 0;
}

/* One transfer of usbmon: 'S' or 'C', transfer type, endpoint, device; data. */
struct urb {
	char event;
	uint8_t type, endpoint, device;
	const char *data;
	size_t len;
};

enum { INTERRUPT = 1, CONTROL = 2, BULK = 3 };

static bool take_cut(const struct urb *urb, size_t cut)
{
	static uint8_t record[64 + 512];
	bool out = urb->event == 'S';

	memset(record, 0, sizeof(record));
	record[8] = (uint8_t)urb->event;
	record[9] = urb->type;
	record[10] = urb->endpoint;
	record[11] = urb->device;
	record[14] = urb->type == CONTROL ? 0 : '-';
	record[32] = out ? (uint8_t)urb->len : 0xff;
	record[36] = (uint8_t)urb->len;
	record[40] = 0x20;
	record[46] = (uint8_t)urb->len;
	memcpy(record + 64, urb->data, urb->len);
	packet = (struct explain_packet){.number = 7, .source = 0x100};
	return capture_usb_linux_mmapped(&usb, &packet, record, 64 + urb->len - cut,
					 64 + urb->len) == EXPLAIN_READ_PACKET;
}

static bool take(const struct urb *urb)
{
	return take_cut(urb, 0);
}

#define URB(event, type, endpoint, device, octets) \
	(&(struct urb){event, type, endpoint, device, octets, sizeof(octets) - 1})

static void assert_packet(enum explain_kind kind, enum explain_way way, const char *octets,
			  size_t len, size_t original)
{
	assert_int_equal(packet.kind, kind);
	assert_int_equal(packet.way, way);
	assert_int_equal(packet.original, original);
	assert_int_equal(packet.len, len);
	assert_memory_equal(packet.data, octets, len);
	assert_int_equal(packet.number, 7);
}

#define RESET	 "\x03\x0c\0"
#define COMPLETE "\x0e\4\1\3\x0c\0"

static void each_transfer_is_reported_once(void **state)
{
	(void)state;
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	assert_packet(EXPLAIN_COMMAND, EXPLAIN_SENT, RESET, 3, 3);
	assert_int_equal(packet.source, 0x100);
	assert_false(take(URB('C', CONTROL, 0, 4, "")));
	assert_false(take(URB('C', CONTROL, 0, 4, RESET)));
	assert_false(take(URB('S', INTERRUPT, 0x81, 4, COMPLETE)));
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE)));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
	assert_true(take(URB('S', BULK, 2, 4, "\x40\0\1\0a")));
	assert_packet(EXPLAIN_ACL, EXPLAIN_SENT, "\x40\0\1\0a", 5, 5);
	assert_false(take(URB('C', BULK, 2, 4, "\x40\0\1\0a")));
	assert_false(take(URB('E', BULK, 2, 4, "\x40\0\1\0a")));
	assert_true(take(URB('C', BULK, 0x82, 4, "\x40\x20\1\0b")));
	assert_packet(EXPLAIN_ACL, EXPLAIN_RECEIVED, "\x40\x20\1\0b", 5, 5);
	assert_null(packet.oddity);
}

static void only_devices_that_speak_hci_count(void **state)
{
	(void)state;
	assert_false(take(URB('C', INTERRUPT, 0x81, 2, "\0\0\4\0\0\0\0\0"))); /* a keyboard */
	assert_false(take(URB('C', BULK, 0x82, 3, "\x40\x20\1\0b")));	      /* a disk */
	assert_false(take(URB('S', CONTROL, 0, 3, "\x03\x0c\1")));	      /* another length */
	assert_int_equal(usb.count, 0);
	assert_int_equal(usb.transfers, 3);
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE)));
	assert_true(take(URB('S', CONTROL, 0, 5, RESET)));
	assert_int_equal(packet.source, 0x101);
	assert_int_equal(usb.count, 2);
	assert_false(take(URB('C', INTERRUPT, 0x81, 2, "\0\0\4\0\0\0\0\0")));
}

static void the_first_event_of_a_controller_has_lengths_that_agree(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		bool event;
	} rows[] = {
		{"\x0f\4\0\1\3\x0c", 6, true},	 {"\x0f\5\0\1\3\x0c\0", 7, false},
		{"\x13\5\1\x40\0\1\0", 7, true}, {"\x13\5\2\x40\0\1\0", 7, false},
		{"\x3e\2\2\0", 4, true},	 {"\x3e\2\0\0", 4, false},
		{"\x3e\2\x40\0", 4, false},	 {"\x0e\2\0\0", 4, false},
		{"\x3e\3\2\0", 4, false},	 {"\x3e", 1, false},
		{"\x10\1\0", 3, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(NULL);
		const struct urb urb = {'C', INTERRUPT, 0x81, 4, rows[i].octets, rows[i].len};
		assert_int_equal(take(&urb), rows[i].event);
	}
}

static void a_packet_in_several_transfers_is_joined(void **state)
{
	static const char event[] = "\x0e\x1e\1\3\x0c\0 1234567890abcdefghijklmno";

	(void)state;
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	assert_false(take(&(struct urb){'C', INTERRUPT, 0x81, 4, event, 16}));
	assert_false(take(URB('S', BULK, 2, 4,
			      "\x40\0\x10\0"
			      "123456789abc")));
	assert_true(take(URB('S', BULK, 2, 4, "defg")));
	assert_packet(EXPLAIN_ACL, EXPLAIN_SENT,
		      "\x40\0\x10\0"
		      "123456789abcdefg",
		      20, 20);
	assert_true(take(&(struct urb){'C', INTERRUPT, 0x81, 4, event + 16, 16}));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, event, 32, 32);
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE)));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
}

static void a_short_transfer_ends_its_packet(void **state)
{
	(void)state;
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	assert_false(take(URB('C', INTERRUPT, 0x81, 4, "\x0e\x1e\1\3\x0c\0")));
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE)));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
}

/* A host that joins transfers by length would lose every event after it. */
static void an_octet_too_many_is_reported_and_the_next_event_is_read(void **state)
{
	(void)state;
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE "\x55")));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
	assert_string_equal(packet.oddity, "the event has 1 octet more than its length says");
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE)));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
	assert_null(packet.oddity);
	/* In the last of several transfers. */
	assert_false(take(URB('C', BULK, 0x82, 4,
			      "\x40\x20\x0e\0"
			      "123456789abc")));
	assert_true(take(URB('C', BULK, 0x82, 4, "dexyz")));
	assert_packet(EXPLAIN_ACL, EXPLAIN_RECEIVED,
		      "\x40\x20\x0e\0"
		      "123456789abcde",
		      18, 18);
	assert_string_equal(packet.oddity,
			    "the data packet has 3 octets more than its length says");
}

static void several_events_of_one_transfer_are_read(void **state)
{
	(void)state;
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	assert_false(capture_usb_more(&usb, &packet));
	assert_true(take(URB('C', INTERRUPT, 0x81, 4, COMPLETE "\x13\5\1\x40\0\1\0" COMPLETE)));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
	assert_true(capture_usb_more(&usb, &packet));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, "\x13\5\1\x40\0\1\0", 7, 7);
	assert_int_equal(packet.source, 0x100);
	assert_true(capture_usb_more(&usb, &packet));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
	assert_false(capture_usb_more(&usb, &packet));
}

static void what_the_capture_cut_is_not_taken_for_content(void **state)
{
	(void)state;
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	assert_true(take_cut(URB('C', INTERRUPT, 0x81, 4, COMPLETE), 2));
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 4, 6);
	assert_false(take_cut(URB('C', BULK, 0x82, 4,
				  "\x40\x20\x10\0"
				  "123456789abc"),
			      4));
	assert_true(take(URB('C', BULK, 0x82, 4, "defg")));
	assert_packet(EXPLAIN_ACL, EXPLAIN_RECEIVED,
		      "\x40\x20\x10\0"
		      "12345678",
		      12, 20);
}

static void a_packet_longer_than_the_buffer_is_cut(void **state)
{
	char piece[80];

	(void)state;
	memset(piece, 'x', sizeof(piece));
	assert_true(take(URB('S', CONTROL, 0, 4, RESET)));
	memcpy(piece, "\x40\x20\0\x10", 4); /* 4096 octets of data */
	const struct urb urb = {'C', BULK, 0x82, 4, piece, sizeof(piece)};
	size_t rest = 4100;
	while (rest > sizeof(piece)) {
		assert_false(take(&urb));
		rest -= sizeof(piece);
	}
	assert_true(take(&(struct urb){'C', BULK, 0x82, 4, piece, rest}));
	assert_int_equal(packet.len, EXPLAIN_USB_KEPT);
	assert_int_equal(packet.original, 4100);
}

static void four_controllers_are_followed(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < EXPLAIN_USB_DEVICES; i++)
		assert_true(take(URB('S', CONTROL, 0, i, RESET)));
	assert_false(take(URB('S', CONTROL, 0, 100, RESET)));
	assert_true(take(URB('S', CONTROL, 0, 3, RESET)));
	assert_int_equal(packet.source, 0x103);
}

/* A capture of a big-endian machine: the length of the data is in its order. */
static void either_byte_order_is_read(void **state)
{
	uint8_t record[48 + 3] = {0};

	(void)state;
	record[8] = 'S';
	record[9] = CONTROL;
	record[35] = record[39] = record[46] = 3;
	record[40] = 0x20;
	memcpy(record + 48, RESET, 3);
	packet = (struct explain_packet){.number = 7};
	assert_int_equal(capture_usb_linux(&usb, &packet, record, sizeof(record), sizeof(record)),
			 EXPLAIN_READ_PACKET);
	assert_packet(EXPLAIN_COMMAND, EXPLAIN_SENT, RESET, 3, 3);
	for (size_t kept = 0; kept < 51; kept++)
		assert_int_equal(capture_usb_linux(&usb, &packet, record, kept, sizeof(record)),
				 EXPLAIN_READ_SKIPPED);
}

/* ---- USBPcap --------------------------------------------------------------------------------- */

/* A control transfer in that stage. */
static enum explain_read take_stage(uint8_t stage, uint8_t info, const char *data, size_t len)
{
	static uint8_t record[28 + 64];

	memset(record, 0, sizeof(record));
	record[0] = 28;
	record[16] = info;
	record[19] = 4;
	record[22] = CONTROL;
	record[23] = (uint8_t)len;
	record[27] = stage;
	memcpy(record + 28, data, len);
	packet = (struct explain_packet){.number = 7};
	return capture_usb_pcap(&usb, &packet, record, 28 + len, 28 + len);
}

static void a_command_of_windows_is_in_its_setup_stage_or_the_next(void **state)
{
	static const char setup[] = "\x20\0\0\0\0\0\3\0";

	(void)state;
	assert_int_equal(take_stage(0, 0, "\x20\0\0\0\0\0\3\0" RESET, 11), EXPLAIN_READ_PACKET);
	assert_packet(EXPLAIN_COMMAND, EXPLAIN_SENT, RESET, 3, 3);
	begin(NULL);
	assert_int_equal(take_stage(0, 0, setup, 8), EXPLAIN_READ_SKIPPED);
	assert_int_equal(take_stage(1, 0, RESET, 3), EXPLAIN_READ_PACKET);
	assert_packet(EXPLAIN_COMMAND, EXPLAIN_SENT, RESET, 3, 3);
	/* Once, and not when it is of another request. */
	assert_int_equal(take_stage(1, 0, RESET, 3), EXPLAIN_READ_SKIPPED);
	assert_int_equal(take_stage(0, 0, "\x21\x09\0\2\0\0\3\0", 8), EXPLAIN_READ_SKIPPED);
	assert_int_equal(take_stage(1, 0, RESET, 3), EXPLAIN_READ_SKIPPED);
	assert_int_equal(take_stage(0, 1, "\x20\0\0\0\0\0\3\0" RESET, 11), EXPLAIN_READ_SKIPPED);
	assert_int_equal(take_stage(0, 0, setup, 7), EXPLAIN_READ_SKIPPED);
}

static void the_header_of_windows_has_its_own_length(void **state)
{
	uint8_t record[40] = {27};

	(void)state;
	record[16] = 1;
	record[21] = 0x81;
	record[22] = INTERRUPT;
	record[23] = 6;
	memcpy(record + 27, COMPLETE, 6);
	packet = (struct explain_packet){.number = 7};
	assert_int_equal(capture_usb_pcap(&usb, &packet, record, 33, 33), EXPLAIN_READ_PACKET);
	assert_packet(EXPLAIN_EVENT, EXPLAIN_RECEIVED, COMPLETE, 6, 6);
	record[16] = 0; /* the submission */
	assert_int_equal(capture_usb_pcap(&usb, &packet, record, 33, 33), EXPLAIN_READ_SKIPPED);
	record[16] = 1;
	for (size_t kept = 0; kept < 29; kept++)
		assert_int_equal(capture_usb_pcap(&usb, &packet, record, kept, 33),
				 EXPLAIN_READ_SKIPPED);
	record[0] = 26;
	assert_int_equal(capture_usb_pcap(&usb, &packet, record, 33, 33), EXPLAIN_READ_SKIPPED);
	record[0] = 34;
	assert_int_equal(capture_usb_pcap(&usb, &packet, record, 33, 33), EXPLAIN_READ_SKIPPED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(each_transfer_is_reported_once),
		TEST(only_devices_that_speak_hci_count),
		TEST(the_first_event_of_a_controller_has_lengths_that_agree),
		TEST(a_packet_in_several_transfers_is_joined),
		TEST(a_short_transfer_ends_its_packet),
		TEST(an_octet_too_many_is_reported_and_the_next_event_is_read),
		TEST(several_events_of_one_transfer_are_read),
		TEST(what_the_capture_cut_is_not_taken_for_content),
		TEST(a_packet_longer_than_the_buffer_is_cut),
		TEST(four_controllers_are_followed),
		TEST(either_byte_order_is_read),
		TEST(a_command_of_windows_is_in_its_setup_stage_or_the_next),
		TEST(the_header_of_windows_has_its_own_length),
	};
	return cmocka_run_group_tests_name("explain/capture/usb", tests, NULL, NULL);
}
