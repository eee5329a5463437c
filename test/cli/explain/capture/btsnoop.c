/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "capture/record.h"
#include "cli/explain/files.h"

static void dropped_packets_are_reported(void **state)
{
	static struct file file;
	struct reading reading;

	(void)state;
	file_make(&file, &formats[1]);
	/* The counter of drops, in the second record. */
	file.octets[16 + 24 + 4 + 15] = 3;
	for (size_t at = 16 + 24 + 4 + 24 + 7, i = 2; i < HOST_SAMPLES; i++) {
		file.octets[at + 15] = 3;
		at += 24 + 1 + host_samples[i].len;
	}
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, HOST_SAMPLES);
	assert_null(reading.packets[0].missing);
	assert_string_equal(reading.packets[1].missing, "3 packets are missing before frame 2");
	assert_null(reading.packets[2].missing);
	reading_free(&reading);
}

static void a_packet_that_was_cut_short_has_its_length(void **state)
{
	static struct file file;
	struct reading reading;

	(void)state;
	file_make(&file, &formats[1]);
	file.octets[16 + 3] = 100; /* the reset was of 100 octets, with its type */
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.packets[0].len, 3);
	assert_int_equal(reading.packets[0].original, 99);
	reading_free(&reading);
}

static struct file file;
static struct reading reading;

static void begin_file(uint32_t version, uint32_t datalink)
{
	file.len = 0;
	file_put(&file, "btsnoop", 8);
	file_put_be(&file, version, 4);
	file_put_be(&file, datalink, 4);
}

static void put_record(uint32_t original, uint32_t kept, uint32_t flags, uint32_t drops)
{
	file_put_be(&file, original, 4);
	file_put_be(&file, kept, 4);
	file_put_be(&file, flags, 4);
	file_put_be(&file, drops, 4);
	file_put_be(&file, 0x00dcddb30f2f8000 + 1600000000000001, 8);
}

static void an_unsupported_file_is_refused_with_a_reason(void **state)
{
	(void)state;
	begin_file(2, 1002);
	reading_take(&reading, file.octets, file.len);
	assert_non_null(strstr(reading.failure.text, "(btsnoop) is of version 2; only 1 is"));
	begin_file(1, 1003);
	reading_take(&reading, file.octets, file.len);
	assert_non_null(
		strstr(reading.failure.text, "(btsnoop) is of datalink 1003 (BCSP); supported"));
	reading_take(&reading, file.octets, file.len - 1);
	assert_non_null(strstr(reading.failure.text, "ends in its header: it holds no packet"));
}

/* The count of drops is for the file as a whole, and may begin anew. */
static void the_magic_ends_with_a_zero(void **state)
{
	(void)state;
	begin_file(1, 1001);
	file.octets[7] = 'x';
	reading_take(&reading, file.octets, file.len);
	assert_non_null(strstr(reading.failure.text, "is not a capture that can be read"));
	reading_free(&reading);
}

static void a_gap_before_a_record_that_is_skipped_is_before_the_next_packet(void **state)
{
	(void)state;
	begin_file(1, 1002);
	put_record(2, 2, 2, 3);
	file_put(&file, "\5x", 2); /* ISO data */
	put_record(4, 4, 2, 3);
	file_put(&file, "\1\3\x0c\0", 4);
	put_record(4, 4, 2, 3);
	file_put(&file, "\1\3\x0c\0", 4);
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, 2);
	assert_string_equal(reading.packets[0].missing, "3 packets are missing before frame 1");
	assert_null(reading.packets[1].missing);
	reading_free(&reading);
}

static void drops_are_counted_from_record_to_record(void **state)
{
	static const struct {
		uint32_t drops;
		const char *missing;
	} rows[] = {
		{2, "2 packets are missing before frame 1"}, {2, NULL},
		{3, "1 packet is missing before frame 3"},   {0, NULL},
		{1, "1 packet is missing before frame 5"},
	};

	(void)state;
	begin_file(1, 1002);
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_record(4, 4, 2, rows[i].drops);
		file_put(&file, "\1\3\x0c\0", 4);
	}
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(reading.packets[i].time_us, 1600000000000001);
		if (rows[i].missing)
			assert_string_equal(reading.packets[i].missing, rows[i].missing);
		else
			assert_null(reading.packets[i].missing);
	}
	reading_free(&reading);
}

