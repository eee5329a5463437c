/* SPDX-License-Identifier: MIT */
#include "capture/usb.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"

enum pipe { PIPE_EVENTS, PIPE_IN, PIPE_OUT };
enum { INTERRUPT = 1, CONTROL = 2, BULK = 3 };
enum { IN = 0x80, ADDRESS_MASK = 0x7f };
enum { SETUP = 8 };

/* What the formats have in common. */
struct transfer {
	uint16_t bus, address;
	unsigned type, endpoint;
	const uint8_t *setup; /* NULL, or of a control transfer */
	const uint8_t *data;
	size_t kept, original;
};

/* Headers of packets, Core Vol 4 Part E 5.4. */
static const struct {
	enum explain_kind kind;
	enum explain_way way;
	uint8_t header;
	const char *name;
} kinds[] = {
	[PIPE_EVENTS] = {EXPLAIN_EVENT, EXPLAIN_RECEIVED, 2, "event"},
	[PIPE_IN] = {EXPLAIN_ACL, EXPLAIN_RECEIVED, 4, "data packet"},
	[PIPE_OUT] = {EXPLAIN_ACL, EXPLAIN_SENT, 4, "data packet"},
};

/* The length of a packet that begins with p, which has at least its header. */
static size_t length_of(enum pipe pipe, const uint8_t *p)
{
	return kinds[pipe].header + (size_t)(pipe == PIPE_EVENTS ? p[1] : bytes_get_le16(p + 2));
}

/* ---- Devices --------------------------------------------------------------------------------- */

static struct explain_usb_device *find(struct explain_usb *usb, const struct transfer *t)
{
	for (size_t i = 0; i < usb->count; i++)
		if (usb->devices[i].bus == t->bus && usb->devices[i].address == t->address)
			return &usb->devices[i];
	return NULL;
}

/* Events that a keyboard's report does not look like: whole, with lengths that agree. */
static bool is_event(const uint8_t *p, size_t kept, size_t original)
{
	enum { COMMAND_COMPLETE = 0x0e, COMMAND_STATUS, COMPLETED_PACKETS = 0x13, LE_META = 0x3e };

	if (kept < 3 || original != 2 + (size_t)p[1])
		return false;
	switch (p[0]) {
	case COMMAND_COMPLETE:
		return p[1] >= 3;
	case COMMAND_STATUS:
		return p[1] == 4;
	case COMPLETED_PACKETS:
		return p[1] == 1 + 4 * p[2];
	case LE_META:
		return p[1] >= 2 && p[2] >= 1 && p[2] < 0x40;
	default:
		return false;
	}
}

/* bmRequestType: class, host to device; the recipient is the device, or an interface of it. */
static bool is_command(const uint8_t *setup, const uint8_t *data, size_t kept)
{
	return (setup[0] & 0xfe) == 0x20 && (setup[1] == 0 || setup[1] == 0xe0) && kept >= 3 &&
	       bytes_get_le16(setup + 6) == 3 + data[2];
}

/* The device of a transfer, new if the transfer shows that it speaks HCI. */
static struct explain_usb_device *device_of(struct explain_usb *usb, const struct transfer *t)
{
	struct explain_usb_device *device = find(usb, t);
	bool shown = t->type == CONTROL ? t->setup && is_command(t->setup, t->data, t->kept)
					: t->type == INTERRUPT && t->endpoint & IN &&
						  is_event(t->data, t->kept, t->original);

	if (device || !shown || usb->count == EXPLAIN_USB_DEVICES)
		return device;
	device = &usb->devices[usb->count++];
	device->bus = t->bus;
	device->address = t->address;
	return device;
}

/* ---- Packets --------------------------------------------------------------------------------- */

static void note(struct explain_usb *usb, struct explain_packet *packet, enum pipe pipe,
		 size_t more)
{
	(void)snprintf(usb->oddity, sizeof(usb->oddity),
		       "the %s has %zu octet%s more than its length says", kinds[pipe].name, more,
		       more == 1 ? "" : "s");
	packet->oddity = usb->oddity;
}

