/* SPDX-License-Identifier: MIT */
/*
 * L2CAP over an LE link, Core Vol 3 Part A: basic frames on the fixed channels, reassembled from
 * ACL fragments and split into them. One struct per link, caller-owned; no heap, no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fixed channels of LE-U, Part A Table 2.2. */
enum {
	L2CAP_CID_ATT = 0x0004,
	L2CAP_CID_SIGNALING = 0x0005,
	L2CAP_CID_SMP = 0x0006,
};

#define L2CAP_HEADER 4

/*
 * The longest payload in octets. A peer may send 65 on our channels (SMP; ATT and signalling are
 * shorter); the rest is for a peer that exceeds the agreed ATT MTU.
 */
#define L2CAP_PAYLOAD_MAX 512

/* Packet Boundary flags of an ACL packet, Core Vol 4 Part E 5.4.2. */
enum {
	L2CAP_PB_FIRST_NON_FLUSHABLE = 0, /* host to controller */
	L2CAP_PB_CONTINUING = 1,
	L2CAP_PB_FIRST = 2, /* controller to host */
};

/* The result of one ACL fragment. Negative: it was malformed, and its frame was dropped. */
enum l2cap_status {
	L2CAP_MORE = 0,		 /* the frame continues in the next fragment */
	L2CAP_FRAME = 1,	 /* a whole frame */
	L2CAP_UNFINISHED = -1,	 /* for l2cap_status_name(), when *dropped is set */
	L2CAP_NO_START = -2,	 /* a continuation without a first fragment */
	L2CAP_TOO_MUCH = -3,	 /* more octets than the length of the frame */
	L2CAP_TOO_LONG = -4,	 /* a frame above L2CAP_PAYLOAD_MAX: skipped to its end */
	L2CAP_BAD_BOUNDARY = -5, /* a complete automatically flushable PDU, not of LE */
};

struct l2cap {
	uint8_t buffer[L2CAP_HEADER + L2CAP_PAYLOAD_MAX];
	size_t have; /* octets in buffer */
	size_t skip; /* octets of a too long frame still to come */
	bool unfinished;
};

/* payload points into the struct l2cap and is valid until the next call. */
struct l2cap_frame {
	uint16_t cid;
	const uint8_t *payload;
	size_t len;
};

/* Starts with no frame. */
void l2cap_init(struct l2cap *l2cap);

/*
 * Handles one ACL fragment: pb as in the packet, len octets of data, not kept. Fills frame if it
 * returns L2CAP_FRAME. If a new frame begins before the last one was complete, drops the old one,
 * sets *dropped, and handles the new one as usual. Returns enum l2cap_status.
 */
int l2cap_receive(struct l2cap *l2cap, uint8_t pb, const uint8_t *data, size_t len,
		  struct l2cap_frame *frame, bool *dropped);

/* The meaning of a negative status, a clause, static; "no error" for others. Never NULL. */
const char *l2cap_status_name(int status);

/* ---- Sending --------------------------------------------------------------------------------- */

/* A frame to send, split into fragments. It has a copy of the payload. */
struct l2cap_cut {
	uint8_t frame[L2CAP_HEADER + L2CAP_PAYLOAD_MAX];
	size_t len;
	size_t done; /* octets of frame that were returned as fragments */
};

/* Starts with len octets of payload for channel cid. Returns false above L2CAP_PAYLOAD_MAX. */
bool l2cap_cut_begin(struct l2cap_cut *cut, uint16_t cid, const uint8_t *payload, size_t len);

/*
 * The next fragment of at most max octets (the ACL data length of the controller, at least 1): sets
 * *pb and *fragment, which points into cut. Returns its length; 0 after the last one.
 */
size_t l2cap_cut_next(struct l2cap_cut *cut, size_t max, uint8_t *pb, const uint8_t **fragment);
