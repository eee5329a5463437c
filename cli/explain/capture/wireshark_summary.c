/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/wireshark_summary.h"

#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "capture/btmon_fields.h"
#include "crypto/bytes.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define SECOND UINT64_C(1000000)

static const struct {
	const char *name;
	uint8_t code, len;
} pdus[] = {
	{"Pairing Request", SMP_PAIRING_REQUEST, 7},
	{"Pairing Response", SMP_PAIRING_RESPONSE, 7},
	{"Pairing Confirm", SMP_PAIRING_CONFIRM, 17},
	{"Pairing Random", SMP_PAIRING_RANDOM, 17},
	{"Pairing Failed", SMP_PAIRING_FAILED, 2},
	{"Encryption Information", SMP_ENCRYPTION_INFORMATION, 17},
	{"Master Identification", SMP_CENTRAL_IDENTIFICATION, 11},
	{"Central Identification", SMP_CENTRAL_IDENTIFICATION, 11},
	{"Identity Information", SMP_IDENTITY_INFORMATION, 17},
	{"Identity Address Information", SMP_IDENTITY_ADDRESS_INFORMATION, 8},
	{"Signing Information", SMP_SIGNING_INFORMATION, 17},
	{"Security Request", SMP_SECURITY_REQUEST, 2},
	{"Pairing Public Key", SMP_PAIRING_PUBLIC_KEY, 65},
	{"Pairing DHKey Check", SMP_PAIRING_DHKEY_CHECK, 17},
	{"Pairing Keypress Notification", SMP_KEYPRESS_NOTIFICATION, 2},
	{"Keypress Notification", SMP_KEYPRESS_NOTIFICATION, 2},
};

/* Control PDUs that matter to a pairing, Core Vol 6 Part B 2.4.2. */
static const struct {
	const char *name;
	uint8_t code, len;
} controls[] = {
	{"LL_ENC_REQ", 0x03, 23},	   {"LL_ENC_RSP", 0x04, 13},
	{"LL_START_ENC_REQ", 0x05, 1},	   {"LL_START_ENC_RSP", 0x06, 1},
	{"LL_PAUSE_ENC_REQ", 0x0a, 1},	   {"LL_PAUSE_ENC_RSP", 0x0b, 1},
	{"LL_TERMINATE_IND", 0x02, 2},	   {"LL_REJECT_IND", 0x0d, 2},
	{"LL_REJECT_EXT_IND", 0x11, 3},	   {"LL_UNKNOWN_RSP", 0x07, 2},
	{"LL_FEATURE_REQ", 0x08, 9},	   {"LL_FEATURE_RSP", 0x09, 9},
	{"LL_SLAVE_FEATURE_REQ", 0x0e, 9}, {"LL_PERIPHERAL_FEATURE_REQ", 0x0e, 9},
};

struct word {
	const char *text;
	uint8_t bit;
};

static const struct word authentication[] = {
	{"No Bonding", 0},	    {"Bonding", 0x01},	{"MITM", 0x04},
	{"SecureConnection", 0x08}, {"Keypress", 0x10}, {"CT2", 0x20},
};

static const struct word keys[] = {
	{"LTK", 0x01}, {"IRK", 0x02}, {"CSRK", 0x04}, {"Linkkey", 0x08}, {"<none>", 0},
};

/* ---- Values ---------------------------------------------------------------------------------- */

/* "LTK, IRK | ..." to the end of the part. False: a word that is not known. */
static bool read_words(const char *p, const struct word *words, size_t count, uint8_t *bits)
{
	*bits = 0;
	while (*p && *p != '|') {
		size_t i = 0;
		while (i < count && strncmp(p, words[i].text, strlen(words[i].text)) != 0)
			i++;
		if (i == count)
			return false;
		*bits |= words[i].bit;
		p += strlen(words[i].text);
		p += strspn(p, " ,");
	}
	return true;
}

static void read_part(struct wireshark_summary *to, size_t at, const char *info, const char *name,
		      const struct word *words, size_t count)
{
	const char *p = strstr(info, name);

	if (p && read_words(p + strlen(name), words, count, &to->values[at]))
		to->known[at] = 1;
}

