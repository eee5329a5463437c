/* SPDX-License-Identifier: MIT */
/*
 * Controllers on USB that the kernel's btusb drives at first: blepair takes them by libusb, uses
 * them and gives them back; faults of USB.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "vm/usb_controller.h"
#include "vm/vm_fixture.h"

#define SOCKET "/tmp/bt-server-le"
#define RADIO  "unix:" SOCKET

static struct vm_program p, other;
static struct usb_controller *first, *second;

static const struct usb_controller_options options[] = {
	{.port = 0, .socket = SOCKET, .vendor = 0x1d6b, .product = 0xb1e0, .serial = "UNIT-1"},
	{.port = 1, .socket = SOCKET, .vendor = 0x1d6b, .product = 0xb1e0, .serial = "UNIT-2"},
	{.port = 1, .socket = SOCKET, .vendor = 0x0a5c, .product = 0x21e9, .vendor_class = true},
	/* An RTL8761BU in its ROM: versions as btrtl.c logs them. */
	{.port = 1,
	 .socket = SOCKET,
	 .vendor = 0x0bda,
	 .product = 0x8771,
	 .version = "\x0a\x0b\x00\x0a\x5d\x00\x61\x87"},
	/* Of a maker that needs firmware by its vendor; btusb sets it up as any. */
	{.port = 1, .socket = SOCKET, .vendor = 0x0a5c, .product = 0xb1e0},
};

/* One controller: hci0 by btusb. */
static int setup(void **state)
{
	(void)state;
	vm_btvirt(0);
	first = usb_controller_plug(&options[0]);
	(void)vm_wait_index(0);
	return 0;
}

static void wait_until_gone(uint16_t index)
{
	char path[64];
	struct stat file;

	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u", index);
	for (int i = 0; stat(path, &file) == 0 && i < 500; i++)
		usleep(10000);
}

static int teardown(void **state)
{
	(void)state;
	if (p.events)
		vm_forget(&p);
	if (other.events)
		vm_forget(&other);
	if (first)
		usb_controller_unplug(first);
	if (second)
		usb_controller_unplug(second);
	first = second = NULL;
	vm_btvirt_end();
	wait_until_gone(0);
	wait_until_gone(1);
	return 0;
}

static void assert_verdict_contains(const struct vm_program *program, const char *text)
{
	if (!strstr(vm_verdict(program), text))
		fail_msg("\"%s\" is not in: %s", text, vm_verdict(program));
}

static void assert_success(int code)
{
	if (code)
		fail_msg("%d: %s", code, vm_verdict(&p));
}

/* Starts a peripheral on another controller and returns its address. */
static const char *peer(const char *io)
{
	vm_start(&other, NULL, "listen", "-c", RADIO, "--io", io, "--show-keys", NULL);
	vm_go(&other, NULL, "advertising");
	return vm_text(vm_event(&other, "advertising"), "own.address");
}

/* The line of that controller in "blepair controllers", or NULL. */
static const json_t *listed(const char *spec)
{
	json_t *event;
	size_t i;

	json_array_foreach(p.events, i, event)
	{
		if (strcmp(vm_text(event, "spec"), spec) == 0)
			return event;
	}
	return NULL;
}

static void assert_btusb_drives_it(void)
{
	(void)vm_wait_index(0);
	if (p.events)
		vm_forget(&p);
	assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
	assert_string_equal(vm_text(listed("usb:1-1"), "driver"), "btusb");
	assert_string_equal(vm_text(listed("usb:1-1"), "hci"), "hci0");
}

/* ---- Taking and giving back ------------------------------------------------------------------ */

static void taken_from_btusb_and_given_back(void **state)
{
	(void)state;
	assert_success(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL));
	assert_string_equal(vm_text(vm_event(&p, "info"), "public_address.address"),
			    "00:AA:01:00:00:42");
	assert_btusb_drives_it();
	assert_false(vm_powered(0));
}

static void named_in_every_way(void **state)
{
	static const char *const specs[] = {"usb:1d6b:b1e0", "usb:1D6B:B1E0", "usb:0",
					    "usb:SERIAL=UNIT-1"};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		assert_success(vm_run(&p, NULL, "info", "-c", specs[i], NULL));
		vm_forget(&p);
		(void)vm_wait_index(0);
	}
}

static void two_alike_need_a_port_or_serial(void **state)
{
	(void)state;
	second = usb_controller_plug(&options[1]);
	(void)vm_wait_index(1);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1d6b:b1e0", NULL), 2);
	assert_verdict_contains(&p,
				"controller usb:1d6b:b1e0: 2 match; name one by usb:BUS-PORT or "
				"usb:SERIAL=TEXT; there are hci0 (free), hci1 (free), usb:1-1 "
				"(1d6b:b1e0), usb:1-2");
	vm_forget(&p);
	assert_success(vm_run(&p, NULL, "info", "-c", "usb:SERIAL=UNIT-2", NULL));
	assert_string_equal(vm_text(vm_event(&p, "info"), "public_address.address"),
			    "00:AA:01:01:00:42");
}

