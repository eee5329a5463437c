/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/hcidump_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "capture/packet.h"
#include "capture/text_compact.h"
#include "hci/protocol.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

/* A field by its name, a number that is decimal or begins with 0x. */
#define F(label, size)              \
	{                           \
		label, NUMBER, size \
	}

/* 7.7.3; its type of link is a word: "ACL", "SCO". */
enum { CONNECTION_COMPLETE = 0x03, LINK_TYPE = 2 + 9 };

enum { CREATE_CONNECTION = 25 }; /* the length of its parameters */

static const struct layout commands[] = {
	{HCI_DISCONNECT, {F("handle", 2), F("reason", 1)}},
	/* In the order of the text: see put_create_connection(). */
	{HCI_LE_CREATE_CONNECTION,
	 {{"bdaddr", ADDRESS, 6},
	  F("type", 1),
	  F("interval", 2),
	  F("window", 2),
	  F("initiator_filter", 1),
	  F("own_bdaddr_type", 1),
	  F("min_interval", 2),
	  F("max_interval", 2),
	  F("latency", 2),
	  F("supervision_to", 2),
	  F("min_ce", 2),
	  F("max_ce", 2)}},
};

static const struct layout returns[] = {
	{HCI_READ_BD_ADDR, {{"bdaddr", ADDRESS, 6}}},
};

static const struct layout events[] = {
	{HCI_DISCONNECTION_COMPLETE, {F("status", 1), F("handle", 2), F("reason", 1)}},
	{HCI_ENCRYPTION_CHANGE, {F("status", 1), F("handle", 2), F("encrypt", 1)}},
	{HCI_KEY_REFRESH_COMPLETE, {F("status", 1), F("handle", 2)}},
	/* Of BR/EDR, so that its connections are not taken for those of LE. */
	{CONNECTION_COMPLETE,
	 {F("status", 1), F("handle", 2), {"bdaddr", ADDRESS, 6}, HIDE(1), F("encrypt", 1)}},
	{0x06, {F("status", 1), F("handle", 2)}},	  /* Authentication Complete */
	{0x36, {F("status", 1), {"bdaddr", ADDRESS, 6}}}, /* Simple Pairing Complete */
};

static const struct {
	const char *name;
	struct layout layout;
} subevents[] = {
	{"LEConnectionComplete",
	 {HCI_LE_CONNECTION_COMPLETE,
	  {F("status", 1), F("handle", 2), HIDE(1), HIDE(1), {"bdaddr", ADDRESS, 6}}}},
	{"LEConnectionUpdateComplete",
	 {HCI_LE_CONNECTION_UPDATE_COMPLETE, {F("status", 1), F("handle", 2)}}},
	{"LEReadRemoteUsedFeaturesComplete",
	 {HCI_LE_REMOTE_FEATURES_COMPLETE, {F("status", 1), F("handle", 2)}}},
	{"LEAdvertisingReport", {HCI_LE_ADVERTISING_REPORT, {{0}}}},
	{"LELongTermKeyRequest", {HCI_LE_LTK_REQUEST, {{0}}}},
};

#define FEATURES                                                                                   \
	F("capability", 1), F("oob", 1), F("authreq", 1), F("maxkeysize", 1), F("initkeydist", 1), \
		F("respkeydist", 1)

/* Values are printed in the order in which they are sent. */
static const struct {
	struct layout layout;
	size_t len;
} smp[] = {
	{{SMP_PAIRING_REQUEST, {FEATURES}}, 6},
	{{SMP_PAIRING_RESPONSE, {FEATURES}}, 6},
	{{SMP_PAIRING_CONFIRM, {{"key", HEX, 16}}}, 16},
	{{SMP_PAIRING_RANDOM, {{"random", HEX, 16}}}, 16},
	{{SMP_PAIRING_FAILED, {F("reason", 1)}}, 1},
	{{SMP_ENCRYPTION_INFORMATION, {{"LTK", HEX, 16}}}, 16},
	{{SMP_CENTRAL_IDENTIFICATION, {F("EDIV", 2), {"Rand0x", HEX, 8}}}, 10},
	{{SMP_IDENTITY_INFORMATION, {{"IRK", HEX, 16}}}, 16},
	/* hcidump prints octets of its own memory instead of the address. */
	{{SMP_IDENTITY_ADDRESS_INFORMATION, {HIDE(7)}}, 7},
	{{SMP_SIGNING_INFORMATION, {{"CSRK", HEX, 16}}}, 16},
	{{SMP_SECURITY_REQUEST, {F("authreq", 1)}}, 1},
	{{SMP_PAIRING_PUBLIC_KEY, {{0}}}, 64},
	{{SMP_PAIRING_DHKEY_CHECK, {{0}}}, 16},
	{{SMP_KEYPRESS_NOTIFICATION, {{0}}}, 1},
};

