/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/wireshark_fields.h"

#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "capture/wireshark_table.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

/* Octets of each header. */
enum { COMMAND_HEADER = 3, EVENT_HEADER = 2, ACL_HEADER = 4, LL_HEADER = 2 };

#define CONTINUING	 1
#define BOUNDARY_UNKNOWN 4
#define LLID_START	 2
#define ADVERTISING	 0x8e89bed6 /* Core Vol 6 Part B 2.1.2 */

static const struct heading {
	const char *text;
	enum wireshark_layer layer;
} headings[] = {
	{"Bluetooth HCI H4", WIRESHARK_H4},
	{"Bluetooth HCI Command", WIRESHARK_COMMAND},
	{"Bluetooth HCI Event", WIRESHARK_EVENT},
	{"Bluetooth HCI ACL Packet", WIRESHARK_ACL},
	{"Bluetooth L2CAP Protocol", WIRESHARK_L2CAP},
	{"Bluetooth Attribute Protocol", WIRESHARK_ATT},
	{"Bluetooth Security Manager Protocol", WIRESHARK_SMP},
	{"Bluetooth Low Energy RF Info", WIRESHARK_RADIO},
	{"Bluetooth Low Energy Link Layer", WIRESHARK_LL},
	{"nRF Sniffer for Bluetooth LE", WIRESHARK_RADIO},
	{"Nordic BLE Sniffer", WIRESHARK_RADIO},
	{"Bluetooth Linux Monitor Transport", WIRESHARK_NONE},
	{"Bluetooth", WIRESHARK_NONE},
};

/* ---- Values ---------------------------------------------------------------------------------- */

static bool number(const char *value, uint64_t *to)
{
	const char *p = strncmp(value, "0x", 2) == 0 ? value : strstr(value, "(0x");

	if (p) {
		p += *p == '(' ? 3 : 2;
		return capture_hex(&p, 16, to);
	}
	if (capture_decimal(&value, to))
		return true;
	/* "Encryption Key Size: First Packet (2)" */
	p = strrchr(value, '(');
	if (!p)
		return false;
	p++;
	return capture_decimal(&p, to) && *p == ')';
}

static void put_number(struct explain_octets *to, size_t at, size_t len, uint64_t value)
{
	if (at + len > sizeof(to->data) || (len < 8 && value >> (8 * len) != 0))
		return;
	for (size_t i = 0; i < len; i++) {
		to->data[at + i] = (uint8_t)(value >> (8 * i));
		to->known[at + i] = 1;
	}
}

/* Octets as far as the text has them: long ones end with "...". */
static void put_octets(struct explain_octets *to, size_t at, size_t len, const char *p)
{
	for (size_t i = 0; i < len && at + i < sizeof(to->data); i++) {
		p += *p == ':' || *p == ' ';
		if (hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0)
			return;
		to->data[at + i] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		to->known[at + i] = 1;
		p += 2;
	}
}

