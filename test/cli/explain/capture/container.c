/* SPDX-License-Identifier: MIT */
#include "capture/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain/packed.h"
#include "unit.h"

static struct explain_container *container;
static struct explain_source source;
static uint8_t *packed;
static size_t packed_len;
static struct failure failure;

/* More than a window of the source, and no two parts of it alike. */
#define CONTENT ((size_t)3 * EXPLAIN_WINDOW / 2)
static uint8_t content[CONTENT];
static bool made;

static int begin(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < CONTENT && !made; i++) {
		random = random * 1664525 + 1013904223;
		content[i] = (uint8_t)(random >> 24 & 0x3f);
	}
	made = true;
	container = NULL;
	packed = NULL;
	failure.text[0] = '\0';
	return 0;
}

static int end(void **state)
{
	(void)state;
	capture_source_close(&source);
	capture_container_free(container);
	free(packed);
	return 0;
}

/* All of content, packed, as a copy on the heap: some kinds take long to pack. */
static uint8_t *pack_content(enum packed_kind kind, size_t *len)
{
	static const struct packed_file file = {"folder/name", content, CONTENT};
	static struct {
		uint8_t *octets;
		size_t len;
	} whole[PACKED_KINDS];

	if (!whole[kind].octets)
		whole[kind].octets = packed_make(kind, &file, 1, &whole[kind].len);
	*len = whole[kind].len;
	return memcpy(malloc(*len), whole[kind].octets, *len);
}

static void enter(enum packed_kind kind, const struct packed_file *files, size_t count)
{
	packed = packed_make(kind, files, count, &packed_len);
	capture_source_memory(&source, packed, packed_len);
	assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
}

/* Reads the file that the source is at. Returns how many octets it has, all as in content. */
static size_t read_file(void)
{
	size_t at = 0, have;

	for (;;) {
		const uint8_t *p = capture_source_peek(&source, 1, &have);
		if (have == 0)
			return at;
		assert_true(have <= CONTENT - at);
		assert_memory_equal(p, content + at, have);
		capture_source_take(&source, have);
		at += have;
	}
}

static void every_kind_is_recognised_and_unpacked(void **state)
{
	static const struct {
		enum packed_kind kind;
		const char *name;
	} rows[] = {{PACKED_GZIP, "gzip"},    {PACKED_ZSTD, "zstd"}, {PACKED_XZ, "xz"},
		    {PACKED_BZIP2, "bzip2"},  {PACKED_ZIP, "ZIP"},   {PACKED_TAR, "tar"},
		    {PACKED_TAR_GZIP, "gzip"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(state);
		packed = pack_content(rows[i].kind, &packed_len);
		capture_source_memory(&source, packed, packed_len);
		assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
		const char *kind = capture_container_kind(packed, packed_len);
		assert_string_equal(kind, rows[i].name);
		assert_true(capture_container_next(container, &source));
		if (rows[i].kind == PACKED_TAR_GZIP) {
			assert_null(capture_container_name(container));
			assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
			assert_true(capture_container_next(container, &source));
		}
		if (rows[i].kind < PACKED_ZIP)
			assert_null(capture_container_name(container));
		else
			assert_string_equal(capture_container_name(container), "folder/name");
		assert_int_equal(read_file(), CONTENT);
		assert_false(capture_container_next(container, &source));
		assert_null(capture_container_trouble(container));
		end(state);
	}
	begin(state);
}

static void what_is_no_container_is_not_taken_for_one(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *kind;
	} rows[] = {{"7z\xbc\xaf\x27\x1c", 6, "a 7z archive"},
		    {"Rar!\x1a\x07", 6, "a RAR archive"},
		    {"PK\x07\x08", 4, "one volume of a ZIP archive"},
		    {"\x04\x22\x4d\x18", 4, "compressed by lz4"}};
	const char *kind, *advice;
	uint8_t tar[262] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t *octets = (const uint8_t *)rows[i].octets;
		assert_null(capture_container_kind(octets, rows[i].len));
		assert_true(capture_container_unsupported(octets, rows[i].len, &kind, &advice));
		assert_string_equal(kind, rows[i].kind);
		assert_non_null(advice);
	}
	assert_null(capture_container_kind((const uint8_t *)"BZhao said: ", 12));
	assert_null(capture_container_kind((const uint8_t *)"\x1f", 1));
	assert_null(capture_container_kind((const uint8_t *)"", 0));
	assert_false(capture_container_unsupported((const uint8_t *)"PK\3\4", 4, &kind, &advice));
	memcpy(tar + 257, "ustar", 5);
	assert_null(capture_container_kind(tar, 261));
	assert_string_equal(capture_container_kind(tar, 262), "tar");
}

