/* SPDX-License-Identifier: MIT */
/* The filter accept list of a scan: Core Vol 4 Part E 7.8.15, 7.8.16. */
#include "hci/gap_script.h"

#include <string.h>

#include "hci/error.h"

static const struct hci_accepted devices[HCI_ACCEPTED_MAX] = {{0, {1, 2, 3, 4, 5, 6}},
							      {1, {6, 5, 4, 3, 2, 0xc1}}};

static void list_is_sent(uint8_t status)
{
	sent(HCI_LE_CLEAR_ACCEPT_LIST, 0, NULL, 0);
	SENT(HCI_LE_ADD_TO_ACCEPT_LIST, 0, 0, 1, 2, 3, 4, 5, 6);
	SENT(HCI_LE_ADD_TO_ACCEPT_LIST, status, 1, 6, 5, 4, 3, 2, 0xc1);
}

static void a_scan_for_some_devices_filters_by_the_list(void **state)
{
	(void)state;
	hci_gap_scan_for(&gap, HCI_OWN_PUBLIC, true, devices, 2);
	list_is_sent(0);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0, 1, 0x30, 0, 0x30, 0, 0, 1);
	SENT(HCI_LE_SET_SCAN_ENABLE, 0, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_SCANNING);
	hci_gap_scan_stop(&gap);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	/* The next scan is for all. */
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, true);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0, 1, 0x30, 0, 0x30, 0, 0, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	nothing_more();

	/* By extended commands, and with directed advertising: 3. */
	(void)fresh_extended(state);
	controller.le_features[0] |= 0x80;
	hci_gap_scan_for(&gap, HCI_OWN_PUBLIC, false, devices, 2);
	list_is_sent(0);
	SENT(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0, 0, 3, 1, 0, 0x30, 0, 0x30, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	nothing_more();
}

/* The controller has less room than it reported: the scan is for all, from then on. */
static void a_refused_list_hides_no_device(void **state)
{
	(void)state;
	controller.accept_list_size = 8;
	hci_gap_scan_for(&gap, HCI_OWN_PUBLIC, true, devices, 2);
	list_is_sent(0x07);
	assert_int_equal(happening.kind, HCI_GAP_NOTE);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	SENT(HCI_LE_SET_SCAN_ENABLE, 0, 0, 0);
	SENT(HCI_LE_SET_SCAN_PARAMETERS, 0, 1, 0x30, 0, 0x30, 0, 0, 0);
	SENT(HCI_LE_SET_SCAN_ENABLE, 0, 1, 0);
	nothing_more();
	assert_true(gap.scanning);
	assert_int_equal(hci_gap_accepts(&gap), 0);
}

static void the_room_is_that_of_the_controller_up_to_a_limit(void **state)
{
	static const uint16_t needed[] = {HCI_LE_CLEAR_ACCEPT_LIST, HCI_LE_ADD_TO_ACCEPT_LIST};

	(void)state;
	assert_int_equal(hci_gap_accepts(&gap), 0);
	controller.accept_list_size = 8;
	assert_int_equal(hci_gap_accepts(&gap), 8);
	controller.accept_list_size = 255;
	assert_int_equal(hci_gap_accepts(&gap), HCI_ACCEPTED_MAX);
	/* The command queue holds a whole list. */
	hci_gap_scan_for(&gap, HCI_OWN_PUBLIC, true, devices, HCI_ACCEPTED_MAX);
	command(HCI_LE_CLEAR_ACCEPT_LIST, 0);
	for (size_t i = 0; i < HCI_ACCEPTED_MAX; i++)
		command(HCI_LE_ADD_TO_ACCEPT_LIST, 0);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	nothing_more();
	for (size_t i = 0; i < COUNT(needed); i++) {
		const struct hci_command_format *f = hci_command_format(needed[i]);
		controller.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
		assert_int_equal(hci_gap_accepts(&gap), 0);
		controller.commands[f->octet] |= (uint8_t)(1U << f->bit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_scan_for_some_devices_filters_by_the_list, fresh),
		cmocka_unit_test_setup(a_refused_list_hides_no_device, fresh),
		cmocka_unit_test_setup(the_room_is_that_of_the_controller_up_to_a_limit, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
