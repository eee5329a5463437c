/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/btmon_fields.h"

#include <string.h>

#include "base/hex.h"
#include "capture/packet.h"
#include "hci/protocol.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

/* ---- Values -----------------------------------------------------------------------------------
 */

bool capture_decimal(const char **p, uint64_t *value)
{
	const char *begin = *p;

	for (*value = 0; **p >= '0' && **p <= '9' && *p - begin < 18; (*p)++)
		*value = 10 * *value + (uint64_t)(**p - '0');
	return *p > begin;
}

bool capture_hex(const char **p, size_t digits, uint64_t *value)
{
	const char *begin = *p;

	for (*value = 0; (size_t)(*p - begin) < digits && hex_digit(**p) >= 0; (*p)++)
		*value = *value << 4 | (uint64_t)hex_digit(**p);
	return *p > begin;
}

bool capture_address(const char *p, uint8_t address[6])
{
	for (int i = 5; i >= 0; i--, p += 3) {
		if (hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0 || (i > 0 && p[2] != ':'))
			return false;
		address[i] = (uint8_t)((unsigned)hex_digit(p[0]) << 4 | (unsigned)hex_digit(p[1]));
	}
	return true;
}

/*
 * Reads the number of a field of size octets: "0x2a"; else the one in parentheses behind a number
 * with its unit ("42.5 msec (0x002a)") or behind a word ("Random (0x01)"), before the colon of the
 * next field; else a decimal one.
 */
static bool number(const char **p, size_t size, uint64_t *value)
{
	const char *at = *p;

	if (strncmp(at, "0x", 2) != 0 && *at >= '0' && *at <= '9') {
		at += strspn(at, "0123456789.,");
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz");
		if (strncmp(at, "(0x", 3) != 0)
			return capture_decimal(p, value);
	}
	if (strncmp(at, "0x", 2) != 0) {
		while (*at && *at != ':' && strncmp(at, "(0x", 3) != 0)
			at++;
		if (*at++ != '(')
			return false;
	}
	at += 2;
	if (!capture_hex(&at, 2 * size, value))
		return false;
	*p = at;
	return true;
}

/* ---- Tables -----------------------------------------------------------------------------------
 */

enum kind {
	END,
	NUMBER,	 /* of size octets */
	ADDRESS, /* of 6 */
	HEX,	 /* size octets, first octet first */
	HIDDEN,	 /* size octets that are not printed, or not read */
};

struct field {
	const char *label; /* without blanks; the names of several versions, separated by '|' */
	enum kind kind;
	size_t size;
};

struct layout {
	uint16_t code;
	struct field fields[14];
};

#define N(label, size)                  \
	{                               \
		label ":", NUMBER, size \
	}
#define A(label)                      \
	{                             \
		label ":", ADDRESS, 6 \
	}
#define H(label, size)               \
	{                            \
		label ":", HEX, size \
	}
#define HIDE(size)               \
	{                        \
		"", HIDDEN, size \
	}
#define PARAMETERS                                                                               \
	N("Minconnectioninterval", 2), N("Maxconnectioninterval", 2), N("Connectionlatency", 2), \
		N("Supervisiontimeout", 2), N("Minconnectionlength", 2),                         \
		N("Maxconnectionlength", 2)
#define CONNECTION N("Connectioninterval", 2), N("Connectionlatency", 2), N("Supervisiontimeout", 2)
#define FEATURES                                                                  \
	N("IOcapability", 1), N("OOBdata", 1), N("Authenticationrequirement", 1), \
		N("Maxencryptionkeysize", 1), N("Initiatorkeydistribution", 1),   \
		N("Responderkeydistribution", 1)

