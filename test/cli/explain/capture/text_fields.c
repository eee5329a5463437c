/* SPDX-License-Identifier: MIT */
/* Values out of the fields of a text, blanks removed. */
#include "capture/text_fields.h"

#include <string.h>

#include "unit.h"

static void a_number_is_read_in_each_notation(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
		bool is;
	} rows[] = {
		{"0x2a", 0x2a, true},
		{"42", 42, true},
		{"42.5msec(0x002a)", 0x2a, true},
		{"Random(0x01)Next:", 1, true},
		{"Random(0x01", 0, false}, /* its end is cut */
		{"Next:Random(0x01)", 0, false},
		{"", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *p = rows[i].text;
		uint64_t value = 0;
		assert_int_equal(capture_number(&p, 2, &value), rows[i].is);
		if (rows[i].is)
			assert_int_equal(value, rows[i].value);
	}
}

static void an_address_that_is_cut_changes_nothing(void **state)
{
	static const char *const cut[] = {"", "00:16:A4:5..", "00:16:A4:5B:4F:0",
					  "00-16-A4-5B-4F-02"};
	uint8_t address[6] = {1, 2, 3, 4, 5, 6};

	(void)state;
	for (size_t i = 0; i < COUNT(cut); i++) {
		assert_false(capture_address(cut[i], address));
		assert_memory_equal(address, "\1\2\3\4\5\6", 6);
	}
	assert_true(capture_address("00:16:A4:5B:4F:02", address));
	assert_memory_equal(address, "\x02\x4f\x5b\xa4\x16\0", 6);
}

static void a_label_may_have_a_length(void **state)
{
	static const struct {
		const char *body, *behind;
	} rows[] = {
		{"Value:1", "1"},     {"Value[16]:1", "1"},	 {"Value[]:1Value:2", "2"},
		{"Value[x]:1", NULL}, {"Value1Value[2]:3", "3"}, {"Other:1Name:2", "2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *p = capture_behind(rows[i].body, "Value:|Name:");
		if (rows[i].behind)
			assert_string_equal(p, rows[i].behind);
		else
			assert_null(p);
	}
}

static void a_masked_address_is_whole(void **state)
{
	static const struct {
		const char *text;
		bool masked;
	} rows[] = {
		{"XX:XX:XX:XX:XX:XX(Company)", true},
		{"xx:xx:xx:xx:xx:55", true},
		{"**:**:**:**:**:**", true},
		{"00:11:22:33:44:55", false},
		{"XX:XX:XX:XX:XX:X", false},
		{"XX-XX-XX-XX-XX-XX", false},
		{"", false},
	};
	static const struct layout layout = {0, {A("C"), N("D", 1)}};
	struct explain_octets octets;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(capture_is_masked_address(rows[i].text), rows[i].masked);
	memset(&octets, 0, sizeof(octets));
	capture_put_fields(&octets, &layout, "C:XX:XX:XX:XX:XX:XXD:5", 7);
	assert_false(octets.lacks);
	assert_memory_equal(octets.known, "\0\0\0\0\0\0\1", 7);
}

static void the_type_of_an_address_is_the_word_behind_it(void **state)
{
	static const struct {
		const char *text;
		enum capture_address_type type;
	} rows[] = {
		{"(Static)", CAPTURE_RANDOM},
		{"(Resolvable)Count:1", CAPTURE_RANDOM},
		{"(Non-Resolvable)", CAPTURE_RANDOM},
		{"(Reserved)", CAPTURE_RANDOM},
		{"(SomeCompany,Inc.)", CAPTURE_PUBLIC},
		{"(OUI00-11-22)", CAPTURE_PUBLIC},
		{"(Resolv", CAPTURE_TYPE_UNKNOWN},
		{"(ResolvCount:1(0x01)", CAPTURE_TYPE_UNKNOWN},
		{"Count:1(0x01)", CAPTURE_TYPE_UNKNOWN},
		{"", CAPTURE_TYPE_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(capture_address_type(rows[i].text), rows[i].type);
}

static void what_is_not_there_is_unknown(void **state)
{
	static const struct layout layout = {0, {N("A", 1), H("B", 2), A("C"), HIDE(1)}};
	struct explain_octets octets;

	(void)state;
	memset(&octets, 0, sizeof(octets));
	capture_put_fields(&octets, &layout, "A:5B:01C:00:11:22:33:44:5", 12);
	assert_int_equal(octets.len, 12);
	assert_true(octets.lacks);
	assert_memory_equal(octets.known, "\1\1\0\0\0\0\0\0\0\0\0\0", 12);
	assert_int_equal(octets.data[0], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_read_in_each_notation),
		cmocka_unit_test(an_address_that_is_cut_changes_nothing),
		cmocka_unit_test(a_label_may_have_a_length),
		cmocka_unit_test(a_masked_address_is_whole),
		cmocka_unit_test(the_type_of_an_address_is_the_word_behind_it),
		cmocka_unit_test(what_is_not_there_is_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
