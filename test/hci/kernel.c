/* SPDX-License-Identifier: MIT */
/* The controllers of the kernel and their holders, with a fake kernel. */
#include "hci/kernel.h"
#include "hci/kernel_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "hci/fake_kernel.h"
#include "hci/mgmt.h"
#include "unit.h"

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
	descriptors = descriptors_open();
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
	for (fake.count_beyond = 0; fake.count_beyond < 2; fake.count_beyond++)
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

/* HCI_VIRTUAL and so on, include/net/bluetooth/hci.h of Linux. */
static void the_bus_of_a_controller(void **state)
{
	static const char *const buses[16] = {
		"virtual", "USB", "PC Card", "UART", "RS232",	"PCI",	   "SDIO",    "SPI",
		"I2C",	   "SMD", "virtio",  "IPC",  "unknown", "unknown", "unknown", "unknown"};
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	struct fake_controller *c = fake_kernel_add(0);
	for (unsigned type = 0; type < 256; type++) {
		c->type = (uint8_t)type;
		assert_int_equal(hci_kernel_list(list), 1);
		assert_string_equal(list[0].bus, buses[type % 16]);
	}
}

/* Bits 0 to 2 are HCI_UP, HCI_INIT and HCI_RUNNING, for a controller without an index of
 * management. */
static void the_flags_of_a_controller(void **state)
{
	static const struct {
		uint32_t flags;
		enum hci_kernel_state state;
	} cases[] = {
		{1, HCI_KERNEL_HELD},	{2, HCI_KERNEL_SETUP}, {3, HCI_KERNEL_SETUP},
		{4, HCI_KERNEL_HELD},	{5, HCI_KERNEL_HELD},  {6, HCI_KERNEL_SETUP},
		{8, HCI_KERNEL_FAILED},
	};
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	struct fake_controller *c = fake_kernel_add(0);
	c->held = true;
	for (size_t n = 0; n < COUNT(cases); n++) {
		c->flags = cases[n].flags;
		assert_int_equal(hci_kernel_list(list), 1);
		assert_int_equal(list[0].state, cases[n].state);
	}
	/* An answer that ends before the current settings is none; those take 4 octets. */
	c->held = false;
	c->flags = 8;
	fake.info_cut = 280 - 16;
	assert_int_equal(hci_kernel_list(list), 1);
	assert_int_equal(list[0].state, HCI_KERNEL_FAILED);
	fake.info_cut = 280 - 17;
	assert_int_equal(hci_kernel_list(list), 1);
	assert_int_equal(list[0].state, HCI_KERNEL_FREE);
	/* An entry after the last one is not found. */
	fake_kernel_add(1);
	assert_int_equal(hci_kernel_list(list), 2);
	assert_null(hci_kernel_find(list, 1, 1));
}

static void holders_beyond_this_process(void **state)
{
	char text[200], name[16];

	(void)state;
	fake_process((unsigned)getpid(), "blepair", 1);
	hci_kernel_holders(text, sizeof(text));
	assert_string_equal(text, "");
	/* The first 32 sockets are known. */
	for (unsigned n = 2; n <= 34; n++) {
		(void)snprintf(name, sizeof(name), "p%u", n);
		fake_process(1000 + n, name, n);
	}
	static char table[2000] = "sk RefCnt Rmem Wmem User Inode Parent\n";
	for (unsigned n = 2; n <= 34; n++) {
		size_t used = strlen(table);
		(void)snprintf(table + used, sizeof(table) - used, "0000 2 0 0 0 %u 0\n", n);
	}
	fake_file("/proc/net/hci", table);
	hci_kernel_holders(text, 15); /* cut to the room */
	assert_int_equal(strlen(text), 14);
	static char all[4000];
	hci_kernel_holders(all, sizeof(all));
	assert_non_null(strstr(all, "p2 (process 1002)"));
	assert_non_null(strstr(all, "p33 (process 1033)"));
	assert_null(strstr(all, "p34 (process 1034)"));
}

static void other_descriptors_of_a_process_are_ignored(void **state)
{
	char text[100];

	(void)state;
	fake_process(612, "btmon", 99);
	fake_process(613, "other", 98);
	fake_file("/proc/net/hci", "sk RefCnt Rmem Wmem User Inode Parent\n"
				   "0000 2 0 0 0 99 0\n");
	fake_link("/proc/612/fd/1", "/dev/null");
	fake_link("/proc/612/fd/9", "pipe:[99]");
	fake_link("/proc/613/fd/1", "pipe:[99]");
	hci_kernel_holders(text, sizeof(text));
	assert_string_equal(text, "btmon (process 612)");
}

/* ---- Management: doc/mgmt-api.txt of BlueZ
 * ------------------------------------------------------- */

