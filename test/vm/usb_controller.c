/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "vm/usb_controller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

struct usb_controller {
	pid_t pid;
	int control;
};

struct order {
	enum usb_fault fault;
	unsigned arg;
};

/* ---- Descriptors (USB 2.0 9.6; Core Vol 4 Part B 6.2) ---------------------------------------- */

#define EVENT_SIZE 16
#define DATA_SIZE  64

static const uint8_t configuration[] = {
	9, 2, 0,    0, 2,	   1,	 0, 0xe0, 50, /* two interfaces; total length is filled in
						       */
	9, 4, 0,    0, 3,	   0xe0, 1, 1,	  0,  /* HCI */
	7, 5, 0x81, 3, EVENT_SIZE, 0,	 1,	      /* interrupt in */
	7, 5, 0x82, 2, DATA_SIZE,  0,	 1,	      /* bulk in */
	7, 5, 0x02, 2, DATA_SIZE,  0,	 1,	      /* bulk out */
	9, 4, 1,    0, 2,	   0xe0, 1, 1,	  0,  /* SCO, no bandwidth */
	7, 5, 0x83, 1, 0,	   0,	 1, 7,	  5,  0x03, 1, 0,    0, 1, /* isochronous */
	9, 4, 1,    1, 2,	   0xe0, 1, 1,	  0,  7,    5, 0x83, 1, 9,
	0, 1, 7,    5, 0x03,	   1,	 9, 0,	  1,
};

struct packet {
	struct packet *next;
	uint64_t due; /* microseconds */
	size_t len;
	uint8_t data[DATA_SIZE];
};

struct urb {
	struct urb *next;
	uint32_t number, want;
	size_t have;
	uint8_t data[2048];
};

struct pipe {
	size_t size;
	struct packet *packets;
	struct urb *urbs;
	bool halted;
};

struct device {
	const struct usb_controller_options *options;
	struct realtek_rom rom;
	int bus, radio, control;
	struct pipe event, data;
	bool out_halted;
	uint8_t radio_in[4096], data_out[2048];
	size_t radio_len, data_len;
	struct order once; /* faults of the next packet */
	bool zero_length, data_first, for_ever, hangs, hangs_for_good;
	unsigned mute, unplug_at, rejected[4];
};

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- The bus --------------------------------------------------------------------------------- */

enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4 };

struct header {
	uint32_t command, number, device, in, endpoint;
	union {
		struct {
			uint32_t flags, length, frame, packets, interval;
			uint8_t setup[8];
		} submit;
		struct {
			uint32_t status, length, frame, packets, errors, padding[2];
		} done;
		uint32_t unlink[7];
	};
};

static void put(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);
		if (n <= 0)
			_exit(0); /* the bus or the radio is gone */
		p += n;
		len -= (size_t)n;
	}
}

static void get(int fd, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);
		if (n <= 0)
			_exit(0);
		p += n;
		len -= (size_t)n;
	}
}

static void done(struct device *d, uint32_t number, int status, const uint8_t *data, size_t len,
		 size_t moved)
{
	struct header h = {.command = htonl(RET_SUBMIT), .number = number};

	h.done.status = htonl((uint32_t)status);
	h.done.length = htonl((uint32_t)moved);
	h.done.packets = 0xffffffff;
	put(d->bus, &h, sizeof(h));
	if (len)
		put(d->bus, data, len);
}

/* ---- In -------------------------------------------------------------------------------------- */

static void finish_urb(struct device *d, struct pipe *pipe, int status)
{
	struct urb *u = pipe->urbs;

	pipe->urbs = u->next;
	done(d, u->number, status, u->data, u->have, u->have);
	free(u);
}

/* Fills transfers as a host controller does: each ends when full, or with a short packet. */
static void deliver(struct device *d, struct pipe *pipe)
{
	while (pipe->urbs && pipe->halted)
		finish_urb(d, pipe, -EPIPE);
	while (pipe->urbs && pipe->packets && pipe->packets->due <= now_us()) {
		struct packet *p = pipe->packets;
		struct urb *u = pipe->urbs;
		bool fits = u->have + p->len <= u->want;
		if (fits) {
			memcpy(u->data + u->have, p->data, p->len);
			u->have += p->len;
		}
		bool ends = !fits || p->len < pipe->size || u->have == u->want;
		pipe->packets = p->next;
		free(p);
		if (ends)
			finish_urb(d, pipe, fits ? 0 : -EOVERFLOW);
	}
}

