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
	bool headless = p->kind == EXPLAIN_ACL && p->way == EXPLAIN_WAY_UNKNOWN;
	if (p->kind != whole->kind || (p->way != whole->way && !headless) ||
	    p->original != whole->original)
		return false;
	/* Without its header the flags of a packet are not known. */
	for (size_t i = headless ? 2 : 0; i < p->len; i++)
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
		/* Before the first header, the text is not recognised. */
		if (*reading.failure.text) {
			assert_true(cut < len / 2);
			assert_int_equal(reading.failure.exit, CLI_NOT_A_CAPTURE);
			continue;
		}
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
	assert_true(lost >= 20);
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
	assert_string_equal(reading.packets[1].missing,
			    "the excerpt leaves out 2 packets before frame 4");
	reading_free(&reading);
}

/* ---- As it is pasted ------------------------------------------------------------------------- */

/* The octets of a packet of SMP, without its code, are those in hexadecimal. */
static void assert_value(const struct explain_packet *p, const char *hex)
{
	assert_null(p->known);
	for (size_t i = 0; hex[2 * i]; i++) {
		char octet[3];
		(void)snprintf(octet, sizeof(octet), "%02x", p->data[9 + i]);
		assert_memory_equal(octet, hex + 2 * i, 2);
	}
}

static void values_are_read_in_each_layout(void **state)
{
	static const char *const layouts[] = {
		"Confim value: 4e9819bfff9fe2b8171a52f41490be8b\n",
		"Confirm value[16]: 4e9819bfff9fe2b8171a52f41490be8b\n",
		"Confirm value[16]:\n        4e9819bfff9fe2b8171a52f41490be8b\n",
		"Confirm value[16]:\n"
		"        4e 98 19 bf ff 9f e2 b8 17 1a 52 f4 14 90 be 8b  N.........R.....\n",
		"Confirm value[16]:\n> 4e 98 19 bf ff 9f e2 b8 17 1a 52 f4 14 90 be 8b\n"
		"> N.ab cd...R.....\n",
		"Confirm value[16]:\n4e 98 19 bf ff 9f e2 b8  aa bb SMP:(0x\n"
		"17 1a 52 f4 14 90 be 8b  <ACL: H\n",
	};
	struct reading reading;
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(layouts); i++) {
		(void)snprintf(text, sizeof(text),
			       "> ACL Data RX: Handle 64 flags 0x02 dlen 21 #1 [hci0] 1.0\n"
			       "      SMP: Pairing Confirm (0x03) len 16\n        %s"
			       "> HCI Event: Hardware Error (0x10) plen 1 #2 [hci0] 1.1\n"
			       "        Code: 0x01\n",
			       layouts[i]);
		reading_take(&reading, text, strlen(text));
		assert_int_equal(reading.count, 2);
		assert_value(&reading.packets[0], "4e9819bfff9fe2b8171a52f41490be8b");
		assert_null(reading.packets[1].missing);
		reading_free(&reading);
	}
}

/* A public key has two lines of octets for each half. */
static void a_hexdump_of_several_lines_is_one_value(void **state)
{
	static const char text[] =
		"> LE-ACL: Handle 3585 [EB:47:34:30:3.. flags 0x02 dlen 69  #1 [hci0] 1.0\n"
		"      SMP: Pairing Public Key (0x0c) len 64\n"
		"        X[32]:\n"
		"        00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ab cd ef 01 23\n"
		"        10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f  ................\n"
		"        Y[32]:\n"
		"        20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !\"#$%&'()*+,-./\n"
		"        30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>?\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 1);
	assert_int_equal(bytes_get_le16(reading.packets[0].data) & 0xfff, 3585);
	assert_null(reading.packets[0].known);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(reading.packets[0].data[9 + i], i);
	reading_free(&reading);
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

static void html_does_not_matter(void **state)
{
	struct reading whole;
	size_t len;
	char *text = stored(MAIL, &len);

	(void)state;
	reading_take_stored(&whole, MAIL);
	for (const char *p = text; *p; p++)
		if (*p == '<' || *p == '>')
			put(*p == '<' ? "&lt;" : "&gt;", 4);
		else
			put(p, 1);
	assert_reads_as(&whole);
	put_text("<pre><code class=\"x\">\n<!-- a > b -->");
	put_lines(text, "<span>", "</span><br/>");
	put_text("</code></pre>\n");
	assert_reads_as(&whole);
	reading_free(&whole);
	free(text);
}

static void a_trace_that_is_quoted_again_is_read_once(void **state)
{
	struct reading whole;
	size_t len;
	char *text = stored(MAIL, &len);

	(void)state;
	reading_take_stored(&whole, MAIL);
	put_lines(text, "", "\n");
	put_text("\nOn Monday somebody wrote:\n");
	put_lines(text, "> ", "\n");
	put_lines(text, "> > ", "\n");
	assert_reads_as(&whole);
	reading_free(&whole);
	free(text);
}

/* ---- Cut by the terminal ----------------------------------------------------------------------
 */

static void the_handle_of_a_cut_header_is_that_of_the_connection(void **state)
{
	static const struct {
		const char *text;
		uint16_t handle;
	} rows[] = {
		/* The only one so far; the next one; none at all. */
		{"> ACL Data RX: Handle 70 flags 0x02 dlen 7 #1 1.0\n", 70},
		{"", 71},
		{NULL, 0xeff},
	};
	static const char cut[] = "< ACL Data TX: Handle 35.. flags 0x00 dlen 6 #2 1.1\n"
				  "      SMP: Pairing Failed (0x05) len 1\n"
				  "        Reason: Confirm value failed (0x04)\n";
	static const char next[] = "> HCI Event: Number of C.. (0x13) plen 5 #3 1.2\n"
				   "        Num handles: 1\n        Handle: 71\n        Count: 1\n";
	struct reading reading;
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text), "%s%s%s", rows[i].text ? rows[i].text : "", cut,
			       rows[i].text ? next : "");
		reading_take(&reading, text, strlen(text));
		const struct explain_packet *p = smp_packet(&reading, 5, 0);
		assert_int_equal(bytes_get_le16(p->data) & 0xfff, rows[i].handle);
		assert_int_equal(p->way, EXPLAIN_SENT);
		assert_int_equal(p->data[9], 4);
		reading_free(&reading);
	}
}

