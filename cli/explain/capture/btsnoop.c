/* SPDX-License-Identifier: MIT */
/*
 * btsnoop, version 1, big-endian: a header of 16 octets, then records of 24 octets and a packet.
 * The meaning of a record's flags depends on the datalink.
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
	return EXPLAIN_READ_PACKET;
}

static enum explain_read take_h4(struct explain_packet *packet, uint32_t flags, const uint8_t *data,
				 size_t kept, size_t original)
{
	return capture_take_h4(packet, flags & RECEIVED, data, kept, original);
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

struct state {
	const struct datalink *datalink;
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
		return failure_set(failure, CLI_USAGE, "ends in its header: it holds no packet");
	if (capture_get_be32(p + 8) != 1)
		return failure_set(failure, CLI_USAGE,
				   "is of version %" PRIu32 "; only 1 is supported",
				   capture_get_be32(p + 8));
	state = calloc(1, sizeof(*state));
	if (!state)
		return failure_set(failure, CLI_USAGE, "cannot be read: out of memory");
	capture->state = state;
	for (size_t i = 0; i < sizeof(datalinks) / sizeof(datalinks[0]); i++)
		if (datalinks[i].number == capture_get_be32(p + 12))
			state->datalink = &datalinks[i];
	if (!state->datalink)
		return failure_set(failure, CLI_USAGE,
				   "is of datalink %" PRIu32 "; supported are 1001 (HCI), 1002 "
				   "(HCI UART), 2001 (Linux monitor) and 2002 (simulator)",
				   capture_get_be32(p + 12));
	(void)snprintf(capture->format, sizeof(capture->format), "btsnoop, %s",
		       state->datalink->name);
	capture_source_take(&capture->source, HCI_BTSNOOP_FILE_HEADER);
	return 0;
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
	size_t original = capture_get_be32(p), kept = capture_get_be32(p + 4);
	if (kept > EXPLAIN_RECORD_MAX)
		return capture_end_oversized(capture, kept);
	p = capture_source_peek(&capture->source, HCI_BTSNOOP_RECORD_HEADER + kept, &have);
	if (have < HCI_BTSNOOP_RECORD_HEADER + kept)
		return capture_end_cut(capture);
	capture_count(capture, packet);
	packet->clock = EXPLAIN_CLOCK_UNIX;
	packet->time_us =
		((uint64_t)capture_get_be32(p + 16) << 32 | capture_get_be32(p + 20)) - EPOCH;
	/* Packets dropped since the beginning of the file. */
	uint32_t drops = capture_get_be32(p + 12);
	if (drops > state->drops)
		capture_lost(capture, packet, drops - state->drops);
	state->drops = drops;
	capture_source_take(&capture->source, HCI_BTSNOOP_RECORD_HEADER + kept);
	original = original > kept ? original : kept;
	return state->datalink->take(packet, capture_get_be32(p + 8), p + HCI_BTSNOOP_RECORD_HEADER,
				     kept, original);
}

static void close_btsnoop(struct explain_capture *capture)
{
	free(capture->state);
}

const struct explain_reader capture_btsnoop = {"btsnoop", recognise, open_btsnoop, next,
					       close_btsnoop};
