/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/btmon_fields.h"

#include <string.h>

#include "capture/packet.h"
#include "capture/text_names.h"
#include "hci/protocol.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

/* ---- Tables -----------------------------------------------------------------------------------
 */

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
	{0x1408, {N("Handle", 2)}}, /* Read Encryption Key Size */
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
	{0x1408, {N("Handle", 2), N("Keysize", 1)}},
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
	/* Of BR/EDR, so that its connections are not taken for those of LE. */
	{0x03,
	 {N("Status", 1), N("Handle", 2), A("Address"), N("Linktype", 1), N("Encryption", 1)}},
	{0x06, {N("Status", 1), N("Handle", 2)}}, /* Authentication Complete */
	{0x36, {N("Status", 1), A("Address")}},	  /* Simple Pairing Complete */
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

/* ATT, Core Vol 3 Part F 3.4.1.1: only errors, whose request is named in a line of its own. */
static const struct layout att[] = {
	{0x01, {HIDE(1), N("Handle", 2), HIDE(1)}}, /* for the last see refused_request() */
};

/* LE signalling, Core Vol 3 Part A 4, behind code, identifier and length. */
static const struct layout signaling[] = {
	{0x01, {N("Reason", 2)}},
	{0x03, {N("DestinationCID", 2), N("SourceCID", 2), N("Result", 2), N("Status", 2)}},
	{0x12,
	 {N("Mininterval", 2),
	  N("Maxinterval", 2),
	  {"Slavelatency:|Peripherallatency:", NUMBER, 2},
	  N("Timeoutmultiplier", 2)}},
	{0x13, {N("Result", 2)}},
	{0x14, {N("PSM", 2), N("SourceCID", 2), N("MTU", 2), N("MPS", 2), N("Credits", 2)}},
	{0x15, {N("DestinationCID", 2), N("MTU", 2), N("MPS", 2), N("Credits", 2), N("Result", 2)}},
	{0x17, {N("PSM", 2), N("MTU", 2), N("MPS", 2), N("Credits", 2), N("SourceCID", 2)}},
	{0x18, {N("MTU", 2), N("MPS", 2), N("Credits", 2), N("Result", 2), N("DestinationCID", 2)}},
};

/* ---- Packets -----------------------------------------------------------------------------------
 */

/* The length of all fields; 0: unknown. */
static size_t length_of(const struct layout *layout)
{
	size_t len = 0;

	for (size_t i = 0; layout && layout->fields[i].kind != END; i++)
		len += layout->fields[i].size;
	return len;
}

size_t capture_fields_command_length(uint16_t opcode)
{
	return length_of(FIND(commands, opcode));
}

size_t capture_fields_event_length(uint8_t code)
{
	return length_of(FIND(events, code));
}

size_t capture_fields_subevent_length(uint8_t subevent)
{
	size_t len = length_of(FIND(subevents, subevent));

	return len ? len + 1 : 0;
}

void capture_fields_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			    const char *body)
{
	memset(to, 0, sizeof(*to));
	capture_put(to, opcode, 2, true);
	capture_put(to, plen, 1, true);
	capture_put_fields(to, FIND(commands, opcode), body, 3 + plen);
}

/*
 * Reads "Reset(0x03|0x0003)ncmd1", in the two events that answer a command. People leave the codes
 * out.
 */
static bool command_named(const char **body, uint64_t *opcode, uint64_t *credits)
{
	const char *bar = strstr(*body, "|0x");
	uint64_t group, command;
	uint16_t named;

	if (!bar && text_named_command(body, &named)) {
		*opcode = named;
		*credits = 1;
		return true;
	}
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

	capture_put(to, credits, 1, named);
	capture_put(to, opcode, 2, named);
	to->lacks = !named || (to->len < len && !capture_put_field(to, &status, &body));
	bool failed = to->len > 5 && to->known[5] && to->data[5] != 0;
	capture_put_fields(to, failed || !named ? NULL : FIND(returns, opcode), body, len);
}

static void put_command_status(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field status = N("Status", 1);
	uint64_t opcode = 0, credits = 0;
	bool named = command_named(&body, &opcode, &credits);

	to->lacks = !capture_put_field(to, &status, &body) || !named;
	capture_put(to, credits, 1, named);
	capture_put(to, opcode, 2, named);
	capture_put_fields(to, NULL, body, len);
}

static void put_completed_packets(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field count = N("Numhandles", 1), handle = N("Handle", 2),
				  packets = N("Count", 2);

	to->lacks = !capture_put_field(to, &count, &body);
	while (to->len + 4 <= len && !to->lacks)
		to->lacks = !capture_put_field(to, &handle, &body) ||
			    !capture_put_field(to, &packets, &body);
	to->lacks |=
		strstr(body, "Status:") != NULL; /* of another event, whose header is missing */
	capture_put_fields(to, NULL, body, len);
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
	uint8_t meta, named = 0;
	if (!numbered && text_named_event(&body, &meta, &named) && named) {
		subevent = named;
		numbered = true;
		p = body;
	}
	capture_put(to, subevent, 1, numbered);
	to->lacks = !numbered;
	capture_put_fields(to, numbered ? FIND(subevents, subevent) : NULL, numbered ? p : body,
			   len);
}

