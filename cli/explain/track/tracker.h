/* SPDX-License-Identifier: MIT */
/*
 * Turns the packets of a capture, or of a controller in use, into attempts: the connections, the
 * PDUs of both ends on the SMP and signalling channels, and how encryption and the connection end.
 * An encrypted link of a sniffer is read if the capture shows its key.
 *
 * Memory is constant: one struct, caller-owned, all zero to begin with. A packet of no interest
 * costs a few comparisons.
 */
#pragma once

#include "track/link_layer.h"
#include "track/links.h"

struct explain_tracker {
	unsigned searches; /* passkey searches left for all attempts, see recompute.h */
	uint64_t packets;
	struct explain_links links;
	struct explain_link_layer air;
};

/* finished is called with each attempt that is over, finalized and lent for the call. */
void track_init(struct explain_tracker *tracker,
		void (*finished)(void *ctx, const struct explain_attempt *attempt), void *ctx);

/* Takes the next packet; calls finished for each attempt that it ends. */
void track_packet(struct explain_tracker *tracker, const struct explain_packet *packet);

/* The end of the capture: ends the attempts that are open as cut, and wipes all keys. */
void track_end(struct explain_tracker *tracker);