static void add_packet(struct device *d, struct pipe *pipe, const uint8_t *data, size_t len)
{
	struct packet *p = calloc(1, sizeof(*p)), **end = &pipe->packets;

	p->len = len;
	if (len)
		memcpy(p->data, data, len);
	p->due = now_us() + (d->data_first && pipe == &d->event ? 5000 : 0);
	while (*end)
		end = &(*end)->next;
	*end = p;
}

static bool next_is(struct device *d, enum usb_fault fault)
{
	if (d->once.fault != fault)
		return false;
	d->once.fault = USB_FAULT_NONE;
	return true;
}

static void send_in(struct device *d, struct pipe *pipe, const uint8_t *data, size_t len)
{
	bool fills = len % pipe->size == 0;

	if (d->for_ever || (pipe == &d->event && next_is(d, USB_FAULT_STALL_EVENTS)) ||
	    (pipe == &d->data && next_is(d, USB_FAULT_STALL_DATA_IN)))
		pipe->halted = true;
	if (pipe == &d->event && next_is(d, USB_FAULT_BABBLE)) {
		if (pipe->urbs)
			finish_urb(d, pipe, -EOVERFLOW);
		return;
	}
	for (size_t part; len; data += part, len -= part) {
		part = len < pipe->size ? len : pipe->size;
		add_packet(d, pipe, data, part);
	}
	if (fills && d->zero_length)
		add_packet(d, pipe, NULL, 0);
}

/* ---- Commands and data out ------------------------------------------------------------------- */

static void answer(struct device *d, uint8_t status, unsigned opcode)
{
	const uint8_t event[] = {0x0e, 4, 1, (uint8_t)opcode, (uint8_t)(opcode >> 8), status};

	send_in(d, &d->event, event, sizeof(event));
}

/* True: the radio does not get the command. */
static bool rom_takes(struct device *d, const uint8_t *packet, size_t len)
{
	uint8_t event[REALTEK_ROM_ANSWER];
	size_t answered;

	if (!realtek_rom_command(&d->rom, packet, len, event, &answered))
		return false;
	if (answered)
		send_in(d, &d->event, event + 1, answered - 1);
	return true;
}

/* False: the request stalls. */
static bool command(struct device *d, const uint8_t *data, size_t len)
{
	uint8_t packet[300] = {1};
	unsigned opcode = len >= 3 ? data[0] + 256U * data[1] : 0;

	if (d->once.fault == USB_FAULT_STALL_COMMAND && d->once.arg == opcode) {
		d->once.fault = USB_FAULT_NONE;
		return false;
	}
	for (size_t i = 0; i < COUNT(d->rejected); i++) {
		if (opcode && d->rejected[i] == opcode) {
			answer(d, 0x01, opcode);
			return true;
		}
	}
	if (d->hangs || (d->mute && d->mute == opcode))
		return true;
	memcpy(packet + 1, data, len);
	if (!d->options->rom || !rom_takes(d, packet, len + 1))
		put(d->radio, packet, len + 1);
	return true;
}

static void data_out(struct device *d, const uint8_t *data, size_t len)
{
	uint8_t packet[1 + sizeof(d->data_out)] = {2};

	memcpy(d->data_out + d->data_len, data, len);
	d->data_len += len;
	while (d->data_len >= 4) {
		size_t whole = 4 + (size_t)(d->data_out[2] | d->data_out[3] << 8);
		if (d->data_len < whole)
			return;
		/* Header of ACL, header of L2CAP with channel 6, code. */
		if (d->unplug_at && whole > 8 && d->data_out[6] == 6 &&
		    d->data_out[8] == d->unplug_at)
			_exit(0);
		memcpy(packet + 1, d->data_out, whole);
		put(d->radio, packet, whole + 1);
		d->data_len -= whole;
		memmove(d->data_out, d->data_out + whole, d->data_len);
	}
}

/* Command Complete of Read Local Version Information, without an error. */
static void give_version(const struct device *d, uint8_t *packet, size_t len)
{
	if (d->options->version && len == 3 + 12 && packet[1] == 0x0e &&
	    memcmp(packet + 4, "\x01\x10\0", 3) == 0)
		memcpy(packet + 7, d->options->version, 8);
}

static void take_radio(struct device *d)
{
	ssize_t n = read(d->radio, d->radio_in + d->radio_len, sizeof(d->radio_in) - d->radio_len);

	if (n <= 0)
		_exit(0);
	d->radio_len += (size_t)n;
	while (d->radio_len >= 5) {
		bool event = d->radio_in[0] == 4;
		size_t whole = event ? 3 + (size_t)d->radio_in[2]
				     : 5 + (size_t)(d->radio_in[3] | d->radio_in[4] << 8);
		if (d->radio_len < whole)
			return;
		give_version(d, d->radio_in, whole);
		if (!d->hangs &&
		    (!d->options->rom || realtek_rom_event(&d->rom, d->radio_in, whole)))
			send_in(d, event ? &d->event : &d->data, d->radio_in + 1, whole - 1);
		d->radio_len -= whole;
		memmove(d->radio_in, d->radio_in + whole, d->radio_len);
	}
}

