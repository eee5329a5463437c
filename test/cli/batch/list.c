/* SPDX-License-Identifier: MIT */
/* Lists of units: what is read, and the message for each mistake. */
#include "batch/list.h"

#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "heap.h"
#include "unit.h"

static struct batch_list list;
static struct failure failure;

/* Blocks of the JSON library, which do not fail. */
static long json_blocks;

void *__real_malloc(size_t size);
void __real_free(void *block);

static void *json_allocate(size_t size)
{
	json_blocks++;
	return __real_malloc(size);
}

/* Erases as cli/main.c does. */
static void json_release(void *block)
{
	json_blocks -= block != NULL;
	if (block)
		memset(block, 0, malloc_usable_size(block));
	__real_free(block);
}

static int forget(void **state)
{
	(void)state;
	batch_list_free(&list);
	assert_int_equal(json_blocks, 0);
	memset(&failure, 0, sizeof(failure));
	return 0;
}

static int take(const char *text)
{
	batch_list_free(&list);
	memset(&list, 0xff, sizeof(list)); /* it need not be zeroed */
	return batch_list_read(&list, "list", text, strlen(text), &failure);
}

static void a_csv_list_has_a_header_remarks_and_quoted_cells(void **state)
{
	(void)state;
	assert_int_equal(take("\xef\xbb\xbf"
			      "address, label,passkey ,level,rssi\r\n"
			      "# a remark\r\n"
			      "\r\n"
			      "C4:7C:8D:11:22:33/random,\"Unit \"\"7\"\", left\",007007,4,-60\r\n"
			      "00-11-22-33-44-55,,,,\r\n"),
			 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.specs[0].line, 4);
	assert_true(list.specs[0].typed && list.specs[0].address.type == ADDRESS_RANDOM);
	assert_string_equal(list.specs[0].label, "Unit \"7\", left");
	assert_true(list.specs[0].has_passkey && list.specs[0].passkey == 7007);
	assert_int_equal(list.specs[0].level, 4);
	assert_int_equal(list.specs[0].rssi, -60);
	assert_true(list.specs[1].has_address && !list.specs[1].typed);
	assert_false(list.specs[1].has_passkey || list.specs[1].has_rssi || list.specs[1].label);
}

static void a_json_list_has_an_object_a_line(void **state)
{
	static const uint8_t heart_rate[16] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0,	   0, 0x80,
					       0,    0x10, 0,	 0,    0x0d, 0x18, 0, 0};

	(void)state;
	assert_int_equal(take("{\"name\": \"SENSOR-*\", \"service\": \"180d\", \"manufacturer\": "
			      "\"0x0059:01fF\", \"rssi\": -70, \"method\": \"passkey_we_type\", "
			      "\"passkey\": 42, \"confirm\": true}\n"
			      "{\"address\": \"C4:7C:8D:11:22:33\", \"label\": null, \"oob\": "
			      "\"tk=000102030405060708090a0b0c0d0e0f\"}"),
			 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.specs[0].name, "SENSOR-*");
	assert_memory_equal(list.specs[0].service, heart_rate, 16);
	assert_int_equal(list.specs[0].company, 0x59);
	assert_int_equal(list.specs[0].manufacturer_len, 2);
	assert_memory_equal(list.specs[0].manufacturer, "\x01\xff", 2);
	assert_int_equal(list.specs[0].method, SMP_PASSKEY_WE_TYPE);
	assert_int_equal(list.specs[0].passkey, 42);
	assert_int_equal(list.specs[0].confirm, CONFIRM_YES);
	assert_null(list.specs[1].label);
	assert_true(list.specs[1].oob->has_tk);
	assert_int_equal(list.specs[1].oob->tk[0], 0x0f); /* wire order */
}

static void services_of_any_length_are_the_same(void **state)
{
	(void)state;
	assert_int_equal(take("service\n0x180D\n0000180d\n0000180d-0000-1000-8000-00805f9b34fb\n"),
			 0);
	assert_memory_equal(list.specs[0].service, list.specs[1].service, 16);
	assert_memory_equal(list.specs[0].service, list.specs[2].service, 16);
	assert_int_equal(take("service\n6e400001-b5a3-f393-e0a9-e50e24dcca9e\n"), 0);
	assert_int_equal(list.specs[0].service[15], 0x6e);
	assert_int_equal(list.specs[0].service[0], 0x9e);
}

