/* SPDX-License-Identifier: MIT */
#include "acceptance/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static struct acceptance a;
static struct failure failure;
static bool held;

/* While there are privileges to protect, a child parses. */
bool __wrap_privilege_held(void);
bool __wrap_privilege_held(void)
{
	return held;
}

/* Loads this text; 0 or -1. */
static int load(const char *text, size_t len)
{
	char path[] = "/tmp/blepair-profile-XXXXXX";
	const int fd = mkstemp(path);
	int status;

	assert_int_equal(write(fd, text, len), len);
	(void)close(fd);
	memset(&a, 0, sizeof(a));
	memset(&failure, 0, sizeof(failure));
	status = profile_load(path, &a, &failure);
	(void)unlink(path);
	return status;
}

static void a_profile_has_attributes(void **state)
{
	static const char text[] =
		"{\"attributes\": ["
		"{\"characteristic\": \"serial-number\", \"expect\": \"re:SN-[0-9]{4}\"},"
		"{\"characteristic\": \"2A26\", \"service\": \"180a\", \"refused\": \"open\","
		" \"allowed\": \"encrypted\"},"
		"{\"characteristic\": \"B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4\","
		" \"write\": \"hex:0102\", \"refused\": \"authenticated\", \"allowed\": \"secure\","
		" \"secret\": true}]}";

	(void)state;
	assert_int_equal(load(text, strlen(text)), 0);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.items[0].expects, ACCEPTANCE_PATTERN);
	assert_true(acceptance_matches(&a.items[0], (const uint8_t *)"SN-1234", 7));
	assert_int_equal(a.items[1].service.len, 2);
	assert_int_equal(a.items[1].refused, ACCEPTANCE_REFUSED_OPEN);
	assert_int_equal(a.items[1].allowed, LEVEL_ENCRYPTED);
	assert_int_equal(a.items[2].action, ACCEPTANCE_WRITE);
	assert_int_equal(a.items[2].len, 2);
	assert_int_equal(a.items[2].refused, ACCEPTANCE_REFUSED_AUTHENTICATED);
	assert_int_equal(a.items[2].secrecy, ACCEPTANCE_SECRET);
	acceptance_add_levels(&a);
	assert_int_equal(a.count, 4);
	assert_int_equal(a.items[3].action, ACCEPTANCE_LEVELS);
}

/* What a child without privileges sends is the same, also its failures. */
static void a_child_parses_it_when_there_are_privileges(void **state)
{
	static const char text[] = "{\"attributes\": [{\"characteristic\": \"2A25\", \"expect\": "
				   "\"re:[A-Z]+\"}]}";

	held = true;
	a_profile_has_attributes(state);
	assert_int_equal(load("{}", 2), -1);
	assert_non_null(strstr(failure.text, "\"attributes\""));
	/* Those of the command line stay, and are not sent back. */
	char path[] = "/tmp/blepair-profile-XXXXXX";
	const int fd = mkstemp(path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	memset(&a, 0, sizeof(a));
	assert_null(acceptance_set_trigger(&a, "read=2a26"));
	assert_int_equal(profile_load(path, &a, &failure), 0);
	(void)unlink(path);
	held = false;
	assert_int_equal(a.count, 2);
	assert_ptr_equal(a.trigger, &a.items[0]);
	assert_true(acceptance_matches(&a.items[1], (const uint8_t *)"AB", 2));
	assert_false(acceptance_matches(&a.items[1], (const uint8_t *)"A1", 2));
}

static void levels_are_compared_only_where_something_is_protected(void **state)
{
	static const char text[] = "{\"attributes\": [{\"characteristic\": \"2A25\"}]}";

	(void)state;
	assert_int_equal(load(text, strlen(text)), 0);
	acceptance_add_levels(&a);
	assert_int_equal(a.count, 1);
}

/* Each wrong profile names its attribute, the member, and what was expected. */
static void wrong_profiles_are_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"", "line 1"},
		{"{", "line 1"},
		{"[]", "\"attributes\""},
		{"{}", "\"attributes\""},
		{"{\"attributes\": []}", "\"attributes\""},
		{"{\"attributes\": {}}", "\"attributes\""},
		{"{\"attributes\": [], \"x\": 1}", "\"x\" is not known"},
		{"{\"attributes\": [1]}", "attribute 1"},
		{"{\"attributes\": [{}]}", "\"characteristic\""},
		{"{\"attributes\": [{\"characteristic\": 1}]}", "\"characteristic\""},
		{"{\"attributes\": [{\"characteristic\": \"x\"}]}", "a UUID like"},
		{"{\"attributes\": [{\"characteristic\": \"2A25\"}, {\"characteristic\": "
		 "\"2A25\", \"servce\": \"180A\"}]}",
		 "attribute 2: \"servce\""},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"service\": \"x\"}]}",
		 "\"service\""},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"expect\": \"x\"}]}",
		 "\"expect\""},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"expect\": \"re:(\"}]}",
		 "regular expression"},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"write\": \"@/etc/passwd\"}]}",
		 "\"write\""},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"write\": \"text:x\", "
		 "\"expect\": \"text:x\"}]}",
		 "without write"},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"refused\": \"secure\"}]}",
		 "\"refused\""},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"refused\": \"open\"}]}",
		 "a level above"},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"refused\": \"encrypted\", "
		 "\"allowed\": \"encrypted\"}]}",
		 "a level above"},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"allowed\": \"none\"}]}",
		 "\"allowed\""},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"secret\": 1}]}",
		 "true or false"},
		{"{\"attributes\": [{\"characteristic\": \"2A25\", \"characteristic\": "
		 "\"2A26\"}]}",
		 "duplicate"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(load(cases[i].text, strlen(cases[i].text)), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		if (!strstr(failure.text, cases[i].said))
			print_error("%s: %s\n", cases[i].text, failure.text);
		assert_non_null(strstr(failure.text, cases[i].said));
		assert_null(strchr(failure.text, '\n'));
	}
}

static void a_profile_is_bounded(void **state)
{
	static char text[PROFILE_MAX + 2];
	size_t len;

	(void)state;
	memset(text, ' ', sizeof(text));
	assert_int_equal(load(text, sizeof(text)), -1);
	assert_non_null(strstr(failure.text, "64 KiB"));
	len = (size_t)sprintf(text, "{\"attributes\": [");
	for (int i = 0; i <= ACCEPTANCE_ITEMS; i++)
		len += (size_t)sprintf(text + len, "%s{\"characteristic\": \"2A%02x\"}",
				       i ? "," : "", (unsigned)i);
	len += (size_t)sprintf(text + len, "]}");
	assert_int_equal(load(text, len), -1);
	assert_non_null(strstr(failure.text, "16 attributes"));
	assert_int_equal(profile_load("/nonexistent/profile.json", &a, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_has_attributes),
		cmocka_unit_test(a_child_parses_it_when_there_are_privileges),
		cmocka_unit_test(levels_are_compared_only_where_something_is_protected),
		cmocka_unit_test(wrong_profiles_are_refused),
		cmocka_unit_test(a_profile_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
