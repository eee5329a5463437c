/* SPDX-License-Identifier: MIT */
/* Bonds as CSV, written and read. */
#include "transfer/bond_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define HEADER                                                                                     \
	"in_force,made,role,local,peer,secure_connections,authenticated,key_size,method,link_key," \
	"local_ltk,local_ediv,local_rand,local_irk,local_identity,local_csrk,peer_ltk,peer_ediv,"  \
	"peer_rand,peer_irk,peer_identity,peer_csrk"
#define ROW "true" ROW_AFTER_IN_FORCE
#define ROW_AFTER_IN_FORCE                                            \
	",2026-11-25T10:17:50.406Z,central,00:AA:01:01:00:42/public," \
	"C4:00:00:00:00:01/random,true,false,16,just_works,,"         \
	"00000000000000000000000000000001,0000,0000000000000000,,,,"  \
	"00000000000000000000000000000001,0000,0000000000000000,,,"

static struct failure failure;

static struct bond_record bond(void)
{
	struct bond_record r = {
		.made = "2026-11-25T10:17:50.406Z",
		.central = true,
		.local = {0, {0x42, 0, 1, 1, 0xaa, 0}},
		.peer = {1, {1, 0, 0, 0, 0, 0xc4}},
		.bond = {.bonded = true,
			 .secure_connections = true,
			 .key_size = 16,
			 .method = SMP_JUST_WORKS,
			 .local = {.has_ltk = true, .ltk = {1}},
			 .peer = {.has_ltk = true, .ltk = {1}}},
	};
	return r;
}

static json_t *read_octets(const char *text, size_t len)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, len, "r");

	assert_non_null(file);
	failure = (struct failure){CLI_OK, ""};
	json_t *json = bond_csv_read(file, &failure);
	(void)fclose(file);
	return json;
}

static json_t *read_text(const char *text)
{
	return read_octets(text, strlen(text));
}

/* The single bond of a text, in this list. */
static void assert_reads(const char *text, const char *list)
{
	json_t *json = read_text(text);
	struct bond_record expected = bond();

	if (!json)
		fail_msg("%s", failure.text);
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "bonds")) +
				 json_array_size(json_object_get(json, "history")),
			 1);
	struct bond_record found;
	json_t *item = json_array_get(json_object_get(json, list), 0);
	assert_int_equal(bond_from_json(item, &found, &failure), 0);
	json_t *before = bond_to_json(&expected), *after = bond_to_json(&found);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	json_decref(json);
}

static void a_bond_is_a_line_with_a_cell_for_each_field(void **state)
{
	struct bond_record r = bond();
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_true(bond_csv_write_header(file));
	assert_true(bond_csv_write(file, &r, true));
	(void)fclose(file);
	assert_string_equal(text, HEADER "\r\n" ROW "\r\n");
	assert_reads(text, "bonds");
	free(text);
	file = open_memstream(&text, &size);
	assert_true(bond_csv_write_header(file));
	assert_true(bond_csv_write(file, &r, false));
	(void)fclose(file);
	assert_reads(text, "history");
	free(text);
}

static void a_file_that_cannot_be_written_is_noticed(void **state)
{
	struct bond_record r = bond();
	FILE *file = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(file);
	(void)setvbuf(file, NULL, _IONBF, 0);
	assert_false(bond_csv_write_header(file));
	clearerr(file);
	assert_false(bond_csv_write(file, &r, true));
	(void)fclose(file);
}

static void what_spreadsheets_write_is_read(void **state)
{
	static const char reordered[] =
		"peer,made,role,local,secure_connections,authenticated,key_size,method,local_ltk,"
		"local_ediv,local_rand,peer_ltk,peer_ediv,peer_rand\n"
		"C4:00:00:00:00:01/random,2026-11-25T10:17:50.406Z,central,"
		"00:AA:01:01:00:42/public,true,false,16,just_works,"
		"00000000000000000000000000000001,0000,0000000000000000,"
		"00000000000000000000000000000001,0000,0000000000000000\n";

	(void)state;
	assert_reads(HEADER "\n" ROW "\n", "bonds");
	assert_reads(HEADER "\n" ROW, "bonds");
	assert_reads("\xef\xbb\xbf" HEADER "\r\n" ROW "\r\n", "bonds");
	assert_reads("\xef\xbb\xbf\r\n" HEADER "\r\n" ROW "\r\n", "bonds");
	assert_reads("\n\n  \n" HEADER "\n\n" ROW "\n \t\r\n\n", "bonds");
	assert_reads(reordered, "bonds");
}

