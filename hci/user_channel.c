/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/user_channel.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hci/inventory.h"
#include "hci/kernel.h"
#include "hci/kernel_socket.h"
#include "hci/mgmt.h"
#include "hci/rfkill.h"

struct user_channel {
	struct hci_transport base;
	struct hci_access access;
	uint16_t index;
	int fd;		  /* the channel, -1: not open */
	int mgmt;	  /* opened with root, so that it can power on at the end */
	int rfkill;	  /* -1: no block to restore */
	uint32_t blocked; /* the switch that was unblocked */
	bool was_up;
	enum { POWER_ASKED_NOTHING, POWER_ASKED_OFF, POWER_ASKED_ON } asked; /* unanswered */
};

static struct user_channel *channel_of(struct hci_transport *transport)
{
	return (struct user_channel *)(void *)transport;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void set_powered(struct user_channel *u, uint8_t on)
{
	bool sent = hci_mgmt_send(u->mgmt, HCI_MGMT_SET_POWERED, u->index, &on, 1) == 0;

	u->asked = !sent ? POWER_ASKED_NOTHING : on ? POWER_ASKED_ON : POWER_ASKED_OFF;
}

static int not_permitted(const struct user_channel *u, struct hci_failure *failure)
{
	char self[200];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[len > 0 ? len : 0] = '\0';
	return hci_failure_set(
		failure, HCI_FAILURE_PERMISSION,
		"controller hci%u: not permitted: it needs CAP_NET_ADMIN; use sudo, or "
		"once: sudo setcap cap_net_admin+ep %s (a USB one can do with a udev "
		"rule instead: docs/permissions.md)",
		u->index, *self ? self : "blepair");
}

static int not_found(const struct user_channel *u, struct hci_failure *failure)
{
	char there[160];

	hci_inventory_text(there, sizeof(there));
	return hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
			       "controller hci%u: there is no such controller; there %s", u->index,
			       there);
}

static int blocked(const struct user_channel *u, const struct hci_rfkill *rfkill,
		   struct hci_failure *failure)
{
	if (rfkill->hard)
		return hci_failure_set(
			failure, HCI_FAILURE_BLOCKED,
			"controller hci%u: a switch of the machine blocks it (rfkill, "
			"hard): turn Bluetooth on by that switch, key or in the "
			"firmware",
			u->index);
	return hci_failure_set(
		failure, HCI_FAILURE_BLOCKED,
		"controller hci%u: rfkill blocks it (flight mode?): give --unblock to "
		"lift that for this run, or: rfkill unblock bluetooth",
		u->index);
}

/* Lifts a soft block, once. */
static int unblock(struct user_channel *u, struct hci_failure *failure)
{
	struct hci_rfkill rfkill;

	hci_rfkill_read(u->index, &rfkill);
	if (rfkill.hard || !u->access.unblock || u->rfkill >= 0)
		return blocked(u, &rfkill, failure);
	u->rfkill = hci_rfkill_open();
	if (u->rfkill < 0 || hci_rfkill_set(u->rfkill, rfkill.number, false))
		return hci_failure_set(
			failure, HCI_FAILURE_PERMISSION,
			"controller hci%u: rfkill blocks it, and /dev/rfkill cannot be "
			"written: %s; use sudo",
			u->index, strerror(errno));
	u->blocked = rfkill.number;
	(void)snprintf(u->base.note, sizeof(u->base.note),
		       "rfkill blocked hci%u: lifted for this run", u->index);
	return 0;
}

static const struct hci_kernel_controller *look(const struct user_channel *u,
						struct hci_kernel_controller list[HCI_KERNEL_MAX])
{
	return hci_kernel_find(list, hci_kernel_list(list), u->index);
}

/* The kernel has it up: power it off, if --take allows. */
static int take(struct user_channel *u, struct hci_failure *failure)
{
	char holders[120];

	hci_kernel_holders(holders, sizeof(holders));
	if (!u->access.take)
		return hci_failure_set(
			failure, HCI_FAILURE_IN_USE,
			"controller hci%u: it is up, used by %s; give --take to take "
			"it for this run (its connections end), or power it off there",
			u->index, *holders ? holders : "the kernel or bluetoothd");
	(void)snprintf(u->base.note, sizeof(u->base.note),
		       "hci%u is taken from %s, and will be powered on again afterwards", u->index,
		       *holders ? holders : "the kernel");
	u->was_up = true;
	set_powered(u, 0);
	(void)hci_failure_set(&u->base.waiting, HCI_FAILURE_BUSY,
			      "controller hci%u: the kernel did not power it off", u->index);
	return 0;
}

