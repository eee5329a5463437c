/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/usb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "hci/h4.h"
#include "hci/inventory.h"
#include "hci/kernel.h"
#include "hci/mgmt.h"
#include "hci/usb_device.h"

/*
 * A transfer in takes one packet of its pipe, so that each is delivered as soon as it is there: no
 * zero-length packet is needed to end an event or ACL packet that fills its last one, and one that
 * comes is nothing. Several are in flight; the pieces are put together by the lengths in the HCI
 * headers.
 */
#define EVENT_TRANSFERS 4
#define ACL_TRANSFERS	8
#define IN_TRANSFERS	(EVENT_TRANSFERS + ACL_TRANSFERS)

/* Transfers out wait in line, one of each pipe in flight. */
#define OUT_QUEUE  64
#define OUT_MAX	   (LIBUSB_CONTROL_SETUP_SIZE + 3 + 255)
#define STALLS_MAX 3 /* in a row, until the pipe counts as broken */

/* Host-to-device, class, device: Part B 2.2.2. */
#define COMMAND_REQUEST_TYPE 0x20

/* Received packets that wait for receive(): what one turn of the loop can bring. */
#define RECEIVED_MAX 16384

struct usb;

struct in_pipe {
	struct usb *usb;
	uint8_t endpoint, type; /* HCI_EVENT or HCI_ACL */
	uint16_t size;
	struct hci_h4 h4; /* puts packets together */
	unsigned in_flight, stalls;
	bool stalled; /* to be cleared once nothing is in flight */
};

struct in_transfer {
	struct libusb_transfer *transfer;
	struct in_pipe *pipe;
	bool flying;
	uint8_t data[HCI_USB_PACKET_MAX];
};

struct out_pipe {
	struct usb *usb;
	struct libusb_transfer *transfer;
	uint8_t endpoint; /* 0: control */
	bool flying, stalled;
	unsigned stalls;
	size_t first, count;
	struct {
		uint16_t len;
		uint8_t data[OUT_MAX]; /* of commands: set-up first */
	} queue[OUT_QUEUE];
};

struct usb {
	struct hci_transport base;
	struct hci_access access;
	struct hci_usb_device device;
	libusb_context *context;
	libusb_device_handle *handle;
	struct pollfd fds[HCI_TRANSPORT_FDS]; /* libusb's, as of the last change */
	size_t fd_count;
	bool fds_changed;

	struct in_pipe event, acl;
	struct in_transfer in[IN_TRANSFERS];
	struct out_pipe command, data;

	uint8_t received[RECEIVED_MAX]; /* packets, each behind two octets of length */
	size_t received_at, received_len;

	int mgmt; /* -1: the kernel has no Bluetooth */
	bool claimed, detached, was_up;
	bool waiting_for_kernel; /* the driver is back, the controller to be powered on */
	bool powering;
	struct hci_problem failure; /* of a callback, told by ready() */
};

static struct usb *usb_of(struct hci_transport *transport)
{
	return (struct usb *)(void *)transport;
}

static int fail(struct usb *u, enum hci_trouble trouble, const char *what)
{
	if (u->failure.trouble == HCI_TROUBLE_NONE)
		(void)hci_problem_set(&u->failure, trouble, "controller usb:%s: %s", u->device.port,
				      what);
	return -1;
}

static int gone(struct usb *u)
{
	return fail(u, HCI_TROUBLE_GONE, "it is gone: unplugged, or it reset itself");
}

/* ---- In -------------------------------------------------------------------------------------- */

static void keep(struct usb *u, const uint8_t *packet, size_t len)
{
	if (len + 2 > sizeof(u->received) - u->received_len) {
		(void)fail(u, HCI_TROUBLE_PROTOCOL, "it sends more than can be taken");
		return;
	}
	bytes_put_le16(u->received + u->received_len, (uint16_t)len);
	memcpy(u->received + u->received_len + 2, packet, len);
	u->received_len += len + 2;
}

static void assemble(struct in_pipe *pipe, const uint8_t *data, size_t len)
{
	while (len) {
		size_t used;
		if (pipe->h4.length == 0 || pipe->h4.whole)
			(void)hci_h4_push(&pipe->h4, &pipe->type, 1, &used);
		switch (hci_h4_push(&pipe->h4, data, len, &used)) {
		case HCI_H4_PACKET:
			keep(pipe->usb, pipe->h4.packet, pipe->h4.length);
			break;
		case HCI_H4_MORE:
			break;
		case HCI_H4_BAD_TYPE:
		case HCI_H4_TOO_LONG:
			(void)fail(pipe->usb, HCI_TROUBLE_PROTOCOL,
				   "it sends a packet longer than any: octets were lost");
			return;
		}
		data += used;
		len -= used;
	}
}