static void read_features(struct wireshark_summary *to, const char *info, size_t at)
{
	read_part(to, at, info, "AuthReq: ", authentication,
		  sizeof(authentication) / sizeof(authentication[0]));
	if (to->len != 7)
		return;
	read_part(to, 5, info, "Initiator Key(s): ", keys, sizeof(keys) / sizeof(keys[0]));
	read_part(to, 6, info, "Responder Key(s): ", keys, sizeof(keys) / sizeof(keys[0]));
}

static void read_reason(struct wireshark_summary *to, const char *info)
{
	info += strspn(info, ": ");
	for (int reason = SMP_PASSKEY_ENTRY_FAILED; reason <= SMP_BUSY; reason++) {
		const char *name = smp_reason_name((uint8_t)reason);
		if (strncasecmp(info, name, strlen(name)) != 0)
			continue;
		to->values[1] = (uint8_t)reason;
		to->known[1] = 1;
		return;
	}
}

/* ---- Columns --------------------------------------------------------------------------------- */

/* "Master_0x24bd7eeb" is an end on air. The first one in the line is the sender. */
static bool read_air_ends(struct wireshark_summary *to, const char *line)
{
	static const struct {
		const char *name;
		enum explain_way way;
	} ends[] = {
		{"Master_0x", EXPLAIN_CENTRAL},	     {"Central_0x", EXPLAIN_CENTRAL},
		{"Slave_0x", EXPLAIN_PERIPHERAL},    {"Peripheral_0x", EXPLAIN_PERIPHERAL},
		{"Unknown_0x", EXPLAIN_WAY_UNKNOWN},
	};
	const char *first = NULL;
	uint64_t value;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *p = strstr(line, ends[i].name);
		if (!p || (first && p > first))
			continue;
		first = p;
		p += strlen(ends[i].name);
		to->way = ends[i].way;
		if (!capture_hex(&p, 8, &value))
			return false;
		to->access_address = (uint32_t)value;
	}
	return first != NULL;
}

/* A number for the two ends of a line, the same in both directions; 0 without an arrow. */
static uint16_t ends_number(const char *columns, const char *end)
{
	static const char *const arrows[] = {" \xe2\x86\x92 ", " -> ", " ? "};

	for (size_t i = 0; i < sizeof(arrows) / sizeof(arrows[0]); i++) {
		const char *arrow = strstr(columns, arrows[i]);
		if (!arrow || arrow >= end)
			continue;
		const char *right = arrow + strlen(arrows[i]), *left_end = arrow;
		while (columns < left_end && *columns == ' ')
			columns++;
		while (left_end > columns && left_end[-1] == ' ')
			left_end--;
		while (end > right && end[-1] == ' ')
			end--;
		/* Ends may have no names: only an arrow. */
		if (left_end == columns || end <= right)
			return 0;
		uint64_t both =
			hash_fnv1a64((const uint8_t *)columns, (size_t)(left_end - columns)) +
			hash_fnv1a64((const uint8_t *)right, (size_t)(end - right));
		return (uint16_t)(both & 0x7ff);
	}
	return 0;
}

#define CSV_MAX 1024 /* longer lines are cut there, behind what is read of them */

/* A line of CSV, whose columns are in quotes, with blanks between the columns; or the line itself.
 */
static const char *plain_line(const char *line, char plain[CSV_MAX])
{
	size_t len = 0;

	if (line[0] != '"' || line[1] < '0' || line[1] > '9')
		return line;
	for (const char *p = line + 1; *p && len < CSV_MAX - 1; p++) {
		if (*p != '"') {
			plain[len++] = *p;
		} else if (p[1] == ',' && p[2] == '"') {
			plain[len++] = ' ';
			p += 2;
		}
	}
	plain[len] = '\0';
	return plain;
}

/* A number of two digits before mark, as of a time of day. */
static bool two_digits(const char **p, char mark, uint64_t *value)
{
	if (strspn(*p, "0123456789") < 2 || (*p)[2] != mark)
		return false;
	*value = (uint64_t)((*p)[0] - '0') * 10 + (uint64_t)((*p)[1] - '0');
	*p += 3;
	return true;
}