/* ---- Control requests ------------------------------------------------------------------------ */

static size_t string(const struct device *d, uint8_t index, uint8_t *out)
{
	const char *const strings[] = {"", "blepair", "Virtual Bluetooth", d->options->serial};
	size_t len = 2;

	if (index >= COUNT(strings) || !strings[index])
		return 0;
	if (index == 0)
		memcpy(out + len, (uint8_t[]){0x09, 0x04}, 2), len += 2;
	for (const char *c = strings[index]; *c; c++, len += 2) {
		out[len] = (uint8_t)*c;
		out[len + 1] = 0;
	}
	out[0] = (uint8_t)len;
	out[1] = 3;
	return len;
}

static size_t descriptor(const struct device *d, uint8_t type, uint8_t index, uint8_t *out)
{
	const struct usb_controller_options *o = d->options;
	uint8_t class = o->vendor_class ? 0xff : 0xe0;
	const uint8_t device[] = {18,
				  1,
				  0,
				  2,
				  class,
				  1,
				  1,
				  64,
				  (uint8_t)o->vendor,
				  (uint8_t)(o->vendor >> 8),
				  (uint8_t)o->product,
				  (uint8_t)(o->product >> 8),
				  0,
				  1,
				  1,
				  2,
				  3,
				  1};

	switch (type) {
	case 1:
		memcpy(out, device, sizeof(device));
		return sizeof(device);
	case 2:
		memcpy(out, configuration, sizeof(configuration));
		out[2] = sizeof(configuration);
		out[9 + 5] = class;
		return sizeof(configuration);
	case 3:
		return string(d, index, out);
	default:
		return 0;
	}
}

static void clear_halt(struct device *d, uint8_t endpoint)
{
	if (endpoint == 0x81)
		d->event.halted = d->for_ever;
	else if (endpoint == 0x82)
		d->data.halted = false;
	else if (endpoint == 0x02)
		d->out_halted = false;
}

static void control(struct device *d, const struct header *h, const uint8_t *data)
{
	const uint8_t *s = h->submit.setup;
	const bool to_hci = (s[0] & 0x60) == 0x20;
	size_t want = (size_t)(s[6] | s[7] << 8), len = 0;
	uint8_t out[512] = {0};
	bool good = true;

	if (to_hci) {
		good = command(d, data, want);
	} else if (s[1] == 6) { /* GET_DESCRIPTOR */
		len = descriptor(d, s[3], s[2], out);
		good = len > 0;
	} else if (s[1] == 0) { /* GET_STATUS */
		len = 2;
	} else if (s[1] == 8 || s[1] == 10) { /* GET_CONFIGURATION, GET_INTERFACE */
		len = 1;
		out[0] = s[1] == 8;
	} else if (s[1] ==
		   9) { /* SET_CONFIGURATION: the first request after a reset that it sees */
		d->hangs = d->hangs_for_good;
	} else if (s[1] == 1 && s[0] == 2) { /* CLEAR_FEATURE of an endpoint */
		clear_halt(d, s[4]);
	}
	len = len < want ? len : want;
	done(d, h->number, good ? 0 : -EPIPE, out, good ? len : 0, s[0] & 0x80 ? len : want);
}

static void queue_urb(struct pipe *pipe, uint32_t number, uint32_t want)
{
	struct urb *u = calloc(1, sizeof(*u)), **end = &pipe->urbs;

	u->number = number;
	u->want = want < sizeof(u->data) ? want : sizeof(u->data);
	while (*end)
		end = &(*end)->next;
	*end = u;
}

static bool unqueue(struct pipe *pipe, uint32_t number)
{
	for (struct urb **u = &pipe->urbs; *u; u = &(*u)->next) {
		if ((*u)->number != number)
			continue;
		struct urb *found = *u;
		*u = found->next;
		free(found);
		return true;
	}
	return false;
}

