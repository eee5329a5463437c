/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/usb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "hci/inventory.h"
#include "hci/kernel.h"
#include "hci/mgmt.h"
#include "hci/usb_device.h"
#include "hci/usb_pipes.h"

struct usb {
	struct hci_transport base;
	struct hci_access access;
	struct hci_usb_device device;
	libusb_context *context;
	libusb_device_handle *handle;
	struct pollfd fds[HCI_TRANSPORT_FDS]; /* libusb's, as of the last change */
	size_t fd_count;
	bool fds_changed;

	struct hci_usb_pipes pipes;

	int mgmt; /* -1: the kernel has no Bluetooth */
	bool claimed, detached, was_up;
	bool set_up;		 /* it had no driver: the kernel's was attached to set it up */
	bool waiting_for_kernel; /* the driver is back, the controller to be powered on */
	bool powering;
};

static struct usb *usb_of(struct hci_transport *transport)
{
	return (struct usb *)(void *)transport;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void LIBUSB_CALL fd_added(int fd, short events, void *ctx)
{
	(void)fd;
	(void)events;
	((struct usb *)ctx)->fds_changed = true;
}

static void LIBUSB_CALL fd_removed(int fd, void *ctx)
{
	fd_added(fd, 0, ctx);
}

static bool matches(const struct hci_usb_device *d, const char *where)
{
	return strncmp(where, "SERIAL=", 7) == 0 ? strcmp(d->serial, where + 7) == 0
						 : strcmp(d->port, where) == 0;
}

/* VID:PID in hexadecimal. */
static bool parse_id(const char *where, uint16_t *vendor, uint16_t *product)
{
	unsigned v, p;
	int end = 0;

	if (sscanf(where, "%4x:%4x%n", &v, &p, &end) != 2 || where[end] || !v)
		return false;
	*vendor = (uint16_t)v;
	*product = (uint16_t)p;
	return true;
}

static int none_such(const char *where, size_t matching, struct hci_failure *failure)
{
	char there[160];

	hci_inventory_text(there, sizeof(there));
	if (matching)
		return hci_failure_set(failure, HCI_FAILURE_SPEC,
				       "controller usb:%s: %zu match; name one by usb:BUS-PORT "
				       "or usb:SERIAL=TEXT; there %s",
				       where, matching, there);
	return hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
			       "controller usb:%s: no such Bluetooth controller is plugged in; "
			       "there %s",
			       where, there);
}

/* Finds the device that the spec names and puts it into u->device. */
static int find(struct usb *u, const char *where, struct hci_failure *failure)
{
	struct hci_usb_device list[HCI_USB_MAX];
	uint16_t vendor = 0, product = 0;
	size_t chosen = 0, matching = 0;
	char *end;
	bool by_id = parse_id(where, &vendor, &product);
	size_t count = hci_usb_list(u->context, vendor, product, list);
	unsigned long number = strtoul(where, &end, 10);
	bool by_number = *where && !*end;

	for (size_t i = 0; i < count; i++) {
		if (by_id || (by_number ? i == number : matches(&list[i], where))) {
			chosen = i;
			matching++;
		}
	}
	if (matching == 1) {
		u->device = list[chosen];
		u->base.usb = u->device.id;
		memcpy(u->base.port, u->device.port, sizeof(u->base.port));
		libusb_ref_device(u->device.device);
	}
	hci_usb_forget(list, count);
	return matching == 1 ? 0 : none_such(where, matching, failure);
}

static int not_permitted(const struct usb *u, struct hci_failure *failure)
{
	return hci_failure_set(failure, HCI_FAILURE_PERMISSION,
			       "controller usb:%s: not permitted to open %04x:%04x: use sudo, or a "
			       "udev rule (docs/permissions.md)",
			       u->device.port, u->device.id.vendor, u->device.id.product);
}

/* It is off once the kernel's driver lets go of it. */
static bool works_by_kernel_only(const struct usb *u)
{
	const struct hci_identity silent = {.usb = u->device.id, .silent = true};
	const struct hci_maker *maker = hci_maker_find(&silent);

	return maker && maker->remedy == HCI_REMEDY_KERNEL;
}

