/* SPDX-License-Identifier: MIT */
#include "capture/library.h"

#include <dlfcn.h>
#include <string.h>

#include "unit.h"

/* What the system does not have; NULL: it has all. */
static const char *absent;

void *__real_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags);
void *__wrap_dlopen(const char *name, int flags)
{
	return absent && strcmp(name, absent) == 0 ? NULL : __real_dlopen(name, flags);
}

void *__real_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name)
{
	return absent && strcmp(name, absent) == 0 ? NULL : __real_dlsym(handle, name);
}

static void a_library_that_is_missing_is_named_with_its_package(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{"libarchive.so.13", "cannot be unpacked without libarchive.so.13: apt install "
				     "libarchive13 (since Debian 13: libarchive13t64)"},
		{"libz.so.1", "cannot be unpacked without libz.so.1: apt install zlib1g"},
		{"liblzma.so.5", "cannot be unpacked without liblzma.so.5: apt install liblzma5"},
		{"libbz2.so.1.0",
		 "cannot be unpacked without libbz2.so.1.0: apt install libbz2-1.0"},
		{"libzstd.so.1", "cannot be unpacked without libzstd.so.1: apt install libzstd1"},
	};
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		absent = rows[i].name;
		assert_null(capture_library(&failure));
		assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
		assert_string_equal(failure.text, rows[i].text);
	}
	absent = "archive_read_support_format_tar";
	assert_null(capture_library(&failure));
	assert_string_equal(failure.text, "cannot be unpacked: libarchive.so.13 has no "
					  "archive_read_support_format_tar");
	absent = NULL;
}

static void the_libraries_are_loaded_once_with_all_functions(void **state)
{
	struct failure failure;
	const struct explain_library *library = capture_library(&failure);

	(void)state;
	assert_non_null(library);
	void *pointers[sizeof(*library) / sizeof(void *)];
	memcpy(pointers, library, sizeof(pointers));
	for (size_t i = 0; i < COUNT(pointers); i++)
		assert_non_null(pointers[i]);
	absent = "libz.so.1";
	assert_ptr_equal(capture_library(&failure), library);
	absent = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_that_is_missing_is_named_with_its_package),
		cmocka_unit_test(the_libraries_are_loaded_once_with_all_functions),
	};
	return cmocka_run_group_tests_name("explain/capture/library", tests, NULL, NULL);
}
