/* SPDX-License-Identifier: MIT */
/*
 * Logs that hold the octets of HCI packets: of bumble, BTstack, NimBLE, ESP-IDF, ArduinoBLE, noble,
 * bleps, and the text that Apple's PacketLogger exports. A packet begins behind a mark, and may go
 * on in the next lines; its own header says how long it is. What does not fit its header is not a
 * packet.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "capture/btmon_fields.h"
#include "capture/esp_log.h"
#include "capture/hci_octets.h"
#include "capture/lines.h"
#include "capture/reader.h"
#include "crypto/bytes.h"

#define PACKET_MAX  4096 /* longer packets are cut there */
#define WRAPPED_MAX 512
#define SEARCHED    (EXPLAIN_WINDOW / 2) /* octets of a text that are searched for its format */

/* What is behind a mark. */
enum body {
	BODY_BARE,	   /* the octets of the packet, without a packet type */
	BODY_H4,	   /* the packet type first; it, not the mark, has the kind */
	BODY_BUMBLE,	   /* handle=0x0001, pb=0, bc=0, data_total_length=11, data=0700... */
	BODY_NIMBLE,	   /* conn_handle=0 pb=2 len=11 data=0x07 0x00 ... */
	BODY_BELOW,	   /* the octets are in the next lines */
	BODY_PACKETLOGGER, /* columns; octets as a dump, at the end of the line, or as L2CAP */
	BODY_DECIMAL,	   /* the packet type first, decimal numbers with commas between them */
	BODY_ESP,	   /* perhaps a clock, then the octets of the packet */
	BODY_ANY	   /* no mark: octets that are exactly a packet of H4 end the line */
};