/* It has no driver, but needs the kernel's to load its firmware. False: no, or there is none. */
static bool begin_set_up(struct usb *u)
{
	const struct hci_identity identity = {.usb = u->device.id};
	const struct hci_maker *maker = hci_maker_find(&identity);

	if (*u->device.driver || !maker || !maker->firmware || works_by_kernel_only(u) ||
	    u->mgmt < 0 || libusb_attach_kernel_driver(u->handle, u->device.interface.number))
		return false;
	(void)snprintf(u->base.note, sizeof(u->base.note),
		       "usb:%s had no driver: the kernel's sets it up first", u->device.port);
	(void)hci_failure_set(
		&u->base.waiting, HCI_FAILURE_NOT_FOUND,
		"controller usb:%s: %s: the kernel's driver did not set it up, which "
		"needs /lib/firmware/%s (package %s): see dmesg, and plug it in again",
		u->device.port, maker->name, maker->firmware, maker->package);
	return true;
}

/* True when the kernel has done with the device that it was given. */
static bool is_set_up(struct usb *u)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	const struct hci_kernel_controller *c;

	hci_usb_read_driver(&u->device);
	c = u->device.hci < 0
		    ? NULL
		    : hci_kernel_find(list, hci_kernel_list(list), (uint16_t)u->device.hci);
	return c && c->state != HCI_KERNEL_SETUP && c->state != HCI_KERNEL_FAILED;
}

/* Asks the kernel about the device. 0: we may take it; 1: wait; -1 with failure. */
static int ask_kernel(struct usb *u, struct hci_failure *failure)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	const struct hci_kernel_controller *c;
	char holders[120];

	if (u->device.hci < 0)
		return 0;
	c = hci_kernel_find(list, hci_kernel_list(list), (uint16_t)u->device.hci);
	/* rfkill and missing firmware stop the kernel, not libusb. */
	if (!c || c->state == HCI_KERNEL_FREE || c->state == HCI_KERNEL_BLOCKED ||
	    c->state == HCI_KERNEL_FAILED)
		return 0;
	hci_kernel_holders(holders, sizeof(holders));
	if (c->state != HCI_KERNEL_POWERED) {
		const char *who = c->state == HCI_KERNEL_SETUP ? "the kernel (setting it up)"
				  : *holders		       ? holders
							       : "another program";
		(void)hci_failure_set(&u->base.waiting, HCI_FAILURE_BUSY,
				      "controller usb:%s: it is hci%d, and %s holds it "
				      "exclusively: end that program",
				      u->device.port, u->device.hci, who);
		return 1;
	}
	/* bluetoothd was faster: it had no use for it before. */
	if (u->set_up)
		return 0;
	if (!u->access.take)
		return hci_failure_set(
			failure, HCI_FAILURE_IN_USE,
			"controller usb:%s: it is hci%d and up, used by %s; give --take "
			"to take it for this run (its connections end), or power it off "
			"there",
			u->device.port, u->device.hci,
			*holders ? holders : "the kernel or bluetoothd");
	u->was_up = true;
	return 0;
}

static int cannot(struct usb *u, const char *what, int error, struct hci_failure *failure)
{
	switch (error) {
	case LIBUSB_ERROR_ACCESS:
		return not_permitted(u, failure);
	case LIBUSB_ERROR_BUSY:
		return hci_failure_set(
			failure, HCI_FAILURE_BUSY,
			"controller usb:%s: another program holds it through libusb: "
			"end that program",
			u->device.port);
	case LIBUSB_ERROR_NO_DEVICE:
		return hci_failure_set(failure, HCI_FAILURE_GONE,
				       "controller usb:%s: it was unplugged", u->device.port);
	default:
		return hci_failure_set(failure, HCI_FAILURE_NOT_FOUND, "controller usb:%s: %s: %s",
				       u->device.port, what, libusb_strerror(error));
	}
}

static int detach(struct usb *u, struct hci_failure *failure)
{
	int error = libusb_detach_kernel_driver(u->handle, u->device.interface.number);

	/* Not found: no driver is attached. Not supported: the system cannot detach drivers. */
	if (error == LIBUSB_ERROR_NOT_FOUND || error == LIBUSB_ERROR_NOT_SUPPORTED)
		return 0;
	if (error)
		return cannot(u, "its kernel driver cannot be detached", error, failure);
	u->detached = !u->set_up; /* else it is left without a driver, as it was */
	if (u->was_up)
		(void)snprintf(
			u->base.note, sizeof(u->base.note),
			"usb:%s is taken from hci%d, and will be powered on again afterwards",
			u->device.port, u->device.hci);
	return 0;
}

