/* SPDX-License-Identifier: MIT */
/* Text of Wireshark is read back into the packets of the capture that it was printed from. */
#include <stdlib.h>
#include <string.h>

#include "cli/explain/files.h"
#include "cli/explain/printed.h"
#include "crypto/bytes.h"

#define FIELD "../field/" /* beside test/captures */

static const struct explain_packet *numbered(const struct reading *of, uint64_t number)
{
	for (size_t i = 0; i < of->count; i++)
		if (of->packets[i].number == number)
			return &of->packets[i];
	fail_msg("no frame %u", (unsigned)number);
	return NULL;
}

/* ---- Details --------------------------------------------------------------------------------- */

/* What tshark -V printed of a capture of our own. */
static void details_have_the_octets_of_the_capture(void **state)
{
	struct reading own, read;
	size_t smp = 0;

	(void)state;
	reading_take_stored(&own, "own_sc_just_works.btsnoop");
	reading_take_stored(&read, FIELD "wireshark-details.txt");
	assert_string_equal(read.failure.text, "");
	assert_string_equal(read.format, "packet details of Wireshark");
	assert_int_equal(read.count, own.count - 22);
	for (size_t i = 0; i < read.count; i++) {
		const struct explain_packet *a = &read.packets[i], *b = numbered(&own, a->number);
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->way, b->way);
		assert_int_equal(a->original, b->original);
		assert_int_equal(a->clock, EXPLAIN_CLOCK_UNIX);
		assert_int_equal(a->time_us, b->time_us);
		for (size_t k = 0; k < a->len; k++)
			if (!a->known || a->known[k])
				assert_int_equal(a->data[k], b->data[k]);
		/* SMP and the events of a link are whole. */
		if (b->kind == EXPLAIN_ACL && b->data[6] == 6) {
			smp++;
			assert_null(a->known);
			assert_int_equal(a->len, b->len);
		} else if (b->kind == EXPLAIN_EVENT && b->data[0] != 0x0e) {
			assert_null(a->known);
		}
	}
	assert_int_equal(smp, 13);
	reading_free(&read);
	reading_free(&own);
}

static void one_quoted_packet_is_enough(void **state)
{
	static const char mail[] =
		"Dear all,\n\n"
		"> Frame 2969: 7 bytes on wire (56 bits), 7 bytes captured (56 bits)\n"
		"> Bluetooth\n> Bluetooth HCI H4\n"
		"> Bluetooth HCI Event - Disconnect Complete\n"
		">     Event Code: Disconnect Complete (0x05)\n"
		">     Parameter Total Length: 4\n>     Status: Success (0x00)\n"
		">     Connection Handle: 0x0040\n"
		">     Reason: Connection Failed to be Established (0x3e)\n> ---\n";
	static const uint8_t event[] = {0x05, 4, 0, 0x40, 0, 0x3e};
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.packets[0].number, 2969);
	assert_int_equal(read.packets[0].kind, EXPLAIN_EVENT);
	assert_int_equal(read.packets[0].way, EXPLAIN_RECEIVED);
	assert_int_equal(read.packets[0].len, sizeof(event));
	assert_memory_equal(read.packets[0].data, event, sizeof(event));
	assert_null(read.packets[0].known);
	reading_free(&read);
}

/* Without "Frame", as the details of one packet are copied from the window. */
static void packets_without_a_heading_are_told_apart(void **state)
{
	static const char mail[] =
		"Bluetooth HCI H4\n    [Direction: Rcvd (0x01)]\n"
		"Bluetooth HCI ACL Packet\n"
		"    .... 0000 0010 1010 = Connection Handle: 0x02a\n"
		"    ..10 .... .... .... = PB Flag: First Automatically Flushable Packet (2)\n"
		"    Data Total Length: 6\n"
		"Bluetooth L2CAP Protocol\n    Length: 2\n"
		"    CID: Security Manager Protocol (0x0006)\n"
		"Bluetooth Security Manager Protocol\n"
		"    Opcode: Pairing Failed (0x05)\n    Reason: Confirm Value Failed (0x04)\n"
		"Bluetooth HCI H4\n"
		"Bluetooth HCI Event - Encryption Change\n"
		"    Event Code: Encryption Change (0x08)\n    Parameter Total Length: 4\n"
		"    Status: Success (0x00)\n    Connection Handle: 0x002a\n";
	static const uint8_t failed[] = {0x2a, 0x20, 6, 0, 2, 0, 6, 0, 5, 4};
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.packets[0].way, EXPLAIN_RECEIVED);
	assert_int_equal(read.packets[0].len, sizeof(failed));
	assert_memory_equal(read.packets[0].data, failed, sizeof(failed));
	/* What the text lacks is unknown. */
	assert_int_equal(read.packets[1].number, 2);
	assert_non_null(read.packets[1].known);
	assert_false(capture_knows(&read.packets[1], 5, 1));
	assert_true(capture_knows(&read.packets[1], 0, 5));
	reading_free(&read);
}

