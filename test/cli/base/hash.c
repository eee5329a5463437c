/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

#include "unit.h"

/* The test vectors that the authors of FNV publish. */
static void fnv1a_has_its_published_values(void **state)
{
	static const struct {
		const char *text;
		uint32_t hash;
	} rows[] = {{"", 0x811c9dc5}, {"a", 0xe40c292c}, {"foobar", 0xbf9cf968}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(hash_fnv1a32(rows[i].text, strlen(rows[i].text)), rows[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fnv1a_has_its_published_values)};

	return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
