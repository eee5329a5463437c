/* SPDX-License-Identifier: MIT */
/*
 * Text of Wireshark and tshark: the summary of a packet in one line, its details (-V), its octets
 * (-x), or any of these together, of one packet or many. Octets say more than details, and details
 * more than a summary; each packet is read from the best that it has.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "capture/lines.h"
#include "capture/linktype.h"
#include "capture/monitor.h"
#include "capture/reader.h"
#include "capture/wireshark_fields.h"
#include "capture/wireshark_pdml.h"
#include "capture/wireshark_summary.h"

#define DUMP_MAX 2048 /* octets of a dump; the rest of a longer one is skipped */
#define SECOND	 UINT64_C(1000000)

enum skip { SKIP_NOTHING, SKIP_NEXT, SKIP_THIS };

struct frame {
	uint64_t number;   /* 0: not printed */
	uint64_t captured; /* octets, by "Frame 1: 7 bytes on wire"; 0: not printed */
	uint64_t time_us;
	enum explain_clock clock;
	uint16_t source;
	bool headed; /* "Frame 1: ..." began it */
	bool has_summary;
	struct wireshark_details details;
	struct wireshark_summary summary;
	uint8_t dump[DUMP_MAX];
	size_t dumped;
	unsigned link; /* link type; 0: to be guessed from the octets */
};

struct state {
	struct explain_lines lines, ahead; /* and the line behind it, unless no_ahead */
	bool no_ahead;
	struct frame frames[2]; /* one is read while the packet of the other is in use */
	size_t current;
	struct wireshark_ends ends;
	struct explain_linktype_state links;
	enum skip skip; /* of dumps: of reassembled data, which repeats octets */
	bool ended, lost;
	enum explain_clock clock; /* of the first packet: a capture has one */
	uint64_t last_us;
	bool summary_only; /* some packet was read from its summary */
	bool logger;	   /* dumps are of a capture of PacketLogger */
};

/* ---- Octets ---------------------------------------------------------------------------------- */

