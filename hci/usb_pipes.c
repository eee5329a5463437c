/* SPDX-License-Identifier: MIT */
#include "hci/usb_pipes.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"

#define STALLS_MAX 3 /* in a row, until a pipe counts as broken */

/* Host-to-device, class, device: Part B 2.2.2. */
#define COMMAND_REQUEST_TYPE 0x20

static int fail(struct hci_usb_pipes *p, enum hci_failure_kind kind, const char *what)
{
	p->deaf = true;
	if (p->failure.kind == HCI_FAILURE_NONE)
		(void)hci_failure_set(&p->failure, kind, "controller usb:%s: %s", p->port, what);
	return -1;
}

static int gone(struct hci_usb_pipes *p)
{
	return fail(p, HCI_FAILURE_GONE, "it is gone: unplugged, or it reset itself");
}

/* ---- In -------------------------------------------------------------------------------------- */

static void keep(struct hci_usb_pipes *p, const uint8_t *packet, size_t len)
{
	if (len + 2 > sizeof(p->received) - p->received_len) {
		(void)fail(p, HCI_FAILURE_PROTOCOL, "it sends more than the host can take");
		return;
	}
	bytes_put_le16(p->received + p->received_len, (uint16_t)len);
	memcpy(p->received + p->received_len + 2, packet, len);
	p->received_len += len + 2;
}

static void assemble(struct hci_usb_in_pipe *pipe, const uint8_t *data, size_t len)
{
	while (len) {
		size_t used;
		if (pipe->h4.length == 0 || pipe->h4.whole)
			(void)hci_h4_push(&pipe->h4, &pipe->type, 1, &used);
		switch (hci_h4_push(&pipe->h4, data, len, &used)) {
		case HCI_H4_PACKET:
			keep(pipe->pipes, pipe->h4.packet, pipe->h4.length);
			bytes_wipe(pipe->h4.packet, pipe->h4.length);
			/* Controllers of Barrot send an octet too many: no event begins with one.
			 */
			if (pipe->type == HCI_EVENT && len - used == 1)
				return;
			break;
		case HCI_H4_MORE:
			break;
		case HCI_H4_BAD_TYPE:
		case HCI_H4_TOO_LONG:
		case HCI_H4_OTHER: /* never: the pipes do not hunt */
			(void)fail(pipe->pipes, HCI_FAILURE_PROTOCOL,
				   "it sends a packet longer than HCI allows: octets were lost");
			return;
		}
		data += used;
		len -= used;
	}
}

static void LIBUSB_CALL on_in(struct libusb_transfer *transfer)
{
	struct hci_usb_in_transfer *in = transfer->user_data;
	struct hci_usb_in_pipe *pipe = in->pipe;
	struct hci_usb_pipes *p = pipe->pipes;

	in->flying = false;
	pipe->in_flight--;
	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		pipe->stalls = 0;
		if (!p->deaf)
			assemble(pipe, transfer->buffer, (size_t)transfer->actual_length);
		break;
	case LIBUSB_TRANSFER_STALL:
		pipe->stalled = true;
		break;
	case LIBUSB_TRANSFER_OVERFLOW:
		/* More than a USB packet holds: the HCI packet is lost. */
		hci_h4_init(&pipe->h4, false);
		(void)snprintf(p->note, HCI_NOTE_MAX,
			       "controller usb:%s babbles: a packet was dropped", p->port);
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
		(void)gone(p);
		break;
	case LIBUSB_TRANSFER_ERROR:
		if (++pipe->stalls > STALLS_MAX)
			(void)gone(p);
		break;
	case LIBUSB_TRANSFER_CANCELLED:
	case LIBUSB_TRANSFER_TIMED_OUT:
		break;
	}
	bytes_wipe(in->data, sizeof(in->data));
}

int hci_usb_pipes_start(struct hci_usb_pipes *p)
{
	for (size_t i = 0; i < HCI_USB_IN_TRANSFERS; i++) {
		struct hci_usb_in_transfer *in = &p->in[i];
		if (in->flying || in->pipe->stalled)
			continue;
		int error = libusb_submit_transfer(in->transfer);
		if (error)
			return gone(p);
		in->flying = true;
		in->pipe->in_flight++;
	}
	return 0;
}