static void the_files_of_an_archive_come_in_order(void **state)
{
	const struct packed_file files[] = {{"logs/", NULL, 0},
					    {"logs/a", content, 10},
					    {"b", content, 0},
					    {"c", content, 3000}};
	static const enum packed_kind kinds[] = {PACKED_ZIP, PACKED_TAR};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		begin(state);
		enter(kinds[i], files, COUNT(files));
		assert_true(capture_container_next(container, &source));
		assert_string_equal(capture_container_name(container), "logs/a");
		/* Without reading it to its end. */
		assert_true(capture_container_next(container, &source));
		assert_string_equal(capture_container_name(container), "b");
		assert_int_equal(read_file(), 0);
		assert_true(capture_container_next(container, &source));
		assert_string_equal(capture_container_name(container), "c");
		assert_int_equal(read_file(), 3000);
		assert_false(capture_container_next(container, &source));
		assert_null(capture_container_name(container));
		end(state);
	}
	begin(state);
}

static void a_container_inside_a_container_is_entered(void **state)
{
	const struct packed_file inner = {"x", content, CONTENT};
	size_t len;
	uint8_t *gzip = packed_make(PACKED_GZIP, &inner, 1, &len);
	const struct packed_file files[] = {{"a.gz", gzip, len}, {"b", content, 100}};

	(void)state;
	enter(PACKED_ZIP, files, 2);
	assert_true(capture_container_next(container, &source));
	assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
	assert_true(capture_container_next(container, &source));
	assert_string_equal(capture_container_name(container), "a.gz");
	assert_int_equal(read_file(), CONTENT);
	assert_true(capture_container_next(container, &source));
	assert_string_equal(capture_container_name(container), "b");
	assert_int_equal(read_file(), 100);
	assert_false(capture_container_next(container, &source));
	assert_null(capture_container_trouble(container));
	free(gzip);
}

static void a_fourth_level_is_refused(void **state)
{
	size_t len = 100;
	uint8_t *file = memcpy(malloc(len), content, len);

	(void)state;
	for (int i = 0; i < EXPLAIN_CONTAINER_DEPTH; i++) {
		const struct packed_file inner = {"x", file, len};
		uint8_t *more = packed_make(PACKED_GZIP, &inner, 1, &len);
		free(file);
		file = more;
	}
	const struct packed_file inner = {"x", file, len};
	enter(PACKED_GZIP, &inner, 1);
	for (int i = 1; i < EXPLAIN_CONTAINER_DEPTH; i++) {
		assert_true(capture_container_next(container, &source));
		assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
	}
	assert_true(capture_container_next(container, &source));
	assert_int_equal(capture_container_enter(&container, &source, &failure), -1);
	assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
	assert_string_equal(failure.text, "is packed more than 3 times: unpack it first");
	free(file);
}

static void what_stands_before_a_cut_is_unpacked(void **state)
{
	static const enum packed_kind kinds[] = {PACKED_GZIP, PACKED_ZSTD, PACKED_XZ, PACKED_BZIP2,
						 PACKED_ZIP};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		begin(state);
		packed = pack_content(kinds[i], &packed_len);
		capture_source_memory(&source, packed, packed_len / 2);
		assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
		size_t len = capture_container_next(container, &source) ? read_file() : 0;
		/* A block of bzip2 and of zstd is unpacked whole or not at all. */
		assert_in_range(len, CONTENT * 30 / 100, CONTENT * 60 / 100);
		assert_false(capture_container_next(container, &source));
		assert_string_equal(capture_container_trouble(container),
				    "the file is cut: what it packs is missing from there on");
		end(state);
	}
	begin(state);
}