static void take_bus(struct device *d)
{
	uint8_t data[4096] = {0};
	struct header h, reply;

	get(d->bus, &h, sizeof(h));
	if (ntohl(h.command) == CMD_UNLINK) {
		bool was = unqueue(&d->event, h.unlink[0]) || unqueue(&d->data, h.unlink[0]);
		memset(&reply, 0, sizeof(reply));
		reply.command = htonl(RET_UNLINK);
		reply.number = h.number;
		reply.unlink[0] = htonl((uint32_t)(was ? -ECONNRESET : 0));
		put(d->bus, &reply, sizeof(reply));
		return;
	}
	uint32_t endpoint = ntohl(h.endpoint), length = ntohl(h.submit.length);
	bool in = ntohl(h.in);
	if (!in && length)
		get(d->bus, data, length < sizeof(data) ? length : sizeof(data));
	if (endpoint == 0) {
		control(d, &h, data);
	} else if (in && endpoint <= 2) {
		queue_urb(endpoint == 1 ? &d->event : &d->data, h.number, length);
	} else if (endpoint == 2) {
		if (next_is(d, USB_FAULT_STALL_DATA_OUT))
			d->out_halted = true;
		if (!d->out_halted)
			data_out(d, data, length);
		done(d, h.number, d->out_halted ? -EPIPE : 0, NULL, 0, d->out_halted ? 0 : length);
	} else {
		done(d, h.number, -EPIPE, NULL, 0, 0); /* isochronous: nothing here uses it */
	}
}

static void take_order(struct device *d)
{
	struct order o;

	get(d->control, &o, sizeof(o));
	switch (o.fault) {
	case USB_FAULT_ZERO_LENGTH:
		d->zero_length = true;
		break;
	case USB_FAULT_DATA_FIRST:
		d->data_first = true;
		break;
	case USB_FAULT_STALL_FOR_EVER:
		d->for_ever = true;
		break;
	case USB_FAULT_MUTE:
		d->mute = o.arg;
		break;
	case USB_FAULT_HANG:
		d->hangs = true;
		d->hangs_for_good = o.arg;
		break;
	case USB_FAULT_UNPLUG_AT:
		d->unplug_at = o.arg;
		break;
	case USB_FAULT_REJECT:
		memmove(d->rejected + 1, d->rejected, sizeof(d->rejected) - sizeof(d->rejected[0]));
		d->rejected[0] = o.arg;
		break;
	case USB_FAULT_NONE:
	case USB_FAULT_STALL_COMMAND:
	case USB_FAULT_STALL_EVENTS:
	case USB_FAULT_STALL_DATA_IN:
	case USB_FAULT_STALL_DATA_OUT:
	case USB_FAULT_BABBLE:
		d->once = o;
		break;
	}
	put(d->control, "k", 1);
}

static void live(struct device *d)
{
	d->event.size = EVENT_SIZE;
	d->data.size = DATA_SIZE;
	for (;;) {
		struct pollfd fds[] = {{.fd = d->bus, .events = POLLIN},
				       {.fd = d->radio, .events = POLLIN},
				       {.fd = d->control, .events = POLLIN}};
		bool late = d->data_first && d->event.packets;
		if (poll(fds, COUNT(fds), late ? 1 : -1) < 0)
			_exit(1);
		if (fds[2].revents)
			take_order(d);
		if (fds[0].revents)
			take_bus(d);
		if (fds[1].revents)
			take_radio(d);
		deliver(d, &d->event);
		deliver(d, &d->data);
	}
}

/* ---- From the test --------------------------------------------------------------------------- */

static int radio_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail_msg("%s: %s", path, strerror(errno));
	return fd;
}

struct usb_controller *usb_controller_plug(const struct usb_controller_options *o)
{
	struct usb_controller *c = calloc(1, sizeof(*c));
	struct device *d = calloc(1, sizeof(*d));
	int bus[2], orders[2];
	char line[64];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bus), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, orders), 0);
	d->options = o;
	if (o->rom)
		d->rom = *o->rom;
	d->bus = bus[1];
	d->control = orders[1];
	d->radio = radio_open(o->socket);
	c->control = orders[0];
	c->pid = fork();
	if (c->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(bus[0]);
		close(orders[0]);
		live(d);
	}
	close(bus[1]);
	close(orders[1]);
	close(d->radio);
	free(d);

	/* Port, socket, device number, speed: full. */
	int attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY | O_CLOEXEC);
	int len = snprintf(line, sizeof(line), "%u %d %u 2", o->port, bus[0], o->port + 2);
	if (attach < 0 || write(attach, line, (size_t)len) != len)
		fail_msg("vhci_hcd does not accept it: %s", strerror(errno));
	close(attach);
	close(bus[0]);
	return c;
}

void usb_controller_unplug(struct usb_controller *c)
{
	kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, NULL, 0);
	close(c->control);
	free(c);
}

void usb_controller_fault(struct usb_controller *c, enum usb_fault fault, unsigned arg)
{
	const struct order o = {fault, arg};
	char taken;

	assert_int_equal(write(c->control, &o, sizeof(o)), sizeof(o));
	assert_int_equal(read(c->control, &taken, 1), 1);
}
