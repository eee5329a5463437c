/* SPDX-License-Identifier: MIT */
/* Where a controller is plugged in, and what is plugged in there later. */
#include "hci/place.h"

#include <stdio.h>
#include <string.h>

#include "hci/fake_kernel.h"
#include "unit.h"

static int set_up(void **state)
{
	(void)state;
	fake_kernel_reset();
	return 0;
}

static struct hci_place place(const char *spec, const char *port)
{
	struct hci_transport transport = {0};
	struct hci_place place;

	(void)snprintf(transport.port, sizeof(transport.port), "%s", port);
	hci_place_init(&place, spec, &transport);
	return place;
}

static void found(const struct hci_place *p, const char *expected)
{
	char spec[HCI_PLACE_SPEC];

	assert_true(hci_place_find(p, spec));
	assert_string_equal(spec, expected);
}

static void not_found(const struct hci_place *p)
{
	char spec[HCI_PLACE_SPEC];

	assert_false(hci_place_find(p, spec));
}

static void plug(const char *port)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/idVendor", port);
	fake_file(path, "0a12\n");
}

/* A controller of the kernel, the child of that interface. */
static void appear(uint16_t index, const char *interface)
{
	char path[64], target[96];

	(void)fake_kernel_add(index);
	(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%u/device", index);
	(void)snprintf(target, sizeof(target), "../../../1-4/%s", interface);
	fake_link(path, target);
}

/* Its position in the list, or the only one of its maker, may be another one by then. */
static void a_usb_device_is_found_by_its_port(void **state)
{
	static const char *const specs[] = {"usb:0", "usb:0a12:0001", "usb:1-4.2"};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		const struct hci_place p = place(specs[i], "1-4.2");
		fake_kernel_reset();
		plug("1-4.1");
		plug("1-4");
		not_found(&p);
		plug("1-4.2");
		found(&p, "usb:1-4.2");
	}
}

static void a_serial_number_names_it_at_any_port(void **state)
{
	const struct hci_place p = place("usb:SERIAL=UNIT-1", "1-4.2");

	(void)state;
	found(&p, "usb:SERIAL=UNIT-1");
}

/* The kernel gives the next free number, which may belong to another port. */
static void a_controller_of_the_kernel_is_found_by_its_port(void **state)
{
	const struct hci_place p = place("hci0", "1-4");

	(void)state;
	not_found(&p);
	appear(0, "1-4.2:1.0");
	appear(1, "11-4:1.0");
	not_found(&p);
	appear(5, "1-4:1.0");
	found(&p, "hci5");
}

/* On a UART, or virtual. */
static void one_without_a_port_is_found_by_its_number(void **state)
{
	const struct hci_place p = place("hci1", ""), q = place("hci:1", "");

	(void)state;
	(void)fake_kernel_add(0);
	not_found(&p);
	not_found(&q);
	(void)fake_kernel_add(1);
	found(&p, "hci1");
	found(&q, "hci1");
}

/* Without CAP_NET_ADMIN, only its device file can be opened. */
static void one_of_the_kernel_may_be_found_as_a_usb_device(void **state)
{
	struct hci_place p = place("hci0", "1-4"), none = place("hci0", ""),
			 usb = place("usb:0", "1-4");

	(void)state;
	assert_true(hci_place_change_to_usb(&p));
	not_found(&p);
	plug("1-4");
	found(&p, "usb:1-4");
	assert_false(hci_place_change_to_usb(&p));
	assert_false(hci_place_change_to_usb(&none));
	assert_false(hci_place_change_to_usb(&usb));
}

static void others_have_only_their_name(void **state)
{
	static const char *const specs[] = {"unix:/run/radio", "tcp:[::1]:1234",
					    "serial:/dev/ttyACM0,1000000"};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		const struct hci_place p = place(specs[i], "");
		found(&p, specs[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_usb_device_is_found_by_its_port, set_up),
		cmocka_unit_test_setup(a_serial_number_names_it_at_any_port, set_up),
		cmocka_unit_test_setup(a_controller_of_the_kernel_is_found_by_its_port, set_up),
		cmocka_unit_test_setup(one_without_a_port_is_found_by_its_number, set_up),
		cmocka_unit_test_setup(one_of_the_kernel_may_be_found_as_a_usb_device, set_up),
		cmocka_unit_test_setup(others_have_only_their_name, set_up),
	};
	return cmocka_run_group_tests_name("hci/place", tests, NULL, NULL);
}
