/* SPDX-License-Identifier: MIT */
/* usb:..., with a fake libusb and a fake kernel: opening, pipes, errors, release. */
#include "hci/usb.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "descriptors.h"
#include "hci/fake_kernel.h"
#include "hci/fake_libusb.h"
#include "hci/mgmt.h"
#include "heap.h"
#include "unit.h"

enum { COMMANDS = 0, EVENTS = 0x81, DATA_IN = 0x82, DATA_OUT = 0x02 };

static const struct hci_access none, take = {.take = true};
static struct hci_failure failure;
static struct hci_transport *t;
static uint8_t packet[HCI_PACKET_MAX];
static const uint8_t reset[] = {1, 0x03, 0x0c, 0};
static const uint8_t complete[] = {0x0e, 4, 1, 0x03, 0x0c, 0};

static int descriptors;
static long blocks;

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	fake_usb_reset();
	memset(&failure, 0, sizeof(failure));
	fake_usb_plug(1, 4, 0x0a12, 0x0001);
	fake_file("/sys/bus/usb/devices/1-4/serial", "ABC\n");
	t = NULL;
	descriptors = descriptors_open();
	blocks = heap_blocks();
	return 0;
}

/* Closes the transport; no object of libusb, descriptor or memory is left. */
static int shut(void **state)
{
	(void)state;
	if (t)
		t->ops->close(t);
	t = NULL;
	for (size_t i = 0; i < fake_usb.count; i++)
		fake_usb.devices[i].config = NULL;
	for (size_t i = 0; i < fake.socket_count; i++)
		descriptors += fcntl(fake.sockets[i].far, F_GETFD) >= 0;
	assert_int_equal(descriptors_open(), descriptors);
	assert_int_equal(heap_blocks(), blocks);
	fake_usb_reset();
	return 0;
}

static void open_first(const struct hci_access *access)
{
	t = hci_transport_open("usb:1-4", access, &failure);
	assert_non_null(t);
}

static int turn(void)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];
	size_t n = t->ops->watch(t, fds);

	assert_int_equal(n, fake_far(3) >= 0 && t->phase != HCI_PHASE_OPEN ? 2 : 1);
	assert_int_equal(fds[0].fd, fake_usb.fd);
	return t->ops->ready(t, fds, n, &failure);
}

static int receive(void)
{
	return t->ops->receive(t, packet, &failure);
}

static void refused(const char *spec, const struct hci_access *access, enum hci_failure_kind kind,
		    const char *text)
{
	assert_null(hci_transport_open(spec, access, &failure));
	assert_int_equal(failure.kind, kind);
	if (!strstr(failure.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, failure.text);
}

static void expect_failure(enum hci_failure_kind kind, const char *text)
{
	if (turn() == 0)
		assert_int_equal(receive(), -1);
	assert_int_equal(failure.kind, kind);
	if (!strstr(failure.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, failure.text);
}

/* ---- Which one ------------------------------------------------------------------------------- */

static void each_form_of_the_spec_finds_it(void **state)
{
	const char *const specs[] = {"usb:1-4", "usb:0a12:0001", "usb:SERIAL=ABC", "usb:0"};

	(void)state;
	for (size_t n = 0; n < COUNT(specs); n++) {
		t = hci_transport_open(specs[n], &none, &failure);
		assert_non_null(t);
		assert_int_equal(t->phase, HCI_PHASE_OPEN);
		t->ops->release(t);
		t->ops->close(t);
	}
	t = NULL;
	refused("usb:1-5", &none, HCI_FAILURE_NOT_FOUND,
		"controller usb:1-5: no such Bluetooth controller is plugged in; there are usb:1-4 "
		"(0a12:0001)");
	refused("usb:1", &none, HCI_FAILURE_NOT_FOUND, "no such Bluetooth controller");
	refused("usb:0a12:0002", &none, HCI_FAILURE_NOT_FOUND, "no such Bluetooth controller");
	fake_usb_plug(1, 5, 0x0a12, 0x0001);
	refused("usb:0a12:0001", &none, HCI_FAILURE_SPEC,
		"controller usb:0a12:0001: 2 match; name one by usb:BUS-PORT or usb:SERIAL=TEXT; "
		"there are usb:1-4 (0a12:0001), usb:1-5 (0a12:0001)");
	fake_usb.init_error = LIBUSB_ERROR_OTHER;
	refused("usb:1-4", &none, HCI_FAILURE_NOT_FOUND, "libusb does not start");
}

static void errors_while_opening(void **state)
{
	(void)state;
	fake_usb.open_error = LIBUSB_ERROR_ACCESS;
	refused("usb:0", &none, HCI_FAILURE_PERMISSION, "udev rule");
	fake_usb.open_error = LIBUSB_ERROR_NO_DEVICE;
	refused("usb:0", &none, HCI_FAILURE_GONE, "it was unplugged");
	fake_usb.open_error = 0;
	fake_usb.detach_error = LIBUSB_ERROR_OTHER;
	refused("usb:0", &none, HCI_FAILURE_NOT_FOUND,
		"controller usb:1-4: its kernel driver cannot be detached: Input/Output Error");
	fake_usb.detach_error = LIBUSB_ERROR_NOT_FOUND;
	fake_usb.claim_error = LIBUSB_ERROR_BUSY;
	refused("usb:0", &none, HCI_FAILURE_BUSY, "another program holds it through libusb");
	fake_usb.claim_error = LIBUSB_ERROR_IO;
	refused("usb:0", &none, HCI_FAILURE_NOT_FOUND,
		"controller usb:1-4: its interface cannot be claimed: Input/Output Error");
	fake_usb.claim_error = 0;
	/* Each allocation of a transfer fails in turn. */
	for (int n = 0; n < 14; n++) {
		fake_usb.allocations = n;
		refused("usb:0", &none, HCI_FAILURE_NOT_FOUND, "Insufficient memory");
	}
	fake_usb.allocations = -1;
	fake_usb.submit_error = LIBUSB_ERROR_NO_DEVICE;
	refused("usb:0", &none, HCI_FAILURE_GONE, "unplugged, or it reset itself");
	fake_usb.submit_error = 0;
	/* It works without Bluetooth in the kernel. */
	fake.absent = true;
	open_first(&none);
	assert_int_equal(t->usb.vendor, 0x0a12);
	assert_int_equal(turn(), 0);
}

/* ---- Packets --------------------------------------------------------------------------------- */

static void commands_and_events(void **state)
{
	(void)state;
	open_first(&none);
	assert_int_equal(fake_usb_in_flight(EVENTS), 4);
	assert_int_equal(fake_usb_in_flight(DATA_IN), 8);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	/* One at a time: a set-up packet of the class for the device, then the command. */
	assert_int_equal(fake_usb_in_flight(COMMANDS), 1);
	assert_int_equal(fake_usb_out(COMMANDS)->length, 8 + 3);
	assert_memory_equal(fake_usb_out(COMMANDS)->buffer, "\x20\0\0\0\0\0\3\0\x03\x0c\0", 11);
	assert_true(fake_usb_complete(COMMANDS, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 0);
	assert_int_equal(fake_usb_in_flight(COMMANDS), 1);

	/* An event in two packets of its pipe, then two more in the same turn. */
	uint8_t version[2 + 15] = {0x0e, 15, 1, 0x01, 0x10};
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, version, 16));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, version + 16, 1));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 6));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 18);
	assert_int_equal(packet[0], HCI_EVENT);
	assert_memory_equal(packet + 1, version, sizeof(version));
	assert_int_equal(receive(), 7);
	assert_memory_equal(packet + 1, complete, 6);
	assert_int_equal(receive(), 0);
	assert_int_equal(fake_usb_in_flight(EVENTS), 4);
}

