/* SPDX-License-Identifier: MIT */
/*
 * btsnoop, version 1: a header of 16 octets, then records of 24 octets and a packet. It is
 * big-endian; programs that write their own byte order exist. The meaning of a record's flags
 * depends on the datalink.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/monitor.h"
#include "capture/reader.h"
#include "crypto/bytes.h"
#include "hci/btsnoop.h"
#include "hci/protocol.h"

/* Microseconds from year 0 to 1970, as the format counts. */
#define EPOCH 0x00dcddb30f2f8000ULL

enum { RECEIVED = 1, CONTROL = 2 }; /* flags, except of the Linux monitor */

struct datalink {
	uint32_t number;
	const char *name;
	enum explain_read (*take)(struct explain_packet *packet, uint32_t flags,
				  const uint8_t *data, size_t kept, size_t original);
};

/* The packet type is in the flags, not in the packet. */
static enum explain_read take_h1(struct explain_packet *packet, uint32_t flags, const uint8_t *data,
				 size_t kept, size_t original)
{
	if (flags & CONTROL)
		packet->kind = flags & RECEIVED ? EXPLAIN_EVENT : EXPLAIN_COMMAND;
	else
		packet->kind = EXPLAIN_ACL;
	packet->way = flags & RECEIVED ? EXPLAIN_RECEIVED : EXPLAIN_SENT;
	packet->data = data;
	packet->len = kept;
	packet->original = original;
	return kept > 0 ? EXPLAIN_READ_PACKET : EXPLAIN_READ_SKIPPED;
}

static enum explain_read take_h4(struct explain_packet *packet, uint32_t flags, const uint8_t *data,
				 size_t kept, size_t original)
{
	enum explain_read read = capture_take_h4(packet, flags & RECEIVED, data, kept, original);

	/* Android's log in the mode "filtered", and its log in memory. */
	if (read == EXPLAIN_READ_PACKET && packet->len < packet->original)
		packet->oddity =
			"only its beginning is in the log, which was filtered: on Android, "
			"set \"Bluetooth HCI snoop log\" to Enabled (not Filtered) in the "
			"developer options, and switch Bluetooth off and on";
	return read;
}

static enum explain_read take_monitor(struct explain_packet *packet, uint32_t flags,
				      const uint8_t *data, size_t kept, size_t original)
{
	return capture_take_monitor(packet, (uint16_t)flags, (uint16_t)(flags >> 16), data, kept,
				    original);
}

/* Packets of BlueZ' simulated radio: a preamble, then the link-layer packet. */
static enum explain_read take_simulator(struct explain_packet *packet, uint32_t flags,
					const uint8_t *data, size_t kept, size_t original)
{
	(void)flags;
	(void)original;
	packet->air = (struct explain_radio){.channel = -1, .rssi = 127};
	return kept > 0 ? capture_take_air(packet, data + 1, kept - 1) : EXPLAIN_READ_SKIPPED;
}

static const struct datalink datalinks[] = {
	{1001, "HCI without packet type (H1)", take_h1},
	{1002, "HCI UART (H4)", take_h4},
	{2001, "Linux monitor", take_monitor},
	{2002, "BlueZ simulator", take_simulator},
};

/* Datalinks that exist, and are not read. */
static const struct {
	uint32_t number;
	const char *name;
} others[] = {{1003, "BCSP"}, {1004, "H5, three-wire UART"}};

struct state {
	const struct datalink *datalink;
	bool big;
	uint64_t zero; /* of its times */
	uint32_t drops;
};

static bool recognise(const uint8_t *first, size_t len)
{
	return len >= 8 && bytes_equal(first, (const uint8_t *)"btsnoop", 8);
}

static int open_btsnoop(struct explain_capture *capture, struct failure *failure)
{
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, HCI_BTSNOOP_FILE_HEADER, &have);
	struct state *state;

	if (have < HCI_BTSNOOP_FILE_HEADER)
		return failure_set(failure, CLI_EMPTY, "ends in its header: it holds no packet");
	/* The smaller version: 1 in the byte order of the file. */
	bool big = capture_get_be32(p + 8) < bytes_get_le32(p + 8);
	uint32_t version = capture_get32(p + 8, big), datalink = capture_get32(p + 12, big);
	if (version != 1)
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "is of version %" PRIu32 "; only 1 is supported", version);
	state = calloc(1, sizeof(*state));
	if (!state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	capture->state = state;
	state->big = big;
	for (size_t i = 0; i < sizeof(datalinks) / sizeof(datalinks[0]); i++)
		if (datalinks[i].number == datalink)
			state->datalink = &datalinks[i];
	if (!state->datalink) {
		const char *name = NULL;
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (others[i].number == datalink)
				name = others[i].name;
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "is of datalink %" PRIu32
				   "%s%s%s; supported are 1001 (HCI), 1002 "
				   "(HCI UART), 2001 (Linux monitor) and 2002 (simulator)",
				   datalink, name ? " (" : "", name ? name : "", name ? ")" : "");
	}
	(void)snprintf(capture->format, sizeof(capture->format), "btsnoop, %s",
		       state->datalink->name);
	capture->plain = state->datalink->take == take_h1 || state->datalink->take == take_h4;
	capture_source_take(&capture->source, HCI_BTSNOOP_FILE_HEADER);
	return 0;
}

/* The header of a record, of HCI_BTSNOOP_RECORD_HEADER octets. */
struct header {
	size_t original, kept; /* octets */
	uint32_t flags;
	uint32_t drops; /* packets dropped since the beginning of the file */
	uint64_t time;
};

static inline struct header header_of(const uint8_t *p, bool big)
{
	return (struct header){
		.original = capture_get32(p, big),
		.kept = capture_get32(p + 4, big),
		.flags = capture_get32(p + 8, big),
		.drops = capture_get32(p + 12, big),
		.time = capture_get64(p + 16, big),
	};
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, HCI_BTSNOOP_RECORD_HEADER, &have);

	if (have == 0 && !capture->source.error)
		return EXPLAIN_READ_END;
	if (have < HCI_BTSNOOP_RECORD_HEADER)
		return capture_end_cut(capture);
	const struct header header = state->big ? header_of(p, true) : header_of(p, false);
	const size_t kept = header.kept;
	if (kept > EXPLAIN_RECORD_MAX)
		return capture_end_oversized(capture, kept);
	if (have < HCI_BTSNOOP_RECORD_HEADER + kept)
		p = capture_source_peek(&capture->source, HCI_BTSNOOP_RECORD_HEADER + kept, &have);
	if (have < HCI_BTSNOOP_RECORD_HEADER + kept)
		return capture_end_cut(capture);
	capture_count(capture, packet);
	/* A clock that was never set counts from the beginning: all times of the file do. */
	if (capture->number == 1)
		state->zero = header.time < EPOCH ? 0 : EPOCH;
	packet->clock = state->zero ? EXPLAIN_CLOCK_UNIX : EXPLAIN_CLOCK_START;
	packet->time_us = header.time > state->zero ? header.time - state->zero : 0;
	if (header.drops > state->drops)
		capture_lost(capture, packet, header.drops - state->drops);
	state->drops = header.drops;
	capture_source_take(&capture->source, HCI_BTSNOOP_RECORD_HEADER + kept);
	return state->datalink->take(packet, header.flags, p + HCI_BTSNOOP_RECORD_HEADER, kept,
				     header.original > kept ? header.original : kept);
}

static void close_btsnoop(struct explain_capture *capture)
{
	free(capture->state);
}

const struct explain_reader capture_btsnoop = {"btsnoop", recognise, open_btsnoop, next,
					       close_btsnoop};
