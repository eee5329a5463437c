/* SPDX-License-Identifier: MIT */
/*
 * Dongles of a running batch that are pulled out and plugged in again, or hang: on a real kernel,
 * with its driver, by root and by a user to whom the device file belongs.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "vm/usb_controller.h"
#include "vm/vm_fixture.h"

#define SOCKET "/tmp/bt-server-le"
#define RADIO  "unix:" SOCKET
#define LIST   "/tmp/units.csv"

static const char late[] = "C0:00:00:00:00:01"; /* of the unit that comes after the interruption */

static struct vm_program p, peers[2];
static struct usb_controller *dongle, *other;
static size_t reported; /* interruption events */

static const struct usb_controller_options options[] = {
	{.port = 0, .socket = SOCKET, .vendor = 0x0a12, .product = 0x0001, .serial = "UNIT-1"},
	{.port = 1, .socket = SOCKET, .vendor = 0x0a12, .product = 0x0001, .serial = "UNIT-2"},
};

static int setup(void **state)
{
	(void)state;
	reported = 0;
	vm_btvirt(0);
	dongle = usb_controller_plug(&options[0]);
	(void)vm_wait_index(0);
	return 0;
}

static void unplug(struct usb_controller **which)
{
	if (*which)
		usb_controller_unplug(*which);
	*which = NULL;
}

static void wait_until_gone(uint16_t index)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u", index);
	for (int i = 0; access(path, F_OK) == 0 && i < 500; i++)
		usleep(10000);
}

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	for (size_t i = 0; i < COUNT(peers); i++)
		if (peers[i].events)
			vm_forget(&peers[i]);
	unplug(&dongle);
	unplug(&other);
	vm_btvirt_end();
	wait_until_gone(0);
	wait_until_gone(1);
	return 0;
}

/* A unit (blepair as a peripheral) with that address; returns it. */
static const char *unit(size_t i, const char *own)
{
	vm_start(&peers[i], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address", own,
		 NULL);
	vm_go(&peers[i], NULL, "advertising");
	return vm_text(vm_event(&peers[i], "advertising"), "own.address");
}

static void write_list(const char *first)
{
	FILE *file = fopen(LIST, "w");

	assert_non_null(file);
	(void)fprintf(file, "address\n%s\n%s\n", first, late);
	(void)fclose(file);
}

/* Starts the run, which pairs the first unit and then waits for the second one. */
static void begin(const struct vm_user *user, const char *spec, const char *option)
{
	write_list(unit(0, "public"));
	vm_start(&p, user, "batch", LIST, "-c", spec, "--no-store", "--scan-timeout", "120",
		 "--replug-timeout", "60", "-v", option, NULL);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "result"), "paired");
}

/* The next event is in that state, by that remedy. */
static void is(const char *state, const char *remedy)
{
	const json_t *event;

	vm_go_times(&p, "interruption", ++reported);
	event = vm_event(&p, "interruption");
	if (strcmp(vm_text(event, "state"), state) != 0 ||
	    strcmp(vm_text(event, "remedy"), remedy) != 0)
		fail_msg("not %s by %s: %s", state, remedy, json_dumps(event, JSON_COMPACT));
}

static void pull_out(void)
{
	unplug(&dongle);
	is("lost", "return");
}

static void is_back_by(const char *remedy)
{
	is("back", remedy);
}

/* The second unit comes, and the run ends with both paired. */
static void pairs_the_rest(void)
{
	char own[40];
	const json_t *summary;

	(void)snprintf(own, sizeof(own), "static=%s", late);
	(void)unit(1, own);
	if (vm_end(&p))
		fail_msg("%d: %s", p.code, json_dumps(p.events, JSON_COMPACT));
	summary = vm_event(&p, "summary");
	assert_int_equal(json_integer_value(json_object_get(summary, "paired")), 2);
	assert_int_equal(json_integer_value(json_object_get(summary, "attempts")), 2);
}

static bool noted(const char *text)
{
	const json_t *event;
	size_t i;

	json_array_foreach(p.events, i, event)
	{
		if (strcmp(vm_text(event, "text"), text) == 0)
			return true;
	}
	return false;
}

/* Seconds, of the latest interruption. */
static double was_away(void)
{
	return json_number_value(json_object_get(vm_event(&p, "interruption"), "seconds"));
}

static json_int_t interruptions(void)
{
	const json_t *all = json_object_get(vm_event(&p, "summary"), "controllers");

	return json_integer_value(json_object_get(json_array_get(all, 0), "interruptions"));
}

/* ---- Pulled out ------------------------------------------------------------------------------ */

