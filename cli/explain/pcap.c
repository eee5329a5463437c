/* SPDX-License-Identifier: MIT */
/*
 * pcap and pcapng, read by libpcap.
 *
 * It is loaded when a capture needs it, and not linked: Debian's brings nine more libraries with
 * it, by which "blepair --version" took 1.7 instead of 1.0 ms and 3.3 instead of 2.0 MiB on the
 * machine where this was measured. The package names it as a dependency all the same.
 *
 * Its reader of pcapng takes sections of one byte order whose interfaces have one link type and
 * one length of snapshot; it reports others as an error, which is passed on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "explain/reader.h"

#define ADVERTISING_ADDRESS 0x8e89bed6 /* Core Vol 6 Part B 2.1.2 */

#define CONTINUING 1 /* Packet Boundary flag, Core Vol 4 Part E 5.4.2 */

/* Who sent the last first fragment of a handle; for captures that do not tell directions. */
struct sender {
	uint16_t handle;
	enum explain_way way;
};

struct state;

struct linktype {
	int number; /* as in https://www.tcpdump.org/linktypes.html */
	const char *name;
	enum explain_read (*take)(struct state *state, struct explain_packet *packet,
				  const uint8_t *data, size_t kept, size_t original);
};

struct state {
	pcap_t *pcap;
	FILE *stream;
	const struct linktype *linktype;
	struct sender senders[8];
	size_t next_sender;

	int (*next_ex)(pcap_t *pcap, struct pcap_pkthdr **header, const u_char **data);
	char *(*geterr)(pcap_t *pcap);
	void (*close)(pcap_t *pcap);
};

/* ---- Link types -------------------------------------------------------------------------------
 */

/* A host's first fragments are marked as non-flushable, a controller's are not. */
static enum explain_way guess_way(struct state *state, const struct explain_packet *packet)
{
	if (packet->kind != EXPLAIN_ACL)
		return packet->kind == EXPLAIN_COMMAND ? EXPLAIN_SENT : EXPLAIN_RECEIVED;
	if (packet->len < 2)
		return EXPLAIN_WAY_UNKNOWN;
	uint16_t handle = bytes_get_le16(packet->data) & 0x0fff;
	unsigned boundary = packet->data[1] >> 4 & 3;
	struct sender *sender = NULL;

	for (size_t i = 0; i < sizeof(state->senders) / sizeof(state->senders[0]); i++)
		if (state->senders[i].handle == handle && state->senders[i].way)
			sender = &state->senders[i];
	if (boundary == CONTINUING)
		return sender ? sender->way : EXPLAIN_WAY_UNKNOWN;
	if (!sender) {
		sender = &state->senders[state->next_sender++];
		state->next_sender %= sizeof(state->senders) / sizeof(state->senders[0]);
	}
	sender->handle = handle;
	sender->way = boundary == 0 ? EXPLAIN_SENT : EXPLAIN_RECEIVED;
	return sender->way;
}

static enum explain_read take_h4(struct state *state, struct explain_packet *packet,
				 const uint8_t *data, size_t kept, size_t original)
{
	enum explain_read read = explain_take_h4(packet, false, data, kept, original);

	if (read == EXPLAIN_READ_PACKET)
		packet->way = guess_way(state, packet);
	return read;
}

static enum explain_read take_h4_directed(struct state *state, struct explain_packet *packet,
					  const uint8_t *data, size_t kept, size_t original)
{
	(void)state;
	if (kept < 4)
		return EXPLAIN_READ_SKIPPED;
	return explain_take_h4(packet, explain_be32(data) & 1, data + 4, kept - 4, original - 4);
}

static enum explain_read take_monitor(struct state *state, struct explain_packet *packet,
				      const uint8_t *data, size_t kept, size_t original)
{
	(void)state;
	if (kept < 4)
		return EXPLAIN_READ_SKIPPED;
	return explain_take_monitor(packet, explain_be16(data + 2), explain_be16(data), data + 4,
				    kept - 4, original - 4);
}

