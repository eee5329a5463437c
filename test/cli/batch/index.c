/* SPDX-License-Identifier: MIT */
/* Units and devices are found among thousands, in order, and what is removed is not found. */
#include "batch/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "heap.h"
#include "unit.h"

#define MANY 3000

static struct batch_index index_;
static struct batch_unit units[MANY];
static long blocks;

static int begin(void **state)
{
	(void)state;
	memset(units, 0, sizeof(units));
	memset(&index_, 0xff, sizeof(index_));
	blocks = heap_blocks();
	return batch_index_init(&index_);
}

static int end(void **state)
{
	(void)state;
	batch_index_free(&index_);
	assert_int_equal(heap_blocks(), blocks);
	return 0;
}

static struct crypto_address address(size_t i)
{
	return (struct crypto_address){ADDRESS_RANDOM,
				       {(uint8_t)i, (uint8_t)(i >> 8), 0, 0, 0, 0xc4}};
}

static struct batch_advertiser advertiser(size_t i)
{
	return (struct batch_advertiser){.address = address(i), .connectable = true};
}

static void add(struct batch_unit *unit)
{
	assert_int_equal(batch_index_register(&index_, unit), 0);
	batch_index_insert(&index_, unit);
}

static void add_addresses(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		units[i].spec.has_address = true;
		units[i].spec.address = address(i);
		add(&units[i]);
	}
}

static struct batch_unit *find(size_t i)
{
	const struct batch_advertiser a = advertiser(i);

	return batch_index_find(&index_, 0, &a);
}

static void every_unit_is_found_by_its_address(void **state)
{
	(void)state;
	add_addresses(MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(find(i), &units[i]);
	assert_null(find(MANY));
}

static void a_removed_unit_is_not_found_until_it_is_inserted_again(void **state)
{
	(void)state;
	add_addresses(100);
	for (size_t i = 0; i < 100; i += 2)
		batch_index_remove(&index_, &units[i]);
	for (size_t i = 0; i < 100; i++)
		assert_ptr_equal(find(i), i % 2 ? &units[i] : NULL);
	for (size_t i = 0; i < 100; i += 2)
		batch_index_insert(&index_, &units[i]);
	for (size_t i = 0; i < 100; i++)
		assert_ptr_equal(find(i), &units[i]);
}

/* Of units that a device matches equally, the first one of the list is found first. */
static void equal_units_are_found_in_order(void **state)
{
	static char name[] = "SENSOR-*";
	struct batch_advertiser a = advertiser(1);

	(void)state;
	a.name = (const uint8_t *)"SENSOR-7";
	a.name_len = 8;
	for (size_t i = 0; i < 200; i++) {
		units[i].spec.name = name;
		add(&units[i]);
	}
	for (size_t i = 0; i < 200; i++) {
		assert_ptr_equal(batch_index_find(&index_, 0, &a), &units[i]);
		batch_index_remove(&index_, &units[i]);
	}
	assert_null(batch_index_find(&index_, 0, &a));
}

/* Names with prefixes of different lengths, and one that begins with a *. */
static void a_unit_is_found_by_any_prefix(void **state)
{
	static char names[][16] = {"*-7", "S*", "SENSOR-*", "SENSOR-7", "SENSOR-?"};
	struct batch_advertiser a = advertiser(1);

	(void)state;
	a.name = (const uint8_t *)"SENSOR-7";
	a.name_len = 8;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct batch_unit unit = {.spec = {.name = names[i]}};
		add(&unit);
		assert_ptr_equal(batch_index_find(&index_, 0, &a), &unit);
		batch_index_remove(&index_, &unit);
	}
}

/* The key is of its name; the rest of the row is compared as well. */
static void a_unit_with_the_key_of_a_device_must_match_it_too(void **state)
{
	static char name[] = "SENSOR-*";
	struct batch_advertiser a = advertiser(1);
	struct batch_unit unit = {.spec = {.name = name, .has_service = true, .service = {1}}};

	(void)state;
	a.name = (const uint8_t *)"SENSOR-7";
	a.name_len = 8;
	add(&unit);
	assert_null(batch_index_find(&index_, 0, &a));
	a.services[0][0] = 1;
	a.service_count = 1;
	assert_ptr_equal(batch_index_find(&index_, 0, &a), &unit);
	batch_index_remove(&index_, &unit);
}

