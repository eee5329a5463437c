/* SPDX-License-Identifier: MIT */
/* Every field of a unit: the values that it takes, their limits, and what it leaves alone. */
#include "batch/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "heap.h"
#include "unit.h"

static struct batch_unit_spec spec;
static struct failure failure;

static int forget(void **state)
{
	(void)state;
	batch_unit_spec_free(&spec);
	memset(&failure, 0, sizeof(failure));
	return 0;
}

static bool takes(const char *field, const char *value)
{
	int status;

	batch_unit_spec_free(&spec);
	memset(&failure, 0, sizeof(failure));
	assert_non_null(batch_field(field));
	status = batch_field_set(batch_field(field), &spec, value, "here", &failure);
	assert_int_equal(status != 0, *failure.text != '\0');
	assert_int_equal(failure.exit, status ? CLI_USAGE : CLI_OK);
	return status == 0;
}

static void an_address_may_have_a_type(void **state)
{
	(void)state;
	assert_true(takes("address", "C4:7C:8D:11:22:33"));
	assert_true(spec.has_address && !spec.typed);
	assert_int_equal(spec.address.octets[5], 0xc4);
	assert_true(takes("address", "c4-7c-8d-11-22-33/random"));
	assert_true(spec.typed && spec.address.type == ADDRESS_RANDOM);
	assert_false(takes("address", "C4:7C:8D:11:22"));
	assert_false(spec.has_address);
}

static void names_and_labels_have_a_longest(void **state)
{
	char text[260];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[248] = '\0';
	assert_true(takes("name", text));
	assert_string_equal(spec.name, text);
	text[248] = 'x';
	text[249] = '\0';
	assert_false(takes("name", text));
	text[80] = '\0';
	assert_true(takes("label", text));
	assert_string_equal(spec.label, text);
	text[80] = 'x';
	text[81] = '\0';
	assert_false(takes("label", text));
}

/* Core Vol 3 Part B 2.5.1: short UUIDs stand for 128-bit ones. */
static void a_service_is_a_uuid_of_three_lengths(void **state)
{
	static const uint8_t full[16] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0,    0,	   0x80,
					 0,    0x10, 0,	   0,	 0x78, 0x56, 0x34, 0x12};
	static const char *const valid[] = {"12345678", "0x12345678", "0X12345678",
					    "12345678-0000-1000-8000-00805F9B34FB",
					    "1234567800001000800000805f9b34fb"};
	static const char *const invalid[] = {"",
					      "180",
					      "180g",
					      "123456",
					      "0x",
					      "12345678-0000-1000-8000-00805F9B34F",
					      "12345678-0000-1000-8000-00805F9B34FB0",
					      "12345678-0000-1000-8000-00805F9B34FB00000000"};

	(void)state;
	for (size_t i = 0; i < COUNT(valid); i++) {
		assert_true(takes("service", valid[i]));
		assert_true(spec.has_service);
		assert_memory_equal(spec.service, full, 16);
	}
	assert_true(takes("service", "5678"));
	assert_int_equal(spec.service[12], 0x78);
	assert_int_equal(spec.service[13], 0x56);
	assert_int_equal(spec.service[14], 0);
	for (size_t i = 0; i < COUNT(invalid); i++) {
		assert_false(takes("service", invalid[i]));
		assert_false(spec.has_service);
	}
}

static void a_manufacturer_may_have_a_prefix_of_its_data(void **state)
{
	static const char *const invalid[] = {"",     "59",	 "00590",   "0059:",   "0059:0",
					      "005g", "0059-01", "0059:0g", "0x0059x", ":01"};
	char longest[64] = "0059:";

	(void)state;
	assert_true(takes("manufacturer", "0x0159"));
	assert_true(spec.has_manufacturer);
	assert_int_equal(spec.company, 0x0159);
	assert_int_equal(spec.manufacturer_len, 0);
	assert_true(takes("manufacturer", "0059:0102fF"));
	assert_int_equal(spec.company, 0x59);
	assert_int_equal(spec.manufacturer_len, 3);
	assert_memory_equal(spec.manufacturer, "\x01\x02\xff", 3);
	for (size_t i = 0; i < BATCH_MANUFACTURER_MAX; i++)
		(void)strcat(longest, "7f");
	assert_true(takes("manufacturer", longest));
	assert_int_equal(spec.manufacturer_len, BATCH_MANUFACTURER_MAX);
	assert_int_equal(spec.manufacturer[BATCH_MANUFACTURER_MAX - 1], 0x7f);
	(void)strcat(longest, "7f");
	assert_false(takes("manufacturer", longest));
	for (size_t i = 0; i < COUNT(invalid); i++) {
		assert_false(takes("manufacturer", invalid[i]));
		assert_false(spec.has_manufacturer);
	}
}