/* The channel of a frequency, in 2 MHz from 2402 MHz: Core Vol 6 Part B 1.4.1. */
static int8_t channel_of(unsigned radio)
{
	if (radio == 0)
		return 37;
	if (radio == 12)
		return 38;
	if (radio == 39)
		return 39;
	return radio > 39 ? -1 : (int8_t)(radio < 12 ? radio - 1 : radio - 2);
}

static enum explain_read take_air(struct state *state, struct explain_packet *packet,
				  const uint8_t *data, size_t kept, size_t original)
{
	(void)state;
	(void)original;
	packet->air.channel = -1;
	packet->air.rssi = 127;
	return explain_take_air(packet, data, kept);
}

/* Flags of the pseudo header. */
enum {
	SIGNAL_VALID = 0x0002,
	DECRYPTED = 0x0008,
	TYPE_MASK = 0x0380,
	TYPE_CENTRAL = 0x0100,
	TYPE_PERIPHERAL = 0x0180,
	CRC_CHECKED = 0x0400,
	CRC_VALID = 0x0800,
	MIC_CHECKED = 0x1000,
	MIC_VALID = 0x2000,
	PHY_MASK = 0xc000,
	PHY_CODED = 0x8000,
};

static enum explain_read take_phdr(struct state *state, struct explain_packet *packet,
				   const uint8_t *data, size_t kept, size_t original)
{
	enum { HEADER = 10 };

	(void)state;
	(void)original;
	if (kept < HEADER + 4)
		return EXPLAIN_READ_SKIPPED;
	unsigned flags = bytes_get_le16(data + 8), type = flags & TYPE_MASK;
	packet->air = (struct explain_radio){
		.channel = channel_of(data[0]),
		.rssi = flags & SIGNAL_VALID ? (int8_t)data[1] : 127,
		.crc = !(flags & CRC_CHECKED) ? EXPLAIN_CRC_UNKNOWN
		       : flags & CRC_VALID    ? EXPLAIN_CRC_GOOD
					      : EXPLAIN_CRC_BAD,
		.decrypted = flags & DECRYPTED,
		.mic_failed = (flags & MIC_CHECKED) && !(flags & MIC_VALID),
	};
	if (type == TYPE_CENTRAL || type == TYPE_PERIPHERAL)
		packet->way = type == TYPE_CENTRAL ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL;
	data += HEADER;
	kept -= HEADER;
	if ((flags & PHY_MASK) != PHY_CODED)
		return explain_take_air(packet, data, kept);
	/* The coded PHY has an indicator between access address and PDU. */
	if (kept < 5)
		return EXPLAIN_READ_SKIPPED;
	packet->air.access_address = bytes_get_le32(data);
	return explain_take_pdu(packet, data + 5, kept - 5);
}

/* Per-Packet Information around link-layer packets, as Ubertooth writes it. */
static enum explain_read take_ppi(struct state *state, struct explain_packet *packet,
				  const uint8_t *data, size_t kept, size_t original)
{
	enum { HEADER = 8, FIELD_BTLE = 30006, USER0 = 147, LL = 251, LL_PHDR = 256 };

	if (kept < HEADER)
		return EXPLAIN_READ_SKIPPED;
	size_t len = bytes_get_le16(data + 2), at = HEADER;
	uint32_t inside = bytes_get_le32(data + 4);

	if (len < HEADER || len > kept)
		return EXPLAIN_READ_SKIPPED;
	if (inside == LL_PHDR)
		return take_phdr(state, packet, data + len, kept - len, original - len);
	if (inside != USER0 && inside != LL)
		return EXPLAIN_READ_SKIPPED;
	packet->air.channel = -1;
	packet->air.rssi = 127;
	while (at + 4 <= len) {
		size_t field = bytes_get_le16(data + at), size = bytes_get_le16(data + at + 2);

		at += 4;
		if (size > len - at)
			break;
		if (field == FIELD_BTLE && size >= 10) {
			unsigned mhz = bytes_get_le16(data + at + 1);
			packet->air.channel =
				mhz >= 2402 ? channel_of((mhz - 2402) / 2) : (int8_t)-1;
			packet->air.rssi = (int8_t)data[at + 8];
		}
		at += size;
	}
	return explain_take_air(packet, data + len, kept - len);
}

