/* SPDX-License-Identifier: MIT */
/*
 * Apple's PacketLogger (.pklg): records of a length (of the octets behind it), seconds,
 * microseconds, a type and a packet; big-endian in older versions, then little-endian. No file
 * header.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/reader.h"
#include "crypto/bytes.h"

enum { HEADER = 13, BEHIND_LENGTH = 9 };

static const struct {
	uint8_t type;
	enum explain_kind kind;
	enum explain_way way;
} types[] = {
	{0x00, EXPLAIN_COMMAND, EXPLAIN_SENT},
	{0x01, EXPLAIN_EVENT, EXPLAIN_RECEIVED},
	{0x02, EXPLAIN_ACL, EXPLAIN_SENT},
	{0x03, EXPLAIN_ACL, EXPLAIN_RECEIVED},
};

struct state {
	bool big;
};

/* True if the first record, and the beginning of the second if there is one, are valid. */
static bool plausible(const uint8_t *p, size_t len, bool big)
{
	for (int record = 0; record < 2 && len >= HEADER; record++) {
		uint32_t behind = capture_get32(p, big);
		bool packet = p[12] <= 0x03 || p[12] == 0x08 || p[12] == 0x09 || p[12] >= 0x0a;

		if (behind < BEHIND_LENGTH || behind > EXPLAIN_RECORD_MAX || !packet ||
		    capture_get32(p + 8, big) >= 1000000)
			return false;
		if (record == 0 && p[12] > 0x09 && p[12] < 0xf0)
			return false;
		if (len < 4 + (size_t)behind)
			return record > 0 || len > HEADER;
		p += 4 + behind;
		len -= 4 + behind;
	}
	return true;
}

static bool recognise(const uint8_t *first, size_t len)
{
	return len >= HEADER && (plausible(first, len, true) || plausible(first, len, false));
}

static int open_packetlogger(struct explain_capture *capture, struct failure *failure)
{
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	capture->state = state;
	state->big = plausible(p, have, true);
	(void)snprintf(capture->format, sizeof(capture->format), "PacketLogger, %s-endian",
		       state->big ? "big" : "little");
	return 0;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	const struct state *state = capture->state;
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, HEADER, &have);

	if (have == 0 && !capture->source.error)
		return EXPLAIN_READ_END;
	if (have < HEADER)
		return capture_end_cut(capture);
	size_t behind = capture_get32(p, state->big);
	if (behind < BEHIND_LENGTH || behind > EXPLAIN_RECORD_MAX)
		return capture_end(capture,
				   "frame %" PRIu64 " claims %zu octets: the capture is damaged "
				   "there",
				   capture->number + 1, behind);
	p = capture_source_peek(&capture->source, 4 + behind, &have);
	if (have < 4 + behind)
		return capture_end_cut(capture);
	capture_source_take(&capture->source, 4 + behind);
	capture_count(capture, packet);
	packet->clock = EXPLAIN_CLOCK_UNIX;
	packet->time_us = capture_get32(p + 4, state->big) * UINT64_C(1000000) +
			  capture_get32(p + 8, state->big);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == p[12]) {
			packet->kind = types[i].kind;
			packet->way = types[i].way;
			packet->data = p + HEADER;
			packet->len = packet->original = behind - BEHIND_LENGTH;
			return EXPLAIN_READ_PACKET;
		}
	return EXPLAIN_READ_SKIPPED;
}

static void close_packetlogger(struct explain_capture *capture)
{
	free(capture->state);
}

const struct explain_reader capture_packetlogger = {"PacketLogger", recognise, open_packetlogger,
						    next, close_packetlogger};
