/* SPDX-License-Identifier: MIT */
/* hciN: opened, taken, waited for, used and given back, against a kernel that is a fake. */
#include "hci/user_channel.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hci/fake_kernel.h"
#include "hci/fake_libusb.h"
#include "hci/kernel.h"
#include "hci/kernel_socket.h"
#include "hci/mgmt.h"
#include "unit.h"

static const struct hci_access none, take = {.take = true}, unblock = {.unblock = true};
static struct hci_failure problem;
static const uint8_t reset[] = {1, 0x03, 0x0c, 0};
static const uint8_t complete[] = {4, 0x0e, 4, 1, 0x03, 0x0c, 0};

static int fresh(void **state)
{
	(void)state;
	fake_kernel_reset();
	fake_usb_reset();
	memset(&problem, 0, sizeof(problem));
	return 0;
}

static struct hci_transport *open_it(const char *spec, const struct hci_access *access)
{
	return hci_transport_open(spec, access, &problem);
}

/* One turn of the loop. */
static int turn(struct hci_transport *t)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];
	size_t n = t->ops->watch(t, fds);

	assert_int_equal(n, 1);
	assert_true(poll(fds, n, 0) >= 0);
	return t->ops->ready(t, fds, n, &problem);
}

static void close_it(struct hci_transport *t)
{
	t->ops->close(t);
	/* Both ends of what was opened are closed. */
	for (size_t i = 0; i < fake.socket_count; i++) {
		uint8_t octet;
		ssize_t got = recv(fake.sockets[i].far, &octet, 1, MSG_DONTWAIT);
		assert_true(got == 0 || (got < 0 && errno != EAGAIN));
	}
}

static void refused(const char *spec, const struct hci_access *access,
		    enum hci_failure_kind trouble, const char *words)
{
	assert_null(open_it(spec, access));
	assert_int_equal(problem.kind, trouble);
	if (!strstr(problem.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, problem.text);
}

static void packets_go_both_ways(void **state)
{
	uint8_t packet[HCI_PACKET_MAX];

	(void)state;
	fake_kernel_add(3);
	struct hci_transport *t = open_it("hci3", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	int far = fake_far(HCI_KERNEL_CHANNEL_USER);
	assert_int_equal(t->ops->receive(t, packet, &problem), 0);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &problem), 0);
	assert_int_equal(read(far, packet, sizeof(packet)), sizeof(reset));
	assert_memory_equal(packet, reset, sizeof(reset));
	assert_int_equal(write(far, complete, sizeof(complete)), sizeof(complete));
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->ops->receive(t, packet, &problem), sizeof(complete));
	assert_memory_equal(packet, complete, sizeof(complete));
	t->ops->release(t);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_int_equal(fake.powered_on, 0);
	close_it(t);
}

static void it_vanishes(void **state)
{
	uint8_t packet[HCI_PACKET_MAX];

	(void)state;
	fake_kernel_add(0);
	struct hci_transport *t = open_it("hci:0", &none);
	assert_non_null(t);
	(void)shutdown(fake_far(HCI_KERNEL_CHANNEL_USER), SHUT_RDWR);
	assert_int_equal(t->ops->receive(t, packet, &problem), -1);
	assert_int_equal(problem.kind, HCI_FAILURE_GONE);
	assert_non_null(strstr(problem.text, "end of file"));
	/* A socket of HCI raises no signal; this one would. */
	(void)signal(SIGPIPE, SIG_IGN);
	problem.kind = HCI_FAILURE_NONE;
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &problem), -1);
	assert_int_equal(problem.kind, HCI_FAILURE_GONE);
	close_it(t);
}

static void what_cannot_be(void **state)
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
	refused("hci0", &none, HCI_FAILURE_NOT_FOUND, "this kernel has no Bluetooth");
}

/* Busy at first sight and gone at the second. */
static void gone_between_two_looks(void **state)
{
	(void)state;
	fake_kernel_add(0)->bind_error = EBUSY;
	fake.controllers[0].index = 0;
	/* Free, says the list, and yet it cannot be opened: somebody is quicker each time. */
	struct hci_transport *t = open_it("hci0", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPENING);
	assert_int_equal(t->waiting.kind, HCI_FAILURE_BUSY);
	fake.count = 0;
	fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 0, NULL, 0);
	assert_int_equal(turn(t), -1);
	assert_int_equal(problem.kind, HCI_FAILURE_NOT_FOUND);
	close_it(t);

	fake_kernel_reset();
	fake_kernel_add(0)->free_in = 2;
	t = open_it("hci0", &none);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	close_it(t);
}

static void the_best_one_is_chosen(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	fake_kernel_add(1);
	fake_kernel_add(2);
	struct hci_transport *t = open_it("hci", &none);
	assert_non_null(t);
	t->ops->release(t);
	close_it(t);
	/* hci1, the first that is free: it is what was bound. */
	bool found = false;
	for (size_t i = 0; i < fake.socket_count; i++)
		found |= fake.sockets[i].channel == HCI_KERNEL_CHANNEL_USER &&
			 fake.sockets[i].device == 1;
	assert_true(found);
}

