/* SPDX-License-Identifier: MIT */
/* Octets are a packet of HCI if their values fit, too. */
#include "capture/hci_octets.h"

#include "unit.h"

static void what_octets_are_follows_from_their_values(void **state)
{
	static const struct {
		enum explain_kind kind;
		enum capture_octets is;
		uint8_t len, data[24];
	} rows[] = {
		{EXPLAIN_COMMAND, CAPTURE_OCTETS_HCI, 3, {0x03, 0x0c, 0}},
		{EXPLAIN_COMMAND, CAPTURE_OCTETS_MAYBE, 4, {0x01, 0xfc, 1, 9}},
		{EXPLAIN_COMMAND, CAPTURE_OCTETS_OTHER, 3, {0, 0, 0}},
		{EXPLAIN_COMMAND, CAPTURE_OCTETS_OTHER, 3, {0x03, 0x1c, 0}},
		{EXPLAIN_COMMAND, CAPTURE_OCTETS_OTHER, 4, {0x06, 0x04, 1, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_HCI, 6, {0x05, 4, 0, 0x40, 0, 0x13}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_MAYBE, 6, {0x05, 4, 2, 0x40, 0, 0x13}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 6, {0x05, 4, 0, 0x40, 0x0f, 0x13}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_HCI, 6, {0x08, 4, 6, 0x40, 0, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 6, {0x08, 4, 6, 0x40, 0, 3}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_HCI, 6, {0x0e, 4, 1, 0x03, 0x0c, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 6, {0x0e, 4, 1, 0x03, 0xec, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_HCI, 7, {0x13, 5, 1, 0x40, 0, 1, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 7, {0x13, 5, 2, 0x40, 0, 1, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_HCI, 6, {0x3e, 19, 1, 0, 0x40, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 6, {0x3e, 4, 1, 0, 0x40, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 6, {0x3e, 4, 0, 0, 0x40, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_MAYBE, 4, {0x04, 2, 0, 0}},
		{EXPLAIN_EVENT, CAPTURE_OCTETS_OTHER, 4, {0x61, 2, 0, 0}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_HCI, 10, {0x40, 0, 6, 0, 2, 0, 6, 0, 5, 3}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_OTHER, 10, {0x40, 0, 6, 0, 2, 0, 6, 0, 3, 3}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_OTHER, 10, {0x40, 0, 6, 0, 1, 0, 4, 0, 0x0a, 3}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_HCI, 11, {0x40, 0, 7, 0, 3, 0, 4, 0, 0x0a, 3, 0}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_OTHER, 11, {0x40, 0, 7, 0, 3, 0, 4, 0, 0x30, 3, 0}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_MAYBE, 6, {0x40, 0x10, 2, 0, 5, 5}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_MAYBE, 9, {0x40, 0, 5, 0, 1, 0, 0x41, 0, 5}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_OTHER, 9, {0x40, 0x80, 5, 0, 1, 0, 0x41, 0, 5}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_OTHER, 9, {0x01, 0x0f, 5, 0, 1, 0, 0x41, 0, 5}},
		{EXPLAIN_ACL, CAPTURE_OCTETS_OTHER, 4, {0x40, 0, 5, 0}},
		{EXPLAIN_NOTE, CAPTURE_OCTETS_OTHER, 4, {1, 2, 3, 4}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (capture_octets_judge(rows[i].kind, rows[i].data, rows[i].len) != rows[i].is)
			fail_msg("row %zu", i);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_octets_are_follows_from_their_values),
	};
	return cmocka_run_group_tests_name("explain/capture/hci_octets", tests, NULL, NULL);
}