/* btusb.c: of Barrot 33fa:0010, in the transfer of an event; without the octet the next one fits.
 */
static void an_octet_behind_an_event_is_dropped(void **state)
{
	uint8_t more[sizeof(complete) + 1];

	(void)state;
	open_first(&none);
	memcpy(more, complete, sizeof(complete));
	more[sizeof(complete)] = 0x5a;
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, more, sizeof(more)));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 6));
	assert_int_equal(turn(), 0);
	for (int n = 0; n < 2; n++) {
		assert_int_equal(receive(), 7);
		assert_memory_equal(packet + 1, complete, sizeof(complete));
	}
	assert_int_equal(receive(), 0);
}

static void data_both_ways(void **state)
{
	static const uint8_t data[] = {2, 0x2a, 0x20, 3, 0, 'a', 'b', 'c'};

	(void)state;
	open_first(&none);
	assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
	assert_int_equal(fake_usb_out(DATA_OUT)->length, 7);
	assert_memory_equal(fake_usb_out(DATA_OUT)->buffer, data + 1, 7);
	assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
	assert_true(fake_usb_complete(DATA_IN, LIBUSB_TRANSFER_COMPLETED, data + 1, 7));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), sizeof(data));
	assert_memory_equal(packet, data, sizeof(data));
	/* The queue has an end. */
	int status = 0, sent = 0;
	for (; !status && sent < 100; sent++)
		status = t->ops->send(t, data, sizeof(data), &failure);
	assert_int_equal(sent, 65);
	assert_non_null(strstr(failure.text, "takes no more data"));
}

/* Some controllers stall a command that they do not know: it reads as Command Status 0x01. */
static void a_command_that_stalls(void **state)
{
	(void)state;
	open_first(&none);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	assert_true(fake_usb_complete(COMMANDS, LIBUSB_TRANSFER_STALL, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 7);
	assert_memory_equal(packet, "\x04\x0f\x04\x01\x01\x03\x0c", 7);
}

/* ---- Errors --------------------------------------------------------------------------------- */

static void a_pipe_that_stalls(void **state)
{
	(void)state;
	open_first(&none);
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 3));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_STALL, NULL, 0));
	assert_int_equal(turn(), 0);
	/* The other transfers of the pipe return first, then the halt is cleared. */
	assert_int_equal(receive(), 0);
	assert_int_equal(fake_usb.halts_cleared, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 0);
	assert_int_equal(fake_usb.halts_cleared, 1);
	assert_int_equal(fake_usb_in_flight(EVENTS), 4);
	/* The half of an event before the stall is dropped. */
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 6));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 7);
	/* The fourth stall in a row is an error. */
	for (int n = 0; n < 3; n++) {
		assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_STALL, NULL, 0));
		for (int k = 0; k < 2; k++) {
			assert_int_equal(turn(), 0);
			assert_int_equal(receive(), 0);
		}
	}
	assert_int_equal(fake_usb.halts_cleared, 4);
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_STALL, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 0);
	expect_failure(HCI_FAILURE_PROTOCOL, "stalls again and again");
}

