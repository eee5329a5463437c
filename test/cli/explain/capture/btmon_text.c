/* SPDX-License-Identifier: MIT */
/* The text of btmon is read back into the packets that it shows, even after a mail mangled it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain/files.h"
#include "crypto/bytes.h"

#define MAIL "pairing_failed_0x08.btmon.txt"

struct buffer {
	char octets[64 * 1024];
	size_t len;
};

static struct buffer buffer;

static void put(const char *octets, size_t len)
{
	assert_true(len <= sizeof(buffer.octets) - buffer.len);
	memcpy(buffer.octets + buffer.len, octets, len);
	buffer.len += len;
}

/* The n-th packet of SMP, from 0, of that code. */
static const struct explain_packet *smp_packet(const struct reading *reading, uint8_t code,
					       size_t n)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct explain_packet *p = &reading->packets[i];
		if (p->kind == EXPLAIN_ACL && p->len > 8 && p->data[6] == 6 && p->data[8] == code &&
		    n-- == 0)
			return p;
	}
	fail_msg("no packet of SMP 0x%02x", code);
	return NULL;
}

static void a_mail_is_read_into_its_packets(void **state)
{
	static const uint8_t request[] = {0x40, 0, 11, 0, 7, 0, 6, 0, 1, 2, 0, 5, 16, 5, 5},
			     identification[] = {0x40, 0x20, 15,   0,	 11,   0,    6,
						 0,    7,    0xee, 0x02, 0xeb, 0x93, 0x5f,
						 0x07, 0x28, 0xe8, 0x20, 0x07},
			     failed[] = {0x40, 0x20, 6, 0, 2, 0, 6, 0, 5, 8},
			     answer[] = {0x40, 0, 10, 0, 6, 0, 5, 0, 0x13, 0, 2, 0, 0, 0},
			     connect[] = {0x0d, 0x20, 25,   0x60, 0,	0x30, 0,    0, 1,    0xe0,
					  0xf3, 0x76, 0x4c, 0xa7, 0xd2, 0,    0x28, 0, 0x38, 0,
					  0,	0,    0x2a, 0,	  0,	0,    0,    0};
	struct reading reading;

	(void)state;
	reading_take_stored(&reading, MAIL);
	assert_string_equal(reading.format, "text of btmon");
	assert_string_equal(reading.missing, "");
	assert_int_equal(reading.count, 41);
	for (size_t i = 0; i < reading.count; i++) {
		assert_int_equal(reading.packets[i].number, i + 1);
		assert_null(reading.packets[i].missing);
		assert_int_equal(reading.packets[i].clock, EXPLAIN_CLOCK_START);
	}
	assert_int_equal(reading.packets[0].time_us, 298154979);
	assert_int_equal(reading.packets[40].time_us, 315532868);
	const struct explain_packet *p = &reading.packets[10];
	assert_int_equal(p->len, sizeof(connect));
	assert_memory_equal(p->data, connect, sizeof(connect));
	assert_null(p->known);
	static const struct {
		uint8_t code;
		enum explain_way way;
		const uint8_t *data;
		size_t len;
	} rows[] = {
		{1, EXPLAIN_SENT, request, sizeof(request)},
		{7, EXPLAIN_RECEIVED, identification, sizeof(identification)},
		{5, EXPLAIN_RECEIVED, failed, sizeof(failed)},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		p = smp_packet(&reading, rows[i].code, 0);
		assert_int_equal(p->way, rows[i].way);
		assert_int_equal(p->len, rows[i].len);
		assert_memory_equal(p->data, rows[i].data, rows[i].len);
		assert_null(p->known);
	}
	/* A confirm value is printed in the order in which it was sent. */
	p = smp_packet(&reading, 3, 1);
	assert_int_equal(p->data[9], 0x6e);
	assert_int_equal(p->data[24], 0x2f);
	bool answered = false;
	for (size_t i = 0; i < reading.count; i++)
		answered |= reading.packets[i].len == sizeof(answer) &&
			    memcmp(reading.packets[i].data, answer, sizeof(answer)) == 0;
	assert_true(answered);
	reading_free(&reading);
}

/* ---- Mangled ---------------------------------------------------------------------------------
 */

static void put_lines(const char *text, const char *before, const char *behind)
{
	for (const char *line = text; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		put(before, strlen(before));
		put(line, len);
		put(behind, strlen(behind));
		line += len;
	}
}

/* All text as one paragraph, broken at column: at blanks, or anywhere. */
static void put_wrapped(const char *text, const char *before, size_t column, bool anywhere)
{
	size_t at = 0;

	put(before, strlen(before));
	for (const char *word = text; *word;) {
		size_t len = anywhere ? 1 : strcspn(word, " \n");
		if (at > 0 && at + len > column) {
			put("\n", 1);
			put(before, strlen(before));
			at = 0;
		}
		put(*word == '\n' ? " " : word, anywhere ? 1 : len);
		at += len;
		word += len;
		if (!anywhere && *word) {
			put(" ", 1);
			at++;
			word += strspn(word, " \n");
		}
	}
	put("\n", 1);
}

