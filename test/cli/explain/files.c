/* SPDX-License-Identifier: MIT */
#include "cli/explain/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"

/* ---- Making files ------------------------------------------------------------------------------
 */

void file_put(struct file *file, const void *octets, size_t len)
{
	assert_true(len <= sizeof(file->octets) - file->len);
	if (len)
		memcpy(file->octets + file->len, octets, len);
	file->len += len;
}

void file_put_be(struct file *file, uint64_t value, size_t size)
{
	while (size--)
		file_put(file, &(uint8_t){(uint8_t)(value >> (8 * size))}, 1);
}

void file_put_le(struct file *file, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		file_put(file, &(uint8_t){(uint8_t)(i < 8 ? value >> (8 * i) : 0)}, 1);
}

uint8_t h4_type(enum explain_kind kind)
{
	return kind == EXPLAIN_COMMAND ? 1 : kind == EXPLAIN_EVENT ? 4 : 2;
}

static bool received(const struct sample *sample)
{
	return sample->way == EXPLAIN_RECEIVED;
}

static uint16_t monitor_opcode(const struct sample *sample)
{
	if (sample->kind != EXPLAIN_ACL)
		return sample->kind == EXPLAIN_COMMAND ? 2 : 3;
	return received(sample) ? 5 : 4;
}

static void begin_btsnoop(const struct format *format, struct file *file)
{
	file_put(file, "btsnoop", 8);
	file_put_be(file, 1, 4);
	file_put_be(file, format->link, 4);
}

static void add_btsnoop(const struct format *format, struct file *file, const struct sample *sample,
			uint64_t time_us)
{
	bool typed = format->link == 1002 || format->link == 2002;
	uint32_t flags = received(sample) | (uint32_t)(sample->kind != EXPLAIN_ACL) << 1;

	if (format->link == 2001)
		flags = monitor_opcode(sample);
	file_put_be(file, sample->len + typed, 4);
	file_put_be(file, sample->len + typed, 4);
	file_put_be(file, flags, 4);
	file_put_be(file, 0, 4);
	file_put_be(file, time_us + 0x00dcddb30f2f8000ULL, 8);
	if (typed) /* the simulator has a preamble there */
		file_put_be(file, format->link == 1002 ? h4_type(sample->kind) : 0xaa, 1);
	file_put(file, sample->data, sample->len);
}

static void begin_packetlogger(const struct format *format, struct file *file)
{
	(void)format;
	(void)file;
}

static void add_packetlogger(const struct format *format, struct file *file,
			     const struct sample *sample, uint64_t time_us)
{
	void (*put)(struct file *, uint64_t, size_t) = format->link ? file_put_le : file_put_be;
	uint8_t type = (uint8_t)(sample->kind == EXPLAIN_COMMAND ? 0
				 : sample->kind == EXPLAIN_EVENT ? 1
				 : received(sample)		 ? 3
								 : 2);

	put(file, 9 + sample->len, 4);
	put(file, time_us / 1000000, 4);
	put(file, time_us % 1000000, 4);
	file_put_be(file, type, 1);
	file_put(file, sample->data, sample->len);
}

static void begin_pcap(const struct format *format, struct file *file)
{
	file_put_le(file, 0xa1b2c3d4, 4);
	file_put_le(file, 2, 2);
	file_put_le(file, 4, 2);
	file_put_le(file, 0, 8);
	file_put_le(file, 65535, 4);
	file_put_le(file, format->link, 4);
}

static void begin_pcap_swapped(const struct format *format, struct file *file)
{
	file_put_be(file, 0xa1b2c3d4, 4);
	file_put_be(file, 2, 2);
	file_put_be(file, 4, 2);
	file_put_be(file, 0, 8);
	file_put_be(file, 65535, 4);
	file_put_be(file, format->link, 4);
}

enum { INTERRUPT = 1, CONTROL = 2, BULK = 3 };

static unsigned usb_type(const struct sample *sample)
{
	return sample->kind == EXPLAIN_COMMAND ? CONTROL
	       : sample->kind == EXPLAIN_EVENT ? INTERRUPT
					       : BULK;
}

static unsigned usb_endpoint(const struct sample *sample)
{
	return (received(sample) ? 0x80 : 0) | (3 - usb_type(sample)) % 3;
}

