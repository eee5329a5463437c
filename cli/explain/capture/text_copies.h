/* SPDX-License-Identifier: MIT */
/*
 * Pairings that a text without times and numbers has again, quoted. Two pairings never have the
 * same random values of both ends: one that has those of an earlier one is its copy.
 */
#pragma once

#include "capture/packet.h"

#define TEXT_COPIES 8 /* pairings that are remembered */

struct text_copies {
	struct text_copies_pairing {
		uint64_t request;   /* hash of its Pairing Request; 0: none */
		char values[2][33]; /* the first value of each end in hexadecimal, or "" */
	} pairings[TEXT_COPIES];
	size_t next, current;
	bool copying; /* what was seen before is dropped */
};

/* Whether the packet is a Pairing Request: then the text ahead of it is needed. */
bool text_copies_looks_ahead(const struct explain_packet *packet);

/*
 * True if the packet is a copy. seen: a packet with these octets was read before. ahead: len octets
 * of the text behind it, without blanks.
 */
bool text_copies_take(struct text_copies *copies, const struct explain_packet *packet, bool seen,
		      const char *ahead, size_t len);
