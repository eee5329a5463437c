/* SPDX-License-Identifier: MIT */
/*
 * blepair batch on a real kernel: several controllers at once, of the kernel and on USB; the
 * controllers that -c all takes; the units after a controller vanishes or the run is killed.
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
static pid_t second_btvirt; /* its controllers do not hear those of the first */
static struct usb_controller *usb[2];

static const struct usb_controller_options dongles[] = {
	{.port = 0, .socket = SOCKET, .vendor = 0x0a12, .product = 0x0001, .serial = "UNIT-1"},
	{.port = 1, .socket = SOCKET, .vendor = 0x0a12, .product = 0x0001, .serial = "UNIT-2"},
};

static int setup(void **state)
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

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	for (size_t i = 0; i < COUNT(peers); i++)
		if (peers[i].events)
			vm_forget(&peers[i]);
	unplug(0);
	unplug(1);
	vm_kill(&second_btvirt);
	vm_btvirt_end();
	return 0;
}

/* Two dongles: hci0 and hci1 by btusb. */
static int setup_dongles(void **state)
{
	vm_btvirt(0);
	for (size_t i = 0; i < COUNT(usb); i++) {
		usb[i] = usb_controller_plug(&dongles[i]);
		(void)vm_wait_index((uint16_t)i);
	}
	return setup(state);
}

/* ---- Units ----------------------------------------------------------------------------------- */

static void write_list(const char *header, ...)
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

/* Starts a unit (blepair as a peripheral on that controller) and returns its address. */
static const char *unit(size_t i, const char *spec)
{
	vm_start(&peers[i], NULL, "listen", "-c", spec, "--io", "none", NULL);
	vm_go(&peers[i], NULL, "advertising");
	return vm_text(vm_event(&peers[i], "advertising"), "own.address");
}

/* ---- Events ---------------------------------------------------------------------------------- */

static char *events_text(void)
{
	static char *text;

	free(text);
	text = json_dumps(p.events, JSON_COMPACT);
	return text;
}

static void assert_exit_code(int code)
{
	if (p.code != code)
		fail_msg("%d: %s %s", p.code, vm_verdict(&p), events_text());
}

static json_int_t number(const char *event, const char *field)
{
	return json_integer_value(json_object_get(vm_event(&p, event), field));
}

/* The note that begins with this text, or NULL. */
static const char *find_note(const char *text)
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

static void assert_note(const char *text)
{
	if (!find_note(text))
		fail_msg("no note begins with \"%s\": %s", text, events_text());
}

static json_int_t paired_by(const char *controller)
{
	const json_t *controllers_entry;
	size_t i;

	json_array_foreach(json_object_get(vm_event(&p, "summary"), "controllers"), i,
			   controllers_entry)
	{
		if (strcmp(vm_text(controllers_entry, "controller"), controller) == 0)
			return json_integer_value(json_object_get(controllers_entry, "paired"));
	}
	return -1;
}

static void assert_free_and_down(uint16_t index)
{
	(void)vm_wait_index(index);
	assert_false(vm_powered(index));
}

/* Waits until btusb drives both dongles again. */
static void assert_btusb_drives_both(void)
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

/* ---- Controllers of the kernel --------------------------------------------------------------- */

static void two_controllers_at_once(void **state)
{
	struct vm_kernel k;
	char rows[2][64];

	(void)state;
	vm_btvirt(4);
	const char *first = unit(0, "hci2");
	vm_kernel_up(&k, 3, VM_NONE, true);
	vm_kernel_advertise(&k, true);
	/* Each has one for itself: the first that is up could be done with both before the other
	 * is. */
	(void)snprintf(rows[0], sizeof(rows[0]), "%s,one", first);
	(void)snprintf(rows[1], sizeof(rows[1]), "%s,two", k.text);
	write_list("address,slot", rows[0], rows[1], NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "hci0", "-c", "hci1", "--bind", "one=hci0",
		 "--bind", "two=hci1", "--links", "1", "--io", "none", "--store", STORE, NULL);
	vm_go(&p, &k, NULL);
	assert_exit_code(0);
	assert_int_equal(number("summary", "paired"), 2);
	assert_int_equal(paired_by("hci0"), 1);
	assert_int_equal(paired_by("hci1"), 1);
	assert_true(k.keys.ltk[1].has);
	assert_free_and_down(0);
	assert_free_and_down(1);
	vm_kernel_down(&k);
}