static void one_that_does_not_exist(void **state)
{
	(void)state;
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-7", NULL), 3);
	assert_verdict_contains(
		&p,
		"controller usb:1-7: no such Bluetooth controller is plugged in; there are hci0 "
		"(free), usb:1-1 (1d6b:b1e0)");
}

/* The kernel fails to load firmware that it does not have. The list is in p. */
static void wait_until_failed(const char *spec)
{
	for (int i = 0; i < 100; i++) {
		assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
		if (strcmp(vm_text(listed(spec), "state"), "failed") == 0)
			return;
		vm_forget(&p);
		usleep(100000);
	}
	fail_msg("%s is not listed as failed", spec);
}

static void a_vendor_class_device_is_known_by_its_ids(void **state)
{
	(void)state;
	second = usb_controller_plug(&options[2]);
	wait_until_failed("usb:1-2"); /* blepair needs no patch */
	assert_string_equal(vm_text(listed("hci1"), "state"), "failed");
	assert_string_equal(vm_text(listed("usb:1-2"), "usb_id"), "0a5c:21e9");
	assert_true(json_is_true(json_object_get(listed("usb:1-2"), "usable")));
	vm_forget(&p);
	assert_success(vm_run(&p, NULL, "info", "-c", "usb:0a5c:21e9", NULL));
}

/* btusb gives up, because it has no firmware; blepair must not use what the ROM answers. */
static void realtek_in_its_rom_is_refused(void **state)
{
	(void)state;
	second = usb_controller_plug(&options[3]);
	wait_until_failed("usb:1-2");
	assert_string_equal(vm_text(listed("usb:1-2"), "maker"), "Realtek RTL8761B");
	assert_true(json_is_false(json_object_get(listed("usb:1-2"), "usable")));
	vm_forget(&p);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-2", NULL), 3);
	assert_verdict_contains(&p, "controller usb:1-2: Realtek RTL8761B without firmware");
	assert_verdict_contains(&p, "firmware-realtek");
}

static void a_device_without_a_driver_is_set_up_by_the_kernel_first(void **state)
{
	(void)state;
	second = usb_controller_plug(&options[4]);
	(void)vm_wait_index(1);
	assert_int_equal(system("echo 1-2:1.0 >/sys/bus/usb/drivers/btusb/unbind"), 0);
	wait_until_gone(1);
	for (int run = 0; run < 2; run++) {
		assert_success(vm_run(&p, NULL, "info", "-c", "usb:1-2", NULL));
		assert_string_equal(vm_text(vm_event(&p, "note"), "text"),
				    "usb:1-2 had no driver: the kernel's sets it up first");
		vm_forget(&p);
		/* It is left as it was. */
		assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
		assert_null(json_object_get(listed("usb:1-2"), "driver"));
		assert_null(json_object_get(listed("usb:1-2"), "hci"));
		vm_forget(&p);
	}
}

static void up_is_refused_without_take(void **state)
{
	(void)state;
	vm_power(0, true);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL), 4);
	assert_verdict_contains(&p, "controller usb:1-1: it is hci0 and up, used by ");
	assert_verdict_contains(&p, "--take");
	vm_forget(&p);
	assert_success(vm_run(&p, NULL, "info", "-c", "usb:1-1", "--take", NULL));
	vm_wait_powered(0, true);
	assert_btusb_drives_it();
}

static void given_back_when_interrupted(void **state)
{
	(void)state;
	vm_start(&p, NULL, "listen", "-c", "usb:1-1", NULL);
	vm_go(&p, NULL, "advertising");
	kill(p.pid, SIGTERM);
	assert_success(vm_end(&p));
	assert_btusb_drives_it();
}

static void held_through_libusb(void **state)
{
	(void)state;
	vm_start(&other, NULL, "listen", "-c", "usb:1-1", NULL);
	vm_go(&other, NULL, "advertising");
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL), 4);
	assert_verdict_contains(&p, "controller usb:1-1: another program holds it through libusb");
}

static void held_by_a_user_channel(void **state)
{
	(void)state;
	vm_start(&other, NULL, "listen", "-c", "hci0", NULL);
	vm_go(&other, NULL, "advertising");
	vm_start(&p, NULL, "info", "-c", "usb:1-1", NULL);
	usleep(300000);
	kill(other.pid, SIGTERM); /* blepair waits for its end, as for the kernel's set-up */
	assert_success(vm_end(&p));
}

