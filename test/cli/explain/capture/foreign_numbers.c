/* SPDX-License-Identifier: MIT */
/* A number of a log means what its stack says, and nothing outside of its ranges. */
#include "capture/foreign_numbers.h"

#include <string.h>

#include "unit.h"

static void a_number_has_the_meaning_of_its_stack(void **state)
{
	static const struct {
		enum capture_meaning meaning;
		unsigned n;
		const char *text; /* NULL: none */
	} rows[] = {
		{MEANING_REASON, 0, NULL},
		{MEANING_REASON, 0x0f, "Key Rejected (0x0f)"},
		{MEANING_REASON, 0x11, NULL},
		{MEANING_SMP, 0x0e, "Cross-transport"},
		/* SMP_PAIR_INTERNAL_ERR of Bluedroid is not Key Rejected. */
		{MEANING_SMP, 0x0f, NULL},
		{MEANING_ZEPHYR, 2, "PIN or key missing (2): one end has lost the bond; delete it"},
		{MEANING_ZEPHYR, 10, NULL},
		{MEANING_ESP, 77, NULL},
		{MEANING_ESP, 78, "Passkey Entry Failed (0x01)"},
		{MEANING_ESP, 91, "(0x0e)"},
		{MEANING_ESP, 92, "an internal error"},
		{MEANING_ESP, 98, NULL},
		{MEANING_ESP, 99, "did not come in time"},
		{MEANING_NRF5, 0x80, NULL},
		{MEANING_NRF5, 0x8b, "DHKey Check Failed (0x0b)"},
		{MEANING_NRF5, 0x1006, "one end has lost the bond"},
		{MEANING_NIMBLE, 7, NULL},
		{MEANING_NIMBLE, 0x205, "Authentication Failure (0x05)"},
		{MEANING_NIMBLE, 0x404, "this end failed the pairing, Confirm Value Failed (0x04)"},
		{MEANING_NIMBLE, 0x508, "the peer sent Pairing Failed, Unspecified Reason (0x08)"},
		{MEANING_NIMBLE, 0x511, NULL},
		{MEANING_NIMBLE_HOST, 7, "the link was lost"},
		{MEANING_NIMBLE_HOST, 0x508, "the peer sent Pairing Failed"},
		{MEANING_NIMBLE_HOST, 14, NULL},
		{MEANING_ST, 2, NULL},
		{MEANING_ST, 4, "the peer has lost the bond; delete it on this end"},
		{MEANING_TI, 0x0d, NULL},
		{MEANING_TI, 0x32, "bleGAPBondRejected"},
		{MEANING_CEVA, 0x60, NULL},
		{MEANING_CEVA, 0x6e, "this end failed"},
		{MEANING_CEVA, 0x6f, NULL},
		{MEANING_CEVA, 0x70, NULL},
		{MEANING_CEVA, 0x71, "the peer sent Pairing Failed, Passkey Entry Failed (0x01)"},
		{MEANING_SILABS, 0x1205, "Pairing Not Supported (0x05)"},
		{MEANING_SILABS, 0x0305, "Pairing Not Supported (0x05)"},
		{MEANING_SILABS, 5, NULL},
		{MEANING_CORDIO, 0xe1, "did not come in time"},
		{MEANING_BREDR, 5, "Authentication Failure (0x05)"},
		{MEANING_BREDR, 0, NULL},
		{MEANING_SILABS, 0x1008, "Connection Timeout (0x08)"},
		{MEANING_BLUEDROID, 0x04, "Confirm Value Failed (0x04)"},
		{MEANING_BLUEDROID, 0x16, "did not come in time"},
		{MEANING_BLUEDROID, 0x15, NULL},
		{MEANING_ENCRYPT, 0x1f, NULL},
		{MEANING_ENCRYPT, 0x06, NULL},
		{MEANING_ENCRYPT, 0x22, "(0x22)"},
		{MEANING_MIC, 0x3d, "MIC Failure"},
		{MEANING_MIC, 0x23d, "MIC Failure"},
		{MEANING_MIC, 0x13, NULL},
		{MEANING_LINK, 0x208, "the link was lost"},
		{MEANING_LINK, 0x13, NULL},
		{MEANING_LEFT, 0x213, "the peer disconnected"},
		{MEANING_BREDR, 0x100, NULL},
		{MEANING_KERNEL, 5, "0x05"},
		{MEANING_KERNEL, 0, NULL},
		{MEANING_MANAGEMENT, 5, "Authentication Failed (0x05)"},
		{MEANING_WINDOWS, 19, "Failed, without a reason (19)"},
		/* Applications print them as decimal, as hexadecimal, or as neither. */
		{MEANING_CYPRESS, 0x15, "did not come in time"},
		{MEANING_CYPRESS, 15, "did not come in time"},
		{MEANING_CYPRESS, 0x18, "the link was lost"},
		{MEANING_CYPRESS, 18, "the link was lost"},
		{MEANING_CYPRESS, 0x24, "the link was lost"},
		{MEANING_CYPRESS, 10, "Invalid Parameters (0x0a)"},
		{MEANING_CYPRESS, 0, NULL},
		{MEANING_CYPRESS, 0x13, NULL},
	};
	char text[150];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool any = capture_number_text(rows[i].meaning, rows[i].n, text, sizeof(text));
		if (any != (rows[i].text != NULL) || (any && !strstr(text, rows[i].text)))
			fail_msg("%u of %d: %s", rows[i].n, (int)rows[i].meaning, any ? text : "");
		assert_true(!any || strlen(text) < sizeof(text) - 1);
	}
}