static void LIBUSB_CALL on_in(struct libusb_transfer *transfer)
{
	struct in_transfer *in = transfer->user_data;
	struct in_pipe *pipe = in->pipe;
	struct usb *u = pipe->usb;

	in->flying = false;
	pipe->in_flight--;
	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		pipe->stalls = 0;
		if (u->base.phase == HCI_PHASE_OPEN && !u->failure.trouble)
			assemble(pipe, transfer->buffer, (size_t)transfer->actual_length);
		break;
	case LIBUSB_TRANSFER_STALL:
		pipe->stalled = true;
		break;
	case LIBUSB_TRANSFER_OVERFLOW:
		/* More than a packet may hold: what it was part of is lost. */
		hci_h4_init(&pipe->h4, false);
		(void)snprintf(u->base.note, sizeof(u->base.note),
			       "controller usb:%s babbles: a packet was dropped", u->device.port);
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
		(void)gone(u);
		break;
	case LIBUSB_TRANSFER_ERROR:
		if (++pipe->stalls > STALLS_MAX)
			(void)gone(u);
		break;
	case LIBUSB_TRANSFER_CANCELLED:
	case LIBUSB_TRANSFER_TIMED_OUT:
		break;
	}
	bytes_wipe(in->data, sizeof(in->data));
}

static int submit_in(struct usb *u)
{
	for (size_t i = 0; i < IN_TRANSFERS; i++) {
		struct in_transfer *in = &u->in[i];
		if (in->flying || in->pipe->stalled)
			continue;
		int error = libusb_submit_transfer(in->transfer);
		if (error)
			return gone(u);
		in->flying = true;
		in->pipe->in_flight++;
	}
	return 0;
}

static void cancel_pipe(struct usb *u, const struct in_pipe *pipe)
{
	for (size_t i = 0; i < IN_TRANSFERS; i++)
		if (u->in[i].pipe == pipe && u->in[i].flying)
			(void)libusb_cancel_transfer(u->in[i].transfer);
}

/* A halted pipe: all of its transfers come back first, then the halt is cleared (USB 2.0 5.8.5). */
static int clear_halt(struct usb *u, struct in_pipe *pipe)
{
	if (!pipe->stalled)
		return 0;
	if (pipe->in_flight) {
		cancel_pipe(u, pipe);
		return 0;
	}
	if (++pipe->stalls > STALLS_MAX)
		return fail(u, HCI_TROUBLE_PROTOCOL,
			    "a pipe to it stalls again and again: unplug it and plug it in again");
	if (libusb_clear_halt(u->handle, pipe->endpoint))
		return gone(u);
	hci_h4_init(&pipe->h4, false);
	pipe->stalled = false;
	return 0;
}

/* ---- Out ------------------------------------------------------------------------------------- */

static int submit_out(struct out_pipe *pipe)
{
	struct usb *u = pipe->usb;

	if (pipe->flying || !pipe->count || u->failure.trouble)
		return 0;
	uint8_t *data = pipe->queue[pipe->first].data;
	pipe->transfer->buffer = data;
	pipe->transfer->length = pipe->queue[pipe->first].len;
	if (libusb_submit_transfer(pipe->transfer))
		return gone(u);
	pipe->flying = true;
	return 0;
}

static void done_out(struct out_pipe *pipe)
{
	bytes_wipe(&pipe->queue[pipe->first], sizeof(pipe->queue[0])); /* it may have held a key */
	pipe->first = (pipe->first + 1) % OUT_QUEUE;
	pipe->count--;
	pipe->stalls = 0;
}

/*
 * Some controllers answer a command that they do not know by a stall instead of an event. It reads
 * as the Command Status that it should have been (Part E 7.7.15, Unknown HCI Command).
 */
static void refused_command(struct out_pipe *pipe)
{
	const uint8_t *opcode = pipe->queue[pipe->first].data + LIBUSB_CONTROL_SETUP_SIZE;
	const uint8_t event[] = {HCI_EVENT, HCI_COMMAND_STATUS, 4, 0x01, 1, opcode[0], opcode[1]};

	keep(pipe->usb, event, sizeof(event));
	done_out(pipe);
}