static void a_mistake_is_reported_with_its_place_and_what_was_expected(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", "list: no units; expected CSV with a header, or JSON lines"},
		{"address\n", "list: no units; expected CSV with a header, or JSON lines"},
		{"\xef\xbb\xbf", "list: no units; expected CSV with a header, or JSON lines"},
		{"adress\n", "list: line 1, column 1: \"adress\" is not a field; expected a header "
			     "of address, name,"},
		{"address,label,label\n", "list: line 1, column 3: label is in the header twice"},
		{"address,rssi\n\nAA:BB,1\n", "list: line 3, column 1: \"AA:BB\" is not valid for "
					      "address; expected AA:BB:CC:DD:EE:FF, opt"},
		{"address\nAA:BB:CC:DD:EE:FF,1\n",
		 "list: line 2, column 2: more cells than the header has; expected 1"},
		{"label,name\nx,\"y\n",
		 "list: line 2, column 2: a quotation mark is not closed, or is inside a cell"},
		{"name\n\"a\"b\n",
		 "list: line 2, column 1: a quotation mark is not closed, or is inside a cell"},
		{"label\nx\n", "list: line 2: no field identifies the unit; expected an address,"},
		{"name,passkey\nx,1234567\n", "list: line 2, column 2: the passkey is not valid; "
					      "expected a number of up to six digits"},
		{"name,level\nx,5\n", "list: line 2, column 2: \"5\" is not valid for level; "
				      "expected the least level of security mode 1:"},
		{"name,method\nx,oob\n",
		 "list: line 2: the method is oob, but there is no oob data"},
		{"manufacturer\n0059:0\n",
		 "list: line 2, column 1: \"0059:0\" is not valid for manufacturer; expected a "
		 "company identifier"},
		{"manufacturer\n59\n", "list: line 2, column 1: \"59\" is not valid"},
		{"service\n18\n", "list: line 2, column 1: \"18\" is not valid for service;"},
		{"rssi\n-200\n", "list: line 2, column 1: \"-200\" is not valid for rssi;"},
		{"address\nAA:BB:CC:DD:EE:FF\n00:00:00:00:00:01\naa-bb-cc-dd-ee-ff/random\n",
		 "list: line 4: AA:BB:CC:DD:EE:FF is in line 2 already"},
		{"name,label\nx,7\ny,7\n", "list: line 3: the label \"7\" is in line 2 already"},
		{"{\"name\": \"x\"\n", "list: line 1, column "},
		{"{\"name\": \"x\"}\n[]\n", "list: line 2: expected a JSON object"},
		{"{\"name\": \"x\", \"color\": 1}\n",
		 "list: line 1: \"color\" is not a field; expected address, name,"},
		{"{\"name\": {}}\n",
		 "list: line 1: \"name\" has a value of the wrong type; expected a string"},
		{"{\"name\": \"x\", \"oob\": \"tk=1\"}\n",
		 "list: line 1: the oob is not valid; expected tk=HEX or"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(take(cases[i].text), -1);
		if (strncmp(failure.text, cases[i].error, strlen(cases[i].error)) != 0)
			assert_string_equal(failure.text, cases[i].error);
		assert_null(strchr(failure.text, '\n'));
	}
	/* A secret is not repeated. */
	assert_int_equal(take("name,oob\nx,tk=deadbeef\n"), -1);
	assert_null(strstr(failure.text, "deadbeef"));
	/* A zero octet. */
	batch_list_free(&list);
	assert_int_equal(batch_list_read(&list, "list", "name\na\0b\n", 9, &failure), -1);
	assert_string_equal(failure.text, "list: line 2: a zero octet; expected text");
}

/* The same octets with a public and a random address are two devices. */
static void an_address_of_two_types_is_two_units(void **state)
{
	(void)state;
	assert_int_equal(take("address\nC4:BB:CC:DD:EE:FF/public\nC4:BB:CC:DD:EE:FF/random\n"), 0);
	assert_int_equal(take("address\nC4:BB:CC:DD:EE:FF/public\nC4:BB:CC:DD:EE:FF\n"), -1);
}

static void a_match_is_one_unit(void **state)
{
	struct batch_unit_spec spec;

	(void)state;
	assert_int_equal(batch_match_parse(&spec, "name=SENSOR-*,rssi=-50", &failure), 0);
	assert_string_equal(spec.name, "SENSOR-*");
	assert_int_equal(spec.rssi, -50);
	batch_unit_spec_free(&spec);
	assert_int_equal(batch_match_parse(&spec, "name", &failure), -1);
	assert_string_equal(failure.text, "--match: \"name\" is not valid; expected KEY=VALUE with "
					  "address, name, service, manufacturer or rssi");
	batch_unit_spec_free(&spec);
	assert_int_equal(batch_match_parse(&spec, "name=x,passkey=123456", &failure), -1);
	batch_unit_spec_free(&spec);
}

