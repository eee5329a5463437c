/* SPDX-License-Identifier: MIT */
/*
 * The text that btmon and hcidump print, as people save it and paste it into mails: with or without
 * colours, with any of the time formats, quoted, wrapped at any column, joined, cut.
 *
 * Blanks are removed first, so that line breaks do not matter. Then packets are found by the words
 * that each begins with, anywhere in the text, and their fields by their names.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/btmon_cut.h"
#include "capture/btmon_fields.h"
#include "capture/btmon_labels.h"
#include "capture/hcidump_fields.h"
#include "capture/management_fields.h"
#include "capture/reader.h"
#include "capture/text_compact.h"
#include "capture/text_copies.h"
#include "capture/text_handles.h"
#include "capture/text_header.h"
#include "capture/text_names.h"
#include "capture/text_seen.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"

#define BODY_MAX \
	((size_t)16 * 1024) /* text of one packet, blanks removed; longer text loses its middle */
#define BODY_KEPT   ((size_t)8 * 1024)
#define STAMP_MAX   32	 /* the time before a packet of hcidump */
#define CHUNK_MAX   1024 /* octets read at once */
#define CONTROLLERS 16

#define AHEAD ((size_t)64 * 1024) /* text in which a handle is looked for */

struct state {
	/* Text with blanks removed; it begins with a packet's label once one was found. */
	char body[BODY_MAX + CHUNK_MAX + TEXT_ADDED(CHUNK_MAX) + 1];
	size_t len;
	size_t searched; /* no other label begins before this index */
	size_t rest;	 /* the packet that is read ends before this index */
	const struct btmon_label *label;
	bool sent;		/* a '<' precedes the label */
	bool bredr;		/* "BR-" does */
	bool next_sent;		/* a '<' precedes the next label */
	struct text_stamp left; /* the time that precedes it */
	bool all;		/* the end of the text was read */
	struct text_compact compact;

	uint64_t numbers[CONTROLLERS]; /* of the last packet of each controller */
	bool printed[CONTROLLERS];     /* #N was printed */
	uint64_t number;	       /* of the last packet of all */
	uint16_t source;	       /* its controller */
	enum explain_clock clock;      /* of the last packet that had a time */
	uint64_t day_us, last_us;
	bool any;
	bool lacks;	     /* lines of the last packet are missing */
	bool header_missing; /* its header line among them: it was not returned */
	bool header_only;    /* it was only the header of an ACL packet: a fragment, unless it is
				the last */
	bool btmon, hcidump; /* packets of these were read */
	bool marks_lost;     /* '<' was not before a packet that was sent */
	bool marks_sought;   /* marks before frames that have no header were looked for */
	bool marked;	     /* they are there */
	bool inversion_sought;
	bool inverted; /* '<' is before events: the marks are the other way round */
	enum explain_way last_way;

	struct text_handles handles;

	struct text_seen seen;
	struct text_copies copies;
	enum packet_before { BEFORE_LOG, BEFORE_NEW, BEFORE_COPY } before; /* the line of a log */
	char text[TEXT_LINE + 1];
	struct explain_octets octets, frame;
};

/* ---- Finding packets ---------------------------------------------------------------------------
 */

/* Appends the next octets, blanks removed; the end of the text is len 0. */
static void append(struct state *state, const uint8_t *p, size_t len)
{
	text_compact(&state->compact, p, len, state->body, &state->len);
	state->body[state->len] = '\0';
	state->searched = capture_least(state->searched, state->len);
	if (state->len > BODY_MAX) {
		/* The beginning of a label may be in the tail. */
		size_t tail = TEXT_ADDED(CHUNK_MAX) + BTMON_LABEL_MAX;
		memmove(state->body + BODY_KEPT, state->body + state->len - tail, tail);
		state->len = BODY_KEPT + tail;
		state->body[state->len] = '\0';
		state->searched = capture_least(state->searched, BODY_KEPT);
	}
}

/* The next label behind the packet's own; NULL: more text is needed. */
static const struct btmon_label *next_label(struct state *state, size_t *at)
{
	const bool in_data = state->label && state->label->kind == BTMON_ACL;
	size_t i = state->searched;

	for (; i < state->len && (state->all || state->len - i >= BTMON_LABEL_MAX); i++) {
		const struct btmon_label *label =
			btmon_label_at(state->body, state->len, i, in_data);
		if (label) {
			*at = i;
			return label;
		}
	}
	state->searched = i;
	return NULL;
}