/* Class request of a device, with the length of the command. */
static void put_setup(struct file *file, const struct sample *sample)
{
	file_put_le(file, usb_type(sample) == CONTROL ? 0x20 : 0, 6);
	file_put_le(file, usb_type(sample) == CONTROL ? sample->len : 0, 2);
}

/* usbmon: data goes out with the submission, and comes in with the completion. */
static void put_usbmon(struct file *file, const struct sample *sample, size_t header)
{
	file_put_le(file, 0x1234, 8);
	file_put_le(file, received(sample) ? 'C' : 'S', 1);
	file_put_le(file, usb_type(sample), 1);
	file_put_le(file, usb_endpoint(sample), 1);
	file_put_le(file, 7, 1);
	file_put_le(file, 3, 2);
	file_put_le(file, usb_type(sample) == CONTROL ? 0 : '-', 1);
	file_put_le(file, 0, 1 + 8 + 4 + 4);
	file_put_le(file, sample->len, 4);
	file_put_le(file, sample->len, 4);
	put_setup(file, sample);
	file_put_le(file, 0, header - 48);
}

static void put_usbpcap(struct file *file, const struct sample *sample)
{
	bool control = usb_type(sample) == CONTROL;

	file_put_le(file, control ? 28 : 27, 2);
	file_put_le(file, 0x1234, 8);
	file_put_le(file, 0, 4);
	file_put_le(file, control ? 8 : 9, 2);
	file_put_le(file, received(sample), 1);
	file_put_le(file, 3, 2);
	file_put_le(file, 7, 2);
	file_put_le(file, usb_endpoint(sample), 1);
	file_put_le(file, usb_type(sample), 1);
	file_put_le(file, sample->len + (control ? 8 : 0), 4);
	if (control) {
		file_put_le(file, 0, 1);
		put_setup(file, sample);
	}
}

/* The packet in the form of the link type. */
static void put_packet(const struct format *format, struct file *file, const struct sample *sample)
{
	uint32_t flags = 0x0c13 | (sample->way == EXPLAIN_CENTRAL ? 0x100 : 0x180);

	switch (format->link) {
	case 187:
		file_put_be(file, h4_type(sample->kind), 1);
		break;
	case 189:
		put_usbmon(file, sample, 48);
		break;
	case 220:
		put_usbmon(file, sample, 64);
		break;
	case 249:
		put_usbpcap(file, sample);
		break;
	case 201:
		file_put_be(file, received(sample), 4);
		file_put_be(file, h4_type(sample->kind), 1);
		break;
	case 254:
		file_put_be(file, 0, 2);
		file_put_be(file, monitor_opcode(sample), 2);
		break;
	case 256: /* 2404 MHz, -60 dBm, whitened off, CRC checked and good */
		file_put_le(file, 1, 1);
		file_put_le(file, 0xc4, 1);
		file_put_le(file, 0, 6);
		file_put_le(file, flags, 2);
		break;
	case 272: /* board, header of version 3, header of the event: channel 0, -60 dBm */
		file_put_le(file, 0, 1);
		file_put_le(file, 10 + sample->len + 3, 2);
		file_put_le(file, 3, 1);
		file_put_le(file, 0, 2);
		file_put_le(file, 6, 1);
		file_put_le(file, 10, 1);
		file_put_le(file, sample->way == EXPLAIN_CENTRAL ? 0x03 : 0x01, 1);
		file_put_le(file, 0, 1);
		file_put_le(file, 60, 1);
		file_put_le(file, 0, 6);
		break;
	case 192: /* with Ubertooth's field: version, MHz, clocks, dBm */
		file_put_le(file, 0, 2);
		file_put_le(file, 8 + 4 + 24, 2);
		file_put_le(file, 147, 4);
		file_put_le(file, 30006, 2);
		file_put_le(file, 24, 2);
		file_put_le(file, 0, 1);
		file_put_le(file, 2404, 2);
		file_put_le(file, 0, 5);
		file_put_le(file, 0xc4c4c4c4, 4);
		file_put_le(file, 0, 12);
		break;
	default:
		break;
	}
	file_put(file, sample->data, sample->len);
	if (format->air)
		file_put(file, "CRC", 3);
}

static void add_pcap(const struct format *format, struct file *file, const struct sample *sample,
		     uint64_t time_us)
{
	void (*put)(struct file *, uint64_t, size_t) =
		format->begin == begin_pcap_swapped ? file_put_be : file_put_le;
	static struct file packet;

	packet.len = 0;
	put_packet(format, &packet, sample);
	put(file, time_us / 1000000, 4);
	put(file, time_us % 1000000, 4);
	put(file, packet.len, 4);
	put(file, packet.len, 4);
	file_put(file, packet.octets, packet.len);
}