static void a_halt_that_cannot_be_cleared(void **state)
{
	(void)state;
	open_first(&none);
	fake_usb.clear_error = LIBUSB_ERROR_NO_DEVICE;
	assert_true(fake_usb_complete(DATA_IN, LIBUSB_TRANSFER_STALL, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 0);
	expect_failure(HCI_FAILURE_GONE, "it is gone");
}

static void data_out_that_stalls(void **state)
{
	static const uint8_t data[] = {2, 0x2a, 0x20, 1, 0, 'a'};

	(void)state;
	open_first(&none);
	assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
	for (unsigned n = 0; n < 3; n++) {
		assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_STALL, NULL, 0));
		assert_int_equal(turn(), 0);
		assert_int_equal(receive(), 0);
		assert_int_equal(fake_usb.halts_cleared, n + 1);
		/* Sent once more. */
		assert_int_equal(fake_usb_in_flight(DATA_OUT), 1);
	}
	assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_STALL, NULL, 0));
	expect_failure(HCI_FAILURE_PROTOCOL, "refuses data again and again");
}

static void a_halt_of_data_out_that_cannot_be_cleared(void **state)
{
	static const uint8_t data[] = {2, 0x2a, 0x20, 1, 0, 'a'};

	(void)state;
	open_first(&none);
	fake_usb.clear_error = LIBUSB_ERROR_IO;
	assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
	assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_STALL, NULL, 0));
	expect_failure(HCI_FAILURE_GONE, "it is gone");
}

static void an_overflow_drops_the_packet(void **state)
{
	(void)state;
	open_first(&none);
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 3));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_OVERFLOW, NULL, 0));
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 6));
	assert_int_equal(turn(), 0);
	assert_non_null(strstr(t->note, "a packet was dropped"));
	assert_int_equal(receive(), 7);
}

static void the_controller_is_unplugged(void **state)
{
	static const enum libusb_transfer_status ways[] = {
		LIBUSB_TRANSFER_NO_DEVICE, LIBUSB_TRANSFER_ERROR, LIBUSB_TRANSFER_TIMED_OUT};

	(void)state;
	open_first(&none);
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_NO_DEVICE, NULL, 0));
	expect_failure(HCI_FAILURE_GONE, "it is gone");
	/* The driver of an unplugged device is not attached again: no note. */
	fake_usb.attach_error = LIBUSB_ERROR_NO_DEVICE;
	t->ops->release(t);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_string_equal(t->note, "");
	t->ops->close(t);
	for (size_t n = 0; n < COUNT(ways); n++) {
		open_first(&none);
		assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
		assert_true(fake_usb_complete(COMMANDS, ways[n], NULL, 0));
		expect_failure(HCI_FAILURE_GONE, "it is gone");
		t->ops->close(t);
	}
	open_first(&none);
	fake_usb.submit_error = LIBUSB_ERROR_NO_DEVICE;
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
}

/* Errors on the wire are tried again, a few times. */
static void a_pipe_with_errors_is_tried_again(void **state)
{
	(void)state;
	open_first(&none);
	for (int n = 0; n < 3; n++) {
		assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_ERROR, NULL, 0));
		assert_int_equal(turn(), 0);
		assert_int_equal(receive(), 0);
	}
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_ERROR, NULL, 0));
	expect_failure(HCI_FAILURE_GONE, "it is gone");
}

static void packets_are_bounded_by_the_buffer(void **state)
{
	static uint8_t data[64] = {0x2a, 0x20, 60, 0};

	(void)state;
	open_first(&none);
	int turns = 0;
	while (turns++ < 100) {
		for (int n = 0; n < 8; n++)
			(void)fake_usb_complete(DATA_IN, LIBUSB_TRANSFER_COMPLETED, data, 64);
		if (turn())
			break;
		/* One packet is received, eight arrive. */
		if (receive() == 0)
			break;
	}
	/* The number of transfers bounds the packets of a turn. */
	assert_int_equal(failure.kind, HCI_FAILURE_NONE);
	/* A length beyond every packet: the place in the stream is lost. */
	while (receive() > 0)
		;
	assert_true(fake_usb_complete(DATA_IN, LIBUSB_TRANSFER_COMPLETED, "\x2a\x20\xff\xff", 4));
	expect_failure(HCI_FAILURE_PROTOCOL, "octets were lost");
}

/* ---- With a driver of the kernel ----------------------------------------------------------------
 */

static void plug_as_hci2(struct fake_controller **c)
{
	*c = fake_kernel_add(2);
	fake_link("/sys/bus/usb/devices/1-4:1.0/driver", "../../drivers/btusb");
	fake_file("/sys/bus/usb/devices/1-4:1.0/bluetooth/hci2/address", "");
}

static void a_free_controller_is_opened_at_once(void **state)
{
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->release(t);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_true(fake_usb.attached);
	assert_int_equal(fake.powered_on, 0);
}