/* ---- Packets ----------------------------------------------------------------------------------
 */

/*
 * The controller and the time of a packet. One without a time is in order with the one before, but
 * nothing is measured from it or to it.
 */
static void set_time(struct state *state, struct explain_packet *packet,
		     const struct text_stamp *stamp)
{
	/* A header that is cut is of the controller of the one before. */
	packet->source = stamp->indexed ? stamp->source : state->source;
	packet->untimed = stamp->clock == EXPLAIN_CLOCK_NONE;
	if (packet->untimed) {
		packet->clock = state->clock;
		packet->time_us = state->last_us;
		return;
	}
	packet->clock = stamp->clock;
	packet->time_us = stamp->time_us;
	/* Past midnight. */
	if (packet->clock == EXPLAIN_CLOCK_DAY) {
		if (packet->time_us + state->day_us + UINT64_C(43200000000) < state->last_us)
			state->day_us += UINT64_C(86400000000);
		packet->time_us += state->day_us;
	}
	state->clock = packet->clock;
	state->last_us = packet->time_us;
}

/*
 * Numbers the packet. Numbers that are left out are those of an excerpt: the programs count what
 * they print.
 */
static void number_packet(struct explain_capture *capture, struct explain_packet *packet,
			  uint64_t printed)
{
	struct state *state = capture->state;
	size_t source = packet->source % CONTROLLERS;
	uint64_t due = state->numbers[source] + 1;

	packet->number = printed ? printed : due;
	if (state->printed[source] && packet->number > due) {
		uint64_t count = packet->number - due;
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "the excerpt leaves out %" PRIu64 " packet%s before frame %" PRIu64,
			       count, count == 1 ? "" : "s", packet->number);
		packet->missing = capture->missing;
	} else if (state->lacks) {
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "lines are missing before frame %" PRIu64, packet->number);
		packet->missing = capture->missing;
	}
	state->printed[source] |= printed > 0;
	state->number = state->numbers[source] = packet->number;
	state->source = packet->source;
	state->lacks = state->header_missing = state->header_only = false;
}

static void take_octets(struct state *state, struct explain_packet *packet, enum explain_kind kind,
			enum explain_way way)
{
	const struct explain_octets *octets = &state->octets;
	bool all = true;

	for (size_t i = 0; i < octets->len; i++)
		all = all && octets->known[i];
	packet->kind = kind;
	packet->way = way;
	packet->data = octets->data;
	packet->len = packet->original = octets->len;
	packet->known = all ? NULL : octets->known;
}

/* Whether this packet was read before, from another copy of the trace. */
static bool repeated(struct state *state, const struct explain_packet *packet,
		     const struct text_stamp *stamp, bool adjacent)
{
	struct explain_packet copy = *packet;

	copy.source = stamp->source;
	copy.clock = stamp->clock;
	copy.time_us = stamp->time_us;
	return text_seen(&state->seen, &copy, stamp->number, stamp->clock != EXPLAIN_CLOCK_NONE,
			 adjacent);
}

/* Appends more text. */
static void read_more(struct explain_capture *capture)
{
	struct state *state = capture->state;
	size_t have;
	const uint8_t *p = capture_source_peek(&capture->source, 1, &have);

	state->all = have == 0;
	have = capture_least(have, CHUNK_MAX);
	append(state, p, have);
	capture_source_take(&capture->source, have);
}

/* Whether this packet, which has neither number nor time, is of a pairing that was read before. */
static bool copied(struct explain_capture *capture, const struct explain_packet *packet)
{
	struct state *state = capture->state;
	bool seen = text_seen_octets(&state->seen, packet);
	size_t at = state->rest + 1; /* behind the terminator of this packet */

	if (seen && text_copies_looks_ahead(packet))
		while (!state->all && state->len + TEXT_ADDED(CHUNK_MAX) < BODY_MAX)
			read_more(capture);
	return text_copies_take(&state->copies, packet, seen, state->body + at,
				at < state->len ? state->len - at : 0);
}

/* Returns the packet whose octets are in state->octets, unless it is a copy. */
static enum explain_read deliver(struct explain_capture *capture, struct explain_packet *packet,
				 const struct text_stamp *stamp)
{
	struct state *state = capture->state;

	state->any = true;
	state->before = BEFORE_COPY;
	if (repeated(state, packet, stamp, false) ||
	    (!stamp->number && stamp->clock == EXPLAIN_CLOCK_NONE && copied(capture, packet)))
		return EXPLAIN_READ_SKIPPED;
	state->before = BEFORE_NEW;
	set_time(state, packet, stamp);
	number_packet(capture, packet, stamp->number);
	state->lacks = state->octets.lacks;
	return EXPLAIN_READ_PACKET;
}

