/* SPDX-License-Identifier: MIT */
/* Logs with octets are read back into the packets that they were printed from. */
#include <string.h>

#include "cli/explain/files.h"
#include "cli/explain/printed.h"
#include "crypto/bytes.h"

#define OWN "own_sc_just_works.btsnoop"

/* ---- How logs print packets ------------------------------------------------------------------ */

static bool is_acl(const struct explain_packet *p)
{
	return p->kind == EXPLAIN_ACL;
}

static void print_bumble(const struct explain_packet *p)
{
	if (!is_acl(p))
		return;
	print("DEBUG:bumble.host:\x1b[34m### %s\x1b[0m: ACL: handle=0x%04x, pb=%u, bc=0, "
	      "data_total_length=%u, data=",
	      p->way == EXPLAIN_SENT ? "HOST -> CONTROLLER" : "CONTROLLER -> HOST",
	      bytes_get_le16(p->data) & 0xfffU, p->data[1] >> 4 & 3U, bytes_get_le16(p->data + 2));
	print_octets(p->data + 4, p->len - 4, "%02x");
	print("\nDEBUG:bumble.smp:>>> Sending SMP Command: SMP_PAIRING_RESPONSE_COMMAND:\n"
	      "  io_capability: 3\n");
}

static void print_btstack(const struct explain_packet *p)
{
	print("[00:00:01.562] %s %s ",
	      is_acl(p)			   ? "ACL"
	      : p->kind == EXPLAIN_COMMAND ? "CMD"
					   : "EVT",
	      p->way == EXPLAIN_SENT ? "=>" : "<=");
	print_octets(p->data, p->len, "%02X ");
	print("\n[00:00:01.571] LOG -- hci.c.2588: x\n[00:00:01.571] EVT <= 6E 00 \n");
}

static void print_btstack_with_lengths(const struct explain_packet *p)
{
	print("%s %s (%zu)",
	      is_acl(p)			   ? "ACL"
	      : p->kind == EXPLAIN_COMMAND ? "CMD"
					   : "EVT",
	      p->way == EXPLAIN_SENT ? "=>" : "<=", p->len);
	print_octets(p->data, p->len, "%02x ");
	print(": \t\n");
}

static void print_btstack_with_types(const struct explain_packet *p)
{
	print("[02:13:02.990] %s %s(%02X) ",
	      is_acl(p)			   ? "ACL"
	      : p->kind == EXPLAIN_COMMAND ? "CMD"
					   : "EVT",
	      p->way == EXPLAIN_SENT ? "=>" : "<=", h4_type(p->kind));
	print_octets(p->data, p->len, "%02X ");
	print("\n[02:13:02.990] EVT <=(04) 6E 00 \n");
}

static void print_arduino(const struct explain_packet *p)
{
	print("HCI %s %s %02X",
	      is_acl(p)			   ? "ACLDATA"
	      : p->kind == EXPLAIN_COMMAND ? "COMMAND"
					   : "EVENT",
	      p->way == EXPLAIN_SENT ? "TX ->" : "RX <-", h4_type(p->kind));
	print_octets(p->data, p->len, "%02X");
	print("\n");
}

static void print_noble(const struct explain_packet *p)
{
	print(p->way == EXPLAIN_SENT ? "  hci write acl data pkt - writing: "
				     : "  hci onSocketData: ");
	print("%02x", h4_type(p->kind));
	print_octets(p->data, p->len, "%02x");
	print(" +5ms\n  hci \tevent type = 4 +1ms\n");
}