static enum explain_read give(struct explain_packet *packet, enum pipe pipe, const uint8_t *data,
			      size_t kept, size_t original)
{
	packet->kind = kinds[pipe].kind;
	packet->way = kinds[pipe].way;
	packet->data = data;
	packet->len = kept;
	packet->original = original;
	return EXPLAIN_READ_PACKET;
}

static void keep(struct explain_usb_pipe *p, const uint8_t *data, size_t kept, size_t original)
{
	size_t n = p->cut ? 0 : capture_least(kept, sizeof(p->octets) - p->len);

	memcpy(p->octets + p->len, data, n);
	p->len += n;
	p->passed += original;
	p->cut |= n < original;
}

/* A transfer that is a whole number of packets of USB can have a continuation. */
static bool may_continue(const struct explain_usb_pipe *p)
{
	return p->passed > 0 && p->passed % 16 == 0;
}

/* A transfer that begins with a packet of HCI. */
static enum explain_read take_first(struct explain_usb *usb, struct explain_usb_device *device,
				    struct explain_packet *packet, enum pipe pipe,
				    const uint8_t *data, size_t kept, size_t original)
{
	size_t header = kinds[pipe].header;

	if (kept < header)
		return EXPLAIN_READ_SKIPPED;
	size_t len = length_of(pipe, data);
	if (original < len) {
		keep(&device->pipes[pipe], data, kept, original);
		return EXPLAIN_READ_SKIPPED;
	}
	const uint8_t *rest = data + len;
	size_t left = kept > len ? kept - len : 0;
	if (left > header && left >= length_of(pipe, rest) && pipe == PIPE_EVENTS) {
		usb->more = *packet;
		usb->more_of = device;
		usb->more.data = rest;
		usb->more.len = usb->more.original = left;
	} else if (original > len) {
		note(usb, packet, pipe, original - len);
	}
	return give(packet, pipe, data, capture_least(kept, len), len);
}

static enum explain_read take(struct explain_usb *usb, struct explain_usb_device *device,
			      struct explain_packet *packet, enum pipe pipe,
			      const struct transfer *t)
{
	struct explain_usb_pipe *p = &device->pipes[pipe];

	if (!may_continue(p) || p->len < kinds[pipe].header) {
		p->len = p->passed = 0;
		p->cut = false;
		return take_first(usb, device, packet, pipe, t->data, t->kept, t->original);
	}
	size_t len = length_of(pipe, p->octets), needed = len - p->passed;
	if (t->original > needed)
		note(usb, packet, pipe, t->original - needed);
	keep(p, t->data, capture_least(t->kept, needed), capture_least(t->original, needed));
	if (p->passed < len)
		return EXPLAIN_READ_SKIPPED;
	p->passed = 0; /* its octets stay until the next transfer */
	return give(packet, pipe, p->octets, p->len, len);
}

bool capture_usb_more(struct explain_usb *usb, struct explain_packet *packet)
{
	if (!usb->more.data)
		return false;
	const struct explain_packet rest = usb->more;

	*packet = rest;
	packet->oddity = NULL;
	usb->more.data = NULL;
	return take_first(usb, usb->more_of, packet, PIPE_EVENTS, rest.data, rest.len, rest.len) ==
	       EXPLAIN_READ_PACKET;
}

static enum explain_read take_transfer(struct explain_usb *usb, struct explain_packet *packet,
				       const struct transfer *t)
{
	usb->transfers++;
	struct explain_usb_device *device = device_of(usb, t);

	if (!device)
		return EXPLAIN_READ_SKIPPED;
	packet->source |= (uint16_t)(device - usb->devices);
	if (t->type == CONTROL) {
		if (!t->setup || !is_command(t->setup, t->data, t->kept))
			return EXPLAIN_READ_SKIPPED;
		packet->kind = EXPLAIN_COMMAND;
		packet->way = EXPLAIN_SENT;
		packet->data = t->data;
		packet->original = 3 + (size_t)t->data[2];
		packet->len = capture_least(t->kept, packet->original);
		return EXPLAIN_READ_PACKET;
	}
	if (t->type == INTERRUPT && t->endpoint & IN && t->original > 0)
		return take(usb, device, packet, PIPE_EVENTS, t);
	if (t->type == BULK && t->original > 0)
		return take(usb, device, packet, t->endpoint & IN ? PIPE_IN : PIPE_OUT, t);
	return EXPLAIN_READ_SKIPPED;
}