static void one_that_is_plugged_in_again_rejoins(void **state)
{
	(void)state;
	begin(NULL, "usb:1-1", "-v");
	for (int i = 0; i < 2; i++) {
		pull_out();
		sleep(3);
		dongle = usb_controller_plug(&options[0]);
		is_back_by("return");
	}
	pairs_the_rest();
	assert_int_equal(interruptions(), 2);
	(void)vm_wait_index(0); /* it is given back to btusb */
}

/* The position in the list is that of the other one meanwhile. */
static void it_is_known_by_its_port(void **state)
{
	(void)state;
	other = usb_controller_plug(&options[1]);
	(void)vm_wait_index(1);
	begin(NULL, "usb:0", "-v");
	pull_out();
	sleep(8);
	dongle = usb_controller_plug(&options[0]);
	is_back_by("return");
	assert_true(was_away() >= 8);
	pairs_the_rest();
}

/* No right of root is left then: the device file must belong to the user again. */
static void a_user_needs_the_right_to_the_file_again(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(system("chown 1000 /dev/bus/usb/001/*"), 0);
	begin(&user, "usb:1-1", "-v");
	pull_out();
	dongle = usb_controller_plug(&options[0]);
	(void)vm_wait_index(0);
	sleep(5);
	/* What udev does by its rule. */
	assert_int_equal(system("chown 1000 /dev/bus/usb/001/*"), 0);
	is_back_by("return");
	assert_true(was_away() >= 5);
	pairs_the_rest();
}

/* Through sudo there is no root any more: the reason is reported at the limit. */
static void after_sudo_it_stays_closed(void **state)
{
	const struct vm_user user = {.sudo = true};

	(void)state;
	write_list(unit(0, "public"));
	vm_start(&p, &user, "batch", LIST, "-c", "usb:1-1", "--no-store", "--replug-timeout", "10",
		 NULL);
	vm_go(&p, NULL, "unit");
	pull_out();
	dongle = usb_controller_plug(&options[0]);
	assert_int_equal(vm_end(&p), 13);
	if (!strstr(vm_verdict(&p), "usb:1-1: it is there again, but not permitted any more"))
		fail_msg("%s", vm_verdict(&p));
}

/* Root without CAP_NET_ADMIN cannot open a user channel, but the device file of USB. */
static void a_controller_of_the_kernel_rejoins_over_usb(void **state)
{
	(void)state;
	begin(NULL, "hci0", "-v");
	pull_out();
	dongle = usb_controller_plug(&options[0]);
	is_back_by("return");
	assert_true(noted("hci0 is there again; it is used as usb:1-1 from now on"));
	pairs_the_rest();
	(void)vm_wait_index(0); /* it is given back to btusb */
}

/* The user channel needs a right that is kept only so. */
static void a_controller_of_the_kernel_rejoins_with_root_kept(void **state)
{
	(void)state;
	begin(NULL, "hci0", "--keep-root");
	pull_out();
	sleep(2);
	dongle = usb_controller_plug(&options[0]);
	is_back_by("return");
	assert_false(noted("hci0 is there again; it is used as usb:1-1 from now on"));
	pairs_the_rest();
	assert_int_equal(interruptions(), 1);
}

/* ---- Hangs ----------------------------------------------------------------------------------- */

static void one_that_hangs_comes_back_after_a_reset_over_usb(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(system("chown 1000 /dev/bus/usb/001/*"), 0);
	begin(&user, "usb:1-1", "-v");
	usb_controller_fault(dongle, USB_FAULT_HANG, 0);
	is("lost", "reset");
	is_back_by("usb_reset");
	pairs_the_rest();
	assert_int_equal(interruptions(), 1);
}

/* Every remedy is tried within its limit, and the run ends. */
static void one_that_hangs_for_good_is_given_up(void **state)
{
	(void)state;
	begin(NULL, "usb:1-1", "-v");
	usb_controller_fault(dongle, USB_FAULT_HANG, 1);
	is("lost", "reset");
	vm_go_times(&p, "summary", 1);
	assert_int_equal(vm_end(&p), 13);
	assert_string_equal(vm_text(vm_event(&p, "summary"), "stopped"), "no_controller");
	assert_true(noted("usb:1-1: it is reset over USB"));
	assert_true(noted("usb:1-1: the power of its port is switched off and on"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_that_is_plugged_in_again_rejoins),
		CASE(it_is_known_by_its_port),
		CASE(a_user_needs_the_right_to_the_file_again),
		CASE(after_sudo_it_stays_closed),
		CASE(a_controller_of_the_kernel_rejoins_over_usb),
		CASE(a_controller_of_the_kernel_rejoins_with_root_kept),
		CASE(one_that_hangs_comes_back_after_a_reset_over_usb),
		CASE(one_that_hangs_for_good_is_given_up),
	};
	return cmocka_run_group_tests_name("vm/replug", tests, NULL, NULL);
}