static void details_of_smp_alone_are_packets_of_nobody(void **state)
{
	static const char mail[] = "Bluetooth Security Manager Protocol\n"
				   "    Opcode: Pairing Random (0x04)\n"
				   "    Random Value: 000102030405060708090a0b0c0d0e0f\n"
				   "Bluetooth Security Manager Protocol\n"
				   "    Opcode: Pairing Failed (0x05)\n"
				   "    Reason: Numeric Comparison Failed (0x0c)\n";
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 2);
	for (size_t i = 0; i < read.count; i++)
		assert_int_equal(read.packets[i].way, EXPLAIN_WAY_UNKNOWN);
	assert_int_equal(read.packets[1].data[9], 0x0c);
	reading_free(&read);
}

/* Wireshark shows a frame at its last fragment. */
static void fragments_are_joined(void **state)
{
	static const char mail[] =
		"Frame 1: 32 bytes on wire (256 bits), 32 bytes captured (256 bits)\n"
		"Bluetooth HCI ACL Packet\n"
		"    .... 0000 0010 1010 = Connection Handle: 0x02a\n"
		"    ..10 .... .... .... = PB Flag: First Automatically Flushable Packet (2)\n"
		"    Data Total Length: 20\n"
		"Frame 2: 6 bytes on wire (48 bits), 6 bytes captured (48 bits)\n"
		"Bluetooth HCI H4\n    [Direction: Rcvd (0x01)]\n"
		"Bluetooth HCI ACL Packet\n"
		"    .... 0000 0010 1010 = Connection Handle: 0x02a\n"
		"    ..01 .... .... .... = PB Flag: Continuing Fragment (1)\n"
		"    Data Total Length: 1\n"
		"Bluetooth L2CAP Protocol\n    Length: 17\n"
		"    CID: Security Manager Protocol (0x0006)\n"
		"Bluetooth Security Manager Protocol\n"
		"    Opcode: Pairing Random (0x04)\n"
		"    Random Value: 000102030405060708090a0b0c0d0e0f\n";
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.packets[0].len, 4);
	assert_int_equal(read.packets[0].original, 24);
	assert_int_equal(read.packets[1].len, 4 + 4 + 17);
	assert_int_equal(read.packets[1].data[1] >> 4, 2);
	assert_int_equal(read.packets[1].data[24], 0x0f);
	assert_null(read.packets[1].known);
	reading_free(&read);
}

/* The PDU with the last fragment carries the frame, as a first one. */
static void fragments_on_air_are_joined(void **state)
{
	static const char mail[] =
		"Frame 8: 21 bytes on wire (168 bits), 21 bytes captured (168 bits)\n"
		"Bluetooth Low Energy Link Layer\n    Access Address: 0x50654a27\n"
		"    Data Header\n"
		"        .... ..01 = LLID: Continuation fragment of an L2CAP message (0x1)\n"
		"        Length: 1\n"
		"Bluetooth L2CAP Protocol\n    Length: 17\n"
		"    CID: Security Manager Protocol (0x0006)\n"
		"Bluetooth Security Manager Protocol\n"
		"    Opcode: Pairing Random (0x04)\n"
		"    Random Value: 000102030405060708090a0b0c0d0e0f\n";
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.packets[0].data[0] & 3, 2);
	assert_int_equal(read.packets[0].data[1], 4 + 17);
	assert_int_equal(read.packets[0].len, 2 + 4 + 17);
	assert_int_equal(read.packets[0].data[22], 0x0f);
	reading_free(&read);
}

