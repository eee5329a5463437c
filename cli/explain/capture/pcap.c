/* SPDX-License-Identifier: MIT */
/*
 * pcap (draft-ietf-opsawg-pcap): a header of 24 octets with the byte order, the unit of times and
 * the link type, then records of 16 octets and a packet; of 24 octets in the "modified" format of
 * some old systems.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/linktype.h"
#include "capture/reader.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, MODIFIED_RECORD_HEADER = 24 };
enum { VERSION = 2 };

/* The link type is in the lower bits; the upper ones are about the frame check sequence. */
#define LINKTYPE_MASK 0x03ffffff

/* The first 4 octets, in the byte order of the file. */
static const struct variant {
	uint32_t magic;
	uint8_t record_header;
	uint16_t ticks; /* of a microsecond */
} variants[] = {
	{0xa1b2c3d4, RECORD_HEADER, 1},
	{0xa1b23c4d, RECORD_HEADER, 1000},
	{0xa1b2cd34, MODIFIED_RECORD_HEADER, 1},
};

struct state {
	const struct variant *variant;
	bool big;
	const struct explain_linktype *linktype;
	struct explain_linktype_state links;
};

static const struct variant *find_variant(const uint8_t *first, bool big)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (capture_get32(first, big) == variants[i].magic)
			return &variants[i];
	return NULL;
}

static bool recognise(const uint8_t *first, size_t len)
{
	return len >= 4 && (find_variant(first, true) || find_variant(first, false));
}

static int open_pcap(struct explain_capture *capture, struct failure *failure)
{
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, FILE_HEADER, &have);
	struct state *state;

	if (have < FILE_HEADER)
		return failure_set(failure, CLI_EMPTY, "ends in its header: it holds no packet");
	state = calloc(1, sizeof(*state));
	if (!state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	capture->state = state;
	state->big = find_variant(p, true) != NULL;
	state->variant = find_variant(p, state->big);
	unsigned version = capture_get16(p + 4, state->big);
	uint32_t number = capture_get32(p + 20, state->big) & LINKTYPE_MASK;
	if (version != VERSION)
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "is of version %u; only %d is supported", version, VERSION);
	state->linktype = capture_linktype(number);
	if (!state->linktype)
		return capture_linktype_unknown(failure, number);
	(void)snprintf(capture->format, sizeof(capture->format), "%s, %s", capture->reader->name,
		       state->linktype->name);
	capture_source_take(&capture->source, FILE_HEADER);
	return 0;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const size_t header = state->variant->record_header;
	size_t have;

	if (capture_usb_more(&state->links.usb, packet))
		return EXPLAIN_READ_PACKET;
	const uint8_t *p = capture_source_peek(&capture->source, header, &have);
	if (have == 0 && !capture->source.error)
		return capture_linktype_end(capture, &state->links);
	if (have < header)
		return capture_end_cut(capture);
	size_t kept = capture_get32(p + 8, state->big);
	if (kept > EXPLAIN_RECORD_MAX)
		return capture_end_oversized(capture, kept);
	p = capture_source_peek(&capture->source, header + kept, &have);
	if (have < header + kept)
		return capture_end_cut(capture);
	capture_source_take(&capture->source, header + kept);
	capture_count(capture, packet);
	packet->clock = EXPLAIN_CLOCK_UNIX;
	packet->time_us = capture_get32(p, state->big) * UINT64_C(1000000) +
			  capture_get32(p + 4, state->big) / state->variant->ticks;
	size_t original = capture_get32(p + 12, state->big);
	return state->linktype->take(&state->links, packet, p + header, kept,
				     original > kept ? original : kept);
}

static void close_pcap(struct explain_capture *capture)
{
	free(capture->state);
}

const struct explain_reader capture_pcap = {"pcap", recognise, open_pcap, next, close_pcap};