static void numbers_have_limits(void **state)
{
	static const struct {
		const char *field, *least, *most, *below, *above, *no_number;
	} numbers[] = {
		{"rssi", "-127", "20", "-128", "21", "x"},
		{"rssi", "-127", "20", "-128", "21", "1x"},
		{"rssi", "-127", "20", "-128", "21", ""},
		{"level", "2", "4", "1", "5", "three"},
		{"passkey", "0", "999999", "-1", "1000000", "12 34"},
		{"passkey", "000000", "999999", "+1", "0000001", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_true(takes(numbers[i].field, numbers[i].least));
		assert_true(takes(numbers[i].field, numbers[i].most));
		assert_false(takes(numbers[i].field, numbers[i].below));
		assert_false(takes(numbers[i].field, numbers[i].above));
		assert_false(takes(numbers[i].field, numbers[i].no_number));
	}
	assert_true(takes("rssi", "-70"));
	assert_true(spec.has_rssi && spec.rssi == -70);
	assert_true(takes("passkey", "007"));
	assert_true(spec.has_passkey && spec.passkey == 7);
	assert_true(takes("passkey", "007 123"));
	assert_true(spec.has_passkey && spec.passkey == 7123);
	assert_true(takes("level", "3"));
	assert_int_equal(spec.level, 3);
}

static void methods_are_named_by_their_slugs(void **state)
{
	static const enum smp_method methods[] = {SMP_JUST_WORKS,	 SMP_NUMERIC_COMPARISON,
						  SMP_PASSKEY_WE_SHOW,	 SMP_PASSKEY_WE_TYPE,
						  SMP_PASSKEY_BOTH_TYPE, SMP_OOB};

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++) {
		assert_true(takes("method", smp_method_slug(methods[i])));
		assert_int_equal(spec.method, methods[i]);
	}
	assert_false(takes("method", smp_method_slug(SMP_METHOD_NONE)));
	assert_false(takes("method", "passkey"));
}

static void a_confirmation_is_yes_or_no(void **state)
{
	(void)state;
	assert_true(takes("confirm", "yes"));
	assert_int_equal(spec.confirm, CONFIRM_YES);
	assert_true(takes("confirm", "N"));
	assert_int_equal(spec.confirm, CONFIRM_NO);
	assert_false(takes("confirm", "maybe"));
	assert_int_equal(spec.confirm, CONFIRM_ASK);
}

#define ZERO "00000000000000000000000000000000"

static void oob_data_are_of_either_kind(void **state)
{
	(void)state;
	assert_true(takes("oob", "tk=0123456789abcdef0123456789abcdef"));
	assert_true(spec.oob->has_tk);
	assert_int_equal(spec.oob->tk[0], 0xef);
	assert_true(takes("oob", "confirm=" ZERO ",random=" ZERO));
	assert_true(spec.oob->has_peer);
	assert_false(takes("oob", "confirm=" ZERO));
}

/* The message names the place, the value and the field; not the value of a secret. */
static void a_message_does_not_repeat_secrets(void **state)
{
	(void)state;
	assert_false(takes("level", "nine"));
	assert_int_equal(
		strncmp(failure.text, "here: \"nine\" is not valid for level; expected ", 46), 0);
	assert_false(takes("passkey", "49302x"));
	assert_int_equal(strncmp(failure.text, "here: the passkey is not valid; expected ", 41), 0);
	assert_false(takes("oob", "tk=dead"));
	assert_null(strstr(failure.text, "dead"));
}

static void unknown_fields_are_none(void **state)
{
	char names[200], *rest = names, *name;
	size_t count = 0;

	(void)state;
	assert_null(batch_field("serial"));
	assert_null(batch_field(""));
	/* All that the message lists are fields. */
	(void)snprintf(names, sizeof(names), "%s", batch_field_names);
	while ((name = strsep(&rest, ", "))) {
		if (!*name || strcmp(name, "or") == 0)
			continue;
		if (strcmp(name, "expect.UUID") == 0)
			name = (char *)(uintptr_t) "expect.2A25";
		assert_non_null(batch_field(name));
		count++;
	}
	assert_int_equal(count, 13);
}

static void an_expectation_is_a_text_unless_it_says_otherwise(void **state)
{
	(void)state;
	assert_true(takes("expect.2a25", "SN-0001"));
	assert_int_equal(spec.expect_count, 1);
	assert_string_equal(spec.expects[0], "2A25=SN-0001");
	assert_true(takes("expect.serial-number", "re:SN-[0-9]+"));
	assert_string_equal(spec.expects[0], "2A25=re:SN-[0-9]+");
	assert_false(takes("expect.2a25", "re:("));
	assert_null(strstr(failure.text, "re:(")); /* it may be a secret */
	assert_false(takes("expect.2a25", "hex:0"));
	/* One UUID is one field, whatever its word. */
	assert_ptr_equal(batch_field("expect.2a25"), batch_field("expect.serial-number"));
	assert_ptr_not_equal(batch_field("expect.2a25"), batch_field("expect.2a26"));
	assert_null(batch_field("expect."));
	assert_null(batch_field("expect.serial"));
}

