/* SPDX-License-Identifier: MIT */
#include "capture/wireshark_pdml.h"

#include <string.h>

#include "unit.h"

static char text[200];

static bool line(const char *of)
{
	assert_true(strlen(of) < sizeof(text));
	memcpy(text, of, strlen(of) + 1);
	return wireshark_pdml_line(text);
}

static void a_line_of_pdml_is_what_it_shows(void **state)
{
	static const struct {
		const char *xml, *shows;
	} rows[] = {
		{"<proto name=\"btsmp\" showname=\"Bluetooth Security Manager Protocol\" "
		 "size=\"2\">",
		 "Bluetooth Security Manager Protocol"},
		{"<field name=\"btsmp.reason\" showname=\"Reason: Busy (0x08)\" size=\"1\" "
		 "show=\"8\"/>",
		 "Reason: Busy (0x08)"},
		{"<field name=\"a\" showname=\"Name: \"x\", y\" size=\"1\"/>", "Name: \"x\", y"},
		{"<field name=\"a\" showname=\"Hidden: 1\" hide=\"yes\" size=\"1\"/>", ""},
		{"<field name=\"a\" show=\"1\" size=\"1\"/>", ""},
		{"<field name=\"a\" showname=\"cut", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(line(rows[i].xml));
		assert_string_equal(text, rows[i].shows);
	}
}

static void other_lines_stay(void **state)
{
	static const char *const lines[] = {
		"",	     "\"3\",\"4\",\"5\"",   "<packet>",
		"<protocol", "Reason: Busy (0x08)", "388 14.7 a \xe2\x86\x92 b SMP 16 Sent",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		assert_false(line(lines[i]));
		assert_string_equal(text, lines[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_pdml_is_what_it_shows),
		cmocka_unit_test(other_lines_stay),
	};
	return cmocka_run_group_tests_name("explain/capture/wireshark_pdml", tests, NULL, NULL);
}