static void LIBUSB_CALL on_out(struct libusb_transfer *transfer)
{
	struct out_pipe *pipe = transfer->user_data;

	pipe->flying = false;
	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		done_out(pipe);
		break;
	case LIBUSB_TRANSFER_STALL:
		if (pipe->endpoint)
			pipe->stalled = true;
		else
			refused_command(pipe);
		break;
	case LIBUSB_TRANSFER_CANCELLED:
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_OVERFLOW:
	case LIBUSB_TRANSFER_TIMED_OUT:
		(void)gone(pipe->usb);
		break;
	}
}

static int clear_halt_out(struct usb *u, struct out_pipe *pipe)
{
	if (!pipe->stalled)
		return 0;
	if (++pipe->stalls > STALLS_MAX)
		return fail(u, HCI_TROUBLE_PROTOCOL,
			    "it refuses data again and again: unplug it and plug it in again");
	if (libusb_clear_halt(u->handle, pipe->endpoint))
		return gone(u);
	pipe->stalled = false;
	return 0;
}

static int usb_send(struct hci_transport *transport, const uint8_t *packet, size_t len,
		    struct hci_problem *problem)
{
	struct usb *u = usb_of(transport);
	bool command = packet[0] == HCI_COMMAND;
	struct out_pipe *pipe = command ? &u->command : &u->data;
	size_t before = command ? LIBUSB_CONTROL_SETUP_SIZE : 0;

	len--;
	packet++;
	if (pipe->count == OUT_QUEUE || before + len > OUT_MAX)
		return hci_problem_set(problem, HCI_TROUBLE_GONE,
				       "controller usb:%s: it takes no more data", u->device.port);
	size_t i = (pipe->first + pipe->count++) % OUT_QUEUE;
	if (command)
		libusb_fill_control_setup(pipe->queue[i].data, COMMAND_REQUEST_TYPE, 0, 0, 0,
					  (uint16_t)len);
	memcpy(pipe->queue[i].data + before, packet, len);
	pipe->queue[i].len = (uint16_t)(before + len);
	if (submit_out(pipe)) {
		*problem = u->failure;
		return -1;
	}
	return 0;
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

static int none_such(const char *where, size_t matching, struct hci_problem *problem)
{
	char there[160];

	hci_inventory_text(there, sizeof(there));
	if (matching)
		return hci_problem_set(
			problem, HCI_TROUBLE_SPEC,
			"controller usb:%s: %zu are like that; say which by usb:BUS-PORT "
			"or usb:SERIAL=TEXT; there %s",
			where, matching, there);
	return hci_problem_set(problem, HCI_TROUBLE_NOT_FOUND,
			       "controller usb:%s: no Bluetooth controller is plugged in there; "
			       "there %s",
			       where, there);
}

/* Finds the one that is meant, into u->device. */
static int find(struct usb *u, const char *where, struct hci_problem *problem)
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
		libusb_ref_device(u->device.device);
	}
	hci_usb_forget(list, count);
	return matching == 1 ? 0 : none_such(where, matching, problem);
}

static int not_permitted(const struct usb *u, struct hci_problem *problem)
{
	return hci_problem_set(problem, HCI_TROUBLE_PERMISSION,
			       "controller usb:%s: not permitted to open %04x:%04x: use sudo, or a "
			       "udev rule (docs/permissions.md)",
			       u->device.port, u->device.vendor, u->device.product);
}

/* What the kernel does with it. 0: it is ours; 1: to be waited for; -1 with problem. */
static int ask_kernel(struct usb *u, struct hci_problem *problem)
{
	struct hci_kernel_controller list[HCI_KERNEL_MAX];
	const struct hci_kernel_controller *c;
	char holders[120];

	if (u->device.hci < 0)
		return 0;
	c = hci_kernel_find(list, hci_kernel_list(list), (uint16_t)u->device.hci);
	/* What stops the kernel, rfkill or firmware, does not stop us. */
	if (!c || c->state == HCI_KERNEL_FREE || c->state == HCI_KERNEL_BLOCKED ||
	    c->state == HCI_KERNEL_FAILED)
		return 0;
	hci_kernel_holders(holders, sizeof(holders));
	if (c->state != HCI_KERNEL_POWERED) {
		const char *who = c->state == HCI_KERNEL_SETUP ? "the kernel (setting it up)"
				  : *holders		       ? holders
							       : "another program";
		(void)hci_problem_set(&u->base.waiting, HCI_TROUBLE_BUSY,
				      "controller usb:%s: it is hci%d, and %s holds it "
				      "exclusively: end that program",
				      u->device.port, u->device.hci, who);
		return 1;
	}
	if (!u->access.take)
		return hci_problem_set(
			problem, HCI_TROUBLE_IN_USE,
			"controller usb:%s: it is hci%d and up, used by %s; give --take "
			"to take it for this run (its connections end), or power it off "
			"there",
			u->device.port, u->device.hci,
			*holders ? holders : "the kernel or bluetoothd");
	u->was_up = true;
	return 0;
}