static void assert_reads_as(const struct reading *whole)
{
	struct reading reading;

	reading_take(&reading, buffer.octets, buffer.len);
	assert_string_equal(reading.failure.text, "");
	assert_string_equal(reading.missing, "");
	assert_same_packets(whole, &reading);
	reading_free(&reading);
	buffer.len = 0;
}

static void quotes_and_wrapping_do_not_matter(void **state)
{
	static const struct {
		const char *before, *behind;
	} quotes[] = {
		{"", "\n"},	      {"> ", "\n"},
		{">", "\n"},	      {"> > ", "\n"},
		{">>> ", "\n"},	      {" | ", "\n"},
		{"\t", "\r\n"},	      {"> ", "\r\n"},
		{"    ", "  \n"},     {"\x1b[1;34m", "\x1b[0m\n"},
		{"> \xc2\xa0", "\n"},
	};
	static const char *const befores[] = {"", "> ", ">> ", "> | "};
	struct reading whole;
	size_t len;
	char *text = stored(MAIL, &len);

	(void)state;
	reading_take_stored(&whole, MAIL);
	for (size_t i = 0; i < COUNT(quotes); i++) {
		put_lines(text, quotes[i].before, quotes[i].behind);
		assert_reads_as(&whole);
	}
	for (size_t i = 0; i < COUNT(befores); i++)
		for (size_t column = 16; column <= 120; column += 7) {
			put_wrapped(text, befores[i], column, false);
			assert_reads_as(&whole);
			put_wrapped(text, befores[i], column, true);
			assert_reads_as(&whole);
		}
	/* Words around it, as there are in a mail. */
	put("Hi all,\n\nmy device says 0x08 after a while. Any ideas?\n\n", 56);
	put_lines(text, "", "\n");
	put("\n-- \nMit freundlichen Gruessen\n", 31);
	assert_reads_as(&whole);
	reading_free(&whole);
	free(text);
}

/* ---- Cut and with gaps -----------------------------------------------------------------------
 */

/* True if all octets that p claims to know are right. */
static bool honest(const struct explain_packet *p, const struct explain_packet *whole)
{
	if (p->kind != whole->kind || p->way != whole->way || p->original != whole->original)
		return false;
	for (size_t i = 0; i < p->len; i++)
		if (capture_knows(p, i, 1) && (i >= whole->len || p->data[i] != whole->data[i]))
			return false;
	return true;
}

static bool complete(const struct explain_packet *p, const struct explain_packet *whole)
{
	return p->len == whole->len && !p->known == !whole->known && honest(p, whole) &&
	       (!p->known || memcmp(p->known, whole->known, p->len) == 0);
}

static void every_cut_is_reported(void **state)
{
	struct reading whole, reading;
	size_t len, reported = 0;
	char *text = stored(MAIL, &len);

	(void)state;
	reading_take_stored(&whole, MAIL);
	/* The second half of the mail has all kinds of packets. */
	for (size_t cut = 1; cut < len; cut += cut < len / 2 ? 7 : 1) {
		reading_take(&reading, text, cut);
		assert_string_equal(reading.failure.text, "");
		assert_true(reading.count <= whole.count);
		for (size_t i = 0; i + 1 < reading.count; i++)
			assert_true(complete(&reading.packets[i], &whole.packets[i]));
		if (reading.count > 0) {
			const struct explain_packet *last = &reading.packets[reading.count - 1],
						    *of = &whole.packets[reading.count - 1];
			/* A value may be shorter than it was only if the cut is within a line. */
			assert_true(honest(last, of) || *reading.missing);
			if (!complete(last, of)) {
				assert_true(*reading.missing);
				reported++;
			}
		} else {
			assert_true(*reading.missing);
		}
		reading_free(&reading);
	}
	assert_true(reported > 1000);
	reading_free(&whole);
	free(text);
}