/* Parameters of commands, Core Vol 4 Part E 7. */
static const struct layout commands[] = {
	{HCI_DISCONNECT, {N("Handle", 2), N("Reason", 1)}},
	{HCI_READ_REMOTE_VERSION, {N("Handle", 2)}},
	{HCI_SET_EVENT_MASK, {N("Mask", 8)}},
	{HCI_SET_EVENT_MASK_PAGE_2, {N("Mask", 8)}},
	{HCI_WRITE_LE_HOST_SUPPORT, {N("Supported", 1), N("Simultaneous", 1)}},
	{HCI_LE_SET_EVENT_MASK, {N("Mask", 8)}},
	{HCI_LE_SET_RANDOM_ADDRESS, {A("Address")}},
	{HCI_LE_SET_ADVERTISING_PARAMETERS,
	 {N("Minadvertisinginterval", 2), N("Maxadvertisinginterval", 2), N("Type", 1),
	  N("Ownaddresstype", 1), N("Directaddresstype", 1), A("Directaddress"), N("Channelmap", 1),
	  N("Filterpolicy", 1)}},
	{HCI_LE_SET_ADVERTISING_ENABLE, {N("Advertising", 1)}},
	{HCI_LE_SET_SCAN_PARAMETERS,
	 {N("Type", 1), N("Interval", 2), N("Window", 2), N("Ownaddresstype", 1),
	  N("Filterpolicy", 1)}},
	{HCI_LE_SET_SCAN_ENABLE, {N("Scanning", 1), N("Filterduplicates", 1)}},
	{HCI_LE_CREATE_CONNECTION,
	 {N("Scaninterval", 2), N("Scanwindow", 2), N("Filterpolicy", 1), N("Peeraddresstype", 1),
	  A("Peeraddress"), N("Ownaddresstype", 1), PARAMETERS}},
	{HCI_LE_CONNECTION_UPDATE, {N("Handle", 2), PARAMETERS}},
	{HCI_LE_READ_REMOTE_FEATURES, {N("Handle", 2)}},
	{HCI_LE_ENABLE_ENCRYPTION,
	 {N("Handle", 2), N("Randomnumber", 8), N("Encrypteddiversifier", 2),
	  H("Longtermkey", 16)}},
	{HCI_LE_LTK_REPLY, {N("Handle", 2), H("Longtermkey", 16)}},
	{HCI_LE_LTK_NEGATIVE_REPLY, {N("Handle", 2)}},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, {N("Handle", 2), PARAMETERS}},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, {N("Handle", 2), N("Reason", 1)}},
	{HCI_LE_SET_DATA_LENGTH, {N("Handle", 2), N("TXoctets", 2), N("TXtime", 2)}},
	{0x2027, /* LE Add Device To Resolving List */
	 {N("Addresstype", 1), A("Address"), H("Peeridentityresolvingkey", 16),
	  H("Localidentityresolvingkey", 16)}},
	{0x202d, {N("Addressresolution", 1)}}, /* LE Set Address Resolution Enable */
	/* Only the first PHY; the parameters of further ones are not read. */
	{HCI_LE_EXTENDED_CREATE_CONNECTION,
	 {N("Filterpolicy", 1), N("Ownaddresstype", 1), N("Peeraddresstype", 1), A("Peeraddress"),
	  N("InitiatingPHYs", 1), N("Scaninterval", 2), N("Scanwindow", 2), PARAMETERS}},
};

/* Return parameters in Command Complete, behind the status. */
static const struct layout returns[] = {
	{HCI_READ_LOCAL_VERSION,
	 {N("HCIversion", 1),
	  {"Revision", NUMBER, 2},
	  N("LMPversion", 1),
	  HIDE(2),
	  {"Subversion", NUMBER, 2}}},
	{HCI_READ_BUFFER_SIZE, {N("ACLMTU", 2), HIDE(1), N("ACLmaxpacket", 2), HIDE(2)}},
	{HCI_READ_BD_ADDR, {A("Address")}},
	{HCI_LE_READ_BUFFER_SIZE, {N("Datapacketlength", 2), N("Numdatapackets", 1)}},
};

/* Parameters of events, 7.7. */
static const struct layout events[] = {
	{HCI_DISCONNECTION_COMPLETE, {N("Status", 1), N("Handle", 2), N("Reason", 1)}},
	{HCI_ENCRYPTION_CHANGE, {N("Status", 1), N("Handle", 2), N("Encryption", 1)}},
	{HCI_ENCRYPTION_CHANGE_V2,
	 {N("Status", 1),
	  N("Handle", 2),
	  N("Encryption", 1),
	  {"Encryptionkeysize:|Keysize:", NUMBER, 1}}},
	{HCI_READ_REMOTE_VERSION_COMPLETE,
	 {N("Status", 1), N("Handle", 2), N("LMPversion", 1), HIDE(2), {"Subversion", NUMBER, 2}}},
	{HCI_HARDWARE_ERROR, {N("Code", 1)}},
	{HCI_KEY_REFRESH_COMPLETE, {N("Status", 1), N("Handle", 2)}},
};