/* Each has what is left of its first words, and nothing that looks like them is a packet. */
static void first_words_that_are_cut_are_recognised(void **state)
{
	static const struct {
		const char *header;
		enum explain_kind kind;
		enum explain_way way;
	} rows[] = {
		{"< HCI Command.. (0x03|0x0003) plen 0  #1 0.9", EXPLAIN_COMMAND, EXPLAIN_SENT},
		{"< HCI Comman.. (0x03|0x0003) plen 0  #1 0.9", EXPLAIN_COMMAND, EXPLAIN_SENT},
		{"< HCI...mmand (0x03|0x0003) plen 0  #1 0.9", EXPLAIN_COMMAND, EXPLAIN_SENT},
		{"> HCI.. (0x10) plen 1  #1 0.9", EXPLAIN_EVENT, EXPLAIN_RECEIVED},
		{"> HCI Event:.. (0x10) plen 1  #1 0.9", EXPLAIN_EVENT, EXPLAIN_RECEIVED},
		{"< ACL Data TX.. flags 0x00 dlen 4 #1 0.9", EXPLAIN_ACL, EXPLAIN_SENT},
		{"> ACL Da.. RX flags 0x02 dlen 4 #1 0.9", EXPLAIN_ACL, EXPLAIN_RECEIVED},
		{"< ACL Data.. flags 0x00 dlen 4 #1 0.9", EXPLAIN_ACL, EXPLAIN_SENT},
		{"> ACL Data.. flags 0x02 dlen 4 #1 0.9", EXPLAIN_ACL, EXPLAIN_RECEIVED},
		{"@ MGMT Eve.. (0x0013) plen 2 {0x0001} 0.9", EXPLAIN_MANAGEMENT, EXPLAIN_RECEIVED},
	};
	static const char *const not [] = {"HCI... well (0x10) plen 1",
					   "ACL.. is flags 0x00 dlen 1", "MGMT..", "HCI..",
					   "HCI.. #1 1.5"};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		reading_take(&reading, rows[i].header, strlen(rows[i].header));
		assert_int_equal(reading.count, 1);
		assert_int_equal(reading.packets[0].kind, rows[i].kind);
		assert_int_equal(reading.packets[0].way, rows[i].way);
		reading_free(&reading);
	}
	for (size_t i = 0; i < COUNT(not ); i++) {
		reading_take(&reading, not [i], strlen(not [i]));
		assert_int_equal(reading.count, 0);
		assert_int_equal(reading.failure.exit, CLI_NOT_A_CAPTURE);
		reading_free(&reading);
	}
}

static void a_cut_value_is_never_taken_for_a_value(void **state)
{
	static const char text[] =
		"= New Index: 00:16:A4:5B:4F:02 (Primary,UART,hci0) [hci0] 0.5\n"
		"= Index Info: 00:16:A4:5.. (Cypress Semiconductor) [hci0] 0.6\n";
	static const uint8_t unknown[6];
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.packets[0].address[5], 0x00);
	assert_int_equal(reading.packets[0].address[0], 0x02);
	assert_memory_equal(reading.packets[1].address, unknown, 6);
	reading_free(&reading);
}

/* ---- Without headers ------------------------------------------------------------------------- */