/* Another program holds it by a user channel, or the kernel sets it up. */
static int wait_for(struct user_channel *u, enum hci_kernel_state state)
{
	char holders[120];

	hci_kernel_holders(holders, sizeof(holders));
	if (state == HCI_KERNEL_HELD)
		(void)hci_failure_set(&u->base.waiting, HCI_FAILURE_BUSY,
				      "controller hci%u: %s holds it exclusively, and it did not "
				      "become free: end that program",
				      u->index, *holders ? holders : "another program");
	else
		(void)hci_failure_set(&u->base.waiting, HCI_FAILURE_NOT_FOUND,
				      "controller hci%u: the kernel could not set it up: see dmesg "
				      "(firmware?)",
				      u->index);
	return 0;
}

/* Tries to open the channel: 0 with the phase, or with the reason to wait; -1 with failure. */
static int attempt(struct user_channel *u, struct hci_failure *failure)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];

	for (int tries = 0; tries < 3; tries++) {
		u->fd = hci_kernel_socket(u->index, HCI_KERNEL_CHANNEL_USER);
		if (u->fd >= 0) {
			u->base.phase = HCI_PHASE_OPEN;
			u->base.usb = hci_kernel_usb(u->index);
			hci_kernel_port(u->index, u->base.port, sizeof(u->base.port));
			return 0;
		}
		switch (errno) {
		case EPERM:
		case EACCES:
			return not_permitted(u, failure);
		case ENODEV:
			return not_found(u, failure);
		case ERFKILL:
			if (unblock(u, failure))
				return -1;
			continue;
		case EBUSY:
		case EUSERS:
		case EALREADY:
			break;
		default:
			return hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
					       "controller hci%u: the kernel cannot start it: %s; "
					       "see dmesg",
					       u->index, strerror(errno));
		}
		const struct hci_kernel_controller *c = look(u, list);
		if (!c)
			return not_found(u, failure);
		if (c->state == HCI_KERNEL_POWERED)
			return take(u, failure);
		if (c->state != HCI_KERNEL_FREE)
			return wait_for(u, c->state);
		/* It has just become free: try again. */
	}
	return wait_for(u, HCI_KERNEL_HELD);
}

/* The controller for a bare "hci". */
static int choose(struct user_channel *u, struct hci_failure *failure)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	size_t count = hci_kernel_list(list), best = 0;
	char there[160];

	for (size_t i = count; i-- > 0;)
		if (list[i].state <= list[best].state)
			best = i;
	if (count) {
		u->index = list[best].index;
		return 0;
	}
	hci_inventory_text(there, sizeof(there));
	return hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
			       "the kernel has no Bluetooth controller; there %s; choose one by -c",
			       there);
}

/* "", "0", ":0" */
static bool parse(const char *where, struct user_channel *u)
{
	char *end;

	where += *where == ':';
	if (!isdigit((unsigned char)*where))
		return false;
	unsigned long index = strtoul(where, &end, 10);
	u->index = (uint16_t)index;
	return !*end && index < HCI_KERNEL_NO_DEVICE;
}

static struct hci_transport *channel_open(const char *where, const struct hci_access *access,
					  struct hci_failure *failure)
{
	struct user_channel *u = calloc(1, sizeof(*u));

	if (!u) {
		(void)hci_failure_set(failure, HCI_FAILURE_NOT_FOUND, "out of memory");
		return NULL;
	}
	u->base.ops = &hci_transport_user_channel;
	u->access = *access;
	u->fd = -1;
	u->rfkill = -1;
	u->mgmt = hci_mgmt_open();
	int status = 0;
	if (*where && !parse(where, u))
		status = hci_failure_set(failure, HCI_FAILURE_SPEC,
					 "controller hci%s: expected hciN, like hci0", where);
	else if (u->mgmt < 0)
		status =
			hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
					"controller hci%s: this kernel has no Bluetooth (%s): load "
					"its module bluetooth, or use usb:, serial:, tcp: or unix:",
					where, strerror(errno));
	else if (!*where)
		status = choose(u, failure);
	if (status || attempt(u, failure)) {
		u->base.ops->close(&u->base);
		return NULL;
	}
	return &u->base;
}

/* ---- In use ---------------------------------------------------------------------------------- */

static size_t channel_watch(struct hci_transport *transport, struct pollfd *fds)
{
	struct user_channel *u = channel_of(transport);

	fds[0] = (struct pollfd){
		.fd = u->base.phase == HCI_PHASE_OPEN ? u->fd : u->mgmt,
		.events = POLLIN,
	};
	return 1;
}

