/* SPDX-License-Identifier: MIT */
/* A slot names one controller of the run, or the list is refused. */
#include "batch/place.h"

#include <string.h>

#include "cli/batch/fixture.h"

static struct failure failure;

static void bind(const char *text)
{
	static const char *binds[2];

	options.binds = binds;
	binds[options.bind_count++] = text;
}

/* The number of the controller of a slot; -1: it is refused. */
static int controller_of(char *slot)
{
	add_units(1);
	struct batch_unit *unit = &units[job.unit_count - 1];
	unit->spec.slot = slot;
	return batch_place_bind(&job, unit, "order.csv", &failure) ? -1 : unit->bound - 1;
}

static void a_slot_is_a_name_of_bind_or_a_controller(void **state)
{
	char one[] = "1", ten[] = "10", other[] = "hci0";

	(void)state;
	bind("1=hci1");
	bind("10=hci0");
	assert_int_equal(batch_place_check(&job, &failure), 0);
	assert_int_equal(controller_of(one), 1);
	assert_int_equal(controller_of(ten), 0);
	assert_int_equal(controller_of(other), 0);
	assert_int_equal(controllers[0].job->scheduler.controllers[0].bound, 2);
}

static void a_unit_without_a_slot_is_free(void **state)
{
	(void)state;
	add_units(1);
	assert_int_equal(batch_place_bind(&job, &units[0], "order.csv", &failure), 0);
	assert_int_equal(units[0].bound, 0);
}

/* "-c all" may have chosen the kernel's name of the dongle that --bind names by its port. */
static void both_names_of_a_dongle_serve(void **state)
{
	char port[] = "usb:1-4.2";

	(void)state;
	(void)strcpy(controllers[1].other_spec, port);
	bind("left=usb:1-4.2");
	assert_int_equal(batch_place_check(&job, &failure), 0);
	assert_int_equal(controller_of(port), 1);
}

static void a_controller_that_the_run_does_not_use_is_refused(void **state)
{
	(void)state;
	bind("1=hci1");
	bind("2=usb:1-4.2");
	assert_int_equal(batch_place_check(&job, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_string_equal(failure.text, "--bind 2=usb:1-4.2: this run does not use the "
					  "controller usb:1-4.2; add -c usb:1-4.2");
}

static void a_slot_without_a_controller_is_refused_with_its_line(void **state)
{
	char slot[] = "7";

	(void)state;
	bind("77=hci1");
	assert_int_equal(controller_of(slot), -1);
	assert_int_equal(units[0].bound, 0);
	assert_string_equal(failure.text, "order.csv: line 2: no controller belongs to the slot "
					  "\"7\"; add --bind 7=CONTROLLER, or write a controller "
					  "of -c");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_slot_is_a_name_of_bind_or_a_controller),
		CASE(a_unit_without_a_slot_is_free),
		CASE(both_names_of_a_dongle_serve),
		CASE(a_controller_that_the_run_does_not_use_is_refused),
		CASE(a_slot_without_a_controller_is_refused_with_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