static void a_pdu_without_a_header_has_no_sender(void **state)
{
	static const char *const texts[] = {
		"SMP: Pairing Failed (0x05) len 1\n  Reason: Numeric comparison failed (0x0c)\n",
		"SMP: Pairing Failed (0x05)\n  reason 0x0c\n  Reason Unknown\n",
	};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		reading_take(&reading, texts[i], strlen(texts[i]));
		assert_string_equal(reading.missing, "");
		assert_int_equal(reading.count, 1);
		assert_int_equal(reading.packets[0].kind, EXPLAIN_ACL);
		assert_int_equal(reading.packets[0].way, EXPLAIN_WAY_UNKNOWN);
		assert_null(reading.packets[0].missing);
		assert_null(reading.packets[0].known);
		assert_int_equal(reading.packets[0].data[9], 0x0c);
		reading_free(&reading);
	}
}

/* ---- Management and logs --------------------------------------------------------------------- */

static void a_management_packet_is_read_once_for_all_programs(void **state)
{
	static const char text[] =
		"@ MGMT Event: User Confirmation R.. (0x000f) plen 12  {0x0002} [hci0] 39.571462\n"
		"        LE Address: DE:C7:3E:59:CE:8B (Static)\n"
		"        Confirm hint: 0x01\n        Value: 0x00000000\n"
		"@ MGMT Event: User Confirmation R.. (0x000f) plen 12  {0x0001} [hci0] 39.571462\n"
		"        LE Address: DE:C7:3E:59:CE:8B (Static)\n"
		"        Confirm hint: 0x01\n        Value: 0x00000000\n"
		"bluetoothd[12]: @ MGMT Command: User Confirmation Negative Reply (0x001d) plen 7 "
		"{0x0001} [hci0] 39.6\n"
		"        LE Address: DE:C7:3E:59:CE:8B (Static)\n"
		"= bluetoothd: No agent available for request type 2          39.7\n"
		"> HCI Event: Hardware Error (0x10) plen 1 #2 [hci0] 39.8\n        Code: 0x01\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 4);
	assert_int_equal(reading.packets[0].kind, EXPLAIN_MANAGEMENT);
	assert_int_equal(reading.packets[0].way, EXPLAIN_RECEIVED);
	assert_int_equal(reading.packets[1].kind, EXPLAIN_MANAGEMENT);
	assert_int_equal(reading.packets[1].way, EXPLAIN_SENT);
	assert_int_equal(reading.packets[1].data[0], 0x1d);
	assert_int_equal(reading.packets[2].kind, EXPLAIN_NOTE);
	assert_int_equal(reading.packets[3].kind, EXPLAIN_EVENT);
	reading_free(&reading);
}

static size_t count_notes(const struct reading *reading)
{
	size_t notes = 0;

	for (size_t i = 0; i < reading->count; i++)
		notes += reading->packets[i].kind == EXPLAIN_NOTE;
	return notes;
}

/* Each attempt has the line again; the copy of a trace has the lines of the attempts before. */
static void the_line_of_a_log_is_kept_for_each_attempt(void **state)
{
#define ATTEMPT(number)                                                                       \
	"< ACL Data TX: Handle 64 flags 0x00 dlen 6 #" number " [hci0] " number ".5\n"        \
	"      SMP: Pairing Failed (0x05) len 1\n        Reason: Unspecified reason (0x08)\n" \
	"bluetoothd: No agent available for request type 2\n"
#define FRAME                                                                     \
	"SMP: Pairing Failed (0x05) len 1\n  Reason: Unspecified reason (0x08)\n" \
	"bluetoothd: No agent available for request type 2\n"
	static const struct {
		const char *text;
		size_t notes;
	} rows[] = {
		{ATTEMPT("1") ATTEMPT("2"), 2},
		{FRAME FRAME, 2},
		{(ATTEMPT("1") ATTEMPT("2") ATTEMPT("1") ATTEMPT("2")), 2},
		{(ATTEMPT("1") "bluetoothd: No agent available for request type 2\n"), 1},
		{("bluetoothd: 12:00:01 No agent available\n" FRAME
		  "bluetoothd: 12:00:01 No agent available\n"),
		 2},
		{("bluetoothd: 12:00:01 No agent available\n"
		  "SMP: Pairing Failed (0x05) len 1\n  Reason: Unspecified reason (0x08)\n"
		  "bluetoothd: 12:00:01 No agent available\n"),
		 1},
	};
#undef ATTEMPT
#undef FRAME
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		reading_take(&reading, rows[i].text, strlen(rows[i].text));
		assert_int_equal(count_notes(&reading), rows[i].notes);
		reading_free(&reading);
	}
}

/* ---- hcidump --------------------------------------------------------------------------------- */