/* Takes the device if it is free; the phase shows whether. 0, or -1 with failure. */
static int attempt(struct usb *u, struct hci_failure *failure)
{
	int error = u->handle ? 0 : libusb_open(u->device.device, &u->handle);

	if (error)
		return cannot(u, "it cannot be opened", error, failure);
	if (!u->set_up && begin_set_up(u)) {
		u->set_up = true;
		return 0;
	}
	if (u->set_up && !is_set_up(u))
		return 0;
	int kernel = ask_kernel(u, failure);
	if (kernel)
		return kernel < 0 ? -1 : 0;
	if (detach(u, failure))
		return -1;
	error = libusb_claim_interface(u->handle, u->device.interface.number);
	if (error)
		return cannot(u, "its interface cannot be claimed", error, failure);
	u->claimed = true;
	if (!hci_usb_pipes_init(&u->pipes, u->handle, &u->device.interface))
		return cannot(u, "out of memory", LIBUSB_ERROR_NO_MEM, failure);
	if (hci_usb_pipes_start(&u->pipes)) {
		*failure = u->pipes.failure;
		return -1;
	}
	u->base.phase = HCI_PHASE_OPEN;
	return 0;
}

static struct hci_transport *usb_open(const char *where, const struct hci_access *access,
				      struct hci_failure *failure)
{
	struct usb *u = calloc(1, sizeof(*u));

	if (!u || libusb_init(&u->context)) {
		free(u);
		(void)hci_failure_set(failure, HCI_FAILURE_NOT_FOUND,
				      "controller usb:%s: libusb does not start: is /dev/bus/usb "
				      "there, and the package libusb-1.0-0 installed?",
				      where);
		return NULL;
	}
	u->base.ops = &hci_transport_usb;
	u->pipes.port = u->device.port;
	u->pipes.note = u->base.note;
	u->access = *access;
	u->mgmt = hci_mgmt_open();
	u->fds_changed = true;
	libusb_set_pollfd_notifiers(u->context, fd_added, fd_removed, u);
	if (find(u, where, failure) || attempt(u, failure)) {
		u->base.ops->close(&u->base);
		return NULL;
	}
	return &u->base;
}

/* ---- In use ---------------------------------------------------------------------------------- */

static void refresh_fds(struct usb *u)
{
	const struct libusb_pollfd **all = libusb_get_pollfds(u->context);

	u->fds_changed = false;
	/* One entry is reserved for the management socket. */
	for (u->fd_count = 0; all && all[u->fd_count] && u->fd_count < HCI_TRANSPORT_FDS - 1;
	     u->fd_count++)
		u->fds[u->fd_count] = (struct pollfd){.fd = all[u->fd_count]->fd,
						      .events = all[u->fd_count]->events};
	libusb_free_pollfds(all);
}

static size_t usb_watch(struct hci_transport *transport, struct pollfd *fds)
{
	struct usb *u = usb_of(transport);
	size_t count;

	if (u->fds_changed)
		refresh_fds(u);
	count = u->fd_count;
	memcpy(fds, u->fds, count * sizeof(fds[0]));
	if (u->base.phase != HCI_PHASE_OPEN && u->mgmt >= 0)
		fds[count++] = (struct pollfd){.fd = u->mgmt, .events = POLLIN};
	return count;
}

static void handle_events(struct usb *u, long microseconds)
{
	struct timeval wait = {.tv_usec = microseconds};

	(void)libusb_handle_events_timeout_completed(u->context, &wait, NULL);
}

static void give_back(struct usb *u);
static void news(struct usb *u, const struct hci_mgmt_message *m);

static int usb_ready(struct hci_transport *transport, const struct pollfd *fds, size_t count,
		     struct hci_failure *failure)
{
	struct usb *u = usb_of(transport);
	struct hci_mgmt_message m;

	(void)fds;
	(void)count;
	handle_events(u, 0);
	while (u->base.phase != HCI_PHASE_OPEN && u->mgmt >= 0 && hci_mgmt_next(u->mgmt, &m)) {
		if (u->base.phase == HCI_PHASE_RELEASING)
			news(u, &m);
		else if (u->base.phase == HCI_PHASE_OPENING && m.event == HCI_MGMT_INDEX_ADDED &&
			 attempt(u, failure))
			return -1;
	}
	if (u->base.phase == HCI_PHASE_RELEASING)
		give_back(u);
	else if (u->pipes.failure.kind) {
		*failure = u->pipes.failure;
		return -1;
	}
	return 0;
}