static void the_flags_of_h1_are_direction_and_kind(void **state)
{
	static const struct {
		enum explain_kind kind;
		enum explain_way way;
	} rows[] = {
		{EXPLAIN_ACL, EXPLAIN_SENT},
		{EXPLAIN_ACL, EXPLAIN_RECEIVED},
		{EXPLAIN_COMMAND, EXPLAIN_SENT},
		{EXPLAIN_EVENT, EXPLAIN_RECEIVED},
	};

	(void)state;
	begin_file(1, 1001);
	for (uint32_t flags = 0; flags < 4; flags++) {
		put_record(9, 3, flags, 0);
		file_put(&file, "\3\x0c\0", 3);
	}
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(reading.packets[i].kind, rows[i].kind);
		assert_int_equal(reading.packets[i].way, rows[i].way);
		assert_int_equal(reading.packets[i].len, 3);
		assert_int_equal(reading.packets[i].original, 9);
		assert_memory_equal(reading.packets[i].data, "\3\x0c\0", 3);
	}
	reading_free(&reading);
}

static void a_record_of_the_monitor_has_opcode_and_index(void **state)
{
	(void)state;
	begin_file(1, 2001);
	put_record(3, 3, 7U << 16 | 2, 0);
	file_put(&file, "\3\x0c\0", 3);
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.packets[0].kind, EXPLAIN_COMMAND);
	assert_int_equal(reading.packets[0].source, 7);
	reading_free(&reading);
}

static void the_simulators_packets_have_a_preamble(void **state)
{
	(void)state;
	begin_file(1, 2002);
	put_record(0, 0, 0, 0);
	put_record(5, 5, 0, 0);
	file_put(&file, "\xaa\1\2\3\4", 5);
	put_record(8, 8, 0, 0);
	file_put(&file, "\xaa\1\2\3\4\2\1\x77", 8);
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, 1);
	assert_int_equal(reading.packets[0].number, 3);
	assert_int_equal(reading.packets[0].air.access_address, 0x04030201);
	assert_int_equal(reading.packets[0].air.channel, -1);
	assert_int_equal(reading.packets[0].air.rssi, 127);
	assert_memory_equal(reading.packets[0].data, "\2\1\x77", 3);
	assert_int_equal(reading.packets[0].len, 3);
	reading_free(&reading);
}

static void the_longest_record_is_read_and_a_longer_one_is_damage(void **state)
{
	uint8_t *octets = calloc(1, sizeof(file.octets) + EXPLAIN_RECORD_MAX + 1);

	(void)state;
	assert_non_null(octets);
	for (uint32_t over = 0; over < 2; over++) {
		begin_file(1, 1002);
		put_record(4, EXPLAIN_RECORD_MAX + over, 0, 0);
		memcpy(octets, file.octets, file.len);
		octets[file.len] = 2; /* ACL */
		reading_take(&reading, octets, file.len + EXPLAIN_RECORD_MAX + over);
		assert_int_equal(reading.count, 1 - over);
		assert_string_equal(reading.missing,
				    over ? "frame 1 claims 65600 octets, more than any packet "
					   "has: the capture is damaged there"
					 : "");
		reading_free(&reading);
	}
	free(octets);
}

static void an_odd_datalink_is_named(void **state)
{
	(void)state;
	begin_file(1, 1004);
	reading_take(&reading, file.octets, file.len);
	assert_non_null(strstr(reading.failure.text, "datalink 1004 (H5, three-wire UART); "));
	assert_int_equal(reading.failure.exit, CLI_NOT_A_CAPTURE);
	begin_file(1, 1005);
	reading_take(&reading, file.octets, file.len);
	assert_non_null(strstr(reading.failure.text, "datalink 1005; supported are"));
}