static void hcidump_is_read_beside_btmon(void **state)
{
	static const char text[] =
		"> HCI Event: Hardware Error (0x10) plen 1 #2 [hci0] 39.8\n        Code: 0x01\n"
		"> 2016-10-30 03:50:12.650755 > ACL data: handle 64 flags 0x02 dlen 10\n"
		">     L2CAP(d): cid 0x0005 len 6 [psm 0]\n>       13 01 02 00 00 00 \n"
		"> 2016-10-30 03:50:12.714982 < ACL data: handle 64 flags 0x00 dlen 21\n"
		">     SMP: Pairing Confirm (0x03)\n"
		">       key e4c735b8764f2311bff71cd18fcd35ca\n"
		"> 2016-10-30 03:50:12.741195 > HCI Event: Number of Completed Packets (0x13) plen "
		"5\n"
		">     handle 64 packets 2\n"
		"> 2016-10-30 03:50:12.800000 > HCI Event: Disconn Complete (0x05) plen 4\n"
		">     status 0x00 handle 64 reason 0x08\n>     Reason: Connection Timeout\n";
	static const uint8_t update[] = {64, 0x20, 10, 0, 6, 0, 5, 0, 0x13, 1, 2, 0, 0, 0},
			     completed[] = {0x13, 5, 1, 64, 0, 2, 0}, left[] = {5, 4, 0, 64, 0, 8};
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_string_equal(reading.format, "text of btmon and hcidump");
	assert_string_equal(reading.missing, "");
	assert_int_equal(reading.count, 5);
	assert_int_equal(reading.packets[1].len, sizeof(update));
	assert_memory_equal(reading.packets[1].data, update, sizeof(update));
	assert_int_equal(reading.packets[1].way, EXPLAIN_RECEIVED);
	assert_int_equal(reading.packets[2].way, EXPLAIN_SENT);
	assert_value(&reading.packets[2], "e4c735b8764f2311bff71cd18fcd35ca");
	assert_int_equal(reading.packets[2].clock, EXPLAIN_CLOCK_LOCAL);
	assert_int_equal(reading.packets[2].time_us - reading.packets[1].time_us, 64227);
	assert_memory_equal(reading.packets[3].data, completed, sizeof(completed));
	assert_int_equal(reading.packets[4].len, sizeof(left));
	assert_memory_equal(reading.packets[4].data, left, sizeof(left));
	reading_free(&reading);
}

/* ---- Names and times -------------------------------------------------------------------------
 */

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

static void a_command_about_completed_packets_has_their_number(void **state)
{
	static const char *const names[] = {"Host Number of Completed Packets", "Host Number...",
					    "Host Number of Comp.."};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(text, sizeof(text),
			       "< HCI Command: %s (0x03|0x0035) plen 5\nNum handles: 1\nHandle: 1\n"
			       "Count: 1" NEXT,
			       names[i]);
		take(text);
		assert_int_equal(taken.count, 2);
		assert_null(taken.packets[1].missing);
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
					    "the excerpt leaves out 1 packet before frame 8");
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

static void the_peer_of_a_handle_is_read(void **state)
{
	static const struct {
		const char *line;
		bool has, is_random;
	} rows[] = {
		{"Handle: 64 Address: C2:11:22:33:44:55 (Static)", true, true},
		{"Handle: 64 Address: 42:11:22:33:44:55 (Resolvable)", true, true},
		{"Handle: 64 Address: 00:11:22:33:44:55 (OUI 00-11-22)", true, false},
		{"Handle: 64 Address: C2:11:22:33:44:55", false, false},
		{"Handle: 64 Address: 42:11:22:33:44:55 (Resolv", false, false},
		{"Handle: 64 Address: C2:11:22:33:4..", false, false},
		{"Handle: 64", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char lines[400];

		(void)snprintf(
			lines, sizeof(lines),
			"> HCI Event: Disconnect Complete (0x05) plen 4   #1 [hci0] 1.000000\n"
			"        Status: Success (0x00)\n        %s\n"
			"        Reason: Connection Timeout (0x08)\n",
			rows[i].line);
		take(lines);
		assert_int_equal(taken.count, 1);
		const struct explain_packet *p = &taken.packets[0];
		assert_int_equal(p->has_peer, rows[i].has);
		assert_int_equal(p->peer_is_random, rows[i].is_random);
		if (rows[i].has) {
			assert_int_equal(p->peer_handle, 64);
			assert_int_equal(p->address[0], 0x55);
		}
		assert_int_equal(p->data[3], 64);
		assert_int_equal(p->data[5], 8);
		reading_free(&taken);
	}
}

static void a_line_without_a_header_has_no_time(void **state)
{
	static const bool untimed[] = {true, false, true, false};

	(void)state;
	take("      SMP: Pairing Failed (0x05) len 1\n        Reason: Unspecified reason (0x08)\n"
	     "> ACL Data RX: Handle 64 flags 0x02 dlen 6   #7 [hci0] 12.500000\n"
	     "      SMP: Pairing Failed (0x05) len 1\n        Reason: Unspecified reason (0x08)\n"
	     "      SMP: Security Request (0x0b) len 1\n"
	     "        Authentication requirement: Bonding, No MITM, Legacy, No Keypresses (0x01)\n"
	     "> ACL Data RX: Handle 64 flags 0x02 dlen 6   #9 [hci0] 14.500000\n"
	     "      SMP: Pairing Failed (0x05) len 1\n        Reason: Repeated attempts (0x09)\n");
	assert_int_equal(taken.count, COUNT(untimed));
	for (size_t i = 0; i < COUNT(untimed); i++)
		assert_int_equal(taken.packets[i].untimed, untimed[i]);
	reading_free(&taken);
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
	take("a = New Index: 00:11:22:33:44:55\n= Open Index: 00:11:22:33:44:55\n");
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.packets[0].note, EXPLAIN_NOTE_OPENED);
	reading_free(&taken);
}