static void print_nimble(const struct explain_packet *p)
{
	if (p->kind == EXPLAIN_EVENT)
		return;
	if (p->kind == EXPLAIN_COMMAND) {
		print("ble_hs_hci_cmd_send: ogf=0x%02x ocf=0x%04x len=%u\n", p->data[1] >> 2,
		      bytes_get_le16(p->data) & 0x3ffU, p->data[2]);
		print_octets(p->data, p->len, "0x%02x ");
	} else if (p->way == EXPLAIN_SENT) {
		print("host tx hci data; handle=0 length=11\nble_hs_hci_acl_tx(): ");
		print_octets(p->data, p->len, "0x%02x ");
	} else {
		print("ble_hs_hci_evt_acl_process(): conn_handle=%u pb=%u len=%u data=",
		      bytes_get_le16(p->data) & 0xfffU, p->data[1] >> 4 & 3U,
		      bytes_get_le16(p->data + 2));
		print_octets(p->data + 4, p->len - 4, "0x%02x ");
	}
	print("\n");
}

/* ESP-IDF prints each octet as a line of the log. */
static void print_nimble_on_esp(const struct explain_packet *p)
{
	const size_t header = p->way == EXPLAIN_SENT ? 0 : 4;

	if (!is_acl(p))
		return;
	if (p->way == EXPLAIN_SENT)
		print("D (27161) NimBLE: ble_hs_hci_acl_tx(): \n");
	else
		print("D (27161) NimBLE: ble_hs_hci_evt_acl_process(): conn_handle=%u pb=%u len=%u "
		      "data=\n",
		      bytes_get_le16(p->data) & 0xfffU, p->data[1] >> 4 & 3U,
		      bytes_get_le16(p->data + 2));
	print_octets(p->data + header, p->len - header, "D (27165) NimBLE: 0x%02x \n");
	print("D (27197) NimBLE: \n\n");
}

static char esp_letter(const struct explain_packet *p)
{
	if (p->kind == EXPLAIN_COMMAND)
		return 'C';
	if (p->kind == EXPLAIN_EVENT)
		return 'E';
	return p->way == EXPLAIN_SENT ? 'H' : 'D';
}

/* NimBLE's own lines say the same again. */
static void print_esp(const struct explain_packet *p)
{
	print("I (27160) app: 3c\n");
	if (is_acl(p) && p->way == EXPLAIN_SENT)
		print_nimble_on_esp(p);
	print("[05/18/2026 20:39:27.455] 4a %c:", esp_letter(p));
	print_octets(p->data, p->len, "%02x ");
	print("\n");
}

static void print_esp_with_clock(const struct explain_packet *p)
{
	print("4a %c:40 42 0f 00 00 00 00 00 ", esp_letter(p));
	print_octets(p->data, p->len, "%02x ");
	print("\n4b 04 3e 00 S:00 00\n");
}

static void print_bleps(const struct explain_packet *p)
{
	print("[INFO] - @HCIFRAME [%u", h4_type(p->kind));
	print_octets(p->data, p->len, ", %u");
	print("]\n");
}

static const char *column(const struct explain_packet *p)
{
	if (p->kind == EXPLAIN_COMMAND)
		return "HCI Command     ";
	if (p->kind == EXPLAIN_EVENT)
		return "HCI Event       ";
	return p->way == EXPLAIN_SENT ? "ACL Send        " : "ACL Receive     ";
}

static void print_dump_line(const uint8_t *p, size_t count, size_t offset)
{
	print("%08zX: ", offset);
	for (size_t i = offset; i < offset + 16; i++) {
		if (i < count)
			print("%02X", p[i]);
		else
			print("  ");
		print(i % 2 && i + 1 < offset + 16 ? " " : "%s", "");
	}
	print("  ");
	print_characters(p, count, offset);
}

/* PacketLogger shows the first line twice. */
static void print_packetlogger_dump(const struct explain_packet *p)
{
	print("Dec 06 13:35:59.204  %s 0x0000  00:00:00:00:00:00  ", column(p));
	print_dump_line(p->data, p->len, 0);
	print("  \n");
	for (size_t offset = 0; offset < p->len; offset += 16) {
		print("\t");
		print_dump_line(p->data, p->len, offset);
		print("\n");
	}
}

