/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_handles.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/protocol.h"

void text_handles_add(struct text_handles *handles, uint16_t handle)
{
	handles->assumed = false;
	for (size_t i = 0; i < handles->count; i++)
		if (handles->up[i] == handle)
			return;
	if (handles->count == TEXT_HANDLES)
		memmove(handles->up, handles->up + 1, --handles->count * sizeof(handles->up[0]));
	handles->up[handles->count++] = handle;
}

static void handle_down(struct text_handles *handles, uint16_t handle)
{
	handles->assumed = false;
	for (size_t i = 0; i < handles->count; i++)
		if (handles->up[i] == handle)
			handles->up[i--] = handles->up[--handles->count];
}

size_t text_handle_at(const struct explain_octets *event)
{
	static const struct {
		uint8_t code, subevent, at;
	} rows[] = {
		{HCI_DISCONNECTION_COMPLETE, 0, 3},
		{HCI_ENCRYPTION_CHANGE, 0, 3},
		{HCI_KEY_REFRESH_COMPLETE, 0, 3},
		{HCI_NUMBER_OF_COMPLETED_PACKETS, 0, 3},
		{HCI_LE_META, HCI_LE_CONNECTION_COMPLETE, 4},
		{HCI_LE_META, HCI_LE_ENHANCED_CONNECTION_COMPLETE, 4},
		{HCI_LE_META, HCI_LE_CONNECTION_UPDATE_COMPLETE, 4},
		{HCI_LE_META, HCI_LE_LTK_REQUEST, 3},
	};
	const uint8_t *p = event->data;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == p[0] && event->len >= rows[i].at + 2U &&
		    (!rows[i].subevent || (event->known[2] && p[2] == rows[i].subevent)))
			return rows[i].at;
	return 0;
}

void text_handles_note(struct text_handles *handles, const struct explain_octets *event)
{
	size_t at = text_handle_at(event);

	if (!at || !event->known[at] || !event->known[at + 1])
		return;
	uint16_t handle = bytes_get_le16(event->data + at) & 0xfff;
	if (event->data[0] == HCI_DISCONNECTION_COMPLETE)
		handle_down(handles, handle);
	else
		text_handles_add(handles, handle);
}

bool text_handle_find(const char *text, size_t len, uint16_t *handle)
{
	const char *end = text + len, *p = text;

	while ((p = memmem(p, (size_t)(end - p), "andle", 5))) {
		unsigned value = 0;
		size_t digits = 0;
		for (p += 5; p < end && (*p == ':' || *p == ' '); p++)
			;
		for (; p < end && *p >= '0' && *p <= '9' && digits < 5; p++, digits++)
			value = 10 * value + (unsigned)(*p - '0');
		if (digits && p < end && *p != 'x' && *p != '.' && value <= 0xeff) {
			*handle = (uint16_t)value;
			return true;
		}
	}
	return false;
}

bool text_handle_begins(uint16_t opcode)
{
	static const uint16_t opcodes[] = {HCI_DISCONNECT, HCI_LE_CONNECTION_UPDATE,
					   HCI_LE_ENABLE_ENCRYPTION, HCI_LE_LTK_REPLY,
					   HCI_LE_LTK_NEGATIVE_REPLY};

	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		if (opcodes[i] == opcode)
			return true;
	return false;
}
