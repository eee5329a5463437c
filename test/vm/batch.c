/* SPDX-License-Identifier: MIT */
/*
 * blepair batch on a real kernel: several controllers at once, of the kernel and on USB; which of
 * them -c all takes; and what becomes of units when one vanishes, or when the run is killed.
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
#define STORE  "/tmp/units.db"
#define BTUSB  "/sys/bus/usb/drivers/btusb"

static struct vm_program p, peers[3];
static pid_t elsewhere; /* a second btvirt: controllers that hear none of the first */
static struct usb_controller *usb[2];

static const struct usb_controller_options dongles[] = {
	{.port = 0, .socket = SOCKET, .vendor = 0x0a12, .product = 0x0001, .serial = "UNIT-1"},
	{.port = 1, .socket = SOCKET, .vendor = 0x0a12, .product = 0x0001, .serial = "UNIT-2"},
};

static int fresh(void **state)
{
	(void)state;
	vm_unlink_store(STORE);
	return 0;
}

static void unplug(size_t i)
{
	if (usb[i])
		usb_controller_unplug(usb[i]);
	usb[i] = NULL;
}

static int over(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	for (size_t i = 0; i < COUNT(peers); i++)
		if (peers[i].events)
			vm_forget(&peers[i]);
	unplug(0);
	unplug(1);
	vm_kill(&elsewhere);
	vm_btvirt_end();
	return 0;
}

/* Two dongles, which btusb has made hci0 and hci1 of. */
static int plugged(void **state)
{
	vm_btvirt(0);
	for (size_t i = 0; i < COUNT(usb); i++) {
		usb[i] = usb_controller_plug(&dongles[i]);
		(void)vm_wait_index((uint16_t)i);
	}
	return fresh(state);
}

/* ---- Units -------------------------------------------------------------------------------------
 */

static void list(const char *header, ...)
{
	FILE *file = fopen(LIST, "w");
	va_list rows;

	assert_non_null(file);
	(void)fprintf(file, "%s\n", header);
	va_start(rows, header);
	for (const char *row = va_arg(rows, const char *); row; row = va_arg(rows, const char *))
		(void)fprintf(file, "%s\n", row);
	va_end(rows);
	(void)fclose(file);
}

/* A unit: blepair as a peripheral, on a controller of its own. Its address. */
static const char *unit(size_t i, const char *spec)
{
	vm_start(&peers[i], NULL, "listen", "-c", spec, "--io", "none", NULL);
	vm_go(&peers[i], NULL, "advertising");
	return vm_text(vm_event(&peers[i], "advertising"), "own.address");
}

/* ---- What was told -----------------------------------------------------------------------------
 */

static char *told(void)
{
	static char *text;

	free(text);
	text = json_dumps(p.events, JSON_COMPACT);
	return text;
}

static void ends(int code)
{
	if (p.code != code)
		fail_msg("%d: %s %s", p.code, vm_verdict(&p), told());
}

static json_int_t number(const char *event, const char *field)
{
	return json_integer_value(json_object_get(vm_event(&p, event), field));
}

/* A note that begins so, or NULL. */
static const char *noted(const char *text)
{
	const json_t *event;
	size_t i;

	json_array_foreach(p.events, i, event)
	{
		if (strncmp(vm_text(event, "text"), text, strlen(text)) == 0)
			return vm_text(event, "text");
	}
	return NULL;
}

static void notes(const char *text)
{
	if (!noted(text))
		fail_msg("no note says \"%s\": %s", text, told());
}

static json_int_t paired_by(const char *controller)
{
	const json_t *site;
	size_t i;

	json_array_foreach(json_object_get(vm_event(&p, "summary"), "controllers"), i, site)
	{
		if (strcmp(vm_text(site, "controller"), controller) == 0)
			return json_integer_value(json_object_get(site, "paired"));
	}
	return -1;
}

static void is_left_free(uint16_t index)
{
	(void)vm_wait_index(index);
	assert_false(vm_powered(index));
}

/* Each with the kernel's driver, as that controller. */
static void btusb_has_both_again(void)
{
	const json_t *event;
	size_t i, count = 0;

	(void)vm_wait_index(0);
	(void)vm_wait_index(1);
	vm_forget(&p);
	assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
	json_array_foreach(p.events, i, event)
	{
		if (strcmp(vm_text(event, "kind"), "usb") != 0)
			continue;
		assert_string_equal(vm_text(event, "driver"), "btusb");
		count++;
	}
	assert_int_equal(count, 2);
}

/* ---- Controllers of the kernel -----------------------------------------------------------------
 */