static void cancel_pipe(struct hci_usb_pipes *p, const struct hci_usb_in_pipe *pipe)
{
	for (size_t i = 0; i < HCI_USB_IN_TRANSFERS; i++)
		if (p->in[i].pipe == pipe && p->in[i].flying)
			(void)libusb_cancel_transfer(p->in[i].transfer);
}

/* A halted pipe: all of its transfers come back first, then the halt is cleared (USB 2.0 5.8.5). */
static int clear_halt(struct hci_usb_pipes *p, struct hci_usb_in_pipe *pipe)
{
	if (!pipe->stalled)
		return 0;
	if (pipe->in_flight) {
		cancel_pipe(p, pipe);
		return 0;
	}
	if (++pipe->stalls > STALLS_MAX)
		return fail(p, HCI_FAILURE_PROTOCOL,
			    "a pipe to it stalls again and again: unplug it and plug it in again");
	if (libusb_clear_halt(p->handle, pipe->endpoint))
		return gone(p);
	hci_h4_init(&pipe->h4, false);
	pipe->stalled = false;
	return 0;
}

/* ---- Out ------------------------------------------------------------------------------------- */

static int submit_out(struct hci_usb_out_pipe *pipe)
{
	struct hci_usb_pipes *p = pipe->pipes;

	if (pipe->flying || !pipe->count || p->failure.kind)
		return 0;
	uint8_t *data = pipe->queue[pipe->first].data;
	pipe->transfer->buffer = data;
	pipe->transfer->length = pipe->queue[pipe->first].len;
	if (libusb_submit_transfer(pipe->transfer))
		return gone(p);
	pipe->flying = true;
	return 0;
}

static void done_out(struct hci_usb_out_pipe *pipe)
{
	bytes_wipe(&pipe->queue[pipe->first], sizeof(pipe->queue[0])); /* it may have held a key */
	pipe->first = (pipe->first + 1) % HCI_USB_OUT_QUEUE;
	pipe->count--;
	pipe->stalls = 0;
}

/*
 * Some controllers answer a command that they do not know by a stall instead of an event. It is
 * reported as the Command Status that it should have been (Part E 7.7.15, Unknown HCI Command).
 */
static void refused_command(struct hci_usb_out_pipe *pipe)
{
	const uint8_t *opcode = pipe->queue[pipe->first].data + LIBUSB_CONTROL_SETUP_SIZE;
	const uint8_t event[] = {HCI_EVENT, HCI_COMMAND_STATUS, 4, 0x01, 1, opcode[0], opcode[1]};

	keep(pipe->pipes, event, sizeof(event));
	done_out(pipe);
}

static void LIBUSB_CALL on_out(struct libusb_transfer *transfer)
{
	struct hci_usb_out_pipe *pipe = transfer->user_data;

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
		(void)gone(pipe->pipes);
		break;
	}
}

static int clear_halt_out(struct hci_usb_pipes *p, struct hci_usb_out_pipe *pipe)
{
	if (!pipe->stalled)
		return 0;
	if (++pipe->stalls > STALLS_MAX)
		return fail(p, HCI_FAILURE_PROTOCOL,
			    "it refuses data again and again: unplug it and plug it in again");
	if (libusb_clear_halt(p->handle, pipe->endpoint))
		return gone(p);
	pipe->stalled = false;
	return 0;
}

int hci_usb_pipes_send(struct hci_usb_pipes *p, const uint8_t *packet, size_t len,
		       struct hci_failure *failure)
{
	bool command = packet[0] == HCI_COMMAND;
	struct hci_usb_out_pipe *pipe = command ? &p->command : &p->data;
	size_t before = command ? LIBUSB_CONTROL_SETUP_SIZE : 0;

	len--;
	packet++;
	if (pipe->count == HCI_USB_OUT_QUEUE || before + len > HCI_USB_OUT_MAX)
		return hci_failure_set(failure, HCI_FAILURE_GONE,
				       "controller usb:%s: it takes no more data", p->port);
	size_t i = (pipe->first + pipe->count++) % HCI_USB_OUT_QUEUE;
	if (command)
		libusb_fill_control_setup(pipe->queue[i].data, COMMAND_REQUEST_TYPE, 0, 0, 0,
					  (uint16_t)len);
	memcpy(pipe->queue[i].data + before, packet, len);
	pipe->queue[i].len = (uint16_t)(before + len);
	if (submit_out(pipe)) {
		*failure = p->failure;
		return -1;
	}
	return 0;
}

