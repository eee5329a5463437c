/* SPDX-License-Identifier: MIT */
#include "batch/names.h"

#include <string.h>

#include "unit.h"

static char label[] = "SN-0412", address_label[] = "C1:22:33:44:55:66";

static struct batch_unit_spec with_address(bool typed)
{
	return (struct batch_unit_spec){
		.line = 7,
		.has_address = true,
		.typed = typed,
		.address = {typed ? 1 : 0, {0x66, 0x55, 0x44, 0x33, 0x22, 0xc1}}};
}

static void the_key_is_the_address_else_the_label_else_the_line(void **state)
{
	struct batch_unit_spec spec = with_address(false);
	char text[BATCH_UNIT_NAME];

	(void)state;
	spec.label = label;
	assert_string_equal(batch_unit_key(&spec, text), "C1:22:33:44:55:66");
	spec = with_address(true);
	assert_string_equal(batch_unit_key(&spec, text), "C1:22:33:44:55:66/random");
	spec = (struct batch_unit_spec){.line = 7, .label = label};
	assert_string_equal(batch_unit_key(&spec, text), "SN-0412");
	spec.label = NULL;
	assert_string_equal(batch_unit_key(&spec, text), "line 7");
}

static void the_name_adds_a_label_that_is_not_the_key(void **state)
{
	struct batch_unit_spec spec = with_address(false);
	char text[BATCH_UNIT_NAME];

	(void)state;
	assert_string_equal(batch_unit_name(&spec, text), "C1:22:33:44:55:66");
	spec.label = label;
	assert_string_equal(batch_unit_name(&spec, text), "C1:22:33:44:55:66 SN-0412");
	spec.label = address_label;
	assert_string_equal(batch_unit_name(&spec, text), "C1:22:33:44:55:66");
	spec = (struct batch_unit_spec){.label = label};
	assert_string_equal(batch_unit_name(&spec, text), "SN-0412");
}

static void the_longest_names_fit(void **state)
{
	struct batch_unit_spec spec = with_address(true);
	char longest[81], text[BATCH_UNIT_NAME];

	(void)state;
	memset(longest, 'x', 80);
	longest[80] = '\0';
	spec.label = longest;
	assert_string_equal(batch_unit_name(&spec, text) + 24 + 1, longest);
	spec.has_address = false;
	assert_string_equal(batch_unit_key(&spec, text), longest);
}

static void a_cause_names_its_code_in_the_terms_of_its_layer(void **state)
{
	static const struct {
		enum batch_end end;
		int code;
		const char *text;
	} causes[] = {
		{BATCH_REFUSED, 0x09, "the unit refused: Repeated Attempts (0x09)"},
		{BATCH_WE_REFUSED, 0x03, "we refused: Authentication Requirements (0x03)"},
		{BATCH_LOST, 0x08, "link lost: Connection Timeout (0x08)"},
		{BATCH_NOT_ESTABLISHED, 0x00, "connection not established: Success (0x00)"},
		{BATCH_NOT_SEEN, -1, "not seen"},
		{BATCH_WRONG_ATTRIBUTE, 0x0a,
		 "an attribute is not as expected: Attribute Not Found (0x0a)"},
		{BATCH_UNPROTECTED, -1, "an attribute is not protected"},
		{BATCH_UNIT_TIMEOUT, -1, "--unit-timeout over"},
	};
	char text[BATCH_CAUSE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(causes); i++)
		assert_string_equal(batch_cause_text(causes[i].end, causes[i].code, text),
				    causes[i].text);
}

static void slugs_and_texts_are_unique(void **state)
{
	char a[BATCH_CAUSE_TEXT], b[BATCH_CAUSE_TEXT];

	(void)state;
	for (int i = 0; i < BATCH_ENDS; i++)
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(batch_end_slug((enum batch_end)i),
						batch_end_slug((enum batch_end)k));
			assert_string_not_equal(batch_cause_text((enum batch_end)i, -1, a),
						batch_cause_text((enum batch_end)k, -1, b));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_is_the_address_else_the_label_else_the_line),
		cmocka_unit_test(the_name_adds_a_label_that_is_not_the_key),
		cmocka_unit_test(the_longest_names_fit),
		cmocka_unit_test(a_cause_names_its_code_in_the_terms_of_its_layer),
		cmocka_unit_test(slugs_and_texts_are_unique),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