/* Parameters of LE events behind the subevent code, 7.7.65. */
static const struct layout subevents[] = {
	{HCI_LE_CONNECTION_COMPLETE,
	 {N("Status", 1),
	  N("Handle", 2),
	  N("Role", 1),
	  N("Peeraddresstype", 1),
	  A("Peeraddress"),
	  CONNECTION,
	  {"Centralclockaccuracy:|Masterclockaccuracy:", NUMBER, 1}}},
	{HCI_LE_ADVERTISING_REPORT,
	 {N("Numreports", 1), N("Eventtype", 1), N("Addresstype", 1), A("Address"),
	  N("Datalength", 1)}},
	{HCI_LE_CONNECTION_UPDATE_COMPLETE, {N("Status", 1), N("Handle", 2), CONNECTION}},
	{HCI_LE_REMOTE_FEATURES_COMPLETE, {N("Status", 1), N("Handle", 2)}},
	{HCI_LE_LTK_REQUEST, {N("Handle", 2), N("Randomnumber", 8), N("Encrypteddiversifier", 2)}},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST,
	 {N("Handle", 2), N("Minconnectioninterval", 2), N("Maxconnectioninterval", 2),
	  N("Connectionlatency", 2), N("Supervisiontimeout", 2)}},
	{HCI_LE_DATA_LENGTH_CHANGE,
	 {N("Handle", 2), N("MaxTXoctets", 2), N("MaxTXtime", 2), N("MaxRXoctets", 2),
	  N("MaxRXtime", 2)}},
	{HCI_LE_ENHANCED_CONNECTION_COMPLETE,
	 {N("Status", 1),
	  N("Handle", 2),
	  N("Role", 1),
	  N("Peeraddresstype", 1),
	  A("Peeraddress"),
	  A("Localresolvableprivateaddress"),
	  A("Peerresolvableprivateaddress"),
	  CONNECTION,
	  {"Centralclockaccuracy:|Masterclockaccuracy:", NUMBER, 1}}},
	{HCI_LE_PHY_UPDATE_COMPLETE,
	 {N("Status", 1), N("Handle", 2), N("TXPHY", 1), N("RXPHY", 1)}},
	{HCI_LE_CHANNEL_SELECTION, {N("Handle", 2), N("Algorithm", 1)}},
};

/* SMP, Core Vol 3 Part H 3.5 and 3.6, behind the code. "Confim" is btmon's spelling. */
static const struct layout smp[] = {
	{SMP_PAIRING_REQUEST, {FEATURES}},
	{SMP_PAIRING_RESPONSE, {FEATURES}},
	{SMP_PAIRING_CONFIRM, {{"Confimvalue:|Confirmvalue:", HEX, 16}}},
	{SMP_PAIRING_RANDOM, {H("Randomvalue", 16)}},
	{SMP_PAIRING_FAILED, {N("Reason", 1)}},
	{SMP_ENCRYPTION_INFORMATION, {H("Longtermkey", 16)}},
	{SMP_CENTRAL_IDENTIFICATION, {N("EDIV", 2), N("Rand", 8)}},
	{SMP_IDENTITY_INFORMATION, {H("Identityresolvingkey", 16)}},
	/* For the first octet see identity_type(). */
	{SMP_IDENTITY_ADDRESS_INFORMATION, {{"Addresstype:|Address:", HIDDEN, 1}, A("Address")}},
	{SMP_SIGNING_INFORMATION, {H("Signaturekey", 16)}},
	{SMP_SECURITY_REQUEST, {N("Authenticationrequirement", 1)}},
	{SMP_PAIRING_PUBLIC_KEY, {H("X", 32), H("Y", 32)}},
	{SMP_PAIRING_DHKEY_CHECK, {H("E", 16)}},
	{SMP_KEYPRESS_NOTIFICATION, {N("Type", 1)}},
};

/* LE signalling, Core Vol 3 Part A 4, behind code, identifier and length. */
static const struct layout signaling[] = {
	{0x01, {N("Reason", 2)}},
	{0x12,
	 {N("Mininterval", 2),
	  N("Maxinterval", 2),
	  {"Slavelatency:|Peripherallatency:", NUMBER, 2},
	  N("Timeoutmultiplier", 2)}},
	{0x13, {N("Result", 2)}},
};

#define FIND(table, wanted) find(table, sizeof(table) / sizeof((table)[0]), wanted)