/* Less than one block of libarchive, which would give none of it. */
static void a_small_file_that_is_cut_gives_what_it_has(void **state)
{
	static const struct {
		enum packed_kind kind;
		size_t len, cut, least; /* of 200,000 octets, zstd and bzip2 make two blocks */
	} rows[] = {
		{PACKED_GZIP, 1000, 9, 900},
		{PACKED_XZ, 1000, 60, 700},
		{PACKED_ZSTD, 200000, 9, 131072},
		{PACKED_BZIP2, 200000, 9, 90000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct packed_file file = {"x", content, rows[i].len};

		begin(state);
		packed = packed_make(rows[i].kind, &file, 1, &packed_len);
		capture_source_memory(&source, packed, packed_len - rows[i].cut);
		assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
		assert_true(capture_container_next(container, &source));
		assert_in_range(read_file(), rows[i].least, rows[i].len);
		assert_string_equal(capture_container_trouble(container),
				    "the file is cut: what it packs is missing from there on");
		end(state);
	}
	begin(state);
}

static void packed_files_behind_each_other_are_one(void **state)
{
	const struct packed_file file[2] = {{"x", content, 700}, {"y", content + 700, 300}};

	for (enum packed_kind kind = PACKED_GZIP; kind < PACKED_ZIP; kind++) {
		size_t len[2];
		uint8_t *part[2] = {packed_make(kind, &file[0], 1, &len[0]),
				    packed_make(kind, &file[1], 1, &len[1])};

		begin(state);
		packed = malloc(len[0] + len[1]);
		memcpy(packed, part[0], len[0]);
		memcpy(packed + len[0], part[1], len[1]);
		capture_source_memory(&source, packed, len[0] + len[1]);
		assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
		assert_true(capture_container_next(container, &source));
		assert_int_equal(read_file(), 1000);
		assert_null(capture_container_trouble(container));
		free(part[0]);
		free(part[1]);
		end(state);
	}
	begin(state);
}

static void damage_is_reported(void **state)
{

	for (enum packed_kind kind = PACKED_GZIP; kind <= PACKED_ZIP; kind++) {
		begin(state);
		packed = pack_content(kind, &packed_len);
		memset(packed + packed_len / 2, 0xff, 64);
		capture_source_memory(&source, packed, packed_len);
		assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
		size_t have;
		if (capture_container_next(container, &source))
			do {
				(void)capture_source_peek(&source, 1, &have);
				capture_source_take(&source, have);
			} while (have > 0);
		assert_non_null(capture_container_trouble(container));
		end(state);
	}
	begin(state);
}

/* Octets that unpack to a thousand times as many. */
static void a_bomb_is_not_unpacked(void **state)
{
	const size_t len = (size_t)4 << 20;
	uint8_t *same = memset(malloc(len), 'x', len);
	static const enum packed_kind kinds[] = {PACKED_GZIP, PACKED_ZSTD, PACKED_XZ, PACKED_BZIP2};
	const struct packed_file file = {"x", same, len};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		begin(state);
		enter(kinds[i], &file, 1);
		size_t have = 0, total = 0;
		if (capture_container_next(container, &source))
			do {
				(void)capture_source_peek(&source, 1, &have);
				capture_source_take(&source, have);
				total += have;
			} while (have > 0);
		assert_false(capture_container_next(container, &source));
		assert_true(total < len / 2);
		assert_string_equal(
			capture_container_trouble(container),
			"it unpacks to more than 1000 times its size: the rest is not read");
		end(state);
	}
	begin(state);
	free(same);
}

static void too_many_files_are_not_looked_at(void **state)
{
	struct packed_file *files = calloc(EXPLAIN_CONTAINER_FILES + 1, sizeof(*files));
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i <= EXPLAIN_CONTAINER_FILES; i++)
		files[i] = (struct packed_file){"x", content, 0};
	enter(PACKED_ZIP, files, EXPLAIN_CONTAINER_FILES + 1);
	while (capture_container_next(container, &source))
		count++;
	assert_int_equal(count, EXPLAIN_CONTAINER_FILES);
	assert_string_equal(capture_container_trouble(container),
			    "it holds more than 100000 files: the rest is not read");
	free(files);
}

