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

/* ---- Each field: 7.7.65.2, .11 and .13 ---------------------------------------------------------
 */

enum { CONNECTABLE = 1, SCANNABLE = 2, DIRECTED = 4, SCAN_RESPONSE = 8, LEGACY = 16 };

static int properties(const struct hci_advertisement *a)
{
	return (a->connectable ? CONNECTABLE : 0) | (a->scannable ? SCANNABLE : 0) |
	       (a->directed ? DIRECTED : 0) | (a->scan_response ? SCAN_RESPONSE : 0) |
	       (a->legacy ? LEGACY : 0);
}

static void each_legacy_pdu_type(void **state)
{
	static const int want[] = {
		LEGACY | CONNECTABLE | SCANNABLE, /* ADV_IND */
		LEGACY | CONNECTABLE | DIRECTED,  /* ADV_DIRECT_IND */
		LEGACY | SCANNABLE,		  /* ADV_SCAN_IND */
		LEGACY,				  /* ADV_NONCONN_IND */
		LEGACY | SCAN_RESPONSE,		  /* SCAN_RSP */
	};
	uint8_t event[] = {4, 0x3e, 15, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 3, 7, 8, 9, 0xc4};
	struct hci_advertisement a;

	(void)state;
	for (uint8_t type = 0; type < COUNT(want); type++) {
		for (uint8_t address_type = 0; address_type < 4; address_type++) {
			size_t at = 0;
			event[5] = type;
			event[6] = address_type;
			take(event, sizeof(event));
			memset(&a, 0xff, sizeof(a));
			assert_true(hci_advertisement_next(&input, &at, &a));
			assert_int_equal(properties(&a), want[type]);
			assert_int_equal(a.address_type, address_type % 2); /* 2, 3: identities */
			assert_memory_equal(a.address, "\1\2\3\4\5\6", 6);
			assert_int_equal(a.rssi, -60);
			assert_int_equal(a.phy.primary, HCI_PHY_1M);
			assert_int_equal(a.phy.secondary, HCI_PHY_NONE);
			assert_int_equal(a.set, 0xff);
			assert_int_equal(a.len, 3);
			assert_memory_equal(a.data, "\7\x8\x9", 3);
			assert_int_equal(at, 13);
			assert_false(hci_advertisement_next(&input, &at, &a));
		}
	}
}

static void each_bit_of_an_extended_report(void **state)
{
	/* Two reports; fields that are not used here are 0xee. */
	uint8_t event[] = {4,	 0x3e, 53,   0x0d, 2,	 0,    0,    1,	   1,	 2,    3,    4,
			   5,	 6,    0xee, 0xee, 0xee, 0xee, 0xd8, 0xee, 0xee, 0xee, 0xee, 0xee,
			   0xee, 0xee, 0xee, 0xee, 2,	 7,    8,    0,	   0,	 2,    9,    8,
			   7,	 6,    5,    4,	   0xee, 0xee, 0xee, 0xee, 0x10, 0xee, 0xee, 0xee,
			   0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 1,    5};
	struct hci_advertisement a;

	(void)state;
	for (unsigned type = 0; type < 128; type++) {
		size_t at = 0;
		event[5] = (uint8_t)type;
		event[6] = 0xff; /* the high octet is reserved */
		take(event, sizeof(event));
		memset(&a, 0xff, sizeof(a));
		assert_true(hci_advertisement_next(&input, &at, &a));
		assert_int_equal(properties(&a), type & 0x1f);
		assert_int_equal(a.more, type >> 5 == 1);
		assert_int_equal(a.truncated, type >> 5 == 2);
		assert_int_equal(a.address_type, 1);
		assert_memory_equal(a.address, "\1\2\3\4\5\6", 6);
		assert_int_equal(a.rssi, -40);
		assert_int_equal(a.len, 2);
		assert_memory_equal(a.data, "\7\x8", 2);
		assert_true(hci_advertisement_next(&input, &at, &a));
		assert_int_equal(properties(&a), 0);
		assert_int_equal(a.address_type, 0);
		assert_memory_equal(a.address, "\x9\x8\7\6\5\4", 6);
		assert_int_equal(a.rssi, 16);
		assert_int_equal(a.len, 1);
		assert_int_equal(a.data[0], 5);
		assert_false(hci_advertisement_next(&input, &at, &a));
	}
}