static void the_mark_before_acl_is_its_direction(void **state)
{
	static const struct {
		const char *header;
		enum explain_way way;
	} rows[] = {
		{"< ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"> ACL: Handle 64 flags 0x02 dlen 0", EXPLAIN_RECEIVED},
		{"ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"&lt; ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"&gt; ACL: Handle 64 flags 0x02 dlen 0", EXPLAIN_RECEIVED},
		{"< LE-ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"< BR-ACL: Handle 64 flags 0x00 dlen 0", EXPLAIN_SENT},
		{"> LE-ACL: Handle 64 flags 0x02 dlen 0", EXPLAIN_RECEIVED},
		{"< XX-ACL: Handle 64 flags 0x02 dlen 0", EXPLAIN_RECEIVED},
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

/* ---- Made shorter by people -------------------------------------------------------------------
 */

static void a_header_without_code_and_length_is_known_by_its_name(void **state)
{
	static const char text[] = "< HCI Command: LE Start Encryption\n"
				   "        Random number: 0x0000000000000000\n"
				   "        Encrypted diversifier: 0x0000\n"
				   "        Long term key[16]: 8992647c8f491820d58c9c53d7a1c635\n"
				   "> HCI Event: Encryption Change\n"
				   "        Status: PIN or Key Missing (0x06)\n"
				   "        Encryption: Disabled (0x00)\n"
				   "< HCI Event: Disconnect Complete (0x05)    #118  12.850376\n"
				   "        Status: Success (0x00)\n"
				   "        Handle: 42\n"
				   "        Reason: Authentication Failure (0x05)\n";
	static const uint8_t change[] = {8, 4, 6, 42, 0, 0}, ended[] = {5, 4, 0, 42, 0, 5};
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 3);
	const struct explain_packet *p = reading.packets;
	assert_int_equal(p[0].kind, EXPLAIN_COMMAND);
	assert_int_equal(bytes_get_le16(p[0].data), 0x2019);
	/* The handle is the next one in the text. */
	assert_int_equal(bytes_get_le16(p[0].data + 3), 42);
	assert_null(p[0].known);
	assert_int_equal(p[1].len, sizeof(change));
	assert_memory_equal(p[1].data, change, sizeof(change));
	assert_int_equal(p[2].kind, EXPLAIN_EVENT);
	assert_int_equal(p[2].way, EXPLAIN_RECEIVED);
	assert_int_equal(p[2].len, sizeof(ended));
	assert_memory_equal(p[2].data, ended, sizeof(ended));
	assert_int_equal(p[2].number, 118);
	assert_string_equal(reading.missing, "");
	reading_free(&reading);
}

static void an_event_of_le_may_stand_for_its_meta_event(void **state)
{
	static const char text[] = "> HCI Event: LE Enhanced Connection Complete (0x0a)\n"
				   "        Status: Success (0x00)\n"
				   "        Handle: 42\n"
				   "        Role: Central (0x00)\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 1);
	const struct explain_packet *p = reading.packets;
	assert_int_equal(p->data[0], 0x3e);
	assert_true(capture_knows(p, 0, 7));
	assert_int_equal(p->data[2], 0x0a);
	assert_int_equal(p->data[4], 42);
	assert_false(capture_knows(p, 7, 1));
	reading_free(&reading);
}

static void a_handle_that_is_not_printed_is_given_only_if_it_is_clear(void **state)
{
	static const char *const before[] = {"", "> ACL Data RX: Handle 70 flags 0x02 dlen 7\n",
					     ("> ACL Data RX: Handle 70 flags 0x02 dlen 7\n"
					      "> ACL Data RX: Handle 71 flags 0x02 dlen 7\n")};
	static const char change[] = "> HCI Event: Encryption Change (0x08) plen 4\n"
				     "        Status: PIN or Key Missing (0x06)\n"
				     "        Encryption: Disabled (0x00)\n";
	static const uint16_t handles[] = {0xeff, 70, 0};
	struct reading reading;
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(before); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", before[i], change);
		reading_take(&reading, text, strlen(text));
		const struct explain_packet *p = &reading.packets[reading.count - 1];
		assert_int_equal(p->kind, EXPLAIN_EVENT);
		assert_int_equal(capture_knows(p, 3, 2), handles[i] != 0);
		assert_int_equal(bytes_get_le16(p->data + 3), handles[i]);
		reading_free(&reading);
	}
}

static void marks_before_frames_are_their_directions(void **state)
{
	static const struct {
		const char *before, *sent, *received;
	} forms[] = {
		{"", "< ", "> "},
		{"    ", "<", ">"},
		{"> ", "< ", "> "},
		{"", "&lt; ", "&gt; "},
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		const char *b = forms[i].before;
		(void)snprintf(text, sizeof(text),
			       "%s%sSMP: Pairing Request (0x01) len 6\n"
			       "%s      Authentication requirement: Bonding, MITM, SC (0x2d)\n%s\n"
			       "%s%sSMP: Pairing Response (0x02) len 6       #200 [hci0] 1.0\n"
			       "%s      Authentication requirement: Bonding, SC (0x29)\n%s\n"
			       "%s%sSMP: Pairing Failed (0x05) len 1\n"
			       "%s      Reason: Authentication Requirements (0x03)\n",
			       b, forms[i].received, b, b, b, forms[i].sent, b, b, b, forms[i].sent,
			       b);
		struct reading reading;
		reading_take(&reading, text, strlen(text));
		assert_int_equal(reading.count, 3);
		const struct explain_packet *p = smp_packet(&reading, 1, 0);
		assert_int_equal(p->way, EXPLAIN_RECEIVED);
		assert_int_equal(p->data[11], 0x2d);
		assert_true(capture_knows(p, 11, 1));
		assert_false(capture_knows(p, 9, 1));
		p = smp_packet(&reading, 2, 0);
		assert_int_equal(p->way, EXPLAIN_SENT);
		assert_int_equal(p->number, 200);
		p = smp_packet(&reading, 5, 0);
		assert_int_equal(p->way, EXPLAIN_SENT);
		assert_int_equal(p->data[9], 3);
		reading_free(&reading);
	}
}

static void quotes_before_frames_are_no_directions(void **state)
{
	static const char text[] = "> SMP: Pairing Request (0x01) len 6\n"
				   ">   Authentication requirement: Bonding (0x01)\n"
				   "> SMP: Pairing Failed (0x05) len 1\n"
				   ">   Reason: Unspecified reason (0x08)\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(reading.packets[i].way, EXPLAIN_WAY_UNKNOWN);
	reading_free(&reading);
}

static void an_error_of_att_is_read_with_and_without_its_header(void **state)
{
	static const char *const headers[] = {
		"> ACL Data RX: Handle 64 flags 0x02 dlen 9\n      ",
		"      ",
	};
	static const uint8_t error[] = {5, 0, 4, 0, 1, 0x0a, 0x16, 0, 5};
	struct reading reading;
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		(void)snprintf(text, sizeof(text),
			       "%sATT: Error Response (0x01) len 4\n"
			       "        Read Request (0x0a)\n"
			       "        Handle: 0x0016\n"
			       "        Error: Insufficient Authentication (0x05)\n"
			       "> ACL Data RX: Handle 64 flags 0x02 dlen 6\n"
			       "      SMP: Pairing Failed (0x05) len 1\n"
			       "        Reason: Unspecified reason (0x08)\n",
			       headers[i]);
		reading_take(&reading, text, strlen(text));
		assert_int_equal(reading.count, 2);
		const struct explain_packet *p = reading.packets;
		assert_int_equal(p->len, 4 + sizeof(error));
		assert_memory_equal(p->data + 4, error, sizeof(error));
		assert_true(capture_knows(p, 0, p->len));
		assert_int_equal(p->way, i ? EXPLAIN_WAY_UNKNOWN : EXPLAIN_RECEIVED);
		reading_free(&reading);
	}
}

/* The trace is the same whatever an editor, a log, or a forum puts around its lines. */
static void what_is_around_lines_does_not_matter(void **state)
{
	static const struct {
		const char *before, *behind;
	} rows[] = {
		{"Nov 30 12:00:01 host btmon[12]: ", ""},
		{"2026-11-30T12:00:01+0100 host btmon[12]: ", ""},
		{"[12:00:01] ", ""},
		{" 12: ", ""},
		{"12| ", ""},
		{"    12\t", ""},
		{"* ", ""},
		{" * ", ""},
		{"+", ""},
		{"// ", ""},
		{"    \"", ""},
		{"| ", ""},
		{"> | ", ""},
		{"\t", ""},
		{"\xc2\xa0", "\xc2\xa0"},
		{"<tr><td>12</td><td>", "</td></tr>"},
	};
	static const struct {
		const char *before, *behind;
	} commented[] = {
		{"", "   // (0x05): \xe5\xaf\xb9"}, {"", "  # here: 5"}, {"", "  <--- (0x09)"}};
	struct reading whole;
	char behind[64];
	size_t len;
	char *text = stored(MAIL, &len);

	(void)state;
	reading_take_stored(&whole, MAIL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(behind, sizeof(behind), "%s\n", rows[i].behind);
		put_lines(text, rows[i].before, behind);
		assert_reads_as(&whole);
	}
	for (size_t i = 0; i < COUNT(commented); i++) {
		(void)snprintf(behind, sizeof(behind), "%s\n", commented[i].behind);
		put_lines(text, commented[i].before, behind);
		assert_reads_as(&whole);
	}
	reading_free(&whole);
	free(text);
}

static void an_ellipsis_is_the_dots_of_a_narrow_terminal(void **state)
{
	static const char text[] =
		"> HCI Event: Number of C\xe2\x80\xa6 (0x13) plen 5  #3 [hci0] 1.2\n"
		"        Num handles: 1\n        Handle: 71\n        Count: 1\n"
		"< ACL Data TX: Handle 35\xe2\x80\xa6 flags 0x00 dlen 6 #4 [hci0] 1.3\n"
		"      SMP: Pairing Failed (0x05) len 1\n"
		"        Reason: Confirm value failed (0x04)\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.packets[1].number, 4);
	assert_int_equal(smp_packet(&reading, 5, 0)->data[9], 4);
	reading_free(&reading);
}

static void the_program_before_a_packet_does_not_matter(void **state)
{
	static const char text[] =
		"bluetoothd[1217]: @ MGMT Command: User Confirmation Negative Reply (0x001d) plen "
		"7 "
		"{0x0001} [hci0] 6.408513\n        LE Address: D7:2A:DE:1E:73:A2 (Static)\n"
		"bluetoothd[871]: < ACL Data TX: Handle 64 flags 0x00 dlen 6   #41 [hci0] 6.5\n"
		"      SMP: Pairing Failed (0x05) len 1\n        Reason: Passkey entry failed "
		"(0x01)\n"
		"btmon[7215]: = Note: Linux version 6.1   6.6\n"
		"python3: < HCI Command: Disconnect (0x01|0x0006) plen 3   #42 [hci0] 6.7\n"
		"        Handle: 64\n        Reason: Authentication Failure (0x05)\n";
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 3);
	assert_int_equal(reading.packets[0].kind, EXPLAIN_MANAGEMENT);
	assert_int_equal(reading.packets[0].way, EXPLAIN_SENT);
	assert_int_equal(reading.packets[0].data[0], 0x1d);
	assert_int_equal(reading.packets[1].way, EXPLAIN_SENT);
	assert_int_equal(reading.packets[2].kind, EXPLAIN_COMMAND);
	for (size_t i = 0; i < 3; i++)
		assert_null(reading.packets[i].missing);
	reading_free(&reading);
}