/* Each line is left out in turn: the loss is reported, and nothing else changes. */
static void every_missing_line_is_reported(void **state)
{
	struct reading whole, reading;
	size_t len, lost = 0, unknown = 0;
	char *text = stored(MAIL, &len);

	(void)state;
	reading_take_stored(&whole, MAIL);
	for (char *line = text; *line;) {
		size_t size = strcspn(line, "\n");
		size += line[size] == '\n';
		put(text, (size_t)(line - text));
		put(line + size, len - (size_t)(line - text) - size);
		reading_take(&reading, buffer.octets, buffer.len);
		buffer.len = 0;
		line += size;

		bool reported = *reading.missing;
		for (size_t i = 0; i < reading.count; i++)
			reported |= reading.packets[i].missing ||
				    reading.packets[i].original > reading.packets[i].len;
		assert_true(reading.count == whole.count || reading.count + 1 == whole.count);
		/* A loss before the first packet cannot be seen. */
		if (reading.count < whole.count && line > text + size)
			assert_true(reported);
		lost += reading.count < whole.count;
		for (size_t i = 0, j = 0; i < reading.count; i++, j++) {
			/* The packet that is not there. */
			if (reading.count < whole.count && j == i &&
			    !honest(&reading.packets[i], &whole.packets[j]))
				j++;
			assert_true(honest(&reading.packets[i], &whole.packets[j]));
			if (!complete(&reading.packets[i], &whole.packets[j])) {
				assert_true(reported);
				unknown++;
			}
		}
		reading_free(&reading);
	}
	assert_true(lost >= 30);
	assert_true(unknown >= 80);
	reading_free(&whole);
	free(text);
}

/* ---- Against the capture that btmon read -----------------------------------------------------
 */

static void the_text_has_the_packets_of_its_capture(void **state)
{
	static const struct {
		const char *capture, *text;
		enum explain_clock clock;
	} rows[] = {
		{"own_sc_just_works.btsnoop", "own_sc_just_works.btmon.txt", EXPLAIN_CLOCK_START},
		{"own_listen_sc.btsnoop", "own_listen_sc.btmon.txt", EXPLAIN_CLOCK_LOCAL},
	};

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct reading capture, text;
		size_t smp = 0;
		reading_take_stored(&capture, rows[row].capture);
		reading_take_stored(&text, rows[row].text);
		assert_int_equal(text.count, capture.count);
		assert_string_equal(text.missing, "");
		for (size_t i = 0; i < text.count; i++) {
			const struct explain_packet *p = &text.packets[i],
						    *of = &capture.packets[i];
			assert_int_equal(p->number, of->number);
			assert_int_equal(p->clock, rows[row].clock);
			assert_true(honest(p, of));
			assert_null(p->missing);
			uint64_t since = of->time_us - capture.packets[0].time_us;
			assert_int_equal(p->time_us - text.packets[0].time_us, since);
			if (p->kind != EXPLAIN_ACL || of->data[6] != 6)
				continue;
			smp++;
			assert_true(complete(p, of));
		}
		assert_true(smp >= 13);
		reading_free(&text);
		reading_free(&capture);
	}
}

static void times_of_all_kinds_are_read(void **state)
{
	static const struct {
		const char *right;
		enum explain_clock clock;
		uint64_t number, time_us;
		uint16_t source;
	} rows[] = {
		{"", EXPLAIN_CLOCK_NONE, 1, 0, 0},
		{"#7 [hci2] 1.000002", EXPLAIN_CLOCK_START, 7, 1000002, 2},
		{"[hci1] 12:00:01.5", EXPLAIN_CLOCK_DAY, 1, 43201500000, 1},
		{"#3 1970-01-02 00:00:00.000001", EXPLAIN_CLOCK_LOCAL, 3, 86400000001, 0},
		{"[hci0] 2024-02-29 23:59:59.999999", EXPLAIN_CLOCK_LOCAL, 1, 1709251199999999, 0},
	};
	struct reading reading;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text),
			       "< HCI Command: Reset (0x03|0x0003) plen 0  %s\n", rows[i].right);
		reading_take(&reading, text, strlen(text));
		assert_int_equal(reading.count, 1);
		assert_int_equal(reading.packets[0].clock, rows[i].clock);
		assert_int_equal(reading.packets[0].number, rows[i].number);
		assert_int_equal(reading.packets[0].time_us, rows[i].time_us);
		assert_int_equal(reading.packets[0].source, rows[i].source);
		reading_free(&reading);
	}
	/* Time goes on past midnight. A number that is skipped is a missing packet. */
	static const char night[] = "< HCI Command: Reset (0x03|0x0003) plen 0 #1 23:59:59.0\n"
				    "< HCI Command: Reset (0x03|0x0003) plen 0 #4 00:00:01.0\n";
	reading_take(&reading, night, sizeof(night) - 1);
	assert_int_equal(reading.packets[1].time_us - reading.packets[0].time_us, 2000000);
	assert_string_equal(reading.packets[1].missing, "2 packets are missing before frame 4");
	reading_free(&reading);
}