static void one_that_is_up_is_asked_for(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	refused("hci0", &none, HCI_FAILURE_IN_USE, "used by the kernel or bluetoothd; give --take");
	fake_process(612, "bluetoothd", 99);
	refused("hci0", &none, HCI_FAILURE_IN_USE, "used by bluetoothd (process 612)");
	assert_int_equal(fake.powered_off, 0);
}

static void taken_and_given_back(void **state)
{
	(void)state;
	for (int held = 0; held < 2; held++) {
		fake_kernel_reset();
		fake_kernel_add(0)->powered = true;
		if (held)
			fake_process(612, "bluetoothd", 99);
		struct hci_transport *t = open_it("hci0", &take);
		assert_non_null(t);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->note, held ? "bluetoothd (process 612)" : "the kernel"));
		/* News of others do not matter. */
		fake_mgmt_event(HCI_MGMT_INDEX_ADDED, 5, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPEN);
		assert_int_equal(fake.powered_off, 1);
		t->ops->release(t);
		assert_int_equal(t->phase, HCI_PHASE_RELEASING);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		assert_int_equal(fake.powered_on, 1);
		assert_true(fake.controllers[0].powered);
		close_it(t);
	}
}

static void the_kernel_does_not_let_go(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	fake.power_status = 0x0b;
	struct hci_transport *t = open_it("hci0", &take);
	assert_non_null(t);
	assert_int_equal(turn(t), -1);
	assert_int_equal(problem.kind, HCI_FAILURE_BUSY);
	assert_non_null(strstr(problem.text, "status 0x0b"));
	close_it(t);
}

static void given_up_in_the_middle_of_taking_it(void **state)
{
	(void)state;
	fake_kernel_add(0)->powered = true;
	struct hci_transport *t = open_it("hci0", &take);
	assert_non_null(t);
	t->ops->release(t); /* its answer has not been read yet */
	assert_int_equal(t->phase, HCI_PHASE_RELEASING);
	assert_int_equal(turn(t), 0);
	assert_int_equal(t->phase, HCI_PHASE_RELEASED);
	assert_true(fake.controllers[0].powered);
	close_it(t);
}

static void powering_on_again_fails(void **state)
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
		struct hci_transport *t = open_it("hci0", &take);
		assert_non_null(t);
		assert_int_equal(turn(t), 0);
		t->note[0] = '\0';
		fake.power_status = cases[n].status;
		t->ops->release(t);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_RELEASED);
		assert_int_equal(strstr(t->note, "bluetoothctl power on") != NULL, cases[n].noted);
		close_it(t);
	}
}

static void waiting_for_others(void **state)
{
	static const struct {
		bool held;
		const char *holder, *words;
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
		struct hci_transport *t = open_it("hci0", &none);
		assert_non_null(t);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->waiting.text, cases[n].words));
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		c->held = c->setting_up = false;
		fake_mgmt_event(HCI_MGMT_NEW_SETTINGS, 0, NULL, 0);
		assert_int_equal(turn(t), 0);
		assert_int_equal(t->phase, HCI_PHASE_OPEN);
		close_it(t);
	}
}

static void blocked_by_rfkill(void **state)
{
	(void)state;
	fake_kernel_add(0);
	fake_rfkill(0, 7, true, false);
	fake_file("/dev/rfkill", "");
	refused("hci0", &none, HCI_FAILURE_BLOCKED, "give --unblock");
	struct hci_transport *t = open_it("hci0", &unblock);
	assert_non_null(t);
	assert_int_equal(t->phase, HCI_PHASE_OPEN);
	assert_string_equal(t->note, "rfkill blocked hci0: lifted for this run");
	assert_false(fake.controllers[0].blocked);
	t->ops->release(t);
	assert_true(fake.controllers[0].blocked);
	close_it(t);

	t = open_it("hci0", &unblock);
	assert_non_null(t);
	fake.rfkill_read_only = true;
	t->ops->release(t);
	assert_non_null(strstr(t->note, "could not be set again"));
	close_it(t);
	fake_rfkill(0, 7, true, false);
	refused("hci0", &unblock, HCI_FAILURE_PERMISSION, "/dev/rfkill cannot be written");
	fake_rfkill(0, 7, false, true);
	refused("hci0", &unblock, HCI_FAILURE_BLOCKED, "a switch of the machine blocks it");
	/* Lifted once, and blocked again by somebody at once: no quarrel. */
	fake.rfkill_read_only = false;
	fake_rfkill(0, 7, true, false);
	fake.controllers[0].bind_error = ERFKILL;
	refused("hci0", &unblock, HCI_FAILURE_BLOCKED, "rfkill blocks it");
}

#define FRESH(test) cmocka_unit_test_setup(test, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(packets_go_both_ways),
		FRESH(it_vanishes),
		FRESH(what_cannot_be),
		FRESH(gone_between_two_looks),
		FRESH(the_best_one_is_chosen),
		FRESH(one_that_is_up_is_asked_for),
		FRESH(taken_and_given_back),
		FRESH(the_kernel_does_not_let_go),
		FRESH(given_up_in_the_middle_of_taking_it),
		FRESH(powering_on_again_fails),
		FRESH(waiting_for_others),
		FRESH(blocked_by_rfkill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
