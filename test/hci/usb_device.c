/* SPDX-License-Identifier: MIT */
/* Which USB interfaces are taken for Bluetooth, and which of their pipes for what. */
#include "hci/usb_device.h"

#include "unit.h"

static void by_class_or_by_the_table(void **state)
{
	(void)state;
	assert_true(hci_usb_is_bluetooth(0x1234, 0x5678, 0xe0, 1, 1));
	assert_false(hci_usb_is_bluetooth(0x1234, 0x5678, 0xe0, 1, 3)); /* remote NDIS */
	assert_false(
		hci_usb_is_bluetooth(0x1234, 0x5678, 0xe0, 1, 4)); /* AMP, Core Vol 4 Part B 6.2 */
	assert_false(hci_usb_is_bluetooth(0x1234, 0x5678, 0xff, 1, 1));
	assert_true(hci_usb_is_bluetooth(0x0a5c, 0x5678, 0xff, 1, 1));
	assert_false(hci_usb_is_bluetooth(0x0a5c, 0x5678, 0xff, 0, 0));
	assert_true(hci_usb_is_bluetooth(0x0a5c, 0x21e1, 0xfe, 1, 1));
	assert_true(hci_usb_is_bluetooth(0x044e, 0x3002, 0xff, 0xff, 0xff));
}

#define ENDPOINT(address, type, size)                                                           \
	{                                                                                       \
		.bEndpointAddress = (address), .bmAttributes = (type), .wMaxPacketSize = (size) \
	}

static const struct libusb_endpoint_descriptor hid[] = {ENDPOINT(0x84, 3, 8)};
static const struct libusb_endpoint_descriptor hci[] = {
	ENDPOINT(0x02, 2, 64), ENDPOINT(0x82, 2, 64), ENDPOINT(0x81, 3, 16)};
static const struct libusb_endpoint_descriptor sco[] = {ENDPOINT(0x83, 1, 9), ENDPOINT(0x03, 1, 9)};

/* A composite device: a keyboard before, SCO behind. */
static struct libusb_interface_descriptor settings[] = {
	{.bInterfaceNumber = 0, .bNumEndpoints = 1, .bInterfaceClass = 3, .endpoint = hid},
	{.bInterfaceNumber = 1,
	 .bNumEndpoints = 3,
	 .bInterfaceClass = 0xe0,
	 .bInterfaceSubClass = 1,
	 .bInterfaceProtocol = 1,
	 .endpoint = hci},
	{.bInterfaceNumber = 2,
	 .bNumEndpoints = 2,
	 .bInterfaceClass = 0xe0,
	 .bInterfaceSubClass = 1,
	 .bInterfaceProtocol = 1,
	 .endpoint = sco},
};

static const struct libusb_interface interfaces[] = {
	{&settings[0], 1}, {&settings[2], 1}, {&settings[1], 1}};
static const struct libusb_config_descriptor config = {.bNumInterfaces = 3,
						       .interface = interfaces};

static void the_pipes_are_found(void **state)
{
	struct hci_usb_interface found;

	(void)state;
	assert_true(hci_usb_find_interface(&config, 1, 1, false, &found));
	assert_int_equal(found.number, 1);
	assert_int_equal(found.event_in, 0x81);
	assert_int_equal(found.event_in_size, 16);
	assert_int_equal(found.acl_in, 0x82);
	assert_int_equal(found.acl_in_size, 64);
	assert_int_equal(found.acl_out, 0x02);
}

static void another_class_is_accepted_by_id_only(void **state)
{
	struct hci_usb_interface found;

	(void)state;
	settings[1].bInterfaceClass = 0xff;
	assert_false(hci_usb_find_interface(&config, 1, 1, false, &found));
	assert_true(hci_usb_find_interface(&config, 1, 1, true, &found));
	assert_int_equal(found.number, 1);
	settings[1].bInterfaceClass = 0xe0;
}

static void an_interface_without_the_three_pipes_is_refused(void **state)
{
	struct hci_usb_interface found;

	(void)state;
	settings[1].bNumEndpoints = 2;
	assert_false(hci_usb_find_interface(&config, 1, 1, true, &found));
	settings[1].bNumEndpoints = 3;
}

