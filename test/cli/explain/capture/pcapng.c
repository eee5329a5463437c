/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "cli/explain/files.h"

/* Interfaces of any kinds in one file; frames are counted as Wireshark counts them. */
static void interfaces_of_several_kinds_are_read(void **state)
{
	static struct file file;
	struct reading reading;
	size_t host = 0, air = 0, at = 0;

	(void)state;
	file_make_mixed(&file);
	reading_take(&reading, file.octets, file.len);
	assert_string_equal(reading.failure.text, "");
	assert_string_equal(reading.format,
			    "pcapng, HCI UART (H4) without direction, link layer of a sniffer");
	assert_string_equal(reading.missing, "");
	assert_int_equal(reading.count, HOST_SAMPLES + AIR_SAMPLES + 3);
	for (; at < HOST_SAMPLES + AIR_SAMPLES; at++) {
		const struct explain_packet *p = &reading.packets[at];
		bool on_air = p->kind == EXPLAIN_AIR;
		size_t i = on_air ? air++ : host++;
		const struct sample *sample = on_air ? &air_samples[i] : &host_samples[i];
		assert_int_equal(p->number, at + 2);
		assert_int_equal(p->time_us, sample_time(i));
		assert_int_equal(p->kind, sample->kind);
		assert_int_equal(p->way, sample->way);
		assert_memory_equal(p->data, sample->data + (on_air ? 4 : 0), p->len);
		assert_int_equal(p->source, on_air ? 2 << 8 : 1 << 8);
	}
	assert_int_equal(host, HOST_SAMPLES);
	/* Each interface has its own handles: on this one, no first fragment was seen. */
	assert_int_equal(reading.packets[at].source, 3 << 8);
	assert_int_equal(reading.packets[at++].way, EXPLAIN_WAY_UNKNOWN);
	assert_int_equal(reading.packets[at].time_us, sample_time(0));
	assert_int_equal(reading.packets[at].source, 0);
	assert_int_equal(reading.packets[at].len, 3);
	assert_memory_equal(reading.packets[at++].data, host_samples[0].data, 3);
	assert_int_equal(reading.packets[at].number, HOST_SAMPLES + AIR_SAMPLES + 5);
	assert_memory_equal(reading.packets[at].data, "\x01\x0c\x08", 3);
	assert_int_equal(reading.packets[at].len, 3);
	assert_int_equal(reading.packets[at].original, 11);
	reading_free(&reading);
	for (size_t len = 0; len < file.len; len++) { /* for the sanitizers */
		reading_take(&reading, file.octets, len);
		reading_free(&reading);
	}
}

/* A block of names, secrets or other data may be longer than the window. */
static void a_block_without_packets_may_be_of_any_length(void **state)
{
	static const uint8_t head[] = {0x0a, 0, 0, 0, 0, 0, 0x18, 0};
	const size_t size = 0x180000, before = 28 + 20;
	static struct file file;
	struct reading reading;

	(void)state;
	const struct format *format = &formats[formats_count - 1];
	file_make(&file, format);
	uint8_t *octets = calloc(1, file.len + size);
	assert_non_null(octets);
	memcpy(octets, file.octets, before);
	memcpy(octets + before, head, sizeof(head));
	memcpy(octets + before + size, file.octets + before, file.len - before);
	reading_take(&reading, octets, file.len + size);
	assert_int_equal(reading.count, AIR_SAMPLES);
	assert_samples(&reading, format, AIR_SAMPLES);
	assert_string_equal(reading.missing, "");
	reading_free(&reading);
	reading_take(&reading, octets, before + size / 2);
	assert_string_equal(reading.missing, "the capture ends in the middle of frame 1");
	reading_free(&reading);
	free(octets);
}

/* ---- Blocks, one by one, little-endian ------------------------------------------------------- */

static struct file file;
static struct reading reading;

static const uint8_t reset[] = {1, 3, 0x0c, 0};

static void begin_file(void)
{
	file.len = 0;
	file_put_le(&file, 0x0a0d0d0a, 4);
	file_put_le(&file, 28, 4);
	file_put_le(&file, 0x1a2b3c4d, 4);
	file_put_le(&file, 1, 4);
	file_put_le(&file, UINT64_MAX, 8);
	file_put_le(&file, 28, 4);
}

/* A block of that type; its body is what body (NULL: nothing) puts. */
static void put_block(uint32_t type, const void *body, size_t len)
{
	size_t size = 12 + (len + 3) / 4 * 4;

	file_put_le(&file, type, 4);
	file_put_le(&file, size, 4);
	file_put(&file, body, len);
	file_put_le(&file, 0, size - 12 - len);
	file_put_le(&file, size, 4);
}

static void put_interface(uint16_t link, uint32_t snapshot, const void *options, size_t len)
{
	uint8_t body[64] = {(uint8_t)link, (uint8_t)(link >> 8), 0, 0, (uint8_t)snapshot};

	if (len)
		memcpy(body + 8, options, len);
	put_block(1, body, 8 + len);
}