void capture_fields_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body)
{
	size_t len = 2 + plen;

	memset(to, 0, sizeof(*to));
	capture_put(to, code, 1, true);
	capture_put(to, plen, 1, true);
	if (code == HCI_COMMAND_COMPLETE)
		put_command_complete(to, body, len);
	else if (code == HCI_COMMAND_STATUS)
		put_command_status(to, body, len);
	else if (code == HCI_NUMBER_OF_COMPLETED_PACKETS)
		put_completed_packets(to, body, len);
	else if (code == HCI_LE_META)
		put_subevent(to, body, len);
	else
		capture_put_fields(to, FIND(events, code), body, len);
}

void capture_fields_subevent(struct explain_octets *to, uint8_t subevent, size_t plen,
			     const char *body)
{
	memset(to, 0, sizeof(*to));
	capture_put(to, HCI_LE_META, 1, true);
	capture_put(to, plen, 1, true);
	capture_put(to, subevent, 1, true);
	capture_put_fields(to, FIND(subevents, subevent), body, 2 + plen);
}

/*
 * "Address:C2:...(Static)": that word is all that btmon prints of the address type. Others print
 * "Addresstype:Random(0x01)" before it.
 */
static void identity_type(struct explain_octets *to, size_t at, const char *body)
{
	const char *p = capture_behind(body, "Addresstype:"), *address;
	uint64_t type;

	if (p && capture_number(&p, 1, &type)) {
		to->data[at] = (uint8_t)type;
		to->known[at] = 1;
		return;
	}
	address = capture_behind(body, "Address:");
	if (!address ||
	    capture_address_type(address + strnlen(address, 17)) == CAPTURE_TYPE_UNKNOWN)
		return;
	to->data[at] = capture_address_type(address + 17) == CAPTURE_RANDOM;
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

/* "ReadRequest(0x0a)Handle:0x0016Error:X(0x05)", in an error of ATT; people reorder the lines. */
static void refused_request(struct explain_octets *to, size_t at, const char *p)
{
	enum { ERROR = 3 };
	/* So in the documentation of btmon. */
	const char *error = capture_behind(p, "Error:"),
		   *named = capture_behind(p, "Requestopcode:");
	const char *colon;
	uint64_t code;

	p = named ? named : p;
	colon = strchr(p, ':');

	if (at + ERROR < to->len && error && capture_number(&error, 1, &code)) {
		to->data[at + ERROR] = (uint8_t)code;
		to->known[at + ERROR] = 1;
	}
	if (at >= to->len || !code_in_parentheses(&p, &code) || (colon && p > colon))
		return;
	to->data[at] = (uint8_t)code;
	to->known[at] = 1;
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
	capture_put(to, len, 2, true);
	capture_put(to, cid, 2, true);
}

/* Whether the frame's mark at p, which has the name of a channel before it, is BR/EDR's. */
static bool of_bredr(const char *body, const char *p, size_t mark)
{
	return (size_t)(p - body) >= mark + 6 && memcmp(p - mark - 6, "BR/EDR", 6) == 0;
}

/* The channel, Vol 3 Part A 2.1. */
enum { BREDR_SIGNALING = 1 };
/* Commands that only LE has, Vol 3 Part A 4: people leave "LE" out. */
enum { FIRST_OF_LE = 0x12, LAST_OF_LE = 0x16 };

bool capture_fields_frame(struct explain_octets *to, const char *body)
{
	static const struct {
		const char *mark;
		uint16_t cid;
	} channels[] = {
		{"LEL2CAP:", L2CAP_CID_SIGNALING},
		{"L2CAP:", BREDR_SIGNALING},
		{"SMP:", L2CAP_CID_SMP},
		{"ATT:", L2CAP_CID_ATT},
	};
	uint64_t code, identifier = 0, len;

	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		const char *p = capture_behind(body, channels[i].mark);
		bool signals = channels[i].cid == L2CAP_CID_SIGNALING ||
			       channels[i].cid == BREDR_SIGNALING;
		bool pairs = channels[i].cid == L2CAP_CID_SMP;

		if (p && pairs && of_bredr(body, p, 4))
			return false;
		/* The name of the frame and its code precede all fields. */
		if (!p || !code_in_parentheses(&p, &code) ||
		    (signals && !number_behind(&p, "ident", &identifier)))
			continue;
		/* Narrow terminals cut the length off. */
		if (!number_behind(&p, "len", &len) &&
		    (!pairs || !(len = length_of(FIND(smp, code)))))
			continue;
		if (len > 0xffff)
			continue;
		size_t payload = (size_t)len + (signals ? 4 : 1);
		bool of_le = signals && code >= FIRST_OF_LE && code <= LAST_OF_LE;
		frame_header(to, payload, of_le ? L2CAP_CID_SIGNALING : channels[i].cid);
		capture_put(to, code, 1, true);
		if (signals) {
			capture_put(to, identifier, 1, true);
			capture_put(to, len, 2, true);
		}
		/* The octets of one that is too long or too short. */
		static const struct layout octets = {0, {{"invalidsize", HEX, 0}}};
		struct layout all = octets;
		all.fields[0].size = (size_t)len;
		bool invalid = pairs && strncmp(p, "invalidsize", 11) == 0;
		const struct layout *layout = invalid	? &all
					      : signals ? FIND(signaling, code)
					      : pairs	? FIND(smp, code)
							: FIND(att, code);
		capture_put_fields(to, layout, p, L2CAP_HEADER + payload);
		if (channels[i].cid == L2CAP_CID_ATT && layout)
			refused_request(to, L2CAP_HEADER + 1, p);
		if (pairs && !invalid && code == SMP_IDENTITY_ADDRESS_INFORMATION)
			identity_type(to, L2CAP_HEADER + 1, p);
		return true;
	}
	return false;
}
