/* SPDX-License-Identifier: MIT */
/*
 * The text that btmon prints, as people save it and paste it into mails: with or without colours,
 * with any of its time formats, quoted, wrapped at any column, joined, cut.
 *
 * Blanks are removed first, so that line breaks do not matter. Then packets are found by the words
 * that each begins with, anywhere in the text, and their fields by their names.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/btmon_fields.h"
#include "capture/reader.h"
#include "crypto/bytes.h"

#define BODY_MAX \
	((size_t)16 * 1024) /* text of one packet, blanks removed; longer text loses its middle */
#define BODY_KEPT   ((size_t)8 * 1024)
#define LABEL_MAX   16	 /* a label and the mark before it */
#define CHUNK_MAX   1024 /* octets read at once */
#define ADDED_MAX   2	 /* a blank and a bar held back from the last chunk */
#define CONTROLLERS 16

enum label_kind { COMMAND, EVENT, ACL, OTHER, ADDED, REMOVED, OPENED, CLOSED, IDENTITY };

/* '=' and '@' at the beginning of a line, where they mark notes and management commands. */
#define NOTE	   "\1"
#define MANAGEMENT "\2"

/*
 * The words that a packet begins with, blanks removed. Newer versions name ACL by the kind of link;
 * its direction is only in the mark before it.
 */
