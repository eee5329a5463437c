/* SPDX-License-Identifier: MIT */
#include "capture/monitor.h"

#include <string.h>

#include "unit.h"

static struct explain_packet packet;

static bool take(uint16_t opcode, const void *data, size_t len)
{
	packet = (struct explain_packet){.source = 0x200, .manufacturer = 0xffff};
	return capture_take_monitor(&packet, opcode, 3, data, len, len + 1) == EXPLAIN_READ_PACKET;
}

static void each_opcode_is_a_kind_of_packet_or_of_note(void **state)
{
	static const struct {
		enum explain_kind kind;
		enum explain_way way;
		enum explain_note note;
		bool taken;
	} rows[] = {
		[0] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_ADDED, true},
		[1] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_REMOVED, true},
		[2] = {EXPLAIN_COMMAND, EXPLAIN_SENT, EXPLAIN_NOTE_OTHER, true},
		[3] = {EXPLAIN_EVENT, EXPLAIN_RECEIVED, EXPLAIN_NOTE_OTHER, true},
		[4] = {EXPLAIN_ACL, EXPLAIN_SENT, EXPLAIN_NOTE_OTHER, true},
		[5] = {EXPLAIN_ACL, EXPLAIN_RECEIVED, EXPLAIN_NOTE_OTHER, true},
		[8] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_OPENED, true},
		[9] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_CLOSED, true},
		[10] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_IDENTITY, true},
		[12] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_OTHER, true},
		[13] = {EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_OTHER, true},
		[20] = {.taken = false},
	};

	(void)state;
	for (uint16_t opcode = 0; opcode < COUNT(rows); opcode++) {
		assert_int_equal(take(opcode, "abc", 3), rows[opcode].taken);
		if (!rows[opcode].taken)
			continue;
		assert_int_equal(packet.kind, rows[opcode].kind);
		assert_int_equal(packet.way, rows[opcode].way);
		assert_int_equal(packet.note, rows[opcode].note);
		assert_int_equal(packet.source, 0x203);
		assert_int_equal(packet.len, 3);
		assert_int_equal(packet.original, 4);
		assert_memory_equal(packet.data, "abc", 3);
		assert_int_equal(packet.manufacturer, 0xffff);
		assert_int_equal(packet.system, EXPLAIN_SYSTEM_LINUX);
		assert_null(packet.text);
	}
}

static void notes_have_the_address_of_the_controller(void **state)
{
	static const uint8_t zero[6] = {0};

	(void)state;
	assert_true(take(0, "\1\2abcdef", 8)); /* type, bus, address */
	assert_memory_equal(packet.address, "abcdef", 6);
	assert_int_equal(packet.manufacturer, 0xffff);
	assert_true(take(0, "\1\2abcdef", 7));
	assert_memory_equal(packet.address, zero, 6);
	assert_true(take(10, "abcdef\x0f\1", 8));
	assert_memory_equal(packet.address, "abcdef", 6);
	assert_int_equal(packet.manufacturer, 0x010f);
	assert_true(take(10, "abcdef\x0f\1", 7));
	assert_memory_equal(packet.address, zero, 6);
	assert_int_equal(packet.manufacturer, 0xffff);
	assert_true(take(9, "abcdefgh", 8));
	assert_memory_equal(packet.address, zero, 6);
}

/* It is shown on a terminal. */
static void the_text_of_a_note_is_printable_and_ends(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *text;
	} rows[] = {
		{"Linux ~", 8, "Linux ~"},
		{" a\0b", 4, " a"},
		{"Linux", 5, NULL},
		{"", 1, NULL},
		{"", 0, NULL},
		{"a\x1f", 3, NULL},
		{"a\x7f", 3, NULL},
		{"\x1b[0m", 5, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(take(12, rows[i].octets, rows[i].len));
		if (rows[i].text)
			assert_string_equal(packet.text, rows[i].text);
		else
			assert_null(packet.text);
	}
}

/* Priority, length of the name, name, text. */
static void the_log_of_a_program_is_read_behind_its_name(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *text;
	} rows[] = {
		{"\6\3bt\0No agent", 14, "No agent"},
		{"\6\0No agent", 11, "No agent"},
		{"\6\3bt\0No agent", 13, NULL}, /* it is cut */
		{"\6\3bt", 4, NULL},
		{"\6\2bt", 4, NULL},
		{"\6\0", 2, NULL},
		{"\6", 1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(take(13, rows[i].octets, rows[i].len));
		if (rows[i].text)
			assert_string_equal(packet.text, rows[i].text);
		else
			assert_null(packet.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_opcode_is_a_kind_of_packet_or_of_note),
		cmocka_unit_test(notes_have_the_address_of_the_controller),
		cmocka_unit_test(the_text_of_a_note_is_printable_and_ends),
		cmocka_unit_test(the_log_of_a_program_is_read_behind_its_name),
	};
	return cmocka_run_group_tests_name("explain/capture/monitor", tests, NULL, NULL);
}
