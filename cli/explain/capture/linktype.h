/* SPDX-License-Identifier: MIT */
/* The content of packets in pcap and pcapng: https://www.tcpdump.org/linktypes.html. */
#pragma once

#include "base/failure.h"
#include "capture/record.h"
#include "capture/usb.h"

#define EXPLAIN_SENDERS 8

/* The sender of the last first fragment of each handle, for captures without directions. */
struct explain_senders {
	struct explain_sender {
		uint16_t handle, source;
		enum explain_way way;
	} of[EXPLAIN_SENDERS];
	size_t next;
};

/* What the packets of a capture leave behind for those that follow. */
struct explain_linktype_state {
	struct explain_senders senders;
	struct explain_usb usb;
};

struct explain_linktype {
	unsigned number;
	const char *name; /* for people */
	/*
	 * Turns the data of a record into packet, as in record.h. packet->source is set to the
	 * interface; a link type with controller indices adds them.
	 */
	enum explain_read (*take)(struct explain_linktype_state *state,
				  struct explain_packet *packet, const uint8_t *data, size_t kept,
				  size_t original);
};

/* NULL: the link type is not supported. */
const struct explain_linktype *capture_linktype(unsigned number);

/*
 * The end of the records: EXPLAIN_READ_END, with a remark if they were of a USB bus without a
 * Bluetooth controller.
 */
enum explain_read capture_linktype_end(struct explain_capture *capture,
				       const struct explain_linktype_state *state);

/* Fills failure with a message that names the link type and the remedy. Returns -1. */
int capture_linktype_unknown(struct failure *failure, unsigned number);