static int cannot(struct usb *u, const char *what, int error, struct hci_problem *problem)
{
	switch (error) {
	case LIBUSB_ERROR_ACCESS:
		return not_permitted(u, problem);
	case LIBUSB_ERROR_BUSY:
		return hci_problem_set(
			problem, HCI_TROUBLE_BUSY,
			"controller usb:%s: another program holds it through libusb: "
			"end that program",
			u->device.port);
	case LIBUSB_ERROR_NO_DEVICE:
		return hci_problem_set(problem, HCI_TROUBLE_GONE,
				       "controller usb:%s: it was unplugged", u->device.port);
	default:
		return hci_problem_set(problem, HCI_TROUBLE_NOT_FOUND, "controller usb:%s: %s: %s",
				       u->device.port, what, libusb_strerror(error));
	}
}

static int detach(struct usb *u, struct hci_problem *problem)
{
	int error = libusb_detach_kernel_driver(u->handle, u->device.interface.number);

	/* Not found: no driver has it. Not supported: there is none to have. */
	if (error == LIBUSB_ERROR_NOT_FOUND || error == LIBUSB_ERROR_NOT_SUPPORTED)
		return 0;
	if (error)
		return cannot(u, "its kernel driver cannot be detached", error, problem);
	u->detached = true;
	if (u->was_up)
		(void)snprintf(
			u->base.note, sizeof(u->base.note),
			"usb:%s is taken from hci%d, and will be powered on again afterwards",
			u->device.port, u->device.hci);
	return 0;
}

static bool make_transfers(struct usb *u)
{
	const struct hci_usb_interface *i = &u->device.interface;

	u->event = (struct in_pipe){
		.usb = u, .endpoint = i->event_in, .type = HCI_EVENT, .size = i->event_in_size};
	u->acl = (struct in_pipe){
		.usb = u, .endpoint = i->acl_in, .type = HCI_ACL, .size = i->acl_in_size};
	hci_h4_init(&u->event.h4, false);
	hci_h4_init(&u->acl.h4, false);
	for (size_t k = 0; k < IN_TRANSFERS; k++) {
		struct in_transfer *in = &u->in[k];
		in->pipe = k < EVENT_TRANSFERS ? &u->event : &u->acl;
		in->transfer = libusb_alloc_transfer(0);
		if (!in->transfer)
			return false;
		if (in->pipe == &u->event)
			libusb_fill_interrupt_transfer(in->transfer, u->handle, i->event_in,
						       in->data, i->event_in_size, on_in, in, 0);
		else
			libusb_fill_bulk_transfer(in->transfer, u->handle, i->acl_in, in->data,
						  i->acl_in_size, on_in, in, 0);
	}

	u->command.usb = u->data.usb = u;
	u->data.endpoint = i->acl_out;
	u->command.transfer = libusb_alloc_transfer(0);
	u->data.transfer = libusb_alloc_transfer(0);
	if (!u->command.transfer || !u->data.transfer)
		return false;
	/* Without a time limit: HCI has its own. The buffer is set when one is sent. */
	libusb_fill_bulk_transfer(u->data.transfer, u->handle, i->acl_out, NULL, 0, on_out,
				  &u->data, 0);
	libusb_fill_bulk_transfer(u->command.transfer, u->handle, 0, NULL, 0, on_out, &u->command,
				  0);
	u->command.transfer->type = LIBUSB_TRANSFER_TYPE_CONTROL;
	return true;
}

/* Takes it, if nobody else has it: the phase tells. 0, or -1 with problem. */
static int attempt(struct usb *u, struct hci_problem *problem)
{
	int error = u->handle ? 0 : libusb_open(u->device.device, &u->handle);

	if (error)
		return cannot(u, "it cannot be opened", error, problem);
	int kernel = ask_kernel(u, problem);
	if (kernel)
		return kernel < 0 ? -1 : 0;
	if (detach(u, problem))
		return -1;
	error = libusb_claim_interface(u->handle, u->device.interface.number);
	if (error)
		return cannot(u, "its interface cannot be claimed", error, problem);
	u->claimed = true;
	if (!make_transfers(u))
		return cannot(u, "out of memory", LIBUSB_ERROR_NO_MEM, problem);
	if (submit_in(u)) {
		*problem = u->failure;
		return -1;
	}
	u->base.phase = HCI_PHASE_OPEN;
	return 0;
}