static void print_packetlogger_frame(const struct explain_packet *p)
{
	if (!is_acl(p))
		return;
	print("Dec 06 13:35:59.204  L2CAP %s 0x%04X  00:00:00:00:00:00  Channel ID: 0x%04X  "
	      "Length: 0x%04X (%u) [ ",
	      p->way == EXPLAIN_SENT ? "Send      " : "Receive   ",
	      bytes_get_le16(p->data) & 0xfffU, bytes_get_le16(p->data + 6),
	      bytes_get_le16(p->data + 4), bytes_get_le16(p->data + 4));
	print_octets(p->data + 8, p->len - 8, "%02X ");
	print("]  \n\tL2CAP Payload:\n\t00000000: 0603 \n");
	print_packetlogger_dump(p); /* says the same again */
}

static void print_packetlogger_tail(const struct explain_packet *p)
{
	print("Dec 06 13:35:59.204  %s 0x0041  Hue lamp  Write Request - Value: 0100  ", column(p));
	print_octets(p->data, p->len, "%02X ");
	print("\n");
}

/* hcidump -R breaks lines behind 20 octets. */
static void print_raw(const struct explain_packet *p)
{
	print("%s %02X", p->way == EXPLAIN_SENT ? "<" : ">", h4_type(p->kind));
	for (size_t i = 0; i < p->len; i++)
		print((i + 1) % 20 ? " %02X" : "\n  %02X", p->data[i]);
	print(" \n");
}

static void print_anything(const struct explain_packet *p)
{
	print("[12:00:00.5] I (27165) vhci_%s: %02x", p->way == EXPLAIN_SENT ? "tx" : "rx",
	      h4_type(p->kind));
	print_octets(p->data, p->len, " %02x");
	print("\nI (27166) app: it goes on 04 05 06\n");
}

static const struct form {
	const char *name;
	void (*print)(const struct explain_packet *packet);
} forms[] = {
	{"log of bumble", print_bumble},
	{"log of BTstack", print_btstack},
	{"log of BTstack", print_btstack_with_lengths},
	{"log of BTstack", print_btstack_with_types},
	{"log of ArduinoBLE", print_arduino},
	{"log of noble", print_noble},
	{"log of NimBLE", print_nimble},
	{"log of NimBLE", print_nimble_on_esp},
	{"log of ESP-IDF", print_esp},
	{"log of ESP-IDF", print_esp_with_clock},
	{"log of bleps", print_bleps},
	{"text of PacketLogger", print_packetlogger_dump},
	{"text of PacketLogger", print_packetlogger_frame},
	{"text of PacketLogger", print_packetlogger_tail},
	{"log with octets of HCI", print_raw},
	{"log with octets of HCI", print_anything},
};

/* ---- Tests ----------------------------------------------------------------------------------- */

static size_t print_all(const struct reading *own, const struct form *form)
{
	size_t count = 0;

	printed_begin();
	print("Dear all,\nit does not pair:\n\n");
	for (size_t i = 0; i < own->count; i++) {
		size_t before = printed.len;
		form->print(&own->packets[i]);
		count += printed.len > before;
	}
	return count;
}

static void assert_octets(const struct explain_packet *a, const struct explain_packet *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->way, b->way);
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->original, b->original);
	assert_memory_equal(a->data, b->data, a->len);
	assert_null(b->known);
}

static void a_log_has_the_octets_of_its_packets(void **state)
{
	struct reading own, read;

	(void)state;
	reading_take_stored(&own, OWN);
	assert_true(own.count > 50);
	for (size_t f = 0; f < COUNT(forms); f++) {
		size_t count = print_all(&own, &forms[f]);
		assert_true(count > 10);
		reading_take(&read, printed.text, printed.len);
		assert_string_equal(read.failure.text, "");
		assert_string_equal(read.format, forms[f].name);
		assert_int_equal(read.count, count);
		for (size_t i = 0, k = 0; i < own.count; i++) {
			size_t before = printed.len;
			forms[f].print(&own.packets[i]);
			if (printed.len > before)
				assert_octets(&own.packets[i], &read.packets[k++]);
		}
		reading_free(&read);
	}
	reading_free(&own);
}