static void refused_without_permission(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(vm_run(&p, &user, "info", "-c", "usb:1-1", NULL), 5);
	assert_verdict_contains(
		&p,
		"controller usb:1-1: not permitted to open 1d6b:b1e0: use sudo, or a udev rule");
}

/* The effect of the installed udev rule: the user owns the device. */
static void a_udev_rule_is_enough(void **state)
{
	const struct vm_user user = {.uid = 1000};

	(void)state;
	assert_int_equal(system("chown 1000 /dev/bus/usb/001/*"), 0);
	assert_success(vm_run(&p, &user, "info", "-c", "usb:1-1", NULL));
	assert_btusb_drives_it();
}

static void all_are_listed(void **state)
{
	(void)state;
	assert_int_equal(vm_run(&p, NULL, "controllers", NULL), 0);
	assert_string_equal(vm_text(listed("hci0"), "bus"), "USB");
	assert_string_equal(vm_text(listed("hci0"), "driver"), "btusb");
	assert_string_equal(vm_text(listed("usb:1-1"), "usb_id"), "1d6b:b1e0");
	assert_string_equal(vm_text(listed("usb:1-1"), "name"), "Virtual Bluetooth");
	assert_string_equal(vm_text(listed("usb:1-1"), "serial"), "UNIT-1");
	assert_true(json_is_true(json_object_get(listed("usb:1-1"), "usable")));
}

/* ---- Pairing over it ------------------------------------------------------------------------- */

static void assert_pairs_with(const char *address)
{
	assert_success(
		vm_run(&p, NULL, "-c", "usb:1-1", "--io", "none", "--show-keys", address, NULL));
	assert_string_equal(vm_text(vm_event(&p, "result"), "result"), "paired");
	vm_go(&other, NULL, "result");
	assert_string_equal(vm_text(vm_event(&other, "result"), "keys.local.ltk"),
			    vm_text(vm_event(&p, "result"), "keys.local.ltk"));
}

static void as_central(void **state)
{
	(void)state;
	assert_pairs_with(peer("none"));
	assert_btusb_drives_it();
}

static void two_controllers_at_once(void **state)
{
	(void)state;
	second = usb_controller_plug(&options[1]);
	(void)vm_wait_index(1);
	vm_start(&other, NULL, "listen", "-c", "usb:1-2", "--io", "none", "--show-keys", NULL);
	vm_go(&other, NULL, "advertising");
	assert_pairs_with(vm_text(vm_event(&other, "advertising"), "own.address"));
}

static void with_the_kernel_on_another_one(void **state)
{
	struct vm_kernel k;

	(void)state;
	second = usb_controller_plug(&options[1]);
	vm_kernel_up(&k, vm_wait_index(1), VM_NONE, true);
	vm_kernel_advertise(&k, true);
	vm_start(&p, NULL, "-c", "usb:1-1", "--io", "none", "--show-keys", k.text, NULL);
	vm_go(&p, &k, NULL);
	assert_success(p.code);
	assert_true(vm_same_key(vm_text(vm_event(&p, "result"), "keys.local.ltk"),
				k.keys.ltk[1].value));
	vm_kernel_down(&k);
}

/* ---- Faults of USB --------------------------------------------------------------------------- */

static void empty_packets_after_full_ones(void **state)
{
	(void)state;
	usb_controller_fault(first, USB_FAULT_ZERO_LENGTH, 0);
	assert_pairs_with(peer("none"));
}

/* Encryption Change and Connection Complete arrive after data that they precede. */
static void data_overtakes_events(void **state)
{
	(void)state;
	usb_controller_fault(first, USB_FAULT_DATA_FIRST, 0);
	assert_pairs_with(peer("none"));
}

static void data_overtakes_events_of_a_peripheral(void **state)
{
	(void)state;
	usb_controller_fault(first, USB_FAULT_DATA_FIRST, 0);
	vm_start(&other, NULL, "listen", "-c", "usb:1-1", "--io", "none", "--count", "1", NULL);
	vm_go(&other, NULL, "advertising");
	assert_success(vm_run(&p, NULL, "-c", RADIO, "--io", "none",
			      vm_text(vm_event(&other, "advertising"), "own.address"), NULL));
	assert_int_equal(vm_end(&other), 0);
}

static void pipes_that_stall_once(void **state)
{
	static const enum usb_fault faults[] = {USB_FAULT_STALL_EVENTS, USB_FAULT_STALL_DATA_IN,
						USB_FAULT_STALL_DATA_OUT};
	const char *address = peer("none");

	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		usb_controller_fault(first, faults[i], 0);
		assert_success(vm_run(&p, NULL, "-c", "usb:1-1", "--io", "none", address, NULL));
		vm_forget(&p);
		(void)vm_wait_index(0);
	}
}