static void put_address(struct explain_octets *to, size_t at, const char *value)
{
	const char *p = strrchr(value, '(');
	uint8_t address[6];

	if (at + sizeof(address) > sizeof(to->data) || !capture_address(p ? p + 1 : value, address))
		return;
	memcpy(to->data + at, address, sizeof(address));
	memset(to->known + at, 1, sizeof(address));
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Where the parameters of a layer begin. */
static size_t base_of(const struct wireshark_details *to, enum wireshark_layer layer)
{
	size_t l2cap = to->kind == EXPLAIN_AIR ? LL_HEADER : ACL_HEADER;

	switch (layer) {
	case WIRESHARK_COMMAND:
		return COMMAND_HEADER;
	case WIRESHARK_EVENT:
	case WIRESHARK_COMPLETE:
		return EVENT_HEADER;
	case WIRESHARK_LL:
		return LL_HEADER;
	case WIRESHARK_SIGNALING:
	case WIRESHARK_ATT:
	case WIRESHARK_SMP:
		return l2cap + L2CAP_HEADER;
	case WIRESHARK_L2CAP:
		return l2cap;
	case WIRESHARK_NONE:
	case WIRESHARK_H4:
	case WIRESHARK_ACL:
	case WIRESHARK_RADIO:
		break;
	}
	return 0;
}

static void take_field(struct wireshark_details *to, enum wireshark_layer layer, unsigned code,
		       const char *label, const char *value)
{
	uint64_t n;

	for (size_t i = 0; i < wireshark_table_count; i++) {
		const struct wireshark_field *f = &wireshark_table[i];
		size_t at = base_of(to, layer) + f->at;
		if (f->layer != layer || (f->code != code && f->code != WIRESHARK_ANY) ||
		    strncasecmp(label, f->label, strlen(f->label)) != 0 || to->octets.known[at])
			continue;
		if (f->form == WIRESHARK_OCTETS)
			put_octets(&to->octets, at, f->len, value);
		else if (f->form == WIRESHARK_ADDRESS)
			put_address(&to->octets, at, value);
		else if (number(value, &n))
			put_number(&to->octets, at, f->len, n);
		return;
	}
}

static bool is(const char *label, const char *name)
{
	return strcasecmp(label, name) == 0;
}

static void take_command(struct wireshark_details *to, const char *label, const char *value)
{
	uint64_t n;

	if (is(label, "Command Opcode") && number(value, &n) && n <= UINT16_MAX) {
		to->code = (unsigned)n;
		put_number(&to->octets, 0, 2, n);
	} else if (is(label, "Parameter Total Length") && number(value, &n) && n <= UINT8_MAX) {
		put_number(&to->octets, 2, 1, n);
		to->original = COMMAND_HEADER + (size_t)n;
	} else {
		take_field(to, WIRESHARK_COMMAND, to->code, label, value);
	}
}

static void take_event(struct wireshark_details *to, const char *label, const char *value)
{
	const struct explain_octets *o = &to->octets;
	uint64_t n;

	if (is(label, "Event Code") && number(value, &n) && n <= UINT8_MAX) {
		to->code = (unsigned)n;
		put_number(&to->octets, 0, 1, n);
	} else if (is(label, "Parameter Total Length") && number(value, &n) && n <= UINT8_MAX) {
		put_number(&to->octets, 1, 1, n);
		to->original = EVENT_HEADER + (size_t)n;
	} else if (to->code == HCI_LE_META && strncasecmp(label, "Sub Event", 9) == 0 &&
		   number(value, &n) && n <= UINT8_MAX) {
		to->code = WIRESHARK_SUBEVENT | (unsigned)n;
		put_number(&to->octets, EVENT_HEADER, 1, n);
	} else if (to->code == HCI_COMMAND_COMPLETE && o->known[3] && o->known[4]) {
		take_field(to, WIRESHARK_COMPLETE, bytes_get_le16(o->data + 3), label, value);
	} else {
		take_field(to, WIRESHARK_EVENT, to->code, label, value);
	}
}

/* Behind " = ". */
static void take_acl(struct wireshark_details *to, const char *label, const char *value)
{
	uint64_t n;

	if (is(label, "Connection Handle") && number(value, &n) && n <= 0xfff) {
		put_number(&to->octets, 0, 2, n);
	} else if (is(label, "PB Flag") && number(value, &n) && n <= 3) {
		to->boundary = (unsigned)n;
	} else if (is(label, "Data Total Length") && number(value, &n) && n <= UINT16_MAX) {
		put_number(&to->octets, 2, 2, n);
		to->original = ACL_HEADER + (size_t)n;
	}
}

static void take_l2cap(struct wireshark_details *to, const char *label, const char *value)
{
	size_t base = base_of(to, WIRESHARK_L2CAP);
	uint64_t n;

	if (!to->any || (to->kind != EXPLAIN_ACL && to->kind != EXPLAIN_AIR))
		return;
	if (is(label, "Length") && number(value, &n) && n <= UINT16_MAX) {
		put_number(&to->octets, base, 2, n);
		to->frame = L2CAP_HEADER + (size_t)n;
	} else if (is(label, "CID") && number(value, &n) && n <= UINT16_MAX) {
		put_number(&to->octets, base + 2, 2, n);
		to->cid = (uint16_t)n;
		to->has_l2cap = true;
	} else if (to->cid == L2CAP_CID_SIGNALING) {
		if (is(label, "Command Code") && number(value, &n) && n <= UINT8_MAX)
			to->code = (unsigned)n;
		take_field(to, WIRESHARK_SIGNALING, to->code, label, value);
	}
}

/* ATT and SMP: a code, then its fields. */
static void take_pdu(struct wireshark_details *to, const char *label, const char *value)
{
	uint64_t n;

	if (!to->any || !to->has_l2cap)
		return;
	if (is(label, "Opcode") && number(value, &n) && n <= UINT8_MAX) {
		to->code = (unsigned)n;
		put_number(&to->octets, base_of(to, to->layer), 1, n);
	} else {
		take_field(to, to->layer, to->code, label, value);
	}
}

/* The link layer. */
static void take_ll(struct wireshark_details *to, const char *label, const char *value)
{
	struct explain_octets *o = &to->octets;
	uint64_t n;

	if (is(label, "Access Address") && !to->has_access_address && number(value, &n) &&
	    n <= UINT32_MAX) {
		to->air.access_address = (uint32_t)n;
		to->has_access_address = true;
	} else if (is(label, "Packet Header") && number(value, &n) && n <= UINT16_MAX) {
		put_number(o, 0, 2, n);
		to->code = 0x100 | (n & 0x0f);
		to->original = LL_HEADER + (size_t)(n >> 8);
	} else if (is(label, "Data Header") && number(value, &n) && n <= UINT16_MAX) {
		/* The lines below it have its parts, unless the person who copied it had it closed.
		 */
		put_number(o, 0, 2, n);
		to->original = LL_HEADER + (size_t)(n >> 8);
	} else if (is(label, "LLID") && number(value, &n) && n <= 3) {
		put_number(o, 0, 1, o->data[0] | n);
	} else if (is(label, "Next Expected Sequence Number") && number(value, &n) && n <= 1) {
		o->data[0] |= (uint8_t)(n << 2);
	} else if (is(label, "Sequence Number") && number(value, &n) && n <= 1) {
		o->data[0] |= (uint8_t)(n << 3);
	} else if (is(label, "Length") && number(value, &n) && n <= UINT8_MAX && !o->known[1]) {
		put_number(o, 1, 1, n);
		to->original = LL_HEADER + (size_t)n;
	} else if (is(label, "Control Opcode") && number(value, &n) && n <= UINT8_MAX) {
		put_number(o, LL_HEADER, 1, n);
		to->code = (unsigned)n;
	} else if (o->known[LL_HEADER] || to->code > UINT8_MAX) {
		take_field(to, WIRESHARK_LL, to->code, label, value);
	}
}

static bool says(const char *value, const char *word)
{
	return strcasestr(value, word) != NULL;
}

/* What the sniffer adds: flags by name, since their numbers differ between sniffers. */
static void take_radio(struct wireshark_details *to, const char *label, const char *value)
{
	const char *arrow = strpbrk(value, ">");
	const char *toward = says(value, " to ") ? strcasestr(value, " to ") : arrow;
	uint64_t n;

	if ((is(label, "PDU Type") && says(value, "Data,")) || is(label, "Direction")) {
		bool central = toward && (says(toward, "Slave") || says(toward, "Peripheral"));
		bool peripheral = toward && (says(toward, "Master") || says(toward, "Central"));
		if (central != peripheral)
			to->way = central ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL;
	} else if (is(label, "CRC Valid") || is(label, "CRC")) {
		if (says(value, "True") || is(value, "OK"))
			to->air.crc = EXPLAIN_CRC_GOOD;
	} else if (is(label, "CRC Checked") && says(value, "True")) {
		to->air.crc = EXPLAIN_CRC_BAD; /* unless the next flag says that it is valid */
	} else if (is(label, "Decrypted") && says(value, "True")) {
		to->air.decrypted = true;
	} else if (is(label, "Channel Index") && number(value, &n) && n < 40) {
		to->air.channel = (int8_t)n;
	} else if (is(label, "RF Channel")) {
		const char *p = strcasestr(value, "channel ");
		if (p) {
			p += strlen("channel ");
			if (capture_decimal(&p, &n) && n < 40)
				to->air.channel = (int8_t)n;
		}
	}
}

/* ---- Lines ----------------------------------------------------------------------------------- */

void wireshark_details_begin(struct wireshark_details *to)
{
	memset(to, 0, sizeof(*to));
	to->boundary = BOUNDARY_UNKNOWN;
	to->air.channel = -1;
	to->air.rssi = 127;
}

/* The protocols below have headings only. */
static bool is_closed(const struct wireshark_details *to)
{
	const uint8_t *known = to->octets.known;

	return !to->has_access_address && !known[0] && !known[1] && !known[2] && !to->has_l2cap;
}

static void begin_layer(struct wireshark_details *to, enum wireshark_layer layer)
{
	static const struct {
		enum wireshark_layer layer;
		enum explain_kind kind;
	} kinds[] = {
		{WIRESHARK_COMMAND, EXPLAIN_COMMAND},
		{WIRESHARK_EVENT, EXPLAIN_EVENT},
		{WIRESHARK_ACL, EXPLAIN_ACL},
		{WIRESHARK_LL, EXPLAIN_AIR},
	};

	to->layer = layer;
	to->begun = true;
	/*
	 * Details of SMP alone, as of `tshark -O btsmp`: neither the link nor the sender is in the
	 * text.
	 */
	if (layer == WIRESHARK_SMP && (!to->any || is_closed(to))) {
		to->any = to->bare = to->has_l2cap = true;
		to->kind = EXPLAIN_ACL;
	}
	to->closed_l2cap |= layer == WIRESHARK_SMP && !to->has_l2cap;
	to->has_l2cap |= layer == WIRESHARK_SMP;
	if (layer == WIRESHARK_SMP || layer == WIRESHARK_ATT)
		to->code = WIRESHARK_ANY;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].layer == layer && !to->any) {
			to->any = true;
			to->kind = kinds[i].kind;
		}
}

