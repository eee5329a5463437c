/* SPDX-License-Identifier: MIT */
/* All controllers of a machine, and why one cannot be used. */
#include "hci/inventory.h"

#include <string.h>

#include "descriptors.h"
#include "hci/fake_kernel.h"
#include "hci/fake_libusb.h"
#include "hci/usb_device.h"
#include "unit.h"

static struct hci_inventory_entry list[HCI_INVENTORY_MAX];

static int descriptors;

/* No descriptor is left open. */
static int check_descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < fake.socket_count; i++)
		descriptors += fcntl(fake.sockets[i].far, F_GETFD) >= 0;
	assert_int_equal(descriptors_open(), descriptors);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	fake_usb_reset();
	descriptors = descriptors_open();
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

/* What the USB identifiers show, of hciN through the same device. */
static void the_maker_is_known_by_the_usb_device(void **state)
{
	(void)state;
	fake_kernel_add(0);
	fake_link("/sys/class/bluetooth/hci0/device", "../../../1-4:1.0");
	fake_file("/sys/bus/usb/devices/1-4/idVendor", "0bda\n");
	fake_file("/sys/bus/usb/devices/1-4/idProduct", "8771\n");
	fake_kernel_add(1);
	fake_link("/sys/class/bluetooth/hci1/device", "../../../1-5:1.0");
	fake_file("/sys/bus/usb/devices/1-5/idVendor", "?\n");
	fake_usb_plug(1, 4, 0x0bda, 0x8771);
	fake_usb_plug(1, 6, 0x1234, 0x5678);
	assert_int_equal(hci_inventory(list), 4);
	assert_string_equal(list[0].maker->name, "Realtek RTL8761B");
	assert_null(list[1].maker);
	assert_ptr_equal(list[2].maker, list[0].maker);
	assert_null(list[3].maker);
}

/* libusb could open it, but it would hear nothing. Another maker's works without its patch. */
static void a_device_whose_firmware_is_missing_cannot_be_used(void **state)
{
	(void)state;
	fake_kernel_add(2)->broken = true;
	fake_usb_plug(1, 4, 0x0bda, 0x8771);
	fake_file("/dev/bus/usb/001/002", "");
	fake_file("/sys/bus/usb/devices/1-4:1.0/bluetooth/hci2/address", "");
	assert_int_equal(hci_inventory(list), 2);
	assert_false(list[1].usable);
	assert_string_equal(list[1].why, "the kernel could not load its firmware "
					 "(rtl_bt/rtl8761bu_fw.bin): see dmesg");
	fake_usb.devices[0].descriptor.idVendor = 0x0a5c;
	assert_int_equal(hci_inventory(list), 2);
	assert_string_equal(list[1].maker->name, "Broadcom");
	assert_string_equal(list[1].why, "");
	assert_true(list[1].usable);
}

/* A member of the group of the udev rule has no capability. */
static void
a_process_without_the_capability_uses_the_first_permitted_controller_on_usb(void **state)
{
	char spec[HCI_SPEC_MAX] = "hci";

	(void)state;
	fake_kernel_add(0);
	fake_usb_plug(1, 4, 0x0a12, 0x0001);
	fake_usb_plug(1, 6, 0x0a12, 0x0001);
	fake_file("/dev/bus/usb/001/003", "");
	assert_false(hci_inventory_usb_instead(spec));
	fake.unprivileged = true;
	assert_true(hci_inventory_usb_instead(spec));
	assert_string_equal(spec, "usb:1-6");
	/* One that is in use is the last choice. */
	fake_file("/dev/bus/usb/001/002", "");
	fake_file("/sys/bus/usb/devices/1-4:1.0/bluetooth/hci0/address", "");
	fake_kernel_find(0)->powered = true;
	assert_true(hci_inventory_usb_instead(spec));
	assert_string_equal(spec, "usb:1-6");
	fake_usb.count = 1;
	assert_true(hci_inventory_usb_instead(spec));
	assert_string_equal(spec, "usb:1-4");
	fake_usb_reset();
	assert_false(hci_inventory_usb_instead(spec));
	assert_string_equal(spec, "usb:1-4");
}

