/* SPDX-License-Identifier: MIT */
/*
 * Follows the packets of a capture, or of a controller in use, and makes attempts of them: who is
 * connected to whom, what both ends say on SMP and the signalling channel, how encryption and the
 * connection end. What a sniffer heard of an encrypted link is read if the capture gave its key.
 * Memory is constant: one struct, caller-owned, all zero to begin with; a packet
 * without interest costs a few comparisons.
 */
#pragma once

#include "analyse/attempt.h"
#include "l2cap/l2cap.h"
#include "track/link_layer.h"

/* Connections at a time; the one that was silent longest is told first to make room. */
#define EXPLAIN_LINKS 12
#define EXPLAIN_HOSTS 4

struct explain_link {
	bool used;
	struct l2cap l2cap[2]; /* of each direction, as the capture numbers the ends */
	bool skipping[2];      /* the frame that goes on is of no interest */
	struct explain_attempt attempt;
};

struct explain_tracker {
	/* Told of each attempt that is over, settled; it is lent for the call. Never NULL. */
	void (*finished)(void *ctx, const struct explain_attempt *attempt);
	void *ctx;

	unsigned searches; /* left for all attempts, see recompute.h; of the air only */
	uint64_t attempts, connections, packets;
	enum explain_clock clock;
	struct explain_host hosts[EXPLAIN_HOSTS];
	uint32_t keys[EXPLAIN_LINKS]; /* which link has which handle: see tracker.c */
	struct explain_link links[EXPLAIN_LINKS];
	struct explain_air air;
};

void track_init(struct explain_tracker *tracker,
		void (*finished)(void *ctx, const struct explain_attempt *attempt), void *ctx);

void track_packet(struct explain_tracker *tracker, const struct explain_packet *packet);

/* The capture is over: what is still open is told as cut, and keys are wiped. */
void track_end(struct explain_tracker *tracker);

/* ---- Between tracker.c and host.c ------------------------------------------------------------ */

/* The link of a handle, NULL: none. Of the air, handle is the access address. */
struct explain_link *track_link_find(struct explain_tracker *tracker, uint16_t source,
				     uint32_t handle);
/* A fresh one, whatever had this handle. */
struct explain_link *track_link_open(struct explain_tracker *tracker,
				     const struct explain_packet *packet, uint32_t handle);
void track_link_close(struct explain_tracker *tracker, struct explain_link *link);

/* The host of a packet. NULL: too many controllers in one capture. */
struct explain_host *track_host_of(struct explain_tracker *tracker, uint16_t source);

void track_command(struct explain_tracker *tracker, const struct explain_packet *packet);
void track_event(struct explain_tracker *tracker, const struct explain_packet *packet);