static void begin_pcapng(const struct format *format, struct file *file)
{
	file_put_le(file, 0x0a0d0d0a, 4); /* section */
	file_put_le(file, 28, 4);
	file_put_le(file, 0x1a2b3c4d, 4);
	file_put_le(file, 1, 4);
	file_put_le(file, UINT64_MAX, 8);
	file_put_le(file, 28, 4);
	file_put_le(file, 1, 4); /* interface */
	file_put_le(file, 20, 4);
	file_put_le(file, format->link, 4);
	file_put_le(file, 65535, 4);
	file_put_le(file, 20, 4);
}

/* A packet of one interface, at a time in the interface's units. */
static void put_block(struct file *file, void (*put)(struct file *, uint64_t, size_t),
		      uint32_t interface, const struct format *format, const struct sample *sample,
		      uint64_t time)
{
	static struct file packet;

	packet.len = 0;
	put_packet(format, &packet, sample);
	size_t padding = -packet.len & 3, len = 32 + packet.len + padding;
	put(file, 6, 4);
	put(file, len, 4);
	put(file, interface, 4);
	put(file, time >> 32, 4);
	put(file, time & 0xffffffff, 4);
	put(file, packet.len, 4);
	put(file, packet.len, 4);
	file_put(file, packet.octets, packet.len);
	put(file, 0, padding);
	put(file, len, 4);
}

static void add_pcapng(const struct format *format, struct file *file, const struct sample *sample,
		       uint64_t time_us)
{
	put_block(file, file_put_le, 0, format, sample, time_us);
}

const struct format formats[] = {
	{"btsnoop, HCI without packet type (H1)", begin_btsnoop, add_btsnoop, 1001, false, false},
	{"btsnoop, HCI UART (H4)", begin_btsnoop, add_btsnoop, 1002, false, false},
	{"btsnoop, Linux monitor", begin_btsnoop, add_btsnoop, 2001, false, false},
	{"btsnoop, BlueZ simulator", begin_btsnoop, add_btsnoop, 2002, true, true},
	{"PacketLogger, big-endian", begin_packetlogger, add_packetlogger, 0, false, false},
	{"PacketLogger, little-endian", begin_packetlogger, add_packetlogger, 1, false, false},
	/* The direction follows from the packets. */
	{"pcap, HCI UART (H4) without direction", begin_pcap, add_pcap, 187, false, false},
	{"pcap, HCI UART (H4)", begin_pcap, add_pcap, 201, false, false},
	{"pcap, HCI UART (H4)", begin_pcap_swapped, add_pcap, 201, false, false},
	{"pcap, Linux monitor", begin_pcap, add_pcap, 254, false, false},
	{"pcap, link layer", begin_pcap, add_pcap, 251, true, true},
	{"pcap, link layer of a sniffer", begin_pcap, add_pcap, 256, true, false},
	{"pcap, nRF Sniffer", begin_pcap, add_pcap, 272, true, false},
	{"pcap, PPI", begin_pcap, add_pcap, 192, true, true},
	{"pcap, USB of Linux", begin_pcap, add_pcap, 189, false, false},
	{"pcap, USB of Linux", begin_pcap, add_pcap, 220, false, false},
	{"pcap, USB of Windows (USBPcap)", begin_pcap, add_pcap, 249, false, false},
	{"pcapng, HCI UART (H4)", begin_pcapng, add_pcapng, 201, false, false},
	{"pcapng, link layer of a sniffer", begin_pcapng, add_pcapng, 256, true, false},
};
const size_t formats_count = COUNT(formats);

const struct sample host_samples[HOST_SAMPLES] = {
	{EXPLAIN_COMMAND, EXPLAIN_SENT, {0x03, 0x0c, 0x00}, 3},
	{EXPLAIN_EVENT, EXPLAIN_RECEIVED, {0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00}, 6},
	{EXPLAIN_ACL, EXPLAIN_SENT, {0x40, 0, 11, 0, 7, 0, 6, 0, 1, 4, 0, 1, 16, 0, 1}, 15},
	{EXPLAIN_EVENT, EXPLAIN_RECEIVED, {0x13, 5, 1, 0x40, 0, 1, 0}, 7},
	{EXPLAIN_ACL, EXPLAIN_RECEIVED, {0x40, 0x20, 8, 0, 7, 0, 6, 0, 2, 3, 0, 1}, 12},
	{EXPLAIN_ACL, EXPLAIN_RECEIVED, {0x40, 0x10, 3, 0, 16, 0, 1}, 7},
};

