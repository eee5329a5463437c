/* SPDX-License-Identifier: MIT */
#include "base/passkey.h"

#include "unit.h"

static void six_digits_are_two_groups(void **state)
{
	char text[PASSKEY_TEXT];

	(void)state;
	assert_string_equal(passkey_group(123456, text), "123 456");
	assert_string_equal(passkey_group(0, text), "000 000");
	assert_string_equal(passkey_group(999999, text), "999 999");
	assert_string_equal(passkey_group_text("007007", text), "007 007");
	assert_string_equal(passkey_group_text("12345", text), "12345");
	assert_string_equal(passkey_group_text("", text), "");
}

static void the_blank_in_the_middle_may_be_left_out(void **state)
{
	static const char *const wrong[] = {"",		" ",	   "12",      "123",	  "123 ",
					    "12345",	"123 45",  "1234567", "123 4567", "12 3456",
					    "123  456", "123-456", " 123456", "123456 ",  "12345x"};
	uint32_t number = 1;

	(void)state;
	assert_true(passkey_parse("012345", &number));
	assert_int_equal(number, 12345);
	assert_true(passkey_parse("543 210", &number));
	assert_int_equal(number, 543210);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(passkey_parse(wrong[i], &number));
	assert_int_equal(number, 543210);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_digits_are_two_groups),
		cmocka_unit_test(the_blank_in_the_middle_may_be_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
