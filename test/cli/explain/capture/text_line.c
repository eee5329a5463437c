/* SPDX-License-Identifier: MIT */
/* What stands around a trace in each line is removed. */
#include "capture/text_line.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct text_line around;

static const char *behind(const char *line)
{
	return line + text_line_begin(&around, line);
}

static void a_prefix_that_a_header_shows_is_before_its_fields_too(void **state)
{
	static const struct {
		const char *header, *field, *is;
	} rows[] = {
		{"Nov 30 12:00:01 host btmon[12]: > HCI Event: X",
		 "Nov 30 12:00:02 host btmon[12]:         Handle: 64", "         Handle: 64"},
		{"python3: < ACL Data TX: Handle 64", "      SMP: X", "      SMP: X"},
		{"  9: > HCI Event: X", " 10:        Handle: 64", "        Handle: 64"},
		{"9| < HCI Command: X", "10|     Handle: 64", "     Handle: 64"},
		{"    9\t< HCI Command: X", "   10\tHandle: 64", "Handle: 64"},
		{"* > HCI Event: X", "* Handle: 64", " Handle: 64"},
		{"  \"> HCI Event: X\",", "  \"  Handle: 64\",", "  Handle: 64\","},
		{"//! > HCI Event: X", "//!   Handle: 64", "   Handle: 64"},
		{"+> HCI Event: X", "+        Handle: 64", "        Handle: 64"},
		{"[12:00:01.1] @ MGMT Event: X", "[12:00:02.9]   Handle: 64", "   Handle: 64"},
		{"Nov 30 12:00:01 = Note: X", "Nov 30 12:00:02 Handle", " Handle"},
		{"> 9: < HCI Command: X", "> 10: Handle: 64", " Handle: 64"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&around, 0, sizeof(around));
		/* Before any header nothing is a prefix. */
		assert_string_equal(behind(rows[i].field), rows[i].field);
		assert_non_null(strchr("<>@=", *behind(rows[i].header)));
		assert_string_equal(behind(rows[i].field), rows[i].is);
		assert_string_equal(behind("    Other: 1"), "    Other: 1");
		/* A header without it ends it. */
		assert_string_equal(behind("> HCI Event: X"), "> HCI Event: X");
		assert_string_equal(behind(rows[i].field), rows[i].field);
	}
}

/* A list has fewer lines; a value may be as long. */
static void a_number_of_eight_digits_is_no_prefix(void **state)
{
	(void)state;
	memset(&around, 0, sizeof(around));
	(void)behind("  9: > HCI Event: X");
	assert_string_equal(behind("1234567: Handle: 64"), " Handle: 64");
	assert_string_equal(behind("12345678: Handle: 64"), "12345678: Handle: 64");
}

static void text_before_a_header_in_its_line_is_no_prefix(void **state)
{
	static const char *const lines[] = {
		"        Handle: 64 > HCI Event: X",
		"64 > HCI Event: X",
		"#12 [hci0] 12:00:00.298154 > HCI Event: X",
		"12:00:00.298154 > HCI Event: X",
		"2016-10-30 03:50:12.606786 > HCI Event: X",
		"[hci0] 0.982350 > ACL Data RX: H",
		"> > HCI Event: X",
		"| < HCI Command: X",
		"Status: > HCI Event: X",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		memset(&around, 0, sizeof(around));
		assert_string_equal(behind(lines[i]), lines[i]);
		assert_int_equal(around.prefix, TEXT_PREFIX_NONE);
	}
}

static void a_comment_ends_a_line(void **state)
{
	static const struct {
		const char *line;
		size_t len;
	} rows[] = {
		{"#12 [hci0] 1.5  // they say", 16},
		{"#12 [hci0] 1.5 # no", 15},
		{"Reason: X (0x05) <--- here", 17},
		{"Reason: X (0x05) <== here", 17},
		{"// they say", 11},
		{"https://example.org", 19},
		{"< ACL Data TX: X #12", 20},
		{"Handle: 64", 10},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(text_line_end(rows[i].line), rows[i].len);
}

static void the_mark_of_a_received_frame_is_just_before_its_channel(void **state)
{
	static const struct {
		const char *line;
		size_t len, at;
	} rows[] = {
		{"> SMP: Pairing Request", 4, 2}, {"    >ATT: X", 4, 5}, {"> > LE L2CAP: X", 9, 4},
		{">       SMP: X", 0, 0},	  {"SMP: X", 0, 0},	 {"< SMP: X", 0, 0},
		{"> HCI Event: X", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t at = 0;
		assert_int_equal(text_line_received(rows[i].line, &at), rows[i].len);
		assert_int_equal(at, rows[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_that_a_header_shows_is_before_its_fields_too),
		cmocka_unit_test(a_number_of_eight_digits_is_no_prefix),
		cmocka_unit_test(text_before_a_header_in_its_line_is_no_prefix),
		cmocka_unit_test(a_comment_ends_a_line),
		cmocka_unit_test(the_mark_of_a_received_frame_is_just_before_its_channel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