static const struct layout *find(const struct layout *table, size_t count, uint64_t code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

/* ---- Assembling a packet ----------------------------------------------------------------------
 */

static void put(struct explain_octets *to, uint64_t value, size_t size, bool known)
{
	for (size_t i = 0; i < size && to->len < EXPLAIN_TEXT_PACKET; i++) {
		to->data[to->len] = (uint8_t)(i < 8 && known ? value >> (8 * i) : 0);
		to->known[to->len++] = known;
	}
}

/* Returns what is behind the first of the label's names in body; NULL: none is there. */
static const char *behind(const char *body, const char *label)
{
	const char *best = NULL;

	while (body && *label) {
		size_t len = strcspn(label, "|");
		const char *found = memmem(body, strlen(body), label, len);
		if (found && (!best || found + len < best))
			best = found + len;
		label += len + (label[len] == '|');
	}
	return best;
}

static bool put_field(struct explain_octets *to, const struct field *field, const char **body)
{
	const char *at = field->kind == HIDDEN ? NULL : behind(*body, field->label);
	uint64_t value = 0;
	uint8_t address[6];

	if (at && field->kind == NUMBER && number(&at, field->size, &value)) {
		put(to, value, field->size, true);
	} else if (at && field->kind == ADDRESS && capture_address(at, address)) {
		for (size_t i = 0; i < 6; i++)
			put(to, address[i], 1, true);
		at += 17;
	} else if (at && field->kind == HEX) {
		size_t i = 0;
		for (; i < field->size && hex_digit(at[0]) >= 0 && hex_digit(at[1]) >= 0;
		     i++, at += 2)
			put(to, (uint64_t)hex_digit(at[0]) << 4 | (uint64_t)hex_digit(at[1]), 1,
			    true);
		put(to, 0, field->size - i, false);
		if (i < field->size)
			return false;
	} else {
		put(to, 0, field->size, false);
		return field->kind == HIDDEN;
	}
	*body = at;
	return true;
}

/* Appends the fields of layout (NULL: unknown), and unknown octets up to len octets in all. */
static void put_fields(struct explain_octets *to, const struct layout *layout, const char *body,
		       size_t len)
{
	for (size_t i = 0; layout && i < sizeof(layout->fields) / sizeof(layout->fields[0]) &&
			   layout->fields[i].kind != END && to->len < len;
	     i++)
		if (!put_field(to, &layout->fields[i], &body))
			to->lacks = true;
	to->len = capture_least(to->len, len);
	put(to, 0, len - to->len, false);
}

void capture_fields_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			    const char *body)
{
	memset(to, 0, sizeof(*to));
	put(to, opcode, 2, true);
	put(to, plen, 1, true);
	put_fields(to, FIND(commands, opcode), body, 3 + plen);
}

/* Reads "Reset(0x03|0x0003)ncmd1", in the two events that answer a command. */
static bool command_named(const char **body, uint64_t *opcode, uint64_t *credits)
{
	const char *bar = strstr(*body, "|0x");
	uint64_t group, command;

	if (!bar || bar - *body < 4)
		return false;
	const char *p = bar - 2;
	if (!capture_hex(&p, 2, &group))
		return false;
	p = bar + 3;
	if (!capture_hex(&p, 4, &command) || strncmp(p, ")ncmd", 5) != 0)
		return false;
	p += 5;
	*opcode = group << 10 | command;
	*body = p;
	return capture_decimal(body, credits);
}

static void put_command_complete(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field status = N("Status", 1);
	uint64_t opcode = 0, credits = 0;
	bool named = command_named(&body, &opcode, &credits);

	put(to, credits, 1, named);
	put(to, opcode, 2, named);
	to->lacks = !named || (to->len < len && !put_field(to, &status, &body));
	bool failed = to->len > 5 && to->known[5] && to->data[5] != 0;
	put_fields(to, failed || !named ? NULL : FIND(returns, opcode), body, len);
}

static void put_command_status(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field status = N("Status", 1);
	uint64_t opcode = 0, credits = 0;
	bool named = command_named(&body, &opcode, &credits);

	to->lacks = !put_field(to, &status, &body) || !named;
	put(to, credits, 1, named);
	put(to, opcode, 2, named);
	put_fields(to, NULL, body, len);
}