/*
 * "[Direction: Sent (0x00)]", "Point-to-Point Direction: Received (1)", and the heading of a packet
 * of PacketLogger: "PacketLogger Sent ACL Data", "PacketLogger Recv ACL Data".
 */
static bool take_direction(struct wireshark_details *to, const char *line)
{
	static const char logger[] = "PacketLogger ", label[] = "Direction: ";
	const char *p = strstr(line, label);

	if (p)
		p += sizeof(label) - 1;
	else if (strncmp(line, logger, sizeof(logger) - 1) == 0)
		p = line + sizeof(logger) - 1;
	else
		return false;
	if (strncmp(p, "Sent", 4) == 0)
		to->way = EXPLAIN_SENT;
	else if (strncmp(p, "Rcvd", 4) == 0 || strncmp(p, "Rec", 3) == 0)
		to->way = EXPLAIN_RECEIVED;
	else
		return false;
	return true;
}

bool wireshark_details_line(struct wireshark_details *to, const char *line)
{
	char label[80];
	const char *bits, *colon;

	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		size_t len = strlen(headings[i].text);
		if (strncmp(line, headings[i].text, len) != 0 ||
		    (line[len] && strncmp(line + len, " - ", 3) != 0))
			continue;
		begin_layer(to, headings[i].layer);
		return true;
	}
	if (take_direction(to, line))
		return true;
	if (!to->begun || *line == '[')
		return to->begun;
	bits = strstr(line, " = ");
	if (bits && strspn(line, "01. ") == (size_t)(bits - line) + 1)
		line = bits + 3;
	colon = strstr(line, ": ");
	if (!colon || (size_t)(colon - line) >= sizeof(label))
		return false;
	memcpy(label, line, (size_t)(colon - line));
	label[colon - line] = '\0';
	const char *value = colon + 2;
	switch (to->layer) {
	case WIRESHARK_COMMAND:
		take_command(to, label, value);
		break;
	case WIRESHARK_EVENT:
		take_event(to, label, value);
		break;
	case WIRESHARK_ACL:
		take_acl(to, label, value);
		break;
	case WIRESHARK_RADIO:
		take_radio(to, label, value);
		break;
	case WIRESHARK_LL:
		take_ll(to, label, value);
		break;
	case WIRESHARK_L2CAP:
		take_l2cap(to, label, value);
		break;
	case WIRESHARK_ATT:
	case WIRESHARK_SMP:
		take_pdu(to, label, value);
		break;
	case WIRESHARK_NONE:
	case WIRESHARK_H4:
	case WIRESHARK_COMPLETE:
	case WIRESHARK_SIGNALING:
		break;
	}
	return true;
}