/* Addresses 66:..:01 and C6:..:02, access address 0x50655641. */
const struct sample air_samples[AIR_SAMPLES] = {
	{EXPLAIN_AIR,
	 EXPLAIN_CENTRAL,
	 {0xd6, 0xbe, 0x89, 0x8e, 0x45, 34,   0x01, 2,	  3,	4,    5,    0x66, 0x02, 2,
	  3,	4,    5,    0xc6, 0x41, 0x56, 0x65, 0x50, 1,	2,    3,    3,	  0,	0,
	  24,	0,    0,    0,	  72,	0,    0xff, 0xff, 0xff, 0xff, 0x1f, 5},
	 40},
	{EXPLAIN_AIR, EXPLAIN_CENTRAL, {0x41, 0x56, 0x65, 0x50, 0x01, 0}, 6},
	{EXPLAIN_AIR, EXPLAIN_PERIPHERAL, {0x41, 0x56, 0x65, 0x50, 0x06, 6, 2, 0, 6, 0, 11, 1}, 12},
	{EXPLAIN_AIR,
	 EXPLAIN_CENTRAL,
	 {0x41, 0x56, 0x65, 0x50, 0x0e, 11, 7, 0, 6, 0, 1, 4, 0, 1, 16, 0, 1},
	 17},
};

#define AA 0x41, 0x56, 0x65, 0x50

const struct sample encrypted_samples[ENCRYPTED_SAMPLES] = {
	{EXPLAIN_AIR,
	 EXPLAIN_CENTRAL,
	 {AA,	0x03, 23,   0x03, 0x90, 0x78, 0x56, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x74,
	  0x24, 0x13, 0x02, 0xf1, 0xe0, 0xdf, 0xce, 0xbd, 0xac, 0x24, 0xab, 0xdc, 0xba},
	 29},
	{EXPLAIN_AIR,
	 EXPLAIN_PERIPHERAL,
	 {AA, 0x07, 13, 0x04, 0x79, 0x68, 0x57, 0x46, 0x35, 0x24, 0x13, 0x02, 0xbe, 0xba, 0xaf,
	  0xde},
	 19},
	{EXPLAIN_AIR, EXPLAIN_PERIPHERAL, {AA, 0x0f, 1, 0x05}, 7},
	{EXPLAIN_AIR, EXPLAIN_CENTRAL, {AA, 0x0f, 5, 0x9f, 0xcd, 0xa7, 0xf4, 0x48}, 11},
	{EXPLAIN_AIR, EXPLAIN_PERIPHERAL, {AA, 0x07, 5, 0xa3, 0x4c, 0x13, 0xa4, 0x15}, 11},
	{EXPLAIN_AIR,
	 EXPLAIN_CENTRAL,
	 {AA,	0x02, 31,   0x7a, 0x70, 0xd6, 0x64, 0x15, 0x22, 0x6d, 0xf2, 0x6b,
	  0x17, 0x83, 0x9a, 0x06, 0x04, 0x05, 0x59, 0x6b, 0xd6, 0x56, 0x4f, 0x79,
	  0x6b, 0x5b, 0x9c, 0xe6, 0xff, 0x32, 0xf7, 0x5a, 0x6d, 0x33},
	 37},
	{EXPLAIN_AIR,
	 EXPLAIN_PERIPHERAL,
	 {AA,	0x0e, 31,   0xf3, 0x88, 0x81, 0xe7, 0xbd, 0x94, 0xc9, 0xc3, 0x69,
	  0xb9, 0xa6, 0x68, 0x46, 0xdd, 0x47, 0x86, 0xaa, 0x8c, 0x39, 0xce, 0x54,
	  0x0d, 0x0d, 0xae, 0x3a, 0xdc, 0xdf, 0x89, 0xb9, 0x60, 0x88},
	 37},
};
const struct plain decrypted_samples[ENCRYPTED_SAMPLES] = {
	[3] = {1, "\x06"},
	[4] = {1, "\x06"},
	[5] = {27, "\x17\0cdefghijklmnopq1234567890"},
	[6] = {27, "\x17\0"
		   "76543210ABCDEFGHIJKLMNOPQ"},
};
const uint8_t sample_ltk[16] = {0xbf, 0x01, 0xfb, 0x9d, 0x4e, 0xf3, 0xbc, 0x36,
				0xd8, 0x74, 0xf5, 0x39, 0x41, 0x38, 0x68, 0x4c};

