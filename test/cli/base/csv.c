/* SPDX-License-Identifier: MIT */
#include "base/csv.h"

#include <string.h>

#include "unit.h"

/* The cells of a line, joined by "|"; NULL: malformed. */
static const char *cells(const char *line)
{
	static char joined[256];
	char cell[256];
	size_t at = 0;

	joined[0] = '\0';
	for (;;) {
		if (!csv_cell(line, &at, cell))
			return NULL;
		(void)strcat(joined, cell);
		if (!line[at])
			return joined;
		assert_int_equal(line[at], ',');
		at++;
		(void)strcat(joined, "|");
	}
}

static void commas_separate_cells(void **state)
{
	(void)state;
	assert_string_equal(cells("a,bc,d"), "a|bc|d");
	assert_string_equal(cells(""), "");
	assert_string_equal(cells(",,"), "||");
}

static void blanks_around_a_cell_do_not_count(void **state)
{
	(void)state;
	assert_string_equal(cells(" a b\t,\tc , \t,d"), "a b|c||d");
	assert_string_equal(cells(" \"a \" ,b"), "a |b");
	assert_string_equal(cells("\t\"a\"\t"), "a");
}

static void quotation_marks_protect_commas_and_themselves(void **state)
{
	(void)state;
	assert_string_equal(cells("\"a,b\",c"), "a,b|c");
	assert_string_equal(cells("\"say \"\"hi\"\"\""), "say \"hi\"");
	assert_string_equal(cells("\"\""), "");
	assert_string_equal(cells("\"\"\"\""), "\"");
	assert_string_equal(cells("a\"b"), "a\"b"); /* not at the start: an ordinary character */
}

static void a_quoted_cell_must_be_closed_and_end_there(void **state)
{
	static const char *const wrong[] = {"\"", "\"a", "\"a\"\"", "\"a\"b", "\"a\" b", "a,\"b"};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_null(cells(wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_separate_cells),
		cmocka_unit_test(blanks_around_a_cell_do_not_count),
		cmocka_unit_test(quotation_marks_protect_commas_and_themselves),
		cmocka_unit_test(a_quoted_cell_must_be_closed_and_end_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