static void events_of_the_management_interface_in_one_line_are_read(void **state)
{
	static const char text[] = "@ Device Connected: 00:11:22:33:44:55 (1) flags 0x0000\n"
				   "@ Authentication Failed: C0:11:22:33:44:55 (2) status 0x05\n"
				   "@ Device Disconnected: 00:11:22:33:44:55 (0) reason 2\n"
				   "@ Discovering: 0x01 (7)\n";
	static const uint8_t failed[] = {0x11, 0, 0x55, 0x44, 0x33, 0x22, 0x11, 0xc0, 2, 5};
	struct reading reading;

	(void)state;
	reading_take(&reading, text, sizeof(text) - 1);
	assert_int_equal(reading.count, 3);
	assert_int_equal(reading.packets[0].data[0], 0x0b);
	assert_int_equal(reading.packets[0].data[8], 1);
	assert_int_equal(reading.packets[1].kind, EXPLAIN_MANAGEMENT);
	assert_int_equal(reading.packets[1].way, EXPLAIN_RECEIVED);
	assert_int_equal(reading.packets[1].len, sizeof(failed));
	assert_memory_equal(reading.packets[1].data, failed, sizeof(failed));
	assert_null(reading.packets[1].known);
	assert_int_equal(reading.packets[2].data[9], 2);
	reading_free(&reading);
}

