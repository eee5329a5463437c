/* SPDX-License-Identifier: MIT */
/* hciN: opening, taking, waiting, packets and release, with a fake kernel. */
#include "hci/user_channel.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "hci/fake_kernel.h"
#include "hci/fake_libusb.h"
#include "hci/kernel.h"
#include "hci/kernel_socket.h"
#include "hci/mgmt.h"
#include "heap.h"
#include "unit.h"

static const struct hci_access none, take = {.take = true}, unblock = {.unblock = true};
static struct hci_failure failure;
static const uint8_t reset[] = {1, 0x03, 0x0c, 0};
static const uint8_t complete[] = {4, 0x0e, 4, 1, 0x03, 0x0c, 0};

static int descriptors;
static long blocks;

/* No descriptor and no memory is left. */
static int check_resources(void **state)
{
	int left = descriptors_open();

	(void)state;
	for (size_t i = 0; i < fake.socket_count; i++)
		left -= fcntl(fake.sockets[i].far, F_GETFD) >= 0;
	assert_int_equal(left, descriptors);
	assert_int_equal(heap_blocks(), blocks);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	fake_usb_reset();
	memset(&failure, 0, sizeof(failure));
	descriptors = descriptors_open();
	blocks = heap_blocks();
	return 0;
}

static struct hci_transport *open_spec(const char *spec, const struct hci_access *access)
{
	return hci_transport_open(spec, access, &failure);
}

/* One turn of the loop. */
static int turn(struct hci_transport *t)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];
	size_t n = t->ops->watch(t, fds);

	assert_int_equal(n, 1);
	assert_true(poll(fds, n, 0) >= 0);
	return t->ops->ready(t, fds, n, &failure);
}

static void close_and_check(struct hci_transport *t)
{
	t->ops->close(t);
	/* Every socket that was opened is closed. */
	for (size_t i = 0; i < fake.socket_count; i++) {
		uint8_t octet;
		ssize_t got = recv(fake.sockets[i].far, &octet, 1, MSG_DONTWAIT);
		assert_true(got == 0 || (got < 0 && errno != EAGAIN));
	}
}

static void refused(const char *spec, const struct hci_access *access, enum hci_failure_kind kind,
		    const char *text)
{
	assert_null(open_spec(spec, access));
	assert_int_equal(failure.kind, kind);
	if (!strstr(failure.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, failure.text);
}

static void packets_go_both_ways(void **state)
{
	uint8_t packet[HCI_PACKET_MAX];

	(void)state;
	fake_kernel_add(3);
	fake_link("/sys/class/bluetooth/hci3/device", "../../../1-4.2:1.0");
	fake_file("/sys/bus/usb/devices/1-4.2/idVendor", "0a12\n");
	fake_file("/sys/bus/usb/devices/1-4.2/idProduct", "0001\n");
	fake_file("/sys/bus/usb/devices/1-4.2/bcdDevice", "8891\n");
	struct hci_transport *t = open_spec("hci3", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	assert_int_equal(t->usb.vendor, 0x0a12);
	assert_int_equal(t->usb.product, 0x0001);
	assert_int_equal(t->usb.release, 0x8891);
	int far = fake_far(HCI_KERNEL_CHANNEL_USER);
	assert_int_equal(t->ops->receive(t, packet, &failure), 0);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	assert_int_equal(read(far, packet, sizeof(packet)), sizeof(reset));
	assert_memory_equal(packet, reset, sizeof(reset));
	assert_int_equal(write(far, complete, sizeof(complete)), sizeof(complete));
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), sizeof(complete));
	assert_memory_equal(packet, complete, sizeof(complete));
	t->ops->release(t);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_int_equal(fake.powered_on, 0);
	close_and_check(t);
}

static void the_controller_is_unplugged(void **state)
{
	uint8_t packet[HCI_PACKET_MAX];

	(void)state;
	fake_kernel_add(0);
	struct hci_transport *t = open_spec("hci:0", &none);
	assert_non_null(t);
	(void)shutdown(fake_far(HCI_KERNEL_CHANNEL_USER), SHUT_RDWR);
	static const int earlier[] = {EAGAIN, EINTR}; /* errors that the end of file does not set */
	for (size_t n = 0; n < COUNT(earlier); n++) {
		errno = earlier[n];
		assert_int_equal(t->ops->receive(t, packet, &failure), -1);
		assert_int_equal(failure.kind, HCI_FAILURE_GONE);
		assert_non_null(strstr(failure.text, "end of file"));
	}
	/* A socket of HCI raises no signal; this one would. */
	(void)signal(SIGPIPE, SIG_IGN);
	failure.kind = HCI_FAILURE_NONE;
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	close_and_check(t);
}

