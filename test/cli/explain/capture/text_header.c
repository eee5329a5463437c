/* SPDX-License-Identifier: MIT */
/* Header lines of packets, blanks removed, whole and cut. */
#include "capture/text_header.h"

#include <string.h>

#include "unit.h"

static void acl_headers_are_read_as_far_as_they_are_there(void **state)
{
	static const struct {
		const char *text;
		bool is, has_handle, has_length;
		unsigned handle, flags, len;
	} rows[] = {
		{"Handle3585flags0x02dlen11", true, true, true, 3585, 2, 11},
		{"handle71flags0x00dlen11", true, true, true, 71, 0, 11},
		{"Handle3585[EB:47:34:30:3F..flags0x01dlen7", true, true, true, 3585, 1, 7},
		{"Hand..flags0x00dlen15", true, false, true, 0, 0, 15},
		{"Handle358..flags0x00dlen15", true, false, true, 0, 0, 15},
		{"..flags0x00dlen15", true, false, true, 0, 0, 15},
		{"Handle3585#12 1.5", true, true, false, 3585, 0, 0},
		{"Hand..#12 1.5", true, false, false, 0, 0, 0},
		{"Handle4096flags0x00dlen1", false, false, false, 0, 0, 0},
		{"flags0x00dlen1", false, false, false, 0, 0, 0},
		{"Handle64flags0x10dlen1", false, false, false, 0, 0, 0},
		{"Handle64flags0x00dlen65536", false, false, false, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *p = rows[i].text;
		struct text_acl acl;
		assert_int_equal(text_acl(&p, &acl), rows[i].is);
		if (!rows[i].is)
			continue;
		assert_int_equal(acl.has_handle, rows[i].has_handle);
		assert_int_equal(acl.has_length, rows[i].has_length);
		assert_int_equal(acl.handle, rows[i].handle);
		assert_int_equal(acl.flags, rows[i].flags);
		assert_int_equal(acl.len, rows[i].len);
	}
}

static void the_time_before_a_packet_is_that_of_hcidump(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		enum explain_clock clock;
		uint64_t time_us;
	} rows[] = {
		{"ab1970-01-0203:50:12.606786", 25, EXPLAIN_CLOCK_LOCAL, 100212606786},
		{"packets11181231234.123456", 17, EXPLAIN_CLOCK_START, 1181231234123456},
		/* The right side of the packet before. */
		{"plen0#1 0.974461", 0, EXPLAIN_CLOCK_NONE, 0},
		{"[hci0]298.154979", 0, EXPLAIN_CLOCK_NONE, 0},
		{"[hci0]1970-01-0203:50:12.606786", 0, EXPLAIN_CLOCK_NONE, 0},
		/* A time that none is; what was read of it is not kept. */
		{"ab1970-99-0203:50:12.606786", 0, EXPLAIN_CLOCK_NONE, 0},
		{"ab1970-01-0203:50x12.606786", 0, EXPLAIN_CLOCK_NONE, 0},
		{"ab1970-01-02x3:50:12.606786", 0, EXPLAIN_CLOCK_NONE, 0},
		{"0011.22", 0, EXPLAIN_CLOCK_NONE, 0},
		{"", 0, EXPLAIN_CLOCK_NONE, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_stamp stamp;
		const char *end = rows[i].text + strlen(rows[i].text);
		assert_int_equal(text_stamp_left(rows[i].text, end, &stamp), rows[i].len);
		assert_int_equal(stamp.clock, rows[i].clock);
		assert_int_equal(stamp.time_us, rows[i].time_us);
	}
	/* One that goes on behind its end. */
	struct text_stamp stamp;
	const char *text = "1181231234.1234567";
	assert_int_equal(text_stamp_left(text, text + strlen(text) - 1, &stamp), 0);
	assert_int_equal(stamp.clock, EXPLAIN_CLOCK_NONE);
	assert_int_equal(stamp.time_us, 0);
}

static void the_right_side_may_lack_any_part(void **state)
{
	static const struct {
		const char *text;
		uint64_t number, time_us;
		bool indexed;
		uint16_t source;
	} rows[] = {
		{"", 0, 0, false, 0},
		{"#12 [hci3]1.5", 12, 1500000, true, 3},
		{"#12 1.5", 12, 1500000, false, 0},
		{"{0x0002}[hci1]39.571462", 0, 39571462, true, 1},
		{"[hci1]", 0, 0, true, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_stamp stamp;
		const char *p = rows[i].text;
		text_stamp_right(&p, &stamp);
		assert_string_equal(p, "");
		assert_int_equal(stamp.number, rows[i].number);
		assert_int_equal(stamp.time_us, rows[i].time_us);
		assert_int_equal(stamp.indexed, rows[i].indexed);
		assert_int_equal(stamp.source, rows[i].source);
	}
}

static void a_name_that_is_cut_is_known_by_its_code(void **state)
{
	const char *p = "NumberofC..(0x13)plen5#1 ";
	uint16_t code;
	size_t plen;

	(void)state;
	assert_true(text_event(&p, 2, &code, &plen));
	assert_int_equal(code, 0x13);
	assert_int_equal(plen, 5);
	assert_string_equal(p, "#1 ");
	p = "UserConfirmationR..(0x000f)plen12";
	assert_true(text_event(&p, 4, &code, &plen));
	assert_int_equal(code, 0x000f);
	p = "LESetAdv..(0x08|0x0008)plen32";
	assert_true(text_command(&p, &code, &plen));
	assert_int_equal(code, 0x2008);
	assert_int_equal(plen, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acl_headers_are_read_as_far_as_they_are_there),
		cmocka_unit_test(the_time_before_a_packet_is_that_of_hcidump),
		cmocka_unit_test(the_right_side_may_lack_any_part),
		cmocka_unit_test(a_name_that_is_cut_is_known_by_its_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