static void a_device_with_the_most_keys_is_looked_up(void **state)
{
	static const uint8_t octets[100];
	struct batch_advertiser a = advertiser(1);
	uint64_t keys[BATCH_KEYS_MAX];

	(void)state;
	index_.lengths = (struct batch_prefix_lengths){UINT64_MAX, UINT32_MAX};
	a.name = a.manufacturer = octets;
	a.name_len = a.manufacturer_len = sizeof(octets);
	a.service_count = BATCH_SERVICES_MAX;
	assert_int_equal(batch_advertiser_keys(&a, &index_.lengths, keys), BATCH_KEYS_MAX);
	assert_null(batch_index_find(&index_, 0, &a));
	add_addresses(2);
	assert_ptr_equal(batch_index_find(&index_, 0, &a), &units[1]);
}

static void a_device_keeps_the_unit_that_was_set_last(void **state)
{
	const struct crypto_address unknown = address(MANY);

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		const struct crypto_address a = address(i);
		assert_int_equal(batch_index_set_device(&index_, &a, &units[i]), 0);
	}
	for (size_t i = 0; i < MANY; i += 3) {
		const struct crypto_address a = address(i);
		assert_int_equal(batch_index_set_device(&index_, &a, NULL), 0);
	}
	for (size_t i = 0; i < MANY; i++) {
		const struct crypto_address a = address(i);
		const struct batch_device *device = batch_index_device(&index_, &a);
		assert_non_null(device);
		assert_true(address_equal(&device->address, &a));
		assert_ptr_equal(device->unit, i % 3 ? &units[i] : NULL);
	}
	assert_null(batch_index_device(&index_, &unknown));
	assert_int_equal(index_.device_count, MANY);
}

/* The same octets as a public and as a random address are two devices. */
static void the_type_belongs_to_the_address_of_a_device(void **state)
{
	struct crypto_address a = address(1);

	(void)state;
	assert_int_equal(batch_index_set_device(&index_, &a, &units[1]), 0);
	a.type = ADDRESS_PUBLIC;
	assert_null(batch_index_device(&index_, &a));
}

/* Buckets stay few per unit: a look-up takes the same time for any number. */
static void tables_grow_with_their_content(void **state)
{
	(void)state;
	add_addresses(MANY);
	assert_in_range(index_.unit_mask + 1, MANY / 2, 4 * MANY);
	assert_int_equal(index_.unit_count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		const struct crypto_address a = address(i);
		assert_int_equal(batch_index_set_device(&index_, &a, NULL), 0);
	}
	assert_in_range(index_.device_mask + 1, MANY / 2, 4 * MANY);
	size_t longest = 0;
	for (size_t i = 0; i <= index_.unit_mask; i++) {
		size_t length = 0;
		for (struct batch_unit *u = index_.units[i].first; u; u = u->next)
			length++;
		longest = length > longest ? length : longest;
	}
	assert_true(longest < 12);
}

/* More IRKs than one allocation has room for. */
static void addresses_of_excluded_identities_are_resolved(void **state)
{
	struct crypto_address hidden, stranger, still;
	uint8_t irk[16] = {0};

	(void)state;
	for (uint8_t i = 1; i <= 200; i++) {
		irk[0] = i;
		assert_int_equal(batch_index_exclude_irk(&index_, irk), 0);
	}
	for (uint8_t i = 1; i <= 200; i++) {
		irk[0] = i;
		assert_int_equal(address_make_resolvable(&hidden, irk), 0);
		assert_true(batch_index_resolves(&index_, &hidden));
	}
	irk[0] = 201;
	assert_int_equal(address_make_resolvable(&stranger, irk), 0);
	assert_false(batch_index_resolves(&index_, &stranger));
	still = address(1);
	assert_false(batch_index_resolves(&index_, &still));
}