static void all_takes_free_controllers(void **state)
{
	struct vm_kernel k;

	(void)state;
	vm_btvirt(4);
	vm_kernel_up(&k, 1, VM_NONE, true);
	vm_kernel_advertise(&k, true);
	const char *second = unit(0, "hci2");
	vm_block("hci3", true);
	write_list("address", k.text, second, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "all", "--links", "1", "--io", "none", "--store",
		 STORE, NULL);
	vm_go(&p, &k, NULL);
	assert_exit_code(0);
	assert_int_equal(number("batch", "controllers"), 1);
	assert_int_equal(paired_by("hci0"), 2);
	assert_note("hci1 is left out: up, used by batch (process ");
	assert_note("hci2 is left out: held exclusively by ");
	assert_note("hci3 is left out: blocked by rfkill: give --unblock");
	assert_free_and_down(0);
	assert_true(vm_powered(1));
	vm_kernel_down(&k);
}

static void all_with_take_and_unblock_takes_more(void **state)
{
	(void)state;
	vm_btvirt(3);
	const char *address = unit(0, "hci2");
	vm_power(0, true);
	vm_block("hci1", true);
	write_list("address", address, NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", "--take", "--unblock", "--links", "1",
		     "--io", "none", "--store", STORE, NULL);
	assert_exit_code(0);
	assert_int_equal(number("batch", "controllers"), 2);
	vm_wait_powered(0, true);
	assert_true(vm_is_blocked("hci1"));
}

static void all_without_a_usable_controller_fails(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	write_list("address", "00:AA:01:01:00:01", NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", NULL);
	assert_exit_code(3);
	assert_string_equal(vm_text(vm_event(&p, "result"), "text"),
			    "no controller can be used; there is none at all");
	vm_forget(&p);
	vm_btvirt(1);
	(void)vm_run(&p, &user, "batch", LIST, "-c", "all", NULL);
	assert_exit_code(3);
	assert_note(
		"no controller can be used; there are hci0 (not permitted without CAP_NET_ADMIN");
	vm_forget(&p);
	vm_power(0, true);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", NULL);
	assert_exit_code(3);
	assert_note("no controller can be used; there are hci0 (up, used by ");
	assert_true(vm_powered(0));
}

/* hci2 vanishes during the prompt of its unit; the unit is moved near hci0 and is paired there. */
static void a_unit_moves_from_a_vanished_controller(void **state)
{
	static const char address[] = "static=C0:00:00:00:00:01";

	(void)state;
	vm_btvirt(2);
	second_btvirt = vm_spawn("/usr/bin/btvirt", "-l2", NULL);
	(void)vm_wait_index(2);
	(void)vm_wait_index(3);
	write_list("address,confirm", "C0:00:00:00:00:01,yes", NULL);
	vm_start(&peers[0], NULL, "listen", "-c", "hci3", "--io", "display-yesno", "--own-address",
		 address, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "hci0", "-c", "hci2", "--links", "1", "--store",
		 STORE, NULL);
	vm_go(&peers[0], NULL, "confirm");
	vm_kill(&second_btvirt);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "cause"), "controller");
	assert_true(json_is_false(json_object_get(vm_event(&p, "unit"), "final")));
	assert_note("controller hci2: it is gone");
	vm_forget(&peers[0]);
	vm_start(&peers[0], NULL, "listen", "-c", "hci1", "--io", "display-yesno", "--own-address",
		 address, NULL);
	vm_go(&peers[0], NULL, "confirm");
	vm_type(&peers[0], "yes");
	(void)vm_end(&p);
	assert_exit_code(0);
	assert_int_equal(paired_by("hci0"), 1);
	assert_free_and_down(0);
}

static void the_next_run_continues_when_all_vanished(void **state)
{
	(void)state;
	vm_btvirt(3);
	write_list("address", unit(0, "hci2"), "00:AA:01:07:00:07", NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "hci0", "-c", "hci1", "--links", "1", "--io",
		 "none", "--store", STORE, "--replug-timeout", "2", NULL);
	vm_go(&p, NULL, "unit");
	vm_btvirt_end();
	vm_go(&p, NULL, NULL);
	assert_exit_code(13);
	assert_note("1 of 2 units paired");
	assert_string_equal(vm_text(vm_event(&p, "summary"), "stopped"), "no_controller");
	assert_non_null(strstr(vm_verdict(&p), "no controller is left: controller hci"));
	vm_forget(&p);
	vm_forget(&peers[0]);
	vm_btvirt(3);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", "--scan-timeout", "0.2", "--store",
		     STORE, NULL);
	assert_exit_code(17);
	assert_int_equal(number("summary", "paired_before"), 1);
	assert_int_equal(number("summary", "failed"), 1);
	assert_free_and_down(0);
}