static void a_file_in_the_other_byte_order_is_read(void **state)
{
	(void)state;
	file.len = 0;
	file_put(&file, "btsnoop", 8);
	file_put_le(&file, 1, 4);
	file_put_le(&file, 1002, 4);
	file_put_le(&file, 4, 4);
	file_put_le(&file, 4, 4);
	file_put_le(&file, 2, 4);
	file_put_le(&file, 0, 4);
	file_put_le(&file, 0x00dcddb30f2f8000 + 1600000000000001, 8);
	file_put(&file, "\1\3\x0c\0", 4);
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, 1);
	assert_memory_equal(reading.packets[0].data, "\3\x0c\0", 3);
	assert_int_equal(reading.packets[0].way, EXPLAIN_SENT);
	assert_true(reading.packets[0].time_us == 1600000000000001);
	assert_int_equal(reading.packets[0].clock, EXPLAIN_CLOCK_UNIX);
	reading_free(&reading);
}

static void times_of_a_clock_that_was_not_set_count_from_the_beginning(void **state)
{
	static const uint64_t times[] = {7, 1000009, 5};

	(void)state;
	begin_file(1, 1002);
	for (size_t i = 0; i < COUNT(times); i++) {
		file_put_be(&file, 4, 4);
		file_put_be(&file, 4, 4);
		file_put_be(&file, 0, 8);
		file_put_be(&file, times[i], 8);
		file_put(&file, "\1\3\x0c\0", 4);
	}
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, 3);
	for (size_t i = 0; i < COUNT(times); i++) {
		assert_int_equal(reading.packets[i].clock, EXPLAIN_CLOCK_START);
		assert_true(reading.packets[i].time_us == times[i]);
	}
	reading_free(&reading);
}

static void a_record_without_octets_is_skipped(void **state)
{
	(void)state;
	for (uint32_t datalink = 1001; datalink <= 1002; datalink++) {
		begin_file(1, datalink);
		put_record(0, 0, 2, 0);
		reading_take(&reading, file.octets, file.len);
		assert_int_equal(reading.count, 0);
		assert_string_equal(reading.missing, "");
		reading_free(&reading);
	}
}

static void a_filtered_log_is_named_and_how_to_get_a_full_one(void **state)
{
	struct explain_packet packet;
	struct failure failure;

	(void)state;
	begin_file(1, 1002);
	put_record(28, 9, 0, 0);
	file_put(&file, "\2\x40\0\x15\0\x11\0\6\0", 9);
	struct explain_capture *capture = capture_open_memory(file.octets, file.len, &failure);
	assert_non_null(capture);
	assert_null(capture_remark(capture));
	assert_true(capture_next(capture, &packet));
	assert_int_equal(packet.len, 8);
	assert_int_equal(packet.original, 27);
	assert_non_null(
		strstr(capture_remark(capture), "frame 1: only its beginning is in the log"));
	assert_non_null(strstr(capture_remark(capture), "Enabled (not Filtered)"));
	capture_close(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filtered_log_is_named_and_how_to_get_a_full_one),
		cmocka_unit_test(a_record_without_octets_is_skipped),
		cmocka_unit_test(times_of_a_clock_that_was_not_set_count_from_the_beginning),
		cmocka_unit_test(a_file_in_the_other_byte_order_is_read),
		cmocka_unit_test(an_odd_datalink_is_named),
		cmocka_unit_test(dropped_packets_are_reported),
		cmocka_unit_test(a_packet_that_was_cut_short_has_its_length),
		cmocka_unit_test(an_unsupported_file_is_refused_with_a_reason),
		cmocka_unit_test(the_magic_ends_with_a_zero),
		cmocka_unit_test(drops_are_counted_from_record_to_record),
		cmocka_unit_test(a_gap_before_a_record_that_is_skipped_is_before_the_next_packet),
		cmocka_unit_test(the_flags_of_h1_are_direction_and_kind),
		cmocka_unit_test(a_record_of_the_monitor_has_opcode_and_index),
		cmocka_unit_test(the_simulators_packets_have_a_preamble),
		cmocka_unit_test(the_longest_record_is_read_and_a_longer_one_is_damage),
	};
	return cmocka_run_group_tests_name("explain/capture/btsnoop", tests, NULL, NULL);
}