/* Names of newer versions of btmon. */
static void newer_names_are_read(void **state)
{
	static const char text[] = "> ACL: Handle 64 flags 0x02 dlen 6   #1 [hci0] 1.0\n      SMP: "
				   "Pairing Failed (0x05) len 1\n"
				   "        Reason: Confirm value failed (0x04)\n"
				   "< ACL: Handle 64 flags 0x00 dlen 21  #2 [hci0] 1.1\n      SMP: "
				   "Pairing Confirm (0x03) len 16\n"
				   "        Confirm value: 000102030405060708090a0b0c0d0e0f\n"
				   "< LE-ACL: Handle 64 flags 0x00 dlen 6   #3 [hci0] 1.2\n      "
				   "SMP: Pairing Failed (0x05) len 1\n"
				   "        Reason: Confirm value failed (0x04)\n"
				   "= Close Index: 00:11:22:33:44:55   [hci0] 1.3\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 4);
	assert_int_equal(reading.packets[0].way, EXPLAIN_RECEIVED);
	assert_int_equal(reading.packets[1].way, EXPLAIN_SENT);
	assert_int_equal(reading.packets[2].way, EXPLAIN_SENT);
	assert_int_equal(reading.packets[0].data[9], 4);
	assert_int_equal(reading.packets[1].data[24], 15);
	assert_int_equal(reading.packets[3].kind, EXPLAIN_NOTE);
	assert_int_equal(reading.packets[3].note, EXPLAIN_NOTE_CLOSED);
	assert_int_equal(reading.packets[3].address[5], 0x00);
	assert_int_equal(reading.packets[3].address[0], 0x55);
	assert_string_equal(reading.missing, "");
	reading_free(&reading);
}

/* ---- Headers --------------------------------------------------------------------------------- */

static struct reading taken;

static void take(const char *text)
{
	reading_take(&taken, text, strlen(text));
	assert_string_equal(taken.failure.text, "");
}

/* A packet that follows shows that the text goes on behind what cannot be read. */
#define NEXT "\n< HCI Command: Reset (0x03|0x0003) plen 0\n"

static void a_header_that_is_damaged_is_a_gap(void **state)
{
	static const char *const headers[] = {
		"< HCI Command: Reset",
		"< HCI Command: |0x0003) plen 0",
		"< HCI Command: 3|0x0003) plen 0",
		"< HCI Command: Reset (0xg3|0x0003) plen 0",
		"< HCI Command: Reset (0x03|0xg003) plen 0",
		"< HCI Command: Reset (0x03|0x0003) len 0",
		"< HCI Command: Reset (0x03|0x0003) plen",
		"< HCI Command: Reset (0x03|0x0003) plen 256",
		"> HCI Event: Hardware Error",
		"> HCI Event: (0) plen 1",
		"> HCI Event: Hardware Error (0xg0) plen 1",
		"> HCI Event: Hardware Error (0x1g) plen 1",
		"> HCI Event: Hardware Error (0x10) plen",
		"> HCI Event: Hardware Error (0x10) plen 256",
		"> ACL Data RX: flags 0x02 dlen 6",
		"> ACL Data RX: Handle 4096 flags 0x02 dlen 6",
		"> ACL Data RX: Handle 64 dlen 6",
		"> ACL Data RX: Handle 64 flags 0x dlen 6",
		"> ACL Data RX: Handle 64 flags 0x10 dlen 6",
		"> ACL Data RX: Handle 64 flags 0x02 len 6",
		"> ACL Data RX: Handle 64 flags 0x02 dlen",
		"> ACL Data RX: Handle 64 flags 0x02 dlen 65536",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		(void)snprintf(text, sizeof(text), "%s" NEXT, headers[i]);
		take(text);
		assert_int_equal(taken.count, 1);
		assert_string_equal(taken.packets[0].missing, "lines are missing before frame 1");
		assert_string_equal(taken.missing, "");
		reading_free(&taken);
		take(headers[i]);
		assert_int_equal(taken.count, 0);
		assert_string_equal(taken.missing, "the capture ends in the middle of frame 1");
		reading_free(&taken);
	}
}

static void octets_that_are_no_text_are_skipped(void **state)
{
	(void)state;
	take("< HCI\x7f Com\xc2\xa0mand: Reset (0x03|0x0003) plen 0" NEXT);
	assert_int_equal(taken.count, 2);
	reading_free(&taken);
	take("< HCI~ Command: Reset (0x03|0x0003) plen 0" NEXT);
	assert_int_equal(taken.count, 1);
	reading_free(&taken);
}

static void a_header_without_a_name_is_read(void **state)
{
	(void)state;
	take("> HCI Event: (0x10) plen 0\n"
	     "< HCI Command: 0x03|0x0003) plen 0\n");
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.packets[0].data[0], 0x10);
	assert_memory_equal(taken.packets[1].data, "\3\x0c", 2);
	assert_null(taken.packets[0].missing);
	assert_null(taken.packets[1].missing);
	reading_free(&taken);
	take("< HCI Command: x03|0x0003) plen 0\n");
	assert_int_equal(taken.count, 0);
	reading_free(&taken);
	take("> HCI Event: 0x10) plen 0\n");
	assert_int_equal(taken.count, 0);
	reading_free(&taken);
}