static void a_unit_needs_a_field_that_identifies_it(void **state)
{
	static const struct {
		const char *field, *value;
	} cases[] = {{"address", "C4:7C:8D:11:22:33"},
		     {"name", "x"},
		     {"service", "180d"},
		     {"manufacturer", "0059"},
		     {"rssi", "-60"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(takes(cases[i].field, cases[i].value));
		assert_int_equal(batch_unit_spec_check(&spec, "here", &failure), 0);
	}
	assert_true(takes("label", "x"));
	assert_int_equal(batch_unit_spec_check(&spec, "here", &failure), -1);
	assert_string_equal(failure.text,
			    "here: no field identifies the unit; expected an address, name, "
			    "service, manufacturer or rssi");
}

static void fields_must_not_contradict_each_other(void **state)
{
	struct smp_oob tk = {.has_tk = true}, peer = {.has_peer = true};
	struct batch_unit_spec unit = {.has_address = true, .method = SMP_OOB};

	(void)state;
	assert_int_equal(batch_unit_spec_check(&unit, "here", &failure), -1);
	assert_string_equal(failure.text, "here: the method is oob, but there is no oob data");
	unit.oob = &tk;
	assert_int_equal(batch_unit_spec_check(&unit, "here", &failure), 0);
	unit.level = 4;
	assert_int_equal(batch_unit_spec_check(&unit, "here", &failure), -1);
	assert_non_null(strstr(failure.text, "level 4 needs Secure Connections"));
	unit.level = 3;
	assert_int_equal(batch_unit_spec_check(&unit, "here", &failure), 0);
	unit.level = 4;
	unit.oob = &peer;
	assert_int_equal(batch_unit_spec_check(&unit, "here", &failure), 0);
	unit.oob = NULL;
	unit.method = SMP_METHOD_NONE;
	assert_int_equal(batch_unit_spec_check(&unit, "here", &failure), 0);
}

static void a_match_takes_fields_that_identify(void **state)
{
	static const char *const invalid[] = {
		"",	   "name",    "name=",		"=x",		"name=x,,",
		"label=x", "level=3", "passkey=123456", "name=x,rssi=x"};

	(void)state;
	assert_int_equal(
		batch_match_parse(&spec, "address=C4:7C:8D:11:22:33,name=a=b,rssi=-50", &failure),
		0);
	assert_true(spec.has_address && spec.has_rssi);
	assert_string_equal(spec.name, "a=b");
	for (size_t i = 0; i < COUNT(invalid); i++) {
		batch_unit_spec_free(&spec);
		assert_int_equal(batch_match_parse(&spec, invalid[i], &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_int_equal(strncmp(failure.text, "--match: ", 9), 0);
	}
}

static void a_lack_of_memory_is_reported(void **state)
{
	static const char *const fields[][2] = {{"name", "x"}, {"label", "x"}, {"oob", "tk=" ZERO}};

	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		heap_fail_at(1);
		assert_false(takes(fields[i][0], fields[i][1]));
		assert_non_null(strstr(failure.text, "no memory"));
	}
	heap_fail_at(1);
	assert_int_equal(batch_match_parse(&spec, "name=x", &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_string_equal(failure.text, "--match: no memory");
}

/* A name that is set again replaces the first one; nothing is lost. */
static void nothing_stays_allocated(void **state)
{
	static const char secret[16] = "\xef\xcd\xab\x89\x67\x45\x23\x01\xef\xcd\xab\x89"
				       "\x67\x45\x23\x01";
	long before;

	(void)state;
	batch_unit_spec_free(&spec);
	before = heap_blocks();
	heap_forbid(secret, sizeof(secret));
	assert_int_equal(batch_match_parse(&spec, "name=x,name=y", &failure), 0);
	assert_string_equal(spec.name, "y");
	assert_int_equal(batch_field_set(batch_field("label"), &spec, "z", "", &failure), 0);
	assert_int_equal(batch_field_set(batch_field("oob"), &spec,
					 "tk=0123456789abcdef0123456789abcdef", "", &failure),
			 0);
	assert_memory_equal(spec.oob->tk, secret, 16);
	batch_unit_spec_free(&spec);
	heap_forbid(NULL, 0);
	assert_int_equal(heap_blocks(), before);
}

static void a_freed_specification_is_wiped(void **state)
{
	(void)state;
	assert_true(takes("passkey", "493021"));
	batch_unit_spec_free(&spec);
	assert_int_equal(spec.passkey, 0);
	assert_true(takes("oob", "tk=" ZERO));
	batch_unit_spec_free(&spec);
	assert_null(spec.oob);
}

#define CASE(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_address_may_have_a_type),
		CASE(names_and_labels_have_a_longest),
		CASE(a_service_is_a_uuid_of_three_lengths),
		CASE(a_manufacturer_may_have_a_prefix_of_its_data),
		CASE(numbers_have_limits),
		CASE(methods_are_named_by_their_slugs),
		CASE(a_confirmation_is_yes_or_no),
		CASE(oob_data_are_of_either_kind),
		CASE(a_message_does_not_repeat_secrets),
		CASE(unknown_fields_are_none),
		CASE(an_expectation_is_a_text_unless_it_says_otherwise),
		CASE(a_unit_needs_a_field_that_identifies_it),
		CASE(fields_must_not_contradict_each_other),
		CASE(a_match_takes_fields_that_identify),
		CASE(a_lack_of_memory_is_reported),
		CASE(nothing_stays_allocated),
		CASE(a_freed_specification_is_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
