/* SPDX-License-Identifier: MIT */
/* All controllers of a machine, and why one cannot be used. */
#include "hci/inventory.h"

#include <string.h>

#include "hci/fake_kernel.h"
#include "hci/fake_libusb.h"
#include "unit.h"

static struct hci_inventory_entry list[HCI_INVENTORY_MAX];

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	fake_usb_reset();
	return 0;
}

static void controllers_of_the_kernel(void **state)
{
	static const struct {
		const char *state, *holders, *why;
	} want[] = {
		{"free", "", ""},
		{"up", "bluetoothd (process 612)",
		 "up, used by bluetoothd (process 612): give --take"},
		{"set-up", "", "being set up by the kernel: wait a moment"},
		{"held", "bluetoothd (process 612)",
		 "held exclusively by bluetoothd (process 612): end that program"},
		{"blocked", "", "blocked by rfkill: give --unblock"},
		{"failed", "", "the kernel could not set it up: see dmesg"},
		{"blocked", "", "blocked by a switch of the machine: turn it on there"},
	};

	(void)state;
	fake_kernel_add(0);
	fake_kernel_add(1)->powered = true;
	fake_kernel_add(2)->setting_up = true;
	fake_kernel_add(3)->held = true;
	fake_kernel_add(4);
	fake_rfkill(4, 1, true, false);
	fake_kernel_add(5)->broken = true;
	memset(fake_kernel_find(5)->address, 0, 6);
	fake_kernel_add(6);
	fake_rfkill(6, 2, false, true);
	fake_process(612, "bluetoothd", 99);
	assert_int_equal(hci_inventory(list), COUNT(want));
	for (size_t n = 0; n < COUNT(want); n++) {
		assert_string_equal(list[n].kind, "kernel");
		assert_string_equal(list[n].state, want[n].state);
		assert_string_equal(list[n].holders, want[n].holders);
		assert_string_equal(list[n].why, want[n].why);
		assert_int_equal(list[n].usable, n == 0);
	}
	assert_string_equal(list[0].spec, "hci0");
	assert_string_equal(list[0].address, "01:02:03:04:05:06");
	assert_string_equal(list[5].address, "");
	assert_true(list[4].rfkill_soft && !list[4].rfkill_hard && list[6].rfkill_hard);

	fake.unprivileged = true;
	assert_int_equal(hci_inventory(list), COUNT(want));
	assert_string_equal(list[0].why,
			    "not permitted without CAP_NET_ADMIN: use sudo, or setcap");
	assert_false(list[0].usable);
}

static void a_holder_that_is_not_known(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	fake_kernel_add(1)->held = true;
	assert_int_equal(hci_inventory(list), 2);
	assert_string_equal(list[0].why, "up, used by the kernel or bluetoothd: give --take");
	assert_string_equal(list[1].why, "held exclusively by another program: end that program");
}

static void controllers_on_usb(void **state)
{
	char text[160];

	(void)state;
	fake_kernel_add(2)->powered = true;
	struct libusb_device *other = fake_usb_plug(2, 9, 0x1d6b, 0x0002);
	other->config = NULL;
	fake_usb_plug(1, 10, 0x1234, 0x5678)->broken = false;
	struct libusb_device *d = fake_usb_plug(1, 4, 0x0a12, 0x0001);
	d->ports[1] = 2;
	d->depth = 2;
	fake_usb_plug(3, 1, 0x0a12, 0x0001)->broken = true;
	fake_file("/dev/bus/usb/001/004", "");
	fake_file("/sys/bus/usb/devices/1-4.2/product", "A nice\001dongle\n");
	fake_file("/sys/bus/usb/devices/1-4.2/serial", "");
	fake_link("/sys/bus/usb/devices/1-4.2:1.0/driver", "../../drivers/btusb");
	fake_file("/sys/bus/usb/devices/1-4.2:1.0/bluetooth/hci2/address", "");
	assert_int_equal(hci_inventory(list), 3);
	assert_string_equal(list[1].spec, "usb:1-4.2");
	assert_string_equal(list[1].usb_id, "0a12:0001");
	assert_string_equal(list[1].name, "A nice?dongle");
	assert_string_equal(list[1].serial, "");
	assert_string_equal(list[1].driver, "btusb");
	assert_string_equal(list[1].hci, "hci2");
	assert_string_equal(list[1].state, "up");
	assert_string_equal(list[1].why, "up, used by the kernel or bluetoothd: give --take");
	/* Ports in order of number, not of text. */
	assert_string_equal(list[2].spec, "usb:1-10");
	assert_string_equal(list[2].state, "free");
	assert_string_equal(list[2].why, "not permitted: use sudo, or a udev rule");
	/* rfkill stops the kernel, not libusb. */
	fake_rfkill(2, 1, true, false);
	assert_int_equal(hci_inventory(list), 3);
	assert_true(list[1].usable);
	hci_inventory_text(text, sizeof(text));
	assert_string_equal(text,
			    "are hci2 (blocked), usb:1-4.2 (0a12:0001), usb:1-10 (1234:5678)");
	fake_usb.list_error = LIBUSB_ERROR_NO_MEM;
	assert_int_equal(hci_inventory(list), 1);
	fake_usb.list_error = 0;
	fake_usb.init_error = LIBUSB_ERROR_OTHER;
	assert_int_equal(hci_inventory(list), 1);
	fake.count = 0;
	hci_inventory_text(text, sizeof(text));
	assert_string_equal(text, "is none at all");
}

#define FRESH(test) cmocka_unit_test_setup(test, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(controllers_of_the_kernel),
		FRESH(a_holder_that_is_not_known),
		FRESH(controllers_on_usb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
