/* SPDX-License-Identifier: MIT */
/* What lies in the packets of pcap and pcapng: https://www.tcpdump.org/linktypes.html. */
#pragma once

#include "capture/reader.h"

#define EXPLAIN_SENDERS 8

/* Who sent the last first fragment of each handle; for captures that do not tell directions. */
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
	/* packet->source is set: the interface; a type with indices of its own adds them. */
	enum explain_read (*take)(struct explain_senders *senders, struct explain_packet *packet,
				  const uint8_t *data, size_t kept, size_t original);
};

/* NULL: not known. */
const struct explain_linktype *capture_linktype(unsigned number);

/* Fills problem with that; returns -1, for a return statement. */
int capture_linktype_unknown(char problem[EXPLAIN_PROBLEM], unsigned number);