static struct hci_transport *usb_open(const char *where, const struct hci_access *access,
				      struct hci_problem *problem)
{
	struct usb *u = calloc(1, sizeof(*u));

	if (!u || libusb_init(&u->context)) {
		free(u);
		(void)hci_problem_set(problem, HCI_TROUBLE_NOT_FOUND,
				      "controller usb:%s: libusb does not start: is /dev/bus/usb "
				      "there?",
				      where);
		return NULL;
	}
	u->base.ops = &hci_transport_usb;
	u->access = *access;
	u->mgmt = hci_mgmt_open();
	u->fds_changed = true;
	libusb_set_pollfd_notifiers(u->context, fd_added, fd_removed, u);
	if (find(u, where, problem) || attempt(u, problem)) {
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
	/* One place is kept for the management socket. */
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
		     struct hci_problem *problem)
{
	struct usb *u = usb_of(transport);
	struct hci_mgmt_message m;

	(void)fds;
	(void)count;
	handle_events(u, 0);
	while (u->base.phase != HCI_PHASE_OPEN && u->mgmt >= 0 && hci_mgmt_next(u->mgmt, &m)) {
		if (u->base.phase == HCI_PHASE_RELEASING)
			news(u, &m);
		else if (m.event == HCI_MGMT_INDEX_ADDED && attempt(u, problem))
			return -1;
	}
	if (u->base.phase == HCI_PHASE_RELEASING)
		give_back(u);
	else if (u->failure.trouble) {
		*problem = u->failure;
		return -1;
	}
	return 0;
}

/* All that came is taken: the pipes may go on. */
static int carry_on(struct usb *u)
{
	u->received_at = u->received_len = 0;
	return clear_halt(u, &u->event) || clear_halt(u, &u->acl) || clear_halt_out(u, &u->data) ||
			       submit_in(u) || submit_out(&u->command) || submit_out(&u->data)
		       ? -1
		       : 0;
}

static int usb_receive(struct hci_transport *transport, uint8_t *packet,
		       struct hci_problem *problem)
{
	struct usb *u = usb_of(transport);

	if (u->received_at < u->received_len) {
		const uint8_t *next = u->received + u->received_at;
		size_t len = bytes_get_le16(next);
		memcpy(packet, next + 2, len);
		u->received_at += len + 2;
		return (int)len;
	}
	bytes_wipe(u->received, u->received_len);
	if (!carry_on(u))
		return 0;
	*problem = u->failure;
	return -1;
}

/* ---- Giving back ----------------------------------------------------------------------------- */

static bool flying(const struct usb *u)
{
	return u->event.in_flight || u->acl.in_flight || u->command.flying || u->data.flying;
}

static void cancel_all(struct usb *u)
{
	cancel_pipe(u, &u->event);
	cancel_pipe(u, &u->acl);
	if (u->command.flying)
		(void)libusb_cancel_transfer(u->command.transfer);
	if (u->data.flying)
		(void)libusb_cancel_transfer(u->data.transfer);
}

/* Back to the kernel's driver. True: it will come up as hciN again, to be powered on. */
static bool attach(struct usb *u)
{
	bool here = u->failure.trouble != HCI_TROUBLE_GONE;

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
	if (flying(u) || u->waiting_for_kernel)
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
	/* Busy: bluetoothd is at it already. */
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
	cancel_all(u);
	give_back(u);
}

/* What is in flight must come back before it can be freed; the kernel does that at once. */
#define CLOSE_TURNS   20
#define CLOSE_TURN_US 50000

static void usb_close(struct hci_transport *transport)
{
	struct usb *u = usb_of(transport);

	cancel_all(u);
	for (int i = 0; i < CLOSE_TURNS && flying(u); i++)
		handle_events(u, CLOSE_TURN_US);
	(void)attach(u);
	for (size_t i = 0; i < IN_TRANSFERS; i++)
		if (!u->in[i].flying)
			libusb_free_transfer(u->in[i].transfer);
	libusb_free_transfer(u->command.transfer);
	libusb_free_transfer(u->data.transfer);
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
