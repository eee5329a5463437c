/* SPDX-License-Identifier: MIT */
/* What records of several formats have in common. */
#include "capture/reader.h"
#include "crypto/bytes.h"

enum explain_read capture_take_air(struct explain_packet *packet, const uint8_t *data, size_t kept)
{
	if (kept < 4)
		return EXPLAIN_READ_SKIPPED;
	packet->air.access_address = bytes_get_le32(data);
	return capture_take_pdu(packet, data + 4, kept - 4);
}

enum explain_read capture_take_pdu(struct explain_packet *packet, const uint8_t *pdu, size_t kept)
{
	if (kept < 2)
		return EXPLAIN_READ_SKIPPED;
	packet->kind = EXPLAIN_AIR;
	packet->data = pdu;
	packet->original = 2 + (size_t)pdu[1];
	packet->len = kept < packet->original ? kept : packet->original;
	return EXPLAIN_READ_PACKET;
}