/* ---- Formats --------------------------------------------------------------------------------- */

/* A length in the byte order of the capturing machine, which is not given: it is below 65536. */
static size_t either_order(const uint8_t *p)
{
	return capture_least(bytes_get_le32(p), capture_get_be32(p));
}

/* struct mon_bin_hdr, Documentation/usb/usbmon.rst of Linux: the type of the event is 'S', 'C' or
 * 'E'. */
static enum explain_read take_linux(struct explain_usb *usb, struct explain_packet *packet,
				    size_t header, const uint8_t *data, size_t kept,
				    size_t original)
{
	if (kept < header)
		return EXPLAIN_READ_SKIPPED;
	struct transfer t = {
		.bus = bytes_get_le16(data + 12),
		.address = data[11],
		.type = data[9],
		.endpoint = data[10],
		.setup = data[14] == 0 ? data + 40 : NULL,
		.data = data + header,
	};
	bool submission = data[8] == 'S', inward = t.endpoint & IN;

	/* Data goes out with the submission, and comes in with the completion. */
	if ((!submission && data[8] != 'C') || submission == inward || data[15] != 0)
		return EXPLAIN_READ_SKIPPED;
	t.original = capture_least(either_order(data + (submission ? 32 : 36)), original - header);
	t.kept = capture_least(kept - header, t.original);
	return take_transfer(usb, packet, &t);
}

enum explain_read capture_usb_linux(struct explain_usb *usb, struct explain_packet *packet,
				    const uint8_t *data, size_t kept, size_t original)
{
	return take_linux(usb, packet, 48, data, kept, original);
}

enum explain_read capture_usb_linux_mmapped(struct explain_usb *usb, struct explain_packet *packet,
					    const uint8_t *data, size_t kept, size_t original)
{
	return take_linux(usb, packet, 64, data, kept, original);
}

/* USBPCAP_BUFFER_PACKET_HEADER, https://desowin.org/usbpcap/captureformat.html. */
enum explain_read capture_usb_pcap(struct explain_usb *usb, struct explain_packet *packet,
				   const uint8_t *data, size_t kept, size_t original)
{
	enum { HEADER = 27, COMPLETION = 0x01, STAGE_SETUP = 0, STAGE_DATA = 1 };
	static const uint8_t command[SETUP] = {0x20};

	if (kept < HEADER)
		return EXPLAIN_READ_SKIPPED;
	size_t header = bytes_get_le16(data);
	struct transfer t = {
		.bus = bytes_get_le16(data + 17),
		.address = bytes_get_le16(data + 19),
		.type = data[22],
		.endpoint = data[21],
		.data = data + header,
	};
	bool completion = data[16] & COMPLETION, control = t.type == CONTROL;

	if (header < HEADER + (control ? 1 : 0) || header > kept)
		return EXPLAIN_READ_SKIPPED;
	t.original = capture_least(bytes_get_le32(data + 23), original - header);
	t.kept = capture_least(kept - header, t.original);
	if (!control)
		return completion == !!(t.endpoint & IN) ? take_transfer(usb, packet, &t)
							 : EXPLAIN_READ_SKIPPED;
	unsigned stage = data[27];
	bool due =
		usb->command_due && usb->command_bus == t.bus && usb->command_address == t.address;
	usb->command_due = false;
	if (completion)
		return EXPLAIN_READ_SKIPPED;
	uint8_t setup[SETUP];
	if (stage == STAGE_SETUP && t.kept >= SETUP) {
		memcpy(setup, t.data, SETUP);
		t.data += SETUP;
		t.kept -= SETUP;
		t.original -= SETUP;
		usb->command_due = t.original == 0 && setup[0] == command[0] && setup[1] == 0;
		usb->command_bus = t.bus;
		usb->command_address = t.address;
	} else if (stage == STAGE_DATA && due && t.kept >= 3) {
		memcpy(setup, command, SETUP);
		setup[6] = (uint8_t)t.original;
		setup[7] = (uint8_t)(t.original >> 8);
	} else {
		return EXPLAIN_READ_SKIPPED;
	}
	t.setup = setup;
	return take_transfer(usb, packet, &t);
}
