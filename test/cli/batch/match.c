/* SPDX-License-Identifier: MIT */
/* Which device matches which unit, and that every device that matches has the key of the unit. */
#include "batch/match.h"

#include <string.h>

#include "unit.h"

static void a_pattern_matches_the_whole_name(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool fits;
	} cases[] = {
		{"x", "x", true},
		{"x", "xy", false},
		{"x", "", false},
		{"*", "", true},
		{"*", "anything", true},
		{"S?", "S1", true},
		{"S?", "S", false},
		{"S-*", "S-", true},
		{"S-*-7", "S-1-7-7", true},
		{"S-*-7", "S-1-7-8", false},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "ba", false},
		{"[S]", "S", false},
		{"[S]", "[S]", true},
		{"a**", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(batch_glob(cases[i].pattern, (const uint8_t *)cases[i].name,
					    strlen(cases[i].name)),
				 cases[i].fits);
}

static const uint8_t data[] = {
	2, 0x01, 6,			  /* flags */
	3, 0x03, 0x0d, 0x18,		  /* heart rate */
	6, 0xff, 0x59, 0x00, 1,	  2,   3, /* Nordic: 01 02 03 */
	9, 0x09, 'S',  'E',  'N', 'S', 'O', 'R', '-', '7',
};

static struct batch_advertiser advertiser(void)
{
	struct batch_advertiser s = {.connectable = true, .rssi = -60};

	memcpy(s.address.octets, "\x66\x55\x44\x33\x22\xc1", 6);
	s.address.type = ADDRESS_RANDOM;
	batch_advertiser_add_data(&s, data, sizeof(data));
	return s;
}

static void a_device_matches_in_every_field_and_is_found_by_a_key(void **state)
{
	static const struct {
		const char *match;
		bool fits;
	} cases[] = {
		{"address=C1:22:33:44:55:66", true},
		{"address=C1:22:33:44:55:66/random", true},
		{"address=C1:22:33:44:55:66/public", false},
		{"address=C1:22:33:44:55:67", false},
		{"name=SENSOR-7", true},
		{"name=SENSOR-*", true},
		{"name=*", true},
		{"name=SENSOR", false},
		{"service=180d", true},
		{"service=180e", false},
		{"manufacturer=0059", true},
		{"manufacturer=0059:0102", true},
		{"manufacturer=0059:010203", true},
		{"manufacturer=0059:01020304", false},
		{"manufacturer=0059:02", false},
		{"manufacturer=004c", false},
		{"rssi=-60", true},
		{"rssi=-59", false},
		{"name=SENSOR-?,service=180d,manufacturer=0059:01,rssi=-90", true},
		{"name=SENSOR-?,service=1801", false},
	};
	const struct batch_advertiser s = advertiser();
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct batch_unit_spec spec;
		struct batch_prefix_lengths lengths = {0, 0};
		uint64_t keys[BATCH_KEYS_MAX], key;
		bool found = false;

		assert_int_equal(batch_match_parse(&spec, cases[i].match, &failure), 0);
		assert_int_equal(batch_matches(&spec, &s), cases[i].fits);
		/* The key of a unit that matches is one of the device's keys. */
		key = batch_spec_key(&spec, &lengths);
		for (size_t n = batch_advertiser_keys(&s, &lengths, keys); n; n--)
			found |= keys[n - 1] == key;
		if (cases[i].fits)
			assert_true(found);
		batch_unit_spec_free(&spec);
	}
}

/* The longest prefix without * and ?: units of different prefixes have different keys. */
static void the_key_of_a_pattern_is_its_prefix(void **state)
{
	static char exact[] = "SENSOR-7", prefix[] = "SENSOR-*", other[] = "SENSOX-*",
		    one[] = "SE?";
	static char any[] = "*7", longest[80];
	struct batch_prefix_lengths lengths = {0, 0};
	struct batch_unit_spec a = {.name = exact}, b = {.name = exact};

	(void)state;
	(void)batch_spec_key(&a, &lengths);
	assert_int_equal(lengths.names, 0);
	a.name = prefix;
	b.name = other;
	assert_int_not_equal(batch_spec_key(&a, &lengths), batch_spec_key(&b, &lengths));
	assert_int_equal(lengths.names, 1U << 7);
	a.name = one;
	(void)batch_spec_key(&a, &lengths);
	assert_int_equal(lengths.names, 1U << 7 | 1U << 2);
	a.name = any;
	(void)batch_spec_key(&a, &lengths);
	assert_int_equal(lengths.names, 1U << 7 | 1U << 2 | 1);
	memset(longest, 'x', 78);
	longest[78] = '*';
	a.name = longest;
	(void)batch_spec_key(&a, &lengths);
	assert_true(lengths.names >> 63 & 1);
	/* The same octets as a name and as a prefix are different keys. */
	a.name = exact;
	exact[7] = '\0';
	prefix[6] = '*';
	b.name = prefix;
	assert_int_not_equal(batch_spec_key(&a, &lengths), batch_spec_key(&b, &lengths));
}