/* The primary PHY, the secondary one, and the SID. */
static void the_phys_of_an_extended_report(void **state)
{
	static const uint8_t phys[][2] = {{0, HCI_PHY_NONE},
					  {1, HCI_PHY_1M},
					  {2, HCI_PHY_2M},
					  {3, HCI_PHY_CODED},
					  {4, HCI_PHY_CODED /* S=2 */},
					  {5, HCI_PHY_NONE}};
	uint8_t event[31] = {4, 0x3e, 26, 0x0d, 1, 1, 0, 1};
	struct hci_advertisement a;

	(void)state;
	for (size_t i = 0; i < COUNT(phys) * COUNT(phys); i++) {
		const uint8_t *one = phys[i % COUNT(phys)], *other = phys[i / COUNT(phys)];
		size_t at = 0;
		event[14] = one[0];
		event[15] = other[0];
		event[16] = (uint8_t)i;
		take(event, 29);
		assert_true(hci_advertisement_next(&input, &at, &a));
		/* No primary advertising is on LE 2M, Vol 6 Part B 4.4.2.1. */
		assert_int_equal(a.phy.primary, one[0] == 2 ? HCI_PHY_NONE : one[1]);
		assert_int_equal(a.phy.secondary, other[1]);
		assert_int_equal(a.set, i);
	}
}

/* Direct_Address_Type and Direct_Address: 2 and 3 are identities of ours, 0xfe is not resolved. */
static void the_target_of_an_extended_report(void **state)
{
	static const uint8_t types[][2] = {{0, 0}, {1, 1}, {2, 0}, {3, 1}, {0xfe, 1}};
	uint8_t event[29] = {4, 0x3e, 26, 0x0d, 1, CONNECTABLE | DIRECTED, 0};
	struct hci_advertisement a;

	(void)state;
	memcpy(event + 22, "\1\2\3\4\5\6", 6);
	for (size_t i = 0; i < COUNT(types); i++) {
		size_t at = 0;
		event[5] = CONNECTABLE | DIRECTED;
		event[21] = types[i][0];
		take(event, sizeof(event));
		assert_true(hci_advertisement_next(&input, &at, &a));
		assert_true(a.has_target);
		assert_int_equal(a.target_type, types[i][1]);
		assert_memory_equal(a.target, "\1\2\3\4\5\6", 6);
		at = 0;
		event[5] = CONNECTABLE;
		take(event, sizeof(event));
		assert_true(hci_advertisement_next(&input, &at, &a));
		assert_false(a.has_target);
	}
}

static void two_directed_reports(void **state)
{
	static const uint8_t event[] = {4,    0x3e, 34,	  0x0b, 2,    1,    3,	  1,	2,    3,
					4,    5,    6,	  0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
					0xb0, 1,    2,	  9,	8,    7,    6,	  5,	4,    0xee,
					0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0x10};
	struct hci_advertisement a;
	size_t at = 0;

	(void)state;
	take(event, sizeof(event));
	assert_true(hci_advertisement_next(&input, &at, &a));
	assert_int_equal(properties(&a), LEGACY | CONNECTABLE | DIRECTED);
	assert_int_equal(a.address_type, 1);
	assert_memory_equal(a.address, "\1\2\3\4\5\6", 6);
	assert_int_equal(a.rssi, -80);
	assert_int_equal(a.len, 0);
	assert_non_null(a.data);
	assert_true(a.has_target);
	assert_int_equal(a.target_type, 0); /* 0xee */
	assert_memory_equal(a.target, "\xee\xee\xee\xee\xee\xee", 6);
	assert_true(hci_advertisement_next(&input, &at, &a));
	assert_int_equal(a.address_type, 0);
	assert_memory_equal(a.address, "\x9\x8\7\6\5\4", 6);
	assert_int_equal(a.rssi, 16);
	assert_false(hci_advertisement_next(&input, &at, &a));
}

/* Each event cut at each octet: a report is whole, or there is none. */
static void a_truncated_report_is_none(void **state)
{
	static const struct {
		uint8_t subevent, head, data_len_at, tail;
	} cases[] = {{2, 9, 8, 1}, {0x0b, 16, 0, 0}, {0x0d, 24, 23, 0}};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		size_t whole = cases[n].head + cases[n].tail + (cases[n].data_len_at ? 3U : 0);
		for (size_t len = 0; len <= whole; len++) {
			uint8_t octets[40] = {0};
			struct hci_input event = {.kind = HCI_IN_EVENT,
						  .code = HCI_LE_META,
						  .subevent = cases[n].subevent,
						  .data = octets,
						  .len = 2 + len};
			struct hci_advertisement a;
			size_t at = 0;
			if (cases[n].data_len_at)
				octets[2 + cases[n].data_len_at] = 3;
			assert_int_equal(hci_advertisement_next(&event, &at, &a), len == whole);
			assert_int_equal(at, len == whole ? whole : 0);
		}
	}
}