/* Which program printed a packet of plen octets of parameters. */
static bool is_hcidump(struct state *state, const struct text_stamp *right, const char *body,
		       size_t plen)
{
	bool btmon = right->number || right->indexed || right->clock != EXPLAIN_CLOCK_NONE;
	bool before = state->hcidump && !state->btmon; /* a packet may have too little */
	bool hcidump = state->left.clock != EXPLAIN_CLOCK_NONE ||
		       (!btmon && (before || capture_hcidump_prints(body, plen)));

	state->btmon |= !hcidump;
	state->hcidump |= hcidump;
	return hcidump;
}

/* Reads the right side of the header, or takes the time that precedes it. */
static void read_stamp(const struct state *state, const char **p, struct text_stamp *stamp)
{
	text_stamp_right(p, stamp);
	if (state->left.clock != EXPLAIN_CLOCK_NONE)
		*stamp = state->left;
}

/* Passes over a packet of which nothing is known but its number. */
static enum explain_read skip_cut(struct explain_capture *capture, struct explain_packet *packet,
				  const struct text_stamp *stamp)
{
	struct state *state = capture->state;

	set_time(state, packet, stamp);
	number_packet(capture, packet, stamp->number);
	state->btmon |= !state->hcidump || stamp->number;
	return EXPLAIN_READ_SKIPPED;
}

/* Looks for what a terminal cut off a command in the text behind it. */
static bool find_command(struct explain_capture *capture, const char *body, uint16_t *opcode,
			 size_t *plen)
{
	enum { ANSWER = 600 }; /* it is within this text */
	struct state *state = capture->state;
	size_t at = state->rest + 1;

	while (state->len < at + ANSWER && !state->all &&
	       state->len + TEXT_ADDED(CHUNK_MAX) < BODY_MAX)
		read_more(capture);
	return capture_cut_command(body, state->body + at,
				   at < state->len ? capture_least(state->len - at, ANSWER) : 0,
				   opcode, plen);
}

/* ---- Connections ------------------------------------------------------------------------------
 */

/*
 * The connection of a packet whose handle is cut: the only one that is up; else the next one in the
 * text.
 */
static uint16_t handle_of_text(struct explain_capture *capture)
{
	struct state *state = capture->state;
	size_t have;

	if (state->handles.count == 1)
		return state->handles.up[0];
	if (state->handles.count > 1)
		return TEXT_HANDLE_UNKNOWN;
	if (!state->handles.assumed) {
		const char *rest = state->body + state->rest;
		const uint8_t *p = capture_source_peek(&capture->source, AHEAD, &have);
		state->handles.assumed = true;
		state->handles.assumed_handle = TEXT_HANDLE_UNKNOWN;
		/* The first octet is the terminator of this packet. */
		if (state->rest + 1 >= state->len ||
		    !text_handle_find(rest + 1, state->len - state->rest - 1,
				      &state->handles.assumed_handle))
			(void)text_handle_find((const char *)p, capture_least(have, AHEAD),
					       &state->handles.assumed_handle);
	}
	return state->handles.assumed_handle;
}

/* Puts the handle, which people leave out, where only one connection can be meant. */
static void give_handle(struct explain_capture *capture, size_t at)
{
	struct state *state = capture->state;
	struct explain_octets *to = &state->octets;

	if (to->len < at + 2 || to->known[at] || to->known[at + 1] || state->handles.count > 1)
		return;
	bytes_put_le16(to->data + at, handle_of_text(capture));
	to->known[at] = to->known[at + 1] = 1;
	/* Nothing else is missing, either. */
	to->lacks &= memchr(to->known, 0, to->len) != NULL;
}

/* ---- Commands and events ----------------------------------------------------------------------
 */

/* "Reset (0x03|0x0003) plen 0" */
static enum explain_read take_command(struct explain_capture *capture,
				      struct explain_packet *packet, const char *p)
{
	struct state *state = capture->state;
	struct text_stamp stamp;
	uint16_t opcode;
	size_t plen;