static void two_at_once(void **state)
{
	struct vm_kernel k;

	(void)state;
	vm_btvirt(4);
	const char *first = unit(0, "hci2");
	vm_kernel_up(&k, 3, VM_NONE, true);
	vm_kernel_advertise(&k, true);
	list("address", first, k.text, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "hci0", "-c", "hci1", "--links", "1", "--io",
		 "none", "--store", STORE, NULL);
	vm_go(&p, &k, NULL);
	ends(0);
	assert_int_equal(number("summary", "paired"), 2);
	assert_int_equal(paired_by("hci0"), 1);
	assert_int_equal(paired_by("hci1"), 1);
	assert_true(k.keys.ltk[1].has);
	is_left_free(0);
	is_left_free(1);
	vm_kernel_down(&k);
}

static void all_takes_what_is_free(void **state)
{
	struct vm_kernel k;

	(void)state;
	vm_btvirt(4);
	vm_kernel_up(&k, 1, VM_NONE, true);
	vm_kernel_advertise(&k, true);
	const char *second = unit(0, "hci2");
	vm_block("hci3", true);
	list("address", k.text, second, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "all", "--links", "1", "--io", "none", "--store",
		 STORE, NULL);
	vm_go(&p, &k, NULL);
	ends(0);
	assert_int_equal(number("batch", "controllers"), 1);
	assert_int_equal(paired_by("hci0"), 2);
	notes("hci1 is left out: up, used by batch (process ");
	notes("hci2 is left out: held exclusively by ");
	notes("hci3 is left out: blocked by rfkill: give --unblock");
	is_left_free(0);
	assert_true(vm_powered(1));
	vm_kernel_down(&k);
}

static void all_takes_what_it_may(void **state)
{
	(void)state;
	vm_btvirt(3);
	const char *address = unit(0, "hci2");
	vm_power(0, true);
	vm_block("hci1", true);
	list("address", address, NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", "--take", "--unblock", "--links", "1",
		     "--io", "none", "--store", STORE, NULL);
	ends(0);
	assert_int_equal(number("batch", "controllers"), 2);
	vm_wait_powered(0, true);
	assert_true(vm_is_blocked("hci1"));
}

static void all_are_none(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	list("address", "00:AA:01:01:00:01", NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", NULL);
	ends(3);
	assert_string_equal(vm_text(vm_event(&p, "result"), "text"),
			    "no controller can be used; there is none at all");
	vm_forget(&p);
	vm_btvirt(1);
	(void)vm_run(&p, &user, "batch", LIST, "-c", "all", NULL);
	ends(3);
	notes("no controller can be used; there are hci0 (not permitted without CAP_NET_ADMIN");
	vm_forget(&p);
	vm_power(0, true);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", NULL);
	ends(3);
	notes("no controller can be used; there are hci0 (up, used by ");
	assert_true(vm_powered(0));
}

/* The unit waits for its user when the controller vanishes: it is carried to where the other is. */
static void one_vanishes_and_another_goes_on(void **state)
{
	static const char address[] = "static=C0:00:00:00:00:01";

	(void)state;
	vm_btvirt(2);
	elsewhere = vm_spawn("/usr/bin/btvirt", "-l2", NULL);
	(void)vm_wait_index(2);
	(void)vm_wait_index(3);
	list("address,confirm", "C0:00:00:00:00:01,yes", NULL);
	vm_start(&peers[0], NULL, "listen", "-c", "hci3", "--io", "display-yesno", "--own-address",
		 address, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "hci0", "-c", "hci2", "--links", "1", "--store",
		 STORE, NULL);
	vm_go(&peers[0], NULL, "confirm");
	vm_kill(&elsewhere);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "cause"), "controller");
	assert_true(json_is_false(json_object_get(vm_event(&p, "unit"), "final")));
	notes("hci2: out of service: controller hci2: it is gone");
	vm_forget(&peers[0]);
	vm_start(&peers[0], NULL, "listen", "-c", "hci1", "--io", "display-yesno", "--own-address",
		 address, NULL);
	vm_go(&peers[0], NULL, "confirm");
	vm_type(&peers[0], "yes");
	(void)vm_end(&p);
	ends(0);
	assert_int_equal(paired_by("hci0"), 1);
	is_left_free(0);
}

static void all_vanish_and_the_next_run_goes_on(void **state)
{
	(void)state;
	vm_btvirt(3);
	list("address", unit(0, "hci2"), "00:AA:01:07:00:07", NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "hci0", "-c", "hci1", "--links", "1", "--io",
		 "none", "--store", STORE, NULL);
	vm_go(&p, NULL, "unit");
	vm_btvirt_end();
	vm_go(&p, NULL, NULL);
	ends(13);
	notes("1 of 2 units paired");
	assert_string_equal(vm_text(vm_event(&p, "summary"), "stopped"), "no_controller");
	assert_non_null(strstr(vm_verdict(&p), "no controller is left: controller hci"));
	vm_forget(&p);
	vm_forget(&peers[0]);
	vm_btvirt(3);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", "--scan-timeout", "0.2", "--store",
		     STORE, NULL);
	ends(17);
	assert_int_equal(number("summary", "paired_before"), 1);
	assert_int_equal(number("summary", "failed"), 1);
	is_left_free(0);
}