static void a_sniffed_pdu_has_its_sender(void **state)
{
	static const char mail[] =
		"Frame 7: 21 bytes on wire (168 bits), 21 bytes captured (168 bits)\n"
		"Bluetooth Low Energy RF Info\n    RF Channel: 22, 2446 MHz, Data channel 20\n"
		"    Flags: 0x0d83\n"
		"        .... ..01 1... .... = PDU Type: Data, Slave to Master (3)\n"
		"        .... .1.. .... .... = CRC Checked: True\n"
		"        .... 1... .... .... = CRC Valid: True\n"
		"Bluetooth Low Energy Link Layer\n    Access Address: 0x50654a27\n"
		"    Data Header\n"
		"        .... ..10 = LLID: Start of an L2CAP message (0x2)\n"
		"        .... .1.. = Next Expected Sequence Number: 1\n"
		"        .... 1... = Sequence Number: 1\n        Length: 6\n"
		"Bluetooth L2CAP Protocol\n    Length: 2\n"
		"    CID: Security Manager Protocol (0x0006)\n"
		"Bluetooth Security Manager Protocol\n"
		"    Opcode: Pairing Failed (0x05)\n    Reason: Unspecified Reason (0x08)\n";
	static const uint8_t pdu[] = {0x0e, 6, 2, 0, 6, 0, 5, 8};
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.packets[0].kind, EXPLAIN_AIR);
	assert_int_equal(read.packets[0].way, EXPLAIN_PERIPHERAL);
	assert_int_equal(read.packets[0].air.access_address, 0x50654a27);
	assert_int_equal(read.packets[0].air.channel, 20);
	assert_int_equal(read.packets[0].air.crc, EXPLAIN_CRC_GOOD);
	assert_int_equal(read.packets[0].len, sizeof(pdu));
	assert_memory_equal(read.packets[0].data, pdu, sizeof(pdu));
	reading_free(&read);
}

/* ---- Octets ---------------------------------------------------------------------------------- */

static void put_dump(const uint8_t *p, size_t count)
{
	for (size_t at = 0; at < count; at += 16) {
		print("%04zx  ", at);
		for (size_t i = at; i < at + 16; i++) {
			if (i < count)
				print("%02x ", p[i]);
			else
				print("   ");
		}
		print("  ");
		print_characters(p, count, at);
		print("\n");
	}
	print("\n");
}

static void put_h4(const struct explain_packet *p)
{
	uint8_t h4[300];

	assert_true(p->len < sizeof(h4));
	h4[0] = h4_type(p->kind);
	memcpy(h4 + 1, p->data, p->len);
	put_dump(h4, 1 + p->len);
}

static void a_dump_has_the_octets_of_the_capture(void **state)
{
	struct reading own, read;

	(void)state;
	reading_take_stored(&own, "own_listen_sc.btsnoop");
	printed_begin();
	for (size_t i = 0; i < own.count; i++)
		put_h4(&own.packets[i]);
	reading_take(&read, printed.text, printed.len);
	assert_string_equal(read.format, "hex dump of Wireshark");
	assert_int_equal(read.count, own.count);
	for (size_t i = 0; i < own.count; i++) {
		const struct explain_packet *a = &own.packets[i], *b = &read.packets[i];
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->way, b->way);
		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->data, b->data, a->len);
	}
	reading_free(&read);
	reading_free(&own);
}

/* Its octets have no packet type: the line before them names the record. */
static void a_dump_of_the_linux_monitor_is_read_with_its_summary(void **state)
{
	static const char text[] =
		"1 0.000 -> HCI_MON 14 Sent Adapter Id: 0, Opcode: Control Command\n\n"
		"0000  01 00 00 00 1f 00 ee dd cc bb aa 0c 01            .............\n\n"
		"2 0.001 controller -> host HCI_EVT 6 Rcvd Disconnect Complete\n\n"
		"0000  05 04 00 40 00 16                                 ...@..\n\n"
		"3 0.002 a () -> b () SMP 10 Sent Pairing Failed: Passkey Entry Failed\n\n"
		"0000  40 00 06 00 02 00 06 00 05 01                     @.........\n\n"
		"4 0.003 host -> controller HCI_CMD 4 Sent Reset\n\n"
		"0000  03 0c 00                                          ...\n\n"
		"5 0.004 host -> controller HCI_CMD 4 Sent Reset\n\n"
		"0000  03 0c 00 01                                       ....\n\n"
		"6 0.005 b () -> a () SMP 10 Rcvd Pairing Failed: Passkey Entry Failed\n\n"
		"0000  40 20 06 00 02 00 06 00 05 01                     @.........\n\n";
	static const struct {
		uint64_t number;
		enum explain_kind kind;
		enum explain_way way;
		size_t len;
		uint8_t first;
	} rows[] = {
		{1, EXPLAIN_MANAGEMENT, EXPLAIN_SENT, 9, 0x1f},
		{2, EXPLAIN_EVENT, EXPLAIN_RECEIVED, 6, 5},
		{3, EXPLAIN_ACL, EXPLAIN_SENT, 10, 0x40},
		{4, EXPLAIN_COMMAND, EXPLAIN_SENT, 3, 3},
		/* 5 is longer than its header says. */
		{6, EXPLAIN_ACL, EXPLAIN_RECEIVED, 10, 0x40},
	};
	struct reading read;

	(void)state;
	reading_take(&read, text, sizeof(text) - 1);
	assert_string_equal(read.format, "hex dump of Wireshark");
	assert_int_equal(read.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(read.packets[i].number, rows[i].number);
		assert_int_equal(read.packets[i].kind, rows[i].kind);
		assert_int_equal(read.packets[i].way, rows[i].way);
		assert_int_equal(read.packets[i].len, rows[i].len);
		assert_int_equal(read.packets[i].data[0], rows[i].first);
		assert_null(read.packets[i].known);
	}
	reading_free(&read);
}