static void controllers_that_cannot_be_opened(void **state)
{
	(void)state;
	refused("hcix", &none, HCI_FAILURE_SPEC, "expected hciN");
	refused("hci0", &none, HCI_FAILURE_NOT_FOUND, "there is none at all");
	refused("hci", &none, HCI_FAILURE_NOT_FOUND, "the kernel has no Bluetooth controller");
	fake_kernel_add(0)->bind_error = EIO;
	refused("hci1", &none, HCI_FAILURE_NOT_FOUND, "there are hci0 (free)");
	refused("hci0", &none, HCI_FAILURE_NOT_FOUND, "see dmesg");
	fake.unprivileged = true;
	refused("hci0", &none, HCI_FAILURE_PERMISSION, "setcap cap_net_admin+ep /");
	fake.absent = true;
	refused("hci0", &none, HCI_FAILURE_NOT_FOUND,
		"controller hci0: this kernel has no Bluetooth (Address family not supported by "
		"protocol): load its module bluetooth");
}

/* Busy at first, then removed. */
static void a_controller_that_is_removed_while_waiting(void **state)
{
	(void)state;
	fake_kernel_add(0)->bind_error = EBUSY;
	fake.controllers[0].index = 0;
	/* The list shows it as free, but each attempt to open it fails. */
	struct hci_transport *t = open_spec("hci0", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	assert_int_equal(t->waiting.kind, HCI_FAILURE_BUSY);
	fake.count = 0;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(t), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
	close_and_check(t);

	fake_kernel_reset();
	fake_kernel_add(0)->free_in = 2;
	t = open_spec("hci0", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	close_and_check(t);
}

static void a_bare_hci_chooses_the_first_free_one(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	fake_kernel_add(1);
	fake_kernel_add(2);
	struct hci_transport *t = open_spec("hci", &none);
	assert_non_null(t);
	t->ops->release(t);
	close_and_check(t);
	/* hci1 is the first that is free. */
	bool found = false;
	for (size_t i = 0; i < fake.socket_count; i++)
		found |= fake.sockets[i].channel == HCI_KERNEL_CHANNEL_USER &&
			 fake.sockets[i].device == 1;
	assert_true(found);
}

static void a_controller_that_is_up_needs_take(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	refused("hci0", &none, HCI_FAILURE_IN_USE, "used by the kernel or bluetoothd; give --take");
	fake_process(612, "bluetoothd", 99);
	refused("hci0", &none, HCI_FAILURE_IN_USE, "used by bluetoothd (process 612)");
	assert_int_equal(fake.powered_off, 0);
}

static void a_controller_is_taken_and_powered_on_again(void **state)
{
	(void)state;
	for (int held = 0; held < 2; held++) {
		fake_kernel_reset();
		fake_kernel_add(0)->powered = true;
		if (held)
			fake_process(612, "bluetoothd", 99);
		struct hci_transport *t = open_spec("hci0", &take);
		assert_non_null(t);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->note, held ? "bluetoothd (process 612)" : "the kernel"));
		/* Events of other controllers are ignored. */
		fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 5, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPEN);
		assert_int_equal(fake.powered_off, 1);
		t->ops->release(t);
		assert_int_equal(t->phase, HCI_PHASE_RELEASING);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		assert_int_equal(fake.powered_on, 1);
		assert_int_equal(fake.powered_off, 1);
		assert_true(fake.controllers[0].powered);
		close_and_check(t);
	}
}

static void the_kernel_refuses_to_power_off(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	fake.power_status = 0x0b;
	struct hci_transport *t = open_spec("hci0", &take);
	assert_non_null(t);
	assert_int_equal(turn(t), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_BUSY);
	assert_non_null(strstr(failure.text, "status 0x0b"));
	close_and_check(t);
}