static int gone(const struct user_channel *u, const char *how, struct hci_failure *failure)
{
	return hci_failure_set(failure, HCI_FAILURE_GONE,
			       "controller hci%u: it is gone (%s): unplugged, or its driver failed",
			       u->index, how);
}

static int powered_off(struct user_channel *u, uint8_t status, struct hci_failure *failure)
{
	u->asked = POWER_ASKED_NOTHING;
	if (u->base.phase == HCI_PHASE_RELEASING) { /* released before it was open */
		set_powered(u, 1);
		return 0;
	}
	if (status != HCI_MGMT_SUCCESS)
		return hci_failure_set(failure, HCI_FAILURE_BUSY,
				       "controller hci%u: the kernel refused to power it off "
				       "(management status 0x%02x)",
				       u->index, status);
	return attempt(u, failure);
}

static void powered_on(struct user_channel *u, uint8_t status)
{
	/* Busy: bluetoothd is powering it on already. Invalid Index: the controller is gone. */
	if (status != HCI_MGMT_SUCCESS && status != HCI_MGMT_BUSY &&
	    status != HCI_MGMT_INVALID_INDEX)
		(void)snprintf(u->base.note, sizeof(u->base.note),
			       "hci%u could not be powered on again (management status 0x%02x): "
			       "bluetoothctl power on",
			       u->index, status);
	u->base.phase = HCI_PHASE_RELEASED;
}

static int channel_ready(struct hci_transport *transport, const struct pollfd *fds, size_t count,
			 struct hci_failure *failure)
{
	struct user_channel *u = channel_of(transport);
	struct hci_mgmt_message m;

	(void)fds;
	(void)count;
	while (u->base.phase != HCI_PHASE_OPEN && hci_mgmt_next(u->mgmt, &m)) {
		bool answer = m.opcode == HCI_MGMT_SET_POWERED;
		bool news = m.event == HCI_MGMT_INDEX_ADDED || m.event == HCI_MGMT_NEW_SETTINGS;
		int status = 0;

		if (m.index != u->index)
			continue;
		if (answer && u->asked == POWER_ASKED_OFF)
			status = powered_off(u, m.status, failure);
		else if (answer && u->asked == POWER_ASKED_ON)
			powered_on(u, m.status);
		else if (news && !u->asked && u->base.phase == HCI_PHASE_OPENING)
			status = attempt(u, failure);
		if (status)
			return -1;
	}
	return 0;
}

static int channel_receive(struct hci_transport *transport, uint8_t *packet,
			   struct hci_failure *failure)
{
	struct user_channel *u = channel_of(transport);
	ssize_t got;

	do
		got = read(u->fd, packet, HCI_PACKET_MAX);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		return gone(u, got < 0 ? strerror(errno) : "end of file", failure);
	return (int)got;
}

static int channel_send(struct hci_transport *transport, const uint8_t *packet, size_t len,
			struct hci_failure *failure)
{
	struct user_channel *u = channel_of(transport);
	ssize_t sent;

	do
		sent = write(u->fd, packet, len);
	while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)len)
		return 0;
	return gone(u, sent < 0 ? strerror(errno) : "a packet was cut", failure);
}

/* ---- Release ----------------------------------------------------------------------------- */

static void channel_release(struct hci_transport *transport)
{
	struct user_channel *u = channel_of(transport);

	if (u->fd >= 0)
		close(u->fd); /* the kernel powers it off and lists it again */
	u->fd = -1;
	if (u->rfkill >= 0 && hci_rfkill_set(u->rfkill, u->blocked, true))
		(void)snprintf(u->base.note, sizeof(u->base.note),
			       "rfkill's block of hci%u could not be set again: %s", u->index,
			       strerror(errno));
	if (u->was_up && !u->asked)
		set_powered(u, 1);
	u->base.phase = u->asked ? HCI_PHASE_RELEASING : HCI_PHASE_RELEASED;
}

static void channel_close(struct hci_transport *transport)
{
	struct user_channel *u = channel_of(transport);
	const int fds[] = {u->fd, u->mgmt, u->rfkill};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(u);
}

const struct hci_transport_ops hci_transport_user_channel = {
	.scheme = "hci",
	.form = "hciN",
	.open = channel_open,
	.watch = channel_watch,
	.ready = channel_ready,
	.receive = channel_receive,
	.send = channel_send,
	.release = channel_release,
	.close = channel_close,
};