static void a_controller_that_is_up_needs_take_and_is_powered_on_again(void **state)
{
	static const uint8_t statuses[] = {0, HCI_MGMT_BUSY, 0x03};
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	c->powered = true;
	refused("usb:0", &none, HCI_FAILURE_IN_USE,
		"it is hci2 and up, used by the kernel or bluetoothd");
	fake_process(612, "bluetoothd", 99);
	refused("usb:0", &none, HCI_FAILURE_IN_USE, "used by bluetoothd (process 612)");
	for (size_t n = 0; n < COUNT(statuses); n++) {
		c->powered = true;
		fake_link("/sys/class/bluetooth/hci2/device", "../../1-4:1.0");
		open_first(&take);
		assert_non_null(
			strstr(t->note, "is taken from hci2, and will be powered on again"));
		t->note[0] = '\0';
		fake.count = 0; /* without its driver the kernel does not list it */
		t->ops->release(t);
		assert_int_equal(t->phase, HCI_PHASE_RELEASING);
		assert_int_equal(turn(), 0);
		assert_true(fake_usb.attached);
		fake.count = 1; /* with its driver the kernel lists it again, powered off */
		c->powered = false;
		fake.power_status = statuses[n];
		fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 2, NULL, 0);
		assert_int_equal(turn(), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		assert_int_equal(fake.powered_on, n + 1);
		assert_int_equal(strstr(t->note, "could not be powered on again") != NULL, n == 2);
		/* A later event is about another controller: this one stays released. */
		fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 3, NULL, 0);
		assert_int_equal(turn(), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		t->ops->close(t);
	}
	t = NULL;
}

static void a_held_controller_is_waited_for(void **state)
{
	static const char *const text[] = {"another program holds it",
					   "btproxy (process 612) holds it",
					   "the kernel (setting it up) holds it"};
	struct fake_controller *c;

	(void)state;
	for (size_t n = 0; n < COUNT(text); n++) {
		fake_kernel_reset();
		plug_as_hci2(&c);
		c->held = n < 2;
		c->setting_up = n == 2;
		if (n == 1)
			fake_process(612, "btproxy", 99);
		open_first(&none);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->waiting.text, text[n]));
		assert_int_equal(turn(), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		c->held = c->setting_up = false;
		if (n == 0) /* another program powered it on */
			c->powered = true;
		fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 2, NULL, 0);
		assert_int_equal(turn(), n == 0 ? -1 : 0);
		assert_int_equal(t->phase, n == 0 ? HCI_PHASE_OPENING : HCI_PHASE_OPEN);
		t->ops->close(t);
	}
	t = NULL;
}

static void a_driver_that_cannot_be_attached_again_is_noted(void **state)
{
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	open_first(&none);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	static const uint8_t data[] = {2, 0x2a, 0x20, 1, 0, 'a'};
	assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
	fake_usb.attach_error = LIBUSB_ERROR_OTHER;
	t->ops->release(t);
	assert_int_equal(t->phase, HCI_PHASE_RELEASING); /* two are still in flight */
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_non_null(strstr(t->note, "could not be given back to btusb"));
	assert_non_null(strstr(t->note, "plug it in again"));
}

/* ---- Secrets -----------------------------------------------------------------------------------
 */

static const uint8_t key[16] = {0x9d, 0x3c, 0x71, 0xe8, 0x52, 0xb6, 0x0f, 0xca,
				0x84, 0x2e, 0xd5, 0x69, 0xa1, 0x17, 0xf3, 0x48};

static bool transport_holds_key(void)
{
	return memmem(t, malloc_usable_size(t), key, sizeof(key)) != NULL;
}

static void keys_leave_the_transport_with_their_packets(void **state)
{
	uint8_t command[4 + 16] = {HCI_COMMAND, 0x1a, 0x20, 16}, data[5 + 16] = {2, 0x2a, 0x20, 16};
	const struct libusb_transfer *in;

	(void)state;
	memcpy(command + 4, key, sizeof(key));
	memcpy(data + 5, key, sizeof(key));
	open_first(&none);
	assert_int_equal(t->ops->send(t, command, sizeof(command), &failure), 0);
	assert_true(transport_holds_key());
	assert_true(fake_usb_complete(COMMANDS, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_false(transport_holds_key());
	assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
	assert_true(transport_holds_key());
	assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_false(transport_holds_key());
	/* Received: not in the buffer of the transfer, nor anywhere once it is taken. */
	in = fake_usb_out(DATA_IN);
	assert_true(fake_usb_complete(DATA_IN, LIBUSB_TRANSFER_COMPLETED, data + 1, 20));
	assert_int_equal(turn(), 0);
	assert_null(memmem(in->buffer, (size_t)in->length, key, sizeof(key)));
	assert_true(transport_holds_key());
	assert_int_equal(receive(), sizeof(data));
	assert_int_equal(receive(), 0);
	assert_false(transport_holds_key());
}

static void a_closed_transport_leaves_no_key_on_the_heap(void **state)
{
	uint8_t data[5 + 16] = {2, 0x2a, 0x20, 16};

	(void)state;
	memcpy(data + 5, key, sizeof(key));
	open_first(&none);
	assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
	assert_true(transport_holds_key());
	heap_forbid(key, sizeof(key));
	t->ops->close(t);
	heap_forbid(NULL, 0);
	t = NULL;
}

/* ---- Descriptors of libusb ---------------------------------------------------------------------
 */

static void changed_descriptors_are_watched(void **state)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];

	(void)state;
	open_first(&none);
	assert_int_equal(t->ops->watch(t, fds), 1);
	assert_int_equal(fds[0].fd, fake_usb.fd);
	assert_int_equal(fds[0].events, POLLOUT);
	/* Read again only after a change. */
	fake_usb.fds = 2;
	assert_int_equal(t->ops->watch(t, fds), 1);
	fake_usb.removed(fake_usb.fd, fake_usb.notified);
	assert_int_equal(t->ops->watch(t, fds), 2);
	assert_int_equal(t->ops->watch(t, fds), 2);
	/* One place is kept for the kernel. */
	fake_usb.fds = HCI_TRANSPORT_FDS + 3;
	fake_usb.added(fake_usb.fd, POLLOUT, fake_usb.notified);
	assert_int_equal(t->ops->watch(t, fds), HCI_TRANSPORT_FDS - 1);
	assert_int_equal(t->ops->ready(t, fds, 1, &failure), 0);
	assert_int_equal(fake_usb.waited_us, 0); /* the loop of the program waits */
	t->ops->release(t);
	assert_int_equal(t->ops->watch(t, fds), HCI_TRANSPORT_FDS);
	assert_int_equal(fds[HCI_TRANSPORT_FDS - 1].fd, fake.sockets[0].near);
	assert_int_equal(fds[HCI_TRANSPORT_FDS - 1].events, POLLIN);
	fake_usb.fds = 0;
}

