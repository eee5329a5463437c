/* SPDX-License-Identifier: MIT */
#include "acceptance/uuid.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static void a_uuid_has_several_forms(void **state)
{
	static const char *const forms[] = {"2A25", "2a25", "0x2A25", "0X2a25", "serial-number"};
	struct att_uuid uuid;
	char text[UUID_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		assert_true(uuid_parse(forms[i], &uuid));
		assert_int_equal(uuid.len, 2);
		assert_memory_equal(uuid.octets, "\x25\x2a", 2);
		assert_string_equal(uuid_format(&uuid, text), "2A25");
	}
	assert_true(uuid_parse("b1e9a101-6c4e-4f0e-9b0a-7d3f5c21e8a4", &uuid));
	assert_int_equal(uuid.len, 16);
	assert_int_equal(uuid.octets[0], 0xa4);
	assert_int_equal(uuid.octets[15], 0xb1);
	assert_string_equal(uuid_format(&uuid, text), "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4");
}

static void other_forms_are_refused(void **state)
{
	static const char *const wrong[] = {"",
					    "2A2",
					    "2A255",
					    "2A2G",
					    "0x",
					    "Serial-Number",
					    "serial",
					    "B1E9A1016C4E4F0E9B0A7D3F5C21E8A4",
					    "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A",
					    "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A44",
					    "B1E9A101-6C4E-4F0E-9B0A_7D3F5C21E8A4",
					    "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8AX"};
	struct att_uuid uuid;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(uuid_parse(wrong[i], &uuid));
}

static void each_word_has_a_name(void **state)
{
	struct att_uuid uuid, other;
	size_t n = 0;

	(void)state;
	for (; uuid_word(n); n++) {
		assert_true(uuid_parse(uuid_word(n), &uuid));
		assert_non_null(uuid_name(&uuid));
		for (size_t i = 0; i < n; i++) {
			assert_true(uuid_parse(uuid_word(i), &other));
			assert_false(uuid_equal(&uuid, &other));
		}
	}
	assert_true(n > 8);
	assert_true(uuid_parse("1234", &uuid));
	assert_null(uuid_name(&uuid));
}

static void the_page_has_each_word(void **state)
{
	static char page[1 << 16];
	char word[40];
	FILE *file = fopen(PAGE, "re");

	(void)state;
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	(void)fclose(file);
	for (size_t n = 0; uuid_word(n); n++) {
		(void)snprintf(word, sizeof(word), "`%s`", uuid_word(n));
		assert_non_null(strstr(page, word));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uuid_has_several_forms),
		cmocka_unit_test(other_forms_are_refused),
		cmocka_unit_test(each_word_has_a_name),
		cmocka_unit_test(the_page_has_each_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