/* ".196380" */
static uint64_t fraction(const char **p)
{
	uint64_t us = 0;

	for (uint64_t unit = SECOND / 10; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		us += (uint64_t)(**p - '0') * unit;
	return us;
}

/*
 * "2014-04-11 12:12:52.196380" or its time of day, of `tshark -t ad` and `-t a`: the time since the
 * beginning of the month, or of the day. NULL: none is at p.
 */
static const char *read_time_of_day(const char *p, uint64_t *us)
{
	uint64_t year, month, day = 0, hour, minute, second;
	const char *q = p;

	if (capture_decimal(&q, &year) && *q == '-' && (q++, two_digits(&q, '-', &month)) &&
	    two_digits(&q, ' ', &day))
		p = q;
	if (!two_digits(&p, ':', &hour) || !two_digits(&p, ':', &minute) ||
	    !two_digits(&p, '.', &second))
		return NULL;
	*us = (((day * 24 + hour) * 60 + minute) * 60 + second) * SECOND + fraction(&p);
	return p;
}

/* The number and the time at the beginning; returns what is behind them. */
static const char *read_columns(struct wireshark_summary *to, const char *line)
{
	const char *p = line, *q;
	uint64_t value;

	if (capture_decimal(&p, &value) && *p == ' ') {
		to->number = value;
		p += strspn(p, " ");
	} else {
		p = line;
	}
	q = read_time_of_day(p, &to->time_us);
	if (q) {
		to->clock = EXPLAIN_CLOCK_START;
		return q;
	}
	q = p;
	if (capture_decimal(&q, &value) && *q == '.' && value <= UINT32_MAX) {
		to->clock = EXPLAIN_CLOCK_START;
		q++;
		to->time_us = value * SECOND + fraction(&q);
		return q;
	}
	return p;
}

/* Reads a PDU and its values. False: info is none. */
static bool read_pdu(struct wireshark_summary *to, const char *info)
{
	for (size_t i = 0; i < sizeof(pdus) / sizeof(pdus[0]); i++) {
		size_t len = strlen(pdus[i].name);
		if (strncmp(info, pdus[i].name, len) != 0)
			continue;
		/* Text behind a name is of a sentence, unless it is "[Malformed Packet]". */
		const char *behind = info + len + strspn(info + len, " ");
		if (info[len] != ':' && *behind != '[' && *behind)
			continue;
		to->code = to->values[0] = pdus[i].code;
		to->known[0] = 1;
		to->len = pdus[i].len;
		if (to->code == SMP_PAIRING_FAILED)
			read_reason(to, info + len);
		else
			read_features(to, info + len, to->len == 2 ? 1 : 3);
		return true;
	}
	return false;
}

/*
 * Skips the length, and what the profile of nRF Sniffer has behind it: "11 49691 1 1 False 781",
 * which are the time between packets, SN, NESN, MD and the event. Sets *counted: there is a length.
 */
static const char *skip_columns(const char *p, bool *counted)
{
	uint64_t octets;

	p += strspn(p, " ");
	*counted = capture_decimal(&p, &octets) && *p == ' ';
	while (*counted) {
		size_t word = strspn(p, " ");
		size_t len = strspn(p + word, "-0123456789.\302\265s");
		if (strncmp(p + word, "True ", 5) == 0)
			len = 4;
		if (strncmp(p + word, "False ", 6) == 0)
			len = 5;
		if (len == 0 || p[word + len] != ' ')
			break;
		p += word + len;
	}
	return p + strspn(p, " ");
}

/*
 * "SMP 30 Sent Pairing Request: ..." behind the ends. People write such words, too: there must be
 * another column, or values.
 */
static bool read_smp(struct wireshark_summary *to, const char *columns, bool listed)
{
	static const struct {
		const char *text;
		enum explain_way way;
	} directions[] = {
		{"Sent ", EXPLAIN_SENT},
		{"Rcvd ", EXPLAIN_RECEIVED},
		{"UnknownDirection ", EXPLAIN_WAY_UNKNOWN},
	};
	bool counted;

	for (const char *smp = columns; (smp = strstr(smp, " SMP ")); smp++) {
		const char *info = skip_columns(smp + strlen(" SMP "), &counted);
		for (size_t d = 0; d < sizeof(directions) / sizeof(directions[0]); d++) {
			const char *text = directions[d].text;
			if (strncmp(info, text, strlen(text)) != 0 ||
			    !read_pdu(to, info + strlen(text)))
				continue;
			bool values = memchr(to->known + 1, 1, sizeof(to->known) - 1) != NULL;
			to->handle = ends_number(columns, smp);
			if (!listed && !counted && !values && !to->handle)
				return false;
			to->smp = to->relevant = true;
			to->kind = EXPLAIN_ACL;
			to->way = directions[d].way;
			return true;
		}
	}
	return false;
}

/*
 * What the line is in a capture of the Linux monitor, whose octets have no packet type: see
 * capture/monitor.h.
 */
static int monitor_opcode(const char *columns)
{
	static const struct {
		const char *protocol, *info;
		int opcode;
	} rows[] = {
		{" LE LL ", "", -1},
		{" HCI_MON ", "Opcode: New Index", 0},
		{" HCI_MON ", "Opcode: Index Information", 10},
		{" HCI_MON ", "Opcode: User Logging", 13},
		{" HCI_MON ", "Opcode: Control Command", 16},
		{" HCI_MON ", "Opcode: Control Event", 17},
		{" HCI_MON ", "", -1},
		{" HCI_CMD ", "", 2},
		{" HCI_EVT ", "", 3},
		{" Sent ", "", 4},
		{" Rcvd ", "", 5},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(columns, rows[i].protocol) && strstr(columns, rows[i].info))
			return rows[i].opcode;
	return -1;
}

bool wireshark_summary_read(struct wireshark_summary *to, const char *line)
{
	static const char *const irrelevant[] = {" LE LL ", " ATT ", " L2CAP ", " HCI_MON "};
	char plain[CSV_MAX];
	const char *columns, *p;

	memset(to, 0, sizeof(*to));
	to->kind = EXPLAIN_NOTE;
	columns = read_columns(to, plain_line(line, plain));
	to->monitor = monitor_opcode(columns);
	bool numbered = to->number > 0 && to->clock != EXPLAIN_CLOCK_NONE;
	if (strstr(columns, " SMP ") && read_smp(to, columns, numbered)) {
		if (read_air_ends(to, columns))
			to->kind = EXPLAIN_AIR;
		return true;
	}
	if (!numbered)
		return false;
	p = strstr(columns, "Control Opcode: ");
	if (strstr(columns, " LE LL ") && p && read_air_ends(to, columns)) {
		p += strlen("Control Opcode: ");
		to->encrypted = strcmp(p, "Unknown") == 0;
		if (to->encrypted)
			to->kind = EXPLAIN_AIR;
		for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
			if (strncmp(p, controls[i].name, strlen(controls[i].name)) == 0 &&
			    p[strlen(controls[i].name)] <= ' ') {
				to->kind = EXPLAIN_AIR;
				to->control = to->relevant = true;
				to->code = controls[i].code;
				to->len = controls[i].len;
			}
		return true;
	}
	if (strstr(columns, " HCI_EVT ") || strstr(columns, " HCI_CMD ")) {
		to->relevant = !strstr(columns, "Number of Completed Packets");
		return true;
	}
	for (size_t i = 0; i < sizeof(irrelevant) / sizeof(irrelevant[0]); i++)
		if (strstr(columns, irrelevant[i]))
			return true;
	return false;
}

bool wireshark_summary_is_begun(const char *line)
{
	struct wireshark_summary columns = {0};
	char plain[CSV_MAX];
	const char *p = read_columns(&columns, plain_line(line, plain));

	return columns.number > 0 && columns.clock != EXPLAIN_CLOCK_NONE &&
	       (strstr(p, " SMP ") || strstr(p, " LE LL ") ||
		(p[0] && strstr(p, "_0x") && !strstr(p, " ATT ")));
}

/* ---- Packets --------------------------------------------------------------------------------- */

/* Only one end sends these: Core Vol 6 Part B 5.1.3. The central is the first to encrypt. */
static enum explain_way way_of_control(const struct wireshark_summary *from)
{
	enum { ENC_REQ = 0x03, ENC_RSP = 0x04, START_ENC_REQ = 0x05, PAUSE_ENC_REQ = 0x0a };

	if (from->encrypted)
		return EXPLAIN_CENTRAL;
	switch (from->code) {
	case ENC_REQ:
	case PAUSE_ENC_REQ:
		return EXPLAIN_CENTRAL;
	case ENC_RSP:
	case START_ENC_REQ:
		return EXPLAIN_PERIPHERAL;
	default:
		return EXPLAIN_WAY_UNKNOWN;
	}
}

static enum explain_way way_of(const struct wireshark_summary *from)
{
	if (from->way)
		return from->way;
	if (from->kind != EXPLAIN_AIR)
		return EXPLAIN_WAY_UNKNOWN;
	if (!from->smp)
		return way_of_control(from);
	/* Only one end sends these: Core Vol 3 Part H 2.3, 2.4.6. */
	if (from->code == SMP_PAIRING_REQUEST)
		return EXPLAIN_CENTRAL;
	return from->code == SMP_PAIRING_RESPONSE || from->code == SMP_SECURITY_REQUEST
		       ? EXPLAIN_PERIPHERAL
		       : EXPLAIN_WAY_UNKNOWN;
}

enum wireshark_found wireshark_summary_packet(const struct wireshark_summary *from,
					      struct wireshark_ends *ends,
					      struct explain_packet *packet)
{
	enum { LLID_START = 2, LLID_CONTROL = 3, SN = 0x08, LL_HEADER = 2, ACL_HEADER = 4 };
	enum { FIRST_OF_CONTROLLER = 0x20, START_ENC_REQ = 0x05 };
	enum { START_ENC_RSP = 1 + 4, UNREADABLE = 0xff }; /* the PDU and its MIC; no opcode */
	enum explain_way way = way_of(from);
	bool air = from->kind == EXPLAIN_AIR;
	size_t at = air ? LL_HEADER : ACL_HEADER;
	uint8_t *data = ends->data;

	if (from->encrypted && ends->starting != from->access_address)
		return WIRESHARK_IRRELEVANT;
	if (!from->smp && !from->control && !from->encrypted)
		return from->relevant ? WIRESHARK_LOST : WIRESHARK_IRRELEVANT;
	if (!way && air)
		return WIRESHARK_LOST;
	memset(ends->data, 0, sizeof(ends->data));
	memset(ends->known, 0, sizeof(ends->known));
	memset(ends->known, 1, at);
	size_t frame = from->smp	 ? L2CAP_HEADER + (size_t)from->len
		       : from->encrypted ? START_ENC_RSP
					 : from->len;
	packet->kind = from->kind;
	packet->way = way;
	packet->data = data;
	packet->known = ends->known;
	packet->original = at + frame;
	if (air) {
		uint8_t *sequence = &ends->sequence[way == EXPLAIN_PERIPHERAL];
		*sequence ^= SN;
		data[0] = (uint8_t)(*sequence | (from->smp ? LLID_START : LLID_CONTROL));
		data[1] = (uint8_t)frame;
		packet->air = (struct explain_radio){
			.access_address = from->access_address, .channel = -1, .rssi = 127};
	} else {
		bytes_put_le16(data, from->handle);
		data[1] |= way == EXPLAIN_RECEIVED ? FIRST_OF_CONTROLLER : 0;
		bytes_put_le16(data + 2, (uint16_t)frame);
	}
	ends->starting = from->control && from->code == START_ENC_REQ ? from->access_address
			 : from->encrypted && from->way		      ? ends->starting
								      : 0;
	if (from->encrypted) {
		memset(data + at, UNREADABLE, START_ENC_RSP);
		packet->len = packet->original;
		return WIRESHARK_PACKET;
	}
	if (from->control) {
		data[at] = from->code;
		ends->known[at] = 1;
		packet->len = at + 1;
		return WIRESHARK_PACKET;
	}
	bytes_put_le16(data + at, from->len);
	bytes_put_le16(data + at + 2, L2CAP_CID_SMP);
	memset(ends->known + at, 1, L2CAP_HEADER);
	at += L2CAP_HEADER;
	size_t values = capture_least(from->len, sizeof(from->values));
	memcpy(data + at, from->values, values);
	memcpy(ends->known + at, from->known, values);
	packet->len = packet->original;
	return WIRESHARK_PACKET;
}