static void quotes_do_not_matter(void **state)
{
	static const char log[] =
		"> > DEBUG:bumble.host:### HOST -&gt; CONTROLLER: ACL: handle=0x0001, "
		"pb=0, bc=0, data_total_length=11, data=070006000203000d100303\n";
	static const uint8_t response[] = {0x01, 0, 11, 0,    7,    0, 6, 0,
					   0x02, 3, 0,	0x0d, 0x10, 3, 3};
	struct reading read;

	(void)state;
	reading_take(&read, log, sizeof(log) - 1);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.packets[0].len, sizeof(response));
	assert_memory_equal(read.packets[0].data, response, sizeof(response));
	reading_free(&read);
}

static void a_wrapped_line_is_joined(void **state)
{
	static const char *const logs[] = {
		"> DEBUG:bumble.host:### HOST -> CONTROLLER: ACL: handle=0x0001, pb=0,\n"
		"> bc=0, data_total_length=11, data=070006000203000d100303\n",
		"DEBUG:bumble.host:### HOST -> CONTROLLER: ACL: handle=0x0001, pb=0, bc=0,\n"
		"data_total_length=11, data=0700060002\n03000d100303\n",
		"DEBUG:bumble.host:### HOST -> CONTROLLER: (CID=6) ACL: handle=0x0001pb=0, bc=0, "
		"data_total_length=11, data=070006000203000d100303\n",
		"ACL => 01 00 0b 00 07 00 06 00\n02 03 00 0d 10 03 03\n",
		"> 4a H:01 00 0b 00 07 00 06 00 02\n> 03 00 0d 10 03 03\n"
		"> 4b X:\n> 4c C:03 0c\n> and so on\n> 4c C:03 0c 00 00\n",
		"Dec 06 13:35:59.204  L2CAP Send       0x0001  00:00:00:00:00:00  Channel\n"
		"ID: 0x0006  Length: 0x0007 (07) [ 02 03 00\n0D 10 03 03 ]\n",
	};
	static const uint8_t response[] = {0x01, 0, 11, 0,    7,    0, 6, 0,
					   0x02, 3, 0,	0x0d, 0x10, 3, 3};
	struct reading read;

	(void)state;
	for (size_t i = 0; i < COUNT(logs); i++) {
		reading_take(&read, logs[i], strlen(logs[i]));
		assert_int_equal(read.count, 1);
		assert_int_equal(read.packets[0].len, sizeof(response));
		assert_memory_equal(read.packets[0].data, response, sizeof(response));
		reading_free(&read);
	}
}

/* ESP-IDF's clock counts from the start. */
static void a_clock_is_the_time_of_its_packet(void **state)
{
	static const char log[] = "4a C:40 42 0f 00 01 00 00 00 03 0c 00 \n";
	struct reading read;

	(void)state;
	reading_take(&read, log, sizeof(log) - 1);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.packets[0].clock, EXPLAIN_CLOCK_START);
	assert_int_equal(read.packets[0].time_us, (UINT64_C(1) << 32) + 1000000);
	reading_free(&read);
}

static void a_packet_that_the_text_cuts_keeps_its_length(void **state)
{
	static const char log[] =
		"ACL => 01 00 0b 00 07 00 06 00 01 03\nEVT <= 13 05 01 01 00 01 00\n";
	struct reading read;

	(void)state;
	reading_take(&read, log, sizeof(log) - 1);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.packets[0].len, 10);
	assert_int_equal(read.packets[0].original, 15);
	reading_free(&read);
}

