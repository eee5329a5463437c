/* SPDX-License-Identifier: MIT */
/* The fields of the events of a self-test. test/sim/selftest_run.c has the rest. */
#include <string.h>

#include "selftest/internal.h"
#include "unit.h"

static struct selftest test;
static json_t *event;

static int begin(void **state)
{
	(void)state;
	memset(&test, 0, sizeof(test));
	test.count = 1;
	test.controllers[0].spec = "hci0";
	selftest_plan(&test.plan, test.count, false, false);
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_decref(event);
	event = NULL;
	return 0;
}

/* The event of the first step of that kind. */
static void report(enum selftest_kind kind, int8_t rssi, unsigned attempts)
{
	struct selftest_step *step = test.plan.steps;

	while (step->kind != kind)
		step++;
	step->verdict = SELFTEST_PASSED;
	step->rssi = rssi;
	step->attempts = attempts;
	json_decref(event);
	event = selftest_step_event(&test, step);
}

static const char *text(const char *name)
{
	const char *value = json_string_value(json_object_get(event, name));

	return value ? value : "";
}

static void a_controller_on_usb_has_its_numbers(void **state)
{
	struct hci_identity *id = &test.controllers[0].info.identity;

	(void)state;
	report(SELFTEST_BRING_UP, SELFTEST_RSSI_UNKNOWN, 0);
	assert_null(json_object_get(event, "usb_id"));
	id->usb.vendor = 0x0a12;
	id->usb.product = 0x0001;
	report(SELFTEST_BRING_UP, SELFTEST_RSSI_UNKNOWN, 0);
	assert_string_equal(text("usb_id"), "0a12:0001");
	/* It has not answered: no more is known. */
	assert_null(json_object_get(event, "version"));
	assert_null(json_object_get(event, "readiness"));
	id->versioned = true;
	id->hci_version = 9;
	id->manufacturer = 10;
	report(SELFTEST_BRING_UP, SELFTEST_RSSI_UNKNOWN, 0);
	assert_string_equal(text("version"), "5.0");
	assert_int_equal(json_integer_value(json_object_get(event, "company")), 10);
	assert_string_equal(text("readiness"), "ready");
}

static void what_was_not_measured_is_absent(void **state)
{
	(void)state;
	report(SELFTEST_LISTEN, SELFTEST_RSSI_UNKNOWN, 1);
	assert_null(json_object_get(event, "rssi"));
	assert_null(json_object_get(event, "attempts"));
	assert_null(json_object_get(event, "with"));
	assert_null(json_object_get(event, "model"));
	report(SELFTEST_LISTEN, -50, 2);
	assert_int_equal(json_integer_value(json_object_get(event, "rssi")), -50);
	assert_int_equal(json_integer_value(json_object_get(event, "attempts")), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_controller_on_usb_has_its_numbers),
		TEST(what_was_not_measured_is_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
