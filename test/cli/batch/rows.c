/* SPDX-License-Identifier: MIT */
/* Rows one by one: a line that is refused leaves the others as they are. test/cli/batch/list.c has
 * what a row may hold. */
#include "batch/rows.h"

#include <string.h>

#include "unit.h"

static struct batch_rows rows;
static struct failure failure;

static int begin(void **state)
{
	(void)state;
	return batch_rows_init(&rows, "stdin", 64);
}

static int end(void **state)
{
	(void)state;
	batch_rows_free(&rows);
	return 0;
}

/* The last octet of the address of the row; 0: the line holds no unit; -1: it is refused. */
static int take(const char *line)
{
	struct batch_unit_spec spec;
	int status = batch_rows_take(&rows, line, strlen(line), &spec, &failure);
	int last = status == 1 ? spec.address.octets[0] : status;

	assert_int_equal(spec.line, rows.line);
	batch_unit_spec_free(&spec);
	return last;
}

static void rows_follow_their_header(void **state)
{
	(void)state;
	assert_int_equal(take("# a remark"), 0);
	assert_int_equal(take("address,label"), 0);
	assert_int_equal(take("C4:00:00:00:00:01,one"), 1);
	assert_int_equal(take("\r"), 0);
	assert_int_equal(take("C4:00:00:00:00:02,two\r"), 2);
	assert_int_equal(rows.line, 5);
}

static void a_row_that_is_refused_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(take("address,level"), 0);
	assert_int_equal(take("C4:00:00,4"), -1);
	assert_string_equal(failure.text, "stdin: line 2, column 1: \"C4:00:00\" is not valid for "
					  "address; expected AA:BB:CC:DD:EE:FF, optionally with "
					  "/public or /random");
	assert_int_equal(take("C4:00:00:00:00:01,9"), -1);
	assert_int_equal(take("C4:00:00:00:00:02,4,5"), -1);
	assert_int_equal(take("\"C4:00:00:00:00:03"), -1);
	assert_int_equal(take("C4:00:00:00:00:04,4"), 4);
}

static void the_line_after_a_header_that_is_refused_is_the_header(void **state)
{
	(void)state;
	assert_int_equal(take("address,colour"), -1);
	assert_non_null(strstr(failure.text, "column 2: \"colour\" is not a field"));
	assert_int_equal(take("C4:00:00:00:00:01"), -1);
	assert_int_equal(take("label,address"), 0);
	assert_int_equal(take("one,C4:00:00:00:00:01"), 1);
}

static void an_object_that_is_refused_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(take("{\"address\": \"C4:00:00:00:00:01\""), -1);
	assert_int_equal(take("{\"address\": \"C4:00:00:00:00:02\"}"), 2);
	assert_int_equal(take("address"), -1);
	assert_int_equal(take("{\"address\": 3}"), -1);
	assert_int_equal(take("{\"address\": \"C4:00:00:00:00:03\"}"), 3);
}

static void a_line_that_is_too_long_is_refused(void **state)
{
	char line[70];

	(void)state;
	assert_int_equal(take("address"), 0);
	memset(line, ' ', sizeof(line));
	memcpy(line, "C4:00:00:00:00:01", 17);
	line[65] = '\0';
	assert_int_equal(take(line), -1);
	assert_string_equal(failure.text, "stdin: line 2: it is longer than 64 octets");
	line[64] = '\0';
	assert_int_equal(take(line), 1);
}

static void a_line_with_a_zero_octet_is_refused(void **state)
{
	static const char line[] = "C4:00:00:00:00:01\0";
	struct batch_unit_spec spec;

	(void)state;
	assert_int_equal(take("address"), 0);
	assert_int_equal(batch_rows_take(&rows, line, sizeof(line) - 1, &spec, &failure), -1);
	batch_unit_spec_free(&spec);
	assert_string_equal(failure.text, "stdin: line 2: a zero octet; expected text");
	assert_int_equal(take(line), 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rows_follow_their_header),
		CASE(a_row_that_is_refused_does_not_count),
		CASE(the_line_after_a_header_that_is_refused_is_the_header),
		CASE(an_object_that_is_refused_does_not_count),
		CASE(a_line_that_is_too_long_is_refused),
		CASE(a_line_with_a_zero_octet_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