/* No crash, one line. */
static void a_list_cut_anywhere_is_read_or_reported(void **state)
{
	static const char *const texts[] = {
		"address,label,oob\nC4:7C:8D:11:22:33,\"a\"\"b\",\"tk="
		"000102030405060708090a0b0c0d0e0f\"\n",
		"{\"address\":\"C4:7C:8D:11:22:33\",\"manufacturer\":\"0059:00\"}\n{\"rssi\":-1}\n",
	};

	(void)state;
	for (size_t k = 0; k < COUNT(texts); k++)
		for (size_t len = 0; len < strlen(texts[k]); len++) {
			batch_list_free(&list);
			if (batch_list_read(&list, "list", texts[k], len, &failure))
				assert_true(strlen(failure.text) > 10);
		}
}

/* A list of more units than one allocation has room for, with a passkey that must not stay. */
static void no_passkey_is_left_in_freed_memory(void **state)
{
	static char text[200 * 32] = "";
	static const char passkey[] = "493021";
	static const uint32_t binary = 493021;
	long before;

	(void)state;
	batch_list_free(&list);
	before = heap_blocks();
	(void)strcpy(text, "address,passkey\n");
	for (unsigned i = 0; i < 200; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "C4:00:00:00:00:%02X,493021\n", i);
	heap_forbid(passkey, 6);
	assert_int_equal(take(text), 0);
	assert_int_equal(list.count, 200);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(list.specs[i].address.octets[0], i);
		assert_int_equal(list.specs[i].line, i + 2);
	}
	batch_list_free(&list);
	/* Of JSON, whose numbers are made into text. */
	assert_int_equal(take("{\"name\": \"x\", \"passkey\": 493021}\n"), 0);
	assert_int_equal(list.specs[0].passkey, 493021);
	batch_list_free(&list);
	/* As a number. */
	heap_forbid(&binary, sizeof(binary));
	assert_int_equal(take(text), 0);
	batch_list_free(&list);
	/* After a job has taken over the units. */
	assert_int_equal(take("name,passkey\nx,493021\n"), 0);
	batch_unit_spec_free(&(struct batch_unit_spec){.name = list.specs[0].name});
	list.count = 0;
	batch_list_free(&list);
	heap_forbid(NULL, 0);
	assert_int_equal(heap_blocks(), before);
}

/* Each allocation fails once. */
static void a_lack_of_memory_is_reported(void **state)
{
	static char text[100 * 32] = "";
	size_t n = 0;
	long before;
	int status;

	(void)state;
	batch_list_free(&list);
	before = heap_blocks();
	(void)strcpy(text, "address\n");
	for (unsigned i = 0; i < 80; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "C4:00:00:00:00:%02X\n", i);
	do {
		failure = (struct failure){CLI_OK, ""};
		heap_fail_at(++n);
		status = take(text);
		heap_fail_at(0);
		if (status) {
			assert_int_equal(status, -1);
			assert_int_equal(failure.exit, CLI_INTERNAL);
			assert_non_null(strstr(failure.text, "no memory"));
		}
		batch_list_free(&list);
		assert_int_equal(heap_blocks(), before);
	} while (status);
	assert_int_equal(n, 6); /* two buffers, two tables of units, one of duplicates; then none */
}

