/* SPDX-License-Identifier: MIT */
/* Lines of ESP-IDF's log of HCI are found by their counter, their letter, and a packet that fits.
 */
#include "capture/esp_log.h"

#include <string.h>

#include "unit.h"

static void a_line_has_its_kind_and_way(void **state)
{
	static const struct {
		const char *line;
		enum explain_kind kind;
		enum explain_way way;
		size_t before;
	} rows[] = {
		{"4c C:06 04 03 01 00 13", EXPLAIN_COMMAND, EXPLAIN_SENT, 0},
		{"4d E:0f 04 00 05 06 04 ", EXPLAIN_EVENT, EXPLAIN_RECEIVED, 0},
		{"[20:39:27.450] 00 H:01 00 0b 00 07", EXPLAIN_ACL, EXPLAIN_SENT, 15},
		{"ff D:01 20 0b 00 07 00", EXPLAIN_ACL, EXPLAIN_RECEIVED, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture_esp_line found;
		assert_true(capture_esp_line(rows[i].line, &found));
		assert_int_equal(found.kind, rows[i].kind);
		assert_int_equal(found.way, rows[i].way);
		assert_int_equal(found.before, rows[i].before);
		assert_int_equal(found.octets[-1], ':');
	}
}

static void other_lines_are_none(void **state)
{
	static const char *const lines[] = {"",
					    "4c",
					    "4c C",
					    "4c C:",
					    "4c S:01 02",
					    "4c X:01 02",
					    "D (62235) NimBLE",
					    "E:0f 04 00 05",
					    "4d E:0f 4",
					    "4d E:0f04",
					    "xx C:01 02",
					    "4dE:0f 04 00",
					    "add C:01 02 03",
					    "4d E:0f 04 z"};
	struct capture_esp_line found;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		if (capture_esp_line(lines[i], &found))
			fail_msg("%s", lines[i]);
}

static void the_clock_is_told_from_the_packet(void **state)
{
	static const struct {
		size_t clock, len;
		enum explain_kind kind;
		uint8_t data[20];
	} rows[] = {
		{0, 6, EXPLAIN_COMMAND, {6, 4, 3, 1, 0, 0x13}},
		{8, 14, EXPLAIN_COMMAND, {0x40, 0x42, 0x0f, 0, 0, 0, 0, 0, 6, 4, 3, 1, 0, 0x13}},
		{0, 6, EXPLAIN_EVENT, {5, 4, 0, 1, 0, 0x16}},
		{8, 14, EXPLAIN_EVENT, {5, 4, 0, 1, 0, 0, 0, 0, 5, 4, 0, 1, 0, 0x16}},
		/* The rest is in the next line. */
		{0, 12, EXPLAIN_ACL, {1, 0, 0x15, 0, 0x11, 0, 6, 0, 3, 0x3c, 0x41, 0x1e}},
		{8,
		 19,
		 EXPLAIN_ACL,
		 {1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0x15, 0, 0x11, 0, 6, 0, 3, 0x3c, 0x41}},
		/* Years after the start, more octets than the packet, an opcode of no group. */
		{CAPTURE_ESP_NONE,
		 14,
		 EXPLAIN_EVENT,
		 {9, 9, 0, 1, 0, 0, 1, 0, 5, 4, 0, 1, 0, 0x16}},
		{CAPTURE_ESP_NONE, 7, EXPLAIN_COMMAND, {6, 4, 3, 1, 0, 0x13, 0}},
		{CAPTURE_ESP_NONE, 3, EXPLAIN_COMMAND, {0, 0x1c, 0}},
		{CAPTURE_ESP_NONE, 1, EXPLAIN_EVENT, {5}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(capture_esp_clock(rows[i].kind, rows[i].data, rows[i].len),
				 rows[i].clock);
}

static void a_text_is_such_a_log_if_it_has_a_packet(void **state)
{
	static const char log[] = "it fails:\r\n> 4c C:06 04 03 01 00 13 \r\nso\n";
	static const char *const others[] = {"",
					     "\n",
					     "4c C:13\n",
					     "ab C:de ad be ef\n",
					     "ab C:01 fc 09 01\n",
					     "4c C:06 04 03 01 00 13 00\n"};

	(void)state;
	assert_true(capture_esp_log(log, sizeof(log) - 1));
	/* Cut, it is one as long as its header is there. */
	assert_true(capture_esp_log(log, (size_t)(strstr(log, " 13 ") - log)));
	assert_false(capture_esp_log(log, (size_t)(strstr(log, " 03 ") - log)));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(capture_esp_log(others[i], strlen(others[i])));
}

/* A longer line is skipped, and no octet behind the text is read. */
static void any_length_is_survived(void **state)
{
	static char text[9000];

	(void)state;
	memset(text, ' ', sizeof(text));
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "13 ", 3);
	memcpy(text, "4c C:", 5);
	for (size_t len = 4080; len < 4110; len++)
		assert_false(capture_esp_log(text, len));
	memcpy(text + 8000, "\n4c C:06 04 03 01 00 13\n", 24);
	assert_true(capture_esp_log(text, 8024));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_kind_and_way),
		cmocka_unit_test(other_lines_are_none),
		cmocka_unit_test(the_clock_is_told_from_the_packet),
		cmocka_unit_test(a_text_is_such_a_log_if_it_has_a_packet),
		cmocka_unit_test(any_length_is_survived),
	};
	return cmocka_run_group_tests_name("explain/capture/esp_log", tests, NULL, NULL);
}