/* Each cut ends with what stands before it, and is reported: by every kind, wherever it is. */
static void every_cut_ends_with_a_report(void **state)
{
	static const enum packed_kind kinds[] = {PACKED_GZIP,  PACKED_ZSTD, PACKED_XZ,
						 PACKED_BZIP2, PACKED_ZIP,  PACKED_TAR};
	const struct packed_file file = {"x", content, 4000};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t len;
		uint8_t *whole = packed_make(kinds[i], &file, 1, &len);
		/* Of a tar file, the content ends before its last blocks; of ZIP, before its list.
		 */
		size_t last = kinds[i] == PACKED_TAR   ? 512 + 4000
			      : kinds[i] == PACKED_ZIP ? 2800
						       : len;
		for (size_t cut = kinds[i] == PACKED_TAR ? 512 : 6; cut < last; cut += 97) {
			if (!capture_container_kind(whole, cut))
				continue;
			begin(state);
			packed = memcpy(malloc(cut), whole, cut);
			capture_source_memory(&source, packed, cut);
			assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
			while (capture_container_next(container, &source))
				assert_true(read_file() < 4000);
			assert_non_null(capture_container_trouble(container));
			end(state);
		}
		free(whole);
	}
	begin(state);
}

static void holes_of_a_sparse_file_are_zeros(void **state)
{
	const struct packed_file file = {"x", content, 20000};

	(void)state;
	memset(content + 1000, 0, 8000);
	made = false;
	enter(PACKED_TAR_SPARSE, &file, 1);
	assert_true(packed_len < 16000);
	assert_true(capture_container_next(container, &source));
	assert_int_equal(read_file(), 20000);
	assert_false(capture_container_next(container, &source));
	assert_null(capture_container_trouble(container));
}

/* 0xff is in no UTF-8, which the archive says its names are in. */
static void a_file_whose_name_cannot_be_read_has_its_number(void **state)
{
	const struct packed_file files[] = {{"first", content, 10}, {"N\xc3\xbcX", content, 20}};
	size_t changed = 0;

	(void)state;
	packed = packed_make(PACKED_ZIP, files, 2, &packed_len);
	for (uint8_t *p = packed;
	     (p = memmem(p, (size_t)(packed + packed_len - p), "N\xc3\xbcX", 4));) {
		memcpy(p, "N\xff\xffX", 4);
		changed++;
	}
	assert_int_equal(changed, 2);
	for (uint8_t *p = packed; (p = memmem(p, (size_t)(packed + packed_len - p), "PK\3\4", 4));
	     p++)
		p[7] |= 0x08;
	capture_source_memory(&source, packed, packed_len);
	assert_int_equal(capture_container_enter(&container, &source, &failure), 0);
	assert_true(capture_container_next(container, &source));
	assert_string_equal(capture_container_name(container), "first");
	assert_true(capture_container_next(container, &source));
	assert_non_null(capture_container_name(container));
	assert_string_equal(capture_container_name(container), "file 2");
	assert_int_equal(read_file(), 20);
}

static void a_password_is_named(void **state)
{
	const struct packed_file file = {"x", content, 1000};

	(void)state;
	enter(PACKED_ZIP_PASSWORD, &file, 1);
	assert_false(capture_container_next(container, &source));
	assert_string_equal(capture_container_trouble(container),
			    "it is protected by a password: unpack it first");
}

static void progress_is_that_of_the_file_of_the_user(void **state)
{
	const struct packed_file file = {"x", content, CONTENT};

	(void)state;
	enter(PACKED_GZIP, &file, 1);
	assert_true(capture_container_next(container, &source));
	assert_int_equal(read_file(), CONTENT);
	uint64_t octets, size;
	capture_container_progress(container, &octets, &size);
	assert_int_equal(octets, packed_len);
	assert_int_equal(size, packed_len);
	assert_false(capture_container_next(container, &source));
	capture_container_progress(container, &octets, &size);
	assert_int_equal(octets, packed_len);
	assert_int_equal(size, packed_len);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(every_kind_is_recognised_and_unpacked),
		TEST(what_is_no_container_is_not_taken_for_one),
		TEST(the_files_of_an_archive_come_in_order),
		TEST(a_container_inside_a_container_is_entered),
		TEST(a_fourth_level_is_refused),
		TEST(what_stands_before_a_cut_is_unpacked),
		TEST(a_small_file_that_is_cut_gives_what_it_has),
		TEST(packed_files_behind_each_other_are_one),
		TEST(damage_is_reported),
		TEST(a_bomb_is_not_unpacked),
		TEST(too_many_files_are_not_looked_at),
		TEST(every_cut_ends_with_a_report),
		TEST(holes_of_a_sparse_file_are_zeros),
		TEST(a_file_whose_name_cannot_be_read_has_its_number),
		TEST(a_password_is_named),
		TEST(progress_is_that_of_the_file_of_the_user),
	};
	return cmocka_run_group_tests_name("explain/capture/container", tests, NULL, NULL);
}
