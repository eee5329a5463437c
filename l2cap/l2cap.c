/* SPDX-License-Identifier: MIT */
/* Reassembly and fragmentation of basic frames, Core Vol 3 Part A 3.1, 7.2. */
#include "l2cap/l2cap.h"

#include <string.h>

#include "crypto/bytes.h"

void l2cap_init(struct l2cap *l2cap)
{
	memset(l2cap, 0, sizeof(*l2cap));
}

const char *l2cap_status_name(int status)
{
	static const char *const names[] = {
		[-L2CAP_UNFINISHED] = "a frame ended before it was complete",
		[-L2CAP_NO_START] = "a continuation came without a start",
		[-L2CAP_TOO_MUCH] = "a frame is longer than its length field",
		[-L2CAP_TOO_LONG] = "a frame is longer than the buffer here",
		[-L2CAP_BAD_BOUNDARY] = "a fragment has a boundary flag that LE does not use",
	};
	if (status >= 0 || status < L2CAP_BAD_BOUNDARY)
		return "no error";
	return names[-status];
}

static void forget(struct l2cap *l2cap)
{
	l2cap->have = 0;
	l2cap->skip = 0;
	l2cap->unfinished = false;
}

/* Octets of the whole frame, header included; the header may itself be cut. */
static size_t frame_length(const struct l2cap *l2cap)
{
	return L2CAP_HEADER + (size_t)bytes_get_le16(l2cap->buffer);
}

static int take(struct l2cap *l2cap, const uint8_t *data, size_t len, struct l2cap_frame *frame)
{
	if (l2cap->skip) {
		l2cap->skip = len < l2cap->skip ? l2cap->skip - len : 0;
		l2cap->unfinished = l2cap->skip != 0;
		return L2CAP_MORE;
	}

	/* The header first: its length limits the rest. */
	while (l2cap->have < L2CAP_HEADER && len) {
		l2cap->buffer[l2cap->have++] = *data++;
		len--;
	}
	if (l2cap->have < L2CAP_HEADER)
		return L2CAP_MORE;

	size_t whole = frame_length(l2cap);
	if (len > whole - l2cap->have) {
		forget(l2cap);
		return L2CAP_TOO_MUCH;
	}
	if (whole > sizeof(l2cap->buffer)) {
		l2cap->skip = whole - l2cap->have - len;
		l2cap->unfinished = l2cap->skip != 0;
		return L2CAP_TOO_LONG;
	}
	if (len) /* data may be NULL if the fragment is empty */
		memcpy(l2cap->buffer + l2cap->have, data, len);
	l2cap->have += len;
	if (l2cap->have < whole)
		return L2CAP_MORE;

	*frame = (struct l2cap_frame){
		.cid = bytes_get_le16(l2cap->buffer + 2),
		.payload = l2cap->buffer + L2CAP_HEADER,
		.len = whole - L2CAP_HEADER,
	};
	forget(l2cap);
	return L2CAP_FRAME;
}

int l2cap_receive(struct l2cap *l2cap, uint8_t pb, const uint8_t *data, size_t len,
		  struct l2cap_frame *frame, bool *dropped)
{
	*dropped = false;
	switch (pb) {
	case L2CAP_PB_CONTINUING:
		if (!l2cap->unfinished)
			return L2CAP_NO_START;
		break;
	case L2CAP_PB_FIRST:
	case L2CAP_PB_FIRST_NON_FLUSHABLE: /* the other direction, but some controllers use it */
		*dropped = l2cap->unfinished && l2cap->skip == 0;
		forget(l2cap);
		l2cap->unfinished = true;
		break;
	default:
		forget(l2cap);
		return L2CAP_BAD_BOUNDARY;
	}
	return take(l2cap, data, len, frame);
}

bool l2cap_cut_begin(struct l2cap_cut *cut, uint16_t cid, const uint8_t *payload, size_t len)
{
	if (len > L2CAP_PAYLOAD_MAX)
		return false;
	bytes_put_le16(cut->frame, (uint16_t)len);
	bytes_put_le16(cut->frame + 2, cid);
	if (len)
		memcpy(cut->frame + L2CAP_HEADER, payload, len);
	cut->len = L2CAP_HEADER + len;
	cut->done = 0;
	return true;
}

size_t l2cap_cut_next(struct l2cap_cut *cut, size_t max, uint8_t *pb, const uint8_t **fragment)
{
	size_t left = cut->len - cut->done;
	size_t len = left < max ? left : max;

	*pb = cut->done ? L2CAP_PB_CONTINUING : L2CAP_PB_FIRST_NON_FLUSHABLE;
	*fragment = cut->frame + cut->done;
	cut->done += len;
	return len;
}
