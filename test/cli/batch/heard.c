/* SPDX-License-Identifier: MIT */
/* The devices that a scan has heard. */
#include "batch/heard.h"

#include <string.h>

#include "unit.h"

static struct heard heard;

/* An advertisement of C4:00:00:00:HIGH:LOW, or with response its scan response. */
static struct hci_advertisement from(unsigned number, bool response, const char *data, size_t len)
{
	struct hci_advertisement a = {.connectable = !response,
				      .scannable = !response,
				      .scan_response = response,
				      .address_type = 1,
				      .rssi = -60,
				      .phy = {HCI_PHY_1M, HCI_PHY_NONE},
				      .data = (const uint8_t *)data,
				      .len = len};

	a.address[0] = (uint8_t)number;
	a.address[1] = (uint8_t)(number >> 8);
	a.address[5] = 0xc4;
	return a;
}

static bool news;
#define HEAR(number, response, data, now) hear(from(number, response, data, sizeof(data) - 1), now)

static struct heard_device *hear(struct hci_advertisement a, uint64_t now)
{
	return heard_add(&heard, &a, OWN_TARGET_US, now, &news);
}

static void begin(void)
{
	heard_free(&heard);
	memset(&heard, 0, sizeof(heard));
}

#define SERVICE "\x03\x03\x0f\x18"
#define NAME	"\x05\x09lamp"

static void an_advertisement_and_its_scan_response_make_one_device(void **state)
{
	const struct heard_device *d;
	struct batch_unit_spec spec;
	struct failure failure;

	(void)state;
	begin();
	d = HEAR(1, false, SERVICE, 10);
	assert_true(news && !d->answers && d->connectable);
	d = HEAR(1, true, NAME, 20);
	assert_true(news && d->answers && d->connectable);
	assert_string_equal(d->name, "lamp");
	assert_int_equal(d->service_count, 1);
	assert_int_equal(d->seen, 1);
	(void)HEAR(1, false, SERVICE, 30);
	assert_false(news);
	assert_int_equal(d->seen, 2);
	assert_int_equal(d->service_count, 1);
	assert_int_equal(d->first, 10);
	assert_int_equal(d->last, 30);
	assert_int_equal(heard.count, 1);
	assert_int_equal(batch_match_parse(&spec, "name=la*,service=180f", &failure), 0);
	const struct batch_advertiser all = heard_advertiser(d);
	assert_true(batch_matches(&spec, &all));
	batch_unit_spec_free(&spec);
}

static void another_phy_is_news(void **state)
{
	struct hci_advertisement a = from(1, false, SERVICE, sizeof(SERVICE) - 1);

	(void)state;
	begin();
	(void)hear(a, 1);
	a.phy.primary = HCI_PHY_CODED;
	(void)hear(a, 2);
	assert_true(news);
	(void)hear(a, 3);
	assert_false(news);
}

/* It asks for no scan request, so nothing follows. */
static void a_device_that_cannot_be_scanned_has_answered(void **state)
{
	struct hci_advertisement a = from(1, false, NAME, sizeof(NAME) - 1);

	(void)state;
	begin();
	a.scannable = false;
	assert_true(hear(a, 1)->answers);
}

static void a_name_with_a_zero_is_matched_as_it_is(void **state)
{
	(void)state;
	begin();
	const struct heard_device *d = HEAR(1, false, "\x04\x09l\0p", 1);
	const struct batch_advertiser all = heard_advertiser(d);
	assert_int_equal(all.name_len, 3);
	assert_memory_equal(all.name, "l\0p", 3);
}

static void a_new_device_takes_the_place_of_the_one_silent_for_longest(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < HEARD_MAX; i++)
		HEAR(i, false, "", 100 + i)->held = json_object();
	(void)HEAR(0, false, "", 5000);
	(void)HEAR(HEARD_MAX, false, "", 5001);
	assert_true(news);
	assert_int_equal(heard.count, HEARD_MAX);
	(void)HEAR(0, false, "", 5002);
	assert_false(news);
	(void)HEAR(1, false, "", 5003);
	assert_true(news);
	heard_free(&heard); /* valgrind and the sanitizer see what is left */
}

static void devices_are_sorted(void **state)
{
	static const struct heard_device *list[HEARD_MAX];
	static const struct {
		enum scan_order order;
		unsigned octets[4];
	} orders[] = {
		{SCAN_BY_HEARD, {2, 1, 3, 4}}, {SCAN_BY_RSSI, {3, 2, 1, 4}},
		{SCAN_BY_NAME, {1, 3, 2, 4}},  {SCAN_BY_ADDRESS, {1, 2, 3, 4}},
		{SCAN_BY_SEEN, {4, 2, 1, 3}},
	};

	(void)state;
	begin();
	HEAR(2, false, "", 1)->matched = true;
	HEAR(1, false,
	     "\x02\x09"
	     "a",
	     2)
		->matched = true;
	HEAR(3, false,
	     "\x02\x09"
	     "b",
	     3)
		->matched = true;
	HEAR(4, false, "", 4)->matched = true;
	(void)HEAR(4, false, "", 5);
	(void)HEAR(5, false, "", 6); /* does not match */
	heard.devices[2].rssi = -10;
	heard.devices[3].rssi = 127;
	for (size_t i = 0; i < COUNT(orders); i++) {
		assert_int_equal(heard_sort(&heard, orders[i].order, list), 4);
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(list[k]->address.octets[0], orders[i].octets[k]);
	}
	begin();
	assert_int_equal(heard_sort(&heard, SCAN_BY_HEARD, list), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_advertisement_and_its_scan_response_make_one_device),
		cmocka_unit_test(another_phy_is_news),
		cmocka_unit_test(a_device_that_cannot_be_scanned_has_answered),
		cmocka_unit_test(a_name_with_a_zero_is_matched_as_it_is),
		cmocka_unit_test(a_new_device_takes_the_place_of_the_one_silent_for_longest),
		cmocka_unit_test(devices_are_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
