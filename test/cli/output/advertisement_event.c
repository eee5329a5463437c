/* SPDX-License-Identifier: MIT */
#include "output/advertisement_event.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct hci_advertisement seen;

/* An advertisement of AA:BB:CC:DD:EE:FF with this data. */
static json_t *with(const void *data, size_t len)
{
	seen = (struct hci_advertisement){
		.address = {0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa},
		.address_type = 0,
		.rssi = -40,
		.connectable = true,
		.data = data,
		.len = len,
	};
	return advertisement_event("found", &seen);
}

#define WITH(text) with(text, sizeof(text) - 1)

static void is_field(json_t *event, const char *name, const char *want)
{
	const json_t *in = strcmp(name, "name") ? event : json_object_get(event, "peer");
	char *dump = json_dumps(json_object_get(in, name), JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(dump ? dump : "absent", want);
	free(dump);
	json_decref(event);
}

static void an_empty_one_has_the_required_fields(void **state)
{
	json_t *event = WITH("");
	char *dump = json_dumps(event, JSON_COMPACT | JSON_PRESERVE_ORDER);

	(void)state;
	assert_string_equal(dump,
			    "{\"event\":\"found\",\"peer\":{\"address\":\"AA:BB:CC:DD:EE:FF\","
			    "\"address_type\":\"public\",\"kind\":\"public\"},\"rssi\":-40,"
			    "\"connectable\":true,\"directed\":false,\"says\":\"\","
			    "\"services\":[]}");
	free(dump);
	json_decref(event);
	seen.address_type = 1;
	seen.directed = true;
	seen.connectable = false;
	event = advertisement_event("advertisement", &seen);
	assert_true(json_is_true(json_object_get(event, "directed")));
	assert_true(json_is_false(json_object_get(event, "connectable")));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(event, "peer"), "address_type")),
		"random");
	is_field(event, "event", "\"advertisement\"");
}

static void a_name_keeps_its_characters_in_json(void **state)
{
	(void)state;
	is_field(WITH("\x05\x09lamp"), "name", "\"lamp\"");
	is_field(WITH("\x05\x08lamp"), "name", "\"lamp\"");
	is_field(WITH("\x05\x09lamp\x03\x19\xc0\x03"), "name", "\"lamp\"");
	is_field(WITH("\x06\x09"
		      "a\x1b[\x7f\x1f"),
		 "name", "\"a\\u001B[\x7f\\u001F\"");
	is_field(WITH("\x04\x09 ~}"), "name", "\" ~}\"");
	is_field(WITH("\x05\x09l\0mp"), "name", "\"l\""); /* padded with zeros */
	is_field(WITH("\x01\x09"), "name", "\"\"");
	is_field(WITH(""), "name", "absent");
}

static void the_phys_and_what_is_missing(void **state)
{
	(void)state;
	json_decref(WITH(""));
	seen.phy = (struct hci_phy_seen){HCI_PHY_CODED, HCI_PHY_2M};
	seen.truncated = true;
	is_field(advertisement_event("found", &seen), "phy", "\"coded\"");
	is_field(advertisement_event("found", &seen), "secondary_phy", "\"2m\"");
	is_field(advertisement_event("found", &seen), "truncated", "true");
	seen.phy = (struct hci_phy_seen){HCI_PHY_1M, HCI_PHY_NONE};
	seen.truncated = false;
	is_field(advertisement_event("found", &seen), "phy", "\"1m\"");
	is_field(advertisement_event("found", &seen), "secondary_phy", "absent");
	is_field(advertisement_event("found", &seen), "truncated", "absent");
}

static void the_target_of_a_directed_one(void **state)
{
	(void)state;
	json_decref(WITH(""));
	seen.has_target = true;
	seen.target_type = 1;
	memcpy(seen.target, "\x01\x02\x03\x04\x05\x46", 6);
	is_field(advertisement_event("found", &seen), "target",
		 "{\"address\":\"46:05:04:03:02:01\",\"address_type\":\"random\",\"kind\":\"random "
		 "resolvable\"}");
}

