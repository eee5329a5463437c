/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "capture/record.h"
#include "cli/explain/files.h"

static struct file file;
static struct reading reading;

static void put_record(uint32_t behind, uint32_t microseconds, uint8_t type)
{
	file_put_be(&file, behind, 4);
	file_put_be(&file, 1600000000, 4);
	file_put_be(&file, microseconds, 4);
	file_put_be(&file, type, 1);
}

static bool is_packetlogger(void)
{
	reading_take(&reading, file.octets, file.len);
	bool is = strncmp(reading.format, "PacketLogger", 12) == 0;
	reading_free(&reading);
	return is;
}

/* The format has no magic number: it is detected by valid records. */
static void an_invalid_first_record_is_not_packetlogger(void **state)
{
	static const struct {
		uint32_t behind, microseconds;
		uint8_t type;
		bool is;
	} rows[] = {
		{12, 999999, 0, true},
		{9, 0, 3, true},
		{8, 0, 0, false},
		{12, 1000000, 0, false},
		{EXPLAIN_RECORD_MAX, 0, 2, true},
		{EXPLAIN_RECORD_MAX + 1, 0, 2, false},
		{12, 0, 4, false},
		{12, 0, 7, false},
		{12, 0, 8, true}, /* SCO */
		{12, 0, 9, true},
		{12, 0, 0x0a, false},
		{12, 0, 0xef, false},
		{12, 0, 0xf0, true}, /* notes of the system */
		{12, 0, 0xfc, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		file.len = 0;
		put_record(rows[i].behind, rows[i].microseconds, rows[i].type);
		file_put(&file, "\3\x0c\0", 3);
		assert_int_equal(is_packetlogger(), rows[i].is);
	}
}

static void an_invalid_second_record_is_not_packetlogger(void **state)
{
	static const struct {
		uint32_t behind, microseconds;
		uint8_t type;
		bool is;
	} rows[] = {
		{12, 999999, 0, true},	   {8, 0, 0, false},	{12, 1000000, 0, false},
		{12, 0, 4, false},	   {12, 0, 0x0a, true}, /* any note */
		{0x7fffffff, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		file.len = 0;
		put_record(12, 0, 0);
		file_put(&file, "\3\x0c\0", 3);
		put_record(rows[i].behind, rows[i].microseconds, rows[i].type);
		assert_int_equal(is_packetlogger(), rows[i].is);
		file.len--; /* cut in its header, it is not checked */
		assert_true(is_packetlogger());
	}
	/* The third is not checked. */
	file.len = 0;
	put_record(9, 0, 0);
	put_record(9, 0, 0);
	put_record(1, 0, 0);
	assert_true(is_packetlogger());
	/* A header alone has no packet. */
	file.len = 0;
	put_record(12, 0, 0);
	assert_false(is_packetlogger());
	file_put_be(&file, 3, 1);
	assert_true(is_packetlogger());
}

static void records_have_their_kind_and_time(void **state)
{
	static const struct {
		uint8_t type;
		enum explain_kind kind;
		enum explain_way way;
	} rows[] = {
		{0, EXPLAIN_COMMAND, EXPLAIN_SENT},
		{1, EXPLAIN_EVENT, EXPLAIN_RECEIVED},
		{2, EXPLAIN_ACL, EXPLAIN_SENT},
		{3, EXPLAIN_ACL, EXPLAIN_RECEIVED},
	};

	(void)state;
	file.len = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_record(12, 7, 8); /* SCO: counted, not read */
		file_put(&file, "\1\2\3", 3);
		put_record(12, 999999, rows[i].type);
		file_put(&file, "\3\x0c\0", 3);
	}
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct explain_packet *p = &reading.packets[i];
		assert_int_equal(p->number, 2 * i + 2);
		assert_int_equal(p->time_us, 1600000000999999);
		assert_int_equal(p->clock, EXPLAIN_CLOCK_UNIX);
		assert_int_equal(p->kind, rows[i].kind);
		assert_int_equal(p->way, rows[i].way);
		assert_int_equal(p->len, 3);
		assert_int_equal(p->original, 3);
		assert_memory_equal(p->data, "\3\x0c\0", 3);
	}
	reading_free(&reading);
}

static void a_later_record_with_a_wrong_length_is_damage(void **state)
{
	static const struct {
		uint32_t behind;
		const char *missing;
	} rows[] = {
		{8, "frame 3 claims 8 octets: the capture is damaged there"},
		{EXPLAIN_RECORD_MAX + 1,
		 "frame 3 claims 65600 octets: the capture is damaged there"},
		{EXPLAIN_RECORD_MAX, "the capture ends in the middle of frame 3"},
		{9, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		file.len = 0;
		put_record(9, 0, 0);
		put_record(9, 0, 0);
		put_record(rows[i].behind, 0, 0);
		reading_take(&reading, file.octets, file.len);
		assert_int_equal(reading.count, rows[i].behind == 9 ? 3 : 2);
		assert_string_equal(reading.missing, rows[i].missing);
		reading_free(&reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invalid_first_record_is_not_packetlogger),
		cmocka_unit_test(an_invalid_second_record_is_not_packetlogger),
		cmocka_unit_test(records_have_their_kind_and_time),
		cmocka_unit_test(a_later_record_with_a_wrong_length_is_damage),
	};
	return cmocka_run_group_tests_name("explain/capture/packetlogger", tests, NULL, NULL);
}