/* "0010  0a 00 04 00   ....": an offset, octets with one or two blanks between them, text. */
static size_t read_dump_line(const char *line, uint64_t *offset, uint8_t octets[16])
{
	const char *p = line;
	size_t count = 0;

	if (!capture_hex(&p, 8, offset) || p - line < 4 || *offset % 16 != 0)
		return 0;
	p += *p == ':';
	size_t blanks = strspn(p, " ");
	if (blanks < 1 || blanks > 4)
		return 0;
	p += blanks;
	while (count < 16 && hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0 &&
	       (p[2] == ' ' || p[2] == '\0')) {
		octets[count++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		p += 2;
		blanks = strspn(p, " ");
		if (blanks > 2)
			break;
		p += blanks;
	}
	return count;
}

/* H4: the header says exactly how long the packet is. */
static bool is_h4(const uint8_t *p, size_t len)
{
	if (len < 4)
		return false;
	switch (p[0]) {
	case 1:
		return len == 4 + (size_t)p[3];
	case 2:
		return len >= 5 && len == 5 + (size_t)bytes_get_le16(p + 3);
	case 4:
		return len == 3 + (size_t)p[2];
	default:
		return false;
	}
}

/*
 * A packet of PacketLogger begins with a type, too: 0 command, 1 event, 2 ACL that was sent, 3 ACL
 * that was received. True: that packet is as long as its header says.
 */
static bool is_logger(const uint8_t *p, size_t len)
{
	if (len < 4)
		return false;
	switch (p[0]) {
	case 0:
		return len == 4 + (size_t)p[3];
	case 1:
		return len == 3 + (size_t)p[2];
	case 2:
	case 3:
		return len >= 5 && len == 5 + (size_t)bytes_get_le16(p + 3);
	default:
		return false;
	}
}

/* Turns that packet into one of H4. EXPLAIN_WAY_UNKNOWN: it has the way in itself. */
static enum explain_way logger_to_h4(uint8_t *p)
{
	enum { COMMAND, EVENT, SENT, RECEIVED };
	enum { H4_COMMAND = 1, H4_ACL = 2, H4_EVENT = 4 };
	const uint8_t type = p[0];

	p[0] = type == COMMAND ? H4_COMMAND : type == EVENT ? H4_EVENT : H4_ACL;
	return type == SENT	  ? EXPLAIN_SENT
	       : type == RECEIVED ? EXPLAIN_RECEIVED
				  : EXPLAIN_WAY_UNKNOWN;
}

/* A record of the Linux monitor has no packet type; its length is that of its header. */
static bool is_monitor(int opcode, const uint8_t *p, size_t len)
{
	switch (opcode) {
	case -1:
		return false;
	case 2:
		return len >= 3 && len == 3 + (size_t)p[2];
	case 3:
		return len >= 2 && len == 2 + (size_t)p[1];
	case 4:
	case 5:
		return len >= 4 && len == 4 + (size_t)bytes_get_le16(p + 2);
	default:
		return true;
	}
}

/* An access address, a PDU as long as its header says, and a CRC. */
static bool is_pdu(const uint8_t *p, size_t len)
{
	return len >= 9 && len == 9 + (size_t)p[5];
}

enum { H4 = 187 };

/* The link type that the octets of a packet fit; 0: none. */
static unsigned guess_link(const uint8_t *p, size_t len)
{
	enum { PPI = 192, LL = 251, LL_PHDR = 256, NORDIC = 272 };
	enum { PPI_HEADER = 8, PHDR_HEADER = 10, NORDIC_HEADER = 17 };

	if (is_h4(p, len))
		return H4;
	if (len > PPI_HEADER && p[0] == 0 && bytes_get_le16(p + 2) >= PPI_HEADER &&
	    bytes_get_le16(p + 2) < len &&
	    (bytes_get_le32(p + 4) == 147 || bytes_get_le32(p + 4) == LL ||
	     bytes_get_le32(p + 4) == LL_PHDR))
		return PPI;
	if (len > PHDR_HEADER && is_pdu(p + PHDR_HEADER, len - PHDR_HEADER))
		return LL_PHDR;
	if (len > NORDIC_HEADER && is_pdu(p + NORDIC_HEADER, len - NORDIC_HEADER))
		return NORDIC;
	return is_pdu(p, len) ? LL : 0;
}

/* "Encapsulation type: Bluetooth H4 with linux header (99)" */
static unsigned link_of(const char *encapsulation)
{
	static const struct {
		const char *name;
		unsigned link;
	} links[] = {
		{"Bluetooth H4", 187},
		{"Bluetooth Low Energy Link Layer RF", 256},
		{"Bluetooth Low Energy Link Layer", 251},
		{"nRF Sniffer for Bluetooth LE", 272},
		{"Nordic BLE Sniffer", 272},
		{"Per-Packet Information", 192},
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (strncmp(encapsulation, links[i].name, strlen(links[i].name)) == 0)
			return links[i].link;
	return 0;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static void begin_frame(struct state *state)
{
	struct frame *f = &state->frames[state->current];

	memset(f, 0, sizeof(*f));
	wireshark_details_begin(&f->details);
}

/* "2.006371", in microseconds. */
static bool seconds(const char *p, uint64_t *us)
{
	uint64_t value;

	if (!capture_decimal(&p, &value) || *p != '.' || value > UINT32_MAX * UINT64_C(4))
		return false;
	*us = value * SECOND;
	p++;
	for (uint64_t unit = SECOND / 10; unit && *p >= '0' && *p <= '9'; unit /= 10, p++)
		*us += (uint64_t)(*p - '0') * unit;
	return true;
}

/* Lines of the frame itself. */
static void take_frame_line(struct frame *f, const char *line)
{
	static const char encapsulation[] = "Encapsulation type: ";
	const char *p;
	uint64_t value;

	if (strncmp(line, "Epoch ", 6) == 0 && (p = strstr(line, "Time: ")) &&
	    seconds(p + 6, &value)) {
		f->time_us = value;
		f->clock = EXPLAIN_CLOCK_UNIX;
	} else if (f->clock == EXPLAIN_CLOCK_NONE &&
		   strncmp(line, "[Time since reference or first frame: ", 38) == 0 &&
		   seconds(line + 38, &value)) {
		f->time_us = value;
		f->clock = EXPLAIN_CLOCK_START;
	} else if (strncmp(line, encapsulation, sizeof(encapsulation) - 1) == 0) {
		f->link = link_of(line + sizeof(encapsulation) - 1);
	} else if (strncmp(line, "Interface id: ", 14) == 0) {
		p = line + 14;
		if (capture_decimal(&p, &value))
			f->source = (uint16_t)value;
	}
}

/* "Frame 2969: 7 bytes on wire (56 bits), 7 bytes captured (56 bits)" */
static bool is_frame_heading(const char *line, uint64_t *number, uint64_t *captured)
{
	const char *p = line + 6;

	if (strncmp(line, "Frame ", 6) != 0 || !capture_decimal(&p, number) ||
	    (*p != ':' && *p != ' '))
		return false;
	if (!strstr(p, " bytes on wire"))
		return false;
	*captured = 0;
	p = strstr(p, "), ");
	p = p ? p + 3 : "";
	if (!capture_decimal(&p, captured) || strncmp(p, " bytes captured", 15) != 0)
		*captured = 0;
	return true;
}

static bool is_empty(const struct frame *f)
{
	return !f->headed && !f->has_summary && !f->dumped && !f->details.begun;
}

/* The end of a frame that has no heading: the first protocol of the next packet. */
static bool begins_packet(const struct frame *f, const char *line)
{
	static const char smp[] = "Bluetooth Security Manager Protocol", hci[] = "Bluetooth HCI ";

	return f->details.any &&
	       (strcmp(line, "Bluetooth") == 0 || strncmp(line, hci, sizeof(hci) - 1) == 0 ||
		(f->details.bare && strcmp(line, smp) == 0));
}

/*
 * Takes a line. True: the line begins another frame, and was not taken; *number and *captured are
 * of a heading.
 */
static bool take_line(struct state *state, const char *line, bool fresh)
{
	struct frame *f = &state->frames[state->current];
	struct wireshark_summary summary;
	uint64_t offset, number, captured;
	uint8_t octets[16];
	size_t count, len = strlen(line);

	if (is_frame_heading(line, &number, &captured)) {
		/* The summary of a packet may precede its details. */
		if (!fresh && !is_empty(f) &&
		    !(f->has_summary && !f->headed && f->summary.number == number))
			return true;
		f->headed = true;
		f->number = number;
		f->captured = captured;
		state->skip = SKIP_NOTHING;
		return false;
	}
	count = read_dump_line(line, &offset, octets);
	if (count) {
		if (offset == 0 && state->skip == SKIP_NEXT)
			state->skip = SKIP_THIS;
		else if (offset == 0)
			state->skip = SKIP_NOTHING;
		if (state->skip == SKIP_THIS)
			return false;
		if (offset == 0 && f->dumped)
			return true;
		if (offset != f->dumped || offset + count > sizeof(f->dump))
			return false;
		memcpy(f->dump + offset, octets, count);
		f->dumped += count;
		return false;
	}
	/* "Reassembled L2CAP (65 bytes):" */
	if (len > 8 && strcmp(line + len - 8, " bytes):") == 0) {
		state->skip = strncmp(line, "Frame (", 7) == 0 ? SKIP_NOTHING : SKIP_NEXT;
		return false;
	}
	if (begins_packet(f, line) && !f->headed)
		return true;
	if (wireshark_summary_read(&summary, line)) {
		if (!fresh && !is_empty(f))
			return true;
		f->has_summary = true;
		f->summary = summary;
		return false;
	}
	take_frame_line(f, line);
	(void)wireshark_details_line(&f->details, line);
	return false;
}

/* ---- Packets --------------------------------------------------------------------------------- */

static bool packet_of_dump(struct state *state, struct frame *f, struct explain_packet *packet)
{
	const int monitor = f->has_summary ? f->summary.monitor : -1;
	const struct explain_linktype *type;
	struct explain_packet found = *packet;
	enum explain_way way = f->details.way;
	unsigned link;

	/* H4 has no packets of these types, but for SCO, whose length is elsewhere. */
	state->logger |= monitor < 0 && !is_h4(f->dump, f->dumped) &&
			 (*f->dump == 0 || *f->dump == 3) && is_logger(f->dump, f->dumped);
	if (state->logger && is_logger(f->dump, f->dumped)) {
		enum explain_way by_type = logger_to_h4(f->dump);
		way = way ? way : by_type;
	}
	link = guess_link(f->dump, f->dumped);

	if (!link && f->captured == f->dumped)
		link = f->link;
	if (link != H4 && is_monitor(monitor, f->dump, f->dumped))
		return capture_take_monitor(packet, (uint16_t)monitor, 0, f->dump, f->dumped,
					    f->dumped) == EXPLAIN_READ_PACKET;
	type = link ? capture_linktype(link) : NULL;
	if (!type ||
	    type->take(&state->links, &found, f->dump, f->dumped, f->dumped) != EXPLAIN_READ_PACKET)
		return false;
	if (!way && f->has_summary)
		way = f->summary.way;
	if (found.kind == EXPLAIN_ACL && (way == EXPLAIN_SENT || way == EXPLAIN_RECEIVED))
		found.way = way;
	*packet = found;
	return true;
}

/* A packet without a time has that of the one before. */
static void set_time(struct state *state, const struct frame *f, struct explain_packet *packet)
{
	enum explain_clock clock = f->clock;
	uint64_t time_us = f->time_us;

	if (clock == EXPLAIN_CLOCK_NONE && f->has_summary) {
		clock = f->summary.clock;
		time_us = f->summary.time_us;
	}
	if (state->clock == EXPLAIN_CLOCK_NONE)
		state->clock = clock;
	if (clock == state->clock)
		state->last_us = time_us;
	packet->clock = state->clock;
	packet->time_us = state->last_us;
}

/* Fills packet from a frame that is complete. False: it has no packet to explain. */
static bool packet_of(struct explain_capture *capture, struct frame *f,
		      struct explain_packet *packet)
{
	struct state *state = capture->state;
	const char *form = "packet details of Wireshark";

	if (is_empty(f))
		return false;
	capture->number++;
	packet->number = f->headed ? f->number : f->has_summary ? f->summary.number : 0;
	if (packet->number == 0)
		packet->number = capture->number;
	capture->number = packet->number;
	packet->source = f->source;
	set_time(state, f, packet);
	if (f->dumped && packet_of_dump(state, f, packet)) {
		form = "hex dump of Wireshark";
	} else if (!wireshark_details_packet(&f->details, packet)) {
		enum wireshark_found found =
			f->has_summary && !f->details.any
				? wireshark_summary_packet(&f->summary, &state->ends, packet)
				: WIRESHARK_IRRELEVANT;
		state->lost |= found == WIRESHARK_LOST;
		if (found != WIRESHARK_PACKET)
			return false;
		state->summary_only = true;
		form = "summary of Wireshark";
		if (state->lost)
			capture_lost(capture, packet, 0);
		state->lost = false;
	}
	(void)snprintf(capture->format, sizeof(capture->format), "%s", form);
	return true;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/*
 * A summary that a mail wrapped goes on in a line that begins with a word. True: the line ahead was
 * joined.
 */
static bool join_wrapped(struct state *state)
{
	struct wireshark_summary summary;
	uint64_t number, captured;
	const char *more = state->ahead.text;
	size_t len = strlen(state->lines.text), add = strlen(more);
	bool word = (*more >= 'A' && *more <= 'Z') || (*more >= 'a' && *more <= 'z');

	if (!wireshark_summary_is_begun(state->lines.text) || !word || len < 50 ||
	    len + 1 + add > EXPLAIN_LINE_MAX || wireshark_summary_read(&summary, more) ||
	    is_frame_heading(more, &number, &captured))
		return false;
	state->lines.text[len] = ' ';
	memcpy(state->lines.text + len + 1, more, add + 1);
	*state->ahead.text = '\0';
	return true;
}

/* The next line of the text, or what a line of an export has. False: there is none. */
static bool next_line(struct explain_capture *capture, struct explain_lines *lines)
{
	const bool any = capture_line(capture, lines);

	(void)wireshark_pdml_line(lines->text);
	return any;
}

/* The next line, joined with what was wrapped off it. False: the text ends. */
static bool read_line(struct explain_capture *capture, struct state *state)
{
	if (state->no_ahead)
		return false;
	memcpy(state->lines.text, state->ahead.text, strlen(state->ahead.text) + 1);
	state->no_ahead = !next_line(capture, &state->ahead);
	/* As often as a line may be wrapped. */
	for (int i = 0; i < 4 && !state->no_ahead; i++) {
		if (!join_wrapped(state))
			break;
		state->no_ahead = !next_line(capture, &state->ahead);
	}
	return true;
}

/* ---- The reader ------------------------------------------------------------------------------ */

static int open_text(struct explain_capture *capture, struct failure *failure)
{
	capture->state = calloc(1, sizeof(struct state));
	if (!capture->state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	begin_frame(capture->state);
	return 0;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	struct frame *f = &state->frames[state->current];

	while (!state->ended) {
		state->ended = !read_line(capture, state);
		if (state->ended || !take_line(state, state->lines.text, false))
			continue;
		state->current = !state->current;
		begin_frame(state);
		(void)take_line(state, state->lines.text, true);
		return packet_of(capture, f, packet) ? EXPLAIN_READ_PACKET : EXPLAIN_READ_SKIPPED;
	}
	if (!is_empty(f)) {
		bool found = packet_of(capture, f, packet);
		state->current = !state->current;
		begin_frame(state);
		return found ? EXPLAIN_READ_PACKET : EXPLAIN_READ_SKIPPED;
	}
	if (capture->source.error)
		return capture_end_cut(capture);
	if (state->summary_only)
		return capture_end(capture, "a summary has few of the values: the capture file, or "
					    "tshark -V -x, has all of them");
	return EXPLAIN_READ_END;
}

static void close_text(struct explain_capture *capture)
{
	if (capture->state)
		bytes_wipe(capture->state, sizeof(struct state));
	free(capture->state);
}

const struct explain_reader capture_wireshark_text = {"text of Wireshark", NULL, open_text, next,
						      close_text};