static void the_key_of_a_manufacturer_has_its_prefix(void **state)
{
	struct batch_prefix_lengths lengths = {0, 0};
	struct batch_unit_spec a = {.has_manufacturer = true, .company = 0x59}, b = a;

	(void)state;
	assert_int_equal(batch_spec_key(&a, &lengths), batch_spec_key(&b, &lengths));
	assert_int_equal(lengths.manufacturers, 1);
	b.manufacturer_len = 1;
	assert_int_not_equal(batch_spec_key(&a, &lengths), batch_spec_key(&b, &lengths));
	assert_int_equal(lengths.manufacturers, 3);
	b.company = 0x5900;
	b.manufacturer_len = 0;
	assert_int_not_equal(batch_spec_key(&a, &lengths), batch_spec_key(&b, &lengths));
	a.manufacturer_len = b.manufacturer_len = BATCH_MANUFACTURER_MAX;
	a.company = b.company;
	a.manufacturer[BATCH_MANUFACTURER_MAX - 1] = 1;
	assert_int_not_equal(batch_spec_key(&a, &lengths), batch_spec_key(&b, &lengths));
	assert_int_equal(lengths.manufacturers, 3 | 1U << BATCH_MANUFACTURER_MAX);
}

/* Every kind of AD structure that lists services, with more than one UUID; the rest is cut off. */
static void services_are_read_from_every_kind_of_list(void **state)
{
	static const uint8_t ad[] = {
		6,  0x02, 0x01, 0x18, 0x02, 0x18, 0xff, /* incomplete, 16 bits, and an octet */
		5,  0x04, 0x78, 0x56, 0x34, 0x12,	/* incomplete, 32 bits */
		9,  0x05, 1,	0,    0,    0,	  2,	0,  0,	0, /* complete, 32 bits */
		17, 0x06, 1,	2,    3,    4,	  5,	6,  7,	8,  9, 10, 11,
		12, 13,	  14,	15,   16,   18,	  0x07, 9,  2,	3,  4, 5,  6,
		7,  8,	  9,	10,   11,   12,	  13,	14, 15, 16, 17};
	static const struct {
		uint8_t first, last4[4];
	} services[] = {{0xfb, {0x01, 0x18, 0, 0}},
			{0xfb, {0x02, 0x18, 0, 0}},
			{0xfb, {0x78, 0x56, 0x34, 0x12}},
			{0xfb, {1, 0, 0, 0}},
			{0xfb, {2, 0, 0, 0}},
			{1, {13, 14, 15, 16}},
			{9, {13, 14, 15, 16}}};
	struct batch_advertiser device = {.rssi = 0};

	(void)state;
	batch_advertiser_add_data(&device, ad, sizeof(ad));
	assert_int_equal(device.service_count, COUNT(services));
	for (size_t i = 0; i < COUNT(services); i++) {
		assert_int_equal(device.services[i][0], services[i].first);
		assert_memory_equal(device.services[i] + 12, services[i].last4, 4);
	}
}

static void a_short_name_counts_and_a_short_manufacturer_does_not(void **state)
{
	static const uint8_t ad[] = {3, 0x08, 'a', 'b', 2, 0xff, 0x59, 3, 0xff, 0x59, 0x01};
	struct batch_advertiser device = {.rssi = 0};

	(void)state;
	batch_advertiser_add_data(&device, ad, 7);
	assert_int_equal(device.name_len, 2);
	assert_memory_equal(device.name, "ab", 2);
	assert_null(device.manufacturer);
	batch_advertiser_add_data(&device, ad, sizeof(ad));
	assert_int_equal(device.manufacturer_len, 2);
	assert_ptr_equal(device.manufacturer, ad + 9);
}

static void an_unknown_rssi_excludes_no_device(void **state)
{
	struct batch_unit_spec spec = {.has_rssi = true, .rssi = -10};
	struct batch_advertiser s = advertiser();

	(void)state;
	assert_false(batch_matches(&spec, &s));
	s.rssi = 127;
	assert_true(batch_matches(&spec, &s));
}

/* All that an advertisement may say of lengths, and names as long as can be: within bounds. */
static void the_longest_advertisement_stays_within_bounds(void **state)
{
	const struct batch_prefix_lengths all = {UINT64_MAX, UINT32_MAX};
	uint8_t name[255], many[2 + 2 * 40];
	uint64_t keys[BATCH_KEYS_MAX];
	struct batch_advertiser s = advertiser();

	(void)state;
	memset(name, 'x', sizeof(name));
	s.name = name;
	s.name_len = sizeof(name);
	s.manufacturer = name;
	s.manufacturer_len = sizeof(name);
	memset(many, 7, sizeof(many));
	many[0] = sizeof(many) - 1;
	many[1] = 0x03;
	batch_advertiser_add_data(&s, many, sizeof(many));
	assert_int_equal(s.service_count, BATCH_SERVICES_MAX);
	assert_int_equal(batch_advertiser_keys(&s, &all, keys),
			 3 + 64 + BATCH_MANUFACTURER_MAX + 1 + 16);
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct batch_advertiser cut = {.connectable = true};
		batch_advertiser_add_data(&cut, data, len);
		(void)batch_advertiser_keys(&cut, &all, keys);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_the_whole_name),
		cmocka_unit_test(a_device_matches_in_every_field_and_is_found_by_a_key),
		cmocka_unit_test(the_key_of_a_pattern_is_its_prefix),
		cmocka_unit_test(the_key_of_a_manufacturer_has_its_prefix),
		cmocka_unit_test(services_are_read_from_every_kind_of_list),
		cmocka_unit_test(a_short_name_counts_and_a_short_manufacturer_does_not),
		cmocka_unit_test(an_unknown_rssi_excludes_no_device),
		cmocka_unit_test(the_longest_advertisement_stays_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
