/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "capture/record.h"
#include "cli/explain/files.h"

/* Link type 187: H4 without direction. */
static void begin_file(struct file *file, uint32_t magic, bool big, unsigned version, uint32_t link)
{
	void (*put)(struct file *, uint64_t, size_t) = big ? file_put_be : file_put_le;

	file->len = 0;
	put(file, magic, 4);
	put(file, version, 2);
	put(file, 4, 2);
	put(file, 0, 8);
	put(file, 65535, 4);
	put(file, link, 4);
}

static void put_record(struct file *file, bool big, uint32_t ticks, uint32_t kept,
		       uint32_t original)
{
	void (*put)(struct file *, uint64_t, size_t) = big ? file_put_be : file_put_le;

	put(file, 1600000000, 4);
	put(file, ticks, 4);
	put(file, kept, 4);
	put(file, original, 4);
}

static const uint8_t reset[] = {1, 3, 0x0c, 0}, sco[] = {3, 1, 0, 0};

static void both_byte_orders_and_units_of_time_are_read(void **state)
{
	static const struct {
		uint32_t magic, ticks;
		bool modified;
	} rows[] = {
		{0xa1b2c3d4, 999999, false},
		{0xa1b23c4d, 999999999, false},
		{0xa1b2cd34, 999999, true},
	};
	static struct file file;
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int big = 0; big < 2; big++) {
			begin_file(&file, rows[i].magic, big, 2, 187);
			for (int record = 0; record < 2; record++) {
				put_record(&file, big, rows[i].ticks, 4, 4);
				if (rows[i].modified)
					file_put_be(&file, 0x1122334455667788, 8);
				file_put(&file, reset, 4);
			}
			reading_take(&reading, file.octets, file.len);
			assert_string_equal(reading.failure.text, "");
			assert_string_equal(reading.format,
					    "pcap, HCI UART (H4) without direction");
			assert_string_equal(reading.missing, "");
			assert_int_equal(reading.count, 2);
			for (size_t k = 0; k < 2; k++) {
				const struct explain_packet *p = &reading.packets[k];
				assert_int_equal(p->number, k + 1);
				assert_int_equal(p->time_us, 1600000000999999);
				assert_int_equal(p->clock, EXPLAIN_CLOCK_UNIX);
				assert_int_equal(p->kind, EXPLAIN_COMMAND);
				assert_int_equal(p->len, 3);
				assert_memory_equal(p->data, reset + 1, 3);
			}
			reading_free(&reading);
		}
}

static void packets_of_no_interest_are_counted(void **state)
{
	static struct file file;
	struct reading reading;

	(void)state;
	begin_file(&file, 0xa1b2c3d4, false, 2, 187);
	put_record(&file, false, 0, 4, 4);
	file_put(&file, sco, 4);
	put_record(&file, false, 0, 0, 0);
	put_record(&file, false, 0, 4, 9); /* cut by the capture */
	file_put(&file, reset, 4);
	put_record(&file, false, 0, 4, 2); /* less than was captured */
	file_put(&file, reset, 4);
	reading_take(&reading, file.octets, file.len);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.packets[0].number, 3);
	assert_int_equal(reading.packets[0].len, 3);
	assert_int_equal(reading.packets[0].original, 8);
	assert_int_equal(reading.packets[1].original, 3);
	reading_free(&reading);
}

/* The bits above the link type are about the frame check sequence. */
static void other_bits_beside_the_link_type_are_ignored(void **state)
{
	static struct file file;
	struct reading reading;

	(void)state;
	begin_file(&file, 0xa1b2c3d4, false, 2, 0xfc000000 | 187);
	reading_take(&reading, file.octets, file.len);
	assert_string_equal(reading.failure.text, "");
	reading_free(&reading);
	begin_file(&file, 0xa1b2c3d4, false, 2, 0x01000000 | 187);
	reading_take(&reading, file.octets, file.len);
	assert_non_null(strstr(reading.failure.text, "link type 16777403, "));
}

static void an_unsupported_file_is_refused_with_a_reason(void **state)
{
	static const struct {
		uint32_t magic;
		unsigned version;
		uint32_t link;
		size_t len;
		const char *words;
	} rows[] = {
		{0xa1b2c3d4, 1, 187, 24, "the capture (pcap) is of version 1; only 2 is supported"},
		{0xa1b2c3d4, 3, 187, 24, "is of version 3"},
		{0xa1b2c3d4, 2, 1, 24, "is of link type 1, a network"},
		{0xa1b2c3d4, 2, 187, 23, "(pcap) ends in its header: it holds no packet"},
		{0xa1b2c3d4, 2, 187, 4, "(pcap) ends in its header: it holds no packet"},
		{0xa1b2c3d5, 2, 187, 24, "is not a capture that can be read"},
	};
	static struct file file;
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin_file(&file, rows[i].magic, false, rows[i].version, rows[i].link);
		reading_take(&reading, file.octets, rows[i].len);
		assert_non_null(strstr(reading.failure.text, rows[i].words));
		assert_int_equal(reading.failure.exit,
				 rows[i].len < 24 ? CLI_EMPTY : CLI_NOT_A_CAPTURE);
	}
}

static void the_longest_record_is_read_and_a_longer_one_is_damage(void **state)
{
	static struct file file;
	struct reading reading;
	uint8_t *octets = calloc(1, sizeof(file.octets) + EXPLAIN_RECORD_MAX + 1);

	(void)state;
	assert_non_null(octets);
	for (uint32_t over = 0; over < 2; over++) {
		begin_file(&file, 0xa1b2c3d4, false, 2, 187);
		put_record(&file, false, 0, EXPLAIN_RECORD_MAX + over, EXPLAIN_RECORD_MAX + over);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_and_units_of_time_are_read),
		cmocka_unit_test(packets_of_no_interest_are_counted),
		cmocka_unit_test(other_bits_beside_the_link_type_are_ignored),
		cmocka_unit_test(an_unsupported_file_is_refused_with_a_reason),
		cmocka_unit_test(the_longest_record_is_read_and_a_longer_one_is_damage),
	};
	return cmocka_run_group_tests_name("explain/capture/pcap", tests, NULL, NULL);
}
