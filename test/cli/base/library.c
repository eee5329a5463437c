/* SPDX-License-Identifier: MIT */
#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

/* What the system does not have; NULL: it has all. */
static const char *absent;
static unsigned loads;

void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags)
{
	/* All functions are bound at once, and none takes the place of others. */
	assert_int_equal(flags, RTLD_NOW | RTLD_LOCAL);
	loads++;
	return absent && strcmp(name, absent) == 0 ? NULL : __real_dlopen(name, flags);
}

static const struct {
	enum library library;
	const char *function;
} rows[] = {
	{LIBRARY_ARCHIVE, "archive_read_new"},	  {LIBRARY_ZLIB, "inflate"},
	{LIBRARY_SQLITE, "sqlite3_open_v2"},	  {LIBRARY_USB, "libusb_init"},
#ifdef P256_BY_NETTLE
	{LIBRARY_NETTLE, "nettle_ecc_point_mul"},
#endif
};

static void a_library_that_the_system_lacks_is_looked_for_again(void **state)
{
	struct failure failure;
	char text[FAILURE_TEXT];

	(void)state;
	for (size_t n = 0; n < COUNT(rows); n++) {
		const struct library_facts *facts = &library_facts[rows[n].library];

		absent = facts->name;
		loads = 0;
		assert_int_equal(library_need(rows[n].library, &failure), -1);
		assert_int_equal(failure.exit, CLI_INTERNAL);
		(void)snprintf(text, sizeof(text), "%s is needed for %s: apt install %s",
			       facts->name, facts->use, facts->package);
		assert_string_equal(failure.text, text);
		assert_null(library_function(rows[n].library, rows[n].function));
		assert_int_equal(loads, 2);
		absent = NULL;
	}
}

static void each_is_loaded_once_and_has_its_functions(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(rows); n++) {
		loads = 0;
		assert_non_null(library_function(rows[n].library, rows[n].function));
		assert_true(library_load(rows[n].library));
		assert_int_equal(library_need(rows[n].library, NULL), 0);
		assert_int_equal(loads, 1);
		assert_null(library_function(rows[n].library, "no_such_function"));
	}
}

#ifdef P256_BY_NETTLE
static void functions_of_the_libraries_that_it_needs_are_found(void **state)
{
	(void)state;
	assert_non_null(library_function(LIBRARY_NETTLE, "__gmpn_sub_n"));
}
#endif

/* "NAME is needed for USE: apt install PACKAGE". */
static void each_has_a_package(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(rows); n++) {
		assert_non_null(strstr(library_facts[rows[n].library].name, ".so."));
		assert_non_null(library_facts[rows[n].library].use);
		assert_non_null(library_facts[rows[n].library].package);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_a_package),
		cmocka_unit_test(a_library_that_the_system_lacks_is_looked_for_again),
		cmocka_unit_test(each_is_loaded_once_and_has_its_functions),
#ifdef P256_BY_NETTLE
		cmocka_unit_test(functions_of_the_libraries_that_it_needs_are_found),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
