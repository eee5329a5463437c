/* SPDX-License-Identifier: MIT */
/*
 * L2CAP over an LE link, Core Vol 3 Part A: basic frames on the fixed channels, put together from
 * ACL fragments and cut into them. One struct a link, caller-owned; no heap, no I/O.
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
 * The longest payload taken: the largest that a peer may send on our channels (SMP 65, ATT and
 * signalling far below), with room for a peer that uses a larger ATT MTU than was agreed.
 */
#define L2CAP_PAYLOAD_MAX 512

/* Packet Boundary flags of an ACL packet, Core Vol 4 Part E 5.4.2. */
enum {
	L2CAP_PB_FIRST_NON_FLUSHABLE = 0, /* host to controller */
	L2CAP_PB_CONTINUING = 1,
	L2CAP_PB_FIRST = 2, /* controller to host */
};

/* What came of one ACL fragment. Negative: it was malformed; what it belonged to is dropped. */
enum l2cap_status {
	L2CAP_MORE = 0,		 /* the frame goes on in the next fragment */
	L2CAP_FRAME = 1,	 /* a whole frame */
	L2CAP_UNFINISHED = -1,	 /* a first fragment while a frame was unfinished; see below */
	L2CAP_NO_START = -2,	 /* a continuation of nothing */
	L2CAP_TOO_MUCH = -3,	 /* more octets than the frame's length says */
	L2CAP_TOO_LONG = -4,	 /* a frame above L2CAP_PAYLOAD_MAX: skipped to its end */
	L2CAP_BAD_BOUNDARY = -5, /* a complete automatically flushable PDU, not of LE */
};

struct l2cap {
	uint8_t buffer[L2CAP_HEADER + L2CAP_PAYLOAD_MAX];
	size_t have; /* octets in buffer */
	size_t skip; /* octets of a too long frame still to come */
	bool unfinished;
};

/* payload lies in the struct l2cap and is good until its next call. */
struct l2cap_frame {
	uint16_t cid;
	const uint8_t *payload;
	size_t len;
};

void l2cap_init(struct l2cap *l2cap);

/*
 * Takes one ACL fragment: pb as in the packet, len octets of data, borrowed. On L2CAP_FRAME fills
 * frame. When a new frame begins before the last one was finished, the old one is dropped,
 * *dropped is set, and the new one is treated as usual. Returns enum l2cap_status.
 */
int l2cap_receive(struct l2cap *l2cap, uint8_t pb, const uint8_t *data, size_t len,
		  struct l2cap_frame *frame, bool *dropped);

/* What a negative status means, a clause; never NULL. */
const char *l2cap_status_name(int status);

/* ---- Sending --------------------------------------------------------------------------------- */

/* A frame on its way out, cut into fragments of at most max octets. Its payload is copied. */
struct l2cap_cut {
	uint8_t frame[L2CAP_HEADER + L2CAP_PAYLOAD_MAX];
	size_t len;
	size_t done;
};

/* Begins to cut payload (at most L2CAP_PAYLOAD_MAX octets) for channel cid. False: too long. */
bool l2cap_cut_begin(struct l2cap_cut *cut, uint16_t cid, const uint8_t *payload, size_t len);

/*
 * The next fragment of at most max octets (the controller's ACL data length, at least 1): sets *pb
 * and *fragment, which lies in cut, and returns its length; 0 when all is cut.
 */
size_t l2cap_cut_next(struct l2cap_cut *cut, size_t max, uint8_t *pb, const uint8_t **fragment);
