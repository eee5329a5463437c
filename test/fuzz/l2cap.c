/* SPDX-License-Identifier: MIT */
/*
 * Fragments of ACL data, reassembled and passed to ATT and signalling; fragmenting a frame and
 * reassembling it gives the same frame.
 */
#include "l2cap/l2cap.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "l2cap/att.h"
#include "l2cap/signaling.h"

static void look_att(const struct l2cap_frame *frame)
{
	uint8_t reply[ATT_REPLY_MAX];
	size_t len = att_answer(frame->payload, frame->len, reply);

	insist(len == 0 || len == 1 || len == 3 || len == 5);
	if (len == 5) /* an Error Response names its request, and never answers a response */
		insist(reply[0] == 1 && reply[1] == frame->payload[0] && reply[1] != 1);
}

static void look_signaling(const struct l2cap_frame *frame, bool central)
{
	struct signaling_result result;

	signaling_receive(frame->payload, frame->len, central, &result);
	insist(result.reply_len <= SIGNALING_MTU);
	if (result.reply_len) {
		insist(result.reply_len >= 6 && result.reply[1] == frame->payload[1]);
		insist(result.reply[1] != 0);
		insist(result.reply[2] + 4U == result.reply_len && result.reply[3] == 0);
		/* A rejection is never the answer to a rejection. */
		insist(frame->payload[0] != 1);
	}
	if (result.kind == SIGNALING_PARAMETERS)
		insist(central && signaling_parameters_valid(&result.parameters));
}

static void cut_and_join(const struct l2cap_frame *frame, size_t max)
{
	struct l2cap_cut cut;
	struct l2cap again;
	struct l2cap_frame joined;
	const uint8_t *fragment;
	uint8_t pb;
	size_t len;
	int status = L2CAP_MORE;

	l2cap_init(&again);
	insist(l2cap_cut_begin(&cut, frame->cid, frame->payload, frame->len));
	while ((len = l2cap_cut_next(&cut, max, &pb, &fragment))) {
		bool dropped;
		insist(len <= max && status == L2CAP_MORE);
		status = l2cap_receive(&again, pb, fragment, len, &joined, &dropped);
		insist(!dropped);
	}
	insist(status == L2CAP_FRAME && joined.cid == frame->cid && joined.len == frame->len);
	insist(memcmp(joined.payload, frame->payload, frame->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct l2cap l2cap;
	bool central = fuzz_u8(&in) & 1;
	size_t max = 1 + fuzz_u8(&in) % 251;

	l2cap_init(&l2cap);
	while (in.len) {
		uint8_t head = fuzz_u8(&in);
		size_t size = fuzz_u8(&in);
		struct l2cap_frame frame;
		bool dropped;
		uint8_t *fragment = fuzz_alloc(&in, size);
		int status = l2cap_receive(&l2cap, head & 3, fragment, size, &frame, &dropped);
		free(fragment); /* the reassembler must not need it any more */
		insist(l2cap.have <= sizeof(l2cap.buffer));
		insist(status >= L2CAP_BAD_BOUNDARY && status <= L2CAP_FRAME);
		insist(*l2cap_status_name(status));
		if (status != L2CAP_FRAME)
			continue;
		insist(frame.len <= L2CAP_PAYLOAD_MAX);
		/* Of exact size, so that an access beyond is detected. */
		uint8_t *payload = malloc(frame.len ? frame.len : 1);
		insist(payload);
		memcpy(payload, frame.payload, frame.len);
		frame.payload = payload;
		if (frame.cid == L2CAP_CID_ATT)
			look_att(&frame);
		else if (frame.cid == L2CAP_CID_SIGNALING)
			look_signaling(&frame, central);
		cut_and_join(&frame, max);
		free(payload);
	}
	return 0;
}

#define SEED(text) seed(text, sizeof(text) - 1)

void fuzz_seeds(fuzz_seed *seed)
{
	/* Central or not, largest fragment; then head, length, fragment. */
	SEED("\1\x1a\2\7\3\0\4\0\2\x17\0");				/* Exchange MTU */
	SEED("\1\x1a\2\x0b\7\0\4\0\x10\1\0\xff\xff\0\x28");		/* Read By Group Type */
	SEED("\1\1\2\2\7\0\1\2\4\0\1\7\x10\1\0\xff\xff\0\x28");		/* the same in pieces */
	SEED("\1\x1a\2\x10\x0c\0\5\0\x12\1\x08\0\6\0\x0c\0\0\0\x90\1"); /* parameters */
	SEED("\0\x1a\2\x10\x0c\0\5\0\x12\1\x08\0\6\0\x0c\0\0\0\x90\1");
	SEED("\0\x1a\2\x0a\6\0\5\0\x13\1\2\0\0\0");
	SEED("\1\x1a\2\x12\x0e\0\5\0\x14\7\x0a\0\x25\0\x40\0\x17\0\x17\0\1\0"); /* a channel */
	SEED("\1\x1a\2\x15\x11\0\6\0\3................");			/* SMP */
	SEED("\1\xfa\2\4\xff\7\4\0\1\4abcd\2\5\1\0\6\0\7");			/* too long */
	SEED("\0\x1a\2\5\3\0\4\0\x1d\3\1");
	SEED("\0\x1a\1\1x\3\1x\2\6\1\0\4\0\x0a\x0b");
}
