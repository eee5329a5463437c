/* SPDX-License-Identifier: MIT */
/* The content of packets in pcap and pcapng: https://www.tcpdump.org/linktypes.html. */
#pragma once

#include "base/failure.h"
#include "capture/record.h"

#define EXPLAIN_SENDERS 8

/* The sender of the last first fragment of each handle, for captures without directions. */
struct explain_senders {
	struct explain_sender {
		uint16_t handle, source;
		enum explain_way way;
	} of[EXPLAIN_SENDERS];
	size_t next;
};

struct explain_linktype {
	unsigned number;
	const char *name; /* for people */
	/*
	 * Turns the data of a record into packet, as in record.h. packet->source is set to the
	 * interface; a link type with controller indices adds them.
	 */
	enum explain_read (*take)(struct explain_senders *senders, struct explain_packet *packet,
				  const uint8_t *data, size_t kept, size_t original);
};

/* NULL: the link type is not supported. */
const struct explain_linktype *capture_linktype(unsigned number);

/* Fills failure with that message. Returns -1. */
int capture_linktype_unknown(struct failure *failure, unsigned number);