static void a_pipe_that_stalls_for_ever(void **state)
{
	(void)state;
	usb_controller_fault(first, USB_FAULT_STALL_FOR_EVER, 0);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL), 13);
	assert_verdict_contains(
		&p,
		"controller usb:1-1: a pipe to it stalls again and again: unplug it and plug it in "
		"again");
}

/* LE Read Supported States is optional, Reset is not. */
static void a_command_refused_by_a_stall(void **state)
{
	(void)state;
	usb_controller_fault(first, USB_FAULT_STALL_COMMAND, 0x201c);
	assert_success(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL));
	vm_forget(&p);
	(void)vm_wait_index(0);
	usb_controller_fault(first, USB_FAULT_STALL_COMMAND, 0x0c03);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL), 3);
	assert_verdict_contains(&p, "Reset: Unknown HCI Command");
}

/* A cloned chip: four commands that it claims to support are refused, one gets no answer. */
static void a_clone_is_brought_up(void **state)
{
	static const unsigned rejected[] = {0x0c63, 0x0c6d, 0x200f, 0x1003};
	const char *address = peer("none");

	(void)state;
	for (size_t i = 0; i < COUNT(rejected); i++)
		usb_controller_fault(first, USB_FAULT_REJECT, rejected[i]);
	usb_controller_fault(first, USB_FAULT_MUTE, 0x201c);
	assert_pairs_with(address);
}

static void babble_costs_one_event(void **state)
{
	bool noted = false;
	json_t *event;
	size_t i;

	(void)state;
	usb_controller_fault(first, USB_FAULT_BABBLE, 0);
	assert_int_equal(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL), 3);
	assert_verdict_contains(&p, "Reset: the controller does not answer within 2 s");
	json_array_foreach(p.events, i, event) noted |=
		strstr(vm_text(event, "text"), "babbles: a packet was dropped") != NULL;
	assert_true(noted);
	vm_forget(&p);
	(void)vm_wait_index(0);
	assert_success(vm_run(&p, NULL, "info", "-c", "usb:1-1", NULL));
}

static void unplugged_while_idle(void **state)
{
	(void)state;
	vm_start(&p, NULL, "listen", "-c", "usb:1-1", NULL);
	vm_go(&p, NULL, "advertising");
	usb_controller_unplug(first);
	first = NULL;
	assert_int_equal(vm_end(&p), 13);
	assert_verdict_contains(&p, "controller usb:1-1: it is gone: unplugged");
	assert_string_equal(vm_text(vm_event(&p, "result"), "class"), "controller_failed");
}

static void unplugged_during_pairing(void **state)
{
	static const unsigned codes[] = {0x01, 0x0c, 0x04, 0x0d}; /* in the order of sending */
	const char *address = peer("none");

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		usb_controller_fault(first, USB_FAULT_UNPLUG_AT, codes[i]);
		assert_int_equal(vm_run(&p, NULL, "-c", "usb:1-1", "--io", "none", address, NULL),
				 13);
		assert_verdict_contains(&p, "controller usb:1-1: it is gone: unplugged");
		vm_forget(&p);
		usb_controller_unplug(first);
		/* The vanished controller leaves its peer connected: set up everything again. */
		vm_forget(&other);
		vm_btvirt(0);
		first = usb_controller_plug(&options[0]);
		(void)vm_wait_index(0);
		address = peer("none");
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(taken_from_btusb_and_given_back),
		CASE(named_in_every_way),
		CASE(two_alike_need_a_port_or_serial),
		CASE(one_that_does_not_exist),
		CASE(a_vendor_class_device_is_known_by_its_ids),
		CASE(realtek_in_its_rom_is_refused),
		CASE(a_device_without_a_driver_is_set_up_by_the_kernel_first),
		CASE(up_is_refused_without_take),
		CASE(given_back_when_interrupted),
		CASE(held_through_libusb),
		CASE(held_by_a_user_channel),
		CASE(refused_without_permission),
		CASE(a_udev_rule_is_enough),
		CASE(all_are_listed),
		CASE(as_central),
		CASE(two_controllers_at_once),
		CASE(with_the_kernel_on_another_one),
		CASE(empty_packets_after_full_ones),
		CASE(data_overtakes_events),
		CASE(data_overtakes_events_of_a_peripheral),
		CASE(pipes_that_stall_once),
		CASE(a_pipe_that_stalls_for_ever),
		CASE(a_command_refused_by_a_stall),
		CASE(a_clone_is_brought_up),
		CASE(babble_costs_one_event),
		CASE(unplugged_while_idle),
		CASE(unplugged_during_pairing),
	};
	return cmocka_run_group_tests_name("vm/usb", tests, NULL, NULL);
}
