/* SPDX-License-Identifier: MIT */
#include "hci/advertising.h"

#include <string.h>

#include "unit.h"

static struct hci_host host;
static struct hci_input input;

static void take(const uint8_t *octets, size_t len)
{
	hci_host_input(&host, octets, len, &input);
	assert_int_equal(input.kind, HCI_IN_EVENT);
}

/* LE Advertising Report of two devices, the second a scan response. */
static void legacy_reports(void **state)
{
	const uint8_t event[] = {4, 0x3e, 28, 2, 2,				    /**/
				 0, 1,	  1,  2, 3, 4, 5, 0xc6, 3, 2, 1, 6,   0xc4, /**/
				 4, 0,	  6,  5, 4, 3, 2, 1,	3, 2, 9, 'x', 127};
	struct hci_advertisement a;
	size_t at = 0;

	(void)state;
	take(event, sizeof(event));
	assert_true(hci_advertisement_next(&input, &at, &a));
	assert_true(a.connectable && a.scannable && a.legacy);
	assert_false(a.directed || a.scan_response);
	assert_int_equal(a.address_type, 1);
	assert_int_equal(a.rssi, -60);
	assert_int_equal(a.len, 3);
	assert_true(hci_advertisement_next(&input, &at, &a));
	assert_true(a.scan_response);
	assert_false(a.connectable);
	assert_int_equal(a.rssi, 127);
	assert_false(hci_advertisement_next(&input, &at, &a));
}

static void extended_and_directed_reports(void **state)
{
	const uint8_t extended[] = {4, 0x3e, 29,   0x0d, 1, 0x13, 0,   1,    1, 2, 3,
				    4, 5,    0xc6, 1,	 0, 0xff, 127, 0xd8, 0, 0, 0,
				    0, 0,    0,	   0,	 0, 0,	  3,   2,    1, 6};
	const uint8_t directed[] = {4, 0x3e, 18, 0x0b, 1, 1, 1, 9, 8,	 7,   6,
				    5, 0x44, 1,	 1,    2, 3, 4, 5, 0x46, 0xb0};
	struct hci_advertisement a;
	size_t at = 0;

	(void)state;
	take(extended, sizeof(extended));
	assert_true(hci_advertisement_next(&input, &at, &a));
	assert_true(a.connectable && a.scannable && a.legacy);
	assert_int_equal(a.rssi, -40);
	assert_int_equal(a.len, 3);
	at = 0;
	take(directed, sizeof(directed));
	assert_true(hci_advertisement_next(&input, &at, &a));
	assert_true(a.directed && a.connectable);
	assert_int_equal(a.rssi, -80);
	assert_false(hci_advertisement_next(&input, &at, &a));
}

/* A report that claims more data than there is. */
static void truncated_reports(void **state)
{
	uint8_t event[] = {4, 0x3e, 14, 2, 9, 0, 1, 1, 2, 3, 4, 5, 0xc6, 3, 2, 1, 6};
	struct hci_advertisement a;

	(void)state;
	for (uint8_t cut = 2; cut <= 14; cut++) {
		size_t at = 0;
		event[2] = cut;
		take(event, sizeof(event));
		assert_false(hci_advertisement_next(&input, &at, &a));
	}
}

static void structures(void **state)
{
	const uint8_t data[] = {2, 1, 6, 3, 3, 0x0d, 0x18, 1, 9, 0, 5, 5};
	struct hci_ad ad;
	size_t at = 0;

	(void)state;
	assert_true(hci_ad_next(data, sizeof(data), &at, &ad));
	assert_int_equal(ad.type, HCI_AD_FLAGS);
	assert_true(hci_ad_next(data, sizeof(data), &at, &ad));
	assert_int_equal(ad.len, 2);
	assert_true(hci_ad_next(data, sizeof(data), &at, &ad));
	assert_int_equal(ad.len, 0);
	assert_false(hci_ad_next(data, sizeof(data), &at, &ad)); /* 0 ends it early */
	at = 10;
	assert_false(hci_ad_next(data, sizeof(data), &at, &ad)); /* beyond the end */
	at = sizeof(data);
	assert_false(hci_ad_next(data, sizeof(data), &at, &ad)); /* at the end */

	uint8_t made[31];
	size_t len = 0;
	assert_true(hci_ad_put(made, sizeof(made), &len, HCI_AD_NAME, "abc", 3));
	assert_memory_equal(made,
			    "\x04\x09"
			    "abc",
			    5);
	assert_false(hci_ad_put(made, sizeof(made), &len, HCI_AD_NAME,
				"0123456789012345678901234567", 28));
	assert_int_equal(len, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legacy_reports),
		cmocka_unit_test(extended_and_directed_reports),
		cmocka_unit_test(truncated_reports),
		cmocka_unit_test(structures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