static void no_memory(void **state)
{
	(void)state;
	heap_fail_at(1);
	refused("usb:1-4", &none, HCI_FAILURE_NOT_FOUND, "libusb does not start");
	heap_fail_at(0);
}

static void specs_that_match_no_controller(void **state)
{
	static const char *const specs[] = {"usb:",	      "usb:1-4x",      "usb:0x",
					    "usb:0a12:0001x", "usb:0a12:",     "usb:0000:0001",
					    "usb:0a13:0001",  "usb:SERIAL=AB", "usb:SERIAL=ABCD",
					    "usb:SERIAL=",    "usb:ABC",       "usb:SERIAL",
					    "usb:SERIALxABC"};

	(void)state;
	for (size_t n = 0; n < COUNT(specs); n++)
		refused(specs[n], &none, HCI_FAILURE_NOT_FOUND, "no such Bluetooth controller");
	fake_usb.count = 0;
	refused("usb:0", &none, HCI_FAILURE_NOT_FOUND, "there is none at all");
	fake_usb.count = 1;
	fake_usb.devices[0].descriptor.idProduct = 0; /* an identifier of 0 is one like another */
	t = hci_transport_open("usb:0a12:0000", &none, &failure);
	assert_non_null(t);
}

/* ---- The buffer of received packets ------------------------------------------------------------
 */

static const struct libusb_endpoint_descriptor wide_endpoints[] = {
	{.bEndpointAddress = 0x81, .bmAttributes = 3, .wMaxPacketSize = 1024},
	{.bEndpointAddress = 0x82, .bmAttributes = 2, .wMaxPacketSize = 1024},
	{.bEndpointAddress = 0x02, .bmAttributes = 2, .wMaxPacketSize = 64},
};
static const struct libusb_interface_descriptor wide_setting = {.bNumEndpoints = 3,
								.bInterfaceClass = 0xe0,
								.bInterfaceSubClass = 1,
								.bInterfaceProtocol = 1,
								.endpoint = wide_endpoints};
static const struct libusb_interface wide_interface = {&wide_setting, 1};
static const struct libusb_config_descriptor wide = {
	.bNumInterfaces = 1, .bConfigurationValue = 1, .interface = &wide_interface};

/*
 * 256 events of 3 octets take 8 octets each of 16384, 8 * 256 empty ACL packets take 7 each. With
 * one more event the last packet has no room.
 */
static void received_packets_are_bounded(void **state)
{
	uint8_t acl[1024], events[1280];

	(void)state;
	for (size_t i = 0; i < sizeof(acl); i += 4)
		memcpy(acl + i, "\x2a\x20\0\0", 4);
	for (size_t i = 0; i < sizeof(events); i += 5)
		memcpy(events + i, "\x10\3\1\2\3", 5);
	for (int more = 0; more < 2; more++) {
		fake_usb.devices[0].config = &wide;
		open_first(&none);
		for (int n = 0; n < 8; n++)
			assert_true(fake_usb_complete(DATA_IN, LIBUSB_TRANSFER_COMPLETED, acl,
						      sizeof(acl)));
		assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, events, 1024));
		assert_true(
			fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, events + 1024, 256));
		if (more)
			assert_true(
				fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, "\x10\0", 2));
		assert_int_equal(turn(), more ? -1 : 0);
		if (more) {
			assert_int_equal(failure.kind, HCI_FAILURE_PROTOCOL);
			assert_string_equal(
				failure.text,
				"controller usb:1-4: it sends more than the host can take");
		}
		for (int n = 0; n < 256; n++) {
			assert_int_equal(receive(), 6);
			assert_memory_equal(packet, "\4\x10\3\1\2\3", 6);
		}
		if (more)
			assert_int_equal(receive(), 3);
		for (int n = 0; n < 8 * 256 - more; n++) {
			assert_int_equal(receive(), 5);
			assert_memory_equal(packet, "\2\x2a\x20\0\0", 5);
		}
		if (!more)
			assert_int_equal(receive(), 0);
		t->ops->close(t);
		t = NULL;
	}
}