/* The nRF Sniffer's: a board's number, a header of 6 octets and one of 10. */
static enum explain_read take_nrf(struct state *state, struct explain_packet *packet,
				  const uint8_t *data, size_t kept, size_t original)
{
	enum { HEADER = 1 + 6 + 10, EVENT_ADVERTISING = 0x02, EVENT_DATA = 0x06 };
	enum { GOOD_CRC = 0x01, BY_CENTRAL = 0x02, ENCRYPTED = 0x04, GOOD_MIC = 0x08 };
	enum { PHY = 0x70, CODED = 0x20, CONNECT_IND = 0x05 };

	(void)state;
	(void)original;
	if (kept < HEADER + 5)
		return EXPLAIN_READ_SKIPPED;
	/* Of version 1, every event has one number. */
	unsigned version = data[3], event = data[6], flags = data[8];
	bool advertising = bytes_get_le32(data + HEADER) == ADVERTISING_ADDRESS;
	if (event != EVENT_DATA && (event != EVENT_ADVERTISING || version < 2))
		return EXPLAIN_READ_SKIPPED;
	packet->air = (struct explain_radio){
		.access_address = bytes_get_le32(data + HEADER),
		.channel = (int8_t)(data[9] < 40 ? data[9] : -1),
		.rssi = (int8_t)(data[10] < 128 ? -data[10] : 127),
		.crc = flags & GOOD_CRC ? EXPLAIN_CRC_GOOD : EXPLAIN_CRC_BAD,
	};
	/* Of advertising, the other flags mean something else. */
	if (advertising && (data[HEADER + 4] & 0x0f) == CONNECT_IND) {
		packet->way = EXPLAIN_CENTRAL;
	} else if (!advertising) {
		packet->way = flags & BY_CENTRAL ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL;
		packet->air.decrypted = flags & ENCRYPTED && flags & GOOD_MIC;
		packet->air.mic_failed = flags & ENCRYPTED && !(flags & GOOD_MIC);
	}
	size_t at = HEADER + 4;
	if (version >= 2 && (flags & PHY) == CODED)
		at++; /* the indicator */
	return explain_take_pdu(packet, data + at, kept - at);
}

static const struct linktype linktypes[] = {
	{187, "HCI UART (H4) without direction", take_h4},
	{192, "PPI", take_ppi},
	{201, "HCI UART (H4)", take_h4_directed},
	{251, "link layer", take_air},
	{254, "Linux monitor", take_monitor},
	{256, "link layer of a sniffer", take_phdr},
	{272, "nRF Sniffer", take_nrf},
};

/* ---- The file ---------------------------------------------------------------------------------
 */