/* A packet of H4: the reset command, of which kept octets are there. */
static void put_packet(uint32_t type, uint32_t interface, uint64_t time, uint32_t kept)
{
	static struct file body;

	body.len = 0;
	file_put_le(&body, interface, 4);
	file_put_le(&body, time >> 32, 4);
	file_put_le(&body, time & 0xffffffff, 4);
	file_put_le(&body, kept, 4);
	file_put_le(&body, 4, 4);
	file_put(&body, reset, 4);
	put_block(type, body.octets, body.len);
}

static void take(void)
{
	reading_take(&reading, file.octets, file.len);
	assert_string_equal(reading.failure.text, "");
}

static void each_unit_of_time_is_read(void **state)
{
	static const struct {
		uint8_t resolution;
		int64_t offset;
		uint64_t time, time_us;
	} rows[] = {
		{6, 0, 1600000000999999, 1600000000999999},
		{9, 0, 1600000000999999999, 1600000000999999},
		{7, 5, 16000000001234567, 1600000005123456},
		{3, 0, 1600000000999, 1600000000999000},
		{0, -60, 1600000060, 1600000000000000},
		{0x80, 0, 1600000000, 1600000000000000},
		{0x80 | 1, 0, 3200000001, 1600000000500000},
		{0x80 | 32, 1, UINT64_C(1600000000) << 32 | 0x80000000, 1600000001500000},
		{0x80 | 33, 0, UINT64_C(1600000000) << 33 | 0x40000000, 1600000000125000},
		{0x80 | 34, 0, UINT64_C(160000000) << 34 | UINT64_C(0x200000000), 160000000500000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t options[] = {
			9, 0, 1, 0, rows[i].resolution, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0, 0,
			0, 0, 0, 0};
		memcpy(options + 12, &rows[i].offset, 8);
		begin_file();
		put_interface(187, 0, options, sizeof(options));
		put_packet(6, 0, rows[i].time, 4);
		take();
		assert_int_equal(reading.count, 1);
		assert_int_equal(reading.packets[0].time_us, rows[i].time_us);
		assert_int_equal(reading.packets[0].clock, EXPLAIN_CLOCK_UNIX);
		reading_free(&reading);
	}
}

/* Its block has only the link type, 201. */
static void an_interface_that_is_cut_is_none(void **state)
{
	(void)state;
	begin_file();
	put_block(1, "\xc9\0\0\0", 4);
	put_interface(187, 0, NULL, 0);
	put_packet(6, 0, 0, 4);
	take();
	assert_string_equal(reading.format, "pcapng, HCI UART (H4) without direction");
	assert_int_equal(reading.count, 1);
	reading_free(&reading);
}

static void options_are_read_up_to_their_end(void **state)
{
	static const struct {
		uint8_t options[24];
		size_t len;
		bool nano;
	} rows[] = {
		{{9, 0, 1, 0, 9}, 8, true},
		{{2, 0, 3, 0, 'e', 't', 'h', 0, 9, 0, 1, 0, 9}, 16, true}, /* if_name */
		{{2, 0, 0, 0, 9, 0, 1, 0, 9}, 12, true},
		{{0, 0, 0, 0, 9, 0, 1, 0, 9}, 12, false}, /* behind the end */
		{{9, 0, 2, 0, 9}, 8, false},		  /* of another length */
		{{9, 0, 5, 0, 9}, 8, false},		  /* longer than the block */
		{{14, 0, 7, 0, 9, 0, 0, 0, 0, 0, 0, 0}, 12, false},
		{{9, 0, 1}, 3, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin_file();
		put_interface(187, 0, rows[i].options, rows[i].len);
		put_packet(6, 0, 1600000000000000, 4);
		take();
		assert_int_equal(reading.packets[0].time_us,
				 rows[i].nano ? 1600000000000 : 1600000000000000);
		reading_free(&reading);
	}
}

static void packets_of_no_known_interface_are_counted(void **state)
{
	(void)state;
	begin_file();
	put_packet(6, 0, 0, 4); /* before any interface */
	put_interface(1, 0, NULL, 0);
	put_interface(187, 0, NULL, 0);
	put_packet(6, 0, 0, 4);
	put_packet(6, 2, 0, 4);
	put_block(6, reset, 4); /* too short */
	put_packet(6, 1, 0, 4);
	put_packet(2, 1 | 7U << 16, 0, 4); /* the old block has drops beside the interface */
	take();
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.packets[0].number, 5);
	assert_int_equal(reading.packets[0].source, 1 << 8);
	assert_int_equal(reading.packets[1].number, 6);
	assert_int_equal(reading.packets[1].source, 1 << 8);
	assert_int_equal(reading.packets[1].len, 3);
	reading_free(&reading);
}

/* A short interface block is none; of more than 256, the rest is not read. */
static void interfaces_have_a_bound(void **state)
{
	static uint8_t large[300 * 20 + 256];

	(void)state;
	begin_file();
	put_block(1, "\xbb\0\0\0\0\0\0", 7);
	put_block(1, "\xbb\0\0\0", 4);
	put_interface(187, 0, NULL, 0);
	put_packet(6, 1, 0, 4);
	take();
	assert_int_equal(reading.count, 1); /* the first has its padding */
	reading_free(&reading);
	for (uint32_t index = 255; index < 257; index++) {
		size_t len;
		begin_file();
		memcpy(large, file.octets, len = file.len);
		for (int i = 0; i < 257; i++) {
			file.len = 0;
			put_interface(187, 0, NULL, 0);
			memcpy(large + len, file.octets, file.len);
			len += file.len;
		}
		file.len = 0;
		put_packet(6, index, 0, 4);
		memcpy(large + len, file.octets, file.len);
		reading_take(&reading, large, len + file.len);
		assert_int_equal(reading.count, index == 255);
		if (reading.count)
			assert_int_equal(reading.packets[0].source, 255 << 8);
		reading_free(&reading);
	}
}

/* A section begins anew: its interfaces are its own. */
static void each_section_has_its_interfaces(void **state)
{
	static struct file first;

	(void)state;
	begin_file();
	put_interface(187, 0, NULL, 0);
	put_packet(6, 0, 0, 4);
	first = file;
	begin_file();
	put_packet(6, 0, 0, 4);
	file_put(&first, file.octets, file.len);
	reading_take(&reading, first.octets, first.len);
	assert_int_equal(reading.count, 1);
	reading_free(&reading);
}

static void a_packet_is_as_long_as_its_block_at_most(void **state)
{
	(void)state;
	begin_file();
	put_interface(187, 3, NULL, 0);
	put_packet(6, 0, 0, 3);
	put_packet(6, 0, 0, 100);
	put_block(3, "\4\0\0\0\1\3\x0c", 7); /* simple: the interface keeps 3 octets */
	put_block(3, "\2\0\0\0\1\3", 6);
	put_block(3, "\xc8\0\0\0\1\3\x0c\0", 8);
	take();
	assert_int_equal(reading.count, 5);
	static const struct {
		size_t len, original;
	} rows[] = {{2, 3}, {3, 3}, {2, 3}, {1, 1}, {2, 199}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(reading.packets[i].len, rows[i].len);
		assert_int_equal(reading.packets[i].original, rows[i].original);
	}
	assert_int_equal(reading.packets[2].clock, EXPLAIN_CLOCK_NONE);
	reading_free(&reading);
	begin_file();
	put_interface(187, 0, NULL, 0);
	put_block(3, "\4\0\0\0\1\3\x0c\0", 8);
	take();
	assert_int_equal(reading.packets[0].len, 3);
	reading_free(&reading);
}

static void a_block_with_a_wrong_length_is_damage(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{28 + 20 + 4, 37},	/* the length: no multiple of 4 */
		{28 + 20 + 4, 8},	/* shorter than head and tail */
		{28 + 20 + 36 - 4, 32}, /* the length at the end is another */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin_file();
		put_interface(187, 0, NULL, 0);
		put_packet(6, 0, 0, 4);
		file.octets[rows[i].at] = rows[i].value;
		take();
		assert_int_equal(reading.count, 0);
		assert_string_equal(reading.missing,
				    "the capture is damaged at frame 1: a block has no valid "
				    "length or byte order");
		reading_free(&reading);
	}
	/* An empty block is a block. */
	begin_file();
	put_interface(187, 0, NULL, 0);
	put_block(0xbad, NULL, 0);
	put_packet(6, 0, 0, 4);
	take();
	assert_int_equal(reading.count, 1);
	reading_free(&reading);
}