/* Reassembled data repeats octets of packets before. */
static void a_dump_of_reassembled_data_is_no_packet(void **state)
{
	static const uint8_t fragment[] = {2, 0x2a, 0x10, 1, 0, 7}, whole[] = {2, 0, 6, 0, 5, 7},
			     event[] = {4, 0x13, 5, 1, 0x2a, 0, 1, 0};
	struct reading read;

	(void)state;
	printed_begin();
	print("Frame (6 bytes):\n\n");
	put_dump(fragment, sizeof(fragment));
	print("Reassembled L2CAP (6 bytes):\n\n");
	put_dump(whole, sizeof(whole));
	put_dump(event, sizeof(event));
	reading_take(&read, printed.text, printed.len);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.packets[0].kind, EXPLAIN_ACL);
	assert_int_equal(read.packets[1].kind, EXPLAIN_EVENT);
	reading_free(&read);
}

/* The dumps of sniffers: the header of the tool says what the octets are. */
static void dumps_of_sniffers_are_read(void **state)
{
	static const uint8_t phdr[] = {6,    0,	   0x80, 0,    0,    0,	   0,	0,    3,
				       0x0d, 0xf5, 0xa6, 0xdd, 0x92, 3,	   6,	0x0c, 8,
				       0x1d, 0,	   0xbe, 2,    0x8f, 0x37, 0x7a},
			     ppi[] = {0,    0,	  8,	0,    0x93, 0,	  0,	0,   0x91,
				      0x54, 0x65, 0x50, 0x11, 0,    0x10, 0xc2, 0x58};
	struct reading read;

	(void)state;
	printed_begin();
	put_dump(phdr, sizeof(phdr));
	put_dump(ppi, sizeof(ppi));
	reading_take(&read, printed.text, printed.len);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.packets[0].kind, EXPLAIN_AIR);
	assert_int_equal(read.packets[0].air.access_address, 0x92dda6f5);
	assert_int_equal(read.packets[0].len, 8);
	assert_int_equal(read.packets[1].air.access_address, 0x50655491);
	reading_free(&read);
}

/* ---- Summaries ------------------------------------------------------------------------------- */

static void a_summary_has_codes_and_says_that_values_are_missing(void **state)
{
	static const char mail[] =
		"    6   8.022050 SenaTech_7d:ef:92 \xe2\x86\x92 c7:9d:da:a3:80:01 LE LL 53 "
		"CONNECT_IND\n"
		"    9   8.102366 Master_0x24bd7eeb \xe2\x86\x92 Slave_0x24bd7eeb SMP 30 Sent "
		"Pairing "
		"Request: AuthReq: No Bonding, SecureConnection | Initiator Key(s): LTK, IRK, "
		"CSRK, "
		"Linkkey | Responder Key(s): LTK, IRK, CSRK, Linkkey\n"
		"   10   8.102684 Slave_0x24bd7eeb \xe2\x86\x92 Master_0x24bd7eeb LE LL 28 Control "
		"Opcode: LL_LENGTH_REQ\n";
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_string_equal(read.format, "summary of Wireshark");
	assert_non_null(strstr(read.missing, "a summary"));
	assert_int_equal(read.count, 1);
	const struct explain_packet *p = &read.packets[0];
	assert_int_equal(p->number, 9);
	assert_int_equal(p->time_us, 8102366);
	assert_int_equal(p->kind, EXPLAIN_AIR);
	assert_int_equal(p->way, EXPLAIN_CENTRAL);
	assert_int_equal(p->len, 2 + 4 + 7);
	assert_int_equal(p->data[6], 1);
	assert_int_equal(p->data[9], 0x08);
	assert_int_equal(p->data[11], 0x0f);
	assert_true(capture_knows(p, 0, 7) && capture_knows(p, 9, 1) && capture_knows(p, 11, 2));
	assert_false(capture_knows(p, 7, 1) || capture_knows(p, 8, 1) || capture_knows(p, 10, 1));
	reading_free(&read);
}