	bool whole = text_command(&p, &opcode, &plen);
	if (!whole && text_named_command(&p, &opcode)) {
		plen = capture_fields_command_length(opcode);
		whole = true;
	}
	if (!whole && !capture_cut_header(&p))
		return EXPLAIN_READ_END;
	read_stamp(state, &p, &stamp);
	if (!whole && !find_command(capture, p, &opcode, &plen))
		return skip_cut(capture, packet, &stamp);
	if (is_hcidump(state, &stamp, p, plen))
		capture_hcidump_command(&state->octets, opcode, plen, p);
	else
		capture_fields_command(&state->octets, opcode, plen, p);
	if (text_handle_begins(opcode))
		give_handle(capture, 3);
	take_octets(state, packet, EXPLAIN_COMMAND, EXPLAIN_SENT);
	return deliver(capture, packet, &stamp);
}

/* The length of an event whose header has none. */
static size_t length_of_event(uint8_t code, uint8_t subevent)
{
	if (subevent)
		return capture_fields_subevent_length(subevent);
	switch (code) {
	case HCI_COMMAND_COMPLETE:
	case HCI_COMMAND_STATUS:
		return 4;
	case HCI_NUMBER_OF_COMPLETED_PACKETS:
		return 5;
	case HCI_LE_META:
		return 31; /* the longest that is read */
	default:
		return capture_fields_event_length(code);
	}
}

/*
 * "Handle: 64 Address: C2:11:22:33:44:55 (Static)": newer btmon names the peer of a handle as
 * Connection Complete had it, which may be missing from an excerpt.
 */
static void take_peer(struct explain_packet *packet, const char *p)
{
	uint64_t handle;
	const char *q = strstr(p, "Handle:");

	if (!q)
		return;
	q += 7;
	if (!capture_decimal(&q, &handle) || handle > 0xeff || strncmp(q, "Address:", 8) != 0 ||
	    !capture_address(q + 8, packet->address))
		return;
	enum capture_address_type type = capture_address_type(q + 8 + 17);
	packet->has_peer = type != CAPTURE_TYPE_UNKNOWN;
	packet->peer_is_random = type == CAPTURE_RANDOM;
	packet->peer_handle = (uint16_t)handle;
}

/* "Command Complete (0x0e) plen 4" */
static enum explain_read take_event(struct explain_capture *capture, struct explain_packet *packet,
				    const char *p)
{
	struct state *state = capture->state;
	struct text_stamp stamp;
	uint16_t code;
	size_t plen;

	uint8_t guess, subevent = 0;
	bool whole = text_event(&p, 2, &code, &plen) && plen <= 255;
	if (!whole && text_named_event(&p, &guess, &subevent)) {
		code = guess;
		plen = length_of_event(guess, subevent);
		whole = true;
	}
	if (!whole && !capture_cut_header(&p))
		return EXPLAIN_READ_END;
	read_stamp(state, &p, &stamp);
	if (!whole && !capture_cut_event(p, &guess, &plen))
		return skip_cut(capture, packet, &stamp);
	code = whole ? code : guess;
	if (is_hcidump(state, &stamp, p, plen))
		capture_hcidump_event(&state->octets, (uint8_t)code, plen, p);
	else if (subevent)
		capture_fields_subevent(&state->octets, subevent, plen, p);
	else
		capture_fields_event(&state->octets, (uint8_t)code, plen, p);
	size_t handle = text_handle_at(&state->octets);
	if (handle)
		give_handle(capture, handle);
	text_handles_note(&state->handles, &state->octets);
	take_octets(state, packet, EXPLAIN_EVENT, EXPLAIN_RECEIVED);
	packet->bredr = code == HCI_ENCRYPTION_CHANGE && strstr(p, "withE0");
	take_peer(packet, p);
	return deliver(capture, packet, &stamp);
}

/* Puts the ACL header before the frame, if there is one. */
static void put_acl(struct state *state, uint16_t handle, unsigned flags, size_t dlen, bool shown)
{
	struct explain_octets *to = &state->octets;
	/* The longest frame leaves no room for the header of the packet. */
	const size_t room = EXPLAIN_TEXT_PACKET - 4;

	if (shown) {
		to->len = capture_least(state->frame.len, room);
		memcpy(to->data + 4, state->frame.data, to->len);
		memcpy(to->known + 4, state->frame.known, to->len);
		to->lacks = state->frame.lacks;
	}
	bytes_put_le16(to->data, (uint16_t)(handle | flags << 12));
	bytes_put_le16(to->data + 2, (uint16_t)dlen);
	memset(to->known, 1, 4);
	to->len += 4;
}

/*
 * Who sent a packet: '<' is before those of the host. Where it is lost, the flags show it: a
 * controller never sends the beginning of a frame with flags 0 (Core Vol 4 Part E 5.4.2).
 */
