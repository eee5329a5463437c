/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/btmon_cut.h"

#include <string.h>

#include "capture/btmon_fields.h"
#include "hci/protocol.h"

bool capture_cut_header(const char **p)
{
	enum { NAME = 48 }; /* more than any name */
	const char *right = memchr(*p, '#', strnlen(*p, NAME));

	if (!right || memmem(*p, (size_t)(right - *p), "(0x", 3))
		return false;
	*p = right;
	return true;
}

bool capture_cut_event(const char *body, uint8_t *code, size_t *plen)
{
	/* The first that fits: their fields, in this order. */
	static const struct {
		uint8_t code;
		const char *fields[3];
	} events[] = {
		{HCI_NUMBER_OF_COMPLETED_PACKETS, {"Numhandles:", "Handle:", "Count:"}},
		{HCI_ENCRYPTION_CHANGE, {"Status:", "Handle:", "Encryption:"}},
		{HCI_DISCONNECTION_COMPLETE, {"Status:", "Handle:", "Reason:"}},
		{HCI_KEY_REFRESH_COMPLETE, {"Status:", "Handle:"}},
	};
	const char *colon = strchr(body, ':'), *named = strstr(body, "(0x");
	uint64_t subevent;

	if (named && colon && named < colon) {
		/* "Reset (0x03|0x0003) ncmd 1", or "LE Connection Complete (0x01)". */
		if (memmem(named, (size_t)(colon - named), ")ncmd", 5)) {
			*code = HCI_COMMAND_COMPLETE;
			*plen = 4;
			return true;
		}
		named += 3;
		if (!capture_hex(&named, 2, &subevent) || *named != ')')
			return false;
		*code = HCI_LE_META;
		*plen = capture_fields_subevent_length((uint8_t)subevent);
		return *plen > 0;
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const char *p = body;
		for (size_t j = 0; j < 3 && p && events[i].fields[j]; j++)
			p = strstr(p, events[i].fields[j]);
		if (!p)
			continue;
		*code = events[i].code;
		*plen = *code == HCI_NUMBER_OF_COMPLETED_PACKETS
				? 5
				: capture_fields_event_length(*code);
		return true;
	}
	return false;
}

/* The opcode in the first "(0x08|0x0019) ncmd 1". */
static bool answered(const char *text, size_t len, uint16_t *opcode)
{
	enum { CODES = 16, COLOURS = 12 };
	const char *end = text + len, *p = text;

	while ((p = memmem(p, (size_t)(end - p), "|0x", 3))) {
		uint64_t group, command;
		if (p - text < 4 || end - p < CODES + COLOURS)
			return false;
		const char *q = p - 2;
		p += 3;
		if (!capture_hex(&q, 2, &group))
			continue;
		q = p;
		if (!capture_hex(&q, 4, &command) || *q != ')' || !memmem(q, COLOURS, "ncmd", 4))
			continue;
		*opcode = (uint16_t)(group << 10 | command);
		return true;
	}
	return false;
}

bool capture_cut_command(const char *body, const char *behind, size_t len, uint16_t *opcode,
			 size_t *plen)
{
	static const struct {
		uint16_t opcode;
		const char *field;
	} fields[] = {
		{HCI_LE_ENABLE_ENCRYPTION, "Encrypteddiversifier:"},
		{HCI_LE_CREATE_CONNECTION, "Peeraddresstype:"},
		{HCI_LE_LTK_REPLY, "Longtermkey"},
	};
	bool found = false;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && !found; i++)
		if (strstr(body, fields[i].field)) {
			*opcode = fields[i].opcode;
			found = true;
		}
	found = found || answered(behind, len, opcode);
	if (found)
		*plen = capture_fields_command_length(*opcode);
	return found;
}