/* Octets that do not fit their own header are no packet, and neither is an event of the stack. */
static void what_does_not_fit_its_header_is_no_packet(void **state)
{
	static const char *const logs[] = {
		"EVT <= 13 05 01 01 00 01 00 00 00\n",
		"rx: 04 05 04 00 00 00\n",
		"rx: 04 05 04 00 00 00 08 and so on\n",
		"at 12 04 05 02 00 00 and 04 0\n",
		"ACL <= 3 apples\n",
		"EVT <= 6e 00\n",
		"4d E:0f 04 00 05 06 04 00\n",
		"@HCIFRAME [1, 3, 12, 256]\n",
		"@HCIFRAME [1, 3, 12, 0\n",
		"@HCIFRAME []\n",
		"@HCIFRAME [4]\n",
		"HCI EVENT RX <- 0913\n",
		" - writing: a letter\n",
		("ATT Receive      0x0405  00:00:00:00:00:00  Read Response - Value: 436F  05 04 "
		 "0B\n"),
	};
	struct reading read;

	(void)state;
	for (size_t i = 0; i < COUNT(logs); i++) {
		reading_take(&read, logs[i], strlen(logs[i]));
		assert_int_equal(read.count, 0);
		assert_int_equal(read.failure.exit, CLI_NOT_A_CAPTURE);
		reading_free(&read);
	}
}

/* A hexdump of a file, advertising data, memory, a key: octets that only look like a packet. */
static void octets_of_something_else_are_no_packets(void **state)
{
	static const char *const logs[] = {
		/* Advertising data: flags are 02 01 06, a name is 04 09. */
		"02 01 06 03 03 0f 18 05 09 41 42 43 44\n",
		"adv: 02 01 06 03 03 0f 18\n",
		"scan response 04 09 02 42 43\n",
		"02 01 06\n02 0a 00\n",
		/* Files and memory. */
		"00000000  01 00 00 00 02 00 00 00 04 0e 05 00 00 00 00 00\n",
		"0000010 04 05 04 00 00 00 08 04 05 04 00 00 00 08 01 00\n",
		"0000020 41 42 43 04 05 04 00 00 00 08\n",
		"01 00 00 00\n",
		"04 05 04 05 06 07 08\n",
		"01 02 03 04 05 06 07 08\n09 0a 0b 0c\n",
		"key: 02 01 00 04 00 11 22 33 44\n",
		"mac 04 3e 04 00 55 66 77\n",
		"02 00 00 02 00 00 00\n",
		"value 01 23 45 00\n",
	};
	struct reading read;

	(void)state;
	for (size_t i = 0; i < COUNT(logs); i++) {
		reading_take(&read, logs[i], strlen(logs[i]));
		if (read.count != 0 || read.failure.exit != CLI_NOT_A_CAPTURE)
			fail_msg("%s", logs[i]);
		reading_free(&read);
	}
}

/* Cut at each octet: reading stays within bounds, for the sanitizers, and ends. */
static void every_cut_is_survived(void **state)
{
	struct reading own, read;

	(void)state;
	reading_take_stored(&own, OWN);
	for (size_t f = 0; f < COUNT(forms); f++) {
		size_t count = print_all(&own, &forms[f]), len = printed.len;
		for (size_t cut = len > 3000 ? len - 3000 : 0; cut < len; cut += 7) {
			reading_take(&read, printed.text, cut);
			assert_true(read.count <= count);
			reading_free(&read);
		}
	}
	reading_free(&own);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_has_the_octets_of_its_packets),
		cmocka_unit_test(quotes_do_not_matter),
		cmocka_unit_test(a_wrapped_line_is_joined),
		cmocka_unit_test(a_clock_is_the_time_of_its_packet),
		cmocka_unit_test(a_packet_that_the_text_cuts_keeps_its_length),
		cmocka_unit_test(what_does_not_fit_its_header_is_no_packet),
		cmocka_unit_test(octets_of_something_else_are_no_packets),
		cmocka_unit_test(every_cut_is_survived),
	};
	return cmocka_run_group_tests_name("explain/capture/hex_text", tests, NULL, NULL);
}
