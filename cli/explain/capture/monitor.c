/* SPDX-License-Identifier: MIT */
#include "capture/monitor.h"

#include <string.h>

#include "crypto/bytes.h"

enum {
	NEW_INDEX = 0,
	INDEX_INFO = 10,
	SYSTEM_NOTE = 12,
	USER_LOGGING = 13,
	CONTROL_COMMAND = 16,
	CONTROL_EVENT,
};

/* Octets before the code of a management command or event: which program's socket it is of. */
#define COOKIE 4

static const struct {
	uint16_t opcode;
	enum explain_kind kind;
	enum explain_way way;
	enum explain_note note;
} opcodes[] = {
	{NEW_INDEX, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_ADDED},
	{1, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_REMOVED},
	{2, EXPLAIN_COMMAND, EXPLAIN_SENT, 0},
	{3, EXPLAIN_EVENT, EXPLAIN_RECEIVED, 0},
	{4, EXPLAIN_ACL, EXPLAIN_SENT, 0},
	{5, EXPLAIN_ACL, EXPLAIN_RECEIVED, 0},
	{8, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_OPENED},
	{9, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_CLOSED},
	{INDEX_INFO, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_IDENTITY},
	{SYSTEM_NOTE, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_OTHER},
	{USER_LOGGING, EXPLAIN_NOTE, EXPLAIN_WAY_UNKNOWN, EXPLAIN_NOTE_OTHER},
	{CONTROL_COMMAND, EXPLAIN_MANAGEMENT, EXPLAIN_SENT, 0},
	{CONTROL_EVENT, EXPLAIN_MANAGEMENT, EXPLAIN_RECEIVED, 0},
};

/* Text that ends with a zero; only printable text is safe for a terminal. NULL: it is neither. */
static const char *text_of(const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len && data[at] >= 0x20 && data[at] < 0x7f)
		at++;
	return at > 0 && at < len && data[at] == 0 ? (const char *)data : NULL;
}

/* Of a program's log: the text is behind the priority and the name of the program. */
static const char *logged(const uint8_t *data, size_t len)
{
	return len >= 2 && len - 2 >= data[1] ? text_of(data + 2 + data[1], len - 2 - data[1])
					      : NULL;
}

enum explain_read capture_take_monitor(struct explain_packet *packet, uint16_t opcode,
				       uint16_t index, const uint8_t *data, size_t kept,
				       size_t original)
{
	size_t row = 0;

	while (row < sizeof(opcodes) / sizeof(opcodes[0]) && opcodes[row].opcode != opcode)
		row++;
	if (row == sizeof(opcodes) / sizeof(opcodes[0]))
		return EXPLAIN_READ_SKIPPED;
	if (opcodes[row].kind == EXPLAIN_MANAGEMENT) {
		if (kept < COOKIE + 2)
			return EXPLAIN_READ_SKIPPED;
		data += COOKIE;
		kept -= COOKIE;
		original -= COOKIE;
	}
	packet->kind = opcodes[row].kind;
	packet->way = opcodes[row].way;
	packet->note = opcodes[row].note;
	packet->system = EXPLAIN_SYSTEM_LINUX;
	packet->source |= index;
	packet->data = data;
	packet->len = kept;
	packet->original = original;
	if (opcode == NEW_INDEX && kept >= 8) {
		memcpy(packet->address, data + 2, 6);
	} else if (opcode == INDEX_INFO && kept >= 8) {
		memcpy(packet->address, data, 6);
		packet->manufacturer = bytes_get_le16(data + 6);
	} else if (opcode == SYSTEM_NOTE) {
		packet->text = text_of(data, kept);
	} else if (opcode == USER_LOGGING) {
		packet->text = logged(data, kept);
	}
	return EXPLAIN_READ_PACKET;
}
