/* SPDX-License-Identifier: MIT */
/*
 * pcapng, block by block (draft-ietf-opsawg-pcapng). libpcap reads it too, and only while all
 * interfaces of a file have one link type: a file with a host's capture and a sniffer's, or with
 * two sniffers of different make, ends there at the second. Of each interface the number is the
 * high octet of its packets' source.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/linktype.h"
#include "crypto/bytes.h"

enum block {
	SECTION = 0x0a0d0d0a,
	INTERFACE = 1,
	OLD_PACKET = 2,
	SIMPLE_PACKET = 3,
	PACKET = 6,
	JOURNAL = 9, /* an entry of systemd's: a frame to Wireshark */
};

enum { HEAD = 8, TAIL = 4, MAGIC = 0x1a2b3c4d };
enum { OPTION_END = 0, IF_TSRESOL = 9, IF_TSOFFSET = 14 };

#define INTERFACES 256

struct interface {
	const struct explain_linktype *linktype; /* NULL: nobody wants its packets */
	uint8_t resolution;			 /* as if_tsresol has it */
	int64_t offset;				 /* seconds */
	uint32_t snapshot;			 /* octets kept of a packet, 0: all */
};

struct state {
	bool big; /* byte order of the section */
	size_t count;
	struct interface interfaces[INTERFACES];
	struct explain_senders senders;
};

static uint32_t get16(const struct state *state, const uint8_t *p)
{
	return state->big ? explain_be16(p) : bytes_get_le16(p);
}

static uint32_t get32(const struct state *state, const uint8_t *p)
{
	return state->big ? explain_be32(p) : bytes_get_le32(p);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

enum got { GOT_BLOCK, GOT_END, GOT_CUT, GOT_DAMAGE };

/* The length that a block claims, which covers its head and tail. */
static bool plausible(uint32_t len)
{
	return len >= HEAD + TAIL && len % 4 == 0;
}

/* The next block: its body. One that is longer than a window, and no packet, is without body. */
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
	*type = get32(state, p);
	if (*type == SECTION) { /* the same in either order */
		state->big = explain_be32(p + HEAD) == MAGIC;
		if (get32(state, p + HEAD) != MAGIC)
			return GOT_DAMAGE;
		state->count = 0;
	}
	size_t size = get32(state, p + 4);
	if (!plausible((uint32_t)size))
		return GOT_DAMAGE;
	*len = 0;
	if (size <= EXPLAIN_WINDOW) {
		p = capture_source_peek(&capture->source, size, &have);
		if (have < size)
			return GOT_CUT;
		if (get32(state, p + size - TAIL) != size)
			return GOT_DAMAGE;
		*body = p + HEAD;
		*len = size - HEAD - TAIL;
		capture_source_take(&capture->source, size);
		return GOT_BLOCK;
	}
	while (size > 0) { /* names, secrets, whatever else a block may carry */
		(void)capture_source_peek(&capture->source, 1, &have);
		if (have == 0)
			return GOT_CUT;
		have = have < size ? have : size;
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
	*interface = (struct interface){capture_linktype(get16(state, body)), 6, 0,
					get32(state, body + 4)};
	if (interface->linktype)
		name_linktype(capture, interface->linktype->name);
	for (size_t at = 8; at + 4 <= len;) {
		size_t option = get16(state, body + at), size = get16(state, body + at + 2);

		at += 4;
		if (option == OPTION_END || size > len - at)
			return;
		if (option == IF_TSRESOL && size == 1)
			interface->resolution = body[at];
		else if (option == IF_TSOFFSET && size == 8)
			interface->offset =
				(int64_t)((uint64_t)get32(state, body + at + (state->big ? 0 : 4))
						  << 32 |
					  get32(state, body + at + (state->big ? 4 : 0)));
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

/* A block that is a packet: where what is in it, from the beginning of its body. */
static const struct layout {
	uint32_t type;
	uint8_t head;				       /* octets before the data */
	bool has_interface, short_interface, has_time; /* all but the simple one */
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
		index = layout->short_interface ? get16(state, body) : get32(state, body);
	if (index >= state->count || !state->interfaces[index].linktype)
		return EXPLAIN_READ_SKIPPED;
	const struct interface *interface = &state->interfaces[index];
	original = get32(state, body + layout->head - 4);
	if (layout->has_time) {
		kept = get32(state, body + 12);
		packet->clock = EXPLAIN_CLOCK_UNIX;
		packet->time_us = microseconds(interface, (uint64_t)get32(state, body + 4) << 32 |
								  get32(state, body + 8));
	} else {
		kept = interface->snapshot && interface->snapshot < original ? interface->snapshot
									     : original;
	}
	if (kept > len - layout->head)
		kept = len - layout->head;
	packet->source = (uint16_t)(index << 8);
	return interface->linktype->take(&state->senders, packet, body + layout->head, kept,
					 original > kept ? original : kept);
}

/* ---- The file -------------------------------------------------------------------------------- */

static bool recognise(const uint8_t *first, size_t len)
{
	return len >= 4 && explain_be32(first) == SECTION;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	const uint8_t *body = NULL;
	uint32_t type;
	size_t len;

	switch (take_block(capture, &type, &body, &len)) {
	case GOT_END:
		return EXPLAIN_READ_END;
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

/* Reads on to the first interface whose packets are known: what is before it, nobody wants. */
static int open_pcapng(struct explain_capture *capture, char problem[EXPLAIN_PROBLEM])
{
	struct state *state = calloc(1, sizeof(*state));
	struct explain_packet packet = {.number = 0};
	size_t have;

	if (!state)
		return capture_problem(problem, "needs more memory than there is");
	capture->state = state;
	const char *name = capture->format + strlen(capture->format);
	uint32_t unknown = 0;
	while (!*name) {
		const uint8_t *p = capture_source_peek(&capture->source, HEAD + 2, &have);
		if (have >= HEAD + 2 && get32(state, p) == INTERFACE)
			unknown = get16(state, p + HEAD);
		if (next(capture, &packet) == EXPLAIN_READ_END)
			return state->count    ? capture_linktype_unknown(problem, unknown)
			       : *capture->end ? capture_problem(problem, "cannot be read: %s",
								 capture->end)
					       : capture_problem(problem,
								 "has no interface, so no packets");
	}
	return 0;
}

static void close_pcapng(struct explain_capture *capture)
{
	free(capture->state);
}

const struct explain_reader capture_pcapng = {"pcapng", recognise, open_pcapng, next, close_pcapng};
