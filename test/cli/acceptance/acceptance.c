/* SPDX-License-Identifier: MIT */
#include "acceptance/acceptance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static struct acceptance a;

static int set_up(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	return 0;
}

static bool matches(const char *value)
{
	return acceptance_matches(&a.items[0], (const uint8_t *)value, strlen(value));
}

static void an_expectation_joins_the_read_of_its_attribute(void **state)
{
	(void)state;
	assert_null(acceptance_add_read(&a, "serial-number"));
	assert_null(acceptance_add_read(&a, "2a26"));
	assert_null(acceptance_add_read(&a, "0x2A25")); /* again */
	assert_null(acceptance_add_expect(&a, "2a25=text:SN=1"));
	assert_int_equal(a.count, 2);
	assert_true(matches("SN=1"));
	assert_false(matches("SN=2"));
	assert_false(matches("SN=11"));
	assert_false(matches("SN="));
	assert_non_null(strstr(acceptance_add_expect(&a, "2a25=text:x"), "one expectation"));
	/* A write stays a step of its own, also before a read. */
	assert_null(acceptance_add_write(&a, "2a25=text:x"));
	assert_int_equal(a.count, 3);
	assert_int_equal(a.items[2].action, ACCEPTANCE_WRITE);
	assert_null(acceptance_set_trigger(&a, "read=2a26"));
	assert_ptr_equal(a.trigger, &a.items[1]);
}

static void octets_keep_the_order_of_the_air(void **state)
{
	(void)state;
	assert_null(acceptance_add_expect(&a, "2a50=hex:01fF7e"));
	assert_int_equal(a.items[0].len, 3);
	assert_memory_equal(a.items[0].value, "\x01\xff\x7e", 3);
	assert_true(matches("\x01\xff\x7e"));
	assert_false(matches("\x01\xff"));
	assert_null(acceptance_add_write(&a, "2a00=hex:"));
	assert_int_equal(a.items[1].len, 0);
}

static void wrong_arguments_say_what_is_expected(void **state)
{
	static const struct {
		const char *(*add)(struct acceptance *a, const char *argument);
		const char *argument, *expected;
	} cases[] = {
		{acceptance_add_read, "2a2", "a UUID like 2A25"},
		{acceptance_add_read, "", "a UUID like 2A25"},
		{acceptance_add_expect, "2a25", "UUID=VALUE"},
		{acceptance_add_expect, "=text:x", "before ="},
		{acceptance_add_expect, "2a25=x", "re:EXPRESSION"},
		{acceptance_add_expect, "2a25=", "re:EXPRESSION"},
		{acceptance_add_expect, "2a25=hex:1", "even number"},
		{acceptance_add_expect, "2a25=hex:1g", "even number"},
		{acceptance_add_expect, "2a25=re:(", "regular expression"},
		{acceptance_add_expect, "2a25=re:(a)\\1", "back-references"},
		{acceptance_add_write, "2a25=re:x", "@FILE"},
		{acceptance_add_write, "2a25=@", "@FILE"},
		{acceptance_set_trigger, "2a25", "read= and a UUID"},
		{acceptance_set_trigger, "read=", "read= and a UUID"},
		{acceptance_set_trigger, "write=2a25", "read= and a UUID"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)set_up(state);
		const char *said = cases[i].add(&a, cases[i].argument);
		assert_non_null(said);
		assert_non_null(strstr(said, cases[i].expected));
	}
}

static void lengths_and_numbers_are_bounded(void **state)
{
	char argument[600] = "2a25=text:", name[8];

	(void)state;
	memset(argument + 10, 'x', ACCEPTANCE_VALUE + 1);
	assert_non_null(strstr(acceptance_add_expect(&a, argument), "244 octets"));
	(void)set_up(state);
	argument[10 + ACCEPTANCE_VALUE] = '\0';
	assert_null(acceptance_add_expect(&a, argument));
	(void)set_up(state);
	(void)memcpy(argument, "2a25=hex:", 9);
	memset(argument + 9, '0', 2 * (ACCEPTANCE_VALUE + 1));
	assert_non_null(strstr(acceptance_add_expect(&a, argument), "244 octets"));
	(void)set_up(state);
	for (unsigned i = 0; i < ACCEPTANCE_ITEMS; i++) {
		(void)snprintf(name, sizeof(name), "%04x", i);
		assert_null(acceptance_add_read(&a, name));
	}
	assert_null(acceptance_add_read(&a, "0003")); /* it is there */
	assert_non_null(strstr(acceptance_add_read(&a, "ffff"), "16 attributes"));
	assert_non_null(strstr(acceptance_add_write(&a, "0001=text:x"), "16 attributes"));
	assert_non_null(strstr(acceptance_add_expect(&a, "ffff=text:x"), "16 attributes"));
	assert_non_null(strstr(acceptance_set_trigger(&a, "read=ffff"), "16 attributes"));
}

/* Every level of the link against every demand. */
static void a_level_is_refused_or_works_or_neither(void **state)
{
	struct acceptance_item item = {0};

	(void)state;
	for (int refused = ACCEPTANCE_REFUSED_NEVER; refused <= ACCEPTANCE_REFUSED_AUTHENTICATED;
	     refused++) {
		for (int allowed = LEVEL_OPEN; allowed <= LEVEL_SECURE; allowed++) {
			for (int level = LEVEL_OPEN; level <= LEVEL_SECURE; level++) {
				item.refused = (enum acceptance_refused)refused;
				item.allowed = (enum security_level)allowed;
				const enum security_level link = (enum security_level)level;
				assert_true(acceptance_must_refuse(&item, link) ==
					    (level < refused));
				assert_true(acceptance_must_work(&item, link) ==
					    (level >= allowed && level >= refused));
			}
		}
	}
}

static void a_file_has_the_octets_to_write(void **state)
{
	char path[] = "/tmp/blepair-acceptance-XXXXXX", argument[64];
	uint8_t octets[ACCEPTANCE_VALUE + 1];
	struct failure failure;
	const int fd = mkstemp(path);

	(void)state;
	memset(octets, 0, sizeof(octets));
	assert_int_equal(write(fd, octets, ACCEPTANCE_VALUE), ACCEPTANCE_VALUE);
	(void)snprintf(argument, sizeof(argument), "2a00=@%s", path);
	assert_null(acceptance_add_write(&a, argument));
	assert_int_equal(acceptance_read_files(&a, &failure), 0);
	assert_int_equal(a.items[0].len, ACCEPTANCE_VALUE);
	assert_int_equal(write(fd, octets, 1), 1);
	assert_int_equal(acceptance_read_files(&a, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_non_null(strstr(failure.text, "more than 244 octets"));
	(void)close(fd);
	(void)unlink(path);
	assert_int_equal(acceptance_read_files(&a, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
}

static void attributes_have_names(void **state)
{
	char text[ACCEPTANCE_NAME];

	(void)state;
	assert_null(acceptance_add_read(&a, "2a25"));
	assert_null(acceptance_add_read(&a, "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4"));
	assert_string_equal(acceptance_name(&a.items[0], text), "Serial Number (2A25)");
	assert_string_equal(acceptance_name(&a.items[1], text),
			    "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(an_expectation_joins_the_read_of_its_attribute),
		TEST(octets_keep_the_order_of_the_air),
		TEST(wrong_arguments_say_what_is_expected),
		TEST(lengths_and_numbers_are_bounded),
		TEST(a_level_is_refused_or_works_or_neither),
		TEST(a_file_has_the_octets_to_write),
		TEST(attributes_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