static void a_packet_size_beyond_usb_is_refused(void **state)
{
	const struct libusb_endpoint_descriptor wide[] = {
		ENDPOINT(0x02, 2, 64), ENDPOINT(0x82, 2, 2047), ENDPOINT(0x81, 3, 16)};
	struct hci_usb_interface found;

	(void)state;
	settings[1].endpoint = wide;
	assert_false(hci_usb_find_interface(&config, 1, 1, true, &found));
	settings[1].endpoint = hci;
}

/* Core Vol 4 Part B 2.1: the first endpoint of each kind; USB 2.0 9.6.6: the size has 11 bits. */
static void the_first_endpoint_of_each_kind_is_used(void **state)
{
	static const struct libusb_endpoint_descriptor many[] = {
		ENDPOINT(0x83, 1, 9),  ENDPOINT(0x04, 3, 8),	  ENDPOINT(0x81, 3, 0x1810),
		ENDPOINT(0x85, 3, 32), ENDPOINT(0x82, 2, 0x0840), ENDPOINT(0x86, 2, 512),
		ENDPOINT(0x02, 2, 64), ENDPOINT(0x07, 2, 64),	  ENDPOINT(0x80, 0, 64)};
	struct hci_usb_interface found;

	(void)state;
	settings[1].endpoint = many;
	settings[1].bNumEndpoints = COUNT(many);
	assert_true(hci_usb_find_interface(&config, 1, 1, false, &found));
	assert_int_equal(found.event_in, 0x81);
	assert_int_equal(found.event_in_size, 16);
	assert_int_equal(found.acl_in, 0x82);
	assert_int_equal(found.acl_in_size, 64);
	assert_int_equal(found.acl_out, 0x02);
	settings[1].endpoint = hci;
	settings[1].bNumEndpoints = 3;
}

static void each_pipe_needs_a_size_that_fits(void **state)
{
	static const struct {
		uint8_t event_type;
		uint16_t event_size, acl_size;
		uint8_t out_type;
		bool accepted;
	} cases[] = {
		{3, 16, 64, 2, true},
		{3, HCI_USB_PACKET_MAX, HCI_USB_PACKET_MAX, 2, true},
		{3, 1, 1, 2, true},
		{3, HCI_USB_PACKET_MAX + 1, 64, 2, false},
		{3, 16, HCI_USB_PACKET_MAX + 1, 2, false},
		{3, 0, 64, 2, false},
		{3, 16, 0, 2, false},
		{1, 16, 64, 2, false},
		{3, 16, 64, 1, false},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct libusb_endpoint_descriptor pipes[] = {
			ENDPOINT(0x81, cases[n].event_type, cases[n].event_size),
			ENDPOINT(0x82, 2, cases[n].acl_size),
			ENDPOINT(0x02, cases[n].out_type, 64)};
		struct hci_usb_interface found;
		settings[1].endpoint = pipes;
		assert_int_equal(hci_usb_find_interface(&config, 1, 1, false, &found),
				 cases[n].accepted);
	}
	settings[1].endpoint = hci;
}

static void an_interface_without_settings_is_skipped(void **state)
{
	static const struct libusb_interface empty_first[] = {{NULL, 0}, {&settings[1], 1}};
	struct libusb_config_descriptor two = {.bNumInterfaces = 2, .interface = empty_first};
	struct hci_usb_interface found;

	(void)state;
	assert_true(hci_usb_find_interface(&two, 1, 1, false, &found));
	assert_int_equal(found.number, 1);
	two.bNumInterfaces = 1;
	assert_false(hci_usb_find_interface(&two, 1, 1, true, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_class_or_by_the_table),
		cmocka_unit_test(the_pipes_are_found),
		cmocka_unit_test(another_class_is_accepted_by_id_only),
		cmocka_unit_test(an_interface_without_the_three_pipes_is_refused),
		cmocka_unit_test(a_packet_size_beyond_usb_is_refused),
		cmocka_unit_test(the_first_endpoint_of_each_kind_is_used),
		cmocka_unit_test(each_pipe_needs_a_size_that_fits),
		cmocka_unit_test(an_interface_without_settings_is_skipped),
	};
	return cmocka_run_group_tests_name("hci/usb_device", tests, NULL, NULL);
}