/* ---- Packets --------------------------------------------------------------------------------- */

/*
 * Wireshark shows a frame of several fragments at the last one: that packet then carries all of it,
 * as a first fragment; the earlier ones carry only their header.
 */
static void join_fragments(struct wireshark_details *d)
{
	struct explain_octets *o = &d->octets;
	bool acl = d->kind == EXPLAIN_ACL;
	size_t base = acl ? ACL_HEADER : LL_HEADER;

	if (acl && d->boundary < BOUNDARY_UNKNOWN)
		o->data[1] |= (uint8_t)(d->boundary << 4);
	if (!d->has_l2cap || !d->frame || base + d->frame <= d->original)
		return;
	if (acl) {
		o->data[1] = (uint8_t)((o->data[1] & 0x0f) | (d->way == EXPLAIN_SENT ? 0 : 0x20));
		put_number(o, 2, 2, d->frame);
	} else if (d->frame <= UINT8_MAX) {
		o->data[0] = (uint8_t)((o->data[0] & ~3U) | LLID_START);
		put_number(o, 1, 1, d->frame);
	} else {
		return;
	}
	d->original = base + d->frame;
}

/* True if all octets up to len are known that place the packet. */
static bool is_placed(const struct wireshark_details *d)
{
	const uint8_t *known = d->octets.known;

	switch (d->kind) {
	case EXPLAIN_COMMAND:
		return known[0] && known[2];
	case EXPLAIN_EVENT:
		return known[0] && known[1];
	case EXPLAIN_ACL:
		return known[0] && known[2];
	case EXPLAIN_AIR:
		return d->has_access_address && known[0] && known[1];
	case EXPLAIN_NOTE:
	case EXPLAIN_MANAGEMENT:
		break;
	}
	return false;
}