static void put_completed_packets(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field count = N("Numhandles", 1), handle = N("Handle", 2),
				  packets = N("Count", 2);

	to->lacks = !put_field(to, &count, &body);
	while (to->len + 4 <= len && !to->lacks)
		to->lacks = !put_field(to, &handle, &body) || !put_field(to, &packets, &body);
	to->lacks |=
		strstr(body, "Status:") != NULL; /* of another event, whose header is missing */
	put_fields(to, NULL, body, len);
}

static void put_subevent(struct explain_octets *to, const char *body, size_t len)
{
	const char *p = strstr(body, "(0x");
	uint64_t subevent = 0;
	bool numbered = false;

	/* The code of the subevent precedes all fields. */
	if (p && !memchr(body, ':', (size_t)(p - body))) {
		p += 3;
		numbered = capture_hex(&p, 2, &subevent) && *p == ')';
	}
	put(to, subevent, 1, numbered);
	to->lacks = !numbered;
	put_fields(to, numbered ? FIND(subevents, subevent) : NULL, numbered ? p : body, len);
}

void capture_fields_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body)
{
	size_t len = 2 + plen;

	memset(to, 0, sizeof(*to));
	put(to, code, 1, true);
	put(to, plen, 1, true);
	if (code == HCI_COMMAND_COMPLETE)
		put_command_complete(to, body, len);
	else if (code == HCI_COMMAND_STATUS)
		put_command_status(to, body, len);
	else if (code == HCI_NUMBER_OF_COMPLETED_PACKETS)
		put_completed_packets(to, body, len);
	else if (code == HCI_LE_META)
		put_subevent(to, body, len);
	else
		put_fields(to, FIND(events, code), body, len);
}

/* "Address:C2:...(Static)": that word is all that btmon prints of the address type. */
static void identity_type(struct explain_octets *to, size_t at, const char *body)
{
	const char *p = behind(body, "Address:");

	if (!p || strchr(p, '(') != p + 17)
		return;
	to->data[at] = strncmp(p + 17, "(Static)", 8) == 0;
	to->known[at] = 1;
}

/* Reads the next "(0xCC)": "SMP:PairingRequest(0x01)len6". */
static bool code_in_parentheses(const char **p, uint64_t *code)
{
	const char *at = strstr(*p, "(0x");

	if (!at)
		return false;
	at += 3;
	if (!capture_hex(&at, 2, code) || *at != ')')
		return false;
	*p = at + 1;
	return true;
}

/* Reads a decimal number behind text, which must be next. */
static bool number_behind(const char **p, const char *text, uint64_t *value)
{
	size_t len = strlen(text);

	if (strncmp(*p, text, len) != 0)
		return false;
	*p += len;
	return capture_decimal(p, value);
}

static void frame_header(struct explain_octets *to, size_t len, uint16_t cid)
{
	memset(to, 0, sizeof(*to));
	put(to, len, 2, true);
	put(to, cid, 2, true);
}

bool capture_fields_frame(struct explain_octets *to, const char *body)
{
	static const struct {
		const char *mark;
		uint16_t cid;
	} channels[] = {
		{"LEL2CAP:", L2CAP_CID_SIGNALING},
		{"SMP:", L2CAP_CID_SMP},
		{"ATT:", L2CAP_CID_ATT},
	};
	uint64_t code, identifier = 0, len;

	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		const char *p = behind(body, channels[i].mark);
		bool signals = channels[i].cid == L2CAP_CID_SIGNALING;

		/* The name of the frame and its code precede all fields. */
		if (!p || !code_in_parentheses(&p, &code) ||
		    (signals && !number_behind(&p, "ident", &identifier)) ||
		    !number_behind(&p, "len", &len) || len > 0xffff)
			continue;
		if (strstr(body, "BR/EDRSMP:"))
			return false;
		size_t payload = (size_t)len + (signals ? 4 : 1);
		frame_header(to, payload, channels[i].cid);
		put(to, code, 1, true);
		if (signals) {
			put(to, identifier, 1, true);
			put(to, len, 2, true);
		}
		const struct layout *layout = signals ? FIND(signaling, code)
					      : channels[i].cid == L2CAP_CID_SMP ? FIND(smp, code)
										 : NULL;
		put_fields(to, layout, p, L2CAP_HEADER + payload);
		if (channels[i].cid == L2CAP_CID_SMP && code == SMP_IDENTITY_ADDRESS_INFORMATION)
			identity_type(to, L2CAP_HEADER + 1, p);
		return true;
	}
	return false;
}