/* ---- Controllers on USB ---------------------------------------------------------------------- */

static void two_dongles_at_once(void **state)
{
	(void)state;
	vm_power(0, true);
	vm_power(1, true);
	write_list("address", unit(0, RADIO), unit(1, RADIO), NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "usb:1-1", "-c", "usb:1-2", "--take", "--links",
		     "1", "--io", "none", "--store", STORE, NULL);
	assert_exit_code(0);
	assert_int_equal(paired_by("usb:1-1"), 1);
	assert_int_equal(paired_by("usb:1-2"), 1);
	vm_wait_powered(0, true);
	vm_wait_powered(1, true);
	assert_btusb_drives_both();
}

/* The kernel's hci0 and usb:1-1 are the same device. */
static void all_takes_a_dongle_once(void **state)
{
	(void)state;
	write_list("address", unit(0, RADIO), NULL);
	(void)vm_run(&p, NULL, "batch", LIST, "-c", "all", "--links", "1", "--io", "none",
		     "--store", STORE, NULL);
	assert_exit_code(0);
	assert_int_equal(number("batch", "controllers"), 2);
	assert_true(paired_by("hci0") >= 0 && paired_by("hci1") >= 0);
	assert_null(find_note("usb:"));
	assert_btusb_drives_both();
}

/* The dongle is unplugged during a pairing; the unit is restarted, as after a loss of power. */
/* listen takes one central at a time: the other dongle does not reach the one that was left. */
#define ONE_CENTRAL "--oob-own", "-"

static void a_unit_moves_from_an_unplugged_controller(void **state)
{
	static const char address[] = "static=C0:00:00:00:00:01";

	(void)state;
	write_list("address", strchr(address, '=') + 1, NULL);
	vm_start(&p, NULL, "batch", LIST, "-c", "usb:1-1", "-c", "usb:1-2", "--links", "1", "--io",
		 "none", "--store", STORE, NULL);
	usb_controller_fault(usb[0], USB_FAULT_UNPLUG_AT, 0x0d); /* DHKey Check */
	usb_controller_fault(usb[1], USB_FAULT_UNPLUG_AT, 0x0d);
	vm_start(&peers[0], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address", address,
		 ONE_CENTRAL, NULL);
	vm_go(&p, NULL, "unit");
	assert_string_equal(vm_text(vm_event(&p, "unit"), "cause"), "controller");
	vm_forget(&peers[0]);
	/* The dongle that was not used stays plugged in. */
	const bool first = find_note("controller usb:1-1: it is gone") != NULL;
	if (!first)
		assert_note("controller usb:1-2: it is gone");
	usb_controller_fault(usb[first], USB_FAULT_UNPLUG_AT, 0);
	vm_start(&peers[0], NULL, "listen", "-c", RADIO, "--io", "none", "--own-address", address,
		 ONE_CENTRAL, NULL);
	vm_go(&p, NULL, NULL);
	assert_exit_code(0);
	assert_int_equal(paired_by(first ? "usb:1-2" : "usb:1-1"), 1);
}

static void the_next_run_continues_after_a_kill(void **state)
{
	(void)state;
	write_list("address", unit(0, RADIO), "C0:00:00:00:00:02", NULL);
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
	assert_exit_code(0);
	assert_int_equal(number("summary", "paired_before"), 1);
	assert_int_equal(number("summary", "attempts"), 1);
	/* The second run restores the state that it found: no driver, since a killed run restores
	 * none. */
	assert_int_not_equal(access(BTUSB "/1-1:1.0", F_OK), 0);
	assert_int_equal(system("echo 1-1:1.0 >" BTUSB "/bind; echo 1-2:1.0 >" BTUSB "/bind"), 0);
	assert_btusb_drives_both();
}

#define CASE(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(two_controllers_at_once, setup),
		CASE(all_takes_free_controllers, setup),
		CASE(all_with_take_and_unblock_takes_more, setup),
		CASE(all_without_a_usable_controller_fails, setup),
		CASE(a_unit_moves_from_a_vanished_controller, setup),
		CASE(the_next_run_continues_when_all_vanished, setup),
		CASE(two_dongles_at_once, setup_dongles),
		CASE(all_takes_a_dongle_once, setup_dongles),
		CASE(a_unit_moves_from_an_unplugged_controller, setup_dongles),
		CASE(the_next_run_continues_after_a_kill, setup_dongles),
	};
	return cmocka_run_group_tests_name("vm/batch", tests, NULL, NULL);
}