/* Neither when the table grows nor at the end. */
static void no_irk_is_left_in_freed_memory(void **state)
{
	static const uint8_t irk[16] = "identity key 7!";

	(void)state;
	heap_forbid(irk, sizeof(irk));
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(batch_index_exclude_irk(&index_, irk), 0);
	batch_index_free(&index_);
	heap_forbid(NULL, 0);
	assert_int_equal(batch_index_init(&index_), 0);
}

/* Each allocation fails once; what was there before is found all the same. */
static void a_lack_of_memory_is_reported_and_harmless(void **state)
{
	const struct crypto_address a = address(500);
	const uint8_t irk[16] = {1};

	(void)state;
	for (size_t n = 1; n <= 2; n++) {
		batch_index_free(&index_);
		heap_fail_at(n);
		assert_int_equal(batch_index_init(&index_), -1);
	}
	batch_index_free(&index_);
	assert_int_equal(batch_index_init(&index_), 0);
	add_addresses(256); /* as many as there are buckets */
	units[256].spec.has_address = true;
	units[256].spec.address = address(256);
	heap_fail_at(1);
	assert_int_equal(batch_index_register(&index_, &units[256]), -1);
	heap_fail_at(0);
	assert_int_equal(batch_index_register(&index_, &units[256]), 0);
	for (size_t i = 0; i < 256; i++) {
		const struct crypto_address d = address(i);
		assert_ptr_equal(find(i), &units[i]);
		assert_int_equal(batch_index_set_device(&index_, &d, &units[i]), 0);
	}
	for (size_t n = 1; n <= 2; n++) { /* the table, then the device */
		heap_fail_at(n);
		assert_int_equal(batch_index_set_device(&index_, &a, &units[0]), -1);
		assert_null(batch_index_device(&index_, &a));
	}
	heap_fail_at(1);
	assert_int_equal(batch_index_exclude_irk(&index_, irk), -1);
	heap_fail_at(0);
	assert_int_equal(batch_index_exclude_irk(&index_, irk), 0);
	assert_int_equal(batch_index_set_device(&index_, &a, &units[0]), 0);
	for (size_t i = 0; i < 256; i++) {
		const struct crypto_address d = address(i);
		assert_ptr_equal(batch_index_device(&index_, &d)->unit, &units[i]);
	}
}

static void a_queue_keeps_its_order(void **state)
{
	struct batch_queue queue = {NULL, NULL};
	static const size_t removed[] = {0, 4, 2};
	static const size_t left[] = {1, 3};
	size_t n = 0;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < 5; i++)
			batch_queue_append(&queue, &units[i]);
		for (size_t i = 0; i < COUNT(removed); i++)
			batch_queue_remove(&queue, &units[removed[i]]);
		n = 0;
		for (struct batch_unit *u = queue.first; u; u = u->next)
			assert_ptr_equal(u, &units[left[n++]]);
		assert_int_equal(n, COUNT(left));
		batch_queue_remove(&queue, &units[1]);
		batch_queue_append(&queue, &units[1]);
		assert_ptr_equal(queue.first, &units[3]);
		assert_ptr_equal(queue.first->next, &units[1]);
		batch_queue_remove(&queue, &units[1]);
		batch_queue_remove(&queue, &units[3]);
		assert_null(queue.first);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_unit_is_found_by_its_address),
		CASE(a_removed_unit_is_not_found_until_it_is_inserted_again),
		CASE(equal_units_are_found_in_order),
		CASE(a_unit_is_found_by_any_prefix),
		CASE(a_unit_with_the_key_of_a_device_must_match_it_too),
		CASE(a_device_with_the_most_keys_is_looked_up),
		CASE(a_device_keeps_the_unit_that_was_set_last),
		CASE(the_type_belongs_to_the_address_of_a_device),
		CASE(tables_grow_with_their_content),
		CASE(addresses_of_excluded_identities_are_resolved),
		CASE(no_irk_is_left_in_freed_memory),
		CASE(a_lack_of_memory_is_reported_and_harmless),
		CASE(a_queue_keeps_its_order),
	};
	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