static void a_name_is_utf8(void **state)
{
	(void)state;
	is_field(WITH("\x03\x09\xc3\xa9"), "name", "\"\xc3\xa9\"");
	is_field(WITH("\x04\x09"
		      "a\xc3z"),
		 "name", "\"a\xef\xbf\xbdz\"");
	is_field(WITH("\x04\x09"
		      "a\x80\xff"),
		 "name", "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void a_long_name_is_whole(void **state)
{
	uint8_t data[202] = {201, 9};
	json_t *event;

	(void)state;
	memset(data + 2, 'x', 200);
	event = with(data, sizeof(data));
	assert_int_equal(
		json_string_length(json_object_get(json_object_get(event, "peer"), "name")), 200);
	json_decref(event);
}

static void services_are_listed(void **state)
{
	(void)state;
	is_field(WITH("\x05\x02\x0f\x18\x0a\x18"), "services", "[\"180f\",\"180a\"]");
	is_field(WITH("\x05\x03\x0f\x18\x0a\x18"), "says", "\"services 180f 180a\"");
	is_field(WITH("\x04\x03\x0f\x18\x0a"), "services", "[\"180f\"]"); /* cut off */
	is_field(WITH("\x03\x03\x0f\x18\x03\x02\x0a\x18"), "services", "[\"180f\",\"180a\"]");
	is_field(WITH("\x11\x06\xff\xee\xdd\xcc\xbb\xaa\x99\x88\x77\x66\x55\x44\x33\x22\x11\x00"),
		 "services", "[\"00112233-4455-6677-8899-aabbccddeeff\"]");
	is_field(WITH("\x11\x07\xff\xee\xdd\xcc\xbb\xaa\x99\x88\x77\x66\x55\x44\x33\x22\x11\x00"),
		 "services", "[\"00112233-4455-6677-8899-aabbccddeeff\"]");
	is_field(WITH("\x10\x07\xff\xee\xdd\xcc\xbb\xaa\x99\x88\x77\x66\x55\x44\x33\x22\x11"),
		 "services", "[]");
}

static void two_services_of_128_bits_are_two(void **state)
{
	uint8_t data[34] = {33, 7};

	(void)state;
	data[2] = 1;
	data[18] = 2;
	is_field(with(data, sizeof(data)), "services",
		 "[\"00000000-0000-0000-0000-000000000001\",\"00000000-0000-0000-0000-"
		 "000000000002\"]");
}

/* The seventeenth and later ones are not in the text for people. */
static void a_person_sees_sixteen_services(void **state)
{
	uint8_t data[36] = {35, 3};
	json_t *event;

	(void)state;
	for (size_t i = 0; i < 17; i++)
		data[2 + 2 * i] = (uint8_t)i;
	event = with(data, sizeof(data));
	assert_int_equal(json_array_size(json_object_get(event, "services")), 17);
	is_field(event, "says",
		 "\"services 0000 0001 0002 0003 0004 0005 0006 0007 0008 0009 000a 000b 000c 000d "
		 "000e 000f\"");
}

static void the_manufacturer_has_a_name(void **state)
{
	(void)state;
	is_field(WITH("\x03\xff\x4c\x00"), "company", "76");
	is_field(WITH("\x03\xff\xfe\xff"), "says", "\"company 0xfffe\"");
	is_field(WITH("\x03\xff\x4c\x00"), "says", "\"Apple 0x004c\"");
	is_field(WITH("\x03\x03\x0f\x18\x03\xff\xfe\xff"), "says",
		 "\"services 180f, company 0xfffe\"");
	is_field(WITH("\x03\xff\x00\x00"), "company", "0");
	is_field(WITH("\x02\xff\x4c"), "company", "absent");
}

static void the_appearance_has_two_octets(void **state)
{
	(void)state;
	is_field(WITH("\x03\x19\xc0\x03"), "appearance", "960");
	is_field(WITH("\x02\x19\xc0"), "appearance", "absent");
	is_field(WITH("\x04\x19\xc0\x03\x00"), "appearance", "absent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_has_the_required_fields),
		cmocka_unit_test(a_name_keeps_its_characters_in_json),
		cmocka_unit_test(the_phys_and_what_is_missing),
		cmocka_unit_test(the_target_of_a_directed_one),
		cmocka_unit_test(a_name_is_utf8),
		cmocka_unit_test(a_long_name_is_whole),
		cmocka_unit_test(services_are_listed),
		cmocka_unit_test(two_services_of_128_bits_are_two),
		cmocka_unit_test(a_person_sees_sixteen_services),
		cmocka_unit_test(the_manufacturer_has_a_name),
		cmocka_unit_test(the_appearance_has_two_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