static void the_octets_of_management(void **state)
{
	static uint8_t data[64], got[128];
	struct hci_mgmt_message m;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(hci_mgmt_send(ends[0], 0x1234, 0x5678, "\1", 1), 0);
	assert_int_equal(read(ends[1], got, sizeof(got)), 7);
	assert_memory_equal(got, "\x34\x12\x78\x56\1\0\1", 7);
	assert_int_equal(hci_mgmt_send(ends[0], HCI_MGMT_READ_INFO, 1, NULL, 0), 0);
	assert_int_equal(read(ends[1], got, sizeof(got)), 6);
	assert_memory_equal(got, "\4\0\1\0\0\0", 6);
	assert_int_equal(hci_mgmt_send(ends[0], 1, 1, data, sizeof(data)), 0);
	assert_int_equal(read(ends[1], got, sizeof(got)), 70);

	/* An event, with data and without. */
	assert_int_equal(write(ends[1], "\4\0\x34\x12\2\0xy", 8), 8);
	memset(&m, 0xff, sizeof(m));
	assert_true(hci_mgmt_next(ends[0], &m));
	assert_int_equal(m.event, HCI_MGMT_INDEX_ADDED);
	assert_int_equal(m.index, 0x1234);
	assert_int_equal(m.opcode, 0);
	assert_int_equal(m.status, 0);
	assert_int_equal(m.len, 2);
	assert_memory_equal(m.data, "xy", 2);
	assert_int_equal(write(ends[1], "\4\0\1\0\0\0", 6), 6);
	assert_true(hci_mgmt_next(ends[0], &m));
	assert_int_equal(m.len, 0);
	/* Both answers to a command, which need an opcode and a status. */
	for (uint8_t event = 1; event <= 2; event++) {
		uint8_t answer[] = {event, 0, 1, 0, 4, 0, 5, 0, 0x0b, 7};
		assert_int_equal(write(ends[1], answer, 10), 10);
		assert_true(hci_mgmt_next(ends[0], &m));
		assert_int_equal(m.event, event);
		assert_int_equal(m.opcode, HCI_MGMT_SET_POWERED);
		assert_int_equal(m.status, 0x0b);
		assert_int_equal(m.len, 1);
		assert_int_equal(m.data[0], 7);
		assert_int_equal(write(ends[1], answer, 9), 9);
		assert_true(hci_mgmt_next(ends[0], &m));
		assert_int_equal(m.len, 0);
		assert_int_equal(write(ends[1], answer, 8), 8);
		assert_false(hci_mgmt_next(ends[0], &m));
	}
	/* Only a complete success is read; other answers are dropped. */
	static const struct {
		const char *answer;
		bool read;
	} cases[] = {{"\1\0\1\0\3\0\4\0\0", true},
		     {"\1\0\1\0\3\0\4\0\3", false},
		     {"\2\0\1\0\3\0\4\0\0", false},
		     {"\1\0\1\0\3\0\5\0\0", false}};
	for (size_t n = 0; n < COUNT(cases); n++) {
		assert_int_equal(write(ends[1], "\4\0\1\0\0\0", 6), 6);
		assert_int_equal(write(ends[1], cases[n].answer, 9), 9);
		assert_int_equal(hci_mgmt_read(ends[0], HCI_MGMT_READ_INFO, 1, &m), cases[n].read);
	}
	close(ends[1]);
	assert_int_equal(hci_mgmt_send(ends[0], 1, 1, NULL, 0), -1);
	close(ends[0]);
}

/* ---- rfkill: include/uapi/linux/rfkill.h
 * ---------------------------------------------------------- */

static void the_switches_of_rfkill(void **state)
{
	struct hci_rfkill rfkill;

	(void)state;
	fake_kernel_add(0);
	for (int soft = 0; soft < 2; soft++) {
		for (int hard = 0; hard < 2; hard++) {
			fake_rfkill(0, 12, soft, hard);
			memset(&rfkill, 0xff, sizeof(rfkill));
			hci_rfkill_read(0, &rfkill);
			assert_true(rfkill.found);
			assert_int_equal(rfkill.number, 12);
			assert_int_equal(rfkill.soft, soft);
			assert_int_equal(rfkill.hard, hard);
		}
	}
	/* Without one of both files, or with no number in it, there is none. */
	fake_file("/sys/class/bluetooth/hci1/rfkill3/hard", "1\n");
	hci_rfkill_read(1, &rfkill);
	assert_false(rfkill.found || rfkill.soft || rfkill.hard);
	fake_file("/sys/class/bluetooth/hci1/rfkill3/soft", "x\n");
	hci_rfkill_read(1, &rfkill);
	assert_false(rfkill.found || rfkill.soft || rfkill.hard);
}

static void the_octets_of_an_rfkill_event(void **state)
{
	uint8_t got[16];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (uint8_t blocked = 0; blocked < 2; blocked++) {
		const uint8_t want[8] = {0x12, 0, 0, 0, 0, 2, blocked, 0}; /* any type, CHANGE */
		assert_int_equal(hci_rfkill_set(ends[1], 0x12, blocked), 0);
		assert_int_equal(read(ends[0], got, sizeof(got)), 8);
		assert_memory_equal(got, want, 8);
	}
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(hci_rfkill_set(-1, 0, true), -1);
}

/* A program without standard input gets descriptor 0, which is one like another. */
static void descriptor_0_is_used_and_closed(void **state)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	(void)state;
	fake_kernel_add(0);
	int saved = descriptor_0_free();
	assert_int_equal(hci_kernel_list(list), 1);
	assert_int_equal(list[0].state, HCI_KERNEL_FREE);
	assert_true(fcntl(0, F_GETFD) < 0);
	int fd = hci_mgmt_open();
	assert_int_equal(fd, 0);
	close(fd);
	/* Refused by bind(): closed, with its error. */
	errno = 0;
	assert_int_equal(hci_kernel_socket(5, HCI_KERNEL_CHANNEL_USER), -1);
	assert_int_equal(errno, ENODEV);
	assert_true(fcntl(0, F_GETFD) < 0);
	descriptor_0_restore(saved);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, check_descriptors)

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
		FRESH(the_bus_of_a_controller),
		FRESH(the_flags_of_a_controller),
		FRESH(holders_beyond_this_process),
		FRESH(other_descriptors_of_a_process_are_ignored),
		FRESH(the_octets_of_management),
		FRESH(the_switches_of_rfkill),
		FRESH(the_octets_of_an_rfkill_event),
		FRESH(descriptor_0_is_used_and_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