static void released_before_it_was_open(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	struct hci_transport *t = open_spec("hci0", &take);
	assert_non_null(t);
	t->ops->release(t); /* its answer has not been read yet */
	assert_int_equal(t->phase, HCI_PHASE_RELEASING);
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_true(fake.controllers[0].powered);
	close_and_check(t);
}

static void a_failed_power_on_is_noted(void **state)
{
	static const struct {
		uint8_t status;
		bool noted;
	} cases[] = {
		{0, false}, {HCI_MGMT_BUSY, false}, {HCI_MGMT_INVALID_INDEX, false}, {0x03, true}};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		fake_kernel_reset();
		fake_kernel_add(0)->powered = true;
		struct hci_transport *t = open_spec("hci0", &take);
		assert_non_null(t);
		assert_int_equal(turn(t), 0);
		t->note[0] = '\0';
		fake.power_status = cases[n].status;
		t->ops->release(t);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		assert_int_equal(strstr(t->note, "bluetoothctl power on") != NULL, cases[n].noted);
		close_and_check(t);
	}
}

static void a_held_controller_is_waited_for(void **state)
{
	static const struct {
		bool held;
		const char *holder, *text;
	} cases[] = {{true, NULL, "another program holds it exclusively"},
		     {true, "btproxy", "btproxy (process 612) holds it exclusively"},
		     {false, NULL, "the kernel could not set it up"}};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		fake_kernel_reset();
		struct fake_controller *c = fake_kernel_add(0);
		c->held = cases[n].held;
		c->setting_up = !cases[n].held;
		if (cases[n].holder)
			fake_process(612, cases[n].holder, 99);
		struct hci_transport *t = open_spec("hci0", &none);
		assert_non_null(t);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->waiting.text, cases[n].text));
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		c->held = c->setting_up = false;
		fake_mgmt_event(HCI_MGMT_NEW_SETTINGS, 0, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPEN);
		close_and_check(t);
	}
}

static void an_rfkill_block_is_lifted_and_set_again(void **state)
{
	(void)state;
	fake_kernel_add(0);
	fake_rfkill(0, 7, true, false);
	fake_file("/dev/rfkill", "");
	refused("hci0", &none, HCI_FAILURE_BLOCKED, "give --unblock");
	struct hci_transport *t = open_spec("hci0", &unblock);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	assert_string_equal(t->note, "rfkill blocked hci0: lifted for this run");
	assert_false(fake.controllers[0].blocked);
	t->ops->release(t);
	assert_true(fake.controllers[0].blocked);
	close_and_check(t);

	t = open_spec("hci0", &unblock);
	assert_non_null(t);
	fake.rfkill_read_only = true;
	t->ops->release(t);
	assert_non_null(strstr(
		t->note, "rfkill's block of hci0 could not be set again: Input/output error"));
	close_and_check(t);
	fake_rfkill(0, 7, true, false);
	refused("hci0", &unblock, HCI_FAILURE_PERMISSION, "/dev/rfkill cannot be written");
	fake_rfkill(0, 7, false, true);
	refused("hci0", &unblock, HCI_FAILURE_BLOCKED, "a switch of the machine blocks it");
	/* Blocked again at once by another program: the block is not lifted twice. */
	fake.rfkill_read_only = false;
	fake_rfkill(0, 7, true, false);
	fake.controllers[0].bind_error = ERFKILL;
	refused("hci0", &unblock, HCI_FAILURE_BLOCKED, "rfkill blocks it");
}

/* Three attempts: a controller that the list shows as free but that stays busy is waited for. */
static void a_busy_controller_is_tried_three_times(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 5; n++) {
		(void)fresh(state);
		fake_kernel_add(0)->free_in = n;
		struct hci_transport *t = open_spec("hci0", &none);
		assert_non_null(t);
		assert_int_equal(t->phase, n < 3 ? HCI_PHASE_OPEN : HCI_PHASE_OPENING);
		if (n >= 3) {
			assert_string_equal(
				t->waiting.text,
				"controller hci0: another program holds it exclusively, and it did "
				"not become free: end that program");
			assert_int_equal(fake.controllers[0].free_in, n - 3);
		}
		close_and_check(t);
	}
}