/* A mail wraps lines; the next summary begins with its number. */
static void a_wrapped_summary_is_joined(void **state)
{
	static const char mail[] =
		"> 9   8.102366 Master_0x24bd7eeb -> Slave_0x24bd7eeb SMP 30 Sent Pairing\n"
		"> Request: AuthReq: No Bonding, SecureConnection | Initiator Key(s): LTK,\n"
		"> IRK, CSRK, Linkkey | Responder Key(s): LTK\n"
		"> 10   8.102684 Slave_0x24bd7eeb -> Master_0x24bd7eeb SMP 21 Rcvd Pairing\n"
		"> Failed: Pairing Not Supported\n";
	struct reading read;

	(void)state;
	reading_take(&read, mail, sizeof(mail) - 1);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.packets[0].data[11], 0x0f);
	assert_int_equal(read.packets[0].data[12], 0x01);
	assert_true(capture_knows(&read.packets[0], 11, 2));
	assert_int_equal(read.packets[1].data[7], 0x05);
	assert_true(capture_knows(&read.packets[1], 0, 8));
	reading_free(&read);
}

/* Octets say more than the summary before them. */
static void octets_win_over_a_summary(void **state)
{
	struct reading read, own;

	(void)state;
	reading_take_stored(&own, "own_listen_sc.btsnoop");
	reading_take_stored(&read, FIELD "wireshark-hex.txt");
	assert_int_equal(read.count, 30);
	assert_string_equal(read.missing, "");
	for (size_t i = 0; i < read.count; i++) {
		const struct explain_packet *a = numbered(&own, read.packets[i].number);
		assert_int_equal(a->way, read.packets[i].way);
		assert_int_equal(a->len, read.packets[i].len);
		assert_memory_equal(a->data, read.packets[i].data, a->len);
	}
	reading_free(&read);
	reading_free(&own);
}

/* Cut anywhere: reading stays within bounds, for the sanitizers, and ends. */
static void every_cut_is_survived(void **state)
{
	static const char *const names[] = {FIELD "wireshark-details.txt",
					    FIELD "wireshark-hex.txt",
					    FIELD "wireshark-summary.txt"};
	struct reading read;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		size_t len;
		char *text = stored(names[i], &len);
		for (size_t cut = 0; cut < len; cut += 61) {
			reading_take(&read, text, cut);
			reading_free(&read);
		}
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(details_have_the_octets_of_the_capture),
		cmocka_unit_test(one_quoted_packet_is_enough),
		cmocka_unit_test(packets_without_a_heading_are_told_apart),
		cmocka_unit_test(details_of_smp_alone_are_packets_of_nobody),
		cmocka_unit_test(fragments_are_joined),
		cmocka_unit_test(fragments_on_air_are_joined),
		cmocka_unit_test(a_sniffed_pdu_has_its_sender),
		cmocka_unit_test(a_dump_has_the_octets_of_the_capture),
		cmocka_unit_test(a_dump_of_the_linux_monitor_is_read_with_its_summary),
		cmocka_unit_test(a_dump_of_reassembled_data_is_no_packet),
		cmocka_unit_test(dumps_of_sniffers_are_read),
		cmocka_unit_test(a_summary_has_codes_and_says_that_values_are_missing),
		cmocka_unit_test(a_wrapped_summary_is_joined),
		cmocka_unit_test(octets_win_over_a_summary),
		cmocka_unit_test(every_cut_is_survived),
	};
	return cmocka_run_group_tests_name("explain/capture/wireshark_text", tests, NULL, NULL);
}