static void a_name_is_a_whole_identifier(void **state)
{
	static const struct {
		const char *name, *text; /* NULL: none */
	} rows[] = {
		{"UNSPECIFIED", "Unspecified Reason (0x08)"},
		{"UNSPECIFIED.", "Unspecified Reason (0x08)"},
		{"SMP_INVALID_PARAMETERS_ERROR)", "Invalid Parameters (0x0a)"},
		{"SMP_CMD_UNSUPPORTED ", "Command Not Supported (0x07)"},
		{"LINK_DISCONNECTED", "the link was lost before the end"},
		{"AUTHENTICATION_REQ_NOT_MET\r", "Authentication Requirements (0x03)"},
		{"UNSPECIFIEDLY", NULL},
		{"UNSPECIFIE", NULL},
		{"SMP__ERROR", NULL},
		{"SMP_", NULL},
		{"", NULL},
		{"%s", NULL},
	};
	const char *more;
	char text[150];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *name = rows[i].name;
		bool any = capture_name_text(name, name + strlen(name), text, sizeof(text), &more);
		assert_int_equal(any, rows[i].text != NULL);
		if (any)
			assert_string_equal(text, rows[i].text);
	}
	/* What stands behind the end is not read. */
	static const char name[] = "UNSPECIFIED";
	assert_false(capture_name_text(name, name + 10, text, sizeof(text), &more));
}

static void a_reason_has_what_it_usually_means(void **state)
{
	const char *more;
	char text[150];

	(void)state;
	assert_non_null(strstr(capture_number_usually(MEANING_NIMBLE_HOST, 0x504), "passkey"));
	assert_non_null(strstr(capture_number_usually(MEANING_NRF5, 0x85), "old bond"));
	assert_null(capture_number_usually(MEANING_NRF5, 0x8a));
	assert_null(capture_number_usually(MEANING_NRF5, 0x1006));
	assert_null(capture_number_usually(MEANING_ZEPHYR, 4));
	static const char name[] = "CONFIRM_VALUE";
	assert_true(capture_name_text(name, name + strlen(name), text, sizeof(text), &more));
	assert_non_null(strstr(more, "passkey"));
	static const char timeout[] = "TIMEOUT";
	assert_true(
		capture_name_text(timeout, timeout + strlen(timeout), text, sizeof(text), &more));
	assert_null(more);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_has_the_meaning_of_its_stack),
		cmocka_unit_test(a_name_is_a_whole_identifier),
		cmocka_unit_test(a_reason_has_what_it_usually_means),
	};
	return cmocka_run_group_tests_name("explain/capture/foreign_numbers", tests, NULL, NULL);
}