/* Octets from body: "0e0102", or with -X "0000:0e0102...", and 16 in a line. Returns how many. */
static size_t octets_at(uint8_t *to, size_t most, const char *body)
{
	size_t len = 0;
	char row[8];
	bool rows = strncmp(body, "0000:", 5) == 0;

	if (rows)
		body += 5;
	while (len < most && hex_digit(body[0]) >= 0 && hex_digit(body[1]) >= 0) {
		to[len++] = (uint8_t)(hex_digit(body[0]) << 4 | hex_digit(body[1]));
		body += 2;
		if (!rows || len % 16 || len == most)
			continue;
		/* Behind the characters of the row, of which the blanks are gone. */
		(void)snprintf(row, sizeof(row), "%04zx:", len & 0xffff);
		const char *next = memmem(body, strnlen(body, 16 + 5), row, 5);
		if (!next)
			break;
		body = next + 5;
	}
	return len;
}

/* Appends len octets that are all printed. False, and nothing: they are not. */
static bool put_octets(struct explain_octets *to, const char *body, size_t len)
{
	uint8_t octets[EXPLAIN_TEXT_PACKET];

	if (len == 0 || len > EXPLAIN_TEXT_PACKET - to->len || octets_at(octets, len, body) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		capture_put(to, octets[i], 1, true);
	return true;
}

static bool has_number_behind(const char *body, size_t most, const char *name)
{
	const char *p = memmem(body, most, name, strlen(name));

	return p && p[strlen(name)] >= '0' && p[strlen(name)] <= '9';
}

bool capture_hcidump_prints(const char *body, size_t len)
{
	static const char *const names[] = {"status", "handle", "reason"};
	uint8_t octets[256];
	size_t most = strnlen(body, 160);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has_number_behind(body, most, names[i]))
			return true;
	return memmem(body, most, "bdaddr", 6) ||
	       (len > 0 && len < sizeof(octets) && octets_at(octets, len, body) == len);
}

/* Core Vol 4 Part E 7.8.12: type and address of the peer are behind the filter policy. */
static void put_create_connection(struct explain_octets *to, size_t begin)
{
	enum { ADDRESS_LEN = 6, PEER = ADDRESS_LEN + 1, SCAN = 5 };
	struct explain_octets text = *to;

	for (size_t i = 0; i < PEER + SCAN; i++) {
		size_t from = i < SCAN ? PEER + i : i == SCAN ? ADDRESS_LEN : i - SCAN - 1;
		to->data[begin + i] = text.data[begin + from];
		to->known[begin + i] = text.known[begin + from];
	}
}

void capture_hcidump_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			     const char *body)
{
	memset(to, 0, sizeof(*to));
	capture_put(to, opcode, 2, true);
	capture_put(to, plen, 1, true);
	if (put_octets(to, body, plen))
		return;
	capture_put_fields(to, FIND(commands, opcode), body, 3 + plen);
	if (opcode == HCI_LE_CREATE_CONNECTION && plen >= CREATE_CONNECTION)
		put_create_connection(to, 3);
}

/* "LE Start Encryption (0x08|0x0019) status 0x00 ncmd 1", or "ncmd 1" and the return parameters. */
static void put_answer(struct explain_octets *to, bool complete, const char *body, size_t len)
{
	static const struct field status = F("status", 1);
	const char *bar = strstr(body, "|0x"), *p;
	uint64_t group = 0, command = 0;
	bool named = false;

	if (bar && bar - body >= 4) {
		p = bar - 2;
		named = capture_hex(&p, 2, &group);
		p = bar + 3;
		named = named && capture_hex(&p, 4, &command) && *p == ')';
		body = named ? p + 1 : body;
	}
	if (!complete && !capture_put_field(to, &status, &body))
		to->lacks = true;
	/* One digit, since octets may follow. */
	const char *credits = strstr(body, "ncmd");
	bool credited = credits && credits[4] >= '0' && credits[4] <= '9';
	capture_put(to, credited ? (uint64_t)(credits[4] - '0') : 0, 1, credited);
	to->lacks |= !credited;
	body = credited ? credits + 5 : body;
	capture_put(to, group << 10 | command, 2, named);
	to->lacks |= !named;
	if (complete && to->len < len && !put_octets(to, body, len - to->len)) {
		if (!capture_put_field(to, &status, &body))
			to->lacks = true;
		capture_put_fields(to,
				   named ? FIND(returns, (uint16_t)(group << 10 | command)) : NULL,
				   body, len);
	}
	capture_put_fields(to, NULL, body, len);
}