/* A note only if the user can do something: the device is there, and so is a driver for it. */
static void a_driver_that_is_not_attached_again_is_noted_if_it_matters(void **state)
{
	static const struct {
		bool unplugged;
		int error;
		bool noted;
	} cases[] = {
		{false, 0, false},
		{false, LIBUSB_ERROR_NO_DEVICE, false},
		{false, LIBUSB_ERROR_NOT_FOUND, false},
		{false, LIBUSB_ERROR_OTHER, true},
		{true, LIBUSB_ERROR_OTHER, false},
	};
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	for (size_t n = 0; n < COUNT(cases); n++) {
		open_first(&none);
		if (cases[n].unplugged) {
			assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_NO_DEVICE, NULL, 0));
			expect_failure(HCI_FAILURE_GONE, "it is gone");
		}
		fake_usb.attach_error = cases[n].error;
		t->ops->release(t);
		assert_int_equal(turn(), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		assert_string_equal(t->note, cases[n].noted ? "usb:1-4 could not be given back to "
							      "btusb (Input/Output Error): plug it "
							      "in again"
							    : "");
		t->ops->close(t);
		failure.kind = HCI_FAILURE_NONE;
	}
	t = NULL;
	fake_usb.attach_error = 0;
}

/* The kernel lists the device again as any number; it is known by its place in sysfs. */
static void the_same_device_is_powered_on_under_its_new_number(void **state)
{
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	c->powered = true;
	open_first(&take);
	assert_string_equal(t->note,
			    "usb:1-4 is taken from hci2, and will be powered on again afterwards");
	fake.count = 0;
	t->ops->release(t);
	assert_int_equal(turn(), 0);
	fake_kernel_add(0);
	fake_kernel_add(4);
	fake_kernel_add(7);
	/* Another event, and another controller: nothing is powered on. */
	fake_mgmt_event(HCI_MGMT_NEW_SETTINGS, 4, NULL, 0);
	assert_int_equal(turn(), 0);
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(fake.powered_on, 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASING);
	fake_link("/sys/class/bluetooth/hci4/device", "../../1-4:1.0");
	fake_mgmt_event(HCI_MGMT_NEW_SETTINGS, 4, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(fake.powered_on, 0);
	fake.power_mute = true;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 4, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(fake.powered_on, 1);
	assert_true(fake_kernel_find(4)->powered);
	assert_false(fake_kernel_find(0)->powered || fake_kernel_find(7)->powered);
	/* The command is sent once, and its answer ends the release. */
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 7, NULL, 0);
	fake_mgmt_event(HCI_MGMT_COMMAND_COMPLETE, 4, "\4\0\0", 3);
	assert_int_equal(turn(), 0);
	assert_int_equal(fake.powered_on, 1);
	assert_int_equal(t->phase, HCI_PHASE_RELEASING);
	t->note[0] = '\0';
	fake_mgmt_event(HCI_MGMT_COMMAND_STATUS, 4, "\5\0\3", 3);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_string_equal(t->note, "usb:1-4 is back, but could not be powered on again "
				     "(management status 0x03): bluetoothctl power on");
}

/* A controller that waits is tried again when the kernel adds one, not at other events. */
static void a_waiting_controller_is_tried_again_when_one_is_added(void **state)
{
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	c->held = true;
	open_first(&none);
	assert_string_equal(t->waiting.text, "controller usb:1-4: it is hci2, and another program "
					     "holds it exclusively: end that program");
	assert_int_equal(t->waiting.kind, HCI_FAILURE_BUSY);
	c->held = false;
	fake_mgmt_event(HCI_MGMT_NEW_SETTINGS, 2, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 2, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
}

/* rfkill and a failed set-up stop the kernel, not libusb. */
static void a_controller_that_the_kernel_cannot_use_is_opened(void **state)
{
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	c->broken = true;
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->close(t);
	c->broken = false;
	fake_rfkill(2, 1, true, false);
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
}

/* Three stalls or errors in a row are tolerated; a transfer that succeeds starts the count again.
 */
static void a_success_starts_the_count_of_errors_again(void **state)
{
	static const uint8_t data[] = {2, 0x2a, 0x20, 1, 0, 'a'};

	(void)state;
	open_first(&none);
	for (int round = 0; round < 2; round++) {
		for (int n = 0; n < 3; n++) {
			assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_ERROR, NULL, 0));
			assert_int_equal(turn(), 0);
			assert_int_equal(receive(), 0);
		}
		assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
		assert_int_equal(turn(), 0);
		assert_int_equal(receive(), 0);
		assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
		for (int n = 0; n < 3; n++) {
			assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_STALL, NULL, 0));
			assert_int_equal(turn(), 0);
			assert_int_equal(receive(), 0);
		}
		assert_true(fake_usb_complete(DATA_OUT, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
		assert_int_equal(turn(), 0);
		assert_int_equal(receive(), 0);
	}
	/* A transfer that was cancelled is submitted again, and is no error. */
	for (int n = 0; n < 8; n++) {
		assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_CANCELLED, NULL, 0));
		assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_TIMED_OUT, NULL, 0));
		assert_int_equal(turn(), 0);
		assert_int_equal(receive(), 0);
		assert_int_equal(fake_usb_in_flight(EVENTS), 4);
	}
}

