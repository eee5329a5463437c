/* SPDX-License-Identifier: MIT */
/* Which devices a controller has to report: those of the units that are left, or all. */
#include "batch/accept.h"

#include <string.h>

#include "cli/batch/fixture.h"

static struct hci_accepted devices[HCI_ACCEPTED_MAX];

/* Ends a unit, paired or for good. */
static void ends(size_t unit, enum batch_end end)
{
	uint64_t due;

	(void)batch_attempt_ended(&job.scheduler, now, &units[unit], end, -1, &due);
}

static void units_with_addresses_that_fit_are_accepted(void **state)
{
	(void)state;
	add_units(8);
	for (size_t i = 0; i < 8; i++)
		units[i].spec.typed = true;
	assert_int_equal(batch_accept(&job, devices, 8), 8);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(devices[i].type, units[i].spec.address.type);
		assert_memory_equal(devices[i].address, units[i].spec.address.octets, 6);
	}
	assert_int_equal(batch_accept(&job, devices, 7), 0);
	assert_int_equal(batch_accept(&job, devices, 0), 0);
}

static void an_address_without_a_type_is_accepted_with_both(void **state)
{
	(void)state;
	add_units(2);
	units[0].spec.typed = false;
	units[1].spec.typed = true;
	assert_int_equal(batch_accept(&job, devices, 2), 0);
	assert_int_equal(batch_accept(&job, devices, 3), 3);
	assert_int_equal(devices[0].type, !devices[1].type);
	assert_memory_equal(devices[0].address, devices[1].address, 6);
	ends(1, BATCH_NOT_SEEN);
	assert_int_equal(batch_accept(&job, devices, 1), 0);
	assert_int_equal(batch_accept(&job, devices, 2), 2);
}

/* A unit that is named otherwise may be any device. */
static void one_unit_without_an_address_needs_all_devices(void **state)
{
	(void)state;
	add_units(3);
	units[1].spec.has_address = false;
	units[1].spec.name = "lamp";
	assert_int_equal(batch_accept(&job, devices, HCI_ACCEPTED_MAX), 0);
	/* Until it is done. */
	ends(1, BATCH_NOT_SEEN);
	assert_true(batch_accept(&job, devices, HCI_ACCEPTED_MAX) > 0);
}

static void a_match_needs_all_devices(void **state)
{
	static struct batch_unit_spec match;

	(void)state;
	job.scheduler.match = &match;
	assert_int_equal(batch_accept(&job, devices, HCI_ACCEPTED_MAX), 0);
	job.scheduler.match = NULL;
}

static void rows_to_come_need_all_devices(void **state)
{
	struct batch_input *const input =
		(struct batch_input *)&job; /* only whether there is one */

	(void)state;
	add_units(1);
	units[0].spec.typed = true;
	job.input = input;
	assert_int_equal(batch_accept(&job, devices, HCI_ACCEPTED_MAX), 0);
	job.input = NULL;
	assert_int_equal(batch_accept(&job, devices, HCI_ACCEPTED_MAX), 1);
}

static void a_long_list_fits_when_few_units_are_left(void **state)
{
	(void)state;
	add_units(FIXTURE_UNITS);
	for (size_t i = 0; i < FIXTURE_UNITS; i++)
		units[i].spec.typed = true;
	for (size_t i = 0; i < FIXTURE_UNITS; i++) {
		const size_t left = FIXTURE_UNITS - i;
		assert_int_equal(batch_accept(&job, devices, HCI_ACCEPTED_MAX),
				 left <= HCI_ACCEPTED_MAX ? left : 0);
		ends(i, BATCH_NOT_SEEN);
	}
	assert_int_equal(batch_accept(&job, devices, HCI_ACCEPTED_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
		TEST(units_with_addresses_that_fit_are_accepted),
		TEST(an_address_without_a_type_is_accepted_with_both),
		TEST(one_unit_without_an_address_needs_all_devices),
		TEST(a_match_needs_all_devices),
		TEST(rows_to_come_need_all_devices),
		TEST(a_long_list_fits_when_few_units_are_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