static void a_pairing_without_times_and_numbers_that_is_quoted_again_is_read_once(void **state)
{
	static const char text[] =
		"< ACL data: handle 64 flags 0x00 dlen 11\n    SMP: Pairing Request (0x01)\n"
		"      capability 0x03 oob 0x00 auth req 0x01\n"
		"      max key size 0x10 init key dist 0x01 resp key dist 0x01\n"
		"> ACL data: handle 64 flags 0x02 dlen 11\n    SMP: Pairing Response (0x02)\n"
		"      capability 0x03 oob 0x00 auth req 0x01\n"
		"      max key size 0x10 init key dist 0x01 resp key dist 0x01\n"
		"< ACL data: handle 64 flags 0x00 dlen 21\n    SMP: Pairing Confirm (0x03)\n"
		"      key 4e9819bfff9fe2b8171a52f41490be8b\n"
		"> ACL data: handle 64 flags 0x02 dlen 21\n    SMP: Pairing Confirm (0x03)\n"
		"      key 6e0be0cc5a8f08ffc98a88c25167aa2f\n"
		"> ACL data: handle 64 flags 0x02 dlen 6\n    SMP: Pairing Failed (0x05)\n"
		"      reason 0x04\n";
	struct reading whole;

	(void)state;
	reading_take(&whole, text, sizeof(text) - 1);
	assert_int_equal(whole.count, 5);
	put_text(text);
	put_text("\nOn Monday somebody wrote:\n");
	put_lines(text, "> ", "\n");
	put_lines(text, "> > ", "\n");
	assert_reads_as(&whole);
	reading_free(&whole);
}

