/* SPDX-License-Identifier: MIT */
/* The reader that fits a text is chosen by what it finds, wherever in the text that stands. */
#include "capture/text.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/files.h"

#define BTMON                                                                        \
	"< HCI Command: Reset (0x03|0x0003) plen 0                  #1 [hci0] 1.5\n" \
	"> HCI Event: Command Complete (0x0e) plen 4                #2 [hci0] 1.6\n" \
	"      Reset (0x03|0x0003) ncmd 1\n        Status: Success (0x00)\n"
#define BTSTACK BTSTACK_RESET "EVT <= 0e 04 01 03 0c 00\n"

static struct reading reading;

static void take(const char *text, size_t len)
{
	reading_take(&reading, text, len);
}

static void a_text_of_btmon_wins_over_a_log_beside_it(void **state)
{
	(void)state;
	take(BTSTACK BTMON, sizeof(BTSTACK BTMON) - 1);
	assert_string_equal(reading.format, "text of btmon");
	assert_int_equal(reading.count, 2);
	reading_free(&reading);
	take(BTSTACK, sizeof(BTSTACK) - 1);
	assert_string_equal(reading.format, "log of BTstack");
	assert_int_equal(reading.count, 2);
	reading_free(&reading);
}

/* Prose of any length precedes the trace. */
static void a_trace_behind_much_prose_is_found(void **state)
{
	static const size_t lengths[] = {5000, 300 * 1024, 1000 * 1024};
	static const char prose[] = PROSE;

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		size_t len = 0;
		char *text = malloc(lengths[i] + sizeof(prose) + sizeof(BTSTACK));
		assert_non_null(text);
		while (len < lengths[i]) {
			memcpy(text + len, prose, sizeof(prose) - 1);
			len += sizeof(prose) - 1;
		}
		memcpy(text + len, BTSTACK, sizeof(BTSTACK) - 1);
		take(text, len + sizeof(BTSTACK) - 1);
		assert_string_equal(reading.failure.text, "");
		assert_int_equal(reading.count, 2);
		reading_free(&reading);
		free(text);
	}
}

static void prose_names_no_format_and_lists_what_can_be_read(void **state)
{
	static const char mail[] = "Dear all,\nit does not work.\n";

	(void)state;
	take(mail, sizeof(mail) - 1);
	assert_int_equal(reading.failure.exit, CLI_NOT_A_CAPTURE);
	assert_non_null(strstr(reading.failure.text, "text without a packet that can be read"));
	assert_non_null(strstr(
		reading.failure.text,
		". To get a capture: on Linux, run `sudo btmon -w FILE` while you pair, then "
		"`blepair explain FILE`. Supported are btsnoop"));
	assert_null(strstr(reading.failure.text, "is text of btmon"));
}

static void octets_that_are_no_text_are_no_capture(void **state)
{
	static const char octets[] = "\1\2\3\4\5\6\7\x0e\x0f";

	(void)state;
	take(octets, sizeof(octets) - 1);
	assert_int_equal(reading.failure.exit, CLI_NOT_A_CAPTURE);
	assert_non_null(strstr(reading.failure.text, "is not a capture that can be read"));
}

/* PowerShell writes the output of a program as UTF-16. */
static void utf16_is_read_as_the_same_text_in_utf8(void **state)
{
	static char wide[4 * sizeof(BTMON)];
	struct reading narrow;

	(void)state;
	reading_take(&narrow, BTMON, sizeof(BTMON) - 1);
	assert_int_equal(narrow.count, 2);
	for (int form = 0; form < 4; form++) {
		bool big = form & 1, mark = form & 2;
		size_t len = 0;
		if (mark) {
			wide[len++] = big ? '\xfe' : '\xff';
			wide[len++] = big ? '\xff' : '\xfe';
		}
		for (const char *p = BTMON; *p; p++) {
			wide[len++] = big ? '\0' : *p;
			wide[len++] = big ? *p : '\0';
		}
		take(wide, len);
		assert_string_equal(reading.failure.text, "");
		assert_same_packets(&narrow, &reading);
		reading_free(&reading);
	}
	reading_free(&narrow);
}

static void a_log_without_packets_is_named_with_what_it_says(void **state)
{
	static const char log[] =
		"[00:00:37.967,000] <wrn> bt_smp: Unexpected SMP code 0x08\n"
		"[00:00:37.967,000] <wrn> bt_smp: The in-progress pairing has been "
		"deleted!\n";

	(void)state;
	take(log, sizeof(log) - 1);
	assert_int_equal(reading.failure.exit, CLI_NOT_A_CAPTURE);
	assert_non_null(strstr(reading.failure.text, "is a log of Zephyr"));
	assert_non_null(strstr(reading.failure.text, "this end dropped the pairing itself"));
	assert_non_null(strstr(reading.failure.text, "CONFIG_BT_DEBUG_MONITOR_UART"));
}

/* The name of a format that stands far behind the beginning counts, too. */
static void a_log_is_named_wherever_its_first_line_stands(void **state)
{
	const size_t len = 700 * 1024;
	static const char line[] =
		"bluetoothd[1539]: src/device.c:device_bonding_failed() status 4\n";
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', len);
	memcpy(text + len - sizeof(line), line, sizeof(line) - 1);
	take(text, len);
	assert_non_null(strstr(reading.failure.text, "is a log of bluetoothd"));
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_of_btmon_wins_over_a_log_beside_it),
		cmocka_unit_test(a_trace_behind_much_prose_is_found),
		cmocka_unit_test(prose_names_no_format_and_lists_what_can_be_read),
		cmocka_unit_test(octets_that_are_no_text_are_no_capture),
		cmocka_unit_test(utf16_is_read_as_the_same_text_in_utf8),
		cmocka_unit_test(a_log_without_packets_is_named_with_what_it_says),
		cmocka_unit_test(a_log_is_named_wherever_its_first_line_stands),
	};
	return cmocka_run_group_tests_name("explain/capture/text", tests, NULL, NULL);
}