static const struct mark {
	const char *text;
	const char *format;
	enum explain_kind kind;
	enum explain_way way;
	enum body body;
} marks[] = {
#define BUMBLE	     "log of bumble"
#define BTSTACK	     "log of BTstack"
#define NIMBLE	     "log of NimBLE"
#define ARDUINO	     "log of ArduinoBLE"
#define NOBLE	     "log of noble"
#define PACKETLOGGER "text of PacketLogger"
	{"### HOST -> CONTROLLER: ACL:", BUMBLE, EXPLAIN_ACL, EXPLAIN_SENT, BODY_BUMBLE},
	{"### CONTROLLER -> HOST: ACL:", BUMBLE, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_BUMBLE},
	/* Older versions print the channel of what they send. */
	{"### HOST -> CONTROLLER: (CID=", BUMBLE, EXPLAIN_ACL, EXPLAIN_SENT, BODY_BUMBLE},
	{"CMD =>", BTSTACK, EXPLAIN_COMMAND, EXPLAIN_SENT, BODY_BARE},
	{"EVT <=", BTSTACK, EXPLAIN_EVENT, EXPLAIN_RECEIVED, BODY_BARE},
	{"ACL =>", BTSTACK, EXPLAIN_ACL, EXPLAIN_SENT, BODY_BARE},
	{"ACL <=", BTSTACK, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_BARE},
	{"ble_hs_hci_cmd_send: ogf=", NIMBLE, EXPLAIN_COMMAND, EXPLAIN_SENT, BODY_BELOW},
	{"ble_hs_hci_acl_tx(): ", NIMBLE, EXPLAIN_ACL, EXPLAIN_SENT, BODY_BARE},
	{"ble_hs_hci_acl_tx():", NIMBLE, EXPLAIN_ACL, EXPLAIN_SENT, BODY_BARE},
	{"ble_hs_hci_evt_acl_process(): ", NIMBLE, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_NIMBLE},
	{"HCI COMMAND TX -> ", ARDUINO, EXPLAIN_COMMAND, EXPLAIN_SENT, BODY_H4},
	{"HCI EVENT RX <- ", ARDUINO, EXPLAIN_EVENT, EXPLAIN_RECEIVED, BODY_H4},
	{"HCI ACLDATA TX -> ", ARDUINO, EXPLAIN_ACL, EXPLAIN_SENT, BODY_H4},
	{"HCI ACLDATA RX <- ", ARDUINO, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_H4},
	{" onSocketData: ", NOBLE, EXPLAIN_EVENT, EXPLAIN_RECEIVED, BODY_H4},
	{" - writing: ", NOBLE, EXPLAIN_COMMAND, EXPLAIN_SENT, BODY_H4},
	{"@HCIFRAME [", "log of bleps", EXPLAIN_EVENT, EXPLAIN_WAY_UNKNOWN, BODY_DECIMAL},
	{"HCI Command ", PACKETLOGGER, EXPLAIN_COMMAND, EXPLAIN_SENT, BODY_PACKETLOGGER},
	{"HCI Event ", PACKETLOGGER, EXPLAIN_EVENT, EXPLAIN_RECEIVED, BODY_PACKETLOGGER},
	{"ACL Send ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_SENT, BODY_PACKETLOGGER},
	{"ACL Receive ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_PACKETLOGGER},
	{"L2CAP Send ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_SENT, BODY_PACKETLOGGER},
	{"L2CAP Receive ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_PACKETLOGGER},
	{"SMP Send ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_SENT, BODY_PACKETLOGGER},
	{"SMP Receive ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_PACKETLOGGER},
	{"ATT Send ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_SENT, BODY_PACKETLOGGER},
	{"ATT Receive ", PACKETLOGGER, EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_PACKETLOGGER},
};

/* "vhci_rx: 04 05 04 00 00 00 08", "> 04 0E 04 01 03 0C 00" */
static const struct mark unmarked = {"", "log with octets of HCI", EXPLAIN_NOTE,
				     EXPLAIN_WAY_UNKNOWN, BODY_ANY};

/* Lines that capture_esp_line() finds. */
static const struct mark esp_marks[] = {
	{"", "log of ESP-IDF", EXPLAIN_COMMAND, EXPLAIN_SENT, BODY_ESP},
	{"", "log of ESP-IDF", EXPLAIN_EVENT, EXPLAIN_RECEIVED, BODY_ESP},
	{"", "log of ESP-IDF", EXPLAIN_ACL, EXPLAIN_SENT, BODY_ESP},
	{"", "log of ESP-IDF", EXPLAIN_ACL, EXPLAIN_RECEIVED, BODY_ESP},
};

struct octets {
	const struct mark *mark; /* NULL: none is under way */
	enum explain_kind kind;
	uint8_t data[PACKET_MAX];
	size_t len; /* may exceed PACKET_MAX: then the rest was not kept */
	enum explain_clock clock;
	uint64_t time_us;
	bool dump; /* lines of "00000010: 0A00 0400" */
	/* A body whose end is missing so far: a mail may have wrapped it. */
	char body[WRAPPED_MAX + 1];
};

struct state {
	struct explain_lines lines;
	struct octets under_way, done;
	uint64_t last_us, day_us;
	bool l2cap; /* PacketLogger prints whole frames: its ACL fragments say the same again */
	bool esp;   /* ESP-IDF prints all packets: its NimBLE says some of them again */
	bool hci;   /* octets without a mark were a packet of HCI for sure */
	bool ended;
};

/* ---- Octets ---------------------------------------------------------------------------------- */

static void put(struct octets *to, uint8_t octet)
{
	if (to->len < PACKET_MAX)
		to->data[to->len] = octet;
	to->len++;
}

/* Reads an octet of two digits at *p, and moves *p behind it; "0x" may precede. */
static bool octet_at(const char **p, uint8_t *octet)
{
	const char *q = *p + (strncmp(*p, "0x", 2) == 0 ? 2 : 0);

	if (hex_digit(q[0]) < 0 || hex_digit(q[1]) < 0)
		return false;
	*octet = (uint8_t)(hex_digit(q[0]) << 4 | hex_digit(q[1]));
	*p = q + 2;
	return true;
}

/* Appends octets, with blanks, commas or nothing between them. Returns what is behind them. */
static const char *append(struct octets *to, const char *p)
{
	uint8_t octet;

	for (;;) {
		p += strspn(p, " ,");
		if (!octet_at(&p, &octet))
			return p;
		put(to, octet);
	}
}

/* Stacks report their own events as HCI events with codes that HCI does not have. */
static bool is_hci(const struct octets *octets)
{
	enum { LAST_EVENT = 0x5f, VENDOR_EVENT = 0xff };

	return octets->kind != EXPLAIN_EVENT || octets->data[0] <= LAST_EVENT ||
	       octets->data[0] == VENDOR_EVENT;
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static bool number_behind(const char *text, const char *name, int base, uint64_t *value)
{
	const char *p = strstr(text, name);

	if (!p)
		return false;
	p += strlen(name);
	if (base == 16 && strncmp(p, "0x", 2) == 0)
		p += 2;
	return base == 16 ? capture_hex(&p, 8, value) : capture_decimal(&p, value);
}

/* The header of an ACL packet (Core Vol 4 Part E 5.4.2). */
static void put_acl(struct octets *to, uint64_t handle, uint64_t boundary, uint64_t len)
{
	uint16_t flags = (uint16_t)((handle & 0xfff) | (boundary & 3) << 12);

	put(to, (uint8_t)flags);
	put(to, (uint8_t)(flags >> 8));
	put(to, (uint8_t)len);
	put(to, (uint8_t)(len >> 8));
}

static bool take_named_acl(struct octets *to, const char *p, const char *handle_name, int base,
			   const char *len_name)
{
	uint64_t handle, boundary, len;
	const char *data = strstr(p, "data=");

	if (!data || !number_behind(p, handle_name, base, &handle) ||
	    !number_behind(p, "pb=", 10, &boundary) || !number_behind(p, len_name, 10, &len) ||
	    len > UINT16_MAX)
		return false;
	put_acl(to, handle, boundary, len);
	(void)append(to, data + 5);
	return true;
}

/* "0A00 0400  ....": groups of digits, a blank between them, two before the text. */
static void append_groups(struct octets *to, const char *p, size_t most)
{
	uint8_t octet;

	for (; most > 0 && octet_at(&p, &octet); most--, p += *p == ' ' && p[1] != ' ')
		put(to, octet);
}

/* "00000010: 0A00 0400  ....", or the end of such a line that a mail wrapped. */
static bool append_dump(struct octets *to, const char *p)
{
	enum { PER_LINE = 16, DIGITS = 8 };
	const char *begin = p;
	uint64_t offset;

	if (capture_hex(&p, DIGITS, &offset) && *p == ':' && p - begin == DIGITS) {
		if (offset != to->len)
			return false;
		append_groups(to, p + 1 + (p[1] == ' '), PER_LINE);
		return true;
	}
	if (to->len % PER_LINE)
		append_groups(to, begin, PER_LINE - to->len % PER_LINE);
	return true;
}

/* The dump of an export is "00000000: ", with eight digits. */
static const char *find_dump(const char *p)
{
	return strstr(p, "00000000: ");
}

static bool is_frame(const struct mark *mark)
{
	return strncmp(mark->text, "L2CAP", 5) == 0;
}

/* "Channel ID: 0x0006  Length: 0x0002 (02) [ 05 08 ]" */
static bool take_l2cap(struct octets *to, const char *p, uint64_t handle, enum explain_way way)
{
	enum { FIRST_OF_HOST = 0, FIRST_OF_CONTROLLER = 2, HEADER = 4 };
	uint64_t cid, len;
	const char *data = strstr(p, "[ ");

	if (!data || !number_behind(p, "Channel ID: ", 16, &cid) ||
	    !number_behind(p, "Length: ", 16, &len) || cid > UINT16_MAX ||
	    len > UINT16_MAX - HEADER)
		return false;
	put_acl(to, handle, way == EXPLAIN_SENT ? FIRST_OF_HOST : FIRST_OF_CONTROLLER,
		HEADER + len);
	put(to, (uint8_t)len);
	put(to, (uint8_t)(len >> 8));
	put(to, (uint8_t)cid);
	put(to, (uint8_t)(cid >> 8));
	(void)append(to, data + 2);
	return true;
}

/* The octets at the end of a line, from where they are a whole packet. */
static bool take_tail(struct octets *to, const char *p)
{
	for (const char *q = p; (q = strstr(q, "  ")); q++) {
		const char *begin = q + strspn(q, " ");
		to->len = 0;
		if (*append(to, begin) == '\0' && to->len <= PACKET_MAX &&
		    to->len == capture_octets_whole(to->kind, to->data, to->len))
			return true;
	}
	to->len = 0;
	return false;
}

/* "0x0041  00:11:22:33:44:55  ...": the handle, the peer, then what the packet is. */
static bool take_packetlogger(struct state *state, struct octets *to, const char *p)
{
	const struct mark *mark = to->mark;
	const char *dump;
	uint64_t handle;

	p += strspn(p, " ");
	if (strncmp(p, "0x", 2) != 0)
		return false;
	p += 2;
	if (!capture_hex(&p, 4, &handle) || *p > ' ')
		return false;
	if (is_frame(mark) && take_l2cap(to, p, handle, mark->way)) {
		state->l2cap = true;
		return true;
	}
	if (state->l2cap && to->kind == EXPLAIN_ACL)
		return false;
	dump = find_dump(p);
	/* Wrapped behind the columns, the dump is in the next line. */
	to->dump = dump || !*p;
	if (to->dump)
		return !dump || append_dump(to, dump);
	return take_tail(to, p);
}

/* The kind of a packet type of H4; EXPLAIN_NOTE: none to explain. */
static enum explain_kind kind_of(uint8_t type)
{
	return type == 1   ? EXPLAIN_COMMAND
	       : type == 2 ? EXPLAIN_ACL
	       : type == 4 ? EXPLAIN_EVENT
			   : EXPLAIN_NOTE;
}

/* "1, 3, 12, 0]" */
static bool take_decimal(struct octets *to, const char *p)
{
	uint64_t number;

	while (capture_decimal(&p, &number) && number <= UINT8_MAX) {
		put(to, (uint8_t)number);
		p += strspn(p, ", ");
	}
	if (*p != ']' || to->len < 2 || kind_of(to->data[0]) == EXPLAIN_NOTE)
		return false;
	to->kind = kind_of(to->data[0]);
	to->len = capture_least(to->len, PACKET_MAX) - 1;
	memmove(to->data, to->data + 1, to->len);
	return true;
}

static bool take_esp(struct octets *to, const char *p)
{
	(void)append(to, p);
	if (to->len == 0 || to->len > PACKET_MAX)
		return false;
	size_t clock = capture_esp_clock(to->kind, to->data, to->len);
	if (clock == CAPTURE_ESP_NONE)
		return false;
	if (clock) {
		to->clock = EXPLAIN_CLOCK_START;
		to->time_us = bytes_get_le64(to->data);
		to->len -= clock;
		memmove(to->data, to->data + clock, to->len);
	}
	return true;
}

/* Whether the octets are a packet of HCI, by what was read before. */
static bool is_likely(struct state *state, const struct octets *octets)
{
	enum capture_octets judged = capture_octets_judge(octets->kind, octets->data, octets->len);

	state->hci |= judged == CAPTURE_OCTETS_HCI;
	return judged == CAPTURE_OCTETS_HCI || (judged == CAPTURE_OCTETS_MAYBE && state->hci);
}

/* Reads the octets at p, a blank between them, behind a packet type. Returns what is behind them.
 */
static const char *take_row(struct octets *to, const char *p)
{
	uint8_t type, octet;
	const char *next = p;

	to->kind = EXPLAIN_NOTE;
	to->len = 0;
	if (!octet_at(&next, &type) || *next > ' ')
		return p;
	to->kind = kind_of(type);
	for (p = next; *p == ' '; put(to, octet), p = next) {
		next = p + 1;
		if (!octet_at(&next, &octet) || *next > ' ')
			break;
	}
	return p;
}

/* Whether the row of octets that was read is a packet; alone: the rest may be in the next lines. */
static bool is_packet(struct state *state, const struct octets *row, bool alone)
{
	enum { LEAST = 3 };
	size_t size = capture_octets_whole(row->kind, row->data, row->len);

	return row->kind != EXPLAIN_NOTE && row->len >= LEAST &&
	       (row->len == size || (alone && row->len < size)) && is_likely(state, row);
}

/*
 * Octets with blanks between them, up to the end of the line, that are exactly a packet of H4; or
 * the beginning of one, in a line that has nothing else. Octets of a file, of advertising data or
 * of memory may look like one: the values must fit, too, and no octet but their number precedes.
 */
static bool take_any(struct state *state, struct octets *to, const char *line)
{
	const char *alone = line + (*line == '<' ? 1 + strspn(line + 1, " ") : 0);

	for (const char *p = line, *end; *p; p = end + strcspn(end, " ")) {
		p += strspn(p, " ");
		end = take_row(to, p);
		if (*end || end == p)
			continue;
		if (is_packet(state, to, p == alone))
			return true;
		size_t left = to->len;
		const char *second = strchr(p, ' ');
		if (!second || strtoul(p, NULL, 10) != left)
			return false;
		(void)take_row(to, second + 1);
		return is_packet(state, to, false);
	}
	return false;
}

static bool take_body(struct state *state, struct octets *to, const char *p)
{
	switch (to->mark->body) {
	case BODY_BARE:
		/* BTstack may print the length, or the packet type: " (6)0f 04", "(04) 0f 04". */
		p += strspn(p, " ");
		if (*p == '(' && strchr(p, ')'))
			p = strchr(p, ')') + 1;
		(void)append(to, p);
		return true;
	case BODY_H4: {
		uint8_t type;
		if (!octet_at(&p, &type) || kind_of(type) == EXPLAIN_NOTE)
			return false;
		to->kind = kind_of(type);
		(void)append(to, p);
		return true;
	}
	case BODY_BUMBLE:
		return take_named_acl(to, p, "handle=", 16, "data_total_length=");
	case BODY_NIMBLE:
		return take_named_acl(to, p, "conn_handle=", 10, "len=");
	case BODY_BELOW:
		return true;
	case BODY_PACKETLOGGER:
		return take_packetlogger(state, to, p);
	case BODY_DECIMAL:
		return take_decimal(to, p);
	case BODY_ESP:
		return take_esp(to, p);
	case BODY_ANY:
		return take_any(state, to, p);
	}
	return false;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static const struct mark *find_mark(const char *line, const char **body, size_t *before)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *p = strstr(line, marks[i].text);
		if (p) {
			*before = (size_t)(p - line);
			*body = p + strlen(marks[i].text);
			return &marks[i];
		}
	}
	*before = strlen(line);
	*body = line;
	return NULL;
}

/* The mark of a line, with where its body is; NULL: it has none. */
static const struct mark *mark_of(const struct state *state, const char **body, size_t *before)
{
	struct capture_esp_line found;

	if (!state->esp || !capture_esp_line(state->lines.text, &found))
		return find_mark(state->lines.text, body, before);
	*body = found.octets;
	*before = found.before;
	for (size_t i = 0; i < sizeof(esp_marks) / sizeof(esp_marks[0]); i++)
		if (esp_marks[i].kind == found.kind && esp_marks[i].way == found.way)
			return &esp_marks[i];
	return NULL;
}

static bool is_of_nimble(const struct mark *mark)
{
	return strcmp(mark->format, NIMBLE) == 0;
}

static bool is_named(const struct octets *octets)
{
	return octets->mark->body == BODY_BUMBLE || octets->mark->body == BODY_NIMBLE ||
	       is_frame(octets->mark);
}

/* Joins a line to a body that was wrapped before its octets. */
static void join(struct state *state, struct octets *to, const char *line)
{
	size_t len = strlen(to->body), more = strlen(line);

	if (len + 1 + more > WRAPPED_MAX) {
		to->mark = NULL;
		return;
	}
	to->body[len] = ' ';
	memcpy(to->body + len + 1, line, more + 1);
	if (take_body(state, to, to->body))
		*to->body = '\0';
}

/* Appends a line of octets only; other lines may stand between them. */
static void go_on(struct state *state, struct octets *to, const char *line)
{
	if (*to->body) {
		join(state, to, line);
		return;
	}
	/* Each octet may be a log line. */
	const char *own = to->mark->body == BODY_ESP ? NULL : strstr(line, "NimBLE: ");
	if (to->dump) {
		(void)append_dump(to, line);
		return;
	}
	if (own)
		line = own + strlen("NimBLE: ");
	size_t len = to->len;
	const char *rest = append(to, line);
	if (*rest != '\0' && strcmp(rest, "]") != 0)
		to->len = len;
}

/* Moves the octets under way to done if they are a packet. */
static bool finish(struct state *state)
{
	struct octets *from = &state->under_way;
	bool any = from->mark && from->len <= PACKET_MAX + EXPLAIN_LINE_MAX && is_hci(from);
	size_t size = any ? capture_octets_whole(from->kind, from->data, from->len) : 0;

	any = size > 0 && from->len <= size;
	if (any)
		state->done = *from;
	from->mark = NULL;
	from->len = 0;
	return any;
}

static bool is_whole(const struct octets *octets)
{
	size_t size = capture_octets_whole(octets->kind, octets->data, octets->len);

	return size > 0 && octets->len >= size;
}

/* Reads lines until state->done has a packet. False: the text ends. */
static bool read_packet(struct explain_capture *capture, struct state *state)
{
	struct octets *octets = &state->under_way;
	struct explain_packet times;
	const char *body;
	size_t before;

	while (!state->ended) {
		if (octets->mark && is_whole(octets) && finish(state))
			return true;
		state->ended = !capture_line(capture, &state->lines);
		if (state->ended)
			return finish(state);
		const struct mark *mark = mark_of(state, &body, &before);
		if (!mark && octets->mark) {
			go_on(state, octets, state->lines.text);
			continue;
		}
		if (!mark)
			mark = &unmarked;
		bool found = finish(state);
		if (state->esp && is_of_nimble(mark)) {
			if (found)
				return true;
			continue;
		}
		*octets = (struct octets){.mark = mark, .kind = mark->kind};
		(void)capture_line_time(state->lines.text, before, &times, &state->last_us,
					&state->day_us);
		octets->clock = times.clock;
		octets->time_us = times.time_us;
		bool taken = take_body(state, octets, body);
		if (!taken && is_named(octets) && *body && strlen(body) < WRAPPED_MAX)
			memcpy(octets->body, body, strlen(body) + 1);
		else if (!taken)
			octets->mark = NULL;
		if (found)
			return true;
	}
	return false;
}

/* Where the log does not say: first fragments of a host are marked as non-flushable. */
static enum explain_way way_of(const struct octets *octets)
{
	enum { BOUNDARY = 0x30, FIRST_OF_HOST = 0x00, FIRST_OF_CONTROLLER = 0x20 };

	if (octets->mark->way)
		return octets->mark->way;
	if (octets->kind != EXPLAIN_ACL)
		return octets->kind == EXPLAIN_COMMAND ? EXPLAIN_SENT : EXPLAIN_RECEIVED;
	if ((octets->data[1] & BOUNDARY) == FIRST_OF_HOST)
		return EXPLAIN_SENT;
	return (octets->data[1] & BOUNDARY) == FIRST_OF_CONTROLLER ? EXPLAIN_RECEIVED
								   : EXPLAIN_WAY_UNKNOWN;
}

/* ---- The reader ------------------------------------------------------------------------------ */

static int open_text(struct explain_capture *capture, struct failure *failure)
{
	struct state *state = calloc(1, sizeof(*state));
	size_t have;

	if (!state)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	const uint8_t *text = capture_source_peek(&capture->source, SEARCHED, &have);
	state->esp = capture_esp_log((const char *)text, capture_least(have, SEARCHED));
	capture->state = state;
	return 0;
}

static enum explain_read next(struct explain_capture *capture, struct explain_packet *packet)
{
	struct state *state = capture->state;
	const struct octets *done = &state->done;

	if (!read_packet(capture, state)) {
		if (capture->source.error)
			return capture_end_cut(capture);
		return EXPLAIN_READ_END;
	}
	capture_count(capture, packet);
	(void)snprintf(capture->format, sizeof(capture->format), "%s", done->mark->format);
	packet->clock = done->clock;
	packet->time_us = done->time_us;
	packet->kind = done->kind;
	packet->way = way_of(done);
	packet->data = done->data;
	packet->len = capture_least(done->len, PACKET_MAX);
	packet->original = capture_octets_whole(done->kind, done->data, done->len);
	return EXPLAIN_READ_PACKET;
}

static void close_text(struct explain_capture *capture)
{
	if (capture->state)
		bytes_wipe(capture->state, sizeof(struct state));
	free(capture->state);
}

const struct explain_reader capture_hex_text = {"text with octets", NULL, open_text, next,
						close_text};