static enum explain_way way_of(struct state *state, const struct text_acl *acl)
{
	enum { CONTINUING = 1, NOT_FLUSHABLE = 0 };

	if (state->sent)
		return EXPLAIN_SENT;
	if (acl->has_length && (acl->flags & 3) == NOT_FLUSHABLE) {
		state->marks_lost = true;
		return EXPLAIN_SENT;
	}
	if (state->marks_lost && acl->has_length && (acl->flags & 3) == CONTINUING)
		return state->last_way;
	return EXPLAIN_RECEIVED;
}

/*
 * "Handle 64 flags 0x02 dlen 11", then the frame: both programs print it at its last fragment, and
 * that packet then carries all of it.
 */
static enum explain_read take_acl(struct explain_capture *capture, struct explain_packet *packet,
				  const char *p)
{
	struct state *state = capture->state;
	const struct btmon_label *label = state->label;
	struct explain_octets *to = &state->octets;
	struct text_stamp stamp;
	struct text_acl acl;
	enum { CONTINUING = 1 };

	if (!text_acl(&p, &acl))
		return EXPLAIN_READ_END;
	read_stamp(state, &p, &stamp);
	enum explain_way way = label->way == EXPLAIN_WAY_UNKNOWN ? way_of(state, &acl) : label->way;
	if (!acl.has_length)
		acl.flags = way == EXPLAIN_SENT ? 0 : 2;
	state->hcidump |= label->hcidump;
	state->btmon |= !label->hcidump;
	state->last_way = way;
	if (acl.has_handle)
		text_handles_add(&state->handles, acl.handle);
	else
		acl.handle = handle_of_text(capture);

	memset(to, 0, sizeof(*to));
	bool last = (acl.flags & 3) == CONTINUING;
	bool shown = label->hcidump ? capture_hcidump_frame(&state->frame, last ? 0 : acl.len, p)
				    : capture_fields_frame(&state->frame, p);
	if (!shown && !acl.has_length)
		return skip_cut(capture, packet, &stamp);
	if (!acl.has_length)
		acl.len = state->frame.len;
	bool header_only = !shown;
	/* Lengths that do not fit: the frame is another packet's, and lines are missing. */
	if (shown && (last ? state->frame.len <= acl.len : state->frame.len != acl.len) &&
	    state->frame.len < EXPLAIN_TEXT_PACKET - 4) {
		shown = false;
		to->lacks = true;
	}
	if (shown && last)
		acl.flags = way == EXPLAIN_SENT ? 0 : 2;
	if (shown)
		acl.len = state->frame.len;
	put_acl(state, acl.handle, acl.flags, acl.len, shown);
	take_octets(state, packet, EXPLAIN_ACL, way);
	packet->original = 4 + acl.len;
	packet->bredr = state->bredr;
	enum explain_read read = deliver(capture, packet, &stamp);
	if (read == EXPLAIN_READ_PACKET)
		state->header_only = header_only;
	return read;
}

/* Whether a frame of that name has the mark of one that was sent; first: the text begins behind it.
 */
static bool is_sent_ahead(const char *text, size_t len, const char *name, bool first)
{
	char marked[16];

	(void)snprintf(marked, sizeof(marked), "<%s", name);
	return memmem(text, len, marked, strlen(marked)) ||
	       (first && strncmp(text, name, strlen(name)) == 0);
}

/*
 * In the examples of some pages '<' is before what was received. Events show it, which may come
 * behind the data.
 */
static void seek_inversion(struct explain_capture *capture)
{
	struct state *state = capture->state;

	if (state->inversion_sought)
		return;
	state->inversion_sought = true;
	while (!state->all && state->len + TEXT_ADDED(CHUNK_MAX) < BODY_MAX)
		read_more(capture);
	if (state->rest >= state->len)
		return;
	/* The text has no blanks; behind this packet is a terminator instead of the next mark. */
	const char *rest = state->body + state->rest + 1;
	state->inverted |= strstr(rest, "<HCIEvent:") ||
			   (state->next_sent && strncmp(rest, "HCIEvent:", 9) == 0);
}

/*
 * Who sent a frame that has no header: nobody knows, unless the marks of people are before such
 * frames. '>' alone may be the quote of a mail.
 */