static void the_largest_values_of_a_header_are_read(void **state)
{
	(void)state;
	take("< HCI Command: X (0x3f|0x03ff) plen 255\n"
	     "> HCI Event: X (0xff) plen 255\n"
	     "> ACL Data RX: Handle 4095 flags 0x0f dlen 65535\n"
	     "< ACL Data TX: Handle 0 flags 0x00 dlen 0\n");
	assert_int_equal(taken.count, 4);
	assert_int_equal(taken.packets[0].len, 258);
	assert_memory_equal(taken.packets[0].data, "\xff\xff\xff", 3);
	assert_int_equal(taken.packets[1].len, 257);
	assert_memory_equal(taken.packets[1].data, "\xff\xff", 2);
	assert_int_equal(taken.packets[2].len, 4);
	assert_int_equal(taken.packets[2].original, 65539);
	assert_memory_equal(taken.packets[2].data, "\xff\xff\xff\xff", 4);
	assert_int_equal(taken.packets[3].original, 4);
	reading_free(&taken);
}

/* A frame is printed at its last fragment; else its length is that of the packet. */
static void a_frame_that_does_not_fit_its_packet_is_not_its_own(void **state)
{
	static const struct {
		unsigned flags, dlen;
		bool fits;
	} rows[] = {{2, 6, true},  {2, 5, false}, {2, 7, false}, {1, 5, true},
		    {1, 6, false}, {1, 7, false}, {0, 6, true},	 {5, 5, true}};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text),
			       "> ACL Data RX: Handle 64 flags 0x0%x dlen %u\n"
			       "SMP: Pairing Failed (0x05) len 1\nReason: X (0x08)" NEXT,
			       rows[i].flags, rows[i].dlen);
		take(text);
		assert_int_equal(taken.count, 2);
		const struct explain_packet *p = &taken.packets[0];
		if (rows[i].fits) {
			assert_int_equal(p->len, 10);
			assert_int_equal(p->original, 10);
			assert_int_equal(p->data[1] >> 4, rows[i].flags & 1 ? 2 : rows[i].flags);
			assert_memory_equal(p->data + 2, "\6\0\2\0\6\0\5\10", 8);
			assert_null(taken.packets[1].missing);
		} else {
			assert_int_equal(p->len, 4);
			assert_int_equal(p->original, 4 + rows[i].dlen);
			assert_string_equal(taken.packets[1].missing,
					    "lines are missing before frame 2");
		}
		reading_free(&taken);
	}
	/* Sent, the last fragment becomes a first one of a host. */
	take("< ACL Data TX: Handle 64 flags 0x01 dlen 5\n"
	     "SMP: Pairing Failed (0x05) len 1\nReason: X (0x08)\n");
	assert_int_equal(taken.packets[0].data[1] >> 4, 0);
	assert_string_equal(taken.missing, "");
	reading_free(&taken);
	/* The header of a fragment alone may be the end. */
	take("< ACL Data TX: Handle 64 flags 0x01 dlen 5\n");
	assert_string_equal(taken.missing, "the capture ends in the middle of frame 1");
	reading_free(&taken);
}

/* Lines that a packet of that kind cannot have are another's, whose header is missing. */
static void lines_of_another_packet_are_a_gap(void **state)
{
	static const struct {
		const char *line;
		bool command, event, acl;
	} rows[] = {
		{"[hci0] 1.5", true, true, true},
		{"Status: Success (0x00)", false, true, true},
		{"Status: Success (0x00) Status: Success (0x00)", false, false, false},
		{"Reset (0x03|0x0003) ncmd 1", false, true, false},
		{"Num handles: 1", false, true, false},
		{"SMP: Pairing Failed", false, false, true},
		{"LE L2CAP: Command Reject", false, false, true},
		{"SMP: SMP:", false, false, false},
	};
	static const char *const headers[] = {"< HCI Command: X (0x3f|0x0001) plen 0\n",
					      "> HCI Event: X (0xfe) plen 0\n",
					      "> ACL Data RX: Handle 64 flags 0x02 dlen 0\n"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t kind = 0; kind < COUNT(headers); kind++) {
			bool own = kind == 0   ? rows[i].command
				   : kind == 1 ? rows[i].event
					       : rows[i].acl;
			(void)snprintf(text, sizeof(text), "%s%s" NEXT, headers[kind],
				       rows[i].line);
			take(text);
			assert_int_equal(taken.count, 2);
			assert_int_equal(taken.packets[1].missing == NULL, own);
			reading_free(&taken);
		}
}

/* ---- Numbers and times ----------------------------------------------------------------------- */

