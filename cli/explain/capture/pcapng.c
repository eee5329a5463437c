/* SPDX-License-Identifier: MIT */
/*
 * pcapng (draft-ietf-opsawg-pcapng), block by block. The interfaces of a file may have different
 * link types: a host's capture and a sniffer's, or two sniffers of different make. The number of an
 * interface is the high octet of its packets' source.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/linktype.h"
#include "capture/reader.h"

enum block {
	SECTION = 0x0a0d0d0a,
	INTERFACE = 1,
	OLD_PACKET = 2,
	SIMPLE_PACKET = 3,
	PACKET = 6,
	JOURNAL = 9, /* an entry of systemd's journal, which Wireshark counts as a frame */
};

enum { HEAD = 8, TAIL = 4, MAGIC = 0x1a2b3c4d };
enum { OPTION_END = 0, IF_TSRESOL = 9, IF_TSOFFSET = 14 };

#define INTERFACES 256

struct interface {
	const struct explain_linktype *linktype; /* NULL: its packets are skipped */
	uint8_t resolution;			 /* if_tsresol */
	int64_t offset;				 /* seconds */
	uint32_t snapshot;			 /* octets kept of a packet, 0: all */
};

struct state {
	bool big;	   /* byte order of the section */
	unsigned linktype; /* of the last interface */
	size_t count;
	struct interface interfaces[INTERFACES];
	struct explain_linktype_state links;
};

/* ---- Blocks ---------------------------------------------------------------------------------- */

enum got { GOT_BLOCK, GOT_END, GOT_CUT, GOT_DAMAGE };

/* The length of a block, which covers its head and tail. */
static bool is_block_length(uint32_t len)
{
	return len >= HEAD + TAIL && len % 4 == 0;
}

/* Reads the next block. One that does not fit the window, so no packet, gets no body. */
static enum got take_block(struct explain_capture *capture, uint32_t *type, const uint8_t **body,
			   size_t *len)
{
	struct state *state = capture->state;
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, HEAD + 4, &have);

	if (have == 0)
		return capture->source.error ? GOT_CUT : GOT_END;
	if (have < HEAD + 4)
		return GOT_CUT;
	*type = capture_get32(p, state->big);
	if (*type == SECTION) { /* the same in either byte order */
		state->big = capture_get_be32(p + HEAD) == MAGIC;
		if (capture_get32(p + HEAD, state->big) != MAGIC)
			return GOT_DAMAGE;
		state->count = 0;
	}
	size_t size = capture_get32(p + 4, state->big);
	if (!is_block_length((uint32_t)size))
		return GOT_DAMAGE;
	*len = 0;
	if (size <= EXPLAIN_WINDOW) {
		p = capture_source_peek(&capture->source, size, &have);
		if (have < size)
			return GOT_CUT;
		if (capture_get32(p + size - TAIL, state->big) != size)
			return GOT_DAMAGE;
		*body = p + HEAD;
		*len = size - HEAD - TAIL;
		capture_source_take(&capture->source, size);
		return GOT_BLOCK;
	}
	while (size > 0) {
		(void)capture_source_peek(&capture->source, 1, &have);
		if (have == 0)
			return GOT_CUT;
		have = capture_least(have, size);
		capture_source_take(&capture->source, have);
		size -= have;
	}
	return GOT_BLOCK;
}

static void name_linktype(struct explain_capture *capture, const char *name)
{
	size_t len = strlen(capture->format);

	if (!strstr(capture->format, name))
		(void)snprintf(capture->format + len, sizeof(capture->format) - len, ", %s", name);
}

static void take_interface(struct explain_capture *capture, const uint8_t *body, size_t len)
{
	struct state *state = capture->state;
	struct interface *interface;

	if (!body || len < 8 || state->count == INTERFACES)
		return;
	interface = &state->interfaces[state->count++];
	state->linktype = capture_get16(body, state->big);
	*interface = (struct interface){capture_linktype(state->linktype), 6, 0,
					capture_get32(body + 4, state->big)};
	if (interface->linktype)
		name_linktype(capture, interface->linktype->name);
	for (size_t at = 8; at + 4 <= len;) {
		size_t option = capture_get16(body + at, state->big),
		       size = capture_get16(body + at + 2, state->big);

		at += 4;
		if (option == OPTION_END || size > len - at)
			return;
		if (option == IF_TSRESOL && size == 1)
			interface->resolution = body[at];
		else if (option == IF_TSOFFSET && size == 8)
			interface->offset =
				(int64_t)((uint64_t)capture_get32(body + at + (state->big ? 0 : 4),
								  state->big)
						  << 32 |
					  capture_get32(body + at + (state->big ? 4 : 0),
							state->big));
		at += (size + 3) / 4 * 4;
	}
}