static const struct label {
	const char *text;
	size_t len;
	enum label_kind kind;
	enum explain_way way;
} labels[] = {
#define LABEL(text, kind, way)                    \
	{                                         \
		text, sizeof(text) - 1, kind, way \
	}
	LABEL("HCICommand:", COMMAND, EXPLAIN_SENT),
	LABEL("HCIEvent:", EVENT, EXPLAIN_RECEIVED),
	LABEL("ACLDataTX:", ACL, EXPLAIN_SENT),
	LABEL("ACLDataRX:", ACL, EXPLAIN_RECEIVED),
	LABEL("ACL:Handle", ACL, EXPLAIN_WAY_UNKNOWN),
	LABEL("SCODataTX:", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("SCODataRX:", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("SCO:Handle", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("ISODataTX:", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("ISODataRX:", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("CIS:Handle", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("BIS:Handle", OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL(NOTE "NewIndex:", ADDED, EXPLAIN_WAY_UNKNOWN),
	LABEL(NOTE "DeleteIndex:", REMOVED, EXPLAIN_WAY_UNKNOWN),
	LABEL(NOTE "OpenIndex:", OPENED, EXPLAIN_WAY_UNKNOWN),
	LABEL(NOTE "CloseIndex:", CLOSED, EXPLAIN_WAY_UNKNOWN),
	LABEL(NOTE "IndexInfo:", IDENTITY, EXPLAIN_WAY_UNKNOWN),
	LABEL(NOTE, OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL(MANAGEMENT, OTHER, EXPLAIN_WAY_UNKNOWN),
#undef LABEL
};

struct state {
	/* Text with blanks removed; it begins with a packet's label once one was found. */
	char body[BODY_MAX + CHUNK_MAX + ADDED_MAX + 1];
	size_t len;
	size_t searched; /* no other label begins before this index */
	const struct label *label;
	bool sent; /* a '<' precedes the label */
	bool all;  /* the end of the text was read */

	bool line_begun; /* within a line: '>' and '|' are no quotes */
	bool bar_held;	 /* a bar at the beginning of the line is held back */
	bool broken;	 /* within a line, and not behind ")": here a value may be cut */
	bool counting;	 /* within the digits of "#12" */
	bool blank_held; /* a blank behind those digits is held back */
	int escape;	 /* within a colour sequence: 1 behind ESC, 2 behind its bracket */

	uint64_t numbers[CONTROLLERS]; /* of the last packet of each controller */
	bool printed[CONTROLLERS];     /* #N was printed */
	uint64_t number;	       /* of the last packet of all */
	enum explain_clock clock;      /* of the last packet that had a time */
	uint64_t day_us, last_us;
	bool any;
	bool lacks;	     /* lines of the last packet are missing */
	bool header_missing; /* its header line among them: it was not returned */
	bool header_only; /* it was only the header of an ACL packet: a fragment, unless it is the
			     last */
	struct explain_octets octets, frame;
};

/* ---- Removing blanks --------------------------------------------------------------------------
 */

/*
 * Appends the next octets without blanks, and without quotes at the beginning of a line; '<' there
 * is the mark of a packet, and stays.
 */
static void append(struct state *state, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = p[i];

		if (state->escape) {
			if (state->escape == 1)
				state->escape = c == '[' ? 2 : 0;
			else if (c >= 0x40)
				state->escape = 0;
			continue;
		}
		if (c == 0x1b) {
			state->escape = 1;
			continue;
		}
		/* A bar is a quote, too, but not in "0x03|0x0001", wrapped before the bar. */
		if (!state->line_begun && c == '|') {
			state->bar_held = true;
			continue;
		}
		if (state->bar_held && c > ' ' && c != '>')
			state->body[state->len++] = '|';
		state->bar_held = false;
		if (c == '\n')
			state->line_begun = false;
		if (c > ' ' || c == '\n')
			state->broken = c != '\n' && c != ')';
		state->blank_held |= c <= ' ' && state->counting;
		if (c <= ' ' || c >= 0x7f)
			continue;
		if (!state->line_begun && c == '>')
			continue;
		if (!state->line_begun && (c == '=' || c == '@'))
			c = (uint8_t)(c == '=' ? *NOTE : *MANAGEMENT);
		state->line_begun = true;
		/* One blank matters: "#12 1.5" is not "#121.5". */
		bool blank_held = state->blank_held;
		if (blank_held)
			state->body[state->len++] = ' ';
		state->blank_held = false;
		state->counting =
			c == '#' || (!blank_held && state->counting && c >= '0' && c <= '9');
		state->body[state->len++] = (char)c;
	}
	state->body[state->len] = '\0';
	if (state->len > BODY_MAX) {
		/* The beginning of a label may be in the tail. */
		size_t tail = CHUNK_MAX + ADDED_MAX + LABEL_MAX;
		memmove(state->body + BODY_KEPT, state->body + state->len - tail, tail);
		state->len = BODY_KEPT + tail;
		state->body[state->len] = '\0';
		state->searched = capture_least(state->searched, BODY_KEPT);
	}
}

static const struct label *label_at(const char *p, size_t len)
{
	if (len == 0 || !strchr("HASICB" NOTE MANAGEMENT, *p))
		return NULL;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (len >= labels[i].len && memcmp(p, labels[i].text, labels[i].len) == 0)
			return &labels[i];
	return NULL;
}

/* The next label behind the packet's own; NULL: more text is needed. */
static const struct label *next_label(struct state *state, size_t *at)
{
	size_t i = state->searched;

	for (; i < state->len && (state->all || state->len - i >= LABEL_MAX); i++) {
		const struct label *label = label_at(state->body + i, state->len - i);
		if (label) {
			*at = i;
			return label;
		}
	}
	state->searched = i;
	return NULL;
}

/* Whether the mark before the label at body[at] is '<': "<LE-ACL:", or "&lt;ACL:" from HTML. */
static bool marked_sent(const char *body, size_t at)
{
	if (at >= 3 &&
	    (memcmp(body + at - 3, "LE-", 3) == 0 || memcmp(body + at - 3, "BR-", 3) == 0))
		at -= 3;
	return (at >= 1 && body[at - 1] == '<') ||
	       (at >= 4 && memcmp(body + at - 4, "&lt;", 4) == 0);
}

/* ---- Packets ----------------------------------------------------------------------------------
 */

static bool two_digits(const char *p, char behind)
{
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && p[2] == behind;
}

/* Days from 1970 to a date of the Gregorian calendar. */
static uint64_t days(uint64_t year, uint64_t month, uint64_t day)
{
	year -= month <= 2;
	uint64_t shifted = month > 2 ? month - 3 : month + 9;
	uint64_t of_year = (153 * shifted + 2) / 5 + day - 1;
	return 365 * year + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

/*
 * Reads the right side of a header, "#12 [hci0] 2019-07-11 12:00:00.298154", of which any part may
 * be missing, and moves *p behind it. *number 0: none.
 */
static void read_right(struct state *state, const char **p, struct explain_packet *packet,
		       uint64_t *number)
{
	uint64_t value, year, month, day, hour, minute;
	bool dated = false;

	*number = 0;
	if (**p == '#') {
		(*p)++;
		(void)capture_decimal(p, number);
		*p += **p == ' ';
	}
	if (strncmp(*p, "[hci", 4) == 0) {
		*p += 4;
		if (capture_decimal(p, &value))
			packet->source = (uint16_t)value;
		*p += **p == ']';
	}
	const char *at = *p;
	if (strlen(at) > 10 && at[4] == '-' && two_digits(at + 5, '-')) {
		uint64_t date = 0;
		const char *q = at;
		dated = capture_decimal(&q, &year) && *q++ == '-' && capture_decimal(&q, &month) &&
			*q++ == '-' && year >= 1970 && year < 10000 && month >= 1 && month <= 12;
		/* Without blanks, the hour follows the day at once. */
		if (dated) {
			day = (uint64_t)(10 * (at[8] - '0') + at[9] - '0');
			date = days(year, month, day);
			packet->clock = EXPLAIN_CLOCK_LOCAL;
			packet->time_us = date * UINT64_C(86400000000);
			*p = at += 10;
		}
	}
	if (two_digits(at, ':') && two_digits(at + 3, ':')) {
		hour = (uint64_t)(10 * (at[0] - '0') + at[1] - '0');
		minute = (uint64_t)(10 * (at[3] - '0') + at[4] - '0');
		at += 6;
		if (!dated)
			packet->clock = EXPLAIN_CLOCK_DAY;
		packet->time_us += (hour * 60 + minute) * UINT64_C(60000000);
	} else if (!dated) {
		packet->clock = EXPLAIN_CLOCK_START;
	}
	const char *q = at;
	if (!capture_decimal(&q, &value) || *q != '.') {
		/* Without a time, the packet gets that of the one before: a capture has one clock.
		 */
		packet->clock = state->clock;
		packet->time_us = state->last_us;
		return;
	}
	packet->time_us += value * UINT64_C(1000000);
	q++;
	for (uint64_t unit = 100000; *q >= '0' && *q <= '9'; unit /= 10, q++)
		packet->time_us += (uint64_t)(*q - '0') * unit;
	*p = q;
	/* Past midnight. */
	if (packet->clock == EXPLAIN_CLOCK_DAY) {
		if (packet->time_us + state->day_us + UINT64_C(43200000000) < state->last_us)
			state->day_us += UINT64_C(86400000000);
		packet->time_us += state->day_us;
	}
	state->clock = packet->clock;
	state->last_us = packet->time_us;
}

/* Numbers the packet, and reports a gap before it. */
static void number_packet(struct explain_capture *capture, struct explain_packet *packet,
			  uint64_t printed)
{
	struct state *state = capture->state;
	size_t source = packet->source % CONTROLLERS;
	uint64_t due = state->numbers[source] + 1;

	packet->number = printed ? printed : due;
	if (state->printed[source] && packet->number > due) {
		capture_lost(capture, packet, packet->number - due);
	} else if (state->lacks) {
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "lines are missing before frame %" PRIu64, packet->number);
		packet->missing = capture->missing;
	}
	state->printed[source] |= printed > 0;
	state->number = state->numbers[source] = packet->number;
	state->lacks = state->header_missing = state->header_only = false;
}

static enum explain_read take_octets(struct state *state, struct explain_packet *packet,
				     enum explain_kind kind, enum explain_way way)
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
	state->lacks = octets->lacks;
	return EXPLAIN_READ_PACKET;
}

/* "Reset (0x03|0x0003) plen 0" */
static enum explain_read take_command(struct explain_capture *capture,
				      struct explain_packet *packet, const char *p)
{
	struct state *state = capture->state;
	const char *bar = strstr(p, "|0x"), *q;
	uint64_t group, command, plen, printed;

	if (!bar || bar - p < 4)
		return EXPLAIN_READ_SKIPPED;
	q = bar - 2;
	if (!capture_hex(&q, 2, &group))
		return EXPLAIN_READ_SKIPPED;
	q = bar + 3;
	if (!capture_hex(&q, 4, &command) || strncmp(q, ")plen", 5) != 0)
		return EXPLAIN_READ_SKIPPED;
	q += 5;
	if (!capture_decimal(&q, &plen) || plen > 255)
		return EXPLAIN_READ_SKIPPED;
	read_right(state, &q, packet, &printed);
	number_packet(capture, packet, printed);
	capture_fields_command(&state->octets, (uint16_t)(group << 10 | command), (size_t)plen, q);
	return take_octets(state, packet, EXPLAIN_COMMAND, EXPLAIN_SENT);
}

/* "Command Complete (0x0e) plen 4" */
static enum explain_read take_event(struct explain_capture *capture, struct explain_packet *packet,
				    const char *p)
{
	struct state *state = capture->state;
	const char *end = strstr(p, ")plen"), *q;
	uint64_t code, plen, printed;

	if (!end || end - p < 5)
		return EXPLAIN_READ_SKIPPED;
	q = end - 2;
	if (!capture_hex(&q, 2, &code) || q != end)
		return EXPLAIN_READ_SKIPPED;
	q = end + 5;
	if (!capture_decimal(&q, &plen) || plen > 255)
		return EXPLAIN_READ_SKIPPED;
	read_right(state, &q, packet, &printed);
	number_packet(capture, packet, printed);
	capture_fields_event(&state->octets, (uint8_t)code, (size_t)plen, q);
	return take_octets(state, packet, EXPLAIN_EVENT, EXPLAIN_RECEIVED);
}

/*
 * "Handle 64 flags 0x02 dlen 11", then the frame: btmon prints it at its last fragment, and that
 * packet then carries all of it.
 */
static enum explain_read take_acl(struct explain_capture *capture, struct explain_packet *packet,
				  const char *p, enum explain_way way)
{
	struct state *state = capture->state;
	struct explain_octets *to = &state->octets;
	uint64_t handle, flags, dlen, printed;
	const char *q;
	enum { CONTINUING = 1 };

	p += strncmp(p, "Handle", 6) == 0 ? 6 : 0;
	if (!capture_decimal(&p, &handle) || handle > 0xfff || !(q = strstr(p, "flags0x")))
		return EXPLAIN_READ_SKIPPED;
	q += 7;
	if (!capture_hex(&q, 2, &flags) || flags > 0xf || strncmp(q, "dlen", 4) != 0)
		return EXPLAIN_READ_SKIPPED;
	q += 4;
	if (!capture_decimal(&q, &dlen) || dlen > 0xffff)
		return EXPLAIN_READ_SKIPPED;
	read_right(state, &q, packet, &printed);
	number_packet(capture, packet, printed);

	memset(to, 0, sizeof(*to));
	bool shown = capture_fields_frame(&state->frame, q);
	bool last = (flags & 3) == CONTINUING;
	state->header_only = !shown;
	/* Lengths that do not fit: the frame is another packet's, and lines are missing. */
	if (shown && (last ? state->frame.len <= dlen : state->frame.len != dlen) &&
	    state->frame.len < EXPLAIN_TEXT_PACKET - 4) {
		shown = false;
		to->lacks = true;
	}
	size_t original = 4 + (size_t)dlen;
	if (shown) {
		if (last)
			flags = way == EXPLAIN_SENT ? 0 : 2;
		original = 4 + state->frame.len;
		dlen = state->frame.len;
		/* The longest frame leaves no room for the header of the packet. */
		const size_t room = EXPLAIN_TEXT_PACKET - 4;
		to->len = capture_least(state->frame.len, room);
		memcpy(to->data + 4, state->frame.data, to->len);
		memcpy(to->known + 4, state->frame.known, to->len);
		to->lacks = state->frame.lacks;
	}
	bytes_put_le16(to->data, (uint16_t)(handle | flags << 12));
	bytes_put_le16(to->data + 2, (uint16_t)dlen);
	memset(to->known, 1, 4);
	to->len += 4;
	(void)take_octets(state, packet, EXPLAIN_ACL, way);
	packet->original = original;
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
static bool holds_another(const char *body, enum label_kind kind)
{
	static const struct {
		const char *text;
		size_t most[3]; /* how often one COMMAND, EVENT, ACL may have it */
	} marks[] = {
		{"[hci", {1, 1, 1}},	    {")ncmd", {0, 1, 0}}, {"Status:", {0, 1, 1}},
		{"Numhandles:", {0, 1, 0}}, {"SMP:", {0, 0, 1}},  {"LEL2CAP:", {0, 0, 1}},
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t count = 0;
		for (const char *p = body; (p = strstr(p, marks[i].text)); p++)
			count++;
		if (count > marks[i].most[kind])
			return true;
	}
	return false;
}

/* Reads the packet in body, which begins with its label. */
static enum explain_read take(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const struct label *label = state->label;
	const char *p = state->body + label->len;
	enum explain_way way = label->way;
	enum explain_read read = EXPLAIN_READ_SKIPPED;

	if (way == EXPLAIN_WAY_UNKNOWN)
		way = state->sent ? EXPLAIN_SENT : EXPLAIN_RECEIVED;
	switch (label->kind) {
	case COMMAND:
		read = take_command(capture, packet, p);
		break;
	case EVENT:
		read = take_event(capture, packet, p);
		break;
	case ACL:
		read = take_acl(capture, packet, p, way);
		break;
	case ADDED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_ADDED);
	case REMOVED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_REMOVED);
	case OPENED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_OPENED);
	case CLOSED:
		return take_note(capture, packet, p, EXPLAIN_NOTE_CLOSED);
	case IDENTITY:
		return take_note(capture, packet, p, EXPLAIN_NOTE_IDENTITY);
	case OTHER:
		return EXPLAIN_READ_SKIPPED;
	}
	if (read == EXPLAIN_READ_SKIPPED)
		state->lacks = state->header_missing = true;
	state->lacks |= holds_another(p, label->kind);
	state->any = true;
	return read;
}

static bool recognise(const uint8_t *first, size_t len)
{
	size_t odd = 0;

	for (size_t i = 0; i < len; i++) {
		if (first[i] == 0)
			return false;
		odd += first[i] < ' ' && !strchr("\t\n\r\f\x1b", first[i]);
	}
	return odd * 50 <= len;
}

static int open_text(struct explain_capture *capture, struct failure *failure)
{
	capture->state = calloc(1, sizeof(struct state));
	if (!capture->state)
		return failure_set(failure, CLI_USAGE, "cannot be read: out of memory");
	(void)snprintf(capture->format, sizeof(capture->format), "text of btmon");
	return 0;
}

static enum explain_read end(struct explain_capture *capture)
{
	const struct state *state = capture->state;

	if (capture->source.error)
		return capture_end(capture, "reading failed after frame %" PRIu64 ": %s",
				   state->number, strerror(capture->source.error));
	if (!state->any)
		return capture_end(capture, "this text has no packet of btmon");
	if (state->lacks || state->header_only)
		return capture_end(capture, "the capture ends in the middle of frame %" PRIu64,
				   state->number + state->header_missing);
	if (state->broken)
		return capture_end(capture,
				   "the text ends within a line: the last value of frame %" PRIu64
				   " may be cut",
				   state->number);
	return EXPLAIN_READ_END;
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

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const struct label *label;
	enum explain_read read = EXPLAIN_READ_SKIPPED;
	size_t at = 0;

	while (!(label = next_label(state, &at)) && !state->all)
		read_more(capture);
	if (!label) {
		if (!state->label)
			return end(capture);
		read = take(capture, packet);
		state->label = NULL;
		return read;
	}
	bool sent = marked_sent(state->body, at);
	if (state->label) {
		char first = state->body[at];
		state->body[at] = '\0';
		read = take(capture, packet);
		state->body[at] = first;
	}
	state->len -= at;
	memmove(state->body, state->body + at, state->len + 1);
	state->label = label;
	state->sent = sent;
	state->searched = label->len;
	return read;
}

static void close_text(struct explain_capture *capture)
{
	if (capture->state)
		bytes_wipe(capture->state, sizeof(struct state));
	free(capture->state);
}

const struct explain_reader capture_btmon_text = {"text", recognise, open_text, next, close_text};