static void each_controller_has_its_numbers(void **state)
{
	(void)state;
	take("< HCI Command: Reset (0x03|0x0003) plen 0 #5 [hci0] 1.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #2 [hci1] 1.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #6 [hci0] 1.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #3 [hci1] 1.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #8 [hci0] 1.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #4 [hci1] 1.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 [hci1] 1.0\n"
	     "= Close Index: 00:11:22:33:44:55 [hci1] 1.0\n");
	static const uint64_t numbers[] = {5, 2, 6, 3, 8, 4, 5, 5};
	assert_int_equal(taken.count, COUNT(numbers));
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(taken.packets[i].number, numbers[i]);
		if (i == 4)
			assert_string_equal(taken.packets[i].missing,
					    "1 packet is missing before frame 8");
		else
			assert_null(taken.packets[i].missing);
	}
	assert_int_equal(taken.packets[7].source, 1);
	reading_free(&taken);
	/* A gap is seen only between numbers that are printed. */
	take("< HCI Command: Reset (0x03|0x0003) plen 0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #5\n");
	assert_int_equal(taken.packets[1].number, 5);
	assert_null(taken.packets[1].missing);
	reading_free(&taken);
	/* Numbers that go back are those of another run. */
	take("< HCI Command: Reset (0x03|0x0003) plen 0 #5\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #1\n");
	assert_int_equal(taken.packets[1].number, 1);
	assert_null(taken.packets[1].missing);
	reading_free(&taken);
}

static void a_time_is_read_by_its_form(void **state)
{
	static const struct {
		const char *right;
		enum explain_clock clock;
		uint64_t time_us;
	} rows[] = {
		{"[hci0] 0.1234567", EXPLAIN_CLOCK_START, 123456},
		{"[hci0] 12.5", EXPLAIN_CLOCK_START, 12500000},
		{"[hci0] 1.5", EXPLAIN_CLOCK_START, 1500000},
		{"#5 1.5", EXPLAIN_CLOCK_START, 1500000},
		{"[hci0] 00:01:02.5", EXPLAIN_CLOCK_DAY, 62500000},
		{"[hci0] 23:00:00.0", EXPLAIN_CLOCK_DAY, 82800000000},
		{"[hci0] 1970-01-01 00:00:00.0", EXPLAIN_CLOCK_LOCAL, 0},
		{"[hci0] 1970-12-31 00:00:00.0", EXPLAIN_CLOCK_LOCAL, 31449600000000},
		{"[hci0] 1972-03-01 10:20:30.0", EXPLAIN_CLOCK_LOCAL, 68293230000000},
		{"[hci0] 2000-02-29 00:00:00.0", EXPLAIN_CLOCK_LOCAL, 951782400000000},
		{"[hci0] 2100-03-01 00:00:00.0", EXPLAIN_CLOCK_LOCAL, 4107542400000000},
		{"[hci0] 9999-12-31 00:00:00.0", EXPLAIN_CLOCK_LOCAL, 253402214400000000},
		/* No times. */
		{"", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 12:3x:00.0", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 1x:30:00.0", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 12:30:00", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 17", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 1969-12-31 00:00:00.0", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 1970-13-01 00:00:00.0", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 1970-00-01 00:00:00.0", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 1970-1x-01 00:00:00.0", EXPLAIN_CLOCK_NONE, 0},
		{"[hci0] 1x70-10-01 00:00:00.0", EXPLAIN_CLOCK_NONE, 0},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text), "< HCI Command: Reset (0x03|0x0003) plen 0 %s\n",
			       rows[i].right);
		take(text);
		assert_int_equal(taken.count, 1);
		assert_int_equal(taken.packets[0].clock, rows[i].clock);
		assert_int_equal(taken.packets[0].time_us, rows[i].time_us);
		reading_free(&taken);
	}
}

static void more_than_half_a_day_back_is_the_next_day(void **state)
{
	(void)state;
	take("< HCI Command: Reset (0x03|0x0003) plen 0 #1 [hci0] 12:00:00.000000\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #2 [hci0] 00:00:00.000000\n");
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.packets[1].time_us, 0);
	reading_free(&taken);
	take("< HCI Command: Reset (0x03|0x0003) plen 0 #1 [hci0] 12:00:00.000001\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 #2 [hci0] 00:00:00.000000\n");
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.packets[1].time_us, 86400000000);
	reading_free(&taken);
}