/* "42.50ms" in hundredths of a millisecond. */
static bool hundredths(const char *body, const char *name, uint64_t *value)
{
	const char *p = strstr(body, name);
	uint64_t whole, part = 0;

	if (!p)
		return false;
	p += strlen(name);
	if (!capture_decimal(&p, &whole) || *p++ != '.' || !capture_decimal(&p, &part))
		return false;
	*value = 100 * whole + part;
	return true;
}

static void put_subevent(struct explain_octets *to, const char *body, size_t len)
{
	static const uint16_t units[] = {125, 125, 1000};
	static const char *const names[] = {"interval", "latency", "superv.timeout"};
	const struct layout *layout = NULL;
	const char *p;

	for (size_t i = 0; i < sizeof(subevents) / sizeof(subevents[0]); i++)
		if (strncmp(body, subevents[i].name, strlen(subevents[i].name)) == 0) {
			layout = &subevents[i].layout;
			body += strlen(subevents[i].name);
			break;
		}
	capture_put(to, layout ? layout->code : 0, 1, layout != NULL);
	to->lacks = !layout;
	if (put_octets(to, body, len - to->len))
		return;
	capture_put_fields(to, layout, body, len);
	if (layout && layout->code == HCI_LE_CONNECTION_COMPLETE && len >= 9) {
		if ((p = strstr(body, "role"))) {
			to->data[6] = strncmp(p + 4, "peripheral", 10) == 0 ||
				      strncmp(p + 4, "slave", 5) == 0;
			to->known[6] = to->data[6] || strncmp(p + 4, "central", 7) == 0 ||
				       strncmp(p + 4, "master", 6) == 0;
		}
		if ((p = strstr(body, "bdaddr")) && (p = strchr(p, '('))) {
			to->data[7] = strncmp(p, "(Random)", 8) == 0;
			to->known[7] = to->data[7] || strncmp(p, "(Public)", 8) == 0;
		}
	}
	for (size_t i = 0; layout && layout->code == HCI_LE_CONNECTION_UPDATE_COMPLETE && i < 3;
	     i++) {
		uint64_t value;
		size_t at = 6 + 2 * i;
		if (at + 2 > len || !hundredths(body, names[i], &value))
			continue;
		value /= units[i];
		to->data[at] = (uint8_t)value;
		to->data[at + 1] = (uint8_t)(value >> 8);
		to->known[at] = to->known[at + 1] = 1;
	}
}

static void put_completed_packets(struct explain_octets *to, const char *body, size_t len)
{
	static const struct field handle = F("handle", 2), packets = F("packets", 2);

	capture_put(to, (len - to->len) / 4, 1, true);
	while (to->len + 4 <= len && !to->lacks)
		to->lacks = !capture_put_field(to, &handle, &body) ||
			    !capture_put_field(to, &packets, &body);
	capture_put_fields(to, NULL, body, len);
}

static void put_link_type(struct explain_octets *to, const char *body)
{
	const char *p = strstr(body, "type");

	if (!p || (strncmp(p + 4, "ACL", 3) != 0 && strncmp(p + 4, "SCO", 3) != 0))
		return;
	to->data[LINK_TYPE] = p[4] == 'A';
	to->known[LINK_TYPE] = 1;
}

void capture_hcidump_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body)
{
	size_t len = 2 + plen;

	memset(to, 0, sizeof(*to));
	capture_put(to, code, 1, true);
	capture_put(to, plen, 1, true);
	if (put_octets(to, body, plen))
		return;
	if (code == HCI_COMMAND_COMPLETE || code == HCI_COMMAND_STATUS)
		put_answer(to, code == HCI_COMMAND_COMPLETE, body, len);
	else if (code == HCI_NUMBER_OF_COMPLETED_PACKETS && len > 2)
		put_completed_packets(to, body, len);
	else if (code == HCI_LE_META && len > 2)
		put_subevent(to, body, len);
	else
		capture_put_fields(to, FIND(events, code), body, len);
	if (code == CONNECTION_COMPLETE)
		put_link_type(to, body);
	to->len = capture_least(to->len, len);
}