static void every_field_of_an_entry(void **state)
{
	(void)state;
	fake_kernel_add(3)->type = 1;
	fake_link("/sys/class/bluetooth/hci3/device", "../../../1-4:1.%%0");
	assert_int_equal(hci_inventory(list), 1);
	assert_string_equal(list[0].path, "1-4:1.%%0");
	assert_string_equal(list[0].driver, "");
	assert_string_equal(list[0].bus, "USB");
	assert_string_equal(list[0].usb_id, "");
	assert_string_equal(list[0].name, "");
	assert_string_equal(list[0].hci, "");
	assert_false(list[0].rfkill_soft || list[0].rfkill_hard);
	assert_true(list[0].usable);

	fake_usb_plug(1, 4, 0x0a12, 0x0001);
	fake_file("/sys/bus/usb/devices/1-4/product", "Don%%gle\n");
	fake_file("/sys/bus/usb/devices/1-4/serial", "A%%BC\n");
	fake_link("/sys/bus/usb/devices/1-4:1.0/driver", "../../drivers/bt%%usb");
	fake_file("/dev/bus/usb/001/002", "");
	assert_int_equal(hci_inventory(list), 2);
	assert_string_equal(list[1].spec, "usb:1-4");
	assert_string_equal(list[1].kind, "usb");
	assert_string_equal(list[1].bus, "USB");
	assert_string_equal(list[1].address, "");
	assert_string_equal(list[1].usb_id, "0a12:0001");
	assert_string_equal(list[1].name, "Don%%gle");
	assert_string_equal(list[1].serial, "A%%BC");
	assert_string_equal(list[1].driver, "bt%%usb");
	assert_string_equal(list[1].path, "1-4"); /* % has no meaning in them */
	assert_string_equal(list[1].hci, "");
	assert_string_equal(list[1].state, "free");
	assert_string_equal(list[1].holders, "");
	assert_string_equal(list[1].why, "");
	assert_true(list[1].usable);
}

/* An address is unknown only if all six octets are zero. */
static void an_address_with_one_octet(void **state)
{
	char want[18];

	(void)state;
	struct fake_controller *c = fake_kernel_add(0);
	for (size_t i = 0; i < 6; i++) {
		memset(c->address, 0, 6);
		c->address[i] = 0xab;
		strcpy(want, "00:00:00:00:00:00");
		memcpy(want + 3 * (5 - i), "AB", 2);
		assert_int_equal(hci_inventory(list), 1);
		assert_string_equal(list[0].address, want);
	}
}

/* The kernel's state of a USB controller matters unless only the kernel is stopped by it. */
static void usb_controllers_in_each_state_of_the_kernel(void **state)
{
	static const struct {
		bool held, setting_up, broken;
		const char *state, *why;
	} cases[] = {
		{true, false, false, "held",
		 "held exclusively by btproxy (process 612): end that program"},
		{false, true, false, "set-up", "being set up by the kernel: wait a moment"},
		{false, false, true, "failed", ""},
		{false, false, false, "free", ""},
	};

	(void)state;
	fake_usb_plug(1, 4, 0x0a12, 0x0001);
	fake_file("/dev/bus/usb/001/002", "");
	fake_file("/sys/bus/usb/devices/1-4:1.0/bluetooth/hci0/address", "");
	fake_process(612, "btproxy", 99);
	struct fake_controller *c = fake_kernel_add(0);
	for (size_t n = 0; n < COUNT(cases); n++) {
		c->held = cases[n].held;
		c->setting_up = cases[n].setting_up;
		c->broken = cases[n].broken;
		assert_int_equal(hci_inventory(list), 2);
		assert_string_equal(list[1].hci, "hci0");
		assert_string_equal(list[1].state, cases[n].state);
		assert_string_equal(list[1].why, cases[n].why);
		assert_int_equal(list[1].usable, !*cases[n].why);
	}
	/* The kernel knows the device, but does not list hci0. */
	fake.count = 0;
	assert_int_equal(hci_inventory(list), 1);
	assert_string_equal(list[0].state, "free");
	char text[20];
	hci_inventory_text(text, sizeof(text)); /* cut to the room */
	assert_string_equal(text, "are usb:1-4 (0a12:0");
}

