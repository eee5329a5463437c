/* SPDX-License-Identifier: MIT */
#include "hci/h4.h"

#include <string.h>

#include "crypto/bytes.h"

void hci_h4_init(struct hci_h4 *h4, bool hunt)
{
	memset(h4, 0, sizeof(*h4));
	h4->hunting = hunt;
}

/* Octets of header after the type, 0: not a type that a controller sends. */
static size_t header(uint8_t type)
{
	switch (type) {
	case HCI_ACL:
	case HCI_ISO:
		return 4;
	case HCI_SCO:
		return 3;
	case HCI_EVENT:
		return 2;
	default:
		return 0;
	}
}

/* Length of the packet if its header is complete, else one more than is here. */
static size_t expected(const struct hci_h4 *h4)
{
	const uint8_t *p = h4->packet;
	size_t head = 1 + header(p[0]);

	if (h4->length < head)
		return head;
	switch (p[0]) {
	case HCI_ACL:
		return head + bytes_get_le16(p + 3);
	case HCI_ISO:
		return head + (bytes_get_le16(p + 3) & 0x3fff);
	default:
		return head + p[head - 1];
	}
}

/* Command Complete of Reset with status 0, with any number of allowed commands. */
static bool is_reset_complete(const uint8_t p[7])
{
	return p[0] == HCI_EVENT && p[1] == HCI_COMMAND_COMPLETE && p[2] == 4 &&
	       bytes_get_le16(p + 4) == HCI_RESET && p[6] == 0;
}

/*
 * How controllers call for a host that speaks their protocol: frames of SLIP between 0xc0, a header
 * of four octets, and a message. Three-wire UART (H5), Core Vol 4 Part D 8: SYNC and SYNC RESPONSE;
 * BCSP of CSR: "sync", repeated until it is answered.
 */
static const struct {
	const char *protocol;
	uint8_t octets[7];
} calls[] = {
	{"3wire", {0xc0, 0x00, 0x2f, 0x00, 0xd0, 0x01, 0x7e}},
	{"3wire", {0xc0, 0x00, 0x2f, 0x00, 0xd0, 0x02, 0x7d}},
	{"bcsp", {0xc0, 0x40, 0x41, 0x00, 0x7e, 0xda, 0xdc}},
};

static const char *protocol_of(const uint8_t p[7])
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (bytes_equal(p, calls[i].octets, sizeof(calls[i].octets)))
			return calls[i].protocol;
	return NULL;
}

static enum hci_h4_status hunt(struct hci_h4 *h4, const uint8_t *data, size_t len, size_t *used)
{
	while (*used < len) {
		if (h4->length == 7) {
			memmove(h4->packet, h4->packet + 1, 6);
			h4->length = 6;
			h4->skipped++;
		}
		h4->packet[h4->length++] = data[(*used)++];
		h4->octets++;
		if (h4->length == 7 && is_reset_complete(h4->packet)) {
			h4->hunting = false;
			h4->whole = true;
			return HCI_H4_PACKET;
		}
		if (h4->length == 7 && (h4->protocol = protocol_of(h4->packet)))
			return HCI_H4_OTHER;
	}
	return HCI_H4_MORE;
}

enum hci_h4_status hci_h4_push(struct hci_h4 *h4, const uint8_t *data, size_t len, size_t *used)
{
	*used = 0;
	if (h4->whole) {
		h4->whole = false;
		h4->length = 0;
	}
	if (h4->hunting)
		return hunt(h4, data, len, used);

	while (*used < len) {
		if (h4->length == 0 && header(data[*used]) == 0) {
			h4->bad = data[*used];
			return HCI_H4_BAD_TYPE;
		}
		h4->packet[h4->length++] = data[(*used)++];
		h4->octets++;

		size_t whole = expected(h4);
		if (whole > sizeof(h4->packet))
			return HCI_H4_TOO_LONG;
		size_t want = whole - h4->length;
		size_t take = len - *used < want ? len - *used : want;
		/* The header octet by octet, the rest at once. */
		if (h4->length > header(h4->packet[0])) {
			memcpy(h4->packet + h4->length, data + *used, take);
			h4->length += take;
			h4->octets += take;
			*used += take;
			if (h4->length == whole) {
				h4->whole = true;
				return HCI_H4_PACKET;
			}
		}
	}
	return HCI_H4_MORE;
}
