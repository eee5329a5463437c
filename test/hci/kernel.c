/* SPDX-License-Identifier: MIT */
/* The controllers of the kernel and their holders, with a fake kernel. */
#include "hci/kernel.h"
#include "hci/kernel_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hci/fake_kernel.h"
#include "hci/mgmt.h"
#include "unit.h"

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	return 0;
}

static void the_states_of_controllers(void **state)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	/* Not in order: the kernel lists the youngest first. */
	fake_kernel_add(5)->broken = true;
	fake_kernel_add(4);
	fake_rfkill(4, 3, true, false);
	fake_kernel_add(3)->held = true;
	fake_kernel_add(2)->setting_up = true;
	fake_kernel_add(1)->powered = true;
	fake_kernel_add(0)->type = 0x03;
	fake_kernel_add(6)->type = 0x1f;
	fake_rfkill(6, 9, false, true);
	fake_link("/sys/class/bluetooth/hci1/device", "../../../1-4:1.0");
	fake_link("/sys/devices/bus/1-4:1.0/driver", "../../../../bus/usb/drivers/btusb");

	assert_int_equal(hci_kernel_list(list), 7);
	assert_int_equal(errno, 0);
	for (uint16_t n = 0; n < 7; n++) {
		static const enum hci_kernel_state states[] = {
			HCI_KERNEL_FREE,    HCI_KERNEL_POWERED, HCI_KERNEL_SETUP,  HCI_KERNEL_HELD,
			HCI_KERNEL_BLOCKED, HCI_KERNEL_FAILED,	HCI_KERNEL_BLOCKED};
		static const char *const names[] = {"free",    "up",	 "set-up", "held",
						    "blocked", "failed", "blocked"};
		assert_int_equal(list[n].index, n);
		assert_int_equal(list[n].state, states[n]);
		assert_string_equal(hci_kernel_state_name(list[n].state), names[n]);
		assert_memory_equal(list[n].address, "\6\5\4\3\2\1", 6);
	}
	assert_string_equal(list[0].bus, "UART");
	assert_string_equal(list[1].bus, "USB");
	assert_string_equal(list[6].bus, "unknown");
	assert_true(list[4].rfkill.found && list[4].rfkill.soft && !list[4].rfkill.hard);
	assert_int_equal(list[4].rfkill.number, 3);
	assert_true(list[6].rfkill.hard && !list[6].rfkill.soft);
	assert_false(list[0].rfkill.found);
	assert_string_equal(list[1].device, "1-4:1.0");
	assert_string_equal(list[0].device, "");
	assert_ptr_equal(hci_kernel_find(list, 7, 3), &list[3]);
	assert_null(hci_kernel_find(list, 7, 7));
}

static void the_driver_of_a_controller(void **state)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	fake_kernel_add(0);
	fake_link("/sys/class/bluetooth/hci0/device/driver", "../../bus/usb/drivers/btusb");
	assert_int_equal(hci_kernel_list(list), 1);
	assert_string_equal(list[0].driver, "btusb");
}

/* A switch whose files cannot be read is not found. */
static void a_switch_that_cannot_be_read(void **state)
{
	struct hci_rfkill rfkill;

	(void)state;
	fake_kernel_add(0);
	fake_file("/sys/class/bluetooth/hci0/rfkill2/soft", "1\n");
	fake_file("/sys/class/bluetooth/hci0/address", "?");
	hci_rfkill_read(0, &rfkill);
	assert_false(rfkill.found || rfkill.soft || rfkill.hard);
	fake_file("/sys/class/bluetooth/hci0/rfkill2/hard", "perhaps\n");
	hci_rfkill_read(0, &rfkill);
	assert_false(rfkill.found);
	hci_rfkill_read(1, &rfkill);
	assert_false(rfkill.found);
}

static void no_bluetooth_at_all(void **state)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	assert_int_equal(hci_kernel_list(list), 0);
	assert_int_equal(errno, 0);
	fake.absent = true;
	assert_int_equal(hci_kernel_list(list), 0);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(hci_mgmt_open(), -1);
}

static void more_controllers_than_the_list_holds(void **state)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	for (uint16_t n = 0; n < HCI_KERNEL_MAX + 2; n++)
		fake_kernel_add(n);
	assert_int_equal(hci_kernel_list(list), HCI_KERNEL_MAX);
}

static void processes_that_hold_a_socket(void **state)
{
	char text[120];

	(void)state;
	hci_kernel_holders(text, sizeof(text));
	assert_string_equal(text, "");
	fake_process(612, "bluetoothd", 4711);
	fake_file("/proc/cpuinfo", "not a process\n");
	fake_file("/proc/700/comm", "idle\n"); /* without sockets */
	hci_kernel_holders(text, sizeof(text));
	assert_string_equal(text, "bluetoothd (process 612)");
	/* A second socket of the same inode: two processes share it. */
	fake_process(700, "btmon", 4711);
	hci_kernel_holders(text, sizeof(text));
	assert_non_null(strstr(text, "bluetoothd (process 612)"));
	assert_non_null(strstr(text, ", "));
	assert_non_null(strstr(text, "btmon (process 700)"));
	/* A process without a name has ended. */
	fake_link("/proc/700/comm", "nowhere");
	hci_kernel_holders(text, sizeof(text));
	assert_string_equal(text, "bluetoothd (process 612)");
}

/* Messages of management: truncated ones are ignored, and only the answer to the command is
 * returned. */
static void messages_of_management(void **state)
{
	struct hci_mgmt_message m;
	uint8_t long_one[65] = {0};

	(void)state;
	fake_kernel_add(0);
	int fd = hci_mgmt_open();
	assert_true(fd >= 0);
	assert_false(hci_mgmt_next(fd, &m));
	assert_int_equal(hci_mgmt_send(fd, HCI_MGMT_SET_POWERED, 0, long_one, sizeof(long_one)),
			 -1);
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 7, "x", 1);
	assert_true(hci_mgmt_next(fd, &m));
	assert_int_equal(m.event, HCI_MGMT_INDEX_ADDED);
	assert_int_equal(m.index, 7);
	assert_int_equal(m.len, 1);
	assert_int_equal(m.data[0], 'x');
	assert_int_equal(m.opcode, 0);
	assert_int_equal(write(fake_far(HCI_KERNEL_CHANNEL_CONTROL), "12345", 5), 5);
	assert_false(hci_mgmt_next(fd, &m));
	fake_mgmt_event(HCI_MGMT_COMMAND_COMPLETE, 0, "\4\0", 2);
	assert_false(hci_mgmt_next(fd, &m));

	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 7, NULL, 0);
	assert_true(hci_mgmt_read(fd, HCI_MGMT_READ_INFO, 0, &m));
	assert_int_equal(m.len, 280);
	assert_memory_equal(m.data, "\6\5\4\3\2\1", 6);
	assert_false(hci_mgmt_read(fd, HCI_MGMT_READ_INFO, 1, &m));
	fake.mgmt_mute = true;
	assert_false(hci_mgmt_read(fd, HCI_MGMT_READ_INFO, 0, &m));
	close(fd);
	assert_false(hci_mgmt_read(-1, HCI_MGMT_READ_INFO, 0, &m));
}

#define FRESH(test) cmocka_unit_test_setup(test, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_states_of_controllers),
		FRESH(the_driver_of_a_controller),
		FRESH(a_switch_that_cannot_be_read),
		FRESH(no_bluetooth_at_all),
		FRESH(more_controllers_than_the_list_holds),
		FRESH(processes_that_hold_a_socket),
		FRESH(messages_of_management),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