uint64_t sample_time(size_t i)
{
	return 1600000000999000 + 700 * (uint64_t)i;
}

void file_make(struct file *file, const struct format *format)
{
	file->len = 0;
	format->begin(format, file);
	for (size_t i = 0; i < (format->air ? AIR_SAMPLES : HOST_SAMPLES); i++)
		format->add(format, file, format->air ? &air_samples[i] : &host_samples[i],
			    sample_time(i));
}

void file_make_encrypted(struct file *file)
{
	static const struct format format = {.link = 256, .air = true};

	file->len = 0;
	begin_pcap(&format, file);
	for (size_t i = 0; i < ENCRYPTED_SAMPLES; i++)
		add_pcap(&format, file, &encrypted_samples[i], sample_time(i));
}

/* An interface with the options that change the meaning of times. */
static void put_interface(struct file *file, void (*put)(struct file *, uint64_t, size_t),
			  uint32_t link, uint8_t resolution, uint64_t offset)
{
	put(file, 1, 4);
	put(file, 20 + 8 + 12 + 4, 4);
	put(file, link, 2);
	put(file, 0, 2);
	put(file, 0, 4);
	put(file, 9, 2); /* if_tsresol */
	put(file, 1, 2);
	file_put_be(file, resolution, 1);
	put(file, 0, 3);
	put(file, 14, 2); /* if_tsoffset */
	put(file, 8, 2);
	put(file, offset, 8);
	put(file, 0, 4);
	put(file, 20 + 8 + 12 + 4, 4);
}

static void put_section(struct file *file, void (*put)(struct file *, uint64_t, size_t))
{
	put(file, 0x0a0d0d0a, 4);
	put(file, 28, 4);
	put(file, 0x1a2b3c4d, 4);
	put(file, 1, 2);
	put(file, 0, 2);
	put(file, UINT64_MAX, 8);
	put(file, 28, 4);
}

void file_make_mixed(struct file *file)
{
	static const struct format host = {.link = 187}, air = {.link = 256, .air = true},
				   directed = {.link = 201}, ethernet = {.link = 1};
	enum { NANO = 9, BINARY = 0x80 | 20 };
	const uint64_t second = 1000000;

	file->len = 0;
	put_section(file, file_put_le);
	put_interface(file, file_put_le, ethernet.link, 6, 0);
	put_block(file, file_put_le, 0, &ethernet, &host_samples[0], 0);
	put_interface(file, file_put_le, host.link, NANO, 0);
	put_interface(file, file_put_le, air.link, 6, 1600000000);
	for (size_t i = 0; i < HOST_SAMPLES; i++) {
		put_block(file, file_put_le, 1, &host, &host_samples[i], sample_time(i) * 1000);
		if (i < AIR_SAMPLES)
			put_block(file, file_put_le, 2, &air, &air_samples[i],
				  sample_time(i) - 1600000000 * second);
	}
	for (size_t type = 0xbad; type != 0; type = type == 9 ? 0 : 9) { /* custom, journal */
		file_put_le(file, type, 4);
		file_put_le(file, 16, 4);
		file_put_le(file, 1, 4);
		file_put_le(file, 16, 4);
	}
	put_interface(file, file_put_le, host.link, NANO, 0);
	put_block(file, file_put_le, 3, &host, &host_samples[HOST_SAMPLES - 1], 0);
	put_section(file, file_put_be);
	put_interface(file, file_put_be, directed.link, BINARY, 60);
	uint64_t time = sample_time(0) - 60 * second;
	put_block(file, file_put_be, 0, &directed, &host_samples[0],
		  (time / second << 20) + ((time % second << 20) + second - 1) / second);
	file_put_be(file, 3,
		    4); /* a simple packet: Set Event Mask, cut off before its parameters */
	file_put_be(file, 16 + 8, 4);
	file_put_be(file, 16, 4);
	file_put_be(file, 0, 4);
	file_put_be(file, 0x01010c, 3);
	file_put_be(file, 8, 1);
	file_put_be(file, 16 + 8, 4);
}