/* A command has at most 258 octets with its header; data at most as much as a buffer of OUT. */
static void the_queue_of_output_is_bounded_and_in_order(void **state)
{
	uint8_t command[1 + 3 + 255 + 1] = {HCI_COMMAND, 0, 0xfc, 0xff};

	(void)state;
	open_first(&none);
	assert_int_equal(t->ops->send(t, command, sizeof(command), &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	assert_string_equal(failure.text, "controller usb:1-4: it takes no more data");
	assert_int_equal(t->ops->send(t, command, sizeof(command) - 1, &failure), 0);
	assert_int_equal(fake_usb_out(COMMANDS)->length, 8 + 258);
	assert_memory_equal(fake_usb_out(COMMANDS)->buffer, "\x20\0\0\0\0\0\x02\x01\0\xfc\xff", 11);
	assert_true(fake_usb_complete(COMMANDS, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
	assert_int_equal(turn(), 0);
	assert_int_equal(receive(), 0);
	/* Around the end of the queue. */
	for (uint8_t n = 0, next = 0; next < 100; next++) {
		while (n < 100 && n - next < 60) {
			command[1] = n++;
			assert_int_equal(t->ops->send(t, command, 4, &failure), 0);
		}
		assert_int_equal(fake_usb_in_flight(COMMANDS), 1);
		assert_int_equal(fake_usb_out(COMMANDS)->buffer[8], next);
		assert_true(fake_usb_complete(COMMANDS, LIBUSB_TRANSFER_COMPLETED, NULL, 0));
		assert_int_equal(turn(), 0);
		assert_int_equal(receive(), 0);
	}
	assert_int_equal(fake_usb_in_flight(COMMANDS), 0);
}

static void an_event_after_the_release_is_dropped(void **state)
{
	(void)state;
	open_first(&none);
	assert_true(fake_usb_complete(EVENTS, LIBUSB_TRANSFER_COMPLETED, complete, 6));
	t->ops->release(t);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_null(memmem(t, malloc_usable_size(t), complete, sizeof(complete)));
}

/* hci0 is a number like another. */
static void a_controller_that_is_hci0_is_waited_for(void **state)
{
	(void)state;
	fake_kernel_add(0)->held = true;
	fake_file("/sys/bus/usb/devices/1-4:1.0/bluetooth/hci0/address", "");
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	t->ops->release(t); /* nothing is in flight */
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
}

/* A program without standard input gets descriptor 0, which is one like another. */
static void descriptor_0_is_used_and_closed(void **state)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];
	struct fake_controller *c;

	(void)state;
	plug_as_hci2(&c);
	c->held = true;
	int saved = descriptor_0_free();
	open_first(&none); /* it waits for the kernel by the socket of management */
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	assert_int_equal(t->ops->watch(t, fds), 2);
	assert_int_equal(fds[1].fd, 0);
	c->held = false;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 2, NULL, 0);
	assert_int_equal(t->ops->ready(t, fds, 2, &failure), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->close(t);
	t = NULL;
	assert_true(fcntl(0, F_GETFD) < 0);
	descriptor_0_restore(saved);
}

/* Transfers that never return delay the end of the program by one second at most. */
static void closing_does_not_wait_for_ever(void **state)
{
	(void)state;
	open_first(&none);
	fake_usb.stuck[EVENTS] = fake_usb.stuck[DATA_IN] = true;
	fake_usb.turns = 0;
	fake_usb.waited_us = 0;
	t->ops->close(t);
	t = NULL;
	assert_int_equal(fake_usb.turns, 20);
	assert_int_equal(fake_usb.waited_us, 50000);
	/* They are still in flight, and so not freed. */
	assert_int_equal(fake_usb.transfers, 12);
	assert_int_equal(fake_usb.flying_count, 12);
	while (fake_usb.flying_count)
		libusb_free_transfer(fake_usb.flying[--fake_usb.flying_count].transfer);
}

/* The interface is released when no transfer of any pipe is in flight. */
static void the_release_waits_for_each_pipe(void **state)
{
	static const uint8_t pipes[] = {COMMANDS, EVENTS, DATA_IN, DATA_OUT};
	static const uint8_t data[] = {2, 0x2a, 0x20, 1, 0, 'a'};

	(void)state;
	for (size_t n = 0; n < COUNT(pipes); n++) {
		open_first(&none);
		assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
		assert_int_equal(t->ops->send(t, data, sizeof(data), &failure), 0);
		fake_usb.stuck[pipes[n]] = true;
		t->ops->release(t);
		assert_int_equal(turn(), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASING);
		fake_usb.stuck[pipes[n]] = false;
		while (fake_usb_complete(pipes[n], LIBUSB_TRANSFER_CANCELLED, NULL, 0))
			;
		assert_int_equal(turn(), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		t->ops->close(t);
	}
	t = NULL;
}

/* ---- Firmware that the kernel loads -----------------------------------------------------------
 */

static void plug(uint16_t vendor, uint16_t product)
{
	fake_usb.devices[0].descriptor.idVendor = vendor;
	fake_usb.devices[0].descriptor.idProduct = product;
}

static void plug_realtek(void)
{
	plug(0x0bda, 0x8771);
}

/* As btusb does: a controller that is set up, then free. */
static struct fake_controller *kernel_has_it(void)
{
	fake_link("/sys/bus/usb/devices/1-4:1.0/driver", "../../drivers/btusb");
	fake_file("/sys/bus/usb/devices/1-4:1.0/bluetooth/hci2/address", "");
	return fake_kernel_add(2);
}

/* The device is taken with its firmware (fake_libusb.c refuses a reset), and left as it was. */
static void a_device_without_a_driver_is_set_up_by_the_kernel_first(void **state)
{
	(void)state;
	plug_realtek();
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	assert_int_equal(fake_usb.attachments, 1);
	assert_false(fake_usb.claimed);
	assert_string_equal(t->note, "usb:1-4 had no driver: the kernel's sets it up first");
	/* Others come up meanwhile. */
	fake_kernel_add(0);
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	struct fake_controller *c = kernel_has_it();
	c->setting_up = true;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	/* The kernel sets up a controller that rfkill blocks, too. */
	fake_rfkill(2, 1, true, false);
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	c->setting_up = false;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 2, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	assert_true(fake_usb.claimed);
	t->ops->release(t);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_int_equal(fake_usb.attachments, 1);
}

/* AutoEnable powers it on as soon as it is there; nobody used it before, so no --take is needed. */
static void a_device_that_bluetoothd_takes_meanwhile_is_taken_back(void **state)
{
	(void)state;
	plug_realtek();
	open_first(&none);
	kernel_has_it()->powered = true;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 2, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->release(t);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_int_equal(fake.powered_on, 0);
}

/* The time limit is the caller's; this is what it reports. */
static void a_set_up_that_fails_names_the_firmware(void **state)
{
	(void)state;
	plug_realtek();
	open_first(&none);
	kernel_has_it()->broken = true;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(), 0);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	assert_int_equal(t->waiting.kind, HCI_FAILURE_NOT_FOUND);
	assert_string_equal(t->waiting.text,
			    "controller usb:1-4: Realtek RTL8761B: the kernel's driver did not set "
			    "it up, which needs /lib/firmware/rtl_bt/rtl8761bu_fw.bin (package "
			    "firmware-realtek): see dmesg, and plug it in again");
}

/* Then the bring-up finds whether it has firmware. */
static void a_device_is_opened_at_once_where_the_kernel_cannot_help(void **state)
{
	(void)state;
	/* Its maker needs none. */
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->close(t);
	plug_realtek();
	/* No driver of the kernel wants it. */
	fake_usb.attach_error = LIBUSB_ERROR_NOT_FOUND;
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->close(t);
	/* The kernel has no Bluetooth. */
	fake_usb.attach_error = 0;
	fake.absent = true;
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	t->ops->close(t);
	/* It has been set up before. */
	fake.absent = false;
	(void)kernel_has_it();
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
}

/* It is off again once the kernel's driver lets go. */
static void a_device_that_only_the_kernel_can_run_is_not_given_to_it(void **state)
{
	(void)state;
	plug(0x0e8d, 0x7961);
	open_first(&none);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	assert_int_equal(fake_usb.attachments, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, shut)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(each_form_of_the_spec_finds_it),
		FRESH(errors_while_opening),
		FRESH(commands_and_events),
		FRESH(an_octet_behind_an_event_is_dropped),
		FRESH(data_both_ways),
		FRESH(a_command_that_stalls),
		FRESH(a_pipe_that_stalls),
		FRESH(a_halt_that_cannot_be_cleared),
		FRESH(data_out_that_stalls),
		FRESH(a_halt_of_data_out_that_cannot_be_cleared),
		FRESH(an_overflow_drops_the_packet),
		FRESH(the_controller_is_unplugged),
		FRESH(a_pipe_with_errors_is_tried_again),
		FRESH(packets_are_bounded_by_the_buffer),
		FRESH(a_free_controller_is_opened_at_once),
		FRESH(a_controller_that_is_up_needs_take_and_is_powered_on_again),
		FRESH(a_held_controller_is_waited_for),
		FRESH(a_driver_that_cannot_be_attached_again_is_noted),
		FRESH(keys_leave_the_transport_with_their_packets),
		FRESH(a_closed_transport_leaves_no_key_on_the_heap),
		FRESH(changed_descriptors_are_watched),
		FRESH(no_memory),
		FRESH(specs_that_match_no_controller),
		FRESH(received_packets_are_bounded),
		FRESH(a_driver_that_is_not_attached_again_is_noted_if_it_matters),
		FRESH(the_same_device_is_powered_on_under_its_new_number),
		FRESH(a_waiting_controller_is_tried_again_when_one_is_added),
		FRESH(a_controller_that_the_kernel_cannot_use_is_opened),
		FRESH(a_success_starts_the_count_of_errors_again),
		FRESH(the_queue_of_output_is_bounded_and_in_order),
		FRESH(an_event_after_the_release_is_dropped),
		FRESH(a_controller_that_is_hci0_is_waited_for),
		FRESH(descriptor_0_is_used_and_closed),
		FRESH(closing_does_not_wait_for_ever),
		FRESH(the_release_waits_for_each_pipe),
		FRESH(a_device_without_a_driver_is_set_up_by_the_kernel_first),
		FRESH(a_device_that_bluetoothd_takes_meanwhile_is_taken_back),
		FRESH(a_set_up_that_fails_names_the_firmware),
		FRESH(a_device_that_only_the_kernel_can_run_is_not_given_to_it),
		FRESH(a_device_is_opened_at_once_where_the_kernel_cannot_help),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
