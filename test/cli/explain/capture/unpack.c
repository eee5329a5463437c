/* SPDX-License-Identifier: MIT */
#include "capture/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/packed.h"
#include "unit.h"

static const struct {
	enum packed_kind packed;
	enum unpack_kind kind;
	const char *name;
} rows[] = {
	{PACKED_GZIP, UNPACK_GZIP, "gzip"},
	{PACKED_XZ, UNPACK_XZ, "xz"},
	{PACKED_BZIP2, UNPACK_BZIP2, "bzip2"},
	{PACKED_ZSTD, UNPACK_ZSTD, "zstd"},
};

static uint8_t content[5000];
static struct unpacker unpacker;
static uint8_t *packed;
static size_t packed_len;

static void pack(size_t row)
{
	const struct packed_file file = {"x", content, sizeof(content)};
	struct failure failure;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * i >> 3);
	packed = packed_make(rows[row].packed, &file, 1, &packed_len);
	assert_int_equal(unpack_begin(&unpacker, capture_library(&failure), rows[row].kind), 0);
}

static void each_kind_is_known_by_its_first_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		pack(i);
		assert_int_equal(unpack_kind_of(packed, packed_len), rows[i].kind);
		assert_int_equal(unpack_kind_of(packed, 1), UNPACK_KINDS);
		assert_string_equal(unpack_kind_name(rows[i].kind), rows[i].name);
		unpack_end(&unpacker);
		unpack_end(&unpacker); /* again */
		free(packed);
	}
	assert_int_equal(unpack_kind_of((const uint8_t *)"text and more of it", 19), UNPACK_KINDS);
}

/* Octet by octet, both the packed octets and the unpacked ones. */
static void a_member_is_unpacked_in_steps_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t out[sizeof(content) + 1];
		size_t at = 0, got = 0, steps = 0;
		enum unpack_status status = UNPACK_MORE;

		pack(i);
		while (status == UNPACK_MORE) {
			const uint8_t *from = packed + at;
			uint8_t *to = out + got;
			size_t in = at < packed_len ? 1 : 0, room = 1;

			status = unpack_step(&unpacker, &from, &in, &to, &room);
			at = (size_t)(from - packed);
			got = (size_t)(to - out);
			assert_true(got < sizeof(out) && ++steps < 100000);
		}
		assert_int_equal(status, UNPACK_MEMBER);
		assert_int_equal(at, packed_len);
		assert_int_equal(got, sizeof(content));
		assert_memory_equal(out, content, got);
		unpack_end(&unpacker);
		free(packed);
	}
}

static void what_is_damaged_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t out[2 * sizeof(content)], *to = out;
		size_t room = sizeof(out), in;
		const uint8_t *from;

		pack(i);
		memset(packed + 5, 0xff, packed_len - 5);
		from = packed;
		in = packed_len;
		assert_int_equal(unpack_step(&unpacker, &from, &in, &to, &room), UNPACK_DAMAGED);
		unpack_end(&unpacker);
		free(packed);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_known_by_its_first_octets),
		cmocka_unit_test(a_member_is_unpacked_in_steps_of_any_size),
		cmocka_unit_test(what_is_damaged_is_an_error),
	};
	return cmocka_run_group_tests_name("explain/capture/unpack", tests, NULL, NULL);
}