/* An extended report without data ends with its head. */
static void a_report_without_data(void **state)
{
	static const uint8_t octets[2 + 24] = {0};
	const struct hci_input event = {.kind = HCI_IN_EVENT,
					.code = HCI_LE_META,
					.subevent = HCI_LE_EXTENDED_ADVERTISING_REPORT,
					.data = octets,
					.len = sizeof(octets)};
	struct hci_advertisement a;
	size_t at = 0;

	(void)state;
	assert_true(hci_advertisement_next(&event, &at, &a));
	assert_int_equal(a.len, 0);
	assert_int_equal(at, 24);
}

static void other_inputs_have_no_reports(void **state)
{
	static const uint8_t octets[64] = {0};
	const struct hci_input good = {.kind = HCI_IN_EVENT,
				       .code = HCI_LE_META,
				       .subevent = HCI_LE_ADVERTISING_REPORT,
				       .data = octets,
				       .len = sizeof(octets)};
	struct hci_advertisement a;
	struct hci_input other;
	size_t at = 0;

	(void)state;
	assert_true(hci_advertisement_next(&good, &at, &a));
	at = 0;
	other = good;
	other.kind = HCI_IN_COMMAND;
	assert_false(hci_advertisement_next(&other, &at, &a));
	other = good;
	other.code = HCI_ENCRYPTION_CHANGE;
	assert_false(hci_advertisement_next(&other, &at, &a));
	other = good;
	other.subevent = HCI_LE_LTK_REQUEST;
	assert_false(hci_advertisement_next(&other, &at, &a));
	other = good;
	other.len = 1;
	assert_false(hci_advertisement_next(&other, &at, &a));
	at = sizeof(octets) + 1; /* beyond the end */
	assert_false(hci_advertisement_next(&good, &at, &a));
}

/* ---- AD structures: Core Vol 3 Part C 11 --------------------------------------------------------
 */

static void structures_fill_the_room_exactly(void **state)
{
	uint8_t made[300], value[255];
	size_t len = 2;
	struct hci_ad ad;

	(void)state;
	memset(made, 0xee, sizeof(made));
	memset(value, 7, sizeof(value));
	assert_false(hci_ad_put(made, 6, &len, 0x16, value, 3)); /* one octet too few */
	assert_int_equal(len, 2);
	assert_int_equal(made[2], 0xee);
	assert_true(hci_ad_put(made, 7, &len, 0x16, value, 3));
	assert_int_equal(len, 7);
	assert_memory_equal(made, "\xee\xee\4\x16\7\7\7\xee", 8);
	len = 0; /* the length field has one octet */
	assert_false(hci_ad_put(made, sizeof(made), &len, 0xff, value, 255));
	assert_true(hci_ad_put(made, sizeof(made), &len, 0xff, value, 254));
	assert_int_equal(len, 256);
	assert_int_equal(made[0], 255);
	size_t at = 0;
	assert_true(hci_ad_next(made, len, &at, &ad));
	assert_int_equal(ad.type, 0xff);
	assert_int_equal(ad.len, 254);
	assert_ptr_equal(ad.data, made + 2);
	assert_int_equal(at, 256);
	assert_false(hci_ad_next(made, len, &at, &ad));
	at = 0; /* it ends beyond the data by one octet */
	assert_false(hci_ad_next(made, len - 1, &at, &ad));
	assert_int_equal(at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legacy_reports),
		cmocka_unit_test(extended_and_directed_reports),
		cmocka_unit_test(truncated_reports),
		cmocka_unit_test(structures),
		cmocka_unit_test(each_legacy_pdu_type),
		cmocka_unit_test(each_bit_of_an_extended_report),
		cmocka_unit_test(the_phys_of_an_extended_report),
		cmocka_unit_test(the_target_of_an_extended_report),
		cmocka_unit_test(two_directed_reports),
		cmocka_unit_test(a_truncated_report_is_none),
		cmocka_unit_test(a_report_without_data),
		cmocka_unit_test(other_inputs_have_no_reports),
		cmocka_unit_test(structures_fill_the_room_exactly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