/* Anything but "false" is in force, as without the column. */
static void only_false_makes_a_bond_history(void **state)
{
	(void)state;
	assert_reads(HEADER "\nfalse" ROW_AFTER_IN_FORCE "\n", "history");
	assert_reads(HEADER "\n\"false\"" ROW_AFTER_IN_FORCE "\n", "history");
	assert_reads(HEADER "\n" ROW_AFTER_IN_FORCE "\n", "bonds");
	assert_reads(HEADER "\nTRUE" ROW_AFTER_IN_FORCE "\n", "bonds");
}

static void a_wrong_line_is_reported_with_its_number(void **state)
{
	static const struct {
		const char *text, *words;
	} wrongs[] = {
		{"", "it is empty; expected JSON, or CSV, as bonds export writes them"},
		{"\n \n", "it is empty; expected JSON"},
		{"nonsense\n", "line 1: cell 1 names no column of ours; expected JSON, or CSV"},
		{"made,irk\n", "line 1: cell 2 names no column of ours"},
		{"made,\"role\n", "line 1: cell 2 names no column of ours"},
		{"made,\n", "line 1: cell 2 names no column of ours"},
		{"\nmade,role,\"\"\n", "line 2: cell 3 names no column of ours"},
		{HEADER "," HEADER "\n", "line 1: cell 33 names no column of ours"},
		{HEADER "\ntrue\n", "line 2: \"made\" is missing"},
		{HEADER "\n" ROW ",\n", "line 2: expected 22 cells, as the header has"},
		{HEADER "\n" ROW ",x\n", "line 2: expected 22 cells, as the header has"},
		{HEADER "\n\n" ROW "\n\"x\n", "line 4: expected 22 cells"},
		{HEADER "\n" ROW "\ntrue,yesterday\n", "line 3: \"made\" must be a time"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		assert_null(read_text(wrongs[i].text));
		if (strstr(failure.text, wrongs[i].words) != failure.text)
			fail_msg("%s: %s", wrongs[i].words, failure.text);
		assert_int_equal(failure.exit, CLI_USAGE);
	}
}

static void a_table_has_at_most_32_columns(void **state)
{
	char text[32 * 5 + 1] = "made";
	json_t *json;

	(void)state;
	for (int i = 1; i < 32; i++)
		(void)strcat(text, ",made");
	json = read_text(text);
	assert_non_null(json);
	json_decref(json);
}

static void a_zero_octet_is_refused(void **state)
{
	static const char first[] = "ma\0de\n", second[] = HEADER "\n" ROW "\0\n";

	(void)state;
	assert_null(read_octets(first, sizeof(first) - 1));
	assert_string_equal(failure.text, "line 1: a zero octet; expected JSON, or CSV, as bonds "
					  "export writes them");
	assert_null(read_octets(second, sizeof(second) - 1));
	assert_non_null(strstr(failure.text, "line 2: a zero octet"));
}

static bool no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return no_memory ? NULL : __real_malloc(size);
}

static void a_want_of_memory_is_reported(void **state)
{
	(void)state;
	no_memory = true;
	json_t *json = read_text(HEADER "\n" ROW "\n");
	no_memory = false;
	assert_null(json);
	assert_string_equal(failure.text, "line 1: out of memory");
	assert_int_equal(failure.exit, CLI_INTERNAL);
}

/* Not UTF-8: JSON has no such text, and no field of a bond either. */
static void other_octets_are_refused(void **state)
{
	(void)state;
	assert_null(read_text("made,role\n\xff,central\n"));
	assert_non_null(strstr(failure.text, "line 2: \"made\" is not of the right kind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bond_is_a_line_with_a_cell_for_each_field),
		cmocka_unit_test(a_file_that_cannot_be_written_is_noticed),
		cmocka_unit_test(what_spreadsheets_write_is_read),
		cmocka_unit_test(only_false_makes_a_bond_history),
		cmocka_unit_test(a_wrong_line_is_reported_with_its_number),
		cmocka_unit_test(a_table_has_at_most_32_columns),
		cmocka_unit_test(a_zero_octet_is_refused),
		cmocka_unit_test(a_want_of_memory_is_reported),
		cmocka_unit_test(other_octets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
