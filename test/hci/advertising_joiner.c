/* SPDX-License-Identifier: MIT */
/* Data that a controller splits over several reports: Core Vol 4 Part E 7.7.65.13. */
#include "hci/advertising.h"

#include <string.h>

#include "unit.h"

enum { WHOLE, MORE, TRUNCATED };
enum { SCAN_RESPONSE = 0x08, CONNECTABLE = 0x01 };

static struct hci_advertising_joiner joiner;
static struct hci_advertisement report;

/* An event with one report. Data of a whole report are read here, also after takes() returns. */
static uint8_t event_octets[2 + 24 + 229];

static int fresh(void **state)
{
	(void)state;
	memset(&joiner, 0, sizeof(joiner));
	return 0;
}

/* The controller reports these octets of set sid of device n. True: report is filled. */
static bool takes_set(uint8_t n, uint8_t sid, uint8_t type, unsigned status, const void *data,
		      size_t len)
{
	struct hci_input event = {.kind = HCI_IN_EVENT,
				  .code = HCI_LE_META,
				  .subevent = HCI_LE_EXTENDED_ADVERTISING_REPORT,
				  .data = event_octets,
				  .len = 2 + 24 + len};
	size_t at = 0;

	memset(event_octets, 0, sizeof(event_octets));
	event_octets[0] = HCI_LE_EXTENDED_ADVERTISING_REPORT;
	event_octets[1] = 1;
	event_octets[2] = (uint8_t)(type | status << 5);
	event_octets[4] = 1;  /* random */
	event_octets[5] = n;  /* of the address */
	event_octets[11] = 3; /* LE Coded */
	event_octets[12] = 2; /* LE 2M */
	event_octets[13] = sid;
	event_octets[15] = (uint8_t)-70;
	event_octets[25] = (uint8_t)len;
	if (len)
		memcpy(event_octets + 26, data, len);
	return hci_advertisement_next_whole(&joiner, &event, &at, &report);
}

static bool takes(uint8_t n, unsigned status, const char *data)
{
	return takes_set(n, 0, CONNECTABLE, status, data, strlen(data));
}

static void has(const char *data, bool truncated)
{
	assert_int_equal(report.len, strlen(data));
	assert_memory_equal(report.data, data, report.len);
	assert_int_equal(report.truncated, truncated);
	assert_false(report.more);
}

static void a_whole_report_passes(void **state)
{
	(void)state;
	assert_true(takes(1, WHOLE, "abc"));
	has("abc", false);
	assert_int_equal(report.phy.primary, HCI_PHY_CODED);
	assert_int_equal(report.phy.secondary, HCI_PHY_2M);
	assert_true(report.connectable);
	assert_true(takes(1, WHOLE, ""));
	has("", false);
}

static void data_of_several_reports_are_joined(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_false(takes(1, MORE, "abc"));
		assert_false(takes(1, MORE, ""));
		assert_false(takes(1, MORE, "de"));
		assert_true(takes(1, WHOLE, "fgh"));
		has("abcdefgh", false);
		assert_int_equal(report.address[0], 1);
		assert_int_equal(report.rssi, -70);
	}
	assert_true(takes(1, WHOLE, "x"));
	has("x", false);
}

/* The controller lost the rest: a device is seen nevertheless. */
static void a_truncated_report_has_what_came(void **state)
{
	(void)state;
	assert_false(takes(1, MORE, "abc"));
	assert_true(takes(1, TRUNCATED, "d"));
	has("abcd", true);
	assert_true(takes(1, TRUNCATED, ""));
	has("", true);
}

static void devices_sets_and_scan_responses_are_kept_apart(void **state)
{
	(void)state;
	assert_false(takes(1, MORE, "one "));
	assert_false(takes(2, MORE, "two "));
	assert_false(takes_set(1, 7, CONNECTABLE, MORE, "set ", 4));
	assert_false(takes_set(1, 0, CONNECTABLE | SCAN_RESPONSE, MORE, "answer ", 7));
	assert_true(takes(2, WHOLE, "b"));
	has("two b", false);
	assert_true(takes_set(1, 0, CONNECTABLE | SCAN_RESPONSE, WHOLE, "d", 1));
	has("answer d", false);
	assert_true(report.scan_response);
	assert_true(takes_set(1, 7, CONNECTABLE, WHOLE, "c", 1));
	has("set c", false);
	assert_true(takes(1, WHOLE, "a"));
	has("one a", false);
}

/* A controller that never ends a report cannot hide a device for ever, nor overrun memory. */
static void more_than_a_device_can_send_is_truncated(void **state)
{
	uint8_t data[229];
	size_t octets = 0;

	(void)state;
	memset(data, 'x', sizeof(data));
	while (!takes_set(1, 0, 0, MORE, data, sizeof(data)))
		octets += sizeof(data);
	assert_true(octets + sizeof(data) >= HCI_ADVERTISING_DATA_MAX);
	assert_int_equal(report.len, HCI_ADVERTISING_DATA_MAX);
	assert_true(report.truncated);
	assert_true(takes(1, WHOLE, "new"));
	has("new", false);
}

/* With more devices than there is room for, the oldest data give way; the rest are joined. */
static void devices_beyond_the_room(void **state)
{
	(void)state;
	for (uint8_t n = 0; n < HCI_ADVERTISING_JOINED + 2; n++)
		assert_false(takes(n, MORE, "begin "));
	for (uint8_t n = 0; n < HCI_ADVERTISING_JOINED + 2; n++) {
		assert_true(takes(n, WHOLE, "end"));
		has(n < 2 ? "end" : "begin end", false);
	}
}

/* Two reports in one event. */
static void the_reports_of_one_event(void **state)
{
	uint8_t two[2 + 2 * 25] = {HCI_LE_EXTENDED_ADVERTISING_REPORT, 2};
	const struct hci_input event = {.kind = HCI_IN_EVENT,
					.code = HCI_LE_META,
					.subevent = HCI_LE_EXTENDED_ADVERTISING_REPORT,
					.data = two,
					.len = sizeof(two)};
	size_t at = 0;

	(void)state;
	two[2] = MORE << 5;
	two[25] = two[50] = 1;
	two[26] = 'a';
	two[51] = 'b';
	assert_true(hci_advertisement_next_whole(&joiner, &event, &at, &report));
	has("ab", false);
	assert_false(hci_advertisement_next_whole(&joiner, &event, &at, &report));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_whole_report_passes, fresh),
		cmocka_unit_test_setup(data_of_several_reports_are_joined, fresh),
		cmocka_unit_test_setup(a_truncated_report_has_what_came, fresh),
		cmocka_unit_test_setup(devices_sets_and_scan_responses_are_kept_apart, fresh),
		cmocka_unit_test_setup(more_than_a_device_can_send_is_truncated, fresh),
		cmocka_unit_test_setup(devices_beyond_the_room, fresh),
		cmocka_unit_test_setup(the_reports_of_one_event, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
