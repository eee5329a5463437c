/* SPDX-License-Identifier: MIT */
#include "capture/source_code.h"

#include <string.h>

#include "unit.h"

static bool is_source(const char *text, const char *what)
{
	return capture_is_source(text, strstr(text, what));
}

static void a_line_of_code_is_told_from_a_line_of_a_log(void **state)
{
	(void)state;
	assert_true(is_source("a log\n\tprintf(\"Pairing failed, timeout\\n\");", "Pairing"));
	assert_true(is_source("LOG_ERR(\"SMP Timeout\");", "SMP"));
	assert_true(is_source("Serial.println(\"status = success\");", "status"));
	assert_true(is_source("+\tcase SMP_PAIRING_FAILED_AUTH_REQ:", "SMP"));
	assert_true(is_source("#define SMP_PAIRING_FAILED_AUTH_REQ 3", "SMP"));
	assert_true(is_source("  } else if (s == SMP_PAIRING_FAILED_AUTH_REQ) {", "SMP"));
	assert_false(is_source("<err> bt_smp: SMP Timeout", "SMP"));
	assert_false(is_source("printf(\"x\");\nSMP Timeout", "SMP"));
	assert_false(is_source("E NimBLEClient: \"failed rc=13\"", "failed"));
	assert_false(is_source("BleakError(\"Could not pair\")", "Could"));
	assert_false(is_source("in that case SMP Timeout", "SMP"));
	assert_false(is_source("SMP Timeout", "SMP"));
}

static void a_statement_ends_its_line(void **state)
{
	static const char code[] = "UNSPECIFIED, NULL); \nlog", log[] = "UNSPECIFIED.\n;",
			  cut[] = "NOTHING;";

	(void)state;
	assert_true(capture_is_statement(code, code + strlen(code)));
	assert_false(capture_is_statement(log, log + strlen(log)));
	/* What stands behind the end is not read. */
	assert_false(capture_is_statement(cut, cut + strlen(cut) - 1));
	assert_false(capture_is_statement(cut, cut));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_code_is_told_from_a_line_of_a_log),
		cmocka_unit_test(a_statement_ends_its_line),
	};
	return cmocka_run_group_tests_name("explain/capture/source_code", tests, NULL, NULL);
}
