/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include "unit.h"

static void text_has_the_most_significant_octet_first(void **state)
{
	uint8_t value[3] = {0};
	char text[7];

	(void)state;
	assert_true(hex_parse("0aBc9f", value, 3));
	assert_memory_equal(value, "\x9f\xbc\x0a", 3);
	assert_string_equal(hex_format(value, 3, text), "0abc9f");
	assert_ptr_equal(hex_format(value, 3, text), text);
}

static void every_octet_survives(void **state)
{
	char text[3];

	(void)state;
	for (int i = 0; i < 256; i++) {
		uint8_t in = (uint8_t)i, out = (uint8_t)~in;
		assert_true(hex_parse(hex_format(&in, 1, text), &out, 1));
		assert_int_equal(out, in);
	}
}

static void only_digits_of_the_exact_length_are_accepted(void **state)
{
	static const char *const wrong[] = {"",	    "0",    "012",  "01234", "0x12", "g123", "0g23",
					    "01g3", "012g", " 123", "123 ",  "-123", "+1+1"};
	uint8_t value[2];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(hex_parse(wrong[i], value, 2));
	assert_true(hex_parse("", value, 0));
	assert_false(hex_parse("00", value, 0));
}

static void nothing_is_an_empty_text(void **state)
{
	char text[1] = {'x'};

	(void)state;
	assert_string_equal(hex_format(NULL, 0, text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_has_the_most_significant_octet_first),
		cmocka_unit_test(every_octet_survives),
		cmocka_unit_test(only_digits_of_the_exact_length_are_accepted),
		cmocka_unit_test(nothing_is_an_empty_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