static enum explain_way way_alone(struct explain_capture *capture, bool received)
{
	static const char *const names[] = {"SMP:", "ATT:", "LEL2CAP:", "L2CAP:"};
	static const char *const sent[] = {
		"< SMP:", "< ATT:", "< LE L2CAP:", "< L2CAP:", "&lt; SMP:"};
	struct state *state = capture->state;
	size_t have;

	if (!state->marks_sought && !state->sent) {
		const char *rest = state->body + state->rest;
		const char *p = (const char *)capture_source_peek(&capture->source, AHEAD, &have);
		state->marks_sought = true;
		/* The first octet is the terminator of this packet. */
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (state->rest < state->len &&
			    is_sent_ahead(rest + 1, state->len - state->rest - 1, names[i],
					  state->next_sent))
				state->marked = true;
		for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]) && !state->marked; i++)
			state->marked =
				memmem(p, capture_least(have, AHEAD), sent[i], strlen(sent[i]));
	}
	seek_inversion(capture);
	state->marks_sought |= state->sent;
	state->marked |= state->sent;
	if (!state->sent && (!received || !state->marked))
		return EXPLAIN_WAY_UNKNOWN;
	return state->sent != state->inverted ? EXPLAIN_SENT : EXPLAIN_RECEIVED;
}

/*
 * The number of the first packet of an excerpt, which has lost its header: that of the next header,
 * less one. 0: it has none.
 */
static uint64_t number_of_first(struct explain_capture *capture)
{
	struct state *state = capture->state;
	struct text_stamp stamp;
	const char *p;

	while (!state->all && state->len + TEXT_ADDED(CHUNK_MAX) < BODY_MAX)
		read_more(capture);
	if (state->any || state->rest + 1 >= state->len)
		return 0;
	p = strchr(state->body + state->rest + 1, '#');
	if (!p)
		return 0;
	text_stamp_right(&p, &stamp);
	return stamp.number && stamp.indexed ? stamp.number - 1 : 0;
}

/* "SMP: Pairing Request (0x01) len 6", without the header of its packet. */
static enum explain_read take_frame(struct explain_capture *capture, struct explain_packet *packet,
				    const char *p)
{
	struct state *state = capture->state;
	struct text_stamp stamp = {.number = 0};
	bool headers = state->btmon || state->hcidump;
	const char *code = strchr(p, ')'), *right;
	/* A signal has an identifier. */
	bool btmon = code && (strncmp(code, ")len", 4) == 0 || strncmp(code, ")ident", 6) == 0);
	enum explain_way way = way_alone(capture, *p == TEXT_RECEIVED);

	if (btmon && (right = strchr(code, '#')) && *(right + 1) >= '0' && *(right + 1) <= '9')
		text_stamp_right(&right, &stamp);
	p -= state->label->len;
	memset(&state->octets, 0, sizeof(state->octets));
	if (!(btmon ? capture_fields_frame(&state->frame, p)
		    : capture_hcidump_frame(&state->frame, 0, p)))
		return EXPLAIN_READ_END;
	put_acl(state, handle_of_text(capture), way == EXPLAIN_RECEIVED ? 2 : 0, state->frame.len,
		true);
	take_octets(state, packet, EXPLAIN_ACL, way);
	packet->original = 4 + state->frame.len;
	const uint64_t first = stamp.number ? 0 : number_of_first(capture);
	if (first)
		state->numbers[state->source % CONTROLLERS] = first - 1;
	state->lacks |= headers;
	uint16_t source = state->source;
	enum explain_read read = deliver(capture, packet, &stamp);
	if (!stamp.indexed)
		packet->source = source;
	return read;
}

/* Returns the packet of the management interface in state->octets, unless it is a copy. */
static enum explain_read deliver_management(struct explain_capture *capture,
					    struct explain_packet *packet,
					    const struct text_stamp *stamp, bool command,
					    size_t plen)
{
	struct state *state = capture->state;

	take_octets(state, packet, EXPLAIN_MANAGEMENT, command ? EXPLAIN_SENT : EXPLAIN_RECEIVED);
	packet->original = 2 + plen;
	/* Each program that listens gets a copy. */
	if (repeated(state, packet, stamp, true))
		return EXPLAIN_READ_SKIPPED;
	state->before = BEFORE_NEW;
	set_time(state, packet, stamp);
	packet->number = state->number;
	return EXPLAIN_READ_PACKET;
}

/* "Authentication Failed (0x0011) plen 8"; it has no number. */
static enum explain_read take_management(struct explain_capture *capture,
					 struct explain_packet *packet, const char *p, bool command)
{
	struct state *state = capture->state;
	struct text_stamp stamp;
	uint16_t code;
	size_t plen;

