/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

#include "unit.h"

/* Published with the algorithm: FNV-1a, 64 bits. */
static void the_hash_is_fnv_1a(void **state)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} vectors[] = {
		{"", 0xcbf29ce484222325},
		{"a", 0xaf63dc4c8601ec8c},
		{"foobar", 0x85944171f73967e8},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++)
		assert_int_equal(hash_fnv1a64(vectors[i].text, strlen(vectors[i].text)),
				 vectors[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_fnv_1a),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