/* ---- Reading captures ---------------------------------------------------------------------------
 */

static void *copy(const void *octets, size_t len)
{
	void *to = malloc(len ? len : 1);

	assert_non_null(to);
	return memcpy(to, octets, len);
}

void reading_take(struct reading *reading, const void *octets, size_t len)
{
	struct explain_packet packet;
	size_t room = 0;

	memset(reading, 0, sizeof(*reading));
	void *own = len ? copy(octets, len) : malloc(1);
	struct explain_capture *capture = capture_open_memory(own, len, &reading->failure);
	if (!capture) {
		assert_true(*reading->failure.text);
		assert_null(strchr(reading->failure.text, '\n'));
		free(own);
		return;
	}
	*reading->failure.text = '\0';
	while (capture_next(capture, &packet)) {
		assert_true(packet.len <= packet.original);
		if (reading->count == room) {
			room = room ? 2 * room : 64;
			reading->packets = realloc(reading->packets, room * sizeof(packet));
			assert_non_null(reading->packets);
		}
		packet.data = packet.len ? copy(packet.data, packet.len) : NULL;
		packet.known = packet.known ? copy(packet.known, packet.len) : NULL;
		packet.missing = packet.missing ? strdup(packet.missing) : NULL;
		packet.text = packet.text ? strdup(packet.text) : NULL;
		reading->packets[reading->count++] = packet;
	}
	assert_false(capture_next(capture, &packet));
	(void)snprintf(reading->format, sizeof(reading->format), "%s", capture_format(capture));
	if (capture_missing(capture))
		(void)snprintf(reading->missing, sizeof(reading->missing), "%s",
			       capture_missing(capture));
	capture_close(capture);
	free(own);
}

char *stored(const char *name, size_t *len)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", CAPTURES, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*len = (size_t)ftell(file);
	rewind(file);
	char *octets = calloc(1, *len + 1);
	assert_non_null(octets);
	assert_int_equal(fread(octets, 1, *len, file), *len);
	(void)fclose(file);
	return octets;
}

void reading_take_stored(struct reading *reading, const char *name)
{
	size_t len;
	char *octets = stored(name, &len);

	reading_take(reading, octets, len);
	assert_string_equal(reading->failure.text, "");
	free(octets);
}

static void discard(const void *copy)
{
	union {
		const void *borrowed;
		void *owned;
	} pointer = {copy};

	free(pointer.owned);
}

void reading_free(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		discard(reading->packets[i].data);
		discard(reading->packets[i].known);
		discard(reading->packets[i].missing);
		discard(reading->packets[i].text);
	}
	free(reading->packets);
	memset(reading, 0, sizeof(*reading));
}

void assert_same_packets(const struct reading *a, const struct reading *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct explain_packet *p = &a->packets[i], *q = &b->packets[i];
		assert_int_equal(p->number, q->number);
		assert_int_equal(p->time_us, q->time_us);
		assert_int_equal(p->kind, q->kind);
		assert_int_equal(p->way, q->way);
		assert_int_equal(p->len, q->len);
		assert_int_equal(p->original, q->original);
		if (p->len)
			assert_memory_equal(p->data, q->data, p->len);
		assert_int_equal(!p->known, !q->known);
		if (p->known)
			assert_memory_equal(p->known, q->known, p->len);
	}
}

void assert_samples(const struct reading *reading, const struct format *format, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct explain_packet *p = &reading->packets[i];
		const struct sample *sample = format->air ? &air_samples[i] : &host_samples[i];
		size_t skip = format->air ? 4 : 0; /* the access address */
		assert_int_equal(p->number, i + 1);
		assert_int_equal(p->time_us, sample_time(i));
		assert_int_equal(p->clock, EXPLAIN_CLOCK_UNIX);
		assert_int_equal(p->kind, sample->kind);
		assert_int_equal(p->way, format->undirected ? EXPLAIN_WAY_UNKNOWN : sample->way);
		assert_int_equal(p->len, sample->len - skip);
		assert_int_equal(p->original, sample->len - skip);
		assert_memory_equal(p->data, sample->data + skip, sample->len - skip);
		assert_null(p->missing);
		assert_null(p->known);
		if (format->air)
			assert_memory_equal(&p->air.access_address, sample->data, 4);
	}
}