	if (!text_event(&p, 4, &code, &plen))
		return EXPLAIN_READ_SKIPPED;
	text_stamp_right(&p, &stamp);
	capture_fields_management(&state->octets, command, code,
				  capture_least(plen, EXPLAIN_TEXT_PACKET - 2), p);
	return deliver_management(capture, packet, &stamp, command, plen);
}

/* "Device Connected: 00:11:22:33:44:55 (1) flags 0x0000", as older versions print an event. */
static enum explain_read take_management_line(struct explain_capture *capture,
					      struct explain_packet *packet, const char *p)
{
	struct state *state = capture->state;
	struct text_stamp stamp;
	const char *right = strstr(p, "[hci");

	if (!capture_fields_management_line(&state->octets, p))
		return EXPLAIN_READ_SKIPPED;
	if (!right)
		right = "";
	text_stamp_right(&right, &stamp);
	return deliver_management(capture, packet, &stamp, false, state->octets.len - 2);
}

/* "12:00:01" */
static bool has_time(const char *text)
{
	for (const char *p = text; (p = strchr(p, ':')); p++)
		if (p > text + 1 && strspn(p - 2, "0123456789") == 2 &&
		    strspn(p + 1, "0123456789") == 2 && p[3] == ':')
			return true;
	return false;
}

/*
 * A line of a program's log, between its marks. Lines are the same in each attempt, unless they
 * have a time: one that was seen before is of another attempt if new packets are before it.
 */
static enum explain_read take_log(struct explain_capture *capture, struct explain_packet *packet,
				  const char *p)
{
	struct state *state = capture->state;
	const char *end = strchr(p, TEXT_LOG_END);
	static const struct text_stamp stamp = {.clock = EXPLAIN_CLOCK_START};
	struct text_stamp none = {.number = 0};

	if (!end || (size_t)(end - p) >= sizeof(state->text))
		return EXPLAIN_READ_SKIPPED;
	memcpy(state->text, p, (size_t)(end - p));
	state->text[end - p] = '\0';
	packet->kind = EXPLAIN_NOTE;
	packet->note = EXPLAIN_NOTE_OTHER;
	packet->text = state->text;
	bool again = state->before == BEFORE_NEW && !has_time(state->text);
	state->before = BEFORE_LOG;
	if (repeated(state, packet, &stamp, false) && !again)
		return EXPLAIN_READ_SKIPPED;
	set_time(state, packet, &none);
	packet->number = state->number;
	packet->source = state->source;
	return EXPLAIN_READ_PACKET;
}

/* "= New Index: 00:11:22:33:44:55 (Primary,USB,hci0)" */
static enum explain_read take_note(struct explain_capture *capture, struct explain_packet *packet,
				   const char *p, enum explain_note note)
{
	const char *q = strstr(p, "[hci");
	uint64_t index;

	packet->number = ((struct state *)capture->state)->number; /* btmon does not number notes */
	packet->kind = EXPLAIN_NOTE;
	packet->note = note;
	(void)capture_address(p, packet->address);
	if (q) {
		q += 4;
		if (capture_decimal(&q, &index))
			packet->source = (uint16_t)index;
	}
	return EXPLAIN_READ_PACKET;
}

/* Whether the body holds lines of another packet, whose header is missing. */
static bool holds_another(const char *body, enum btmon_kind kind)
{
	static const struct {
		const char *text;
		size_t most[3]; /* how often a command, an event, data may have it
				 */
	} marks[] = {
		{"[hci", {1, 1, 1}},	    {")ncmd", {0, 1, 0}}, {"Status:", {0, 1, 1}},
		{"Numhandles:", {0, 1, 0}}, {"SMP:", {0, 0, 1}},  {"LEL2CAP:", {0, 0, 1}},
	};

	/* Host Number of Completed Packets, whose name may be cut, is as the event. */
	if (kind == BTMON_COMMAND && strncmp(body, "HostNumber", 10) == 0)
		kind = BTMON_EVENT;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t count = 0;
		for (const char *p = body; (p = strstr(p, marks[i].text)); p++)
			count++;
		if (count > marks[i].most[kind])
			return true;
	}
	return false;
}

/* The programs whose text it is. */
static void name_format(struct explain_capture *capture)
{
	const struct state *state = capture->state;

	if (state->hcidump)
		(void)snprintf(capture->format, sizeof(capture->format), "text of %shcidump",
			       state->btmon ? "btmon and " : "");
}