static int usb_receive(struct hci_transport *transport, uint8_t *packet,
		       struct hci_failure *failure)
{
	struct usb *u = usb_of(transport);
	int len = hci_usb_pipes_receive(&u->pipes, packet);

	if (len < 0)
		*failure = u->pipes.failure;
	return len;
}

static int usb_send(struct hci_transport *transport, const uint8_t *packet, size_t len,
		    struct hci_failure *failure)
{
	return hci_usb_pipes_send(&usb_of(transport)->pipes, packet, len, failure);
}

/* ---- Release ----------------------------------------------------------------------------- */

/* Attaches the kernel's driver again. True: the controller returns as hciN and must be powered on.
 */
static bool attach(struct usb *u)
{
	bool here = u->pipes.failure.kind != HCI_FAILURE_GONE;

	if (u->claimed)
		(void)libusb_release_interface(u->handle, u->device.interface.number);
	u->claimed = false;
	if (!u->detached)
		return false;
	u->detached = false;
	int error = libusb_attach_kernel_driver(u->handle, u->device.interface.number);
	if (!error)
		return u->was_up && u->mgmt >= 0;
	if (here && error != LIBUSB_ERROR_NO_DEVICE && error != LIBUSB_ERROR_NOT_FOUND)
		(void)snprintf(u->base.note, sizeof(u->base.note),
			       "usb:%s could not be given back to %s (%s): plug it in again",
			       u->device.port, u->device.driver, libusb_strerror(error));
	return false;
}

static void give_back(struct usb *u)
{
	if (hci_usb_pipes_flying(&u->pipes) || u->waiting_for_kernel)
		return;
	u->waiting_for_kernel = attach(u);
	if (!u->waiting_for_kernel)
		u->base.phase = HCI_PHASE_RELEASED;
}

static void power_on(struct usb *u)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	size_t count = hci_kernel_list(list);
	const uint8_t on = 1;

	for (size_t i = 0; i < count && !u->powering; i++)
		if (strcmp(list[i].device, u->device.sysfs) == 0)
			u->powering = hci_mgmt_send(u->mgmt, HCI_MGMT_SET_POWERED, list[i].index,
						    &on, 1) == 0;
}

/* The kernel has set it up again, or powered it on. */
static void news(struct usb *u, const struct hci_mgmt_message *m)
{
	if (m->event == HCI_MGMT_INDEX_ADDED && u->waiting_for_kernel && !u->powering)
		power_on(u);
	if (m->opcode != HCI_MGMT_SET_POWERED || !u->powering)
		return;
	/* Busy: bluetoothd is powering it on already. */
	if (m->status != HCI_MGMT_SUCCESS && m->status != HCI_MGMT_BUSY)
		(void)snprintf(u->base.note, sizeof(u->base.note),
			       "usb:%s is back, but could not be powered on again (management "
			       "status 0x%02x): bluetoothctl power on",
			       u->device.port, m->status);
	u->base.phase = HCI_PHASE_RELEASED;
}

static void usb_release(struct hci_transport *transport)
{
	struct usb *u = usb_of(transport);

	u->base.phase = HCI_PHASE_RELEASING;
	u->pipes.deaf = true;
	hci_usb_pipes_cancel(&u->pipes);
	give_back(u);
}

/* Transfers in flight must return before they can be freed; the kernel returns them at once. */
#define CLOSE_TURNS   20
#define CLOSE_TURN_US 50000

static void usb_close(struct hci_transport *transport)
{
	struct usb *u = usb_of(transport);

	hci_usb_pipes_cancel(&u->pipes);
	for (int i = 0; i < CLOSE_TURNS && hci_usb_pipes_flying(&u->pipes); i++)
		handle_events(u, CLOSE_TURN_US);
	(void)attach(u);
	hci_usb_pipes_free(&u->pipes);
	if (u->handle)
		libusb_close(u->handle);
	if (u->device.device)
		libusb_unref_device(u->device.device);
	libusb_exit(u->context);
	if (u->mgmt >= 0)
		close(u->mgmt);
	bytes_wipe(u, sizeof(*u)); /* keys have passed through its buffers */
	free(u);
}

const struct hci_transport_ops hci_transport_usb = {
	.scheme = "usb:",
	.form = "usb:VID:PID, usb:BUS-PORT, usb:N, usb:SERIAL=TEXT",
	.open = usb_open,
	.watch = usb_watch,
	.ready = usb_ready,
	.receive = usb_receive,
	.send = usb_send,
	.release = usb_release,
	.close = usb_close,
};