static void attributes_of_a_device_are_cleaned(void **state)
{
	struct hci_usb_device devices[HCI_USB_MAX];
	libusb_context *context;

	(void)state;
	fake_usb_plug(1, 4, 0x0a12, 0x0001);
	fake_usb_plug(2, 5, 0x0a12, 0x0002)->depth = 0;
	fake_file("/sys/bus/usb/devices/1-4/product", "a\x1f \x7f\xc3\xa9~\nsecond line\n");
	assert_int_equal(libusb_init(&context), 0);
	assert_int_equal(hci_usb_list(context, 0, 0, devices), 2);
	assert_string_equal(devices[0].name, "a? ?\xc3\xa9~");
	assert_string_equal(devices[0].serial, "");
	assert_string_equal(devices[0].driver, "");
	assert_string_equal(devices[0].port, "1-4");
	assert_string_equal(devices[0].sysfs, "1-4:1.0");
	assert_int_equal(devices[0].hci, -1);
	assert_int_equal(devices[0].id.vendor, 0x0a12);
	assert_int_equal(devices[0].id.product, 1);
	assert_string_equal(devices[1].port, "2");
	hci_usb_forget(devices, 2);
	/* By its numbers: both must match. */
	assert_int_equal(hci_usb_list(context, 0x0a12, 2, devices), 1);
	assert_int_equal(devices[0].id.product, 2);
	hci_usb_forget(devices, 1);
	assert_int_equal(hci_usb_list(context, 0x0a13, 2, devices), 0);
	assert_int_equal(hci_usb_list(context, 0x0a12, 3, devices), 0);
	libusb_exit(context);
	fake_usb_reset();
}

static const struct libusb_endpoint_descriptor endpoints[] = {
	{.bEndpointAddress = 0x81, .bmAttributes = 3, .wMaxPacketSize = 16},
	{.bEndpointAddress = 0x82, .bmAttributes = 2, .wMaxPacketSize = 64},
	{.bEndpointAddress = 0x02, .bmAttributes = 2, .wMaxPacketSize = 64},
};
static const struct libusb_interface_descriptor vendor_class = {
	.bNumEndpoints = 3, .bInterfaceClass = 0xff, .endpoint = endpoints};
static const struct libusb_interface vendor_interface = {&vendor_class, 1};
static const struct libusb_config_descriptor vendor_config = {
	.bNumInterfaces = 1, .bConfigurationValue = 1, .interface = &vendor_interface};

/* A device of no Bluetooth class: by its identifiers, given by the user or in the table. */
static void a_device_of_another_class_is_listed_by_id_only(void **state)
{
	struct hci_usb_device devices[HCI_USB_MAX];
	libusb_context *context;

	(void)state;
	fake_usb_plug(1, 4, 0x1234, 0x5678)->config = &vendor_config;
	assert_int_equal(libusb_init(&context), 0);
	assert_int_equal(hci_usb_list(context, 0, 0, devices), 0);
	assert_int_equal(hci_usb_list(context, 0x1234, 0x5678, devices), 1);
	hci_usb_forget(devices, 1);
	fake_usb_plug(1, 5, 0x0a5c, 0x21e1)->config = &vendor_config;
	assert_int_equal(hci_usb_list(context, 0, 0, devices), 1);
	assert_int_equal(devices[0].id.product, 0x21e1);
	hci_usb_forget(devices, 1);
	libusb_exit(context);
	fake_usb_reset();
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, check_descriptors)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(controllers_of_the_kernel),
		FRESH(a_holder_that_is_not_known),
		FRESH(controllers_on_usb),
		FRESH(the_maker_is_known_by_the_usb_device),
		FRESH(a_device_whose_firmware_is_missing_cannot_be_used),
		FRESH(a_process_without_the_capability_uses_the_first_permitted_controller_on_usb),
		FRESH(every_field_of_an_entry),
		FRESH(a_device_of_another_class_is_listed_by_id_only),
		FRESH(an_address_with_one_octet),
		FRESH(usb_controllers_in_each_state_of_the_kernel),
		FRESH(attributes_of_a_device_are_cleaned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