/* Reads the packet in body, which begins with its label. */
static enum explain_read take(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const struct btmon_label *label = state->label;
	const char *p = state->body + label->len;
	enum explain_read read = EXPLAIN_READ_END;

	switch (label->kind) {
	case BTMON_COMMAND:
		read = take_command(capture, packet, p);
		break;
	case BTMON_EVENT:
		read = take_event(capture, packet, p);
		break;
	case BTMON_ACL:
		/* Some labels have the beginning of what follows. */
		p = state->body + strcspn(label->text, ":.");
		read = take_acl(capture, packet, p + (*p == ':'));
		break;
	case BTMON_FRAME_ALONE:
		read = take_frame(capture, packet, p);
		break;
	case BTMON_MANAGEMENT_COMMAND:
	case BTMON_MANAGEMENT_EVENT:
		return take_management(capture, packet, p, label->kind == BTMON_MANAGEMENT_COMMAND);
	case BTMON_MANAGEMENT_LINE:
		return take_management_line(capture, packet, p);
	case BTMON_LOG:
		return take_log(capture, packet, p);
	case BTMON_ADDED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_ADDED);
	case BTMON_REMOVED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_REMOVED);
	case BTMON_OPENED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_OPENED);
	case BTMON_CLOSED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_CLOSED);
	case BTMON_IDENTITY:
		return take_note(capture, packet, p, EXPLAIN_NOTE_IDENTITY);
	case BTMON_OTHER:
		return EXPLAIN_READ_SKIPPED;
	}
	if (read == EXPLAIN_READ_END) { /* a header that is none */
		state->lacks = state->header_missing = true;
		read = EXPLAIN_READ_SKIPPED;
	}
	if (label->kind <= BTMON_ACL && !label->hcidump && read == EXPLAIN_READ_PACKET)
		state->lacks |= holds_another(state->body + label->len, label->kind);
	name_format(capture);
	state->any = true;
	return read;
}

static int open_text(struct explain_capture *capture, struct failure *failure)
{
	capture->state = calloc(1, sizeof(struct state));
	if (!capture->state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	(void)snprintf(capture->format, sizeof(capture->format), "text of btmon");
	return 0;
}

static enum explain_read end(struct explain_capture *capture)
{
	const struct state *state = capture->state;

	capture->cut = state->any && (state->lacks || state->header_only);
	if (capture->source.error)
		return capture_end(capture, "reading failed after frame %" PRIu64 ": %s",
				   state->number, strerror(capture->source.error));
	if (!state->any)
		return EXPLAIN_READ_END;
	if (state->lacks || state->header_only)
		return capture_end(capture, "the capture ends in the middle of frame %" PRIu64,
				   state->number + state->header_missing);
	if (state->compact.broken)
		return capture_end(capture,
				   "the text ends within a line: the last value of frame %" PRIu64
				   " may be cut",
				   state->number);
	return EXPLAIN_READ_END;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const struct btmon_label *label;
	enum explain_read read = EXPLAIN_READ_SKIPPED;
	struct text_stamp left;
	size_t at = 0;

	while (!(label = next_label(state, &at)) && !state->all)
		read_more(capture);
	if (!label) {
		if (!state->label)
			return end(capture);
		state->rest = state->len;
		read = take(capture, packet);
		state->label = NULL;
		return read;
	}
	size_t mark = btmon_mark_before(state->body, at);
	bool sent = mark < at && state->body[mark] == '<';
	bool bredr = at >= 3 && memcmp(state->body + at - 3, "BR-", 3) == 0;
	size_t from = state->label ? state->label->len : 0;
	size_t stamp =
		text_stamp_left(state->body + capture_least(from, mark), state->body + mark, &left);
	if (state->label) {
		char first = state->body[mark - stamp];
		state->body[mark - stamp] = '\0';
		state->rest = mark - stamp;
		state->next_sent = sent;
		read = take(capture, packet);
		state->body[mark - stamp] = first;
	}
	state->len -= at;
	memmove(state->body, state->body + at, state->len + 1);
	state->label = label;
	state->sent = sent;
	state->inverted |= sent && label->kind == BTMON_EVENT;
	state->bredr = bredr;
	state->left = left;
	state->searched = label->len;
	return read;
}

static void close_text(struct explain_capture *capture)
{
	if (capture->state)
		bytes_wipe(capture->state, sizeof(struct state));
	free(capture->state);
}

const struct explain_reader capture_btmon_text = {"text", NULL, open_text, next, close_text};
