/* SPDX-License-Identifier: MIT */
#include "capture/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"

void capture_count(struct explain_capture *capture, struct explain_packet *packet)
{
	packet->number = ++capture->number;
}

void capture_lost(struct explain_capture *capture, struct explain_packet *packet, uint64_t count)
{
	if (count == 0)
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "packets are missing before frame %" PRIu64, packet->number);
	else
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "%" PRIu64 " packet%s missing before frame %" PRIu64, count,
			       count == 1 ? " is" : "s are", packet->number);
	packet->missing = capture->missing;
}

enum explain_read capture_end(struct explain_capture *capture, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(capture->end, sizeof(capture->end), format, arguments);
	va_end(arguments);
	return EXPLAIN_READ_END;
}

enum explain_read capture_end_cut(struct explain_capture *capture)
{
	if (capture->source.error)
		return capture_end(capture, "reading failed in frame %" PRIu64 ": %s",
				   capture->number + 1, strerror(capture->source.error));
	return capture_end(capture, "the capture ends in the middle of frame %" PRIu64,
			   capture->number + 1);
}

enum explain_read capture_end_oversized(struct explain_capture *capture, size_t kept)
{
	return capture_end(capture,
			   "frame %" PRIu64
			   " claims %zu octets, more than any packet has: the capture "
			   "is damaged there",
			   capture->number + 1, kept);
}

enum explain_read capture_take_h4(struct explain_packet *packet, bool received, const uint8_t *h4,
				  size_t kept, size_t original)
{
	if (!capture_packet_set_h4(packet, received, h4, kept))
		return EXPLAIN_READ_SKIPPED;
	packet->original = original - 1;
	return EXPLAIN_READ_PACKET;
}

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
	packet->len = capture_least(kept, packet->original);
	return EXPLAIN_READ_PACKET;
}