static void each_link_type_is_named_once(void **state)
{
	(void)state;
	begin_file();
	put_interface(1, 0, NULL, 0);
	put_interface(187, 0, NULL, 0);
	put_interface(272, 0, NULL, 0);
	put_interface(187, 0, NULL, 0);
	take();
	/* The first known one is named when the file is opened, the others as they come. */
	assert_string_equal(reading.format, "pcapng, HCI UART (H4) without direction, nRF Sniffer");
	reading_free(&reading);
	begin_file();
	put_interface(1, 0, NULL, 0);
	put_interface(105, 0, NULL, 0);
	reading_take(&reading, file.octets, file.len);
	assert_non_null(strstr(reading.failure.text, "(pcapng) is of link type 105, Wi-Fi"));
	/* An interface that is cut is none. */
	reading_take(&reading, file.octets, file.len - 1);
	assert_non_null(strstr(reading.failure.text, "(pcapng) is of link type 1, "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_of_several_kinds_are_read),
		cmocka_unit_test(a_block_without_packets_may_be_of_any_length),
		cmocka_unit_test(each_unit_of_time_is_read),
		cmocka_unit_test(an_interface_that_is_cut_is_none),
		cmocka_unit_test(options_are_read_up_to_their_end),
		cmocka_unit_test(packets_of_no_known_interface_are_counted),
		cmocka_unit_test(interfaces_have_a_bound),
		cmocka_unit_test(each_section_has_its_interfaces),
		cmocka_unit_test(a_packet_is_as_long_as_its_block_at_most),
		cmocka_unit_test(a_block_with_a_wrong_length_is_damage),
		cmocka_unit_test(each_link_type_is_named_once),
	};
	return cmocka_run_group_tests_name("explain/capture/pcapng", tests, NULL, NULL);
}