/* ---- Packets --------------------------------------------------------------------------------- */

/* if_tsresol: a negative power of 10, or, with the highest bit, of 2. */
static uint64_t microseconds(const struct interface *interface, uint64_t time)
{
	unsigned power = interface->resolution & 0x7f;
	uint64_t second = (uint64_t)interface->offset * 1000000;

	if (interface->resolution & 0x80) {
		for (; power > 32; power--)
			time >>= 1; /* so that the fraction can be multiplied */
		return second + (time >> power) * 1000000 +
		       (((time & ((UINT64_C(1) << power) - 1)) * 1000000) >> power);
	}
	for (; power > 6; power--)
		time /= 10;
	for (; power < 6; power++)
		time *= 10;
	return second + time;
}

/* Blocks that are packets: the fields before the data. */
static const struct layout {
	uint32_t type;
	uint8_t head; /* octets before the data */
	bool has_interface, short_interface, has_time;
} layouts[] = {
	{PACKET, 20, true, false, true},
	{OLD_PACKET, 20, true, true, true},
	{SIMPLE_PACKET, 4, false, false, false},
};

static enum explain_read take_packet(struct explain_capture *capture, struct explain_packet *packet,
				     const struct layout *layout, const uint8_t *body, size_t len)
{
	struct state *state = capture->state;
	size_t index = 0, kept, original;

	capture_count(capture, packet);
	if (!body || len < layout->head)
		return EXPLAIN_READ_SKIPPED;
	if (layout->has_interface)
		index = layout->short_interface ? capture_get16(body, state->big)
						: capture_get32(body, state->big);
	if (index >= state->count || !state->interfaces[index].linktype)
		return EXPLAIN_READ_SKIPPED;
	const struct interface *interface = &state->interfaces[index];
	original = capture_get32(body + layout->head - 4, state->big);
	if (layout->has_time) {
		kept = capture_get32(body + 12, state->big);
		packet->clock = EXPLAIN_CLOCK_UNIX;
		packet->time_us = microseconds(interface,
					       (uint64_t)capture_get32(body + 4, state->big) << 32 |
						       capture_get32(body + 8, state->big));
	} else {
		kept = interface->snapshot && interface->snapshot < original ? interface->snapshot
									     : original;
	}
	kept = capture_least(kept, len - layout->head);
	packet->source = (uint16_t)(index << 8);
	return interface->linktype->take(&state->links, packet, body + layout->head, kept,
					 original > kept ? original : kept);
}

/* ---- The file -------------------------------------------------------------------------------- */

static bool recognise(const uint8_t *first, size_t len)
{
	return len >= 4 && capture_get_be32(first) == SECTION;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const uint8_t *body = NULL;
	uint32_t type;
	size_t len;

	if (capture_usb_more(&state->links.usb, packet))
		return EXPLAIN_READ_PACKET;
	switch (take_block(capture, &type, &body, &len)) {
	case GOT_END:
		return capture_linktype_end(capture, &state->links);
	case GOT_CUT:
		return capture_end_cut(capture);
	case GOT_DAMAGE:
		return capture_end(capture,
				   "the capture is damaged at frame %" PRIu64
				   ": a block has no valid length or byte order",
				   capture->number + 1);
	case GOT_BLOCK:
		break;
	}
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return take_packet(capture, packet, &layouts[i], body, len);
	if (type == INTERFACE)
		take_interface(capture, body, len);
	else if (type == JOURNAL)
		capture_count(capture, packet);
	return EXPLAIN_READ_SKIPPED;
}

/* Reads on to the first interface with a supported link type; no packet before it counts. */
static int open_pcapng(struct explain_capture *capture, struct failure *failure)
{
	struct state *state = calloc(1, sizeof(*state));
	struct explain_packet packet = {.number = 0};

	if (!state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	capture->state = state;
	const char *name = capture->format + strlen(capture->format);
	while (!*name)
		if (next(capture, &packet) == EXPLAIN_READ_END)
			return state->count    ? capture_linktype_unknown(failure, state->linktype)
			       : *capture->end ? failure_set(failure, CLI_NOT_A_CAPTURE,
							     "cannot be read: %s", capture->end)
					       : failure_set(failure, CLI_NOT_A_CAPTURE,
							     "has no interface, so no packets");
	return 0;
}

static void close_pcapng(struct explain_capture *capture)
{
	free(capture->state);
}

const struct explain_reader capture_pcapng = {"pcapng", recognise, open_pcapng, next, close_pcapng};