static void a_packet_without_a_time_has_that_of_the_one_before(void **state)
{
	(void)state;
	take("< HCI Command: Reset (0x03|0x0003) plen 0 [hci0] 23:59:59.5\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 [hci0] 00:00:01.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 [hci0] 12:00:00.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 [hci0] 11:59:00.0\n" /* out of order */
	     "< HCI Command: Reset (0x03|0x0003) plen 0 [hci0] 23:59:00.0\n"
	     "< HCI Command: Reset (0x03|0x0003) plen 0 [hci0] 00:00:00.0\n");
	static const uint64_t seconds[] = {86399, 86399, 86401, 129600, 129540, 172740, 172800};
	assert_int_equal(taken.count, COUNT(seconds));
	for (size_t i = 0; i < COUNT(seconds); i++) {
		assert_int_equal(taken.packets[i].clock, EXPLAIN_CLOCK_DAY);
		assert_int_equal(taken.packets[i].time_us / 1000000, seconds[i]);
	}
	reading_free(&taken);
}

/* ---- The text between packets ---------------------------------------------------------------- */

static void other_traffic_ends_a_packet_and_is_none(void **state)
{
	static const char *const others[] = {
		"> SCO Data RX: Handle 1 flags 0x00 dlen 3",
		"< SCO Data TX: Handle 1 flags 0x00",
		"> SCO: Handle 1 flags 0x00 dlen 3",
		"> ISO Data RX: Handle 1 flags 0x00",
		"< ISO Data TX: Handle 1 flags 0x00",
		"> CIS: Handle 1 flags 0x00",
		"> BIS: Handle 1 flags 0x00",
		"@ MGMT Event: Device Connected",
		"= Note: Linux version",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		(void)snprintf(text, sizeof(text),
			       "> ACL Data RX: Handle 64 flags 0x02 dlen 6\n"
			       "SMP: Pairing Failed (0x05) len 1\nReason: X (0x08)\n"
			       "%s\nStatus: A (0x01) Status: B (0x02)" NEXT,
			       others[i]);
		take(text);
		assert_int_equal(taken.count, 2);
		assert_int_equal(taken.packets[0].len, 10);
		assert_null(taken.packets[1].missing);
		assert_string_equal(taken.missing, "");
		reading_free(&taken);
	}
}