/* Only the answer to Set Powered ends a step, and only that of this controller. */
static void other_events_do_not_end_a_step(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	fake.power_mute = true;
	struct hci_transport *t = open_spec("hci0", &take);
	assert_non_null(t);
	static const uint16_t events[] = {HCI_MGMT_INDEX_ADDED, HCI_MGMT_NEW_SETTINGS};
	for (size_t n = 0; n < COUNT(events); n++) {
		fake_mgmt_event(events[n], 0, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
	}
	fake_mgmt_event(HCI_MGMT_COMMAND_COMPLETE, 1, "\5\0\0", 3); /* of hci1 */
	fake_mgmt_event(HCI_MGMT_COMMAND_COMPLETE, 0, "\4\0\0", 3); /* Read Information */
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	fake_mgmt_event(HCI_MGMT_COMMAND_COMPLETE, 0, "\5\0\0", 3);
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->release(t);
	assert_int_equal(t->phase, HCI_PHASE_RELEASING);
	for (size_t n = 0; n < COUNT(events); n++) {
		fake_mgmt_event(events[n], 0, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASING);
	}
	fake_mgmt_event(HCI_MGMT_COMMAND_STATUS, 0, "\5\0\3", 3);
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_string_equal(t->note, "hci0 could not be powered on again (management status 0x03): "
				     "bluetoothctl power on");
	assert_int_equal(fake.powered_off, 1);
	assert_int_equal(fake.powered_on, 1);
	close_and_check(t);
}

static void an_open_channel_reads_no_management(void **state)
{
	struct pollfd fd;

	(void)state;
	fake_kernel_add(0);
	struct hci_transport *t = open_spec("hci0", &none);
	assert_non_null(t);
	assert_int_equal(t->ops->watch(t, &fd), 1);
	assert_int_equal(fd.events, POLLIN);
	assert_int_equal(fake_far(HCI_KERNEL_CHANNEL_USER) >= 0, 1);
	fake.count = 0;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	close_and_check(t);
}

static void specs_of_the_kernel(void **state)
{
	static const char *const bad[] = {"hci:",  "hci::0",   "hci0x",	   "hci 0",
					  "hci+0", "hci65535", "hci65536", "hci4294967296"};
	static const char *const good[] = {"hci7", "hci:7", "hci07"};

	(void)state;
	fake_kernel_add(0);
	fake_kernel_add(7);
	for (size_t n = 0; n < COUNT(bad); n++)
		refused(bad[n], &none, HCI_FAILURE_SPEC, "expected hciN, like hci0");
	refused("hci65534", &none, HCI_FAILURE_NOT_FOUND, "hci65534: there is no such controller");
	for (size_t n = 0; n < COUNT(good); n++) {
		struct hci_transport *t = open_spec(good[n], &none);
		bool found = false;
		assert_non_null(t);
		for (size_t i = 0; i < fake.socket_count; i++)
			found |= fake.sockets[i].channel == HCI_KERNEL_CHANNEL_USER &&
				 fake.sockets[i].device == 7;
		assert_true(found);
		close_and_check(t);
		(void)fresh(state);
		fake_kernel_add(7);
	}
}

/* The state decides, not the number. */
static void a_bare_hci_prefers_the_better_state(void **state)
{
	(void)state;
	fake_kernel_add(0)->broken = true;
	fake_kernel_add(1)->held = true;
	fake_kernel_add(2)->powered = true;
	fake_kernel_add(3)->powered = true;
	refused("hci", &none, HCI_FAILURE_IN_USE, "controller hci2: it is up");
}

static void out_of_memory(void **state)
{
	(void)state;
	fake_kernel_add(0);
	heap_fail_at(1);
	refused("hci0", &none, HCI_FAILURE_NOT_FOUND, "out of memory");
	heap_fail_at(0);
}

/* A program without standard input gets descriptor 0, which is one like another. */
static void descriptor_0_is_used_and_closed(void **state)
{
	(void)state;
	/* For the socket of management. */
	fake_kernel_add(0);
	int saved = descriptor_0_free();
	struct hci_transport *t = open_spec("hci0", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	assert_true(fcntl(0, F_GETFD) >= 0);
	close_and_check(t);
	assert_true(fcntl(0, F_GETFD) < 0);
	descriptor_0_restore(saved);
	/* For the channel, and for /dev/rfkill. */
	for (int blocked = 0; blocked < 2; blocked++) {
		(void)fresh(state);
		fake_kernel_add(0)->held = true;
		fake_file("/dev/rfkill", "");
		t = open_spec("hci0", &unblock);
		assert_non_null(t);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		fake.controllers[0].held = false;
		if (blocked)
			fake_rfkill(0, 7, true, false);
		saved = descriptor_0_free();
		fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPEN);
		assert_true(fcntl(0, F_GETFD) >= 0);
		t->ops->release(t);
		assert_int_equal(fake.controllers[0].blocked, blocked);
		if (!blocked)
			assert_true(fcntl(0, F_GETFD) < 0);
		close_and_check(t);
		assert_true(fcntl(0, F_GETFD) < 0);
		descriptor_0_restore(saved);
	}
}

static void interrupted_calls_are_repeated(void **state)
{
	uint8_t packet[HCI_PACKET_MAX];

	(void)state;
	fake_kernel_add(0);
	struct hci_transport *t = open_spec("hci0", &none);
	assert_non_null(t);
	int far = fake_far(HCI_KERNEL_CHANNEL_USER);
	fake.interrupts = 3;
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	assert_int_equal(fake.interrupts, 0);
	assert_int_equal(recv(far, packet, sizeof(packet), MSG_DONTWAIT), sizeof(reset));
	assert_int_equal(send(far, complete, sizeof(complete), 0), sizeof(complete));
	fake.interrupts = 3;
	assert_int_equal(t->ops->receive(t, packet, &failure), sizeof(complete));
	assert_int_equal(fake.interrupts, 0);
	assert_memory_equal(packet, complete, sizeof(complete));
	close_and_check(t);
}

static void errors_of_a_channel_are_reported(void **state)
{
	uint8_t packet[HCI_PACKET_MAX];

	(void)state;
	fake_kernel_add(0);
	struct hci_transport *t = open_spec("hci0", &none);
	assert_non_null(t);
	fake.channel_error = ENODEV;
	assert_int_equal(t->ops->receive(t, packet, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	assert_string_equal(failure.text,
			    "controller hci0: it is gone (No such device): unplugged, "
			    "or its driver failed");
	fake.channel_error = EIO;
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), -1);
	assert_string_equal(failure.text, "controller hci0: it is gone (Input/output error): "
					  "unplugged, or its driver failed");
	fake.channel_error = 0;
	fake.cut = true;
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), -1);
	assert_string_equal(failure.text, "controller hci0: it is gone (a packet was cut): "
					  "unplugged, or its driver failed");
	assert_int_equal(t->ops->send(t, reset, 1, &failure), -1);
	assert_non_null(strstr(failure.text, "a packet was cut"));
	fake.cut = false;
	assert_int_equal(recv(fake_far(HCI_KERNEL_CHANNEL_USER), packet, sizeof(packet), 0),
			 sizeof(reset) - 1);
	close_and_check(t);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, check_resources)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(packets_go_both_ways),
		FRESH(the_controller_is_unplugged),
		FRESH(controllers_that_cannot_be_opened),
		FRESH(a_controller_that_is_removed_while_waiting),
		FRESH(a_bare_hci_chooses_the_first_free_one),
		FRESH(a_controller_that_is_up_needs_take),
		FRESH(a_controller_is_taken_and_powered_on_again),
		FRESH(the_kernel_refuses_to_power_off),
		FRESH(released_before_it_was_open),
		FRESH(a_failed_power_on_is_noted),
		FRESH(a_held_controller_is_waited_for),
		FRESH(an_rfkill_block_is_lifted_and_set_again),
		FRESH(a_busy_controller_is_tried_three_times),
		FRESH(other_events_do_not_end_a_step),
		FRESH(an_open_channel_reads_no_management),
		FRESH(specs_of_the_kernel),
		FRESH(a_bare_hci_prefers_the_better_state),
		FRESH(out_of_memory),
		FRESH(descriptor_0_is_used_and_closed),
		FRESH(interrupted_calls_are_repeated),
		FRESH(errors_of_a_channel_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