static void what_was_read_before_a_mistake_can_be_freed(void **state)
{
	long before;

	(void)state;
	batch_list_free(&list);
	before = heap_blocks();
	assert_int_equal(take("name,label,oob\nx,y,tk=000102030405060708090a0b0c0d0e0f\nx,y,1\n"),
			 -1);
	assert_int_equal(list.count, 2);
	batch_list_free(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(take("{\"name\": \"x\", \"label\": {}}\n"), -1);
	batch_list_free(&list);
	assert_int_equal(heap_blocks(), before);
}

static void columns_may_come_in_any_order_and_cells_may_be_empty(void **state)
{
	(void)state;
	assert_int_equal(take("level,address,label\n,C4:00:00:00:00:01,\n3,,x\n"), -1);
	assert_int_equal(strncmp(failure.text, "list: line 3: no field identifies", 33), 0);
	assert_int_equal(take("level,address,label\n,C4:00:00:00:00:01,\n3,C4:00:00:00:00:02,x\n"),
			 0);
	assert_int_equal(list.specs[0].level, 0);
	assert_null(list.specs[0].label);
	assert_int_equal(list.specs[1].level, 3);
	assert_string_equal(list.specs[1].label, "x");
	/* Fewer cells than the header has. */
	assert_int_equal(take("address,label\nC4:00:00:00:00:01\n"), 0);
}

/* The two lines are named in their order, whichever is first after sorting. */
static void the_line_of_a_duplicate_is_the_later_one(void **state)
{
	(void)state;
	assert_int_equal(take("address\nC4:00:00:00:00:02\nC4:00:00:00:00:03\n"
			      "C4:00:00:00:00:01\nC4:00:00:00:00:03\n"),
			 -1);
	assert_string_equal(failure.text, "list: line 5: C4:00:00:00:00:03 is in line 3 already");
	assert_int_equal(take("address\nC4:00:00:00:00:03/public\nC4:00:00:00:00:03/random\n"
			      "C4:00:00:00:00:03/random\n"),
			 -1);
	assert_string_equal(failure.text, "list: line 4: C4:00:00:00:00:03 is in line 3 already");
	assert_int_equal(take("name,label\na,z\nb,y\nc,z\n"), -1);
	assert_string_equal(failure.text, "list: line 4: the label \"z\" is in line 2 already");
	/* A label is no name where there is an address. */
	assert_int_equal(take("address,label\nC4:00:00:00:00:01,x\nC4:00:00:00:00:02,x\n"), 0);
	assert_int_equal(take("address,name,label\nC4:00:00:00:00:01,,x\n,y,x\n"), 0);
	/* Addresses that differ in one octet, first or last, are two units. */
	assert_int_equal(take("address\nC4:00:00:00:00:01\nC5:00:00:00:00:01\nC4:00:00:00:00:02\n"),
			 0);
}

static void json_values_may_be_numbers_and_booleans(void **state)
{
	(void)state;
	assert_int_equal(
		take("  {\"name\": \"x\", \"confirm\": false, \"level\": 3, \"rssi\": -9}\n"
		     "\n# remark\n{\"name\": \"x\", \"confirm\": true, \"passkey\": null}\n"),
		0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.specs[0].confirm, CONFIRM_NO);
	assert_int_equal(list.specs[0].level, 3);
	assert_int_equal(list.specs[0].rssi, -9);
	assert_int_equal(list.specs[1].confirm, CONFIRM_YES);
	assert_int_equal(list.specs[1].line, 4);
	assert_false(list.specs[1].has_passkey);
	assert_int_equal(take("{\"name\": \"x\", \"rssi\": 1.5}\n"), -1);
	assert_non_null(strstr(failure.text, "wrong type"));
	assert_int_equal(take("{\"name\": \"x\", \"name\": \"y\"}\n"), -1);
	assert_int_equal(take("{\"name\": \"x\", \"level\": 9, \"label\": \"y\"}\n"), -1);
	assert_non_null(strstr(failure.text, "\"9\" is not valid for level"));
	assert_int_equal(take("{\"label\": \"y\"}\n"), -1);
	assert_non_null(strstr(failure.text, "no field identifies"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_csv_list_has_a_header_remarks_and_quoted_cells, forget),
		cmocka_unit_test_teardown(a_json_list_has_an_object_a_line, forget),
		cmocka_unit_test_teardown(services_of_any_length_are_the_same, forget),
		cmocka_unit_test_teardown(
			a_mistake_is_reported_with_its_place_and_what_was_expected, forget),
		cmocka_unit_test_teardown(an_address_of_two_types_is_two_units, forget),
		cmocka_unit_test_teardown(a_match_is_one_unit, forget),
		cmocka_unit_test_teardown(a_list_cut_anywhere_is_read_or_reported, forget),
		cmocka_unit_test_teardown(no_passkey_is_left_in_freed_memory, forget),
		cmocka_unit_test_teardown(a_lack_of_memory_is_reported, forget),
		cmocka_unit_test_teardown(what_was_read_before_a_mistake_can_be_freed, forget),
		cmocka_unit_test_teardown(columns_may_come_in_any_order_and_cells_may_be_empty,
					  forget),
		cmocka_unit_test_teardown(the_line_of_a_duplicate_is_the_later_one, forget),
		cmocka_unit_test_teardown(json_values_may_be_numbers_and_booleans, forget),
	};
	json_set_alloc_funcs(json_allocate, json_release);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