/* ---- Controllers on USB ------------------------------------------------------------------------
 */

static void two_on_usb(void **state)
{
	(void)state;
	vm_power(0, true);
	vm_power(1, true);
	list("address", unit(0, RADIO), unit(1, RADIO), NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "usb:1-1", "-c", "usb:1-2", "--take", "--links",
		     "1", "--io", "none", "--store", STORE, NULL);
	ends(0);
	assert_int_equal(paired_by("usb:1-1"), 1);
	assert_int_equal(paired_by("usb:1-2"), 1);
	vm_wait_powered(0, true);
	vm_wait_powered(1, true);
	btusb_has_both_again();
}

/* The kernel's hci0 and usb:1-1 are one and the same. */
static void all_takes_a_dongle_once(void **state)
{
	(void)state;
	list("address", unit(0, RADIO), NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", "--links", "1", "--io", "none",
		     "--store", STORE, NULL);
	ends(0);
	assert_int_equal(number("batch", "controllers"), 2);
	assert_true(paired_by("hci0") >= 0 && paired_by("hci1") >= 0);
	assert_null(noted("usb:"));
	btusb_has_both_again();
}

/* Out of the socket in the middle of a pairing; the unit begins anew, as it does without power. */
static void unplugged_its_unit_goes_to_the_other(void **state)
{
	static const char address[] = "static=C0:00:00:00:00:01";

	(void)state;
	list("address", strchr(address, '=') + 1, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "usb:1-1", "-c", "usb:1-2", "--links", "1", "--io",
		 "none", "--store", STORE, NULL);
	usb_controller_fault(usb[0], USB_FAULT_UNPLUG_AT, 0x0d); /* DHKey Check */
	usb_controller_fault(usb[1], USB_FAULT_UNPLUG_AT, 0x0d);
	vm_start(&peers[0], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address", address,
		 NULL);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "cause"), "controller");
	vm_forget(&peers[0]);
	/* Whichever it was, the other one stays. */
	const bool first = noted("usb:1-1: out of service: controller usb:1-1: it is gone") != NULL;
	if (!first)
		notes("usb:1-2: out of service: controller usb:1-2: it is gone");
	usb_controller_fault(usb[first], USB_FAULT_UNPLUG_AT, 0);
	vm_start(&peers[0], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address", address,
		 NULL);
	vm_go(&p, NULL, NULL);
	ends(0);
	assert_int_equal(paired_by(first ? "usb:1-2" : "usb:1-1"), 1);
}

static void killed_it_goes_on(void **state)
{
	(void)state;
	list("address", unit(0, RADIO), "C0:00:00:00:00:02", NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "usb:1-1", "-c", "usb:1-2", "--links", "1", "--io",
		 "none", "--store", STORE, NULL);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "result"), "paired");
	kill(p.pid, SIGKILL);
	assert_int_equal(vm_end(&p), 128 + SIGKILL);
	vm_forget(&p);
	vm_forget(&peers[0]);
	vm_start(&peers[0], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address",
		 "static=C0:00:00:00:00:02", NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "usb:1-1", "-c", "usb:1-2", "--links", "1",
		     "--io", "none", "--store", STORE, NULL);
	ends(0);
	assert_int_equal(number("summary", "paired_before"), 1);
	assert_int_equal(number("summary", "attempts"), 1);
	/* They are left as they were found: the kernel gives no driver back to who was killed. */
	assert_int_not_equal(access(BTUSB "/1-1:1.0", F_OK), 0);
	assert_int_equal(system("echo 1-1:1.0 >" BTUSB "/bind; echo 1-2:1.0 >" BTUSB "/bind"), 0);
	btusb_has_both_again();
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, over)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(two_at_once, fresh),
		CASE(all_takes_what_is_free, fresh),
		CASE(all_takes_what_it_may, fresh),
		CASE(all_are_none, fresh),
		CASE(one_vanishes_and_another_goes_on, fresh),
		CASE(all_vanish_and_the_next_run_goes_on, fresh),
		CASE(two_on_usb, plugged),
		CASE(all_takes_a_dongle_once, plugged),
		CASE(unplugged_its_unit_goes_to_the_other, plugged),
		CASE(killed_it_goes_on, plugged),
	};
	return cmocka_run_group_tests_name("vm/batch", tests, NULL, NULL);
}