/* ---- Both ------------------------------------------------------------------------------------ */

bool hci_usb_pipes_init(struct hci_usb_pipes *p, libusb_device_handle *handle,
			const struct hci_usb_interface *i)
{
	p->handle = handle;
	p->event = (struct hci_usb_in_pipe){.pipes = p, .endpoint = i->event_in, .type = HCI_EVENT};
	p->acl = (struct hci_usb_in_pipe){.pipes = p, .endpoint = i->acl_in, .type = HCI_ACL};
	hci_h4_init(&p->event.h4, false);
	hci_h4_init(&p->acl.h4, false);
	for (size_t k = 0; k < HCI_USB_IN_TRANSFERS; k++) {
		struct hci_usb_in_transfer *in = &p->in[k];
		in->pipe = k < HCI_USB_EVENT_TRANSFERS ? &p->event : &p->acl;
		in->transfer = libusb_alloc_transfer(0);
		if (!in->transfer)
			return false;
		if (in->pipe == &p->event)
			libusb_fill_interrupt_transfer(in->transfer, p->handle, i->event_in,
						       in->data, i->event_in_size, on_in, in, 0);
		else
			libusb_fill_bulk_transfer(in->transfer, p->handle, i->acl_in, in->data,
						  i->acl_in_size, on_in, in, 0);
	}

	p->command.pipes = p->data.pipes = p;
	p->data.endpoint = i->acl_out;
	p->command.transfer = libusb_alloc_transfer(0);
	p->data.transfer = libusb_alloc_transfer(0);
	if (!p->command.transfer || !p->data.transfer)
		return false;
	/* No time limit: HCI has its own. The buffer is set before each transfer. */
	libusb_fill_bulk_transfer(p->data.transfer, p->handle, i->acl_out, NULL, 0, on_out,
				  &p->data, 0);
	libusb_fill_bulk_transfer(p->command.transfer, p->handle, 0, NULL, 0, on_out, &p->command,
				  0);
	p->command.transfer->type = LIBUSB_TRANSFER_TYPE_CONTROL;
	return true;
}

/* All received packets are taken: the pipes may continue. */
static int carry_on(struct hci_usb_pipes *p)
{
	p->received_at = p->received_len = 0;
	return clear_halt(p, &p->event) || clear_halt(p, &p->acl) || clear_halt_out(p, &p->data) ||
			       hci_usb_pipes_start(p) || submit_out(&p->command) ||
			       submit_out(&p->data)
		       ? -1
		       : 0;
}

int hci_usb_pipes_receive(struct hci_usb_pipes *p, uint8_t *packet)
{
	if (p->received_at < p->received_len) {
		const uint8_t *next = p->received + p->received_at;
		size_t len = bytes_get_le16(next);
		memcpy(packet, next + 2, len);
		p->received_at += len + 2;
		return (int)len;
	}
	bytes_wipe(p->received, p->received_len);
	return carry_on(p);
}

bool hci_usb_pipes_flying(const struct hci_usb_pipes *p)
{
	return p->event.in_flight || p->acl.in_flight || p->command.flying || p->data.flying;
}

void hci_usb_pipes_cancel(struct hci_usb_pipes *p)
{
	cancel_pipe(p, &p->event);
	cancel_pipe(p, &p->acl);
	if (p->command.flying)
		(void)libusb_cancel_transfer(p->command.transfer);
	if (p->data.flying)
		(void)libusb_cancel_transfer(p->data.transfer);
}

void hci_usb_pipes_free(struct hci_usb_pipes *p)
{
	for (size_t i = 0; i < HCI_USB_IN_TRANSFERS; i++)
		if (!p->in[i].flying)
			libusb_free_transfer(p->in[i].transfer);
	if (!p->command.flying)
		libusb_free_transfer(p->command.transfer);
	if (!p->data.flying)
		libusb_free_transfer(p->data.transfer);
}