static void notes_of_the_monitor_have_controller_and_address(void **state)
{
	static const struct {
		const char *text;
		enum explain_note note;
		uint16_t source;
		bool address;
	} rows[] = {
		{"= New Index: 00:11:22:33:44:55 (Primary,USB,hci0) [hci3] 0.5", EXPLAIN_NOTE_ADDED,
		 3, true},
		{"= Delete Index: 00:11:22:33:44:55 [hci2]", EXPLAIN_NOTE_REMOVED, 2, true},
		{"= Open Index: 00:11:22:33:44:55", EXPLAIN_NOTE_OPENED, 0, true},
		{"= Close Index: 00:11:22:33:44:5", EXPLAIN_NOTE_CLOSED, 0, false},
		{"= Index Info: 00:11:22:33:44:55 (Intel Corp.) [hci", EXPLAIN_NOTE_IDENTITY, 0,
		 true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		take(rows[i].text);
		assert_int_equal(taken.count, 1);
		assert_int_equal(taken.packets[0].kind, EXPLAIN_NOTE);
		assert_int_equal(taken.packets[0].note, rows[i].note);
		assert_int_equal(taken.packets[0].source, rows[i].source);
		if (rows[i].address)
			assert_memory_equal(taken.packets[0].address, "\x55\x44\x33\x22\x11\0", 6);
		reading_free(&taken);
	}
	/* Only at the beginning of a line. */
	take("a = New Index: 00:11:22:33:44:55\n");
	assert_int_equal(taken.count, 0);
	assert_string_equal(taken.missing, "this text has no packet of btmon");
	reading_free(&taken);
}

static void the_mark_before_acl_is_its_direction(void **state)
{
	static const struct {
		const char *header;
		enum explain_way way;
	} rows[] = {
		{"< ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"> ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_RECEIVED},
		{"&lt; ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"&gt; ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_RECEIVED},
		{"< LE-ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"< BR-ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"> LE-ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_RECEIVED},
		{"< XX-ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_RECEIVED},
		{"> ACL Data TX: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"< ACL Data RX: Handle 64 flags 0x00 dlen 0", EXPLAIN_RECEIVED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		take(rows[i].header);
		assert_int_equal(taken.count, 1);
		assert_int_equal(taken.packets[0].way, rows[i].way);
		reading_free(&taken);
	}
}

/* However long the text of a packet is, the next one is found. */
static void a_packet_may_be_of_any_length(void **state)
{
	static char text[60000];

	(void)state;
	for (size_t more = 16000; more < 40000; more += 997) {
		size_t len =
			(size_t)snprintf(text, sizeof(text),
					 "> ACL Data RX: Handle 64 flags 0x02 dlen 6\n"
					 "SMP: Pairing Failed (0x05) len 1\nReason: X (0x08)\n");
		memset(text + len, 'x', more);
		strcpy(text + len + more,
		       "> HCI Event: Hardware Error (0x10) plen 1\nCode: 0x42\n");
		take(text);
		assert_int_equal(taken.count, 2);
		assert_int_equal(taken.packets[0].data[9], 8);
		assert_int_equal(taken.packets[1].len, 3);
		assert_int_equal(taken.packets[1].data[2], 0x42);
		assert_null(taken.packets[1].missing);
		reading_free(&taken);
	}
}

static void binary_files_are_no_text(void **state)
{
	char text[200];

	(void)state;
	memset(text, 'a', sizeof(text));
	reading_take(&taken, text, sizeof(text));
	assert_string_equal(taken.failure.text, "");
	reading_free(&taken);
	/* At most one control character in fifty, apart from those of texts and terminals. */
	for (size_t odd = 4; odd < 6; odd++) {
		memset(text, '\2', odd);
		memcpy(text + odd, "\t\n\r\f\x1b", 5);
		reading_take(&taken, text, sizeof(text));
		assert_int_equal(*taken.failure.text != '\0', odd == 5);
		reading_free(&taken);
	}
	memset(text, 'a', sizeof(text));
	text[199] = '\0';
	reading_take(&taken, text, sizeof(text));
	assert_string_not_equal(taken.failure.text, "");
}

static void a_value_at_the_end_may_be_cut(void **state)
{
	static const struct {
		const char *end, *missing;
	} rows[] = {
		{"Reason: X (0x08)\n", ""},
		{"Reason: X (0x08)", ""}, /* nothing may follow the parenthesis */
		{"Reason: 8", "the text ends within a line: the last value of frame 1 may be cut"},
		{"Reason: 8\n", ""},
		{"Reason: 8 \n \n", ""},
		{"Reason: ", "the capture ends in the middle of frame 1"},
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text),
			       "> ACL Data RX: Handle 64 flags 0x02 dlen 6\n"
			       "SMP: Pairing Failed (0x05) len 1\n%s",
			       rows[i].end);
		take(text);
		assert_int_equal(taken.count, 1);
		assert_string_equal(taken.missing, rows[i].missing);
		reading_free(&taken);
	}
}

/* A text may claim a frame with more octets than a packet of it may have. */
static void a_text_claims_too_much(void **state)
{
	static const char *const claims[] = {
		"> ACL Data RX: Handle 64 flags 0x02 dlen 65535\n"
		"      SMP: Pairing Request (0x01) len 65530\n",
		"> ACL Data RX: Handle 64 flags 0x01 dlen 65535\n"
		"      ATT: Unknown (0x7f) len 65534\n",
		"< ACL Data TX: Handle 64 flags 0x00 dlen 1199\n"
		"      LE L2CAP: Command Reject (0x01) ident 1 len 1195\n",
	};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(claims); i++) {
		reading_take(&reading, claims[i], strlen(claims[i]));
		assert_int_equal(reading.count, 1);
		assert_in_range(reading.packets[0].len, 1000, 1200);
		assert_true(reading.packets[0].original >= reading.packets[0].len);
		reading_free(&reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_read_into_its_packets),
		cmocka_unit_test(quotes_and_wrapping_do_not_matter),
		cmocka_unit_test(every_cut_is_reported),
		cmocka_unit_test(every_missing_line_is_reported),
		cmocka_unit_test(the_text_has_the_packets_of_its_capture),
		cmocka_unit_test(times_of_all_kinds_are_read),
		cmocka_unit_test(newer_names_are_read),
		cmocka_unit_test(a_text_claims_too_much),
		cmocka_unit_test(a_header_that_is_damaged_is_a_gap),
		cmocka_unit_test(octets_that_are_no_text_are_skipped),
		cmocka_unit_test(a_header_without_a_name_is_read),
		cmocka_unit_test(the_largest_values_of_a_header_are_read),
		cmocka_unit_test(a_frame_that_does_not_fit_its_packet_is_not_its_own),
		cmocka_unit_test(lines_of_another_packet_are_a_gap),
		cmocka_unit_test(each_controller_has_its_numbers),
		cmocka_unit_test(a_time_is_read_by_its_form),
		cmocka_unit_test(more_than_half_a_day_back_is_the_next_day),
		cmocka_unit_test(a_packet_without_a_time_has_that_of_the_one_before),
		cmocka_unit_test(other_traffic_ends_a_packet_and_is_none),
		cmocka_unit_test(notes_of_the_monitor_have_controller_and_address),
		cmocka_unit_test(the_mark_before_acl_is_its_direction),
		cmocka_unit_test(a_packet_may_be_of_any_length),
		cmocka_unit_test(binary_files_are_no_text),
		cmocka_unit_test(a_value_at_the_end_may_be_cut),
	};
	return cmocka_run_group_tests_name("explain/capture/btmon_text", tests, NULL, NULL);
}