static bool recognise_pcap(const uint8_t *first, size_t len)
{
	static const uint8_t magics[][4] = {
		{0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
		{0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1},
	};

	for (size_t i = 0; len >= 4 && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (bytes_equal(first, magics[i], 4))
			return true;
	return false;
}

static bool recognise_pcapng(const uint8_t *first, size_t len)
{
	return len >= 4 && bytes_equal(first, (const uint8_t *)"\x0a\x0d\x0d\x0a", 4);
}

/* What libpcap reads comes through our window, so that pipes and progress work alike. */
static ssize_t read_source(void *cookie, char *to, size_t size)
{
	struct explain_source *source = cookie;
	size_t have;
	const uint8_t *p = explain_source_peek(source, 1, &have);

	if (have > size)
		have = size;
	if (have > 0)
		memcpy(to, p, have);
	explain_source_take(source, have);
	return (ssize_t)have;
}

static void *symbol(void *library, const char *name, bool *all)
{
	void *found = library ? dlsym(library, name) : NULL;

	*all = *all && found;
	return found;
}

static int open_pcap(struct explain_capture *capture, char problem[EXPLAIN_PROBLEM])
{
	char error[PCAP_ERRBUF_SIZE] = "";
	bool all = true;
	struct state *state = calloc(1, sizeof(*state));
	pcap_t *(*fopen_offline)(FILE *, char *);
	int (*datalink)(pcap_t *);

	if (!state)
		return explain_problem(problem, "needs more memory than there is");
	capture->state = state;
	/* It stays loaded. First Debian's name of it. */
	void *library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		library = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
	*(void **)&fopen_offline = symbol(library, "pcap_fopen_offline", &all);
	*(void **)&datalink = symbol(library, "pcap_datalink", &all);
	*(void **)&state->next_ex = symbol(library, "pcap_next_ex", &all);
	*(void **)&state->geterr = symbol(library, "pcap_geterr", &all);
	*(void **)&state->close = symbol(library, "pcap_close", &all);
	if (!all)
		return explain_problem(problem, "needs libpcap, which is not there: install "
						"Debian's package libpcap0.8");
	state->stream =
		fopencookie(&capture->source, "r", (cookie_io_functions_t){.read = read_source});
	if (!state->stream)
		return explain_problem(problem, "needs more memory than there is");
	(void)setvbuf(state->stream, NULL, _IOFBF, 65536);
	state->pcap = fopen_offline(state->stream, error);
	if (!state->pcap)
		return explain_problem(problem, "cannot be read: %.200s", error);
	int number = datalink(state->pcap);
	for (size_t i = 0; i < sizeof(linktypes) / sizeof(linktypes[0]); i++)
		if (linktypes[i].number == number)
			state->linktype = &linktypes[i];
	if (!state->linktype)
		return explain_problem(problem,
				       "is of link type %d; known are 187, 201 and 254 (HCI), 192, "
				       "251, 256 and 272 (Bluetooth LE link layer)",
				       number);
	(void)snprintf(capture->format, sizeof(capture->format), "%s, %s", capture->reader->name,
		       state->linktype->name);
	return 0;
}

static enum explain_read failed(struct explain_capture *capture)
{
	const struct state *state = capture->state;
	const char *why = state->geterr(state->pcap);

	if (strstr(why, "truncated") || capture->source.error)
		return explain_end_cut(capture);
	if (strstr(why, "different from"))
		return explain_end(capture,
				   "frame %" PRIu64 " and what follows is not read: libpcap takes "
				   "one kind of interface a file (%.60s)",
				   capture->number + 1, why);
	return explain_end(capture, "the capture is damaged at frame %" PRIu64 ": %.100s",
			   capture->number + 1, why);
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	struct pcap_pkthdr *header;
	const u_char *data;
	int got = state->next_ex(state->pcap, &header, &data);

	if (got == PCAP_ERROR_BREAK)
		return EXPLAIN_READ_END;
	if (got != 1)
		return failed(capture);
	explain_count(capture, packet);
	packet->clock = EXPLAIN_CLOCK_UNIX;
	packet->time_us =
		(uint64_t)header->ts.tv_sec * UINT64_C(1000000) + (uint64_t)header->ts.tv_usec;
	size_t kept = header->caplen, original = header->len > kept ? header->len : kept;
	return state->linktype->take(state, packet, data, kept, original);
}

static void close_pcap(struct explain_capture *capture)
{
	struct state *state = capture->state;

	if (!state)
		return;
	if (state->pcap)
		state->close(state->pcap); /* and the stream with it */
	else if (state->stream)
		(void)fclose(state->stream);
	free(state);
}

const struct explain_reader explain_pcap = {"pcap", recognise_pcap, open_pcap, next, close_pcap};
const struct explain_reader explain_pcapng = {"pcapng", recognise_pcapng, open_pcap, next,
					      close_pcap};
