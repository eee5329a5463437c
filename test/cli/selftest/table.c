/* SPDX-License-Identifier: MIT */
#include "selftest/table.h"

#include <string.h>

#include "unit.h"

/* The row of one controller, given as JSON. Freed with the next call. */
static const char *row(const char *controller)
{
	static json_t *lines;
	json_t *list = json_array(), *c = json_loads(controller, 0, NULL);

	assert_non_null(c);
	(void)json_array_append_new(list, c);
	json_decref(lines);
	lines = selftest_table(list, "1.2.3");
	json_decref(list);
	assert_int_equal(json_array_size(lines), 3);
	return json_string_value(json_array_get(lines, 2));
}

static void a_controller_becomes_a_row(void **state)
{
	(void)state;
	assert_string_equal(
		row("{\"maker\":\"Realtek RTL8761B\",\"manufacturer\":\"Realtek\",\"usb_id\":"
		    "\"0bda:8771\",\"version\":\"5.1\",\"hci_revision\":11,\"lmp_subversion\":"
		    "34657,\"resets\":100,\"answered\":99,\"reset_ms\":0.44,\"heard_per_second\":"
		    "31.25,\"central\":{\"passed\":10,\"of\":11},\"peripheral\":{\"passed\":11,"
		    "\"of\":11},\"failed\":[\"resets\",\"SC Just Works\"]}"),
		"| Realtek RTL8761B | 0bda:8771 | 5.1 000b, 8761 | 99/100, 0.4 ms | 31.3 | 10/11, "
		"11/11 | resets, and 1 more | 1.2.3 |");
}

static void what_is_not_known_is_a_dash(void **state)
{
	(void)state;
	assert_string_equal(row("{\"maker\":\"unknown\",\"failed\":[]}"),
			    "| - | - | - | - | - | - | - | 1.2.3 |");
}

static void a_maker_that_is_not_in_the_table_has_the_name_of_its_company(void **state)
{
	(void)state;
	assert_string_equal(row("{\"maker\":\"unknown\",\"manufacturer\":\"Acme\"}"),
			    "| Acme | - | - | - | - | - | - | 1.2.3 |");
}

static void a_bar_does_not_end_a_cell_and_a_long_name_does_not_end_the_line(void **state)
{
	char long_one[2100] = "{\"maker\":\"";

	(void)state;
	assert_string_equal(row("{\"maker\":\"a|b\"}"),
			    "| a\\|b | - | - | - | - | - | - | 1.2.3 |");
	memset(long_one + 10, '|', 2000);
	strcpy(long_one + 2010, "\"}");
	assert_string_equal(row(long_one), "| ... | - | - | - | - | - | - | 1.2.3 |");
	strcpy(long_one + 10 + 480, "\"}");
	assert_int_equal(strlen(row(long_one)),
			 2 + 2 * 480 + strlen(" | - | - | - | - | - | - | 1.2.3 |"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_controller_becomes_a_row),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(a_maker_that_is_not_in_the_table_has_the_name_of_its_company),
		cmocka_unit_test(a_bar_does_not_end_a_cell_and_a_long_name_does_not_end_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