/* CONNECT_IND without the addresses of both ends and its access address says nothing. */
static bool lacks_ends(const struct wireshark_details *d)
{
	const uint8_t *known = d->octets.known + LL_HEADER;

	return d->code == (WIRESHARK_ADVERTISING | WIRESHARK_CONNECT_IND) &&
	       (!known[0] || !known[6] || !known[12]);
}

/* The headers that carry a PDU of SMP, on a handle that stands for any. */
static bool put_headers(struct wireshark_details *d)
{
	const struct smp_pdu_format *format =
		d->code <= UINT8_MAX ? smp_pdu_format((uint8_t)d->code) : NULL;

	if (!format)
		return false;
	put_number(&d->octets, 0, 2, 0);
	put_number(&d->octets, 2, 2, L2CAP_HEADER + (uint64_t)format->length);
	put_number(&d->octets, ACL_HEADER, 2, format->length);
	put_number(&d->octets, ACL_HEADER + 2, 2, L2CAP_CID_SMP);
	d->original = ACL_HEADER + L2CAP_HEADER + (size_t)format->length;
	return true;
}

/* The header of L2CAP that carries a PDU of SMP. */
static void put_l2cap(struct wireshark_details *d)
{
	const struct smp_pdu_format *format =
		d->code <= UINT8_MAX ? smp_pdu_format((uint8_t)d->code) : NULL;
	const size_t base = base_of(d, WIRESHARK_L2CAP);

	if (!format)
		return;
	put_number(&d->octets, base, 2, format->length);
	put_number(&d->octets, base + 2, 2, L2CAP_CID_SMP);
	d->frame = L2CAP_HEADER + (size_t)format->length;
}

bool wireshark_details_packet(struct wireshark_details *from, struct explain_packet *packet)
{
	struct explain_octets *o = &from->octets;
	size_t len;
	bool all = true;

	if (from->closed_l2cap && !from->bare)
		put_l2cap(from);
	if (!from->any || (from->bare && !put_headers(from)) || !is_placed(from))
		return false;
	if (from->kind == EXPLAIN_COMMAND)
		from->way = EXPLAIN_SENT;
	else if (from->kind == EXPLAIN_EVENT)
		from->way = EXPLAIN_RECEIVED;
	else if (from->kind == EXPLAIN_ACL && !from->way)
		from->way = from->boundary == 0	  ? EXPLAIN_SENT
			    : from->boundary == 2 ? EXPLAIN_RECEIVED
						  : EXPLAIN_WAY_UNKNOWN;
	if (from->kind == EXPLAIN_AIR && from->air.access_address == ADVERTISING &&
	    from->code == (WIRESHARK_ADVERTISING | WIRESHARK_CONNECT_IND))
		from->way = EXPLAIN_CENTRAL;
	join_fragments(from);
	len = capture_least(from->original, sizeof(o->data));
	/* A fragment of which the text shows only the header. */
	if (from->kind == EXPLAIN_ACL && !from->has_l2cap)
		len = ACL_HEADER;
	if (from->kind == EXPLAIN_AIR && lacks_ends(from))
		len = LL_HEADER;
	for (size_t i = 0; i < len; i++)
		all = all && o->known[i];
	packet->kind = from->kind;
	packet->way = from->way;
	packet->data = o->data;
	packet->len = len;
	packet->original = from->original;
	packet->known = all ? NULL : o->known;
	packet->air = from->air;
	return true;
}
