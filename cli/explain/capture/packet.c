/* SPDX-License-Identifier: MIT */
#include "capture/packet.h"

#include <string.h>

#include "hci/protocol.h"

bool capture_knows(const struct explain_packet *packet, size_t at, size_t len)
{
	if (at > packet->len || len > packet->len - at)
		return false;
	for (size_t i = at; packet->known && i < at + len; i++)
		if (!packet->known[i])
			return false;
	return true;
}

bool capture_packet_h4(struct explain_packet *packet, bool received, const uint8_t *h4, size_t len)
{
	memset(packet, 0, sizeof(*packet));
	packet->manufacturer = 0xffff;
	return capture_packet_set_h4(packet, received, h4, len);
}

bool capture_packet_set_h4(struct explain_packet *packet, bool received, const uint8_t *h4,
			   size_t len)
{
	if (len == 0)
		return false;
	switch (h4[0]) {
	case HCI_COMMAND:
		packet->kind = EXPLAIN_COMMAND;
		break;
	case HCI_EVENT:
		packet->kind = EXPLAIN_EVENT;
		break;
	case HCI_ACL:
		packet->kind = EXPLAIN_ACL;
		break;
	default:
		return false;
	}
	packet->way = received ? EXPLAIN_RECEIVED : EXPLAIN_SENT;
	packet->data = h4 + 1;
	packet->len = packet->original = len - 1;
	return true;
}