static void what_says_bredr_is_passed_on(void **state)
{
	static const struct {
		const char *text;
		bool bredr;
	} rows[] = {
		{"> HCI Event: Encryption Change (0x08) plen 4\n        Status: Success (0x00)\n"
		 "        Handle: 256\n        Encryption: Enabled with E0 (0x01)\n",
		 true},
		{"> HCI Event: Encryption Change (0x08) plen 4\n        Status: Success (0x00)\n"
		 "        Handle: 256\n        Encryption: Enabled with AES-CCM (0x01)\n",
		 false},
		{"> BR-ACL: Handle 11 flags 0x02 dlen 12 #1 [hci0] 1.0\n", true},
		{"> LE-ACL: Handle 11 flags 0x02 dlen 12 #1 [hci0] 1.0\n", false},
	};
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		reading_take(&reading, rows[i].text, strlen(rows[i].text));
		assert_int_equal(reading.count, 1);
		assert_int_equal(reading.packets[0].bredr, rows[i].bredr);
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
		cmocka_unit_test(values_are_read_in_each_layout),
		cmocka_unit_test(a_hexdump_of_several_lines_is_one_value),
		cmocka_unit_test(html_does_not_matter),
		cmocka_unit_test(a_trace_that_is_quoted_again_is_read_once),
		cmocka_unit_test(the_handle_of_a_cut_header_is_that_of_the_connection),
		cmocka_unit_test(first_words_that_are_cut_are_recognised),
		cmocka_unit_test(a_cut_value_is_never_taken_for_a_value),
		cmocka_unit_test(a_pdu_without_a_header_has_no_sender),
		cmocka_unit_test(a_management_packet_is_read_once_for_all_programs),
		cmocka_unit_test(the_line_of_a_log_is_kept_for_each_attempt),
		cmocka_unit_test(hcidump_is_read_beside_btmon),
		cmocka_unit_test(newer_names_are_read),
		cmocka_unit_test(a_text_claims_too_much),
		cmocka_unit_test(a_header_that_is_damaged_is_a_gap),
		cmocka_unit_test(octets_that_are_no_text_are_skipped),
		cmocka_unit_test(a_header_without_a_name_is_read),
		cmocka_unit_test(the_largest_values_of_a_header_are_read),
		cmocka_unit_test(a_frame_that_does_not_fit_its_packet_is_not_its_own),
		cmocka_unit_test(lines_of_another_packet_are_a_gap),
		cmocka_unit_test(a_command_about_completed_packets_has_their_number),
		cmocka_unit_test(each_controller_has_its_numbers),
		cmocka_unit_test(a_time_is_read_by_its_form),
		cmocka_unit_test(more_than_half_a_day_back_is_the_next_day),
		cmocka_unit_test(a_packet_without_a_time_has_that_of_the_one_before),
		cmocka_unit_test(other_traffic_ends_a_packet_and_is_none),
		cmocka_unit_test(the_peer_of_a_handle_is_read),
		cmocka_unit_test(a_line_without_a_header_has_no_time),
		cmocka_unit_test(notes_of_the_monitor_have_controller_and_address),
		cmocka_unit_test(the_mark_before_acl_is_its_direction),
		cmocka_unit_test(a_packet_may_be_of_any_length),
		cmocka_unit_test(a_value_at_the_end_may_be_cut),
		cmocka_unit_test(a_header_without_code_and_length_is_known_by_its_name),
		cmocka_unit_test(an_event_of_le_may_stand_for_its_meta_event),
		cmocka_unit_test(a_handle_that_is_not_printed_is_given_only_if_it_is_clear),
		cmocka_unit_test(marks_before_frames_are_their_directions),
		cmocka_unit_test(quotes_before_frames_are_no_directions),
		cmocka_unit_test(an_error_of_att_is_read_with_and_without_its_header),
		cmocka_unit_test(what_is_around_lines_does_not_matter),
		cmocka_unit_test(an_ellipsis_is_the_dots_of_a_narrow_terminal),
		cmocka_unit_test(the_program_before_a_packet_does_not_matter),
		cmocka_unit_test(events_of_the_management_interface_in_one_line_are_read),
		cmocka_unit_test(
			a_pairing_without_times_and_numbers_that_is_quoted_again_is_read_once),
		cmocka_unit_test(what_says_bredr_is_passed_on),
	};
	return cmocka_run_group_tests_name("explain/capture/btmon_text", tests, NULL, NULL);
}
