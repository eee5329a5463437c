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
	};
	return cmocka_run_group_tests_name("explain/capture/btmon_text", tests, NULL, NULL);
}
