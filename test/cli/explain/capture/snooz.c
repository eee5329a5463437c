/* SPDX-License-Identifier: MIT */
#include "capture/snooz.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/packed.h"
#include "heap.h"
#include "unit.h"

#define EPOCH 0x00dcddb30f2f8000ULL

static struct explain_snooz snooz;
static struct explain_source source;
static struct failure failure;

static const struct packed_packet packets[] = {
	{0x20, 5, "\x03\x0c\0", 3, 4},
	{0x10, 1000, "\x0e\4\1\3\x0c\0", 6, 7},
	{0x21, 2000, "\x40\0\7\0\3\0\6\0\1", 9, 12}, /* cut by the phone */
	{0x11, 3000, "\x40\x20\1\0a", 5, 6},
	{0x12, 0, "sco", 3, 4},
	{0x77, 0, "unknown", 7, 8},
};

static int make(const void *octets, size_t len)
{
	capture_source_memory(&source, octets, len);
	return capture_snooz_make(&snooz, &source, &failure);
}

static uint64_t be(const uint8_t *p, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | *p++;
	return value;
}

static void assert_made(unsigned version, uint64_t last)
{
	static const uint8_t h4[] = {1, 4, 2, 2, 3, 0xff}, flags[] = {0, 1, 0, 1, 1, 0};
	const uint8_t *p = snooz.octets + 16;
	uint64_t time = last + EPOCH - 6000;

	assert_memory_equal(snooz.octets, "btsnoop\0\0\0\0\1\0\0\3\xea", 16);
	for (size_t i = 0; i < COUNT(packets); i++) {
		time += i ? packets[i].distance : 0;
		assert_int_equal(be(p, 4), version == 2 ? packets[i].original : packets[i].len + 1);
		assert_int_equal(be(p + 4, 4), packets[i].len + 1);
		assert_int_equal(be(p + 8, 4), flags[i]);
		assert_int_equal(be(p + 12, 4), 0);
		assert_true(be(p + 16, 8) == time);
		assert_int_equal(p[24], h4[i]);
		assert_memory_equal(p + 25, packets[i].octets, packets[i].len);
		p += 25 + packets[i].len;
	}
	assert_int_equal(p - snooz.octets, snooz.len);
}

static void a_log_of_either_version_becomes_btsnoop(void **state)
{
	const uint64_t last = 1700000000000000;
	size_t len;

	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		uint8_t *file = packed_snooz(version, last, packets, COUNT(packets), &len);
		assert_true(capture_is_snooz(file, len));
		assert_int_equal(make(file, len), 0);
		assert_made(version, last);
		capture_snooz_free(&snooz);
		assert_null(snooz.octets);
		/* Far down in a report, beyond the window. */
		char *text = packed_report(file, len, 40000);
		assert_true(capture_is_bug_report((uint8_t *)text, 4096));
		assert_int_equal(make(text, strlen(text)), 0);
		assert_made(version, last);
		capture_snooz_free(&snooz);
		free(text);
		free(file);
	}
}

static void no_octets_of_a_log_stay_in_memory(void **state)
{
	size_t len;
	uint8_t *file = packed_snooz(2, 1700000000000000, packets, COUNT(packets), &len);

	(void)state;
	assert_int_equal(make(file, len), 0);
	heap_forbid(packets[2].octets, packets[2].len);
	capture_snooz_free(&snooz);
	heap_forbid(NULL, 0);
	free(file);
}

static void the_mark_alone_makes_a_report(void **state)
{
	static const char text[] = "  --- BEGIN:BTSNOOP_LOG_SUMMARY (1 bytes in) ---\n";

	(void)state;
	assert_true(capture_is_bug_report((const uint8_t *)text, strlen(text)));
	assert_false(capture_is_bug_report((const uint8_t *)text, 20));
	assert_false(capture_is_bug_report((const uint8_t *)"", 0));
}

/* Each cut of the text gives the records before it, and one octet of another. */
static void a_cut_log_ends_in_the_middle_of_a_record(void **state)
{
	size_t len;
	uint8_t *file = packed_snooz(2, 1, packets, COUNT(packets), &len);
	char *text = packed_report(file, len, 1);

	(void)state;
	for (size_t cut = 1; cut < 20; cut++) {
		assert_int_equal(make(file, len - cut), 0);
		assert_true(snooz.len >= 17);
		assert_int_equal(snooz.octets[snooz.len - 1], 0);
		capture_snooz_free(&snooz);
	}
	char *end = strstr(text, "\n--- END");
	assert_int_equal(make(text, (size_t)(end - text) - 8), 0);
	assert_int_equal(snooz.octets[snooz.len - 1], 0);
	capture_snooz_free(&snooz);
	free(text);
	free(file);
}

static void a_record_that_claims_too_much_ends_the_log(void **state)
{
	static const struct packed_packet two[] = {{0x20, 5, "\x03\x0c\0", 3, 4},
						   {0x10, 0, "\xff\xff\0\0\0\0\0\0\x10", 9, 10}};
	struct packed_packet lying = two[1];
	size_t len;

	(void)state;
	/* The second packet is a header of a third. */
	uint8_t *file = packed_snooz(2, 1, two, 2, &len);
	assert_int_equal(make(file, len), 0);
	assert_int_equal(snooz.len, 16 + 28 + 34);
	capture_snooz_free(&snooz);
	free(file);
	lying.len = 0;
	file = packed_snooz(1, 1, &lying, 1, &len);
	assert_int_equal(make(file, len), 0);
	assert_int_equal(snooz.len, 16 + 25);
	capture_snooz_free(&snooz);
	free(file);
}

static void a_report_without_a_log_says_how_to_get_one(void **state)
{
	char *text = packed_report(NULL, 0, 50000);

	(void)state;
	assert_int_equal(make(text, strlen(text)), -1);
	assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
	assert_non_null(strstr(failure.text, "is an Android bug report without a Bluetooth log: "));
	assert_non_null(strstr(failure.text, "Enable Bluetooth HCI snoop log"));
	free(text);
	static const char other[] =
		"--- BEGIN:BTSNOOP_LOG_SUMMARY (9 bytes in) ---\nAAAAAAAAAAAA\n";
	assert_int_equal(make(other, strlen(other)), -1);
	assert_non_null(strstr(failure.text, "not btsnooz of version 1 or 2"));
}

static void other_files_are_not_taken_for_a_log(void **state)
{
	static const char *const rows[] = {"\3\0\0\0\0\0\0\0\0\x78\x9c",
					   "\1\0\0\0\0\0\0\0\0\x78\x9d",
					   "\1\0\0\0\0\0\0\0\0\x77\x9c"};

	(void)state;
	assert_true(capture_is_snooz((const uint8_t *)"\2\0\0\0\0\0\0\0\0\x78\x9c", 11));
	assert_false(capture_is_snooz((const uint8_t *)"\2\0\0\0\0\0\0\0\0\x78\x9c", 10));
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_false(capture_is_snooz((const uint8_t *)rows[i], 11));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_of_either_version_becomes_btsnoop),
		cmocka_unit_test(no_octets_of_a_log_stay_in_memory),
		cmocka_unit_test(the_mark_alone_makes_a_report),
		cmocka_unit_test(a_cut_log_ends_in_the_middle_of_a_record),
		cmocka_unit_test(a_record_that_claims_too_much_ends_the_log),
		cmocka_unit_test(a_report_without_a_log_says_how_to_get_one),
		cmocka_unit_test(other_files_are_not_taken_for_a_log),
	};
	return cmocka_run_group_tests_name("explain/capture/snooz", tests, NULL, NULL);
}
