/* SPDX-License-Identifier: MIT */
/*
 * The packets of a text that were read already. A mail often has one trace several times, quoted;
 * the copies are recognised by their times and numbers; for those without, see text_copies.h.
 * Memory is constant: only packets that are not far behind are recognised.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet.h"

#define TEXT_SEEN_SETS 2048
#define TEXT_SEEN_WAYS 8

struct text_seen {
	uint64_t hashes[TEXT_SEEN_SETS][TEXT_SEEN_WAYS]; /* 0: none */
	uint8_t next[TEXT_SEEN_SETS];			 /* which is replaced next */
	uint64_t last;					 /* of the packet before */
};

/*
 * True if the packet was seen before, and remembers it. number is the printed one, 0: none; timed:
 * its time is printed. A packet with neither is a copy only of the one just before it, if adjacent
 * says that it may be one.
 */
bool text_seen(struct text_seen *seen, const struct explain_packet *packet, uint64_t number,
	       bool timed, bool adjacent);

/* True if a packet with these octets and this direction was seen before, and remembers it. */
bool text_seen_octets(struct text_seen *seen, const struct explain_packet *packet);