static void begin_frame(struct explain_octets *to, size_t payload, uint16_t cid)
{
	memset(to, 0, sizeof(*to));
	capture_put(to, payload, 2, true);
	capture_put(to, cid, 2, true);
}

/* Reads the "(0x0d)" behind a name. */
static bool code_behind(const char **body, uint64_t *code)
{
	const char *p = *body + (**body == TEXT_RECEIVED);

	p += strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
	if (strncmp(p, "(0x", 3) != 0)
		return false;
	p += 3;
	if (!capture_hex(&p, 2, code) || *p != ')')
		return false;
	*body = p + 1;
	return true;
}

static bool put_smp(struct explain_octets *to, size_t dlen, const char *body)
{
	uint64_t code;
	size_t len = 0;
	const struct layout *layout = NULL;

	if (!code_behind(&body, &code))
		return false;
	for (size_t i = 0; i < sizeof(smp) / sizeof(smp[0]); i++)
		if (smp[i].layout.code == code) {
			layout = &smp[i].layout;
			len = smp[i].len;
		}
	if (dlen > L2CAP_HEADER)
		len = dlen - L2CAP_HEADER - 1;
	begin_frame(to, len + 1, L2CAP_CID_SMP);
	capture_put(to, code, 1, true);
	if (put_octets(to, body, len))
		return true;
	capture_put_fields(to, layout, body, L2CAP_HEADER + 1 + len);
	/* What hcidump has no fields for it prints as octets. */
	to->lacks |= layout && len > 0 && layout->fields[0].kind == END;
	return true;
}

/* "L2CAP(d): cid 0x0005 len 6 [psm 0]", then octets. */
static bool put_channel(struct explain_octets *to, const char *body)
{
	uint64_t cid, len;

	if (strncmp(body, "cid0x", 5) != 0)
		return false;
	body += 5;
	if (!capture_hex(&body, 4, &cid) || strncmp(body, "len", 3) != 0)
		return false;
	body += 3;
	if (!capture_decimal(&body, &len) || len > 0xffff)
		return false;
	begin_frame(to, (size_t)len, (uint16_t)cid);
	const char *octets = strchr(body, ']');
	if (!octets || !put_octets(to, octets + 1, (size_t)len))
		capture_put_fields(to, NULL, body, L2CAP_HEADER + (size_t)len);
	return true;
}

static void put_known(struct explain_octets *to, size_t at, uint64_t value)
{
	to->data[at] = (uint8_t)value;
	to->known[at] = 1;
}

/*
 * "Error(0x01)Error:Insufficientauthentication(5)Readreq(0x0a)onhandle0x0012": ATT_ERROR_RSP, Core
 * Vol 3 Part F 3.4.1.1.
 */
static void put_att_error(struct explain_octets *to, const char *body)
{
	enum { OPCODE = L2CAP_HEADER, REQUEST, HANDLE, ERROR = HANDLE + 2, END_OF_ERROR };
	const char *error = capture_behind(body, "Error:"), *handle = strstr(body, "onhandle0x");
	uint64_t code;

	if (to->len != END_OF_ERROR || strncmp(body, "Error(0x01)", 11) != 0)
		return;
	put_known(to, OPCODE, 1);
	error = error ? strchr(error, '(') : NULL;
	if (error++ && capture_decimal(&error, &code) && *error == ')' && code <= 0xff)
		put_known(to, ERROR, code);
	if (!handle)
		return;
	const char *request = handle - strlen("(0x0a)"), *p = handle + strlen("onhandle0x");
	if (request > body && strncmp(request, "(0x", 3) == 0 && (request += 3) &&
	    capture_hex(&request, 2, &code))
		put_known(to, REQUEST, code);
	if (capture_hex(&p, 4, &code)) {
		put_known(to, HANDLE, code);
		put_known(to, HANDLE + 1, code >> 8);
	}
	to->lacks = memchr(to->known, 0, to->len) != NULL;
}

bool capture_hcidump_frame(struct explain_octets *to, size_t dlen, const char *body)
{
	const char *p;

	if ((p = capture_behind(body, "SMP:")))
		return put_smp(to, dlen, p);
	if ((p = capture_behind(body, "L2CAP(d):")))
		return put_channel(to, p);
	if (dlen > L2CAP_HEADER && (p = capture_behind(body, "ATT:"))) {
		begin_frame(to, dlen - L2CAP_HEADER, L2CAP_CID_ATT);
		capture_put_fields(to, NULL, "", dlen);
		put_att_error(to, p);
		return true;
	}
	return false;
}
